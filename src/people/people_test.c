/* people_test.c - joining and vetting, a unit's own accounts, profiles, rosters, delegation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/house_fixture.h"
#include "people/people_int.h"

#include "consent/consent.h"

/* An act of trade, so that something can be delegated. */
typedef struct WareIn {
    i64 id;
} WareIn;
static const Field ware_fields[] = {{AT(WareIn, id), F_INT, "号", "No.", 0, SEE_PUBLIC, NULL}};
static Err ware_run(Cx *cx, const void *in, Val **ret)
{
    (void)in;
    *ret = val_map(cx->arena);
    return ERR_OK;
}
static const Op ware_ops[] = {
    {"ware.file", "报", "File", OP_READ, 0, WHO_OFFICE, OP_IN(WareIn, ware_fields), NULL, ware_run,
     NULL, NULL},
    {"stall.open", "开", "Open", OP_READ, 0, WHO_OFFICE, OP_IN(WareIn, ware_fields), NULL, ware_run,
     NULL, NULL},
};
static const Room ware_room = {.name = "registry", .ops = ware_ops, .op_count = COUNT(ware_ops)};

static const Room *const rooms[] = {IDENT_ROOMS, &consent_room, PEOPLE_ROOMS, &ware_room};

static const Actor nobody = {.via = VIA_WEB};
static const Actor shell = {.roles = WHO_LOCAL, .via = VIA_LOCAL};
static const Actor operator_ = {
    .account_id = 90, .org_id = 5, .roles = WHO_OPERATOR, .via = VIA_WEB};

/* Units 1 to 5, accounts 1 to 4; the departments reach 320000, 320500 and 330100. */
enum { PROVINCE = 1, CITY, OTHER_CITY, UNIVERSITY, EXCHANGE };
enum { A_PROVINCE = 1, A_CITY, A_OTHER, A_OFFICE };

#define PASSWORD "Correct-Horse-7"
#define CODE_1                                                                                     \
    "12325200YY1001372U" /* Of the demonstration: both checks hold, YY is not given out. */

static const Actor clock_ = {.roles = WHO_CLOCK, .via = VIA_SYSTEM};

#define DAY ((i64)24 * 3600 * 1000)

static Actor as(i64 account, i64 org, unsigned roles)
{
    return (Actor){.account_id = account, .org_id = org, .roles = roles, .via = VIA_WEB};
}

static void add_org(TestHouse *t, const char *code, const char *kind, const char *more)
{
    HOUSE_OK(t, house_call(t, shell, "org.add", NULL,
                           "{\"code\":\"%s\",\"name\":\"单位 %s\",\"kind\":\"%s\"%s}", code, code,
                           kind, more));
}

static void add_account(TestHouse *t, const char *login, i64 org, const char *roles)
{
    HOUSE_OK(t, house_call(t, shell, "account.add", NULL,
                           "{\"login\":\"%s\",\"name\":\"某人\",\"org_id\":%lld,\"password\":"
                           "\"" PASSWORD "\",\"roles\":[%s]}",
                           login, (long long)org, roles));
}

