/* bench_closing.c - many lots that end at the same instant, each with a bid and a watcher.
 *
 *   bench_closing make FOLDER LOTS SECONDS  an exchange with so many open lots, which all end so
 *                                           many seconds from now
 *   bench_closing follow PORT LOTS END_MS   one watcher a lot and one in the hall, until all know
 *
 * `make` prints the end; `follow` one line of JSON with the times from the end of the lots until
 * the watchers had heard that theirs is sold. bench/closing.sh runs both. */
#include "base/base.h"
#include "cli/house.h"
#include "command/settings.h"
#include "flow/who.h"
#include "registry/registry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { START_FEN = 3500000, WAIT_MS = 60 * 1000 };

_Noreturn static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why ? why : strerror(errno));
    exit(1);
}

/* ---- making ---- */

typedef struct Made {
    Arena arena;
    Settings settings;
    Open open;
    Cx cx;
} Made;

static Made m;

static void must(Err e, const char *what)
{
    if (e)
        die(what, m.cx.err.key);
}

static Val *call(Actor actor, const char *name, const char *json)
{
    Str why;
    void *in;
    Val *reply = NULL;
    const Op *op = op_find(&m.open.house, str_from(name));
    m.cx.actor = actor;
    m.cx.arrived_ms = clock_now_ms(m.cx.clock);
    err_clear(&m.cx);
    must(op_read_json(&m.cx, op, val_read_json(&m.arena, str_from(json), &why), &in), name);
    must(op_call(&m.cx, op, in, &reply), name);
    return reply;
}

static i64 call_id(Actor actor, const char *name, const char *format, i64 id)
{
    char json[200];
    snprintf(json, sizeof json, format, (long long)id);
    return val_get_int(call(actor, name, json), "id");
}

/* All at once: listings come through their own ops elsewhere. */
static Err add_listings(Cx *cx, void *arg)
{
    const int *count = arg;
    Err e = ERR_OK;
    for (int i = 0; !e && i < *count; i++) {
        Listing listing = {.org_id = 1,
                           .title = S("一种薄膜"),
                           .mode = S("assign"),
                           .price_fen = START_FEN,
                           .state = LISTING_LISTED};
        e = fact_create(cx, &listing_type, &listing, (FactNote){.kind = "listing.accepted"});
    }
    return e;
}

static void open_house(const char *folder)
{
    static Clock clock;
    static Chance chance;
    m.cx = (Cx){.arena = &m.arena, .clock = &clock, .chance = &chance};
    settings_default(&m.settings);
    m.settings.data = str_from(folder);
    m.settings.password_memory_kb = 64;
    m.settings.second_factor = 0;
    m.settings.agreement_required = 0;
    m.settings.stage_consent_required = 0;
    Open made;
    must(house_open(&m.cx, &m.settings, OPEN_MAKE, &made), "make");
    must(house_made(&m.cx, &made), "made");
    house_close(&made);
    must(house_open(&m.cx, &m.settings, OPEN_SERVE, &m.open), "open");
    must(house_reader(&m.open, &m.arena, &m.cx), "reader");
}

static int make(const char *folder, int lots, i64 seconds)
{
    const Actor local = {.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL};
    char json[300];
    open_house(folder);
    call(local, "org.add", "{\"code\":\"U\",\"name\":\"南通大学\",\"kind\":\"university\"}");
    Val *org = call(local, "org.add", "{\"code\":\"F\",\"name\":\"企业\",\"kind\":\"firm\"}");
    const Actor firm = {.account_id = 1,
                        .org_id = val_get_int(org, "id"),
                        .roles = WHO_FIRM | WHO_SIGNED,
                        .via = VIA_API};
    must(writer_run(m.open.house.writer, &m.cx, add_listings, &lots), "listings");
    i64 end_ms = (clock_now_ms(m.cx.clock) / 1000 + seconds) * 1000;
    for (int i = 1; i <= lots; i++) {
        ArenaMark mark = arena_mark(&m.arena);
        snprintf(json, sizeof json,
                 "{\"listing_id\":%d,\"start_fen\":%d,\"step_fen\":100,\"window_s\":1,"
                 "\"extend_s\":1,\"end_ms\":%lld}",
                 i, START_FEN, (long long)end_ms);
        i64 lot_id = val_get_int(call(local, "lot.open", json), "id");
        call_id(local, "lot.admit", "{\"id\":%lld}",
                call_id(firm, "lot.enter", "{\"lot_id\":%lld}", lot_id));
        snprintf(json, sizeof json, "{\"lot_id\":%lld,\"amount_fen\":%d,\"key\":\"bench\"}",
                 (long long)lot_id, START_FEN);
        if (!val_get_bool(call(firm, "lot.bid", json), "ok"))
            die("lot.bid", "refused");
        arena_rewind(&m.arena, mark);
    }
    printf("%lld\n", (long long)end_ms);
    house_reader_done(&m.cx);
    house_close(&m.open);
    return clock_now_ms(m.cx.clock) < end_ms - 5000 ? 0 : 3; /* Too late: more seconds. */
}

