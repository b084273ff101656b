/* Accounts of a unit: in bulk, one by one, closing, hand-over; its colleges and its leaving. */
#include "people/people_int.h"

#include "command/settings.h"

#include <string.h>

#define UNIT_STAFF (WHO_OFFICE | WHO_LIAISON)
#define KEEPERS    (WHO_SECURITY | WHO_LOCAL | UNIT_STAFF)

enum { ACCOUNTS_SHOWN_MAX = 500, WORK_SHOWN_MAX = 50 };

/* ---- who may add what ---- */

static bool acts_for_all(const Cx *cx)
{
    return (cx->actor.roles & (WHO_SECURITY | WHO_LOCAL)) != 0;
}

/* Of the unit's own people: its office or liaison, there or in the house above it. */
static bool acts_for_unit(Cx *cx, i64 org_id)
{
    return (cx->actor.roles & UNIT_STAFF) && (who_of(cx, org_id, false) & WHO_OWNER);
}

/* What stands against an account with these roles in this unit: a message key; NULL: nothing. */
static const char *against(Cx *cx, const Org *org, Str roles)
{
    unsigned bits = role_bits_of(roles);
    if (org->left_ms)
        return "people.unit_left";
    if (bits & WHO_ADMINS)
        return "people.admin_alone";
    if (acts_for_all(cx))
        return NULL;
    if (!acts_for_unit(cx, org->id))
        return "people.not_your_unit";
    return bits & ~role_bits_of(roles_within_kind(org->kind)) ? "people.role_not_here" : NULL;
}

static Err liaisons_full(Cx *cx, i64 org_id, Str roles, bool *ret)
{
    i64 count = 0;
    *ret = false;
    if (!(role_bits_of(roles) & WHO_LIAISON))
        return ERR_OK;
    Err e = role_count(cx, org_id, "liaison", &count);
    *ret = count >= house_of(cx)->settings->liaisons_max;
    return e;
}

/* A row that names no role: an inventor in a university, a firm's person in a firm. */
static Str usual_role(Str kind)
{
    Str within = roles_within_kind(kind), first = S("");
    if (role_bits_of(within) & WHO_INVENTOR)
        return S("inventor");
    str_split(&within, ',', &first);
    return first;
}

/* ---- people.accounts_add ---- */

typedef struct AccountsAdd {
    i64 org_id;
    Str text;
    PersonRow *rows; /* Made by prepare. */
    size_t count;
} AccountsAdd;

static const Field accounts_add_fields[] = {
    {AT(AccountsAdd, org_id), F_REF, "单位", "Organisation", 0, SEE_PUBLIC, NULL},
    {AT(AccountsAdd, text), F_PROSE, "人员名单", "List of people", REQUIRED | PERSONAL, SEE_PUBLIC,
     NULL, .max = 200 * 1000,
     .help_zh = "从表格中复制粘贴，或每行一个 JSON：姓名、登录名、角色、手机、邮箱、单位。最多 500 "
                "行；单位为空时归入上面的单位。",
     .help_en = "Paste from a sheet, or one JSON a line: name, login, roles, phone, email, unit. "
                "500 rows at most; without a unit, the one above."},
};

static Err find_unit(Cx *cx, Str unit, i64 *ret_id)
{
    return DB_INT(cx, ret_id, 0,
                  "SELECT id FROM org WHERE (code = ?1 AND code <> '') OR name = ?1 "
                  "ORDER BY CASE WHEN code = ?1 THEN 0 ELSE 1 END, id LIMIT 1",
                  BIND_STR(unit));
}

/* The same login in the same unit is the same person, and no error. */
static Err look_for_login(Cx *cx, PersonRow *row)
{
    Account account = {0};
    Err e = login_taken(cx, row->login, &row->account_id);
    if (e || !row->account_id)
        return e;
    e = record_load(cx, &account_type, row->account_id, &account);
    row->there = account.org_id == row->org_id && !account.closed;
    if (!row->there) {
        row->why = "ident.login_there";
        row->why_arg = row->login;
    }
    return e;
}

