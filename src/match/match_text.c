/* match_text.c - text to terms, sums of terms, and the snippet that shows where they stand. */
#include "match/match_form.h"
#include "match/match_int.h"

#include <string.h>

enum { KIND_SHIFT = 60, PAIR_SHIFT = 21, WORD_BYTES_MAX = 64, STOP_BITS = 4096 };

/* ---- What says nothing ---- */

/* Single characters that only join others. */
static const u32 stop_chars[] =
    U"的了和与及在是等对为于中之其或而也都就这那个有以由被把将并但且则若所某该此从向到至让使得种";

/* Words left out wherever they stand: pairs of characters, and Latin words. */
// clang-format off
static const u32 stop_pairs[][3] = {
    U"一种", U"以及", U"及其", U"进行", U"可以", U"能够", U"需要", U"希望", U"我们", U"公司",
    U"通过", U"由于", U"目前", U"现有", U"这个", U"那个", U"什么", U"怎么", U"如何", U"没有",
    U"因为", U"所以", U"但是", U"并且", U"或者", U"如果", U"对于", U"关于", U"其中", U"一个",
    U"一些", U"这些", U"那些",
};
/* After these begins what a text is about, as after a stop pair. */
static const u32 lead_pairs[][3] = {U"公开", U"涉及", U"提供", U"包括", U"用于"};
static const char *const stop_words[] = {
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "of", "on", "or", "that",
    "the", "to", "with",
};

/* Words that count, but are no reason by themselves. */
static const char *const dull_words[] = {
    "技术", "方法", "研究", "系统", "装置", "设备", "需求", "开发", "应用", "制备", "产品", "企业",
    "问题", "使用", "实现", "提供", "要求", "解决", "工艺", "设计", "生产", "项目", "主要", "采用",
    "具有", "提高", "增加", "超过", "不超过", "不低于", "达到", "以上", "以下", "左右", "小时", "分钟",
    "关键", "关键技术", "制备方法", "技术研究", "研究开发", "技术需求", "研发", "性能",
    "处理", "利用", "高效", "效率", "效果", "产业化", "质量", "成本", "功能", "方式", "模式", "过程",
    "水平", "领域",
};
// clang-format on

/* A bit for each remainder that a stop character has, or the first of a stop pair: most others are
 * known by that to be none. */
static u64 stop_bits[STOP_BITS / 64], pair_bits[STOP_BITS / 64];

static void set_bit(u64 *bits, u32 code)
{
    bits[code % STOP_BITS / 64] |= (u64)1 << code % 64;
}

static bool has_bit(const u64 *bits, u32 code)
{
    return bits[code % STOP_BITS / 64] >> code % 64 & 1;
}

/* Before main: every text asks for them. */
__attribute__((constructor)) static void set_stop_bits(void)
{
    for (size_t i = 0; i < COUNT(stop_chars) - 1; i++)
        set_bit(stop_bits, stop_chars[i]);
    for (size_t i = 0; i < COUNT(stop_pairs); i++)
        set_bit(pair_bits, stop_pairs[i][0]);
}

static bool is_stop_char(u32 code)
{
    if (!has_bit(stop_bits, code))
        return false;
    for (size_t i = 0; i < COUNT(stop_chars) - 1; i++)
        if (stop_chars[i] == code)
            return true;
    return false;
}

static bool is_stop_pair(u32 first, u32 second)
{
    for (size_t i = 0; has_bit(pair_bits, first) && i < COUNT(stop_pairs); i++)
        if (stop_pairs[i][0] == first && stop_pairs[i][1] == second)
            return true;
    return is_stop_char(first) && is_stop_char(second);
}

/* A phrase begins behind these two, or behind the second alone. */
static bool joins(u32 first, u32 second)
{
    for (size_t i = 0; first && i < COUNT(lead_pairs); i++)
        if (lead_pairs[i][0] == first && lead_pairs[i][1] == second)
            return true;
    return is_stop_char(second) || (first && is_stop_pair(first, second));
}

static bool in_words(const char *const *words, size_t count, Str folded)
{
    for (size_t i = 0; i < count; i++)
        if (str_same_z(folded, words[i]))
            return true;
    return false;
}

/* ---- Characters ---- */

