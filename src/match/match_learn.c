/* match_learn.c - see match_learn.h. Newton's method: the loss is convex and has few weights. */
#include "match/match_learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 30, HALVINGS_MAX = 20, N = MATCH_FEATURES };

/* What the ratio exceeds once in a hundred without cause: chi square, one degree of freedom for
 * each feature but the scale (Wilson and Hilferty's formula). */
static double chance_most(void)
{
    static const double upper = 2.326; /* Of the normal distribution, 1 %. */
    double degrees = N - 1, part = 2 / (9 * degrees), root = 1 - part + upper * sqrt(part);
    return degrees * root * root * root;
}

void match_normalise(double *rows, size_t count)
{
    for (size_t f = 0; f < N; f++) {
        double sum = 0, squares = 0, known = 0;
        for (size_t i = 0; i < count; i++)
            if (!isnan(rows[i * N + f])) {
                sum += rows[i * N + f];
                known++;
            }
        double mean = known > 0 ? sum / known : 0;
        for (size_t i = 0; i < count; i++)
            if (!isnan(rows[i * N + f]))
                squares += (rows[i * N + f] - mean) * (rows[i * N + f] - mean);
        double spread = known > 0 ? sqrt(squares / known) : 0;
        bool differs = spread > 1e-9 * (1 + fabs(mean));
        for (size_t i = 0; i < count; i++) {
            double *at = &rows[i * N + f];
            *at = differs && !isnan(*at) ? (*at - mean) / spread : 0;
        }
    }
}

MatchModel match_model_plain(void)
{
    return (MatchModel){{[MATCH_F_TEXT] = 1}};
}

double match_model_score(const MatchModel *model, const double *features)
{
    double score = 0;
    for (size_t f = 0; f < N; f++)
        score += model->weights[f] * features[f];
    return score;
}

typedef struct Placed {
    double score;
    size_t place;
} Placed;

static int placed_order(const void *a, const void *b)
{
    const Placed *left = a, *right = b;
    if (left->score > right->score || left->score < right->score)
        return left->score > right->score ? -1 : 1;
    return left->place < right->place ? -1 : left->place > right->place;
}

void match_model_order(const MatchModel *model, const double *const *rows, size_t count,
                       size_t *ret)
{
    Arena arena = {0};
    Placed *placed = ARENA_NEW(&arena, Placed, count + 1);
    for (size_t i = 0; i < count; i++)
        placed[i] = (Placed){match_model_score(model, rows[i]), i};
    qsort(placed, count, sizeof *placed, placed_order);
    for (size_t i = 0; i < count; i++)
        ret[i] = placed[i].place;
    arena_done(&arena);
}

const char *match_feature_name(MatchFeature feature)
{
    static const char *const names[N] = {
        [MATCH_F_TEXT] = "text",
        [MATCH_F_CHARS] = "chars",
        [MATCH_F_WORDS] = "words",
        [MATCH_F_CODES] = "codes",
        [MATCH_F_EDGES] = "edges",
        [MATCH_F_TITLE] = "title",
        [MATCH_F_WIDENED] = "widened",
        [MATCH_F_COVER] = "cover",
        [MATCH_F_COVER_TITLE] = "cover_title",
        [MATCH_F_COVER_DOC] = "cover_doc",
        [MATCH_F_LENGTH] = "length",
        [MATCH_F_FIELD] = "field",
        [MATCH_F_REGION] = "region",
        [MATCH_F_MATURITY] = "maturity",
        [MATCH_F_FRESH] = "fresh",
        [MATCH_F_PRICE] = "price",
        [MATCH_F_MODE] = "mode",
        [MATCH_F_GRANTED] = "granted",
        [MATCH_F_CLAIMS] = "claims",
        [MATCH_F_TERM] = "term",
        [MATCH_F_OUTCOMES] = "outcomes",
    };
    return names[feature];
}

/* What is made as small as it can be: the mean loss of pairs and the pull to some weights. */
typedef struct Task {
    const LearnPair *pairs;
    size_t count;
    double total; /* Weight of all pairs. */
    const MatchModel *from;
    double pull;
} Task;

static double margin(const LearnPair *pair, const MatchModel *model)
{
    return match_model_score(model, pair->better) - match_model_score(model, pair->worse);
}

/* log(1 + exp(-x)) without running over. */
static double logistic_loss(double x)
{
    return x > 0 ? log1p(exp(-x)) : log1p(exp(x)) - x;
}

