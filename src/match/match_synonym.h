/* match_synonym.h - names of the same thing: a question with one finds the others too.
 *
 * Groups are used when a question is read, so that a change of them holds at once and no index is
 * built anew. They come from two places: groups that the program brings (data/synonyms), and rows
 * of `synonym`, which an operator keeps. A row takes over every group of the program that it shares
 * a name with; of one name alone it says that this name has no others.
 *
 * Owns    the table synonym.
 * Emits   synonym.added, synonym.changed, synonym.removed.
 */
#ifndef MATCH_MATCH_SYNONYM_H
#define MATCH_MATCH_SYNONYM_H

#include "command/command.h"
#include "match/match.h"

typedef struct Synonym {
    RECORD_HEAD;
    Str words; /* F_LIST: names with ; between. */
    Str note;  /* Why, or from where. */
} Synonym;

extern const RecordType synonym_type;

enum {
    SYNONYM_WORDS_MAX = 12, /* Names of a group. */
    SYNONYM_ROWS_MAX = 2000,
    SYNONYM_CHARS_MAX = 40, /* Of a name; at least two. */
};

/* From the rows and what the program brings, for every later search of this index. */
NODISCARD Err synonyms_load(Cx *cx, MatchIndex *index);
/* What the program brings alone, or none: for trials. */
void synonyms_use_start(MatchIndex *index, bool use);

/* Groups that the program brings, made while building: names with ; between. */
extern const char *const synonyms_start[];
extern const size_t synonyms_start_count;

#endif
