/* Words and nearness as one list: the order is that of reciprocal ranks, and without vectors
 * nothing changes. */
#include "match/match_embed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { DIMS = 8, DOCS = 60, NEED = 7 };

static Arena arena;
static Cx cx;
static MatchIndex *index_of_words;
static Vectors *vectors;

static void put_words(i64 id, Str title)
{
    const MatchField fields[] = {{title, 3, false}};
    const MatchDoc doc = {.kind = MATCH_PATENT,
                          .id = id,
                          .fields = fields,
                          .field_count = COUNT(fields),
                          .listed = id % 2,
                          .org_id = id % 5};
    assert_int_equal(match_put(&cx, index_of_words, &doc), ERR_OK);
}

/* A vector so far from the first axis. */
static void put_near(MatchKind kind, i64 id, float away)
{
    const VectorDoc doc = {.kind = kind, .id = id, .org_id = id % 5, .listed = id % 2};
    const float values[DIMS] = {1, away};
    assert_int_equal(vectors_note(&cx, vectors, &doc), ERR_OK);
    assert_int_equal(vectors_put(&cx, vectors, &doc, values, DIMS), ERR_OK);
}

/* By words 1 to 60, the shorter title the better; near: 60, 3, 1001 and, far from it, many more. */
static int setup(void **state)
{
    (void)state;
    cx = (Cx){.arena = &arena};
    index_of_words = match_open();
    vectors = vectors_open(S("m"), DIMS);
    for (i64 id = 1; id <= DOCS; id++) {
        Buf title = buf_new(&arena);
        buf_z(&title, "石墨烯");
        for (i64 i = 0; i < id; i++)
            buf_format(&title, " w%lldx%lld", (long long)id, (long long)i);
        put_words(id, buf_str(&title));
    }
    put_words(1001, S("无关文字"));
    return 0;
}

static void put_vectors(void)
{
    put_near(MATCH_NEED, NEED, 0);
    put_near(MATCH_PATENT, DOCS, 0.05F);
    put_near(MATCH_PATENT, 3, 0.2F);
    put_near(MATCH_PATENT, 1001, 0.3F);
    for (i64 id = 2000; id < 2040; id++)
        put_near(MATCH_PATENT, id, 50);
}

static int teardown(void **state)
{
    (void)state;
    match_close(index_of_words);
    vectors_close(vectors);
    arena_done(&arena);
    return 0;
}

static MatchAnswer ask(MatchQuery query, bool fused, i64 need_id)
{
    MatchAnswer answer = {0};
    query.text = S("石墨烯");
    query.kinds = MATCH_OF_PATENTS | MATCH_OF_ACHIEVEMENTS;
    query.limit = query.limit ? query.limit : FUSE_DEPTH;
    Err e = fused ? match_fuse(&cx, index_of_words, vectors, &query, need_id, &answer)
                  : match_search(&cx, index_of_words, &query, &answer);
    assert_int_equal(e, ERR_OK);
    return answer;
}

static void check_same(const MatchAnswer *a, const MatchAnswer *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->total, b->total);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->hits[i].id, b->hits[i].id);
        assert_true(a->hits[i].score == b->hits[i].score);
        assert_int_equal(a->hits[i].reason_count, b->hits[i].reason_count);
        assert_int_equal(a->hits[i].semantic, 0);
    }
}

static void test_without(void **state)
{
    (void)state;
    MatchAnswer words = ask((MatchQuery){.limit = 10}, false, 0),
                none = ask((MatchQuery){.limit = 10}, true, NEED);
    assert_int_equal(words.count, 10);
    check_same(&none, &words);
    put_vectors();
    MatchAnswer other = ask((MatchQuery){.limit = 10}, true, NEED + 1); /* It has no vector. */
    check_same(&other, &words);
}

