/* registry_test.c - patents and how they are joined; listings and needs by everybody who may, and
 * by everybody who may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/house_fixture.h"
#include "consent/consent.h"
#include "registry/registry_int.h"

static const Room *const rooms[] = {IDENT_ROOMS, &consent_room, &registry_room};

/* Who plays. Units: 1 the seller, 2 another office, 3 the firm, 4 another firm, 5 the exchange. */
enum { PUBLIC, SELLER, OFFICE, FIRM, RIVAL, OPERATOR, ADMIN, AUDITOR, CLOCK, PLAYERS };
static const Actor players[PLAYERS] = {
    [PUBLIC] = {.via = VIA_WEB},
    [SELLER] = {1, 1, WHO_OFFICE, VIA_WEB},
    [OFFICE] = {2, 2, WHO_OFFICE, VIA_WEB},
    [FIRM] = {3, 3, WHO_FIRM, VIA_WEB},
    [RIVAL] = {4, 4, WHO_FIRM, VIA_WEB},
    [OPERATOR] = {5, 5, WHO_OPERATOR, VIA_WEB},
    [ADMIN] = {6, 5, WHO_SYSTEM, VIA_WEB},
    [AUDITOR] = {7, 5, WHO_AUDIT, VIA_WEB},
    [CLOCK] = {0, 0, WHO_CLOCK, VIA_SYSTEM},
};

static Err add_units(Cx *cx, void *arg)
{
    (void)arg;
    Err e = ERR_OK;
    for (int i = 1; !e && i <= 5; i++) {
        Org org = {.code = str_format(cx->arena, "C%d", i),
                   .name = str_format(cx->arena, "单位%d", i),
                   .kind = S("other")};
        e = fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
    }
    return e;
}

static int setup(void **state)
{
    static TestHouse t;
    house_test_open(&t, rooms, COUNT(rooms));
    Cx cx = house_cx(&t, players[CLOCK]);
    HOUSE_OK(&t, writer_run(t.house.writer, &cx, add_units, NULL));
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    house_test_close(*state);
    return 0;
}

static void same(Str got, const char *want)
{
    if (!str_same_z(got, want))
        fail_msg("got '%.*s', want '%s'", STR_ARG(got), want);
}

/* ---- Saving patents ---- */

typedef struct Save {
    Patent given;
    PatentSaved saved;
    i64 id;
    Patent before;
} Save;

static Err run_save(Cx *cx, void *arg)
{
    Save *save = arg;
    return patent_save(cx, &save->given, 0, &save->saved, &save->id, &save->before);
}

static Err save(TestHouse *t, Patent given, Save *ret)
{
    *ret = (Save){.given = given};
    Cx cx = house_cx(t, players[SELLER]);
    Err e = writer_run(t->house.writer, &cx, run_save, ret);
    t->last = cx;
    return e;
}

static Patent patent(i64 org_id, const char *appno, const char *pubno, const char *title)
{
    Str pub = str_from(pubno);
    return (Patent){.org_id = org_id,
                    .appno = str_from(appno),
                    .pubno = pub,
                    .title = str_from(title),
                    .pub_key = str_slice(pub, 0, pub.len ? pub.len - 1 : 0)};
}

static Patent load_patent(TestHouse *t, i64 id)
{
    Cx cx = house_cx(t, players[CLOCK]);
    Patent got = {0};
    HOUSE_OK(t, record_load(&cx, &patent_type, id, &got));
    return got;
}

static void test_save(void **state)
{
    TestHouse *t = *state;
    Save s;
    Patent given = patent(1, "201710601862.3", "", "一种装置");
    given.import_id = 4;
    given.inventors = S("甲;乙");
    HOUSE_OK(t, save(t, given, &s));
    assert_int_equal(s.saved, PATENT_MADE);
    assert_int_equal(s.id, 1);
    same(house_last_fact(t).kind, "patent.imported");
    assert_int_equal(house_last_fact(t).other_id, 4);

    i64 facts = house_count(t, "SELECT COUNT(*) FROM fact");
    given.import_id = 5;
    HOUSE_OK(t, save(t, given, &s));
    assert_int_equal(s.saved, PATENT_SAME);
    assert_int_equal(s.id, 1);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact"), facts); /* Nothing is written. */

    /* What is empty in the new row empties nothing. */
    given = patent(1, "201710601862.3", "", "一种新装置");
    given.trl = 4;
    HOUSE_OK(t, save(t, given, &s));
    assert_int_equal(s.saved, PATENT_UPDATED);
    same(s.before.title, "一种装置");
    assert_int_equal(s.before.trl, 0);
    Patent got = load_patent(t, 1);
    same(got.title, "一种新装置");
    same(got.inventors, "甲;乙");
    assert_int_equal(got.trl, 4);
    assert_int_equal(got.rev, 2);
    assert_int_equal(got.import_id, 4); /* The import that made it stays named. */

    HOUSE_REFUSED(t, save(t, patent(2, "201710601862.3", "", "别人的"), &s), ERR_CONFLICT,
                  "registry.other_owner");
    same(t->last.err.args[0], "201710601862.3");
    same(load_patent(t, 1).title, "一种新装置");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 1);
}

