/* ident_test.c - signing in and staying so, accounts and their roles, units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/house_fixture.h"
#include "ident/ident_int.h"

static const Room *const rooms[] = {IDENT_ROOMS};
static const Actor nobody = {.via = VIA_WEB};
static const Actor shell = {.roles = WHO_LOCAL, .via = VIA_LOCAL};

#define MINUTES(n) ((i64)(n)*60 * 1000)

/* Unit 1 and account 1: "li.office" with the password below. */
#define PASSWORD "Correct horse"

static int setup(void **state)
{
    static TestHouse t;
    house_test_open(&t, rooms, COUNT(rooms));
    HOUSE_OK(&t, house_call(&t, shell, "org.add", NULL,
                            "{\"code\":\"12320000466007020X\",\"name\":\"南通大学\",\"kind\":"
                            "\"university\",\"phone\":\"0513-1\"}"));
    HOUSE_OK(
        &t,
        house_call(&t, shell, "account.add", NULL,
                   "{\"login\":\"li.office\",\"name\":\"李\",\"org_id\":1,\"password\":\"" PASSWORD
                   "\",\"roles\":[\"office\",\"inventor\"]}"));
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

static Err sign_in(TestHouse *t, const char *login, const char *password, Val **ret)
{
    return house_call(t, nobody, "session.open", ret, "{\"login\":\"%s\",\"password\":\"%s\"}",
                      login, password);
}

static Str token_of(TestHouse *t)
{
    Val *reply = NULL;
    HOUSE_OK(t, sign_in(t, "li.office", PASSWORD, &reply));
    return val_get_str(reply, "token");
}

static Err find(TestHouse *t, Str token, SignedIn *ret)
{
    Cx cx = house_cx(t, nobody);
    Err e = session_find(&cx, token, ret);
    t->last = cx;
    return e;
}

/* ---- Signing in ---- */

static void test_sign_in(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    SignedIn who;
    HOUSE_OK(t, sign_in(t, "li.office", PASSWORD, &reply));
    Str token = val_get_str(reply, "token");
    assert_int_equal(token.len, 2 * SESSION_TOKEN_BYTES);
    assert_int_equal(val_get_int(reply, "ends_ms"), HOUSE_NOW_MS + MINUTES(12 * 60));
    HOUSE_OK(t, find(t, token, &who));
    assert_int_equal(who.actor.account_id, 1);
    assert_int_equal(who.actor.org_id, 1);
    assert_int_equal(who.actor.roles, WHO_OFFICE | WHO_INVENTOR);
    same(who.login, "li.office");
    same(who.org_name, "南通大学");
    assert_true(str_same(who.csrf, val_get_str(reply, "csrf")));
    assert_true(who.csrf.len >= 32);
    /* The store holds neither the token nor the password. */
    assert_int_equal(
        house_count(t, "SELECT COUNT(*) FROM account WHERE password LIKE '$argon2id$%'"), 1);
    Cx cx = house_cx(t, nobody);
    i64 kept = 0;
    HOUSE_OK(t, DB_INT(&cx, &kept, 0, "SELECT COUNT(*) FROM session WHERE token_hash = ?1",
                       BIND_STR(token)));
    assert_int_equal(kept, 0);
    Fact fact = house_last_fact(t);
    same(fact.kind, "session.opened");
    assert_int_equal(fact.actor_id, 1);
    /* Another sign-in is another session; both hold. */
    Str second = token_of(t);
    assert_false(str_same(token, second));
    HOUSE_OK(t, find(t, token, &who));
    HOUSE_OK(t, find(t, second, &who));
    assert_int_equal(who.session_id, 2);
}

/* The same words for a wrong password and for a login that is not there. */
static void test_wrong(void **state)
{
    TestHouse *t = *state;
    static const char *const tries[][2] = {
        {"li.office", "wrong horse"},
        {"li.office", "correct horse"},
        {"nobody", PASSWORD},
        {"li.office ' OR 1=1", PASSWORD},
    };
    for (size_t i = 0; i < COUNT(tries); i++) {
        HOUSE_REFUSED(t, sign_in(t, tries[i][0], tries[i][1], NULL), ERR_INPUT,
                      "ident.wrong_password");
        same(t->last.err.field, "password");
        assert_false(str_has(house_json(t, err_val(&t->last)), str_from(tries[i][1])));
    }
    HOUSE_REFUSED(t, sign_in(t, "li.office", "", NULL), ERR_INPUT, "field.required");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM session"), 0);
    assert_int_equal(house_count(t, "SELECT tries FROM account"), 2);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact WHERE kind = 'session.refused'"), 2);
    token_of(t); /* The right one makes it good. */
    assert_int_equal(house_count(t, "SELECT tries FROM account"), 0);
}

static void test_lock(void **state)
{
    TestHouse *t = *state;
    for (int i = 0; i < 4; i++)
        HOUSE_REFUSED(t, sign_in(t, "li.office", "wrong", NULL), ERR_INPUT, "ident.wrong_password");
    token_of(t); /* Four of five are forgiven, and counted anew. */
    for (int i = 0; i < 5; i++)
        HOUSE_REFUSED(t, sign_in(t, "li.office", "wrong", NULL), ERR_INPUT, "ident.wrong_password");
    HOUSE_REFUSED(t, sign_in(t, "li.office", PASSWORD, NULL), ERR_LIMIT, "ident.locked");
    same(t->last.err.args[0], "2026-07-22 09:15");
    /* Whoever does not know the password learns nothing, not even that there is such a login. */
    HOUSE_REFUSED(t, sign_in(t, "li.office", "wrong", NULL), ERR_INPUT, "ident.wrong_password");
    t->clock.now_ms += MINUTES(15) - 1;
    HOUSE_REFUSED(t, sign_in(t, "li.office", PASSWORD, NULL), ERR_LIMIT, "ident.locked");
    t->clock.now_ms += 1;
    HOUSE_REFUSED(t, sign_in(t, "li.office", "wrong", NULL), ERR_INPUT, "ident.wrong_password");
    token_of(t);
}

/* ---- Sessions ---- */

static void test_idle(void **state)
{
    TestHouse *t = *state;
    SignedIn who;
    Str token = token_of(t);
    t->clock.now_ms += MINUTES(30) - 1;
    HOUSE_OK(t, find(t, token, &who));
    t->clock.now_ms += 1;
    HOUSE_REFUSED(t, find(t, token, &who), ERR_SIGN_IN, "ident.session_over");
}

static void test_seen_and_end(void **state)
{
    TestHouse *t = *state;
    SignedIn who;
    Str token = token_of(t);
    i64 end_ms = t->clock.now_ms + MINUTES(12 * 60), facts = 0;
    HOUSE_OK(t, find(t, token, &who));
    while (t->clock.now_ms + MINUTES(20) < end_ms) {
        t->clock.now_ms += MINUTES(20);
        HOUSE_OK(t, find(t, token, &who));
        HOUSE_OK(t, house_call(t, who.actor, "session.seen", NULL, "{\"session_id\":%lld}",
                               (long long)who.session_id));
        HOUSE_OK(t, find(t, token, &who));
        assert_int_equal(who.seen_ms, t->clock.now_ms);
    }
    facts = house_count(t, "SELECT COUNT(*) FROM fact");
    t->clock.now_ms += SESSION_SEEN_MS - 1; /* Seen a moment ago: not written again. */
    HOUSE_OK(t, house_call(t, who.actor, "session.seen", NULL, "{\"session_id\":%lld}",
                           (long long)who.session_id));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact"), facts);
    t->clock.now_ms = end_ms - 1;
    HOUSE_OK(t, find(t, token, &who));
    t->clock.now_ms = end_ms; /* However busy it was. */
    HOUSE_REFUSED(t, find(t, token, &who), ERR_SIGN_IN, "ident.session_over");
}

static void test_close(void **state)
{
    TestHouse *t = *state;
    SignedIn mine, other;
    Str token = token_of(t);
    HOUSE_OK(t, house_call(t, shell, "account.add", NULL,
                           "{\"login\":\"wang\",\"name\":\"王\",\"org_id\":1,\"password\":"
                           "\"Another one\",\"roles\":[\"firm\"]}"));
    Val *reply = NULL;
    HOUSE_OK(t, sign_in(t, "wang", "Another one", &reply));
    HOUSE_OK(t, find(t, token, &mine));
    HOUSE_OK(t, find(t, val_get_str(reply, "token"), &other));
    /* Somebody else's session is not to be found, closed or kept awake. */
    HOUSE_REFUSED(t,
                  house_call(t, other.actor, "session.close", NULL, "{\"session_id\":%lld}",
                             (long long)mine.session_id),
                  ERR_MISSING, "record.missing");
    HOUSE_REFUSED(t,
                  house_call(t, other.actor, "session.seen", NULL, "{\"session_id\":%lld}",
                             (long long)mine.session_id),
                  ERR_MISSING, "record.missing");
    HOUSE_OK(t, find(t, token, &mine));
    HOUSE_OK(t, house_call(t, mine.actor, "session.close", NULL, "{\"session_id\":%lld}",
                           (long long)mine.session_id));
    HOUSE_REFUSED(t, find(t, token, &mine), ERR_SIGN_IN, "ident.session_over");
    HOUSE_OK(t, house_call(t, mine.actor, "session.close", NULL, "{\"session_id\":%lld}",
                           (long long)mine.session_id));
    HOUSE_OK(t, find(t, val_get_str(reply, "token"), &other));
}

static void test_tokens(void **state)
{
    TestHouse *t = *state;
    SignedIn who = {.session_id = 77};
    Str token = token_of(t);
    char *bent = str_z(&t->arena, token);
    bent[0] = bent[0] == 'a' ? 'b' : 'a';
    HOUSE_REFUSED(t, find(t, str_from(bent), &who), ERR_SIGN_IN, "ident.session_over");
    HOUSE_REFUSED(t, find(t, S(""), &who), ERR_SIGN_IN, "command.sign_in");
    HOUSE_REFUSED(t, find(t, str_slice(token, 0, token.len - 1), &who), ERR_SIGN_IN,
                  "command.sign_in");
    Str hash = token_hash(&t->arena, token); /* What the store holds opens nothing. */
    assert_int_equal(hash.len, token.len);
    HOUSE_REFUSED(t, find(t, hash, &who), ERR_SIGN_IN, "ident.session_over");
    assert_int_equal(who.session_id, 77); /* A failed call leaves it alone. */
}

/* What changes on the account is felt by the sessions it has. */
static Err close_account(Cx *cx, void *arg)
{
    Account account = {0};
    Err e = record_load(cx, &account_type, *(i64 *)arg, &account);
    account.closed = 1;
    return e ? e : fact_change(cx, &account_type, &account, (FactNote){.kind = "account.closed"});
}

static Err end_grants(Cx *cx, void *arg)
{
    RoleGrant grant = {0};
    Err e = RECORD_FIND(cx, &role_grant_type, &grant, "WHERE role = ?1", BIND_STR(S("inventor")));
    grant.until_ms = *(i64 *)arg;
    return e ? e : fact_change(cx, &role_grant_type, &grant, (FactNote){.kind = "grant.ended"});
}

static Err grant_elsewhere(Cx *cx, void *arg)
{
    RoleGrant grant = {.account_id = 1, .org_id = *(i64 *)arg, .role = S("operator")};
    return fact_create(cx, &role_grant_type, &grant, (FactNote){.kind = "grant.added"});
}

/* A role for another unit is none in one's own, however its row came to be. */
static void test_where(void **state)
{
    TestHouse *t = *state;
    SignedIn who;
    Str token = token_of(t);
    i64 elsewhere = 99, own = 1;
    Cx cx = house_cx(t, shell);
    HOUSE_OK(t, writer_run(t->house.writer, &cx, grant_elsewhere, &elsewhere));
    HOUSE_OK(t, find(t, token, &who));
    assert_int_equal(who.actor.org_id, own);
    assert_int_equal(who.actor.roles, WHO_OFFICE | WHO_INVENTOR);
    HOUSE_OK(t, writer_run(t->house.writer, &cx, grant_elsewhere, &own));
    HOUSE_OK(t, find(t, token, &who));
    assert_int_equal(who.actor.roles, WHO_OFFICE | WHO_INVENTOR | WHO_OPERATOR);
}

static void test_account_ends(void **state)
{
    TestHouse *t = *state;
    SignedIn who;
    Actor actor;
    Str token = token_of(t);
    i64 until_ms = t->clock.now_ms + MINUTES(1), id = 1;
    Cx cx = house_cx(t, shell);
    HOUSE_OK(t, writer_run(t->house.writer, &cx, end_grants, &until_ms));
    HOUSE_OK(t, find(t, token, &who));
    assert_int_equal(who.actor.roles, WHO_OFFICE | WHO_INVENTOR);
    t->clock.now_ms = until_ms;
    HOUSE_OK(t, find(t, token, &who));
    assert_int_equal(who.actor.roles, WHO_OFFICE);
    HOUSE_OK(t, account_actor(&cx, S("li.office"), &actor));
    assert_int_equal(actor.roles, WHO_OFFICE);

    HOUSE_OK(t, writer_run(t->house.writer, &cx, close_account, &id));
    HOUSE_REFUSED(t, find(t, token, &who), ERR_SIGN_IN, "ident.session_over");
    HOUSE_REFUSED(t, sign_in(t, "li.office", PASSWORD, NULL), ERR_INPUT, "ident.wrong_password");
    assert_int_equal(account_actor(&cx, S("li.office"), &actor), ERR_MISSING);
}

/* ---- Accounts ---- */

static void test_roles_clash(void **state)
{
    TestHouse *t = *state;
    static const struct {
        const char *roles;
        bool fine;
    } cases[] = {
        {"[\"system\"]", true},
        {"[\"security\"]", true},
        {"[\"audit\"]", true},
        {"[\"system\",\"security\"]", false},
        {"[\"security\",\"audit\"]", false},
        {"[\"system\",\"audit\"]", false},
        {"[\"system\",\"operator\"]", false},
        {"[\"audit\",\"firm\"]", false},
        {"[\"operator\",\"expert\"]", true},
        {"\"firm\"", true},
        {"[\"system\",\"system\"]", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Err e = house_call(t, shell, "account.add", NULL,
                           "{\"login\":\"user%zu\",\"name\":\"张\",\"org_id\":1,\"password\":"
                           "\"Zebra-012345\",\"roles\":%s}",
                           i, cases[i].roles);
        if (cases[i].fine)
            HOUSE_OK(t, e);
        else
            HOUSE_REFUSED(t, e, ERR_INPUT, "ident.roles_clash");
    }
    /* A role named twice is held once. */
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM role_grant WHERE role = 'system'"), 2);
}

static void test_account_wrong(void **state)
{
    TestHouse *t = *state;
    static const struct {
        const char *json;
        Err err;
        const char *key;
    } cases[] = {
        {"{\"login\":\"li.office\",\"name\":\"张\",\"org_id\":1,\"password\":\"Zebra-012345\","
         "\"roles\":\"firm\"}",
         ERR_CONFLICT, "ident.login_there"},
        {"{\"login\":\"zhang\",\"name\":\"张\",\"org_id\":9,\"password\":\"Zebra-012345\","
         "\"roles\":"
         "\"firm\"}",
         ERR_MISSING, "record.missing"},
        {"{\"login\":\"zhang\",\"name\":\"张\",\"org_id\":1,\"password\":\"012345678\",\"roles\":"
         "\"firm\"}",
         ERR_INPUT, "ident.password_short"},
        {"{\"login\":\"zhang\",\"name\":\"张\",\"org_id\":1,\"password\":\"Zebra-012345\","
         "\"roles\":"
         "\"king\"}",
         ERR_INPUT, "field.code"},
        {"{\"login\":\"zh\",\"name\":\"张\",\"org_id\":1,\"password\":\"Zebra-012345\",\"roles\":"
         "\"firm\"}",
         ERR_INPUT, "field.short"},
        {"{\"login\":\"zhang\",\"name\":\"张\",\"org_id\":1,\"password\":\"Zebra-012345\"}",
         ERR_INPUT, "field.required"},
        {"{\"login\":\"zhang\",\"name\":\"张\",\"org_id\":1,\"encoded\":\"x\",\"password\":"
         "\"Zebra-012345\",\"roles\":\"firm\"}",
         ERR_INPUT, "field.unknown"},
    };
    i64 accounts = house_count(t, "SELECT COUNT(*) FROM account"),
        grants = house_count(t, "SELECT COUNT(*) FROM role_grant");
    for (size_t i = 0; i < COUNT(cases); i++)
        HOUSE_REFUSED(t, house_call(t, shell, "account.add", NULL, "%s", cases[i].json),
                      cases[i].err, cases[i].key);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM account"), accounts);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM role_grant"), grants);
}

