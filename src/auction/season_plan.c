/* season_plan.c - a plan: day and hour of many listings, their lots, and all of it taken back. */
#include "auction/season_int.h"

#include "auction/auction.h"
#include "auction/day.h"
#include "registry/registry.h"

typedef struct PlanRow {
    Listing listing;
    SeasonSlot slot;   /* Zero: no place was left. */
    const char *why;   /* Key of what keeps it from becoming a lot; NULL when nothing does. */
    Val *why_more;     /* Its message, when it is an error of another room. */
    bool notice_short; /* Its notice would have to be out before today. */
    bool unknown_days; /* Of that year only weekends are known. */
    i64 step_fen, deposit_fen;
} PlanRow;

typedef struct Plan {
    Season season;
    SeasonHours hours;
    Calendar calendar;
    i64 earliest_date; /* First day that a notice of today leaves time for. */
    i64 first_date;    /* Where it began to look. */
    PlanRow *rows;
    size_t count;
} Plan;

/* ---- what each listing may become ---- */

/* A part of an amount in basis points, in whole yuan; at least one. 0 for no part. */
static i64 part_of(i64 fen, i64 bp)
{
    i64 yuan = fen / 10000 * bp / 100 + fen % 10000 * bp / 1000000;
    if (!bp)
        return 0;
    return yuan > 0 ? yuan * 100 : 100;
}

enum { STEP_BP = 100 /* Of the start price, when the season names no step. */ };

static Err judge(Cx *cx, const Plan *plan, PlanRow *row)
{
    i64 live = 0;
    Err e = DB_INT(cx, &live, 0, "SELECT COUNT(*) FROM lot WHERE listing_id = ?1 AND state < ?2",
                   BIND_INT(row->listing.id), BIND_INT(LOT_SOLD));
    if (e)
        return e;
    row->step_fen =
        part_of(row->listing.price_fen, plan->season.step_bp ? plan->season.step_bp : STEP_BP);
    row->deposit_fen = part_of(row->listing.price_fen, plan->season.deposit_bp);
    if (live)
        row->why = "season.plan_has_lot";
    else if (row->listing.state != LISTING_LISTED)
        row->why = "season.plan_not_listed";
    else if (row->listing.price_fen <= 0)
        row->why = "season.plan_no_price";
    if (row->why)
        return ERR_OK;
    e = listing_stage_ready(cx, &row->listing);
    if (e != ERR_STATE)
        return e;
    row->why = "season.plan_no_consent";
    row->why_more = val_get(err_val(cx), "error");
    err_clear(cx);
    return ERR_OK;
}

/* Places are given in the order of the listings, to those alone that may become lots. */
static void place(Cx *cx, Plan *plan)
{
    SeasonSlot *slots = ARENA_NEW(cx->arena, SeasonSlot, plan->count + 1);
    size_t wanted = 0, next = 0;
    for (size_t i = 0; i < plan->count; i++)
        wanted += !plan->rows[i].why;
    size_t placed = season_slots(&plan->calendar, &plan->hours, plan->first_date, wanted, slots);
    for (size_t i = 0; i < plan->count; i++) {
        PlanRow *row = &plan->rows[i];
        if (row->why)
            continue;
        if (next == placed) {
            row->why = "season.plan_no_place";
            continue;
        }
        row->slot = slots[next++];
        i64 date = time_date(row->slot.open_ms);
        row->notice_short = date < plan->earliest_date;
        row->unknown_days = !calendar_knows(&plan->calendar, date / 10000);
    }
}

static Err plan_begin(Cx *cx, const SeasonPlanIn *in, Plan *plan)
{
    i64 today = time_date(clock_now_ms(cx->clock));
    Err e = record_load(cx, &season_type, in->season_id, &plan->season);
    if (!e)
        e = season_hours(cx, &plan->season, &plan->hours);
    if (!e)
        e = calendar_load(cx, &plan->calendar);
    if (e)
        return e;
    if (in->from_date && in->from_date < today)
        return err_set(cx, ERR_INPUT, "from_date", "season.plan_past");
    plan->earliest_date = notice_opens_date(&plan->calendar, bid_preset(plan->season.preset),
                                            plan->season.notice_days, today);
    plan->first_date = in->from_date ? in->from_date : plan->earliest_date;
    return ERR_OK;
}

