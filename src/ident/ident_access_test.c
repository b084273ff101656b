/* ident_access_test.c - passwords and their rules, lock-outs, resets, the second factor, and what a
 * session may while it lacks something; which unit stands above which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/house_fixture.h"
#include "ident/ident_int.h"
#include "ident/token.h"

static const Room *const rooms[] = {IDENT_ROOMS};
static const Actor nobody = {.via = VIA_WEB};
static const Actor shell = {.roles = WHO_LOCAL, .via = VIA_LOCAL};

#define MINUTES(n) ((i64)(n)*60 * 1000)
#define DAYS(n)    ((i64)(n)*24 * 3600 * 1000)
#define FIRST      "Correct horse"

static void add_account(TestHouse *t, const char *login, const char *role)
{
    HOUSE_OK(t, house_call(t, shell, "account.add", NULL,
                           "{\"login\":\"%s\",\"name\":\"李\",\"org_id\":1,\"password\":\"" FIRST
                           "\",\"roles\":[\"%s\"]}",
                           login, role));
}

/* Accounts 1 li.office, 2 wang.firm, 3 guard (security administrator). */
static int setup(void **state)
{
    static TestHouse t;
    house_test_open(&t, rooms, COUNT(rooms));
    t.house.hooks = (HouseHooks){.gate = access_gate};
    HOUSE_OK(&t, house_call(&t, shell, "org.add", NULL,
                            "{\"code\":\"12320000466007020X\",\"name\":\"南通大学\",\"kind\":"
                            "\"university\"}"));
    add_account(&t, "li.office", "office");
    add_account(&t, "wang.firm", "firm");
    add_account(&t, "guard", "security");
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

static Err find(TestHouse *t, Str token, SignedIn *ret)
{
    Cx cx = house_cx(t, nobody);
    Err e = session_find(&cx, token, ret);
    t->last = cx;
    return e;
}

/* Signs in and gives back who that is; `ret_token` may be NULL. */
static SignedIn enter(TestHouse *t, const char *login, const char *password, Str *ret_token)
{
    Val *reply = NULL;
    SignedIn who = {0};
    HOUSE_OK(t, sign_in(t, login, password, &reply));
    HOUSE_OK(t, find(t, val_get_str(reply, "token"), &who));
    if (ret_token)
        *ret_token = val_get_str(reply, "token");
    return who;
}

static Err change(TestHouse *t, Actor actor, const char *old, const char *new)
{
    return house_call(t, actor, "account.password", NULL,
                      "{\"password_old\":\"%s\",\"password\":\"%s\"}", old, new);
}

/* ---- vectors of the standards ---- */

/* RFC 6238, Appendix B, the rows of SHA-1; ours are the last six of its eight digits. */
static void test_totp_vectors(void **state)
{
    (void)state;
    static const struct {
        i64 seconds;
        const char *code;
    } rows[] = {
        {59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
        {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"},
    };
    Arena arena = {0};
    for (size_t i = 0; i < COUNT(rows); i++)
        same(totp_code(&arena, S("12345678901234567890"), rows[i].seconds * 1000 / TOTP_STEP_MS),
             rows[i].code + 2);
    arena_done(&arena);
}

/* RFC 4648, section 10, without the padding. */
static void test_base32_vectors(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "MY"},
        {"fo", "MZXQ"},
        {"foo", "MZXW6"},
        {"foob", "MZXW6YQ"},
        {"fooba", "MZXW6YTB"},
        {"foobar", "MZXW6YTBOI"},
    };
    Arena arena = {0};
    for (size_t i = 0; i < COUNT(rows); i++)
        same(base32_from(&arena, str_from(rows[i][0])), rows[i][1]);
    arena_done(&arena);
}

/* ---- what a password must be ---- */

static void test_rules(void **state)
{
    TestHouse *t = *state;
    static const struct {
        i64 classes;
        const char *password, *key; /* NULL: it will do. */
    } cases[] = {
        {3, "Four small words", NULL},
        {3, "four small words", "ident.password_classes"},
        {2, "four small words", NULL},
        {1, "foursmallwords", NULL},
        {4, "Four small words", "ident.password_classes"},
        {4, "Four small words 4", NULL},
        {3, "Aa1-bcdef", "ident.password_short"},
        {3, "Aa1-bcdefg", NULL},
        {3, "白日依山尽黄河", "ident.password_short"},
        {1, "白日依山尽黄河入海流", NULL},
        {3, "白日依山尽黄河入海流", "ident.password_classes"},
        {3, "白日依山尽Huang7", NULL},
        {3, "my-Li.Office-77", "ident.password_login"},
        {3, "XLI.OFFICE9zz-q", "ident.password_login"},
        {3, "Password2026!", "ident.password_common"},
        {3, "P@ssw0rd2026", "ident.password_common"},
        {3, "1qaz@WSX3edc", "ident.password_common"},
        {3, "Admin@123456", "ident.password_common"},
        {3, "Aa1234567890", "ident.password_common"},
        {3, "2026!Qwerty!2026", "ident.password_common"},
        {3, "Aa1!Aa1!Aa1!", "ident.password_common"},
        {3, "Password of Li", NULL},
        {3, "Passwörter-77", NULL},
    };
    Cx cx = house_cx(t, nobody);
    for (size_t i = 0; i < COUNT(cases); i++) {
        err_clear(&cx);
        t->settings.password_classes = cases[i].classes;
        Err e = password_allowed(&cx, "password", S("li.office"), str_from(cases[i].password));
        const char *key = e ? cx.err.key : NULL;
        if ((e != ERR_OK) != (cases[i].key != NULL) || (key && strcmp(key, cases[i].key) != 0))
            fail_msg("%s with %d classes: %s", cases[i].password, (int)cases[i].classes,
                     key ? key : "taken");
    }
    /* The same rules where the exchange is given accounts. */
    HOUSE_REFUSED(t,
                  house_call(t, shell, "account.add", NULL,
                             "{\"login\":\"zhang\",\"name\":\"张\",\"org_id\":1,\"password\":"
                             "\"Password2026!\",\"roles\":\"firm\"}"),
                  ERR_INPUT, "ident.password_common");
}

static void test_change(void **state)
{
    TestHouse *t = *state;
    Str token, other;
    SignedIn who = enter(t, "li.office", FIRST, &token);
    enter(t, "li.office", FIRST, &other);
    HOUSE_REFUSED(t, change(t, who.actor, "Correct mouse", "Second-pass 2"), ERR_INPUT,
                  "ident.wrong_old_password");
    same(t->last.err.field, "password_old");
    HOUSE_REFUSED(t, change(t, who.actor, FIRST, FIRST), ERR_INPUT, "ident.password_used");
    HOUSE_REFUSED(t,
                  house_call(t, who.actor, "account.password", NULL,
                             "{\"password_old\":\"" FIRST "\",\"password\":\"Second-pass 2\","
                             "\"password_again\":\"Second-pass 3\"}"),
                  ERR_INPUT, "ident.password_differs");
    HOUSE_OK(t, find(t, other, &who));
    HOUSE_OK(t, find(t, token, &who));
    HOUSE_OK(t, change(t, who.actor, FIRST, "Second-pass 2"));
    HOUSE_OK(t, find(t, token, &who)); /* This one goes on; all others end. */
    HOUSE_REFUSED(t, find(t, other, &who), ERR_SIGN_IN, "ident.session_over");
    HOUSE_REFUSED(t, sign_in(t, "li.office", FIRST, NULL), ERR_INPUT, "ident.wrong_password");
    enter(t, "li.office", "Second-pass 2", NULL);
    /* A token of the API guards no account. */
    Actor token_actor = {.account_id = 1,
                         .org_id = 1,
                         .roles = WHO_OFFICE,
                         .token_id = 9,
                         .scope = SCOPE_READ | SCOPE_WRITE};
    HOUSE_REFUSED(t, change(t, token_actor, "Second-pass 2", "Third-pass 3"), ERR_DENIED,
                  "command.not_this_token");
    HOUSE_REFUSED(t, house_call(t, token_actor, "second.begin", NULL, "{}"), ERR_DENIED,
                  "command.not_this_token");
}

/* The present one and the last two may not come again; the one before them may. */
static void test_history(void **state)
{
    TestHouse *t = *state;
    static const char *const words[] = {FIRST, "Pass-word nr 2", "Pass-word nr 3",
                                        "Pass-word nr 4"};
    SignedIn who = enter(t, "li.office", FIRST, NULL);
    t->settings.password_kept = 2;
    for (size_t i = 1; i < COUNT(words); i++)
        HOUSE_OK(t, change(t, who.actor, words[i - 1], words[i]));
    for (size_t i = 1; i < COUNT(words); i++)
        HOUSE_REFUSED(t, change(t, who.actor, words[3], words[i]), ERR_INPUT,
                      "ident.password_used");
    HOUSE_OK(t, change(t, who.actor, words[3], words[0]));
    t->settings.password_kept = 0;
    HOUSE_OK(t, change(t, who.actor, words[0], words[0]));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM account WHERE id = 1 AND "
                                    "password_old = ''"),
                     1);
}

