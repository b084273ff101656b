#include "command/command.h"

#include <stdlib.h>
#include <string.h>

const Op *op_find(const House *house, Str name)
{
    for (size_t r = 0; r < house->room_count; r++)
        for (size_t i = 0; i < house->rooms[r]->op_count; i++)
            if (str_same_z(name, house->rooms[r]->ops[i].name))
                return &house->rooms[r]->ops[i];
    return NULL;
}

const RecordType *type_find(const House *house, Str name)
{
    for (size_t r = 0; r < house->room_count; r++)
        for (size_t i = 0; i < house->rooms[r]->type_count; i++)
            if (str_same_z(name, house->rooms[r]->types[i]->name))
                return house->rooms[r]->types[i];
    return NULL;
}

const Flow *flow_find(const House *house, Str name)
{
    for (size_t r = 0; r < house->room_count; r++)
        for (size_t i = 0; i < house->rooms[r]->flow_count; i++)
            if (str_same_z(name, house->rooms[r]->flows[i]->name))
                return house->rooms[r]->flows[i];
    return NULL;
}

const CodeList *codes_find(const House *house, Str name)
{
    for (size_t r = 0; r < house->room_count; r++)
        for (size_t i = 0; i < house->rooms[r]->code_count; i++)
            if (str_same_z(name, house->rooms[r]->codes[i]->name))
                return house->rooms[r]->codes[i];
    return NULL;
}

static void verify_fail(const char *name, const char *why)
{
    log_line(LOG_ERROR_LEVEL, "command_table_wrong", "op", name, "why", why, NULL);
    abort();
}

void permit_verify(const char *kind, const char *name, unsigned who)
{
    if (who)
        return;
    log_line(LOG_ERROR_LEVEL, "no_permission", "kind", kind, "name", name ? name : "", NULL);
    abort();
}

static void verify_op(const House *house, const Op *op)
{
    const char *dot = strchr(op->name, '.');
    if (!dot || dot == op->name || !dot[1])
        verify_fail(op->name, "not named noun.verb");
    permit_verify("op", op->name, op->who);
    if (op->kind < OP_READ || op->kind > OP_STEPS || !op->run || !op->zh || !op->en)
        verify_fail(op->name, "kind, function or label missing");
    if (op_find(house, str_from(op->name)) != op)
        verify_fail(op->name, "twice");
    if ((op->flags & (OP_SIGN | OP_TWO)) && op->kind != OP_WRITE)
        verify_fail(op->name, "only a write can be signed or wait for a second person");
    if ((op->flags & OP_SIGN) && !fields_find(op->in, op->in_count, S("second_code")))
        verify_fail(op->name, "a signature without second_code");
    for (size_t i = 0; i < op->in_count; i++) {
        const Field *field = &op->in[i];
        if ((op->flags & OP_TWO) && field->kind == F_SECRET)
            verify_fail(op->name, "a secret cannot wait for a second person");
        size_t size = field_is_text(field) ? sizeof(Str) : sizeof(i64);
        if (field->offset + size > op->in_size || !field->zh || !field->en)
            verify_fail(op->name, field->name);
        if ((field->kind == F_CODE || field->kind == F_CODES) && !field->codes)
            verify_fail(op->name, field->name);
        if (!field->group_zh != !field->group_en)
            verify_fail(op->name, field->name);
    }
}

static void verify_flow_ops(const House *house, const Flow *flow)
{
    Arena arena = {0};
    flow_verify(flow);
    for (size_t i = 0; i < flow->edge_count; i++) {
        Str name = str_format(&arena, "%s.%s", flow->name, flow->edges[i].action);
        const Op *op = op_find(house, name);
        if (!op)
            verify_fail(str_z(&arena, name), "an edge without its op");
        if (flow->edges[i].danger != ((op->flags & OP_DANGER) != 0))
            verify_fail(op->name, "a danger in the flow or in the op alone");
    }
    arena_done(&arena);
}

