/* notify_record.c - the fields of a message and of a wish. */
#include "notify/notify.h"

#include "ident/ident.h"

// clang-format off
static const Code kind_rows[] = {
    {"need_push", "有适合贵方的技术需求",   "A need that fits you"},
    {"item_push", "有适合贵方的成果（专利）", "An item that fits you"},
    {"evaluation", "企业评价待转送",       "An evaluation to pass on"},
    {"feedback",  "专利收到企业评价反馈",   "Firms have spoken on your patent"},
    {"returned",  "企业评价被退回",         "Your evaluation came back"},
    {"lot_admitted", "竞价报名已通过", "You are admitted to the bidding"},
    {"lot_refused", "竞价报名未通过", "You are not admitted to the bidding"},
    {"lot_answered", "报名异议已答复", "Your objection was answered"},
    {"deposit_held", "竞价保证金已到账", "Your deposit has come"},
    {"deposit_refused", "保证金凭证被退回", "Your deposit slip came back"},
    {"deposit_released", "竞价保证金已退还", "Your deposit was paid back"},
    {"deposit_forfeited", "竞价保证金已罚没", "Your deposit is forfeited"},
};
const CodeList message_kinds = CODE_LIST("message_kind", kind_rows);

static const Code state_rows[] = {
    {"unread", "未读", "Unread"}, {"read", "已读", "Read"}, {"done", "已办", "Done"},
};
const CodeList message_states = CODE_LIST("message_state", state_rows);

static const Code digest_rows[] = {
    {"none", "逐条", "One by one"}, {"daily", "每日汇总（08:00）", "Daily, at 08:00"}, {"weekly", "每周一汇总（08:00）", "Mondays at 08:00"},
};
const CodeList notice_digests = CODE_LIST("notice_digest", digest_rows);

static const Field message_fields[] = {
    RECORD_HEAD_FIELDS(Message),
    {AT(Message, account_id), F_REF,  "收件人", "To",       FORM_OFF, SEE_OWNER, NULL, .ref = &account_type},
    {AT(Message, org_id),     F_REF,  "单位",   "Unit",     FORM_OFF, SEE_OWNER, NULL, .ref = &org_type},
    {AT(Message, kind),       F_CODE, "类型",   "Kind",     FORM_OFF, SEE_OWNER, NULL, .codes = &message_kinds},
    {AT(Message, about),      F_TEXT, "事项",   "About",    FORM_OFF, SEE_OWNER, NULL, .max = 40},
    {AT(Message, about_id),   F_INT,  "事项编号", "No.",    FORM_OFF, SEE_OWNER, NULL},
    {AT(Message, state),      F_CODE, "状态",   "State",    FORM_OFF, SEE_OWNER, NULL, .codes = &message_states},
    {AT(Message, due_ms),     F_TIME, "办理期限", "Due",    FORM_OFF, SEE_OWNER, NULL},
    {AT(Message, at_ms),      F_TIME, "送达时间", "Came",   FORM_OFF, SEE_OWNER, NULL},
};
const RecordType message_type = {"message", "消息", "Message", sizeof(Message), message_fields, COUNT(message_fields), "account_id,state,at_ms|account_id,at_ms|about,about_id"};

static const Field wish_fields[] = {
    RECORD_HEAD_FIELDS(NoticeWish),
    {AT(NoticeWish, account_id),      F_REF,  "账号",         "Account",        FORM_OFF | UNIQUE, SEE_OWNER, NULL, .ref = &account_type},
    {AT(NoticeWish, org_id),          F_REF,  "单位",         "Unit",           FORM_OFF, SEE_OWNER, NULL, .ref = &org_type},
    {AT(NoticeWish, quiet_from_min),  F_INT,  "免打扰开始（分钟）", "Quiet from, minutes", 0, SEE_OWNER, NULL, .max = 1439},
    {AT(NoticeWish, quiet_until_min), F_INT,  "免打扰结束（分钟）", "Quiet until, minutes", 0, SEE_OWNER, NULL, .max = 1439},
    {AT(NoticeWish, digest),          F_CODE, "推送方式",     "Digest",         0, SEE_OWNER, NULL, .codes = &notice_digests},
    {AT(NoticeWish, cap_week),        F_INT,  "每周上限",     "At most a week", 0, SEE_OWNER, NULL, .max = 1000},
};
const RecordType notice_wish_type = {"notice_wish", "推送设置", "Wishes on pushes", sizeof(NoticeWish), wish_fields, COUNT(wish_fields), NULL};
// clang-format on
