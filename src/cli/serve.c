/* techbourse serve: the front, the writer, and eight threads beside them.
 *
 *   follower  reads new facts: search index, live pages
 *   rebuilder makes the search index anew, aside, when somebody asks for it
 *   searcher  makes the table of suggestions now and then, tells watched searches what came
 *   embedder  makes vectors, by an embedding server or learnt here, if the settings say so
 *   pusher    plans and sends pushes when the index knows of something new, or a time has come
 *   worker    runs imports that wait
 *   clock     starts and ends what is due
 *   flusher   writes down what was shown (the access log)
 */
#include "cli/cli.h"

#include "audit/audit.h"
#include "auction/auction.h"
#include "exchange/import.h"
#include "ident/ident.h"
#include "match/match_embed.h"
#include "match/match_feed.h"
#include "match/match_helper.h"
#include "match/match_rebuild.h"
#include "match/match_suggest.h"
#include "push/push.h"
#include "web/app.h"
#include "web/live.h"

#include <errno.h>
#include <pthread.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    FACTS_AT_ONCE = 500,
    FOLLOW_MS = 500,
    TICK_MS = 250,
    BEAT_MS = 5000, /* Between two notes that the exchange serves. */
    LARGE_BYTES = 128 * 1024,
    REBUILDER_MS = 500,           /* So often at least it is looked whether a new one is wanted. */
    REBUILD_NICE = 10,            /* Of the thread that builds it. */
    REBUILD_MS = 2000,            /* Between two tries at an index that could not be built. */
    SEARCHER_MS = 1000,           /* So often at least it is looked whether there is work. */
    SUGGEST_PAUSE_MS = 30 * 1000, /* Between two tables of suggestions at least, */
    SUGGEST_REST = 50,            /* and so many times as long as the last one took. */
    PUSH_MS = 30 * 1000,          /* What was put off is looked for so often. */
    PUSH_PLANS = 20,              /* Of one run: between two the thread may be told to stop. */
    EMBED_MS = 1000,              /* So often at least it is looked whether a text waits. */
    EMBED_AGAIN_MS = 5 * 1000,    /* After a failure; each further pause is twice as long, */
    EMBED_AGAIN_MAX_MS = 10 * 60 * 1000, /* up to this. */
    EMBED_NICE = 10,                     /* Of the embedder's thread. */
    SAVE_MS = 5 * 60 * 1000, /* The index goes to disk so often at most, and at the end. */
};

typedef struct Serve {
    Cli *cli;
    Open open;
    App *app;
    MatchIndex *index;
    Vectors *vectors; /* NULL: no semantic helper. */
    OwnPlace *own;    /* NULL: vectors are not learnt here. */
    EmbedServer embed;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    i64 commits;  /* Grows with every commit. */
    i64 followed; /* The index is true up to this fact; -1: it is not built yet. */
    bool stopping;
} Serve;

static App *app_to_stop; /* For the signal handler, which is given nothing else. */

static void on_signal(int number)
{
    (void)number;
    app_stop(app_to_stop);
}

static void on_commit(void *context)
{
    Serve *serve = context;
    pthread_mutex_lock(&serve->mutex);
    serve->commits++;
    pthread_cond_broadcast(&serve->wake);
    pthread_mutex_unlock(&serve->mutex);
}

