/* The pages of one record each. */
#include "web/page_int.h"

#include "auction/auction.h"
#include "command/settings.h"
#include "deal/deal.h"
#include "registry/registry.h"

enum { BID_KEY_BYTES = 16 };

/* "/patent/17" */
static Str own_path(PageCx *page, const char *noun)
{
    return str_format(page->cx->arena, "/%s/%lld", noun, (long long)page->id);
}

static void set_title(PageCx *page, const Val *record, const char *key)
{
    page_put(page, "title", val_str(page->cx->arena, val_get_str(record, key)));
}

static void set_can(PageCx *page, const char *name, bool can)
{
    Val *map = val_map(page->cx->arena);
    val_set_bool(page->cx->arena, map, name, can);
    page_put(page, "can", map);
}

Err build_patent(PageCx *page)
{
    Val *reply;
    Err e = page_ask_id(page, "patent.show", &reply);
    if (e)
        return e;
    Val *patent = shape_record(page, &patent_type, val_get(reply, "patent"));
    page_put(page, "patent", patent);
    page_put(page, "listing", shape_record(page, &listing_type, val_get(reply, "listing")));
    set_can(page, "file", val_get_bool(reply, "can_list") && page_allowed(page, "listing.file"));
    shape_page(page, reply, own_path(page, "patent"));
    set_title(page, patent, "title");
    return page_similar(page, "patent");
}

Err build_achievement(PageCx *page)
{
    Val *reply;
    Err e = page_ask_id(page, "achievement.show", &reply);
    if (e)
        return e;
    Val *record = shape_record(page, &achievement_type, val_get(reply, "achievement"));
    page_put(page, "achievement", record);
    set_can(page, "file", val_get_bool(reply, "mine") && page_allowed(page, "listing.file"));
    shape_page(page, reply, own_path(page, "achievement"));
    set_title(page, record, "title");
    return page_similar(page, "achievement");
}

/* What the operator may do with a listing or a need besides the steps of its flow. */
static void add_item_act(PageCx *page, const char *name, const char *noun, Str back)
{
    const Op *op = op_find(house_of(page->cx), str_from(name));
    Buf href = buf_new(page->cx->arena);
    buf_format(&href, "/form/%s?%s_id=%lld&back=", op->name, noun, (long long)page->id);
    buf_url(&href, back);
    val_push(page->cx->arena, val_get(page->data, "acts"), shape_act(page, op, buf_str(&href)));
}

/* The lot in which a listing is, or was sold; NULL when there is none. */
static Err find_lot(PageCx *page, const Val *listing, Val **ret)
{
    Str state = val_get_str(listing, "state");
    *ret = NULL;
    if (!str_same(state, S("in_lot")) && !str_same(state, S("sold")))
        return ERR_OK;
    Str id = str_format(page->cx->arena, "%lld", (long long)page->id);
    Val *lots;
    Err e = page_ask(page, "lot.list", (NameText[]){{S("listing_id"), id}}, 1, &lots);
    if (!e)
        *ret = val_at(val_get(lots, "items"), 0);
    return e;
}

static bool listed(const Val *record)
{
    return str_same(val_get_str(record, "state"), S("listed"));
}

Err build_listing(PageCx *page)
{
    Val *reply, *lot;
    Str back = own_path(page, "listing");
    Err e = page_ask_id(page, "listing.show", &reply);
    if (!e)
        e = find_lot(page, val_get(reply, "listing"), &lot);
    if (e)
        return e;
    Val *listing = shape_record(page, &listing_type, val_get(reply, "listing"));
    page_put(page, "listing", listing);
    page_put(page, "patent", shape_record(page, &patent_type, val_get(reply, "patent")));
    page_put(page, "lot", shape_record(page, &lot_type, lot));
    page_put(page, "papers", val_get(reply, "papers"));
    page_put(page, "published", shape_record(page, &listing_type, val_get(reply, "published")));
    shape_page(page, reply, back);
    if (val_get_bool(reply, "can_open_lot") && page_allowed(page, "lot.open"))
        add_item_act(page, "lot.open", "listing", back);
    if (listed(listing) && page_allowed(page, "showing.add"))
        add_item_act(page, "showing.add", "listing", back);
    set_title(page, listing, "title");
    return ERR_OK;
}

/* ---- need ---- */

/* A fitting patent or achievement, by what the template names: href, title, org_name, appno. */
static void shape_match(PageCx *page, Val *hit)
{
    Arena *arena = page->cx->arena;
    Str kind = val_get_str(hit, "kind");
    const Val *record = val_get_key(hit, kind);
    bool patent = str_same(kind, S("patent"));
    val_set_str(arena, hit, "href",
                str_format(arena, "/%.*s/%lld", STR_ARG(kind), (long long)val_get_int(hit, "id")));
    val_set_bool(arena, hit, "is_patent", patent);
    val_set_str(arena, hit, "org_name", val_get_str(record, "org"));
    val_set_str(arena, hit, "record_kind", val_get_str(record, "kind"));
    val_set_str(arena, hit, "appno", patent ? val_get_str(record, "appno") : S(""));
    val_set_str(arena, hit, "why_href",
                str_format(arena, "/why?of=need-%lld&to=%.*s-%lld", (long long)page->id,
                           STR_ARG(kind), (long long)val_get_int(hit, "id")));
    if (!val_get(hit, "semantic"))
        val_set(arena, hit, "semantic", val_null(arena));
}

