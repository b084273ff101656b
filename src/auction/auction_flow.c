/* auction_flow.c - the life of a lot and of a firm's place at it. */
#include "auction/auction_int.h"

/* The seller may take a lot back before the first bid; the operator until its end has come. */
static Err guard_cancel(Cx *cx, const void *record)
{
    const Lot *lot = record;
    bool rules = cx->actor.roles & WHO_OPERATOR;
    if (!rules && lot->bid_count > 0)
        return err_set(cx, ERR_STATE, NULL, "auction.has_bids");
    if (lot->state == LOT_OPEN && cx->arrived_ms >= lot->end_ms)
        return err_set(cx, ERR_STATE, NULL, "auction.end_has_come");
    return ERR_OK;
}

static Err guard_time_left(Cx *cx, const void *record)
{
    const Lot *lot = record;
    if (cx->arrived_ms >= lot->end_ms)
        return err_set(cx, ERR_STATE, NULL, "auction.end_has_come");
    return ERR_OK;
}

static Err guard_sale(Cx *cx, const void *record)
{
    bool sale = str_same_z(((const Lot *)record)->result, bid_result_name(RESULT_SOLD));
    return sale ? ERR_OK : err_set(cx, ERR_STATE, NULL, "auction.no_sale");
}

static Err guard_no_sale(Cx *cx, const void *record)
{
    bool sale = str_same_z(((const Lot *)record)->result, bid_result_name(RESULT_SOLD));
    return sale ? err_set(cx, ERR_STATE, NULL, "auction.is_sale") : ERR_OK;
}

// clang-format off
static const FlowState lot_states[] = {
    [LOT_SCHEDULED] = { "scheduled", "待竞价", "Scheduled", FLOW_START  },
    [LOT_OPEN]      = { "open",      "竞价中", "Open",      FLOW_MIDDLE },
    [LOT_PAUSED]    = { "paused",    "已暂停", "Paused",    FLOW_MIDDLE },
    [LOT_SOLD]      = { "sold",      "已成交", "Sold",      FLOW_END    },
    [LOT_NOT_SOLD]  = { "not_sold",  "未成交", "Not sold",  FLOW_END    },
    [LOT_CANCELLED] = { "cancelled", "已撤销", "Cancelled", FLOW_END    },
};

static const FlowEdge lot_edges[] = {
    { LOT_SCHEDULED, "start", LOT_OPEN, "开始", "Start", WHO_CLOCK, NULL },
    { LOT_SCHEDULED, "cancel", LOT_CANCELLED, "撤销", "Cancel", WHO_OPERATOR | WHO_BINDS,
      guard_cancel, true },
    { LOT_OPEN, "pause", LOT_PAUSED, "暂停", "Pause", WHO_OPERATOR, guard_time_left },
    { LOT_OPEN, "sell", LOT_SOLD, "成交", "Sell", WHO_CLOCK, guard_sale },
    { LOT_OPEN, "lapse", LOT_NOT_SOLD, "不成交", "Lapse", WHO_CLOCK, guard_no_sale },
    { LOT_OPEN, "cancel", LOT_CANCELLED, "撤销", "Cancel", WHO_OPERATOR | WHO_BINDS, guard_cancel, true },
    { LOT_PAUSED, "resume", LOT_OPEN, "恢复", "Resume", WHO_OPERATOR, NULL },
    { LOT_PAUSED, "cancel", LOT_CANCELLED, "撤销", "Cancel", WHO_OPERATOR | WHO_BINDS, guard_cancel, true },
};

const Flow lot_flow = FLOW_OF("lot", "竞价标的", "Lot", lot_states, lot_edges);

static const FlowState bidder_states[] = {
    [BIDDER_APPLIED]  = { "applied",  "待审核", "Applied",  FLOW_START },
    [BIDDER_ADMITTED] = { "admitted", "已通过", "Admitted", FLOW_END   },
    [BIDDER_REFUSED]  = { "refused",  "未通过", "Refused",  FLOW_MIDDLE },
};

static const FlowEdge bidder_edges[] = {
    { BIDDER_APPLIED, "admit",  BIDDER_ADMITTED, "通过",   "Admit",  WHO_OPERATOR, NULL },
    { BIDDER_APPLIED, "refuse", BIDDER_REFUSED,  "不通过", "Refuse", WHO_OPERATOR, NULL, true },
    { BIDDER_REFUSED, "apply",  BIDDER_APPLIED,  "再次报名", "Apply again", WHO_OWNER, NULL },
    { BIDDER_REFUSED, "uphold", BIDDER_APPLIED,  "异议成立", "Uphold the objection", WHO_OPERATOR, NULL },
};

const Flow lot_bidder_flow = FLOW_OF("bidder", "竞买人", "Bidder", bidder_states, bidder_edges);
// clang-format on
