/* match_embed.h - keeps the vectors of what everybody may read, and lets them help the index.
 *
 * Only public text is ever sent to the server: patents on offer with the pitch of their listing,
 * achievements, and of needs the published form (need_public) alone. A question is never sent: a
 * published need is compared by the vector it has, any other is answered by words.
 */
#ifndef MATCH_MATCH_EMBED_H
#define MATCH_MATCH_EMBED_H

#include "command/command.h"
#include "match/embed.h"
#include "match/match_vector.h"

enum {
    EMBED_TEXT_CHARS = 480, /* Of one document: models of 512 tokens take it whole. */
    FUSE_K = 60,            /* Reciprocal rank fusion: Cormack, Clarke, Buettcher 2009. */
    FUSE_DEPTH = 50,        /* Of each list. */
};

Str vectors_path(Cx *cx); /* <data>/vectors */

/* Notes every row that may be sent, and lets go what is none any more. On a reading connection. */
NODISCARD Err match_embed_all(Cx *cx, Vectors *vectors);
/* Takes one fact in: what it withdrew or changed is gone at once. Does not ask the server. */
NODISCARD Err match_embed_fact(Cx *cx, Vectors *vectors, const Fact *fact);

/* Asks the server for the vectors of some documents that wait, at most `batch`; how many there
 * were. Errors of embed_ask; a single text that is refused is none. */
NODISCARD Err match_embed_some(Cx *cx, Vectors *vectors, const EmbedServer *server, i64 batch,
                               size_t *ret_count);

/* match_search fused with what lies near need `need_id`, by reciprocal rank. A hit that is near
 * has its rank in MatchHit.semantic. Without a vector of the need: match_search, nothing else. */
NODISCARD Err match_fuse(Cx *cx, MatchIndex *index, Vectors *vectors, const MatchQuery *query,
                         i64 need_id, MatchAnswer *ret);

#endif
