/* Acting for another, within a scope and for a time. */
#include "people/people_int.h"

#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000, DELEGATIONS_MAX = 100 };

/* What may be delegated at all: trade. Accounts, roles and consents are a person's own. */
static const char *const rooms_delegable[] = {"registry", "auction", "deal", "exchange"};

static bool room_delegable(const Room *room)
{
    for (size_t i = 0; i < COUNT(rooms_delegable); i++)
        if (strcmp(room->name, rooms_delegable[i]) == 0)
            return true;
    return false;
}

/* [{code, label}] */
static Val *matters_val(Cx *cx, Str nouns)
{
    Val *list = val_list(cx->arena);
    Str noun;
    while (str_split(&nouns, ',', &noun)) {
        const Code *code = code_find(&delegation_matters, noun);
        Val *row = val_map(cx->arena);
        val_set_str(cx->arena, row, "code", noun);
        val_set_str(cx->arena, row, "label",
                    code ? str_from(cx->lang == LANG_EN ? code->en : code->zh) : noun);
        val_push(cx->arena, list, row);
    }
    return list;
}

/* As people say it: until_ms is the midnight after. */
static Str last_day(Cx *cx, const Delegation *delegation)
{
    return date_format(cx->arena, time_date(delegation->until_ms - 1));
}

/* "listing" of "listing.file". */
static Str noun_of(const Op *op)
{
    Str name = str_from(op->name);
    return str_slice(name, 0, str_find(name, S(".")));
}

static bool noun_delegable(const House *house, Str noun)
{
    for (size_t r = 0; r < house->room_count; r++)
        for (size_t i = 0; room_delegable(house->rooms[r]) && i < house->rooms[r]->op_count; i++)
            if (str_same(noun_of(&house->rooms[r]->ops[i]), noun))
                return true;
    return false;
}

static bool has_noun(Str nouns, Str noun)
{
    Str part;
    while (str_split(&nouns, ',', &part))
        if (str_same(part, noun))
            return true;
    return false;
}

/* ---- acting under one ---- */

static Err not_held(Cx *cx)
{
    err_clear(cx);
    return err_set(cx, ERR_DENIED, NULL, "people.not_delegated");
}

/* One that was given to him and holds now. */
static Err load_held(Cx *cx, i64 id, const Actor *actor, Delegation *ret)
{
    i64 now_ms = clock_now_ms(cx->clock);
    Err e = record_load(cx, &delegation_type, id, ret);
    bool held = !e && actor->account_id && ret->to_id == actor->account_id && !ret->ended_ms &&
                ret->from_ms <= now_ms && now_ms < ret->until_ms;
    return e == ERR_MISSING || (!e && !held) ? not_held(cx) : e;
}

Err delegation_act(Cx *cx, i64 id, Actor *actor)
{
    Delegation delegation = {0};
    Actor giver = {0};
    if (actor->token_id)
        return err_set(cx, ERR_DENIED, NULL, "people.no_token_acts");
    if (actor->roles & WHO_ADMINS)
        return err_set(cx, ERR_DENIED, NULL, "people.admin_acts_alone");
    Err e = load_held(cx, id, actor, &delegation);
    if (!e)
        e = account_actor_by_id(cx, delegation.from_id, &giver);
    if (e == ERR_MISSING || (!e && giver.org_id != delegation.from_org)) /* Gone, or elsewhere. */
        return not_held(cx);
    if (e)
        return e;
    actor->own_org_id = actor->org_id;
    actor->own_roles = actor->roles;
    actor->org_id = giver.org_id;
    actor->roles = giver.roles & ~(unsigned)WHO_ADMINS;
    actor->for_id = delegation.from_id;
    actor->matters = delegation.nouns;
    return ERR_OK;
}

Err delegation_acting(Cx *cx, i64 account_id, i64 for_id, Str noun)
{
    Rows rows;
    Actor giver = {0};
    bool held = false;
    i64 now_ms = clock_now_ms(cx->clock);
    Err e = account_actor_by_id(cx, for_id, &giver);
    if (e)
        return e == ERR_MISSING ? not_held(cx) : e;
    e = RECORD_QUERY(cx, &delegation_type, &rows,
                     "WHERE from_id = ?1 AND to_id = ?2 AND ended_ms = 0 AND from_ms <= ?3 AND "
                     "until_ms > ?3",
                     BIND_INT(for_id), BIND_INT(account_id), BIND_INT(now_ms));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Delegation one = {0};
        record_read_row(cx, &delegation_type, &rows, &one);
        held = held || (one.from_org == giver.org_id && has_noun(one.nouns, noun));
    }
    e = rows_end(&rows);
    return e || held ? e : not_held(cx);
}

