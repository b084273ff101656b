/* match_file.c - the index on disk: a file for each segment, and one that says which they are.
 *
 *     <folder>/index        mark, length mean, and of each segment its number and what lives
 *     <folder>/seg-12       the bytes of a segment
 *
 * A file is written beside its place, synced and renamed, segments first; what `index` no longer
 * names is removed afterwards. So a crash leaves the index as it was saved last, and the rest comes
 * from the facts since its mark. All of it can be thrown away at any time.
 */
#include "match/match_int.h"
#include "match/match_seg_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_MAGIC "TB index"

enum { LIST_FORMAT = 1, MARK_MAX = 400 };

/* After it: the mark, then for each shelf a ShelfLine with its words of live bits. */
typedef struct ListHead {
    char magic[8];
    u32 sum; /* CRC-32 of all bytes with 0 in this place. */
    u32 format;
    u32 mark_len;
    u32 shelf_count;
    double length_mean;
    u64 last_number;
} ListHead;

_Static_assert(offsetof(ListHead, sum) == offsetof(SegHead, sum), "one way to add up both");

typedef struct ShelfLine {
    u64 number;
    u32 doc_count;
    u32 live_count;
} ShelfLine;

static Err file_failed(Cx *cx, const char *what, Str path)
{
    log_line(LOG_ERROR_LEVEL, "match.file", "what", what, "why", strerror(errno), NULL);
    return err_set_arg(cx, ERR_IO, NULL, "match.no_file", path);
}

static Str path_in(Cx *cx, Str folder, const char *name)
{
    return str_format(cx->arena, "%.*s/%s", STR_ARG(folder), name);
}

static void seg_name(u64 number, char name[32])
{
    snprintf(name, 32, "seg-%llu", (unsigned long long)number);
}

/* ---- Writing ---- */

static bool write_all(int fd, Str bytes)
{
    while (bytes.len) {
        ssize_t done = write(fd, bytes.data, bytes.len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes = str_slice(bytes, (size_t)done, bytes.len);
    }
    return true;
}

static Err put_file(Cx *cx, Str folder, const char *name, Str bytes)
{
    char *path = str_z(cx->arena, path_in(cx, folder, name));
    char *part = str_z(cx->arena, str_format(cx->arena, "%s.part", path));
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return file_failed(cx, "open", str_from(path));
    bool ok = write_all(fd, bytes) && fsync(fd) == 0;
    ok = close(fd) == 0 && ok && rename(part, path) == 0;
    return ok ? ERR_OK : file_failed(cx, "write", str_from(path));
}

/* The file's bytes, mapped, and a copy of the head; NULL when there are none. */
static void *map_file(const char *path, size_t *ret_size, SegHead *ret_head)
{
    struct stat stat;
    void *at = MAP_FAILED;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &stat) == 0 && pread(fd, ret_head, sizeof *ret_head, 0) == sizeof *ret_head) {
        *ret_size = (size_t)stat.st_size;
        at = mmap(NULL, *ret_size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    return at == MAP_FAILED ? NULL : at;
}

/* A shelf over a file that is known to be right. */
static Shelf *shelf_mapped(const char *path, u64 number)
{
    Arena arena = {0};
    Shelf *shelf = ARENA_NEW(&arena, Shelf, 1);
    SegHead *head = ARENA_NEW(&arena, SegHead, 1);
    size_t size = 0;
    void *at = map_file(path, &size, head);
    if (!at || !seg_view(head, (Str){at, size}, &shelf->seg)) {
        if (at)
            munmap(at, size);
        arena_done(&arena);
        return NULL;
    }
    shelf->map_size = size;
    shelf->number = number;
    shelf->arena = arena;
    return shelf;
}

/* From memory to a file; the mapped shelf takes the place of the other. */
static Err save_shelf(Cx *cx, MatchIndex *index, Str folder, size_t at)
{
    char name[32];
    Shelf *old = index->shelves[at];
    u64 number = index->last_number + 1;
    seg_name(number, name);
    Err e = put_file(cx, folder, name, (Str){(const char *)old->seg.bytes, old->seg.size});
    if (e)
        return e;
    index->last_number = number;
    Shelf *shelf = shelf_mapped(str_z(cx->arena, path_in(cx, folder, name)), number);
    if (!shelf)
        return file_failed(cx, "map", str_from(name));
    shelf->live_count = old->live_count;
    memcpy(shelf->live, old->live, sizeof shelf->live);
    pthread_rwlock_wrlock(&index->lock);
    index->shelves[at] = shelf;
    pthread_rwlock_unlock(&index->lock);
    shelf_done(old);
    return ERR_OK;
}

static size_t live_words(u32 doc_count)
{
    return (doc_count + 63) / 64;
}

static Str list_bytes(Cx *cx, const MatchIndex *index, Str mark)
{
    Buf out = buf_new(cx->arena);
    ListHead head = {.magic = LIST_MAGIC,
                     .format = LIST_FORMAT,
                     .mark_len = (u32)mark.len,
                     .shelf_count = (u32)index->shelf_count,
                     .length_mean = index->length_mean,
                     .last_number = index->last_number};
    buf_add(&out, (Str){(const char *)&head, sizeof head});
    buf_add(&out, mark);
    for (size_t i = 0; i < index->shelf_count; i++) {
        const Shelf *shelf = index->shelves[i];
        ShelfLine line = {shelf->number, shelf->seg.doc_count, shelf->live_count};
        buf_add(&out, (Str){(const char *)&line, sizeof line});
        buf_add(&out,
                (Str){(const char *)shelf->live, live_words(line.doc_count) * sizeof *shelf->live});
    }
    head.sum = seg_sum(buf_str(&out));
    memcpy(out.data, &head, sizeof head);
    return buf_str(&out);
}

static bool is_shelf_file(const MatchIndex *index, const char *file)
{
    char name[32];
    for (size_t i = 0; i < index->shelf_count; i++) {
        seg_name(index->shelves[i]->number, name);
        if (strcmp(name, file) == 0)
            return true;
    }
    return false;
}

/* What no save will look for again. */
static void remove_rest(Cx *cx, const MatchIndex *index, Str folder)
{
    DIR *dir = opendir(str_z(cx->arena, folder));
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strncmp(entry->d_name, "seg-", 4) == 0 && !is_shelf_file(index, entry->d_name))
            unlink(str_z(cx->arena, path_in(cx, folder, entry->d_name)));
    if (dir)
        closedir(dir);
}

