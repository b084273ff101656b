/* Password hashes, session tokens, and secrets sealed at rest. */
#include "ident/ident_int.h"

#include "base/openssl.h"
#include "command/settings.h"

#include <argon2.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The second set that OWASP's password cheat sheet names: 19 MiB, two passes, one lane. */
enum { PASSES = 2, LANES = 1, SALT_BYTES = 16, HASH_BYTES = 32, ENCODED_MAX = 200 };

static _Atomic i64 runs;

i64 password_runs(void)
{
    return atomic_load(&runs);
}

Err password_hash(Cx *cx, Str password, Str *ret)
{
    u8 salt[SALT_BYTES];
    char *encoded = arena_take(cx->arena, ENCODED_MAX);
    chance_bytes(cx->chance, salt, sizeof salt);
    atomic_fetch_add(&runs, 1);
    u32 memory_kb = (u32)house_of(cx)->settings->password_memory_kb;
    int rc = argon2id_hash_encoded(PASSES, memory_kb, LANES, password.data, password.len, salt,
                                   sizeof salt, HASH_BYTES, encoded, ENCODED_MAX);
    if (rc != ARGON2_OK)
        return err_set(cx, ERR_BUG, NULL, "ident.cannot_hash");
    *ret = str_from(encoded);
    return ERR_OK;
}

bool password_right(Cx *cx, Str encoded, Str password)
{
    atomic_fetch_add(&runs, 1);
    return argon2id_verify(str_z(cx->arena, encoded), password.data, password.len) == ARGON2_OK;
}

void password_waste(Cx *cx, Str password)
{
    Str hash;
    Err e = password_hash(cx, password, &hash);
    (void)e;
}

bool secret_same(Str a, Str b)
{
    return a.len == b.len && CRYPTO_memcmp(a.data, b.data, a.len) == 0;
}

Str token_hash(Arena *arena, Str token)
{
    u8 digest[SHA256_DIGEST_LENGTH];
    SHA256((const u8 *)token.data, token.len, digest);
    return hex_from(arena, digest, sizeof digest);
}

/* ---- secrets at rest ---- */

enum { KEY_BYTES = 32, IV_BYTES = 12, TAG_BYTES = 16, SEALED_MAX = 1024 };

/* The key file, made at first use; only its owner may read it. */
static Err sealing_key(Cx *cx, u8 key[KEY_BYTES])
{
    Str folder = str_format(cx->arena, "%.*s/keys", STR_ARG(house_of(cx)->data_folder));
    char *path = str_z(cx->arena, str_format(cx->arena, "%.*s/secrets.key", STR_ARG(folder)));
    mkdir(str_z(cx->arena, folder), 0700);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        chance_bytes(cx->chance, key, KEY_BYTES);
        if (fd >= 0 && write(fd, key, KEY_BYTES) == KEY_BYTES && fsync(fd) == 0) {
            close(fd);
            return ERR_OK;
        }
        if (fd >= 0)
            close(fd);
        fd = open(path, O_RDONLY | O_CLOEXEC); /* Another was quicker. */
    }
    bool whole = fd >= 0 && read(fd, key, KEY_BYTES) == KEY_BYTES;
    if (fd >= 0)
        close(fd);
    return whole ? ERR_OK : err_set_arg(cx, ERR_IO, NULL, "ident.no_key", str_from(path));
}

Err secret_seal(Cx *cx, Str purpose, Str plain, Str *ret)
{
    u8 key[KEY_BYTES], out[IV_BYTES + SEALED_MAX + TAG_BYTES];
    int len = 0, more = 0;
    assert(plain.len <= SEALED_MAX);
    Err e = sealing_key(cx, key);
    if (e)
        return e;
    chance_bytes(cx->chance, out, IV_BYTES);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok =
        ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, out) == 1 &&
        EVP_EncryptUpdate(ctx, NULL, &more, (const u8 *)purpose.data, (int)purpose.len) == 1 &&
        EVP_EncryptUpdate(ctx, out + IV_BYTES, &len, (const u8 *)plain.data, (int)plain.len) == 1 &&
        EVP_EncryptFinal_ex(ctx, out + IV_BYTES + len, &more) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, out + IV_BYTES + len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    OPENSSL_cleanse(key, sizeof key);
    if (!ok)
        return err_set(cx, ERR_BUG, NULL, "ident.cannot_hash");
    *ret = hex_from(cx->arena, out, IV_BYTES + (size_t)len + TAG_BYTES);
    return ERR_OK;
}

Err secret_open(Cx *cx, Str purpose, Str sealed, Str *ret_plain)
{
    u8 key[KEY_BYTES], in[IV_BYTES + SEALED_MAX + TAG_BYTES];
    size_t count = sealed.len / 2;
    int len = 0, more = 0;
    if (count < IV_BYTES + TAG_BYTES || count > sizeof in || !hex_to(sealed, in, count))
        return err_set(cx, ERR_BUG, NULL, "ident.cannot_open");
    Err e = sealing_key(cx, key);
    if (e)
        return e;
    size_t plain_len = count - IV_BYTES - TAG_BYTES;
    u8 *plain = arena_take(cx->arena, plain_len + 1);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok =
        ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, in) == 1 &&
        EVP_DecryptUpdate(ctx, NULL, &more, (const u8 *)purpose.data, (int)purpose.len) == 1 &&
        EVP_DecryptUpdate(ctx, plain, &len, in + IV_BYTES, (int)plain_len) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, in + IV_BYTES + plain_len) == 1 &&
        EVP_DecryptFinal_ex(ctx, plain + len, &more) == 1;
    EVP_CIPHER_CTX_free(ctx);
    OPENSSL_cleanse(key, sizeof key);
    if (!ok)
        return err_set(cx, ERR_BUG, NULL, "ident.cannot_open");
    *ret_plain = (Str){(const char *)plain, plain_len};
    return ERR_OK;
}
