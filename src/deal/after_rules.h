/* after_rules.h - limits on what may follow a lot that was not sold, or whose buyer has defaulted.
 * Pure.
 *
 * A further auction: the start price is cut at most by a part (网络司法拍卖 art. 26: 20 %), its notice
 * is out 7 days before, and it comes within 30 days. An agreed deal: not below what nobody bid, and
 * published for 15 days before it is made (国发〔2016〕16 号; provincial statutes say the same).
 */
#ifndef DEAL_AFTER_RULES_H
#define DEAL_AFTER_RULES_H

#include "base/base.h"

enum {
    AGAIN_NOTICE_DAYS = 7,
    AGAIN_WITHIN_DAYS = 30,
    AGREED_PUBLIC_DAYS = 15,
    OFFER_DAYS = 5, /* That the next bidder has to answer, when none is said. */
    OFFER_DAYS_MAX = 30,
};

/* The lowest start price after a cut of at most `cut_bp` basis points; rounded up to the fen. */
i64 again_least_fen(i64 start_fen, i64 cut_bp);
/* By how many basis points a price was cut, rounded up; 0 when it was not. */
i64 again_cut_bp(i64 start_fen, i64 next_fen);
/* Days from one instant to another, whole days of Shanghai; negative when it lies before. */
i64 days_between(i64 from_ms, i64 to_ms);

/* One who bid: the highest amount of each bidder. */
typedef struct BidderBest {
    i64 no;
    i64 amount_fen;
} BidderBest;
/* The best of those not in `passed`; no 0 when there is none. Of equal amounts the first. */
BidderBest best_beside(const BidderBest *bids, size_t count, const i64 *passed,
                       size_t passed_count);

#endif
