/* deal_show.c - the deals a reader may know of, and one of them. */
#include "deal/deal_int.h"

#include "auction/auction.h"
#include "ident/ident.h"

static Err deal_val(Cx *cx, const Deal *deal, See level, Val **ret)
{
    Str seller = {0}, buyer = {0};
    Err e = org_name(cx, deal->seller_id, &seller);
    if (e)
        return e;
    e = org_name(cx, deal->buyer_id, &buyer);
    if (e)
        return e;
    Val *map = record_val(cx, &deal_type, deal, level);
    val_set_str(cx->arena, map, "seller", seller);
    val_set_str(cx->arena, map, "buyer", buyer);
    val_set_z(cx->arena, map, "state_label", flow_label(&deal_flow, deal->state, cx->lang));
    *ret = map;
    return ERR_OK;
}

/* ---- List ---- */

typedef struct DealFilter {
    i64 all; /* 1: every deal; 0: those of org_id. */
    i64 org_id;
    bool house;   /* There are units below it. */
    i64 stage;    /* -1: any. */
    Str from, to; /* Divisions that a department covers. */
    Str field;    /* Industry that a centre stands for. */
} DealFilter;

/* Those of one's house, and for a department or centre those of units that it is over, by place or
 * by supervising body; a college without a place of its own is where its house is. For a centre of
 * an industry those of what is in its field. */
#define DEALS_SEEN(own)                                                                            \
    "WHERE (?1 = 1 OR seller_id " own " OR buyer_id " own " OR (?5 <> '' AND EXISTS (SELECT 1 "    \
    "FROM org u LEFT JOIN org h ON h.id = u.parent_id WHERE u.id IN (seller_id, buyer_id) AND "    \
    "(u.supervisor_id = ?2 OR h.supervisor_id = ?2 OR "                                            \
    "(COALESCE(NULLIF(u.division, ''), h.division) >= ?4 AND "                                     \
    "COALESCE(NULLIF(u.division, ''), h.division) <= ?5)))) OR (?6 <> '' AND EXISTS (SELECT 1 "    \
    "FROM listing l WHERE l.id = listing_id AND l.field = ?6))) AND (?3 < 0 OR state = ?3)"
#define DEALS_ONE   DEALS_SEEN("= ?2")
#define DEALS_HOUSE DEALS_SEEN("IN " ORG_HOUSE("?2"))
#define DEALS_PAGE  " ORDER BY id DESC LIMIT ?7 OFFSET ?8"

static Err filter_from(Cx *cx, const DealListIn *in, DealFilter *ret)
{
    const unsigned sees_all = WHO_OPERATOR | WHO_LOCAL;
    bool own = who_of(cx, cx->actor.org_id, false) & WHO_OWNER; /* He acts for his unit. */
    DealFilter filter = {.all = (cx->actor.roles & sees_all) != 0,
                         .org_id = own ? cx->actor.org_id : -1,
                         .stage = -1};
    if (in->state.len) {
        filter.stage = flow_state_find(&deal_flow, in->state);
        if (filter.stage < 0)
            return err_set_arg(cx, ERR_INPUT, "state", "deal.no_such_state", in->state);
    }
    Err e = org_reach(cx, &filter.from, &filter.to);
    if (!e)
        e = org_field(cx, &filter.field);
    if (!e)
        e = org_has_below(cx, filter.org_id, &filter.house);
    if (!e)
        *ret = filter;
    return e;
}

static Err deal_page(Cx *cx, const DealFilter *filter, i64 page, Deal **ret, size_t *ret_count)
{
    Rows rows;
    Err e = RECORD_QUERY(cx, &deal_type, &rows,
                         filter->house ? DEALS_HOUSE DEALS_PAGE : DEALS_ONE DEALS_PAGE,
                         BIND_INT(filter->all), BIND_INT(filter->org_id), BIND_INT(filter->stage),
                         BIND_STR(filter->from), BIND_STR(filter->to), BIND_STR(filter->field),
                         BIND_INT(PAGE_SIZE), BIND_INT((page - 1) * PAGE_SIZE));
    if (e)
        return e;
    Deal *deals = ARENA_NEW(cx->arena, Deal, PAGE_SIZE);
    size_t count = 0;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &deal_type, &rows, &deals[count++]);
    e = rows_end(&rows);
    if (e)
        return e;
    *ret = deals;
    *ret_count = count;
    return ERR_OK;
}

Err deal_list_run(Cx *cx, const void *input, Val **ret)
{
    const DealListIn *in = input;
    DealFilter filter = {0};
    Err e = filter_from(cx, in, &filter);
    if (e)
        return e;
    i64 total = 0, page = page_number(in->page);
    e = DB_INT(cx, &total, 0,
               filter.house ? "SELECT COUNT(*) FROM deal " DEALS_HOUSE
                            : "SELECT COUNT(*) FROM deal " DEALS_ONE,
               BIND_INT(filter.all), BIND_INT(filter.org_id), BIND_INT(filter.stage),
               BIND_STR(filter.from), BIND_STR(filter.to), BIND_STR(filter.field));
    if (e)
        return e;
    Deal *deals = NULL;
    size_t count = 0;
    e = deal_page(cx, &filter, page, &deals, &count);
    if (e)
        return e;
    Val *items = val_list(cx->arena);
    for (size_t i = 0; i < count; i++) {
        See level;
        if (!deal_visible(cx, &deals[i], &level))
            continue;
        Val *item = NULL;
        e = deal_val(cx, &deals[i], level, &item);
        if (e)
            return e;
        val_push(cx->arena, items, item);
    }
    Val *map = list_val(cx, items, total, page, PAGE_SIZE), *query = val_map(cx->arena);
    val_set_str(cx->arena, query, "state", in->state);
    val_set(cx->arena, map, "query", query);
    *ret = map;
    return ERR_OK;
}

