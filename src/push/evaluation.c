/* evaluation.c - giving an evaluation, passing it on, and who reads which. */
#include "push/evaluation_int.h"

#include "ident/ident.h"
#include "notify/notify.h"
#include "push/push_int.h"
#include "registry/registry.h"

#include <string.h>

enum { OFFICE_READERS = 5, DIVISION_LEN = 6, CITY_LEN = 4 };

// clang-format off
static const Code prospect_rows[] = {
    {"high", "前景好", "High"}, {"medium", "有前景", "Fair"}, {"low", "前景有限", "Low"}, {"none", "无产业化前景", "None"},
};
const CodeList evaluation_prospects = CODE_LIST("evaluation_prospect", prospect_rows);

static const Code improve_rows[] = {
    {"maturity", "提高成熟度（样机、中试）", "Prototype or pilot run"}, {"cost", "降低成本", "Lower cost"},
    {"scale", "放大生产", "Scale up"},                  {"data", "补充试验数据", "More test data"},
    {"adapt", "适配现有产线", "Fit our lines"},          {"standard", "符合标准和认证", "Standards and approval"},
};
const CodeList evaluation_improvements = CODE_LIST("evaluation_improvement", improve_rows);

static const Code will_rows[] = {
    {"buy", "愿意受让", "To buy"},          {"license", "愿意获得许可", "To license"},
    {"joint", "愿意合作开发", "To develop together"}, {"watch", "继续关注", "To watch it"},
    {"no", "无合作意愿", "None"},
};
const CodeList evaluation_wills = CODE_LIST("evaluation_will", will_rows);

#define OFFICES (WHO_ABOVE | WHO_OPERATOR | WHO_LOCAL)

static const FlowState states[] = {
    [EVALUATION_GIVEN]    = {"given",    "待转送", "To be passed on", FLOW_START},
    [EVALUATION_RETURNED] = {"returned", "已退回", "Returned",  FLOW_MIDDLE},
    [EVALUATION_PASSED]   = {"passed",   "已转送", "Passed on", FLOW_END},
};
static const FlowEdge edges[] = {
    {EVALUATION_GIVEN,    "pass",   EVALUATION_PASSED,   "转送",     "Pass on",    OFFICES, NULL},
    {EVALUATION_GIVEN,    "return", EVALUATION_RETURNED, "退回",     "Return",     OFFICES, NULL},
    {EVALUATION_RETURNED, "give",   EVALUATION_GIVEN,    "重新评价", "Rate again", WHO_OWNER, NULL},
};
const Flow evaluation_flow = FLOW_OF("evaluation", "企业评价", "Evaluation", states, edges);

static const Field evaluation_fields[] = {
    RECORD_HEAD_FIELDS(Evaluation),
    {AT(Evaluation, push_id),        F_REF,   "推送",     "Push",     FORM_OFF | UNIQUE, SEE_OWNER, NULL, .ref = &push_type},
    {AT(Evaluation, org_id),         F_REF,   "评价企业", "Firm",     FORM_OFF | INDEXED, SEE_OWNER, NULL, .ref = &org_type},
    {AT(Evaluation, account_id),     F_REF,   "评价人",   "By",       FORM_OFF, SEE_OWNER, NULL, .ref = &account_type},
    {AT(Evaluation, patent_id),      F_REF,   "专利",     "Patent",   FORM_OFF, SEE_OWNER, NULL, .ref = &patent_type},
    {AT(Evaluation, achievement_id), F_REF,   "成果",     "Achievement", FORM_OFF, SEE_OWNER, NULL, .ref = &achievement_type},
    {AT(Evaluation, prospects),      F_CODE,  "产业化前景", "Prospects", REQUIRED, SEE_OWNER, NULL, .codes = &evaluation_prospects},
    {AT(Evaluation, improve),        F_CODES, "技术改进需求", "Improvements wanted", 0, SEE_OWNER, NULL, .codes = &evaluation_improvements},
    {AT(Evaluation, will),           F_CODE,  "产学研合作意愿", "Will to cooperate", REQUIRED, SEE_OWNER, NULL, .codes = &evaluation_wills},
    {AT(Evaluation, cause),          F_CODE,  "无意愿的原因", "Why not", 0, SEE_OWNER, NULL, .codes = &push_reasons},
    {AT(Evaluation, state),          F_STATE, "状态",     "State",    FORM_OFF | INDEXED, SEE_OWNER, NULL, .flow = &evaluation_flow},
    {AT(Evaluation, reason),         F_TEXT,  "退回原因", "Why returned", FORM_OFF, SEE_OWNER, NULL, .max = 200},
    {AT(Evaluation, passed_ms),      F_TIME,  "转送时间", "Passed on", FORM_OFF, SEE_OWNER, NULL},
    {AT(Evaluation, passed_by),      F_REF,   "转送人",   "Passed by", FORM_OFF, SEE_OPERATOR, NULL, .ref = &account_type},
};
const RecordType evaluation_type = {"evaluation", "企业评价", "Evaluation", sizeof(Evaluation), evaluation_fields, COUNT(evaluation_fields), "patent_id,state|achievement_id,state"};
// clang-format on

