/* token_test.c - tokens of the API: who gets one, what it may do, and when it stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/house_fixture.h"
#include "ident/ident_int.h"
#include "ident/token.h"

#define HOUR_MS ((i64)3600 * 1000)
#define DAY_MS  (24 * HOUR_MS)

/* ---- ops of each kind, to try scopes on ---- */

static Err nothing_run(Cx *cx, const void *arg, Val **ret)
{
    (void)arg;
    *ret = val_map(cx->arena);
    return ERR_OK;
}

typedef struct CodeIn {
    Str second_code;
} CodeIn;

static const Field code_fields[] = {
    {AT(CodeIn, second_code), F_SECRET, "动态码", "Code", 0, SEE_NOBODY, NULL, .max = 20},
};

// clang-format off
static const Op try_ops[] = {
    {"try.read",   "查", "Read",   OP_READ,  0,         WHO_SIGNED, OP_IN_NONE, NULL, nothing_run, NULL, NULL},
    {"try.write",  "写", "Write",  OP_WRITE, 0,         WHO_SIGNED, OP_IN_NONE, NULL, nothing_run, NULL, NULL},
    {"try.second", "双", "Second", OP_WRITE, OP_SECOND, WHO_SIGNED, OP_IN_NONE, NULL, nothing_run, NULL, NULL},
    {"try.reads",  "密", "Reads",  OP_READ,  OP_SECOND, WHO_SIGNED, OP_IN_NONE, NULL, nothing_run, NULL, NULL},
    {"try.sign",   "签", "Sign",   OP_WRITE, OP_SIGN,   WHO_SIGNED, OP_IN(CodeIn, code_fields), NULL, nothing_run, NULL, NULL},
    {"try.two",    "复", "Two",    OP_WRITE, OP_TWO,    WHO_SIGNED, OP_IN_NONE, NULL, nothing_run, NULL, NULL},
};
// clang-format on
static const Room try_room = {.name = "try", .ops = try_ops, .op_count = COUNT(try_ops)};

static const Room *const rooms[] = {IDENT_ROOMS, &try_room};
static const Actor shell = {.roles = WHO_LOCAL, .via = VIA_LOCAL};
static const Actor own = {.roles = WHO_CLOCK, .via = VIA_SYSTEM};

static int setup(void **state)
{
    static TestHouse t;
    static const char *const people[][2] = {
        {"east", "office,inventor"}, {"west", "office"}, {"guard", "security"}};
    house_test_open(&t, rooms, COUNT(rooms));
    t.house.hooks.gate = access_gate;
    HOUSE_OK(&t, house_call(&t, shell, "org.add", NULL,
                            "{\"code\":\"12320000466007020X\",\"name\":\"南通大学\",\"kind\":"
                            "\"university\"}"));
    for (size_t i = 0; i < COUNT(people); i++)
        HOUSE_OK(&t, house_call(&t, shell, "account.add", NULL,
                                "{\"login\":\"%s\",\"name\":\"李\",\"org_id\":1,\"password\":"
                                "\"Four small Words 1\",\"roles\":\"%s\"}",
                                people[i][0], people[i][1]));
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    house_test_close(*state);
    return 0;
}

/* An account in a browser, its second factor proved just now. */
static Actor at_desk(TestHouse *t, i64 id)
{
    Actor actor = {0};
    Cx cx = house_cx(t, shell);
    HOUSE_OK(t, account_actor_by_id(&cx, id, &actor));
    actor.via = VIA_WEB;
    actor.second_ms = t->clock.now_ms;
    return actor;
}

static Err make(TestHouse *t, Actor actor, const char *scope, Val **ret)
{
    return house_call(t, actor, "token.make", ret,
                      "{\"name\":\"sync\",\"scope\":\"%s\",\"days\":30}", scope);
}

static Str made(TestHouse *t, Actor actor, const char *scope)
{
    Val *reply;
    HOUSE_OK(t, make(t, actor, scope, &reply));
    return val_get_str(reply, "token");
}

static Err find(TestHouse *t, Str token, SignedIn *ret, bool *ret_stale)
{
    Cx cx = house_cx(t, (Actor){.via = VIA_API});
    Err e = token_find(&cx, token, ret, ret_stale);
    t->last = cx;
    return e;
}

/* Who acts with this token, or why nobody does. */
static Actor by_token(TestHouse *t, Str token)
{
    SignedIn who = {0};
    bool stale;
    HOUSE_OK(t, find(t, token, &who, &stale));
    who.actor.via = VIA_API;
    return who.actor;
}

static void is_dead(TestHouse *t, Str token)
{
    SignedIn who = {0};
    bool stale;
    HOUSE_REFUSED(t, find(t, token, &who, &stale), ERR_SIGN_IN, "token.not_live");
    assert_int_equal(who.actor.account_id, 0);
}

