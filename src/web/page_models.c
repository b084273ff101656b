/* The weights that matching has learnt, for the operator to compare and release. */
#include "web/page_int.h"

/* "0.7180 ± 0.0312" of 1/10,000; the half width is left out when there is none. */
static Str figure(PageCx *page, i64 value_bp, i64 half_bp, bool is_gain)
{
    Arena *arena = page->cx->arena;
    i64 size = value_bp < 0 ? -value_bp : value_bp;
    const char *sign = value_bp < 0 ? "−" : is_gain ? "+" : "";
    Str text = str_format(arena, "%s%lld.%04lld", sign, (long long)(size / 10000),
                          (long long)(size % 10000));
    return !half_bp ? text
                    : str_format(arena, "%.*s ± %lld.%04lld", STR_ARG(text),
                                 (long long)(half_bp / 10000), (long long)(half_bp % 10000));
}

static void shape_parts(PageCx *page, Val *parts)
{
    Arena *arena = page->cx->arena;
    for (size_t i = 0; i < val_count(parts); i++) {
        Val *part = val_at(parts, i);
        i64 share = val_get_int(part, "share"), weight = val_get_int(part, "weight");
        val_set_int(arena, part, "size", share < 0 ? -share : share);
        val_set_bool(arena, part, "against", weight < 0);
        val_set_str(arena, part, "figure", figure(page, weight, 0, false));
    }
}

static void shape_model(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    i64 before = val_get_int(row, "ndcg_before_bp"), after = val_get_int(row, "ndcg_after_bp");
    i64 gain_half = val_get_int(row, "gain_half_bp"), gain = after - before;
    val_set_bool(arena, row, "learnt", val_get_int(row, "pairs") != 0);
    val_set_bool(arena, row, "released", val_get_int(row, "released_ms") != 0);
    val_set_str(arena, row, "before",
                figure(page, before, val_get_int(row, "before_half_bp"), false));
    val_set_str(arena, row, "after", figure(page, after, val_get_int(row, "after_half_bp"), false));
    val_set_str(arena, row, "gain", figure(page, gain, gain_half, true));
    val_set_bool(arena, row, "sure", gain_half && gain > gain_half);
    val_set_bool(arena, row, "worse", gain < 0);
    shape_parts(page, val_get(row, "parts"));
}

Err build_models(PageCx *page)
{
    Val *reply, *index;
    Err e = page_ask_query(page, "match.models", &reply);
    if (!e)
        e = page_ask(page, "index.status", NULL, 0, &index);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++)
        shape_model(page, val_at(items, i));
    list_set(page, reply, 0, false);
    page_put(page, "plain", val_bool(page->cx->arena, val_get_bool(reply, "is_plain")));
    page_put(page, "index", index);
    page_title(page, "page.models");
    return ERR_OK;
}
