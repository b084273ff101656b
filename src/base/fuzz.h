/* fuzz.h - the frame of a fuzz target: a file that defines LLVMFuzzerTestOneInput and ends with
 * FUZZ_MAIN("test/fuzz/NAME").
 *
 * Built with -DFUZZ_LIBFUZZER -fsanitize=fuzzer it is a libFuzzer target (test/deep/fuzz.sh).
 * Otherwise it is a test that replays the files of that folder, or of the one named as its
 * argument.
 */
#ifndef BASE_FUZZ_H
#define BASE_FUZZ_H

#include "base/base.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* Throws some bytes at what is tested; ends the program when something is wrong. Returns 0. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#ifdef FUZZ_LIBFUZZER
#define FUZZ_MAIN(folder) enum { FUZZ_NO_MAIN }
#else
#define FUZZ_MAIN(folder)                                                                          \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        return fuzz_replay_all(argc > 1 ? argv[1] : (folder));                                     \
    }                                                                                              \
    enum { FUZZ_MAIN_DEFINED }

static inline void fuzz_replay(const char *folder, const char *name)
{
    Arena arena = {0};
    char piece[4096];
    Buf buf = buf_new(&arena);
    FILE *file = fopen(str_z(&arena, str_format(&arena, "%s/%s", folder, name)), "rb");
    if (!file) {
        perror(name);
        exit(1);
    }
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_add(&buf, (Str){piece, got});
    fclose(file);
    LLVMFuzzerTestOneInput((const u8 *)buf_str(&buf).data, buf.len);
    arena_done(&arena);
}

/* The program's exit code: 1 when there is no file. */
static inline int fuzz_replay_all(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    if (!dir) {
        perror(folder);
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        fuzz_replay(folder, entry->d_name);
        count++;
    }
    closedir(dir);
    fprintf(stderr, "%d files replayed\n", count);
    return count > 0 ? 0 : 1;
}
#endif

#endif
