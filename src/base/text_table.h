/* text_table.h - the table that tools/embed makes from ui/text; only text.c reads it. */
#ifndef BASE_TEXT_TABLE_H
#define BASE_TEXT_TABLE_H

#include "base/base.h"

typedef struct TextLine {
    const char *key;
    const char *words[2]; /* By Lang. */
} TextLine;

extern const TextLine text_lines[]; /* Sorted by key, by bytes; one empty row after the last. */
extern const size_t text_line_count;

#endif
