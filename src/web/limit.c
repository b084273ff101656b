#include "web/limit.h"

#include "base/openssl.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>

enum { KEY_BYTES = 16, SECONDS = 1000 };

typedef struct Bucket {
    u64 key;     /* 0: never used. */
    i64 full_ms; /* When it is full again; from then on the place is free. */
} Bucket;

struct Limits {
    Arena own;
    pthread_mutex_t mutex;
    u8 secret[KEY_BYTES];
    Bucket sets[LIMIT_SETS][LIMIT_WAYS];
};

/* A whole office may sit behind one address; a person signs in a few times. */
static const LimitRule rules[LIMIT_KINDS] = {
    [LIMIT_SIGN_IN_ADDRESS] = {60, 2 * SECONDS}, [LIMIT_SIGN_IN_LOGIN] = {20, 15 * SECONDS},
    [LIMIT_CODE_ADDRESS] = {60, 2 * SECONDS},    [LIMIT_CODE_ACCOUNT] = {10, 30 * SECONDS},
    [LIMIT_RESET_ADDRESS] = {10, 60 * SECONDS},  [LIMIT_RESET_LOGIN] = {3, 600 * SECONDS},
    [LIMIT_OIDC_ADDRESS] = {60, 2 * SECONDS},
};

LimitRule limit_rule(LimitKind kind)
{
    assert(kind > LIMIT_NONE && kind < LIMIT_KINDS);
    return rules[kind];
}

Limits *limits_new(Chance *chance)
{
    Arena own = {0};
    Limits *limits = ARENA_NEW(&own, Limits, 1);
    pthread_mutex_init(&limits->mutex, NULL);
    chance_bytes(chance, limits->secret, sizeof limits->secret);
    limits->own = own;
    return limits;
}

void limits_done(Limits *limits)
{
    pthread_mutex_destroy(&limits->mutex);
    Arena own = limits->own;
    arena_done(&own);
}

static u64 key_of(const Limits *limits, LimitKind kind, Str key)
{
    u8 secret[KEY_BYTES + 1], digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    u64 hash = 0;
    memcpy(secret, limits->secret, KEY_BYTES);
    secret[KEY_BYTES] = (u8)kind;
    HMAC(EVP_sha256(), secret, sizeof secret, (const u8 *)key.data, key.len, digest, &len);
    memcpy(&hash, digest, sizeof hash);
    return hash ? hash : 1;
}

/* The bucket of the key in its set, else the one that is full soonest. */
static Bucket *bucket_of(Limits *limits, u64 key)
{
    Bucket *set = limits->sets[key % LIMIT_SETS], *least = &set[0];
    for (size_t i = 0; i < LIMIT_WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].full_ms < least->full_ms)
            least = &set[i];
    }
    *least = (Bucket){.key = key};
    return least;
}

i64 limits_take(Limits *limits, LimitKind kind, Str key, i64 now_ms)
{
    LimitRule rule = limit_rule(kind);
    i64 span_ms = rule.burst * rule.every_ms, wait_ms = 0;
    u64 hash = key_of(limits, kind, key);
    pthread_mutex_lock(&limits->mutex);
    Bucket *bucket = bucket_of(limits, hash);
    i64 full_ms = bucket->full_ms < now_ms ? now_ms : bucket->full_ms;
    if (full_ms > now_ms + span_ms) /* The clock has stepped back. */
        full_ms = now_ms + span_ms;
    if (full_ms + rule.every_ms > now_ms + span_ms)
        wait_ms = full_ms + rule.every_ms - span_ms - now_ms;
    else
        full_ms += rule.every_ms;
    bucket->full_ms = full_ms;
    pthread_mutex_unlock(&limits->mutex);
    return wait_ms;
}

Str limit_address(Arena *arena, Str peer)
{
    struct in6_addr six;
    if (inet_pton(AF_INET6, str_z(arena, peer), &six) != 1)
        return peer;
    if (IN6_IS_ADDR_V4MAPPED(&six)) /* Each is an address of its own. */
        return hex_from(arena, six.s6_addr, sizeof six.s6_addr);
    return hex_from(arena, six.s6_addr, 8);
}
