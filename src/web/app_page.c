/* Pages: finding the row, the layout's part of the context, and rendering. */
#include "web/app_int.h"
#include "web/page_int.h"

#include "people/people.h"

#include <string.h>

/* "/patent/{id}" against "/patent/12": fills id or name. */
static bool path_fits(const char *pattern, Str path, PageCx *page)
{
    Str rest_pattern = str_from(pattern), rest_path = path, part_pattern, part;
    if (str_same_z(path, pattern))
        return true;
    if (!strchr(pattern, '{'))
        return false;
    for (;;) {
        bool more = str_split(&rest_pattern, '/', &part_pattern),
             more_path = str_split(&rest_path, '/', &part);
        if (!more || !more_path)
            return more == more_path;
        if (str_same(part_pattern, S("{id}"))) {
            if (!str_to_i64(part, &page->id) || page->id <= 0)
                return false;
        } else if (str_same(part_pattern, S("{name}"))) {
            page->name = part;
        } else if (!str_same(part_pattern, part)) {
            return false;
        }
    }
}

static const Page *find_page(Str path, PageCx *page)
{
    for (size_t i = 0; i < pages_count; i++)
        if (path_fits(pages[i].path, path, page))
            return &pages[i];
    return NULL;
}

void page_set(PageCx *page, const char *key, Val *val)
{
    val_set(page->cx->arena, page->data, key, val);
}

Err page_ask(PageCx *page, const char *name, const NameText *texts, size_t count, Val **ret)
{
    const Op *op = op_find(house_of(page->cx), str_from(name));
    void *in;
    assert(op && op->kind == OP_READ);
    Err e = op_read_texts(page->cx, op, texts, count, false, &in);
    return e ? e : op_call(page->cx, op, in, ret);
}

Err page_ask_query(PageCx *page, const char *op, Val **ret)
{
    const WebPairs *query = &page->request->query;
    NameText *texts = ARENA_NEW(page->cx->arena, NameText, query->count + 2);
    size_t count = 0;
    texts[count++] = (NameText){S("brief"), S("1")}; /* A list need not say more than it shows. */
    for (size_t i = 0; i < query->count; i++)
        texts[count++] = (NameText){query->items[i].name, query->items[i].value};
    if (page->id)
        texts[count++] =
            (NameText){S("id"), str_format(page->cx->arena, "%lld", (long long)page->id)};
    return page_ask(page, op, texts, count, ret);
}

Err page_ask_id(PageCx *page, const char *op, Val **ret)
{
    NameText text = {S("id"), str_format(page->cx->arena, "%lld", (long long)page->id)};
    return page_ask(page, op, &text, 1, ret);
}

/* ---- the layout ---- */

static const struct {
    const char *name, *href;
    unsigned who;
    const char *op; /* Behind it: who acts for another must have its matter. NULL: he has not. */
} menu[] = {
    {"patents", "/patents", WHO_PUBLIC},
    {"achievements", "/achievements", WHO_PUBLIC},
    {"listings", "/listings", WHO_PUBLIC},
    {"needs", "/needs", WHO_PUBLIC},
    {"lots", "/lots", WHO_PUBLIC},
    {"orgs", "/orgs", WHO_PUBLIC},
    {"joinings", "/joinings", WHO_DEPARTMENT | WHO_OPERATOR},
    {"unit", "/unit", WHO_OFFICE | WHO_LIAISON},
    {"import", "/import", WHO_OFFICE, "import.list"},
    {"deals", "/deals", WHO_OFFICE | WHO_FIRM | WHO_OPERATOR | WHO_DEPARTMENT, "deal.list"},
    {"pushes", "/pushes",
     WHO_OFFICE | WHO_LIAISON | WHO_FIRM | WHO_AGENCY | WHO_MANAGER | WHO_EXPERT | WHO_OPERATOR,
     "push.list"},
    {"bench", "/workbench", WHO_MANAGER},
    {"pushes", "/pushes/report", WHO_DEPARTMENT | WHO_CENTRE, "push.report"},
    {"audit", "/audit", WHO_AUDIT},
    {"accounts", "/admin/accounts", WHO_SECURITY},
    {"approvals", "/admin/approvals", WHO_SECURITY | WHO_OPERATOR},
    {"permissions", "/admin/permissions", WHO_SECURITY | WHO_AUDIT},
    {"policy", "/admin/policy", WHO_SECURITY | WHO_AUDIT},
    {"system", "/admin/system", WHO_SYSTEM},
    {"resets", "/resets", WHO_SECURITY},
};

