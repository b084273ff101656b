/* Hashes, the Merkle tree and the signing key. */
#include "fact/fact_int.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *hash_name(FactHash hash)
{
    return hash == FACT_SM3 ? "sm3" : "sha256";
}

bool hash_find(Str name, FactHash *ret)
{
    bool sm3 = str_same(name, S("sm3"));
    if (!sm3 && !str_same(name, S("sha256")))
        return false;
    *ret = sm3 ? FACT_SM3 : FACT_SHA256;
    return true;
}

bool hasher_init(Hasher *hasher, FactHash hash)
{
    hasher->md = EVP_MD_fetch(NULL, hash == FACT_SM3 ? "SM3" : "SHA256", NULL);
    hasher->cx = EVP_MD_CTX_new();
    return hasher->md && hasher->cx;
}

void hasher_done(Hasher *hasher)
{
    EVP_MD_CTX_free(hasher->cx);
    EVP_MD_free(hasher->md);
    *hasher = (Hasher){0};
}

Digest hasher_digest(Hasher *hasher, u8 tag, const void *bytes, size_t count)
{
    Digest digest;
    unsigned len = 0;
    int ok = EVP_DigestInit_ex(hasher->cx, hasher->md, NULL) &&
             EVP_DigestUpdate(hasher->cx, &tag, 1) && EVP_DigestUpdate(hasher->cx, bytes, count) &&
             EVP_DigestFinal_ex(hasher->cx, digest.bytes, &len);
    assert(ok && len == DIGEST_BYTES);
    (void)ok;
    return digest;
}

Digest merkle_root(Hasher *hasher, Digest *leaves, size_t count)
{
    if (count == 0)
        return (Digest){0};
    for (; count > 1; count = (count + 1) / 2) {
        for (size_t i = 0; i + 1 < count; i += 2) {
            Digest pair[2] = {leaves[i], leaves[i + 1]};
            leaves[i / 2] = hasher_digest(hasher, TAG_NODE, pair, sizeof pair);
        }
        if (count % 2)
            leaves[count / 2] = leaves[count - 1];
    }
    return leaves[0];
}

static void add_text(Buf *out, Str s)
{
    buf_i64(out, (i64)s.len);
    buf_char(out, ':');
    buf_add(out, s);
}

static void add_number(Buf *out, i64 n)
{
    buf_i64(out, n);
    buf_char(out, ';');
}

Digest fact_leaf(Hasher *hasher, Arena *arena, const Fact *fact)
{
    ArenaMark mark = arena_mark(arena);
    Buf out = buf_new(arena);
    add_number(&out, fact->seq);
    add_text(&out, fact->kind);
    add_text(&out, fact->table_name);
    add_number(&out, fact->row_id);
    add_text(&out, fact->row_digest);
    add_number(&out, fact->actor_id);
    add_number(&out, fact->org_id);
    add_text(&out, fact->via);
    add_number(&out, fact->at_ms);
    add_number(&out, fact->amount);
    add_text(&out, fact->code);
    add_number(&out, fact->other_id);
    if (fact->for_id) /* The facts of logs that knew no delegation keep their leaves. */
        add_number(&out, fact->for_id);
    Digest digest = hasher_digest(hasher, TAG_LEAF, out.data, out.len);
    arena_rewind(arena, mark);
    return digest;
}

Digest row_digest(Hasher *hasher, Arena *arena, const RecordType *type, const void *record)
{
    ArenaMark mark = arena_mark(arena);
    Buf out = buf_new(arena);
    record_canonical(type, record, &out);
    Digest digest = hasher_digest(hasher, TAG_ROW, out.data, out.len);
    arena_rewind(arena, mark);
    return digest;
}

Digest block_digest(Hasher *hasher, Arena *arena, const Block *block)
{
    Buf out = buf_new(arena);
    add_number(&out, block->block);
    add_number(&out, block->first_seq);
    add_number(&out, block->last_seq);
    add_number(&out, block->at_ms);
    add_text(&out, block->root);
    add_text(&out, block->before);
    add_text(&out, block->algorithm);
    return hasher_digest(hasher, TAG_BLOCK, out.data, out.len);
}

