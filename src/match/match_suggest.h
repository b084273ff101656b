/* match_suggest.h - what people may mean while they type, and what they may have meant.
 *
 * A table of terms, names and codes, made from public text now and then, never changed afterwards.
 * An entry is found by how it begins: as written, by its pinyin, or by the first letters of its
 * syllables (jgqg for 激光切割). Uses    base alone.
 *
 * Technical terms are taken from titles: the pieces between joining words when they are short, and
 * runs of characters that stand in several titles and are no mere part of a longer such run.
 */
#ifndef MATCH_MATCH_SUGGEST_H
#define MATCH_MATCH_SUGGEST_H

#include "match/match.h"

typedef enum SuggestKind {
    SUGGEST_TERM = 1, /* Chinese or Latin words of titles. */
    SUGGEST_CODE,     /* A class symbol. */
    SUGGEST_FIELD,    /* A technical field; its code is `code`. */
    SUGGEST_UNIT,
    SUGGEST_ITEM, /* A title of what may be gone by now; `item` says what of. */
} SuggestKind;

enum {
    SUGGEST_TITLES = 100 * 1000, /* Titles that terms are taken from; of more an even choice. */
    SUGGEST_TERMS = 150 * 1000,  /* Terms kept, the commonest first. */
    SUGGEST_ITEMS = 200 * 1000,  /* Units and items kept. */
    SUGGEST_MOST = 20,           /* Answers at once. */
};

typedef struct SuggestEntry {
    Str text;
    Str key;      /* Folded: what is compared. */
    Str pinyin;   /* '' without Chinese characters. */
    Str initials; /* The same. */
    Str code;
    i64 id;
    u32 weight; /* In how many titles or documents. */
    u8 kind;    /* SuggestKind */
    u8 item;    /* MatchKind of SUGGEST_ITEM. */
} SuggestEntry;

typedef struct Suggest Suggest;
typedef struct SuggestBuild SuggestBuild;

SuggestBuild *suggest_new(void);
/* A title for its terms: number `at` of about `all`. */
void suggest_title(SuggestBuild *build, Str title, i64 at, i64 all);
/* A class symbol; counts one more for one that is there. */
void suggest_symbol(SuggestBuild *build, Str symbol);
/* A field, unit or item; copies its text. */
void suggest_entry(SuggestBuild *build, const SuggestEntry *entry);
/* The table, with a mark of what it was made from. Ends the build. */
Suggest *suggest_made(SuggestBuild *build, Str mark);
void suggest_done(Suggest *suggest); /* NULL is none. */

/* At most `most` entries that begin as what was typed, the likeliest first. */
size_t suggest_find(const Suggest *suggest, Arena *arena, Str typed, SuggestEntry *ret,
                    size_t most);

/* What the words may have been meant to be: those that no document has are exchanged for known ones
 * that sound the same or differ in a character or two. '' when there is nothing to exchange. */
Str suggest_correct(const Suggest *suggest, MatchIndex *index, Arena *arena, Str words);

/* ---- As a file ---- */

/* Writes it, and lets it lie there instead of in memory: the table to go on with, `suggest` itself
 * when the file cannot be written. */
Suggest *suggest_saved(Suggest *suggest, const char *path);
/* From such a file; NULL when there is none, it is damaged, or another program's. */
Suggest *suggest_load(const char *path);
Str suggest_mark(const Suggest *suggest);

/* ---- Beside an index ---- */

/* Puts a table in the place of the one before. */
void suggest_install(MatchIndex *index, Suggest *suggest);
/* The table, NULL when none is made yet; nobody takes it away until suggest_end. */
const Suggest *suggest_begin(MatchIndex *index);
void suggest_end(MatchIndex *index);
/* True when documents came or went since the last table was begun. Notes that one is begun. */
bool suggest_due(MatchIndex *index);
/* A thread keeps the table: nobody who asks has to make it. */
void suggest_keep(MatchIndex *index);
bool suggest_kept(MatchIndex *index);

#endif
