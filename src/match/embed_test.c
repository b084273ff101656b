/* The client of an embedding server, against one on loopback that behaves, and misbehaves. */
#include "match/embed.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { REQUEST_MAX = 64 * 1024, DIMS = 4, SLOW_MS = 1500 };

typedef enum Mode {
    GOOD,
    BACKWARDS, /* Right, but the last text's vector first. */
    SLOW,
    WRONG_DIMENSION,
    WRONG_COUNT,
    FAILS_TWICE, /* 500, 429, then good. */
    ALWAYS_BUSY,
    GARBAGE,
    CLOSES,
    REDIRECTS,
    FORBIDS,
    REFUSES_TEXT,
    ENDLESS,
} Mode;

/* A server of one thread, one connection at a time. */
static struct Fake {
    pthread_t thread;
    int fd;
    int port;
    atomic_int mode;
    atomic_int asked;
    atomic_bool stopping;
    char request[REQUEST_MAX]; /* The last one; read when its answer is there. */
} fake;

static void send_text(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t done = send(fd, text, len, MSG_NOSIGNAL);
        if (done <= 0)
            return;
        text += done;
        len -= (size_t)done;
    }
}

static void answer(int fd, const char *status, const char *more, const char *body)
{
    char head[400];
    snprintf(head, sizeof head,
             "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
             "Connection: close\r\n%s\r\n",
             status, strlen(body), more);
    send_text(fd, head, strlen(head));
    send_text(fd, body, strlen(body));
}

/* Texts of the question: strings after "input". */
static size_t count_texts(const char *request)
{
    const char *at = strstr(request, "\"input\":[");
    size_t quotes = 0;
    for (at = at ? at + 9 : ""; *at && *at != ']'; at++) {
        quotes += *at == '"';
        at += *at == '\\'; /* What is escaped ends no text. */
    }
    return quotes / 2;
}

/* The vector of text i is (i + 1, 0.5, 0, ...). */
static void answer_vectors(int fd, size_t count, size_t dims, bool backwards)
{
    Arena arena = {0};
    Buf out = buf_new(&arena);
    buf_z(&out, "{\"object\":\"list\",\"model\":\"m\",\"data\":[");
    for (size_t n = 0; n < count; n++) {
        size_t i = backwards ? count - 1 - n : n;
        buf_format(&out, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":[%zu,0.5",
                   n ? "," : "", i, i + 1);
        for (size_t d = 2; d < dims; d++)
            buf_z(&out, ",0");
        buf_z(&out, "]}");
    }
    buf_z(&out, "],\"usage\":{\"prompt_tokens\":1,\"total_tokens\":1}}");
    answer(fd, "200 OK", "", str_z(&arena, buf_str(&out)));
    arena_done(&arena);
}

static bool read_request(int fd)
{
    size_t have = 0, want = REQUEST_MAX;
    while (have < want && have < REQUEST_MAX - 1) {
        ssize_t got = recv(fd, fake.request + have, REQUEST_MAX - 1 - have, 0);
        if (got <= 0)
            return false;
        have += (size_t)got;
        fake.request[have] = 0;
        const char *end = strstr(fake.request, "\r\n\r\n"),
                   *length = strstr(fake.request, "Content-Length: ");
        if (end && length)
            want = (size_t)(end + 4 - fake.request) + strtoul(length + 16, NULL, 10);
    }
    return have == want;
}

static void send_endless(int fd)
{
    static const char blanks[4096] = {[0 ... 4095] = ' '};
    const char *head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    send_text(fd, head, strlen(head));
    for (int i = 0; i < 1000; i++) /* 4 MB, more than two vectors take. */
        send_text(fd, blanks, sizeof blanks);
}

