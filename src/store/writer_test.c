/* writer_test.c - group commit: what is kept, what is refused, and what a failed store takes along.
 */
#include "store/store_int.h"
#include "store/writer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* What the hooks have seen. Only the writer touches it while it runs. */
typedef struct Seen {
    int begun, committed, dropped, sealed, refused, rewound;
    size_t marks;
    i64 refused_actor;
    Err refused_err;
    int hook_fails; /* 1: begin, 2: refused, 3: commit fails. */
    bool records;   /* The refused hook writes a row. */
} Seen;

typedef struct Bench {
    Arena arena;
    Clock clock;
    Cx cx; /* A reader's. */
    char folder[64];
    Db *db; /* The writer's, behind a fault wrapper. */
    Writer *writer;
    Seen seen;
} Bench;

static const char *pg_url; /* NULL: on SQLite. Set once, before the tests of PostgreSQL. */

static void ok_at(Err e, int line)
{
    if (e)
        fail_msg("line %d: error %s", line, err_name(e));
}
#define OK(call) ok_at((call), __LINE__)

static Err hook_begin(Cx *cx, void *context)
{
    Seen *seen = context;
    seen->begun++;
    assert(cx->in_write && db_in_transaction(cx));
    cx->facts = (struct Facts *)seen;
    return seen->hook_fails == 1 ? err_set(cx, ERR_STORE, NULL, "store.failed") : ERR_OK;
}

static Err hook_refused(Cx *cx, void *context, WriteJob *job)
{
    Seen *seen = context;
    seen->refused++;
    seen->refused_actor = cx->actor.account_id;
    seen->refused_err = job->cx->err.code;
    if (seen->hook_fails == 2)
        return err_set(cx, ERR_STORE, NULL, "store.failed");
    if (!seen->records)
        return ERR_OK;
    return DB_EXEC(cx, "INSERT INTO refusal (actor) VALUES (?1)", BIND_INT(cx->actor.account_id));
}

static Err hook_commit(Cx *cx, void *context)
{
    Seen *seen = context;
    seen->sealed++;
    return seen->hook_fails == 3 ? err_set(cx, ERR_STORE, NULL, "store.failed") : ERR_OK;
}

static void hook_committed(void *context)
{
    ((Seen *)context)->committed++;
}

static void hook_dropped(void *context)
{
    ((Seen *)context)->dropped++;
}

static size_t hook_mark(Cx *cx, void *context)
{
    (void)cx;
    return ++((Seen *)context)->marks;
}

static void hook_rewind(Cx *cx, void *context, size_t mark)
{
    (void)cx;
    Seen *seen = context;
    assert(mark == seen->marks);
    seen->rewound++;
}

