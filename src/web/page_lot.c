/* The hall, and the page of a lot in every mode: what stands, what the reader may do now, the rules
 * in plain words, and what its script counts with. */
#include "web/page_int.h"

#include "auction/auction.h"
#include "command/settings.h"
#include "fact/fact.h"
#include "registry/registry.h"

#include <string.h>

enum { BID_KEY_BYTES = 16, LIVE_LOTS = 12, COMING_LOTS = 6 };

/* ---- words ---- */

static Str say(PageCx *page, const char *key, const Str *args, size_t count)
{
    return text_say(page->cx->arena, page->cx->lang, key, args, count);
}

/* 5 minutes, 90 seconds, 2 hours. */
static Str span_say(PageCx *page, i64 ms)
{
    static const struct {
        i64 ms;
        const char *key;
    } units[] = {
        {86400000, "page.span_days"}, {3600000, "page.span_hours"}, {60000, "page.span_min"}};
    i64 unit_ms = 1000;
    const char *key = "page.span_s";
    for (size_t i = 0; i < COUNT(units) && unit_ms == 1000; i++)
        if (ms >= units[i].ms && ms % units[i].ms == 0) {
            unit_ms = units[i].ms;
            key = units[i].key;
        }
    Str number = str_format(page->cx->arena, "%lld", (long long)(ms / unit_ms));
    return say(page, key, &number, 1);
}

static Str yuan(PageCx *page, i64 fen)
{
    return money_format(page->cx->arena, fen);
}

static Str count_say(PageCx *page, i64 n)
{
    return str_format(page->cx->arena, "%lld", (long long)n);
}

static Str name_of(const Val *lot, const char *key, Str other)
{
    Str name = val_get_str(lot, key);
    return name.len ? name : other;
}

/* The words for a code that a member of the lot holds. */
static Str code_say(PageCx *page, const char *list, Str name)
{
    const CodeList *codes = codes_find(house_of(page->cx), str_from(list));
    const Code *code = codes ? code_find(codes, name) : NULL;
    if (!code)
        return S("");
    return str_from(page->cx->lang == LANG_EN ? code->en : code->zh);
}

/* ---- the rules ---- */

typedef struct Rules {
    PageCx *page;
    const Val *lot;
    Val *list;
} Rules;

static void rule(Rules *rules, const char *key, const Str *args, size_t count)
{
    val_push(rules->page->cx->arena, rules->list,
             val_str(rules->page->cx->arena, say(rules->page, key, args, count)));
}

static void rule_if(Rules *rules, bool holds, const char *key, Str arg)
{
    if (holds)
        rule(rules, key, &arg, 1);
}

static i64 term(const Rules *rules, const char *name)
{
    return val_get_int(rules->lot, name);
}

/* A flag of the terms; the store keeps it as 0 or 1. */
static bool has(const Rules *rules, const char *name)
{
    return val_get_bool(rules->lot, name) || val_get_int(rules->lot, name) != 0;
}

/* "50000000:1000000": from a price on another step. */
static void rule_tier(Rules *rules, Str tier)
{
    i64 from = 0, step = 0;
    size_t colon = str_find(tier, S(":"));
    if (!str_to_i64(str_slice(tier, 0, colon), &from) ||
        !str_to_i64(str_slice(tier, colon + 1, tier.len), &step))
        return;
    const Str args[] = {yuan(rules->page, from), yuan(rules->page, step)};
    rule(rules, "page.rule_tier", args, COUNT(args));
}

