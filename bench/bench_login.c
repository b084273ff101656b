/* bench_login.c - how much of a sign-in is Argon2 itself. What is left is ours: looking the account
 * up, the session with its fact, and the commit that makes it durable.
 *
 * Both are timed turn by turn in one process, so that what else the machine does weighs on both.
 * The figures are the least of many rounds; the ratio is Argon2's share of the time that passes,
 * and of the processor's over all rounds. A target, not a test: the disk has its say.
 *
 * Then what a guesser could time: a wrong password, an unknown login, a locked account, each as a
 * ratio of medians to the wrong password. That they do the same work is tested (ident_access_test);
 * here is what is left of the difference. */
#include "house_bench.h"

#include "flow/who.h"
#include "ident/ident_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { ROUNDS = 60 };

#define PASSWORD "Four small words"
#define SIGN_IN  "{\"login\":\"east\",\"password\":\"" PASSWORD "\"}"

/* Refused with one and the same answer. */
static const char *const guesses[] = {
    "{\"login\":\"west\",\"password\":\"Five small words\"}",
    "{\"login\":\"nobody\",\"password\":\"Five small words\"}",
    "{\"login\":\"shut\",\"password\":\"Five small words\"}",
};

/* The least of all rounds: what the work takes when nothing else is in the way. */
static double least_ms(const i64 *ns)
{
    i64 least = ns[0];
    for (size_t i = 1; i < ROUNDS; i++)
        least = ns[i] < least ? ns[i] : least;
    return (double)least / 1e6;
}

static int by_size(const void *a, const void *b)
{
    i64 x = *(const i64 *)a, y = *(const i64 *)b;
    return (x > y) - (x < y);
}

static double median_ms(i64 *ns)
{
    qsort(ns, ROUNDS, sizeof *ns, by_size);
    return (double)ns[ROUNDS / 2] / 1e6;
}

/* Processor time of this process so far: what others do is not in it, nor waiting for the disk. */
static i64 processor_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (i64)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 + used.ru_utime.tv_usec +
           used.ru_stime.tv_usec;
}

static void must(const Bench *bench, Err e)
{
    if (!e)
        return;
    fprintf(stderr, "%s %s\n", err_name(e), bench->cx.err.key ? bench->cx.err.key : "");
    exit(1);
}

static void person_add(Bench *bench, const char *login)
{
    Val *reply;
    must(bench, bench_call_text(bench, bench_local, "account.add",
                                str_format(&bench->arena,
                                           "{\"login\":\"%s\",\"name\":\"E\",\"org_id\":1,"
                                           "\"password\":\"" PASSWORD "\",\"roles\":\"office\"}",
                                           login),
                                &reply));
}

static void make(Bench *bench)
{
    Val *reply;
    if (!bench_open(bench, bench_has_pg()))
        exit(1);
    Settings settings;
    settings_default(&settings);
    bench->open.settings.sessions_max = 100;
    bench->open.settings.password_memory_kb = settings.password_memory_kb; /* Not the tests'. */
    must(bench, bench_call_text(bench, bench_local, "org.add",
                                S("{\"code\":\"U\",\"name\":\"A unit\",\"kind\":\"university\"}"),
                                &reply));
    person_add(bench, "east");
    person_add(bench, "west");
    person_add(bench, "shut");
}

static void guess(Bench *bench, const char *json)
{
    Val *reply;
    if (bench_call_text(bench, (Actor){.via = VIA_API}, "session.open", str_from(json), &reply) !=
        ERR_INPUT)
        exit(1);
}

/* Turn by turn, as above. */
static void time_guesses(Bench *bench)
{
    static i64 ns[COUNT(guesses)][ROUNDS];
    bench->open.settings.sign_in_tries_max = 1;
    guess(bench, guesses[2]); /* Locked from now on. */
    bench->open.settings.sign_in_tries_max = 10 * ROUNDS;
    for (int i = 0; i < ROUNDS; i++)
        for (size_t k = 0; k < COUNT(guesses); k++) {
            i64 from_ns = clock_steady_ns();
            guess(bench, guesses[k]);
            ns[k][i] = clock_steady_ns() - from_ns;
        }
    double wrong_ms = median_ms(ns[0]);
    printf("{\"bench\":\"guess\",\"store\":\"%s\",\"wrong_password_ms\":%.2f,"
           "\"unknown_login_ratio\":%.3f,\"locked_ratio\":%.3f}\n",
           bench_has_pg() ? "postgresql" : "sqlite", wrong_ms, median_ms(ns[1]) / wrong_ms,
           median_ms(ns[2]) / wrong_ms);
}

int main(void)
{
    static Bench bench;
    static i64 sign_in_ns[ROUNDS], argon2_ns[ROUNDS];
    Account account = {0};
    i64 sign_in_us = 0, argon2_us = 0;
    Val *reply;
    make(&bench);
    must(&bench, record_load(&bench.cx, &account_type, 1, &account));
    for (int i = 0; i < ROUNDS; i++) {
        i64 from_ns = clock_steady_ns(), from_us = processor_us();
        must(&bench,
             bench_call_text(&bench, (Actor){.via = VIA_API}, "session.open", S(SIGN_IN), &reply));
        sign_in_ns[i] = clock_steady_ns() - from_ns;
        sign_in_us += processor_us() - from_us;
        from_ns = clock_steady_ns();
        from_us = processor_us();
        if (!password_right(&bench.cx, account.password, S(PASSWORD)))
            return 1;
        argon2_ns[i] = clock_steady_ns() - from_ns;
        argon2_us += processor_us() - from_us;
    }
    double sign_in_ms = least_ms(sign_in_ns), argon2_ms = least_ms(argon2_ns);
    printf("{\"bench\":\"login\",\"store\":\"%s\",\"sign_in_ms\":%.2f,\"argon2_ms\":%.2f,"
           "\"ratio\":%.3f,\"processor_ratio\":%.3f,\"target_ratio\":0.95}\n",
           bench_has_pg() ? "postgresql" : "sqlite", sign_in_ms, argon2_ms, argon2_ms / sign_in_ms,
           (double)argon2_us / (double)sign_in_us);
    time_guesses(&bench);
    bench_done(&bench);
    return 0;
}
