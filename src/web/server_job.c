#include "web/server_in.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FREE_JOBS_MAX = 64 }; /* That keep their first piece of memory. */

Job *job_new(Server *server, Conn *conn, struct MHD_Connection *mhd)
{
    Job *job = server->free_jobs;
    Arena arena = {0};
    Job *all_next;
    if (job) {
        server->free_jobs = job->next;
        server->free_job_count--;
        arena = job->arena;
        all_next = job->all_next;
    } else {
        job = ARENA_NEW(&server->arena, Job, 1);
        all_next = server->all_jobs;
        server->all_jobs = job;
    }
    *job = (Job){
        .arena = arena,
        .all_next = all_next,
        .server = server,
        .conn = conn,
        .mhd = mhd,
        .began_ms = server->now_ms,
        .file_fd = -1,
    };
    job->request = (Request){.server = server, .arena = &job->arena};
    response_init(&job->arena, &job->response);
    conn->job = job;
    server->job_count++;
    return job;
}

void job_recycle(Job *job)
{
    Server *server = job->server;
    if (job->file_fd >= 0)
        close(job->file_fd);
    if (server->free_job_count < FREE_JOBS_MAX)
        arena_reset(&job->arena);
    else
        arena_done(&job->arena);
    job->next = server->free_jobs;
    server->free_jobs = job;
    server->free_job_count++;
    server->job_count--;
}

static bool has_untaken(const Job *job)
{
    if (!job->route.sink || !job->route.sink->drop)
        return false;
    for (const Upload *upload = job->request.uploads; upload; upload = upload->next)
        if (!upload->taken)
            return true;
    return false;
}

static void drop_untaken(Job *job)
{
    for (Upload *upload = job->request.uploads; upload; upload = upload->next)
        if (!upload->taken)
            job->route.sink->drop(&job->request, upload);
}

/* The connection has no more use for the job. One that a worker holds is put away when it comes
 * back. */
void job_end(Job *job)
{
    if (job->conn)
        job->conn->job = NULL;
    job->conn = NULL;
    job->mhd = NULL;
    if (job->state == JOB_FEEDING || job->state == JOB_HANDLING || job->state == JOB_DROPPING)
        return;
    if (has_untaken(job))
        job_submit(job, JOB_DROPPING);
    else
        job_recycle(job);
}

/* --------------------------------------------------------------------------------- handing over */

/* One worker at a time is woken; it wakes the next when it finds more to do. A signal for each job
 * would set all of them running for what one can do meanwhile. The lock is held. */
static void wake_one(Server *server)
{
    if (!server->work_first || !server->idle_workers || server->waking)
        return;
    server->waking = true;
    pthread_cond_signal(&server->work_came);
}

void job_submit(Job *job, JobState state)
{
    Server *server = job->server;
    pthread_mutex_lock(&server->lock);
    job->state = state;
    job->next = NULL;
    if (server->work_last)
        server->work_last->next = job;
    else
        server->work_first = job;
    server->work_last = job;
    wake_one(server);
    pthread_mutex_unlock(&server->lock);
}

static void give_back(Job *job)
{
    Server *server = job->server;
    pthread_mutex_lock(&server->lock);
    job->next = NULL;
    /* The loop takes all that is done at once: who finds others waiting need not wake it again.
     * Under the lock: whoever frees the server once all is done cannot do it before this is over.
     */
    if (!server->done_first)
        server_wake(server);
    if (server->done_last)
        server->done_last->next = job;
    else
        server->done_first = job;
    server->done_last = job;
    pthread_mutex_unlock(&server->lock);
}

Job *jobs_take_done(Server *server)
{
    pthread_mutex_lock(&server->lock);
    Job *jobs = server->done_first;
    server->done_first = server->done_last = NULL;
    pthread_mutex_unlock(&server->lock);
    return jobs;
}

