/* registry_list_test.c - the lists: every page of them, under every filter, for every reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/house_fixture.h"
#include "registry/registry_int.h"

static const Room *const rooms[] = {IDENT_ROOMS, &registry_room};

enum { PUBLIC, SELLER, OFFICE, FIRM, OPERATOR, CLOCK, PLAYERS };
static const Actor players[PLAYERS] = {
    [PUBLIC] = {.via = VIA_WEB},
    [SELLER] = {1, 1, WHO_OFFICE, VIA_WEB},
    [OFFICE] = {2, 2, WHO_OFFICE, VIA_WEB},
    [FIRM] = {3, 3, WHO_FIRM, VIA_WEB},
    [OPERATOR] = {4, 4, WHO_OPERATOR, VIA_WEB},
    [CLOCK] = {0, 0, WHO_CLOCK, VIA_SYSTEM},
};

enum { UNITS = 4, PATENTS = 67 }; /* Three full pages and a bit. */

/* Patent n is the seller's when n is odd, its kind and field go round. */
static const char *const kinds[] = {"INV", "UM", "DES"};
static const char *const fields[] = {"agri", "ict", "materials", "biomed", "newenergy"};

static Err add_all(Cx *cx, void *arg)
{
    (void)arg;
    Err e = ERR_OK;
    for (int i = 1; !e && i <= UNITS; i++) {
        Org org = {.code = str_format(cx->arena, "C%d", i),
                   .name = str_format(cx->arena, "Unit %d", i),
                   .kind = S("other")};
        e = fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
    }
    for (int n = 1; !e && n <= PATENTS; n++) {
        Patent patent = {.org_id = n % 2 ? 1 : 2,
                         .title = str_format(cx->arena, "Patent %d", n),
                         .kind = str_from(kinds[n % 3]),
                         .field = str_from(fields[n % 5])};
        e = fact_create(cx, &patent_type, &patent, (FactNote){.kind = "patent.imported"});
    }
    return e;
}

static int setup(void **state)
{
    static TestHouse t;
    house_test_open(&t, rooms, COUNT(rooms));
    Cx cx = house_cx(&t, players[CLOCK]);
    HOUSE_OK(&t, writer_run(t.house.writer, &cx, add_all, NULL));
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

static Val *ask(TestHouse *t, int player, const char *op, const char *filter, i64 page)
{
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, players[player], op, &reply, "{%s%s\"page\":%lld}", filter,
                           filter[0] ? "," : "", (long long)page));
    return reply;
}

/* The ids on all pages of a list, in order. Each page but the last is full, and says the total. */
static size_t ids_of(TestHouse *t, int player, const char *op, const char *filter, i64 ids[PATENTS])
{
    size_t count = 0;
    for (i64 page = 1;; page++) {
        Val *reply = ask(t, player, op, filter, page), *items = val_get(reply, "items");
        size_t left = (size_t)val_get_int(reply, "total") - count;
        assert_int_equal(val_count(items), left < PAGE_SIZE ? left : PAGE_SIZE);
        assert_int_equal(val_get_int(reply, "page"), page);
        for (size_t i = 0; i < val_count(items); i++)
            ids[count++] = val_get_int(val_at(items, i), "id");
        if (left <= PAGE_SIZE)
            break;
    }
    return count;
}

/* ---- Patents ---- */

static void test_patents(void **state)
{
    TestHouse *t = *state;
    static const struct {
        int player;
        const char *filter;
        int owner, kind, field; /* Of those wanted; -1 for any. The owner by n % 2. */
    } cases[] = {
        {PUBLIC, "", -1, -1, -1},
        {PUBLIC, "\"kind\":\"INV\"", -1, 0, -1},
        {PUBLIC, "\"field\":\"ict\"", -1, -1, 1},
        {PUBLIC, "\"kind\":\"UM\",\"field\":\"agri\"", -1, 1, 0},
        {PUBLIC, "\"org_id\":2", 0, -1, -1},
        {SELLER, "\"mine\":true", 1, -1, -1},
        {OFFICE, "\"mine\":true,\"kind\":\"DES\",\"field\":\"newenergy\"", 0, 2, 4},
    };
    for (size_t c = 0; c < COUNT(cases); c++) {
        i64 ids[PATENTS];
        size_t count = ids_of(t, cases[c].player, "patent.list", cases[c].filter, ids), at = 0;
        for (i64 n = PATENTS; n > 0; n--) { /* The newest first. */
            bool wanted = (cases[c].owner < 0 || n % 2 == cases[c].owner) &&
                          (cases[c].kind < 0 || n % 3 == cases[c].kind) &&
                          (cases[c].field < 0 || n % 5 == cases[c].field);
            if (wanted && (at == count || ids[at++] != n))
                fail_msg("{%s}: patent %lld is not where it belongs", cases[c].filter,
                         (long long)n);
        }
        assert_int_equal(at, count);
    }
    assert_int_equal(val_count(val_get(ask(t, PUBLIC, "patent.list", "", 9), "items")), 0);
    Val *items = val_get(ask(t, PUBLIC, "patent.list", "", 1), "items");
    same(val_get_str(val_at(items, 0), "org"), "Unit 1");
    same(val_get_str(val_at(items, 1), "org"), "Unit 2");
}

