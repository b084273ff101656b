/* Signing in by an outside provider: the two routes, and what is fetched for them. A worker waits
 * for the provider, at most two at once and for seconds only; the writer never does. */
#include "web/app_int.h"

#include "ident/oidc.h"

#include <curl/curl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
    FETCH_BYTES_MAX = 256 * 1024,
    FETCH_MS = 5000,
    CONNECT_MS = 3000,
    FETCHES_MAX = 2,           /* At once: a slow provider must not take all workers. */
    KEEP_MS = 60 * 60 * 1000,  /* Discovery and keys. */
    RETRY_MS = 5 * 1000,       /* After a failure nobody asks again for so long. */
    KEYS_AGAIN_MS = 60 * 1000, /* Keys are fetched anew for an unknown one at most so often. */
    SECRET_MAX = 512,
    ADDRESS_MAX = 64,
    ANSWER_MAX = 2048, /* Of the code, the state and other things the provider sends along. */
};

/* A document of the provider, as it was fetched. */
typedef struct Kept {
    Arena arena;
    Str text;
    i64 at_ms;
    i64 failed_ms; /* 0: the last time went well. */
} Kept;

struct Oidc {
    pthread_mutex_t lock; /* Over all below but the secret. */
    Kept discovery;
    Kept keys;
    int fetching;
    i64 again_ms;                     /* When keys were last fetched because one was unknown. */
    char issuer_address[ADDRESS_MAX]; /* Where discovery was reached; '' before. */
    Str secret;
};

/* ---- start ---- */

static Err read_secret(Cx *cx, Str path, Str *ret)
{
    char bytes[SECRET_MAX + 1];
    FILE *file = fopen(str_z(cx->arena, path), "re");
    size_t len = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    if (!len || len > SECRET_MAX)
        return err_set_arg(cx, ERR_IO, NULL, "oidc.no_secret", path);
    *ret = str_copy(cx->arena, str_trim((Str){bytes, len}));
    return ERR_OK;
}

Err oidc_init(App *app, Cx *cx)
{
    const Settings *settings = app->house->settings;
    app->oidc = ARENA_NEW(cx->arena, Oidc, 1);
    pthread_mutex_init(&app->oidc->lock, NULL);
    if (!settings->oidc_issuer.len)
        return ERR_OK;
    if (!oidc_may_fetch(settings->oidc_issuer, S(""), settings->oidc_issuer, S("")))
        return err_set_arg(cx, ERR_INPUT, "oidc_issuer", "oidc.bad_issuer", settings->oidc_issuer);
    if (!settings->oidc_client_id.len)
        return err_set(cx, ERR_INPUT, "oidc_client_id", "oidc.no_client");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(cx, ERR_BUG, NULL, "oidc.provider_down");
    return settings->oidc_client_secret_file.len
               ? read_secret(cx, settings->oidc_client_secret_file, &app->oidc->secret)
               : ERR_OK;
}

void oidc_done(App *app)
{
    arena_done(&app->oidc->discovery.arena);
    arena_done(&app->oidc->keys.arena);
    pthread_mutex_destroy(&app->oidc->lock);
}

/* ---- one fetch ---- */

typedef struct Fetch {
    Str issuer;
    Str issuer_address;
    Str url;
    Buf body;
    bool refused; /* The address is none to be asked. */
} Fetch;

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    Fetch *fetch = context;
    char text[NI_MAXHOST] = "";
    int rc = getnameinfo(&to->addr, to->addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    if (purpose != CURLSOCKTYPE_IPCXN || rc != 0 || !text[0] ||
        !oidc_may_fetch(fetch->issuer, fetch->issuer_address, fetch->url, str_from(text))) {
        fetch->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
    Fetch *fetch = context;
    if (fetch->body.len + size * count > FETCH_BYTES_MAX)
        return 0;
    buf_add(&fetch->body, (Str){bytes, size * count});
    return size * count;
}

/* No redirects, no proxy of the environment, no other protocol. */
static void set_limits(CURL *curl, Fetch *fetch)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)FETCH_MS);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetch);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
}

/* The form of a token request, and who asks; NULL for a plain GET. */
typedef struct Ask {
    Str form;
    Str user; /* '' : not by HTTP Basic. */
    Str password;
} Ask;

