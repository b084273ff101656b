#include "auction/day_rules.h"

int day_weekday(i64 date)
{
    i64 days = date_days(date); /* 1970-01-01 was a Thursday. */
    return (int)(((days + 3) % 7 + 7) % 7) + 1;
}

i64 day_add(i64 date, i64 days)
{
    return date_from_days(date_days(date) + days);
}

const DaySpan *day_span(const Calendar *calendar, i64 date)
{
    for (size_t i = 0; i < calendar->span_count; i++)
        if (date >= calendar->spans[i].from_date && date <= calendar->spans[i].to_date)
            return &calendar->spans[i];
    return NULL;
}

const DayOwn *day_own(const Calendar *calendar, i64 date)
{
    for (size_t i = 0; i < calendar->own_count; i++)
        if (calendar->own[i].date == date)
            return &calendar->own[i];
    return NULL;
}

/* 1 it is said to be worked, 0 to be off, -1 nothing is said. */
static int said_of(const Calendar *calendar, i64 date)
{
    const DayOwn *own = day_own(calendar, date);
    if (own)
        return own->works;
    const DaySpan *span = day_span(calendar, date);
    return span ? span->works : -1;
}

bool calendar_works(const Calendar *calendar, i64 date)
{
    int said = said_of(calendar, date);
    return said >= 0 ? said == 1 : day_weekday(date) <= 5;
}

bool calendar_knows(const Calendar *calendar, i64 year)
{
    for (size_t i = 0; i < calendar->span_count; i++)
        if (calendar->spans[i].from_date / 10000 == year ||
            calendar->spans[i].to_date / 10000 == year)
            return true;
    for (size_t i = 0; i < calendar->own_count; i++)
        if (calendar->own[i].date / 10000 == year)
            return true;
    return false;
}

i64 calendar_after(const Calendar *calendar, i64 date, i64 days, bool working)
{
    assert(date_valid(date));
    if (days > DAY_TERM_MAX)
        days = DAY_TERM_MAX;
    if (!working)
        return days > 0 ? day_add(date, days) : date;
    while (days > 0) {
        date = day_add(date, 1);
        days -= calendar_works(calendar, date);
    }
    return date;
}

bool calendar_bids(const Calendar *calendar, i64 date, unsigned weekdays)
{
    return (weekdays >> day_weekday(date) & 1) && said_of(calendar, date) != 0;
}

i64 calendar_next_bidding(const Calendar *calendar, i64 date, unsigned weekdays, i64 until_date)
{
    for (int i = 0; i < DAY_LOOK_MAX; i++, date = day_add(date, 1)) {
        if (until_date && date > until_date)
            return 0;
        if (calendar_bids(calendar, date, weekdays))
            return date;
    }
    return 0;
}