static void serve_one(int fd)
{
    if (!read_request(fd))
        return;
    int asked = atomic_fetch_add(&fake.asked, 1);
    size_t count = count_texts(fake.request);
    switch ((Mode)fake.mode) {
    case SLOW:
        poll(NULL, 0, SLOW_MS);
        break;
    case WRONG_DIMENSION:
        answer_vectors(fd, count, DIMS + 1, false);
        return;
    case WRONG_COUNT:
        answer_vectors(fd, count + 1, DIMS, false);
        return;
    case GARBAGE:
        answer(fd, "200 OK", "", "<html>{\"data\":");
        return;
    case CLOSES:
        return;
    case REDIRECTS:
        answer(fd, "307 Temporary Redirect", "Location: /v1/elsewhere\r\n", "");
        return;
    case FORBIDS:
        answer(fd, "401 Unauthorized", "", "{\"error\":{\"message\":\"no\"}}");
        return;
    case REFUSES_TEXT:
        answer(fd, "413 Payload Too Large", "", "{}");
        return;
    case ENDLESS:
        send_endless(fd);
        return;
    case ALWAYS_BUSY:
        answer(fd, "503 Service Unavailable", "", "{}");
        return;
    case FAILS_TWICE:
        if (asked < 2) {
            answer(fd, asked ? "429 Too Many Requests" : "500 Internal Server Error", "", "{}");
            return;
        }
        break;
    default:
        break;
    }
    answer_vectors(fd, count, DIMS, fake.mode == BACKWARDS);
}

static void *fake_thread(void *arg)
{
    (void)arg;
    while (!fake.stopping) {
        struct pollfd wait = {.fd = fake.fd, .events = POLLIN};
        if (poll(&wait, 1, 50) <= 0)
            continue;
        int fd = accept4(fake.fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        serve_one(fd);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    return NULL;
}

/* ---- the tests ---- */

static Arena arena;
static Cx cx;
static EmbedServer server;
static i64 rests[8];
static size_t rest_count, rest_most;

/* Notes the pauses, and does not wait. */
static bool rest(void *context, i64 ms)
{
    (void)context;
    if (ms && rest_count < COUNT(rests))
        rests[rest_count++] = ms;
    return rest_count <= rest_most;
}

static int setup(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    fake.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fake.fd, (struct sockaddr *)&at, len) != 0 || listen(fake.fd, 8) != 0 ||
        getsockname(fake.fd, (struct sockaddr *)&at, &len) != 0)
        return -1;
    fake.port = ntohs(at.sin_port);
    return pthread_create(&fake.thread, NULL, fake_thread, NULL);
}

static int teardown(void **state)
{
    (void)state;
    fake.stopping = true;
    pthread_join(fake.thread, NULL);
    close(fake.fd);
    arena_done(&arena);
    return 0;
}

static void begin(Mode mode)
{
    Settings settings;
    arena_reset(&arena);
    cx = (Cx){.arena = &arena};
    settings_default(&settings);
    settings.embed_url = str_format(&arena, "http://127.0.0.1:%d", fake.port);
    settings.embed_model = S("bge \"m3\"");
    settings.embed_key = S("sk-secret");
    settings.embed_dims = DIMS;
    settings.embed_timeout_ms = 20000;
    assert_int_equal(embed_begin(&cx, &settings, &server), ERR_OK);
    server.rest = rest;
    rest_count = 0;
    rest_most = COUNT(rests);
    fake.mode = mode;
    fake.asked = 0;
}

static Err ask(Mode mode, EmbedAnswer *ret)
{
    const Str texts[] = {S("石墨烯\n\"散热\" 膜"), S("电池"), S("graphene")};
    begin(mode);
    return embed_ask(&cx, &server, texts, COUNT(texts), ret);
}

static void refused(Mode mode, Err expect, const char *key)
{
    EmbedAnswer got = {0};
    assert_int_equal(ask(mode, &got), expect);
    assert_string_equal(cx.err.key, key);
    assert_null(got.values);
}

static void check_vectors(const EmbedAnswer *got)
{
    assert_int_equal(got->count, 3);
    assert_int_equal(got->dims, DIMS);
    for (size_t i = 0; i < got->count; i++) {
        assert_true(got->values[i * DIMS] == (float)(i + 1));
        assert_true(got->values[i * DIMS + 1] == 0.5F);
    }
}

