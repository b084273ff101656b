/* Tokens of the API. */
#include "ident/ident_int.h"
#include "ident/token.h"

#include "command/settings.h"

#define DAY_MS ((i64)24 * 3600 * 1000)

// clang-format off
static const Code scope_rows[] = {
    {"read",   "查询",                 "Read"},
    {"write",  "办理",                 "Write"},
    {"second", "办理需双因素的操作", "Acts that ask for the second factor"},
};
static const CodeList token_scopes = CODE_LIST("token_scope", scope_rows);

static const Code state_rows[] = {
    {"live", "有效", "Live"}, {"expired", "已到期", "Expired"}, {"ended", "已停用", "Ended"},
    {"stopped", "已失效", "Stopped"},
};
static const CodeList token_states = CODE_LIST("token_state", state_rows);

static const Field token_fields[] = {
    RECORD_HEAD_FIELDS(ApiToken),
    {AT(ApiToken, account_id), F_REF,   "账号",     "Account",      INDEXED | FORM_OFF, SEE_OWNER, NULL, .ref = &account_type},
    {AT(ApiToken, name),       F_TEXT,  "用途",     "What it is for", FORM_OFF, SEE_OWNER, NULL},
    {AT(ApiToken, hash),       F_TEXT,  "令牌",     "Token",        UNIQUE | FORM_OFF, SEE_NOBODY, NULL},
    {AT(ApiToken, scope),      F_CODES, "权限范围", "Scope",        FORM_OFF, SEE_OWNER, NULL, .codes = &token_scopes},
    {AT(ApiToken, roles),      F_CODES, "角色",     "Roles",        FORM_OFF, SEE_OWNER, NULL, .codes = &role_codes},
    {AT(ApiToken, expires_ms), F_TIME,  "有效至",   "Until",        FORM_OFF, SEE_OWNER, NULL},
    {AT(ApiToken, used_ms),    F_TIME,  "最近使用", "Last used",    FORM_OFF, SEE_OWNER, NULL},
    {AT(ApiToken, address),    F_TEXT,  "最近地址", "Last address", FORM_OFF, SEE_OWNER, NULL},
    {AT(ApiToken, ended_ms),   F_TIME,  "停用时间", "Ended",        FORM_OFF, SEE_OWNER, NULL},
};
const RecordType api_token_type = {"api_token", "接口令牌", "API token", sizeof(ApiToken), token_fields, COUNT(token_fields), NULL};
// clang-format on

static const struct {
    const char *code;
    unsigned bit;
} scope_bits[] = {{"read", SCOPE_READ}, {"write", SCOPE_WRITE}, {"second", SCOPE_SECOND}};

static unsigned scope_of(Str codes)
{
    unsigned scope = 0;
    Str part;
    while (str_split(&codes, ',', &part))
        for (size_t i = 0; i < COUNT(scope_bits); i++)
            if (str_same_z(part, scope_bits[i].code))
                scope |= scope_bits[i].bit;
    return scope;
}

static Str role_names(Arena *arena, unsigned roles)
{
    Buf out = buf_new(arena);
    for (size_t i = 0; i < role_codes.count; i++) {
        if (!(role_bit(str_from(role_codes.codes[i].code)) & roles))
            continue;
        if (out.len)
            buf_char(&out, ',');
        buf_z(&out, role_codes.codes[i].code);
    }
    return buf_str(&out);
}

static unsigned roles_kept(const ApiToken *token)
{
    unsigned roles = 0;
    Str rest = token->roles, part;
    while (str_split(&rest, ',', &part))
        roles |= role_bit(part);
    return roles;
}

/* "live", "expired", "ended" or "stopped". */
static const char *state_of(Cx *cx, const ApiToken *token, const Account *account, unsigned held)
{
    if (token->ended_ms)
        return "ended";
    if (token->expires_ms <= clock_now_ms(cx->clock))
        return "expired";
    if (account->closed || account->must_change || (roles_kept(token) & ~held))
        return "stopped";
    return "live";
}

