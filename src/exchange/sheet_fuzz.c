/* Throws bytes at the spreadsheet reader (fuzz.h). */
#include "base/fuzz.h"
#include "exchange/sheet.h"
#include "exchange/sheet_head.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

FUZZ_MAIN("test/fuzz/sheet");
