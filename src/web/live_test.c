#include "web/live.h"

#include <stdio.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* All that a cursor can read now. */
static Str read_all(Arena *arena, Live *live, LiveCursor *cursor, LiveRead *ret_last)
{
    Buf buf = buf_new(arena);
    char piece[97]; /* Odd, so that pieces and events do not fall together. */
    size_t count = 0;
    while ((*ret_last = live_read(live, cursor, piece, sizeof piece, &count)) == LIVE_SOME)
        buf_add(&buf, (Str){piece, count});
    return buf_str(&buf);
}

static void expect_read(Live *live, LiveCursor *cursor, const char *text)
{
    Arena arena = {0};
    LiveRead last;
    Str got = read_all(&arena, live, cursor, &last);
    assert_int_equal(last, LIVE_NOTHING);
    assert_string_equal(str_z(&arena, got), text);
    arena_done(&arena);
}

static void test_wire_form(void **state)
{
    (void)state;
    Live *live = live_new();
    LiveCursor cursor;
    assert_true(live_follow(live, S("a"), -1, &cursor));
    assert_true(live_add(live, S("a"), 7, S("bid"), S("one\ntwo\r\nthree\rfour")));
    expect_read(live, &cursor,
                "id: 7\nevent: bid\ndata: one\ndata: two\ndata: three\ndata: four\n\n");
    assert_true(live_add(live, S("a"), 8, S(""), S("")));
    expect_read(live, &cursor, "id: 8\ndata: \n\n");
    assert_false(live_add(live, S("a"), 8, S(""), S("again")));
    assert_false(live_add(live, S("a"), 9, S("x\nid: 99"), S("forged")));
    expect_read(live, &cursor, "");
    live_leave(live, &cursor);
    live_done(live);
}

static void test_last_id(void **state)
{
    (void)state;
    // clang-format off
    static const struct { i64 last; const char *text; } rows[] = {
        { -1, "" },
        { 0,  "id: 10\ndata: a\n\nid: 20\ndata: b\n\nid: 30\ndata: c\n\n" },
        { 9,  "id: 10\ndata: a\n\nid: 20\ndata: b\n\nid: 30\ndata: c\n\n" },
        { 10, "id: 20\ndata: b\n\nid: 30\ndata: c\n\n" },
        { 15, "id: 20\ndata: b\n\nid: 30\ndata: c\n\n" },
        { 30, "" },
        { 99, "" },
    };
    // clang-format on
    Live *live = live_new();
    LiveCursor first;
    assert_true(live_follow(live, S("a"), -1, &first));
    live_leave(live, &first);
    assert_true(live_add(live, S("a"), 10, S(""), S("a")));
    assert_true(live_add(live, S("b"), 11, S(""), S("of another channel")));
    assert_true(live_add(live, S("a"), 20, S(""), S("b")));
    assert_true(live_add(live, S("a"), 30, S(""), S("c")));
    for (size_t i = 0; i < COUNT(rows); i++) {
        LiveCursor cursor;
        assert_true(live_follow(live, S("a"), rows[i].last, &cursor));
        expect_read(live, &cursor, rows[i].text);
        live_leave(live, &cursor);
    }
    live_done(live);
}

/* After the floor nothing is missed; before it, or before the kept tail, the page is told. */
static void test_gap(void **state)
{
    (void)state;
    static const char gap[] = "event: gap\ndata: reload\n\n";
    Live *live = live_new();
    LiveCursor cursor;
    live_floor(live, 100);
    assert_true(live_follow(live, S("a"), 99, &cursor));
    expect_read(live, &cursor, gap);
    live_leave(live, &cursor);
    assert_true(live_follow(live, S("a"), 100, &cursor));
    expect_read(live, &cursor, "");
    live_leave(live, &cursor);

    for (i64 id = 101; id <= 101 + LIVE_KEPT; id++)
        assert_true(live_add(live, S("a"), id, S(""), S("x")));
    assert_true(live_follow(live, S("a"), 101, &cursor)); /* 101 has gone, and was seen. */
    assert_false(cursor.gap);
    live_leave(live, &cursor);
    assert_true(live_follow(live, S("a"), 100, &cursor));
    assert_true(cursor.gap);
    live_leave(live, &cursor);
    live_done(live);
}

/* Events of all sizes through the ring, read by one who keeps up: every byte once, in order. */
static void test_ring_wraps(void **state)
{
    (void)state;
    Live *live = live_new();
    LiveCursor cursor;
    static char data[9000];
    memset(data, 'x', sizeof data);
    assert_true(live_follow(live, S("a"), -1, &cursor));
    for (i64 id = 1; id <= 400; id++) {
        Arena arena = {0};
        LiveRead last;
        size_t len = (size_t)(id * 7919 % (i64)sizeof data);
        assert_true(live_add(live, S("a"), id, S(""), (Str){data, len}));
        Str got = read_all(&arena, live, &cursor, &last);
        Str want = str_format(&arena, "id: %lld\ndata: %.*s\n\n", (long long)id, (int)len, data);
        assert_int_equal(last, LIVE_NOTHING);
        assert_true(str_same(got, want));
        arena_done(&arena);
    }
    live_leave(live, &cursor);
    live_done(live);
}

