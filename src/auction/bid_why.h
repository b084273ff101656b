/* bid_why.h - why an act is refused, and the one way from text to an amount. */
#ifndef AUCTION_BID_WHY_H
#define AUCTION_BID_WHY_H

#include "base/base.h"

/* Why an act is refused. Names are sent and stored: never renamed. */
typedef enum BidWhy {
    WHY_OK,
    WHY_BAD_AMOUNT,   /* Not positive, not exact, or beyond every amount the exchange knows. */
    WHY_NO_BIDDER,    /* Nobody. */
    WHY_NOT_A_BIDDER, /* Never applied for this lot. */
    WHY_NOT_ADMITTED, /* Applied, but not admitted: refused, or the deposit is due. */
    WHY_NOT_STARTED,
    WHY_PAUSED,
    WHY_CLOSED,     /* Or stopped. */
    WHY_CANCELLED,  /* What a lot of the exchange says instead, when it was. */
    WHY_SELF_RAISE, /* The leader would top himself. */
    WHY_BELOW_MIN,
    WHY_NOT_MULTIPLE,
    WHY_TOO_HIGH,    /* More steps than steps_max. */
    WHY_ABOVE_GUARD, /* guard_times the price: to be confirmed once more. */
    WHY_WRONG_PRICE, /* Of a take: not the price, and none that has been. */
    WHY_STEP_PASSED, /* A price that has been: the clock has moved on. */
    WHY_TAKEN,       /* Somebody was faster. */
    WHY_WRONG_STAGE, /* STAGE_NOT_FOR_BIDDING: no such act in this stage. */
    WHY_NOT_ALLOWED, /* Not to this bidder, or nothing to take back. */
    WHY_TOO_LOW,     /* Not above the price of the stage before. */
    WHY_COUNT
} BidWhy;

const char *bid_why_name(BidWhy why); /* "BELOW_MIN"; "" for WHY_OK. */
const char *bid_why_key(BidWhy why);  /* Key of its message; NULL for WHY_OK. */
BidWhy bid_why_from(Str name);        /* WHY_OK when there is no such name. */

/* What is wrong with the text of an amount. */
typedef enum BidAmount {
    AMOUNT_FINE,
    AMOUNT_EMPTY,
    AMOUNT_SIGN,      /* A minus or plus. */
    AMOUNT_BLANK,     /* White space in or around it. */
    AMOUNT_WIDE,      /* Full-width digits or signs. */
    AMOUNT_SEPARATOR, /* 35,350.00 */
    AMOUNT_UNIT,      /* 3.5 followed by 万, 亿 or 元. */
    AMOUNT_EXPONENT,  /* 1e400 */
    AMOUNT_DECIMALS,  /* More than two, zeros too, or none after the dot. */
    AMOUNT_NO_NUMBER, /* "one", NaN. */
    AMOUNT_ZERO,
    AMOUNT_TOO_BIG, /* Over MONEY_MAX_FEN. */
    AMOUNT_COUNT
} BidAmount;

/* The door of machines: journals and whoever speaks to the engine in text. Yuan as plain digits,
 * perhaps a dot and one or two digits: "35350", "35350.5", "35350.00". Exact, no float. What people
 * type (35,000.00, 3.5 and a unit, full-width digits) is the business of forms: fields of kind
 * F_MONEY read it by money_parse and hand on fen. *ret_fen is 0 unless AMOUNT_FINE. */
BidAmount bid_amount(Str text, i64 *ret_fen);
const char *bid_amount_name(BidAmount amount); /* "separator"; "" for AMOUNT_FINE. */

#endif