void house_verify(const House *house)
{
    for (size_t r = 0; r < house->room_count; r++) {
        const Room *room = house->rooms[r];
        for (size_t i = 0; i < room->type_count; i++)
            record_verify(room->types[i]);
        for (size_t i = 0; i < room->op_count; i++)
            verify_op(house, &room->ops[i]);
        for (size_t i = 0; i < room->flow_count; i++)
            verify_flow_ops(house, room->flows[i]);
    }
}

static unsigned held_by(const Actor *actor)
{
    if (actor->half)
        return WHO_PUBLIC | WHO_HALF;
    unsigned who = actor->roles | WHO_PUBLIC;
    return actor->account_id || actor->via == VIA_LOCAL ? who | WHO_SIGNED : who;
}

static unsigned held(const Cx *cx)
{
    return held_by(&cx->actor);
}

/* ---- acting for another ---- */

bool op_in_matters(Str matters, const Op *op)
{
    Str name = str_from(op->name), noun = str_slice(name, 0, str_find(name, S("."))), one;
    while (str_split(&matters, ',', &one))
        if (str_same(one, noun))
            return true;
    return false;
}

bool op_for_another(const House *house, const Op *op)
{
    const CodeList *matters = codes_find(house, S("delegation_matter"));
    if (op->flags & (OP_SIGN | OP_TWO | OP_OWN | OP_LOCAL_ONLY))
        return false;
    for (size_t i = 0; matters && i < matters->count; i++)
        if (op_in_matters(str_from(matters->codes[i].code), op))
            return true;
    return false;
}

/* The acts of a person alone are nobody's to pass on. */
static bool may_act_for(const Actor *actor, const Op *op)
{
    if (!actor->for_id || (op->flags & OP_OWN))
        return true;
    if (op_in_matters(actor->matters, op))
        return !(op->flags & (OP_SIGN | OP_TWO));
    return op->kind == OP_READ && (op->who & WHO_PUBLIC);
}

/* Who somebody that acts for another is in this op: the giver within the matters, himself where it
 * is about his own session, a signed-in person of no unit elsewhere. */
static void take_part(Actor *actor, const Op *op)
{
    if (!actor->for_id || (!(op->flags & OP_OWN) && op_in_matters(actor->matters, op)))
        return;
    bool own = op->flags & OP_OWN;
    actor->org_id = own ? actor->own_org_id : 0;
    actor->roles = own ? actor->own_roles : 0;
    if (own)
        actor->for_id = 0;
    actor->matters = S("");
}

bool op_allowed(const Cx *cx, const Op *op)
{
    unsigned need = op->who, has = held(cx);
    if (cx->actor.for_id) {
        Actor actor = cx->actor;
        take_part(&actor, op);
        has = may_act_for(&cx->actor, op) ? held_by(&actor) : 0;
    }
    if (need & (WHO_OWNER | WHO_PARTY | WHO_ABOVE | WHO_SELF | WHO_BINDS)) /* The record decides. */
        need |= WHO_SIGNED;
    return (need & has) != 0;
}

unsigned who_of(Cx *cx, i64 owner_org, bool is_party)
{
    unsigned who = held(cx);
    /* The administrators are nobody's owner, party or superior; nor is an account whose last role
     * has ended: with it goes what it may do for its unit. */
    if ((who & WHO_ADMINS) || !(who & WHO_ROLES & ~(unsigned)(WHO_PUBLIC | WHO_SIGNED | WHO_HALF)))
        return who;
    if (is_party)
        who |= WHO_PARTY;
    if (!owner_org || !(who & WHO_SIGNED))
        return who;
    const HouseHooks *hooks = &house_of(cx)->hooks;
    unsigned binds = who & WHO_BINDERS ? WHO_BINDS : 0;
    if (cx->actor.org_id == owner_org && (binds || !hooks->relation))
        return who | WHO_OWNER | binds;
    if (cx->actor.org_id == owner_org)
        who |= WHO_OWNER;
    who |= hooks->relation ? hooks->relation(cx, owner_org) : 0;
    return who & WHO_OWNER ? who | binds : who;
}

