/* Signing with and without the second factor, versions, withdrawal, the check of a paper, and what
 * guards are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "command/house_fixture.h"
#include "consent/consent_int.h"
#include "consent/paper.h"
#include "ident/ident.h"
#include "store/files.h"

/* ---- a room with records to sign about ---- */

typedef struct Item {
    RECORD_HEAD;
    i64 org_id;
    Str title;
} Item;

// clang-format off
static const Field item_fields[] = {
    RECORD_HEAD_FIELDS(Item),
    {AT(Item, org_id), F_REF,  "单位", "Unit",  0, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(Item, title),  F_TEXT, "名称", "Title", 0, SEE_PUBLIC, NULL},
};
static const RecordType item_type = {"listing", "挂牌", "Listing", sizeof(Item), item_fields, COUNT(item_fields), NULL};
// clang-format on

typedef struct ItemIn {
    i64 id;
} ItemIn;
static const Field item_in[] = {{AT(ItemIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL}};

static Err item_show(Cx *cx, const void *in, Val **ret)
{
    Item item = {0};
    Err e = record_load(cx, &item_type, ((const ItemIn *)in)->id, &item);
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "listing", record_val(cx, &item_type, &item, SEE_PUBLIC));
    return e;
}

static const Op item_ops[] = {
    {"listing.show", "挂牌", "Listing", OP_READ, 0, WHO_PUBLIC, OP_IN(ItemIn, item_in), NULL,
     item_show, NULL, NULL},
};
static const RecordType *const item_types[] = {&item_type};
static const Room item_room = {.name = "item",
                               .types = item_types,
                               .type_count = COUNT(item_types),
                               .ops = item_ops,
                               .op_count = COUNT(item_ops)};

static const Room *const rooms[] = {IDENT_ROOMS, &consent_room, &item_room};

/* ---- players ---- */

enum { UNIV = 1, FIRM, OTHER };
static const Actor local = {.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL};
static const Actor office = {.account_id = 1, .org_id = UNIV, .roles = WHO_OFFICE, .via = VIA_API};
static const Actor firm = {.account_id = 2, .org_id = FIRM, .roles = WHO_FIRM, .via = VIA_API};
static const Actor maker = {.account_id = 3, .org_id = UNIV, .roles = WHO_INVENTOR, .via = VIA_API};
static const Actor operator= {
    .account_id = 4, .org_id = OTHER, .roles = WHO_OPERATOR, .via = VIA_API};

static Err seed(Cx *cx, void *arg)
{
    static const char *const names[] = {"江澜大学", "云溪储能公司", "交易市场"};
    static const char *const people[] = {"佘彦言", "巫昱溪", "柏彦岩", "蔺沐桁"};
    static const i64 units[] = {UNIV, FIRM, UNIV, OTHER};
    Err e = ERR_OK;
    (void)arg;
    for (size_t i = 0; !e && i < COUNT(names); i++) {
        Org org = {.code = str_format(cx->arena, "C%zu", i),
                   .name = str_from(names[i]),
                   .kind = S("firm")};
        e = fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
    }
    for (size_t i = 0; !e && i < COUNT(people); i++) {
        Account account = {.login = str_format(cx->arena, "a%zu", i),
                           .name = str_from(people[i]),
                           .org_id = units[i]};
        e = fact_create(cx, &account_type, &account, (FactNote){.kind = "account.added"});
    }
    for (i64 unit = UNIV; !e && unit <= FIRM; unit++) {
        Item item = {.org_id = unit, .title = S("一种除冰涂层")};
        e = fact_create(cx, &item_type, &item, (FactNote){.kind = "listing.filed"});
    }
    return e;
}

static void open_house(TestHouse *t)
{
    house_test_open(t, rooms, COUNT(rooms));
    Cx cx = house_cx(t, local);
    HOUSE_OK(t, writer_run(t->house.writer, &cx, seed, NULL));
    HOUSE_OK(t, consent_texts_load(&cx));
}

/* Templates come in the order of consent_kinds. */
enum { DISCLAIMER = 1, NDA, STAGE, PERSONAL_DATA, CO_OWNER, AGREEMENT };

/* ---- the tests ---- */

