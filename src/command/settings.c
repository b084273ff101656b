#include "command/settings.h"

#include <libfyaml.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static Err rule_hash(Cx *cx, const Field *field, const void *member)
{
    Str hash;
    memcpy(&hash, member, sizeof hash);
    if (str_same(hash, S("sha256")) || str_same(hash, S("sm3")))
        return ERR_OK;
    return err_set(cx, ERR_INPUT, field->name, "setting.wrong");
}

/* The rows of bid_presets (auction), which this room may not ask. */
static Err rule_preset(Cx *cx, const Field *field, const void *member)
{
    static const char *const presets[] = {
        "", "exchange", "auction", "judicial", "judicial_right", "state_10", "state_20"};
    Str preset;
    memcpy(&preset, member, sizeof preset);
    for (size_t i = 0; i < COUNT(presets); i++)
        if (str_same_z(preset, presets[i]))
            return ERR_OK;
    return err_set(cx, ERR_INPUT, field->name, "setting.wrong");
}

static const Code oidc_link_rows[] = {
    {"subject", "首次按登录名关联，此后认对方的用户标识",
     "By login at first, then by the provider's subject"},
    {"claim", "每次按登录名", "By login each time"},
};
static const Code vector_helper_rows[] = {
    {"none", "不使用", "None"},
    {"own", "由本平台文本学习", "Learnt from own texts"},
    {"server", "向量服务", "Embedding server"},
};
static const Code related_way_rows[] = {
    {"show", "允许参加并公开标注", "Admitted, and marked in public"},
    {"bar", "不得参加", "Barred"},
};
const CodeList related_ways = CODE_LIST("related_way", related_way_rows);
const CodeList vector_helpers = CODE_LIST("vector_helper", vector_helper_rows);

const CodeList oidc_links = CODE_LIST("oidc_link", oidc_link_rows);

