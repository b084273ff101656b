/* published.h - what everybody may read of a record, as a row of its own.
 *
 * It is of the same struct and fields, in a table of its own, under the id of the original; it
 * never holds a field that is hidden or above SEE_PUBLIC, nor a passage. Whoever has no right to
 * the original is read this row and not that one. A type says so in its table; fact/ makes, changes
 * and removes the row in the transaction of every change of the original.
 */
#ifndef RECORD_PUBLISHED_H
#define RECORD_PUBLISHED_H

#include "record/record.h"

typedef struct Published {
    const RecordType *type;
    bool (*is_public)(const void *record); /* Whether everybody may see this record now. */
    const char *made, *changed, *removed;  /* Kinds of its facts. */
} Published;

/* The published form of a record as it is now, into a struct of type->size bytes. The owner's list
 * of hidden fields stays, so that a reader is told that there is something: what, is left out. */
void record_published(Arena *arena, const RecordType *type, const void *record, void *ret);

#endif