/* Everything that can be said of a row before it is made. */
static Err place_row(Cx *cx, PersonRow *row, i64 org_id)
{
    Org org = {0};
    Err e = ERR_OK;
    row->org_id = org_id ? org_id : cx->actor.org_id;
    if (row->unit.len)
        e = find_unit(cx, row->unit, &row->org_id);
    if (!e)
        e = record_load(cx, &org_type, row->org_id, &org);
    if (e == ERR_MISSING) {
        err_clear(cx);
        row->why = "people.no_such_unit";
        row->why_arg = row->unit;
        return ERR_OK;
    }
    if (e)
        return e;
    if (!row->roles.len)
        row->roles = usual_role(org.kind);
    row->why = row->roles.len ? against(cx, &org, row->roles) : "people.row_no_role";
    row->why_arg = row->roles;
    return row->why ? ERR_OK : look_for_login(cx, row);
}

static bool twice(const PersonRow *rows, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (!rows[i].why && str_same(rows[i].login, rows[at].login))
            return true;
    return false;
}

/* Reads and judges the rows, and works out the passwords of those to be made: the slow part. */
static Err accounts_add_prepare(Cx *cx, void *arg)
{
    AccountsAdd *in = arg;
    Err e = person_rows_read(cx, in->text, &in->rows, &in->count);
    for (size_t i = 0; !e && i < in->count; i++) {
        PersonRow *row = &in->rows[i];
        if (!row->why)
            e = place_row(cx, row, in->org_id);
        if (!row->why && !row->there && twice(in->rows, i)) {
            row->why = "people.row_twice";
            row->why_arg = row->login;
        }
        if (e || row->why || row->there)
            continue;
        row->password = password_random(cx);
        e = password_encode(cx, row->password, &row->encoded);
    }
    return e;
}

static Err make_row(Cx *cx, PersonRow *row)
{
    bool full;
    const AccountNew new = {.login = row->login,
                            .name = row->name,
                            .email = row->email,
                            .phone = row->phone,
                            .org_id = row->org_id,
                            .roles = row->roles,
                            .encoded = row->encoded,
                            .must_change = true};
    Err e = look_for_login(cx, row); /* Again: somebody may have been quicker. */
    if (!e && !row->why && !row->there) {
        e = liaisons_full(cx, row->org_id, row->roles, &full);
        if (!e && full)
            row->why = "people.liaisons_full";
    }
    return e || row->why || row->there ? e : account_make(cx, &new, &row->account_id);
}

static Val *row_val(Cx *cx, const PersonRow *row)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "line", row->line);
    val_set_str(cx->arena, map, "name", row->name);
    val_set_str(cx->arena, map, "login", row->login);
    val_set_z(cx->arena, map, "result", row->why ? "refused" : row->there ? "there" : "made");
    val_set_str(cx->arena, map, "password", row->why || row->there ? S("") : row->password);
    val_set_z(cx->arena, map, "key", row->why ? row->why : "");
    val_set_str(cx->arena, map, "why",
                row->why ? text_say(cx->arena, cx->lang, row->why, &row->why_arg, 1) : S(""));
    return map;
}

static Val *rows_reply(Cx *cx, const PersonRow *rows, size_t count)
{
    Val *map = val_map(cx->arena), *list = val_list(cx->arena);
    i64 made = 0, there = 0, refused = 0;
    for (size_t i = 0; i < count; i++) {
        val_push(cx->arena, list, row_val(cx, &rows[i]));
        refused += rows[i].why != NULL;
        there += !rows[i].why && rows[i].there;
        made += !rows[i].why && !rows[i].there;
    }
    val_set(cx->arena, map, "rows", list);
    val_set_int(cx->arena, map, "made", made);
    val_set_int(cx->arena, map, "there", there);
    val_set_int(cx->arena, map, "refused", refused);
    return map;
}

static Err accounts_add_run(Cx *cx, const void *arg, Val **ret)
{
    const AccountsAdd *in = arg;
    Err e = ERR_OK;
    PersonRow *rows = ARENA_NEW(cx->arena, PersonRow, in->count); /* The input stays as it is. */
    memcpy(rows, in->rows, in->count * sizeof *rows);
    for (size_t i = 0; !e && i < in->count; i++)
        if (!rows[i].why && !rows[i].there)
            e = make_row(cx, &rows[i]);
    Val *reply = rows_reply(cx, rows, in->count);
    if (!e)
        e = fact_tell(
            cx, &org_type, cx->actor.org_id ? cx->actor.org_id : in->org_id,
            (FactNote){.kind = "account.many_added", .amount = val_get_int(reply, "made")});
    if (!e)
        *ret = reply;
    return e;
}