static Val *nav_val(PageCx *page)
{
    Cx *cx = page->cx;
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < COUNT(menu); i++) {
        if (!((cx->actor.roles | WHO_PUBLIC) & menu[i].who))
            continue;
        if ((cx->actor.roles & WHO_ADMINS) && menu[i].who == WHO_PUBLIC) /* Their own work. */
            continue;
        if (cx->actor.for_id && menu[i].who != WHO_PUBLIC &&
            !(menu[i].op && page_allowed(page, menu[i].op)))
            continue;
        Val *row = val_map(cx->arena);
        char *key = str_z(cx->arena, str_format(cx->arena, "menu.%s", menu[i].name));
        val_set_z(cx->arena, row, "href", menu[i].href);
        val_set_str(cx->arena, row, "label", text_say(cx->arena, cx->lang, key, NULL, 0));
        val_set_bool(cx->arena, row, "here",
                     page->page && page->page->nav && strcmp(page->page->nav, menu[i].name) == 0);
        val_set_int(cx->arena, row, "count", 0);
        val_push(cx->arena, list, row);
    }
    return list;
}

/* Of a signed-in reader's inbox; 0 when it cannot be counted: the page itself says why. */
static i64 unread_count(PageCx *page)
{
    Val *reply = NULL;
    if (page->cx->actor.half || !page->cx->actor.account_id)
        return 0;
    if (page_ask(page, "message.count", NULL, 0, &reply) != ERR_OK)
        err_clear(page->cx);
    return val_get_int(reply, "unread");
}

static Val *me_val(PageCx *page)
{
    static const struct {
        unsigned bit;
        const char *key, *role;
    } roles[] = {
        {WHO_OFFICE, "is_office", "office"},
        {WHO_INVENTOR, "is_inventor", "inventor"},
        {WHO_FIRM, "is_firm", "firm"},
        {WHO_MANAGER, "is_manager", "manager"},
        {WHO_EXPERT, "is_expert", "expert"},
        {WHO_OPERATOR, "is_operator", "operator"},
        {WHO_DEPARTMENT, "is_department", "department"},
        {WHO_FINANCE, "is_finance", "finance"},
        {WHO_SYSTEM, "is_system", "system"},
        {WHO_SECURITY, "is_security", "security"},
        {WHO_AUDIT, "is_audit", "audit"},
    };
    Cx *cx = page->cx;
    if (!page->me)
        return val_null(cx->arena);
    Val *map = val_map(cx->arena);
    val_set_str(cx->arena, map, "name", page->me->name);
    val_set_str(cx->arena, map, "org_name", page->me->org_name);
    val_set_int(cx->arena, map, "org_id", cx->actor.org_id);
    val_set_int(cx->arena, map, "unread", unread_count(page));
    val_set_bool(cx->arena, map, "is_specialist",
                 (cx->actor.roles & (WHO_EXPERT | WHO_MANAGER)) != 0);
    val_set_z(cx->arena, map, "role_label", "");
    for (size_t i = COUNT(roles); i-- > 0;) {
        bool has = (cx->actor.roles & roles[i].bit) != 0;
        const Code *code = code_find(&role_codes, str_from(roles[i].role));
        val_set_bool(cx->arena, map, roles[i].key, has);
        if (has && code)
            val_set_z(cx->arena, map, "role_label", cx->lang == LANG_EN ? code->en : code->zh);
    }
    return map;
}

