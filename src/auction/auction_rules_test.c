/* auction_rules_test.c - the terms of a lot as rules, and its summary after a state. What bidding
 * comes to by these rules is in test/auction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/auction_int.h"
#include "auction/auction_rules.h"

#define YUAN(n)    ((i64)(n)*100)
#define SECONDS(n) ((i64)(n)*1000)
/* 2026-07-22 09:00 in Shanghai, a Wednesday. */
static const i64 T = 1784682000000;

/* Start 35,000.00, step 350.00, ten minutes, window and extension 180 s. */
static Lot lot_sample(void)
{
    return (Lot){.id = 1,
                 .mode = S("ascending"),
                 .priority = S("none"),
                 .stage = S("scheduled"),
                 .start_fen = YUAN(35000),
                 .step_fen = YUAN(350),
                 .open_ms = T,
                 .planned_end_ms = T + SECONDS(600),
                 .end_ms = T + SECONDS(600),
                 .window_ms = SECONDS(180),
                 .extend_ms = SECONDS(180),
                 .rounds = 1,
                 .units = 1,
                 .bidder_min = 1,
                 .state = LOT_SCHEDULED};
}

static Lot lot_dutch(void)
{
    Lot lot = lot_sample();
    lot.mode = S("dutch");
    lot.step_fen = 0;
    lot.drop_fen = YUAN(350);
    lot.drop_every_ms = SECONDS(60);
    lot.floor_fen = YUAN(34000);
    return lot;
}

/* The codes of forms are the names of the rules, in their order. */
static void test_codes(void **state)
{
    (void)state;
    assert_int_equal(lot_mode_codes.count, BID_MODE_COUNT);
    for (size_t i = 0; i < lot_mode_codes.count; i++)
        assert_string_equal(lot_mode_codes.codes[i].code, bid_mode_name((BidMode)i));
    assert_int_equal(lot_stage_codes.count, STAGE_COUNT);
    for (size_t i = 0; i < lot_stage_codes.count; i++)
        assert_string_equal(lot_stage_codes.codes[i].code, bid_stage_name((BidStage)i, false));
    assert_int_equal(lot_priority_codes.count, PRIORITY_COUNT);
    for (size_t i = 0; i < lot_priority_codes.count; i++)
        assert_string_equal(lot_priority_codes.codes[i].code, bid_priority_name((BidPriority)i));
}

static void test_rules(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    lot.tiers = S("5000000:50000;9000000:90000");
    lot.reserve_fen = YUAN(40000);
    lot.priority = S("post");
    lot.post_ms = 7;
    lot.quote_once = 1;
    lot.end_ms = T + SECONDS(900); /* Moved meanwhile: no term. */
    BidRules rules = lot_rules(&lot);
    assert_null(bid_rules_wrong(&rules));
    assert_int_equal(rules.mode, BID_ASCENDING);
    assert_int_equal(rules.free_end_ms, T + SECONDS(600));
    assert_int_equal(rules.tier_count, 2);
    assert_int_equal(rules.tiers[1].from_fen, 9000000);
    assert_int_equal(rules.tiers[1].step_fen, 90000);
    assert_true(rules.hard_stop_ms == BID_NEVER && rules.first_at_start && !rules.replaceable);
    assert_int_equal(rules.guard_times, LOT_GUARD_TIMES);
    assert_int_equal(rules.priority, PRIORITY_POST);
}

static void test_tiers(void **state)
{
    (void)state;
    Arena arena = {0};
    const struct {
        const char *text, *want; /* NULL: none. */
    } cases[] = {{"", ""},
                 {"50万=1万; 100万=2万", "50000000:1000000;100000000:2000000"},
                 {"５０万=１万；", NULL}, /* The full-width sign between them is no semicolon... */
                 {"500,000=10000", "50000000:1000000"},
                 {"50万", NULL},
                 {"a=b", NULL},
                 {"1=-1", NULL}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        Str got = S("");
        bool is = lot_tiers_read(&arena, str_from(cases[i].text), &got);
        if (i == 2) { /* ...but fold_width makes it one. */
            assert_true(is && str_same_z(got, "50000000:1000000"));
            continue;
        }
        assert_int_equal(is, cases[i].want != NULL);
        assert_true(!is || str_same_z(got, cases[i].want));
    }
    Lot lot = lot_sample();
    lot.tiers = S("9000000:90000;5000000:50000"); /* They fall. */
    const char *field = NULL;
    assert_non_null(lot_terms_wrong(&lot, T, &field));
    assert_string_equal(field, "tiers");
    arena_done(&arena);
}

