/* Totals of lists, kept until the next fact. */
#include "command/command.h"

#include <pthread.h>

enum { MEMO_SLOTS = 256 };

typedef struct MemoSlot {
    u64 key[2]; /* Two hashes of statement and values: together never the same by chance. */
    i64 seq;    /* Last fact when it was counted. */
    i64 total;
} MemoSlot;

typedef struct CountMemo {
    Arena own;
    pthread_mutex_t mutex;
    MemoSlot slots[MEMO_SLOTS];
} CountMemo;

CountMemo *count_memo_new(void)
{
    Arena own = {0};
    CountMemo *memo = ARENA_NEW(&own, CountMemo, 1);
    pthread_mutex_init(&memo->mutex, NULL);
    memo->own = own;
    return memo;
}

void count_memo_done(CountMemo *memo)
{
    pthread_mutex_destroy(&memo->mutex);
    Arena own = memo->own;
    arena_done(&own);
}

static void mix(u64 key[2], const void *bytes, size_t count)
{
    const u8 *at = bytes;
    for (size_t i = 0; i < count; i++) {
        key[0] = (key[0] ^ at[i]) * 1099511628211u;
        key[1] = (key[1] + at[i]) * 0x9e3779b97f4a7c15u;
        key[1] ^= key[1] >> 29;
    }
}

static void key_of(const char *sql, const Bind *binds, size_t count, u64 key[2])
{
    key[0] = 14695981039346656037u;
    key[1] = 0x2545f4914f6cdd1du;
    mix(key, &sql, sizeof sql);
    for (size_t i = 0; i < count; i++) {
        u64 len = binds[i].is_text ? binds[i].s.len : UINT64_MAX;
        mix(key, &len, sizeof len);
        if (binds[i].is_text)
            mix(key, binds[i].s.data, binds[i].s.len);
        else
            mix(key, &binds[i].i, sizeof binds[i].i);
    }
}

Err count_rows(Cx *cx, const char *sql, const Bind *binds, size_t count, i64 *ret)
{
    CountMemo *memo = house_of(cx)->counts;
    if (!memo || cx->in_write)
        return db_int(cx, sql, binds, count, 0, ret);
    i64 seq, total = 0;
    u64 key[2];
    Err e = fact_last_seq(cx, &seq);
    if (e)
        return e;
    key_of(sql, binds, count, key);
    MemoSlot *slot = &memo->slots[key[0] % MEMO_SLOTS];
    pthread_mutex_lock(&memo->mutex);
    bool known = slot->seq == seq && slot->key[0] == key[0] && slot->key[1] == key[1];
    if (known)
        total = slot->total;
    pthread_mutex_unlock(&memo->mutex);
    if (!known) {
        e = db_int(cx, sql, binds, count, 0, &total);
        if (e)
            return e;
        pthread_mutex_lock(&memo->mutex);
        *slot = (MemoSlot){{key[0], key[1]}, seq, total};
        pthread_mutex_unlock(&memo->mutex);
    }
    *ret = total;
    return ERR_OK;
}