static void rules_ascending(Rules *rules)
{
    PageCx *page = rules->page;
    Str step = yuan(page, term(rules, "step_fen")), start = yuan(page, term(rules, "start_fen"));
    Str times[] = {span_say(page, term(rules, "window_ms")),
                   span_say(page, term(rules, "extend_ms"))};
    Str tiers = val_get_str(rules->lot, "tiers"), tier;
    i64 most = term(rules, "extension_max"), hard_ms = term(rules, "hard_end_ms"),
        steps = term(rules, "steps_max");
    rule(rules, has(rules, "strict_step") ? "page.rule_step_strict" : "page.rule_step", &step, 1);
    while (str_split(&tiers, ';', &tier))
        rule_tier(rules, tier);
    rule_if(rules, steps > 0, "page.rule_steps_max", count_say(page, steps));
    rule(rules, has(rules, "first_above") ? "page.rule_first_above" : "page.rule_first", &start, 1);
    rule(rules, has(rules, "self_raise") ? "page.rule_self" : "page.rule_no_self", NULL, 0);
    rule(rules, "page.rule_extend", times, COUNT(times));
    rule_if(rules, most > 0, "page.rule_extend_max", count_say(page, most));
    rule_if(rules, hard_ms > 0, "page.rule_hard_end", time_format(page->cx->arena, hard_ms));
    rule(rules, "page.rule_ten", NULL, 0);
}

static void rules_quotes(Rules *rules)
{
    i64 again_ms = term(rules, "requote_ms");
    rule(rules, has(rules, "quote_once") ? "page.rule_once" : "page.rule_replace", NULL, 0);
    rule_if(rules, again_ms > 0, "page.rule_requote", span_say(rules->page, again_ms));
    if (!again_ms)
        rule(rules, "page.rule_tie", NULL, 0);
    if (has(rules, "second_price"))
        rule(rules, "page.rule_second", NULL, 0);
}

static void rules_falling(Rules *rules)
{
    PageCx *page = rules->page;
    const Str args[] = {yuan(page, term(rules, "start_fen")),
                        span_say(page, term(rules, "drop_every_ms")),
                        yuan(page, term(rules, "drop_fen")), yuan(page, term(rules, "floor_fen"))};
    rule(rules, "page.rule_falls", args, COUNT(args));
}

static void rules_mode(Rules *rules, Str mode)
{
    PageCx *page = rules->page;
    const Str hybrid[] = {span_say(page, term(rules, "sealed_ms")),
                          span_say(page, term(rules, "best_ms"))};
    const Str rounds[] = {count_say(page, term(rules, "rounds")),
                          span_say(page, term(rules, "round_ms")),
                          yuan(page, term(rules, "step_fen"))};
    const Str fixed = yuan(page, term(rules, "start_fen"));
    if (str_same(mode, S("ascending"))) {
        rules_ascending(rules);
    } else if (str_same(mode, S("sealed"))) {
        rule(rules, "page.rule_sealed", NULL, 0);
        rules_quotes(rules);
    } else if (str_same(mode, S("rounds"))) {
        rule(rules, "page.rule_rounds", rounds, COUNT(rounds));
        rules_quotes(rules);
    } else if (str_same(mode, S("dutch"))) {
        rules_falling(rules);
        rule(rules, "page.rule_first_takes", NULL, 0);
    } else if (str_same(mode, S("hybrid"))) {
        rules_falling(rules);
        rule(rules, "page.rule_hybrid", hybrid, COUNT(hybrid));
    } else {
        rule(rules, "page.rule_fixed", &fixed, 1);
    }
}

static Val *rules_of(PageCx *page, const Val *lot, Str mode)
{
    static const char *const priorities[][2] = {{"inline", "page.rule_right_inline"},
                                                {"once", "page.rule_right_once"},
                                                {"post", "page.rule_right_post"}};
    Rules rules = {page, lot, val_list(page->cx->arena)};
    Str priority = val_get_str(lot, "priority"), post = span_say(page, term(&rules, "post_ms"));
    i64 units = term(&rules, "units"), least = term(&rules, "bidder_min");
    Str basis = code_say(page, "lot_basis", val_get_str(lot, "basis"));
    rule_if(&rules, basis.len > 0, "page.rule_basis", basis);
    rules_mode(&rules, mode);
    rule_if(&rules, units > 1, "page.rule_units", count_say(page, units));
    rule(&rules, val_get_bool(lot, "has_reserve") ? "page.rule_reserve" : "page.rule_no_reserve",
         NULL, 0);
    rule_if(&rules, least > 1, "page.rule_bidder_min", count_say(page, least));
    for (size_t i = 0; i < COUNT(priorities); i++)
        rule_if(&rules, str_same_z(priority, priorities[i][0]), priorities[i][1], post);
    rule(&rules, "page.rule_time", NULL, 0);
    return rules.list;
}