/* Known by its publication number first; later the application number comes, or the other way. */
static void test_join(void **state)
{
    TestHouse *t = *state;
    Save s;
    HOUSE_OK(t, save(t, patent(1, "", "CN110007813A", "装置"), &s));
    assert_int_equal(s.saved, PATENT_MADE);
    HOUSE_OK(t, save(t, patent(1, "201710601862.3", "CN110007813B", "装置"), &s)); /* As granted. */
    assert_int_equal(s.saved, PATENT_UPDATED);
    assert_int_equal(s.id, 1);
    same(s.before.appno, "");
    Patent got = load_patent(t, 1);
    same(got.appno, "201710601862.3");
    same(got.pubno, "CN110007813B");
    HOUSE_OK(t, save(t, patent(1, "201710601862.3", "", "装置"), &s));
    assert_int_equal(s.saved, PATENT_SAME);
    HOUSE_OK(t, save(t, patent(1, "", "CN110007813B", "装置"), &s));
    assert_int_equal(s.saved, PATENT_SAME);
    HOUSE_REFUSED(t, save(t, patent(1, "201810000001.X", "CN110007813A", "另一个"), &s),
                  ERR_CONFLICT, "registry.pubno_of_other");
    HOUSE_REFUSED(t, save(t, patent(2, "", "CN110007813A", "装置"), &s), ERR_CONFLICT,
                  "registry.other_owner");
    /* Many without one of the numbers do not meet in the empty one. */
    HOUSE_OK(t, save(t, patent(1, "", "CN110007814A", "二"), &s));
    assert_int_equal(s.saved, PATENT_MADE);
    HOUSE_OK(t, save(t, patent(1, "201810000002.8", "", "三"), &s));
    assert_int_equal(s.saved, PATENT_MADE);
    HOUSE_OK(t, save(t, patent(1, "201810000003.6", "", "四"), &s));
    assert_int_equal(s.saved, PATENT_MADE);
}

/* Two rows whose numbers turn out to be of one patent: told, never a failure of the store. */
static void test_two_rows(void **state)
{
    TestHouse *t = *state;
    Save s;
    HOUSE_OK(t, save(t, patent(1, "", "CN110007813A", "装置"), &s));
    HOUSE_OK(t, save(t, patent(1, "201710601862.3", "", "装置"), &s));
    HOUSE_REFUSED(t, save(t, patent(1, "201710601862.3", "CN110007813A", "装置"), &s), ERR_CONFLICT,
                  "registry.two_rows");
    HOUSE_OK(t, save(t, patent(1, "201810000001.X", "CN110007815A", "另一个"), &s));
    HOUSE_REFUSED(t, save(t, patent(1, "201710601862.3", "CN110007815B", "装置"), &s), ERR_CONFLICT,
                  "registry.pubno_of_other");
    same(t->last.err.args[0], "201810000001.X");
    HOUSE_OK(t, save(t, patent(2, "", "CN110007816A", "别人的"), &s));
    HOUSE_REFUSED(t, save(t, patent(1, "201710601862.3", "CN110007816A", "装置"), &s), ERR_CONFLICT,
                  "registry.other_owner");
    same(load_patent(t, 2).pubno, "");
}

/* ---- Listings ---- */

static i64 seed_patent(TestHouse *t, i64 org_id, const char *appno)
{
    Save s;
    HOUSE_OK(t, save(t, patent(org_id, appno, "", "一种薄膜"), &s));
    return s.id;
}

static Err act(TestHouse *t, int player, const char *op, i64 id)
{
    return house_call(t, players[player], op, NULL, "{\"ids\":[%lld]}", (long long)id);
}

/* A filed listing of the seller's. */
static i64 file_one(TestHouse *t, const char *appno)
{
    Val *reply = NULL;
    i64 patent_id = seed_patent(t, 1, appno);
    HOUSE_OK(t, house_call(t, players[SELLER], "listing.file", &reply,
                           "{\"patent_ids\":[%lld],\"mode\":\"assign\",\"price_fen\":\"35万\","
                           "\"floor_fen\":\"30万\","
                           "\"contact\":\"技术转移办公室\",\"phone\":\"0513-1\"}",
                           (long long)patent_id));
    return val_at(val_get(reply, "ids"), 0)->i;
}

static i64 state_of(TestHouse *t, const char *table, i64 id)
{
    Cx cx = house_cx(t, players[CLOCK]);
    i64 state = -1;
    const char *sql = db_keep(str_format(&t->arena, "SELECT state FROM %s WHERE id = ?1", table));
    HOUSE_OK(t, DB_INT(&cx, &state, -1, sql, BIND_INT(id)));
    return state;
}

typedef struct Step {
    int player;
    const char *op;
    Err want;
    const char *key;
    i64 state; /* After it. */
} Step;

static void walk(TestHouse *t, const char *table, i64 id, const Step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Step *s = &steps[i];
        Err e = act(t, s->player, s->op, id);
        if (e != s->want || (e && strcmp(t->last.err.key, s->key) != 0))
            fail_msg("step %zu, %s by %d: %s %s", i, s->op, s->player, err_name(e),
                     e ? t->last.err.key : "-");
        if (state_of(t, table, id) != s->state)
            fail_msg("step %zu, %s: state %lld", i, s->op, (long long)state_of(t, table, id));
    }
}

#define DENIED_OP   ERR_DENIED, "command.denied"
#define DENIED_STEP ERR_DENIED, "flow.not_your_step"
#define NO_STEP     ERR_STATE, "flow.no_such_step"
#define UNKNOWN     ERR_MISSING, "record.missing"

