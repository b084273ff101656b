/* Similar items on the page of a record, and a few of them side by side. */
#include "web/page_int.h"

enum { LETTERS = 4 }; /* A to D. */

static void shape_similar(PageCx *page, Val *hit)
{
    Arena *arena = page->cx->arena;
    Str kind = val_get_str(hit, "kind");
    const Val *record = val_get_key(hit, kind);
    val_set_str(arena, hit, "name",
                str_format(arena, "%.*s-%lld", STR_ARG(kind), (long long)val_get_int(hit, "id")));
    val_set_str(arena, hit, "org_name", val_get_str(record, "org"));
    val_set_str(arena, hit, "field", val_get_str(record, "field"));
}

Err page_similar(PageCx *page, const char *kind)
{
    Arena *arena = page->cx->arena;
    Str id = str_format(arena, "%lld", (long long)page->id);
    const NameText texts[] = {{S("kind"), str_from(kind)}, {S("id"), id}};
    Val *reply, *similar = val_map(arena);
    Err e = page_ask(page, "match.similar", texts, COUNT(texts), &reply);
    if (e == ERR_MISSING) { /* Not published: nothing is like it for others. */
        err_clear(page->cx);
        page_put(page, "similar", NULL);
        return ERR_OK;
    }
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++)
        shape_similar(page, val_at(items, i));
    val_set_str(arena, similar, "name", str_format(arena, "%s-%.*s", kind, STR_ARG(id)));
    val_set(arena, similar, "items", items);
    page_put(page, "similar", val_count(items) ? similar : NULL);
    return ERR_OK;
}

/* The names of the query, commas between: boxes of a form come one by one. */
static Str names_of(PageCx *page)
{
    Buf names = buf_new(page->cx->arena);
    const WebPairs *query = &page->request->query;
    for (size_t i = 0; i < query->count; i++)
        if (str_same(query->items[i].name, S("ids"))) {
            if (names.len)
                buf_char(&names, ',');
            buf_add(&names, query->items[i].value);
        }
    return buf_str(&names);
}

/* The other items' names, to take this one off; '' when too few would be left. */
static Str without_href(PageCx *page, const Val *items, size_t at)
{
    Buf href = buf_new(page->cx->arena);
    if (val_count(items) <= 2)
        return S("");
    buf_z(&href, "/compare?ids=");
    for (size_t i = 0, count = 0; i < val_count(items); i++) {
        const Val *item = val_at(items, i);
        if (i != at)
            buf_format(&href, "%s%.*s-%lld", count++ ? "," : "", STR_ARG(val_get_str(item, "kind")),
                       (long long)val_get_int(item, "id"));
    }
    return buf_str(&href);
}

static void shape_values(PageCx *page, Val *row)
{
    static const char *const letters[LETTERS] = {"A", "B", "C", "D"};
    Arena *arena = page->cx->arena;
    const Val *texts = val_get(row, "values");
    Val *values = val_list(arena);
    for (size_t i = 0; i < val_count(texts) && i < LETTERS; i++) {
        Val *value = val_map(arena);
        val_set_z(arena, value, "letter", letters[i]);
        val_set_str(arena, value, "text", val_at(texts, i)->s);
        val_push(arena, values, value);
    }
    val_set(arena, row, "values", values);
    val_set_bool(arena, row, "is_money", str_same(val_get_str(row, "name"), S("amount")));
}

static void shape_heads(PageCx *page, Val *items)
{
    static const char *const letters[LETTERS] = {"A", "B", "C", "D"};
    static const char *const kinds[] = {"patent", "achievement", "need"};
    Arena *arena = page->cx->arena;
    for (size_t i = 0; i < val_count(items) && i < LETTERS; i++) {
        Val *item = val_at(items, i), *is = val_map(arena);
        for (size_t k = 0; k < COUNT(kinds); k++)
            val_set_bool(arena, is, kinds[k], str_same_z(val_get_str(item, "kind"), kinds[k]));
        val_set(arena, item, "is", is);
        val_set_z(arena, item, "letter", letters[i]);
        val_set_str(arena, item, "without_href", without_href(page, items, i));
    }
}

/* Of the first two, when this reader may ask; '' else. */
static Str why_href(PageCx *page, const Val *items)
{
    if (val_count(items) < 2 || !page->me || !page_allowed(page, "match.why"))
        return S("");
    const Val *a = val_at(items, 0), *b = val_at(items, 1);
    return str_format(page->cx->arena, "/why?of=%.*s-%lld&to=%.*s-%lld",
                      STR_ARG(val_get_str(a, "kind")), (long long)val_get_int(a, "id"),
                      STR_ARG(val_get_str(b, "kind")), (long long)val_get_int(b, "id"));
}

Err build_compare(PageCx *page)
{
    Val *reply, *rows;
    Err e = page_ask(page, "match.compare", (NameText[]){{S("ids"), names_of(page)}}, 1, &reply);
    bool wrong = e == ERR_INPUT;
    Str why = wrong ? text_say(page->cx->arena, page->cx->lang, page->cx->err.key,
                               page->cx->err.args, ERR_ARGS_MAX)
                    : S("");
    if (e && !wrong)
        return e;
    if (wrong)
        err_clear(page->cx);
    rows = wrong ? val_list(page->cx->arena) : val_get(reply, "rows");
    for (size_t i = 0; i < val_count(rows); i++)
        shape_values(page, val_at(rows, i));
    Val *items = wrong ? val_list(page->cx->arena) : val_get(reply, "items");
    shape_heads(page, items);
    page_put(page, "rows", rows);
    page_put(page, "items", items);
    page_put(page, "why_href", val_str(page->cx->arena, why_href(page, items)));
    page_put(page, "why_not", val_str(page->cx->arena, why));
    page_title(page, "page.compare");
    return ERR_OK;
}
