/* engine_sim_test.c - lots of every mode on a real store whose calls fail by chance: bidders who
 * ask again, stamps that come late, pauses, ticks, lost time. Whatever was answered stays as it was
 * answered; what the store has is what the log comes to. A seed is one run, the same each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/auction_fixture.h"
#include "auction/auction_rules.h"
#include "auction/bid_engine.h"

enum {
    SEEDS = 18, /* Three of each mode; twenty times as many in the deep run. */
    STEPS = 60,
    FAULT_EACH = 4,   /* One act in so many meets a store that fails... */
    FAULT_CALLS = 16, /* ...at one of its first calls. */
};

static const Room *const rooms[] = {IDENT_ROOMS, &registry_room, AUCTION_ROOMS};

/* clang takes two literals beside each other in a list for a missing comma. */
#define FALLS "\"drop_fen\":35000,\"drop_every_s\":60,\"floor_fen\":3000000"

static const char *const terms[BID_MODE_COUNT] = {
    [BID_ASCENDING] = ",\"priority\":\"none\",\"extension_max\":3",
    [BID_SEALED] = ",\"mode\":\"sealed\",\"requote_s\":90",
    [BID_DUTCH] = (",\"mode\":\"dutch\"," FALLS),
    [BID_HYBRID] = (",\"mode\":\"hybrid\",\"sealed_s\":120,\"best_s\":90," FALLS),
    [BID_ROUNDS] = ",\"mode\":\"rounds\",\"rounds\":3,\"round_s\":120",
    [BID_FIXED] = ",\"mode\":\"fixed\",\"units\":2",
};

typedef struct Asked {
    const char *op;
    i64 firm;
    Str json;
    Str answer; /* Empty: the store failed. */
} Asked;

typedef struct Run {
    Fixture f;
    i64 lot_id;
    i64 at_ms; /* After T. */
    Asked asked[STEPS];
    size_t asked_count, answered, failed;
} Run;

static i64 below(Run *run, i64 limit)
{
    return chance_below(&run->f.chance, limit);
}

/* Arms the store now and then, calls, disarms. */
static Err call_faulty(Run *run, Cx cx, const char *op, const char *json, Val **ret)
{
    Fixture *f = &run->f;
    bool arms = below(run, FAULT_EACH) == 0;
    if (arms)
        db_fault_arm(f->fault, (int)below(run, FAULT_CALLS));
    Err e = fixture_call(f, cx, op, json, ret);
    bool fired = db_fault_fired(f->fault);
    db_fault_arm(f->fault, -1);
    if (e == ERR_STORE && !fired)
        fail_msg("%s failed by itself: %s", op, f->last.err.key);
    run->failed += e == ERR_STORE;
    return e;
}

static void ask(Run *run, Asked *asked)
{
    Val *reply = NULL;
    i64 late_ms = below(run, 5) ? 0 : below(run, 400); /* Stamped before, come after. */
    Cx cx = fixture_cx(&run->f, asked->firm, T + run->at_ms - late_ms);
    Err e = call_faulty(run, cx, asked->op, str_z(&run->f.arena, asked->json), &reply);
    if (e == ERR_STORE)
        return;
    if (e)
        fail_msg("%s %.*s: %s", asked->op, STR_ARG(asked->json), run->f.last.err.key);
    Str answer = json_of(&run->f, reply);
    if (asked->answer.len && !str_same(asked->answer, answer))
        fail_msg("was %.*s\nis  %.*s", STR_ARG(asked->answer), STR_ARG(answer));
    run->answered += !asked->answer.len;
    asked->answer = answer;
}

static void ask_new(Run *run)
{
    static const char *const ops[] = {"lot.bid", "lot.bid", "lot.bid", "lot.take", "lot.retract"};
    Lot lot = lot_now(&run->f, run->lot_id);
    Asked *asked = &run->asked[run->asked_count++];
    i64 next_fen = lot_next_fen(&lot, T + run->at_ms);
    i64 amount_fen = (next_fen ? next_fen : YUAN(35000)) + 35000 * (below(run, 4) - 1);
    *asked = (Asked){.op = ops[below(run, (i64)COUNT(ops))], .firm = FIRM_A + below(run, 3)};
    Buf json = buf_new(&run->f.arena);
    buf_format(&json, "{\"lot_id\":%lld,\"key\":\"k%zu\"", (long long)run->lot_id,
               run->asked_count);
    if (strcmp(asked->op, "lot.retract") != 0)
        buf_format(&json, ",\"amount_fen\":%lld", (long long)amount_fen);
    buf_z(&json, "}");
    asked->json = buf_str(&json);
    ask(run, asked);
}

