/* ident.h - who is who: units in their tree, accounts, the roles they hold, their sessions.
 *
 * Owns    the tables org, org_mark, account, role_grant, session, recovery_code, approval,
 *         password_reset, api_token, oidc_state, oidc_subject.
 * Emits   org.*, mark.*, account.*, grant.*, session.*, second.*, approval.*, token.*, oidc.*
 *
 * Roles are the fixed set of flow/who.h; who holds one, where and until when, is rows. A unit has
 * two ways up: by place (its GB/T 2260 division) and by the body that supervises it; inside a house
 * (university, college) parent_id leads up. Passwords are Argon2id, worked out on a worker before
 * the queue. A session is a random token whose SHA-256 alone is stored. What is said to a caller is
 * the same for an unknown login and a wrong password, and takes as long.
 *
 *   ident_tree.c      relations of an actor to a unit, remembered
 *   ident_gate.c      what an op asks for beyond a role: agreement, second factor, second person
 *   ident_org.c       units and their marks          ident_account.c  accounts and grants
 *   ident_session.c   signing in, sessions           ident_second.c   TOTP, recovery codes
 *   ident_approval.c  acts that wait for a second person
 *   ident_admin.c     the security administrator's side
 *   ident_policy.c    what a password must be        ident_password.c  changing it, resets
 *   ident_secret.c    password hashes, sealing of secrets at rest
 *   token.h           tokens of the API               oidc.h         outside providers
 *   ident_unit.c      accounts as other rooms make them    unit_codes.h  credit codes, divisions
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
    Str level;    /* org_levels; of departments, centres, exchanges. */
    Str line;     /* org_lines: which business a department has. */
    Str field;    /* industry_fields; of a centre of an industry (line `trade`) alone. */
    Str division; /* GB/T 2260 */
    Str city;
    Str intro;
    Str contact; /* A role, not a person: 技术转移办公室. */
    Str phone;   /* The unit's. */
    i64 parent_id;
    i64 supervisor_id; /* 主管部门（部属、地方所属） */
    i64 agreed_ms;     /* When it signed the 委托服务协议; 0: not yet. */
    i64 left_ms;       /* When it left the exchange; 0: it has not. */
} Org;

/* A mark such as 高新技术企业, with its term; a unit may have had one before. */
typedef struct OrgMark {
    RECORD_HEAD;
    i64 org_id;
    Str mark; /* org_marks */
    Str source;
    i64 from_date;
    i64 until_date; /* 0: open. */
} OrgMark;

typedef struct Account {
    RECORD_HEAD;
    Str login;
    Str name;
    Str email;
    Str phone;
    i64 org_id;
    Str password;     /* Argon2id, encoded. */
    Str password_old; /* Former ones, ';' between. */
    i64 password_ms;  /* When it was set. */
    i64 must_change;
    i64 tries;      /* Wrong passwords since the last right one. */
    i64 code_tries; /* Wrong codes of the second factor since the last right one. */
    i64 locks;      /* Lock-outs since the last right one: each is twice as long. */
    i64 locked_until_ms;
    Str totp_secret; /* Sealed (secret_seal). */
    i64 totp_on_ms;  /* 0: not confirmed. */
    i64 totp_step;   /* Of the last code taken: none is taken twice. */
    i64 closed;
    i64 push_off; /* Wants no personal pushes (PIPL 24). */
    Str shut_by;  /* account_shutters; '' while it is open. */
    Str reason;   /* Why it was opened again. */
} Account;

typedef struct RoleGrant {
    RECORD_HEAD;
    i64 account_id;
    i64 org_id; /* Where: the unit of the account; a grant for another gives nothing. */
    Str role;   /* role_codes */
    i64 from_ms;
    i64 until_ms; /* 0: open-ended. */
    i64 by_id;    /* Who granted it. */
} RoleGrant;

