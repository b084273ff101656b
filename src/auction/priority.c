/* priority.c - see priority.h. */
#include "auction/priority.h"

#include "auction/day_rules.h"
#include "ident/ident.h"

#include <string.h>

// clang-format off
static const Code ground_rows[] = {
    {"inventor",  "职务技术成果完成人（民法典第 847 条）", "Inventor of a service invention (Civil Code 847)"},
    {"client",    "委托开发的委托人（民法典第 859 条）",   "Client of a commissioned development (859)"},
    {"developer", "合作开发的其他当事人（民法典第 860 条）", "Other developer of a joint one (860)"},
    {"agreed",    "合同约定的优先购买权人",               "By agreement"},
};
const CodeList priority_grounds = CODE_LIST("priority_ground", ground_rows);

static const Code way_rows[] = {
    {"letter",     "书面送达",   "Letter"},
    {"electronic", "电子送达",   "Electronic"},
    {"public",     "公告送达",   "In public"},
};
const CodeList priority_ways = CODE_LIST("priority_way", way_rows);

static const FlowState states[] = {
    [PRIORITY_SENT]      = {"sent",      "待答复", "Told",      FLOW_START},
    [PRIORITY_EXERCISED] = {"exercised", "行使",   "Exercises", FLOW_END},
    [PRIORITY_WAIVED]    = {"waived",    "放弃",   "Waived",    FLOW_END},
    [PRIORITY_LAPSED]    = {"lapsed",    "逾期视为放弃", "Deemed waived", FLOW_END},
    [PRIORITY_WITHDRAWN] = {"withdrawn", "已撤回", "Withdrawn", FLOW_END},
};
static const FlowEdge edges[] = {
    {PRIORITY_SENT, "exercise", PRIORITY_EXERCISED, "行使优先购买权", "Exercise the right", WHO_BINDS | WHO_OPERATOR, NULL},
    {PRIORITY_SENT, "waive",    PRIORITY_WAIVED,    "放弃优先购买权", "Waive the right",    WHO_BINDS | WHO_OPERATOR, NULL, true},
    {PRIORITY_SENT, "lapse",    PRIORITY_LAPSED,    "逾期视为放弃",   "Deemed waived",      WHO_CLOCK, NULL},
    {PRIORITY_SENT, "withdraw", PRIORITY_WITHDRAWN, "撤回通知",       "Withdraw",           WHO_OPERATOR, NULL, true},
};
const Flow priority_notice_flow = FLOW_OF("priority_notice", "优先购买权通知", "Notice to a holder", states, edges);

static const Field fields[] = {
    RECORD_HEAD_FIELDS(PriorityNotice),
    {AT(PriorityNotice, lot_id),   F_REF,  "竞价标的", "Lot",    FORM_OFF | INDEXED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(PriorityNotice, org_id),   F_REF,  "权利人单位", "Holder", FORM_OFF | INDEXED, SEE_OWNER, NULL, .ref = &org_type},
    {AT(PriorityNotice, ground),   F_CODE, "依据",     "Ground", FORM_OFF, SEE_PUBLIC, NULL, .codes = &priority_grounds},
    {AT(PriorityNotice, rank),     F_INT,  "顺位",     "Rank",   FORM_OFF, SEE_PUBLIC, NULL},
    {AT(PriorityNotice, way),      F_CODE, "通知方式", "Way",    FORM_OFF, SEE_OWNER, NULL, .codes = &priority_ways},
    {AT(PriorityNotice, sent_ms),  F_TIME, "通知时间", "Told",   FORM_OFF, SEE_PUBLIC, NULL},
    {AT(PriorityNotice, until_ms), F_TIME, "答复期限", "Answer by", FORM_OFF, SEE_PUBLIC, NULL},
    {AT(PriorityNotice, proof),    F_TEXT, "送达证明", "Proof",  FORM_OFF, SEE_OWNER, NULL},
    {AT(PriorityNotice, answered_ms), F_TIME, "答复时间", "Answered", FORM_OFF, SEE_PUBLIC, NULL},
    {AT(PriorityNotice, reason),   F_TEXT, "说明",     "In words", FORM_OFF, SEE_OWNER, NULL, .max = 200},
    {AT(PriorityNotice, state),    F_STATE, "状态",    "State",  FORM_OFF | INDEXED, SEE_PUBLIC, NULL, .flow = &priority_notice_flow},
};
const RecordType priority_notice_type = {"priority_notice", "优先购买权通知", "Notice to a holder", sizeof(PriorityNotice), fields, COUNT(fields), NULL};
// clang-format on

/* ---- what others ask ---- */

