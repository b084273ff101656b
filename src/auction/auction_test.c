/* auction_test.c - lots on a real store, by their ops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "auction/auction_fixture.h"
#include "auction/auction_rules.h"
#include "auction/bid_engine.h"

static const Room *const rooms[] = {IDENT_ROOMS, &registry_room, AUCTION_ROOMS};

static int setup(void **state)
{
    static Fixture fixture;
    fixture_open(&fixture, rooms, COUNT(rooms), false);
    *state = &fixture;
    return 0;
}

static int setup_threaded(void **state)
{
    static Fixture fixture;
    fixture_open(&fixture, rooms, COUNT(rooms), true);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    const RecordType *const types[] = {&org_type,        &listing_type, &lot_type,
                                       &lot_bidder_type, &lot_log_type, &lot_win_type};
    assert_unbroken(f, types, COUNT(types));
    fixture_close(f);
    return 0;
}

static i64 listing_state(Fixture *f)
{
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    Listing listing;
    MUST(record_load(&cx, &listing_type, f->listing_id, &listing));
    return listing.state;
}

static void assert_refused(const Val *reply, const char *reason)
{
    assert_non_null(reply);
    assert_false(val_get_bool(reply, "ok"));
    if (!str_same_z(val_get_str(reply, "reason"), reason))
        print_message("got %.*s\n", STR_ARG(val_get_str(reply, "reason")));
    assert_true(str_same_z(val_get_str(reply, "reason"), reason));
    assert_true(val_get_str(reply, "message").len > 10);
}

/* Entries of all logs. */
#define ENTRIES  "SELECT COALESCE(SUM(count), 0) FROM lot_log"
#define ACCEPTED "SELECT COALESCE(SUM(accepted), 0) FROM lot_log"

static i64 count_of(Fixture *f, const char *sql)
{
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    i64 n = 0;
    MUST(db_int(&cx, sql, NULL, 0, 0, &n));
    return n;
}

/* From the listing to the sale, with an extension on the way. */
static void test_life(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    assert_int_equal(listing_state(f), LISTING_IN_LOT);
    assert_int_equal(admit(f, lot_id, FIRM_B), 1); /* Numbers by admission, not by firm. */
    assert_int_equal(admit(f, lot_id, FIRM_A), 2);

    assert_int_equal(val_get_int(tick(f, -1), "started"), 0);
    assert_int_equal(val_get_int(tick(f, 0), "started"), 1);
    assert_int_equal(lot_now(f, lot_id).state, LOT_OPEN);

    Val *first = bid(f, lot_id, FIRM_A, 1000, YUAN(35000));
    assert_true(val_get_bool(first, "ok"));
    assert_int_equal(val_get_int(first, "seq"), 1);
    assert_int_equal(val_get_int(first, "no"), 2);
    assert_int_equal(val_get_int(first, "next_fen"), YUAN(35350));
    Val *second = bid(f, lot_id, FIRM_B, 599999, YUAN(36000));
    assert_true(val_get_bool(second, "ok"));
    assert_int_equal(val_get_int(second, "end_ms") - T, 779999);

    /* Nothing closes before what was stamped in time has had its chance. */
    assert_int_equal(val_get_int(tick(f, 779999 + LOT_SETTLE_MS - 1), "closed"), 0);
    assert_int_equal(val_get_int(tick(f, 779999 + LOT_SETTLE_MS), "closed"), 1);
    assert_int_equal(val_get_int(tick(f, 779999 + LOT_SETTLE_MS), "closed"), 0);
    Lot lot = lot_now(f, lot_id);
    assert_int_equal(lot.state, LOT_SOLD);
    assert_int_equal(lot.price_fen, YUAN(36000));
    assert_int_equal(lot.closed_ms - T, 779999);
    assert_true(str_same_z(lot.result, "sold"));
    assert_int_equal(listing_state(f), LISTING_SOLD);
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM fact WHERE kind = 'lot.sold'"), 1);
    assert_refused(bid(f, lot_id, FIRM_A, 790000, YUAN(40000)), "CLOSED");

    const char *const kinds[] = {"lot.made", "lot.bidders",  "lot.bidders", "lot.opened",
                                 "lot.led",  "lot.extended", "lot.sold"};
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    Fact *facts;
    size_t count;
    MUST(fact_of_row(&cx, "lot", lot_id, 50, &facts, &count));
    assert_int_equal(count, COUNT(kinds));
    for (size_t i = 0; i < count; i++)
        assert_true(str_same_z(facts[count - 1 - i].kind, kinds[i]));
}

