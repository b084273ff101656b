/* bid_rules_test.c - the rules of bidding: the journals of test/auction, each NAME.jsonl with what
 * it has to be answered in NAME.want, and what a journal cannot say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/bid_journal.h"

#include <dirent.h>
#include <stdio.h>

#define FOLDER "test/auction"

static Str read_file(Arena *arena, const char *name)
{
    char piece[4096];
    Buf buf = buf_new(arena);
    FILE *file = fopen(str_z(arena, str_format(arena, FOLDER "/%s", name)), "rb");
    if (!file)
        fail_msg("%s cannot be read", name);
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_add(&buf, (Str){piece, got});
    fclose(file);
    return buf_str(&buf);
}

static void tell(void *context, const BidJournal *journal, const BidAnswer *answer)
{
    bid_answer_write(context, journal, answer);
}

/* Plays a text; what it is answered. */
static Str play_text(Cx *cx, Str text, BidJournal *ret)
{
    Buf out = buf_new(cx->arena);
    Err e = bid_journal_play(cx, text, tell, &out, ret);
    if (e)
        fail_msg("%s", cx->err.key);
    bid_final_write(&out, ret);
    return buf_str(&out);
}

static void same_lines(const char *name, Str got, Str want)
{
    Str got_line, want_line;
    for (int n = 2; str_split(&want, '\n', &want_line); n++) {
        got_line = S("");
        str_split(&got, '\n', &got_line);
        if (!str_same(got_line, want_line))
            fail_msg("%s, line %d:\n  got  %.*s\n  want %.*s", name, n, STR_ARG(got_line),
                     STR_ARG(want_line));
    }
    assert_int_equal(got.len, 0);
}

/* Stopped after each act and played again from the text so far, the lot is the same to the byte. */
static void same_after_restarts(Cx *cx, Str text)
{
    size_t end = 0;
    BidJournal journal, again;
    Str rest = text, line;
    assert_true(str_split(&rest, '\n', &line));
    assert_int_equal(bid_journal_open(cx, line, 1, &journal), ERR_OK);
    for (int n = 2; rest.len; n++) {
        BidAnswer answer;
        str_split(&rest, '\n', &line);
        assert_int_equal(bid_journal_act(cx, &journal, line, n, &answer), ERR_OK);
        end = (size_t)(line.data - text.data) + line.len;
        assert_int_equal(bid_journal_play(cx, str_slice(text, 0, end), NULL, NULL, &again), ERR_OK);
        assert_true(bid_state_same(&journal.state, &again.state));
    }
}

static void test_journals(void **state)
{
    (void)state;
    int count = 0;
    DIR *dir = opendir(FOLDER);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        Arena arena = {0};
        Cx cx = {.arena = &arena};
        BidJournal journal;
        Str name = str_from(entry->d_name);
        if (!str_ends(name, S(".jsonl")))
            continue;
        Str base = str_slice(name, 0, name.len - strlen(".jsonl"));
        const char *want = str_z(&arena, str_format(&arena, "%.*s.want", STR_ARG(base)));
        Str text = read_file(&arena, entry->d_name);
        same_lines(entry->d_name, play_text(&cx, text, &journal), read_file(&arena, want));
        same_after_restarts(&cx, text);
        count++;
        arena_done(&arena);
    }
    closedir(dir);
    assert_true(count >= 60);
}