/* ---- who is what to it ---- */

/* Whether the actor speaks for an office whose business this is, or that has no single one. */
static Err is_office(Cx *cx, bool *ret)
{
    Org office = {0};
    *ret = false;
    if (!(cx->actor.roles & WHO_DEPARTMENT) || !cx->actor.org_id)
        return ERR_OK;
    Err e = record_load(cx, &org_type, cx->actor.org_id, &office);
    *ret = !e && (!office.line.len || str_same(office.line, S("ip")));
    return e;
}

/* WHO_ABOVE: such an office over the firm's place. */
static Err who_evaluation(Cx *cx, i64 org_id, unsigned *ret)
{
    unsigned who = who_of(cx, org_id, false);
    bool office = false;
    Err e = who & WHO_ABOVE ? is_office(cx, &office) : ERR_OK;
    *ret = office ? who : who & ~(unsigned)WHO_ABOVE;
    return e;
}

static Err load_seen(Cx *cx, i64 id, Evaluation *ret, unsigned *ret_who)
{
    Evaluation row = {0};
    Err e = record_load(cx, &evaluation_type, id, &row);
    if (!e)
        e = who_evaluation(cx, row.org_id, ret_who);
    if (!e && !(*ret_who & (WHO_OWNER | WHO_ABOVE | WHO_OPERATOR | WHO_LOCAL)))
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                        str_from(cx->lang == LANG_EN ? evaluation_type.en : evaluation_type.zh));
    if (!e)
        *ret = row;
    return e;
}

static Err title_of(Cx *cx, i64 patent_id, i64 achievement_id, Str *ret)
{
    Rows rows;
    const Bind id = BIND_INT(patent_id ? patent_id : achievement_id);
    Err e = db_query(cx, &rows,
                     patent_id ? "SELECT title FROM patent WHERE id = ?1"
                               : "SELECT title FROM achievement WHERE id = ?1",
                     &id, 1);
    if (e)
        return e;
    *ret = rows_next(&rows) ? rows_str_copy(&rows, 0) : S("");
    return rows_end(&rows);
}

static Err evaluation_val(Cx *cx, const Evaluation *row, unsigned who, Val **ret)
{
    Str title = S("");
    See level = who & (WHO_OPERATOR | WHO_LOCAL) ? SEE_OPERATOR : SEE_OWNER;
    Err e = title_of(cx, row->patent_id, row->achievement_id, &title);
    if (e)
        return e;
    *ret = record_val(cx, &evaluation_type, row, level);
    val_set_str(cx->arena, *ret, "title", title);
    val_set(cx->arena, *ret, "acts", flow_acts(cx, &evaluation_flow, row->state, who));
    return ERR_OK;
}

/* ---- evaluation.next ---- */

#define TO_RATE                                                                                    \
    "FROM push p WHERE p.org_id = ?1 AND p.account_id = 0 AND p.way = 'item' AND p.state BETWEEN " \
    "2 AND 4 AND NOT EXISTS (SELECT 1 FROM evaluation e WHERE e.push_id = p.id AND e.push_id <> "  \
    "0)"

