/* The second factor: codes by time (RFC 6238), and codes on paper for the day the phone is gone. */
#include "ident/ident_int.h"

#include "base/openssl.h"
#include "command/settings.h"

#include <string.h>

enum { WINDOW_STEPS = 1, CODE_MODULUS = 1000000, RECOVERY_BYTES = 5 };

static const char base32_signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

Str base32_from(Arena *arena, Str bytes)
{
    Buf out = buf_new(arena);
    u32 bits = 0, held = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        held = held << 8 | (u8)bytes.data[i];
        for (bits += 8; bits >= 5; bits -= 5)
            buf_char(&out, base32_signs[held >> (bits - 5) & 31]);
        held &= 0xff;
    }
    if (bits)
        buf_char(&out, base32_signs[held << (5 - bits) & 31]);
    return buf_str(&out);
}

/* RFC 4226, 5.3: the last nibble says where the four bytes are that make the number. */
Str totp_code(Arena *arena, Str secret, i64 step)
{
    u8 count[8], mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    for (int i = 0; i < 8; i++)
        count[i] = (u8)((u64)step >> (56 - 8 * i));
    HMAC(EVP_sha1(), secret.data, (int)secret.len, count, sizeof count, mac, &mac_len);
    size_t at = mac[mac_len - 1] & 15;
    u32 number = ((u32)mac[at] & 0x7f) << 24 | (u32)mac[at + 1] << 16 | (u32)mac[at + 2] << 8 |
                 (u32)mac[at + 3];
    return str_format(arena, "%06u", number % CODE_MODULUS);
}

static Str purpose_of(Cx *cx, i64 account_id)
{
    return str_format(cx->arena, "account.totp_secret %lld", (long long)account_id);
}

static i64 step_now(const Cx *cx)
{
    return clock_now_ms(cx->clock) / TOTP_STEP_MS;
}

/* The step whose code this is, later than any taken before; 0 for none. */
static Err find_step(Cx *cx, const Account *account, Str code, i64 *ret_step)
{
    Str secret;
    Err e = secret_open(cx, purpose_of(cx, account->id), account->totp_secret, &secret);
    *ret_step = 0;
    for (i64 step = step_now(cx) - WINDOW_STEPS; !e && step <= step_now(cx) + WINDOW_STEPS; step++)
        if (secret_same(totp_code(cx->arena, secret, step), code) && step > account->totp_step)
            *ret_step = step;
    return e;
}

/* Marks a recovery code as used. */
static Err use_recovery(Cx *cx, i64 account_id, Str code, bool *ret_found)
{
    RecoveryCode row = {0};
    Err e = RECORD_FIND(cx, &recovery_code_type, &row,
                        "WHERE account_id = ?1 AND hash = ?2 AND used_ms = 0", BIND_INT(account_id),
                        BIND_STR(token_hash(cx->arena, code)));
    *ret_found = !e;
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    row.used_ms = clock_now_ms(cx->clock);
    return e ? e
             : fact_change(cx, &recovery_code_type, &row,
                           (FactNote){.kind = "second.recovered", .other_id = account_id});
}

Str code_typed(Arena *arena, Str code)
{
    Buf out = buf_new(arena);
    for (size_t i = 0; i < code.len; i++) {
        char c = code.data[i];
        if (c >= 'A' && c <= 'Z')
            buf_char(&out, (char)(c - 'A' + 'a'));
        else if (c != ' ' && c != '-')
            buf_char(&out, c);
    }
    return buf_str(&out);
}

static Err refused(Cx *cx, Account *account, Val **ret_refused)
{
    Err e = account_wrong_code(cx, account);
    return e ? e : op_refuse(cx, ret_refused, ERR_INPUT, "second_code", "ident.wrong_code");
}

Err second_prove(Cx *cx, i64 account_id, Str code, Val **ret_refused)
{
    Account account = {0};
    i64 step = 0;
    bool found = false;
    Err e = account_id ? record_load(cx, &account_type, account_id, &account)
                       : err_set(cx, ERR_SIGN_IN, NULL, "command.sign_in");
    if (!e && !account.totp_on_ms)
        e = err_set(cx, ERR_SECOND, NULL, "ident.second_not_set_up");
    if (!e && account.locked_until_ms > clock_now_ms(cx->clock))
        e = err_set_arg(cx, ERR_LIMIT, "second_code", "ident.locked",
                        time_format(cx->arena, account.locked_until_ms));
    code = code_typed(cx->arena, code);
    if (!e && code.len == TOTP_DIGITS)
        e = find_step(cx, &account, code, &step);
    else if (!e)
        e = use_recovery(cx, account_id, code, &found);
    if (e)
        return e;
    if (!step && !found)
        return refused(cx, &account, ret_refused);
    if (step)
        account.totp_step = step;
    account.tries = account.code_tries = account.locks = 0;
    return fact_change(cx, &account_type, &account, (FactNote){.kind = "second.proved"});
}

