/* Deposits: of all firms for the exchange, of one's own, and one by itself. */
#include "web/page_int.h"

#include "auction/deposit.h"

static void fill(PageCx *page, Val *row)
{
    static const char *const texts[] = {"org",       "title",  "way_label",  "payer",    "reason",
                                        "reference", "issuer", "until_date", "payout",   "words",
                                        "ground",    "number", "way",        "file_hash"};
    static const char *const ints[] = {"amount_fen",    "shown_fen",     "held_fen", "released_fen",
                                       "offset_fen",    "forfeited_fen", "left_fen", "due_ms",
                                       "held_ms",       "disputed_ms",   "ended_ms", "hours_left",
                                       "difference_fen"};
    Arena *arena = page->cx->arena;
    for (size_t i = 0; i < COUNT(texts); i++)
        val_set_str(arena, row, texts[i], val_get_str(row, texts[i]));
    for (size_t i = 0; i < COUNT(ints); i++)
        val_set_int(arena, row, ints[i], val_get_int(row, ints[i]));
    shape_row(page, &deposit_type, row);
    val_set_int(arena, row, "hours_late",
                val_get_bool(row, "overdue") ? -val_get_int(row, "hours_left") : 0);
    val_set_bool(arena, row, "has_slip", val_get_str(row, "file_hash").len > 0);
}

static void put_state_tabs(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *tabs = val_list(arena);
    Str here = request_query(page->request, "state");
    for (size_t i = 0; i <= deposit_flow.state_count; i++) {
        const FlowState *state = i ? &deposit_flow.states[i - 1] : NULL;
        Str name = str_from(state ? state->name : ""), label = page_say(page, "page.all");
        if (state)
            label = str_from(page->cx->lang == LANG_EN ? state->en : state->zh);
        Val *tab = val_map(arena);
        val_set_str(arena, tab, "label", label);
        val_set_str(arena, tab, "href", list_href(page, "state", name));
        val_set_bool(arena, tab, "here", str_same(here, name));
        val_push(arena, tabs, tab);
    }
    page_put(page, "tabs", tabs);
}

static Err put_list(PageCx *page)
{
    Val *reply = NULL;
    Err e = page_ask_query(page, "deposit.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++)
        fill(page, val_at(items, i));
    put_state_tabs(page);
    list_set(page, reply, 0, false);
    page_put(page, "picks", val_bool(page->cx->arena, page_allowed(page, "deposit.release")));
    page_put(page, "money", val_get(reply, "money"));
    page_put(page, "letters", val_get(reply, "letters"));
    page_put(page, "overdue_count", val_get(reply, "overdue"));
    page_flash_errors(page);
    page_title(page, "page.deposits");
    return ERR_OK;
}

/* Payments that belong to no deposit: to be given back. */
static Err put_alone(PageCx *page)
{
    Val *reply = NULL;
    const NameText text = {S("alone"), S("1")};
    Err e = page_ask(page, "payment.list", &text, 1, &reply);
    if (e)
        return e;
    page_put(page, "payments", val_get(reply, "items"));
    return ERR_OK;
}

Err build_deposits(PageCx *page)
{
    Err e = put_list(page);
    if (e)
        return e;
    Str state = request_query(page->request, "state");
    Buf href = buf_new(page->cx->arena);
    buf_z(&href, "/deposits.xlsx?state=");
    buf_url(&href, state);
    page_put(page, "xlsx_href", val_str(page->cx->arena, buf_str(&href)));
    return put_alone(page);
}

Err build_my_deposits(PageCx *page)
{
    return put_list(page);
}

/* The op's fields but those that the template gives by hand, and the way that is the bank's. */
static Val *slip_fields(PageCx *page)
{
    Arena *arena = page->cx->arena;
    const Val *all = form_fields(page, "deposit.submit", &(WebPairs){0});
    Val *fields = val_list(arena);
    for (size_t i = 0; i < val_count(all); i++) {
        Val *field = val_at(all, i), *options = val_list(arena);
        Str name = val_get_str(field, "name");
        if (str_same(name, S("id")) || str_same(name, S("file_hash")))
            continue;
        const Val *given = val_get(field, "options");
        for (size_t o = 0; o < val_count(given); o++)
            if (!str_same(val_get_str(val_at(given, o), "code"), S("payment")))
                val_push(arena, options, val_at(given, o));
        val_set(arena, field, "options", options);
        val_push(arena, fields, field);
    }
    return fields;
}

static Val *without_submit(PageCx *page, const Val *acts)
{
    Val *list = val_list(page->cx->arena);
    for (size_t i = 0; i < val_count(acts); i++)
        if (!str_same(val_get_str(val_at(acts, i), "action"), S("submit")))
            val_push(page->cx->arena, list, val_at(acts, i));
    return list;
}

Err build_deposit(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply = NULL;
    Str back = str_format(arena, "/deposit/%lld", (long long)page->id);
    Err e = page_ask_id(page, "deposit.show", &reply);
    if (e)
        return e;
    Val *deposit = val_get(reply, "deposit");
    fill(page, deposit);
    bool due = str_same(val_get_str(deposit, "state"), S("due"));
    bool shows = due && page_allowed(page, "deposit.submit") && !val_get_bool(deposit, "lot_over");
    page_put(page, "deposit", deposit);
    if (page_allowed(page, "deposit.submit")) /* The page has its form, with the file. */
        val_set(arena, reply, "acts", without_submit(page, val_get(reply, "acts")));
    shape_page(page, reply, back);
    if (val_get_int(deposit, "disputed_ms") && page_allowed(page, "deposit.free")) {
        const Op *op = op_find(house_of(page->cx), S("deposit.free"));
        Buf href = buf_new(arena);
        buf_format(&href, "/form/deposit.free?id=%lld&back=", (long long)page->id);
        buf_url(&href, back);
        val_push(arena, val_get(page->data, "acts"), shape_act(page, op, buf_str(&href)));
    }
    page_put(page, "fields", shows ? slip_fields(page) : val_list(arena));
    page_put(page, "shows", val_bool(arena, shows));
    page_put(page, "operates", val_bool(arena, page_allowed(page, "payment.list")));
    page_title(page, "page.deposit_one");
    return ERR_OK;
}
