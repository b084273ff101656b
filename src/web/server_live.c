/* Serving watchers. The library sends the head, the greeting and what was missed; then it is told
 * to leave the connection alone, and the loop writes events to its socket itself: one system call
 * a watcher, the same bytes for all. A round serves LIVE_TURN watchers in each turn of the loop,
 * so that bids are taken meanwhile. */
#include "web/server_in.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

bool live_publish(struct Server *server, const char *channel, i64 id, const char *name, Str data)
{
    bool added = live_add(server->live, str_from(channel), id, str_from(name), data);
    if (added)
        server_wake(server);
    return added;
}

LiveNeed live_need(struct Server *server, const char *channel)
{
    return live_needed(server->live, str_from(channel));
}

void live_pass_over(struct Server *server, i64 id)
{
    live_skip(server->live, id);
}

void live_set_floor(struct Server *server, i64 id)
{
    live_floor(server->live, id);
}

static void watcher_wake(Watcher *watcher)
{
    if (!watcher->asleep)
        return;
    watcher->asleep = false;
    MHD_resume_connection(watcher->mhd);
}

static ssize_t put(char *buffer, size_t cap, const char *text)
{
    size_t len = strlen(text);
    assert(len <= cap);
    memcpy(buffer, text, len); // NOLINT: bytes for the wire, no C string
    return (ssize_t)len;
}

