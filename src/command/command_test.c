/* command_test.c - ops by their rows: input, permission, refusal, and the settings file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "command/house_fixture.h"

/* ---- A room ---- */

typedef struct Pen {
    RECORD_HEAD;
    i64 org_id;
    Str name;
    i64 state;
} Pen;

static const FlowState pen_states[] = {
    {"open", "开", "Open", FLOW_START},
    {"shut", "关", "Shut", FLOW_END},
};
static const FlowEdge pen_edges[] = {{0, "shut", 1, "关", "Shut", WHO_OWNER, NULL}};
static const Flow pen_flow = FLOW_OF("pen", "笔", "Pen", pen_states, pen_edges);
static const Code tag_rows[] = {{"new", "新", "New"}, {"old", "旧", "Old"}};
static const CodeList tags = CODE_LIST("tag", tag_rows);

typedef struct PenIn {
    Str name;
    i64 price_fen;
    Str tags;
    Str ids;
    Str makers;
    i64 good;
    i64 prepared; /* Set by prepare; no field. */
} PenIn;

typedef struct PenId {
    i64 id;
} PenId;

// clang-format off
static const Field pen_fields[] = {
    RECORD_HEAD_FIELDS(Pen),
    {AT(Pen, org_id), F_REF,   "单位", "Owner", 0, SEE_PUBLIC, NULL},
    {AT(Pen, name),   F_TEXT,  "名称", "Name",  0, SEE_PUBLIC, NULL},
    {AT(Pen, state),  F_STATE, "状态", "State", 0, SEE_PUBLIC, NULL, .flow = &pen_flow},
};
static const RecordType pen_type = {"pen", "笔", "Pen", sizeof(Pen), pen_fields, COUNT(pen_fields), NULL};