/* A refused bid is kept with its reason and leaves the lot as it is. */
static void test_refusals(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, ",\"strict_step\":true");
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    Val *reply = NULL;
    MUST(play(f, FIRM_C, -10, "lot.enter", &reply, "{\"lot_id\":%lld}", (long long)lot_id));
    assert_refused(bid(f, lot_id, FIRM_A, -1, YUAN(35000)), "NOT_STARTED");
    assert_int_equal(lot_now(f, lot_id).state, LOT_SCHEDULED);
    assert_true(
        val_get_bool(bid(f, lot_id, FIRM_A, 1, YUAN(35000)), "ok")); /* Starts it as well. */
    assert_int_equal(lot_now(f, lot_id).state, LOT_OPEN);

    Lot before = lot_now(f, lot_id);
    assert_refused(bid(f, lot_id, FIRM_A, 2, YUAN(36050)), "SELF_RAISE");
    assert_refused(bid(f, lot_id, FIRM_B, 2, YUAN(35000)), "BELOW_MIN");
    assert_refused(bid(f, lot_id, FIRM_B, 2, YUAN(35350) + 1), "NOT_MULTIPLE");
    assert_refused(bid(f, lot_id, FIRM_B, 2, YUAN(350000)), "ABOVE_GUARD");
    assert_refused(bid(f, lot_id, FIRM_C, 2, YUAN(35350)), "NOT_ADMITTED");
    assert_refused(bid(f, lot_id, FIRM_B, 600000, YUAN(35350)), "CLOSED");
    Lot after = lot_now(f, lot_id);
    assert_int_equal(after.rev, before.rev);
    assert_int_equal(after.end_ms, before.end_ms);
    assert_int_equal(count_of(f, ACCEPTED), 1);
    assert_int_equal(count_of(f, ENTRIES), 2 + 1 + 7); /* Admissions, the bid, the refusals. */
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM fact WHERE kind = 'lot.bid_refused'"), 1);
}

static void test_not_a_bidder(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    assert_refused(bid(f, lot_id, FIRM_A, 1, YUAN(35000)), "NOT_A_BIDDER");
    Val *reply = NULL;
    MUST(play(f, FIRM_A, 2, "lot.enter", &reply, "{\"lot_id\":%lld}", (long long)lot_id));
    assert_int_equal(play(f, FIRM_A, 3, "lot.enter", NULL, "{\"lot_id\":%lld}", (long long)lot_id),
                     ERR_CONFLICT);
    i64 id = val_get_int(reply, "id");
    assert_int_equal(play(f, FIRM_B, 4, "lot.admit", NULL, "{\"id\":%lld}", (long long)id),
                     ERR_DENIED);
    MUST(play(f, EXCHANGE, 5, "lot.refuse", NULL, "{\"id\":%lld,\"reason\":\"no papers\"}",
              (long long)id));
    assert_refused(bid(f, lot_id, FIRM_A, 6, YUAN(35000)), "NOT_ADMITTED");
    assert_int_equal(play(f, EXCHANGE, 7, "lot.admit", NULL, "{\"id\":%lld}", (long long)id),
                     ERR_STATE);

    /* The seller's own people cannot enter, also when they have a firm's role. */
    Cx cx = fixture_cx(f, SELLER, T + 8);
    cx.actor.roles |= WHO_FIRM;
    char json[40];
    snprintf(json, sizeof json, "{\"lot_id\":%lld}", (long long)lot_id);
    assert_int_equal(fixture_call(f, cx, "lot.enter", json, NULL), ERR_DENIED);
    assert_string_equal(f->last.err.key, "auction.own_lot");
}