static Err item_val(Cx *cx, const Push *push, Val **ret)
{
    Patent patent = {0};
    Achievement achievement = {0};
    Err e = push->patent_id
                ? record_load(cx, &patent_type, push->patent_id, &patent)
                : record_load(cx, &achievement_type, push->achievement_id, &achievement);
    if (e)
        return e;
    *ret = push->patent_id ? record_val(cx, &patent_type, &patent, see_published(cx))
                           : record_val(cx, &achievement_type, &achievement, see_published(cx));
    val_set_bool(cx->arena, *ret, "is_patent", push->patent_id != 0);
    val_set_str(cx->arena, *ret, "text", push->patent_id ? patent.abstract : achievement.intro);
    return ERR_OK;
}

static Err next_run(Cx *cx, const void *arg, Val **ret)
{
    i64 left = 0, id = 0;
    Push push = {0};
    Val *item = val_null(cx->arena), *row = val_null(cx->arena);
    const Bind bind = BIND_INT(cx->actor.org_id ? cx->actor.org_id : -1);
    (void)arg;
    Err e = db_int(cx, "SELECT COUNT(*) " TO_RATE, &bind, 1, 0, &left);
    if (!e && left)
        e = db_int(cx, "SELECT p.id " TO_RATE " ORDER BY p.score DESC, p.id LIMIT 1", &bind, 1, 0,
                   &id);
    if (!e && id)
        e = record_load(cx, &push_type, id, &push);
    if (!e && id)
        e = item_val(cx, &push, &item);
    if (e)
        return e;
    if (id)
        row = record_val(cx, &push_type, &push, SEE_OWNER);
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "left", left);
    val_set(cx->arena, *ret, "push", row);
    val_set(cx->arena, *ret, "item", item);
    return ERR_OK;
}

/* ---- evaluation.give ---- */

typedef struct GiveIn {
    i64 push_id;
    Str prospects;
    Str improve;
    Str will;
    Str cause;
} GiveIn;

/* The people of the office over the firm's city: it is their work, whatever they wish of pushes. */
static Err tell_office(Cx *cx, const Evaluation *row)
{
    Org firm = {0};
    Rows rows;
    i64 ids[OFFICE_READERS], org_ids[OFFICE_READERS];
    size_t count = 0;
    Err e = record_load(cx, &org_type, row->org_id, &firm);
    if (e || firm.division.len != DIVISION_LEN)
        return e;
    Str city = str_format(cx->arena, "%.*s00", STR_ARG(str_slice(firm.division, 0, CITY_LEN)));
    e = DB_QUERY(cx, &rows,
                 "SELECT a.id, o.id FROM account a JOIN org o ON o.id = a.org_id WHERE "
                 "o.kind = 'department' AND o.line IN ('ip', '') AND o.division = ?1 AND "
                 "o.left_ms = 0 AND a.closed = 0 ORDER BY a.id LIMIT ?2",
                 BIND_STR(city), BIND_INT(OFFICE_READERS));
    if (e)
        return e;
    while (count < OFFICE_READERS && rows_next(&rows)) {
        ids[count] = rows_int(&rows, 0);
        org_ids[count++] = rows_int(&rows, 1);
    }
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        Message message = {.account_id = ids[i],
                           .org_id = org_ids[i],
                           .kind = S("evaluation"),
                           .about = S("evaluation"),
                           .about_id = row->id};
        e = message_send(cx, &message);
    }
    return e;
}

static Err push_to_rate(Cx *cx, i64 id, Push *ret)
{
    Push push = {0};
    Err e = record_load(cx, &push_type, id, &push);
    bool mine = !e && push.org_id == cx->actor.org_id && !push.account_id &&
                str_same(push.way, S("item")) && push.state >= PUSH_SENT &&
                push.state <= PUSH_SIGNED;
    if (!e && !mine)
        e = err_set_arg(cx, ERR_MISSING, "push_id", "record.missing",
                        str_from(cx->lang == LANG_EN ? push_type.en : push_type.zh));
    if (!e)
        *ret = push;
    return e;
}

/* The rating is the answer too. What has gone further than an answer stays where it is. */
static Err answer_push(Cx *cx, Push *push, const GiveIn *in)
{
    bool no = str_same(in->will, S("no"));
    if (push->state > PUSH_REPLIED)
        return ERR_OK;
    push->answer = no ? S("not_for_us") : S("interested");
    push->answer_cause = no ? in->cause : S("");
    push->answered_ms = clock_now_ms(cx->clock);
    if (!push->seen_ms)
        push->seen_ms = push->answered_ms;
    return push_step(cx, push, "reply", WHO_OWNER,
                     (FactNote){.kind = "push.replied",
                                .code = str_z(cx->arena, no ? in->cause : push->answer)});
}

