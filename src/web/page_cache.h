/* page_cache.h - public list pages as they were last rendered, until the next fact.
 *
 * A page that everybody sees alike depends on its address, the language, the theme and the rows.
 * The rows change only with facts, so a rendered page stays true until the follower has taken in a
 * new fact (page_cache_turn). Signed-in readers are never served from here. Any thread.
 */
#ifndef WEB_PAGE_CACHE_H
#define WEB_PAGE_CACHE_H

#include "base/base.h"

typedef struct PageCache PageCache;

enum {
    PAGE_CACHE_SLOTS = 256,
    PAGE_CACHE_BYTES_MAX = 64 * 1024, /* One page; a longer one is not kept. */
};

/* Lives in an arena of its own until page_cache_done. */
PageCache *page_cache_new(void);
void page_cache_done(PageCache *cache);

/* All that is kept is old from now on. */
void page_cache_turn(PageCache *cache);
/* The turn now; a page rendered in an earlier turn is not kept by page_cache_put. */
i64 page_cache_now(PageCache *cache);
/* A copy of the page in `arena`; false when it is not there or old. */
bool page_cache_get(PageCache *cache, Arena *arena, Str key, Str *ret_page);
void page_cache_put(PageCache *cache, Str key, i64 turn, Str page);

#endif
