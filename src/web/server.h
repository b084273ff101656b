/* server.h - the HTTP front: one loop thread for the sockets, worker threads for the handlers.
 *
 * The loop accepts, has guard.h look at each raw head, and gives the connection to libmicrohttpd. A
 * request is routed by a fast callback on the loop, its body is collected (files stream to a sink
 * on a worker), then a worker calls handle() while the connection sleeps. A handler is pure:
 * Request in, Response out, no socket, so tests call it directly (request_make).
 *
 * Threads: route, refused and admit run on the loop thread and must not block. handle, the sink,
 * and worker_begin/worker_end run on workers. server_stop, server_finish, server_again and
 * live_publish (live.h) may be called from any thread. Everything of a request lives in
 * request->arena and ends when the answer has been sent.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "base/base.h"
#include "web/server_asset.h"

typedef struct Server Server;

/* Bits, so that a route can name several. */
typedef enum Method {
    METHOD_GET = 1,
    METHOD_HEAD = 2,
    METHOD_POST = 4,
    METHOD_PUT = 8,
    METHOD_PATCH = 16,
    METHOD_DELETE = 32,
    METHOD_OPTIONS = 64,
} Method;

typedef struct WebPair {
    Str name;
    Str value;
} WebPair;

typedef struct WebPairs {
    WebPair *items;
    size_t count;
    size_t cap;
} WebPairs;

/* A file that came with a request. The sink keeps what it needs in `kept`. The handler sets `taken`
 * when it has made the file its own; the sink's drop is called for every other one. */
typedef struct Upload Upload;
struct Upload {
    Str field;        /* Name of the form field; empty for a raw body. */
    Str file_name;    /* As the client said it, valid UTF-8, last path segment; never a path. */
    Str content_type; /* As the client said it. */
    i64 bytes;
    bool whole; /* The last byte has come. */
    bool taken;
    void *kept;
    Upload *next;
};

typedef struct Request Request;

/* Where files go. open and write give 0 or the HTTP status to refuse with (413, 415, 500, 507). */
typedef struct UploadSink {
    int (*open)(Request *request, Upload *upload);
    int (*write)(Request *request, Upload *upload, const void *bytes, size_t count);
    void (*drop)(Request *request, Upload *upload); /* Only for an upload that open accepted. */
} UploadSink;

struct Request {
    Method method;
    Str path;      /* Decoded once: valid UTF-8, no NUL, no dot segments, no coded slash. */
    Str raw_query; /* Behind the question mark; '+' has become a space, %XX has not. */
    WebPairs query;
    WebPairs headers; /* Names in lower case. */
    WebPairs cookies;
    WebPairs form;    /* Urlencoded fields, or the text parts of a multipart form. */
    Upload *uploads;  /* In the order they came. */
    Str content_type; /* Media type in lower case without parameters; may be empty. */
    Str body;         /* Raw, unless it was multipart or streamed to the sink. */
    Str peer;         /* Address as text; the client's behind a trusted proxy; "local". */
    bool is_local;    /* Came over the unix socket. */
    bool is_secure;   /* The trusted proxy said https. */
    i64 arrived_ms;   /* When the last byte came. Never earlier than that of a request before. */
    int worker;       /* Number of the worker that runs the handler. */
    int turn;         /* 0, then one more for each server_again. */
    Server *server;
    Arena *arena;
    void *data; /* Route.data. */
    void *user; /* The handler's own. */
};

typedef struct Response {
    int status;         /* 200. */
    Str content_type;   /* "text/html; charset=utf-8". */
    Str body;           /* In the request's arena, or static. */
    const Asset *asset; /* Instead of body. */
    Str file_path;      /* Instead of body: a file to stream. */
    Str live;           /* Instead of body: the channel to follow; live.h. */
    WebPairs headers;
    Arena *arena;
} Response;

/* What route() decides before the body arrives. All zero: 404. */
typedef struct Route {
    unsigned methods;       /* Those served here; others get 405 with Allow, OPTIONS gets 204. */
    int status;             /* Not 0: refused with this. */
    i64 body_max;           /* Bytes of a body; more is 413. 0: no body. */
    const UploadSink *sink; /* Files go here; NULL: a form with a file is refused with 415. */
    bool raw_file;          /* A body that is no form goes to the sink as one upload. */
    const Asset *asset;     /* Answered by the loop itself. */
    Str live;               /* Followed without asking a handler: public channels. */
    void *data;
} Route;

