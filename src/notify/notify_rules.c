#include "notify/notify_rules.h"

enum { MINUTE_MS = 60 * 1000, DAY_MIN = 24 * 60, WEEK_DAYS = 7, MONDAY = 4 };

/* Minutes of an instant since 1970 in Shanghai. */
static i64 minutes_of(i64 ms)
{
    return (ms + SHANGHAI_OFFSET_MS) / MINUTE_MS;
}

static i64 ms_of(i64 minutes)
{
    return minutes * MINUTE_MS - SHANGHAI_OFFSET_MS;
}

/* The next digest at or after this instant. Day 0 was a Thursday: days 4, 11, 18... are Mondays. */
static i64 digest_ms(i64 ms, NoticeDigest digest)
{
    i64 day = minutes_of(ms) / DAY_MIN;
    if (ms > ms_of(day * DAY_MIN + NOTICE_DIGEST_MIN))
        day++;
    if (digest == DIGEST_WEEKLY)
        day += (MONDAY - day % WEEK_DAYS + WEEK_DAYS) % WEEK_DAYS;
    return ms_of(day * DAY_MIN + NOTICE_DIGEST_MIN);
}

static i64 quiet_end_ms(const NoticeRules *rules, i64 ms)
{
    i64 from = rules->quiet_from_min, until = rules->quiet_until_min;
    i64 minute = minutes_of(ms) % DAY_MIN, day = minutes_of(ms) / DAY_MIN;
    bool over_night = from > until;
    if (from == until)
        return ms;
    if (over_night ? minute < from && minute >= until : minute < from || minute >= until)
        return ms;
    return ms_of((day + (over_night && minute >= from)) * DAY_MIN + until);
}

static void put_off(NoticeTime *time, i64 to_ms, const char *cause)
{
    if (to_ms <= time->at_ms)
        return;
    time->at_ms = to_ms;
    if (!time->cause)
        time->cause = cause;
}

NoticeTime notice_time(const NoticeRules *rules, i64 since_ms, i64 now_ms, i64 capped_ms)
{
    NoticeTime time = {.at_ms = now_ms};
    if (rules->cap_week && capped_ms)
        put_off(&time, capped_ms + NOTICE_WEEK_MS, "cap");
    if (rules->digest != DIGEST_NONE)
        put_off(&time, digest_ms(time.cause ? time.at_ms : since_ms, rules->digest), "digest");
    put_off(&time, quiet_end_ms(rules, time.at_ms), "quiet");
    return time;
}
