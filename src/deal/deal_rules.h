/* deal_rules.h - how the income of a transfer is divided (职务科技成果转化收益分配).
 *
 * Pure. Net income is the price less the costs of the transfer; the pot is the part of it that goes
 * to the people who made the achievement and brought it to market. The law sets the least part when
 * nothing else is agreed, provinces set more: these floors are rows. A pot is rounded up to the
 * fen, so that it is never below its floor; the unit keeps the rest.
 */
#ifndef DEAL_DEAL_RULES_H
#define DEAL_DEAL_RULES_H

#include "base/base.h"

enum { BP_ALL = 10000 /* Basis points of the whole. */, SPLIT_PEOPLE_MAX = 100 };

typedef struct SplitFloor {
    const char *code; /* Stored and sent; never renamed. */
    const char *zh, *en;
    i64 pot_bp;          /* Least part of the net income. */
    i64 contributors_bp; /* Least part of the pot for the main contributors; 0: no rule. */
    i64 staff_bp;        /* Least part of the pot for transfer staff; 0: no rule. */
} SplitFloor;

extern const SplitFloor split_floors[];
extern const size_t split_floor_count;
const SplitFloor *split_floor_find(Str code); /* NULL when absent. */

typedef struct Split {
    i64 net_fen; /* Never negative. */
    i64 pot_fen;
    i64 unit_fen;               /* net = pot + unit */
    i64 contributors_least_fen; /* Within the pot. */
    i64 staff_least_fen;
} Split;

/* Divides. NULL when sound, else the message key of what is wrong and *ret_field. Amounts up to
 * MONEY_MAX_FEN. Costs beyond the price leave nothing to divide. */
const char *deal_split(const SplitFloor *floor, i64 price_fen, i64 costs_fen, i64 rate_bp,
                       Split *ret, const char **ret_field);

/* Divides a pot among people whose shares are whole basis points and make up the whole: the parts
 * add up to the pot to the fen; what rounding leaves goes to the largest remainders, the first of
 * equals. False when the shares are not sound. */
bool deal_shares(i64 pot_fen, const i64 *share_bp, size_t count, i64 *ret_fen);

#endif