/* Waits for a commit after `*seen`, or so many milliseconds. False when it is time to stop. */
static bool wait_commit(Serve *serve, i64 *seen, i64 most_ms)
{
    struct timespec until;
    i64 at_ns = clock_steady_ns() + most_ms * 1000000;
    until = (struct timespec){.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
    pthread_mutex_lock(&serve->mutex);
    int rc = 0;
    while (!serve->stopping && serve->commits == *seen && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&serve->wake, &serve->mutex, &until);
    *seen = serve->commits;
    bool go_on = !serve->stopping;
    pthread_mutex_unlock(&serve->mutex);
    return go_on;
}

static bool begin_thread(Serve *serve, Arena *arena, Cx *cx)
{
    if (house_reader(&serve->open, arena, cx) == ERR_OK) {
        cx->actor.via = VIA_SYSTEM;
        return true;
    }
    log_line(LOG_ERROR_LEVEL, "thread.no_store", NULL);
    return false;
}

/* ---- live pages ---- */

static Err lot_event(Cx *cx, i64 lot_id, Str *ret)
{
    Val *in = val_map(cx->arena), *reply;
    void *read;
    const Op *op = op_find(house_of(cx), S("lot.show"));
    Actor own = cx->actor;
    val_set_int(cx->arena, in, "id", lot_id);
    cx->actor =
        (Actor){.via = VIA_SYSTEM}; /* As the public: what a watcher without an account may see. */
    Err e = op_read_json(cx, op, in, &read);
    if (!e)
        e = op_call(cx, op, read, &reply);
    cx->actor = own;
    if (e)
        return e;
    Val *bids = val_list(cx->arena), *all = val_get(reply, "bids"), *map = val_map(cx->arena);
    for (size_t i = 0; i < val_count(all) && i < 20; i++)
        val_push(cx->arena, bids, val_at(all, i));
    val_set(cx->arena, map, "lot", val_get(reply, "lot"));
    val_set(cx->arena, map, "bids", bids);
    val_set_int(cx->arena, map, "now_ms", clock_now_ms(cx->clock));
    Buf out = buf_new(cx->arena);
    val_write_json(&out, map);
    *ret = buf_str(&out);
    return ERR_OK;
}

static i64 lot_of_fact(const Fact *fact)
{
    if (str_same(fact->table_name, S("lot")))
        return fact->row_id;
    return str_starts(fact->table_name, S("lot_")) ? fact->other_id : 0;
}

/* One event a lot for a whole batch of facts: a watcher needs the newest state, not each step. */
static void tell_watchers(Serve *serve, Cx *cx, const Fact *facts, size_t count)
{
    i64 told[FACTS_AT_ONCE];
    size_t told_count = 0;
    for (size_t i = count; i-- > 0;) {
        i64 lot_id = lot_of_fact(&facts[i]);
        bool known = lot_id == 0;
        for (size_t t = 0; t < told_count && !known; t++)
            known = told[t] == lot_id;
        if (known)
            continue;
        told[told_count++] = lot_id;
        Str data;
        char channel[40];
        snprintf(channel, sizeof channel, "lot/%lld", (long long)lot_id);
        if (lot_event(cx, lot_id, &data) == ERR_OK)
            live_publish(app_server(serve->app), channel, facts[i].seq, "lot", data);
        else
            err_clear(cx);
    }
}

/* No kept page shows the access log: its batches, one a second, leave them as they are. */
static bool changes_pages(const Fact *facts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!str_same(facts[i].table_name, S("access_batch")))
            return true;
    return false;
}

static Err follow_some(Serve *serve, Cx *cx, i64 *seq, bool *ret_more)
{
    Fact *facts;
    size_t count;
    Err e = fact_after(cx, *seq, FACTS_AT_ONCE, &facts, &count);
    for (size_t i = 0; !e && i < count; i++) {
        ArenaMark mark = arena_mark(cx->arena);
        e = match_feed_fact(cx, serve->index, &facts[i]);
        if (!e && serve->vectors)
            e = match_embed_fact(cx, serve->vectors, &facts[i]);
        arena_rewind(cx->arena, mark);
        if (str_same(facts[i].table_name, S("org")))
            org_tree_forget(house_of(cx)->orgs);
    }
    if (e)
        return e;
    tell_watchers(serve, cx, facts, count);
    if (count)
        *seq = facts[count - 1].seq;
    match_set_fed(serve->index, *seq);
    if (changes_pages(facts, count))
        app_facts_followed(serve->app);
    *ret_more = count == FACTS_AT_ONCE;
    return ERR_OK;
}

