/* match_eval_learn.c - what a fold learns from the others: see eval_learn. */
#include "match/match_eval_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PARTS = 4,            /* Of the questions that teach; each is held out once. */
    QUESTIONS_LEAST = 20, /* With fewer nothing can be compared. */
    QUESTIONS_MAX = 4000, /* Looked at; a hundred hits of one take 12 KB. */
    PAIRS_MAX = 4000 * 1000,
};
static const double learn_pull = 0.1;
static const double evidence = 100; /* Of one question: its pairs count as so many observations. */

/* The first hits of a question that was judged, in the order of their text scores. */
typedef struct Sample {
    size_t part;
    const double *rows;  /* MATCH_FEATURES for each hit. */
    const double *gains; /* Of the hits, then of the judged documents that are none. */
    size_t hit_count, gain_count;
    const double *all; /* Of all its judgements. */
    size_t all_count;
} Sample;

typedef struct Samples {
    Sample *items;
    size_t count;
} Samples;

static Err take_sample(Eval *eval, Arena *arena, const Pool *pool, size_t part, Sample *ret)
{
    MatchAnswer answer;
    Err e =
        eval_ask(eval, pool, (MatchQuery){.with_features = true, .limit = MATCH_RERANK}, &answer);
    if (e)
        return e;
    double *rows = ARENA_NEW(arena, double, answer.count *MATCH_FEATURES + 1);
    double *gains = ARENA_NEW(arena, double, answer.count + pool->count + 1);
    double *all = ARENA_NEW(arena, double, pool->count + 1);
    size_t count = answer.count;
    for (size_t h = 0; h < answer.count; h++) {
        memcpy(rows + h * MATCH_FEATURES, answer.hits[h].features, MATCH_FEATURES * sizeof *rows);
        gains[h] = eval_gain(pool, answer.hits[h].id);
    }
    for (size_t i = 0; i < pool->count; i++) {
        bool there = false;
        for (size_t h = 0; h < answer.count; h++)
            there |= answer.hits[h].id == (i64)pool->rows[i].doc + 1;
        if (!there && eval->files->pool)
            gains[count++] = pool->rows[i].gain;
        all[i] = pool->rows[i].gain;
    }
    *ret = (Sample){part, rows, gains, answer.count, count, all, pool->count};
    return ERR_OK;
}

static bool has_gain(const Pool *pool)
{
    for (size_t i = 0; i < pool->count; i++)
        if (pool->rows[i].gain > 0)
            return true;
    return false;
}

/* Of the questions of the other folds with something relevant those of a part: each PARTSth. */
static Err take_samples(Eval *eval, Arena *arena, size_t part, Samples *samples)
{
    Cx *cx = eval->cx;
    Err e = ERR_OK;
    Pool pool;
    size_t number = 0;
    for (size_t at = 0; !e && at < eval->judgement_count && number < QUESTIONS_MAX;) {
        at = eval_pool(eval, at, &pool);
        if (eval_in_fold(eval, pool.rows[0].query) || !has_gain(&pool))
            continue;
        size_t own = number++ % PARTS;
        if (own != part)
            continue;
        ArenaMark mark = arena_mark(cx->arena);
        e = take_sample(eval, arena, &pool, own, &samples->items[samples->count++]);
        arena_rewind(cx->arena, mark);
    }
    return e;
}

/* Which questions teach: those of the other folds, but for those of one part. */
static size_t set_teachers(Eval *eval, bool teach, size_t held_out)
{
    Pool pool;
    size_t number = 0;
    memset(eval->teaches, 0, eval->query_names.count);
    for (size_t at = 0; at < eval->judgement_count;) {
        at = eval_pool(eval, at, &pool);
        u32 query = pool.rows[0].query;
        if (eval_in_fold(eval, query) || !has_gain(&pool))
            continue;
        eval->teaches[query] = teach && number++ % PARTS != held_out;
    }
    return number;
}

/* ---- Pairs ---- */

static double discount(size_t place)
{
    return place < EVAL_DEPTH ? 1 / log2((double)place + 2) : 0;
}

/* The pairs of one question, each weighed by what the nDCG of the first ten would change by if the
 * two changed places (LambdaRank), with something for those below. */
static size_t add_pairs(const Sample *sample, LearnPair *pairs, size_t room)
{
    static const double below = 0.3;
    size_t count = 0;
    double total = 0;
    for (size_t i = 0; i < sample->hit_count; i++)
        for (size_t k = 0; k < sample->hit_count && count < room; k++) {
            double gain = sample->gains[i] - sample->gains[k];
            if (!(gain > 0))
                continue;
            double weight = gain * (fabs(discount(i) - discount(k)) + below);
            pairs[count++] = (LearnPair){sample->rows + i * MATCH_FEATURES,
                                         sample->rows + k * MATCH_FEATURES, weight};
            total += weight;
        }
    for (size_t i = 0; i < count; i++)
        pairs[i].weight *= evidence / total;
    return count;
}

