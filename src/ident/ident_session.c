/* Signing in and out, and who a session is. */
#include "ident/ident_int.h"

#include "command/settings.h"
#include "ident/session_memo.h"

enum { AGENT_MAX = 300, SESSIONS_READ_MAX = 500 };

static const char *const wants_names[] = {[WANTS_NOTHING] = "",
                                          [WANTS_SECOND] = "second",
                                          [WANTS_ENROL] = "enrol",
                                          [WANTS_PASSWORD] = "password"};

/* What stands between a session and the roles of its account. */
static SignInWants wants_of(Cx *cx, const Account *account, const Session *session, unsigned roles)
{
    const Settings *settings = house_of(cx)->settings;
    i64 password_ms = settings->password_days * 24 * 3600 * 1000;
    if (settings->second_factor && (roles & WHO_ADMINS) && !session->second_ms)
        return account->totp_on_ms ? WANTS_SECOND : WANTS_ENROL;
    if (session->outside) /* Its password is kept elsewhere. */
        return WANTS_NOTHING;
    if (account->must_change ||
        (password_ms && account->password_ms + password_ms <= clock_now_ms(cx->clock)))
        return WANTS_PASSWORD;
    return WANTS_NOTHING;
}

/* An administrator's session idles less long. */
static bool session_over(Cx *cx, const Session *session, unsigned roles)
{
    const Settings *settings = house_of(cx)->settings;
    i64 now_ms = clock_now_ms(cx->clock);
    i64 minutes = settings->session_idle_min;
    if ((roles & WHO_ADMINS) && settings->session_admin_idle_min < minutes)
        minutes = settings->session_admin_idle_min;
    return session->closed || session->ends_ms <= now_ms ||
           session->seen_ms + minutes * 60 * 1000 <= now_ms;
}

static Err session_read(Cx *cx, Str hash, SessionKnown *ret)
{
    SessionKnown known = {.org = S("")};
    u64 changes = session_changes(cx);
    if (session_memo_get(cx, hash, ret))
        return ERR_OK;
    Err e = RECORD_FIND(cx, &session_type, &known.session,
                        "WHERE token_hash = ?1 AND token_hash <> ''", BIND_STR(hash));
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set(cx, ERR_SIGN_IN, NULL, "ident.session_over");
    }
    if (!e)
        e = record_load(cx, &account_type, known.session.account_id, &known.account);
    if (!e)
        e = roles_of(cx, known.account.id, &known.roles);
    if (!e)
        e = org_name(cx, known.account.org_id, &known.org);
    if (e)
        return e;
    session_memo_put(cx, hash, changes, &known);
    *ret = known;
    return ERR_OK;
}

Err session_find(Cx *cx, Str token, SignedIn *ret)
{
    SessionKnown known;
    if (token.len != 2 * SESSION_TOKEN_BYTES)
        return err_set(cx, ERR_SIGN_IN, NULL, "command.sign_in");
    Err e = session_read(cx, token_hash(cx->arena, token), &known);
    if (e)
        return e;
    Session session = known.session;
    Account account = known.account;
    unsigned roles = known.roles;
    if (account.closed || session_over(cx, &session, roles))
        return err_set(cx, ERR_SIGN_IN, NULL, "ident.session_over");
    SignInWants wants = wants_of(cx, &account, &session, roles);
    *ret = (SignedIn){
        .actor = {.account_id = account.id,
                  .org_id = account.org_id,
                  .session_id = session.id,
                  .second_ms = session.second_ms,
                  .half = wants != WANTS_NOTHING,
                  .roles = wants == WANTS_NOTHING ? roles : 0},
        .session_id = session.id,
        .seen_ms = session.seen_ms,
        .delegation_id = session.delegation_id,
        .wants = wants,
        .csrf = session.csrf,
        .name = account.name,
        .login = account.login,
        .org_name = known.org,
    };
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

/* Open sessions of an account that have not come to their end, the oldest first. */
static Err sessions_open(Cx *cx, i64 account_id, i64 **ret_ids, size_t *ret_count)
{
    Rows rows;
    i64 *ids = ARENA_NEW(cx->arena, i64, SESSIONS_READ_MAX);
    size_t count = 0;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT id FROM session WHERE account_id = ?1 AND closed = 0 AND ends_ms > ?2 "
                     "ORDER BY id LIMIT ?3",
                     BIND_INT(account_id), BIND_INT(clock_now_ms(cx->clock)),
                     BIND_INT(SESSIONS_READ_MAX));
    if (e)
        return e;
    while (rows_next(&rows) && count < SESSIONS_READ_MAX)
        ids[count++] = rows_int(&rows, 0);
    *ret_ids = ids;
    *ret_count = count;
    return rows_end(&rows);
}

