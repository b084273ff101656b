#include "people/people_int.h"

// clang-format off
/* Those who come by themselves. Departments, exchanges and centres are made by the operator,
 * colleges by their university. */
static const Code joining_kind_rows[] = {
    {"university", "高等院校", "University"},          {"institute", "科研院所", "Institute"},
    {"hospital", "医疗机构", "Hospital"},              {"rnd", "新型研发机构", "New-type R&D institute"},
    {"metrology", "计量技术机构", "Metrology institute"}, {"concept", "概念验证中心", "Concept-verification centre"},
    {"pilot", "中试平台", "Pilot platform"},           {"firm", "企业", "Enterprise"},
    {"park", "园区", "Park"},                          {"agency", "技术转移机构", "Transfer agency"},
    {"managers", "技术经理人事务所", "Technology managers' office"}, {"bank", "银行", "Bank"},
    {"insurer", "保险机构", "Insurer"},                {"fund", "基金", "Fund"},
    {"person", "自然人", "Natural person"},            {"unincorporated", "非法人组织", "Unincorporated body"},
};
const CodeList joining_kinds = CODE_LIST("joining_kind", joining_kind_rows);

static const Code joining_desk_rows[] = {
    {"department", "主管部门", "Department"}, {"operator", "交易市场", "Exchange"},
};
const CodeList joining_desks = CODE_LIST("joining_desk", joining_desk_rows);

static const Code profile_kind_rows[] = {
    {"expert", "专家", "Expert"}, {"manager", "技术经理人", "Technology manager"},
};
const CodeList profile_kinds = CODE_LIST("profile_kind", profile_kind_rows);

/* Seeds 000 and 001. */
static const Code roster_kind_rows[] = {
    {"town", "科技镇长团", "Township science team"},  {"professor", "产业教授", "Industry professors"},
    {"deputy", "科技副总", "Deputy managers for science"}, {"advisers", "专家顾问团", "Expert advisers"},
    {"service", "专业服务团", "Professional services"}, {"metrology", "计量专家", "Metrology experts"},
    {"liaison", "活动联络员", "Activity liaisons"},
};
const CodeList roster_kinds = CODE_LIST("roster_kind", roster_kind_rows);

/* Nouns of the ops of trade: what people_delegation.c lets pass. */
static const Code matter_rows[] = {
    {"patent", "专利", "Patents"}, {"achievement", "成果", "Achievements"}, {"listing", "挂牌", "Listings"},
    {"need", "需求", "Needs"}, {"lot", "竞价", "Lots"}, {"bidder", "竞买报名", "Bidding"},
    {"deal", "成交", "Deals"}, {"import", "导入", "Imports"},
};
const CodeList delegation_matters = CODE_LIST("delegation_matter", matter_rows);

