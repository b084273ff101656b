/* house.h - opening and closing an installation: settings, lock, store, facts, writer, all rooms.
 *
 * One process at a time has the writer: it holds the lock file of the data folder. The server holds
 * it while it runs; the command line takes it when no server does, and else speaks to the server
 * over the socket in the data folder.
 */
#ifndef CLI_HOUSE_H
#define CLI_HOUSE_H

#include <stdatomic.h>

#include <stdatomic.h>

#include "command/command.h"
#include "command/settings.h"

typedef struct Open {
    Settings settings;
    House house;
    Arena arena;
    Clock clock;
    Chance chance;
    int lock_fd;
    bool writes;
    atomic_bool lead_lost; /* Another program leads: this one never writes again. */
    /* Of OPEN_MAKE, for house_unmake. */
    bool made_folder; /* The data folder was not there before. */
    bool made_store;  /* The store held nothing before. */
    u64 there;        /* Bits of those of its files that were there before. */
} Open;

typedef enum OpenMode {
    OPEN_READ,  /* Look only: verify, backup. No lock, no writer. */
    OPEN_WRITE, /* Commands one after another in this thread. */
    OPEN_SERVE, /* The writer has a thread of its own. */
    OPEN_MAKE, /* OPEN_WRITE, and the exchange must not be there yet; house_made ends the making. */
} OpenMode;

/* All rooms, in the order of LAYERS. */
extern const Room *const all_rooms[];
extern const size_t all_rooms_count;

/* ERR_BUSY house.locked: another process has the writer. ERR_MISSING house.none: no exchange there;
 * ERR_CONFLICT house.there: one is there already, house.unfinished: the store is not empty
 * (OPEN_MAKE). */
NODISCARD Err house_open(Cx *cx, const Settings *settings, OpenMode mode, Open *ret);
/* The same with the writer's connection put into another, which then owns it: for tests that make
 * the store fail (db_fault_wrap). `wrap` may be NULL. */
typedef Db *(*DbWrap)(Db *inner, void *context);
NODISCARD Err house_open_with(Cx *cx, const Settings *settings, OpenMode mode, DbWrap wrap,
                              void *context, Open *ret);
void house_close(Open *open);

/* After OPEN_MAKE: says that the exchange is whole. Until then no other mode opens it. */
NODISCARD Err house_made(Cx *cx, Open *open);
/* Or closes it and takes back what was made: its tables, its files, and its folder unless others
 * have put something into it. */
void house_unmake(Open *open);

/* A context for one request on a reading connection of its own. */
NODISCARD Err house_reader(Open *open, Arena *arena, Cx *ret);
void house_reader_done(Cx *cx);

/* Every record type, for verify. In `arena`. */
const RecordType **house_types(Arena *arena, const House *house, size_t *ret_count);
/* And every other table with rows of its own, for backup and restore. */
const RecordType **house_tables(Arena *arena, const House *house, size_t *ret_count);

/* Room.start of every room: tables that are no records. Inside a transaction, after the log. */
NODISCARD Err house_start(Cx *cx, const House *house);

/* Writes down what was shown since the last time; a loss or failure is in the program's log too. */
NODISCARD Err house_flush(Cx *cx);

/* Starts and ends what is due: lots, deals of sold lots. As the exchange itself. */
NODISCARD Err house_tick(Cx *cx);

#endif
