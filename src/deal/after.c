/* after.c - a further auction of a lot, the next bidder of one whose buyer defaulted, and what a
 * lot's page says came after it. */
#include "deal/after.h"

#include "auction/season.h"
#include "deal/after_rules.h"
#include "deal/deal_int.h"
#include "ident/ident.h"
#include "registry/registry.h"

#include <string.h>

// clang-format off
static const FlowState offer_states[] = {
    [OFFER_ASKED]    = {"asked",    "待答复", "Asked",    FLOW_START},
    [OFFER_ACCEPTED] = {"accepted", "已接受", "Accepted", FLOW_END},
    [OFFER_REFUSED]  = {"refused",  "已放弃", "Refused",  FLOW_END},
    [OFFER_LAPSED]   = {"lapsed",   "已逾期", "Lapsed",   FLOW_END},
};
static const FlowEdge offer_edges[] = {
    {OFFER_ASKED, "accept", OFFER_ACCEPTED, "接受",   "Accept", WHO_BINDS, NULL},
    {OFFER_ASKED, "refuse", OFFER_REFUSED,  "放弃",   "Refuse", WHO_BINDS, NULL, true},
    {OFFER_ASKED, "lapse",  OFFER_LAPSED,   "逾期",   "Lapse",  WHO_CLOCK, NULL},
};
const Flow lot_offer_flow = FLOW_OF("lot_offer", "递补征询", "Offer to the next bidder", offer_states, offer_edges);

static const Field offer_fields[] = {
    RECORD_HEAD_FIELDS(LotOffer),
    {AT(LotOffer, lot_id),     F_REF,   "竞价标的", "Lot",       FORM_OFF | INDEXED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(LotOffer, org_id),     F_REF,   "递补人",   "Asked",     FORM_OFF | INDEXED, SEE_OWNER, NULL, .ref = &org_type},
    {AT(LotOffer, bidder_id),  F_INT,   "竞买人",   "Bidder",    FORM_OFF, SEE_OPERATOR, NULL},
    {AT(LotOffer, no),         F_INT,   "竞买编号", "Number",    FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotOffer, amount_fen), F_MONEY, "报价",     "Amount",    FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotOffer, failed_id),  F_INT,   "终止的成交", "Deal that was cancelled", FORM_OFF, SEE_OWNER, NULL},
    {AT(LotOffer, until_ms),   F_TIME,  "答复期限", "Answer by", FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotOffer, deal_id),    F_INT,   "成交编号", "Deal",      FORM_OFF, SEE_OWNER, NULL},
    {AT(LotOffer, reason),     F_TEXT,  "放弃原因", "Why refused", FORM_OFF, SEE_OWNER, NULL, .max = 200},
    {AT(LotOffer, state),      F_STATE, "状态",     "State",     FORM_OFF | INDEXED, SEE_PUBLIC, NULL, .flow = &lot_offer_flow},
};
const RecordType lot_offer_type = {"lot_offer", "递补征询", "Offer to the next bidder", sizeof(LotOffer), offer_fields,
                                   COUNT(offer_fields), NULL};

static const Field again_fields[] = {
    RECORD_HEAD_FIELDS(LotAgain),
    {AT(LotAgain, lot_id),  F_REF,  "原标的",   "Lot before",  FORM_OFF | INDEXED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(LotAgain, next_id), F_REF,  "新标的",   "Lot after",   FORM_OFF | UNIQUE,  SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(LotAgain, cut_bp),  F_INT,  "降价（万分比）", "Cut, basis points", FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotAgain, reason),  F_TEXT, "原因",     "Reason",      FORM_OFF, SEE_PUBLIC, NULL, .max = 200},
};
const RecordType lot_again_type = {"lot_again", "再次竞价", "Further auction", sizeof(LotAgain), again_fields, COUNT(again_fields), NULL};
// clang-format on

Val *after_reply(Cx *cx, i64 id, const Flow *flow, i64 state)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", id);
    val_set_z(cx->arena, map, "state", flow_state_name(flow, state));
    return map;
}

/* ---- what may be followed ---- */