Str block_message(Arena *arena, i64 block, Str hash)
{
    return str_format(arena, "techbourse head %lld %.*s", (long long)block, STR_ARG(hash));
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *file = fopen(path, "re");
    EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
    if (file)
        fclose(file);
    return key;
}

static EVP_PKEY *make_key(const char *path)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool ok = key && file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    if (file) {
        ok = fflush(file) == 0 && fsync(fileno(file)) == 0 && ok;
        fclose(file);
    }
    if (ok)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

/* The public half, in hex, for whoever verifies without the private one. */
static bool write_public(Cx *cx, const char *keys, const u8 *public)
{
    char *path = str_z(cx->arena, str_format(cx->arena, "%s/head.pub", keys));
    FILE *file = fopen(path, "we");
    Str hex = hex_from(cx->arena, public, PUBLIC_KEY_BYTES);
    bool ok = file && fprintf(file, "%.*s\n", STR_ARG(hex)) > 0;
    if (file)
        ok = fclose(file) == 0 && ok;
    return ok;
}

Err key_load_or_make(Cx *cx, Str folder, EVP_PKEY **ret_key, u8 ret_public[PUBLIC_KEY_BYTES])
{
    char *keys = str_z(cx->arena, str_format(cx->arena, "%.*s/keys", STR_ARG(folder)));
    char *path = str_z(cx->arena, str_format(cx->arena, "%s/head.pem", keys));
    mkdir(keys, 0700);
    EVP_PKEY *key = access(path, F_OK) == 0 ? read_key(path) : make_key(path);
    size_t len = PUBLIC_KEY_BYTES;
    bool read =
        key && EVP_PKEY_get_raw_public_key(key, ret_public, &len) && len == PUBLIC_KEY_BYTES;
    if (!read || !write_public(cx, keys, ret_public)) {
        EVP_PKEY_free(key);
        return err_set_arg(cx, ERR_IO, NULL, "fact.key_unreadable", str_from(path));
    }
    *ret_key = key;
    return ERR_OK;
}

bool key_sign(EVP_PKEY *key, Str message, u8 ret_signature[SIGNATURE_BYTES])
{
    EVP_MD_CTX *cx = EVP_MD_CTX_new();
    size_t len = SIGNATURE_BYTES;
    bool ok = cx && EVP_DigestSignInit(cx, NULL, NULL, NULL, key) &&
              EVP_DigestSign(cx, ret_signature, &len, (const u8 *)message.data, message.len);
    EVP_MD_CTX_free(cx);
    return ok && len == SIGNATURE_BYTES;
}

bool key_check(Str public_hex, Str message, Str signature_hex)
{
    u8 public[PUBLIC_KEY_BYTES], signature[SIGNATURE_BYTES];
    if (!hex_to(public_hex, public, sizeof public) ||
        !hex_to(signature_hex, signature, sizeof signature))
        return false;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, sizeof public);
    EVP_MD_CTX *cx = EVP_MD_CTX_new();
    bool ok = key && cx && EVP_DigestVerifyInit(cx, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestVerify(cx, signature, sizeof signature, (const u8 *)message.data,
                               message.len) == 1;
    EVP_MD_CTX_free(cx);
    EVP_PKEY_free(key);
    return ok;
}

Err fact_sign(Cx *cx, const FactLog *log, Str message, Str *ret_signature)
{
    u8 signature[SIGNATURE_BYTES];
    assert(!str_starts(message, S("techbourse head ")));
    if (!key_sign(log->key, message, signature))
        return err_set_arg(cx, ERR_BUG, NULL, "fact.key_unreadable", S("head.pem"));
    *ret_signature = hex_from(cx->arena, signature, sizeof signature);
    return ERR_OK;
}

bool fact_signature_right(Str public_key, Str message, Str signature)
{
    return key_check(public_key, message, signature);
}
