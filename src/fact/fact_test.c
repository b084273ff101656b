/* fact_test.c - the log: facts without gaps, the chain of blocks, and whatever somebody with the
 * database in his hands may do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fact/fact_int.h"

typedef struct Pet {
    RECORD_HEAD;
    Str name;
    i64 weight;
} Pet;

// clang-format off
static const Field pet_fields[] = {
    RECORD_HEAD_FIELDS(Pet),
    {AT(Pet, name),   F_TEXT, "名字", "Name",   0, SEE_PUBLIC, NULL},
    {AT(Pet, weight), F_INT,  "体重", "Weight", 0, SEE_PUBLIC, NULL},
};
static const RecordType pet_type = {"pet", "宠物", "Pet", sizeof(Pet), pet_fields, COUNT(pet_fields), NULL};
// clang-format on
static const RecordType *const types[] = {&pet_type};

typedef struct Bench {
    Arena arena;
    Clock clock;
    Chance chance;
    Cx cx; /* On a writing connection of its own: it reads, and it tampers. */
    char folder[64];
    Str path;
    FactLog *log;
    Writer *writer;
    Db *fault;
    int woken;
} Bench;

static void ok_at(Cx *cx, Err e, int line)
{
    if (e)
        fail_msg("line %d: %s %s", line, err_name(e), cx->err.key ? cx->err.key : "-");
}
#define OK(cx, call) ok_at((cx), (call), __LINE__)

static void wake(void *context)
{
    ((Bench *)context)->woken++;
}

static void open_log(Bench *bench, FactHash hash)
{
    Db *db = NULL;
    Cx *cx = &bench->cx, own = *cx;
    OK(&own, db_open(&own, bench->path, DB_WRITE, &db));
    own.db = db;
    OK(&own, db_begin(&own));
    OK(&own, record_migrate(&own, types, 1));
    OK(&own, fact_log_open(&own, str_from(bench->folder), hash, &bench->log));
    OK(&own, db_commit(&own));
    fact_on_commit(bench->log, wake, bench);
    bench->fault = db_fault_wrap(db);
    WriterHooks hooks = fact_hooks(bench->log);
    OK(&own, writer_open(&own, bench->fault, &hooks, false, &bench->writer));
}

static void close_log(Bench *bench)
{
    writer_close(bench->writer);
    fact_log_close(bench->log);
}

static int setup(void **state)
{
    static Bench bench;
    bench = (Bench){.clock = {.fixed = true, .now_ms = 1784682000000}, .chance = {.seeded = true}};
    strcpy(bench.folder, "/tmp/fact-test-XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    bench.path = str_format(&bench.arena, "%s/test.db", bench.folder);
    bench.cx = (Cx){.arena = &bench.arena, .clock = &bench.clock, .chance = &bench.chance};
    open_log(&bench, FACT_SHA256);
    OK(&bench.cx, db_open(&bench.cx, bench.path, DB_WRITE, &bench.cx.db));
    *state = &bench;
    return 0;
}

static int unlink_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    return (void)s, (void)kind, (void)at, remove(path);
}

