/* match_rebuild.c - see match_rebuild.h. */
#include "match/match_rebuild.h"

#include "ident/ident.h"
#include "match/match_int.h"
#include "match/match_ops_int.h"

enum { REBUILD_IDLE, REBUILD_WANTED, REBUILD_READY };
enum { FACTS_AT_ONCE = 500 };

void match_rebuild_keep(MatchIndex *index)
{
    atomic_store(&index->rebuild.kept, true);
}

bool match_rebuild_ask(MatchIndex *index)
{
    int idle = REBUILD_IDLE;
    return atomic_compare_exchange_strong(&index->rebuild.state, &idle, REBUILD_WANTED);
}

MatchRebuildStats match_rebuild_stats(MatchIndex *index)
{
    Rebuild *rebuild = &index->rebuild;
    return (MatchRebuildStats){.is_busy = atomic_load(&rebuild->state) != REBUILD_IDLE,
                               .done = atomic_load(&rebuild->done),
                               .total = atomic_load(&rebuild->total),
                               .taken = atomic_load(&rebuild->taken),
                               .failed = atomic_load(&rebuild->failed)};
}

/* What a building reports to, and is stopped by. */
typedef struct Going {
    Rebuild *rebuild;
    bool (*stopping)(void *context);
    void *context;
} Going;

static bool go_on(void *context, i64 done)
{
    const Going *going = context;
    atomic_store(&going->rebuild->done, done);
    return !going->stopping || !going->stopping(going->context);
}

static Err build_aside(Cx *cx, Going *going, MatchIndex *aside, i64 *ret_seq)
{
    i64 total = 0;
    Err e = db_int(cx,
                   "SELECT (SELECT COUNT(*) FROM patent) + (SELECT COUNT(*) FROM achievement) + "
                   "(SELECT COUNT(*) FROM need_public)",
                   NULL, 0, 0, &total);
    atomic_store(&going->rebuild->done, 0);
    atomic_store(&going->rebuild->total, total);
    if (!e)
        e = match_feed_all_while(cx, aside, go_on, going, ret_seq);
    if (e)
        return e;
    match_settle(aside);
    while (match_tend(aside))
        if (!go_on(going, total))
            return err_set(cx, ERR_STATE, NULL, "match.stopped");
    return ERR_OK;
}

Err match_rebuild_work(Cx *cx, MatchIndex *index, bool (*stopping)(void *context), void *context)
{
    Rebuild *rebuild = &index->rebuild;
    Going going = {rebuild, stopping, context};
    i64 seq = 0;
    if (atomic_load(&rebuild->state) != REBUILD_WANTED)
        return ERR_OK;
    MatchIndex *aside = match_open();
    Err e = build_aside(cx, &going, aside, &seq);
    if (e) {
        match_close(aside);
        atomic_fetch_add(&rebuild->failed, 1);
        atomic_store(&rebuild->state, REBUILD_IDLE);
        return e;
    }
    rebuild->aside = aside;
    rebuild->aside_seq = seq;
    atomic_store(&rebuild->state, REBUILD_READY); /* From here on it is the other thread's. */
    return ERR_OK;
}

/* Facts that came while it was built. */
static Err catch_up(Cx *cx, MatchIndex *aside, i64 from, i64 seq)
{
    Err e = ERR_OK;
    while (!e && from < seq) {
        ArenaMark mark = arena_mark(cx->arena);
        Fact *facts;
        size_t count = 0;
        e = fact_after(cx, from, FACTS_AT_ONCE, &facts, &count);
        for (size_t i = 0; !e && i < count && facts[i].seq <= seq; i++)
            e = match_feed_fact(cx, aside, &facts[i]);
        from = !e && count ? facts[count - 1].seq : seq;
        arena_rewind(cx->arena, mark);
    }
    return e;
}

