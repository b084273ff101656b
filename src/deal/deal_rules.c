/* deal_rules.c - see deal_rules.h. */
#include "deal/deal_rules.h"

// clang-format off
const SplitFloor split_floors[] = {
    /* Law on Promoting the Transformation of Achievements, art. 45. */
    { "national", "国家规定（不低于 50 %）",   "National (50 % at least)",        5000, 0,    0   },
    /* Beijing, Shanghai, Shandong, Henan. */
    { "province", "省级规定（不低于 70 %）",   "Province (70 % at least)",        7000, 0,    0   },
    { "zhejiang", "浙江（不低于 70 %，贡献者 70 %，转化人员 5 %）",
      "Zhejiang (70 %; contributors 70 %, staff 5 %)", 7000, 7000, 500 },
};
// clang-format on
const size_t split_floor_count = COUNT(split_floors);

const SplitFloor *split_floor_find(Str code)
{
    for (size_t i = 0; i < split_floor_count; i++)
        if (str_same_z(code, split_floors[i].code))
            return &split_floors[i];
    return NULL;
}

/* A part of an amount, rounded up to the fen. */
static i64 part_up(i64 fen, i64 bp)
{
    assert(fen >= 0 && fen <= MONEY_MAX_FEN && bp >= 0 && bp <= BP_ALL);
    return (fen * bp + BP_ALL - 1) / BP_ALL;
}

const char *deal_split(const SplitFloor *floor, i64 price_fen, i64 costs_fen, i64 rate_bp,
                       Split *ret, const char **ret_field)
{
    assert(floor->pot_bp <= BP_ALL && floor->contributors_bp + floor->staff_bp <= BP_ALL);
    // clang-format off
    const struct { bool wrong; const char *field, *key; } checks[] = {
        { price_fen <= 0 || price_fen > MONEY_MAX_FEN, "price_fen", "deal.price_wrong" },
        { costs_fen < 0 || costs_fen > MONEY_MAX_FEN,  "costs_fen", "deal.costs_wrong" },
        { rate_bp > BP_ALL,                            "rate_bp",   "deal.rate_high"   },
        { rate_bp < floor->pot_bp,                     "rate_bp",   "deal.rate_low"    },
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(checks); i++) {
        if (!checks[i].wrong)
            continue;
        *ret_field = checks[i].field;
        return checks[i].key;
    }
    Split split = {.net_fen = costs_fen < price_fen ? price_fen - costs_fen : 0};
    split.pot_fen = part_up(split.net_fen, rate_bp);
    split.unit_fen = split.net_fen - split.pot_fen;
    split.contributors_least_fen = part_up(split.pot_fen, floor->contributors_bp);
    split.staff_least_fen = part_up(split.pot_fen, floor->staff_bp);
    assert(split.unit_fen >= 0);
    *ret = split;
    return NULL;
}

/* The person with the largest remainder that has had none of the rest yet. */
static size_t next_remainder(i64 pot_fen, const i64 *share_bp, const bool *had, size_t count)
{
    size_t best = count;
    i64 best_rest = -1;
    for (size_t i = 0; i < count; i++) {
        i64 rest = pot_fen * share_bp[i] % BP_ALL;
        if (!had[i] && rest > best_rest) {
            best = i;
            best_rest = rest;
        }
    }
    assert(best < count);
    return best;
}

bool deal_shares(i64 pot_fen, const i64 *share_bp, size_t count, i64 *ret_fen)
{
    assert(pot_fen >= 0 && pot_fen <= MONEY_MAX_FEN);
    i64 sum_bp = 0;
    for (size_t i = 0; i < count; i++) {
        if (share_bp[i] < 0 || share_bp[i] > BP_ALL)
            return false;
        sum_bp += share_bp[i];
    }
    if (count == 0 || count > SPLIT_PEOPLE_MAX || sum_bp != BP_ALL)
        return false;

    bool had[SPLIT_PEOPLE_MAX] = {false};
    i64 rest_fen = pot_fen;
    for (size_t i = 0; i < count; i++) {
        ret_fen[i] = pot_fen * share_bp[i] / BP_ALL;
        rest_fen -= ret_fen[i];
    }
    for (; rest_fen > 0; rest_fen--) {
        size_t i = next_remainder(pot_fen, share_bp, had, count);
        had[i] = true;
        ret_fen[i]++;
    }
    return true;
}
