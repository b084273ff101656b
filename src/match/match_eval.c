/* match_eval.c - see match_eval.h. */
#include "match/match_eval.h"

#include "match/match_eval_int.h"
#include "match/match_synonym.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEEDBACK_HITS = 10 }; /* That a question learns from before it is asked again. */
enum { TITLE_WEIGHT = 3, TEXT_WEIGHT = 1, NAME_SLOTS_FIRST = 1024 };

/* ---- Names ---- */

static size_t name_slot(const Names *names, Str name)
{
    u64 hash = 14695981039346656037u;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (u8)name.data[i]) * 1099511628211u;
    size_t mask = names->slot_count - 1, slot = (size_t)(hash ^ hash >> 32) & mask;
    while (names->slots[slot] && !str_same(names->names[names->slots[slot] - 1], name))
        slot = (slot + 1) & mask;
    return slot;
}

static void names_widen(Names *names)
{
    size_t cap = names->cap ? names->cap * 2 : NAME_SLOTS_FIRST / 2;
    names->names =
        arena_grow(names->arena, names->names, names->cap * sizeof(Str), cap * sizeof(Str));
    names->cap = cap;
    names->slot_count = cap * 2;
    names->slots = ARENA_NEW(names->arena, u32, names->slot_count);
    for (size_t i = 0; i < names->count; i++)
        names->slots[name_slot(names, names->names[i])] = (u32)i + 1;
}

/* Its number; a new name is added. */
static u32 name_add(Names *names, Str name)
{
    if (names->count == names->cap)
        names_widen(names);
    size_t slot = name_slot(names, name);
    if (!names->slots[slot]) {
        names->names[names->count++] = str_copy(names->arena, name);
        names->slots[slot] = (u32)names->count;
    }
    return names->slots[slot] - 1;
}

/* UINT32_MAX when it is not there. */
static u32 name_find(const Names *names, Str name)
{
    if (!names->count)
        return UINT32_MAX;
    return names->slots[name_slot(names, name)] - 1;
}

/* ---- Reading ---- */

typedef struct Line {
    Str path;
    i64 number;
    Str text;
} Line;

static Err bad_line(Cx *cx, const Line *line, const char *why)
{
    return err_set_arg(
        cx, ERR_INPUT, NULL, "eval.bad_line",
        str_format(cx->arena, "%.*s:%lld: %s", STR_ARG(line->path), (long long)line->number, why));
}

/* Calls `each` with every line that is not empty. What it takes from cx->arena is kept. */
static Err each_line(Eval *eval, Str path, Err (*each)(Eval *eval, const Line *line))
{
    Cx *cx = eval->cx;
    Err e = ERR_OK;
    Arena arena = {0};
    char *text = arena_take_raw(&arena, EVAL_LINE_MAX);
    Line line = {.path = path};
    FILE *file = fopen(str_z(cx->arena, path), "rb");
    if (!file)
        e = err_set_arg(cx, ERR_IO, NULL, "eval.no_file", path);
    while (!e && fgets(text, EVAL_LINE_MAX, file)) {
        size_t len = strlen(text);
        bool whole = len + 1 < EVAL_LINE_MAX || text[len - 1] == '\n';
        line.number++;
        line.text = str_trim((Str){text, len});
        if (!whole || line.number > EVAL_ROWS_MAX)
            e = err_set_arg(cx, ERR_LIMIT, NULL, "eval.too_large", path);
        else if (line.text.len)
            e = each(eval, &line);
    }
    if (!e && ferror(file))
        e = err_set_arg(cx, ERR_IO, NULL, "eval.no_file", path);
    if (file)
        fclose(file);
    arena_done(&arena);
    return e;
}

/* An id may be written as text or as a number. */
static Str id_of(Arena *arena, const Val *row)
{
    const Val *id = val_get(row, "id");
    if (id && id->kind == VAL_INT)
        return str_format(arena, "%lld", (long long)val_get_int(row, "id"));
    return val_get_str(row, "id");
}

/* What is known of a document from other questions: those of which it may learn that it was right
 * for them. */