static void test_make(void **state)
{
    TestHouse *t = *state;
    Actor east = at_desk(t, 1);
    Val *reply, *list;
    SignedIn who = {0};
    bool stale = false;
    HOUSE_OK(t, house_call(t, east, "token.make", &reply,
                           "{\"name\":\"nightly sync\",\"scope\":[\"read\",\"write\"]}"));
    Str token = val_get_str(reply, "token");
    assert_true(str_starts(token, S("tb_")) && token.len == 3 + 2 * TOKEN_BYTES);
    assert_int_equal(val_get_int(reply, "expires_ms"), HOUSE_NOW_MS + TOKEN_DAYS * DAY_MS);
    assert_true(str_same_z(house_last_fact(t).kind, "token.made"));
    HOUSE_OK(t, find(t, token, &who, &stale));
    assert_true(stale);
    assert_int_equal(who.actor.account_id, 1);
    assert_int_equal(who.actor.roles, WHO_OFFICE | WHO_INVENTOR);
    assert_int_equal(who.actor.scope, SCOPE_READ | SCOPE_WRITE);
    assert_true(who.actor.token_id == 1 && !who.session_id && !who.actor.half);
    /* Neither the store nor a list has it. */
    Cx cx = house_cx(t, shell);
    i64 kept = 0;
    HOUSE_OK(t, DB_INT(&cx, &kept, 0, "SELECT COUNT(*) FROM api_token WHERE hash = ?1 OR name = ?1",
                       BIND_STR(token)));
    assert_int_equal(kept, 0);
    HOUSE_OK(t, house_call(t, east, "token.list", &list, "{}"));
    assert_false(str_has(house_json(t, list), str_slice(token, 3, 20)));
    assert_false(str_has(house_json(t, list), S("hash\":")));
    assert_true(str_has(house_json(t, list), S("\"state\":\"live\"")));
}

static void test_not_made(void **state)
{
    TestHouse *t = *state;
    Actor east = at_desk(t, 1), old = east, guard = at_desk(t, 3);
    old.second_ms = t->clock.now_ms - 5 * HOUR_MS;
    HOUSE_REFUSED(t, make(t, old, "read", NULL), ERR_SECOND, "ident.second_wanted");
    old.second_ms = 0;
    HOUSE_REFUSED(t, make(t, old, "read", NULL), ERR_SECOND, "ident.second_wanted");
    HOUSE_REFUSED(t, make(t, (Actor){.via = VIA_WEB}, "read", NULL), ERR_SIGN_IN,
                  "command.sign_in");
    HOUSE_REFUSED(t, make(t, shell, "read", NULL), ERR_SIGN_IN, "command.sign_in");
    HOUSE_REFUSED(t, make(t, east, "all", NULL), ERR_INPUT, "field.code");
    HOUSE_REFUSED(t, make(t, east, "", NULL), ERR_INPUT, "field.required");
    HOUSE_REFUSED(t, make(t, guard, "read,second", NULL), ERR_DENIED, "token.not_for_admins");
    HOUSE_OK(t, make(t, guard, "read,write", NULL));
    static const int days[] = {366, 3650, -1};
    for (size_t i = 0; i < COUNT(days); i++)
        assert_int_equal(house_call(t, east, "token.make", NULL,
                                    "{\"name\":\"sync\",\"scope\":\"read\",\"days\":%d}", days[i]),
                         ERR_INPUT);
    HOUSE_OK(t, house_call(t, east, "token.make", NULL,
                           "{\"name\":\"sync\",\"scope\":\"read\",\"days\":365}"));
    for (int i = 1; i < TOKENS_MAX; i++)
        HOUSE_OK(t, make(t, east, "read", NULL));
    HOUSE_REFUSED(t, make(t, east, "read", NULL), ERR_LIMIT, "token.too_many");
    HOUSE_OK(t, make(t, at_desk(t, 2), "read", NULL));
}

/* A code of this account's second factor that has not been used. */
static Str code_now(TestHouse *t, i64 id)
{
    Str code;
    Cx cx = house_cx(t, shell);
    t->settings.second_factor_demo = 1;
    HOUSE_OK(t, second_code_now(&cx, id, &code));
    return code;
}

