/* auction_fixture.h - for tests only: a house with a store of its own, players, and a listed item.
 *
 * Ops are called as the front calls them: JSON in, JSON out, an actor and a stamp of arrival.
 * Include after cmocka.h. The rooms of the house are given by the test, so that deal/ can use it
 * too. */
#ifndef AUCTION_AUCTION_FIXTURE_H
#define AUCTION_AUCTION_FIXTURE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auction/auction_int.h"
#include "command/settings.h"
#include "ident/ident.h"
#include "registry/registry.h"
#include "store/writer.h"

/* Players: the number is organisation and account. */
enum { SELLER = 1, FIRM_A, FIRM_B, FIRM_C, EXCHANGE, BUREAU, PLAYER_COUNT };

#define YUAN(n)    ((i64)(n)*100)
#define SECONDS(n) ((i64)(n)*1000)
/* 2026-07-22 09:00 in Shanghai. */
static const i64 T = 1784682000000;

typedef struct Fixture {
    Arena arena;
    Clock clock;
    Chance chance;
    Settings settings;
    House house;
    Db *reader;
    Db *fault; /* The writer's connection: fails on command. */
    FactLog *facts;
    Cx last; /* Of the call before: its error. */
    i64 listing_id;
    char folder[64];
} Fixture;

static inline Cx fixture_cx(Fixture *f, i64 player, i64 at_ms)
{
    static const unsigned roles[PLAYER_COUNT] = {
        0, WHO_OFFICE, WHO_FIRM, WHO_FIRM, WHO_FIRM, WHO_OPERATOR, WHO_DEPARTMENT}; /* By player. */
    Actor actor = {.account_id = player, .org_id = player, .roles = roles[player], .via = VIA_API};
    return (Cx){.arena = &f->arena,
                .clock = &f->clock,
                .chance = &f->chance,
                .db = f->reader,
                .house = &f->house,
                .arrived_ms = at_ms,
                .lang = LANG_EN,
                .actor = actor};
}

/* The exchange itself, when a time has come. */
static inline Cx fixture_clock_cx(Fixture *f, i64 at_ms)
{
    Cx cx = fixture_cx(f, 0, at_ms);
    cx.actor = (Actor){.roles = WHO_CLOCK, .via = VIA_SYSTEM};
    return cx;
}

/* Calls an op; f->clock is moved to the stamp when that is later. */
static inline Err fixture_call(Fixture *f, Cx cx, const char *name, const char *json, Val **ret)
{
    const Op *op = op_find(&f->house, str_from(name));
    assert_non_null(op);
    if (cx.arrived_ms > f->clock.now_ms)
        f->clock.now_ms = cx.arrived_ms;
    Str why;
    Val *body = val_read_json(&f->arena, str_from(json), &why);
    assert_non_null(body);
    void *in = NULL;
    Val *reply = NULL;
    Err e = op_read_json(&cx, op, body, &in);
    if (!e)
        e = op_call(&cx, op, in, &reply);
    f->last = cx;
    if (ret)
        *ret = reply;
    return e;
}