static Str learnt_of(const Eval *eval, Arena *arena, u32 doc)
{
    Buf out = buf_new(arena);
    for (u32 i = eval->doc_from[doc]; i < eval->doc_from[doc + 1]; i++) {
        u32 query = eval->judgements[eval->by_doc[i]].query;
        if (!eval->teaches[query])
            continue;
        buf_add(&out, eval->queries[query].title);
        buf_char(&out, '\n');
        buf_add(&out, eval->queries[query].text);
        buf_char(&out, '\n');
    }
    return buf_str(&out);
}

static Err put_doc(Eval *eval, Arena *arena, const Val *row, u32 number)
{
    const MatchField fields[] = {
        {val_get_str(row, "title"), TITLE_WEIGHT, .codes = false},
        {val_get_str(row, "text"), TEXT_WEIGHT, .codes = false},
        {learnt_of(eval, arena, number), TEXT_WEIGHT, .codes = false},
    };
    const MatchDoc doc = {.kind = MATCH_PATENT,
                          .id = (i64)number + 1,
                          .fields = fields,
                          .field_count = COUNT(fields),
                          .listed = true};
    return match_put(eval->cx, eval->index, &doc);
}

/* What the first hits say is needed again and again; a set too large for that goes without. */
static void keep_text(Eval *eval, u32 number, const Val *row)
{
    Arena *arena = eval->cx->arena;
    Str title = val_get_str(row, "title"), text = val_get_str(row, "text");
    eval->text_bytes += title.len + text.len;
    if (eval->text_bytes > EVAL_TEXTS_MAX)
        return;
    if (number >= eval->text_cap) {
        size_t wider = eval->text_cap ? eval->text_cap * 2 : NAME_SLOTS_FIRST;
        eval->texts = arena_grow(arena, eval->texts, eval->text_cap * sizeof *eval->texts,
                                 wider * sizeof *eval->texts);
        eval->text_cap = wider;
    }
    eval->texts[number] = (EvalText){str_copy(arena, title), str_copy(arena, text)};
}

static Err take_doc(Eval *eval, const Line *line)
{
    Arena arena = {0};
    Str why = {0};
    const Val *row = val_read_json(&arena, utf8_repair(&arena, line->text), &why);
    Str id = row ? id_of(&arena, row) : (Str){0};
    Err e = ERR_OK;
    if (!id.len)
        e = bad_line(eval->cx, line, "no JSON object with an id");
    else if (eval->index)
        e = put_doc(eval, &arena, row, name_find(&eval->docs, id));
    else
        keep_text(eval, name_add(&eval->docs, id), row);
    arena_done(&arena);
    return e;
}

/* Of a text of several lines the first one is what it is called. */
static void split_first_line(EvalText *query)
{
    const char *end = query->text.len ? memchr(query->text.data, '\n', query->text.len) : NULL;
    if (!end)
        return;
    size_t len = (size_t)(end - query->text.data);
    query->title = str_slice(query->text, 0, len);
    query->text = str_slice(query->text, len + 1, query->text.len);
}

static Err take_query(Eval *eval, const Line *line)
{
    Cx *cx = eval->cx;
    Arena arena = {0};
    Str why = {0};
    const Val *row = val_read_json(&arena, utf8_repair(&arena, line->text), &why);
    Str id = row ? id_of(&arena, row) : (Str){0};
    Err e = ERR_OK;
    if (!id.len) {
        e = bad_line(cx, line, "no JSON object with an id");
    } else {
        u32 number = name_add(&eval->query_names, id);
        if (number >= eval->query_cap) {
            size_t wider = eval->query_cap ? eval->query_cap * 2 : NAME_SLOTS_FIRST;
            eval->queries =
                arena_grow(cx->arena, eval->queries, eval->query_cap * sizeof *eval->queries,
                           wider * sizeof *eval->queries);
            eval->query_cap = wider;
        }
        EvalText query = {val_get_str(row, "title"), str_trim(val_get_str(row, "text"))};
        if (!query.title.len)
            split_first_line(&query);
        eval->queries[number] =
            (EvalText){str_copy(cx->arena, query.title), str_copy(cx->arena, query.text)};
    }
    arena_done(&arena);
    return e;
}