static int teardown(void **state)
{
    Bench *bench = *state;
    close_log(bench);
    db_close(bench->cx.db);
    assert_int_equal(nftw(bench->folder, unlink_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    arena_done(&bench->arena);
    return 0;
}

static void same(Str got, const char *want)
{
    if (!str_same_z(got, want))
        fail_msg("got '%.*s', want '%s'", STR_ARG(got), want);
}

static i64 count_of(Bench *bench, const char *sql)
{
    i64 n = -1;
    OK(&bench->cx, db_int(&bench->cx, sql, NULL, 0, -1, &n));
    return n;
}

static VerifyReport verify(Bench *bench, const FactHead *head, Str key)
{
    VerifyReport report;
    OK(&bench->cx, fact_verify(&bench->cx, types, 1, head, key, NULL, NULL, &report));
    return report;
}

/* ---- Jobs ---- */

/* One letter is one act: c create, C create another, u change, r remove, t tell, x refuse. */
typedef struct Acts {
    const char *acts;
    i64 id;
} Acts;

static Err act_once(Cx *cx, char act, i64 *id)
{
    Pet pet = {.name = S("Tom"), .weight = 4};
    Err e;
    switch (act) {
    case 'c':
        e = fact_create(cx, &pet_type, &pet, (FactNote){.kind = "pet.made", .amount = 4});
        *id = e ? *id : pet.id;
        return e;
    case 'u':
        e = record_load(cx, &pet_type, *id, &pet);
        pet.weight++;
        return e ? e
                 : fact_change(cx, &pet_type, &pet, (FactNote){.kind = "pet.fed", .code = "fish"});
    case 'r':
        return fact_remove(cx, &pet_type, *id, (FactNote){.kind = "pet.gone"});
    case 't':
        return fact_tell(cx, &pet_type, *id, (FactNote){.kind = "pet.seen", .other_id = 8});
    default:
        return err_set(cx, ERR_STATE, "name", "pet.refused");
    }
}

static Err run_acts(Cx *cx, void *arg)
{
    Acts acts = *(const Acts *)arg;
    cx->doing = "pet.act";
    for (const char *act = acts.acts; *act; act++) {
        Err e = act_once(cx, *act, &acts.id);
        if (e)
            return e;
    }
    return ERR_OK;
}

/* One commit, by account 5 of unit 6, a minute after the one before. */
static Err act(Bench *bench, const char *letters, i64 id)
{
    Acts acts = {letters, id};
    Cx cx = bench->cx;
    cx.db = NULL;
    cx.actor = (Actor){.account_id = 5, .org_id = 6, .via = VIA_API};
    bench->clock.now_ms += 60000;
    return writer_run(bench->writer, &cx, run_acts, &acts);
}

/* Six blocks:
 *   1: pets 1 and 2    2: pet 1 changed    3: pet 3, and a word on it (facts 4, 5)
 *   4: pet 2 removed (fact 6)    5: a refusal (fact 7)    6: pet 3 changed (fact 8) */
static void write_story(Bench *bench)
{
    Cx *cx = &bench->cx;
    OK(cx, act(bench, "cc", 0));
    OK(cx, act(bench, "u", 1));
    OK(cx, act(bench, "ct", 0));
    OK(cx, act(bench, "r", 2));
    assert_int_equal(act(bench, "cux", 0), ERR_STATE);
    OK(cx, act(bench, "u", 3));
}

/* ---- Writing ---- */

static void test_story(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    static const struct {
        i64 block, row_id;
        const char *kind;
        i64 amount, other_id;
        const char *code;
    } want[] = {
        {1, 1, "pet.made", 4, 0, ""},
        {1, 2, "pet.made", 4, 0, ""},
        {2, 1, "pet.fed", 0, 0, "fish"},
        {3, 3, "pet.made", 4, 0, ""},
        {3, 3, "pet.seen", 0, 8, ""},
        {4, 2, "pet.gone", 0, 0, ""},
        {5, 0, "command.refused", 0, 0, "pet.act state pet.refused"},
        {6, 3, "pet.fed", 0, 0, "fish"},
    };
    Fact *facts;
    size_t count;
    write_story(bench);
    OK(cx, fact_after(cx, 0, 100, &facts, &count));
    assert_int_equal(count, COUNT(want));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(facts[i].seq, i + 1); /* No gap, though a job was refused in between. */
        assert_int_equal(facts[i].block, want[i].block);
        assert_int_equal(facts[i].row_id, want[i].row_id);
        same(facts[i].kind, want[i].kind);
        same(facts[i].code, want[i].code);
        assert_int_equal(facts[i].amount, want[i].amount);
        assert_int_equal(facts[i].other_id, want[i].other_id);
        assert_int_equal(facts[i].actor_id, 5);
        assert_int_equal(facts[i].org_id, 6);
        same(facts[i].via, "api");
        assert_int_equal(facts[i].at_ms, 1784682000000 + 60000 * want[i].block);
        same(facts[i].table_name, want[i].row_id ? "pet" : "");
    }
    same(facts[5].row_digest, "-");
    same(facts[4].row_digest, "");
    assert_int_equal(facts[0].row_digest.len, 2 * DIGEST_BYTES);
    assert_int_equal(bench->woken, 6);
}

static void test_rows(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    Pet pet;
    Fact *facts;
    size_t count;
    i64 seq;
    write_story(bench);
    OK(cx, record_load(cx, &pet_type, 1, &pet));
    assert_int_equal(pet.rev, 2);
    assert_int_equal(pet.weight, 5);
    assert_int_equal(pet.made_ms, 1784682000000 + 60000);
    assert_int_equal(pet.changed_ms, 1784682000000 + 120000);
    assert_int_equal(record_load(cx, &pet_type, 2, &pet), ERR_MISSING);
    /* The refused job's pet 4 is not there, and nothing else of it. */
    assert_int_equal(count_of(bench, "SELECT COUNT(*) FROM pet"), 2);
    OK(cx, fact_last_seq(cx, &seq));
    assert_int_equal(seq, 8);
    OK(cx, fact_of_row(cx, "pet", 3, 2, &facts, &count));
    assert_int_equal(count, 2);
    same(facts[0].kind, "pet.fed"); /* Newest first. */
    same(facts[1].kind, "pet.seen");
    OK(cx, fact_after(cx, 6, 1, &facts, &count));
    assert_int_equal(count, 1);
    assert_int_equal(facts[0].seq, 7);
}

/* The id of a removed row is not given again, not even after a restart. */
static void test_ids_once(void **state)
{
    Bench *bench = *state;
    OK(&bench->cx, act(bench, "ccr", 0)); /* 1, then 2 which is removed. */
    close_log(bench);
    open_log(bench, FACT_SHA256);
    OK(&bench->cx, act(bench, "c", 0));
    assert_int_equal(count_of(bench, "SELECT MAX(id) FROM pet"), 3);
    assert_int_equal(count_of(bench, "SELECT COUNT(*) FROM pet WHERE id = 2"), 0);
    assert_true(verify(bench, NULL, S("")).ok);
}

/* Jobs of one group: the refused one leaves a word between its neighbours' facts. */
typedef struct Group {
    Bench *bench;
    WriteJob jobs[3];
    Acts acts[3];
    Cx cx[3];
} Group;

static void group_done(WriteJob *job)
{
    (void)job;
}

static Err run_group(Cx *cx, void *arg)
{
    Group *group = arg;
    static const char *const letters[] = {"c", "cx", "ct"};
    (void)cx;
    for (size_t i = 0; i < 3; i++) {
        group->acts[i] = (Acts){letters[i], 0};
        group->cx[i] = group->bench->cx;
        group->cx[i].db = NULL;
        group->cx[i].actor = (Actor){.account_id = (i64)i + 1};
        group->jobs[i] = (WriteJob){
            .run = run_acts, .done = group_done, .arg = &group->acts[i], .cx = &group->cx[i]};
        assert_true(writer_submit(group->bench->writer, &group->jobs[i]));
    }
    return ERR_OK;
}

static void test_refused_in_a_group(void **state)
{
    Bench *bench = *state;
    Cx cx = bench->cx;
    Group group = {.bench = bench};
    static const char *const kinds[] = {"pet.made", "command.refused", "pet.made", "pet.seen"};
    static const i64 actors[] = {1, 2, 3, 3};
    Fact *facts;
    size_t count;
    cx.db = NULL;
    OK(&cx, writer_run(bench->writer, &cx, run_group, &group));
    assert_int_equal(group.jobs[0].err, ERR_OK);
    assert_int_equal(group.jobs[1].err, ERR_STATE);
    assert_int_equal(group.jobs[2].err, ERR_OK);
    OK(&bench->cx, fact_after(&bench->cx, 0, 10, &facts, &count));
    assert_int_equal(count, COUNT(kinds));
    for (size_t i = 0; i < count; i++) {
        same(facts[i].kind, kinds[i]);
        assert_int_equal(facts[i].actor_id, actors[i]);
        assert_int_equal(facts[i].block, 1);
    }
    assert_true(verify(bench, NULL, S("")).ok);
}

/* ---- The chain ---- */

static void check_block(Bench *bench, const Block *block, i64 number, Str before)
{
    Cx *cx = &bench->cx;
    Hasher hasher;
    Fact *facts;
    size_t count;
    Digest leaves[4];
    assert_int_equal(block->block, number);
    assert_true(str_same(block->before, before));
    assert_true(str_same(block->signer, fact_public_key(bench->log)));
    assert_true(
        key_check(block->signer, block_message(cx->arena, number, block->hash), block->signature));
    assert_false(key_check(block->signer, block_message(cx->arena, number + 1, block->hash),
                           block->signature));
    assert_true(hasher_init(&hasher, FACT_SHA256));
    OK(cx, fact_after(cx, block->first_seq - 1, (int)(block->last_seq - block->first_seq + 1),
                      &facts, &count));
    assert_in_range(count, 1, COUNT(leaves));
    for (size_t i = 0; i < count; i++)
        leaves[i] = fact_leaf(&hasher, cx->arena, &facts[i]);
    Digest root = merkle_root(&hasher, leaves, count);
    assert_true(str_same(hex_from(cx->arena, root.bytes, DIGEST_BYTES), block->root));
    Digest digest = block_digest(&hasher, cx->arena, block);
    assert_true(str_same(hex_from(cx->arena, digest.bytes, DIGEST_BYTES), block->hash));
    hasher_done(&hasher);
}

static void test_chain(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    Rows rows;
    Block blocks[8];
    FactHead head;
    size_t count = 0;
    write_story(bench);
    OK(cx, db_query(cx, &rows, "SELECT " BLOCK_COLUMNS " FROM fact_block ORDER BY block", NULL, 0));
    while (rows_next(&rows))
        block_read(cx, &rows, &blocks[count++]);
    OK(cx, rows_end(&rows));
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++)
        check_block(bench, &blocks[i], (i64)i + 1, i ? blocks[i - 1].hash : S(""));
    OK(cx, fact_head(cx, &head));
    assert_int_equal(head.block, 6);
    assert_int_equal(head.fact_count, 8);
    assert_true(str_same(head.hash, blocks[5].hash));
    same(head.algorithm, "sha256");
}