/* Scenario 11: the same key gives the same bytes and no second bid, accepted or refused. */
static void test_same_key(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    const struct {
        const char *key;
        i64 firm, fen;
    } cases[] = {
        {"one", FIRM_A, YUAN(35000)}, {"low", FIRM_B, YUAN(100)}, {"one", FIRM_B, YUAN(36000)}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        Str said = {0};
        for (int n = 0; n < 3; n++) {
            Val *reply = NULL;
            MUST(play(f, cases[i].firm, 1000 * (1 + (i64)i) + n, "lot.bid", &reply,
                      "{\"lot_id\":%lld,\"amount_fen\":%lld,\"key\":\"%s\"}", (long long)lot_id,
                      (long long)cases[i].fen, cases[i].key));
            Str json = json_of(f, reply);
            assert_true(n == 0 || str_same(json, said));
            said = json;
        }
        assert_int_equal(count_of(f, ENTRIES), 2 + i + 1);
    }
    assert_int_equal(lot_now(f, lot_id).bid_count, 2);
    assert_int_equal(play(f, FIRM_A, 9000, "lot.bid", NULL,
                          "{\"lot_id\":%lld,\"amount_fen\":9900000,\"key\":\"one\"}",
                          (long long)lot_id),
                     ERR_CONFLICT);
}

/* Scenario 7: a bid is judged by its stamp, though the disk stood still past the end. */
static void test_late_judgement(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    tick(f, 0);
    f->clock.now_ms = T + SECONDS(600) + 500;
    assert_int_equal(val_get_int(tick(f, SECONDS(600) + 500), "closed"), 0);
    assert_true(val_get_bool(bid(f, lot_id, FIRM_A, SECONDS(600) - 2, YUAN(35000)), "ok"));
    assert_true(val_get_bool(bid(f, lot_id, FIRM_B, SECONDS(600) - 1, YUAN(36000)), "ok"));
    Lot lot = lot_now(f, lot_id);
    assert_int_equal(lot.end_ms, T + SECONDS(780) - 1);

    /* The caller may say exactly how far everything is judged; not further than its own stamp. */
    char json[80];
    snprintf(json, sizeof json, "{\"settled_ms\":%lld}", (long long)(lot.end_ms + 5));
    Val *reply = NULL;
    MUST(fixture_call(f, fixture_clock_cx(f, lot.end_ms - 1), "lot.tick", json, &reply));
    assert_int_equal(val_get_int(reply, "closed"), 0);
    snprintf(json, sizeof json, "{\"settled_ms\":%lld}", (long long)lot.end_ms);
    MUST(fixture_call(f, fixture_clock_cx(f, lot.end_ms), "lot.tick", json, &reply));
    assert_int_equal(val_get_int(reply, "closed"), 1);
}

static void test_bad_input(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    admit(f, lot_id, FIRM_A);
    const char *const amounts[] = {"0",
                                   "-0",
                                   "-1",
                                   "-99",
                                   "0.000001",
                                   "\"one\"",
                                   "\"\"",
                                   "null",
                                   "1e400",
                                   "\"NaN\"",
                                   "\"35000.001\"",
                                   "[3500000]",
                                   "true",
                                   "\"-35000\"",
                                   "100000000000001",
                                   "9223372036854775807"};
    for (size_t i = 0; i < COUNT(amounts); i++) {
        char json[200];
        snprintf(json, sizeof json, "{\"lot_id\":%lld,\"amount_fen\":%s,\"key\":\"k\"}",
                 (long long)lot_id, amounts[i]);
        Str why;
        if (!val_read_json(&f->arena, str_from(json), &why))
            continue; /* No JSON at all: refused before it comes here. */
        Err e = fixture_call(f, fixture_cx(f, FIRM_A, T + 5), "lot.bid", json, NULL);
        if (e != ERR_INPUT)
            print_message("amount %s\n", amounts[i]);
        assert_int_equal(e, ERR_INPUT);
        assert_true(str_same_z(f->last.err.field, "amount_fen"));
    }
    assert_int_equal(
        play(f, FIRM_A, 5, "lot.bid", NULL, "{\"lot_id\":%lld,\"key\":\"k\"}", (long long)lot_id),
        ERR_INPUT);
    assert_int_equal(play(f, FIRM_A, 5, "lot.bid", NULL, "{\"lot_id\":%lld,\"amount_fen\":3500000}",
                          (long long)lot_id),
                     ERR_INPUT);
    assert_int_equal(
        play(f, FIRM_A, 5, "lot.bid", NULL, "{\"lot_id\":99,\"amount_fen\":3500000,\"key\":\"k\"}"),
        ERR_MISSING);
    assert_int_equal(play(f, 0, 5, "lot.bid", NULL,
                          "{\"lot_id\":%lld,\"amount_fen\":3500000,\"key\":\"k\"}",
                          (long long)lot_id),
                     ERR_SIGN_IN);
    assert_int_equal(count_of(f, ENTRIES), 1);
    assert_int_equal(lot_now(f, lot_id).bid_count, 0);
}

