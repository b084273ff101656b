/* The access log: the ring, its batches, what verify finds, what is removed when it is old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "command/house_fixture.h"
#include "ident/ident.h"

#include <pthread.h>
#include <sys/stat.h>

static const Room *const rooms[] = {IDENT_ROOMS, &audit_room};

static const Actor auditor = {.account_id = 7, .org_id = 1, .roles = WHO_AUDIT, .via = VIA_WEB};
static const Actor local = {.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL};
static const Actor reader = {.account_id = 3,
                             .org_id = 2,
                             .roles = WHO_FIRM,
                             .via = VIA_API,
                             .session_id = 11,
                             .token_id = 5,
                             .scope = SCOPE_READ | SCOPE_WRITE,
                             .for_id = 4};

static int setup(void **state)
{
    TestHouse *t = test_malloc(sizeof *t);
    house_test_open(t, rooms, COUNT(rooms));
    t->house.accesses = access_log_new();
    t->house.hooks.shown = access_shown;
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    TestHouse *t = *state;
    access_log_done(t->house.accesses);
    house_test_close(t);
    test_free(t);
    return 0;
}

static void view(TestHouse *t, Actor actor, const char *what, const RecordType *type, i64 id,
                 bool personal, Err result)
{
    Cx cx = house_cx(t, actor);
    Shown shown = {0};
    cx.address = S("192.0.2.17");
    if (type)
        shown_add(&shown, type, id, personal);
    access_note(&cx, what, &shown, result);
}

static i64 flush(TestHouse *t)
{
    Cx cx = house_cx(t, (Actor){.via = VIA_SYSTEM});
    i64 lost = -1;
    Err e = access_flush(&cx, &lost);
    t->last = cx;
    HOUSE_OK(t, e);
    return lost;
}

static VerifyReport check(TestHouse *t)
{
    VerifyReport report = house_verify_log(t);
    Cx cx = house_cx(t, (Actor){.via = VIA_SYSTEM});
    i64 lines = 0;
    if (report.ok)
        assert_int_equal(access_verify(&cx, &report, &lines), ERR_OK);
    return report;
}

/* ---- lines ---- */

static void test_line(void **state)
{
    TestHouse *t = *state;
    Val *reply;
    view(t, reader, "need.show", &org_type, 12, true, ERR_OK);
    view(t, reader, "/admin/accounts", NULL, 0, false, ERR_DENIED);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM access_line"), 0);
    assert_int_equal(flush(t), 0);
    assert_int_equal(flush(t), 0); /* Nothing waits: no batch. */
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM access_batch"), 1);
    HOUSE_OK(t, house_call(t, auditor, "audit.search", &reply, "{}"));
    Str json = house_json(t, val_at(val_get(reply, "items"), 1));
    static const char *const parts[] = {"\"id\":1",
                                        "\"account_id\":3",
                                        "\"for_id\":4",
                                        "\"session_id\":11",
                                        "\"token_id\":5",
                                        "\"via\":\"api\"",
                                        "\"shown\":1",
                                        "\"address\":\"192.0.2.17\"",
                                        "\"op\":\"need.show\"",
                                        "\"personal\":1",
                                        "\"record_type\":\"org\"",
                                        "\"record_ids\":[12]",
                                        "\"result\":\"ok\"",
                                        "\"org_id\":2"};
    for (size_t i = 0; i < COUNT(parts); i++)
        if (!str_has(json, str_from(parts[i])))
            fail_msg("%s is not in %.*s", parts[i], STR_ARG(json));
    json = house_json(t, val_at(val_get(reply, "items"), 0));
    assert_true(str_has(json, S("\"result\":\"denied\"")));
    Fact fact = house_last_fact(t);
    assert_true(str_same(fact.kind, S("access.logged")));
    assert_int_equal(fact.amount, 2);
    assert_int_equal(fact.code.len, 64);
}