/* Called when the socket can take more; sleeps when there is nothing. */
static ssize_t read_next(void *arg, u64 pos, char *buffer, size_t cap)
{
    Watcher *watcher = arg;
    (void)pos;
    if (watcher->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (cap < 64)
        return 0;
    if (!watcher->greeted) {
        watcher->greeted =
            true; /* So that the head goes out, and with it the news that all is well. */
        return put(buffer, cap, "retry: 2000\n\n");
    }
    size_t count = 0;
    switch (live_read(watcher->server->live, &watcher->cursor, buffer, cap, &count)) {
    case LIVE_SOME:
        return (ssize_t)count;
    case LIVE_BEHIND:
        return MHD_CONTENT_READER_END_OF_STREAM;
    case LIVE_NOTHING:
        break;
    }
    int one = 1, most = LIVE_SOCKET_BYTES;
    setsockopt(watcher->conn->source.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(watcher->conn->source.fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
    watcher->asleep = true;
    MHD_suspend_connection(watcher->mhd);
    return 0;
}

/* ---- writing past the library ---- */

static void watch_room(Watcher *watcher, bool room)
{
    Conn *conn = watcher->conn;
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET | (room ? EPOLLOUT : 0u),
                                .data.ptr = conn};
    watcher->blocked = room;
    epoll_ctl(watcher->server->epoll_fd, EPOLL_CTL_MOD, conn->source.fd, &event);
}

/* It comes back by itself, and says what it saw last. */
static void watcher_cut(Watcher *watcher)
{
    if (watcher->ended)
        return;
    watcher->ended = true;
    shutdown(watcher->conn->source.fd, SHUT_RDWR);
    watcher_wake(watcher);
}

/* The library closes it; in the middle of a chunk there is no good end. */
static void watcher_end(Watcher *watcher)
{
    if (watcher->asleep && (watcher->chunk_left > 0 || watcher->tail_left > 0))
        watcher_cut(watcher);
    watcher->ended = true;
    watcher_wake(watcher);
}

/* Sends the parts; -1 when the socket takes nothing now, -2 when it is broken. */
static ssize_t send_parts(const Watcher *watcher, struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t sent = sendmsg(watcher->conn->source.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == EINTR ? -1 : -2;
}

/* Begins a chunk. What the socket does not take now is noted; false: no more goes out now. */
static bool send_chunk(Watcher *watcher, char *bytes, size_t count)
{
    char head[24];
    size_t head_len = 0, tail_len = 0;
    if (watcher->chunked) {
        head_len = (size_t)snprintf(head, sizeof head, "%zx\r\n", count);
        tail_len = 2;
    }
    struct iovec parts[] = {{head, head_len}, {bytes, count}, {"\r\n", tail_len}};
    ssize_t sent = send_parts(watcher, parts, COUNT(parts));
    size_t all = head_len + count + tail_len;
    if (sent == -2 || (sent >= 0 && (size_t)sent < head_len)) {
        watcher_cut(watcher);
        return false;
    }
    if (sent == -1) {
        watch_room(watcher, true);
        return false;
    }
    size_t done = (size_t)sent - head_len;
    watcher->chunk_left = done < count ? count - done : 0;
    watcher->cursor.at += count - watcher->chunk_left;
    size_t left = all - (size_t)sent;
    watcher->tail_left = (u8)(left < tail_len ? left : tail_len);
    if (left > 0)
        watch_room(watcher, true);
    return left == 0;
}

/* The rest of a chunk. False: no more goes out now. */
static bool send_rest(Watcher *watcher)
{
    char bytes[4096];
    while (watcher->chunk_left > 0 || watcher->tail_left > 0) {
        size_t cap = watcher->chunk_left < sizeof bytes ? watcher->chunk_left : sizeof bytes;
        size_t count = 0;
        LiveCursor next = watcher->cursor;
        if (cap > 0 && live_read(watcher->server->live, &next, bytes, cap, &count) != LIVE_SOME) {
            watcher_cut(watcher); /* It is kept no more. */
            return false;
        }
        size_t tail = count == watcher->chunk_left ? watcher->tail_left : 0;
        struct iovec parts[] = {{bytes, count}, {(char *)"\r\n" + 2 - tail, tail}};
        ssize_t sent = send_parts(watcher, parts, COUNT(parts));
        if (sent == -2)
            watcher_cut(watcher);
        if (sent < 0)
            return false;
        size_t of_chunk = (size_t)sent < count ? (size_t)sent : count;
        watcher->cursor.at += of_chunk;
        watcher->chunk_left -= of_chunk;
        watcher->tail_left = (u8)(watcher->tail_left - ((size_t)sent - of_chunk));
        if ((size_t)sent < count + tail)
            return false;
    }
    return true;
}

/* All that there is for a watcher who is not with the others. */
void live_writable(Watcher *watcher)
{
    char bytes[4096];
    size_t count = 0;
    if (!watcher->asleep || !watcher->blocked || !send_rest(watcher))
        return;
    watch_room(watcher, false);
    for (;;) {
        LiveCursor next = watcher->cursor;
        LiveRead read = live_read(watcher->server->live, &next, bytes, sizeof bytes, &count);
        if (read == LIVE_BEHIND)
            watcher_end(watcher);
        if (read != LIVE_SOME || !send_chunk(watcher, bytes, count))
            return;
    }
}

/* ---- rounds ---- */

static bool round_begin(Server *server)
{
    size_t have = 0, count = 0;
    if (!live_round(server->live, &server->round))
        return false;
    if (!server->round_bytes)
        server->round_bytes = arena_take(&server->arena, LIVE_BYTES);
    server->round_from = server->round.at;
    while (have < LIVE_BYTES && live_read(server->live, &server->round, server->round_bytes + have,
                                          LIVE_BYTES - have, &count) == LIVE_SOME)
        have += count;
    server->round_next = *live_channel_user(server->round.channel);
    return true;
}

/* Most stand where the round begins; who came later has had a part of it. */
static void round_serve(Server *server, Watcher *watcher)
{
    u64 at = watcher->cursor.at, end = server->round.at;
    if (watcher->ended)
        return;
    if (!watcher->asleep || watcher->blocked || at < server->round_from) {
        if (live_behind(server->live, &watcher->cursor))
            watcher_cut(watcher);
        else if (watcher->asleep && !watcher->blocked)
            watch_room(watcher, true);
        return;
    }
    if (at < end)
        send_chunk(watcher, server->round_bytes + (at - server->round_from), (size_t)(end - at));
}

void live_wake(Server *server)
{
    for (int left = LIVE_TURN; left > 0;) {
        if (!server->round.channel && !round_begin(server))
            return;
        for (; left > 0 && server->round_next; left--) {
            Watcher *watcher = server->round_next;
            server->round_next = watcher->next;
            round_serve(server, watcher);
        }
        if (!server->round_next)
            live_round_end(server->live, &server->round);
    }
}

/* ---- a watcher ---- */

static void link_watcher(Watcher **list, Watcher *watcher)
{
    watcher->next = *list;
    watcher->link = list;
    if (*list)
        (*list)->link = &watcher->next;
    *list = watcher;
}

static void link_beat(Watcher **list, Watcher *watcher)
{
    watcher->beat_next = *list;
    watcher->beat_link = list;
    if (*list)
        (*list)->beat_link = &watcher->beat_next;
    *list = watcher;
}

static Watcher *watcher_new(Server *server, const Job *job, const LiveCursor *cursor)
{
    Watcher *watcher = server->free_watchers;
    if (watcher)
        server->free_watchers = watcher->next;
    else
        watcher = ARENA_NEW(&server->arena, Watcher, 1);
    *watcher = (Watcher){.server = server,
                         .cursor = *cursor,
                         .mhd = job->mhd,
                         .conn = job->conn,
                         .chunked = job->one_one};
    job->conn->watcher = watcher;
    link_watcher((Watcher **)live_channel_user(cursor->channel), watcher);
    link_beat(&server->beats[server->beat_new++ % BEAT_BUCKETS], watcher);
    atomic_fetch_add(&server->stat_watchers, 1);
    return watcher;
}

static void watcher_done(void *arg)
{
    Watcher *watcher = arg;
    Server *server = watcher->server;
    watcher->conn->watcher = NULL;
    if (server->round_next == watcher)
        server->round_next = watcher->next;
    *watcher->link = watcher->next;
    if (watcher->next)
        watcher->next->link = watcher->link;
    *watcher->beat_link = watcher->beat_next;
    if (watcher->beat_next)
        watcher->beat_next->beat_link = watcher->beat_link;
    live_leave(server->live, &watcher->cursor);
    watcher->next = server->free_watchers;
    server->free_watchers = watcher;
    atomic_fetch_sub(&server->stat_watchers, 1);
}

/* The last event the browser saw: Last-Event-ID when it comes back by itself, ?last= from the page.
 */
static i64 last_seen(const Request *request)
{
    i64 id;
    if (str_to_i64(request_header(request, "last-event-id"), &id) && id >= 0)
        return id;
    if (str_to_i64(request_query(request, "last"), &id) && id >= 0)
        return id;
    return -1;
}

/* The job has done its part: a watcher is a position in a channel and little else. */
enum MHD_Result live_answer(Job *job, void **job_slot)
{
    Server *server = job->server;
    Response *response = &job->response;
    LiveCursor cursor;
    if (server->stopping ||
        !live_follow(server->live, response->live, last_seen(&job->request), &cursor)) {
        response->live = (Str){0};
        answer_refuse(job, 503);
        return answer_queue(job, job_slot);
    }
    Watcher *watcher = watcher_new(server, job, &cursor);
    struct MHD_Response *out = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, LIVE_BLOCK_BYTES,
                                                                 read_next, watcher, watcher_done);
    if (!out) {
        watcher_done(watcher);
        return MHD_NO;
    }
    MHD_add_response_header(out, "Content-Type", "text/event-stream");
    if (job->one_one) /* As the loop writes it; an older client reads to the end. */
        MHD_add_response_header(out, "Transfer-Encoding", "chunked");
    MHD_add_response_header(out, "X-Accel-Buffering", "no");
    MHD_add_response_header(out, "Cache-Control", "no-store");
    MHD_add_response_header(out, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(out, "X-Frame-Options", "DENY");
    MHD_add_response_header(out, "Referrer-Policy", "same-origin");
    enum MHD_Result queued = MHD_queue_response(job->mhd, 200, out);
    MHD_destroy_response(out);
    job->state = JOB_ANSWERED;
    *job_slot = NULL;
    job_end(job);
    return queued;
}

void live_beat(Server *server)
{
    static char beat[] = ":\n\n";
    Watcher *first = server->beats[server->beat_at++ % BEAT_BUCKETS];
    for (Watcher *watcher = first, *next; watcher; watcher = next) {
        next = watcher->beat_next;
        if (!watcher->asleep || watcher->blocked)
            continue;
        u64 at = watcher->cursor.at;
        send_chunk(watcher, beat, sizeof beat - 1);
        watcher->cursor.at = at; /* No event. */
        if (watcher->chunk_left > 0 || watcher->tail_left > 0)
            watcher_cut(watcher); /* In the middle of three bytes. */
    }
}

void live_hung(Watcher *watcher)
{
    watcher_end(watcher);
}

void live_end(Server *server)
{
    for (size_t b = 0; b < BEAT_BUCKETS; b++)
        for (Watcher *watcher = server->beats[b], *next; watcher; watcher = next) {
            next = watcher->beat_next;
            watcher_end(watcher);
        }
}
