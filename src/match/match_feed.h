/* match_feed.h - fills the index from rows, keeps it true by facts, and answers search and
 * need.matches.
 *
 * Only what everybody may see goes into the index: of a need its published form (need_public), so
 * that hidden fields, passages and unpublished needs are never indexed, and no search can find,
 * rank or time them. Nor does an unpublished listing.
 */
#ifndef MATCH_MATCH_FEED_H
#define MATCH_MATCH_FEED_H

#include "command/command.h"
#include "match/match.h"

/* Puts every row in. For a new index, on a reading connection. *ret_seq: the last fact it knows. */
NODISCARD Err match_feed_all(Cx *cx, MatchIndex *index, i64 *ret_seq);
/* The same while `go` says so, which is told now and then how many are in: ERR_STATE
 * "match.stopped" when it does not. */
typedef bool MatchFeedGo(void *context, i64 done);
NODISCARD Err match_feed_all_while(Cx *cx, MatchIndex *index, MatchFeedGo *go, void *context,
                                   i64 *ret_seq);
/* Takes one fact in: reloads the row it is about. */
NODISCARD Err match_feed_fact(Cx *cx, MatchIndex *index, const Fact *fact);

Str match_feed_folder(Cx *cx); /* Where the exchange's index is kept. */
/* Keeps the index in a folder, true up to a fact. */
NODISCARD Err match_feed_save(Cx *cx, MatchIndex *index, Str folder, i64 seq);
/* Fills an empty index from there. False when nothing is kept, it is damaged, or it is not of this
 * exchange as it now stands (a restored backup, another version of what is fed). */
bool match_feed_load(Cx *cx, MatchIndex *index, Str folder, i64 *ret_seq);

/* An empty index as it is kept, else from all rows. *ret_kept: as it is kept. On an error it is
 * empty again: half an index must not be kept as if it were whole. */
NODISCARD Err match_feed_open(Cx *cx, MatchIndex *index, Str folder, i64 *ret_seq, bool *ret_kept);

/* Makes the table of suggestions from what everybody may read: titles, units, class symbols. On a
 * reading connection; 78,000 titles take two seconds. It lies in a file, or in memory when `path`
 * is NULL. */
NODISCARD Err match_suggest_build(Cx *cx, MatchIndex *index, const char *path, Str mark);
/* As it lies in the data folder. The first is taken up when it is of this exchange: false else. */
bool match_suggest_load(Cx *cx, MatchIndex *index);
NODISCARD Err match_suggest_make(Cx *cx, MatchIndex *index);

/* A file of ops each. They use house->match, and make it when it is not there yet. */
extern const Room match_room, suggest_room, compare_room, saved_room, alert_room, model_room,
    rebuild_room, synonym_room, helper_room;
#define MATCH_ROOMS                                                                                \
    &match_room, &suggest_room, &compare_room, &saved_room, &alert_room, &model_room,              \
        &rebuild_room, &synonym_room, &helper_room

#endif
