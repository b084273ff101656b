#include "web/guard.h"
#include "web/server_in.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

/* ------------------------------------------------------------------------------ reading a head */

typedef struct HeadReader {
    Job *job;
    GuardHeaders guard;
    int status; /* 0 while all is well. */
    Buf query;
} HeadReader;

static enum MHD_Result read_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    HeadReader *reader = arg;
    Str n = {name, name_len};
    Str v = {value, value ? value_len : 0};
    (void)kind;
    if (guard_header(&reader->guard, n, v, &reader->status))
        return MHD_NO;
    request_add_header(&reader->job->request, n,
                       str_trim(v)); /* The library leaves blanks at the end. */
    return MHD_YES;
}

/* The library has cut the query at & and =; it is put together again to be decoded in one place. */
static enum MHD_Result read_argument(void *arg, enum MHD_ValueKind kind, const char *name,
                                     size_t name_len, const char *value, size_t value_len)
{
    HeadReader *reader = arg;
    (void)kind;
    if (reader->query.len > 0)
        buf_char(&reader->query, '&');
    buf_add(&reader->query, (Str){name, name_len});
    if (value) {
        buf_char(&reader->query, '=');
        buf_add(&reader->query, (Str){value, value_len});
    }
    return MHD_YES;
}

/* Behind the trusted proxy the client is the last one it names. */
static void read_peer(Job *job)
{
    Request *request = &job->request;
    const Conn *conn = job->conn;
    request->is_local = conn->is_local;
    request->peer = str_copy(&job->arena, str_from(conn->peer));
    if (!job->server->config.trust_proxy || conn->is_local || !conn_is_loopback(conn))
        return;
    Str last = {0};
    Str item;
    Str list = request_header(request, "x-forwarded-for");
    while (str_split(&list, ',', &item))
        last = str_trim(item);
    u8 address[16];
    const char *z = str_z(&job->arena, last);
    if (inet_pton(AF_INET, z, address) == 1 || inet_pton(AF_INET6, z, address) == 1)
        request->peer = last;
    request->is_secure = str_same(request_header(request, "x-forwarded-proto"), S("https"));
}

/* 0 or the status to refuse with. On a kept-alive connection this is the only look there is. */
static int read_head(Job *job, const char *url, const char *method, const char *version)
{
    Request *request = &job->request;
    HeadReader reader = {.job = job, .query = buf_new(&job->arena)};
    bool one_one = strcmp(version, "HTTP/1.1") == 0;
    if (!one_one && strcmp(version, "HTTP/1.0") != 0)
        return 505;
    job->one_one = one_one;
    reader.guard = guard_begin(one_one ? 1 : 0);
    MHD_get_connection_values_n(job->mhd, MHD_HEADER_KIND, read_header, &reader);
    if (reader.status != 0 || guard_end(&reader.guard, &reader.status))
        return reader.status;
    job->body_len = reader.guard.coding_count > 0 ? -1 : reader.guard.body_len;
    read_peer(job);
    if (!method_parse(str_from(method), &request->method))
        return 405;
    MHD_get_connection_values_n(job->mhd, MHD_GET_ARGUMENT_KIND, read_argument, &reader);
    if (request->method == METHOD_OPTIONS && strcmp(url, "*") == 0)
        return 0;
    Str target = str_from(url);
    if (!guard_target(target) || !request_set_path(request, target))
        return 400;
    return request_add_query(request, buf_str(&reader.query)) ? 0 : 400;
}

static void allow_header(Job *job, unsigned methods)
{
    Buf buf = buf_new(&job->arena);
    methods |= METHOD_OPTIONS;
    for (unsigned bit = METHOD_GET; bit <= METHOD_OPTIONS; bit <<= 1)
        if (methods & bit) {
            buf_z(&buf, buf.len > 0 ? ", " : "");
            buf_z(&buf, method_name((Method)bit));
        }
    response_header(&job->response, "Allow", buf_str(&buf));
}

static bool starts_with_case(Str s, const char *z)
{
    return s.len >= strlen(z) && strncasecmp(s.data, z, strlen(z)) == 0;
}