static void test_order(void **state)
{
    (void)state;
    MatchAnswer words = ask((MatchQuery){0}, false, 0), got = ask((MatchQuery){0}, true, NEED);
    assert_int_equal(words.total, DOCS);
    assert_int_equal(words.hits[2].id, 3);
    /* 3 is third by words and second by nearness: before the first of either list alone. */
    assert_int_equal(got.hits[0].id, 3);
    assert_int_equal(got.hits[0].semantic, 2);
    assert_true(got.hits[0].score == words.hits[2].score);
    assert_int_equal(got.hits[0].reason_count, 1);
    /* 1 and 60 are first in one list each: words first when equal. 60 is no hit among the first
     * fifty by words, and yet one further down: it keeps its score and its reason. */
    assert_int_equal(got.hits[1].id, 1);
    assert_int_equal(got.hits[1].semantic, 0);
    assert_int_equal(got.hits[2].id, DOCS);
    assert_int_equal(got.hits[2].semantic, 1);
    assert_true(got.hits[2].score > 0);
    assert_int_equal(got.hits[2].reason_count, 1);
    /* 2 is second by words alone, 1001 third by nearness alone, sharing no word. */
    assert_int_equal(got.hits[3].id, 2);
    assert_int_equal(got.hits[4].id, 1001);
    assert_int_equal(got.hits[4].semantic, 3);
    assert_int_equal(got.hits[4].reason_count, 0);
    assert_true(got.hits[4].score == 0);
    assert_int_equal(got.hits[5].id, 4);
    assert_int_equal(got.total, DOCS + 1);
    assert_int_equal(got.count, FUSE_DEPTH);
}

static void test_filters(void **state)
{
    (void)state;
    MatchAnswer got = ask((MatchQuery){.listed_only = true, .limit = 3}, true, NEED);
    assert_int_equal(got.count, 3);
    assert_int_equal(got.hits[0].id, 3);
    assert_int_equal(got.hits[1].id, 1);
    assert_int_equal(got.hits[2].id, 1001);
    assert_int_equal(got.total, DOCS / 2 + 1);
    /* 3 is that unit's own; without its items 60 is among the first fifty by words too. */
    got = ask((MatchQuery){.not_org_id = 3}, true, NEED);
    assert_int_equal(got.hits[0].id, DOCS);
    assert_int_equal(got.hits[1].id, 1);
    assert_int_equal(got.hits[2].id, 2);
    assert_int_equal(got.hits[3].id, 1001);
    for (size_t i = 0; i < got.count; i++)
        assert_int_not_equal(got.hits[i].id % 5, 3);
}

/* Own vectors add to scores: what words find clearly stays in front, what is near too comes up,
 * what is near alone comes last. */
static void test_by_share(void **state)
{
    const float values[DIMS] = {1};
    const MatchQuery query = {.text = S("石墨烯"), .kinds = MATCH_OF_PATENTS, .limit = FUSE_DEPTH};
    MatchAnswer words, got = {0};
    (void)state;
    assert_int_equal(match_search(&cx, index_of_words, &query, &words), ERR_OK);
    assert_int_equal(match_fuse_values(&cx, index_of_words, vectors, &query, values, DIMS, &got),
                     ERR_OK);
    double top = words.hits[0].score;
    for (size_t i = 1; i < got.count; i++) {
        const MatchHit *hit = &got.hits[i - 1], *next = &got.hits[i];
        double left = hit->score / top + (hit->semantic ? FUSE_SHARE : 0),
               right = next->score / top + (next->semantic ? FUSE_SHARE * 0.9 : 0);
        assert_true(left >= right - 1e-9);
    }
    assert_int_equal(got.hits[0].id, 3); /* Third by words and near. */
    assert_int_equal(got.count, FUSE_DEPTH);
    assert_int_equal(got.total, DOCS + 1);
    for (size_t i = 0; i < got.count; i++) /* Near alone: behind all these. */
        assert_int_not_equal(got.hits[i].id, 1001);
    const float other[DIMS - 1] = {1};
    assert_int_equal(match_fuse_values(&cx, index_of_words, vectors, &query, other, DIMS - 1, &got),
                     ERR_OK);
    check_same(&got, &words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_by_share),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
