/* bundle_test.c - bundles of lots of every mode: they check, and nothing of them can be changed,
 * left out, doubled or moved without being found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/bundle_journal_fixture.h"

static BundleReport check_with(Maker *maker, Str text, BundleAsk ask)
{
    BundleReport report;
    bundle_check(&maker->cx, text, &ask, &report);
    return report;
}

static BundleReport check(Maker *maker, Str text)
{
    return check_with(maker, text, (BundleAsk){0});
}

static Str made(Maker *maker)
{
    Str text = {0};
    Err e = maker_bundle(maker, &text);
    if (e)
        fail_msg("no bundle: %s %.*s", maker->cx.err.key, STR_ARG(maker->cx.err.args[1]));
    return text;
}

static void well(Maker *maker, Str text, const char *what, i64 seed)
{
    BundleReport report = check(maker, text);
    if (!report.ok)
        fail_msg("%s %lld: %s, entry %lld, line %lld, want %.*s, got %.*s", what, (long long)seed,
                 report.why, (long long)report.n, (long long)report.line, STR_ARG(report.want),
                 STR_ARG(report.got));
}

/* Lots of all modes that chance makes, with pauses, stops, ties and clocks that jump. */
static void every_lot_checks(void **state)
{
    (void)state;
    int modes[BID_MODE_COUNT] = {0}, opened = 0, cancelled = 0, several = 0;
    Maker *maker = calloc(1, sizeof *maker);
    for (i64 seed = 1; seed <= 60; seed++) {
        maker_begin(maker, seed % 2 ? FACT_SM3 : FACT_SHA256);
        maker->no_ticks = seed % 3 == 0;
        SimRun run = bid_sim(&maker->arena, seed);
        maker_lot(maker, seed, run.journal, 1 + (int)(seed % 7));
        Str text = made(maker);
        well(maker, text, "seed", seed);
        BundleReport report =
            check_with(maker, text, (BundleAsk){.key = fact_public_key(maker->log), .who_no = 0});
        assert_true(report.ok);
        assert_int_equal(report.entries, maker->n);
        assert_int_equal(report.rows, (i64)maker->row_count);
        modes[report.mode]++;
        opened += report.opened > 0;
        cancelled += str_same_z(report.result.state, "cancelled");
        several += report.result.winner_count > 1;
        Str again = made(maker);
        assert_true(str_same(text, again));
        maker_end(maker);
    }
    free(maker);
    for (int i = 0; i < BID_MODE_COUNT; i++)
        assert_true(modes[i] > 0);
    assert_true(opened > 0 && cancelled > 0 && several > 0);
}

static const char small[] =
    "{\"mode\":\"ascending\",\"start_fen\":10000,\"step_fen\":1000,\"free_end_ms\":600000,"
    "\"window_ms\":60000,\"extend_ms\":60000,\"first_at_start\":true,\"bidders\":[\"A\",\"B\"]}\n"
    "{\"t_ms\":1000,\"bidder\":\"A\",\"act\":\"bid\",\"amount\":\"100.00\",\"key\":\"k1\"}\n"
    "{\"t_ms\":2000,\"bidder\":\"B\",\"act\":\"bid\",\"amount\":\"105.00\",\"key\":\"k2\"}\n"
    "{\"t_ms\":3000,\"bidder\":\"B\",\"act\":\"bid\",\"amount\":\"110.00\",\"key\":\"k3\"}\n"
    "{\"t_ms\":600000,\"act\":\"tick\"}\n";

static const char sealed[] =
    "{\"mode\":\"sealed\",\"start_fen\":10000,\"free_end_ms\":600000,\"bidders\":[\"A\",\"B\"]}\n"
    "{\"t_ms\":1000,\"bidder\":\"A\",\"act\":\"bid\",\"amount\":\"100.00\",\"key\":\"k1\"}\n"
    "{\"t_ms\":2000,\"bidder\":\"B\",\"act\":\"bid\",\"amount\":\"105.00\",\"key\":\"k2\"}\n"
    "{\"t_ms\":600000,\"act\":\"tick\"}\n";

