/* Live pages, many and slow and rude clients, and how a server ends. */
#include "web/server_house.h"

/* ---------------------------------------------------------------------------------- live pages */

static int follow(Arena *arena, int port, const char *request)
{
    int fd = probe_connect(port);
    probe_send_z(fd, request);
    Str head = probe_until(arena, fd, "\r\n\r\n");
    assert_true(str_starts(head, S("HTTP/1.1 200 ")));
    assert_true(str_has(head, S("text/event-stream")));
    assert_true(str_has(head, S("X-Accel-Buffering: no")));
    probe_until(arena, fd, "retry: 2000\n\n");
    return fd;
}

static void publish(App *app, const char *channel, i64 id)
{
    char text[32];
    snprintf(text, sizeof text, "price %lld", (long long)id);
    assert_true(live_publish(app->server, channel, id, "bid", str_from(text)));
}

/* The events from..to come in order, each once, and `to` is the last so far. */
static void expect_events(Arena *arena, int fd, i64 from, i64 to)
{
    char last[32];
    snprintf(last, sizeof last, "data: price %lld\n", (long long)to);
    Str got = probe_until(arena, fd, last);
    i64 want = from;
    for (size_t at = 0; at < got.len;) {
        Str rest = str_slice(got, at, got.len);
        size_t next = str_find(rest, S("id: "));
        if (next == rest.len)
            break;
        assert_int_equal(strtoll(rest.data + next + 4, NULL, 10), want);
        want++;
        at += next + 4;
    }
    assert_int_equal(want, to + 1);
}

static void test_live(void **state)
{
    App *app = *state;
    Arena arena = {0};
    int port = port_of(state);
    int fd = follow(&arena, port, GET("/live/lot/17"));
    for (i64 id = 1; id <= 5; id++)
        publish(app, "lot/17", id);
    publish(app, "lot/18", 6);
    expect_events(&arena, fd, 1, 5);
    close(fd);
    for (i64 id = 6; id <= 9; id++)
        publish(app, "lot/17", id);
    fd = follow(&arena, port, "GET /live/lot/17 HTTP/1.1\r\n" HOST "Last-Event-ID: 5\r\n\r\n");
    expect_events(&arena, fd, 6, 9);
    publish(app, "lot/17", 10);
    expect_events(&arena, fd, 10, 10);
    int other = follow(&arena, port, GET("/live/lot/17?last=8"));
    expect_events(&arena, other, 9, 10);
    publish(app, "lot/17", 11);
    expect_events(&arena, fd, 11, 11);
    expect_events(&arena, other, 11, 11);
    close(fd);
    close(other);
    arena_done(&arena);
}

/* A connection that has served pages before, and a channel that a handler chose. */
static void test_live_by_handler(void **state)
{
    App *app = *state;
    Arena arena = {0};
    int fd = probe_connect(port_of(state));
    probe_send_z(fd, GET("/echo"));
    Reply reply = probe_reply(&arena, fd, true);
    assert_int_equal(reply.status, 200);
    probe_send_z(fd, GET("/follow"));
    probe_until(&arena, fd, "retry: 2000\n\n");
    publish(app, "by/handler", 3);
    expect_events(&arena, fd, 3, 3);
    close(fd);
    arena_done(&arena);
}

static void *publish_many(void *arg)
{
    for (i64 id = 1; id <= 200; id++) {
        char text[32];
        snprintf(text, sizeof text, "price %lld", (long long)id);
        live_publish(((App *)arg)->server, "lot/1", id, "bid", str_from(text));
        usleep(500);
    }
    return NULL;
}

static void test_many_watchers(void **state)
{
    App *app = *state;
    Arena arena = {0};
    int fds[60];
    pthread_t publisher;
    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = follow(&arena, port_of(state), GET("/live/lot/1?last=0"));
    assert_int_equal(server_stats(app->server).watcher_count, COUNT(fds));
    assert_int_equal(pthread_create(&publisher, NULL, publish_many, app), 0);
    for (size_t i = 0; i < COUNT(fds); i++) {
        expect_events(&arena, fds[i], 1, 200);
        close(fds[i]);
    }
    pthread_join(publisher, NULL);
    arena_done(&arena);
}

/* One who does not read is dropped, and the others do not notice. */
static void test_slow_watcher(void **state)
{
    App *app = *state;
    Arena arena = {0};
    static char data[8000];
    memset(data, 'x', sizeof data);
    int fd = probe_connect(port_of(state));
    int small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    probe_send_z(fd, GET("/live/lot/2"));
    while (server_stats(app->server).watcher_count == 0)
        usleep(1000);
    i64 id = 1;
    for (; id < 5000 && server_stats(app->server).watcher_count > 0; id++) {
        live_publish(app->server, "lot/2", id, "", (Str){data, sizeof data});
        usleep(1000);
    }
    assert_int_equal(server_stats(app->server).watcher_count, 0);
    close(fd);
    fd = follow(&arena, port_of(state), GET("/live/lot/2?last=1"));
    assert_true(str_ends(probe_until(&arena, fd, "event: gap\n"), S("event: gap\n")));
    close(fd);
    arena_done(&arena);
}