static void test_good(void **state)
{
    EmbedAnswer got;
    (void)state;
    assert_int_equal(ask(GOOD, &got), ERR_OK);
    check_vectors(&got);
    assert_int_equal(fake.asked, 1);
    assert_int_equal(rest_count, 0);
    assert_non_null(strstr(fake.request, "POST /v1/embeddings HTTP/1.1\r\n"));
    assert_non_null(strstr(fake.request, "Authorization: Bearer sk-secret\r\n"));
    assert_non_null(strstr(fake.request, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(fake.request,
                           "\r\n\r\n{\"model\":\"bge \\\"m3\\\"\",\"encoding_format\":\"float\","
                           "\"input\":[\"石墨烯\\n\\\"散热\\\" 膜\",\"电池\",\"graphene\"]}"));
}

static void test_order_by_index(void **state)
{
    EmbedAnswer got;
    (void)state;
    assert_int_equal(ask(BACKWARDS, &got), ERR_OK);
    check_vectors(&got);
}

static void test_retries(void **state)
{
    EmbedAnswer got;
    (void)state;
    assert_int_equal(ask(FAILS_TWICE, &got), ERR_OK);
    check_vectors(&got);
    assert_int_equal(fake.asked, 3);
    assert_int_equal(rest_count, 2);
    assert_int_equal(rests[0], EMBED_PAUSE_MS);
    assert_int_equal(rests[1], 2 * EMBED_PAUSE_MS);
    assert_null(cx.err.key);
}

static void test_gives_up(void **state)
{
    (void)state;
    refused(ALWAYS_BUSY, ERR_BUSY, "embed.busy");
    assert_true(str_same(cx.err.args[0], S("503")));
    assert_int_equal(fake.asked, EMBED_TRIES);
    assert_int_equal(rest_count, EMBED_TRIES - 1);
    refused(CLOSES, ERR_BUSY, "embed.unreachable");
    assert_int_equal(fake.asked, EMBED_TRIES);
}

static void test_timeout(void **state)
{
    const Str text = S("电池");
    EmbedAnswer got;
    (void)state;
    begin(SLOW);
    server.timeout_ms = 150;
    rest_most = 0; /* It is time to stop, once the first try has failed. */
    assert_int_equal(embed_ask(&cx, &server, &text, 1, &got), ERR_STATE);
    assert_string_equal(cx.err.key, "embed.stopped");
    assert_int_equal(rest_count, 1);
    begin(SLOW);
    server.timeout_ms = 150;
    i64 began_ns = clock_steady_ns();
    assert_int_equal(embed_ask(&cx, &server, &text, 1, &got), ERR_BUSY);
    assert_string_equal(cx.err.key, "embed.timeout");
    assert_true(clock_steady_ns() - began_ns >= (i64)EMBED_TRIES * 100 * 1000000);
    assert_int_equal(rest_count, EMBED_TRIES - 1);
    poll(NULL, 0, SLOW_MS); /* Until the server has done with these. */
}

static bool rest_never(void *context, i64 ms)
{
    (void)context;
    return ms != 0; /* To be asked with 0 while waiting: then it is time. */
}

static void test_stops_while_waiting(void **state)
{
    const Str text = S("电池");
    EmbedAnswer got;
    (void)state;
    begin(SLOW);
    server.rest = rest_never;
    i64 began_ns = clock_steady_ns();
    assert_int_equal(embed_ask(&cx, &server, &text, 1, &got), ERR_STATE);
    assert_string_equal(cx.err.key, "embed.stopped");
    assert_true(clock_steady_ns() - began_ns < (i64)SLOW_MS * 1000000);
    poll(NULL, 0, SLOW_MS);
}

static void test_wrong_answers(void **state)
{
    (void)state;
    refused(WRONG_DIMENSION, ERR_IO, "embed.wrong_dimension");
    refused(WRONG_COUNT, ERR_IO, "embed.wrong_count");
    refused(GARBAGE, ERR_IO, "embed.garbage");
    refused(REDIRECTS, ERR_DENIED, "embed.refused");
    assert_int_equal(fake.asked, 1); /* It went nowhere else. */
    refused(FORBIDS, ERR_DENIED, "embed.refused");
    assert_int_equal(fake.asked, 1);
    refused(REFUSES_TEXT, ERR_INPUT, "embed.text_refused");
    refused(ENDLESS, ERR_LIMIT, "embed.too_long");
}

static void test_nobody_there(void **state)
{
    const Str text = S("电池");
    EmbedAnswer got;
    (void)state;
    begin(GOOD);
    server.url = S("http://127.0.0.1:1/v1/embeddings");
    assert_int_equal(embed_ask(&cx, &server, &text, 1, &got), ERR_BUSY);
    assert_string_equal(cx.err.key, "embed.unreachable");
}

static const char *read_key(const char *json, size_t count, i64 dims)
{
    EmbedAnswer got = {0};
    cx = (Cx){.arena = &arena};
    Err e = embed_read(&cx, str_from(json), count, dims, &got);
    assert_true(e == ERR_OK || e == ERR_IO);
    assert_true((e == ERR_OK) == (got.values != NULL));
    return e ? cx.err.key : "";
}

static void test_read(void **state)
{
    static const struct {
        const char *json;
        size_t count;
        i64 dims;
        const char *key;
    } rows[] = {
        {"{\"data\":[{\"index\":0,\"embedding\":[1,-2.5]}]}", 1, 2, ""},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,-2.5]}]}", 1, 0, ""},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,-2.5]}]}", 1, 3, "embed.wrong_dimension"},
        {"{\"data\":[{\"index\":0,\"embedding\":[]}]}", 1, 0, "embed.wrong_dimension"},
        {"{\"data\":[{\"index\":0,\"embedding\":\"AAAA\"}]}", 1, 0, "embed.wrong_dimension"},
        {"{\"data\":[{\"index\":0,\"embedding\":[0,0]}]}", 1, 2, "embed.bad_numbers"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,null]}]}", 1, 2, "embed.bad_numbers"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,1e300]}]}", 1, 2, "embed.bad_numbers"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,\"2\"]}]}", 1, 2, "embed.bad_numbers"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,NaN]}]}", 1, 2, "embed.garbage"},
        {"{\"data\":[{\"index\":1,\"embedding\":[1,2]}]}", 1, 2, "embed.wrong_order"},
        {"{\"data\":[{\"embedding\":[1,2]}]}", 1, 2, "embed.wrong_order"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":0,\"embedding\":[1,2]}]}", 2, 2,
         "embed.wrong_order"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":1,\"embedding\":[1]}]}", 2, 0,
         "embed.wrong_dimension"},
        {"{\"data\":[1]}", 1, 0, "embed.wrong_dimension"},
        {"{\"data\":[]}", 1, 0, "embed.wrong_count"},
        {"{\"data\":{}}", 1, 0, "embed.garbage"},
        {"[]", 1, 0, "embed.garbage"},
        {"", 1, 0, "embed.garbage"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(read_key(rows[i].json, rows[i].count, rows[i].dims), rows[i].key);
}