Err delegation_told(Cx *cx, i64 id, Val **ret)
{
    Delegation delegation = {0};
    Str name = S(""), org = S("");
    Err e = record_load(cx, &delegation_type, id, &delegation);
    if (!e)
        e = account_name(cx, delegation.from_id, &name);
    if (!e)
        e = org_name(cx, delegation.from_org, &org);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", id);
    val_set_str(cx->arena, *ret, "other", name);
    val_set_str(cx->arena, *ret, "other_org", org);
    val_set(cx->arena, *ret, "matters", matters_val(cx, delegation.nouns));
    val_set_int(cx->arena, *ret, "until_ms", delegation.until_ms);
    val_set_str(cx->arena, *ret, "until_date", last_day(cx, &delegation));
    return ERR_OK;
}

/* The session's new state. Forms that were shown before are void with their token, so that none of
 * them is sent in another name than it was filled in. */
static Err session_put(Cx *cx, i64 delegation_id, const char *kind, i64 for_id, Val **ret)
{
    Session session = {0};
    if (!cx->actor.session_id)
        return err_set(cx, ERR_STATE, NULL, "people.no_session");
    Err e = record_load(cx, &session_type, cx->actor.session_id, &session);
    i64 before = session.delegation_id;
    session.delegation_id = delegation_id;
    session.csrf = chance_token(cx->chance, cx->arena, 16);
    if (!e)
        e = fact_change(cx, &session_type, &session,
                        (FactNote){.kind = kind,
                                   .amount = delegation_id ? delegation_id : before,
                                   .other_id = for_id});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_str(cx->arena, *ret, "csrf", session.csrf);
    return ERR_OK;
}

static Err start_run(Cx *cx, const void *arg, Val **ret)
{
    i64 id = ((const IdIn *)arg)->id;
    Actor actor = cx->actor;
    Val *told = NULL;
    Err e = delegation_act(cx, id, &actor);
    if (!e)
        e = session_put(cx, id, "delegation.started", actor.for_id, ret);
    if (!e)
        e = delegation_told(cx, id, &told);
    if (!e)
        val_set(cx->arena, *ret, "acting", told);
    return e;
}

static Err stop_run(Cx *cx, const void *arg, Val **ret)
{
    Session session = {0};
    (void)arg;
    if (!cx->actor.session_id)
        return err_set(cx, ERR_STATE, NULL, "people.no_session");
    Err e = record_load(cx, &session_type, cx->actor.session_id, &session);
    if (!e && !session.delegation_id)
        e = err_set(cx, ERR_STATE, NULL, "people.not_acting");
    return e ? e : session_put(cx, 0, "delegation.stopped", 0, ret);
}

/* ---- delegation.give ---- */

typedef struct GiveIn {
    Str to_login;
    Str to_name;
    Str nouns;
    i64 from_date;
    i64 until_date;
} GiveIn;

static const Field give_fields[] = {
    {AT(GiveIn, to_login), F_TEXT, "受托人登录名", "Login of the other", REQUIRED, SEE_PUBLIC, NULL,
     .max = 40},
    {AT(GiveIn, to_name), F_TEXT, "受托人姓名", "Name of the other", REQUIRED | PERSONAL,
     SEE_PUBLIC, NULL, .max = 40},
    {AT(GiveIn, nouns), F_LIST, "委托事项", "Matters", REQUIRED, SEE_PUBLIC, NULL,
     .help_zh = "patent、achievement、listing、need、lot、bidder、deal、import "
                "中的一项或几项，用分号隔开。",
     .help_en = "Of patent, achievement, listing, need, lot, bidder, deal, import; semicolons "
                "between."},
    {AT(GiveIn, from_date), F_DATE, "自", "From", 0, SEE_PUBLIC, NULL},
    {AT(GiveIn, until_date), F_DATE, "至", "Until", REQUIRED, SEE_PUBLIC, NULL},
};