static void step(TestHouse *t, const Actor actor, const char *op, i64 id)
{
    HOUSE_OK(t, house_call(t, actor, op, NULL, "{\"ids\":[%lld]}", (long long)id));
}

/* The owner lists the patent; the operator's step and the owner's own after it may be left out. */
static i64 list(TestHouse *t, i64 patent_id, const char *operators, const char *owners)
{
    Val *reply = NULL;
    const Actor owner = players[patent_id % 2 ? SELLER : OFFICE];
    HOUSE_OK(t, house_call(t, owner, "listing.file", &reply,
                           "{\"patent_ids\":[%lld],\"mode\":\"ordinary\",\"price_fen\":5}",
                           (long long)patent_id));
    i64 id = val_at(val_get(reply, "ids"), 0)->i;
    if (operators)
        step(t, players[OPERATOR], operators, id);
    if (owners)
        step(t, owner, owners, id);
    return id;
}

/* Licensed, so that it may be listed once more. */
static void sell(TestHouse *t, i64 patent_id)
{
    i64 id = list(t, patent_id, "listing.accept", NULL);
    step(t, players[CLOCK], "listing.enter_lot", id);
    step(t, players[CLOCK], "listing.sell", id);
}

/* The same state as the patent's own page has it. */
static void same_as_shown(TestHouse *t, int player, const Val *item)
{
    Val *reply = NULL;
    i64 id = val_get_int(item, "id");
    HOUSE_OK(t,
             house_call(t, players[player], "patent.show", &reply, "{\"id\":%lld}", (long long)id));
    Str shown = val_get_str(val_get(reply, "listing"), "state");
    Str listed = val_get_str(item, "listing_state");
    if (!str_same(listed, shown))
        fail_msg("player %d, patent %lld: '%.*s' in the list, '%.*s' on its page", player,
                 (long long)id, STR_ARG(listed), STR_ARG(shown));
}

/* What is not public is for its owner and the operator. */
static void test_listing_states(void **state)
{
    TestHouse *t = *state;
    list(t, 1, NULL, NULL);
    list(t, 2, "listing.accept", NULL);
    list(t, 3, "listing.accept", "listing.withdraw");
    list(t, 4, "listing.return", NULL);
    sell(t, 5);
    sell(t, 6);
    list(t, 6, "listing.accept", NULL);
    sell(t, 7);
    list(t, 7, NULL, NULL);
    list(t, 67, NULL, NULL);
    HOUSE_OK(t, house_call(t, players[SELLER], "achievement.add", NULL,
                           "{\"title\":\"Film software\",\"kind\":\"software\",\"field\":\"ict\","
                           "\"intro\":\"It computes the stress of films.\"}"));
    HOUSE_OK(t, house_call(t, players[SELLER], "listing.file", NULL, /* Of no patent. */
                           "{\"achievement_id\":1,\"mode\":\"assign\",\"price_fen\":5}"));
    static const struct {
        int player;
        const char *states[8]; /* Of patents 1 to 7 and 67. */
    } cases[] = {
        {PUBLIC, {"", "listed", "", "", "sold", "listed", "", ""}},
        {FIRM, {"", "listed", "", "", "sold", "listed", "", ""}},
        {SELLER, {"filed", "listed", "", "", "sold", "listed", "filed", "filed"}},
        {OFFICE, {"", "listed", "", "draft", "sold", "listed", "", ""}},
        {OPERATOR, {"filed", "listed", "", "draft", "sold", "listed", "filed", "filed"}},
    };
    for (size_t c = 0; c < COUNT(cases); c++) {
        Val *last = val_get(ask(t, cases[c].player, "patent.list", "", 4), "items");
        Val *first = val_get(ask(t, cases[c].player, "patent.list", "", 1), "items");
        for (size_t i = 0; i < 7; i++) {
            same(val_get_str(val_at(last, 6 - i), "listing_state"), cases[c].states[i]);
            same_as_shown(t, cases[c].player, val_at(last, 6 - i));
        }
        same(val_get_str(val_at(first, 0), "listing_state"), cases[c].states[7]);
        same(val_get_str(val_at(first, 1), "listing_state"), "");
    }
    i64 ids[PATENTS];
    assert_int_equal(ids_of(t, PUBLIC, "patent.list", "\"listed\":true", ids), 2);
    assert_int_equal(ids[0], 6);
    assert_int_equal(ids[1], 2);
}

