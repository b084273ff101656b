/* match_form.h - one form for what is written in many: signs of Unicode that stand for letters and
 * digits, numbers with units, English plurals. match_text.c asks it.
 */
#ifndef MATCH_MATCH_FORM_H
#define MATCH_MATCH_FORM_H

#include "base/base.h"

enum { FORM_CODES_MAX = 4 };

/* What a compatibility character stands for by NFKC (Unicode Annex 15): ₂ for 2, Ⅲ for III, ㎜ for
 * mm. The number of code points, 0 when it stands for itself, for more than FORM_CODES_MAX, or is a
 * sign that would lengthen a word: ① and ™. */
size_t form_codes(u32 code, u32 ret[FORM_CODES_MAX]);
/* 10³ is not 103. */
bool form_is_raised(u32 code);

/* The one form of a unit in lower case, `μm` for um, 微米 and µm; empty when it is none. */
Str form_unit(Str folded);
/* False: no unit begins with this folded character. */
bool form_unit_begins(u32 code);
enum { FORM_UNIT_CODES = 6 }; /* Characters of the longest. */

/* Without the ending of an English plural: batteries, alloys, processes. `word` in lower case; the
 * answer lies in it, which is changed (Harman's S stemmer, JASIS 42(1), 1991). */
Str form_stem(char *word, size_t len);

#endif