/* Every term that cannot be is named by the field of the form. */
static void test_terms(void **state)
{
    (void)state;
    const char *field = NULL;
    Lot sound[] = {lot_sample(), lot_dutch()};
    for (size_t i = 0; i < COUNT(sound); i++)
        assert_null(lot_terms_wrong(&sound[i], T, &field));
    const struct {
        size_t at; /* Member that is spoilt. */
        i64 value;
        const char *field;
        bool dutch;
    } cases[] = {
        {offsetof(Lot, start_fen), 0, "start_fen", false},
        {offsetof(Lot, start_fen), MONEY_MAX_FEN + 1, "start_fen", false},
        {offsetof(Lot, step_fen), 0, "step_fen", false},
        {offsetof(Lot, step_fen), YUAN(35000) + 1, "step_fen", false},
        {offsetof(Lot, reserve_fen), YUAN(34999), "reserve_fen", false},
        {offsetof(Lot, deposit_fen), -1, "deposit_fen", false},
        {offsetof(Lot, deposit_fen), YUAN(35001), "deposit_fen", false},
        {offsetof(Lot, open_ms), T - 1, "open_ms", false},
        {offsetof(Lot, planned_end_ms), T, "end_ms", false},
        {offsetof(Lot, hard_end_ms), T + 1, "hard_end_ms", false},
        {offsetof(Lot, bidder_min), 0, "bidder_min", false},
        {offsetof(Lot, window_ms), -1, "window_s", false},
        {offsetof(Lot, units), 2, "units", false},
        {offsetof(Lot, second_price), 1, "second_price", false},
        {offsetof(Lot, requote_ms), 1, "requote_s", false},
        {offsetof(Lot, drop_fen), 0, "drop_fen", true},
        {offsetof(Lot, drop_every_ms), 0, "drop_every_s", true},
        {offsetof(Lot, floor_fen), YUAN(35001), "floor_fen", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Lot lot = cases[i].dutch ? lot_dutch() : lot_sample();
        *(i64 *)(void *)((char *)&lot + cases[i].at) = cases[i].value;
        const char *wrong = lot_terms_wrong(&lot, T, &field);
        if (!wrong || strcmp(field, cases[i].field) != 0)
            fail_msg("case %zu: %s %s", i, wrong ? wrong : "sound", wrong ? field : "");
    }
    Lot lot = lot_sample();
    lot.mode = S("lottery");
    assert_non_null(lot_terms_wrong(&lot, T, &field));
    assert_string_equal(field, "mode");
    lot = lot_sample();
    lot.priority = S("always");
    assert_non_null(lot_terms_wrong(&lot, T, &field));
    assert_string_equal(field, "priority");
}

/* The summary says what the public sees; how many sealed bids there are it does not. */
static void test_follow(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    BidState now = {.stage = STAGE_OPEN,
                    .end_ms = T + SECONDS(700),
                    .extensions = 1,
                    .seq = 3,
                    .price_fen = YUAN(36000),
                    .leader = 2,
                    .pause_from_ms = BID_LONG_AGO,
                    .pause_to_ms = BID_LONG_AGO};
    assert_true(lot_follow(&lot, &now));
    assert_true(str_same_z(lot.stage, "open"));
    assert_int_equal(lot.end_ms, T + SECONDS(700));
    assert_int_equal(lot.price_fen, YUAN(36000));
    assert_int_equal(lot.leader_no, 2);
    assert_int_equal(lot.bid_count, 3);
    assert_int_equal(lot.pause_from_ms, 0);
    assert_false(lot_follow(&lot, &now));
    now.stage = STAGE_SEALED;
    now.seq = 9;
    assert_true(lot_follow(&lot, &now));
    assert_int_equal(lot.bid_count, 3);
    now.stage = STAGE_SOLD;
    now.result = RESULT_SOLD;
    now.closed_ms = T + SECONDS(700);
    assert_true(lot_follow(&lot, &now));
    assert_int_equal(lot.bid_count, 9);
    assert_true(str_same_z(lot.result, "sold"));
    assert_int_equal(lot.closed_ms, T + SECONDS(700));
}

static void test_prices(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    assert_int_equal(lot_next_fen(&lot, T), YUAN(35000));
    lot.first_above = 1;
    assert_int_equal(lot_next_fen(&lot, T), YUAN(35350));
    lot.stage = S("open");
    lot.price_fen = YUAN(36000);
    lot.leader_no = 1;
    assert_int_equal(lot_next_fen(&lot, T), YUAN(36350));
    lot.stage = S("sold");
    assert_int_equal(lot_next_fen(&lot, T), 0);

    lot = lot_dutch();
    assert_int_equal(lot_next_fen(&lot, T - 1), YUAN(35000));
    lot.stage = S("dutch");
    lot.state = LOT_OPEN;
    const struct {
        i64 after_ms, price_fen, next_drop_ms;
    } cases[] = {{0, YUAN(35000), SECONDS(60)},
                 {SECONDS(60) - 1, YUAN(35000), SECONDS(60)},
                 {SECONDS(60), YUAN(34650), SECONDS(120)},
                 {SECONDS(121), YUAN(34300), SECONDS(180)},
                 {SECONDS(180), YUAN(34000), 0},
                 {SECONDS(500), YUAN(34000), 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        i64 at_ms = T + cases[i].after_ms;
        assert_int_equal(lot_price_fen(&lot, at_ms), cases[i].price_fen);
        assert_int_equal(lot_next_fen(&lot, at_ms), cases[i].price_fen);
        i64 drop_ms = lot_drop_ms(&lot, at_ms);
        assert_int_equal(drop_ms ? drop_ms - T : 0, cases[i].next_drop_ms);
    }
    lot.mode = S("fixed");
    lot.stage = S("open");
    assert_int_equal(lot_next_fen(&lot, T), YUAN(35000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes), cmocka_unit_test(test_rules),  cmocka_unit_test(test_tiers),
        cmocka_unit_test(test_terms), cmocka_unit_test(test_follow), cmocka_unit_test(test_prices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
