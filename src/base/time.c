#include "base/base.h"

#include <time.h>

enum { DAY_MS = 24 * 3600 * 1000 };

i64 clock_now_ms(const Clock *clock)
{
    if (clock->fixed)
        return clock->now_ms;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (i64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

i64 clock_steady_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (i64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Days from civil and back: the proleptic Gregorian calendar in 400-year eras that start in March.
 */
i64 date_days(i64 date)
{
    i64 year = date / 10000, month = date / 100 % 100, day = date % 100;
    year -= month <= 2;
    i64 era = (year >= 0 ? year : year - 399) / 400;
    i64 of_era = year - era * 400;
    i64 of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

i64 date_from_days(i64 days)
{
    days += 719468;
    i64 era = (days >= 0 ? days : days - 146096) / 146097;
    i64 of_era = days - era * 146097;
    i64 year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    i64 of_year = of_era - (365 * year + year / 4 - year / 100);
    i64 shifted = (5 * of_year + 2) / 153;
    i64 day = of_year - (153 * shifted + 2) / 5 + 1;
    i64 month = shifted < 10 ? shifted + 3 : shifted - 9;
    return (year + era * 400 + (month <= 2)) * 10000 + month * 100 + day;
}

bool date_valid(i64 date)
{
    if (date < 19000101 || date > 21991231)
        return false;
    i64 month = date / 100 % 100, day = date % 100;
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
           date_from_days(date_days(date)) == date;
}

i64 date_add_years(i64 date, int years)
{
    i64 moved = date + (i64)years * 10000;
    return date_from_days(date_days(moved)) == moved ? moved : moved - 1;
}

Str date_format(Arena *arena, i64 date)
{
    if (!date)
        return S("");
    if (date < 0 || date > 99991231) /* No day at all, or one of a far year. */
        return str_format(arena, "%04lld-%02lld-%02lld", (long long)(date / 10000),
                          (long long)(date / 100 % 100), (long long)(date % 100));
    char *text = str_z(arena, S("0000-00-00")); /* Lists are full of dates: no printf. */
    for (size_t at = 9; date; date /= 10, at -= at == 5 || at == 8 ? 2 : 1)
        text[at] = (char)('0' + (int)(date % 10));
    return (Str){text, 10};
}

static i64 floor_div(i64 a, i64 b)
{
    return a / b - (a % b < 0);
}

i64 time_date(i64 ms)
{
    return date_from_days(floor_div(ms + SHANGHAI_OFFSET_MS, DAY_MS));
}

typedef struct Parts {
    i64 date;
    int hour, minute, second, ms;
} Parts;

static Parts split_time(i64 ms, i64 offset_ms)
{
    ms += offset_ms;
    i64 days = floor_div(ms, DAY_MS);
    int rest = (int)(ms - days * DAY_MS);
    return (Parts){date_from_days(days), rest / 3600000, rest / 60000 % 60, rest / 1000 % 60,
                   rest % 1000};
}

Str time_format(Arena *arena, i64 ms)
{
    Parts p = split_time(ms, SHANGHAI_OFFSET_MS);
    return str_format(arena, "%.*s %02d:%02d", STR_ARG(date_format(arena, p.date)), p.hour,
                      p.minute);
}

Str time_format_full(Arena *arena, i64 ms)
{
    Parts p = split_time(ms, SHANGHAI_OFFSET_MS);
    return str_format(arena, "%.*s %02d:%02d:%02d.%03d", STR_ARG(date_format(arena, p.date)),
                      p.hour, p.minute, p.second, p.ms);
}

Str time_format_iso(Arena *arena, i64 ms)
{
    Parts p = split_time(ms, 0);
    return str_format(arena, "%.*sT%02d:%02d:%02d.%03dZ", STR_ARG(date_format(arena, p.date)),
                      p.hour, p.minute, p.second, p.ms);
}

/* Reads up to `most` digits; false when there are fewer than `least`. */
static bool digits(Str *s, size_t least, size_t most, i64 *ret)
{
    size_t len = 0;
    i64 n = 0;
    while (len < most && len < s->len && s->data[len] >= '0' && s->data[len] <= '9')
        n = n * 10 + (s->data[len++] - '0');
    *s = str_slice(*s, len, s->len);
    *ret = n;
    return len >= least;
}

static bool skip(Str *s, char c)
{
    if (!s->len || s->data[0] != c)
        return false;
    *s = str_slice(*s, 1, s->len);
    return true;
}

static bool parse_fraction(Str *s, i64 *ret_ms)
{
    size_t before = s->len;
    if (!digits(s, 1, 3, ret_ms))
        return false;
    for (size_t len = before - s->len; len < 3; len++)
        *ret_ms *= 10;
    return true;
}

bool time_parse(Str s, i64 *ret_ms)
{
    s = str_trim(s);
    i64 year, month, day, hour, minute, second = 0, ms = 0;
    bool ok = digits(&s, 4, 4, &year) && skip(&s, '-') && digits(&s, 1, 2, &month) &&
              skip(&s, '-') && digits(&s, 1, 2, &day) && (skip(&s, 'T') || skip(&s, ' ')) &&
              digits(&s, 1, 2, &hour) && skip(&s, ':') && digits(&s, 2, 2, &minute);
    if (ok && skip(&s, ':'))
        ok = digits(&s, 2, 2, &second) && (!skip(&s, '.') || parse_fraction(&s, &ms));
    bool utc = ok && skip(&s, 'Z');
    i64 date = ok ? year * 10000 + month * 100 + day : 0;
    if (!ok || s.len || !date_valid(date) || hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_ms = date_days(date) * DAY_MS + hour * 3600000 + minute * 60000 + second * 1000 + ms -
              (utc ? 0 : SHANGHAI_OFFSET_MS);
    return true;
}