static void open_file(Job *job)
{
    struct stat status;
    char *path = str_z(&job->arena, job->response.file_path);
    job->file_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (job->file_fd < 0 || fstat(job->file_fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        log_line(LOG_ERROR_LEVEL, "front.file_missing", NULL);
        job->refusal = 500;
        return;
    }
    job->file_bytes = status.st_size;
}

void server_finish(Request *request)
{
    Job *job = (Job *)request;
    if (job->response.file_path.len > 0)
        open_file(job);
    give_back(job);
}

void server_again(Request *request)
{
    request->turn++;
    job_submit((Job *)request, JOB_HANDLING);
}

/* ------------------------------------------------------------------------------------- workers */

static int feed_raw(Job *job, Str bytes)
{
    const UploadSink *sink = job->route.sink;
    if (!job->raw) {
        Upload *upload = ARENA_NEW(&job->arena, Upload, 1);
        upload->content_type = request_header(&job->request, "content-type");
        int status = sink->open(&job->request, upload);
        if (status != 0)
            return status;
        job->raw = job->request.uploads = upload;
    }
    job->raw->bytes += (i64)bytes.len;
    return bytes.len > 0 ? sink->write(&job->request, job->raw, bytes.data, bytes.len) : 0;
}

/* Passes the piece that was collected to the form or the sink. 0 or the status to refuse with. */
static int feed(Job *job)
{
    Str bytes = {job->piece, job->piece_len};
    if (!job->parts && job->route.raw_file)
        return feed_raw(job, bytes);
    if (!job->parts)
        job->parts = parts_begin(&job->request, request_header(&job->request, "content-type"),
                                 job->route.sink);
    return job->parts ? parts_feed(job->parts, bytes) : 400;
}

/* The whole body is here: 0, or the status to refuse with. */
static int body_end(Job *job)
{
    Request *request = &job->request;
    if (job->streamed) {
        int status = feed(job);
        if (status == 0 && job->parts)
            status = parts_end(job->parts);
        if (status == 0 && job->raw)
            job->raw->whole = true;
        return status;
    }
    request->body = (Str){job->piece, job->piece_len};
    if (str_same(request->content_type, S("application/x-www-form-urlencoded")))
        return request_add_form(request, request->body) ? 0 : 400;
    return 0;
}

static void handle(Job *job)
{
    Server *server = job->server;
    if (job->request.turn == 0)
        job->refusal = body_end(job);
    if (job->refusal != 0)
        give_back(job);
    else if (server->config.handle(server, &job->request, &job->response) == HANDLED_NOW)
        server_finish(&job->request);
    /* Otherwise it is somebody else's now. */
}

static Job *next_work(Server *server)
{
    pthread_mutex_lock(&server->lock);
    while (!server->work_first && !server->workers_end) {
        server->idle_workers++;
        pthread_cond_wait(&server->work_came, &server->lock);
        server->idle_workers--;
        server->waking = false;
    }
    Job *job = server->work_first;
    if (job) {
        server->work_first = job->next;
        if (!server->work_first)
            server->work_last = NULL;
        wake_one(server);
    }
    pthread_mutex_unlock(&server->lock);
    return job;
}

typedef struct WorkerStart {
    Server *server;
    int index;
} WorkerStart;

static void *work(void *arg)
{
    const WorkerStart *start = arg;
    Server *server = start->server;
    if (server->config.worker_begin)
        server->config.worker_begin(server, start->index);
    Job *job;
    while ((job = next_work(server))) {
        job->request.worker = start->index;
        switch (job->state) {
        case JOB_FEEDING:
            job->refusal = feed(job);
            give_back(job);
            break;
        case JOB_HANDLING:
            handle(job);
            break;
        case JOB_DROPPING:
            drop_untaken(job);
            give_back(job);
            break;
        case JOB_READING:
        case JOB_DONE:
        case JOB_ANSWERED:
            assert(false);
        }
    }
    if (server->config.worker_end)
        server->config.worker_end(server, start->index);
    return NULL;
}

bool workers_start(Server *server)
{
    int count = server->config.worker_count;
    server->workers = ARENA_NEW(&server->arena, pthread_t, (size_t)count);
    WorkerStart *starts = ARENA_NEW(&server->arena, WorkerStart, (size_t)count);
    for (int i = 0; i < count; i++) {
        starts[i] = (WorkerStart){server, i};
        if (pthread_create(&server->workers[i], NULL, work, &starts[i]) != 0)
            return false;
        server->worker_count++;
    }
    return true;
}

/* What is queued is done first. What comes back now has no connection to go to any more. */
void workers_stop(Server *server)
{
    pthread_mutex_lock(&server->lock);
    server->workers_end = true;
    pthread_cond_broadcast(&server->work_came);
    pthread_mutex_unlock(&server->lock);
    for (int i = 0; i < server->worker_count; i++)
        pthread_join(server->workers[i], NULL);
    server->worker_count = 0;
    for (Job *job = jobs_take_done(server), *next; job; job = next) {
        next = job->next;
        if (job->state != JOB_DROPPING && has_untaken(job))
            drop_untaken(job);
        job_recycle(job);
    }
}
