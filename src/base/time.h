/* time.h - instants, days and the injected clock.
 *
 * An instant is int64 milliseconds since 1970-01-01 UTC (_ms). A calendar day is an int64 of the
 * form yyyymmdd (_date), 0 for none: it sorts, it reads, and it is no instant. People see
 * Asia/Shanghai, which has been UTC+8 without daylight saving since 1991.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/base.h"

enum { SHANGHAI_OFFSET_MS = 8 * 3600 * 1000 };

typedef struct Clock {
    bool fixed; /* A test's clock: stands at now_ms until moved. */
    i64 now_ms;
} Clock;

i64 clock_now_ms(const Clock *clock); /* The only way to ask what time it is. */
i64 clock_steady_ns(void);            /* For measuring spans; never steps back. */

/* Pieces of an instant, in Asia/Shanghai. */
Str time_format(Arena *arena, i64 ms);      /* 2026-07-20 09:30 */
Str time_format_full(Arena *arena, i64 ms); /* 2026-07-20 09:30:15.123 */
Str time_format_iso(Arena *arena, i64 ms);  /* 2026-07-20T01:30:15.123Z, for machines */
bool time_parse(Str s, i64 *ret_ms);        /* Any of the above, or with T, seconds optional. */
i64 time_date(i64 ms);                      /* The day in Shanghai, yyyymmdd. */

bool date_valid(i64 date); /* A day that exists, years 1900 to 2199. */
i64 date_days(i64 date);   /* Days since 1970-01-01. */
i64 date_from_days(i64 days);
i64 date_add_years(i64 date, int years); /* 29 February becomes 28. */
Str date_format(Arena *arena, i64 date); /* 2026-07-20; empty for 0 */

#endif