/* ---- account.add_below ---- */

typedef struct AddBelow {
    i64 org_id;
    Str name;
    Str login;
    Str roles;
    Str phone;
    Str email;
    PersonRow row; /* Made by prepare. */
} AddBelow;

static const Field add_below_fields[] = {
    {AT(AddBelow, org_id), F_REF, "单位", "Organisation", REQUIRED, SEE_PUBLIC, NULL,
     .ref = &org_type},
    {AT(AddBelow, name), F_TEXT, "姓名", "Name", REQUIRED | PERSONAL, SEE_PUBLIC, NULL, .max = 40},
    {AT(AddBelow, login), F_TEXT, "登录名", "Login", REQUIRED, SEE_PUBLIC, NULL, .min = 3,
     .max = 40},
    {AT(AddBelow, roles), F_CODES, "角色", "Roles", REQUIRED, SEE_PUBLIC, NULL,
     .codes = &role_codes},
    {AT(AddBelow, phone), F_TEXT, "手机", "Mobile", PERSONAL, SEE_PUBLIC, NULL, .max = 20},
    {AT(AddBelow, email), F_TEXT, "电子邮箱", "E-mail", PERSONAL, SEE_PUBLIC, NULL, .max = 100},
};

static Err add_below_prepare(Cx *cx, void *arg)
{
    AddBelow *in = arg;
    if (!person_reach_check(cx, &in->phone, in->email, in->login))
        return ERR_INPUT;
    in->row = (PersonRow){.line = 1,
                          .name = in->name,
                          .login = in->login,
                          .roles = in->roles,
                          .phone = in->phone,
                          .email = in->email,
                          .org_id = in->org_id,
                          .password = password_random(cx)};
    return password_encode(cx, in->row.password, &in->row.encoded);
}

static Err add_below_run(Cx *cx, const void *arg, Val **ret)
{
    const AddBelow *in = arg;
    PersonRow row = in->row;
    Org org = {0};
    Err e = record_load(cx, &org_type, in->org_id, &org);
    const char *why = e ? NULL : against(cx, &org, in->roles);
    if (why && strcmp(why, "people.role_not_here") == 0)
        return err_set_arg(cx, ERR_INPUT, "roles", why, roles_within_kind(org.kind));
    if (why)
        return err_set(cx, ERR_DENIED, "org_id", why);
    if (!e)
        e = make_row(cx, &row);
    if (!e && row.why)
        return err_set_arg(cx, ERR_CONFLICT, "login", row.why, row.login);
    if (!e && row.there)
        return err_set_arg(cx, ERR_CONFLICT, "login", "ident.login_there", row.login);
    if (e)
        return e;
    *ret = rows_reply(cx, &row, 1);
    val_set_int(cx->arena, *ret, "id", row.account_id);
    return ERR_OK;
}

/* ---- account.close_below, account.hand_over ---- */

/* An account of a unit that the actor keeps. Others are not known to him. */
static Err load_kept(Cx *cx, i64 id, const char *field, Account *ret)
{
    unsigned roles = 0;
    Err e = record_load(cx, &account_type, id, ret);
    if (!e && !acts_for_all(cx) && !acts_for_unit(cx, ret->org_id))
        return err_set_arg(cx, ERR_MISSING, field, "record.missing",
                           str_from(cx->lang == LANG_EN ? account_type.en : account_type.zh));
    if (!e)
        e = account_roles(cx, id, &roles);
    if (!e && (roles & WHO_ADMINS))
        return err_set(cx, ERR_DENIED, field, "people.admin_alone");
    return e;
}

static Err load_open(Cx *cx, i64 id, const char *field, Account *ret)
{
    Err e = load_kept(cx, id, field, ret);
    return !e && ret->closed ? err_set(cx, ERR_STATE, field, "people.closed_already") : e;
}

static Err close_below_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    i64 id = ((const IdIn *)arg)->id;
    (void)ret;
    if (id == cx->actor.account_id)
        return err_set(cx, ERR_STATE, NULL, "people.not_yourself");
    Err e = load_open(cx, id, NULL, &account);
    return e ? e : account_shut(cx, &account, "unit");
}

