/* push_test.c - the guarantee: every unit above the threshold has a row, however deep it lies, and
 * nothing that is put off is lost. What each act answers is played in test/api/push.case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/house_fixture.h"
#include "match/match_feed.h"
#include "notify/notify.h"
#include "people/people.h"
#include "push/evaluation.h"
#include "push/push.h"
#include "push/push_learn.h"
#include "registry/registry.h"

static const Room *const rooms[] = {IDENT_ROOMS,  PEOPLE_ROOMS, &registry_room,   &match_room,
                                    &notify_room, &push_room,   &push_learn_room, &evaluation_room,
                                    &model_room,  &synonym_room};

static const Actor shell = {.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL};
static const Actor clock_ = {.roles = WHO_CLOCK, .via = VIA_SYSTEM};
static const Actor firm = {.org_id = 1, .roles = WHO_FIRM, .via = VIA_LOCAL};

enum { FIRM = 1, LARGE, SMALL, APART, MANY = MATCH_DEPTH_MAX + 50 };

static Err save_one(Cx *cx, i64 org_id, int n, const char *title)
{
    Patent before;
    PatentSaved saved;
    i64 id;
    const Patent patent = {.org_id = org_id,
                           .pubno = str_format(cx->arena, "CN1%08dA", n),
                           .pub_key = str_format(cx->arena, "CN1%08d", n),
                           .title = str_from(title),
                           .field = S("newenergy")};
    return patent_save(cx, &patent, 0, &saved, &id, &before);
}

/* One unit has more patents that fit than a search is deep, a second one that fits less, a third
 * something else. */
static Err save_patents(Cx *cx, void *arg)
{
    Err e = save_one(cx, SMALL, MANY + 1, "Charging in the cold");
    (void)arg;
    for (int n = 0; !e && n < MANY; n++)
        e = save_one(cx, LARGE, n, "Lithium battery fast charging in the cold by pulses");
    return e ? e : save_one(cx, APART, MANY + 2, "Threshing of rice");
}

static void add_org(TestHouse *t, const char *code, const char *kind)
{
    HOUSE_OK(t, house_call(t, shell, "org.add", NULL,
                           "{\"code\":\"%s\",\"name\":\"Unit %s\",\"kind\":\"%s\"}", code, code,
                           kind));
}

static void add_account(TestHouse *t, const char *login, int org_id)
{
    HOUSE_OK(t, house_call(t, shell, "account.add", NULL,
                           "{\"login\":\"%s\",\"name\":\"N\",\"org_id\":%d,\"password\":"
                           "\"Four small words\",\"roles\":\"office\"}",
                           login, org_id));
}

static void post_need(TestHouse *t, int n)
{
    Val *reply;
    HOUSE_OK(t, house_call(t, firm, "need.post", &reply,
                           "{\"title\":\"Lithium battery fast charging in the cold %d\","
                           "\"problem\":\"Lithium battery, charging by pulses in the cold\","
                           "\"amount_fen\":1,\"cooperation\":\"joint\",\"field\":\"newenergy\","
                           "\"valid_until_date\":\"2027-01-01\"}",
                           n));
    HOUSE_OK(t, house_call(t, shell, "need.accept", NULL, "{\"ids\":%lld}",
                           (long long)val_get_int(reply, "id")));
    if (t->house.match)
        match_close(
            t->house.match); /* Made anew with what has come: nobody follows the facts here. */
    t->house.match = NULL;
}

static void open_units(TestHouse *t, Err (*save)(Cx *cx, void *arg))
{
    house_test_open(t, rooms, COUNT(rooms));
    t->settings.password_memory_kb = 64;
    t->settings.agreement_required = 0;
    add_org(t, "F", "firm");
    add_org(t, "L", "university");
    add_org(t, "S", "institute");
    add_org(t, "A", "institute");
    add_account(t, "ling", LARGE);
    add_account(t, "sun", SMALL);
    Cx cx = house_cx(t, shell);
    HOUSE_OK(t, writer_run(t->house.writer, &cx, save, NULL));
    t->house.match = match_open();
}

