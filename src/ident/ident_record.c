#include "ident/ident_int.h"

// clang-format off
static const Code org_kind_rows[] = {
    {"university", "高等院校", "University"},          {"institute", "科研院所", "Institute"},
    {"college", "院系、课题组", "College or group"},    {"hospital", "医疗机构", "Hospital"},
    {"rnd", "新型研发机构", "New-type R&D institute"},  {"metrology", "计量技术机构", "Metrology institute"},
    {"concept", "概念验证中心", "Concept-verification centre"}, {"pilot", "中试平台", "Pilot platform"},
    {"firm", "企业", "Enterprise"},                    {"park", "园区", "Park"},
    {"agency", "技术转移机构", "Transfer agency"},      {"managers", "技术经理人事务所", "Technology managers' office"},
    {"bank", "银行", "Bank"},                          {"insurer", "保险机构", "Insurer"},
    {"fund", "基金", "Fund"},                          {"department", "主管部门", "Department"},
    {"exchange", "交易市场", "Exchange"},              {"coordination", "协调中心", "Coordination centre"},
    {"protection", "知识产权保护中心", "IP protection centre"}, {"centre", "分中心", "Branch centre"},
    {"person", "自然人", "Natural person"},            {"unincorporated", "非法人组织", "Unincorporated body"},
    {"other", "其他", "Other"},
};
const CodeList org_kinds = CODE_LIST("org_kind", org_kind_rows);

static const Code org_level_rows[] = {
    {"national", "国家级", "National"}, {"province", "省级", "Province"},
    {"city", "市级", "City"},           {"county", "县（区）级", "County"},
};
const CodeList org_levels = CODE_LIST("org_level", org_level_rows);

/* Whose business: of a department; of a branch centre whether it has a place or an industry. */
static const Code org_line_rows[] = {
    {"science", "科技", "Science"},          {"ip", "知识产权（市场监管）", "IP and market regulation"},
    {"education", "教育", "Education"},      {"talent", "人才", "Talent office"},
    {"industry", "工业和信息化", "Industry"}, {"agriculture", "农业农村", "Agriculture"},
    {"health", "卫生健康", "Health"},        {"assets", "国资", "State assets"},
    {"finance", "财政金融", "Finance"},      {"academy", "科学院", "Academy of sciences"},
    {"place", "地方分中心", "Centre of a place"}, {"trade", "行业分中心", "Centre of an industry"},
};
const CodeList org_lines = CODE_LIST("org_line", org_line_rows);

static const Code industry_field_rows[] = {
    {"biomed", "生物医药", "Biomedicine"},           {"medtech", "医疗器械", "Medical devices"},
    {"bci", "脑机接口", "Brain-computer interface"}, {"newenergy", "新能源", "New energy"},
    {"materials", "先进材料", "Advanced materials"}, {"equipment", "高端装备", "High-end equipment"},
    {"marine", "船舶与海洋工程装备", "Ships and marine"}, {"ict", "信息通信", "Information and communication"},
    {"iot", "物联网", "Internet of things"},         {"ai", "人工智能", "Artificial intelligence"},
    {"green", "节能环保", "Environment"},            {"aviation", "航空", "Aviation"},
    {"safety", "安全应急", "Safety"},                {"agri", "现代农业", "Agriculture"},
    {"other", "其他", "Other"},
};
const CodeList industry_fields = CODE_LIST("industry_field", industry_field_rows);

static const Code org_mark_rows[] = {
    {"high_tech", "高新技术企业", "High-tech enterprise"},        {"tech_small", "科技型中小企业", "Technology SME"},
    {"specialised", "专精特新", "Specialised and new (专精特新)"}, {"champion", "单项冠军", "Single-product champion"},
    {"chain_lead", "链主企业", "Chain leader"},                  {"ip_model", "知识产权优势示范企业", "IP model enterprise"},
    {"innovation", "技术创新示范企业", "Innovation model"},        {"state", "国有企业", "State-owned"},
    {"central", "中央企业", "Central enterprise"},               {"first_batch", "首批重点企业", "First key batch"},
    {"university_model", "示范高校", "Model university"},         {"university_pilot", "试点示范高校", "Pilot model university"},
};
const CodeList org_marks = CODE_LIST("org_mark", org_mark_rows);

