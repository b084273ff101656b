/* oidc.h - signing in by an outside provider: OpenID Connect Core 1.0, authorisation code with PKCE
 * (RFC 7636, S256).
 *
 *   browser          exchange                                   provider
 *   GET /oidc/start  oidc.begin: state, nonce, verifier kept
 *      <-- 303 ------------------------------------------------> authorisation endpoint
 *   GET /oidc/back   oidc.take: state is used up
 *                    code + verifier -------------------------> token endpoint
 *                    ID token checked with the provider's keys
 *                    oidc.open: the account it names, a session
 *
 * Here is what is decided, without a network: what may be fetched, whether an ID token holds, whose
 * account it names. web/app_oidc.c fetches, on a worker. An account is never made by a sign-in.
 */
#ifndef IDENT_OIDC_H
#define IDENT_OIDC_H

#include "ident/ident.h"

enum {
    OIDC_STATE_MS = 10 * 60 * 1000,   /* From leaving for the provider to coming back. */
    OIDC_SKEW_S = 120,                /* How far its clock may be off. */
    OIDC_TOKEN_AGE_S = 10 * 60,       /* An ID token is fresh from the provider. */
    OIDC_TOKEN_BYTES_MAX = 16 * 1024, /* Of an ID token. */
    OIDC_STATES_MAX = 2000,           /* Sign-ins under way. */
    OIDC_STATES_OF_ADDRESS = 20,      /* Of them, from one address. */
    OIDC_BACK_LEN_MAX = 500,          /* Of the path to come back to. */
};

extern const RecordType oidc_state_type, oidc_subject_type;

/* May the exchange fetch `url` over a connection to `address` (numeric), for a provider whose
 * settings name `issuer`? `issuer_address` is where the issuer itself was reached, '' while it has
 * not been. HTTPS only, and plain HTTP to loopback when the issuer is plain HTTP on loopback;
 * addresses that are not public only on the issuer's own host, or of a kind that the issuer has
 * itself; link-local, multicast and unspecified ones never. `address` '' asks about the URL. */
bool oidc_may_fetch(Str issuer, Str issuer_address, Str url, Str address);

/* What an ID token has to say. */
typedef struct OidcExpect {
    Str issuer;
    Str client_id;
    Str nonce;
    Str claim;         /* Names the login. */
    Str second;        /* The amr or acr that is trusted; '' for none. */
    i64 second_age_ms; /* How old that may be. */
    i64 now_ms;
} OidcExpect;

/* What it said. In the arena of the call. */
typedef struct OidcPerson {
    Str subject;
    Str login;
    i64 second_ms; /* When a trusted second factor was proved; 0: none was. */
} OidcPerson;

/* Checks an ID token (a JWS of RFC 7515, RS256 or ES256) against a key set (RFC 7517) and Core
 * 3.1.3.7. ERR_DENIED with one key, oidc.bad_token, whatever is wrong; *ret_why, static text, says
 * what, for the log. ERR_MISSING when the key set lacks its key: newer keys may help. */
NODISCARD Err oidc_check(Cx *cx, Str token, const Val *keys, const OidcExpect *expect,
                         OidcPerson *ret, const char **ret_why);

/* The challenge of a verifier: BASE64URL(SHA256(verifier)). */
Str oidc_challenge(Arena *arena, Str verifier);
Str base64url_from(Arena *arena, const u8 *bytes, size_t count);
/* False on any sign outside the alphabet, padding included. */
bool base64url_to(Arena *arena, Str text, Str *ret);

#endif