static Err read_nouns(Cx *cx, Str given, Str *ret)
{
    Buf out = buf_new(cx->arena);
    Str rest = given, part;
    while (str_split(&rest, ';', &part)) {
        part = str_lower(cx->arena, str_trim(part));
        if (!part.len || has_noun(buf_str(&out), part))
            continue;
        if (!noun_delegable(house_of(cx), part))
            return err_set_arg(cx, ERR_INPUT, "nouns", "people.no_such_matter", part);
        buf_format(&out, "%s%.*s", out.len ? "," : "", STR_ARG(part));
    }
    *ret = buf_str(&out);
    return out.len ? ERR_OK : err_set_arg(cx, ERR_INPUT, "nouns", "people.no_such_matter", S(""));
}

/* Login and name must fit: the answer tells neither alone. An administrator acts for nobody. */
static Err find_person(Cx *cx, Str login, Str name, Account *ret)
{
    unsigned roles = 0;
    Err e = RECORD_FIND(cx, &account_type, ret,
                        "WHERE login = ?1 AND login <> '' AND name = ?2 AND closed = 0",
                        BIND_STR(login), BIND_STR(name));
    if (!e)
        e = account_roles(cx, ret->id, &roles);
    if (e != ERR_MISSING && (e || !(roles & WHO_ADMINS)))
        return e;
    err_clear(cx);
    return err_set(cx, ERR_INPUT, "to_login", "people.no_such_person");
}

static i64 day_start_ms(i64 date)
{
    return date_days(date) * DAY_MS - SHANGHAI_OFFSET_MS;
}

static Err check_term(Cx *cx, const GiveIn *in, i64 from_date)
{
    i64 today = time_date(clock_now_ms(cx->clock));
    if (in->until_date < from_date)
        return err_set(cx, ERR_INPUT, "until_date", "ident.ends_before_start");
    if (in->until_date < today)
        return err_set(cx, ERR_INPUT, "until_date", "people.term_past");
    if (date_days(in->until_date) - date_days(from_date) > DELEGATION_DAYS_MAX)
        return err_set_arg(cx, ERR_INPUT, "until_date", "people.term_long",
                           str_format(cx->arena, "%d", DELEGATION_DAYS_MAX));
    return ERR_OK;
}

static Err give_run(Cx *cx, const void *arg, Val **ret)
{
    const GiveIn *in = arg;
    Account to = {0};
    i64 today = time_date(clock_now_ms(cx->clock));
    i64 from_date = in->from_date > today ? in->from_date : today;
    Delegation delegation = {.from_id = cx->actor.account_id,
                             .from_org = cx->actor.org_id,
                             .from_ms = from_date == today ? clock_now_ms(cx->clock)
                                                           : day_start_ms(from_date)};
    Err e = check_term(cx, in, from_date);
    if (!e)
        e = read_nouns(cx, in->nouns, &delegation.nouns);
    if (!e)
        e = find_person(cx, in->to_login, in->to_name, &to);
    if (!e && to.id == cx->actor.account_id)
        return err_set(cx, ERR_INPUT, "to_login", "people.same_person");
    delegation.to_id = to.id;
    delegation.until_ms = day_start_ms(in->until_date) + DAY_MS;
    if (!e)
        e = fact_create(cx, &delegation_type, &delegation,
                        (FactNote){.kind = "delegation.given",
                                   .amount = delegation.until_ms,
                                   .other_id = to.id});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", delegation.id);
    return ERR_OK;
}

/* Either side may end it. */
static Err end_run(Cx *cx, const void *arg, Val **ret)
{
    Delegation delegation = {0};
    i64 now_ms = clock_now_ms(cx->clock), me = cx->actor.account_id;
    (void)ret;
    Err e = record_load(cx, &delegation_type, ((const IdIn *)arg)->id, &delegation);
    if (!e && delegation.from_id != me && delegation.to_id != me)
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? delegation_type.en : delegation_type.zh));
    if (!e && (delegation.ended_ms || delegation.until_ms <= now_ms))
        return err_set(cx, ERR_STATE, NULL, "people.delegation_over");
    delegation.ended_ms = now_ms;
    return e ? e
             : fact_change(cx, &delegation_type, &delegation,
                           (FactNote){.kind = "delegation.ended"});
}

