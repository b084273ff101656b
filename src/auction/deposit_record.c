/* deposit_record.c - the fields and the flow of a deposit; those of a payment told by a bank. */
#include "auction/deposit.h"
#include "auction/entry.h"

#include "ident/ident.h"

static const Code way_rows[] = {
    {"slip", "银行转账（回单）", "Bank transfer, by slip"},
    {"letter", "保函", "Guarantee letter"},
    {"payment", "银行到账通知", "Payment told by the bank"},
};
const CodeList deposit_ways = CODE_LIST("deposit_way", way_rows);

static const Code ground_rows[] = {
    {"default", "悔拍：不按期签约或付款", "Default: does not sign or pay in time"},
    {"collusion", "串通", "Collusion"},
    {"false_papers", "提供虚假材料", "False papers"},
    {"other", "其他", "Other"},
};
const CodeList deposit_grounds = CODE_LIST("deposit_ground", ground_rows);

static const Code outcome_rows[] = {
    {"held", "已到账", "The deposit is held"},
    {"difference", "金额不符", "The amount differs"},
    {"extra", "重复到账", "Beyond what was asked"},
    {"late", "竞价已结束", "The lot is over"},
    {"settled", "保证金已了结", "The deposit is settled already"},
    {"unknown", "无此保证金编号", "No such deposit"},
};
const CodeList payment_outcomes = CODE_LIST("payment_outcome", outcome_rows);

// clang-format off
static const FlowState states[] = {
    [DEPOSIT_DUE]       = { "due",       "待缴纳", "Due",       FLOW_START  },
    [DEPOSIT_SHOWN]     = { "shown",     "待核实", "Shown",     FLOW_MIDDLE },
    [DEPOSIT_HELD]      = { "held",      "已冻结", "Held",      FLOW_MIDDLE },
    [DEPOSIT_RELEASING] = { "releasing", "待退还", "To be released", FLOW_MIDDLE },
    [DEPOSIT_RELEASED]  = { "released",  "已退还", "Released",  FLOW_END    },
    [DEPOSIT_OFFSET]    = { "offset",    "已抵价款", "Offset",  FLOW_END    },
    [DEPOSIT_FORFEITED] = { "forfeited", "已罚没", "Forfeited", FLOW_END    },
};

static const FlowEdge edges[] = {
    { DEPOSIT_DUE,       "submit",  DEPOSIT_SHOWN,     "提交凭证", "Show it",   WHO_OWNER | WHO_CLOCK, NULL },
    { DEPOSIT_DUE,       "confirm", DEPOSIT_HELD,      "确认到账", "Confirm",   WHO_OPERATOR, NULL },
    { DEPOSIT_DUE,       "paid",    DEPOSIT_HELD,      "到账",     "Paid",      WHO_CLOCK, NULL },
    { DEPOSIT_SHOWN,     "confirm", DEPOSIT_HELD,      "确认到账", "Confirm",   WHO_OPERATOR, NULL },
    { DEPOSIT_SHOWN,     "paid",    DEPOSIT_HELD,      "到账",     "Paid",      WHO_CLOCK, NULL },
    { DEPOSIT_SHOWN,     "refuse",  DEPOSIT_DUE,       "退回凭证", "Refuse",    WHO_OPERATOR, NULL, true },
    { DEPOSIT_SHOWN,     "order",   DEPOSIT_RELEASING, "安排退还", "Order the release", WHO_CLOCK, NULL },
    { DEPOSIT_HELD,      "order",   DEPOSIT_RELEASING, "安排退还", "Order the release", WHO_CLOCK, NULL },
    { DEPOSIT_HELD,      "offset",  DEPOSIT_OFFSET,    "抵作价款", "Offset",    WHO_CLOCK, NULL },
    { DEPOSIT_HELD,      "forfeit", DEPOSIT_FORFEITED, "罚没",     "Forfeit",   WHO_OPERATOR, NULL, true },
    { DEPOSIT_RELEASING, "release", DEPOSIT_RELEASED,  "登记退还", "Paid back", WHO_OPERATOR, NULL },
    { DEPOSIT_RELEASING, "forfeit", DEPOSIT_FORFEITED, "罚没",     "Forfeit",   WHO_OPERATOR, NULL, true },
};
const Flow deposit_flow = FLOW_OF("deposit", "保证金", "Deposit", states, edges);

