/* deposit_rules_test.c - the pure rules of deposits, by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/deposit_rules.h"

#include <string.h>

/* 2026-07-22 09:00 in Shanghai. */
static const i64 T = 1784682000000;

static void test_pay(void **state)
{
    static const struct {
        i64 asked, held, amount;
        bool waits, is_held, over;
        PayOutcome want;
    } rows[] = {
        {5000, 0, 5000, true, false, false, PAY_HELD},
        {5000, 0, 4999, true, false, false, PAY_DIFFERENCE},
        {5000, 0, 5001, true, false, false, PAY_DIFFERENCE},
        {5000, 4999, 1, true, false, false, PAY_HELD}, /* The rest comes later. */
        {5000, 4999, 2, true, false, false, PAY_DIFFERENCE},
        {5000, 5000, 5000, false, true, false, PAY_EXTRA},
        {5000, 0, 5000, true, false, true, PAY_LATE},
        {5000, 0, 1, true, false, true, PAY_LATE},
        {5000, 5000, 5000, false, true, true, PAY_LATE},
        {5000, 5000, 5000, false, false, false, PAY_SETTLED},
        {5000, 5000, 5000, false, false, true, PAY_SETTLED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(deposit_pay(rows[i].asked, rows[i].held, rows[i].amount, rows[i].waits,
                                     rows[i].is_held, rows[i].over),
                         rows[i].want);
}

static void test_money(void **state)
{
    static const struct {
        DepositMoney money;
        i64 left;
        bool sound;
    } rows[] = {
        {{0, 0, 0, 0}, 0, true},          {{5000, 0, 0, 0}, 5000, true},
        {{5000, 1000, 4000, 0}, 0, true}, {{5000, 0, 0, 5000}, 0, true},
        {{5000, 1, 2, 3}, 4994, true},    {{5000, 5001, 0, 0}, -1, false},
        {{-1, 0, 0, 0}, -1, false},       {{5000, -1, 0, 0}, 5001, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(deposit_left_fen(rows[i].money), rows[i].left);
        assert_int_equal(deposit_money_sound(rows[i].money), rows[i].sound);
    }
    assert_int_equal(deposit_offset_of(5000, 35000), 5000);
    assert_int_equal(deposit_offset_of(5000, 3000), 3000);
    assert_int_equal(deposit_offset_of(5000, 0), 0);
}

static void test_hours(void **state)
{
    const i64 hour = 3600 * 1000;
    (void)state;
    assert_int_equal(deposit_release_by_ms(T, T - 5, 24), T + 24 * hour);
    assert_int_equal(deposit_release_by_ms(T, T + 5, 24), T + 5 + 24 * hour); /* It came late. */
    assert_int_equal(deposit_hours_left(T + 24 * hour, T), 24);
    assert_int_equal(deposit_hours_left(T + 24 * hour, T + 1), 23);
    assert_int_equal(deposit_hours_left(T, T), 0);
    assert_int_equal(deposit_hours_left(T, T + 1), -1);
    assert_int_equal(deposit_hours_left(T, T + hour), -1);
    assert_int_equal(deposit_hours_left(T, T + hour + 1), -2);
}

static void test_letter(void **state)
{
    static const struct {
        i64 amount;
        const char *issuer;
        i64 until;
        const char *field, *want;
    } rows[] = {
        {5000, "海湾银行", 20260821, NULL, NULL},
        {6000, "海湾银行", 20270101, NULL, NULL},
        {5000, "  ", 20260821, "issuer", "deposit.letter_no_issuer"},
        {4999, "海湾银行", 20260821, "amount_fen", "deposit.letter_too_small"},
        {5000, "海湾银行", 20260820, "until_date", "deposit.letter_too_short"},
        {5000, "海湾银行", 0, "until_date", "deposit.letter_too_short"},
    };
    (void)state;
    i64 least = letter_least_date(T, 30);
    assert_int_equal(least, 20260821);
    assert_int_equal(letter_least_date(T + (i64)15 * 3600 * 1000, 30), 20260822); /* Midnight. */
    assert_int_equal(letter_least_date(T, 0), 20260722);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *field = NULL;
        const char *wrong = letter_wrong(5000, rows[i].amount, str_from(rows[i].issuer),
                                         rows[i].until, least, &field);
        assert_int_equal(wrong == NULL, rows[i].want == NULL);
        if (wrong) {
            assert_string_equal(wrong, rows[i].want);
            assert_string_equal(field, rows[i].field);
        }
    }
}

static void test_stamp(void **state)
{
    static const struct {
        const char *stamp;
        bool fresh;
    } rows[] = {
        {"1784682000", true},  {"1784681700", true},   {"1784682300", true},
        {"1784681699", false}, {"1784682301", false},  {"", false},
        {"x", false},          {"-1784682000", false}, {"1784682000000", false},
        {"17846820 0", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(hook_stamp_fresh(str_from(rows[i].stamp), T), rows[i].fresh);
}

/* Made by: printf '%s' '1784682000{"id":"1"}' | openssl dgst -sha256 -hmac secret */
static void test_signature(void **state)
{
    Arena arena = {0};
    (void)state;
    Str got = hook_signature(&arena, S("secret"), S("1784682000"), S("{\"id\":\"1\"}"));
    assert_true(
        str_same(got, S("5ddcbaa5d112b488b94f1055e58ecf09d60c7f64d49bdad56ded08f096fe3bcb")));
    assert_false(
        str_same(got, hook_signature(&arena, S("secreT"), S("1784682000"), S("{\"id\":\"1\"}"))));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pay),   cmocka_unit_test(test_money),
        cmocka_unit_test(test_hours), cmocka_unit_test(test_letter),
        cmocka_unit_test(test_stamp), cmocka_unit_test(test_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