static void test_account_who(void **state)
{
    TestHouse *t = *state;
    static const unsigned others[] = {WHO_OFFICE, WHO_FIRM,  WHO_OPERATOR,
                                      WHO_SYSTEM, WHO_AUDIT, WHO_DEPARTMENT};
    const char *json = "{\"login\":\"made\",\"name\":\"张\",\"org_id\":1,\"password\":"
                       "\"Zebra-012345\",\"roles\":\"firm\"}";
    HOUSE_REFUSED(t, house_call(t, nobody, "account.add", NULL, "%s", json), ERR_SIGN_IN,
                  "command.sign_in");
    for (size_t i = 0; i < COUNT(others); i++) {
        Actor actor = {.account_id = 9, .org_id = 1, .roles = others[i]};
        HOUSE_REFUSED(t, house_call(t, actor, "account.add", NULL, "%s", json), ERR_DENIED,
                      "command.denied");
    }
    HOUSE_OK(t, house_call(t, (Actor){.account_id = 9, .org_id = 1, .roles = WHO_SECURITY},
                           "account.add", NULL, "%s", json));
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, (Actor){.account_id = 1, .org_id = 1, .roles = WHO_OFFICE},
                           "account.show", &reply, "{}"));
    Str json_text = house_json(t, reply);
    assert_true(str_has(json_text, S("\"login\":\"li.office\"")));
    assert_false(str_has(json_text, S("argon2")));
    assert_false(str_has(json_text, S("\"password\"")));
    assert_false(str_has(json_text, S("password_old")));
    assert_false(str_has(json_text, S("totp_s")));
}

