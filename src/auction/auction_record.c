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

/* In the order of BidMode; auction_rules_test.c compares the names, and those of the stages. */
static const Code mode_codes[] = {
    {"ascending", "加价竞价", "Ascending"}, {"sealed", "密封报价", "Sealed"},
    {"dutch", "荷兰式降价", "Dutch"},       {"hybrid", "降价—密封—应答", "Dutch, sealed, best"},
    {"rounds", "多轮报价", "Rounds"},       {"fixed", "一口价", "Fixed price"},
};
const CodeList lot_mode_codes = CODE_LIST("lot_mode", mode_codes);

static const Code stage_codes[] = {
    {"scheduled", "待竞价", "Scheduled"}, {"open", "竞价中", "Open"},
    {"dutch", "降价中", "Price falling"}, {"sealed", "密封报价中", "Sealed bids"},
    {"best", "应答中", "Best bid"},       {"sold", "已成交", "Sold"},
    {"not_sold", "未成交", "Not sold"},   {"cancelled", "已撤销", "Cancelled"},
};
const CodeList lot_stage_codes = CODE_LIST("lot_stage", stage_codes);

static const Code priority_codes[] = {
    {"none", "无", "None"},
    {"inline", "竞价中同价优先", "At the same price, while bidding"},
    {"once", "竞价中同价优先（限一次）", "The same, once"},
    {"post", "成交后行权", "After the sale"},
};
const CodeList lot_priority_codes = CODE_LIST("lot_priority", priority_codes);

static const Code basis_codes[] = {
    {"assignment", "转让价", "Price of the assignment"},
    {"licence", "许可费总额", "Whole licence fee"},
    {"entry", "入门费（另按约定比例提成）", "Entry fee, beside a fixed royalty"},
    {"shares", "作价入股金额", "Value of shares"},
    {"use_first", "先使用后付费的约定费用", "Fee of use first, pay later"},
};
const CodeList lot_basis_codes = CODE_LIST("lot_basis", basis_codes);

// clang-format off
static const Field lot_fields[] = {
    RECORD_HEAD_FIELDS(Lot),
    { AT(Lot, listing_id), F_REF, "挂牌项目", "Listing", FORM_OFF | INDEXED, SEE_PUBLIC,
      .ref = &listing_type },
    { AT(Lot, org_id), F_REF, "转让方", "Seller", FORM_OFF | INDEXED, SEE_PUBLIC,
      .ref = &org_type },
    { AT(Lot, title), F_TEXT, "标的名称", "Title", FORM_OFF | LISTED, SEE_PUBLIC },
    { AT(Lot, mode), F_CODE, "竞价方式", "Mode", FORM_OFF | LISTED, SEE_PUBLIC,
      .codes = &lot_mode_codes },
    { AT(Lot, basis), F_CODE, "报价含义", "What a bid is", FORM_OFF, SEE_PUBLIC,
      .codes = &lot_basis_codes },
    { AT(Lot, start_fen), F_MONEY, "起拍价", "Start price", REQUIRED | LISTED, SEE_PUBLIC },
    { AT(Lot, step_fen), F_MONEY, "加价幅度", "Step", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, tiers), F_TEXT, "分段加价幅度", "Steps by price", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, steps_max), F_INT, "单次最多加价档数", "Most steps in a bid", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, reserve_fen), F_MONEY, "保留价", "Reserve", 0, SEE_OPERATOR },
    { AT(Lot, deposit_fen), F_MONEY, "保证金", "Deposit", 0, SEE_PUBLIC },
    { AT(Lot, open_ms), F_TIME, "开始时间", "Opens", REQUIRED | LISTED, SEE_PUBLIC },
    { AT(Lot, planned_end_ms), F_TIME, "预定结束时间", "Planned end", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, hard_end_ms), F_TIME, "最晚结束时间", "Latest end", 0, SEE_PUBLIC },
    { AT(Lot, window_ms), F_INT, "延时触发时长", "Window, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, extend_ms), F_INT, "延时时长", "Extension, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, extension_max), F_INT, "最多延时次数", "Most extensions", 0, SEE_PUBLIC },
    { AT(Lot, strict_step), F_BOOL, "须为整数倍", "Whole steps only", 0, SEE_PUBLIC },
    { AT(Lot, self_raise), F_BOOL, "可自行加价", "Leader may raise", 0, SEE_PUBLIC },
    { AT(Lot, first_above), F_BOOL, "首次须加价", "First bid adds a step", 0, SEE_PUBLIC },
    { AT(Lot, drop_fen), F_MONEY, "降价幅度", "Drop", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, drop_every_ms), F_INT, "降价间隔", "Drop every, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, floor_fen), F_MONEY, "最低价", "Floor", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, sealed_ms), F_INT, "密封报价时长", "Sealed stage, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, best_ms), F_INT, "应答时长", "Answering stage, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, rounds), F_INT, "报价轮数", "Rounds", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, round_ms), F_INT, "每轮时长", "Length of a round, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, requote_ms), F_INT, "同价重报时长", "Second quotes, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, second_price), F_BOOL, "按次高价成交", "Second price", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, quote_once), F_BOOL, "密封报价不可更改", "A quote stands", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, units), F_INT, "许可份数", "Licences", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, bidder_min), F_INT, "最少竞买人数", "Fewest bidders", 0, SEE_PUBLIC },
    { AT(Lot, priority), F_CODE, "优先购买权", "Priority", FORM_OFF, SEE_PUBLIC,
      .codes = &lot_priority_codes },
    { AT(Lot, post_ms), F_INT, "行权期", "Time for the right, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, rules), F_TEXT, "规则（日志首行）", "Rules, line 0 of the log", FORM_OFF, SEE_OPERATOR },
    { AT(Lot, stage), F_CODE, "阶段", "Stage", FORM_OFF | LISTED, SEE_PUBLIC,
      .codes = &lot_stage_codes },
    { AT(Lot, round), F_INT, "轮次", "Round", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, end_ms), F_TIME, "结束时间", "Ends", REQUIRED | LISTED, SEE_PUBLIC },
    { AT(Lot, extension_count), F_INT, "已延时次数", "Extensions", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, price_fen), F_MONEY, "当前价", "Price", FORM_OFF | LISTED, SEE_PUBLIC },
    { AT(Lot, leader_id), F_REF, "领先竞买人", "Leader", FORM_OFF, SEE_OPERATOR,
      .ref = &lot_bidder_type },
    { AT(Lot, leader_no), F_INT, "领先者编号", "Leader's number", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, bid_count), F_INT, "报价次数", "Bids", FORM_OFF | LISTED, SEE_PUBLIC },
    { AT(Lot, unit_count), F_INT, "已售份数", "Licences sold", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, bidder_count), F_INT, "竞买人数", "Bidders", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, pause_from_ms), F_TIME, "暂停自", "Paused from", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, pause_to_ms), F_TIME, "暂停至", "Paused to", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, paused_left_ms), F_INT, "剩余时长", "Time left, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, paused_ms), F_INT, "累计暂停", "Paused altogether, ms", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, state), F_STATE, "状态", "State", FORM_OFF | INDEXED | LISTED, SEE_PUBLIC,
      .flow = &lot_flow },
    { AT(Lot, result), F_CODE, "结果", "Result", FORM_OFF | LISTED, SEE_PUBLIC,
      .codes = &lot_result_codes },
    { AT(Lot, closed_ms), F_TIME, "实际结束时间", "Closed", FORM_OFF, SEE_PUBLIC },
    { AT(Lot, reason), F_TEXT, "撤销原因", "Why cancelled", FORM_OFF, SEE_PUBLIC },
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
    { AT(LotBidder, salt),       F_TEXT,  "身份承诺盐值", "Salt of the commitment", FORM_OFF, SEE_OWNER, NULL },
    { AT(LotBidder, rank),       F_INT,   "优先顺位",   "Priority rank", FORM_OFF, SEE_OWNER,  NULL },
    { AT(LotBidder, floor),      F_BOOL,  "现场竞买",   "In the hall", FORM_OFF, SEE_OPERATOR, NULL },
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