/* `every`: one byte of so many. Each bit that could matter is turned in turn. */
static void turn_bytes(Maker *maker, Str text, size_t every)
{
    Arena *whole = maker->cx.arena, arena = {0};
    char *copy = str_z(&maker->arena, text);
    size_t turned = 0;
    maker->cx.arena = &arena;
    for (size_t i = 0; i < text.len; i += every) {
        u8 bit = (u8)(1u << (i / every % 8));
        copy[i] = (char)((u8)copy[i] ^ bit);
        arena_reset(&arena);
        BundleReport report = check(maker, (Str){copy, text.len});
        if (report.ok)
            fail_msg("byte %zu turned by %02x is not found", i, bit);
        assert_non_null(text_find(LANG_ZH, report.why));
        copy[i] = text.data[i];
        turned++;
    }
    maker->cx.arena = whole;
    arena_done(&arena);
    assert_int_equal(turned, (text.len + every - 1) / every);
}

static void no_byte_can_be_turned(void **state)
{
    (void)state;
    Maker *maker = calloc(1, sizeof *maker);
    maker_begin(maker, FACT_SHA256);
    maker_lot(maker, 7, str_from(small), 2);
    turn_bytes(maker, made(maker), 1);
    maker_lot(maker, 8, str_from(sealed), 100);
    turn_bytes(maker, made(maker), 1);
    maker_end(maker);
    free(maker);
}

/* Four hundred bids. */
static void nor_one_of_many(void **state)
{
    (void)state;
    Maker *maker = calloc(1, sizeof *maker);
    maker_begin(maker, FACT_SM3);
    Buf journal = buf_new(&maker->arena);
    buf_z(&journal, "{\"mode\":\"ascending\",\"start_fen\":10000,\"step_fen\":100,\"free_end_ms\":"
                    "600000,\"bidders\":[\"A\",\"B\",\"C\"]}\n");
    for (int i = 0; i < 400; i++)
        buf_format(&journal,
                   "{\"t_ms\":%d,\"bidder\":\"%c\",\"act\":\"bid\",\"amount\":\"%d.00\"}\n",
                   1000 + i, "ABC"[i % 3], 101 + i);
    maker_lot(maker, 9, buf_str(&journal), 37);
    Str text = made(maker);
    well(maker, text, "many", 400);
    turn_bytes(maker, text, 997);
    maker_end(maker);
    free(maker);
}

static Str lines_of(Maker *maker, const Str *lines, size_t count)
{
    Buf out = buf_new(&maker->arena);
    for (size_t i = 0; i < count; i++) {
        buf_add(&out, lines[i]);
        buf_char(&out, '\n');
    }
    return buf_str(&out);
}

/* A bundle in lines. */
static size_t lines_in(Str text, Str *lines, size_t most)
{
    size_t count = 0;
    while (count < most && str_split(&text, '\n', &lines[count]))
        count += lines[count].len > 0;
    return count;
}

static void not_ok(Maker *maker, const Str *lines, size_t count, const char *what, size_t at)
{
    if (check(maker, lines_of(maker, lines, count)).ok)
        fail_msg("line %zu %s is not found", at + 1, what);
}

static void no_line_can_be_moved(void **state)
{
    (void)state;
    Maker *maker = calloc(1, sizeof *maker);
    maker_begin(maker, FACT_SHA256);
    maker_lot(maker, 7, str_from(small), 2);
    Str text = made(maker), lines[64], other[65];
    size_t count = lines_in(text, lines, COUNT(lines));
    assert_true(count > 12);
    for (size_t i = 0; i < count; i++) {
        memcpy(other, lines, sizeof lines);
        memmove(other + i, lines + i + 1, (count - i - 1) * sizeof *lines);
        not_ok(maker, other, count - 1, "left out", i);
        memcpy(other, lines, (i + 1) * sizeof *lines);
        memcpy(other + i + 1, lines + i, (count - i) * sizeof *lines);
        not_ok(maker, other, count + 1, "doubled", i);
        memcpy(other, lines, sizeof lines);
        other[i] = lines[(i + 1) % count];
        other[(i + 1) % count] = lines[i];
        not_ok(maker, other, count, "swapped", i);
        not_ok(maker, lines, i, "and what follows cut", i);
    }
    for (size_t i = 1; i < text.len; i++)
        assert_false(check(maker, str_slice(text, 0, i)).ok);
    maker_end(maker);
    free(maker);
}

