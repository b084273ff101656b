/* Evaluations: one screen to rate a pushed item and go on to the next, the office's desk, and what
 * owners read of it. */
#include "web/page_int.h"

#include "push/evaluation.h"
#include "push/push.h"

#include <string.h>

/* Codes of a list as buttons, each with a key of the keyboard. */
static Val *keyed(PageCx *page, const char *name, const CodeList *codes, const char *keys)
{
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    Str typed = S("");
    if (page->typed)
        web_pairs_find(page->typed, name, &typed);
    for (size_t i = 0; i < codes->count; i++) {
        const Code *code = &codes->codes[i];
        Val *row = val_map(arena);
        val_set_z(arena, row, "code", code->code);
        val_set_z(arena, row, "label", page->cx->lang == LANG_EN ? code->en : code->zh);
        val_set_str(arena, row, "key", i < strlen(keys) ? (Str){keys + i, 1} : S(""));
        val_set_bool(arena, row, "chosen", str_same_z(typed, code->code));
        val_push(arena, list, row);
    }
    return list;
}

/* A link asks for one that was sent back; else the best that waits. */
Err build_evaluate(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask(page, "evaluation.next", NULL, 0, &reply);
    if (e)
        return e;
    Val *push = val_get(reply, "push"), *item = val_get(reply, "item");
    bool has = push && push->kind == VAL_MAP;
    if (has) {
        if (!val_get(push, "terms") || val_get(push, "terms")->kind != VAL_LIST)
            val_set(arena, push, "terms", val_list(arena));
        i64 patent = val_get_int(push, "patent_id");
        i64 id = patent ? patent : val_get_int(push, "achievement_id");
        val_set_str(
            arena, push, "href",
            str_format(arena, "/%s/%lld", patent ? "patent" : "achievement", (long long)id));
    }
    page_put(page, "push", has ? push : NULL);
    page_put(page, "item", has ? item : NULL);
    page_put(page, "left", val_int(arena, val_get_int(reply, "left")));
    page_put(page, "prospects", keyed(page, "prospects", &evaluation_prospects, "1234"));
    page_put(page, "improvements", keyed(page, "improve", &evaluation_improvements, "qwerty"));
    page_put(page, "wills", keyed(page, "will", &evaluation_wills, "asdfg"));
    page_put(page, "reasons", keyed(page, "cause", &push_reasons, ""));
    page_title(page, "page.evaluate");
    return ERR_OK;
}

static bool may(const Val *acts, const char *action)
{
    for (size_t i = 0; i < val_count(acts); i++)
        if (str_same_z(val_get_str(val_at(acts, i), "action"), action))
            return true;
    return false;
}

static void shape_evaluation(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    const Val *acts = val_get(row, "acts");
    i64 patent = val_get_int(row, "patent_id");
    i64 id = patent ? patent : val_get_int(row, "achievement_id");
    val_set_bool(arena, row, "can_pass", may(acts, "pass"));
    val_set_str(arena, row, "item_href",
                str_format(arena, "/%s/%lld", patent ? "patent" : "achievement", (long long)id));
    if (!val_get(row, "improve") || val_get(row, "improve")->kind != VAL_LIST)
        val_set(arena, row, "improve", val_list(arena));
}

Err build_evaluations(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    bool desk = (page->cx->actor.roles & (WHO_DEPARTMENT | WHO_OPERATOR)) != 0;
    Str state = request_query(page->request, "state");
    const NameText texts[] = {{S("state"), state},
                              {S("page"), request_query(page->request, "page")}};
    Err e = page_ask(page, "evaluation.list", texts, COUNT(texts), &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items"), *tabs = val_list(arena);
    shape_rows(page, &evaluation_type, items);
    for (size_t i = 0; i < val_count(items); i++)
        shape_evaluation(page, val_at(items, i));
    list_set(page, reply, 0, false);
    for (size_t i = 0; i <= evaluation_flow.state_count; i++) {
        Val *tab = val_map(arena);
        const char *name = i ? evaluation_flow.states[i - 1].name : "";
        val_set_str(arena, tab, "label",
                    i ? str_from(flow_label(&evaluation_flow, (i64)i - 1, page->cx->lang))
                      : page_say(page, "page.all"));
        val_set_str(arena, tab, "href", list_href(page, "state", str_from(name)));
        val_set_bool(arena, tab, "here", str_same_z(state, name));
        val_push(arena, tabs, tab);
    }
    page_put(page, "tabs", tabs);
    page_put(page, "desk", val_bool(arena, desk));
    page_put(page, "rates", val_bool(arena, page_allowed(page, "evaluation.next")));
    page_title(page, "page.evaluations");
    return ERR_OK;
}

Err build_evaluation(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_id(page, "evaluation.show", &reply);
    if (e)
        return e;
    Val *row = shape_record(page, &evaluation_type, val_get(reply, "evaluation"));
    shape_evaluation(page, row);
    page_put(page, "evaluation", row);
    bool again = may(val_get(reply, "acts"), "give");
    page_put(page, "again", val_bool(arena, again));
    page_put(page, "prospects", keyed(page, "prospects", &evaluation_prospects, "1234"));
    page_put(page, "improvements", keyed(page, "improve", &evaluation_improvements, "qwerty"));
    page_put(page, "wills", keyed(page, "will", &evaluation_wills, "asdfg"));
    page_put(page, "reasons", keyed(page, "cause", &push_reasons, ""));
    if (again)
        val_set(arena, reply, "acts", val_list(arena));
    shape_page(page, reply, str_format(arena, "/evaluation/%lld", (long long)page->id));
    page_put(page, "title", val_str(arena, val_get_str(row, "title")));
    return ERR_OK;
}

Err build_feedback(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_query(page, "evaluation.themes", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        i64 patent = val_get_int(row, "patent_id");
        i64 id = patent ? patent : val_get_int(row, "achievement_id");
        val_set_str(
            arena, row, "href",
            str_format(arena, "/%s/%lld", patent ? "patent" : "achievement", (long long)id));
    }
    list_set(page, reply, 0, false);
    page_put(page, "least", val_int(arena, val_get_int(reply, "least")));
    page_title(page, "page.feedback");
    return ERR_OK;
}
