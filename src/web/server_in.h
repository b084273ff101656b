/* server_in.h - what the files of the front share. Not for others.
 *
 * A Conn is one accepted socket, owned by the loop. A Job is one request: the loop fills it, a
 * worker runs it, the loop answers it; the two hand it over under server->lock, and only who holds
 * it may touch it.
 */
#ifndef WEB_SERVER_IN_H
#define WEB_SERVER_IN_H

#include "web/live.h"
#include "web/server.h"
#include "web/server_parts.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

enum {
    POOL_BYTES = 32 * 1024,     /* Of a connection in the ordinary daemon. */
    LIVE_POOL_BYTES = 4 * 1024, /* And of a watcher. */
    LIVE_HEAD_MAX = 2 * 1024,   /* A longer head does not fit there. */
    LIVE_BLOCK_BYTES = 1024,
    FEED_BYTES = 64 * 1024,    /* Piece of an upload that goes to a worker. */
    DISCARD_MAX = 1024 * 1024, /* A refused body up to this is read to its end, then answered. */
    LINGER_MS = 2000,          /* And a longer one, for so long, after the answer. */
    FORM_MAX = PARTS_TEXT_MAX, /* A body that goes to memory where a sink makes body_max large. */
    BODY_GRACE_MS = 20 * 1000, /* From then on a body must come faster than this: */
    BODY_BYTES_PER_S = 512,
    HANG_MS = 20, /* After the peer's last byte: time to read what came before it. */
    ACCEPT_PAUSE_MS = 50,
    BEAT_BUCKETS = 16,
};

typedef enum SourceKind {
    SOURCE_TCP,
    SOURCE_UNIX,
    SOURCE_WAKE,
    SOURCE_MHD,
    SOURCE_CONN
} SourceKind;

/* What an epoll event points to. */
typedef struct Source {
    SourceKind kind;
    int fd;
} Source;

typedef enum ConnState { CONN_HEAD, CONN_GIVEN, CONN_LINGER } ConnState;

typedef struct Conn Conn;
typedef struct Job Job;
typedef struct Watcher Watcher;

/* Connections that wait equally long, so that the first is always due first. */
typedef struct ConnList {
    Conn *first;
    Conn *last;
    i64 span_ms;
} ConnList;

struct Conn {
    Source source; /* First. */
    ConnState state;
    bool is_local;
    bool counted;   /* Is in an address chain. */
    bool hung;      /* The peer sends no more. */
    u8 address[17]; /* Family and the bytes that count. */
    char peer[INET6_ADDRSTRLEN];
    ConnList *list;
    Conn *before;
    Conn *after;
    i64 due_ms;       /* Steady clock. */
    Conn *chain_next; /* Of the address table, or of the free list. */
    Job *job;
    Watcher *watcher;
    int linger_fd; /* A second handle to the socket, to read on after the answer. */
};

typedef enum JobState {
    JOB_READING,  /* The loop collects the body. */
    JOB_FEEDING,  /* A worker passes a piece of it to the form or sink. */
    JOB_HANDLING, /* A worker, or whoever will finish it, has it. */
    JOB_DONE,     /* The response is ready. */
    JOB_ANSWERED, /* It has been queued. */
    JOB_DROPPING, /* A worker drops uploads nobody took. */
} JobState;

struct Job {
    Request request; /* First: a Request * is a Job *. */
    Response response;
    Route route;
    Arena arena;
    JobState state;
    Server *server;
    Conn *conn;    /* NULL when the connection has gone. */
    Job *all_next; /* Of all ever made. */
    struct MHD_Connection *mhd;
    i64 began_ms;   /* Steady clock. */
    i64 body_len;   /* Declared; -1 when chunked. */
    i64 body_bytes; /* That have come. */
    i64 refused_at; /* body_bytes when it was refused. */
    int refusal;    /* Status; the rest of the body is thrown away. */
    bool streamed;  /* The body goes to parts or sink. */
    bool at_end;    /* The piece being fed is the last. */
    Parts *parts;
    Upload *raw; /* A body that is one upload. */
    char *piece; /* The whole body, or the piece to be fed. */
    size_t piece_len;
    size_t piece_cap;
    int file_fd;
    i64 file_bytes;
    Job *next;
};

