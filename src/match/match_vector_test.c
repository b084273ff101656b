/* Vectors: the same sums either way, what counts when, and the file with every byte damaged. */
#include "match/match_vector.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { DIMS = 40 };

static Arena arena;
static Cx cx;
static Chance chance;
static char folder[] = "/tmp/techbourse-vectors-XXXXXX";

static int setup(void **state)
{
    (void)state;
    cx = (Cx){.arena = &arena};
    chance = (Chance){.seeded = true, .state = 7};
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return rmdir(folder);
}

static void random_numbers(int8_t *ret, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ret[i] = (int8_t)(chance_below(&chance, 255) - 127);
}

static void test_paths_agree(void **state)
{
    static int8_t a[VECTOR_DIMS_MAX + 1], b[VECTOR_DIMS_MAX + 1];
    (void)state;
    for (size_t stride = VECTOR_STEP; stride <= VECTOR_DIMS_MAX; stride += VECTOR_STEP) {
        random_numbers(a, COUNT(a));
        random_numbers(b, COUNT(b));
        if (stride == VECTOR_DIMS_MAX) /* The largest sum there can be. */
            memset(a, -127, sizeof a);
        if (stride == VECTOR_DIMS_MAX)
            memset(b, -127, sizeof b);
        i64 expect = 0;
        for (size_t i = 0; i < stride; i++)
            expect += a[i + 1] * b[i]; /* One of them on no round address. */
        vector_use_plain(true);
        assert_int_equal(vector_dot(a + 1, b, stride), expect);
        vector_use_plain(false);
        assert_int_equal(vector_dot(a + 1, b, stride), expect);
    }
}

static void test_quantise(void **state)
{
    float values[DIMS], other[DIMS];
    int8_t a[64], b[64];
    double dot = 0, length_a = 0, length_b = 0;
    (void)state;
    assert_int_equal(vector_stride(DIMS), 64);
    for (size_t i = 0; i < DIMS; i++) {
        values[i] = (float)(chance_below(&chance, 2001) - 1000) / 37;
        other[i] = values[i] + (float)(chance_below(&chance, 2001) - 1000) / 50;
        dot += (double)values[i] * (double)other[i];
        length_a += (double)values[i] * (double)values[i];
        length_b += (double)other[i] * (double)other[i];
    }
    memset(a, 99, sizeof a);
    float x = vector_quantise(values, DIMS, a), y = vector_quantise(other, DIMS, b);
    for (size_t i = DIMS; i < sizeof a; i++)
        assert_int_equal(a[i], 0);
    double exact = dot / sqrt(length_a * length_b);
    assert_true(fabs((double)((float)vector_dot(a, b, 64) * x * y) - exact) < 0.01);
    assert_true(fabs((double)((float)vector_dot(a, a, 64) * x * x) - 1) < 0.01);
    memset(values, 0, sizeof values);
    assert_true(vector_quantise(values, DIMS, a) == 0);
    assert_int_equal(a[0], 0);
}

static VectorDoc doc(MatchKind kind, i64 id, u8 text)
{
    return (VectorDoc){
        .kind = kind, .id = id, .org_id = id % 3, .listed = id % 2, .digest = {text}};
}

static void note(Vectors *vectors, VectorDoc what)
{
    assert_int_equal(vectors_note(&cx, vectors, &what), ERR_OK);
}

/* A vector at so many degrees from the first axis. */
static Err put(Vectors *vectors, VectorDoc what, double degrees)
{
    float values[DIMS] = {(float)cos(degrees / 57.29578), (float)sin(degrees / 57.29578)};
    return vectors_put(&cx, vectors, &what, values, DIMS);
}

static size_t near_need(Vectors *vectors, VectorHit *hits, VectorQuery query)
{
    query.kind = MATCH_NEED;
    query.id = 1;
    query.kinds = query.kinds ? query.kinds : MATCH_OF_PATENTS;
    return vectors_near(vectors, &query, hits, 10);
}

