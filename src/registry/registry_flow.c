#include "registry/registry_int.h"

static Err guard_priced(Cx *cx, const void *record)
{
    const Listing *listing = record;
    if (listing->price_fen <= 0)
        return err_set(cx, ERR_INPUT, "price_fen", "registry.price_missing");
    return ERR_OK;
}

// clang-format off
static const FlowState listing_states[] = {
    [LISTING_DRAFT]     = {"draft",     "草稿",   "Draft",     FLOW_START},
    [LISTING_FILED]     = {"filed",     "待受理", "Filed",     FLOW_MIDDLE},
    [LISTING_LISTED]    = {"listed",    "挂牌中", "Listed",    FLOW_MIDDLE},
    [LISTING_IN_LOT]    = {"in_lot",    "竞价中", "In a lot",  FLOW_MIDDLE},
    [LISTING_SOLD]      = {"sold",      "已成交", "Sold",      FLOW_MIDDLE},
    [LISTING_WITHDRAWN] = {"withdrawn", "已撤回", "Withdrawn", FLOW_END},
};

static const FlowEdge listing_edges[] = {
    /* from             action       to                 zh            en             who                        guard danger */
    {LISTING_DRAFT,  "submit",    LISTING_FILED,     "提交挂牌",   "Submit",      WHO_BINDS,                 guard_priced},
    {LISTING_DRAFT,  "withdraw",  LISTING_WITHDRAWN, "撤回挂牌",   "Withdraw",    WHO_BINDS,                 NULL, true},
    {LISTING_FILED,  "accept",    LISTING_LISTED,    "受理并公布", "Accept",      WHO_OPERATOR,              NULL},
    {LISTING_FILED,  "return",    LISTING_DRAFT,     "退回修改",   "Return",      WHO_OPERATOR,              NULL},
    {LISTING_FILED,  "withdraw",  LISTING_WITHDRAWN, "撤回挂牌",   "Withdraw",    WHO_BINDS,                 NULL, true},
    {LISTING_LISTED, "enter_lot", LISTING_IN_LOT,    "进入竞价",   "Put in a lot", WHO_CLOCK,                NULL},
    {LISTING_LISTED, "withdraw",  LISTING_WITHDRAWN, "撤回挂牌",   "Withdraw",    WHO_BINDS | WHO_OPERATOR,  NULL, true},
    {LISTING_IN_LOT, "leave_lot", LISTING_LISTED,    "退出竞价",   "Take out of the lot", WHO_CLOCK,         NULL},
    {LISTING_IN_LOT, "sell",      LISTING_SOLD,      "成交",       "Sell",        WHO_CLOCK,                 NULL},
    /* The deal came to nothing. */
    {LISTING_SOLD,   "relist",    LISTING_LISTED,    "恢复挂牌",   "List again",  WHO_CLOCK,                 NULL},
    {LISTING_SOLD,   "withdraw",  LISTING_WITHDRAWN, "撤回挂牌",   "Withdraw",    WHO_CLOCK,                 NULL, true},
};

const Flow listing_flow = FLOW_OF("listing", "挂牌", "Listing", listing_states, listing_edges);

static const FlowState need_states[] = {
    [NEED_FILED]     = {"filed",     "待受理", "Filed",     FLOW_START},
    [NEED_RETURNED]  = {"returned",  "退回修改", "Returned", FLOW_MIDDLE},
    [NEED_LISTED]    = {"listed",    "征集中", "Open",      FLOW_MIDDLE},
    [NEED_MATCHED]   = {"matched",   "已对接", "Matched",   FLOW_END},
    [NEED_WITHDRAWN] = {"withdrawn", "已撤回", "Withdrawn", FLOW_END},
};

static const FlowEdge need_edges[] = {
    {NEED_FILED,    "accept",   NEED_LISTED,    "受理并公布", "Accept",   WHO_OPERATOR,             NULL},
    {NEED_FILED,    "return",   NEED_RETURNED,  "退回修改",   "Return",   WHO_OPERATOR,             NULL},
    {NEED_FILED,    "withdraw", NEED_WITHDRAWN, "撤回需求",   "Withdraw", WHO_BINDS,                NULL, true},
    {NEED_RETURNED, "submit",   NEED_FILED,     "重新提交",   "Submit",   WHO_BINDS,                NULL},
    {NEED_RETURNED, "withdraw", NEED_WITHDRAWN, "撤回需求",   "Withdraw", WHO_BINDS,                NULL, true},
    {NEED_LISTED,   "match",    NEED_MATCHED,   "标为已对接", "Mark as matched", WHO_BINDS | WHO_OPERATOR, NULL},
    {NEED_LISTED,   "withdraw", NEED_WITHDRAWN, "撤回需求",   "Withdraw", WHO_BINDS | WHO_OPERATOR, NULL, true},
};

const Flow need_flow = FLOW_OF("need", "技术需求", "Need", need_states, need_edges);
// clang-format on