/* The cancelled deal of a sold lot, when that is its newest; 0: none, or another stands. */
static Err failed_deal(Cx *cx, i64 lot_id, i64 *ret)
{
    Deal deal = {0};
    Err e = RECORD_FIND(cx, &deal_type, &deal, "WHERE lot_id = ?1 ORDER BY id DESC LIMIT 1",
                        BIND_INT(lot_id));
    *ret = 0;
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    if (!e && deal.state == DEAL_CANCELLED)
        *ret = deal.id;
    return e;
}

Err after_lot(Cx *cx, i64 lot_id, Lot *ret, i64 *ret_failed_id)
{
    Lot lot = {0};
    Listing listing = {0};
    i64 later = 0, failed_id = 0;
    Err e = lot_load(cx, lot_id, &lot);
    if (!e && lot.state == LOT_SOLD)
        e = failed_deal(cx, lot.id, &failed_id);
    if (!e && lot.state != LOT_NOT_SOLD && !failed_id)
        e = err_set_arg(cx, ERR_STATE, "lot_id", "after.not_over", lot.title);
    if (!e)
        e = DB_INT(cx, &later, 0,
                   "SELECT COUNT(*) FROM lot WHERE listing_id = ?1 AND id > ?2 AND state <> ?3",
                   BIND_INT(lot.listing_id), BIND_INT(lot.id), BIND_INT(LOT_CANCELLED));
    if (!e && later)
        e = err_set_arg(cx, ERR_STATE, "lot_id", "after.later_lot", lot.title);
    if (!e)
        e = record_load(cx, &listing_type, lot.listing_id, &listing);
    if (!e && listing.state != LISTING_LISTED)
        e = err_set_arg(cx, ERR_STATE, "lot_id", "after.not_listed", lot.title);
    if (e)
        return e;
    *ret = lot;
    *ret_failed_id = failed_id;
    return ERR_OK;
}

Err after_deal(Cx *cx, const Lot *lot, i64 buyer_id, i64 price_fen, i64 *ret_deal_id)
{
    Listing listing = {0};
    Err e = record_load(cx, &listing_type, lot->listing_id, &listing);
    if (!e && listing.state == LISTING_LISTED)
        e = listing_move(cx, listing.id, "enter_lot");
    if (!e)
        e = listing_move(cx, listing.id, "sell");
    Deal deal = {.lot_id = lot->id,
                 .listing_id = lot->listing_id,
                 .seller_id = lot->org_id,
                 .buyer_id = buyer_id,
                 .title = lot->title,
                 .mode = listing.mode,
                 .price_fen = price_fen,
                 .state = DEAL_MADE};
    if (!e)
        e = fact_create(cx, &deal_type, &deal, (FactNote){"deal.made", price_fen, NULL, lot->id});
    if (!e)
        *ret_deal_id = deal.id;
    return e;
}

/* ---- lot.again ---- */

typedef struct AgainIn {
    i64 lot_id;
    i64 start_fen;
    i64 open_ms;
    i64 end_ms;
    Str reason;
} AgainIn;

/* "5000000:100000;..." of a lot as lot.open reads it: 50000.00=1000.00; ... */
static Str tiers_text(Cx *cx, Str tiers)
{
    Buf out = buf_new(cx->arena);
    Str rest = tiers, tier, from;
    i64 from_fen, step_fen;
    while (rest.len && str_split(&rest, ';', &tier)) {
        str_split(&tier, ':', &from);
        if (!str_to_i64(from, &from_fen) || !str_to_i64(tier, &step_fen))
            continue;
        buf_z(&out, out.len ? "; " : "");
        buf_add(&out, money_format_plain(cx->arena, from_fen));
        buf_char(&out, '=');
        buf_add(&out, money_format_plain(cx->arena, step_fen));
    }
    return buf_str(&out);
}

/* Terms that a further auction takes over: whatever the op that makes a lot asks for by the name of
 * a member of a lot; of seconds where the lot has milliseconds. */
