/* Pushes: what came to me, one of them, and the report on who was reached. */
#include "web/page_int.h"

#include "push/note.h"
#include "push/push.h"
#include "registry/registry.h"

/* Where what is pushed is shown, and the words that made it fit, one by one. */
static void shape_push(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    i64 need = val_get_int(row, "need_id"), patent = val_get_int(row, "patent_id");
    bool is_need = val_get_bool(row, "is_need");
    i64 id = is_need ? need : patent ? patent : val_get_int(row, "achievement_id");
    const char *noun = is_need ? "need" : patent ? "patent" : "achievement";
    val_set_str(arena, row, "href", str_format(arena, "/%s/%lld", noun, (long long)id));
    val_set_bool(arena, row, "is_patent", !is_need && patent);
    if (!val_get(row, "terms") || val_get(row, "terms")->kind != VAL_LIST)
        val_set(arena, row, "terms", val_list(arena));
}

Err build_pushes(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_query(page, "push.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    shape_rows(page, &push_type, items);
    for (size_t i = 0; i < val_count(items); i++)
        shape_push(page, val_at(items, i));
    list_set(page, reply, 0, false);
    list_facet_codes(page, "way", "page.push_way", &push_ways);
    list_facet_codes(page, "answer", "page.push_answer", &push_answers);
    page_put(page, "rates", val_bool(arena, page_allowed(page, "evaluation.next")));
    page_put(page, "themes", val_bool(arena, page_allowed(page, "evaluation.themes")));
    page_put(page, "oversees", val_bool(arena, page_allowed(page, "push.report")));
    page_put(page, "receiver_shown", val_bool(arena, (page->cx->actor.roles & WHO_OPERATOR) != 0));
    page_title(page, "page.pushes");
    return ERR_OK;
}

static Val *codes_val(PageCx *page, const CodeList *codes)
{
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    for (size_t i = 0; i < codes->count; i++) {
        const Code *code = &codes->codes[i];
        Val *row = val_map(arena);
        val_set_z(arena, row, "code", code->code);
        val_set_z(arena, row, "label", page->cx->lang == LANG_EN ? code->en : code->zh);
        val_push(arena, list, row);
    }
    return list;
}

static bool may(const Val *acts, const char *action)
{
    for (size_t i = 0; i < val_count(acts); i++)
        if (str_same_z(val_get_str(val_at(acts, i), "action"), action))
            return true;
    return false;
}

/* The acts without a form of their own: the answer has one on the page. */
static Val *other_acts(PageCx *page, const Val *acts)
{
    Val *list = val_list(page->cx->arena);
    static const char *const names[] = {"claim", "meet", "sign"};
    for (size_t n = 0; n < COUNT(names); n++)
        for (size_t i = 0; i < val_count(acts); i++)
            if (str_same_z(val_get_str(val_at(acts, i), "action"), names[n]))
                val_push(page->cx->arena, list, val_at(acts, i));
    return list;
}

Err build_push(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_id(page, "push.show", &reply);
    if (e)
        return e;
    const Val *acts = val_get(reply, "acts");
    Val *push = shape_record(page, &push_type, val_get(reply, "push"));
    shape_push(page, push);
    bool answers = may(acts, "reply");
    page_put(page, "push", push);
    page_put(page, "can_reply", val_bool(arena, answers));
    page_put(page, "answers", codes_val(page, &push_answers));
    page_put(page, "reasons", codes_val(page, &push_reasons));
    page_put(page, "own_path",
             val_str(arena, str_format(arena, "/push/%lld", (long long)page->id)));
    val_set(arena, reply, "acts", other_acts(page, acts));
    shape_page(page, reply, str_format(arena, "/push/%lld", (long long)page->id));
    page_put(page, "title", val_str(arena, val_get_str(push, "title")));
    return ERR_OK;
}

Err build_push_report(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_query(page, "push.report", &reply);
    if (e)
        return e;
    Val *centres = val_get(reply, "centres");
    shape_rows(page, &push_target_type, centres);
    list_set(page, reply, 0, false);
    page_put(page, "sum", val_get(reply, "sum"));
    page_put(page, "centres", centres);
    page_put(page, "year", val_int(arena, val_get_int(reply, "year")));
    page_put(page, "can_set", val_bool(arena, page_allowed(page, "push.target")));
    page_put(page, "desk", val_bool(arena, page_allowed(page, "evaluation.list")));
    page_put(page, "has_list", val_bool(arena, page_allowed(page, "push.list")));
    page_title(page, "page.push_report");
    return ERR_OK;
}

/* ---- the workbench ---- */

static void put_pushes(PageCx *page, const char *key, Val *reply)
{
    Val *items = val_get(reply, "items");
    shape_rows(page, &push_type, items);
    for (size_t i = 0; i < val_count(items); i++)
        shape_push(page, val_at(items, i));
    page_put(page, key, items);
}

/* What fits the need that was chosen; the first one when none was. */
static Err put_fits(PageCx *page, Str need_id)
{
    Arena *arena = page->cx->arena;
    const NameText texts[] = {{S("id"), need_id}, {S("limit"), S("12")}, {S("listed"), S("1")}};
    Val *reply = NULL, *items;
    Err e = need_id.len ? page_ask(page, "need.matches", texts, COUNT(texts), &reply) : ERR_OK;
    if (e == ERR_MISSING || e == ERR_INPUT) {
        err_clear(page->cx);
        reply = NULL;
        e = ERR_OK;
    }
    items = reply ? val_get(reply, "items") : val_list(arena);
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        bool patent = str_same(val_get_str(row, "kind"), S("patent"));
        val_set_bool(arena, row, "is_patent", patent);
        if (!val_get(row, "semantic"))
            val_set(arena, row, "semantic", val_null(arena));
        val_set_str(arena, row, "href",
                    str_format(arena, "/%s/%lld", patent ? "patent" : "achievement",
                               (long long)val_get_int(row, "id")));
    }
    page_put(page, "fits", items);
    return e;
}