static void test_listing_flow(void **state)
{
    TestHouse *t = *state;
    i64 id = file_one(t, "201710601862.3");
    assert_int_equal(state_of(t, "listing", id), LISTING_FILED);
    // clang-format off
    const Step steps[] = {
        {PUBLIC,   "listing.accept",   ERR_SIGN_IN, "command.sign_in", LISTING_FILED},
        {SELLER,   "listing.accept",   DENIED_OP,   LISTING_FILED},
        {ADMIN,    "listing.accept",   DENIED_OP,   LISTING_FILED},
        {AUDITOR,  "listing.accept",   DENIED_OP,   LISTING_FILED},
        {FIRM,     "listing.withdraw", UNKNOWN,     LISTING_FILED}, /* Not public yet: no hint that it is there. */
        {OFFICE,   "listing.submit",   UNKNOWN,     LISTING_FILED},
        {OPERATOR, "listing.return",   ERR_OK, "",  LISTING_DRAFT},
        {OPERATOR, "listing.accept",   NO_STEP,     LISTING_DRAFT},
        {OPERATOR, "listing.submit",   DENIED_STEP, LISTING_DRAFT},
        {OFFICE,   "listing.submit",   UNKNOWN,     LISTING_DRAFT},
        {SELLER,   "listing.submit",   ERR_OK, "",  LISTING_FILED},
        {SELLER,   "listing.submit",   NO_STEP,     LISTING_FILED},
        {OPERATOR, "listing.accept",   ERR_OK, "",  LISTING_LISTED},
        {OPERATOR, "listing.accept",   NO_STEP,     LISTING_LISTED},
        {FIRM,     "listing.withdraw", DENIED_STEP, LISTING_LISTED}, /* Public now. */
        {OFFICE,   "listing.withdraw", DENIED_STEP, LISTING_LISTED},
        {OPERATOR, "listing.enter_lot", DENIED_OP,  LISTING_LISTED},
        {CLOCK,    "listing.sell",     NO_STEP,     LISTING_LISTED},
        {CLOCK,    "listing.enter_lot", ERR_OK, "", LISTING_IN_LOT},
        {SELLER,   "listing.withdraw", NO_STEP,     LISTING_IN_LOT},
        {OPERATOR, "listing.withdraw", NO_STEP,     LISTING_IN_LOT},
        {CLOCK,    "listing.leave_lot", ERR_OK, "", LISTING_LISTED},
        {CLOCK,    "listing.enter_lot", ERR_OK, "", LISTING_IN_LOT},
        {CLOCK,    "listing.sell",     ERR_OK, "",  LISTING_SOLD},
        {SELLER,   "listing.withdraw", DENIED_STEP, LISTING_SOLD},
        {OPERATOR, "listing.withdraw", DENIED_STEP, LISTING_SOLD},
        {OPERATOR, "listing.return",   NO_STEP,     LISTING_SOLD},
        {OPERATOR, "listing.relist",   DENIED_OP,   LISTING_SOLD},
        {CLOCK,    "listing.relist",   ERR_OK, "",  LISTING_LISTED}, /* The deal came to nothing. */
        {CLOCK,    "listing.relist",   NO_STEP,     LISTING_LISTED},
    };
    // clang-format on
    walk(t, "listing", id, steps, COUNT(steps));
    same(house_last_fact(t).kind, "command.refused");
    static const int withdrawers[] = {SELLER, OPERATOR};
    static const char *const numbers[] = {"201810000001.X", "201810000002.8"};
    for (size_t i = 0; i < 2; i++) {
        i64 other = file_one(t, numbers[i]);
        HOUSE_OK(t, act(t, OPERATOR, "listing.accept", other));
        HOUSE_OK(t, act(t, withdrawers[i], "listing.withdraw", other));
        same(house_last_fact(t).kind, "listing.withdrawn");
        assert_int_equal(state_of(t, "listing", other), LISTING_WITHDRAWN);
    }
}

#define TERMS "\"mode\":\"ordinary\",\"price_fen\":5000000"

static Err file(TestHouse *t, const char *ids, Val **ret)
{
    return house_call(t, players[SELLER], "listing.file", ret, "{\"patent_ids\":[%s]," TERMS "}",
                      ids);
}

/* Patents 1 and 2 are the seller's, 3 is another office's, 4 the seller's and expired today. */
static void seed_patents(TestHouse *t)
{
    static const char *const numbers[] = {"201710601862.3", "201810000001.X", "201810000002.8",
                                          "201810000003.6"};
    for (size_t i = 0; i < COUNT(numbers); i++)
        assert_int_equal(seed_patent(t, i == 2 ? 2 : 1, numbers[i]), i + 1);
    Save s;
    Patent expired = patent(1, numbers[3], "", "一种薄膜");
    expired.expiry_date = 20260722;
    HOUSE_OK(t, save(t, expired, &s));
}

