/* Start, routes, and who asks. */
#include "web/app_int.h"

#include "auction/deposit_rules.h"
#include "ident/token.h"
#include "people/people.h"

#include <stdio.h>
#include <string.h>

static const char *const api_prefix = "/api/v1/";

static bool has_prefix(Str path, const char *prefix)
{
    return str_starts(path, str_from(prefix));
}

/* The channel of a live page, lot/3; '' for any other name: a stranger may not fill the table of
 * channels with names of his own. */
static Str live_name(Str path)
{
    Str name = str_slice(path, strlen("/live/"), path.len);
    i64 id = 0;
    bool number = str_to_i64(str_slice(name, strlen("lot/"), name.len), &id);
    char plain[32];
    snprintf(plain, sizeof plain, "lot/%lld", (long long)id);
    return number && id > 0 && str_same_z(name, plain) ? name : S("");
}

/* On the loop thread: quick, no store. */
static void route(Server *server, Request *request, Route *ret)
{
    App *app = server_app(server);
    Str path = request->path;
    i64 upload_max = app->house->settings->upload_mb_max * 1024 * 1024;
    const WayRow *row = way_find(path);
    *ret = (Route){.methods = METHOD_GET | METHOD_HEAD};
    switch (row ? row->way : WAY_PAGE) {
    case WAY_STATIC:
        ret->asset = asset_find(asset_table, asset_table_count, str_slice(path, 8, path.len));
        ret->status = ret->asset ? 0 : 404;
        break;
    case WAY_LIVE:
        ret->live = live_name(path);
        ret->status = ret->live.len ? 0 : 404;
        break;
    case WAY_FILE:
        *ret = (Route){
            .methods = METHOD_POST, .sink = &app_sink, .raw_file = true, .body_max = upload_max};
        break;
    case WAY_API:
        ret->methods |= METHOD_POST;
        ret->body_max = APP_JSON_BYTES_MAX;
        break;
    case WAY_OIDC:
        ret->methods = METHOD_GET;
        break;
    case WAY_UPLOAD:
        *ret = (Route){.methods = METHOD_POST, .sink = &app_sink, .body_max = upload_max};
        break;
    case WAY_HOOK: /* A little more than it takes, so that our own words say so. */
        *ret = (Route){.methods = METHOD_POST, .body_max = 2 * HOOK_BODY_MAX};
        break;
    case WAY_CHECK:
        *ret = (Route){.methods = METHOD_POST, .sink = &paper_sink, .body_max = PAPER_BYTES_MAX};
        break;
    case WAY_DO:
        *ret = (Route){.methods = METHOD_POST, .body_max = APP_FORM_BYTES_MAX};
        break;
    default:
        break;
    }
}

static Lang lang_of(const Request *request)
{
    Str asked = request_query(request, "lang"), kept = request_cookie(request, "lang");
    if (asked.len)
        return str_same(asked, S("en")) ? LANG_EN : LANG_ZH;
    if (kept.len)
        return str_same(kept, S("en")) ? LANG_EN : LANG_ZH;
    /* Pages are Chinese first; a program that calls the API may say otherwise. */
    bool api = has_prefix(request->path, api_prefix) || has_prefix(request->path, "/hook/");
    return api && str_starts(request_header(request, "accept-language"), S("en")) ? LANG_EN
                                                                                  : LANG_ZH;
}

static Err local_actor(Call *call, const Request *request)
{
    Cx *cx = &call->cx;
    Str as = request_header(request, "x-techbourse-as");
    cx->actor = (Actor){.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL};
    if (!as.len)
        return ERR_OK;
    Err e = account_actor(cx, as, &cx->actor);
    cx->actor.via = VIA_LOCAL;
    return e;
}

/* Tokens are for programs: the API and its files, no pages and no forms. */
static Err token_actor(Call *call, Str token)
{
    Cx *cx = &call->cx;
    Via via = cx->actor.via;
    if (via != VIA_API)
        return err_set(cx, ERR_SIGN_IN, NULL, "token.api_only");
    Err e = token_find(cx, token, &call->me, &call->token_stale);
    if (e)
        return e;
    call->signed_in = true;
    cx->actor = call->me.actor;
    cx->actor.via = via;
    return ERR_OK;
}