static void test_texts(void **state)
{
    TestHouse t;
    Val *reply;
    (void)state;
    open_house(&t);
    HOUSE_OK(&t, house_call(&t, firm, "consent_text.list", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "total"), consent_kinds.count);
    for (size_t i = 0; i < consent_kinds.count; i++) {
        const Val *text = val_at(val_get(reply, "items"), i);
        assert_true(val_get_bool(text, "is_template"));
        assert_true(utf8_count(val_get_str(text, "text_zh")) > 150);
        assert_true(val_get_str(text, "title_en").len > 3);
        assert_int_equal(val_get_str(text, "hash").len, 64);
    }
    Cx cx = house_cx(&t, local);
    HOUSE_OK(&t, consent_texts_load(&cx)); /* Again: nothing new. */
    assert_int_equal(house_count(&t, "SELECT COUNT(*) FROM consent_text"), consent_kinds.count);

    const char *given =
        "{\"kind\":\"nda\",\"title_zh\":\"保密协议\",\"title_en\":\"Secrecy\",\"text_zh\":"
        "\"甲方与乙方约定：双方对往来信息一律保密，期限五年。\",\"text_en\":\"Both keep what they "
        "hear to themselves.\"%s}";
    char body[600];
    snprintf(body, sizeof body, given, ",\"from_date\":\"2026-08-01\"");
    HOUSE_OK(&t, house_call(&t, operator, "consent_text.publish", &reply, "%s", body));
    assert_int_equal(val_get_int(reply, "version"), 2);
    HOUSE_OK(&t, house_call(&t, firm, "consent_text.show", &reply, "{\"kind\":\"nda\"}"));
    assert_int_equal(val_get_int(val_get(reply, "text"), "version"), 1);
    t.clock.now_ms += (i64)20 * 24 * 3600 * 1000;
    HOUSE_OK(&t, house_call(&t, firm, "consent_text.show", &reply, "{\"kind\":\"nda\"}"));
    assert_int_equal(val_get_int(val_get(reply, "text"), "version"), 2);
    assert_false(val_get_bool(val_get(reply, "text"), "is_template"));
    HOUSE_OK(&t, house_call(&t, firm, "consent_text.show", &reply, "{\"id\":%d}", NDA));
    assert_false(val_get_bool(reply, "in_force"));
    HOUSE_REFUSED(&t, house_call(&t, operator, "consent_text.publish", &reply, "%s", body),
                  ERR_CONFLICT, "consent.text_same");
    HOUSE_REFUSED(&t, house_call(&t, firm, "consent.sign", &reply, "{\"text_id\":%d}", NDA),
                  ERR_CONFLICT, "consent.text_changed");
    HOUSE_REFUSED(&t, house_call(&t, firm, "consent_text.publish", &reply, "%s", body), ERR_DENIED,
                  "command.denied");
    house_test_close(&t);
}

static Str kept_file(TestHouse *t, Str hash)
{
    Cx cx = house_cx(t, local);
    char *path, piece[4096];
    size_t got;
    Buf out = buf_new(&t->arena);
    HOUSE_OK(t, files_path(&cx, consent_files_root(&cx), hash, &path));
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(&out, (Str){piece, got});
    fclose(file);
    return buf_str(&out);
}

