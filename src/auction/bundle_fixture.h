/* bundle_fixture.h - lots for the tests of bundles: journals of the simulator written as a log, in
 * a store with a chain of facts, and what the exchange would hand out of them. */
#ifndef AUCTION_BUNDLE_FIXTURE_H
#define AUCTION_BUNDLE_FIXTURE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auction/bid_seal.h"
#include "auction/bid_sim.h"
#include "auction/bundle_int.h"

typedef struct Maker {
    Arena arena;
    Clock clock;
    Chance chance;
    Cx cx;
    char folder[64];
    FactLog *log;
    Writer *writer;
    BidHasher *hasher;
    /* Of the lot that is being made. */
    i64 lot_id;
    BidPlay play;
    Buf lines;
    i64 n, row_first, accepted;
    BidHash hash;
    SealKey secret;
    i64 opening, unopened;
    bool no_ticks; /* Nobody but the acts themselves lets time pass. */
    LotLog rows[4000];
    size_t row_count;
    Str salt;
} Maker;

static const RecordType *const maker_types[] = {&lot_log_type};

static inline void maker_begin(Maker *maker, FactHash hash)
{
    *maker = (Maker){.clock = {.fixed = true, .now_ms = 1784682000000}, .chance = {.seeded = true}};
    snprintf(maker->folder, sizeof maker->folder, "/tmp/bundle-test-XXXXXX");
    if (!mkdtemp(maker->folder))
        abort();
    Str path = str_format(&maker->arena, "%s/test.db", maker->folder);
    maker->cx = (Cx){.arena = &maker->arena, .clock = &maker->clock, .chance = &maker->chance};
    Cx own = maker->cx;
    Err e = db_open(&own, path, DB_WRITE, &own.db);
    e = e ? e : db_begin(&own);
    e = e ? e : record_migrate(&own, maker_types, 1);
    e = e ? e : fact_log_open(&own, str_from(maker->folder), hash, &maker->log);
    e = e ? e : db_commit(&own);
    WriterHooks hooks = fact_hooks(maker->log);
    e = e ? e : writer_open(&own, own.db, &hooks, false, &maker->writer);
    e = e ? e : db_open(&maker->cx, path, DB_READ, &maker->cx.db);
    if (e)
        abort();
    maker->hasher = bid_hasher_new();
    chance_bytes(&maker->chance, maker->secret.bytes, SEAL_KEY_BYTES);
    maker->salt = S("00112233445566778899aabbccddeeff");
}

static inline int maker_unlink(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    return (void)s, (void)kind, (void)at, remove(path);
}

static inline void maker_end(Maker *maker)
{
    writer_close(maker->writer);
    fact_log_close(maker->log);
    db_close(maker->cx.db);
    bid_hasher_done(maker->hasher);
    nftw(maker->folder, maker_unlink, 8, FTW_DEPTH | FTW_PHYS);
    arena_done(&maker->arena);
}

static inline Err maker_row_run(Cx *cx, void *arg)
{
    LotLog *row = arg;
    for (i64 i = 0; i < row->first % 5; i++) { /* What others do at the same time. */
        Err e = fact_tell(cx, NULL, 0, (FactNote){.kind = "house.noise", .amount = i});
        if (e)
            return e;
    }
    return fact_create(cx, &lot_log_type, row, (FactNote){.kind = "lot.log", .amount = row->count});
}

/* What has been written since the last row becomes one. */
static inline void maker_commit(Maker *maker)
{
    if (maker->n < maker->row_first)
        return;
    LotLog *row = &maker->rows[maker->row_count++];
    *row = (LotLog){.lot_id = maker->lot_id,
                    .first = maker->row_first,
                    .count = maker->n - maker->row_first + 1,
                    .accepted = maker->accepted,
                    .head = bid_hash_hex(&maker->arena, &maker->hash),
                    .lines = buf_str(&maker->lines)};
    maker->clock.now_ms += 1000;
    if (writer_run(maker->writer, &maker->cx, maker_row_run, row))
        abort();
    maker->lines = buf_new(&maker->arena);
    maker->row_first = maker->n + 1;
    maker->accepted = 0;
}

