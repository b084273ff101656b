/* match_own_file.c - the table on disk: head, keys, factors, numbers, and the CRC-32 of all that at
 * the end. See match_own.h. */
#include "match/match_own_int.h"

#include "match/match_seg_int.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define FILE_MAGIC "TB own"

enum { FILE_FORMAT = 1 };

typedef struct FileHead {
    char magic[8];
    u32 format, analyser; /* Another analyser cuts other terms. */
    u32 dims, count;
    i64 doc_count;
    i64 learnt_ms;
} FileHead;

_Static_assert(sizeof(FileHead) == 40, "no gaps");

/* ---- Writing ---- */

static bool put_bytes(FILE *file, uLong *sum, const void *bytes, size_t len)
{
    *sum = crc32_z(*sum, bytes, len);
    return fwrite(bytes, 1, len, file) == len;
}

static bool write_all(FILE *file, const OwnTable *table)
{
    uLong sum = 0;
    const FileHead head = {.magic = FILE_MAGIC,
                           .format = FILE_FORMAT,
                           .analyser = MATCH_ANALYSER,
                           .dims = OWN_DIMS,
                           .count = (u32)table->count,
                           .doc_count = table->doc_count,
                           .learnt_ms = table->learnt_ms};
    bool ok = put_bytes(file, &sum, &head, sizeof head) &&
              put_bytes(file, &sum, table->keys, table->count * sizeof *table->keys) &&
              put_bytes(file, &sum, table->factors, table->count * sizeof *table->factors) &&
              put_bytes(file, &sum, table->numbers, table->count * OWN_DIMS);
    u32 end = (u32)sum;
    return ok && fwrite(&end, 1, sizeof end, file) == sizeof end && fflush(file) == 0 &&
           fsync(fileno(file)) == 0;
}

Err own_save(Cx *cx, const OwnTable *table, Str path)
{
    char *place = str_z(cx->arena, path),
         *part = str_z(cx->arena, str_format(cx->arena, "%s.part", place));
    FILE *file = fopen(part, "we");
    bool ok = file && write_all(file, table);
    if (file)
        ok = fclose(file) == 0 && ok && rename(part, place) == 0;
    if (ok)
        return ERR_OK;
    log_line(LOG_ERROR_LEVEL, "own.file", "why", strerror(errno), NULL);
    return err_set_arg(cx, ERR_IO, NULL, "match.no_file", path);
}

/* ---- Reading ---- */

static bool get_bytes(FILE *file, uLong *sum, void *bytes, size_t len)
{
    bool ok = fread(bytes, 1, len, file) == len;
    *sum = ok ? crc32_z(*sum, bytes, len) : *sum;
    return ok;
}

static u64 size_of(u64 count)
{
    return sizeof(FileHead) + count * (sizeof(u64) + sizeof(float) + OWN_DIMS) + sizeof(u32);
}

/* Rising keys and finite factors are all that a look-up relies on. */
static bool is_sound(const OwnTable *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (!isfinite(table->factors[i]) || (i && table->keys[i] <= table->keys[i - 1]))
            return false;
    return true;
}

/* NULL with *ret_other when it is whole as far as one can see, but not for this program. */
static OwnTable *read_all(FILE *file, bool *ret_other)
{
    struct stat stat;
    FileHead head;
    uLong sum = 0;
    u32 end;
    if (fstat(fileno(file), &stat) != 0 || !get_bytes(file, &sum, &head, sizeof head) ||
        memcmp(head.magic, FILE_MAGIC, sizeof FILE_MAGIC) != 0)
        return NULL;
    *ret_other = head.format != FILE_FORMAT || head.analyser != MATCH_ANALYSER;
    if (*ret_other || head.dims != OWN_DIMS || head.count < 1 || head.count > OWN_TERMS_MAX ||
        (u64)stat.st_size != size_of(head.count))
        return NULL;
    OwnTable *table = own_table_new(head.count);
    table->doc_count = head.doc_count;
    table->learnt_ms = head.learnt_ms;
    if (get_bytes(file, &sum, table->keys, table->count * sizeof *table->keys) &&
        get_bytes(file, &sum, table->factors, table->count * sizeof *table->factors) &&
        get_bytes(file, &sum, table->numbers, table->count * OWN_DIMS) &&
        fread(&end, 1, sizeof end, file) == sizeof end && end == (u32)sum && is_sound(table)) {
        own_table_seal(table);
        return table;
    }
    own_done(table);
    return NULL;
}

OwnTable *own_load(Cx *cx, Str path)
{
    char *place = str_z(cx->arena, path);
    FILE *file = fopen(place, "re");
    bool other = false;
    if (!file)
        return NULL;
    OwnTable *table = read_all(file, &other);
    fclose(file);
    if (!table && !other)
        log_line(LOG_ERROR_LEVEL, "own.damaged", "file", place, NULL);
    return table;
}
