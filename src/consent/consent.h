/* consent.h - consents and undertakings that a named person signs, and what people may ask about
 * data on themselves.
 *
 * Owns    the tables consent_text, consent, erase_ask, reveal.
 * Emits   consent_text.loaded, consent_text.published, consent.signed, consent.withdrawn,
 *         org.agreed, org.agreement_ended, person.*
 *
 * A text has a kind and a version; versions are never changed or removed. Signing makes a PDF
 * (paper.h): worked out before the queue, kept by its SHA-256 when the row is written, so that the
 * hash in the row and in the fact is that of the exact bytes. The exchange's head key signs number
 * and hash. A withdrawal changes the row, never the paper. Guards of flows ask consent_standing.
 *
 *   consent_text.c  texts and their versions      consent.c       signing, withdrawing, checking
 *   paper.c         the PDF                       privacy.c       one's own data; one field in full
 *   privacy_rows.c  which rows are about a person
 *   privacy_erase.c erasing a person              privacy_register.c  the register of processing
 *
 * Law: PIPL 14, 15 (withdrawn as easily as given), 23-29 (separate consent), 44-48 (rights), 51-55;
 * Electronic Signature Law 13 (hash of the final text, signer, later changes are seen).
 */
#ifndef CONSENT_CONSENT_H
#define CONSENT_CONSENT_H

#include "base/base.h"
#include "command/command.h"

typedef struct ConsentText {
    RECORD_HEAD;
    Str kind; /* consent_kinds */
    i64 version;
    Str title_zh, title_en;
    Str text_zh, text_en; /* Paragraphs, a line each. */
    i64 from_date;        /* First day it may be signed; 0: any. */
    i64 is_template;      /* Came with the program: to be replaced by the operator. */
    Str hash;             /* SHA-256 of titles and texts. */
} ConsentText;

typedef struct Consent {
    RECORD_HEAD;
    Str number; /* C20260720-7F3A91C04E: printed, in the QR code; not to be guessed. */
    Str kind;
    i64 text_id;
    i64 version;
    i64 account_id; /* Who signed. */
    i64 org_id;     /* For which unit. */
    Str about;      /* Record type it is about; '' for none. */
    i64 about_id;
    i64 signed_ms;
    i64 until_date; /* Last day it holds; 0: until withdrawn. */
    Str factor;     /* consent_factors */
    i64 withdrawn_ms;
    i64 withdrawn_by;
    Str reason;
    Str content_hash; /* SHA-256 of what was agreed to, as the paper says it. */
    Str file_hash;    /* SHA-256 of the PDF; it is kept under files. */
    i64 pages;
    Str signature; /* Ed25519 of the exchange over number and file_hash, hex. */
} Consent;

extern const RecordType consent_text_type, consent_type, erase_ask_type;
extern const CodeList consent_kinds, consent_factors;
extern const Room consent_room, privacy_room;

/* The register of processing of personal data (PIPL 55, GB/T 35273): a row for each record type
 * with a field about persons, with purpose, ground, receivers and retention. Needs no store. */
Val *processing_val(Cx *cx);

/* ERR_OK while a consent of this kind by this unit holds: signed, not withdrawn, not past its last
 * day; for this record, or a general one (about nothing). Else ERR_STATE on no field:
 * consent.wanted with what, who and where to sign. For guards of flows. */
NODISCARD Err consent_standing(Cx *cx, const char *kind, i64 org_id, const char *table, i64 id);
/* Whether this person has signed a consent of this kind on himself that holds today. */
NODISCARD Err consent_of_person(Cx *cx, const char *kind, i64 account_id, bool *ret);
/* The same by the name of a unit that may not be on the exchange: ERR_STATE consent.wanted_of. */
NODISCARD Err consent_standing_by_name(Cx *cx, const char *kind, Str org_name, const char *table,
                                       i64 id);

/* Signed by the exchange: "techbourse consent NUMBER HASH". In `arena`. */
Str consent_message(Arena *arena, Str number, Str file_hash);
/* The folder that papers are kept in; store/files.h. In cx->arena. */
Str consent_files_root(Cx *cx);

/* Version 1 of every text that has none, from ui/text. Through the writer: a new exchange has them
 * before its first request. */
NODISCARD Err consent_texts_load(Cx *cx);

typedef enum ConsentState {
    CONSENT_UNKNOWN,   /* No such number and hash here. */
    CONSENT_VALID,     /* The bytes are those that were signed. */
    CONSENT_WITHDRAWN, /* And it was withdrawn since. */
    CONSENT_ENDED,     /* And its last day has passed. */
    CONSENT_FORGED,    /* A row says so, but the exchange has not signed it. */
} ConsentState;
const char *consent_state_name(ConsentState state); /* "valid" */
/* Looks a paper up by number, hash, or both. `public_key` (hex) must have signed it. `id` 0 in *ret
 * for CONSENT_UNKNOWN. */
NODISCARD Err consent_check(Cx *cx, Str number, Str hash, Str public_key, ConsentState *ret_state,
                            Consent *ret);

#endif
