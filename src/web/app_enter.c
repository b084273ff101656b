/* What stands between a request and its act: the session's cookie, limits, and the pages on which a
 * person proves a second factor or changes a password before he goes on. */
#include "web/app_int.h"

#include <string.h>

enum { NEXT_BYTES_MAX = 1500 };

/* ---- the cookie ---- */

/* With the prefix a browser keeps it to this host and to TLS, whatever a neighbour host sets. */
static const char *cookie_name(const Settings *settings)
{
    return settings->secure_cookie ? "__Host-session" : "session";
}

Str session_cookie(const Settings *settings, const Request *request)
{
    return request_cookie(request, cookie_name(settings));
}

void session_cookie_set(App *app, Response *response, Str token)
{
    const Settings *settings = app->house->settings;
    response_cookie(response, cookie_name(settings), token, token.len ? -1 : 0,
                    settings->secure_cookie != 0);
}

/* ---- limits ---- */

static const struct {
    const char *op;
    LimitKind address;
    LimitKind own;     /* Of the login that is named, or of the account that asks. */
    const char *field; /* NULL: the account. */
} limited[] = {
    {"session.open", LIMIT_SIGN_IN_ADDRESS, LIMIT_SIGN_IN_LOGIN, "login"},
    {"session.second", LIMIT_CODE_ADDRESS, LIMIT_CODE_ACCOUNT, NULL},
    {"second.confirm", LIMIT_CODE_ADDRESS, LIMIT_CODE_ACCOUNT, NULL},
    {"consent.sign", LIMIT_CODE_ADDRESS, LIMIT_CODE_ACCOUNT, NULL}, /* It also draws a paper. */
    {"account.password", LIMIT_SIGN_IN_ADDRESS, LIMIT_CODE_ACCOUNT, NULL},
    {"account.reset_ask", LIMIT_RESET_ADDRESS, LIMIT_RESET_LOGIN, "login"},
    {"account.reset", LIMIT_RESET_ADDRESS, LIMIT_NONE, NULL},
    {"joining.apply", LIMIT_RESET_ADDRESS, LIMIT_NONE, NULL},
    {"joining.resubmit", LIMIT_RESET_ADDRESS, LIMIT_NONE, NULL},
    {"joining.apply", LIMIT_SIGN_IN_ADDRESS, LIMIT_NONE, NULL},
    {"joining.resubmit", LIMIT_SIGN_IN_ADDRESS, LIMIT_NONE, NULL},
    {"joining.status", LIMIT_SIGN_IN_ADDRESS, LIMIT_NONE, NULL},
};

static Str own_key(Call *call, const char *name)
{
    const Field *field =
        name ? fields_find(call->op->in, call->op->in_count, str_from(name)) : NULL;
    if (field)
        return str_trim(field_str(field, call->in));
    return str_format(call->cx.arena, "%lld", (long long)call->cx.actor.account_id);
}

static Err come_later(Cx *cx, Response *response, i64 wait_ms)
{
    if (!wait_ms)
        return ERR_OK;
    Str seconds = str_format(cx->arena, "%lld", (long long)(wait_ms + 999) / 1000);
    response_header(response, "Retry-After", seconds);
    return err_set_arg(cx, ERR_LIMIT, NULL, "web.too_often", seconds);
}

Err address_limit(App *app, const Request *request, Response *response, Cx *cx, LimitKind kind)
{
    return come_later(cx, response,
                      limits_take(app->limits, kind, limit_address(cx->arena, request->peer),
                                  clock_now_ms(cx->clock)));
}

Err call_limit(App *app, const Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    i64 wait_ms = 0, now_ms = clock_now_ms(cx->clock);
    for (size_t i = 0; !request->is_local && !wait_ms && i < COUNT(limited); i++) {
        if (strcmp(call->op->name, limited[i].op) != 0)
            continue;
        wait_ms = limits_take(app->limits, limited[i].address,
                              limit_address(cx->arena, request->peer), now_ms);
        if (!wait_ms && limited[i].own)
            wait_ms =
                limits_take(app->limits, limited[i].own, own_key(call, limited[i].field), now_ms);
    }
    return come_later(cx, response, wait_ms);
}

/* ---- the way on ---- */

bool page_waits(const Call *call, const Page *page)
{
    return call->signed_in && call->me.wants != WANTS_NOTHING && !(page->who & WHO_HALF);
}

void enter_redirect(Response *response, Call *call, Str next)
{
    Buf to = buf_new(call->cx.arena);
    buf_z(&to, call->me.wants == WANTS_PASSWORD ? "/me/password?next=" : "/me/second?next=");
    buf_url(&to, next);
    response_redirect(response, 303, buf_str(&to));
}

/* A form takes its values from its address too, so they come back with it. Secrets do not. */
static Str path_with_typed(Call *call, const Request *request, Str back)
{
    static const char *const own[] = {"csrf", "back", "next"};
    Buf out = buf_new(call->cx.arena);
    bool asked = str_has(back, S("?"));
    buf_add(&out, back);
    if (!call->op || !str_starts(back, S("/form/")))
        return back;
    for (size_t i = 0; i < request->form.count; i++) {
        WebPair pair = request->form.items[i];
        const Field *field = fields_find(call->op->in, call->op->in_count, pair.name);
        bool skip = !field || field->kind == F_SECRET || !pair.value.len;
        for (size_t k = 0; k < COUNT(own); k++)
            skip = skip || str_same_z(pair.name, own[k]);
        Str there = str_format(call->cx.arena, "%.*s=", STR_ARG(pair.name));
        if (skip || str_has(back, there))
            continue;
        buf_char(&out, asked ? '&' : '?');
        buf_url(&out, pair.name);
        buf_char(&out, '=');
        buf_url(&out, pair.value);
        asked = true;
    }
    return out.len <= NEXT_BYTES_MAX ? buf_str(&out) : back;
}

void do_enter_first(const Request *request, Response *response, Call *call, Str back)
{
    enter_redirect(response, call, path_with_typed(call, request, back));
}

/* ---- replies that are seen once ---- */

bool op_shows_once(const Op *op)
{
    static const char *const names[] = {
        "second.confirm",    "second.codes",   "account.reset_code", "account.reset_by_admin",
        "joining.apply",     "joining.status", "joining.resubmit",   "people.accounts_add",
        "account.add_below", "token.make",     "record.reveal"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(op->name, names[i]) == 0)
            return true;
    return false;
}
