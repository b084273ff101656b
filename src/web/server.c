#include "web/guard.h"
#include "web/server_in.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS = 256 };

static i64 steady_ms(void)
{
    return clock_steady_ns() / 1000000;
}

static void set_defaults(ServerConfig *config)
{
    if (config->worker_count <= 0)
        config->worker_count = 2;
    if (config->connection_max <= 0)
        config->connection_max = 8192;
    if (config->head_ms <= 0)
        config->head_ms = 10 * 1000;
    if (config->idle_ms <= 0)
        config->idle_ms = 30 * 1000;
    if (config->stop_ms <= 0)
        config->stop_ms = 10 * 1000;
    if (config->beat_ms <= 0)
        config->beat_ms = 15 * 1000;
}

static bool open_wake(Server *server)
{
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->wake = (Source){SOURCE_WAKE, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &server->wake};
    return server->epoll_fd >= 0 && server->wake.fd >= 0 &&
           epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->wake.fd, &event) == 0;
}

static Server *make(Cx *cx, const ServerConfig *config)
{
    Server *server = ARENA_NEW(cx->arena, Server, 1);
    server->config = *config;
    set_defaults(&server->config);
    server->clock = cx->clock;
    server->epoll_fd = server->tcp.fd = server->local.fd = server->wake.fd = -1;
    server->heads.span_ms = server->config.head_ms;
    server->idles.span_ms = server->config.idle_ms + server->config.head_ms;
    server->hangs.span_ms = HANG_MS;
    server->lingers.span_ms = LINGER_MS;
    server->scratch = arena_take(&server->arena, GUARD_HEAD_MAX + 1);
    server->chain_count = (size_t)server->config.connection_max * 2 + 1;
    server->chains = ARENA_NEW(&server->arena, Conn *, server->chain_count);
    server->live = live_new();
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->work_came, NULL);
    return server;
}

static Err start(Cx *cx, Server *server)
{
    if (!open_wake(server) || !mhd_start(server))
        return err_set(cx, ERR_IO, NULL, "web.cannot_start");
    Err e = server->config.host ? listen_tcp(cx, server) : ERR_OK;
    if (e == ERR_OK && server->config.socket_path)
        e = listen_local(cx, server);
    return e;
}

Err server_init(Cx *cx, const ServerConfig *config, Server **ret_server)
{
    assert(config->route && config->handle && (config->host || config->socket_path));
    Server *server = make(cx, config);
    Err e = start(cx, server);
    if (e) {
        server_done(server);
        return e;
    }
    *ret_server = server;
    return ERR_OK;
}

void server_done(Server *server)
{
    const int fds[] = {server->tcp.fd, server->local.fd, server->wake.fd, server->epoll_fd};
    mhd_stop(server);
    for (Job *job = server->all_jobs; job; job = job->all_next)
        arena_done(&job->arena);
    live_done(server->live);
    for (size_t i = 0; i < COUNT(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->work_came);
    arena_done(&server->arena);
}

void server_wake(Server *server)
{
    u64 one = 1;
    ssize_t put = write(server->wake.fd, &one, sizeof one);
    (void)put; /* Full means that it is awake. */
}

void server_stop(Server *server)
{
    atomic_store(&server->stop_asked, true);
    server_wake(server);
}

int server_port(const Server *server)
{
    return server->port;
}

void *server_app(const Server *server)
{
    return server->config.app;
}

ServerStats server_stats(Server *server)
{
    return (ServerStats){
        .connection_count = atomic_load(&server->stat_conns),
        .watcher_count = atomic_load(&server->stat_watchers),
        .request_count = atomic_load(&server->stat_requests),
        .refused_count = atomic_load(&server->stat_refused),
    };
}

/* ------------------------------------------------------------------------------------ the loop */

static i64 earlier(i64 a, i64 b)
{
    return b != 0 && b < a ? b : a;
}

static i64 earlier_mhd(const Server *server, i64 due_ms, struct MHD_Daemon *daemon)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    if (MHD_get_timeout(daemon, &wait_ms) != MHD_YES || wait_ms > 1000 * 1000)
        return due_ms;
    return earlier(due_ms, server->now_ms + (i64)wait_ms);
}