static int setup(void **state)
{
    static TestHouse t;
    house_test_open(&t, rooms, COUNT(rooms));
    t.house.hooks.relation = org_relation;
    t.house.hooks.shut = delegations_shut;
    add_org(&t, "D-P", "department",
            ",\"level\":\"province\",\"line\":\"science\",\"division\":\"320000\"");
    add_org(&t, "D-C", "department",
            ",\"level\":\"city\",\"line\":\"ip\",\"division\":\"320500\",\"supervisor_id\":1");
    add_org(&t, "D-O", "department",
            ",\"level\":\"city\",\"line\":\"health\",\"division\":\"330100\"");
    add_org(&t, "U-1", "university", ",\"division\":\"320500\"");
    add_org(&t, "X-1", "exchange", "");
    add_account(&t, "province", PROVINCE, "\"department\"");
    add_account(&t, "city", CITY, "\"department\"");
    add_account(&t, "other", OTHER_CITY, "\"department\"");
    add_account(&t, "office", UNIVERSITY, "\"office\",\"liaison\"");
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

static const Actor province = {A_PROVINCE, PROVINCE, WHO_DEPARTMENT, VIA_WEB};
static const Actor city = {A_CITY, CITY, WHO_DEPARTMENT, VIA_WEB};
static const Actor other = {A_OTHER, OTHER_CITY, WHO_DEPARTMENT, VIA_WEB};
static const Actor office = {A_OFFICE, UNIVERSITY, WHO_OFFICE | WHO_LIAISON, VIA_WEB};

/* ---- joining ---- */

static Err apply(TestHouse *t, const char *code, const char *division, const char *login, Val **ret)
{
    return house_call(t, nobody, "joining.apply", ret,
                      "{\"name\":\"新来的研究院\",\"code\":\"%s\",\"kind\":\"institute\","
                      "\"division\":\"%s\",\"person\":\"钟某\",\"phone\":\"13800001234\","
                      "\"login\":\"%s\",\"password\":\"" PASSWORD "\"}",
                      code, division, login);
}

static const struct {
    const char *input; /* Beside the usual. */
    const char *key;
    const char *field;
} wrong_rows[] = {
    {"\"code\":\"12325200YY1001372A\"", "ident.uscc_check", "code"},
    {"\"code\":\"12325200YY100137\"", "ident.uscc_length", "code"},
    {"\"code\":\"\"", "people.code_missing", "code"},
    {"\"code\":\"" CODE_1 "\",\"division\":\"999999\"", "ident.division_unknown", "division"},
    {"\"code\":\"" CODE_1 "\",\"division\":\"320500\",\"phone\":\"12\"", "people.phone_form",
     "phone"},
    {"\"code\":\"" CODE_1 "\",\"division\":\"320500\",\"email\":\"a@b\"", "people.email_form",
     "email"},
    {"\"code\":\"" CODE_1 "\",\"division\":\"320500\",\"login\":\"a b c\"", "people.login_form",
     "login"},
    {"\"code\":\"" CODE_1 "\",\"division\":\"320500\",\"password\":\"short\"",
     "ident.password_short", "password"},
    {"\"code\":\"" CODE_1 "\",\"division\":\"320500\",\"kind\":\"department\"", "field.code",
     "kind"},
    {"\"code\":\"" CODE_1 "\",\"division\":\"320500\",\"name\":\"\"", "field.required", "name"},
};

static void test_apply_wrong(void **state)
{
    TestHouse *t = *state;
    for (size_t i = 0; i < COUNT(wrong_rows); i++) {
        Str why;
        Val *body = val_read_json(&t->arena,
                                  S("{\"name\":\"新来的研究院\",\"kind\":\"institute\","
                                    "\"person\":\"钟某\",\"phone\":\"13800001234\","
                                    "\"login\":\"zhong\",\"password\":\"" PASSWORD "\"}"),
                                  &why);
        Val *more =
            val_read_json(&t->arena, str_format(&t->arena, "{%s}", wrong_rows[i].input), &why);
        for (size_t k = 0; k < val_count(more); k++)
            val_set_key(&t->arena, body, more->list.items[k].key, more->list.items[k].val);
        HOUSE_REFUSED(t, house_call_val(t, nobody, "joining.apply", body, NULL), ERR_INPUT,
                      wrong_rows[i].key);
        same(t->last.err.field, wrong_rows[i].field);
    }
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM joining"), 0);
    /* All errors of a form at once. */
    assert_int_equal(apply(t, "x", "y", "a b", NULL), ERR_INPUT);
    assert_int_equal(t->last.err_count, 3);
}

/* Who may decide where: by place, by line, and the operator where nobody covers the place. */
static void test_desk(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    HOUSE_OK(t, apply(t, CODE_1, "320506", "zhong", &reply));
    same(val_get_str(reply, "desk"), "department");
    HOUSE_OK(t, house_call(t, nobody, "joining.apply", &reply,
                           "{\"name\":\"钟某\",\"kind\":\"person\",\"division\":\"330106\","
                           "\"person\":\"钟某\",\"phone\":\"0571-5550101\",\"login\":\"zhong3\","
                           "\"password\":\"" PASSWORD "\"}"));
    same(val_get_str(reply, "desk"), "operator"); /* A health department does not vet. */
    static const struct {
        const Actor *who;
        const char *op;
        int id;
        Err want;
        const char *key;
    } rows[] = {
        {&other, "joining.approve", 1, ERR_MISSING, "record.missing"},
        {&other, "joining.approve", 2, ERR_MISSING, "record.missing"},
        {&operator_, "joining.approve", 1, ERR_DENIED, "flow.not_your_step"},
        {&office, "joining.approve", 1, ERR_DENIED, "command.denied"},
        {&city, "joining.approve", 2, ERR_MISSING, "record.missing"},
        {&province, "joining.approve", 2, ERR_MISSING, "record.missing"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        HOUSE_REFUSED(t, house_call(t, *rows[i].who, rows[i].op, NULL, "{\"ids\":%d}", rows[i].id),
                      rows[i].want, rows[i].key);
    HOUSE_OK(t, house_call(t, operator_, "joining.approve", NULL, "{\"ids\":2}"));
    HOUSE_OK(t, house_call(t, province, "joining.approve", NULL, "{\"ids\":1}"));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM org WHERE kind = 'person' AND code = ''"),
                     1);
}

static void test_approve(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    HOUSE_OK(t, apply(t, CODE_1, "320506", "office", &reply)); /* A login that is taken. */
    Str claim = str_copy(&t->arena, val_get_str(reply, "claim"));
    HOUSE_REFUSED(t, apply(t, CODE_1, "320506", "again", NULL), ERR_CONFLICT,
                  "people.code_applied");
    HOUSE_OK(t, house_call(t, city, "joining.show", &reply, "{\"id\":1}"));
    same(val_get_str(val_get(reply, "joining"), "phone"), "138****1234");
    assert_null(val_get(val_get(reply, "joining"), "password"));
    HOUSE_OK(t, house_call(t, city, "joining.show", &reply, "{\"id\":1,\"full\":true}"));
    same(val_get_str(val_get(reply, "joining"), "phone"), "13800001234");
    HOUSE_OK(t, house_call(t, city, "joining.approve", &reply, "{\"ids\":1}"));
    assert_int_equal(val_get_int(reply, "count"), 1);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM account WHERE org_id = 6 AND name = "
                                    "'钟某' AND phone = '13800001234'"),
                     1);
    assert_int_equal(house_count(t,
                                 "SELECT COUNT(*) FROM role_grant WHERE account_id = 5 AND role IN "
                                 "('office', 'liaison')"),
                     2);
    /* What was about him is gone from the application, and so is the password. */
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM joining WHERE phone = '' AND person = '' "
                                    "AND password = '' AND org_id = 6 AND state = 2"),
                     1);
    HOUSE_OK(
        t, house_call(t, nobody, "joining.status", &reply, "{\"claim\":\"%.*s\"}", STR_ARG(claim)));
    same(val_get_str(reply, "login"), "office-1");
    HOUSE_OK(t, house_call(t, nobody, "session.open", NULL,
                           "{\"login\":\"office-1\",\"password\":\"" PASSWORD "\"}"));
    HOUSE_REFUSED(t, apply(t, CODE_1, "320506", "third", NULL), ERR_CONFLICT, "people.code_member");
    HOUSE_REFUSED(t, house_call(t, city, "joining.approve", NULL, "{\"ids\":1}"), ERR_STATE,
                  "flow.no_such_step");
}

static void test_return(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    HOUSE_OK(t, apply(t, CODE_1, "320506", "zhong", &reply));
    Str claim = str_copy(&t->arena, val_get_str(reply, "claim"));
    HOUSE_REFUSED(t, house_call(t, city, "joining.return", NULL, "{\"ids\":1}"), ERR_INPUT,
                  "field.required");
    HOUSE_OK(t, house_call(t, city, "joining.return", NULL,
                           "{\"ids\":1,\"reason\":\"名称与证照不符\"}"));
    HOUSE_REFUSED(t, house_call(t, nobody, "joining.status", NULL, "{\"claim\":\"0000-0000\"}"),
                  ERR_INPUT, "people.no_such_claim");
    Str typed = str_upper(&t->arena, claim); /* As somebody types it. */
    HOUSE_OK(t, house_call(t, nobody, "joining.status", &reply, "{\"claim\":\" %.*s \"}",
                           STR_ARG(typed)));
    assert_true(val_get_bool(reply, "can_resubmit"));
    same(val_get_str(val_get(reply, "joining"), "reason"), "名称与证照不符");
    same(val_get_str(val_get(reply, "joining"), "phone"), "138****1234");
    HOUSE_OK(t, house_call(t, nobody, "joining.resubmit", NULL,
                           "{\"claim\":\"%.*s\",\"name\":\"改好的研究院\"}", STR_ARG(claim)));
    HOUSE_REFUSED(
        t, house_call(t, nobody, "joining.resubmit", NULL, "{\"claim\":\"%.*s\"}", STR_ARG(claim)),
        ERR_STATE, "flow.no_such_step");
    HOUSE_OK(
        t, house_call(t, city, "joining.reject", NULL, "{\"ids\":1,\"reason\":\"不是独立法人\"}"));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM joining WHERE name = '改好的研究院' AND "
                                    "phone = '13800001234' AND password = '' AND state = 3"),
                     1);
}

