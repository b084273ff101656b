/* match_suggest.c - looking entries up by how they begin, and the table beside an index. */
#include "match/match_int.h"
#include "match/match_pinyin.h"
#include "match/match_suggest_int.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MAX = 4000
}; /* Entries of one range that are looked at: of one letter there are many. */

/* ---- Sound ---- */

bool suggest_is_han(u32 code)
{
    return code >= 0x4e00 && code <= 0x9fff;
}

void suggest_sound(Arena *arena, Str key, Str *ret_pinyin, Str *ret_initials)
{
    Buf pinyin = buf_new(arena), initials = buf_new(arena);
    bool any = false;
    for (size_t at = 0; at < key.len;) {
        u32 code = utf8_next(key, &at);
        const char *syllable = pinyin_syllable(code);
        if (*syllable) {
            any = true;
            buf_z(&pinyin, syllable);
            buf_char(&initials, *syllable);
        } else if ((code >= 'a' && code <= 'z') || (code >= '0' && code <= '9')) {
            buf_char(&pinyin, (char)code);
            buf_char(&initials, (char)code);
        }
    }
    *ret_pinyin = any ? buf_str(&pinyin) : S("");
    *ret_initials = any ? buf_str(&initials) : S("");
}

/* Letters as they are typed for pinyin: no blanks and apostrophes, v for ü as u. '' when there is
 * anything else. */
static Str typed_sound(Arena *arena, Str key)
{
    Buf buf = buf_new(arena);
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];
        if (c == ' ' || c == '\'')
            continue;
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            return S("");
        buf_char(&buf, c == 'v' ? 'u' : c);
    }
    return buf_str(&buf);
}

/* ---- Ranges ---- */

SuggestEntry suggest_row(const Suggest *suggest, u32 place)
{
    const SuggestRow *row = &suggest->rows[place];
    const char *pool = suggest->pool;
    return (SuggestEntry){.text = {pool + row->text, row->text_len},
                          .key = {pool + row->key, row->key_len},
                          .pinyin = {pool + row->pinyin, row->pinyin_len},
                          .initials = {pool + row->initials, row->initials_len},
                          .code = {pool + row->code, row->code_len},
                          .id = row->id,
                          .weight = row->weight,
                          .kind = row->kind,
                          .item = row->item};
}

Str suggest_key(const Suggest *suggest, u32 place, SuggestOrder order)
{
    const SuggestRow *row = &suggest->rows[place];
    const char *pool = suggest->pool;
    if (order == ORDER_KEY)
        return (Str){pool + row->key, row->key_len};
    return order == ORDER_PINYIN ? (Str){pool + row->pinyin, row->pinyin_len}
                                 : (Str){pool + row->initials, row->initials_len};
}