static Err session_end(Cx *cx, i64 id, const char *kind)
{
    Session session = {0};
    Err e = record_load(cx, &session_type, id, &session);
    if (e || session.closed)
        return e;
    session.closed = 1;
    return fact_change(cx, &session_type, &session,
                       (FactNote){.kind = kind, .other_id = session.account_id});
}

Err sessions_end(Cx *cx, i64 account_id, i64 except_id)
{
    i64 *ids = NULL;
    size_t count = 0;
    Err e = sessions_open(cx, account_id, &ids, &count);
    for (size_t i = 0; !e && i < count; i++)
        if (ids[i] != except_id)
            e = session_end(cx, ids[i], "session.ended");
    return e;
}

/* Makes room for one more: the oldest end. The session that this browser had ends in any case. */
static Err make_room(Cx *cx, i64 account_id)
{
    i64 *ids = NULL, most = house_of(cx)->settings->sessions_max;
    size_t count = 0;
    Err e = cx->actor.session_id ? session_end(cx, cx->actor.session_id, "session.closed") : ERR_OK;
    if (!e)
        e = sessions_open(cx, account_id, &ids, &count);
    for (size_t i = 0; !e && (i64)(count - i) >= most; i++)
        e = session_end(cx, ids[i], "session.ended");
    return e;
}

static Err wrong_password(Cx *cx, Account *account, Val **ret)
{
    Err e = account_wrong(cx, account);
    return e ? e : op_refuse(cx, ret, ERR_INPUT, "password", "ident.wrong_password");
}

static Val *token_reply(Cx *cx, const Session *session, Str token)
{
    Val *reply = val_map(cx->arena);
    val_set_str(cx->arena, reply, "token", token);
    val_set_str(cx->arena, reply, "csrf", session->csrf);
    val_set_int(cx->arena, reply, "ends_ms", session->ends_ms);
    return reply;
}

Err session_proved(Cx *cx, Val **ret)
{
    Session session = {0};
    Str token = chance_token(cx->chance, cx->arena, SESSION_TOKEN_BYTES);
    if (!cx->actor.session_id) {
        *ret = NULL;
        return ERR_OK;
    }
    Err e = record_load(cx, &session_type, cx->actor.session_id, &session);
    session.second_ms = clock_now_ms(cx->clock);
    session.token_hash = token_hash(cx->arena, token);
    if (!e)
        e = fact_change(cx, &session_type, &session, (FactNote){.kind = "session.proved"});
    if (!e)
        *ret = token_reply(cx, &session, token);
    return e;
}