static void test_sign(void **state)
{
    TestHouse t;
    Val *reply;
    (void)state;
    open_house(&t);
    HOUSE_OK(&t, house_call(&t, office, "consent.sign", &reply,
                            "{\"text_id\":%d,\"about\":\"listing\",\"about_id\":1}", STAGE));
    Str number = val_get_str(reply, "number"), hash = val_get_str(reply, "file_hash");
    assert_true(str_starts(number, S("C20260722-")));

    /* The hash in row and fact is that of the exact bytes. */
    Str pdf = kept_file(&t, hash);
    assert_true(str_starts(pdf, S("%PDF-1.")));
    assert_true(str_same(sha256_hex(&t.arena, pdf), hash));
    Fact fact = house_last_fact(&t);
    assert_true(str_same(fact.kind, S("consent.signed")));
    assert_true(str_same(fact.code, hash));
    assert_int_equal(fact.other_id, 1);

    HOUSE_OK(&t, house_call(&t, office, "consent.show", &reply, "{\"id\":1}"));
    const Val *row = val_get(reply, "consent");
    assert_true(str_same(val_get_str(row, "signer"), S("佘彦言")));
    assert_true(str_same(val_get_str(row, "state"), S("valid")));
    assert_int_equal(val_get_int(row, "pages"), 1);
    assert_true(fact_signature_right(fact_public_key(t.facts),
                                     consent_message(&t.arena, number, hash),
                                     val_get_str(row, "signature")));
    HOUSE_REFUSED(&t, house_call(&t, firm, "consent.show", &reply, "{\"id\":1}"), ERR_MISSING,
                  "record.missing");
    HOUSE_OK(&t, house_call(&t, firm, "consent.list", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "total"), 0);
    HOUSE_OK(&t, house_call(&t, maker, "consent.list", &reply,
                            "{\"about\":\"listing\",\"about_id\":1}"));
    assert_int_equal(val_get_int(reply, "total"), 1);
    HOUSE_OK(&t, house_call(&t, operator, "consent.list", &reply, "{\"kind\":\"stage\"}"));
    assert_int_equal(val_get_int(reply, "total"), 1);
    house_test_close(&t);
}

/* Who may sign what about which record. */
static void test_refused(void **state)
{
    static const struct {
        const Actor *actor;
        const char *in;
        Err want;
        const char *key;
    } rows[] = {
        {&local, "{\"text_id\":6}", ERR_SIGN_IN, "consent.no_signer"},
        {&office, "{\"text_id\":99}", ERR_MISSING, "consent.text_unknown"},
        {&office, "{\"text_id\":6,\"org_id\":2}", ERR_DENIED, "consent.not_your_unit"},
        {&office, "{\"text_id\":6,\"org_id\":99}", ERR_DENIED, "consent.not_your_unit"},
        {&maker, "{\"text_id\":6}", ERR_DENIED, "consent.not_your_part"},
        {&office, "{\"text_id\":6,\"about\":\"listing\",\"about_id\":1}", ERR_INPUT,
         "consent.about_none"},
        {&office, "{\"text_id\":3}", ERR_INPUT, "consent.about_wanted"},
        {&office, "{\"text_id\":3,\"about\":\"patent\",\"about_id\":1}", ERR_INPUT,
         "consent.about_wrong"},
        {&office, "{\"text_id\":3,\"about\":\"listing\",\"about_id\":9}", ERR_MISSING,
         "record.missing"},
        {&office, "{\"text_id\":3,\"about\":\"listing\",\"about_id\":2}", ERR_DENIED,
         "consent.about_not_yours"},
        {&office, "{\"text_id\":5,\"about\":\"listing\",\"about_id\":1}", ERR_STATE,
         "consent.about_yours"},
        {&office, "{\"text_id\":6,\"until_date\":\"2026-07-21\"}", ERR_INPUT, "consent.until_past"},
    };
    TestHouse t;
    (void)state;
    open_house(&t);
    i64 facts = house_count(&t, "SELECT COUNT(*) FROM fact WHERE kind LIKE 'consent.%'");
    for (size_t i = 0; i < COUNT(rows); i++)
        HOUSE_REFUSED(&t, house_call(&t, *rows[i].actor, "consent.sign", NULL, "%s", rows[i].in),
                      rows[i].want, rows[i].key);
    assert_int_equal(house_count(&t, "SELECT COUNT(*) FROM consent"), 0);
    assert_int_equal(house_count(&t, "SELECT COUNT(*) FROM fact WHERE kind LIKE 'consent.%'"),
                     facts);
    house_test_close(&t);
}