static Val *old_terms(Cx *cx, const Lot *lot)
{
    const Op *op = op_find(house_of(cx), S("lot.open"));
    Val *terms = val_map(cx->arena);
    assert(op);
    for (size_t i = 0; i < op->in_count; i++) {
        Str name = str_from(op->in[i].name);
        const Field *field = record_field(&lot_type, op->in[i].name);
        bool seconds = !field && str_ends(name, S("_s"));
        if (seconds)
            field = record_field(
                &lot_type,
                str_z(cx->arena, str_format(cx->arena, "%.*sms", (int)name.len - 1, name.data)));
        if (!field || field_empty(field, lot))
            continue;
        if (str_same(name, S("tiers")))
            val_set_str(cx->arena, terms, "tiers", tiers_text(cx, lot->tiers));
        else if (field_is_text(field))
            val_set_key(cx->arena, terms, name, val_str(cx->arena, field_str(field, lot)));
        else if (field->kind == F_BOOL)
            val_set_key(cx->arena, terms, name, val_bool(cx->arena, field_int(field, lot) != 0));
        else
            val_set_key(cx->arena, terms, name,
                        val_int(cx->arena, field_int(field, lot) / (seconds ? 1000 : 1)));
    }
    return terms;
}

static i64 least_of(i64 a, i64 b)
{
    return a < b ? a : b;
}

static Err again_allowed(Cx *cx, const AgainIn *in, const Lot *lot)
{
    Season season = {0};
    Err e = season_of_lot(cx, lot->id, &season);
    if (e)
        return e;
    i64 least_fen = again_least_fen(lot->start_fen, season_preset(cx, &season)->cut_most_bp);
    if (in->start_fen > lot->start_fen)
        return err_set_arg(cx, ERR_INPUT, "start_fen", "after.start_high",
                           money_format(cx->arena, lot->start_fen));
    if (in->start_fen < least_fen)
        return err_set_arg(cx, ERR_INPUT, "start_fen", "after.start_low",
                           money_format(cx->arena, least_fen));
    if (days_between(cx->arrived_ms, in->open_ms) < AGAIN_NOTICE_DAYS)
        return err_set_arg(cx, ERR_INPUT, "open_ms", "after.too_soon",
                           str_format(cx->arena, "%d", AGAIN_NOTICE_DAYS));
    return ERR_OK;
}

static Err again_run(Cx *cx, const void *arg, Val **ret)
{
    const AgainIn *in = arg;
    Lot lot = {0};
    i64 failed_id = 0;
    Val *reply = NULL, *warnings = val_list(cx->arena);
    Err e = after_lot(cx, in->lot_id, &lot, &failed_id);
    if (!e)
        e = again_allowed(cx, in, &lot);
    if (e)
        return e;
    Val *terms = old_terms(cx, &lot);
    val_set_int(cx->arena, terms, "listing_id", lot.listing_id);
    val_set_int(cx->arena, terms, "start_fen", in->start_fen);
    val_set_int(cx->arena, terms, "step_fen", least_of(lot.step_fen, in->start_fen));
    val_set_int(cx->arena, terms, "deposit_fen", least_of(lot.deposit_fen, in->start_fen));
    val_set_int(cx->arena, terms, "open_ms", in->open_ms);
    val_set_int(cx->arena, terms, "end_ms", in->end_ms);
    val_set_int(cx->arena, terms, "hard_end_ms", 0);
    e = op_call_json(cx, "lot.open", terms, &reply);
    if (e)
        return e;
    LotAgain again = {.lot_id = lot.id,
                      .next_id = val_get_int(reply, "id"),
                      .cut_bp = again_cut_bp(lot.start_fen, in->start_fen),
                      .reason = str_trim(in->reason)};
    e = fact_create(cx, &lot_again_type, &again,
                    (FactNote){"lot.again", again.cut_bp, NULL, again.next_id});
    if (e)
        return e;
    if (days_between(lot.closed_ms, in->open_ms) > AGAIN_WITHIN_DAYS)
        val_push(cx->arena, warnings,
                 val_str(cx->arena, text_say(cx->arena, cx->lang, "after.late", NULL, 0)));
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", again.next_id);
    val_set_int(cx->arena, *ret, "cut_bp", again.cut_bp);
    val_set(cx->arena, *ret, "warnings", warnings);
    return ERR_OK;
}

