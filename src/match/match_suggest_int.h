/* match_suggest_int.h - the table of suggestions from inside. */
#ifndef MATCH_MATCH_SUGGEST_INT_H
#define MATCH_MATCH_SUGGEST_INT_H

#include "match/match_suggest.h"

struct Suggest {
    Arena arena; /* Itself and all its text. */
    SuggestEntry *entries;
    u32 count;
    /* Places of entries, ordered by key, by pinyin and by initials; those without are left out. */
    u32 *by_key, *by_pinyin, *by_initials;
    u32 pinyin_count;
};

/* One of the three orders. */
typedef enum SuggestOrder { ORDER_KEY, ORDER_PINYIN, ORDER_INITIALS } SuggestOrder;

Str suggest_key(const SuggestEntry *entry, SuggestOrder order);

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