Err second_code_now(Cx *cx, i64 account_id, Str *ret)
{
    Account account = {0};
    Str secret;
    *ret = S("");
    if (!house_of(cx)->settings->second_factor_demo)
        return ERR_OK;
    Err e = record_load(cx, &account_type, account_id, &account);
    if (e || !account.totp_secret.len)
        return e;
    e = secret_open(cx, purpose_of(cx, account_id), account.totp_secret, &secret);
    i64 step =
        step_now(cx); /* One that was not taken yet, so that the page never shows a dead one. */
    if (account.totp_step >= step)
        step = account.totp_step + 1;
    if (!e && step <= step_now(cx) + WINDOW_STEPS)
        *ret = totp_code(cx->arena, secret, step);
    return e;
}

/* ---- setting it up ---- */

/* The secret as text, and as the address that authenticator apps read from a picture. */
static void say_secret(Cx *cx, const Account *account, Str plain, Val *reply)
{
    Str text = base32_from(cx->arena, plain), issuer = house_of(cx)->settings->name_en;
    Buf uri = buf_new(cx->arena);
    buf_z(&uri, "otpauth://totp/");
    buf_url(&uri, issuer);
    buf_char(&uri, ':');
    buf_url(&uri, account->login);
    buf_format(&uri, "?secret=%.*s&issuer=", STR_ARG(text));
    buf_url(&uri, issuer);
    val_set_str(cx->arena, reply, "secret", text);
    val_set_str(cx->arena, reply, "uri", buf_str(&uri));
}

static Err begin_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    u8 secret[TOTP_SECRET_BYTES];
    (void)arg;
    Err e = person_only(cx);
    if (!e)
        e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (!e && account.totp_on_ms)
        e = err_set(cx, ERR_STATE, NULL, "ident.second_is_on");
    if (e)
        return e;
    chance_bytes(cx->chance, secret, sizeof secret);
    Str plain = {(const char *)secret, sizeof secret};
    e = secret_seal(cx, purpose_of(cx, account.id), plain, &account.totp_secret);
    account.totp_step = 0;
    if (!e)
        e = fact_change(cx, &account_type, &account, (FactNote){.kind = "second.begun"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    say_secret(cx, &account, plain, *ret);
    return ERR_OK;
}

/* How it stands; the secret only until it is confirmed. */
static Err show_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    Str secret, code = S("");
    i64 codes_left = 0;
    (void)arg;
    Err e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (!e)
        e = DB_INT(cx, &codes_left, 0,
                   "SELECT COUNT(*) FROM recovery_code WHERE account_id = ?1 AND used_ms = 0",
                   BIND_INT(account.id));
    if (!e)
        e = second_code_now(cx, account.id, &code);
    if (e)
        return e;
    bool begun = !account.totp_on_ms && account.totp_secret.len;
    *ret = val_map(cx->arena);
    val_set_bool(cx->arena, *ret, "on", account.totp_on_ms != 0);
    val_set_bool(cx->arena, *ret, "begun", begun);
    val_set_int(cx->arena, *ret, "since_ms", account.totp_on_ms);
    val_set_int(cx->arena, *ret, "codes_left", account.totp_on_ms ? codes_left : 0);
    val_set_bool(cx->arena, *ret, "demo", house_of(cx)->settings->second_factor_demo != 0);
    val_set_str(cx->arena, *ret, "code_now", code);
    if (!begun)
        return ERR_OK;
    e = secret_open(cx, purpose_of(cx, account.id), account.totp_secret, &secret);
    if (!e)
        say_secret(cx, &account, secret, *ret);
    return e;
}

/* The rows of an account's codes, made at the first time and filled anew afterwards. */
static Err code_rows(Cx *cx, i64 account_id, i64 *ids, size_t *ret_count)
{
    Rows rows;
    size_t count = 0;
    Err e = DB_QUERY(cx, &rows, "SELECT id FROM recovery_code WHERE account_id = ?1 ORDER BY id",
                     BIND_INT(account_id));
    if (e)
        return e;
    while (rows_next(&rows) && count < RECOVERY_CODES)
        ids[count++] = rows_int(&rows, 0);
    *ret_count = count;
    return rows_end(&rows);
}

/* New recovery codes in place of the old; said once. */
static Err make_codes(Cx *cx, i64 account_id, Val **ret_codes)
{
    i64 ids[RECOVERY_CODES];
    size_t count = 0;
    FactNote note = {.kind = "second.code_made", .other_id = account_id};
    Val *codes = val_list(cx->arena);
    Err e = code_rows(cx, account_id, ids, &count);
    for (size_t i = 0; !e && i < RECOVERY_CODES; i++) {
        Str code = chance_token(cx->chance, cx->arena, RECOVERY_BYTES);
        RecoveryCode row = {.account_id = account_id};
        if (i < count)
            e = record_load(cx, &recovery_code_type, ids[i], &row);
        row.hash = token_hash(cx->arena, code);
        row.used_ms = 0;
        if (!e)
            e = i < count ? fact_change(cx, &recovery_code_type, &row, note)
                          : fact_create(cx, &recovery_code_type, &row, note);
        val_push(cx->arena, codes,
                 val_str(cx->arena, str_format(cx->arena, "%.5s-%.5s", code.data, code.data + 5)));
    }
    *ret_codes = codes;
    return e;
}

