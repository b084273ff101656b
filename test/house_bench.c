/* house_bench.c - see house_bench.h. */
#include "house_bench.h"

#include "audit/audit.h"
#include "exchange/import.h"
#include "flow/who.h"
#include "match/match_feed.h"
#include "store/files.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FEED_MAX = 10 * 1000, BENCH_ROOM = 64 << 20 };

const Actor bench_local = {.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL};
const Actor bench_clock = {.roles = WHO_CLOCK, .via = VIA_SYSTEM};

bool bench_has_pg(void)
{
    const char *url = getenv("TECHBOURSE_TEST_PG");
    return url && *url;
}

static Db *wrap_writer(Db *inner, void *context)
{
    Bench *bench = context;
    bench->fault_write = db_fault_wrap(inner);
    return bench->fault_write;
}

/* The tables of the program's own schema are emptied: to make them anew takes ten times as long. */
static Err pg_empty(Cx *cx, Str schema)
{
    Rows found;
    Buf sql = buf_new(cx->arena);
    Err e = DB_QUERY(cx, &found, "SELECT tablename FROM pg_tables WHERE schemaname = ?1",
                     BIND_STR(schema));
    if (e)
        return e;
    while (rows_next(&found))
        buf_format(&sql, "DELETE FROM %.*s.%.*s;", STR_ARG(schema), STR_ARG(rows_str(&found, 0)));
    e = rows_end(&found);
    return e || !sql.len ? e : db_exec_plain(cx, str_z(cx->arena, buf_str(&sql)));
}

/* An empty schema, and the address of the server as seen from within it. Each program has its own:
 * they run beside each other. */
static Err pg_schema(Bench *bench, Cx *cx, Str *ret_url)
{
    static bool is_made;
    Str schema = str_format(&bench->arena, "house_bench_%d", (int)getpid());
    Str plain = str_from(getenv("TECHBOURSE_TEST_PG"));
    Err e = db_open(cx, plain, DB_WRITE, &cx->db);
    if (e)
        return e;
    Str make = str_format(cx->arena, "DROP SCHEMA IF EXISTS %.*s CASCADE; CREATE SCHEMA %.*s",
                          STR_ARG(schema), STR_ARG(schema));
    e = is_made ? pg_empty(cx, schema) : db_exec_plain(cx, str_z(cx->arena, make));
    is_made = is_made || !e;
    db_close(cx->db);
    cx->db = NULL;
    *ret_url = str_format(&bench->arena, "%.*s?options=-csearch_path%%3D%.*s", STR_ARG(plain),
                          STR_ARG(schema));
    return e;
}

/* Memory where there is some: these tests are about what is written, not about the disk. */
static const char *bench_root(void)
{
    struct statvfs room;
    if (access("/dev/shm", W_OK) == 0 && statvfs("/dev/shm", &room) == 0 &&
        (u64)room.f_bavail * room.f_frsize > BENCH_ROOM)
        return "/dev/shm";
    return "/tmp";
}