/* The exchange itself is no reader; and what is public leaves no line. */
static void test_no_line(void **state)
{
    TestHouse *t = *state;
    view(t, (Actor){.via = VIA_SYSTEM}, "lot.show", &org_type, 1, false, ERR_OK);
    HOUSE_OK(t, house_call(t, local, "org.add", NULL,
                           "{\"code\":\"A\",\"name\":\"Some unit\",\"kind\":\"firm\"}"));
    HOUSE_OK(t, house_call(t, (Actor){.via = VIA_WEB}, "org.list", NULL, "{}"));
    assert_int_equal(access_state(t->house.accesses).waiting, 0);
    /* What is refused at the door leaves one, also of an op that writes. */
    HOUSE_REFUSED(t, house_call(t, reader, "audit.search", NULL, "{}"), ERR_DENIED,
                  "command.not_delegated");
    HOUSE_REFUSED(t, house_call(t, reader, "audit.export", NULL, "{\"format\":\"csv\"}"),
                  ERR_DENIED, "command.not_delegated");
    assert_int_equal(access_state(t->house.accesses).waiting, 2);
    HOUSE_OK(t, house_call(t, auditor, "audit.search", NULL, "{}"));
    assert_int_equal(access_state(t->house.accesses).waiting, 2); /* Nothing is there yet. */
    flush(t);
    HOUSE_OK(t, house_call(t, auditor, "audit.search", NULL, "{}"));
    assert_int_equal(access_state(t->house.accesses).waiting, 1); /* Who watches is watched. */
}

enum { MANY_ROWS = 130 };

/* A view of many records keeps every one of their numbers, in as many lines as they need. */
static void test_all_ids(void **state)
{
    TestHouse *t = *state;
    for (i64 i = 1; i <= MANY_ROWS; i++)
        view(t, reader, "need.show", &org_type, i, false, ERR_OK);
    flush(t);
    HOUSE_OK(t, house_call(t, auditor, "audit.search", NULL, "{\"limit\":200}"));
    flush(t);
    static const char of_search[] = "SELECT COUNT(*) FROM access_line WHERE op = 'audit.search'";
    assert_int_equal(house_count(t, of_search), (MANY_ROWS + SHOWN_ROWS_MAX - 1) / SHOWN_ROWS_MAX);
    for (i64 i = 1; i <= MANY_ROWS; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "%s AND record_ids LIKE '%%,%lld,%%'", of_search, (long long)i);
        assert_int_equal(house_count(t, db_keep(str_from(sql))), 1);
    }
    assert_int_equal(house_count(t, "SELECT SUM(shown) FROM access_line WHERE op = 'audit.search'"),
                     MANY_ROWS);
    assert_true(check(t).ok);
}

static void count_rows_told(void *context, const ShownRows *rows)
{
    int *seen = context; /* By type and id. */
    for (size_t i = 0; i < rows->count; i++)
        seen[(rows->type[0] - 'a') * MANY_ROWS + rows->ids[i]]++;
}

/* More types than a view has places for, turn about: each record is told once. */
static void test_all_types(void **state)
{
    enum { TYPES = SHOWN_TYPES_MAX + 2 };
    static int seen[TYPES * MANY_ROWS];
    static const char *const names[TYPES] = {"a", "b", "c", "d", "e", "f"};
    Shown shown = {.full = count_rows_told, .context = seen};
    (void)state;
    memset(seen, 0, sizeof seen);
    for (i64 id = 0; id < MANY_ROWS; id++)
        for (size_t i = 0; i < TYPES; i++)
            shown_add(&shown, &(RecordType){.name = names[i]}, id, false);
    assert_int_equal(shown.count, TYPES * MANY_ROWS);
    for (size_t i = 0; i < SHOWN_TYPES_MAX; i++)
        count_rows_told(seen, &shown.rows[i]);
    for (size_t i = 0; i < COUNT(seen); i++)
        assert_int_equal(seen[i], 1);
}

/* ---- the ring ---- */

