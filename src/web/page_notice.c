/* Notices of lots, and bidding seasons with their plans. */
#include "web/page_int.h"

#include "auction/auction.h"
#include "auction/lot_notice.h"
#include "auction/season.h"
#include "registry/registry.h"

#include <string.h>

/* ---- notices ---- */

Err build_notices(PageCx *page)
{
    Val *reply;
    Err e = page_ask_query(page, "lot_notice.list", &reply);
    if (e)
        return e;
    shape_rows(page, &lot_notice_type, val_get(reply, "items"));
    list_set(page, reply, 0, false);
    unsigned states = 1u << NOTICE_PUBLISHED | 1u << NOTICE_WITHDRAWN;
    facet_states(page, &lot_notice_flow,
                 page_allowed(page, "lot_notice.draft") ? states | 1u << NOTICE_DRAFT : states);
    page_title(page, "page.notices");
    return ERR_OK;
}

/* "三、…": a heading's line begins with its number. */
static bool is_heading(Str line)
{
    static const char *const digits = "一二三四五六七八九十";
    size_t comma = str_find(line, S("、"));
    if (comma == 0 || comma > 6)
        return false;
    for (size_t at = 0; at < comma; at += 3)
        if (!str_has(str_from(digits), str_slice(line, at, at + 3)))
            return false;
    return true;
}

/* [{head, text}] of the document's lines. */
static Val *paragraphs_of(PageCx *page, Str text)
{
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    Str rest = text, line;
    while (rest.len && str_split(&rest, '\n', &line)) {
        Val *part = val_map(arena);
        val_set_bool(arena, part, "head", is_heading(line));
        val_set_str(arena, part, "text", line);
        if (str_trim(line).len)
            val_push(arena, list, part);
    }
    return list;
}

/* A form of this op with what the record has: the values go in the query. */
static Str form_of(PageCx *page, const char *op_name, const RecordType *type, const Val *record,
                   Str back)
{
    const Op *op = op_find(house_of(page->cx), str_from(op_name));
    Buf href = buf_new(page->cx->arena);
    assert(op);
    buf_format(&href, "/form/%s?id=%lld", op_name, (long long)page->id);
    for (size_t i = 0; i < op->in_count; i++) {
        const Field *field = &op->in[i];
        const Val *val = val_get(record, field->name);
        if (!val || strcmp(field->name, "id") == 0 || !record_field(type, field->name))
            continue;
        for (size_t k = 0; k < (val->kind == VAL_LIST ? val_count(val) : 1); k++) {
            const Val *one = val->kind == VAL_LIST ? val_at(val, k) : val;
            buf_format(&href, "&%s=", field->name);
            if (one->kind == VAL_STR)
                buf_url(&href, one->s);
            else if (one->kind == VAL_INT && one->i)
                buf_i64(&href, one->i);
            else if (one->kind == VAL_BOOL && one->b)
                buf_z(&href, "1");
        }
    }
    buf_z(&href, "&back=");
    buf_url(&href, back);
    return buf_str(&href);
}

/* Acts that are no step of the flow, for who may draft. */
static void notice_acts(PageCx *page, const Val *notice, Str back)
{
    Arena *arena = page->cx->arena;
    bool may = page_allowed(page, "lot_notice.draft");
    bool draft = str_same(val_get_str(notice, "state"), S("draft"));
    bool in_force =
        str_same(val_get_str(notice, "state"), S("published")) && !val_get_int(notice, "after_id");
    page_put(page, "edit_href",
             val_str(arena, may && draft
                                ? form_of(page, "lot_notice.edit", &lot_notice_type, notice, back)
                                : S("")));
    page_put(page, "revise_href",
             val_str(arena, may && in_force ? str_format(arena, "/form/lot_notice.revise?id=%lld",
                                                         (long long)page->id)
                                            : S("")));
    page_put(page, "can_remove", val_bool(arena, may && draft));
}

