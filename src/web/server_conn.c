#include "web/guard.h"
#include "web/server_in.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------ lists */

static void list_put(ConnList *list, Conn *conn, i64 now_ms)
{
    assert(!conn->list);
    conn->list = list;
    conn->due_ms = now_ms + list->span_ms;
    conn->before = list->last;
    conn->after = NULL;
    if (list->last)
        list->last->after = conn;
    else
        list->first = conn;
    list->last = conn;
}

static void list_take(Conn *conn)
{
    ConnList *list = conn->list;
    if (!list)
        return;
    if (conn->before)
        conn->before->after = conn->after;
    else
        list->first = conn->after;
    if (conn->after)
        conn->after->before = conn->before;
    else
        list->last = conn->before;
    conn->list = NULL;
}

void conn_idle(Server *server, Conn *conn)
{
    list_take(conn);
    list_put(conn->hung ? &server->hangs : &server->idles, conn, server->now_ms);
}

void conn_busy(Server *server, Conn *conn)
{
    list_take(conn);
    if (conn->hung)
        list_put(&server->hangs, conn, server->now_ms);
}

/* -------------------------------------------------------------------------------- accepting */

static void address_key(Conn *conn, const struct sockaddr_storage *from)
{
    memset(conn->address, 0, sizeof conn->address);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        conn->address[0] = 4;
        memcpy(conn->address + 1, &v4->sin_addr, 4);
        inet_ntop(AF_INET, &v4->sin_addr, conn->peer, sizeof conn->peer);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
        bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        conn->address[0] = mapped ? 4 : 6;
        memcpy(conn->address + 1, v6->sin6_addr.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 8);
        if (mapped)
            inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, conn->peer, sizeof conn->peer);
        else
            inet_ntop(AF_INET6, &v6->sin6_addr, conn->peer, sizeof conn->peer);
    } else {
        memcpy(conn->peer, "local", sizeof "local");
    }
}

bool conn_is_loopback(const Conn *conn)
{
    return strncmp(conn->peer, "127.", 4) == 0 || strcmp(conn->peer, "::1") == 0;
}

static Conn **chain_of(Server *server, const Conn *conn)
{
    u64 hash = 14695981039346656037u;
    for (size_t i = 0; i < sizeof conn->address; i++)
        hash = (hash ^ conn->address[i]) * 1099511628211u;
    return &server->chains[(hash ^ hash >> 29) % server->chain_count];
}

/* Counts the connection under its address. False: that address has enough. */
static bool address_admit(Server *server, Conn *conn)
{
    if (conn->is_local || server->config.address_max <= 0 ||
        (server->config.trust_proxy && conn_is_loopback(conn)))
        return true;
    int count = 0;
    Conn **chain = chain_of(server, conn);
    for (const Conn *c = *chain; c; c = c->chain_next)
        count += memcmp(c->address, conn->address, sizeof c->address) == 0;
    if (count >= server->config.address_max)
        return false;
    conn->chain_next = *chain;
    *chain = conn;
    conn->counted = true;
    return true;
}

static void address_leave(Server *server, Conn *conn)
{
    if (!conn->counted)
        return;
    Conn **link = chain_of(server, conn);
    while (*link != conn)
        link = &(*link)->chain_next;
    *link = conn->chain_next;
    conn->counted = false;
}

static Conn *conn_new(Server *server, int fd)
{
    Conn *conn = server->free_conns;
    if (conn)
        server->free_conns = conn->chain_next;
    else
        conn = ARENA_NEW(&server->arena, Conn, 1);
    memset(conn, 0, sizeof *conn);
    conn->source = (Source){SOURCE_CONN, fd};
    conn->linger_fd = -1;
    if ((size_t)fd >= server->by_fd_cap) {
        size_t cap = (size_t)fd * 2 + 64;
        server->by_fd = arena_grow(&server->arena, server->by_fd,
                                   server->by_fd_cap * sizeof(Conn *), cap * sizeof(Conn *));
        server->by_fd_cap = cap;
    }
    server->by_fd[fd] = conn;
    server->conn_count++;
    atomic_store(&server->stat_conns, server->conn_count);
    return conn;
}