static void set_followed(Serve *serve, i64 seq)
{
    pthread_mutex_lock(&serve->mutex);
    serve->followed = seq;
    pthread_cond_broadcast(&serve->wake);
    pthread_mutex_unlock(&serve->mutex);
}

static i64 followed(Serve *serve)
{
    pthread_mutex_lock(&serve->mutex);
    i64 seq = serve->followed;
    pthread_mutex_unlock(&serve->mutex);
    return seq;
}

/* ---- the index ---- */

static bool is_stopping(Serve *serve)
{
    pthread_mutex_lock(&serve->mutex);
    bool stopping = serve->stopping;
    pthread_mutex_unlock(&serve->mutex);
    return stopping;
}

/* How far the index and its files are. */
typedef struct Following {
    i64 seq;       /* The last fact taken in. */
    i64 saved_seq; /* What is on disk is true up to it; -1: nothing is. */
    i64 saved_ns;  /* When it was tried last. */
    bool is_new;   /* Not from disk, and not tried yet. */
} Following;

static void save_index(Serve *serve, Cx *cx, Following *at)
{
    Err e = match_feed_save(cx, serve->index, match_feed_folder(cx), at->seq);
    if (e)
        log_line(LOG_ERROR_LEVEL, "match.not_saved", "why", cx->err.key, NULL);
    else
        at->saved_seq = at->seq;
    at->saved_ns = clock_steady_ns();
    at->is_new = false;
    err_clear(cx);
}

/* False: neither files nor rows could be read to the end, and the index is empty. */
static bool begin_index(Serve *serve, Cx *cx, Following *at)
{
    bool kept = false;
    *at = (Following){.saved_seq = -1, .saved_ns = clock_steady_ns()};
    Err e = match_feed_open(cx, serve->index, match_feed_folder(cx), &at->seq, &kept);
    if (e)
        log_line(LOG_ERROR_LEVEL, "match.not_built", "why", cx->err.key, NULL);
    err_clear(cx);
    arena_reset(cx->arena);
    if (kept)
        at->saved_seq = at->seq;
    at->is_new = !e && !kept;
    return !e;
}

static void tend_index(Serve *serve)
{
    while (!is_stopping(serve) && match_tend(serve->index))
        ;
}

static void keep_index(Serve *serve, Cx *cx, Following *at)
{
    bool due = clock_steady_ns() - at->saved_ns >= (i64)SAVE_MS * 1000000;
    if (!at->is_new && !(due && at->seq > at->saved_seq))
        return;
    save_index(serve, cx, at);
    arena_reset(cx->arena);
    malloc_trim(0); /* What the building took. */
}

static void follow(Serve *serve, Cx *cx, Following *at)
{
    for (bool more = true; more;) {
        more = false;
        if (follow_some(serve, cx, &at->seq, &more) != ERR_OK)
            log_line(LOG_ERROR_LEVEL, "follower.failed", "why", cx->err.key, NULL);
        err_clear(cx);
        arena_reset(cx->arena);
    }
}

/* An index that was built aside takes the place of the old one, and goes to disk at once. */
static void take_rebuilt(Serve *serve, Cx *cx, Following *at)
{
    bool taken = false;
    Err e = match_rebuild_take(cx, serve->index, at->seq, &taken);
    if (e)
        log_line(LOG_ERROR_LEVEL, "match.not_rebuilt", "why", cx->err.key, NULL);
    else if (taken)
        at->is_new = true;
    err_clear(cx);
    arena_reset(cx->arena);
}

static void *follower(void *arg)
{
    Serve *serve = arg;
    Arena arena = {0};
    Cx cx;
    Following at;
    i64 seen = 0;
    if (!begin_thread(serve, &arena, &cx))
        return NULL;
    bool built = begin_index(serve, &cx, &at);
    while (!built && wait_commit(serve, &seen, REBUILD_MS))
        built = begin_index(serve, &cx, &at);
    if (built) {
        match_set_fed(serve->index, at.seq);
        set_followed(serve, at.seq);
        live_set_floor(app_server(serve->app), at.seq);
        app_facts_followed(serve->app); /* What was rendered without the index is old. */
        do {
            follow(serve, &cx, &at);
            set_followed(serve, at.seq);
            take_rebuilt(serve, &cx, &at);
            tend_index(serve);
            keep_index(serve, &cx, &at);
        } while (wait_commit(serve, &seen, FOLLOW_MS));
        if (at.seq > at.saved_seq)
            save_index(serve, &cx, &at);
    }
    house_reader_done(&cx);
    arena_done(&arena);
    return NULL;
}