static void test_second_scope(void **state)
{
    TestHouse *t = *state;
    Actor east = at_desk(t, 1);
    Val *reply;
    HOUSE_OK(t, house_call(t, east, "second.begin", NULL, "{}"));
    HOUSE_OK(t, house_call(t, east, "second.confirm", NULL, "{\"second_code\":\"%.*s\"}",
                           STR_ARG(code_now(t, 1))));
    HOUSE_REFUSED(t, make(t, east, "write,second", NULL), ERR_INPUT, "token.code_wanted");
    HOUSE_REFUSED(t,
                  house_call(t, east, "token.make", NULL,
                             "{\"name\":\"sync\",\"scope\":\"write,second\",\"second_code\":"
                             "\"1\"}"),
                  ERR_INPUT, "ident.wrong_code");
    t->clock.now_ms += 60 * 1000;
    Str code = code_now(t, 1);
    HOUSE_OK(t, house_call(t, east, "token.make", &reply,
                           "{\"name\":\"sync\",\"scope\":\"write,second\",\"second_code\":"
                           "\"%.*s\"}",
                           STR_ARG(code)));
    assert_int_equal(by_token(t, val_get_str(reply, "token")).scope, SCOPE_WRITE | SCOPE_SECOND);
    HOUSE_REFUSED(t,
                  house_call(t, east, "token.make", NULL,
                             "{\"name\":\"sync\",\"scope\":\"second\",\"second_code\":\"%.*s\"}",
                             STR_ARG(code)),
                  ERR_INPUT, "ident.wrong_code"); /* Good once. */
}

// clang-format off
static const struct {
    const char *scope;
    const char *may; /* Of try.*, those that pass. */
} scopes[] = {
    {"read", "read"},
    {"write", "write"},
    {"read,write", "read write"},
    {"write,second", "write second"},
    {"read,second", "read reads"},
    {"read,write,second", "read write second reads"},
    {"second", ""},
};
// clang-format on

static void test_scope(void **state)
{
    TestHouse *t = *state;
    Actor east = at_desk(t, 1);
    east.via = VIA_LOCAL; /* Past the gate: here it is the token's use that counts. */
    for (size_t i = 0; i < COUNT(scopes); i++) {
        Actor actor = by_token(t, made(t, east, scopes[i].scope));
        for (size_t k = 0; k < COUNT(try_ops); k++) {
            const char *name = try_ops[k].name + 4;
            Str rest = str_from(scopes[i].may), part;
            bool may = false;
            while (str_split(&rest, ' ', &part))
                may = may || str_same_z(part, name);
            Err e = house_call(t, actor, try_ops[k].name, NULL, "{}");
            if (e != (may ? ERR_OK : ERR_DENIED))
                fail_msg("a token for %s: %s gives %s", scopes[i].scope, name, err_name(e));
            if (!may)
                assert_string_equal(t->last.err.key, "command.not_this_token");
        }
    }
    /* A session is in no scope. */
    Actor desk = at_desk(t, 1);
    for (size_t k = 0; k < 4; k++)
        HOUSE_OK(t, house_call(t, desk, try_ops[k].name, NULL, "{}"));
}

static void test_no_more_by_token(void **state)
{
    TestHouse *t = *state;
    Actor east = at_desk(t, 1);
    east.via = VIA_LOCAL;
    Str first = made(t, east, "read,write,second"), second = made(t, east, "read");
    Actor actor = by_token(t, first);
    HOUSE_REFUSED(t, make(t, actor, "read", NULL), ERR_DENIED, "token.by_a_person");
    HOUSE_REFUSED(t, house_call(t, actor, "token.end", NULL, "{\"id\":2}"), ERR_DENIED,
                  "token.by_a_person");
    by_token(t, second);
    HOUSE_OK(t, house_call(t, actor, "token.end", NULL, "{\"id\":1}")); /* Itself it may. */
    is_dead(t, first);
    HOUSE_REFUSED(t, house_call(t, at_desk(t, 2), "token.end", NULL, "{\"id\":2}"), ERR_MISSING,
                  "record.missing");
    HOUSE_OK(t, house_call(t, at_desk(t, 3), "token.end", NULL, "{\"id\":2}"));
    is_dead(t, second);
}

/* What an account's own list holds, and that of the security administrator. */
static void test_list(void **state)
{
    TestHouse *t = *state;
    Val *list;
    made(t, at_desk(t, 1), "read");
    made(t, at_desk(t, 2), "read");
    HOUSE_OK(t, house_call(t, at_desk(t, 1), "token.list", &list, "{\"account_id\":2}"));
    assert_int_equal(val_get_int(list, "total"), 1);
    assert_int_equal(val_get_int(val_at(val_get(list, "items"), 0), "id"), 1);
    HOUSE_OK(t, house_call(t, at_desk(t, 3), "token.list", &list, "{\"account_id\":2}"));
    assert_int_equal(val_get_int(val_at(val_get(list, "items"), 0), "id"), 2);
    HOUSE_OK(t, house_call(t, at_desk(t, 3), "token.list", &list, "{}"));
    assert_int_equal(val_get_int(list, "total"), 0);
    HOUSE_OK(t, house_call(t, shell, "token.list", &list, "{}"));
    assert_int_equal(val_get_int(list, "total"), 2);
}

