/* bench_allpairs.c - every profile's first twenty documents, as a round over all enterprises does
 * it: profiles in batches, on two threads.
 *
 *     bench_allpairs [--docs N] [--profiles N] [--threads N] [--vectors]
 *
 * With --vectors a second round fuses what words find with the nearest by own vectors, which are
 * learnt from the documents first. A profile is a text of 110 characters. A sample of the answers
 * is compared with the same questions asked alone. Prints one line of JSON; minutes for 450,000
 * profiles are reckoned from the rate.
 */
#include "match_corpus.h"

#include "match/match_embed.h"
#include "match/match_int.h"
#include "match/match_own.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOP = 20, AT_ONCE = 512, SAMPLE_EVERY = 997, THREADS_MAX = 16, SEED = 1 };
enum { ALL = 450 * 1000, ALL_DOCS = 1350 * 1000 };

typedef struct Round {
    MatchIndex *index;
    const Corpus *corpus;
    i64 from, to; /* Profiles. */
    i64 hits, compared, different;
    i64 near_ns;         /* Of all threads, for the nearest alone. */
    const OwnTable *own; /* NULL: words alone. */
    Vectors *vectors;
} Round;

/* The nearest of a batch, and with what words found the first twenty. */
static void fuse_batch(Round *round, Arena *arena, i64 from, size_t count,
                       const MatchQuery *queries, const MatchAnswer *answers)
{
    float *values = ARENA_NEW(arena, float, count *OWN_DIMS);
    VectorHit *near = ARENA_NEW(arena, VectorHit, count * FUSE_DEPTH);
    size_t *counts = ARENA_NEW(arena, size_t, count);
    MatchHit hits[TOP];
    VectorQuery filter = {.kinds = MATCH_OF_PATENTS, .all = true};
    for (size_t i = 0; i < count; i++)
        own_vector(round->own, queries[i].text, values + i * OWN_DIMS);
    i64 from_ns = clock_steady_ns();
    vectors_near_all(round->vectors, values, OWN_DIMS, count, &filter, near, counts, FUSE_DEPTH);
    round->near_ns += clock_steady_ns() - from_ns;
    for (size_t i = 0; i < count; i++) {
        const VectorHit *own = near + i * FUSE_DEPTH;
        round->hits += (i64)match_fuse_hits(&answers[i], own, counts[i], hits, TOP);
        if ((from + (i64)i) % SAMPLE_EVERY)
            continue;
        VectorHit alone[FUSE_DEPTH];
        VectorQuery query = filter;
        query.values = values + i * OWN_DIMS;
        query.dims = OWN_DIMS;
        size_t found = vectors_near(round->vectors, &query, alone, FUSE_DEPTH);
        bool same = found == counts[i];
        for (size_t h = 0; same && h < found; h++)
            same = alone[h].id == own[h].id && !(alone[h].nearness < own[h].nearness) &&
                   !(alone[h].nearness > own[h].nearness);
        round->compared++;
        round->different += !same;
    }
}

static bool same_hits(const MatchAnswer *a, const MatchAnswer *b)
{
    bool same = a->count == b->count;
    for (size_t h = 0; same && h < a->count; h++)
        same = a->hits[h].id == b->hits[h].id;
    return same;
}

static void *run(void *arg)
{
    Round *round = arg;
    Arena arena = {0};
    Cx cx = {.arena = &arena};
    static _Thread_local MatchQuery queries[AT_ONCE];
    static _Thread_local MatchAnswer answers[AT_ONCE];
    for (i64 from = round->from; from < round->to; from += AT_ONCE) {
        size_t count = (size_t)(round->to - from < AT_ONCE ? round->to - from : AT_ONCE);
        for (size_t i = 0; i < count; i++)
            queries[i] = (MatchQuery){.text = corpus_long(round->corpus, &arena, (u64)from + i),
                                      .limit = round->own ? FUSE_DEPTH : TOP,
                                      .no_reasons = true,
                                      .no_total = true};
        must(match_search_all(&cx, round->index, queries, count, answers));
        if (round->own)
            fuse_batch(round, &arena, from, count, queries, answers);
        for (size_t i = 0; i < count && !round->own; i++) {
            round->hits += (i64)answers[i].count;
            if ((from + (i64)i) % SAMPLE_EVERY == 0) {
                MatchAnswer alone;
                must(match_search(&cx, round->index, &queries[i], &alone));
                round->compared++;
                round->different += !same_hits(&alone, &answers[i]);
            }
        }
        arena_reset(&arena);
    }
    arena_done(&arena);
    return NULL;
}

static void build(MatchIndex *index, const Corpus *corpus, i64 docs)
{
    Arena arena = {0};
    Cx cx = {.arena = &arena};
    match_put_many(index);
    for (i64 id = 1; id <= docs; id++, arena_reset(&arena)) {
        MatchField field = {corpus_doc(corpus, &arena, SEED, (u64)id), 1, .pairs_only = true};
        MatchDoc doc = {MATCH_PATENT, id, &field, 1, .listed = true};
        must(match_put(&cx, index, &doc));
    }
    match_put_many_end(index);
    while (match_tend(index))
        ;
    arena_done(&arena);
}

