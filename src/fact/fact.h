/* fact.h - what happened, in order, without gaps; and the only way to change a row.
 *
 * A fact is a row appended in the same transaction as the change it tells of. The facts of one
 * commit form a block: Merkle root over the facts, hash of the block before, signature. A fact
 * names the row it is about and carries the digest of that row after the change, so `verify` finds
 * an edited row, an edited fact, and, against a published signed head, a cut tail. Facts hold ids,
 * amounts and codes, never names, contacts or addresses: erasing a person breaks no hash.
 *
 *   fact n    : seq, kind, table, row, digest, actor, for, via, time, amount, code  --hash--> leaf
 *   block k   : facts first..last, root of leaves, hash of block k-1, time, signature of its hash
 *
 * Readers (search, notices, statistics, live pages) each keep a cursor: the last seq they have
 * seen.
 */
#ifndef FACT_FACT_H
#define FACT_FACT_H

#include "base/base.h"
#include "record/record.h"
#include "store/store.h"
#include "store/writer.h"

typedef struct Fact {
    i64 seq; /* 1.. without gaps. */
    i64 block;
    Str kind;       /* "listing.filed" */
    Str table_name; /* Record type it is about; '' for none. */
    i64 row_id;
    Str row_digest; /* Hex; '' when the row was removed or no row changed. */
    i64 actor_id;   /* Account, 0 for the exchange itself or the public. */
    i64 org_id;     /* The actor's. */
    Str via;        /* web, api, local, system */
    i64 at_ms;
    i64 amount;   /* Fen, a count, an id: what the kind says. */
    Str code;     /* A reason, a state, an error key: what the kind says. */
    i64 other_id; /* A second row it concerns: the lot of a bid. */
    i64 for_id;   /* By delegation: the account in whose name; 0: the actor's own. */
} Fact;

/* What a change says beside the row. */
typedef struct FactNote {
    const char *kind;
    i64 amount;
    const char *code; /* NULL: ''. */
    i64 other_id;
} FactNote;

/* Changes with their fact. The record's id, rev and times are set here; its published form follows
 * (RecordType.published), with a fact of its own. Only inside the writer. */
NODISCARD Err fact_create(Cx *cx, const RecordType *type, void *record, FactNote note);
NODISCARD Err fact_change(Cx *cx, const RecordType *type, void *record, FactNote note);
NODISCARD Err fact_remove(Cx *cx, const RecordType *type, i64 id, FactNote note);
/* A fact without a change of a row: a sign-in, a refusal. */
NODISCARD Err fact_tell(Cx *cx, const RecordType *type, i64 row_id, FactNote note);

/* Makes the published forms of records that an older program published without: at every opening,
 * of each type of which there has never been one. Only inside the writer. */
NODISCARD Err fact_publish_old(Cx *cx, const RecordType *const *types, size_t count);

/* Reading. */
NODISCARD Err fact_last_seq(Cx *cx, i64 *ret_seq);
/* Facts after `seq`, in order, at most `limit`. Text in cx->arena. */
NODISCARD Err fact_after(Cx *cx, i64 seq, int limit, Fact **ret_facts, size_t *ret_count);
/* The history of one row, newest first. */
NODISCARD Err fact_of_row(Cx *cx, const char *table_name, i64 row_id, int limit, Fact **ret,
                          size_t *ret_count);

/* The log's own keys and state; one for the process. */
typedef enum FactHash { FACT_SHA256, FACT_SM3 } FactHash;
typedef struct FactLog FactLog;
typedef struct Facts Facts; /* The open block; opaque. */

/* Makes the tables, and `<data>/keys/head.pem` (Ed25519) at the first start. */
NODISCARD Err fact_log_open(Cx *cx, Str data_folder, FactHash hash, FactLog **ret);
void fact_log_close(FactLog *log);
WriterHooks fact_hooks(FactLog *log); /* For writer_open. `committed` is the caller's to chain. */
/* Calls `wake` after every commit that held facts. */
void fact_on_commit(FactLog *log, void (*wake)(void *context), void *context);

/* Grows with every commit of this process that told of a row of this type (now and then of
 * another): what was remembered of such rows holds while it stays. Any thread. */
