/* unit_codes.h - the codes that units, places and telephones are known by.
 *
 * Pure: text in, value out. Every reader takes what people really write (full-width characters,
 * stray spaces, lower case) and hands out one canonical form, in cx->arena. A reader fails with
 * ERR_INPUT on `field` (which may be NULL). The numbers of patents stand in registry/ids.h.
 */
#ifndef IDENT_UNIT_CODES_H
#define IDENT_UNIT_CODES_H

#include "base/base.h"

/* Width folded, capitals, trimmed; invisible characters gone; tabs and hard spaces become blanks.
 * Line breaks stay. A spreadsheet's leading apostrophe is dropped. */
Str code_clean(Arena *arena, Str text);
/* `s` without blanks and hyphens. */
Str code_compact(Arena *arena, Str s);
/* Whether these two digits begin a division code in use (GB/T 2260). */
bool code_province_known(int province);

/* Unified social credit code (GB 32100-2015), both check characters proven. */
NODISCARD Err id_uscc_read(Cx *cx, const char *field, Str text, Str *ret);
/* Organisation code (GB 11714) of 8 + 1 characters, as characters 9 to 17 of the code above. */
bool id_orgcode_valid(Str code);
/* Mobile number of mainland China: 11 digits; +86, blanks and hyphens are dropped. */
NODISCARD Err id_mobile_read(Cx *cx, const char *field, Str text, Str *ret);

typedef enum DivisionLevel { DIVISION_PROVINCE = 1, DIVISION_CITY, DIVISION_COUNTY } DivisionLevel;
/* Shape of an administrative division code (GB/T 2260), not whether it is in use. */
NODISCARD Err id_division_read(Cx *cx, const char *field, Str text, Str *ret,
                               DivisionLevel *ret_level);

#endif