static inline void maker_line(Maker *maker, BidEntry *entry)
{
    Buf line = buf_new(&maker->arena);
    bid_entry_write(&line, entry);
    maker->hash = bid_hash_next(maker->hasher, &maker->hash, buf_str(&line));
    maker->accepted += entry->seq > 0;
    maker->n = entry->n;
    buf_add(&maker->lines, buf_str(&line));
    buf_char(&maker->lines, '\n');
}

static inline void maker_state(Maker *maker, BidEntry *entry)
{
    const BidState *state = &maker->play.state;
    entry->price_fen = state->price_fen;
    entry->end_ms = state->end_ms;
    entry->stage = (int)state->stage;
    entry->paused = state->paused != 0;
}

static inline void maker_admit(Maker *maker, Str code, i64 rank, i64 at_ms)
{
    BidEntry entry = {.n = maker->n + 1, .at_ms = at_ms, .kind = ENTRY_ADMIT, .rank = rank};
    bid_play_admit(&maker->play, rank);
    entry.bidder = maker->play.admitted;
    if (!bundle_who(&maker->arena, maker->hasher, maker->salt, code, &entry.who))
        abort();
    maker_state(maker, &entry);
    maker_line(maker, &entry);
}

static inline void maker_open(Maker *maker, i64 at_ms)
{
    SealKey key = seal_key(&maker->secret, maker->lot_id, 0, maker->opening++);
    BidEntry entry = {.n = maker->n + 1, .at_ms = at_ms, .kind = ENTRY_OPEN};
    entry.secret = seal_key_hex(&maker->arena, &key);
    maker_state(maker, &entry);
    maker_line(maker, &entry);
    maker->unopened = 0;
}

static inline void maker_play(Maker *maker, BidEntry entry)
{
    entry.n = maker->n + 1;
    BidReply reply = bid_play_act(&maker->play, &entry);
    bid_entry_answer(&entry, &reply);
    if (bid_is_sealed(entry.kind, &reply)) {
        SealKey key = seal_key(&maker->secret, maker->lot_id, 0, maker->opening);
        entry.sealed = seal_close(&key, &maker->arena, &entry, entry.amount_fen);
        maker->unopened++;
    }
    maker_line(maker, &entry);
}

/* Time first: a stage that it ends is opened before the act is judged. */
static inline void maker_act(Maker *maker, BidEntry entry)
{
    const BidState *state = &maker->play.state;
    i64 round = state->round, opened = state->opened_seq, stage = state->stage;
    if (maker->no_ticks && maker->play.rules.mode == BID_ASCENDING) {
        maker_play(maker, entry);
        return;
    }
    maker_play(maker, (BidEntry){.at_ms = entry.at_ms, .kind = ACT_TICK});
    bool moved = state->round != round || state->opened_seq != opened || state->stage != stage;
    if (maker->unopened && moved && stage == STAGE_SEALED)
        maker_open(maker, entry.at_ms);
    if (entry.kind != ACT_TICK)
        maker_play(maker, entry);
}

static inline void maker_lot_begin(Maker *maker, i64 lot_id, Str rules_line)
{
    BidRules rules;
    maker->lines = buf_new(&maker->arena);
    maker->lot_id = lot_id;
    maker->row_count = 0;
    maker->n = maker->row_first = maker->accepted = maker->opening = maker->unopened = 0;
    if (bid_rules_read(&maker->cx, rules_line, &rules))
        abort();
    bid_play_begin(&maker->arena, &rules, &maker->play);
    bid_rules_write(&maker->lines, &rules);
    maker->hash = bid_hash_rules(maker->hasher, buf_str(&maker->lines));
    buf_char(&maker->lines, '\n');
}

static inline Err maker_name(Cx *cx, void *context, i64 no, Str *ret)
{
    (void)context;
    *ret = str_format(cx->arena, "测试公司 \"%lld\"", (long long)no);
    return ERR_OK;
}

static inline Err maker_bundle(Maker *maker, Str *ret)
{
    const BundleSource source = {
        .head = {S("江苏省技术产权交易市场"), maker->lot_id, S("一种高导热\\石墨烯膜")},
        .rows = maker->rows,
        .count = maker->row_count,
        .name = maker_name};
    return bundle_make(&maker->cx, maker->log, &source, ret);
}

#endif
