/* api_cases.c - plays every test/api/NAME.case, on SQLite and on PostgreSQL when there is one.
 *
 *     api_cases            all of them
 *     api_cases whole_line only this one
 *
 * Over all cases every op must have been done once and have refused a wrong input once.
 */
#include "case_play.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CASES_FOLDER "test/api"

enum { CASES_MAX = 128 };

typedef struct Case {
    const char *file; /* "whole_line.case" */
    const char *name; /* "whole_line.case, sqlite" */
    bool is_pg;
    PlayCover *cover;
} Case;

static void case_plays(void **state)
{
    const Case *one = *state;
    if (one->is_pg && !bench_has_pg())
        skip();
    if (!play_case(CASES_FOLDER, one->file, one->is_pg, one->cover))
        fail_msg("%s", one->name);
}

/* Why an op is never done: it is a step that only the exchange's own work takes. */
static bool never_done(const char *op)
{
    static const char *const names[] = {"import.finish", "import.fail", "import.unmade"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(op, names[i]) == 0)
            return true;
    return false;
}

/* An op can refuse an input when it asks for one. */
static bool asks(const Op *op)
{
    for (size_t i = 0; i < op->in_count; i++)
        if (op->in[i].flags & REQUIRED)
            return true;
    return false;
}

static void every_op_is_played(void **state)
{
    const PlayCover *cover = *state;
    int missing = 0;
    for (size_t i = 0; i < cover->count; i++) {
        const Op *op = cover->ops[i];
        bool undone = !cover->done[i] && !never_done(op->name);
        bool unrefused = !cover->refused[i] && asks(op);
        if (undone)
            printf("no case does %s\n", op->name);
        if (unrefused)
            printf("no case gives %s a wrong input\n", op->name);
        missing += undone + unrefused;
    }
    assert_int_equal(missing, 0);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const Case *)a)->file, ((const Case *)b)->file);
}

static size_t find_cases(Arena *arena, Case *cases, PlayCover *cover, const char *only)
{
    DIR *folder = opendir(CASES_FOLDER);
    size_t count = 0;
    if (!folder)
        return 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        Str file = str_from(entry->d_name);
        if (!str_ends(file, S(".case")) || count == CASES_MAX)
            continue;
        if (only && !str_same_z(str_slice(file, 0, file.len - 5), only))
            continue;
        cases[count++] = (Case){.file = str_z(arena, file), .cover = cover};
    }
    closedir(folder);
    qsort(cases, count, sizeof *cases, by_name);
    return count;
}

int main(int argc, char **argv)
{
    static Case cases[2 * CASES_MAX];
    static struct CMUnitTest tests[2 * CASES_MAX + 1];
    static PlayCover cover;
    const char *only = argc > 1 ? argv[1] : NULL;
    Arena arena = {0};
    play_cover_init(&cover);
    size_t count = find_cases(&arena, cases, &cover, only), test_count = 0;
    if (!count) {
        printf("no case in %s\n", CASES_FOLDER);
        return 1;
    }
    if (!bench_has_pg())
        printf("not run: the PostgreSQL side (TECHBOURSE_TEST_PG is not set; see test/pg.sh)\n");
    memcpy(cases + count, cases, count * sizeof *cases);
    for (size_t i = 0; i < 2 * count; i++) {
        Case *one = &cases[i];
        one->is_pg = i >= count;
        Str name = str_format(&arena, "%s, %s", one->file, one->is_pg ? "postgresql" : "sqlite");
        one->name = str_z(&arena, name);
        tests[test_count++] =
            (struct CMUnitTest){.name = one->name, .test_func = case_plays, .initial_state = one};
    }
    if (!only)
        tests[test_count++] = (struct CMUnitTest){
            .name = "every op is played", .test_func = every_op_is_played, .initial_state = &cover};
    int failed = _cmocka_run_group_tests("api cases", tests, test_count, NULL, NULL);
    arena_done(&arena);
    return failed;
}