static void test_listing_file_wrong(void **state)
{
    TestHouse *t = *state;
    seed_patents(t);
    static const struct {
        int player;
        const char *json;
        Err want;
        const char *key;
    } cases[] = {
        {PUBLIC, "{\"patent_ids\":\"1\",\"mode\":\"assign\",\"price_fen\":1}", ERR_SIGN_IN,
         "command.sign_in"},
        {FIRM, "{\"patent_ids\":\"1\",\"mode\":\"assign\",\"price_fen\":1}", ERR_DENIED,
         "command.denied"},
        {OPERATOR, "{\"patent_ids\":\"1\",\"mode\":\"assign\",\"price_fen\":1}", ERR_DENIED,
         "command.denied"},
        {OFFICE, "{\"patent_ids\":\"1\",\"mode\":\"assign\",\"price_fen\":1}", ERR_DENIED,
         "registry.not_your_patent"},
        {SELLER, "{\"patent_ids\":\"1\",\"price_fen\":1}", ERR_INPUT, "field.required"},
        {SELLER, "{\"patent_ids\":\"1\",\"mode\":\"assign\",\"price_fen\":0}", ERR_INPUT,
         "field.required"},
        {SELLER, "{\"patent_ids\":\"1\",\"mode\":\"gift\",\"price_fen\":1}", ERR_INPUT,
         "field.code"},
        {SELLER, "{\"patent_ids\":\"1\",\"mode\":\"assign\",\"price_fen\":5,\"floor_fen\":6}",
         ERR_INPUT, "registry.floor_above_price"},
        {SELLER, "{\"patent_ids\":\"1,99\",\"mode\":\"assign\",\"price_fen\":5}", ERR_MISSING,
         "record.missing"},
        {SELLER, "{\"patent_ids\":\"1,1\",\"mode\":\"assign\",\"price_fen\":5}", ERR_CONFLICT,
         "registry.listed_already"},
        {SELLER, "{\"mode\":\"assign\",\"price_fen\":5}", ERR_INPUT, "command.none_chosen"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        HOUSE_REFUSED(
            t, house_call(t, players[cases[i].player], "listing.file", NULL, "%s", cases[i].json),
            cases[i].want, cases[i].key);
    }
    HOUSE_REFUSED(t, file(t, "1,3", NULL), ERR_DENIED, "registry.not_your_patent");
    HOUSE_REFUSED(t, file(t, "1,4", NULL), ERR_STATE, "registry.expired");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM listing"), 0); /* All of them or none. */
}

static void test_listing_file(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    Listing listing;
    seed_patents(t);
    Cx cx = house_cx(t, players[CLOCK]);
    HOUSE_OK(t, file(t, "1,2", &reply));
    assert_int_equal(val_count(val_get(reply, "ids")), 2);
    HOUSE_REFUSED(t, file(t, "2", NULL), ERR_CONFLICT, "registry.listed_already");
    HOUSE_OK(t, listing_of_patent(&cx, 1, &listing));
    i64 first = val_at(val_get(reply, "ids"), 0)->i;
    assert_int_equal(listing.id, first);
    same(listing.title, "一种薄膜");
    assert_int_equal(listing.price_fen, 5000000);
    const i64 patent_ids[] = {2, 0, 1, 3};
    Listing listings[COUNT(patent_ids)];
    HOUSE_OK(t, listings_of_patents(&cx, patent_ids, COUNT(patent_ids), listings));
    assert_int_equal(listings[0].patent_id, 2);
    assert_int_equal(listings[1].id, 0);
    assert_int_equal(listings[2].id, first);
    assert_int_equal(listings[3].id, 0);
    HOUSE_OK(t, act(t, SELLER, "listing.withdraw", first)); /* Taken back, it may be filed anew. */
    HOUSE_OK(t, listing_of_patent(&cx, 1, &listing));
    assert_int_equal(listing.id, 0);
    HOUSE_OK(t, file(t, "1", NULL));
}

/* A listing of patent 1 in this mode, accepted and sold; its id. */
static i64 sell_one(TestHouse *t, const char *mode)
{
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, players[SELLER], "listing.file", &reply,
                           "{\"patent_ids\":[1],\"mode\":\"%s\",\"price_fen\":5}", mode));
    i64 id = val_at(val_get(reply, "ids"), 0)->i;
    HOUSE_OK(t, act(t, OPERATOR, "listing.accept", id));
    HOUSE_OK(t, act(t, CLOCK, "listing.enter_lot", id));
    HOUSE_OK(t, act(t, CLOCK, "listing.sell", id));
    return id;
}

typedef struct Ending {
    i64 id, until_date;
} Ending;

static Err run_unsold(Cx *cx, void *arg)
{
    return listing_unsold(cx, ((Ending *)arg)->id);
}

static Err run_licensed(Cx *cx, void *arg)
{
    return listing_licensed(cx, ((Ending *)arg)->id, ((Ending *)arg)->until_date);
}

static Err end_sale(TestHouse *t, Err (*run)(Cx *cx, void *arg), i64 id, i64 until_date)
{
    Cx cx = house_cx(t, players[CLOCK]);
    Ending ending = {id, until_date};
    Err e = writer_run(t->house.writer, &cx, run, &ending);
    t->last = cx;
    return e;
}

/* What was sold bars the patent from being listed again as long as it shuts others out. */
static void test_listing_again(void **state)
{
    static const struct {
        const char *mode, *bar;
        i64 until_date; /* Today is 2026-07-22. */
    } cases[] = {
        {"ordinary", NULL, 0},
        {"pay_later", NULL, 0},
        {"exclusive", "registry.licensed_alone", 0},
        {"exclusive", "registry.licensed_alone", 20260722},
        {"exclusive", NULL, 20260721},
        {"sole", "registry.licensed_alone", 20270101},
        {"sole", NULL, 20260721},
        {"assign", "registry.sold_already", 0},
        {"equity", "registry.sold_already", 0},
        {"warrant", "registry.sold_already", 0},
    };
    TestHouse *t = *state;
    Val *reply = NULL;
    seed_patents(t);
    for (size_t i = 0; i < COUNT(cases); i++) {
        i64 id = sell_one(t, cases[i].mode);
        if (cases[i].until_date)
            HOUSE_OK(t, end_sale(t, run_licensed, id, cases[i].until_date));
        HOUSE_OK(t, house_call(t, players[SELLER], "patent.show", &reply, "{\"id\":1}"));
        assert_int_equal(val_get_bool(reply, "can_list"), cases[i].bar == NULL);
        assert_int_equal(val_get_int(val_get(reply, "listing"), "id"), id);
        if (cases[i].bar)
            HOUSE_REFUSED(t, file(t, "1", NULL), ERR_CONFLICT, cases[i].bar);
        HOUSE_OK(t, end_sale(t, run_unsold, id, 0)); /* The deal came to nothing. */
        assert_int_equal(state_of(t, "listing", id), LISTING_LISTED);
        same(house_last_fact(t).kind, "listing.relisted");
        HOUSE_REFUSED(t, file(t, "1", NULL), ERR_CONFLICT, "registry.listed_already");
        HOUSE_REFUSED(t, end_sale(t, run_unsold, id, 0), ERR_STATE, "flow.no_such_step");
        HOUSE_OK(t, act(t, SELLER, "listing.withdraw", id));
    }
}

