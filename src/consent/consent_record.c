/* The record types of the room, and what each kind of text is about. */
#include "consent/consent_int.h"

#include "ident/ident.h"

// clang-format off
static const Code kind_rows[] = {
    {"disclaimer", "免责声明", "Disclaimer"},
    {"nda", "保密协议", "Non-disclosure agreement"},
    {"stage", "现场展示同意书", "Consent to be shown on stage"},
    {"personal", "个人信息单独同意", "Separate consent on personal data"},
    {"co_owner", "共有人同意书", "Co-owner's consent"},
    {"agreement", "委托服务协议", "Service agreement"},
};
const CodeList consent_kinds = CODE_LIST("consent_kind", kind_rows);

static const Code factor_rows[] = {
    {"totp", "一次性动态码", "One-time code"},
    {"off", "未启用", "Turned off"},
    {"local", "服务器代录", "Recorded on the machine"},
};
const CodeList consent_factors = CODE_LIST("consent_factor", factor_rows);

static const ConsentKind kinds[] = {
    /* code         about                      must   whose  signers                   own */
    {"disclaimer",  "listing need lot showing", false,  0,    WHO_SIGNED,               false},
    {"nda",         "listing need patent",     false,  0,    WHO_SIGNED,               false},
    {"stage",       "listing need showing",    true,   1,    WHO_BINDS,                false},
    {"personal",    "",                        false,  0,    WHO_SIGNED,               true},
    {"co_owner",    "listing",                 true,  -1,    WHO_BINDS,                false},
    {"agreement",   "",                        false,  0,    WHO_BINDS,                false},
};

const Field consent_text_fields[CONSENT_TEXT_FIELDS] = {
    RECORD_HEAD_FIELDS(ConsentText),
    {AT(ConsentText, kind),        F_CODE,  "文本类型", "Kind",            REQUIRED | INDEXED, SEE_PUBLIC, NULL, .codes = &consent_kinds},
    {AT(ConsentText, title_zh),    F_TEXT,  "中文标题", "Title, Chinese",  REQUIRED, SEE_PUBLIC, NULL, .min = 2, .max = 60},
    {AT(ConsentText, title_en),    F_TEXT,  "英文标题", "Title, English",  REQUIRED, SEE_PUBLIC, NULL, .min = 2, .max = 100},
    {AT(ConsentText, text_zh),     F_PROSE, "中文正文", "Text, Chinese",   REQUIRED, SEE_PUBLIC, NULL, .min = 20,
     .help_zh = "每段一行；以中文文本为准", .help_en = "A line each paragraph; the Chinese text prevails"},
    {AT(ConsentText, text_en),     F_PROSE, "英文正文", "Text, English",   REQUIRED, SEE_PUBLIC, NULL, .min = 20},
    {AT(ConsentText, from_date),   F_DATE,  "启用日期", "In force from",   0, SEE_PUBLIC, NULL},
    {AT(ConsentText, version),     F_INT,   "版本号",   "Version",         FORM_OFF, SEE_PUBLIC, NULL},
    {AT(ConsentText, is_template), F_BOOL,  "系统模板", "Template",        FORM_OFF, SEE_PUBLIC, NULL},
    {AT(ConsentText, hash),        F_TEXT,  "文本散列", "Hash of the text", FORM_OFF, SEE_PUBLIC, NULL},
};
const RecordType consent_text_type = {"consent_text", "签署文本", "Text to sign", sizeof(ConsentText), consent_text_fields, COUNT(consent_text_fields), "kind,version"};

