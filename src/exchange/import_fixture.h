/* import_fixture.h - for tests only: a house of units that import files which the test writes.
 * Include after cmocka.h.
 */
#ifndef EXCHANGE_IMPORT_FIXTURE_H
#define EXCHANGE_IMPORT_FIXTURE_H

#include "command/house_fixture.h"
#include "exchange/import_int.h"
#include "store/files.h"

static const Room *const rooms[] = {IDENT_ROOMS, &registry_room, &exchange_room};

/* Units 1 and 2 import; 3 is a firm. `mine` is of unit 1. */
static const Actor mine = {1, 1, WHO_OFFICE, VIA_WEB};
static const Actor house_clock = {.roles = WHO_CLOCK, .via = VIA_SYSTEM};

static inline Err add_units(Cx *cx, void *arg)
{
    (void)arg;
    Err e = ERR_OK;
    for (int i = 1; !e && i <= 3; i++) {
        Org org = {.code = str_format(cx->arena, "C%d", i),
                   .name = str_format(cx->arena, "单位%d", i),
                   .kind = S("other")};
        e = fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
    }
    return e;
}

static inline int setup(void **state)
{
    static TestHouse t;
    house_test_open(&t, rooms, COUNT(rooms));
    t.settings.import_batch_rows = 3;
    Cx cx = house_cx(&t, house_clock);
    HOUSE_OK(&t, writer_run(t.house.writer, &cx, add_units, NULL));
    *state = &t;
    return 0;
}

static inline int teardown(void **state)
{
    house_test_close(*state);
    return 0;
}

static inline void same(Str got, const char *want)
{
    if (!str_same_z(got, want))
        fail_msg("got '%.*s', want '%s'", STR_ARG(got), want);
}

static inline Str keep_bytes(TestHouse *t, Str bytes)
{
    Cx cx = house_cx(t, mine);
    FileSink *sink;
    Str hash;
    i64 count;
    HOUSE_OK(t, files_begin(&cx, import_files_root(&cx), &sink));
    HOUSE_OK(t, files_add(&cx, sink, bytes.data, bytes.len));
    HOUSE_OK(t, files_keep(&cx, sink, &hash, &count));
    return hash;
}

static inline Err upload_hash(TestHouse *t, Actor actor, Str hash, Val **ret)
{
    return house_call(t, actor, "import.upload", ret,
                      "{\"file_hash\":\"%.*s\",\"name\":\"台账.csv\"}", STR_ARG(hash));
}

static inline Err by_id(TestHouse *t, Actor actor, const char *op, i64 id)
{
    return house_call(t, actor, op, NULL, "{\"id\":%lld}", (long long)id);
}

static inline i64 upload(TestHouse *t, Str bytes)
{
    Val *reply = NULL;
    HOUSE_OK(t, upload_hash(t, mine, keep_bytes(t, bytes), &reply));
    return val_get_int(reply, "id");
}

static inline Err work(TestHouse *t, i64 id)
{
    Cx cx = house_cx(t, house_clock);
    Err e = import_work(&cx, id, NULL, NULL);
    t->last = cx;
    return e;
}

static inline Import load(TestHouse *t, i64 id)
{
    Cx cx = house_cx(t, house_clock);
    Import import = {0};
    HOUSE_OK(t, record_load(&cx, &import_type, id, &import));
    assert_int_equal(import.imported + import.updated + import.unchanged + import.rejected,
                     import.rows_read);
    return import;
}

static inline Import run(TestHouse *t, i64 id)
{
    HOUSE_OK(t, by_id(t, mine, "import.start", id));
    HOUSE_OK(t, work(t, id));
    return load(t, id);
}

static inline Import import_text(TestHouse *t, Str bytes)
{
    Import done = run(t, upload(t, bytes));
    assert_int_equal(done.state, IMPORT_DONE);
    return done;
}

static inline void expect_counts(const Import *got, i64 imported, i64 updated, i64 unchanged,
                                 i64 rejected)
{
    if (got->imported != imported || got->updated != updated || got->unchanged != unchanged ||
        got->rejected != rejected)
        fail_msg("imported %lld, updated %lld, unchanged %lld, rejected %lld",
                 (long long)got->imported, (long long)got->updated, (long long)got->unchanged,
                 (long long)got->rejected);
}

/* Application number n of 2018, with its check character. */
static inline Str appno(TestHouse *t, int n)
{
    Str digits = str_format(&t->arena, "20181%07d", n);
    return str_format(&t->arena, "%.*s.%c", STR_ARG(digits),
                      id_appno_check(digits.data, digits.len));
}

static inline Patent load_patent(TestHouse *t, Str number)
{
    Cx cx = house_cx(t, house_clock);
    Patent patent = {0};
    HOUSE_OK(t, RECORD_FIND(&cx, &patent_type, &patent, "WHERE appno = ?1 AND appno <> ''",
                            BIND_STR(number)));
    return patent;
}

/* "专利名称,申请号" and rows from..to. */
static inline Str plain_file(TestHouse *t, int from, int to, const char *title)
{
    Buf out = buf_new(&t->arena);
    buf_z(&out, "专利名称,申请号\n");
    for (int n = from; n <= to; n++)
        buf_format(&out, "%s%d,%.*s\n", title, n, STR_ARG(appno(t, n)));
    return buf_str(&out);
}

#endif
