/* match_vector_file.c - vectors on disk: head, model, then a line and the numbers of each, and the
 * CRC-32 of all that at the end. See match_vector.h. */
#include "match/match_vector_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define FILE_MAGIC "TB vecs"

enum { FILE_FORMAT = 1, MODEL_LEN_MAX = 1000 };

typedef struct FileHead {
    char magic[8];
    u32 format;
    u32 dims;
    u32 model_len;
    u32 reserved;
    u64 count;
} FileHead;

typedef struct FileLine {
    i64 id;
    u32 kind;
    float factor;
    u8 digest[VECTOR_DIGEST];
} FileLine;

_Static_assert(sizeof(FileHead) == 32 && sizeof(FileLine) == 32, "no gaps");

/* A file with the sum of what went through it. */
typedef struct Stream {
    FILE *file;
    uLong sum;
    bool ok;
} Stream;

static void put_bytes(Stream *stream, const void *bytes, size_t len)
{
    stream->sum = crc32_z(stream->sum, bytes, len);
    stream->ok = stream->ok && fwrite(bytes, 1, len, stream->file) == len;
}

static bool get_bytes(Stream *stream, void *bytes, size_t len)
{
    stream->ok = stream->ok && fread(bytes, 1, len, stream->file) == len;
    if (stream->ok)
        stream->sum = crc32_z(stream->sum, bytes, len);
    return stream->ok;
}

/* ---- Writing ---- */

static bool is_kept(const VectorEntry *entry)
{
    return entry->state == VECTOR_READY || entry->state == VECTOR_KEPT;
}

static void write_all(Stream *stream, const Vectors *vectors)
{
    FileHead head = {.magic = FILE_MAGIC,
                     .format = FILE_FORMAT,
                     .dims = (u32)vectors->dims,
                     .model_len = (u32)vectors->model.len};
    for (size_t i = 0; i < vectors->count; i++)
        head.count += is_kept(vector_entry(vectors, i));
    put_bytes(stream, &head, sizeof head);
    put_bytes(stream, vectors->model.data, vectors->model.len);
    for (size_t i = 0; i < vectors->count; i++) {
        const VectorEntry *entry = vector_entry(vectors, i);
        if (!is_kept(entry))
            continue;
        FileLine line = {.id = entry->doc.id, .kind = entry->doc.kind, .factor = entry->factor};
        memcpy(line.digest, entry->doc.digest, VECTOR_DIGEST);
        put_bytes(stream, &line, sizeof line);
        put_bytes(stream, vector_numbers(vectors, i), vectors->dims);
    }
    u32 sum = (u32)stream->sum;
    put_bytes(stream, &sum, sizeof sum);
}

Err vectors_save(Cx *cx, Vectors *vectors, Str path)
{
    char *place = str_z(cx->arena, path),
         *part = str_z(cx->arena, str_format(cx->arena, "%s.part", place));
    Stream stream = {.file = fopen(part, "we"), .ok = true};
    bool ok = stream.file != NULL;
    if (ok) {
        pthread_rwlock_rdlock(&vectors->lock);
        write_all(&stream, vectors);
        pthread_rwlock_unlock(&vectors->lock);
        ok = stream.ok && fflush(stream.file) == 0 && fsync(fileno(stream.file)) == 0;
        ok = fclose(stream.file) == 0 && ok && rename(part, place) == 0;
    }
    if (ok)
        return ERR_OK;
    log_line(LOG_ERROR_LEVEL, "vectors.file", "why", strerror(errno), NULL);
    return err_set_arg(cx, ERR_IO, NULL, "match.no_file", path);
}

/* ---- Reading ---- */

typedef enum Found { FOUND_DAMAGED, FOUND_OTHER, FOUND_OURS } Found;

static bool head_right(const FileHead *head, u64 size)
{
    u64 rest = sizeof *head + head->model_len + sizeof(u32);
    return memcmp(head->magic, FILE_MAGIC, sizeof head->magic) == 0 && head->dims >= 1 &&
           head->dims <= VECTOR_DIMS_MAX && head->model_len <= MODEL_LEN_MAX &&
           head->count <= VECTOR_DOCS_MAX && size >= rest &&
           (size - rest) / (sizeof(FileLine) + head->dims) == head->count &&
           (size - rest) % (sizeof(FileLine) + head->dims) == 0;
}

static Found read_head(Stream *stream, const Vectors *vectors, FileHead *ret)
{
    struct stat stat;
    char model[MODEL_LEN_MAX];
    if (fstat(fileno(stream->file), &stat) != 0 || !get_bytes(stream, ret, sizeof *ret))
        return FOUND_DAMAGED;
    bool old = memcmp(ret->magic, FILE_MAGIC, sizeof ret->magic) == 0 && ret->format != FILE_FORMAT;
    if (old)
        return FOUND_OTHER;
    if (!head_right(ret, (u64)stat.st_size) || !get_bytes(stream, model, ret->model_len))
        return FOUND_DAMAGED;
    bool same = str_same((Str){model, ret->model_len}, vectors->model) &&
                (!vectors->dims || ret->dims == vectors->dims);
    return same ? FOUND_OURS : FOUND_OTHER;
}

/* Reads all lines, and takes them up when `take`. */
static bool read_lines(Stream *stream, Vectors *vectors, const FileHead *head, bool take)
{
    int8_t numbers[VECTOR_DIMS_MAX];
    for (u64 i = 0; i < head->count; i++) {
        FileLine line;
        if (!get_bytes(stream, &line, sizeof line) || !get_bytes(stream, numbers, head->dims))
            return false;
        if (!take)
            continue;
        VectorDoc doc = {.kind = (MatchKind)line.kind, .id = line.id};
        memcpy(doc.digest, line.digest, VECTOR_DIGEST);
        pthread_rwlock_wrlock(&vectors->lock);
        bool there = vector_take(vectors, &doc, line.factor, numbers);
        pthread_rwlock_unlock(&vectors->lock);
        if (!there)
            return false;
    }
    uLong sum = stream->sum;
    u32 expect;
    return get_bytes(stream, &expect, sizeof expect) && expect == (u32)sum;
}

static Found read_file(FILE *file, Vectors *vectors, bool take)
{
    Stream stream = {.file = file, .ok = true};
    FileHead head;
    rewind(file);
    Found found = read_head(&stream, vectors, &head);
    if (found == FOUND_OURS && take) {
        pthread_rwlock_wrlock(&vectors->lock);
        vectors->dims = head.dims;
        vectors->stride = vector_stride(head.dims);
        pthread_rwlock_unlock(&vectors->lock);
    }
    if (found == FOUND_OURS && !read_lines(&stream, vectors, &head, take))
        found = FOUND_DAMAGED;
    return found;
}

bool vectors_load(Cx *cx, Vectors *vectors, Str path)
{
    char *place = str_z(cx->arena, path);
    FILE *file = fopen(place, "re");
    if (!file)
        return false;
    Found found = read_file(file, vectors, false); /* All of it is right before any is taken. */
    if (found == FOUND_OURS)
        found = read_file(file, vectors, true);
    fclose(file);
    if (found == FOUND_DAMAGED)
        log_line(LOG_ERROR_LEVEL, "vectors.damaged", "file", place, NULL);
    return found == FOUND_OURS;
}
