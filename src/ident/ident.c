/* Looking people and units up, and their commands. */
#include "ident/ident_int.h"

#include "command/settings.h"

Err org_name(Cx *cx, i64 id, Str *ret)
{
    Rows rows;
    Str name = S("");
    Err e = DB_QUERY(cx, &rows, "SELECT name FROM org WHERE id = ?1", BIND_INT(id));
    if (e)
        return e;
    if (rows_next(&rows))
        name = rows_str_copy(&rows, 0);
    e = rows_end(&rows);
    if (!e)
        *ret = name;
    return e;
}

Err org_by_code(Cx *cx, Str code, Org *ret)
{
    return RECORD_FIND(cx, &org_type, ret, "WHERE code = ?1 AND code <> ''", BIND_STR(code));
}

Err org_ensure(Cx *cx, Str code, Str name, const char *kind, i64 *ret_id, bool *ret_made)
{
    Org org = {0};
    Err e = org_by_code(cx, code, &org);
    bool made = e == ERR_MISSING;
    if (made) {
        err_clear(cx);
        org = (Org){.code = code, .name = name, .kind = str_from(kind)};
        e = fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
    }
    if (e)
        return e;
    *ret_id = org.id;
    *ret_made = made;
    return ERR_OK;
}

/* Of at most RECORD_IDS_MAX units; '' where there is none. */
static Err org_names(Cx *cx, const i64 *ids, size_t count, Str *names)
{
    Rows rows;
    Bind binds[RECORD_IDS_MAX];
    if (!record_ids_bind(ids, count, binds))
        return ERR_OK;
    Err e = db_query(cx, &rows, "SELECT id, name FROM org WHERE id IN (" RECORD_IDS ")", binds,
                     COUNT(binds));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Str name = rows_str_copy(&rows, 1);
        for (size_t i = 0; i < count; i++)
            if (ids[i] == rows_int(&rows, 0))
                names[i] = name;
    }
    return rows_end(&rows);
}

Err org_names_add(Cx *cx, Val *list, const char *id_key, const char *name_key)
{
    for (size_t first = 0; first < val_count(list); first += RECORD_IDS_MAX) {
        i64 ids[RECORD_IDS_MAX];
        Str names[RECORD_IDS_MAX] = {0};
        size_t count = 0;
        while (count < RECORD_IDS_MAX && first + count < val_count(list)) {
            ids[count] = val_get_int(val_at(list, first + count), id_key);
            count++;
        }
        Err e = org_names(cx, ids, count, names);
        if (e)
            return e;
        for (size_t i = 0; i < count; i++)
            val_set_str(cx->arena, val_at(list, first + i), name_key, names[i]);
    }
    return ERR_OK;
}

static const struct {
    const char *role;
    unsigned bit;
} role_bits[] = {
    {"office", WHO_OFFICE},         {"inventor", WHO_INVENTOR}, {"firm", WHO_FIRM},
    {"manager", WHO_MANAGER},       {"expert", WHO_EXPERT},     {"operator", WHO_OPERATOR},
    {"department", WHO_DEPARTMENT}, {"finance", WHO_FINANCE},   {"system", WHO_SYSTEM},
    {"security", WHO_SECURITY},     {"audit", WHO_AUDIT},
};

unsigned role_bit(Str role)
{
    for (size_t i = 0; i < COUNT(role_bits); i++)
        if (str_same_z(role, role_bits[i].role))
            return role_bits[i].bit;
    return 0;
}

