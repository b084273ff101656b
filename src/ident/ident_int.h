/* ident_int.h - inside the room: passwords and tokens. */
#ifndef IDENT_IDENT_INT_H
#define IDENT_IDENT_INT_H

#include "ident/ident.h"

enum { ORG_FIELD_COUNT = 13 };
extern const Field org_fields[ORG_FIELD_COUNT];

/* Argon2id, encoded with its own salt and cost. Slow on purpose: call it on a worker. */
NODISCARD Err password_hash(Cx *cx, Str password, Str *ret);
bool password_right(Cx *cx, Str encoded, Str password);
/* Takes as long as a real check, for a login that does not exist. */
void password_waste(Cx *cx, Str password);
/* SHA-256 of a session token, hex. */
Str token_hash(Arena *arena, Str token);

#endif