/* For those who may see them; null for everybody else. */
static Err find_matches(PageCx *page, Val **ret)
{
    Val *reply = NULL;
    *ret = NULL;
    if (!page_allowed(page, "need.matches"))
        return ERR_OK;
    Err e = page_ask_id(page, "need.matches", &reply);
    if (e == ERR_MISSING || e == ERR_DENIED) {
        err_clear(page->cx);
        return ERR_OK;
    }
    if (e)
        return e;
    const Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++)
        shape_match(page, val_at(items, i));
    *ret = reply;
    return ERR_OK;
}

Err build_need(PageCx *page)
{
    Val *reply, *matches;
    Err e = page_ask_id(page, "need.show", &reply);
    if (!e)
        e = find_matches(page, &matches);
    if (e)
        return e;
    Val *need = shape_record(page, &need_type, val_get(reply, "need"));
    page_put(page, "need", need);
    page_put(page, "published", shape_record(page, &need_type, val_get(reply, "published")));
    page_put(page, "matches", matches);
    page_put(
        page, "ask_of",
        val_str(page->cx->arena, str_format(page->cx->arena, "need-%lld", (long long)page->id)));
    shape_page(page, reply, own_path(page, "need"));
    if (listed(need) && page_allowed(page, "showing.add"))
        add_item_act(page, "showing.add", "need", own_path(page, "need"));
    set_title(page, need, "title");
    return page_similar(page, "need");
}

/* ---- lot ---- */

static Val *shape_mine(PageCx *page, Val *mine)
{
    if (!mine || mine->kind != VAL_MAP)
        return NULL;
    val_set(page->cx->arena, mine, "is",
            shape_is(page, &lot_bidder_flow, val_get_str(mine, "state")));
    return mine;
}

static void shape_bids(PageCx *page, Val *bids, const Val *mine)
{
    i64 no = val_get_int(mine, "no");
    for (size_t i = 0; i < val_count(bids); i++) {
        Val *bid = val_at(bids, i);
        val_set_bool(page->cx->arena, bid, "is_mine", no && val_get_int(bid, "no") == no);
        val_set_str(page->cx->arena, bid, "receipt_href",
                    str_format(page->cx->arena, "/lot/%lld/receipt?n=%lld", (long long)page->id,
                               (long long)val_get_int(bid, "n")));
    }
}

/* Firms that wait to be admitted, for the operator; their acts go to a form or are posted at once.
 */
static Val *shape_bidders(PageCx *page, Val *bidders, Str back)
{
    Arena *arena = page->cx->arena;
    if (!bidders)
        return val_list(arena);
    for (size_t i = 0; i < val_count(bidders); i++) {
        Val *row = val_at(bidders, i);
        shape_row(page, &lot_bidder_type, row);
        val_set_str(arena, row, "title", val_get_str(row, "org"));
        val_set(arena, row, "acts",
                shape_acts(page, val_get(row, "acts"), val_get_int(row, "id"), back));
    }
    return bidders;
}

/* A listing that this reader may not see any more still has a name and an owner on the lot. */
static Val *shape_lot_listing(PageCx *page, const Val *reply, const Val *lot)
{
    Arena *arena = page->cx->arena;
    Val *listing = val_get(reply, "listing");
    if (!listing || listing->kind != VAL_MAP) {
        listing = val_map(arena);
        val_set_int(arena, listing, "id", val_get_int(lot, "listing_id"));
        val_set_str(arena, listing, "title", val_get_str(lot, "title"));
        val_set_z(arena, listing, "mode", "");
    } else {
        shape_record(page, &listing_type, listing);
    }
    val_set_str(arena, listing, "org_name", val_get_str(lot, "org"));
    return listing;
}

/* Entering has a button of its own beside the price: it is no step of the lot. */
static Val *without_enter(PageCx *page, const Val *acts, bool *ret_found)
{
    Val *list = val_list(page->cx->arena);
    *ret_found = false;
    for (size_t i = 0; i < val_count(acts); i++) {
        bool enter = str_same(val_get_str(val_at(acts, i), "action"), S("enter"));
        *ret_found = *ret_found || enter;
        if (!enter)
            val_push(page->cx->arena, list, val_at(acts, i));
    }
    return list;
}

/* Sold, not sold or cancelled: nobody can bid or enter any more. */
static bool is_over(Str state)
{
    i64 stage = flow_state_find(&lot_flow, state);
    return stage >= 0 && lot_flow.states[stage].kind == FLOW_END;
}