static Err session_actor(Call *call, const Request *request)
{
    Cx *cx = &call->cx;
    Str bearer = request_header(request, "authorization"),
        token = session_cookie(house_of(cx)->settings, request);
    if (str_starts(bearer, S("Bearer ")))
        token = str_trim(str_slice(bearer, 7, bearer.len));
    else
        call->by_cookie = token.len > 0;
    if (!token.len)
        return ERR_OK;
    if (!call->by_cookie && str_starts(token, S(TOKEN_PREFIX)))
        return token_actor(call, token);
    Err e = session_find(cx, token, &call->me);
    if (e == ERR_SIGN_IN && call->by_cookie) { /* An old cookie: the public. */
        err_clear(cx);
        call->by_cookie = false;
        return ERR_OK;
    }
    if (e)
        return e;
    call->signed_in = true;
    Via via = cx->actor.via;
    cx->actor = call->me.actor;
    cx->actor.via = via;
    return ERR_OK;
}

/* Somebody acts for another by the state of his session, or by a header of this one call. A
 * delegation that ended meanwhile leaves him himself, and the session to be told so. */
static Err act_for(Call *call, const Request *request)
{
    Cx *cx = &call->cx;
    i64 id = call->me.delegation_id;
    Str asked = cx->actor.via == VIA_WEB ? S("") : request_header(request, "x-acting-for");
    if (asked.len && !str_to_i64(asked, &id))
        return err_set(cx, ERR_INPUT, NULL, "web.acting_for_what");
    if (!id || cx->actor.half)
        return ERR_OK;
    Err e = delegation_act(cx, id, &cx->actor);
    if (e != ERR_DENIED || asked.len)
        return e;
    err_clear(cx);
    call->acting_over = true;
    return ERR_OK;
}

/* The same for a token; its own scope may not allow a write, so the exchange notes it. */
static void note_use(Call *call)
{
    Cx *cx = &call->cx;
    Actor actor = cx->actor;
    Val *in = val_map(cx->arena), *reply;
    void *read;
    const Op *op = op_find(house_of(cx), S("token.used"));
    if (!call->token_stale)
        return;
    val_set_int(cx->arena, in, "id", actor.token_id);
    val_set_str(cx->arena, in, "address", utf8_head(cx->address, 60));
    cx->actor = (Actor){.roles = WHO_CLOCK, .via = VIA_SYSTEM};
    if (op_read_json(cx, op, in, &read) || op_call(cx, op, read, &reply))
        err_clear(cx);
    cx->actor = actor;
}

/* Kept alive at most now and then: not every page view is a write. */
static void keep_alive(Call *call)
{
    Cx *cx = &call->cx;
    if (call->cx.actor.token_id) {
        note_use(call);
        return;
    }
    if (!call->signed_in || clock_now_ms(cx->clock) - call->me.seen_ms < SESSION_SEEN_MS)
        return;
    Val *in = val_map(cx->arena), *reply;
    void *read;
    val_set_int(cx->arena, in, "session_id", call->me.session_id);
    const Op *op = op_find(house_of(cx), S("session.seen"));
    if (op_read_json(cx, op, in, &read) == ERR_OK && op_call(cx, op, read, &reply) != ERR_OK)
        err_clear(cx);
}

/* Programs ask there, and are answered in JSON. */
static bool speaks_json(Way way)
{
    return way == WAY_API || way == WAY_FILE || way == WAY_HOOK;
}

Err call_init(App *app, Request *request, Call **ret)
{
    Call *call = ARENA_NEW(request->arena, Call, 1);
    *ret = call;
    call->row = way_find(request->path);
    call->way = call->row ? call->row->way : WAY_PAGE;
    call->cx = (Cx){.arena = request->arena,
                    .clock = app->clock,
                    .chance = app->chance,
                    .db = app->dbs[request->worker],
                    .house = app->house,
                    .lang = lang_of(request),
                    .arrived_ms = request->arrived_ms,
                    .address = request->peer,
                    .agent = request_header(request, "user-agent"),
                    .actor = {.via = speaks_json(call->way) ? VIA_API : VIA_WEB}};
    Err e = request->is_local ? local_actor(call, request) : session_actor(call, request);
    if (!e)
        e = act_for(call, request);
    if (!e)
        keep_alive(call);
    return e;
}