u32 fold_code_point(u32 code)
{
    if (code == 0x3000)
        return ' ';
    if (code >= 0xFF01 && code <= 0xFF5E)
        code -= 0xFEE0;
    if (code >= 'A' && code <= 'Z')
        return code + 32;
    if (code < 0x80 || (code >= 0x4E00 && code <= 0x9FFF))
        return code < 0x80 ? code : fold_simplified_char(code);
    u32 codes[FORM_CODES_MAX];
    return fold_simplified_char(form_codes(code, codes) == 1 ? codes[0] : code);
}

/* Written without blanks: Chinese characters, kana, hangul. */
static bool is_ideograph(u32 code)
{
    return (code >= 0x3400 && code <= 0x9FFF) || (code >= 0xF900 && code <= 0xFAFF) ||
           (code >= 0x20000 && code <= 0x3FFFF) || (code >= 0x3040 && code <= 0x30FF) ||
           (code >= 0xAC00 && code <= 0xD7A3) || code == 0x3007;
}

static bool is_word_char(u32 code)
{
    return (code >= 'a' && code <= 'z') || (code >= '0' && code <= '9') ||
           (code >= 0xC0 && code <= 0x24F && code != 0xD7 && code != 0xF7) ||
           (code >= 0x370 && code <= 0x52F);
}

/* The code points of a word that a character gives, folded; 0: it is none of a word. `code` is the
 * folded character. */
static size_t word_codes(u32 raw, u32 code, u32 ret[FORM_CODES_MAX])
{
    ret[0] = code;
    if (is_word_char(code))
        return 1;
    size_t count = raw < 0x80 || is_ideograph(code) ? 0 : form_codes(raw, ret);
    for (size_t i = 0; i < count; i++) {
        ret[i] = fold_code_point(ret[i]);
        if (!is_word_char(ret[i]))
            return 0;
    }
    return count;
}

static bool is_number(u32 code)
{
    return code >= '0' && code <= '9';
}

/* ---- Keys ---- */

static u64 char_key(u32 code)
{
    return (u64)TERM_CHAR << KIND_SHIFT | code;
}

static u64 pair_key(u32 first, u32 second)
{
    return (u64)TERM_PAIR << KIND_SHIFT | (u64)first << PAIR_SHIFT | second;
}

/* FNV-1a, then mixed so that the top bits that are cut off have been spread over the rest. */
static u64 hash_key(TermKind kind, Str s)
{
    u64 hash = 14695981039346656037u;
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (u8)s.data[i]) * 1099511628211u;
    hash ^= hash >> 31;
    hash *= 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
    return (u64)kind << KIND_SHIFT | (hash & (((u64)1 << KIND_SHIFT) - 1));
}

static void add_term(Arena *arena, TermList *list, Term term)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 64;
        list->terms = arena_grow_raw(arena, list->terms, list->cap * sizeof *list->terms,
                                     cap * sizeof *list->terms);
        list->cap = cap;
    }
    list->terms[list->count++] = term;
}

/* ---- Class symbols ---- */

