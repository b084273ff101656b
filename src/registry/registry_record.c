#include "registry/registry_int.h"

#include "record/published.h"

static bool need_is_public(const void *record)
{
    return need_public(record);
}

// clang-format off
static const Code patent_kind_rows[] = {
    {"INV", "发明", "Invention"}, {"UM", "实用新型", "Utility model"}, {"DES", "外观设计", "Design"},
};
const CodeList patent_kinds = CODE_LIST("patent_kind", patent_kind_rows);

static const Code achievement_kind_rows[] = {
    {"patent_pack", "专利组合", "Patents"},      {"plant_variety", "动植物新品种", "Plant variety"},
    {"software", "软件著作权", "Software"},      {"layout", "集成电路布图设计", "Layout design"},
    {"secret", "技术秘密", "Trade secret"},
};
const CodeList achievement_kinds = CODE_LIST("achievement_kind", achievement_kind_rows);

/* Licence kinds after the Supreme Court's interpretation on technology contracts, art. 25; payment
 * forms after seeds 001 and 003. */
static const Code trade_mode_rows[] = {
    {"assign", "转让", "Assignment"},              {"exclusive", "独占许可", "Exclusive licence"},
    {"sole", "排他许可", "Sole licence"},          {"ordinary", "普通许可", "Ordinary licence"},
    {"equity", "作价入股", "Equity"},              {"pay_later", "先使用后付费", "Use first, pay later"},
    {"warrant", "科技成果+认股权", "Achievement with warrant"},
};
const CodeList trade_modes = CODE_LIST("trade_mode", trade_mode_rows);

static const Code cooperation_rows[] = {
    {"commission", "委托开发", "Commissioned development"}, {"joint", "合作开发", "Joint development"},
    {"assign", "技术转让", "Assignment"},                  {"license", "技术许可", "Licence"},
    {"equity", "技术入股", "Equity"},                      {"consult", "技术咨询", "Consulting"},
};
const CodeList cooperation_codes = CODE_LIST("cooperation", cooperation_rows);

/* Patents as universities keep them; headers as their spreadsheets have them. */
static const Field patent_fields[] = {
    RECORD_HEAD_FIELDS(Patent),
    {AT(Patent, org_id),         F_REF,   "权利单位",   "Owner",          INDEXED | FORM_OFF | LISTED, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(Patent, appno),          F_TEXT,  "申请号",     "Application no.", IMPORTED | UNIQUE | LISTED | SEARCH_5, SEE_PUBLIC, NULL, .max = 40,
     .headers = "申请号|专利号|申请（专利）号|申请/专利号|专利申请号|专利号/申请号|appno|application_no|application number|filing_id|申请号/专利号"},
    {AT(Patent, pubno),          F_TEXT,  "公开（公告）号", "Publication no.", IMPORTED | SEARCH_5 | LISTED, SEE_PUBLIC, NULL, .max = 40,
     .headers = "公开号|公告号|授权公告号|公开（公告）号|公开公告号|pubno|publication_no|publication number|authorization_notice_id"},
    {AT(Patent, pub_key),        F_TEXT,  "文献号",     "Document no.",   FORM_OFF | UNIQUE, SEE_PUBLIC, NULL},
    {AT(Patent, title),          F_TEXT,  "专利名称",   "Title",          IMPORTED | REQUIRED | LISTED | SEARCH_5, SEE_PUBLIC, NULL, .max = 300,
     .headers = "专利名称|名称|发明名称|标题|成果名称|专利题名|title|name|patent name"},
    {AT(Patent, kind),           F_CODE,  "专利类型",   "Kind",           IMPORTED | INDEXED | LISTED, SEE_PUBLIC, NULL, .codes = &patent_kinds,
     .headers = "专利类型|类型|专利种类|种类|类别|kind|type"},
    {AT(Patent, filed_date),     F_DATE,  "申请日",     "Filed",          IMPORTED | LISTED, SEE_PUBLIC, NULL,
     .headers = "申请日|申请日期|申请时间|appdate|filing_date|filing date|application date"},
    {AT(Patent, published_date), F_DATE,  "公开日",     "Published",      IMPORTED, SEE_PUBLIC, NULL,
     .headers = "公开日|公布日|公开（公告）日|公开日期|pubdate|publication_date|publication date"},
    {AT(Patent, granted_date),   F_DATE,  "授权公告日", "Granted",        IMPORTED | LISTED, SEE_PUBLIC, NULL,
     .headers = "授权公告日|授权日|授权日期|授权时间|公告日|授权公告日期|authorized_announcement_date|grant date|granted"},
    {AT(Patent, expiry_date),    F_DATE,  "届满日",     "Expires",        FORM_OFF, SEE_PUBLIC, NULL},
    {AT(Patent, applicant),      F_TEXT,  "专利权人",   "Assignee",       IMPORTED | SEARCH_3, SEE_PUBLIC, NULL, .max = 500,
     .headers = "专利权人|申请人|申请（专利权）人|权利人|专利申请人|applicant|patentee|assignee|owner"},
    {AT(Patent, inventors),      F_LIST,  "发明人",     "Inventors",      IMPORTED, SEE_PUBLIC, NULL,
     .headers = "发明人|设计人|发明（设计）人|第一发明人|发明人/设计人|designer|inventor|inventors"},
    {AT(Patent, ipc),            F_LIST,  "分类号",     "Classes",        IMPORTED | SEARCH_3, SEE_PUBLIC, NULL,
     .headers = "分类号|IPC分类号|IPC|主分类号|国际分类号|IPC分类|ipc|int.cl.|int.cl|classification"},
    {AT(Patent, field),          F_CODE,  "产业领域",   "Field",          IMPORTED | INDEXED | LISTED, SEE_PUBLIC, NULL, .codes = &industry_fields,
     .headers = "产业领域|技术领域|领域|所属领域|field"},
    {AT(Patent, abstract),       F_PROSE, "摘要",       "Abstract",       IMPORTED | SEARCH_1, SEE_PUBLIC, NULL,
     .headers = "摘要|专利摘要|技术简介|简介|abstract|summary"},
    {AT(Patent, claim_count),    F_INT,   "权利要求数", "Claims",         IMPORTED, SEE_PUBLIC, NULL, .max = 10000,
     .headers = "权利要求数|权利要求项数|权项数|claims|claim count"},
    {AT(Patent, trl),            F_INT,   "技术成熟度", "Maturity (TRL)", IMPORTED, SEE_PUBLIC, NULL, .min = 1, .max = 9,
     .headers = "技术成熟度|成熟度|TRL|技术成熟度等级|trl"},
    {AT(Patent, region),         F_TEXT,  "地区",       "Region",         IMPORTED, SEE_PUBLIC, NULL, .max = 60,
     .headers = "地区|省市|所在地区|国省|region"},
    {AT(Patent, import_id),      F_REF,   "导入批次",   "Import",         FORM_OFF | INDEXED, SEE_OWNER, NULL},
};
/* The narrow index by id is walked to a page far down the list; the rows themselves are wide. */
const RecordType patent_type = {"patent", "专利", "Patent", sizeof(Patent), patent_fields, COUNT(patent_fields), "id"};