/* 0, or the status to answer at once. */
static int choose_route(Job *job)
{
    Server *server = job->server;
    Request *request = &job->request;
    Route *route = &job->route;
    if (server->config.admit && !server->config.admit(server, request))
        return 429;
    if (request->path.len == 0) { /* OPTIONS * */
        allow_header(job, 2 * METHOD_OPTIONS - 1);
        return 204;
    }
    server->config.route(server, request, route);
    request->data = route->data;
    if (route->status != 0)
        return route->status;
    if (route->methods == 0)
        return 404;
    if (route->methods & METHOD_GET)
        route->methods |= METHOD_HEAD;
    if (!(route->methods & (unsigned)request->method)) {
        allow_header(job, route->methods);
        return request->method == METHOD_OPTIONS ? 204 : 405;
    }
    if (job->body_len > route->body_max || (job->body_len < 0 && route->body_max <= 0))
        return 413;
    bool has_body = job->body_len != 0;
    bool multipart = starts_with_case(request->content_type, "multipart/form-data");
    if (has_body && !multipart && starts_with_case(request->content_type, "multipart/"))
        return 415;
    job->streamed = has_body && (multipart || (route->raw_file && route->sink));
    if (multipart)
        route->raw_file = false;
    if (!job->streamed && route->sink && route->body_max > FORM_MAX)
        route->body_max = FORM_MAX;
    return job->body_len > route->body_max ? 413 : 0;
}

/* ------------------------------------------------------------------------------------ the body */

static bool waits_for_continue(const Job *job)
{
    return request_header(&job->request, "expect").len > 0;
}

static bool rest_is_long(const Job *job)
{
    return job->body_len < 0 ? job->body_bytes - job->refused_at > DISCARD_MAX
                             : job->body_len - job->body_bytes > DISCARD_MAX;
}

/* The rest of a refused body: a short one is read to its end, a long one is cut off. */
static enum MHD_Result discard(Job *job, size_t *size)
{
    job->body_bytes += (i64)*size;
    *size = 0;
    if (!rest_is_long(job))
        return MHD_YES;
    conn_keep_reading(job->conn);
    refuse_raw(job->server, job->conn->source.fd, job->refusal,
               MHD_get_reason_phrase_for((unsigned)job->refusal));
    return MHD_NO;
}

static bool too_slow(const Job *job)
{
    i64 span_ms = job->server->now_ms - job->began_ms;
    return span_ms > BODY_GRACE_MS &&
           job->body_bytes < (span_ms - BODY_GRACE_MS) * BODY_BYTES_PER_S / 1000;
}

static void body_append(Job *job, const char *bytes, size_t count)
{
    if (job->piece_len + count > job->piece_cap) {
        size_t cap = job->streamed ? FEED_BYTES : (job->piece_len + count) * 2;
        job->piece = arena_grow(&job->arena, job->piece, job->piece_cap, cap);
        job->piece_cap = cap;
    }
    memcpy(job->piece + job->piece_len, bytes, count);
    job->piece_len += count;
}

static enum MHD_Result body_came(Job *job, const char *bytes, size_t *size)
{
    assert(job->state == JOB_READING);
    if (too_slow(job))
        return MHD_NO;
    if (job->refusal == 0 && job->body_bytes + (i64)*size > job->route.body_max) {
        job->refusal = 413;
        job->refused_at = job->body_bytes;
    }
    if (job->refusal != 0)
        return discard(job, size);
    size_t take = *size;
    if (job->streamed && take > FEED_BYTES - job->piece_len)
        take = FEED_BYTES - job->piece_len;
    body_append(job, bytes, take);
    job->body_bytes += (i64)take;
    *size -= take;
    if (job->streamed && job->piece_len == FEED_BYTES) {
        MHD_suspend_connection(job->mhd);
        job_submit(job, JOB_FEEDING);
    }
    return MHD_YES;
}

/* ------------------------------------------------------------------------------------ requests */

static enum MHD_Result refuse(Job *job, int status, void **slot)
{
    job->refusal = status;
    answer_refuse(job, status);
    return answer_queue(job, slot);
}

static enum MHD_Result request_began(Job *job, void **slot, const char *url, const char *method,
                                     const char *version)
{
    atomic_fetch_add(&job->server->stat_requests, 1);
    int status = read_head(job, url, method, version);
    bool unsound = status != 0;
    if (status == 0)
        status = choose_route(job);
    if (status == 0)
        return MHD_YES;
    bool no_body = job->body_len == 0 && !unsound;
    if (!no_body && !unsound && job->body_len > 0 && job->body_len <= DISCARD_MAX &&
        !waits_for_continue(job)) {
        job->refusal = status; /* Answered when the body has been read. */
        return MHD_YES;
    }
    if (!no_body)
        conn_keep_reading(job->conn);
    return refuse(job, status, slot);
}

