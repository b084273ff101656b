/* match_suggest_int.h - the table of suggestions from inside. */
#ifndef MATCH_MATCH_SUGGEST_INT_H
#define MATCH_MATCH_SUGGEST_INT_H

#include "match/match_suggest.h"

/* An entry as it lies in the bytes: places and lengths in the pool of text. */
typedef struct SuggestRow {
    i64 id;
    u32 text, key, pinyin, initials, code;
    u32 weight;
    uint16_t text_len, key_len, pinyin_len, initials_len, code_len;
    u8 kind, item;
    u32 unused; /* 0. */
} SuggestRow;

_Static_assert(sizeof(SuggestRow) == 48, "it lies in a file");

enum { SUGGEST_FORMAT = 1 };

/*     head | rows | three orders | pool, which begins with the mark */
typedef struct SuggestHead {
    char magic[8];
    u32 sum; /* CRC-32 of all bytes with 0 in this place. */
    u32 format;
    u32 count, pinyin_count;
    u32 mark_len, unused;
    u64 pool_at, size;
} SuggestHead;

struct Suggest {
    Arena arena;     /* Itself, and the bytes when they lie in no file. */
    size_t map_size; /* Of the mapped file; 0: in memory. */
    const u8 *bytes;
    size_t size;
    const SuggestRow *rows;
    /* Places of rows, ordered by key, by pinyin and by initials; those without are left out. */
    const u32 *by_key, *by_pinyin, *by_initials;
    const char *pool;
    u32 count, pinyin_count, mark_len;
};

/* Around bytes that are aligned for any type and stay; NULL when they are no table. The arena is
 * taken over. With `sound` the bytes are known to be right and not looked at. */
Suggest *suggest_around(Arena arena, const u8 *bytes, size_t size, bool sound);

/* A row's texts, as slices of the pool. */
SuggestEntry suggest_row(const Suggest *suggest, u32 place);

/* One of the three orders. */
typedef enum SuggestOrder { ORDER_KEY, ORDER_PINYIN, ORDER_INITIALS } SuggestOrder;

Str suggest_key(const Suggest *suggest, u32 place, SuggestOrder order);

typedef struct SuggestRange {
    const u32 *at;
    u32 count;
} SuggestRange;

/* The entries whose key begins with `prefix`; with `whole` those whose key it is. */
SuggestRange suggest_range(const Suggest *suggest, SuggestOrder order, Str prefix, bool whole);

bool suggest_is_han(u32 code);
/* Pinyin and initials of a text; both '' when it has no Chinese character. Latin letters and digits
 * stand in both as they are. */
void suggest_sound(Arena *arena, Str key, Str *ret_pinyin, Str *ret_initials);

#endif
