/* tool.h - what the programs of tools/ share: reading and writing whole files, walking a folder.
 *
 * These programs run while building or testing, on files of the tree. A file that cannot be read or
 * written ends the program with a message: there is nothing else that a build could do.
 */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include "base/base.h"

/* Paths in an arena, sorted by bytes. */
typedef struct ToolPaths {
    char **items;
    size_t count;
    size_t cap;
} ToolPaths;

void tool_paths_add(Arena *arena, ToolPaths *paths, const char *path);
void tool_paths_sort(ToolPaths *paths);

/* The whole file. */
Str tool_read(Arena *arena, const char *path);

/* The files below `dir` whose name ends in `suffix`, without those whose name begins with a dot.
 * `ret_dirs` (may be NULL) gets every folder seen, for a dependency file. A missing folder is
 * empty. */
void tool_walk(Arena *arena, const char *dir, const char *suffix, ToolPaths *ret_files,
               ToolPaths *ret_dirs);

/* Writes or replaces the whole file. */
void tool_write(const char *path, Str text);

/* Writes the make-style rule "target: inputs" that tells ninja when to run again. */
void tool_write_depfile(const char *path, const char *target, const ToolPaths *inputs);

/* `s` as a C string literal with its quotes. */
void tool_c_string(Buf *buf, Str s);

/* Says why and ends the program. */
_Noreturn void tool_fail(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
