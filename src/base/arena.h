/* arena.h - memory that is taken piece by piece and given back all at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"

enum {
    ARENA_CHUNK_BYTES = 32 * 1024, /* Smallest piece asked of the system. */
};

typedef struct ArenaChunk ArenaChunk;

typedef struct Arena {
    ArenaChunk *chunk; /* The one being filled; older ones hang behind it. */
    size_t used;       /* Bytes used of the current chunk. */
    size_t total;      /* Bytes held from the system, for limits and tests. */
} Arena;

/* A point to go back to: everything taken after it is given back by arena_rewind. */
typedef struct ArenaMark {
    ArenaChunk *chunk;
    size_t used;
} ArenaMark;

/* An empty arena is all zero: `Arena arena = {0};`. Nothing needs init. */

/* Zeroed memory of `size` bytes, aligned for any type. Ends the process when the system has none.
 */
void *arena_take(Arena *arena, size_t size);

/* The same, not zeroed: for bytes that are written at once. */
void *arena_take_raw(Arena *arena, size_t size);

/* `count` zeroed items of a type. */
#define ARENA_NEW(arena, Type, count) ((Type *)arena_take_array((arena), sizeof(Type), (count)))
void *arena_take_array(Arena *arena, size_t item_size, size_t count);

/* Grows the newest piece in place if it can, else copies. `old` may be NULL when old_size is 0.
 * What is new is zeroed, but for the raw one. */
void *arena_grow(Arena *arena, void *old, size_t old_size, size_t new_size);
void *arena_grow_raw(Arena *arena, void *old, size_t old_size, size_t new_size);

/* The point reached now, and back to it: what was taken since is given back. */
ArenaMark arena_mark(const Arena *arena);
void arena_rewind(Arena *arena, ArenaMark mark);

/* Gives all but the first chunk back and starts over; for an arena that serves many requests. */
void arena_reset(Arena *arena);

/* Gives everything back to the system. */
void arena_done(Arena *arena);

#endif
