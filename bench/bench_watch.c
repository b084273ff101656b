/* bench_watch.c - many watchers of one lot, and bids that arrive meanwhile.
 *
 *   bench_watch PORT SOCKET PID LOT WATCHERS SECONDS RATE FIRST_FEN STEP_FEN LOGIN[,LOGIN...]
 *
 * Watchers come over TCP to PORT on 127.0.0.1 and follow /live/lot/LOT. Bids go to /api/v1/lot/bid
 * over the house's own unix socket, each in the name of the next login, RATE a second, from SENDERS
 * connections; the first of FIRST_FEN, each STEP_FEN above the one before. RATE 0: no bids, the
 * watchers just sit. PID is the server's, for its memory and processor time.
 *
 * Times of an event run from `now_ms` in it, which the server wrote when it made the event, to the
 * arrival of its last byte at each watcher; those of a bid from its arrival (`at_ms`).
 * `bare_to_last_ms` is what a bare loop of send() to as many sockets takes on this machine just
 * after it (to as many pairs as there are files for, scaled). Prints one line of JSON. */
#include "base/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SENDERS = 16, EVENTS_MAX = 100 * 1000, SPAN_MAX_MS = 5000, NEWS = 1024 };

typedef struct Watch {
    int fd;
    i64 id; /* Of the event under way. */
    char last;
} Watch;

/* One event, by its number. */
typedef struct Event {
    i64 id;
    i64 made_ms;
    i64 bid_ms; /* Arrival of the newest bid in it; 0: none. */
    i64 last_ms;
    i64 count;
} Event;

typedef struct Run {
    int port;
    const char *socket_path;
    Str logins[16];
    int login_count;
    i64 lot_id, rate, step_fen;
    atomic_llong next_fen, sent, taken, refused, failed;
    i64 until_ns, begun_ns;
    atomic_llong turn;
    Watch *watches;
    int watch_count, open_count;
    Event *events;
    size_t event_count;
    i64 spans[SPAN_MAX_MS + 1]; /* Of all events and watchers. */
} Run;

