#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

u64 chance_u64(Chance *chance)
{
    if (chance->seeded) { /* splitmix64 */
        u64 z = chance->state += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
    }
    u64 n;
    if (getrandom(&n, sizeof n, 0) != sizeof n)
        abort();
    return n;
}

void chance_bytes(Chance *chance, u8 *ret_bytes, size_t count)
{
    for (size_t at = 0; at < count; at += sizeof(u64)) {
        u64 n = chance_u64(chance);
        size_t left = count - at;
        memcpy(ret_bytes + at, &n, left < sizeof n ? left : sizeof n);
    }
}

i64 chance_below(Chance *chance, i64 limit)
{
    assert(limit > 0);
    u64 range = (u64)limit, worst = UINT64_MAX - UINT64_MAX % range, n;
    do
        n = chance_u64(chance);
    while (n >= worst);
    return (i64)(n % range);
}

Str chance_token(Chance *chance, Arena *arena, size_t bytes)
{
    u8 *raw = arena_take(arena, bytes);
    chance_bytes(chance, raw, bytes);
    return hex_from(arena, raw, bytes);
}
