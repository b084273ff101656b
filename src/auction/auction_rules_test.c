/* auction_rules_test.c - a lot of the exchange under the rules of bidding, case by case.
 *
 * Times are milliseconds after the start of the lot, amounts fen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/auction_rules.h"

enum { A = 1, B, C, D };

#define YUAN(n)    ((i64)(n)*100)
#define SECONDS(n) ((i64)(n)*1000)
/* 2026-07-22 09:00 in Shanghai, a Wednesday. */
static const i64 T = 1784682000000;

/* Start 35,000.00, step 350.00, ten minutes, window and extension 180 s. */
static Lot lot_sample(void)
{
    return (Lot){.id = 1,
                 .start_fen = YUAN(35000),
                 .step_fen = YUAN(350),
                 .open_ms = T,
                 .planned_end_ms = T + SECONDS(600),
                 .end_ms = T + SECONDS(600),
                 .window_ms = SECONDS(180),
                 .extend_ms = SECONDS(180),
                 .bidder_min = 1,
                 .bidder_count = 4,
                 .state = LOT_OPEN};
}

static BidAct offer_of(i64 bidder, i64 fen, i64 after_ms)
{
    return (BidAct){.kind = ACT_BID,
                    .standing = STANDING_ADMITTED,
                    .bidder = bidder,
                    .amount_fen = fen,
                    .at_ms = T + after_ms};
}

/* A refused offer leaves the lot alone, byte for byte. */
static BidWhy play(Lot *lot, BidAct act)
{
    Lot before = *lot;
    BidWhy why = lot_play(lot, &act).why;
    if (why)
        assert_memory_equal(&before, lot, sizeof before);
    return why;
}

static Lot after(Lot lot, BidActKind kind, i64 at_ms, LotStage stage)
{
    assert_int_equal(play(&lot, (BidAct){.kind = kind, .at_ms = at_ms}), WHY_OK);
    lot.state = stage;
    return lot;
}

typedef struct Step {
    i64 bidder;
    i64 fen;
    i64 after_ms;
    BidWhy want;
    i64 want_end_ms; /* After the start; 0: not asked. */
} Step;

static void play_steps(Lot *lot, const Step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Step *step = &steps[i];
        BidWhy got = play(lot, offer_of(step->bidder, step->fen, step->after_ms));
        if (got != step->want)
            print_message("step %zu: got %s\n", i, bid_why_name(got));
        assert_int_equal(got, step->want);
        if (step->want_end_ms)
            assert_int_equal(lot->end_ms - T, step->want_end_ms);
    }
}
#define PLAY(lot, ...)                                                                             \
    play_steps((lot), (const Step[]){__VA_ARGS__}, COUNT(((const Step[]){__VA_ARGS__})))

/* Scenario 1: first bid and step. */
static void test_first_bid_and_step(void **state)
{
    (void)state;
    Lot above = lot_sample();
    above.first_above = 1;
    above.strict_step = 1;
    assert_int_equal(lot_next_fen(&above), YUAN(35350));
    PLAY(&above, {A, YUAN(35000), 1, WHY_BELOW_MIN, 0}, {B, YUAN(35350), 2, WHY_OK, 0},
         {C, YUAN(35350), 3, WHY_BELOW_MIN, 0}, {C, YUAN(35700) + 1, 4, WHY_NOT_MULTIPLE, 0},
         {C, YUAN(35700), 5, WHY_OK, 0}, {D, YUAN(36400), 6, WHY_OK, 0});
    assert_int_equal(above.price_fen, YUAN(36400));
    assert_int_equal(above.leader_id, D);
    assert_int_equal(above.bid_count, 3);
    assert_int_equal(lot_next_fen(&above), YUAN(36750));

    Lot at = lot_sample();
    PLAY(&at, {A, YUAN(35000) - 1, 1, WHY_BELOW_MIN, 0}, {A, YUAN(35000), 2, WHY_OK, 0},
         {B, YUAN(35350) + 1, 3, WHY_OK, 0}); /* No whole steps asked. */
    assert_int_equal(at.price_fen, YUAN(35350) + 1);
}

