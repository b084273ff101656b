/* house_bench.h - a whole exchange in a temporary folder, for tests that play its ops in process.
 *
 * The clock stands at BENCH_NOW until it is moved, chance is seeded, the writer works in the
 * caller. With `is_pg` the rows are in a schema of their own of the server that TECHBOURSE_TEST_PG
 * names. Both connections go through a fault wrapper, disarmed at first.
 */
#ifndef TEST_HOUSE_BENCH_H
#define TEST_HOUSE_BENCH_H

#include "cli/house.h"

#define BENCH_NOW ((i64)1784509200000) /* 2026-07-20 09:00 in Shanghai. */

typedef struct Bench {
    char folder[64];
    Arena arena; /* Everything of the case; given back by bench_done. */
    Settings settings;
    Open open;
    Db *fault_write; /* The writer's. */
    Db *fault_read;  /* The reader's. */
    Cx cx;           /* The reader: actor and arrival are set by bench_call. */
    i64 fed_seq;     /* What the search index has seen. */
} Bench;

/* True when there is a server to test with. */
bool bench_has_pg(void);
/* Makes the exchange. False, with a line printed, when it cannot. */
bool bench_open(Bench *bench, bool is_pg);
/* Closes it and removes its folder. */
void bench_done(Bench *bench);

/* Calls an op as `actor`, now. The reply is in bench->arena; bench->cx has the error. */
NODISCARD Err bench_call(Bench *bench, Actor actor, const char *op, const Val *in, Val **ret);
/* The same with the input as JSON text; a text that is no JSON ends the program. */
NODISCARD Err bench_call_text(Bench *bench, Actor actor, const char *op, Str json, Val **ret);
/* Lets the search index see what has happened. */
NODISCARD Err bench_feed(Bench *bench);
/* Does the import that waits. */
NODISCARD Err bench_work(Bench *bench);
/* Keeps a file; *ret_hash in bench->arena. */
NODISCARD Err bench_file(Bench *bench, Str text, Str *ret_hash);
/* Walks the whole log, every row and every line of the access log. */
NODISCARD Err bench_verify(Bench *bench, VerifyReport *ret);

/* A value that a field of an op's input takes, if it is no id: plain and always the same. */
Val *bench_value(Arena *arena, const Field *field);

/* The machine's own operator, and the exchange itself. */
extern const Actor bench_local, bench_clock;

#endif
