/* Who may bid: the part of a lot's page where firms apply, and the operator's screen of all. */
#include "web/page_int.h"

#include "auction/deposit.h"
#include "auction/entry.h"

#include <stdio.h>
#include <string.h>

static Err ask_of_lot(PageCx *page, const char *op, Val **ret)
{
    const NameText text = {S("lot_id"), str_format(page->cx->arena, "%lld", (long long)page->id)};
    return page_ask(page, op, &text, 1, ret);
}

/* Whatever the template names is there, be it empty. */
static void fill_texts(PageCx *page, Val *map, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        val_set_str(page->cx->arena, map, names[i], val_get_str(map, names[i]));
}

static void fill_ints(PageCx *page, Val *map, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        val_set_int(page->cx->arena, map, names[i], val_get_int(map, names[i]));
}

/* The codes of a list as options of a select. */
static Val *options_of(PageCx *page, const CodeList *codes, Str chosen)
{
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    for (size_t i = 0; i < codes->count; i++) {
        const Code *code = &codes->codes[i];
        Val *row = val_map(arena);
        val_set_z(arena, row, "code", code->code);
        val_set_z(arena, row, "label", page->cx->lang == LANG_EN ? code->en : code->zh);
        val_set_bool(arena, row, "chosen", str_same_z(chosen, code->code));
        val_push(arena, list, row);
    }
    return list;
}

static void shape_papers(PageCx *page, Val *papers)
{
    static const char *const texts[] = {"name"};
    Arena *arena = page->cx->arena;
    for (size_t i = 0; i < val_count(papers); i++) {
        Val *paper = val_at(papers, i);
        fill_texts(page, paper, texts, COUNT(texts));
        val_set_str(
            arena, paper, "href",
            str_format(arena, "/bidder_paper/%lld/file", (long long)val_get_int(paper, "id")));
    }
}

/* One bidder's application as both templates show it. */
static void shape_bidder(PageCx *page, Val *row)
{
    static const char *const texts[] = {
        "org",    "relation",     "relation_label", "relation_words",
        "reason", "ground_label", "objection",      "objection_answer"};
    static const char *const ints[] = {"condition_no", "objected_ms", "answered_ms", "no", "tries"};
    Arena *arena = page->cx->arena;
    Val *money = val_get(row, "money");
    Str relation = val_get_str(row, "relation");
    fill_texts(page, row, texts, COUNT(texts));
    fill_ints(page, row, ints, COUNT(ints));
    shape_row(page, &lot_bidder_type, row);
    val_set_bool(arena, row, "related", relation.len && !str_same(relation, S("none")));
    val_set_bool(arena, row, "objects",
                 val_get_int(row, "objected_ms") && !val_get_int(row, "answered_ms"));
    if (money && money->kind == VAL_MAP)
        shape_row(page, &deposit_type, money);
    if (!val_get(row, "papers"))
        val_set(arena, row, "papers", val_list(arena));
    shape_papers(page, val_get(row, "papers"));
}

/* ---- On the lot's page ---- */

/* The papers asked for, each with what was given. */
static void shape_asked(PageCx *page, Val *asked, const Val *given)
{
    Arena *arena = page->cx->arena;
    for (size_t i = 0; i < val_count(asked); i++) {
        Val *row = val_at(asked, i);
        const Val *found = NULL;
        for (size_t g = 0; g < val_count(given); g++)
            if (val_get_int(val_at(given, g), "paper_no") == val_get_int(row, "no"))
                found = val_at(given, g);
        val_set_str(arena, row, "name", val_get_str(found, "name"));
        val_set_str(arena, row, "href", val_get_str(found, "href"));
    }
}

static Str typed(PageCx *page, const char *name)
{
    Str found = {0};
    if (page->typed)
        web_pairs_find(page->typed, name, &found);
    return found;
}

/* A box for each condition: as typed, or as it was said before. */
static Val *shape_boxes(PageCx *page, const Val *conditions, const Val *said)
{
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    for (size_t i = 0; i < val_count(conditions); i++) {
        const Val *condition = val_at(conditions, i);
        Val *row = val_map(arena);
        char name[32];
        snprintf(name, sizeof name, "statement_%zu", i + 1);
        Str text = typed(page, name);
        val_set_int(arena, row, "no", val_get_int(condition, "no"));
        val_set_str(arena, row, "text", val_get_str(condition, "text"));
        val_set_str(arena, row, "said", text.len ? text : val_get_str(val_at(said, i), "said"));
        val_push(arena, list, row);
    }
    return list;
}