/* How long the loop may sleep. */
static int wait_ms(const Server *server)
{
    const ConnList *const lists[] = {&server->heads, &server->idles, &server->hangs,
                                     &server->lingers};
    i64 due_ms = server->beat_due_ms;
    if (server->round.channel)
        return 0; /* Watchers wait for their turn. */
    for (size_t i = 0; i < COUNT(lists); i++)
        if (lists[i]->first)
            due_ms = earlier(due_ms, lists[i]->first->due_ms);
    due_ms = earlier(due_ms, server->pause_until_ms);
    due_ms = earlier(due_ms, server->stop_due_ms);
    due_ms = earlier_mhd(server, due_ms, server->ordinary);
    due_ms = earlier_mhd(server, due_ms, server->watching);
    i64 wait = due_ms - steady_ms();
    return wait < 0 ? 0 : (int)(wait < 60000 ? wait : 60000);
}

static void drain_wake(Server *server)
{
    u64 count;
    ssize_t got = read(server->wake.fd, &count, sizeof count);
    (void)got;
}

static void event_came(Server *server, const struct epoll_event *event)
{
    Source *source = event->data.ptr;
    switch (source->kind) {
    case SOURCE_TCP:
    case SOURCE_UNIX:
        if (!server->stopping)
            accept_all(server, source);
        break;
    case SOURCE_WAKE:
        drain_wake(server);
        break;
    case SOURCE_MHD:
        break; /* MHD_run comes every turn. */
    case SOURCE_CONN:
        conn_ready(server, (Conn *)source, event->events);
        break;
    }
}

static void begin_stop(Server *server)
{
    server->stopping = true;
    server->stop_due_ms = server->now_ms + server->config.stop_ms;
    server->pause_until_ms = 0;
    if (server->config.socket_path && server->local.fd >= 0)
        unlink(server->config.socket_path);
    Source *const listeners[] = {&server->tcp, &server->local};
    for (size_t i = 0; i < COUNT(listeners); i++)
        if (listeners[i]->fd >= 0) {
            close(listeners[i]->fd);
            listeners[i]->fd = -1;
        }
    conns_close_unread(server);
    live_end(server);
}

static void turn(Server *server)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(server->epoll_fd, events, EVENTS, wait_ms(server));
    server->now_ms = steady_ms();
    for (int i = 0; i < count; i++)
        event_came(server, &events[i]);
    for (Job *job = jobs_take_done(server), *next; job; job = next) {
        next = job->next;
        mhd_job_done(server, job);
    }
    if (atomic_load(&server->stop_asked) && !server->stopping)
        begin_stop(server);
    live_wake(server);
    if (server->beat_due_ms <= server->now_ms) {
        live_beat(server);
        server->beat_due_ms =
            server->now_ms + (server->config.beat_ms + BEAT_BUCKETS - 1) / BEAT_BUCKETS;
    }
    conn_expire(server);
    MHD_run(server->ordinary);
    MHD_run(server->watching);
}

static bool finished(const Server *server)
{
    return server->stopping &&
           ((server->job_count == 0 && atomic_load(&server->stat_watchers) == 0) ||
            server->stop_due_ms <= server->now_ms);
}

void server_run(Server *server)
{
    signal(SIGPIPE, SIG_IGN);
    server->now_ms = steady_ms();
    server->beat_due_ms = server->now_ms;
    if (!workers_start(server)) {
        log_line(LOG_ERROR_LEVEL, "front.no_threads", NULL);
        server_stop(server);
    }
    while (!finished(server))
        turn(server);
    if (server->job_count > 0)
        log_line(LOG_WARN_LEVEL, "front.requests_cut", NULL);
    mhd_give_up(server);
    MHD_run(server->ordinary);
    MHD_run(server->watching);
    mhd_stop(server);
    workers_stop(server);
    conns_close_unread(server);
}