static void test_open_refused(void **state)
{
    Fixture *f = *state;
    const struct {
        i64 start, step, open, end, reserve;
        const char *field;
    } cases[] = {{0, 35000, 0, 600, 0, "start_fen"},
                 {3500000, 0, 0, 600, 0, "step_fen"},
                 {3500000, 3500001, 0, 600, 0, "step_fen"},
                 {3500000, 35000, -120, 600, 0, "open_ms"},
                 {3500000, 35000, 0, 0, 0, "end_ms"},
                 {3500000, 35000, 0, 600, 3499999, "reserve_fen"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        Err e = play(f, EXCHANGE, -SECONDS(60), "lot.open", NULL,
                     "{\"listing_id\":%lld,\"start_fen\":%lld,\"step_fen\":%lld,\"open_ms\":%lld,"
                     "\"end_ms\":%lld,\"reserve_fen\":%lld}",
                     (long long)f->listing_id, (long long)cases[i].start, (long long)cases[i].step,
                     (long long)(T + SECONDS(cases[i].open)),
                     (long long)(T + SECONDS(cases[i].end)), (long long)cases[i].reserve);
        assert_int_equal(e, ERR_INPUT);
        assert_true(str_same_z(f->last.err.field, cases[i].field));
    }
    assert_int_equal(listing_state(f), LISTING_LISTED);
    i64 lot_id = open_lot(f, "");
    assert_true(lot_id > 0);
    const char *again =
        "{\"listing_id\":1,\"start_fen\":3500000,\"step_fen\":35000,\"end_ms\":1784682600000}";
    Cx cx = fixture_cx(f, EXCHANGE, T - 1);
    assert_int_equal(fixture_call(f, cx, "lot.open", again, NULL), ERR_CONFLICT);
    assert_int_equal(fixture_call(f, fixture_cx(f, FIRM_A, T - 1), "lot.open", again, NULL),
                     ERR_DENIED);
}

/* Pause, resume, and cancelling by the seller and the exchange. */
static void test_pause_and_cancel(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    tick(f, 0);
    bid(f, lot_id, FIRM_A, 1, YUAN(35000));
    MUST(play(f, EXCHANGE, 504750, "lot.pause", NULL, "{\"id\":%lld}", (long long)lot_id));
    assert_int_equal(
        play(f, EXCHANGE, 504751, "lot.pause", NULL, "{\"id\":%lld}", (long long)lot_id),
        ERR_STATE);
    assert_refused(bid(f, lot_id, FIRM_B, 504750, YUAN(36000)), "PAUSED");
    assert_int_equal(val_get_int(tick(f, SECONDS(3000)), "closed"), 0);
    i64 resumed = 504750 + SECONDS(3600);
    MUST(play(f, EXCHANGE, resumed, "lot.resume", NULL, "{\"id\":%lld}", (long long)lot_id));
    assert_int_equal(lot_now(f, lot_id).end_ms - T, resumed + 95250);

    assert_int_equal(play(f, SELLER, resumed + 1, "lot.cancel", NULL,
                          "{\"id\":%lld,\"reason\":\"x\"}", (long long)lot_id),
                     ERR_STATE);
    assert_string_equal(f->last.err.key, "auction.has_bids");
    assert_int_equal(play(f, FIRM_A, resumed + 1, "lot.cancel", NULL,
                          "{\"id\":%lld,\"reason\":\"x\"}", (long long)lot_id),
                     ERR_DENIED);
    assert_int_equal(play(f, EXCHANGE, resumed + 95250, "lot.cancel", NULL,
                          "{\"id\":%lld,\"reason\":\"x\"}", (long long)lot_id),
                     ERR_STATE);
    assert_string_equal(f->last.err.key, "auction.end_has_come");
    MUST(play(f, EXCHANGE, resumed + 95249, "lot.cancel", NULL,
              "{\"id\":%lld,\"reason\":\"a fault\"}", (long long)lot_id));
    assert_refused(bid(f, lot_id, FIRM_B, resumed + 2, YUAN(36000)), "CANCELLED");
    assert_int_equal(listing_state(f), LISTING_LISTED);
    assert_int_equal(val_get_int(tick(f, resumed + SECONDS(900)), "closed"), 0);

    i64 second = 0; /* The seller takes back a lot without bids; the listing can be put up again. */
    Val *reply = NULL;
    MUST(play(f, EXCHANGE, resumed + SECONDS(1000), "lot.open", &reply,
              "{\"listing_id\":%lld,\"start_fen\":3500000,\"step_fen\":35000,\"end_ms\":%lld}",
              (long long)f->listing_id, (long long)(T + resumed + SECONDS(2000))));
    second = val_get_int(reply, "id");
    assert_true(second > lot_id);
    MUST(play(f, SELLER, resumed + SECONDS(1001), "lot.cancel", NULL,
              "{\"id\":%lld,\"reason\":\"x\"}", (long long)second));
}

/* Scenario 12: below the reserve, and nobody. The reserve stays sealed. */
static void test_no_sale(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, ",\"reserve_fen\":5000000");
    admit(f, lot_id, FIRM_A);
    Val *reply = bid(f, lot_id, FIRM_A, 1, YUAN(49000));
    assert_true(val_get_bool(reply, "ok"));
    const i64 eyes[] = {0, SELLER, FIRM_A, BUREAU, EXCHANGE};
    for (size_t i = 0; i < COUNT(eyes); i++) {
        Val *page = NULL;
        MUST(play(f, eyes[i], 2, "lot.show", &page, "{\"id\":%lld}", (long long)lot_id));
        Val *lot = val_get(page, "lot");
        assert_true(val_get_bool(lot, "has_reserve"));
        assert_int_equal(val_get(lot, "reserve_fen") != NULL, eyes[i] == EXCHANGE);
        assert_int_equal(val_get(lot, "leader_id") != NULL, eyes[i] == EXCHANGE);
    }
    assert_int_equal(val_get_int(tick(f, SECONDS(700)), "closed"), 1);
    Lot lot = lot_now(f, lot_id);
    assert_int_equal(lot.state, LOT_NOT_SOLD);
    assert_true(str_same_z(lot.result, "reserve"));
    assert_int_equal(listing_state(f), LISTING_LISTED);

    MUST(play(f, EXCHANGE, SECONDS(1000), "lot.open", &reply,
              "{\"listing_id\":%lld,\"start_fen\":3500000,\"step_fen\":35000,\"end_ms\":%lld}",
              (long long)f->listing_id, (long long)(T + SECONDS(2000))));
    /* Without a start it is open at once: the clock finds nothing to start. */
    assert_true(str_same_z(val_get_str(reply, "state"), "open"));
    assert_int_equal(lot_now(f, val_get_int(reply, "id")).open_ms, T + SECONDS(1000));
    assert_int_equal(val_get_int(tick(f, SECONDS(1000)), "started"), 0);
    assert_int_equal(val_get_int(tick(f, SECONDS(2001)), "closed"), 1);
    assert_true(str_same_z(lot_now(f, val_get_int(reply, "id")).result, "no_bid"));
}

