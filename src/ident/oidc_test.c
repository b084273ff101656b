/* oidc_test.c - what may be fetched, which ID tokens hold, and whose accounts they open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/openssl.h"
#include "command/house_fixture.h"
#include "ident/ident_int.h"
#include "ident/oidc.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

/* ---- the rule against being sent elsewhere ---- */

#define CAMPUS "https://sso.u.edu.cn"
#define HERE   "http://127.0.0.1:8000/op"

// clang-format off
static const struct {
    const char *issuer, *issuer_address, *url, *address;
    bool may;
} fetches[] = {
    {CAMPUS, "", CAMPUS "/x", "", true},
    {CAMPUS, "", CAMPUS "/x", "93.184.216.34", true},
    {CAMPUS, "", "https://SSO.u.edu.cn/x", "10.1.2.3", true}, /* The operator named it. */
    {CAMPUS, "", CAMPUS "/x", "169.254.169.254", false},
    {CAMPUS, "", CAMPUS "/x", "0.0.0.0", false},
    {CAMPUS, "", CAMPUS "/x", "no address", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "93.184.216.35", true},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "10.0.0.1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "172.16.0.1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "172.32.0.1", true},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "192.168.1.1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "100.64.0.1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "127.0.0.1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "224.0.0.1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "255.255.255.255", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "::1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "::", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "::ffff:10.0.0.1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "64:ff9b::7f00:1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "2002:7f00:1::", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "fe80::1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "fd00::1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "ff02::1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "2001:db8::1", false},
    {CAMPUS, "93.184.216.34", "https://keys.example/x", "2400:3200::1", true},
    {CAMPUS, "10.1.2.3", "https://keys.u.edu.cn/x", "10.1.2.4", true}, /* A campus of its own. */
    {CAMPUS, "10.1.2.3", "https://keys.u.edu.cn/x", "127.0.0.1", false},
    {CAMPUS, "10.1.2.3", "https://keys.u.edu.cn/x", "169.254.169.254", false},
    {CAMPUS, "", "http://sso.u.edu.cn/x", "", false},
    {CAMPUS, "", "http://127.0.0.1/x", "127.0.0.1", false},
    {CAMPUS, "", "ftp://sso.u.edu.cn/x", "", false},
    {CAMPUS, "", "file:///etc/passwd", "", false},
    {CAMPUS, "", "https://sso.u.edu.cn@10.0.0.1/x", "", false},
    {CAMPUS, "", "https://sso.u.edu.cn\\@10.0.0.1/x", "", false},
    {CAMPUS, "", "https://sso.u.edu.cn#@10.0.0.1/x", "", false},
    {CAMPUS, "", "https:///x", "", false},
    {CAMPUS, "", "https://a b/x", "", false},
    {CAMPUS, "", "https://a:0/x", "", false},
    {CAMPUS, "", "https://a:66000/x", "", false},
    {CAMPUS, "", "https://a:8x/x", "", false},
    {CAMPUS, "", "https://[::1/x", "", false},
    {CAMPUS, "", "https://[2400:3200::1]:443/x", "2400:3200::1", true},
    {CAMPUS, "", "https://a\r\nHost: b/x", "", false},
    {HERE, "", HERE "/x", "127.0.0.1", true},
    {HERE, "", "http://localhost:9/x", "127.0.0.1", true},
    {HERE, "", "http://127.0.0.1/x", "10.0.0.1", false},
    {HERE, "127.0.0.1", "http://10.0.0.1/x", "10.0.0.1", false},
    {HERE, "127.0.0.1", "https://keys.example/x", "10.0.0.1", true},
    {"http://sso.u.edu.cn", "", "http://sso.u.edu.cn/x", "", false},
    {"http://[::1]:8000", "", "http://[::1]:8000/x", "::1", true},
    {"", "", "https://a/x", "", false},
};
// clang-format on

static void test_fetch(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fetches); i++) {
        bool may = oidc_may_fetch(str_from(fetches[i].issuer), str_from(fetches[i].issuer_address),
                                  str_from(fetches[i].url), str_from(fetches[i].address));
        if (may != fetches[i].may)
            fail_msg("%s at '%s' for %s is %s", fetches[i].url, fetches[i].address,
                     fetches[i].issuer, may ? "allowed" : "refused");
    }
}

