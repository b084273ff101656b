/* match_own.c - terms of texts, and what they tell of each other. See match_own.h. */
#include "match/match_own_int.h"

#include "match/match_int.h"
#include "match/match_vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    SEED = 20110217,
    KEYS_MAX = 1 << 22,   /* Different terms that are counted; later ones are not learnt. */
    KEYS_FIRST = 1 << 12, /* Both powers of two. */
    COUNT_MAX = 1000,     /* A term counts so many times in one text at most. */
    TEXTS_LEAST = 2,      /* That a term stands in, */
    TEXTS_SHARE = 5,      /* and not in more than one of so many. */
    DIRECTION_TEXTS = 10, /* A direction is of so many texts at least, */
    DIRECTION_TERMS = 4,  /* and of so many terms. */
};

/* Terms of one text. */
typedef struct OwnRow {
    u32 *terms; /* Numbers of the dictionary. */
    uint16_t *counts;
    u32 count;
} OwnRow;

struct OwnLearn {
    Arena arena;     /* This struct. */
    Arena row_arena; /* What the rows point to. */
    Arena key_arena; /* The dictionary. */
    Arena scratch;
    OwnRow *rows;
    size_t row_count;
    i64 seen, step; /* Of every so many texts that come one is kept. */
    u64 *keys;      /* By number. */
    u32 *slots;     /* Number + 1; 0 is free. */
    size_t key_count, slot_count;
};

/* ---- Taking texts in ---- */

OwnLearn *own_learn_begin(void)
{
    Arena arena = {0};
    OwnLearn *learn = ARENA_NEW(&arena, OwnLearn, 1);
    learn->rows = ARENA_NEW(&arena, OwnRow, OWN_DOCS_MAX);
    learn->step = 1;
    learn->slot_count = KEYS_FIRST * 2;
    learn->keys = ARENA_NEW(&learn->key_arena, u64, KEYS_FIRST);
    learn->slots = ARENA_NEW(&learn->key_arena, u32, learn->slot_count);
    learn->arena = arena;
    return learn;
}

void own_learn_done(OwnLearn *learn)
{
    Arena arena = learn->arena;
    arena_done(&learn->row_arena);
    arena_done(&learn->key_arena);
    arena_done(&learn->scratch);
    arena_done(&arena);
}