static char ascii_upper_at(Str s, size_t at)
{
    if (at >= s.len)
        return 0;
    char c = s.data[at];
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static size_t digits_at(Str s, size_t at)
{
    size_t end = at;
    while (end < s.len && is_number((u8)s.data[end]))
        end++;
    return end - at;
}

static bool alnum_at(Str s, size_t at)
{
    char c = ascii_upper_at(s, at);
    return (c >= 'A' && c <= 'Z') || is_number((u8)c);
}

static void add_code(Arena *arena, TermList *list, Str show, size_t from, size_t to)
{
    add_term(arena, list, (Term){hash_key(TERM_CODE, show), TERM_CODE, (u32)from, (u32)to, show});
}

/* An IPC symbol, or a subclass alone, at `at`: its code terms are added. The end, or `at`. */
static size_t scan_ipc(Arena *arena, Str s, size_t at, TermList *list)
{
    char section = ascii_upper_at(s, at), subclass = ascii_upper_at(s, at + 3);
    if (section < 'A' || section > 'H' || digits_at(s, at + 1) != 2 || subclass < 'A' ||
        subclass > 'Z')
        return at;
    size_t group = at + 4;
    while (group < s.len && s.data[group] == ' ')
        group++;
    size_t group_len = digits_at(s, group);
    bool full = group_len >= 1 && group_len <= 4 && group + group_len < s.len &&
                s.data[group + group_len] == '/';
    if (!full && alnum_at(s, at + 4))
        return at;

    Str show = str_format(arena, "%c%.2s%c", section, s.data + at + 1, subclass);
    size_t end = full ? group + group_len : at + 4;
    add_code(arena, list, show, at, end);
    if (!full)
        return end;
    while (group_len > 1 && s.data[group] == '0')
        group++, group_len--;
    add_code(arena, list,
             str_format(arena, "%.*s %.*s", STR_ARG(show), (int)group_len, s.data + group), at,
             end);
    return end + 1 + digits_at(s, end + 1);
}

/* A Locarno class such as 01-01 at `at`; the end, or `at`. */
static size_t scan_locarno(Arena *arena, Str s, size_t at, TermList *list)
{
    if (digits_at(s, at) != 2 || at + 2 >= s.len || s.data[at + 2] != '-' ||
        digits_at(s, at + 3) != 2)
        return at;
    add_code(arena, list, str_format(arena, "LOC %.2s", s.data + at), at, at + 5);
    add_code(arena, list, str_format(arena, "LOC %.5s", s.data + at), at, at + 5);
    return at + 5;
}

void code_terms(Arena *arena, Str text, TermList *list)
{
    Str s = fold_width(arena, text);
    for (size_t at = 0; at < s.len;) {
        size_t end = scan_ipc(arena, s, at, list);
        if (end == at)
            end = scan_locarno(arena, s, at, list);
        if (end > at) {
            at = end;
            continue;
        }
        bool in_word = alnum_at(s, at);
        while (in_word && alnum_at(s, at)) /* The rest of a word that is no symbol. */
            at++;
        at += !in_word;
    }
}

/* ---- Prose ---- */

/* The character at *at is of a word; *at goes behind it. */
static bool word_at(Str text, size_t *at)
{
    u32 raw = utf8_next(text, at), codes[FORM_CODES_MAX];
    return word_codes(raw, fold_code_point(raw), codes) > 0;
}

/* The word at *at, folded into `word`; a dot between digits stays inside: 2.5. */
static Str take_word(Str text, size_t *at, char *word)
{
    size_t len = 0, end = *at;
    while (end < text.len) {
        size_t next = end;
        u32 raw = utf8_next(text, &next), codes[FORM_CODES_MAX];
        u32 code = fold_code_point(raw);
        bool after_digit = len > 0 && is_number((u8)word[len - 1]);
        bool inner =
            code == '.' && after_digit && next < text.len && is_number((u8)text.data[next]);
        size_t count = word_codes(raw, code, codes);
        if (inner)
            codes[0] = '.', count = 1;
        if (!count || (after_digit && form_is_raised(raw))) /* Of 10³ the exponent is a word. */
            break;
        for (size_t i = 0; i < count; i++)
            if (len + 4 <= WORD_BYTES_MAX) /* Of a longer one the beginning counts. */
                len += utf8_put(word + len, codes[i]);
        end = next;
    }
    *at = end;
    return (Str){word, len};
}

static void add_hashed(Arena *arena, Str word, size_t from, size_t to, TermList *list)
{
    add_term(
        arena, list,
        (Term){
            .key = hash_key(TERM_WORD, word), .kind = TERM_WORD, .from = (u32)from, .to = (u32)to});
}

static void add_word(Arena *arena, Str word, size_t from, size_t to, TermList *list)
{
    char stem[WORD_BYTES_MAX];
    bool lone_digit = word.len == 1 && is_number((u8)word.data[0]);
    if (!list->keeps_stops && (lone_digit || in_words(stop_words, COUNT(stop_words), word))) {
        list->stop_count++;
        return;
    }
    memcpy(stem, word.data, word.len);
    add_hashed(arena, form_stem(stem, word.len), from, to, list);
}

/* ---- Numbers with units ---- */

static bool is_blank(u32 code)
{
    return code == ' ' || code == 0xA0 || code == 0x3000 || code == 0x2009 || code == 0x202F;
}

/* The unit that stands at `at`, or behind one blank there, in its one form; *ret_end behind it. */
static Str unit_at(Str text, size_t at, size_t *ret_end)
{
    char folded[(FORM_UNIT_CODES + 1) * 4];
    size_t len = 0, next = at;
    Str found = {0};
    if (at < text.len && is_blank(utf8_next(text, &next)))
        at = next;
    for (int i = 0; i < FORM_UNIT_CODES && at < text.len; i++) {
        u32 codes[FORM_CODES_MAX], raw = utf8_next(text, &at), code = fold_code_point(raw);
        size_t count = word_codes(raw, code, codes), after = at;
        if (!count)
            codes[0] = code, count = 1;
        if (i == 0 && !form_unit_begins(codes[0]))
            break;
        for (size_t k = 0; k < count && len + 4 <= sizeof folded; k++)
            len += utf8_put(folded + len, codes[k]);
        bool goes_on = is_word_char(codes[0]) && at < text.len && word_at(text, &after);
        Str unit = goes_on ? (Str){0} : form_unit((Str){folded, len});
        if (unit.len) {
            found = unit;
            *ret_end = at;
        }
    }
    return found;
}

/* `number` was read up to `to`: with its unit, within the word or behind it, it is one term more:
 * 500 °C, 500℃ and 500摄氏度 are the same. */
static void add_quantity(Arena *arena, Str text, Str number, size_t from, size_t to, TermList *list)
{
    size_t digits = 0;
    while (digits < number.len &&
           (is_number((u8)number.data[digits]) || number.data[digits] == '.'))
        digits++;
    if (!digits)
        return;
    Str rest = str_slice(number, digits, number.len);
    Str unit = rest.len ? form_unit(rest) : unit_at(text, to, &to);
    if (!unit.len || str_same(unit, rest))
        return;
    char joined[WORD_BYTES_MAX * 2];
    memcpy(joined, number.data, digits);
    memcpy(joined + digits, unit.data, unit.len);
    add_hashed(arena, (Str){joined, digits + unit.len}, from, to, list);
}

/* ---- Names of several parts ---- */

static bool has_letter(Str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!is_number((u8)word.data[i]) && word.data[i] != '.')
            return true;
    return false;
}

