/* Joining, a unit's own accounts, experts and managers, rosters. */
#include "web/page_int.h"

#include "people/people.h"

#include <string.h>

/* ---- joining: the applicant's side ---- */

/* Some fields of a form, under the key `key`. */
static void put_fields(PageCx *page, const char *key, const Val *fields, const char *const *names)
{
    Val *list = val_list(page->cx->arena);
    for (; *names; names++)
        for (size_t i = 0; i < val_count(fields); i++)
            if (str_same_z(val_get_str(val_at(fields, i), "name"), *names))
                val_push(page->cx->arena, list, val_at(fields, i));
    page_put(page, key, list);
}

static void put_join_form(PageCx *page, const char *op_name)
{
    static const char *const unit[] = {"name", "kind",       "code", "division",
                                       "city", "supervisor", NULL};
    static const char *const reach[] = {"person", "phone", "email", NULL};
    static const char *const login[] = {"login", "password", NULL};
    static const WebPairs none;
    Val *fields = form_fields(page, op_name, &none);
    put_fields(page, "unit_fields", fields, unit);
    put_fields(page, "reach_fields", fields, reach);
    put_fields(page, "login_fields", fields, login);
}

/* What the button of a form needs. */
static void put_op(PageCx *page, const char *name, const char *back)
{
    Arena *arena = page->cx->arena;
    const Op *op = op_find(house_of(page->cx), str_from(name));
    Val *map = val_map(arena);
    val_set_z(arena, map, "name", name);
    val_set_str(arena, map, "label", page_op_label(page, op));
    val_set_bool(arena, map, "danger", false);
    page_put(page, "op", map);
    page_put(page, "back_href", val_z(arena, back));
}

Err build_join(PageCx *page)
{
    put_join_form(page, "joining.apply");
    put_op(page, "joining.apply", "/");
    page_title(page, "page.join");
    return ERR_OK;
}

static Str typed_claim(PageCx *page)
{
    Str claim = S("");
    const WebPairs *typed = page->typed ? page->typed : &page->request->form;
    web_pairs_find(typed, "claim", &claim);
    return claim;
}

/* The claim code comes with a post, never with an address: addresses are kept in logs. */
Err build_join_status(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Str claim = typed_claim(page);
    Val *reply = NULL, *joining = NULL;
    Err e = claim.len
                ? page_ask(page, "joining.status", (NameText[]){{S("claim"), claim}}, 1, &reply)
                : ERR_OK;
    if (e == ERR_INPUT) { /* Already said above the form. */
        err_clear(page->cx);
        e = ERR_OK;
    }
    if (e)
        return e;
    if (reply)
        joining = shape_record(page, &joining_type, val_get(reply, "joining"));
    put_join_form(page, "joining.resubmit");
    put_op(page, "joining.resubmit", "");
    page_put(page, "joining", joining);
    page_put(page, "stepper", reply ? val_get(reply, "stepper") : val_list(arena));
    page_put(page, "login", val_str(arena, val_get_str(reply, "login")));
    page_put(page, "claim", val_str(arena, claim));
    page_put(page, "can_resubmit", val_bool(arena, val_get_bool(reply, "can_resubmit")));
    page_title(page, "page.join_status");
    return ERR_OK;
}

/* ---- joining: the desk ---- */

/* The states as tabs, each with its count. */
static void put_tabs(PageCx *page, const Val *counts)
{
    Arena *arena = page->cx->arena;
    Val *tabs = val_list(arena);
    Str here = request_query(page->request, "state");
    for (size_t i = 0; i < joining_flow.state_count; i++) {
        const FlowState *state = &joining_flow.states[i];
        Val *tab = val_map(arena);
        Str name = str_from(state->name);
        bool is_here = here.len ? str_same(here, name) : i == JOINING_APPLIED;
        val_set_str(arena, tab, "label",
                    str_from(flow_label(&joining_flow, (i64)i, page->cx->lang)));
        val_set_int(arena, tab, "count", val_get_int(counts, state->name));
        val_set_str(arena, tab, "href", list_href(page, "state", name));
        val_set_bool(arena, tab, "here", is_here);
        val_push(arena, tabs, tab);
    }
    page_put(page, "tabs", tabs);
}