static Err put_notes(PageCx *page, const char *key, const NameText *texts)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask(page, "note.list", texts, 1, &reply);
    if (e == ERR_INPUT) { /* No such need. */
        err_clear(page->cx);
        page_put(page, key, val_list(arena));
        return ERR_OK;
    }
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    shape_rows(page, &pair_note_type, items);
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        i64 patent = val_get_int(row, "patent_id");
        i64 id = patent ? patent : val_get_int(row, "achievement_id");
        val_set_str(
            arena, row, "item_href",
            str_format(arena, "/%s/%lld", patent ? "patent" : "achievement", (long long)id));
    }
    page_put(page, key, items);
    return ERR_OK;
}

Err build_workbench(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Str chosen = request_query(page->request, "need_id");
    const NameText texts[] = {{S("q"), request_query(page->request, "q")},
                              {S("field"), request_query(page->request, "field")},
                              {S("page"), request_query(page->request, "page")},
                              {S("state"), S("listed")}};
    const NameText by = {S("mine"), S("by")}, to = {S("mine"), S("to")};
    Val *needs, *mine, *mine_to;
    Err e = page_ask(page, "need.list", texts, COUNT(texts), &needs);
    if (!e)
        e = page_ask(page, "push.list", &by, 1, &mine);
    if (!e)
        e = page_ask(page, "push.list", &to, 1, &mine_to);
    if (e)
        return e;
    Val *items = val_get(needs, "items");
    if (!chosen.len && val_count(items))
        chosen = str_format(arena, "%lld", (long long)val_get_int(val_at(items, 0), "id"));
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        Str id = str_format(arena, "%lld", (long long)val_get_int(row, "id"));
        val_set_bool(arena, row, "here", str_same(id, chosen));
        val_set_str(arena, row, "bench_href",
                    str_format(arena, "/workbench?need_id=%.*s", STR_ARG(id)));
    }
    e = put_fits(page, chosen);
    if (!e)
        e = put_notes(page, "again", &(NameText){S("due"), S("1")});
    if (!e)
        e = put_notes(page, "notes", &(NameText){S("need_id"), chosen});
    if (e)
        return e;
    list_set(page, needs, 0, false);
    page_put(page, "need_id", val_str(arena, chosen));
    page_put(page, "ask_of", val_str(arena, str_format(arena, "need-%.*s", STR_ARG(chosen))));
    put_pushes(page, "pushed", mine);
    put_pushes(page, "mine", mine_to);
    page_title(page, "page.bench");
    return ERR_OK;
}