// clang-format off
const Field settings_fields[] = {
    {AT(Settings, name_zh),           F_TEXT, "交易平台名称",         "Name of the exchange (Chinese)",          0, SEE_PUBLIC, NULL},
    {AT(Settings, name_en),           F_TEXT, "交易平台英文名称",     "Name of the exchange (English)",          0, SEE_PUBLIC, NULL},
    {AT(Settings, bidding_name),      F_TEXT, "竞价对外名称",         "What bidding is called in public",        0, SEE_PUBLIC, NULL},
    {AT(Settings, data),              F_TEXT, "数据目录",             "Data folder: store, files, keys, socket", 0, SEE_PUBLIC, NULL},
    {AT(Settings, store),             F_TEXT, "数据库地址",           "postgresql://... or empty for SQLite in the data folder", 0, SEE_PUBLIC, NULL},
    {AT(Settings, listen),            F_TEXT, "监听地址",             "host:port; TLS belongs to nginx in front", 0, SEE_PUBLIC, NULL},
    {AT(Settings, site_url),          F_TEXT, "对外访问地址",         "How people reach it: https://host; printed on papers; empty: http:// and listen", 0, SEE_PUBLIC, NULL},
    {AT(Settings, hash),              F_TEXT, "日志散列算法",         "Hash of the fact log: sha256 or sm3",     0, SEE_PUBLIC, rule_hash},
    {AT(Settings, workers),           F_INT,  "工作线程数",           "Worker threads",                          0, SEE_PUBLIC, NULL, .min = 1, .max = 64},
    {AT(Settings, connections_max),   F_INT,  "最大连接数",           "Connections at once, watchers included",  0, SEE_PUBLIC, NULL, .min = 16, .max = 100000},
    {AT(Settings, upload_mb_max),     F_INT,  "上传文件上限（MB）",   "Largest upload, MB",                      0, SEE_PUBLIC, NULL, .min = 1, .max = 500},
    {AT(Settings, import_batch_rows), F_INT,  "导入每批行数",         "Rows of an import in one command",        0, SEE_PUBLIC, NULL, .min = 1, .max = 2000},
    {AT(Settings, session_idle_min),  F_INT,  "空闲退出（分钟）",     "Minutes until an idle session ends",      0, SEE_PUBLIC, NULL, .min = 5, .max = 1440},
    {AT(Settings, session_max_hours), F_INT,  "会话最长（小时）",     "Hours until any session ends",            0, SEE_PUBLIC, NULL, .min = 1, .max = 168},
    {AT(Settings, password_len_min),  F_INT,  "密码最短长度",         "Shortest password, characters",           0, SEE_PUBLIC, NULL, .min = 8, .max = 64},
    {AT(Settings, sign_in_tries_max), F_INT,  "登录失败锁定次数",     "Wrong passwords until an account is locked", 0, SEE_PUBLIC, NULL, .min = 3, .max = 20},
    {AT(Settings, sign_in_lock_min),  F_INT,  "锁定时长（分钟）",     "Minutes an account stays locked",         0, SEE_PUBLIC, NULL, .min = 1, .max = 1440},
    {AT(Settings, sign_in_lock_max_min), F_INT, "锁定时长上限（分钟）", "Longest lock-out, minutes; each doubles", 0, SEE_PUBLIC, NULL, .min = 1, .max = 10080},
    {AT(Settings, session_admin_idle_min), F_INT, "管理员空闲退出（分钟）", "Minutes until an administrator's idle session ends", 0, SEE_PUBLIC, NULL, .min = 5, .max = 1440},
    {AT(Settings, sessions_max),      F_INT,  "单账号会话数上限",     "Sessions of one account at once",         0, SEE_PUBLIC, NULL, .min = 1, .max = 100},
    {AT(Settings, password_classes),  F_INT,  "密码字符种类数",       "Kinds of characters in a password, of 4", 0, SEE_PUBLIC, NULL, .min = 1, .max = 4},
    {AT(Settings, password_days),     F_INT,  "密码更换周期（天）",   "Days until a password must change; 0 never", 0, SEE_PUBLIC, NULL, .max = 3650},
    {AT(Settings, password_kept),     F_INT,  "历史密码不可重复数",   "Former passwords that may not come again", 0, SEE_PUBLIC, NULL, .max = 24},
    {AT(Settings, password_memory_kb), F_INT, "密码散列内存（KB）",  "Memory of one password hash (Argon2id), KB", 0, SEE_PUBLIC, NULL, .min = 19456, .max = 1048576},
    {AT(Settings, reset_min),         F_INT,  "重置码有效（分钟）",   "Minutes a password reset code holds",     0, SEE_PUBLIC, NULL, .min = 5, .max = 1440},
    {AT(Settings, second_factor),     F_BOOL, "启用双因素认证",       "Ask for the second factor",               0, SEE_PUBLIC, NULL},
    {AT(Settings, second_factor_hours), F_INT, "双因素有效（小时）",  "Hours one proof of the second factor holds in a session", 0, SEE_PUBLIC, NULL, .min = 1, .max = 24},
    {AT(Settings, standby), F_BOOL, "备用节点：等待主节点退出后接管", "Stands by: takes over when the other node is gone", 0, SEE_PUBLIC, NULL},
    {AT(Settings, downtime_s), F_INT, "停机补时起点（秒）", "A longer stop is made up to open lots, s", 0, SEE_PUBLIC, NULL, .min = 0, .max = 3600},
    {AT(Settings, second_factor_demo), F_BOOL, "演示：页面显示动态码", "Demonstration only: pages show the code", 0, SEE_PUBLIC, NULL},
    {AT(Settings, token_days_max),    F_INT,  "接口令牌最长有效（天）", "Longest life of an API token, days",    0, SEE_PUBLIC, NULL, .min = 1, .max = 3650},
    {AT(Settings, oidc_issuer),       F_TEXT, "外部登录：签发者地址", "OpenID Connect: issuer, https://...; empty: off", 0, SEE_PUBLIC, NULL},
    {AT(Settings, oidc_client_id),    F_TEXT, "外部登录：客户端编号", "OpenID Connect: client id",               0, SEE_PUBLIC, NULL},
    {AT(Settings, oidc_client_secret_file), F_TEXT, "外部登录：客户端密钥文件", "OpenID Connect: file with the client's secret; empty: public client", 0, SEE_PUBLIC, NULL},
    {AT(Settings, oidc_label),        F_TEXT, "外部登录：按钮文字",   "OpenID Connect: what the button says",    0, SEE_PUBLIC, NULL, .max = 40},
    {AT(Settings, oidc_claim),        F_TEXT, "外部登录：登录名声明", "OpenID Connect: claim that names the login", 0, SEE_PUBLIC, NULL, .max = 60},
    {AT(Settings, oidc_link),         F_CODE, "外部登录：账号关联方式", "OpenID Connect: subject (login at first, then the provider's subject) or claim (login each time)", 0, SEE_PUBLIC, NULL, .codes = &oidc_links},
    {AT(Settings, oidc_redirect),     F_TEXT, "外部登录：回调地址",   "OpenID Connect: redirect address as registered; empty: /oidc/back of the host asked for", 0, SEE_PUBLIC, NULL},
    {AT(Settings, oidc_second),       F_TEXT, "外部登录：视为双因素的 amr 或 acr", "OpenID Connect: amr or acr value trusted as second factor; empty: none", 0, SEE_PUBLIC, NULL, .max = 200},
    {AT(Settings, agreement_required), F_BOOL, "须先签委托服务协议",  "Service agreement before taking part",    0, SEE_PUBLIC, NULL},
    {AT(Settings, stage_consent_required), F_BOOL, "展示竞价须先签同意书", "Written consent of the owners before an item is shown and auctioned", 0, SEE_PUBLIC, NULL},
    {AT(Settings, notice_preset),     F_TEXT, "竞价公告期规则",       "Lots outside a season need a notice by these rules: exchange, auction, judicial, judicial_right, state_10, state_20; empty: none", 0, SEE_PUBLIC, rule_preset},
    {AT(Settings, bidder_related),    F_CODE, "关联竞买人",           "Bidders who declare a relation to the inventor or seller: show (admitted, marked in public) or bar", 0, SEE_PUBLIC, NULL, .codes = &related_ways},
    {AT(Settings, deposit_release_hours), F_INT, "保证金退还期限（小时）", "Hours after the close by which losers have their deposits back", 0, SEE_PUBLIC, NULL, .min = 1, .max = 720},
    {AT(Settings, deposit_letter_days), F_INT, "保函最短有效期（竞价最晚结束后天数）", "Days after the lot's latest end that a guarantee letter must still hold", 0, SEE_PUBLIC, NULL, .max = 3650},
    {AT(Settings, payment_secret),    F_SECRET, "到账通知：密钥",     "Payment notices of a bank (POST /hook/payment): shared secret of the signature; not printed here; empty: none are taken", 0, SEE_NOBODY, NULL, .max = 500},
    {AT(Settings, access_log_days),   F_INT,  "访问日志保存（天）",   "Days the access log is kept; 180 at least (Cybersecurity Law)", 0, SEE_PUBLIC, NULL, .min = 180, .max = 3650},
    {AT(Settings, joining_return_days), F_INT, "退回申请等待（天）", "Days a returned application waits to be submitted again", 0, SEE_PUBLIC, NULL, .min = 1, .max = 3650},
    {AT(Settings, joining_keep_days), F_INT,  "未入驻申请保存（天）", "Days the contact data of a rejected applicant is kept", 0, SEE_PUBLIC, NULL, .min = 1, .max = 3650},
    {AT(Settings, certificate_soon_days), F_INT, "证书到期提醒（天）", "Days before its end that a certificate is told of", 0, SEE_PUBLIC, NULL, .min = 1, .max = 366},
    {AT(Settings, liaisons_max),      F_INT,  "每单位活动联络员上限", "Activity liaisons of one unit",           0, SEE_PUBLIC, NULL, .min = 1, .max = 20},
    {AT(Settings, push_threshold),    F_INT,  "推送门槛（匹配度 %）", "Percent from which a match is pushed",   0, SEE_PUBLIC, NULL, .min = 1, .max = 100},
    {AT(Settings, push_cap_week),     F_INT,  "每人每周推送上限",     "Pushes to one person in seven days; 0: any number", 0, SEE_PUBLIC, NULL, .max = 1000},
    {AT(Settings, evaluation_least),  F_INT,  "企业反馈最少企业数",   "Firms that must have rated an item before its owner reads what they say", 0, SEE_PUBLIC, NULL, .min = 1, .max = 100},
    {AT(Settings, vectors),           F_CODE, "语义向量",             "Semantic helper of matching: server (of embed_url; none while that is empty), own (learnt from own texts, no network), none", 0, SEE_PUBLIC, NULL, .codes = &vector_helpers},
    {AT(Settings, embed_url),         F_TEXT, "向量服务：地址",       "Embedding server (POST /v1/embeddings as of OpenAI): http(s)://host[:port][/v1]; empty: off", 0, SEE_PUBLIC, NULL},
    {AT(Settings, embed_model),       F_TEXT, "向量服务：模型名",     "Embedding server: name of the model",     0, SEE_PUBLIC, NULL, .max = 200},
    {AT(Settings, embed_key),         F_SECRET, "向量服务：密钥",     "Embedding server: key, sent as a bearer token; not printed here; empty: none", 0, SEE_NOBODY, NULL, .max = 500},
    {AT(Settings, embed_dims),        F_INT,  "向量服务：维数",       "Embedding server: numbers of one vector; 0: as many as it gives", 0, SEE_PUBLIC, NULL, .max = 4096},
    {AT(Settings, embed_batch),       F_INT,  "向量服务：每次文本数", "Embedding server: texts of one question", 0, SEE_PUBLIC, NULL, .min = 1, .max = 256},
    {AT(Settings, embed_timeout_ms),  F_INT,  "向量服务：超时（毫秒）", "Embedding server: milliseconds that one question may take", 0, SEE_PUBLIC, NULL, .min = 100, .max = 600000},
    {AT(Settings, secure_cookie),     F_BOOL, "仅 HTTPS 发送 Cookie", "Cookies over HTTPS only; on behind TLS",  0, SEE_PUBLIC, NULL},
    {AT(Settings, log_level),         F_INT,  "日志级别",             "0 debug, 1 info, 2 warn, 3 error",        0, SEE_PUBLIC, NULL, .max = 3},
};
// clang-format on
const size_t settings_count = COUNT(settings_fields);
_Static_assert(COUNT(settings_fields) <= 64, "Settings.given has a bit for each");

