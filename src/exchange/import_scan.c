/* Reading a file once: its rows wait in a scratch file until it is known which of them are about
 * the same patent.
 *
 * What the last of them says of a field holds, whichever way the patent was before: else each
 * import of the file would turn the patent to the first row and back. So every row learns which of
 * its fields a later row gives too, and leaves those alone unless it makes the patent.
 *
 * A patent is known by its application number, by its publication number while the first is
 * unknown; a publication number belongs to the application number that has it in the store, else to
 * the first in the file. Numbers are kept as hashes: about 70 bytes a row while the file is read, 8
 * afterwards.
 */
#include "exchange/import_int.h"

#include "store/files.h"

/* ---- Which rows are about one patent ---- */

typedef struct Slot {
    u64 key;   /* Of a number; 0: free. */
    u64 owner; /* Of a publication number: the application number's key; 0 while it has none. */
} Slot;

typedef struct Seen {
    u64 patent; /* Key of the number that the row is known by; 0: it is not taken. */
    u64 fields; /* It gives these; later: those that rows behind it give. */
} Seen;

typedef struct Finder {
    Cx *cx;
    Arena arena;
    Slot *slots;
    size_t slot_count, used;
    Seen *rows;
    size_t count, cap;
} Finder;

/* FNV-1a, with the high bits stirred in for the table. */
static u64 key_of(char kind, Str number)
{
    u64 h = (0xcbf29ce484222325u ^ (u8)kind) * 0x100000001b3u;
    for (size_t i = 0; i < number.len; i++)
        h = (h ^ (u8)number.data[i]) * 0x100000001b3u;
    h ^= h >> 29;
    return h ? h : 1;
}

static Slot *slot_of(Finder *finder, u64 key)
{
    size_t at = (size_t)key & (finder->slot_count - 1);
    while (finder->slots[at].key && finder->slots[at].key != key)
        at = (at + 1) & (finder->slot_count - 1);
    return &finder->slots[at];
}

static void grow_slots(Finder *finder)
{
    Slot *old = finder->slots;
    size_t old_count = finder->slot_count;
    finder->slot_count = old_count ? old_count * 2 : 1024;
    finder->slots = ARENA_NEW(&finder->arena, Slot, finder->slot_count);
    for (size_t i = 0; i < old_count; i++)
        if (old[i].key)
            *slot_of(finder, old[i].key) = old[i];
}

/* The number's slot, made when it is new. Valid until the next call. */
static Slot *note(Finder *finder, u64 key, bool *ret_seen)
{
    if ((finder->used + 1) * 3 > finder->slot_count * 2)
        grow_slots(finder);
    Slot *slot = slot_of(finder, key);
    *ret_seen = slot->key != 0;
    finder->used += slot->key == 0;
    slot->key = key;
    return slot;
}

static void keep(Finder *finder, Seen seen)
{
    if (finder->count == finder->cap) {
        size_t cap = finder->cap ? finder->cap * 2 : 1024;
        finder->rows = arena_grow(&finder->arena, finder->rows, finder->cap * sizeof(Seen),
                                  cap * sizeof(Seen));
        finder->cap = cap;
    }
    finder->rows[finder->count++] = seen;
}

/* Key of the application number that has this publication number in the store; 0: none has. */
static Err stored_owner(Cx *cx, Str pub_key, u64 *ret)
{
    Patent patent = {0};
    Err e = RECORD_FIND(cx, &patent_type, &patent, "WHERE pub_key = ?1 AND pub_key <> ''",
                        BIND_STR(pub_key));
    if (e && e != ERR_MISSING)
        return e;
    err_clear(cx);
    *ret = !e && patent.appno.len ? key_of('a', patent.appno) : 0;
    return ERR_OK;
}

static u64 fields_given(const Patent *patent)
{
    u64 given = 0;
    for (size_t i = 0; i < patent_type.count; i++)
        if (!field_empty(&patent_type.fields[i], patent))
            given |= (u64)1 << i;
    return given;
}