struct Watcher {
    Server *server;
    LiveCursor cursor;
    struct MHD_Connection *mhd;
    Conn *conn;
    bool asleep;
    bool beat;
    bool greeted;
    bool ended;
    Watcher *next; /* Of the channel. */
    Watcher **link;
    Watcher *beat_next; /* Of the heartbeat bucket. */
    Watcher **beat_link;
};

struct Server {
    ServerConfig config;
    Clock *clock;
    Arena arena; /* Of the loop. */
    Live *live;
    int epoll_fd;
    Source tcp, local, wake, mhd_ordinary, mhd_live;
    int port;
    struct MHD_Daemon *ordinary;
    struct MHD_Daemon *watching;
    char *scratch; /* GUARD_HEAD_MAX + 1 bytes to peek into. */

    /* The loop's. */
    i64 now_ms; /* Steady clock, once a turn. */
    i64 stamp_ms;
    i64 pause_until_ms; /* 0: accepting. */
    ConnList heads, idles, hangs, lingers;
    Conn *free_conns;
    int conn_count;
    Conn **by_fd;
    size_t by_fd_cap;
    Conn **chains; /* By address. */
    size_t chain_count;
    Job *all_jobs;
    Job *free_jobs;
    int free_job_count;
    int job_count; /* In use. */
    Watcher *free_watchers;
    Watcher *beats[BEAT_BUCKETS];
    unsigned beat_at;
    unsigned beat_new;
    i64 beat_due_ms;
    bool stopping;
    bool giving_up;
    i64 stop_due_ms;

    atomic_bool stop_asked;
    atomic_llong stat_conns, stat_watchers, stat_requests, stat_refused;

    /* Between the loop and the workers. */
    pthread_mutex_t lock;
    pthread_cond_t work_came;
    Job *work_first, *work_last;
    Job *done_first, *done_last;
    bool workers_end;
    int idle_workers; /* Waiting for work; one of them is woken at a time. */
    bool waking;
    pthread_t *workers;
    int worker_count;
};

/* server.c */
void server_wake(Server *server);

/* server_listen.c */
NODISCARD Err listen_tcp(Cx *cx, Server *server);
NODISCARD Err listen_local(Cx *cx, Server *server);

/* server_conn.c: from accept to libmicrohttpd. */
void accept_all(Server *server, const Source *source);
void accept_pause(Server *server, bool pause);
void conn_ready(Server *server, Conn *conn, unsigned events);
void conn_expire(Server *server);
Conn *conn_of(Server *server, int fd);
void conn_idle(Server *server, Conn *conn);   /* Waits for the next request. */
void conn_busy(Server *server, Conn *conn);   /* Has one. */
void conn_closed(Server *server, Conn *conn); /* The library is about to close its socket. */
void conn_keep_reading(Conn *conn); /* After the answer, so that it is not lost to a reset. */
bool conn_is_loopback(const Conn *conn);
void conns_close_unread(Server *server); /* Those whose head has not come. */
bool refuse_raw(Server *server, int fd, int status,
                const char *reason); /* The answer, past the library. */

/* server_mhd.c: libmicrohttpd's side. */
bool mhd_start(Server *server);
void mhd_stop(Server *server);
void mhd_job_done(Server *server, Job *job); /* A worker has given it back. */
void mhd_give_up(Server *server);            /* Stopping: closes what is still under way. */

/* server_answer.c */
enum MHD_Result answer_queue(Job *job, void **job_slot);
void answer_refuse(Job *job, int status); /* Makes the response. */

/* server_job.c */
Job *job_new(Server *server, Conn *conn, struct MHD_Connection *mhd);
void job_end(Job *job); /* The connection has no more use for it. */
void job_recycle(Job *job);
void job_submit(Job *job, JobState state); /* To the workers. */
Job *jobs_take_done(Server *server);
bool workers_start(Server *server);
void workers_stop(Server *server);

/* server_live.c */
enum MHD_Result live_answer(Job *job, void **job_slot);
void live_wake(Server *server);
void live_beat(Server *server);
void live_hung(Watcher *watcher); /* Its browser has gone. */
void live_end(Server *server);    /* Ends all watchers. */

#endif