/* The place behind what joins two parts of a name at `at`; `at` itself when nothing does. A slash
 * does in the names of standards alone, and there a blank before the number: GB/T 4754. */
static size_t past_joint(Str text, size_t at, bool *standard)
{
    size_t next = at, after;
    if (at >= text.len)
        return at;
    u32 code = fold_code_point(utf8_next(text, &next));
    if (code == '-' || code == 0x2010 || code == 0x2011 || code == 0x2013)
        return next;
    after = next;
    u32 behind = next < text.len ? fold_code_point(utf8_next(text, &after)) : 0;
    if (*standard && code == ' ' && is_number(behind))
        return next;
    *standard = code == '/' && behind == 't';
    return *standard ? next : at;
}

/* A name that hyphens join is a term beside its parts, the same as without them: Ti-6Al-4V and
 * Ti6Al4V. Its end; `at` when the word before stands alone. */
static size_t add_compound(Arena *arena, Str text, Str first, size_t from, size_t at,
                           TermList *list)
{
    enum { PARTS_MAX = 6 };
    char name[WORD_BYTES_MAX], part[WORD_BYTES_MAX];
    size_t len = first.len, end = at;
    bool letters = has_letter(first), standard = false;
    for (int parts = 1; parts < PARTS_MAX; parts++) {
        size_t next = past_joint(text, end, &standard), begin = next;
        if (next == end || next >= text.len || !word_at(text, &begin))
            break;
        if (parts == 1)
            memcpy(name, first.data, first.len);
        Str more = take_word(text, &next, part);
        bool range = !has_letter((Str){name, len}) && is_number((u8)part[0]); /* 300-500mm */
        if (range || len + more.len > sizeof name)
            return at;
        memcpy(name + len, part, more.len);
        len += more.len;
        letters |= has_letter(more);
        end = next;
    }
    if (end == at || !letters)
        return at;
    add_hashed(arena, (Str){name, len}, from, end, list);
    return end;
}

/* Where the reading of a text stands: the Chinese characters just before, 0 where there is none. */
typedef struct Reading {
    Arena *arena;
    TermList *list;
    u32 before, before_that;
    size_t before_at, before_that_at;
    bool begins; /* The character before is the first of a phrase. */
    bool broken; /* The line ended since: a pair goes over it, a phrase does not. */
} Reading;