/* The contact data of those rejected goes when the setting's days are over, not before. */
static void test_forget(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    i64 days = t->settings.joining_keep_days;
    for (int i = 0; i < 3; i++)
        HOUSE_OK(t, house_call(t, nobody, "joining.apply", NULL,
                               "{\"name\":\"钟%d\",\"kind\":\"person\",\"division\":\"320506\","
                               "\"person\":\"钟%d\",\"phone\":\"1380000123%d\","
                               "\"login\":\"zhong%d\",\"password\":\"" PASSWORD "\"}",
                               i, i, i, i));
    HOUSE_OK(t, house_call(t, city, "joining.reject", NULL, "{\"ids\":1,\"reason\":\"重复\"}"));
    t->clock.now_ms += DAY;
    HOUSE_OK(t, house_call(t, city, "joining.reject", NULL, "{\"ids\":2,\"reason\":\"重复\"}"));
    t->clock.now_ms += (days - 1) * DAY - 1;
    HOUSE_OK(t, house_call(t, clock_, "joining.forget", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "count"), 0);
    t->clock.now_ms += 1;
    HOUSE_OK(t, house_call(t, clock_, "joining.forget", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "count"), 1);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM joining WHERE id = 1 AND person = '' AND "
                                    "phone = '' AND login = '' AND name = '' AND state = 3 AND "
                                    "reason <> ''"),
                     1);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM joining WHERE phone <> ''"), 2);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact WHERE kind = 'joining.erased'"), 1);
    HOUSE_OK(t, house_call(t, clock_, "joining.forget", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "count"), 0);
    HOUSE_REFUSED(t, house_call(t, city, "joining.forget", NULL, "{}"), ERR_DENIED,
                  "command.denied");
}

/* Returned and not submitted again: closed and erased in one step when its days are over. */
static void test_lapse(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    Str claim = S("");
    i64 days = t->settings.joining_return_days;
    for (int i = 0; i < 2; i++) {
        HOUSE_OK(t, house_call(t, nobody, "joining.apply", &reply,
                               "{\"name\":\"钟%d\",\"kind\":\"person\",\"division\":\"320506\","
                               "\"person\":\"钟%d\",\"phone\":\"1380000123%d\","
                               "\"login\":\"zhong%d\",\"password\":\"" PASSWORD "\"}",
                               i, i, i, i));
        claim = str_copy(&t->arena, val_get_str(reply, "claim"));
    }
    HOUSE_OK(
        t, house_call(t, city, "joining.return", NULL, "{\"ids\":\"1,2\",\"reason\":\"缺材料\"}"));
    t->clock.now_ms += days * DAY - 1;
    HOUSE_OK(t, house_call(t, clock_, "joining.forget", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "count"), 0);
    HOUSE_OK(
        t, house_call(t, nobody, "joining.resubmit", NULL, "{\"claim\":\"%.*s\"}", STR_ARG(claim)));
    t->clock.now_ms += 1;
    HOUSE_OK(t, house_call(t, clock_, "joining.forget", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "count"), 1);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM joining WHERE id = 1 AND person = '' AND "
                                    "phone = '' AND login = '' AND name = '' AND password = '' AND "
                                    "state = 3 AND reason <> '' AND decided_by = 0"),
                     1);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM joining WHERE id = 2 AND phone <> ''"),
                     1);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact WHERE kind = 'joining.lapsed'"), 1);
    t->clock.now_ms += 400 * DAY;
    HOUSE_OK(t, house_call(t, clock_, "joining.forget", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "count"), 0);
}

/* Several at once: those that cannot be done are named, the others done. */
static void test_bulk(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    for (int i = 0; i < 6; i++)
        HOUSE_OK(t, house_call(t, nobody, "joining.apply", NULL,
                               "{\"name\":\"钟%d\",\"kind\":\"person\",\"division\":\"320506\","
                               "\"person\":\"钟%d\",\"phone\":\"1380000123%d\","
                               "\"login\":\"zhong\",\"password\":\"" PASSWORD "\"}",
                               i, i, i));
    HOUSE_OK(t, house_call(t, city, "joining.reject", NULL, "{\"ids\":2,\"reason\":\"重复\"}"));
    HOUSE_OK(t, house_call(t, city, "joining.approve", &reply, "{\"ids\":\"1,2,3,99,4\"}"));
    assert_int_equal(val_get_int(reply, "count"), 3);
    assert_int_equal(val_count(val_get(reply, "refused")), 2);
    assert_false(val_get_bool(reply, "ok"));
    HOUSE_OK(t, house_call(t, city, "joining.list", &reply, "{\"state\":\"applied\"}"));
    assert_int_equal(val_get_int(reply, "total"), 2);
    assert_int_equal(val_get_int(val_get(reply, "counts"), "approved"), 3);
    assert_int_equal(val_get_int(val_get(reply, "counts"), "rejected"), 1);
    HOUSE_OK(t, house_call(t, other, "joining.list", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "total"), 0);
    /* The same login was asked for each time. */
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM account WHERE login LIKE 'zhong%'"), 3);
}

/* An import has named the unit: it is taken up, not made twice. */
static void test_known_unit(void **state)
{
    TestHouse *t = *state;
    HOUSE_OK(t, house_call(t, shell, "org.ensure", NULL, "{\"code\":\"" CODE_1 "\"}"));
    HOUSE_OK(t, apply(t, CODE_1, "320506", "zhong", NULL));
    HOUSE_OK(t, house_call(t, city, "joining.approve", NULL, "{\"ids\":1}"));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM org WHERE code = '" CODE_1 "'"), 1);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM org WHERE code = '" CODE_1 "' AND kind = "
                                    "'institute' AND name = '新来的研究院'"),
                     1);
}

/* ---- accounts of a unit ---- */