static const Field in_fields[] = {
    {AT(PenIn, name),      F_TEXT,  "名称", "Name",   REQUIRED, SEE_PUBLIC, NULL, .min = 2, .max = 8},
    {AT(PenIn, price_fen), F_MONEY, "价格", "Price",  0, SEE_PUBLIC, NULL},
    {AT(PenIn, tags),      F_CODES, "标签", "Tags",   0, SEE_PUBLIC, NULL, .codes = &tags},
    {AT(PenIn, ids),       F_REFS,  "所选", "Chosen", 0, SEE_PUBLIC, NULL},
    {AT(PenIn, makers),    F_LIST,  "作者", "Makers", 0, SEE_PUBLIC, NULL},
    {AT(PenIn, good),      F_BOOL,  "好",   "Good",   0, SEE_PUBLIC, NULL},
};
static const Field id_fields[] = {{AT(PenId, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL}};
// clang-format on

static Err pen_prepare(Cx *cx, void *arg)
{
    PenIn *in = arg;
    assert_false(in->prepared);
    in->prepared = 1;
    return str_same(in->name, S("nope")) ? err_set(cx, ERR_INPUT, "name", "pen.nope") : ERR_OK;
}

static Err pen_add_run(Cx *cx, const void *arg, Val **ret)
{
    const PenIn *in = arg;
    assert_true(cx->in_write && in->prepared);
    assert_string_equal(cx->doing, "pen.add");
    Pen pen = {.org_id = cx->actor.org_id, .name = in->name};
    Err e = fact_create(cx, &pen_type, &pen, (FactNote){.kind = "pen.added"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", pen.id);
    return ERR_OK;
}

static Err pen_shut_run(Cx *cx, const void *arg, Val **ret)
{
    Pen pen = {0};
    (void)ret;
    Err e = record_load(cx, &pen_type, ((const PenId *)arg)->id, &pen);
    if (!e)
        e = flow_step(cx, &pen_flow, pen.state, "shut", who_of(cx, pen.org_id, false), &pen,
                      &pen.state);
    return e ? e : fact_change(cx, &pen_type, &pen, (FactNote){.kind = "pen.shut", .code = "gone"});
}

static Err pen_count_run(Cx *cx, const void *arg, Val **ret)
{
    i64 n;
    (void)arg;
    assert_false(cx->in_write);
    Err e = db_int(cx, "SELECT COUNT(*) FROM pen", NULL, 0, 0, &n);
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "count", n);
    return e;
}

/* Writes, then says no. */
static Err pen_fail_run(Cx *cx, const void *arg, Val **ret)
{
    Pen pen = {.name = S("lost")};
    (void)arg;
    (void)ret;
    Err e = fact_create(cx, &pen_type, &pen, (FactNote){.kind = "pen.added"});
    return e ? e : err_set_arg(cx, ERR_STATE, "name", "pen.failed", S("why"));
}

/* Writes, keeps it, and says no. */
static Err pen_keep_run(Cx *cx, const void *arg, Val **ret)
{
    Pen pen = {.name = S("kept")};
    (void)arg;
    Err e = fact_create(cx, &pen_type, &pen, (FactNote){.kind = "pen.added"});
    return e ? e : op_refuse(cx, ret, ERR_LIMIT, "name", "pen.kept");
}

/* Made of two other ops: a plain function inside the writer. */
static Err pen_pair_run(Cx *cx, const void *arg, Val **ret)
{
    (void)arg;
    PenIn first = {.name = S("first")}, second = {.name = S("second")};
    Err e = op_call_name(cx, "pen.add", &first, ret);
    if (!e)
        e = op_call_name(cx, "pen.add", &second, ret);
    assert_string_equal(cx->doing, "pen.pair");
    return e;
}

// clang-format off
static const Op ops[] = {
    {"pen.add",   "添", "Add",   OP_WRITE, 0, WHO_FIRM, OP_IN(PenIn, in_fields), pen_prepare, pen_add_run, NULL, "Adds."},
    {"pen.shut",  "关", "Shut",  OP_WRITE, 0, WHO_OWNER, OP_IN(PenId, id_fields), NULL, pen_shut_run, NULL, NULL},
    {"pen.count", "数", "Count", OP_READ,  0, WHO_PUBLIC, OP_IN_NONE, NULL, pen_count_run, NULL, NULL},
    {"pen.fail",  "败", "Fail",  OP_WRITE, 0, WHO_PUBLIC, OP_IN_NONE, NULL, pen_fail_run, NULL, NULL},
    {"pen.hush",  "静", "Hush",  OP_WRITE, OP_QUIET, WHO_PUBLIC, OP_IN_NONE, NULL, pen_fail_run, NULL, NULL},
    {"pen.keep",  "留", "Keep",  OP_WRITE, 0, WHO_PUBLIC, OP_IN_NONE, NULL, pen_keep_run, NULL, NULL},
    {"pen.pair",  "双", "Pair",  OP_WRITE, 0, WHO_FIRM, OP_IN_NONE, NULL, pen_pair_run, NULL, NULL},
    {"pen.seal",  "封", "Seal",  OP_WRITE, OP_TWO, WHO_FIRM, OP_IN_NONE, NULL, pen_keep_run, NULL, NULL},
    {"pen.local", "本", "Local", OP_READ,  OP_LOCAL_ONLY, WHO_LOCAL | WHO_CLOCK, OP_IN_NONE, NULL, pen_count_run, NULL, NULL},
};
// clang-format on
static const RecordType *const types[] = {&pen_type};
static const Flow *const flows[] = {&pen_flow};
static const Code matter_rows[] = {{"pen", "笔", "Pen"}};
static const CodeList matters = CODE_LIST("delegation_matter", matter_rows);
static const CodeList *const codes[] = {&tags, &matters};
static const Room pen_room = {.name = "pen",
                              .types = types,
                              .type_count = 1,
                              .flows = flows,
                              .flow_count = 1,
                              .ops = ops,
                              .op_count = COUNT(ops),
                              .codes = codes,
                              .code_count = COUNT(codes)};
static const Room *const rooms[] = {&pen_room};

static const Actor nobody = {.via = VIA_WEB};
static const Actor firm = {.account_id = 3, .org_id = 4, .roles = WHO_FIRM, .via = VIA_API};
static const Actor other = {.account_id = 5, .org_id = 6, .roles = WHO_FIRM, .via = VIA_WEB};
static const Actor office = {.account_id = 7, .org_id = 8, .roles = WHO_OFFICE, .via = VIA_WEB};

static int setup(void **state)
{
    static TestHouse t;
    house_test_open(&t, rooms, COUNT(rooms));
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

static const Op *op(TestHouse *t, const char *name)
{
    const Op *found = op_find(&t->house, str_from(name));
    assert_non_null(found);
    return found;
}

/* ---- Input ---- */

static void test_read_texts(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, firm);
    const NameText texts[] = {
        {S("name"), S(" 笔 ")}, {S("price_fen"), S("3.5万")}, {S("tags"), S("new")},
        {S("tags"), S("旧")},   {S("ids"), S("4")},           {S("ids"), S("5,6")},
        {S("makers"), S("甲")}, {S("makers"), S("乙；丙")},   {S("csrf"), S("x")},
    };
    void *got = NULL;
    HOUSE_OK(t, op_read_texts(&cx, op(t, "pen.add"), texts, COUNT(texts), false, &got));
    const PenIn *in = got;
    same(in->name, "笔");
    assert_int_equal(in->price_fen, 3500000);
    same(in->tags, "new,old"); /* Checkboxes of one name come one by one. */
    same(in->ids, "4,5,6");
    same(in->makers, "甲;乙;丙");
    assert_int_equal(in->good, 0);

    got = NULL;
    assert_int_equal(op_read_texts(&cx, op(t, "pen.add"), texts, COUNT(texts), true, &got),
                     ERR_INPUT);
    assert_null(got);
    assert_string_equal(cx.err.key, "field.unknown");
    same(cx.err.field, "csrf");
    err_clear(&cx);
    HOUSE_OK(t, op_read_texts(&cx, op(t, "pen.count"), NULL, 0, true, &got));
    assert_non_null(got);
}

static void test_read_texts_errors(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, firm);
    const NameText texts[] = {{S("name"), S("ok")},
                              {S("price_fen"), S("lots")},
                              {S("good"), S("perhaps")},
                              {S("tags"), S("torn")},
                              {S("ids"), S("a")}};
    static const char *const want[][2] = {{"price_fen", "field.money"},
                                          {"good", "field.bool"},
                                          {"tags", "field.code"},
                                          {"ids", "field.number"}};
    void *got = NULL;
    assert_int_equal(op_read_texts(&cx, op(t, "pen.add"), texts, COUNT(texts), true, &got),
                     ERR_INPUT);
    assert_int_equal(cx.err_count, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        same(cx.errs[i].field, want[i][0]);
        assert_string_equal(cx.errs[i].key, want[i][1]);
    }
    assert_string_equal(cx.err.key, "field.money"); /* The first is the call's. */
    same(cx.errs[2].args[0], "torn");
}

static void test_read_json(void **state)
{
    TestHouse *t = *state;
    // clang-format off
    static const struct {
        const char *json, *field, *key; /* NULL: taken. */
        size_t errors;
    } cases[] = {
        {"{\"name\":\"ab\",\"price_fen\":5,\"tags\":[\"new\"],\"ids\":[1,2],\"good\":true}", NULL, NULL, 0},
        {"{}", NULL, NULL, 0},
        {"null", NULL, NULL, 0},
        {"[]", "", "api.not_an_object", 0},
        {"\"name\"", "", "api.not_an_object", 0},
        {"{\"nam\":\"ab\"}", "nam", "field.unknown", 1},
        {"{\"prepared\":1}", "prepared", "field.unknown", 1}, /* A member without a row is not to be reached. */
        {"{\"name\":5}", "name", "field.kind", 1},
        {"{\"name\":5,\"good\":[],\"x\":1}", "name", "field.kind", 3},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(cases); i++) {
        Cx cx = house_cx(t, firm);
        Str why;
        void *in = NULL;
        Err e = op_read_json(&cx, op(t, "pen.add"),
                             val_read_json(&t->arena, str_from(cases[i].json), &why), &in);
        assert_int_equal(e, cases[i].key ? ERR_INPUT : ERR_OK);
        assert_int_equal(in == NULL, cases[i].key != NULL);
        assert_int_equal(cx.err_count, cases[i].errors);
        if (!cases[i].key)
            continue;
        assert_string_equal(cx.err.key, cases[i].key);
        same(cx.err.field, cases[i].field);
    }
    Cx cx = house_cx(t, firm);
    void *in = NULL;
    HOUSE_OK(t, op_read_json(&cx, op(t, "pen.add"), NULL, &in));
}

/* ---- Permission ---- */

static void test_permission(void **state)
{
    TestHouse *t = *state;
    const Actor shell = {.roles = WHO_LOCAL, .via = VIA_LOCAL},
                clock = {.roles = WHO_CLOCK, .via = VIA_SYSTEM};
    const Actor forged = {.account_id = 3, .roles = WHO_LOCAL | WHO_CLOCK, .via = VIA_API};
    const struct {
        const char *op;
        Actor actor;
        Err want;
        const char *key;
    } cases[] = {
        {"pen.count", nobody, ERR_OK, NULL},
        {"pen.add", nobody, ERR_SIGN_IN, "command.sign_in"},
        {"pen.add", firm, ERR_OK, NULL},
        {"pen.add", office, ERR_DENIED, "command.denied"},
        {"pen.add", shell, ERR_DENIED, "command.denied"},
        {"pen.shut", nobody, ERR_SIGN_IN,
         "command.sign_in"}, /* The record decides; ask who it is first. */
        {"pen.shut", office, ERR_OK, NULL},
        {"pen.local", nobody, ERR_SIGN_IN, "command.sign_in"},
        {"pen.local", firm, ERR_DENIED, "command.denied"},
        {"pen.local", forged, ERR_DENIED, "command.local_only"},
        {"pen.local", shell, ERR_OK, NULL},
        {"pen.local", clock, ERR_OK, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Cx cx = house_cx(t, cases[i].actor);
        PenIn in = {.name = S("ab")};
        PenId id = {1};
        bool by_id = strcmp(cases[i].op, "pen.shut") == 0;
        Err e = op_check(&cx, op(t, cases[i].op), by_id ? (void *)&id : (void *)&in);
        if (e != cases[i].want || (e && strcmp(cx.err.key, cases[i].key) != 0))
            fail_msg("case %zu: %s %s", i, err_name(e), e ? cx.err.key : "-");
        if (e && e != ERR_SIGN_IN && strcmp(cases[i].key, "command.local_only") != 0)
            assert_false(op_allowed(&cx, op(t, cases[i].op)));
    }
}

static void test_relations(void **state)
{
    TestHouse *t = *state;
    const struct {
        Actor actor;
        i64 owner;
        bool party;
        See see;
        unsigned relations;
    } cases[] = {
        {nobody, 4, false, SEE_PUBLIC, 0},
        {nobody, 0, false, SEE_PUBLIC, 0}, /* A record of nobody is not everybody's. */
        {firm, 4, false, SEE_OWNER, WHO_OWNER},
        {firm, 5, false, SEE_SIGNED, 0},
        {firm, 5, true, SEE_PARTY, WHO_PARTY},
        {firm, 4, true, SEE_OWNER, WHO_OWNER | WHO_PARTY},
        {firm, 0, false, SEE_SIGNED, 0},
        {{.account_id = 1, .org_id = 2, .roles = WHO_OPERATOR}, 5, false, SEE_OPERATOR, 0},
        {{.account_id = 1, .org_id = 2, .roles = WHO_SYSTEM}, 5, true, SEE_PUBLIC, 0},
        {{.account_id = 1, .org_id = 5, .roles = WHO_AUDIT}, 5, false, SEE_PUBLIC, 0},
        {{.account_id = 1, .org_id = 5, .roles = WHO_FIRM, .half = true}, 5, false, SEE_PUBLIC, 0},
        {{.org_id = 4, .via = VIA_WEB}, 4, false, SEE_PUBLIC, 0}, /* A unit without an account. */
        /* An account whose last role has ended. */
        {{.account_id = 1, .org_id = 4}, 4, true, SEE_SIGNED, 0},
        {{.roles = WHO_CLOCK, .via = VIA_SYSTEM}, 4, false, SEE_OPERATOR, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Cx cx = house_cx(t, cases[i].actor);
        if (see_level(&cx, cases[i].owner, cases[i].party) != cases[i].see ||
            (who_of(&cx, cases[i].owner, cases[i].party) & (WHO_OWNER | WHO_PARTY)) !=
                cases[i].relations)
            fail_msg("case %zu: level %d", i, see_level(&cx, cases[i].owner, cases[i].party));
    }
}

/* ---- Calls ---- */

static void test_call(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, firm, "pen.add", &reply, "{\"name\":\"笔 一\"}"));
    assert_int_equal(val_get_int(reply, "id"), 1);
    Fact fact = house_last_fact(t);
    same(fact.kind, "pen.added");
    same(fact.via, "api");
    assert_int_equal(fact.actor_id, 3);
    assert_int_equal(fact.org_id, 4);

    HOUSE_OK(t, house_call(t, nobody, "pen.count", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "count"), 1);
    HOUSE_REFUSED(t, house_call(t, other, "pen.shut", &reply, "{\"id\":1}"), ERR_DENIED,
                  "flow.not_your_step");
    HOUSE_OK(t, house_call(t, firm, "pen.shut", &reply, "{\"id\":1}"));
    assert_int_equal(reply->kind, VAL_MAP); /* An op that replies nothing replies {}. */
    assert_int_equal(val_count(reply), 0);
    HOUSE_REFUSED(t, house_call(t, firm, "pen.shut", &reply, "{\"id\":1}"), ERR_STATE,
                  "flow.no_such_step");
    HOUSE_REFUSED(t, house_call(t, firm, "pen.shut", &reply, "{\"id\":2}"), ERR_MISSING,
                  "record.missing");

    Cx cx = house_cx(t, nobody);
    Val *history;
    HOUSE_OK(t, history_val(&cx, &pen_type, 1, &history));
    assert_int_equal(val_count(history), 2);
    same(val_get_str(val_at(history, 0), "kind"), "pen.shut");
    same(val_get_str(val_at(history, 0), "code"), "gone");
    same(val_get_str(val_at(history, 0), "label"), "pen.shut"); /* Without words: its name. */
}

/* Wrong input reaches neither prepare nor the writer. */
static void test_call_checks_first(void **state)
{
    TestHouse *t = *state;
    i64 facts = house_count(t, "SELECT COUNT(*) FROM fact");
    HOUSE_REFUSED(t, house_call(t, firm, "pen.add", NULL, "{}"), ERR_INPUT, "field.required");
    HOUSE_REFUSED(t, house_call(t, firm, "pen.add", NULL, "{\"name\":\"a\"}"), ERR_INPUT,
                  "field.short");
    HOUSE_REFUSED(t, house_call(t, firm, "pen.add", NULL, "{\"name\":\"ab\",\"price_fen\":-1}"),
                  ERR_INPUT, "field.negative");
    HOUSE_REFUSED(t, house_call(t, firm, "pen.add", NULL, "{\"name\":\"nope\"}"), ERR_INPUT,
                  "pen.nope");
    HOUSE_REFUSED(t, house_call(t, nobody, "pen.add", NULL, "{}"), ERR_SIGN_IN, "command.sign_in");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact"), facts);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM pen"), 0);
}