/* ---- base64url, challenge ---- */

/* RFC 7636, appendix B; RFC 4648, section 10. */
static void test_coding(void **state)
{
    Arena arena = {0};
    Str bytes;
    (void)state;
    assert_true(str_same_z(oidc_challenge(&arena, S("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
                           "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    assert_true(base64url_to(&arena, S("Zm9vYmE"), &bytes) && str_same_z(bytes, "fooba"));
    assert_true(base64url_to(&arena, S("_-8"), &bytes) && bytes.len == 2);
    assert_true(base64url_to(&arena, S(""), &bytes) && bytes.len == 0);
    assert_false(base64url_to(&arena, S("Zm9vYmE="), &bytes));
    assert_false(base64url_to(&arena, S("Zm9v+/"), &bytes));
    assert_false(base64url_to(&arena, S("Zm9vY"), &bytes));
    arena_done(&arena);
}

/* ---- ID tokens ---- */

typedef struct Signer {
    EVP_PKEY *rsa, *other_rsa, *short_rsa, *ec, *other_ec;
    Arena arena;
    Val *keys; /* rsa as "r1", ec as "e1", short_rsa as "s1", one for encryption as "x1". */
} Signer;

static Str big_text(Arena *arena, EVP_PKEY *key, const char *name)
{
    BIGNUM *n = NULL;
    u8 bytes[1024];
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
    int len = BN_bn2bin(n, bytes);
    BN_free(n);
    return base64url_from(arena, bytes, (size_t)len); /* Without leading zeros, as some do. */
}

static void add_key(Signer *s, const char *kid, const char *use, EVP_PKEY *key, bool rsa)
{
    Val *jwk = val_map(&s->arena);
    val_set_z(&s->arena, jwk, "kid", kid);
    val_set_z(&s->arena, jwk, "kty", rsa ? "RSA" : "EC");
    val_set_z(&s->arena, jwk, "use", use);
    if (rsa) {
        val_set_str(&s->arena, jwk, "n", big_text(&s->arena, key, OSSL_PKEY_PARAM_RSA_N));
        val_set_str(&s->arena, jwk, "e", big_text(&s->arena, key, OSSL_PKEY_PARAM_RSA_E));
    } else {
        val_set_z(&s->arena, jwk, "crv", "P-256");
        val_set_str(&s->arena, jwk, "x", big_text(&s->arena, key, OSSL_PKEY_PARAM_EC_PUB_X));
        val_set_str(&s->arena, jwk, "y", big_text(&s->arena, key, OSSL_PKEY_PARAM_EC_PUB_Y));
    }
    val_push(&s->arena, val_get(s->keys, "keys"), jwk);
}

static int signer_setup(void **state)
{
    static Signer s;
    s = (Signer){.rsa = EVP_RSA_gen(2048),
                 .other_rsa = EVP_RSA_gen(2048),
                 .short_rsa = EVP_RSA_gen(1024),
                 .ec = EVP_EC_gen("P-256"),
                 .other_ec = EVP_EC_gen("P-256")};
    s.keys = val_map(&s.arena);
    val_set(&s.arena, s.keys, "keys", val_list(&s.arena));
    add_key(&s, "r1", "sig", s.rsa, true);
    add_key(&s, "e1", "sig", s.ec, false);
    add_key(&s, "s1", "sig", s.short_rsa, true);
    add_key(&s, "x1", "enc", s.other_rsa, true);
    *state = &s;
    return 0;
}

static int signer_teardown(void **state)
{
    Signer *s = *state;
    EVP_PKEY_free(s->rsa);
    EVP_PKEY_free(s->other_rsa);
    EVP_PKEY_free(s->short_rsa);
    EVP_PKEY_free(s->ec);
    EVP_PKEY_free(s->other_ec);
    arena_done(&s->arena);
    return 0;
}

static Str signature_of(Arena *arena, EVP_PKEY *key, Str text)
{
    u8 bytes[1024], raw[64];
    size_t len = sizeof bytes;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, bytes, &len, (const u8 *)text.data, text.len), 1);
    EVP_MD_CTX_free(ctx);
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
        return base64url_from(arena, bytes, len);
    const u8 *at = bytes;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32), 32);
    ECDSA_SIG_free(pair);
    return base64url_from(arena, raw, sizeof raw);
}

