/* Accounts, the roles they hold, and wrong passwords. */
#include "ident/ident_int.h"

#include "command/settings.h"

static const struct {
    const char *role;
    unsigned bit;
} role_bits[] = {
    {"office", WHO_OFFICE},         {"inventor", WHO_INVENTOR}, {"firm", WHO_FIRM},
    {"manager", WHO_MANAGER},       {"expert", WHO_EXPERT},     {"operator", WHO_OPERATOR},
    {"department", WHO_DEPARTMENT}, {"finance", WHO_FINANCE},   {"system", WHO_SYSTEM},
    {"security", WHO_SECURITY},     {"audit", WHO_AUDIT},       {"liaison", WHO_LIAISON},
    {"centre", WHO_CENTRE},         {"agency", WHO_AGENCY},
};

unsigned role_bit(Str role)
{
    for (size_t i = 0; i < COUNT(role_bits); i++)
        if (str_same_z(role, role_bits[i].role))
            return role_bits[i].bit;
    return 0;
}

Err roles_of(Cx *cx, i64 account_id, unsigned *ret_roles)
{
    Rows rows;
    unsigned roles = 0;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT role FROM role_grant WHERE account_id = ?1 AND from_ms <= ?2 AND "
                     "(until_ms = 0 OR until_ms > ?2)",
                     BIND_INT(account_id), BIND_INT(clock_now_ms(cx->clock)));
    if (e)
        return e;
    while (rows_next(&rows))
        roles |= role_bit(rows_str(&rows, 0));
    e = rows_end(&rows);
    if (!e)
        *ret_roles = roles;
    return e;
}

static Err actor_of(Cx *cx, const Account *account, Actor *ret)
{
    unsigned roles = 0;
    Err e = roles_of(cx, account->id, &roles);
    if (!e)
        *ret = (Actor){.account_id = account->id, .org_id = account->org_id, .roles = roles};
    return e;
}

Err account_actor(Cx *cx, Str login, Actor *ret)
{
    Account account = {0};
    Err e = RECORD_FIND(cx, &account_type, &account,
                        "WHERE login = ?1 AND login <> '' AND closed = 0", BIND_STR(login));
    return e ? e : actor_of(cx, &account, ret);
}

Err account_actor_by_id(Cx *cx, i64 account_id, Actor *ret)
{
    Account account = {0};
    Err e = record_load(cx, &account_type, account_id, &account);
    if (!e && account.closed)
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(account_type.zh));
    return e ? e : actor_of(cx, &account, ret);
}

Err account_name(Cx *cx, i64 id, Str *ret)
{
    Rows rows;
    Err e = DB_QUERY(cx, &rows, "SELECT name FROM account WHERE id = ?1", BIND_INT(id));
    if (e)
        return e;
    *ret = rows_next(&rows) ? rows_str_copy(&rows, 0) : S("");
    return rows_end(&rows);
}

/* ---- wrong and right passwords and codes ---- */

/* Each lock-out in a row is twice as long as the one before, up to a limit. */
Err account_wrong(Cx *cx, Account *account)
{
    const Settings *settings = house_of(cx)->settings;
    account->tries++;
    if (account->tries >= settings->sign_in_tries_max) {
        i64 minutes = settings->sign_in_lock_min;
        for (i64 i = 0; i < account->locks && minutes < settings->sign_in_lock_max_min; i++)
            minutes *= 2;
        if (minutes > settings->sign_in_lock_max_min)
            minutes = settings->sign_in_lock_max_min;
        account->tries = 0;
        account->locks++;
        account->locked_until_ms = clock_now_ms(cx->clock) + minutes * 60 * 1000;
    }
    return fact_change(cx, &account_type, account, (FactNote){.kind = "session.refused"});
}

Err account_right(Cx *cx, Account *account)
{
    if (!account->tries && !account->locks)
        return ERR_OK;
    account->tries = account->locks = 0;
    return fact_change(cx, &account_type, account, (FactNote){.kind = "account.cleared"});
}

/* ---- account ---- */