static Err plan_make(Cx *cx, const SeasonPlanIn *in, Plan *plan)
{
    i64 *ids = NULL;
    Err e = plan_begin(cx, in, plan);
    if (!e)
        e = refs_read(cx, in->listing_ids, "listing_ids", &ids, &plan->count);
    if (!e && plan->count > SEASON_PLAN_MAX)
        e = err_set_arg(cx, ERR_LIMIT, "listing_ids", "season.plan_too_many",
                        str_format(cx->arena, "%d", SEASON_PLAN_MAX));
    if (e)
        return e;
    plan->rows = ARENA_NEW(cx->arena, PlanRow, plan->count);
    for (size_t i = 0; !e && i < plan->count; i++) {
        for (size_t k = 0; !e && k < i; k++)
            if (ids[k] == ids[i])
                e = err_set_arg(cx, ERR_INPUT, "listing_ids", "season.plan_twice",
                                str_format(cx->arena, "%lld", (long long)ids[i]));
        if (!e)
            e = record_load(cx, &listing_type, ids[i], &plan->rows[i].listing);
        if (!e)
            e = judge(cx, plan, &plan->rows[i]);
    }
    if (!e)
        place(cx, plan);
    return e;
}

/* ---- season.preview ---- */

static void add_words(Cx *cx, Val *list, const char *key)
{
    val_push(cx->arena, list, val_str(cx->arena, text_say(cx->arena, cx->lang, key, NULL, 0)));
}

static Val *row_val(Cx *cx, const PlanRow *row)
{
    Val *val = val_map(cx->arena), *warnings = val_list(cx->arena);
    val_set_int(cx->arena, val, "listing_id", row->listing.id);
    val_set_str(cx->arena, val, "title", row->listing.title);
    val_set_int(cx->arena, val, "start_fen", row->listing.price_fen);
    val_set_int(cx->arena, val, "step_fen", row->step_fen);
    val_set_int(cx->arena, val, "deposit_fen", row->deposit_fen);
    val_set_int(cx->arena, val, "open_ms", row->slot.open_ms);
    val_set_int(cx->arena, val, "end_ms", row->slot.end_ms);
    val_set_bool(cx->arena, val, "ok", !row->why);
    val_set_z(cx->arena, val, "why", row->why ? row->why : "");
    if (row->why)
        add_words(cx, warnings, row->why);
    if (row->why_more)
        val_push(cx->arena, warnings, val_str(cx->arena, val_get_str(row->why_more, "message")));
    if (row->notice_short)
        add_words(cx, warnings, "season.plan_notice_short");
    if (row->unknown_days)
        add_words(cx, warnings, "season.plan_days_unknown");
    val_set(cx->arena, val, "warnings", warnings);
    return val;
}

static Val *plan_val(Cx *cx, const Plan *plan)
{
    Val *map = val_map(cx->arena), *items = val_list(cx->arena), *warnings = val_list(cx->arena);
    i64 ok = 0;
    for (size_t i = 0; i < plan->count; i++) {
        val_push(cx->arena, items, row_val(cx, &plan->rows[i]));
        ok += !plan->rows[i].why;
    }
    if (!calendar_bids(&plan->calendar, plan->first_date, plan->hours.weekdays))
        add_words(cx, warnings, "season.plan_moved");
    val_set_int(cx->arena, map, "season_id", plan->season.id);
    val_set_str(cx->arena, map, "earliest_date", date_format(cx->arena, plan->earliest_date));
    val_set_str(cx->arena, map, "first_date", date_format(cx->arena, plan->first_date));
    val_set_int(cx->arena, map, "ok", ok);
    val_set(cx->arena, map, "warnings", warnings);
    val_set(cx->arena, map, "items", items);
    return map;
}

Err season_preview_run(Cx *cx, const void *arg, Val **ret)
{
    Plan plan = {0};
    Err e = plan_make(cx, arg, &plan);
    if (!e)
        *ret = plan_val(cx, &plan);
    return e;
}

/* ---- season.plan ---- */

static Err make_lot(Cx *cx, const Plan *plan, const PlanRow *row, i64 number, i64 *ret_lot_id)
{
    const BidPreset *preset = bid_preset(plan->season.preset);
    Val *terms = val_map(cx->arena), *link = val_map(cx->arena), *reply = NULL;
    val_set_int(cx->arena, terms, "listing_id", row->listing.id);
    val_set_int(cx->arena, terms, "start_fen", row->listing.price_fen);
    val_set_int(cx->arena, terms, "step_fen", row->step_fen);
    val_set_int(cx->arena, terms, "deposit_fen", row->deposit_fen);
    val_set_int(cx->arena, terms, "open_ms", row->slot.open_ms);
    val_set_int(cx->arena, terms, "end_ms", row->slot.end_ms);
    val_set_int(cx->arena, terms, "window_s", preset->window_s);
    val_set_int(cx->arena, terms, "extend_s", preset->extend_s);
    Err e = op_call_json(cx, "lot.open", terms, &reply);
    if (e)
        return e;
    *ret_lot_id = val_get_int(reply, "id");
    val_set_int(cx->arena, link, "season_id", plan->season.id);
    val_set_int(cx->arena, link, "lot_id", *ret_lot_id);
    val_set_int(cx->arena, link, "plan", number);
    return op_call_json(cx, "season.put", link, &reply);
}

