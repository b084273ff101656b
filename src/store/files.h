/* files.h - files kept by the SHA-256 of their content, under <data>/files/ab/cdef... .
 *
 * Streamed in and out, never whole in memory. The same content is kept once. A file is first
 * written beside its place, synced, then renamed, so that a crash leaves no half file.
 */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include <stdio.h>

#include "base/base.h"

enum { FILE_HASH_HEX = 64 };

#define FILES_BYTES_MAX ((i64)512 * 1024 * 1024) /* One file. */

typedef struct FileSink FileSink; /* A file being received. */

/* `root` is the files folder; it is made when absent. ERR_IO, ERR_LIMIT when too long. */
NODISCARD Err files_begin(Cx *cx, Str root, FileSink **ret);
NODISCARD Err files_add(Cx *cx, FileSink *sink, const void *bytes, size_t count);
NODISCARD Err files_keep(Cx *cx, FileSink *sink, Str *ret_hash, i64 *ret_bytes);
void files_drop(FileSink *sink); /* Instead of files_keep. */

/* An empty file to write and read again, beside those under `root`; it has no name and is gone when
 * it is closed with fclose. ERR_IO. */
NODISCARD Err files_scratch(Cx *cx, Str root, FILE **ret);

/* Path of a kept file, in cx->arena. ERR_INPUT when `hash` is no hash (no path escapes),
 * ERR_MISSING. */
NODISCARD Err files_path(Cx *cx, Str root, Str hash, char **ret_path);

#endif
