/* The security administrator's side: accounts, the roles they hold and until when, the policy in
 * force. Names of people are masked: a login and a number are enough to manage an account. */
#include "ident/ident_int.h"

#include "command/settings.h"

#include <string.h>

// clang-format off
static const Code state_rows[] = {
    {"open", "正常", "Open"}, {"locked", "已锁定", "Locked"}, {"closed", "已停用", "Closed"},
};
// clang-format on
static const CodeList account_states = CODE_LIST("account_state", state_rows);

/* What op_permissions says is asked beyond a role. */
// clang-format off
static const Code ask_rows[] = {
    {"second", "双因素", "Second factor"}, {"sign", "签名动态码", "A code for each signature"},
    {"two", "双人复核", "A second person"}, {"agreed", "已签协议", "Agreement signed"},
    {"local", "仅限服务器", "On the machine only"},
};
// clang-format on
static const CodeList permission_asks = CODE_LIST("permission_ask", ask_rows);

/* ---- account.list ---- */

typedef struct ListIn {
    Str q;
    i64 org_id;
    Str role;
    Str state;
    i64 page;
} ListIn;

static const Field list_fields[] = {
    {AT(ListIn, q), F_TEXT, "登录名", "Login", 0, SEE_PUBLIC, NULL, .max = 40},
    {AT(ListIn, org_id), F_INT, "单位编号", "Number of the unit", 0, SEE_PUBLIC, NULL},
    {AT(ListIn, role), F_CODE, "角色", "Role", 0, SEE_PUBLIC, NULL, .codes = &role_codes},
    {AT(ListIn, state), F_CODE, "状态", "State", 0, SEE_PUBLIC, NULL, .codes = &account_states},
    {AT(ListIn, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
};

static const char *state_of(const Account *account, i64 now_ms)
{
    return account->closed ? "closed" : account->locked_until_ms > now_ms ? "locked" : "open";
}

static Err held_roles(Cx *cx, i64 account_id, Val **ret)
{
    Rows rows;
    Val *list = val_list(cx->arena);
    Err e = DB_QUERY(cx, &rows,
                     "SELECT DISTINCT role FROM role_grant WHERE account_id = ?1 AND "
                     "from_ms <= ?2 AND (until_ms = 0 OR until_ms > ?2) ORDER BY role",
                     BIND_INT(account_id), BIND_INT(clock_now_ms(cx->clock)));
    if (e)
        return e;
    while (rows_next(&rows))
        val_push(cx->arena, list, val_str(cx->arena, rows_str_copy(&rows, 0)));
    *ret = list;
    return rows_end(&rows);
}

/* What both the list and the page of one account show. */
static Err account_val(Cx *cx, const Account *account, Val **ret)
{
    i64 last_ms = 0;
    Val *roles = NULL;
    Val *row = record_val(cx, &account_type, account, SEE_OPERATOR);
    Err e = held_roles(cx, account->id, &roles);
    if (!e)
        e = DB_INT(cx, &last_ms, 0,
                   "SELECT COALESCE(MAX(made_ms), 0) FROM session WHERE account_id = ?1",
                   BIND_INT(account->id));
    val_set(cx->arena, row, "roles", roles);
    val_set_z(cx->arena, row, "state", state_of(account, clock_now_ms(cx->clock)));
    val_set_bool(cx->arena, row, "second", account->totp_on_ms != 0);
    val_set_int(cx->arena, row, "last_ms", last_ms);
    *ret = row;
    return e;
}

#define LIST_WHERE                                                                                 \
    "WHERE (?1 = '' OR login LIKE ?1 ESCAPE '\\') AND (?2 = 0 OR org_id = ?2) AND (?3 = '' OR "    \
    "EXISTS "                                                                                      \
    "(SELECT 1 FROM role_grant g WHERE g.account_id = t.id AND g.role = ?3 AND g.from_ms <= ?5 "   \
    "AND (g.until_ms = 0 OR g.until_ms > ?5))) AND (?4 = '' OR (?4 = 'closed' AND closed = 1) OR " \
    "(?4 = 'locked' AND closed = 0 AND locked_until_ms > ?5) OR "                                  \
    "(?4 = 'open' AND closed = 0 AND locked_until_ms <= ?5))"

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListIn *in = arg;
    Rows rows;
    i64 total = 0, page = page_number(in->page);
    Val *items = val_list(cx->arena);
    Account *found = ARENA_NEW(cx->arena, Account, PAGE_SIZE);
    size_t count = 0;
    Str like = in->q.len ? like_any(cx->arena, in->q) : S("");
    Bind binds[7] = {BIND_STR(like), BIND_INT(in->org_id), BIND_STR(in->role), BIND_STR(in->state),
                     BIND_INT(clock_now_ms(cx->clock))};
    Err e = db_int(cx, "SELECT COUNT(*) FROM account t " LIST_WHERE, binds, 5, 0, &total);
    binds[5] = BIND_INT(PAGE_SIZE);
    binds[6] = BIND_INT((page - 1) * PAGE_SIZE);
    if (!e)
        e = record_query(cx, &account_type, &rows,
                         LIST_WHERE " ORDER BY login, id LIMIT ?6 OFFSET ?7", binds, COUNT(binds));
    if (e)
        return e;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &account_type, &rows, &found[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        Val *row = NULL;
        e = account_val(cx, &found[i], &row);
        val_push(cx->arena, items, row);
    }
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

/* ---- account.open ---- */

static Err grants_val(Cx *cx, i64 account_id, Val **ret)
{
    Rows rows;
    Val *list = val_list(cx->arena);
    i64 now_ms = clock_now_ms(cx->clock);
    Err e = RECORD_QUERY(cx, &role_grant_type, &rows, "WHERE account_id = ?1 ORDER BY id DESC",
                         BIND_INT(account_id));
    if (e)
        return e;
    while (rows_next(&rows)) {
        RoleGrant grant = {0};
        record_read_row(cx, &role_grant_type, &rows, &grant);
        Val *row = record_val(cx, &role_grant_type, &grant, SEE_OPERATOR);
        bool over = grant.until_ms && grant.until_ms <= now_ms;
        bool admin = (role_bit(grant.role) & WHO_ADMINS) != 0;
        val_set_bool(cx->arena, row, "over", over);
        val_set_z(cx->arena, row, "end_op", over ? "" : admin ? "grant.end_admin" : "grant.end");
        val_push(cx->arena, list, row);
    }
    e = rows_end(&rows);
    *ret = list;
    return e ? e : org_names_add(cx, list, "org_id", "org");
}

static Err open_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    Val *row = NULL, *grants = NULL, *history = NULL, *one = val_list(cx->arena);
    i64 sessions = 0, now_ms = clock_now_ms(cx->clock);
    Err e = record_load(cx, &account_type, ((const IdIn *)arg)->id, &account);
    if (!e)
        e = account_val(cx, &account, &row);
    if (!e)
        e = grants_val(cx, account.id, &grants);
    if (!e)
        e = DB_INT(cx, &sessions, 0,
                   "SELECT COUNT(*) FROM session WHERE account_id = ?1 AND closed = 0 AND "
                   "ends_ms > ?2",
                   BIND_INT(account.id), BIND_INT(now_ms));
    if (!e)
        e = history_val(cx, &account_type, account.id, &history);
    if (e)
        return e;
    val_push(cx->arena, one, row);
    e = org_names_add(cx, one, "org_id", "org");
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "account", row);
    val_set(cx->arena, *ret, "grants", grants);
    val_set_int(cx->arena, *ret, "sessions", sessions);
    val_set(cx->arena, *ret, "history", history);
    return e;
}