Err build_notice(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Str back = str_format(arena, "/notice/%lld", (long long)page->id);
    Val *reply;
    Err e = page_ask_id(page, "lot_notice.show", &reply);
    if (e)
        return e;
    Val *notice = val_get(reply, "lot_notice");
    notice_acts(page, notice, back);
    notice = shape_record(page, &lot_notice_type, notice);
    page_put(page, "notice", notice);
    page_put(page, "paragraphs", paragraphs_of(page, val_get_str(notice, "text")));
    page_put(page, "versions", val_get(reply, "versions"));
    page_put(page, "missing", val_get(reply, "missing"));
    page_put(page, "earliest_ms", val_get(reply, "earliest_ms"));
    shape_page(page, reply, back);
    page_flash_errors(page);
    page_put(page, "title", val_str(arena, val_get_str(notice, "title")));
    return ERR_OK;
}

/* ---- beside a lot ---- */

/* Each act with its form: the id in it is that of the row, not of the page. */
static void row_acts(PageCx *page, Val *rows, Str back)
{
    for (size_t i = 0; i < val_count(rows); i++) {
        Val *row = val_at(rows, i), *acts = val_get(row, "acts"), *list = val_list(page->cx->arena);
        for (size_t k = 0; k < val_count(acts); k++) {
            const Op *op = op_find(house_of(page->cx), val_get_str(val_at(acts, k), "op"));
            if (!op || (op->flags & OP_LOCAL_ONLY) || !op_allowed(page->cx, op))
                continue;
            Buf href = buf_new(page->cx->arena);
            buf_format(&href, "/form/%s?id=%lld&back=", op->name,
                       (long long)val_get_int(row, "id"));
            buf_url(&href, back);
            val_push(page->cx->arena, list, shape_act(page, op, buf_str(&href)));
        }
        val_set(page->cx->arena, row, "acts", list);
    }
}

/* The published notice of the lot, and the draft for who may draft. */
static Err notice_beside(PageCx *page, Val *after)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    const NameText texts[] = {{S("lot_id"), str_format(arena, "%lld", (long long)page->id)}};
    Err e = page_ask(page, "lot_notice.list", texts, COUNT(texts), &reply);
    if (e)
        return e;
    const Val *first = val_at(val_get(reply, "items"), 0);
    Str number = val_get_str(first, "number");
    val_set_int(arena, after, "notice_id", val_get_int(first, "id"));
    val_set_str(arena, after, "notice_number",
                number.len ? number : page_say(page, "page.notice_unnumbered"));
    return ERR_OK;
}

Err page_after_lot(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *after, *holders, *agreements;
    Str back = str_format(arena, "/lot/%lld", (long long)page->id);
    const NameText texts[] = {{S("lot_id"), str_format(arena, "%lld", (long long)page->id)}};
    Err e = page_ask(page, "lot.after", texts, COUNT(texts), &after);
    if (!e)
        e = page_ask(page, "priority_notice.list", texts, COUNT(texts), &holders);
    if (!e)
        e = page_ask(page, "agreement.list", texts, COUNT(texts), &agreements);
    if (!e)
        e = notice_beside(page, after);
    if (e)
        return e;
    const Val *lot = val_get(page->data, "lot");
    bool coming = str_same(val_get_str(lot, "state"), S("scheduled"));
    Val *again = val_get(after, "again"), *agreed = val_get(agreements, "items");
    for (size_t i = 0; i < val_count(again); i++)
        val_set_int(arena, val_at(again, i), "cut", val_get_int(val_at(again, i), "cut_bp") / 100);
    for (size_t i = 0; i < val_count(agreed); i++)
        val_set_bool(arena, val_at(agreed, i), "is_related",
                     !str_same(val_get_str(val_at(agreed, i), "related"), S("none")));
    row_acts(page, val_get(holders, "items"), back);
    row_acts(page, val_get(after, "offers"), back);
    row_acts(page, agreed, back);
    val_set(arena, after, "holders", val_get(holders, "items"));
    val_set(arena, after, "agreements", agreed);
    val_set_bool(arena, after, "can_draft", coming && page_allowed(page, "lot_notice.draft"));
    val_set_bool(arena, after, "can_tell", coming && page_allowed(page, "priority_notice.send"));
    page_put(page, "after", after);
    return ERR_OK;
}

