/* embed.c - one question to an embedding server. See embed.h. */
#include "match/embed.h"

#include <curl/curl.h>
#include <math.h>
#include <string.h>

enum {
    URL_LEN_MAX = 2000,
    CONNECT_MS = 3000,
    NUMBER_LEN_MAX = 32, /* Of one number in JSON, with what stands around it. */
    REST_LEN_MAX = 64 * 1024,
};

/* ---- settings ---- */

static bool plain_sign(char c)
{
    return (u8)c > 0x20 && (u8)c < 0x7f && !strchr("\\#?\"<>", c);
}

/* A name or address with a port, and no user name, which curl would read as one. */
static bool plain_host(Str rest)
{
    size_t end = str_find(rest, S("/"));
    Str host = str_slice(rest, 0, end);
    return host.len && host.data[0] != ':' && !str_has(host, S("@"));
}

bool embed_endpoint(Arena *arena, Str written, Str *ret)
{
    bool secure = str_starts(written, S("https://"));
    Str rest = str_slice(written, secure ? 8 : 7, written.len);
    if ((!secure && !str_starts(written, S("http://"))) || written.len > URL_LEN_MAX ||
        !plain_host(rest))
        return false;
    for (size_t i = 0; i < written.len; i++)
        if (!plain_sign(written.data[i]))
            return false;
    while (str_ends(written, S("/")))
        written = str_slice(written, 0, written.len - 1);
    bool whole = str_ends(written, S("/embeddings")), version = str_ends(written, S("/v1"));
    *ret = str_format(arena, "%.*s%s%s", STR_ARG(written), whole || version ? "" : "/v1",
                      whole ? "" : "/embeddings");
    return true;
}

Err embed_begin(Cx *cx, const Settings *settings, EmbedServer *ret)
{
    *ret = (EmbedServer){.model = settings->embed_model,
                         .key = settings->embed_key,
                         .dims = settings->embed_dims,
                         .timeout_ms = settings->embed_timeout_ms};
    if (!settings->embed_url.len)
        return ERR_OK;
    Str url;
    if (!embed_endpoint(cx->arena, settings->embed_url, &url))
        return err_set_arg(cx, ERR_INPUT, "embed_url", "embed.bad_url", settings->embed_url);
    if (!settings->embed_model.len)
        return err_set(cx, ERR_INPUT, "embed_model", "embed.no_model");
    for (size_t i = 0; i < settings->embed_key.len; i++)
        if ((u8)settings->embed_key.data[i] <= 0x20 || (u8)settings->embed_key.data[i] >= 0x7f)
            return err_set(cx, ERR_INPUT, "embed_key", "embed.bad_key");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set_arg(cx, ERR_BUG, NULL, "embed.unreachable", settings->embed_url);
    ret->url = url;
    return ERR_OK;
}

/* ---- an answer ---- */

static bool read_number(const Val *val, float *ret)
{
    double number = val && val->kind == VAL_REAL  ? val->real
                    : val && val->kind == VAL_INT ? (double)val->i
                                                  : (double)NAN;
    *ret = (float)number;
    return isfinite(*ret);
}

/* False: a number is none, or all are 0, which points nowhere. */
static bool read_vector(const Val *list, float *ret)
{
    bool any = false;
    for (size_t i = 0; i < val_count(list); i++) {
        if (!read_number(val_at(list, i), &ret[i]))
            return false;
        any = any || ret[i] != 0;
    }
    return any;
}

static Err wrong(Cx *cx, const char *key)
{
    return err_set(cx, ERR_IO, NULL, key);
}

/* How many numbers the first vector has, if that is as many as wanted; else 0. */
static size_t dims_of(const Val *first, i64 wanted)
{
    size_t dims = val_count(val_get(first, "embedding"));
    bool right = wanted ? dims == (size_t)wanted : dims <= EMBED_DIMS_MAX;
    return right ? dims : 0;
}

Err embed_read(Cx *cx, Str json, size_t count, i64 dims_wanted, EmbedAnswer *ret)
{
    Str why;
    const Val *answer = val_read_json(cx->arena, json, &why);
    const Val *data = answer && answer->kind == VAL_MAP ? val_get(answer, "data") : NULL;
    if (!data || data->kind != VAL_LIST)
        return wrong(cx, "embed.garbage");
    if (val_count(data) != count)
        return wrong(cx, "embed.wrong_count");
    size_t dims = dims_of(val_at(data, 0), dims_wanted);
    if (!dims)
        return wrong(cx, "embed.wrong_dimension");
    bool *there = ARENA_NEW(cx->arena, bool, count);
    float *values = ARENA_NEW(cx->arena, float, count *dims);
    for (size_t i = 0; i < count; i++) {
        const Val *row = val_at(data, i), *index = val_get(row, "index"),
                  *list = val_get(row, "embedding");
        if (!index || index->kind != VAL_INT || index->i < 0 || index->i >= (i64)count ||
            there[index->i])
            return wrong(cx, "embed.wrong_order");
        there[index->i] = true;
        if (!list || list->kind != VAL_LIST || val_count(list) != dims)
            return wrong(cx, "embed.wrong_dimension");
        if (!read_vector(list, values + (size_t)index->i * dims))
            return wrong(cx, "embed.bad_numbers");
    }
    *ret = (EmbedAnswer){values, count, dims};
    return ERR_OK;
}

