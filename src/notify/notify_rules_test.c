/* When a message may come: by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "notify/notify_rules.h"

static i64 at(const char *text)
{
    i64 ms = 0;
    assert_true(time_parse(str_from(text), &ms));
    return ms;
}

/* 2026-07-20 is a Monday. Times are Shanghai's. */
static void test_times(void **state)
{
    static const struct {
        NoticeRules rules;
        const char *now, *capped; /* NULL: fewer than the cap. */
        const char *want, *cause; /* NULL: now. */
    } rows[] = {
        {{0, 0, DIGEST_NONE, 0}, "2026-07-20 03:00", NULL, "2026-07-20 03:00", NULL},
        {{0, 0, DIGEST_NONE, 0}, "2026-07-20 03:00", "2026-07-20 02:00", "2026-07-20 03:00", NULL},
        {{0, 0, DIGEST_NONE, 5}, "2026-07-20 03:00", NULL, "2026-07-20 03:00", NULL},
        {{0, 0, DIGEST_NONE, 5}, "2026-07-20 03:00", "2026-07-18 09:30", "2026-07-25 09:30", "cap"},
        {{0, 0, DIGEST_NONE, 5}, "2026-07-20 03:00", "2026-07-13 03:00", "2026-07-20 03:00", NULL},
        {{0, 0, DIGEST_NONE, 1}, "2026-07-20 03:00", "2026-07-21 08:00", "2026-07-28 08:00", "cap"},
        {{22 * 60, 7 * 60, DIGEST_NONE, 0}, "2026-07-20 21:59", NULL, "2026-07-20 21:59", NULL},
        {{22 * 60, 7 * 60, DIGEST_NONE, 0}, "2026-07-20 22:00", NULL, "2026-07-21 07:00", "quiet"},
        {{22 * 60, 7 * 60, DIGEST_NONE, 0}, "2026-07-21 06:59", NULL, "2026-07-21 07:00", "quiet"},
        {{22 * 60, 7 * 60, DIGEST_NONE, 0}, "2026-07-21 07:00", NULL, "2026-07-21 07:00", NULL},
        {{12 * 60, 14 * 60, DIGEST_NONE, 0}, "2026-07-20 13:00", NULL, "2026-07-20 14:00", "quiet"},
        {{12 * 60, 14 * 60, DIGEST_NONE, 0}, "2026-07-20 14:00", NULL, "2026-07-20 14:00", NULL},
        {{12 * 60, 14 * 60, DIGEST_NONE, 0}, "2026-07-20 11:59", NULL, "2026-07-20 11:59", NULL},
        {{0, 0, DIGEST_DAILY, 0}, "2026-07-20 07:00", NULL, "2026-07-20 08:00", "digest"},
        {{0, 0, DIGEST_DAILY, 0}, "2026-07-20 08:00", NULL, "2026-07-20 08:00", NULL},
        {{0, 0, DIGEST_DAILY, 0}, "2026-07-20 08:01", NULL, "2026-07-21 08:00", "digest"},
        {{0, 0, DIGEST_WEEKLY, 0}, "2026-07-20 07:00", NULL, "2026-07-20 08:00", "digest"},
        {{0, 0, DIGEST_WEEKLY, 0}, "2026-07-20 09:00", NULL, "2026-07-27 08:00", "digest"},
        {{0, 0, DIGEST_WEEKLY, 0}, "2026-07-26 23:00", NULL, "2026-07-27 08:00", "digest"},
        /* Quiet hours over the digest's: as soon as they end. */
        {{22 * 60, 9 * 60, DIGEST_DAILY, 0},
         "2026-07-20 10:00",
         NULL,
         "2026-07-21 09:00",
         "digest"},
        /* The cap first, then the night, then the digest. */
        {{22 * 60, 7 * 60, DIGEST_NONE, 3},
         "2026-07-20 10:00",
         "2026-07-14 23:00",
         "2026-07-22 07:00",
         "cap"},
        {{0, 0, DIGEST_WEEKLY, 3},
         "2026-07-20 10:00",
         "2026-07-20 08:00",
         "2026-07-27 08:00",
         "cap"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        NoticeTime time = notice_time(&rows[i].rules, at(rows[i].now), at(rows[i].now),
                                      rows[i].capped ? at(rows[i].capped) : 0);
        if (time.at_ms != at(rows[i].want))
            fail_msg("row %zu: %lld, not %s", i, (long long)time.at_ms, rows[i].want);
        if ((time.cause != NULL) != (rows[i].cause != NULL) ||
            (time.cause && strcmp(time.cause, rows[i].cause) != 0))
            fail_msg("row %zu: cause %s", i, time.cause ? time.cause : "none");
    }
}

/* Whatever is wished, it comes within two weeks of the last that counts, and never before now. */
static void test_never_dropped(void **state)
{
    (void)state;
    i64 now = at("2026-07-20 00:00");
    for (i64 n = 0; n < 5000; n++) {
        NoticeRules rules = {.quiet_from_min = n * 37 % 1440,
                             .quiet_until_min = n * 101 % 1440,
                             .digest = (NoticeDigest)(n % 3),
                             .cap_week = n % 4};
        i64 ms = now + n * 977 * 1000, capped = n % 2 ? ms - n % 6 * 86400000 : 0;
        NoticeTime time = notice_time(&rules, ms, ms, capped);
        assert_true(time.at_ms >= ms && time.at_ms <= ms + 2 * (i64)NOTICE_WEEK_MS + 86400000);
        assert_true((time.at_ms > ms) == (time.cause != NULL));
        NoticeTime again = notice_time(&rules, ms, time.at_ms, capped);
        assert_true(again.at_ms == time.at_ms && !again.cause);
        /* Looked at later than that, as when the exchange stood still: at most a night more. */
        again = notice_time(&rules, ms, time.at_ms + 7 * 3600 * 1000, capped);
        assert_true(!again.cause || strcmp(again.cause, "quiet") == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_times),
                                       cmocka_unit_test(test_never_dropped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
