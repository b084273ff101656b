/* evaluation_int.h - what the two files of evaluations share. */
#ifndef PUSH_EVALUATION_INT_H
#define PUSH_EVALUATION_INT_H

#include "push/evaluation.h"

typedef struct ThemesIn {
    i64 page;
} ThemesIn;

NODISCARD Err evaluation_themes_run(Cx *cx, const void *in, Val **ret);
/* Whether enough firms have been passed on of this item for its owner to read themes. */
NODISCARD Err evaluation_enough(Cx *cx, i64 patent_id, i64 achievement_id, bool *ret);

#endif
