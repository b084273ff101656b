/* token.h - tokens of the API: a login for a program, with a scope and an end.
 *
 * A token is `tb_` and 64 hexadecimal digits; the store has its SHA-256 alone, so it is shown once.
 * It acts for the account that made it, with the roles that the account had then: a role that is
 * granted later does not come with it, and when one of them ends the token stops. It stops as well
 * when the account is closed, when somebody else set the account's password (Account.must_change or
 * tokens_end), and at its end. It never signs, and never makes another token.
 */
#ifndef IDENT_TOKEN_H
#define IDENT_TOKEN_H

#include "ident/ident.h"

typedef struct ApiToken {
    RECORD_HEAD;
    i64 account_id;
    Str name; /* What it is for, in its owner's words. */
    Str hash;
    Str scope; /* token_scopes */
    Str roles; /* role_codes: what the account held when it was made. */
    i64 expires_ms;
    i64 used_ms; /* Written at most every TOKEN_USED_MS; 0: never. */
    Str address; /* Where it was last used from. */
    i64 ended_ms;
} ApiToken;

enum { TOKEN_BYTES = 32, TOKEN_USED_MS = 5 * 60 * 1000, TOKENS_MAX = 20, TOKEN_DAYS = 90 };
#define TOKEN_PREFIX "tb_"

extern const RecordType api_token_type;

/* Who a token stands for: *ret has no session; ret->actor.scope says for what. *ret_stale when its
 * use has to be noted (token.used). ERR_SIGN_IN when it is unknown, over, ended or stopped: a
 * caller is not told which. */
NODISCARD Err token_find(Cx *cx, Str token, SignedIn *ret, bool *ret_stale);
/* Writer only: ends all tokens of an account, as after its password was reset. */
NODISCARD Err tokens_end(Cx *cx, i64 account_id);

#endif
