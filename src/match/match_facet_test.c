/* Counts of hits by what they are, against counting the hits themselves. */
#include "match/match_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static Arena test_arena;
static Cx cx;

static int setup(void **state)
{
    (void)state;
    cx = (Cx){.arena = &test_arena};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&test_arena);
    return 0;
}

enum { DOCS = 3000, ROUNDS = 60 };

static const char *const words[] = {"石墨", "散热", "电池", "切割", "激光", "薄膜"};
static const char *const codes[] = {"", "ict", "newenergy", "material"};
static const int regions[] = {0, 11, 32, 65, 82};

typedef struct Doc {
    MatchDoc doc;
    char title[40];
    bool live;
} Doc;

static size_t pick(Chance *chance, size_t below)
{
    return (size_t)chance_below(chance, (i64)below);
}

static void make(Chance *chance, Doc *doc, i64 id)
{
    snprintf(doc->title, sizeof doc->title, "%s%s", words[pick(chance, COUNT(words))],
             words[pick(chance, COUNT(words))]);
    doc->doc = (MatchDoc){.kind = (MatchKind)(1 + pick(chance, 3)),
                          .id = id,
                          .listed = pick(chance, 2),
                          .org_id = (i64)pick(chance, 4),
                          .field_code = str_from(codes[pick(chance, COUNT(codes))]),
                          .region = regions[pick(chance, COUNT(regions))],
                          .maturity = (int)pick(chance, 10),
                          .year = pick(chance, 5) ? 2000 + (int)pick(chance, 6) : 0};
    doc->live = true;
}

static void put(MatchIndex *index, Doc *doc)
{
    MatchField field = {str_from(doc->title), 3, false};
    doc->doc.fields = &field;
    doc->doc.field_count = 1;
    assert_int_equal(match_put(&cx, index, &doc->doc), ERR_OK);
}

static MatchQuery random_query(Chance *chance)
{
    MatchQuery query = {.text = str_from(words[pick(chance, COUNT(words))]), .limit = 1};
    if (!pick(chance, 2))
        query.kinds = 1u << (1 + pick(chance, 3));
    if (!pick(chance, 3))
        query.listed_only = true;
    else if (!pick(chance, 3))
        query.unlisted_only = true;
    if (!pick(chance, 2))
        query.field_code = str_from(codes[pick(chance, COUNT(codes))]);
    if (!pick(chance, 2))
        query.region = regions[pick(chance, COUNT(regions))];
    if (!pick(chance, 3))
        query.maturity = (int)pick(chance, 10);
    if (!pick(chance, 3))
        query.year = 2000 + (int)pick(chance, 6);
    if (!pick(chance, 4))
        query.not_org_id = 1;
    return query;
}

/* How many hits there are with one choice made another way: that is what its count says. */
static i64 hits(MatchIndex *index, MatchQuery query)
{
    MatchAnswer answer;
    query.facets = NULL;
    assert_int_equal(match_search(&cx, index, &query, &answer), ERR_OK);
    return answer.total;
}

static i64 field_count(const MatchFacets *facets, Str code)
{
    for (size_t i = 0; i < facets->field_count; i++)
        if (str_same(facets->fields[i].code, code))
            return facets->fields[i].count;
    return 0;
}

static void check_counts(MatchIndex *index, MatchQuery query, const MatchFacets *facets)
{
    MatchQuery other = query;
    for (unsigned kind = 1; kind <= 3; kind++) {
        other.kinds = 1u << kind;
        assert_int_equal(facets->kinds[kind], hits(index, other));
    }
    other = query;
    other.listed_only = true;
    other.unlisted_only = false;
    assert_int_equal(facets->listed[1], hits(index, other));
    other.listed_only = false;
    other.unlisted_only = true;
    assert_int_equal(facets->listed[0], hits(index, other));
    other = query;
    for (size_t i = 1; i < COUNT(codes); i++) {
        other.field_code = str_from(codes[i]);
        assert_int_equal(field_count(facets, other.field_code), hits(index, other));
    }
    other = query;
    for (size_t i = 1; i < COUNT(regions); i++) {
        other.region = regions[i];
        assert_int_equal(facets->regions[regions[i]], hits(index, other));
    }
    other = query;
    for (other.maturity = 1; other.maturity < 10; other.maturity++)
        assert_int_equal(facets->maturities[other.maturity], hits(index, other));
    other = query;
    for (other.year = 2000; other.year < 2006; other.year++)
        assert_int_equal(facets->years[other.year - MATCH_YEAR_FIRST], hits(index, other));
}

static void test_counts(void **state)
{
    (void)state;
    Chance chance = {.seeded = true, .state = 5};
    MatchIndex *index = match_open();
    Doc *docs = ARENA_NEW(&test_arena, Doc, DOCS);
    for (i64 i = 0; i < DOCS; i++) {
        make(&chance, &docs[i], i + 1);
        put(index, &docs[i]);
        if (i % 700 == 0)
            match_settle(index);
    }
    for (size_t i = 0; i < DOCS / 10; i++) {
        Doc *doc = &docs[pick(&chance, DOCS)];
        match_drop(index, doc->doc.kind, doc->doc.id);
    }
    for (int round = 0; round < ROUNDS; round++) {
        MatchFacets facets = {0};
        MatchAnswer answer;
        MatchQuery query = random_query(&chance);
        query.facets = &facets;
        assert_int_equal(match_search(&cx, index, &query, &answer), ERR_OK);
        check_counts(index, query, &facets);
        while (match_tend(index) && round > ROUNDS / 2)
            ; /* Poured into another segment a document keeps what it is counted by. */
    }
    match_close(index);
}

static void test_elsewhere(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    Doc doc = {.doc = {.kind = MATCH_PATENT, .id = 1, .org_id = 7, .region = 32},
               .title = "石墨散热"};
    put(index, &doc);
    assert_false(match_elsewhere(index, 7, 32));
    assert_true(match_elsewhere(index, 7, 11));
    assert_false(match_elsewhere(index, 8, 11));
    match_drop(index, MATCH_PATENT, 1);
    assert_false(match_elsewhere(index, 7, 11));
    match_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_elsewhere),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
