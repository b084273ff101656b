/* bench_bid.c - bids a second: by the engine alone, over HTTP, and by PostgreSQL as people usually
 * write it; beside what the disk does. All in one run, on one disk, one after the other.
 *
 *   engine    512 callers, each with one bid under way, on one lot: op, permission, rules, hashes,
 *             log, facts, signature, commit with fdatasync (SQLite)
 *   http      64 bidders who are signed in, each on a connection of its own, with the same lot
 *   postgres  64 clients: lock the lot, check, insert the bid, update the lot, commit
 *
 * Every bid of the first two tops the one before, unless an earlier one overtook it; both kinds of
 * answer are durable and count. */
#include "cli/house.h"

#include "auction/auction_int.h"
#include "flow/who.h"
#include "ident/ident.h"
#include "registry/registry.h"
#include "web/app.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CALLERS = 512,
    CONNECTIONS = 64,
    PG_CLIENTS = 64,
    SECONDS = 5,
    TIMES_MAX = 20 * 1000 * 1000, /* Latencies kept. */
    START_FEN = 100 * 1000 * 100,
};

#define PASSWORD "Four small words"

static struct {
    char folder[64];
    Arena arena;
    Settings settings;
    Open open;
    Cx cx;
    i64 lot_id;
    i64 orgs[CALLERS];
    i64 next_fen;
} b;

typedef struct Times {
    i64 *ns;
    size_t count;
} Times;

static void times_add(Times *times, i64 ns)
{
    if (times->count < TIMES_MAX)
        times->ns[times->count++] = ns;
}

static int by_size(const void *a, const void *c)
{
    i64 x = *(const i64 *)a, y = *(const i64 *)c;
    return (x > y) - (x < y);
}

static double at_ms(Times *times, double share)
{
    if (!times->count)
        return 0;
    qsort(times->ns, times->count, sizeof *times->ns, by_size);
    return (double)times->ns[(size_t)((double)(times->count - 1) * share)] / 1e6;
}

typedef struct Figures {
    double per_s, p50_ms, p99_ms;
    double cpu_us; /* Of a bid: of the whole process, callers and client as well. */
    double group;  /* Bids of one commit. */
    i64 accepted;
} Figures;

static double processor_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static Times times_new(void)
{
    return (Times){.ns = arena_take_raw(&b.arena, TIMES_MAX * sizeof(i64))};
}

_Noreturn static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why ? why : "");
    exit(1);
}

static void must(Err e, const char *what)
{
    if (e)
        die(what, b.cx.err.key);
}

/* ---- An exchange with one lot and many bidders ---- */

static Val *call(Actor actor, const char *name, const char *json)
{
    Str why;
    void *in;
    Val *reply = NULL;
    const Op *op = op_find(&b.open.house, str_from(name));
    b.cx.actor = actor;
    b.cx.arrived_ms = clock_now_ms(b.cx.clock);
    err_clear(&b.cx);
    must(op_read_json(&b.cx, op, val_read_json(&b.arena, str_from(json), &why), &in), name);
    must(op_call(&b.cx, op, in, &reply), name);
    return reply;
}

static Val *call_f(Actor actor, const char *name, const char *format, long long n)
{
    char json[400];
    snprintf(json, sizeof json, format, n, n);
    return call(actor, name, json);
}

static const Actor local = {.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL};

static Actor firm(size_t i)
{
    return (Actor){.account_id = (i64)i + 1,
                   .org_id = b.orgs[i],
                   .roles = WHO_FIRM | WHO_SIGNED,
                   .via = VIA_API};
}

static Err add_listing(Cx *cx, void *arg)
{
    Listing *listing = arg;
    *listing = (Listing){.org_id = 1,
                         .title = S("一种薄膜"),
                         .mode = S("assign"),
                         .price_fen = START_FEN,
                         .state = LISTING_LISTED};
    return fact_create(cx, &listing_type, listing, (FactNote){.kind = "listing.accepted"});
}