/* ---- account.close, account.unlock ---- */

static Err load_other(Cx *cx, i64 id, Account *ret)
{
    Err e = record_load(cx, &account_type, id, ret);
    if (!e && id == cx->actor.account_id)
        e = err_set(cx, ERR_STATE, NULL, "ident.not_your_own");
    return e;
}

static Err close_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    i64 admin = 0;
    (void)ret;
    Err e = load_other(cx, ((const IdIn *)arg)->id, &account);
    if (e || account.closed)
        return e;
    e = DB_INT(cx, &admin, 0,
               "SELECT COUNT(*) FROM role_grant WHERE account_id = ?1 AND (until_ms = 0 OR "
               "until_ms > ?2) AND role IN ('system', 'security', 'audit')",
               BIND_INT(account.id), BIND_INT(clock_now_ms(cx->clock)));
    if (!e && admin) /* One person does not put an administrator out of office. */
        e = err_set(cx, ERR_STATE, NULL, "ident.admin_first_ends");
    return e ? e : account_shut(cx, &account, "security");
}

const Field account_reopen_fields[ACCOUNT_REOPEN_FIELDS] = {
    {AT(AccountReopen, id), F_REF, "账号", "Account", REQUIRED, SEE_PUBLIC, NULL,
     .ref = &account_type},
    {AT(AccountReopen, reason), F_TEXT, "理由", "Reason", REQUIRED, SEE_PUBLIC, NULL, .min = 2,
     .max = 200},
};

