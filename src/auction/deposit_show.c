/* deposit_show.c - deposits as the exchange and the firms themselves see them, with their sums. */
#include "auction/deposit_int.h"

#include "ident/ident.h"

/* Money and letters apart: a letter is none. */
#define MONEY   " AND d.way <> 'letter'"
#define LETTERS " AND d.way = 'letter'"
/* Of a house, its units' as well. */
#define OF_HOUSE "(?3 = 0 OR d.org_id IN " ORG_HOUSE("?3") ")"
#define CHOSEN   "(?1 < 0 OR d.state = ?1) AND (?2 = 0 OR d.lot_id = ?2) AND " OF_HOUSE

Err deposit_load_seen(Cx *cx, i64 id, Deposit *ret)
{
    Deposit deposit;
    Err e = record_load(cx, &deposit_type, id, &deposit);
    if (e)
        return e;
    if (!(who_of(cx, deposit.org_id, false) & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL)))
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? deposit_type.en : deposit_type.zh));
    *ret = deposit;
    return ERR_OK;
}

/* One deposit for a reader who may see it. */
static Val *deposit_val(Cx *cx, const Deposit *deposit, See level)
{
    i64 now_ms = clock_now_ms(cx->clock);
    Val *map = record_val(cx, &deposit_type, deposit, level);
    const Code *way = code_find(&deposit_ways, deposit->way);
    bool waits = deposit->state == DEPOSIT_RELEASING;
    val_set_z(cx->arena, map, "state_label", flow_label(&deposit_flow, deposit->state, cx->lang));
    val_set_z(cx->arena, map, "way_label", !way ? "" : cx->lang == LANG_EN ? way->en : way->zh);
    val_set_int(cx->arena, map, "left_fen", deposit_left_fen(deposit_money(deposit)));
    val_set_int(cx->arena, map, "difference_fen",
                deposit->state == DEPOSIT_SHOWN && deposit->held_fen
                    ? deposit->held_fen - deposit->amount_fen
                    : 0);
    val_set_int(cx->arena, map, "hours_left",
                waits ? deposit_hours_left(deposit->due_ms, now_ms) : 0);
    val_set_bool(cx->arena, map, "overdue", waits && now_ms > deposit->due_ms);
    val_set(cx->arena, map, "acts",
            flow_acts(cx, &deposit_flow, deposit->state,
                      who_of(cx, deposit->org_id, false) & ~(unsigned)WHO_CLOCK));
    return map;
}

static Err sum(Cx *cx, const char *sql, i64 lot_id, i64 org_id, i64 *ret)
{
    const Bind binds[] = {BIND_INT(-1), BIND_INT(lot_id), BIND_INT(org_id)};
    return db_int(cx, sql, binds, COUNT(binds), 0, ret);
}

#define SUM(member, of) "SELECT COALESCE(SUM(d." member "), 0) FROM deposit d WHERE " CHOSEN of

/* What came, and where it is: `left` is counted from the deposits that are not settled, so that
 * `zero` would show if anything were missing. */
static Err sums_val(Cx *cx, bool letters, i64 lot_id, i64 org_id, Val **ret)
{
    static const char *const names[] = {"held_fen", "released_fen", "offset_fen", "forfeited_fen",
                                        "left_fen"};
    static const char *const sql[][2] = {
        {SUM("held_fen", MONEY), SUM("held_fen", LETTERS)},
        {SUM("released_fen", MONEY), SUM("released_fen", LETTERS)},
        {SUM("offset_fen", MONEY), SUM("offset_fen", LETTERS)},
        {SUM("forfeited_fen", MONEY), SUM("forfeited_fen", LETTERS)},
        {SUM("held_fen - d.released_fen - d.offset_fen - d.forfeited_fen",
             " AND d.state IN (1, 2, 3)" MONEY),
         SUM("held_fen - d.released_fen - d.offset_fen - d.forfeited_fen",
             " AND d.state IN (1, 2, 3)" LETTERS)},
    };
    i64 sums[COUNT(names)] = {0};
    Val *map = val_map(cx->arena);
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < COUNT(names); i++) {
        e = sum(cx, sql[i][letters], lot_id, org_id, &sums[i]);
        val_set_int(cx->arena, map, names[i], sums[i]);
    }
    val_set_int(cx->arena, map, "zero", sums[0] - sums[1] - sums[2] - sums[3] - sums[4]);
    *ret = map;
    return e;
}