static void test_rotation(void **state)
{
    TestHouse *t = *state;
    t->clock.now_ms += DAYS(90) - 1;
    SignedIn who = enter(t, "li.office", FIRST, NULL);
    assert_int_equal(who.wants, WANTS_NOTHING);
    t->clock.now_ms += 1;
    who = enter(t, "li.office", FIRST, NULL);
    assert_int_equal(who.wants, WANTS_PASSWORD);
    assert_int_equal(who.actor.roles, 0);
    assert_true(who.actor.half);
    HOUSE_REFUSED(t, house_call(t, who.actor, "account.show", NULL, "{}"), ERR_SECOND,
                  "command.half");
    HOUSE_OK(t, change(t, who.actor, FIRST, "Second-pass 2"));
    who = enter(t, "li.office", "Second-pass 2", NULL);
    assert_int_equal(who.wants, WANTS_NOTHING);
    t->settings.password_days = 0;
    t->clock.now_ms += DAYS(900);
    assert_int_equal(enter(t, "li.office", "Second-pass 2", NULL).wants, WANTS_NOTHING);
}

/* ---- wrong passwords ---- */

/* Argon2 runs as often for a login that is not there, a wrong password and a locked account. */
static void test_same_work(void **state)
{
    TestHouse *t = *state;
    static const char *const logins[] = {"li.office", "nobody", "wang.firm"};
    i64 runs[COUNT(logins)];
    for (int i = 0; i < 5; i++)
        HOUSE_REFUSED(t, sign_in(t, "wang.firm", "wrong", NULL), ERR_INPUT, "ident.wrong_password");
    for (size_t i = 0; i < COUNT(logins); i++) {
        i64 before = password_runs(), facts = house_count(t, "SELECT COUNT(*) FROM fact");
        HOUSE_REFUSED(t, sign_in(t, logins[i], "wrong", NULL), ERR_INPUT, "ident.wrong_password");
        runs[i] = password_runs() - before;
        assert_int_equal(runs[i], 1);
        /* Nor is a commit saved. */
        assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact"), facts + 1);
    }
    i64 before = password_runs();
    HOUSE_REFUSED(t,
                  house_call(t, nobody, "account.reset", NULL,
                             "{\"code\":\"abcde-fghjk\",\"password\":\"Second-pass 2\"}"),
                  ERR_INPUT, "ident.wrong_reset_code");
    assert_int_equal(password_runs() - before, 1);
}