/* What a firm sees of itself at the lot. */
static Err put_own(PageCx *page, Val *apply, Val *asked)
{
    Arena *arena = page->cx->arena;
    Val *reply = NULL;
    Err e = ask_of_lot(page, "bidder.mine", &reply);
    if (e)
        return e;
    Val *bidder = val_get(reply, "bidder");
    if (bidder && bidder->kind == VAL_MAP)
        shape_bidder(page, bidder);
    shape_papers(page, val_get(reply, "papers"));
    shape_asked(page, asked, val_get(reply, "papers"));
    Str relation = typed(page, "relation"), words = typed(page, "relation_words");
    val_set(arena, apply, "own", bidder);
    val_set_bool(arena, apply, "may_apply", val_get_bool(reply, "may_apply"));
    val_set_bool(arena, apply, "may_object", val_get_bool(reply, "may_object"));
    val_set(arena, apply, "boxes",
            shape_boxes(page, val_get(apply, "conditions"), val_get(bidder, "said")));
    val_set(arena, apply, "relations",
            options_of(page, &bidder_relations,
                       relation.len ? relation : val_get_str(bidder, "relation")));
    val_set_str(arena, apply, "relation_words",
                words.len ? words : val_get_str(bidder, "relation_words"));
    return ERR_OK;
}

static bool seller_or_exchange(PageCx *page, const Val *lot)
{
    unsigned who = who_of(page->cx, val_get_int(lot, "org_id"), false);
    return (who & (WHO_OPERATOR | WHO_BINDS)) && page_allowed(page, "lot_bar.set");
}

Err page_lot_apply(PageCx *page)
{
    Arena *arena = page->cx->arena;
    const Val *lot = val_get(page->data, "lot");
    Val *apply = NULL;
    Err e = ask_of_lot(page, "lot_terms.show", &apply);
    if (e)
        return e;
    Val *asked = val_get(apply, "papers"), *can = val_get(page->data, "can");
    bool seller = (who_of(page->cx, val_get_int(lot, "org_id"), false) & WHO_OWNER) != 0;
    bool firm = page_allowed(page, "bidder.mine") && page->cx->actor.org_id && !seller;
    bool terms = val_count(val_get(apply, "conditions")) + val_count(asked) > 0;
    bool operates = page_allowed(page, "bidder.list");
    shape_asked(page, asked, NULL);
    val_set(arena, apply, "own", val_null(arena));
    val_set_bool(arena, apply, "may_apply", false);
    val_set_bool(arena, apply, "may_object", false);
    if (firm)
        e = put_own(page, apply, asked);
    const Val *own = val_get(apply, "own");
    bool waits = own && str_same(val_get_str(own, "state"), S("applied"));
    val_set_bool(arena, apply, "has_conditions", val_count(val_get(apply, "conditions")) > 0);
    val_set_bool(arena, apply, "has_papers", val_count(asked) > 0);
    val_set_bool(arena, apply, "opens", (terms && !waits) || page->errors);
    val_set_bool(arena, apply, "operates", operates);
    val_set_bool(arena, apply, "sets_terms",
                 operates && str_same(val_get_str(lot, "state"), S("scheduled")));
    val_set_bool(arena, apply, "bars", seller_or_exchange(page, lot));
    val_set_bool(arena, apply, "anything",
                 terms || operates || val_count(val_get(apply, "related")) ||
                     val_get_bool(apply, "bars") || val_get_bool(apply, "may_apply") ||
                     val_get_int(apply, "deposit_fen"));
    if (terms && can) /* The short way in says nothing on the conditions. */
        val_set_bool(arena, can, "enter", false);
    page_put(page, "apply", apply);
    return e;
}

/* ---- /lot/3/bidders ---- */

Err build_bidders(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply = NULL, *objections = val_list(arena);
    Err e = ask_of_lot(page, "bidder.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        shape_bidder(page, row);
        if (val_get_bool(row, "objects") && str_same(val_get_str(row, "state"), S("refused")))
            val_push(arena, objections, row);
    }
    Val *lot = val_get(reply, "lot");
    page_put(page, "lot_title", val_str(arena, val_get_str(lot, "title")));
    page_put(page, "items", items);
    page_put(page, "objections", objections);
    page_put(page, "total", val_get(reply, "total"));
    page_put(page, "grounds", options_of(page, &refusal_grounds, typed(page, "ground")));
    page_put(page, "id", val_int(arena, page->id));
    page_flash_errors(page);
    page_title(page, "page.bidders_vet");
    return ERR_OK;
}
