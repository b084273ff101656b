/* match_suggest_build.c - titles to technical terms, and the ordered table. */
#include "match/match_int.h"
#include "match/match_seg_int.h"
#include "match/match_suggest_int.h"

#include <stdlib.h>
#include <string.h>

enum {
    RUN_MAX = 6,     /* Units (characters, or Latin words) of a term that is found by counting. */
    PIECE_MAX = 8,   /* Of a whole piece between joining words. */
    COUNTED_MIN = 3, /* Titles that a counted run stands in. */
    WORD_MIN = 3,    /* Letters of a Latin word. */
    TERM_BYTES = 60,
    TITLE_UNITS = 300,
    SLOTS_FIRST = 1 << 16,
    SWALLOWED_PERCENT = 70, /* So much of a run goes on in the same way: it is part of another. */
};

/* A run of units of some title. */
typedef struct Gram {
    u64 hash;         /* 0: a free slot. */
    const char *text; /* As the title writes it. */
    u32 count;
    u32 last; /* Number of the title that counted it last: once a title. */
    u8 bytes;
    u8 units;
    bool whole; /* It is a piece of its own. */
    bool swallowed;
} Gram;

struct SuggestBuild {
    Arena arena, text; /* The second: of entries. */
    Arena slots_arena;
    Gram *slots;
    size_t slot_count, used;
    u32 title;
    SuggestEntry *entries;
    size_t count, cap;
};

SuggestBuild *suggest_new(void)
{
    Arena arena = {0};
    SuggestBuild *build = ARENA_NEW(&arena, SuggestBuild, 1);
    build->slot_count = SLOTS_FIRST;
    build->slots = ARENA_NEW(&build->slots_arena, Gram, SLOTS_FIRST);
    build->arena = arena;
    return build;
}

/* ---- Counting runs ---- */

static size_t slot_of(const SuggestBuild *build, u64 hash)
{
    size_t mask = build->slot_count - 1, slot = (size_t)(hash >> 20) & mask;
    while (build->slots[slot].hash && build->slots[slot].hash != hash)
        slot = (slot + 1) & mask;
    return slot;
}

static void more_slots(SuggestBuild *build)
{
    Arena old_arena = build->slots_arena;
    const Gram *old = build->slots;
    size_t old_count = build->slot_count;
    build->slots_arena = (Arena){0};
    build->slot_count *= 2;
    build->slots = ARENA_NEW(&build->slots_arena, Gram, build->slot_count);
    for (size_t i = 0; i < old_count; i++)
        if (old[i].hash)
            build->slots[slot_of(build, old[i].hash)] = old[i];
    arena_done(&old_arena);
}

static void count_gram(SuggestBuild *build, u64 hash, Str text, size_t units, bool whole)
{
    size_t slot = slot_of(build, hash);
    Gram *gram = &build->slots[slot];
    if (!gram->hash) {
        if (build->used * 4 >= build->slot_count * 3) {
            more_slots(build);
            gram = &build->slots[slot_of(build, hash)];
        }
        *gram = (Gram){.hash = hash, .text = text.data, .bytes = (u8)text.len, .units = (u8)units};
        build->used++;
    }
    gram->whole |= whole;
    if (gram->last != build->title)
        gram->count++;
    gram->last = build->title;
}

/* A Chinese character, or a word of Latin letters and digits. */
typedef struct Unit {
    u32 from, to; /* Bytes of the title. */
    u64 hash;
    bool letters; /* A word with a letter in it. */
    u32 code;     /* Of a Chinese character, folded. */
} Unit;

static const u64 hash_begin = 14695981039346656037u;

static u64 hash_on(u64 hash, u64 next)
{
    return (hash ^ next) * 1099511628211u;
}

static bool is_letter(u32 code)
{
    return code >= 'a' && code <= 'z';
}

static bool is_number(u32 code)
{
    return code >= '0' && code <= '9';
}