/* Closing took one person; an administrator's role, which takes two, does not come back with it: it
 * had to end first. */
static Err reopen_run(Cx *cx, const void *arg, Val **ret)
{
    const AccountReopen *in = arg;
    Account account = {0};
    (void)ret;
    Err e = load_other(cx, in->id, &account);
    return e ? e : account_reopen(cx, &account, in->reason);
}

static Err unlock_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    (void)ret;
    Err e = load_other(cx, ((const IdIn *)arg)->id, &account);
    if (!e && account.locked_until_ms <= clock_now_ms(cx->clock))
        e = err_set(cx, ERR_STATE, NULL, "ident.not_locked");
    if (e)
        return e;
    account.tries = account.code_tries = account.locks = account.locked_until_ms = 0;
    return fact_change(cx, &account_type, &account, (FactNote){.kind = "account.unlocked"});
}

/* ---- grants ---- */

typedef struct GrantIn {
    i64 account_id;
    Str role;
    i64 org_id; /* The account's; 0 says the same. */
    i64 from_ms;
    i64 until_ms;
} GrantIn;

// clang-format off
#define GRANT_ROWS(list) \
    {AT(GrantIn, account_id), F_REF,  "账号",     "Account", REQUIRED, SEE_PUBLIC, NULL, .ref = &account_type}, \
    {AT(GrantIn, role),       F_CODE, "角色",     "Role",    REQUIRED, SEE_PUBLIC, NULL, .codes = (list)}, \
    {AT(GrantIn, org_id),     F_INT,  "单位编号", "Number of the unit", FORM_OFF, SEE_PUBLIC, NULL, .min = 1, .max = INT64_MAX, .help_zh = "即账号所属单位。", .help_en = "The account's own unit."}, \
    {AT(GrantIn, from_ms),    F_TIME, "生效时间", "From",    0, SEE_PUBLIC, NULL, .help_zh = "留空表示立即生效。", .help_en = "At once when it is left empty."}, \
    {AT(GrantIn, until_ms),   F_TIME, "有效至",   "Until",   0, SEE_PUBLIC, NULL, .help_zh = "留空表示长期有效。", .help_en = "Open-ended when it is left empty."},
static const Field trade_fields[] = {GRANT_ROWS(&trade_role_codes)};
static const Field admin_fields[] = {GRANT_ROWS(&admin_role_codes)};
// clang-format on

static bool overlap(const RoleGrant *a, const RoleGrant *b)
{
    i64 a_end = a->until_ms ? a->until_ms : INT64_MAX,
        b_end = b->until_ms ? b->until_ms : INT64_MAX;
    return a->from_ms < b_end && b->from_ms < a_end;
}

/* Against every grant of the account that is in force at some moment of the new one. */
static Err check_apart(Cx *cx, const RoleGrant *made)
{
    Rows rows;
    unsigned at_once = 0;
    bool there = false;
    Err e = RECORD_QUERY(cx, &role_grant_type, &rows, "WHERE account_id = ?1",
                         BIND_INT(made->account_id));
    if (e)
        return e;
    while (rows_next(&rows)) {
        RoleGrant grant = {0};
        record_read_row(cx, &role_grant_type, &rows, &grant);
        if (!overlap(&grant, made))
            continue;
        there = there || (str_same(grant.role, made->role) && grant.org_id == made->org_id);
        if (!roles_apart(role_bit(grant.role) | role_bit(made->role)))
            at_once |= role_bit(grant.role);
    }
    e = rows_end(&rows);
    if (!e && at_once)
        e = err_set(cx, ERR_INPUT, "role", "ident.roles_clash");
    if (!e && there)
        e = err_set(cx, ERR_CONFLICT, "role", "ident.grant_there");
    return e;
}