See see_level(Cx *cx, i64 owner_org, bool is_party)
{
    unsigned who = who_of(cx, owner_org, is_party);
    if (who & (WHO_OPERATOR | WHO_LOCAL | WHO_CLOCK))
        return SEE_OPERATOR;
    if (who & WHO_ADMINS)
        return SEE_PUBLIC;
    if (who & WHO_OWNER)
        return SEE_OWNER;
    if (who & (WHO_PARTY | WHO_ABOVE))
        return SEE_PARTY;
    return who & WHO_SIGNED ? SEE_SIGNED : SEE_PUBLIC;
}

See see_published(Cx *cx)
{
    return who_of(cx, 0, false) & WHO_SIGNED ? SEE_SIGNED : SEE_PUBLIC;
}

Err op_read_texts(Cx *cx, const Op *op, const NameText *texts, size_t count, bool strict,
                  void **ret_in)
{
    void *in = arena_take(cx->arena, op->in_size ? op->in_size : 1);
    for (size_t i = 0; i < count; i++) {
        const Field *field = fields_find(op->in, op->in_count, texts[i].name);
        if (!field) {
            if (strict)
                err_collect(cx, texts[i].name, "field.unknown", texts[i].name);
            continue;
        }
        Str text = texts[i].text;
        bool many = field->kind == F_CODES || field->kind == F_REFS || field->kind == F_LIST;
        if (many && !field_empty(field, in)) /* Several inputs of one name: checkboxes. */
            text = str_format(cx->arena, "%.*s%c%.*s", STR_ARG(field_str(field, in)),
                              field->kind == F_LIST ? ';' : ',', STR_ARG(text));
        ErrInfo first = cx->err;
        if (field_read(cx, field, text, in) != ERR_OK) {
            ErrInfo found = cx->err;
            if (cx->err_count)
                cx->err = first;
            err_collect(cx, str_from(field->name), found.key, found.args[0]);
        }
    }
    if (cx->err_count)
        return ERR_INPUT;
    *ret_in = in;
    return ERR_OK;
}

Err op_read_json(Cx *cx, const Op *op, const Val *body, void **ret_in)
{
    if (body && body->kind != VAL_MAP && body->kind != VAL_NULL)
        return err_set(cx, ERR_INPUT, NULL, "api.not_an_object");
    void *in = arena_take(cx->arena, op->in_size ? op->in_size : 1);
    for (size_t i = 0; i < val_count(body); i++) {
        Str name = body->list.items[i].key;
        const Field *field = fields_find(op->in, op->in_count, name);
        if (!field) {
            err_collect(cx, name, "field.unknown", name);
            continue;
        }
        ErrInfo first = cx->err;
        if (field_read_val(cx, field, body->list.items[i].val, in) != ERR_OK) {
            ErrInfo found = cx->err;
            if (cx->err_count)
                cx->err = first;
            err_collect(cx, str_from(field->name), found.key, found.args[0]);
        }
    }
    if (cx->err_count)
        return ERR_INPUT;
    *ret_in = in;
    return ERR_OK;
}

static bool in_scope(const Cx *cx, const Op *op)
{
    unsigned need = op->kind == OP_READ ? SCOPE_READ : SCOPE_WRITE;
    if (op->flags & OP_SECOND)
        need |= SCOPE_SECOND;
    if (op->flags & (OP_SIGN | OP_TWO)) /* A person signs, no token. */
        return !cx->actor.token_id;
    return !cx->actor.token_id || (cx->actor.scope & need) == need;
}

Str op_input_text(Cx *cx, const Op *op, const void *in)
{
    Val *map = val_map(cx->arena);
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < op->in_count; i++) {
        const Field *field = &op->in[i];
        if (field->kind == F_SECRET || field_empty(field, in))
            continue;
        if (field->kind == F_INT || field->kind == F_REF || field->kind == F_MONEY ||
            field->kind == F_TIME)
            val_set_int(cx->arena, map, field->name, field_int(field, in));
        else
            val_set_str(cx->arena, map, field->name, field_text(cx, field, in));
    }
    val_write_json(&out, map);
    return buf_str(&out);
}