/* ---- stages ---- */

static void stage_add(PageCx *page, Val *list, Str label, bool done, bool here)
{
    Val *item = val_map(page->cx->arena);
    val_set_str(page->cx->arena, item, "label", label);
    val_set_bool(page->cx->arena, item, "done", done);
    val_set_bool(page->cx->arena, item, "here", here);
    val_push(page->cx->arena, list, item);
}

/* Of a lot that is one stage long: none. */
static Val *stages_of(PageCx *page, const Val *lot, Str mode, Str stage, bool over)
{
    static const char *const names[][2] = {{"dutch", "page.stage_dutch"},
                                           {"sealed", "page.stage_sealed"},
                                           {"best", "page.stage_best"}};
    Val *list = val_list(page->cx->arena);
    i64 rounds = val_get_int(lot, "rounds"), round = val_get_int(lot, "round");
    size_t here = over ? COUNT(names) : COUNT(names) + 1; /* Not begun: none. */
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_same_z(stage, names[i][0]))
            here = i;
    bool hybrid = str_same(mode, S("hybrid")), begun = over || here < COUNT(names);
    for (size_t i = 0; hybrid && i < COUNT(names); i++)
        stage_add(page, list, page_say(page, names[i][1]), begun && i < here, i == here);
    for (i64 i = 1; str_same(mode, S("rounds")) && i <= rounds; i++) {
        Str number = count_say(page, i);
        bool now = begun && !over && i == round + 1;
        stage_add(page, list, say(page, "page.stage_round", &number, 1),
                  begun && (over || i <= round), now);
    }
    return list;
}

/* Which form the reader gets while the lot is open. */
static const char *panel_name(Str mode, Str stage)
{
    if (str_same(stage, S("best")))
        return "best";
    if (str_same(stage, S("dutch")) || str_same(mode, S("dutch")) || str_same(mode, S("fixed")))
        return "take";
    if (str_same(stage, S("sealed")) || str_same(mode, S("sealed")) || str_same(mode, S("rounds")))
        return "sealed";
    return str_same(mode, S("hybrid")) ? "take" : "bid";
}

static Val *one_of(PageCx *page, const char *const *names, size_t count, Str name)
{
    Val *map = val_map(page->cx->arena);
    for (size_t i = 0; i < count; i++)
        val_set_bool(page->cx->arena, map, names[i], str_same_z(name, names[i]));
    return map;
}

/* ---- what the script counts with ---- */

