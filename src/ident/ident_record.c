#include "ident/ident_int.h"

// clang-format off
static const Code org_kind_rows[] = {
    {"university", "高等院校", "University"},      {"institute",  "科研院所", "Institute"},
    {"hospital",   "医疗机构", "Hospital"},        {"firm",       "企业",     "Enterprise"},
    {"exchange",   "交易市场", "Exchange"},        {"department", "主管部门", "Department"},
    {"agency",     "技术转移机构", "Transfer agency"}, {"bank",   "金融机构", "Bank"},
    {"pilot",      "概念验证与中试平台", "Pilot platform"}, {"other", "其他", "Other"},
};
const CodeList org_kinds = CODE_LIST("org_kind", org_kind_rows);

static const Code role_rows[] = {
    {"office", "转移办公室", "Transfer office"}, {"inventor", "发明人", "Inventor"},
    {"firm", "企业", "Enterprise"},             {"manager", "技术经理人", "Technology manager"},
    {"expert", "专家", "Expert"},               {"operator", "交易市场", "Exchange operator"},
    {"department", "主管部门", "Department"},    {"finance", "金融机构", "Finance"},
    {"system", "系统管理员", "System administrator"}, {"security", "安全管理员", "Security administrator"},
    {"audit", "审计管理员", "Audit administrator"},
};
const CodeList role_codes = CODE_LIST("role", role_rows);

const Field org_fields[ORG_FIELD_COUNT] = {
    RECORD_HEAD_FIELDS(Org),
    {AT(Org, code),      F_TEXT,  "统一社会信用代码", "Credit code",  REQUIRED | UNIQUE | LISTED, SEE_PUBLIC, NULL, .max = 40},
    {AT(Org, name),      F_TEXT,  "单位名称",         "Name",         REQUIRED | LISTED | SEARCH_5, SEE_PUBLIC, NULL, .min = 2, .max = 100},
    {AT(Org, kind),      F_CODE,  "单位类型",         "Kind",         REQUIRED | INDEXED | LISTED, SEE_PUBLIC, NULL, .codes = &org_kinds},
    {AT(Org, division),  F_TEXT,  "行政区划代码",     "Division",     0, SEE_PUBLIC, NULL, .max = 6},
    {AT(Org, city),      F_TEXT,  "所在城市",         "City",         LISTED, SEE_PUBLIC, NULL, .max = 40},
    {AT(Org, intro),     F_PROSE, "简介",             "About",        SEARCH_1, SEE_PUBLIC, NULL, .max = 2000},
    {AT(Org, contact),   F_TEXT,  "联系部门",         "Contact",      0, SEE_PUBLIC, NULL, .max = 60},
    {AT(Org, phone),     F_TEXT,  "联系电话",         "Phone",        0, SEE_SIGNED, NULL, .max = 40},
    {AT(Org, parent_id), F_REF,   "上级单位",         "Parent",       FORM_OFF, SEE_PUBLIC, NULL, .ref = &org_type},
};
const RecordType org_type = {"org", "单位", "Organisation", sizeof(Org), org_fields, COUNT(org_fields), NULL};

static const Field account_fields[] = {
    RECORD_HEAD_FIELDS(Account),
    {AT(Account, login),           F_TEXT, "登录名",   "Login",        REQUIRED | UNIQUE, SEE_OWNER, NULL, .min = 3, .max = 40},
    {AT(Account, name),            F_TEXT, "姓名",     "Name",         REQUIRED | PERSONAL, SEE_OWNER, NULL, .max = 40},
    {AT(Account, org_id),          F_REF,  "所属单位", "Organisation", REQUIRED | INDEXED, SEE_SIGNED, NULL, .ref = &org_type},
    {AT(Account, password),        F_TEXT, "密码",     "Password",     FORM_OFF, SEE_NOBODY, NULL},
    {AT(Account, tries),           F_INT,  "错误次数", "Wrong tries",  FORM_OFF, SEE_NOBODY, NULL},
    {AT(Account, locked_until_ms), F_TIME, "锁定至",   "Locked until", FORM_OFF, SEE_OPERATOR, NULL},
    {AT(Account, closed),          F_BOOL, "已停用",   "Closed",       FORM_OFF, SEE_OPERATOR, NULL},
};
const RecordType account_type = {"account", "账号", "Account", sizeof(Account), account_fields, COUNT(account_fields), NULL};

static const Field role_grant_fields[] = {
    RECORD_HEAD_FIELDS(RoleGrant),
    {AT(RoleGrant, account_id), F_REF,  "账号",   "Account",      REQUIRED | INDEXED, SEE_OPERATOR, NULL, .ref = &account_type},
    {AT(RoleGrant, org_id),     F_REF,  "单位",   "Organisation", 0, SEE_OPERATOR, NULL, .ref = &org_type},
    {AT(RoleGrant, role),       F_CODE, "角色",   "Role",         REQUIRED, SEE_OPERATOR, NULL, .codes = &role_codes},
    {AT(RoleGrant, until_ms),   F_TIME, "有效至", "Until",        0, SEE_OPERATOR, NULL},
};
const RecordType role_grant_type = {"role_grant", "授权", "Grant", sizeof(RoleGrant), role_grant_fields, COUNT(role_grant_fields), NULL};

static const Field session_fields[] = {
    RECORD_HEAD_FIELDS(Session),
    {AT(Session, token_hash), F_TEXT, "令牌",     "Token",      UNIQUE | FORM_OFF, SEE_NOBODY, NULL},
    {AT(Session, csrf),       F_TEXT, "防伪令牌", "CSRF token", FORM_OFF, SEE_NOBODY, NULL},
    {AT(Session, account_id), F_REF,  "账号",     "Account",    INDEXED | FORM_OFF, SEE_OWNER, NULL, .ref = &account_type},
    {AT(Session, seen_ms),    F_TIME, "最近活动", "Last seen",  FORM_OFF, SEE_OWNER, NULL},
    {AT(Session, ends_ms),    F_TIME, "结束时间", "Ends",       FORM_OFF, SEE_OWNER, NULL},
    {AT(Session, closed),     F_BOOL, "已退出",   "Closed",     FORM_OFF, SEE_OWNER, NULL},
};
const RecordType session_type = {"session", "会话", "Session", sizeof(Session), session_fields, COUNT(session_fields), NULL};
// clang-format on