static void test_accounts_add(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, office, "people.accounts_add", &reply,
                           "{\"text\":\"姓名\\t登录名\\t角色\\t手机\\n"
                           "甲\\tjia.one\\t发明人\\t13800001111\\n"
                           "乙\\tyi.two\\t\\t\\n"
                           "丙\\tbing\\t系统管理员\\t\\n"
                           "\\tnobody\\t发明人\\t\\n"
                           "丁\\tding\\t厨师\\t\\n"
                           "甲\\tjia.one\\t发明人\\t\\n"
                           "戊\\toffice\\t发明人\\t\\n"
                           "己\\tprovince\\t发明人\\t\\n"
                           "庚\\tgeng\\t企业\\t\\n"
                           "{\\\"name\\\":\\\"辛\\\",\\\"login\\\":\\\"xin.8\\\",\\\"roles\\\":"
                           "[\\\"inventor\\\",\\\"expert\\\"]}\\n"
                           "壬\\tren\\t发明人\\t12\"}"));
    static const struct {
        const char *login, *result, *key;
    } want[] = {
        {"jia.one", "made", ""},
        {"yi.two", "made", ""},
        {"bing", "refused", "people.admin_alone"},
        {"nobody", "refused", "people.row_empty"},
        {"ding", "refused", "people.role_unknown"},
        {"jia.one", "refused", "people.row_twice"},
        {"office", "there", ""},
        {"province", "refused", "ident.login_there"},
        {"geng", "refused", "people.role_not_here"},
        {"xin.8", "made", ""},
        {"ren", "refused", "people.phone_form"},
    };
    const Val *rows = val_get(reply, "rows");
    assert_int_equal(val_count(rows), COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        const Val *row = val_at(rows, i);
        same(val_get_str(row, "login"), want[i].login);
        same(val_get_str(row, "result"), want[i].result);
        same(val_get_str(row, "key"), want[i].key);
        assert_int_equal(val_get_int(row, "line"), i + 2);
        assert_int_equal(val_get_str(row, "password").len,
                         strcmp(want[i].result, "made") == 0 ? 19 : 0);
    }
    assert_int_equal(val_get_int(reply, "made"), 3);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM account WHERE must_change = 1 AND "
                                    "org_id = 4"),
                     3);
    Str password = val_get_str(val_at(rows, 0), "password");
    HOUSE_OK(t, house_call(t, nobody, "session.open", NULL,
                           "{\"login\":\"jia.one\",\"password\":\"%.*s\"}", STR_ARG(password)));
    /* Once more: all rows are there. */
    HOUSE_OK(t, house_call(t, office, "people.accounts_add", &reply,
                           "{\"text\":\"甲\\tjia.one\\t发明人\"}"));
    assert_int_equal(val_get_int(reply, "there"), 1);
    HOUSE_REFUSED(t, house_call(t, office, "people.accounts_add", NULL, "{\"text\":\" \\n \"}"),
                  ERR_INPUT, "field.required");
    HOUSE_REFUSED(
        t, house_call(t, office, "people.accounts_add", NULL, "{\"text\":\"姓名\\t登录名\"}"),
        ERR_INPUT, "people.no_rows");
}

static void test_too_many_rows(void **state)
{
    TestHouse *t = *state;
    Buf text = buf_new(&t->arena);
    PersonRow *rows;
    size_t count;
    for (int i = 0; i < PERSON_ROWS_MAX; i++)
        buf_format(&text, "甲,login%d\n", i);
    Cx cx = house_cx(t, office);
    assert_int_equal(person_rows_read(&cx, buf_str(&text), &rows, &count), ERR_OK);
    assert_int_equal(count, PERSON_ROWS_MAX);
    buf_z(&text, "乙,one.more\n");
    assert_int_equal(person_rows_read(&cx, buf_str(&text), &rows, &count), ERR_LIMIT);
}

static void test_below(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, office, "org.add_below", &reply,
                           "{\"parent_id\":4,\"name\":\"化学学院\"}"));
    i64 college = val_get_int(reply, "id");
    HOUSE_REFUSED(
        t, house_call(t, office, "org.add_below", NULL, "{\"parent_id\":4,\"name\":\"化学学院\"}"),
        ERR_CONFLICT, "people.college_there");
    HOUSE_REFUSED(
        t,
        house_call(t, office, "org.add_below", NULL, "{\"parent_id\":1,\"name\":\"别人的学院\"}"),
        ERR_DENIED, "people.not_your_unit");
    HOUSE_OK(t, house_call(t, office, "account.add_below", &reply,
                           "{\"org_id\":%lld,\"name\":\"子\",\"login\":\"zi.lab\","
                           "\"roles\":[\"inventor\"]}",
                           (long long)college));
    i64 zi = val_get_int(reply, "id");
    HOUSE_REFUSED(t,
                  house_call(t, office, "account.add_below", NULL,
                             "{\"org_id\":4,\"name\":\"丑\",\"login\":\"chou\","
                             "\"roles\":[\"firm\"]}"),
                  ERR_INPUT, "people.role_not_here");
    HOUSE_REFUSED(t,
                  house_call(t, office, "account.add_below", NULL,
                             "{\"org_id\":1,\"name\":\"丑\",\"login\":\"chou\","
                             "\"roles\":[\"inventor\"]}"),
                  ERR_DENIED, "people.not_your_unit");
    /* Two liaisons and no third. */
    HOUSE_OK(t, house_call(t, office, "account.add_below", NULL,
                           "{\"org_id\":4,\"name\":\"寅\",\"login\":\"yin\","
                           "\"roles\":[\"liaison\"]}"));
    HOUSE_REFUSED(t,
                  house_call(t, office, "account.add_below", NULL,
                             "{\"org_id\":4,\"name\":\"卯\",\"login\":\"mao\","
                             "\"roles\":[\"liaison\"]}"),
                  ERR_CONFLICT, "people.liaisons_full");
    HOUSE_OK(t, house_call(t, office, "people.accounts", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "total"), 3);
    HOUSE_REFUSED(t, house_call(t, office, "people.accounts", NULL, "{\"org_id\":1}"), ERR_DENIED,
                  "people.not_your_unit");
    HOUSE_OK(t, house_call(t, office, "account.close_below", NULL, "{\"id\":%lld}", (long long)zi));
    HOUSE_REFUSED(
        t, house_call(t, office, "account.close_below", NULL, "{\"id\":%lld}", (long long)zi),
        ERR_STATE, "people.closed_already");
    HOUSE_REFUSED(t, house_call(t, office, "account.close_below", NULL, "{\"id\":%d}", A_OFFICE),
                  ERR_STATE, "people.not_yourself");
    HOUSE_REFUSED(t, house_call(t, office, "account.close_below", NULL, "{\"id\":%d}", A_CITY),
                  ERR_MISSING, "record.missing");
}