static Err save(Cx *cx, Evaluation *row)
{
    FactNote note = {.kind = row->id ? "evaluation.again" : "evaluation.given",
                     .code = str_z(cx->arena, row->will),
                     .other_id = row->patent_id ? row->patent_id : row->achievement_id};
    if (!row->id)
        return fact_create(cx, &evaluation_type, row, note);
    Err e = flow_step(cx, &evaluation_flow, row->state, "give", who_of(cx, row->org_id, false), row,
                      &row->state);
    return e ? e : fact_change(cx, &evaluation_type, row, note);
}

static Err give_run(Cx *cx, const void *arg, Val **ret)
{
    const GiveIn *in = arg;
    Push push = {0};
    Evaluation row = {0};
    bool no = str_same(in->will, S("no"));
    if (no && !in->cause.len)
        return err_set(cx, ERR_INPUT, "cause", "push.say_why");
    Err e = push_to_rate(cx, in->push_id, &push);
    if (!e)
        e = RECORD_FIND(cx, &evaluation_type, &row, "WHERE push_id = ?1 AND push_id <> 0",
                        BIND_INT(push.id));
    if (e == ERR_MISSING && push.id) {
        err_clear(cx);
        e = ERR_OK;
    }
    if (e)
        return e;
    row.push_id = push.id;
    row.org_id = push.org_id;
    row.account_id = cx->actor.account_id;
    row.patent_id = push.patent_id;
    row.achievement_id = push.achievement_id;
    row.prospects = in->prospects;
    row.improve = in->improve;
    row.will = in->will;
    row.cause = no ? in->cause : S("");
    row.reason = S("");
    e = save(cx, &row);
    if (!e)
        e = answer_push(cx, &push, in);
    if (!e)
        e = tell_office(cx, &row);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", row.id);
    return ERR_OK;
}

/* ---- evaluation.pass, evaluation.return ---- */

typedef struct DecideIn {
    Str ids;
    Str reason;
} DecideIn;

/* Those who read for a unit. */
static Err tell_unit(Cx *cx, i64 org_id, const char *kind, const char *about, i64 about_id)
{
    Rows rows;
    i64 ids[OFFICE_READERS];
    size_t count = 0;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT a.id FROM account a WHERE a.org_id = ?1 AND a.closed = 0 AND EXISTS "
                     "(SELECT 1 FROM role_grant g WHERE g.account_id = a.id AND g.role IN "
                     "('office', 'liaison', 'firm') AND (g.until_ms = 0 OR g.until_ms > ?2)) "
                     "ORDER BY a.id LIMIT ?3",
                     BIND_INT(org_id), BIND_INT(clock_now_ms(cx->clock)), BIND_INT(OFFICE_READERS));
    if (e)
        return e;
    while (count < OFFICE_READERS && rows_next(&rows))
        ids[count++] = rows_int(&rows, 0);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        Message message = {.account_id = ids[i],
                           .org_id = org_id,
                           .kind = str_from(kind),
                           .about = str_from(about),
                           .about_id = about_id};
        e = message_send(cx, &message);
    }
    return e;
}

/* Its owner is told once there is something that he may read. */
static Err tell_owner(Cx *cx, const Evaluation *row)
{
    bool enough = false;
    i64 owner = 0, id = row->patent_id ? row->patent_id : row->achievement_id;
    Err e = evaluation_enough(cx, row->patent_id, row->achievement_id, &enough);
    if (!e)
        e = row->patent_id
                ? DB_INT(cx, &owner, 0, "SELECT org_id FROM patent WHERE id = ?1", BIND_INT(id))
                : DB_INT(cx, &owner, 0, "SELECT org_id FROM achievement WHERE id = ?1",
                         BIND_INT(id));
    return e || !enough
               ? e
               : tell_unit(cx, owner, "feedback", row->patent_id ? "patent" : "achievement", id);
}

