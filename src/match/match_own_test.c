/* Vectors learnt from texts: what keeps the same company is near, the same texts give the same
 * bytes, and no damaged file is taken. */
#include "match/match_own_int.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { TOPICS = 4, OF_TOPIC = 10 }; /* As many directions as topics are learnt. */

static Arena arena;
static Cx cx;
static Chance chance;
static char folder[] = "/tmp/techbourse-own-XXXXXX";

static int setup(void **state)
{
    (void)state;
    cx = (Cx){.arena = &arena};
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return rmdir(folder);
}

/* Each topic has a name of two ways, never both in one text, and words beside it. */
static const char *const names[TOPICS][2] = {
    {"headset", "earphone"}, {"lorry", "truck"}, {"spud", "potato"}, {"boat", "vessel"}};
static const char *const beside[TOPICS][6] = {
    {"sound", "ear", "music", "bass", "listen", "cable"},
    {"road", "freight", "axle", "driver", "diesel", "cargo"},
    {"soil", "harvest", "starch", "tuber", "peel", "seed"},
    {"sea", "keel", "rudder", "harbour", "anchor", "sail"}};

static OwnLearn *take_texts(void)
{
    OwnLearn *learn = own_learn_begin();
    chance = (Chance){.seeded = true, .state = 5};
    for (size_t i = 0; i < TOPICS * OF_TOPIC; i++) {
        size_t topic = i % TOPICS;
        Buf text = buf_new(&arena);
        buf_format(&text, "%s", names[topic][i / TOPICS % 2]);
        for (size_t k = 0; k < 4; k++)
            buf_format(&text, " %s", beside[topic][chance_below(&chance, 6)]);
        own_learn_add(learn, buf_str(&text));
    }
    return learn;
}

static OwnTable *learn_texts(void)
{
    OwnLearn *learn = take_texts();
    OwnTable *table = NULL;
    assert_int_equal(own_learn(&cx, learn, NULL, NULL, &table), ERR_OK);
    own_learn_done(learn);
    return table;
}

static double cosine(const OwnTable *table, const char *a, const char *b)
{
    float x[OWN_DIMS], y[OWN_DIMS];
    double dot = 0, xx = 0, yy = 0;
    assert_true(own_vector(table, str_from(a), x));
    assert_true(own_vector(table, str_from(b), y));
    for (size_t i = 0; i < OWN_DIMS; i++) {
        dot += (double)x[i] * (double)y[i];
        xx += (double)x[i] * (double)x[i];
        yy += (double)y[i] * (double)y[i];
    }
    return dot / sqrt(xx * yy);
}

static void test_same_company(void **state)
{
    (void)state;
    OwnTable *table = learn_texts();
    float values[OWN_DIMS];
    for (size_t t = 0; t < TOPICS; t++) {
        double same = cosine(table, names[t][0], names[t][1]),
               other = cosine(table, names[t][0], names[(t + 1) % TOPICS][1]);
        if (same < other + 0.1)
            print_error("%s: %f, %f\n", names[t][0], same, other);
        assert_true(same > other + 0.1);
    }
    assert_false(own_vector(table, S("nothing known of 此"), values));
    assert_false(own_vector(table, S(""), values));
    assert_false(own_vector(table, S("\xFF\x00\xC0"), values));
    assert_int_equal(own_stats(table).docs, TOPICS * OF_TOPIC);
    assert_in_range(own_stats(table).terms, TOPICS * 4, TOPICS * 8);
    own_done(table);
}

static void test_same_bytes(void **state)
{
    (void)state;
    OwnTable *one = learn_texts(), *two = learn_texts();
    assert_int_equal(one->count, two->count);
    assert_memory_equal(one->numbers, two->numbers, one->count * OWN_DIMS);
    assert_memory_equal(one->factors, two->factors, one->count * sizeof *one->factors);
    assert_int_equal(one->sum, two->sum);
    own_done(one);
    own_done(two);
}

static bool stop_at_once(void *context, int percent)
{
    *(int *)context = percent;
    return false;
}

static void check_refused(OwnLearn *learn, OwnTold told, void *context, const char *key)
{
    OwnTable *table = NULL;
    assert_int_not_equal(own_learn(&cx, learn, told, context, &table), ERR_OK);
    assert_string_equal(cx.err.key, key);
    assert_null(table);
    err_clear(&cx);
    own_learn_done(learn);
}

static void test_too_few(void **state)
{
    int percent = -1;
    (void)state;
    check_refused(own_learn_begin(), NULL, NULL, "own.too_few");
    OwnLearn *learn = own_learn_begin();
    for (int i = 0; i < 100; i++) /* No term at all. */
        own_learn_add(learn, i % 2 ? S("") : S("。，"));
    check_refused(learn, NULL, NULL, "own.too_few");
    learn = own_learn_begin();
    for (int i = 0; i < 100; i++) /* No two share one. */
        own_learn_add(learn, str_format(&arena, "word%d", i));
    check_refused(learn, NULL, NULL, "own.too_few");
    learn = own_learn_begin();
    for (int i = 0; i < 100; i++) /* All are the same. */
        own_learn_add(learn, S("one two three"));
    check_refused(learn, NULL, NULL, "own.too_few");
    check_refused(take_texts(), stop_at_once, &percent, "own.stopped");
    assert_int_equal(percent, 0);
}