Err build_joinings(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Str state = request_query(page->request, "state");
    bool is_operator = (page->cx->actor.roles & WHO_OPERATOR) != 0;
    Str desk = request_query(page->request, "desk");
    const NameText texts[] = {
        {S("state"), state.len ? state : S("applied")},
        {S("desk"), desk.len || !is_operator ? desk : S("operator")},
        {S("kind"), request_query(page->request, "kind")},
        {S("q"), request_query(page->request, "q")},
        {S("page"), request_query(page->request, "page")},
    };
    Val *reply;
    Err e = page_ask(page, "joining.list", texts, COUNT(texts), &reply);
    if (e)
        return e;
    shape_rows(page, &joining_type, val_get(reply, "items"));
    list_set(page, reply, 0, true);
    list_facet_codes(page, "kind", "page.kind", &joining_kinds);
    if (is_operator)
        list_facet_codes(page, "desk", "page.join_desk", &joining_desks);
    put_tabs(page, val_get(reply, "counts"));
    page_put(page, "picks", val_bool(arena, !state.len || str_same(state, S("applied"))));
    page_title(page, "page.joinings");
    return ERR_OK;
}

Err build_joining(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_query(page, "joining.show", &reply);
    if (e)
        return e;
    Val *joining = shape_record(page, &joining_type, val_get(reply, "joining"));
    Str back = str_format(arena, "/joining/%lld", (long long)page->id);
    page_put(page, "joining", joining);
    page_put(page, "hints", val_get(reply, "hints"));
    page_put(page, "full", val_bool(arena, val_get_bool(reply, "full")));
    page_put(page, "can_full", val_bool(arena, val_get_bool(reply, "can_full")));
    page_put(page, "next_id", val_int(arena, val_get_int(reply, "next_id")));
    shape_page(page, reply, back);
    Val *can = val_map(arena);
    static const char *const steps[] = {"approve", "return", "reject"};
    for (size_t i = 0; i < COUNT(steps); i++)
        val_set_bool(arena, can, steps[i], false);
    const Val *acts = val_get(reply, "acts");
    for (size_t i = 0; i < val_count(acts); i++)
        val_set_bool(arena, can, str_z(arena, val_get_str(val_at(acts, i), "action")), true);
    page_put(page, "can", can);
    page_put(page, "title", val_str(arena, val_get_str(joining, "name")));
    return ERR_OK;
}

/* ---- a unit's own people ---- */

static void shape_accounts(PageCx *page, Val *items)
{
    Arena *arena = page->cx->arena;
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        shape_row(page, &account_type, row);
        if (!val_get(row, "roles"))
            val_set(arena, row, "roles", val_list(arena));
    }
}

/* The unit and its colleges, for a select. */
static Val *unit_options(PageCx *page, const Val *org, const Val *down)
{
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena), *own = val_map(arena);
    val_set_int(arena, own, "id", val_get_int(org, "id"));
    val_set_str(arena, own, "name", val_get_str(org, "name"));
    val_push(arena, list, own);
    for (size_t i = 0; i < val_count(down); i++)
        if (str_same(val_get_str(val_at(down, i), "how"), S("parent")))
            val_push(arena, list, val_at(down, i));
    return list;
}

static Err own_unit(PageCx *page, Val **ret)
{
    Str id = str_format(page->cx->arena, "%lld", (long long)page->cx->actor.org_id);
    return page_ask(page, "org.show", (NameText[]){{S("id"), id}}, 1, ret);
}

