/* season_rules_test.c - periods of notices and the places of many lots, by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/season_rules.h"

enum { WED_FRI = 1 << 3 | 1 << 5 };

static Calendar built_in(void)
{
    return (Calendar){day_spans, day_span_count, NULL, 0};
}

static void test_presets(void **state)
{
    (void)state;
    for (size_t i = 0; i < bid_preset_count; i++) {
        const BidPreset *preset = &bid_presets[i];
        assert_ptr_equal(bid_preset(str_from(preset->code)), preset);
        assert_true(preset->notice_days > 0 && preset->notice_days <= DAY_TERM_MAX);
        assert_true(preset->deposit_least_bp <= preset->deposit_most_bp);
        assert_true(preset->window_s > 0 && preset->extend_s > 0 && preset->cut_most_bp <= 2000);
    }
    assert_ptr_equal(bid_preset(S("")), &bid_presets[0]);
}

static void test_notice(void **state)
{
    static const struct {
        const char *preset;
        i64 days, date, opens;
    } rows[] = {
        {"exchange", 0, 20260720, 20260723}, {"exchange", 0, 20260930, 20261010},
        {"exchange", 5, 20260720, 20260727}, {"auction", 0, 20260930, 20261007},
        {"judicial", 0, 20260720, 20260804}, {"judicial_right", 0, 20260131, 20260302},
        {"state_10", 0, 20260209, 20260228}, {"state_20", 0, 20260720, 20260817},
    };
    Calendar calendar = built_in();
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        i64 opens = notice_opens_date(&calendar, bid_preset(str_from(rows[i].preset)), rows[i].days,
                                      rows[i].date);
        if (opens != rows[i].opens)
            fail_msg("row %zu: %lld", i, (long long)opens);
    }
}

static void test_minutes(void **state)
{
    static const char *const bad[] = {"",    "9",    "24:00", "09:60",  "0930",
                                      ":30", "09:3", "-1:30", "09:30x", "009:30"};
    i64 minutes = 0;
    (void)state;
    assert_true(day_minutes_read(S("09:30"), &minutes) && minutes == 570);
    assert_true(day_minutes_read(S("9:05"), &minutes) && minutes == 545);
    assert_true(day_minutes_read(S("23:59"), &minutes) && minutes == 1439);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (day_minutes_read(str_from(bad[i]), &minutes))
            fail_msg("%s is read", bad[i]);
}

static SeasonHours hours_sample(void)
{
    return (SeasonHours){.from_date = 20260901,
                         .until_date = 20261031,
                         .weekdays = WED_FRI,
                         .from_min = 570,
                         .to_min = 690,
                         .length_min = 60,
                         .gap_min = 30};
}

static void expect_slot(SeasonSlot slot, const char *open, const char *end)
{
    Arena arena = {0};
    Str opens = time_format(&arena, slot.open_ms), ends = time_format(&arena, slot.end_ms);
    if (!str_same_z(opens, open) || !str_same_z(ends, end))
        fail_msg("%.*s to %.*s", STR_ARG(opens), STR_ARG(ends));
    arena_done(&arena);
}

/* Three openings a morning, Wednesdays and Fridays, over the Mid-Autumn Friday. */
static void test_slots(void **state)
{
    SeasonSlot slots[SEASON_PLAN_MAX];
    Calendar calendar = built_in();
    SeasonHours hours = hours_sample();
    (void)state;
    assert_int_equal(season_slots(&calendar, &hours, 20260923, 7, slots), 7);
    expect_slot(slots[0], "2026-09-23 09:30", "2026-09-23 10:30");
    expect_slot(slots[2], "2026-09-23 10:30", "2026-09-23 11:30");
    expect_slot(slots[3], "2026-09-30 09:30", "2026-09-30 10:30");
    expect_slot(slots[6], "2026-10-09 09:30", "2026-10-09 10:30");
    assert_int_equal(season_slots(&calendar, &hours, 20260720, 1, slots), 1);
    expect_slot(slots[0], "2026-09-02 09:30", "2026-09-02 10:30"); /* Not before it begins. */
}

static void test_slots_end(void **state)
{
    SeasonSlot slots[SEASON_PLAN_MAX];
    Calendar calendar = built_in();
    SeasonHours hours = hours_sample();
    (void)state;
    /* Friday 30 October is the last bidding day: three places. */
    assert_int_equal(season_slots(&calendar, &hours, 20261029, 10, slots), 3);
    assert_int_equal(season_slots(&calendar, &hours, 20261031, 10, slots), 0);
    hours.day_lots = 2;
    assert_int_equal(season_slots(&calendar, &hours, 20261029, 10, slots), 2);
    hours.gap_min = 0; /* All together. */
    hours.day_lots = 0;
    assert_int_equal(season_slots(&calendar, &hours, 20261029, SEASON_PLAN_MAX, slots),
                     SEASON_PLAN_MAX);
    expect_slot(slots[SEASON_PLAN_MAX - 1], "2026-10-30 09:30", "2026-10-30 10:30");
    hours.gap_min = 60; /* A day long: it has to open within the hours, no more. */
    hours.length_min = SEASON_DAY_MIN;
    assert_int_equal(season_slots(&calendar, &hours, 20261029, 10, slots), 3);
    expect_slot(slots[2], "2026-10-30 11:30", "2026-10-31 11:30");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_presets),   cmocka_unit_test(test_notice),
        cmocka_unit_test(test_minutes),   cmocka_unit_test(test_slots),
        cmocka_unit_test(test_slots_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