Err session_make(Cx *cx, const Account *account, SessionBy by, Val **ret)
{
    i64 now_ms = clock_now_ms(cx->clock);
    Str token = chance_token(cx->chance, cx->arena, SESSION_TOKEN_BYTES);
    Session session = {
        .token_hash = token_hash(cx->arena, token),
        .csrf = chance_token(cx->chance, cx->arena, 16),
        .account_id = account->id,
        .seen_ms = now_ms,
        .ends_ms = now_ms + house_of(cx)->settings->session_max_hours * 3600 * 1000,
        .address = cx->address,
        .agent = utf8_head(cx->agent, AGENT_MAX),
        .outside = by.outside,
        .second_ms = by.second_ms,
    };
    unsigned roles = 0;
    Err e = make_room(cx, account->id);
    if (!e)
        e = roles_of(cx, account->id, &roles);
    cx->actor.account_id = account->id;
    cx->actor.org_id = account->org_id;
    if (!e)
        e = fact_create(cx, &session_type, &session, (FactNote){.kind = "session.opened"});
    if (e)
        return e;
    *ret = token_reply(cx, &session, token);
    val_set_z(cx->arena, *ret, "wants", wants_names[wants_of(cx, account, &session, roles)]);
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
    e = account_right(cx, &account);
    return e ? e : session_make(cx, &account, (SessionBy){0}, ret);
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

/* ---- one's own sessions ---- */

static Err session_list_run(Cx *cx, const void *arg, Val **ret)
{
    Rows rows;
    Val *items = val_list(cx->arena);
    unsigned roles = 0;
    (void)arg;
    Err e = roles_of(cx, cx->actor.account_id, &roles);
    if (!e)
        e = RECORD_QUERY(cx, &session_type, &rows,
                         "WHERE account_id = ?1 AND closed = 0 AND ends_ms > ?2 ORDER BY id DESC "
                         "LIMIT ?3",
                         BIND_INT(cx->actor.account_id), BIND_INT(clock_now_ms(cx->clock)),
                         BIND_INT(SESSIONS_READ_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Session session = {0};
        record_read_row(cx, &session_type, &rows, &session);
        if (session_over(cx, &session, roles))
            continue;
        Val *row = record_val(cx, &session_type, &session, SEE_OWNER);
        val_set_bool(cx->arena, row, "this", session.id == cx->actor.session_id);
        val_push(cx->arena, items, row);
    }
    e = rows_end(&rows);
    *ret = list_val(cx, items, (i64)val_count(items), 1, SESSIONS_READ_MAX);
    return e;
}

static Err session_end_run(Cx *cx, const void *arg, Val **ret)
{
    Session session = {0};
    (void)ret;
    Err e = person_only(cx);
    if (!e)
        e = own_session(cx, ((const IdIn *)arg)->id, &session);
    return e ? e : session_end(cx, session.id, "session.ended");
}

static Err session_end_others_run(Cx *cx, const void *arg, Val **ret)
{
    (void)arg, (void)ret;
    Err e = person_only(cx);
    return e ? e : sessions_end(cx, cx->actor.account_id, cx->actor.session_id);
}

#define HALF_OR_WHOLE (WHO_HALF | WHO_SIGNED)
// clang-format off
static const Op ops[] = {
    {"session.open",  "登录", "Sign in",    OP_WRITE, 0, WHO_PUBLIC, OP_IN(SignIn, sign_in_fields), sign_in_prepare, sign_in_run, NULL, "Replies a token for the Authorization header; `wants` says what the session still lacks: second, enrol, password."},
    {"session.close", "退出", "Sign out",   OP_WRITE, OP_OWN, HALF_OR_WHOLE, OP_IN(SessionIn, session_in_fields), NULL, session_close_run, NULL, NULL},
    {"session.seen",  "续期", "Keep alive", OP_WRITE, OP_QUIET | OP_OWN, HALF_OR_WHOLE, OP_IN(SessionIn, session_in_fields), NULL, session_seen_run, NULL, NULL},
    {"session.list",  "登录会话", "Sessions", OP_READ, OP_PLAIN | OP_OWN, WHO_SIGNED, OP_IN_NONE, NULL, session_list_run, NULL, NULL},
    {"session.end",   "结束会话", "End session", OP_WRITE, OP_OWN, WHO_SIGNED, OP_IN(IdIn, id_fields), NULL, session_end_run, NULL, NULL},
    {"session.end_others", "退出其他会话", "End the others", OP_WRITE, OP_DANGER | OP_OWN, WHO_SIGNED, OP_IN_NONE, NULL, session_end_others_run, "结束本账号在其他浏览器和程序中的登录。", "Ends this account's sessions in other browsers and programs."},
};
// clang-format on

static const RecordType *const types[] = {&session_type};

const Room session_room = {
    .name = "ident",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
};