static Bench *bench_open(bool threaded)
{
    static Bench bench;
    memset(&bench, 0, sizeof bench);
    bench.cx = (Cx){.arena = &bench.arena, .clock = &bench.clock};
    strcpy(bench.folder, "/tmp/writer_test.XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    Str url = str_format(&bench.arena, "%s/w.db", bench.folder);
    if (pg_url) {
        OK(db_open(&bench.cx, str_from(pg_url), DB_WRITE, &bench.cx.db));
        OK(db_exec_plain(&bench.cx, "DROP SCHEMA IF EXISTS writer_test CASCADE;"
                                    "CREATE SCHEMA writer_test"));
        db_close(bench.cx.db);
        url = str_format(&bench.arena, "%s?options=-csearch_path%%3Dwriter_test", pg_url);
    }
    OK(db_open(&bench.cx, url, DB_WRITE, &bench.db));
    bench.cx.db = bench.db;
    OK(db_exec_plain(&bench.cx, "CREATE TABLE item (id INTEGER PRIMARY KEY, who INTEGER) STRICT;"
                                "CREATE TABLE refusal (actor INTEGER) STRICT"));
    bench.db = db_fault_wrap(bench.db);
    WriterHooks hooks = {&bench.seen,    hook_begin,   hook_refused, hook_commit,
                         hook_committed, hook_dropped, hook_mark,    hook_rewind};
    OK(db_open(&bench.cx, url, DB_READ, &bench.cx.db));
    OK(writer_open(&bench.cx, bench.db, &hooks, threaded, &bench.writer));
    return &bench;
}

static void bench_close(Bench *bench)
{
    writer_close(bench->writer);
    db_close(bench->cx.db);
    static const char *const names[] = {"w.db", "w.db-wal", "w.db-shm"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/%s", bench->folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(bench->folder), 0);
    arena_done(&bench->arena);
}

static i64 count_of(Bench *bench, const char *sql)
{
    i64 count = -1;
    OK(db_int(&bench->cx, sql, NULL, 0, -2, &count));
    return count;
}

#define ITEMS "SELECT COUNT(*) FROM item"

/* ---- Jobs ---- */

/* Inserts `id`, and does what `ending` says after it. */
typedef enum Ending { END_WELL, END_REFUSED, END_TWICE, END_HIDDEN, END_OWN_STORE } Ending;

typedef struct Item {
    WriteJob job;
    Arena arena;
    Cx cx;
    i64 id;
    Ending ending;
    int done_count;
    Bench *bench;
} Item;

static Err item_add(Cx *cx, void *arg)
{
    const Item *item = arg;
    assert(cx->in_write && cx->facts && cx->db == item->bench->db);
    const char *sql = "INSERT INTO item (id, who) VALUES (?1, ?2)";
    Err e = DB_EXEC(cx, sql, BIND_INT(item->id), BIND_INT(cx->actor.account_id));
    if (e)
        return e;
    switch (item->ending) {
    case END_WELL:
        return ERR_OK;
    case END_REFUSED:
        return err_set(cx, ERR_CONFLICT, "id", "test.refused");
    case END_TWICE:
        return DB_EXEC(cx, sql, BIND_INT(item->id), BIND_INT(0));
    case END_HIDDEN: /* A job that takes no notice of a failed store. */
        (void)!DB_EXEC(cx, sql, BIND_INT(item->id), BIND_INT(0));
        return ERR_OK;
    case END_OWN_STORE:
        return err_set(cx, ERR_STORE, NULL, "store.failed");
    }
    return ERR_OK;
}

static void item_done(WriteJob *job)
{
    ((Item *)job->arg)->done_count++;
}

static void item_init(Item *item, Bench *bench, i64 id, Ending ending)
{
    *item = (Item){.id = id, .ending = ending, .bench = bench};
    item->cx = (Cx){.arena = &item->arena,
                    .clock = &bench->clock,
                    .db = bench->cx.db,
                    .actor = {.account_id = id + 100}};
    item->job = (WriteJob){.run = item_add, .done = item_done, .arg = item, .cx = &item->cx};
}

static void item_free(Item *item)
{
    arena_done(&item->arena);
}

/* Runs the items as one group: they are submitted from within the done of a first job, while the
 * unthreaded writer is at work. */
typedef struct Starter {
    WriteJob job;
    Cx cx;
    Bench *bench;
    Item *items;
    size_t count;
} Starter;

static Err starter_run(Cx *cx, void *arg)
{
    (void)cx;
    (void)arg;
    return ERR_OK;
}

static void starter_done(WriteJob *job)
{
    Starter *starter = job->arg;
    for (size_t i = 0; i < starter->count; i++)
        assert_true(writer_submit(starter->bench->writer, &starter->items[i].job));
    starter->bench->seen = (Seen){.hook_fails = starter->bench->seen.hook_fails,
                                  .records = starter->bench->seen.records};
}

static void run_group_faulty(Bench *bench, Item *items, size_t count, int hook_fails)
{
    Starter starter = {.bench = bench, .items = items, .count = count};
    starter.cx = (Cx){.arena = &bench->arena, .clock = &bench->clock};
    starter.job =
        (WriteJob){.run = starter_run, .done = starter_done, .arg = &starter, .cx = &starter.cx};
    bench->seen = (Seen){.hook_fails = hook_fails, .records = true};
    assert_true(writer_submit(bench->writer, &starter.job));
}

static void run_group(Bench *bench, Item *items, size_t count)
{
    run_group_faulty(bench, items, count, 0);
}

/* ---- Cases ---- */

static void a_group_is_one_commit(void **state)
{
    (void)state;
    Bench *bench = bench_open(false);
    static Item items[WRITER_GROUP_MAX + 6];
    for (size_t i = 0; i < COUNT(items); i++)
        item_init(&items[i], bench, (i64)i + 1, END_WELL);
    run_group(bench, items, COUNT(items));
    for (size_t i = 0; i < COUNT(items); i++) {
        assert_int_equal(items[i].done_count, 1);
        assert_int_equal(items[i].job.err, ERR_OK);
        assert_false(items[i].cx.in_write);
        assert_ptr_equal(items[i].cx.db, bench->cx.db); /* Given back. */
        assert_null(items[i].cx.facts);
        item_free(&items[i]);
    }
    assert_int_equal(bench->seen.begun, 2); /* A full group and the six that were left. */
    assert_int_equal(bench->seen.sealed, 2);
    assert_int_equal(bench->seen.committed, 2);
    assert_int_equal(bench->seen.dropped, 0);
    assert_int_equal(count_of(bench, ITEMS), COUNT(items));
    assert_int_equal(count_of(bench, "SELECT SUM(who - id) FROM item"), 100 * COUNT(items));
    WriterStats stats = writer_stats(bench->writer);
    assert_int_equal(stats.group_count, 3);
    assert_int_equal(stats.job_count, COUNT(items) + 1);
    assert_int_equal(stats.refused_count + stats.failed_count + stats.queue_length, 0);
    bench_close(bench);
}

/* ---- Bulk jobs ---- */

/* What their owner holds in memory. */
static struct {
    i64 waiting[64], order[64];
    size_t waiting_count, order_count;
    int flushes, undone, dropped, closed;
} bulk;

static Err bulk_flush_all(Cx *cx, void *context)
{
    assert(context == &bulk && cx->in_write);
    bulk.flushes += bulk.waiting_count > 0;
    for (size_t i = 0; i < bulk.waiting_count; i++) {
        Err e = DB_EXEC(cx, "INSERT INTO item (id, who) VALUES (?1, 0)", BIND_INT(bulk.waiting[i]));
        if (e)
            return e;
    }
    bulk.waiting_count = 0;
    return ERR_OK;
}

static void bulk_undone(void *context)
{
    assert(context == &bulk);
    bulk.undone++;
}

static void bulk_dropped(void *context)
{
    assert(context == &bulk);
    bulk.waiting_count = 0;
    bulk.dropped++;
}

static void bulk_closed(void *context)
{
    assert(context == &bulk);
    bulk.closed++;
}

static Err bulk_add(Cx *cx, void *arg)
{
    const Item *item = arg;
    if (item->ending == END_REFUSED)
        return err_set(cx, ERR_CONFLICT, "id", "test.refused");
    bulk.waiting[bulk.waiting_count++] = item->id;
    bulk.order[bulk.order_count++] = item->id;
    return ERR_OK;
}

static void bulk_init(Item *item, Bench *bench, i64 id, Ending ending, i64 arrived_ms)
{
    item_init(item, bench, id, ending);
    item->cx.arrived_ms = arrived_ms;
    item->job.run = bulk_add;
    item->job.bulk = true;
}

static Err name_owner(Cx *cx, void *arg)
{
    Bench *bench = arg;
    (void)cx;
    memset(&bulk, 0, sizeof bulk);
    writer_bulk_set(bench->writer, &(WriterBulk){.context = &bulk,
                                                 .flush = bulk_flush_all,
                                                 .undone = bulk_undone,
                                                 .dropped = bulk_dropped,
                                                 .close = bulk_closed});
    return ERR_OK;
}

/* The job that queues all others, so that they are one group: what is submitted while the caller is
 * at work waits for it. */
typedef struct Queue {
    Writer *writer;
    Item *items;
    size_t count;
} Queue;

static Err queue_all(Cx *cx, void *arg)
{
    Queue *queue = arg;
    (void)cx;
    for (size_t i = 0; i < queue->count; i++)
        assert_true(writer_submit(queue->writer, &queue->items[i].job));
    return ERR_OK;
}

static void run_queued(Bench *bench, Item *items, size_t count)
{
    Queue queue = {bench->writer, items, count};
    OK(writer_run(bench->writer, &bench->cx, queue_all, &queue));
    for (size_t i = 0; i < count; i++)
        arena_done(&items[i].arena);
}

/* Before another job, and before the commit; a job that is undone takes none of them along. */
static void bulk_jobs_are_written_together(void **state)
{
    (void)state;
    Bench *bench = bench_open(false);
    Item items[7];
    OK(writer_run(bench->writer, &bench->cx, name_owner, bench));
    bulk_init(&items[0], bench, 1, END_WELL, 1);
    bulk_init(&items[1], bench, 2, END_REFUSED, 1);
    bulk_init(&items[2], bench, 3, END_WELL, 1);
    item_init(&items[3], bench, 4, END_REFUSED);
    bulk_init(&items[4], bench, 5, END_WELL, 1);
    bulk_init(&items[5], bench, 6, END_WELL, 1);
    item_init(&items[6], bench, 7, END_WELL);
    run_queued(bench, items, COUNT(items));
    assert_int_equal(count_of(bench, ITEMS), 5); /* 1 3 5 6 7 */
    assert_int_equal(bulk.flushes, 2);
    assert_int_equal(bulk.undone, 1);
    assert_int_equal(bench->seen.refused, 2);
    for (size_t i = 0; i < COUNT(items); i++) {
        assert_int_equal(items[i].done_count, 1);
        assert_int_equal(items[i].job.err, items[i].ending == END_REFUSED ? ERR_CONFLICT : ERR_OK);
    }
    /* What cannot be written fails the group, and its owner is told. */
    bulk_init(&items[0], bench, 8, END_WELL, 1);
    bulk_init(&items[1], bench, 1, END_WELL, 1);
    run_queued(bench, items, 2);
    assert_int_equal(items[0].job.err, ERR_STORE);
    assert_int_equal(items[1].job.err, ERR_STORE);
    assert_int_equal(bulk.dropped, 1);
    assert_int_equal(count_of(bench, ITEMS), 5);
    bench_close(bench);
    assert_int_equal(bulk.closed, 1);
}

/* Two workers may hand in what arrived in the other order. No job of another kind is overtaken. */
static void bulk_jobs_run_by_their_stamps(void **state)
{
    (void)state;
    Bench *bench = bench_open(false);
    static const i64 stamps[] = {5, 3, 4, 3, 0, 2, 1, 9, 2};
    static const i64 want[] = {2, 4, 3, 1, 7, 6, 9, 8}; /* 5 is no bulk job. */
    Item items[COUNT(stamps)];
    OK(writer_run(bench->writer, &bench->cx, name_owner, bench));
    for (size_t i = 0; i < COUNT(stamps); i++)
        if (stamps[i])
            bulk_init(&items[i], bench, (i64)i + 1, END_WELL, stamps[i]);
        else
            item_init(&items[i], bench, (i64)i + 1, END_WELL);
    run_queued(bench, items, COUNT(items));
    assert_int_equal(bulk.order_count, COUNT(want));
    assert_memory_equal(bulk.order, want, sizeof want);
    assert_int_equal(count_of(bench, ITEMS), COUNT(stamps));
    bench_close(bench);
}

static void many_are_waited_for(void **state)
{
    (void)state;
    for (int threaded = 0; threaded < 2; threaded++) {
        Bench *bench = bench_open(threaded);
        Item items[50];
        WriteJob *jobs[50];
        for (size_t i = 0; i < COUNT(items); i++) {
            item_init(&items[i], bench, (i64)i + 1, i % 10 == 3 ? END_REFUSED : END_WELL);
            jobs[i] = &items[i].job;
        }
        OK(writer_run_all(bench->writer, &bench->cx, jobs, COUNT(jobs)));
        OK(writer_run_all(bench->writer, &bench->cx, jobs, 0));
        for (size_t i = 0; i < COUNT(items); i++) {
            assert_int_equal(items[i].job.err, i % 10 == 3 ? ERR_CONFLICT : ERR_OK);
            arena_done(&items[i].arena);
        }
        assert_int_equal(count_of(bench, ITEMS), 45);
        bench_close(bench);
    }
}

static void a_refusal_leaves_the_others(void **state)
{
    (void)state;
    Bench *bench = bench_open(false);
    Item items[3];
    for (size_t i = 0; i < COUNT(items); i++)
        item_init(&items[i], bench, (i64)i + 1, i == 1 ? END_REFUSED : END_WELL);
    run_group(bench, items, COUNT(items));
    assert_int_equal(items[0].job.err, ERR_OK);
    assert_int_equal(items[1].job.err, ERR_CONFLICT);
    assert_string_equal(items[1].cx.err.key, "test.refused");
    assert_int_equal(items[2].job.err, ERR_OK);
    assert_int_equal(count_of(bench, ITEMS), 2);
    assert_int_equal(count_of(bench, "SELECT COUNT(*) FROM item WHERE id = 2"), 0);
    assert_int_equal(count_of(bench, "SELECT SUM(actor) FROM refusal"), 102);
    assert_int_equal(bench->seen.refused, 1);
    assert_int_equal(bench->seen.rewound, 1);
    assert_int_equal(bench->seen.refused_actor, 102);
    assert_int_equal(bench->seen.refused_err, ERR_CONFLICT);
    assert_int_equal(bench->seen.committed, 1);
    assert_int_equal(writer_stats(bench->writer).refused_count, 1);

    Item alone; /* A refusal alone is recorded too. */
    item_init(&alone, bench, 9, END_REFUSED);
    run_group(bench, &alone, 1);
    assert_int_equal(alone.job.err, ERR_CONFLICT);
    assert_int_equal(count_of(bench, ITEMS), 2);
    assert_int_equal(count_of(bench, "SELECT COUNT(*) FROM refusal"), 2);
    for (size_t i = 0; i < COUNT(items); i++)
        item_free(&items[i]);
    item_free(&alone);
    bench_close(bench);
}

/* However the store failed, nobody's change is kept, and all are told. */
static void a_failed_store_fails_the_group(void **state)
{
    (void)state;
    static const struct {
        Ending ending; /* Of the middle job. */
        int hook_fails;
    } rows[] = {
        {END_TWICE, 0}, {END_HIDDEN, 0},  {END_OWN_STORE, 0},
        {END_WELL, 1},  {END_REFUSED, 2}, {END_WELL, 3},
    };
    Bench *bench = bench_open(false);
    for (size_t row = 0; row < COUNT(rows); row++) {
        Item items[3];
        for (size_t i = 0; i < COUNT(items); i++)
            item_init(&items[i], bench, (i64)i + 1, i == 1 ? rows[row].ending : END_WELL);
        run_group_faulty(bench, items, COUNT(items), rows[row].hook_fails);
        for (size_t i = 0; i < COUNT(items); i++) {
            if (rows[row].hook_fails == 1 && items[i].done_count == 0)
                fail_msg("row %zu: job %zu was never answered", row, i);
            assert_int_equal(items[i].done_count, 1);
            assert_int_equal(items[i].job.err, ERR_STORE);
            assert_int_equal(items[i].cx.err.code, ERR_STORE);
            assert_string_equal(items[i].cx.err.key, "store.failed");
            item_free(&items[i]);
        }
        assert_int_equal(count_of(bench, ITEMS), 0);
        assert_int_equal(count_of(bench, "SELECT COUNT(*) FROM refusal"), 0);
        assert_int_equal(bench->seen.dropped, 1);
        assert_int_equal(bench->seen.committed, 0);
    }
    Item item; /* The next group is not harmed. */
    item_init(&item, bench, 1, END_WELL);
    run_group(bench, &item, 1);
    assert_int_equal(item.job.err, ERR_OK);
    assert_int_equal(count_of(bench, ITEMS), 1);
    item_free(&item);
    bench_close(bench);
}

/* Each store call of a group fails once; each time nothing is kept and the writer goes on. */
static void every_store_call_of_a_group_fails_once(void **state)
{
    (void)state;
    Bench *bench = bench_open(false);
    bench->seen.records = true;
    int n = 0;
    for (;; n++) {
        Item item;
        item_init(&item, bench, 1, n % 2 ? END_REFUSED : END_WELL);
        db_fault_arm(bench->db, n / 2);
        Err e = writer_run(bench->writer, &item.cx, item_add, &item);
        bool fired = db_fault_fired(bench->db);
        db_fault_arm(bench->db, -1);
        item_free(&item);
        assert_int_equal(e == ERR_STORE, fired);
        if (fired) {
            assert_int_equal(count_of(bench, ITEMS), 0);
            assert_int_equal(count_of(bench, "SELECT COUNT(*) FROM refusal"), 0);
        } else if (e == ERR_OK) {
            break;
        } else {
            fail_msg("a refusal takes one call more than a change");
        }
    }
    /* begin, savepoint, insert, release, commit */
    assert_int_equal(n / 2, 5);
    assert_int_equal(count_of(bench, ITEMS), 1);
    bench_close(bench);
}

/* ---- Threads ---- */

enum { THREADS = 8, JOBS = 60 };

typedef struct Submitter {
    pthread_t thread;
    Bench *bench;
    int number;
    int refused; /* Of the answers. */
    atomic_int kept;
    atomic_int done;
    Item queued[JOBS];
} Submitter;

static void queued_done(WriteJob *job)
{
    Item *item = job->arg;
    Submitter *submitter = (Submitter *)(void *)item->bench; /* See submit_all. */
    if (job->err == ERR_OK)
        atomic_fetch_add(&submitter->kept, 1);
    atomic_fetch_add(&submitter->done, 1);
}

static Err queued_run(Cx *cx, void *arg)
{
    const Item *item = arg;
    return DB_EXEC(cx, "INSERT INTO item (id, who) VALUES (?1, 0)", BIND_INT(item->id));
}

/* Half of the jobs are waited for, half only queued. Every fifth of the first is refused. */
static void *submit_all(void *arg)
{
    Submitter *submitter = arg;
    Bench *bench = submitter->bench;
    for (int i = 0; i < JOBS; i++) {
        Item item;
        i64 id = submitter->number * 1000 + i;
        item_init(&item, bench, id, i % 5 ? END_WELL : END_REFUSED);
        item.cx.db = NULL;
        Err e = writer_run(bench->writer, &item.cx, item_add, &item);
        submitter->refused += e == ERR_CONFLICT;
        if (e == ERR_OK)
            atomic_fetch_add(&submitter->kept, 1);
        item_free(&item);

        Item *queued = &submitter->queued[i];
        item_init(queued, bench, id + 500, END_WELL);
        queued->bench = (Bench *)(void *)submitter; /* Only handed to queued_done. */
        queued->cx.db = NULL;
        queued->job.run = queued_run;
        queued->job.done = queued_done;
        if (!writer_submit(bench->writer, &queued->job))
            atomic_fetch_add(&submitter->done, 1000);
    }
    return NULL;
}

static void many_threads_submit(void **state)
{
    (void)state;
    Bench *bench = bench_open(true);
    bench->seen.records = true;
    static Submitter submitters[THREADS];
    memset(submitters, 0, sizeof submitters);
    for (int i = 0; i < THREADS; i++) {
        submitters[i].bench = bench;
        submitters[i].number = i + 1;
        pthread_create(&submitters[i].thread, NULL, submit_all, &submitters[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(submitters[i].thread, NULL);
    Item last; /* Queued behind all others: when it is answered, so are they. */
    item_init(&last, bench, 1, END_WELL);
    assert_int_equal(writer_run(bench->writer, &last.cx, item_add, &last), ERR_OK);
    item_free(&last);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(submitters[i].refused, JOBS / 5);
        assert_int_equal(atomic_load(&submitters[i].done), JOBS);
        assert_int_equal(atomic_load(&submitters[i].kept), JOBS - JOBS / 5 + JOBS);
        for (int job = 0; job < JOBS; job++)
            item_free(&submitters[i].queued[job]);
    }
    assert_int_equal(count_of(bench, ITEMS), THREADS * (2 * JOBS - JOBS / 5) + 1);
    assert_int_equal(count_of(bench, "SELECT COUNT(*) FROM refusal"), THREADS * JOBS / 5);
    WriterStats stats = writer_stats(bench->writer);
    assert_int_equal(stats.job_count, THREADS * JOBS * 2 + 1);
    assert_int_equal(stats.refused_count, THREADS * JOBS / 5);
    assert_true(stats.group_count < stats.job_count); /* Groups were formed. */
    bench_close(bench);
}

/* Closing drains: what was taken is answered. */
static void closing_drains_the_queue(void **state)
{
    (void)state;
    Bench *bench = bench_open(true);
    static Item items[300];
    for (size_t i = 0; i < COUNT(items); i++) {
        item_init(&items[i], bench, (i64)i + 1, END_WELL);
        assert_true(writer_submit(bench->writer, &items[i].job));
    }
    writer_close(bench->writer);
    bench->writer = NULL;
    for (size_t i = 0; i < COUNT(items); i++) {
        assert_int_equal(items[i].done_count, 1);
        assert_int_equal(items[i].job.err, ERR_OK);
        item_free(&items[i]);
    }
    assert_int_equal(count_of(bench, ITEMS), COUNT(items));
    bench_close(bench);
}

/* A writer that is held up refuses the job after the last place instead of growing. */
typedef struct Gate {
    pthread_mutex_t mutex;
} Gate;

static Err gate_run(Cx *cx, void *arg)
{
    (void)cx;
    pthread_mutex_lock(&((Gate *)arg)->mutex);
    pthread_mutex_unlock(&((Gate *)arg)->mutex);
    return ERR_OK;
}

static void nothing_done(WriteJob *job)
{
    (void)job;
}

static void a_full_queue_is_busy(void **state)
{
    (void)state;
    Bench *bench = bench_open(true);
    Gate gate = {PTHREAD_MUTEX_INITIALIZER};
    pthread_mutex_lock(&gate.mutex);
    Cx cx = {.arena = &bench->arena, .clock = &bench->clock};
    WriteJob *jobs = ARENA_NEW(&bench->arena, WriteJob, WRITER_QUEUE_MAX + WRITER_GROUP_MAX + 1);
    size_t count = 0;
    for (;; count++) {
        jobs[count] = (WriteJob){
            .run = count ? starter_run : gate_run, .done = nothing_done, .arg = &gate, .cx = &cx};
        if (!writer_submit(bench->writer, &jobs[count]))
            break;
        assert_true(count < WRITER_QUEUE_MAX + WRITER_GROUP_MAX);
    }
    assert_true(count >= WRITER_QUEUE_MAX);
    Cx mine = {.arena = &bench->arena, .clock = &bench->clock};
    Err e = writer_run(bench->writer, &mine, starter_run, NULL);
    assert_int_equal(e, ERR_BUSY);
    assert_string_equal(mine.err.key, "store.busy");
    pthread_mutex_unlock(&gate.mutex);
    bench_close(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_one_commit),
        cmocka_unit_test(bulk_jobs_are_written_together),
        cmocka_unit_test(bulk_jobs_run_by_their_stamps),
        cmocka_unit_test(many_are_waited_for),
        cmocka_unit_test(a_refusal_leaves_the_others),
        cmocka_unit_test(a_failed_store_fails_the_group),
        cmocka_unit_test(every_store_call_of_a_group_fails_once),
        cmocka_unit_test(many_threads_submit),
        cmocka_unit_test(closing_drains_the_queue),
        cmocka_unit_test(a_full_queue_is_busy),
    };
    int failed = cmocka_run_group_tests_name("writer on sqlite", tests, NULL, NULL);
    pg_url = getenv("TECHBOURSE_TEST_PG");
    if (pg_url)
        failed += cmocka_run_group_tests_name("writer on postgresql", tests, NULL, NULL);
    else
        printf("not run: the PostgreSQL side (TECHBOURSE_TEST_PG is not set; see test/pg.sh)\n");
    return failed;
}
