/* What an op asks for beyond a role. */
#include "ident/ident_int.h"

#include "command/settings.h"

static Err gate_agreed(Cx *cx)
{
    i64 agreed_ms = 0;
    if (!house_of(cx)->settings->agreement_required)
        return ERR_OK;
    Err e = DB_INT(cx, &agreed_ms, 0, "SELECT agreed_ms FROM org WHERE id = ?1",
                   BIND_INT(cx->actor.org_id));
    return !e && !agreed_ms ? err_set(cx, ERR_STATE, NULL, "ident.not_agreed") : e;
}

bool second_fresh(Cx *cx)
{
    const Settings *settings = house_of(cx)->settings;
    i64 age_ms = clock_now_ms(cx->clock) - cx->actor.second_ms;
    if (!settings->second_factor || (cx->actor.token_id && (cx->actor.scope & SCOPE_SECOND)))
        return true;
    return cx->actor.second_ms && age_ms <= settings->second_factor_hours * 3600 * 1000;
}

static Err gate_second(Cx *cx)
{
    return second_fresh(cx) ? ERR_OK : err_set(cx, ERR_SECOND, NULL, "ident.second_wanted");
}

static Err gate_sign(Cx *cx, const Op *op, const void *in, Val **ret_instead)
{
    const Field *field = fields_find(op->in, op->in_count, S("second_code"));
    if (!house_of(cx)->settings->second_factor)
        return ERR_OK;
    return second_prove(cx, cx->actor.account_id, field_str(field, in), ret_instead);
}

/* The machine's own operator and the exchange itself are past the gate: whoever has the machine
 * has its keys, and the record says that it was done there. */
Err access_gate(Cx *cx, const Op *op, const void *in, Val **ret_instead)
{
    Err e = ERR_OK;
    if (cx->actor.via == VIA_LOCAL || cx->actor.via == VIA_SYSTEM)
        return ERR_OK;
    if (op->flags & OP_AGREED)
        e = gate_agreed(cx);
    if (!e && (op->flags & OP_SECOND))
        e = gate_second(cx);
    if (!e && (op->flags & OP_SIGN))
        e = gate_sign(cx, op, in, ret_instead);
    if (!e && !*ret_instead && (op->flags & OP_TWO) && !cx->approved)
        e = approval_ask(cx, op, in, ret_instead);
    return e;
}
