#include "flow/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { DRAFT, FILED, LISTED, GONE };

static Err guard_positive(Cx *cx, const void *record)
{
    return *(const int *)record > 0 ? ERR_OK
                                    : err_set(cx, ERR_STATE, "amount", "test.not_positive");
}

static const FlowState states[] = {
    [DRAFT] = {"draft", "草稿", "Draft", FLOW_START},
    [FILED] = {"filed", "已提交", "Filed", FLOW_MIDDLE},
    [LISTED] = {"listed", "挂牌", "Listed", FLOW_MIDDLE},
    [GONE] = {"gone", "撤回", "Withdrawn", FLOW_END},
};
static const FlowEdge edges[] = {
    {DRAFT, "submit", FILED, "提交", "Submit", WHO_OWNER, guard_positive},
    {FILED, "return", DRAFT, "退回", "Return", WHO_OPERATOR, NULL},
    {FILED, "accept", LISTED, "受理", "Accept", WHO_OPERATOR, NULL},
    {LISTED, "withdraw", GONE, "撤回", "Withdraw", WHO_OWNER | WHO_OPERATOR, NULL, true},
    {LISTED, "settle", GONE, "办结", "Settle", WHO_OPERATOR, NULL},
};
static const Flow flow = FLOW_OF("item", "事项", "Item", states, edges);

static void steps_follow_the_rows(void **state)
{
    (void)state;
    static const struct {
        int from;
        const char *action;
        unsigned who;
        int amount;
        Err err;
        i64 to;
    } rows[] = {
        {DRAFT, "submit", WHO_OWNER, 1, ERR_OK, FILED},
        {DRAFT, "submit", WHO_OWNER, 0, ERR_STATE, -1},
        {DRAFT, "submit", WHO_OPERATOR, 1, ERR_DENIED, -1},
        {DRAFT, "accept", WHO_OPERATOR, 1, ERR_STATE, -1},
        {FILED, "return", WHO_OPERATOR | WHO_OWNER, 1, ERR_OK, DRAFT},
        {GONE, "withdraw", ~0u, 1, ERR_STATE, -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        Arena arena = {0};
        Cx cx = {.arena = &arena};
        i64 to = -1;
        Err e =
            flow_step(&cx, &flow, rows[i].from, rows[i].action, rows[i].who, &rows[i].amount, &to);
        if (e != rows[i].err || to != rows[i].to || cx.err.code != rows[i].err)
            fail_msg("row %zu: err %s, to %lld", i, err_name(e), (long long)to);
        arena_done(&arena);
    }
}

static void acts_are_the_open_edges(void **state)
{
    (void)state;
    Arena arena = {0};
    Cx cx = {.arena = &arena, .lang = LANG_EN};
    Val *acts = flow_acts(&cx, &flow, FILED, WHO_OPERATOR);
    assert_int_equal(val_count(acts), 2);
    assert_true(str_same(val_get_str(val_at(acts, 1), "op"), S("item.accept")));
    assert_int_equal(val_count(flow_acts(&cx, &flow, FILED, WHO_OWNER)), 0);
    /* The row says what is dangerous, not the state it leads to. */
    acts = flow_acts(&cx, &flow, LISTED, WHO_OPERATOR);
    assert_true(val_get_bool(val_at(acts, 0), "danger"));
    assert_false(val_get_bool(val_at(acts, 1), "danger"));
    Val *steps = flow_stepper(&cx, &flow, LISTED);
    assert_int_equal(val_count(steps), 4);
    assert_true(val_get_bool(val_at(steps, 1), "done"));
    assert_true(val_get_bool(val_at(steps, 2), "here"));
    assert_false(val_get_bool(val_at(steps, 3), "done"));
    arena_done(&arena);
}

static void the_flow_prints(void **state)
{
    (void)state;
    flow_verify(&flow);
    Arena arena = {0};
    Buf out = buf_new(&arena);
    flow_write_text(&out, &flow);
    assert_true(str_has(buf_str(&out), S("filed          --accept--> listed")));
    assert_true(str_has(buf_str(&out), S("operator|owner")));
    flow_write_dot(&out, &flow);
    assert_true(str_has(buf_str(&out), S("draft -> filed")));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_follow_the_rows),
        cmocka_unit_test(acts_are_the_open_edges),
        cmocka_unit_test(the_flow_prints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