/* Who stands behind a number: the firm itself and the exchange know, the others after the sale. */
static void test_who_sees_what(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    bid(f, lot_id, FIRM_A, 1, YUAN(35000));
    bid(f, lot_id, FIRM_B, 2, YUAN(36000));
    bid(f, lot_id, FIRM_A, 3, YUAN(36000));
    const i64 eyes[] = {0, SELLER, FIRM_A, FIRM_C, BUREAU};
    Val *page = NULL;
    for (size_t i = 0; i < COUNT(eyes); i++) {
        MUST(play(f, eyes[i], 4, "lot.show", &page, "{\"id\":%lld}", (long long)lot_id));
        Str json = json_of(f, page);
        assert_false(str_has(json, S("Unit number 3"))); /* FIRM_B leads. */
        assert_false(str_has(json, S("\"bidder_id\"")));
        assert_null(val_get(page, "bidders"));
        assert_int_equal(val_count(val_get(page, "bids")), 2);
        assert_int_equal(val_get_int(val_at(val_get(page, "bids"), 0), "amount_fen"), YUAN(36000));
        for (size_t n = 0; n < val_count(val_get(page, "history")); n++) {
            assert_null(val_get(val_at(val_get(page, "history"), n), "org_id"));
            assert_null(val_get(val_at(val_get(page, "history"), n), "actor"));
        }
    }
    MUST(play(f, FIRM_B, 4, "lot.show", &page, "{\"id\":%lld}", (long long)lot_id));
    assert_true(val_get_bool(val_get(page, "me"), "leading"));
    assert_int_equal(val_get_int(val_get(page, "me"), "no"), 2);
    assert_int_equal(val_get_int(val_get(page, "lot"), "next_fen"), YUAN(36350));
    MUST(play(f, EXCHANGE, 4, "lot.show", &page, "{\"id\":%lld}", (long long)lot_id));
    assert_int_equal(val_count(val_get(page, "bidders")), 2);

    tick(f, SECONDS(700));
    MUST(play(f, 0, SECONDS(701), "lot.show", &page, "{\"id\":%lld}", (long long)lot_id));
    assert_true(str_same_z(val_get_str(val_get(page, "winner"), "org"), "Unit number 3"));
    assert_false(str_has(json_of(f, page), S("Unit number 2")));
}

