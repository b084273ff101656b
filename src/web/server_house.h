/* server_house.h - a small program on the front, with a route of each kind, for the tests. */
#ifndef WEB_SERVER_HOUSE_H
#define WEB_SERVER_HOUSE_H

#include "web/server_house_routes.h"

static inline void *run(void *arg)
{
    server_run(((App *)arg)->server);
    return NULL;
}

static inline ServerConfig config_of(App *app)
{
    return (ServerConfig){
        .host = "127.0.0.1",
        .worker_count = 2,
        .csp = "default-src 'self'",
        .live_prefix = "/live/",
        .app = app,
        .route = route,
        .handle = handle,
        .worker_begin = worker_begin,
        .worker_end = worker_end,
    };
}

static inline App *app_new(void)
{
    static App app;
    memset(&app, 0, sizeof app);
    log_level_set(LOG_ERROR_LEVEL + 1);
    return &app;
}

static inline void app_start(App *app, const ServerConfig *config)
{
    Cx cx = {.arena = &app->arena, .clock = &app->clock};
    assert_int_equal(server_init(&cx, config, &app->server), ERR_OK);
    assert_int_equal(pthread_create(&app->thread, NULL, run, app), 0);
}

static inline void app_stop(App *app)
{
    server_stop(app->server);
    pthread_join(app->thread, NULL);
    server_done(app->server);
    arena_done(&app->arena);
    assert_int_equal(app->began, app->ended);
}

static inline int set_up(void **state)
{
    App *app = app_new();
    ServerConfig config = config_of(app);
    app_start(app, &config);
    *state = app;
    return 0;
}

static inline int tear_down(void **state)
{
    app_stop(*state);
    return 0;
}

static inline int port_of(void **state)
{
    return server_port(((App *)*state)->server);
}

static inline void expect_body(const Reply *reply, int status, const char *body)
{
    if (reply->status != status || !str_same_z(reply->body, body))
        fail_msg("%d %.*s, not %d %s", reply->status, STR_ARG(reply->body), status, body);
}

static inline void wait_for(atomic_int *counter, int wanted)
{
    for (int i = 0; i < 5000 && atomic_load(counter) != wanted; i++)
        usleep(1000);
    assert_int_equal(atomic_load(counter), wanted);
}

#define ON_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