/* How many calls of the store it takes to find that this token is nobody's. */
static int calls_of_token(TestHouse *t, Db *counted, Str token)
{
    for (int calls = 0;; calls++) {
        Cx cx = house_cx(t, nobody);
        SignedIn me;
        cx.db = counted;
        db_fault_arm(counted, calls);
        Err e = session_find(&cx, token, &me);
        bool whole = !db_fault_fired(counted);
        db_fault_arm(counted, -1);
        if (!whole)
            continue;
        assert_int_equal(e, ERR_SIGN_IN);
        assert_string_equal(cx.err.key, "ident.session_over");
        return calls;
    }
}

/* A token that is wrong in its first sign, in its last or in all costs as much to refuse: it is
 * looked up by its hash alone. What is compared in memory is compared in one time. */
static void test_token_work(void **state)
{
    TestHouse *t = *state;
    Val *reply;
    HOUSE_OK(t, sign_in(t, "li.office", FIRST, &reply));
    Str token = val_get_str(reply, "token");
    Db *counted = t->reader = db_fault_wrap(t->reader);
    static const size_t at[] = {0, 1, 31, 63};
    int calls = calls_of_token(t, counted, str_format(&t->arena, "%064d", 0));
    assert_true(calls > 0);
    for (size_t i = 0; i < COUNT(at); i++) {
        char *wrong = str_z(&t->arena, token);
        wrong[at[i]] = wrong[at[i]] == 'a' ? 'b' : 'a';
        assert_int_equal(calls_of_token(t, counted, str_from(wrong)), calls);
    }
    assert_true(secret_same(token, str_copy(&t->arena, token)));
    assert_false(secret_same(token, str_slice(token, 0, 63)));
    assert_false(secret_same(token, S("")));
}

static i64 locked_minutes(TestHouse *t)
{
    i64 until_ms = house_count(t, "SELECT locked_until_ms FROM account WHERE id = 1");
    return (until_ms - t->clock.now_ms) / MINUTES(1);
}

/* 15, 30, 60 minutes.. and no longer than the limit; a right password begins anew. */
static void test_growing_lock(void **state)
{
    TestHouse *t = *state;
    static const i64 minutes[] = {15, 30, 60, 100, 100};
    t->settings.sign_in_lock_max_min = 100;
    for (size_t i = 0; i < COUNT(minutes); i++) {
        for (int k = 0; k < 5; k++)
            HOUSE_REFUSED(t, sign_in(t, "li.office", "wrong", NULL), ERR_INPUT,
                          "ident.wrong_password");
        assert_int_equal(locked_minutes(t), minutes[i]);
        HOUSE_REFUSED(t, sign_in(t, "li.office", FIRST, NULL), ERR_LIMIT, "ident.locked");
        t->clock.now_ms += MINUTES(minutes[i]);
    }
    enter(t, "li.office", FIRST, NULL);
    for (int k = 0; k < 5; k++)
        HOUSE_REFUSED(t, sign_in(t, "li.office", "wrong", NULL), ERR_INPUT, "ident.wrong_password");
    assert_int_equal(locked_minutes(t), 15);
}