Err token_find(Cx *cx, Str text, SignedIn *ret, bool *ret_stale)
{
    ApiToken token = {0};
    Account account = {0};
    unsigned held = 0;
    Str org = S("");
    if (text.len != sizeof TOKEN_PREFIX - 1 + 2 * TOKEN_BYTES || !str_starts(text, S(TOKEN_PREFIX)))
        return err_set(cx, ERR_SIGN_IN, NULL, "token.not_live");
    Err e = RECORD_FIND(cx, &api_token_type, &token, "WHERE hash = ?1 AND hash <> ''",
                        BIND_STR(token_hash(cx->arena, text)));
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set(cx, ERR_SIGN_IN, NULL, "token.not_live");
    }
    if (!e)
        e = record_load(cx, &account_type, token.account_id, &account);
    if (!e)
        e = roles_of(cx, account.id, &held);
    if (!e && !str_same_z(S("live"), state_of(cx, &token, &account, held)))
        return err_set(cx, ERR_SIGN_IN, NULL, "token.not_live");
    if (!e)
        e = org_name(cx, account.org_id, &org);
    if (e)
        return e;
    *ret_stale = clock_now_ms(cx->clock) - token.used_ms >= TOKEN_USED_MS;
    *ret = (SignedIn){
        .actor = {.account_id = account.id,
                  .org_id = account.org_id,
                  .roles = roles_kept(&token),
                  .scope = scope_of(token.scope),
                  .token_id = token.id},
        .name = account.name,
        .login = account.login,
        .org_name = org,
    };
    return ERR_OK;
}

/* ---- token.make ---- */

typedef struct TokenMake {
    Str name;
    Str scope;
    i64 days;
    Str second_code;
} TokenMake;

// clang-format off
static const Field make_fields[] = {
    {AT(TokenMake, name),  F_TEXT,  "用途",     "What it is for", REQUIRED, SEE_PUBLIC, NULL, .min = 2, .max = 60,
     .help_zh = "例如：科研系统每晚同步专利", .help_en = "Such as: nightly sync of patents"},
    {AT(TokenMake, scope), F_CODES, "权限范围", "Scope", REQUIRED, SEE_PUBLIC, NULL, .codes = &token_scopes},
    {AT(TokenMake, days),  F_INT,   "有效天数", "Days it holds", 0, SEE_PUBLIC, NULL, .max = 3650,
     .help_zh = "不填为 90 天，或平台所设的上限", .help_en = "90 when left out, or the exchange's limit"},
    {AT(TokenMake, second_code), F_SECRET, "动态码", "Code", 0, SEE_NOBODY, NULL, .max = 20,
     .help_zh = "权限范围含“办理需双因素的操作”时填写", .help_en = "For the scope of acts that ask for the second factor"},
};
// clang-format on

/* Who may have this token, and for how long. */
static Err make_check(Cx *cx, const TokenMake *in, i64 *ret_days)
{
    i64 most = house_of(cx)->settings->token_days_max, live = 0;
    i64 days = in->days ? in->days : most < TOKEN_DAYS ? most : TOKEN_DAYS;
    if (cx->actor.token_id)
        return err_set(cx, ERR_DENIED, NULL, "token.by_a_person");
    if (!cx->actor.account_id)
        return err_set(cx, ERR_SIGN_IN, NULL, "command.sign_in");
    if ((cx->actor.roles & WHO_ADMINS) && (scope_of(in->scope) & SCOPE_SECOND))
        return err_set(cx, ERR_DENIED, "scope", "token.not_for_admins");
    if (days < 1 || days > most)
        return err_set_arg(cx, ERR_INPUT, "days", "token.too_long",
                           str_format(cx->arena, "%lld", (long long)most));
    Err e = DB_INT(cx, &live, 0,
                   "SELECT COUNT(*) FROM api_token WHERE account_id = ?1 AND ended_ms = 0 AND "
                   "expires_ms > ?2",
                   BIND_INT(cx->actor.account_id), BIND_INT(clock_now_ms(cx->clock)));
    if (!e && live >= TOKENS_MAX)
        e = err_set_arg(cx, ERR_LIMIT, NULL, "token.too_many",
                        str_format(cx->arena, "%d", TOKENS_MAX));
    if (!e)
        *ret_days = days;
    return e;
}