const Field achievement_fields[ACHIEVEMENT_FIELD_COUNT] = {
    RECORD_HEAD_FIELDS(Achievement),
    {AT(Achievement, org_id), F_REF,   "完成单位",   "Owner",    INDEXED | FORM_OFF | LISTED, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(Achievement, title),  F_TEXT,  "成果名称",   "Title",    REQUIRED | LISTED | SEARCH_5, SEE_PUBLIC, NULL, .min = 4, .max = 200},
    {AT(Achievement, kind),   F_CODE,  "成果类型",   "Kind",     REQUIRED | LISTED, SEE_PUBLIC, NULL, .codes = &achievement_kinds},
    {AT(Achievement, field),  F_CODE,  "产业领域",   "Field",    REQUIRED | LISTED, SEE_PUBLIC, NULL, .codes = &industry_fields},
    {AT(Achievement, intro),  F_PROSE, "成果简介",   "About",    REQUIRED | SEARCH_1, SEE_PUBLIC, NULL, .min = 10},
    {AT(Achievement, level),  F_TEXT,  "技术水平",   "Level",    0, SEE_PUBLIC, NULL, .max = 60},
    {AT(Achievement, trl),    F_INT,   "技术成熟度", "Maturity (TRL)", LISTED, SEE_PUBLIC, NULL, .min = 1, .max = 9},
};
const RecordType achievement_type = {"achievement", "成果", "Achievement", sizeof(Achievement), achievement_fields, COUNT(achievement_fields), NULL};

static const Field listing_fields[] = {
    RECORD_HEAD_FIELDS(Listing),
    {AT(Listing, org_id),         F_REF,   "挂牌单位", "Owner",        INDEXED | FORM_OFF | LISTED, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(Listing, patent_id),      F_REF,   "专利",     "Patent",       INDEXED | FORM_OFF, SEE_PUBLIC, NULL, .ref = &patent_type},
    {AT(Listing, achievement_id), F_REF,   "成果",     "Achievement",  INDEXED | FORM_OFF, SEE_PUBLIC, NULL, .ref = &achievement_type},
    {AT(Listing, title),          F_TEXT,  "名称",     "Title",        LISTED | SEARCH_5, SEE_PUBLIC, NULL, .max = 300},
    {AT(Listing, field),          F_CODE,  "产业领域", "Field",        LISTED, SEE_PUBLIC, NULL, .codes = &industry_fields},
    {AT(Listing, mode),           F_CODE,  "交易方式", "Mode",         REQUIRED | LISTED, SEE_PUBLIC, NULL, .codes = &trade_modes},
    {AT(Listing, price_fen),      F_MONEY, "意向价",   "Asking price", REQUIRED | LISTED, SEE_PUBLIC, NULL},
    {AT(Listing, floor_fen),      F_MONEY, "底价",     "Lowest price", 0, SEE_OWNER, NULL},
    {AT(Listing, intro),          F_PROSE, "推介说明", "Pitch",        SEARCH_1, SEE_PUBLIC, NULL, .max = 4000},
    {AT(Listing, maturity),       F_TEXT,  "成熟程度", "Maturity",     0, SEE_PUBLIC, NULL, .max = 60},
    {AT(Listing, contact),        F_TEXT,  "联系部门", "Contact",      0, SEE_SIGNED, NULL, .max = 60},
    {AT(Listing, phone),          F_TEXT,  "联系电话", "Phone",        0, SEE_SIGNED, NULL, .max = 40},
    {AT(Listing, reason),         F_TEXT,  "退回原因", "Reason",       FORM_OFF, SEE_OWNER, NULL, .max = 200},
    {AT(Listing, licence_until_date), F_DATE, "许可届满日", "Licensed until", FORM_OFF, SEE_OWNER, NULL},
    {AT(Listing, state),          F_STATE, "状态",     "State",        INDEXED | FORM_OFF | LISTED, SEE_PUBLIC, NULL, .flow = &listing_flow},
};
const RecordType listing_type = {"listing", "挂牌", "Listing", sizeof(Listing), listing_fields, COUNT(listing_fields), NULL};