/* A session in the wrong hands guesses no old password either. */
static void test_old_password_locks(void **state)
{
    TestHouse *t = *state;
    SignedIn who = enter(t, "li.office", FIRST, NULL);
    for (int k = 0; k < 5; k++)
        HOUSE_REFUSED(t, change(t, who.actor, "wrong", "Second-pass 2"), ERR_INPUT,
                      "ident.wrong_old_password");
    HOUSE_REFUSED(t, change(t, who.actor, FIRST, "Second-pass 2"), ERR_LIMIT, "ident.locked");
}

/* ---- sessions ---- */

static void test_own_sessions(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    Str tokens[3];
    SignedIn who = {0};
    for (size_t i = 0; i < COUNT(tokens); i++)
        who = enter(t, "li.office", FIRST, &tokens[i]);
    SignedIn other = enter(t, "wang.firm", FIRST, NULL);
    HOUSE_OK(t, house_call(t, who.actor, "session.list", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "total"), 3);
    const Val *items = val_get(reply, "items");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(val_get_bool(val_at(items, i), "this"),
                         val_get_int(val_at(items, i), "id") == who.session_id);
    Str json = house_json(t, reply);
    assert_false(str_has(json, S("token_hash")) || str_has(json, S("csrf")));
    i64 first = val_get_int(val_at(items, 2), "id");
    HOUSE_REFUSED(
        t, house_call(t, other.actor, "session.end", NULL, "{\"id\":%lld}", (long long)first),
        ERR_MISSING, "record.missing");
    HOUSE_OK(t, house_call(t, who.actor, "session.end", NULL, "{\"id\":%lld}", (long long)first));
    HOUSE_REFUSED(t, find(t, tokens[0], &other), ERR_SIGN_IN, "ident.session_over");
    HOUSE_OK(t, find(t, tokens[1], &other));
    HOUSE_OK(t, house_call(t, who.actor, "session.end_others", NULL, "{}"));
    HOUSE_REFUSED(t, find(t, tokens[1], &other), ERR_SIGN_IN, "ident.session_over");
    HOUSE_OK(t, find(t, tokens[2], &other));
}

static void test_sessions_max(void **state)
{
    TestHouse *t = *state;
    Str tokens[4];
    SignedIn who;
    t->settings.sessions_max = 3;
    for (size_t i = 0; i < COUNT(tokens); i++)
        enter(t, "li.office", FIRST, &tokens[i]);
    HOUSE_REFUSED(t, find(t, tokens[0], &who), ERR_SIGN_IN, "ident.session_over");
    for (size_t i = 1; i < COUNT(tokens); i++)
        HOUSE_OK(t, find(t, tokens[i], &who));
}

/* Whoever signs in where he was signed in already ends what was there. */
static void test_sign_in_again(void **state)
{
    TestHouse *t = *state;
    Str token;
    Val *reply = NULL;
    SignedIn who = enter(t, "wang.firm", FIRST, &token);
    HOUSE_OK(t, house_call(t, who.actor, "session.open", &reply,
                           "{\"login\":\"li.office\",\"password\":\"" FIRST "\"}"));
    HOUSE_REFUSED(t, find(t, token, &who), ERR_SIGN_IN, "ident.session_over");
    HOUSE_OK(t, find(t, val_get_str(reply, "token"), &who));
    same(who.login, "li.office");
}

/* ---- the second factor ---- */

static Str code_at(TestHouse *t, i64 account_id, i64 step_from_now)
{
    Cx cx = house_cx(t, nobody);
    Account account = {0};
    Str secret;
    HOUSE_OK(t, record_load(&cx, &account_type, account_id, &account));
    Str purpose = str_format(&t->arena, "account.totp_secret %lld", (long long)account_id);
    HOUSE_OK(t, secret_open(&cx, purpose, account.totp_secret, &secret));
    return totp_code(&t->arena, secret, t->clock.now_ms / TOTP_STEP_MS + step_from_now);
}

static Err give_code(TestHouse *t, Actor actor, const char *op, Str code, Val **ret)
{
    return house_call(t, actor, op, ret, "{\"second_code\":\"%.*s\"}", STR_ARG(code));
}

/* Sets it up for a session; gives back its new token and the recovery codes. */
static Str enrol(TestHouse *t, SignedIn *who, Val **ret_codes)
{
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, who->actor, "second.begin", NULL, "{}"));
    HOUSE_OK(t, give_code(t, who->actor, "second.confirm", code_at(t, who->actor.account_id, 0),
                          &reply));
    *ret_codes = val_get(reply, "codes");
    HOUSE_OK(t, find(t, val_get_str(reply, "token"), who));
    return val_get_str(reply, "token");
}

