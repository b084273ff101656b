/* The searches that a person keeps, and what came for them. */
#include "web/page_int.h"

#include "registry/registry.h"

enum { NEWS_SHOWN = 10, NEWS_EACH = 5 }; /* Searches whose news are shown, and of each so many. */

static const char *const choices[] = {"kind", "field", "offer", "region"};
static const char *const lists[] = {"search_kind", "industry_field", "search_offer", "province"};
static const char *const numbers[] = {"maturity", "year"};

static void add_pair(Buf *href, const char *name, Str value)
{
    buf_format(href, "%c%s=", href->len > sizeof "/search" - 1 ? '&' : '?', name);
    buf_url(href, value);
}

/* The page of its results, and its choices in words. */
static void shape_saved(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    Buf href = buf_new(arena), words = buf_new(arena);
    buf_z(&href, "/search");
    add_pair(&href, "q", val_get_str(row, "q"));
    for (size_t i = 0; i < COUNT(choices); i++) {
        Str code = val_get_str(row, choices[i]);
        const Code *known = code_find(codes_find(house_of(page->cx), str_from(lists[i])), code);
        if (!known)
            continue;
        add_pair(&href, choices[i], code);
        buf_format(&words, "%s%s", words.len ? " · " : "",
                   page->cx->lang == LANG_EN ? known->en : known->zh);
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        i64 number = val_get_int(row, numbers[i]);
        Str text = str_format(arena, "%lld", (long long)number);
        if (!number)
            continue;
        add_pair(&href, numbers[i], text);
        Str label = i ? text : text_say(arena, page->cx->lang, "match.trl", &text, 1);
        buf_format(&words, "%s%.*s", words.len ? " · " : "", STR_ARG(label));
    }
    val_set_str(arena, row, "href", buf_str(&href));
    val_set_str(arena, row, "choices", buf_str(&words));
    val_set(arena, row, "news", val_list(arena));
}

static Err add_news(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    NameText id = {S("id"), str_format(arena, "%lld", (long long)val_get_int(row, "id"))};
    Val *reply, *news = val_list(arena);
    Err e = page_ask(page, "search.news", &id, 1, &reply);
    if (e)
        return e;
    for (size_t i = 0; i < NEWS_EACH && i < val_count(val_get(reply, "items")); i++)
        val_push(arena, news, val_at(val_get(reply, "items"), i));
    val_set(arena, row, "news", news);
    return ERR_OK;
}

Err build_searches(PageCx *page)
{
    Val *reply;
    Err e = page_ask(page, "search.saved", NULL, 0, &reply);
    Val *items = e ? NULL : val_get(reply, "items");
    for (size_t i = 0; !e && i < val_count(items); i++) {
        Val *row = val_at(items, i);
        shape_saved(page, row);
        if (i < NEWS_SHOWN && val_get_int(row, "new_count"))
            e = add_news(page, row);
    }
    if (e)
        return e;
    page_flash_errors(page);
    page_put(page, "items", items);
    page_title(page, "page.searches");
    return ERR_OK;
}
