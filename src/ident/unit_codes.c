/* Credit codes, divisions and mobile numbers, read from what people write. */
#include "ident/unit_codes.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Number of ASCII digits at `at`. */
static size_t digit_run(Str s, size_t at)
{
    size_t end = at;
    while (end < s.len && is_digit(s.data[end]))
        end++;
    return end - at;
}

static bool all_digits(Str s)
{
    return digit_run(s, 0) == s.len;
}

static int digits_value(const char *digits, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (digits[i] - '0');
    return value;
}

static Err refuse(Cx *cx, const char *field, const char *key)
{
    return err_set(cx, ERR_INPUT, field, key);
}

static Err refuse_arg(Cx *cx, const char *field, const char *key, Str arg)
{
    return err_set_arg(cx, ERR_INPUT, field, key, utf8_head(arg, 60));
}

Str code_clean(Arena *arena, Str text)
{
    Str s = str_upper(arena, fold_width(arena, text));
    Buf out = buf_new(arena);
    for (size_t at = 0; at < s.len;) {
        u32 code = utf8_next(s, &at);
        if ((code >= 0x200B && code <= 0x200F) || code == 0xFEFF || code == 0x2060)
            continue;
        buf_code(&out, code == '\t' || code == 0xA0 || code == 0x202F ? ' ' : code);
    }
    s = str_trim(buf_str(&out));
    if (s.len > 0 && s.data[0] == '\'')
        s = str_trim(str_slice(s, 1, s.len));
    return s;
}

Str code_compact(Arena *arena, Str s)
{
    Buf out = buf_new(arena);
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] != ' ' && s.data[i] != '-')
            buf_char(&out, s.data[i]);
    return buf_str(&out);
}

enum { USCC_LEN = 18, ORGCODE_LEN = 9, ORGCODE_AT = 8 };

static const char uscc_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/* 0..30, or -1 for a character that the code never has. */
static int uscc_value(char c)
{
    const char *at = c ? strchr(uscc_alphabet, c) : NULL;
    return at ? (int)(at - uscc_alphabet) : -1;
}

static char uscc_check(Str code)
{
    static const int weights[USCC_LEN - 1] = {1,  3,  9,  27, 19, 26, 16, 17, 20,
                                              29, 25, 13, 8,  24, 10, 30, 28};
    int sum = 0;
    for (size_t i = 0; i < USCC_LEN - 1; i++)
        sum += uscc_value(code.data[i]) * weights[i];
    return uscc_alphabet[(31 - sum % 31) % 31];
}

bool id_orgcode_valid(Str code)
{
    static const int weights[ORGCODE_LEN - 1] = {3, 7, 9, 10, 5, 8, 4, 2};
    if (code.len != ORGCODE_LEN)
        return false;
    int sum = 0;
    for (size_t i = 0; i < ORGCODE_LEN - 1; i++) {
        char c = code.data[i];
        if (!is_digit(c) && !is_letter(c))
            return false;
        sum += (is_digit(c) ? c - '0' : c - 'A' + 10) * weights[i];
    }
    int rest = 11 - sum % 11;
    char check = rest == 10 ? 'X' : rest == 11 ? '0' : (char)('0' + rest);
    return code.data[ORGCODE_LEN - 1] == check;
}

Err id_uscc_read(Cx *cx, const char *field, Str text, Str *ret)
{
    Str s = code_compact(cx->arena, code_clean(cx->arena, text));
    if (s.len != USCC_LEN)
        return refuse_arg(cx, field, "ident.uscc_length",
                          str_format(cx->arena, "%zu", utf8_count(s)));
    for (size_t i = 0; i < s.len; i++)
        if (uscc_value(s.data[i]) < 0)
            return refuse_arg(cx, field, "ident.uscc_character",
                              str_copy(cx->arena, utf8_head(str_slice(s, i, s.len), 1)));
    if (digit_run(s, 2) < 6)
        return refuse_arg(cx, field, "ident.uscc_division", str_slice(s, 2, 8));
    if (s.data[USCC_LEN - 1] != uscc_check(s))
        return refuse_arg(cx, field, "ident.uscc_check", s);
    if (!id_orgcode_valid(str_slice(s, ORGCODE_AT, ORGCODE_AT + ORGCODE_LEN)))
        return refuse_arg(cx, field, "ident.uscc_orgcode", str_slice(s, ORGCODE_AT, 17));
    *ret = s;
    return ERR_OK;
}

bool code_province_known(int province)
{
    static const int provinces[] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34,
                                    35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
                                    53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83};
    for (size_t i = 0; i < COUNT(provinces); i++)
        if (provinces[i] == province)
            return true;
    return false;
}

Err id_mobile_read(Cx *cx, const char *field, Str text, Str *ret)
{
    Str s = code_compact(cx->arena, code_clean(cx->arena, text));
    if (str_starts(s, S("+86")))
        s = str_slice(s, 3, s.len);
    else if (str_starts(s, S("0086")))
        s = str_slice(s, 4, s.len);
    else if (s.len == 13 && str_starts(s, S("86")))
        s = str_slice(s, 2, s.len);
    if (s.len != 11 || !all_digits(s) || s.data[0] != '1' || s.data[1] < '3')
        return refuse(cx, field, "ident.mobile_form");
    *ret = s;
    return ERR_OK;
}

Err id_division_read(Cx *cx, const char *field, Str text, Str *ret, DivisionLevel *ret_level)
{
    Str s = code_compact(cx->arena, code_clean(cx->arena, text));
    if (s.len != 6 || !all_digits(s))
        return refuse_arg(cx, field, "ident.division_form", s);
    int province = digits_value(s.data, 2);
    int city = digits_value(s.data + 2, 2);
    int county = digits_value(s.data + 4, 2);
    if (!code_province_known(province) || (city == 0 && county != 0))
        return refuse_arg(cx, field, "ident.division_unknown", s);
    *ret = s;
    *ret_level = county ? DIVISION_COUNTY : city ? DIVISION_CITY : DIVISION_PROVINCE;
    return ERR_OK;
}