/* Chosen by id: all of them at once in the order given, twice when asked twice. */
static void test_chosen(void **state)
{
    TestHouse *t = *state;
    list(t, 2, "listing.accept", NULL);
    Buf refs = buf_new(&t->arena);
    for (int n = 1; n <= 30; n++)
        buf_format(&refs, "%d,", n);
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, players[PUBLIC], "patent.list", &reply, "{\"ids\":\"%.*s2,999,2\"}",
                           STR_ARG(buf_str(&refs))));
    Val *items = val_get(reply, "items");
    assert_int_equal(val_count(items), 32);
    for (size_t i = 0; i < 32; i++) {
        Val *item = val_at(items, i);
        assert_int_equal(val_get_int(item, "id"), i < 30 ? i + 1 : 2);
        same(val_get_str(item, "listing_state"), val_get_int(item, "id") == 2 ? "listed" : "");
    }
}

/* ---- Listings and needs: those changed last come first ---- */

static void test_listings(void **state)
{
    TestHouse *t = *state;
    for (i64 n = 1; n <= 45; n++) {
        t->clock.now_ms += 1000;
        list(t, n, n % 3 ? "listing.accept" : NULL, NULL);
    }
    i64 ids[PATENTS];
    assert_int_equal(ids_of(t, PUBLIC, "listing.list", "", ids), 30);
    assert_int_equal(ids[0], 44);
    assert_int_equal(ids[29], 1);
    assert_int_equal(ids_of(t, OPERATOR, "listing.list", "", ids), 45);
    assert_int_equal(ids_of(t, OPERATOR, "listing.list", "\"state\":\"filed\"", ids), 15);
    assert_int_equal(ids_of(t, SELLER, "listing.list", "", ids), 38);
    assert_int_equal(ids_of(t, SELLER, "listing.list", "\"mine\":true", ids), 23);
    assert_int_equal(ids_of(t, PUBLIC, "listing.list", "\"org_id\":2", ids), 15);
    assert_int_equal(ids_of(t, PUBLIC, "listing.list", "\"field\":\"ict\"", ids), 6);
    assert_int_equal(ids_of(t, PUBLIC, "listing.list", "\"kind\":\"equity\"", ids), 0);
    t->clock.now_ms += 1000;
    HOUSE_OK(t, house_call(t, players[OPERATOR], "listing.accept", NULL, "{\"ids\":[3]}"));
    assert_int_equal(ids_of(t, PUBLIC, "listing.list", "", ids), 31);
    assert_int_equal(ids[0], 3);
}

static void test_needs(void **state)
{
    TestHouse *t = *state;
    for (i64 n = 1; n <= 25; n++) {
        t->clock.now_ms += 1000;
        HOUSE_OK(t, house_call(t, players[FIRM], "need.post", NULL,
                               "{\"title\":\"Better film\",\"problem\":\"It tears and it tears\","
                               "\"amount_fen\":1,\"cooperation\":\"joint\",\"field\":\"%s\","
                               "\"hidden\":[\"org_id\"],\"valid_until_date\":\"2027-01-01\"}",
                               fields[n % 2]));
    }
    HOUSE_OK(t, house_call(t, players[OPERATOR], "need.accept", NULL, "{\"ids\":[2,4,5]}"));
    i64 ids[PATENTS];
    assert_int_equal(ids_of(t, PUBLIC, "need.list", "", ids), 3);
    assert_int_equal(ids_of(t, SELLER, "need.list", "\"field\":\"ict\"", ids), 1);
    assert_int_equal(ids_of(t, FIRM, "need.list", "\"mine\":true", ids), 25);
    assert_int_equal(ids_of(t, OPERATOR, "need.list", "\"state\":\"filed\"", ids), 22);
    /* Whose it is stays hidden: it cannot be found out by asking for a unit's needs. */
    assert_int_equal(ids_of(t, PUBLIC, "need.list", "\"org_id\":1", ids), 3);
    Val *item = val_at(val_get(ask(t, PUBLIC, "need.list", "", 1), "items"), 0);
    same(val_get_str(item, "org"), "");
}