/* A need at 0 degrees, patents 1 to 9 at 0, 10, 20, .. and twenty at right angles. */
static Vectors *filled(void)
{
    Vectors *vectors = vectors_open(S("m"), 0);
    note(vectors, doc(MATCH_NEED, 1, 1));
    assert_int_equal(put(vectors, doc(MATCH_NEED, 1, 1), 0), ERR_OK);
    for (i64 i = 29; i >= 1; i--) {
        note(vectors, doc(MATCH_PATENT, i, 1));
        double degrees = i <= 9 ? (double)(i - 1) * 10 : 90;
        assert_int_equal(put(vectors, doc(MATCH_PATENT, i, 1), degrees), ERR_OK);
    }
    return vectors;
}

static void test_near(void **state)
{
    Vectors *vectors = filled();
    VectorHit hits[10];
    (void)state;
    size_t count = near_need(vectors, hits, (VectorQuery){0});
    assert_in_range(count, 4,
                    7); /* Those at right angles do not stand out, though there is room. */
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(hits[i].id, i + 1);
        double expect = cos((double)i * 10 / 57.29578);
        assert_true(fabs((double)hits[i].nearness - expect) < 0.01);
    }
    count = near_need(vectors, hits, (VectorQuery){.listed_only = true});
    assert_true(count >= 2 && hits[0].id == 1 && hits[1].id == 3);
    count = near_need(vectors, hits, (VectorQuery){.not_org_id = 1});
    assert_true(count >= 2 && hits[0].id == 2 && hits[1].id == 3);
    assert_int_equal(near_need(vectors, hits, (VectorQuery){.kinds = MATCH_OF_NEEDS}), 0);
    const VectorQuery unknown = {.kind = MATCH_NEED, .id = 2, .kinds = MATCH_OF_PATENTS};
    assert_int_equal(vectors_near(vectors, &unknown, hits, 10), 0);
    vectors_close(vectors);
}

static void test_comes_and_goes(void **state)
{
    Vectors *vectors = filled();
    VectorHit hits[10];
    VectorDoc waiting[4];
    float values[DIMS + 1] = {1};
    (void)state;
    vectors_drop(vectors, MATCH_PATENT, 1);
    near_need(vectors, hits, (VectorQuery){0});
    assert_int_equal(hits[0].id, 2);
    note(vectors, doc(MATCH_PATENT, 2, 2)); /* Another text: the old vector goes at once. */
    near_need(vectors, hits, (VectorQuery){0});
    assert_int_equal(hits[0].id, 3);
    assert_int_equal(vectors_waiting(vectors, waiting, 4), 1);
    assert_int_equal(waiting[0].id, 2);
    assert_int_equal(put(vectors, doc(MATCH_PATENT, 2, 1), 0), ERR_OK); /* Made for the old one. */
    assert_int_equal(vectors_stats(vectors).waiting, 1);
    VectorDoc what = doc(MATCH_PATENT, 2, 2);
    assert_int_equal(vectors_put(&cx, vectors, &what, values, DIMS + 1), ERR_IO);
    assert_string_equal(cx.err.key, "embed.wrong_dimension");
    err_clear(&cx);
    assert_int_equal(put(vectors, what, 0), ERR_OK);
    near_need(vectors, hits, (VectorQuery){0});
    assert_int_equal(hits[0].id, 2);
    note(vectors, doc(MATCH_PATENT, 3, 3));
    what = doc(MATCH_PATENT, 3, 3);
    vectors_refuse(vectors, &what);
    assert_int_equal(vectors_waiting(vectors, waiting, 4), 0);
    assert_int_equal(vectors_stats(vectors).refused, 1);
    note(vectors, what); /* The same again. */
    assert_int_equal(vectors_waiting(vectors, waiting, 4), 0);
    note(vectors, doc(MATCH_PATENT, 3, 4));
    assert_int_equal(vectors_waiting(vectors, waiting, 4), 1);
    vectors_close(vectors);
}

