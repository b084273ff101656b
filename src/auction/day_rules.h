/* day_rules.h - working days and bidding days. Pure: values in, values out.
 *
 * A day works when it is Monday to Friday, unless a span of the program's table (day_spans, made of
 * data/calendar/cn.txt while building) or a day that an operator set says otherwise; the operator's
 * holds over the table. Days are yyyymmdd. A term counts from the day after the one it runs from
 * (Civil Code 201).
 */
#ifndef AUCTION_DAY_RULES_H
#define AUCTION_DAY_RULES_H

#include "base/base.h"

/* Days one after the other that are all off, or all worked. */
typedef struct DaySpan {
    i64 from_date;
    i64 to_date; /* The last of them. */
    bool works;
    const char *zh, *en;
    char mark; /* How sure the line is: see data/calendar/README.md. */
} DaySpan;

extern const DaySpan day_spans[];
extern const size_t day_span_count;

/* A day that an operator set. */
typedef struct DayOwn {
    i64 date;
    bool works;
} DayOwn;

typedef struct Calendar {
    const DaySpan *spans;
    size_t span_count;
    const DayOwn *own; /* Of different days, in any order. */
    size_t own_count;
} Calendar;

enum {
    DAY_TERM_MAX = 1000,      /* Days of a term that calendar_after counts. */
    DAY_LOOK_MAX = 2 * 366,   /* Days that calendar_next_bidding looks at. */
    WEEKDAYS_WORK = 0x1f << 1 /* Monday to Friday, as bits 1..5. */
};

/* 1 Monday .. 7 Sunday. */
int day_weekday(i64 date);
/* The day `days` after, or before when negative. */
i64 day_add(i64 date, i64 days);
/* The span of the table that a day stands in; NULL when none. */
const DaySpan *day_span(const Calendar *calendar, i64 date);
/* What was set for this day by an operator; NULL when nothing. */
const DayOwn *day_own(const Calendar *calendar, i64 date);

bool calendar_works(const Calendar *calendar, i64 date);
/* True when the table, or an operator, says anything of this year: else only weekends are known. */
bool calendar_knows(const Calendar *calendar, i64 year);
/* The n-th day after `date`, or the n-th working day after it; `date` for 0. At most DAY_TERM_MAX
 * are counted. */
i64 calendar_after(const Calendar *calendar, i64 date, i64 days, bool working);
/* Whether there is bidding on this day: its weekday (bit 1 Monday .. 7 Sunday) is one of those, and
 * it is not a day off. A moved working day is no bidding day of its own; a Saturday that is named
 * is one unless it is a holiday. */
bool calendar_bids(const Calendar *calendar, i64 date, unsigned weekdays);
/* The first bidding day from `date` on, not after `until_date` (0: any); 0 when there is none. */
i64 calendar_next_bidding(const Calendar *calendar, i64 date, unsigned weekdays, i64 until_date);

#endif
