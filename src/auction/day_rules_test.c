/* day_rules_test.c - working days and bidding days, by table, over the calendar that is built in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/day_rules.h"

enum { WED_FRI = 1 << 3 | 1 << 5 };

static Calendar built_in(void)
{
    return (Calendar){day_spans, day_span_count, NULL, 0};
}

static void test_weekdays(void **state)
{
    static const struct {
        i64 date;
        int weekday;
    } rows[] = {{19700101, 4}, {19691231, 3}, {20240229, 4}, {20260101, 4},
                {20260722, 3}, {20261122, 7}, {20270205, 5}, {20250126, 7}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(day_weekday(rows[i].date), rows[i].weekday);
    assert_int_equal(day_add(20251231, 1), 20260101);
    assert_int_equal(day_add(20240301, -1), 20240229);
}

static void test_works(void **state)
{
    static const struct {
        i64 date;
        bool works;
    } rows[] = {
        {20250127, true},  {20250128, false}, {20250204, false}, {20250205, true},
        {20250126, true},  {20250208, true},  {20250209, false}, {20251008, false},
        {20251009, true},  {20251011, true},  {20260101, false}, {20260102, false},
        {20260103, false}, {20260104, true},  {20260105, true},  {20260214, true},
        {20260215, false}, {20260223, false}, {20260224, true},  {20260228, true},
        {20260301, false}, {20260404, false}, {20260406, false}, {20260407, true},
        {20260505, false}, {20260506, true},  {20260509, true},  {20260619, false},
        {20260622, true},  {20260920, true},  {20260925, false}, {20260928, true},
        {20261007, false}, {20261008, true},  {20261010, true},  {20261011, false},
        {20270208, false}, {20270209, true},  {20280103, true},  {20280101, false},
    };
    Calendar calendar = built_in();
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (calendar_works(&calendar, rows[i].date) != rows[i].works)
            fail_msg("%lld", (long long)rows[i].date);
    assert_true(calendar_knows(&calendar, 2026));
    assert_false(calendar_knows(&calendar, 2028));
}

static void test_after(void **state)
{
    static const struct {
        i64 date, days;
        bool working;
        i64 end;
    } rows[] = {
        {20260721, 0, true, 20260721},  {20260721, 1, true, 20260722},
        {20260717, 1, true, 20260720},  {20260718, 1, true, 20260720},
        {20260213, 1, true, 20260214}, /* A moved Saturday. */
        {20260213, 2, true, 20260224},  {20260213, 3, true, 20260225},
        {20260930, 1, true, 20261008},  {20260930, 3, true, 20261010},
        {20260930, 4, true, 20261012},  {20260919, 1, true, 20260920},
        {20260930, 7, false, 20261007}, {20261225, 15, false, 20270109},
        {20261231, 1, true, 20270104},  {20260701, 20, true, 20260729},
    };
    Calendar calendar = built_in();
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        i64 end = calendar_after(&calendar, rows[i].date, rows[i].days, rows[i].working);
        if (end != rows[i].end)
            fail_msg("row %zu: %lld", i, (long long)end);
    }
    /* No more is counted than DAY_TERM_MAX. */
    assert_int_equal(calendar_after(&calendar, 20260101, DAY_TERM_MAX + 9, false),
                     calendar_after(&calendar, 20260101, DAY_TERM_MAX, false));
}

static void test_bidding(void **state)
{
    static const struct {
        i64 date;
        unsigned weekdays;
        i64 until, next;
    } rows[] = {
        {20260720, WED_FRI, 0, 20260722},
        {20260722, WED_FRI, 0, 20260722},
        {20260723, WED_FRI, 0, 20260724},
        {20260214, WED_FRI, 0, 20260225},
        {20261001, WED_FRI, 0, 20261009},
        {20261001, WED_FRI, 20261008, 0},
        {20260618, WED_FRI, 0, 20260624}, /* Friday 19 is the festival. */
        {20260104, 1 << 7, 0, 20260104},  /* Sundays are named, and this one is no holiday. */
        {20260103, 1 << 6, 0, 20260110},  /* Saturday 3 is one. */
        {20260720, 0, 0, 0},
    };
    Calendar calendar = built_in();
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        i64 next = calendar_next_bidding(&calendar, rows[i].date, rows[i].weekdays, rows[i].until);
        if (next != rows[i].next)
            fail_msg("row %zu: %lld", i, (long long)next);
    }
}

/* What an operator set holds over the table, in both directions. */
static void test_own(void **state)
{
    static const DayOwn own[] = {{20260722, false}, {20260102, true}, {20300105, true}};
    Calendar calendar = {day_spans, day_span_count, own, COUNT(own)};
    (void)state;
    assert_false(calendar_works(&calendar, 20260722));
    assert_true(calendar_works(&calendar, 20260102));
    assert_true(calendar_works(&calendar, 20300105)); /* A Saturday. */
    assert_int_equal(calendar_next_bidding(&calendar, 20260720, WED_FRI, 0), 20260724);
    assert_int_equal(calendar_after(&calendar, 20260721, 1, true), 20260723);
    assert_true(calendar_knows(&calendar, 2030));
    assert_null(day_own(&calendar, 20260723));
    assert_int_equal(day_span(&calendar, 20260217)->mark, 'S');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weekdays), cmocka_unit_test(test_works), cmocka_unit_test(test_after),
        cmocka_unit_test(test_bidding),  cmocka_unit_test(test_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