/* A full ring loses what comes and says how much; it neither waits nor writes over what it has. */
static void test_full(void **state)
{
    TestHouse *t = *state;
    for (i64 i = 1; i <= ACCESS_RING_MAX + 25; i++)
        view(t, reader, "need.show", &org_type, i, false, ERR_OK);
    AccessState full = access_state(t->house.accesses);
    assert_int_equal(full.waiting, ACCESS_RING_MAX);
    assert_int_equal(full.lost, 25);
    assert_int_equal(flush(t), 25);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM access_line"), ACCESS_RING_MAX);
    assert_int_equal(house_count(t, "SELECT amount FROM fact WHERE kind = 'access.lost'"), 25);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM access_line WHERE record_ids = "
                                    "',1,' OR record_ids = ',4096,'"),
                     2);
    view(t, reader, "need.show", &org_type, 1, false, ERR_OK);
    assert_int_equal(flush(t), 0);
    assert_int_equal(house_count(t, "SELECT MAX(id) FROM access_line"), ACCESS_RING_MAX + 1);
    assert_true(check(t).ok);
}

enum { THREADS = 4, VIEWS = 2500 };

typedef struct Many {
    TestHouse *t;
    i64 number;
} Many;

static void *view_many(void *arg)
{
    const Many *many = arg;
    Cx cx = {.clock = &many->t->clock, .house = &many->t->house, .actor = reader};
    cx.actor.account_id = many->number;
    for (i64 i = 1; i <= VIEWS; i++) {
        Shown shown = {0};
        shown_add(&shown, &org_type, i, false);
        access_note(&cx, "need.show", &shown, ERR_OK);
    }
    return NULL;
}

/* Several readers beside a flush: each line is written once or counted as lost, none is torn. */
static void test_threads(void **state)
{
    TestHouse *t = *state;
    pthread_t threads[THREADS];
    Many many[THREADS];
    i64 lost = 0;
    for (int i = 0; i < THREADS; i++) {
        many[i] = (Many){t, i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, view_many, &many[i]), 0);
    }
    for (int i = 0; i < 20; i++)
        lost += flush(t);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    lost += flush(t);
    i64 lines = house_count(t, "SELECT COUNT(*) FROM access_line");
    assert_int_equal(lines + lost, THREADS * VIEWS);
    assert_int_equal(access_state(t->house.accesses).lines, lines);
    assert_int_equal(access_state(t->house.accesses).lost, lost);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM access_line a WHERE EXISTS (SELECT 1 "
                                    "FROM access_line b WHERE b.account_id = a.account_id AND "
                                    "b.record_ids = a.record_ids AND b.id <> a.id)"),
                     0);
    assert_true(check(t).ok);
}

/* ---- no reader waits for the writer ---- */

typedef struct Block {
    TestHouse *t;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool begun, go_on;
} Block;

static Err block_job(Cx *cx, void *arg)
{
    Block *block = arg;
    (void)cx;
    pthread_mutex_lock(&block->mutex);
    block->begun = true;
    pthread_cond_broadcast(&block->changed);
    while (!block->go_on)
        pthread_cond_wait(&block->changed, &block->mutex);
    pthread_mutex_unlock(&block->mutex);
    return ERR_OK;
}

static void *block_writer(void *arg)
{
    Block *block = arg;
    Arena arena = {0};
    Cx cx = house_cx(block->t, local);
    cx.arena = &arena;
    Err e = writer_run(block->t->house.writer, &cx, block_job, block);
    arena_done(&arena);
    return e ? block : NULL;
}

static void *flush_beside(void *arg)
{
    TestHouse *t = arg;
    Arena arena = {0};
    Cx cx = {.arena = &arena, .clock = &t->clock, .chance = &t->chance, .house = &t->house};
    i64 lost = 0;
    Err e = access_flush(&cx, &lost);
    arena_done(&arena);
    return e ? t : NULL;
}

