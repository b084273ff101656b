/* One's own tokens of the API. */
#include "web/page_int.h"

#include <string.h>

/* "查询、办理" of a list of codes. */
static Str scope_words(PageCx *page, const Val *codes)
{
    const CodeList *list = codes_find(house_of(page->cx), S("token_scope"));
    bool english = page->cx->lang == LANG_EN;
    Buf out = buf_new(page->cx->arena);
    for (size_t i = 0; i < val_count(codes); i++) {
        const Code *code = code_find(list, val_at(codes, i)->s);
        if (out.len)
            buf_z(&out, english ? ", " : "、");
        if (code)
            buf_z(&out, english ? code->en : code->zh);
    }
    return buf_str(&out);
}

/* The page of everybody's own; a security administrator asks the API for those of others. */
Err build_tokens(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_query(page, "token.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        val_set_str(arena, row, "scope_label", scope_words(page, val_get(row, "scope")));
        val_set_bool(arena, row, "live", str_same_z(val_get_str(row, "state"), "live"));
        val_set_bool(arena, row, "stopped", str_same_z(val_get_str(row, "state"), "stopped"));
    }
    list_set(page, reply, 0, false);
    if (page->errors) /* They stand above the form, not in a notice as on lists. */
        page_put(page, "flash", NULL);
    page_put(page, "fields", page_fields(page, "token.make"));
    page_title(page, "page.tokens");
    return ERR_OK;
}

bool tokens_once(PageCx *page)
{
    if (strcmp(page->done_op->name, "token.make") != 0)
        return false;
    page->template_name = "token_made";
    page_put(page, "token", val_str(page->cx->arena, val_get_str(page->reply, "token")));
    page_title(page, "page.token_made");
    return true;
}
