/* Segments: what was put in comes out, in every form of list; damaged bytes are refused; and the
 * inner loops give the same numbers whichever way the processor takes. */
#include "match/match_score.h"
#include "match/match_seg_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static Arena test_arena;

static int teardown(void **state)
{
    (void)state;
    arena_done(&test_arena);
    return 0;
}

/* ---- A segment and what it should hold ---- */

enum { TERMS = 12 };

/* Term t stands in one document of so many: rare, far apart, near, nearly everywhere. */
static const u32 apart[TERMS] = {60000, 9000, 700, 300, 255, 256, 40, 7, 3, 2, 1, 65000};

static u64 term_hash(size_t t)
{
    return seg_hash((u64)1 << 60 | (0x4E00 + t));
}

/* What term t weighs in a document; 0: it is not there. */
static u8 impact_at(size_t t, u32 doc)
{
    u32 mixed = (doc * 2654435761u) ^ (u32)(t * 40503u);
    if ((mixed >> 7) % apart[t] != 0)
        return 0;
    return (u8)(1 + (mixed >> 11) % 255);
}

static SegBuild *builder(u32 from, u32 doc_count)
{
    SegBuild *build = seg_build_new(40);
    for (u32 doc = from; doc < from + doc_count; doc++) {
        SegPart parts[TERMS];
        size_t count = 0;
        for (size_t t = 0; t < TERMS; t++)
            if (impact_at(t, doc))
                parts[count++] = (SegPart){term_hash(t), impact_at(t, doc)};
        SegDoc own = {.id = doc + 1, .org_id = doc % 5, .length = 40, .kind = (1 + doc % 3) & 63};
        seg_build_add(build, own, doc % 2 ? S("odd") : S(""), parts, count);
    }
    return build;
}

static Seg made(SegBuild *build)
{
    Seg seg;
    assert_true(seg_read(seg_build_bytes(build, &test_arena), &seg));
    seg_build_done(build);
    return seg;
}

static void assert_list(const Seg *seg, size_t t, u32 from)
{
    SegWalk walk = seg_walk(seg_find(seg, term_hash(t)));
    u32 count = 0;
    for (u32 doc = 0; doc < seg->doc_count; doc++) {
        u8 impact = impact_at(t, from + doc);
        if (!impact)
            continue;
        assert_int_equal(walk.doc, doc);
        assert_int_equal(walk.impact, impact);
        seg_walk_next(&walk);
        count++;
    }
    assert_int_equal(walk.doc, SEG_DOCS);
    assert_int_equal(seg_find(seg, term_hash(t)).count, count);
}

static void test_lists_of_every_form(void **state)
{
    (void)state;
    static const u32 sizes[] = {1, 2, 64, 65, 1000, SEG_DOCS};
    bool forms[SEG_DENSE + 1] = {0};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        ArenaMark mark = arena_mark(&test_arena);
        Seg seg = made(builder(0, sizes[i]));
        assert_int_equal(seg.doc_count, sizes[i]);
        assert_true(seg_check(&seg));
        for (size_t t = 0; t < TERMS; t++) {
            assert_list(&seg, t, 0);
            SegList list = seg_find(&seg, term_hash(t));
            forms[list.form] |= list.count > 0;
        }
        assert_int_equal(seg_find(&seg, 12345).count, 0);
        arena_rewind(&test_arena, mark);
    }
    for (size_t i = 0; i < COUNT(forms); i++)
        assert_true(forms[i]);
}

static void test_walk_to(void **state)
{
    (void)state;
    Seg seg = made(builder(0, 30000));
    for (size_t t = 0; t < TERMS; t++) {
        for (u32 step = 1; step < 30000; step = step * 3 + 1) {
            SegWalk walk = seg_walk(seg_find(&seg, term_hash(t)));
            for (u32 to = 0; to < 30000; to += step) {
                u32 doc = to;
                seg_walk_to(&walk, to);
                while (doc < 30000 && !impact_at(t, doc))
                    doc++;
                assert_int_equal(walk.doc, doc < 30000 ? doc : SEG_DOCS);
            }
        }
    }
}

static void test_documents(void **state)
{
    (void)state;
    Seg seg = made(builder(0, 5000));
    for (u32 doc = 0; doc < 5000; doc++) {
        assert_int_equal(seg_doc(&seg, (u8)(1 + doc % 3), doc + 1), doc);
        assert_int_equal(seg_doc(&seg, (u8)(1 + (doc + 1) % 3), doc + 1), SEG_DOCS);
    }
    assert_int_equal(seg_doc(&seg, 1, 0), SEG_DOCS);
    assert_int_equal(seg_doc(&seg, 3, 5001), SEG_DOCS);
    assert_int_equal(seg.docs[1].field_code, seg_field_code(&seg, S("odd")));
    assert_int_equal(seg.docs[2].field_code, seg_field_code(&seg, S("")));
    assert_int_equal(seg_field_code(&seg, S("even")), UINT16_MAX);
    assert_true(str_same_z(seg_field_name(&seg, 1), "odd"));
    assert_int_equal(seg_field_name(&seg, 0).len, 0);
    assert_int_equal(seg_length_total(&seg), 5000 * 40);
}

