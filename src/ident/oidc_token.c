/* ID tokens: is this one the provider's, for us, for this sign-in, and fresh? Pure. */
#include "ident/oidc.h"

#include "base/openssl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <string.h>

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, P256_BYTES = 32, SUBJECT_LEN_MAX = 255 };

/* ---- base64url, RFC 4648 section 5 ---- */

static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

Str base64url_from(Arena *arena, const u8 *bytes, size_t count)
{
    Buf out = buf_new(arena);
    u32 bits = 0, held = 0;
    for (size_t i = 0; i < count; i++) {
        held = (held << 8 | bytes[i]) & 0xffff;
        for (bits += 8; bits >= 6; bits -= 6)
            buf_char(&out, signs[held >> (bits - 6) & 63]);
    }
    if (bits)
        buf_char(&out, signs[held << (6 - bits) & 63]);
    return buf_str(&out);
}

bool base64url_to(Arena *arena, Str text, Str *ret)
{
    char *out = arena_take(arena, text.len + 1);
    u32 bits = 0, held = 0;
    size_t len = 0;
    if (text.len % 4 == 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char *at = text.data[i] ? strchr(signs, text.data[i]) : NULL;
        if (!at)
            return false;
        held = (held << 6 | (u32)(at - signs)) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[len++] = (char)(held >> bits & 0xff);
        }
    }
    *ret = (Str){out, len};
    return true;
}

Str oidc_challenge(Arena *arena, Str verifier)
{
    u8 digest[SHA256_DIGEST_LENGTH];
    SHA256((const u8 *)verifier.data, verifier.len, digest);
    return base64url_from(arena, digest, sizeof digest);
}

/* ---- keys ---- */

static EVP_PKEY *key_of(const char *kind, OSSL_PARAM_BLD *build)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    EVP_PKEY *key = NULL;
    bool made = params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
                EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return made ? key : NULL;
}