/* Of an account that is closed, or hands over: or they would hold again when it is opened again. */
Err delegations_end(Cx *cx, i64 account_id, i64 *ret_count)
{
    i64 now_ms = clock_now_ms(cx->clock);
    Err e = ERR_OK;
    for (*ret_count = 0; !e; ++*ret_count) {
        Delegation delegation = {0};
        e = RECORD_FIND(cx, &delegation_type, &delegation,
                        "WHERE (from_id = ?1 OR to_id = ?1) AND ended_ms = 0 AND until_ms > ?2 "
                        "ORDER BY id LIMIT 1",
                        BIND_INT(account_id), BIND_INT(now_ms));
        delegation.ended_ms = now_ms;
        if (!e)
            e = fact_change(cx, &delegation_type, &delegation,
                            (FactNote){.kind = "delegation.ended"});
        if (e)
            break;
    }
    if (e == ERR_MISSING) {
        err_clear(cx);
        e = ERR_OK;
    }
    return e;
}

Err delegations_shut(Cx *cx, i64 account_id)
{
    i64 ended = 0;
    return delegations_end(cx, account_id, &ended);
}

static Err put_names(Cx *cx, Val *row, bool given)
{
    Str name = S(""), org = S("");
    Account other = {0};
    Err e = record_load(cx, &account_type, val_get_int(row, given ? "to_id" : "from_id"), &other);
    if (!e)
        e = org_name(cx, other.org_id, &org);
    name = other.name; /* The two know each other: one typed the other's name. */
    val_set_bool(cx->arena, row, "given", given);
    val_set_str(cx->arena, row, "other", name);
    val_set_str(cx->arena, row, "other_org", org);
    return e;
}

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    Rows rows;
    i64 now_ms = clock_now_ms(cx->clock), me = cx->actor.account_id;
    Val *items = val_list(cx->arena);
    (void)arg;
    Err e = RECORD_QUERY(cx, &delegation_type, &rows,
                         "WHERE from_id = ?1 OR to_id = ?1 ORDER BY id DESC LIMIT ?2", BIND_INT(me),
                         BIND_INT(DELEGATIONS_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Delegation one = {0};
        record_read_row(cx, &delegation_type, &rows, &one);
        Val *row = record_val(cx, &delegation_type, &one, SEE_SIGNED);
        val_set_bool(cx->arena, row, "holds", !one.ended_ms && one.until_ms > now_ms);
        val_set_bool(cx->arena, row, "usable",
                     one.to_id == me && !one.ended_ms && one.from_ms <= now_ms &&
                         one.until_ms > now_ms);
        val_set(cx->arena, row, "matters", matters_val(cx, one.nouns));
        val_set_str(cx->arena, row, "until_date", last_day(cx, &one));
        val_push(cx->arena, items, row);
    }
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < val_count(items); i++)
        e = put_names(cx, val_at(items, i), val_get_int(val_at(items, i), "from_id") == me);
    if (!e)
        *ret = list_val(cx, items, (i64)val_count(items), 1, DELEGATIONS_MAX);
    return e;
}

#define TRADERS                                                                                    \
    (WHO_OFFICE | WHO_INVENTOR | WHO_FIRM | WHO_MANAGER | WHO_AGENCY | WHO_FINANCE | WHO_OPERATOR)
// clang-format off
static const Op ops[] = {
    {"delegation.give", "委托他人办理", "Delegate", OP_WRITE, 0, TRADERS, OP_IN(GiveIn, give_fields), NULL, give_run, "在期限内由受托人代您办理所列事项；签署须本人进行。", "The other acts in your name in these matters for a time; signing stays yours."},
    {"delegation.end",  "终止委托",     "End delegation", OP_WRITE, OP_DANGER | OP_OWN, WHO_SIGNED, OP_IN(IdIn, people_id_fields), NULL, end_run, NULL, NULL},
    {"delegation.start", "代为办理",    "Act for another", OP_WRITE, OP_OWN, WHO_SIGNED, OP_IN(IdIn, people_id_fields), NULL, start_run,
     "本次登录内代委托人办理所列事项，直至结束代办、退出登录或委托终止。", "In this session, in these matters, until you stop, sign out or the delegation ends."},
    {"delegation.stop",  "结束代办",    "Stop acting",    OP_WRITE, OP_OWN, WHO_SIGNED, OP_IN_NONE, NULL, stop_run, NULL, NULL},
    {"delegation.list", "我的委托",     "My delegations", OP_READ, OP_PLAIN | OP_OWN, WHO_SIGNED, OP_IN_NONE, NULL, list_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&delegation_type};
static const CodeList *const codes[] = {&delegation_matters};

const Room delegation_room = {
    .name = "people",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
