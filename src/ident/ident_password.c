/* Changing a password, and getting a new one when it is forgotten.
 *
 *   reset_ask     anybody, with login and e-mail: the answer says nothing
 *   resets        the security administrator sees who asks
 *   reset_code    and makes a code for one of them, shown once, once he knows whom he speaks to
 *   reset         with the code: a new password, and nothing else; the second factor stays
 *
 * No mail is sent: the code goes from person to person. */
#include "ident/ident_int.h"
#include "ident/token.h"

#include "command/settings.h"

#include <string.h>

enum { RESET_CODE_LEN = 10, RESET_ASK_DAYS = 7, RESETS_MAX = 200 };

/* One row an account, used again each time. The row of account 0 stands for whoever is not there,
 * so that an unknown login costs the same writes as a known one. */
typedef struct PasswordReset {
    RECORD_HEAD;
    i64 account_id;
    i64 asked_ms;
    Str hash; /* Of the code; '' while none is out. */
    i64 until_ms;
    i64 by_id; /* Who made the code. */
} PasswordReset;

// clang-format off
static const Field reset_fields[] = {
    RECORD_HEAD_FIELDS(PasswordReset),
    {AT(PasswordReset, account_id), F_REF,  "账号",     "Account",    INDEXED | FORM_OFF, SEE_OPERATOR, NULL, .ref = &account_type},
    {AT(PasswordReset, asked_ms),   F_TIME, "申请时间", "Asked",      FORM_OFF, SEE_OPERATOR, NULL},
    {AT(PasswordReset, hash),       F_TEXT, "重置码",   "Code",       INDEXED | FORM_OFF, SEE_NOBODY, NULL},
    {AT(PasswordReset, until_ms),   F_TIME, "重置码有效至", "Code holds until", FORM_OFF, SEE_OPERATOR, NULL},
    {AT(PasswordReset, by_id),      F_REF,  "经办人",   "Made by",    FORM_OFF, SEE_OPERATOR, NULL, .ref = &account_type},
};
const RecordType password_reset_type = {"password_reset", "密码重置", "Password reset", sizeof(PasswordReset), reset_fields, COUNT(reset_fields), NULL};
// clang-format on

Err person_only(Cx *cx)
{
    return cx->actor.token_id ? err_set(cx, ERR_DENIED, NULL, "command.not_this_token") : ERR_OK;
}

static Err check_again(Cx *cx, Str password, Str again)
{
    return again.len && !str_same(password, again)
               ? err_set(cx, ERR_INPUT, "password_again", "ident.password_differs")
               : ERR_OK;
}

/* ---- account.password ---- */

typedef struct PasswordIn {
    Str password_old;
    Str password;
    Str password_again;
    Str before; /* By prepare: what the old one was compared with. */
    Str encoded;
    i64 right;
} PasswordIn;

// clang-format off
static const Field password_fields[] = {
    {AT(PasswordIn, password_old),   F_SECRET, "原密码",     "Present password", REQUIRED, SEE_NOBODY, NULL, .max = 200},
    {AT(PasswordIn, password),       F_SECRET, "新密码",     "New password",     REQUIRED, SEE_NOBODY, NULL, .max = 200},
    {AT(PasswordIn, password_again), F_SECRET, "再输一次",   "Once more",        0, SEE_NOBODY, NULL, .max = 200},
};
// clang-format on

static Err password_prepare(Cx *cx, void *arg)
{
    PasswordIn *in = arg;
    Account account = {0};
    Err e = person_only(cx);
    if (!e)
        e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (!e)
        e = password_allowed(cx, "password", account.login, in->password);
    if (!e)
        e = check_again(cx, in->password, in->password_again);
    if (e)
        return e;
    in->before = account.password;
    in->right = password_right(cx, account.password, in->password_old);
    if (!in->right) /* Counted by run. */
        return ERR_OK;
    e = password_fresh(cx, &account, in->password);
    return e ? e : password_hash(cx, in->password, &in->encoded);
}

