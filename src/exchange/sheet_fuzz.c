/* Throws bytes at the spreadsheet reader. Built with -DSHEET_LIBFUZZER -fsanitize=fuzzer it is a
 * libFuzzer target; otherwise it replays the files of a folder, as a test: test/fuzz/sheet or the
 * folder named on the command line. */
#include "exchange/sheet.h"
#include "exchange/sheet_head.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static const SheetField fields[] = {{"title", "名称|title"}, {"appno", "申请号|a"}};

/* What must hold whatever the file. */
static void check_row(const SheetRow *row, i64 *line)
{
    unsigned all = 0;
    assert(row->count <= SHEET_COLUMNS_MAX);
    assert(row->count > 0 || row->unknown_keys.len > 0);
    for (size_t i = 0; i < row->count; i++) {
        assert(row->cells[i].data && row->cells[i].len <= SHEET_CELL_BYTES_MAX);
        assert(utf8_valid(row->cells[i]));
        all |= row->flags[i];
    }
    assert(row->count == 0 || row->cells[row->count - 1].len > 0 || row->flags[row->count - 1]);
    assert(all == row->all_flags && row->line > 0);
    *line = row->line;
}

static void read_rows(Cx *cx, SheetReader *reader, Arena *rows)
{
    SheetRow row, heads[SHEET_HEAD_ROWS_MAX];
    size_t head_count = 0;
    bool got = false;
    i64 line = 0;
    while (sheet_next(cx, reader, &row, &got) == ERR_OK && got) {
        check_row(&row, &line);
        if (head_count < SHEET_HEAD_ROWS_MAX)
            heads[head_count++] = sheet_row_copy(cx->arena, &row);
        assert(rows->total < 64 * 1024 * 1024);
    }
    assert(!got || cx->err.key);
    SheetHead head;
    if (sheet_head_find(cx->arena, heads, head_count, fields, COUNT(fields), &head))
        assert(head.row < head_count && head.matched_count > 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    Arena arena = {0}, rows = {0};
    Chance chance = {.seeded = true, .state = size};
    Cx cx = {.arena = &arena, .chance = &chance};
    int fd = memfd_create("sheet", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    Str path = str_format(&arena, "/proc/self/fd/%d", fd);
    SheetReader *reader = NULL;
    if (sheet_open(&cx, path.data, &rows, &reader) == ERR_OK) {
        read_rows(&cx, reader, &rows);
        sheet_done(reader);
    } else {
        assert(!reader && cx.err.key);
    }
    close(fd);
    arena_done(&rows);
    arena_done(&arena);
    return 0;
}

#ifndef SHEET_LIBFUZZER

static void replay(const char *folder, const char *name)
{
    Arena arena = {0};
    Str path = str_format(&arena, "%s/%s", folder, name);
    FILE *file = fopen(path.data, "rb");
    if (!file) {
        perror(path.data);
        exit(1);
    }
    Buf buf = buf_new(&arena);
    char piece[4096];
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_add(&buf, (Str){piece, got});
    fclose(file);
    LLVMFuzzerTestOneInput((const u8 *)buf_str(&buf).data, buf.len);
    arena_done(&arena);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "test/fuzz/sheet";
    DIR *dir = opendir(folder);
    if (!dir) {
        perror(folder);
        return 1;
    }
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        replay(folder, entry->d_name);
        count++;
    }
    closedir(dir);
    fprintf(stderr, "%d files replayed\n", count);
    return count > 0 ? 0 : 1;
}

#endif
