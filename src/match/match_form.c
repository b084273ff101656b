/* match_form.c - see match_form.h. */
#include "match/match_form.h"

#include <pthread.h>
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

/* ---- Compatibility characters ---- */

static bool in_range(u32 code)
{
    // clang-format off
    static const struct { u32 first, last; } ranges[] = {
        {0xB2, 0xB3}, {0xB5, 0xB5}, {0xB9, 0xB9}, {0x2070, 0x209C}, {0x2100, 0x218B}, {0x2E80, 0x2FDF},
        {0x3300, 0x33FF}, {0xF900, 0xFAFF}, {0xFB00, 0xFB06}, {0xFF61, 0xFF9F}, {0x1D400, 0x1D7FF}, {0x2F800, 0x2FA1F},
    };
    // clang-format on
    if (code < 0xB2 || (code > 0x2FDF && code < 0x3300) || (code > 0x33FF && code < 0xF900))
        return false;
    for (size_t i = 0; i < COUNT(ranges); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return code < 0x2120 || code > 0x2122; /* ℠, ℡ and ™ hang on to words. */
    return false;
}

size_t form_codes(u32 code, u32 ret[FORM_CODES_MAX])
{
    enum { UNITS = 20 };
    UChar units[UNITS];
    UErrorCode status = U_ZERO_ERROR;
    if (!in_range(code))
        return 0;
    const UNormalizer2 *nfkc = unorm2_getNFKCInstance(&status);
    int32_t len = nfkc ? unorm2_getDecomposition(nfkc, (UChar32)code, units, UNITS, &status) : -1;
    if (len <= 0 || U_FAILURE(status))
        return 0;
    size_t count = 0;
    for (int32_t at = 0; at < len; at++) {
        u32 next = units[at];
        if (U16_IS_LEAD(next) && at + 1 < len)
            next = (u32)U16_GET_SUPPLEMENTARY(next, units[++at]);
        if (count == FORM_CODES_MAX)
            return 0;
        ret[count++] = next;
    }
    return count;
}

bool form_is_raised(u32 code)
{
    return code == 0xB2 || code == 0xB3 || code == 0xB9 || (code >= 0x2070 && code <= 0x2079);
}

/* ---- Units ---- */

enum { UNIT_NAMES = 6, UNIT_SLOTS = 512, UNIT_BITS = 4096 };

/* Those that are written in one way only need no row. mW and MW, mPa and MPa fold to one: their
 * Chinese names are told apart. */
// clang-format off
static const char *const units[][UNIT_NAMES] = {
    {"°c", "℃", "ºc", "˚c", "摄氏度"}, {"k", "开尔文"},
    {"km", "千米", "公里"}, {"m", "米"}, {"cm", "厘米", "公分"}, {"mm", "毫米"}, {"μm", "um", "微米"}, {"nm", "纳米"},
    {"kg", "千克", "公斤"}, {"g", "克"}, {"mg", "毫克"}, {"μg", "ug", "微克"}, {"t", "吨"},
    {"l", "升"}, {"ml", "毫升"}, {"μl", "ul", "微升"},
    {"m2", "平方米", "平米"}, {"cm2", "平方厘米"}, {"mm2", "平方毫米"}, {"km2", "平方公里", "平方千米"}, {"m3", "立方米"}, {"cm3", "立方厘米"},
    {"s", "秒"}, {"ms", "毫秒"}, {"μs", "us", "微秒"}, {"min", "分钟"}, {"h", "小时"}, {"d", "天"},
    {"kpa", "千帕"}, {"mpa", "兆帕"}, {"gpa", "吉帕"}, {"kn", "千牛"},
    {"v", "伏", "伏特"}, {"kv", "千伏"}, {"mv", "毫伏"}, {"ma", "毫安"}, {"kw", "千瓦"}, {"w", "瓦"}, {"mw", "兆瓦"}, {"gw", "吉瓦"},
    {"kwh", "千瓦时", "度电"}, {"mah", "毫安时"}, {"hz", "赫兹"}, {"khz", "千赫"}, {"mhz", "兆赫"}, {"ghz", "吉赫"}, {"db", "分贝"}, {"rpm", "转每分"},
};
// clang-format on

/* By a hash of the name: what it is, and its one form. By the first character: there is one. */
static struct UnitSlot {
    const char *name, *one;
} unit_slots[UNIT_SLOTS];
static u64 unit_bits[UNIT_BITS / 64];

static struct UnitSlot *unit_slot(Str name)
{
    u32 hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (u8)name.data[i]) * 16777619u;
    size_t at = (hash ^ hash >> 15) % UNIT_SLOTS;
    while (unit_slots[at].name && !str_same_z(name, unit_slots[at].name))
        at = (at + 1) % UNIT_SLOTS;
    return &unit_slots[at];
}

static void set_units(void)
{
    for (size_t u = 0; u < COUNT(units); u++)
        for (size_t i = 0; i < UNIT_NAMES && units[u][i]; i++) {
            Str name = str_from(units[u][i]);
            size_t at = 0;
            u32 first = utf8_next(name, &at);
            *unit_slot(name) = (struct UnitSlot){units[u][i], units[u][0]};
            unit_bits[first % UNIT_BITS / 64] |= (u64)1 << first % 64;
        }
}

static pthread_once_t units_once = PTHREAD_ONCE_INIT;

bool form_unit_begins(u32 code)
{
    pthread_once(&units_once, set_units);
    return unit_bits[code % UNIT_BITS / 64] >> code % 64 & 1;
}

Str form_unit(Str folded)
{
    pthread_once(&units_once, set_units);
    const struct UnitSlot *slot = unit_slot(folded);
    return slot->name ? str_from(slot->one) : (Str){0};
}

/* ---- Stems ---- */

static bool ends(const char *word, size_t len, const char *end)
{
    size_t size = strlen(end);
    return len > size && memcmp(word + len - size, end, size) == 0;
}

Str form_stem(char *word, size_t len)
{
    enum { SHORTEST = 4 };
    if (len < SHORTEST || word[len - 1] != 's')
        return (Str){word, len};
    for (size_t i = 0; i < len; i++)
        if (word[i] < 'a' || word[i] > 'z')
            return (Str){word, len};
    if (ends(word, len, "ies") && !ends(word, len, "eies") && !ends(word, len, "aies")) {
        word[len - 3] = 'y';
        return (Str){word, len - 2};
    }
    if (ends(word, len, "us") || ends(word, len, "ss") || ends(word, len, "is"))
        return (Str){word, len};
    if (ends(word, len, "sses") || ends(word, len, "xes") || ends(word, len, "ches") ||
        ends(word, len, "shes"))
        return (Str){word, len - 2};
    return (Str){word, len - 1};
}