typedef struct Session {
    RECORD_HEAD;
    Str token_hash;
    Str csrf;
    i64 account_id;
    i64 seen_ms; /* Written at most every SESSION_SEEN_MS. */
    i64 ends_ms;
    i64 second_ms; /* When the second factor was proved; 0: not. */
    Str address;
    Str agent;   /* What the browser calls itself. */
    i64 outside; /* Opened by an outside identity provider. */
    i64 closed;
    i64 delegation_id; /* Under which it acts for another (people); 0: for himself. */
} Session;

enum { SESSION_TOKEN_BYTES = 32, SESSION_SEEN_MS = 5 * 60 * 1000 };

extern const RecordType org_type, org_mark_type, account_type, role_grant_type, session_type,
    recovery_code_type, approval_type, password_reset_type;
extern const CodeList org_kinds, org_levels, org_lines, org_marks, role_codes, account_shutters,
    industry_fields;
extern const Flow approval_flow;
/* A file of ops each. */
extern const Room org_room, account_room, session_room, second_room, approval_room, password_room,
    admin_room;
/* The same: token.h, oidc.h. */
extern const Room token_room, oidc_room;
#define IDENT_ROOMS                                                                                \
    &org_room, &account_room, &session_room, &second_room, &approval_room, &password_room,         \
        &admin_room, &token_room, &oidc_room

/* For House.hooks. */
unsigned org_relation(Cx *cx, i64 org_id);
/* True when an act of OP_SECOND would not be refused for want of a proof. */
bool second_fresh(Cx *cx);
NODISCARD Err access_gate(Cx *cx, const Op *op, const void *in, Val **ret_instead);

/* For a statement: `org_id IN ORG_HOUSE("?3")` holds for the unit whose id is bound there and for
 * every unit below it in its house, those to which org_relation says WHO_OWNER. A unit without any
 * is asked for with `= ?3`, which costs no more than before there were houses; 0 is no unit. */
#define ORG_HOUSE(n)                                                                               \
    "(WITH RECURSIVE house(id) AS (SELECT CAST(" n " AS BIGINT) UNION SELECT o.id FROM org o "     \
    "JOIN house h ON o.parent_id = h.id) SELECT id FROM house)"
NODISCARD Err org_has_below(Cx *cx, i64 org_id, bool *ret);

/* Remembered places of units, for org_relation. Any thread. */
typedef struct OrgTree OrgTree;
OrgTree *org_tree_new(void);
void org_tree_done(OrgTree *tree);
/* After any fact about a unit. `tree` may be NULL. */
void org_tree_forget(OrgTree *tree);

/* Name of a unit; "" for 0 or an unknown one. */
NODISCARD Err org_name(Cx *cx, i64 id, Str *ret);
/* ERR_MISSING when there is no unit of this code. */
NODISCARD Err org_by_code(Cx *cx, Str code, Org *ret);
/* Writer only: the unit of this code, made with that name when there is none. */
NODISCARD Err org_ensure(Cx *cx, Str code, Str name, const char *kind, i64 *ret_id, bool *ret_made);
/* Adds "org" (the name) to every row of a list that has an org_id. */
NODISCARD Err org_names_add(Cx *cx, Val *list, const char *id_key, const char *name_key);

/* What a session still lacks before it has its account's roles. */
typedef enum SignInWants {
    WANTS_NOTHING,
    WANTS_SECOND,   /* The code of the second factor. */
    WANTS_ENROL,    /* A second factor has to be set up first. */
    WANTS_PASSWORD, /* The password is too old or was set by somebody else. */
} SignInWants;

/* Who a session token stands for; ERR_SIGN_IN when it is unknown, idle too long or ended. */
typedef struct SignedIn {
    Actor actor;
    i64 session_id;
    i64 seen_ms;
    i64 delegation_id; /* That the session acts under, whether it holds or not; 0: none. */
    SignInWants wants;
    Str csrf;
    Str name;
    Str login;
    Str org_name;
} SignedIn;
NODISCARD Err session_find(Cx *cx, Str token, SignedIn *ret);
/* Compares what only one of the two sides may know: takes as long wherever they differ. */
bool secret_same(Str a, Str b);
/* The actor an account is, for `--as LOGIN` of the command line. ERR_MISSING. */
NODISCARD Err account_actor(Cx *cx, Str login, Actor *ret);
/* The actor an account is now, by its id. ERR_MISSING when it is closed. */
NODISCARD Err account_actor_by_id(Cx *cx, i64 account_id, Actor *ret);
/* Name of an account's holder; "" for 0. Personal data: mask it for others. */
NODISCARD Err account_name(Cx *cx, i64 id, Str *ret);