/* Units up to the next sign or blank, from *at on; moves on. */
static size_t read_units(Str title, size_t *at, Unit *units, size_t most)
{
    size_t count = 0;
    while (*at < title.len && count < most) {
        size_t from = *at;
        u32 code = fold_code_point(utf8_next(title, at));
        Unit unit = {.from = (u32)from, .to = (u32)*at, .hash = hash_on(hash_begin, code)};
        if (suggest_is_han(code)) {
            unit.code = code;
        } else if (is_letter(code) || is_number(code)) {
            for (unit.letters = is_letter(code); *at < title.len; unit.to = (u32)*at) {
                size_t next = *at;
                code = fold_code_point(utf8_next(title, &next));
                if (!is_letter(code) && !is_number(code))
                    break;
                unit.hash = hash_on(unit.hash, code);
                unit.letters |= is_letter(code);
                *at = next;
            }
        } else {
            if (count)
                return count;
            continue;
        }
        units[count++] = unit;
    }
    return count;
}

/* Words between which terms stand; how many units one takes at the head of these, 0 for none. */
static size_t joins(const Unit *units, size_t count)
{
    static const u32 words[][4] = {U"的",   U"了",   U"和",   U"与",   U"及",   U"其",
                                   U"或",   U"一种", U"用于", U"基于", U"适用", U"具有",
                                   U"包括", U"采用", U"通过", U"利用", U"面向", U"针对"};
    for (size_t w = COUNT(words); w-- > 0;) {
        size_t len = words[w][1] ? 2 : 1;
        if (count >= len && units[0].code == words[w][0] &&
            (len == 1 || units[1].code == words[w][1]))
            return len;
    }
    return 0;
}

static void count_piece(SuggestBuild *build, Str title, const Unit *units, size_t count)
{
    for (size_t from = 0; from < count; from++) {
        u64 hash = hash_begin;
        for (size_t n = 1; n <= PIECE_MAX && from + n <= count; n++) {
            const Unit *last = &units[from + n - 1];
            Str text = str_slice(title, units[from].from, last->to);
            bool whole = from == 0 && n == count;
            hash = hash_on(hash, last->hash);
            bool word = n == 1 && last->letters && text.len >= WORD_MIN;
            if (text.len > TERM_BYTES)
                break;
            if (word || (n > 1 && (n <= RUN_MAX || whole)))
                count_gram(build, hash, text, n, whole || word);
        }
    }
}

void suggest_title(SuggestBuild *build, Str title, i64 at, i64 all)
{
    Unit units[TITLE_UNITS];
    i64 step = all / SUGGEST_TITLES + 1;
    if (at % step)
        return;
    Str own = str_copy(&build->arena, title);
    build->title++;
    for (size_t place = 0; place < own.len;) {
        size_t count = read_units(own, &place, units, COUNT(units)), first = 0;
        for (size_t i = 0; i < count;) {
            size_t skip = joins(units + i, count - i);
            if (!skip) {
                i++;
                continue;
            }
            count_piece(build, own, units + first, i - first);
            i += skip;
            first = i;
        }
        count_piece(build, own, units + first, count - first);
    }
}

/* ---- Which runs are terms ---- */

/* What begins or ends a run of several units, without its last or first one. */
static void swallow(SuggestBuild *build, const Gram *gram)
{
    Unit units[PIECE_MAX + 1];
    size_t at = 0, count;
    count = read_units((Str){gram->text, gram->bytes}, &at, units, COUNT(units));
    for (size_t from = 0; from < 2 && count > 2; from++) {
        u64 hash = hash_begin;
        for (size_t i = from; i < count - 1 + from; i++)
            hash = hash_on(hash, units[i].hash);
        Gram *part = &build->slots[slot_of(build, hash)];
        if (part->hash && (u64)gram->count * 100 >= (u64)part->count * SWALLOWED_PERCENT)
            part->swallowed = true;
    }
}

static bool is_term(Arena *scratch, const Gram *gram)
{
    Str text = {gram->text, gram->bytes};
    if (!gram->hash || (!gram->whole && (gram->swallowed || gram->count < COUNTED_MIN)))
        return false;
    return phrase_trim(scratch, text).len == text.len;
}

static int commonest_first(const void *a, const void *b)
{
    const Gram *left = *(const Gram *const *)a, *right = *(const Gram *const *)b;
    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return left->hash < right->hash ? -1 : left->hash > right->hash;
}

