/* limit_test.c - buckets run empty, fill again, stay apart, and take no more room than there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "web/limit.h"

enum { NOW_MS = 1000 * 1000 };

static int setup(void **state)
{
    Chance chance = {.seeded = true, .state = 5};
    *state = limits_new(&chance);
    return 0;
}

static int teardown(void **state)
{
    limits_done(*state);
    return 0;
}

static void test_every_rule(void **state)
{
    Limits *limits = *state;
    for (LimitKind kind = LIMIT_NONE + 1; kind < LIMIT_KINDS; kind++) {
        LimitRule rule = limit_rule(kind);
        assert_true(rule.burst > 0 && rule.every_ms > 0);
        for (i64 i = 0; i < rule.burst; i++)
            assert_int_equal(limits_take(limits, kind, S("one"), NOW_MS), 0);
        assert_int_equal(limits_take(limits, kind, S("one"), NOW_MS), rule.every_ms);
        assert_int_equal(limits_take(limits, kind, S("one"), NOW_MS + rule.every_ms - 1), 1);
        assert_int_equal(limits_take(limits, kind, S("two"), NOW_MS), 0); /* Another's is full. */
        /* One comes back after a while, the rest after that many whiles; asking costs nothing. */
        assert_int_equal(limits_take(limits, kind, S("one"), NOW_MS + rule.every_ms), 0);
        assert_true(limits_take(limits, kind, S("one"), NOW_MS + rule.every_ms) > 0);
        i64 later_ms = NOW_MS + rule.every_ms * (rule.burst + 1);
        for (i64 i = 0; i < rule.burst; i++)
            assert_int_equal(limits_take(limits, kind, S("one"), later_ms), 0);
        assert_true(limits_take(limits, kind, S("one"), later_ms) > 0);
    }
}

/* A clock that is set back locks nobody out for longer than a whole bucket takes. */
static void test_clock_back(void **state)
{
    Limits *limits = *state;
    LimitRule rule = limit_rule(LIMIT_RESET_LOGIN);
    i64 day_ms = 24 * 3600 * 1000;
    assert_int_equal(limits_take(limits, LIMIT_RESET_LOGIN, S("a"), NOW_MS + day_ms), 0);
    assert_int_equal(limits_take(limits, LIMIT_RESET_LOGIN, S("a"), NOW_MS), rule.every_ms);
    assert_int_equal(limits_take(limits, LIMIT_RESET_LOGIN, S("a"), NOW_MS + rule.every_ms), 0);
}

/* More keys than places: the table stays as it is, and whoever asks most is not forgotten. */
static void test_flood(void **state)
{
    Limits *limits = *state;
    Arena arena = {0};
    LimitRule rule = limit_rule(LIMIT_SIGN_IN_ADDRESS);
    for (i64 i = 0; i < rule.burst; i++)
        assert_int_equal(limits_take(limits, LIMIT_SIGN_IN_ADDRESS, S("busy"), NOW_MS), 0);
    for (int i = 0; i < 4 * LIMIT_SETS * LIMIT_WAYS; i++) {
        ArenaMark mark = arena_mark(&arena);
        Str key = str_format(&arena, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        assert_int_equal(limits_take(limits, LIMIT_SIGN_IN_ADDRESS, key, NOW_MS), 0);
        arena_rewind(&arena, mark);
    }
    assert_true(limits_take(limits, LIMIT_SIGN_IN_ADDRESS, S("busy"), NOW_MS) > 0);
    arena_done(&arena);
}

static void test_addresses(void **state)
{
    Arena arena = {0};
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"2001:db8::1", "2001:db8:0:0:ffff::2", true},
        {"2001:db8::1", "2001:db8:0:1::1", false},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
        {"local", "local", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(str_same(limit_address(&arena, str_from(cases[i].a)),
                                  limit_address(&arena, str_from(cases[i].b))),
                         cases[i].same);
    arena_done(&arena);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(test_every_rule), CASE(test_clock_back),
                                       CASE(test_flood), cmocka_unit_test(test_addresses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
