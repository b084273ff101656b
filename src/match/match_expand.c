/* match_expand.c - a table from the first term of a name to the names that begin with it. */
#include "match/match_expand.h"

#include <string.h>

enum {
    EXPANSIONS_MAX = 60, /* Of one question. */
    GAP_BYTES = 3,       /* Between the parts of a name: a blank, of any width. */
};

typedef struct Name {
    Str shown;
    u64 *keys; /* Pairs and words in order; one alone where that covers all of the name. */
    size_t key_count;
    u32 group;
    u32 next; /* Name with the same first key, index + 1; 0: none. */
} Name;

struct Synonyms {
    Arena arena; /* This struct too. */
    atomic_int uses;
    Name *names; /* Those of a group lie side by side. */
    size_t count;
    u32 *first; /* Of a group: its first name; one more at the end. */
    size_t group_count;
    u32 *slots; /* Index + 1 into names; 0: free. A power of two. */
    size_t slot_count;
};

/* ---- The table ---- */

static bool names_by(u64 key)
{
    return key_kind(key) == TERM_PAIR || key_kind(key) == TERM_WORD;
}

static Name read_name(Arena *arena, Str shown, u32 group)
{
    TermList list = {0};
    Name name = {.shown = str_copy(arena, shown), .group = group};
    text_terms(arena, name.shown, false, &list);
    name.keys = ARENA_NEW(arena, u64, list.count + 1);
    for (size_t i = 0; i < list.count; i++)
        if (names_by(list.terms[i].key))
            name.keys[name.key_count++] = list.terms[i].key;
    for (size_t i = 0; i < list.count; i++)
        if (names_by(list.terms[i].key) && list.terms[i].from == 0 &&
            list.terms[i].to == shown.len) {
            name.keys[0] = list.terms[i].key;
            name.key_count = 1;
        }
    return name;
}