static Err read_items(Cx *cx, const DepositListIn *in, i64 state, i64 org_id, Val **ret)
{
    Rows rows;
    Val *items = val_list(cx->arena);
    See level = org_id ? SEE_OWNER : SEE_OPERATOR;
    i64 page = page_number(in->page);
    Err e = RECORD_QUERY(
        cx, &deposit_type, &rows,
        "WHERE (?1 < 0 OR t.state = ?1) AND (?2 = 0 OR t.lot_id = ?2)"
        " AND (?3 = 0 OR t.org_id IN " ORG_HOUSE(
            "?3") ") ORDER BY CASE WHEN t.state = 3 THEN 0"
                  " WHEN t.state = 1 THEN 1 WHEN t.state = 0 THEN 2 WHEN t.state = 2 THEN 3"
                  " ELSE 4 END, t.due_ms, t.id DESC LIMIT ?4 OFFSET ?5",
        BIND_INT(state), BIND_INT(in->lot_id), BIND_INT(org_id), BIND_INT(PAGE_SIZE_MAX),
        BIND_INT((page - 1) * PAGE_SIZE_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Deposit deposit = {0};
        record_read_row(cx, &deposit_type, &rows, &deposit);
        val_push(cx->arena, items, deposit_val(cx, &deposit, level));
    }
    e = rows_end(&rows);
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    *ret = items;
    return e;
}

static Err titles_add(Cx *cx, Val *items)
{
    for (size_t i = 0; i < val_count(items); i++) {
        Lot lot;
        Val *item = val_at(items, i);
        Err e = lot_load(cx, val_get_int(item, "lot_id"), &lot);
        if (e)
            return e;
        val_set_str(cx->arena, item, "title", lot.title);
        val_set_bool(cx->arena, item, "lot_over", deposit_lot_over(cx, &lot));
    }
    return ERR_OK;
}

/* The exchange sees all, a firm its own. */
static i64 whose(const Cx *cx)
{
    if (cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL))
        return 0;
    return cx->actor.org_id ? cx->actor.org_id : -1;
}

Err deposit_list_run(Cx *cx, const void *input, Val **ret)
{
    const DepositListIn *in = input;
    i64 state = -1, total = 0, overdue = 0, org_id = whose(cx);
    Val *items = NULL, *money = NULL, *letters = NULL;
    if (in->state.len) {
        state = flow_state_find(&deposit_flow, in->state);
        if (state < 0)
            return err_set_arg(cx, ERR_INPUT, "state", "auction.no_such_state", in->state);
    }
    Err e = DB_INT(cx, &total, 0, "SELECT COUNT(*) FROM deposit d WHERE " CHOSEN, BIND_INT(state),
                   BIND_INT(in->lot_id), BIND_INT(org_id));
    if (!e)
        e = DB_INT(cx, &overdue, 0,
                   "SELECT COUNT(*) FROM deposit d WHERE " CHOSEN " AND d.due_ms < ?4",
                   BIND_INT(DEPOSIT_RELEASING), BIND_INT(in->lot_id), BIND_INT(org_id),
                   BIND_INT(clock_now_ms(cx->clock)));
    if (!e)
        e = read_items(cx, in, state, org_id, &items);
    if (!e)
        e = titles_add(cx, items);
    if (!e)
        e = sums_val(cx, false, in->lot_id, org_id, &money);
    if (!e)
        e = sums_val(cx, true, in->lot_id, org_id, &letters);
    if (e)
        return e;
    Val *map = list_val(cx, items, total, page_number(in->page), PAGE_SIZE_MAX);
    val_set(cx->arena, map, "money", money);
    val_set(cx->arena, map, "letters", letters);
    val_set_int(cx->arena, map, "overdue", overdue);
    *ret = map;
    return ERR_OK;
}

Err deposit_show_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Deposit deposit;
    Val *history = NULL, *map = val_map(cx->arena), *list = val_list(cx->arena);
    Err e = deposit_load_seen(cx, in->id, &deposit);
    if (e)
        return e;
    See level = whose(cx) ? SEE_OWNER : SEE_OPERATOR;
    val_push(cx->arena, list, deposit_val(cx, &deposit, level));
    e = org_names_add(cx, list, "org_id", "org");
    if (!e)
        e = titles_add(cx, list);
    if (!e)
        e = history_val(cx, &deposit_type, deposit.id, &history);
    if (e)
        return e;
    val_set(cx->arena, map, "deposit", val_at(list, 0));
    val_set(cx->arena, map, "title", val_get(val_at(list, 0), "title"));
    val_set(cx->arena, map, "acts", val_get(val_at(list, 0), "acts"));
    val_set(cx->arena, map, "stepper", flow_stepper(cx, &deposit_flow, deposit.state));
    val_set(cx->arena, map, "history", history);
    *ret = map;
    return ERR_OK;
}
