/* audit.h - who was shown what: the access log, and looking back over it and over the facts.
 *
 * Owns    the tables access_line (append-only, no record), access_batch, audit_export.
 * Emits   access.logged, access.lost, access.pruned, audit.exported, audit.dropped.
 *
 *   a reader's thread                      one writing thread
 *   shown() --> ring of ACCESS_RING_MAX --> flush: lines + a row access_batch + fact access.logged
 *
 * A read that handed out what is not public, and whatever was refused, puts a line into a ring in
 * memory: no lock, no store, no wait. A flush, at most ACCESS_LATE_MS later, writes the lines in
 * bulk. Each batch has a digest over its lines and the digest of the batch before, and is itself a
 * row with a fact, so `verify` finds a line that was edited, added or deleted. Lines that a full
 * ring could not take are counted and said (access.lost): the reader is never made to wait
 * (docs/decisions/0015).
 *
 * Lines hold ids, never names. They are removed in whole batches after `access_log_days`; the row
 * of the batch, its digest and count stay.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "base/base.h"
#include "command/command.h"

enum {
    ACCESS_RING_MAX = 4096, /* Lines waiting; a power of two. */
    ACCESS_BATCH_MAX = 1000,
    ACCESS_LATE_MS = 800,       /* How long a line waits for its flush, at most. */
    ACCESS_DAYS_MIN = 180,      /* Cybersecurity Law: logs are kept for six months at least. */
    AUDIT_PAGE_MAX = 200,       /* Lines of one search. */
    AUDIT_EXPORT_MAX = 1000000, /* Lines of one file. */
    AUDIT_EXPORT_DAYS = 7,      /* Then the file is removed; its row stays. */
};

/* One view, or one refusal. A view of several types, or of more than SHOWN_ROWS_MAX records of one,
 * is as many lines, of the same moment and session. */
typedef struct AccessLine {
    i64 id; /* 1.. without gaps. */
    i64 at_ms;
    i64 account_id; /* 0: nobody, or the machine's operator. */
    i64 for_id;     /* By delegation: in whose name. */
    i64 org_id;
    i64 session_id;
    i64 token_id;
    Str via;
    Str address;
    Str op;          /* Or the path of a page. */
    Str record_type; /* Of what was shown; '' for a refusal. */
    Str record_ids;  /* ",12,15,": all of them, at most SHOWN_ROWS_MAX. */
    i64 shown;       /* How many: records with something that is not public. */
    i64 personal;    /* Those with an unmasked field about a person. */
    Str result;      /* "ok" or err_name. */
} AccessLine;

/* Lines that were written together. */
typedef struct AccessBatch {
    RECORD_HEAD;
    i64 first_id;
    i64 last_id;
    i64 count;
    i64 first_ms; /* Of its lines. */
    i64 last_ms;
    Str algorithm; /* sha256 or sm3 */
    Str before;    /* Digest of the batch before; '' for the first. */
    Str digest;    /* Over `before` and the lines. */
    i64 pruned_ms; /* When its lines were removed; 0: they are there. */
} AccessBatch;

/* A file of lines or facts that somebody took away. */
typedef struct AuditExport {
    RECORD_HEAD;
    i64 account_id;
    Str tab;
    Str format;
    Str asked; /* JSON of the filters. */
    i64 count;
    i64 bytes;
    Str sha256;
    Str name;    /* In <data>/exports. */
    i64 gone_ms; /* When the file was removed. */
} AuditExport;

extern const RecordType access_batch_type, audit_export_type;
/* Not of the room: for its columns alone (backup, reading). */
extern const RecordType access_line_type;
extern const Room audit_room;

/* ---- the ring ---- */

/* For House.accesses; `own` holds it until access_log_done. */
struct AccessLog *access_log_new(void);
void access_log_done(struct AccessLog *log);

/* HouseHooks.shown: never waits, touches no store. */
void access_shown(Cx *cx, const Op *op, const Shown *shown, Err result);
/* The same for what is no op: a page that was refused, a file. `what` is static text. */
void access_note(Cx *cx, const char *what, const Shown *shown, Err result);

/* Returns when lines have waited for ACCESS_LATE_MS, at once when the ring is half full. */
void access_wait(struct AccessLog *log);
/* Lets access_wait return now: the program stops. */
void access_wake(struct AccessLog *log);

typedef struct AccessState {
    i64 waiting;  /* Lines in the ring. */
    i64 lines;    /* Written since the start. */
    i64 batches;  /* And in how many batches. */
    i64 lost;     /* That the ring could not take. */
    i64 flush_ms; /* When the last batch was written; 0: none yet. */
} AccessState;
/* Any thread. `log` may be NULL: all zero. */
AccessState access_state(struct AccessLog *log);

/* ---- the table ---- */

/* Makes the table, as Room.start does; inside a transaction. */
NODISCARD Err access_start(Cx *cx);
/* Writes all that waits through the writer, and the count of what was lost, which is also given in
 * *ret_lost. Not from the writer's thread. After an error the lines are kept for the next try. */
NODISCARD Err access_flush(Cx *cx, i64 *ret_lost);
/* Compares every line with its batch. Adds to a report of fact_verify that is good so far: why is
 * verify.access_edited, .access_missing, .access_chain or .access_without_batch, what names the
 * batch. *ret_lines as many as were looked at. */
NODISCARD Err access_verify(Cx *cx, VerifyReport *report, i64 *ret_lines);

#endif
