/* Dangerous acts that a second person has to agree to: the input waits as JSON; whoever agrees is
 * another person who might do the act himself. */
#include "ident/ident_int.h"

enum { APPROVAL_WAITING, APPROVAL_AGREED, APPROVAL_REFUSED, APPROVAL_WITHDRAWN };

// clang-format off
static const FlowState states[] = {
    [APPROVAL_WAITING]   = {"waiting",   "待复核", "Waiting",   FLOW_START},
    [APPROVAL_AGREED]    = {"agreed",    "已同意", "Agreed",    FLOW_END},
    [APPROVAL_REFUSED]   = {"refused",   "已驳回", "Refused",   FLOW_END},
    [APPROVAL_WITHDRAWN] = {"withdrawn", "已撤回", "Withdrawn", FLOW_END},
};
static const FlowEdge edges[] = {
    {APPROVAL_WAITING, "agree",    APPROVAL_AGREED,    "同意并执行", "Agree and do it", WHO_PARTY, NULL, true},
    {APPROVAL_WAITING, "refuse",   APPROVAL_REFUSED,   "驳回",       "Refuse",          WHO_PARTY, NULL},
    {APPROVAL_WAITING, "withdraw", APPROVAL_WITHDRAWN, "撤回",       "Withdraw",        WHO_SELF,  NULL},
};
const Flow approval_flow = FLOW_OF("approval", "双人复核", "Act of two persons", states, edges);
// clang-format on

Err approval_ask(Cx *cx, const Op *op, const void *in, Val **ret_reply)
{
    Approval made = {
        .state = APPROVAL_WAITING,
        .op = str_from(op->name),
        .input = op_input_text(cx, op, in),
        .asked_by = cx->actor.account_id,
        .asked_org = cx->actor.org_id,
        .until_ms = clock_now_ms(cx->clock) + (i64)APPROVAL_DAYS * 24 * 3600 * 1000,
    };
    Err e = fact_create(cx, &approval_type, &made,
                        (FactNote){.kind = "approval.asked", .code = op->name});
    if (e)
        return e;
    *ret_reply = val_map(cx->arena);
    val_set_bool(cx->arena, *ret_reply, "waiting", true);
    val_set_int(cx->arena, *ret_reply, "approval_id", made.id);
    val_set_str(cx->arena, *ret_reply, "message",
                text_say(cx->arena, cx->lang, "ident.waits_for_second", NULL, 0));
    return ERR_OK;
}

/* What this actor is to an act that waits: WHO_SELF who asked, WHO_PARTY who may agree. */
static unsigned who_is(Cx *cx, const Approval *row)
{
    const Op *op = op_find(house_of(cx), row->op);
    if (row->asked_by == cx->actor.account_id)
        return WHO_SELF;
    return op && op_allowed(cx, op) && (cx->actor.roles & op->who) ? WHO_PARTY : 0;
}

typedef struct AnswerIn {
    i64 id;
    Str reason;
} AnswerIn;