Conn *conn_of(Server *server, int fd)
{
    return fd >= 0 && (size_t)fd < server->by_fd_cap ? server->by_fd[fd] : NULL;
}

/* Forgets it; the socket is closed elsewhere. */
static void conn_done(Server *server, Conn *conn)
{
    assert(server->by_fd[conn->source.fd] == conn);
    list_take(conn);
    address_leave(server, conn);
    server->by_fd[conn->source.fd] = NULL;
    conn->chain_next = server->free_conns;
    server->free_conns = conn;
    server->conn_count--;
    atomic_store(&server->stat_conns, server->conn_count);
}

static void conn_close(Server *server, Conn *conn)
{
    int fd = conn->source.fd;
    conn_done(server, conn);
    close(fd);
}

/* Only who runs the server, or root, may come over the unix socket. */
static bool peer_is_owner(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

void accept_pause(Server *server, bool pause)
{
    Source *const sources[] = {&server->tcp, &server->local};
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct epoll_event event = {.events = pause ? 0 : EPOLLIN, .data.ptr = sources[i]};
        if (sources[i]->fd >= 0)
            epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, sources[i]->fd, &event);
    }
    server->pause_until_ms = pause ? server->now_ms + ACCEPT_PAUSE_MS : 0;
}

/* Edge-triggered: an event comes with each arrival, so a head that is peeked at and left in the
 * socket does not make the loop spin, without SO_RCVLOWAT, which unix sockets do not heed. */
static void conn_watch(Server *server, Conn *conn)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = conn};
    list_put(&server->heads, conn, server->now_ms);
    if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, conn->source.fd, &event) != 0)
        conn_close(server, conn);
}

void accept_all(Server *server, const Source *source)
{
    for (int i = 0; i < 256; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof from;
        if (server->conn_count >= server->config.connection_max) {
            accept_pause(server, true);
            return;
        }
        int fd = accept4(source->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                accept_pause(server, true);
            if (errno == ECONNABORTED || errno == EINTR)
                continue;
            return;
        }
        Conn *conn = conn_new(server, fd);
        int one = 1;
        conn->is_local = source->kind == SOURCE_UNIX;
        address_key(conn, &from);
        if (!conn->is_local)
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if ((conn->is_local && !peer_is_owner(fd)) || !address_admit(server, conn))
            conn_close(server, conn);
        else
            conn_watch(server, conn);
    }
}

/* ------------------------------------------------------------------------------ the raw head */

/* Throws away what still comes until the peer closes or the time is over, so that the answer is not
 * lost to a reset. */
static void conn_linger(Server *server, Conn *conn)
{
    int fd = conn->source.fd;
    conn->state = CONN_LINGER;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = conn};
    list_take(conn);
    list_put(&server->lingers, conn, server->now_ms);
    shutdown(fd, SHUT_WR);
    if (epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0 &&
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        conn_close(server, conn);
}

void conn_keep_reading(Conn *conn)
{
    if (conn->linger_fd < 0)
        conn->linger_fd = fcntl(conn->source.fd, F_DUPFD_CLOEXEC, 0);
}

void conn_closed(Server *server, Conn *conn)
{
    int fd = conn->linger_fd;
    epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, conn->source.fd,
              NULL); /* `fd` would keep it there. */
    conn_done(server, conn);
    if (fd >= 0)
        conn_linger(server, conn_new(server, fd));
}

void conns_close_unread(Server *server)
{
    while (server->heads.first)
        conn_close(server, server->heads.first);
    while (server->lingers.first)
        conn_close(server, server->lingers.first);
}

static void linger_ready(Server *server, Conn *conn)
{
    for (int i = 0; i < 16; i++) {
        ssize_t got = recv(conn->source.fd, server->scratch, GUARD_HEAD_MAX, 0);
        if (got > 0)
            continue;
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            conn_close(server, conn);
        return;
    }
}

