/* auction_record.c - the fields of a lot, of a firm at it and of a bid. */
#include "auction/auction.h"
#include "auction/auction_int.h"
#include "auction/entry.h"
#include "ident/ident.h"
#include "registry/registry.h"

static const Code result_codes[] = {
    {"sold", "成交", "Sold"},
    {"no_bid", "无人报价", "No bid"},
    {"reserve", "未达保留价", "Below the reserve"},
    {"few_bidders", "竞买人不足", "Too few bidders"},
    {"cancelled", "已撤销", "Cancelled"},
};
const CodeList lot_result_codes = CODE_LIST("lot_result", result_codes);

static const Code deposit_codes[] = {
    {"none", "无需缴纳", "Not asked"},
    {"due", "待缴纳", "Due"},
    {"paid", "已缴纳", "Paid"},
};
const CodeList lot_deposit_codes = CODE_LIST("lot_deposit", deposit_codes);

// clang-format off
static const Field lot_fields[] = {
    RECORD_HEAD_FIELDS(Lot),
    { AT(Lot, listing_id), F_REF, "挂牌项目", "Listing", FORM_OFF | INDEXED, SEE_PUBLIC,
      .ref = &listing_type },
    { AT(Lot, org_id), F_REF, "转让方", "Seller", FORM_OFF | INDEXED, SEE_PUBLIC,
      .ref = &org_type },
    { AT(Lot, title), F_TEXT, "标的名称", "Title", FORM_OFF | LISTED, SEE_PUBLIC },
    { AT(Lot, start_fen), F_MONEY, "起拍价", "Start price", REQUIRED | LISTED, SEE_PUBLIC },
    { AT(Lot, step_fen), F_MONEY, "加价幅度", "Step", REQUIRED, SEE_PUBLIC },
    { AT(Lot, reserve_fen), F_MONEY, "保留价", "Reserve", 0, SEE_OPERATOR },
    { AT(Lot, deposit_fen), F_MONEY, "保证金", "Deposit", 0, SEE_PUBLIC },
    { AT(Lot, open_ms), F_TIME, "开始时间", "Opens", REQUIRED | LISTED, SEE_PUBLIC },
    { AT(Lot, planned_end_ms), F_TIME, "预定结束时间", "Planned end", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, end_ms), F_TIME, "结束时间", "Ends", REQUIRED | LISTED, SEE_PUBLIC },
    { AT(Lot, hard_end_ms), F_TIME, "最晚结束时间", "Latest end", 0, SEE_PUBLIC },
    { AT(Lot, window_ms), F_INT, "延时触发时长", "Window, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, extend_ms), F_INT, "延时时长", "Extension, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, extension_max), F_INT, "最多延时次数", "Most extensions", 0, SEE_PUBLIC },
    { AT(Lot, extension_count), F_INT, "已延时次数", "Extensions", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, strict_step), F_BOOL, "须为整数倍", "Whole steps only", 0, SEE_PUBLIC },
    { AT(Lot, self_raise), F_BOOL, "可自行加价", "Leader may raise", 0, SEE_PUBLIC },
    { AT(Lot, first_above), F_BOOL, "首次须加价", "First bid adds a step", 0, SEE_PUBLIC },
    { AT(Lot, bidder_min), F_INT, "最少竞买人数", "Fewest bidders", 0, SEE_PUBLIC },
    { AT(Lot, price_fen), F_MONEY, "当前价", "Price", FORM_OFF | LISTED, SEE_PUBLIC },
    { AT(Lot, leader_id), F_REF, "领先竞买人", "Leader", FORM_OFF, SEE_OPERATOR,
      .ref = &lot_bidder_type },
    { AT(Lot, leader_no), F_INT, "领先者编号", "Leader's number", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, bid_count), F_INT, "报价次数", "Bids", FORM_OFF | LISTED, SEE_PUBLIC },
    { AT(Lot, bidder_count), F_INT, "竞买人数", "Bidders", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, pause_from_ms), F_TIME, "暂停自", "Paused from", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, pause_to_ms), F_TIME, "暂停至", "Paused to", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, paused_left_ms), F_INT, "剩余时长", "Time left, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, state), F_STATE, "状态", "State", FORM_OFF | INDEXED | LISTED, SEE_PUBLIC,
      .flow = &lot_flow },
    { AT(Lot, result), F_CODE, "结果", "Result", FORM_OFF | LISTED, SEE_PUBLIC,
      .codes = &lot_result_codes },
    { AT(Lot, closed_ms), F_TIME, "实际结束时间", "Closed", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, reason), F_TEXT, "撤销原因", "Why cancelled", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, deal_id), F_INT, "成交编号", "Deal", FORM_OFF, SEE_PARTY },
};

const RecordType lot_type = {
    .name = "lot", .zh = "竞价标的", .en = "Lot", .size = sizeof(Lot),
    .fields = lot_fields, .count = COUNT(lot_fields), .indexes = "state,end_ms",
};

