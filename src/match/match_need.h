/* match_need.h - the question that a need asks of what is on offer, and its answer: what
 * need.matches shows, and what pushes go by.
 *
 * Text with what its first hits are about, the released weights if there are any (match_model.h),
 * and what lies near by meaning when there is a helper for that (match_helper.h).
 */
#ifndef MATCH_MATCH_NEED_H
#define MATCH_MATCH_NEED_H

#include "match/match_about.h"

enum {
    NEED_MATCHES = 10, /* Shown when nobody says how many, */
    NEED_MATCHES_MAX = 50,
};

/* It points into itself: it stays where it was made. */
typedef struct NeedAsk {
    i64 need_id;
    MatchQuery query; /* The caller sets `limit`, at most NEED_MATCHES_MAX. */
    MatchField fields[3];
    MatchAsker asker;  /* For features. */
    Str text;          /* All of it: own vectors are asked with that. */
    MatchModel *model; /* The released one; NULL: text alone. In cx->arena. */
} NeedAsk;

/* A need whose matches this reader may have, as he may read it. ERR_MISSING also for a need that he
 * may read without being its owner, a technology manager or the operator. */
NODISCARD Err match_need_read(Cx *cx, i64 id, NeedSeen *ret);
/* `need` as its reader may have it; what it has empty is not asked for. */
NODISCARD Err match_need_ask(Cx *cx, MatchIndex *index, const Need *need, bool listed_only,
                             NeedAsk *ret);
NODISCARD Err match_need_answer(Cx *cx, MatchIndex *index, const NeedAsk *ask, MatchAnswer *ret);

#endif