/* ---- seasons ---- */

static void shape_season(PageCx *page, Val *season)
{
    static const char *const stages[] = {"coming", "live", "over"};
    Arena *arena = page->cx->arena;
    const Val *days = val_get(season, "weekdays");
    Val *is = val_map(arena), *names = val_list(arena);
    for (size_t i = 0; i < COUNT(stages); i++)
        val_set_bool(arena, is, stages[i], str_same_z(val_get_str(season, "stage"), stages[i]));
    for (size_t i = 0; i < val_count(days); i++) {
        const Code *code = code_find(&weekday_codes, val_at(days, i)->s);
        if (code)
            val_push(arena, names, val_z(arena, page->cx->lang == LANG_EN ? code->en : code->zh));
    }
    val_set(arena, season, "is", is);
    val_set(arena, season, "days", names);
}

Err build_seasons(PageCx *page)
{
    Val *reply;
    Err e = page_ask_query(page, "season.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++)
        shape_season(page, val_at(items, i));
    list_set(page, reply, 0, false);
    page_put(page, "can_add", val_bool(page->cx->arena, page_allowed(page, "season.add")));
    page_title(page, "page.seasons");
    return ERR_OK;
}

/* The lots of one part, with a heading: [{name, lots[..]}], parts without any left out. */
static Val *parts_of(PageCx *page, Val *lots)
{
    static const struct {
        const char *part, *key;
    } rows[] = {{"live", "page.season_live"},
                {"coming", "page.season_coming"},
                {"unsold", "page.season_unsold"},
                {"sold", "page.season_sold"},
                {"cancelled", "page.season_cancelled"}};
    Arena *arena = page->cx->arena;
    Val *parts = val_list(arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        Val *part = val_map(arena), *some = val_list(arena);
        for (size_t k = 0; k < val_count(lots); k++)
            if (str_same_z(val_get_str(val_at(lots, k), "part"), rows[i].part))
                val_push(arena, some, val_at(lots, k));
        val_set_z(arena, part, "part", rows[i].part);
        val_set_str(arena, part, "name", page_say(page, rows[i].key));
        val_set_int(arena, part, "count", (i64)val_count(some));
        val_set_bool(arena, part, "unsold", str_same_z(S("unsold"), rows[i].part));
        val_set(arena, part, "lots", some);
        if (val_count(some))
            val_push(arena, parts, part);
    }
    return parts;
}

/* Plans that have lots yet to come: [{plan, count}]. */
static Val *plans_of(PageCx *page, const Val *lots)
{
    Arena *arena = page->cx->arena;
    Val *plans = val_list(arena);
    for (size_t k = 0; k < val_count(lots); k++) {
        const Val *lot = val_at(lots, k);
        i64 plan = val_get_int(lot, "plan");
        Val *found = NULL;
        if (!plan || val_get_int(lot, "notice_id") ||
            !str_same(val_get_str(lot, "state"), S("scheduled")))
            continue;
        for (size_t i = 0; i < val_count(plans); i++)
            if (val_get_int(val_at(plans, i), "plan") == plan)
                found = val_at(plans, i);
        if (!found) {
            found = val_map(arena);
            val_set_int(arena, found, "plan", plan);
            val_push(arena, plans, found);
        }
        val_set_int(arena, found, "count", val_get_int(found, "count") + 1);
    }
    return plans;
}

Err build_season(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Str back = str_format(arena, "/season/%lld", (long long)page->id);
    bool may = page_allowed(page, "season.plan");
    Val *reply;
    Err e = page_ask_id(page, "season.show", &reply);
    if (e)
        return e;
    Val *season = val_get(reply, "season"), *lots = val_get(reply, "lots");
    for (size_t i = 0; i < val_count(lots); i++) {
        Val *lot = val_at(lots, i);
        val_set_str(arena, lot, "org_name", val_get_str(lot, "org"));
        val_set_bool(arena, lot, "can_draft",
                     may && str_same(val_get_str(lot, "state"), S("scheduled")));
    }
    page_put(
        page, "change_href",
        val_str(arena, may ? form_of(page, "season.change", &season_type, season, back) : S("")));
    shape_season(page, season);
    page_put(page, "id", val_int(arena, page->id));
    page_put(page, "season", season);
    page_put(page, "parts", parts_of(page, lots));
    page_put(page, "plans", may ? plans_of(page, lots) : val_list(arena));
    page_put(page, "can_plan", val_bool(arena, may));
    page_put(page, "history", shape_history(page, val_get(reply, "history")));
    page_flash_errors(page);
    page_put(page, "title", val_str(arena, val_get_str(season, "name")));
    return ERR_OK;
}

/* ---- a plan ---- */

/* The listings on offer, for choosing. */
static Err choices_of(PageCx *page, Str chosen, Val **ret)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    const NameText texts[] = {{S("state"), S("listed")}};
    Err e = page_ask(page, "listing.list", texts, COUNT(texts), &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    shape_rows(page, &listing_type, items);
    for (size_t i = 0; i < val_count(items); i++) {
        Val *item = val_at(items, i);
        Str id = str_format(arena, ",%lld,", (long long)val_get_int(item, "id"));
        val_set_bool(arena, item, "chosen",
                     str_has(str_format(arena, ",%.*s,", STR_ARG(chosen)), id));
    }
    *ret = items;
    return ERR_OK;
}

/* Listings as they were ticked and typed, with commas between. */
static Str chosen_of(PageCx *page)
{
    const WebPairs *query = &page->request->query;
    Buf out = buf_new(page->cx->arena);
    for (size_t i = 0; i < query->count; i++) {
        if (!str_same(query->items[i].name, S("listing_ids")) || !query->items[i].value.len)
            continue;
        buf_z(&out, out.len ? "," : "");
        buf_add(&out, query->items[i].value);
    }
    return buf_str(&out);
}

static void nothing_planned(PageCx *page)
{
    page_put(page, "plan", NULL);
    page_put(page, "why_not", val_str(page->cx->arena, S("")));
}

/* What the plan would be; a refusal of the preview is told beside the form. */
static Err preview(PageCx *page, Str season_id, Str chosen)
{
    Arena *arena = page->cx->arena;
    Val *reply = NULL;
    const NameText texts[] = {{S("season_id"), season_id},
                              {S("listing_ids"), chosen},
                              {S("from_date"), request_query(page->request, "from_date")}};
    nothing_planned(page);
    if (!chosen.len)
        return ERR_OK;
    Err e = page_ask(page, "season.preview", texts, COUNT(texts), &reply);
    if (e == ERR_INPUT || e == ERR_LIMIT || e == ERR_MISSING) {
        page_put(page, "why_not",
                 val_str(arena, val_get_str(val_get(err_val(page->cx), "error"), "message")));
        err_clear(page->cx);
        return ERR_OK;
    }
    if (!e)
        page_put(page, "plan", reply);
    return e;
}

Err build_season_plan(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *season, *choices = NULL;
    Str season_id = request_query(page->request, "season_id"), chosen = chosen_of(page);
    const NameText texts[] = {{S("id"), season_id}};
    Err e = page_ask(page, "season.show", texts, COUNT(texts), &season);
    if (!e)
        e = choices_of(page, chosen, &choices);
    if (!e)
        e = preview(page, season_id, chosen);
    if (e)
        return e;
    page_put(page, "season", val_get(season, "season"));
    page_put(page, "choices", choices);
    page_put(page, "chosen", val_str(arena, chosen));
    page_put(page, "from_date", val_str(arena, request_query(page->request, "from_date")));
    page_flash_errors(page);
    page_title(page, "page.season_plan");
    return ERR_OK;
}