/* Builds a new index aside when somebody asked for one; the follower takes it over. */
static bool rebuild_stops(void *context)
{
    return is_stopping(context);
}

static void *rebuilder(void *arg)
{
    Serve *serve = arg;
    Arena arena = {0};
    Cx cx;
    i64 seen = 0;
    if (!begin_thread(serve, &arena, &cx))
        return NULL;
    if (setpriority(PRIO_PROCESS, (id_t)gettid(), REBUILD_NICE) != 0)
        log_line(LOG_WARN_LEVEL, "rebuilder.priority", "why", strerror(errno), NULL);
    do {
        Err e = followed(serve) < 0 ? ERR_OK
                                    : match_rebuild_work(&cx, serve->index, rebuild_stops, serve);
        if (e && !is_stopping(serve))
            log_line(LOG_ERROR_LEVEL, "match.not_rebuilt", "why", cx.err.key, NULL);
        err_clear(&cx);
        arena_reset(&arena);
    } while (wait_commit(serve, &seen, REBUILDER_MS));
    house_reader_done(&cx);
    arena_done(&arena);
    return NULL;
}

/* Until the first table is made titles alone are suggested. Returns when the next may be. */
static i64 make_suggestions(Serve *serve, Cx *cx)
{
    i64 begun_ns = clock_steady_ns();
    if (match_suggest_make(cx, serve->index) != ERR_OK)
        log_line(LOG_ERROR_LEVEL, "suggestions.failed", "why", cx->err.key, NULL);
    err_clear(cx);
    arena_reset(cx->arena);
    malloc_trim(0); /* What the making took. */
    i64 ended_ns = clock_steady_ns(), rest_ns = (ended_ns - begun_ns) * SUGGEST_REST;
    i64 least_ns = (i64)SUGGEST_PAUSE_MS * 1000000;
    return ended_ns + (rest_ns < least_ns ? least_ns : rest_ns);
}

/* Tells the watched searches what came. */
static void tell_searches(Cx *cx)
{
    Val *reply;
    cx->actor = (Actor){.roles = WHO_CLOCK, .via = VIA_SYSTEM};
    if (op_call_name(cx, "search.alert", NULL, &reply) != ERR_OK)
        log_line(LOG_ERROR_LEVEL, "alerts.failed", "why", cx->err.key, NULL);
    err_clear(cx);
}

static void *searcher(void *arg)
{
    Serve *serve = arg;
    Arena arena = {0};
    Cx cx;
    i64 seen = 0, next_ns = 0;
    if (!begin_thread(serve, &arena, &cx))
        return NULL;
    if (match_suggest_load(&cx, serve->index)) /* As it was; what came since is taken in later. */
        next_ns = clock_steady_ns() + (i64)SUGGEST_PAUSE_MS * 1000000;
    do {
        if (clock_steady_ns() >= next_ns && suggest_due(serve->index))
            next_ns = make_suggestions(serve, &cx);
        if (match_fed(serve->index) > match_told(serve->index))
            tell_searches(&cx);
        arena_reset(&arena);
    } while (wait_commit(serve, &seen, SEARCHER_MS));
    house_reader_done(&cx);
    arena_done(&arena);
    return NULL;
}

/* ---- vectors ---- */

/* EmbedServer.rest */
static bool embed_rest(void *context, i64 ms)
{
    Serve *serve = context;
    i64 seen = 0, until_ns = clock_steady_ns() + ms * 1000000;
    for (i64 left; (left = until_ns - clock_steady_ns()) > 0;)
        if (!wait_commit(serve, &seen, left / 1000000 + 1))
            return false;
    return !is_stopping(serve);
}

