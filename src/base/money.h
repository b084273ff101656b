/* money.h - amounts in integer fen (1/100 yuan). Never a float. */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include "base/base.h"

#define MONEY_MAX_FEN ((i64)100000000 * 10000 * 100) /* One trillion yuan. */

/* What people type: 35000, 35,000.00, ￥3.5万, 1.2亿元, full-width digits. False when it is no
 * amount, negative, over MONEY_MAX_FEN or finer than a fen. */
bool money_parse(Str s, i64 *ret_fen);

Str money_format(Arena *arena, i64 fen); /* 35,000.00 */
Str money_format_short(Arena *arena,
                       i64 fen); /* 3.5万, 1.2亿; exact, or money_format when it is not. */
/* As contracts and receipts write it, 人民币壹佰零伍元整: the rules for filling in bills of the
 * People's Bank of China (正确填写票据和结算凭证的基本规定, 1997). From 0 to MONEY_MAX_FEN. */
Str money_format_capital(Arena *arena, i64 fen);
Str money_format_plain(Arena *arena, i64 fen); /* 35000.00, for files */

#endif