static bool enter(Oidc *oidc)
{
    pthread_mutex_lock(&oidc->lock);
    bool room = oidc->fetching < FETCHES_MAX;
    oidc->fetching += room;
    pthread_mutex_unlock(&oidc->lock);
    return room;
}

static void leave(Oidc *oidc)
{
    pthread_mutex_lock(&oidc->lock);
    oidc->fetching--;
    pthread_mutex_unlock(&oidc->lock);
}

static Err down(Cx *cx, Str url, const char *why)
{
    log_line(LOG_WARN_LEVEL, "oidc.provider_down", "url", str_z(cx->arena, url), "why", why, NULL);
    return err_set(cx, ERR_BUSY, NULL, "oidc.provider_down");
}

static Err perform(Cx *cx, Fetch *fetch, const Ask *ask, char ret_address[ADDRESS_MAX])
{
    CURL *curl = curl_easy_init();
    long status = 0;
    char *address = NULL;
    if (!curl)
        return down(cx, fetch->url, "no memory");
    set_limits(curl, fetch);
    curl_easy_setopt(curl, CURLOPT_URL, str_z(cx->arena, fetch->url));
    if (ask) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->form.len);
        curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, str_z(cx->arena, ask->form));
    }
    if (ask && ask->user.len) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, str_z(cx->arena, ask->user));
        curl_easy_setopt(curl, CURLOPT_PASSWORD, str_z(cx->arena, ask->password));
    }
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_PRIMARY_IP, &address);
    snprintf(ret_address, ADDRESS_MAX, "%s", address ? address : "");
    curl_easy_cleanup(curl);
    if (fetch->refused)
        return down(cx, fetch->url, "address not allowed");
    if (rc != CURLE_OK)
        return down(cx, fetch->url, curl_easy_strerror(rc));
    return status == 200 ? ERR_OK : down(cx, fetch->url, "not answered with 200");
}

/* Fetches a JSON object. ERR_BUSY oidc.provider_down for whatever goes wrong. */
static Err fetch(Call *call, App *app, Str url, const Ask *ask, Str *ret_text,
                 char ret_address[ADDRESS_MAX])
{
    Cx *cx = &call->cx;
    Str issuer = app->house->settings->oidc_issuer;
    pthread_mutex_lock(&app->oidc->lock);
    Str at = str_copy(cx->arena, str_from(app->oidc->issuer_address));
    pthread_mutex_unlock(&app->oidc->lock);
    if (!oidc_may_fetch(issuer, at, url, S("")))
        return down(cx, url, "URL not allowed");
    if (!enter(app->oidc))
        return down(cx, url, "too many at once");
    Fetch one = {.issuer = issuer, .issuer_address = at, .url = url, .body = buf_new(cx->arena)};
    Err e = perform(cx, &one, ask, ret_address);
    leave(app->oidc);
    if (!e)
        *ret_text = buf_str(&one.body);
    return e;
}

static Val *read_map(Arena *arena, Str text)
{
    Str why;
    Val *map = val_read_json(arena, text, &why);
    return map && map->kind == VAL_MAP ? map : NULL;
}

/* ---- documents that are kept ---- */

/* What is kept and still good, copied; false when it has to be fetched. */
static bool kept_get(App *app, Cx *cx, Kept *kept, i64 keep_ms, Str *ret, bool *ret_wait)
{
    i64 now_ms = clock_now_ms(cx->clock);
    pthread_mutex_lock(&app->oidc->lock);
    bool there = kept->text.len && now_ms - kept->at_ms < keep_ms;
    *ret_wait = kept->failed_ms && now_ms - kept->failed_ms < RETRY_MS;
    if (there)
        *ret = str_copy(cx->arena, kept->text);
    pthread_mutex_unlock(&app->oidc->lock);
    return there;
}

/* `text` empty: it could not be fetched. */
static void kept_put(App *app, Cx *cx, Kept *kept, Str text, const char *address)
{
    pthread_mutex_lock(&app->oidc->lock);
    kept->failed_ms = text.len ? 0 : clock_now_ms(cx->clock);
    if (text.len) {
        arena_done(&kept->arena);
        kept->arena = (Arena){0};
        kept->text = str_copy(&kept->arena, text);
        kept->at_ms = clock_now_ms(cx->clock);
    }
    if (text.len && address)
        snprintf(app->oidc->issuer_address, ADDRESS_MAX, "%s", address);
    pthread_mutex_unlock(&app->oidc->lock);
}

