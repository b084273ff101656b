/* push.c - the ledger as its readers see it, their answers, and what came of them. */
#include "push/push_int.h"

#include "ident/ident.h"
#include "people/people.h"
#include "registry/registry.h"

/* ---- who is what to a push ---- */

/* WHO_SELF: the person it is for. WHO_OWNER: reads for the unit it is for. WHO_PARTY: pushed it. */
static unsigned who_push(Cx *cx, const Push *push)
{
    unsigned who = who_of(cx, push->org_id, false);
    if (push->account_id) {
        who &= ~(unsigned)WHO_OWNER;
        if (push->account_id == cx->actor.account_id)
            who |= WHO_SELF;
    }
    if (push->by_id && push->by_id == cx->actor.account_id)
        who |= WHO_PARTY;
    return who & ~(unsigned)WHO_ABOVE;
}

static See push_level(const Push *push, unsigned who)
{
    if (who & (WHO_OPERATOR | WHO_LOCAL))
        return SEE_OPERATOR;
    if (push->state < PUSH_SENT || push->state == PUSH_BARRED)
        return SEE_PUBLIC; /* Not told yet, or never. */
    return who & (WHO_OWNER | WHO_SELF) ? SEE_OWNER : SEE_PUBLIC;
}

/* ERR_MISSING also when he may not know of it. */
static Err load_seen(Cx *cx, i64 id, Push *ret, unsigned *ret_who)
{
    Push push = {0};
    Err e = record_load(cx, &push_type, id, &push);
    if (e)
        return e;
    *ret_who = who_push(cx, &push);
    if (push_level(&push, *ret_who) == SEE_PUBLIC && !(*ret_who & WHO_PARTY))
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? push_type.en : push_type.zh));
    *ret = push;
    return ERR_OK;
}

Err push_step(Cx *cx, Push *push, const char *action, unsigned who, FactNote note)
{
    Err e = flow_step(cx, &push_flow, push->state, action, who, push, &push->state);
    note.other_id = push->org_id;
    return e ? e : fact_change(cx, &push_type, push, note);
}

/* ---- rows for readers ---- */

/* The title of what is pushed: all of these are public. */
static Err title_of(Cx *cx, const Push *push, Str *ret)
{
    Rows rows;
    const Bind id = BIND_INT(push->need_id     ? push->need_id
                             : push->patent_id ? push->patent_id
                                               : push->achievement_id);
    Err e = db_query(cx, &rows,
                     push->need_id     ? "SELECT title FROM need_public WHERE id = ?1"
                     : push->patent_id ? "SELECT title FROM patent WHERE id = ?1"
                                       : "SELECT title FROM achievement WHERE id = ?1",
                     &id, 1);
    if (e)
        return e;
    *ret = rows_next(&rows) ? rows_str_copy(&rows, 0) : S("");
    return rows_end(&rows);
}

/* The receiver's own need by which an offer was found: read as its owner, so told to no other. */
static Err via_title(Cx *cx, const Push *push, See level, Str *ret)
{
    NeedSeen seen;
    *ret = S("");
    if (!push->via_id || level < SEE_OWNER)
        return ERR_OK;
    Err e = need_read(cx, push->via_id, &seen);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    if (!e)
        *ret = seen.row.title;
    return e;
}

static Err push_val(Cx *cx, const Push *push, unsigned who, Val **ret)
{
    See level = push_level(push, who);
    Str title = S(""), via = S("");
    bool party_only = level == SEE_PUBLIC; /* He pushed it: not what the receiver keeps. */
    Err e = title_of(cx, push, &title);
    if (!e)
        e = via_title(cx, push, level, &via);
    if (e)
        return e;
    Push shown = *push;
    if (party_only && !push->need_id) /* Whose the need is may be what its owner hides. */
        shown.org_id = 0;
    Val *row = record_val(cx, &push_type, &shown, party_only ? SEE_OWNER : level);
    val_set_str(cx->arena, row, "title", title);
    val_set_str(cx->arena, row, "via_title", via);
    val_set_bool(cx->arena, row, "is_need", push->need_id != 0);
    val_set(cx->arena, row, "acts", flow_acts(cx, &push_flow, push->state, who));
    *ret = row;
    return ERR_OK;
}