/* NULL unless it is an RSA key of a size that is safe and can be worked with. */
static EVP_PKEY *rsa_key(Arena *arena, const Val *jwk)
{
    Str n, e;
    EVP_PKEY *key = NULL;
    if (!base64url_to(arena, val_get_str(jwk, "n"), &n) ||
        !base64url_to(arena, val_get_str(jwk, "e"), &e) || n.len > RSA_BITS_MAX / 8 + 1 || !e.len ||
        e.len > 8)
        return NULL;
    BIGNUM *modulus = BN_bin2bn((const u8 *)n.data, (int)n.len, NULL),
           *exponent = BN_bin2bn((const u8 *)e.data, (int)e.len, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (modulus && exponent && build && BN_num_bits(modulus) >= RSA_BITS_MIN &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        key = key_of("RSA", build);
    OSSL_PARAM_BLD_free(build);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

/* A coordinate may lack its leading zeros: some providers write it so. */
static bool coordinate(Arena *arena, Str text, u8 *ret)
{
    Str bytes;
    if (!base64url_to(arena, text, &bytes) || !bytes.len)
        return false;
    for (; bytes.len > P256_BYTES && !bytes.data[0]; bytes = str_slice(bytes, 1, bytes.len))
        ;
    if (bytes.len > P256_BYTES)
        return false;
    memset(ret, 0, P256_BYTES);
    memcpy(ret + P256_BYTES - bytes.len, bytes.data, bytes.len);
    return true;
}

/* NULL unless it is a point on P-256. */
static EVP_PKEY *ec_key(Arena *arena, const Val *jwk)
{
    u8 point[1 + 2 * P256_BYTES] = {POINT_CONVERSION_UNCOMPRESSED};
    EVP_PKEY *key = NULL;
    if (!str_same_z(val_get_str(jwk, "crv"), "P-256") ||
        !coordinate(arena, val_get_str(jwk, "x"), point + 1) ||
        !coordinate(arena, val_get_str(jwk, "y"), point + 1 + P256_BYTES))
        return NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1)
        key = key_of("EC", build);
    OSSL_PARAM_BLD_free(build);
    return key;
}

/* ---- signatures ---- */

static bool right_digest(EVP_PKEY *key, Str text, const u8 *signature, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool right = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                 EVP_DigestVerify(ctx, signature, len, (const u8 *)text.data, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    return right;
}

/* RFC 7518, 3.4: R and S side by side; OpenSSL wants them in DER. */
static bool right_ec(EVP_PKEY *key, Str text, Str raw)
{
    if (raw.len != 2 * P256_BYTES)
        return false;
    const u8 *bytes = (const u8 *)raw.data;
    BIGNUM *r = BN_bin2bn(bytes, P256_BYTES, NULL),
           *s = BN_bin2bn(bytes + P256_BYTES, P256_BYTES, NULL);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    u8 *der = NULL;
    bool right = false;
    if (r && s && pair && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* The pair has them now. */
        int len = i2d_ECDSA_SIG(pair, &der);
        right = len > 0 && right_digest(key, text, der, (size_t)len);
    }
    OPENSSL_free(der);
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return right;
}

/* Is this a key for such signatures? */
static bool key_fits(const Val *jwk, Str alg)
{
    Str kty = val_get_str(jwk, "kty"), use = val_get_str(jwk, "use"), own = val_get_str(jwk, "alg");
    bool rsa = str_same(alg, S("RS256"));
    return str_same_z(kty, rsa ? "RSA" : "EC") && (!use.len || str_same(use, S("sig"))) &&
           (!own.len || str_same(own, alg));
}

/* The key that the token names; without a name, the only one that fits. NULL when there is none. */
static const Val *find_key(const Val *keys, Str kid, Str alg)
{
    const Val *list = val_get(keys, "keys"), *found = NULL;
    for (size_t i = 0; i < val_count(list); i++) {
        const Val *jwk = val_at(list, i);
        if (!key_fits(jwk, alg) || (kid.len && !str_same(val_get_str(jwk, "kid"), kid)))
            continue;
        if (found && !kid.len)
            return NULL;
        if (!found)
            found = jwk;
    }
    return found;
}

static bool signed_by(Arena *arena, const Val *jwk, Str alg, Str text, Str signature)
{
    bool rsa = str_same(alg, S("RS256"));
    EVP_PKEY *key = rsa ? rsa_key(arena, jwk) : ec_key(arena, jwk);
    bool right = key && (rsa ? right_digest(key, text, (const u8 *)signature.data, signature.len)
                             : right_ec(key, text, signature));
    EVP_PKEY_free(key);
    return right;
}

/* ---- claims ---- */

/* NumericDate, seconds; false when it is no number or absurd. */
static bool seconds_of(const Val *claims, const char *name, i64 *ret)
{
    const Val *val = val_get(claims, name);
    i64 most = (i64)1 << 40;
    if (val && val->kind == VAL_INT && val->i >= 0 && val->i < most)
        *ret = val->i;
    else if (val && val->kind == VAL_REAL && val->real >= 0 && val->real < (double)most)
        *ret = (i64)val->real;
    else
        return false;
    return true;
}

static Str text_claim(const Val *claims, Str name)
{
    const Val *val = val_get_key(claims, name);
    return val && val->kind == VAL_STR ? val->s : S("");
}

static bool list_has(const Val *val, Str text)
{
    if (val && val->kind == VAL_STR)
        return str_same(val->s, text);
    for (size_t i = 0; val && val->kind == VAL_LIST && i < val_count(val); i++)
        if (val_at(val, i)->kind == VAL_STR && str_same(val_at(val, i)->s, text))
            return true;
    return false;
}

/* Core 3.1.3.7, 3 to 5: for us, and for us alone unless it says that we are the one who asked. */
static bool for_us(const Val *claims, Str client_id)
{
    const Val *aud = val_get(claims, "aud"), *azp = val_get(claims, "azp");
    bool several = aud && aud->kind == VAL_LIST && val_count(aud) > 1;
    if (!list_has(aud, client_id) || (several && !azp))
        return false;
    return !azp || (azp->kind == VAL_STR && str_same(azp->s, client_id));
}

/* NULL when it is neither over, nor old, nor from the future. */
static const char *wrong_time(const Val *claims, i64 now_s)
{
    i64 exp, iat, nbf;
    if (!seconds_of(claims, "exp", &exp) || exp <= now_s - OIDC_SKEW_S)
        return "expired";
    if (!seconds_of(claims, "iat", &iat) || iat > now_s + OIDC_SKEW_S ||
        iat < now_s - OIDC_TOKEN_AGE_S - OIDC_SKEW_S)
        return "not fresh";
    if (val_get(claims, "nbf") && (!seconds_of(claims, "nbf", &nbf) || nbf > now_s + OIDC_SKEW_S))
        return "not valid yet";
    return NULL;
}

static i64 second_of(const Val *claims, const OidcExpect *expect)
{
    i64 at_s = 0;
    bool said = expect->second.len && (list_has(val_get(claims, "amr"), expect->second) ||
                                       str_same(val_get_str(claims, "acr"), expect->second));
    if (!said || !seconds_of(claims, "auth_time", &at_s) || !at_s)
        return 0;
    i64 at_ms = at_s * 1000;
    if (at_ms > expect->now_ms) /* Its clock is ahead, within the skew or not. */
        at_ms = expect->now_ms;
    return expect->now_ms - at_ms <= expect->second_age_ms ? at_ms : 0;
}

/* NULL when all is well. */
static const char *read_claims(const Val *claims, const OidcExpect *expect, OidcPerson *ret)
{
    const char *why = wrong_time(claims, expect->now_ms / 1000);
    Str subject = val_get_str(claims, "sub"), nonce = val_get_str(claims, "nonce");
    if (!str_same(val_get_str(claims, "iss"), expect->issuer))
        return "another issuer";
    if (!for_us(claims, expect->client_id))
        return "for another client";
    if (!expect->nonce.len || !str_same(nonce, expect->nonce))
        return "another nonce";
    if (why)
        return why;
    if (!subject.len || subject.len > SUBJECT_LEN_MAX)
        return "no subject";
    Str login = text_claim(claims, expect->claim);
    if (str_same(expect->claim, S("email")) && !val_get_bool(claims, "email_verified"))
        return "mail address not verified";
    *ret = (OidcPerson){.subject = subject, .login = login, .second_ms = second_of(claims, expect)};
    return NULL;
}

/* ---- the whole token ---- */

static Val *json_part(Arena *arena, Str part)
{
    Str bytes, why;
    return base64url_to(arena, part, &bytes) ? val_read_json(arena, bytes, &why) : NULL;
}

static Err refuse(Cx *cx, Err code, const char *why, const char **ret_why)
{
    *ret_why = why;
    return err_set(cx, code, NULL, "oidc.bad_token");
}

Err oidc_check(Cx *cx, Str token, const Val *keys, const OidcExpect *expect, OidcPerson *ret,
               const char **ret_why)
{
    Str parts[3] = {{0}}, rest = token, signature;
    size_t count = 0;
    if (token.len > OIDC_TOKEN_BYTES_MAX || str_ends(token, S(".")))
        return refuse(cx, ERR_DENIED, "no token that is signed", ret_why);
    for (Str part; str_split(&rest, '.', &part); count++)
        if (count < COUNT(parts))
            parts[count] = part;
    const Val *head = count == COUNT(parts) ? json_part(cx->arena, parts[0]) : NULL,
              *claims = head ? json_part(cx->arena, parts[1]) : NULL;
    if (!claims || claims->kind != VAL_MAP || head->kind != VAL_MAP ||
        !base64url_to(cx->arena, parts[2], &signature))
        return refuse(cx, ERR_DENIED, "not a signed token", ret_why);
    Str alg = val_get_str(head, "alg"), kid = val_get_str(head, "kid");
    if ((!str_same(alg, S("RS256")) && !str_same(alg, S("ES256"))) || val_get(head, "crit"))
        return refuse(cx, ERR_DENIED, "another algorithm", ret_why);
    const Val *jwk = find_key(keys, kid, alg);
    if (!jwk)
        return refuse(cx, ERR_MISSING, "no such key", ret_why);
    Str text = {token.data, parts[0].len + 1 + parts[1].len};
    if (!signed_by(cx->arena, jwk, alg, text, signature))
        return refuse(cx, ERR_DENIED, "signature wrong", ret_why);
    const char *why = read_claims(claims, expect, ret);
    return why ? refuse(cx, ERR_DENIED, why, ret_why) : ERR_OK;
}
