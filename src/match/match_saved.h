/* match_saved.h - searches that people keep, and what came for them since they last looked.
 *
 * Owns    the tables saved_search, saved_search_hit, search_mark.
 * Emits   saved.made, saved.renamed, saved.watched, saved.removed, saved.looked, saved.hit,
 *         saved.hit_gone, saved.told, saved.marked.
 *
 * Facts hold no words of a search: those are personal. What is found for one is what everybody may
 * read, as search itself. A thread (in tests whoever asks) follows the facts that bring something
 * new to the index, and asks each watched search of these documents alone.
 */
#ifndef MATCH_MATCH_SAVED_H
#define MATCH_MATCH_SAVED_H

#include "match/match_ops_int.h"

typedef struct SavedSearch {
    RECORD_HEAD;
    i64 account_id;
    Str name;
    Str words;
    Str kind; /* match_kinds; '' any, so are the others. */
    Str field;
    Str offer;
    Str region;
    i64 maturity;
    i64 year;
    i64 alert;
    i64 looked_ms;
    i64 new_count; /* Hits since then. */
    i64 told_seq;  /* Nothing up to this fact is news for it. */
} SavedSearch;

typedef struct SavedHit {
    RECORD_HEAD;
    i64 saved_id;
    Str kind;
    i64 ref_id; /* Of the record of that kind. */
} SavedHit;

/* Up to which fact the watched searches were told: one row. */
typedef struct SearchMark {
    RECORD_HEAD;
    i64 seq;
} SearchMark;

extern const RecordType saved_search_type, saved_search_hit_type, search_mark_type;

enum {
    SAVED_MAX = 50,       /* Of one account. */
    SAVED_HITS_MAX = 200, /* Kept of one search until they are looked at. */
};

/* What a kept search asks, with `words` as its text; `kind` is one of those that it is for. */
MatchQuery saved_query(const SavedSearch *saved, MatchKind kind);
/* How well a document must fit to be news: 0..100 as MatchHit.percent. The more words there are,
 * the less of them a document has. */
int saved_least(Str words);

#endif
