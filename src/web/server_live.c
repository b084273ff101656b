#include "web/server_in.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool live_publish(struct Server *server, const char *channel, i64 id, const char *name, Str data)
{
    bool added = live_add(server->live, str_from(channel), id, str_from(name), data);
    if (added)
        server_wake(server);
    return added;
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
        watcher->beat = false;
        return (ssize_t)count;
    case LIVE_BEHIND:
        return MHD_CONTENT_READER_END_OF_STREAM;
    case LIVE_NOTHING:
        break;
    }
    if (watcher->beat) {
        watcher->beat = false;
        return put(buffer, cap, ":\n\n");
    }
    watcher->asleep = true;
    MHD_suspend_connection(watcher->mhd);
    return 0;
}

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
    *watcher = (Watcher){.server = server, .cursor = *cursor, .mhd = job->mhd, .conn = job->conn};
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

void live_wake(Server *server)
{
    LiveChannel *channel;
    while ((channel = live_next_dirty(server->live)))
        for (Watcher *watcher = *live_channel_user(channel); watcher; watcher = watcher->next) {
            if (watcher->asleep)
                watcher_wake(watcher);
            else if (live_behind(server->live, &watcher->cursor))
                shutdown(watcher->conn->source.fd,
                         SHUT_RDWR); /* The library sees the end and closes. */
        }
}

void live_beat(Server *server)
{
    Watcher *first = server->beats[server->beat_at++ % BEAT_BUCKETS];
    for (Watcher *watcher = first; watcher; watcher = watcher->beat_next) {
        watcher->beat = true;
        watcher_wake(watcher);
    }
}

void live_hung(Watcher *watcher)
{
    watcher->ended = true;
    watcher_wake(watcher);
}

void live_end(Server *server)
{
    for (size_t b = 0; b < BEAT_BUCKETS; b++)
        for (Watcher *watcher = server->beats[b]; watcher; watcher = watcher->beat_next) {
            watcher->ended = true;
            watcher_wake(watcher);
        }
}