/* What an embedder knows between two looks. */
typedef struct Embedding {
    bool noted; /* All rows that may be sent. */
    i64 saved;  /* VectorStats.changes of what is on disk. */
    i64 saved_ns, next_ns, pause_ms;
    i64 tried; /* Texts there were when learning was last tried in vain. */
} Embedding;

/* Until nothing waits. After a failure the server is left alone for a while: search goes on with
 * the vectors there are. */
static void embed_waiting(Serve *serve, Cx *cx, Embedding *at)
{
    size_t count = 1;
    char detail[100] = ""; /* A status, or what the connection came to. */
    Err e = ERR_OK;
    while (!e && count && !is_stopping(serve)) {
        i64 batch = serve->cli->settings.embed_batch;
        e = serve->own ? match_embed_own(cx, serve->vectors, serve->own, batch, &count)
                       : match_embed_some(cx, serve->vectors, &serve->embed, batch, &count);
        at->pause_ms = e ? at->pause_ms : EMBED_AGAIN_MS;
        if (e)
            snprintf(detail, sizeof detail, "%.*s", STR_ARG(cx->err.args[0]));
        arena_reset(cx->arena);
    }
    if (e && e != ERR_STATE) {
        log_line(LOG_WARN_LEVEL, "embedder.failed", "why", cx->err.key, "detail", detail, NULL);
        at->next_ns = clock_steady_ns() + at->pause_ms * 1000000;
        at->pause_ms =
            at->pause_ms * 2 < EMBED_AGAIN_MAX_MS ? at->pause_ms * 2 : EMBED_AGAIN_MAX_MS;
    }
    err_clear(cx);
}

static void keep_vectors(Serve *serve, Cx *cx, Embedding *at, bool now)
{
    bool due = now || clock_steady_ns() - at->saved_ns >= (i64)SAVE_MS * 1000000;
    i64 changes = at->noted && due ? vectors_stats(serve->vectors).changes : at->saved;
    if (changes == at->saved)
        return;
    if (vectors_save(cx, serve->vectors, vectors_path(cx)) == ERR_OK)
        at->saved = changes;
    err_clear(cx); /* Its log line is written. */
    at->saved_ns = clock_steady_ns();
}

static Str own_model(Cx *cx, const OwnStats *stats)
{
    return str_format(cx->arena, "own %08x", stats->sum);
}

/* OwnTold */
static bool own_told(void *context, int percent)
{
    Serve *serve = context;
    own_place_tell(serve->own, percent, NULL);
    return !is_stopping(serve);
}

/* Learns a table when somebody asks for one, when there is none, and when there are twice as many
 * texts as the one in use was learnt from. Until then the vectors there are hold. */
static void own_look(Serve *serve, Cx *cx, Embedding *at)
{
    OwnState state = own_place_state(serve->own);
    VectorStats stats = vectors_stats(serve->vectors);
    i64 texts = stats.ready + stats.waiting + stats.refused;
    i64 known = at->tried > state.stats.docs ? at->tried : state.stats.docs;
    if (!state.wanted && (texts < OWN_DOCS_LEAST || texts < 2 * known))
        return;
    i64 begun_ns = clock_steady_ns();
    OwnTable *table;
    own_place_tell(serve->own, 0, NULL);
    Err e = own_learn_texts(cx, own_told, serve, &table);
    own_place_tell(serve->own, -1, e ? cx->err.key : NULL);
    at->tried = texts;
    if (e) {
        if (e != ERR_STATE)
            log_line(LOG_WARN_LEVEL, "own.not_learnt", "why", cx->err.key, NULL);
        err_clear(cx);
        return;
    }
    OwnStats learnt = own_stats(table);
    own_place_set(serve->own, table);
    vectors_renew(serve->vectors, own_model(cx, &learnt));
    i64 spent_ms = (clock_steady_ns() - begun_ns) / 1000000;
    char texts_z[24], terms_z[24], ms_z[24];
    snprintf(texts_z, sizeof texts_z, "%lld", (long long)learnt.docs);
    snprintf(terms_z, sizeof terms_z, "%lld", (long long)learnt.terms);
    snprintf(ms_z, sizeof ms_z, "%lld", (long long)spent_ms);
    log_line(LOG_INFO_LEVEL, "own.learnt", "texts", texts_z, "terms", terms_z, "ms", ms_z, NULL);
}

