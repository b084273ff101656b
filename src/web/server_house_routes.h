/* server_house_routes.h - the routes, handlers and sinks of the tests' small program. */
#ifndef WEB_SERVER_HOUSE_ROUTES_H
#define WEB_SERVER_HOUSE_ROUTES_H

#include "web/live.h"
#include "web/server.h"
#include "web/server_case.h"
#include "web/server_probe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define HOST      "Host: a.example\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

enum { MIB = 1024 * 1024 };

typedef struct App {
    Server *server;
    Arena arena;
    Clock clock;
    pthread_t thread;
    atomic_llong sunk_bytes;
    atomic_uint sunk_sum;
    atomic_int opened, dropped, handled, began, ended;
    atomic_bool hold;         /* /held waits while this is so. */
    _Atomic(Request *) never; /* The one nobody finishes. */
    char socket_path[64];
    char file_path[64];
} App;

static inline int sink_open(Request *request, Upload *upload)
{
    App *app = server_app(request->server);
    (void)upload;
    atomic_fetch_add(&app->opened, 1);
    return 0;
}

static inline int sink_write(Request *request, Upload *upload, const void *bytes, size_t count)
{
    App *app = server_app(request->server);
    const u8 *b = bytes;
    unsigned sum = 0;
    (void)upload;
    for (size_t i = 0; i < count; i++)
        sum += b[i];
    atomic_fetch_add(&app->sunk_sum, sum);
    atomic_fetch_add(&app->sunk_bytes, (i64)count);
    return 0;
}

static inline void sink_drop(Request *request, Upload *upload)
{
    App *app = server_app(request->server);
    (void)upload;
    atomic_fetch_add(&app->dropped, 1);
}

static inline int refuse_open(Request *request, Upload *upload)
{
    (void)request;
    (void)upload;
    return 507;
}

static const UploadSink sink = {sink_open, sink_write, sink_drop};
static const UploadSink full_sink = {refuse_open, sink_write, sink_drop};
static const Asset asset = {"a.css", "text/css", "11aa", {"plain text", 10}, {"gz", 2}, {NULL, 0}};

enum { AT_ECHO = 1, AT_UPLOAD, AT_LATER, AT_AGAIN, AT_NEVER, AT_HELD, AT_FILE, AT_FOLLOW, AT_BAD };

// clang-format off
static const struct {
    const char *path; int at; unsigned methods; i64 body_max; const UploadSink *sink; bool raw;
} paths[] = {
    { "/echo",   AT_ECHO,   METHOD_GET | METHOD_POST, MIB,       NULL,       false },
    { "/upload", AT_UPLOAD, METHOD_POST,              200 * MIB, &sink,      false },
    { "/raw",    AT_UPLOAD, METHOD_PUT,               200 * MIB, &sink,      true  },
    { "/full",   AT_UPLOAD, METHOD_POST,              200 * MIB, &full_sink, false },
    { "/later",  AT_LATER,  METHOD_GET,               0,         NULL,       false },
    { "/again",  AT_AGAIN,  METHOD_GET,               0,         NULL,       false },
    { "/never",  AT_NEVER,  METHOD_GET,               0,         NULL,       false },
    { "/held",   AT_HELD,   METHOD_GET,               0,         NULL,       false },
    { "/file",   AT_FILE,   METHOD_GET,               0,         NULL,       false },
    { "/follow", AT_FOLLOW, METHOD_GET,               0,         NULL,       false },
    { "/bad",    AT_BAD,    METHOD_GET,               0,         NULL,       false },
};
// clang-format on

static inline void route(Server *server, Request *request, Route *ret_route)
{
    (void)server;
    if (str_starts(request->path, S("/live/"))) {
        ret_route->methods = METHOD_GET;
        ret_route->live = str_slice(request->path, 6, request->path.len);
    } else if (str_same(request->path, S("/static/a.css"))) {
        ret_route->methods = METHOD_GET;
        ret_route->asset = &asset;
    }
    for (size_t i = 0; i < COUNT(paths); i++)
        if (str_same_z(request->path, paths[i].path)) {
            ret_route->methods = paths[i].methods;
            ret_route->body_max = paths[i].body_max;
            ret_route->sink = paths[i].sink;
            ret_route->raw_file = paths[i].raw;
            ret_route->data = (void *)(uintptr_t)&paths[i].at;
        }
}

static inline void *finish_soon(void *request)
{
    usleep(20 * 1000);
    server_finish(request);
    return NULL;
}

static inline void *again_soon(void *request)
{
    usleep(20 * 1000);
    server_again(request);
    return NULL;
}

static inline void in_thread(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, arg) == 0)
        pthread_detach(thread);
}

static inline void echo(const Request *request, Response *response)
{
    Buf buf = buf_new(request->arena);
    buf_format(&buf, "%s %.*s q=%.*s f=%.*s b=%.*s %s%s", method_name(request->method),
               STR_ARG(request->path), STR_ARG(request_query(request, "q")),
               STR_ARG(request_field(request, "f")), STR_ARG(request->body),
               request->is_local ? "local " : "", request->arrived_ms > 0 ? "at" : "");
    response_text(response, 200, "text/plain", buf_str(&buf));
}

static inline void uploaded(const Request *request, Response *response)
{
    i64 bytes = 0;
    for (Upload *upload = request->uploads; upload; upload = upload->next) {
        bytes += upload->bytes;
        upload->taken =
            str_same(request_field(request, "keep"), S("yes")) || request->method == METHOD_PUT;
    }
    response_text(response, 200, "text/plain",
                  str_format(request->arena, "%lld", (long long)bytes));
}

static inline Handled handle(Server *server, Request *request, Response *response)
{
    App *app = server_app(server);
    atomic_fetch_add(&app->handled, 1);
    switch (*(const int *)request->data) {
    case AT_ECHO:
        echo(request, response);
        break;
    case AT_UPLOAD:
        uploaded(request, response);
        break;
    case AT_LATER:
        response_text(response, 201, "text/plain", S("late"));
        in_thread(finish_soon, request);
        return HANDLED_LATER;
    case AT_AGAIN:
        if (request->turn < 2) {
            in_thread(again_soon, request);
            return HANDLED_LATER;
        }
        response_text(response, 200, "text/plain",
                      str_format(request->arena, "turn %d", request->turn));
        break;
    case AT_NEVER:
        atomic_store(&app->never, request);
        return HANDLED_LATER;
    case AT_HELD:
        while (atomic_load(&app->hold))
            usleep(1000);
        response_text(response, 200, "text/plain", S("held"));
        break;
    case AT_FILE:
        response->file_path = str_from(app->file_path);
        break;
    case AT_FOLLOW:
        response->live = S("by/handler");
        break;
    case AT_BAD:
        response_header(response, "X-A", S("b\r\nX-Forged: c"));
        response->file_path = S("/nonexistent/file");
        break;
    }
    return HANDLED_NOW;
}

static inline void worker_begin(Server *server, int worker)
{
    (void)worker;
    atomic_fetch_add(&((App *)server_app(server))->began, 1);
}

static inline void worker_end(Server *server, int worker)
{
    (void)worker;
    atomic_fetch_add(&((App *)server_app(server))->ended, 1);
}

#endif