/* The last byte has come. */
static enum MHD_Result request_complete(Job *job, void **slot)
{
    Server *server = job->server;
    i64 now_ms = clock_now_ms(server->clock);
    if (now_ms > server->stamp_ms)
        server->stamp_ms = now_ms;
    job->request.arrived_ms = server->stamp_ms;
    if (job->refusal != 0)
        return refuse(job, job->refusal, slot);
    if (job->route.asset || job->route.live.len > 0) {
        job->response.asset = job->route.asset;
        job->response.live = job->route.live;
        return answer_queue(job, slot);
    }
    MHD_suspend_connection(job->mhd);
    job_submit(job, JOB_HANDLING);
    return MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *size, void **slot)
{
    Server *server = arg;
    Job *job = *slot;
    if (!job) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        Conn *conn = info ? conn_of(server, info->connect_fd) : NULL;
        if (!conn)
            return MHD_NO;
        conn_busy(server, conn);
        job = job_new(server, conn, mhd);
        *slot = job;
        return request_began(job, slot, url, method, version);
    }
    if (server->giving_up)
        return MHD_NO;
    switch (job->state) {
    case JOB_READING:
        return *size > 0 ? body_came(job, bytes, size) : request_complete(job, slot);
    case JOB_DONE:
        if (job->refusal != 0)
            return refuse(job, job->refusal, slot);
        return answer_queue(job, slot);
    case JOB_FEEDING:
    case JOB_HANDLING:
    case JOB_ANSWERED:
    case JOB_DROPPING:
        break;
    }
    return MHD_YES;
}

static void on_completed(void *arg, struct MHD_Connection *mhd, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    Server *server = arg;
    Job *job = *slot;
    (void)code;
    *slot = NULL;
    if (job)
        job_end(job);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    Conn *conn = info ? conn_of(server, info->connect_fd) : NULL;
    if (conn)
        conn_idle(server, conn);
}

static void on_connection(void *arg, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    Server *server = arg;
    (void)context;
    if (code != MHD_CONNECTION_NOTIFY_CLOSED)
        return;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    Conn *conn = info ? conn_of(server, info->connect_fd) : NULL;
    if (conn)
        conn_closed(server, conn);
}

/* A worker has given the job back. */
void mhd_job_done(Server *server, Job *job)
{
    JobState before = job->state;
    job->state = JOB_DONE;
    if (!job->mhd) { /* The connection has gone meanwhile, or was never to be answered. */
        if (before == JOB_DROPPING)
            job_recycle(job);
        else
            job_end(job);
        return;
    }
    if (before == JOB_FEEDING) {
        job->state = JOB_READING;
        job->piece_len = 0;
        job->refused_at = job->body_bytes;
        conn_busy(server, job->conn);
    }
    MHD_resume_connection(job->mhd);
}

void mhd_give_up(Server *server)
{
    server->giving_up = true;
    for (size_t fd = 0; fd < server->by_fd_cap; fd++) {
        const Conn *conn = server->by_fd[fd];
        if (conn && conn->job &&
            (conn->job->state == JOB_FEEDING || conn->job->state == JOB_HANDLING))
            MHD_resume_connection(conn->job->mhd);
    }
}

/* ------------------------------------------------------------------------------------- daemons */

/* Escapes stay as they are: request_set_path and request_add_query decode, once. */
static size_t keep_escapes(void *arg, struct MHD_Connection *mhd, char *text)
{
    (void)arg;
    (void)mhd;
    return strlen(text);
}

static void PRINTF_LIKE(2, 0) log_library(void *arg, const char *format, va_list args)
{
    char text[256];
    (void)arg;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = 0;
    log_line(LOG_DEBUG_LEVEL, "front.library", "text", text, NULL);
}

static struct MHD_Daemon *start_one(Server *server, size_t pool_bytes, Source *source)
{
    unsigned idle_s = (unsigned)((server->config.idle_ms + 999) / 1000);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool_bytes, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)server->config.connection_max + 16, MHD_OPTION_CONNECTION_TIMEOUT, idle_s,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (!daemon)
        return NULL;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    *source = (Source){SOURCE_MHD, info->epoll_fd};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, info->epoll_fd, &event);
    return daemon;
}

bool mhd_start(Server *server)
{
    server->ordinary = start_one(server, POOL_BYTES, &server->mhd_ordinary);
    server->watching = start_one(server, LIVE_POOL_BYTES, &server->mhd_live);
    return server->ordinary && server->watching;
}

void mhd_stop(Server *server)
{
    if (server->ordinary)
        MHD_stop_daemon(server->ordinary);
    if (server->watching)
        MHD_stop_daemon(server->watching);
    server->ordinary = server->watching = NULL;
}