/* The writer hangs in a job, a flush hangs behind it; reads are answered, their lines wait. */
static void test_writer_blocked(void **state)
{
    TestHouse *t = *state;
    Block block = {.t = t, .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    pthread_t writer, flusher;
    void *failed = NULL;
    HOUSE_OK(t, house_call(t, local, "org.add", NULL,
                           "{\"code\":\"A\",\"name\":\"Some unit\",\"kind\":\"firm\"}"));
    view(t, reader, "need.show", &org_type, 1, false, ERR_OK);
    assert_int_equal(pthread_create(&writer, NULL, block_writer, &block), 0);
    pthread_mutex_lock(&block.mutex);
    while (!block.begun)
        pthread_cond_wait(&block.changed, &block.mutex);
    pthread_mutex_unlock(&block.mutex);
    assert_int_equal(pthread_create(&flusher, NULL, flush_beside, t), 0);
    for (i64 i = 1; i <= 3000; i++)
        view(t, reader, "need.show", &org_type, i, false, ERR_OK);
    HOUSE_REFUSED(t, house_call(t, reader, "audit.search", NULL, "{}"), ERR_DENIED,
                  "command.not_delegated");
    HOUSE_OK(t, house_call(t, reader, "org.show", NULL, "{\"id\":1}"));
    assert_int_equal(access_state(t->house.accesses).waiting, 3002);
    assert_int_equal(access_state(t->house.accesses).lines, 0);
    pthread_mutex_lock(&block.mutex);
    block.go_on = true;
    pthread_cond_broadcast(&block.changed);
    pthread_mutex_unlock(&block.mutex);
    pthread_join(writer, &failed);
    assert_null(failed);
    pthread_join(flusher, &failed);
    assert_null(failed);
    flush(t);
    assert_int_equal(access_state(t->house.accesses).lines, 3002);
    assert_true(check(t).ok);
}

/* A half-full ring calls the flush at once. */
static void test_bell(void **state)
{
    TestHouse *t = *state;
    for (i64 i = 0; i < ACCESS_RING_MAX / 2; i++)
        view(t, reader, "need.show", &org_type, i, false, ERR_OK);
    i64 from_ns = clock_steady_ns();
    access_wait(t->house.accesses);
    assert_true(clock_steady_ns() - from_ns < (i64)ACCESS_LATE_MS * 500000);
    flush(t);
    from_ns = clock_steady_ns();
    access_wait(t->house.accesses);
    assert_true(clock_steady_ns() - from_ns >= (i64)ACCESS_LATE_MS * 990000);
}

/* A failed store keeps the lines for the next flush. */
static void test_store_fails(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, (Actor){.via = VIA_SYSTEM});
    i64 lost = 0;
    int calls = 0;
    for (;; calls++) {
        db_fault_arm(t->fault, calls);
        view(t, reader, "need.show", &org_type, calls + 1, false, ERR_OK);
        Err e = access_flush(&cx, &lost);
        bool fired = db_fault_fired(t->fault);
        db_fault_arm(t->fault, -1);
        if (!fired)
            break;
        assert_int_equal(e, ERR_STORE);
        assert_int_equal(house_count(t, "SELECT COUNT(*) FROM access_line"), 0);
        assert_int_equal(access_state(t->house.accesses).waiting, calls + 1);
        if (calls > 40)
            break; /* Each try has one more line, and so one more call to fail. */
    }
    flush(t);
    assert_true(calls > 6);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM access_line"),
                     house_count(t, "SELECT MAX(id) FROM access_line"));
    assert_true(check(t).ok);
}

/* ---- verify ---- */

static void edit(TestHouse *t, const char *sql)
{
    Cx cx = house_cx(t, local);
    Db *db;
    HOUSE_OK(t, db_open(&cx, t->house.store_url, DB_WRITE, &db));
    cx.db = db;
    HOUSE_OK(t, db_exec_plain(&cx, sql));
    db_close(db);
}