static void add_terms(SuggestBuild *build)
{
    Arena scratch = {0};
    const Gram **terms = ARENA_NEW(&build->arena, const Gram *, build->used + 1);
    size_t count = 0;
    for (size_t i = 0; i < build->slot_count; i++)
        if (build->slots[i].hash && build->slots[i].count >= COUNTED_MIN)
            swallow(build, &build->slots[i]);
    for (size_t i = 0; i < build->slot_count; i++) {
        ArenaMark mark = arena_mark(&scratch);
        if (is_term(&scratch, &build->slots[i]))
            terms[count++] = &build->slots[i];
        arena_rewind(&scratch, mark);
    }
    qsort(terms, count, sizeof *terms, commonest_first);
    for (size_t i = 0; i < count && i < SUGGEST_TERMS; i++)
        suggest_entry(build, &(SuggestEntry){.text = {terms[i]->text, terms[i]->bytes},
                                             .kind = SUGGEST_TERM,
                                             .weight = terms[i]->count});
    arena_done(&scratch);
}

/* ---- Entries ---- */

static void push_entry(SuggestBuild *build, const SuggestEntry *given, Str key)
{
    if (build->count == build->cap) {
        size_t cap = build->cap ? build->cap * 2 : 1024;
        build->entries =
            arena_grow(&build->arena, build->entries, build->cap * sizeof *build->entries,
                       cap * sizeof *build->entries);
        build->cap = cap;
    }
    SuggestEntry *entry = &build->entries[build->count++];
    *entry = *given;
    entry->text = str_copy(&build->text, given->text);
    entry->code = str_copy(&build->text, given->code);
    entry->key = str_copy(&build->text, key);
    Arena scratch = {0};
    Str pinyin, initials;
    suggest_sound(&scratch, key, &pinyin, &initials);
    entry->pinyin = str_copy(&build->text, pinyin);
    entry->initials = str_copy(&build->text, initials);
    arena_done(&scratch);
}

/* People leave out the province or city that a unit's name begins with. */
static Str without_place(Str name)
{
    enum { PLACE_MAX = 6 };
    size_t at = 0, cut = 0;
    for (int i = 0; i < PLACE_MAX && at < name.len; i++) {
        u32 code = utf8_next(name, &at);
        if (code == U'省' || code == U'市')
            cut = at;
    }
    return str_slice(name, cut, name.len);
}

void suggest_entry(SuggestBuild *build, const SuggestEntry *entry)
{
    Arena scratch = {0};
    Str key = fold_key(&scratch, entry->text), rest = without_place(key);
    if (key.len && build->count < SUGGEST_TERMS + SUGGEST_ITEMS) {
        push_entry(build, entry, key);
        if (entry->kind == SUGGEST_UNIT && rest.len && rest.len < key.len)
            push_entry(build, entry, rest);
    }
    arena_done(&scratch);
}

void suggest_symbol(SuggestBuild *build, Str symbol)
{
    u64 hash = hash_on(hash_begin, SUGGEST_CODE); /* Apart from the words of titles. */
    for (size_t i = 0; i < symbol.len; i++)
        hash = hash_on(hash, (u8)symbol.data[i]);
    build->title++;
    if (symbol.len && symbol.len <= TERM_BYTES)
        count_gram(build, hash, str_copy(&build->arena, symbol), 0, true);
}

/* Symbols are counted as runs of no unit. */
static void add_symbols(SuggestBuild *build)
{
    for (size_t i = 0; i < build->slot_count; i++) {
        Gram *gram = &build->slots[i];
        if (!gram->hash || gram->units)
            continue;
        suggest_entry(build, &(SuggestEntry){.text = {gram->text, gram->bytes},
                                             .kind = SUGGEST_CODE,
                                             .weight = gram->count});
        gram->count = 0;
        gram->whole = false; /* No term. */
    }
}

/* ---- The bytes ---- */

/* The text of an entry into the pool; where it lies. */
static u32 pool_add(Buf *pool, Str text)
{
    u32 at = (u32)pool->len;
    buf_add(pool, text);
    return at;
}

static uint16_t short_len(Str text)
{
    return text.len > UINT16_MAX ? 0 : (uint16_t)text.len;
}