static Err grant_run(Cx *cx, const void *arg, Val **ret)
{
    const GrantIn *in = arg;
    Account account = {0};
    i64 now_ms = clock_now_ms(cx->clock);
    Err e = load_other(cx, in->account_id, &account);
    if (!e && account.closed)
        e = err_set(cx, ERR_STATE, NULL, "ident.account_closed");
    if (!e && in->org_id && in->org_id != account.org_id)
        e = err_set(cx, ERR_INPUT, "org_id", "ident.grant_elsewhere");
    RoleGrant made = {.account_id = in->account_id,
                      .org_id = account.org_id,
                      .role = in->role,
                      .from_ms = in->from_ms > now_ms ? in->from_ms : now_ms,
                      .until_ms = in->until_ms,
                      .by_id = cx->actor.account_id};
    if (!e && made.until_ms && made.until_ms <= made.from_ms)
        e = err_set(cx, ERR_INPUT, "until_ms", "ident.ends_before_start");
    if (!e)
        e = check_apart(cx, &made);
    if (!e)
        e = fact_create(cx, &role_grant_type, &made,
                        (FactNote){.kind = "grant.added",
                                   .code = str_z(cx->arena, made.role),
                                   .other_id = account.id});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", made.id);
    return ERR_OK;
}

typedef struct EndIn {
    i64 id;
    i64 until_ms;
} EndIn;

static const Field end_fields[] = {
    {AT(EndIn, id), F_REF, "授权", "Grant", REQUIRED, SEE_PUBLIC, NULL, .ref = &role_grant_type},
    {AT(EndIn, until_ms), F_TIME, "终止时间", "Until", 0, SEE_PUBLIC, NULL,
     .help_zh = "留空表示立即终止。", .help_en = "At once when it is left empty."},
};

static Err end_grant(Cx *cx, const EndIn *in, bool admin)
{
    RoleGrant grant = {0};
    Account account = {0};
    i64 now_ms = clock_now_ms(cx->clock);
    Err e = record_load(cx, &role_grant_type, in->id, &grant);
    if (!e)
        e = load_other(cx, grant.account_id, &account);
    if (e)
        return e;
    if (((role_bit(grant.role) & WHO_ADMINS) != 0) != admin)
        return err_set(cx, ERR_STATE, NULL, admin ? "ident.no_admin_role" : "ident.admin_role");
    if (grant.until_ms && grant.until_ms <= now_ms)
        return err_set(cx, ERR_STATE, NULL, "ident.grant_over");
    grant.until_ms = in->until_ms > now_ms ? in->until_ms : now_ms;
    return fact_change(cx, &role_grant_type, &grant,
                       (FactNote){.kind = "grant.ended",
                                  .code = str_z(cx->arena, grant.role),
                                  .other_id = account.id});
}

static Err end_run(Cx *cx, const void *arg, Val **ret)
{
    (void)ret;
    return end_grant(cx, arg, false);
}

static Err end_admin_run(Cx *cx, const void *arg, Val **ret)
{
    (void)ret;
    return end_grant(cx, arg, true);
}

/* ---- policy.show ---- */

/* Settings that guard accounts and logs; what names a machine or holds a secret is none of it. */
static bool is_policy(const Field *field)
{
    static const char *const heads[] = {"password_", "session", "sign_in_", "second_factor",
                                        "reset_",    "token_",  "access_",  "agreement_",
                                        "secure_",   "rate_",   "oidc_",    "hash"};
    Str name = str_from(field->name);
    if (str_has(name, S("secret")) || field->kind == F_SECRET)
        return false;
    for (size_t i = 0; i < COUNT(heads); i++)
        if (str_starts(name, str_from(heads[i])))
            return true;
    return false;
}

