/* match_eval_int.h - what the files of the evaluation share. */
#ifndef MATCH_MATCH_EVAL_INT_H
#define MATCH_MATCH_EVAL_INT_H

#include "match/match_eval.h"
#include "match/match_learn.h"
#include "match/match_own.h"

enum { EVAL_TEXTS_MAX = 256 * 1000000 }; /* Bytes of documents kept; of others none is learnt. */

/* Names to numbers from 0, in the order they came. */
typedef struct Names {
    Arena *arena;
    Str *names;
    u32 *slots; /* Number + 1; 0 is free. */
    size_t count, cap, slot_count;
} Names;

typedef struct Judgement {
    u32 query, doc;
    double gain;
} Judgement;

typedef struct EvalText {
    Str title, text;
} EvalText;

typedef struct Eval {
    Cx *cx;
    MatchIndex *index; /* NULL while names are read alone. */
    Names docs, query_names;
    EvalText *texts; /* Of the documents, unless they are too many: text_bytes. */
    size_t text_cap, text_bytes;
    EvalText *queries;
    size_t query_cap;
    Judgement *judgements; /* By question once sorted. */
    size_t judgement_count, judgement_cap;
    u32 *by_doc;   /* Places of judgements above 0, by document. */
    u32 *doc_from; /* Where a document's begin there; one more than documents. */
    bool *teaches; /* By question: its words become words of the documents it was right for. */
    const EvalFiles *files;
    const MatchModel *model; /* NULL: hits in the order of their text scores. */
    OwnTable *own;           /* NULL: no vectors. */
    struct Vectors *vectors;
    i64 fold_count, fold;
    i64 unknown;
} Eval;

/* The judgements of one question. */
typedef struct Pool {
    const Judgement *rows;
    size_t count;
} Pool;

/* Makes eval->index of all documents, with the words of the questions that teach. */
NODISCARD Err eval_index(Eval *eval);
void eval_index_done(Eval *eval);
/* The judgements of the question whose first is at `from`; where the next begins. */
size_t eval_pool(const Eval *eval, size_t from, Pool *ret);
/* Questions are spread over the folds by their place in the file. */
bool eval_in_fold(const Eval *eval, u32 query);
double eval_gain(const Pool *pool, i64 id);
/* Asks a pool's question twice, the second time with what the first hits are about. Of `asked` the
 * model, features and limit are looked at. In cx->arena. */
NODISCARD Err eval_ask(Eval *eval, const Pool *pool, MatchQuery asked, MatchAnswer *ret);

/* ---- match_eval_own.c ---- */

/* Learns vectors from the documents, never from questions or judgements, and makes one of each. */
NODISCARD Err eval_own(Eval *eval);
void eval_own_done(Eval *eval);
/* match_search, fused with what lies near the question's text when there are vectors. */
NODISCARD Err eval_search(Eval *eval, const EvalText *query, const MatchQuery *asked,
                          MatchAnswer *ret);

/* ---- match_eval_learn.c ---- */

/* What the questions of the other folds teach for this one, and nothing of this one's: whether
 * questions' words help documents (eval->teaches is set by it) and the weights of features. Chosen
 * by what they do inside the other folds, each part of them held out in turn. */
NODISCARD Err eval_learn(Eval *eval, MatchModel *ret);

#endif
