/* Accounts, the roles they hold, and wrong passwords. */
#include "ident/ident_int.h"

#include "command/settings.h"

#include <string.h>

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

/* Of its own unit: a grant for another place gives nothing here. */
Err roles_of(Cx *cx, i64 account_id, unsigned *ret_roles)
{
    Rows rows;
    unsigned roles = 0;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT g.role FROM role_grant g JOIN account a ON a.id = g.account_id WHERE "
                     "g.account_id = ?1 AND g.from_ms <= ?2 AND (g.until_ms = 0 OR g.until_ms > "
                     "?2) AND (g.org_id = 0 OR g.org_id = a.org_id)",
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
static Err count_wrong(Cx *cx, Account *account, i64 *tries)
{
    const Settings *settings = house_of(cx)->settings;
    ++*tries;
    if (*tries >= settings->sign_in_tries_max) {
        i64 minutes = settings->sign_in_lock_min;
        for (i64 i = 0; i < account->locks && minutes < settings->sign_in_lock_max_min; i++)
            minutes *= 2;
        if (minutes > settings->sign_in_lock_max_min)
            minutes = settings->sign_in_lock_max_min;
        *tries = 0;
        account->locks++;
        account->locked_until_ms = clock_now_ms(cx->clock) + minutes * 60 * 1000;
    }
    return fact_change(cx, &account_type, account, (FactNote){.kind = "session.refused"});
}

Err account_wrong(Cx *cx, Account *account)
{
    return count_wrong(cx, account, &account->tries);
}

Err account_wrong_code(Cx *cx, Account *account)
{
    return count_wrong(cx, account, &account->code_tries);
}

/* With a second factor, lock-outs are forgotten when that is proved. */
Err account_right(Cx *cx, Account *account)
{
    i64 locks = account->totp_on_ms ? account->locks : 0;
    if (!account->tries && account->locks == locks)
        return ERR_OK;
    account->tries = 0;
    account->locks = locks;
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
    Err e = password_allowed(cx, "password", in->login, in->password);
    return e ? e : password_hash(cx, in->password, &in->encoded);
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
    if ((roles & WHO_ADMINS) && cx->actor.via != VIA_LOCAL)
        return err_set(cx, ERR_INPUT, "roles", "ident.admin_needs_two");
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
        .must_change = cx->actor.via != VIA_LOCAL, /* On the machine, people make their own. */
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

/* ---- one's own account ---- */

static Err account_show_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    const Settings *settings = house_of(cx)->settings;
    i64 days_ms = settings->password_days * 24 * 3600 * 1000;
    (void)arg;
    Err e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "account", record_val(cx, &account_type, &account, SEE_OWNER));
    val_set_int(cx->arena, *ret, "password_until_ms", days_ms ? account.password_ms + days_ms : 0);
    return ERR_OK;
}

typedef struct AccountEdit {
    Str name;
    Str email;
    Str phone;
} AccountEdit;

static Err rule_email(Cx *cx, const Field *field, const void *member)
{
    Str email;
    memcpy(&email, member, sizeof email);
    size_t at = str_find(email, S("@")), dot = str_find(str_slice(email, at, email.len), S("."));
    bool plain = at > 0 && at + dot + 1 < email.len && dot > 1;
    for (size_t i = 0; i < email.len; i++)
        plain = plain && (u8)email.data[i] > 0x20 && (i <= at || email.data[i] != '@');
    return plain || !email.len ? ERR_OK : err_set(cx, ERR_INPUT, field->name, "ident.wrong_email");
}

static Err rule_phone(Cx *cx, const Field *field, const void *member)
{
    Str phone;
    memcpy(&phone, member, sizeof phone);
    size_t digits = 0;
    bool plain = true;
    for (size_t i = 0; i < phone.len; i++) {
        char c = phone.data[i];
        bool is_digit = c >= '0' && c <= '9';
        digits += is_digit;
        plain = plain && (is_digit || c == '-' || c == ' ' || (c == '+' && i == 0));
    }
    plain = plain && digits >= 7 && digits <= 15;
    return plain || !phone.len ? ERR_OK : err_set(cx, ERR_INPUT, field->name, "ident.wrong_phone");
}

static const Field account_edit_fields[] = {
    {AT(AccountEdit, name), F_TEXT, "姓名", "Name", REQUIRED, SEE_PUBLIC, NULL, .max = 40},
    {AT(AccountEdit, email), F_TEXT, "电子邮箱", "E-mail", 0, SEE_PUBLIC, rule_email, .max = 100},
    {AT(AccountEdit, phone), F_TEXT, "手机", "Mobile", 0, SEE_PUBLIC, rule_phone, .max = 20},
};

static Err account_edit_run(Cx *cx, const void *arg, Val **ret)
{
    const AccountEdit *in = arg;
    Account account = {0};
    (void)ret;
    Err e = person_only(cx);
    if (!e)
        e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (e)
        return e;
    account.name = in->name;
    account.email = in->email;
    account.phone = in->phone;
    return fact_change(cx, &account_type, &account, (FactNote){.kind = "account.edited"});
}

// clang-format off
static const Op ops[] = {
    {"account.add",  "新增账号", "Add account", OP_WRITE, 0, WHO_SECURITY | WHO_LOCAL, OP_IN(AccountAdd, account_add_fields), account_add_prepare, account_add_run, NULL, NULL},
    {"account.show", "我的账号", "My account",  OP_READ,  OP_PLAIN | OP_OWN, WHO_SIGNED, OP_IN_NONE, NULL, account_show_run, NULL, NULL},
    {"account.edit", "修改资料",  "Edit profile", OP_WRITE, 0, WHO_SIGNED, OP_IN(AccountEdit, account_edit_fields), NULL, account_edit_run, NULL, "All three are set; what is left out becomes empty."},
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
