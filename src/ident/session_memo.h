/* session_memo.h - sessions that asked a moment ago, for session_find: a bidder asks many times a
 * second. Forgotten when a session, an account, a role or a unit changes, and after
 * SESSION_KEPT_MS, as roles begin and end by the clock. Any thread. */
#ifndef IDENT_SESSION_MEMO_H
#define IDENT_SESSION_MEMO_H

#include "ident/ident.h"

typedef struct SessionMemo SessionMemo;
enum { SESSION_KEPT_MS = 1000 };

/* In an arena of its own until session_memo_done, which takes NULL as well. */
SessionMemo *session_memo_new(void);
void session_memo_done(SessionMemo *memo);

/* What session_find reads of a session, its account and its unit: the members that it needs, the
 * other ones empty. */
typedef struct SessionKnown {
    Session session;
    Account account;
    unsigned roles;
    Str org;
} SessionKnown;
/* False when it is not known, or not any more. Texts in cx->arena. */
bool session_memo_get(Cx *cx, Str token_hash, SessionKnown *ret);
/* `changes` is what session_changes gave before it was read. */
void session_memo_put(Cx *cx, Str token_hash, u64 changes, const SessionKnown *known);
u64 session_changes(Cx *cx);

#endif