static Err may_ask(Cx *cx, const Op *op)
{
    if (!may_act_for(&cx->actor, op))
        return err_set_arg(cx, ERR_DENIED, NULL,
                           op->flags & (OP_SIGN | OP_TWO) ? "command.sign_yourself"
                                                          : "command.not_delegated",
                           str_from(cx->lang == LANG_EN ? op->en : op->zh));
    if (!op_allowed(cx, op)) {
        if (cx->actor.half)
            return err_set(cx, ERR_SECOND, NULL, "command.half");
        if (!(held(cx) & WHO_SIGNED))
            return err_set(cx, ERR_SIGN_IN, NULL, "command.sign_in");
        return err_set_arg(cx, ERR_DENIED, NULL, "command.denied",
                           str_from(cx->lang == LANG_EN ? op->en : op->zh));
    }
    if ((op->flags & OP_LOCAL_ONLY) && cx->actor.via != VIA_LOCAL && cx->actor.via != VIA_SYSTEM)
        return err_set(cx, ERR_DENIED, NULL, "command.local_only");
    if (!in_scope(cx, op))
        return err_set(cx, ERR_DENIED, NULL, "command.not_this_token");
    return ERR_OK;
}

Err op_check(Cx *cx, const Op *op, void *in)
{
    const HouseHooks *hooks = &house_of(cx)->hooks;
    Err e = may_ask(cx, op);
    if (e == ERR_DENIED && hooks->shown) /* Who tries doors is told of, also where one writes. */
        hooks->shown(cx, op, &(Shown){0}, e);
    Actor whole = cx->actor;
    take_part(&cx->actor, op);
    if (!e)
        e = fields_check(cx, op->in, op->in_count, in, CHECK_SUBMIT);
    if (!e && op->prepare)
        e = op->prepare(cx, in);
    cx->actor = whole;
    return e;
}

enum { OP_GATED = OP_SECOND | OP_SIGN | OP_TWO | OP_AGREED };

/* The op behind its gate. */
static Err run_op(Cx *cx, const Op *op, const void *in, Val **ret)
{
    const HouseHooks *hooks = &house_of(cx)->hooks;
    Val *instead = NULL;
    Actor own = cx->actor;
    if (own.half && !(op->who & WHO_HALF)) /* Half signed in is the public still. */
        cx->actor = (Actor){.via = own.via};
    take_part(&cx->actor, op);
    Err e = hooks->gate && (op->flags & OP_GATED) ? hooks->gate(cx, op, in, &instead) : ERR_OK;
    if (!e && instead)
        *ret = instead;
    else if (!e)
        e = op->run(cx, in, ret);
    cx->actor = own;
    return e;
}

typedef struct Telling {
    Cx *cx;
    const Op *op;
} Telling;

/* Before the read has ended: should it fail yet, more is told than was seen, never less. */
static void tell_rows(void *context, const ShownRows *rows)
{
    const Telling *telling = context;
    const Shown part = {.count = (i64)rows->count, .rows = {*rows}};
    house_of(telling->cx)->hooks.shown(telling->cx, telling->op, &part, ERR_OK);
}

/* A read, with lines in the access log when it showed what is not public. */
static Err run_read(Cx *cx, const Op *op, const void *in, Val **ret)
{
    const HouseHooks *hooks = &house_of(cx)->hooks;
    if (cx->shown || !hooks->shown ||
        (op->flags & OP_PLAIN)) /* Part of another read: that one tells. */
        return run_op(cx, op, in, ret);
    Telling telling = {cx, op};
    Shown shown = {.full = tell_rows, .context = &telling};
    cx->shown = &shown;
    Err e = run_op(cx, op, in, ret);
    cx->shown = NULL;
    if (shown.count || e == ERR_DENIED)
        hooks->shown(cx, op, &shown, e);
    return e;
}

static Err run_job(Cx *cx, void *arg)
{
    OpJob *job = arg;
    bool quiet = job->op->flags & OP_QUIET; /* Without a name, a refusal leaves no fact. */
    cx->doing = quiet ? NULL : job->op->name;
    return run_op(cx, job->op, job->in, &job->reply);
}