/* Scenario 3: the same price from 64 bidders, one after the other, a thousand rounds. */
static void test_same_price_race(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    lot.first_above = 1;
    int accepted = 0, below = 0;
    for (int round = 1; round <= 1000; round++) {
        i64 amount = lot.start_fen + round * lot.step_fen;
        for (int n = 0; n < 64; n++) {
            i64 bidder = 1 + (round + n) % 64;
            BidWhy code = play(&lot, offer_of(bidder, amount, round));
            accepted += code == WHY_OK;
            below += code == WHY_BELOW_MIN;
            assert_int_equal(code == WHY_OK, n == 0);
            if (code == WHY_SELF_RAISE) /* The leader of this round does not come again in it. */
                fail();
        }
    }
    assert_int_equal(accepted, 1000);
    assert_int_equal(below, 63 * 1000);
    assert_int_equal(lot.price_fen, lot.start_fen + 1000 * lot.step_fen);
}

/* Scenario 4: amounts and bidders that cannot be. Text is refused before it comes here. */
static void test_bad_amount_and_bidder(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    const i64 amounts[] = {0, -1, -99, INT64_MIN, MONEY_MAX_FEN + 1, INT64_MAX};
    for (size_t i = 0; i < COUNT(amounts); i++)
        assert_int_equal(play(&lot, offer_of(A, amounts[i], 1)), WHY_BAD_AMOUNT);

    const struct {
        BidStanding standing;
        BidWhy want;
    } cases[] = {{STANDING_NOBODY, WHY_NO_BIDDER},
                 {STANDING_NONE, WHY_NOT_A_BIDDER},
                 {STANDING_WAITING, WHY_NOT_ADMITTED},
                 {STANDING_ADMITTED, WHY_OK}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        BidAct offer = offer_of(A, YUAN(35000), 1);
        offer.standing = cases[i].standing;
        assert_int_equal(play(&lot, offer), cases[i].want);
    }
}

/* Scenario 5: extension. */
static void test_extension(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    PLAY(&lot, {A, YUAN(35000), 419999, WHY_OK, 600000}, {B, YUAN(36000), 420000, WHY_OK, 600000},
         {C, YUAN(37000), 599999, WHY_OK, 779999}, {D, YUAN(37000), 700000, WHY_BELOW_MIN, 779999});
    assert_int_equal(lot.planned_end_ms, T + 600000);
    assert_false(lot_due(&lot, T + 779998));
    assert_true(lot_due(&lot, T + 779999));

    Lot second = lot; /* A minute's extension does not shorten what is left. */
    second.extend_ms = SECONDS(60);
    PLAY(&second, {A, YUAN(40000), 650000, WHY_OK, 779999},
         {B, YUAN(41000), 779998, WHY_OK, 839998});
}

/* After so many extensions the end stays. */
static void test_extension_max(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    lot.extension_max = 1;
    PLAY(&lot, {A, YUAN(35000), 599999, WHY_OK, 779999}, {B, YUAN(36000), 779998, WHY_OK, 779999});
    assert_int_equal(lot.extension_count, 1);
}

/* Window shorter than the extension: its first millisecond counts, the one before does not. */
static void test_window_edge(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    lot.window_ms = SECONDS(60);
    PLAY(&lot, {A, YUAN(35000), 539999, WHY_OK, 600000}, {B, YUAN(36000), 540000, WHY_OK, 720000});
}

/* An extension chain over midnight: 200 bids, each in the last millisecond. */
static void test_extension_over_midnight(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    lot.open_ms = T + 14 * SECONDS(3600) + SECONDS(3000); /* 23:50 */
    lot.end_ms = lot.open_ms + SECONDS(60);
    i64 end = lot.end_ms;
    for (int i = 0; i < 200; i++) {
        BidAct offer = offer_of(1 + i % 2, YUAN(35000 + 350 * i), 0);
        offer.at_ms = end - 1;
        assert_int_equal(play(&lot, offer), WHY_OK);
        end = end - 1 + SECONDS(180);
        assert_int_equal(lot.end_ms, end);
    }
    assert_true(time_date(lot.end_ms) > time_date(lot.open_ms));
}

/* Scenario 6: a hard end. */
static void test_hard_end(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    lot.end_ms = T + SECONDS(3595);
    lot.hard_end_ms = T + SECONDS(3600);
    PLAY(&lot, {A, YUAN(35000), 3590000, WHY_OK, 3600000},
         {B, YUAN(36000), 3599999, WHY_OK, 3600000},
         {C, YUAN(37000), 3600000, WHY_CLOSED, 3600000});
}

