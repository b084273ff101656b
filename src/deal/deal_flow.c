/* deal_flow.c - from the sale to the day on which nothing is left to do. */
#include "deal/deal_int.h"

static Err guard_contract(Cx *cx, const void *record)
{
    const Deal *deal = record;
    if (!deal->contract_no.len || !deal->signed_date)
        return err_set(cx, ERR_INPUT, "contract_no", "deal.no_contract");
    return ERR_OK;
}

/* An assignment takes effect on registration alone (Patent Law 10). */
static Err guard_evidence(Cx *cx, const void *record)
{
    const Deal *deal = record;
    if (!deal->reg_no.len)
        return err_set(cx, ERR_INPUT, "reg_no", "deal.no_evidence");
    return ERR_OK;
}

#define DEAL_SELLS (WHO_BINDS | WHO_OPERATOR)

// clang-format off
static const FlowState states[] = {
    [DEAL_MADE]        = { "made",        "待签约",   "To be signed", FLOW_START  },
    [DEAL_SIGNED]      = { "signed",      "已签约",   "Signed",       FLOW_MIDDLE },
    [DEAL_TRANSFERRED] = { "transferred", "已登记",   "Transferred",  FLOW_MIDDLE },
    [DEAL_DONE]        = { "done",        "已办结",   "Done",         FLOW_END    },
    [DEAL_CANCELLED]   = { "cancelled",   "已终止",   "Cancelled",    FLOW_END    },
};

static const FlowEdge edges[] = {
    { DEAL_MADE, "sign", DEAL_SIGNED, "登记合同", "Record the contract", DEAL_SELLS | WHO_PARTY,
      guard_contract },
    { DEAL_MADE, "cancel", DEAL_CANCELLED, "终止", "Cancel", WHO_OPERATOR, NULL, true },
    { DEAL_SIGNED, "register", DEAL_TRANSFERRED, "登记（备案）", "Register", DEAL_SELLS | WHO_PARTY,
      guard_evidence },
    { DEAL_SIGNED, "cancel", DEAL_CANCELLED, "终止", "Cancel", WHO_OPERATOR, NULL, true },
    { DEAL_TRANSFERRED, "finish", DEAL_DONE, "分配收益并办结", "Finish", DEAL_SELLS, NULL },
};
// clang-format on

const Flow deal_flow = FLOW_OF("deal", "成交", "Deal", states, edges);