/* Known by its publication number alone. */
static Err add_published(Finder *finder, const Patent *patent)
{
    bool seen;
    u64 owner = 0, key = key_of('p', patent->pub_key);
    Err e = stored_owner(finder->cx, patent->pub_key, &owner);
    if (e)
        return e;
    Slot *slot = note(finder, key, &seen);
    if (owner)
        slot->owner = owner;
    if (owner)
        note(finder, owner, &seen);
    keep(finder, (Seen){owner ? owner : key, fields_given(patent)});
    return ERR_OK;
}

/* A row that repeats a number and has another patent's publication number will be refused: it
 * covers no field. */
static Err add_applied(Finder *finder, const Patent *patent)
{
    bool repeated, pub_seen = false;
    u64 owner = 0, key = key_of('a', patent->appno);
    Err e = ERR_OK;
    note(finder, key, &repeated);
    if (patent->pub_key.len) {
        Slot *slot = note(finder, key_of('p', patent->pub_key), &pub_seen);
        if (!slot->owner && (repeated || pub_seen))
            e = stored_owner(finder->cx, patent->pub_key, &slot->owner);
        if (!slot->owner)
            slot->owner = key;
        owner = slot->owner;
        note(finder, owner, &pub_seen);
    }
    keep(finder, (Seen){key, owner && owner != key ? 0 : fields_given(patent)});
    return e;
}

static Err add_row(Finder *finder, const Mapping *mapping, const SheetRow *row, i64 today_date)
{
    Patent patent;
    RowFault fault;
    bool lost;
    int lost_column;
    if (import_read_row(finder->cx, mapping, row, today_date, &patent, &fault, &lost,
                        &lost_column) != ERR_OK) {
        err_clear(finder->cx);
        keep(finder, (Seen){0});
        return ERR_OK;
    }
    return patent.appno.len ? add_applied(finder, &patent) : add_published(finder, &patent);
}

/* From the last row to the first: each takes what its patent has been given behind it. */
static void cover(Finder *finder)
{
    for (size_t i = 0; i < finder->count; i++) {
        const Slot *slot = finder->rows[i].patent ? slot_of(finder, finder->rows[i].patent) : NULL;
        if (slot && slot->owner)
            finder->rows[i].patent = slot->owner;
    }
    for (size_t i = 0; i < finder->slot_count; i++)
        finder->slots[i].owner = 0; /* From here on: the fields given. */
    for (size_t i = finder->count; i-- > 0;) {
        Seen *row = &finder->rows[i];
        if (!row->patent)
            continue;
        Slot *slot = slot_of(finder, row->patent);
        u64 own = row->fields;
        row->fields = slot->owner;
        slot->owner |= own;
    }
}

/* ---- Rows that wait ---- */

typedef struct RowHead {
    i64 line;
    u32 count;
    u32 all_flags;
} RowHead;

typedef struct CellHead {
    u32 len;
    u32 flags;
} CellHead;

static Err scratch_fail(Cx *cx)
{
    return err_set(cx, ERR_IO, NULL, "store.file_failed");
}

static Err put_row(Cx *cx, FILE *file, const SheetRow *row)
{
    RowHead head = {row->line, (u32)row->count, row->all_flags};
    CellHead *cells = ARENA_NEW(cx->arena, CellHead, row->count + 1);
    for (size_t i = 0; i < row->count; i++)
        cells[i] = (CellHead){(u32)row->cells[i].len, row->flags[i]};
    fwrite(&head, sizeof head, 1, file);
    fwrite(cells, sizeof *cells, row->count, file);
    for (size_t i = 0; i < row->count; i++)
        fwrite(row->cells[i].data, 1, row->cells[i].len, file);
    return ferror(file) ? scratch_fail(cx) : ERR_OK;
}