static Err take_judgement(Eval *eval, const Line *line)
{
    Cx *cx = eval->cx;
    Str rest = line->text, query, doc, gain;
    char number[32];
    if (!str_split(&rest, '\t', &query) || !str_split(&rest, '\t', &doc) ||
        !str_split(&rest, '\t', &gain) || gain.len == 0 || gain.len >= sizeof number)
        return bad_line(cx, line, "not question, document and gain with tabs between");
    memcpy(number, gain.data, gain.len);
    number[gain.len] = 0;
    char *end;
    double value = strtod(number, &end);
    if (*end || !(value >= 0) || value > 1e9)
        return bad_line(cx, line, "the gain is no number from 0");
    u32 q = name_find(&eval->query_names, query), d = name_find(&eval->docs, doc);
    if (q == UINT32_MAX || d == UINT32_MAX) {
        eval->unknown++;
        return ERR_OK;
    }
    if (eval->judgement_count == eval->judgement_cap) {
        size_t cap = eval->judgement_cap ? eval->judgement_cap * 2 : NAME_SLOTS_FIRST;
        eval->judgements =
            arena_grow(cx->arena, eval->judgements, eval->judgement_cap * sizeof *eval->judgements,
                       cap * sizeof *eval->judgements);
        eval->judgement_cap = cap;
    }
    eval->judgements[eval->judgement_count++] = (Judgement){q, d, value};
    return ERR_OK;
}

/* ---- Figures ---- */

static double discounted(const double *gains, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count && i < EVAL_DEPTH; i++)
        sum += gains[i] / log2((double)i + 2);
    return sum;
}

static int largest_first(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left > right ? -1 : left < right;
}

double eval_ndcg(const double *ranked, size_t ranked_count, const double *all, size_t all_count)
{
    Arena arena = {0};
    double *best = ARENA_NEW(&arena, double, all_count + 1);
    if (all_count)
        memcpy(best, all, all_count * sizeof *best);
    qsort(best, all_count, sizeof *best, largest_first);
    double most = discounted(best, all_count);
    arena_done(&arena);
    return most > 0 ? discounted(ranked, ranked_count) / most : 0;
}

static int by_query_and_doc(const void *a, const void *b)
{
    const Judgement *left = a, *right = b;
    if (left->query != right->query)
        return left->query < right->query ? -1 : 1;
    return left->doc < right->doc ? -1 : left->doc > right->doc;
}

double eval_gain(const Pool *pool, i64 id)
{
    for (size_t i = 0; i < pool->count; i++)
        if ((i64)pool->rows[i].doc + 1 == id)
            return pool->rows[i].gain;
    return 0;
}

static const MatchWiden *widen(Eval *eval, const MatchAnswer *answer)
{
    MatchTold told[FEEDBACK_HITS];
    MatchField fields[FEEDBACK_HITS][2];
    size_t count = answer->count < FEEDBACK_HITS ? answer->count : (size_t)FEEDBACK_HITS;
    for (size_t h = 0; h < count; h++) {
        const EvalText *doc = &eval->texts[answer->hits[h].id - 1];
        fields[h][0] = (MatchField){doc->title, TITLE_WEIGHT, .codes = false};
        fields[h][1] = (MatchField){doc->text, TEXT_WEIGHT, .codes = false};
        told[h] = (MatchTold){answer->hits[h].score, fields[h], 2};
    }
    return match_widen(eval->cx, eval->index, told, count);
}