/* Two segments poured together are as one made of their documents, without the dead. */
static void test_pour(void **state)
{
    (void)state;
    Seg first = made(builder(0, 3000)), second = made(builder(3000, 4000));
    u64 *all = ARENA_NEW(&test_arena, u64, SEG_DOCS / 64);
    memset(all, 0xFF, SEG_DOCS / 8);
    SegBuild *both = seg_build_new(40);
    seg_pour(&first, all, both);
    seg_pour(&second, all, both);
    Str poured = seg_build_bytes(both, &test_arena);
    seg_build_done(both);
    SegBuild *one = builder(0, 7000);
    Str direct = seg_build_bytes(one, &test_arena);
    seg_build_done(one);
    assert_true(str_same(poured, direct));

    u64 *half = ARENA_NEW(&test_arena, u64, SEG_DOCS / 64);
    memset(half, 0x55, SEG_DOCS / 8); /* Every second one, from 0. */
    SegBuild *kept = seg_build_new(40);
    seg_pour(&first, half, kept);
    Seg seg = made(kept);
    assert_int_equal(seg.doc_count, 1500);
    for (size_t t = 0; t < TERMS; t++) {
        SegWalk walk = seg_walk(seg_find(&seg, term_hash(t)));
        for (u32 doc = 0; doc < 3000; doc += 2)
            if (impact_at(t, doc)) {
                assert_int_equal(walk.doc, doc / 2);
                assert_int_equal(walk.impact, impact_at(t, doc));
                seg_walk_next(&walk);
            }
        assert_int_equal(walk.doc, SEG_DOCS);
    }
}

/* ---- Impacts ---- */