static void open_house(void)
{
    Clock clock = {0};
    Chance chance = {0};
    Cx cx = {.arena = &b.arena, .clock = &clock, .chance = &chance};
    snprintf(b.folder, sizeof b.folder, "%s/bench-bid.XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(b.folder))
        die("folder", strerror(errno));
    settings_default(&b.settings);
    b.settings.data = str_format(&b.arena, "%s/data", b.folder);
    b.settings.listen = S("127.0.0.1:0");
    b.settings.password_memory_kb = 64;
    b.settings.second_factor = 0;
    b.settings.agreement_required = 0;
    b.settings.stage_consent_required = 0;
    b.cx = cx;
    Open made;
    must(house_open(&b.cx, &b.settings, OPEN_MAKE, &made), "make");
    must(house_made(&b.cx, &made), "made");
    house_close(&made);
    must(house_open(&b.cx, &b.settings, OPEN_SERVE, &b.open), "open");
    must(house_reader(&b.open, &b.arena, &b.cx), "reader");
}

static void fill_house(void)
{
    Listing listing;
    call(local, "org.add", "{\"code\":\"U\",\"name\":\"南通大学\",\"kind\":\"university\"}");
    for (size_t i = 0; i < CALLERS; i++) {
        char json[200];
        snprintf(json, sizeof json, "{\"code\":\"F%zu\",\"name\":\"企业%zu\",\"kind\":\"firm\"}", i,
                 i);
        b.orgs[i] = val_get_int(call(local, "org.add", json), "id");
    }
    must(writer_run(b.open.house.writer, &b.cx, add_listing, &listing), "listing");
    char json[300];
    snprintf(json, sizeof json,
             "{\"listing_id\":%lld,\"start_fen\":%d,\"step_fen\":1,\"end_ms\":%lld,"
             "\"self_raise\":true}",
             (long long)listing.id, START_FEN, (long long)clock_now_ms(b.cx.clock) + 3600 * 1000);
    b.lot_id = val_get_int(call(local, "lot.open", json), "id");
    b.next_fen = START_FEN;
    for (size_t i = 0; i < CALLERS; i++) {
        Val *in = call_f(firm(i), "lot.enter", "{\"lot_id\":%lld}", b.lot_id);
        call_f(local, "lot.admit", "{\"id\":%lld}", val_get_int(in, "id"));
    }
}

/* ---- The engine ---- */

typedef struct Caller {
    OpJob job; /* First, so that done finds the rest. */
    Cx cx;
    Arena arena;
    LotBidIn in;
    char key[40];
    i64 number, sent_ns;
    struct Caller *next;
} Caller;

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t some;
    Caller *ready;
} engine = {.mutex = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER};

static void caller_done(WriteJob *job)
{
    Caller *caller = (Caller *)job;
    pthread_mutex_lock(&engine.mutex);
    caller->next = engine.ready;
    bool first = !engine.ready;
    engine.ready = caller;
    if (first)
        pthread_cond_signal(&engine.some);
    pthread_mutex_unlock(&engine.mutex);
}

static void caller_ask(Caller *caller, const Op *op)
{
    arena_reset(&caller->arena);
    int len = snprintf(caller->key, sizeof caller->key, "%lld", (long long)caller->number++);
    caller->in = (LotBidIn){.lot_id = b.lot_id,
                            .amount_fen = b.next_fen++,
                            .key = {caller->key, (size_t)len},
                            .confirmed = 1};
    caller->cx.arrived_ms = clock_now_ms(caller->cx.clock);
    caller->sent_ns = clock_steady_ns();
    err_clear(&caller->cx);
    if (op_check(&caller->cx, op, &caller->in) ||
        op_submit(&caller->cx, &caller->job, op, &caller->in, caller_done))
        die("bid", caller->cx.err.key);
}

static Caller *take_ready(void)
{
    pthread_mutex_lock(&engine.mutex);
    while (!engine.ready)
        pthread_cond_wait(&engine.some, &engine.mutex);
    Caller *list = engine.ready;
    engine.ready = NULL;
    pthread_mutex_unlock(&engine.mutex);
    return list;
}