static void test_enrol(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    Str token;
    SignedIn who = enter(t, "guard", FIRST, &token), old;
    assert_int_equal(who.wants, WANTS_ENROL);
    assert_int_equal(who.actor.roles, 0);
    HOUSE_REFUSED(t, house_call(t, who.actor, "account.resets", NULL, "{}"), ERR_SECOND,
                  "command.half");
    HOUSE_REFUSED(t, give_code(t, who.actor, "second.confirm", S("123456"), NULL), ERR_STATE,
                  "ident.second_not_begun");
    HOUSE_OK(t, house_call(t, who.actor, "second.begin", &reply, "{}"));
    Str secret = val_get_str(reply, "secret");
    assert_int_equal(secret.len, 32);
    same(val_get_str(reply, "uri"),
         str_z(&t->arena, str_format(&t->arena,
                                     "otpauth://totp/Techbourse:guard?secret=%.*s"
                                     "&issuer=Techbourse",
                                     STR_ARG(secret))));
    HOUSE_OK(t, house_call(t, who.actor, "second.show", &reply, "{}"));
    assert_true(str_same(val_get_str(reply, "secret"), secret));
    same(val_get_str(reply, "code_now"), ""); /* No demonstration. */
    HOUSE_REFUSED(t, give_code(t, who.actor, "second.confirm", S("000000"), NULL), ERR_INPUT,
                  "ident.wrong_code");
    HOUSE_OK(t, give_code(t, who.actor, "second.confirm", code_at(t, 3, 0), &reply));
    assert_int_equal(val_count(val_get(reply, "codes")), RECOVERY_CODES);
    /* A new token; the old one opens nothing. */
    HOUSE_REFUSED(t, find(t, token, &old), ERR_SIGN_IN, "ident.session_over");
    HOUSE_OK(t, find(t, val_get_str(reply, "token"), &who));
    assert_int_equal(who.wants, WANTS_NOTHING);
    assert_int_equal(who.actor.roles, WHO_SECURITY);
    /* Said once: neither the secret nor the codes are shown or stored as they are. */
    Str code = val_at(val_get(reply, "codes"), 0)->s;
    HOUSE_OK(t, house_call(t, who.actor, "second.show", &reply, "{}"));
    assert_null(val_get(reply, "secret"));
    assert_int_equal(val_get_int(reply, "codes_left"), RECOVERY_CODES);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM recovery_code WHERE length(hash) = 64"),
                     RECOVERY_CODES);
    Cx cx = house_cx(t, nobody);
    i64 plain = 0;
    HOUSE_OK(t, DB_INT(&cx, &plain, 0, "SELECT COUNT(*) FROM account WHERE totp_secret = ?1",
                       BIND_STR(secret)));
    assert_int_equal(plain, 0);
    HOUSE_REFUSED(t, house_call(t, who.actor, "second.begin", NULL, "{}"), ERR_STATE,
                  "ident.second_is_on");
    HOUSE_REFUSED(t, give_code(t, who.actor, "second.off", code, NULL), ERR_DENIED,
                  "ident.admin_keeps_second");
}

static void test_codes_once(void **state)
{
    TestHouse *t = *state;
    Val *codes, *reply = NULL;
    SignedIn who = enter(t, "li.office", FIRST, NULL);
    enrol(t, &who, &codes);
    t->clock.now_ms += MINUTES(5);
    Str code = code_at(t, 1, 0);
    /* The step before and after are taken, as clocks differ; those beyond are not. */
    HOUSE_REFUSED(t, give_code(t, who.actor, "session.second", code_at(t, 1, -2), NULL), ERR_INPUT,
                  "ident.wrong_code");
    HOUSE_REFUSED(t, give_code(t, who.actor, "session.second", code_at(t, 1, 2), NULL), ERR_INPUT,
                  "ident.wrong_code");
    HOUSE_OK(t, give_code(t, who.actor, "session.second", code_at(t, 1, -1), NULL));
    HOUSE_OK(t, give_code(t, who.actor, "session.second", code, NULL));
    HOUSE_REFUSED(t, give_code(t, who.actor, "session.second", code, NULL), ERR_INPUT,
                  "ident.wrong_code");
    HOUSE_REFUSED(t, give_code(t, who.actor, "session.second", code_at(t, 1, -1), NULL), ERR_INPUT,
                  "ident.wrong_code");
    /* A recovery code: as printed, in capitals, with blanks; once. */
    Str paper = val_at(codes, 3)->s;
    Str typed = str_format(&t->arena, " %.*s ", STR_ARG(str_upper(&t->arena, paper)));
    HOUSE_OK(t, give_code(t, who.actor, "session.second", typed, NULL));
    HOUSE_REFUSED(t, give_code(t, who.actor, "session.second", paper, NULL), ERR_INPUT,
                  "ident.wrong_code");
    HOUSE_OK(t, house_call(t, who.actor, "second.show", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "codes_left"), RECOVERY_CODES - 1);
    /* New ones void the old. */
    HOUSE_OK(t, give_code(t, who.actor, "second.codes", code_at(t, 1, 1), &reply));
    HOUSE_REFUSED(t, give_code(t, who.actor, "session.second", val_at(codes, 4)->s, NULL),
                  ERR_INPUT, "ident.wrong_code");
    HOUSE_OK(
        t, give_code(t, who.actor, "session.second", val_at(val_get(reply, "codes"), 4)->s, NULL));
}