bool bench_open(Bench *bench, bool is_pg)
{
    Clock clock = {.fixed = true, .now_ms = BENCH_NOW};
    Chance chance = {.seeded = true, .state = 1};
    memset(bench, 0, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "%s/house_bench.XXXXXX", bench_root());
    if (!mkdtemp(bench->folder))
        return false;
    Cx cx = {.arena = &bench->arena, .clock = &clock, .chance = &chance};
    settings_default(&bench->settings);
    bench->settings.password_memory_kb = 64; /* The same hash, only quick. */
    bench->settings.second_factor_demo = 1;  /* second.show then says the code, for the cases. */
    bench->settings.payment_secret = S("what the bank knows");
    bench->settings.vectors = S("own"); /* Learnt only when asked for. */
    bench->settings.data = str_format(&bench->arena, "%s/data", bench->folder);
    Err e = is_pg ? pg_schema(bench, &cx, &bench->settings.store) : ERR_OK;
    if (!e)
        e = house_open_with(&cx, &bench->settings, OPEN_MAKE, wrap_writer, bench, &bench->open);
    if (!e) {
        bench->open.clock = clock;
        bench->open.chance = chance;
        e = house_reader(&bench->open, &bench->arena, &bench->cx);
    }
    if (e) {
        printf("no exchange: %s %s\n", err_name(e), cx.err.key ? cx.err.key : "");
        return false;
    }
    bench->fault_read = db_fault_wrap(bench->cx.db);
    bench->cx.db = bench->fault_read;
    return true;
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
    (void)stat;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void bench_done(Bench *bench)
{
    if (bench->cx.db)
        house_reader_done(&bench->cx);
    if (bench->open.house.writer)
        house_close(&bench->open);
    nftw(bench->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_done(&bench->arena);
}

Err bench_call(Bench *bench, Actor actor, const char *name, const Val *in, Val **ret)
{
    Cx *cx = &bench->cx;
    void *read;
    const Op *op = op_find(&bench->open.house, str_from(name));
    assert(op);
    err_clear(cx);
    cx->actor = actor;
    cx->arrived_ms = clock_now_ms(cx->clock);
    Err e = op_read_json(cx, op, in, &read);
    return e ? e : op_call(cx, op, read, ret);
}

Err bench_call_text(Bench *bench, Actor actor, const char *name, Str json, Val **ret)
{
    Str why;
    Val *in = val_read_json(&bench->arena, json, &why);
    if (!in)
        printf("%s %.*s: %.*s\n", name, STR_ARG(json), STR_ARG(why));
    assert(in);
    return bench_call(bench, actor, name, in, ret);
}

Err bench_feed(Bench *bench)
{
    Cx *cx = &bench->cx;
    MatchIndex *index = bench->open.house.match;
    i64 last = 0;
    Fact *facts;
    size_t count = 0;
    Err e = fact_last_seq(cx, &last);
    if (e || !index)
        return e;
    if (bench->fed_seq) /* 0: it was filled from the rows by the question that came last. */
        e = fact_after(cx, bench->fed_seq, FEED_MAX, &facts, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = match_feed_fact(cx, index, &facts[i]);
    bench->fed_seq = last;
    return e;
}

Err bench_work(Bench *bench)
{
    Cx *cx = &bench->cx;
    i64 id = 0;
    err_clear(cx);
    cx->actor = (Actor){.via = VIA_SYSTEM};
    Err e = import_waiting(cx, &id);
    if (e)
        return e;
    return id ? import_work(cx, id, NULL, NULL) : err_set(cx, ERR_MISSING, NULL, "record.missing");
}

Err bench_file(Bench *bench, Str text, Str *ret_hash)
{
    Cx *cx = &bench->cx;
    FileSink *sink;
    i64 bytes;
    Err e = files_begin(cx, import_files_root(cx), &sink);
    if (e)
        return e;
    e = files_add(cx, sink, text.data, text.len);
    if (e) {
        files_drop(sink);
        return e;
    }
    return files_keep(cx, sink, ret_hash, &bytes);
}

Err bench_verify(Bench *bench, VerifyReport *ret)
{
    size_t count;
    const RecordType **types = house_types(&bench->arena, &bench->open.house, &count);
    i64 lines = 0;
    err_clear(&bench->cx);
    Err e = fact_verify(&bench->cx, types, count, NULL, fact_public_key(bench->open.house.facts),
                        NULL, NULL, ret);
    return e ? e : access_verify(&bench->cx, ret, &lines);
}

Val *bench_value(Arena *arena, const Field *field)
{
    switch (field->kind) {
    case F_CODE:
    case F_CODES:
        return val_z(arena, field->codes->codes[0].code);
    case F_INT:
        return val_int(arena, field->min > 1 ? field->min : 1);
    case F_MONEY:
        return val_int(arena, 100);
    case F_BOOL:
        return val_bool(arena, true);
    case F_DATE:
        return val_z(arena, "2027-01-01");
    case F_TIME:
        return val_int(arena, BENCH_NOW + 3600 * 1000);
    case F_SECRET:
        return val_z(arena, "Five small words");
    default:
        return val_z(arena, "enough plain words");
    }
}