Err build_unit(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply, *unit, *delegations;
    Err e = own_unit(page, &unit);
    if (!e)
        e = page_ask(page, "people.accounts", NULL, 0, &reply);
    if (!e)
        e = page_ask(page, "delegation.list", NULL, 0, &delegations);
    if (e)
        return e;
    Val *org = shape_record(page, &org_type, val_get(unit, "org"));
    shape_accounts(page, val_get(reply, "items"));
    page_put(page, "org", org);
    page_put(page, "items", val_get(reply, "items"));
    page_put(page, "roles_within", val_get(reply, "roles_within"));
    page_put(page, "liaisons_max", val_int(arena, val_get_int(reply, "liaisons_max")));
    page_put(page, "units", unit_options(page, org, val_get(unit, "down")));
    page_put(page, "delegations", val_get(delegations, "items"));
    bool colleges = str_same(val_get_str(org, "kind"), S("university")) ||
                    str_same(val_get_str(org, "kind"), S("institute")) ||
                    str_same(val_get_str(org, "kind"), S("hospital")) ||
                    str_same(val_get_str(org, "kind"), S("rnd"));
    page_put(page, "can_college", val_bool(arena, colleges));
    page_flash_errors(page);
    page_title(page, "page.unit");
    return ERR_OK;
}

Err build_unit_add(PageCx *page)
{
    static const WebPairs none;
    Val *unit = NULL;
    Arena *arena = page->cx->arena;
    Err e = own_unit(page, &unit);
    if (e)
        return e;
    Val *org = shape_record(page, &org_type, val_get(unit, "org"));
    page_put(page, "fields", form_fields(page, "people.accounts_add", &none));
    page_put(page, "units", unit_options(page, org, val_get(unit, "down")));
    page_put(page, "org_id", val_int(arena, page->cx->actor.org_id));
    put_op(page, "people.accounts_add", "/unit");
    page_title(page, "page.unit_add");
    return ERR_OK;
}

/* A cell of a sheet: quoted, and no formula. */
static void add_cell(Buf *out, Str cell, bool last)
{
    bool formula = cell.len && strchr("=+-@", cell.data[0]);
    buf_char(out, '"');
    if (formula)
        buf_char(out, '\'');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.data[i] == '"')
            buf_char(out, '"');
        buf_char(out, cell.data[i]);
    }
    buf_z(out, last ? "\"\r\n" : "\",");
}

/* The result as a file, within the page: nothing of it is kept on the server. */
static Str accounts_csv(PageCx *page, const Val *rows)
{
    Buf out = buf_new(page->cx->arena);
    buf_code(&out, 0xFEFF);
    buf_add(&out, page_say(page, "page.accounts_csv_head"));
    buf_z(&out, "\r\n");
    for (size_t i = 0; i < val_count(rows); i++) {
        const Val *row = val_at(rows, i);
        char *key = str_z(page->cx->arena, str_format(page->cx->arena, "page.result_%.*s",
                                                      STR_ARG(val_get_str(row, "result"))));
        add_cell(&out, str_format(page->cx->arena, "%lld", (long long)val_get_int(row, "line")),
                 false);
        add_cell(&out, val_get_str(row, "name"), false);
        add_cell(&out, val_get_str(row, "login"), false);
        add_cell(&out, page_say(page, key), false);
        add_cell(&out, val_get_str(row, "password"), false);
        add_cell(&out, val_get_str(row, "why"), true);
    }
    return buf_str(&out);
}

static void build_accounts_done(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *rows = val_get(page->reply, "rows");
    for (size_t i = 0; i < val_count(rows); i++) {
        Val *row = val_at(rows, i);
        char *key = str_z(
            arena, str_format(arena, "page.result_%.*s", STR_ARG(val_get_str(row, "result"))));
        val_set_str(arena, row, "result_label", page_say(page, key));
    }
    page_put(page, "rows", rows);
    page_put(page, "made", val_int(arena, val_get_int(page->reply, "made")));
    page_put(page, "there", val_int(arena, val_get_int(page->reply, "there")));
    page_put(page, "refused", val_int(arena, val_get_int(page->reply, "refused")));
    page_put(page, "csv", val_str(arena, accounts_csv(page, rows)));
    page_title(page, "page.accounts_done");
}