static const Code role_rows[] = {
    {"office", "转移办公室", "Transfer office"}, {"inventor", "发明人", "Inventor"},
    {"firm", "企业", "Enterprise"},             {"manager", "技术经理人", "Technology manager"},
    {"expert", "专家", "Expert"},               {"operator", "交易市场", "Exchange operator"},
    {"department", "主管部门", "Department"},    {"finance", "金融机构", "Finance"},
    {"liaison", "活动联络员", "Liaison"},        {"centre", "分中心", "Branch centre"},
    {"agency", "技术转移机构", "Transfer agency"},
    {"system", "系统管理员", "System administrator"}, {"security", "安全管理员", "Security administrator"},
    {"audit", "审计管理员", "Audit administrator"},
};
const CodeList role_codes = CODE_LIST("role", role_rows);
/* The administrators stand last. */
enum { ADMIN_ROLES = 3 };
const CodeList trade_role_codes = {.name = "role", .codes = role_rows, .count = COUNT(role_rows) - ADMIN_ROLES};
const CodeList admin_role_codes = {.name = "role", .codes = role_rows + COUNT(role_rows) - ADMIN_ROLES, .count = ADMIN_ROLES};

const Field id_fields[ID_FIELD_COUNT] = {
    {AT(IdIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};

const Field org_fields[ORG_FIELD_COUNT] = {
    RECORD_HEAD_FIELDS(Org),
    {AT(Org, code),      F_TEXT,  "统一社会信用代码", "Credit code",  REQUIRED | UNIQUE | LISTED, SEE_PUBLIC, NULL, .max = 40},
    {AT(Org, name),      F_TEXT,  "单位名称",         "Name",         REQUIRED | LISTED | SEARCH_5, SEE_PUBLIC, NULL, .min = 2, .max = 100},
    {AT(Org, kind),      F_CODE,  "单位类型",         "Kind",         REQUIRED | INDEXED | LISTED, SEE_PUBLIC, NULL, .codes = &org_kinds},
    {AT(Org, level),     F_CODE,  "层级",             "Level",        0, SEE_PUBLIC, NULL, .codes = &org_levels},
    {AT(Org, line),      F_CODE,  "业务条线",         "Line",         0, SEE_PUBLIC, NULL, .codes = &org_lines},
    {AT(Org, field),     F_CODE,  "所属产业",         "Industry",     0, SEE_PUBLIC, NULL, .codes = &industry_fields,
     .help_zh = "只有行业分中心填写", .help_en = "Of a centre of an industry alone"},
    {AT(Org, division),  F_TEXT,  "行政区划代码",     "Division",     INDEXED, SEE_PUBLIC, NULL, .max = 6},
    {AT(Org, city),      F_TEXT,  "所在城市",         "City",         LISTED, SEE_PUBLIC, NULL, .max = 40},
    {AT(Org, intro),     F_PROSE, "简介",             "About",        SEARCH_1, SEE_PUBLIC, NULL, .max = 2000},
    {AT(Org, contact),   F_TEXT,  "联系部门",         "Contact",      0, SEE_PUBLIC, NULL, .max = 60},
    {AT(Org, phone),     F_TEXT,  "联系电话",         "Phone",        0, SEE_SIGNED, NULL, .max = 40},
    {AT(Org, parent_id), F_REF,   "上级单位",         "Parent",       INDEXED, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(Org, supervisor_id), F_REF, "主管部门",       "Supervising body", INDEXED, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(Org, agreed_ms), F_TIME,  "签署委托服务协议", "Agreement signed", FORM_OFF, SEE_PARTY, NULL},
    {AT(Org, left_ms),   F_TIME,  "退出时间",         "Left",         FORM_OFF, SEE_PUBLIC, NULL},
};
const RecordType org_type = {"org", "单位", "Organisation", sizeof(Org), org_fields, COUNT(org_fields), NULL};

static const Field org_mark_fields[] = {
    RECORD_HEAD_FIELDS(OrgMark),
    {AT(OrgMark, org_id),     F_REF,  "单位",     "Organisation", REQUIRED | INDEXED, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(OrgMark, mark),       F_CODE, "资质标识", "Mark",         REQUIRED | INDEXED, SEE_PUBLIC, NULL, .codes = &org_marks},
    {AT(OrgMark, source),     F_TEXT, "认定依据", "Source",       0, SEE_PUBLIC, NULL, .max = 100},
    {AT(OrgMark, from_date),  F_DATE, "认定日期", "From",         REQUIRED, SEE_PUBLIC, NULL},
    {AT(OrgMark, until_date), F_DATE, "有效期至", "Until",        0, SEE_PUBLIC, NULL},
};
const RecordType org_mark_type = {"org_mark", "单位资质", "Mark of a unit", sizeof(OrgMark), org_mark_fields, COUNT(org_mark_fields), NULL};

/* Who opens a closed one again depends on it. */
static const Code shutter_rows[] = {
    {"unit", "本单位", "Its unit"}, {"security", "安全管理员", "Security administrator"},
    {"left", "单位退出", "The unit left"}, {"erased", "已删除", "Erased"},
};
const CodeList account_shutters = CODE_LIST("account_shutter", shutter_rows);

static const Field account_fields[] = {
    RECORD_HEAD_FIELDS(Account),
    {AT(Account, login),           F_TEXT, "登录名",   "Login",        REQUIRED | UNIQUE, SEE_OWNER, NULL, .min = 3, .max = 40},
    {AT(Account, name),            F_TEXT, "姓名",     "Name",         REQUIRED | PERSONAL, SEE_OWNER, NULL, .max = 40},
    {AT(Account, email),           F_TEXT, "电子邮箱", "E-mail",       PERSONAL, SEE_OWNER, NULL, .max = 100},
    {AT(Account, phone),           F_TEXT, "手机",     "Mobile",       PERSONAL, SEE_OWNER, NULL, .max = 20},
    {AT(Account, org_id),          F_REF,  "所属单位", "Organisation", REQUIRED | INDEXED, SEE_SIGNED, NULL, .ref = &org_type},
    {AT(Account, password),        F_TEXT, "密码",     "Password",     FORM_OFF, SEE_NOBODY, NULL},
    {AT(Account, password_old),    F_PROSE, "历史密码", "Former passwords", FORM_OFF, SEE_NOBODY, NULL},
    {AT(Account, password_ms),     F_TIME, "密码设置时间", "Password set", FORM_OFF, SEE_OWNER, NULL},
    {AT(Account, must_change),     F_BOOL, "须修改密码", "Must change password", FORM_OFF, SEE_OWNER, NULL},
    {AT(Account, tries),           F_INT,  "错误次数", "Wrong tries",  FORM_OFF, SEE_NOBODY, NULL},
    {AT(Account, code_tries),      F_INT,  "动态码错误次数", "Wrong codes", FORM_OFF, SEE_NOBODY, NULL},
    {AT(Account, locks),           F_INT,  "锁定次数", "Lock-outs",    FORM_OFF, SEE_NOBODY, NULL},
    {AT(Account, locked_until_ms), F_TIME, "锁定至",   "Locked until", FORM_OFF, SEE_OPERATOR, NULL},
    {AT(Account, totp_secret),     F_TEXT, "动态码密钥", "Second factor's secret", FORM_OFF, SEE_NOBODY, NULL},
    {AT(Account, totp_on_ms),      F_TIME, "双因素启用时间", "Second factor since", FORM_OFF, SEE_OWNER, NULL},
    {AT(Account, totp_step),       F_INT,  "动态码步",  "Last step",   FORM_OFF, SEE_NOBODY, NULL},
    {AT(Account, closed),          F_BOOL, "已停用",   "Closed",       FORM_OFF, SEE_OPERATOR, NULL},
    {AT(Account, push_off),        F_BOOL, "不接收个性化推送", "No personal pushes", FORM_OFF, SEE_OWNER, NULL},
    {AT(Account, shut_by),         F_CODE, "停用方",   "Closed by",    FORM_OFF, SEE_OPERATOR, NULL, .codes = &account_shutters},
    {AT(Account, reason),          F_TEXT, "重新启用理由", "Why reopened", FORM_OFF, SEE_OPERATOR, NULL, .max = 200},
};
const RecordType account_type = {"account", "账号", "Account", sizeof(Account), account_fields, COUNT(account_fields), NULL};

static const Field role_grant_fields[] = {
    RECORD_HEAD_FIELDS(RoleGrant),
    {AT(RoleGrant, account_id), F_REF,  "账号",   "Account",      REQUIRED | INDEXED, SEE_OPERATOR, NULL, .ref = &account_type},
    {AT(RoleGrant, org_id),     F_REF,  "单位",   "Organisation", 0, SEE_OPERATOR, NULL, .ref = &org_type},
    {AT(RoleGrant, role),       F_CODE, "角色",   "Role",         REQUIRED, SEE_OPERATOR, NULL, .codes = &role_codes},
    {AT(RoleGrant, from_ms),    F_TIME, "生效",   "From",         0, SEE_OPERATOR, NULL},
    {AT(RoleGrant, until_ms),   F_TIME, "有效至", "Until",        0, SEE_OPERATOR, NULL},
    {AT(RoleGrant, by_id),      F_REF,  "授权人", "Granted by",   FORM_OFF, SEE_OPERATOR, NULL, .ref = &account_type},
};
const RecordType role_grant_type = {"role_grant", "授权", "Grant", sizeof(RoleGrant), role_grant_fields, COUNT(role_grant_fields), NULL};

static const Field session_fields[] = {
    RECORD_HEAD_FIELDS(Session),
    {AT(Session, token_hash), F_TEXT, "令牌",     "Token",      UNIQUE | FORM_OFF, SEE_NOBODY, NULL},
    {AT(Session, csrf),       F_TEXT, "防伪令牌", "CSRF token", FORM_OFF, SEE_NOBODY, NULL},
    {AT(Session, account_id), F_REF,  "账号",     "Account",    INDEXED | FORM_OFF, SEE_OWNER, NULL, .ref = &account_type},
    {AT(Session, seen_ms),    F_TIME, "最近活动", "Last seen",  FORM_OFF, SEE_OWNER, NULL},
    {AT(Session, ends_ms),    F_TIME, "结束时间", "Ends",       FORM_OFF, SEE_OWNER, NULL},
    {AT(Session, second_ms),  F_TIME, "双因素验证时间", "Second factor proved", FORM_OFF, SEE_OWNER, NULL},
    {AT(Session, address),    F_TEXT, "登录地址", "Address",    FORM_OFF, SEE_OWNER, NULL},
    {AT(Session, agent),      F_TEXT, "浏览器",   "Browser",    FORM_OFF, SEE_OWNER, NULL, .max = 300},
    {AT(Session, outside),    F_BOOL, "外部身份登录", "By an outside provider", FORM_OFF, SEE_OWNER, NULL},
    {AT(Session, closed),     F_BOOL, "已退出",   "Closed",     FORM_OFF, SEE_OWNER, NULL},
    {AT(Session, delegation_id), F_INT, "代办委托", "Acts under delegation", FORM_OFF, SEE_OWNER, NULL},
};
const RecordType session_type = {"session", "会话", "Session", sizeof(Session), session_fields, COUNT(session_fields), NULL};

static const Field recovery_code_fields[] = {
    RECORD_HEAD_FIELDS(RecoveryCode),
    {AT(RecoveryCode, account_id), F_REF,  "账号",     "Account", INDEXED | FORM_OFF, SEE_NOBODY, NULL, .ref = &account_type},
    {AT(RecoveryCode, hash),       F_TEXT, "恢复码",   "Code",    FORM_OFF, SEE_NOBODY, NULL},
    {AT(RecoveryCode, used_ms),    F_TIME, "使用时间", "Used",    FORM_OFF, SEE_NOBODY, NULL},
};
const RecordType recovery_code_type = {"recovery_code", "恢复码", "Recovery code", sizeof(RecoveryCode), recovery_code_fields, COUNT(recovery_code_fields), NULL};

static const Field approval_fields[] = {
    RECORD_HEAD_FIELDS(Approval),
    {AT(Approval, state),       F_STATE, "状态",   "State",       INDEXED | FORM_OFF, SEE_OWNER, NULL, .flow = &approval_flow},
    {AT(Approval, op),          F_TEXT,  "操作",   "Act",         FORM_OFF, SEE_OWNER, NULL},
    {AT(Approval, input),       F_PROSE, "内容",   "Input",       FORM_OFF, SEE_OWNER, NULL},
    {AT(Approval, asked_by),    F_REF,   "申请人", "Asked by",    INDEXED | FORM_OFF, SEE_OWNER, NULL, .ref = &account_type},
    {AT(Approval, asked_org),   F_REF,   "申请单位", "Unit",      FORM_OFF, SEE_OWNER, NULL, .ref = &org_type},
    {AT(Approval, until_ms),    F_TIME,  "有效至", "Until",       FORM_OFF, SEE_OWNER, NULL},
    {AT(Approval, answered_by), F_REF,   "复核人", "Answered by", FORM_OFF, SEE_OWNER, NULL, .ref = &account_type},
    {AT(Approval, reason),      F_TEXT,  "理由",   "Reason",      FORM_OFF, SEE_OWNER, NULL, .max = 200},
};
const RecordType approval_type = {"approval", "双人复核", "Act of two persons", sizeof(Approval), approval_fields, COUNT(approval_fields), NULL};
// clang-format on
