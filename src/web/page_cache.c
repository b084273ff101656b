#include "web/page_cache.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct Slot {
    pthread_mutex_t mutex;
    Arena arena; /* Of this slot alone: emptied when another page takes it. */
    Str key, page;
    i64 turn;
} Slot;

struct PageCache {
    Arena own;
    _Atomic i64 turn;
    Slot slots[PAGE_CACHE_SLOTS];
};

PageCache *page_cache_new(void)
{
    Arena own = {0};
    PageCache *cache = ARENA_NEW(&own, PageCache, 1);
    for (size_t i = 0; i < PAGE_CACHE_SLOTS; i++)
        pthread_mutex_init(&cache->slots[i].mutex, NULL);
    cache->own = own;
    atomic_store(&cache->turn, 1);
    return cache;
}

void page_cache_done(PageCache *cache)
{
    for (size_t i = 0; i < PAGE_CACHE_SLOTS; i++) {
        pthread_mutex_destroy(&cache->slots[i].mutex);
        arena_done(&cache->slots[i].arena);
    }
    Arena own = cache->own;
    arena_done(&own);
}

void page_cache_turn(PageCache *cache)
{
    atomic_fetch_add(&cache->turn, 1);
}

i64 page_cache_now(PageCache *cache)
{
    return atomic_load(&cache->turn);
}

static Slot *slot_of(PageCache *cache, Str key)
{
    u64 hash = 14695981039346656037u;
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (u8)key.data[i]) * 1099511628211u;
    return &cache->slots[(hash >> 32 ^ hash) % PAGE_CACHE_SLOTS];
}

bool page_cache_get(PageCache *cache, Arena *arena, Str key, Str *ret_page)
{
    Slot *slot = slot_of(cache, key);
    pthread_mutex_lock(&slot->mutex);
    bool hit = slot->turn == atomic_load(&cache->turn) && str_same(slot->key, key);
    if (hit)
        *ret_page = str_copy(arena, slot->page);
    pthread_mutex_unlock(&slot->mutex);
    return hit;
}

void page_cache_put(PageCache *cache, Str key, i64 turn, Str page)
{
    if (page.len > PAGE_CACHE_BYTES_MAX || turn != atomic_load(&cache->turn))
        return;
    Slot *slot = slot_of(cache, key);
    pthread_mutex_lock(&slot->mutex);
    arena_done(&slot->arena);
    slot->key = str_copy(&slot->arena, key);
    slot->page = str_copy(&slot->arena, page);
    slot->turn = turn;
    pthread_mutex_unlock(&slot->mutex);
}
