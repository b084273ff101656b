/* auction.c - the commands of the room: making, bidding, pausing and closing a lot. */
#include "auction/auction_int.h"

#include "ident/ident.h"
#include "registry/registry.h"

typedef struct LotOpenIn {
    i64 listing_id;
    i64 start_fen, step_fen, reserve_fen, deposit_fen;
    i64 open_ms, end_ms, hard_end_ms;
    i64 window_s, extend_s, extension_max;
    i64 strict_step, self_raise, first_above;
    i64 bidder_min;
} LotOpenIn;

typedef struct LotBidIn {
    i64 lot_id;
    i64 amount_fen;
    Str key;
    i64 confirmed;
} LotBidIn;

typedef struct LotCloseIn {
    i64 id;
    i64 settled_ms;
} LotCloseIn;

typedef struct LotTickIn {
    i64 settled_ms;
} LotTickIn;

/* Takes a step of the lot's flow. The members of *lot that go with it are set before, so that the
 * guard sees what is going to be saved; the note tells of the step. */
static Err lot_step(Cx *cx, Lot *lot, const char *action, unsigned who, FactNote note)
{
    Lot next = *lot;
    Err e = flow_step(cx, &lot_flow, lot->state, action, who, lot, &next.state);
    if (e)
        return e;
    e = fact_change(cx, &lot_type, &next, note);
    if (e)
        return e;
    *lot = next;
    return ERR_OK;
}

Val *lot_reply_id(Cx *cx, i64 id)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", id);
    return map;
}

static Val *reply_lot(Cx *cx, const Lot *lot)
{
    Val *map = lot_reply_id(cx, lot->id);
    val_set_z(cx->arena, map, "state", flow_state_name(&lot_flow, lot->state));
    val_set_int(cx->arena, map, "end_ms", lot->end_ms);
    if (lot->result.len)
        val_set_str(cx->arena, map, "result", lot->result);
    return map;
}

/* ---- Making a lot ---- */

static Lot lot_from_terms(const Cx *cx, const LotOpenIn *in)
{
    return (Lot){.listing_id = in->listing_id,
                 .start_fen = in->start_fen,
                 .step_fen = in->step_fen,
                 .reserve_fen = in->reserve_fen,
                 .deposit_fen = in->deposit_fen,
                 .open_ms = in->open_ms ? in->open_ms : cx->arrived_ms,
                 .planned_end_ms = in->end_ms,
                 .end_ms = in->end_ms,
                 .hard_end_ms = in->hard_end_ms,
                 .window_ms = (in->window_s ? in->window_s : LOT_WINDOW_S) * 1000,
                 .extend_ms = (in->extend_s ? in->extend_s : LOT_EXTEND_S) * 1000,
                 .extension_max = in->extension_max,
                 .strict_step = in->strict_step,
                 .self_raise = in->self_raise,
                 .first_above = in->first_above,
                 .bidder_min = in->bidder_min ? in->bidder_min : 1,
                 .state = LOT_SCHEDULED};
}

static Err lot_open_run(Cx *cx, const void *input, Val **ret)
{
    const LotOpenIn *in = input;
    Lot lot = lot_from_terms(cx, in);
    const char *field = NULL, *wrong = lot_terms_wrong(&lot, cx->arrived_ms, &field);
    if (wrong)
        return err_set(cx, ERR_INPUT, field, wrong);

    Listing listing;
    Err e = record_load(cx, &listing_type, in->listing_id, &listing);
    if (e)
        return e;
    i64 live_id = 0;
    e = lot_live_of_listing(cx, listing.id, &live_id);
    if (e)
        return e;
    if (live_id)
        return err_set(cx, ERR_CONFLICT, "listing_id", "auction.listing_has_lot");
    if (listing.state != LISTING_LISTED)
        return err_set(cx, ERR_STATE, "listing_id", "auction.listing_not_listed");
    e = listing_stage_ready(cx, &listing);
    if (e)
        return e;

    lot.org_id = listing.org_id;
    lot.title = listing.title;
    e = listing_move(cx, listing.id, "enter_lot");
    if (e)
        return e;
    e = fact_create(cx, &lot_type, &lot, (FactNote){"lot.made", lot.start_fen, NULL, listing.id});
    if (!e && lot_due(&lot, cx->arrived_ms)) /* At once: nobody waits for the clock. */
        e = lot_step(cx, &lot, "start", WHO_CLOCK, (FactNote){"lot.opened", 0, NULL, 0});
    if (e)
        return e;
    *ret = reply_lot(cx, &lot);
    return ERR_OK;
}
/* ---- Bidding ---- */