static void test_list(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    Val *page = NULL;
    MUST(play(f, 0, -10, "lot.list", &page, "{}"));
    assert_int_equal(val_get_int(page, "total"), 1);
    Val *item = val_at(val_get(page, "items"), 0);
    assert_int_equal(val_get_int(item, "id"), lot_id);
    assert_true(str_same_z(val_get_str(item, "state"), "scheduled"));
    assert_true(str_same_z(val_get_str(item, "org"), "Unit number 1"));
    MUST(play(f, 0, -9, "lot.list", &page, "{\"state\":\"open\"}"));
    assert_int_equal(val_get_int(page, "total"), 0);
    assert_int_equal(play(f, 0, -8, "lot.list", NULL, "{\"state\":\"nowhere\"}"), ERR_INPUT);
    assert_int_equal(play(f, 0, -8, "lot.show", NULL, "{\"id\":77}"), ERR_MISSING);
}

/* Played again from its log, the lot comes out the same. */
static void test_replay(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    const i64 firms[] = {FIRM_A, FIRM_B, FIRM_C};
    for (size_t i = 0; i < COUNT(firms); i++)
        admit(f, lot_id, firms[i]);
    tick(f, 0);
    i64 at_ms = 0;
    for (int i = 0; i < 60; i++) {
        at_ms += chance_below(&f->chance, SECONDS(25));
        Lot lot = lot_now(f, lot_id);
        bid(f, lot_id, firms[chance_below(&f->chance, 3)], at_ms,
            lot_next_fen(&lot, T) + YUAN(chance_below(&f->chance, 1000) - 200));
    }
    Lot lot = lot_now(f, lot_id), again = lot;
    assert_true(lot.bid_count > 10 && lot.end_ms > lot.planned_end_ms);
    assert_true(count_of(f, ENTRIES) - 4 - lot.bid_count > 5); /* Refused ones. */

    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    BidPlay play;
    MUST(bid_replay(&cx, &lot, &play));
    assert_false(lot_follow(&again, &play.state));
    assert_int_equal(play.n, count_of(f, ENTRIES));
}

/* Scenario 25: what was lost while nobody served is made up; a lot that had ended stays ended. */
static void test_make_up(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    char json[80];
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    tick(f, 0);
    bid(f, lot_id, FIRM_A, 1000, YUAN(35000));
    snprintf(json, sizeof json, "{\"id\":%lld,\"from_ms\":%lld}", (long long)lot_id,
             (long long)(T + SECONDS(560)));
    assert_int_equal(play(f, EXCHANGE, SECONDS(570), "lot.make_up", NULL, "%s", json), ERR_DENIED);
    MUST(fixture_call(f, fixture_clock_cx(f, T + SECONDS(570)), "lot.make_up", json, NULL));
    assert_int_equal(lot_now(f, lot_id).end_ms - T, SECONDS(610)); /* 40 s were left. */
    assert_int_equal(lot_now(f, lot_id).state, LOT_OPEN);
    assert_refused(bid(f, lot_id, FIRM_B, SECONDS(565), YUAN(36000)), "PAUSED");
    assert_true(val_get_bool(bid(f, lot_id, FIRM_B, SECONDS(609), YUAN(36000)), "ok"));
    assert_int_equal(
        fixture_call(f, fixture_clock_cx(f, T + SECONDS(500)), "lot.make_up", json, NULL),
        ERR_STATE);
    snprintf(json, sizeof json, "{\"id\":%lld,\"from_ms\":%lld}", (long long)lot_id,
             (long long)(T + SECONDS(5000)));
    assert_int_equal(
        fixture_call(f, fixture_clock_cx(f, T + SECONDS(9000)), "lot.make_up", json, NULL),
        ERR_STATE);
    assert_int_equal(val_get_int(tick(f, SECONDS(9000)), "closed"), 1);
    Lot lot = lot_now(f, lot_id), again = lot;
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    BidPlay played;
    MUST(bid_replay(&cx, &lot, &played));
    assert_false(lot_follow(&again, &played.state));
}