/* For whom the session acts, or that it does no more; null for one's own name. */
static Val *acting_val(PageCx *page)
{
    Cx *cx = page->cx;
    Val *told = NULL;
    if (!page->me || !page->me->delegation_id || cx->actor.half)
        return val_null(cx->arena);
    if (delegation_told(cx, page->me->delegation_id, &told) != ERR_OK) {
        err_clear(cx); /* The page's own reading fails next, and says so. */
        return val_null(cx->arena);
    }
    val_set_bool(cx->arena, told, "over", !cx->actor.for_id);
    return told;
}

static Val *assets_val(Cx *cx)
{
    static const struct {
        const char *key, *path;
    } rows[] = {
        {"tabler_css", "lib/tabler.min.css"},
        {"app_css", "techbourse.css"},
        {"htmx", "lib/htmx.min.js"},
        {"app_js", "app.js"},
        {"live_js", "live.js"},
        {"bundle_js", "bundle.js"},
        {"verify_js", "verify.js"},
        {"echarts", "lib/echarts.min.js"},
        {"logo", "logo.svg"},
        {"wordmark", "wordmark.svg"},
    };
    Val *map = val_map(cx->arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const Asset *asset = asset_find(asset_table, asset_table_count, str_from(rows[i].path));
        val_set_str(cx->arena, map, rows[i].key,
                    asset ? asset_url(cx->arena, S("/static/"), asset) : S(""));
    }
    return map;
}

static Str url_decode(Arena *arena, Str s)
{
    Buf out = buf_new(arena);
    for (size_t i = 0; i < s.len; i++) {
        u8 byte;
        if (s.data[i] == '%' && i + 2 < s.len && hex_to(str_slice(s, i + 1, i + 3), &byte, 1)) {
            buf_char(&out, (char)byte);
            i += 2;
        } else {
            buf_char(&out, s.data[i]);
        }
    }
    return utf8_repair(arena, buf_str(&out));
}

static Val *flash_val(Cx *cx, const Request *request)
{
    Str text = url_decode(cx->arena, request_cookie(request, "flash"));
    if (!text.len)
        return val_null(cx->arena);
    bool refused = text.data[0] == '!';
    Val *map = val_map(cx->arena);
    val_set_z(cx->arena, map, "kind", refused ? "warn" : "done");
    val_set_str(cx->arena, map, "text", str_slice(text, refused, text.len));
    return map;
}

/* The page's own address, with its query but for the language. */
static Str own_path(Cx *cx, const Request *request, bool lang, const char *value)
{
    Buf out = buf_new(cx->arena);
    bool first = true;
    buf_add(&out, request->path);
    for (size_t i = 0; i < request->query.count; i++) {
        if (str_same(request->query.items[i].name, S("lang")))
            continue;
        buf_char(&out, first ? '?' : '&');
        first = false;
        buf_url(&out, request->query.items[i].name);
        buf_char(&out, '=');
        buf_url(&out, request->query.items[i].value);
    }
    if (lang)
        buf_format(&out, "%clang=%s", first ? '?' : '&', value);
    return buf_str(&out);
}

static Val *query_val(Cx *cx, const Request *request)
{
    Val *map = val_map(cx->arena);
    val_set_z(cx->arena, map, "q", "");
    for (size_t i = 0; i < request->query.count; i++)
        val_set_key(cx->arena, map, request->query.items[i].name,
                    val_str(cx->arena, request->query.items[i].value));
    return map;
}

static Val *form_val(PageCx *page)
{
    Cx *cx = page->cx;
    if (!page->errors)
        return val_null(cx->arena);
    Val *map = val_map(cx->arena), *values = val_map(cx->arena);
    for (size_t i = 0; page->typed && i < page->typed->count; i++)
        if (!str_has(page->typed->items[i].name, S("password")))
            val_set_key(cx->arena, values, page->typed->items[i].name,
                        val_str(cx->arena, page->typed->items[i].value));
    val_set(cx->arena, map, "errors", page->errors);
    val_set(cx->arena, map, "values", values);
    return map;
}

