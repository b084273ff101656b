#include "ident/ident_int.h"

#include <argon2.h>
#include "base/openssl.h"
#include <string.h>

/* The second set that OWASP's password cheat sheet names: 19 MiB, two passes, one lane. */
enum {
    MEMORY_KB = 19 * 1024,
    PASSES = 2,
    LANES = 1,
    SALT_BYTES = 16,
    HASH_BYTES = 32,
    ENCODED_MAX = 200
};

Err password_hash(Cx *cx, Str password, Str *ret)
{
    u8 salt[SALT_BYTES];
    char *encoded = arena_take(cx->arena, ENCODED_MAX);
    chance_bytes(cx->chance, salt, sizeof salt);
    int rc = argon2id_hash_encoded(PASSES, MEMORY_KB, LANES, password.data, password.len, salt,
                                   sizeof salt, HASH_BYTES, encoded, ENCODED_MAX);
    if (rc != ARGON2_OK)
        return err_set(cx, ERR_BUG, NULL, "ident.cannot_hash");
    *ret = str_from(encoded);
    return ERR_OK;
}

bool password_right(Cx *cx, Str encoded, Str password)
{
    return argon2id_verify(str_z(cx->arena, encoded), password.data, password.len) == ARGON2_OK;
}

void password_waste(Cx *cx, Str password)
{
    Str hash;
    Err e = password_hash(cx, password, &hash);
    (void)e;
}

Str token_hash(Arena *arena, Str token)
{
    u8 digest[SHA256_DIGEST_LENGTH];
    SHA256((const u8 *)token.data, token.len, digest);
    return hex_from(arena, digest, sizeof digest);
}