/* ------------------------------------------------------------------------- many, slow and rude */

typedef struct Client {
    pthread_t thread;
    int port;
    int number;
    int good;
} Client;

static void *ask_many(void *arg)
{
    Client *client = arg;
    Arena arena = {0};
    int fd = probe_connect(client->port);
    for (int i = 0; fd >= 0 && i < 20; i++) {
        Str request =
            str_format(&arena, "GET /echo?q=%d-%d HTTP/1.1\r\n" HOST "\r\n", client->number, i);
        Str want = str_format(&arena, "GET /echo q=%d-%d f= b= at", client->number, i);
        probe_send(fd, request.data, request.len);
        Reply reply = probe_reply(&arena, fd, true);
        client->good += reply.status == 200 && str_same(reply.body, want);
    }
    close(fd);
    arena_done(&arena);
    return NULL;
}

static void test_parallel(void **state)
{
    static Client clients[64];
    memset(clients, 0, sizeof clients);
    for (int i = 0; i < 64; i++) {
        clients[i].port = port_of(state);
        clients[i].number = i;
        assert_int_equal(pthread_create(&clients[i].thread, NULL, ask_many, &clients[i]), 0);
    }
    for (int i = 0; i < 64; i++) {
        pthread_join(clients[i].thread, NULL);
        assert_int_equal(clients[i].good, 20);
    }
}

/* Clients that go away at every point of a request leave nothing behind. */
static void test_rude(void **state)
{
    App *app = *state;
    static const char request[] =
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 20\r\n\r\n0123456789012345";
    for (size_t cut = 0; cut < sizeof request; cut++) {
        int fd = probe_connect(port_of(state));
        probe_send(fd, request, cut);
        close(fd);
        fd = probe_connect(port_of(state));
        probe_send_z(fd, GET("/later"));
        close(fd);
    }
    for (int i = 0; i < 5000 && server_stats(app->server).connection_count > 0; i++)
        usleep(1000);
    assert_int_equal(server_stats(app->server).connection_count, 0);
}

static void test_slow_head(void **state)
{
    App *app = app_new();
    Arena arena = {0};
    ServerConfig config = config_of(app);
    (void)state;
    config.head_ms = 200;
    config.idle_ms = 1000;
    app_start(app, &config);
    int fds[3];
    static const char *const starts[] = {"", "GET /echo HT", GET("/echo") "GET /ec"};
    i64 began = clock_steady_ns();
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = probe_connect(server_port(app->server));
        probe_send_z(fds[i], starts[i]);
    }
    for (size_t i = 0; i < COUNT(fds); i++) {
        Str rest = probe_rest(&arena, fds[i]);
        assert_int_equal(rest.len > 0, i == 2);
        close(fds[i]);
    }
    assert_true(clock_steady_ns() - began < (i64)5000 * 1000000);

    /* A byte now and then does not help. */
    int fd = probe_connect(server_port(app->server));
    int sent = 0;
    while (sent < 60 && probe_send_z(fd, sent == 0 ? "GET /a" : "a")) {
        usleep(20 * 1000);
        sent++;
    }
    assert_true(sent < 30);
    close(fd);
    app_stop(app);
    arena_done(&arena);
}

static void test_address_max(void **state)
{
    App *app = app_new();
    Arena arena = {0};
    ServerConfig config = config_of(app);
    (void)state;
    config.address_max = 2;
    app_start(app, &config);
    int port = server_port(app->server);
    for (int turn = 0; turn < 3; turn++) {
        int one = probe_connect(port);
        int two = probe_connect(port);
        probe_send_z(one, GET("/echo"));
        probe_send_z(two, GET("/echo"));
        assert_int_equal(probe_reply(&arena, one, true).status, 200);
        assert_int_equal(probe_reply(&arena, two, true).status, 200);
        assert_int_equal(probe_ask(&arena, port, GET("/echo")).status, 0);
        close(one);
        close(two);
        while (server_stats(app->server).connection_count > 0)
            usleep(1000);
    }
    app_stop(app);
    arena_done(&arena);
}

static bool admit_none(Server *server, Request *request)
{
    (void)server;
    return !str_same(request->peer, S("203.0.113.9"));
}

static void test_proxy(void **state)
{
    App *app = app_new();
    Arena arena = {0};
    ServerConfig config = config_of(app);
    (void)state;
    config.trust_proxy = true;
    config.admit = admit_none;
    app_start(app, &config);
    int port = server_port(app->server);
    assert_int_equal(probe_ask(&arena, port, GET("/echo")).status, 200);
    assert_int_equal(probe_ask(&arena, port,
                               "GET /echo HTTP/1.1\r\n" HOST
                               "X-Forwarded-For: 10.0.0.1, 203.0.113.9\r\n\r\n")
                         .status,
                     429);
    assert_int_equal(probe_ask(&arena, port,
                               "GET /echo HTTP/1.1\r\n" HOST
                               "X-Forwarded-For: 203.0.113.9, x\r\n\r\n")
                         .status,
                     200);
    app_stop(app);
    arena_done(&arena);
}