static void test_refusals(void **state)
{
    TestHouse *t = *state;
    HOUSE_REFUSED(t, house_call(t, firm, "pen.fail", NULL, "{}"), ERR_STATE, "pen.failed");
    same(t->last.err.args[0], "why");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM pen"), 0);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact"), 1);
    Fact fact = house_last_fact(t);
    same(fact.kind, "command.refused");
    same(fact.code, "pen.fail state pen.failed");
    assert_int_equal(fact.actor_id, 3);

    HOUSE_REFUSED(t, house_call(t, firm, "pen.hush", NULL, "{}"), ERR_STATE, "pen.failed");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact"), 1); /* A quiet op leaves none. */
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM pen"), 0);

    HOUSE_REFUSED(t, house_call(t, firm, "pen.keep", NULL, "{}"), ERR_LIMIT, "pen.kept");
    same(t->last.err.field, "name");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM pen WHERE name = 'kept'"), 1);
    same(house_last_fact(t).kind, "pen.added");
}

static void test_op_of_ops(void **state)
{
    TestHouse *t = *state;
    HOUSE_OK(t, house_call(t, firm, "pen.pair", NULL, "{}"));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM pen"), 2);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact_block"), 1);
}

static void count_done(WriteJob *job)
{
    OpJob *mine = (OpJob *)job;
    ((PenIn *)(uintptr_t)mine->in)->good++; /* The test's own struct. */
}

