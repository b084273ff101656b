/* matrix.c - every op tried as every role in every relation to a record, on both stores, against a
 * table written down beside it: matrix.case. See there for what a line says.
 *
 *     matrix            compares
 *     matrix dump       prints what is: op, role, relation, outcome
 *
 * What is tried runs in the writer and is taken back, so that each try finds the same rows. What an
 * op asks for beyond a permission (second factor, second person, agreement) is left out: that is
 * tested by ident_access_test and test/api.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "matrix_case.h"
#include "plant.h"

#include "flow/who.h"
#include "ident/ident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATES_TRIED = 12 };

static struct {
    Bench bench;
    Plant plant;
    i64 org_of[RELATIONS];
    i64 account_of[RELATIONS];
    i64 holder; /* Whom the rows name. */
    bool dump;
} world;

/* ---- the units ---- */

/* Where each relation's unit stands; the rows are of the college. */
// clang-format off
static const struct {
    Relation relation;
    const char *json;
} units[] = {
    {REL_BODY,   "{\"code\":\"M\",\"name\":\"Ministry\",\"kind\":\"department\",\"level\":\"national\",\"line\":\"science\",\"division\":\"\"}"},
    {REL_PLACE,  "{\"code\":\"B\",\"name\":\"Bureau\",\"kind\":\"department\",\"level\":\"city\",\"line\":\"science\",\"division\":\"370200\"}"},
    {REL_AWAY,   "{\"code\":\"A\",\"name\":\"Bureau elsewhere\",\"kind\":\"department\",\"level\":\"city\",\"line\":\"science\",\"division\":\"320500\"}"},
    {REL_INDUSTRY, "{\"code\":\"I\",\"name\":\"Centre of an industry\",\"kind\":\"centre\",\"level\":\"city\",\"line\":\"trade\",\"field\":\"biomed\",\"division\":\"320500\"}"},
    {REL_HOUSE,  "{\"code\":\"U\",\"name\":\"University\",\"kind\":\"university\",\"division\":\"370202\",\"supervisor_id\":%lld}"},
    {REL_OWNER,  "{\"code\":\"C\",\"name\":\"College\",\"kind\":\"university\",\"parent_id\":%lld}"},
    {REL_BESIDE, "{\"code\":\"D\",\"name\":\"College beside\",\"kind\":\"university\",\"parent_id\":%lld}"},
    {REL_BELOW,  "{\"code\":\"L\",\"name\":\"Laboratory\",\"kind\":\"university\",\"parent_id\":%lld}"},
    {REL_PARTY,  "{\"code\":\"P\",\"name\":\"Buyer\",\"kind\":\"firm\",\"division\":\"440302\"}"},
    {REL_FAR,    "{\"code\":\"F\",\"name\":\"Stranger\",\"kind\":\"firm\",\"division\":\"320502\"}"},
};
// clang-format on

static i64 above(Relation relation)
{
    return relation == REL_HOUSE   ? world.org_of[REL_BODY]
           : relation == REL_BELOW ? world.org_of[REL_OWNER]
                                   : world.org_of[REL_HOUSE];
}

static Err make_account(Cx *cx, void *arg)
{
    Account *account = arg;
    return fact_create(cx, &account_type, account, (FactNote){.kind = "plant.planted"});
}

static i64 account_new(i64 org_id, const char *login)
{
    Account account = {.org_id = org_id,
                       .login = str_from(login),
                       .name = S("mxnq"),
                       .phone = S("mxnq"),
                       .email = S("mxnq"),
                       .password_ms = BENCH_NOW};
    Bench *bench = &world.bench;
    bench->cx.actor = bench_local;
    assert_int_equal(writer_run(bench->open.house.writer, &bench->cx, make_account, &account),
                     ERR_OK);
    return account.id;
}

static void make_units(void)
{
    Bench *bench = &world.bench;
    for (size_t i = 0; i < COUNT(units); i++) {
        Relation relation = units[i].relation;
        char json[300];
        snprintf(json, sizeof json, units[i].json, (long long)above(relation));
        Val *reply;
        Err e = bench_call_text(bench, bench_local, "org.add",
                                str_copy(&bench->arena, str_from(json)), &reply);
        if (e)
            fail_msg("%s: %s", json, bench->cx.err.key);
        world.org_of[relation] = val_get_int(reply, "id");
        world.account_of[relation] = account_new(world.org_of[relation], relation_names[relation]);
    }
    world.org_of[REL_PERSON] = world.org_of[REL_OWNER];
    world.holder = world.account_of[REL_PERSON] = account_new(world.org_of[REL_OWNER], "holder");
}

/* ---- the rows ---- */

