#include "web/server.h"

#include <string.h>

void response_init(Arena *arena, Response *response)
{
    *response = (Response){
        .status = 200,
        .content_type = S("text/html; charset=utf-8"),
        .arena = arena,
    };
}

void response_header(Response *response, const char *name, Str value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((u8)value.data[i] < 0x20 || value.data[i] == 0x7f) {
            log_line(LOG_ERROR_LEVEL, "front.header_refused", "name", name, NULL);
            return;
        }
    web_pairs_add(response->arena, &response->headers, str_from(name), value);
}

void response_text(Response *response, int status, const char *content_type, Str body)
{
    response->status = status;
    response->content_type = str_from(content_type);
    response->body = body;
}

/* An address is ASCII (RFC 3986): other bytes would be read by each in a way of his own. */
static Str ascii_url(Arena *arena, Str url)
{
    Buf out = buf_new(arena);
    for (size_t i = 0; i < url.len; i++)
        if ((u8)url.data[i] > 0x7e)
            buf_format(&out, "%%%02X", (u8)url.data[i]);
        else
            buf_char(&out, url.data[i]);
    return buf_str(&out);
}

void response_redirect(Response *response, int status, Str location)
{
    assert(status >= 300 && status <= 399);
    response->status = status;
    response->content_type = S("text/plain; charset=utf-8");
    response->body = (Str){0};
    response_header(response, "Location", ascii_url(response->arena, location));
}

void response_cookie(Response *response, const char *name, Str value, i64 max_age_s, bool secure)
{
    Buf buf = buf_new(response->arena);
    buf_z(&buf, name);
    buf_char(&buf, '=');
    buf_add(&buf, value);
    buf_z(&buf, "; Path=/; HttpOnly; SameSite=Lax");
    if (max_age_s >= 0)
        buf_format(&buf, "; Max-Age=%lld", (long long)max_age_s);
    if (secure)
        buf_z(&buf, "; Secure");
    for (size_t i = 0; i < value.len; i++)
        assert((u8)value.data[i] > 0x20 && !strchr("\",;\\", value.data[i]));
    response_header(response, "Set-Cookie", buf_str(&buf));
}