/* Scenarios 7 and 8: judged by the stamp; the half-open interval; nothing after the close. */
static void test_edges_of_time(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    lot.window_ms = 0;
    PLAY(&lot, {A, YUAN(35000), -1, WHY_NOT_STARTED, 0}, {A, YUAN(35000), 0, WHY_OK, 0},
         {B, YUAN(36000), 599998, WHY_OK, 600000}, {C, YUAN(37000), 599999, WHY_OK, 600000},
         {D, YUAN(38000), 600000, WHY_CLOSED, 600000}, {D, YUAN(38000), 600001, WHY_CLOSED, 0});
    assert_int_equal(lot.leader_id, C);

    Lot early = lot_sample(); /* The clock's own command has not run yet. */
    early.state = LOT_SCHEDULED;
    assert_false(lot_due(&early, T - 1));
    assert_true(lot_due(&early, T));
    PLAY(&early, {A, YUAN(35000), -1, WHY_NOT_STARTED, 0}, {A, YUAN(35000), 0, WHY_OK, 0});

    const struct {
        i64 state;
        BidWhy want;
    } over[] = {{LOT_SOLD, WHY_CLOSED}, {LOT_NOT_SOLD, WHY_CLOSED}, {LOT_CANCELLED, WHY_CANCELLED}};
    for (size_t i = 0; i < COUNT(over); i++) {
        Lot closed = lot_sample();
        closed.state = over[i].state;
        assert_int_equal(play(&closed, offer_of(A, YUAN(35000), 1)), over[i].want);
        assert_false(lot_due(&closed, T + SECONDS(100000)));
    }
}

/* Two bids in one millisecond: the one that is judged first has it. */
static void test_same_millisecond(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    PLAY(&lot, {A, YUAN(35000), 5, WHY_OK, 0}, {B, YUAN(35000), 5, WHY_BELOW_MIN, 0},
         {B, YUAN(35350), 5, WHY_OK, 0});
}

static void test_self_raise(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    PLAY(&lot, {A, YUAN(35000), 1, WHY_OK, 0}, {A, YUAN(36000), 2, WHY_SELF_RAISE, 0},
         {B, YUAN(36000), 3, WHY_OK, 0}, {A, YUAN(37000), 4, WHY_OK, 0});
    lot.self_raise = 1;
    PLAY(&lot, {A, YUAN(38000), 5, WHY_OK, 0});
}

/* Ten times the price asks once more; one fen less does not. */
static void test_guard(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    PLAY(&lot, {A, YUAN(350000), 1, WHY_ABOVE_GUARD, 0}, {A, YUAN(350000) - 1, 2, WHY_OK, 0});
    BidAct high = offer_of(B, YUAN(3500000), 3);
    assert_int_equal(play(&lot, high), WHY_ABOVE_GUARD);
    high.kind = ACT_CONFIRM;
    high.amount_fen = YUAN(350000); /* Confirming lifts no other rule. */
    assert_int_equal(play(&lot, high), WHY_BELOW_MIN);
    high.amount_fen = YUAN(3500000);
    assert_int_equal(play(&lot, high), WHY_OK);
}

/* A pause keeps what is left to the millisecond, also within an extension. */
static void test_pause(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    PLAY(&lot, {A, YUAN(35000), 590000, WHY_OK, 770000});
    i64 from = lot.end_ms - 95250;
    lot = after(lot, ACT_PAUSE, from, LOT_PAUSED);
    assert_int_equal(lot.paused_left_ms, 95250);
    assert_false(lot_due(&lot, lot.end_ms + 1));
    PLAY(&lot, {B, YUAN(36000), from - T, WHY_PAUSED, 0},
         {B, YUAN(36000), from - T + 3600000, WHY_PAUSED, 0});

    Lot late = lot; /* Stamped before the pause, judged in it: entered, and extends. */
    PLAY(&late, {B, YUAN(36000), from - T - 1, WHY_OK, from - T - 1 + 180000});
    assert_int_equal(late.paused_left_ms, 179999);

    i64 to = from + SECONDS(3600);
    lot = after(lot, ACT_RESUME, to, LOT_OPEN);
    assert_int_equal(lot.end_ms - to, 95250);
    Lot behind = lot; /* Stamped before the pause, judged after it: the pause is not counted. */
    PLAY(&behind, {B, YUAN(36000), from - T - 1, WHY_OK, to - T - 1 + 180000});
    PLAY(&lot, {B, YUAN(36000), to - T - 1, WHY_PAUSED, 0},
         {B, YUAN(36000), to - T, WHY_OK, to - T + 180000});
}