static void test_hand_over(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    add_account(t, "successor", UNIVERSITY, "\"inventor\"");
    HOUSE_OK(t, house_call(t, office, "delegation.give", NULL,
                           "{\"to_login\":\"successor\",\"to_name\":\"某人\",\"nouns\":[\"ware\"],"
                           "\"until_date\":\"2026-08-01\"}"));
    HOUSE_REFUSED(t,
                  house_call(t, office, "account.hand_over", NULL, "{\"from_id\":4,\"to_id\":4}"),
                  ERR_INPUT, "people.same_person");
    HOUSE_REFUSED(t, house_call(t, shell, "account.hand_over", NULL, "{\"from_id\":4,\"to_id\":1}"),
                  ERR_STATE, "people.other_unit");
    HOUSE_OK(t, house_call(t, office, "account.hand_over", &reply, "{\"from_id\":4,\"to_id\":5}"));
    assert_int_equal(val_get_int(reply, "roles"), 2);
    assert_int_equal(val_get_int(reply, "delegations_ended"), 1);
    Cx cx = house_cx(t, shell);
    unsigned roles = 0;
    HOUSE_OK(t, account_roles(&cx, 4, &roles));
    assert_int_equal(roles, 0);
    HOUSE_OK(t, account_roles(&cx, 5, &roles));
    assert_int_equal(roles, WHO_OFFICE | WHO_LIAISON | WHO_INVENTOR);
}

static i64 work_left;
static Err some_work(Cx *cx, i64 org_id, Val *rows)
{
    (void)org_id;
    for (i64 i = 0; i < work_left; i++) {
        Val *row = val_map(cx->arena);
        val_set_z(cx->arena, row, "kind", "lot");
        val_set_int(cx->arena, row, "id", 7);
        val_set_z(cx->arena, row, "title", "一件竞价");
        val_push(cx->arena, rows, row);
    }
    return ERR_OK;
}

static void test_leave(void **state)
{
    TestHouse *t = *state;
    t->house.hooks.open_work = some_work;
    work_left = 1;
    HOUSE_REFUSED(t, house_call(t, office, "org.leave", NULL, "{\"id\":1,\"reason\":\"合并\"}"),
                  ERR_DENIED, "people.not_your_unit");
    HOUSE_REFUSED(t, house_call(t, office, "org.leave", NULL, "{\"id\":4,\"reason\":\"合并\"}"),
                  ERR_STATE, "people.work_open");
    same(t->last.err.args[1], "lot 7 一件竞价");
    work_left = 0;
    HOUSE_REFUSED(t, house_call(t, operator_, "org.leave", NULL, "{\"id\":5,\"reason\":\"合并\"}"),
                  ERR_STATE, "people.exchange_stays");
    HOUSE_OK(t, house_call(t, office, "org.leave", NULL, "{\"id\":4,\"reason\":\"合并\"}"));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM account WHERE org_id = 4 AND closed = 0"),
                     0);
    HOUSE_REFUSED(t, house_call(t, operator_, "org.leave", NULL, "{\"id\":4,\"reason\":\"合并\"}"),
                  ERR_STATE, "people.left_already");
    HOUSE_REFUSED(t,
                  house_call(t, shell, "account.add_below", NULL,
                             "{\"org_id\":4,\"name\":\"丑\",\"login\":\"chou\","
                             "\"roles\":[\"inventor\"]}"),
                  ERR_DENIED, "people.unit_left");
}

/* Who closes an account opens it again; what the security administrator closed, he alone. */
static void test_reopen(void **state)
{
    TestHouse *t = *state;
    Actor guard = as(91, EXCHANGE, WHO_SECURITY);
    Val *reply = NULL;
    add_account(t, "maker", UNIVERSITY, "\"inventor\"");
    HOUSE_REFUSED(
        t, house_call(t, office, "account.reopen_below", NULL, "{\"id\":5,\"reason\":\"返岗\"}"),
        ERR_STATE, "ident.not_closed");
    HOUSE_OK(t, house_call(t, office, "account.close_below", NULL, "{\"id\":5}"));
    HOUSE_REFUSED(
        t, house_call(t, other, "account.reopen_below", NULL, "{\"id\":5,\"reason\":\"返岗\"}"),
        ERR_DENIED, "command.denied");
    HOUSE_REFUSED(t, house_call(t, office, "account.reopen_below", NULL, "{\"id\":5}"), ERR_INPUT,
                  "field.required");
    HOUSE_OK(t,
             house_call(t, office, "account.reopen_below", NULL, "{\"id\":5,\"reason\":\"返岗\"}"));
    HOUSE_OK(t, house_call(t, nobody, "session.open", &reply,
                           "{\"login\":\"maker\",\"password\":\"" PASSWORD "\"}"));
    same(val_get_str(reply, "wants"), "password");
    HOUSE_OK(t, house_call(t, guard, "account.close", NULL, "{\"id\":5}"));
    HOUSE_REFUSED(
        t, house_call(t, office, "account.reopen_below", NULL, "{\"id\":5,\"reason\":\"返岗\"}"),
        ERR_DENIED, "people.shut_by_security");
    HOUSE_OK(t, house_call(t, guard, "account.reopen", NULL, "{\"id\":5,\"reason\":\"核实无误\"}"));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact WHERE kind = 'account.reopened'"),
                     2);
    /* Of a unit that has left: it has to come back first. */
    HOUSE_OK(t, house_call(t, shell, "org.leave", NULL, "{\"id\":4,\"reason\":\"合并\"}"));
    HOUSE_REFUSED(t, house_call(t, guard, "account.reopen", NULL, "{\"id\":5,\"reason\":\"返岗\"}"),
                  ERR_STATE, "ident.unit_left");
    HOUSE_REFUSED(
        t, house_call(t, shell, "account.reopen_below", NULL, "{\"id\":5,\"reason\":\"返岗\"}"),
        ERR_STATE, "ident.unit_left");
}

/* ---- profiles ---- */

#define PROFILE                                                                                    \
    "\"kind\":\"expert\",\"industry\":[\"ai\",\"biomed\"],\"ipc\":[\"H01M\",\"c08j 5/18\"],"       \
    "\"title\":\"教授\",\"employer\":\"某大学\",\"conflicts\":[\"某公司\"]"

/* His separate consent on personal data, given at the machine: text 4. */
static void sign_personal(TestHouse *t, i64 account_id, i64 org_id)
{
    Cx cx = house_cx(t, shell);
    Actor actor = {.account_id = account_id, .org_id = org_id, .via = VIA_LOCAL};
    HOUSE_OK(t, consent_texts_load(&cx));
    HOUSE_OK(t, house_call(t, actor, "consent.sign", NULL, "{\"text_id\":4}"));
}

