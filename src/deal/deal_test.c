/* deal_test.c - deals on a real store, from the sold lot to the divided income. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/auction_fixture.h"
#include "deal/deal_int.h"

static const Room *const rooms[] = {IDENT_ROOMS, &registry_room, AUCTION_ROOMS, &deal_room};

static int setup(void **state)
{
    static Fixture fixture;
    fixture_open(&fixture, rooms, COUNT(rooms), false);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    const RecordType *const types[] = {&org_type,     &listing_type, &lot_type, &lot_bidder_type,
                                       &lot_log_type, &lot_win_type, &deal_type};
    assert_unbroken(f, types, COUNT(types));
    fixture_close(f);
    return 0;
}

static i64 make_due(Fixture *f, i64 after_ms)
{
    Val *reply = NULL;
    MUST(fixture_call(f, fixture_clock_cx(f, T + after_ms), "deal.make_due", "{}", &reply));
    assert_int_equal(val_count(val_get(reply, "failed")), 0);
    return val_get_int(reply, "made");
}

static Deal deal_now(Fixture *f, i64 id)
{
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    Deal deal;
    MUST(deal_load(&cx, id, &deal));
    return deal;
}

/* The deal of the lot's one winner; 0: there is none. */
static i64 deal_of(Fixture *f, i64 lot_id)
{
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    i64 id = 0;
    MUST(DB_INT(&cx, &id, 0, "SELECT deal_id FROM lot_win WHERE lot_id = ?1", BIND_INT(lot_id)));
    return id;
}

/* FIRM_B buys for 1,000,000 yuan; the deal. */
static i64 sold_deal(Fixture *f)
{
    i64 lot_id = open_lot(f, "");
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    bid(f, lot_id, FIRM_A, 1, YUAN(300000));
    assert_true(val_get_bool(bid(f, lot_id, FIRM_B, 2, YUAN(1000000)), "ok"));
    tick(f, SECONDS(700));
    assert_int_equal(make_due(f, SECONDS(701)), 1);
    i64 deal_id = deal_of(f, lot_id);
    assert_true(deal_id > 0);
    return deal_id;
}

/* One deal for each sold lot, and only one; none for a lot that is not sold. */
static void test_made_once(void **state)
{
    Fixture *f = *state;
    assert_int_equal(make_due(f, 0), 0);
    i64 deal_id = sold_deal(f);
    assert_int_equal(make_due(f, SECONDS(702)), 0);
    Deal deal = deal_now(f, deal_id);
    assert_int_equal(deal.state, DEAL_MADE);
    assert_int_equal(deal.seller_id, SELLER);
    assert_int_equal(deal.buyer_id, FIRM_B);
    assert_int_equal(deal.price_fen, YUAN(1000000));
    assert_true(str_same_z(deal.mode, "assignment"));

    char json[40];
    snprintf(json, sizeof json, "{\"win_id\":%lld}", (long long)deal.win_id);
    assert_int_equal(
        fixture_call(f, fixture_clock_cx(f, T + SECONDS(703)), "deal.make", json, NULL),
        ERR_CONFLICT);
    assert_int_equal(
        fixture_call(f, fixture_cx(f, EXCHANGE, T + SECONDS(703)), "deal.make", json, NULL),
        ERR_DENIED);
}

static void test_not_for_unsold(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    assert_int_equal(fixture_call(f, fixture_clock_cx(f, T), "deal.make", "{\"win_id\":1}", NULL),
                     ERR_MISSING);
    tick(f, 0);
    tick(f, SECONDS(700));
    assert_int_equal(make_due(f, SECONDS(701)), 0);
    assert_int_equal(lot_now(f, lot_id).state, LOT_NOT_SOLD);
    assert_int_equal(deal_of(f, lot_id), 0);
}