static Handled dispatch(App *app, Request *request, Response *response, Call *call)
{
    switch (call->way) {
    case WAY_HEALTH:
        response_text(response, 200, "text/plain; charset=utf-8", S("ok\n"));
        return HANDLED_NOW;
    case WAY_API:
        return api_handle(app, request, response, call);
    case WAY_DO:
    case WAY_UPLOAD:
    case WAY_CHECK:
        return do_handle(app, request, response, call);
    case WAY_OIDC:
        return oidc_handle(app, request, response, call);
    case WAY_FILE:
        file_handle(app, request, response, call);
        return HANDLED_NOW;
    case WAY_REJECTS:
        rejects_handle(app, request, response, call);
        return HANDLED_NOW;
    case WAY_HOOK:
        return hook_handle(app, request, response, call);
    case WAY_SLIP:
        slip_handle(app, request, response, call);
        return HANDLED_NOW;
    case WAY_DEPOSITS:
        deposits_handle(app, request, response, call);
        return HANDLED_NOW;
    case WAY_PAPER:
        paper_handle(app, request, response, call);
        return HANDLED_NOW;
    case WAY_PUSHES:
        pushes_handle(app, request, response, call);
        return HANDLED_NOW;
    case WAY_BUNDLE:
        bundle_handle(app, request, response, call);
        return HANDLED_NOW;
    case WAY_SALE:
        sale_paper_handle(app, request, response, call);
        return HANDLED_NOW;
    case WAY_EXPORT:
        export_handle(app, request, response, call);
        return HANDLED_NOW;
    default:
        page_answer(app, request, response, call, NULL, NULL, 200);
        return HANDLED_NOW;
    }
}

static Handled handle(Server *server, Request *request, Response *response)
{
    App *app = server_app(server);
    Call *call = request->user;
    if (request->turn > 0) { /* The writer has answered. */
        call->cx.db = app->dbs[request->worker];
        return dispatch(app, request, response, call);
    }
    Err e = call_init(app, request, &call);
    request->user = call;
    if (!e)
        e = way_allowed(call);
    if (!e)
        return dispatch(app, request, response, call);
    if (speaks_json(call->way))
        json_answer(response, call, e, NULL);
    else
        page_error(app, request, response, call, e);
    return HANDLED_NOW;
}

static void worker_begin(Server *server, int worker)
{
    App *app = server_app(server);
    Arena arena = {0};
    Cx cx = {.arena = &arena, .clock = app->clock};
    if (db_open(&cx, app->house->store_url, DB_READ, &app->dbs[worker]) != ERR_OK)
        log_line(LOG_ERROR_LEVEL, "worker.no_store", NULL);
    arena_done(&arena);
}

static void worker_end(Server *server, int worker)
{
    App *app = server_app(server);
    db_close(app->dbs[worker]);
    app->dbs[worker] = NULL;
}

static Str filter_money(Cx *cx, const Val *value, Str arg)
{
    (void)arg;
    return value && value->kind == VAL_INT ? money_format(cx->arena, value->i) : S("");
}

/* In 万 and 亿 for those who read Chinese, else the figure without empty fen. `money_short:beside`
 * stands next to the full figure: nothing when it would only say it again. */
static Str filter_money_short(Cx *cx, const Val *value, Str arg)
{
    if (!value || value->kind != VAL_INT)
        return S("");
    Str full = money_format(cx->arena, value->i);
    bool english = cx->lang == LANG_EN;
    Str text = english ? full : money_format_short(cx->arena, value->i);
    if (str_same(arg, S("beside")) && str_same(text, full))
        return S("");
    return english && value->i % 100 == 0 ? str_slice(text, 0, text.len - 3) : text;
}

static i64 int_of(const Val *value)
{
    return value && value->kind == VAL_INT ? value->i : 0;
}

static Str filter_time(Cx *cx, const Val *value, Str arg)
{
    (void)arg;
    return int_of(value) ? time_format(cx->arena, int_of(value)) : S("");
}

static Str filter_time_full(Cx *cx, const Val *value, Str arg)
{
    (void)arg;
    return int_of(value) ? time_format_full(cx->arena, int_of(value)) : S("");
}

static Str filter_iso(Cx *cx, const Val *value, Str arg)
{
    (void)arg;
    return int_of(value) ? time_format_iso(cx->arena, int_of(value)) : S("");
}

static Str filter_count(Cx *cx, const Val *value, Str arg)
{
    (void)arg;
    Str text = money_format(cx->arena, int_of(value) * 100); /* The commas, without the fen. */
    return str_slice(text, 0, text.len - 3);
}

static Str filter_url(Cx *cx, const Val *value, Str arg)
{
    (void)arg;
    Buf out = buf_new(cx->arena);
    if (value && value->kind == VAL_STR)
        buf_url(&out, value->s);
    else
        buf_i64(&out, int_of(value));
    return buf_str(&out);
}

