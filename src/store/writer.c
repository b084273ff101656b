/* writer.c - the one writer: a queue, a group, one transaction.
 *
 *   queue -> BEGIN  begin()  [ SAVEPOINT  job  RELEASE ]...  commit()  COMMIT  committed() ->
 * done()
 *                                   |
 *                                   +- refused: ROLLBACK TO, rewind(), refused()
 *
 * A savepoint is set even for a group of one: without it a refusal would have to roll back and
 * begin again, and the hooks would see two transactions where there is one.
 */
#include "store/writer.h"
#include "store/store_int.h"

#include <pthread.h>

struct Writer {
    Arena arena;       /* Holds this struct. */
    Arena group_arena; /* What the hooks make; emptied after each group. */
    Cx cx;             /* The hooks' own: db, facts, clock. */
    WriterHooks hooks;
    WriterBulk bulk; /* Empty until there is an owner. */
    bool threaded;
    pthread_t thread;

    pthread_mutex_t mutex; /* Guards all below. */
    pthread_cond_t work;   /* Something was queued, or the end has come. */
    WriteJob *first, *last;
    size_t length;
    bool stopping;
    bool running; /* Not threaded: a caller is at work, and takes what is added. */
    WriterStats stats;
};

/* ---- One group ---- */

static Err call_hook(Writer *writer, Err (*hook)(Cx *cx, void *context))
{
    return hook ? hook(&writer->cx, writer->hooks.context) : ERR_OK;
}

/* What bulk jobs have done so far becomes rows, in nobody's name but the exchange's. */
static Err bulk_flush(Writer *writer)
{
    if (!writer->bulk.flush)
        return ERR_OK;
    writer->cx.actor = (Actor){.via = VIA_SYSTEM};
    writer->cx.arrived_ms = 0;
    return writer->bulk.flush(&writer->cx, writer->bulk.context);
}

/* Runs the job with the writer's connection. What it did not do stays its own error, unless the
 * store failed under it: that is ERR_STORE whatever the job made of it. */
static Err job_call(Writer *writer, WriteJob *job)
{
    Cx *cx = job->cx;
    struct Db *db = cx->db;
    struct Facts *facts = cx->facts;
    cx->db = writer->cx.db;
    cx->facts = writer->cx.facts;
    cx->in_write = true;
    Err e = job->run(cx, job->arg);
    cx->db = db;
    cx->facts = facts;
    cx->in_write = false;
    if (db_failed(&writer->cx) || !db_in_transaction(&writer->cx))
        return ERR_STORE;
    return e;
}

/* Undoes the job and lets the hook record the refusal, in the name of who asked. */
static Err job_refuse(Writer *writer, WriteJob *job, size_t mark)
{
    Err e = job->bulk ? ERR_OK : db_rollback_to(&writer->cx);
    if (e)
        return e;
    if (!job->bulk && writer->bulk.undone)
        writer->bulk.undone(writer->bulk.context);
    if (writer->hooks.rewind)
        writer->hooks.rewind(&writer->cx, writer->hooks.context, mark);
    if (writer->hooks.refused)
        return writer->hooks.refused(&writer->cx, writer->hooks.context, job);
    return ERR_OK;
}

/* ERR_OK when the group may go on; the job's own answer is in job->err. */
static Err job_try(Writer *writer, WriteJob *job)
{
    assert(job->cx && job->run && !job->cx->in_write);
    Err e = job->bulk ? ERR_OK : bulk_flush(writer);
    if (e)
        return e;
    writer->cx.actor = job->cx->actor;
    writer->cx.lang = job->cx->lang;
    writer->cx.arrived_ms = job->cx->arrived_ms;
    e = job->bulk ? ERR_OK : db_savepoint(&writer->cx);
    if (e)
        return e;
    size_t mark = 0;
    if (writer->hooks.mark)
        mark = writer->hooks.mark(&writer->cx, writer->hooks.context);
    job->err = job_call(writer, job);
    if (job->err == ERR_STORE)
        return ERR_STORE;
    if (job->err == ERR_OK)
        return job->bulk ? ERR_OK : db_release(&writer->cx);
    return job_refuse(writer, job, mark);
}

static Err group_try(Writer *writer, WriteJob *jobs, i64 *ret_refused)
{
    Err e = db_begin(&writer->cx);
    if (e)
        return e;
    e = call_hook(writer, writer->hooks.begin);
    i64 refused = 0;
    for (WriteJob *job = jobs; job && e == ERR_OK; job = job->next) {
        e = job_try(writer, job);
        refused += job->err != ERR_OK;
    }
    if (!e)
        e = bulk_flush(writer);
    if (e)
        return e;
    writer->cx.actor = (Actor){.via = VIA_SYSTEM};
    writer->cx.arrived_ms = 0;
    e = call_hook(writer, writer->hooks.commit);
    if (e == ERR_OK && (db_failed(&writer->cx) || !db_in_transaction(&writer->cx)))
        e = ERR_STORE;
    if (e)
        return e;
    e = db_commit(&writer->cx);
    *ret_refused = refused;
    return e;
}

