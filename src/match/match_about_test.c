/* What rows say of hits: price against budget, ways of trading against those sought. */
#include "match/match_about.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void test_price(void **state)
{
    (void)state;
    static const struct {
        i64 budget, price;
        double fit; /* 1: not known. */
    } cases[] = {{100, 100, 0}, {100, 1, 0}, {100, 200, -1}, {100, 800, -3},
                 {0, 100, 1},   {100, 0, 1}, {-5, 100, 1},   {1, INT64_MAX, -63}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        double fit = match_price_fit(cases[i].budget, cases[i].price);
        if (cases[i].fit > 0)
            assert_true(isnan(fit));
        else
            assert_true(fabs(fit - cases[i].fit) < 1e-9);
    }
}

static void test_mode(void **state)
{
    (void)state;
    static const struct {
        const char *cooperation, *mode;
        int fit; /* -1: not known. */
    } cases[] = {{"license", "ordinary", 1},
                 {"license", "exclusive", 1},
                 {"license", "assign", 0},
                 {"joint,assign", "assign", 1},
                 {"assign,license", "pay_later", 1},
                 {"equity", "warrant", 1},
                 {"commission", "assign", 0},
                 {"licenses", "sole", 0},
                 {"", "assign", -1},
                 {"assign", "", -1},
                 {"assign", "unheard_of", 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        double fit = match_mode_fit(str_from(cases[i].cooperation), str_from(cases[i].mode));
        if (cases[i].fit < 0)
            assert_true(isnan(fit));
        else
            assert_true(fabs(fit - cases[i].fit) < 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_price),
        cmocka_unit_test(test_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