static void test_submit(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, firm);
    PenIn in = {.name = S("later")};
    OpJob job;
    Val *reply = NULL;
    HOUSE_OK(t, op_check(&cx, op(t, "pen.add"), &in));
    HOUSE_OK(t, op_submit(&cx, &job, op(t, "pen.add"), &in, count_done));
    assert_int_equal(in.good, 1); /* Called once. */
    HOUSE_OK(t, op_answer(&cx, &job, &reply));
    assert_int_equal(val_get_int(reply, "id"), 1);
    HOUSE_OK(t, op_submit(&cx, &job, op(t, "pen.keep"), &in, count_done));
    assert_int_equal(op_answer(&cx, &job, &reply), ERR_LIMIT);
    HOUSE_OK(t, op_submit(&cx, &job, op(t, "pen.fail"), &in, count_done));
    assert_int_equal(op_answer(&cx, &job, &reply), ERR_STATE);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM pen"), 2);
}

/* Every store call of a command fails once: nothing is kept, and the error is the store's. */
static void test_faults(void **state)
{
    TestHouse *t = *state;
    for (int n = 0;; n++) {
        db_fault_arm(t->fault, n);
        Err e = house_call(t, firm, "pen.add", NULL, "{\"name\":\"笔\xe4\xb8\x80\"}");
        bool fired = db_fault_fired(t->fault);
        db_fault_arm(t->fault, -1);
        assert_int_equal(house_count(t, "SELECT COUNT(*) FROM pen"), fired ? 0 : 1);
        assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact"), fired ? 0 : 1);
        assert_true(house_verify_log(t).ok);
        if (!fired) {
            HOUSE_OK(t, e);
            assert_true(n > 4);
            return;
        }
        HOUSE_REFUSED(t, e, ERR_STORE, "store.failed");
    }
}