/* Bits of the roles, as text: "office". 0 when unknown. */
unsigned role_bit(Str role);
/* Of a list with commas between. */
unsigned role_bits_of(Str roles);
/* False for two of the three administrators, or one of them and a role in trade. */
bool roles_apart(unsigned roles);

/* ---- accounts as other rooms make them ---- */

/* Encodes a password that a person chose for this login ('': not known). Slow on purpose: in an
 * op's prepare. ERR_INPUT on `field` when it may not be chosen. */
NODISCARD Err password_accept(Cx *cx, const char *field, Str login, Str password, Str *ret_encoded);
/* The same for one that password_random made. */
NODISCARD Err password_encode(Cx *cx, Str password, Str *ret_encoded);
/* "k4Tm-b7Rq-...": 19 signs, some 75 bits; for one sign-in. In cx->arena. */
Str password_random(Cx *cx);

typedef struct AccountNew {
    Str login;
    Str name;
    Str email;
    Str phone;
    i64 org_id;
    Str roles;   /* role_codes, commas between. */
    Str encoded; /* Of password_accept or password_encode. */
    bool must_change;
} AccountNew;
/* Writer only. ERR_CONFLICT on login when it is taken, ERR_INPUT on roles when they clash. */
NODISCARD Err account_make(Cx *cx, const AccountNew *new, i64 *ret_id);
/* Writer only. Nobody signs in with it any more; its sessions, tokens and delegations (given and
 * held, House.hooks) end with it. `by` is a
 * code of account_shutters. */
NODISCARD Err account_shut(Cx *cx, Account *account, const char *by);
/* Writer only. A closed one opens again, without sessions and tokens; its roles are those whose
 * time has not come, and the next sign-in asks for a new password. ERR_STATE when it is open or
 * erased, or its unit has left. */
NODISCARD Err account_reopen(Cx *cx, Account *account, Str reason);

/* What both acts are given: the security administrator's, and the unit's own. */
typedef struct AccountReopen {
    i64 id;
    Str reason; /* Of 2 to 200 characters. */
} AccountReopen;
enum { ACCOUNT_REOPEN_FIELDS = 2 };
extern const Field account_reopen_fields[ACCOUNT_REOPEN_FIELDS];
/* The account of a login, also a closed one; 0 when it is free. */
NODISCARD Err login_taken(Cx *cx, Str login, i64 *ret_account_id);
/* Open accounts of a unit that hold a role now. */
NODISCARD Err role_count(Cx *cx, i64 org_id, const char *role, i64 *ret);
/* The roles an account holds now. */
NODISCARD Err account_roles(Cx *cx, i64 account_id, unsigned *ret_roles);
/* SHA-256 in hex, for long random secrets of which the store keeps no more than this. */
Str secret_hash(Arena *arena, Str secret);

/* The divisions that the actor's department or centre covers, as the lowest and the highest code;
 * both '' when it covers none. In cx->arena. */
NODISCARD Err org_reach(Cx *cx, Str *ret_from, Str *ret_to);
/* The industry that the actor's centre stands for; '' when it stands for none. In cx->arena. */
NODISCARD Err org_field(Cx *cx, Str *ret);
/* WHO_ABOVE when the actor's centre stands for this industry: it is over what is offered, wanted
 * and sold in its field as a centre of a place is over what is of its place, and over no unit. */
unsigned field_relation(Cx *cx, Str field);
/* WHO_ABOVE when the actor's department or centre is over this place, or over this supervising body
 * (0: none); for what is no unit yet. */
unsigned place_relation(Cx *cx, Str division, i64 supervisor_id);

#endif
