/* import.h - a unit's patents from a spreadsheet as it lies on her disk.
 *
 *   uploaded --start--> running --finish--> done --undo--> undoing --undone--> undone
 *                           \--fail--> failed --undo-/
 *
 * Owns    the tables import, import_reject, import_change, import_map.
 * Emits   import.uploaded, import.mapped, import.started, import.progress, import.rejected,
 *         import.finished, import.failed, import.undo, import.kept, import.undone.
 *
 * The header row is found and its columns mapped by their names; the user sees both and the first
 * rows before anything is written, and may change the mapping, which is remembered for the unit.
 * Every row is accounted for: imported + updated + unchanged + rejected = rows read. A rejected row
 * keeps its line, column, value and reason and goes back as a spreadsheet. An import is one
 * undoable act until one of its rows is used; a row that comes into use while it is being undone
 * stays, and is counted.
 *
 * Importing a file twice changes nothing: where several rows of a file name one patent, what the
 * last of them says of a field holds (import_scan.c).
 *
 * The rows are read and checked on a worker (import_run) and written in batches, one command each,
 * so the writer is never held for long; a stopped import goes on where it was.
 */
#ifndef EXCHANGE_IMPORT_H
#define EXCHANGE_IMPORT_H

#include "base/base.h"
#include "command/command.h"

typedef struct Import {
    RECORD_HEAD;
    i64 org_id;
    i64 account_id;
    i64 for_id;    /* By delegation: the account in whose name; 0: his own. */
    Str name;      /* Of the file, as uploaded. */
    Str file_hash; /* store/files.h */
    Str kind;      /* "patent" */
    Str sheet;     /* The sheet the header was found in. */
    i64 header_line;
    Str columns; /* JSON list of the titles. */
    Str mapping; /* Field of each column, with commas; empty for none. */
    i64 rows_read;
    i64 imported;
    i64 updated;
    i64 unchanged;
    i64 rejected;
    i64 warned; /* Rows taken whose application number a spreadsheet had destroyed. */
    i64 kept;   /* Patents that its undo left: listed, or updated by a later import, since. */
    Str why;    /* Message key when failed. */
    i64 why_line;
    i64 rows_left; /* Of one that failed: rows it did not come to, where that is known. */
    i64 state;
} Import;

typedef struct ImportReject {
    RECORD_HEAD;
    i64 import_id;
    i64 line;
    Str column_title;
    Str value;
    Str why; /* Message key. */
    Str arg;
    Str arg2;
    Str cells; /* JSON list: the row as it was. */
    i64 taken; /* 1: the row was imported all the same; this is only a warning. */
} ImportReject;

enum { IMPORT_UPLOADED, IMPORT_RUNNING, IMPORT_DONE, IMPORT_UNDOING, IMPORT_UNDONE, IMPORT_FAILED };

enum {
    IMPORT_SAMPLES = 5, /* Rows shown before the start. */
    IMPORT_REJECTS_SHOWN = 100,
    IMPORT_NAME_MAX = 200,
};

extern const RecordType import_type, import_reject_type;
extern const Flow import_flow;
extern const Room exchange_room;

/* Does the work of an import that is running or undoing, to its end or its failure; for a worker
 * with a connection of its own. `progress` may be NULL: rows so far. Calls the writer for each
 * batch. */
NODISCARD Err import_work(Cx *cx, i64 import_id, void (*progress)(void *context, i64 rows),
                          void *context);
/* The oldest import that waits for work; 0 when none does. */
NODISCARD Err import_waiting(Cx *cx, i64 *ret_id);
/* Writes the rejected rows as a spreadsheet with the reason beside; with `taken` those that were
 * imported all the same, with what is missing of them. *ret_count rows. */
NODISCARD Err import_rejects_write(Cx *cx, i64 import_id, bool taken, const char *path,
                                   i64 *ret_count);
/* For House.hooks; writer only: imports that one account has uploaded and not started pass to
 * another. */
NODISCARD Err import_hand_over(Cx *cx, i64 from_id, i64 to_id, i64 *ret_count);
/* Folder of kept files in this installation. In cx->arena. */
Str import_files_root(Cx *cx);

#endif