Err build_lot(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Str back = own_path(page, "lot");
    Val *reply;
    bool can_enter;
    Err e = page_ask_id(page, "lot.show", &reply);
    if (e)
        return e;
    Val *lot = shape_record(page, &lot_type, val_get(reply, "lot"));
    Val *mine = shape_mine(page, val_get(reply, "me"));
    val_set_int(arena, lot, "next_fen", val_get_int(lot, "next_fen"));
    val_set(arena, reply, "acts", without_enter(page, val_get(reply, "acts"), &can_enter));
    shape_bids(page, val_get(reply, "bids"), mine);
    page_put(page, "lot", lot);
    page_put(page, "mine", mine);
    page_put(page, "over", val_bool(arena, is_over(val_get_str(lot, "state"))));
    page_put(page, "bids", val_get(reply, "bids"));
    page_put(page, "winner", val_get(reply, "winner"));
    page_put(page, "bidders", shape_bidders(page, val_get(reply, "bidders"), back));
    page_put(page, "listing", shape_lot_listing(page, reply, lot));
    page_put(page, "now_ms", val_get(reply, "now_ms"));
    e = page_proof(page, is_over(val_get_str(lot, "state")));
    if (e)
        return e;
    page_put(page, "bid_key", val_str(arena, chance_token(page->cx->chance, arena, BID_KEY_BYTES)));
    page_put(page, "prove_first", val_bool(arena, page_prove_first(page)));
    page_put(page, "prove_hours",
             val_int(arena, house_of(page->cx)->settings->second_factor_hours));
    set_can(page, "enter", can_enter);
    shape_page(page, reply, back);
    set_title(page, lot, "title");
    Err after = page_after_lot(page);
    return after ? after : page_lot_apply(page);
}

/* ---- deal, org ---- */

Err build_deal(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_id(page, "deal.show", &reply);
    if (e)
        return e;
    Val *deal = shape_record(page, &deal_type, val_get(reply, "deal"));
    Val *split = val_get(reply, "split");
    val_set_str(arena, deal, "seller_name", val_get_str(deal, "seller"));
    val_set_str(arena, deal, "buyer_name", val_get_str(deal, "buyer"));
    page_put(page, "deal", deal);
    page_put(page, "split", split ? split : val_list(arena));
    shape_page(page, reply, own_path(page, "deal"));
    set_title(page, deal, "title");
    return ERR_OK;
}

/* Words for why a unit stands above or below another. */
static void shape_tree(PageCx *page, Val *rows)
{
    Arena *arena = page->cx->arena;
    for (size_t i = 0; i < val_count(rows); i++) {
        Val *row = val_at(rows, i);
        char *key =
            str_z(arena, str_format(arena, "page.tree_%.*s", STR_ARG(val_get_str(row, "how"))));
        val_set_str(arena, row, "how_text", page_say(page, key));
    }
}

static void put_org_around(PageCx *page, const Val *reply)
{
    Arena *arena = page->cx->arena;
    Val *marks = val_get(reply, "marks"), *up = val_get(reply, "up"),
        *down = val_get(reply, "down");
    Str today = date_format(arena, time_date(clock_now_ms(page->cx->clock)));
    for (size_t i = 0; i < val_count(marks); i++) {
        Val *mark = val_at(marks, i);
        Str until = val_get_str(mark, "until_date");
        val_set_bool(arena, mark, "over", until.len && str_order(until, today) < 0);
    }
    shape_tree(page, up);
    shape_tree(page, down);
    page_put(page, "marks", marks);
    page_put(page, "up", up);
    page_put(page, "down", down);
    page_put(page, "has_marks", val_bool(arena, val_count(marks) > 0));
    page_put(page, "has_tree", val_bool(arena, val_count(up) + val_count(down) > 0));
}

/* For the operator: the form of where it stands, as it stands now. */
static Str change_href(PageCx *page, const Val *org)
{
    static const char *const names[] = {"level", "line", "field", "division"};
    Buf href = buf_new(page->cx->arena);
    buf_format(&href, "/form/org.change?id=%lld", (long long)page->id);
    for (size_t i = 0; i < COUNT(names); i++) {
        buf_format(&href, "&%s=", names[i]);
        buf_url(&href, val_get_str(org, names[i]));
    }
    buf_z(&href, "&back=");
    buf_url(&href, own_path(page, "org"));
    return buf_str(&href);
}

Err build_org(PageCx *page)
{
    Arena *arena = page->cx->arena;
    const NameText of_org = {S("org_id"), str_format(arena, "%lld", (long long)page->id)};
    Val *reply, *listings;
    Err e = page_ask_id(page, "org.show", &reply);
    if (!e)
        e = page_ask(page, "listing.list", &of_org, 1, &listings);
    if (e)
        return e;
    Val *org = shape_record(page, &org_type, val_get(reply, "org"));
    page_put(page, "org", org);
    put_org_around(page, reply);
    shape_rows(page, &listing_type, val_get(listings, "items"));
    page_put(page, "listings", val_get(listings, "items"));
    bool operates = (page->cx->actor.roles & WHO_OPERATOR) && !page->cx->actor.for_id;
    page_put(page, "can_contributions", val_bool(arena, operates));
    bool changes = page_allowed(page, "org.change");
    page_put(page, "change_href", val_str(arena, changes ? change_href(page, org) : S("")));
    shape_page(page, reply, own_path(page, "org"));
    set_title(page, org, "name");
    return ERR_OK;
}