static void set_layout(PageCx *page)
{
    Cx *cx = page->cx;
    Val *data = page->data;
    bool zh = cx->lang == LANG_ZH;
    Str theme = request_cookie(page->request, "theme");
    bool known = str_same(theme, S("light")) || str_same(theme, S("dark"));
    val_set_z(cx->arena, data, "lang", zh ? "zh" : "en");
    val_set_bool(cx->arena, data, "is_zh", zh);
    val_set_bool(cx->arena, data, "is_en", !zh);
    val_set_str(cx->arena, data, "theme", known ? theme : S("auto"));
    val_set_str(cx->arena, data, "path", own_path(cx, page->request, false, NULL));
    val_set_str(cx->arena, data, "url_other_lang",
                own_path(cx, page->request, true, zh ? "en" : "zh"));
    val_set_str(cx->arena, data, "csrf", page->me ? page->me->csrf : S(""));
    val_set(cx->arena, data, "me", me_val(page));
    val_set(cx->arena, data, "nav", nav_val(page));
    val_set(cx->arena, data, "acting", acting_val(page));
    val_set(cx->arena, data, "flash", flash_val(cx, page->request));
    val_set(cx->arena, data, "assets", assets_val(cx));
    val_set(cx->arena, data, "query", query_val(cx, page->request));
    val_set(cx->arena, data, "form", form_val(page));
}

static void render(App *app, Request *request, Response *response, PageCx *page, const char *name,
                   int status)
{
    Cx *cx = page->cx;
    Buf out = buf_new(cx->arena);
    Err e = template_render(cx, app->templates, name, page->data, &out);
    if (e) {
        log_line(LOG_ERROR_LEVEL, "page.not_rendered", "template", name, "why", cx->err.key, NULL);
        response_text(response, 500, "text/plain; charset=utf-8", S("error\n"));
        return;
    }
    response_text(response, status, "text/html; charset=utf-8", buf_str(&out));
    response_header(response, "Cache-Control", S("no-store"));
    Str lang = request_query(request, "lang");
    bool secure = app->house->settings->secure_cookie != 0;
    if (str_same(lang, S("zh")) || str_same(lang, S("en")))
        response_cookie(response, "lang", lang, 365 * 24 * 3600, secure);
    if (request_cookie(request, "flash").len && status == 200)
        response_cookie(response, "flash", S(""), 0, secure);
}

static PageCx page_cx(Request *request, Call *call, const Op *failed, const WebPairs *typed)
{
    Cx *cx = &call->cx;
    PageCx page = {.cx = cx,
                   .request = request,
                   .me = call->signed_in ? &call->me : NULL,
                   .data = val_map(cx->arena),
                   .failed_op = failed,
                   .typed = typed,
                   .reply = call->preview};
    if (failed && cx->err.code) { /* Else it is shown again for a preview. */
        const Val *error = val_get(err_val(cx), "error");
        page.errors = val_get(error, "fields");
        if (!val_count(page.errors)) {
            Val *row = val_map(cx->arena);
            val_set_z(cx->arena, row, "field", "");
            val_set_str(cx->arena, row, "message", val_get_str(error, "message"));
            page.errors = val_list(cx->arena);
            val_push(cx->arena, page.errors, row);
        }
        err_clear(cx);
    }
    return page;
}

static void show_error(App *app, Request *request, Response *response, PageCx *page, Err e)
{
    Cx *cx = page->cx;
    int status = http_status(e);
    Val *error = val_map(cx->arena), *is = val_map(cx->arena);
    const Val *told = val_get(err_val(cx), "error");
    val_set_int(cx->arena, error, "status", status);
    val_set_str(cx->arena, error, "message", val_get_str(told, "message"));
    val_set_str(cx->arena, error, "code", val_get_str(told, "code"));
    val_set_bool(cx->arena, is, str_z(cx->arena, str_format(cx->arena, "%d", status)), true);
    val_set(cx->arena, error, "is", is);
    err_clear(cx);
    page->data = val_map(cx->arena);
    set_layout(page);
    page_set(page, "error", error);
    page_set(page, "title",
             val_str(cx->arena, text_say(cx->arena, cx->lang, "web.title_error", NULL, 0)));
    render(app, request, response, page, "error", status);
}