static void open_world(TestHouse *t)
{
    open_units(t, save_patents);
}

static i64 count(TestHouse *t, const char *sql)
{
    return house_count(t, sql);
}

static void test_every_unit(void **state)
{
    TestHouse t;
    (void)state;
    open_world(&t);
    post_need(&t, 1);
    HOUSE_OK(&t, house_call(&t, clock_, "push.run", NULL, "{}"));
    assert_int_equal(count(&t, "SELECT COUNT(*) FROM push WHERE way = 'need'"), 2);
    assert_int_equal(count(&t, "SELECT COUNT(*) FROM push WHERE org_id = 2"), 1);
    assert_int_equal(count(&t, "SELECT COUNT(*) FROM push WHERE org_id = 3"), 1);
    assert_int_equal(count(&t, "SELECT should FROM push_plan WHERE about = 'need'"), 2);
    assert_int_equal(count(&t, "SELECT COUNT(*) FROM push WHERE state = 2"), 2);
    match_close(t.house.match);
    house_test_close(&t);
}

/* Seven needs, two pushes a week: all come, none twice, none more than the cap in any week. */
static void test_cap_loses_nothing(void **state)
{
    enum { NEEDS = 7, CAP = 2, DAY = 24 * 3600 * 1000 };
    TestHouse t;
    (void)state;
    open_world(&t);
    t.settings.push_cap_week = CAP;
    for (int n = 0; n < NEEDS; n++)
        post_need(&t, n);
    HOUSE_OK(&t, house_call(&t, clock_, "push.run", NULL, "{}"));
    assert_int_equal(count(&t, "SELECT COUNT(*) FROM push"), 2 * NEEDS);
    assert_int_equal(count(&t, "SELECT COUNT(*) FROM push WHERE state = 2"), 2 * CAP);
    assert_int_equal(count(&t, "SELECT COUNT(*) FROM push WHERE state = 1 AND cause = 'cap'"),
                     2 * (NEEDS - CAP));
    for (int day = 1; day <= 28; day++) {
        t.clock.now_ms += DAY;
        HOUSE_OK(&t, house_call(&t, clock_, "push.run", NULL, "{}"));
        i64 sent = count(&t, "SELECT COUNT(*) FROM push WHERE state = 2");
        assert_true(sent <= 2 * CAP * (1 + day / 7));
    }
    assert_int_equal(count(&t, "SELECT COUNT(*) FROM push WHERE state = 2"), 2 * NEEDS);
    assert_int_equal(count(&t, "SELECT COUNT(*) FROM message"), 2 * NEEDS);
    assert_int_equal(count(&t, "SELECT COUNT(DISTINCT about_id) FROM message"), 2 * NEEDS);
    match_close(t.house.match);
    house_test_close(&t);
}

static void test_outcomes(void **state)
{
    TestHouse t;
    MatchOutcome *rows;
    size_t many = 0;
    i64 last = 0;
    const Actor large = {.account_id = 1, .org_id = LARGE, .roles = WHO_OFFICE, .via = VIA_LOCAL};
    (void)state;
    open_world(&t);
    post_need(&t, 1);
    HOUSE_OK(&t, house_call(&t, clock_, "push.run", NULL, "{}"));
    Cx cx = house_cx(&t, shell);
    HOUSE_OK(&t, match_outcomes(&cx, 0, 10, &rows, &many, &last));
    assert_int_equal(many, 0);
    i64 id = count(&t, "SELECT id FROM push WHERE org_id = 2");
    HOUSE_OK(&t, house_call(&t, large, "push.reply", NULL,
                            "{\"id\":%lld,\"answer\":\"not_for_us\",\"cause\":\"price\"}",
                            (long long)id));
    HOUSE_OK(&t, match_outcomes(&cx, 0, 10, &rows, &many, &last));
    assert_int_equal(many, 1);
    assert_int_equal(rows[0].gain, -1);
    assert_int_equal(rows[0].need_id, 1);
    assert_int_equal(rows[0].org_id, LARGE);
    assert_true(str_same(rows[0].cause, S("price")) && rows[0].patent_id && last == id);
    HOUSE_OK(&t, match_outcomes(&cx, last, 10, &rows, &many, &last));
    assert_int_equal(many, 0);
    match_close(t.house.match);
    house_test_close(&t);
}