static Err password_run(Cx *cx, const void *arg, Val **ret)
{
    const PasswordIn *in = arg;
    Account account = {0};
    Err e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (!e && account.locked_until_ms > clock_now_ms(cx->clock))
        e = err_set_arg(cx, ERR_LIMIT, "password_old", "ident.locked",
                        time_format(cx->arena, account.locked_until_ms));
    if (!e && !str_same(account.password, in->before))
        e = err_set(cx, ERR_CONFLICT, NULL, "record.moved");
    if (e)
        return e;
    if (!in->right) {
        e = account_wrong(cx, &account);
        return e ? e : op_refuse(cx, ret, ERR_INPUT, "password_old", "ident.wrong_old_password");
    }
    password_put(cx, &account, in->encoded);
    account.must_change = 0;
    e = fact_change(cx, &account_type, &account, (FactNote){.kind = "account.password_changed"});
    return e ? e : sessions_end(cx, account.id, cx->actor.session_id);
}

/* ---- account.reset_ask ---- */

typedef struct ResetAskIn {
    Str login;
    Str email;
} ResetAskIn;

// clang-format off
static const Field reset_ask_fields[] = {
    {AT(ResetAskIn, login), F_TEXT, "登录名",   "Login",  REQUIRED, SEE_PUBLIC, NULL, .max = 40},
    {AT(ResetAskIn, email), F_TEXT, "电子邮箱", "E-mail", REQUIRED, SEE_PUBLIC, NULL, .max = 100},
};
// clang-format on

/* The account of both; 0 for none. */
static Err asked_account(Cx *cx, const ResetAskIn *in, i64 *ret_id)
{
    Account account = {0};
    *ret_id = 0;
    Err e = RECORD_FIND(cx, &account_type, &account,
                        "WHERE login = ?1 AND login <> '' AND closed = 0", BIND_STR(in->login));
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    if (!e && account.email.len &&
        str_same(str_lower(cx->arena, account.email), str_lower(cx->arena, in->email)))
        *ret_id = account.id;
    return e;
}

static Err reset_ask_run(Cx *cx, const void *arg, Val **ret)
{
    PasswordReset row = {0};
    i64 account_id = 0;
    Err e = asked_account(cx, arg, &account_id);
    if (e)
        return e;
    e = RECORD_FIND(cx, &password_reset_type, &row, "WHERE account_id = ?1", BIND_INT(account_id));
    bool is_new = e == ERR_MISSING;
    if (is_new)
        err_clear(cx);
    else if (e)
        return e;
    row.account_id = account_id;
    row.asked_ms = clock_now_ms(cx->clock);
    FactNote note = {.kind = "reset.asked", .other_id = account_id};
    e = is_new ? fact_create(cx, &password_reset_type, &row, note)
               : fact_change(cx, &password_reset_type, &row, note);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_str(cx->arena, *ret, "message",
                text_say(cx->arena, cx->lang, "ident.reset_asked", NULL, 0));
    return ERR_OK;
}

/* ---- account.resets, account.reset_code ---- */

static Err reset_row(Cx *cx, const PasswordReset *reset, Val *items)
{
    static const char *const shown[] = {"login", "name", "email", "phone"};
    Account account = {0};
    Str org = S("");
    Err e = record_load(cx, &account_type, reset->account_id, &account);
    if (!e)
        e = org_name(cx, account.org_id, &org);
    if (e || account.closed)
        return e;
    Val *row = val_map(cx->arena), *said = record_val(cx, &account_type, &account, SEE_OPERATOR);
    bool out = reset->hash.len && reset->until_ms > clock_now_ms(cx->clock);
    val_set_int(cx->arena, row, "id", reset->id);
    val_set_int(cx->arena, row, "account_id", account.id);
    for (size_t i = 0; i < COUNT(shown); i++)
        val_set_str(cx->arena, row, shown[i], val_get_str(said, shown[i]));
    val_set_str(cx->arena, row, "org", org);
    val_set_int(cx->arena, row, "asked_ms", reset->asked_ms);
    val_set_int(cx->arena, row, "until_ms", out ? reset->until_ms : 0);
    val_push(cx->arena, items, row);
    return ERR_OK;
}