/* ---- Units ---- */

static Err ensure_unit(Cx *cx, void *arg)
{
    i64 *ids = arg;
    bool made[3];
    Err e = org_ensure(cx, S("12320000466007020X"), S("other name"), "firm", &ids[0], &made[0]);
    if (!e)
        e = org_ensure(cx, S("NEW"), S("新单位"), "firm", &ids[1], &made[1]);
    if (!e)
        e = org_ensure(cx, S("NEW"), S("x"), "firm", &ids[2], &made[2]);
    assert_false(made[0] || made[2]);
    assert_true(made[1]);
    return e;
}

/* A list of more rows than one statement takes, of two units, of none and of one that is not there.
 */
static void names_of_rows(TestHouse *t, Cx *cx, i64 new_id)
{
    const i64 ids[] = {1, new_id, 0, 99};
    static const char *const names[] = {"南通大学", "新单位", "", ""};
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < RECORD_IDS_MAX + 3; i++) {
        Val *row = val_map(cx->arena);
        val_set_int(cx->arena, row, "owner_id", ids[i % 4]);
        val_push(cx->arena, list, row);
    }
    HOUSE_OK(t, org_names_add(cx, list, "owner_id", "owner"));
    for (size_t i = 0; i < RECORD_IDS_MAX + 3; i++)
        same(val_get_str(val_at(list, i), "owner"), names[i % 4]);
}