/* Batch 1 has lines 1 to 3, batch 2 has 4 and 5, batch 3 has 6. */
static void three_batches(TestHouse *t)
{
    static const int counts[] = {3, 2, 1};
    for (size_t b = 0; b < COUNT(counts); b++) {
        for (i64 i = 0; i < counts[b]; i++)
            view(t, reader, "need.show", &org_type, i + 1, i == 0, ERR_OK);
        flush(t);
    }
}

static void test_verify(void **state)
{
    static const struct {
        const char *sql, *why, *what, *undo;
    } rows[] = {
        {"UPDATE access_line SET account_id = 9 WHERE id = 2", "verify.access_edited",
         "access_batch 1", "UPDATE access_line SET account_id = 3 WHERE id = 2"},
        {"UPDATE access_line SET address = '' WHERE id = 4", "verify.access_edited",
         "access_batch 2", "UPDATE access_line SET address = '192.0.2.17' WHERE id = 4"},
        {"UPDATE access_line SET personal = 0 WHERE id = 6", "verify.access_edited",
         "access_batch 3", "UPDATE access_line SET personal = 1 WHERE id = 6"},
        {"UPDATE access_line SET id = 60 WHERE id = 5", "verify.access_missing", "access_batch 2",
         "UPDATE access_line SET id = 5 WHERE id = 60"},
        {"INSERT INTO access_line SELECT 7, at_ms, account_id, for_id, org_id, session_id, "
         "token_id, via, address, op, record_type, record_ids, shown, personal, result FROM "
         "access_line WHERE id = 6",
         "verify.access_without_batch", "access_batch 3", "DELETE FROM access_line WHERE id = 7"},
        {"UPDATE access_batch SET count = 1, last_id = 4 WHERE id = 2", "verify.row_edited",
         "access_batch 2", "UPDATE access_batch SET count = 2, last_id = 5 WHERE id = 2"},
    };
    TestHouse *t = *state;
    three_batches(t);
    assert_true(check(t).ok);
    for (size_t i = 0; i < COUNT(rows); i++) {
        edit(t, rows[i].sql);
        VerifyReport report = check(t);
        if (report.ok || !str_same_z(report.why, rows[i].why) ||
            !str_same_z(report.what, rows[i].what) || report.bad_seq <= 0)
            fail_msg("%s: %.*s %.*s fact %lld", rows[i].sql, STR_ARG(report.why),
                     STR_ARG(report.what), (long long)report.bad_seq);
        edit(t, rows[i].undo);
        assert_true(check(t).ok);
    }
}

static void test_sm3(void **state)
{
    TestHouse *t = *state;
    t->settings.hash = S("sm3");
    three_batches(t);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM access_batch WHERE algorithm = 'sm3'"),
                     3);
    assert_true(check(t).ok);
    t->settings.hash = S("sha256"); /* A setting may change: each batch says its own. */
    three_batches(t);
    assert_true(check(t).ok);
}

/* ---- pruning ---- */

#define DAYS(n) ((i64)(n)*24 * 3600 * 1000)

static void test_prune(void **state)
{
    TestHouse *t = *state;
    Val *reply;
    t->settings.access_log_days = 1; /* As if the rule of settings had been passed by. */
    three_batches(t);
    t->clock.now_ms += DAYS(100);
    three_batches(t);
    t->clock.now_ms = HOUSE_NOW_MS + DAYS(ACCESS_DAYS_MIN);
    HOUSE_OK(t, house_call(t, local, "audit.prune", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "lines"), 0); /* Not one is older than 180 days. */
    t->clock.now_ms += 1;
    HOUSE_OK(t, house_call(t, local, "audit.prune", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "lines"), 6);
    assert_int_equal(house_count(t, "SELECT MIN(id) FROM access_line"), 7);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM access_batch WHERE pruned_ms > 0"), 3);
    assert_int_equal(house_count(t, "SELECT SUM(amount) FROM fact WHERE kind = 'access.pruned'"),
                     6);
    assert_true(check(t).ok);
    HOUSE_OK(t, house_call(t, local, "audit.prune", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "lines"), 0);
    edit(t, "UPDATE access_line SET id = 2 WHERE id = 9");
    assert_false(check(t).ok);
    edit(t, "UPDATE access_line SET id = 9 WHERE id = 2");
    view(t, reader, "need.show", &org_type, 1, false, ERR_OK);
    flush(t);
    assert_true(check(t).ok); /* The chain goes on over the gap. */
}