static const Field answer_fields[] = {
    {AT(AnswerIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
    {AT(AnswerIn, reason), F_TEXT, "理由", "Reason", 0, SEE_PUBLIC, NULL, .max = 200},
};

/* Does what was asked, as the one who asked. */
static Err carry_out(Cx *cx, const Approval *row, Val **ret)
{
    const Op *op = op_find(house_of(cx), row->op);
    Actor second = cx->actor, first;
    Str why;
    void *in;
    Val *body = val_read_json(cx->arena, row->input, &why);
    if (!op || !body)
        return err_set_arg(cx, ERR_STATE, NULL, "ident.approval_stale", row->op);
    Err e = account_actor_by_id(cx, row->asked_by, &first);
    if (!e)
        e = op_read_json(cx, op, body, &in);
    if (e)
        return e;
    first.via = second.via;
    cx->actor = first;
    cx->approved = true;
    e = op_call(cx, op, in, ret);
    cx->approved = false;
    cx->actor = second;
    return e;
}

static Err answer(Cx *cx, const AnswerIn *in, const char *action, Val **ret)
{
    Approval row = {0};
    static const char *const kinds[] = {"approval.waits", "approval.agreed", "approval.refused",
                                        "approval.withdrawn"};
    Err e = record_load(cx, &approval_type, in->id, &row);
    if (!e && !who_is(cx, &row))
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(approval_type.zh));
    if (!e && row.state == APPROVAL_WAITING && row.until_ms <= clock_now_ms(cx->clock))
        e = err_set(cx, ERR_STATE, NULL, "ident.approval_late");
    if (!e)
        e = flow_step(cx, &approval_flow, row.state, action, who_is(cx, &row), &row, &row.state);
    if (e)
        return e;
    row.answered_by = cx->actor.account_id;
    row.reason = in->reason;
    e = fact_change(cx, &approval_type, &row,
                    (FactNote){.kind = kinds[row.state], .code = str_z(cx->arena, row.op)});
    return !e && row.state == APPROVAL_AGREED ? carry_out(cx, &row, ret) : e;
}

static Err agree_run(Cx *cx, const void *in, Val **ret)
{
    return answer(cx, in, "agree", ret);
}

static Err refuse_run(Cx *cx, const void *in, Val **ret)
{
    return answer(cx, in, "refuse", ret);
}

static Err withdraw_run(Cx *cx, const void *in, Val **ret)
{
    return answer(cx, in, "withdraw", ret);
}

typedef struct ListIn {
    i64 all; /* Answered ones too. */
} ListIn;

static const Field list_fields[] = {
    {AT(ListIn, all), F_BOOL, "含已办", "Answered ones too", 0, SEE_PUBLIC, NULL},
};

enum { LIST_MAX = 200 };

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    Rows rows;
    Val *items = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &approval_type, &rows,
                         "WHERE (?1 = 1 OR (state = 0 AND until_ms > ?2)) ORDER BY id DESC "
                         "LIMIT ?3",
                         BIND_INT(((const ListIn *)arg)->all), BIND_INT(clock_now_ms(cx->clock)),
                         BIND_INT(LIST_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Approval row = {0};
        record_read_row(cx, &approval_type, &rows, &row);
        unsigned who = who_is(cx, &row);
        const Op *op = op_find(house_of(cx), row.op);
        if (!who || !op)
            continue;
        Val *val = record_val(cx, &approval_type, &row, SEE_OWNER);
        val_set_z(cx->arena, val, "label", cx->lang == LANG_EN ? op->en : op->zh);
        val_set(cx->arena, val, "acts", flow_acts(cx, &approval_flow, row.state, who));
        val_push(cx->arena, items, val);
    }
    e = rows_end(&rows);
    *ret = list_val(cx, items, (i64)val_count(items), 1, LIST_MAX);
    return e;
}

// clang-format off
static const Op ops[] = {
    {"approval.list",     "双人复核", "Acts of two persons", OP_READ,  0, WHO_SIGNED, OP_IN(ListIn, list_fields), NULL, list_run, NULL, NULL},
    {"approval.agree",    "同意并执行", "Agree and do it", OP_WRITE, OP_DANGER, WHO_SIGNED, OP_IN(AnswerIn, answer_fields), NULL, agree_run, NULL, "Does the act that waits, as whoever asked for it."},
    {"approval.refuse",   "驳回",     "Refuse",   OP_WRITE, 0, WHO_SIGNED, OP_IN(AnswerIn, answer_fields), NULL, refuse_run, NULL, NULL},
    {"approval.withdraw", "撤回",     "Withdraw", OP_WRITE, 0, WHO_SIGNED, OP_IN(AnswerIn, answer_fields), NULL, withdraw_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&approval_type};
static const Flow *const flows[] = {&approval_flow};

const Room approval_room = {
    .name = "ident",
    .types = types,
    .type_count = COUNT(types),
    .flows = flows,
    .flow_count = COUNT(flows),
    .ops = ops,
    .op_count = COUNT(ops),
};