static void test_impacts(void **state)
{
    (void)state;
    // clang-format off
    static const struct { double weight, length, mean; u8 impact; } cases[] = {
        {1,    40,   40, 116}, /* 1 / (1 + 1.2) of 255 */
        {3,    40,   40, 182},
        {1,     1,   40, 193}, /* A short text says more by one word, */
        {1,   400,   40,  25}, /* a long one less. */
        {1, 9e9,     40,   1}, /* Never nothing. */
        {9e9,   1,   40, 255},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(seg_impact(cases[i].weight, cases[i].length, cases[i].mean),
                         cases[i].impact);
}

/* Poured into a segment of another mean, an impact is what it would have been there, to a step. */
static void test_other_mean(void **state)
{
    (void)state;
    SegBuild *build = seg_build_new(40), *other = seg_build_new(90);
    for (u32 weight = 1; weight <= 30; weight++) {
        SegPart part = {term_hash(1), seg_impact(weight, 60, 40)};
        seg_build_add(build, (SegDoc){.id = weight, .length = 60, .kind = 1}, S(""), &part, 1);
    }
    Seg seg = made(build);
    u64 *all = ARENA_NEW(&test_arena, u64, SEG_DOCS / 64);
    memset(all, 0xFF, SEG_DOCS / 8);
    seg_pour(&seg, all, other);
    Seg poured = made(other);
    SegWalk walk = seg_walk(seg_find(&poured, term_hash(1)));
    for (u32 weight = 1; weight <= 30; weight++, seg_walk_next(&walk))
        assert_in_range(walk.impact, seg_impact(weight, 60, 90) - 1,
                        seg_impact(weight, 60, 90) + 1);
}

/* ---- Damage ---- */

static char *copy_of(Str bytes)
{
    char *copy = arena_take_raw(&test_arena, bytes.len);
    memcpy(copy, bytes.data, bytes.len);
    return copy;
}

static void test_damage_is_refused(void **state)
{
    (void)state;
    SegBuild *build = builder(0, 300);
    Str bytes = seg_build_bytes(build, &test_arena);
    seg_build_done(build);
    char *copy = copy_of(bytes);
    Chance chance = {.seeded = true, .state = 5};
    Seg seg;
    for (size_t i = 0; i < 400; i++) {
        size_t at = i < sizeof(SegHead) ? i : (size_t)chance_below(&chance, (i64)bytes.len);
        copy[at] = (char)(copy[at] ^ (1 << chance_below(&chance, 8)));
        assert_false(seg_read((Str){copy, bytes.len}, &seg));
        copy[at] = bytes.data[at];
    }
    for (size_t len = 0; len < bytes.len; len += 1 + len / 7)
        assert_false(seg_read((Str){copy, len}, &seg));
    assert_true(seg_read((Str){copy, bytes.len}, &seg));
}

/* Whoever makes the sum fit again meets seg_check; what it lets through can be walked and scored.
 * */
static void test_forged_segments(void **state)
{
    (void)state;
    SegBuild *build = builder(0, 300);
    Str bytes = seg_build_bytes(build, &test_arena);
    seg_build_done(build);
    char *copy = copy_of(bytes);
    Chance chance = {.seeded = true, .state = 6};
    const SegHead *head = (const SegHead *)(const void *)bytes.data;
    int refused = 0, searched = 0;
    for (int i = 0; i < 700; i++) {
        size_t from = i % 3 == 0 ? 0 : i % 3 == 1 ? head->terms_at : head->lists_at;
        size_t room = (i % 3 == 0 ? sizeof(SegHead) : head->size - from);
        size_t at = from + (size_t)chance_below(&chance, (i64)room);
        copy[at] = (char)chance_below(&chance, 256);
        u32 sum = seg_sum((Str){copy, bytes.len});
        memcpy(copy + offsetof(SegHead, sum), &sum, sizeof sum);
        Seg seg;
        if (seg_read((Str){copy, bytes.len}, &seg) && seg_check(&seg)) {
            for (size_t t = 0; t < TERMS; t++) {
                SegList list = seg_find(&seg, term_hash(t));
                score_add(score_board(), &list, 100);
            }
            score_clear(score_board(), SEG_DOCS);
            searched++;
        } else {
            refused++;
        }
        memcpy(copy, bytes.data, sizeof(SegHead));
        copy[at] = bytes.data[at];
    }
    assert_true(refused > 70 && searched > 70);
}

/* ---- Scores ---- */

static void compare_board(const uint16_t *board, const Seg *seg, const u32 *factors,
                          bool found_only)
{
    for (u32 doc = 0; doc < seg->doc_count; doc++) {
        u32 sum = 0;
        for (size_t t = 0; t < TERMS; t++)
            if (impact_at(t, doc) && (!found_only || t == 0 || sum))
                sum += score_share(impact_at(t, doc), factors[t]);
        if (board[doc] != sum)
            fail_msg("document %u: %u, not %u", doc, board[doc], sum);
    }
}

static void test_boards(void **state)
{
    (void)state;
    static const u32 sizes[] = {1, 63, 64, 5000, SEG_DOCS};
    for (size_t i = 0; i < COUNT(sizes) * 2; i++) {
        ArenaMark mark = arena_mark(&test_arena);
        Seg seg = made(builder(0, sizes[i / 2]));
        u32 factors[TERMS];
        score_use_plain(i % 2);
        for (int found_only = 0; found_only < 2; found_only++) {
            uint16_t *board = score_board();
            for (size_t t = 0; t < TERMS; t++) {
                SegList list = seg_find(&seg, term_hash(t));
                factors[t] = (u32)(t * t * 60 + 1);
                if (list.count && found_only && t > 0)
                    score_add_found(board, &list, factors[t]);
                else if (list.count)
                    score_add(board, &list, factors[t]);
            }
            compare_board(board, &seg, factors, found_only);
            score_clear(board, seg.doc_count);
        }
        arena_rewind(&test_arena, mark);
    }
    score_use_plain(false);
}

static void test_at_least(void **state)
{
    (void)state;
    static const u32 sizes[] = {1, 31, 32, 33, 64, 100, 1000, SEG_DOCS};
    static const u32 leasts[] = {1, 2, 255, 256, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0x10000};
    Chance chance = {.seeded = true, .state = 9};
    uint16_t *board = score_board();
    ScoreBits found;
    for (size_t i = 0; i < COUNT(sizes) * COUNT(leasts) * 2; i++) {
        u32 size = sizes[i / 2 % COUNT(sizes)], least = leasts[i / 2 / COUNT(sizes)];
        score_use_plain(i % 2);
        for (u32 doc = 0; doc < size; doc++)
            board[doc] =
                (uint16_t)(chance_below(&chance, 3) ? chance_below(&chance, 0x10000)
                                                    : (i64)least - 1 + chance_below(&chance, 2));
        score_at_least(board, size, least, &found);
        for (u32 doc = 0; doc < size; doc++)
            assert_int_equal(found.docs[doc / 64] >> doc % 64 & 1, board[doc] >= least);
        if (size % 64)
            assert_int_equal(found.docs[size / 64] >> size % 64, 0);
        for (u32 strip = 0; strip * SCORE_STRIP < size; strip++) {
            bool any = false;
            for (u32 doc = strip * SCORE_STRIP; doc < (strip + 1) * SCORE_STRIP; doc++)
                any |= doc < size && board[doc] >= least;
            assert_int_equal(found.strips[strip / 64] >> strip % 64 & 1, any);
        }
        score_clear(board, size);
    }
    score_use_plain(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_of_every_form),
        cmocka_unit_test(test_walk_to),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_pour),
        cmocka_unit_test(test_impacts),
        cmocka_unit_test(test_other_mean),
        cmocka_unit_test(test_damage_is_refused),
        cmocka_unit_test(test_forged_segments),
        cmocka_unit_test(test_boards),
        cmocka_unit_test(test_at_least),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