static MatchModel learn(const Samples *samples, size_t held_out)
{
    Arena arena = {0};
    size_t room = 0, count = 0;
    for (size_t i = 0; i < samples->count; i++)
        room += samples->items[i].hit_count * samples->items[i].hit_count;
    room = room < PAIRS_MAX ? room : (size_t)PAIRS_MAX;
    LearnPair *pairs = ARENA_NEW(&arena, LearnPair, room + 1);
    for (size_t i = 0; i < samples->count; i++)
        if (samples->items[i].part != held_out)
            count += add_pairs(&samples->items[i], pairs + count, room - count);
    MatchModel plain = match_model_plain();
    MatchModel model = match_learn(pairs, count, &plain, learn_pull);
    arena_done(&arena);
    return model;
}

/* ---- Comparing ---- */

static double sample_ndcg(const Sample *sample, const MatchModel *model)
{
    Arena arena = {0};
    const double **rows = ARENA_NEW(&arena, const double *, sample->hit_count + 1);
    size_t *order = ARENA_NEW(&arena, size_t, sample->hit_count + 1);
    double *gains = ARENA_NEW(&arena, double, sample->gain_count + 1);
    for (size_t h = 0; h < sample->hit_count; h++)
        rows[h] = sample->rows + h * MATCH_FEATURES;
    match_model_order(model, rows, sample->hit_count, order);
    for (size_t i = 0; i < sample->gain_count; i++)
        gains[i] = sample->gains[i < sample->hit_count ? order[i] : i];
    double ndcg = eval_ndcg(gains, sample->gain_count, sample->all, sample->all_count);
    arena_done(&arena);
    return ndcg;
}

/* A way to rank, with what it comes to on each question when that one's part is held out. */
typedef struct Way {
    bool texts, model;
    double *figures;
} Way;

/* True when it is better by more than chance gives once in twenty. */
static bool surely_better(const Way *way, const Way *than, size_t count)
{
    double sum = 0, squares = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        double apart = way->figures[i] - than->figures[i];
        sum += apart;
        squares += apart * apart;
    }
    double mean = sum / n, spread = squares / n - mean * mean;
    return mean > (spread > 0 ? 1.645 * sqrt(spread / (n - 1)) : 0);
}

static void compare(const Samples *samples, Way *by_text, Way *by_model)
{
    MatchModel plain = match_model_plain(), models[PARTS];
    for (size_t part = 0; part < PARTS; part++)
        models[part] = learn(samples, part);
    for (size_t i = 0; i < samples->count; i++) {
        by_text->figures[i] = sample_ndcg(&samples->items[i], &plain);
        by_model->figures[i] = sample_ndcg(&samples->items[i], &models[samples->items[i].part]);
    }
}

/* The samples of all parts, each of an index that did not learn from it. */
static Err sample_all(Eval *eval, Arena *arena, bool texts, Samples *samples)
{
    Err e = ERR_OK;
    samples->count = 0;
    for (size_t part = 0; !e && part < PARTS; part++) {
        set_teachers(eval, texts, part);
        e = eval_index(eval);
        if (!e)
            e = take_samples(eval, arena, part, samples);
        eval_index_done(eval);
    }
    return e;
}

Err eval_learn(Eval *eval, MatchModel *ret)
{
    Arena arena = {0};
    Err e = ERR_OK;
    Samples samples[2];
    Way ways[2][2];
    size_t count = set_teachers(eval, true, PARTS);
    *ret = match_model_plain();
    if (count < QUESTIONS_LEAST)
        return ERR_OK;
    for (size_t texts = 0; !e && texts < 2; texts++) {
        samples[texts] = (Samples){ARENA_NEW(&arena, Sample, count), 0};
        e = sample_all(eval, &arena, texts, &samples[texts]);
        for (size_t model = 0; model < 2; model++)
            ways[texts][model] = (Way){texts, model, ARENA_NEW(&arena, double, count)};
        if (!e)
            compare(&samples[texts], &ways[texts][0], &ways[texts][1]);
    }
    if (!e) {
        const Way *best = &ways[0][0];
        for (size_t model = 0; model < 2; model++)
            for (size_t texts = 0; texts < 2; texts++)
                if (surely_better(&ways[texts][model], best, samples[0].count))
                    best = &ways[texts][model];
        set_teachers(eval, best->texts, PARTS);
        if (best->model)
            *ret = learn(&samples[best->texts], PARTS);
    }
    arena_done(&arena);
    return e;
}