static Err get_kept(Call *call, App *app, Kept *kept, Str url, i64 keep_ms, bool issuers, Val **ret)
{
    Cx *cx = &call->cx;
    char address[ADDRESS_MAX] = "";
    Str text = {0};
    bool wait = false, old = kept_get(app, cx, kept, keep_ms, &text, &wait);
    if (!old && wait)
        return err_set(cx, ERR_BUSY, NULL, "oidc.provider_down");
    Err e = old ? ERR_OK : fetch(call, app, url, NULL, &text, address);
    Val *map = e ? NULL : read_map(cx->arena, text);
    if (!old)
        kept_put(app, cx, kept, map ? text : S(""), issuers ? address : NULL);
    if (!e && !map)
        e = down(cx, url, "no JSON object");
    if (!e)
        *ret = map;
    return e;
}

/* OpenID Connect Discovery 1.0, section 4: the document must be the issuer's own. */
static Err discover(Call *call, App *app, Val **ret)
{
    Str issuer = app->house->settings->oidc_issuer, base = issuer;
    if (str_ends(base, S("/")))
        base = str_slice(base, 0, base.len - 1);
    Str url = str_format(call->cx.arena, "%.*s/.well-known/openid-configuration", STR_ARG(base));
    Err e = get_kept(call, app, &app->oidc->discovery, url, KEEP_MS, true, ret);
    if (!e && !str_same(val_get_str(*ret, "issuer"), issuer))
        e = down(&call->cx, url, "document of another issuer");
    return e;
}

/* ---- /oidc/start ---- */

/* A step of the exchange's own; the session that the browser had goes along, to end. */
static Err step(Call *call, const char *name, const Val *in, Val **ret)
{
    Cx *cx = &call->cx;
    Actor person = cx->actor;
    void *read = NULL;
    const Op *op = op_find(house_of(cx), str_from(name));
    cx->actor = (Actor){.roles = WHO_CLOCK, .via = VIA_SYSTEM, .session_id = person.session_id};
    Err e = op_read_json(cx, op, in, &read);
    if (!e)
        e = op_call(cx, op, read, ret);
    cx->actor = person;
    return e;
}

static Str redirect_uri(App *app, const Request *request)
{
    const Settings *settings = app->house->settings;
    if (settings->oidc_redirect.len)
        return settings->oidc_redirect;
    bool secure = request->is_secure || settings->secure_cookie;
    return str_format(request->arena, "http%s://%.*s/oidc/back", secure ? "s" : "",
                      STR_ARG(request_header(request, "host")));
}

static void add_pair(Buf *out, const char *name, Str value)
{
    if (out->len)
        buf_char(out, '&');
    buf_z(out, name);
    buf_char(out, '=');
    buf_url(out, value);
}

static Str authorise_url(App *app, const Request *request, Str endpoint, const Val *begun)
{
    const Settings *settings = app->house->settings;
    Buf query = buf_new(request->arena);
    add_pair(&query, "response_type", S("code"));
    add_pair(&query, "client_id", settings->oidc_client_id);
    add_pair(&query, "redirect_uri", redirect_uri(app, request));
    add_pair(&query, "scope",
             str_same(settings->oidc_claim, S("email")) ? S("openid email") : S("openid profile"));
    add_pair(&query, "state", val_get_str(begun, "state"));
    add_pair(&query, "nonce", val_get_str(begun, "nonce"));
    add_pair(&query, "code_challenge", val_get_str(begun, "challenge"));
    add_pair(&query, "code_challenge_method", S("S256"));
    if (settings->oidc_second.len) /* Then it has to say when it asked for it. */
        add_pair(
            &query, "max_age",
            str_format(request->arena, "%lld", (long long)settings->second_factor_hours * 3600));
    return str_format(request->arena, "%.*s%c%.*s", STR_ARG(endpoint),
                      str_has(endpoint, S("?")) ? '&' : '?', STR_ARG(buf_str(&query)));
}

