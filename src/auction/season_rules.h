/* season_rules.h - terms that a season begins with, how long before a notice has to be out, and the
 * day and hour of each of many lots. Pure.
 *
 * A preset is a row: the periods and limits that its source asks for. They are where a season
 * begins, and what its plans are checked against; a season may ask for a longer notice.
 */
#ifndef AUCTION_SEASON_RULES_H
#define AUCTION_SEASON_RULES_H

#include "auction/day_rules.h"

enum {
    SEASON_DAY_MIN = 24 * 60,
    SEASON_PLAN_MAX = 300, /* Lots of one plan. */
};

typedef struct BidPreset {
    const char *code; /* Stored and sent; never renamed. */
    const char *zh, *en;
    i64 notice_days; /* At least so long before the opening... */
    bool working;    /* ...in working days. */
    i64 length_min;  /* Least free bidding, minutes; 0: no rule. */
    i64 window_s, extend_s;
    i64 deposit_least_bp, deposit_most_bp; /* Of the start price; 0, 0: no rule. */
    i64 cut_most_bp; /* By which the start price of a further lot may lie below the last. */
} BidPreset;

extern const BidPreset bid_presets[];
extern const size_t bid_preset_count;
/* The first row when `code` is none of them. */
const BidPreset *bid_preset(Str code);

/* The first day on which a lot may open whose notice comes out on `date`; `days` 0: as the preset
 * asks. */
i64 notice_opens_date(const Calendar *calendar, const BidPreset *preset, i64 days, i64 date);

/* "09:30" as minutes of the day. False on anything else. */
bool day_minutes_read(Str text, i64 *ret);

typedef struct SeasonHours {
    i64 from_date, until_date;
    unsigned weekdays;    /* Bits 1 Monday .. 7 Sunday. */
    i64 from_min, to_min; /* Of the day. */
    i64 length_min;       /* From opening to planned end. */
    i64 gap_min;          /* Between two openings; 0: all of a day open together. */
    i64 day_lots;         /* At most so many on one day; 0: any number. */
} SeasonHours;

typedef struct SeasonSlot {
    i64 open_ms;
    i64 end_ms;
} SeasonSlot;

/* Places for `count` lots on the bidding days from `date` on, in order; the number that found one
 * before the season ends. A lot that is longer than the hours of a day only has to open in them. */
size_t season_slots(const Calendar *calendar, const SeasonHours *hours, i64 date, size_t count,
                    SeasonSlot *ret);

#endif
