/* Accounts and units as other rooms make them: at joining, in bulk, by a unit for itself. */
#include "ident/ident_int.h"

#include "ident/token.h"

enum { RANDOM_GROUPS = 4, RANDOM_GROUP_LEN = 4 };

Err password_accept(Cx *cx, const char *field, Str login, Str password, Str *ret_encoded)
{
    Err e = password_allowed(cx, field, login, password);
    return e ? e : password_hash(cx, password, ret_encoded);
}

Err password_encode(Cx *cx, Str password, Str *ret_encoded)
{
    return password_hash(cx, password, ret_encoded);
}

/* Without the signs that people mistake for others: 0 and O, 1, l and I. Each group holds a small
 * letter, a capital and a digit, so that any rule on kinds of characters is met. */
Str password_random(Cx *cx)
{
    static const char small[] = "abcdefghjkmnpqrstuvwxyz", big[] = "ABCDEFGHJKLMNPQRSTUVWXYZ",
                      digits[] = "23456789", all[] = "abcdefghjkmnpqrstuvwxyz23456789";
    static const struct {
        const char *signs;
        i64 count;
    } places[RANDOM_GROUP_LEN] = {{small, sizeof small - 1},
                                  {digits, sizeof digits - 1},
                                  {big, sizeof big - 1},
                                  {all, sizeof all - 1}};
    Buf out = buf_new(cx->arena);
    for (int group = 0; group < RANDOM_GROUPS; group++) {
        if (group)
            buf_char(&out, '-');
        for (int i = 0; i < RANDOM_GROUP_LEN; i++)
            buf_char(&out, places[i].signs[chance_below(cx->chance, places[i].count)]);
    }
    return buf_str(&out);
}

/* The three administrators are apart: no account holds two, or one of them and a trade role. */
bool roles_apart(unsigned roles)
{
    unsigned admin = roles & WHO_ADMINS;
    return !admin || (!(roles & ~admin) && !(admin & (admin - 1)));
}

unsigned role_bits_of(Str roles)
{
    unsigned bits = 0;
    Str rest = roles, role;
    while (str_split(&rest, ',', &role))
        bits |= role_bit(str_trim(role));
    return bits;
}

static Err add_grants(Cx *cx, const AccountNew *new, i64 account_id)
{
    unsigned left = role_bits_of(new->roles);
    Str rest = new->roles, role;
    Err e = ERR_OK;
    while (!e && str_split(&rest, ',', &role)) {
        unsigned bit = role_bit(role);
        if (!(left & bit)) /* Named twice. */
            continue;
        left &= ~bit;
        RoleGrant grant = {.account_id = account_id,
                           .org_id = new->org_id,
                           .role = role,
                           .by_id = cx->actor.account_id};
        e = fact_create(cx, &role_grant_type, &grant,
                        (FactNote){.kind = "grant.added", .code = str_z(cx->arena, role)});
    }
    return e;
}

Err login_taken(Cx *cx, Str login, i64 *ret_account_id)
{
    return DB_INT(cx, ret_account_id, 0, "SELECT id FROM account WHERE login = ?1 AND login <> ''",
                  BIND_STR(login));
}

Err account_make(Cx *cx, const AccountNew *new, i64 *ret_id)
{
    i64 there = 0;
    if (!roles_apart(role_bits_of(new->roles)))
        return err_set(cx, ERR_INPUT, "roles", "ident.roles_clash");
    Err e = login_taken(cx, new->login, &there);
    if (!e && there)
        return err_set_arg(cx, ERR_CONFLICT, "login", "ident.login_there", new->login);
    Account account = {
        .login = new->login,
        .name = new->name,
        .email = new->email,
        .phone = new->phone,
        .org_id = new->org_id,
        .password = new->encoded,
        .password_ms = clock_now_ms(cx->clock),
        .must_change = new->must_change,
    };
    if (!e)
        e = fact_create(cx, &account_type, &account, (FactNote){.kind = "account.added"});
    if (!e)
        e = add_grants(cx, new, account.id);
    if (!e)
        *ret_id = account.id;
    return e;
}

Err account_shut(Cx *cx, Account *account, const char *by)
{
    const HouseHooks *hooks = &house_of(cx)->hooks;
    Err e = sessions_end(cx, account->id, 0);
    if (!e)
        e = tokens_end(cx, account->id);
    if (!e && hooks->shut)
        e = hooks->shut(cx, account->id);
    account->closed = 1;
    account->shut_by = str_from(by);
    return e ? e
             : fact_change(cx, &account_type, account,
                           (FactNote){.kind = "account.closed", .code = by});
}

Err account_reopen(Cx *cx, Account *account, Str reason)
{
    Org org = {0};
    if (!account->closed)
        return err_set(cx, ERR_STATE, NULL, "ident.not_closed");
    if (str_same(account->shut_by, S("erased")))
        return err_set(cx, ERR_STATE, NULL, "ident.erased_for_good");
    Err e = account->org_id ? record_load(cx, &org_type, account->org_id, &org) : ERR_OK;
    if (!e && org.left_ms)
        return err_set_arg(cx, ERR_STATE, NULL, "ident.unit_left", org.name);
    account->closed = account->tries = account->code_tries = account->locks = 0;
    account->locked_until_ms = 0;
    account->must_change = 1; /* Whoever knew the password may have gone. */
    account->shut_by = S("");
    account->reason = reason;
    return e ? e : fact_change(cx, &account_type, account, (FactNote){.kind = "account.reopened"});
}

Err role_count(Cx *cx, i64 org_id, const char *role, i64 *ret)
{
    return DB_INT(cx, ret, 0,
                  "SELECT COUNT(DISTINCT g.account_id) FROM role_grant g JOIN account a ON "
                  "a.id = g.account_id WHERE a.org_id = ?1 AND a.closed = 0 AND g.role = ?2 AND "
                  "(g.org_id = 0 OR g.org_id = a.org_id) AND "
                  "g.from_ms <= ?3 AND (g.until_ms = 0 OR g.until_ms > ?3)",
                  BIND_INT(org_id), BIND_STR(str_from(role)), BIND_INT(clock_now_ms(cx->clock)));
}

Err account_roles(Cx *cx, i64 account_id, unsigned *ret_roles)
{
    return roles_of(cx, account_id, ret_roles);
}

Str secret_hash(Arena *arena, Str secret)
{
    return token_hash(arena, secret);
}