static Err used(TestHouse *t, Actor actor, i64 id)
{
    return house_call(t, actor, "token.used", NULL, "{\"id\":%lld,\"address\":\"10.0.0.9\"}",
                      (long long)id);
}

static void test_used(void **state)
{
    TestHouse *t = *state;
    SignedIn who;
    bool stale = false;
    Str token = made(t, at_desk(t, 1), "read");
    HOUSE_OK(t, used(t, own, 1));
    assert_int_equal(house_count(t, "SELECT used_ms FROM api_token"), HOUSE_NOW_MS);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM api_token WHERE address = '10.0.0.9'"),
                     1);
    t->clock.now_ms += TOKEN_USED_MS - 1;
    HOUSE_OK(t, find(t, token, &who, &stale));
    assert_false(stale);
    HOUSE_OK(t, used(t, own, 1));
    assert_int_equal(house_count(t, "SELECT used_ms FROM api_token"), HOUSE_NOW_MS);
    t->clock.now_ms += 1;
    HOUSE_OK(t, find(t, token, &who, &stale));
    assert_true(stale);
    HOUSE_OK(t, used(t, own, 1));
    assert_int_equal(house_count(t, "SELECT used_ms FROM api_token"), t->clock.now_ms);
    assert_int_equal(used(t, by_token(t, token), 1), ERR_DENIED);
}

static void in_store(TestHouse *t, const char *sql)
{
    Cx cx = house_cx(t, shell);
    Db *db = NULL;
    HOUSE_OK(t, db_open(&cx, t->house.store_url, DB_WRITE, &db));
    cx.db = db;
    HOUSE_OK(t, db_exec_plain(&cx, sql));
    db_close(db);
}

/* Each way to stop. The rows are changed beneath and back, so that the log fits at the end. */
static void test_stops(void **state)
{
    static const struct {
        const char *stop, *undo;
    } rows[] = {
        {"UPDATE account SET closed = 1 WHERE id = 1",
         "UPDATE account SET closed = 0 WHERE id = 1"},
        {"UPDATE account SET must_change = 1 WHERE id = 1",
         "UPDATE account SET must_change = 0 WHERE id = 1"},
        {"UPDATE role_grant SET until_ms = 1 WHERE account_id = 1 AND role = 'inventor'",
         "UPDATE role_grant SET until_ms = 0 WHERE account_id = 1 AND role = 'inventor'"},
    };
    TestHouse *t = *state;
    Str token = made(t, at_desk(t, 1), "read");
    Val *list;
    by_token(t, token);
    for (size_t i = 0; i < COUNT(rows); i++) {
        in_store(t, rows[i].stop);
        is_dead(t, token);
        HOUSE_OK(t, house_call(t, shell, "token.list", &list, "{}"));
        assert_true(str_same_z(val_get_str(val_at(val_get(list, "items"), 0), "state"), "stopped"));
        in_store(t, rows[i].undo);
        by_token(t, token);
    }
    t->clock.now_ms += 30 * DAY_MS;
    is_dead(t, token);
    static const char *const none[] = {"", "tb_", "tb_00", "Bearer tb_"};
    for (size_t i = 0; i < COUNT(none); i++)
        is_dead(t, str_from(none[i]));
}

/* A role that came later does not come with the token. */
static void test_no_later_role(void **state)
{
    TestHouse *t = *state;
    Str token = made(t, at_desk(t, 2), "read");
    in_store(t, "UPDATE role_grant SET role = 'office', account_id = 2 WHERE role = 'inventor'");
    in_store(t, "UPDATE role_grant SET role = 'expert' WHERE account_id = 2 AND id = 2");
    assert_int_equal(at_desk(t, 2).roles, WHO_OFFICE | WHO_EXPERT);
    assert_int_equal(by_token(t, token).roles, WHO_OFFICE);
    in_store(t, "UPDATE role_grant SET role = 'inventor', account_id = 1 WHERE id = 2");
}

static void test_reset_ends(void **state)
{
    TestHouse *t = *state;
    Str first = made(t, at_desk(t, 1), "read"), second = made(t, at_desk(t, 1), "write"),
        other = made(t, at_desk(t, 2), "read");
    HOUSE_OK(t, house_call(t, shell, "account.reset_by_admin", NULL, "{\"id\":1}"));
    is_dead(t, first);
    is_dead(t, second);
    by_token(t, other);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM api_token WHERE ended_ms > 0"), 2);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_make),
        TEST(test_not_made),
        TEST(test_second_scope),
        TEST(test_scope),
        TEST(test_no_more_by_token),
        TEST(test_list),
        TEST(test_used),
        TEST(test_stops),
        TEST(test_no_later_role),
        TEST(test_reset_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
