/* matrix_case.h - the table of test/matrix/matrix.case, and the roles and relations in it. */
#ifndef TEST_MATRIX_CASE_H
#define TEST_MATRIX_CASE_H

#include "base/base.h"

/* What the actor's unit is to the unit of the records. */
typedef enum Relation {
    REL_FAR,      /* Nothing to it. */
    REL_PERSON,   /* In the unit itself, and the person whom the records name. */
    REL_OWNER,    /* In the unit itself: a college. */
    REL_HOUSE,    /* In the university over it. */
    REL_BELOW,    /* In a laboratory under it. */
    REL_BESIDE,   /* In another college of the same university. */
    REL_PLACE,    /* In the city's department, which is over it by place. */
    REL_BODY,     /* In the ministry that supervises the university. */
    REL_AWAY,     /* In the same department of another city; its account has decided or granted. */
    REL_INDUSTRY, /* In the centre of the industry that they are of. */
    REL_PARTY,    /* In the firm that bids, buys, was delegated to. */
    RELATIONS,
} Relation;
extern const char *const relation_names[RELATIONS];

typedef struct Role {
    const char *name;
    unsigned roles; /* WHO_* */
    bool signed_in;
    bool half;
} Role;
extern const Role roles[];
extern const size_t roles_count;

/* Reads the file; false, with what is wrong printed, when it cannot be understood. */
bool case_load(const char *path);
bool case_has(const char *op);
/* "-", "?", "+", or how far a read goes. */
const char *case_expects(const char *op, const Role *role, Relation relation);
/* What a `with` line gives beside what is plausible; NULL: nothing. */
const Val *case_input(const char *op);

#endif
