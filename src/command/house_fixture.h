/* house_fixture.h - for tests only: a house of some rooms with a store of its own.
 *
 * Ops are called as the front calls them: JSON in, JSON out, an actor and a clock. The rooms are
 * given by the test, so that every room from command/ on can use it. Include after cmocka.h.
 */
#ifndef COMMAND_HOUSE_FIXTURE_H
#define COMMAND_HOUSE_FIXTURE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/settings.h"
#include "store/writer.h"

enum { HOUSE_TYPES_MAX = 64 };

/* 2026-07-22 09:00 in Shanghai. */
static const i64 HOUSE_NOW_MS = 1784682000000;

typedef struct TestHouse {
    Arena arena;
    Clock clock;
    Chance chance;
    Settings settings;
    House house;
    Db *reader;
    Db *fault; /* The writer's connection: fails on command. */
    FactLog *facts;
    const RecordType *types[HOUSE_TYPES_MAX];
    size_t type_count;
    Cx last; /* Of the call before: its error. */
    char folder[64];
} TestHouse;

/* A call on the house's reading connection. */
static inline Cx house_cx(TestHouse *t, Actor actor)
{
    return (Cx){.arena = &t->arena,
                .clock = &t->clock,
                .chance = &t->chance,
                .db = t->reader,
                .house = &t->house,
                .arrived_ms = t->clock.now_ms,
                .lang = LANG_EN,
                .actor = actor};
}

static inline void house_ok_at(TestHouse *t, Err e, int line)
{
    if (e)
        fail_msg("line %d: error %s, %s on '%.*s' ({0} is '%.*s')", line, err_name(e),
                 t->last.err.key ? t->last.err.key : "-", STR_ARG(t->last.err.field),
                 STR_ARG(t->last.err.args[0]));
}
#define HOUSE_OK(t, call) house_ok_at((t), (call), __LINE__)

/* The call fails with this error and this message. */
static inline void house_refused_at(TestHouse *t, Err got, Err want, const char *key, int line)
{
    if (got != want || !t->last.err.key || strcmp(t->last.err.key, key) != 0)
        fail_msg("line %d: got %s %s, want %s %s", line, err_name(got),
                 got && t->last.err.key ? t->last.err.key : "-", err_name(want), key);
}
#define HOUSE_REFUSED(t, call, want, key) house_refused_at((t), (call), (want), (key), __LINE__)

static inline Err house_call_val(TestHouse *t, Actor actor, const char *name, const Val *body,
                                 Val **ret)
{
    const Op *op = op_find(&t->house, str_from(name));
    if (!op)
        fail_msg("no op %s", name);
    void *in = NULL;
    Val *reply = NULL;
    Cx cx = house_cx(t, actor);
    Err e = op_read_json(&cx, op, body, &in);
    if (!e)
        e = op_call(&cx, op, in, &reply);
    t->last = cx;
    if (ret)
        *ret = reply;
    return e;
}

/* Calls an op; the input is JSON in a printf format. */
static inline PRINTF_LIKE(5, 6) Err
    house_call(TestHouse *t, Actor actor, const char *name, Val **ret, const char *format, ...)
{
    char json[4000];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(json, sizeof json, format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof json);
    Str why;
    Val *body = val_read_json(&t->arena, str_from(json), &why);
    if (!body)
        fail_msg("%s is not JSON", json);
    return house_call_val(t, actor, name, body, ret);
}

static inline Err house_migrate(TestHouse *t, Cx *cx)
{
    Err e = db_begin(cx);
    for (size_t i = 0; i < t->house.room_count; i++) {
        const Room *room = t->house.rooms[i];
        assert_true(t->type_count + room->type_count <= HOUSE_TYPES_MAX);
        for (size_t j = 0; j < room->type_count; j++)
            t->types[t->type_count++] = room->types[j];
    }
    if (!e)
        e = record_migrate(cx, t->types, t->type_count);
    if (!e)
        e = fact_log_open(cx, t->house.data_folder, FACT_SHA256, &t->facts);
    for (size_t i = 0; !e && i < t->house.room_count; i++)
        if (t->house.rooms[i]->start)
            e = t->house.rooms[i]->start(cx);
    return e ? e : db_commit(cx);
}

/* Opens a house of these rooms in a new folder. Nothing is threaded: the writer works in the call.
 */
static inline void house_test_open(TestHouse *t, const Room *const *rooms, size_t room_count)
{
    *t = (TestHouse){.clock = {.fixed = true, .now_ms = HOUSE_NOW_MS},
                     .chance = {.seeded = true, .state = 7}};
    snprintf(t->folder, sizeof t->folder, "/tmp/house-test-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    settings_default(&t->settings);
    t->settings.password_memory_kb = 64; /* What hashes a password is the same, only quick. */
    t->house = (House){.rooms = rooms,
                       .room_count = room_count,
                       .settings = &t->settings,
                       .data_folder = str_from(t->folder)};
    house_verify(&t->house);
    t->house.store_url = str_format(&t->arena, "%s/test.db", t->folder);
    Cx cx = house_cx(t, (Actor){.via = VIA_SYSTEM});
    Db *db = NULL;
    HOUSE_OK(t, db_open(&cx, t->house.store_url, DB_WRITE, &db));
    cx.db = db;
    HOUSE_OK(t, house_migrate(t, &cx));
    t->house.facts = t->facts;
    t->fault = db_fault_wrap(db);
    WriterHooks hooks = fact_hooks(t->facts);
    HOUSE_OK(t, writer_open(&cx, t->fault, &hooks, false, &t->house.writer));
    HOUSE_OK(t, db_open(&cx, t->house.store_url, DB_READ, &t->reader));
}

static inline VerifyReport house_verify_log(TestHouse *t)
{
    Cx cx = house_cx(t, (Actor){.via = VIA_SYSTEM});
    VerifyReport report;
    HOUSE_OK(t, fact_verify(&cx, t->types, t->type_count, NULL, fact_public_key(t->facts), NULL,
                            NULL, &report));
    return report;
}

static inline int house_unlink(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    return (void)s, (void)kind, (void)at, remove(path);
}

/* Closes the house after a last look: whatever a test did, the log must fit the rows. */
static inline void house_test_close(TestHouse *t)
{
    VerifyReport report = house_verify_log(t);
    if (!report.ok)
        fail_msg("the log does not fit: %.*s %.*s", STR_ARG(report.why), STR_ARG(report.what));
    db_close(t->reader);
    writer_close(t->house.writer);
    fact_log_close(t->facts);
    assert_int_equal(nftw(t->folder, house_unlink, 8, FTW_DEPTH | FTW_PHYS), 0);
    arena_done(&t->arena);
}

/* One number of the store. */
static inline i64 house_count(TestHouse *t, const char *sql)
{
    Cx cx = house_cx(t, (Actor){.via = VIA_SYSTEM});
    i64 n = -1;
    HOUSE_OK(t, db_int(&cx, sql, NULL, 0, -1, &n));
    return n;
}

/* The newest fact. */
static inline Fact house_last_fact(TestHouse *t)
{
    Cx cx = house_cx(t, (Actor){.via = VIA_SYSTEM});
    i64 seq = 0;
    size_t count = 0;
    Fact *facts = NULL;
    HOUSE_OK(t, fact_last_seq(&cx, &seq));
    HOUSE_OK(t, fact_after(&cx, seq - 1, 1, &facts, &count));
    assert_int_equal(count, 1);
    return facts[0];
}

static inline Str house_json(TestHouse *t, const Val *val)
{
    Buf buf = buf_new(&t->arena);
    val_write_json(&buf, val);
    return buf_str(&buf);
}

#endif