static const Field deposit_fields[] = {
    RECORD_HEAD_FIELDS(Deposit),
    { AT(Deposit, number), F_TEXT, "保证金编号", "Number", FORM_OFF | UNIQUE, SEE_OWNER },
    { AT(Deposit, lot_id), F_REF, "竞价标的", "Lot", FORM_OFF, SEE_OWNER, .ref = &lot_type },
    { AT(Deposit, bidder_id), F_REF, "竞买人", "Bidder", FORM_OFF | INDEXED, SEE_OWNER, .ref = &lot_bidder_type },
    { AT(Deposit, org_id), F_REF, "单位", "Firm", FORM_OFF, SEE_OWNER, .ref = &org_type },
    { AT(Deposit, account_id), F_REF, "报名账号", "Account", FORM_OFF, SEE_OPERATOR, .ref = &account_type },
    { AT(Deposit, amount_fen), F_MONEY, "应缴金额", "Asked", FORM_OFF, SEE_OWNER },
    { AT(Deposit, way), F_CODE, "缴纳方式", "Way", FORM_OFF, SEE_OWNER, .codes = &deposit_ways },
    { AT(Deposit, shown_fen), F_MONEY, "凭证金额", "As shown", FORM_OFF, SEE_OWNER },
    { AT(Deposit, payer), F_TEXT, "付款人", "Payer", FORM_OFF, SEE_OWNER },
    { AT(Deposit, reference), F_TEXT, "银行流水号", "Bank's reference", FORM_OFF, SEE_OWNER },
    { AT(Deposit, file_hash), F_TEXT, "凭证文件摘要", "Slip's hash", FORM_OFF, SEE_OWNER },
    { AT(Deposit, issuer), F_TEXT, "保函开立人", "Issuer", FORM_OFF, SEE_OWNER },
    { AT(Deposit, until_date), F_DATE, "保函有效期至", "Valid until", FORM_OFF, SEE_OWNER },
    { AT(Deposit, state), F_STATE, "状态", "State", FORM_OFF, SEE_OWNER, .flow = &deposit_flow },
    { AT(Deposit, reason), F_TEXT, "退回原因", "Why refused", FORM_OFF, SEE_OWNER },
    { AT(Deposit, held_ms), F_TIME, "到账时间", "Held since", FORM_OFF, SEE_OWNER },
    { AT(Deposit, held_fen), F_MONEY, "到账金额", "Came", FORM_OFF, SEE_OWNER },
    { AT(Deposit, released_fen), F_MONEY, "已退金额", "Released", FORM_OFF, SEE_OWNER },
    { AT(Deposit, offset_fen), F_MONEY, "抵价金额", "Offset", FORM_OFF, SEE_OWNER },
    { AT(Deposit, forfeited_fen), F_MONEY, "罚没金额", "Forfeited", FORM_OFF, SEE_OWNER },
    { AT(Deposit, due_ms), F_TIME, "退还期限", "To be released by", FORM_OFF, SEE_OWNER },
    { AT(Deposit, disputed_ms), F_TIME, "违约待处理自", "In dispute since", FORM_OFF, SEE_OWNER },
    { AT(Deposit, ground), F_CODE, "罚没事由", "Ground", FORM_OFF, SEE_OWNER, .codes = &deposit_grounds },
    { AT(Deposit, words), F_TEXT, "说明", "In words", FORM_OFF, SEE_OWNER },
    { AT(Deposit, payout), F_TEXT, "退款流水号", "Payment back", FORM_OFF, SEE_OWNER },
    { AT(Deposit, ended_ms), F_TIME, "了结时间", "Settled", FORM_OFF, SEE_OWNER },
};
const RecordType deposit_type = {
    .name = "deposit", .zh = "保证金", .en = "Deposit", .size = sizeof(Deposit),
    .fields = deposit_fields, .count = COUNT(deposit_fields),
    .indexes = "lot_id,state|org_id,state|state,due_ms",
};

static const Field payment_fields[] = {
    RECORD_HEAD_FIELDS(DepositPayment),
    { AT(DepositPayment, payment_id), F_TEXT, "银行通知编号", "Bank's id", FORM_OFF | UNIQUE, SEE_OPERATOR },
    { AT(DepositPayment, body_hash), F_TEXT, "通知摘要", "Hash of the call", FORM_OFF, SEE_OPERATOR },
    { AT(DepositPayment, number), F_TEXT, "保证金编号", "Deposit's number", FORM_OFF, SEE_OPERATOR },
    { AT(DepositPayment, deposit_id), F_REF, "保证金", "Deposit", FORM_OFF | INDEXED, SEE_OPERATOR, .ref = &deposit_type },
    { AT(DepositPayment, amount_fen), F_MONEY, "金额", "Amount", FORM_OFF, SEE_OPERATOR },
    { AT(DepositPayment, paid_ms), F_TIME, "付款时间", "Paid", FORM_OFF, SEE_OPERATOR },
    { AT(DepositPayment, payer), F_TEXT, "付款人", "Payer", FORM_OFF, SEE_OPERATOR },
    { AT(DepositPayment, outcome), F_CODE, "处理结果", "Outcome", FORM_OFF | INDEXED, SEE_OPERATOR, .codes = &payment_outcomes },
    { AT(DepositPayment, difference_fen), F_MONEY, "差额", "Difference", FORM_OFF, SEE_OPERATOR },
    { AT(DepositPayment, reference), F_TEXT, "退款流水号", "Payment back", FORM_OFF, SEE_OPERATOR },
    { AT(DepositPayment, given_back_ms), F_TIME, "退款时间", "Given back", FORM_OFF, SEE_OPERATOR },
};
const RecordType deposit_payment_type = {
    .name = "deposit_payment", .zh = "到账通知", .en = "Payment", .size = sizeof(DepositPayment),
    .fields = payment_fields, .count = COUNT(payment_fields),
};
// clang-format on
