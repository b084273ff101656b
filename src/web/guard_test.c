#include "web/guard.h"
#include "web/server_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { CASES_MAX = 200 };

static void test_folder(void **state)
{
    (void)state;
    Arena arena = {0};
    static RawCase cases[CASES_MAX];
    size_t count = cases_load(&arena, cases, CASES_MAX);
    assert_true(count >= 60);
    for (size_t i = 0; i < count; i++) {
        const RawCase *c = &cases[i];
        Guard guard = guard_head(c->bytes);
        bool passes = c->late || c->status < 300;
        if ((guard.verdict == GUARD_OK) != passes || (!passes && guard.status != c->status))
            fail_msg("%s: verdict %d, status %d, %s", c->name, (int)guard.verdict, guard.status,
                     guard.reason ? guard.reason : "");
    }
    arena_done(&arena);
}

/* However a request is cut on its way, it gets the same verdict, and a good one none too early. */
static void test_cuts(void **state)
{
    (void)state;
    Arena arena = {0};
    static RawCase cases[CASES_MAX];
    size_t count = cases_load(&arena, cases, CASES_MAX);
    for (size_t i = 0; i < count; i++) {
        Str bytes = cases[i].bytes;
        Guard whole = guard_head(bytes);
        for (size_t cut = 1; cut < bytes.len && bytes.len < 4096; cut++) {
            Guard guard = guard_head(str_slice(bytes, 0, cut));
            if (guard.verdict == GUARD_MORE)
                continue;
            assert_int_equal(guard.verdict, whole.verdict);
            assert_int_equal(guard.status, whole.status);
            if (guard.verdict == GUARD_OK)
                assert_true(cut >= guard.head_len && guard.head_len == whole.head_len);
        }
    }
    arena_done(&arena);
}

static void test_what_it_tells(void **state)
{
    (void)state;
    Guard guard =
        guard_head(S("POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nhello"));
    assert_int_equal(guard.verdict, GUARD_OK);
    assert_true(str_same(guard.method, S("POST")));
    assert_true(str_same(guard.target, S("/a?b=c")));
    assert_int_equal(guard.body_len, 12);
    assert_int_equal(guard.minor, 1);
    assert_int_equal(guard.head_len, 53);
    guard = guard_head(S("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
    assert_int_equal(guard.verdict, GUARD_OK);
    assert_int_equal(guard.body_len, -1);
}

/* A head without an end is refused at the limit, not before. */
static void test_limits(void **state)
{
    (void)state;
    static char head[GUARD_HEAD_MAX + 1];
    memset(head, 'a', sizeof head);
    static const char start[] = "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ";
    memcpy(head, start, sizeof start - 1);
    assert_int_equal(guard_head((Str){head, GUARD_HEAD_MAX - 1}).verdict, GUARD_MORE);
    assert_int_equal(guard_head((Str){head, GUARD_HEAD_MAX}).status, 431);
    memcpy(head + GUARD_HEAD_MAX - 4, "\r\n\r\n", 4);
    assert_int_equal(guard_head((Str){head, GUARD_HEAD_MAX}).verdict, GUARD_OK);
    memcpy(head + GUARD_HEAD_MAX - 4, "aaa\r\n\r\n", 5);
    assert_int_equal(guard_head((Str){head, GUARD_HEAD_MAX + 1}).status, 431);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_what_it_tells),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
