/* Sign-ins by an outside provider: those under way, and whose accounts they open. */
#include "ident/ident_int.h"
#include "ident/oidc.h"

#include "command/settings.h"

enum { SECRET_BYTES = 32, SWEEP_MOST = 20, SUBJECT_MAX = 255, ISSUER_MAX = 500 };

/* Kept from leaving for the provider to coming back, then removed. */
typedef struct OidcState {
    RECORD_HEAD;
    Str hash; /* Of the state. */
    Str nonce;
    Str verifier; /* Sealed. */
    Str back;
    Str address;
    i64 until_ms;
} OidcState;

/* Who a provider's subject is here. */
typedef struct OidcSubject {
    RECORD_HEAD;
    i64 account_id;
    Str issuer;
    Str subject;
} OidcSubject;

// clang-format off
static const Field state_fields[] = {
    RECORD_HEAD_FIELDS(OidcState),
    {AT(OidcState, hash),     F_TEXT, "状态值", "State",    UNIQUE | FORM_OFF, SEE_NOBODY, NULL},
    {AT(OidcState, nonce),    F_TEXT, "随机数", "Nonce",    FORM_OFF, SEE_NOBODY, NULL},
    {AT(OidcState, verifier), F_TEXT, "校验值", "Verifier", FORM_OFF, SEE_NOBODY, NULL},
    {AT(OidcState, back),     F_TEXT, "返回页", "Back to",  FORM_OFF, SEE_NOBODY, NULL},
    {AT(OidcState, address),  F_TEXT, "地址",   "Address",  INDEXED | FORM_OFF, SEE_NOBODY, NULL},
    {AT(OidcState, until_ms), F_TIME, "有效至", "Until",    INDEXED | FORM_OFF, SEE_NOBODY, NULL},
};
const RecordType oidc_state_type = {"oidc_state", "外部登录过程", "Sign-in under way", sizeof(OidcState), state_fields, COUNT(state_fields), NULL};

static const Field subject_fields[] = {
    RECORD_HEAD_FIELDS(OidcSubject),
    {AT(OidcSubject, account_id), F_REF,  "账号",     "Account", INDEXED | FORM_OFF, SEE_OWNER, NULL, .ref = &account_type},
    {AT(OidcSubject, issuer),     F_TEXT, "签发者",   "Issuer",  FORM_OFF, SEE_OWNER, NULL},
    {AT(OidcSubject, subject),    F_TEXT, "用户标识", "Subject", INDEXED | FORM_OFF, SEE_NOBODY, NULL},
};
const RecordType oidc_subject_type = {"oidc_subject", "外部身份", "Outside identity", sizeof(OidcSubject), subject_fields, COUNT(subject_fields), NULL};
// clang-format on

/* ---- oidc.begin ---- */

typedef struct Begin {
    Str back;
    Str address;
} Begin;

static const Field begin_fields[] = {
    {AT(Begin, back), F_TEXT, "返回页", "Back to", REQUIRED, SEE_PUBLIC, NULL,
     .max = OIDC_BACK_LEN_MAX},
    {AT(Begin, address), F_TEXT, "地址", "Address", 0, SEE_PUBLIC, NULL, .max = 60},
};

static Str verifier_purpose(Cx *cx, Str state_hash)
{
    return str_format(cx->arena, "oidc_state.verifier %.*s", STR_ARG(state_hash));
}

/* Those that were left lying go, a few at a time. */
static Err sweep(Cx *cx)
{
    Rows rows;
    i64 ids[SWEEP_MOST];
    size_t count = 0;
    Err e =
        DB_QUERY(cx, &rows, "SELECT id FROM oidc_state WHERE until_ms <= ?1 ORDER BY id LIMIT ?2",
                 BIND_INT(clock_now_ms(cx->clock)), BIND_INT(SWEEP_MOST));
    if (e)
        return e;
    while (count < SWEEP_MOST && rows_next(&rows))
        ids[count++] = rows_int(&rows, 0);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++)
        e = fact_remove(cx, &oidc_state_type, ids[i], (FactNote){.kind = "oidc.left"});
    return e;
}

