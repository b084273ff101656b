/* The three administrators: the audit record, accounts, acts of two persons, permissions, policy,
 * the machine. */
#include "web/page_int.h"

#include "audit/audit.h"
#include "web/app.h"

#include <string.h>

enum { LINES_SHOWN = 50 };

/* ---- filters: what was asked for comes back into the form ---- */

/* The fields of the filter form, as field.html shows them, without those the page sets itself. */
static Val *filter_fields(PageCx *page, const char *op)
{
    static const char *const own[] = {"tab", "before", "limit", "page"};
    Val *all = form_fields(page, op, &page->request->query), *list = val_list(page->cx->arena);
    for (size_t i = 0; i < val_count(all); i++) {
        Val *field = val_at(all, i);
        bool mine = false;
        for (size_t k = 0; k < COUNT(own); k++)
            mine = mine || str_same_z(val_get_str(field, "name"), own[k]);
        if (!mine)
            val_push(page->cx->arena, list, field);
    }
    return list;
}

static void add_tab(PageCx *page, Val *tabs, const char *code, const char *key, bool here)
{
    Arena *arena = page->cx->arena;
    Val *tab = val_map(arena);
    val_set_str(
        arena, tab, "href",
        str_format(arena, "/audit?tab=%s", code)); /* Filters of one tab mislead in another. */
    val_set_str(arena, tab, "label", page_say(page, key));
    val_set_bool(arena, tab, "here", here);
    val_push(arena, tabs, tab);
}

/* ---- /audit ---- */

/* "#7 张* 海川公司", or the way it came when nobody was signed in. */
static Str actor_text(PageCx *page, const Val *row)
{
    Cx *cx = page->cx;
    i64 account_id = val_get_int(row, "account_id");
    const CodeList *vias = codes_find(house_of(cx), S("audit_via"));
    const Code *via = code_find(vias, val_get_str(row, "via"));
    Buf out = buf_new(cx->arena);
    if (account_id)
        buf_format(&out, "#%lld %.*s", (long long)account_id, STR_ARG(val_get_str(row, "name")));
    else
        buf_z(&out, via ? (cx->lang == LANG_EN ? via->en : via->zh) : "");
    if (val_get_int(row, "for_id"))
        buf_format(&out, " → #%lld", (long long)val_get_int(row, "for_id"));
    return buf_str(&out);
}

static void add_subject(PageCx *page, Val *list, Str type, i64 id)
{
    Arena *arena = page->cx->arena;
    Val *row = val_map(arena);
    val_set_str(arena, row, "text", str_format(arena, "%lld", (long long)id));
    val_set_str(arena, row, "href",
                str_format(arena, "/audit?tab=acts&record_type=%.*s&record_id=%lld", STR_ARG(type),
                           (long long)id));
    val_push(arena, list, row);
}

static void shape_line(PageCx *page, Val *row, bool acts)
{
    Arena *arena = page->cx->arena;
    Val *subjects = val_list(arena);
    const Val *ids = val_get(row, "record_ids");
    Str type = val_get_str(row, "record_type");
    i64 id = val_get_int(row, "record_id");
    for (size_t i = 0; i < val_count(ids); i++)
        add_subject(page, subjects, type, val_at(ids, i)->i);
    if (acts && id)
        add_subject(page, subjects, type, id);
    if (str_same(val_get_str(row, "label"), val_get_str(row, "op"))) /* A page has no other name. */
        val_set_z(arena, row, "label", "");
    val_set(arena, row, "subjects", subjects);
    val_set_str(arena, row, "actor", actor_text(page, row));
    val_set_int(arena, row, "money",
                acts ? shape_fact_fen(val_get_str(row, "op"), val_get_int(row, "amount")) : 0);
}

/* Newest first; older ones lie behind `before`. */
static Val *line_paging(PageCx *page, i64 next)
{
    Arena *arena = page->cx->arena;
    bool begun = request_query(page->request, "before").len > 0;
    if (!begun && !next)
        return NULL;
    Val *map = val_map(arena);
    Str before = str_format(arena, "%lld", (long long)next);
    val_set(arena, map, "links", val_list(arena));
    val_set_str(arena, map, "prev_href", begun ? list_href(page, "before", S("")) : S(""));
    val_set_str(arena, map, "next_href", next ? list_href(page, "before", before) : S(""));
    return map;
}