static void test_amounts(void **state)
{
    (void)state;
    const struct {
        const char *text;
        i64 fen;
        BidAmount want;
    } cases[] = {
        {"35350.00", 3535000, AMOUNT_FINE},
        {"35350", 3535000, AMOUNT_FINE},
        {"0.01", 1, AMOUNT_FINE},
        {"7.5", 750, AMOUNT_FINE},
        {"007", 700, AMOUNT_FINE},
        {"1000000000000", MONEY_MAX_FEN, AMOUNT_FINE},
        {"1000000000000.00", MONEY_MAX_FEN, AMOUNT_FINE},
        {"1000000000000.01", 0, AMOUNT_TOO_BIG},
        {"999999999999999999999999999999", 0, AMOUNT_TOO_BIG},
        {"", 0, AMOUNT_EMPTY},
        {"0", 0, AMOUNT_ZERO},
        {"0.00", 0, AMOUNT_ZERO},
        {"-1", 0, AMOUNT_SIGN},
        {"-0.0", 0, AMOUNT_SIGN},
        {"+5", 0, AMOUNT_SIGN},
        {"12 ", 0, AMOUNT_BLANK},
        {" 12", 0, AMOUNT_BLANK},
        {"1 000", 0, AMOUNT_BLANK},
        {"12\xe3\x80\x80", 0, AMOUNT_BLANK},
        {"１２３", 0, AMOUNT_WIDE},
        {"35,350.00", 0, AMOUNT_SEPARATOR},
        {"3.5万", 0, AMOUNT_UNIT},
        {"1.2亿", 0, AMOUNT_UNIT},
        {"100元", 0, AMOUNT_UNIT},
        {"1e400", 0, AMOUNT_EXPONENT},
        {"1e-6", 0, AMOUNT_EXPONENT},
        {"1.234", 0, AMOUNT_DECIMALS},
        {"1.000", 0, AMOUNT_DECIMALS},
        {"1.", 0, AMOUNT_DECIMALS},
        {".5", 0, AMOUNT_NO_NUMBER},
        {"1.2.3", 0, AMOUNT_NO_NUMBER},
        {"one", 0, AMOUNT_NO_NUMBER},
        {"NaN", 0, AMOUNT_NO_NUMBER},
        {"0x10", 0, AMOUNT_NO_NUMBER},
        {"\xff\xfe", 0, AMOUNT_NO_NUMBER},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        i64 fen = -1;
        BidAmount got = bid_amount(str_from(cases[i].text), &fen);
        if (got != cases[i].want || fen != cases[i].fen)
            fail_msg("%s: %s, %lld", cases[i].text, bid_amount_name(got), (long long)fen);
    }
}

static void test_names(void **state)
{
    (void)state;
    for (int why = WHY_OK; why < WHY_COUNT; why++) {
        const char *name = bid_why_name((BidWhy)why);
        assert_non_null(name);
        assert_int_equal(bid_why_from(str_from(name)), why);
        assert_int_equal(bid_why_key((BidWhy)why) == NULL, why == WHY_OK);
    }
    assert_int_equal(bid_why_from(S("NEVER_HEARD")), WHY_OK);
    for (int amount = AMOUNT_FINE; amount < AMOUNT_COUNT; amount++)
        assert_int_equal(bid_amount_name((BidAmount)amount)[0] == '\0', amount == AMOUNT_FINE);
}

static BidRules rules_sample(BidMode mode)
{
    return (BidRules){.mode = mode,
                      .free_end_ms = 600000,
                      .start_fen = 3500000,
                      .step_fen = 35000,
                      .window_ms = 180000,
                      .extend_ms = 180000,
                      .hard_stop_ms = BID_NEVER,
                      .drop_fen = 35000,
                      .drop_every_ms = 1000,
                      .sealed_ms = 1000,
                      .rounds = 1,
                      .units = 1,
                      .min_bidders = 1};
}

