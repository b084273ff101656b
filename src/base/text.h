/* text.h - the words people read, in Chinese and English, from the .txt files of ui/text.
 *
 * A line is `key | 中文 | English`; {0} to {3} in the words are arguments. The files are built in
 * by tools/embed, which refuses a line without both. C code names a key, never a sentence.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/base.h"

const char *text_find(Lang lang, const char *key); /* NULL when there is no such key. */
const char *text_find_str(Lang lang, Str key);
/* With {0}.. replaced; the key itself when there is no such line. In `arena`. */
Str text_say(Arena *arena, Lang lang, const char *key, const Str *args, size_t count);

#endif
