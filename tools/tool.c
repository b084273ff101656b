#include "tool.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Noreturn void tool_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

void tool_paths_add(Arena *arena, ToolPaths *paths, const char *path)
{
    if (paths->count == paths->cap) {
        size_t cap = paths->cap ? paths->cap * 2 : 64;
        paths->items = arena_grow(arena, paths->items, paths->cap * sizeof *paths->items,
                                  cap * sizeof *paths->items);
        paths->cap = cap;
    }
    paths->items[paths->count++] = str_z(arena, str_from(path));
}

static int path_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void tool_paths_sort(ToolPaths *paths)
{
    if (paths->count > 1)
        qsort(paths->items, paths->count, sizeof *paths->items, path_order);
}

Str tool_read(Arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    if (!file || fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode))
        tool_fail("%s: cannot be read: %s", path, file ? "not a file" : strerror(errno));
    size_t size = (size_t)info.st_size;
    char *data = arena_take(arena, size + 1);
    if (fread(data, 1, size, file) != size)
        tool_fail("%s: cannot be read whole", path);
    fclose(file);
    return (Str){data, size};
}

void tool_walk(Arena *arena, const char *dir, const char *suffix, ToolPaths *ret_files,
               ToolPaths *ret_dirs)
{
    DIR *open_dir = opendir(dir);
    if (!open_dir)
        return;
    if (ret_dirs)
        tool_paths_add(arena, ret_dirs, dir);
    for (struct dirent *item; (item = readdir(open_dir)) != NULL;) {
        if (item->d_name[0] == '.')
            continue;
        Str path = str_format(arena, "%s/%s", dir, item->d_name);
        char *path_z = str_z(arena, path);
        struct stat info;
        if (stat(path_z, &info) != 0)
            continue;
        if (S_ISDIR(info.st_mode))
            tool_walk(arena, path_z, suffix, ret_files, ret_dirs);
        else if (str_ends(path, str_from(suffix)))
            tool_paths_add(arena, ret_files, path_z);
    }
    closedir(open_dir);
    tool_paths_sort(ret_files);
}

void tool_write(const char *path, Str text)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        tool_fail("%s: cannot be written: %s", path, strerror(errno));
    bool whole = text.len == 0 || fwrite(text.data, 1, text.len, file) == text.len;
    if (fclose(file) != 0 || !whole)
        tool_fail("%s: cannot be written whole", path);
}

void tool_write_depfile(const char *path, const char *target, const ToolPaths *inputs)
{
    Arena arena = {0};
    Buf buf = buf_new(&arena);
    buf_format(&buf, "%s:", target);
    for (size_t i = 0; i < inputs->count; i++) {
        buf_z(&buf, " \\\n ");
        for (const char *c = inputs->items[i]; *c; c++) {
            if (*c == ' ' || *c == '#')
                buf_char(&buf, '\\');
            buf_char(&buf, *c);
        }
    }
    buf_char(&buf, '\n');
    tool_write(path, buf_str(&buf));
    arena_done(&arena);
}

void tool_c_string(Buf *buf, Str s)
{
    buf_char(buf, '"');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        if (c == '"' || c == '\\')
            buf_format(buf, "\\%c", c);
        else if (c == '\n')
            buf_z(buf, "\\n");
        else if (c == '?' || (u8)c < 0x20)
            buf_format(buf, "\\%03o", (u8)c);
        else
            buf_char(buf, c);
    }
    buf_char(buf, '"');
}
