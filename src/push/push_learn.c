/* push_learn.c - what became of pushes teaches the weights of matching (match.learn).
 *
 * Of a need everybody may read, the items it was pushed with are compared: what was signed, met,
 * claimed or asked about fits better than what was seen or refused. Only weights leave: no unit, no
 * need and no answer can be read off them.
 */
#include "push/push_learn.h"

#include "match/match.h"
#include "match/match_eval.h"
#include "match/match_model.h"
#include "match/match_need.h"
#include "push/push_int.h"
#include "registry/registry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    OUTCOMES_AT_ONCE = 1000,
    OUTCOMES_MAX = 200 * 1000, /* The newest that are looked at. */
    HELD_OUT_EACH = 4,         /* One need in so many is kept apart, by a hash of its number. */
    GAIN_NOT_FOR_US = -1,
};
static const double learn_pull = 0.1;

typedef struct LearnIn {
    i64 least;
} LearnIn;

/* An item of a need with the best that came of it. */
typedef struct Known {
    i64 need_id;
    MatchKind kind;
    i64 id;
    i64 gain; /* From 0. */
} Known;

typedef struct Lesson {
    Cx *cx;
    MatchIndex *index;
    MatchModel used; /* The one in use. */
    Known *known;
    size_t known_count;
    LearnPair *pairs;
    size_t pair_count, pair_cap;
    i64 questions, held_out;
    /* Of those held out: their hits' features and gains. */
    struct Apart {
        const double **rows;
        double *gains;
        size_t count;
    } * apart;
    size_t apart_cap;
} Lesson;

static int known_order(const void *a, const void *b)
{
    const Known *left = a, *right = b;
    if (left->need_id != right->need_id)
        return left->need_id < right->need_id ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return left->gain > right->gain ? -1 : left->gain < right->gain;
}

/* Of each pair of need and item the best outcome, in order of needs. */
static Err load_known(Lesson *lesson)
{
    Cx *cx = lesson->cx;
    size_t cap = 0, kept = 0;
    i64 last_id = 0;
    for (size_t got = OUTCOMES_AT_ONCE;
         got == OUTCOMES_AT_ONCE && lesson->known_count < OUTCOMES_MAX;) {
        MatchOutcome *rows;
        Err e = match_outcomes(cx, last_id, OUTCOMES_AT_ONCE, &rows, &got, &last_id);
        if (e)
            return e;
        lesson->known = arena_grow(cx->arena, lesson->known, cap * sizeof(Known),
                                   (cap + OUTCOMES_AT_ONCE) * sizeof(Known));
        cap += OUTCOMES_AT_ONCE;
        for (size_t i = 0; i < got; i++)
            if (rows[i].need_id && (rows[i].patent_id || rows[i].achievement_id))
                lesson->known[lesson->known_count++] =
                    (Known){rows[i].need_id, rows[i].patent_id ? MATCH_PATENT : MATCH_ACHIEVEMENT,
                            rows[i].patent_id ? rows[i].patent_id : rows[i].achievement_id,
                            rows[i].gain - GAIN_NOT_FOR_US};
    }
    if (lesson->known_count)
        qsort(lesson->known, lesson->known_count, sizeof(Known), known_order);
    for (size_t i = 0; i < lesson->known_count; i++) {
        const Known *last = kept ? &lesson->known[kept - 1] : NULL;
        if (!last || last->need_id != lesson->known[i].need_id ||
            last->kind != lesson->known[i].kind || last->id != lesson->known[i].id)
            lesson->known[kept++] = lesson->known[i];
    }
    lesson->known_count = kept;
    return ERR_OK;
}

static const Known *known_of(const Known *known, size_t count, const MatchHit *hit)
{
    for (size_t i = 0; i < count; i++)
        if (known[i].kind == hit->kind && known[i].id == hit->id)
            return &known[i];
    return NULL;
}

static void pair_add(Lesson *lesson, LearnPair pair)
{
    if (lesson->pair_count == lesson->pair_cap) {
        size_t cap = lesson->pair_cap ? lesson->pair_cap * 2 : 256;
        lesson->pairs = arena_grow(lesson->cx->arena, lesson->pairs, lesson->pair_cap * sizeof pair,
                                   cap * sizeof pair);
        lesson->pair_cap = cap;
    }
    lesson->pairs[lesson->pair_count++] = pair;
}