static size_t slot_of(const Synonyms *synonyms, u64 key)
{
    size_t mask = synonyms->slot_count - 1;
    size_t slot = (size_t)(key * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (synonyms->slots[slot] && synonyms->names[synonyms->slots[slot] - 1].keys[0] != key)
        slot = (slot + 1) & mask;
    return slot;
}

static bool has_name(const Synonyms *synonyms, const Name *name)
{
    for (u32 at = synonyms->slots[slot_of(synonyms, name->keys[0])]; at;
         at = synonyms->names[at - 1].next) {
        const Name *other = &synonyms->names[at - 1];
        if (other->key_count == name->key_count &&
            memcmp(other->keys, name->keys, name->key_count * sizeof *name->keys) == 0)
            return true;
    }
    return false;
}

static void add_name(Synonyms *synonyms, Name name)
{
    size_t slot = slot_of(synonyms, name.keys[0]);
    name.next = synonyms->slots[slot];
    synonyms->names[synonyms->count++] = name;
    synonyms->slots[slot] = (u32)synonyms->count;
}

static void add_group(Synonyms *synonyms, const SynonymGroup *group)
{
    Str rest = group->names, shown;
    u32 number = (u32)synonyms->group_count;
    size_t count = 0, most = 1;
    for (size_t i = 0; i < rest.len; i++)
        most += rest.data[i] == ';';
    Name *names = ARENA_NEW(&synonyms->arena, Name, most);
    while (str_split(&rest, ';', &shown)) {
        Name name = read_name(&synonyms->arena, str_trim(shown), number);
        if (!name.key_count)
            continue;
        if (has_name(synonyms, &name)) {
            if (group->mild)
                return;
            continue;
        }
        names[count++] = name;
    }
    for (size_t i = 0; i < count; i++)
        if (!has_name(synonyms, &names[i]))
            add_name(synonyms, names[i]);
    synonyms->first[++synonyms->group_count] = (u32)synonyms->count;
}

Synonyms *synonyms_new(const SynonymGroup *groups, size_t count)
{
    Arena arena = {0};
    size_t names = count + 1, slots = 64;
    for (size_t g = 0; g < count; g++)
        for (size_t i = 0; i < groups[g].names.len; i++)
            names += groups[g].names.data[i] == ';';
    while (slots < names * 2)
        slots *= 2;
    Synonyms *synonyms = ARENA_NEW(&arena, Synonyms, 1);
    synonyms->names = ARENA_NEW(&arena, Name, names);
    synonyms->first = ARENA_NEW(&arena, u32, count + 1);
    synonyms->slots = ARENA_NEW(&arena, u32, slots);
    synonyms->slot_count = slots;
    atomic_init(&synonyms->uses, 1);
    synonyms->arena = arena;
    for (size_t g = 0; g < count; g++)
        add_group(synonyms, &groups[g]);
    return synonyms;
}

void synonyms_done(Synonyms *synonyms)
{
    if (!synonyms || atomic_fetch_sub(&synonyms->uses, 1) > 1)
        return;
    Arena arena = synonyms->arena; /* It lies in it. */
    arena_done(&arena);
}

size_t synonyms_count(const Synonyms *synonyms)
{
    return synonyms ? synonyms->group_count : 0;
}

void synonyms_install(MatchIndex *index, Synonyms *synonyms)
{
    pthread_mutex_lock(&index->naming);
    Synonyms *old = index->synonyms;
    index->synonyms = synonyms;
    pthread_mutex_unlock(&index->naming);
    synonyms_done(old);
}

Synonyms *synonyms_take(MatchIndex *index)
{
    pthread_mutex_lock(&index->naming);
    Synonyms *synonyms = index->synonyms;
    if (synonyms)
        atomic_fetch_add(&synonyms->uses, 1);
    pthread_mutex_unlock(&index->naming);
    return synonyms;
}

/* ---- A question ---- */

/* The terms by which names are known, in the order of the text. */
typedef struct Run {
    const Term **terms;
    size_t count;
} Run;

/* How many terms from `at` on are the name; 0: it does not stand there. */
static size_t stands_at(const Run *run, size_t at, const Name *name)
{
    if (at + name->key_count > run->count)
        return 0;
    for (size_t k = 0; k < name->key_count; k++) {
        const Term *term = run->terms[at + k];
        if (term->key != name->keys[k] ||
            (k && term->from > run->terms[at + k - 1]->to + GAP_BYTES))
            return 0;
    }
    return name->key_count;
}

static bool asks_for(const Run *run, const Name *name)
{
    for (size_t i = 0; i < run->count; i++)
        if (stands_at(run, i, name))
            return true;
    return false;
}

/* A key that somebody gave weight is the question's own. */
static size_t new_place(Bag *bag, u64 key)
{
    size_t place = bag_find(bag, key);
    if (place != SIZE_MAX)
        return bag->items[place].weight ? SIZE_MAX : place;
    bag_add(bag, key, 0);
    return bag->count - 1;
}

static void add_other(Arena *arena, Bag *bag, Str text, const Name *asked, const Name *other,
                      ExpansionList *list)
{
    Expansion one = {.asked = text,
                     .other = str_copy(arena, other->shown),
                     .asked_places = ARENA_NEW(arena, size_t, asked->key_count),
                     .other_places = ARENA_NEW(arena, size_t, other->key_count)};
    for (size_t k = 0; k < asked->key_count; k++)
        if (bag_find(bag, asked->keys[k]) != SIZE_MAX)
            one.asked_places[one.asked_count++] = bag_find(bag, asked->keys[k]);
    for (size_t k = 0; k < other->key_count; k++) {
        size_t place = new_place(bag, other->keys[k]);
        if (place != SIZE_MAX)
            one.other_places[one.other_count++] = place;
    }
    if (!one.other_count || list->count == EXPANSIONS_MAX)
        return;
    if (!list->items)
        list->items = ARENA_NEW(arena, Expansion, EXPANSIONS_MAX);
    list->items[list->count++] = one;
}

static bool is_expanded(const ExpansionList *list, Str asked)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_same(list->items[i].asked, asked))
            return true;
    return false;
}

/* The longest name that begins there: of 钛合金TC4 not TC4. */
static const Name *name_at(const Synonyms *synonyms, const Run *run, size_t at)
{
    const Name *found = NULL;
    for (u32 i = synonyms->slots[slot_of(synonyms, run->terms[at]->key)]; i;
         i = synonyms->names[i - 1].next) {
        const Name *name = &synonyms->names[i - 1];
        if (stands_at(run, at, name) && (!found || name->key_count > found->key_count))
            found = name;
    }
    return found;
}

void synonyms_expand(Arena *arena, const Synonyms *synonyms, Str text, const TermList *terms,
                     Bag *bag, ExpansionList *list)
{
    if (!synonyms || !synonyms->count)
        return;
    Run run = {.terms = ARENA_NEW(arena, const Term *, terms->count + 1)};
    for (size_t i = 0; i < terms->count; i++)
        if (names_by(terms->terms[i].key))
            run.terms[run.count++] = &terms->terms[i];
    for (size_t at = 0; at < run.count && list->count < EXPANSIONS_MAX; at++) {
        const Name *name = name_at(synonyms, &run, at);
        if (!name)
            continue;
        Str asked = str_slice(text, run.terms[at]->from, run.terms[at + name->key_count - 1]->to);
        at += name->key_count - 1;
        if (is_expanded(list, asked))
            continue;
        for (u32 i = synonyms->first[name->group]; i < synonyms->first[name->group + 1]; i++)
            if (&synonyms->names[i] != name && !asks_for(&run, &synonyms->names[i]))
                add_other(arena, bag, asked, name, &synonyms->names[i], list);
    }
}
