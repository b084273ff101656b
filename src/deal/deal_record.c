/* deal_record.c - the fields of a deal. */
#include "deal/deal_int.h"

#include "auction/auction.h"
#include "ident/ident.h"
#include "registry/registry.h"

/* The same codes as the rows of split_floors; deal_test.c compares them. */
static const Code floor_codes[] = {
    {"national", "国家规定（不低于 50 %）", "National (50 % at least)"},
    {"province", "省级规定（不低于 70 %）", "Province (70 % at least)"},
    {"zhejiang", "浙江（不低于 70 %，贡献者 70 %，转化人员 5 %）",
     "Zhejiang (70 %; contributors 70 %, staff 5 %)"},
};
const CodeList deal_floor_codes = CODE_LIST("deal_floor", floor_codes);

// clang-format off
static const Field deal_fields[] = {
    RECORD_HEAD_FIELDS(Deal),
    { AT(Deal, lot_id), F_REF, "竞价标的", "Lot", FORM_OFF, SEE_PARTY, .ref = &lot_type },
    { AT(Deal, win_id), F_REF, "竞得人", "Winner", FORM_OFF | UNIQUE, SEE_PARTY, .ref = &lot_win_type },
    { AT(Deal, listing_id), F_REF, "挂牌项目", "Listing", FORM_OFF, SEE_PARTY, .ref = &listing_type },
    { AT(Deal, seller_id), F_REF, "转让方", "Seller", FORM_OFF | INDEXED, SEE_PARTY,
      .ref = &org_type },
    { AT(Deal, buyer_id), F_REF, "受让方", "Buyer", FORM_OFF | INDEXED, SEE_PARTY, .ref = &org_type },
    { AT(Deal, title), F_TEXT, "项目名称", "Title", FORM_OFF | LISTED, SEE_PARTY },
    { AT(Deal, mode), F_TEXT, "交易方式", "Mode", FORM_OFF, SEE_PARTY },
    { AT(Deal, price_fen), F_MONEY, "成交价", "Price", FORM_OFF | LISTED, SEE_PARTY },
    { AT(Deal, state), F_STATE, "状态", "State", FORM_OFF | INDEXED | LISTED, SEE_PARTY,
      .flow = &deal_flow },
    { AT(Deal, contract_no), F_TEXT, "合同编号", "Contract no.", FORM_OFF, SEE_PARTY },
    { AT(Deal, signed_date), F_DATE, "签订日期", "Signed on", FORM_OFF | LISTED, SEE_PARTY },
    { AT(Deal, licence_until_date), F_DATE, "许可届满日", "Licensed until", FORM_OFF, SEE_PARTY },
    { AT(Deal, reg_no), F_TEXT, "登记（备案）号", "Recordal no.", FORM_OFF, SEE_PARTY },
    { AT(Deal, reg_date), F_DATE, "登记（备案）日期", "Recorded on", FORM_OFF, SEE_PARTY },
    { AT(Deal, evidence), F_TEXT, "登记证明文件", "Evidence", FORM_OFF, SEE_PARTY },
    { AT(Deal, costs_fen), F_MONEY, "转化成本", "Costs", FORM_OFF, SEE_OWNER },
    { AT(Deal, split_floor), F_CODE, "收益分配依据", "Split rule", FORM_OFF, SEE_OWNER,
      .codes = &deal_floor_codes },
    { AT(Deal, rate_bp), F_INT, "分配比例（万分比）", "Rate, basis points", FORM_OFF, SEE_OWNER },
    { AT(Deal, net_fen), F_MONEY, "净收入", "Net income", FORM_OFF, SEE_OWNER },
    { AT(Deal, pot_fen), F_MONEY, "完成人所得", "To the people", FORM_OFF, SEE_OWNER },
    { AT(Deal, done_ms), F_TIME, "办结时间", "Finished", FORM_OFF, SEE_PARTY },
    { AT(Deal, reason), F_TEXT, "终止原因", "Why cancelled", FORM_OFF, SEE_PARTY },
};
// clang-format on

const RecordType deal_type = {
    .name = "deal",
    .zh = "成交",
    .en = "Deal",
    .size = sizeof(Deal),
    .fields = deal_fields,
    .count = COUNT(deal_fields),
    .indexes = "lot_id,state",
};