static Str coded(Arena *arena, Str text)
{
    return base64url_from(arena, (const u8 *)text.data, text.len);
}

static Str token_text(Arena *arena, const char *head, Str claims, EVP_PKEY *key)
{
    Str text = str_format(arena, "%.*s.%.*s", STR_ARG(coded(arena, str_from(head))),
                          STR_ARG(coded(arena, claims)));
    Str signature = key ? signature_of(arena, key, text) : S("AAAA");
    return str_format(arena, "%.*s.%.*s", STR_ARG(text), STR_ARG(signature));
}

#define NOW_S  1784682000
#define ISSUER "https://sso.u.edu.cn"
#define RS     "{\"alg\":\"RS256\",\"kid\":\"r1\"}"
#define ES     "{\"alg\":\"ES256\",\"kid\":\"e1\"}"

typedef enum Key { BY_RSA, BY_OTHER_RSA, BY_SHORT, BY_EC, BY_OTHER_EC, BY_NOBODY } Key;

// clang-format off
/* What is put in the place of a claim: `name` and JSON; '' takes it out. NULL: as it should be. */
static const struct {
    const char *what, *head;
    Key key;
    const char *name, *json;
    Err err;
    const char *why;
} lies[] = {
    {"RS256",          RS, BY_RSA, NULL, NULL, ERR_OK, NULL},
    {"ES256",          ES, BY_EC,  NULL, NULL, ERR_OK, NULL},
    {"another RSA key", RS, BY_OTHER_RSA, NULL, NULL, ERR_DENIED, "signature wrong"},
    {"another EC key", ES, BY_OTHER_EC, NULL, NULL, ERR_DENIED, "signature wrong"},
    {"a short key",    "{\"alg\":\"RS256\",\"kid\":\"s1\"}", BY_SHORT, NULL, NULL, ERR_DENIED, "signature wrong"},
    {"a key to encrypt with", "{\"alg\":\"RS256\",\"kid\":\"x1\"}", BY_OTHER_RSA, NULL, NULL, ERR_MISSING, "no such key"},
    {"an unknown kid", "{\"alg\":\"RS256\",\"kid\":\"r2\"}", BY_RSA, NULL, NULL, ERR_MISSING, "no such key"},
    {"no kid, two RSA keys", "{\"alg\":\"RS256\"}", BY_RSA, NULL, NULL, ERR_MISSING, "no such key"},
    {"no kid, one EC key", "{\"alg\":\"ES256\"}", BY_EC, NULL, NULL, ERR_OK, NULL},
    {"kid of the other kind", "{\"alg\":\"ES256\",\"kid\":\"r1\"}", BY_EC, NULL, NULL, ERR_MISSING, "no such key"},
    {"alg none",       "{\"alg\":\"none\"}", BY_NOBODY, NULL, NULL, ERR_DENIED, "another algorithm"},
    {"alg None",       "{\"alg\":\"None\",\"kid\":\"r1\"}", BY_NOBODY, NULL, NULL, ERR_DENIED, "another algorithm"},
    {"alg HS256",      "{\"alg\":\"HS256\",\"kid\":\"r1\"}", BY_NOBODY, NULL, NULL, ERR_DENIED, "another algorithm"},
    {"no alg",         "{\"kid\":\"r1\"}", BY_RSA, NULL, NULL, ERR_DENIED, "another algorithm"},
    {"a critical header", "{\"alg\":\"RS256\",\"kid\":\"r1\",\"crit\":[\"b64\"],\"b64\":false}", BY_RSA, NULL, NULL, ERR_DENIED, "another algorithm"},
    {"no JSON head",   "RS256", BY_RSA, NULL, NULL, ERR_DENIED, "not a signed token"},
    {"another issuer", RS, BY_RSA, "iss", "\"https://sso.u.edu.cn/\"", ERR_DENIED, "another issuer"},
    {"no issuer",      RS, BY_RSA, "iss", "", ERR_DENIED, "another issuer"},
    {"another audience", RS, BY_RSA, "aud", "\"other\"", ERR_DENIED, "for another client"},
    {"aud a list",     RS, BY_RSA, "aud", "[\"techbourse\"]", ERR_OK, NULL},
    {"aud a list without us", RS, BY_RSA, "aud", "[\"a\",\"b\"]", ERR_DENIED, "for another client"},
    {"several aud, no azp", RS, BY_RSA, "aud", "[\"techbourse\",\"b\"]", ERR_DENIED, "for another client"},
    {"several aud, azp", RS, BY_RSA, "aud", "[\"techbourse\",\"b\"],\"azp\":\"techbourse\"", ERR_OK, NULL},
    {"azp another",    RS, BY_RSA, "azp", "\"b\"", ERR_DENIED, "for another client"},
    {"no aud",         RS, BY_RSA, "aud", "", ERR_DENIED, "for another client"},
    {"another nonce",  RS, BY_RSA, "nonce", "\"m\"", ERR_DENIED, "another nonce"},
    {"no nonce",       RS, BY_RSA, "nonce", "", ERR_DENIED, "another nonce"},
    {"over",           RS, BY_RSA, "exp", "1784681880", ERR_DENIED, "expired"},
    {"over, within the skew", RS, BY_RSA, "exp", "1784681881", ERR_OK, NULL},
    {"no end",         RS, BY_RSA, "exp", "", ERR_DENIED, "expired"},
    {"an end in words", RS, BY_RSA, "exp", "\"1784682600\"", ERR_DENIED, "expired"},
    {"an end beyond all years", RS, BY_RSA, "exp", "1e300", ERR_DENIED, "expired"},
    {"an end with a fraction", RS, BY_RSA, "exp", "1784682600.5", ERR_OK, NULL},
    {"from the future", RS, BY_RSA, "iat", "1784682121", ERR_DENIED, "not fresh"},
    {"a clock ahead",  RS, BY_RSA, "iat", "1784682120", ERR_OK, NULL},
    {"an old one",     RS, BY_RSA, "iat", "1784681279", ERR_DENIED, "not fresh"},
    {"no iat",         RS, BY_RSA, "iat", "", ERR_DENIED, "not fresh"},
    {"not yet",        RS, BY_RSA, "nbf", "1784682200", ERR_DENIED, "not valid yet"},
    {"no subject",     RS, BY_RSA, "sub", "", ERR_DENIED, "no subject"},
    {"an empty subject", RS, BY_RSA, "sub", "\"\"", ERR_DENIED, "no subject"},
};
// clang-format on