/* A second licence is on offer when the deal of the first comes to nothing: one offer is enough. */
static void test_unsold_after_next(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    Listing listing;
    seed_patents(t);
    i64 first = sell_one(t, "ordinary");
    HOUSE_OK(t, file(t, "1", &reply));
    i64 second = val_at(val_get(reply, "ids"), 0)->i;
    Cx cx = house_cx(t, players[CLOCK]);
    HOUSE_OK(t, listing_of_patent(&cx, 1, &listing));
    assert_int_equal(listing.id, second); /* The one on offer goes before the one sold. */
    HOUSE_OK(t, listings_of_patents(&cx, &listing.patent_id, 1, &listing));
    assert_int_equal(listing.id, second);
    HOUSE_OK(t, end_sale(t, run_unsold, first, 0));
    assert_int_equal(state_of(t, "listing", first), LISTING_WITHDRAWN);
    assert_int_equal(state_of(t, "listing", second), LISTING_FILED);
}

/* Several at once: one that cannot, and none does. */
static void test_listing_many(void **state)
{
    TestHouse *t = *state;
    i64 one = file_one(t, "201710601862.3"), two = file_one(t, "201810000001.X");
    HOUSE_OK(t, act(t, OPERATOR, "listing.accept", two));
    HOUSE_REFUSED(t,
                  house_call(t, players[OPERATOR], "listing.accept", NULL, "{\"ids\":[%lld,%lld]}",
                             (long long)one, (long long)two),
                  ERR_STATE, "flow.no_such_step");
    assert_int_equal(state_of(t, "listing", one), LISTING_FILED);
    HOUSE_OK(t, house_call(t, players[SELLER], "listing.withdraw", NULL, "{\"ids\":[%lld,%lld]}",
                           (long long)one, (long long)two));
    assert_int_equal(state_of(t, "listing", one), LISTING_WITHDRAWN);
    assert_int_equal(state_of(t, "listing", two), LISTING_WITHDRAWN);
}

static void test_listing_seen(void **state)
{
    TestHouse *t = *state;
    i64 hidden = file_one(t, "201710601862.3"), open = file_one(t, "201810000001.X");
    HOUSE_OK(t, act(t, OPERATOR, "listing.accept", open));
    static const struct {
        int player;
        bool sees_filed, sees_floor, sees_phone;
    } cases[] = {
        {PUBLIC, false, false, false}, {FIRM, false, false, true},     {OFFICE, false, false, true},
        {ADMIN, false, false, false},  {AUDITOR, false, false, false}, {SELLER, true, true, true},
        {OPERATOR, true, true, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Val *reply = NULL;
        Actor who = players[cases[i].player];
        HOUSE_OK(t, house_call(t, who, "listing.list", &reply, "{}"));
        assert_int_equal(val_get_int(reply, "total"), cases[i].sees_filed ? 2 : 1);
        assert_int_equal(val_count(val_get(reply, "items")), cases[i].sees_filed ? 2 : 1);
        assert_int_equal(str_has(house_json(t, reply), S("3000000,")) ||
                             str_has(house_json(t, reply), S("\"floor_fen\":30000000")),
                         cases[i].sees_floor);
        HOUSE_OK(t, house_call(t, who, "listing.list", &reply, "{\"state\":\"filed\"}"));
        assert_int_equal(val_get_int(reply, "total"), cases[i].sees_filed ? 1 : 0);
        Err e = house_call(t, who, "listing.show", &reply, "{\"id\":%lld}", (long long)hidden);
        if (cases[i].sees_filed)
            HOUSE_OK(t, e);
        else
            HOUSE_REFUSED(t, e, ERR_MISSING, "record.missing");
        HOUSE_OK(t, house_call(t, who, "listing.show", &reply, "{\"id\":%lld}", (long long)open));
        const Val *row = val_get(reply, "listing");
        same(val_get_str(row, "org"), "单位1");
        assert_int_equal(val_get(row, "floor_fen") != NULL, cases[i].sees_floor);
        assert_int_equal(val_get(row, "phone") != NULL, cases[i].sees_phone);
        assert_int_equal(val_get_bool(reply, "can_open_lot"), cases[i].player == OPERATOR);
        assert_int_equal(val_count(val_get(reply, "acts")), cases[i].sees_filed ? 1 : 0);
        /* The patent's page and list show the listing's state no further. */
        HOUSE_OK(t, house_call(t, who, "patent.show", &reply, "{\"id\":1}"));
        assert_int_equal(val_get(reply, "listing") != NULL, cases[i].sees_filed);
        HOUSE_OK(t, house_call(t, who, "patent.list", &reply, "{\"number\":\"201710601862.3\"}"));
        assert_int_equal(val_get_int(reply, "total"), 1);
        same(val_get_str(val_at(val_get(reply, "items"), 0), "listing_state"),
             cases[i].sees_filed ? "filed" : "");
    }
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, players[PUBLIC], "patent.list", &reply, "{\"listed\":true}"));
    assert_int_equal(val_get_int(reply, "total"), 1);
    HOUSE_OK(t, house_call(t, players[SELLER], "listing.list", &reply, "{\"mine\":true}"));
    assert_int_equal(val_get_int(reply, "total"), 2);
    HOUSE_OK(t, house_call(t, players[FIRM], "listing.list", &reply, "{\"mine\":true}"));
    assert_int_equal(val_get_int(reply, "total"), 0);
}