static void test_pause_moves_hard_end(void **state)
{
    (void)state;
    Lot lot = lot_sample();
    lot.hard_end_ms = T + SECONDS(700);
    lot = after(lot, ACT_PAUSE, T + SECONDS(100), LOT_PAUSED);
    lot = after(lot, ACT_RESUME, T + SECONDS(1100), LOT_OPEN);
    assert_int_equal(lot.end_ms - T, SECONDS(1600));
    assert_int_equal(lot.hard_end_ms - T, SECONDS(1700));
}

/* Scenario 12: what closing makes of it. */
static void test_result(void **state)
{
    (void)state;
    const struct {
        i64 bid_count, price, reserve, bidders, least;
        const char *want;
        bool sale;
    } cases[] = {
        {0, 0, 0, 2, 1, "no_bid", false},          {0, 0, 0, 0, 1, "no_bid", false},
        {1, 49000, 50000, 2, 1, "reserve", false}, {1, 50000, 50000, 2, 1, "sold", true},
        {3, 36000, 0, 2, 1, "sold", true},         {1, 36000, 0, 1, 1, "sold", true},
        {1, 36000, 0, 1, 2, "few_bidders", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Lot lot = lot_sample();
        lot.bid_count = cases[i].bid_count;
        lot.price_fen = YUAN(cases[i].price);
        lot.reserve_fen = YUAN(cases[i].reserve);
        lot.bidder_count = cases[i].bidders;
        lot.bidder_min = cases[i].least;
        lot.leader_id = cases[i].bid_count ? A : 0;
        assert_string_equal(bid_result_name(lot_result(&lot)), cases[i].want);
        assert_int_equal(lot_result(&lot) == RESULT_SOLD, cases[i].sale);
        lot = after(lot, ACT_TICK, lot.end_ms, LOT_OPEN);
        assert_true(str_same_z(lot.result, cases[i].want));
        assert_int_equal(lot.closed_ms, lot.end_ms);
    }
}

static void test_terms(void **state)
{
    (void)state;
    const char *field = NULL;
    Lot good = lot_sample();
    assert_null(lot_terms_wrong(&good, T, &field));

    struct {
        Lot lot;
        const char *field;
    } bad[12];
    for (size_t i = 0; i < COUNT(bad); i++)
        bad[i].lot = good;
    bad[0].lot.start_fen = 0, bad[0].field = "start_fen";
    bad[1].lot.step_fen = 0, bad[1].field = "step_fen";
    bad[2].lot.step_fen = good.start_fen + 1, bad[2].field = "step_fen";
    bad[3].lot.reserve_fen = good.start_fen - 1, bad[3].field = "reserve_fen";
    bad[4].lot.deposit_fen = good.start_fen + 1, bad[4].field = "deposit_fen";
    bad[5].lot.open_ms = T - 1, bad[5].field = "open_ms";
    bad[6].lot.end_ms = T, bad[6].field = "end_ms";
    bad[7].lot.hard_end_ms = good.end_ms - 1, bad[7].field = "hard_end_ms";
    bad[8].lot.bidder_min = 0, bad[8].field = "bidder_min";
    bad[9].lot.end_ms = INT64_MAX, bad[9].field = "end_ms";
    bad[10].lot.window_ms = -1, bad[10].field = "window_s";
    bad[11].lot.reserve_fen = INT64_MAX, bad[11].field = "reserve_fen";
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_non_null(lot_terms_wrong(&bad[i].lot, T, &field));
        assert_string_equal(field, bad[i].field);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_bid_and_step),
        cmocka_unit_test(test_same_price_race),
        cmocka_unit_test(test_bad_amount_and_bidder),
        cmocka_unit_test(test_extension),
        cmocka_unit_test(test_extension_max),
        cmocka_unit_test(test_window_edge),
        cmocka_unit_test(test_extension_over_midnight),
        cmocka_unit_test(test_hard_end),
        cmocka_unit_test(test_edges_of_time),
        cmocka_unit_test(test_same_millisecond),
        cmocka_unit_test(test_self_raise),
        cmocka_unit_test(test_guard),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_pause_moves_hard_end),
        cmocka_unit_test(test_result),
        cmocka_unit_test(test_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