static void test_merkle_shapes(void **state)
{
    (void)state;
    Hasher hasher;
    Digest seen[9], none = merkle_root(NULL, NULL, 0);
    assert_true(hasher_init(&hasher, FACT_SHA256));
    for (size_t n = 1; n <= COUNT(seen); n++) {
        Digest leaves[COUNT(seen)];
        for (size_t i = 0; i < n; i++)
            leaves[i] = hasher_digest(&hasher, TAG_LEAF, &i, sizeof i);
        Digest first = leaves[0];
        seen[n - 1] = merkle_root(&hasher, leaves, n);
        assert_int_equal(n == 1, memcmp(&first, &seen[n - 1], sizeof first) == 0);
        for (size_t i = 0; i + 1 < n; i++)
            assert_memory_not_equal(&seen[i], &seen[n - 1], sizeof none);
    }
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        assert_int_equal(none.bytes[i], 0);
    hasher_done(&hasher);
}

/* ---- Tampering ---- */

typedef struct Tamper {
    const char *sql;
    i64 block, seq;
    const char *why, *what;
} Tamper;

// clang-format off
static const Tamper tampers[] = {
    {"UPDATE pet SET weight = 99 WHERE id = 1",              2, 3, "verify.row_edited", "pet 1"},
    {"UPDATE pet SET name = 'Tim' WHERE id = 3",             6, 8, "verify.row_edited", "pet 3"},
    {"UPDATE pet SET rev = 7 WHERE id = 3",                  6, 8, "verify.row_edited", "pet 3"},
    {"UPDATE pet SET changed_ms = changed_ms + 1",           2, 3, "verify.row_edited", "pet 1"},
    {"UPDATE pet SET id = 9 WHERE id = 1",                   2, 3, "verify.row_missing", "pet 1"},
    {"DELETE FROM pet WHERE id = 1",                         2, 3, "verify.row_missing", "pet 1"},
    {"DELETE FROM pet WHERE id = 3",                         6, 8, "verify.row_missing", "pet 3"},
    {"DELETE FROM pet",                                      2, 3, "verify.row_missing", "pet 1"},
    {"INSERT INTO pet (id, rev, made_ms, changed_ms) VALUES (9, 1, 1, 1)", 7, 0, "verify.row_without_fact", "pet 9"},
    {"INSERT INTO pet (id, rev, made_ms, changed_ms) VALUES (2, 1, 1, 1)", 4, 0, "verify.row_without_fact", "pet 2"},
    {"UPDATE fact SET amount = 5 WHERE seq = 4",             3, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET kind = 'pet.found' WHERE seq = 4",     3, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET table_name = 'dog' WHERE seq = 4",     3, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET row_id = 1 WHERE seq = 5",             3, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET actor_id = 1 WHERE seq = 5",           3, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET org_id = 1 WHERE seq = 5",             3, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET via = 'web' WHERE seq = 5",            3, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET at_ms = at_ms - 1 WHERE seq = 5",      3, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET code = 'x' WHERE seq = 5",             3, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET other_id = 9 WHERE seq = 5",           3, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET row_digest = '' WHERE seq = 6",        4, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET code = '' WHERE seq = 7",              5, 0, "verify.fact_edited", ""},
    {"UPDATE fact SET row_digest = 'zz' WHERE seq = 4",      3, 4, "verify.fact_edited", "row_digest"},
    {"UPDATE fact SET block = 2 WHERE seq = 4",              3, 4, "verify.fact_missing", ""},
    {"DELETE FROM fact WHERE seq = 1",                       1, 1, "verify.fact_missing", ""},
    {"DELETE FROM fact WHERE seq = 5",                       3, 5, "verify.fact_missing", ""},
    {"DELETE FROM fact WHERE seq = 8",                       6, 8, "verify.fact_missing", ""},
    {"DELETE FROM fact WHERE seq > 4",                       3, 5, "verify.fact_missing", ""},
    {"INSERT INTO fact SELECT 9, 6, kind, table_name, row_id, row_digest, actor_id, org_id, via, at_ms, amount, code, other_id, for_id FROM fact WHERE seq = 5", 7, 9, "verify.fact_without_block", ""},
    {"UPDATE fact_block SET at_ms = at_ms + 1 WHERE block = 3", 3, 0, "verify.block_edited", ""},
    {"UPDATE fact_block SET root = before WHERE block = 3",  3, 0, "verify.block_edited", ""},
    {"UPDATE fact_block SET before = root WHERE block = 3",  3, 0, "verify.block_edited", ""},
    {"UPDATE fact_block SET hash = root WHERE block = 3",    3, 0, "verify.block_edited", ""},
    {"UPDATE fact_block SET hash = '' WHERE block = 3",      3, 0, "verify.block_edited", ""},
    {"UPDATE fact_block SET algorithm = 'sm3' WHERE block = 3", 3, 0, "verify.block_edited", ""},
    {"UPDATE fact_block SET algorithm = 'md5' WHERE block = 3", 3, 0, "verify.block_edited", ""},
    {"UPDATE fact_block SET last_seq = 4 WHERE block = 3",   3, 0, "verify.block_edited", ""},
    {"UPDATE fact_block SET last_seq = 1 WHERE block = 3",   3, 0, "verify.block_edited", ""},
    {"UPDATE fact_block SET last_seq = 9000000000000000000 WHERE block = 6", 6, 0, "verify.block_edited", ""},
    {"UPDATE fact_block SET first_seq = 5 WHERE block = 3",  3, 0, "verify.block_missing", ""},
    {"UPDATE fact_block SET signature = hash WHERE block = 3", 3, 0, "verify.bad_signature", ""},
    {"UPDATE fact_block SET signature = (SELECT signature FROM fact_block WHERE block = 2) WHERE block = 3", 3, 0, "verify.bad_signature", ""},
    {"UPDATE fact_block SET signer = root WHERE block = 3",  3, 0, "verify.bad_signature", ""},
    {"DELETE FROM fact_block WHERE block = 1",               1, 0, "verify.block_missing", ""},
    {"DELETE FROM fact_block WHERE block = 3",               3, 0, "verify.block_missing", ""},
    {"DELETE FROM fact_block WHERE block = 6",               6, 8, "verify.fact_without_block", ""},
    {"DELETE FROM fact_block",                               1, 1, "verify.fact_without_block", ""},
    /* In a log that was touched, no row is accused for the loss of its fact. */
    {"UPDATE fact SET row_digest = '' WHERE seq = 3",        2, 0, "verify.fact_edited", ""},
    {"DELETE FROM fact WHERE seq = 6",                       4, 6, "verify.fact_missing", ""},
    {"DELETE FROM fact WHERE seq = 6; DELETE FROM fact_block WHERE block = 4", 4, 0, "verify.block_missing", ""},
    {"UPDATE fact SET amount = 5 WHERE seq = 8; UPDATE pet SET weight = 1 WHERE id = 1", 6, 0, "verify.fact_edited", ""},
};
// clang-format on

static void expect_bad(const char *sql, const VerifyReport *got, i64 block, i64 seq,
                       const char *why, const char *what)
{
    bool right = !got->ok && got->bad_block == block && got->bad_seq == seq &&
                 str_same_z(got->why, why) && str_same_z(got->what, what);
    if (!right)
        fail_msg("%s: got ok %d, block %lld, fact %lld, %.*s '%.*s'", sql, got->ok,
                 (long long)got->bad_block, (long long)got->bad_seq, STR_ARG(got->why),
                 STR_ARG(got->what));
    assert_non_null(text_find(LANG_ZH, why));
}

static void test_tampers(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    write_story(bench);
    VerifyReport whole = verify(bench, NULL, fact_public_key(bench->log));
    assert_true(whole.ok);
    assert_int_equal(whole.blocks, 6);
    assert_int_equal(whole.facts, 8);
    assert_int_equal(whole.rows, 2);
    for (size_t i = 0; i < COUNT(tampers); i++) {
        const Tamper *t = &tampers[i];
        OK(cx, db_begin(cx));
        OK(cx, db_exec_plain(cx, t->sql));
        VerifyReport report = verify(bench, NULL, fact_public_key(bench->log));
        expect_bad(t->sql, &report, t->block, t->seq, t->why, t->what);
        db_rollback(cx);
    }
    assert_true(verify(bench, NULL, fact_public_key(bench->log)).ok);
}

/* Rows, facts and blocks of the last commit taken back together: only a published head tells. */
static void test_cut_tail(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    FactHead head, early;
    OK(cx, fact_head(cx, &early)); /* Of an empty log. */
    assert_int_equal(early.block, 0);
    write_story(bench);
    assert_true(verify(bench, &early, S("")).ok);
    OK(cx, fact_head(cx, &head));
    assert_true(verify(bench, &head, S("")).ok);
    OK(cx,
       db_exec_plain(cx, "DELETE FROM fact_block WHERE block = 6; DELETE FROM fact WHERE seq = 8;"
                         "UPDATE pet SET weight = 4, rev = 1, changed_ms = made_ms WHERE id = 3"));
    assert_true(verify(bench, NULL, S("")).ok);
    VerifyReport report = verify(bench, &head, S(""));
    expect_bad("cut tail", &report, 6, 0, "verify.tail_cut", "");
    OK(cx, db_exec_plain(cx, "UPDATE pet SET weight = 9 WHERE id = 3"));
    report = verify(bench, &head, S(""));
    expect_bad("cut tail, rows as they were", &report, 6, 0, "verify.tail_cut", "");
    OK(cx, db_exec_plain(cx, "UPDATE pet SET weight = 4 WHERE id = 3"));
    /* The log goes on, and another block 6 is written: it is not the published one. */
    close_log(bench);
    open_log(bench, FACT_SHA256);
    OK(cx, act(bench, "c", 0));
    assert_true(verify(bench, NULL, S("")).ok);
    report = verify(bench, &head, S(""));
    expect_bad("other head", &report, 6, 0, "verify.head_differs", "");
}

/* Somebody goes on with a key of his own. */
static void test_other_key(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    write_story(bench);
    Str key = str_copy(&bench->arena, fact_public_key(bench->log));
    Str pem = str_format(&bench->arena, "%s/keys/head.pem", bench->folder);
    close_log(bench);
    assert_int_equal(access(pem.data, R_OK), 0);
    assert_int_equal(unlink(pem.data), 0);
    open_log(bench, FACT_SHA256);
    assert_false(str_same(fact_public_key(bench->log), key));
    OK(cx, act(bench, "c", 0));
    assert_true(verify(bench, NULL, S("")).ok);
    VerifyReport report = verify(bench, NULL, key);
    char *signer = str_z(&bench->arena, fact_public_key(bench->log));
    expect_bad("other key", &report, 7, 0, "verify.other_key", signer);
    report = verify(bench, NULL, fact_public_key(bench->log));
    expect_bad("the first key", &report, 1, 0, "verify.other_key", str_z(&bench->arena, key));
}

static void test_key_is_kept(void **state)
{
    Bench *bench = *state;
    Str key = str_copy(&bench->arena, fact_public_key(bench->log));
    Str pem = str_format(&bench->arena, "%s/keys/head.pem", bench->folder);
    struct stat s;
    assert_int_equal(stat(pem.data, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    close_log(bench);
    open_log(bench, FACT_SHA256);
    assert_true(str_same(fact_public_key(bench->log), key));
    /* A key that cannot be read is not quietly replaced by a new one. */
    close_log(bench);
    FILE *file = fopen(pem.data, "w");
    assert_non_null(file);
    fputs("nonsense", file);
    fclose(file);
    FactLog *log = NULL;
    assert_int_equal(fact_log_open(&bench->cx, str_from(bench->folder), FACT_SHA256, &log), ERR_IO);
    assert_string_equal(bench->cx.err.key, "fact.key_unreadable");
    assert_int_equal(unlink(pem.data), 0);
    open_log(bench, FACT_SHA256);
}

static void test_sm3(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    OK(cx, act(bench, "cc", 0));
    close_log(bench);
    open_log(bench, FACT_SM3); /* The hash is a setting that may change on the way. */
    OK(cx, act(bench, "cu", 0));
    close_log(bench);
    open_log(bench, FACT_SHA256);
    OK(cx, act(bench, "u", 1));
    assert_int_equal(count_of(bench, "SELECT COUNT(*) FROM fact_block WHERE algorithm = 'sm3'"), 1);
    assert_true(verify(bench, NULL, fact_public_key(bench->log)).ok);
    OK(cx, db_exec_plain(cx, "UPDATE pet SET weight = 50 WHERE id = 3"));
    VerifyReport report = verify(bench, NULL, S(""));
    expect_bad("sm3 row", &report, 2, 4, "verify.row_edited", "pet 3");

    Hasher hasher;
    assert_true(hasher_init(&hasher, FACT_SM3));
    Digest one = hasher_digest(&hasher, 'a', "bc", 2); /* The tag goes first: this is "abc". */
    hasher_done(&hasher);
    same(hex_from(cx->arena, one.bytes, DIGEST_BYTES), /* GB/T 32905-2016, annex A.1 */
         "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
}

/* ---- Faults ---- */

static void sweep(Bench *bench, const char *letters, i64 id, Err last)
{
    static const char *const tables[] = {"pet", "fact", "fact_block"};
    int failed = 0;
    for (int n = 0;; n++) {
        i64 before[COUNT(tables)];
        for (size_t i = 0; i < COUNT(tables); i++)
            before[i] = count_of(
                bench, db_keep(str_format(&bench->arena, "SELECT COUNT(*) FROM %s", tables[i])));
        i64 weights = count_of(bench, "SELECT COALESCE(SUM(weight), 0) FROM pet");
        db_fault_arm(bench->fault, n);
        Err e = act(bench, letters, id);
        bool fired = db_fault_fired(bench->fault);
        db_fault_arm(bench->fault, -1);
        assert_true(verify(bench, NULL, fact_public_key(bench->log)).ok);
        if (!fired) {
            assert_int_equal(e, last);
            break;
        }
        assert_int_equal(e, ERR_STORE);
        failed++;
        for (size_t i = 0; i < COUNT(tables); i++)
            assert_int_equal(
                before[i],
                count_of(bench,
                         db_keep(str_format(&bench->arena, "SELECT COUNT(*) FROM %s", tables[i]))));
        assert_int_equal(weights, count_of(bench, "SELECT COALESCE(SUM(weight), 0) FROM pet"));
    }
    assert_true(failed > 5);
}

static void test_faults(void **state)
{
    Bench *bench = *state;
    write_story(bench);
    sweep(bench, "cutcr", 0, ERR_OK);
    sweep(bench, "cux", 0, ERR_STATE);
    sweep(bench, "u", 3, ERR_OK);
    /* 8 of the story, 5, the refusal, the last one: without gaps. */
    assert_int_equal(count_of(bench, "SELECT MAX(seq) FROM fact"), 8 + 5 + 1 + 1);
    assert_int_equal(count_of(bench, "SELECT COUNT(*) FROM fact"), 8 + 5 + 1 + 1);
    assert_int_equal(count_of(bench, "SELECT COUNT(*) FROM fact_block"), 6 + 3);
}

/* ---- Backup ---- */

static Str read_all(Bench *bench, const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *bytes = arena_take(&bench->arena, 100000);
    size_t len = fread(bytes, 1, 100000, file);
    assert_true(feof(file));
    fclose(file);
    return (Str){bytes, len};
}

static void write_all(const char *path, Str text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

/* An empty store beside the first, and a call on it. */
static Cx other_store(Bench *bench, Str url, FactLog **ret_log)
{
    Cx cx = bench->cx;
    OK(&cx, db_open(&cx, url, DB_WRITE, &cx.db));
    OK(&cx, db_begin(&cx));
    OK(&cx, record_migrate(&cx, types, 1));
    OK(&cx, fact_log_open(&cx, str_from(bench->folder), FACT_SHA256, ret_log));
    OK(&cx, db_commit(&cx));
    return cx;
}

static char *back_up(Bench *bench, i64 *ret_rows)
{
    char *path = str_z(&bench->arena, str_format(&bench->arena, "%s/rows.jsonl", bench->folder));
    OK(&bench->cx, fact_backup(&bench->cx, types, 1, path, ret_rows));
    return path;
}

static void round_trip(Bench *bench, Str url)
{
    FactHead head;
    FactLog *log;
    i64 rows = 0, restored = 0;
    OK(&bench->cx, fact_head(&bench->cx, &head));
    char *path = back_up(bench, &rows);
    assert_int_equal(rows, 2 + 8 + 6);
    Cx cx = other_store(bench, url, &log);
    OK(&cx, db_begin(&cx));
    OK(&cx, fact_restore(&cx, types, 1, path, &restored));
    OK(&cx, db_commit(&cx));
    assert_int_equal(restored, rows);
    VerifyReport report;
    OK(&cx, fact_verify(&cx, types, 1, &head, fact_public_key(bench->log), NULL, NULL, &report));
    assert_true(report.ok);
    assert_int_equal(report.rows, 2);
    /* The copy's own backup is the same, byte for byte. */
    char *again = str_z(&bench->arena, str_format(&bench->arena, "%s/again.jsonl", bench->folder));
    OK(&cx, fact_backup(&cx, types, 1, again, &rows));
    assert_true(str_same(read_all(bench, again), read_all(bench, path)));
    fact_log_close(log);
    db_close(cx.db);
}

static void test_backup(void **state)
{
    Bench *bench = *state;
    write_story(bench);
    OK(&bench->cx, db_exec_plain(&bench->cx, "SELECT 1"));
    round_trip(bench, str_format(&bench->arena, "%s/other.db", bench->folder));
    const char *pg = getenv("TECHBOURSE_TEST_PG");
    if (!pg) {
        print_message(
            "not run: the PostgreSQL side (TECHBOURSE_TEST_PG is not set; see test/pg.sh)\n");
        return;
    }
    Cx cx = bench->cx;
    OK(&cx, db_open(&cx, str_from(pg), DB_WRITE, &cx.db));
    OK(&cx, db_exec_plain(&cx, "DROP SCHEMA IF EXISTS fact_test CASCADE; CREATE SCHEMA fact_test"));
    db_close(cx.db);
    round_trip(bench, str_format(&bench->arena, "%s?options=-csearch_path%%3Dfact_test", pg));
}

/* ---- The log alone ---- */

static LogPart walk_log(Bench *bench, i64 after)
{
    LogPart part;
    OK(&bench->cx, fact_verify_log(&bench->cx, after, fact_public_key(bench->log), &part));
    return part;
}

static void test_log_alone(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    LogPart part = walk_log(bench, 0);
    assert_true(part.ok && part.blocks == 0 && part.head == 0 && part.to == 0);
    write_story(bench);
    part = walk_log(bench, 0);
    assert_true(part.ok);
    assert_int_equal(part.blocks, 6);
    assert_int_equal(part.facts, 8);
    assert_int_equal(part.to, part.head);
    assert_int_equal(part.to_ms, bench->clock.now_ms);
    part = walk_log(bench, 4); /* From a block on. */
    assert_true(part.ok && part.blocks == 2 && part.to == 6);
    part = walk_log(bench, 6);
    assert_true(part.ok && part.blocks == 0 && part.to == 6);
    assert_int_equal(fact_verify_log(cx, 7, S(""), &part), ERR_INPUT);
    assert_string_equal(cx->err.key, "fact.no_such_block");
    err_clear(cx);

    OK(cx, db_exec_plain(cx, "UPDATE pet SET weight = 9")); /* Rows are not looked at. */
    assert_true(walk_log(bench, 0).ok);
    OK(cx, db_exec_plain(cx, "UPDATE fact SET amount = amount + 1 WHERE block = 5"));
    part = walk_log(bench, 0);
    assert_false(part.ok);
    assert_int_equal(part.bad_block, 5);
    same(part.why, "verify.fact_edited");
    assert_true(walk_log(bench, 5).ok); /* What is behind the edit still hangs together. */
    OK(cx, db_exec_plain(cx, "UPDATE fact SET amount = amount - 1 WHERE block = 5"));
    OK(cx, db_exec_plain(cx, "UPDATE fact_block SET at_ms = at_ms + 1 WHERE block = 3"));
    part = walk_log(bench, 0);
    assert_int_equal(part.bad_block, 3);
    same(part.why, "verify.block_edited");
    OK(cx, db_exec_plain(cx, "UPDATE fact_block SET at_ms = at_ms - 1 WHERE block = 3"));
    OK(cx,
       db_exec_plain(cx, "INSERT INTO fact SELECT seq + 100, block, kind, table_name, row_id, "
                         "row_digest, actor_id, org_id, via, at_ms, amount, code, other_id, for_id "
                         "FROM fact WHERE seq = 8"));
    part = walk_log(bench, 0);
    same(part.why, "verify.fact_without_block");
}

/* A long log is walked in parts that join without a gap. */
static void test_log_parts(void **state)
{
    enum { FACTS = LOG_PART_BLOCKS + 300 };
    Bench *bench = *state;
    for (int i = 0; i < FACTS; i++)
        assert_int_equal(act(bench, "t", 0), ERR_OK);
    LogPart first = walk_log(bench, 0);
    assert_true(first.ok);
    assert_int_equal(first.to, LOG_PART_BLOCKS);
    assert_int_equal(first.head, FACTS);
    LogPart second = walk_log(bench, first.to);
    assert_true(second.ok);
    assert_int_equal(second.to, FACTS);
    assert_int_equal(first.facts + second.facts, FACTS);
    OK(&bench->cx, db_exec_plain(&bench->cx, "UPDATE fact SET code = 'x' WHERE seq = 5010"));
    assert_true(walk_log(bench, 0).ok);
    assert_int_equal(walk_log(bench, first.to).bad_block, 5010);
}

/* ---- A store that an older program made ---- */

typedef struct LaterPet {
    RECORD_HEAD;
    Str name;
    Str colour;
    i64 weight;
    i64 born_date;
} LaterPet;

typedef struct Cage {
    RECORD_HEAD;
    Str place;
} Cage;

// clang-format off
static const Field later_pet_fields[] = {
    RECORD_HEAD_FIELDS(LaterPet),
    {AT(LaterPet, name),      F_TEXT, "名字", "Name",   0, SEE_PUBLIC, NULL},
    {AT(LaterPet, colour),    F_TEXT, "颜色", "Colour", 0, SEE_PUBLIC, NULL},
    {AT(LaterPet, weight),    F_INT,  "体重", "Weight", 0, SEE_PUBLIC, NULL},
    {AT(LaterPet, born_date), F_DATE, "生日", "Born",   0, SEE_PUBLIC, NULL},
};
static const RecordType later_pet_type = {"pet", "宠物", "Pet", sizeof(LaterPet), later_pet_fields, COUNT(later_pet_fields), NULL};
static const Field cage_fields[] = {
    RECORD_HEAD_FIELDS(Cage),
    {AT(Cage, place), F_TEXT, "位置", "Place", 0, SEE_PUBLIC, NULL},
};
static const RecordType cage_type = {"cage", "笼", "Cage", sizeof(Cage), cage_fields, COUNT(cage_fields), NULL};
// clang-format on
static const RecordType *const later_types[] = {&later_pet_type, &cage_type};

static VerifyReport verify_later(Cx *cx)
{
    VerifyReport report;
    OK(cx, fact_verify(cx, later_types, COUNT(later_types), NULL, S(""), NULL, NULL, &report));
    return report;
}

/* Columns and tables that are not there yet are empty: nothing is touched by looking, an edit shows
 * all the same, and a backup fits the newer store. */
/* A log without the column for whom somebody acted: it is verified and backed up as it is, and gets
 * the column when it is opened; what is told then counts in the leaf. */
static void test_older_log(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    FactLog *log;
    i64 rows = 0;
    bool has_for = true;
    char *path = str_z(&bench->arena, str_format(&bench->arena, "%s/before.jsonl", bench->folder));
    assert_int_equal(act(bench, "t", 0), ERR_OK);
    OK(cx, db_exec_plain(cx, "ALTER TABLE fact DROP COLUMN for_id"));
    OK(cx, fact_has_for(cx, &has_for));
    assert_false(has_for);
    assert_true(walk_log(bench, 0).ok);
    OK(cx, fact_backup(cx, NULL, 0, path, &rows));
    assert_true(rows > 0);
    OK(cx, fact_log_open(cx, str_from(bench->folder), FACT_SHA256, &log));
    fact_log_close(log);
    OK(cx, fact_has_for(cx, &has_for));
    assert_true(has_for);
    assert_true(walk_log(bench, 0).ok);
    OK(cx, db_exec_plain(cx, "UPDATE fact SET for_id = 7 WHERE seq = 1"));
    same(walk_log(bench, 0).why, "verify.fact_edited");
}

static void test_older_store(void **state)
{
    Bench *bench = *state;
    Cx cx = bench->cx;
    FactLog *log;
    i64 rows = 0, restored = 0;
    Str *names;
    size_t count;
    write_story(bench);
    VerifyReport report = verify_later(&bench->cx);
    assert_true(report.ok);
    assert_int_equal(report.rows, 2);
    OK(&bench->cx, db_columns(&bench->cx, "pet", &names, &count));
    assert_int_equal(count, pet_type.count);

    char *path = str_z(&bench->arena, str_format(&bench->arena, "%s/old.jsonl", bench->folder));
    OK(&bench->cx, fact_backup(&bench->cx, later_types, COUNT(later_types), path, &rows));
    assert_int_equal(rows, 2 + 8 + 6);
    OK(&cx,
       db_open(&cx, str_format(&bench->arena, "%s/later.db", bench->folder), DB_WRITE, &cx.db));
    OK(&cx, db_begin(&cx));
    OK(&cx, record_migrate(&cx, later_types, COUNT(later_types)));
    OK(&cx, fact_log_open(&cx, str_from(bench->folder), FACT_SHA256, &log));
    OK(&cx, fact_restore(&cx, later_types, COUNT(later_types), path, &restored));
    OK(&cx, db_commit(&cx));
    assert_int_equal(restored, rows);
    assert_true(verify_later(&cx).ok);
    fact_log_close(log);
    db_close(cx.db);

    OK(&bench->cx, db_exec_plain(&bench->cx, "UPDATE pet SET weight = 99 WHERE id = 3"));
    report = verify_later(&bench->cx);
    assert_false(report.ok);
    same(report.why, "verify.row_edited");
    same(report.what, "pet 3");
}

/* Restores a text that is no whole backup: refused, and nothing is kept. */
static void expect_refused(Bench *bench, Cx *cx, Str text, const char *what)
{
    char *path = str_z(&bench->arena, str_format(&bench->arena, "%s/cut.jsonl", bench->folder));
    i64 rows = 0, left = 0;
    write_all(path, text);
    OK(cx, db_begin(cx));
    Err e = fact_restore(cx, types, 1, path, &rows);
    db_rollback(cx);
    if (e != ERR_INPUT || strcmp(cx->err.key, "fact.bad_backup") != 0)
        fail_msg("%s: %s %s", what, err_name(e), e ? cx->err.key : "-");
    OK(cx, db_int(cx, "SELECT COUNT(*) FROM fact", NULL, 0, -1, &left));
    assert_int_equal(left, 0);
}

static Str replaced(Bench *bench, Str text, Str from, Str to)
{
    size_t at = str_find(text, from);
    assert_true(at < text.len);
    return str_format(&bench->arena, "%.*s%.*s%.*s", (int)at, text.data, STR_ARG(to),
                      STR_ARG(str_slice(text, at + from.len, text.len)));
}

static void test_bad_backups(void **state)
{
    Bench *bench = *state;
    FactLog *log;
    i64 rows = 0;
    write_story(bench);
    Str whole = read_all(bench, back_up(bench, &rows));
    Cx cx = other_store(bench, str_format(&bench->arena, "%s/other.db", bench->folder), &log);
    for (size_t len = 0; len + 1 < whole.len; len += len % 7 + 1)
        expect_refused(bench, &cx, str_slice(whole, 0, len), "cut");
    for (size_t len = 0; len + 1 < whole.len; len++) /* After each line. */
        if (whole.data[len] == '\n')
            expect_refused(bench, &cx, str_slice(whole, 0, len + 1), "cut at a line");
    size_t second = str_find(whole, S("\n")) + 1,
           third = second + str_find(str_slice(whole, second, whole.len), S("\n")) + 1;
    Str fewer = str_format(&bench->arena, "%.*s%.*s", (int)second, whole.data,
                           STR_ARG(str_slice(whole, third, whole.len)));
    expect_refused(bench, &cx, fewer, "a row less");
    expect_refused(bench, &cx, str_format(&bench->arena, "%.*s[]\n", STR_ARG(whole)),
                   "more after the end");
    expect_refused(bench, &cx, replaced(bench, whole, S("\"pet\""), S("\"cat\"")), "unknown table");
    expect_refused(bench, &cx, replaced(bench, whole, S("\"weight\""), S("\"height\"")),
                   "unknown column");
    expect_refused(bench, &cx, replaced(bench, whole, S("\"weight\""), S("12345678")),
                   "a number as a column");
    expect_refused(bench, &cx, replaced(bench, whole, S("\"Tom\""), S("7")), "a number as a text");
    expect_refused(bench, &cx, replaced(bench, whole, S("\"Tom\""), S("\"Tom\",1")),
                   "a value more");
    expect_refused(bench, &cx, S("[1]\n"), "no table");
    expect_refused(bench, &cx, (Str){"\0\n", 2}, "a zero byte");
    fact_log_close(log);
    db_close(cx.db);
}

static Err beat(Cx *cx, void *arg)
{
    (void)arg;
    return fact_beat(cx);
}

/* One leads at a time; who comes later knows when the one before was last alive, and who was before
 * knows that he does not lead any more. */
static void test_lead(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    FactLog *other = NULL;
    OK(cx, fact_lead_take(cx, bench->log));
    assert_int_equal(fact_alive_ms(bench->log), 0);
    OK(cx, fact_lead_holds(cx, bench->log));
    OK(cx, writer_run(bench->writer, cx, beat, NULL));
    i64 facts = -1;
    OK(cx, fact_last_seq(cx, &facts));
    assert_int_equal(facts, 0); /* It is no fact. */

    bench->clock.now_ms += 5000;
    OK(cx, fact_log_open(cx, str_from(bench->folder), FACT_SHA256, &other));
    OK(cx, fact_lead_take(cx, other));
    assert_int_equal(fact_alive_ms(other), bench->clock.now_ms - 5000);
    OK(cx, fact_lead_holds(cx, other));
    assert_int_equal(fact_lead_holds(cx, bench->log), ERR_STORE);
    assert_string_equal(cx->err.key, "fact.lead_lost");
    err_clear(cx);
    fact_log_close(other);
}

/* What was remembered of a type's rows holds until one of them changes. */
static void test_changes(void **state)
{
    Bench *bench = *state;
    static const RecordType other = {.name = "another_name"};
    u64 pets = fact_changes(bench->log, &pet_type), others = fact_changes(bench->log, &other);
    OK(&bench->cx, act(bench, "c", 0));
    assert_true(fact_changes(bench->log, &pet_type) > pets);
    assert_true(fact_changes(bench->log, &other) == others);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_story),       CASE(test_rows),
        CASE(test_ids_once),    CASE(test_refused_in_a_group),
        CASE(test_chain),       cmocka_unit_test(test_merkle_shapes),
        CASE(test_tampers),     CASE(test_cut_tail),
        CASE(test_other_key),   CASE(test_key_is_kept),
        CASE(test_sm3),         CASE(test_faults),
        CASE(test_backup),      CASE(test_bad_backups),
        CASE(test_older_store), CASE(test_older_log),
        CASE(test_log_alone),   CASE(test_log_parts),
        CASE(test_lead),        CASE(test_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
