/* limit.h - how often one address, or one login, may ask for what is costly or worth guessing.
 *
 * A token bucket each: so many at once, then one every so often. One number stands for a bucket:
 * the moment at which it is full again (GCRA). The table has a fixed size. Where a bucket finds its
 * set full, it takes the place of the one that is full soonest, so a flood of addresses can at most
 * make the table forget those that asked least. Buckets do not outlive the process: the lock-out
 * of an account (ident) does.
 */
#ifndef WEB_LIMIT_H
#define WEB_LIMIT_H

#include "base/base.h"

/* The rules behind these names stand in limit.c. */
typedef enum LimitKind {
    LIMIT_NONE,
    LIMIT_SIGN_IN_ADDRESS,
    LIMIT_SIGN_IN_LOGIN,
    LIMIT_CODE_ADDRESS, /* Codes of the second factor. */
    LIMIT_CODE_ACCOUNT,
    LIMIT_RESET_ADDRESS, /* And whatever else strangers may write. */
    LIMIT_RESET_LOGIN,
    LIMIT_OIDC_ADDRESS, /* Ways to the outside provider: each keeps a row, and may fetch. */
    LIMIT_KINDS,
} LimitKind;

enum { LIMIT_SETS = 4096, LIMIT_WAYS = 8 };

typedef struct Limits Limits;

/* In an arena of its own until limits_done. `chance` gives the key of its hash, so that nobody can
 * choose who shares a set with whom. */
Limits *limits_new(Chance *chance);
void limits_done(Limits *limits);

/* Takes one token of `key`: 0, or in how many milliseconds there will be one. Any thread. */
i64 limits_take(Limits *limits, LimitKind kind, Str key, i64 now_ms);

/* How many at once, and one more after how many milliseconds; for texts and tests. */
typedef struct LimitRule {
    i64 burst;
    i64 every_ms;
} LimitRule;
LimitRule limit_rule(LimitKind kind);

/* What counts as one address: an IPv4 address, or the /64 of an IPv6 address. In `arena`. */
Str limit_address(Arena *arena, Str peer);

#endif