bool people_once(PageCx *page)
{
    static const struct {
        const char *op, *template_name;
    } rows[] = {{"joining.apply", "join_done"},
                {"joining.status", "join_status"},
                {"joining.resubmit", "join_status"},
                {"people.accounts_add", "accounts_done"},
                {"account.add_below", "accounts_done"}};
    size_t at = 0;
    while (at < COUNT(rows) && strcmp(rows[at].op, page->done_op->name) != 0)
        at++;
    if (at == COUNT(rows))
        return false;
    page->template_name = rows[at].template_name;
    if (at >= 3) {
        build_accounts_done(page);
    } else if (at) {
        Err e = build_join_status(page);
        (void)e; /* The code was right a moment ago; without the record the page asks for it. */
    } else {
        Arena *arena = page->cx->arena;
        page_put(page, "claim", val_str(arena, val_get_str(page->reply, "claim")));
        page_put(page, "name", val_str(arena, val_get_str(page->reply, "name")));
        page_put(page, "desk", val_str(arena, val_get_str(page->reply, "desk")));
        page_title(page, "page.join_done");
    }
    return true;
}

/* ---- experts, managers, rosters ---- */

static Val *split_list(Arena *arena, Str text, char mark)
{
    Val *list = val_list(arena);
    Str part;
    while (str_split(&text, mark, &part))
        if (str_trim(part).len)
            val_push(arena, list, val_str(arena, str_trim(part)));
    return list;
}

/* A reply has lists for lists already; a masked or missing one becomes empty. */
static void shape_lists(PageCx *page, Val *row, const char *const *names)
{
    Arena *arena = page->cx->arena;
    for (; *names; names++) {
        const Val *val = val_get(row, *names);
        if (!val || val->kind == VAL_NULL)
            val_set(arena, row, *names, val_list(arena));
        else if (val->kind == VAL_STR)
            val_set(arena, row, *names, split_list(arena, val->s, ','));
    }
}

static void shape_person(PageCx *page, Val *row)
{
    static const char *const lists[] = {"industry", "ipc", "conflicts", NULL};
    shape_lists(page, row, lists);
    if (!val_get(row, "name_masked"))
        val_set_bool(page->cx->arena, row, "name_masked", false);
}

