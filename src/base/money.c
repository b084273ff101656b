#include "base/base.h"

/* The unit at the end of an amount, in fen: 万 and 亿 with or without 元, 元, or none. */
static i64 take_unit(Str *s)
{
    static const struct {
        Str word;
        i64 fen;
    } units[] = {
        {{"万元", 6}, 10000 * 100}, {{"亿元", 6}, (i64)100000000 * 100},
        {{"万", 3}, 10000 * 100},   {{"亿", 3}, (i64)100000000 * 100},
        {{"元", 3}, 100},
    };
    for (size_t i = 0; i < COUNT(units); i++) {
        if (str_ends(*s, units[i].word)) {
            *s = str_trim(str_slice(*s, 0, s->len - units[i].word.len));
            return units[i].fen;
        }
    }
    return 100;
}

static Str drop_sign(Str s)
{
    static const Str signs[] = {{"￥", 3}, {"¥", 2}, {"RMB", 3}, {"CNY", 3}};
    for (size_t i = 0; i < COUNT(signs); i++)
        if (str_starts(s, signs[i]))
            return str_trim(str_slice(s, signs[i].len, s.len));
    return s;
}

/* Commas only where thousands have them. */
static bool take_whole(Str whole, i64 *ret)
{
    bool commas = str_has(whole, S(","));
    i64 n = 0;
    size_t digits = 0;
    for (size_t i = 0; i < whole.len; i++) {
        char c = whole.data[i];
        if (c == ',') {
            if (i == 0 || (whole.len - i) % 4 != 0)
                return false;
            continue;
        }
        if (c < '0' || c > '9' || (commas && i < whole.len - 1 && (whole.len - i) % 4 == 0))
            return false;
        digits++;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, c - '0', &n))
            return false;
    }
    *ret = n;
    return digits > 0;
}

bool money_parse(Str s, i64 *ret_fen)
{
    Arena arena = {0};
    bool ok = false;
    s = drop_sign(str_trim(s));
    s = str_trim(fold_width(&arena, s));
    s = drop_sign(s);
    i64 unit = take_unit(&s);
    size_t dot = str_find(s, S("."));
    Str fraction = str_slice(s, dot + 1, s.len);
    i64 whole, fen;
    if (!take_whole(str_slice(s, 0, dot), &whole) || __builtin_mul_overflow(whole, unit, &fen))
        goto done;
    if (dot < s.len && fraction.len == 0)
        goto done;
    for (size_t i = 0; i < fraction.len; i++) {
        char c = fraction.data[i];
        if (c < '0' || c > '9' || (unit == 1 && c != '0'))
            goto done;
        if (unit % 10 != 0 && c != '0')
            goto done;
        unit = unit % 10 == 0 ? unit / 10 : 1;
        if (__builtin_add_overflow(fen, (c - '0') * unit, &fen))
            goto done;
    }
    if (fen > MONEY_MAX_FEN)
        goto done;
    *ret_fen = fen;
    ok = true;
done:
    arena_done(&arena);
    return ok;
}

Str money_format_plain(Arena *arena, i64 fen)
{
    u64 size = fen < 0 ? (u64)0 - (u64)fen : (u64)fen;
    return str_format(arena, "%s%llu.%02llu", fen < 0 ? "-" : "", (unsigned long long)(size / 100),
                      (unsigned long long)(size % 100));
}

Str money_format(Arena *arena, i64 fen)
{
    Str plain = money_format_plain(arena, fen);
    size_t start = fen < 0, dot = plain.len - 3;
    Buf buf = buf_new(arena);
    for (size_t i = 0; i < plain.len; i++) {
        if (i > start && i < dot && (dot - i) % 3 == 0)
            buf_char(&buf, ',');
        buf_char(&buf, plain.data[i]);
    }
    return buf_str(&buf);
}

/* `fen` in units of `unit` fen with up to four decimals, zeros dropped. */
static Str in_units(Arena *arena, i64 fen, i64 unit, const char *word)
{
    i64 part = fen % unit / (unit / 10000);
    if (!part)
        return str_format(arena, "%lld%s", (long long)(fen / unit), word);
    char digits[8];
    int len = 4;
    for (int i = 3; i >= 0; i--, part /= 10)
        digits[i] = (char)('0' + part % 10);
    while (len && digits[len - 1] == '0')
        len--;
    return str_format(arena, "%lld.%.*s%s", (long long)(fen / unit), len, digits, word);
}

Str money_format_short(Arena *arena, i64 fen)
{
    const i64 wan = 10000 * 100, yi = (i64)100000000 * 100;
    if (fen >= yi && fen % (yi / 10000) == 0)
        return in_units(arena, fen, yi, "亿");
    if (fen >= wan && fen % (wan / 10000) == 0)
        return in_units(arena, fen, wan, "万");
    return money_format(arena, fen);
}

static const char *const capital_digits[] = {"零", "壹", "贰", "叁", "肆",
                                             "伍", "陆", "柒", "捌", "玖"};

/* Up to 9999; `zero`: a place before it was empty, and nothing has said so yet. */
static void put_four(Buf *buf, i64 n, bool *zero)
{
    static const char *const places[] = {"仟", "佰", "拾", ""};
    i64 place = 1000;
    for (int i = 0; i < 4; i++, place /= 10) {
        i64 digit = n / place % 10;
        if (!digit) {
            *zero = buf->len > 0;
            continue;
        }
        if (*zero)
            buf_z(buf, capital_digits[0]);
        *zero = false;
        buf_z(buf, capital_digits[digit]);
        buf_z(buf, places[i]);
    }
}

/* Below 10^8. A zero right before 万 is not said. */
static void put_eight(Buf *buf, i64 n, bool *zero)
{
    if (n >= 10000) {
        put_four(buf, n / 10000, zero);
        buf_z(buf, "万");
        *zero = false;
    } else {
        *zero = *zero || buf->len > 0;
    }
    if (n % 10000)
        put_four(buf, n % 10000, zero);
}

Str money_format_capital(Arena *arena, i64 fen)
{
    assert(fen >= 0 && fen <= MONEY_MAX_FEN);
    const i64 yi = 100000000;
    i64 yuan = fen / 100, jiao = fen / 10 % 10, cent = fen % 10;
    Buf buf = buf_new(arena);
    bool zero = false;
    if (yuan >= yi) {
        put_eight(&buf, yuan / yi, &zero);
        buf_z(&buf, "亿");
        zero = false;
    }
    if (yuan % yi)
        put_eight(&buf, yuan % yi, &zero);
    if (yuan)
        buf_z(&buf, "元");
    if (jiao) {
        if (yuan && yuan % 10 == 0)
            buf_z(&buf, capital_digits[0]);
        buf_format(&buf, "%s角", capital_digits[jiao]);
    }
    if (cent && !jiao && yuan)
        buf_z(&buf, capital_digits[0]);
    if (cent)
        buf_format(&buf, "%s分", capital_digits[cent]);
    if (!jiao && !cent)
        buf_z(&buf, yuan ? "整" : "零元整");
    return str_format(arena, "人民币%.*s", STR_ARG(buf_str(&buf)));
}