/* The code of each signature is proved in the same transaction: a wrong one leaves no row. */
static void test_second_factor(void **state)
{
    TestHouse t;
    Val *reply;
    (void)state;
    open_house(&t);
    t.settings.second_factor_demo = 1; /* The test reads the code as a demonstration's pages do. */
    t.house.hooks = (HouseHooks){.relation = org_relation, .gate = access_gate};
    HOUSE_REFUSED(&t,
                  house_call(&t, firm, "consent.sign", NULL,
                             "{\"text_id\":%d,\"second_code\":\"123456\"}", AGREEMENT),
                  ERR_SECOND, "ident.second_not_set_up");
    HOUSE_OK(&t, house_call(&t, firm, "second.begin", NULL, "{}"));
    HOUSE_OK(&t, house_call(&t, firm, "second.show", &reply, "{}"));
    HOUSE_OK(&t, house_call(&t, firm, "second.confirm", NULL, "{\"second_code\":\"%.*s\"}",
                            STR_ARG(val_get_str(reply, "code_now"))));
    HOUSE_REFUSED(&t,
                  house_call(&t, firm, "consent.sign", NULL,
                             "{\"text_id\":%d,\"second_code\":\"000000\"}", AGREEMENT),
                  ERR_INPUT, "ident.wrong_code");
    HOUSE_REFUSED(&t, house_call(&t, firm, "consent.sign", NULL, "{\"text_id\":%d}", AGREEMENT),
                  ERR_INPUT, "ident.wrong_code");
    assert_int_equal(house_count(&t, "SELECT COUNT(*) FROM consent"), 0);
    t.clock.now_ms += 30 * 1000;
    HOUSE_OK(&t, house_call(&t, firm, "second.show", &reply, "{}"));
    HOUSE_OK(&t,
             house_call(&t, firm, "consent.sign", NULL, "{\"text_id\":%d,\"second_code\":\"%.*s\"}",
                        AGREEMENT, STR_ARG(val_get_str(reply, "code_now"))));
    HOUSE_OK(&t, house_call(&t, firm, "consent.show", &reply, "{\"id\":1}"));
    assert_true(str_same(val_get_str(val_get(reply, "consent"), "factor"), S("totp")));
    HOUSE_OK(&t, house_call(&t, firm, "consent.withdraw", NULL, "{\"id\":1}")); /* No code. */
    Actor at_machine = office;
    at_machine.via = VIA_LOCAL;
    HOUSE_OK(&t, house_call(&t, at_machine, "consent.sign", NULL, "{\"text_id\":%d}", AGREEMENT));
    HOUSE_OK(&t, house_call(&t, office, "consent.show", &reply, "{\"id\":2}"));
    assert_true(str_same(val_get_str(val_get(reply, "consent"), "factor"), S("local")));
    house_test_close(&t);
}

/* org.agreed_ms follows: set once, cleared when nothing stands any more. */
static void test_agreement(void **state)
{
    TestHouse t;
    Val *reply;
    (void)state;
    open_house(&t);
    HOUSE_OK(&t, house_call(&t, firm, "consent.sign", NULL, "{\"text_id\":%d}", AGREEMENT));
    assert_true(str_same(house_last_fact(&t).kind, S("org.agreed")));
    assert_int_equal(house_count(&t, "SELECT agreed_ms FROM org WHERE id = 2"), HOUSE_NOW_MS);
    HOUSE_REFUSED(&t, house_call(&t, firm, "consent.sign", NULL, "{\"text_id\":%d}", AGREEMENT),
                  ERR_CONFLICT, "consent.there");
    HOUSE_REFUSED(&t, house_call(&t, office, "consent.withdraw", NULL, "{\"id\":1}"), ERR_MISSING,
                  "record.missing");
    HOUSE_OK(&t, house_call(&t, firm, "consent.show", &reply, "{\"id\":1}"));
    assert_true(val_get_bool(reply, "can_withdraw"));
    assert_true(str_has(val_get_str(reply, "effect"), S("no more needs")));
    HOUSE_OK(&t, house_call(&t, firm, "consent.withdraw", NULL,
                            "{\"id\":1,\"reason\":\"改由集团签署\"}"));
    assert_true(str_same(house_last_fact(&t).kind, S("org.agreement_ended")));
    assert_int_equal(house_count(&t, "SELECT agreed_ms FROM org WHERE id = 2"), 0);
    HOUSE_REFUSED(&t, house_call(&t, firm, "consent.withdraw", NULL, "{\"id\":1}"), ERR_STATE,
                  "consent.withdrawn_already");
    HOUSE_OK(&t, house_call(&t, firm, "consent.sign", NULL, "{\"text_id\":%d}", AGREEMENT));
    assert_true(house_count(&t, "SELECT agreed_ms FROM org WHERE id = 2") > 0);
    house_test_close(&t);
}

