/* cli.h - the command line: every op by name, and the commands that only the machine's own operator
 * has.
 *
 *   techbourse need post --as firm01 --title ... --json
 *   techbourse import --data DIR --org CODE --kind patent FILE
 *
 * Exit codes: 0 done; 1 verification found an edited record, or the simulator a difference; 2 wrong
 * usage; 3 wrong input; 4 no such thing; 5 not allowed; 6 not in this state, or somebody else has
 * the lock; 7 the store or a file failed.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/house.h"

enum {
    EXIT_DONE = 0,
    EXIT_EDITED = 1,
    EXIT_USAGE = 2,
    EXIT_INPUT = 3,
    EXIT_MISSING = 4,
    EXIT_DENIED = 5,
    EXIT_STATE = 6,
    EXIT_STORE = 7
};

enum { ARGS_MAX = 128 };

typedef struct Cli {
    Arena arena;
    Cx cx; /* Arena, clock and language for work before the house is open. */
    Clock clock;
    Chance chance;
    Settings settings;
    bool json;
    Str as;                  /* --as LOGIN: whom the local operator stands in for. */
    i64 acting_for;          /* --acting-for NUMBER: the delegation he then acts under; 0: none. */
    NameText args[ARGS_MAX]; /* --name value, the general ones taken out. */
    size_t arg_count;
    Str words[ARGS_MAX]; /* What is no option. */
    size_t word_count;
} Cli;

/* Takes an option out of the list. Empty when it was not given; a flag gives "1". */
Str cli_take(Cli *cli, const char *name);
bool cli_flag(Cli *cli, const char *name);

/* Prints an error for people or as JSON; the exit code that goes with it. */
int cli_fail(Cli *cli, Cx *cx, Err e);
void cli_print(Cli *cli, const Val *val);
/* A line to standard error, for people. */
void cli_say(Cli *cli, const char *key, const Str *args, size_t count);

/* Progress on a terminal as a bar, elsewhere as a line now and then. */
typedef struct Progress {
    const char *key;
    i64 last_ns;
    bool terminal;
    bool shown;
    Cli *cli;
} Progress;
void progress_show(void *progress, i64 done, i64 all);
void progress_end(Progress *progress);

/* Calls an op here, or in the server that holds the lock. */
typedef struct Link {
    Cli *cli;
    bool remote;
    Open open; /* When not remote. */
    Cx cx;
} Link;
NODISCARD Err link_open(Cli *cli, Link *ret);
NODISCARD Err link_call(Link *link, const char *op, const Val *in, Val **ret);
void link_close(Link *link);

/* Hex of the public key in the data folder; empty when there is none to be read. */
Str cli_public_key(Cx *cx, Str data);

/* A whole file. ERR_MISSING auction.journal_file. */
NODISCARD Err cli_read_file(Cli *cli, Str path, Str *ret);

/* Commands beside the ops. */
int cli_init(Cli *cli);
int cli_import(Cli *cli);
int cli_verify(Cli *cli);
int cli_verify_bundle(Cli *cli); /* Of `verify bundle FILE`. */
int cli_backup(Cli *cli);
int cli_restore(Cli *cli);
int cli_serve(Cli *cli);
int cli_consent(Cli *cli);
int cli_processing(Cli *cli);
int cli_match(Cli *cli);
int cli_auction(Cli *cli);
int cli_sim(Cli *cli);
int cli_op(Cli *cli, const Op *op);
NODISCARD Err demo_fill(Cli *cli, Cx *cx, Open *open);

#endif