static void write_row(const SuggestEntry *entry, Buf *pool, SuggestRow *row)
{
    bool same = str_same(entry->text, entry->key);
    *row = (SuggestRow){.id = entry->id,
                        .weight = entry->weight,
                        .kind = entry->kind,
                        .item = entry->item,
                        .text_len = short_len(entry->text),
                        .key_len = short_len(entry->key),
                        .pinyin_len = short_len(entry->pinyin),
                        .initials_len = short_len(entry->initials),
                        .code_len = short_len(entry->code)};
    row->text = pool_add(pool, entry->text);
    row->key = same ? row->text : pool_add(pool, entry->key);
    row->pinyin = pool_add(pool, entry->pinyin);
    row->initials = pool_add(pool, entry->initials);
    row->code = pool_add(pool, entry->code);
}

/* What qsort's functions look into. */
static _Thread_local const SuggestEntry *sorted;

static int order_of(const void *a, const void *b, Str left_key, Str right_key)
{
    u32 left = *(const u32 *)a, right = *(const u32 *)b;
    int side = str_order(left_key, right_key);
    return side ? side : left < right ? -1 : left > right;
}

static int order_by_key(const void *a, const void *b)
{
    return order_of(a, b, sorted[*(const u32 *)a].key, sorted[*(const u32 *)b].key);
}

static int order_by_pinyin(const void *a, const void *b)
{
    return order_of(a, b, sorted[*(const u32 *)a].pinyin, sorted[*(const u32 *)b].pinyin);
}

static int order_by_initials(const void *a, const void *b)
{
    return order_of(a, b, sorted[*(const u32 *)a].initials, sorted[*(const u32 *)b].initials);
}

/* The three orders, one behind the other; returns how many have a pinyin. */
static u32 write_orders(const SuggestBuild *build, u32 *orders)
{
    u32 count = (u32)build->count, sounding = 0;
    u32 *by_pinyin = orders + count;
    for (u32 i = 0; i < count; i++) {
        orders[i] = i;
        if (build->entries[i].pinyin.len)
            by_pinyin[sounding++] = i;
    }
    u32 *by_initials = by_pinyin + sounding;
    memcpy(by_initials, by_pinyin, sounding * sizeof *orders);
    sorted = build->entries;
    qsort(orders, count, sizeof *orders, order_by_key);
    qsort(by_pinyin, sounding, sizeof *orders, order_by_pinyin);
    qsort(by_initials, sounding, sizeof *orders, order_by_initials);
    return sounding;
}

/* All of it as one block in `arena`. */
static u8 *write_table(SuggestBuild *build, Str mark, Arena *arena, size_t *ret_size)
{
    Buf pool = buf_new(&build->arena);
    buf_add(&pool, mark);
    SuggestRow *rows = ARENA_NEW(&build->arena, SuggestRow, build->count + 1);
    u32 *orders = ARENA_NEW(&build->arena, u32, build->count * 3 + 1);
    for (size_t i = 0; i < build->count; i++)
        write_row(&build->entries[i], &pool, &rows[i]);
    u32 sounding = write_orders(build, orders);
    size_t rows_size = build->count * sizeof *rows;
    size_t orders_size = (build->count + sounding * (size_t)2) * sizeof *orders;
    SuggestHead head = {.magic = "TB words",
                        .format = SUGGEST_FORMAT,
                        .count = (u32)build->count,
                        .pinyin_count = sounding,
                        .mark_len = (u32)mark.len,
                        .pool_at = sizeof head + rows_size + orders_size};
    head.size = head.pool_at + pool.len;
    u8 *bytes = arena_take(arena, head.size);
    memcpy(bytes, &head, sizeof head);
    if (build->count) {
        memcpy(bytes + sizeof head, rows, rows_size);
        memcpy(bytes + sizeof head + rows_size, orders, orders_size);
    }
    if (pool.len)
        memcpy(bytes + head.pool_at, pool.data, pool.len);
    *ret_size = head.size;
    u32 sum = seg_sum((Str){(const char *)bytes, head.size});
    memcpy(bytes + offsetof(SuggestHead, sum), &sum, sizeof sum);
    return bytes;
}

Suggest *suggest_made(SuggestBuild *build, Str mark)
{
    Arena bytes_arena = {0};
    size_t size = 0;
    add_symbols(build);
    add_terms(build);
    arena_done(&build->slots_arena);
    const u8 *bytes = write_table(build, mark, &bytes_arena, &size);
    arena_done(&build->text);
    Arena arena = build->arena; /* The build lies in it. */
    arena_done(&arena);
    return suggest_around(bytes_arena, bytes, size, true);
}
