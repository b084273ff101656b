/* bid_seal.c - see bid_seal.h. */
#include "auction/bid_seal.h"

#include "base/openssl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The secret ---- */

static Err key_error(Cx *cx, Str path)
{
    return err_set_arg(cx, ERR_IO, NULL, "auction.seal_key", path);
}

static Err secret_read(Cx *cx, Str path, SealKey *ret, bool *ret_there)
{
    int fd = open(str_z(cx->arena, path), O_RDONLY | O_CLOEXEC);
    *ret_there = fd >= 0 || errno != ENOENT;
    if (fd < 0)
        return *ret_there ? key_error(cx, path) : ERR_OK;
    char hex[2 * SEAL_KEY_BYTES + 1];
    ssize_t got = read(fd, hex, sizeof hex);
    close(fd);
    bool whole = got == (ssize_t)sizeof hex &&
                 hex_to((Str){hex, 2 * (size_t)SEAL_KEY_BYTES}, ret->bytes, SEAL_KEY_BYTES);
    return whole ? ERR_OK : key_error(cx, path);
}

/* Whole or not at all: written beside, then renamed. */
static Err secret_make(Cx *cx, Str path, SealKey *ret)
{
    chance_bytes(cx->chance, ret->bytes, SEAL_KEY_BYTES);
    char *beside = str_z(cx->arena, str_format(cx->arena, "%.*s.new", STR_ARG(path)));
    Str hex = str_format(cx->arena, "%.*s\n", STR_ARG(seal_key_hex(cx->arena, ret)));
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, hex.data, hex.len) == (ssize_t)hex.len && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    ok = ok && rename(beside, str_z(cx->arena, path)) == 0;
    return ok ? ERR_OK : key_error(cx, path);
}

Err seal_load(Cx *cx, Str data_folder, SealKey *ret)
{
    Str folder = str_format(cx->arena, "%.*s/keys", STR_ARG(data_folder));
    Str path = str_format(cx->arena, "%.*s/seal.key", STR_ARG(folder));
    bool there;
    Err e = secret_read(cx, path, ret, &there);
    if (e || there)
        return e;
    if (mkdir(str_z(cx->arena, folder), 0700) != 0 && errno != EEXIST)
        return key_error(cx, folder);
    return secret_make(cx, path, ret);
}

/* ---- Keys ---- */

static void mac(const SealKey *key, const char *text, size_t len, u8 ret[SEAL_KEY_BYTES])
{
    unsigned got = 0;
    if (!HMAC(EVP_sha256(), key->bytes, SEAL_KEY_BYTES, (const u8 *)text, len, ret, &got) ||
        got != SEAL_KEY_BYTES)
        abort();
}

SealKey seal_key(const SealKey *secret, i64 lot_id, i64 born_ms, i64 opening)
{
    char text[100];
    int len = snprintf(text, sizeof text, "techbourse seal 1 lot %lld %lld opening %lld",
                       (long long)lot_id, (long long)born_ms, (long long)opening);
    SealKey key = {{0}};
    mac(secret, text, (size_t)len, key.bytes);
    return key;
}

Str seal_key_hex(Arena *arena, const SealKey *key)
{
    return hex_from(arena, key->bytes, SEAL_KEY_BYTES);
}

bool seal_key_read(Str hex, SealKey *ret)
{
    return hex.len == 2 * (size_t)SEAL_KEY_BYTES && hex_to(hex, ret->bytes, SEAL_KEY_BYTES);
}

/* ---- Amounts ---- */

static size_t place_of(const BidEntry *entry, char text[80])
{
    return (size_t)snprintf(text, 80, "%lld %lld %lld", (long long)entry->n,
                            (long long)entry->bidder, (long long)entry->at_ms);
}

static void nonce_of(const SealKey *key, const BidEntry *entry, i64 fen, u8 ret[SEAL_NONCE_BYTES])
{
    char text[120], place[80];
    u8 whole[SEAL_KEY_BYTES];
    place_of(entry, place);
    int len = snprintf(text, sizeof text, "nonce %s %lld", place, (long long)fen);
    mac(key, text, (size_t)len, whole);
    memcpy(ret, whole, SEAL_NONCE_BYTES);
}

Str seal_close(const SealKey *key, Arena *arena, const BidEntry *entry, i64 amount_fen)
{
    u8 out[SEAL_BYTES], plain[8];
    char place[80];
    size_t place_len = place_of(entry, place);
    int len = 0;
    for (int i = 0; i < 8; i++)
        plain[i] = (u8)((u64)amount_fen >> (56 - 8 * i));
    nonce_of(key, entry, amount_fen, out);
    EVP_CIPHER_CTX *cx = EVP_CIPHER_CTX_new();
    bool ok =
        cx && EVP_EncryptInit_ex(cx, EVP_aes_256_gcm(), NULL, key->bytes, out) &&
        EVP_EncryptUpdate(cx, NULL, &len, (const u8 *)place, (int)place_len) &&
        EVP_EncryptUpdate(cx, out + SEAL_NONCE_BYTES, &len, plain, 8) && len == 8 &&
        EVP_EncryptFinal_ex(cx, out + SEAL_NONCE_BYTES + 8, &len) &&
        EVP_CIPHER_CTX_ctrl(cx, EVP_CTRL_GCM_GET_TAG, SEAL_TAG_BYTES, out + SEAL_NONCE_BYTES + 8);
    EVP_CIPHER_CTX_free(cx);
    if (!ok)
        abort();
    return hex_from(arena, out, SEAL_BYTES);
}

bool seal_open(const SealKey *key, const BidEntry *entry, i64 *ret_fen)
{
    u8 in[SEAL_BYTES], plain[8], nonce[SEAL_NONCE_BYTES];
    char place[80];
    size_t place_len = place_of(entry, place);
    int len = 0;
    if (entry->sealed.len != 2 * (size_t)SEAL_BYTES || !hex_to(entry->sealed, in, SEAL_BYTES))
        return false;
    EVP_CIPHER_CTX *cx = EVP_CIPHER_CTX_new();
    bool ok =
        cx && EVP_DecryptInit_ex(cx, EVP_aes_256_gcm(), NULL, key->bytes, in) &&
        EVP_DecryptUpdate(cx, NULL, &len, (const u8 *)place, (int)place_len) &&
        EVP_DecryptUpdate(cx, plain, &len, in + SEAL_NONCE_BYTES, 8) && len == 8 &&
        EVP_CIPHER_CTX_ctrl(cx, EVP_CTRL_GCM_SET_TAG, SEAL_TAG_BYTES, in + SEAL_NONCE_BYTES + 8) &&
        EVP_DecryptFinal_ex(cx, plain + 8, &len) > 0;
    EVP_CIPHER_CTX_free(cx);
    if (!ok)
        return false;
    u64 fen = 0;
    for (int i = 0; i < 8; i++)
        fen = fen << 8 | plain[i];
    if (fen > MONEY_MAX_FEN)
        return false;
    nonce_of(key, entry, (i64)fen, nonce); /* One amount has one text. */
    if (memcmp(nonce, in, SEAL_NONCE_BYTES) != 0)
        return false;
    *ret_fen = (i64)fen;
    return true;
}