static void own_begin(Serve *serve, Cx *cx)
{
    OwnTable *table = own_load(cx, own_path(cx));
    if (!table)
        return;
    OwnStats stats = own_stats(table);
    own_place_set(serve->own, table);
    vectors_renew(serve->vectors, own_model(cx, &stats));
}

static void embed_look(Serve *serve, Cx *cx, Embedding *at)
{
    if (followed(serve) < 0) /* From then on the follower notes what comes. */
        return;
    if (!at->noted) {
        at->noted = match_embed_all(cx, serve->vectors) == ERR_OK;
        if (!at->noted)
            log_line(LOG_ERROR_LEVEL, "embedder.failed", "why", cx->err.key, NULL);
        err_clear(cx);
        arena_reset(cx->arena);
    }
    if (at->noted && serve->own)
        own_look(serve, cx, at);
    bool ready = !serve->own || own_place_state(serve->own).there;
    if (at->noted && ready && clock_steady_ns() >= at->next_ns)
        embed_waiting(serve, cx, at);
    keep_vectors(serve, cx, at, false);
    arena_reset(cx->arena);
}

static void *embedder(void *arg)
{
    Serve *serve = arg;
    Arena arena = {0};
    Cx cx;
    Embedding at = {.saved_ns = clock_steady_ns(), .pause_ms = EMBED_AGAIN_MS};
    i64 seen = 0;
    if (!serve->vectors || !begin_thread(serve, &arena, &cx))
        return NULL;
    if (setpriority(PRIO_PROCESS, (id_t)gettid(), EMBED_NICE) != 0)
        log_line(LOG_WARN_LEVEL, "embedder.priority", "why", strerror(errno), NULL);
    if (serve->own)
        own_begin(serve, &cx);
    vectors_load(&cx, serve->vectors, vectors_path(&cx));
    do
        embed_look(serve, &cx, &at);
    while (wait_commit(serve, &seen, EMBED_MS));
    keep_vectors(serve, &cx, &at, true);
    house_reader_done(&cx);
    arena_done(&arena);
    return NULL;
}

/* ---- pushes ---- */

/* Whether one of the facts up to `until` may have made something due. */
static Err look_at_facts(Cx *cx, i64 *seq, i64 until, bool *ret_due)
{
    Err e = ERR_OK;
    while (!e && *seq < until) {
        ArenaMark mark = arena_mark(cx->arena);
        Fact *facts;
        size_t count;
        e = fact_after(cx, *seq, FACTS_AT_ONCE, &facts, &count);
        for (size_t i = 0; !e && i < count; i++)
            *ret_due = *ret_due || push_concerns(&facts[i]);
        *seq = e ? *seq : count ? facts[count - 1].seq : until;
        arena_rewind(cx->arena, mark);
    }
    return e;
}

/* To look for what is to plan goes through all needs, listings and firms: only when facts say that
 * there may be something. To send goes by an index. */
static Err push_run(Serve *serve, Cx *cx, bool plans)
{
    const Op *op = op_find(house_of(cx), S("push.run"));
    bool more = true;
    char at[40] = "";
    if (!plans)
        snprintf(at, sizeof at, "%s", PUSH_ALL_PLANNED);
    Err e = ERR_OK;
    cx->actor = (Actor){.roles = WHO_CLOCK, .via = VIA_SYSTEM};
    while (!e && more && !is_stopping(serve)) {
        Val *in = val_map(cx->arena), *reply = NULL;
        void *read;
        val_set_int(cx->arena, in, "most", PUSH_PLANS);
        val_set_z(cx->arena, in, "at", at);
        cx->arrived_ms = clock_now_ms(cx->clock);
        e = op_read_json(cx, op, in, &read);
        if (!e)
            e = op_call(cx, op, read, &reply);
        more = val_get_bool(reply, "more");
        snprintf(at, sizeof at, "%.*s", STR_ARG(val_get_str(reply, "at")));
        arena_reset(cx->arena);
    }
    return e;
}