/* Each proof gives the session another token, and ends the one before. */
static void test_token_changes(void **state)
{
    TestHouse *t = *state;
    Val *codes, *reply = NULL;
    SignedIn who = enter(t, "li.office", FIRST, NULL), old;
    Str token = enrol(t, &who, &codes);
    i64 session_id = who.session_id;
    t->clock.now_ms += MINUTES(5);
    HOUSE_OK(t, give_code(t, who.actor, "session.second", code_at(t, 1, 0), &reply));
    assert_false(str_same(token, val_get_str(reply, "token")));
    HOUSE_REFUSED(t, find(t, token, &old), ERR_SIGN_IN, "ident.session_over");
    HOUSE_OK(t, find(t, val_get_str(reply, "token"), &who));
    assert_int_equal(who.session_id, session_id);
    assert_int_equal(who.actor.second_ms, t->clock.now_ms);
}

/* Whoever has the password cannot go on guessing codes by signing in between. */
static void test_code_lock(void **state)
{
    TestHouse *t = *state;
    Val *codes;
    SignedIn who = enter(t, "guard", FIRST, NULL);
    enrol(t, &who, &codes);
    for (int round = 0; round < 2; round++) {
        for (int k = 0; k < 5; k++) {
            who = enter(t, "guard", FIRST, NULL);
            HOUSE_REFUSED(t, give_code(t, who.actor, "session.second", S("000000"), NULL),
                          ERR_INPUT, "ident.wrong_code");
        }
        HOUSE_REFUSED(t, give_code(t, who.actor, "session.second", code_at(t, 3, 1), NULL),
                      ERR_LIMIT, "ident.locked");
        HOUSE_REFUSED(t, sign_in(t, "guard", FIRST, NULL), ERR_LIMIT, "ident.locked");
        i64 until_ms = house_count(t, "SELECT locked_until_ms FROM account WHERE id = 3");
        assert_int_equal(until_ms - t->clock.now_ms, MINUTES(round ? 30 : 15));
        t->clock.now_ms = until_ms;
    }
    who = enter(t, "guard", FIRST, NULL);
    HOUSE_OK(t, give_code(t, who.actor, "session.second", code_at(t, 3, 0), NULL));
    assert_int_equal(house_count(t, "SELECT tries + code_tries + locks FROM account WHERE id = 3"),
                     0);
}

static void test_wants(void **state)
{
    TestHouse *t = *state;
    Val *codes, *reply = NULL;
    SignedIn who = enter(t, "guard", FIRST, NULL);
    enrol(t, &who, &codes);
    HOUSE_OK(t, sign_in(t, "guard", FIRST, &reply));
    same(val_get_str(reply, "wants"), "second");
    t->settings.second_factor = 0;
    HOUSE_OK(t, sign_in(t, "guard", FIRST, &reply));
    same(val_get_str(reply, "wants"), "");
    HOUSE_OK(t, find(t, val_get_str(reply, "token"), &who));
    assert_int_equal(who.actor.roles, WHO_SECURITY);
    t->settings.second_factor = 1;
    HOUSE_OK(t, find(t, val_get_str(reply, "token"), &who));
    assert_int_equal(who.wants, WANTS_SECOND);
    /* A proof holds so many hours for acts that ask for one. */
    who = enter(t, "li.office", FIRST, NULL);
    enrol(t, &who, &codes);
    Cx cx = house_cx(t, who.actor);
    t->clock.now_ms += t->settings.second_factor_hours * MINUTES(60);
    assert_true(second_fresh(&cx));
    t->clock.now_ms += 1;
    assert_false(second_fresh(&cx));
}

/* ---- resets ---- */

static Err ask_reset(TestHouse *t, const char *login, const char *email, Val **ret)
{
    return house_call(t, nobody, "account.reset_ask", ret, "{\"login\":\"%s\",\"email\":\"%s\"}",
                      login, email);
}

static Actor guard_of(TestHouse *t)
{
    (void)t;
    return (Actor){.account_id = 3, .org_id = 1, .roles = WHO_SECURITY, .via = VIA_WEB};
}

static void give_email(TestHouse *t)
{
    SignedIn who = enter(t, "li.office", FIRST, NULL);
    HOUSE_REFUSED(t,
                  house_call(t, who.actor, "account.edit", NULL,
                             "{\"name\":\"李\",\"email\":\"li at example\"}"),
                  ERR_INPUT, "ident.wrong_email");
    HOUSE_REFUSED(
        t, house_call(t, who.actor, "account.edit", NULL, "{\"name\":\"李\",\"phone\":\"12ab\"}"),
        ERR_INPUT, "ident.wrong_phone");
    HOUSE_OK(t, house_call(t, who.actor, "account.edit", NULL,
                           "{\"name\":\"李明\",\"email\":\"li@example.cn\",\"phone\":"
                           "\"0513-85012345\"}"));
}