/* ---- What is learnt ---- */

enum { LESSONS = 40 };

static Err save_lesson_patents(Cx *cx, void *arg)
{
    (void)arg;
    Err e = save_one(cx, LARGE, 1, "Lithium battery fast charging in the cold");
    if (!e)
        e = save_one(cx, SMALL, 2, "Lithium battery charging");
    return e ? e : save_one(cx, APART, 3, "Charging");
}

/* Firms always signed for the second patent, and never wanted the first. */
static Err save_outcomes(Cx *cx, void *arg)
{
    static const i64 states[] = {PUSH_REPLIED, PUSH_SIGNED, PUSH_SEEN};
    Err e = ERR_OK;
    (void)arg;
    for (i64 need = 1; !e && need <= LESSONS; need++)
        for (i64 patent = 1; !e && patent <= 3; patent++) {
            Push push = {
                .pair = str_format(cx->arena, "test:%lld>%lld", (long long)need, (long long)patent),
                .way = S("item"),
                .org_id = FIRM,
                .need_id = need,
                .patent_id = patent,
                .state = states[patent - 1],
                .answer = patent == 1 ? S("not_for_us") : S("interested")};
            e = fact_create(cx, &push_type, &push, (FactNote){.kind = "push.made"});
        }
    return e;
}

static i64 first_match(TestHouse *t, i64 need_id, const Val **ret_features)
{
    Val *reply;
    HOUSE_OK(t, house_call(t, shell, "need.matches", &reply, "{\"id\":%lld}", (long long)need_id));
    const Val *items = val_get(reply, "items");
    assert_int_equal((int)val_count(items), 3);
    const Val *first = val_at(items, 0);
    *ret_features = val_get(first, "features");
    return val_get_int(first, "id");
}

/* Too few teach nothing; enough make a proposal, which changes nothing before it is released, and
 * no more once the plain weights are released again. */
static void test_learning(void **state)
{
    TestHouse t;
    Val *reply;
    const Val *features;
    (void)state;
    open_units(&t, save_lesson_patents);
    for (int n = 1; n <= LESSONS; n++)
        post_need(&t, n);
    HOUSE_OK(&t, house_call(&t, shell, "match.learn", &reply, "{}"));
    assert_false(val_get_bool(reply, "learnt"));
    assert_true(str_same(val_get_str(reply, "note"), S("match.too_few")));
    assert_int_equal(val_get_int(reply, "questions"), 0);
    Cx cx = house_cx(&t, shell);
    HOUSE_OK(&t, writer_run(t.house.writer, &cx, save_outcomes, NULL));
    assert_int_equal(first_match(&t, 1, &features), 1);
    assert_null(features);
    HOUSE_OK(&t, house_call(&t, shell, "match.learn", &reply, "{\"least\":1000}"));
    assert_false(val_get_bool(reply, "learnt"));
    HOUSE_OK(&t, house_call(&t, shell, "match.learn", &reply, "{}"));
    assert_true(val_get_bool(reply, "learnt"));
    i64 held_out = val_get_int(reply, "held_out");
    assert_in_range(held_out, 1, LESSONS / 2);
    assert_int_equal(val_get_int(reply, "questions"), LESSONS - held_out);
    assert_int_equal(val_get_int(reply, "pairs"), 3 * (LESSONS - held_out));
    const Val *model = val_get(reply, "model");
    assert_true(val_get_int(model, "ndcg_before_bp") < val_get_int(model, "ndcg_after_bp"));
    assert_int_equal(val_get_int(model, "ndcg_after_bp"), 10000);
    assert_int_equal(first_match(&t, 1, &features), 1);

    HOUSE_OK(&t, house_call(&t, shell, "match.release", &reply, "{\"id\":%lld}",
                            (long long)val_get_int(model, "id")));
    assert_int_equal(first_match(&t, 1, &features), 2);
    assert_true(features && val_count(features) > 0);
    HOUSE_OK(&t, house_call(&t, shell, "match.learn", &reply, "{}"));
    t.clock.now_ms += 1000;
    HOUSE_OK(&t, house_call(&t, shell, "match.release", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "before_id"), val_get_int(model, "id"));
    assert_int_equal(first_match(&t, 1, &features), 1);
    match_close(t.house.match);
    house_test_close(&t);
}

