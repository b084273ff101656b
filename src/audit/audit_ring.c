/* The ring: many readers put lines in, one flush takes them out, nobody waits for another.
 *
 *   turn[i] == n      slot n % ACCESS_RING_MAX is free for line n
 *   turn[i] == n + 1  it holds line n
 *
 * A reader claims a number by one compare-and-swap on `tail`; the turn of the slot hands it over.
 */
#include "audit/audit_int.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

typedef struct AccessLog {
    Arena own;
    RingLine *slots;
    atomic_ullong *turns;
    atomic_ullong tail;
    atomic_ullong head;
    atomic_llong lost;  /* Since the last batch that said so. */
    atomic_bool called; /* The half-full bell has rung. */
    sem_t bell;
    /* For access_state, which waits for no flush. */
    atomic_llong held, lines, batches, told, flush_ms;
    pthread_mutex_t lock; /* Of the flushes, and of what is below. */
    Taken taken;
} AccessLog;

AccessLog *access_log_new(void)
{
    Arena own = {0};
    AccessLog *log = ARENA_NEW(&own, AccessLog, 1);
    log->slots = ARENA_NEW(&own, RingLine, ACCESS_RING_MAX);
    log->turns = ARENA_NEW(&own, atomic_ullong, ACCESS_RING_MAX);
    log->taken.lines = ARENA_NEW(&own, RingLine, ACCESS_BATCH_MAX);
    for (u64 i = 0; i < ACCESS_RING_MAX; i++)
        atomic_init(&log->turns[i], i);
    sem_init(&log->bell, 0, 0);
    pthread_mutex_init(&log->lock, NULL);
    log->own = own;
    return log;
}

void access_log_done(AccessLog *log)
{
    if (!log)
        return;
    pthread_mutex_destroy(&log->lock);
    sem_destroy(&log->bell);
    Arena own = log->own;
    arena_done(&own);
}

/* ---- in ---- */

static void fill(RingLine *line, Cx *cx, const char *what, const ShownRows *rows, Err result)
{
    const Actor *actor = &cx->actor;
    Str address = str_slice(cx->address, 0, ACCESS_ADDRESS_MAX - 1);
    *line = (RingLine){.at_ms = clock_now_ms(cx->clock),
                       .account_id = actor->account_id,
                       .for_id = actor->for_id,
                       .org_id = actor->org_id,
                       .session_id = actor->session_id,
                       .token_id = actor->token_id,
                       .personal = rows->personal,
                       .what = what,
                       .type = rows->type,
                       .via = actor->via,
                       .result = result,
                       .shown = (u32)rows->count};
    if (address.len)
        memcpy(line->address, address.data, address.len);
    memcpy(line->ids, rows->ids, rows->count * sizeof rows->ids[0]);
}

static void ring_bell(AccessLog *log, u64 at)
{
    u64 waiting = at - atomic_load_explicit(&log->head, memory_order_relaxed);
    if (waiting >= ACCESS_RING_MAX / 2 && !atomic_exchange(&log->called, true))
        sem_post(&log->bell);
}

static void note_rows(AccessLog *log, Cx *cx, const char *what, const ShownRows *rows, Err result)
{
    unsigned long long at = atomic_load_explicit(&log->tail, memory_order_relaxed);
    for (;;) {
        u64 turn = atomic_load_explicit(&log->turns[at % ACCESS_RING_MAX], memory_order_acquire);
        if (turn < at) { /* Still holds the line of a round before. */
            atomic_fetch_add(&log->lost, 1);
            return;
        }
        if (turn > at)
            at = atomic_load_explicit(&log->tail, memory_order_relaxed);
        else if (atomic_compare_exchange_weak(&log->tail, &at, at + 1))
            break;
    }
    fill(&log->slots[at % ACCESS_RING_MAX], cx, what, rows, result);
    atomic_store_explicit(&log->turns[at % ACCESS_RING_MAX], at + 1, memory_order_release);
    ring_bell(log, at + 1);
}

void access_note(Cx *cx, const char *what, const Shown *shown, Err result)
{
    AccessLog *log = house_of(cx)->accesses;
    if (!log || cx->actor.via == VIA_SYSTEM) /* The exchange itself is no reader. */
        return;
    note_rows(log, cx, what, &shown->rows[0], result); /* Also when nothing was shown. */
    for (size_t i = 1; i < SHOWN_TYPES_MAX && shown->rows[i].count; i++)
        note_rows(log, cx, what, &shown->rows[i], result);
}

void access_shown(Cx *cx, const Op *op, const Shown *shown, Err result)
{
    access_note(cx, op->name, shown, result);
}

/* ---- out ---- */

void access_wait(AccessLog *log)
{
    i64 until_ns = clock_steady_ns() + (i64)ACCESS_LATE_MS * 1000000;
    struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    while (sem_clockwait(&log->bell, CLOCK_MONOTONIC, &until) != 0)
        if (clock_steady_ns() >= until_ns)
            return;
}

void access_wake(AccessLog *log)
{
    sem_post(&log->bell);
}

static bool take_one(AccessLog *log, RingLine *ret)
{
    u64 at = atomic_load_explicit(&log->head, memory_order_relaxed);
    atomic_ullong *turn = &log->turns[at % ACCESS_RING_MAX];
    if (atomic_load_explicit(turn, memory_order_acquire) != at + 1)
        return false;
    *ret = log->slots[at % ACCESS_RING_MAX];
    atomic_store_explicit(turn, at + ACCESS_RING_MAX, memory_order_release);
    atomic_store_explicit(&log->head, at + 1, memory_order_relaxed);
    return true;
}

Taken *ring_take(AccessLog *log)
{
    Taken *taken = &log->taken;
    pthread_mutex_lock(&log->lock);
    atomic_store(&log->called, false);
    while (taken->count < ACCESS_BATCH_MAX && take_one(log, &taken->lines[taken->count]))
        taken->count++;
    i64 lost = atomic_exchange(&log->lost, 0);
    taken->lost += lost;
    atomic_fetch_add(&log->told, lost);
    atomic_store(&log->held, (i64)taken->count);
    if (taken->count || taken->lost)
        return taken;
    pthread_mutex_unlock(&log->lock);
    return NULL;
}

void ring_taken(AccessLog *log, bool kept, i64 at_ms)
{
    Taken *taken = &log->taken;
    if (kept) {
        atomic_fetch_add(&log->lines, (i64)taken->count);
        atomic_fetch_add(&log->batches, taken->count > 0);
        atomic_store(&log->flush_ms, at_ms);
        atomic_store(&log->held, 0);
        taken->count = 0;
        taken->lost = 0;
    }
    pthread_mutex_unlock(&log->lock);
}

AccessState access_state(AccessLog *log)
{
    if (!log)
        return (AccessState){0};
    u64 head = atomic_load(&log->head), tail = atomic_load(&log->tail);
    return (AccessState){
        .waiting = (i64)(tail - head) + atomic_load(&log->held),
        .lines = atomic_load(&log->lines),
        .batches = atomic_load(&log->batches),
        .lost = atomic_load(&log->lost) + atomic_load(&log->told),
        .flush_ms = atomic_load(&log->flush_ms),
    };
}
