/* auction_floor.c - a lot that is bid for in a hall as well: the operator enters who is there and
 * what they bid, beside the bids that come by the net and under the same judge. */
#include "auction/auction_int.h"

#include "auction/bid_engine.h"
#include "ident/ident.h"

typedef struct FloorEnterIn {
    i64 lot_id;
    Str code;
} FloorEnterIn;

typedef struct FloorBidIn {
    i64 lot_id;
    i64 no;
    i64 amount_fen;
    Str key;
    i64 confirmed;
} FloorBidIn;

static Err unit_of(Cx *cx, Str code, const Lot *lot, Org *ret)
{
    Err e = org_by_code(cx, str_trim(code), ret);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set_arg(cx, ERR_INPUT, "code", "floor.no_unit", code);
    }
    if (!e && (ret->left_ms || ret->id == lot->org_id))
        e = err_set_arg(cx, ERR_INPUT, "code", "floor.unit_wrong", ret->name);
    return e;
}

/* A firm that has applied by the net and came all the same keeps its row. */
static Err floor_save(Cx *cx, const Lot *lot, i64 org_id, LotBidder *bidder)
{
    FactNote note = {"lot.bidder_in_hall", 0, NULL, lot->id};
    bidder->floor = 1;
    if (bidder->id)
        return fact_change(cx, &lot_bidder_type, bidder, note);
    bidder->lot_id = lot->id;
    bidder->org_id = org_id;
    bidder->state = BIDDER_APPLIED;
    bidder->salt = chance_token(cx->chance, cx->arena, LOT_SALT_BYTES);
    bidder->deposit = lot->deposit_fen ? S("due") : S("none");
    return fact_create(cx, &lot_bidder_type, bidder, note);
}

static Err floor_enter_run(Cx *cx, const void *input, Val **ret)
{
    const FloorEnterIn *in = input;
    Lot lot = {0};
    Org unit = {0};
    LotBidder bidder = {0};
    Err e = lot_load(cx, in->lot_id, &lot);
    if (!e && lot.state > LOT_PAUSED)
        e = err_set(cx, ERR_STATE, NULL, "auction.lot_over");
    if (!e)
        e = unit_of(cx, in->code, &lot, &unit);
    if (!e)
        e = lot_bidder_find(cx, lot.id, unit.id, &bidder);
    if (!e && bidder.id && bidder.state != BIDDER_APPLIED)
        e = err_set_arg(cx, ERR_CONFLICT, "code", "floor.decided", unit.name);
    if (!e)
        e = floor_save(cx, &lot, unit.id, &bidder);
    if (!e)
        *ret = lot_reply_id(cx, bidder.id);
    return e;
}

static Err floor_bid_run(Cx *cx, const void *input, Val **ret)
{
    const FloorBidIn *in = input;
    return lot_ask(cx,
                   &(BidAsk){.lot_id = in->lot_id,
                             .kind = in->confirmed ? ACT_CONFIRM : ACT_BID,
                             .amount_fen = in->amount_fen,
                             .key = in->key,
                             .floor_no = in->no},
                   ret);
}

// clang-format off
static const Field enter_in[] = {
    {AT(FloorEnterIn, lot_id), F_REF,  "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(FloorEnterIn, code),   F_TEXT, "信用代码", "Credit code", REQUIRED, SEE_PUBLIC, NULL, .max = 40},
};
static const Field bid_in[] = {
    {AT(FloorBidIn, lot_id),     F_REF,   "竞价标的", "Lot",         REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(FloorBidIn, no),         F_INT,   "竞买编号", "Number",      REQUIRED, SEE_PUBLIC, NULL, .max = LOT_BIDDERS_MAX, .help_zh = "场内竞买人的号牌。", .help_en = "Of the bidder in the hall."},
    {AT(FloorBidIn, amount_fen), F_MONEY, "报价",     "Amount",      REQUIRED, SEE_PUBLIC, NULL},
    {AT(FloorBidIn, key),        F_TEXT,  "请求标识", "Request key", REQUIRED, SEE_PUBLIC, NULL, .min = 1, .max = LOT_KEY_LEN_MAX},
    {AT(FloorBidIn, confirmed),  F_BOOL,  "确认高价", "Amount is meant", 0, SEE_PUBLIC, NULL},
};

static const Op ops[] = {
    {"lot.floor_enter", "场内报名", "Enter in the hall", OP_WRITE, 0, WHO_OPERATOR, OP_IN(FloorEnterIn, enter_in), NULL, floor_enter_run, "为到场单位登记，审核通过后获得号牌。", "A unit that is there; admission gives its number."},
    {"lot.floor_bid",   "场内报价", "Bid in the hall",   OP_WRITE, OP_SECOND | OP_BULK, WHO_OPERATOR, OP_IN(FloorBidIn, bid_in), NULL, floor_bid_run, "与网络报价同一规则、同一顺序。", "Judged with the bids of the net, in one order."},
};
// clang-format on

const Room floor_room = {.name = "floor", .ops = ops, .op_count = COUNT(ops)};
