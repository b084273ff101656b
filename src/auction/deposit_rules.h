/* deposit_rules.h - what becomes of a deposit, as values in and values out: no store, no clock.
 *
 * Money in is money out: held = released + offset + forfeited + left, at every moment.
 */
#ifndef AUCTION_DEPOSIT_RULES_H
#define AUCTION_DEPOSIT_RULES_H

#include "base/base.h"

/* One deposit's money, or the sum of many; all in fen, none negative. */
typedef struct DepositMoney {
    i64 held_fen;      /* That came. */
    i64 released_fen;  /* Paid back. */
    i64 offset_fen;    /* Counted against the price (SPC rules 2016, article 23). */
    i64 forfeited_fen; /* Lost by default (article 24). */
} DepositMoney;

/* What is still with the exchange. */
i64 deposit_left_fen(DepositMoney money);
/* False when more has gone out than came, or a member is negative. */
bool deposit_money_sound(DepositMoney money);

/* What a payment does to the deposit it names. */
typedef enum PayOutcome {
    PAY_HELD,       /* The sum asked is there. */
    PAY_DIFFERENCE, /* Kept; the operator looks at the difference. */
    PAY_EXTRA,      /* Beside a deposit that is held: kept with it, goes back with it. */
    PAY_LATE,       /* The lot is over: kept, and goes back. */
    PAY_SETTLED,    /* The deposit is settled already, or is no money: stands by itself. */
    PAY_UNKNOWN,    /* No such deposit: stands by itself. */
} PayOutcome;
/* `waits` the deposit is due or shown, `is_held` it is held or to be released; neither: settled. */
PayOutcome deposit_pay(i64 asked_fen, i64 held_fen, i64 amount_fen, bool waits, bool is_held,
                       bool lot_over);

/* How much of what is left the price takes. */
i64 deposit_offset_of(i64 left_fen, i64 price_fen);

/* By when a loser has his money again: so many hours after the lot was over, or after the money
 * came when that was later. */
i64 deposit_release_by_ms(i64 over_ms, i64 held_ms, i64 hours);
/* Whole hours left until then; negative: so many hours late. */
i64 deposit_hours_left(i64 by_ms, i64 now_ms);

/* First day after which a guarantee letter must still hold: the day of the lot's latest end and
 * `days` more. yyyymmdd. */
i64 letter_least_date(i64 latest_end_ms, i64 days);
/* NULL when a letter will do, else the key of what is wrong, with its field. */
const char *letter_wrong(i64 asked_fen, i64 amount_fen, Str issuer, i64 until_date, i64 least_date,
                         const char **ret_field);

enum { HOOK_STAMP_MS = 5 * 60 * 1000, HOOK_BODY_MAX = 16 * 1024 };
/* The stamp of a call (seconds since 1970, as digits) lies within HOOK_STAMP_MS of now. */
bool hook_stamp_fresh(Str stamp, i64 now_ms);
/* HMAC-SHA256 over the stamp's digits and the body, one after the other; hex in `arena`. */
Str hook_signature(Arena *arena, Str secret, Str stamp, Str body);

#endif
