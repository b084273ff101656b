/* push_record.c - the fields and the flow of pushes. */
#include "push/push_int.h"

#include "ident/ident.h"
#include "people/people.h"
#include "registry/registry.h"

// clang-format off
static const Code subject_rows[] = {
    {"need", "需求（公开）", "Need, as published"}, {"own", "本企业需求", "A firm's own need"},
    {"listing", "挂牌项目", "Listing"},            {"org", "企业简介", "A firm's intro"},
};
const CodeList push_subjects = CODE_LIST("push_subject", subject_rows);

static const Code way_rows[] = {
    {"need", "需求推送", "Needs pushed"}, {"item", "成果（专利）推送", "Offers pushed"},
};
const CodeList push_ways = CODE_LIST("push_way", way_rows);

static const Code cause_rows[] = {
    {"cap", "达到每周上限", "Weekly cap"},       {"quiet", "免打扰时段", "Quiet hours"},
    {"digest", "等待汇总推送", "Waits for the digest"}, {"no_reader", "单位尚无可接收的账号", "No account to read it"},
    {"by_hand", "经办人暂缓", "Put off by hand"},
    {"opt_out", "本人已关闭推送", "Opted out"},  {"own_unit", "本单位", "The own unit"},
    {"conflict", "已申报利害关系", "Declared conflict"}, {"gone", "已撤下", "Withdrawn meanwhile"},
};
const CodeList push_causes = CODE_LIST("push_cause", cause_rows);

static const Code answer_rows[] = {
    {"interested", "感兴趣", "Interested"}, {"ask_more", "想了解更多", "Tell us more"}, {"not_for_us", "不适合", "Not for us"},
};
const CodeList push_answers = CODE_LIST("push_answer", answer_rows);

/* After the kinds of feedback that technology marketplaces sort firms' answers into. */
static const Code reason_rows[] = {
    {"too_early", "成熟度不足", "Too early"},          {"benefit_unclear", "效益不明", "Benefit unclear"},
    {"route_unclear", "产业化路径不明", "No route to market"}, {"text_unclear", "说明不清", "Description unclear"},
    {"science", "技术可行性存疑", "Science in doubt"},  {"price", "价格偏高", "Too dear"},
    {"have_own", "已有同类技术", "Have our own"},       {"other_field", "不属于本企业领域", "Not our field"},
    {"other", "其他", "Other"},
};
const CodeList push_reasons = CODE_LIST("push_reason", reason_rows);

static const FlowState states[] = {
    [PUSH_DUE]      = {"due",      "待推送", "Due",      FLOW_START},
    [PUSH_DEFERRED] = {"deferred", "顺延",   "Deferred", FLOW_MIDDLE},
    [PUSH_SENT]     = {"sent",     "已推送", "Sent",     FLOW_MIDDLE},
    [PUSH_SEEN]     = {"seen",     "已查看", "Seen",     FLOW_MIDDLE},
    [PUSH_REPLIED]  = {"replied",  "已答复", "Answered", FLOW_MIDDLE},
    [PUSH_CLAIMED]  = {"claimed",  "已认领", "Claimed",  FLOW_MIDDLE},
    [PUSH_MET]      = {"met",      "已对接", "Met",      FLOW_MIDDLE},
    [PUSH_SIGNED]   = {"signed",   "已签约", "Signed",   FLOW_END},
    [PUSH_BARRED]   = {"barred",   "不推送", "Not sent", FLOW_END},
};

#define SENDERS (WHO_CLOCK | WHO_LOCAL)
#define READERS (WHO_OWNER | WHO_SELF)
#define RESULTS (WHO_OWNER | WHO_SELF | WHO_PARTY | WHO_OPERATOR)

static const FlowEdge edges[] = {
    {PUSH_DUE,      "send",  PUSH_SENT,     "推送", "Send",       SENDERS, NULL},
    {PUSH_DUE,      "defer", PUSH_DEFERRED, "暂缓", "Put off",    SENDERS | WHO_OPERATOR, NULL},
    {PUSH_DUE,      "bar",   PUSH_BARRED,   "不推送", "Do not send", SENDERS | WHO_OPERATOR, NULL, true},
    {PUSH_DEFERRED, "send",  PUSH_SENT,     "推送", "Send",       SENDERS, NULL},
    {PUSH_DEFERRED, "defer", PUSH_DEFERRED, "暂缓", "Put off",    SENDERS | WHO_OPERATOR, NULL},
    {PUSH_DEFERRED, "bar",   PUSH_BARRED,   "不推送", "Do not send", SENDERS | WHO_OPERATOR, NULL, true},
    {PUSH_SENT,     "see",   PUSH_SEEN,     "查看", "Seen",       READERS | SENDERS, NULL},
    {PUSH_SENT,     "reply", PUSH_REPLIED,  "答复", "Answer",     READERS, NULL},
    {PUSH_SEEN,     "reply", PUSH_REPLIED,  "答复", "Answer",     READERS, NULL},
    {PUSH_REPLIED,  "reply", PUSH_REPLIED,  "改答", "Answer anew", READERS, NULL},
    {PUSH_REPLIED,  "claim", PUSH_CLAIMED,  "认领", "Claim",      RESULTS, NULL},
    {PUSH_REPLIED,  "meet",  PUSH_MET,      "登记对接", "Met",    RESULTS, NULL},
    {PUSH_CLAIMED,  "meet",  PUSH_MET,      "登记对接", "Met",    RESULTS, NULL},
    {PUSH_MET,      "sign",  PUSH_SIGNED,   "登记签约", "Signed", RESULTS, NULL},
};
const Flow push_flow = FLOW_OF("push", "推送", "Push", states, edges);

