/* ident.h - who is who: organisations, accounts, the roles they hold, their sessions.
 *
 * Owns    the tables org, account, role_grant and session.
 * Emits   org.added, org.changed, account.added, grant.added, grant.ended, session.opened,
 *         session.refused, session.seen, session.closed.
 *
 * Roles are the fixed set of flow/who.h; who holds one, where and until when, is rows. Passwords
 * are kept as Argon2id and worked out on a worker, before the queue. A session is a random token
 * whose SHA-256 alone is stored. Wrong passwords lock the account for a while (settings); what is
 * said to the caller is the same for an unknown login and a wrong password, and takes as long.
 */
#ifndef IDENT_IDENT_H
#define IDENT_IDENT_H

#include "base/base.h"
#include "command/command.h"

typedef struct Org {
    RECORD_HEAD;
    Str code; /* Unified social credit code, or the code an import was given. */
    Str name;
    Str kind;     /* org_kinds */
    Str division; /* GB/T 2260 */
    Str city;
    Str intro;
    Str contact; /* A role, not a person: 技术转移办公室. */
    Str phone;   /* The unit's. */
    i64 parent_id;
} Org;

typedef struct Account {
    RECORD_HEAD;
    Str login;
    Str name;
    i64 org_id;
    Str password; /* Argon2id, encoded. */
    i64 tries;    /* Wrong passwords since the last right one. */
    i64 locked_until_ms;
    i64 closed;
} Account;

typedef struct RoleGrant {
    RECORD_HEAD;
    i64 account_id;
    i64 org_id;
    Str role;     /* role_codes */
    i64 until_ms; /* 0: open-ended. */
} RoleGrant;

typedef struct Session {
    RECORD_HEAD;
    Str token_hash;
    Str csrf;
    i64 account_id;
    i64 seen_ms; /* Written at most every SESSION_SEEN_MS. */
    i64 ends_ms;
    i64 closed;
} Session;

enum { SESSION_TOKEN_BYTES = 32, SESSION_SEEN_MS = 5 * 60 * 1000 };

extern const RecordType org_type, account_type, role_grant_type, session_type;
extern const CodeList org_kinds, role_codes;
extern const Room ident_room;

/* Name of a unit; "" for 0 or an unknown one. */
NODISCARD Err org_name(Cx *cx, i64 id, Str *ret);
/* ERR_MISSING when there is no unit of this code. */
NODISCARD Err org_by_code(Cx *cx, Str code, Org *ret);
/* Writer only: the unit of this code, made with that name when there is none. */
NODISCARD Err org_ensure(Cx *cx, Str code, Str name, const char *kind, i64 *ret_id, bool *ret_made);

/* Who a session token stands for; ERR_SIGN_IN when it is unknown, idle too long or ended. */
typedef struct SignedIn {
    Actor actor;
    i64 session_id;
    i64 seen_ms;
    Str csrf;
    Str name;
    Str login;
    Str org_name;
} SignedIn;
NODISCARD Err session_find(Cx *cx, Str token, SignedIn *ret);
/* The actor an account is, for `--as LOGIN` of the command line. ERR_MISSING. */
NODISCARD Err account_actor(Cx *cx, Str login, Actor *ret);

/* Bits of the roles, as text: "office". 0 when unknown. */
unsigned role_bit(Str role);
/* Adds the name of the unit whose id stands under `id_key` to every row of a list, '' for none. */
NODISCARD Err org_names_add(Cx *cx, Val *list, const char *id_key, const char *name_key);

#endif