Err build_people(PageCx *page)
{
    Val *reply;
    Err e = page_ask_query(page, "profile.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    shape_rows(page, &profile_type, items);
    for (size_t i = 0; i < val_count(items); i++)
        shape_person(page, val_at(items, i));
    list_set(page, reply, 0, true);
    list_facet_codes(page, "kind", "page.kind", &profile_kinds);
    list_facet_codes(page, "industry", "page.field", &industry_fields);
    page_put(page, "can_certificates",
             val_bool(page->cx->arena, page_allowed(page, "certificate.expiring")));
    page_title(page, "page.people");
    return ERR_OK;
}

/* Sets person, certificates, work from a reply of profile.show. */
static void put_person(PageCx *page, const Val *reply)
{
    Arena *arena = page->cx->arena;
    Val *person = shape_record(page, &profile_type, val_get(reply, "profile"));
    Val *certificates = val_get(reply, "certificates");
    shape_person(page, person);
    for (size_t i = 0; i < val_count(certificates); i++)
        shape_row(page, &certificate_type, val_at(certificates, i));
    page_put(page, "person", person);
    page_put(page, "certificates", certificates);
    page_put(page, "work", val_get(reply, "work"));
    bool mine = val_get_bool(reply, "mine");
    bool asks = mine || (page->cx->actor.roles & WHO_OPERATOR);
    i64 account_id = asks ? val_get_int(person, "account_id") : 0;
    page_put(page, "mine", val_bool(arena, mine));
    page_put(page, "contributions_of", val_int(arena, account_id));
    page_put(page, "consent_wanted", val_bool(arena, val_get_bool(person, "consent_wanted")));
}

Err build_person(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_id(page, "profile.show", &reply);
    if (e)
        return e;
    put_person(page, reply);
    Str name = val_get_str(val_get(reply, "profile"), "name");
    if (!name.len)
        name = str_format(arena, "%.*s %lld", STR_ARG(page_say(page, "page.person_no")),
                          (long long)page->id);
    page_flash_errors(page);
    page_put(page, "title", val_str(arena, name));
    page_put(page, "id", val_int(arena, page->id));
    return ERR_OK;
}

/* The values of a record as a form's: what the fields of the op begin with. */
static const WebPairs *pairs_of(PageCx *page, const Val *record, const char *const *names)
{
    Arena *arena = page->cx->arena;
    WebPairs *pairs = ARENA_NEW(arena, WebPairs, 1);
    WebPair *items = ARENA_NEW(arena, WebPair, 64);
    size_t count = 0;
    for (; *names; names++) {
        const Val *val = val_get(record, *names);
        size_t many = val && val->kind == VAL_LIST ? val_count(val) : 1;
        for (size_t i = 0; val && i < many && count < 64; i++) {
            const Val *one = val->kind == VAL_LIST ? val_at(val, i) : val;
            Str text = one->kind == VAL_STR   ? one->s
                       : one->kind == VAL_INT ? str_format(arena, "%lld", (long long)one->i)
                       : one->kind == VAL_BOOL && one->b ? S("1")
                                                         : S("");
            if (text.len)
                items[count++] = (WebPair){str_from(*names), text};
        }
    }
    *pairs = (WebPairs){.items = items, .count = count};
    return pairs;
}

Err build_profile(PageCx *page)
{
    static const char *const names[] = {"kind",  "industry",  "ipc",     "title", "employer",
                                        "intro", "conflicts", "visible", "named", NULL};
    static const WebPairs none;
    Arena *arena = page->cx->arena;
    Val *reply = NULL;
    Err e = page_ask(page, "profile.show", NULL, 0, &reply);
    bool there = e == ERR_OK;
    if (e && e != ERR_MISSING)
        return e;
    err_clear(page->cx);
    Val *profile = there ? val_get(reply, "profile") : val_map(arena);
    val_set_bool(arena, profile, "named", val_get_int(profile, "named_ms") != 0);
    page_put(page, "fields", form_fields(page, "profile.edit", pairs_of(page, profile, names)));
    page_put(page, "certificate_fields", form_fields(page, "certificate.add", &none));
    page_put(page, "there", val_bool(arena, there));
    if (there)
        put_person(page, reply);
    else
        page_put(page, "certificates", val_list(arena));
    if (!there)
        page_put(page, "consent_wanted", val_bool(arena, false));
    page_put(page, "profile_id", val_int(arena, val_get_int(profile, "id")));
    put_op(page, "profile.edit", "/me");
    page_title(page, "page.my_profile");
    return ERR_OK;
}

Err build_rosters(PageCx *page)
{
    Val *reply;
    Err e = page_ask_query(page, "roster.list", &reply);
    if (e)
        return e;
    shape_rows(page, &roster_type, val_get(reply, "items"));
    list_set(page, reply, 0, false);
    list_facet_codes(page, "kind", "page.kind", &roster_kinds);
    Val *can = val_map(page->cx->arena);
    val_set_bool(page->cx->arena, can, "add", page_allowed(page, "roster.add"));
    page_put(page, "can", can);
    page_title(page, "page.rosters");
    return ERR_OK;
}

Err build_roster(PageCx *page)
{
    Arena *arena = page->cx->arena;
    static const char *const lists[] = {"field", NULL};
    static const WebPairs none;
    Val *reply;
    Err e = page_ask_id(page, "roster.show", &reply);
    if (e)
        return e;
    Val *roster = shape_record(page, &roster_type, val_get(reply, "roster"));
    Val *members = val_get(reply, "members");
    Str back = str_format(arena, "/roster/%lld", (long long)page->id);
    for (size_t i = 0; i < val_count(members); i++) {
        Val *row = val_at(members, i);
        shape_row(page, &roster_member_type, row);
        shape_lists(page, row, lists);
        val_set_str(arena, row, "title_text", val_get_str(row, "title"));
        val_set(arena, row, "acts",
                shape_acts(page, val_get(row, "acts"), val_get_int(row, "id"), back));
    }
    bool can = val_get_bool(reply, "can_nominate") && page_allowed(page, "member.nominate");
    page_put(page, "roster", roster);
    page_put(page, "members", members);
    page_put(page, "can_nominate", val_bool(arena, can));
    page_put(page, "fields", form_fields(page, "member.nominate", &none));
    put_op(page, "member.nominate", "");
    page_flash_errors(page);
    page_put(page, "id", val_int(arena, page->id));
    page_put(page, "title", val_str(arena, val_get_str(roster, "name")));
    return ERR_OK;
}