/* A consent on oneself is nobody else's in the unit. */
static void test_own(void **state)
{
    TestHouse t;
    Val *reply;
    (void)state;
    open_house(&t);
    HOUSE_OK(&t, house_call(&t, maker, "consent.sign", NULL, "{\"text_id\":%d}", PERSONAL_DATA));
    HOUSE_OK(&t, house_call(&t, office, "consent.sign", NULL, "{\"text_id\":%d}", PERSONAL_DATA));
    HOUSE_REFUSED(&t, house_call(&t, office, "consent.show", NULL, "{\"id\":1}"), ERR_MISSING,
                  "record.missing");
    HOUSE_OK(&t, house_call(&t, office, "consent.list", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "total"), 1);
    HOUSE_OK(&t, house_call(&t, operator, "consent.show", &reply, "{\"id\":1}"));
    assert_true(str_same(val_get_str(val_get(reply, "consent"), "signer"), S("柏**")));
    HOUSE_REFUSED(&t, house_call(&t, operator, "consent.withdraw", NULL, "{\"id\":1}"), ERR_DENIED,
                  "consent.not_your_unit");
    HOUSE_OK(&t, house_call(&t, maker, "consent.withdraw", NULL, "{\"id\":1}"));
    house_test_close(&t);
}

static void standing(TestHouse *t, const char *kind, i64 org_id, i64 id, const char *key)
{
    Cx cx = house_cx(t, operator);
    Err e = consent_standing(&cx, kind, org_id, "listing", id);
    t->last = cx;
    if (key)
        HOUSE_REFUSED(t, e, ERR_STATE, key);
    else
        HOUSE_OK(t, e);
}

static void test_standing(void **state)
{
    TestHouse t;
    (void)state;
    open_house(&t);
    standing(&t, "stage", UNIV, 1, "consent.wanted");
    assert_true(str_same(t.last.err.args[0], S("江澜大学")));
    assert_true(str_same(t.last.err.args[2], S("/consent/sign/stage?about=listing&about_id=1")));
    HOUSE_OK(
        &t,
        house_call(
            &t, office, "consent.sign", NULL,
            "{\"text_id\":%d,\"about\":\"listing\",\"about_id\":1,\"until_date\":\"2026-07-25\"}",
            STAGE));
    standing(&t, "stage", UNIV, 1, NULL);
    standing(&t, "stage", UNIV, 2, "consent.wanted");
    standing(&t, "stage", FIRM, 1, "consent.wanted");
    t.clock.now_ms += (i64)4 * 24 * 3600 * 1000;
    standing(&t, "stage", UNIV, 1, "consent.wanted");

    /* A general one holds for each record; a co-owner is known by name. */
    HOUSE_OK(&t, house_call(&t, firm, "consent.sign", NULL, "{\"text_id\":%d}", NDA));
    standing(&t, "nda", FIRM, 1, NULL);
    Cx cx = house_cx(&t, operator);
    Str name = S("云溪储能公司");
    assert_int_equal(consent_standing_by_name(&cx, "co_owner", name, "listing", 1), ERR_STATE);
    HOUSE_OK(&t, house_call(&t, firm, "consent.sign", NULL,
                            "{\"text_id\":%d,\"about\":\"listing\",\"about_id\":1}", CO_OWNER));
    cx = house_cx(&t, operator);
    assert_int_equal(consent_standing_by_name(&cx, "co_owner", name, "listing", 1), ERR_OK);
    Val *reply;
    HOUSE_OK(&t, house_call(&t, office, "consent.list", &reply,
                            "{\"kind\":\"co_owner\",\"about\":\"listing\",\"about_id\":1}"));
    assert_int_equal(val_get_int(reply, "total"), 1); /* The other side's, about our record. */
    house_test_close(&t);
}

static void check(TestHouse *t, const char *in, const char *want)
{
    Val *reply;
    Actor nobody = {.via = VIA_WEB};
    HOUSE_OK(t, house_call(t, nobody, "consent.check", &reply, "%s", in));
    if (!str_same_z(val_get_str(reply, "state"), want))
        fail_msg("%s is %.*s, not %s", in, STR_ARG(val_get_str(reply, "state")), want);
    assert_false(str_has(house_json(t, reply), S("巫昱溪")));
    assert_false(str_has(house_json(t, reply), S("云溪储能公司")));
}