bool refuse_raw(Server *server, int fd, int status, const char *reason)
{
    char text[512];
    const char *allow =
        status == 405 ? "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" : "";
    int len = snprintf(
        text, sizeof text,
        "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: %zu\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n"
        "%s\r\n%s\n",
        status, MHD_get_reason_phrase_for((unsigned)status), strlen(reason) + 1, allow, reason);
    assert(len > 0 && (size_t)len < sizeof text);
    atomic_fetch_add(&server->stat_refused, 1);
    return send(fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) == len;
}

static void head_refuse(Server *server, Conn *conn, const Guard *guard)
{
    if (refuse_raw(server, conn->source.fd, guard->status, guard->reason))
        conn_linger(server, conn);
    else
        conn_close(server, conn);
}

static bool wants_live(const Server *server, const Guard *guard)
{
    return server->config.live_prefix && str_same(guard->method, S("GET")) &&
           guard->head_len <= LIVE_HEAD_MAX && guard->body_len == 0 &&
           str_starts(guard->target, str_from(server->config.live_prefix));
}

static void conn_give(Server *server, Conn *conn, const Guard *guard)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    int fd = conn->source.fd;
    bool live = wants_live(server, guard);
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.ptr = conn};
    epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, fd, &event);
    conn->state = CONN_GIVEN;
    getpeername(fd, (struct sockaddr *)&address, &len);
    if (conn->is_local) { /* The library takes internet addresses only; we keep our own note of it.
                           */
        struct sockaddr_in none = {.sin_family = AF_INET};
        memcpy(&address, &none, sizeof none);
        len = sizeof none;
    }
    struct MHD_Daemon *daemon = live ? server->watching : server->ordinary;
    conn_idle(server, conn);
    if (MHD_add_connection(daemon, fd, (struct sockaddr *)&address, len) != MHD_YES &&
        conn_of(server, fd) == conn)
        conn_done(server, conn); /* It has closed the socket. */
}

/* The library may miss an end that comes together with the last bytes, and does not look at
 * sleeping connections at all. A little later, when it has read what there was, nothing more can
 * come. */
static void hang_check(Server *server, Conn *conn)
{
    char byte;
    list_take(conn);
    if (conn->watcher)
        live_hung(conn->watcher);
    else if (recv(conn->source.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
        list_put(&server->hangs, conn, server->now_ms);
    else if (!conn->job || conn->job->state == JOB_READING)
        shutdown(conn->source.fd, SHUT_RDWR);
}

void conn_ready(Server *server, Conn *conn, unsigned events)
{
    if (conn->state == CONN_GIVEN) {
        if (conn->watcher && !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) {
            live_writable(conn->watcher);
            return;
        }
        conn->hung = true;
        list_take(conn);
        list_put(&server->hangs, conn, server->now_ms);
        return;
    }
    if (conn->state == CONN_LINGER) {
        linger_ready(server, conn);
        return;
    }
    assert(conn->state == CONN_HEAD);
    ssize_t got = recv(conn->source.fd, server->scratch, GUARD_HEAD_MAX + 1, MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        conn_close(server, conn);
        return;
    }
    Guard guard = guard_head((Str){server->scratch, (size_t)got});
    if (guard.verdict == GUARD_REFUSE)
        head_refuse(server, conn, &guard);
    else if (guard.verdict == GUARD_OK)
        conn_give(server, conn, &guard);
    else if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        conn_close(server, conn);
}

void conn_expire(Server *server)
{
    while (server->heads.first && server->heads.first->due_ms <= server->now_ms)
        conn_close(server, server->heads.first);
    while (server->lingers.first && server->lingers.first->due_ms <= server->now_ms)
        conn_close(server, server->lingers.first);
    while (server->hangs.first && server->hangs.first->due_ms <= server->now_ms)
        hang_check(server, server->hangs.first);
    while (server->idles.first && server->idles.first->due_ms <= server->now_ms) {
        Conn *conn = server->idles.first;
        list_take(conn);
        shutdown(conn->source.fd, SHUT_RDWR); /* The library sees the end and closes. */
    }
    if (server->pause_until_ms != 0 && server->pause_until_ms <= server->now_ms &&
        !server->stopping)
        accept_pause(server, false);
}
