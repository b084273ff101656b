/* entry_record.c - the fields of a lot's terms, of a firm's papers and of who is barred. */
#include "auction/entry.h"

#include "ident/ident.h"
#include "registry/registry.h"

static const Code relation_rows[] = {
    {"none", "无关联关系", "None"},
    {"inventor", "发明人本人", "Inventor"},
    {"relative", "发明人或转让方人员的近亲属",
     "Near relative of an inventor or of the seller's staff"},
    {"company", "发明人或转让方人员持股、任职的企业",
     "Company held or run by an inventor or the seller's staff"},
    {"other", "其他利害关系", "Another interest"},
};
const CodeList bidder_relations = CODE_LIST("bidder_relation", relation_rows);

static const Code refusal_rows[] = {
    {"condition", "不符合竞买条件", "A condition is not met"},
    {"paper", "材料不全或不符", "A paper is missing or wrong"},
    {"deposit", "保证金未到账", "The deposit has not come"},
    {"barred", "依法不得参加", "Barred by law"},
    {"relation", "关联关系未如实申报", "A relation was not declared"},
    {"other", "其他", "Other"},
};
const CodeList refusal_grounds = CODE_LIST("refusal_ground", refusal_rows);

static const Code bar_rows[] = {
    {"staff", "交易机构、转让方工作人员或其近亲属",
     "Staff of the exchange or the seller, or their near relatives"},
    {"inventor", "发明人", "Inventor"},
    {"company", "发明人或工作人员持股、任职的企业", "Company held or run by an inventor or staff"},
    {"default", "曾对本标的悔拍", "Defaulted on this lot before"},
    {"collusion", "涉嫌串通", "Suspected of collusion"},
    {"other", "其他", "Other"},
};
const CodeList bar_grounds = CODE_LIST("bar_ground", bar_rows);

static const Code wish_rows[] = {
    {"allowed", "共有人可以参加", "Co-owners may bid"},
    {"barred", "共有人不得参加", "Co-owners may not bid"},
};
const CodeList co_owner_wishes = CODE_LIST("co_owner_wish", wish_rows);

// clang-format off
static const Field terms_fields[] = {
    RECORD_HEAD_FIELDS(LotTerms),
    { AT(LotTerms, lot_id), F_REF, "竞价标的", "Lot", FORM_OFF | INDEXED, SEE_PUBLIC, .ref = &lot_type },
    { AT(LotTerms, conditions), F_PROSE, "竞买条件", "Conditions", 0, SEE_PUBLIC },
    { AT(LotTerms, papers), F_PROSE, "应交材料", "Papers asked for", 0, SEE_PUBLIC },
    { AT(LotTerms, co_owners), F_CODE, "共有人", "Co-owners", 0, SEE_PUBLIC, .codes = &co_owner_wishes },
};
const RecordType lot_terms_type = {
    .name = "lot_terms", .zh = "竞买条件", .en = "Terms of a lot", .size = sizeof(LotTerms),
    .fields = terms_fields, .count = COUNT(terms_fields),
};

static const Field paper_fields[] = {
    RECORD_HEAD_FIELDS(BidderPaper),
    { AT(BidderPaper, lot_id), F_REF, "竞价标的", "Lot", FORM_OFF, SEE_OWNER, .ref = &lot_type },
    { AT(BidderPaper, org_id), F_REF, "竞买人", "Firm", FORM_OFF, SEE_OWNER, .ref = &org_type },
    { AT(BidderPaper, paper_no), F_INT, "材料序号", "Paper", FORM_OFF, SEE_OWNER },
    { AT(BidderPaper, name), F_TEXT, "文件名", "File", FORM_OFF, SEE_OWNER },
    { AT(BidderPaper, file_hash), F_TEXT, "文件摘要", "File's hash", FORM_OFF, SEE_OWNER },
};
const RecordType bidder_paper_type = {
    .name = "bidder_paper", .zh = "竞买材料", .en = "Bidder's paper", .size = sizeof(BidderPaper),
    .fields = paper_fields, .count = COUNT(paper_fields), .indexes = "lot_id,org_id",
};

static const Field bar_fields[] = {
    RECORD_HEAD_FIELDS(LotBar),
    { AT(LotBar, lot_id), F_REF, "竞价标的", "Lot", FORM_OFF, SEE_OWNER, .ref = &lot_type },
    { AT(LotBar, listing_id), F_REF, "挂牌项目", "Listing", FORM_OFF | INDEXED, SEE_OWNER, .ref = &listing_type },
    { AT(LotBar, org_id), F_REF, "单位", "Unit", FORM_OFF, SEE_OWNER, .ref = &org_type },
    { AT(LotBar, account_id), F_REF, "账号", "Account", FORM_OFF, SEE_OWNER, .ref = &account_type },
    { AT(LotBar, ground), F_CODE, "事由", "Ground", FORM_OFF, SEE_OWNER, .codes = &bar_grounds },
    { AT(LotBar, words), F_TEXT, "说明", "In words", FORM_OFF, SEE_OWNER },
    { AT(LotBar, by_org_id), F_REF, "申报单位", "Declared by", FORM_OFF, SEE_OWNER, .ref = &org_type },
};
const RecordType lot_bar_type = {
    .name = "lot_bar", .zh = "不得参加者", .en = "Barred", .size = sizeof(LotBar),
    .fields = bar_fields, .count = COUNT(bar_fields),
};
// clang-format on