/* What was asked for, and the tab of this page; `limit` is the page's own. */
static Err ask_lines(PageCx *page, Str tab, Val **ret)
{
    const WebPairs *query = &page->request->query;
    NameText *texts = ARENA_NEW(page->cx->arena, NameText, query->count + 2);
    size_t count = 0;
    for (size_t i = 0; i < query->count; i++)
        if (!str_same(query->items[i].name, S("tab")) &&
            !str_same(query->items[i].name, S("limit")))
            texts[count++] = (NameText){query->items[i].name, query->items[i].value};
    texts[count++] = (NameText){S("tab"), tab};
    texts[count++] = (NameText){S("limit"), str_format(page->cx->arena, "%d", LINES_SHOWN)};
    return page_ask(page, "audit.search", texts, count, ret);
}

Err build_audit(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply, *tabs = val_list(arena);
    Str asked = request_query(page->request, "tab");
    bool acts =
        str_same(asked, S("acts")) || (!asked.len && str_same(page->request->path, S("/log")));
    Str tab = acts ? S("acts") : S("views");
    Err e = ask_lines(page, tab, &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++)
        shape_line(page, val_at(items, i), acts);
    add_tab(page, tabs, "views", "page.audit_views", !acts);
    add_tab(page, tabs, "acts", "page.audit_acts", acts);
    list_set(page, reply, 0, false);
    page_put(page, "tabs", tabs);
    page_put(page, "tab", val_str(arena, tab));
    page_put(page, "acts_tab", val_bool(arena, acts));
    page_put(page, "filters", filter_fields(page, "audit.search"));
    page_put(page, "paging", line_paging(page, val_get_int(reply, "next")));
    page_title(page, "page.audit");
    return ERR_OK;
}

/* ---- /admin/accounts, /admin/account/{id} ---- */

static void shape_account(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    Str state = val_get_str(row, "state");
    val_set_str(arena, row, "org", val_get_str(row, "org"));
    val_set_bool(arena, row, "is_open", str_same(state, S("open")));
    val_set_bool(arena, row, "is_locked", str_same(state, S("locked")));
    val_set_bool(arena, row, "is_closed", str_same(state, S("closed")));
}

