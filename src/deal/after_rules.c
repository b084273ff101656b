#include "deal/after_rules.h"

enum { ALL_BP = 10000, DAY_MS = 24 * 3600 * 1000 };

i64 again_least_fen(i64 start_fen, i64 cut_bp)
{
    i64 keep_bp = ALL_BP - cut_bp;
    assert(start_fen >= 0 && cut_bp >= 0 && cut_bp <= ALL_BP);
    return start_fen / ALL_BP * keep_bp + (start_fen % ALL_BP * keep_bp + ALL_BP - 1) / ALL_BP;
}

i64 again_cut_bp(i64 start_fen, i64 next_fen)
{
    i64 cut_bp = 0;
    if (next_fen >= start_fen || start_fen <= 0)
        return 0;
    while (cut_bp < ALL_BP && again_least_fen(start_fen, cut_bp) > next_fen)
        cut_bp++;
    return cut_bp;
}

i64 days_between(i64 from_ms, i64 to_ms)
{
    return date_days(time_date(to_ms)) - date_days(time_date(from_ms));
}

BidderBest best_beside(const BidderBest *bids, size_t count, const i64 *passed, size_t passed_count)
{
    BidderBest best = {0};
    for (size_t i = 0; i < count; i++) {
        bool out = false;
        for (size_t k = 0; k < passed_count; k++)
            out = out || passed[k] == bids[i].no;
        if (!out && bids[i].amount_fen > best.amount_fen)
            best = bids[i];
    }
    return best;
}