static Figures run_engine(size_t count, double seconds)
{
    const Op *op = op_find(&b.open.house, S("lot.bid"));
    Caller *callers = ARENA_NEW(&b.arena, Caller, count);
    Times times = times_new();
    i64 accepted = 0, begun_ns = clock_steady_ns();
    double cpu_us = processor_us();
    i64 groups = writer_stats(b.open.house.writer).group_count;
    i64 until_ns = begun_ns + (i64)(seconds * 1e9);
    for (size_t i = 0; i < count; i++) {
        callers[i].number = (i64)i * 1000000000 + begun_ns % 1000000000 * 1000;
        callers[i].cx = b.cx;
        callers[i].cx.arena = &callers[i].arena;
        callers[i].cx.db = NULL;
        callers[i].cx.actor = firm(i);
        caller_ask(&callers[i], op);
    }
    for (size_t under_way = count; under_way;) {
        for (Caller *caller = take_ready(), *next; caller; caller = next) {
            next = caller->next;
            Val *reply = NULL;
            i64 now_ns = clock_steady_ns();
            times_add(&times, now_ns - caller->sent_ns);
            if (op_answer(&caller->cx, &caller->job, &reply))
                die("bid", caller->cx.err.key);
            accepted += val_get_bool(reply, "ok");
            if (now_ns < until_ns)
                caller_ask(caller, op);
            else
                under_way--;
        }
    }
    double spent = (double)(clock_steady_ns() - begun_ns) / 1e9;
    for (size_t i = 0; i < count; i++)
        arena_done(&callers[i].arena);
    return (Figures){.per_s = (double)times.count / spent,
                     .accepted = accepted,
                     .cpu_us = (processor_us() - cpu_us) / (double)times.count,
                     .group = (double)times.count /
                              (double)(writer_stats(b.open.house.writer).group_count - groups),
                     .p50_ms = at_ms(&times, 0.5),
                     .p99_ms = at_ms(&times, 0.99)};
}

/* ---- HTTP ---- */

typedef struct Link {
    int fd;
    char head[400]; /* Of the request, without the length of its body. */
    char in[8192];
    size_t got;
    i64 number, sent_ns;
    bool busy;
} Link;

static void link_send(Link *link)
{
    char body[160], text[800];
    int body_len =
        snprintf(body, sizeof body,
                 "{\"lot_id\":%lld,\"amount_fen\":%lld,\"key\":\"h%lld\",\"confirmed\":true}",
                 (long long)b.lot_id, (long long)b.next_fen++, (long long)link->number++);
    int len =
        snprintf(text, sizeof text, "%sContent-Length: %d\r\n\r\n%s", link->head, body_len, body);
    link->sent_ns = clock_steady_ns();
    link->busy = true;
    link->got = 0;
    if (write(link->fd, text, (size_t)len) != len)
        die("send", strerror(errno));
}

/* True when a whole answer is there. */
static bool link_read(Link *link)
{
    ssize_t got = read(link->fd, link->in + link->got, sizeof link->in - 1 - link->got);
    if (got <= 0)
        die("answer", got ? strerror(errno) : "closed");
    link->got += (size_t)got;
    link->in[link->got] = 0;
    char *end = strstr(link->in, "\r\n\r\n"), *length = strcasestr(link->in, "content-length:");
    if (!end || !length)
        return false;
    return link->got >= (size_t)(end + 4 - link->in) + strtoul(length + 15, NULL, 10);
}