/* A line of the log that was changed in the store stops the lot, and says where. */
static void test_broken_log(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    bid(f, lot_id, FIRM_A, 1000, YUAN(35000));
    Lot lot = lot_now(f, lot_id);
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    BidPlay played;
    MUST(bid_replay(&cx, &lot, &played));
    static const char *const spoils[] = {
        "UPDATE lot_log SET lines = replace(lines, '35000.00', '35000.01') WHERE accepted > 0",
        "UPDATE lot_log SET lines = replace(lines, '\"bidder\":\"1\"', '\"bidder\":\"2\"')",
        "DELETE FROM lot_log WHERE first = 1"};
    for (size_t i = 0; i < COUNT(spoils); i++) {
        Db *db = NULL;
        Cx own = fixture_cx(f, EXCHANGE, f->clock.now_ms);
        MUST(db_open(&own, f->house.store_url, DB_WRITE, &db));
        own.db = db;
        MUST(db_begin(&own));
        MUST(db_exec_plain(&own, spoils[i]));
        assert_int_equal(bid_replay(&own, &lot, &played), ERR_BUG);
        assert_string_equal(own.err.key, "auction.log_broken");
        db_rollback(&own);
        db_close(db);
    }
}

/* The whole of what a lot is in the store, as text. */
static Str book_of(Fixture *f, i64 lot_id)
{
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    Lot lot = lot_now(f, lot_id);
    Buf buf = buf_new(&f->arena);
    record_canonical(&lot_type, &lot, &buf);
    i64 facts = 0, bids = 0;
    MUST(fact_last_seq(&cx, &facts));
    bids = count_of(f, ENTRIES);
    buf_format(&buf, " %lld facts %lld bids listing %lld", (long long)facts, (long long)bids,
               (long long)listing_state(f));
    return buf_str(&buf);
}

typedef Err (*SweepCall)(Fixture *f, i64 lot_id);

static Err sweep_bid(Fixture *f, i64 lot_id)
{
    return play(f, FIRM_B, SECONDS(500), "lot.bid", NULL,
                "{\"lot_id\":%lld,\"amount_fen\":3600000,\"key\":\"swept\"}", (long long)lot_id);
}

static Err sweep_close(Fixture *f, i64 lot_id)
{
    char json[40];
    snprintf(json, sizeof json, "{\"id\":%lld}", (long long)lot_id);
    return fixture_call(f, fixture_clock_cx(f, T + SECONDS(2000)), "lot.close", json, NULL);
}

/* Every store call of a bid and of a close fails once: reported, and nothing kept of it. */
static void test_store_fails(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    bid(f, lot_id, FIRM_A, 1, YUAN(35000));
    const SweepCall calls[] = {sweep_bid, sweep_close};
    for (size_t c = 0; c < COUNT(calls); c++) {
        int n = 0;
        for (;; n++) {
            Str before = book_of(f, lot_id);
            db_fault_arm(f->fault, n);
            Err e = calls[c](f, lot_id);
            bool fired = db_fault_fired(f->fault);
            db_fault_arm(f->fault, -1);
            if (!fired) {
                assert_int_equal(e, ERR_OK);
                break;
            }
            assert_int_equal(e, ERR_STORE);
            assert_true(str_same(book_of(f, lot_id), before));
            assert_true(n < 200);
        }
        assert_true(n >= 6); /* It has really been through several calls. */
    }
    assert_int_equal(lot_now(f, lot_id).state, LOT_SOLD);
    assert_int_equal(lot_now(f, lot_id).bid_count, 2);
}

enum { RACERS = 3, RACE_TRIES = 20, RACE_ROUNDS = 5 };

typedef struct Racer {
    pthread_t thread;
    Fixture *f;
    i64 lot_id, firm, fen;
    int round;
    int accepted, below, own, other;
} Racer;

