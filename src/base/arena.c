#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ArenaChunk {
    ArenaChunk *before;
    size_t size;
    _Alignas(max_align_t) char data[];
};

enum { ALIGN = _Alignof(max_align_t) };

static size_t round_up(size_t size)
{
    return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static void out_of_memory(void)
{
    fputs("{\"level\":\"error\",\"event\":\"out_of_memory\"}\n", stderr);
    abort();
}

static void add_chunk(Arena *arena, size_t need)
{
    size_t size = need > ARENA_CHUNK_BYTES ? need : ARENA_CHUNK_BYTES;
    ArenaChunk *chunk = malloc(sizeof *chunk + size);
    if (!chunk)
        out_of_memory();
    chunk->before = arena->chunk;
    chunk->size = size;
    arena->chunk = chunk;
    arena->used = 0;
    arena->total += size;
}

void *arena_take_raw(Arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        out_of_memory();
    size = round_up(size ? size : 1);
    if (!arena->chunk || arena->chunk->size - arena->used < size)
        add_chunk(arena, size);
    void *piece = arena->chunk->data + arena->used;
    arena->used += size;
    return piece;
}

void *arena_take(Arena *arena, size_t size)
{
    return memset(arena_take_raw(arena, size), 0, size);
}

void *arena_take_array(Arena *arena, size_t item_size, size_t count)
{
    size_t size;
    if (__builtin_mul_overflow(item_size, count, &size))
        out_of_memory();
    return arena_take(arena, size);
}

void *arena_grow_raw(Arena *arena, void *old, size_t old_size, size_t new_size)
{
    assert(new_size >= old_size);
    ArenaChunk *chunk = arena->chunk;
    size_t old_room = round_up(old_size ? old_size : 1);
    size_t new_room = round_up(new_size ? new_size : 1);
    bool newest = old && chunk && (char *)old + old_room == chunk->data + arena->used;
    if (newest && chunk->size - arena->used >= new_room - old_room) {
        arena->used += new_room - old_room;
        return old;
    }
    void *piece = arena_take_raw(arena, new_size);
    if (old_size)
        memcpy(piece, old, old_size);
    return piece;
}

void *arena_grow(Arena *arena, void *old, size_t old_size, size_t new_size)
{
    char *piece = arena_grow_raw(arena, old, old_size, new_size);
    memset(piece + old_size, 0, new_size - old_size);
    return piece;
}

ArenaMark arena_mark(const Arena *arena)
{
    return (ArenaMark){arena->chunk, arena->used};
}

static void drop_chunk(Arena *arena)
{
    ArenaChunk *chunk = arena->chunk;
    arena->chunk = chunk->before;
    arena->total -= chunk->size;
    free(chunk);
}

void arena_rewind(Arena *arena, ArenaMark mark)
{
    while (arena->chunk != mark.chunk)
        drop_chunk(arena);
    arena->used = mark.used;
}

void arena_reset(Arena *arena)
{
    while (arena->chunk && (arena->chunk->before || arena->chunk->size > ARENA_CHUNK_BYTES))
        drop_chunk(arena);
    arena->used = 0;
}

void arena_done(Arena *arena)
{
    while (arena->chunk)
        drop_chunk(arena);
    *arena = (Arena){0};
}
