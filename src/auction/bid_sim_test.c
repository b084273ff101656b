/* bid_sim_test.c - fifty lots bid for by chance; `techbourse sim` plays any others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/bid_sim.h"

enum { SEEDS = 50 };

static void test_seeds(void **state)
{
    (void)state;
    i64 accepted = 0, restarts = 0;
    unsigned modes = 0;
    for (i64 seed = 1; seed <= SEEDS; seed++) {
        Arena arena = {0};
        SimRun run = bid_sim(&arena, seed);
        if (!run.same)
            fail_msg("seed %lld, line %lld: %s is %.*s, the model says %.*s", (long long)seed,
                     (long long)run.line, run.field, STR_ARG(run.engine), STR_ARG(run.model));
        accepted += run.accepted;
        restarts += run.restarts;
        modes |= 1u << (run.mode[0] - 'a');
        arena_done(&arena);
    }
    assert_int_equal(__builtin_popcount(modes), 6);
    assert_true(accepted > 4 * SEEDS && restarts > SEEDS);
}

/* The same seed, the same journal. */
static void test_repeats(void **state)
{
    (void)state;
    Arena arena = {0};
    SimRun run = bid_sim(&arena, 7), again = bid_sim(&arena, 7), other = bid_sim(&arena, 8);
    assert_true(str_same(run.journal, again.journal));
    assert_false(str_same(run.journal, other.journal));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
