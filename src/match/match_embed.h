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

/* By share: what a cosine of 1 counts beside the best text score of the question. */
#define FUSE_SHARE 0.25

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

/* Calls `each` with every text that everybody may read, as it would be sent. */
NODISCARD Err match_embed_texts(Cx *cx, void (*each)(void *context, Str text), void *context);

/* Asks the server for the vectors of some documents that wait, at most `batch`; how many there
 * were. Errors of embed_ask; a single text that is refused is none. */
NODISCARD Err match_embed_some(Cx *cx, Vectors *vectors, const EmbedServer *server, i64 batch,
                               size_t *ret_count);

/* The same by own vectors, without any network: a text that has no known term is refused. */
struct OwnPlace;
NODISCARD Err match_embed_own(Cx *cx, Vectors *vectors, struct OwnPlace *own, i64 batch,
                              size_t *ret_count);

/* match_search fused with what lies near need `need_id`, by reciprocal rank. A hit that is near
 * has its rank in MatchHit.semantic. Without a vector of the need: match_search, nothing else. */
NODISCARD Err match_fuse(Cx *cx, MatchIndex *index, Vectors *vectors, const MatchQuery *query,
                         i64 need_id, MatchAnswer *ret);
/* The same with what lies near the values that own vectors give the question's text (match_own.h).
 * These know less than a model, so scores are added, not ranks: what words find clearly stays in
 * front. */
NODISCARD Err match_fuse_values(Cx *cx, MatchIndex *index, Vectors *vectors,
                                const MatchQuery *query, const float *values, size_t dims,
                                MatchAnswer *ret);

/* The first of each list as one, by share: for many questions whose lists are at hand. Of `ret`
 * `most` places; how many are filled. */
size_t match_fuse_hits(const MatchAnswer *words, const VectorHit *near, size_t near_count,
                       MatchHit *ret, size_t most);

#endif