/* What the security administrator has closed, he opens. */
static Err reopen_below_run(Cx *cx, const void *arg, Val **ret)
{
    const AccountReopen *in = arg;
    Account account = {0};
    unsigned roles = 0;
    bool full = false;
    (void)ret;
    Err e = load_kept(cx, in->id, NULL, &account);
    bool own = str_same(account.shut_by, S("unit")) || str_same(account.shut_by, S("left"));
    if (!e && account.closed && !own && !acts_for_all(cx))
        return err_set(cx, ERR_DENIED, NULL, "people.shut_by_security");
    if (!e)
        e = account_roles(cx, account.id, &roles);
    if (!e)
        e = liaisons_full(cx, account.org_id, roles & WHO_LIAISON ? S("liaison") : S(""), &full);
    if (!e && full)
        return err_set(cx, ERR_STATE, NULL, "people.liaisons_full");
    return e ? e : account_reopen(cx, &account, in->reason);
}

typedef struct HandOver {
    i64 from_id;
    i64 to_id;
} HandOver;

static const Field hand_over_fields[] = {
    {AT(HandOver, from_id), F_REF, "移交人", "From", REQUIRED, SEE_PUBLIC, NULL,
     .ref = &account_type},
    {AT(HandOver, to_id), F_REF, "接收人", "To", REQUIRED, SEE_PUBLIC, NULL, .ref = &account_type},
};

/* Listings, needs, lots and deals are the unit's. What hangs on a person: his roles, what others
 * have given him to do for them and he has given to others, and what later rooms say (imports). */
static Err hand_roles(Cx *cx, const Account *from, const Account *to, i64 *ret_count)
{
    unsigned had = 0, has = 0;
    i64 now_ms = clock_now_ms(cx->clock);
    Err e = account_roles(cx, from->id, &had);
    if (!e)
        e = account_roles(cx, to->id, &has);
    if (!e && !roles_apart(had | has))
        e = err_set(cx, ERR_STATE, "to_id", "ident.roles_clash");
    *ret_count = 0;
    for (size_t i = 0; !e && i < role_codes.count; i++) {
        const char *role = role_codes.codes[i].code;
        unsigned bit = role_bit(str_from(role));
        if (!(had & bit))
            continue;
        RoleGrant grant = {0};
        e = RECORD_FIND(cx, &role_grant_type, &grant,
                        "WHERE account_id = ?1 AND role = ?2 AND from_ms <= ?3 AND "
                        "(until_ms = 0 OR until_ms > ?3) ORDER BY until_ms LIMIT 1",
                        BIND_INT(from->id), BIND_STR(str_from(role)), BIND_INT(now_ms));
        i64 until_ms = grant.until_ms;
        grant.until_ms = now_ms;
        if (!e)
            e = fact_change(cx, &role_grant_type, &grant,
                            (FactNote){.kind = "grant.ended", .code = role});
        if (e || (has & bit))
            continue;
        RoleGrant given = {.account_id = to->id,
                           .org_id = to->org_id,
                           .role = str_from(role),
                           .from_ms = now_ms,
                           .until_ms = until_ms,
                           .by_id = cx->actor.account_id};
        e = fact_create(cx, &role_grant_type, &given,
                        (FactNote){.kind = "grant.added", .code = role});
        ++*ret_count;
    }
    return e;
}

static Err hand_over_run(Cx *cx, const void *arg, Val **ret)
{
    const HandOver *in = arg;
    Account from = {0}, to = {0};
    i64 roles = 0, delegations = 0, work = 0;
    const HouseHooks *hooks = &house_of(cx)->hooks;
    if (in->from_id == in->to_id)
        return err_set(cx, ERR_INPUT, "to_id", "people.same_person");
    Err e = load_open(cx, in->from_id, "from_id", &from);
    if (!e)
        e = load_open(cx, in->to_id, "to_id", &to);
    if (!e && from.org_id != to.org_id)
        return err_set(cx, ERR_STATE, "to_id", "people.other_unit");
    if (!e)
        e = hand_roles(cx, &from, &to, &roles);
    if (!e)
        e = delegations_end(cx, from.id, &delegations);
    if (!e && hooks->hand_over)
        e = hooks->hand_over(cx, from.id, to.id, &work);
    if (!e)
        e = fact_tell(cx, &account_type, from.id,
                      (FactNote){.kind = "account.handed_over",
                                 .amount = roles + delegations + work,
                                 .other_id = to.id});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "roles", roles);
    val_set_int(cx->arena, *ret, "delegations_ended", delegations);
    val_set_int(cx->arena, *ret, "work", work);
    return ERR_OK;
}