typedef struct CodeIn {
    Str second_code;
} CodeIn;

static const Field code_fields[] = {
    {AT(CodeIn, second_code), F_SECRET, "动态码", "Code", REQUIRED, SEE_NOBODY, NULL, .max = 20},
};

static Err confirm_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    i64 step = 0;
    Val *codes;
    Err e = person_only(cx);
    if (!e)
        e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (!e && (account.totp_on_ms || !account.totp_secret.len))
        e = err_set(cx, ERR_STATE, NULL,
                    account.totp_on_ms ? "ident.second_is_on" : "ident.second_not_begun");
    if (!e)
        e = find_step(cx, &account, code_typed(cx->arena, ((const CodeIn *)arg)->second_code),
                      &step);
    if (e)
        return e;
    if (!step)
        return refused(cx, &account, ret);
    account.totp_step = step;
    account.totp_on_ms = clock_now_ms(cx->clock);
    account.tries = account.code_tries = 0;
    e = fact_change(cx, &account_type, &account, (FactNote){.kind = "second.on"});
    if (!e)
        e = make_codes(cx, account.id, &codes);
    if (!e)
        e = session_proved(cx, ret);
    if (e)
        return e;
    if (!*ret)
        *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "codes", codes);
    return ERR_OK;
}

static Err prove_run(Cx *cx, const void *arg, Val **ret)
{
    Err e = second_prove(cx, cx->actor.account_id, ((const CodeIn *)arg)->second_code, ret);
    return e || *ret ? e : session_proved(cx, ret);
}

static Err codes_run(Cx *cx, const void *arg, Val **ret)
{
    Val *codes;
    (void)arg;
    Err e = make_codes(cx, cx->actor.account_id, &codes);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "codes", codes);
    return ERR_OK;
}

static Err off_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    (void)arg, (void)ret;
    if (cx->actor.roles & WHO_ADMINS)
        return err_set(cx, ERR_DENIED, NULL, "ident.admin_keeps_second");
    Err e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (e)
        return e;
    account.totp_on_ms = account.totp_step = 0;
    account.totp_secret = S("");
    return fact_change(cx, &account_type, &account, (FactNote){.kind = "second.off"});
}

/* For one who lost both phone and paper: the security administrator, with a second person. */
static Err reset_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    (void)ret;
    Err e = record_load(cx, &account_type, ((const IdIn *)arg)->id, &account);
    if (e)
        return e;
    account.totp_on_ms = account.totp_step = 0;
    account.totp_secret = S("");
    e = fact_change(cx, &account_type, &account, (FactNote){.kind = "second.reset"});
    return e ? e : sessions_end(cx, account.id, 0);
}

#define HALF_OR_WHOLE (WHO_HALF | WHO_SIGNED)
// clang-format off
static const Op ops[] = {
    {"second.show",    "双因素认证",     "Second factor",        OP_READ, OP_PLAIN | OP_OWN, HALF_OR_WHOLE, OP_IN_NONE, NULL, show_run, NULL, "Whether it is on, and how many recovery codes are left."},
    {"second.begin",   "设置双因素",     "Set up second factor", OP_WRITE, 0, HALF_OR_WHOLE, OP_IN_NONE, NULL, begin_run, NULL, "Replies the secret and an otpauth URI, once."},
    {"second.confirm", "确认启用",       "Confirm",              OP_WRITE, 0, HALF_OR_WHOLE, OP_IN(CodeIn, code_fields), NULL, confirm_run, NULL, "Replies ten recovery codes, once, and the session's new token."},
    {"session.second", "验证动态码",     "Prove second factor",  OP_WRITE, OP_OWN, HALF_OR_WHOLE, OP_IN(CodeIn, code_fields), NULL, prove_run, "六位动态码或恢复码", "Six digits, or a recovery code. Replies the session's new token; the old one is void."},
    {"second.codes",   "重新生成恢复码", "New recovery codes",   OP_WRITE, OP_SIGN | OP_DANGER, WHO_SIGNED, OP_IN(CodeIn, code_fields), NULL, codes_run, NULL, NULL},
    {"second.off",     "停用双因素",     "Turn off",             OP_WRITE, OP_SIGN | OP_DANGER, WHO_SIGNED, OP_IN(CodeIn, code_fields), NULL, off_run, NULL, NULL},
    {"second.reset",   "重置他人双因素", "Reset somebody's",     OP_WRITE, OP_TWO | OP_DANGER, WHO_SECURITY | WHO_LOCAL, OP_IN(IdIn, id_fields), NULL, reset_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&recovery_code_type};

const Room second_room = {
    .name = "ident",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
};