static Err resets_run(Cx *cx, const void *arg, Val **ret)
{
    Rows rows;
    PasswordReset *resets = ARENA_NEW(cx->arena, PasswordReset, RESETS_MAX);
    size_t count = 0;
    Val *items = val_list(cx->arena);
    (void)arg;
    i64 from_ms = clock_now_ms(cx->clock) - (i64)RESET_ASK_DAYS * 24 * 3600 * 1000;
    Err e = RECORD_QUERY(cx, &password_reset_type, &rows,
                         "WHERE account_id > 0 AND asked_ms > ?1 ORDER BY asked_ms DESC LIMIT ?2",
                         BIND_INT(from_ms), BIND_INT(RESETS_MAX));
    if (e)
        return e;
    while (rows_next(&rows) && count < RESETS_MAX)
        record_read_row(cx, &password_reset_type, &rows, &resets[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++)
        e = reset_row(cx, &resets[i], items);
    *ret = list_val(cx, items, (i64)val_count(items), 1, RESETS_MAX);
    return e;
}

/* Letters and digits that are not mistaken for others, 32 of them: 50 bits. */
static Str code_new(Cx *cx)
{
    static const char signs[] = "0123456789abcdefghjkmnpqrstvwxyz";
    char code[RESET_CODE_LEN];
    for (size_t i = 0; i < sizeof code; i++)
        code[i] = signs[chance_below(cx->chance, 32)];
    return str_copy(cx->arena, (Str){code, sizeof code});
}

static Err reset_code_run(Cx *cx, const void *arg, Val **ret)
{
    PasswordReset row = {0};
    Account account = {0};
    i64 now_ms = clock_now_ms(cx->clock);
    Err e = record_load(cx, &password_reset_type, ((const IdIn *)arg)->id, &row);
    if (!e && (!row.account_id || row.asked_ms + (i64)RESET_ASK_DAYS * 24 * 3600 * 1000 <= now_ms))
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(password_reset_type.zh));
    if (!e)
        e = record_load(cx, &account_type, row.account_id, &account);
    if (e)
        return e;
    Str code = code_new(cx);
    row.hash = token_hash(cx->arena, code);
    row.until_ms = now_ms + house_of(cx)->settings->reset_min * 60 * 1000;
    row.by_id = cx->actor.account_id;
    e = fact_change(cx, &password_reset_type, &row,
                    (FactNote){.kind = "reset.code_made", .other_id = account.id});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_str(cx->arena, *ret, "login", account.login);
    val_set_str(cx->arena, *ret, "code",
                str_format(cx->arena, "%.5s-%.5s", code.data, code.data + 5));
    val_set_int(cx->arena, *ret, "until_ms", row.until_ms);
    return ERR_OK;
}

/* ---- account.reset ---- */

typedef struct ResetIn {
    Str code;
    Str password;
    Str password_again;
    i64 reset_id; /* By prepare; 0: no such code. */
    Str hash;
    Str encoded;
} ResetIn;

// clang-format off
static const Field reset_in_fields[] = {
    {AT(ResetIn, code),           F_SECRET, "重置码",   "Reset code",   REQUIRED, SEE_NOBODY, NULL, .max = 40},
    {AT(ResetIn, password),       F_SECRET, "新密码",   "New password", REQUIRED, SEE_NOBODY, NULL, .max = 200},
    {AT(ResetIn, password_again), F_SECRET, "再输一次", "Once more",    0, SEE_NOBODY, NULL, .max = 200},
};
// clang-format on

/* The reset of a code that is out, and its account. ERR_MISSING. */
static Err reset_find(Cx *cx, Str hash, PasswordReset *ret_row, Account *ret_account)
{
    Err e = RECORD_FIND(cx, &password_reset_type, ret_row,
                        "WHERE hash = ?1 AND hash <> '' AND until_ms > ?2", BIND_STR(hash),
                        BIND_INT(clock_now_ms(cx->clock)));
    if (!e)
        e = record_load(cx, &account_type, ret_row->account_id, ret_account);
    if (!e && ret_account->closed)
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(account_type.zh));
    return e;
}

static Err reset_prepare(Cx *cx, void *arg)
{
    ResetIn *in = arg;
    PasswordReset row = {0};
    Account account = {0};
    in->hash = token_hash(cx->arena, code_typed(cx->arena, in->code));
    Err e = check_again(cx, in->password, in->password_again);
    if (!e)
        e = reset_find(cx, in->hash, &row, &account);
    bool found = e == ERR_OK;
    if (e == ERR_MISSING) {
        err_clear(cx);
        e = ERR_OK;
    }
    if (!e)
        e = password_allowed(cx, "password", account.login, in->password);
    if (!e && found) {
        in->reset_id = row.id;
        e = password_fresh(cx, &account, in->password);
    }
    return e ? e : password_hash(cx, in->password, &in->encoded);
}

