/* after_rules_test.c - limits on what follows a lot, by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "deal/after_rules.h"

static void test_cut(void **state)
{
    static const struct {
        i64 start_fen, cut_bp, least_fen;
    } rows[] = {
        {10000, 2000, 8000},
        {30000000, 2000, 24000000},
        {30000000, 0, 30000000},
        {9999, 2000, 8000},
        {1, 2000, 1},
        {3, 1000, 3},
        {10001, 1000, 9001},
        {0, 2000, 0},
        {MONEY_MAX_FEN, 2000, MONEY_MAX_FEN / 5 * 4},
        {12345, 10000, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        i64 least = again_least_fen(rows[i].start_fen, rows[i].cut_bp);
        if (least != rows[i].least_fen)
            fail_msg("row %zu: %lld", i, (long long)least);
    }
    assert_int_equal(again_cut_bp(10000, 8000), 2000);
    assert_int_equal(again_cut_bp(10000, 7999), 2001);
    assert_int_equal(again_cut_bp(10000, 9999), 1);
    assert_int_equal(again_cut_bp(10000, 10000), 0);
    assert_int_equal(again_cut_bp(10000, 12000), 0);
    assert_int_equal(again_cut_bp(0, 0), 0);
}

static void test_days(void **state)
{
    const i64 noon = 1784520000000; /* 2026-07-20 12:00 in Shanghai. */
    const i64 hour = 3600 * 1000;
    (void)state;
    assert_int_equal(days_between(noon, noon), 0);
    assert_int_equal(days_between(noon, noon + 11 * hour), 0);
    assert_int_equal(days_between(noon, noon + 12 * hour), 1);
    assert_int_equal(days_between(noon, noon - 13 * hour), -1);
    assert_int_equal(days_between(noon, noon + 15 * 24 * hour), 15);
}

static void test_next(void **state)
{
    static const BidderBest bids[] = {{3, 500}, {1, 700}, {2, 600}, {4, 600}};
    static const i64 passed[] = {1, 2};
    (void)state;
    assert_int_equal(best_beside(bids, COUNT(bids), NULL, 0).no, 1);
    assert_int_equal(best_beside(bids, COUNT(bids), passed, 1).no, 2); /* The first of equals. */
    assert_int_equal(best_beside(bids, COUNT(bids), passed, 2).no, 4);
    assert_int_equal(best_beside(bids, 2, (const i64[]){3, 1}, 2).no, 0);
    assert_int_equal(best_beside(NULL, 0, NULL, 0).no, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
