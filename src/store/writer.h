/* writer.h - the one writer of an installation: queued jobs in one transaction, a savepoint each.
 *
 * A job is a function that changes rows through cx. The writer takes all that has queued up, runs
 * each in its own savepoint, commits once and then answers all of them (group commit). A job that
 * returns an error is rolled back to its savepoint, and the refused hook records that; only a
 * failed store call fails the whole group.
 *
 * A bulk job works in memory and has no savepoint: the rows of many of them are written at once, by
 * their owner's `flush`. Bulk jobs run in the order of their requests' stamps of arrival, those
 * that wait beside each other.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/store.h"

typedef struct Writer Writer;

typedef struct WriteJob WriteJob;
struct WriteJob {
    Err (*run)(Cx *cx, void *arg); /* On the writer's thread, inside the transaction. */
    void (*done)(
        WriteJob *job); /* After the commit (or its failure), on the writer's thread; short. */
    void *arg;
    Cx *cx;      /* The request's: arena, actor, errors. The writer lends it its db. */
    bool bulk;   /* Changes memory, and no row but facts; when it fails it has changed nothing. */
    Err err;     /* The answer. */
    void *waits; /* writer_run_all's. */
    WriteJob *next, *before;
};

/* Who judges bulk jobs. All on the writer's thread (or the caller's, without one). */
typedef struct WriterBulk {
    void *context;
    /* Writes what bulk jobs have left: before any other job, and before the commit. Outside any
     * savepoint. May fail only with ERR_STORE. */
    Err (*flush)(Cx *cx, void *context);
    void (*undone)(void *context);  /* What was done since the last flush was rolled back. */
    void (*dropped)(void *context); /* All of the transaction was. */
    void (*close)(void *context);   /* The writer is being closed. */
} WriterBulk;

/* What rooms above add to every transaction. All may fail only with ERR_STORE. */
typedef struct WriterHooks {
    void *context;
    Err (*begin)(Cx *cx, void *context); /* After BEGIN. Sets cx->facts. */
    Err (*refused)(Cx *cx, void *context,
                   WriteJob *job);         /* After a job was rolled back. job->cx->err says why. */
    Err (*commit)(Cx *cx, void *context);  /* Before COMMIT: seals the block of facts. */
    void (*committed)(void *context);      /* After COMMIT: wakes those who follow facts. */
    void (*dropped)(void *context);        /* The transaction was lost. */
    size_t (*mark)(Cx *cx, void *context); /* Before a job: where its facts begin. */
    void (*rewind)(Cx *cx, void *context,
                   size_t mark); /* After a job was rolled back: drop its facts. */
} WriterHooks;

enum {
    WRITER_GROUP_MAX = 1024,       /* Jobs of one transaction. */
    WRITER_QUEUE_MAX = 100 * 1000, /* Waiting jobs; more are refused with ERR_BUSY. */
};

/* `db` is a DB_WRITE connection; the writer owns it from here. With `threaded` a thread of its own
 * serves the queue; without, writer_run does the work in the caller (command line, tests). */
NODISCARD Err writer_open(Cx *cx, Db *db, const WriterHooks *hooks, bool threaded, Writer **ret);

/* Queues a job and returns at once; job->done is called later, exactly once. The job and everything
 * it points to belong to the caller until then. False (done is not called) when the queue is full.
 */
NODISCARD bool writer_submit(Writer *writer, WriteJob *job);

/* Runs one job and waits for its answer. Not from the writer's own thread. */
NODISCARD Err writer_run(Writer *writer, Cx *cx, Err (*run)(Cx *cx, void *arg), void *arg);

/* The same for a bulk job. */
NODISCARD Err writer_run_bulk(Writer *writer, Cx *cx, Err (*run)(Cx *cx, void *arg), void *arg);

/* Queues jobs at once and waits for all of them; their answers are in job->err. The jobs' contexts
 * may share an arena: only the writer uses it meanwhile. ERR_BUSY: some were not taken, the others
 * are done. */
NODISCARD Err writer_run_all(Writer *writer, Cx *cx, WriteJob **jobs, size_t count);

/* Names the owner of bulk jobs; from within a job, once. */
void writer_bulk_set(Writer *writer, const WriterBulk *bulk);

/* Drains the queue, then stops and closes the connection. */
void writer_close(Writer *writer);

typedef struct WriterStats {
    i64 group_count, job_count, refused_count, failed_count, queue_length;
} WriterStats;
/* Counts since the writer was opened, and what waits now. Any thread. */
WriterStats writer_stats(Writer *writer);

#endif
