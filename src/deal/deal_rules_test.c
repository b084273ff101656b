/* deal_rules_test.c - the division of a transfer's income. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "deal/deal_rules.h"

#define YUAN(n) ((i64)(n)*100)

static void test_split(void **state)
{
    (void)state;
    const struct {
        const char *floor;
        i64 price, costs, rate, net, pot;
    } cases[] = {
        {"national", YUAN(1000000), YUAN(60000), 5000, YUAN(940000), YUAN(470000)},
        {"national", YUAN(1000000), YUAN(60000), 7000, YUAN(940000), YUAN(658000)},
        {"province", YUAN(1000000), YUAN(60000), 7000, YUAN(940000), YUAN(658000)},
        {"province", YUAN(1000000), YUAN(60000), 10000, YUAN(940000), YUAN(940000)},
        {"national", YUAN(1000000), 0, 5000, YUAN(1000000), YUAN(500000)},
        {"national", 3, 0, 5000, 3, 2},                 /* Up to the fen: never below the floor. */
        {"national", YUAN(100), YUAN(100), 5000, 0, 0}, /* Nothing left to divide. */
        {"national", YUAN(100), YUAN(101), 5000, 0, 0},
        {"national", MONEY_MAX_FEN, 0, 9999, MONEY_MAX_FEN, MONEY_MAX_FEN / 10000 * 9999},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Split split;
        const char *field;
        const SplitFloor *floor = split_floor_find(str_from(cases[i].floor));
        assert_null(
            deal_split(floor, cases[i].price, cases[i].costs, cases[i].rate, &split, &field));
        assert_int_equal(split.net_fen, cases[i].net);
        assert_int_equal(split.pot_fen, cases[i].pot);
        assert_int_equal(split.unit_fen, cases[i].net - cases[i].pot);
    }
}

static void test_split_within_pot(void **state)
{
    (void)state;
    Split split;
    const char *field;
    assert_null(deal_split(split_floor_find(S("zhejiang")), YUAN(1000000), YUAN(60000), 7000,
                           &split, &field));
    assert_int_equal(split.contributors_least_fen, YUAN(460600));
    assert_int_equal(split.staff_least_fen, YUAN(32900));
}

static void test_split_refused(void **state)
{
    (void)state;
    const struct {
        const char *floor;
        i64 price, costs, rate;
        const char *field;
    } cases[] = {
        {"national", 0, 0, 5000, "price_fen"},
        {"national", MONEY_MAX_FEN + 1, 0, 5000, "price_fen"},
        {"national", YUAN(1), -1, 5000, "costs_fen"},
        {"national", YUAN(1), 0, 4999, "rate_bp"},
        {"province", YUAN(1), 0, 6999, "rate_bp"},
        {"national", YUAN(1), 0, 10001, "rate_bp"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Split split = {.net_fen = -7};
        const char *field = NULL;
        const SplitFloor *floor = split_floor_find(str_from(cases[i].floor));
        assert_non_null(
            deal_split(floor, cases[i].price, cases[i].costs, cases[i].rate, &split, &field));
        assert_string_equal(field, cases[i].field);
        assert_int_equal(split.net_fen, -7);
    }
    assert_null(split_floor_find(S("nowhere")));
}

static void test_shares(void **state)
{
    (void)state;
    const struct {
        i64 pot;
        i64 share[4];
        size_t count;
        i64 want[4];
    } cases[] = {
        {YUAN(470000), {5000, 3000, 2000}, 3, {YUAN(235000), YUAN(141000), YUAN(94000)}},
        {100, {3333, 3333, 3334}, 3, {33, 33, 34}},
        {101, {3333, 3333, 3334}, 3, {34, 33, 34}}, /* 33.66, 33.66, 33.67 */
        {1, {5000, 5000}, 2, {1, 0}},               /* The first of equals. */
        {0, {10000}, 1, {0}},
        {7, {0, 10000}, 2, {0, 7}},
        {3, {2500, 2500, 2500, 2500}, 4, {1, 1, 1, 0}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        i64 got[4] = {0}, sum = 0;
        assert_true(deal_shares(cases[i].pot, cases[i].share, cases[i].count, got));
        for (size_t n = 0; n < cases[i].count; n++) {
            assert_int_equal(got[n], cases[i].want[n]);
            sum += got[n];
        }
        assert_int_equal(sum, cases[i].pot);
    }
}

static void test_shares_refused(void **state)
{
    (void)state;
    i64 got[3];
    assert_false(deal_shares(100, (const i64[]){5000, 4999}, 2, got));
    assert_false(deal_shares(100, (const i64[]){5000, 5001}, 2, got));
    assert_false(deal_shares(100, (const i64[]){-1, 5001, 5000}, 3, got));
    assert_false(deal_shares(100, (const i64[]){10001, -1}, 2, got));
    assert_false(deal_shares(100, got, 0, got));
}

/* Any pot and any shares: nothing is lost, and nobody is a fen or more from what is due. */
static void test_shares_by_chance(void **state)
{
    (void)state;
    Chance chance = {.seeded = true, .state = 20260722};
    for (int round = 0; round < 2000; round++) {
        size_t count = 1 + (size_t)chance_below(&chance, 20);
        i64 share[20] = {0}, got[20], left = BP_ALL, sum = 0;
        for (size_t i = 0; i + 1 < count; i++)
            left -= share[i] = chance_below(&chance, left + 1);
        share[count - 1] = left;
        i64 pot = chance_below(&chance, MONEY_MAX_FEN);
        assert_true(deal_shares(pot, share, count, got));
        for (size_t i = 0; i < count; i++) {
            i64 exact = pot * share[i]; /* In hundredths of a percent of a fen. */
            assert_true(got[i] * BP_ALL > exact - BP_ALL && got[i] * BP_ALL < exact + BP_ALL);
            sum += got[i];
        }
        assert_int_equal(sum, pot);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),          cmocka_unit_test(test_split_within_pot),
        cmocka_unit_test(test_split_refused),  cmocka_unit_test(test_shares),
        cmocka_unit_test(test_shares_refused), cmocka_unit_test(test_shares_by_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