/* Asked by values and among some alone; and of another model nothing is left. */
static void test_values(void **state)
{
    Vectors *vectors = filled();
    VectorHit hits[10];
    static const float away[DIMS] = {0, 1}, nothing[DIMS];
    static const i64 only[] = {2, 3, 9};
    (void)state;
    VectorQuery query = {.values = away, .dims = DIMS, .kinds = MATCH_OF_PATENTS, .all = true};
    size_t count = vectors_near(vectors, &query, hits, 10);
    assert_int_equal(count, 10);
    assert_int_equal(hits[0].id, 10); /* The first of those at right angles to the need. */
    query.only = only;
    query.only_count = COUNT(only);
    count = vectors_near(vectors, &query, hits, 10);
    assert_int_equal(count, 3);
    assert_int_equal(hits[0].id, 9);
    assert_int_equal(hits[1].id, 3);
    assert_int_equal(hits[2].id, 2);
    query.dims = DIMS - 1;
    assert_int_equal(vectors_near(vectors, &query, hits, 10), 0);
    query = (VectorQuery){.values = nothing, .dims = DIMS, .kinds = MATCH_OF_PATENTS};
    assert_int_equal(vectors_near(vectors, &query, hits, 10), 0);
    vectors_renew(vectors, S("another"));
    assert_int_equal(vectors_stats(vectors).ready, 0);
    assert_int_equal(vectors_stats(vectors).waiting, 30);
    assert_int_equal(near_need(vectors, hits, (VectorQuery){0}), 0);
    vectors_close(vectors);
}

static void fill_values(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(chance_below(&chance, 2001) - 1000) / 1000;
}

/* Many questions at once find what each finds alone, in plain C and else. */
static void test_near_all(void **state)
{
    enum { DOCS = 1203, ASKED = 11, MOST = 20 };
    static float values[ASKED * DIMS];
    static VectorHit hits[ASKED * MOST];
    size_t counts[ASKED];
    Vectors *vectors = vectors_open(S("m"), DIMS);
    const VectorQuery filters[] = {{.kinds = MATCH_OF_PATENTS},
                                   {.kinds = MATCH_OF_ACHIEVEMENTS, .listed_only = true},
                                   {.kinds = MATCH_OF_NEEDS}};
    (void)state;
    for (i64 i = 0; i < DOCS; i++) {
        const VectorDoc what = doc(i % 3 ? MATCH_PATENT : MATCH_ACHIEVEMENT, i / 2 + 1, 1);
        note(vectors, what);
        fill_values(values, DIMS);
        assert_int_equal(vectors_put(&cx, vectors, &what, values, DIMS), ERR_OK);
    }
    fill_values(values, COUNT(values));
    memset(values, 0, DIMS * sizeof *values); /* The first asks nothing. */
    for (size_t f = 0; f < 2 * COUNT(filters); f++) {
        VectorQuery query = filters[f / 2];
        vector_use_plain(f % 2);
        vectors_near_all(vectors, values, DIMS, ASKED, &query, hits, counts, MOST);
        for (size_t q = 0; q < ASKED; q++) {
            VectorHit alone[MOST];
            query.values = values + q * DIMS;
            query.dims = DIMS;
            query.all = true;
            assert_int_equal(vectors_near(vectors, &query, alone, MOST), counts[q]);
            assert_true(counts[q] == (q && query.kinds != MATCH_OF_NEEDS ? MOST : 0));
            for (size_t i = 0; i < counts[q]; i++) {
                assert_int_equal(hits[q * MOST + i].id, alone[i].id);
                assert_int_equal(hits[q * MOST + i].kind, alone[i].kind);
                assert_true(hits[q * MOST + i].nearness == alone[i].nearness);
            }
        }
    }
    vector_use_plain(false);
    vectors_near_all(vectors, values, DIMS + 1, ASKED, &filters[0], hits, counts, MOST);
    assert_int_equal(counts[ASKED - 1], 0);
    vectors_close(vectors);
}

/* More than one block, and more than the first table of places. */
static void test_many(void **state)
{
    Vectors *vectors = vectors_open(S("m"), DIMS);
    static VectorDoc waiting[256];
    enum { MANY = 5000 };
    (void)state;
    for (i64 i = 1; i <= MANY; i++)
        note(vectors, doc(i % 2 ? MATCH_PATENT : MATCH_ACHIEVEMENT, i * 977, (u8)i));
    size_t done = 0, count;
    while ((count = vectors_waiting(vectors, waiting, COUNT(waiting)))) {
        for (size_t i = 0; i < count; i++)
            assert_int_equal(put(vectors, waiting[i], (double)(waiting[i].id % 90)), ERR_OK);
        done += count;
    }
    assert_int_equal(done, MANY);
    assert_int_equal(vectors_stats(vectors).ready, MANY);
    vectors_close(vectors);
}

/* ---- the file ---- */

static Str file_path(void)
{
    return str_format(&arena, "%s/vectors", folder);
}

