#include "store/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define HASH_ABC       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define HASH_EMPTY     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HASH_MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

typedef struct Bench {
    Arena arena;
    Cx cx;
    char folder[64];
    Str root;
} Bench;

static void ok_at(Err e, int line)
{
    if (e)
        fail_msg("line %d: error %s", line, err_name(e));
}
#define OK(call) ok_at((call), __LINE__)

static int bench_open(void **state)
{
    static Bench bench;
    memset(&bench, 0, sizeof bench);
    bench.cx.arena = &bench.arena;
    strcpy(bench.folder, "/tmp/files_test.XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    bench.root = str_format(&bench.arena, "%s/data/files", bench.folder);
    *state = &bench;
    return 0;
}

/* Counts what lies under `path`, folders not counted; removes it all when asked. */
static int files_under(const char *path, bool remove_all)
{
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char inner[512];
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        struct stat found;
        assert_int_equal(lstat(inner, &found), 0);
        if (S_ISDIR(found.st_mode)) {
            count += files_under(inner, remove_all);
        } else {
            count++;
            if (remove_all)
                unlink(inner);
        }
    }
    closedir(dir);
    if (remove_all)
        rmdir(path);
    return count;
}

static int bench_close(void **state)
{
    Bench *bench = *state;
    files_under(bench->folder, true);
    arena_done(&bench->arena);
    return 0;
}

static Str keep(Bench *bench, const char *text, size_t piece, size_t pieces)
{
    FileSink *sink = NULL;
    OK(files_begin(&bench->cx, bench->root, &sink));
    for (size_t i = 0; i < pieces; i++)
        OK(files_add(&bench->cx, sink, text, piece));
    Str hash = S("");
    i64 bytes = -1;
    OK(files_keep(&bench->cx, sink, &hash, &bytes));
    assert_int_equal(bytes, piece * pieces);
    files_drop(sink); /* After keeping: nothing. */
    return hash;
}

static void same(Str got, const char *want)
{
    if (!str_same_z(got, want))
        fail_msg("got '%.*s', want '%s'", STR_ARG(got), want);
}

static void a_file_is_found_by_its_hash(void **state)
{
    Bench *bench = *state;
    same(keep(bench, "abc", 3, 1), HASH_ABC);
    same(keep(bench, "", 0, 0), HASH_EMPTY);
    char thousand[1000];
    memset(thousand, 'a', sizeof thousand);
    same(keep(bench, thousand, sizeof thousand, 1000), HASH_MILLION_A); /* FIPS 180's example. */

    char *path = NULL;
    OK(files_path(&bench->cx, bench->root, S(HASH_ABC), &path));
    assert_true(str_ends(str_from(path), S("/data/files/ba/" /* two digits, then the rest */
                                           "7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f"
                                           "20015ad")));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char back[8];
    assert_int_equal(read(fd, back, sizeof back), 3);
    assert_memory_equal(back, "abc", 3);
    close(fd);
    assert_int_equal(files_under(bench->folder, false), 3);
}

static void the_same_content_is_kept_once(void **state)
{
    Bench *bench = *state;
    same(keep(bench, "abc", 3, 1), HASH_ABC);
    same(keep(bench, "a", 1, 1),
         "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
    FileSink *sink = NULL;
    OK(files_begin(&bench->cx, bench->root, &sink));
    OK(files_add(&bench->cx, sink, "ab", 2));
    OK(files_add(&bench->cx, sink, "c", 1));
    Str hash = S("");
    i64 bytes = 0;
    OK(files_keep(&bench->cx, sink, &hash, &bytes));
    same(hash, HASH_ABC);
    assert_int_equal(files_under(bench->folder, false), 2);

    /* One cut short behind our back is mended. */
    char *path = NULL;
    OK(files_path(&bench->cx, bench->root, S(HASH_ABC), &path));
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 1), 0);
    same(keep(bench, "abc", 3, 1), HASH_ABC);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, 3);
}