Err scan_next(Cx *cx, Scan *scan, Arena *rows, SheetRow *ret, bool *ret_got)
{
    RowHead head;
    *ret_got = scan->at < scan->count;
    if (!*ret_got)
        return ERR_OK;
    if (fread(&head, sizeof head, 1, scan->rows) != 1)
        return scratch_fail(cx);
    CellHead *heads = ARENA_NEW(rows, CellHead, head.count + 1);
    Str *cells = ARENA_NEW(rows, Str, head.count + 1);
    u8 *flags = ARENA_NEW(rows, u8, head.count + 1);
    bool ok = fread(heads, sizeof *heads, head.count, scan->rows) == head.count;
    for (size_t i = 0; ok && i < head.count; i++) {
        char *data = arena_take(rows, heads[i].len + 1);
        ok = fread(data, 1, heads[i].len, scan->rows) == heads[i].len;
        cells[i] = (Str){data, heads[i].len};
        flags[i] = (u8)heads[i].flags;
    }
    if (!ok)
        return scratch_fail(cx);
    scan->at++;
    *ret = (SheetRow){.sheet = S(""),
                      .line = head.line,
                      .cells = cells,
                      .flags = flags,
                      .count = head.count,
                      .all_flags = head.all_flags,
                      .unknown_keys = S("")};
    return ERR_OK;
}

void scan_done(Scan *scan)
{
    if (scan->rows)
        fclose(scan->rows);
    scan->rows = NULL;
}

/* ---- The file ---- */

/* A fault of the file is kept for the end: the rows before it are sound. */
static void keep_fault(Cx *cx, Err code, Scan *scan)
{
    ErrInfo fault = cx->err;
    fault.code = code;
    for (size_t i = 0; i < ERR_ARGS_MAX; i++)
        fault.args[i] = str_copy(cx->arena, fault.args[i].data ? fault.args[i] : S(""));
    scan->fault = fault;
    err_clear(cx);
}

static Err read_all(Finder *finder, SheetReader *reader, const Preview *preview,
                    const Mapping *mapping, i64 today_date, Scan *scan)
{
    Cx *cx = finder->cx;
    Err e = ERR_OK;
    for (bool got = true; !e && got;) {
        SheetRow row;
        ArenaMark mark = arena_mark(cx->arena);
        Err bad = sheet_next(cx, reader, &row, &got);
        if (bad) {
            keep_fault(cx, bad, scan);
            return ERR_OK;
        }
        if (got && import_is_data(preview, &row)) {
            e = put_row(cx, scan->rows, &row);
            if (!e)
                e = add_row(finder, mapping, &row, today_date);
        }
        if (!e)
            arena_rewind(cx->arena, mark);
    }
    return e;
}

static Err finish_scan(Finder *finder, Scan *scan)
{
    Cx *cx = finder->cx;
    if (fflush(scan->rows) != 0 || fseek(scan->rows, 0, SEEK_SET) != 0)
        return scratch_fail(cx);
    if (finder->count)
        cover(finder);
    scan->count = finder->count;
    scan->later = ARENA_NEW(cx->arena, u64, finder->count + 1);
    for (size_t i = 0; i < finder->count; i++)
        scan->later[i] = finder->rows[i].fields;
    return ERR_OK;
}

Err import_scan(Cx *cx, const char *path, const Preview *preview, const Mapping *mapping,
                i64 today_date, Scan *ret)
{
    Finder finder = {.cx = cx};
    Arena rows = {0};
    SheetReader *reader = NULL;
    Scan scan = {0};
    Err e = files_scratch(cx, import_files_root(cx), &scan.rows);
    if (!e)
        e = sheet_open(cx, path, &rows, &reader);
    if (!e)
        e = read_all(&finder, reader, preview, mapping, today_date, &scan);
    if (!e)
        e = finish_scan(&finder, &scan);
    sheet_done(reader);
    arena_done(&rows);
    arena_done(&finder.arena);
    if (e) {
        scan_done(&scan);
        return e;
    }
    *ret = scan;
    return ERR_OK;
}