/* A token that passes where the second factor is asked is given like a signature. */
static Err make_sign(Cx *cx, const TokenMake *in, Val **ret_refused)
{
    bool machine = cx->actor.via == VIA_LOCAL || cx->actor.via == VIA_SYSTEM;
    if (!(scope_of(in->scope) & SCOPE_SECOND) || !house_of(cx)->settings->second_factor || machine)
        return ERR_OK;
    if (!in->second_code.len)
        return err_set(cx, ERR_INPUT, "second_code", "token.code_wanted");
    return second_prove(cx, cx->actor.account_id, in->second_code, ret_refused);
}

static Err make_run(Cx *cx, const void *arg, Val **ret)
{
    const TokenMake *in = arg;
    i64 days = 0;
    unsigned roles = 0;
    Err e = make_check(cx, in, &days);
    if (!e)
        e = make_sign(cx, in, ret);
    if (e || *ret)
        return e;
    e = roles_of(cx, cx->actor.account_id, &roles);
    if (e)
        return e;
    Str text = str_format(cx->arena, TOKEN_PREFIX "%.*s",
                          STR_ARG(chance_token(cx->chance, cx->arena, TOKEN_BYTES)));
    ApiToken token = {
        .account_id = cx->actor.account_id,
        .name = in->name,
        .hash = token_hash(cx->arena, text),
        .scope = in->scope,
        .roles = role_names(cx->arena, roles),
        .expires_ms = clock_now_ms(cx->clock) + days * DAY_MS,
    };
    e = fact_create(cx, &api_token_type, &token,
                    (FactNote){.kind = "token.made",
                               .amount = token.expires_ms,
                               .code = str_z(cx->arena, in->scope),
                               .other_id = token.account_id});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", token.id);
    val_set_str(cx->arena, *ret, "token", text);
    val_set_int(cx->arena, *ret, "expires_ms", token.expires_ms);
    return ERR_OK;
}

/* ---- token.list ---- */

typedef struct TokenList {
    i64 account_id;
    i64 page;
} TokenList;

static const Field list_fields[] = {
    {AT(TokenList, account_id), F_REF, "账号", "Account", 0, SEE_PUBLIC, NULL,
     .ref = &account_type},
    {AT(TokenList, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL, .max = PAGE_MAX},
};

/* For incidents: the security administrator and the machine's operator see everybody's. */
static bool sees_all(const Cx *cx)
{
    return (cx->actor.roles & (WHO_SECURITY | WHO_LOCAL)) != 0;
}

/* A token's row, with what has become of it. */
static Err add_row(Cx *cx, const ApiToken *token, Val *items)
{
    Account account = {0};
    unsigned held = 0;
    Err e = record_load(cx, &account_type, token->account_id, &account);
    if (!e)
        e = roles_of(cx, account.id, &held);
    if (e)
        return e;
    Val *row = record_val(cx, &api_token_type, token, SEE_OWNER);
    val_set_z(cx->arena, row, "state", state_of(cx, token, &account, held));
    val_set_str(cx->arena, row, "login", account.login);
    val_push(cx->arena, items, row);
    return ERR_OK;
}

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    const TokenList *in = arg;
    i64 whose = sees_all(cx) && in->account_id ? in->account_id : cx->actor.account_id;
    i64 page = page_number(in->page), total = 0;
    ApiToken *tokens = ARENA_NEW(cx->arena, ApiToken, PAGE_SIZE);
    size_t count = 0;
    Rows rows;
    Err e = DB_INT(cx, &total, 0, "SELECT COUNT(*) FROM api_token WHERE ?1 = 0 OR account_id = ?1",
                   BIND_INT(whose));
    if (!e)
        e = RECORD_QUERY(cx, &api_token_type, &rows,
                         "WHERE ?1 = 0 OR account_id = ?1 ORDER BY id DESC LIMIT ?2 OFFSET ?3",
                         BIND_INT(whose), BIND_INT(PAGE_SIZE), BIND_INT((page - 1) * PAGE_SIZE));
    if (e)
        return e;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &api_token_type, &rows, &tokens[count++]);
    e = rows_end(&rows);
    Val *items = val_list(cx->arena);
    for (size_t i = 0; !e && i < count; i++)
        e = add_row(cx, &tokens[i], items);
    if (!e)
        *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