Err build_accounts(PageCx *page)
{
    Val *reply;
    Err e = page_ask_query(page, "account.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++)
        shape_account(page, val_at(items, i));
    list_set(page, reply, 0, false);
    page_put(page, "filters", filter_fields(page, "account.list"));
    page_put(page, "tab", NULL);
    page_title(page, "page.accounts");
    return ERR_OK;
}

static void add_act(PageCx *page, Val *acts, const char *name, const char *key, i64 id, Str back,
                    bool asks)
{
    Arena *arena = page->cx->arena;
    const Op *op = op_find(house_of(page->cx), str_from(name));
    Buf href = buf_new(arena);
    if (asks) {
        buf_format(&href, "/form/%s?%s=%lld&back=", name, key, (long long)id);
        buf_url(&href, back);
    }
    val_push(arena, acts, shape_act(page, op, buf_str(&href)));
}

static void shape_grants(PageCx *page, Val *grants, Str back)
{
    Arena *arena = page->cx->arena;
    for (size_t i = 0; i < val_count(grants); i++) {
        Val *row = val_at(grants, i);
        Str op = val_get_str(row, "end_op");
        Buf href = buf_new(arena);
        if (op.len) {
            buf_format(&href, "/form/%.*s?id=%lld&back=", STR_ARG(op),
                       (long long)val_get_int(row, "id"));
            buf_url(&href, back);
        }
        val_set_str(arena, row, "org", val_get_str(row, "org"));
        val_set_str(arena, row, "end_href", buf_str(&href));
    }
}

Err build_account(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply, *acts = val_list(arena);
    Str back = page->request->path;
    Err e = page_ask_id(page, "account.open", &reply);
    if (e)
        return e;
    Val *account = val_get(reply, "account"), *grants = val_get(reply, "grants");
    shape_account(page, account);
    shape_grants(page, grants, back);
    bool mine = page->cx->actor.account_id == page->id;
    bool closed = val_get_bool(account, "is_closed");
    if (!mine && !closed) {
        add_act(page, acts, "grant.add", "account_id", page->id, back, true);
        add_act(page, acts, "grant.add_admin", "account_id", page->id, back, true);
        if (val_get_bool(account, "is_locked"))
            add_act(page, acts, "account.unlock", "id", page->id, back, false);
        add_act(page, acts, "account.close", "id", page->id, back, false);
    }
    if (!mine && closed)
        add_act(page, acts, "account.reopen", "id", page->id, back, true);
    page_flash_errors(page);
    page_put(page, "account", account);
    page_put(page, "grants", grants);
    page_put(page, "sessions", val_get(reply, "sessions"));
    page_put(page, "history", shape_history(page, val_get(reply, "history")));
    page_put(page, "acts", acts);
    page_put(page, "mine", val_bool(arena, mine));
    page_put(page, "id", val_int(arena, page->id));
    page_put(page, "title", val_str(arena, val_get_str(account, "login")));
    return ERR_OK;
}

/* ---- /admin/approvals ---- */

/* A person, by number and masked name. */
static Err name_of(PageCx *page, i64 account_id, Str *ret)
{
    Str name = S("");
    Err e = account_id ? account_name(page->cx, account_id, &name) : ERR_OK;
    Str masked = mask_personal(page->cx->arena, name);
    *ret = account_id
               ? str_format(page->cx->arena, "#%lld %.*s", (long long)account_id, STR_ARG(masked))
               : S("");
    return e;
}

/* What a reference points to, for the second person to judge by; '' when it has no name. */
static Err ref_text(PageCx *page, const Field *field, i64 id, Str *ret)
{
    Cx *cx = page->cx;
    RoleGrant grant = {0};
    Str name = S("");
    *ret = S("");
    if (field->ref == &account_type)
        return name_of(page, id, ret);
    if (field->ref == &org_type)
        return org_name(cx, id, ret);
    if (field->ref != &role_grant_type)
        return ERR_OK;
    Err e = record_load(cx, &role_grant_type, id, &grant);
    if (!e)
        e = name_of(page, grant.account_id, &name);
    const Code *role = code_find(&role_codes, grant.role);
    if (!e && role)
        *ret = str_format(cx->arena, "%s %.*s", cx->lang == LANG_EN ? role->en : role->zh,
                          STR_ARG(name));
    return e;
}

/* A value of the input as people read it: codes by their words, times as times. */
static Str asked_text(PageCx *page, const Field *field, const Val *val)
{
    Cx *cx = page->cx;
    Str text = val->kind == VAL_STR ? val->s : S("");
    if (val->kind == VAL_INT && field->kind == F_TIME)
        return time_format(cx->arena, val->i);
    if (val->kind == VAL_INT && field->kind == F_MONEY)
        return money_format(cx->arena, val->i);
    if (val->kind == VAL_INT)
        return str_format(cx->arena, "%lld", (long long)val->i);
    const Code *code = field->kind == F_CODE ? code_find(field->codes, text) : NULL;
    return code ? str_from(cx->lang == LANG_EN ? code->en : code->zh) : text;
}

static Err asked_words(PageCx *page, const Val *row, Val **ret)
{
    Arena *arena = page->cx->arena;
    const Op *op = op_find(house_of(page->cx), val_get_str(row, "op"));
    Val *list = val_list(arena);
    Str why;
    const Val *input = val_read_json(arena, val_get_str(row, "input"), &why);
    for (size_t i = 0; op && i < op->in_count; i++) {
        const Val *val = val_get(input, op->in[i].name);
        if (!val)
            continue;
        Str text = S("");
        Err e = val->kind == VAL_INT ? ref_text(page, &op->in[i], val->i, &text) : ERR_OK;
        if (e)
            return e;
        Val *word = val_map(arena);
        val_set_z(arena, word, "label", field_label(&op->in[i], page->cx->lang));
        val_set_str(arena, word, "value", text.len ? text : asked_text(page, &op->in[i], val));
        val_push(arena, list, word);
    }
    *ret = list;
    return ERR_OK;
}

static Err shape_approval(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    Str by = S(""), answered = S("");
    Val *words = NULL;
    Err e = name_of(page, val_get_int(row, "asked_by"), &by);
    if (!e)
        e = name_of(page, val_get_int(row, "answered_by"), &answered);
    if (!e)
        e = asked_words(page, row, &words);
    if (e)
        return e;
    shape_row(page, &approval_type, row);
    val_set_str(arena, row, "by", by);
    val_set_str(arena, row, "answered", answered);
    val_set_str(arena, row, "asked_org_name", val_get_str(row, "asked_org_name"));
    val_set(arena, row, "words", words);
    val_set(arena, row, "acts",
            shape_acts(page, val_get(row, "acts"), val_get_int(row, "id"), page->request->path));
    return ERR_OK;
}

Err build_approvals(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    bool all = request_query(page->request, "all").len > 0;
    Err e = page_ask_query(page, "approval.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    e = org_names_add(page->cx, items, "asked_org", "asked_org_name");
    for (size_t i = 0; !e && i < val_count(items); i++)
        e = shape_approval(page, val_at(items, i));
    page_flash_errors(page);
    page_put(page, "items", items);
    page_put(page, "all", val_bool(arena, all));
    page_title(page, "page.approvals");
    return e;
}

/* ---- /admin/permissions ---- */

static const struct {
    const char *name;
    unsigned bit;
} columns[] = {
    {"public", WHO_PUBLIC},     {"signed", WHO_SIGNED},     {"office", WHO_OFFICE},
    {"inventor", WHO_INVENTOR}, {"firm", WHO_FIRM},         {"manager", WHO_MANAGER},
    {"expert", WHO_EXPERT},     {"operator", WHO_OPERATOR}, {"department", WHO_DEPARTMENT},
    {"finance", WHO_FINANCE},   {"liaison", WHO_LIAISON},   {"centre", WHO_CENTRE},
    {"agency", WHO_AGENCY},     {"system", WHO_SYSTEM},     {"security", WHO_SECURITY},
    {"audit", WHO_AUDIT},       {"local", WHO_LOCAL},       {"clock", WHO_CLOCK},
    {"half", WHO_HALF},         {"owner", WHO_OWNER},       {"party", WHO_PARTY},
    {"above", WHO_ABOVE},       {"self", WHO_SELF},         {"binds", WHO_BINDS},
};

static Str column_label(PageCx *page, size_t i)
{
    const Code *role = code_find(&role_codes, str_from(columns[i].name));
    if (role)
        return str_from(page->cx->lang == LANG_EN ? role->en : role->zh);
    char *key = str_z(page->cx->arena, str_format(page->cx->arena, "who.%s", columns[i].name));
    return page_say(page, key);
}

static bool list_has(const Val *list, const char *name)
{
    for (size_t i = 0; i < val_count(list); i++)
        if (str_same_z(val_at(list, i)->s, name))
            return true;
    return false;
}

static void shape_permission(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    Val *cells = val_list(arena);
    for (size_t i = 0; i < COUNT(columns); i++) {
        bool yes = list_has(val_get(row, "roles"), columns[i].name) ||
                   list_has(val_get(row, "relations"), columns[i].name);
        Val *cell = val_map(arena);
        val_set_bool(arena, cell, "yes", yes);
        val_set_str(arena, cell, "label", column_label(page, i));
        val_push(arena, cells, cell);
    }
    val_set(arena, row, "cells", cells);
    val_set_str(arena, row, "label", val_get_str(row, "label"));
    if (!val_get(row, "asks"))
        val_set(arena, row, "asks", val_list(arena));
}

static bool permission_fits(const Val *row, Str noun, Str who, Str kind)
{
    Str op = val_get_str(row, "op");
    bool fits = !noun.len || str_has(op, noun);
    char z[32];
    if (fits && who.len && who.len < sizeof z) {
        memcpy(z, who.data, who.len);
        z[who.len] = 0;
        fits = list_has(val_get(row, "roles"), z) || list_has(val_get(row, "relations"), z);
    }
    return fits && (!kind.len || str_same(val_get_str(row, "kind"), kind));
}

static void add_option(PageCx *page, Val *list, const char *code, Str label, Str chosen)
{
    Arena *arena = page->cx->arena;
    Val *option = val_map(arena);
    val_set_z(arena, option, "code", code);
    val_set_str(arena, option, "label", label);
    val_set_bool(arena, option, "chosen", str_same_z(chosen, code));
    val_push(arena, list, option);
}

static void permission_filters(PageCx *page, Str who, Str kind)
{
    static const char *const kinds[] = {"read", "write", "steps", "page", "address"};
    Arena *arena = page->cx->arena;
    Val *heads = val_list(arena), *whos = val_list(arena), *ways = val_list(arena);
    add_option(page, whos, "", page_say(page, "page.all"), who);
    add_option(page, ways, "", page_say(page, "page.all"), kind);
    for (size_t i = 0; i < COUNT(columns); i++) {
        add_option(page, whos, columns[i].name, column_label(page, i), who);
        val_push(arena, heads, val_str(arena, column_label(page, i)));
    }
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char *key = str_z(arena, str_format(arena, "page.permission_%s", kinds[i]));
        add_option(page, ways, kinds[i], page_say(page, key), kind);
    }
    page_put(page, "heads", heads);
    page_put(page, "whos", whos);
    page_put(page, "kinds", ways);
}

Err build_permissions(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply, *items = val_list(arena);
    Str noun = str_trim(request_query(page->request, "op"));
    Str who = request_query(page->request, "who"), kind = request_query(page->request, "kind");
    Err e = page_ask(page, "api.permissions", NULL, 0, &reply);
    if (e)
        return e;
    Val *all = val_get(reply, "items");
    app_permissions(page->cx, all);
    for (size_t i = 0; i < val_count(all); i++) {
        if (!permission_fits(val_at(all, i), noun, who, kind))
            continue;
        shape_permission(page, val_at(all, i));
        val_push(arena, items, val_at(all, i));
    }
    permission_filters(page, who, kind);
    page_put(page, "items", items);
    page_put(page, "total", val_int(arena, (i64)val_count(items)));
    page_put(page, "op_asked", val_str(arena, noun));
    page_title(page, "page.permissions");
    return ERR_OK;
}

/* ---- /admin/policy, /admin/system ---- */

Err build_policy(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask(page, "policy.show", NULL, 0, &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        val_set_bool(arena, row, "given", str_same(val_get_str(row, "from"), S("file")));
        val_set_bool(arena, row, "differs",
                     !str_same(val_get_str(row, "value"), val_get_str(row, "usual")));
    }
    page_put(page, "items", items);
    page_put(page, "file", val_get(reply, "file"));
    page_title(page, "page.policy");
    return ERR_OK;
}

static Val *size_text(PageCx *page, i64 bytes)
{
    Arena *arena = page->cx->arena;
    i64 tenths = bytes * 10 / (1024 * 1024);
    if (tenths >= 10240)
        return val_str(arena, str_format(arena, "%lld.%lld GB", (long long)(tenths / 10240),
                                         (long long)(tenths % 10240 * 10 / 10240)));
    return val_str(arena, str_format(arena, "%lld.%lld MB", (long long)(tenths / 10),
                                     (long long)(tenths % 10)));
}

Err build_system(PageCx *page)
{
    static const char *const keys[] = {"version",      "store",  "hash",   "now_ms", "facts",
                                       "access_lines", "writer", "access", "backup"};
    Val *reply;
    Err e = page_ask(page, "system.show", NULL, 0, &reply);
    if (e)
        return e;
    for (size_t i = 0; i < COUNT(keys); i++)
        page_put(page, keys[i], val_get(reply, keys[i]));
    page_put(page, "store_size", size_text(page, val_get_int(reply, "store_bytes")));
    page_put(page, "free_size", size_text(page, val_get_int(reply, "free_bytes")));
    page_title(page, "page.system");
    return ERR_OK;
}