/* All of it comes from the kept bid, so that a repeated key gets the same bytes. */
static Val *reply_bid(Cx *cx, const LotBid *bid, const Lot *lot)
{
    Val *map = lot_reply_id(cx, bid->id);
    val_set_bool(cx->arena, map, "ok", bid->ok);
    val_set_int(cx->arena, map, "seq", bid->seq);
    val_set_int(cx->arena, map, "no", bid->no);
    val_set_int(cx->arena, map, "amount_fen", bid->amount_fen);
    val_set_int(cx->arena, map, "at_ms", bid->at_ms);
    val_set_int(cx->arena, map, "price_fen", bid->price_fen);
    val_set_int(cx->arena, map, "next_fen", bid->next_fen);
    val_set_int(cx->arena, map, "end_ms", bid->end_ms);
    if (bid->ok)
        return map;
    const Str args[] = {money_format(cx->arena, bid->next_fen),
                        money_format(cx->arena, lot->step_fen),
                        time_format_full(cx->arena, lot->open_ms)};
    const char *key = bid_why_key(bid_why_from(bid->reason));
    assert(key);
    val_set_str(cx->arena, map, "reason", bid->reason);
    val_set_str(cx->arena, map, "message", text_say(cx->arena, cx->lang, key, args, COUNT(args)));
    return map;
}

static BidAct act_of(const Cx *cx, const LotBidIn *in, const LotBidder *bidder)
{
    BidStanding standing = bidder->state == BIDDER_ADMITTED ? STANDING_ADMITTED : STANDING_WAITING;
    if (bidder->id == 0)
        standing = STANDING_NONE;
    if (cx->actor.org_id == 0)
        standing = STANDING_NOBODY;
    return (BidAct){.kind = in->confirmed ? ACT_CONFIRM : ACT_BID,
                    .standing = standing,
                    .bidder = bidder->id,
                    .amount_fen = in->amount_fen,
                    .at_ms = cx->arrived_ms};
}

/* Saves an accepted bid and the lot it has become: it is started first when its time has come and
 * the clock's own command has not. Two facts: the bid, and the lot it leads. */
static Err bid_accept(Cx *cx, Lot *lot, Lot next, LotBid *bid)
{
    i64 end_ms = lot->end_ms;
    if (lot->state == LOT_SCHEDULED) {
        Err e = lot_step(cx, lot, "start", WHO_CLOCK, (FactNote){"lot.opened", 0, NULL, 0});
        if (e)
            return e;
        next.rev = lot->rev;
        next.state = lot->state;
    }
    bid->ok = 1;
    bid->seq = next.bid_count;
    bid->price_fen = next.price_fen;
    bid->next_fen = lot_next_fen(&next);
    bid->end_ms = next.end_ms;
    Err e =
        fact_create(cx, &lot_bid_type, bid, (FactNote){"lot.bid", bid->amount_fen, NULL, lot->id});
    if (e)
        return e;
    FactNote note = {"lot.led", next.price_fen, NULL, bid->id};
    if (next.end_ms > end_ms)
        note = (FactNote){"lot.extended", next.end_ms, NULL, bid->id};
    e = fact_change(cx, &lot_type, &next, note);
    if (e)
        return e;
    *lot = next;
    return ERR_OK;
}

/* A refused offer is kept as well; the lot stays as it is. */
static Err bid_refuse(Cx *cx, const Lot *lot, BidWhy why, LotBid *bid)
{
    bid->reason = str_from(bid_why_name(why));
    bid->price_fen = lot->price_fen;
    bid->next_fen = lot_next_fen(lot);
    bid->end_ms = lot->end_ms;
    return fact_create(cx, &lot_bid_type, bid,
                       (FactNote){"lot.bid_refused", bid->amount_fen, bid_why_name(why), lot->id});
}