/* ---- asking ---- */

typedef struct Fetch {
    const EmbedServer *server;
    Buf body;
    size_t most;
    bool too_long;
} Fetch;

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
    Fetch *fetch = context;
    fetch->too_long = size * count > fetch->most - fetch->body.len;
    if (fetch->too_long)
        return 0;
    buf_add(&fetch->body, (Str){bytes, size * count});
    return size * count;
}

static bool goes_on(const EmbedServer *server, i64 ms)
{
    return !server->rest || server->rest(server->context, ms);
}

static int watch(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                 curl_off_t up)
{
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return goes_on(((Fetch *)context)->server, 0) ? 0 : 1;
}

/* No redirects, no proxy of the environment, no other protocol. */
static void set_limits(CURL *curl, Fetch *fetch)
{
    i64 timeout_ms = fetch->server->timeout_ms;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS));
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, fetch);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
}

static struct curl_slist *headers_of(Cx *cx, const EmbedServer *server)
{
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
    list = curl_slist_append(list, "Accept: application/json");
    list = curl_slist_append(list, "Expect:"); /* Nobody waits for a 100. */
    if (server->key.len)
        list = curl_slist_append(
            list, str_z(cx->arena,
                        str_format(cx->arena, "Authorization: Bearer %.*s", STR_ARG(server->key))));
    return list;
}

static Err judge_status(Cx *cx, long status)
{
    if (status == 200)
        return ERR_OK;
    Str said = str_format(cx->arena, "%ld", status);
    if (status == 408 || status == 429 || status >= 500)
        return err_set_arg(cx, ERR_BUSY, NULL, "embed.busy", said);
    if (status == 400 || status == 413 || status == 422)
        return err_set_arg(cx, ERR_INPUT, NULL, "embed.text_refused", said);
    return err_set_arg(cx, ERR_DENIED, NULL, "embed.refused", said);
}

static Err judge(Cx *cx, const Fetch *fetch, CURLcode rc, long status)
{
    if (fetch->too_long)
        return err_set(cx, ERR_LIMIT, NULL, "embed.too_long");
    if (rc == CURLE_ABORTED_BY_CALLBACK)
        return err_set(cx, ERR_STATE, NULL, "embed.stopped");
    if (rc == CURLE_OPERATION_TIMEDOUT)
        return err_set(cx, ERR_BUSY, NULL, "embed.timeout");
    if (rc != CURLE_OK)
        return err_set_arg(cx, ERR_BUSY, NULL, "embed.unreachable",
                           str_from(curl_easy_strerror(rc)));
    return judge_status(cx, status);
}

static Err ask_once(Cx *cx, const EmbedServer *server, Str question, Fetch *fetch)
{
    CURL *curl = curl_easy_init();
    long status = 0;
    if (!curl)
        return err_set_arg(cx, ERR_BUSY, NULL, "embed.unreachable", S("no memory"));
    struct curl_slist *headers = headers_of(cx, server);
    fetch->body = buf_new(cx->arena);
    set_limits(curl, fetch);
    curl_easy_setopt(curl, CURLOPT_URL, str_z(cx->arena, server->url));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)question.len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question.data);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return judge(cx, fetch, rc, status);
}

static Str question_of(Cx *cx, const EmbedServer *server, const Str *texts, size_t count)
{
    Buf out = buf_new(cx->arena);
    buf_z(&out, "{\"model\":");
    buf_json(&out, server->model);
    buf_z(&out, ",\"encoding_format\":\"float\",\"input\":[");
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_char(&out, ',');
        buf_json(&out, texts[i]);
    }
    buf_z(&out, "]}");
    return buf_str(&out);
}

Err embed_ask(Cx *cx, const EmbedServer *server, const Str *texts, size_t count, EmbedAnswer *ret)
{
    assert(count >= 1 && count <= EMBED_BATCH_MAX);
    Str question = question_of(cx, server, texts, count);
    size_t dims = server->dims ? (size_t)server->dims : EMBED_DIMS_MAX;
    Fetch fetch = {.server = server, .most = count * dims * NUMBER_LEN_MAX + REST_LEN_MAX};
    Err e = ask_once(cx, server, question, &fetch);
    for (int i = 1; e == ERR_BUSY && i < EMBED_TRIES; i++) {
        if (!goes_on(server, (i64)EMBED_PAUSE_MS << (i - 1))) {
            err_clear(cx);
            return err_set(cx, ERR_STATE, NULL, "embed.stopped");
        }
        err_clear(cx);
        e = ask_once(cx, server, question, &fetch);
    }
    return e ? e : embed_read(cx, buf_str(&fetch.body), count, server->dims, ret);
}