/* Stopped at any call, it has removed whole batches or nothing, and goes on the next time. */
static void test_prune_fails(void **state)
{
    TestHouse *t = *state;
    int calls = 0;
    three_batches(t);
    t->clock.now_ms += DAYS(400);
    for (bool fired = true; fired; calls++) {
        db_fault_arm(t->fault, calls);
        Err e = house_call(t, local, "audit.prune", NULL, "{}");
        fired = db_fault_fired(t->fault);
        db_fault_arm(t->fault, -1);
        assert_int_equal(e, fired ? ERR_STORE : ERR_OK);
        assert_true(check(t).ok);
        assert_int_equal(house_count(t, "SELECT COUNT(*) FROM access_line"), fired ? 6 : 0);
    }
    assert_true(calls > 6);
}

/* ---- search and export ---- */

static void fill(TestHouse *t)
{
    Actor other = reader;
    HOUSE_OK(t, house_call(t, local, "org.add", NULL,
                           "{\"code\":\"A\",\"name\":\"Some unit\",\"kind\":\"firm\"}"));
    HOUSE_OK(t, house_call(t, local, "org.add", NULL,
                           "{\"code\":\"B\",\"name\":\"Other unit\",\"kind\":\"firm\"}"));
    view(t, reader, "need.show", &org_type, 1, true, ERR_OK);
    t->clock.now_ms += 1000;
    other.account_id = 8;
    other.org_id = 1;
    other.via = VIA_WEB;
    view(t, other, "need.list", &account_type, 21, false, ERR_OK);
    t->clock.now_ms += 1000;
    view(t, other, "needle.show", NULL, 0, false, ERR_DENIED);
    t->clock.now_ms += 1000;
    flush(t);
}

/* Ids of the lines found, as text. */
static Str found(TestHouse *t, const char *in)
{
    Val *reply;
    Buf out = buf_new(&t->arena);
    HOUSE_OK(t, house_call(t, auditor, "audit.search", &reply, "%s", in));
    for (size_t i = 0; i < val_count(val_get(reply, "items")); i++)
        buf_format(&out, "%s%lld", i ? " " : "",
                   (long long)val_get_int(val_at(val_get(reply, "items"), i), "id"));
    buf_format(&out, "|%lld", (long long)val_get_int(reply, "next"));
    return buf_str(&out);
}

