/* match_suggest_file.c - the table of suggestions as bytes, in memory or in a mapped file. */
#include "match/match_int.h"
#include "match/match_seg_int.h"
#include "match/match_suggest_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(offsetof(SuggestHead, sum) == offsetof(SegHead, sum), "one way to add up both");

static bool slice_right(size_t pool_len, u32 at, u32 len)
{
    return at <= pool_len && len <= pool_len - at;
}

/* Every slice lies in the pool and every place is one of a row. */
static bool rows_right(const Suggest *suggest, size_t pool_len)
{
    for (u32 i = 0; i < suggest->count; i++) {
        const SuggestRow *row = &suggest->rows[i];
        if (!slice_right(pool_len, row->text, row->text_len) ||
            !slice_right(pool_len, row->key, row->key_len) ||
            !slice_right(pool_len, row->pinyin, row->pinyin_len) ||
            !slice_right(pool_len, row->initials, row->initials_len) ||
            !slice_right(pool_len, row->code, row->code_len) || !row->kind ||
            row->kind > SUGGEST_ITEM || row->item > MATCH_NEED)
            return false;
    }
    for (size_t i = 0; i < suggest->count + suggest->pinyin_count * (size_t)2; i++)
        if (suggest->by_key[i] >= suggest->count)
            return false;
    return true;
}

static bool head_right(const SuggestHead *head, size_t size)
{
    const u64 most = SUGGEST_TERMS + SUGGEST_ITEMS + 1;
    u64 pool_at = sizeof *head + head->count * (u64)sizeof(SuggestRow) +
                  (head->count + head->pinyin_count * (u64)2) * sizeof(u32);
    return memcmp(head->magic, "TB words", sizeof head->magic) == 0 &&
           head->format == SUGGEST_FORMAT && head->size == size && head->count <= most &&
           head->pinyin_count <= head->count && head->pool_at == pool_at && pool_at <= size &&
           head->mark_len <= size - pool_at;
}

Suggest *suggest_around(Arena arena, const u8 *bytes, size_t size, bool sound)
{
    SuggestHead head;
    Suggest *suggest = NULL;
    bool right = size >= sizeof head;
    if (right) {
        memcpy(&head, bytes, sizeof head);
        right = head_right(&head, size);
    }
    if (right && !sound)
        right = seg_sum((Str){(const char *)bytes, size}) == head.sum;
    if (right) {
        const u8 *orders = bytes + sizeof head + head.count * sizeof(SuggestRow);
        suggest = ARENA_NEW(&arena, Suggest, 1);
        *suggest = (Suggest){.bytes = bytes,
                             .size = size,
                             .rows = (const SuggestRow *)(const void *)(bytes + sizeof head),
                             .by_key = (const u32 *)(const void *)orders,
                             .pool = (const char *)bytes + head.pool_at,
                             .count = head.count,
                             .pinyin_count = head.pinyin_count,
                             .mark_len = head.mark_len};
        suggest->by_pinyin = suggest->by_key + head.count;
        suggest->by_initials = suggest->by_pinyin + head.pinyin_count;
        right = sound || rows_right(suggest, size - head.pool_at);
        suggest->arena = arena;
    }
    if (!right)
        arena_done(&arena);
    return right ? suggest : NULL;
}

void suggest_done(Suggest *suggest)
{
    if (!suggest)
        return;
    if (suggest->map_size)
        munmap((void *)(uintptr_t)suggest->bytes, suggest->map_size);
    Arena arena = suggest->arena; /* It lies in it. */
    arena_done(&arena);
}

Str suggest_mark(const Suggest *suggest)
{
    return (Str){suggest->pool, suggest->mark_len};
}

/* The whole file, mapped; NULL when there is none. */
static const u8 *map_whole(const char *path, size_t *ret_size)
{
    struct stat stat;
    void *at = MAP_FAILED;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &stat) == 0 && stat.st_size > 0) {
        *ret_size = (size_t)stat.st_size;
        at = mmap(NULL, *ret_size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    return at == MAP_FAILED ? NULL : at;
}

/* What was read to be checked is given back: pages come in again as they are looked at. */
static Suggest *load(const char *path, bool sound)
{
    size_t size = 0;
    const u8 *bytes = map_whole(path, &size);
    if (!bytes)
        return NULL;
    Suggest *suggest = suggest_around((Arena){0}, bytes, size, sound);
    madvise((void *)(uintptr_t)bytes, size, MADV_DONTNEED);
    if (suggest)
        suggest->map_size = size;
    else
        munmap((void *)(uintptr_t)bytes, size);
    return suggest;
}

Suggest *suggest_load(const char *path)
{
    return load(path, false);
}

static bool write_whole(int fd, const u8 *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t done = write(fd, bytes + at, size - at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += (size_t)done;
    }
    return true;
}

Suggest *suggest_saved(Suggest *suggest, const char *path)
{
    Arena scratch = {0};
    char *part = str_z(&scratch, str_format(&scratch, "%s.part", path));
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_whole(fd, suggest->bytes, suggest->size) && fsync(fd) == 0;
    ok = (fd < 0 || close(fd) == 0) && ok && rename(part, path) == 0;
    arena_done(&scratch);
    Suggest *mapped = ok ? load(path, true) : NULL;
    if (!mapped) {
        log_line(LOG_ERROR_LEVEL, "suggestions.not_saved", "why", strerror(errno), NULL);
        return suggest;
    }
    suggest_done(suggest);
    return mapped;
}