static Err roles_of(Cx *cx, i64 account_id, unsigned *ret_roles)
{
    Rows rows;
    unsigned roles = 0;
    Err e = DB_QUERY(
        cx, &rows,
        "SELECT role FROM role_grant WHERE account_id = ?1 AND (until_ms = 0 OR until_ms > ?2)",
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

Err account_actor(Cx *cx, Str login, Actor *ret)
{
    Account account = {0};
    unsigned roles;
    Err e = RECORD_FIND(cx, &account_type, &account,
                        "WHERE login = ?1 AND login <> '' AND closed = 0", BIND_STR(login));
    if (!e)
        e = roles_of(cx, account.id, &roles);
    if (!e)
        *ret = (Actor){.account_id = account.id, .org_id = account.org_id, .roles = roles};
    return e;
}

Err session_find(Cx *cx, Str token, SignedIn *ret)
{
    const Settings *settings = house_of(cx)->settings;
    i64 now_ms = clock_now_ms(cx->clock), idle_ms = settings->session_idle_min * 60 * 1000;
    Session session = {0};
    Account account = {0};
    SignedIn found = {0};
    if (token.len != 2 * SESSION_TOKEN_BYTES)
        return err_set(cx, ERR_SIGN_IN, NULL, "command.sign_in");
    Err e = RECORD_FIND(cx, &session_type, &session, "WHERE token_hash = ?1 AND token_hash <> ''",
                        BIND_STR(token_hash(cx->arena, token)));
    bool over =
        !e && (session.closed || session.ends_ms <= now_ms || session.seen_ms + idle_ms <= now_ms);
    if (e == ERR_MISSING || over) {
        err_clear(cx);
        return err_set(cx, ERR_SIGN_IN, NULL, "ident.session_over");
    }
    if (!e)
        e = record_load(cx, &account_type, session.account_id, &account);
    if (!e && account.closed)
        return err_set(cx, ERR_SIGN_IN, NULL, "ident.session_over");
    if (!e)
        e = roles_of(cx, account.id, &found.actor.roles);
    if (!e)
        e = org_name(cx, account.org_id, &found.org_name);
    if (e)
        return e;
    found.actor.account_id = account.id;
    found.actor.org_id = account.org_id;
    found.session_id = session.id;
    found.seen_ms = session.seen_ms;
    found.csrf = session.csrf;
    found.name = account.name;
    found.login = account.login;
    *ret = found;
    return ERR_OK;
}

/* ---- session.open, session.close, session.seen ---- */

typedef struct SignIn {
    Str login;
    Str password;
    i64 account_id; /* Found by prepare; 0: no such login. */
    i64 right;
} SignIn;

static const Field sign_in_fields[] = {
    {AT(SignIn, login), F_TEXT, "登录名", "Login", REQUIRED, SEE_PUBLIC, NULL, .max = 40},
    {AT(SignIn, password), F_SECRET, "密码", "Password", REQUIRED, SEE_NOBODY, NULL, .max = 200},
};

static Err sign_in_prepare(Cx *cx, void *arg)
{
    SignIn *in = arg;
    Account account = {0};
    Err e = RECORD_FIND(cx, &account_type, &account,
                        "WHERE login = ?1 AND login <> '' AND closed = 0", BIND_STR(in->login));
    if (e && e != ERR_MISSING)
        return e;
    err_clear(cx);
    if (e) {
        password_waste(cx, in->password);
        return ERR_OK;
    }
    in->account_id = account.id;
    in->right = password_right(cx, account.password, in->password);
    return ERR_OK;
}

static Err wrong_password(Cx *cx, Account *account, Val **ret)
{
    const Settings *settings = house_of(cx)->settings;
    account->tries++;
    if (account->tries >= settings->sign_in_tries_max) {
        account->tries = 0;
        account->locked_until_ms = clock_now_ms(cx->clock) + settings->sign_in_lock_min * 60 * 1000;
    }
    Err e = fact_change(cx, &account_type, account, (FactNote){.kind = "session.refused"});
    return e ? e : op_refuse(cx, ret, ERR_INPUT, "password", "ident.wrong_password");
}

static Err open_session(Cx *cx, const Account *account, Val **ret)
{
    i64 now_ms = clock_now_ms(cx->clock);
    Str token = chance_token(cx->chance, cx->arena, SESSION_TOKEN_BYTES);
    Session session = {
        .token_hash = token_hash(cx->arena, token),
        .csrf = chance_token(cx->chance, cx->arena, 16),
        .account_id = account->id,
        .seen_ms = now_ms,
        .ends_ms = now_ms + house_of(cx)->settings->session_max_hours * 3600 * 1000,
    };
    cx->actor.account_id = account->id;
    cx->actor.org_id = account->org_id;
    Err e = fact_create(cx, &session_type, &session, (FactNote){.kind = "session.opened"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_str(cx->arena, *ret, "token", token);
    val_set_str(cx->arena, *ret, "csrf", session.csrf);
    val_set_int(cx->arena, *ret, "ends_ms", session.ends_ms);
    return ERR_OK;
}

static Err sign_in_run(Cx *cx, const void *arg, Val **ret)
{
    const SignIn *in = arg;
    Account account = {0};
    if (!in->account_id)
        return err_set(cx, ERR_INPUT, "password", "ident.wrong_password");
    Err e = record_load(cx, &account_type, in->account_id, &account);
    if (e)
        return e;
    bool locked = account.locked_until_ms > clock_now_ms(cx->clock);
    if (locked && !in->right) /* As for an unknown login: a stranger learns nothing. */
        return err_set(cx, ERR_INPUT, "password", "ident.wrong_password");
    if (locked)
        return err_set_arg(cx, ERR_LIMIT, "login", "ident.locked",
                           time_format(cx->arena, account.locked_until_ms));
    if (!in->right)
        return wrong_password(cx, &account, ret);
    if (account.tries) {
        account.tries = 0;
        e = fact_change(cx, &account_type, &account, (FactNote){.kind = "account.cleared"});
    }
    return e ? e : open_session(cx, &account, ret);
}

typedef struct SessionIn {
    i64 session_id;
} SessionIn;

static const Field session_in_fields[] = {
    {AT(SessionIn, session_id), F_REF, "会话", "Session", REQUIRED, SEE_PUBLIC, NULL},
};

static Err own_session(Cx *cx, i64 id, Session *ret)
{
    Err e = record_load(cx, &session_type, id, ret);
    if (!e && ret->account_id != cx->actor.account_id)
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing", S("会话"));
    return e;
}

static Err session_close_run(Cx *cx, const void *arg, Val **ret)
{
    Session session = {0};
    Err e = own_session(cx, ((const SessionIn *)arg)->session_id, &session);
    if (e || session.closed)
        return e;
    session.closed = 1;
    (void)ret;
    return fact_change(cx, &session_type, &session, (FactNote){.kind = "session.closed"});
}

static Err session_seen_run(Cx *cx, const void *arg, Val **ret)
{
    Session session = {0};
    Err e = own_session(cx, ((const SessionIn *)arg)->session_id, &session);
    i64 now_ms = clock_now_ms(cx->clock);
    (void)ret;
    if (e || now_ms - session.seen_ms < SESSION_SEEN_MS)
        return e;
    session.seen_ms = now_ms;
    return fact_change(cx, &session_type, &session, (FactNote){.kind = "session.seen"});
}

/* ---- org ---- */

static Err org_add_run(Cx *cx, const void *arg, Val **ret)
{
    Org org = *(const Org *)arg;
    i64 there = 0;
    Err e = DB_INT(cx, &there, 0, "SELECT id FROM org WHERE code = ?1 AND code <> ''",
                   BIND_STR(org.code));
    if (!e && there)
        return err_set_arg(cx, ERR_CONFLICT, "code", "ident.org_there", org.code);
    if (!e)
        e = fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", org.id);
    return ERR_OK;
}

typedef struct OrgEnsure {
    Str code;
    Str name;
} OrgEnsure;

static const Field org_ensure_fields[] = {
    {AT(OrgEnsure, code), F_TEXT, "单位代码", "Code", REQUIRED, SEE_PUBLIC, NULL, .max = 40},
    {AT(OrgEnsure, name), F_TEXT, "单位名称", "Name", 0, SEE_PUBLIC, NULL, .max = 100},
};

static Err org_ensure_run(Cx *cx, const void *arg, Val **ret)
{
    const OrgEnsure *in = arg;
    i64 id;
    bool made;
    Err e = org_ensure(cx, in->code, in->name.len ? in->name : in->code, "other", &id, &made);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", id);
    val_set_bool(cx->arena, *ret, "made", made);
    return ERR_OK;
}

typedef struct OrgQuery {
    Str q;
    Str kind;
    i64 page;
} OrgQuery;

static const Field org_query_fields[] = {
    {AT(OrgQuery, q), F_TEXT, "关键词", "Words", 0, SEE_PUBLIC, NULL, .max = 100},
    {AT(OrgQuery, kind), F_CODE, "单位类型", "Kind", 0, SEE_PUBLIC, NULL, .codes = &org_kinds},
    {AT(OrgQuery, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
};

/* The pattern of a LIKE that looks for `q` anywhere, its own signs made plain. */
static Str like_any(Arena *arena, Str q)
{
    Buf out = buf_new(arena);
    buf_char(&out, '%');
    for (size_t i = 0; i < q.len; i++) {
        if (q.data[i] == '%' || q.data[i] == '_' || q.data[i] == '\\')
            buf_char(&out, '\\');
        buf_char(&out, q.data[i]);
    }
    buf_char(&out, '%');
    return buf_str(&out);
}

static Err org_list_run(Cx *cx, const void *arg, Val **ret)
{
    const OrgQuery *in = arg;
    i64 page = page_number(in->page), total;
    Str like = like_any(cx->arena, in->q);
    const Bind binds[] = {BIND_STR(in->kind), BIND_STR(like), BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
#define ORG_WHERE "WHERE (?1 = '' OR kind = ?1) AND name LIKE ?2 ESCAPE '\\'"
    Err e = count_rows(cx, "SELECT COUNT(*) FROM org " ORG_WHERE, binds, 2, &total);
    if (e)
        return e;
    Rows rows;
    Val *items = val_list(cx->arena);
    e = record_query(cx, &org_type, &rows, ORG_WHERE " ORDER BY id LIMIT ?3 OFFSET ?4", binds, 4);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Org org = {0};
        record_read_row(cx, &org_type, &rows, &org);
        val_push(cx->arena, items, record_val(cx, &org_type, &org, see_level(cx, org.id, false)));
    }
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return rows_end(&rows);
}

typedef struct IdIn {
    i64 id;
} IdIn;

static const Field id_fields[] = {
    {AT(IdIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};

static Err org_show_run(Cx *cx, const void *arg, Val **ret)
{
    Org org = {0};
    Err e = record_load(cx, &org_type, ((const IdIn *)arg)->id, &org);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "org", record_val(cx, &org_type, &org, see_level(cx, org.id, false)));
    return ERR_OK;
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
    unsigned admin = roles & (WHO_SYSTEM | WHO_SECURITY | WHO_AUDIT);
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
        .login = in->login, .name = in->name, .org_id = in->org_id, .password = in->encoded};
    if (!e)
        e = fact_create(cx, &account_type, &account, (FactNote){.kind = "account.added"});
    for (rest = in->roles; !e && str_split(&rest, ',', &role);) {
        if (!(roles & role_bit(role))) /* Named twice. */
            continue;
        roles &= ~role_bit(role);
        RoleGrant grant = {.account_id = account.id, .org_id = in->org_id, .role = role};
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
    {"session.open",  "登录",     "Sign in",          OP_WRITE, 0, WHO_PUBLIC, OP_IN(SignIn, sign_in_fields), sign_in_prepare, sign_in_run, NULL, "Replies a token for the Authorization header."},
    {"session.close", "退出",     "Sign out",         OP_WRITE, 0, WHO_SIGNED, OP_IN(SessionIn, session_in_fields), NULL, session_close_run, NULL, NULL},
    {"session.seen",  "续期",     "Keep alive",       OP_WRITE, OP_QUIET, WHO_SIGNED, OP_IN(SessionIn, session_in_fields), NULL, session_seen_run, NULL, NULL},
    {"org.add",       "新增单位", "Add organisation", OP_WRITE, 0, WHO_OPERATOR | WHO_LOCAL, sizeof(Org), org_fields + 4, ORG_FIELD_COUNT - 4, NULL, org_add_run, NULL, NULL},
    {"org.ensure",    "登记单位", "Ensure organisation", OP_WRITE, OP_LOCAL_ONLY, WHO_LOCAL, OP_IN(OrgEnsure, org_ensure_fields), NULL, org_ensure_run, NULL, NULL},
    {"org.list",      "单位",     "Organisations",    OP_READ,  0, WHO_PUBLIC, OP_IN(OrgQuery, org_query_fields), NULL, org_list_run, NULL, NULL},
    {"org.show",      "单位详情", "Organisation",     OP_READ,  0, WHO_PUBLIC, OP_IN(IdIn, id_fields), NULL, org_show_run, NULL, NULL},
    {"account.add",   "新增账号", "Add account",      OP_WRITE, 0, WHO_SECURITY | WHO_LOCAL, OP_IN(AccountAdd, account_add_fields), account_add_prepare, account_add_run, NULL, NULL},
    {"account.show",  "我的账号", "My account",       OP_READ,  0, WHO_SIGNED, OP_IN_NONE, NULL, account_show_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&org_type, &account_type, &role_grant_type,
                                          &session_type};
static const CodeList *const codes[] = {&org_kinds, &role_codes};

const Room ident_room = {
    .name = "ident",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