static size_t file_read(char *bytes, size_t most)
{
    FILE *file = fopen(str_z(&arena, file_path()), "re");
    assert_non_null(file);
    size_t len = fread(bytes, 1, most, file);
    fclose(file);
    return len;
}

static void file_write(const char *bytes, size_t len)
{
    FILE *file = fopen(str_z(&arena, file_path()), "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static bool loads(Str model, i64 dims)
{
    Vectors *vectors = vectors_open(model, dims);
    bool ok = vectors_load(&cx, vectors, file_path());
    VectorDoc what = doc(MATCH_PATENT, 1, 1);
    assert_int_equal(vectors_note(&cx, vectors, &what), ERR_OK);
    assert_int_equal(vectors_stats(vectors).ready, ok); /* Not the least of it, else. */
    vectors_close(vectors);
    return ok;
}

static void test_file(void **state)
{
    Vectors *vectors = filled(), *again = vectors_open(S("m"), 0);
    VectorHit hits[10], others[10];
    VectorDoc waiting[10];
    (void)state;
    assert_int_equal(vectors_save(&cx, vectors, file_path()), ERR_OK);
    assert_true(vectors_load(&cx, again, file_path()));
    assert_int_equal(vectors_stats(again).ready, 0); /* Nothing counts before it is noted. */
    note(again, doc(MATCH_NEED, 1, 1));
    for (i64 i = 1; i <= 20; i++)
        note(again, doc(MATCH_PATENT, i, i == 4 ? 9 : 1)); /* One has another text now. */
    vectors_noted_all(again);
    assert_int_equal(vectors_stats(again).ready, 20);
    assert_int_equal(vectors_waiting(again, waiting, 10), 1);
    assert_int_equal(waiting[0].id, 4);
    assert_int_equal(put(again, doc(MATCH_PATENT, 4, 9), 30), ERR_OK);
    note(again, doc(MATCH_PATENT, 25, 1)); /* Was in the file, was not noted with the others. */
    assert_int_equal(vectors_waiting(again, waiting, 10), 1);
    for (i64 i = 21; i <= 29; i++)
        vectors_drop(vectors, MATCH_PATENT, i);
    size_t count = near_need(again, hits, (VectorQuery){0});
    assert_int_equal(near_need(vectors, others, (VectorQuery){0}), count);
    assert_memory_equal(hits, others, count * sizeof *hits);
    vectors_close(vectors);
    vectors_close(again);
    assert_true(loads(S("m"), DIMS));
    assert_false(loads(S("other"), 0));
    assert_false(loads(S("m"), DIMS + 1));
    unlink(str_z(&arena, file_path()));
    assert_false(loads(S("m"), 0));
}

static void test_damage(void **state)
{
    static char bytes[8192];
    Vectors *vectors = filled();
    (void)state;
    assert_int_equal(vectors_save(&cx, vectors, file_path()), ERR_OK);
    vectors_close(vectors);
    log_level_set(LOG_ERROR_LEVEL + 1);
    size_t len = file_read(bytes, sizeof bytes);
    assert_in_range(len, 30 * (32 + DIMS), sizeof bytes - 1);
    for (size_t i = 0; i < len; i++) {
        ArenaMark mark = arena_mark(&arena);
        bytes[i] = (char)(bytes[i] ^ (1 << i % 8));
        file_write(bytes, len);
        assert_false(loads(S("m"), 0));
        bytes[i] = (char)(bytes[i] ^ (1 << i % 8));
        arena_rewind(&arena, mark);
    }
    for (size_t i = 0; i < len; i += 7) {
        ArenaMark mark = arena_mark(&arena);
        file_write(bytes, i);
        assert_false(loads(S("m"), 0));
        arena_rewind(&arena, mark);
    }
    file_write(bytes, len);
    assert_true(loads(S("m"), 0));
    unlink(str_z(&arena, file_path()));
    assert_int_not_equal(vectors_save(&cx, vectors = filled(), S("/nowhere/vectors")), ERR_OK);
    assert_string_equal(cx.err.key, "match.no_file");
    vectors_close(vectors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_agree), cmocka_unit_test(test_quantise),
        cmocka_unit_test(test_near),        cmocka_unit_test(test_comes_and_goes),
        cmocka_unit_test(test_values),      cmocka_unit_test(test_near_all),
        cmocka_unit_test(test_many),        cmocka_unit_test(test_file),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
