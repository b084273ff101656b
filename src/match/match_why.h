/* match_why.h - why one item is, or is not, among the matches of a need; or how like another item
 * it is.
 *
 * Secrecy is that of need.matches: of a need what this reader may read of it, of everything else
 * what everybody may. Who may not ask for the need's matches is told that it is missing.
 */
#ifndef MATCH_MATCH_WHY_H
#define MATCH_MATCH_WHY_H

#include "command/command.h"
#include "match/match.h"
#include "registry/registry.h"

enum { LACK_FIELDS_MAX = 8, LACKS_SHOWN = 8 };

/* A phrase of a question that a document does not have. */
typedef struct MatchLack {
    Str text;    /* As the question writes it; a code in its canonical form. */
    int percent; /* Of all that the question asks for, each term by its weight and its rarity. */
} MatchLack;

/* The weightiest ones, at most `most`, heaviest first; texts are in cx->arena. Takes the index's
 * lock: not within a search. */
size_t match_lacks(Cx *cx, MatchIndex *index, const MatchField *question, size_t question_count,
                   const MatchField *doc, size_t doc_count, MatchLack *ret, size_t most);

/* What was asked and what came of it; `reply` and its `bars` may be added to. */
typedef struct MatchWhy {
    i64 need_id; /* 0: two items that are no need's matter. */
    Need need;   /* As this reader may have it. */
    unsigned who;
    MatchKind kind; /* Of the item. */
    i64 item_id;
    i64 item_org_id;
    bool is_listed; /* The item is on offer. */
    Val *reply;
    Val *bars;
} MatchWhy;

/* `of` and `to` are names ("need-3", "patent-12"), paths or addresses of their pages, of a listing
 * too, or a patent's application or publication number. A need may be either.
 * ERR_INPUT "match.why_name", "match.why_same". */
NODISCARD Err match_why(Cx *cx, Str of, Str to, MatchWhy *ret);

/* Adds {code, text} to the bars: `key` is a message. */
void match_why_bar(Cx *cx, MatchWhy *why, const char *key, const Str *args, size_t count);

#endif
