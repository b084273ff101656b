/* The board, signing in, and the public record. */
#include "web/page_int.h"

#include "auction/auction.h"
#include "command/settings.h"
#include "registry/registry.h"

Err build_home(PageCx *page)
{
    static const char *const keys[] = {"figures", "lots", "listings", "needs", "todo"};
    Val *reply;
    Err e = page_ask(page, "home.show", NULL, 0, &reply);
    if (e)
        return e;
    Val *lots = val_get(reply, "lots");
    shape_rows(page, &lot_type, lots);
    for (size_t i = 0; i < val_count(lots); i++)
        shape_lot_card(page, val_at(lots, i));
    shape_rows(page, &listing_type, val_get(reply, "listings"));
    shape_rows(page, &need_type, val_get(reply, "needs"));
    for (size_t i = 0; i < COUNT(keys); i++)
        page_put(page, keys[i], val_get(reply, keys[i]));
    page_flash_errors(page);
    page_title(page, page->me ? "page.todo" : "page.hero");
    return ERR_OK;
}

/* The button of the outside provider; NULL unless there is one. */
static Val *outside_val(PageCx *page, Str next)
{
    Arena *arena = page->cx->arena;
    const Settings *settings = house_of(page->cx)->settings;
    Buf href = buf_new(arena);
    if (!settings->oidc_issuer.len)
        return NULL;
    Val *map = val_map(arena);
    buf_z(&href, "/oidc/start?next=");
    buf_url(&href, next.len ? next : S("/"));
    val_set_str(arena, map, "href", buf_str(&href));
    val_set_str(arena, map, "label", settings->oidc_label);
    return map;
}

Err build_signin(PageCx *page)
{
    Str next = local_path(request_query(page->request, "next"));
    page_put(page, "next", val_str(page->cx->arena, next));
    page_put(page, "outside", outside_val(page, next));
    page_title(page, "page.sign_in");
    return ERR_OK;
}

/* ---- the record ---- */

static void add_count(PageCx *page, Val *list, const char *key, i64 value)
{
    Val *row = val_map(page->cx->arena);
    val_set_str(page->cx->arena, row, "label", page_say(page, key));
    val_set_int(page->cx->arena, row, "value", value);
    val_push(page->cx->arena, list, row);
}

/* What a walk through the log has found, when it was asked for: /verify?after=0. */
static Err find_report(PageCx *page, Val **ret)
{
    Arena *arena = page->cx->arena;
    Str after = request_query(page->request, "after");
    *ret = NULL;
    if (!after.len || !page_allowed(page, "log.verify"))
        return ERR_OK;
    Val *report;
    Err e = page_ask(page, "log.verify", (NameText[]){{S("after"), after}}, 1, &report);
    if (e)
        return e;
    i64 next = val_get_int(report, "next_after");
    val_set_bool(arena, report, "whole", val_get_int(report, "from") <= 1 && !next);
    val_set_str(arena, report, "next_href",
                next ? str_format(arena, "/verify?after=%lld", (long long)next) : S(""));
    *ret = report;
    return ERR_OK;
}

Err build_verify(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *head, *report, *counts = val_list(arena), *can = val_map(arena);
    Err e = page_ask(page, "log.head", NULL, 0, &head);
    if (!e)
        e = find_report(page, &report);
    if (e)
        return e;
    val_set_str(arena, head, "digest", val_get_str(head, "hash"));
    val_set_str(arena, head, "key", val_get_str(head, "public_key"));
    add_count(page, counts, "page.head_facts", val_get_int(head, "facts"));
    add_count(page, counts, "page.head_block", val_get_int(head, "block"));
    val_set_bool(arena, can, "facts", page_allowed(page, "log.facts"));
    page_put(page, "head", head);
    page_put(page, "counts", counts);
    val_set_bool(arena, can, "verify", page_allowed(page, "log.verify"));
    page_put(page, "report", report);
    page_put(page, "can", can);
    page_title(page, "page.verify");
    return ERR_OK;
}
