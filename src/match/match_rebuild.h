/* match_rebuild.h - the whole index made anew from the rows while the old one goes on answering.
 *
 * Emits   nothing: no row changes.
 *
 * Whoever asks for it only leaves word (match_rebuild_ask). One thread builds the new index aside,
 * another, the one that follows the facts, brings it up to where the old one is and swaps the two
 * in one step: what was found before is found all the time, and what was withdrawn meanwhile does
 * not come back. Where no thread keeps an index, the op does both by itself.
 *
 *     idle --ask--> wanted --work--> ready --take--> idle
 */
#ifndef MATCH_MATCH_REBUILD_H
#define MATCH_MATCH_REBUILD_H

#include "command/command.h"
#include "match/match.h"

typedef struct MatchRebuildStats {
    bool is_busy;      /* One is wanted, built or waits to be taken. */
    i64 done, total;   /* Documents of the one that is built. */
    i64 taken, failed; /* Since the start of the program. */
} MatchRebuildStats;

/* From now on threads build and take. */
void match_rebuild_keep(MatchIndex *index);
/* False while one is under way. */
bool match_rebuild_ask(MatchIndex *index);
/* Builds what is wanted; does nothing when nothing is. `stopping` (may be NULL) is asked now and
 * then: true ends the work with ERR_STATE "match.stopped". On a reading connection. */
NODISCARD Err match_rebuild_work(Cx *cx, MatchIndex *index, bool (*stopping)(void *context),
                                 void *context);
/* By the thread that feeds the index, which knows it up to fact `seq`: takes over what is ready.
 * *ret_taken: the index is another one, which no file has yet. On an error the old one stays. */
NODISCARD Err match_rebuild_take(Cx *cx, MatchIndex *index, i64 seq, bool *ret_taken);
MatchRebuildStats match_rebuild_stats(MatchIndex *index);

extern const Room rebuild_room;

#endif