static const Field plan_fields[] = {
    RECORD_HEAD_FIELDS(PushPlan),
    {AT(PushPlan, about),     F_CODE, "对象",   "Of",        FORM_OFF, SEE_OPERATOR, NULL, .codes = &push_subjects},
    {AT(PushPlan, about_id),  F_INT,  "对象编号", "No.",     FORM_OFF, SEE_OPERATOR, NULL},
    {AT(PushPlan, about_rev), F_INT,  "对象版本", "Revision planned", FORM_OFF, SEE_OPERATOR, NULL},
    {AT(PushPlan, field),     F_CODE, "产业领域", "Field",   FORM_OFF, SEE_OPERATOR, NULL, .codes = &industry_fields},
    {AT(PushPlan, should),    F_INT,  "应推数", "To reach",  FORM_OFF, SEE_OPERATOR, NULL},
    {AT(PushPlan, threshold), F_INT,  "门槛",   "Threshold", FORM_OFF, SEE_OPERATOR, NULL},
};
const RecordType push_plan_type = {"push_plan", "推送计划", "Push plan", sizeof(PushPlan), plan_fields, COUNT(plan_fields), "about,about_id"};

static const Field push_fields[] = {
    RECORD_HEAD_FIELDS(Push),
    {AT(Push, pair),           F_TEXT,  "对应关系", "Pair",      FORM_OFF | UNIQUE, SEE_OPERATOR, NULL, .max = 80},
    {AT(Push, way),            F_CODE,  "方向",     "Way",       FORM_OFF | LISTED, SEE_OWNER, NULL, .codes = &push_ways},
    {AT(Push, org_id),         F_REF,   "接收单位", "Receiver",  FORM_OFF | LISTED, SEE_OWNER, NULL, .ref = &org_type},
    {AT(Push, account_id),     F_REF,   "接收人",   "Person",    FORM_OFF, SEE_OWNER, NULL, .ref = &account_type},
    {AT(Push, need_id),        F_REF,   "需求",     "Need",      FORM_OFF | LISTED, SEE_OWNER, NULL, .ref = &need_public_type},
    {AT(Push, patent_id),      F_REF,   "专利",     "Patent",    FORM_OFF | LISTED, SEE_OWNER, NULL, .ref = &patent_type},
    {AT(Push, achievement_id), F_REF,   "成果",     "Achievement", FORM_OFF | LISTED, SEE_OWNER, NULL, .ref = &achievement_type},
    {AT(Push, via_id),         F_INT,   "依据需求", "By need",   FORM_OFF, SEE_OWNER, NULL},
    {AT(Push, field),          F_CODE,  "产业领域", "Field",     FORM_OFF | LISTED, SEE_OWNER, NULL, .codes = &industry_fields},
    {AT(Push, score),          F_INT,   "匹配度",   "Score",     FORM_OFF | LISTED, SEE_OWNER, NULL},
    {AT(Push, terms),          F_LIST,  "匹配词",   "Terms",     FORM_OFF | LISTED, SEE_OWNER, NULL},
    {AT(Push, state),          F_STATE, "状态",     "State",     FORM_OFF | LISTED, SEE_OWNER, NULL, .flow = &push_flow},
    {AT(Push, cause),          F_CODE,  "原因",     "Cause",     FORM_OFF, SEE_OPERATOR, NULL, .codes = &push_causes},
    {AT(Push, until_ms),       F_TIME,  "顺延至",   "Until",     FORM_OFF, SEE_OPERATOR, NULL},
    {AT(Push, sent_ms),        F_TIME,  "推送时间", "Sent",      FORM_OFF | LISTED, SEE_OWNER, NULL},
    {AT(Push, seen_ms),        F_TIME,  "查看时间", "Seen",      FORM_OFF, SEE_OWNER, NULL},
    {AT(Push, answered_ms),    F_TIME,  "答复时间", "Answered",  FORM_OFF, SEE_OWNER, NULL},
    {AT(Push, answer),         F_CODE,  "答复",     "Answer",    FORM_OFF | LISTED, SEE_OWNER, NULL, .codes = &push_answers},
    {AT(Push, answer_cause),   F_CODE,  "原因",     "Why not",   FORM_OFF, SEE_OWNER, NULL, .codes = &push_reasons},
    {AT(Push, by_id),          F_REF,   "推送人",   "By",        FORM_OFF, SEE_OPERATOR, NULL, .ref = &account_type},
};
const RecordType push_type = {"push", "推送", "Push", sizeof(Push), push_fields, COUNT(push_fields),
                              "state,until_ms|org_id,account_id,state|account_id,state|need_id,state|patent_id|achievement_id|field,sent_ms|by_id,state"};

static const Field target_fields[] = {
    RECORD_HEAD_FIELDS(PushTarget),
    {AT(PushTarget, org_id), F_REF,  "中心",     "Centre", FORM_OFF | INDEXED, SEE_SIGNED, NULL, .ref = &org_type},
    {AT(PushTarget, year),   F_INT,  "年度",     "Year",   FORM_OFF, SEE_SIGNED, NULL},
    {AT(PushTarget, field),  F_CODE, "产业领域", "Field",  FORM_OFF, SEE_SIGNED, NULL, .codes = &industry_fields},
    {AT(PushTarget, number), F_INT,  "年度目标", "Target", FORM_OFF, SEE_SIGNED, NULL},
    {AT(PushTarget, name),   F_TEXT, "键",       "Key",    FORM_OFF | UNIQUE, SEE_OPERATOR, NULL},
};
const RecordType push_target_type = {"push_target", "推送目标", "Push target", sizeof(PushTarget), target_fields, COUNT(target_fields), NULL};
// clang-format on