static Str claims_with(Arena *arena, const char *name, const char *json)
{
    static const char *const usual[][2] = {
        {"iss", "\"" ISSUER "\""},
        {"sub", "\"s-1\""},
        {"aud", "\"techbourse\""},
        {"nonce", "\"n-1\""},
        {"exp", "1784682600"},
        {"iat", "1784682000"},
        {"preferred_username", "\"east\""},
    };
    Buf out = buf_new(arena);
    bool put = false;
    for (size_t i = 0; i < COUNT(usual); i++) {
        bool this = name && strcmp(usual[i][0], name) == 0;
        put = put || this;
        if (!this || *json)
            buf_format(&out, "%s\"%s\":%s", out.len ? "," : "{", usual[i][0],
                       this ? json : usual[i][1]);
    }
    if (name && !put && *json)
        buf_format(&out, ",\"%s\":%s", name, json);
    buf_char(&out, '}');
    return buf_str(&out);
}

static const OidcExpect expect = {
    .issuer = {ISSUER, sizeof ISSUER - 1},
    .client_id = {"techbourse", 10},
    .nonce = {"n-1", 3},
    .claim = {"preferred_username", 18},
    .second_age_ms = 3600 * 1000,
    .now_ms = NOW_S * (i64)1000,
};

static void test_tokens(void **state)
{
    Signer *s = *state;
    EVP_PKEY *const keys[] = {
        [BY_RSA] = s->rsa, [BY_OTHER_RSA] = s->other_rsa, [BY_SHORT] = s->short_rsa,
        [BY_EC] = s->ec,   [BY_OTHER_EC] = s->other_ec,   [BY_NOBODY] = NULL};
    for (size_t i = 0; i < COUNT(lies); i++) {
        Cx cx = {.arena = &s->arena};
        OidcPerson person = {0};
        const char *why = "";
        Str claims = claims_with(&s->arena, lies[i].name, lies[i].json);
        Str token = token_text(&s->arena, lies[i].head, claims, keys[lies[i].key]);
        Err e = oidc_check(&cx, token, s->keys, &expect, &person, &why);
        if (e != lies[i].err || (e && strcmp(why, lies[i].why) != 0))
            fail_msg("%s: %s, %s", lies[i].what, err_name(e), why);
        if (e)
            assert_string_equal(cx.err.key, "oidc.bad_token");
        else
            assert_true(str_same_z(person.login, "east") && str_same_z(person.subject, "s-1"));
    }
}