static void test_rules_wrong(void **state)
{
    (void)state;
    for (int mode = 0; mode < BID_MODE_COUNT; mode++) {
        BidRules sound = rules_sample((BidMode)mode);
        assert_null(bid_rules_wrong(&sound));
    }
    const struct {
        BidMode mode;
        size_t at;
        i64 value;
        const char *want;
    } cases[] = {
        {BID_ASCENDING, offsetof(BidRules, start_fen), 0, "start_fen"},
        {BID_ASCENDING, offsetof(BidRules, start_fen), MONEY_MAX_FEN + 1, "start_fen"},
        {BID_ASCENDING, offsetof(BidRules, step_fen), 0, "step_fen"},
        {BID_ASCENDING, offsetof(BidRules, free_end_ms), 0, "free_end_ms"},
        {BID_ASCENDING, offsetof(BidRules, free_end_ms), BID_TIME_MAX + 1, "free_end_ms"},
        {BID_ASCENDING, offsetof(BidRules, start_ms), INT64_MIN, "start_ms"},
        {BID_ASCENDING, offsetof(BidRules, window_ms), -1, "window_ms"},
        {BID_ASCENDING, offsetof(BidRules, extend_ms), INT64_MAX, "extend_ms"},
        {BID_ASCENDING, offsetof(BidRules, hard_stop_ms), INT64_MIN, "hard_stop_ms"},
        {BID_ASCENDING, offsetof(BidRules, tier_count), BID_TIERS_MAX + 1, "tiers"},
        {BID_ASCENDING, offsetof(BidRules, tier_count), 1, "tiers"},
        {BID_ASCENDING, offsetof(BidRules, guard_times), 1, "guard_times"},
        {BID_ASCENDING, offsetof(BidRules, units), 2, "units"},
        {BID_ASCENDING, offsetof(BidRules, requote_ms), 5, "requote_ms"},
        {BID_ASCENDING, offsetof(BidRules, reserve_fen), -1, "reserve_fen"},
        {BID_DUTCH, offsetof(BidRules, drop_fen), 0, "drop_fen"},
        {BID_DUTCH, offsetof(BidRules, drop_every_ms), 0, "drop_every_ms"},
        {BID_DUTCH, offsetof(BidRules, floor_fen), 3500001, "floor_fen"},
        {BID_HYBRID, offsetof(BidRules, sealed_ms), 0, "sealed_ms"},
        {BID_ROUNDS, offsetof(BidRules, rounds), 0, "rounds"},
        {BID_ROUNDS, offsetof(BidRules, rounds), 2, "round_ms"},
        {BID_SEALED, offsetof(BidRules, units), 0, "units"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        BidRules rules = rules_sample(cases[i].mode);
        memcpy((char *)&rules + cases[i].at, &cases[i].value, sizeof cases[i].value);
        const char *wrong = bid_rules_wrong(&rules);
        if (!wrong || strcmp(wrong, cases[i].want) != 0)
            fail_msg("case %zu: %s, not %s", i, wrong ? wrong : "sound", cases[i].want);
    }
}

/* Scenario 18: exactly one takes in a thousand races. */
static void test_dutch_races(void **state)
{
    (void)state;
    enum { TAKERS = 64, RACES = 1000 };
    BidRules rules = rules_sample(BID_DUTCH);
    for (int race = 0; race < RACES; race++) {
        BidSeat seats[TAKERS] = {0};
        BidState lot = bid_state_new(&rules, seats, TAKERS);
        i64 at_ms = race * 97, taken = 0;
        bid_step(&rules, &lot, &(BidAct){.kind = ACT_TICK, .at_ms = at_ms});
        i64 fen = bid_price_fen(&rules, &lot, at_ms);
        for (int i = 0; i < TAKERS; i++) {
            BidAct act = {ACT_TAKE, STANDING_ADMITTED, 1 + (race + i) % TAKERS, fen, at_ms};
            BidWhy why = bid_step(&rules, &lot, &act).why;
            assert_int_equal(why, i == 0 ? WHY_OK : WHY_TAKEN);
            taken += why == WHY_OK;
        }
        assert_int_equal(taken, 1);
        assert_int_equal(lot.proceeds_fen, fen);
    }
}

/* Clocks that run wild take no sum over its edge. */
static void test_far_times(void **state)
{
    (void)state;
    BidRules rules = rules_sample(BID_ASCENDING);
    rules.pause_moves_hard_stop = true;
    rules.hard_stop_ms = BID_TIME_MAX;
    BidState lot = bid_state_new(&rules, NULL, 0);
    for (int i = 0; i < 3000; i++) {
        BidAct pause = {.kind = ACT_PAUSE, .at_ms = 0}, resume = {.kind = ACT_RESUME};
        resume.at_ms = BID_TIME_MAX;
        bid_step(&rules, &lot, &pause);
        bid_step(&rules, &lot, &resume);
        assert_true(lot.end_ms > 0 && lot.hard_stop_ms > 0 && lot.paused_ms >= 0);
    }
    BidAct far = {.kind = ACT_TICK, .at_ms = -BID_TIME_MAX};
    assert_int_equal(bid_step(&rules, &lot, &far).why, WHY_OK);
}

/* A pause that was ordered before the last one ended begins where that ended. */
static void test_pause_in_pause(void **state)
{
    (void)state;
    BidRules rules = rules_sample(BID_ASCENDING);
    BidState lot = bid_state_new(&rules, NULL, 0);
    bid_step(&rules, &lot, &(BidAct){.kind = ACT_PAUSE, .at_ms = 1000});
    bid_step(&rules, &lot, &(BidAct){.kind = ACT_RESUME, .at_ms = 5000});
    assert_int_equal(lot.end_ms, 604000);
    bid_step(&rules, &lot, &(BidAct){.kind = ACT_PAUSE, .at_ms = 3000});
    assert_int_equal(lot.pause_from_ms, 5000);
    assert_int_equal(lot.paused_left_ms, 599000);
    bid_step(&rules, &lot, &(BidAct){.kind = ACT_RESUME, .at_ms = 6000});
    assert_int_equal(lot.end_ms, 605000);
}

/* A file that is no journal: which line, and what about it. */
static void test_bad_files(void **state)
{
    (void)state;
#define RULES                                                                                      \
    "{\"mode\":\"ascending\",\"start_fen\":100,\"step_fen\":1,\"free_end_ms\":9,\"bidders\":["     \
    "\"A\"]}\n"
    const struct {
        const char *text, *key, *line, *what;
    } cases[] = {
        {"", "auction.journal_empty", "", ""},
        {"\n \n", "auction.journal_empty", "", ""},
        {"nothing", "auction.journal_line", "1", NULL},
        {"\n[]", "auction.journal_line", "2", NULL},
        {"{}", "auction.journal_rules", "1", "mode"},
        {"{\"mode\":\"english\"}", "auction.journal_rules", "1", "mode"},
        {"{\"mode\":\"ascending\",\"start_fen\":\"1\"}", "auction.journal_rules", "1", "start_fen"},
        {"{\"mode\":\"ascending\",\"start_fen\":1.5}", "auction.journal_rules", "1", "start_fen"},
        {"{\"mode\":\"ascending\",\"startfen\":1}", "auction.journal_unknown", "1", "startfen"},
        {"{\"mode\":\"ascending\",\"start_fen\":1,\"bidders\":[]}", "auction.journal_rules", "1",
         "free_end_ms"},
        {"{\"mode\":\"sealed\",\"start_fen\":1,\"free_end_ms\":5}", "auction.journal_rules", "1",
         "bidders"},
        {"{\"mode\":\"sealed\",\"start_fen\":1,\"free_end_ms\":5,\"bidders\":[\"A\",\"A\"]}",
         "auction.journal_rules", "1", "bidders"},
        {"{\"mode\":\"sealed\",\"start_fen\":1,\"free_end_ms\":5,\"bidders\":[\"A\"],\"priority\":["
         "\"B\"]}",
         "auction.journal_rules", "1", "priority"},
        {RULES "{", "auction.journal_line", "2", NULL},
        {RULES "{\"t_ms\":1,\"act\":\"tick\"}x", "auction.journal_line", "2", NULL},
        {RULES "{\"t_ms\":1,\"t_ms\":2,\"act\":\"tick\"}", "auction.journal_line", "2", NULL},
        {RULES "{\"t_ms\":1,\"act\":\"tick\",\"amount\":[]}", "auction.journal_line", "2", NULL},
        {RULES "{\"t_ms\":1,\"act\":\"tick\"}\n\n{\"t_ms\":1}", "auction.journal_act", "4", ""},
        {RULES "{\"t_ms\":1,\"act\":\"buy\"}", "auction.journal_act", "2", "buy"},
        {RULES "{\"t_ms\":\"1\",\"act\":\"tick\"}", "auction.journal_time", "2", ""},
        {RULES "{\"t_ms\":1.5,\"act\":\"tick\"}", "auction.journal_time", "2", ""},
        {RULES "{\"t_ms\":9007199254740993,\"act\":\"tick\"}", "auction.journal_time", "2", ""},
        {RULES "{\"act\":\"tick\"}", "auction.journal_time", "2", ""},
        {RULES "{\"t_ms\":1,\"act\":\"bid\",\"bidder\":7}", "auction.journal_line", "2", NULL},
        {RULES "{\"t_ms\":1,\"act\":\"bid\",\"bidder\":\"\xff\"}", "auction.journal_line", "2",
         NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Arena arena = {0};
        Cx cx = {.arena = &arena};
        BidJournal journal;
        assert_int_equal(bid_journal_play(&cx, str_from(cases[i].text), NULL, NULL, &journal),
                         ERR_INPUT);
        if (strcmp(cx.err.key, cases[i].key) != 0 || !str_same_z(cx.err.args[0], cases[i].line) ||
            (cases[i].what && !str_same_z(cx.err.args[1], cases[i].what)))
            fail_msg("case %zu: %s, %.*s, %.*s", i, cx.err.key, STR_ARG(cx.err.args[0]),
                     STR_ARG(cx.err.args[1]));
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journals),       cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_names),          cmocka_unit_test(test_rules_wrong),
        cmocka_unit_test(test_dutch_races),    cmocka_unit_test(test_far_times),
        cmocka_unit_test(test_pause_in_pause), cmocka_unit_test(test_bad_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