static const Field log_fields[] = {
    RECORD_HEAD_FIELDS(LotLog),
    { AT(LotLog, lot_id), F_REF, "竞价标的", "Lot", FORM_OFF, SEE_PUBLIC, .ref = &lot_type },
    { AT(LotLog, first), F_INT, "首条序号", "First entry", FORM_OFF, SEE_PUBLIC },
    { AT(LotLog, count), F_INT, "条数", "Entries", FORM_OFF, SEE_PUBLIC },
    { AT(LotLog, accepted), F_INT, "有效报价", "Accepted", FORM_OFF, SEE_OPERATOR },
    { AT(LotLog, head), F_TEXT, "链首", "Head of the chain", FORM_OFF, SEE_PUBLIC },
    { AT(LotLog, lines), F_TEXT, "记录", "Entries", FORM_OFF, SEE_OPERATOR },
};

const RecordType lot_log_type = {
    .name = "lot_log", .zh = "竞价日志", .en = "Bidding log", .size = sizeof(LotLog),
    .fields = log_fields, .count = COUNT(log_fields), .indexes = "lot_id,first",
};

static const Field win_fields[] = {
    RECORD_HEAD_FIELDS(LotWin),
    { AT(LotWin, lot_id), F_REF, "竞价标的", "Lot", FORM_OFF | INDEXED, SEE_PUBLIC, .ref = &lot_type },
    { AT(LotWin, bidder_id), F_REF, "竞买人", "Bidder", FORM_OFF, SEE_OPERATOR,
      .ref = &lot_bidder_type },
    { AT(LotWin, org_id), F_REF, "受让方", "Buyer", FORM_OFF | INDEXED, SEE_PUBLIC, .ref = &org_type },
    { AT(LotWin, no), F_INT, "竞买编号", "Number", FORM_OFF, SEE_PUBLIC },
    { AT(LotWin, pays_fen), F_MONEY, "成交价", "Price", FORM_OFF, SEE_PUBLIC },
    { AT(LotWin, from_ms), F_TIME, "可签约自", "Deal from", FORM_OFF, SEE_PUBLIC },
    { AT(LotWin, deal_id), F_INT, "成交编号", "Deal", FORM_OFF | INDEXED, SEE_PARTY },
};

const RecordType lot_win_type = {
    .name = "lot_win", .zh = "竞得人", .en = "Winner", .size = sizeof(LotWin),
    .fields = win_fields, .count = COUNT(win_fields), .indexes = "deal_id,from_ms",
};
// clang-format on