/* ---- people.accounts ---- */

typedef struct OrgAsk {
    i64 org_id;
} OrgAsk;

static const Field org_ask_fields[] = {
    {AT(OrgAsk, org_id), F_REF, "单位", "Organisation", 0, SEE_PUBLIC, NULL},
};

static Err roles_text(Cx *cx, Val *row)
{
    unsigned roles = 0;
    Val *list = val_list(cx->arena);
    Err e = account_roles(cx, val_get_int(row, "id"), &roles);
    for (size_t i = 0; i < role_codes.count; i++)
        if (roles & role_bit(str_from(role_codes.codes[i].code)))
            val_push(cx->arena, list, val_z(cx->arena, role_codes.codes[i].code));
    val_set(cx->arena, row, "roles", list);
    return e;
}

static Val *roles_list(Cx *cx, Str kind)
{
    Val *list = val_list(cx->arena);
    Str rest = roles_within_kind(kind), role;
    while (str_split(&rest, ',', &role))
        val_push(cx->arena, list, val_str(cx->arena, role));
    return list;
}

/* Of a unit and of those right below it. */
static Err unit_accounts_run(Cx *cx, const void *arg, Val **ret)
{
    i64 asked = ((const OrgAsk *)arg)->org_id, org_id = asked ? asked : cx->actor.org_id;
    Rows rows;
    Org org = {0};
    Val *items = val_list(cx->arena);
    if (!acts_for_all(cx) && !acts_for_unit(cx, org_id))
        return err_set(cx, ERR_DENIED, "org_id", "people.not_your_unit");
    Err e = record_load(cx, &org_type, org_id, &org);
    if (e)
        return e;
    e = RECORD_QUERY(cx, &account_type, &rows,
                     "WHERE org_id = ?1 OR org_id IN (SELECT id FROM org WHERE parent_id = ?1) "
                     "ORDER BY closed, org_id, id LIMIT ?2",
                     BIND_INT(org_id), BIND_INT(ACCOUNTS_SHOWN_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Account account = {0};
        record_read_row(cx, &account_type, &rows, &account);
        Val *row = record_val(cx, &account_type, &account, see_level(cx, account.org_id, false));
        val_set_bool(cx->arena, row, "is_closed", account.closed != 0);
        val_set_bool(cx->arena, row, "me", account.id == cx->actor.account_id);
        val_push(cx->arena, items, row);
    }
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < val_count(items); i++)
        e = roles_text(cx, val_at(items, i));
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    if (e)
        return e;
    *ret = list_val(cx, items, (i64)val_count(items), 1, ACCOUNTS_SHOWN_MAX);
    val_set_int(cx->arena, *ret, "org_id", org_id);
    val_set(cx->arena, *ret, "roles_within", roles_list(cx, org.kind));
    val_set_int(cx->arena, *ret, "liaisons_max", house_of(cx)->settings->liaisons_max);
    return ERR_OK;
}

/* ---- org.add_below, org.leave ---- */

typedef struct OrgBelow {
    i64 parent_id;
    Str name;
    Str contact;
    Str phone;
    Str intro;
} OrgBelow;

static const Field org_below_fields[] = {
    {AT(OrgBelow, parent_id), F_REF, "上级单位", "Parent", REQUIRED, SEE_PUBLIC, NULL,
     .ref = &org_type},
    {AT(OrgBelow, name), F_TEXT, "名称", "Name", REQUIRED, SEE_PUBLIC, NULL, .min = 2, .max = 100},
    {AT(OrgBelow, contact), F_TEXT, "联系部门", "Contact", 0, SEE_PUBLIC, NULL, .max = 60},
    {AT(OrgBelow, phone), F_TEXT, "联系电话", "Phone", 0, SEE_PUBLIC, NULL, .max = 40},
    {AT(OrgBelow, intro), F_PROSE, "简介", "About", 0, SEE_PUBLIC, NULL, .max = 2000},
};