/* What is wrong is named by the number of its entry. */
static void the_first_wrong_entry_is_named(void **state)
{
    (void)state;
    Maker *maker = calloc(1, sizeof *maker);
    maker_begin(maker, FACT_SHA256);
    maker_lot(maker, 7, str_from(small), 100);
    Str text = made(maker), lines[64];
    size_t count = lines_in(text, lines, COUNT(lines));
    for (i64 n = 1; n <= maker->n; n++) {
        Str line = lines[n + 1];
        char *copy = str_z(&maker->arena, line);
        char *digit = strstr(copy, "\"end_ms\":") + 9;
        *digit ^= 1;
        lines[n + 1] = (Str){copy, line.len};
        BundleReport report = check(maker, lines_of(maker, lines, count));
        assert_false(report.ok);
        assert_int_equal(report.n, n);
        assert_int_equal(report.line, n + 2);
        lines[n + 1] = line;
    }
    maker_end(maker);
    free(maker);
}

/* The lot as an exchange would write it that judges otherwise than its rules: all hashes, proofs
 * and signatures are right, and yet. */
static void an_exchange_that_cheats_is_found(void **state)
{
    (void)state;
    Maker *maker = calloc(1, sizeof *maker);
    maker_begin(maker, FACT_SHA256);
    Str journal = str_from(small), rules;
    str_split(&journal, '\n', &rules);
    maker_lot_begin(maker, 7, rules);
    maker_admit(maker, S("A"), 0, 0);
    maker_admit(maker, S("B"), 0, 0);
    maker_act(maker, (BidEntry){.at_ms = 1000, .kind = ACT_BID, .bidder = 1, .amount_fen = 10000});
    BidEntry entry = {.n = maker->n + 1,
                      .at_ms = 2000,
                      .kind = ACT_BID,
                      .bidder = 2,
                      .amount_fen = 11000,
                      .why = WHY_BELOW_MIN};
    maker_state(maker, &entry);
    maker_line(maker, &entry);
    maker_act(maker, (BidEntry){.at_ms = 600000, .kind = ACT_TICK});
    maker_commit(maker);
    Str text = {0};
    assert_int_equal(maker_bundle(maker, &text), ERR_STATE);
    assert_string_equal(maker->cx.err.key, "auction.log_broken");
    assert_true(str_same_z(maker->cx.err.args[1], "5"));
    maker_end(maker);
    free(maker);
}

static void a_receipt_and_a_bidder_are_found(void **state)
{
    (void)state;
    Maker *maker = calloc(1, sizeof *maker);
    maker_begin(maker, FACT_SHA256);
    maker_lot(maker, 7, str_from(sealed), 3);
    Str text = made(maker), last = bid_hash_hex(&maker->arena, &maker->hash);
    BundleAsk ask = {.receipt_n = maker->n, .receipt_hash = last};
    assert_true(check_with(maker, text, ask).ok);
    ask.receipt_n--;
    assert_string_equal(check_with(maker, text, ask).why, "verify.bundle_receipt");
    ask.receipt_n = maker->n + 1;
    assert_string_equal(check_with(maker, text, ask).why, "verify.bundle_no_entry");
    ask = (BundleAsk){.who_no = 2, .who_salt = maker->salt, .who_code = S("B")};
    assert_true(check_with(maker, text, ask).ok);
    ask.who_no = 1;
    assert_string_equal(check_with(maker, text, ask).why, "verify.bundle_who");
    ask.who_no = 3;
    assert_string_equal(check_with(maker, text, ask).why, "verify.bundle_no_bidder");
    ask.who_salt = S("00");
    assert_string_equal(check_with(maker, text, ask).why, "verify.bundle_salt");
    ask = (BundleAsk){.key = fact_public_key(maker->log)};
    assert_true(check_with(maker, text, ask).ok);
    ask.key = S("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    assert_string_equal(check_with(maker, text, ask).why, "verify.other_key");
    assert_false(check(maker, S("")).ok);
    assert_false(check(maker, S("\n\n\n")).ok);
    maker_end(maker);
    free(maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lot_checks),
        cmocka_unit_test(no_byte_can_be_turned),
        cmocka_unit_test(nor_one_of_many),
        cmocka_unit_test(no_line_can_be_moved),
        cmocka_unit_test(the_first_wrong_entry_is_named),
        cmocka_unit_test(an_exchange_that_cheats_is_found),
        cmocka_unit_test(a_receipt_and_a_bidder_are_found),
    };
    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