static Err lot_bid_run(Cx *cx, const void *input, Val **ret)
{
    assert(cx->arrived_ms > 0);
    const LotBidIn *in = input;
    if (in->amount_fen <= 0 || in->amount_fen > MONEY_MAX_FEN)
        return err_set(cx, ERR_INPUT, "amount_fen", "auction.bid_bad_amount");
    Lot lot;
    Err e = lot_load(cx, in->lot_id, &lot);
    if (e)
        return e;
    LotBid bid;
    e = lot_bid_find(cx, lot.id, cx->actor.org_id, in->key, &bid);
    if (e)
        return e;
    if (bid.id && bid.amount_fen != in->amount_fen)
        return err_set(cx, ERR_CONFLICT, "key", "auction.key_used");
    if (bid.id) {
        *ret = reply_bid(cx, &bid, &lot);
        return ERR_OK;
    }

    LotBidder bidder;
    e = lot_bidder_find(cx, lot.id, cx->actor.org_id, &bidder);
    if (e)
        return e;
    BidAct act = act_of(cx, in, &bidder);
    bid = (LotBid){.lot_id = lot.id,
                   .bidder_id = bidder.id,
                   .org_id = cx->actor.org_id,
                   .no = bidder.no,
                   .amount_fen = act.amount_fen,
                   .at_ms = act.at_ms,
                   .bid_key = in->key};
    Lot next = lot;
    BidReply reply = lot_play(&next, &act);
    next.leader_no = bidder.no;
    e = reply.why ? bid_refuse(cx, &lot, reply.why, &bid) : bid_accept(cx, &lot, next, &bid);
    if (e)
        return e;
    *ret = reply_bid(cx, &bid, &lot);
    return ERR_OK;
}

/* ---- Pausing, cancelling ---- */

/* A step of the flow that is an act of the rules as well. *ret is the lot to be saved. */
static Err lot_act(Cx *cx, const Lot *lot, const char *action, BidActKind kind, Lot *ret)
{
    Lot next = *lot;
    i64 state = lot->state;
    Err e =
        flow_step(cx, &lot_flow, lot->state, action, who_of(cx, lot->org_id, false), lot, &state);
    if (e)
        return e;
    BidReply reply = lot_play(&next, &(BidAct){.kind = kind, .at_ms = cx->arrived_ms});
    if (reply.why == WHY_NOT_STARTED)
        return err_set_arg(cx, ERR_STATE, NULL, "auction.not_due",
                           time_format_full(cx->arena, lot->open_ms));
    if (reply.why)
        return err_set(cx, ERR_STATE, NULL, "auction.end_has_come");
    next.state = state;
    *ret = next;
    return ERR_OK;
}

static Err lot_pause_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Lot lot;
    Err e = lot_load(cx, in->id, &lot);
    if (!e)
        e = lot_act(cx, &lot, "pause", ACT_PAUSE, &lot);
    if (e)
        return e;
    e = fact_change(cx, &lot_type, &lot, (FactNote){"lot.paused", lot.paused_left_ms, NULL, 0});
    if (e)
        return e;
    *ret = reply_lot(cx, &lot);
    return ERR_OK;
}

static Err lot_resume_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Lot lot;
    Err e = lot_load(cx, in->id, &lot);
    if (!e)
        e = lot_act(cx, &lot, "resume", ACT_RESUME, &lot);
    if (e)
        return e;
    e = fact_change(cx, &lot_type, &lot, (FactNote){"lot.resumed", lot.end_ms, NULL, 0});
    if (e)
        return e;
    *ret = reply_lot(cx, &lot);
    return ERR_OK;
}

static Err lot_cancel_run(Cx *cx, const void *input, Val **ret)
{
    const LotReasonIn *in = input;
    Lot lot;
    Err e = lot_load(cx, in->id, &lot);
    if (!e)
        e = lot_act(cx, &lot, "cancel", ACT_STOP, &lot);
    if (e)
        return e;
    lot.reason = in->reason;
    e = fact_change(cx, &lot_type, &lot, (FactNote){"lot.cancelled", 0, NULL, lot.listing_id});
    if (e)
        return e;
    e = listing_move(cx, lot.listing_id, "leave_lot");
    if (e)
        return e;
    *ret = reply_lot(cx, &lot);
    return ERR_OK;
}

/* ---- The clock's commands ---- */

/* Up to which stamp everything has been judged. */
static i64 settled_from(const Cx *cx, i64 given_ms)
{
    return given_ms && given_ms <= cx->arrived_ms ? given_ms : cx->arrived_ms - LOT_SETTLE_MS;
}