Err op_refuse(Cx *cx, Val **ret, Err code, const char *field, const char *key)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "_refused", (i64)code);
    val_set_z(cx->arena, map, "field", field ? field : "");
    val_set_z(cx->arena, map, "key", key);
    *ret = map;
    return ERR_OK;
}

static Err answer(Cx *cx, Val *reply, Val **ret)
{
    const Val *refused = val_get(reply, "_refused");
    if (refused)
        return err_set(cx, (Err)refused->i, str_z(cx->arena, val_get_str(reply, "field")),
                       str_z(cx->arena, val_get_str(reply, "key")));
    *ret = reply ? reply : val_map(cx->arena);
    return ERR_OK;
}

Err op_answer(Cx *cx, OpJob *job, Val **ret)
{
    return job->job.err ? job->job.err : answer(cx, job->reply, ret);
}

Err op_call(Cx *cx, const Op *op, void *in, Val **ret)
{
    Err e = op_check(cx, op, in);
    if (e)
        return e;
    OpJob job = {.op = op, .in = in};
    const char *outer = cx->doing;
    cx->doing = op->name;
    if (op->kind == OP_WRITE && !cx->in_write && (op->flags & OP_BULK))
        e = writer_run_bulk(house_of(cx)->writer, cx, run_job, &job);
    else if (op->kind == OP_WRITE && !cx->in_write)
        e = writer_run(house_of(cx)->writer, cx, run_job, &job);
    else if (op->kind == OP_READ)
        e = run_read(cx, op, in, &job.reply);
    else
        e = run_op(cx, op, in, &job.reply);
    cx->doing = outer;
    return e ? e : answer(cx, job.reply, ret);
}

Err op_call_name(Cx *cx, const char *name, void *in, Val **ret)
{
    const Op *op = op_find(house_of(cx), str_from(name));
    assert(op);
    return op_call(cx, op, in, ret);
}

Err op_call_json(Cx *cx, const char *name, const Val *body, Val **ret)
{
    const Op *op = op_find(house_of(cx), str_from(name));
    void *in = NULL;
    assert(op);
    Err e = op_read_json(cx, op, body, &in);
    return e ? e : op_call(cx, op, in, ret);
}

Err op_call_each(Cx *cx, const char *name, void *const *ins, size_t count, ErrInfo **ret_errs)
{
    const Op *op = op_find(house_of(cx), str_from(name));
    assert(op && op->kind == OP_WRITE && !cx->in_write);
    OpJob *calls = ARENA_NEW(cx->arena, OpJob, count + 1);
    Cx *cxs = ARENA_NEW(cx->arena, Cx, count + 1);
    WriteJob **jobs = ARENA_NEW(cx->arena, WriteJob *, count + 1);
    ErrInfo *errs = ARENA_NEW(cx->arena, ErrInfo, count + 1);
    size_t queued = 0;
    for (size_t i = 0; i < count; i++) {
        cxs[i] = *cx;
        calls[i] = (OpJob){
            .job = {.run = run_job, .arg = &calls[i], .cx = &cxs[i]}, .op = op, .in = ins[i]};
        if (op_check(&cxs[i], op, ins[i]) == ERR_OK)
            jobs[queued++] = &calls[i].job;
    }
    Err e = writer_run_all(house_of(cx)->writer, cx, jobs, queued);
    for (size_t i = 0; i < count; i++) {
        errs[i] = cxs[i].err;
        if (errs[i].code == ERR_STORE && !e) {
            cx->err = errs[i];
            e = ERR_STORE;
        }
    }
    *ret_errs = errs;
    return e;
}

Err op_submit(Cx *cx, OpJob *job, const Op *op, const void *in, void (*done)(WriteJob *))
{
    assert(op->kind == OP_WRITE && !cx->in_write);
    *job = (OpJob){.job = {.run = run_job,
                           .done = done,
                           .arg = job,
                           .cx = cx,
                           .bulk = (op->flags & OP_BULK) != 0},
                   .op = op,
                   .in = in};
    cx->doing = op->name;
    if (!writer_submit(house_of(cx)->writer, &job->job))
        return err_set(cx, ERR_BUSY, NULL, "command.busy");
    return ERR_OK;
}

