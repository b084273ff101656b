/* ident_int.h - inside the room: passwords, tokens, secrets, the second factor. */
#ifndef IDENT_IDENT_INT_H
#define IDENT_IDENT_INT_H

#include "ident/ident.h"

enum { ORG_FIELD_COUNT = 18, ORG_FORM_FIELDS = 11 };
extern const Field org_fields[ORG_FIELD_COUNT];

typedef struct IdIn {
    i64 id;
} IdIn;
enum { ID_FIELD_COUNT = 1 };
extern const Field id_fields[ID_FIELD_COUNT];

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
/* SHA-256 of a session token, hex. */
Str token_hash(Arena *arena, Str token);

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
/* The code that is valid now, for a demonstration's pages; "" when there is none. */
NODISCARD Err second_code_now(Cx *cx, i64 account_id, Str *ret);

/* Counts a wrong password or code and locks when there were too many. */
NODISCARD Err account_wrong(Cx *cx, Account *account);
/* Clears the count after a right one. */
NODISCARD Err account_right(Cx *cx, Account *account);
NODISCARD Err roles_of(Cx *cx, i64 account_id, unsigned *ret_roles);

/* Puts the op into the list of those that wait for a second person. */
NODISCARD Err approval_ask(Cx *cx, const Op *op, const void *in, Val **ret_reply);

#endif