static Err offer_patents(Cx *cx, void *arg)
{
    static const i64 owners[] = {LARGE, SMALL, APART};
    Err e = ERR_OK;
    (void)arg;
    for (i64 id = 1; !e && id <= (i64)COUNT(owners); id++) {
        Listing listing = {.org_id = owners[id - 1],
                           .patent_id = id,
                           .title = S("On offer"),
                           .field = S("newenergy"),
                           .mode = S("ordinary"),
                           .state = LISTING_LISTED};
        e = fact_create(cx, &listing_type, &listing, (FactNote){.kind = "listing.filed"});
    }
    return e;
}

/* The patents that the firm is pushed for a need of its own, in the order of their rows. */
static void pushed_order(TestHouse *t, i64 need_id, i64 order[3])
{
    Cx cx = house_cx(t, shell);
    Rows rows;
    size_t count = 0;
    Bind bind = BIND_INT(need_id);
    HOUSE_OK(t, db_query(&cx, &rows,
                         "SELECT patent_id, score FROM push WHERE via_id = ?1 AND pair NOT LIKE "
                         "'test:%' ORDER BY id",
                         &bind, 1));
    for (; rows_next(&rows); count++) {
        assert_true(count < 3);
        assert_true(rows_int(&rows, 1) >= 1);
        order[count] = rows_int(&rows, 0);
    }
    assert_int_equal(rows_end(&rows), ERR_OK);
    assert_int_equal((int)count, 3);
}

/* Pushes come in the order of need.matches: with the released weights, by text before. What a unit
 * is told of is the same. */
static void test_released_order(void **state)
{
    TestHouse t;
    Val *reply;
    i64 order[3];
    (void)state;
    for (int released = 0; released <= 1; released++) {
        open_units(&t, save_lesson_patents);
        Cx cx = house_cx(&t, shell);
        HOUSE_OK(&t, writer_run(t.house.writer, &cx, offer_patents, NULL));
        for (int n = 1; n <= LESSONS; n++)
            post_need(&t, n);
        HOUSE_OK(&t, writer_run(t.house.writer, &cx, save_outcomes, NULL));
        HOUSE_OK(&t, house_call(&t, shell, "match.learn", &reply, "{}"));
        if (released)
            HOUSE_OK(&t, house_call(&t, shell, "match.release", &reply, "{\"id\":%lld}",
                                    (long long)val_get_int(val_get(reply, "model"), "id")));
        HOUSE_OK(&t, house_call(&t, clock_, "push.run", &reply, "{}"));
        pushed_order(&t, 1, order);
        assert_int_equal(order[0], released ? 2 : 1);
        match_close(t.house.match);
        house_test_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_unit), cmocka_unit_test(test_cap_loses_nothing),
        cmocka_unit_test(test_outcomes), cmocka_unit_test(test_learning),
        cmocka_unit_test(test_released_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