/* Of a hundred thousand more than are kept a half is, and it says of how many it was learnt. */
static void test_sample(void **state)
{
    (void)state;
    OwnLearn *learn = own_learn_begin();
    OwnTable *table = NULL;
    for (int i = 0; i < OWN_DOCS_MAX + 10; i++) {
        ArenaMark mark = arena_mark(&arena);
        own_learn_add(learn, str_format(&arena, "w%d v%d", i % 50, i % 49));
        arena_rewind(&arena, mark);
    }
    assert_int_equal(own_learn(&cx, learn, NULL, NULL, &table), ERR_OK);
    assert_int_equal(own_stats(table).docs, OWN_DOCS_MAX + 10);
    assert_int_equal(own_stats(table).terms, 25 + 49); /* Every second text has an even number. */
    own_learn_done(learn);
    own_done(table);
}

/* Columns apart from each other are directions themselves, the heaviest first. */
static void test_directions(void **state)
{
    enum { ROWS = 40, COLUMNS = 8, DIMS = 4 };
    static const float sizes[COLUMNS] = {1, 5, 2, 4, 0.5F, 3, 0.1F, 0.2F};
    static const size_t order[DIMS] = {1, 3, 5, 2};
    u64 from[ROWS + 1] = {0};
    u32 columns[ROWS];
    float weights[ROWS], *got = NULL;
    (void)state;
    for (u32 r = 0; r < ROWS; r++) {
        columns[r] = r % COLUMNS;
        weights[r] = sizes[r % COLUMNS] * (r % 3 ? 1 : -1);
        from[r + 1] = r + 1;
    }
    const SparseRows rows = {from, columns, weights, ROWS, COLUMNS};
    assert_true(sparse_directions(&arena, &rows, DIMS, 1, NULL, NULL, &got));
    for (size_t k = 0; k < DIMS; k++)
        for (size_t c = 0; c < COLUMNS; c++)
            assert_float_equal(fabsf(got[c * DIMS + k]), (c == order[k] ? 1.0F : 0.0F), 1e-4F);
    /* Fewer rows than directions wanted: the rest is 0. */
    const SparseRows few = {from, columns, weights, 2, COLUMNS};
    assert_true(sparse_directions(&arena, &few, DIMS, 1, NULL, NULL, &got));
    for (size_t c = 0; c < COLUMNS; c++)
        for (size_t k = 0; k < DIMS; k++) {
            bool is_own = (c == 1 && k == 0) || (c == 0 && k == 1);
            assert_float_equal(fabsf(got[c * DIMS + k]), (is_own ? 1.0F : 0.0F), 1e-4F);
        }
}

/* ---- The file ---- */

static Str read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = arena_take(&arena, 1 << 20);
    size_t len = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return (Str){bytes, len};
}

static void write_file(const char *path, Str bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
    fclose(file);
}

static void test_file(void **state)
{
    (void)state;
    OwnTable *table = learn_texts();
    Str path = str_format(&arena, "%s/vectors.own", folder);
    const char *place = str_z(&arena, path);
    assert_null(own_load(&cx, path));
    assert_int_equal(own_save(&cx, table, path), ERR_OK);
    OwnTable *again = own_load(&cx, path);
    assert_non_null(again);
    assert_int_equal(again->sum, table->sum);
    assert_int_equal(again->doc_count, table->doc_count);
    assert_true(cosine(again, "truck", "lorry") == cosine(table, "truck", "lorry"));
    own_done(again);
    Str whole = read_file(place);
    char *bytes = arena_take(&arena, whole.len + 1);
    memcpy(bytes, whole.data, whole.len);
    for (size_t i = 0; i < whole.len; i += i < 600 || i + 100 > whole.len ? 1 : 29) {
        bytes[i] = (char)(bytes[i] ^ 0x10);
        write_file(place, (Str){bytes, whole.len});
        assert_null(own_load(&cx, path));
        bytes[i] = (char)(bytes[i] ^ 0x10);
    }
    for (size_t len = 0; len < whole.len; len += len < 100 ? 1 : 97) {
        write_file(place, (Str){bytes, len});
        assert_null(own_load(&cx, path));
    }
    write_file(place, (Str){bytes, whole.len + 1}); /* Longer than it says. */
    assert_null(own_load(&cx, path));
    assert_int_equal(own_save(&cx, table, S("/nowhere/at/all")), ERR_IO);
    err_clear(&cx);
    own_done(table);
    remove(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_company), cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_too_few),      cmocka_unit_test(test_sample),
        cmocka_unit_test(test_directions),   cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
