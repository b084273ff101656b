/* match_learn.h - the features of a hit, and weights of them learnt from pairs: of two hits of one
 * question the one that proved better.
 *
 * Pure: no store, no clock, no chance; the same pairs give the same weights, bit for bit. The loss
 * of a pair is logistic, log(1 + exp(-w (better - worse))), as in RankNet; a pull holds the weights
 * to those in use.
 */
#ifndef MATCH_MATCH_LEARN_H
#define MATCH_MATCH_LEARN_H

#include "match/match.h"

/* What a hit is known by, for a model to weigh: parts of its text score, and what its record has in
 * common with the asker's. */
typedef enum MatchFeature {
    MATCH_F_TEXT,        /* The score, against the best hit's; so are the next five. */
    MATCH_F_CHARS,       /* Its part from single characters; that from pairs is what is left. */
    MATCH_F_WORDS,       /* From words of letters and digits. */
    MATCH_F_CODES,       /* From class symbols: IPC subclass and main group. */
    MATCH_F_EDGES,       /* From edges of phrases. */
    MATCH_F_TITLE,       /* From what stands in the question's weightiest text. */
    MATCH_F_WIDENED,     /* From what the question took over from its first hits. */
    MATCH_F_COVER,       /* How much of the question's rarity it has, however often. */
    MATCH_F_COVER_TITLE, /* The same of the question's weightiest text. */
    MATCH_F_COVER_DOC,   /* How much of the document the question has. */
    MATCH_F_LENGTH,      /* Of the document: its logarithm. */
    MATCH_F_FIELD,       /* 1: of the asker's technical field. */
    MATCH_F_REGION,      /* 1: of the asker's province. */
    MATCH_F_MATURITY,    /* Technology readiness. */
    MATCH_F_FRESH,       /* Year of first filing. */
    /* What only the rows say (match_about.h). */
    MATCH_F_PRICE,    /* 0: within the asker's budget; below 0: how many times double. */
    MATCH_F_MODE,     /* 1: offered in a way that the asker wants. */
    MATCH_F_GRANTED,  /* 1: a patent that is granted. */
    MATCH_F_CLAIMS,   /* Its claims: their logarithm. */
    MATCH_F_TERM,     /* Years until it expires. */
    MATCH_F_OUTCOMES, /* What became of it with others: claims and talks against refusals. */
    MATCH_FEATURES,
} MatchFeature;

/* Places the first MATCH_RERANK hits by the weighted sum of their features, each feature counted in
 * its spread over these hits (match_learn.h). */
struct MatchModel {
    double weights[MATCH_FEATURES];
};

typedef struct LearnPair {
    const double *better, *worse; /* MATCH_FEATURES each, of hits of one question. */
    double weight;                /* How much it counts among all; above 0. */
} LearnPair;

/* Makes each of MATCH_FEATURES columns its distance from the mean in spreads (standard deviations).
 * What is not known (NAN) and what does not differ becomes 0. */
void match_normalise(double *rows, size_t count);

/* By text alone: today's order. */
MatchModel match_model_plain(void);
double match_model_score(const MatchModel *model, const double *features);
/* The places of rows of MATCH_FEATURES from the best to the worst; equal ones stay in order. */
void match_model_order(const MatchModel *model, const double *const *rows, size_t count,
                       size_t *ret);
/* "text", "cover_title"; a feature keeps its name. */
const char *match_feature_name(MatchFeature feature);

/* New weights, or `from` itself when the pairs show no more than chance would: what they gain over
 * `from` in its best scale has to pass a test of the likelihood ratio, each unit of weight counted
 * as one observation. `pull` from 0: against leaving `from`, in shares of the mean loss. */
MatchModel match_learn(const LearnPair *pairs, size_t count, const MatchModel *from, double pull);

#endif
