/* plant.h - rows of every record type in every state of its flow, put into a bench's exchange past
 * all rules of input, for tests that look at what comes out again. New types are taken in by
 * themselves.
 */
#ifndef TEST_PLANT_H
#define TEST_PLANT_H

#include "house_bench.h"

enum { PLANT_TYPES_MAX = 128 };

typedef struct Plant Plant;
struct Plant {
    Bench *bench;
    i64 org_id; /* Whose rows; 0: of the first unit that is planted. */
    i64 account_id;
    /* The text of a member; may be NULL for what needs none. */
    Str (*text)(Plant *plant, const RecordType *type, const Field *field, const void *row);
    /* Another id for a member than that of the planted row beside it; 0: none. May be NULL. */
    i64 (*ref)(Plant *plant, const RecordType *type, const Field *field);
    /* False: leave this type out. May be NULL. */
    bool (*wants)(const RecordType *type);
    void *context;
    const RecordType **types;
    size_t type_count;
    i64 first[PLANT_TYPES_MAX]; /* Row ids by type; 0: none. */
    i64 last[PLANT_TYPES_MAX];
};

/* Plants; may be called again with another owner. False, with a line printed, when it cannot. */
bool plant_rows(Plant *plant);
/* Rows of this type: ids first..last of this owner. False when there is none. */
bool plant_find(const Plant *plant, const char *type, i64 *ret_first, i64 *ret_last);

#endif