typedef enum Handled {
    HANDLED_NOW,   /* The response is ready. */
    HANDLED_LATER, /* server_finish or server_again will be called; the handler touches nothing
                      more. */
} Handled;

typedef struct ServerConfig {
    const char *host;        /* Address to listen on; NULL: no TCP. */
    int port;                /* 0: any free one; server_port tells. */
    const char *socket_path; /* Unix socket for the local command line, mode 0600; NULL: none. */
    int worker_count;        /* Default 2. */
    int connection_max;      /* Default 8192. */
    int address_max;         /* Connections of one address (IPv6: one /64). 0: no limit. */
    i64 head_ms;             /* For a head to arrive. Default 10 s. */
    i64 idle_ms;             /* Without a byte, in a body or between requests. Default 30 s. */
    i64 stop_ms;             /* For requests under way when stopping. Default 10 s. */
    i64 beat_ms;             /* Between heartbeats of a live page. Default 15 s. */
    bool trust_proxy; /* From loopback, believe X-Forwarded-For and -Proto; no address_max. */
    const char *csp;  /* Content-Security-Policy of every response. */
    const char *hsts; /* Strict-Transport-Security of every response; NULL: none. */
    const char *live_prefix; /* Paths of live pages, "/live/"; NULL: none. */
    void *app;               /* server_app. */

    void (*route)(Server *server, Request *request, Route *ret_route);
    Handled (*handle)(Server *server, Request *request, Response *response);
    /* May be NULL: */
    void (*refused)(Server *server, Request *request,
                    Response *response);             /* Dress response->status. */
    bool (*admit)(Server *server, Request *request); /* False: 429. */
    void (*worker_begin)(Server *server, int worker);
    void (*worker_end)(Server *server, int worker);
} ServerConfig;

/* Binds and is ready to run. The server lives in cx->arena and uses cx->clock from then on.
 * ERR_IO when an address cannot be listened on. */
NODISCARD Err server_init(Cx *cx, const ServerConfig *config, Server **ret_server);

/* Serves on this thread, with workers of its own, until server_stop; then finishes what is under
 * way. */
void server_run(Server *server);

/* Any thread, and safe in a signal handler. */
void server_stop(Server *server);

/* After server_run has returned, or instead of it. */
void server_done(Server *server);

int server_port(const Server *server); /* 0 when there is no TCP. */
void *server_app(const Server *server);

/* Sends the response of a handler that said HANDLED_LATER. */
void server_finish(Request *request);
/* Or has handle() called again on a worker, with turn one higher: to render away from the caller's
 * thread. */
void server_again(Request *request);

typedef struct ServerStats {
    i64 connection_count, watcher_count, request_count, refused_count;
} ServerStats;
/* Numbers since the start, connections and watchers now. Any thread. */
ServerStats server_stats(Server *server);

/* Look-ups: an absent name gives the empty Str. Header names in lower case. */
Str request_header(const Request *request, const char *name);
Str request_cookie(const Request *request, const char *name);
Str request_query(const Request *request, const char *name);
Str request_field(const Request *request, const char *name); /* Of the form. */
Upload *request_upload(const Request *request, const char *field);
bool web_pairs_find(const WebPairs *pairs, const char *name, Str *ret_value);
void web_pairs_add(Arena *arena, WebPairs *pairs, Str name, Str value);

/* A request as it comes off the wire, for tests and for calls from inside. False: target refused.
 */
NODISCARD bool request_make(Arena *arena, Method method, Str target, Request *ret_request);
/* The same step by step, as the front does it. False when the text is refused. */
NODISCARD bool request_set_path(Request *request, Str raw_path);
NODISCARD bool request_add_query(Request *request, Str raw_query);
NODISCARD bool request_add_form(Request *request, Str urlencoded);
void request_add_header(Request *request, Str name, Str value);
void request_add_cookies(Request *request, Str value);
const char *method_name(Method method);
bool method_parse(Str name, Method *ret);

void response_init(Arena *arena, Response *response);
/* Adds a header. Ignored, with a log line, when the value has control characters. */
void response_header(Response *response, const char *name, Str value);
void response_text(Response *response, int status, const char *content_type, Str body);
void response_redirect(Response *response, int status, Str location);
/* HttpOnly, SameSite=Lax, Path=/. max_age_s below 0: until the browser ends; 0: delete now. */
void response_cookie(Response *response, const char *name, Str value, i64 max_age_s, bool secure);

#endif