/* ---- Small things ---- */

static void test_refs(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, firm);
    i64 *ids;
    size_t count;
    HOUSE_OK(t, refs_read(&cx, S(" 3, 1,,2"), "ids", &ids, &count));
    assert_int_equal(count, 3);
    assert_int_equal(ids[0], 3);
    assert_int_equal(ids[2], 2);
    assert_int_equal(refs_read(&cx, S(" ,"), "ids", &ids, &count), ERR_INPUT);
    assert_string_equal(cx.err.key, "command.none_chosen");
    assert_int_equal(refs_read(&cx, S("1,x"), "ids", &ids, &count), ERR_INPUT);
    same(cx.err.field, "ids");
    Buf many = buf_new(&t->arena);
    for (int i = 1; i <= REFS_MAX; i++)
        buf_format(&many, "%d,", i);
    HOUSE_OK(t, refs_read(&cx, buf_str(&many), "ids", &ids, &count));
    assert_int_equal(count, REFS_MAX);
    buf_z(&many, "501");
    assert_int_equal(refs_read(&cx, buf_str(&many), "ids", &ids, &count), ERR_LIMIT);
    same(cx.err.args[0], "500");
}

static void test_pages(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, nobody);
    static const i64 numbers[][2] = {{-5, 1}, {0, 1}, {1, 1}, {7, 7}, {PAGE_MAX + 1, PAGE_MAX}};
    static const i64 sizes[][2] = {
        {-1, PAGE_SIZE}, {0, PAGE_SIZE}, {50, 50}, {1000, PAGE_SIZE_MAX}};
    static const i64 totals[][2] = {{0, 0}, {1, 1}, {20, 1}, {21, 2}, {400, 20}};
    for (size_t i = 0; i < COUNT(numbers); i++)
        assert_int_equal(page_number(numbers[i][0]), numbers[i][1]);
    for (size_t i = 0; i < COUNT(sizes); i++)
        assert_int_equal(page_size(sizes[i][0]), sizes[i][1]);
    for (size_t i = 0; i < COUNT(totals); i++)
        assert_int_equal(
            val_get_int(list_val(&cx, val_list(&t->arena), totals[i][0], 1, 20), "pages"),
            totals[i][1]);
}

