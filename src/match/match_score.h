/* match_score.h - adding up the postings of a question on a board: a number of two bytes for each
 * document of one segment.
 *
 * A posting adds (impact * factor + 255) / 256, at least 1 and at most `factor`, so a board cannot
 * run over while the factors of a question come to at most SCORE_MOST together. The same numbers
 * come out whichever way the processor takes; score_use_plain is for the test of that.
 */
#ifndef MATCH_MATCH_SCORE_H
#define MATCH_MATCH_SCORE_H

#include "match/match_seg.h"

enum { SCORE_MOST = UINT16_MAX };

/* SEG_DOCS places, all 0 between questions; of this thread. */
uint16_t *score_board(void);
void score_clear(uint16_t *board, u32 doc_count);

/* What one posting adds. */
uint16_t score_share(u8 impact, u32 factor);
void score_add(uint16_t *board, const SegList *list, u32 factor);
/* Only to documents that have a score already. */
void score_add_found(uint16_t *board, const SegList *list, u32 factor);

enum { SCORE_STRIP = 256 };

typedef struct ScoreBits {
    u64 docs[SEG_DOCS / 64];                 /* A bit for each document. */
    u64 strips[SEG_DOCS / SCORE_STRIP / 64]; /* And for each strip of them that has any. */
} ScoreBits;

/* The documents whose score is at least `least`, which is not 0. Bits past the last are clear. */
void score_at_least(const uint16_t *board, u32 doc_count, u32 least, ScoreBits *ret);

void score_use_plain(bool plain); /* Plain C everywhere, or what the processor has. */

#endif