static Val *words_of(PageCx *page)
{
    static const char *const names[][2] = {
        {"amount", "page.bid_words"},
        {"sealed", "page.quote_words"},
        {"change", "page.quote_change_words"},
        {"take", "page.take_words"},
        {"best", "page.best_words"},
        {"leading", "page.leading"},
        {"behind", "page.behind"},
        {"not_bid_yet", "page.not_bid_yet"},
        {"done", "page.bid_done_words"},
        {"ten", "page.bid_ten_words"},
        {"take_sure", "page.take_sure_words"},
        {"retract_sure", "page.retract_sure"},
        {"lost", "page.link_lost"},
        {"back", "page.link_back"},
        {"extended", "page.extended_words"},
        {"now", "page.price_now_words"},
        {"fell", "page.price_fell_words"},
        {"again", "page.bid_again"},
        {"failed", "page.bid_failed"},
        {"leader", "page.leader_words"},
        {"own", "page.bid_mine"},
        {"last_minute", "page.last_minute"},
        {"drift", "page.drift_words"},
        {"drift_far", "page.drift_far_words"},
        {"link", "page.link_words"},
        {"link_try", "page.link_try"},
        {"left", "page.left"},
        {"opens", "page.left_to_open"},
        {"falls_to", "page.falls_to_words"},
        {"floor", "page.falls_no_more"},
        {"ended", "page.ended"},
        {"deal_price", "page.deal_price"},
        {"sold_to", "page.sold_to_words"},
        {"bids_between", "page.bids_between_words"},
        {"opened", "page.lot_opened"},
        {"read_anew", "page.read_anew"},
    };
    Arena *arena = page->cx->arena;
    Val *map = val_map(arena), *states = val_map(arena);
    for (size_t i = 0; i < COUNT(names); i++)
        val_set_str(arena, map, names[i][0], page_say(page, names[i][1]));
    for (size_t i = 0; i < lot_flow.state_count; i++)
        val_set_z(arena, states, lot_flow.states[i].name,
                  flow_label(&lot_flow, (i64)i, page->cx->lang));
    val_set(arena, map, "states", states);
    return map;
}

static Val *live_of(PageCx *page, const Val *reply, const Val *lot, const Val *mine, i64 last)
{
    static const char *const numbers[] = {
        "id",           "price_fen", "next_fen",  "step_fen",     "start_fen", "open_ms",
        "end_ms",       "leader_no", "bid_count", "bidder_count", "drop_fen",  "drop_every_ms",
        "next_drop_ms", "floor_fen", "round",     "left_units"};
    Arena *arena = page->cx->arena;
    Val *map = val_map(arena);
    Str state = val_get_str(lot, "state");
    for (size_t i = 0; i < COUNT(numbers); i++)
        val_set_int(arena, map, numbers[i], val_get_int(lot, numbers[i]));
    val_set_str(arena, map, "state", state);
    val_set_str(arena, map, "stage", name_of(lot, "stage", state));
    val_set_str(arena, map, "mode", name_of(lot, "mode", S("ascending")));
    val_set_int(arena, map, "now_ms", val_get_int(reply, "now_ms"));
    val_set_int(arena, map, "no", val_get_int(mine, "no"));
    val_set_bool(arena, map, "takes_part", mine || (page->cx->actor.roles & WHO_OPERATOR));
    val_set_int(arena, map, "last", last);
    val_set(arena, map, "words", words_of(page));
    return map;
}

/* ---- the page ---- */

static Val *shape_mine(PageCx *page, Val *mine)
{
    if (!mine || mine->kind != VAL_MAP)
        return NULL;
    val_set(page->cx->arena, mine, "is",
            shape_is(page, &lot_bidder_flow, val_get_str(mine, "state")));
    return mine;
}

