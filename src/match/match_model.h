/* match_model.h - the weights by which needs' matches are ordered, as people released them.
 *
 * Owns    the table match_model.
 * Emits   match_model.learnt, match_model.released.
 *
 * A model is learnt from outcomes (match.learn, which lies with the ledger of pushes) and changes
 * nothing until the operator releases it. The one released last is in use; older ones stay and can
 * be released again, and so can the plain one, text alone.
 */
#ifndef MATCH_MATCH_MODEL_H
#define MATCH_MATCH_MODEL_H

#include "command/command.h"
#include "match/match_learn.h"

typedef struct MatchModelRow {
    RECORD_HEAD;
    Str weights;   /* "text=0.91 cover=-0.08": of features that weigh something. */
    i64 questions; /* Needs that were learnt from. */
    i64 pairs;
    i64 held_out;       /* Needs kept apart for the next two. */
    i64 ndcg_before_bp; /* nDCG of their first ten by the model then in use, in 1/10,000. */
    i64 ndcg_after_bp;  /* With this one. */
    i64 before_half_bp; /* Half widths of their 95 % intervals, */
    i64 after_half_bp;
    i64 gain_half_bp; /* and of what the second gains over the first, need by need. */
    i64 released_ms;  /* 0: proposed. */
} MatchModelRow;

extern const RecordType match_model_type;
extern const Room model_room;

/* The one in use; the plain one while none was released. *ret_id: of its row, 0: none. */
NODISCARD Err match_model_in_use(Cx *cx, MatchModel *ret, i64 *ret_id);
/* As a row keeps it, in cx->arena; and back: names that are no feature's now are left out. */
Str match_model_text(Cx *cx, const MatchModel *model);
MatchModel match_model_read(Str text);
/* A feature's name in words. */
Str match_feature_label(Cx *cx, Str name);
/* [{name, share}]: what features gave a hit its place, in percent of all that they moved
 * it; below 0 what held it back. Those that moved it by less than one are left out. */
Val *match_model_shares(Cx *cx, const MatchModel *model, const double *features);

#endif