u64 fact_changes(const FactLog *log, const RecordType *type);

/* Who writes. One program at a time leads: the caller holds a lock of the store while it does. Each
 * lead has a number, so that one who lost the lock for a while learns whether another has led
 * since: then its memory is old, and it must never write again. */
NODISCARD Err fact_lead_take(Cx *cx, FactLog *log); /* In a transaction of its own or larger. */
NODISCARD Err fact_lead_holds(Cx *cx, const FactLog *log); /* ERR_STORE fact.lead_lost. */
/* Notes that the exchange serves; inside the writer. No fact: it happens every few seconds. */
NODISCARD Err fact_beat(Cx *cx);
/* The last beat before this program began to lead; 0: none. */
i64 fact_alive_ms(const FactLog *log);

typedef struct FactHead {
    i64 block;
    i64 fact_count;
    Str hash;
    i64 at_ms;
    Str signature;
    Str public_key;
    Str algorithm;
} FactHead;
Str fact_public_key(const FactLog *log);        /* Hex; lives with the log. */
NODISCARD Err fact_head(Cx *cx, FactHead *ret); /* Newest block; what is published. */
/* A statement of the exchange beside its log, signed with the same key; hex in cx->arena. The
 * message says first what it is about, so that no block's message is ever one. ERR_BUG. */
NODISCARD Err fact_sign(Cx *cx, const FactLog *log, Str message, Str *ret_signature);
bool fact_signature_right(Str public_key, Str message, Str signature); /* Hex, hex. */

typedef struct VerifyReport {
    bool ok;
    i64 blocks, facts, rows;
    i64 bad_block; /* First block that was touched; 0 when ok. */
    i64 bad_seq;   /* Its fact, when one is to blame. */
    Str why;       /* Message key: verify.row_edited, verify.fact_edited, ... */
    Str what;      /* "patent 17" */
} VerifyReport;

/* Walks every block and compares every row; in a log that was touched itself, the first block of it
 * is named and rows are not judged. `public_key` (hex) must have signed every block; empty: any key
 * that fits. `progress` may be NULL. Columns and tables that the store does not have yet are empty.
 * Needs one steady view of the store. `head` may be NULL, or a published head that the log must
 * contain. */
NODISCARD Err fact_verify(Cx *cx, const RecordType *const *types, size_t type_count,
                          const FactHead *head, Str public_key,
                          void (*progress)(void *context, i64 done, i64 all), void *context,
                          VerifyReport *ret);

/* What one part of the log's walk has seen. */
typedef struct LogPart {
    bool ok;
    i64 after; /* The block before the part; 0: from the beginning. */
    i64 to;    /* Its last block. */
    i64 to_ms; /* When that was sealed. */
    i64 blocks, facts;
    i64 head;      /* The newest block when the walk began. */
    i64 bad_block; /* First block that was touched; 0 when ok. */
    i64 bad_seq;   /* Its fact, when one is to blame. */
    Str why;       /* Message key: verify.fact_edited, ... */
} LogPart;

enum { LOG_PART_BLOCKS = 5000, LOG_PART_FACTS = 50 * 1000 };

/* Walks the log alone, without its rows, from the block behind `after`: whole blocks, until the
 * newest or about LOG_PART_BLOCKS or LOG_PART_FACTS, which takes a second or two. The block `after`
 * is taken for sound. Needs no steady view: what is added meanwhile is not looked at.
 * ERR_INPUT fact.no_such_block. */
NODISCARD Err fact_verify_log(Cx *cx, i64 after, Str public_key, LogPart *ret);

/* A backup is one file of JSON lines, the same for every store: a line of names for each table, a
 * line of values for each row, a last line with the count. One steady view of a running exchange.
 */
NODISCARD Err fact_backup(Cx *cx, const RecordType *const *types, size_t type_count,
                          const char *path, i64 *ret_rows);
/* Fills an empty store whose tables are made. ERR_INPUT fact.bad_backup when the file is cut or
 * wrong. */
NODISCARD Err fact_restore(Cx *cx, const RecordType *const *types, size_t type_count,
                           const char *path, i64 *ret_rows);

#endif