static const Field consent_fields[] = {
    RECORD_HEAD_FIELDS(Consent),
    {AT(Consent, number),       F_TEXT, "编号",     "Number",       UNIQUE, SEE_PARTY, NULL, .max = 40},
    {AT(Consent, kind),         F_CODE, "文本类型", "Kind",         0, SEE_PARTY, NULL, .codes = &consent_kinds},
    {AT(Consent, text_id),      F_REF,  "文本",     "Text",         0, SEE_PARTY, NULL, .ref = &consent_text_type},
    {AT(Consent, version),      F_INT,  "文本版本", "Version",      0, SEE_PARTY, NULL},
    {AT(Consent, account_id),   F_REF,  "签署人",   "Signed by",    INDEXED, SEE_OWNER, NULL, .ref = &account_type},
    {AT(Consent, org_id),       F_REF,  "签署单位", "Unit",         INDEXED, SEE_PARTY, NULL, .ref = &org_type},
    {AT(Consent, about),        F_TEXT, "项目类型", "About",        0, SEE_PARTY, NULL, .max = 40},
    {AT(Consent, about_id),     F_INT,  "项目编号", "About, no.",   0, SEE_PARTY, NULL},
    {AT(Consent, signed_ms),    F_TIME, "签署时间", "Signed",       0, SEE_PARTY, NULL},
    {AT(Consent, until_date),   F_DATE, "有效期至", "Until",        0, SEE_PARTY, NULL},
    {AT(Consent, factor),       F_CODE, "身份验证", "Proof of identity", 0, SEE_PARTY, NULL, .codes = &consent_factors},
    {AT(Consent, withdrawn_ms), F_TIME, "撤回时间", "Withdrawn",    0, SEE_PARTY, NULL},
    {AT(Consent, withdrawn_by), F_REF,  "撤回人",   "Withdrawn by", 0, SEE_OWNER, NULL, .ref = &account_type},
    {AT(Consent, reason),       F_TEXT, "撤回原因", "Reason",       0, SEE_OWNER, NULL, .max = 200},
    {AT(Consent, content_hash), F_TEXT, "内容散列", "Content hash", 0, SEE_PARTY, NULL},
    {AT(Consent, file_hash),    F_TEXT, "文件散列", "File hash",    UNIQUE, SEE_PARTY, NULL},
    {AT(Consent, pages),        F_INT,  "页数",     "Pages",        0, SEE_PARTY, NULL},
    {AT(Consent, signature),    F_TEXT, "平台签名", "Signature of the exchange", 0, SEE_PARTY, NULL},
};
const RecordType consent_type = {"consent", "签署文件", "Consent", sizeof(Consent), consent_fields, COUNT(consent_fields), "about,about_id,kind"};

static const Field erase_fields[] = {
    RECORD_HEAD_FIELDS(EraseAsk),
    {AT(EraseAsk, account_id), F_REF,   "账号",       "Account",       INDEXED, SEE_OWNER, NULL, .ref = &account_type},
    {AT(EraseAsk, asked_ms),   F_TIME,  "申请时间",   "Asked",         0, SEE_OWNER, NULL},
    {AT(EraseAsk, reason),     F_TEXT,  "申请说明",   "Reason",        0, SEE_OWNER, NULL, .max = 200},
    {AT(EraseAsk, done_ms),    F_TIME,  "处理时间",   "Done",          0, SEE_OWNER, NULL},
    {AT(EraseAsk, until_date), F_DATE,  "封存至",     "Blocked until", 0, SEE_OWNER, NULL},
    {AT(EraseAsk, kept),       F_TEXT,  "保留依据",   "Kept because",  0, SEE_OWNER, NULL, .max = 200},
};
const RecordType erase_ask_type = {"erase_ask", "删除申请", "Request to erase", sizeof(EraseAsk), erase_fields, COUNT(erase_fields), NULL};

static const Field reveal_fields[] = {
    RECORD_HEAD_FIELDS(Reveal),
    {AT(Reveal, account_id), F_REF,  "查看人",   "Seen by",  INDEXED, SEE_OPERATOR, NULL, .ref = &account_type},
    {AT(Reveal, subject_id), F_REF,  "信息主体", "About",    INDEXED, SEE_OPERATOR, NULL, .ref = &account_type},
    {AT(Reveal, type),       F_TEXT, "记录类型", "Record",   0, SEE_OWNER, NULL, .max = 40},
    {AT(Reveal, row_id),     F_INT,  "记录编号", "No.",      0, SEE_OWNER, NULL},
    {AT(Reveal, field),      F_TEXT, "字段",     "Field",    0, SEE_OWNER, NULL, .max = 60},
    {AT(Reveal, reason),     F_TEXT, "查看理由", "Reason",   0, SEE_OWNER, NULL, .max = 200},
};
const RecordType reveal_type = {"reveal", "完整查看", "Full view", sizeof(Reveal), reveal_fields, COUNT(reveal_fields), NULL};
// clang-format on

const ConsentKind *consent_kind(Str code)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_same_z(code, kinds[i].code))
            return &kinds[i];
    return NULL;
}
