/* match_eval.h - how good the ranking is on a set of judged questions that people bring.
 *
 *     documents   lines of {"id", "title"?, "text"?}
 *     questions   lines of {"id", "text", "title"?}
 *     judgements  lines of question <TAB> document <TAB> gain; above 0 is relevant
 *
 * The documents go into an index of their own, the exchange is not touched. With folds two things
 * are learnt from the judgements of the other folds: a question's words may become words of the
 * documents it was right for, and features are weighed (match_learn.h). Whether either is used is
 * chosen inside these folds, on parts of them held out in turn.
 */
#ifndef MATCH_MATCH_EVAL_H
#define MATCH_MATCH_EVAL_H

#include "base/base.h"

enum {
    EVAL_DEPTH = 10,                 /* Figures are of the first ten. */
    EVAL_LINE_MAX = 4 * 1024 * 1024, /* Bytes of one line. */
    EVAL_ROWS_MAX = 4 * 1000 * 1000, /* Of each file. */
    EVAL_FOLDS_MAX = 20,             /* Of each file. */
};

typedef struct EvalFiles {
    Str docs, queries, qrels; /* Paths. */
    bool pool;                /* Each question ranks only the documents that it was judged with. */
    i64 folds;    /* From 2 on: each part of the questions meets an index that learnt from the
                * judgements of the others. */
    bool vectors; /* Fused with vectors learnt from the documents (match_own.h). */
} EvalFiles;

/* Means over the questions that have something relevant, with the half width of their 95 % interval
 * (normal approximation of the mean's error). */
typedef struct EvalFigures {
    double ndcg, mrr, recall;
    double ndcg_half, mrr_half, recall_half;
    i64 docs;
    i64 queries; /* That were counted. */
    i64 unknown; /* Judgements that name a document or question that is not there. */
} EvalFigures;

/* ERR_IO "eval.no_file", ERR_INPUT "eval.bad_line" with file and line, ERR_LIMIT. */
NODISCARD Err match_eval(Cx *cx, const EvalFiles *files, EvalFigures *ret);

/* nDCG of the first ten: gains in ranked order against the same in the best order. 0 when none is
 * above 0. */
double eval_ndcg(const double *ranked, size_t ranked_count, const double *all, size_t all_count);

#endif