/* ---- lot.fallback, lot_offer.* ---- */

typedef struct FallbackIn {
    i64 lot_id;
    i64 days;
} FallbackIn;

typedef struct OfferIdIn {
    i64 id;
} OfferIdIn;

typedef struct OfferRefuseIn {
    i64 id;
    Str reason;
} OfferRefuseIn;

enum { PASSED_MAX = 50 };

static Err offer_save(Cx *cx, LotOffer *offer, const char *action, unsigned who, const char *fact)
{
    Err e = flow_step(cx, &lot_offer_flow, offer->state, action, who, offer, &offer->state);
    return e ? e
             : fact_change(cx, &lot_offer_type, offer,
                           (FactNote){fact, offer->amount_fen, NULL, offer->lot_id});
}

/* Numbers of the firms whose deals on this lot were cancelled. */
static Err failed_of(Cx *cx, const Lot *lot, i64 passed[PASSED_MAX], size_t *ret_count)
{
    Rows rows;
    size_t count = 0;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT no FROM lot_bidder WHERE lot_id = ?1 AND org_id IN (SELECT buyer_id "
                     "FROM deal WHERE lot_id = ?1) ORDER BY no LIMIT ?2",
                     BIND_INT(lot->id), BIND_INT(PASSED_MAX / 2));
    if (e)
        return e;
    while (count < PASSED_MAX / 2 && rows_next(&rows))
        passed[count++] = rows_int(&rows, 0);
    *ret_count = count;
    return rows_end(&rows);
}

/* With them who was asked before. An offer whose time is over lapses here; one that still stands
 * is a conflict. */