static size_t key_slot(const OwnLearn *learn, u64 key)
{
    size_t mask = learn->slot_count - 1;
    size_t slot = (size_t)(key * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (learn->slots[slot] && learn->keys[learn->slots[slot] - 1] != key)
        slot = (slot + 1) & mask;
    return slot;
}

static void widen_keys(OwnLearn *learn)
{
    Arena old = learn->key_arena;
    u64 *keys = learn->keys;
    learn->key_arena = (Arena){0};
    learn->keys = arena_take_raw(&learn->key_arena, learn->slot_count * sizeof(u64));
    memcpy(learn->keys, keys, learn->key_count * sizeof(u64));
    learn->slot_count *= 2;
    learn->slots = ARENA_NEW(&learn->key_arena, u32, learn->slot_count);
    for (size_t i = 0; i < learn->key_count; i++)
        learn->slots[key_slot(learn, learn->keys[i])] = (u32)i + 1;
    arena_done(&old);
}

/* Its number; UINT32_MAX for a new one that has no room. */
static u32 number_of(OwnLearn *learn, u64 key)
{
    size_t slot = key_slot(learn, key);
    if (learn->slots[slot])
        return learn->slots[slot] - 1;
    if (learn->key_count == KEYS_MAX)
        return UINT32_MAX;
    if (learn->key_count == learn->slot_count / 2) {
        widen_keys(learn);
        slot = key_slot(learn, key);
    }
    learn->keys[learn->key_count++] = key;
    learn->slots[slot] = (u32)learn->key_count;
    return learn->slots[slot] - 1;
}

/* Every second row stays, and the rest gives its memory back. */
static void let_half_fall(OwnLearn *learn)
{
    Arena old = learn->row_arena;
    learn->row_arena = (Arena){0};
    for (size_t i = 0; i < learn->row_count; i += 2) {
        OwnRow *row = &learn->rows[i / 2];
        *row = learn->rows[i];
        u32 *terms = arena_take_raw(&learn->row_arena, row->count * sizeof *terms + 1);
        uint16_t *counts = arena_take_raw(&learn->row_arena, row->count * sizeof *counts + 1);
        memcpy(terms, row->terms, row->count * sizeof *terms);
        memcpy(counts, row->counts, row->count * sizeof *counts);
        row->terms = terms;
        row->counts = counts;
    }
    learn->row_count = (learn->row_count + 1) / 2;
    learn->step *= 2;
    arena_done(&old);
}

/* Pairs, words and codes: single characters and edges say little about what a text is about. */
static bool is_taken(u64 key)
{
    TermKind kind = key_kind(key);
    return kind == TERM_PAIR || kind == TERM_WORD || kind == TERM_CODE;
}

static Bag terms_of(Arena *arena, Str text)
{
    Bag bag = bag_new(arena);
    const MatchField field = {utf8_head(text, OWN_TEXT_CHARS), 1, false, .pairs_only = true};
    bag_add_fields(&bag, &field, 1);
    return bag;
}

void own_learn_add(OwnLearn *learn, Str text)
{
    if (learn->row_count == OWN_DOCS_MAX)
        let_half_fall(learn);
    if (learn->seen++ % learn->step)
        return;
    Bag bag = terms_of(&learn->scratch, text);
    OwnRow row = {.terms = arena_take_raw(&learn->row_arena, bag.count * sizeof *row.terms + 1),
                  .counts = arena_take_raw(&learn->row_arena, bag.count * sizeof *row.counts + 1)};
    for (size_t i = 0; i < bag.count; i++) {
        u32 number = is_taken(bag.items[i].key) ? number_of(learn, bag.items[i].key) : UINT32_MAX;
        if (number == UINT32_MAX)
            continue;
        u32 weight = bag.items[i].weight;
        row.terms[row.count] = number;
        row.counts[row.count++] = (uint16_t)(weight < COUNT_MAX ? weight : (u32)COUNT_MAX);
    }
    if (row.count)
        learn->rows[learn->row_count++] = row;
    arena_reset(&learn->scratch);
}

/* ---- Choosing terms ---- */

typedef struct Chosen {
    u64 key;
    u32 number, texts;
} Chosen;

static int most_texts_first(const void *a, const void *b)
{
    const Chosen *x = a, *y = b;
    if (x->texts != y->texts)
        return x->texts > y->texts ? -1 : 1;
    return x->key < y->key ? -1 : x->key > y->key;
}

static int by_key(const void *a, const void *b)
{
    const Chosen *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

/* Terms that stand in some texts and not in too many; of too many terms those of most texts. By
 * rising key. */
static Chosen *choose(const OwnLearn *learn, Arena *arena, size_t *ret_count)
{
    Chosen *all = ARENA_NEW(arena, Chosen, learn->key_count + 1);
    size_t count = 0, most = learn->row_count / TEXTS_SHARE;
    for (size_t r = 0; r < learn->row_count; r++)
        for (u32 i = 0; i < learn->rows[r].count; i++)
            all[learn->rows[r].terms[i]].texts++;
    for (size_t i = 0; i < learn->key_count; i++)
        if (all[i].texts >= TEXTS_LEAST && all[i].texts <= most)
            all[count++] = (Chosen){learn->keys[i], (u32)i, all[i].texts};
    if (count > OWN_TERMS_MAX) {
        qsort(all, count, sizeof *all, most_texts_first);
        count = OWN_TERMS_MAX;
    }
    if (count)
        qsort(all, count, sizeof *all, by_key);
    *ret_count = count;
    return all;
}

/* ---- Rows of weights ---- */

static double rarity(size_t row_count, u32 texts)
{
    return log((double)(row_count + 1) / ((double)texts + 0.5));
}

static float often(u32 count)
{
    return (float)(1 + log((double)count));
}

/* Rows of the chosen terms, each of length 1; a row without any is empty. */
static SparseRows weigh(const OwnLearn *learn, Arena *arena, const Chosen *chosen, size_t count)
{
    u32 *place = ARENA_NEW(arena, u32, learn->key_count + 1); /* Column + 1, by number. */
    u64 *from = ARENA_NEW(arena, u64, learn->row_count + 1);
    u64 total = 0;
    for (size_t i = 0; i < count; i++) {
        place[chosen[i].number] = (u32)i + 1;
        total += chosen[i].texts;
    }
    u32 *columns = arena_take_raw(arena, (size_t)(total + 1) * sizeof *columns);
    float *weights = arena_take_raw(arena, (size_t)(total + 1) * sizeof *weights);
    u64 at = 0;
    for (size_t r = 0; r < learn->row_count; r++) {
        const OwnRow *row = &learn->rows[r];
        double squares = 0;
        for (u32 i = 0; i < row->count; i++) {
            if (!place[row->terms[i]])
                continue;
            columns[at] = place[row->terms[i]] - 1;
            weights[at] =
                often(row->counts[i]) * (float)rarity(learn->row_count, chosen[columns[at]].texts);
            squares += (double)weights[at] * (double)weights[at];
            at++;
        }
        for (u64 i = from[r]; i < at; i++)
            weights[i] = (float)((double)weights[i] / sqrt(squares));
        from[r + 1] = at;
    }
    return (SparseRows){from, columns, weights, learn->row_count, count};
}

/* ---- The table ---- */

OwnTable *own_table_new(size_t count)
{
    Arena arena = {0};
    OwnTable *table = ARENA_NEW(&arena, OwnTable, 1);
    table->keys = ARENA_NEW(&arena, u64, count);
    table->factors = ARENA_NEW(&arena, float, count);
    table->numbers = ARENA_NEW(&arena, int8_t, count * OWN_DIMS);
    table->count = count;
    table->arena = arena;
    return table;
}

void own_table_seal(OwnTable *table)
{
    uLong sum = crc32_z(0, (const u8 *)table->keys, table->count * sizeof *table->keys);
    sum = crc32_z(sum, (const u8 *)table->factors, table->count * sizeof *table->factors);
    table->sum = (u32)crc32_z(sum, (const u8 *)table->numbers, table->count * OWN_DIMS);
}

void own_done(OwnTable *table)
{
    Arena arena = table->arena;
    arena_done(&arena);
}

/* With as many directions as terms each would lie alone: then nothing is learnt of its company. */
static size_t direction_count(size_t texts, size_t terms)
{
    size_t most = texts / DIRECTION_TEXTS, of_terms = terms / DIRECTION_TERMS;
    most = most < of_terms ? most : of_terms;
    return most < 2 ? 2 : most < OWN_DIMS ? most : (size_t)OWN_DIMS;
}

/* What a term adds to a text: where it lies, by its rarity. */
static void set_term(OwnTable *table, size_t at, u64 key, const float *row, double weight)
{
    double squares = 0;
    for (size_t k = 0; k < OWN_DIMS; k++)
        squares += (double)row[k] * (double)row[k];
    float factor = vector_quantise(row, OWN_DIMS, table->numbers + at * OWN_DIMS);
    table->keys[at] = key;
    table->factors[at] = (float)((double)factor * sqrt(squares) * weight);
}

Err own_learn(Cx *cx, OwnLearn *learn, OwnTold told, void *context, OwnTable **ret)
{
    Arena arena = {0};
    size_t count = 0;
    float *directions = NULL;
    Err e = ERR_OK;
    Chosen *chosen = choose(learn, &arena, &count);
    if (learn->row_count < OWN_DOCS_LEAST || !count) {
        arena_done(&arena);
        return err_set(cx, ERR_LIMIT, NULL, "own.too_few");
    }
    SparseRows rows = weigh(learn, &arena, chosen, count);
    size_t dims = direction_count(rows.row_count, count);
    if (sparse_directions(&arena, &rows, dims, SEED, told, context, &directions)) {
        OwnTable *table = own_table_new(count);
        for (size_t i = 0; i < count; i++) {
            double weight = rarity(learn->row_count, chosen[i].texts);
            float row[OWN_DIMS] = {0};
            memcpy(row, directions + i * dims, dims * sizeof *row);
            set_term(table, i, chosen[i].key, row, weight);
        }
        table->doc_count = learn->seen;
        table->learnt_ms = cx->clock ? clock_now_ms(cx->clock) : 0;
        own_table_seal(table);
        *ret = table;
    } else {
        e = err_set(cx, ERR_STATE, NULL, "own.stopped");
    }
    arena_done(&arena);
    return e;
}

static size_t find_key(const OwnTable *table, u64 key)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (table->keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->count && table->keys[low] == key ? low : SIZE_MAX;
}

bool own_vector(const OwnTable *table, Str text, float *ret)
{
    Arena arena = {0};
    Bag bag = terms_of(&arena, text);
    bool known = false;
    memset(ret, 0, OWN_DIMS * sizeof *ret);
    for (size_t i = 0; i < bag.count; i++) {
        size_t at = is_taken(bag.items[i].key) ? find_key(table, bag.items[i].key) : SIZE_MAX;
        if (at == SIZE_MAX)
            continue;
        u32 count = bag.items[i].weight < COUNT_MAX ? bag.items[i].weight : (u32)COUNT_MAX;
        float weight = often(count) * table->factors[at];
        const int8_t *numbers = table->numbers + at * OWN_DIMS;
        known |= weight > 0;
        for (size_t k = 0; k < OWN_DIMS; k++)
            ret[k] += weight * (float)numbers[k];
    }
    arena_done(&arena);
    return known;
}

OwnStats own_stats(const OwnTable *table)
{
    return (OwnStats){(i64)table->count, table->doc_count, table->learnt_ms, table->sum};
}
