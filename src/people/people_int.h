/* people_int.h - inside the room. */
#ifndef PEOPLE_PEOPLE_INT_H
#define PEOPLE_PEOPLE_INT_H

#include "people/people.h"

typedef struct IdIn {
    i64 id;
} IdIn;
enum { ID_FIELD_COUNT = 1 };
extern const Field people_id_fields[ID_FIELD_COUNT];

typedef struct IdsReason {
    Str ids;
    Str reason;
} IdsReason;

/* What the first account of a unit of this kind may do, commas between. */
Str roles_of_kind(Str kind);
/* What a unit of this kind may grant its own people, commas between. */
Str roles_within_kind(Str kind);

/* Telephone, e-mail and login in their forms; the telephone made canonical. Empty ones pass. False
 * with the errors collected. */
bool person_reach_check(Cx *cx, Str *phone, Str email, Str login);

/* For the exchange: its operator, or the machine's. */
bool acts_for_exchange(const Cx *cx);
/* Ends every delegation that holds or will, given by the account or to it, with a fact each.
 * Writer only. */
NODISCARD Err delegations_end(Cx *cx, i64 account_id, i64 *ret_count);

/* What an account has done, [{kind, label, count}]; signing in and the like is no work. */
NODISCARD Err work_record(Cx *cx, i64 account_id, Val **ret);
/* A certificate with `expired`, `soon`, `days_left`. */
Val *certificate_row(Cx *cx, const Certificate *one, See level);

/* ---- rows of people as they are pasted ---- */

enum { PERSON_ROWS_MAX = 500 };

/* One row: what it says, and what became of it. */
typedef struct PersonRow {
    i64 line; /* Of the text, from 1. */
    Str name;
    Str login;
    Str roles; /* role_codes, commas between. */
    Str phone;
    Str email;
    Str unit; /* Credit code or name; '' for the unit that is named beside the text. */
    i64 org_id;
    const char *why; /* Message key; NULL: nothing against it yet. */
    Str why_arg;
    bool there;   /* Has an account of this login in the same unit. */
    Str password; /* Made here; said once. */
    Str encoded;
    i64 account_id;
} PersonRow;

/* Rows of a sheet (tabs or commas; a header, or name, login, roles, phone, e-mail, unit in this
 * order) or JSON lines with these names. A row that cannot be read has its `why`. ERR_LIMIT above
 * PERSON_ROWS_MAX, ERR_INPUT when there is none; both on `text`. */
NODISCARD Err person_rows_read(Cx *cx, Str text, PersonRow **ret, size_t *ret_count);

/* A page of a list: sets the limits of the query from a page and a size asked. */
typedef struct PageAsk {
    i64 page;
    i64 size;
} PageAsk;
PageAsk page_ask_of(i64 page, i64 size);
/* "%words%" for LIKE ... ESCAPE '\'. */
Str like_words(Arena *arena, Str words);

#endif