static void test_local_socket(void **state)
{
    App *app = app_new();
    Arena arena = {0};
    ServerConfig config = config_of(app);
    struct stat status;
    (void)state;
    snprintf(app->socket_path, sizeof app->socket_path, "/tmp/front_test.%d.sock", (int)getpid());
    config.host = NULL;
    config.socket_path = app->socket_path;
    app_start(app, &config);
    assert_int_equal(stat(app->socket_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    int fd = probe_connect_local(app->socket_path);
    probe_send_z(fd, "GET /echo HT");
    usleep(20 * 1000);
    probe_send_z(fd, "TP/1.1\r\n" HOST "\r\n");
    Reply reply = probe_reply(&arena, fd, true);
    expect_body(&reply, 200, "GET /echo q= f= b= local at");
    close(fd);

    /* One that is served is not taken over; one left behind is. */
    Server *second;
    Cx cx = {.arena = &arena, .clock = &app->clock};
    assert_int_equal(server_init(&cx, &config, &second), ERR_IO);
    assert_string_equal(cx.err.key, "web.cannot_listen");
    app_stop(app);
    assert_int_not_equal(stat(config.socket_path, &status), 0);
    arena_done(&arena);
}

/* ---------------------------------------------------------------------------------------- ends */

static void *release(void *arg)
{
    App *app = arg;
    usleep(100 * 1000);
    atomic_store(&app->hold, false);
    return NULL;
}

static void test_graceful_stop(void **state)
{
    App *app = app_new();
    Arena arena = {0};
    ServerConfig config = config_of(app);
    (void)state;
    atomic_store(&app->hold, true);
    app_start(app, &config);
    int port = server_port(app->server);
    int fd = probe_connect(port);
    int live = follow(&arena, port, GET("/live/lot/3"));
    int idle = probe_connect(port);
    probe_send_z(fd, GET("/held"));
    wait_for(&app->handled, 1);
    server_stop(app->server);
    in_thread(release, app);
    Reply reply = probe_reply(&arena, fd, true);
    expect_body(&reply, 200, "held");
    assert_true(str_same(reply_header(&reply, "Connection"), S("close")));
    Str rest = probe_rest(&arena, live);
    assert_true(rest.len <= 7); /* The end of its last chunk, and no more. */
    assert_int_equal(probe_rest(&arena, idle).len, 0);
    assert_int_equal(probe_connect(port), -1);
    close(fd);
    close(live);
    close(idle);
    app_stop(app);
    arena_done(&arena);
}

static void test_bounded_stop(void **state)
{
    App *app = app_new();
    Arena arena = {0};
    ServerConfig config = config_of(app);
    (void)state;
    config.stop_ms = 200;
    app_start(app, &config);
    int fd = probe_connect(server_port(app->server));
    int half = probe_connect(server_port(app->server));
    probe_send_z(fd, GET("/never"));
    probe_send_z(half, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nhalf");
    wait_for(&app->handled, 1);
    i64 began = clock_steady_ns();
    app_stop(app);
    assert_true(clock_steady_ns() - began < (i64)3000 * 1000000);
    assert_int_equal(probe_rest(&arena, fd).len, 0);
    close(fd);
    close(half);
    arena_done(&arena);
}

static void test_bad_address(void **state)
{
    App *app = app_new();
    ServerConfig config = config_of(app);
    Cx cx = {.arena = &app->arena, .clock = &app->clock};
    Server *server = NULL;
    (void)state;
    config.host = "not an address";
    assert_int_equal(server_init(&cx, &config, &server), ERR_IO);
    assert_string_equal(cx.err.key, "web.address_bad");
    assert_null(server);
    arena_done(&app->arena);
}

int main(void)
{
    // clang-format off
    const struct CMUnitTest tests[] = {
        ON_SERVER(test_live),
        ON_SERVER(test_live_by_handler),
        ON_SERVER(test_many_watchers),
        ON_SERVER(test_slow_watcher),
        ON_SERVER(test_parallel),
        ON_SERVER(test_rude),
        cmocka_unit_test(test_slow_head),
        cmocka_unit_test(test_address_max),
        cmocka_unit_test(test_proxy),
        cmocka_unit_test(test_local_socket),
        cmocka_unit_test(test_graceful_stop),
        cmocka_unit_test(test_bounded_stop),
        cmocka_unit_test(test_bad_address),
    };
    // clang-format on
    return cmocka_run_group_tests(tests, NULL, NULL);
}