static void test_search(void **state)
{
    static const struct {
        const char *in, *ids;
    } rows[] = {
        {"{}", "3 2 1|0"},
        {"{\"limit\":2}", "3 2|2"},
        {"{\"limit\":2,\"before\":2}", "1|0"},
        {"{\"account_id\":8}", "3 2|0"},
        {"{\"org_id\":2}", "1|0"},
        {"{\"op\":\"need.show\"}", "1|0"},
        {"{\"op\":\"need\"}", "2 1|0"},
        {"{\"record_type\":\"account\"}", "2|0"},
        {"{\"record_type\":\"account\",\"record_id\":21}", "2|0"},
        {"{\"record_type\":\"account\",\"record_id\":2}", "|0"},
        {"{\"result\":\"denied\"}", "3|0"},
        {"{\"via\":\"api\"}", "1|0"},
        {"{\"address\":\"192.0.2.17\"}", "3 2 1|0"},
        {"{\"address\":\"192.0.2.1\"}", "|0"},
        {"{\"from_ms\":1784682001000}", "3 2|0"},
        {"{\"until_ms\":1784682001000}", "2 1|0"},
        {"{\"tab\":\"acts\"}", "3 2 1|0"},
        {"{\"tab\":\"acts\",\"op\":\"org\"}", "2 1|0"},
        {"{\"tab\":\"acts\",\"op\":\"access.logged\"}", "3|0"},
        {"{\"tab\":\"acts\",\"record_type\":\"org\",\"record_id\":2}", "2|0"},
        {"{\"tab\":\"acts\",\"via\":\"system\"}", "3|0"},
        {"{\"tab\":\"acts\",\"limit\":1}", "3|3"},
        {"{\"tab\":\"acts\",\"result\":\"denied\"}", "|0"},
        {"{\"tab\":\"acts\",\"account_id\":3}", "|0"},
        {"{\"tab\":\"acts\",\"address\":\"192.0.2.17\"}", "|0"},
    };
    TestHouse *t = *state;
    fill(t);
    for (size_t i = 0; i < COUNT(rows); i++) {
        Str ids = found(t, rows[i].in);
        if (!str_same_z(ids, rows[i].ids))
            fail_msg("%s finds %.*s, not %s", rows[i].in, STR_ARG(ids), rows[i].ids);
    }
    HOUSE_REFUSED(t, house_call(t, auditor, "audit.search", NULL, "{\"limit\":201}"), ERR_INPUT,
                  "field.range");
}

static Str file_text(TestHouse *t, Str name)
{
    Buf out = buf_new(&t->arena);
    char *path = str_z(&t->arena, str_format(&t->arena, "%s/%.*s", t->folder, STR_ARG(name)));
    FILE *file = fopen(path, "re");
    for (int c; file && (c = getc(file)) != EOF;)
        buf_char(&out, (char)c);
    if (file)
        fclose(file);
    return buf_str(&out);
}

static void test_export(void **state)
{
    TestHouse *t = *state;
    Val *reply;
    struct stat stat;
    fill(t);
    view(t, reader, "=1+1", NULL, 0, false, ERR_DENIED);
    flush(t);
    HOUSE_OK(t, house_call(t, auditor, "audit.export", &reply, "{\"format\":\"csv\"}"));
    assert_int_equal(val_get_int(reply, "count"), 4);
    Str csv = file_text(t, val_get_str(reply, "file"));
    assert_int_equal(csv.len, val_get_int(reply, "bytes"));
    assert_true(str_starts(csv, S("\xef\xbb\xbfid,at_ms,")));
    assert_true(str_has(csv, S("\"'=1+1\"")));
    Fact fact = house_last_fact(t);
    assert_true(str_same(fact.kind, S("audit.exported")));
    assert_int_equal(fact.actor_id, auditor.account_id);
    assert_true(str_same(fact.code, val_get_str(reply, "sha256")));
    char *path = str_z(&t->arena, str_format(&t->arena, "%s/%.*s", t->folder,
                                             STR_ARG(val_get_str(reply, "file"))));
    assert_int_equal(lstat(path, &stat), 0);
    HOUSE_OK(t, house_call(t, auditor, "audit.export", &reply,
                           "{\"tab\":\"acts\",\"op\":\"org\",\"format\":\"jsonl\"}"));
    assert_int_equal(val_get_int(reply, "count"), 2);
    assert_true(str_has(file_text(t, val_get_str(reply, "file")), S("\"op\":\"org.added\"")));
    t->clock.now_ms += DAYS(AUDIT_EXPORT_DAYS) + 1;
    HOUSE_OK(t, house_call(t, local, "audit.prune", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "files"), 2);
    assert_int_not_equal(lstat(path, &stat), 0);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM audit_export WHERE gone_ms > 0"), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_line),           TEST(test_no_line),   TEST(test_full),
        TEST(test_all_ids),        TEST(test_all_types), TEST(test_threads),
        TEST(test_writer_blocked), TEST(test_bell),      TEST(test_store_fails),
        TEST(test_verify),         TEST(test_sm3),       TEST(test_prune),
        TEST(test_prune_fails),    TEST(test_search),    TEST(test_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