/* ---- push.list ---- */

typedef struct ListIn {
    Str way;
    Str state; /* Name of one; '' for all. */
    Str answer;
    i64 need_id;
    Str mine; /* "by": those I pushed by hand. */
    i64 page;
} ListIn;

static const Code side_rows[] = {{"to", "推送给我（本单位）的", "To me or my unit"},
                                 {"by", "我推送的", "By me"}};
static const CodeList push_sides = CODE_LIST("push_side", side_rows);

#define FILTER                                                                                     \
    " AND (?3 = '' OR way = ?3) AND (?4 < 0 OR state = ?4) AND (?5 = '' OR answer = ?5) AND "      \
    "(?6 = 0 OR need_id = ?6)"
#define NEWEST " ORDER BY id DESC LIMIT ?7 OFFSET ?8"
/* What came to a unit is read by those who speak for it; ?1 0: all of it. */
#define TO_ME                                                                                      \
    "WHERE state BETWEEN 2 AND 7 AND (account_id = ?1 OR (account_id = 0 AND org_id = ?2))" FILTER
#define BY_ME  "WHERE by_id = ?1 AND ?2 >= 0" FILTER
#define OF_ALL "WHERE ?1 >= 0 AND ?2 >= 0" FILTER

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    static const struct {
        const char *count, *rows;
    } sql[] = {{"SELECT COUNT(*) FROM push " TO_ME, TO_ME NEWEST},
               {"SELECT COUNT(*) FROM push " BY_ME, BY_ME NEWEST},
               {"SELECT COUNT(*) FROM push " OF_ALL, OF_ALL NEWEST}};
    const ListIn *in = arg;
    i64 state = in->state.len ? flow_state_find(&push_flow, in->state) : -1;
    if (in->state.len && state < 0)
        return err_set(cx, ERR_INPUT, "state", "push.no_such_state");
    bool all = (cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL)) && !in->mine.len;
    bool speaks = (cx->actor.roles & (WHO_OFFICE | WHO_LIAISON | WHO_FIRM | WHO_AGENCY)) != 0;
    size_t which = all ? 2 : str_same(in->mine, S("by")) ? 1 : 0;
    i64 page = page_number(in->page), total = 0;
    Push *pushes = ARENA_NEW(cx->arena, Push, PAGE_SIZE);
    Rows rows;
    size_t count = 0;
    Val *items = val_list(cx->arena);
    const Bind binds[] = {BIND_INT(cx->actor.account_id ? cx->actor.account_id
                                   : all                ? 0
                                                        : -1),
                          BIND_INT(speaks && cx->actor.org_id ? cx->actor.org_id
                                   : all || which == 1        ? 0
                                                              : -1),
                          BIND_STR(in->way),
                          BIND_INT(state),
                          BIND_STR(in->answer),
                          BIND_INT(in->need_id),
                          BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
    Err e = count_rows(cx, sql[which].count, binds, 6, &total);
    if (!e)
        e = record_query(cx, &push_type, &rows, sql[which].rows, binds, COUNT(binds));
    if (e)
        return e;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &push_type, &rows, &pushes[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        Val *row = NULL;
        e = push_val(cx, &pushes[i], who_push(cx, &pushes[i]), &row);
        if (!e)
            val_push(cx->arena, items, row);
    }
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    if (!e)
        *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

/* ---- push.show ---- */

Err push_shown(Cx *cx, const char *name, Val *row, const Flow *flow, i64 state, Val **ret)
{
    Val *list = val_list(cx->arena);
    val_push(cx->arena, list, row);
    Err e = org_names_add(cx, list, "org_id", "org");
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, name, row);
    val_set(cx->arena, *ret, "acts", val_get(row, "acts"));
    val_set(cx->arena, *ret, "stepper", flow_stepper(cx, flow, state));
    return ERR_OK;
}