void settings_default(Settings *ret)
{
    *ret = (Settings){
        .name_zh = S("技转通"),
        .name_en = S("Techbourse"),
        .bidding_name = S("网络竞价"),
        .data = S("data"),
        .store = S(""),
        .listen = S("127.0.0.1:8080"),
        .site_url = S(""),
        .hash = S("sha256"),
        .workers = 4,
        .connections_max = 16000,
        .upload_mb_max = 200,
        .import_batch_rows = 400,
        .session_idle_min = 30,
        .session_max_hours = 12,
        .password_len_min = 10,
        .sign_in_tries_max = 5,
        .sign_in_lock_min = 15,
        .sign_in_lock_max_min = 24 * 60,
        .session_admin_idle_min = 15,
        .sessions_max = 10,
        .password_classes = 3,
        .password_days = 90,
        .password_kept = 5,
        .password_memory_kb = 19 * 1024,
        .reset_min = 30,
        .second_factor = 1,
        .second_factor_hours = 4,
        .standby = 0,
        .downtime_s = 15,
        .second_factor_demo = 0,
        .token_days_max = 365,
        .oidc_label = S("统一身份认证登录"),
        .oidc_claim = S("preferred_username"),
        .oidc_link = S("subject"),
        .agreement_required = 1,
        .stage_consent_required = 1,
        .notice_preset = S(""),
        .joining_return_days = 180,
        .joining_keep_days = 180,
        .certificate_soon_days = 60,
        .liaisons_max = 2,
        .push_threshold = 6, /* Of a need in prose the best answers lie at 6 to 15. */
        .push_cap_week = 20,
        .evaluation_least = 3,
        .bidder_related = S("show"),
        .deposit_release_hours = 24,
        .deposit_letter_days = 30,
        .access_log_days = 365,
        .vectors = S("server"),
        .embed_batch = 32,
        .embed_timeout_ms = 20000,
        .secure_cookie = 0,
        .log_level = 1,
    };
}