static void apart_add(Lesson *lesson, struct Apart apart)
{
    if ((size_t)lesson->held_out == lesson->apart_cap) {
        size_t cap = lesson->apart_cap ? lesson->apart_cap * 2 : 64;
        lesson->apart = arena_grow(lesson->cx->arena, lesson->apart,
                                   lesson->apart_cap * sizeof apart, cap * sizeof apart);
        lesson->apart_cap = cap;
    }
    lesson->apart[lesson->held_out++] = apart;
}

/* The same need is held out whenever is learnt. */
static bool is_held_out(i64 need_id)
{
    u64 hash = (u64)need_id * 0x9e3779b97f4a7c15u;
    return (hash >> 32) % HELD_OUT_EACH == 0;
}

/* The hits of which something is known: pairs to learn from, or a question held out. */
static void take_hits(Lesson *lesson, const Known *known, size_t count, const MatchAnswer *answer)
{
    Arena *arena = lesson->cx->arena;
    struct Apart apart = {ARENA_NEW(arena, const double *, answer->count + 1),
                          ARENA_NEW(arena, double, answer->count + 1), 0};
    double least = INFINITY, most = -INFINITY;
    for (size_t h = 0; h < answer->count; h++) {
        const Known *one = known_of(known, count, &answer->hits[h]);
        if (!one || !answer->hits[h].features)
            continue;
        apart.rows[apart.count] = answer->hits[h].features;
        apart.gains[apart.count++] = (double)one->gain;
        least = fmin(least, (double)one->gain);
        most = fmax(most, (double)one->gain);
    }
    if (!(most > least)) /* Nothing proved better than something else. */
        return;
    if (is_held_out(known->need_id)) {
        apart_add(lesson, apart);
        return;
    }
    lesson->questions++;
    for (size_t i = 0; i < apart.count; i++)
        for (size_t k = 0; k < apart.count; k++)
            if (apart.gains[i] > apart.gains[k])
                pair_add(lesson, (LearnPair){apart.rows[i], apart.rows[k], 1});
}

/* By its published form: what is hidden teaches nothing. */
static Err take_need(Lesson *lesson, const Known *known, size_t count)
{
    Cx *cx = lesson->cx;
    Need need = {0};
    MatchAnswer answer;
    Err e = record_load(cx, &need_public_type, known->need_id, &need);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    NeedAsk ask;
    if (!e)
        e = match_need_ask(cx, lesson->index, &need, false, &ask); /* As need.matches asks. */
    if (e)
        return e;
    ask.query.model = NULL;
    ask.query.with_features = ask.query.no_reasons = ask.query.no_total = true;
    ask.query.limit = MATCH_RERANK;
    e = match_search(cx, lesson->index, &ask.query, &answer);
    if (!e)
        take_hits(lesson, known, count, &answer);
    return e;
}

static Err take_needs(Lesson *lesson)
{
    Err e = ERR_OK;
    for (size_t from = 0, to; !e && from < lesson->known_count; from = to) {
        for (to = from;
             to < lesson->known_count && lesson->known[to].need_id == lesson->known[from].need_id;)
            to++;
        if (to - from > 1)
            e = take_need(lesson, &lesson->known[from], to - from);
    }
    return e;
}

/* ---- How good it is on what was held out ---- */

/* nDCG of the first ten of one question that was held out. */
static double held_out_ndcg(const struct Apart *apart, const MatchModel *model)
{
    Arena arena = {0};
    size_t *order = ARENA_NEW(&arena, size_t, apart->count + 1);
    double *gains = ARENA_NEW(&arena, double, apart->count + 1);
    match_model_order(model, apart->rows, apart->count, order);
    for (size_t i = 0; i < apart->count; i++)
        gains[i] = apart->gains[order[i]];
    double ndcg = eval_ndcg(gains, apart->count, gains, apart->count);
    arena_done(&arena);
    return ndcg;
}

/* A mean and the half width of its 95 % interval (by the normal law), in 1/10,000. */
typedef struct Mean {
    double sum, squares;
    i64 count;
} Mean;

static void mean_add(Mean *mean, double value)
{
    mean->sum += value;
    mean->squares += value * value;
    mean->count++;
}

static i64 mean_bp(const Mean *mean)
{
    return mean->count ? lround(mean->sum / (double)mean->count * 10000) : 0;
}

static i64 half_bp(const Mean *mean)
{
    double n = (double)mean->count;
    if (mean->count < 2)
        return 0;
    double variance = mean->squares / n - mean->sum / n * (mean->sum / n);
    return variance > 0 ? lround(1.96 * sqrt(variance / (n - 1)) * 10000) : 0;
}