static void test_behind(void **state)
{
    (void)state;
    Live *live = live_new();
    LiveCursor cursor;
    char piece[16];
    size_t count;
    static char data[4000];
    memset(data, 'x', sizeof data);
    assert_true(live_follow(live, S("a"), -1, &cursor));
    for (i64 id = 1; id <= 16; id++)
        assert_true(live_add(live, S("a"), id, S(""), (Str){data, sizeof data}));
    assert_false(live_behind(live, &cursor));
    assert_true(live_add(live, S("a"), 17, S(""), (Str){data, sizeof data}));
    assert_true(live_behind(live, &cursor));
    assert_int_equal(live_read(live, &cursor, piece, sizeof piece, &count), LIVE_BEHIND);
    live_leave(live, &cursor);
    live_done(live);
}

static void expect_round(Live *live, LiveChannel *channel, const char *text)
{
    LiveCursor round;
    assert_true(live_round(live, &round));
    assert_ptr_equal(round.channel, channel);
    expect_read(live, &round, text);
    live_round_end(live, &round);
}

static void test_rounds(void **state)
{
    (void)state;
    Live *live = live_new();
    LiveCursor one, two, round;
    assert_true(live_follow(live, S("a"), -1, &one));
    assert_true(live_follow(live, S("b"), -1, &two));
    assert_true(live_add(live, S("b"), 1, S(""), S("x")));
    assert_true(live_add(live, S("b"), 2, S(""), S("y")));
    assert_true(live_add(live, S("c"), 3, S(""), S("nobody listens")));
    assert_true(live_add(live, S("a"), 4, S(""), S("z")));
    assert_int_equal(live_needed(live, S("b")), LIVE_BUSY);
    expect_round(live, two.channel, "id: 1\ndata: x\n\nid: 2\ndata: y\n\n");
    assert_int_equal(live_needed(live, S("b")), LIVE_READY);
    assert_int_equal(live_needed(live, S("c")), LIVE_UNWATCHED);
    expect_round(live, one.channel, "id: 4\ndata: z\n\n");
    assert_false(live_round(live, &round));

    /* What comes during a round is the next one's. */
    assert_true(live_add(live, S("a"), 5, S(""), S("p")));
    assert_true(live_round(live, &round));
    expect_read(live, &round, "id: 5\ndata: p\n\n");
    assert_true(live_add(live, S("a"), 6, S(""), S("q")));
    live_round_end(live, &round);
    assert_int_equal(live_needed(live, S("a")), LIVE_BUSY);
    expect_round(live, one.channel, "id: 6\ndata: q\n\n");

    assert_true(live_add(live, S("a"), 7, S(""), S("x")));
    live_leave(live, &one);
    assert_false(live_round(live, &round));
    live_leave(live, &two);
    live_done(live);
}

/* Nothing is kept for a channel that was never watched; its first watcher is told of the gap. */
static void test_unwatched(void **state)
{
    (void)state;
    static const char gap[] = "event: gap\ndata: reload\n\n";
    Live *live = live_new();
    LiveCursor cursor;
    assert_true(live_add(live, S("a"), 5, S(""), S("lost")));
    live_skip(live, 7);
    assert_true(live_follow(live, S("a"), 4, &cursor));
    expect_read(live, &cursor, gap);
    live_leave(live, &cursor);
    assert_true(live_follow(live, S("b"), 7, &cursor));
    expect_read(live, &cursor, "");
    live_leave(live, &cursor);
    assert_true(live_add(live, S("a"), 8, S(""), S("kept")));
    assert_true(live_follow(live, S("a"), 7, &cursor));
    expect_read(live, &cursor, "id: 8\ndata: kept\n\n");
    live_leave(live, &cursor);
    live_done(live);
}

/* The longest unused channel gives way, and its last id becomes the floor of what comes anew. */
static void test_channels_max(void **state)
{
    (void)state;
    Live *live = live_new();
    Arena arena = {0};
    LiveCursor cursor;
    assert_true(live_follow(live, S("first"), -1, &cursor));
    live_leave(live, &cursor);
    assert_true(live_add(live, S("first"), 5, S(""), S("x")));
    for (int i = 1; i < LIVE_CHANNELS_MAX; i++)
        assert_true(live_follow(live, str_format(&arena, "c/%d", i), -1, &cursor));
    assert_true(
        live_follow(live, S("late"), -1, &cursor)); /* "first" gave way; all others are watched. */
    assert_false(live_follow(live, S("too many"), -1, &cursor));
    live_leave(live, &cursor);
    assert_true(live_follow(live, S("first"), 4, &cursor));
    assert_true(cursor.gap);
    live_leave(live, &cursor);
    assert_true(live_follow(live, S("first"), 5, &cursor));
    assert_false(cursor.gap);
    arena_done(&arena);
    live_done(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_form),    cmocka_unit_test(test_last_id),
        cmocka_unit_test(test_gap),          cmocka_unit_test(test_ring_wraps),
        cmocka_unit_test(test_behind),       cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_channels_max), cmocka_unit_test(test_unwatched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
