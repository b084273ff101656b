/* Requests and answers of a real server on the loopback, asked with raw sockets. */
#include "web/server_house.h"

static void test_raw_cases(void **state)
{
    Arena arena = {0};
    static RawCase cases[200];
    size_t count = cases_load(&arena, cases, COUNT(cases));
    assert_true(count >= 70);
    for (size_t i = 0; i < count; i++) {
        int fd = probe_connect(port_of(state));
        probe_send(fd, cases[i].bytes.data, cases[i].bytes.len);
        Reply reply = probe_reply(&arena, fd, true);
        if (reply.status != cases[i].status)
            fail_msg("%s: %d", cases[i].name, reply.status);
        if (reply.status == 400 && !cases[i].late)
            assert_int_equal(probe_rest(&arena, fd).len, 0); /* And it is closed. */
        if (reply.status == 405)
            assert_true(reply_header(&reply, "Allow").len > 0);
        close(fd);
    }
    arena_done(&arena);
}

/* The same heads as the second request of a connection, where only the library sees the bytes. It
 * hides some faults; docs/operate/nginx.md names them, and no other may slip through. */
static void test_second_request(void **state)
{
    // clang-format off
    static const char *const hidden[] = {
        "bare_lf.txt",    "bare_lf_late.txt", "empty_line_first.txt",
        "folded.txt",     "folded_tab.txt",   "name_empty.txt",
        "nul_in_value.txt", "nul_in_target.txt", "two_spaces.txt",
    };
    // clang-format on
    Arena arena = {0};
    static RawCase cases[200];
    size_t count = cases_load(&arena, cases, COUNT(cases));
    for (size_t i = 0; i < count; i++) {
        int fd = probe_connect(port_of(state));
        probe_send_z(fd, GET("/echo?q=1"));
        Reply first = probe_reply(&arena, fd, true);
        expect_body(&first, 200, "GET /echo q=1 f= b= at");
        probe_send(fd, cases[i].bytes.data, cases[i].bytes.len);
        shutdown(fd, SHUT_WR);
        int status = probe_reply(&arena, fd, true).status;
        bool is_hidden = false;
        for (size_t h = 0; h < COUNT(hidden); h++)
            is_hidden = is_hidden || strcmp(hidden[h], cases[i].name) == 0;
        bool refused = status == 0 || status >= 400;
        if (refused != (cases[i].status >= 400 && !is_hidden))
            fail_msg("%s: %d", cases[i].name, status);
        close(fd);
    }
    arena_done(&arena);
}

static void test_pipelined(void **state)
{
    Arena arena = {0};
    int fd = probe_connect(port_of(state));
    probe_send_z(fd, GET("/echo?q=a") "POST /echo HTTP/1.1\r\n" HOST
                                      "Content-Length: 3\r\n\r\nxyz" GET("/static/a.css")
                                          GET("/again") GET("/echo?q=%E6%8A%80"));
    static const char *const bodies[] = {"GET /echo q=a f= b= at", "POST /echo q= f= b=xyz at",
                                         "plain text", "turn 2", "GET /echo q=技 f= b= at"};
    for (size_t i = 0; i < COUNT(bodies); i++) {
        Reply reply = probe_reply(&arena, fd, true);
        expect_body(&reply, 200, bodies[i]);
    }
    close(fd);
    arena_done(&arena);
}

static void test_head_in_pieces(void **state)
{
    static const char request[] = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nok";
    Arena arena = {0};
    int fd = probe_connect(port_of(state));
    for (size_t i = 0; i < sizeof request - 1; i++) {
        probe_send(fd, request + i, 1);
        usleep(500);
    }
    Reply reply = probe_reply(&arena, fd, true);
    expect_body(&reply, 200, "POST /echo q= f= b=ok at");
    close(fd);
    arena_done(&arena);
}