static bool has_colleges(Str kind)
{
    return (role_bits_of(roles_within_kind(kind)) & WHO_INVENTOR) != 0;
}

static Err org_add_below_run(Cx *cx, const void *arg, Val **ret)
{
    const OrgBelow *in = arg;
    Org parent = {0};
    i64 there = 0;
    Err e = record_load(cx, &org_type, in->parent_id, &parent);
    if (!e && !acts_for_unit(cx, parent.id) && !(who_of(cx, 0, false) & (WHO_OPERATOR | WHO_LOCAL)))
        return err_set(cx, ERR_DENIED, "parent_id", "people.not_your_unit");
    if (!e && !has_colleges(parent.kind))
        return err_set(cx, ERR_STATE, "parent_id", "people.no_colleges");
    if (!e)
        e = DB_INT(cx, &there, 0, "SELECT id FROM org WHERE parent_id = ?1 AND name = ?2",
                   BIND_INT(parent.id), BIND_STR(in->name));
    if (!e && there)
        return err_set_arg(cx, ERR_CONFLICT, "name", "people.college_there", in->name);
    Org org = {.name = in->name,
               .kind = S("college"),
               .division = parent.division,
               .city = parent.city,
               .intro = in->intro,
               .contact = in->contact,
               .phone = in->phone,
               .parent_id = parent.id,
               .agreed_ms = parent.agreed_ms};
    if (!e)
        e = fact_create(cx, &org_type, &org,
                        (FactNote){.kind = "org.added", .other_id = parent.id});
    org_tree_forget(house_of(cx)->orgs);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", org.id);
    return ERR_OK;
}

typedef struct LeaveIn {
    i64 id;
    Str reason;
} LeaveIn;

static const Field leave_fields[] = {
    {AT(LeaveIn, id), F_REF, "单位", "Organisation", REQUIRED, SEE_PUBLIC, NULL},
    {AT(LeaveIn, reason), F_TEXT, "理由", "Reason", REQUIRED, SEE_PUBLIC, NULL, .min = 2,
     .max = 200},
};

/* What keeps a unit from leaving, as the trade rooms say: [{kind, id, title}]. */
static Err open_work(Cx *cx, i64 org_id, Val **ret)
{
    const HouseHooks *hooks = &house_of(cx)->hooks;
    *ret = val_list(cx->arena);
    return hooks->open_work ? hooks->open_work(cx, org_id, *ret) : ERR_OK;
}

static Err refuse_leave(Cx *cx, const Val *work)
{
    Buf list = buf_new(cx->arena);
    size_t count = val_count(work);
    for (size_t i = 0; i < count && i < WORK_SHOWN_MAX; i++)
        buf_format(&list, "%s%.*s %lld %.*s", i ? "；" : "",
                   STR_ARG(val_get_str(val_at(work, i), "kind")),
                   (long long)val_get_int(val_at(work, i), "id"),
                   STR_ARG(val_get_str(val_at(work, i), "title")));
    Str args[] = {str_format(cx->arena, "%zu", count), buf_str(&list)};
    return err_set_args(cx, ERR_STATE, NULL, "people.work_open", args, 2);
}

/* An administrator's account goes no such way: that takes a second person. */
static Err no_admins(Cx *cx, i64 org_id)
{
    static const char *const roles[] = {"system", "security", "audit"};
    i64 count = 0;
    Err e = ERR_OK;
    for (size_t i = 0; !e && !count && i < COUNT(roles); i++)
        e = role_count(cx, org_id, roles[i], &count);
    return !e && count ? err_set(cx, ERR_STATE, NULL, "people.admin_alone") : e;
}

/* Of its accounts all: nobody signs in for the unit any more. */
static Err shut_accounts(Cx *cx, i64 org_id)
{
    Err e = ERR_OK;
    for (bool more = true; !e && more;) {
        Account account = {0};
        e = RECORD_FIND(cx, &account_type, &account, "WHERE org_id = ?1 AND closed = 0 ORDER BY id",
                        BIND_INT(org_id));
        if (e == ERR_MISSING) {
            err_clear(cx);
            return ERR_OK;
        }
        if (!e)
            e = account_shut(cx, &account, "left");
    }
    return e;
}