/* ---- Needs ---- */

#define NEED_MORE                                                                                  \
    "\"cooperation\":[\"joint\"],\"field\":\"materials\",\"valid_until_date\":\"2026-12-31\""

static i64 post_need(TestHouse *t, const char *hidden)
{
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, players[FIRM], "need.post", &reply,
                           "{\"title\":\"寻找耐磨涂层\",\"problem\":\"SECRETPROBLEM "
                           "现有涂层寿命短\",\"params\":\"SECRETPARAMS 硬度\","
                           "\"amount_fen\":12345600,\"contact\":\"SECRETCONTACT\",\"phone\":"
                           "\"SECRETPHONE\",\"hidden\":[%s]," NEED_MORE "}",
                           hidden));
    return val_get_int(reply, "id");
}

static void test_need_flow(void **state)
{
    TestHouse *t = *state;
    i64 id = post_need(t, "");
    assert_int_equal(state_of(t, "need", id), NEED_FILED);
    // clang-format off
    const Step steps[] = {
        {PUBLIC,   "need.accept",   ERR_SIGN_IN, "command.sign_in", NEED_FILED},
        {FIRM,     "need.accept",   DENIED_OP,   NEED_FILED},
        {ADMIN,    "need.return",   DENIED_OP,   NEED_FILED},
        {RIVAL,    "need.withdraw", UNKNOWN,     NEED_FILED},
        {SELLER,   "need.match",    UNKNOWN,     NEED_FILED},
        {FIRM,     "need.match",    NO_STEP,     NEED_FILED},
        {OPERATOR, "need.withdraw", DENIED_STEP, NEED_FILED},
        {OPERATOR, "need.return",   ERR_OK, "",  NEED_RETURNED},
        {OPERATOR, "need.submit",   DENIED_STEP, NEED_RETURNED},
        {RIVAL,    "need.submit",   UNKNOWN,     NEED_RETURNED},
        {FIRM,     "need.submit",   ERR_OK, "",  NEED_FILED},
        {OPERATOR, "need.accept",   ERR_OK, "",  NEED_LISTED},
        {RIVAL,    "need.withdraw", DENIED_STEP, NEED_LISTED},
        {RIVAL,    "need.match",    DENIED_STEP, NEED_LISTED},
        {OPERATOR, "need.return",   NO_STEP,     NEED_LISTED},
        {FIRM,     "need.match",    ERR_OK, "",  NEED_MATCHED},
        {FIRM,     "need.withdraw", NO_STEP,     NEED_MATCHED},
    };
    // clang-format on
    walk(t, "need", id, steps, COUNT(steps));
    static const int enders[] = {FIRM, OPERATOR};
    for (size_t i = 0; i < 2; i++) {
        i64 other = post_need(t, "");
        HOUSE_OK(t, act(t, OPERATOR, "need.accept", other));
        HOUSE_OK(t, act(t, enders[i], "need.withdraw", other));
        same(house_last_fact(t).kind, "need.unpublished");
    }
}