static const Field bidder_fields[] = {
    RECORD_HEAD_FIELDS(LotBidder),
    { AT(LotBidder, lot_id), F_REF, "竞价标的", "Lot", FORM_OFF, SEE_PUBLIC, NULL, .ref = &lot_type },
    { AT(LotBidder, org_id), F_REF, "竞买人", "Bidder", FORM_OFF, SEE_OWNER, NULL, .ref = &org_type },
    { AT(LotBidder, account_id), F_INT,   "报名账号",   "Account",     FORM_OFF, SEE_OPERATOR, NULL },
    { AT(LotBidder, no),         F_INT,   "竞买编号",   "Number",      FORM_OFF, SEE_PUBLIC,   NULL },
    { AT(LotBidder, state), F_STATE, "状态", "State", FORM_OFF, SEE_OWNER,
      .flow = &lot_bidder_flow },
    { AT(LotBidder, deposit), F_CODE, "保证金状态", "Deposit", FORM_OFF, SEE_OWNER,
      .codes = &lot_deposit_codes },
    { AT(LotBidder, reason),     F_TEXT,  "未通过原因", "Why refused", FORM_OFF, SEE_OWNER,    NULL },
    { AT(LotBidder, relation), F_CODE, "关联关系", "Relation", FORM_OFF, SEE_OWNER, .codes = &bidder_relations },
    { AT(LotBidder, relation_words), F_PROSE, "关联说明", "Relation, in words", FORM_OFF, SEE_OWNER },
    { AT(LotBidder, statements), F_PROSE, "条件说明", "On the conditions", FORM_OFF, SEE_OWNER },
    { AT(LotBidder, ground), F_CODE, "未通过类别", "Ground of refusal", FORM_OFF, SEE_OWNER, .codes = &refusal_grounds },
    { AT(LotBidder, condition_no), F_INT, "未满足的条件", "Condition that failed", FORM_OFF, SEE_OWNER },
    { AT(LotBidder, objection), F_PROSE, "异议", "Objection", FORM_OFF, SEE_OWNER },
    { AT(LotBidder, objected_ms), F_TIME, "异议时间", "Objected", FORM_OFF, SEE_OWNER },
    { AT(LotBidder, objection_answer), F_PROSE, "异议答复", "Answer", FORM_OFF, SEE_OWNER },
    { AT(LotBidder, answered_ms), F_TIME, "答复时间", "Answered", FORM_OFF, SEE_OWNER },
    { AT(LotBidder, tries), F_INT, "报名次数", "Times applied", FORM_OFF, SEE_OWNER },
};

const RecordType lot_bidder_type = {
    .name = "lot_bidder", .zh = "竞买人", .en = "Bidder", .size = sizeof(LotBidder),
    .fields = bidder_fields, .count = COUNT(bidder_fields), .indexes = "lot_id,org_id",
};

static const Field bid_fields[] = {
    RECORD_HEAD_FIELDS(LotBid),
    { AT(LotBid, lot_id), F_REF, "竞价标的", "Lot", FORM_OFF, SEE_PUBLIC, NULL, .ref = &lot_type },
    { AT(LotBid, bidder_id),  F_INT,   "竞买人",     "Bidder",         FORM_OFF, SEE_OPERATOR, NULL },
    { AT(LotBid, org_id), F_REF, "报价单位", "Firm", FORM_OFF, SEE_OPERATOR, .ref = &org_type },
    { AT(LotBid, no),         F_INT,   "竞买编号",   "Number",         FORM_OFF, SEE_PUBLIC,   NULL },
    { AT(LotBid, amount_fen), F_MONEY, "报价",       "Amount",         FORM_OFF, SEE_PUBLIC,   NULL },
    { AT(LotBid, at_ms),      F_TIME,  "到达时间",   "Arrived",        FORM_OFF, SEE_PUBLIC,   NULL },
    { AT(LotBid, bid_key),    F_TEXT,  "请求标识",   "Request key",    FORM_OFF, SEE_OPERATOR, NULL },
    { AT(LotBid, ok),         F_BOOL,  "有效",       "Accepted",       FORM_OFF, SEE_PUBLIC,   NULL },
    { AT(LotBid, reason),     F_TEXT,  "未接受原因", "Why refused",    FORM_OFF, SEE_OPERATOR, NULL },
    { AT(LotBid, seq),        F_INT,   "序号",       "Sequence",       FORM_OFF, SEE_PUBLIC,   NULL },
    { AT(LotBid, price_fen),  F_MONEY, "此后当前价", "Price after it", FORM_OFF, SEE_OPERATOR, NULL },
    { AT(LotBid, next_fen),   F_MONEY, "此后最低报价", "Next after it", FORM_OFF, SEE_OPERATOR, NULL },
    { AT(LotBid, end_ms),     F_TIME,  "此后结束时间", "End after it",  FORM_OFF, SEE_OPERATOR, NULL },
};

const RecordType lot_bid_type = {
    .name = "lot_bid", .zh = "报价", .en = "Bid", .size = sizeof(LotBid),
    .fields = bid_fields, .count = COUNT(bid_fields),
    .indexes = "lot_id,ok,seq|lot_id,org_id,bid_key",
};
// clang-format on