/* ---- One deal ---- */

/* The division as it was made, or as each floor would have it before there are costs. */
static Val *split_val(Cx *cx, const Deal *deal)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < split_floor_count; i++) {
        const SplitFloor *floor = &split_floors[i];
        bool done = deal->state == DEAL_DONE;
        if (done && !str_same_z(deal->split_floor, floor->code))
            continue;
        Split split;
        const char *field;
        i64 rate_bp = done ? deal->rate_bp : floor->pot_bp;
        if (deal_split(floor, deal->price_fen, deal->costs_fen, rate_bp, &split, &field))
            continue;
        Val *item = val_map(cx->arena);
        val_set_z(cx->arena, item, "floor", floor->code);
        val_set_z(cx->arena, item, "label", cx->lang == LANG_EN ? floor->en : floor->zh);
        val_set_int(cx->arena, item, "rate_bp", rate_bp);
        val_set_int(cx->arena, item, "net_fen", split.net_fen);
        val_set_int(cx->arena, item, "pot_fen", split.pot_fen);
        val_set_int(cx->arena, item, "unit_fen", split.unit_fen);
        val_set_int(cx->arena, item, "contributors_least_fen", split.contributors_least_fen);
        val_set_int(cx->arena, item, "staff_least_fen", split.staff_least_fen);
        val_push(cx->arena, list, item);
    }
    return list;
}

Err deal_show_run(Cx *cx, const void *input, Val **ret)
{
    const DealIdIn *in = input;
    Deal deal;
    See level;
    Err e = deal_load_seen(cx, in->id, &deal, &level);
    if (e)
        return e;
    Val *deal_map = NULL, *history = NULL, *map = val_map(cx->arena);
    e = deal_val(cx, &deal, level, &deal_map);
    if (e)
        return e;
    e = history_val(cx, &deal_type, deal.id, &history);
    if (e)
        return e;
    e = org_names_add(cx, history, "org_id", "actor");
    if (e)
        return e;
    val_set(cx->arena, map, "deal", deal_map);
    if (level >= SEE_OWNER)
        val_set(cx->arena, map, "split", split_val(cx, &deal));
    val_set(cx->arena, map, "acts", flow_acts(cx, &deal_flow, deal.state, deal_who(cx, &deal)));
    val_set(cx->arena, map, "stepper", flow_stepper(cx, &deal_flow, deal.state));
    val_set(cx->arena, map, "history", history);
    *ret = map;
    return ERR_OK;
}

enum { OPEN_WORK_MAX = 100 };

static Err add_work(Cx *cx, const char *kind, const char *sql, const Bind *binds, Val *list)
{
    Rows rows;
    Err e = db_query(cx, &rows, sql, binds, 5);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Val *row = val_map(cx->arena);
        val_set_z(cx->arena, row, "kind", kind);
        val_set_int(cx->arena, row, "id", rows_int(&rows, 0));
        val_set_str(cx->arena, row, "title", rows_str_copy(&rows, 1));
        val_push(cx->arena, list, row);
    }
    return rows_end(&rows);
}

/* A sold lot counts until its deal is made; a bidder's until it is over. */
Err deal_open_work(Cx *cx, i64 org_id, Val *rows)
{
    const Bind lot_binds[] = {BIND_INT(org_id), BIND_INT(LOT_SOLD), BIND_INT(LOT_PAUSED),
                              BIND_INT(BIDDER_REFUSED), BIND_INT(OPEN_WORK_MAX)};
    const Bind deal_binds[] = {BIND_INT(org_id), BIND_INT(DEAL_DONE), BIND_INT(DEAL_CANCELLED),
                               BIND_INT(org_id), BIND_INT(OPEN_WORK_MAX)};
    Err e = add_work(cx, "lot",
                     "SELECT id, title FROM lot WHERE (state <= ?3 OR (state = ?2 AND EXISTS "
                     "(SELECT 1 FROM lot_win w WHERE w.lot_id = lot.id AND w.deal_id = 0))) AND "
                     "(org_id = ?1 OR id IN (SELECT lot_id FROM lot_bidder "
                     "WHERE org_id = ?1 AND state <> ?4)) ORDER BY id LIMIT ?5",
                     lot_binds, rows);
    if (e)
        return e;
    return add_work(cx, "deal",
                    "SELECT id, title FROM deal WHERE state NOT IN (?2, ?3) AND (seller_id = ?1 OR "
                    "buyer_id = ?4) ORDER BY id LIMIT ?5",
                    deal_binds, rows);
}