/* Not shown to the public yet, whatever its fields say. */
static bool is_draft(const RecordType *type, const void *row)
{
    const Field *state = record_field(type, "state");
    bool hidden = strcmp(type->name, "need") == 0 || strcmp(type->name, "listing") == 0 ||
                  strcmp(type->name, "lot_notice") == 0;
    return hidden && field_int(state, row) == 0;
}

/* A word that says who may read it; a number keeps it apart from others. */
static Str text_of(Plant *plant, const RecordType *type, const Field *field, const void *row)
{
    static i64 number;
    static const char *const plain[][2] = {
        {"division", "370202"},  {"about", "listing"},  {"op", "person.erase"},
        {"input", "{\"id\":1}"}, {"nouns", "need,lot"}, {"hidden", ""},
        {"field", "phone"},      {"type", "account"},
    };
    for (size_t i = 0; i < COUNT(plain); i++)
        if (strcmp(field->name, plain[i][0]) == 0)
            return str_from(plain[i][1]);
    See see = field_see(type, field, row);
    char sign = (field->flags & PERSONAL)                  ? 'n'
                : see == SEE_PUBLIC && is_draft(type, row) ? 'u'
                                                           : "psyox-p"[see];
    return str_format(&plant->bench->arena, "mx%cq%lld heavy", sign, (long long)++number);
}

static i64 ref_of(Plant *plant, const RecordType *type, const Field *field)
{
    static const struct {
        const char *type, *field;
        bool person;
    } others[] = {{"lot_bidder", "org_id", false},    {"lot_win", "org_id", false},
                  {"lot_paper", "buyer_id", false},   {"deal", "buyer_id", false},
                  {"showing", "other_org_id", false}, {"delegation", "to_id", true},
                  {"agreement", "buyer_id", false}};
    (void)plant;
    for (size_t i = 0; i < COUNT(others); i++)
        if (strcmp(others[i].type, type->name) == 0 && strcmp(others[i].field, field->name) == 0)
            return others[i].person ? world.account_of[REL_PARTY] : world.org_of[REL_PARTY];
    if (strcmp(type->name, "joining") == 0 && strcmp(field->name, "supervisor_id") == 0)
        return world.org_of[REL_BODY];
    if (strcmp(field->name, "decided_by") == 0 || strcmp(field->name, "by_id") == 0)
        return world.account_of[REL_AWAY];
    return field->ref == &account_type || strcmp(field->name, "account_id") == 0 ? world.holder : 0;
}

/* Units and accounts are made above; what is left out is of the program's own making. */
static bool wanted(const RecordType *type)
{
    static const char *const own[] = {"access_batch", "audit_export", "consent_text", "oidc_state"};
    for (size_t i = 0; i < COUNT(own); i++)
        if (strcmp(type->name, own[i]) == 0)
            return false;
    return type != &org_type && type != &account_type;
}

static bool open_world(bool is_pg)
{
    Str hash;
    if (!bench_open(&world.bench, is_pg))
        return false;
    world.bench.open.house.hooks.gate = NULL;
    world.bench.open.settings.agreement_required = 0;
    make_units();
    assert_int_equal(bench_file(&world.bench, S("a,b\n1,2\n"), &hash), ERR_OK);
    world.plant = (Plant){.bench = &world.bench,
                          .org_id = world.org_of[REL_OWNER],
                          .account_id = world.holder,
                          .text = text_of,
                          .ref = ref_of,
                          .wants = wanted};
    return plant_rows(&world.plant);
}

/* ---- the input ---- */

/* The type that a noun, or a field's name, speaks of. */
static const char *type_called(Str noun)
{
    static const char *const other[][2] = {
        {"bidder", "lot_bidder"}, {"member", "roster_member"}, {"mark", "org_mark"},
        {"grant", "role_grant"},  {"token", "api_token"},      {"patent_ids", "patent"},
        {"me", "account"},        {"person", "account"},       {"second", "account"},
        {"people", "account"},    {"record", "account"},       {"account_reset", "password_reset"},
    };
    for (size_t i = 0; i < COUNT(other); i++)
        if (str_same_z(noun, other[i][0]))
            return other[i][1];
    if (str_ends(noun, S("_ids")))
        noun.len -= 4;
    else if (str_ends(noun, S("_id")))
        noun.len -= 3;
    return str_z(&world.bench.arena, noun);
}

/* The id that is given for a field on the n-th try; *ret_more when another try gives another. */
static i64 id_for(const Op *op, const Field *field, i64 n, bool *ret_more)
{
    Str name = str_from(field->name), noun = str_from(op->name);
    i64 first, last;
    bool own = str_same(name, S("id")) || str_same(name, S("ids"));
    noun.len = (size_t)(strchr(op->name, '.') - op->name);
    if (strcmp(op->name, "account.reset_code") == 0)
        noun = S("account_reset");
    const char *type = field->ref ? field->ref->name : type_called(own ? noun : name);
    if (strcmp(type, "org") == 0 || str_same(name, S("parent_id")))
        return world.org_of[REL_OWNER];
    if (str_same(name, S("to_id")))
        return world.account_of[REL_OWNER];
    if (strcmp(type, "account") == 0)
        return world.holder;
    if (strcmp(type, "consent_text") == 0)
        return 1;
    if (!plant_find(&world.plant, type, &first, &last))
        return 1;
    *ret_more = *ret_more || first + n < last;
    return first + n < last ? first + n : last;
}