static Err start(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    Val *found, *begun, *in = val_map(cx->arena);
    Str back = safe_path(request_query(request, "next"));
    bool secure = app->house->settings->secure_cookie != 0;
    Err e = address_limit(app, request, response, cx, LIMIT_OIDC_ADDRESS);
    if (!e)
        e = discover(call, app, &found);
    if (e)
        return e;
    Str endpoint = val_get_str(found, "authorization_endpoint");
    if (!oidc_may_fetch(app->house->settings->oidc_issuer, S(""), endpoint, S("")))
        return down(cx, endpoint, "no authorisation endpoint");
    val_set_str(cx->arena, in, "back", utf8_count(back) > OIDC_BACK_LEN_MAX ? S("/") : back);
    val_set_str(cx->arena, in, "address", utf8_head(cx->address, ADDRESS_MAX - 4));
    e = step(call, "oidc.begin", in, &begun);
    if (e)
        return e;
    response_cookie(response, "oidc", val_get_str(begun, "state"), OIDC_STATE_MS / 1000, secure);
    response_redirect(response, 303, authorise_url(app, request, endpoint, begun));
    response_header(response, "Cache-Control", S("no-store"));
    return ERR_OK;
}

/* ---- /oidc/back ---- */

static Str url_coded(Arena *arena, Str text)
{
    Buf out = buf_new(arena);
    buf_url(&out, text);
    return buf_str(&out);
}

static bool lists(const Val *list, const char *text)
{
    for (size_t i = 0; i < val_count(list); i++)
        if (val_at(list, i)->kind == VAL_STR && str_same_z(val_at(list, i)->s, text))
            return true;
    return false;
}

/* The code for an ID token. RFC 6749, 4.1.3 and 2.3.1. */
static Err ask_token(App *app, const Request *request, Call *call, const Val *found, Str verifier,
                     Str *ret_token)
{
    Cx *cx = &call->cx;
    const Settings *settings = app->house->settings;
    const Val *ways = val_get(found, "token_endpoint_auth_methods_supported");
    Str secret = app->oidc->secret, text, url = val_get_str(found, "token_endpoint");
    bool basic = secret.len && (!ways || lists(ways, "client_secret_basic"));
    char address[ADDRESS_MAX];
    Buf form = buf_new(cx->arena);
    add_pair(&form, "grant_type", S("authorization_code"));
    add_pair(&form, "code", request_query(request, "code"));
    add_pair(&form, "redirect_uri", redirect_uri(app, request));
    add_pair(&form, "code_verifier", verifier);
    if (!basic)
        add_pair(&form, "client_id", settings->oidc_client_id);
    if (secret.len && !basic)
        add_pair(&form, "client_secret", secret);
    Ask ask = {.form = buf_str(&form)};
    if (basic) {
        ask.user = url_coded(cx->arena, settings->oidc_client_id);
        ask.password = url_coded(cx->arena, secret);
    }
    Err e = fetch(call, app, url, &ask, &text, address);
    Val *answer = e ? NULL : read_map(cx->arena, text);
    Str token = val_get_str(answer, "id_token");
    if (!e && !token.len)
        e = down(cx, url, "no ID token");
    if (!e)
        *ret_token = token;
    return e;
}

/* A provider may have changed its keys; but not every minute. */
static bool may_ask_again(App *app, Cx *cx)
{
    i64 now_ms = clock_now_ms(cx->clock);
    pthread_mutex_lock(&app->oidc->lock);
    bool may = now_ms - app->oidc->again_ms >= KEYS_AGAIN_MS;
    if (may)
        app->oidc->again_ms = now_ms;
    pthread_mutex_unlock(&app->oidc->lock);
    return may;
}

/* With the keys at hand, and once more with newer ones when its key is not among them. */
static Err check_token(App *app, Call *call, const Val *found, Str token, Str nonce,
                       OidcPerson *ret)
{
    Cx *cx = &call->cx;
    const Settings *settings = app->house->settings;
    Str url = val_get_str(found, "jwks_uri");
    const char *why = "";
    const OidcExpect expect = {
        .issuer = settings->oidc_issuer,
        .client_id = settings->oidc_client_id,
        .nonce = nonce,
        .claim = settings->oidc_claim,
        .second = settings->oidc_second,
        .second_age_ms = settings->second_factor_hours * 3600 * 1000,
        .now_ms = clock_now_ms(cx->clock),
    };
    Val *keys;
    Err e = get_kept(call, app, &app->oidc->keys, url, KEEP_MS, false, &keys);
    if (!e)
        e = oidc_check(cx, token, keys, &expect, ret, &why);
    if (e == ERR_MISSING && may_ask_again(app, cx)) {
        err_clear(cx);
        e = get_kept(call, app, &app->oidc->keys, url, 0, false, &keys);
        if (!e)
            e = oidc_check(cx, token, keys, &expect, ret, &why);
    }
    if (e != ERR_DENIED && e != ERR_MISSING)
        return e;
    log_line(LOG_WARN_LEVEL, "oidc.refused", "why", why, NULL);
    err_clear(cx);
    return err_set(cx, ERR_DENIED, NULL, "oidc.bad_token");
}

