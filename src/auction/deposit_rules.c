/* deposit_rules.c - see deposit_rules.h. */
#include "auction/deposit_rules.h"

#include "base/openssl.h"

enum { HOUR_MS = 3600 * 1000, STAMP_LEN_MAX = 12 };

i64 deposit_left_fen(DepositMoney money)
{
    return money.held_fen - money.released_fen - money.offset_fen - money.forfeited_fen;
}

bool deposit_money_sound(DepositMoney money)
{
    return money.held_fen >= 0 && money.released_fen >= 0 && money.offset_fen >= 0 &&
           money.forfeited_fen >= 0 && deposit_left_fen(money) >= 0;
}

PayOutcome deposit_pay(i64 asked_fen, i64 held_fen, i64 amount_fen, bool waits, bool is_held,
                       bool lot_over)
{
    if (!waits && !is_held)
        return PAY_SETTLED;
    if (lot_over)
        return PAY_LATE;
    if (is_held)
        return PAY_EXTRA;
    return held_fen + amount_fen == asked_fen ? PAY_HELD : PAY_DIFFERENCE;
}

i64 deposit_offset_of(i64 left_fen, i64 price_fen)
{
    return left_fen < price_fen ? left_fen : price_fen;
}

i64 deposit_release_by_ms(i64 over_ms, i64 held_ms, i64 hours)
{
    i64 from_ms = over_ms > held_ms ? over_ms : held_ms;
    return from_ms + hours * HOUR_MS;
}

i64 deposit_hours_left(i64 by_ms, i64 now_ms)
{
    i64 left_ms = by_ms - now_ms;
    return left_ms >= 0 ? left_ms / HOUR_MS : -((-left_ms + HOUR_MS - 1) / HOUR_MS);
}

i64 letter_least_date(i64 latest_end_ms, i64 days)
{
    return date_from_days(date_days(time_date(latest_end_ms)) + days);
}

const char *letter_wrong(i64 asked_fen, i64 amount_fen, Str issuer, i64 until_date, i64 least_date,
                         const char **ret_field)
{
    *ret_field = "issuer";
    if (!str_trim(issuer).len)
        return "deposit.letter_no_issuer";
    *ret_field = "amount_fen";
    if (amount_fen < asked_fen)
        return "deposit.letter_too_small";
    *ret_field = "until_date";
    if (until_date < least_date)
        return "deposit.letter_too_short";
    return NULL;
}

bool hook_stamp_fresh(Str stamp, i64 now_ms)
{
    i64 at_s = 0;
    if (stamp.len > STAMP_LEN_MAX || !str_to_i64(stamp, &at_s) || at_s < 0)
        return false;
    i64 apart_ms = at_s * 1000 - now_ms;
    return apart_ms <= HOOK_STAMP_MS && apart_ms >= -HOOK_STAMP_MS;
}

Str hook_signature(Arena *arena, Str secret, Str stamp, Str body)
{
    u8 mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    Str all = str_format(arena, "%.*s%.*s", STR_ARG(stamp), STR_ARG(body));
    const u8 *done =
        HMAC(EVP_sha256(), secret.data, (int)secret.len, (const u8 *)all.data, all.len, mac, &len);
    return done ? hex_from(arena, mac, len) : S("");
}