/* One firm's clients: many bids of one amount, each under a key of its own. */
static void *race(void *arg)
{
    Racer *racer = arg;
    const Op *op = op_find(&racer->f->house, S("lot.bid"));
    for (int i = 0; i < RACE_TRIES; i++) {
        Arena arena = {0};
        Cx cx = fixture_cx(racer->f, racer->firm, T + racer->round);
        cx.arena = &arena;
        cx.db = NULL; /* The writer lends its own. */
        Str why,
            json = str_format(&arena, "{\"lot_id\":%lld,\"amount_fen\":%lld,\"key\":\"r%d-%d\"}",
                              (long long)racer->lot_id, (long long)racer->fen, racer->round, i);
        void *in = NULL;
        Val *reply = NULL;
        Err e = op_read_json(&cx, op, val_read_json(&arena, json, &why), &in);
        if (!e)
            e = op_call(&cx, op, in, &reply);
        Str reason = val_get_str(reply, "reason");
        racer->accepted += !e && val_get_bool(reply, "ok");
        racer->below += str_same_z(reason, "BELOW_MIN");
        racer->own += str_same_z(reason, "SELF_RAISE");
        racer->other += e != ERR_OK;
        arena_done(&arena);
    }
    return NULL;
}

/* Scenario 3: the same price from many clients at once has one taker, each round. */
static void test_race(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    const i64 firms[RACERS] = {FIRM_A, FIRM_B, FIRM_C};
    for (size_t i = 0; i < RACERS; i++)
        admit(f, lot_id, firms[i]);
    tick(f, 0);
    for (int round = 0; round < RACE_ROUNDS; round++) {
        Racer racers[RACERS];
        int accepted = 0, refused = 0;
        for (size_t i = 0; i < RACERS; i++) {
            racers[i] = (Racer){.f = f,
                                .lot_id = lot_id,
                                .firm = firms[i],
                                .round = round,
                                .fen = YUAN(35000 + 350 * round)};
            assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
        }
        for (size_t i = 0; i < RACERS; i++) {
            pthread_join(racers[i].thread, NULL);
            accepted += racers[i].accepted;
            refused += racers[i].below + racers[i].own;
            assert_int_equal(racers[i].other, 0);
        }
        assert_int_equal(accepted, 1);
        assert_int_equal(refused, RACERS * RACE_TRIES - 1);
        assert_int_equal(lot_now(f, lot_id).price_fen, YUAN(35000 + 350 * round));
    }
    assert_int_equal(lot_now(f, lot_id).bid_count, RACE_ROUNDS);
    assert_int_equal(count_of(f, ENTRIES), RACERS + 1 + RACERS * RACE_TRIES * RACE_ROUNDS);
    assert_int_equal(count_of(f, ACCEPTED), RACE_ROUNDS);
}

/* The clock's commands are nobody else's. */
static void test_clock_only(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    const char *const ops[] = {"lot.start", "lot.close", "lot.sell", "lot.lapse"};
    for (size_t i = 0; i < COUNT(ops); i++) {
        assert_int_equal(play(f, EXCHANGE, 1, ops[i], NULL, "{\"id\":%lld}", (long long)lot_id),
                         ERR_DENIED);
        char json[40];
        snprintf(json, sizeof json, "{\"id\":%lld}", (long long)lot_id);
        assert_int_equal(fixture_call(f, fixture_clock_cx(f, T - 1), ops[i], json, NULL),
                         ERR_STATE);
    }
    tick(f, 0);
    char json[40];
    snprintf(json, sizeof json, "{\"id\":%lld}", (long long)lot_id);
    Cx late = fixture_clock_cx(f, T + SECONDS(700));
    assert_int_equal(fixture_call(f, late, "lot.sell", json, NULL), ERR_STATE);
    assert_string_equal(f->last.err.key, "auction.no_sale");
    MUST(fixture_call(f, late, "lot.lapse", json, NULL));
    assert_int_equal(fixture_call(f, late, "lot.close", json, NULL), ERR_STATE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_life),
        CASE(test_refusals),
        CASE(test_not_a_bidder),
        CASE(test_same_key),
        CASE(test_late_judgement),
        CASE(test_bad_input),
        CASE(test_open_refused),
        CASE(test_pause_and_cancel),
        CASE(test_no_sale),
        CASE(test_who_sees_what),
        CASE(test_list),
        CASE(test_replay),
        CASE(test_make_up),
        CASE(test_broken_log),
        CASE(test_clock_only),
        CASE(test_store_fails),
        cmocka_unit_test_setup_teardown(test_race, setup_threaded, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