Err match_rebuild_take(Cx *cx, MatchIndex *index, i64 seq, bool *ret_taken)
{
    Rebuild *rebuild = &index->rebuild;
    *ret_taken = false;
    if (atomic_load(&rebuild->state) != REBUILD_READY)
        return ERR_OK;
    Err e = catch_up(cx, rebuild->aside, rebuild->aside_seq, seq);
    if (!e)
        index_swap(index, rebuild->aside);
    atomic_fetch_add(e ? &rebuild->failed : &rebuild->taken, 1);
    match_close(rebuild->aside);
    rebuild->aside = NULL;
    *ret_taken = !e;
    atomic_store(&rebuild->state, REBUILD_IDLE);
    return e;
}

/* ---- index.rebuild, index.status ---- */

/* By itself, where nobody keeps the index: a new one from the rows, and onto disk. */
static Err rebuild_alone(Cx *cx, MatchIndex *index, bool fresh)
{
    i64 seq = match_fed(index);
    bool taken = false;
    Err e = ERR_OK;
    if (!fresh) {
        e = match_rebuild_work(cx, index, NULL, NULL);
        if (!e)
            e = fact_last_seq(cx, &seq);
        if (!e)
            e = match_rebuild_take(cx, index, seq, &taken);
        if (!e)
            match_set_fed(index, seq);
    }
    match_settle(index);
    while (!e && match_tend(index))
        ;
    return e ? e : match_feed_save(cx, index, match_feed_folder(cx), seq);
}

static Err rebuild_run(Cx *cx, const void *arg, Val **ret)
{
    MatchIndex *index;
    bool fresh = !house_of(cx)->match; /* It is made from the rows just now. */
    (void)arg;
    Err e = match_ready(cx, &index);
    if (!e && !fresh && !match_rebuild_ask(index))
        e = err_set(cx, ERR_STATE, NULL, "match.rebuilding");
    if (e)
        return e;
    bool kept = atomic_load(&index->rebuild.kept);
    if (!kept)
        e = rebuild_alone(cx, index, fresh);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_bool(cx->arena, *ret, "started", kept);
    val_set_str(
        cx->arena, *ret, "message",
        text_say(cx->arena, cx->lang, kept ? "match.rebuild_begun" : "match.rebuilt", NULL, 0));
    return ERR_OK;
}

static Err status_run(Cx *cx, const void *arg, Val **ret)
{
    MatchIndex *index;
    (void)arg;
    Err e = match_ready(cx, &index);
    if (e)
        return e;
    MatchStats stats = match_stats(index);
    MatchRebuildStats rebuild = match_rebuild_stats(index);
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "docs", stats.doc_count);
    val_set_int(cx->arena, *ret, "segments", stats.segment_count);
    val_set_int(cx->arena, *ret, "bytes", stats.bytes);
    val_set_int(cx->arena, *ret, "fed", match_fed(index));
    val_set_bool(cx->arena, *ret, "rebuilding", rebuild.is_busy);
    val_set_int(cx->arena, *ret, "done", rebuild.done);
    val_set_int(cx->arena, *ret, "total", rebuild.total);
    val_set_int(cx->arena, *ret, "taken", rebuild.taken);
    val_set_int(cx->arena, *ret, "failed", rebuild.failed);
    return ERR_OK;
}

// clang-format off
static const Op ops[] = {
    {"index.rebuild", "重建检索索引", "Rebuild the index", OP_STEPS, 0, WHO_OPERATOR | WHO_LOCAL, OP_IN_NONE, NULL, rebuild_run,
     "从记录重新建立检索索引；建成之前照常检索，建成后一次换上。", "Makes the search index anew from the rows. The old one answers until the new one takes its place at once."},
    {"index.status",  "检索索引状态", "State of the index", OP_READ, 0, WHO_OPERATOR | WHO_LOCAL, OP_IN_NONE, NULL, status_run, NULL, NULL},
};
// clang-format on

const Room rebuild_room = {.name = "rebuild", .ops = ops, .op_count = COUNT(ops)};