typedef struct IdIn {
    i64 id;
} IdIn;

static Err show_run(Cx *cx, const void *arg, Val **ret)
{
    Push push = {0};
    unsigned who = 0;
    Val *row = NULL;
    Err e = load_seen(cx, ((const IdIn *)arg)->id, &push, &who);
    if (!e)
        e = push_val(cx, &push, who, &row);
    return e ? e : push_shown(cx, "push", row, &push_flow, push.state, ret);
}

/* ---- the receiver's steps ---- */

static Val *reply_val(Cx *cx, const Push *push)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", push->id);
    val_set_z(cx->arena, map, "state", flow_state_name(&push_flow, push->state));
    return map;
}

/* Those that are seen already stay as they are. */
static Err see_run(Cx *cx, const void *arg, Val **ret)
{
    i64 *ids, seen = 0;
    size_t count;
    Err e = refs_read(cx, ((const PushIdsIn *)arg)->ids, "ids", &ids, &count);
    if (!e && count > PUSH_ROWS_AT_ONCE)
        e = err_set(cx, ERR_LIMIT, "ids", "push.too_many");
    for (size_t i = 0; !e && i < count; i++) {
        Push push = {0};
        unsigned who = 0;
        e = load_seen(cx, ids[i], &push, &who);
        if (!e && !(who & (WHO_OWNER | WHO_SELF)))
            e = err_set(cx, ERR_DENIED, NULL, "flow.not_your_step");
        if (e || push.state != PUSH_SENT)
            continue;
        push.seen_ms = clock_now_ms(cx->clock);
        e = push_step(cx, &push, "see", who, (FactNote){.kind = "push.seen"});
        seen += !e;
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "seen", seen);
    return ERR_OK;
}

typedef struct ReplyIn {
    i64 id;
    Str answer;
    Str cause;
} ReplyIn;

static Err reply_run(Cx *cx, const void *arg, Val **ret)
{
    const ReplyIn *in = arg;
    Push push = {0};
    unsigned who = 0;
    bool not_for_us = str_same(in->answer, S("not_for_us"));
    Err e = load_seen(cx, in->id, &push, &who);
    if (!e && not_for_us && !in->cause.len)
        e = err_set(cx, ERR_INPUT, "cause", "push.say_why");
    if (e)
        return e;
    push.answer = in->answer;
    push.answer_cause = not_for_us ? in->cause : S("");
    push.answered_ms = clock_now_ms(cx->clock);
    if (!push.seen_ms)
        push.seen_ms = push.answered_ms;
    e = push_step(cx, &push, "reply", who,
                  (FactNote){.kind = "push.replied",
                             .code = str_z(cx->arena, not_for_us ? in->cause : in->answer)});
    if (!e)
        *ret = reply_val(cx, &push);
    return e;
}

static Err result(Cx *cx, i64 id, const char *action, const char *kind, Val **ret)
{
    Push push = {0};
    unsigned who = 0;
    Err e = load_seen(cx, id, &push, &who);
    if (!e)
        e = push_step(cx, &push, action, who, (FactNote){.kind = kind});
    if (!e)
        *ret = reply_val(cx, &push);
    return e;
}

static Err claim_run(Cx *cx, const void *arg, Val **ret)
{
    return result(cx, ((const IdIn *)arg)->id, "claim", "push.claimed", ret);
}

static Err meet_run(Cx *cx, const void *arg, Val **ret)
{
    return result(cx, ((const IdIn *)arg)->id, "meet", "push.met", ret);
}

static Err sign_run(Cx *cx, const void *arg, Val **ret)
{
    return result(cx, ((const IdIn *)arg)->id, "sign", "push.signed", ret);
}

/* ---- for a learner ---- */

static i64 gain_of(const Push *push)
{
    switch (push->state) {
    case PUSH_SIGNED:
        return 4;
    case PUSH_MET:
        return 3;
    case PUSH_CLAIMED:
        return 2;
    case PUSH_REPLIED:
        return str_same(push->answer, S("not_for_us")) ? -1 : 1;
    default:
        return 0;
    }
}