static Err decide(Cx *cx, i64 id, bool pass, Str reason)
{
    Evaluation row = {0};
    unsigned who = 0;
    Err e = load_seen(cx, id, &row, &who);
    if (!e)
        e = flow_step(cx, &evaluation_flow, row.state, pass ? "pass" : "return", who, &row,
                      &row.state);
    if (e)
        return e;
    row.reason = pass ? S("") : reason;
    row.passed_ms = pass ? clock_now_ms(cx->clock) : 0;
    row.passed_by = pass ? cx->actor.account_id : 0;
    e = fact_change(cx, &evaluation_type, &row,
                    (FactNote){.kind = pass ? "evaluation.passed" : "evaluation.returned",
                               .other_id = row.org_id});
    if (e)
        return e;
    return pass ? tell_owner(cx, &row)
                : tell_unit(cx, row.org_id, "returned", "evaluation", row.id);
}

static Err decide_all(Cx *cx, const DecideIn *in, bool pass, Val **ret)
{
    i64 *ids;
    size_t count;
    Err e = refs_read(cx, in->ids, "ids", &ids, &count);
    if (!e && count > EVALUATIONS_AT_ONCE)
        e = err_set(cx, ERR_LIMIT, "ids", "push.too_many_evaluations");
    for (size_t i = 0; !e && i < count; i++)
        e = decide(cx, ids[i], pass, in->reason);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "count", (i64)count);
    return ERR_OK;
}

static Err pass_run(Cx *cx, const void *arg, Val **ret)
{
    const DecideIn in = {.ids = ((const PushIdsIn *)arg)->ids};
    return decide_all(cx, &in, true, ret);
}

static Err return_run(Cx *cx, const void *arg, Val **ret)
{
    return decide_all(cx, arg, false, ret);
}

/* ---- evaluation.list, evaluation.show ---- */

typedef struct ListIn {
    Str state;
    i64 page;
} ListIn;

#define OF_STATE " AND (?3 < 0 OR t.state = ?3)"
#define PAGED    " ORDER BY t.id DESC LIMIT ?4 OFFSET ?5"
#define OF_FIRM  "WHERE t.org_id = ?1 AND ?2 <> ''" OF_STATE
#define OF_PLACE                                                                                   \
    "WHERE t.org_id IN (SELECT id FROM org WHERE division >= ?1 AND division <= ?2)" OF_STATE
#define OF_ALL "WHERE ?1 >= 0 AND ?2 <> ''" OF_STATE

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListIn *in = arg;
    Str from = S(""), to = S("");
    i64 state = in->state.len ? flow_state_find(&evaluation_flow, in->state) : -1;
    i64 page = page_number(in->page), total = 0;
    Evaluation *list = ARENA_NEW(cx->arena, Evaluation, PAGE_SIZE);
    size_t count = 0;
    Rows rows;
    Val *items = val_list(cx->arena);
    if (in->state.len && state < 0)
        return err_set(cx, ERR_INPUT, "state", "push.no_such_state");
    bool all = (cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL)) != 0;
    bool office = false; /* One of other business reads what its own unit said, as anybody does. */
    Err e = all ? ERR_OK : is_office(cx, &office);
    if (!e && office)
        e = org_reach(cx, &from, &to);
    const Bind binds[] = {office ? BIND_STR(from.len ? from : S("-"))
                                 : BIND_INT(all                ? 0
                                            : cx->actor.org_id ? cx->actor.org_id
                                                               : -1),
                          office ? BIND_STR(to) : BIND_STR(S("x")), BIND_INT(state),
                          BIND_INT(PAGE_SIZE), BIND_INT((page - 1) * PAGE_SIZE)};
    if (!e)
        e = db_int(cx,
                   all      ? "SELECT COUNT(*) FROM evaluation t " OF_ALL
                   : office ? "SELECT COUNT(*) FROM evaluation t " OF_PLACE
                            : "SELECT COUNT(*) FROM evaluation t " OF_FIRM,
                   binds, 3, 0, &total);
    if (!e)
        e = record_query(cx, &evaluation_type, &rows,
                         all      ? OF_ALL PAGED
                         : office ? OF_PLACE PAGED
                                  : OF_FIRM PAGED,
                         binds, COUNT(binds));
    if (e)
        return e;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &evaluation_type, &rows, &list[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        Val *row = NULL;
        unsigned who = 0;
        e = who_evaluation(cx, list[i].org_id, &who);
        if (!e)
            e = evaluation_val(cx, &list[i], who, &row);
        if (!e)
            val_push(cx->arena, items, row);
    }
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    if (!e)
        *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