static Err passed_of(Cx *cx, const Lot *lot, i64 passed[PASSED_MAX], size_t *ret_count)
{
    Rows rows;
    LotOffer offers[PASSED_MAX / 2];
    size_t offer_count = 0, count = 0;
    Err e = failed_of(cx, lot, passed, &count);
    if (!e)
        e = RECORD_QUERY(cx, &lot_offer_type, &rows, "WHERE lot_id = ?1 ORDER BY id LIMIT ?2",
                         BIND_INT(lot->id), BIND_INT(PASSED_MAX / 2));
    if (e)
        return e;
    while (offer_count < PASSED_MAX / 2 && rows_next(&rows))
        record_read_row(cx, &lot_offer_type, &rows, &offers[offer_count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < offer_count; i++) {
        passed[count++] = offers[i].no;
        if (offers[i].state == OFFER_ASKED && cx->arrived_ms < offers[i].until_ms)
            e = err_set_arg(cx, ERR_CONFLICT, "lot_id", "after.still_asked",
                            time_format(cx->arena, offers[i].until_ms));
        else if (offers[i].state == OFFER_ASKED)
            e = offer_save(cx, &offers[i], "lapse", WHO_CLOCK, "lot_offer.lapsed");
    }
    *ret_count = count;
    return e;
}

/* The best bid of somebody not asked yet, as the lot shows its bids. */
static Err next_bidder(Cx *cx, const Lot *lot, const i64 *passed, size_t passed_count,
                       BidderBest *ret)
{
    Val *ask = val_map(cx->arena), *reply = NULL;
    val_set_int(cx->arena, ask, "id", lot->id);
    Err e = op_call_json(cx, "lot.show", ask, &reply);
    if (e)
        return e;
    const Val *bids = val_get(reply, "bids");
    size_t count = val_count(bids);
    BidderBest *all = ARENA_NEW(cx->arena, BidderBest, count + 1);
    for (size_t i = 0; i < count; i++)
        all[i] = (BidderBest){val_get_int(val_at(bids, i), "no"),
                              val_get_int(val_at(bids, i), "amount_fen")};
    *ret = best_beside(all, count, passed, passed_count);
    if (!ret->no)
        return err_set_arg(cx, ERR_STATE, "lot_id", "after.nobody_next", lot->title);
    return ERR_OK;
}

static Err fallback_run(Cx *cx, const void *arg, Val **ret)
{
    const FallbackIn *in = arg;
    Lot lot = {0};
    LotBidder bidder = {0};
    i64 passed[PASSED_MAX], failed_id = 0;
    size_t passed_count = 0;
    BidderBest next = {0};
    Err e = after_lot(cx, in->lot_id, &lot, &failed_id);
    if (!e && !failed_id)
        e = err_set_arg(cx, ERR_STATE, "lot_id", "after.nobody_failed", lot.title);
    if (!e)
        e = passed_of(cx, &lot, passed, &passed_count);
    if (!e)
        e = next_bidder(cx, &lot, passed, passed_count, &next);
    if (!e)
        e = RECORD_FIND(cx, &lot_bidder_type, &bidder, "WHERE lot_id = ?1 AND no = ?2 LIMIT 1",
                        BIND_INT(lot.id), BIND_INT(next.no));
    if (e)
        return e;
    i64 days = in->days ? in->days : OFFER_DAYS;
    LotOffer offer = {.lot_id = lot.id,
                      .org_id = bidder.org_id,
                      .bidder_id = bidder.id,
                      .no = next.no,
                      .amount_fen = next.amount_fen,
                      .failed_id = failed_id,
                      .until_ms = cx->arrived_ms + days * 24 * 3600 * 1000,
                      .state = OFFER_ASKED};
    e = fact_create(cx, &lot_offer_type, &offer,
                    (FactNote){"lot_offer.asked", offer.amount_fen, NULL, lot.id});
    if (e)
        return e;
    *ret = after_reply(cx, offer.id, &lot_offer_flow, offer.state);
    val_set_int(cx->arena, *ret, "no", offer.no);
    val_set_int(cx->arena, *ret, "amount_fen", offer.amount_fen);
    val_set_int(cx->arena, *ret, "until_ms", offer.until_ms);
    return ERR_OK;
}

/* For the unit that was asked and the exchange; to everybody else it does not exist. */
static Err offer_load(Cx *cx, i64 id, LotOffer *ret, unsigned *ret_who)
{
    Err e = record_load(cx, &lot_offer_type, id, ret);
    if (e)
        return e;
    *ret_who = who_of(cx, ret->org_id, false);
    if (!(*ret_who & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL | WHO_CLOCK)))
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? lot_offer_type.en : lot_offer_type.zh));
    return ERR_OK;
}

static Err accept_run(Cx *cx, const void *arg, Val **ret)
{
    LotOffer offer = {0};
    unsigned who = 0;
    Lot lot = {0};
    i64 state = 0, failed_id = 0;
    Err e = offer_load(cx, ((const OfferIdIn *)arg)->id, &offer, &who);
    if (!e)
        e = flow_step(cx, &lot_offer_flow, offer.state, "accept", who, &offer, &state);
    if (!e && cx->arrived_ms >= offer.until_ms)
        e = err_set_arg(cx, ERR_STATE, NULL, "after.answer_late",
                        time_format(cx->arena, offer.until_ms));
    if (!e)
        e = after_lot(cx, offer.lot_id, &lot, &failed_id);
    if (!e)
        e = after_deal(cx, &lot, offer.org_id, offer.amount_fen, &offer.deal_id);
    if (!e)
        e = offer_save(cx, &offer, "accept", who, "lot_offer.accepted");
    if (e)
        return e;
    *ret = after_reply(cx, offer.id, &lot_offer_flow, offer.state);
    val_set_int(cx->arena, *ret, "deal_id", offer.deal_id);
    return ERR_OK;
}

static Err refuse_run(Cx *cx, const void *arg, Val **ret)
{
    const OfferRefuseIn *in = arg;
    LotOffer offer = {0};
    unsigned who = 0;
    Err e = offer_load(cx, in->id, &offer, &who);
    if (e)
        return e;
    offer.reason = str_trim(in->reason);
    e = offer_save(cx, &offer, "refuse", who, "lot_offer.refused");
    if (!e)
        *ret = after_reply(cx, offer.id, &lot_offer_flow, offer.state);
    return e;
}