/* A token that holds, with one sign changed anywhere, does not. */
static void test_touched(void **state)
{
    Signer *s = *state;
    Str right = token_text(&s->arena, ES, claims_with(&s->arena, NULL, NULL), s->ec);
    for (size_t i = 0; i < right.len; i += 7) {
        Cx cx = {.arena = &s->arena};
        OidcPerson person = {0};
        const char *why = "";
        char *text = str_z(&s->arena, right);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        if (i + 1 < right.len && !str_same(str_from(text), right)) /* The last holds spare bits. */
            assert_int_not_equal(oidc_check(&cx, str_from(text), s->keys, &expect, &person, &why),
                                 ERR_OK);
    }
    static const char *const none[] = {"", ".", "..", "a.b", "a.b.c.d", "e30.e30.", "e30.e30.e30"};
    for (size_t i = 0; i < COUNT(none); i++) {
        Cx cx = {.arena = &s->arena};
        OidcPerson person = {0};
        const char *why = "";
        assert_int_equal(oidc_check(&cx, str_from(none[i]), s->keys, &expect, &person, &why),
                         ERR_DENIED);
    }
}

// clang-format off
static const struct {
    const char *second, *name, *json;
    i64 second_s;
} seconds[] = {
    {"",    "amr", "[\"mfa\"],\"auth_time\":1784681990", 0}, /* Not trusted unless a setting says so. */
    {"mfa", "amr", "[\"pwd\",\"mfa\"],\"auth_time\":1784681990", 1784681990},
    {"mfa", "amr", "[\"pwd\"],\"auth_time\":1784681990", 0},
    {"mfa", "amr", "[\"mfa\"]", 0},                          /* It does not say when. */
    {"mfa", "amr", "[\"mfa\"],\"auth_time\":0", 0},
    {"mfa", "amr", "[\"mfa\"],\"auth_time\":1784678000", 0}, /* Too long ago. */
    {"mfa", "amr", "[\"mfa\"],\"auth_time\":1784682050", 1784682000},
    {"gold", "acr", "\"gold\",\"auth_time\":1784681990", 1784681990},
    {"gold", "acr", "\"silver\",\"auth_time\":1784681990", 0},
};
// clang-format on

static void test_second(void **state)
{
    Signer *s = *state;
    for (size_t i = 0; i < COUNT(seconds); i++) {
        Cx cx = {.arena = &s->arena};
        OidcPerson person = {0};
        OidcExpect want = expect;
        const char *why = "";
        Str claims = claims_with(&s->arena, seconds[i].name, seconds[i].json);
        want.second = str_from(seconds[i].second);
        assert_int_equal(oidc_check(&cx, token_text(&s->arena, RS, claims, s->rsa), s->keys, &want,
                                    &person, &why),
                         ERR_OK);
        if (person.second_ms != seconds[i].second_s * 1000)
            fail_msg("%s: %lld", seconds[i].json, (long long)person.second_ms);
    }
    /* A mail address names a login only when the provider has verified it. */
    static const char *const mails[] = {"\"east\"", "\"east\",\"email_verified\":false",
                                        "\"east\",\"email_verified\":true"};
    for (size_t i = 0; i < COUNT(mails); i++) {
        Cx cx = {.arena = &s->arena};
        OidcPerson person = {0};
        OidcExpect want = expect;
        const char *why = "";
        want.claim = S("email");
        Str claims = claims_with(&s->arena, "email", mails[i]);
        assert_int_equal(oidc_check(&cx, token_text(&s->arena, RS, claims, s->rsa), s->keys, &want,
                                    &person, &why),
                         i == 2 ? ERR_OK : ERR_DENIED);
    }
}

/* ---- the steps ---- */

static const Room *const rooms[] = {IDENT_ROOMS};
static const Actor shell = {.roles = WHO_LOCAL, .via = VIA_LOCAL};
static const Actor own = {.roles = WHO_CLOCK, .via = VIA_SYSTEM};
static const Actor guard = {.account_id = 3, .org_id = 1, .roles = WHO_SECURITY, .via = VIA_LOCAL};