/* Starting has nobody to wait for: a bid that comes first starts the lot as well. */
static Err lot_start_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Lot lot;
    Err e = lot_load(cx, in->id, &lot);
    if (e)
        return e;
    if (lot.state == LOT_SCHEDULED && !lot_due(&lot, cx->arrived_ms))
        return err_set_arg(cx, ERR_STATE, NULL, "auction.not_due",
                           time_format_full(cx->arena, lot.open_ms));
    e = lot_step(cx, &lot, "start", WHO_CLOCK, (FactNote){"lot.opened", 0, NULL, 0});
    if (e)
        return e;
    *ret = reply_lot(cx, &lot);
    return ERR_OK;
}

/* Closes a lot whose time has come: by `action`, or with NULL as the rules say. */
static Err lot_end(Cx *cx, i64 lot_id, i64 settled_ms, const char *action, Val **ret)
{
    Lot lot;
    Err e = lot_load(cx, lot_id, &lot);
    if (e)
        return e;
    if (lot.state == LOT_OPEN && !lot_due(&lot, settled_ms))
        return err_set_arg(cx, ERR_STATE, NULL, "auction.not_due",
                           time_format_full(cx->arena, lot.end_ms));
    BidResult made = lot_result(&lot);
    bool sale = made == RESULT_SOLD;
    const char *result = bid_result_name(made);
    lot_play(&lot, &(BidAct){.kind = ACT_TICK, .at_ms = settled_ms});
    FactNote note = {sale ? "lot.sold" : "lot.not_sold", lot.price_fen, result, lot.leader_id};
    if (!action)
        action = sale ? "sell" : "lapse";
    e = lot_step(cx, &lot, action, WHO_CLOCK, note);
    if (e)
        return e;
    e = listing_move(cx, lot.listing_id, sale ? "sell" : "leave_lot");
    if (e)
        return e;
    *ret = reply_lot(cx, &lot);
    return ERR_OK;
}

static Err lot_close_run(Cx *cx, const void *input, Val **ret)
{
    const LotCloseIn *in = input;
    return lot_end(cx, in->id, settled_from(cx, in->settled_ms), NULL, ret);
}

/* The two edges of the flow by name: refused by their guards when the rules say otherwise. */
static Err lot_sell_run(Cx *cx, const void *input, Val **ret)
{
    const LotCloseIn *in = input;
    return lot_end(cx, in->id, settled_from(cx, in->settled_ms), "sell", ret);
}

static Err lot_lapse_run(Cx *cx, const void *input, Val **ret)
{
    const LotCloseIn *in = input;
    return lot_end(cx, in->id, settled_from(cx, in->settled_ms), "lapse", ret);
}

/* Runs one op for each due lot, each a job of its own: one that fails does not hold up the others.
 */
static Err tick_stage(Cx *cx, LotStage stage, i64 settled_ms, const char *op, i64 *count,
                      Val *failed)
{
    i64 *ids;
    size_t id_count;
    Err e = lot_due_list(cx, stage, settled_ms, LOT_TICK_MAX, &ids, &id_count);
    if (e)
        return e;
    for (size_t i = 0; i < id_count; i++) {
        LotCloseIn in = {.id = ids[i], .settled_ms = settled_ms};
        Val *reply = NULL;
        e = op_call_name(cx, op, &in, &reply);
        if (e == ERR_STORE || e == ERR_BUSY)
            return e;
        *count += e == ERR_OK;
        if (e) {
            Val *item = lot_reply_id(cx, ids[i]);
            val_set_z(cx->arena, item, "key", cx->err.key);
            val_push(cx->arena, failed, item);
            err_clear(cx);
        }
    }
    return ERR_OK;
}

static Err lot_tick_run(Cx *cx, const void *input, Val **ret)
{
    const LotTickIn *in = input;
    i64 started = 0, closed = 0, settled_ms = settled_from(cx, in->settled_ms);
    Val *failed = val_list(cx->arena);
    Err e = tick_stage(cx, LOT_SCHEDULED, cx->arrived_ms, "lot.start", &started, failed);
    if (e)
        return e;
    e = tick_stage(cx, LOT_OPEN, settled_ms, "lot.close", &closed, failed);
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "started", started);
    val_set_int(cx->arena, map, "closed", closed);
    val_set(cx->arena, map, "failed", failed);
    *ret = map;
    return ERR_OK;
}

/* ---- Rows ---- */