/* Nobody is told that his change was kept. */
static void group_fail(Writer *writer, WriteJob *jobs)
{
    db_rollback(&writer->cx);
    if (writer->hooks.dropped)
        writer->hooks.dropped(writer->hooks.context);
    if (writer->bulk.dropped)
        writer->bulk.dropped(writer->bulk.context);
    for (WriteJob *job = jobs; job; job = job->next) {
        err_clear(job->cx);
        job->err = err_set(job->cx, ERR_STORE, NULL, "store.failed");
    }
}

static void group_run(Writer *writer, WriteJob *jobs, size_t count)
{
    writer->cx.actor = (Actor){.via = VIA_SYSTEM};
    writer->cx.arrived_ms = 0;
    writer->cx.in_write = true;
    err_clear(&writer->cx);
    i64 refused = 0;
    Err e = group_try(writer, jobs, &refused);
    if (e)
        group_fail(writer, jobs);
    else if (writer->hooks.committed)
        writer->hooks.committed(writer->hooks.context);
    writer->cx.in_write = false;
    writer->cx.facts = NULL;
    arena_reset(&writer->group_arena);

    pthread_mutex_lock(&writer->mutex);
    writer->stats.group_count++;
    writer->stats.job_count += (i64)count;
    writer->stats.refused_count += e ? 0 : refused;
    writer->stats.failed_count += e ? (i64)count : 0;
    pthread_mutex_unlock(&writer->mutex);

    for (WriteJob *job = jobs, *next; job; job = next) {
        next = job->next; /* Once told, the job is its owner's again. */
        job->done(job);
    }
}

/* ---- The queue ---- */

/* Takes what has queued up, at most a group. The mutex is held. */
static WriteJob *queue_take(Writer *writer, size_t *ret_count)
{
    WriteJob *jobs = writer->first, *last = NULL;
    size_t count = 0;
    for (WriteJob *job = jobs; job && count < WRITER_GROUP_MAX; job = job->next) {
        last = job;
        count++;
    }
    if (last) {
        writer->first = last->next;
        last->next = NULL;
    }
    if (writer->first)
        writer->first->before = NULL;
    else
        writer->last = NULL;
    writer->length -= count;
    *ret_count = count;
    return jobs;
}

/* Runs groups until the queue is empty. The mutex is held on the way in and out. */
static void queue_drain(Writer *writer)
{
    size_t count = 0;
    for (WriteJob *jobs; (jobs = queue_take(writer, &count)) != NULL;) {
        pthread_mutex_unlock(&writer->mutex);
        group_run(writer, jobs, count);
        pthread_mutex_lock(&writer->mutex);
    }
}