static Str policy_text(Cx *cx, const Field *field, const Settings *settings)
{
    if (field->kind == F_BOOL)
        return text_say(cx->arena, cx->lang, field_int(field, settings) ? "ident.yes" : "ident.no",
                        NULL, 0);
    if (field_is_text(field))
        return field_text(cx, field, settings);
    return str_format(cx->arena, "%lld", (long long)field_int(field, settings));
}

static Err policy_run(Cx *cx, const void *arg, Val **ret)
{
    const Settings *settings = house_of(cx)->settings;
    Settings plain;
    Val *items = val_list(cx->arena);
    (void)arg;
    settings_default(&plain);
    for (size_t i = 0; i < settings_count; i++) {
        const Field *field = &settings_fields[i];
        if (!is_policy(field))
            continue;
        bool given = (settings->given >> i & 1) != 0;
        Val *row = val_map(cx->arena);
        val_set_z(cx->arena, row, "name", field->name);
        val_set_z(cx->arena, row, "label", field_label(field, cx->lang));
        val_set_str(cx->arena, row, "value", policy_text(cx, field, settings));
        val_set_str(cx->arena, row, "usual", policy_text(cx, field, &plain));
        val_set_z(cx->arena, row, "from", given ? "file" : "default");
        val_push(cx->arena, items, row);
    }
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "items", items);
    val_set_str(cx->arena, *ret, "file", settings->file);
    return ERR_OK;
}

#define GUARD (WHO_SECURITY | WHO_LOCAL)

// clang-format off
static const Op ops[] = {
    {"account.list",    "账号",       "Accounts",          OP_READ,  0, GUARD, OP_IN(ListIn, list_fields), NULL, list_run, NULL, NULL},
    {"account.open",    "账号详情",   "One account",       OP_READ,  0, GUARD, OP_IN(IdIn, id_fields), NULL, open_run, NULL, "Its grants, sessions and history."},
    {"account.close",   "停用账号",   "Close account",     OP_WRITE, OP_DANGER, GUARD, OP_IN(IdIn, id_fields), NULL, close_run, NULL, "Its sessions end. An administrator's role has to end first."},
    {"account.reopen",  "重新启用账号", "Reopen account",  OP_WRITE, 0, GUARD, OP_IN(AccountReopen, account_reopen_fields), NULL, reopen_run, "下次登录须修改密码；单位已退出的须先重新入驻。", "The next sign-in asks for a new password. Not while its unit has left."},
    {"account.unlock",  "解除锁定",   "Unlock account",    OP_WRITE, 0, GUARD, OP_IN(IdIn, id_fields), NULL, unlock_run, NULL, NULL},
    {"grant.add",       "授予角色",   "Grant a role",      OP_WRITE, 0, GUARD, OP_IN(GrantIn, trade_fields), NULL, grant_run, NULL, NULL},
    {"grant.add_admin", "授予管理员角色", "Grant an administrator's role", OP_WRITE, OP_DANGER | OP_TWO, GUARD, OP_IN(GrantIn, admin_fields), NULL, grant_run,
     "需另一名安全管理员复核。三类管理员互斥，且不能兼任业务角色。", "A second security administrator has to agree. The three are apart from each other and from trade."},
    {"grant.end",       "终止授权",   "End a grant",       OP_WRITE, OP_DANGER, GUARD, OP_IN(EndIn, end_fields), NULL, end_run, NULL, NULL},
    {"grant.end_admin", "终止管理员授权", "End an administrator's grant", OP_WRITE, OP_DANGER | OP_TWO, GUARD, OP_IN(EndIn, end_fields), NULL, end_admin_run, "需另一名安全管理员复核。", "A second security administrator has to agree."},
    {"policy.show",     "安全策略",   "Security policy",   OP_READ,  OP_PLAIN, WHO_SECURITY | WHO_AUDIT | WHO_LOCAL, OP_IN_NONE, NULL, policy_run, NULL, "The settings in force that guard accounts and logs, and where each comes from."},
};
// clang-format on

static const CodeList *const codes[] = {&account_states, &permission_asks, &account_shutters};

const Room admin_room = {
    .name = "ident",
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
