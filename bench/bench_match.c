/* bench_match.c - the matcher alone, on one core: building, long and short questions, against a
 * scorer that looks at every document.
 *
 *     bench_match [--docs N] [--questions N] [--dump FOLDER]
 *
 * Prints one line of JSON. Rates and times are by the clock on the wall, as the other engines'
 * are; `cpu` beside them by processor time, for a machine with others to serve. With --dump the
 * same documents and questions are written as plain lines, for other engines.
 */
#include "match_corpus.h"

#include "match/match_int.h"
#include "match/match_score.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { TOP = 20, EXACT_QUESTIONS = 12, SEED = 1 };

typedef struct Asked {
    Str *texts;
    size_t count;
} Asked;

static const char *option_text(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return NULL;
}

/* Time from a moment on: on the wall, and of this process, which is one thread. */
typedef struct Spent {
    double wall_s, cpu_s;
} Spent;

static Spent spent_now(void)
{
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    return (Spent){(double)clock_steady_ns() / 1e9, (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9};
}

static Spent spent_since(Spent from)
{
    Spent now = spent_now();
    return (Spent){now.wall_s - from.wall_s, now.cpu_s - from.cpu_s};
}

/* ---- Ours ---- */

static Spent build(Cx *cx, MatchIndex *index, const Corpus *corpus, i64 docs)
{
    Arena arena = {0};
    Spent total = {0};
    match_put_many(index);
    for (i64 id = 1; id <= docs; id++) {
        MatchField field = {corpus_doc(corpus, &arena, SEED, (u64)id), 1, .pairs_only = true};
        MatchDoc doc = {MATCH_PATENT, id, &field, 1, .listed = true, .org_id = id % 1000};
        Spent from = spent_now();
        must(match_put(cx, index, &doc));
        Spent put = spent_since(from);
        total.wall_s += put.wall_s;
        total.cpu_s += put.cpu_s;
        arena_reset(&arena);
    }
    Spent from = spent_now();
    match_put_many_end(index);
    while (match_tend(index))
        ;
    Spent last = spent_since(from);
    arena_done(&arena);
    return (Spent){total.wall_s + last.wall_s, total.cpu_s + last.cpu_s};
}

/* Questions a second. */
typedef struct Rate {
    double wall, cpu;
} Rate;

static Rate rate_of(size_t count, Spent spent)
{
    return (Rate){(double)count / spent.wall_s, (double)count / spent.cpu_s};
}

static Rate per_second(Cx *cx, MatchIndex *index, const Asked *asked, bool reasons)
{
    Spent from = spent_now();
    for (size_t i = 0; i < asked->count; i++) {
        ArenaMark mark = arena_mark(cx->arena);
        MatchAnswer answer;
        MatchQuery query = {
            .text = asked->texts[i], .limit = TOP, .no_reasons = !reasons, .no_total = !reasons};
        must(match_search(cx, index, &query, &answer));
        arena_rewind(cx->arena, mark);
    }
    return rate_of(asked->count, spent_since(from));
}

static Rate batch_per_second(Cx *cx, MatchIndex *index, const Asked *asked)
{
    ArenaMark mark = arena_mark(cx->arena);
    MatchQuery *queries = ARENA_NEW(cx->arena, MatchQuery, asked->count);
    MatchAnswer *answers = ARENA_NEW(cx->arena, MatchAnswer, asked->count);
    for (size_t i = 0; i < asked->count; i++)
        queries[i] = (MatchQuery){
            .text = asked->texts[i], .limit = TOP, .no_reasons = true, .no_total = true};
    Spent from = spent_now();
    must(match_search_all(cx, index, queries, asked->count, answers));
    Rate rate = rate_of(asked->count, spent_since(from));
    arena_rewind(cx->arena, mark);
    return rate;
}

/* Postings that a question of the list leads to, in the mean. */
static double postings_each(Cx *cx, MatchIndex *index, const Asked *asked)
{
    double sum = 0;
    index_read_begin(index);
    for (size_t i = 0; i < asked->count; i++) {
        ArenaMark mark = arena_mark(cx->arena);
        TermList list = {0};
        Bag bag = bag_new(cx->arena);
        text_terms(cx->arena, asked->texts[i], true, &list);
        for (size_t t = 0; t < list.count; t++)
            bag_add(&bag, list.terms[t].key, 1);
        for (size_t t = 0; t < bag.count; t++)
            for (size_t s = 0; s < index->shelf_count; s++)
                sum += seg_find(&index->shelves[s]->seg, seg_hash(bag.items[t].key)).count;
        arena_rewind(cx->arena, mark);
    }
    index_read_end(index);
    return sum / (double)asked->count;
}

/* ---- Every document looked at ---- */

typedef struct Slot {
    double exact;
    u32 score;
    i64 id;
} Slot;

static bool slot_before(const Slot *a, const Slot *b, bool exact)
{
    if (exact)
        return a->exact > b->exact || (!(a->exact < b->exact) && a->id < b->id);
    return a->score != b->score ? a->score > b->score : a->id < b->id;
}

static void slot_add(Slot *best, size_t *count, Slot next, bool exact)
{
    size_t at = *count;
    if (*count == TOP && !slot_before(&next, &best[TOP - 1], exact))
        return;
    at = *count < TOP ? (*count)++ : TOP - 1;
    for (; at > 0 && slot_before(&next, &best[at - 1], exact); at--)
        best[at] = best[at - 1];
    best[at] = next;
}

typedef struct Judged {
    i64 same;     /* Places of the top that hold what the exhaustive scorer says. */
    i64 places;   /* Of all tops. */
    i64 near_top; /* Hits that are in the top by doubles too. */
} Judged;

/* A question as the exhaustive scorer sees it. */
typedef struct Plain {
    Bag bag;
    i64 *counts;       /* Documents that have the term. */
    u32 *factors;      /* As in match_rank.c. */
    Slot tops[2][TOP]; /* By the board's numbers, by doubles. */
    size_t sizes[2];
} Plain;

static void read_question(Arena *arena, Str text, Plain *plain)
{
    TermList list = {0};
    plain->bag = bag_new(arena);
    text_terms(arena, text, true, &list);
    for (size_t i = 0; i < list.count; i++)
        bag_add(&plain->bag, list.terms[i].key, 1);
    plain->counts = ARENA_NEW(arena, i64, plain->bag.count + 1);
    plain->factors = ARENA_NEW(arena, u32, plain->bag.count + 1);
}

static void weigh_question(i64 docs, Plain *plain)
{
    double sum = 0, full = seg_impact_value(UINT8_MAX);
    const Bag *bag = &plain->bag;
    for (size_t t = 0; t < bag->count; t++)
        sum += bm25_rarity(docs, plain->counts[t]) * asked_weight(&bag->items[t]) * full;
    double scale = (double)(SCORE_MOST - bag->count) / sum;
    for (size_t t = 0; t < bag->count; t++) {
        double factor =
            bm25_rarity(docs, plain->counts[t]) * asked_weight(&bag->items[t]) * full * scale;
        plain->factors[t] = factor < 1 ? 1 : (u32)factor;
    }
}

static void count_doc(const Bag *doc, Plain *plain)
{
    for (size_t t = 0; t < plain->bag.count; t++)
        plain->counts[t] += bag_find(doc, plain->bag.items[t].key) != SIZE_MAX;
}

static void score_doc(const Bag *doc, i64 id, i64 docs, double mean, Plain *plain)
{
    double length = (double)bag_total(doc);
    Slot slot = {.id = id};
    for (size_t t = 0; t < plain->bag.count; t++) {
        size_t place = bag_find(doc, plain->bag.items[t].key);
        if (place == SIZE_MAX)
            continue;
        double tf = doc->items[place].weight;
        slot.score += score_share(seg_impact(tf, length, mean), plain->factors[t]);
        slot.exact += bm25_rarity(docs, plain->counts[t]) * asked_weight(&plain->bag.items[t]) *
                      seg_exact(tf, length, mean);
    }
    for (int exact = 0; slot.score && exact < 2; exact++)
        slot_add(plain->tops[exact], &plain->sizes[exact], slot, exact);
}

/* The documents once to count, once to score, each under all questions. */
static void score_all(const Corpus *corpus, i64 docs, double mean, Plain *plains, size_t count)
{
    Arena arena = {0};
    for (int pass = 0; pass < 2; pass++) {
        for (i64 id = 1; id <= docs; id++, arena_reset(&arena)) {
            Bag doc = bag_new(&arena);
            MatchField field = {corpus_doc(corpus, &arena, SEED, (u64)id), 1, .pairs_only = true};
            bag_add_fields(&doc, &field, 1);
            for (size_t q = 0; q < count; q++) {
                if (pass == 0)
                    count_doc(&doc, &plains[q]);
                else
                    score_doc(&doc, id, docs, mean, &plains[q]);
            }
        }
        for (size_t q = 0; q < count && pass == 0; q++)
            weigh_question(docs, &plains[q]);
    }
    arena_done(&arena);
}

static Judged judge(Cx *cx, MatchIndex *index, const Corpus *corpus, i64 docs, const Asked *asked)
{
    Judged judged = {0};
    size_t count = asked->count < EXACT_QUESTIONS ? asked->count : EXACT_QUESTIONS;
    Plain *plains = ARENA_NEW(cx->arena, Plain, count);
    for (size_t q = 0; q < count; q++)
        read_question(cx->arena, asked->texts[q], &plains[q]);
    score_all(corpus, docs, index->length_mean, plains, count);
    for (size_t q = 0; q < count; q++) {
        const Plain *plain = &plains[q];
        MatchAnswer answer;
        MatchQuery query = {.text = asked->texts[q], .limit = TOP, .no_reasons = true};
        must(match_search(cx, index, &query, &answer));
        judged.places += (i64)plain->sizes[0];
        for (size_t h = 0; h < answer.count; h++) {
            judged.same += h < plain->sizes[0] && plain->tops[0][h].id == answer.hits[h].id;
            for (size_t i = 0; i < plain->sizes[1]; i++)
                judged.near_top += plain->tops[1][i].id == answer.hits[h].id;
        }
    }
    return judged;
}

/* ---- All ---- */

static void dump(const Corpus *corpus, const char *folder, i64 docs, const Asked *lists[2])
{
    static const char *const names[] = {"long.txt", "short.txt"};
    char path[4096];
    Arena arena = {0};
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/docs.txt", folder);
    FILE *file = fopen(path, "wb");
    for (i64 id = 1; file && id <= docs; id++, arena_reset(&arena))
        fprintf(file, "%.*s\n", STR_ARG(corpus_doc(corpus, &arena, SEED, (u64)id)));
    for (size_t i = 0; i < COUNT(names) && file; i++) {
        fclose(file);
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        file = fopen(path, "wb");
        for (size_t q = 0; file && q < lists[i]->count; q++)
            fprintf(file, "%.*s\n", STR_ARG(lists[i]->texts[q]));
    }
    if (!file || fclose(file) != 0)
        exit(1);
    arena_done(&arena);
}

static double resident_mb(void)
{
    char line[200];
    double kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtod(line + 6, NULL);
    if (file)
        fclose(file);
    return kb / 1024;
}

int main(int argc, char **argv)
{
    static Corpus corpus;
    Arena arena = {0};
    Cx cx = {.arena = &arena};
    i64 docs = option(argc, argv, "--docs", 100 * 1000);
    size_t count = (size_t)option(argc, argv, "--questions", 400);
    const char *folder = option_text(argc, argv, "--dump");
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    if (!corpus_open(&corpus)) {
        fprintf(stderr, "not run: TECHBOURSE_TEST_DATA has no texts\n");
        return 77;
    }
    Asked longs = {ARENA_NEW(&arena, Str, count), count};
    Asked shorts = {ARENA_NEW(&arena, Str, count), count};
    for (size_t i = 0; i < count; i++) {
        longs.texts[i] = corpus_long(&corpus, &arena, i);
        shorts.texts[i] = corpus_short(&corpus, &arena, i);
    }
    if (folder) {
        dump(&corpus, folder, docs, (const Asked *[]){&longs, &shorts});
        return 0;
    }
    MatchIndex *index = match_open();
    Spent built = build(&cx, index, &corpus, docs);
    MatchStats stats = match_stats(index);
    const struct {
        const char *name;
        Rate rate;
    } rates[] = {
        {"long", per_second(&cx, index, &longs, false)},
        {"long_with_reasons", per_second(&cx, index, &longs, true)},
        {"long_batch", batch_per_second(&cx, index, &longs)},
        {"short", per_second(&cx, index, &shorts, false)},
        {"short_with_reasons", per_second(&cx, index, &shorts, true)},
        {"short_batch", batch_per_second(&cx, index, &shorts)},
    };
    double resident = resident_mb();
    double long_postings = postings_each(&cx, index, &longs);
    double short_postings = postings_each(&cx, index, &shorts);
    Judged judged = judge(&cx, index, &corpus, docs, &longs);
    printf("{\"bench\":\"match\",\"engine\":\"techbourse\",\"docs\":%lld,\"segments\":%lld,"
           "\"build_s\":%.1f,\"build_cpu_s\":%.1f,\"mb\":%.0f,\"resident_mb\":%.0f,"
           "\"long_postings\":%.0f,\"short_postings\":%.0f,",
           (long long)docs, (long long)stats.segment_count, built.wall_s, built.cpu_s,
           (double)stats.bytes / 1e6, resident, long_postings, short_postings);
    for (size_t i = 0; i < COUNT(rates); i++)
        printf("\"%s_per_s\":%.0f,\"%s_per_cpu_s\":%.0f,", rates[i].name, rates[i].rate.wall,
               rates[i].name, rates[i].rate.cpu);
    printf("\"same_as_exhaustive\":\"%lld of %lld\",\"in_top_by_doubles\":%.3f}\n",
           (long long)judged.same, (long long)judged.places,
           (double)judged.near_top / (double)(judged.places ? judged.places : 1));
    match_close(index);
    return judged.same == judged.places ? 0 : 1;
}