/* Marks the reader's own; true when there is one: only who has bid can be topped. */
static bool shape_bids(PageCx *page, Val *bids, const Val *mine)
{
    i64 no = val_get_int(mine, "no");
    bool any = false;
    for (size_t i = 0; i < val_count(bids); i++) {
        Val *bid = val_at(bids, i);
        bool own = no && val_get_int(bid, "no") == no;
        val_set_bool(page->cx->arena, bid, "is_mine", own);
        val_set_str(page->cx->arena, bid, "receipt_href",
                    str_format(page->cx->arena, "/lot/%lld/receipt?n=%lld", (long long)page->id,
                               (long long)val_get_int(bid, "n")));
        any = any || own;
    }
    return any;
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

static void put_mode(PageCx *page, Val *lot, bool over)
{
    static const char *const modes[] = {"ascending", "sealed", "dutch",
                                        "hybrid",    "rounds", "fixed"};
    static const char *const panels[] = {"bid", "sealed", "take", "best"};
    Arena *arena = page->cx->arena;
    Str mode = name_of(lot, "mode", S("ascending"));
    Str stage = name_of(lot, "stage", val_get_str(lot, "state"));
    const char *panel = panel_name(mode, stage);
    bool secret = strcmp(panel, "sealed") == 0 && !over;
    page_put(page, "how", one_of(page, modes, COUNT(modes), mode));
    page_put(page, "panel", one_of(page, panels, COUNT(panels), str_from(panel)));
    page_put(page, "secret", val_bool(arena, secret));
    page_put(page, "falls",
             val_bool(arena, strcmp(panel, "take") == 0 && !over && !str_same(mode, S("fixed"))));
    page_put(page, "stages", stages_of(page, lot, mode, stage, over));
    page_put(page, "rules", rules_of(page, lot, mode));
    page_put(page, "mode_label", val_str(arena, code_say(page, "lot_mode", mode)));
    bool several = val_get_int(lot, "units") > 1 && !over;
    page_put(page, "left_units", val_int(arena, several ? val_get_int(lot, "left_units") : 0));
}

/* Who takes part but has nothing to do in this stage is told what it waits for; '' for others. */
static Str wait_of(PageCx *page, const Val *lot, const Val *mine)
{
    Str stage = val_get_str(lot, "stage");
    if (!mine || !str_same(val_get_str(lot, "state"), S("open")) || val_get_bool(mine, "may_bid") ||
        val_get_bool(mine, "may_take") || val_get_bool(mine, "may_retract"))
        return S("");
    if (str_same(stage, S("sealed")))
        return page_say(page, val_get_bool(mine, "taker") ? "page.wait_taker" : "page.wait_out");
    return page_say(page, str_same(stage, S("best")) ? "page.wait_best" : "page.wait_end");
}

/* What the form starts with: the least that may be bid, the own quote, or the price. */
static void put_offer(PageCx *page, const Val *lot, const Val *mine)
{
    Arena *arena = page->cx->arena;
    i64 next = val_get_int(mine, "next_fen"), quote = val_get_int(mine, "quote_fen"),
        price = val_get_int(lot, "price_fen");
    if (!next)
        next = val_get_int(lot, "next_fen");
    page_put(page, "waits", val_str(arena, wait_of(page, lot, mine)));
    page_put(page, "quote_fen", val_int(arena, quote));
    page_put(page, "may_retract", val_bool(arena, val_get_bool(mine, "may_retract")));
    page_put(page, "offer_fen", val_int(arena, quote ? quote : next));
    page_put(page, "take_fen", val_int(arena, price ? price : val_get_int(lot, "start_fen")));
}

/* Only who has bid can be topped; of sealed bids the own one is told where it is written. */
static void put_standing(PageCx *page, const Val *lot, const Val *mine, bool has_bid)
{
    Arena *arena = page->cx->arena;
    bool rises = str_same(val_get_str(lot, "mode"), S("ascending"));
    page_put(page, "behind", val_bool(arena, rises && has_bid));
    page_put(page, "not_bid", val_bool(arena, rises && val_get_bool(mine, "may_bid") && !has_bid));
}

Err build_lot(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Str back = str_format(arena, "/lot/%lld", (long long)page->id);
    Val *reply;
    bool can_enter;
    i64 last = 0; /* Before the lot is read: what comes between is told twice rather than never. */
    Err e = fact_last_seq(page->cx, &last);
    if (!e)
        e = page_ask_id(page, "lot.show", &reply);
    if (e)
        return e;
    Val *lot = shape_record(page, &lot_type, val_get(reply, "lot"));
    Val *mine = shape_mine(page, val_get(reply, "me"));
    bool over = is_over(val_get_str(lot, "state"));
    val_set_int(arena, lot, "next_fen", val_get_int(lot, "next_fen"));
    val_set(arena, reply, "acts", without_enter(page, val_get(reply, "acts"), &can_enter));
    bool has_bid = shape_bids(page, val_get(reply, "bids"), mine);
    put_standing(page, lot, mine, has_bid);
    page_put(page, "lot", lot);
    page_put(page, "mine", mine);
    page_put(page, "over", val_bool(arena, over));
    page_put(page, "live", live_of(page, reply, lot, mine, last));
    val_set_bool(arena, val_get(page->data, "live"), "has_bid", has_bid);
    put_mode(page, lot, over);
    put_offer(page, lot, mine);
    page_put(page, "bids", val_get(reply, "bids"));
    page_put(page, "winner", val_get(reply, "winner"));
    page_put(page, "bidders", shape_bidders(page, val_get(reply, "bidders"), back));
    page_put(page, "listing", shape_lot_listing(page, reply, lot));
    page_put(page, "bid_key", val_str(arena, chance_token(page->cx->chance, arena, BID_KEY_BYTES)));
    page_put(page, "prove_first", val_bool(arena, page_prove_first(page)));
    page_put(page, "prove_hours",
             val_int(arena, house_of(page->cx)->settings->second_factor_hours));
    Val *can = val_map(arena);
    val_set_bool(arena, can, "enter", can_enter);
    page_put(page, "can", can);
    e = page_proof(page, over);
    if (e)
        return e;
    shape_page(page, reply, back);
    page_put(page, "title", val_str(arena, val_get_str(lot, "title")));
    e = page_after_lot(page);
    return e ? e : page_lot_apply(page);
}

/* ---- the hall ---- */

static bool in_state(const Val *lot, const char *state)
{
    return val_get_bool(val_get(lot, "is"), state);
}

void shape_lot_card(PageCx *page, Val *lot)
{
    Arena *arena = page->cx->arena;
    Str mode = val_get_str(lot, "mode"), stage = val_get_str(lot, "stage");
    bool staged = str_same(mode, S("hybrid")) && in_state(lot, "open");
    val_set_str(arena, lot, "mode_label", code_say(page, "lot_mode", mode));
    val_set_bool(arena, lot, "secret", in_state(lot, "open") && str_same(stage, S("sealed")));
    val_set_str(arena, lot, "stage_label", staged ? code_say(page, "lot_stage", stage) : S(""));
}

/* Lots of a state, as they come: the reply has those that are live first, then those to come. */
static Val *lots_in(PageCx *page, const Val *items, const char *one, const char *other, size_t most)
{
    Val *list = val_list(page->cx->arena);
    for (size_t i = 0; i < val_count(items) && val_count(list) < most; i++)
        if (in_state(val_at(items, i), one) || in_state(val_at(items, i), other))
            val_push(page->cx->arena, list, val_at(items, i));
    return list;
}

Err build_lots(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    i64 last = 0; /* Before the lots are read, as for a lot. */
    Err e = fact_last_seq(page->cx, &last);
    if (!e)
        e = page_ask_query(page, "lot.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    shape_rows(page, &lot_type, items);
    for (size_t i = 0; i < val_count(items); i++)
        shape_lot_card(page, val_at(items, i));
    list_set(page, reply, 0, false);
    facet_states(page, &lot_flow, ~0u);
    Val *live = lots_in(page, items, "open", "paused", LIVE_LOTS);
    Val *coming = lots_in(page, items, "scheduled", "scheduled", COMING_LOTS);
    i64 next_ms = 0;
    for (size_t i = 0; i < val_count(coming); i++) {
        i64 open_ms = val_get_int(val_at(coming, i), "open_ms");
        next_ms = !next_ms || open_ms < next_ms ? open_ms : next_ms;
    }
    page_put(page, "live", live);
    page_put(page, "coming", coming);
    page_put(page, "any_live", val_bool(arena, val_count(live) > 0));
    page_put(page, "next_ms", val_int(arena, next_ms));
    page_put(page, "last", val_int(arena, last));
    page_title(page, "page.lots");
    return ERR_OK;
}
