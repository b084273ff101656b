/* store_cache.c - prepared statements of one connection, by text, oldest out first. */
#include "store/store_int.h"

#include <string.h>

enum { CACHE_HEADS = 512 };

void cache_init(StatementCache *cache, Arena *arena)
{
    *cache = (StatementCache){0};
    cache->items = ARENA_NEW(arena, Statement, STORE_STATEMENTS_MAX);
    cache->heads = ARENA_NEW(arena, i32, CACHE_HEADS);
    for (size_t i = 0; i < CACHE_HEADS; i++)
        cache->heads[i] = -1;
}

static u64 cache_hash(const char *sql, const u64 *types)
{
    u64 hash = sql_hash(sql, strlen(sql));
    if (types)
        hash = (hash ^ types[0] ^ (types[1] << 1)) * 1099511628211u;
    return hash;
}

static i32 *cache_head(StatementCache *cache, u64 hash)
{
    return &cache->heads[(hash >> 32 ^ hash) % CACHE_HEADS];
}

static bool statement_is(const Statement *item, u64 hash, const char *sql, const u64 *types)
{
    static const u64 none[2];
    return item->hash == hash && memcmp(item->types, types ? types : none, sizeof none) == 0 &&
           (item->sql == sql || strcmp(item->sql, sql) == 0);
}

Statement *cache_find(StatementCache *cache, const char *sql, const u64 *types)
{
    u64 hash = cache_hash(sql, types);
    for (i32 i = *cache_head(cache, hash); i >= 0; i = cache->items[i].next) {
        Statement *item = &cache->items[i];
        if (statement_is(item, hash, sql, types)) {
            item->used = ++cache->tick;
            return item;
        }
    }
    return NULL;
}

static void cache_unlink(StatementCache *cache, const Statement *statement)
{
    i32 index = (i32)(statement - cache->items);
    i32 *link = cache_head(cache, statement->hash);
    while (*link != index) {
        assert(*link >= 0);
        link = &cache->items[*link].next;
    }
    *link = statement->next;
}

/* Index of the one unused for longest; empty slots first. -1 when all are busy. */
static i32 cache_oldest(const StatementCache *cache)
{
    i32 oldest = -1;
    for (i32 i = 0; i < (i32)cache->count; i++) {
        const Statement *item = &cache->items[i];
        if (!item->busy && (oldest < 0 || item->used < cache->items[oldest].used))
            oldest = i;
    }
    return oldest;
}

Statement *cache_add(StatementCache *cache, const char *sql, const u64 *types,
                     void (*release)(Db *db, Statement *statement), Db *db)
{
    i32 index = (i32)cache->count;
    if (cache->count == STORE_STATEMENTS_MAX) {
        index = cache_oldest(cache);
        if (index < 0)
            return NULL;
        if (cache->items[index].sql) {
            release(db, &cache->items[index]);
            cache_unlink(cache, &cache->items[index]);
        }
    } else {
        cache->count++;
    }
    Statement *item = &cache->items[index];
    u64 hash = cache_hash(sql, types);
    i32 *head = cache_head(cache, hash);
    *item = (Statement){.sql = sql, .hash = hash, .next = *head, .used = ++cache->tick};
    if (types)
        memcpy(item->types, types, sizeof item->types);
    *head = index;
    return item;
}

void cache_remove(StatementCache *cache, Statement *statement)
{
    assert(!statement->busy);
    cache_unlink(cache, statement);
    *statement = (Statement){0}; /* An empty slot: used 0, so it is taken first. */
}
