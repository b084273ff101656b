/* store_pg_sql.h - the shared SQL in PostgreSQL's words. Text in, text out; no connection. */
#ifndef STORE_STORE_PG_SQL_H
#define STORE_STORE_PG_SQL_H

#include "base/base.h"

/* ?1 becomes $1, outside of quotes. Zero-ended, in `arena`. */
char *pg_sql_values(Arena *arena, const char *sql);

/* DDL: INTEGER becomes BIGINT, TEXT is compared by bytes (both in capitals: text is a name), and
 * what follows the columns of CREATE TABLE (STRICT, WITHOUT ROWID) goes. Other statements come back
 * as they are. */
char *pg_sql_ddl(Arena *arena, const char *sql);

#endif