/* By which name the public finds the one profile; '' for none. */
static void named_by(TestHouse *t, const char *name)
{
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, nobody, "profile.list", &reply, "{\"q\":\"某人\"}"));
    assert_int_equal(val_get_int(reply, "total"), name[0] != 0);
    HOUSE_OK(t, house_call(t, nobody, "profile.list", &reply, "{}"));
    same(val_get_str(val_at(val_get(reply, "items"), 0), "name"), name);
    HOUSE_OK(t, house_call(t, nobody, "profile.show", &reply, "{\"id\":1}"));
    same(val_get_str(val_get(reply, "profile"), "name"), name);
}

static void test_profile(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    add_account(t, "expert", UNIVERSITY, "\"expert\"");
    Actor expert = as(5, UNIVERSITY, WHO_EXPERT);
    HOUSE_REFUSED(t,
                  house_call(t, expert, "certificate.add", NULL,
                             "{\"name\":\"证\",\"number\":\"1\",\"issued_date\":\"2020-01-01\"}"),
                  ERR_STATE, "people.profile_first");
    HOUSE_REFUSED(
        t,
        house_call(t, expert, "profile.edit", NULL, "{\"kind\":\"manager\",\"industry\":[\"ai\"]}"),
        ERR_INPUT, "people.not_your_kind");
    HOUSE_REFUSED(t,
                  house_call(t, expert, "profile.edit", NULL,
                             "{\"kind\":\"expert\",\"industry\":[\"ai\"],\"ipc\":[\"Z99\"]}"),
                  ERR_INPUT, "people.ipc_form");
    HOUSE_OK(t, house_call(t, expert, "profile.edit", NULL, "{" PROFILE "}"));
    HOUSE_REFUSED(t, house_call(t, nobody, "profile.show", NULL, "{\"id\":1}"), ERR_MISSING,
                  "record.missing");
    HOUSE_OK(t, house_call(t, nobody, "profile.list", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "total"), 0);
    /* Listed, but not named: the words of the name find nothing either. */
    HOUSE_OK(t, house_call(t, expert, "profile.edit", NULL, "{" PROFILE ",\"visible\":true}"));
    HOUSE_OK(t, house_call(t, nobody, "profile.show", &reply, "{\"id\":1}"));
    same(val_get_str(val_get(reply, "profile"), "name"), "");
    assert_null(val_get(val_get(reply, "profile"), "conflicts"));
    assert_null(val_get(val_get(reply, "profile"), "account_id"));
    HOUSE_OK(t, house_call(t, nobody, "profile.list", &reply, "{\"q\":\"某人\"}"));
    assert_int_equal(val_get_int(reply, "total"), 0);
    HOUSE_OK(t, house_call(t, expert, "profile.edit", NULL,
                           "{" PROFILE ",\"visible\":true,\"named\":true}"));
    named_by(t, "");
    HOUSE_OK(t, house_call(t, expert, "profile.show", &reply, "{}"));
    assert_true(val_get_bool(val_get(reply, "profile"), "consent_wanted"));
    /* Somebody else's consent names nobody; one's own does, until it is withdrawn. */
    sign_personal(t, A_OFFICE, UNIVERSITY);
    named_by(t, "");
    sign_personal(t, 5, UNIVERSITY);
    named_by(t, "某人");
    HOUSE_OK(t, house_call(t, expert, "profile.show", &reply, "{}"));
    assert_false(val_get_bool(val_get(reply, "profile"), "consent_wanted"));
    HOUSE_OK(t, house_call(t, expert, "consent.withdraw", NULL, "{\"id\":2}"));
    named_by(t, "");
    sign_personal(t, 5, UNIVERSITY);
    named_by(t, "某人");
    static const struct {
        const char *query;
        int found;
    } queries[] = {{"{\"industry\":\"ai\"}", 1}, {"{\"industry\":\"agri\"}", 0},
                   {"{\"ipc\":\"H01\"}", 1},     {"{\"ipc\":\"C08J 5/18\"}", 1},
                   {"{\"ipc\":\"A61K\"}", 0},    {"{\"kind\":\"manager\"}", 0},
                   {"{\"q\":\"教授\"}", 1},      {"{\"q\":\"100%\"}", 0}};
    for (size_t i = 0; i < COUNT(queries); i++) {
        HOUSE_OK(t, house_call(t, nobody, "profile.list", &reply, "%s", queries[i].query));
        assert_int_equal(val_get_int(reply, "total"), queries[i].found);
    }
}

static void test_certificates(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    add_account(t, "expert", UNIVERSITY, "\"expert\"");
    Actor expert = as(5, UNIVERSITY, WHO_EXPERT);
    HOUSE_OK(t, house_call(t, expert, "profile.edit", NULL, "{" PROFILE ",\"visible\":true}"));
    /* Today is 2026-07-22; sixty days on is 2026-09-20. */
    static const struct {
        const char *expires;
        bool soon, expired;
    } rows[] = {{"2026-07-21", false, true},
                {"2026-07-22", true, false},
                {"2026-09-20", true, false},
                {"2026-09-21", false, false},
                {"", false, false}};
    for (size_t i = 0; i < COUNT(rows); i++)
        HOUSE_OK(t, house_call(t, expert, "certificate.add", NULL,
                               "{\"name\":\"证 %zu\",\"number\":\"A-00123\",\"issued_date\":"
                               "\"2020-01-0%zu\",\"expires_date\":\"%s\"}",
                               i, i + 1, rows[i].expires));
    HOUSE_REFUSED(t,
                  house_call(t, expert, "certificate.add", NULL,
                             "{\"name\":\"证\",\"number\":\"1\",\"issued_date\":\"2026-07-23\"}"),
                  ERR_INPUT, "people.issued_later");
    HOUSE_OK(t, house_call(t, nobody, "profile.show", &reply, "{\"id\":1}"));
    const Val *list = val_get(reply, "certificates");
    assert_int_equal(val_count(list), COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(val_get_bool(val_at(list, i), "soon"), rows[i].soon);
        assert_int_equal(val_get_bool(val_at(list, i), "expired"), rows[i].expired);
        assert_null(val_get(val_at(list, i), "number"));
    }
    HOUSE_REFUSED(
        t, house_call(t, as(4, UNIVERSITY, WHO_EXPERT), "certificate.end", NULL, "{\"id\":1}"),
        ERR_MISSING, "record.missing");
    /* Told to the holder, his unit and the operator: what has expired, what will within the days of
     * the setting. */
    Actor strange = as(A_OTHER, OTHER_CITY, WHO_OFFICE);
    const struct {
        Actor actor;
        const char *ask, *holder;
        size_t count;
    } asks[] = {
        {expert, "{}", "某人", 3},           {office, "{}", "某人", 3},
        {operator_, "{}", "某*", 3},         {strange, "{}", "", 0},
        {office, "{\"days\":1}", "某人", 2}, {office, "{\"days\":61}", "某人", 4},
    };
    for (size_t i = 0; i < COUNT(asks); i++) {
        HOUSE_OK(t,
                 house_call(t, asks[i].actor, "certificate.expiring", &reply, "%s", asks[i].ask));
        assert_int_equal(val_count(val_get(reply, "items")), asks[i].count);
        same(val_get_str(val_at(val_get(reply, "items"), 0), "holder"), asks[i].holder);
    }
    HOUSE_OK(t, house_call(t, expert, "certificate.end", NULL, "{\"id\":1}"));
    HOUSE_REFUSED(t, house_call(t, expert, "certificate.end", NULL, "{\"id\":1}"), ERR_STATE,
                  "people.certificate_over");
}