static void add_edge(Reading *reading, u32 first, u32 second, bool is_end, size_t from, size_t to)
{
    if (!reading->list->keeps_stops && from < reading->list->edge_len)
        add_term(reading->arena, reading->list,
                 (Term){.key = ((u64)TERM_EDGE << KIND_SHIFT) | (u64)is_end << 2 * PAIR_SHIFT |
                               (u64)first << PAIR_SHIFT | second,
                        .kind = TERM_EDGE,
                        .from = (u32)from,
                        .to = (u32)to});
}

/* The phrase ends with the character before, which ends at `to`, if it has more than that one. */
static void end_phrase(Reading *reading, size_t to)
{
    if (reading->before && reading->before_that && !reading->broken && !reading->begins &&
        !is_stop_char(reading->before))
        add_edge(reading, reading->before_that, reading->before, true, reading->before_that_at, to);
}

static void leave_ideographs(Reading *reading, size_t to)
{
    end_phrase(reading, to);
    reading->before = reading->before_that = 0;
    reading->begins = reading->broken = false;
}

/* The character `code` and the pair it makes with the one before. */
static void add_ideograph(Reading *reading, u32 code, size_t from, size_t to)
{
    TermList *list = reading->list;
    bool alone = !reading->before || reading->broken; /* Nothing of its phrase stands before. */
    bool stops = is_stop_char(code);
    if (reading->before && (list->keeps_stops || !is_stop_pair(reading->before, code)))
        add_term(reading->arena, list,
                 (Term){.key = pair_key(reading->before, code),
                        .kind = TERM_PAIR,
                        .from = (u32)reading->before_at,
                        .to = (u32)to});
    if (stops && !list->keeps_stops) {
        list->stop_count++;
        end_phrase(reading, from);
    } else {
        add_term(
            reading->arena, list,
            (Term){.key = char_key(code), .kind = TERM_CHAR, .from = (u32)from, .to = (u32)to});
        if (reading->begins && !alone)
            add_edge(reading, reading->before, code, false, reading->before_at, to);
    }
    reading->begins = !stops && (alone || joins(reading->before_that, reading->before));
    reading->before_that = reading->before;
    reading->before_that_at = reading->before_at;
    reading->before = code;
    reading->before_at = from;
    reading->broken = false;
}

/* Blanks at `at` with the end of a line among them: their end; else `at`. */
static size_t line_break(Str text, size_t at)
{
    size_t end = at;
    bool found = false;
    while (end < text.len && (text.data[end] == ' ' || text.data[end] == '\t' ||
                              text.data[end] == '\r' || text.data[end] == '\n'))
        found |= text.data[end++] == '\n';
    return found ? end : at;
}

void text_terms(Arena *arena, Str text, bool find_codes, TermList *list)
{
    Reading reading = {.arena = arena, .list = list};
    list->lead_len = utf8_head(text, LEAD_CHARS).len;
    list->edge_len = utf8_head(text, EDGE_CHARS).len;
    size_t compound_end = 0;
    for (size_t at = 0; at < text.len;) {
        size_t from = at, next = at;
        u32 raw = utf8_next(text, &next), code = fold_code_point(raw), codes[FORM_CODES_MAX];
        if (word_codes(raw, code, codes)) {
            leave_ideographs(&reading, from);
            if (find_codes)
                scan_ipc(arena, text, from, list);
            char word[WORD_BYTES_MAX];
            Str folded = take_word(text, &at, word);
            add_word(arena, folded, from, at, list);
            add_quantity(arena, text, folded, from, at, list);
            if (from >= compound_end)
                compound_end = add_compound(arena, text, folded, from, at, list);
            continue;
        }
        if (is_ideograph(code)) {
            add_ideograph(&reading, code, from, next);
        } else if (line_break(text, from) > from) { /* A wrapped line goes on in the next. */
            end_phrase(&reading, from);
            reading.broken = true;
            next = line_break(text, from);
        } else {
            leave_ideographs(&reading, from);
        }
        at = next;
    }
    leave_ideographs(&reading, text.len);
}

/* ---- Phrases ---- */

static Str fold_text(Arena *arena, Str s)
{
    Buf out = buf_new(arena);
    for (size_t at = 0; at < s.len;)
        buf_code(&out, fold_code_point(utf8_next(s, &at)));
    return buf_str(&out);
}