static void link_open(Link *link, int port, size_t i)
{
    char json[300];
    int on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    snprintf(json, sizeof json,
             "{\"login\":\"firm%zu\",\"name\":\"竞\",\"org_id\":%lld,\"password\":\"" PASSWORD
             "\",\"roles\":\"firm\"}",
             i, (long long)b.orgs[i]);
    call(local, "account.add", json);
    snprintf(json, sizeof json, "{\"login\":\"firm%zu\",\"password\":\"" PASSWORD "\"}", i);
    Val *reply = call((Actor){.via = VIA_API}, "session.open", json);
    snprintf(link->head, sizeof link->head,
             "POST /api/v1/lot/bid HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %.*s\r\n"
             "Content-Type: application/json\r\n",
             port, STR_ARG(val_get_str(reply, "token")));
    link->number = (i64)i * 1000000000;
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->fd < 0 || connect(link->fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect", strerror(errno));
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void *serve(void *app)
{
    app_run(app);
    return NULL;
}

static Figures bid_over(Link *links, size_t count, double seconds)
{
    Times times = times_new();
    i64 accepted = 0, begun_ns = clock_steady_ns();
    double cpu_us = processor_us();
    i64 groups = writer_stats(b.open.house.writer).group_count;
    i64 until_ns = begun_ns + (i64)(seconds * 1e9);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &links[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, links[i].fd, &event);
        link_send(&links[i]);
    }
    for (size_t under_way = count; under_way;) {
        struct epoll_event events[64];
        int found = epoll_wait(poll, events, 64, 10000);
        if (found <= 0)
            die("wait", "no answer");
        for (int i = 0; i < found; i++) {
            Link *link = events[i].data.ptr;
            if (!link_read(link))
                continue;
            if (!strstr(link->in, "\"seq\":"))
                die("answer", link->in);
            i64 now_ns = clock_steady_ns();
            times_add(&times, now_ns - link->sent_ns);
            accepted += strstr(link->in, "\"ok\":true") != NULL;
            if (now_ns < until_ns)
                link_send(link);
            else
                under_way--;
        }
    }
    double spent = (double)(clock_steady_ns() - begun_ns) / 1e9;
    close(poll);
    return (Figures){.per_s = (double)times.count / spent,
                     .accepted = accepted,
                     .cpu_us = (processor_us() - cpu_us) / (double)times.count,
                     .group = (double)times.count /
                              (double)(writer_stats(b.open.house.writer).group_count - groups),
                     .p50_ms = at_ms(&times, 0.5),
                     .p99_ms = at_ms(&times, 0.99)};
}

static void run_http(double seconds, Figures *ret_many, Figures *ret_lone)
{
    App *app;
    pthread_t thread;
    Link *links = ARENA_NEW(&b.arena, Link, CONNECTIONS);
    must(app_init(&b.cx, &b.open.house, &app), "app");
    pthread_create(&thread, NULL, serve, app);
    for (size_t i = 0; i < CONNECTIONS; i++)
        link_open(&links[i], server_port(app_server(app)), i);
    *ret_lone = bid_over(links, 1, 1);
    *ret_many = bid_over(links, CONNECTIONS, seconds);
    for (size_t i = 0; i < CONNECTIONS; i++)
        close(links[i].fd);
    app_stop(app);
    pthread_join(thread, NULL);
    app_done(app);
}

/* ---- PostgreSQL ---- */

typedef struct PgClient {
    pthread_t thread;
    const char *url;
    i64 until_ns;
    Times times;
} PgClient;

static PGresult *pg(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        die(sql, PQerrorMessage(conn));
    return result;
}

static void *pg_client(void *arg)
{
    PgClient *client = arg;
    PGconn *conn = PQconnectdb(client->url);
    if (PQstatus(conn) != CONNECTION_OK)
        die("postgres", PQerrorMessage(conn));
    PQclear(pg(conn, "SET search_path = bench_bid"));
    while (clock_steady_ns() < client->until_ns) {
        i64 from_ns = clock_steady_ns();
        char sql[200];
        PQclear(pg(conn, "BEGIN"));
        PGresult *lot = pg(conn, "SELECT price, seq FROM lot WHERE id = 1 FOR UPDATE");
        long long price = strtoll(PQgetvalue(lot, 0, 0), NULL, 10) + 1;
        long long seq = strtoll(PQgetvalue(lot, 0, 1), NULL, 10) + 1;
        PQclear(lot);
        snprintf(sql, sizeof sql,
                 "INSERT INTO bid (lot, seq, amount, at) VALUES (1, %lld, %lld, now())", seq,
                 price);
        PQclear(pg(conn, sql));
        snprintf(sql, sizeof sql, "UPDATE lot SET price = %lld, seq = %lld WHERE id = 1", price,
                 seq);
        PQclear(pg(conn, sql));
        PQclear(pg(conn, "COMMIT"));
        times_add(&client->times, clock_steady_ns() - from_ns);
    }
    PQfinish(conn);
    return NULL;
}

/* False when there is no server. */
static bool run_pg(double seconds, Figures *ret)
{
    const char *url = getenv("TECHBOURSE_TEST_PG");
    if (!url || !*url)
        return false;
    PGconn *conn = PQconnectdb(url);
    if (PQstatus(conn) != CONNECTION_OK)
        die("postgres", PQerrorMessage(conn));
    PQclear(pg(conn, "DROP SCHEMA IF EXISTS bench_bid CASCADE; CREATE SCHEMA bench_bid;"
                     "SET search_path = bench_bid;"
                     "CREATE TABLE lot (id bigint PRIMARY KEY, price bigint, seq bigint);"
                     "CREATE TABLE bid (lot bigint, seq bigint, amount bigint, at timestamptz,"
                     " PRIMARY KEY (lot, seq)); INSERT INTO lot VALUES (1, 100, 0)"));
    PgClient *clients = ARENA_NEW(&b.arena, PgClient, PG_CLIENTS);
    i64 begun_ns = clock_steady_ns();
    for (size_t i = 0; i < PG_CLIENTS; i++) {
        clients[i] = (PgClient){.url = url, .until_ns = begun_ns + (i64)(seconds * 1e9)};
        clients[i].times.ns = arena_take_raw(&b.arena, 100 * 1000 * sizeof(i64));
        pthread_create(&clients[i].thread, NULL, pg_client, &clients[i]);
    }
    Times all = times_new();
    for (size_t i = 0; i < PG_CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        for (size_t t = 0; t < clients[i].times.count; t++)
            times_add(&all, clients[i].times.ns[t]);
    }
    double spent = (double)(clock_steady_ns() - begun_ns) / 1e9;
    PQclear(pg(conn, "DROP SCHEMA bench_bid CASCADE"));
    PQfinish(conn);
    *ret = (Figures){.per_s = (double)all.count / spent,
                     .p50_ms = at_ms(&all, 0.5),
                     .p99_ms = at_ms(&all, 0.99)};
    return true;
}

/* ---- The disk ---- */

static Figures run_disk(double seconds)
{
    static char page[4096];
    char path[100];
    Times times = times_new();
    snprintf(path, sizeof path, "%s/sync", b.folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    i64 begun_ns = clock_steady_ns(), until_ns = begun_ns + (i64)(seconds * 1e9);
    for (i64 now_ns = begun_ns; now_ns < until_ns;) {
        if (write(fd, page, sizeof page) != (ssize_t)sizeof page || fdatasync(fd) != 0)
            die("sync", strerror(errno));
        i64 after_ns = clock_steady_ns();
        times_add(&times, after_ns - now_ns);
        now_ns = after_ns;
    }
    close(fd);
    return (Figures){.per_s = (double)times.count / seconds,
                     .p50_ms = at_ms(&times, 0.5),
                     .p99_ms = at_ms(&times, 0.99)};
}

/* ---- Printing ---- */

static void print_json(const Figures *many, const Figures *lone, const Figures *http,
                       const Figures *http_lone, const Figures *postgres, const Figures *disk)
{
    printf("{\"bench\":\"bid\",\"engine_bids_per_s\":%.0f,\"engine_p99_ms\":%.3f,"
           "\"engine_accepted\":%lld,\"engine_cpu_us\":%.2f,\"http_bids_per_s\":%.0f,"
           "\"http_p99_ms\":%.3f,\"http_cpu_us\":%.1f,\"engine_group\":%.0f,\"http_group\":%.0f,",
           many->per_s, many->p99_ms, (long long)many->accepted, many->cpu_us, http->per_s,
           http->p99_ms, http->cpu_us, many->group, http->group);
    if (postgres)
        printf("\"postgres_bids_per_s\":%.0f,\"postgres_p99_ms\":%.3f,\"ratio\":%.1f,",
               postgres->per_s, postgres->p99_ms, many->per_s / postgres->per_s);
    else
        printf("\"postgres_bids_per_s\":null,\"postgres_p99_ms\":null,\"ratio\":null,");
    printf("\"target_ratio\":100,\"fdatasync_per_s\":%.0f,\"fdatasync_p50_ms\":%.3f,"
           "\"lone_p50_ms\":%.3f,\"http_lone_p50_ms\":%.3f}\n",
           disk->per_s, disk->p50_ms, lone->p50_ms, http_lone->p50_ms);
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
    return (void)stat, (void)kind, (void)at, remove(path);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 && atof(argv[1]) > 0 ? atof(argv[1]) : SECONDS;
    const char *only = argc > 2 ? argv[2] : ""; /* "engine", "http": for a look at one of them. */
    Figures postgres, http = {0}, http_lone = {0}, many = {0};
    open_house();
    fill_house();
    Figures disk = run_disk(1);
    Figures lone = run_engine(1, 1);
    if (strcmp(only, "http") != 0)
        many = run_engine(CALLERS, seconds);
    if (strcmp(only, "engine") != 0)
        run_http(seconds, &http, &http_lone);
    bool has_pg = !*only && run_pg(seconds, &postgres);
    print_json(&many, &lone, &http, &http_lone, has_pg ? &postgres : NULL, &disk);
    house_reader_done(&b.cx);
    house_close(&b.open);
    nftw(b.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
