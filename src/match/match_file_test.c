/* The index on disk: what was saved is loaded, and damage of any file is found. */
#include "match/match.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static Arena test_arena;
static Cx cx;

static const char *const parts[] = {"石", "墨", "烯", "散",        "热",
                                    "膜", "电", "池", "graphene ", "5G"};

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

static void put(MatchIndex *index, MatchKind kind, i64 id, Str title)
{
    MatchField fields[] = {{title, 3, false}, {id % 4 ? S("") : S("H04L 29/06"), 2, true}};
    MatchDoc doc = {kind, id, fields, COUNT(fields), .listed = true, .field_code = S("new")};
    assert_int_equal(match_put(&cx, index, &doc), ERR_OK);
}

static MatchAnswer ask(MatchIndex *index, const char *text)
{
    MatchAnswer answer = {0};
    MatchQuery query = {.text = str_from(text), .limit = 10};
    assert_int_equal(match_search(&cx, index, &query, &answer), ERR_OK);
    return answer;
}

enum { SAVED_DOCS = 3000 };

static void saved_name(char *path, size_t size, const char *folder, const char *name)
{
    snprintf(path, size, "%s/%s", folder, name);
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
    (void)stat;
    (void)flag;
    (void)ftw;
    return remove(path);
}

/* The hits of some questions, as text. */
static Str answers_of(MatchIndex *index)
{
    static const char *const questions[] = {"石墨", "散热膜 5G", "H04L 29/06", "graphene 电池"};
    Buf out = buf_new(&test_arena);
    for (size_t i = 0; i < COUNT(questions); i++) {
        MatchAnswer answer = ask(index, questions[i]);
        buf_format(&out, "%lld:", (long long)answer.total);
        for (size_t h = 0; h < answer.count; h++)
            buf_format(&out, " %d/%lld %.9f", answer.hits[h].kind, (long long)answer.hits[h].id,
                       answer.hits[h].score);
    }
    return buf_str(&out);
}

static MatchIndex *saved_index(const char *folder)
{
    MatchIndex *index = match_open();
    Chance chance = {.seeded = true, .state = 77};
    for (i64 id = 1; id <= SAVED_DOCS; id++) {
        Buf title = buf_new(&test_arena);
        for (i64 i = chance_below(&chance, 9); i >= 0; i--)
            buf_z(&title, parts[chance_below(&chance, COUNT(parts))]);
        put(index, (MatchKind)(1 + id % 3), id, buf_str(&title));
    }
    assert_int_equal(match_save(&cx, index, str_from(folder), S("mark 1")), ERR_OK);
    return index;
}

static bool loads(const char *folder, Str *ret_answers, Str *ret_mark)
{
    MatchIndex *index = match_open();
    bool ok = match_load(&cx, index, str_from(folder), ret_mark);
    if (ok)
        *ret_answers = answers_of(index);
    else
        assert_int_equal(match_stats(index).doc_count, 0);
    match_close(index);
    return ok;
}

static int files_in(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    char folder[] = "/tmp/match_test.XXXXXX";
    assert_non_null(mkdtemp(folder));
    Str answers, mark;
    assert_false(loads(folder, &answers, &mark)); /* Nothing there: no error. */
    MatchIndex *index = saved_index(folder);
    assert_true(loads(folder, &answers, &mark));
    assert_true(str_same(answers, answers_of(index)));
    assert_true(str_same(mark, S("mark 1")));

    /* What is dropped, put and joined later is there after the next save, and old files go. */
    for (i64 id = 1; id <= SAVED_DOCS; id += 2)
        match_drop(index, (MatchKind)(1 + id % 3), id);
    put(index, MATCH_NEED, 999999, S("石墨散热膜"));
    assert_true(loads(folder, &answers, &mark));
    assert_true(str_same(mark, S("mark 1")));
    while (match_tend(index))
        ;
    for (int i = 0; i < 6; i++) {
        put(index, MATCH_NEED, 1000000 + i, S("石墨电池"));
        assert_int_equal(match_save(&cx, index, str_from(folder), S("mark 2")), ERR_OK);
        while (match_tend(index))
            ;
    }
    assert_int_equal(match_save(&cx, index, str_from(folder), S("mark 3")), ERR_OK);
    assert_true(loads(folder, &answers, &mark));
    assert_true(str_same(answers, answers_of(index)));
    assert_true(str_same(mark, S("mark 3")));
    assert_int_equal(files_in(folder), 1 + match_stats(index).segment_count);
    match_close(index);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void flip(const char *path, long at, bool cut)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, at, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, at, SEEK_SET);
    fputc(byte ^ 0x10, file);
    fclose(file);
    if (cut)
        assert_int_equal(truncate(path, at), 0);
}

/* A flipped or missing byte of any file: nothing is taken over, and the program goes on without. */
static void test_damaged_files(void **state)
{
    (void)state;
    static const char *const names[] = {"index", "seg-1"};
    char folder[] = "/tmp/match_test.XXXXXX", path[100];
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < COUNT(names); i++) {
        Chance chance = {.seeded = true, .state = 3 + i};
        for (int round = 0; round < 12; round++) {
            Str answers, mark;
            match_close(saved_index(folder));
            saved_name(path, sizeof path, folder, names[i]);
            struct stat stat_now;
            assert_int_equal(stat(path, &stat_now), 0);
            flip(path, (long)chance_below(&chance, stat_now.st_size), round % 3 == 2);
            assert_false(loads(folder, &answers, &mark));
            nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        }
    }
}

/* A folder that cannot be written: an error, and the index in memory is as it was. */
static void test_not_saved(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    put(index, MATCH_PATENT, 1, S("石墨烯"));
    assert_int_equal(match_save(&cx, index, S("/proc/no/such/folder"), S("m")), ERR_IO);
    err_clear(&cx);
    assert_int_equal(ask(index, "石墨烯").total, 1);
    match_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saved_and_loaded),
        cmocka_unit_test(test_damaged_files),
        cmocka_unit_test(test_not_saved),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
