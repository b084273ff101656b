/* One's own account: profile, password, second factor, sessions; resets of forgotten passwords. */
#include "web/page_int.h"

#include "command/settings.h"

#include <qrencode.h>
#include <string.h>

#define DAY_MS ((i64)24 * 3600 * 1000)

enum { QUIET_ZONE = 4 }; /* Modules around a QR code: ISO/IEC 18004, 9.1. */

static const Settings *settings_of(PageCx *page)
{
    return house_of(page->cx)->settings;
}

/* Where to go on to: the link's, or after a refusal the form's. */
static Str next_path(PageCx *page)
{
    Str next = request_query(page->request, "next");
    if (page->typed)
        web_pairs_find(page->typed, "next", &next);
    return local_path(next);
}

static void put_next(PageCx *page)
{
    Str next = next_path(page);
    page_put(page, "next", val_str(page->cx->arena, next));
    page_put(page, "half", val_bool(page->cx->arena, page->cx->actor.half));
}

static Err ask_second(PageCx *page, Val **ret)
{
    return page_ask(page, "second.show", NULL, 0, ret);
}

static void put_demo(PageCx *page, const Val *second)
{
    Val *demo = NULL;
    if (val_get_bool(second, "demo")) {
        demo = val_map(page->cx->arena);
        val_set_str(page->cx->arena, demo, "code", val_get_str(second, "code_now"));
    }
    page_put(page, "demo", demo);
}

Err page_demo(PageCx *page)
{
    Val *second;
    page_put(page, "demo", NULL);
    if (!settings_of(page)->second_factor_demo || !page->cx->actor.account_id)
        return ERR_OK;
    Err e = ask_second(page, &second);
    if (!e)
        put_demo(page, second);
    return e;
}

bool page_prove_first(PageCx *page)
{
    return page->cx->actor.account_id && !second_fresh(page->cx);
}

/* ---- the account ---- */