Err eval_ask(Eval *eval, const Pool *pool, MatchQuery asked, MatchAnswer *ret)
{
    Cx *cx = eval->cx;
    const EvalText *query = &eval->queries[pool->rows[0].query];
    const MatchField fields[] = {{query->title, TITLE_WEIGHT, .codes = false},
                                 {query->text, TEXT_WEIGHT, .codes = false}};
    i64 *only = ARENA_NEW(cx->arena, i64, pool->count);
    size_t limit = asked.limit;
    asked.fields = fields;
    asked.field_count = COUNT(fields);
    asked.kinds = MATCH_OF_PATENTS;
    asked.loose = asked.no_reasons = asked.no_total = true;
    for (size_t i = 0; i < pool->count; i++)
        only[i] = (i64)pool->rows[i].doc + 1;
    if (eval->files->pool) {
        asked.only = only;
        asked.only_count = pool->count;
    }
    bool learns = eval->text_bytes <= EVAL_TEXTS_MAX;
    if (learns) {
        MatchQuery first = asked;
        first.model = NULL;
        first.with_features = false;
        first.limit = FEEDBACK_HITS;
        Err e = match_search(cx, eval->index, &first, ret);
        if (e)
            return e;
        asked.widen = widen(eval, ret);
    }
    asked.limit = limit;
    return asked.with_features ? match_search(cx, eval->index, &asked, ret)
                               : eval_search(eval, query, &asked, ret);
}

/* The first ten for a question. What no term leads to comes last, in the order of the file. */
static Err rank(Eval *eval, const Pool *pool, i64 ids[EVAL_DEPTH], size_t *ret_count)
{
    MatchAnswer answer;
    Err e = eval_ask(eval, pool, (MatchQuery){.model = eval->model, .limit = EVAL_DEPTH}, &answer);
    if (e)
        return e;
    size_t count = answer.count;
    for (size_t h = 0; h < count; h++)
        ids[h] = answer.hits[h].id;
    for (size_t i = 0; eval->files->pool && i < pool->count && count < EVAL_DEPTH; i++) {
        i64 id = (i64)pool->rows[i].doc + 1;
        bool there = false;
        for (size_t h = 0; h < count; h++)
            there |= ids[h] == id;
        if (!there)
            ids[count++] = id;
    }
    *ret_count = count;
    return ERR_OK;
}

typedef struct Sum {
    double sum, squares;
} Sum;

static void sum_add(Sum *sum, double value)
{
    sum->sum += value;
    sum->squares += value * value;
}

static double half_width(const Sum *sum, double count)
{
    if (count < 2)
        return 0;
    double mean = sum->sum / count, spread = sum->squares / count - mean * mean;
    return spread > 0 ? 1.96 * sqrt(spread / (count - 1)) : 0;
}

typedef struct Sums {
    Sum ndcg, mrr, recall;
    double count;
} Sums;

static Err judge(Eval *eval, const Pool *pool, Sums *sums)
{
    Cx *cx = eval->cx;
    i64 ids[EVAL_DEPTH];
    double ranked[EVAL_DEPTH], first = 0, found = 0, relevant = 0;
    double *all = ARENA_NEW(cx->arena, double, pool->count);
    size_t count = 0;
    for (size_t i = 0; i < pool->count; i++) {
        all[i] = pool->rows[i].gain;
        relevant += all[i] > 0;
    }
    if (!(relevant > 0))
        return ERR_OK;
    Err e = rank(eval, pool, ids, &count);
    if (e)
        return e;
    for (size_t h = 0; h < count; h++) {
        ranked[h] = eval_gain(pool, ids[h]);
        found += ranked[h] > 0;
        if (ranked[h] > 0 && !(first > 0))
            first = 1 / ((double)h + 1);
    }
    sum_add(&sums->ndcg, eval_ndcg(ranked, count, all, pool->count));
    sum_add(&sums->mrr, first);
    sum_add(&sums->recall, found / relevant);
    sums->count++;
    return ERR_OK;
}

size_t eval_pool(const Eval *eval, size_t from, Pool *ret)
{
    size_t to = from;
    while (to < eval->judgement_count && eval->judgements[to].query == eval->judgements[from].query)
        to++;
    *ret = (Pool){eval->judgements + from, to - from};
    return to;
}

bool eval_in_fold(const Eval *eval, u32 query)
{
    return eval->fold_count < 2 || (i64)(query % (u64)eval->fold_count) == eval->fold;
}