static Err room_for(Cx *cx, Str address)
{
    i64 all = 0, his = 0;
    Err e = DB_INT(cx, &all, 0, "SELECT COUNT(*) FROM oidc_state WHERE id > ?1", BIND_INT(0));
    if (!e)
        e = DB_INT(cx, &his, 0, "SELECT COUNT(*) FROM oidc_state WHERE address = ?1",
                   BIND_STR(address));
    if (!e && (all >= OIDC_STATES_MAX || his >= OIDC_STATES_OF_ADDRESS))
        e = err_set(cx, ERR_LIMIT, NULL, "oidc.too_many");
    return e;
}

static Err begin_run(Cx *cx, const void *arg, Val **ret)
{
    const Begin *in = arg;
    Err e = sweep(cx);
    if (!e)
        e = room_for(cx, in->address);
    if (e)
        return e;
    Str state = chance_token(cx->chance, cx->arena, SECRET_BYTES),
        verifier = chance_token(cx->chance, cx->arena, SECRET_BYTES);
    OidcState row = {
        .hash = token_hash(cx->arena, state),
        .nonce = chance_token(cx->chance, cx->arena, SECRET_BYTES),
        .back = in->back,
        .address = in->address,
        .until_ms = clock_now_ms(cx->clock) + OIDC_STATE_MS,
    };
    e = secret_seal(cx, verifier_purpose(cx, row.hash), verifier, &row.verifier);
    if (!e)
        e = fact_create(cx, &oidc_state_type, &row, (FactNote){.kind = "oidc.begun"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_str(cx->arena, *ret, "state", state);
    val_set_str(cx->arena, *ret, "nonce", row.nonce);
    val_set_str(cx->arena, *ret, "challenge", oidc_challenge(cx->arena, verifier));
    return ERR_OK;
}

/* ---- oidc.take: a state is good once ---- */

typedef struct Take {
    Str state;
} Take;

static const Field take_fields[] = {
    {AT(Take, state), F_TEXT, "状态值", "State", REQUIRED, SEE_NOBODY, NULL, .max = 100},
};

static Err take_run(Cx *cx, const void *arg, Val **ret)
{
    OidcState row = {0};
    Str verifier;
    Err e = RECORD_FIND(cx, &oidc_state_type, &row, "WHERE hash = ?1 AND hash <> ''",
                        BIND_STR(token_hash(cx->arena, ((const Take *)arg)->state)));
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set(cx, ERR_STATE, NULL, "oidc.state_over");
    }
    if (!e)
        e = fact_remove(cx, &oidc_state_type, row.id, (FactNote){.kind = "oidc.taken"});
    if (!e && row.until_ms <= clock_now_ms(cx->clock))
        return op_refuse(cx, ret, ERR_STATE, NULL, "oidc.state_over");
    if (!e)
        e = secret_open(cx, verifier_purpose(cx, row.hash), row.verifier, &verifier);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_str(cx->arena, *ret, "nonce", row.nonce);
    val_set_str(cx->arena, *ret, "verifier", verifier);
    val_set_str(cx->arena, *ret, "back", row.back);
    return ERR_OK;
}

/* ---- oidc.open ---- */

typedef struct Open {
    Str issuer;
    Str subject;
    Str login;
    i64 second_ms;
} Open;

static const Field open_fields[] = {
    {AT(Open, issuer), F_TEXT, "签发者", "Issuer", REQUIRED, SEE_NOBODY, NULL, .max = ISSUER_MAX},
    {AT(Open, subject), F_TEXT, "用户标识", "Subject", REQUIRED, SEE_NOBODY, NULL,
     .max = SUBJECT_MAX},
    {AT(Open, login), F_TEXT, "登录名", "Login", 0, SEE_NOBODY, NULL, .max = 200},
    {AT(Open, second_ms), F_TIME, "双因素验证时间", "Second factor proved", 0, SEE_NOBODY, NULL},
};

static Err find_subject(Cx *cx, const Open *in, i64 *ret_account_id)
{
    return DB_INT(cx, ret_account_id, 0,
                  "SELECT account_id FROM oidc_subject WHERE subject = ?1 AND issuer = ?2",
                  BIND_STR(in->subject), BIND_STR(in->issuer));
}

/* The account that the login names, joined to the subject for good when the settings say so. */
static Err find_by_login(Cx *cx, const Open *in, bool join, i64 *ret_account_id)
{
    i64 id = 0, other = 0;
    Err e = in->login.len
                ? DB_INT(cx, &id, 0, "SELECT id FROM account WHERE login = ?1 AND login <> ''",
                         BIND_STR(in->login))
                : ERR_OK;
    if (!e && id && join)
        e = DB_INT(cx, &other, 0,
                   "SELECT COUNT(*) FROM oidc_subject WHERE account_id = ?1 AND issuer = ?2",
                   BIND_INT(id), BIND_STR(in->issuer));
    if (!e && other) /* The login has gone to another person over there. */
        return err_set(cx, ERR_DENIED, NULL, "oidc.other_person");
    if (!e && id)
        *ret_account_id = id;
    return e;
}

static Err open_run(Cx *cx, const void *arg, Val **ret)
{
    const Open *in = arg;
    Account account = {0};
    i64 id = 0;
    bool join = str_same(house_of(cx)->settings->oidc_link, S("subject"));
    Err e = join ? find_subject(cx, in, &id) : ERR_OK;
    bool known = id != 0;
    if (!e && !known)
        e = find_by_login(cx, in, join, &id);
    if (!e && id)
        e = record_load(cx, &account_type, id, &account);
    if (!e && (!id || account.closed))
        return err_set(cx, ERR_DENIED, NULL, "oidc.no_account");
    cx->actor.via = VIA_WEB; /* The person's own act from here on. */
    cx->actor.account_id = account.id;
    cx->actor.org_id = account.org_id;
    if (!e && join && !known) {
        OidcSubject row = {.account_id = id, .issuer = in->issuer, .subject = in->subject};
        e = fact_create(cx, &oidc_subject_type, &row,
                        (FactNote){.kind = "oidc.joined", .other_id = id});
    }
    SessionBy by = {.outside = true, .second_ms = in->second_ms};
    return e ? e : session_make(cx, &account, by, ret);
}

/* ---- oidc.unlink ---- */

static const Field unlink_fields[] = {
    {AT(IdIn, id), F_REF, "账号", "Account", REQUIRED, SEE_PUBLIC, NULL, .ref = &account_type},
};

/* The person has another identity over there now: the next sign-in joins by login again. */
static Err unlink_run(Cx *cx, const void *arg, Val **ret)
{
    OidcSubject row = {0};
    i64 id = ((const IdIn *)arg)->id, removed = 0;
    Err e = ERR_OK;
    while (!e) {
        e = RECORD_FIND(cx, &oidc_subject_type, &row, "WHERE account_id = ?1", BIND_INT(id));
        if (!e)
            e = fact_remove(cx, &oidc_subject_type, row.id,
                            (FactNote){.kind = "oidc.unlinked", .other_id = id});
        removed += !e;
    }
    if (e != ERR_MISSING)
        return e;
    err_clear(cx);
    if (!removed)
        return err_set(cx, ERR_MISSING, "id", "oidc.not_linked");
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "removed", removed);
    return ERR_OK;
}

// clang-format off
/* The first three are steps of the front's own: what they are given has been checked there. */
#define OWN (OP_LOCAL_ONLY | OP_QUIET)
static const Op ops[] = {
    {"oidc.begin",  "开始外部登录", "Begin to sign in",  OP_WRITE, OWN, WHO_CLOCK, OP_IN(Begin, begin_fields), NULL, begin_run, NULL, NULL},
    {"oidc.take",   "外部登录返回", "Come back",         OP_WRITE, OWN, WHO_CLOCK, OP_IN(Take, take_fields), NULL, take_run, NULL, NULL},
    {"oidc.open",   "外部登录",     "Sign in from outside", OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(Open, open_fields), NULL, open_run, NULL, NULL},
    {"oidc.unlink", "解除外部身份关联", "Unlink an outside identity", OP_WRITE, OP_DANGER | OP_SECOND, WHO_SECURITY | WHO_LOCAL, OP_IN(IdIn, unlink_fields), NULL, unlink_run,
     "此人下次外部登录时按登录名重新关联。", "The next sign-in joins by login again."},
};
// clang-format on

static const RecordType *const types[] = {&oidc_state_type, &oidc_subject_type};

const Room oidc_room = {
    .name = "ident",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
};