/* "Firefox · Windows", of what the browser says; its own words when it is none of these. */
static Str browser_name(Arena *arena, Str agent)
{
    static const char *const browsers[][2] = {
        {"MicroMessenger", "微信"}, {"Edg/", "Edge"},      {"OPR/", "Opera"},
        {"Firefox/", "Firefox"},    {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
        {"curl/", "curl"},
    };
    static const char *const systems[][2] = {
        {"Windows", "Windows"}, {"Android", "Android"}, {"HarmonyOS", "HarmonyOS"},
        {"iPhone", "iPhone"},   {"iPad", "iPad"},       {"Mac OS X", "macOS"},
        {"Linux", "Linux"},
    };
    const char *browser = NULL, *system = NULL;
    for (size_t i = 0; !browser && i < COUNT(browsers); i++)
        if (str_has(agent, str_from(browsers[i][0])))
            browser = browsers[i][1];
    for (size_t i = 0; !system && i < COUNT(systems); i++)
        if (str_has(agent, str_from(systems[i][0])))
            system = systems[i][1];
    if (browser && system)
        return str_format(arena, "%s · %s", browser, system);
    return browser ? str_from(browser) : utf8_head(agent, 60);
}

static Err put_sessions(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask(page, "session.list", NULL, 0, &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        val_set_str(arena, row, "browser", browser_name(arena, val_get_str(row, "agent")));
    }
    page_put(page, "sessions", items);
    page_put(page, "others", val_bool(arena, val_count(items) > 1));
    return ERR_OK;
}

static void put_profile(PageCx *page, const Val *account)
{
    static const char *const names[] = {"name", "email", "phone"};
    Arena *arena = page->cx->arena;
    WebPairs *given = ARENA_NEW(arena, WebPairs, 1);
    for (size_t i = 0; i < COUNT(names); i++)
        web_pairs_add(arena, given, str_from(names[i]), val_get_str(account, names[i]));
    page_put(page, "fields", form_fields(page, "account.edit", given));
}

Err build_me(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply, *second, *delegations, *saved;
    Err e = page_ask(page, "account.show", NULL, 0, &reply);
    if (!e)
        e = page_ask(page, "search.saved", NULL, 0, &saved);
    if (!e)
        e = ask_second(page, &second);
    if (!e)
        e = page_ask(page, "delegation.list", NULL, 0, &delegations);
    if (!e)
        e = put_sessions(page);
    if (e)
        return e;
    const Val *account = val_get(reply, "account");
    i64 age_ms = clock_now_ms(page->cx->clock) - val_get_int(account, "password_ms");
    put_profile(page, account);
    page_put(page, "login", val_str(arena, val_get_str(account, "login")));
    page_put(page, "password_ms", val_int(arena, val_get_int(account, "password_ms")));
    page_put(page, "password_days", val_int(arena, age_ms / DAY_MS));
    page_put(page, "password_until_ms", val_int(arena, val_get_int(reply, "password_until_ms")));
    page_put(page, "second", second);
    page_put(page, "saved_count", val_int(arena, (i64)val_count(val_get(saved, "items"))));
    page_put(page, "saved_new", val_int(arena, val_get_int(saved, "new_total")));
    page_put(page, "delegations", val_get(delegations, "items"));
    page_put(page, "can_give", val_bool(arena, page_allowed(page, "delegation.give")));
    page_title(page, "page.me");
    return ERR_OK;
}

/* ---- the second factor ---- */

/* The dark modules as one path, a piece for each run in a row. */
static Str qr_path(Arena *arena, const QRcode *qr)
{
    Buf out = buf_new(arena);
    for (int y = 0; y < qr->width; y++) {
        for (int x = 0; x < qr->width;) {
            int from = x;
            while (x < qr->width && (qr->data[y * qr->width + x] & 1))
                x++;
            if (x > from)
                buf_format(&out, "M%d %dh%dv1h-%dz", from + QUIET_ZONE, y + QUIET_ZONE, x - from,
                           x - from);
            else
                x++;
        }
    }
    return buf_str(&out);
}

Val *qr_val(Arena *arena, Str text)
{
    QRcode *qr = QRcode_encodeString8bit(str_z(arena, text), 0, QR_ECLEVEL_M);
    if (!qr)
        return NULL;
    Val *map = val_map(arena);
    val_set_int(arena, map, "size", qr->width + 2 * QUIET_ZONE);
    val_set_str(arena, map, "path", qr_path(arena, qr));
    QRcode_free(qr);
    return map;
}

/* In fours, as people copy it. */
static Str in_fours(Arena *arena, Str text)
{
    Buf out = buf_new(arena);
    for (size_t i = 0; i < text.len; i++) {
        if (i && i % 4 == 0)
            buf_char(&out, ' ');
        buf_char(&out, text.data[i]);
    }
    return buf_str(&out);
}

Err build_second(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *second;
    Err e = ask_second(page, &second);
    if (e)
        return e;
    bool begun = val_get_bool(second, "begun"), on = val_get_bool(second, "on");
    page_put(page, "second", second);
    page_put(page, "qr", begun ? qr_val(arena, val_get_str(second, "uri")) : NULL);
    page_put(page, "secret", val_str(arena, in_fours(arena, val_get_str(second, "secret"))));
    page_put(page, "proving", val_bool(arena, on && page_prove_first(page)));
    page_put(page, "admin", val_bool(arena, (page->cx->actor.roles & WHO_ADMINS) != 0));
    page_put(page, "hours", val_int(arena, settings_of(page)->second_factor_hours));
    put_demo(page, second);
    put_next(page);
    page_title(page, on ? "page.second" : "page.second_set_up");
    return ERR_OK;
}

/* ---- passwords ---- */

static void put_rules(PageCx *page)
{
    const Settings *settings = settings_of(page);
    Arena *arena = page->cx->arena;
    page_put(page, "len_min", val_int(arena, settings->password_len_min));
    page_put(page, "classes", val_int(arena, settings->password_classes));
    page_put(page, "kept", val_int(arena, settings->password_kept));
}

Err build_password(PageCx *page)
{
    put_rules(page);
    put_next(page);
    page_title(page, "page.password_change");
    return ERR_OK;
}

Err build_reset(PageCx *page)
{
    put_rules(page);
    put_next(page);
    page_put(page, "minutes", val_int(page->cx->arena, settings_of(page)->reset_min));
    page_title(page, "page.reset");
    return ERR_OK;
}

Err build_resets(PageCx *page)
{
    Val *reply;
    Err e = page_ask(page, "account.resets", NULL, 0, &reply);
    if (e)
        return e;
    page_put(page, "items", val_get(reply, "items"));
    page_put(page, "minutes", val_int(page->cx->arena, settings_of(page)->reset_min));
    page_flash_errors(page);
    page_title(page, "page.resets");
    return ERR_OK;
}

/* ---- what is shown once ---- */

void build_once(PageCx *page)
{
    if (people_once(page) || tokens_once(page) || privacy_once(page))
        return;
    Arena *arena = page->cx->arena;
    const Val *reply = page->reply;
    Val *codes = val_get(reply, "codes");
    Str secret = val_get_str(reply, "code");
    bool is_reset = secret.len != 0;
    if (!is_reset)
        secret = val_get_str(reply, "password");
    Str next = S("");
    web_pairs_find(&page->request->form, "next", &next);
    next = local_path(next);
    page_put(page, "has_codes", val_bool(arena, codes != NULL));
    page_put(page, "codes", codes ? codes : val_list(arena));
    page_put(page, "login", val_str(arena, val_get_str(reply, "login")));
    page_put(page, "secret", val_str(arena, secret));
    page_put(page, "is_reset", val_bool(arena, is_reset));
    page_put(page, "until_ms", val_int(arena, val_get_int(reply, "until_ms")));
    page_put(page, "next", val_str(arena, next.len ? next : codes ? S("/me") : S("/resets")));
    page_title(page, codes ? "page.codes" : is_reset ? "page.reset_code" : "page.first_password");
}