/* Login CSRF: the state must have been given to this browser; and an answer must be the issuer's
 * own when it says whose it is (RFC 9207). */
static Err check_answer(App *app, const Request *request, Call *call, const Val *found)
{
    Cx *cx = &call->cx;
    Str iss = request_query(request, "iss"), code = request_query(request, "code");
    bool says = val_get_bool(found, "authorization_response_iss_parameter_supported");
    if ((iss.len || says) && !str_same(iss, app->house->settings->oidc_issuer)) {
        log_line(LOG_WARN_LEVEL, "oidc.refused", "why", "answer of another issuer", NULL);
        return err_set(cx, ERR_DENIED, NULL, "oidc.bad_token");
    }
    if (request_query(request, "error").len || !code.len || code.len > ANSWER_MAX)
        return err_set(cx, ERR_DENIED, NULL, "oidc.provider_said_no");
    return ERR_OK;
}

static Err open_session(App *app, Call *call, const OidcPerson *person, Val **ret)
{
    Arena *arena = call->cx.arena;
    Val *in = val_map(arena);
    val_set_str(arena, in, "issuer", app->house->settings->oidc_issuer);
    val_set_str(arena, in, "subject", person->subject);
    val_set_str(arena, in, "login", utf8_head(person->login, 200));
    if (person->second_ms)
        val_set_int(arena, in, "second_ms", person->second_ms);
    return step(call, "oidc.open", in, ret);
}

static Err come_back(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    Str state = request_query(request, "state"), token;
    bool secure = app->house->settings->secure_cookie != 0;
    Val *taken, *found, *opened, *in = val_map(cx->arena);
    OidcPerson person;
    if (!state.len || !secret_same(state, request_cookie(request, "oidc")))
        return err_set(cx, ERR_STATE, NULL, "oidc.state_over");
    response_cookie(response, "oidc", S(""), 0, secure);
    val_set_str(cx->arena, in, "state", state);
    Err e = step(call, "oidc.take", in, &taken);
    if (!e)
        e = discover(call, app, &found);
    if (!e)
        e = check_answer(app, request, call, found);
    if (!e)
        e = ask_token(app, request, call, found, val_get_str(taken, "verifier"), &token);
    if (!e)
        e = check_token(app, call, found, token, val_get_str(taken, "nonce"), &person);
    if (!e)
        e = open_session(app, call, &person, &opened);
    if (e)
        return e;
    session_cookie_set(app, response, val_get_str(opened, "token"));
    response_redirect(response, 303, safe_path(val_get_str(taken, "back")));
    response_header(response, "Cache-Control", S("no-store"));
    return ERR_OK;
}

/* The sign-in page, with what went wrong. */
static void show_failure(App *app, Request *request, Response *response, Call *call, Err e)
{
    static const WebPairs nothing = {0};
    Request page;
    if (!request_make(request->arena, METHOD_GET, S("/signin"), &page)) {
        page_error(app, request, response, call, e);
        return;
    }
    page.cookies = request->cookies;
    page.headers = request->headers;
    page.worker = request->worker;
    page.server = request->server;
    const Op *op = op_find(app->house, S("session.open"));
    page_answer(app, &page, response, call, op, &nothing, http_status(e));
}

Handled oidc_handle(App *app, Request *request, Response *response, Call *call)
{
    bool starts = str_same(request->path, S("/oidc/start"));
    Err e = ERR_OK;
    if (!app->house->settings->oidc_issuer.len || call->cx.actor.via == VIA_LOCAL)
        e = err_set(&call->cx, ERR_MISSING, NULL, "oidc.not_set_up");
    else
        e = starts ? start(app, request, response, call) : come_back(app, request, response, call);
    if (e)
        show_failure(app, request, response, call, e);
    return HANDLED_NOW;
}