static void test_addresses(void **state)
{
    static const char *const rows[][2] = {
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/embeddings"},
        {"https://e.example/", "https://e.example/v1/embeddings"},
        {"http://[::1]:11434/v1/", "http://[::1]:11434/v1/embeddings"},
        {"https://e.example/api/v1", "https://e.example/api/v1/embeddings"},
        {"https://e.example/x/embeddings", "https://e.example/x/embeddings"},
        {"ftp://e.example", NULL},
        {"file:///etc/passwd", NULL},
        {"e.example", NULL},
        {"http://", NULL},
        {"http://:80", NULL},
        {"http://a@e.example", NULL},
        {"http://e.example/?a=b", NULL},
        {"http://e.example/ x", NULL},
        {"http://e.example\r\nX: y", NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        Str got;
        assert_int_equal(embed_endpoint(&arena, str_from(rows[i][0]), &got), rows[i][1] != NULL);
        if (rows[i][1])
            assert_true(str_same_z(got, rows[i][1]));
    }
}

static const char *begin_key(Str url, Str model, Str key)
{
    Settings settings;
    EmbedServer got;
    settings_default(&settings);
    settings.embed_url = url;
    settings.embed_model = model;
    settings.embed_key = key;
    cx = (Cx){.arena = &arena};
    return embed_begin(&cx, &settings, &got) ? cx.err.key : got.url.len ? "on" : "off";
}

static void test_settings(void **state)
{
    (void)state;
    assert_string_equal(begin_key(S(""), S(""), S("")), "off");
    assert_string_equal(begin_key(S("http://a"), S("m"), S("")), "on");
    assert_string_equal(begin_key(S("gopher://a"), S("m"), S("")), "embed.bad_url");
    assert_string_equal(begin_key(S("http://a"), S(""), S("")), "embed.no_model");
    assert_string_equal(begin_key(S("http://a"), S("m"), S("a\r\nX: y")), "embed.bad_key");
    Settings settings;
    Buf out = buf_new(&arena);
    settings_default(&settings);
    settings.embed_key = S("sk-secret");
    settings_write(&cx, &out, &settings); /* `techbourse config` prints no key. */
    assert_true(str_has(buf_str(&out), S("embed_key")));
    assert_false(str_has(buf_str(&out), S("sk-secret")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),          cmocka_unit_test(test_order_by_index),
        cmocka_unit_test(test_retries),       cmocka_unit_test(test_gives_up),
        cmocka_unit_test(test_timeout),       cmocka_unit_test(test_stops_while_waiting),
        cmocka_unit_test(test_wrong_answers), cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_read),          cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_settings),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