static bool is_id(const Field *field)
{
    Str name = str_from(field->name);
    return str_same(name, S("id")) || str_ends(name, S("_id"));
}

static Val *plausible(const Op *op, const Field *field, i64 n, bool *ret_more)
{
    Arena *arena = &world.bench.arena;
    bool id = field->kind == F_REF || field->kind == F_REFS || is_id(field);
    return id ? val_int(arena, id_for(op, field, n, ret_more)) : bench_value(arena, field);
}

/* Reads ask with their ids, or without those that need not be and with every switch on: a filter
 * may find nothing. `with` lines of the case have the rest. */
static Val *input_of(const Op *op, i64 n, bool switches, bool *ret_more)
{
    Arena *arena = &world.bench.arena;
    const Val *with = case_input(op->name);
    Val *in = val_map(arena);
    for (size_t i = 0; i < op->in_count; i++) {
        const Field *field = &op->in[i];
        const Val *given = val_get(with, field->name);
        bool own = strcmp(field->name, "id") == 0 && !switches;
        bool asks = own || (is_id(field) && (field->flags & REQUIRED)) ||
                    (switches && field->kind == F_BOOL);
        if (given && given->kind == VAL_NULL)
            continue;
        if (given)
            val_set(arena, in, field->name, (Val *)(uintptr_t)given);
        else if (op->kind != OP_READ || asks)
            val_set(arena, in, field->name, plausible(op, field, n, ret_more));
    }
    return in;
}

/* ---- one try ---- */

typedef struct Try {
    const Op *op;
    void *in;
    Val *reply;
    Err err;
} Try;

/* The door, which needs no transaction. */
static Err try_door(Cx *cx, Try *try, const Val *in)
{
    Err e = op_read_json(cx, try->op, in, &try->in);
    return e ? e : op_check(cx, try->op, try->in);
}

static Err try_job(Cx *cx, void *arg)
{
    Try *try = arg;
    try->err = op_call(cx, try->op, try->in, &try->reply);
    return ERR_STATE; /* Whatever it did is taken back. */
}

static void try_run(Cx *cx, Try *try)
{
    if (try->op->kind == OP_READ)
        try->err = op_call(cx, try->op, try->in, &try->reply);
    else if (try->op->kind == OP_WRITE &&
             writer_run(world.bench.open.house.writer, cx, try_job, try) != ERR_STATE)
        try->err = ERR_BUG;
} /* Long work is not begun: only its door is tried. */

/* How far the words of a reply go: the highest level of which one is there, then `n` for what is
 * about a person, `u` for what is not published. */
static void words_of(Str json, char ret[4])
{
    static const char order[] = "0psyox";
    size_t most = 0, len = 0;
    bool personal = false, draft = false;
    for (size_t i = 0; i + 4 <= json.len; i++) {
        if (json.data[i] != 'm' || json.data[i + 1] != 'x' || json.data[i + 3] != 'q')
            continue;
        const char *at = strchr(order, json.data[i + 2]);
        personal |= json.data[i + 2] == 'n';
        draft |= json.data[i + 2] == 'u';
        if (at && (size_t)(at - order) > most)
            most = (size_t)(at - order);
    }
    ret[len++] = order[most];
    if (personal)
        ret[len++] = 'n';
    if (draft)
        ret[len++] = 'u';
    ret[len] = 0;
}

/* '-' refused for who asks, '~' no step of the record's state, '?' stopped by something else, '+'
 * done, else what words_of says. */
static void outcome_of(const Try *try, char ret[4])
{
    Buf out = buf_new(&world.bench.arena);
    Err e = try->err;
    bool refused = e == ERR_DENIED || e == ERR_MISSING || e == ERR_SIGN_IN || e == ERR_SECOND;
    const Val *ok = val_get(try->reply, "ok"); /* A bid that is not taken answers so. */
    bool no = !e && ok && ok->kind == VAL_BOOL && !ok->b;
    strcpy(ret, refused ? "-" : e == ERR_STATE ? "~" : e || no ? "?" : "+");
    if (e || try->op->kind != OP_READ)
        return;
    val_write_json(&out, try->reply);
    words_of(buf_str(&out), ret);
}