/* A technical need (技术需求): what a firm wants solved, for how much, until when. Seed 001, annex 3;
 * the 2022 season asked amount, mode of cooperation and validity of each. */
const Field need_fields[NEED_FIELD_COUNT] = {
    RECORD_HEAD_FIELDS(Need),
    {AT(Need, org_id),           F_REF,   "需求单位",     "Firm",         INDEXED | FORM_OFF | LISTED, SEE_CHOICE, NULL, .ref = &org_type},
    {AT(Need, title),            F_TEXT,  "需求名称",     "Title",        REQUIRED | LISTED | SEARCH_5, SEE_PUBLIC, NULL, .min = 4, .max = 80,
     .help_zh = "一句话说清要解决什么", .help_en = "One line: what is to be solved"},
    {AT(Need, problem),          F_PROSE, "主要技术难题", "Problem",      REQUIRED | SEARCH_1 | PASSAGES, SEE_CHOICE, rule_passages, .min = 10, .max = 4000,
     .help_zh = "用平常的话写现状、难点和已试过的办法；不愿公开的词句用 [[ ]] 括起来，公开时显示为 ■■■", .help_en = "In plain words: how it is, what is hard, what was tried. Put what is not for the public in [[ ]]: it is shown as ■■■"},
    {AT(Need, params),           F_PROSE, "技术指标",     "Parameters",   PASSAGES, SEE_CHOICE, rule_passages, .max = 2000,
     .help_zh = "不愿公开的词句用 [[ ]] 括起来", .help_en = "Put what is not for the public in [[ ]]"},
    {AT(Need, amount_fen),       F_MONEY, "意向投入金额", "Intended amount", REQUIRED | LISTED, SEE_CHOICE, NULL,
     .help_zh = "可写 30万", .help_en = "For example 300,000"},
    {AT(Need, cooperation),      F_CODES, "合作方式",     "Cooperation",  REQUIRED, SEE_PUBLIC, NULL, .codes = &cooperation_codes},
    {AT(Need, field),            F_CODE,  "产业领域",     "Field",        REQUIRED | LISTED, SEE_PUBLIC, NULL, .codes = &industry_fields},
    {AT(Need, valid_until_date), F_DATE,  "有效期限",     "Valid until",  REQUIRED | LISTED, SEE_PUBLIC, NULL},
    {AT(Need, contact),          F_TEXT,  "联系部门",     "Contact",      0, SEE_PARTY, NULL, .max = 60},
    {AT(Need, phone),            F_TEXT,  "联系电话",     "Phone",        0, SEE_PARTY, NULL, .max = 40},
    {AT(Need, hidden),           F_CODES, "不公开的内容", "Hidden",       0, SEE_OWNER, NULL, .codes = &hideable_fields,
     .help_zh = "勾选的内容不会出现在公开页面、搜索和推送中", .help_en = "What is ticked appears on no public page, search or push"},
    {AT(Need, reason),           F_TEXT,  "退回原因",     "Reason",       FORM_OFF, SEE_OWNER, NULL, .max = 200},
    {AT(Need, state),            F_STATE, "状态",         "State",        INDEXED | FORM_OFF | LISTED, SEE_PUBLIC, NULL, .flow = &need_flow},
};
/* What everybody may read of a need that is published (decision 18). */
const RecordType need_public_type = {"need_public", "需求公开稿", "Need as published", sizeof(Need), need_fields, COUNT(need_fields), NULL};
static const Published need_published = {&need_public_type, need_is_public, "need.published", "need.republished", "need.unpublished"};
const RecordType need_type = {"need", "需求", "Need", sizeof(Need), need_fields, COUNT(need_fields), NULL, &need_published};

static const Code hideable_rows[] = {
    {"org_id", "企业名称", "Firm's name"}, {"problem", "技术难题", "Problem"},
    {"params", "技术指标", "Parameters"},  {"amount_fen", "投入金额", "Amount"},
};
const CodeList hideable_fields = CODE_LIST("hideable", hideable_rows);
// clang-format on