static i64 wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (i64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- the server's memory and time ---- */

static i64 server_kb(const char *pid)
{
    char path[64], line[256];
    i64 kb = 0;
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtoll(line + 6, NULL, 10);
    if (file)
        fclose(file);
    return kb;
}

static double server_cpu_s(const char *pid)
{
    char path[64], line[1024] = "";
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (file && fgets(line, sizeof line, file)) {
        const char *at = strrchr(line, ')');
        if (at)
            sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    }
    if (file)
        fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- watchers ---- */

static void watch_open(Run *run, Watch *watch)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)run->port)};
    char text[256];
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    watch->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (watch->fd < 0 || connect(watch->fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    int len = snprintf(text, sizeof text,
                       "GET /live/lot/%lld HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       "Accept: text/event-stream\r\n\r\n",
                       (long long)run->lot_id);
    if (write(watch->fd, text, (size_t)len) != len)
        die("write");
    run->open_count++;
}

static Event *event_of(Run *run, i64 id)
{
    for (size_t i = run->event_count; i-- > 0 && run->events[i].id >= id;)
        if (run->events[i].id == id)
            return &run->events[i];
    if (run->event_count == EVENTS_MAX)
        die("too many events");
    run->events[run->event_count] = (Event){.id = id};
    return &run->events[run->event_count++];
}

static i64 member(const char *text, size_t len, const char *name)
{
    const char *at = memmem(text, len, name, strlen(name));
    return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

static void event_ends(Run *run, Watch *watch, i64 now_ms)
{
    Event *event = event_of(run, watch->id);
    event->count++;
    event->last_ms = now_ms;
    i64 span = now_ms - event->made_ms;
    run->spans[span < 0 ? 0 : span > SPAN_MAX_MS ? SPAN_MAX_MS : span]++;
    watch->id = 0;
}

/* An event begins with its id and ends with an empty line; its bytes may come in pieces. */
static void took(Run *run, Watch *watch, const char *bytes, size_t len, i64 now_ms)
{
    for (size_t at = 0; at < len;) {
        if (!watch->id) {
            const char *id = memmem(bytes + at, len - at, "id: ", 4);
            if (!id)
                break;
            watch->id = strtoll(id + 4, NULL, 10);
            at = (size_t)(id - bytes) + 4;
            Event *event = event_of(run, watch->id);
            if (!event->made_ms) {
                event->made_ms = member(bytes + at, len - at, "\"now_ms\":");
                event->bid_ms = member(bytes + at, len - at, "\"at_ms\":");
            }
        } else if (watch->last == '\n' && bytes[at] == '\n') {
            event_ends(run, watch, now_ms);
            at++;
        } else {
            const char *end = memmem(bytes + at, len - at, "\n\n", 2);
            if (!end)
                break;
            event_ends(run, watch, now_ms);
            at = (size_t)(end - bytes) + 2;
        }
        watch->last = 0;
    }
    watch->last = bytes[len - 1];
}

static void watch_ready(Run *run, int epoll_fd, Watch *watch)
{
    static char bytes[256 * 1024];
    ssize_t got = recv(watch->fd, bytes, sizeof bytes - 1, MSG_DONTWAIT);
    if (got > 0) {
        bytes[got] = 0;
        took(run, watch, bytes, (size_t)got, wall_ms());
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
        close(watch->fd);
        run->open_count--;
    }
}

static void watch_until(Run *run, int epoll_fd, i64 until_ns)
{
    static struct epoll_event news[NEWS];
    for (i64 left; (left = until_ns - clock_steady_ns()) > 0;) {
        int count = epoll_wait(epoll_fd, news, NEWS, (int)(left / 1000000) + 1);
        for (int i = 0; i < count; i++)
            watch_ready(run, epoll_fd, news[i].data.ptr);
    }
}

/* ---- bids ---- */

static bool reply_read(int fd, char *text, size_t cap)
{
    size_t have = 0;
    for (;;) {
        ssize_t got = recv(fd, text + have, cap - 1 - have, 0);
        if (got <= 0)
            return false;
        have += (size_t)got;
        text[have] = 0;
        const char *body = strstr(text, "\r\n\r\n"), *len = strcasestr(text, "content-length:");
        if (body && len && have >= (size_t)(body + 4 - text) + strtoull(len + 15, NULL, 10))
            return true;
    }
}

static void bid_send(Run *run, int fd, i64 nth)
{
    char body[256], text[1024], reply[8192];
    i64 fen = atomic_fetch_add(&run->next_fen, run->step_fen);
    int len = snprintf(
        body, sizeof body,
        "{\"lot_id\":%lld,\"amount_fen\":%lld,\"key\":\"bench-%lld-%d\",\"confirmed\":true}",
        (long long)run->lot_id, (long long)fen, (long long)nth, (int)getpid());
    len = snprintf(text, sizeof text,
                   "POST /api/v1/lot/bid HTTP/1.1\r\nHost: local\r\nX-Techbourse-As: %.*s\r\n"
                   "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                   STR_ARG(run->logins[nth % run->login_count]), len, body);
    if (write(fd, text, (size_t)len) != len || !reply_read(fd, reply, sizeof reply))
        die("bid");
    atomic_fetch_add(&run->sent, 1);
    if (strstr(reply, "\"ok\":true"))
        atomic_fetch_add(&run->taken, 1);
    else if (strstr(reply, "\"ok\":false"))
        atomic_fetch_add(&run->refused, 1);
    else if (atomic_fetch_add(&run->failed, 1) == 0)
        fprintf(stderr, "%s\n", reply);
}

static void *sender(void *arg)
{
    Run *run = arg;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", run->socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("socket");
    for (;;) {
        i64 nth = atomic_fetch_add(&run->turn, 1);
        i64 at_ns = run->begun_ns + nth * 1000000000 / run->rate;
        if (at_ns >= run->until_ns)
            break;
        struct timespec at = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        bid_send(run, fd, nth);
    }
    close(fd);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    i64 x = *(const i64 *)a, y = *(const i64 *)b;
    return x < y ? -1 : x > y;
}

/* ---- the other side: the same bytes to as many sockets by a bare loop ---- */

enum { BARE_ROUNDS = 8, BARE_BYTES = 1024 };

typedef struct Bare {
    int epoll_fd, count;
    atomic_int got;
    atomic_bool ends;
} Bare;

static void *bare_reader(void *arg)
{
    Bare *bare = arg;
    static struct epoll_event news[NEWS];
    static char bytes[64 * 1024];
    while (!bare->ends) {
        int count = epoll_wait(bare->epoll_fd, news, NEWS, 100);
        for (int i = 0; i < count; i++)
            if (recv(news[i].data.fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
                atomic_fetch_add(&bare->got, 1);
    }
    return NULL;
}

/* Pairs over loopback, as watchers have them. False: no more files. */
static bool bare_pair(int listener, const struct sockaddr_in *to, int fds[2])
{
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fds[0] < 0)
        return false;
    if (connect(fds[0], (const struct sockaddr *)to, sizeof *to) != 0)
        die("connect");
    fds[1] = accept(listener, NULL, NULL);
    return fds[1] >= 0;
}

/* Milliseconds from the first send until the last was read, of so many sockets; half of the rounds
 * are quicker. */
static double bare_ms(int wanted)
{
    static char bytes[BARE_BYTES];
    struct sockaddr_in to = {.sin_family = AF_INET};
    socklen_t len = sizeof to;
    Bare bare = {.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int(*fds)[2] = calloc((size_t)wanted, sizeof *fds);
    i64 spans[BARE_ROUNDS];
    pthread_t thread;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&to, sizeof to) != 0 || listen(listener, 1024) != 0)
        die("listen");
    getsockname(listener, (struct sockaddr *)&to, &len);
    for (int i = 0; i < wanted && bare_pair(listener, &to, fds[i]); i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i][0]};
        epoll_ctl(bare.epoll_fd, EPOLL_CTL_ADD, fds[i][0], &event);
        bare.count++;
    }
    pthread_create(&thread, NULL, bare_reader, &bare);
    for (int round = 0; round < BARE_ROUNDS; round++) {
        i64 from = clock_steady_ns();
        bare.got = 0;
        for (int i = 0; i < bare.count; i++)
            if (send(fds[i][1], bytes, sizeof bytes, MSG_NOSIGNAL) < 0)
                die("send");
        while (bare.got < bare.count && clock_steady_ns() - from < (i64)5000 * 1000000)
            usleep(200);
        spans[round] = (clock_steady_ns() - from) / 1000;
        usleep(100 * 1000);
    }
    bare.ends = true;
    pthread_join(thread, NULL);
    for (int i = 0; i < bare.count; i++) {
        close(fds[i][0]);
        close(fds[i][1]);
    }
    close(listener);
    free(fds);
    qsort(spans, BARE_ROUNDS, sizeof *spans, by_size);
    return bare.count ? (double)spans[BARE_ROUNDS / 2] / 1000 * wanted / bare.count : 0;
}

/* ---- the result ---- */

static i64 part_of(const i64 *sorted, size_t count, int percent)
{
    return count ? sorted[(count - 1) * (size_t)percent / 100] : 0;
}

static i64 span_part(const Run *run, i64 thousandth)
{
    i64 all = 0, seen = 0;
    for (int i = 0; i <= SPAN_MAX_MS; i++)
        all += run->spans[i];
    for (int i = 0; i <= SPAN_MAX_MS; i++)
        if ((seen += run->spans[i]) * 1000 >= all * thousandth && seen)
            return i;
    return 0;
}

static void print(Run *run, double kb_each, double cpu_s, double seconds, double bare)
{
    i64 *lasts = calloc(run->event_count + 1, sizeof *lasts),
        *bids = calloc(run->event_count + 1, 8);
    size_t last_count = 0, bid_count = 0, whole = 0;
    for (size_t i = 0; i < run->event_count; i++) {
        const Event *event = &run->events[i];
        if (event->count < run->watch_count)
            continue; /* Under way at the end, or somebody was dropped: counted below. */
        whole++;
        lasts[last_count++] = event->last_ms - event->made_ms;
        if (event->bid_ms)
            bids[bid_count++] = event->last_ms - event->bid_ms;
    }
    qsort(lasts, last_count, sizeof *lasts, by_size);
    qsort(bids, bid_count, sizeof *bids, by_size);
    printf("{\"bench\":\"watch\",\"watchers\":%d,\"still_there\":%d,\"bids_per_s\":%.0f,"
           "\"bids_taken\":%lld,\"bids_refused\":%lld,\"bids_failed\":%lld,\"events\":%zu,"
           "\"events_at_all\":%zu,\"to_watcher_p50_ms\":%lld,\"to_watcher_p99_ms\":%lld,"
           "\"to_last_p50_ms\":%lld,\"to_last_p99_ms\":%lld,\"to_last_max_ms\":%lld,"
           "\"bid_to_last_p50_ms\":%lld,\"bid_to_last_p99_ms\":%lld,\"bare_to_last_ms\":%.0f,\"kb_"
           "each\":%.2f,"
           "\"server_cpu\":%.2f,\"wanted\":{\"to_last_ms\":150,\"kb_each\":8}}\n",
           run->watch_count, run->open_count, (double)run->sent / (seconds - 1),
           (long long)run->taken, (long long)run->refused, (long long)run->failed, run->event_count,
           whole, (long long)span_part(run, 500), (long long)span_part(run, 990),
           (long long)part_of(lasts, last_count, 50), (long long)part_of(lasts, last_count, 99),
           (long long)part_of(lasts, last_count, 100), (long long)part_of(bids, bid_count, 50),
           (long long)part_of(bids, bid_count, 99), bare, kb_each, cpu_s / seconds);
    free(lasts);
    free(bids);
}

static void limits_up(int count)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < (rlim_t)count + 64) {
        fprintf(stderr, "only %llu files may be open\n", (unsigned long long)limit.rlim_cur);
        exit(77);
    }
}