/* {listing_id, lot_id, key, message}: what became of one that failed. */
static void push_failed(Cx *cx, Val *failed, i64 listing_id, i64 lot_id)
{
    Val *val = val_map(cx->arena), *error = val_get(err_val(cx), "error");
    val_set_int(cx->arena, val, "listing_id", listing_id);
    val_set_int(cx->arena, val, "lot_id", lot_id);
    val_set_str(cx->arena, val, "key", val_get_str(error, "key"));
    val_set_str(cx->arena, val, "message", val_get_str(error, "message"));
    val_push(cx->arena, failed, val);
    err_clear(cx);
}

Err season_plan_run(Cx *cx, const void *arg, Val **ret)
{
    Plan plan = {0};
    i64 number = 0;
    Val *made = val_list(cx->arena), *failed = val_list(cx->arena);
    Err e = plan_make(cx, arg, &plan);
    if (!e)
        e = DB_INT(cx, &number, 0,
                   "SELECT COALESCE(MAX(plan), 0) FROM season_lot WHERE "
                   "season_id = ?1",
                   BIND_INT(plan.season.id));
    if (e)
        return e;
    number++;
    for (size_t i = 0; i < plan.count; i++) {
        PlanRow *row = &plan.rows[i];
        i64 lot_id = 0;
        e = row->why ? err_set(cx, ERR_STATE, NULL, row->why)
                     : make_lot(cx, &plan, row, number, &lot_id);
        if (e == ERR_STORE || e == ERR_BUSY)
            return e;
        if (e)
            push_failed(cx, failed, row->listing.id, lot_id);
        else
            val_push(cx->arena, made, val_int(cx->arena, lot_id));
    }
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "plan", number);
    val_set_int(cx->arena, *ret, "count", (i64)val_count(made));
    val_set(cx->arena, *ret, "lot_ids", made);
    val_set(cx->arena, *ret, "failed", failed);
    return ERR_OK;
}

/* ---- season.undo ---- */

static Err undo_lot(Cx *cx, i64 lot_id)
{
    Val *reason = val_map(cx->arena), *link = val_map(cx->arena), *reply = NULL;
    Err e = season_lot_free(cx, lot_id);
    val_set_int(cx->arena, reason, "id", lot_id);
    val_set_str(cx->arena, reason, "reason",
                text_say(cx->arena, LANG_ZH, "season.plan_undone", NULL, 0));
    if (!e)
        e = op_call_json(cx, "lot.cancel", reason, &reply);
    val_set_int(cx->arena, link, "lot_id", lot_id);
    return e ? e : op_call_json(cx, "season.take_out", link, &reply);
}

Err season_undo_run(Cx *cx, const void *arg, Val **ret)
{
    const SeasonUndoIn *in = arg;
    Rows rows;
    i64 *ids = ARENA_NEW(cx->arena, i64, SEASON_PLAN_MAX), undone = 0;
    size_t count = 0;
    Val *failed = val_list(cx->arena);
    if (in->plan <= 0)
        return err_set(cx, ERR_INPUT, "plan", "season.no_such_plan");
    Err e = DB_QUERY(cx, &rows,
                     "SELECT lot_id FROM season_lot WHERE season_id = ?1 AND plan = ?2 ORDER BY "
                     "lot_id LIMIT ?3",
                     BIND_INT(in->season_id), BIND_INT(in->plan), BIND_INT(SEASON_PLAN_MAX));
    if (e)
        return e;
    while (count < SEASON_PLAN_MAX && rows_next(&rows))
        ids[count++] = rows_int(&rows, 0);
    e = rows_end(&rows);
    if (e)
        return e;
    if (!count)
        return err_set(cx, ERR_INPUT, "plan", "season.no_such_plan");
    for (size_t i = 0; i < count; i++) {
        e = undo_lot(cx, ids[i]);
        if (e == ERR_STORE || e == ERR_BUSY)
            return e;
        if (e)
            push_failed(cx, failed, 0, ids[i]);
        undone += e == ERR_OK;
    }
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "count", undone);
    val_set(cx->arena, *ret, "failed", failed);
    return ERR_OK;
}