Err lot_priority_rank(Cx *cx, i64 lot_id, i64 org_id, i64 *ret_rank)
{
    return DB_INT(cx, ret_rank, 0,
                  "SELECT COALESCE(MIN(rank), 0) FROM priority_notice WHERE lot_id = ?1 AND org_id "
                  "= ?2 AND state = ?3",
                  BIND_INT(lot_id), BIND_INT(org_id), BIND_INT(PRIORITY_EXERCISED));
}

enum { HOLDERS_MAX = 50 };

static Err holders_of(Cx *cx, i64 lot_id, PriorityNotice **ret, size_t *ret_count)
{
    Rows rows;
    PriorityNotice *found = ARENA_NEW(cx->arena, PriorityNotice, HOLDERS_MAX);
    size_t count = 0;
    Err e = RECORD_QUERY(cx, &priority_notice_type, &rows,
                         "WHERE lot_id = ?1 AND state <> ?2 ORDER BY rank, id LIMIT ?3",
                         BIND_INT(lot_id), BIND_INT(PRIORITY_WITHDRAWN), BIND_INT(HOLDERS_MAX));
    if (e)
        return e;
    while (count < HOLDERS_MAX && rows_next(&rows))
        record_read_row(cx, &priority_notice_type, &rows, &found[count++]);
    *ret = found;
    *ret_count = count;
    return rows_end(&rows);
}

static i64 term_of(Str way)
{
    return str_same(way, S("public")) ? PRIORITY_PUBLIC_DAYS : PRIORITY_TOLD_DAYS;
}

Err priority_told(Cx *cx, i64 lot_id, i64 ms)
{
    PriorityNotice *holders = NULL;
    size_t count = 0;
    Err e = holders_of(cx, lot_id, &holders, &count);
    for (size_t i = 0; !e && i < count; i++) {
        i64 date = day_add(time_date(holders[i].sent_ms), term_of(holders[i].way));
        bool answered =
            holders[i].state == PRIORITY_EXERCISED || holders[i].state == PRIORITY_WAIVED;
        if (!answered && time_date(ms) < date)
            e = err_set_arg(cx, ERR_STATE, NULL, "priority.told_late",
                            date_format(cx->arena, date));
    }
    return e;
}

Err priority_words(Cx *cx, i64 lot_id, Str *ret)
{
    PriorityNotice *holders = NULL;
    size_t count = 0;
    Buf out = buf_new(cx->arena);
    Err e = holders_of(cx, lot_id, &holders, &count);
    for (size_t i = 0; !e && i < count; i++) {
        const Code *ground = code_find(&priority_grounds, holders[i].ground);
        Str args[] = {str_format(cx->arena, "%lld", (long long)holders[i].rank),
                      str_from(ground ? ground->zh : "")};
        buf_z(&out, i ? "\n" : "");
        buf_add(&out, text_say(cx->arena, LANG_ZH, "priority.holder", args, COUNT(args)));
    }
    if (!e)
        *ret = buf_str(&out);
    return e;
}

/* ---- priority_notice.send ---- */

typedef struct SendIn {
    i64 lot_id;
    Str code;
    Str ground;
    i64 rank;
    Str way;
    i64 sent_ms;
    i64 until_ms;
    Str proof;
} SendIn;

typedef struct AnswerIn {
    i64 id;
    Str reason;
} AnswerIn;

typedef struct ListIn {
    i64 lot_id;
} ListIn;

static Val *reply_of(Cx *cx, const PriorityNotice *notice)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", notice->id);
    val_set_z(cx->arena, map, "state", flow_state_name(&priority_notice_flow, notice->state));
    return map;
}

static Err holder_of(Cx *cx, const SendIn *in, const Lot *lot, PriorityNotice *ret)
{
    Org holder = {0};
    u8 bytes[32];
    i64 there = 0;
    Err e = org_by_code(cx, str_trim(in->code), &holder);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set_arg(cx, ERR_INPUT, "code", "priority.no_unit", in->code);
    }
    if (!e && (holder.left_ms || holder.id == lot->org_id))
        e = err_set_arg(cx, ERR_INPUT, "code", "priority.unit_wrong", holder.name);
    if (!e && in->proof.len && !hex_to(in->proof, bytes, COUNT(bytes)))
        e = err_set(cx, ERR_INPUT, "proof", "priority.no_file");
    if (!e)
        e = DB_INT(cx, &there, 0,
                   "SELECT COUNT(*) FROM priority_notice WHERE lot_id = ?1 AND org_id = ?2 AND "
                   "ground = ?3 AND state <> ?4",
                   BIND_INT(lot->id), BIND_INT(holder.id), BIND_STR(in->ground),
                   BIND_INT(PRIORITY_WITHDRAWN));
    if (!e && there)
        e = err_set_arg(cx, ERR_CONFLICT, "code", "priority.told_already", holder.name);
    ret->org_id = holder.id;
    return e;
}