/* ---- following ---- */

typedef struct Follower {
    int fd;
    bool told;
} Follower;

static i64 wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (i64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int follow_open(int port, const char *channel)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char text[200];
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect", NULL);
    int len =
        snprintf(text, sizeof text, "GET /live/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", channel);
    if (write(fd, text, (size_t)len) != len)
        die("write", NULL);
    return fd;
}

static int by_size(const void *a, const void *b)
{
    i64 x = *(const i64 *)a, y = *(const i64 *)b;
    return x < y ? -1 : x > y;
}

static int follow(int port, int lots, i64 end_ms)
{
    static char bytes[64 * 1024];
    static struct epoll_event news[1024];
    Follower *all = calloc((size_t)lots + 1, sizeof *all);
    i64 *spans = calloc((size_t)lots, sizeof *spans), hall_ms = 0, hall_events = 0;
    int told = 0, epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i <= lots; i++) {
        char channel[40] = "lots";
        if (i > 0)
            snprintf(channel, sizeof channel, "lot/%d", i);
        all[i].fd = follow_open(port, channel);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, all[i].fd, &event);
        if (i % 50 == 49)
            usleep(2000);
    }
    fprintf(stderr, "%d watchers, %lld ms before the end\n", lots, (long long)(end_ms - wall_ms()));
    while (told < lots && wall_ms() < end_ms + WAIT_MS) {
        int count = epoll_wait(epoll_fd, news, 1024, 100);
        i64 now_ms = wall_ms();
        for (int i = 0; i < count; i++) {
            Follower *one = news[i].data.ptr;
            ssize_t got = recv(one->fd, bytes, sizeof bytes - 1, MSG_DONTWAIT);
            bytes[got > 0 ? got : 0] = 0;
            if (got <= 0)
                continue;
            if (one == &all[0] && strstr(bytes, "event: lots")) {
                hall_ms = now_ms - end_ms;
                hall_events++;
            } else if (!one->told && strstr(bytes, "\"state\":\"sold\"")) {
                one->told = true;
                spans[told++] = now_ms - end_ms;
            }
        }
    }
    qsort(spans, (size_t)told, sizeof *spans, by_size);
    printf("{\"bench\":\"closing\",\"lots\":%d,\"told\":%d,\"first_ms\":%lld,\"p50_ms\":%lld,"
           "\"p99_ms\":%lld,\"last_ms\":%lld,\"hall_last_ms\":%lld,\"hall_events\":%lld,"
           "\"wanted\":{\"last_ms\":2000}}\n",
           lots, told, (long long)(told ? spans[0] : 0), (long long)(told ? spans[told / 2] : 0),
           (long long)(told ? spans[(told - 1) * 99 / 100] : 0),
           (long long)(told ? spans[told - 1] : 0), (long long)hall_ms, (long long)hall_events);
    return told == lots ? 0 : 1;
}

/* A number of the command line; anything else ends the program. */
static i64 number(const char *text)
{
    i64 n = 0;
    if (!str_to_i64(str_from(text), &n))
        die(text, "no number");
    return n;
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (argc == 5 && strcmp(argv[1], "make") == 0)
        return make(argv[2], (int)number(argv[3]), number(argv[4]));
    if (argc == 5 && strcmp(argv[1], "follow") == 0)
        return follow((int)number(argv[2]), (int)number(argv[3]), number(argv[4]));
    fprintf(stderr, "not run: bench/closing.sh runs it\n");
    return 77;
}