/* The answer, the writes and their kinds are the same, whoever is asked for. */
static void test_reset_tells_nothing(void **state)
{
    TestHouse *t = *state;
    static const char *const asks[][2] = {
        {"nobody", "a@example.cn"},
        {"li.office", "li@example.cn"},
        {"li.office", "other@example.cn"},
        {"wang.firm", ""},
    };
    give_email(t);
    for (int round = 0; round < 2; round++) { /* The first time makes rows, the next uses them. */
        Str said[3];
        for (size_t i = 0; i < 3; i++) {
            Val *reply = NULL;
            i64 facts = house_count(t, "SELECT COUNT(*) FROM fact");
            HOUSE_OK(t, ask_reset(t, asks[i][0], asks[i][1], &reply));
            said[i] = house_json(t, reply);
            assert_true(str_same(said[0], said[i]));
            assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact"), facts + 1);
            same(house_last_fact(t).kind, "reset.asked");
        }
    }
    HOUSE_REFUSED(t, ask_reset(t, asks[3][0], asks[3][1], NULL), ERR_INPUT, "field.required");
    /* However often strangers ask, there is one row for all of them. */
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM password_reset"), 2);
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, guard_of(t), "account.resets", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "total"), 1);
    const Val *row = val_at(val_get(reply, "items"), 0);
    same(val_get_str(row, "login"), "li.office");
    same(val_get_str(row, "name"), "李*"); /* Masked: the code is given to somebody known. */
}

static Str make_code(TestHouse *t)
{
    Val *reply = NULL;
    HOUSE_OK(t, ask_reset(t, "li.office", "LI@example.cn", NULL));
    HOUSE_OK(t, house_call(t, guard_of(t), "account.reset_code", &reply, "{\"id\":1}"));
    assert_int_equal(val_get_int(reply, "until_ms"), t->clock.now_ms + MINUTES(30));
    return val_get_str(reply, "code");
}

static Err reset(TestHouse *t, Str code, const char *password)
{
    return house_call(t, nobody, "account.reset", NULL, "{\"code\":\"%.*s\",\"password\":\"%s\"}",
                      STR_ARG(code), password);
}

static void test_reset(void **state)
{
    TestHouse *t = *state;
    Str token;
    SignedIn who;
    give_email(t);
    enter(t, "li.office", FIRST, &token);
    Str code = make_code(t);
    Cx cx = house_cx(t, nobody);
    i64 plain = 0;
    HOUSE_OK(t, DB_INT(&cx, &plain, 0, "SELECT COUNT(*) FROM password_reset WHERE hash = ?1",
                       BIND_STR(code)));
    assert_int_equal(plain, 0);
    /* Another code voids this one; it ends by itself; the rules hold for it too. */
    Str voided = code;
    code = make_code(t);
    HOUSE_REFUSED(t, reset(t, voided, "Second-pass 2"), ERR_INPUT, "ident.wrong_reset_code");
    HOUSE_REFUSED(t, reset(t, code, FIRST), ERR_INPUT, "ident.password_used");
    HOUSE_REFUSED(t, reset(t, code, "My-li.office-9"), ERR_INPUT, "ident.password_login");
    t->clock.now_ms += MINUTES(30);
    HOUSE_REFUSED(t, reset(t, code, "Second-pass 2"), ERR_INPUT, "ident.wrong_reset_code");
    code = make_code(t);
    for (int k = 0; k < 5; k++)
        HOUSE_REFUSED(t, sign_in(t, "li.office", "wrong", NULL), ERR_INPUT, "ident.wrong_password");
    HOUSE_OK(t, reset(t, str_upper(&t->arena, code), "Second-pass 2"));
    HOUSE_REFUSED(t, find(t, token, &who), ERR_SIGN_IN, "ident.session_over");
    HOUSE_REFUSED(t, reset(t, code, "Third-pass 3"), ERR_INPUT, "ident.wrong_reset_code");
    HOUSE_REFUSED(t, sign_in(t, "li.office", FIRST, NULL), ERR_INPUT, "ident.wrong_password");
    enter(t, "li.office", "Second-pass 2", NULL);
}

/* The second factor stays: a reset is no way round it. */
static void test_reset_keeps_second(void **state)
{
    TestHouse *t = *state;
    Val *codes;
    give_email(t);
    SignedIn who = enter(t, "li.office", FIRST, NULL);
    enrol(t, &who, &codes);
    HOUSE_OK(t, reset(t, make_code(t), "Second-pass 2"));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM account WHERE totp_on_ms > 0"), 1);
    who = enter(t, "li.office", "Second-pass 2", NULL);
    assert_int_equal(who.actor.second_ms, 0);
}