/* Bytes of the stop word at one end of `s`, 0 when there is none. */
static size_t stop_at_end(Str s, bool front)
{
    size_t count = utf8_count(s);
    for (size_t chars = 2; chars >= 1; chars--) {
        if (count < chars)
            continue;
        Str head = utf8_head(s, front ? chars : count - chars);
        Str end = front ? head : str_slice(s, head.len, s.len);
        size_t at = 0;
        u32 first = fold_code_point(utf8_next(end, &at));
        if (chars == 2 ? is_stop_pair(first, fold_code_point(utf8_next(end, &at)))
                       : is_stop_char(first))
            return end.len;
    }
    return 0;
}

Str phrase_trim(Arena *arena, Str phrase)
{
    for (size_t cut; (cut = stop_at_end(phrase, true)) > 0;)
        phrase = str_slice(phrase, cut, phrase.len);
    for (size_t cut; (cut = stop_at_end(phrase, false)) > 0;)
        phrase = str_slice(phrase, 0, phrase.len - cut);
    bool named = utf8_count(phrase) >= 2 &&
                 !in_words(dull_words, COUNT(dull_words), fold_text(arena, phrase));
    return named ? phrase : (Str){0};
}

/* ---- Sums ---- */

Bag bag_new(Arena *arena)
{
    enum { FIRST_CAP = 64 };
    return (Bag){.arena = arena,
                 .items = ARENA_NEW(arena, BagItem, FIRST_CAP),
                 .cap = FIRST_CAP,
                 .slots = ARENA_NEW(arena, u32, FIRST_CAP * 2),
                 .slot_count = FIRST_CAP * 2};
}

