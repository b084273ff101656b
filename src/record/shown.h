/* shown.h - what a request has been shown of data that is not public. Filled by record_val while
 * cx->shown points to it, a line of the access log at a time: no record is left out, however many
 * there are.
 */
#ifndef RECORD_SHOWN_H
#define RECORD_SHOWN_H

#include "base/base.h"

struct RecordType;

enum { SHOWN_ROWS_MAX = 20, SHOWN_TYPES_MAX = 4 };

/* Records of one type of which a field above SEE_PUBLIC was handed out. */
typedef struct ShownRows {
    const char *type; /* Its name; static. NULL: nothing yet. */
    i64 personal;     /* Those with an unmasked field about a person. */
    size_t count;
    i64 ids[SHOWN_ROWS_MAX];
} ShownRows;

typedef struct Shown {
    i64 count; /* Of all types, those that were told already too. */
    ShownRows rows[SHOWN_TYPES_MAX];
    /* Takes the fullest of `rows` when there is no room for the next record; NULL: the records that
     * found no room are only counted. */
    void (*full)(void *context, const ShownRows *rows);
    void *context;
} Shown;

/* Adds a record that was handed out; `type` may be a copy, its name is static. */
void shown_add(Shown *shown, const struct RecordType *type, i64 id, bool personal);

#endif