static void test_error_json(void **state)
{
    TestHouse *t = *state;
    HOUSE_REFUSED(t, house_call(t, firm, "pen.add", NULL, "{\"name\":\"a\",\"price_fen\":-1}"),
                  ERR_INPUT, "field.short");
    same(house_json(t, err_val(&t->last)),
         "{\"error\":{\"field\":\"name\",\"key\":\"field.short\",\"message\":\"Too short; at least "
         "2 characters\","
         "\"code\":\"input\",\"fields\":["
         "{\"field\":\"name\",\"key\":\"field.short\",\"message\":\"Too short; at least 2 "
         "characters\"},"
         "{\"field\":\"price_fen\",\"key\":\"field.negative\",\"message\":\"Price must not be "
         "negative or too large\"}]}}");
    HOUSE_REFUSED(t, house_call(t, nobody, "pen.add", NULL, "{}"), ERR_SIGN_IN, "command.sign_in");
    same(house_json(t, err_val(&t->last)),
         "{\"error\":{\"field\":\"\",\"key\":\"command.sign_in\",\"message\":\"Sign in "
         "first\",\"code\":\"sign_in\",\"fields\":[]}}");
}

static void test_documents(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, nobody);
    Val *doc = op_openapi(&cx), *paths = val_get(doc, "paths");
    assert_non_null(val_get(paths, "/api/v1/pen/add"));
    assert_null(val_get(paths, "/api/v1/pen/local")); /* Not to be called from outside. */
    assert_int_equal(val_count(paths), COUNT(ops) - 1);
    assert_true(
        str_has(house_json(t, val_get(paths, "/api/v1/pen/add")), S("\"required\":[\"name\"]")));
    assert_true(str_has(house_json(t, val_get(paths, "/api/v1/pen/add")), S("Who: firm.")));
    assert_true(str_has(house_json(t, val_get(paths, "/api/v1/pen/add")), S("X-Acting-For")));
    assert_false(str_has(house_json(t, val_get(paths, "/api/v1/pen/seal")), S("X-Acting-For")));
    Val *rows = val_get(op_permissions(&cx), "items");
    assert_int_equal(val_count(rows), COUNT(ops));
    same(val_get_str(val_at(rows, 1), "who"), "owner");
    same(val_get_str(val_at(rows, 2), "kind"), "read");
    assert_ptr_equal(codes_find(&t->house, S("tag")), &tags);
    assert_ptr_equal(flow_find(&t->house, S("pen")), &pen_flow);
    assert_ptr_equal(type_find(&t->house, S("pen")), &pen_type);
    assert_null(op_find(&t->house, S("pen")));
}

