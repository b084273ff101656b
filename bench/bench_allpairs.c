/* bench_allpairs.c - every profile's first twenty documents, as a round over all enterprises does
 * it: profiles in batches, on two threads.
 *
 *     bench_allpairs [--docs N] [--profiles N] [--threads N]
 *
 * A profile is a text of 110 characters. A sample of the answers is compared with the same
 * questions asked alone. Prints one line of JSON; minutes for 450,000 profiles are reckoned from
 * the rate.
 */
#include "match_corpus.h"

#include "match/match_int.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOP = 20, AT_ONCE = 512, SAMPLE_EVERY = 997, THREADS_MAX = 16, SEED = 1, ALL = 450 * 1000 };

typedef struct Round {
    MatchIndex *index;
    const Corpus *corpus;
    i64 from, to; /* Profiles. */
    i64 hits, compared, different;
} Round;

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
                                      .limit = TOP,
                                      .no_reasons = true,
                                      .no_total = true};
        must(match_search_all(&cx, round->index, queries, count, answers));
        for (size_t i = 0; i < count; i++) {
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

int main(int argc, char **argv)
{
    static Corpus corpus;
    static Round rounds[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
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
    MatchIndex *index = match_open();
    build(index, &corpus, docs);
    i64 from_ns = clock_steady_ns();
    for (i64 t = 0; t < count; t++) {
        rounds[t] = (Round){.index = index,
                            .corpus = &corpus,
                            .from = profiles * t / count,
                            .to = profiles * (t + 1) / count};
        pthread_create(&threads[t], NULL, run, &rounds[t]);
    }
    Round all = {0};
    for (i64 t = 0; t < count; t++) {
        pthread_join(threads[t], NULL);
        all.hits += rounds[t].hits;
        all.compared += rounds[t].compared;
        all.different += rounds[t].different;
    }
    double spent = (double)(clock_steady_ns() - from_ns) / 1e9;
    printf("{\"bench\":\"allpairs\",\"docs\":%lld,\"profiles\":%lld,\"threads\":%lld,\"s\":%.2f,"
           "\"profiles_per_s\":%.0f,\"hits\":%lld,\"same_as_alone\":\"%lld of %lld\","
           "\"minutes_for_450000\":%.1f,\"target_minutes\":5}\n",
           (long long)docs, (long long)profiles, (long long)count, spent, (double)profiles / spent,
           (long long)all.hits, (long long)(all.compared - all.different), (long long)all.compared,
           (double)ALL / ((double)profiles / spent) / 60);
    match_close(index);
    return all.different ? 1 : 0;
}
