/* bid_why.c - see bid_why.h. */
#include "auction/bid_why.h"

// clang-format off
static const struct { const char *name, *key; } whys[WHY_COUNT] = {
    [WHY_OK]           = { "",                      NULL                       },
    [WHY_BAD_AMOUNT]   = { "BAD_AMOUNT",            "auction.bid_bad_amount"   },
    [WHY_NO_BIDDER]    = { "NO_BIDDER",             "auction.bid_no_bidder"    },
    [WHY_NOT_A_BIDDER] = { "NOT_A_BIDDER",          "auction.bid_not_a_bidder" },
    [WHY_NOT_ADMITTED] = { "NOT_ADMITTED",          "auction.bid_not_admitted" },
    [WHY_NOT_STARTED]  = { "NOT_STARTED",           "auction.bid_not_started"  },
    [WHY_PAUSED]       = { "PAUSED",                "auction.bid_paused"       },
    [WHY_CLOSED]       = { "CLOSED",                "auction.bid_closed"       },
    [WHY_CANCELLED]    = { "CANCELLED",             "auction.bid_cancelled"    },
    [WHY_SELF_RAISE]   = { "SELF_RAISE",            "auction.bid_self_raise"   },
    [WHY_BELOW_MIN]    = { "BELOW_MIN",             "auction.bid_below_min"    },
    [WHY_NOT_MULTIPLE] = { "NOT_MULTIPLE",          "auction.bid_not_multiple" },
    [WHY_TOO_HIGH]     = { "TOO_HIGH",              "auction.bid_too_high"     },
    [WHY_ABOVE_GUARD]  = { "ABOVE_GUARD",           "auction.bid_above_guard"  },
    [WHY_WRONG_PRICE]  = { "WRONG_PRICE",           "auction.bid_wrong_price"  },
    [WHY_STEP_PASSED]  = { "STEP_PASSED",           "auction.bid_step_passed"  },
    [WHY_TAKEN]        = { "TAKEN",                 "auction.bid_taken"        },
    [WHY_WRONG_STAGE]  = { "STAGE_NOT_FOR_BIDDING", "auction.bid_wrong_stage"  },
    [WHY_NOT_ALLOWED]  = { "NOT_ALLOWED",           "auction.bid_not_allowed"  },
    [WHY_TOO_LOW]      = { "TOO_LOW",               "auction.bid_too_low"      },
};
static const char *const amounts[AMOUNT_COUNT] = {
    [AMOUNT_FINE]      = "",
    [AMOUNT_EMPTY]     = "empty",
    [AMOUNT_SIGN]      = "sign",
    [AMOUNT_BLANK]     = "blank",
    [AMOUNT_WIDE]      = "full_width",
    [AMOUNT_SEPARATOR] = "separator",
    [AMOUNT_UNIT]      = "unit",
    [AMOUNT_EXPONENT]  = "exponent",
    [AMOUNT_DECIMALS]  = "decimals",
    [AMOUNT_NO_NUMBER] = "no_number",
    [AMOUNT_ZERO]      = "zero",
    [AMOUNT_TOO_BIG]   = "too_big",
};
// clang-format on

const char *bid_why_name(BidWhy why)
{
    assert(why < WHY_COUNT);
    return whys[why].name;
}

const char *bid_why_key(BidWhy why)
{
    assert(why < WHY_COUNT);
    return whys[why].key;
}

BidWhy bid_why_from(Str name)
{
    for (int why = WHY_OK + 1; why < WHY_COUNT; why++)
        if (str_same_z(name, whys[why].name))
            return (BidWhy)why;
    return WHY_OK;
}

const char *bid_amount_name(BidAmount amount)
{
    assert(amount < AMOUNT_COUNT);
    return amounts[amount];
}

/* What a text that has something beside digits and one dot is told. */
static BidAmount amount_fault(Str text)
{
    if (text.data[0] == '-' || text.data[0] == '+')
        return AMOUNT_SIGN;
    bool digit = false, exponent = false;
    for (size_t at = 0; at < text.len;) {
        u32 code = utf8_next(text, &at);
        if (code == ' ' || (code >= '\t' && code <= '\r') || code == 0x3000 || code == 0xA0)
            return AMOUNT_BLANK;
        if (code == ',')
            return AMOUNT_SEPARATOR;
        if (code >= 0xFF01 && code <= 0xFF5E)
            return AMOUNT_WIDE;
        if (code == 0x4E07 || code == 0x4EBF || code == 0x5143) /* 万 亿 元 */
            return AMOUNT_UNIT;
        exponent = exponent || (digit && (code == 'e' || code == 'E'));
        digit = digit || (code >= '0' && code <= '9');
    }
    return exponent ? AMOUNT_EXPONENT : AMOUNT_NO_NUMBER;
}

static bool all_digits(Str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

BidAmount bid_amount(Str text, i64 *ret_fen)
{
    *ret_fen = 0;
    if (text.len == 0)
        return AMOUNT_EMPTY;
    size_t dot = str_find(text, S("."));
    Str whole = str_slice(text, 0, dot), fraction = str_slice(text, dot + 1, text.len);
    if (!all_digits(whole) || !all_digits(fraction) || whole.len == 0)
        return amount_fault(text);
    if (dot < text.len && (fraction.len == 0 || fraction.len > 2))
        return AMOUNT_DECIMALS;
    i64 fen = 0;
    for (size_t i = 0; i < whole.len; i++) { /* MONEY_MAX_FEN is far from overflow. */
        fen = fen * 10 + (whole.data[i] - '0');
        if (fen > MONEY_MAX_FEN / 100)
            return AMOUNT_TOO_BIG;
    }
    for (size_t i = 0; i < 2; i++)
        fen = fen * 10 + (i < fraction.len ? fraction.data[i] - '0' : 0);
    if (fen > MONEY_MAX_FEN)
        return AMOUNT_TOO_BIG;
    if (fen == 0)
        return AMOUNT_ZERO;
    *ret_fen = fen;
    return AMOUNT_FINE;
}
