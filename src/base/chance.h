/* chance.h - the injected source of random bytes: the system's, or a seeded one in tests. */
#ifndef BASE_CHANCE_H
#define BASE_CHANCE_H

#include "base/base.h"

typedef struct Chance {
    bool seeded; /* A test's: the same seed gives the same bytes. */
    u64 state;
} Chance;

void chance_bytes(Chance *chance, u8 *ret_bytes, size_t count);
u64 chance_u64(Chance *chance);
i64 chance_below(Chance *chance, i64 limit);                  /* 0 <= n < limit. */
Str chance_token(Chance *chance, Arena *arena, size_t bytes); /* Hexadecimal of that many bytes. */

#endif