static void test_chunked(void **state)
{
    Arena arena = {0};
    Reply reply = probe_ask(&arena, port_of(state),
                            "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                            "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n");
    expect_body(&reply, 200, "POST /echo q= f= b=abc0123456789 at");
    arena_done(&arena);
}

static void test_forms(void **state)
{
    Arena arena = {0};
    Reply reply = probe_ask(&arena, port_of(state),
                            "POST /echo HTTP/1.1\r\n" HOST
                            "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
                            "Content-Length: 14\r\n\r\nf=%E6%8A%80+%2B");
    assert_int_equal(reply.status, 400); /* The length cuts the last escape. */
    reply = probe_ask(&arena, port_of(state),
                      "POST /echo HTTP/1.1\r\n" HOST
                      "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
                      "Content-Length: 15\r\n\r\nf=%E6%8A%80+%2B");
    expect_body(&reply, 200, "POST /echo q= f=技 + b=f=%E6%8A%80+%2B at");
    reply =
        probe_ask(&arena, port_of(state),
                  "POST /echo HTTP/1.1\r\n" HOST "Content-Type: multipart/form-data; boundary=b\r\n"
                  "Content-Length: 61\r\n\r\n--b\r\n"
                  "Content-Disposition: form-data; name=f\r\n\r\nhello\r\n--b--\r\n");
    expect_body(&reply, 200, "POST /echo q= f=hello b= at");
    reply =
        probe_ask(&arena, port_of(state),
                  "POST /echo HTTP/1.1\r\n" HOST "Content-Type: multipart/form-data; boundary=b\r\n"
                  "Content-Length: 73\r\n\r\n--b\r\n"
                  "Content-Disposition: form-data; name=f; filename=x\r\n\r\nhello\r\n--b--\r\n");
    assert_int_equal(reply.status, 415);
    arena_done(&arena);
}

/* Sends until all is out or the other side closes; gives what it answered. */
static Reply send_much(Arena *arena, int port, const char *head, size_t bytes, bool chunked)
{
    static char piece[64 * 1024];
    int fd = probe_connect(port);
    bool open = probe_send_z(fd, head);
    for (size_t at = 0; open && at < bytes; at += sizeof piece) {
        open = !chunked || probe_send_z(fd, "10000\r\n");
        open =
            open && probe_send(fd, piece, sizeof piece) && (!chunked || probe_send_z(fd, "\r\n"));
    }
    Reply reply = probe_reply(arena, fd, true);
    close(fd);
    return reply;
}

/* Too long a body gets its 413 and not a reset, whether it is read to the end or cut off. */
static void test_too_long(void **state)
{
    Arena arena = {0};
    int port = port_of(state);
    Reply reply = send_much(
        &arena, port, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1048577\r\n\r\n", MIB, false);
    assert_int_equal(reply.status, 413);
    reply =
        send_much(&arena, port, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4194304\r\n\r\n",
                  4 * MIB, false);
    assert_int_equal(reply.status, 413);
    reply =
        send_much(&arena, port, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
                  8 * MIB, true);
    assert_int_equal(reply.status, 413);
    reply = send_much(&arena, port, "GET /later HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n",
                      65536, false);
    assert_int_equal(reply.status, 413);
    reply =
        send_much(&arena, port, "POST /nothing HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n",
                  65536, false);
    assert_int_equal(reply.status, 404);
    arena_done(&arena);
}

static void test_expect_continue(void **state)
{
    Arena arena = {0};
    int fd = probe_connect(port_of(state));
    probe_send_z(fd, "POST /echo HTTP/1.1\r\n" HOST
                     "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    Reply reply = probe_reply(&arena, fd, false);
    assert_int_equal(reply.status, 100);
    probe_send_z(fd, "ok");
    reply = probe_reply(&arena, fd, true);
    expect_body(&reply, 200, "POST /echo q= f= b=ok at");
    close(fd);
    reply = probe_ask(&arena, port_of(state),
                      "POST /echo HTTP/1.1\r\n" HOST
                      "Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n");
    assert_int_equal(reply.status, 413);
    arena_done(&arena);
}

enum { UPLOAD_PIECES = 800, UPLOAD_PIECE = 64 * 1024 }; /* 50 MiB. */

static Reply upload(Arena *arena, int port, const char *path, int pieces, const char *keep)
{
    static u8 piece[UPLOAD_PIECE];
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = (u8)(i * 31 + 7);
    Str head =
        str_format(arena,
                   "--b\r\nContent-Disposition: form-data; name=keep\r\n\r\n%s\r\n"
                   "--b\r\nContent-Disposition: form-data; name=f; filename=\"技术.bin\"\r\n\r\n",
                   keep);
    Str tail = S("\r\n--b--\r\n");
    int fd = probe_connect(port);
    size_t whole = head.len + (size_t)pieces * UPLOAD_PIECE + tail.len;
    probe_send_z(fd, str_z(arena, str_format(arena,
                                             "POST %s HTTP/1.1\r\n" HOST
                                             "Content-Type: multipart/form-data; boundary=b\r\n"
                                             "Content-Length: %zu\r\n\r\n",
                                             path, whole)));
    bool open = probe_send(fd, head.data, head.len);
    for (int i = 0; open && i < pieces; i++)
        open = probe_send(fd, piece, sizeof piece);
    if (open)
        probe_send(fd, tail.data, tail.len);
    Reply reply = probe_reply(arena, fd, true);
    close(fd);
    return reply;
}

static void test_upload(void **state)
{
    App *app = *state;
    Arena arena = {0};
    Reply reply = upload(&arena, port_of(state), "/upload", UPLOAD_PIECES, "yes");
    expect_body(&reply, 200, "52428800");
    unsigned sum = 0;
    for (size_t i = 0; i < UPLOAD_PIECE; i++)
        sum += (u8)(i * 31 + 7);
    assert_int_equal(atomic_load(&app->sunk_bytes), (i64)UPLOAD_PIECES * UPLOAD_PIECE);
    assert_int_equal(atomic_load(&app->sunk_sum), sum * UPLOAD_PIECES);
    assert_int_equal(atomic_load(&app->dropped), 0);
    arena_done(&arena);
}

/* A file that nobody takes is dropped: the handler left it, the client went away, the sink is full.
 */
static void test_upload_dropped(void **state)
{
    App *app = *state;
    Arena arena = {0};
    Reply reply = upload(&arena, port_of(state), "/upload", 4, "no");
    expect_body(&reply, 200, "262144");
    wait_for(&app->dropped, 1);

    int fd = probe_connect(port_of(state));
    probe_send_z(fd, "PUT /raw HTTP/1.1\r\n" HOST "Content-Length: 100000000\r\n\r\n");
    static const char zeros[300 * 1024];
    probe_send(fd, zeros, sizeof zeros);
    wait_for(&app->opened, 2);
    close(fd);
    wait_for(&app->dropped, 2);

    reply = upload(&arena, port_of(state), "/full", 100, "yes");
    assert_int_equal(reply.status, 507);
    assert_int_equal(atomic_load(&app->dropped), 2);
    arena_done(&arena);
}

static void test_raw_upload(void **state)
{
    App *app = *state;
    Arena arena = {0};
    Reply reply = send_much(&arena, port_of(state),
                            "PUT /raw HTTP/1.1\r\n" HOST "Content-Type: application/pdf\r\n"
                            "Content-Length: 2097152\r\n\r\n",
                            2 * MIB, false);
    expect_body(&reply, 200, "2097152");
    assert_int_equal(atomic_load(&app->sunk_bytes), 2 * MIB);
    arena_done(&arena);
}

static void test_later(void **state)
{
    Arena arena = {0};
    int fd = probe_connect(port_of(state));
    for (int i = 0; i < 3; i++) {
        probe_send_z(fd, GET("/later"));
        Reply reply = probe_reply(&arena, fd, true);
        expect_body(&reply, 201, "late");
    }
    close(fd);
    Reply reply = probe_ask(&arena, port_of(state), GET("/again"));
    expect_body(&reply, 200, "turn 2");
    arena_done(&arena);
}

static void test_headers(void **state)
{
    // clang-format off
    static const struct { const char *name, *value; } wanted[] = {
        { "Content-Security-Policy",    "default-src 'self'" },
        { "X-Content-Type-Options",     "nosniff" },
        { "X-Frame-Options",            "DENY" },
        { "Referrer-Policy",            "same-origin" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Cache-Control",              "no-store" },
    };
    // clang-format on
    static const char *const requests[] = {GET("/echo"), GET("/nothing"), GET("/bad")};
    Arena arena = {0};
    for (size_t r = 0; r < COUNT(requests); r++) {
        Reply reply = probe_ask(&arena, port_of(state), requests[r]);
        for (size_t i = 0; i < COUNT(wanted); i++)
            if (!str_same_z(reply_header(&reply, wanted[i].name), wanted[i].value))
                fail_msg("%s: %.*s", wanted[i].name, STR_ARG(reply.head));
        assert_int_equal(reply_header(&reply, "X-Forged").len, 0);
    }
    arena_done(&arena);
}

static void test_methods(void **state)
{
    Arena arena = {0};
    int fd = probe_connect(port_of(state));
    probe_send_z(fd, "HEAD /echo HTTP/1.1\r\n" HOST "\r\n" GET("/echo"));
    Reply reply = probe_reply(&arena, fd, false);
    assert_int_equal(reply.status, 200);
    assert_true(str_same(reply_header(&reply, "Content-Length"), S("22")));
    reply = probe_reply(&arena, fd, true);
    expect_body(&reply, 200, "GET /echo q= f= b= at");
    close(fd);
    reply = probe_ask(&arena, port_of(state), "OPTIONS /echo HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 204);
    assert_true(str_same(reply_header(&reply, "Allow"), S("GET, HEAD, POST, OPTIONS")));
    reply = probe_ask(&arena, port_of(state), "DELETE /later HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 405);
    assert_true(str_same(reply_header(&reply, "Allow"), S("GET, HEAD, OPTIONS")));
    arena_done(&arena);
}

static void test_asset(void **state)
{
    Arena arena = {0};
    int port = port_of(state);
    Reply reply = probe_ask(&arena, port, GET("/static/a.css?v=11aa"));
    expect_body(&reply, 200, "plain text");
    assert_true(str_has(reply_header(&reply, "Cache-Control"), S("immutable")));
    assert_true(str_same(reply_header(&reply, "Content-Type"), S("text/css")));
    reply = probe_ask(&arena, port,
                      "GET /static/a.css HTTP/1.1\r\n" HOST "Accept-Encoding: br, gzip\r\n\r\n");
    expect_body(&reply, 200, "gz");
    assert_true(str_same(reply_header(&reply, "Content-Encoding"), S("gzip")));
    assert_true(str_same(reply_header(&reply, "Vary"), S("Accept-Encoding")));
    assert_false(str_has(reply_header(&reply, "Cache-Control"), S("immutable")));
    Str etag = reply_header(&reply, "ETag");
    reply = probe_ask(
        &arena, port,
        str_z(&arena, str_format(&arena,
                                 "GET /static/a.css HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n"
                                 "If-None-Match: %.*s\r\n\r\n",
                                 STR_ARG(etag))));
    assert_int_equal(reply.status, 304);
    assert_true(str_same(reply_header(&reply, "ETag"), etag));
    arena_done(&arena);
}

static void test_file(void **state)
{
    App *app = *state;
    Arena arena = {0};
    snprintf(app->file_path, sizeof app->file_path, "/tmp/front_test_file.%d", (int)getpid());
    FILE *file = fopen(app->file_path, "wb");
    for (int i = 0; i < 200000; i++)
        fprintf(file, "%09d\n", i);
    fclose(file);
    Reply reply = probe_ask(&arena, port_of(state), GET("/file"));
    unlink(app->file_path);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.len, 2000000);
    assert_memory_equal(reply.body.data + 1999990, "000199999\n", 10);
    reply = probe_ask(&arena, port_of(state), GET("/bad"));
    assert_int_equal(reply.status, 500);
    arena_done(&arena);
}

int main(void)
{
    // clang-format off
    const struct CMUnitTest tests[] = {
        ON_SERVER(test_raw_cases),
        ON_SERVER(test_second_request),
        ON_SERVER(test_pipelined),
        ON_SERVER(test_head_in_pieces),
        ON_SERVER(test_chunked),
        ON_SERVER(test_forms),
        ON_SERVER(test_too_long),
        ON_SERVER(test_expect_continue),
        ON_SERVER(test_upload),
        ON_SERVER(test_upload_dropped),
        ON_SERVER(test_raw_upload),
        ON_SERVER(test_later),
        ON_SERVER(test_headers),
        ON_SERVER(test_methods),
        ON_SERVER(test_asset),
        ON_SERVER(test_file),
    };
    // clang-format on
    return cmocka_run_group_tests(tests, NULL, NULL);
}
