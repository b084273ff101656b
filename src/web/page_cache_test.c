#include "web/page_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static void a_page_is_kept_until_the_next_turn(void **state)
{
    (void)state;
    Arena arena = {0};
    PageCache *cache = page_cache_new();
    Str page = {0};
    assert_false(page_cache_get(cache, &arena, S("/patents zh "), &page));
    page_cache_put(cache, S("/patents zh "), page_cache_now(cache), S("<p>1</p>"));
    assert_true(page_cache_get(cache, &arena, S("/patents zh "), &page));
    assert_true(str_same(page, S("<p>1</p>")));
    assert_false(page_cache_get(cache, &arena, S("/patents en "), &page));
    page_cache_turn(cache);
    assert_false(page_cache_get(cache, &arena, S("/patents zh "), &page));
    page_cache_done(cache);
    arena_done(&arena);
}

/* Rendered before a fact and offered after it: it may lack what the fact tells. */
static void a_page_of_an_earlier_turn_is_not_kept(void **state)
{
    (void)state;
    Arena arena = {0};
    PageCache *cache = page_cache_new();
    Str page = {0};
    i64 turn = page_cache_now(cache);
    page_cache_turn(cache);
    page_cache_put(cache, S("/needs zh "), turn, S("old"));
    assert_false(page_cache_get(cache, &arena, S("/needs zh "), &page));
    page_cache_done(cache);
    arena_done(&arena);
}

static void a_page_over_the_limit_is_not_kept(void **state)
{
    (void)state;
    Arena arena = {0};
    PageCache *cache = page_cache_new();
    Str page = {0};
    char *bytes = arena_take(&arena, PAGE_CACHE_BYTES_MAX + 1);
    memset(bytes, 'x', PAGE_CACHE_BYTES_MAX + 1);
    Str most = {bytes, PAGE_CACHE_BYTES_MAX}, over = {bytes, PAGE_CACHE_BYTES_MAX + 1};
    page_cache_put(cache, S("a"), page_cache_now(cache), over);
    assert_false(page_cache_get(cache, &arena, S("a"), &page));
    page_cache_put(cache, S("a"), page_cache_now(cache), most);
    assert_true(page_cache_get(cache, &arena, S("a"), &page));
    page_cache_done(cache);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_kept_until_the_next_turn),
        cmocka_unit_test(a_page_of_an_earlier_turn_is_not_kept),
        cmocka_unit_test(a_page_over_the_limit_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