/* Learns from the documents and makes a vector of each; the seconds of both. */
static OwnTable *learn(Vectors *vectors, const Corpus *corpus, i64 docs, double *ret_learn,
                       double *ret_make)
{
    Arena arena = {0};
    Cx cx = {.arena = &arena};
    OwnTable *table = NULL;
    OwnLearn *learning = own_learn_begin();
    i64 from_ns = clock_steady_ns();
    for (i64 id = 1; id <= docs; id++, arena_reset(&arena))
        own_learn_add(learning, corpus_doc(corpus, &arena, SEED, (u64)id));
    must(own_learn(&cx, learning, NULL, NULL, &table));
    own_learn_done(learning);
    i64 learnt_ns = clock_steady_ns();
    for (i64 id = 1; id <= docs; id++, arena_reset(&arena)) {
        float values[OWN_DIMS];
        const VectorDoc doc = {.kind = MATCH_PATENT, .id = id, .listed = true};
        if (!own_vector(table, corpus_doc(corpus, &arena, SEED, (u64)id), values))
            continue;
        must(vectors_note(&cx, vectors, &doc));
        must(vectors_put(&cx, vectors, &doc, values, OWN_DIMS));
    }
    *ret_learn = (double)(learnt_ns - from_ns) / 1e9;
    *ret_make = (double)(clock_steady_ns() - learnt_ns) / 1e9;
    arena_done(&arena);
    return table;
}

/* One round over all profiles; the seconds it took, its counts added up in `like`. */
static double run_all(Round *like, i64 profiles, i64 count)
{
    static Round rounds[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    i64 from_ns = clock_steady_ns();
    for (i64 t = 0; t < count; t++) {
        rounds[t] = *like;
        rounds[t].from = profiles * t / count;
        rounds[t].to = profiles * (t + 1) / count;
        pthread_create(&threads[t], NULL, run, &rounds[t]);
    }
    for (i64 t = 0; t < count; t++) {
        pthread_join(threads[t], NULL);
        like->hits += rounds[t].hits;
        like->compared += rounds[t].compared;
        like->different += rounds[t].different;
        like->near_ns += rounds[t].near_ns;
    }
    return (double)(clock_steady_ns() - from_ns) / 1e9;
}

/* The nearest grow with the product of both sides; what words find does not, so it is not added. */
static void print_fused(i64 docs, i64 profiles, i64 threads, const Round *round, double spent)
{
    double near_s = (double)round->near_ns / 1e9 / (double)threads;
    double pairs_per_s = (double)docs * (double)profiles / near_s;
    printf("\"fused\":{\"s\":%.2f,\"profiles_per_s\":%.0f,\"hits\":%lld,"
           "\"same_as_alone\":\"%lld of %lld\",\"minutes_for_450000\":%.1f,\"near_s\":%.2f,"
           "\"near_pairs_per_s\":%.0f,\"near_minutes_for_450000_x_1350000\":%.1f}",
           spent, (double)profiles / spent, (long long)round->hits,
           (long long)(round->compared - round->different), (long long)round->compared,
           (double)ALL * spent / (double)profiles / 60, near_s, pairs_per_s,
           (double)ALL * (double)ALL_DOCS / pairs_per_s / 60);
}

int main(int argc, char **argv)
{
    static Corpus corpus;
    Vectors *vectors = NULL;
    OwnTable *own = NULL;
    double learn_s = 0, make_s = 0;
    bool with_vectors = argc > 1 && strcmp(argv[argc - 1], "--vectors") == 0;
    argc -= with_vectors; /* It stands last. */
    i64 docs = option(argc, argv, "--docs", 100 * 1000);
    i64 profiles = option(argc, argv, "--profiles", 10 * 1000);
    i64 count = option(argc, argv, "--threads", 2);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    if (count < 1 || count > THREADS_MAX)
        return 2;
    if (!corpus_open(&corpus)) {
        fprintf(stderr, "not run: TECHBOURSE_TEST_DATA has no texts\n");
        return 77;
    }
    if (with_vectors) {
        vectors = vectors_open(S("own"), OWN_DIMS);
        own = learn(vectors, &corpus, docs, &learn_s, &make_s);
    }
    MatchIndex *index = match_open();
    build(index, &corpus, docs);
    Round words = {.index = index, .corpus = &corpus},
          fused = {.index = index, .corpus = &corpus, .own = own, .vectors = vectors};
    double spent = run_all(&words, profiles, count);
    printf("{\"bench\":\"allpairs\",\"docs\":%lld,\"profiles\":%lld,\"threads\":%lld,\"s\":%.2f,"
           "\"profiles_per_s\":%.0f,\"hits\":%lld,\"same_as_alone\":\"%lld of %lld\","
           "\"minutes_for_450000\":%.1f,\"target_minutes\":5",
           (long long)docs, (long long)profiles, (long long)count, spent, (double)profiles / spent,
           (long long)words.hits, (long long)(words.compared - words.different),
           (long long)words.compared, (double)ALL / ((double)profiles / spent) / 60);
    if (with_vectors) {
        spent = run_all(&fused, profiles, count);
        printf(",\"learn_s\":%.1f,\"make_vectors_s\":%.1f,\"target_minutes_fused\":12,", learn_s,
               make_s);
        print_fused(docs, profiles, count, &fused, spent);
        vectors_close(vectors);
        own_done(own);
    }
    printf("}\n");
    match_close(index);
    return words.different || fused.different ? 1 : 0;
}