/* ---- token.end, token.used ---- */

static Err end_one(Cx *cx, ApiToken *token)
{
    if (token->ended_ms)
        return ERR_OK;
    token->ended_ms = clock_now_ms(cx->clock);
    return fact_change(cx, &api_token_type, token,
                       (FactNote){.kind = "token.ended", .other_id = token->account_id});
}

/* Its owner ends it, or the security administrator; a token ends no other. */
static Err end_run(Cx *cx, const void *arg, Val **ret)
{
    ApiToken token = {0};
    i64 id = ((const IdIn *)arg)->id;
    Err e = record_load(cx, &api_token_type, id, &token);
    if (!e && token.account_id != cx->actor.account_id && !sees_all(cx))
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing", S("接口令牌"));
    if (!e && cx->actor.token_id && cx->actor.token_id != id)
        return err_set(cx, ERR_DENIED, NULL, "token.by_a_person");
    (void)ret;
    return e ? e : end_one(cx, &token);
}

Err tokens_end(Cx *cx, i64 account_id)
{
    Err e = ERR_OK;
    while (!e) {
        ApiToken token = {0};
        e = RECORD_FIND(cx, &api_token_type, &token, "WHERE account_id = ?1 AND ended_ms = 0",
                        BIND_INT(account_id));
        if (!e)
            e = end_one(cx, &token);
    }
    if (e == ERR_MISSING) {
        err_clear(cx);
        e = ERR_OK;
    }
    return e;
}

typedef struct TokenUsed {
    i64 id;
    Str address;
} TokenUsed;

static const Field used_fields[] = {
    {AT(TokenUsed, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
    {AT(TokenUsed, address), F_TEXT, "地址", "Address", 0, SEE_PUBLIC, NULL, .max = 60},
};

static Err used_run(Cx *cx, const void *arg, Val **ret)
{
    const TokenUsed *in = arg;
    ApiToken token = {0};
    Err e = record_load(cx, &api_token_type, in->id, &token);
    i64 now_ms = clock_now_ms(cx->clock);
    (void)ret;
    if (e || now_ms - token.used_ms < TOKEN_USED_MS)
        return e;
    token.used_ms = now_ms;
    token.address = in->address;
    return fact_change(cx, &api_token_type, &token,
                       (FactNote){.kind = "token.used", .other_id = token.account_id});
}

// clang-format off
static const Op ops[] = {
    {"token.make", "生成令牌", "Make a token", OP_WRITE, OP_SECOND, WHO_SIGNED, OP_IN(TokenMake, make_fields), NULL, make_run,
     "令牌只显示一次，请立即保存。", "Replies the token, once. A scope with `second` needs second_code."},
    {"token.list", "我的令牌", "My tokens",    OP_READ,  0, WHO_SIGNED, OP_IN(TokenList, list_fields), NULL, list_run, NULL, NULL},
    {"token.end",  "停用令牌", "End a token",  OP_WRITE, OP_DANGER, WHO_SIGNED, OP_IN(IdIn, id_fields), NULL, end_run, NULL, NULL},
    {"token.used", "记录使用", "Note a use",   OP_WRITE, OP_QUIET | OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(TokenUsed, used_fields), NULL, used_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&api_token_type};
static const CodeList *const codes[] = {&token_scopes, &token_states};

const Room token_room = {
    .name = "ident",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