static int line_of(struct fy_node *node)
{
    struct fy_token *token = fy_node_get_scalar_token(node);
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
    return mark ? mark->line + 1 : 0;
}

static Str scalar(struct fy_node *node)
{
    size_t len = 0;
    const char *text = fy_node_is_scalar(node) ? fy_node_get_scalar(node, &len) : NULL;
    return (Str){text ? text : "", len};
}

/* Here 0 is a value like any other, not the absence of one. */
static bool below_least(const Field *field, const Settings *settings)
{
    return !field_is_text(field) && field_int(field, settings) < field->min;
}

static Err read_pair(Cx *cx, struct fy_node_pair *pair, Settings *settings)
{
    struct fy_node *key = fy_node_pair_key(pair), *value = fy_node_pair_value(pair);
    Str name = scalar(key), text = scalar(value);
    Str args[2] = {name, str_format(cx->arena, "%d", line_of(key))};
    const Field *field = fields_find(settings_fields, settings_count, name);
    if (!field)
        return err_set_args(cx, ERR_INPUT, NULL, "setting.unknown", args, 2);
    if ((value && !fy_node_is_scalar(value)) ||
        field_read(cx, field, str_copy(cx->arena, text), settings) ||
        fields_check(cx, field, 1, settings, CHECK_SAVE) || below_least(field, settings)) {
        err_clear(cx);
        return err_set_args(cx, ERR_INPUT, field->name, "setting.wrong", args, 2);
    }
    settings->given |= (u64)1 << (field - settings_fields);
    return ERR_OK;
}