static int setup(void **state)
{
    static TestHouse t;
    static const char *const people[][2] = {
        {"east", "office"}, {"west", "office"}, {"guard", "security"}};
    house_test_open(&t, rooms, COUNT(rooms));
    HOUSE_OK(&t, house_call(&t, shell, "org.add", NULL,
                            "{\"code\":\"12320000466007020X\",\"name\":\"南通大学\",\"kind\":"
                            "\"university\"}"));
    for (size_t i = 0; i < COUNT(people); i++)
        HOUSE_OK(&t, house_call(&t, shell, "account.add", NULL,
                                "{\"login\":\"%s\",\"name\":\"李\",\"org_id\":1,\"password\":"
                                "\"Four small Words 1\",\"roles\":[\"%s\"]}",
                                people[i][0], people[i][1]));
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    house_test_close(*state);
    return 0;
}

static Err begin(TestHouse *t, const char *address, Val **ret)
{
    return house_call(t, own, "oidc.begin", ret, "{\"back\":\"/lots\",\"address\":\"%s\"}",
                      address);
}

static Err take(TestHouse *t, Str state, Val **ret)
{
    return house_call(t, own, "oidc.take", ret, "{\"state\":\"%.*s\"}", STR_ARG(state));
}

static void test_state(void **state)
{
    TestHouse *t = *state;
    Val *begun, *taken, *second;
    HOUSE_OK(t, begin(t, "10.0.0.1", &begun));
    HOUSE_OK(t, begin(t, "10.0.0.1", &second));
    Str at = val_get_str(begun, "state");
    assert_false(str_same(at, val_get_str(second, "state")));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM oidc_state"), 2);
    HOUSE_OK(t, take(t, at, &taken));
    assert_true(str_same(val_get_str(taken, "nonce"), val_get_str(begun, "nonce")));
    assert_true(str_same(oidc_challenge(&t->arena, val_get_str(taken, "verifier")),
                         val_get_str(begun, "challenge")));
    assert_true(val_get_str(taken, "verifier").len >= 43); /* RFC 7636, 4.1 */
    assert_true(str_same_z(val_get_str(taken, "back"), "/lots"));
    HOUSE_REFUSED(t, take(t, at, NULL), ERR_STATE, "oidc.state_over"); /* Good once. */
    HOUSE_REFUSED(t, take(t, S("0000"), NULL), ERR_STATE, "oidc.state_over");
    t->clock.now_ms += OIDC_STATE_MS;
    HOUSE_REFUSED(t, take(t, val_get_str(second, "state"), NULL), ERR_STATE, "oidc.state_over");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM oidc_state"), 0);
}

static void test_crowd(void **state)
{
    TestHouse *t = *state;
    for (int i = 0; i < OIDC_STATES_OF_ADDRESS; i++)
        HOUSE_OK(t, begin(t, "10.0.0.1", NULL));
    HOUSE_REFUSED(t, begin(t, "10.0.0.1", NULL), ERR_LIMIT, "oidc.too_many");
    HOUSE_OK(t, begin(t, "10.0.0.2", NULL));
    t->clock.now_ms += OIDC_STATE_MS; /* What was left lying goes. */
    HOUSE_OK(t, begin(t, "10.0.0.1", NULL));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM oidc_state"), 2);
}

static Err open_as(TestHouse *t, const char *subject, const char *login, Val **ret)
{
    return house_call(t, own, "oidc.open", ret,
                      "{\"issuer\":\"" ISSUER "\",\"subject\":\"%s\",\"login\":\"%s\"}", subject,
                      login);
}

/* Who the token of a reply is. */
static SignedIn who_is(TestHouse *t, const Val *reply)
{
    Cx cx = house_cx(t, (Actor){.via = VIA_WEB});
    SignedIn who = {0};
    HOUSE_OK(t, session_find(&cx, val_get_str(reply, "token"), &who));
    return who;
}