/* The weights in use and the new ones side by side on what was held out. */
static void compare(const Lesson *lesson, const MatchModel *model, MatchModelRow *row)
{
    Mean before = {0}, after = {0}, gain = {0};
    for (i64 q = 0; q < lesson->held_out; q++) {
        double was = held_out_ndcg(&lesson->apart[q], &lesson->used);
        double is = held_out_ndcg(&lesson->apart[q], model);
        mean_add(&before, was);
        mean_add(&after, is);
        mean_add(&gain, is - was);
    }
    row->ndcg_before_bp = mean_bp(&before);
    row->ndcg_after_bp = mean_bp(&after);
    row->before_half_bp = half_bp(&before);
    row->after_half_bp = half_bp(&after);
    row->gain_half_bp = half_bp(&gain);
}

/* ---- match.learn ---- */

static Err save_row(Cx *cx, void *arg)
{
    MatchModelRow *row = arg;
    cx->doing = "match.learn";
    return fact_create(cx, &match_model_type, row,
                       (FactNote){.kind = "match_model.learnt", .amount = row->pairs});
}

static void say(Cx *cx, Val *reply, const char *key)
{
    val_set_z(cx->arena, reply, "note", key);
    val_set_str(cx->arena, reply, "message", text_say(cx->arena, cx->lang, key, NULL, 0));
}

static Err learn_and_save(Lesson *lesson, Val *reply)
{
    Cx *cx = lesson->cx;
    MatchModel model = match_learn(lesson->pairs, lesson->pair_count, &lesson->used, learn_pull);
    bool learnt = false;
    for (size_t f = 0; f < MATCH_FEATURES; f++)
        learnt |= fabs(model.weights[f] - lesson->used.weights[f]) > 0;
    if (!learnt) {
        say(cx, reply, "match.nothing_new");
        return ERR_OK;
    }
    MatchModelRow row = {.weights = match_model_text(cx, &model),
                         .questions = lesson->questions,
                         .pairs = (i64)lesson->pair_count,
                         .held_out = lesson->held_out};
    compare(lesson, &model, &row);
    Err e = writer_run(house_of(cx)->writer, cx, save_row, &row);
    if (e)
        return e;
    say(cx, reply, "match.learnt");
    val_set_bool(cx->arena, reply, "learnt", true);
    val_set(cx->arena, reply, "model", record_val(cx, &match_model_type, &row, SEE_OPERATOR));
    return ERR_OK;
}

static Err learn_run(Cx *cx, const void *arg, Val **ret)
{
    const LearnIn *in = arg;
    Lesson lesson = {.cx = cx};
    i64 used_id = 0, least = in->least ? in->least : MATCH_LEARN_LEAST;
    Err e = push_index(cx, &lesson.index);
    if (!e)
        e = match_model_in_use(cx, &lesson.used, &used_id);
    if (!e)
        e = load_known(&lesson);
    if (!e)
        e = take_needs(&lesson);
    if (e)
        return e;
    Val *reply = val_map(cx->arena);
    val_set_bool(cx->arena, reply, "learnt", false);
    val_set_int(cx->arena, reply, "questions", lesson.questions);
    val_set_int(cx->arena, reply, "held_out", lesson.held_out);
    val_set_int(cx->arena, reply, "pairs", (i64)lesson.pair_count);
    val_set_int(cx->arena, reply, "least", least);
    if (lesson.questions < least || !lesson.held_out)
        say(cx, reply, "match.too_few");
    else
        e = learn_and_save(&lesson, reply);
    if (!e)
        *ret = reply;
    return e;
}

// clang-format off
static const Field learn_in[] = {
    {AT(LearnIn, least), F_INT, "至少需求数", "Needs at least", 0, SEE_PUBLIC, NULL, .min = MATCH_LEARN_LEAST, .max = 1000000, .help_zh = "可供学习的需求少于此数时不学习", .help_en = "With fewer needs to learn from nothing is learnt"},
};
static const Op ops[] = {
    {"match.learn", "学习匹配权重", "Learn match weights", OP_STEPS, 0, WHO_OPERATOR | WHO_LOCAL, OP_IN(LearnIn, learn_in), NULL, learn_run,
     "从推送的结果学习排序权重，并在留出的需求上比较；启用之前不改变排序。", "Learns weights from what became of pushes and compares them on needs held out; nothing changes before they are released."},
};
// clang-format on

const Room push_learn_room = {.name = "push_learn", .ops = ops, .op_count = COUNT(ops)};
