/* Why an item is among a need's matches, or is not. */
#include "web/page_int.h"

/* A number of hundredths with its sign: how far above the mean of the best. */
static Str spread_text(PageCx *page, i64 value)
{
    i64 size = value < 0 ? -value : value;
    return str_format(page->cx->arena, "%s%lld.%lld", value < 0 ? "−" : "+",
                      (long long)(size / 100), (long long)(size % 100 / 10));
}

/* Those that did nothing are left out; by text alone, those that are near the mean. */
static Val *shape_features(PageCx *page, const Val *features, bool by_model)
{
    Arena *arena = page->cx->arena;
    enum { NEAR = 50 }; /* Half a standard deviation. */
    Val *list = val_list(arena);
    for (size_t i = 0; i < val_count(features); i++) {
        Val *row = val_at(features, i);
        i64 share = val_get_int(row, "share"), value = val_get_int(row, "value");
        if (by_model ? !share : value > -NEAR && value < NEAR)
            continue;
        val_set_bool(arena, row, "weighed", by_model);
        val_set_int(arena, row, "size", share < 0 ? -share : share);
        val_set_bool(arena, row, "against", share < 0);
        val_set_str(arena, row, "spread", spread_text(page, value));
        val_push(arena, list, row);
    }
    return list;
}

/* Runs of text without a mark say so. */
static void shape_texts(Arena *arena, Val *texts)
{
    for (size_t i = 0; i < val_count(texts); i++) {
        Val *runs = val_get(val_at(texts, i), "text");
        for (size_t r = 0; r < val_count(runs); r++)
            if (!val_get(val_at(runs, r), "marked"))
                val_set_bool(arena, val_at(runs, r), "marked", false);
    }
}

static void shape_side(PageCx *page, Val *side)
{
    Arena *arena = page->cx->arena;
    shape_texts(arena, val_get(side, "texts"));
    Str kind = val_get_str(side, "kind");
    char *key = str_z(arena, str_format(arena, "page.%.*s", STR_ARG(kind)));
    val_set_str(arena, side, "kind_name", page_say(page, key));
    val_set_str(arena, side, "href",
                str_format(arena, "/%.*s/%lld", STR_ARG(kind), (long long)val_get_int(side, "id")));
    if (!val_get(side, "org"))
        val_set_z(arena, side, "org", "");
    if (!val_get(side, "listing_id"))
        val_set_int(arena, side, "listing_id", 0);
}

static void shape_why(PageCx *page, Val *why)
{
    Arena *arena = page->cx->arena;
    Val *of = val_get(why, "of");
    shape_side(page, of);
    shape_side(page, val_get(why, "to"));
    val_set(arena, why, "features",
            shape_features(page, val_get(why, "features"), val_get_bool(why, "by_model")));
    val_set_bool(arena, why, "of_need", str_same(val_get_str(of, "kind"), S("need")));
    i64 place = val_get_int(why, "place"), by_text = val_get_int(why, "text_place");
    val_set_int(arena, why, "stands", place ? place : by_text);
    val_set_bool(arena, why, "has_threshold", val_get(why, "threshold") != NULL);
}

Err build_why(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Str of = str_trim(request_query(page->request, "of"));
    Str to = str_trim(request_query(page->request, "to"));
    const NameText texts[] = {{S("of"), of}, {S("to"), to}};
    Val *reply = NULL, *asked = val_map(arena);
    Str wrong = S("");
    Err e = of.len && to.len ? page_ask(page, "match.why", texts, COUNT(texts), &reply) : ERR_OK;
    if (e == ERR_INPUT || e == ERR_MISSING) {
        Cx *cx = page->cx;
        wrong = text_say(arena, page->cx->lang, e == ERR_MISSING ? "page.why_missing" : cx->err.key,
                         cx->err.args, ERR_ARGS_MAX);
        err_clear(cx);
        e = ERR_OK;
        reply = NULL;
    }
    if (e)
        return e;
    val_set_str(arena, asked, "of", of);
    val_set_str(arena, asked, "to", to);
    if (reply)
        shape_why(page, reply);
    page_put(page, "asked", asked);
    page_put(page, "wrong", val_str(arena, wrong));
    page_put(page, "why", reply);
    page_title(page, "page.why_pair");
    return ERR_OK;
}
