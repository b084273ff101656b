/* What the system administrator sees: the machine, no business data. */
#include "audit/audit_int.h"

#include "command/settings.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static i64 file_bytes(Cx *cx, Str folder, const char *name)
{
    struct stat found;
    char *path = str_z(cx->arena, str_format(cx->arena, "%.*s%s", STR_ARG(folder), name));
    return stat(path, &found) == 0 ? (i64)found.st_size : 0;
}

static Err store_bytes(Cx *cx, i64 *ret)
{
    Str url = house_of(cx)->store_url;
    if (strcmp(db_kind(cx->db), "postgresql") == 0)
        return db_int(cx, "SELECT pg_database_size(current_database())", NULL, 0, 0, ret);
    *ret = file_bytes(cx, url, "") + file_bytes(cx, url, "-wal");
    return ERR_OK;
}

static i64 free_bytes(Cx *cx)
{
    struct statvfs found;
    char *path = str_z(cx->arena, house_of(cx)->data_folder);
    return statvfs(path, &found) == 0 ? (i64)found.f_bavail * (i64)found.f_frsize : 0;
}

/* What `techbourse backup` left behind: when, and how many rows. */
static Val *last_backup(Cx *cx)
{
    char text[256];
    Str why;
    char *path = str_z(
        cx->arena, str_format(cx->arena, "%.*s/last_backup", STR_ARG(house_of(cx)->data_folder)));
    FILE *file = fopen(path, "re");
    size_t len = file ? fread(text, 1, sizeof text, file) : 0;
    if (file)
        fclose(file);
    Val *val = len ? val_read_json(cx->arena, str_copy(cx->arena, (Str){text, len}), &why) : NULL;
    return val && val->kind == VAL_MAP ? val : val_null(cx->arena);
}

static Val *writer_val(Cx *cx)
{
    Writer *writer = house_of(cx)->writer;
    WriterStats stats = writer ? writer_stats(writer) : (WriterStats){0};
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "groups", stats.group_count);
    val_set_int(cx->arena, map, "jobs", stats.job_count);
    val_set_int(cx->arena, map, "refused", stats.refused_count);
    val_set_int(cx->arena, map, "failed", stats.failed_count);
    val_set_int(cx->arena, map, "waiting", stats.queue_length);
    return map;
}

static Val *access_val(Cx *cx)
{
    AccessState state = access_state(house_of(cx)->accesses);
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "room", ACCESS_RING_MAX);
    val_set_int(cx->arena, map, "waiting", state.waiting);
    val_set_int(cx->arena, map, "written", state.lines);
    val_set_int(cx->arena, map, "batches", state.batches);
    val_set_int(cx->arena, map, "lost", state.lost);
    val_set_int(cx->arena, map, "flush_ms", state.flush_ms);
    return map;
}

Err system_show_run(Cx *cx, const void *in, Val **ret)
{
    const House *house = house_of(cx);
    i64 facts = 0, lines = 0, bytes = 0;
    (void)in;
    Err e = fact_last_seq(cx, &facts);
    if (!e)
        e = db_int(cx, "SELECT COALESCE(MAX(id), 0) FROM access_line", NULL, 0, 0, &lines);
    if (!e)
        e = store_bytes(cx, &bytes);
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    val_set_z(cx->arena, map, "version", TECHBOURSE_VERSION);
    val_set_z(cx->arena, map, "store", db_kind(cx->db));
    val_set_str(cx->arena, map, "hash", house->settings->hash);
    val_set_int(cx->arena, map, "now_ms", clock_now_ms(cx->clock));
    val_set_int(cx->arena, map, "store_bytes", bytes);
    val_set_int(cx->arena, map, "free_bytes", free_bytes(cx));
    val_set_int(cx->arena, map, "facts", facts);
    val_set_int(cx->arena, map, "access_lines", lines);
    val_set(cx->arena, map, "writer", writer_val(cx));
    val_set(cx->arena, map, "access", access_val(cx));
    val_set(cx->arena, map, "backup", last_backup(cx));
    *ret = map;
    return ERR_OK;
}
