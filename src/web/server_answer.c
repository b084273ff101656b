#include "web/server_in.h"

#include <string.h>

static void add(struct MHD_Response *out, const char *name, const char *value)
{
    if (MHD_add_response_header(out, name, value) != MHD_YES)
        log_line(LOG_ERROR_LEVEL, "front.header_refused", "name", name, NULL);
}

static bool same_header(Str name, const char *z)
{
    return name.len == strlen(z) && strncasecmp(name.data, z, name.len) == 0;
}

static bool has_header(const Response *response, const char *name)
{
    for (size_t i = 0; i < response->headers.count; i++)
        if (same_header(response->headers.items[i].name, name))
            return true;
    return false;
}

/* What every response carries unless the handler has set it. */
static void add_defaults(Job *job, struct MHD_Response *out)
{
    // clang-format off
    static const struct { const char *name, *value; } defaults[] = {
        { "X-Content-Type-Options",     "nosniff" },
        { "X-Frame-Options",            "DENY" },
        { "Referrer-Policy",            "same-origin" },
        { "Permissions-Policy",         "camera=(), microphone=(), geolocation=(), usb=()" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Cache-Control",              "no-store" },
    };
    // clang-format on
    const Response *response = &job->response;
    for (size_t i = 0; i < COUNT(defaults); i++)
        if (!has_header(response, defaults[i].name))
            add(out, defaults[i].name, defaults[i].value);
    if (job->server->config.csp && !has_header(response, "Content-Security-Policy"))
        add(out, "Content-Security-Policy", job->server->config.csp);
    if (job->server->config.hsts)
        add(out, "Strict-Transport-Security", job->server->config.hsts);
    if (job->server->stopping || (job->conn && job->conn->linger_fd >= 0))
        add(out, "Connection", "close");
}

static void add_own(Job *job, struct MHD_Response *out)
{
    const Response *response = &job->response;
    for (size_t i = 0; i < response->headers.count; i++)
        add(out, str_z(&job->arena, response->headers.items[i].name),
            str_z(&job->arena, response->headers.items[i].value));
}

/* An asset becomes an ordinary response with its bytes, or a 304 without. */
static void unfold_asset(Job *job)
{
    Response *response = &job->response;
    const Asset *asset = response->asset;
    const Request *request = &job->request;
    AssetChoice choice =
        asset_choose(&job->arena, asset, request_header(request, "accept-encoding"),
                     request_header(request, "if-none-match"), request_query(request, "v"));
    response->content_type = str_from(asset->content_type);
    response->body = choice.bytes;
    response_header(response, "ETag", choice.etag);
    response_header(response, "Vary", S("Accept-Encoding"));
    response_header(response, "Cache-Control", str_from(choice.cache_control));
    if (choice.unchanged) {
        response->status = 304;
        response->body = (Str){0};
    } else if (choice.encoding) {
        response_header(response, "Content-Encoding", str_from(choice.encoding));
    }
}

void answer_refuse(Job *job, int status)
{
    Response *response = &job->response;
    WebPairs headers = response->headers;
    atomic_fetch_add(&job->server->stat_refused, 1);
    response_init(&job->arena, response);
    if (status == 405 || status == 204)
        response->headers = headers; /* Allow. */
    const char *phrase = MHD_get_reason_phrase_for((unsigned)status);
    Str text = status == 204 ? (Str){0} : str_format(&job->arena, "%d %s\n", status, phrase);
    response_text(response, status, "text/plain; charset=utf-8", text);
    if (job->server->config.refused && status >= 400)
        job->server->config.refused(job->server, &job->request, response);
}

static struct MHD_Response *make(Job *job)
{
    Response *response = &job->response;
    if (job->file_fd >= 0) {
        struct MHD_Response *out =
            MHD_create_response_from_fd64((u64)job->file_bytes, job->file_fd);
        if (out)
            job->file_fd = -1; /* It closes the file. */
        return out;
    }
    return MHD_create_response_from_buffer(
        response->body.len, (void *)(uintptr_t)response->body.data, MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result answer_queue(Job *job, void **job_slot)
{
    Response *response = &job->response;
    if (response->live.len > 0 && job->refusal == 0) {
        if (job->request.method == METHOD_GET)
            return live_answer(job, job_slot);
        response_text(response, 200, "text/event-stream", (Str){0});
    }
    if (response->asset)
        unfold_asset(job);
    if (response->status < 200 || response->status > 599)
        answer_refuse(job, 500);
    bool bodyless = response->status == 204 || response->status == 304;
    if (bodyless)
        response->body = (Str){0};
    struct MHD_Response *out = make(job);
    if (!out)
        return MHD_NO;
    if (!bodyless)
        add(out, "Content-Type", str_z(&job->arena, response->content_type));
    add_own(job, out);
    add_defaults(job, out);
    job->state = JOB_ANSWERED;
    enum MHD_Result queued = MHD_queue_response(job->mhd, (unsigned)response->status, out);
    MHD_destroy_response(out);
    return queued;
}