static Err lapse_run(Cx *cx, const void *arg, Val **ret)
{
    LotOffer offer = {0};
    Err e = record_load(cx, &lot_offer_type, ((const OfferIdIn *)arg)->id, &offer);
    if (!e && offer.state == OFFER_ASKED && cx->arrived_ms < offer.until_ms)
        e = err_set_arg(cx, ERR_STATE, NULL, "auction.not_due",
                        time_format(cx->arena, offer.until_ms));
    if (!e)
        e = offer_save(cx, &offer, "lapse", WHO_CLOCK, "lot_offer.lapsed");
    if (!e)
        *ret = after_reply(cx, offer.id, &lot_offer_flow, offer.state);
    return e;
}

/* ---- lot.after ---- */

typedef struct AfterIn {
    i64 lot_id;
} AfterIn;

enum { AFTER_SHOWN = 20 };

static Err agains_val(Cx *cx, const char *tail, i64 lot_id, Val **ret)
{
    Rows rows;
    LotAgain row;
    *ret = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &lot_again_type, &rows, tail, BIND_INT(lot_id));
    if (e)
        return e;
    while (rows_next(&rows)) {
        record_read_row(cx, &lot_again_type, &rows, &row);
        val_push(cx->arena, *ret, record_val(cx, &lot_again_type, &row, SEE_PUBLIC));
    }
    return rows_end(&rows);
}

/* Offers as this reader may know of them: to others an offer is a number and a state. */
static Err offers_val(Cx *cx, i64 lot_id, Val **ret)
{
    Rows rows;
    LotOffer offers[AFTER_SHOWN];
    size_t count = 0;
    *ret = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &lot_offer_type, &rows, "WHERE lot_id = ?1 ORDER BY id LIMIT ?2",
                         BIND_INT(lot_id), BIND_INT(AFTER_SHOWN));
    if (e)
        return e;
    while (count < AFTER_SHOWN && rows_next(&rows))
        record_read_row(cx, &lot_offer_type, &rows, &offers[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        See level = see_level(cx, offers[i].org_id, false);
        unsigned who = who_of(cx, offers[i].org_id, false);
        Val *val = record_val(cx, &lot_offer_type, &offers[i], level);
        val_set(cx->arena, val, "acts",
                flow_acts(cx, &lot_offer_flow, offers[i].state, who & ~(unsigned)WHO_CLOCK));
        val_push(cx->arena, *ret, val);
    }
    return e;
}

/* What an operator may do about it now. */
static Err may_val(Cx *cx, i64 lot_id, Val *map)
{
    Lot lot = {0};
    i64 failed_id = 0;
    bool exchange = (cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL)) != 0;
    Err e = exchange ? after_lot(cx, lot_id, &lot, &failed_id) : ERR_STATE;
    if (e && e != ERR_STATE)
        return e;
    err_clear(cx);
    val_set_bool(cx->arena, map, "may_again", !e);
    val_set_bool(cx->arena, map, "may_fallback", !e && failed_id);
    val_set_bool(cx->arena, map, "may_agree", !e && !failed_id);
    return ERR_OK;
}

static Err after_run(Cx *cx, const void *arg, Val **ret)
{
    i64 lot_id = ((const AfterIn *)arg)->lot_id;
    Lot lot = {0};
    Season season = {0};
    Val *next = NULL, *before = NULL, *offers = NULL, *map = val_map(cx->arena);
    Err e = lot_load(cx, lot_id, &lot);
    if (!e)
        e = agains_val(cx, "WHERE lot_id = ?1 ORDER BY id", lot_id, &next);
    if (!e)
        e = agains_val(cx, "WHERE next_id = ?1 AND next_id <> 0 ORDER BY id", lot_id, &before);
    if (!e)
        e = offers_val(cx, lot_id, &offers);
    if (!e)
        e = may_val(cx, lot_id, map);
    if (!e)
        e = season_of_lot(cx, lot_id, &season);
    if (e)
        return e;
    val_set_int(cx->arena, map, "lot_id", lot_id);
    val_set_int(cx->arena, map, "season_id", season.id);
    val_set_str(cx->arena, map, "season", season.name);
    val_set(cx->arena, map, "again", next);
    val_set(cx->arena, map, "before", before);
    val_set(cx->arena, map, "offers", offers);
    *ret = map;
    return ERR_OK;
}

