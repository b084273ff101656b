/* The board, signing in, searching everything, and the public record. */
#include "web/page_int.h"

#include "auction/auction.h"
#include "match/match.h"
#include "registry/registry.h"

enum { FACTS_SHOWN = 50 };

Err build_home(PageCx *page)
{
    static const char *const keys[] = {"figures", "lots", "listings", "needs", "todo"};
    Val *reply;
    Err e = page_ask(page, "home.show", NULL, 0, &reply);
    if (e)
        return e;
    shape_rows(page, &lot_type, val_get(reply, "lots"));
    shape_rows(page, &listing_type, val_get(reply, "listings"));
    shape_rows(page, &need_type, val_get(reply, "needs"));
    for (size_t i = 0; i < COUNT(keys); i++)
        page_put(page, keys[i], val_get(reply, keys[i]));
    page_flash_errors(page);
    page_title(page, page->me ? "page.todo" : "page.hero");
    return ERR_OK;
}

Err build_signin(PageCx *page)
{
    Str next = local_path(request_query(page->request, "next"));
    page_put(page, "next", val_str(page->cx->arena, next));
    page_title(page, "page.sign_in");
    return ERR_OK;
}

/* ---- search ---- */

/* The ways to narrow a search: everything, or one kind. */
static Val *search_kinds(PageCx *page)
{
    static const struct {
        const char *kind, *key;
    } rows[] = {{"", "page.all"},
                {"patent", "page.patents"},
                {"achievement", "page.achievement"},
                {"need", "page.needs"}};
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    Str kind = request_query(page->request, "kind");
    for (size_t i = 0; i < COUNT(rows); i++) {
        Val *row = val_map(arena);
        val_set_str(arena, row, "href", list_href(page, "kind", str_from(rows[i].kind)));
        val_set_str(arena, row, "label", page_say(page, rows[i].key));
        val_set_int(arena, row, "count", 0);
        val_set_bool(arena, row, "here", str_same_z(kind, rows[i].kind));
        val_push(arena, list, row);
    }
    return list;
}

static void shape_found(PageCx *page, Val *hit)
{
    static const char *const kinds[] = {"patent", "listing", "need", "achievement"};
    Arena *arena = page->cx->arena;
    Val *is = val_map(arena), *snippet = val_get(hit, "snippet");
    for (size_t i = 0; i < COUNT(kinds); i++)
        val_set_bool(arena, is, kinds[i], str_same_z(val_get_str(hit, "kind"), kinds[i]));
    val_set(arena, hit, "is", is);
    for (size_t i = 0; i < val_count(snippet); i++) {
        Val *piece = val_at(snippet, i);
        val_set_bool(arena, piece, "marked", val_get_bool(piece, "marked"));
    }
}

Err build_search(PageCx *page)
{
    Val *reply;
    Err e = page_ask_query(page, "search.all", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++)
        shape_found(page, val_at(items, i));
    list_set(page, reply, MATCH_DEPTH_MAX / PAGE_SIZE, true);
    page_put(page, "kinds", search_kinds(page));
    page_put(page, "note", val_str(page->cx->arena, val_get_str(reply, "note")));
    page_title(page, "page.find");
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

/* Units by name, people by number: facts hold no names of people. */
static Str actor_of(PageCx *page, const Val *row)
{
    Arena *arena = page->cx->arena;
    i64 account_id = val_get_int(row, "actor_id");
    Str unit = val_get_str(row, "actor"), via = val_get_str(row, "via");
    if (!account_id)
        return unit.len ? unit : via;
    return str_format(arena, "%.*s #%lld", STR_ARG(unit), (long long)account_id);
}

/* What the fact is about: the type's label and the number; those with a page that an auditor may
 * see get a link. */
static void shape_subject(PageCx *page, Val *row)
{
    static const char *const paged[] = {"patent", "achievement", "listing", "need", "lot", "org"};
    Arena *arena = page->cx->arena;
    Str table = val_get_str(row, "table");
    long long id = val_get_int(row, "row_id");
    const RecordType *type = type_find(house_of(page->cx), table);
    Str label = type ? str_from(page->cx->lang == LANG_EN ? type->en : type->zh) : table;
    val_set_str(arena, row, "subject",
                id ? str_format(arena, "%.*s %lld", STR_ARG(label), id) : label);
    val_set_z(arena, row, "subject_href", "");
    for (size_t i = 0; i < COUNT(paged); i++)
        if (str_same_z(table, paged[i]))
            val_set_str(arena, row, "subject_href", str_format(arena, "/%s/%lld", paged[i], id));
}

/* Newest first; older ones behind `before`, the first number not shown any more. */
static Val *log_paging(PageCx *page, const Val *items)
{
    Arena *arena = page->cx->arena;
    size_t count = val_count(items);
    i64 oldest = count ? val_get_int(val_at(items, count - 1), "id") : 0;
    Str before = request_query(page->request, "before");
    if (!before.len && oldest <= 1)
        return NULL;
    Val *map = val_map(arena);
    val_set(arena, map, "links", val_list(arena));
    val_set_str(arena, map, "prev_href", before.len ? page->request->path : S(""));
    Str next = oldest > 1 ? str_format(arena, "%lld", (long long)oldest) : S("");
    val_set_str(arena, map, "next_href", next.len ? list_href(page, "before", next) : S(""));
    return map;
}

Err build_log(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    const NameText texts[] = {{S("before"), request_query(page->request, "before")},
                              {S("limit"), str_format(arena, "%d", FACTS_SHOWN)}};
    Err e = page_ask(page, "log.facts", texts, COUNT(texts), &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    e = org_names_add(page->cx, items, "org_id", "actor");
    if (e)
        return e;
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        val_set_int(arena, row, "id", val_get_int(row, "seq"));
        val_set_int(arena, row, "amount",
                    shape_fact_fen(val_get_str(row, "kind"), val_get_int(row, "amount")));
        val_set_str(arena, row, "actor", actor_of(page, row));
        shape_subject(page, row);
    }
    list_set(page, reply, 0, false);
    page_put(page, "paging", log_paging(page, items));
    page_title(page, "page.log");
    return ERR_OK;
}