/* Place of the first whose key, or as much of it as `prefix` has, is not below it, or is above. */
static u32 bound(const Suggest *suggest, const u32 *places, u32 count, SuggestOrder order,
                 Str prefix, bool whole, bool above)
{
    u32 low = 0, high = count;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        Str key = suggest_key(suggest, places[middle], order);
        int side = str_order(whole ? key : str_slice(key, 0, prefix.len), prefix);
        if (side < 0 || (above && side == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

SuggestRange suggest_range(const Suggest *suggest, SuggestOrder order, Str prefix, bool whole)
{
    const u32 *places = order == ORDER_KEY      ? suggest->by_key
                        : order == ORDER_PINYIN ? suggest->by_pinyin
                                                : suggest->by_initials;
    u32 count = order == ORDER_KEY ? suggest->count : suggest->pinyin_count;
    if (!prefix.len)
        return (SuggestRange){0};
    u32 from = bound(suggest, places, count, order, prefix, whole, false);
    u32 to = bound(suggest, places, count, order, prefix, whole, true);
    return (SuggestRange){places + from, to - from};
}

/* ---- The likeliest ---- */

typedef struct Likely {
    SuggestEntry entry;
    u64 score;
} Likely;

typedef struct LikelyList {
    Likely items[SUGGEST_MOST];
    size_t count, most;
} LikelyList;

/* A unit is there with and without the place in its name. */
static bool same_thing(const SuggestEntry *a, const SuggestEntry *b)
{
    return a->kind == b->kind && a->id == b->id && str_same(a->text, b->text);
}

/* Keeps the list ordered, best first; an entry that is in it already keeps its better score. */
static void add_likely(LikelyList *list, const SuggestEntry *entry, u64 score)
{
    size_t at = 0;
    for (size_t i = 0; i < list->count; i++)
        if (same_thing(&list->items[i].entry, entry)) {
            if (list->items[i].score >= score)
                return;
            memmove(&list->items[i], &list->items[i + 1],
                    (--list->count - i) * sizeof *list->items);
            break;
        }
    while (at < list->count && list->items[at].score >= score)
        at++;
    if (at == list->most)
        return;
    if (list->count < list->most)
        list->count++;
    memmove(&list->items[at + 1], &list->items[at], (list->count - 1 - at) * sizeof *list->items);
    list->items[at] = (Likely){*entry, score};
}

/* Names and fields stand before terms that are as common; what is typed whole before all. */
static u64 likelihood(const SuggestEntry *entry, bool whole, bool written)
{
    u64 score = entry->weight ? entry->weight : 1;
    if (entry->kind == SUGGEST_UNIT || entry->kind == SUGGEST_FIELD)
        score *= 20;
    return score << (whole ? 32 : 0) << (written ? 4 : 0);
}

static void look(const Suggest *suggest, SuggestOrder order, Str prefix, LikelyList *list)
{
    SuggestRange range = suggest_range(suggest, order, prefix, false);
    u32 step = range.count > LOOK_MAX ? range.count / LOOK_MAX : 1;
    for (u32 i = 0; i < range.count; i += step) {
        SuggestEntry entry = suggest_row(suggest, range.at[i]);
        bool whole = suggest_key(suggest, range.at[i], order).len == prefix.len;
        add_likely(list, &entry, likelihood(&entry, whole, order == ORDER_KEY));
    }
}

size_t suggest_find(const Suggest *suggest, Arena *arena, Str typed, SuggestEntry *ret, size_t most)
{
    LikelyList list = {.most = most < SUGGEST_MOST ? most : SUGGEST_MOST};
    Str key = fold_key(arena, typed), sound = typed_sound(arena, key);
    if (!key.len || !list.most)
        return 0;
    look(suggest, ORDER_KEY, key, &list);
    look(suggest, ORDER_PINYIN, sound, &list);
    if (sound.len > 1)
        look(suggest, ORDER_INITIALS, sound, &list);
    for (size_t i = 0; i < list.count; i++)
        ret[i] = list.items[i].entry;
    return list.count;
}

/* ---- Beside an index ---- */

struct SuggestPlace {
    Arena arena; /* Itself. */
    pthread_rwlock_t lock;
    Suggest *table;
    atomic_llong changes;
    i64 begun; /* `changes` when the last table was begun; -1: none yet. */
    atomic_bool kept;
};

struct SuggestPlace *suggest_place_new(void)
{
    Arena arena = {0};
    struct SuggestPlace *place = ARENA_NEW(&arena, struct SuggestPlace, 1);
    pthread_rwlock_init(&place->lock, NULL);
    place->begun = -1;
    place->arena = arena;
    return place;
}

void suggest_place_done(struct SuggestPlace *place)
{
    suggest_done(place->table);
    pthread_rwlock_destroy(&place->lock);
    Arena arena = place->arena;
    arena_done(&arena);
}

void suggest_changed(struct SuggestPlace *place)
{
    atomic_fetch_add(&place->changes, 1);
}

void suggest_install(MatchIndex *index, Suggest *suggest)
{
    pthread_rwlock_wrlock(&index->suggest->lock);
    Suggest *before = index->suggest->table;
    index->suggest->table = suggest;
    pthread_rwlock_unlock(&index->suggest->lock);
    suggest_done(before);
}

const Suggest *suggest_begin(MatchIndex *index)
{
    pthread_rwlock_rdlock(&index->suggest->lock);
    return index->suggest->table;
}

void suggest_end(MatchIndex *index)
{
    pthread_rwlock_unlock(&index->suggest->lock);
}

bool suggest_due(MatchIndex *index)
{
    struct SuggestPlace *place = index->suggest;
    i64 changes = atomic_load(&place->changes);
    pthread_rwlock_wrlock(&place->lock);
    bool due = place->begun != changes;
    place->begun = changes;
    pthread_rwlock_unlock(&place->lock);
    return due;
}

void suggest_keep(MatchIndex *index)
{
    atomic_store(&index->suggest->kept, true);
}

bool suggest_kept(MatchIndex *index)
{
    return atomic_load(&index->suggest->kept);
}