#define OUTCOMES_BY(column)                                                                        \
    "SELECT " column ", SUM(CASE WHEN state > 4 THEN 1 ELSE 0 END), "                              \
    "SUM(CASE WHEN state = 4 AND answer = 'not_for_us' THEN 1 ELSE 0 END) FROM push "              \
    "WHERE " column " IN (" RECORD_IDS ") AND state BETWEEN 4 AND 7 AND need_id <> ?21 "           \
    "AND via_id <> ?21 GROUP BY " column

_Static_assert(RECORD_IDS_MAX == 20 && PUSH_REPLIED == 4 && PUSH_SIGNED == 7,
               "the statement says so");

Err push_outcomes_of(Cx *cx, bool patents, const i64 *ids, size_t count, i64 but_need_id,
                     i64 *ret_good, i64 *ret_bad)
{
    Rows rows;
    Bind binds[RECORD_IDS_MAX + 1];
    if (!record_ids_bind(ids, count, binds))
        return ERR_OK;
    binds[RECORD_IDS_MAX] = BIND_INT(but_need_id);
    Err e = db_query(cx, &rows, patents ? OUTCOMES_BY("patent_id") : OUTCOMES_BY("achievement_id"),
                     binds, COUNT(binds));
    if (e)
        return e;
    while (rows_next(&rows)) {
        i64 id = rows_int(&rows, 0);
        for (size_t i = 0; i < count; i++) {
            if (ids[i] != id)
                continue;
            ret_good[i] = rows_int(&rows, 1);
            ret_bad[i] = rows_int(&rows, 2);
        }
    }
    return rows_end(&rows);
}

Err match_outcomes(Cx *cx, i64 after_id, i64 most, MatchOutcome **ret, size_t *ret_count,
                   i64 *ret_last_id)
{
    Rows rows;
    MatchOutcome *list = ARENA_NEW(cx->arena, MatchOutcome, (size_t)(most > 0 ? most : 1));
    size_t count = 0;
    i64 last_id = after_id;
    Err e = RECORD_QUERY(cx, &push_type, &rows,
                         "WHERE id > ?1 AND state BETWEEN 3 AND 7 ORDER BY id LIMIT ?2",
                         BIND_INT(after_id), BIND_INT(most));
    if (e)
        return e;
    while ((i64)count < most && rows_next(&rows)) {
        Push push = {0};
        record_read_row(cx, &push_type, &rows, &push);
        list[count++] = (MatchOutcome){.need_id = push.need_id ? push.need_id : push.via_id,
                                       .org_id = push.org_id,
                                       .patent_id = push.patent_id,
                                       .achievement_id = push.achievement_id,
                                       .gain = gain_of(&push),
                                       .cause = push.answer_cause,
                                       .at_ms = push.answered_ms ? push.answered_ms : push.seen_ms};
        last_id = push.id;
    }
    e = rows_end(&rows);
    if (e)
        return e;
    *ret = list;
    *ret_count = count;
    *ret_last_id = last_id;
    return ERR_OK;
}

