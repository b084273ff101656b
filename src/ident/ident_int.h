/* ident_int.h - inside the room: passwords, tokens, secrets, the second factor. */
#ifndef IDENT_IDENT_INT_H
#define IDENT_IDENT_INT_H

#include "ident/ident.h"

enum { ORG_FIELD_COUNT = 19, ORG_FORM_FIELDS = 12 };
extern const Field org_fields[ORG_FIELD_COUNT];

typedef struct IdIn {
    i64 id;
} IdIn;
enum { ID_FIELD_COUNT = 1 };
extern const Field id_fields[ID_FIELD_COUNT];
extern const CodeList trade_role_codes, admin_role_codes; /* The two parts of role_codes. */

typedef struct RecoveryCode {
    RECORD_HEAD;
    i64 account_id;
    Str hash;
    i64 used_ms;
} RecoveryCode;

typedef struct Approval {
    RECORD_HEAD;
    i64 state;
    Str op;
    Str input; /* JSON text, without secrets. */
    i64 asked_by;
    i64 asked_org;
    i64 until_ms;
    i64 answered_by;
    Str reason;
} Approval;

enum { APPROVAL_DAYS = 7 };

/* Argon2id, encoded with its own salt and cost. Slow on purpose: call it on a worker. */
NODISCARD Err password_hash(Cx *cx, Str password, Str *ret);
bool password_right(Cx *cx, Str encoded, Str password);
/* Takes as long as a real check, for a login that does not exist. */
void password_waste(Cx *cx, Str password);
/* How often Argon2 has run in this process: the answers to a wrong password and to an unknown login
 * must not differ in it. Any thread. */
i64 password_runs(void);
/* Whether this password may be chosen: length, kinds of characters, not the login ('': not asked),
 * not a very common one. ERR_INPUT on `field`. */
NODISCARD Err password_allowed(Cx *cx, const char *field, Str login, Str password);
/* ERR_INPUT on "password" when it is the present one or one of the last. As slow as all of them. */
NODISCARD Err password_fresh(Cx *cx, const Account *account, Str password);
/* Sets a new one in memory: the present goes to the former ones, wrong tries are forgotten. */
void password_put(Cx *cx, Account *account, Str encoded);
/* SHA-256 of a session token, hex. */
Str token_hash(Arena *arena, Str token);

/* The pattern of a LIKE .. ESCAPE '\\' that looks for `q` anywhere, its own signs made plain. */
Str like_any(Arena *arena, Str q);

/* AES-256-GCM with the key `<data>/keys/secrets.key`, made at first use; hex. What was sealed for
 * one purpose (table and row) cannot be opened for another. */
NODISCARD Err secret_seal(Cx *cx, Str purpose, Str plain, Str *ret);
NODISCARD Err secret_open(Cx *cx, Str purpose, Str sealed, Str *ret_plain);

/* ---- second factor: TOTP, RFC 6238 with HMAC-SHA-1, 30 s, six digits ---- */

enum { TOTP_STEP_MS = 30 * 1000, TOTP_DIGITS = 6, TOTP_SECRET_BYTES = 20, RECOVERY_CODES = 10 };

/* The code of one step. `secret` raw bytes. */
Str totp_code(Arena *arena, Str secret, i64 step);
/* RFC 4648, without padding. */
Str base32_from(Arena *arena, Str bytes);
/* Writer only. Checks a code, or a recovery code, of an account and remembers it as used. A wrong
 * one is counted as a wrong password is; *ret_refused is then op_refuse's reply. */
NODISCARD Err second_prove(Cx *cx, i64 account_id, Str code, Val **ret_refused);
/* Codes as people copy them: without blanks and dashes, in lower case. */
Str code_typed(Arena *arena, Str code);
/* The code that is valid now, for a demonstration's pages; "" when there is none. */
NODISCARD Err second_code_now(Cx *cx, i64 account_id, Str *ret);

/* Counts a wrong password and locks when there were too many. */
NODISCARD Err account_wrong(Cx *cx, Account *account);
/* The same for a code. Its count is apart: a right password does not clear it, or whoever knows the
 * password could go on guessing codes. */
NODISCARD Err account_wrong_code(Cx *cx, Account *account);
/* Clears the count of passwords after a right one. */
NODISCARD Err account_right(Cx *cx, Account *account);
/* ERR_DENIED when a token asks: what guards the account is a person's own business. */
NODISCARD Err person_only(Cx *cx);
/* Writer only: ends the open sessions of an account but `except_id` (0: all). */
NODISCARD Err sessions_end(Cx *cx, i64 account_id, i64 except_id);
/* Writer only, after a proof of the second factor: the session has its roles from here on, and a
 * new token, which *ret names beside its end; NULL without a session. */
NODISCARD Err session_proved(Cx *cx, Val **ret);
/* How a session came to be, beside by a password. */
typedef struct SessionBy {
    bool outside;  /* An outside provider vouched for the account. */
    i64 second_ms; /* When the second factor was proved there; 0: not. */
} SessionBy;
/* Writer only: a new session, and session.open's reply. */
NODISCARD Err session_make(Cx *cx, const Account *account, SessionBy by, Val **ret);
NODISCARD Err roles_of(Cx *cx, i64 account_id, unsigned *ret_roles);

/* Puts the op into the list of those that wait for a second person. */
NODISCARD Err approval_ask(Cx *cx, const Op *op, const void *in, Val **ret_reply);

#endif