/* With less to read no more is told: what the owner hides stays hidden, and is named as hidden. */
static void test_brief(void **state)
{
    TestHouse *t = *state;
    HOUSE_OK(t, house_call(t, players[FIRM], "need.post", NULL,
                           "{\"title\":\"Better film\",\"problem\":\"It tears and it tears\","
                           "\"amount_fen\":7,\"cooperation\":\"joint\",\"field\":\"ict\","
                           "\"hidden\":[\"org_id\",\"amount_fen\"],"
                           "\"valid_until_date\":\"2027-01-01\"}"));
    step(t, players[OPERATOR], "need.accept", 1);
    static const struct {
        int player;
        const char *op;
        const char *there, *gone; /* Fields of the first row. */
        const char *hidden;       /* Named as hidden; NULL for none. */
    } cases[] = {
        {PUBLIC, "patent.list", "title", "abstract", NULL},
        {PUBLIC, "patent.list", "pubno", "inventors", NULL},
        {PUBLIC, "need.list", "field", "problem", "org_id"},
        {SELLER, "need.list", "title", "org_id", "amount_fen"},
        {PUBLIC, "need.list", "valid_until_date", "amount_fen", "amount_fen"},
        {FIRM, "need.list", "org_id", "problem", NULL},
        {OPERATOR, "need.list", "amount_fen", "contact", NULL},
    };
    for (size_t c = 0; c < COUNT(cases); c++) {
        Val *brief = ask(t, cases[c].player, cases[c].op, "\"brief\":true", 1);
        Val *whole = ask(t, cases[c].player, cases[c].op, "", 1);
        const Val *row = val_at(val_get(brief, "items"), 0),
                  *all = val_at(val_get(whole, "items"), 0);
        assert_int_equal(val_get_int(brief, "total"), val_get_int(whole, "total"));
        assert_non_null(val_get(row, cases[c].there));
        assert_null(val_get(row, cases[c].gone));
        for (size_t i = 0; i < val_count(row); i++) /* The rest is as it is in the whole row. */
            if (!str_same(row->list.items[i].key, S("_hidden")) &&
                !str_same(house_json(t, row->list.items[i].val),
                          house_json(t, val_get_key(all, row->list.items[i].key))))
                fail_msg("%s by %d: %.*s", cases[c].op, cases[c].player,
                         STR_ARG(row->list.items[i].key));
        bool named = cases[c].hidden &&
                     str_has(house_json(t, val_get(row, "_hidden")), str_from(cases[c].hidden));
        assert_int_equal(named, cases[c].hidden != NULL);
    }
}

static void test_achievements(void **state)
{
    TestHouse *t = *state;
    static const char *const sorts[] = {"software", "secret"};
    for (int n = 1; n <= 41; n++)
        HOUSE_OK(t, house_call(t, players[n % 4 ? SELLER : OFFICE], "achievement.add", NULL,
                               "{\"title\":\"Work %d\",\"kind\":\"%s\",\"field\":\"%s\","
                               "\"intro\":\"It computes the stress of films.\"}",
                               n, sorts[n % 2], fields[n % 5]));
    i64 ids[PATENTS];
    assert_int_equal(ids_of(t, PUBLIC, "achievement.list", "", ids), 41);
    assert_int_equal(ids[0], 41);
    assert_int_equal(ids[40], 1);
    assert_int_equal(ids_of(t, PUBLIC, "achievement.list", "\"kind\":\"secret\"", ids), 21);
    assert_int_equal(ids_of(t, PUBLIC, "achievement.list", "\"field\":\"ict\"", ids), 9);
    assert_int_equal(ids_of(t, OFFICE, "achievement.list", "\"mine\":true", ids), 10);
    assert_int_equal(ids_of(t, PUBLIC, "achievement.list", "\"org_id\":1", ids), 31);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_patents), CASE(test_listing_states), CASE(test_chosen), CASE(test_listings),
        CASE(test_needs),   CASE(test_achievements),   CASE(test_brief),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
