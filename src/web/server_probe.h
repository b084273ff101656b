/* server_probe.h - a raw client for the tests: bytes out, bytes in, bounded in time. */
#ifndef WEB_SERVER_PROBE_H
#define WEB_SERVER_PROBE_H

#include "base/base.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PROBE_WAIT_MS = 10 * 1000 };

/* -1 when it cannot. */
static inline int probe_connect(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline int probe_connect_local(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* False when the other side closed before all was out. */
static inline bool probe_send(int fd, const void *bytes, size_t count)
{
    for (size_t at = 0; at < count;) {
        ssize_t put = send(fd, (const char *)bytes + at, count - at, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        at += (size_t)put;
    }
    return true;
}

static inline bool probe_send_z(int fd, const char *text)
{
    return probe_send(fd, text, strlen(text));
}

/* Bytes got; 0 at the end, on a reset, or when nothing came in time. */
static inline size_t probe_some(int fd, char *bytes, size_t cap, int wait_ms)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    if (poll(&poller, 1, wait_ms) <= 0)
        return 0;
    ssize_t got = recv(fd, bytes, cap, 0);
    return got > 0 ? (size_t)got : 0;
}

/* What comes until the other side closes, as text. In `arena`. */
static inline Str probe_rest(Arena *arena, int fd)
{
    Buf buf = buf_new(arena);
    char piece[4096];
    size_t got;
    while ((got = probe_some(fd, piece, sizeof piece, PROBE_WAIT_MS)) > 0)
        buf_add(&buf, (Str){piece, got});
    return buf_str(&buf);
}

/* Reads until `text` has been seen, a byte at a time so that nothing behind it is taken. */
static inline Str probe_until(Arena *arena, int fd, const char *text)
{
    Buf buf = buf_new(arena);
    char c;
    while (!str_ends(buf_str(&buf), str_from(text)) && probe_some(fd, &c, 1, PROBE_WAIT_MS) == 1)
        buf_char(&buf, c);
    return buf_str(&buf);
}

typedef struct Reply {
    int status; /* 0: none came. */
    Str head;
    Str body;
} Reply;

static inline Str reply_header(const Reply *reply, const char *name)
{
    Str rest = reply->head;
    Str line;
    while (str_split(&rest, '\n', &line))
        if (line.len > strlen(name) && strncasecmp(line.data, name, strlen(name)) == 0 &&
            line.data[strlen(name)] == ':')
            return str_trim(str_slice(line, strlen(name) + 1, line.len));
    return (Str){0};
}

/* One response with a Content-Length, or without a body. */
static inline Reply probe_reply(Arena *arena, int fd, bool has_body)
{
    Reply reply = {0};
    reply.head = probe_until(arena, fd, "\r\n\r\n");
    if (!str_ends(reply.head, S("\r\n\r\n")) || reply.head.len < 12)
        return (Reply){0};
    reply.status = (int)strtol(reply.head.data + 9, NULL, 10);
    i64 len = 0;
    if (!has_body || !str_to_i64(reply_header(&reply, "Content-Length"), &len) || len == 0)
        return reply;
    char *body = arena_take(arena, (size_t)len);
    size_t at = 0;
    size_t got;
    while (at < (size_t)len &&
           (got = probe_some(fd, body + at, (size_t)len - at, PROBE_WAIT_MS)) > 0)
        at += got;
    reply.body = (Str){body, at};
    return reply;
}

/* One request on a connection of its own. */
static inline Reply probe_ask(Arena *arena, int port, const char *request)
{
    int fd = probe_connect(port);
    if (fd < 0)
        return (Reply){0};
    probe_send_z(fd, request);
    Reply reply = probe_reply(arena, fd, strncmp(request, "HEAD", 4) != 0);
    close(fd);
    return reply;
}

#endif
