/* /admin/synonyms: the groups of synonyms of this exchange and of the program. */
#include "web/page_int.h"

/* Names as rows, and all of them as a form takes them. */
static void shape_group(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    const Val *given = val_get(row, "names");
    Val *names = val_list(arena);
    Buf words = buf_new(arena);
    for (size_t i = 0; i < val_count(given); i++) {
        Val *name = val_map(arena);
        Str text = val_at(given, i)->s;
        val_set_str(arena, name, "name", text);
        val_push(arena, names, name);
        buf_z(&words, i ? "; " : "");
        buf_add(&words, text);
    }
    val_set(arena, row, "names", names);
    val_set_str(arena, row, "words", buf_str(&words));
    val_set_bool(arena, row, "single", val_count(given) == 1);
}

Err build_synonyms(PageCx *page)
{
    static const char *const lists[] = {"items", "start"};
    Val *reply;
    Err e = page_ask_query(page, "synonym.list", &reply);
    if (e)
        return e;
    for (size_t l = 0; l < COUNT(lists); l++) {
        Val *rows = val_get(reply, lists[l]);
        for (size_t i = 0; i < val_count(rows); i++)
            shape_group(page, val_at(rows, i));
        page_put(page, lists[l], rows);
    }
    page_flash_errors(page);
    page_put(page, "q", val_str(page->cx->arena, request_query(page->request, "q")));
    page_title(page, "page.synonyms");
    return ERR_OK;
}