static double mean_loss(const Task *task, const MatchModel *model)
{
    double sum = 0;
    for (size_t i = 0; i < task->count; i++)
        sum += task->pairs[i].weight * logistic_loss(margin(&task->pairs[i], model));
    return sum / task->total;
}

static double whole_loss(const Task *task, const MatchModel *model)
{
    double squares = 0;
    for (size_t f = 0; f < N; f++) {
        double apart = model->weights[f] - task->from->weights[f];
        squares += apart * apart;
    }
    return mean_loss(task, model) + task->pull / 2 * squares;
}

static void slope(const Task *task, const MatchModel *model, double *gradient, double (*curve)[N])
{
    memset(gradient, 0, N * sizeof *gradient);
    memset(curve, 0, N * sizeof *curve);
    for (size_t i = 0; i < task->count; i++) {
        const LearnPair *pair = &task->pairs[i];
        double wrong = 1 / (1 + exp(margin(pair, model))), apart[N];
        double pulls = pair->weight / task->total * wrong, bends = pulls * (1 - wrong);
        for (size_t f = 0; f < N; f++)
            apart[f] = pair->better[f] - pair->worse[f];
        for (size_t f = 0; f < N; f++) {
            gradient[f] -= pulls * apart[f];
            for (size_t g = 0; g <= f; g++)
                curve[f][g] += bends * apart[f] * apart[g];
        }
    }
    for (size_t f = 0; f < N; f++) {
        gradient[f] += task->pull * (model->weights[f] - task->from->weights[f]);
        curve[f][f] += task->pull + 1e-9; /* A feature that never differs stays where it is. */
    }
}

/* Solves curve x = gradient by Cholesky's way; the lower half of `curve` becomes the factor. */
static void solve(double (*curve)[N], const double *gradient, double *x)
{
    for (size_t f = 0; f < N; f++)
        for (size_t g = 0; g <= f; g++) {
            double sum = curve[f][g];
            for (size_t k = 0; k < g; k++)
                sum -= curve[f][k] * curve[g][k];
            curve[f][g] = f == g ? sqrt(sum > 1e-12 ? sum : 1e-12) : sum / curve[g][g];
        }
    for (size_t f = 0; f < N; f++) {
        x[f] = gradient[f];
        for (size_t k = 0; k < f; k++)
            x[f] -= curve[f][k] * x[k];
        x[f] /= curve[f][f];
    }
    for (size_t f = N; f-- > 0;) {
        for (size_t k = f + 1; k < N; k++)
            x[f] -= curve[k][f] * x[k];
        x[f] /= curve[f][f];
    }
}

/* One step, halved until it leads down. False at the bottom. */
static bool step_down(const Task *task, MatchModel *model, double *loss)
{
    double gradient[N], curve[N][N], x[N];
    slope(task, model, gradient, curve);
    solve(curve, gradient, x);
    double size = 1;
    for (int i = 0; i < HALVINGS_MAX; i++) {
        MatchModel next = *model;
        for (size_t f = 0; f < N; f++)
            next.weights[f] -= size * x[f];
        double next_loss = whole_loss(task, &next);
        if (next_loss < *loss - 1e-12) {
            *model = next;
            *loss = next_loss;
            return true;
        }
        size /= 2;
    }
    return false;
}

/* The least loss that the old weights reach in any scale: the order is the same in all. */
static double best_scaled(const Task *task)
{
    double low = 0, high = 8;
    for (int i = 0; i < 60; i++) {
        MatchModel left = *task->from, right = *task->from;
        for (size_t f = 0; f < N; f++) {
            left.weights[f] *= low + (high - low) / 3;
            right.weights[f] *= high - (high - low) / 3;
        }
        if (mean_loss(task, &left) < mean_loss(task, &right))
            high -= (high - low) / 3;
        else
            low += (high - low) / 3;
    }
    MatchModel scaled = *task->from;
    for (size_t f = 0; f < N; f++)
        scaled.weights[f] *= (low + high) / 2;
    return mean_loss(task, &scaled);
}

MatchModel match_learn(const LearnPair *pairs, size_t count, const MatchModel *from, double pull)
{
    Task task = {pairs, count, 0, from, pull};
    MatchModel model = *from;
    for (size_t i = 0; i < count; i++)
        task.total += pairs[i].weight;
    if (!(task.total > 0))
        return model;
    double loss = whole_loss(&task, &model);
    for (int i = 0; i < STEPS_MAX && step_down(&task, &model, &loss); i++)
        ;
    double gained = best_scaled(&task) - mean_loss(&task, &model);
    return 2 * task.total * gained > chance_most() ? model : *from;
}
