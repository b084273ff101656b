/* audit_int.h - inside the room. */
#ifndef AUDIT_AUDIT_INT_H
#define AUDIT_AUDIT_INT_H

#include "audit/audit.h"

enum { ACCESS_ADDRESS_MAX = 48, EXPORT_PATH_MAX = 512 };

/* A line as it lies in the ring: no pointer into a request. */
typedef struct RingLine {
    i64 at_ms, account_id, for_id, org_id, session_id, token_id;
    i64 personal;
    const char *what; /* Static: an op's name, a page's path. */
    const char *type; /* Static, too; NULL for none. */
    Via via;
    Err result;
    u32 shown; /* So many ids. */
    char address[ACCESS_ADDRESS_MAX];
    i64 ids[SHOWN_ROWS_MAX];
} RingLine;

/* Lines taken out of the ring and not yet committed; the flush holds `lock`. */
typedef struct Taken {
    RingLine *lines; /* ACCESS_BATCH_MAX */
    size_t count;
    i64 lost;
} Taken;

/* Takes out what is there, after what a failed flush had left. NULL when nothing waits. */
Taken *ring_take(struct AccessLog *log);
/* The batch is committed, or not: then it waits for the next flush. */
void ring_taken(struct AccessLog *log, bool kept, i64 at_ms);

/* What both tabs are filtered by. */
typedef struct FindIn {
    Str tab;
    i64 account_id;
    i64 org_id;
    Str op; /* Or the kind of a fact; a noun finds all of its acts. */
    Str record_type;
    i64 record_id;
    i64 from_ms;
    i64 until_ms;
    Str result;
    Str via;
    Str address;
    i64 before; /* Lines below this number. */
    i64 limit;
    Str format; /* Of an export. */
} FindIn;

enum { FIND_FIELDS = 13, EXPORT_FIELDS = 12 };
extern const Field find_fields[FIND_FIELDS];
extern const Field export_fields[EXPORT_FIELDS];
extern const CodeList audit_tabs, audit_formats, audit_results, audit_vias;

/* Newest first, below in->before, at most in->limit. */
NODISCARD Err find_views(Cx *cx, const FindIn *in, AccessLine **ret, size_t *ret_count);
NODISCARD Err find_acts(Cx *cx, const FindIn *in, Fact **ret, size_t *ret_count);

Err audit_search_run(Cx *cx, const void *in, Val **ret);
Err audit_export_run(Cx *cx, const void *in, Val **ret);
Err audit_prune_run(Cx *cx, const void *in, Val **ret);
Err system_show_run(Cx *cx, const void *in, Val **ret);

/* Removes the files of exports older than AUDIT_EXPORT_DAYS; writer only. */
NODISCARD Err exports_drop(Cx *cx, i64 *ret_count);
/* <data>/exports/NAME, in cx->arena. */
char *export_path(Cx *cx, Str name);

#endif