static void *pusher(void *arg)
{
    Serve *serve = arg;
    Arena arena = {0};
    Cx cx;
    i64 seen = 0, seq = 0, ran_ns = 0;
    bool due = true, again = false, begun = false; /* `again`: what was due has failed. */
    if (!begin_thread(serve, &arena, &cx))
        return NULL;
    do {
        i64 until = followed(serve);
        Err e = ERR_OK;
        if (until < 0)
            continue;
        if (begun)
            e = look_at_facts(&cx, &seq, until, &due);
        seq = begun ? seq : until; /* The first run finds what is older by itself. */
        begun = true;
        if (!e && (due || clock_steady_ns() - ran_ns >= (i64)PUSH_MS * 1000000)) {
            bool plans = due || again;
            e = push_run(serve, &cx, plans);
            ran_ns = clock_steady_ns();
            again = e && plans;
            due = false;
        }
        if (e)
            log_line(LOG_ERROR_LEVEL, "pusher.failed", "why", cx.err.key, NULL);
        err_clear(&cx);
        arena_reset(&arena);
    } while (wait_commit(serve, &seen, FOLLOW_MS));
    house_reader_done(&cx);
    arena_done(&arena);
    return NULL;
}

static void *worker(void *arg)
{
    Serve *serve = arg;
    Arena arena = {0};
    Cx cx;
    i64 seen = 0, id = 0;
    if (!begin_thread(serve, &arena, &cx))
        return NULL;
    do {
        id = 0;
        Err e = import_waiting(&cx, &id);
        if (!e && id)
            e = import_work(&cx, id, NULL, NULL);
        if (e)
            log_line(LOG_ERROR_LEVEL, "worker.failed", "why", cx.err.key, NULL);
        err_clear(&cx);
        arena_reset(&arena);
    } while (wait_commit(serve, &seen, 2000));
    house_reader_done(&cx);
    arena_done(&arena);
    return NULL;
}

static Err beat(Cx *cx, void *arg)
{
    (void)arg;
    return fact_beat(cx);
}

/* Another program leads on this store: what this one remembers is old. */
static void stop_when_lost(Serve *serve)
{
    if (atomic_load(&serve->open.lead_lost))
        app_stop(serve->app);
}

static void *clock_thread(void *arg)
{
    Serve *serve = arg;
    Arena arena = {0};
    Cx cx;
    struct timespec pause = {.tv_nsec = TICK_MS * 1000000L};
    i64 beat_ns = 0;
    if (!begin_thread(serve, &arena, &cx))
        return NULL;
    while (!is_stopping(serve)) {
        Err e = house_tick(&cx);
        if (!e && clock_steady_ns() - beat_ns >= (i64)BEAT_MS * 1000000) {
            e = writer_run(serve->open.house.writer, &cx, beat, NULL);
            beat_ns = clock_steady_ns();
        }
        if (e)
            log_line(LOG_ERROR_LEVEL, "clock.failed", "why", cx.err.key, NULL);
        err_clear(&cx);
        arena_reset(&arena);
        stop_when_lost(serve);
        nanosleep(&pause, NULL);
    }
    house_reader_done(&cx);
    arena_done(&arena);
    return NULL;
}