/* The same by a player, `after_ms` after T; the input is a printf format. */
static inline PRINTF_LIKE(6, 7) Err
    play(Fixture *f, i64 player, i64 after_ms, const char *name, Val **ret, const char *format, ...)
{
    char json[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(json, sizeof json, format, args);
    va_end(args);
    return fixture_call(f, fixture_cx(f, player, T + after_ms), name, json, ret);
}

#define MUST(call)                                                                                 \
    do {                                                                                           \
        Err must_err = (call);                                                                     \
        if (must_err)                                                                              \
            print_message("%s: %s\n", err_name(must_err), f->last.err.key);                        \
        assert_int_equal(must_err, ERR_OK);                                                        \
    } while (0)

static inline Val *tick(Fixture *f, i64 after_ms)
{
    Val *reply = NULL;
    MUST(fixture_call(f, fixture_clock_cx(f, T + after_ms), "lot.tick", "{}", &reply));
    assert_int_equal(val_count(val_get(reply, "failed")), 0);
    return reply;
}

static inline Str json_of(Fixture *f, const Val *val)
{
    Buf buf = buf_new(&f->arena);
    val_write_json(&buf, val);
    return buf_str(&buf);
}

/* Organisations 1.. in the order of the players, and a listing of the seller's. */
static inline Err fixture_seed(Cx *cx, void *arg)
{
    Fixture *f = arg;
    for (i64 player = SELLER; player < PLAYER_COUNT; player++) {
        bool above = player == BUREAU; /* The department over the seller's place. */
        Org org = {.code = str_format(cx->arena, "ORG%lld", (long long)player),
                   .name = str_format(cx->arena, "Unit number %lld", (long long)player),
                   .kind = above ? S("department") : S("other"),
                   .level = above ? S("city") : S(""),
                   .division = above              ? S("330100")
                               : player == SELLER ? S("330106")
                                                  : S("")};
        Err e = fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
        if (e)
            return e;
        assert_int_equal(org.id, player);
    }
    Listing listing = {.org_id = SELLER,
                       .title = S("A thin film"),
                       .mode = S("assignment"),
                       .price_fen = YUAN(35000),
                       .floor_fen = YUAN(30000),
                       .state = LISTING_LISTED};
    Err e = fact_create(cx, &listing_type, &listing, (FactNote){.kind = "listing.accepted"});
    f->listing_id = listing.id;
    return e;
}

static inline Err fixture_migrate(Cx *cx, const Room *const *rooms, size_t room_count)
{
    Err e = db_begin(cx);
    for (size_t i = 0; !e && i < room_count; i++)
        e = record_migrate(cx, rooms[i]->types, rooms[i]->type_count);
    return e ? e : db_commit(cx);
}

/* Opens a house of these rooms in a new folder; its writer with a thread of its own or not. */
static inline void fixture_open(Fixture *f, const Room *const *rooms, size_t room_count,
                                bool threaded)
{
    *f = (Fixture){.clock = {.fixed = true, .now_ms = T - SECONDS(3600)},
                   .chance = {.seeded = true, .state = 7}};
    snprintf(f->folder, sizeof f->folder, "/tmp/auction-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    settings_default(&f->settings);
    f->settings.stage_consent_required = 0; /* Of what is signed before, test/api tells. */
    f->house = (House){.rooms = rooms,
                       .room_count = room_count,
                       .settings = &f->settings,
                       .data_folder = str_from(f->folder)};
    house_verify(&f->house);
    Str path = str_format(&f->arena, "%s/test.db", f->folder);
    f->house.store_url = path;
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    Db *db = NULL;
    MUST(db_open(&cx, path, DB_WRITE, &db));
    cx.db = db;
    MUST(fact_log_open(&cx, f->house.data_folder, FACT_SHA256, &f->facts));
    cx.in_write = true;
    MUST(fixture_migrate(&cx, rooms, room_count));
    cx.in_write = false;
    f->house.facts = f->facts;
    f->fault = db = db_fault_wrap(db);
    WriterHooks hooks = fact_hooks(f->facts);
    MUST(writer_open(&cx, db, &hooks, threaded, &f->house.writer));
    f->house.hooks.relation = org_relation;
    MUST(db_open(&cx, path, DB_READ, &f->reader));
    cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    MUST(writer_run(f->house.writer, &cx, fixture_seed, f));
}

static inline int fixture_remove(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    return (void)s, (void)kind, (void)at, remove(path);
}

static inline void fixture_close(Fixture *f)
{
    db_close(f->reader);
    writer_close(f->house.writer);
    fact_log_close(f->facts);
    assert_int_equal(nftw(f->folder, fixture_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
    arena_done(&f->arena);
}

/* Every row and every fact as they were written. */
static inline void assert_unbroken(Fixture *f, const RecordType *const *types, size_t count)
{
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    VerifyReport report;
    MUST(fact_verify(&cx, types, count, NULL, S(""), NULL, NULL, &report));
    assert_true(report.ok);
}

/* Start 35,000.00, step 350.00, from T to T + 600 s, window and extension 180 s. */
static inline i64 open_lot(Fixture *f, const char *more)
{
    Val *reply = NULL;
    MUST(play(f, EXCHANGE, -SECONDS(60), "lot.open", &reply,
              "{\"listing_id\":%lld,\"start_fen\":3500000,\"step_fen\":35000,\"open_ms\":%lld,"
              "\"end_ms\":%lld,\"window_s\":180,\"extend_s\":180%s}",
              (long long)f->listing_id, (long long)T, (long long)(T + SECONDS(600)), more));
    return val_get_int(reply, "id");
}

/* A firm enters and is admitted; its number. */
static inline i64 admit(Fixture *f, i64 lot_id, i64 firm)
{
    Val *reply = NULL;
    MUST(play(f, firm, -SECONDS(30), "lot.enter", &reply, "{\"lot_id\":%lld}", (long long)lot_id));
    MUST(play(f, EXCHANGE, -SECONDS(20), "lot.admit", &reply, "{\"id\":%lld}",
              (long long)val_get_int(reply, "id")));
    return val_get_int(reply, "no");
}

/* A bid under a key of its own; the reply. */
static inline Val *bid(Fixture *f, i64 lot_id, i64 firm, i64 after_ms, i64 fen)
{
    static int key;
    Val *reply = NULL;
    MUST(play(f, firm, after_ms, "lot.bid", &reply,
              "{\"lot_id\":%lld,\"amount_fen\":%lld,\"key\":\"key-%d\"}", (long long)lot_id,
              (long long)fen, ++key));
    return reply;
}

static inline Lot lot_now(Fixture *f, i64 lot_id)
{
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    Lot lot;
    MUST(lot_load(&cx, lot_id, &lot));
    return lot;
}

#endif