static Err send_run(Cx *cx, const void *arg, Val **ret)
{
    const SendIn *in = arg;
    Lot lot = {0};
    PriorityNotice notice = {.lot_id = in->lot_id,
                             .ground = in->ground,
                             .rank = in->rank ? in->rank : 1,
                             .way = in->way,
                             .sent_ms = in->sent_ms ? in->sent_ms : cx->arrived_ms,
                             .proof = in->proof,
                             .state = PRIORITY_SENT};
    Err e = lot_load(cx, in->lot_id, &lot);
    if (!e && lot.state != LOT_SCHEDULED)
        e = err_set_arg(cx, ERR_STATE, "lot_id", "priority.lot_begun", lot.title);
    if (!e && notice.sent_ms > cx->arrived_ms)
        e = err_set(cx, ERR_INPUT, "sent_ms", "priority.sent_later");
    notice.until_ms = in->until_ms ? in->until_ms : lot.open_ms;
    if (!e && (notice.until_ms <= cx->arrived_ms || notice.until_ms > lot.open_ms))
        e = err_set_arg(cx, ERR_INPUT, "until_ms", "priority.until_wrong",
                        time_format(cx->arena, lot.open_ms));
    if (!e)
        e = holder_of(cx, in, &lot, &notice);
    if (!e)
        e = fact_create(
            cx, &priority_notice_type, &notice,
            (FactNote){"priority_notice.sent", notice.rank, str_z(cx->arena, in->ground), lot.id});
    if (!e)
        *ret = reply_of(cx, &notice);
    return e;
}

/* ---- the answers ---- */

/* The exchange, and the unit that was told; to everybody else it does not exist. */
static Err load_seen(Cx *cx, i64 id, PriorityNotice *ret, unsigned *ret_who)
{
    Err e = record_load(cx, &priority_notice_type, id, ret);
    if (e)
        return e;
    *ret_who = who_of(cx, ret->org_id, false);
    if (*ret_who & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL | WHO_CLOCK))
        return ERR_OK;
    const char *name = cx->lang == LANG_EN ? priority_notice_type.en : priority_notice_type.zh;
    return err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(name));
}

static Err answer_run(Cx *cx, const void *arg, Val **ret)
{
    static const char *const facts[][2] = {{"exercise", "priority_notice.exercised"},
                                           {"waive", "priority_notice.waived"},
                                           {"lapse", "priority_notice.lapsed"},
                                           {"withdraw", "priority_notice.withdrawn"}};
    const AnswerIn *in = arg;
    const char *action = strchr(cx->doing, '.') + 1, *fact = NULL;
    PriorityNotice notice = {0};
    unsigned who = 0;
    Err e = load_seen(cx, in->id, &notice, &who);
    if (!e)
        e = flow_step(cx, &priority_notice_flow, notice.state, action, who, &notice, &notice.state);
    bool over = cx->arrived_ms >= notice.until_ms, lapses = strcmp(action, "lapse") == 0;
    if (!e && lapses != over && strcmp(action, "withdraw") != 0)
        e = err_set_arg(cx, ERR_STATE, NULL, over ? "priority.answer_late" : "auction.not_due",
                        time_format(cx->arena, notice.until_ms));
    for (size_t i = 0; i < COUNT(facts); i++)
        fact = strcmp(action, facts[i][0]) == 0 ? facts[i][1] : fact;
    assert(fact);
    if (e)
        return e;
    notice.answered_ms = cx->arrived_ms;
    notice.reason = str_trim(in->reason);
    e = fact_change(cx, &priority_notice_type, &notice,
                    (FactNote){fact, notice.rank, NULL, notice.lot_id});
    if (!e)
        *ret = reply_of(cx, &notice);
    return e;
}

/* ---- priority_notice.list ---- */

