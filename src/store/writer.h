/* writer.h - the one writer of an installation: queued jobs in one transaction, a savepoint each.
 *
 * A job is a function that changes rows through cx. The writer takes all that has queued up, runs
 * each in its own savepoint, commits once and then answers all of them (group commit). A job that
 * returns an error is rolled back to its savepoint, and the refused hook records that; only a
 * failed store call fails the whole group.
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
    Cx *cx;  /* The request's: arena, actor, errors. The writer lends it its db. */
    Err err; /* The answer. */
    WriteJob *next;
};

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

/* Drains the queue, then stops and closes the connection. */
void writer_close(Writer *writer);

typedef struct WriterStats {
    i64 group_count, job_count, refused_count, failed_count, queue_length;
} WriterStats;
/* Counts since the writer was opened, and what waits now. Any thread. */
WriterStats writer_stats(Writer *writer);

#endif