static void test_open(void **state)
{
    TestHouse *t = *state;
    Val *reply;
    HOUSE_OK(t, open_as(t, "s-1", "east", &reply));
    SignedIn who = who_is(t, reply);
    assert_int_equal(who.actor.account_id, 1);
    assert_int_equal(who.actor.roles, WHO_OFFICE);
    assert_int_equal(house_last_fact(t).actor_id, 1);
    /* From now on the subject counts, whatever login it brings. */
    HOUSE_OK(t, open_as(t, "s-1", "west", &reply));
    assert_int_equal(who_is(t, reply).actor.account_id, 1);
    HOUSE_REFUSED(t, open_as(t, "s-2", "east", NULL), ERR_DENIED, "oidc.other_person");
    HOUSE_REFUSED(t, open_as(t, "s-2", "nobody", NULL), ERR_DENIED, "oidc.no_account");
    HOUSE_REFUSED(t, open_as(t, "s-2", "", NULL), ERR_DENIED, "oidc.no_account");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM account"), 3);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM oidc_subject"), 1);
    HOUSE_OK(t, house_call(t, guard, "oidc.unlink", NULL, "{\"id\":1}"));
    HOUSE_REFUSED(t, house_call(t, guard, "oidc.unlink", NULL, "{\"id\":1}"), ERR_MISSING,
                  "oidc.not_linked");
    HOUSE_OK(t, open_as(t, "s-2", "east", &reply));
    assert_int_equal(who_is(t, reply).actor.account_id, 1);
    t->settings.oidc_link = S("claim"); /* The other way: the login alone, each time. */
    HOUSE_OK(t, open_as(t, "s-2", "west", &reply));
    assert_int_equal(who_is(t, reply).actor.account_id, 2);
}

/* An administrator proves the second factor here, unless a trusted proof came along; an old
 * password does not matter to who does not use it. */
static void test_admin(void **state)
{
    TestHouse *t = *state;
    Val *reply;
    HOUSE_OK(t, open_as(t, "g", "guard", &reply));
    SignedIn who = who_is(t, reply);
    assert_int_equal(who.wants, WANTS_ENROL);
    assert_int_equal(who.actor.roles, 0);
    HOUSE_OK(t, house_call(t, own, "oidc.open", &reply,
                           "{\"issuer\":\"" ISSUER "\",\"subject\":\"g\",\"second_ms\":%lld}",
                           (long long)t->clock.now_ms - 1000));
    assert_int_equal(who_is(t, reply).wants, WANTS_NOTHING);
    t->clock.now_ms += (i64)200 * 24 * 3600 * 1000;
    HOUSE_OK(t, open_as(t, "s-1", "east", &reply));
    assert_int_equal(who_is(t, reply).wants, WANTS_NOTHING);
    HOUSE_OK(t, house_call(t, (Actor){.via = VIA_WEB}, "session.open", &reply,
                           "{\"login\":\"east\",\"password\":\"Four small Words 1\"}"));
    assert_int_equal(who_is(t, reply).wants, WANTS_PASSWORD);
}

/* The steps are the front's: nobody outside can say that the provider vouched for him. */
static void test_not_for_others(void **state)
{
    TestHouse *t = *state;
    static const Actor others[] = {
        {.via = VIA_WEB},
        {.account_id = 1, .org_id = 1, .roles = WHO_OFFICE, .via = VIA_API},
        {.account_id = 3, .org_id = 1, .roles = WHO_SECURITY, .via = VIA_WEB},
        {.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL},
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        Err e = house_call(t, others[i], "oidc.open", NULL,
                           "{\"issuer\":\"" ISSUER "\",\"subject\":\"s\",\"login\":\"east\"}");
        assert_int_equal(e, i ? ERR_DENIED : ERR_SIGN_IN);
        e = house_call(t, others[i], "oidc.take", NULL, "{\"state\":\"x\"}");
        assert_int_equal(e, i ? ERR_DENIED : ERR_SIGN_IN);
    }
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM session"), 0);
}

int main(void)
{
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(test_fetch),  cmocka_unit_test(test_coding),
        cmocka_unit_test(test_tokens), cmocka_unit_test(test_touched),
        cmocka_unit_test(test_second),
    };
    const struct CMUnitTest house[] = {
        cmocka_unit_test_setup_teardown(test_state, setup, teardown),
        cmocka_unit_test_setup_teardown(test_crowd, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_admin, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_for_others, setup, teardown),
    };
    return cmocka_run_group_tests(pure, signer_setup, signer_teardown) +
           cmocka_run_group_tests(house, NULL, NULL);
}