/* To the public a holder is a ground, a rank and an answer. */
static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    i64 lot_id = ((const ListIn *)arg)->lot_id;
    PriorityNotice *holders = NULL;
    size_t count = 0;
    Val *items = val_list(cx->arena);
    Err e = holders_of(cx, lot_id, &holders, &count);
    for (size_t i = 0; !e && i < count; i++) {
        See level = see_level(cx, holders[i].org_id, false);
        unsigned who = who_of(cx, holders[i].org_id, false);
        Str name = S("");
        Val *val = record_val(cx, &priority_notice_type, &holders[i], level);
        if (level >= SEE_OWNER)
            e = org_name(cx, holders[i].org_id, &name);
        val_set_str(cx->arena, val, "org", name);
        val_set(cx->arena, val, "acts",
                flow_acts(cx, &priority_notice_flow, holders[i].state, who & ~(unsigned)WHO_CLOCK));
        val_push(cx->arena, items, val);
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "lot_id", lot_id);
    val_set(cx->arena, *ret, "items", items);
    return ERR_OK;
}

/* ---- the table ---- */

// clang-format off
static const Field send_in[] = {
    {AT(SendIn, lot_id),   F_REF,  "竞价标的", "Lot",    REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(SendIn, code),     F_TEXT, "权利人信用代码", "Credit code of the holder", REQUIRED, SEE_PUBLIC, NULL, .max = 40, .help_zh = "个人填其参与竞价的单位。", .help_en = "Of a person: the unit that he bids by."},
    {AT(SendIn, ground),   F_CODE, "依据",     "Ground", REQUIRED, SEE_PUBLIC, NULL, .codes = &priority_grounds},
    {AT(SendIn, rank),     F_INT,  "顺位",     "Rank",   0, SEE_PUBLIC, NULL, .max = PRIORITY_RANK_MAX, .help_zh = "数字小的在先；留空为 1。", .help_en = "The lower comes first; 1 when left empty."},
    {AT(SendIn, way),      F_CODE, "通知方式", "Way",    REQUIRED, SEE_PUBLIC, NULL, .codes = &priority_ways},
    {AT(SendIn, sent_ms),  F_TIME, "通知时间", "Told",   0, SEE_PUBLIC, NULL, .help_zh = "留空为现在。", .help_en = "Now when left empty."},
    {AT(SendIn, until_ms), F_TIME, "答复期限", "Answer by", 0, SEE_PUBLIC, NULL, .help_zh = "留空为竞价开始时。", .help_en = "The opening when left empty."},
    {AT(SendIn, proof),    F_TEXT, "送达证明文件", "Proof", 0, SEE_PUBLIC, NULL, .max = 64},
};
static const Field answer_in[] = {
    {AT(AnswerIn, id),     F_REF,  "编号", "No.",      REQUIRED, SEE_PUBLIC, NULL},
    {AT(AnswerIn, reason), F_TEXT, "说明", "In words", 0, SEE_PUBLIC, NULL, .max = 200},
};
static const Field list_in[] = {
    {AT(ListIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
};

static const Op ops[] = {
    {"priority_notice.list",     "优先购买权人",   "Holders of a right", OP_READ,  0, WHO_PUBLIC, OP_IN(ListIn, list_in), NULL, list_run, NULL, NULL},
    {"priority_notice.send",     "通知优先购买权人", "Tell a holder",    OP_WRITE, 0, WHO_OPERATOR, OP_IN(SendIn, send_in), NULL, send_run, "竞价公告发布 3 日前通知；逾期不答复视为放弃。", "3 days before the notice of the lot; no answer is a waiver."},
    {"priority_notice.exercise", "行使优先购买权", "Exercise the right", OP_WRITE, OP_SECOND, WHO_BINDS | WHO_OPERATOR, OP_IN(AnswerIn, answer_in), NULL, answer_run, "仍须报名并通过审核。", "It has still to apply and be admitted."},
    {"priority_notice.waive",    "放弃优先购买权", "Waive the right",    OP_WRITE, OP_DANGER | OP_SECOND, WHO_BINDS | WHO_OPERATOR, OP_IN(AnswerIn, answer_in), NULL, answer_run, NULL, NULL},
    {"priority_notice.lapse",    "逾期视为放弃",   "Deemed waived",      OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK | WHO_LOCAL, OP_IN(AnswerIn, answer_in), NULL, answer_run, NULL, NULL},
    {"priority_notice.withdraw", "撤回通知",       "Withdraw",           OP_WRITE, OP_DANGER, WHO_OPERATOR, OP_IN(AnswerIn, answer_in), NULL, answer_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&priority_notice_type};
static const Flow *const flows[] = {&priority_notice_flow};
static const CodeList *const codes[] = {&priority_grounds, &priority_ways};

const Room priority_room = {.name = "priority",
                            .types = types,
                            .type_count = COUNT(types),
                            .flows = flows,
                            .flow_count = COUNT(flows),
                            .ops = ops,
                            .op_count = COUNT(ops),
                            .codes = codes,
                            .code_count = COUNT(codes)};
