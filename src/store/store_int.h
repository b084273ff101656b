/* store_int.h - what the back ends of the store share with store.c; nobody else includes it. */
#ifndef STORE_STORE_INT_H
#define STORE_STORE_INT_H

#include "store/store.h"

/* Every back end's connection begins with this. */
struct Db {
    const StoreOps *ops;
    const char *kind; /* "sqlite" or "postgresql". */
    DbMode mode;
    bool failed; /* A call failed since the last BEGIN; the writer asks. */
    Arena arena; /* All the connection's own memory, this struct included. */
    Err (*renewed)(Cx *cx, void *context); /* db_on_renew's; NULL: nobody asks. */
    void *renewed_context;
};

/* A zeroed connection of `size` bytes in an arena of its own; db_free gives it back. */
void *db_new(size_t size, const StoreOps *ops, const char *kind, DbMode mode);
void db_free(Db *db);

/* Logs what the database said and sets the error. `said` must hold no row values. */
Err store_fail(Cx *cx, const Db *db, const char *sql, const char *said);

Err sqlite_open(Cx *cx, Str path, DbMode mode, Db **ret);
Err pg_open(Cx *cx, Str url, DbMode mode, Db **ret);

/* True when any call has failed since the last BEGIN, also when the caller took no notice. */
bool db_failed(const Cx *cx);

/* A quick hash of a statement's text, eight bytes at a time. */
u64 sql_hash(const char *sql, size_t len);

/* A prepared statement of a connection, found again by its text. */
typedef struct Statement {
    const char *sql; /* The caller's; lives as long as the connection. */
    u64 hash;
    u64 types[2];     /* A bit per value that is text; PostgreSQL only. */
    void *handle;     /* SQLite's. */
    const char *text; /* PostgreSQL's form of sql; in the connection's arena. */
    u64 number;       /* PostgreSQL's name of it, "s12"; 0 while not prepared. */
    u64 used;         /* Tick of the last use. */
    i32 next;         /* In its chain, -1 at the end. */
    bool busy;        /* Rows are being read; must not be dropped. */
} Statement;

typedef struct StatementCache {
    Statement *items;
    i32 *heads; /* First of each chain, -1 for none. */
    size_t count;
    u64 tick;
} StatementCache;

void cache_init(StatementCache *cache, Arena *arena);
/* NULL when it is not there. `types` may be NULL: no types. */
Statement *cache_find(StatementCache *cache, const char *sql, const u64 *types);
/* A slot for a new statement. A full cache drops the one unused for longest, after `release`. */
Statement *cache_add(StatementCache *cache, const char *sql, const u64 *types,
                     void (*release)(Db *db, Statement *statement), Db *db);
void cache_remove(StatementCache *cache, Statement *statement);

#endif