typedef struct AccountAdd {
    Str login;
    Str name;
    i64 org_id;
    Str password;
    Str roles;
    Str encoded; /* Made by prepare. */
} AccountAdd;

static const Field account_add_fields[] = {
    {AT(AccountAdd, login), F_TEXT, "登录名", "Login", REQUIRED, SEE_PUBLIC, NULL, .min = 3,
     .max = 40},
    {AT(AccountAdd, name), F_TEXT, "姓名", "Name", REQUIRED, SEE_PUBLIC, NULL, .max = 40},
    {AT(AccountAdd, org_id), F_REF, "单位", "Organisation", REQUIRED, SEE_PUBLIC, NULL},
    {AT(AccountAdd, password), F_SECRET, "密码", "Password", REQUIRED, SEE_NOBODY, NULL,
     .max = 200},
    {AT(AccountAdd, roles), F_CODES, "角色", "Roles", REQUIRED, SEE_PUBLIC, NULL,
     .codes = &role_codes},
};

static Err account_add_prepare(Cx *cx, void *arg)
{
    AccountAdd *in = arg;
    i64 least = house_of(cx)->settings->password_len_min;
    if ((i64)utf8_count(in->password) < least)
        return err_set_arg(cx, ERR_INPUT, "password", "ident.password_short",
                           str_format(cx->arena, "%lld", (long long)least));
    return password_hash(cx, in->password, &in->encoded);
}

/* The three administrators are apart: no account holds two, or one of them and a trade role. */
static bool roles_clash(unsigned roles)
{
    unsigned admin = roles & WHO_ADMINS;
    return admin && (roles & ~admin || (admin & (admin - 1)));
}

static Err account_add_run(Cx *cx, const void *arg, Val **ret)
{
    const AccountAdd *in = arg;
    i64 there = 0;
    unsigned roles = 0;
    Str rest = in->roles, role;
    while (str_split(&rest, ',', &role))
        roles |= role_bit(role);
    if (roles_clash(roles))
        return err_set(cx, ERR_INPUT, "roles", "ident.roles_clash");
    Err e = DB_INT(cx, &there, 0, "SELECT id FROM account WHERE login = ?1 AND login <> ''",
                   BIND_STR(in->login));
    if (!e && there)
        return err_set_arg(cx, ERR_CONFLICT, "login", "ident.login_there", in->login);
    Org org = {0};
    if (!e)
        e = record_load(cx, &org_type, in->org_id, &org);
    Account account = {
        .login = in->login,
        .name = in->name,
        .org_id = in->org_id,
        .password = in->encoded,
        .password_ms = clock_now_ms(cx->clock),
    };
    if (!e)
        e = fact_create(cx, &account_type, &account, (FactNote){.kind = "account.added"});
    for (rest = in->roles; !e && str_split(&rest, ',', &role);) {
        if (!(roles & role_bit(role))) /* Named twice. */
            continue;
        roles &= ~role_bit(role);
        RoleGrant grant = {.account_id = account.id,
                           .org_id = in->org_id,
                           .role = role,
                           .by_id = cx->actor.account_id};
        e = fact_create(cx, &role_grant_type, &grant,
                        (FactNote){.kind = "grant.added", .code = str_z(cx->arena, role)});
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", account.id);
    return ERR_OK;
}

static Err account_show_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    (void)arg;
    Err e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "account", record_val(cx, &account_type, &account, SEE_OWNER));
    return ERR_OK;
}

// clang-format off
static const Op ops[] = {
    {"account.add",  "新增账号", "Add account", OP_WRITE, 0, WHO_SECURITY | WHO_LOCAL, OP_IN(AccountAdd, account_add_fields), account_add_prepare, account_add_run, NULL, NULL},
    {"account.show", "我的账号", "My account",  OP_READ,  OP_PLAIN, WHO_SIGNED, OP_IN_NONE, NULL, account_show_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&account_type, &role_grant_type};
static const CodeList *const codes[] = {&role_codes};

const Room account_room = {
    .name = "ident",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