static void a_dropped_file_leaves_nothing(void **state)
{
    Bench *bench = *state;
    FileSink *sink = NULL;
    OK(files_begin(&bench->cx, bench->root, &sink));
    OK(files_add(&bench->cx, sink, "abc", 3));
    assert_int_equal(files_under(bench->folder, false), 1);
    files_drop(sink);
    files_drop(sink);
    files_drop(NULL);
    assert_int_equal(files_under(bench->folder, false), 0);
    assert_int_equal(files_add(&bench->cx, sink, "d", 1), ERR_IO);
    Str hash = S("");
    i64 bytes = 0;
    assert_int_equal(files_keep(&bench->cx, sink, &hash, &bytes), ERR_IO);
    char *path = NULL;
    assert_int_equal(files_path(&bench->cx, bench->root, S(HASH_ABC), &path), ERR_MISSING);
    assert_null(path);
}

static void no_path_escapes(void **state)
{
    Bench *bench = *state;
    same(keep(bench, "abc", 3, 1), HASH_ABC);
    static const char *const bad[] = {
        "",
        "..",
        "ba",
        HASH_ABC "0",
        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "../../../../../../../../../../../../../../../../../../etc/passwd",
        "ba/816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a ",
        "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char *path = NULL;
        Err e = files_path(&bench->cx, bench->root, str_from(bad[i]), &path);
        if (e != ERR_INPUT || path)
            fail_msg("'%s' gave %s", bad[i], err_name(e));
    }
}

static void a_file_too_long_is_refused(void **state)
{
    Bench *bench = *state;
    FileSink *sink = NULL;
    OK(files_begin(&bench->cx, bench->root, &sink));
    OK(files_add(&bench->cx, sink, "abc", 3));
    /* Refused by its length alone, before a byte of it is read. */
    assert_int_equal(files_add(&bench->cx, sink, "", (size_t)FILES_BYTES_MAX - 2), ERR_LIMIT);
    assert_string_equal(bench->cx.err.key, "store.file_too_long");
    assert_int_equal(files_under(bench->folder, false), 0);
}

static void a_scratch_file_has_no_name(void **state)
{
    Bench *bench = *state;
    FILE *file = NULL;
    char back[8] = {0};
    OK(files_scratch(&bench->cx, bench->root, &file));
    assert_int_equal(files_under(bench->folder, false), 0);
    assert_int_equal(fwrite("abc", 1, 3, file), 3);
    assert_int_equal(fseek(file, 0, SEEK_SET), 0);
    assert_int_equal(fread(back, 1, sizeof back, file), 3);
    assert_string_equal(back, "abc");
    assert_int_equal(fclose(file), 0);
    assert_int_equal(files_scratch(&bench->cx, S("/dev/null/files"), &file), ERR_IO);
}

static void a_folder_that_cannot_be_made_is_told(void **state)
{
    Bench *bench = *state;
    FileSink *sink = NULL;
    assert_int_equal(files_begin(&bench->cx, S("/dev/null/files"), &sink), ERR_IO);
    assert_int_equal(files_begin(&bench->cx, S(""), &sink), ERR_IO);
    assert_null(sink);
    /* A file where the two-digit folder should be. */
    OK(files_begin(&bench->cx, bench->root, &sink));
    Str wall = str_format(&bench->arena, "%.*s/ba", STR_ARG(bench->root));
    int fd = open(str_z(&bench->arena, wall), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    OK(files_add(&bench->cx, sink, "abc", 3));
    Str hash = S("");
    i64 bytes = 0;
    assert_int_equal(files_keep(&bench->cx, sink, &hash, &bytes), ERR_IO);
    assert_int_equal(hash.len, 0);
    assert_int_equal(files_under(bench->folder, false), 1); /* Only the wall. */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_found_by_its_hash, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(the_same_content_is_kept_once, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(a_dropped_file_leaves_nothing, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(no_path_escapes, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(a_file_too_long_is_refused, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(a_scratch_file_has_no_name, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_made_is_told, bench_open,
                                        bench_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