/* The last lines are written when the house is closed, after the last request. */
static void *flusher(void *arg)
{
    Serve *serve = arg;
    Arena arena = {0};
    Cx cx;
    if (!begin_thread(serve, &arena, &cx))
        return NULL;
    while (!is_stopping(serve)) {
        access_wait(serve->open.house.accesses);
        if (house_flush(&cx) != ERR_OK)
            err_clear(&cx);
        arena_reset(&arena);
    }
    house_reader_done(&cx);
    arena_done(&arena);
    return NULL;
}

static void prepare(Serve *serve)
{
    /* Large pieces come from the system and go back to it at once. Left to itself the C library
     * keeps them in each thread's own heap once one has been freed. */
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&serve->wake, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&serve->mutex, NULL);
    serve->index = match_open();
    suggest_keep(serve->index);
    match_rebuild_keep(serve->index);
    serve->followed = -1;
    Helper helper = helper_of(&serve->cli->settings);
    if (helper == HELPER_SERVER) {
        serve->embed.rest = embed_rest;
        serve->embed.context = serve;
        serve->vectors = vectors_open(serve->embed.model, serve->embed.dims);
    } else if (helper == HELPER_OWN) {
        serve->own = own_place_new();
        serve->vectors = vectors_open(S("own"), OWN_DIMS);
    }
    serve->open.house.vectors = serve->vectors;
    serve->open.house.own = serve->own;
    serve->open.house.match = serve->index;
    fact_on_commit(serve->open.house.facts, on_commit, serve);
}

static void run_threads(Serve *serve)
{
    static void *(*const bodies[])(void *) = {follower, rebuilder, searcher,     embedder,
                                              pusher,   worker,    clock_thread, flusher};
    pthread_t threads[COUNT(bodies)];
    for (size_t i = 0; i < COUNT(bodies); i++)
        pthread_create(&threads[i], NULL, bodies[i], serve);
    struct sigaction action = {.sa_handler = on_signal};
    app_to_stop = serve->app;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    app_run(serve->app);
    pthread_mutex_lock(&serve->mutex);
    serve->stopping = true;
    pthread_cond_broadcast(&serve->wake);
    pthread_mutex_unlock(&serve->mutex);
    access_wake(serve->open.house.accesses);
    for (size_t i = 0; i < COUNT(bodies); i++)
        pthread_join(threads[i], NULL);
}

/* Before the first bid comes: what the lots have lost while nobody served. */
static void make_up(Serve *serve)
{
    Arena arena = {0};
    Cx cx;
    Val *reply;
    if (house_reader(&serve->open, &arena, &cx) == ERR_OK) {
        cx.actor = (Actor){.roles = WHO_CLOCK, .via = VIA_SYSTEM};
        cx.arrived_ms = clock_now_ms(cx.clock);
        if (op_call_name(&cx, "lot.make_up_due", NULL, &reply) != ERR_OK)
            log_line(LOG_ERROR_LEVEL, "clock.failed", "why", cx.err.key, NULL);
        house_reader_done(&cx);
    }
    arena_done(&arena);
}

int cli_serve(Cli *cli)
{
    static Serve serve;
    serve.cli = cli;
    Err e = embed_begin(&cli->cx, &cli->settings, &serve.embed);
    if (!e)
        e = house_open(&cli->cx, &cli->settings, OPEN_SERVE, &serve.open);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    prepare(&serve);
    cli->cx.clock = &serve.open.clock;
    e = app_init(&cli->cx, &serve.open.house, &serve.app);
    if (e) {
        int code = cli_fail(cli, &cli->cx, e);
        house_close(&serve.open);
        return code;
    }
    make_up(&serve);
    Str listen = str_format(&cli->arena, "127.0.0.1:%d", server_port(app_server(serve.app)));
    cli_say(cli, "cli.serving",
            str_ends(cli->settings.listen, S(":0")) ? &listen : &cli->settings.listen, 1);
    run_threads(&serve);
    fact_on_commit(serve.open.house.facts, NULL, NULL);
    app_done(serve.app);
    bool lost = atomic_load(&serve.open.lead_lost);
    house_close(&serve.open); /* Drains the writer, closes the store. */
    return lost ? EXIT_STORE : EXIT_DONE;
}