static void test_check(void **state)
{
    TestHouse t;
    Val *reply;
    char by_number[100], by_hash[200], both[300], mixed[300];
    (void)state;
    open_house(&t);
    HOUSE_OK(&t, house_call(&t, firm, "consent.sign", &reply, "{\"text_id\":%d}", AGREEMENT));
    Str number = val_get_str(reply, "number"), hash = val_get_str(reply, "file_hash");
    snprintf(by_number, sizeof by_number, "{\"number\":\" %.*s\"}",
             STR_ARG(str_lower(&t.arena, number)));
    snprintf(by_hash, sizeof by_hash, "{\"hash\":\"%.*s\"}", STR_ARG(hash));
    snprintf(both, sizeof both, "{\"number\":\"%.*s\",\"hash\":\"%.*s\"}", STR_ARG(number),
             STR_ARG(hash));
    snprintf(mixed, sizeof mixed, "{\"number\":\"%.*s\",\"hash\":\"%064d\"}", STR_ARG(number), 1);
    check(&t, by_number, "valid");
    check(&t, by_hash, "valid");
    check(&t, both, "valid");
    check(&t, mixed, "unknown");
    HOUSE_REFUSED(&t, house_call(&t, firm, "consent.check", NULL, "{}"), ERR_INPUT,
                  "consent.ask_number_or_hash");
    HOUSE_REFUSED(&t, house_call(&t, firm, "consent.check", NULL, "{\"hash\":\"xyz\"}"), ERR_INPUT,
                  "consent.bad_hash");
    HOUSE_OK(&t, house_call(&t, firm, "consent.withdraw", NULL, "{\"id\":1}"));
    check(&t, by_hash, "withdrawn");

    /* Somebody else's key has not signed it. */
    Cx cx = house_cx(&t, local);
    ConsentState found;
    Consent row;
    Str other_key = str_format(&t.arena, "%064d", 7);
    HOUSE_OK(&t, consent_check(&cx, S(""), hash, other_key, &found, &row));
    assert_int_equal(found, CONSENT_FORGED);
    house_test_close(&t);
}

/* The same paper gives the same bytes; a text of many pages is whole. */
static void test_paper(void **state)
{
    Arena arena = {0};
    Cx cx = {.arena = &arena};
    Buf text = buf_new(&arena);
    Str one, two, later;
    i64 pages, pages_again;
    (void)state;
    for (int i = 0; i < 60; i++)
        buf_z(&text,
              "本单位同意在交易市场的展示、路演和竞价活动中公开本项目的名称、摘要和权属信息。\n");
    const PaperRow rows[] = {{S("签署单位"), S("江澜大学")}, {S("签署人"), S("佘彦言")}};
    Paper paper = {.head = S("技转通"),
                   .title = S("现场展示同意书"),
                   .subtitle = S("第 1 版"),
                   .number = S("C20260720-0000000001"),
                   .parties = rows,
                   .party_count = 1,
                   .text = buf_str(&text),
                   .marks = rows + 1,
                   .mark_count = 1,
                   .link = S("http://example.cn/consent/verify?no=C20260720-0000000001"),
                   .note = S("核验"),
                   .made_ms = HOUSE_NOW_MS};
    assert_int_equal(paper_write(&cx, &paper, &one, &pages), ERR_OK);
    assert_int_equal(paper_write(&cx, &paper, &two, &pages_again), ERR_OK);
    assert_true(pages > 2);
    assert_int_equal(pages, pages_again);
    assert_true(str_same(one, two));
    paper.made_ms += 1000;
    assert_int_equal(paper_write(&cx, &paper, &later, &pages_again), ERR_OK);
    assert_false(str_same(one, later));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),     cmocka_unit_test(test_sign),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_second_factor),
        cmocka_unit_test(test_agreement), cmocka_unit_test(test_own),
        cmocka_unit_test(test_standing),  cmocka_unit_test(test_check),
        cmocka_unit_test(test_paper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