static void test_need_wrong(void **state)
{
    TestHouse *t = *state;
    static const struct {
        int player;
        const char *json;
        Err want;
        const char *key;
    } cases[] = {
        {PUBLIC, "{}", ERR_SIGN_IN, "command.sign_in"},
        {SELLER, "{}", ERR_DENIED, "command.denied"},
        {OPERATOR, "{}", ERR_DENIED, "command.denied"},
        {FIRM, "{}", ERR_INPUT, "field.required"},
        {FIRM, "{\"title\":\"寻找涂层\",\"problem\":\"太短\",\"amount_fen\":1," NEED_MORE "}",
         ERR_INPUT, "field.short"},
        {FIRM,
         "{\"title\":\"寻找涂层\",\"problem\":\"一二三四五六七八九十\",\"amount_fen\":-1," NEED_MORE
         "}",
         ERR_INPUT, "field.negative"},
        {FIRM,
         "{\"title\":\"寻找涂层\",\"problem\":\"一二三四五六七八九十\",\"amount_fen\":1,"
         "\"cooperation\":\"joint\",\"field\":\"ai\",\"valid_until_date\":\"2026-07-21\"}",
         ERR_INPUT, "registry.date_past"},
        {FIRM, "{\"title\":\"寻找涂层\",\"hidden\":[\"title\"]," NEED_MORE "}", ERR_INPUT,
         "field.code"},
        {FIRM, "{\"state\":\"listed\"," NEED_MORE "}", ERR_INPUT,
         "field.unknown"}, /* What commands set is no input. */
        {FIRM, "{\"org_id\":1," NEED_MORE "}", ERR_INPUT, "field.unknown"},
        {FIRM, "{\"id\":1," NEED_MORE "}", ERR_INPUT, "field.unknown"},
        {FIRM, "{\"reason\":\"x\"," NEED_MORE "}", ERR_INPUT, "field.unknown"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        HOUSE_REFUSED(
            t, house_call(t, players[cases[i].player], "need.post", NULL, "%s", cases[i].json),
            cases[i].want, cases[i].key);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM need"), 0);
    Val *reply = NULL;
    HOUSE_OK(
        t, house_call(
               t, players[FIRM], "need.post", &reply, /* The last day counts. */
               "{\"title\":\"寻找涂层\",\"problem\":\"一二三四五六七八九十\",\"amount_fen\":1,"
               "\"cooperation\":\"joint\",\"field\":\"ai\",\"valid_until_date\":\"2026-07-22\"}"));
}

/* Whatever an op sends to a reader who may not see it, by any way: not one hidden word in it. */
static void test_need_hidden(void **state)
{
    TestHouse *t = *state;
    static const char *const secrets[] = {"SECRETPROBLEM", "SECRETPARAMS",  "12345600",   "单位3",
                                          "\"org_id\":3",  "SECRETCONTACT", "SECRETPHONE"};
    i64 id = post_need(t, "\"org_id\",\"problem\",\"params\",\"amount_fen\"");
    Val *reply = NULL;
    HOUSE_REFUSED(
        t, house_call(t, players[PUBLIC], "need.show", &reply, "{\"id\":%lld}", (long long)id),
        ERR_MISSING, "record.missing");
    HOUSE_OK(t, house_call(t, players[OPERATOR], "need.return", &reply,
                           "{\"ids\":[%lld],\"reason\":\"请补充\"}", (long long)id));
    HOUSE_OK(t, act(t, FIRM, "need.submit", id));
    HOUSE_OK(t, act(t, OPERATOR, "need.accept", id));
    static const struct {
        int player;
        bool sees;
    } cases[] = {{PUBLIC, false},  {RIVAL, false}, {SELLER, false}, {ADMIN, false},
                 {AUDITOR, false}, {FIRM, true},   {OPERATOR, true}};
    static const char *const questions[][2] = {{"need.show", "{\"id\":1}"},
                                               {"need.list", "{}"},
                                               {"need.list", "{\"field\":\"materials\"}"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t q = 0; q < COUNT(questions); q++) {
            HOUSE_OK(t, house_call(t, players[cases[i].player], questions[q][0], &reply, "%s",
                                   questions[q][1]));
            Str json = house_json(t, reply);
            assert_true(str_has(json, S("寻找耐磨涂层")));
            for (size_t s = 0; s < COUNT(secrets); s++)
                if (str_has(json, str_from(secrets[s])) != cases[i].sees)
                    fail_msg("%s by %d, '%s': %.*s", questions[q][0], cases[i].player, secrets[s],
                             STR_ARG(json));
        }
        HOUSE_OK(t, house_call(t, players[cases[i].player], "need.show", &reply, "{\"id\":1}"));
        assert_int_equal(val_count(val_get(reply, "history")) > 0, cases[i].sees);
        assert_int_equal(val_get_bool(reply, "mine"), cases[i].player == FIRM);
    }
}

static Need published_row(TestHouse *t, i64 id, Err want)
{
    Need row = {0};
    Cx cx = house_cx(t, players[PUBLIC]);
    assert_int_equal(record_load(&cx, &need_public_type, id, &row), want);
    return row;
}

static Err publish_old(Cx *cx, void *arg)
{
    const RecordType *const types[] = {&need_type, &need_public_type};
    (void)arg;
    return fact_publish_old(cx, types, COUNT(types));
}

/* What others read is a row that is made, changed and removed with the need. */
static void test_need_published(void **state)
{
    TestHouse *t = *state;
    i64 id = post_need(t, "\"org_id\",\"problem\"");
    published_row(t, id, ERR_MISSING);
    HOUSE_OK(t, act(t, OPERATOR, "need.accept", id));
    Fact fact = house_last_fact(t);
    same(fact.kind, "need.published");
    same(fact.table_name, "need_public");
    assert_int_equal(fact.row_id, id);
    Need row = published_row(t, id, ERR_OK);
    assert_int_equal(row.state, NEED_LISTED);
    assert_int_equal(row.org_id, 0);
    assert_int_equal(row.amount_fen, 12345600);
    same(row.title, "寻找耐磨涂层");
    same(row.params, "SECRETPARAMS 硬度");
    same(row.hidden, "org_id,problem");
    assert_int_equal(row.problem.len + row.contact.len + row.phone.len + row.reason.len, 0);
    HOUSE_OK(t, act(t, FIRM, "need.match", id));
    same(house_last_fact(t).kind, "need.republished");
    row = published_row(t, id, ERR_OK);
    assert_int_equal(row.state, NEED_MATCHED);
    assert_int_equal(row.rev, 2);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM need_public"), 1);
}

/* As an older program wrote them, which kept no published form. */
static Err add_old(Cx *cx, void *arg)
{
    static RecordType older;
    Need needs[] = {{.org_id = 3, .state = NEED_LISTED}, {.org_id = 3, .state = NEED_FILED}};
    Err e = ERR_OK;
    (void)arg;
    older = need_type;
    older.published = NULL;
    for (size_t i = 0; !e && i < COUNT(needs); i++) {
        needs[i].title = S("旧程序发布的需求");
        needs[i].problem = S("公开部分 [[SECRETPASSAGE]]");
        needs[i].hidden = S("org_id");
        e = fact_create(cx, &older, &needs[i], (FactNote){.kind = "need.posted"});
    }
    return e;
}

/* Its published needs get their rows, once. */
static void test_need_old(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, players[CLOCK]);
    HOUSE_OK(t, writer_run(t->house.writer, &cx, add_old, NULL));
    published_row(t, 1, ERR_MISSING);
    HOUSE_OK(t, writer_run(t->house.writer, &cx, publish_old, NULL));
    same(house_last_fact(t).kind, "need.published");
    Need row = published_row(t, 1, ERR_OK);
    assert_int_equal(row.org_id, 0);
    same(row.problem, "公开部分 ■■■");
    published_row(t, 2, ERR_MISSING);
    i64 facts = house_count(t, "SELECT COUNT(*) FROM fact");
    HOUSE_OK(t, writer_run(t->house.writer, &cx, publish_old, NULL));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact"), facts);
}

/* Only what is ticked is hidden; contact and phone are the other party's in any case. */
static void test_need_choice(void **state)
{
    TestHouse *t = *state;
    static const struct {
        const char *hidden, *field;
    } cases[] = {{"\"org_id\"", "org_id"},
                 {"\"problem\"", "problem"},
                 {"\"params\"", "params"},
                 {"\"amount_fen\"", "amount_fen"},
                 {"", ""}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        i64 id = post_need(t, cases[i].hidden);
        Val *reply = NULL;
        HOUSE_OK(t, act(t, OPERATOR, "need.accept", id));
        HOUSE_OK(
            t, house_call(t, players[PUBLIC], "need.show", &reply, "{\"id\":%lld}", (long long)id));
        const Val *need = val_get(reply, "need");
        for (size_t j = 0; j + 1 < COUNT(cases); j++)
            assert_int_equal(val_get(need, cases[j].field) == NULL, i == j);
        assert_int_equal(val_get(need, "org") == NULL, i == 0);
        assert_null(val_get(need, "phone"));
        assert_null(val_get(need, "hidden"));
        assert_null(val_get(need, "reason"));
    }
}

/* ---- Achievements ---- */

static void test_achievement(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    const char *json = "{\"title\":\"水稻新品种\",\"kind\":\"plant_variety\",\"field\":\"agri\","
                       "\"intro\":\"抗倒伏、早熟、产量高的水稻\"}";
    HOUSE_REFUSED(t, house_call(t, players[FIRM], "achievement.add", NULL, "%s", json), ERR_DENIED,
                  "command.denied");
    HOUSE_OK(t, house_call(t, players[SELLER], "achievement.add", &reply, "%s", json));
    assert_int_equal(val_get_int(reply, "id"), 1);
    HOUSE_OK(t, house_call(t, players[PUBLIC], "achievement.show", &reply, "{\"id\":1}"));
    same(val_get_str(val_get(reply, "achievement"), "org"), "单位1");
    HOUSE_OK(t, house_call(t, players[PUBLIC], "achievement.list", &reply, "{\"field\":\"agri\"}"));
    assert_int_equal(val_get_int(reply, "total"), 1);
    HOUSE_REFUSED(t,
                  house_call(t, players[OFFICE], "listing.file", NULL,
                             "{\"achievement_id\":1,\"mode\":\"assign\",\"price_fen\":5}"),
                  ERR_DENIED, "registry.not_your_patent");
    HOUSE_OK(t, house_call(t, players[SELLER], "listing.file", &reply,
                           "{\"achievement_id\":1,\"mode\":\"assign\",\"price_fen\":5}"));
    i64 id = val_at(val_get(reply, "ids"), 0)->i;
    HOUSE_OK(t, act(t, OPERATOR, "listing.accept", id));
    HOUSE_OK(
        t, house_call(t, players[PUBLIC], "listing.show", &reply, "{\"id\":%lld}", (long long)id));
    same(val_get_str(val_get(reply, "listing"), "title"), "水稻新品种");
    assert_null(val_get(reply, "patent"));
}

/* Every store call of a filing fails once: nothing of it is kept. */
static void test_faults(void **state)
{
    TestHouse *t = *state;
    i64 id = seed_patent(t, 1, "201710601862.3"),
        facts = house_count(t, "SELECT COUNT(*) FROM fact");
    for (int n = 0;; n++) {
        db_fault_arm(t->fault, n);
        Err e = house_call(t, players[SELLER], "listing.file", NULL,
                           "{\"patent_ids\":[%lld],\"mode\":\"assign\",\"price_fen\":5}",
                           (long long)id);
        bool fired = db_fault_fired(t->fault);
        db_fault_arm(t->fault, -1);
        assert_true(house_verify_log(t).ok);
        assert_int_equal(house_count(t, "SELECT COUNT(*) FROM listing"), fired ? 0 : 1);
        assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact"), fired ? facts : facts + 2);
        if (!fired) {
            HOUSE_OK(t, e);
            assert_true(n > 8);
            return;
        }
        HOUSE_REFUSED(t, e, ERR_STORE, "store.failed");
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_save),
        CASE(test_join),
        CASE(test_two_rows),
        CASE(test_listing_flow),
        CASE(test_listing_file_wrong),
        CASE(test_listing_file),
        CASE(test_listing_again),
        CASE(test_unsold_after_next),
        CASE(test_listing_many),
        CASE(test_listing_seen),
        CASE(test_need_flow),
        CASE(test_need_wrong),
        CASE(test_need_hidden),
        CASE(test_need_published),
        CASE(test_need_old),
        CASE(test_need_choice),
        CASE(test_achievement),
        CASE(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