// clang-format off
static const Field list_in[] = {
    {AT(ListIn, way),     F_CODE,  "方向",   "Way",   0, SEE_PUBLIC, NULL, .codes = &push_ways},
    {AT(ListIn, state),   F_TEXT,  "状态",   "State", 0, SEE_PUBLIC, NULL, .max = 20},
    {AT(ListIn, answer),  F_CODE,  "答复",   "Answer", 0, SEE_PUBLIC, NULL, .codes = &push_answers},
    {AT(ListIn, need_id), F_REF,   "需求",   "Need",  0, SEE_PUBLIC, NULL, .ref = &need_public_type},
    {AT(ListIn, mine),    F_CODE,  "归属",   "Whose", 0, SEE_PUBLIC, NULL, .codes = &push_sides},
    {AT(ListIn, page),    F_INT,   "页",     "Page",  0, SEE_PUBLIC, NULL},
};
static const Field id_in[] = {
    {AT(IdIn, id), F_REF, "推送", "Push", REQUIRED, SEE_PUBLIC, NULL, .ref = &push_type},
};
static const Field ids_in[] = {
    {AT(PushIdsIn, ids), F_REFS, "推送", "Pushes", REQUIRED, SEE_PUBLIC, NULL, .ref = &push_type},
};
static const Field defer_in[] = {
    {AT(PushDeferIn, ids),      F_REFS, "推送", "Pushes", REQUIRED, SEE_PUBLIC, NULL, .ref = &push_type},
    {AT(PushDeferIn, until_ms), F_TIME, "顺延至", "Until", REQUIRED, SEE_PUBLIC, NULL},
};
static const Field bar_in[] = {
    {AT(PushBarIn, ids),   F_REFS, "推送", "Pushes", REQUIRED, SEE_PUBLIC, NULL, .ref = &push_type},
    {AT(PushBarIn, cause), F_CODE, "原因", "Cause",  REQUIRED, SEE_PUBLIC, NULL, .codes = &push_causes},
};
static const Field reply_in[] = {
    {AT(ReplyIn, id),     F_REF,  "推送", "Push",    REQUIRED, SEE_PUBLIC, NULL, .ref = &push_type},
    {AT(ReplyIn, answer), F_CODE, "答复", "Answer",  REQUIRED, SEE_PUBLIC, NULL, .codes = &push_answers},
    {AT(ReplyIn, cause),  F_CODE, "不适合的原因", "Why not", 0, SEE_PUBLIC, NULL, .codes = &push_reasons},
};
static const Field run_in[] = {
    {AT(PushRunIn, anew), F_BOOL, "全部重算", "Plan all anew", 0, SEE_PUBLIC, NULL, .help_zh = "默认只计算新增和变动的", .help_en = "Else only what is new or changed"},
    {AT(PushRunIn, most), F_INT,  "本次最多", "At most in this call", 0, SEE_PUBLIC, NULL, .max = 100000},
    {AT(PushRunIn, at),   F_TEXT, "接续处",   "Go on from", 0, SEE_PUBLIC, NULL, .max = 40},
};
static const Field pair_in[] = {
    {AT(PushPairIn, need_id),        F_REF,  "需求", "Need",   REQUIRED, SEE_PUBLIC, NULL, .ref = &need_public_type},
    {AT(PushPairIn, patent_id),      F_REF,  "专利", "Patent", 0, SEE_PUBLIC, NULL, .ref = &patent_type},
    {AT(PushPairIn, achievement_id), F_REF,  "成果", "Achievement", 0, SEE_PUBLIC, NULL, .ref = &achievement_type},
    {AT(PushPairIn, way),            F_CODE, "方向", "Way",    REQUIRED, SEE_PUBLIC, NULL, .codes = &push_ways},
};
static const Field report_in[] = {
    {AT(PushReportIn, year), F_INT, "年度", "Year", 0, SEE_PUBLIC, NULL, .max = 9999},
    {AT(PushReportIn, page), F_INT, "页",   "Page", 0, SEE_PUBLIC, NULL},
};
static const Field target_in[] = {
    {AT(PushTargetIn, org_id), F_REF,  "中心",     "Centre", REQUIRED, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(PushTargetIn, year),   F_INT,  "年度",     "Year",   REQUIRED, SEE_PUBLIC, NULL, .min = 2000, .max = 2199},
    {AT(PushTargetIn, field),  F_CODE, "产业领域", "Field",  0, SEE_PUBLIC, NULL, .codes = &industry_fields, .help_zh = "行业中心填写；留空则按接收单位所在地统计", .help_en = "Of an industry centre; empty: pushes to units of its place are counted"},
    {AT(PushTargetIn, number), F_INT,  "年度目标（条）", "Pushes a year", REQUIRED, SEE_PUBLIC, NULL, .min = 1, .max = 100000000, .help_zh = "产业知识产权运营中心每年不少于 5000 条", .help_en = "5,000 or more for an industry centre"},
};

