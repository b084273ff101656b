/* consent_int.h - inside the room. */
#ifndef CONSENT_CONSENT_INT_H
#define CONSENT_CONSENT_INT_H

#include "consent/consent.h"

/* What a kind of text is about, and who may sign it. */
typedef struct ConsentKind {
    const char *code;
    const char *about;   /* Record types, ' ' between; '' for none. */
    bool about_required; /* It must be about one. */
    int whose;           /* Of the record: 1 the signer's unit, -1 not it, 0 anybody's. */
    unsigned signers;    /* WHO_BINDS: for the unit; WHO_SIGNED: anybody of it. */
    bool own;            /* On himself: nobody else of the unit withdraws or lists it. */
} ConsentKind;
const ConsentKind *consent_kind(Str code); /* NULL when unknown. */

enum {
    CONSENT_TEXT_FIELDS = 13,
    TEXT_FORM_FROM = 4, /* Of them, what consent_text.publish is given. */
    TEXT_FORM_FIELDS = 6,
    CONSENT_LIST_MAX = 200,
    NUMBER_RANDOM_BYTES = 5,
    UNTIL_DAYS_MAX = 3660
};
extern const Field consent_text_fields[CONSENT_TEXT_FIELDS];

typedef struct EraseAsk {
    RECORD_HEAD;
    i64 account_id;
    i64 asked_ms;
    Str reason;
    i64 done_ms;
    i64 until_date; /* Blocked until this day, when the rest is erased; 0: all is erased. */
    Str kept;       /* Codes of retention rules that keep something, ',' between. */
} EraseAsk;

/* A field about a person that somebody was shown in full, and why. */
typedef struct Reveal {
    RECORD_HEAD;
    i64 account_id; /* Who looked. */
    i64 subject_id; /* The account it is about; 0: not one of ours. */
    Str type;
    i64 row_id;
    Str field;
    Str reason;
} Reveal;

extern const RecordType reveal_type;

/* ---- rows about a person: privacy_rows.c ---- */

/* The tail of a statement that finds rows of this type that belong to account ?1, at most ?2 of
 * them: by its account_id, or by that of a record it hangs on. NULL when there is no such way. */
const char *own_rows_tail(Cx *cx, const RecordType *type);
bool type_personal(const RecordType *type); /* It has a field flagged PERSONAL. */
/* The account a row of this type is about; 0 when it is none. */
NODISCARD Err row_subject(Cx *cx, const RecordType *type, const void *record, i64 *ret_account_id);

enum { OWN_ROWS_MAX = 500 };

/* Ops of privacy_erase.c and privacy_register.c, for privacy_room's table. */
typedef struct EraseIn {
    i64 id; /* The account. */
    Str reason;
} EraseIn;
Err erase_ask_run(Cx *cx, const void *in, Val **ret);
Err erase_list_run(Cx *cx, const void *in, Val **ret);
Err erase_run(Cx *cx, const void *in, Val **ret);
Err register_run(Cx *cx, const void *in, Val **ret);
Err privacy_show_run(Cx *cx, const void *in, Val **ret);

/* The text in force of a kind today. ERR_MISSING consent.text_unknown. */
NODISCARD Err text_in_force(Cx *cx, Str kind, ConsentText *ret);
/* SHA-256, hex, in `arena`. */
Str sha256_hex(Arena *arena, Str bytes);
Str text_title(const ConsentText *text, Lang lang);

/* Ops of consent_text.c, for consent_room's table. */
typedef struct TextIn {
    i64 id;
    Str kind;
} TextIn;
Err text_publish_run(Cx *cx, const void *in, Val **ret);
Err text_list_run(Cx *cx, const void *in, Val **ret);
Err text_show_run(Cx *cx, const void *in, Val **ret);

/* The unit a record belongs to; 0 when its type has no org_id. ERR_MISSING. */
NODISCARD Err record_org(Cx *cx, Str table, i64 id, i64 *ret_org_id);
/* Asks "<table>.show" as the actor: ERR_MISSING when he may not know of the record. *ret is what he
 * is shown of it: `title`; `org_id` unless it is hidden from him. */
NODISCARD Err record_seen(Cx *cx, Str table, i64 id, const Val **ret);

#endif