const Field people_id_fields[ID_FIELD_COUNT] = {
    {AT(IdIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};

static const Field joining_fields[] = {
    RECORD_HEAD_FIELDS(Joining),
    {AT(Joining, state),         F_STATE, "状态",     "State",        INDEXED | FORM_OFF, SEE_SIGNED, NULL, .flow = &joining_flow},
    {AT(Joining, code),          F_TEXT,  "统一社会信用代码", "Credit code", INDEXED | LISTED, SEE_SIGNED, NULL, .max = 40},
    {AT(Joining, name),          F_TEXT,  "单位名称", "Name",         REQUIRED | LISTED, SEE_SIGNED, NULL, .min = 2, .max = 100},
    {AT(Joining, kind),          F_CODE,  "单位类型", "Kind",         REQUIRED | LISTED, SEE_SIGNED, NULL, .codes = &joining_kinds},
    {AT(Joining, division),      F_TEXT,  "行政区划代码", "Division", REQUIRED | INDEXED, SEE_SIGNED, NULL, .max = 6},
    {AT(Joining, city),          F_TEXT,  "所在城市", "City",         0, SEE_SIGNED, NULL, .max = 40},
    {AT(Joining, supervisor),    F_TEXT,  "主管部门", "Supervising body", 0, SEE_SIGNED, NULL, .max = 100},
    {AT(Joining, supervisor_id), F_REF,   "主管部门编号", "Supervising body no.", FORM_OFF, SEE_SIGNED, NULL, .ref = &org_type},
    {AT(Joining, person),        F_TEXT,  "联系人",   "Contact",      REQUIRED | PERSONAL, SEE_PARTY, NULL, .max = 40},
    {AT(Joining, phone),         F_TEXT,  "手机",     "Mobile",       REQUIRED | PERSONAL, SEE_PARTY, NULL, .max = 20},
    {AT(Joining, email),         F_TEXT,  "电子邮箱", "E-mail",       PERSONAL, SEE_PARTY, NULL, .max = 100},
    {AT(Joining, login),         F_TEXT,  "登录名",   "Login",        REQUIRED, SEE_OWNER, NULL, .min = 3, .max = 40},
    {AT(Joining, password),      F_TEXT,  "密码",     "Password",     FORM_OFF, SEE_NOBODY, NULL},
    {AT(Joining, claim_hash),    F_TEXT,  "受理码",   "Claim code",   UNIQUE | FORM_OFF, SEE_NOBODY, NULL},
    {AT(Joining, desk),          F_CODE,  "受理方",   "Decided by",   FORM_OFF, SEE_SIGNED, NULL, .codes = &joining_desks},
    {AT(Joining, reason),        F_TEXT,  "意见",     "Reason",       FORM_OFF, SEE_SIGNED, NULL, .max = 200},
    {AT(Joining, decided_by),    F_REF,   "审核人",   "Decided by",   FORM_OFF, SEE_OPERATOR, NULL, .ref = &account_type},
    {AT(Joining, decided_ms),    F_TIME,  "审核时间", "Decided",      FORM_OFF, SEE_SIGNED, NULL},
    {AT(Joining, org_id),        F_REF,   "单位",     "Organisation", INDEXED | FORM_OFF, SEE_SIGNED, NULL, .ref = &org_type},
    {AT(Joining, account_id),    F_REF,   "账号",     "Account",      FORM_OFF, SEE_OPERATOR, NULL, .ref = &account_type},
};
const RecordType joining_type = {"joining", "入驻申请", "Application to join", sizeof(Joining), joining_fields, COUNT(joining_fields), "state,division"};

static const Field profile_fields[] = {
    RECORD_HEAD_FIELDS(Profile),
    {AT(Profile, account_id), F_REF,   "账号",     "Account",      UNIQUE | FORM_OFF, SEE_SIGNED, NULL, .ref = &account_type},
    {AT(Profile, org_id),     F_REF,   "所属单位", "Organisation", INDEXED | FORM_OFF, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(Profile, kind),       F_CODE,  "类别",     "Kind",         REQUIRED, SEE_PUBLIC, NULL, .codes = &profile_kinds},
    {AT(Profile, ipc),        F_LIST,  "IPC 分类", "IPC classes",  0, SEE_PUBLIC, NULL},
    {AT(Profile, industry),   F_CODES, "产业领域", "Industries",   REQUIRED, SEE_PUBLIC, NULL, .codes = &industry_fields},
    {AT(Profile, title),      F_TEXT,  "职称",     "Title",        0, SEE_PUBLIC, NULL, .max = 40},
    {AT(Profile, employer),   F_TEXT,  "工作单位", "Employer",     0, SEE_PUBLIC, NULL, .max = 100},
    {AT(Profile, intro),      F_PROSE, "简介",     "About",        0, SEE_PUBLIC, NULL, .max = 2000},
    {AT(Profile, conflicts),  F_LIST,  "利害关系单位", "Declared conflicts", 0, SEE_OWNER, NULL},
    {AT(Profile, visible),    F_BOOL,  "公开展示", "Listed in public", 0, SEE_SIGNED, NULL},
    {AT(Profile, named_ms),   F_TIME,  "同意公开姓名", "Agreed to be named", FORM_OFF, SEE_SIGNED, NULL},
};
const RecordType profile_type = {"profile", "专家与技术经理人", "Expert or manager", sizeof(Profile), profile_fields, COUNT(profile_fields), NULL};

static const Field certificate_fields[] = {
    RECORD_HEAD_FIELDS(Certificate),
    {AT(Certificate, profile_id),   F_REF,  "人员",     "Person",  INDEXED | FORM_OFF, SEE_PUBLIC, NULL, .ref = &profile_type},
    {AT(Certificate, name),         F_TEXT, "证书名称", "Certificate", REQUIRED, SEE_PUBLIC, NULL, .max = 100},
    {AT(Certificate, number),       F_TEXT, "证书编号", "Number",  PERSONAL, SEE_SIGNED, NULL, .max = 60},
    {AT(Certificate, issued_date),  F_DATE, "发证日期", "Issued",  REQUIRED, SEE_PUBLIC, NULL},
    {AT(Certificate, expires_date), F_DATE, "有效期至", "Expires", 0, SEE_PUBLIC, NULL},
    {AT(Certificate, ended),        F_BOOL, "已注销",   "Ended",   FORM_OFF, SEE_PUBLIC, NULL},
};
const RecordType certificate_type = {"certificate", "证书", "Certificate", sizeof(Certificate), certificate_fields, COUNT(certificate_fields), NULL};

static const Field roster_fields[] = {
    RECORD_HEAD_FIELDS(Roster),
    {AT(Roster, org_id),     F_REF,   "组建单位", "Kept by",  INDEXED | FORM_OFF, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(Roster, kind),       F_CODE,  "名册类别", "Kind",     REQUIRED, SEE_PUBLIC, NULL, .codes = &roster_kinds},
    {AT(Roster, name),       F_TEXT,  "名称",     "Name",     REQUIRED, SEE_PUBLIC, NULL, .min = 2, .max = 100},
    {AT(Roster, year),       F_INT,   "年度",     "Year",     REQUIRED, SEE_PUBLIC, NULL, .min = 2000, .max = 2199},
    {AT(Roster, intro),      F_PROSE, "说明",     "About",    0, SEE_PUBLIC, NULL, .max = 2000},
    {AT(Roster, until_date), F_DATE,  "推荐截止", "Nominations until", 0, SEE_PUBLIC, NULL},
};
const RecordType roster_type = {"roster", "名册", "Roster", sizeof(Roster), roster_fields, COUNT(roster_fields), NULL};

static const Field roster_member_fields[] = {
    RECORD_HEAD_FIELDS(RosterMember),
    {AT(RosterMember, roster_id),  F_REF,   "名册",     "Roster",       INDEXED | FORM_OFF, SEE_PUBLIC, NULL, .ref = &roster_type},
    {AT(RosterMember, org_id),     F_REF,   "推荐单位", "Nominated by", INDEXED | FORM_OFF, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(RosterMember, account_id), F_REF,   "账号",     "Account",      INDEXED | FORM_OFF, SEE_SIGNED, NULL, .ref = &account_type},
    {AT(RosterMember, state),      F_STATE, "状态",     "State",        FORM_OFF, SEE_PUBLIC, NULL, .flow = &member_flow},
    {AT(RosterMember, person),     F_TEXT,  "姓名",     "Name",         REQUIRED | PERSONAL, SEE_SIGNED, NULL, .max = 40},
    {AT(RosterMember, post),       F_TEXT,  "职务",     "Post",         0, SEE_SIGNED, NULL, .max = 60},
    {AT(RosterMember, title),      F_TEXT,  "职称（研究生填学历）", "Title or degree", 0, SEE_SIGNED, NULL, .max = 60},
    {AT(RosterMember, department), F_TEXT,  "部门（院系）", "Department", 0, SEE_SIGNED, NULL, .max = 100},
    {AT(RosterMember, field),      F_CODES, "专业领域", "Fields",       REQUIRED, SEE_PUBLIC, NULL, .codes = &industry_fields},
    {AT(RosterMember, service),    F_TEXT,  "可提供的服务", "Services offered", 0, SEE_SIGNED, NULL, .max = 300},
    {AT(RosterMember, phone),      F_TEXT,  "手机",     "Mobile",       REQUIRED | PERSONAL, SEE_PARTY, NULL, .max = 20},
    {AT(RosterMember, email),      F_TEXT,  "电子邮箱", "E-mail",       PERSONAL, SEE_PARTY, NULL, .max = 100},
    {AT(RosterMember, reason),     F_TEXT,  "意见",     "Reason",       FORM_OFF, SEE_PARTY, NULL, .max = 200},
};
const RecordType roster_member_type = {"roster_member", "名册成员", "Member of a roster", sizeof(RosterMember), roster_member_fields, COUNT(roster_member_fields), NULL};

static const Field delegation_fields[] = {
    RECORD_HEAD_FIELDS(Delegation),
    {AT(Delegation, from_id),  F_REF,  "委托人",   "Given by",  INDEXED | FORM_OFF, SEE_SIGNED, NULL, .ref = &account_type},
    {AT(Delegation, from_org), F_REF,  "委托单位", "Unit",      FORM_OFF, SEE_SIGNED, NULL, .ref = &org_type},
    {AT(Delegation, to_id),    F_REF,  "受托人",   "Given to",  INDEXED | FORM_OFF, SEE_SIGNED, NULL, .ref = &account_type},
    {AT(Delegation, nouns),    F_TEXT, "事项",     "Matters",   FORM_OFF, SEE_SIGNED, NULL, .max = 300},
    {AT(Delegation, from_ms),  F_TIME, "生效",     "From",      FORM_OFF, SEE_SIGNED, NULL},
    {AT(Delegation, until_ms), F_TIME, "有效至",   "Until",     FORM_OFF, SEE_SIGNED, NULL},
    {AT(Delegation, ended_ms), F_TIME, "提前终止", "Ended",     FORM_OFF, SEE_SIGNED, NULL},
};
const RecordType delegation_type = {"delegation", "委托办理", "Delegation", sizeof(Delegation), delegation_fields, COUNT(delegation_fields), NULL};

/* ---- flows ---- */

/* Relations: WHO_ABOVE the department of the desk, WHO_OPERATOR only where the desk is his, and for
 * who comes back with the claim code WHO_SELF. */
static const FlowState joining_states[] = {
    [JOINING_APPLIED]  = {"applied",  "待审核",   "Applied",  FLOW_START},
    [JOINING_RETURNED] = {"returned", "退回修改", "Returned", FLOW_MIDDLE},
    [JOINING_APPROVED] = {"approved", "已入驻",   "Approved", FLOW_END},
    [JOINING_REJECTED] = {"rejected", "不予入驻", "Rejected", FLOW_END},
};

#define VETS (WHO_ABOVE | WHO_OPERATOR | WHO_LOCAL)
static const FlowEdge joining_edges[] = {
    {JOINING_APPLIED,  "approve",  JOINING_APPROVED, "同意入驻", "Approve",  VETS,     NULL},
    {JOINING_APPLIED,  "return",   JOINING_RETURNED, "退回修改", "Return",   VETS,     NULL},
    {JOINING_APPLIED,  "reject",   JOINING_REJECTED, "不予入驻", "Reject",   VETS,     NULL, true},
    {JOINING_RETURNED, "resubmit", JOINING_APPLIED,  "重新提交", "Resubmit", WHO_SELF, NULL},
    {JOINING_RETURNED, "reject",   JOINING_REJECTED, "不予入驻", "Reject",   VETS | WHO_CLOCK, NULL, true},
};
const Flow joining_flow = FLOW_OF("joining", "单位入驻", "Joining", joining_states, joining_edges);

/* WHO_OWNER keeps the roster, WHO_PARTY nominates. */
static const FlowState member_states[] = {
    [MEMBER_NOMINATED] = {"nominated", "待确认",   "Nominated", FLOW_START},
    [MEMBER_RETURNED]  = {"returned",  "退回修改", "Returned",  FLOW_MIDDLE},
    [MEMBER_CONFIRMED] = {"confirmed", "在册",     "Confirmed", FLOW_MIDDLE},
    [MEMBER_ENDED]     = {"ended",     "已退出",   "Left",      FLOW_END},
};

#define KEEPS (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL)
static const FlowEdge member_edges[] = {
    {MEMBER_NOMINATED, "confirm",  MEMBER_CONFIRMED, "确认入册", "Confirm",  KEEPS,     NULL},
    {MEMBER_NOMINATED, "return",   MEMBER_RETURNED,  "退回修改", "Return",   KEEPS,     NULL},
    {MEMBER_NOMINATED, "end",      MEMBER_ENDED,     "退出名册", "Take off", KEEPS | WHO_PARTY, NULL, true},
    {MEMBER_RETURNED,  "resubmit", MEMBER_NOMINATED, "重新推荐", "Nominate again", WHO_PARTY, NULL},
    {MEMBER_RETURNED,  "end",      MEMBER_ENDED,     "退出名册", "Take off", KEEPS | WHO_PARTY, NULL, true},
    {MEMBER_CONFIRMED, "end",      MEMBER_ENDED,     "退出名册", "Take off", KEEPS | WHO_PARTY, NULL, true},
};
const Flow member_flow = FLOW_OF("member", "名册成员", "Roster member", member_states, member_edges);

/* ---- roles by kind of unit ---- */

static const struct {
    const char *kind, *first, *within;
} kind_roles[] = {
    {"university",  "office,liaison",  "office,inventor,liaison,expert"},
    {"institute",   "office,liaison",  "office,inventor,liaison,expert"},
    {"college",     "office",          "office,inventor"},
    {"hospital",    "office,liaison",  "office,inventor,liaison,expert"},
    {"rnd",         "office,liaison",  "office,inventor,liaison,expert"},
    {"metrology",   "office,liaison",  "office,inventor,liaison,expert"},
    {"concept",     "office,liaison",  "office,inventor,liaison"},
    {"pilot",       "office,liaison",  "office,inventor,liaison"},
    {"firm",        "firm,liaison",    "firm,liaison"},
    {"park",        "firm,liaison",    "firm,liaison"},
    {"agency",      "agency,liaison",  "agency,manager,liaison"},
    {"managers",    "manager,liaison", "agency,manager,liaison"},
    {"bank",        "finance,liaison", "finance,liaison"},
    {"insurer",     "finance,liaison", "finance,liaison"},
    {"fund",        "finance,liaison", "finance,liaison"},
    {"person",      "inventor",        ""},
    {"unincorporated", "firm,liaison", "firm,liaison"},
    {"department",  "department",      "department,liaison"},
    {"centre",      "centre",          "centre,liaison"},
};
// clang-format on

Str roles_of_kind(Str kind)
{
    for (size_t i = 0; i < COUNT(kind_roles); i++)
        if (str_same_z(kind, kind_roles[i].kind))
            return str_from(kind_roles[i].first);
    return S("");
}

Str roles_within_kind(Str kind)
{
    for (size_t i = 0; i < COUNT(kind_roles); i++)
        if (str_same_z(kind, kind_roles[i].kind))
            return str_from(kind_roles[i].within);
    return S("");
}

PageAsk page_ask_of(i64 page, i64 size)
{
    return (PageAsk){.page = page_number(page), .size = page_size(size)};
}

Str like_words(Arena *arena, Str words)
{
    Buf out = buf_new(arena);
    buf_char(&out, '%');
    for (size_t i = 0; i < words.len; i++) {
        if (words.data[i] == '%' || words.data[i] == '_' || words.data[i] == '\\')
            buf_char(&out, '\\');
        buf_char(&out, words.data[i]);
    }
    buf_char(&out, '%');
    return buf_str(&out);
}
