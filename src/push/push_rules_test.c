/* Who is told, and what becomes of a push: by tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "push/push_rules.h"

static void test_score(void **state)
{
    (void)state;
    assert_int_equal(push_person_score(0, false), 0);
    assert_int_equal(push_person_score(0, true), 40);
    assert_int_equal(push_person_score(50, false), 30);
    assert_int_equal(push_person_score(100, true), 100);
    assert_true(push_has_code(S("ai,ict"), S("ict")));
    assert_true(push_has_code(S("ai, ict"), S("ict")));
    assert_false(push_has_code(S("aix"), S("ai")));
    assert_false(push_has_code(S("ai,,ict"), S("")));
}

static void test_ties(void **state)
{
    const struct {
        PushTie tie;
        const char *want;
    } rows[] = {
        {{1, 0, 2, 0, S("甲公司"), S("")}, NULL},
        {{1, 0, 1, 0, S("甲公司"), S("")}, "own_unit"},
        {{5, 1, 1, 0, S(""), S("")}, "own_unit"},
        {{5, 1, 6, 1, S(""), S("")}, "own_unit"},
        {{0, 0, 0, 0, S(""), S("")}, NULL},
        {{1, 0, 2, 0, S("甲公司"), S("乙公司; 甲公司")}, "conflict"},
        {{1, 0, 2, 0, S("甲公司"), S("甲公司二厂")}, NULL},
        {{1, 0, 2, 0, S(""), S(";")}, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *bars = push_tie_bars(&rows[i].tie);
        if ((bars != NULL) != (rows[i].want != NULL) || (bars && strcmp(bars, rows[i].want) != 0))
            fail_msg("row %zu: %s", i, bars ? bars : "none");
    }
}

static void test_decide(void **state)
{
    const i64 now = 1000;
    const struct {
        PushReader readers[3];
        size_t count;
        PushFate fate;
        const char *cause;
        i64 until;
    } rows[] = {
        {{{0}}, 0, PUSH_DEFER, "no_reader", now + PUSH_RETRY_MS},
        {{{true, now, NULL}}, 1, PUSH_BAR, "opt_out", 0},
        {{{false, now, NULL}}, 1, PUSH_SEND, NULL, 0},
        {{{false, now + 2, NULL}}, 1, PUSH_SEND, NULL, 0},
        {{{true, now, NULL}, {false, now + 5, "quiet"}}, 2, PUSH_DEFER, "quiet", now + 5},
        {{{false, now + 9, "cap"}, {false, now + 5, "digest"}}, 2, PUSH_DEFER, "digest", now + 5},
        {{{false, now + 9, "cap"}, {false, now, NULL}}, 2, PUSH_SEND, NULL, 0},
        {{{true, now, NULL}, {true, now, NULL}}, 2, PUSH_BAR, "opt_out", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        PushDecision d = push_decide(rows[i].readers, rows[i].count, now);
        if (d.fate != rows[i].fate || d.until_ms != rows[i].until ||
            (d.cause != NULL) != (rows[i].cause != NULL) ||
            (d.cause && strcmp(d.cause, rows[i].cause) != 0))
            fail_msg("row %zu: %d %s", i, (int)d.fate, d.cause ? d.cause : "none");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_score), cmocka_unit_test(test_ties),
                                       cmocka_unit_test(test_decide)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
