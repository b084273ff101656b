/* cx.h - the context of one request, and how a call fails.
 *
 * A call that can fail returns Err and, when it is not ERR_OK, has set cx->err once: a message key
 * (a line of ui/text), the field it concerns and up to four arguments. The page shows it in Chinese
 * or English beside the field; the API gives the key. Outputs are written last, so a failed call
 * leaves the caller's copies alone.
 */
#ifndef BASE_CX_H
#define BASE_CX_H

#include "base/base.h"

typedef enum Err {
    ERR_OK = 0,
    ERR_INPUT,    /* What was given is wrong: says which field, why and how to mend it. */
    ERR_MISSING,  /* No such thing, or none that this reader may know of. */
    ERR_STATE,    /* Not possible in this state. */
    ERR_DENIED,   /* Not this actor. */
    ERR_SIGN_IN,  /* Nobody is signed in, and this needs somebody. */
    ERR_SECOND,   /* The second factor has to be proved first. */
    ERR_CONFLICT, /* Somebody else changed it, or it is there already. */
    ERR_LIMIT,    /* A limit named in one place was reached. */
    ERR_BUSY,     /* Try again later. */
    ERR_STORE,    /* The store failed: nothing was kept. */
    ERR_IO,       /* A file or socket failed. */
    ERR_BUG,      /* Should not happen; logged with a number. */
} Err;

const char *err_name(Err err); /* "input", "missing", ... as the API and the facts call it. */

enum { ERR_ARGS_MAX = 4, ERR_FIELDS_MAX = 40 };

typedef struct ErrInfo {
    Err code;
    const char *key;        /* Message key, "need.title_short"; static text. */
    Str field;              /* Name of the input field; empty when none. */
    Str args[ERR_ARGS_MAX]; /* {0}..{3} in the message. */
} ErrInfo;

typedef enum Lang { LANG_ZH, LANG_EN } Lang;

/* How a request came in; recorded with every fact. */
typedef enum Via { VIA_WEB, VIA_API, VIA_LOCAL, VIA_SYSTEM } Via;

/* Who acts. All zero: the public. */
typedef struct Actor {
    i64 account_id;
    i64 org_id;
    unsigned roles; /* WHO_* bits of flow/who.h; relations are found per record. */
    Via via;
    bool half;      /* The password is given, the second factor still wanted: no roles yet. */
    unsigned scope; /* Of a token: SCOPE_* bits of command/command.h. */
    i64 token_id;   /* 0: no token of the API. */
    i64 session_id; /* 0: no session; the command line, or a token. */
    i64 second_ms;  /* When the session last proved its second factor; 0: never. */
    i64 for_id;     /* By delegation: the account in whose name; 0: his own. */
    /* Below here only with for_id: org_id and roles are then the giver's. */
    Str matters; /* Nouns of the ops that it is for, commas between. */
    i64 own_org_id;
    unsigned own_roles;
} Actor;

typedef struct Cx {
    Arena *arena;
    Clock *clock;
    Chance *chance;
    struct Db *db;       /* Connection of this request; store/store.h. */
    struct Facts *facts; /* Facts of the open commit; fact/fact.h. NULL for a reader. */
    void *house;         /* What the program hands to all its requests; command/command.h. */
    Actor actor;
    const char *doing; /* Name of the op under way, for the fact of a refusal. */
    struct Shown
        *shown;    /* What of non-public data was handed out; record/shown.h. NULL: uncounted. */
    Str address;   /* Of the peer, for the access log; '' on the command line. */
    Str agent;     /* What the browser calls itself. */
    bool approved; /* A second person has agreed to the act that runs. */
    Lang lang;
    bool in_write;  /* Inside the writer's transaction. */
    void *request;  /* The front's own, while an answer is awaited. */
    i64 arrived_ms; /* Stamp of the request, taken once when its last byte came. */
    ErrInfo err;    /* The first one. */
    ErrInfo *errs;  /* All of a form's, when there are several; arena. */
    size_t err_count;
} Cx;

/* Sets cx->err and returns `code`. `field` may be NULL. Static text for `key`. */
Err err_set(Cx *cx, Err code, const char *field, const char *key);
Err err_set_args(Cx *cx, Err code, const char *field, const char *key, const Str *args,
                 size_t count);
/* The same with one argument. */
Err err_set_arg(Cx *cx, Err code, const char *field, const char *key, Str arg);
/* Adds a field's error to the list of a form and keeps the first as cx->err. */
void err_collect(Cx *cx, Str field, const char *key, Str arg);
void err_clear(Cx *cx);

#endif