/* ---- the table ---- */

// clang-format off
static const Field again_in[] = {
    {AT(AgainIn, lot_id),    F_REF,   "原标的",   "Lot before", REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(AgainIn, start_fen), F_MONEY, "起拍价",   "Start price", REQUIRED, SEE_PUBLIC, NULL, .help_zh = "降价不超过适用规则允许的幅度。", .help_en = "Cut at most by what the rules allow."},
    {AT(AgainIn, open_ms),   F_TIME,  "开始时间", "Opens",      REQUIRED, SEE_PUBLIC, NULL, .help_zh = "至少 7 天后。", .help_en = "In 7 days at the earliest."},
    {AT(AgainIn, end_ms),    F_TIME,  "结束时间", "Ends",       REQUIRED, SEE_PUBLIC, NULL},
    {AT(AgainIn, reason),    F_TEXT,  "原因",     "Reason",     REQUIRED, SEE_PUBLIC, NULL, .max = 200},
};
static const Field fallback_in[] = {
    {AT(FallbackIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(FallbackIn, days),   F_INT, "答复天数", "Days to answer", 0, SEE_PUBLIC, NULL, .max = OFFER_DAYS_MAX, .help_zh = "留空为 5 天。", .help_en = "5 when left empty."},
};
static const Field id_in[] = {
    {AT(OfferIdIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};
static const Field refuse_in[] = {
    {AT(OfferRefuseIn, id),     F_REF,  "编号", "No.",    REQUIRED, SEE_PUBLIC, NULL},
    {AT(OfferRefuseIn, reason), F_TEXT, "原因", "Reason", REQUIRED, SEE_PUBLIC, NULL, .max = 200},
};
static const Field after_in[] = {
    {AT(AfterIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
};

static const Op ops[] = {
    {"lot.after",    "后续处理",   "What came after", OP_READ, 0, WHO_PUBLIC, OP_IN(AfterIn, after_in), NULL, after_run, NULL, NULL},
    {"lot.again",    "再次竞价",   "Auction again", OP_WRITE, 0, WHO_OPERATOR, OP_IN(AgainIn, again_in), NULL, again_run, "沿用原标的的条件，可降低起拍价。", "From the terms of the old lot, with a lower start if need be."},
    {"lot.fallback", "征询递补",   "Ask the next bidder", OP_WRITE, 0, WHO_OPERATOR, OP_IN(FallbackIn, fallback_in), NULL, fallback_run, "受让方的成交终止后，按报价从高到低征询下一名竞买人。", "When the buyer's deal is cancelled, the next highest bidder is asked at his own bid."},
    {"lot_offer.accept", "接受递补", "Accept", OP_WRITE, OP_SECOND, WHO_BINDS, OP_IN(OfferIdIn, id_in), NULL, accept_run, "按本单位的最高报价成交。", "A deal at the unit's own highest bid."},
    {"lot_offer.refuse", "放弃递补", "Refuse", OP_WRITE, OP_DANGER, WHO_BINDS, OP_IN(OfferRefuseIn, refuse_in), NULL, refuse_run, NULL, NULL},
    {"lot_offer.lapse",  "递补逾期", "Lapse",  OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK | WHO_LOCAL, OP_IN(OfferIdIn, id_in), NULL, lapse_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&lot_offer_type, &lot_again_type};
static const Flow *const flows[] = {&lot_offer_flow};

const Room after_room = {.name = "after",
                         .types = types,
                         .type_count = COUNT(types),
                         .flows = flows,
                         .flow_count = COUNT(flows),
                         .ops = ops,
                         .op_count = COUNT(ops)};