#define READERS (WHO_OFFICE | WHO_LIAISON | WHO_FIRM | WHO_AGENCY | WHO_MANAGER | WHO_EXPERT)
#define OVERSEE (WHO_OPERATOR | WHO_DEPARTMENT | WHO_CENTRE | WHO_LOCAL)

static const Op ops[] = {
    {"push.list",   "推送台账", "Pushes",       OP_READ,  0, READERS | WHO_OPERATOR | WHO_LOCAL, OP_IN(ListIn, list_in), NULL, list_run, NULL, NULL},
    {"push.show",   "推送详情", "Push",         OP_READ,  0, READERS | WHO_OPERATOR | WHO_LOCAL, OP_IN(IdIn, id_in), NULL, show_run, NULL, NULL},
    {"push.see",    "查看",     "Seen",         OP_WRITE, OP_QUIET, READERS, OP_IN(PushIdsIn, ids_in), NULL, see_run, NULL, NULL},
    {"push.reply",  "答复",     "Answer",       OP_WRITE, 0, READERS, OP_IN(ReplyIn, reply_in), NULL, reply_run, NULL, NULL},
    {"push.claim",  "认领",     "Claim",        OP_WRITE, 0, READERS | WHO_OPERATOR, OP_IN(IdIn, id_in), NULL, claim_run, NULL, NULL},
    {"push.meet",   "登记对接", "Met",          OP_WRITE, 0, READERS | WHO_OPERATOR, OP_IN(IdIn, id_in), NULL, meet_run, NULL, NULL},
    {"push.sign",   "登记签约", "Signed",       OP_WRITE, 0, READERS | WHO_OPERATOR, OP_IN(IdIn, id_in), NULL, sign_run, NULL, NULL},
    {"push.send",   "推送",     "Send",         OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK | WHO_LOCAL, OP_IN(PushIdsIn, ids_in), NULL, push_send_run, NULL, NULL},
    {"push.defer",  "暂缓",     "Put off",      OP_WRITE, 0, WHO_OPERATOR | WHO_LOCAL, OP_IN(PushDeferIn, defer_in), NULL, push_defer_run, NULL, NULL},
    {"push.bar",    "不推送",   "Do not send",  OP_WRITE, OP_DANGER, WHO_OPERATOR | WHO_LOCAL, OP_IN(PushBarIn, bar_in), NULL, push_bar_run, NULL, NULL},
    {"push.run",    "计算并推送", "Plan and send", OP_STEPS, 0, WHO_OPERATOR | WHO_LOCAL | WHO_CLOCK, OP_IN(PushRunIn, run_in), NULL, push_run_run, "为新发布的需求和新挂牌的项目计算应推对象，并送出可以送出的推送。", "Finds who should be told of new needs and offers, and sends what may go out."},
    {"push.pair",   "推送这一对", "Push this pair", OP_WRITE, 0, WHO_MANAGER | WHO_OPERATOR, OP_IN(PushPairIn, pair_in), NULL, push_pair_run, NULL, NULL},
    {"push.report", "应推尽推报告", "Report on pushes", OP_READ, 0, OVERSEE, OP_IN(PushReportIn, report_in), NULL, push_report_run, NULL, NULL},
    {"push.target", "设定推送目标", "Set a target", OP_WRITE, 0, WHO_OPERATOR | WHO_LOCAL, OP_IN(PushTargetIn, target_in), NULL, push_target_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&push_plan_type, &push_type, &push_target_type};
static const Flow *const flows[] = {&push_flow};
static const CodeList *const codes[] = {&push_subjects, &push_ways,    &push_causes,
                                        &push_answers,  &push_reasons, &push_sides};

const Room push_room = {
    .name = "push",
    .types = types,
    .type_count = COUNT(types),
    .flows = flows,
    .flow_count = COUNT(flows),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
