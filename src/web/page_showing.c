/* Showings on a stage: those one may know of, and one with what is still to be signed. */
#include "web/page_int.h"

#include "registry/showing.h"

static void shape_showing(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    val_set_str(arena, row, "org_name", val_get_str(row, "org"));
    val_set_str(arena, row, "other_name", val_get_str(row, "other_org"));
}

Err build_showings(PageCx *page)
{
    Val *reply;
    Err e = page_ask_query(page, "showing.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    shape_rows(page, &showing_type, items);
    for (size_t i = 0; i < val_count(items); i++)
        shape_showing(page, val_at(items, i));
    list_set(page, reply, 0, false);
    facet_states(page, &showing_flow, ~0u);
    page_title(page, "page.showings");
    return ERR_OK;
}

Err build_showing(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_id(page, "showing.show", &reply);
    if (e)
        return e;
    Val *showing = shape_record(page, &showing_type, val_get(reply, "showing"));
    Val *papers = val_get(reply, "papers");
    i64 missing = 0;
    shape_showing(page, showing);
    for (size_t i = 0; i < val_count(papers); i++)
        missing += !val_get_bool(val_at(papers, i), "signed");
    page_put(page, "showing", showing);
    page_put(page, "papers", papers);
    page_put(page, "missing", val_int(arena, missing));
    shape_page(page, reply, str_format(arena, "/showing/%lld", (long long)page->id));
    page_put(page, "title", val_str(arena, val_get_str(showing, "title")));
    return ERR_OK;
}
