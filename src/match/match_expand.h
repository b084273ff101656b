/* match_expand.h - the other names of what a question names, as terms of less weight. */
#ifndef MATCH_MATCH_EXPAND_H
#define MATCH_MATCH_EXPAND_H

#include "match/match_int.h"

typedef struct Synonyms Synonyms;

/* Another name, found for one that the question has. */
typedef struct Expansion {
    Str asked, other;     /* As the question writes it, and as the group does. */
    size_t *asked_places; /* In the question's bag; */
    size_t *other_places; /* of the other those that it adds. */
    size_t asked_count, other_count;
    bool used; /* Some document may have it. */
} Expansion;

/* Groups as names with ; between, those of the front first: a later group that has a name of an
 * earlier one is left out when it is `mild`. Names without a word to look for are skipped. */
typedef struct SynonymGroup {
    Str names;
    bool mild;
} SynonymGroup;
Synonyms *synonyms_new(const SynonymGroup *groups, size_t count);
/* For all later searches; NULL: none. Takes it over. Any thread. */
void synonyms_install(MatchIndex *index, Synonyms *synonyms);
/* Not freed until given back. NULL: none. */
Synonyms *synonyms_take(MatchIndex *index);
void synonyms_done(Synonyms *synonyms);
/* Groups in use. */
size_t synonyms_count(const Synonyms *synonyms);

/* What a list of terms names otherwise: the keys that are not in the bag yet are added to it
 * without weight. Adds to *list, in `arena`. */
typedef struct ExpansionList {
    Expansion *items;
    size_t count, cap;
} ExpansionList;
void synonyms_expand(Arena *arena, const Synonyms *synonyms, Str text, const TermList *terms,
                     Bag *bag, ExpansionList *list);

#endif