/* The operator's and the clock's; what is not possible now is refused. */
static void operate(Run *run)
{
    static const char *const ops[] = {"lot.pause", "lot.resume", "lot.resume"};
    char json[100];
    snprintf(json, sizeof json, "{\"id\":%lld}", (long long)run->lot_id);
    Cx cx = fixture_cx(&run->f, EXCHANGE, T + run->at_ms);
    Err e = call_faulty(run, cx, ops[below(run, (i64)COUNT(ops))], json, NULL);
    assert_true(e == ERR_OK || e == ERR_STATE || e == ERR_STORE);
}

static void let_pass(Run *run)
{
    char json[120];
    Cx cx = fixture_clock_cx(&run->f, T + run->at_ms);
    if (below(run, 3)) {
        Err e = call_faulty(run, cx, "lot.tick", "{}", NULL);
        assert_true(e == ERR_OK || e == ERR_STORE);
        return;
    }
    snprintf(json, sizeof json, "{\"id\":%lld,\"from_ms\":%lld}", (long long)run->lot_id,
             (long long)(T + run->at_ms - SECONDS(20)));
    Err e = call_faulty(run, cx, "lot.make_up", json, NULL);
    assert_true(e == ERR_OK || e == ERR_STATE || e == ERR_STORE);
}

/* Until it is over. */
static void finish(Run *run)
{
    Fixture *f = &run->f;
    char json[60];
    snprintf(json, sizeof json, "{\"id\":%lld}", (long long)run->lot_id);
    if (lot_now(f, run->lot_id).state == LOT_PAUSED)
        MUST(fixture_call(f, fixture_cx(f, EXCHANGE, T + run->at_ms), "lot.resume", json, NULL));
    for (int i = 0; i < 20 && lot_now(f, run->lot_id).state < LOT_SOLD; i++) {
        run->at_ms += SECONDS(3600);
        tick(f, run->at_ms);
    }
}

static i64 number(Run *run, const char *sql)
{
    Fixture *f = &run->f;
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    i64 n = -1;
    MUST(db_int(&cx, sql, NULL, 0, 0, &n));
    return n;
}

static void compare(Run *run)
{
    Fixture *f = &run->f;
    for (size_t i = 0; i < run->asked_count; i++)
        do
            ask(run, &run->asked[i]);
        while (!run->asked[i].answer.len);
    Lot lot = lot_now(f, run->lot_id), again = lot;
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    BidPlay play;
    MUST(bid_replay(&cx, &lot, &play));
    assert_true(lot.state >= LOT_SOLD);
    assert_false(lot_follow(&again, &play.state));
    assert_int_equal(number(run, "SELECT SUM(count) FROM lot_log"), play.n);
    assert_int_equal(number(run, "SELECT SUM(accepted) FROM lot_log"), play.state.seq);
    assert_int_equal(number(run, "SELECT COALESCE(SUM(pays_fen), 0) FROM lot_win"),
                     play.state.stage == STAGE_SOLD ? play.state.proceeds_fen : 0);
    assert_int_equal(number(run, "SELECT COUNT(*) FROM lot_win"), play.state.unit_count);
    const RecordType *const types[] = {&org_type,        &listing_type, &lot_type,
                                       &lot_bidder_type, &lot_log_type, &lot_win_type};
    assert_unbroken(f, types, COUNT(types));
}

static void play_seed(i64 seed, size_t *answered, size_t *failed, int *sold)
{
    static Run run;
    run = (Run){0};
    Fixture *f = &run.f;
    fixture_open(f, rooms, COUNT(rooms), false);
    f->chance.state = (u64)seed * 7919;
    run.lot_id = open_lot(f, terms[seed % BID_MODE_COUNT]);
    for (i64 firm = FIRM_A; firm <= FIRM_C; firm++)
        admit(f, run.lot_id, firm);
    while (run.asked_count < STEPS) {
        run.at_ms += below(&run, SECONDS(14));
        i64 what = below(&run, 10);
        if (what == 0)
            operate(&run);
        else if (what == 1)
            let_pass(&run);
        else if (what < 4 && run.asked_count)
            ask(&run, &run.asked[below(&run, (i64)run.asked_count)]);
        else
            ask_new(&run);
    }
    finish(&run);
    compare(&run);
    *answered += run.answered;
    *failed += run.failed;
    *sold += lot_now(f, run.lot_id).state == LOT_SOLD;
    fixture_close(f);
}

static void test_seeds(void **state)
{
    (void)state;
    size_t answered = 0, failed = 0;
    int sold = 0;
    const char *more = getenv("TECHBOURSE_TEST_DEEP");
    i64 last = more && *more ? 20 * SEEDS : SEEDS;
    for (i64 seed = 1; seed <= last; seed++)
        play_seed(seed, &answered, &failed, &sold);
    print_message("%lld lots, %d sold, %zu acts answered, %zu times the store failed\n",
                  (long long)last, sold, answered, failed);
    assert_true(answered >=
                (size_t)(last * STEPS)); /* All, those that failed at their second try. */
    assert_true(failed > (size_t)last && sold > last / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_seeds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