/* A file of comments and empty lines is no YAML document, and changes nothing. */
static bool says_nothing(const char *path)
{
    char line[256];
    bool nothing = true, fresh = true;
    FILE *file = fopen(path, "re");
    while (file && nothing && fgets(line, sizeof line, file)) {
        Str words = str_trim(str_from(line));
        nothing = !fresh || !words.len || words.data[0] == '#';
        size_t len = strlen(line);
        fresh = len && line[len - 1] == '\n'; /* A long comment goes on in the next piece. */
    }
    if (file)
        fclose(file);
    return file && nothing;
}

Err settings_load(Cx *cx, Str path, Settings *settings)
{
    char *file = str_z(cx->arena, path);
    if (access(file, R_OK) != 0)
        return err_set_arg(cx, ERR_IO, NULL, "setting.unreadable", path);
    settings->file = str_copy(cx->arena, path);
    if (says_nothing(file))
        return ERR_OK;
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET};
    struct fy_document *doc = fy_document_build_from_file(&cfg, file);
    struct fy_node *root = doc ? fy_document_root(doc) : NULL;
    Err e = ERR_OK;
    bool empty = root && fy_node_is_scalar(root) && !scalar(root).len;
    if (!doc || (root && !fy_node_is_mapping(root) && !empty))
        e = err_set_arg(cx, ERR_INPUT, NULL, "setting.syntax", path);
    void *at = NULL;
    struct fy_node_pair *pair;
    while (!e && root && fy_node_is_mapping(root) && (pair = fy_node_mapping_iterate(root, &at)))
        e = read_pair(cx, pair, settings);
    fy_document_destroy(doc);
    return e;
}

Str settings_store(Cx *cx, const Settings *settings)
{
    if (settings->store.len)
        return settings->store;
    return str_format(cx->arena, "%.*s/techbourse.db", STR_ARG(settings->data));
}

void settings_write(Cx *cx, Buf *out, const Settings *settings)
{
    buf_z(out, "# Settings of Techbourse. A line left out keeps the value shown here.\n");
    for (size_t i = 0; i < settings_count; i++) {
        const Field *field = &settings_fields[i];
        buf_format(out, "\n# %s\n# %s", field->zh, field->en);
        if (field->max)
            buf_format(out, " (%lld to %lld)", (long long)field->min, (long long)field->max);
        Str text = field_text(cx, field, settings);
        buf_format(out, "\n%s: ", field->name);
        if (field_is_text(field))
            buf_json(out, text);
        else
            buf_z(out, text.len ? str_z(cx->arena, text) : field->kind == F_BOOL ? "no" : "0");
        buf_char(out, '\n');
    }
}