/* ---- rosters ---- */

#define MEMBER                                                                                     \
    "\"person\":\"钟某\",\"field\":[\"ai\"],\"phone\":\"13800001234\",\"title\":\"博士研究生\""

static void test_roster(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, city, "roster.add", NULL,
                           "{\"kind\":\"advisers\",\"name\":\"专家顾问团\",\"year\":2026,"
                           "\"until_date\":\"2026-07-22\"}"));
    HOUSE_REFUSED(t,
                  house_call(t, office, "member.nominate", NULL,
                             "{\"roster_id\":1," MEMBER ",\"login\":\"city\"}"),
                  ERR_INPUT, "people.login_not_yours");
    HOUSE_OK(t, house_call(t, office, "member.nominate", NULL,
                           "{\"roster_id\":1," MEMBER ",\"login\":\"office\"}"));
    HOUSE_REFUSED(t, house_call(t, office, "member.nominate", NULL, "{\"roster_id\":1," MEMBER "}"),
                  ERR_CONFLICT, "people.member_there");
    /* Until it is confirmed it is between the two; the keeper sees it masked. */
    HOUSE_OK(t, house_call(t, other, "roster.show", &reply, "{\"id\":1}"));
    assert_int_equal(val_count(val_get(reply, "members")), 0);
    HOUSE_OK(t, house_call(t, city, "roster.show", &reply, "{\"id\":1}"));
    same(val_get_str(val_at(val_get(reply, "members"), 0), "phone"), "138****1234");
    HOUSE_OK(t, house_call(t, office, "roster.show", &reply, "{\"id\":1}"));
    same(val_get_str(val_at(val_get(reply, "members"), 0), "phone"), "13800001234");
    HOUSE_REFUSED(t, house_call(t, other, "member.confirm", NULL, "{\"ids\":1}"), ERR_MISSING,
                  "record.missing");
    HOUSE_OK(t, house_call(t, city, "member.return", NULL, "{\"ids\":1,\"reason\":\"缺职称\"}"));
    HOUSE_OK(t, house_call(t, office, "member.resubmit", NULL,
                           "{\"id\":1," MEMBER ",\"login\":\"office\"}"));
    HOUSE_OK(t, house_call(t, city, "member.confirm", NULL, "{\"ids\":1}"));
    HOUSE_REFUSED(t, house_call(t, city, "member.confirm", NULL, "{\"ids\":1}"), ERR_STATE,
                  "flow.no_such_step");
    HOUSE_OK(t, house_call(t, nobody, "roster.show", &reply, "{\"id\":1}"));
    assert_int_equal(val_count(val_get(reply, "members")), 1);
    assert_null(val_get(val_at(val_get(reply, "members"), 0), "person"));
    HOUSE_OK(t, house_call(t, office, "member.end", NULL, "{\"ids\":1,\"reason\":\"调离\"}"));
    t->clock.now_ms += (i64)24 * 3600 * 1000;
    HOUSE_REFUSED(t, house_call(t, office, "member.nominate", NULL, "{\"roster_id\":1," MEMBER "}"),
                  ERR_STATE, "people.nominations_over");
}

/* ---- what somebody has done, and for whom ---- */

static void test_contributions(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, city, "mark.add", NULL,
                           "{\"org_id\":4,\"mark\":\"university_model\",\"from_date\":"
                           "\"2026-01-01\"}"));
    HOUSE_OK(t, house_call(t, city, "roster.add", NULL,
                           "{\"kind\":\"town\",\"name\":\"镇长团\",\"year\":2026}"));
    HOUSE_OK(t, house_call(t, city, "people.contributions", &reply,
                           "{\"from_date\":\"2026-07-22\",\"until_date\":\"2026-07-22\"}"));
    const Val *items = val_get(reply, "items");
    assert_int_equal(val_count(items), 2);
    same(val_get_str(val_at(items, 0), "kind"), "mark.added");
    assert_int_equal(val_get_int(val_at(items, 0), "org_id"), UNIVERSITY);
    assert_int_equal(val_get_int(val_at(items, 0), "by_org_id"), CITY);
    assert_int_equal(val_get_int(val_at(items, 1), "org_id"), CITY);
    HOUSE_OK(t, house_call(t, city, "people.contributions", &reply,
                           "{\"from_date\":\"2026-07-23\",\"until_date\":\"2026-07-24\"}"));
    assert_int_equal(val_count(val_get(reply, "items")), 0);
    HOUSE_REFUSED(t,
                  house_call(t, office, "people.contributions", NULL,
                             "{\"account_id\":2,\"from_date\":\"2026-07-22\",\"until_date\":"
                             "\"2026-07-22\"}"),
                  ERR_MISSING, "record.missing");
    HOUSE_REFUSED(t,
                  house_call(t, city, "people.contributions", NULL,
                             "{\"from_date\":\"2026-07-22\",\"until_date\":\"2026-07-21\"}"),
                  ERR_INPUT, "ident.ends_before_start");
}

/* ---- delegation ---- */

static Err act_for(TestHouse *t, const char *op, i64 id, Actor actor, Actor *ret)
{
    Cx cx = house_cx(t, actor);
    Err e = delegation_act(&cx, id, &cx.actor);
    if (!e && !op_allowed(&cx, op_find(&t->house, str_from(op))))
        e = err_set(&cx, ERR_DENIED, NULL, "command.not_delegated");
    *ret = cx.actor;
    t->last = cx;
    return e;
}