static void test_units(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, shell);
    i64 ids[3] = {0};
    Str name;
    Val *reply = NULL;
    HOUSE_OK(t, writer_run(t->house.writer, &cx, ensure_unit, ids));
    assert_int_equal(ids[0], 1);
    assert_int_equal(ids[1], ids[2]);
    HOUSE_OK(t, org_name(&cx, 1, &name));
    same(name, "南通大学");
    HOUSE_OK(t, org_name(&cx, 99, &name));
    same(name, "");
    names_of_rows(t, &cx, ids[1]);
    HOUSE_REFUSED(t,
                  house_call(t, shell, "org.add", NULL,
                             "{\"code\":\"NEW\",\"name\":\"again\",\"kind\":\"firm\"}"),
                  ERR_CONFLICT, "ident.org_there");
    HOUSE_REFUSED(t,
                  house_call(t, nobody, "org.add", NULL,
                             "{\"code\":\"X\",\"name\":\"again\",\"kind\":\"firm\"}"),
                  ERR_SIGN_IN, "command.sign_in");
    static const struct {
        const char *query;
        i64 total;
    } cases[] = {{"{}", 2},
                 {"{\"q\":\"南通\"}", 1},
                 {"{\"q\":\"%\"}", 0},
                 {"{\"q\":\"_\"}", 0},
                 {"{\"kind\":\"firm\"}", 1},
                 {"{\"q\":\"通\",\"kind\":\"firm\"}", 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        HOUSE_OK(t, house_call(t, nobody, "org.list", &reply, "%s", cases[i].query));
        assert_int_equal(val_get_int(reply, "total"), cases[i].total);
        assert_int_equal(val_count(val_get(reply, "items")), cases[i].total);
    }
    HOUSE_OK(t, house_call(t, nobody, "org.show", &reply, "{\"id\":1}"));
    assert_null(val_get(val_get(reply, "org"), "phone")); /* For those who are signed in. */
    HOUSE_REFUSED(t, house_call(t, nobody, "org.show", &reply, "{\"id\":99}"), ERR_MISSING,
                  "record.missing");
}

static void test_role_bits(void **state)
{
    (void)state;
    unsigned all = 0;
    for (size_t i = 0; i < role_codes.count; i++) {
        unsigned bit = role_bit(str_from(role_codes.codes[i].code));
        assert_true(bit && (bit & (bit - 1)) == 0 && !(all & bit));
        all |= bit;
    }
    assert_int_equal(
        all & (WHO_LOCAL | WHO_CLOCK | WHO_OWNER | WHO_PARTY | WHO_SIGNED | WHO_PUBLIC), 0);
    assert_int_equal(role_bit(S("local")), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_sign_in),       CASE(test_wrong),
        CASE(test_lock),          CASE(test_idle),
        CASE(test_seen_and_end),  CASE(test_close),
        CASE(test_tokens),        CASE(test_account_ends),
        CASE(test_where),         CASE(test_roles_clash),
        CASE(test_account_wrong), CASE(test_account_who),
        CASE(test_units),         cmocka_unit_test(test_role_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
