/* base.h - what every room stands on: memory, text, values, errors, time, chance.
 *
 * Memory belongs to a request. Everything a request makes lives in its arena and ends with it, so
 * rooms never free and never leak. The clock and the source of chance are handed in, so a test can
 * play a three-day auction in a microsecond and get the same bytes each time.
 *
 * Include this one header; the others of the room are its chapters.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t i64;
typedef uint64_t u64;
typedef int32_t i32;
typedef uint32_t u32;
typedef uint8_t u8;

#define COUNT(array)            (sizeof(array) / sizeof((array)[0]))
#define NODISCARD               __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first), nonnull(fmt)))

#include "base/arena.h"
#include "base/str.h"
#include "base/buf.h"
#include "base/val.h"
#include "base/time.h"
#include "base/chance.h"
#include "base/cx.h"
#include "base/money.h"
#include "base/log.h"
#include "base/text.h"

#endif