/* Takes the better of the two, sign by sign. */
static void better(char ret[4], const char *other)
{
    static const char order[] = "-~?+0psyox";
    bool personal = strchr(ret, 'n') || strchr(other, 'n');
    bool draft = strchr(ret, 'u') || strchr(other, 'u');
    char most = strchr(order, other[0]) > strchr(order, ret[0]) ? other[0] : ret[0];
    snprintf(ret, 4, "%c%s%s", most, personal ? "n" : "", draft ? "u" : "");
}

/* One input; false when another state would give nothing new. */
static bool try_one(Actor actor, const Op *op, i64 n, bool switches, char ret[4])
{
    Bench *bench = &world.bench;
    Cx *cx = &bench->cx;
    ArenaMark mark = arena_mark(&bench->arena);
    Try try = {.op = op};
    char outcome[4];
    bool more = false;
    Val *in = input_of(op, n, switches, &more);
    err_clear(cx);
    cx->actor = actor;
    cx->doing = NULL;
    cx->arrived_ms = BENCH_NOW;
    try.err = try_door(cx, &try, in);
    bool inside = !try.err;
    if (inside)
        try_run(cx, &try);
    if (world.dump)
        fprintf(stderr, "%s %s %s\n", op->name, inside ? "run" : "door",
                try.err ? cx->err.key : "ok");
    outcome_of(&try, outcome);
    better(ret, outcome);
    arena_rewind(&bench->arena, mark);
    return more && inside; /* No row opens a door. */
}

static void try_states(Actor actor, const Op *op, char ret[4])
{
    bool more = true;
    strcpy(ret, "-");
    for (i64 n = 0; more && n < STATES_TRIED; n++)
        more = try_one(actor, op, n, false, ret);
    bool switches = false;
    for (size_t i = 0; i < op->in_count; i++)
        switches |= op->in[i].kind == F_BOOL || strcmp(op->in[i].name, "id") == 0;
    if (op->kind == OP_READ && switches)
        (void)try_one(actor, op, 0, true, ret);
}

/* ---- all of them ---- */

static Actor actor_of(const Role *role, Relation relation)
{
    if (!role->roles && !role->signed_in)
        return (Actor){.via = VIA_API};
    return (Actor){.account_id = world.account_of[relation],
                   .org_id = world.org_of[relation],
                   .roles = role->half ? 0 : role->roles,
                   .half = role->half,
                   .second_ms = BENCH_NOW,
                   .via = VIA_API};
}

static i64 wrong, tried;

static void compare(const Op *op, const Role *role, Relation relation)
{
    char is[4];
    try_states(actor_of(role, relation), op, is);
    tried++;
    if (world.dump) {
        printf("%s\t%s\t%s\t%s\n", op->name, role->name, relation_names[relation], is);
        return;
    }
    const char *expected = case_expects(op->name, role, relation);
    if (strcmp(expected, is) != 0 && wrong++ < 40)
        print_message("%s as %s@%s: %s, expected %s\n", op->name, role->name,
                      relation_names[relation], is, expected);
}

/* On PostgreSQL, where each statement is a message to another process: the roles that the op names,
 * and of the others those that code asks for by name. Who is let in is no matter of the store. */
static bool tried_as(const Op *op, const Role *role, bool is_pg)
{
    const unsigned always = WHO_OPERATOR | WHO_DEPARTMENT | WHO_FIRM | WHO_SECURITY;
    return !is_pg || !role->roles || (role->roles & (op->who | always));
}

static void each_op(bool is_pg)
{
    wrong = tried = 0;
    for (size_t r = 0; r < all_rooms_count; r++)
        for (size_t i = 0; i < all_rooms[r]->op_count; i++) {
            const Op *op = &all_rooms[r]->ops[i];
            if (!world.dump && !case_has(op->name)) {
                print_message("%s has no line in matrix.case\n", op->name);
                wrong++;
                continue;
            }
            for (size_t role = 0; role < roles_count; role++)
                for (Relation relation = 0; relation < RELATIONS; relation++)
                    if (tried_as(op, &roles[role], is_pg) &&
                        (roles[role].signed_in || relation == REL_FAR))
                        compare(op, &roles[role], relation);
        }
    print_message("%lld tries on %s\n", (long long)tried, is_pg ? "postgresql" : "sqlite");
}

static void run(bool is_pg)
{
    memset(&world.bench, 0, sizeof world.bench);
    assert_true(open_world(is_pg));
    each_op(is_pg);
    bench_done(&world.bench);
    assert_int_equal(wrong, 0);
}

static void test_sqlite(void **state)
{
    (void)state;
    run(false);
}

static void test_pg(void **state)
{
    (void)state;
    if (!bench_has_pg())
        skip();
    run(true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sqlite), cmocka_unit_test(test_pg)};
    world.dump = argc > 1 && strcmp(argv[1], "dump") == 0;
    if (!case_load("test/matrix/matrix.case"))
        return 1;
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