static void run_bids(Run *run, int epoll_fd, i64 seconds)
{
    pthread_t threads[SENDERS];
    run->begun_ns = clock_steady_ns();
    run->until_ns = run->begun_ns + seconds * 1000000000;
    for (int i = 0; run->rate && i < SENDERS; i++)
        pthread_create(&threads[i], NULL, sender, run);
    watch_until(run, epoll_fd, run->until_ns + (i64)1000 * 1000000);
    for (int i = 0; run->rate && i < SENDERS; i++)
        pthread_join(threads[i], NULL);
}

/* A number of the command line; anything else ends the program. */
static i64 number(const char *text)
{
    i64 n = 0;
    if (!str_to_i64(str_from(text), &n))
        die(text);
    return n;
}

int main(int argc, char **argv)
{
    static Run run;
    if (argc < 11) {
        fprintf(stderr, "not run: bench/watch.sh runs it\n");
        return 77;
    }
    run.port = (int)number(argv[1]);
    run.socket_path = argv[2];
    run.lot_id = number(argv[4]);
    run.watch_count = (int)number(argv[5]);
    i64 seconds = number(argv[6]);
    run.rate = number(argv[7]);
    run.next_fen = number(argv[8]);
    run.step_fen = number(argv[9]);
    Str logins = str_from(argv[10]);
    while (run.login_count < 16 && str_split(&logins, ',', &run.logins[run.login_count]))
        run.login_count++;
    limits_up(run.watch_count);
    run.watches = calloc((size_t)run.watch_count, sizeof *run.watches);
    run.events = calloc(EVENTS_MAX, sizeof *run.events);
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    i64 kb = server_kb(argv[3]);
    for (int i = 0; i < run.watch_count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &run.watches[i]};
        watch_open(&run, &run.watches[i]);
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, run.watches[i].fd, &event);
        if (i % 100 == 99)
            watch_until(&run, epoll_fd, clock_steady_ns() + 2000000);
    }
    watch_until(&run, epoll_fd, clock_steady_ns() + (i64)2000 * 1000000);
    double each = run.watch_count ? (double)(server_kb(argv[3]) - kb) / run.watch_count : 0;
    double cpu = server_cpu_s(argv[3]);
    run_bids(&run, epoll_fd, seconds);
    cpu = server_cpu_s(argv[3]) - cpu;
    int open_count = run.open_count; /* Those who are still there. */
    for (int i = 0; i < run.watch_count; i++)
        close(run.watches[i].fd);
    usleep(500 * 1000);
    double bare = bare_ms(run.watch_count);
    print(&run, each, cpu, (double)seconds + 1, bare);
    return run.failed || open_count < run.watch_count;
}