Err refs_read(Cx *cx, Str refs, const char *field, i64 **ret_ids, size_t *ret_count)
{
    i64 *ids = ARENA_NEW(cx->arena, i64, REFS_MAX);
    size_t count = 0;
    Str rest = refs, part;
    while (str_split(&rest, ',', &part)) {
        i64 id;
        if (!str_trim(part).len)
            continue;
        if (!str_to_i64(str_trim(part), &id))
            return err_set(cx, ERR_INPUT, field, "field.number");
        if (count == REFS_MAX)
            return err_set_arg(cx, ERR_LIMIT, field, "command.too_many",
                               str_format(cx->arena, "%d", REFS_MAX));
        ids[count++] = id;
    }
    if (!count)
        return err_set(cx, ERR_INPUT, field, "command.none_chosen");
    *ret_ids = ids;
    *ret_count = count;
    return ERR_OK;
}

i64 page_number(i64 asked)
{
    return asked < 1 ? 1 : asked > PAGE_MAX ? PAGE_MAX : asked;
}

i64 page_size(i64 asked)
{
    return asked < 1 ? PAGE_SIZE : asked > PAGE_SIZE_MAX ? PAGE_SIZE_MAX : asked;
}

Val *list_val(Cx *cx, Val *items, i64 total, i64 page, i64 size)
{
    Val *map = val_map(cx->arena);
    val_set(cx->arena, map, "items", items);
    val_set_int(cx->arena, map, "total", total);
    val_set_int(cx->arena, map, "page", page);
    val_set_int(cx->arena, map, "pages", (total + size - 1) / size);
    val_set_int(cx->arena, map, "size", size);
    return map;
}

enum { HISTORY_MAX = 50 };

Err history_val(Cx *cx, const RecordType *type, i64 id, Val **ret)
{
    Fact *facts;
    size_t count;
    Err e = fact_of_row(cx, type->name, id, HISTORY_MAX, &facts, &count);
    if (e)
        return e;
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < count; i++) {
        Val *row = val_map(cx->arena);
        char *key = str_z(cx->arena, str_format(cx->arena, "fact.%.*s", STR_ARG(facts[i].kind)));
        val_set_int(cx->arena, row, "seq", facts[i].seq);
        val_set_int(cx->arena, row, "at_ms", facts[i].at_ms);
        val_set_str(cx->arena, row, "kind", facts[i].kind);
        val_set_str(cx->arena, row, "label",
                    text_find(cx->lang, key) ? str_from(text_find(cx->lang, key)) : facts[i].kind);
        val_set_str(cx->arena, row, "via", facts[i].via);
        val_set_int(cx->arena, row, "org_id", facts[i].org_id);
        val_set_bool(cx->arena, row, "delegated", facts[i].for_id != 0);
        val_set_int(cx->arena, row, "amount", facts[i].amount);
        val_set_str(cx->arena, row, "code", facts[i].code);
        val_push(cx->arena, list, row);
    }
    *ret = list;
    return ERR_OK;
}

static Val *one_error(Cx *cx, const ErrInfo *err)
{
    Val *map = val_map(cx->arena);
    val_set_str(cx->arena, map, "field", err->field);
    val_set_z(cx->arena, map, "key", err->key ? err->key : "error.unknown");
    val_set_str(cx->arena, map, "message",
                text_say(cx->arena, cx->lang, err->key ? err->key : "error.unknown", err->args,
                         ERR_ARGS_MAX));
    return map;
}

Val *err_val(Cx *cx)
{
    Val *error = one_error(cx, &cx->err), *fields = val_list(cx->arena), *map = val_map(cx->arena);
    val_set_z(cx->arena, error, "code", err_name(cx->err.code));
    for (size_t i = 0; i < cx->err_count; i++)
        val_push(cx->arena, fields, one_error(cx, &cx->errs[i]));
    if (!cx->err_count && cx->err.field.len)
        val_push(cx->arena, fields, one_error(cx, &cx->err));
    val_set(cx->arena, error, "fields", fields);
    val_set(cx->arena, map, "error", error);
    return map;
}