static void *writer_thread(void *arg)
{
    Writer *writer = arg;
    pthread_mutex_lock(&writer->mutex);
    for (;;) {
        queue_drain(writer);
        if (writer->stopping)
            break;
        pthread_cond_wait(&writer->work, &writer->mutex);
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

/* Two workers may hand in what arrived in the other order: a bulk job goes before those of a later
 * stamp that wait beside it. Never past a job of another kind. The mutex is held. */
static void queue_add(Writer *writer, WriteJob *job)
{
    WriteJob *before = writer->last;
    while (job->bulk && before && before->bulk && before->cx->arrived_ms > job->cx->arrived_ms)
        before = before->before;
    job->before = before;
    job->next = before ? before->next : writer->first;
    *(before ? &before->next : &writer->first) = job;
    *(job->next ? &job->next->before : &writer->last) = job;
    writer->length++;
}

bool writer_submit(Writer *writer, WriteJob *job)
{
    assert(job->run && job->done && job->cx);
    job->err = ERR_OK;
    pthread_mutex_lock(&writer->mutex);
    bool room = writer->length < WRITER_QUEUE_MAX && !writer->stopping;
    if (room) {
        queue_add(writer, job);
        pthread_cond_signal(&writer->work);
    }
    if (room && !writer->threaded && !writer->running) {
        writer->running = true;
        queue_drain(writer);
        writer->running = false;
    }
    pthread_mutex_unlock(&writer->mutex);
    return room;
}

/* ---- Waiting for one job ---- */

typedef struct Wait {
    WriteJob job; /* First, so that done finds the rest. */
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool is_done;
} Wait;

/* For the last of many. */
typedef struct WaitAll {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    size_t left;
} WaitAll;

static void wait_done(WriteJob *job)
{
    Wait *wait = (Wait *)job;
    pthread_mutex_lock(&wait->mutex);
    wait->is_done = true;
    pthread_cond_signal(&wait->answered);
    pthread_mutex_unlock(&wait->mutex);
}

static Err run_and_wait(Writer *writer, Cx *cx, Err (*run)(Cx *cx, void *arg), void *arg, bool bulk)
{
    assert(!cx->in_write); /* A job that waited for another would wait for ever. */
    assert(!writer->threaded || !pthread_equal(pthread_self(), writer->thread));
    Wait wait = {.job = {.run = run, .done = wait_done, .arg = arg, .cx = cx, .bulk = bulk}};
    pthread_mutex_init(&wait.mutex, NULL);
    pthread_cond_init(&wait.answered, NULL);
    bool queued = writer_submit(writer, &wait.job);
    if (queued) {
        pthread_mutex_lock(&wait.mutex);
        while (!wait.is_done)
            pthread_cond_wait(&wait.answered, &wait.mutex);
        pthread_mutex_unlock(&wait.mutex);
    }
    pthread_cond_destroy(&wait.answered);
    pthread_mutex_destroy(&wait.mutex);
    if (!queued)
        return err_set(cx, ERR_BUSY, NULL, "store.busy");
    return wait.job.err;
}

Err writer_run(Writer *writer, Cx *cx, Err (*run)(Cx *cx, void *arg), void *arg)
{
    return run_and_wait(writer, cx, run, arg, false);
}

Err writer_run_bulk(Writer *writer, Cx *cx, Err (*run)(Cx *cx, void *arg), void *arg)
{
    return run_and_wait(writer, cx, run, arg, true);
}

static void one_done(WriteJob *job)
{
    WaitAll *wait = job->waits;
    pthread_mutex_lock(&wait->mutex);
    if (--wait->left == 0)
        pthread_cond_signal(&wait->answered);
    pthread_mutex_unlock(&wait->mutex);
}

Err writer_run_all(Writer *writer, Cx *cx, WriteJob **jobs, size_t count)
{
    assert(!cx->in_write);
    WaitAll wait = {.left = count};
    size_t taken = 0;
    pthread_mutex_init(&wait.mutex, NULL);
    pthread_cond_init(&wait.answered, NULL);
    for (bool room = true; room && taken < count; taken += room) {
        jobs[taken]->done = one_done;
        jobs[taken]->waits = &wait;
        room = writer_submit(writer, jobs[taken]);
    }
    pthread_mutex_lock(&wait.mutex);
    wait.left -= count - taken; /* Those will not come. */
    while (wait.left)
        pthread_cond_wait(&wait.answered, &wait.mutex);
    pthread_mutex_unlock(&wait.mutex);
    pthread_cond_destroy(&wait.answered);
    pthread_mutex_destroy(&wait.mutex);
    return taken == count ? ERR_OK : err_set(cx, ERR_BUSY, NULL, "store.busy");
}

void writer_bulk_set(Writer *writer, const WriterBulk *bulk)
{
    assert(!writer->bulk.flush && writer->cx.in_write);
    writer->bulk = *bulk;
}

/* ---- Opening and closing ---- */

Err writer_open(Cx *cx, Db *db, const WriterHooks *hooks, bool threaded, Writer **ret)
{
    Arena arena = {0};
    Writer *writer = ARENA_NEW(&arena, Writer, 1);
    writer->arena = arena;
    writer->hooks = hooks ? *hooks : (WriterHooks){0};
    writer->threaded = threaded;
    writer->cx = (Cx){
        .arena = &writer->group_arena,
        .clock = cx->clock,
        .chance = cx->chance,
        .db = db,
        .house = cx->house,
        .actor = {.via = VIA_SYSTEM},
    };
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->work, NULL);
    if (threaded && pthread_create(&writer->thread, NULL, writer_thread, writer) != 0) {
        writer->threaded = false;
        writer_close(writer);
        return err_set(cx, ERR_IO, NULL, "store.no_thread");
    }
    *ret = writer;
    return ERR_OK;
}

void writer_close(Writer *writer)
{
    if (!writer)
        return;
    pthread_mutex_lock(&writer->mutex);
    writer->stopping = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->mutex);
    if (writer->threaded)
        pthread_join(writer->thread, NULL);
    assert(!writer->first);
    if (writer->bulk.close)
        writer->bulk.close(writer->bulk.context);
    db_close(writer->cx.db);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->mutex);
    arena_done(&writer->group_arena);
    Arena arena = writer->arena; /* A copy: the struct itself lies in it. */
    arena_done(&arena);
}

WriterStats writer_stats(Writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    WriterStats stats = writer->stats;
    stats.queue_length = (i64)writer->length;
    pthread_mutex_unlock(&writer->mutex);
    return stats;
}