/* ---- Tables that make no sense ---- */

static bool ends_process(const Op *rows, size_t count)
{
    Room room = pen_room;
    const Room *one[] = {&room};
    House house = {.rooms = one, .room_count = 1};
    room.ops = rows;
    room.op_count = count;
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
            _exit(1);
        house_verify(&house);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

static void test_verify(void **state)
{
    (void)state;
    static const Field outside[] = {
        {"name", sizeof(PenIn), F_TEXT, "名", "Name", 0, SEE_PUBLIC, NULL}};
    static const Field no_codes[] = {{AT(PenIn, tags), F_CODES, "名", "Name", 0, SEE_PUBLIC, NULL}};
    static const Field half_group[] = {
        {AT(PenIn, name), F_TEXT, "名", "Name", 0, SEE_PUBLIC, NULL, .group_zh = "一"}};
    assert_false(ends_process(ops, COUNT(ops)));
    for (int c = 0; c < 11; c++) {
        Op rows[COUNT(ops)];
        size_t count = COUNT(ops);
        memcpy(rows, ops, sizeof ops);
        // clang-format off
        switch (c) {
        case 0: rows[0].name = "add"; break;
        case 1: rows[0].name = "pen."; break;
        case 2: rows[0].name = "pen.count"; break;
        case 3: rows[0].who = 0; break;
        case 4: rows[0].run = NULL; break;
        case 5: rows[0].en = NULL; break;
        case 6: rows[0].in = outside, rows[0].in_count = 1; break;
        case 7: rows[0].in = no_codes, rows[0].in_count = 1; break;
        case 8: rows[1].name = "pen.close"; break; /* The flow's edge is without its op. */
        case 9: rows[1].flags |= OP_DANGER; break; /* The edge knows of no danger. */
        case 10: rows[0].in = half_group, rows[0].in_count = 1; break;
        }
        // clang-format on
        if (!ends_process(rows, count))
            fail_msg("case %d was taken", c);
    }
}

/* ---- Settings ---- */

static char *write_file(TestHouse *t, const char *text)
{
    char *path = str_z(&t->arena, str_format(&t->arena, "%s/house.yaml", t->folder));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void test_settings(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, nobody);
    Settings settings;
    settings_default(&settings);
    HOUSE_OK(
        t, settings_load(&cx,
                         str_from(write_file(t, "# a comment\n\nname_zh: 南通技术市场\nworkers: 8\n"
                                                "secure_cookie: yes\nlisten: \"0.0.0.0:80\"\n"
                                                "log_level: 0\n")),
                         &settings));
    same(settings.name_zh, "南通技术市场");
    same(settings.listen, "0.0.0.0:80");
    assert_int_equal(settings.workers, 8);
    assert_int_equal(settings.secure_cookie, 1);
    assert_int_equal(settings.log_level, 0);
    assert_int_equal(settings.session_idle_min, 30); /* What has no line keeps its value. */
    HOUSE_OK(t, settings_load(&cx, str_from(write_file(t, "")), &settings));
    HOUSE_OK(t, settings_load(&cx, str_from(write_file(t, "# nothing yet\n")), &settings));
    assert_int_equal(settings.workers, 8);
    same(settings_store(&cx, &settings), "data/techbourse.db");
    settings.store = S("postgresql://x");
    same(settings_store(&cx, &settings), "postgresql://x");
}

static void test_settings_wrong(void **state)
{
    TestHouse *t = *state;
    // clang-format off
    static const struct {
        const char *text, *key, *name, *line;
    } cases[] = {
        {"workers: 4\nworker: 4\n",             "setting.unknown", "worker", "2"},
        {"\n\n# x\nlisten_to: here\n",          "setting.unknown", "listen_to", "4"},
        {"workers: many\n",                     "setting.wrong", "workers", "1"},
        {"name_en: x\nworkers: 65\n",           "setting.wrong", "workers", "2"},
        {"workers: -1\n",                       "setting.wrong", "workers", "1"},
        {"workers: 0\n",                        "setting.wrong", "workers", "1"},
        {"workers:\n",                          "setting.wrong", "workers", "1"},
        {"workers: 1.5\n",                      "setting.wrong", "workers", "1"},
        {"log_level: 4\n",                      "setting.wrong", "log_level", "1"},
        {"secure_cookie: perhaps\n",            "setting.wrong", "secure_cookie", "1"},
        {"hash: md5\n",                         "setting.wrong", "hash", "1"},
        {"listen:\n  - a\n  - b\n",             "setting.wrong", "listen", "1"},
        {"workers: 4\nlisten: {host: x}\n",     "setting.wrong", "listen", "2"},
        {"listen: [\n",                         "setting.syntax", NULL, NULL},
        {"workers: 4\n\tlisten: x\n",           "setting.syntax", NULL, NULL},
        {"just words\n",                        "setting.syntax", NULL, NULL},
        {"- workers\n- 4\n",                    "setting.syntax", NULL, NULL},
        {"workers: 4\nworkers: 5\n",            "setting.syntax", NULL, NULL},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(cases); i++) {
        Cx cx = house_cx(t, nobody);
        Settings settings;
        settings_default(&settings);
        Err e = settings_load(&cx, str_from(write_file(t, cases[i].text)), &settings);
        if (e != ERR_INPUT || strcmp(cx.err.key, cases[i].key) != 0)
            fail_msg("'%s': %s %s", cases[i].text, err_name(e), e ? cx.err.key : "-");
        if (!cases[i].name)
            continue;
        same(cx.err.args[0], cases[i].name);
        if (!str_same_z(cx.err.args[1], cases[i].line))
            fail_msg("'%s': line %.*s", cases[i].text, STR_ARG(cx.err.args[1]));
    }
    Cx cx = house_cx(t, nobody);
    Settings settings;
    assert_int_equal(settings_load(&cx, S("/nowhere/at all"), &settings), ERR_IO);
    assert_string_equal(cx.err.key, "setting.unreadable");
}

/* The file that `config` prints is read back to the same settings. */
static void test_settings_round_trip(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, nobody);
    Settings settings, read = {0};
    settings_default(&settings);
    settings.name_en = S("A \"quoted\": name # not a comment");
    settings.secure_cookie = 1;
    settings.log_level = 0;
    Buf out = buf_new(&t->arena);
    settings_write(&cx, &out, &settings);
    HOUSE_OK(t,
             settings_load(&cx, str_from(write_file(t, str_z(&t->arena, buf_str(&out)))), &read));
    for (size_t i = 0; i < settings_count; i++) {
        const Field *field = &settings_fields[i];
        if (field_is_text(field))
            assert_true(str_same(field_str(field, &read), field_str(field, &settings)));
        else
            assert_int_equal(field_int(field, &read), field_int(field, &settings));
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_read_texts),
        CASE(test_read_texts_errors),
        CASE(test_read_json),
        CASE(test_permission),
        CASE(test_relations),
        CASE(test_call),
        CASE(test_call_checks_first),
        CASE(test_refusals),
        CASE(test_op_of_ops),
        CASE(test_submit),
        CASE(test_faults),
        CASE(test_refs),
        CASE(test_pages),
        CASE(test_error_json),
        CASE(test_documents),
        cmocka_unit_test(test_verify),
        CASE(test_settings),
        CASE(test_settings_wrong),
        CASE(test_settings_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