typedef struct IdIn {
    i64 id;
} IdIn;

static Err show_run(Cx *cx, const void *arg, Val **ret)
{
    Evaluation row = {0};
    unsigned who = 0;
    Val *val = NULL;
    Err e = load_seen(cx, ((const IdIn *)arg)->id, &row, &who);
    if (!e)
        e = evaluation_val(cx, &row, who, &val);
    return e ? e : push_shown(cx, "evaluation", val, &evaluation_flow, row.state, ret);
}

// clang-format off
static const Field give_in[] = {
    {AT(GiveIn, push_id),   F_REF,   "推送",       "Push",                REQUIRED, SEE_PUBLIC, NULL, .ref = &push_type},
    {AT(GiveIn, prospects), F_CODE,  "产业化前景", "Prospects",           REQUIRED, SEE_PUBLIC, NULL, .codes = &evaluation_prospects},
    {AT(GiveIn, improve),   F_CODES, "技术改进需求", "Improvements wanted", 0, SEE_PUBLIC, NULL, .codes = &evaluation_improvements},
    {AT(GiveIn, will),      F_CODE,  "产学研合作意愿", "Will to cooperate", REQUIRED, SEE_PUBLIC, NULL, .codes = &evaluation_wills},
    {AT(GiveIn, cause),     F_CODE,  "无意愿的原因", "Why not",           0, SEE_PUBLIC, NULL, .codes = &push_reasons},
};
static const Field ids_in[] = {
    {AT(PushIdsIn, ids), F_REFS, "评价", "Evaluations", REQUIRED, SEE_PUBLIC, NULL, .ref = &evaluation_type},
};
static const Field return_in[] = {
    {AT(DecideIn, ids),    F_REFS, "评价", "Evaluations", REQUIRED, SEE_PUBLIC, NULL, .ref = &evaluation_type},
    {AT(DecideIn, reason), F_TEXT, "退回原因", "Why",     REQUIRED, SEE_PUBLIC, NULL, .min = 2, .max = 200},
};
static const Field list_in[] = {
    {AT(ListIn, state), F_TEXT, "状态", "State", 0, SEE_PUBLIC, NULL, .max = 20},
    {AT(ListIn, page),  F_INT,  "页",   "Page",  0, SEE_PUBLIC, NULL},
};
static const Field id_in[] = {
    {AT(IdIn, id), F_REF, "评价", "Evaluation", REQUIRED, SEE_PUBLIC, NULL, .ref = &evaluation_type},
};
static const Field themes_in[] = {
    {AT(ThemesIn, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
};

#define DESK (WHO_DEPARTMENT | WHO_OPERATOR | WHO_LOCAL)

static const Op ops[] = {
    {"evaluation.next",   "评价下一项", "Next to rate", OP_READ,  0, WHO_FIRM, OP_IN_NONE, NULL, next_run, NULL, NULL},
    {"evaluation.give",   "提交评价",   "Rate it",      OP_WRITE, 0, WHO_FIRM, OP_IN(GiveIn, give_in), NULL, give_run, NULL, NULL},
    {"evaluation.pass",   "转送",       "Pass on",      OP_WRITE, 0, DESK, OP_IN(PushIdsIn, ids_in), NULL, pass_run, NULL, NULL},
    {"evaluation.return", "退回",       "Return",       OP_WRITE, 0, DESK, OP_IN(DecideIn, return_in), NULL, return_run, NULL, NULL},
    {"evaluation.list",   "企业评价",   "Evaluations",  OP_READ,  0, DESK | WHO_FIRM, OP_IN(ListIn, list_in), NULL, list_run, NULL, NULL},
    {"evaluation.show",   "评价详情",   "Evaluation",   OP_READ,  0, DESK | WHO_FIRM, OP_IN(IdIn, id_in), NULL, show_run, NULL, NULL},
    {"evaluation.themes", "企业反馈",   "What firms say", OP_READ, 0, WHO_OFFICE | WHO_LIAISON | WHO_INVENTOR | WHO_OPERATOR, OP_IN(ThemesIn, themes_in), NULL, evaluation_themes_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&evaluation_type};
static const Flow *const flows[] = {&evaluation_flow};
static const CodeList *const codes[] = {&evaluation_prospects, &evaluation_improvements,
                                        &evaluation_wills};

const Room evaluation_room = {
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