static Err reset_run(Cx *cx, const void *arg, Val **ret)
{
    const ResetIn *in = arg;
    PasswordReset row = {0};
    Account account = {0};
    Err e = in->reset_id ? reset_find(cx, in->hash, &row, &account) : ERR_MISSING;
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set(cx, ERR_INPUT, "code", "ident.wrong_reset_code");
    }
    if (e)
        return e;
    password_put(cx, &account, in->encoded);
    account.must_change = 0;
    e = fact_change(cx, &account_type, &account,
                    (FactNote){.kind = "account.password_reset", .other_id = row.by_id});
    row.hash = S("");
    row.asked_ms = row.until_ms = 0;
    if (!e)
        e = fact_change(cx, &password_reset_type, &row,
                        (FactNote){.kind = "reset.used", .other_id = account.id});
    if (!e)
        e = sessions_end(cx, account.id, 0);
    (void)ret;
    return e ? e : tokens_end(cx, account.id);
}

/* ---- account.reset_by_admin ---- */

typedef struct ResetByAdminIn {
    i64 id;
    Str password; /* By prepare. */
    Str encoded;
} ResetByAdminIn;

static const Field by_admin_fields[] = {
    {AT(ResetByAdminIn, id), F_REF, "账号", "Account", REQUIRED, SEE_PUBLIC, NULL},
};

static Err by_admin_prepare(Cx *cx, void *arg)
{
    ResetByAdminIn *in = arg;
    in->password = password_random(cx);
    return password_hash(cx, in->password, &in->encoded);
}

static Err by_admin_run(Cx *cx, const void *arg, Val **ret)
{
    const ResetByAdminIn *in = arg;
    Account account = {0};
    Err e = record_load(cx, &account_type, in->id, &account);
    if (!e && account.closed)
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(account_type.zh));
    if (!e && account.id == cx->actor.account_id)
        e = err_set(cx, ERR_DENIED, "id", "ident.own_password");
    if (e)
        return e;
    password_put(cx, &account, in->encoded);
    account.must_change = 1;
    e = fact_change(cx, &account_type, &account,
                    (FactNote){.kind = "account.password_reset", .other_id = cx->actor.account_id});
    if (!e)
        e = sessions_end(cx, account.id, 0);
    if (!e)
        e = tokens_end(cx, account.id);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_str(cx->arena, *ret, "login", account.login);
    val_set_str(cx->arena, *ret, "password", in->password);
    return ERR_OK;
}

#define HALF_OR_WHOLE (WHO_HALF | WHO_SIGNED)
#define SECURITY      (WHO_SECURITY | WHO_LOCAL)
// clang-format off
static const Op ops[] = {
    {"account.password",   "修改密码",     "Change password", OP_WRITE, 0, HALF_OR_WHOLE, OP_IN(PasswordIn, password_fields), password_prepare, password_run, "修改后，本账号的其他登录全部退出。", "All other sessions of the account end."},
    {"account.reset_ask",  "申请重置密码", "Ask for a reset", OP_WRITE, 0, WHO_PUBLIC, OP_IN(ResetAskIn, reset_ask_fields), NULL, reset_ask_run, "无论账号是否存在，回复都相同。", "The answer is the same for any login. No mail is sent: a code is handed over."},
    {"account.resets",     "密码重置申请", "Asked resets",    OP_READ,  0, SECURITY, OP_IN_NONE, NULL, resets_run, NULL, NULL},
    {"account.reset_code", "生成重置码",   "Make reset code", OP_WRITE, OP_DANGER, SECURITY, OP_IN(IdIn, id_fields), NULL, reset_code_run, "重置码只显示一次，请核实申请人身份后当面或电话告知。", "Shown once. Hand it over after you have made sure whom you speak to."},
    {"account.reset",      "重置密码",     "Reset password",  OP_WRITE, 0, WHO_PUBLIC, OP_IN(ResetIn, reset_in_fields), reset_prepare, reset_run, NULL, "Sets the password and nothing else; the second factor stays."},
    {"account.reset_by_admin", "重置他人密码", "Reset somebody's password", OP_WRITE, OP_DANGER, SECURITY, OP_IN(ResetByAdminIn, by_admin_fields), by_admin_prepare, by_admin_run, "生成一次性初始密码，首次登录须修改。", "Makes a password for one sign-in; it must be changed then."},
};
// clang-format on

static const RecordType *const types[] = {&password_reset_type};

const Room password_room = {
    .name = "ident",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
};