static void test_who_sees_it(void **state)
{
    Fixture *f = *state;
    i64 id = sold_deal(f);
    const struct {
        i64 player;
        Err want;
        bool sees_split;
    } cases[] = {{SELLER, ERR_OK, true}, {FIRM_B, ERR_OK, false},  {EXCHANGE, ERR_OK, true},
                 {BUREAU, ERR_OK, true}, {FIRM_A, ERR_MISSING, 0}, {FIRM_C, ERR_MISSING, 0},
                 {0, ERR_SIGN_IN, 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        Val *page = NULL;
        Err e = play(f, cases[i].player, SECONDS(800), "deal.show", &page, "{\"id\":%lld}",
                     (long long)id);
        assert_int_equal(e, cases[i].want);
        if (!e) {
            assert_int_equal(val_get(page, "split") != NULL, cases[i].sees_split);
            assert_int_equal(val_get(val_get(page, "deal"), "costs_fen") != NULL,
                             cases[i].sees_split);
            assert_true(str_same_z(val_get_str(val_get(page, "deal"), "buyer"), "Unit number 3"));
        }
        if (cases[i].player == 0)
            continue;
        MUST(play(f, cases[i].player, SECONDS(800), "deal.list", &page, "{}"));
        assert_int_equal(val_get_int(page, "total"), e == ERR_OK);
        assert_int_equal(val_count(val_get(page, "items")), e == ERR_OK);
        e = play(f, cases[i].player, SECONDS(800), "deal.sign", NULL,
                 "{\"id\":%lld,\"signed_date\":\"2019-01-01\",\"contract_no\":\"X\"}",
                 (long long)id);
        assert_int_equal(e, cases[i].want == ERR_OK ? ERR_INPUT : cases[i].want);
    }
    assert_int_equal(deal_now(f, id).state, DEAL_MADE);
}

/* Signed is not transferred: only the recordal makes it so. */
static void test_life(void **state)
{
    Fixture *f = *state;
    i64 id = sold_deal(f);
    i64 day = SECONDS(24 * 3600);
    assert_int_equal(play(f, SELLER, day, "deal.register", NULL, "{\"id\":%lld,\"reg_no\":\"R-1\"}",
                          (long long)id),
                     ERR_STATE);
    assert_int_equal(play(f, SELLER, day, "deal.finish", NULL, "{\"id\":%lld}", (long long)id),
                     ERR_STATE);

    const struct {
        const char *date, *contract, *field;
    } wrong[] = {{"2026-07-24", "HT-1", "signed_date"}, /* Tomorrow. */
                 {"2026-07-21", "HT-1", "signed_date"}, /* Before the sale. */
                 {"2026-07-23", "", "contract_no"},
                 {"2026-02-30", "HT-1", "signed_date"}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(play(f, SELLER, day, "deal.sign", NULL,
                              "{\"id\":%lld,\"signed_date\":\"%s\",\"contract_no\":\"%s\"}",
                              (long long)id, wrong[i].date, wrong[i].contract),
                         ERR_INPUT);
        assert_true(str_same_z(f->last.err.field, wrong[i].field));
    }
    MUST(play(f, SELLER, day, "deal.sign", NULL,
              "{\"id\":%lld,\"signed_date\":\"2026-07-23\",\"contract_no\":\"HT-1\"}",
              (long long)id));
    assert_int_equal(deal_now(f, id).state, DEAL_SIGNED);
    assert_int_equal(play(f, SELLER, day, "deal.finish", NULL, "{\"id\":%lld}", (long long)id),
                     ERR_STATE);
    assert_int_equal(play(f, SELLER, day, "deal.register", NULL, "{\"id\":%lld,\"reg_no\":\"  \"}",
                          (long long)id),
                     ERR_INPUT);
    assert_int_equal(play(f, SELLER, day, "deal.register", NULL,
                          "{\"id\":%lld,\"reg_no\":\"R-1\",\"evidence\":\"../../etc\"}",
                          (long long)id),
                     ERR_INPUT);
    assert_int_equal(deal_now(f, id).state, DEAL_SIGNED);
    MUST(play(f, FIRM_B, day, "deal.register", NULL, "{\"id\":%lld,\"reg_no\":\"R-1\"}",
              (long long)id));
    Deal deal = deal_now(f, id);
    assert_int_equal(deal.state, DEAL_TRANSFERRED);
    assert_int_equal(deal.reg_date, 20260723);
    assert_int_equal(play(f, EXCHANGE, day, "deal.cancel", NULL, "{\"id\":%lld,\"reason\":\"x\"}",
                          (long long)id),
                     ERR_STATE);
}

static i64 registered_deal(Fixture *f)
{
    i64 id = sold_deal(f), day = SECONDS(24 * 3600);
    MUST(play(f, SELLER, day, "deal.sign", NULL,
              "{\"id\":%lld,\"signed_date\":\"2026-07-22\",\"contract_no\":\"HT-1\"}",
              (long long)id));
    MUST(play(f, SELLER, day, "deal.register", NULL, "{\"id\":%lld,\"reg_no\":\"R-1\"}",
              (long long)id));
    return id;
}

/* Price 1,000,000, costs 60,000, 70 %: 658,000 to the people. */
static void test_income(void **state)
{
    Fixture *f = *state;
    i64 id = registered_deal(f), day = SECONDS(48 * 3600);
    assert_int_equal(play(f, FIRM_B, day, "deal.finish", NULL, "{\"id\":%lld}", (long long)id),
                     ERR_DENIED);
    const struct {
        const char *floor;
        int rate;
    } wrong[] = {{"national", 4999}, {"province", 6999}, {"nowhere", 7000}, {"national", 10001}};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(
            play(f, SELLER, day, "deal.finish", NULL,
                 "{\"id\":%lld,\"costs_fen\":6000000,\"split_floor\":\"%s\",\"rate_bp\":%d}",
                 (long long)id, wrong[i].floor, wrong[i].rate),
            ERR_INPUT);
    MUST(play(f, SELLER, day, "deal.finish", NULL,
              "{\"id\":%lld,\"costs_fen\":6000000,\"split_floor\":\"province\"}", (long long)id));
    Deal deal = deal_now(f, id);
    assert_int_equal(deal.state, DEAL_DONE);
    assert_int_equal(deal.net_fen, YUAN(940000));
    assert_int_equal(deal.pot_fen, YUAN(658000));
    Val *page = NULL;
    MUST(play(f, SELLER, day, "deal.show", &page, "{\"id\":%lld}", (long long)id));
    assert_int_equal(val_count(val_get(page, "split")), 1);
    assert_int_equal(val_get_int(val_at(val_get(page, "split"), 0), "unit_fen"), YUAN(282000));
    assert_int_equal(val_count(val_get(page, "acts")), 0);
    MUST(play(f, FIRM_B, day, "deal.show", &page, "{\"id\":%lld}", (long long)id));
    assert_false(str_has(json_of(f, page), S("65800000"))); /* Not the buyer's business. */
}

static Listing listing_now(Fixture *f)
{
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    Listing listing = {0};
    MUST(record_load(&cx, &listing_type, f->listing_id, &listing));
    return listing;
}

static Err set_mode(Cx *cx, void *arg)
{
    Fixture *f = arg;
    Listing listing = {0};
    Err e = record_load(cx, &listing_type, f->listing_id, &listing);
    listing.mode = S("exclusive");
    return e ? e : fact_change(cx, &listing_type, &listing, (FactNote){.kind = "listing.filed"});
}

static Err sign_until(Fixture *f, i64 id, const char *until)
{
    return play(f, SELLER, SECONDS(24 * 3600), "deal.sign", NULL,
                "{\"id\":%lld,\"signed_date\":\"2026-07-22\",\"contract_no\":\"HT-1\","
                "\"licence_until_date\":\"%s\"}",
                (long long)id, until);
}

static void test_assignment_has_no_end(void **state)
{
    Fixture *f = *state;
    i64 id = sold_deal(f);
    assert_int_equal(sign_until(f, id, "2030-01-01"), ERR_INPUT);
    assert_string_equal(f->last.err.key, "deal.no_licence");
    assert_int_equal(deal_now(f, id).state, DEAL_MADE);
}

/* A licence ends on a day, which its listing learns. */
static void test_licence(void **state)
{
    Fixture *f = *state;
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    MUST(writer_run(f->house.writer, &cx, set_mode, f));
    i64 id = sold_deal(f);
    assert_int_equal(sign_until(f, id, "2026-07-21"), ERR_INPUT);
    assert_string_equal(f->last.err.key, "deal.date_too_early");
    assert_int_equal(listing_now(f).licence_until_date, 0);
    MUST(sign_until(f, id, "2030-01-01"));
    assert_int_equal(deal_now(f, id).licence_until_date, 20300101);
    assert_int_equal(listing_now(f).licence_until_date, 20300101);
    assert_int_equal(listing_now(f).state, LISTING_SOLD);
}

static void test_cancel(void **state)
{
    Fixture *f = *state;
    i64 id = sold_deal(f), day = SECONDS(24 * 3600);
    assert_int_equal(
        play(f, SELLER, day, "deal.cancel", NULL, "{\"id\":%lld,\"reason\":\"x\"}", (long long)id),
        ERR_DENIED);
    MUST(play(f, EXCHANGE, day, "deal.cancel", NULL, "{\"id\":%lld,\"reason\":\"did not pay\"}",
              (long long)id));
    assert_int_equal(deal_now(f, id).state, DEAL_CANCELLED);
    assert_int_equal(listing_now(f).state, LISTING_LISTED); /* On offer again, for another lot. */
    MUST(play(f, EXCHANGE, day, "lot.open", NULL,
              "{\"listing_id\":%lld,\"start_fen\":3500000,\"step_fen\":35000,\"end_ms\":%lld}",
              (long long)f->listing_id, (long long)(T + 2 * day)));
    assert_int_equal(play(f, SELLER, day, "deal.sign", NULL,
                          "{\"id\":%lld,\"signed_date\":\"2026-07-22\",\"contract_no\":\"HT-1\"}",
                          (long long)id),
                     ERR_STATE);
    assert_int_equal(make_due(f, day), 0);
}

/* The flow itself asks for contract and recordal, whoever calls it. */
static void test_guards(void **state)
{
    (void)state;
    const struct {
        Deal deal;
        i64 from;
        const char *action;
        Err want;
    } cases[] = {
        {{0}, DEAL_MADE, "sign", ERR_INPUT},
        {{.contract_no = S("HT-1")}, DEAL_MADE, "sign", ERR_INPUT},
        {{.contract_no = S("HT-1"), .signed_date = 20260722}, DEAL_MADE, "sign", ERR_OK},
        {{.contract_no = S("HT-1")}, DEAL_SIGNED, "register", ERR_INPUT},
        {{.reg_no = S("R-1")}, DEAL_SIGNED, "register", ERR_OK},
        {{.reg_no = S("R-1")}, DEAL_MADE, "register", ERR_STATE},
        {{.reg_no = S("R-1")}, DEAL_SIGNED, "finish", ERR_STATE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Arena arena = {0};
        Cx cx = {.arena = &arena};
        i64 to = -1;
        Err e = flow_step(&cx, &deal_flow, cases[i].from, cases[i].action, WHO_BINDS,
                          &cases[i].deal, &to);
        assert_int_equal(e, cases[i].want);
        assert_int_equal(to >= 0, e == ERR_OK);
        arena_done(&arena);
    }
}

/* The list of codes and the rows of the rule are the same. */
static void test_floor_codes(void **state)
{
    (void)state;
    assert_int_equal(deal_floor_codes.count, split_floor_count);
    for (size_t i = 0; i < split_floor_count; i++) {
        assert_string_equal(deal_floor_codes.codes[i].code, split_floors[i].code);
        assert_string_equal(deal_floor_codes.codes[i].zh, split_floors[i].zh);
        assert_string_equal(deal_floor_codes.codes[i].en, split_floors[i].en);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_made_once),
        CASE(test_not_for_unsold),
        CASE(test_who_sees_it),
        CASE(test_life),
        CASE(test_income),
        CASE(test_cancel),
        CASE(test_assignment_has_no_end),
        CASE(test_licence),
        cmocka_unit_test(test_floor_codes),
        cmocka_unit_test(test_guards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