static void test_delegation(void **state)
{
    TestHouse *t = *state;
    Actor acting = {0}, agent = as(A_CITY, CITY, WHO_DEPARTMENT);
    static const struct {
        const char *input, *key, *field;
    } wrong[] = {
        {"\"to_login\":\"city\",\"to_name\":\"另一人\",\"nouns\":[\"ware\"],\"until_date\":"
         "\"2026-08-01\"",
         "people.no_such_person", "to_login"},
        {"\"to_login\":\"nobody\",\"to_name\":\"某人\",\"nouns\":[\"ware\"],\"until_date\":"
         "\"2026-08-01\"",
         "people.no_such_person", "to_login"},
        {"\"to_login\":\"city\",\"to_name\":\"某人\",\"nouns\":[\"account\"],\"until_date\":"
         "\"2026-08-01\"",
         "people.no_such_matter", "nouns"},
        {"\"to_login\":\"city\",\"to_name\":\"某人\",\"nouns\":[\"ware\"],\"until_date\":"
         "\"2026-07-21\"",
         "ident.ends_before_start", "until_date"},
        {"\"to_login\":\"city\",\"to_name\":\"某人\",\"nouns\":[\"ware\"],\"until_date\":"
         "\"2028-01-01\"",
         "people.term_long", "until_date"},
        {"\"to_login\":\"office\",\"to_name\":\"某人\",\"nouns\":[\"ware\"],\"until_date\":"
         "\"2026-08-01\"",
         "people.same_person", "to_login"},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        HOUSE_REFUSED(t, house_call(t, office, "delegation.give", NULL, "{%s}", wrong[i].input),
                      ERR_INPUT, wrong[i].key);
        same(t->last.err.field, wrong[i].field);
    }
    HOUSE_REFUSED(t, act_for(t, "ware.file", 1, agent, &acting), ERR_DENIED,
                  "people.not_delegated");
    HOUSE_OK(t, house_call(t, office, "delegation.give", NULL,
                           "{\"to_login\":\"city\",\"to_name\":\"某人\",\"nouns\":[\"ware\"],"
                           "\"until_date\":\"2026-07-31\"}"));
    HOUSE_OK(t, act_for(t, "ware.file", 1, agent, &acting));
    assert_int_equal(acting.account_id, A_CITY);
    assert_int_equal(acting.for_id, A_OFFICE);
    assert_int_equal(acting.org_id, UNIVERSITY);
    assert_int_equal(acting.roles, WHO_OFFICE | WHO_LIAISON);
    assert_int_equal(acting.own_org_id, CITY);
    /* Another matter, another person, a token, an administrator, after its term, after its end. */
    HOUSE_REFUSED(t, act_for(t, "stall.open", 1, agent, &acting), ERR_DENIED,
                  "command.not_delegated");
    HOUSE_REFUSED(t, act_for(t, "ware.file", 1, as(A_OTHER, OTHER_CITY, 0), &acting), ERR_DENIED,
                  "people.not_delegated");
    Actor token = agent, admin = as(A_CITY, CITY, WHO_SECURITY);
    token.token_id = 1;
    HOUSE_REFUSED(t, act_for(t, "ware.file", 1, token, &acting), ERR_DENIED,
                  "people.no_token_acts");
    HOUSE_REFUSED(t, act_for(t, "ware.file", 1, admin, &acting), ERR_DENIED,
                  "people.admin_acts_alone");
    HOUSE_REFUSED(t, house_call(t, agent, "delegation.start", NULL, "{\"id\":1}"), ERR_STATE,
                  "people.no_session");
    HOUSE_REFUSED(t, house_call(t, other, "delegation.end", NULL, "{\"id\":1}"), ERR_MISSING,
                  "record.missing");
    i64 now_ms = t->clock.now_ms;
    t->clock.now_ms = 1785513600000 - 1; /* The last instant of 2026-07-31 in Shanghai. */
    HOUSE_OK(t, act_for(t, "ware.file", 1, agent, &acting));
    t->clock.now_ms += 1;
    HOUSE_REFUSED(t, act_for(t, "ware.file", 1, agent, &acting), ERR_DENIED,
                  "people.not_delegated");
    t->clock.now_ms = now_ms;
    HOUSE_OK(t, house_call(t, agent, "delegation.end", NULL, "{\"id\":1}"));
    HOUSE_REFUSED(t, act_for(t, "ware.file", 1, agent, &acting), ERR_DENIED,
                  "people.not_delegated");
    HOUSE_REFUSED(t, house_call(t, office, "delegation.end", NULL, "{\"id\":1}"), ERR_STATE,
                  "people.delegation_over");
}

/* Who acts for another: the giver within the matters, anybody's reading elsewhere, no more. */
static void test_acting(void **state)
{
    TestHouse *t = *state;
    Actor acting = {0}, agent = as(A_CITY, CITY, WHO_DEPARTMENT);
    static const struct {
        const char *op;
        bool may;
    } rows[] = {{"ware.file", true},        {"stall.open", false},      {"profile.list", true},
                {"joining.list", false},    {"delegation.give", false}, {"delegation.stop", true},
                {"delegation.list", true},  {"session.close", true},    {"account.show", true},
                {"token.make", false},      {"profile.edit", false},    {"people.accounts", false},
                {"account.password", false}};
    HOUSE_OK(t, house_call(t, office, "delegation.give", NULL,
                           "{\"to_login\":\"city\",\"to_name\":\"某人\",\"nouns\":[\"ware\"],"
                           "\"until_date\":\"2026-07-31\"}"));
    HOUSE_OK(t, act_for(t, "ware.file", 1, agent, &acting));
    for (size_t i = 0; i < COUNT(rows); i++) {
        Cx cx = house_cx(t, acting);
        assert_int_equal(op_allowed(&cx, op_find(&t->house, str_from(rows[i].op))), rows[i].may);
    }
    HOUSE_REFUSED(t, house_call(t, acting, "joining.list", NULL, "{}"), ERR_DENIED,
                  "command.not_delegated");
    /* What he does for the other names both; what is his own, him alone. */
    Cx cx = house_cx(t, acting);
    Fact *facts;
    size_t count;
    HOUSE_OK(t, house_call(t, acting, "delegation.end", NULL, "{\"id\":1}"));
    HOUSE_OK(t, fact_of_row(&cx, "delegation", 1, 1, &facts, &count));
    assert_int_equal(facts[0].actor_id, A_CITY);
    assert_int_equal(facts[0].for_id, 0);
    assert_int_equal(facts[0].org_id, CITY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_apply_wrong),  TEST(test_desk),          TEST(test_approve),
        TEST(test_return),       TEST(test_bulk),          TEST(test_known_unit),
        TEST(test_accounts_add), TEST(test_too_many_rows), TEST(test_below),
        TEST(test_hand_over),    TEST(test_leave),         TEST(test_profile),
        TEST(test_certificates), TEST(test_roster),        TEST(test_contributions),
        TEST(test_delegation),   TEST(test_acting),        TEST(test_forget),
        TEST(test_reopen),       TEST(test_lapse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