/* The slot where a key is or would be. */
static size_t bag_slot(const Bag *bag, u64 key)
{
    size_t mask = bag->slot_count - 1;
    size_t slot = (size_t)(key * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (bag->slots[slot] && bag->items[bag->slots[slot] - 1].key != key)
        slot = (slot + 1) & mask;
    return slot;
}

static void bag_widen(Bag *bag)
{
    bag->items = arena_grow(bag->arena, bag->items, bag->cap * sizeof *bag->items,
                            bag->cap * 2 * sizeof *bag->items);
    bag->cap *= 2;
    bag->slot_count = bag->cap * 2;
    bag->slots = ARENA_NEW(bag->arena, u32, bag->slot_count);
    for (size_t i = 0; i < bag->count; i++)
        bag->slots[bag_slot(bag, bag->items[i].key)] = (u32)i + 1;
}

void bag_add(Bag *bag, u64 key, u32 weight)
{
    size_t slot = bag_slot(bag, key);
    if (bag->slots[slot]) {
        bag->items[bag->slots[slot] - 1].weight += weight;
        return;
    }
    if (bag->count == bag->cap) {
        bag_widen(bag);
        slot = bag_slot(bag, key);
    }
    bag->items[bag->count++] = (BagItem){key, weight};
    bag->slots[slot] = (u32)bag->count;
}

size_t bag_find(const Bag *bag, u64 key)
{
    u32 place = bag->slots[bag_slot(bag, key)];
    return place ? place - 1 : SIZE_MAX;
}

u64 bag_total(const Bag *bag)
{
    u64 total = 0;
    for (size_t i = 0; i < bag->count; i++)
        total += bag->items[i].weight;
    return total;
}

void bag_add_fields(Bag *bag, const MatchField *fields, size_t count)
{
    for (size_t f = 0; f < count; f++) {
        assert(fields[f].weight >= 1 && fields[f].weight <= 100);
        TermList list = {0};
        if (fields[f].codes)
            code_terms(bag->arena, fields[f].text, &list);
        else
            text_terms(bag->arena, fields[f].text, false, &list);
        for (size_t i = 0; i < list.count; i++) {
            bool leads = list.terms[i].from < list.lead_len && list.lead_len < fields[f].text.len;
            if (!fields[f].pairs_only || list.terms[i].kind != TERM_CHAR)
                bag_add(bag, list.terms[i].key, (u32)(fields[f].weight * (leads ? 2 : 1)));
        }
    }
}

/* ---- Snippets ---- */

/* Places in the text of pairs and words that the question has too, joined where they touch. */
static size_t find_marks(Arena *arena, const Bag *asked, Str text, MatchRange **ret)
{
    TermList list = {.keeps_stops = true}; /* The question has none of them. */
    text_terms(arena, text, false, &list);
    MatchRange *marks = ARENA_NEW(arena, MatchRange, list.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < list.count; i++) {
        const Term *term = &list.terms[i];
        if (bag_find(asked, term->key) == SIZE_MAX)
            continue;
        if (count > 0 && term->from <= marks[count - 1].to) {
            if (term->to > marks[count - 1].to)
                marks[count - 1].to = term->to;
        } else {
            marks[count++] = (MatchRange){term->from, term->to};
        }
    }
    *ret = marks;
    return count;
}

struct MatchAsked {
    Bag keys; /* Pairs, words and codes; single characters only when there is nothing else. */
};

const MatchAsked *match_asked(Arena *arena, Str question)
{
    TermList list = {0};
    text_terms(arena, question, false, &list);
    bool strong = false;
    for (size_t i = 0; i < list.count; i++)
        strong |= list.terms[i].kind != TERM_CHAR && list.terms[i].kind != TERM_EDGE;
    MatchAsked *asked = ARENA_NEW(arena, MatchAsked, 1);
    asked->keys = bag_new(arena);
    for (size_t i = 0; i < list.count; i++)
        if (list.terms[i].kind != TERM_EDGE && (!strong || list.terms[i].kind != TERM_CHAR))
            bag_add(&asked->keys, list.terms[i].key, 1);
    return asked;
}

/* Byte offset `chars` characters before or at `at`. */
static size_t chars_back(Str text, size_t at, size_t chars)
{
    while (at > 0 && chars > 0) {
        at--;
        while (at > 0 && ((u8)text.data[at] & 0xC0) == 0x80)
            at--;
        chars--;
    }
    return at;
}

/* The window of at most `chars_max` characters with most marked bytes; starts at or before a mark.
 */
static MatchRange best_window(Str text, const MatchRange *marks, size_t count, size_t chars_max)
{
    MatchRange best = {0, utf8_head(text, chars_max).len};
    size_t best_bytes = 0;
    for (size_t first = 0; first < count; first++) {
        size_t from = marks[first].from;
        size_t to = from + utf8_head(str_slice(text, from, text.len), chars_max).len;
        size_t bytes = 0, last_to = from;
        for (size_t i = first; i < count && marks[i].to <= to; i++) {
            bytes += marks[i].to - marks[i].from;
            last_to = marks[i].to;
        }
        if (bytes <= best_bytes)
            continue;
        best_bytes = bytes;
        /* What the marks leave free goes half before them. */
        size_t used = utf8_count(str_slice(text, from, last_to));
        from = chars_back(text, from, (chars_max - used) / 2);
        best = (MatchRange){from, from + utf8_head(str_slice(text, from, text.len), chars_max).len};
        if (best.to == text.len)
            best.from = chars_back(text, text.len, chars_max);
    }
    return best;
}

/* A part that is cut out does not begin with a comma. */
static size_t past_signs(Str text, size_t from, size_t to)
{
    while (from < to) {
        size_t next = from;
        u32 code = fold_code_point(utf8_next(text, &next));
        if (is_ideograph(code) || is_word_char(code))
            break;
        from = next;
    }
    return from;
}

MatchSnippet match_snippet(Arena *arena, const MatchAsked *asked, Str text, size_t chars_max)
{
    MatchRange *marks = NULL;
    size_t count = find_marks(arena, &asked->keys, text, &marks);
    MatchRange window = best_window(text, marks, count, chars_max);
    if (window.from > 0)
        window.from = past_signs(text, window.from, window.to);
    MatchSnippet snippet = {.text = str_slice(text, window.from, window.to),
                            .cut_before = window.from > 0,
                            .cut_after = window.to < text.len,
                            .marks = marks};
    for (size_t i = 0; i < count; i++) {
        size_t from = marks[i].from > window.from ? marks[i].from : window.from;
        size_t to = marks[i].to < window.to ? marks[i].to : window.to;
        if (from < to)
            marks[snippet.mark_count++] = (MatchRange){from - window.from, to - window.from};
    }
    return snippet;
}