Err match_save(Cx *cx, MatchIndex *index, Str folder, Str mark)
{
    Err e = ERR_OK;
    assert(mark.len <= MARK_MAX);
    match_settle(index);
    if (mkdir(str_z(cx->arena, folder), 0700) != 0 && errno != EEXIST)
        return file_failed(cx, "mkdir", folder);
    pthread_mutex_lock(&index->writing);
    for (size_t i = 0; !e && i < index->shelf_count; i++)
        if (!index->shelves[i]->number)
            e = save_shelf(cx, index, folder, i);
    if (!e)
        e = put_file(cx, folder, "index", list_bytes(cx, index, mark));
    if (!e)
        remove_rest(cx, index, folder);
    pthread_mutex_unlock(&index->writing);
    return e;
}

/* ---- Reading ---- */

/* Everything in a file, added up without a map, so that its pages count as nobody's. */
static bool read_file(Arena *arena, const char *path, Str *ret)
{
    struct stat stat;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fstat(fd, &stat) == 0 && stat.st_size > 0;
    size_t size = ok ? (size_t)stat.st_size : 0, have = 0;
    char *bytes = ok ? arena_take_raw(arena, size) : NULL;
    while (ok && have < size) {
        ssize_t got = read(fd, bytes + have, size - have);
        ok = got > 0 || (got < 0 && errno == EINTR);
        have += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    *ret = (Str){bytes, size};
    return ok;
}

static Shelf *load_shelf(const char *path, const ShelfLine *line, const char *live)
{
    Arena scratch = {0};
    Str bytes;
    Seg seg;
    Shelf *shelf = NULL;
    if (read_file(&scratch, path, &bytes) && seg_read(bytes, &seg) && seg_check(&seg) &&
        seg.doc_count == line->doc_count)
        shelf = shelf_mapped(path, line->number);
    arena_done(&scratch);
    if (!shelf)
        return NULL;
    shelf->live_count = line->live_count;
    memcpy(shelf->live, live, live_words(line->doc_count) * sizeof *shelf->live);
    return shelf;
}

static void count_shelf(MatchIndex *index, const Shelf *shelf)
{
    index->live_count += shelf->live_count;
    for (u32 i = 0; i < shelf->seg.doc_count; i++)
        if (shelf->live[i / 64] >> i % 64 & 1)
            index->length_total += shelf->seg.docs[i].length;
}

static bool load_shelves(Cx *cx, MatchIndex *index, Str folder, Str rest, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        ShelfLine line;
        char name[32];
        if (rest.len < sizeof line)
            return false;
        memcpy(&line, rest.data, sizeof line);
        rest = str_slice(rest, sizeof line, rest.len);
        size_t live_bytes = live_words(line.doc_count) * sizeof(u64);
        if (line.doc_count > SEG_DOCS || rest.len < live_bytes)
            return false;
        seg_name(line.number, name);
        Shelf *shelf = load_shelf(str_z(cx->arena, path_in(cx, folder, name)), &line, rest.data);
        if (!shelf)
            return false;
        index->shelves[index->shelf_count++] = shelf;
        count_shelf(index, shelf);
        rest = str_slice(rest, live_bytes, rest.len);
    }
    return true;
}

static bool load(Cx *cx, MatchIndex *index, Str folder, Str bytes, Str *ret_mark)
{
    ListHead head;
    if (bytes.len < sizeof head)
        return false;
    memcpy(&head, bytes.data, sizeof head);
    Str rest = str_slice(bytes, sizeof head, bytes.len);
    if (memcmp(head.magic, LIST_MAGIC, sizeof head.magic) != 0 || head.format != LIST_FORMAT ||
        seg_sum(bytes) != head.sum || head.shelf_count > SHELVES_MAX || head.mark_len > rest.len)
        return false;
    *ret_mark = str_copy(cx->arena, str_slice(rest, 0, head.mark_len));
    index->length_mean = head.length_mean;
    index->last_number = head.last_number;
    return load_shelves(cx, index, folder, str_slice(rest, head.mark_len, rest.len),
                        head.shelf_count);
}

bool match_load(Cx *cx, MatchIndex *index, Str folder, Str *ret_mark)
{
    Str bytes;
    assert(index->shelf_count == 0 && index->pending_count == 0);
    if (!read_file(cx->arena, str_z(cx->arena, path_in(cx, folder, "index")), &bytes))
        return false;
    pthread_mutex_lock(&index->writing);
    pthread_rwlock_wrlock(&index->lock);
    bool ok = load(cx, index, folder, bytes, ret_mark);
    pthread_rwlock_unlock(&index->lock);
    pthread_mutex_unlock(&index->writing);
    if (!ok) {
        match_clear(index);
        log_line(LOG_ERROR_LEVEL, "match.damaged", "folder", str_z(cx->arena, folder), NULL);
    }
    return ok;
}