static void test_reset_by_admin(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    Str token;
    SignedIn who = enter(t, "wang.firm", FIRST, &token);
    HOUSE_REFUSED(t, house_call(t, who.actor, "account.reset_by_admin", NULL, "{\"id\":1}"),
                  ERR_DENIED, "command.denied");
    HOUSE_REFUSED(t, house_call(t, guard_of(t), "account.reset_by_admin", NULL, "{\"id\":3}"),
                  ERR_DENIED, "ident.own_password");
    HOUSE_REFUSED(t, house_call(t, guard_of(t), "account.reset_by_admin", NULL, "{\"id\":99}"),
                  ERR_MISSING, "record.missing");
    HOUSE_OK(t, house_call(t, guard_of(t), "account.reset_by_admin", &reply, "{\"id\":2}"));
    HOUSE_REFUSED(t, find(t, token, &who), ERR_SIGN_IN, "ident.session_over");
    char *given = str_z(&t->arena, val_get_str(reply, "password"));
    who = enter(t, "wang.firm", given, &token);
    assert_int_equal(who.wants, WANTS_PASSWORD);
    HOUSE_OK(t, change(t, who.actor, given, "Second-pass 2"));
    HOUSE_OK(t, find(t, token, &who));
    assert_int_equal(who.wants, WANTS_NOTHING);
}

/* ---- who stands above whom ---- */

/* Units in the order they are made: number 2 and on. */
enum {
    NATION = 2,
    PROVINCE,
    PROVINCE_IP,
    CITY,
    CITY_IP,
    CITY_AWAY,
    COUNTY,
    CENTRE,
    CENTRE_2,
    FIRM
};

static void add_units(TestHouse *t)
{
    static const struct {
        const char *kind, *level, *division;
    } rows[] = {
        {"department", "national", "100000"}, {"department", "province", "320000"},
        {"department", "province", "320000"}, {"department", "city", "320500"},
        {"department", "city", "320500"},     {"department", "city", "330100"},
        {"department", "county", "320506"},   {"centre", "city", "320500"},
        {"centre", "city", "320500"},         {"firm", "", "320506"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        HOUSE_OK(t, house_call(t, shell, "org.add", NULL,
                               "{\"code\":\"C%zu\",\"name\":\"单位 %zu\",\"kind\":\"%s\","
                               "\"level\":\"%s\",\"division\":\"%s\"}",
                               i, i, rows[i].kind, rows[i].level, rows[i].division));
}

/* Departments and centres: above those below them in level within their place, never above their
 * equals; at one level a department is above a centre. */
static void test_above(void **state)
{
    TestHouse *t = *state;
    static const struct {
        i64 actor, unit;
        bool above;
    } rows[] = {
        {NATION, PROVINCE, true},       {NATION, FIRM, true},           {PROVINCE, NATION, false},
        {PROVINCE, PROVINCE_IP, false}, {PROVINCE_IP, PROVINCE, false}, {PROVINCE, CITY, true},
        {PROVINCE, CITY_AWAY, false},   {PROVINCE, FIRM, true},         {PROVINCE, CENTRE, true},
        {CITY, CITY_IP, false},         {CITY_IP, CITY, false},         {CITY, CITY_AWAY, false},
        {CITY, COUNTY, true},           {COUNTY, CITY, false},          {CITY, CENTRE, true},
        {CENTRE, CITY, false},          {CENTRE, CENTRE_2, false},      {CENTRE, COUNTY, true},
        {CENTRE, FIRM, true},           {COUNTY, FIRM, true},           {CITY, FIRM, true},
        {CITY_AWAY, FIRM, false},       {CITY, PROVINCE, false},        {COUNTY, CENTRE, false},
    };
    add_units(t);
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool centre = rows[i].actor == CENTRE;
        Cx cx = house_cx(t, (Actor){.account_id = 1,
                                    .org_id = rows[i].actor,
                                    .roles = centre ? WHO_CENTRE : WHO_DEPARTMENT,
                                    .via = VIA_WEB});
        if (((org_relation(&cx, rows[i].unit) & WHO_ABOVE) != 0) != rows[i].above)
            fail_msg("unit %lld above %lld: not %d", (long long)rows[i].actor,
                     (long long)rows[i].unit, rows[i].above);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totp_vectors),
        cmocka_unit_test(test_base32_vectors),
        CASE(test_rules),
        CASE(test_change),
        CASE(test_history),
        CASE(test_rotation),
        CASE(test_same_work),
        CASE(test_token_work),
        CASE(test_growing_lock),
        CASE(test_old_password_locks),
        CASE(test_own_sessions),
        CASE(test_sessions_max),
        CASE(test_sign_in_again),
        CASE(test_enrol),
        CASE(test_codes_once),
        CASE(test_token_changes),
        CASE(test_code_lock),
        CASE(test_wants),
        CASE(test_reset_tells_nothing),
        CASE(test_reset),
        CASE(test_reset_keeps_second),
        CASE(test_reset_by_admin),
        CASE(test_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
