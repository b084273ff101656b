/* season.h - bidding seasons (竞价专场): when there is bidding, on which terms, and the lots of each.
 *
 * Owns    the tables season, season_lot.
 * Emits   season.added, season.changed, season.lot_put (about the link; other_id is the lot),
 *         season.lot_taken_out.
 *
 * A plan gives each of up to SEASON_PLAN_MAX listings a day and an hour by the season's rule
 * (season_rules.h) and then makes their lots, each by lot.open of its own: what cannot become a lot
 * is told of and holds up no other. Until its notice is published a planned lot can be taken back.
 * A lot that was not sold is shown by its season until that ends; its listing is on offer
 * meanwhile.
 */
#ifndef AUCTION_SEASON_H
#define AUCTION_SEASON_H

#include "auction/season_rules.h"
#include "command/command.h"

typedef struct Season {
    RECORD_HEAD;
    Str name;      /* 生物医药产业专场 */
    Str programme; /* 2026 年成果（专利）拍卖季: notices are numbered by it. */
    Str intro;
    i64 from_date;
    i64 until_date;
    Str weekdays; /* weekday_codes */
    Str hours_from;
    Str hours_to;
    i64 length_min;    /* Free bidding of a lot. */
    i64 gap_min;       /* Between two openings; 0: all of a day open together. */
    i64 day_lots;      /* At most on one day; 0: any number. */
    Str preset;        /* bid_preset_codes */
    i64 notice_days;   /* 0: the preset's. */
    i64 notice_wanted; /* No lot of it opens without a published notice. */
    Str notice_number; /* How its notices are numbered; '' : the common form. */
    i64 step_bp;       /* Of the start price; what a plan gives its lots. */
    i64 deposit_bp;
    i64 fee_bp; /* Of the price, charged by the exchange; said in the notice. */
} Season;

typedef struct SeasonLot {
    RECORD_HEAD;
    i64 season_id;
    i64 lot_id;
    i64 listing_id;
    i64 plan; /* Number of the plan that made it, within the season; 0: put in by hand. */
} SeasonLot;

extern const RecordType season_type, season_lot_type;
extern const CodeList weekday_codes, bid_preset_codes;

/* The season that a lot is of; id 0 when it is of none. */
NODISCARD Err season_of_lot(Cx *cx, i64 lot_id, Season *ret);
/* Its notice has to be out this long before: by the season, else by the setting. */
const BidPreset *season_preset(Cx *cx, const Season *season);
/* ERR_STATE when the lot is beyond its start, or its notice is published: no plan takes it back. */
NODISCARD Err season_lot_free(Cx *cx, i64 lot_id);

#endif