/* Questions of this fold. */
static Err judge_fold(Eval *eval, Sums *sums)
{
    Cx *cx = eval->cx;
    Err e = ERR_OK;
    Pool pool;
    for (size_t at = 0; !e && at < eval->judgement_count;) {
        at = eval_pool(eval, at, &pool);
        ArenaMark mark = arena_mark(cx->arena);
        if (eval_in_fold(eval, pool.rows[0].query))
            e = judge(eval, &pool, sums);
        arena_rewind(cx->arena, mark);
    }
    return e;
}

static void group_by_doc(Eval *eval)
{
    Arena *arena = eval->cx->arena;
    u32 *next;
    if (eval->judgement_count)
        qsort(eval->judgements, eval->judgement_count, sizeof *eval->judgements, by_query_and_doc);
    eval->doc_from = ARENA_NEW(arena, u32, eval->docs.count + 2);
    eval->by_doc = ARENA_NEW(arena, u32, eval->judgement_count + 1);
    next = ARENA_NEW(arena, u32, eval->docs.count + 1);
    for (size_t i = 0; i < eval->judgement_count; i++)
        eval->doc_from[eval->judgements[i].doc + 1] += eval->judgements[i].gain > 0;
    for (size_t d = 0; d < eval->docs.count; d++)
        eval->doc_from[d + 1] += eval->doc_from[d];
    for (size_t i = 0; i < eval->judgement_count; i++) {
        u32 doc = eval->judgements[i].doc;
        if (eval->judgements[i].gain > 0)
            eval->by_doc[eval->doc_from[doc] + next[doc]++] = (u32)i;
    }
}

Err eval_index(Eval *eval)
{
    eval->index = match_open();
    synonyms_use_start(eval->index, true);
    Err e = each_line(eval, eval->files->docs, take_doc);
    while (!e && match_tend(eval->index))
        ;
    return e;
}

void eval_index_done(Eval *eval)
{
    match_close(eval->index);
    eval->index = NULL;
}

/* An index for each fold, of all documents, with what is learnt from the others. */
static Err eval_fold(Eval *eval, Sums *sums)
{
    MatchModel model = match_model_plain();
    Err e = eval->fold_count > 1 ? eval_learn(eval, &model) : ERR_OK;
    if (e)
        return e;
    eval->model = eval->fold_count > 1 ? &model : NULL;
    e = eval_index(eval);
    if (!e)
        e = judge_fold(eval, sums);
    eval_index_done(eval);
    eval->model = NULL;
    return e;
}

static EvalFigures figures_of(const Eval *eval, const Sums *sums)
{
    double count = sums->count > 0 ? sums->count : 1;
    return (EvalFigures){.ndcg = sums->ndcg.sum / count,
                         .mrr = sums->mrr.sum / count,
                         .recall = sums->recall.sum / count,
                         .ndcg_half = half_width(&sums->ndcg, sums->count),
                         .mrr_half = half_width(&sums->mrr, sums->count),
                         .recall_half = half_width(&sums->recall, sums->count),
                         .docs = (i64)eval->docs.count,
                         .queries = (i64)sums->count,
                         .unknown = eval->unknown};
}

Err match_eval(Cx *cx, const EvalFiles *files, EvalFigures *ret)
{
    Eval eval = {.cx = cx,
                 .files = files,
                 .docs.arena = cx->arena,
                 .query_names.arena = cx->arena,
                 .fold_count = files->folds > 1 ? files->folds : 1};
    Sums sums = {0};
    Err e = each_line(&eval, files->docs, take_doc);
    if (!e)
        e = each_line(&eval, files->queries, take_query);
    if (!e)
        e = each_line(&eval, files->qrels, take_judgement);
    if (!e)
        group_by_doc(&eval);
    if (!e && files->vectors)
        e = eval_own(&eval);
    eval.teaches = ARENA_NEW(cx->arena, bool, eval.query_names.count + 1);
    for (; !e && eval.fold < eval.fold_count; eval.fold++)
        e = eval_fold(&eval, &sums);
    eval_own_done(&eval);
    if (!e)
        *ret = figures_of(&eval, &sums);
    return e;
}