void page_error(App *app, Request *request, Response *response, Call *call, Err e)
{
    PageCx page = page_cx(request, call, NULL, NULL);
    show_error(app, request, response, &page, e);
}

void page_once(App *app, Request *request, Response *response, Call *call, const Val *reply)
{
    PageCx page = page_cx(request, call, NULL, NULL);
    page.done_op = call->op;
    page.reply = reply;
    set_layout(&page);
    build_once(&page);
    render(app, request, response, &page, page.template_name ? page.template_name : "once", 200);
}

static void to_sign_in(Response *response, Cx *cx, const Request *request)
{
    Buf to = buf_new(cx->arena);
    buf_z(&to, "/signin?next=");
    buf_url(&to, own_path(cx, request, false, NULL));
    response_redirect(response, 303, buf_str(&to));
}

/* Asked by a stranger, with nothing in the request that shows on the page or sets a cookie. */
static bool may_keep(const Page *page, const Request *request, const Call *call)
{
    return page->kept && !call->signed_in && !request->is_local && !call->cx.actor.roles &&
           !request_cookie(request, "flash").len && !request_query(request, "lang").len;
}

static Str keep_key(PageCx *page)
{
    Buf out = buf_new(page->cx->arena);
    buf_add(&out, own_path(page->cx, page->request, false, NULL));
    buf_z(&out, page->cx->lang == LANG_EN ? " en " : " zh ");
    buf_add(&out, request_cookie(page->request, "theme"));
    return buf_str(&out);
}

static void answer_html(Response *response, Str html)
{
    response_text(response, 200, "text/html; charset=utf-8", html);
    response_header(response, "Cache-Control", S("no-store"));
}

void page_answer(App *app, Request *request, Response *response, Call *call, const Op *failed,
                 const WebPairs *typed, int status)
{
    PageCx page = page_cx(request, call, failed, typed);
    Cx *cx = &call->cx;
    page.page = find_page(request->path, &page);
    if (!page.page) {
        show_error(app, request, response, &page, err_set(cx, ERR_MISSING, NULL, "web.no_page"));
        return;
    }
    if (page_waits(call, page.page)) {
        enter_redirect(response, call, own_path(cx, request, false, NULL));
        return;
    }
    unsigned signed_in = page.me ? (cx->actor.half ? WHO_HALF : WHO_SIGNED) : 0;
    unsigned held = cx->actor.roles | WHO_PUBLIC | signed_in;
    Err e = ERR_OK;
    if (!(page.page->who & held))
        e = page.me ? err_set(cx, ERR_DENIED, NULL, "web.not_your_page")
                    : err_set(cx, ERR_SIGN_IN, NULL, "command.sign_in");
    if (e == ERR_DENIED)
        access_note(cx, page.page->path, &(Shown){0}, e);
    bool keep = !e && !failed && may_keep(page.page, request, call);
    Str key = keep ? keep_key(&page) : S(""), html;
    i64 turn = page_cache_now(app->cache);
    if (keep && page_cache_get(app->cache, cx->arena, key, &html)) {
        answer_html(response, html);
        return;
    }
    if (!e) {
        set_layout(&page);
        e = page.page->build(&page);
    }
    if (e == ERR_SIGN_IN)
        to_sign_in(response, cx, request);
    else if (e == ERR_SECOND)
        enter_redirect(response, call, own_path(cx, request, false, NULL));
    else if (e)
        show_error(app, request, response, &page, e);
    else
        render(app, request, response, &page,
               page.template_name ? page.template_name : page.page->template_name, status);
    if (keep && !e && response->status == 200)
        page_cache_put(app->cache, key, turn, response->body);
}