// clang-format off
static const Field list_in[] = {
    { AT(LotListIn, state), F_TEXT, "状态", "State", 0, SEE_PUBLIC, NULL },
    { AT(LotListIn, listing_id), F_REF, "挂牌项目", "Listing", 0, SEE_PUBLIC, .ref = &listing_type },
    { AT(LotListIn, page),  F_INT,  "页",   "Page",  0, SEE_PUBLIC, NULL, .max = PAGE_MAX },
};
static const Field id_in[] = {
    { AT(LotIdIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL },
};
static const Field open_in[] = {
    { AT(LotOpenIn, listing_id), F_REF, "挂牌项目", "Listing", REQUIRED, SEE_PUBLIC,
      .ref = &listing_type },
    { AT(LotOpenIn, start_fen), F_MONEY, "起拍价", "Start price", REQUIRED, SEE_PUBLIC,
      .group_zh = "价格", .group_en = "Prices" },
    { AT(LotOpenIn, step_fen), F_MONEY, "加价幅度", "Step", REQUIRED, SEE_PUBLIC },
    { AT(LotOpenIn, reserve_fen), F_MONEY, "保留价", "Reserve", 0, SEE_PUBLIC,
      .help_zh = "不公开；最高报价低于保留价时不成交。", .help_en = "Sealed; a best bid below it is no sale." },
    { AT(LotOpenIn, deposit_fen), F_MONEY, "保证金", "Deposit", 0, SEE_PUBLIC },
    { AT(LotOpenIn, open_ms), F_TIME, "开始时间", "Opens", 0, SEE_PUBLIC,
      .group_zh = "时间", .group_en = "Times",
      .help_zh = "留空则立即开始。", .help_en = "At once when left empty." },
    { AT(LotOpenIn, end_ms), F_TIME, "结束时间", "Ends", REQUIRED, SEE_PUBLIC },
    { AT(LotOpenIn, hard_end_ms), F_TIME, "最晚结束时间", "Latest end", 0, SEE_PUBLIC,
      .group_zh = "延时", .group_en = "Extension",
      .help_zh = "延时不超过此时；留空则不限。", .help_en = "Extensions stop here; none when left empty." },
    { AT(LotOpenIn, window_s), F_INT, "延时触发时长（秒）", "Window, s", 0, SEE_PUBLIC,
      .max = LOT_EXTEND_S_MAX,
      .help_zh = "结束前这段时间内有报价即延时；留空为 300 秒。",
      .help_en = "A bid this close to the end extends the lot; 300 s when left empty." },
    { AT(LotOpenIn, extend_s), F_INT, "延时时长（秒）", "Extension, s", 0, SEE_PUBLIC,
      .max = LOT_EXTEND_S_MAX,
      .help_zh = "从该报价起至少再留这么久；留空为 300 秒。",
      .help_en = "This much is left after such a bid; 300 s when left empty." },
    { AT(LotOpenIn, extension_max), F_INT, "最多延时次数", "Most extensions", 0, SEE_PUBLIC,
      .max = LOT_EXTENSIONS_MAX,
      .help_zh = "延时满此次数后不再延时；留空则不限。",
      .help_en = "After so many the end stays; any number when left empty." },
    { AT(LotOpenIn, strict_step), F_BOOL, "须为加价幅度整数倍", "Whole steps only", 0, SEE_PUBLIC,
      .group_zh = "规则", .group_en = "Rules" },
    { AT(LotOpenIn, self_raise), F_BOOL, "领先者可自行加价", "Leader may raise", 0, SEE_PUBLIC },
    { AT(LotOpenIn, first_above), F_BOOL, "首次报价须加价", "First bid adds a step", 0, SEE_PUBLIC },
    { AT(LotOpenIn, bidder_min), F_INT, "最少竞买人数", "Fewest bidders", 0, SEE_PUBLIC,
      .max = LOT_BIDDERS_MAX },
};
static const Field enter_in[] = {
    { AT(LotEnterIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type },
};
static const Field bid_in[] = {
    { AT(LotBidIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
    { AT(LotBidIn, amount_fen), F_MONEY, "报价",     "Amount",       REQUIRED, SEE_PUBLIC, NULL },
    { AT(LotBidIn, key), F_TEXT, "请求标识", "Request key", REQUIRED, SEE_PUBLIC,
      .min = 1, .max = LOT_KEY_LEN_MAX },
    { AT(LotBidIn, confirmed),  F_BOOL,  "确认高价", "Amount is meant", 0,     SEE_PUBLIC, NULL },
};
static const Field reason_in[] = {
    { AT(LotReasonIn, id),     F_INT,  "编号", "No.",    REQUIRED, SEE_PUBLIC, NULL },
    { AT(LotReasonIn, reason), F_TEXT, "原因", "Reason", REQUIRED, SEE_PUBLIC, NULL },
};
static const Field close_in[] = {
    { AT(LotCloseIn, id),         F_INT,  "编号",       "No.",     REQUIRED, SEE_PUBLIC, NULL },
    { AT(LotCloseIn, settled_ms), F_TIME, "已处理至",   "Settled", 0,        SEE_PUBLIC, NULL },
};
static const Field tick_in[] = {
    { AT(LotTickIn, settled_ms), F_TIME, "已处理至", "Settled", 0, SEE_PUBLIC, NULL },
};

#define LOT_CLOCK (WHO_CLOCK | WHO_LOCAL)

static const Op ops[] = {
    { "lot.list", "竞价大厅", "Lots", OP_READ, 0, WHO_PUBLIC,
      OP_IN(LotListIn, list_in), NULL, lot_list_run },
    { "lot.show", "标的详情", "Lot", OP_READ, 0, WHO_PUBLIC,
      OP_IN(LotIdIn, id_in), NULL, lot_show_run },
    { "lot.open", "发布竞价", "New lot", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(LotOpenIn, open_in), NULL, lot_open_run,
      "为已挂牌项目设定竞价条件。", "Sets the terms on which a listed item is auctioned." },
    { "lot.enter", "报名", "Enter", OP_WRITE, OP_AGREED, WHO_FIRM,
      OP_IN(LotEnterIn, enter_in), NULL, lot_enter_run,
      "报名参加竞价，审核通过后获得竞买编号。", "Applies to bid; admission gives a number." },
    { "lot.admit", "通过报名", "Admit", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(LotIdIn, id_in), NULL, lot_admit_run,
      "确认资格和保证金。", "Confirms qualification and deposit." },
    { "lot.refuse", "退回报名", "Refuse", OP_WRITE, OP_DANGER, WHO_OPERATOR,
      OP_IN(LotReasonIn, reason_in), NULL, lot_refuse_run },
    /* The same two under the names that the flow of a bidder gives them. */
    { "bidder.admit", "通过报名", "Admit", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(LotIdIn, id_in), NULL, lot_admit_run },
    { "bidder.refuse", "退回报名", "Refuse", OP_WRITE, OP_DANGER, WHO_OPERATOR,
      OP_IN(LotReasonIn, reason_in), NULL, lot_refuse_run },
    { "lot.bid", "报价", "Bid", OP_WRITE, OP_SECOND, WHO_FIRM, OP_IN(LotBidIn, bid_in), NULL, lot_bid_run,
      "报价不可撤回。以到达服务器的时间为准。", "A bid cannot be withdrawn. Its time is that of its arrival." },
    { "lot.pause", "暂停", "Pause", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(LotIdIn, id_in), NULL, lot_pause_run },
    { "lot.resume", "恢复", "Resume", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(LotIdIn, id_in), NULL, lot_resume_run },
    { "lot.cancel", "撤销竞价", "Cancel", OP_WRITE, OP_DANGER, WHO_OPERATOR | WHO_BINDS,
      OP_IN(LotReasonIn, reason_in), NULL, lot_cancel_run },
    { "lot.start", "开始", "Start", OP_WRITE, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotIdIn, id_in), NULL, lot_start_run },
    { "lot.close", "结束竞价", "Close", OP_WRITE, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotCloseIn, close_in), NULL, lot_close_run },
    { "lot.sell", "成交", "Sell", OP_WRITE, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotCloseIn, close_in), NULL, lot_sell_run },
    { "lot.lapse", "不成交", "Lapse", OP_WRITE, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotCloseIn, close_in), NULL, lot_lapse_run },
    { "lot.tick", "到点处理", "What is due", OP_STEPS, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotTickIn, tick_in), NULL, lot_tick_run },
};
// clang-format on

static const RecordType *const types[] = {&lot_type, &lot_bidder_type, &lot_bid_type};
static const Flow *const flows[] = {&lot_flow, &lot_bidder_flow};
static const CodeList *const codes[] = {&lot_result_codes, &lot_deposit_codes};

const Room auction_room = {
    .name = "auction",
    .types = types,
    .type_count = COUNT(types),
    .flows = flows,
    .flow_count = COUNT(flows),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