static Str filter_json(Cx *cx, const Val *value, Str arg)
{
    (void)arg;
    Buf out = buf_new(cx->arena);
    val_write_json(&out, value);
    return buf_str(&out);
}

static Str filter_state(Cx *cx, const Val *value, Str arg)
{
    const Flow *flow = flow_find(house_of(cx), arg);
    if (!flow || !value || value->kind != VAL_STR)
        return S("");
    i64 state = flow_state_find(flow, value->s);
    return state < 0 ? value->s : str_from(flow_label(flow, state, cx->lang));
}

static Str filter_code(Cx *cx, const Val *value, Str arg)
{
    const CodeList *list = codes_find(house_of(cx), arg);
    const Code *code = list && value && value->kind == VAL_STR ? code_find(list, value->s) : NULL;
    if (!code)
        return value && value->kind == VAL_STR ? value->s : S("");
    return str_from(cx->lang == LANG_EN ? code->en : code->zh);
}

static Str filter_asset(Cx *cx, const Val *value, Str arg)
{
    (void)value;
    const Asset *asset = asset_find(asset_table, asset_table_count, arg);
    return asset ? asset_url(cx->arena, S("/static/"), asset) : S("");
}

static const TemplateFilter filters[] = {
    {"money", filter_money}, {"money_short", filter_money_short},
    {"time", filter_time},   {"time_full", filter_time_full},
    {"iso", filter_iso},     {"count", filter_count},
    {"url", filter_url},     {"json", filter_json},
    {"state", filter_state}, {"code", filter_code},
    {"asset", filter_asset},
};

const TemplateFilter *app_filters(size_t *ret_count)
{
    *ret_count = COUNT(filters);
    return filters;
}

static Err listen_of(Cx *cx, App *app, int *ret_port)
{
    Str listen = app->house->settings->listen;
    size_t colon = listen.len;
    while (colon > 0 && listen.data[colon - 1] != ':')
        colon--;
    i64 port;
    if (colon < 2 || !str_to_i64(str_slice(listen, colon, listen.len), &port) || port < 0 ||
        port > 65535)
        return err_set_arg(cx, ERR_INPUT, "listen", "cli.bad_listen", listen);
    app->host = str_z(cx->arena, str_slice(listen, 0, colon - 1));
    *ret_port = (int)port;
    return ERR_OK;
}

Err app_init(Cx *cx, House *house, App **ret)
{
    App *app = ARENA_NEW(cx->arena, App, 1);
    int port = 0;
    *app = (App){.house = house, .clock = cx->clock, .chance = cx->chance};
    Err e = listen_of(cx, app, &port);
    const TemplateConfig templates = {.sources = page_sources,
                                      .source_count = page_source_count,
                                      .filters = filters,
                                      .filter_count = COUNT(filters)};
    if (!e)
        e = templates_init(cx, cx->arena, &templates, &app->templates);
    if (e)
        return e;
    ways_verify(way_rows, way_count);
    pages_verify(pages, pages_count, app->templates);
    app->socket_path = str_z(
        cx->arena, str_format(cx->arena, "%.*s/techbourse.sock", STR_ARG(house->data_folder)));
    const ServerConfig config = {
        .host = app->host,
        .port = port,
        .socket_path = app->socket_path,
        .worker_count = (int)house->settings->workers,
        .connection_max = (int)house->settings->connections_max,
        .trust_proxy = house->settings->secure_cookie != 0,
        .csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
               "font-src 'self' data:; "
               "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        .hsts = house->settings->secure_cookie ? "max-age=31536000" : NULL,
        .live_prefix = "/live/",
        .app = app,
        .route = route,
        .handle = handle,
        .worker_begin = worker_begin,
        .worker_end = worker_end,
    };
    e = oidc_init(app, cx);
    if (!e)
        e = server_init(cx, &config, &app->server);
    if (e)
        return e;
    app->cache = page_cache_new();
    app->limits = limits_new(app->chance);
    *ret = app;
    return ERR_OK;
}

void app_run(App *app)
{
    server_run(app->server);
}

void app_stop(App *app)
{
    server_stop(app->server);
}

void app_done(App *app)
{
    server_done(app->server);
    page_cache_done(app->cache);
    limits_done(app->limits);
    oidc_done(app);
}

void app_facts_followed(App *app)
{
    page_cache_turn(app->cache);
}

Server *app_server(App *app)
{
    return app->server;
}