static Err org_leave_run(Cx *cx, const void *arg, Val **ret)
{
    const LeaveIn *in = arg;
    Org org = {0};
    Val *work = NULL;
    i64 below = 0;
    (void)ret;
    Err e = record_load(cx, &org_type, in->id, &org);
    if (!e && !acts_for_unit(cx, org.id) && !(who_of(cx, 0, false) & (WHO_OPERATOR | WHO_LOCAL)))
        return err_set(cx, ERR_DENIED, "id", "people.not_your_unit");
    if (!e && org.left_ms)
        return err_set(cx, ERR_STATE, NULL, "people.left_already");
    if (!e && str_same(org.kind, S("exchange")))
        return err_set(cx, ERR_STATE, NULL, "people.exchange_stays");
    if (!e)
        e = DB_INT(cx, &below, 0, "SELECT COUNT(*) FROM org WHERE parent_id = ?1 AND left_ms = 0",
                   BIND_INT(org.id));
    if (!e && below)
        return err_set(cx, ERR_STATE, NULL, "people.colleges_first");
    if (!e)
        e = open_work(cx, org.id, &work);
    if (!e && val_count(work))
        return refuse_leave(cx, work);
    if (!e)
        e = no_admins(cx, org.id);
    if (!e)
        e = shut_accounts(cx, org.id);
    org.left_ms = clock_now_ms(cx->clock);
    if (!e)
        e = fact_change(cx, &org_type, &org, (FactNote){.kind = "org.left"});
    org_tree_forget(house_of(cx)->orgs);
    return e;
}

// clang-format off
static const Op ops[] = {
    {"people.accounts",     "本单位账号", "Accounts of the unit", OP_READ, 0, KEEPERS, OP_IN(OrgAsk, org_ask_fields), NULL, unit_accounts_run, NULL, NULL},
    {"people.accounts_add", "批量开通账号", "Add many accounts", OP_WRITE, 0, KEEPERS, OP_IN(AccountsAdd, accounts_add_fields), accounts_add_prepare, accounts_add_run,
     "每一行都有结果；初始密码只显示一次，首次登录须修改。", "Each row is accounted for. First passwords are told once and must be changed at the first sign-in."},
    {"account.add_below",   "开通账号", "Add account",   OP_WRITE, 0, KEEPERS, OP_IN(AddBelow, add_below_fields), add_below_prepare, add_below_run, "为本单位或下属院系的人员开通账号；初始密码只显示一次。", "For somebody of your unit or a college below it; the first password is told once."},
    {"account.close_below", "停用账号", "Close account", OP_WRITE, OP_DANGER, UNIT_STAFF | WHO_LOCAL, OP_IN(IdIn, people_id_fields), NULL, close_below_run, NULL, NULL},
    {"account.reopen_below", "重新启用账号", "Reopen account", OP_WRITE, 0, UNIT_STAFF | WHO_LOCAL, OP_IN(AccountReopen, account_reopen_fields), NULL, reopen_below_run, "下次登录须修改密码。", "The next sign-in asks for a new password."},
    {"account.hand_over",   "移交工作", "Hand over",     OP_WRITE, OP_DANGER, KEEPERS, OP_IN(HandOver, hand_over_fields), NULL, hand_over_run,
     "移交人的角色和在办事项转给接收人；委托关系终止。项目、需求、竞价和成交属于单位，不受影响。", "Roles and open work go to the other; delegations end. Listings, needs, lots and deals are the unit's and stay."},
    {"org.add_below",       "新增院系", "Add college",   OP_WRITE, 0, UNIT_STAFF | WHO_OPERATOR | WHO_LOCAL, OP_IN(OrgBelow, org_below_fields), NULL, org_add_below_run, NULL, NULL},
    {"org.leave",           "退出平台", "Leave the exchange", OP_WRITE, OP_DANGER, UNIT_STAFF | WHO_OPERATOR | WHO_LOCAL, OP_IN(LeaveIn, leave_fields), NULL, org_leave_run,
     "单位的全部账号随之停用；有未结束的竞价或成交项目时不能退出。", "All its accounts close with it. Not while a lot or deal of it is open."},
};
// clang-format on

const Room accounts_room = {
    .name = "people",
    .ops = ops,
    .op_count = COUNT(ops),
};
