/* day.h - which days are worked and on which there is bidding: the program's table and what an
 * operator set beside it.
 *
 * Owns    the table calendar_day.
 * Emits   day.set, day.removed (amount is the day).
 *
 * The rules are in day_rules.h, pure; here they get the rows. A year has at most a few dozen rows
 * of its own, so all of them are read.
 */
#ifndef AUCTION_DAY_H
#define AUCTION_DAY_H

#include "auction/day_rules.h"
#include "command/command.h"

typedef struct CalendarDay {
    RECORD_HEAD;
    i64 day_date;
    Str kind; /* day_kinds */
    Str name; /* "青奥会放假" */
} CalendarDay;

enum {
    DAY_ROWS_MAX = 2000,
    DAY_SET_MAX = 31, /* Days set by one act. */
};

extern const RecordType calendar_day_type;
extern const CodeList day_kinds;

/* The calendar as it is now. In cx->arena. */
NODISCARD Err calendar_load(Cx *cx, Calendar *ret);

#endif
