/* bid_engine.c - see bid_engine.h. */
#include "auction/bid_engine.h"

#include "auction/auction_int.h"
#include "auction/bid_seal.h"
#include "base/openssl.h"
#include "ident/ident.h"

#include <stdio.h>

enum { LOT_BUCKETS = 1024, FIRST_CAP = 16 };

/* Numbers by numbers: open addresses. */
typedef struct Slot {
    u64 key;
    i64 n; /* 0: empty. */
} Slot;

typedef struct Table {
    Slot *slots;
    size_t count, cap;
} Table;

typedef struct Seat {
    i64 org_id;
    i64 bidder_id; /* lot_bidder */
    bool floor;
    bool barred; /* Since it was admitted: lot_bar. */
} Seat;

/* An entry that is not written yet. */
typedef struct Fresh {
    BidEntry entry; /* Its texts live in the lot's `texts`. */
    i64 amount_fen;
    BidHash hash;
} Fresh;

typedef struct LiveLot LiveLot;
struct LiveLot {
    Arena arena; /* Holds this struct as well. */
    Arena texts; /* Of fresh entries. */
    i64 lot_id, born_ms;
    i64 step_fen, open_ms;
    bool cancelled;
    BidPlay play;
    i64 openings;
    Seat *seats; /* By number, from 1. */
    i64 seat_count, seat_cap;
    Table orgs; /* Number of a unit that bids by itself. */
    Table keys; /* Digest of a request key: the entry that answered it. */
    Fresh *fresh;
    size_t fresh_count, fresh_cap;
    i64 fresh_accepted;
    Buf lines;      /* Of the fresh entries. */
    bool touched;   /* Since the last flush. */
    LiveLot *next;  /* In its bucket. */
    LiveLot *dirty; /* The next touched one. */
};

struct BidEngine {
    Arena arena; /* Holds this struct as well. */
    BidHasher *hasher;
    SealKey secret;
    LiveLot *buckets[LOT_BUCKETS];
    size_t count;
    LiveLot *dirty;
};

/* ---- Lots in memory ---- */

static LiveLot **place_of(BidEngine *engine, i64 lot_id)
{
    LiveLot **at = &engine->buckets[(u64)lot_id % LOT_BUCKETS];
    while (*at && (*at)->lot_id != lot_id)
        at = &(*at)->next;
    return at;
}

static void live_done(LiveLot *live)
{
    arena_done(&live->texts);
    Arena arena = live->arena; /* A copy: the struct itself lies in it. */
    arena_done(&arena);
}

/* Those that are touched, or all. */
static void forget(BidEngine *engine, bool all)
{
    for (size_t i = 0; i < LOT_BUCKETS; i++) {
        LiveLot **at = &engine->buckets[i];
        while (*at) {
            LiveLot *live = *at;
            if (!all && !live->touched) {
                at = &live->next;
                continue;
            }
            *at = live->next;
            engine->count--;
            live_done(live);
        }
    }
    engine->dirty = NULL;
}

static void touch(BidEngine *engine, LiveLot *live)
{
    if (live->touched)
        return;
    live->touched = true;
    live->dirty = engine->dirty;
    engine->dirty = live;
}

/* ---- Tables ---- */

static u64 key_number(Str digest)
{
    u8 bytes[BID_KEY_HEX / 2];
    u64 number = 0;
    if (hex_to(digest, bytes, sizeof bytes))
        for (size_t i = 0; i < sizeof bytes; i++)
            number = number << 8 | bytes[i];
    return number;
}

static Slot *slot_of(Slot *slots, size_t cap, u64 key)
{
    size_t at = (size_t)(key ^ key >> 32) & (cap - 1);
    while (slots[at].n && slots[at].key != key)
        at = (at + 1) & (cap - 1);
    return &slots[at];
}

static i64 table_find(const Table *table, u64 key)
{
    return table->cap ? slot_of(table->slots, table->cap, key)->n : 0;
}

static void table_add(Arena *arena, Table *table, u64 key, i64 n)
{
    if (table->count * 2 >= table->cap) {
        size_t cap = table->cap ? table->cap * 2 : 2 * (size_t)FIRST_CAP;
        Slot *grown = ARENA_NEW(arena, Slot, cap);
        for (size_t i = 0; i < table->cap; i++)
            if (table->slots[i].n)
                *slot_of(grown, cap, table->slots[i].key) = table->slots[i];
        table->slots = grown;
        table->cap = cap;
    }
    *slot_of(table->slots, table->cap, key) = (Slot){key, n};
    table->count++;
}

/* ---- Playing a log again ---- */

static Err broken(Cx *cx, i64 lot_id, i64 n)
{
    char lot[24], at[24];
    snprintf(lot, sizeof lot, "%lld", (long long)lot_id);
    snprintf(at, sizeof at, "%lld", (long long)n);
    log_line(LOG_ERROR_LEVEL, "bids.log_broken", "lot", lot, "entry", at, NULL);
    const Str args[] = {str_format(cx->arena, "%s", lot), str_format(cx->arena, "%s", at)};
    return err_set_args(cx, ERR_BUG, NULL, "auction.log_broken", args, COUNT(args));
}

/* One walk over a log. */
typedef struct Walk {
    const SealKey *secret;
    BidHasher *hasher;
    i64 lot_id, born_ms, openings;
    BidPlay *play;
    LiveLot *live; /* Takes up keys; may be NULL. */
} Walk;

static bool walk_act(Walk *walk, BidEntry *entry)
{
    SealKey key = seal_key(walk->secret, walk->lot_id, walk->born_ms, walk->openings);
    if (entry->sealed.len && !seal_open(&key, entry, &entry->amount_fen))
        return false;
    BidReply reply = bid_play_act(walk->play, entry);
    return bid_entry_agrees(entry, &reply);
}

static bool walk_line(Walk *walk, Str line)
{
    BidEntry entry;
    BidPlay *play = walk->play;
    if (!bid_entry_read(line, &entry) || entry.n != play->n + 1)
        return false;
    bool right = true;
    if (entry.kind == ENTRY_ADMIT) {
        right = entry.bidder == play->admitted + 1;
        bid_play_admit(play, entry.rank);
    } else if (entry.kind == ENTRY_OPEN) {
        walk->openings++;
    } else {
        right = entry.bidder <= play->admitted && walk_act(walk, &entry);
    }
    play->n = entry.n;
    play->hash = bid_hash_next(walk->hasher, &play->hash, line);
    if (walk->live && entry.key.len)
        table_add(&walk->live->arena, &walk->live->keys, key_number(entry.key), entry.n);
    return right;
}

static Err walk_rows(Cx *cx, Walk *walk)
{
    Rows rows;
    Err e = DB_QUERY(cx, &rows, "SELECT head, lines FROM lot_log WHERE lot_id = ?1 ORDER BY first",
                     BIND_INT(walk->lot_id));
    if (e)
        return e;
    bool right = true;
    while (right && rows_next(&rows)) {
        Arena arena = {0}; /* Of one block. */
        Str head = str_copy(&arena, rows_str(&rows, 0)), rest = rows_str(&rows, 1), line;
        while (right && str_split(&rest, '\n', &line) && line.len)
            right = walk_line(walk, line);
        right = right && str_same(head, bid_hash_hex(&arena, &walk->play->hash));
        arena_done(&arena);
    }
    e = rows_end(&rows);
    return e || right ? e : broken(cx, walk->lot_id, walk->play->n);
}

static Err walk_begin(Cx *cx, const Lot *lot, Walk *walk, Arena *arena)
{
    BidRules rules;
    Err e = bid_rules_read(cx, lot->rules, &rules);
    if (e) {
        err_clear(cx);
        return broken(cx, lot->id, 0);
    }
    bid_play_begin(arena, &rules, walk->play);
    walk->play->hash = bid_hash_rules(walk->hasher, lot->rules);
    return ERR_OK;
}

Err bid_replay(Cx *cx, const Lot *lot, BidPlay *ret)
{
    SealKey secret;
    Err e = seal_load(cx, house_of(cx)->data_folder, &secret);
    if (e)
        return e;
    Walk walk = {.secret = &secret,
                 .hasher = bid_hasher_new(),
                 .lot_id = lot->id,
                 .born_ms = lot->made_ms,
                 .play = ret};
    if (!walk.hasher)
        return err_set(cx, ERR_BUG, NULL, "auction.no_sm3");
    e = walk_begin(cx, lot, &walk, cx->arena);
    if (!e)
        e = walk_rows(cx, &walk);
    bid_hasher_done(walk.hasher);
    return e;
}

/* ---- Loading ---- */

static void seat_add(LiveLot *live, Seat seat)
{
    if (live->seat_count + 1 >= live->seat_cap) {
        i64 cap = live->seat_cap ? live->seat_cap * 2 : FIRST_CAP;
        live->seats = arena_grow(&live->arena, live->seats, (size_t)live->seat_cap * sizeof(Seat),
                                 (size_t)cap * sizeof(Seat));
        live->seat_cap = cap;
    }
    live->seats[++live->seat_count] = seat;
    if (!seat.floor)
        table_add(&live->arena, &live->orgs, (u64)seat.org_id, live->seat_count);
}

static Err load_seats(Cx *cx, LiveLot *live)
{
    Rows rows;
    Err e =
        DB_QUERY(cx, &rows,
                 "SELECT b.id, b.org_id, b.floor, CASE WHEN EXISTS (SELECT 1 FROM lot_bar x JOIN "
                 "lot l ON l.listing_id = x.listing_id WHERE l.id = b.lot_id AND x.org_id = "
                 "b.org_id AND (x.account_id = 0 OR x.account_id = b.account_id)) THEN 1 ELSE "
                 "0 END FROM lot_bidder b WHERE b.lot_id = ?1 AND b.no > 0 ORDER BY b.no",
                 BIND_INT(live->lot_id));
    if (e)
        return e;
    while (rows_next(&rows))
        seat_add(live, (Seat){.bidder_id = rows_int(&rows, 0),
                              .org_id = rows_int(&rows, 1),
                              .floor = rows_int(&rows, 2) != 0,
                              .barred = rows_int(&rows, 3) != 0});
    return rows_end(&rows);
}

static Err live_load(Cx *cx, BidEngine *engine, const Lot *lot, LiveLot *live)
{
    Walk walk = {.secret = &engine->secret,
                 .hasher = engine->hasher,
                 .lot_id = lot->id,
                 .born_ms = lot->made_ms,
                 .play = &live->play,
                 .live = live};
    Err e = load_seats(cx, live);
    if (!e)
        e = walk_begin(cx, lot, &walk, &live->arena);
    if (!e)
        e = walk_rows(cx, &walk);
    if (!e && live->play.admitted != live->seat_count)
        e = broken(cx, lot->id, live->play.n);
    live->openings = walk.openings;
    return e;
}

static Err live_get(Cx *cx, BidEngine *engine, i64 lot_id, LiveLot **ret)
{
    LiveLot **place = place_of(engine, lot_id);
    *ret = *place;
    if (*ret)
        return ERR_OK;
    Lot lot;
    Err e = lot_load(cx, lot_id, &lot);
    if (e)
        return e;
    Arena arena = {0};
    LiveLot *live = ARENA_NEW(&arena, LiveLot, 1);
    *live = (LiveLot){.arena = arena,
                      .lot_id = lot_id,
                      .born_ms = lot.made_ms,
                      .step_fen = lot.step_fen,
                      .open_ms = lot.open_ms,
                      .cancelled = lot.state == LOT_CANCELLED};
    live->lines = buf_new(&live->arena);
    e = live_load(cx, engine, &lot, live);
    if (e) {
        live_done(live);
        return e;
    }
    live->next = *place;
    *place = live;
    engine->count++;
    *ret = live;
    return ERR_OK;
}

/* ---- Writing ---- */

/* An entry with its answer goes into the log. */
static Fresh *append(BidEngine *engine, LiveLot *live, const BidEntry *entry, i64 amount_fen)
{
    if (live->fresh_count == live->fresh_cap) {
        size_t cap = live->fresh_cap ? live->fresh_cap * 2 : FIRST_CAP;
        live->fresh = arena_grow(&live->arena, live->fresh, live->fresh_cap * sizeof(Fresh),
                                 cap * sizeof(Fresh));
        live->fresh_cap = cap;
    }
    size_t from = live->lines.len;
    bid_entry_write(&live->lines, entry);
    Str line = {live->lines.data + from, live->lines.len - from};
    live->play.hash = bid_hash_next(engine->hasher, &live->play.hash, line);
    buf_char(&live->lines, '\n');
    live->play.n = entry->n;
    live->fresh_accepted += entry->seq != 0;
    if (entry->key.len)
        table_add(&live->arena, &live->keys, key_number(entry->key), entry->n);
    Fresh *fresh = &live->fresh[live->fresh_count++];
    *fresh = (Fresh){*entry, amount_fen, live->play.hash};
    fresh->entry.key = str_copy(&live->texts, entry->key);
    fresh->entry.sealed = str_copy(&live->texts, entry->sealed);
    touch(engine, live);
    return fresh;
}

/* The keys of sealed stages that this act, or its time, has ended. */
static void append_openings(BidEngine *engine, LiveLot *live, BidStage before,
                            const BidReply *reply, i64 at_ms)
{
    for (int i = 0; i < reply->event_count; i++) {
        bool opened = before == STAGE_SEALED && reply->events[i].stage != STAGE_CANCELLED;
        before = reply->events[i].stage;
        if (!opened)
            continue;
        SealKey key = seal_key(&engine->secret, live->lot_id, live->born_ms, live->openings++);
        BidEntry entry = {.n = live->play.n + 1,
                          .at_ms = at_ms,
                          .kind = ENTRY_OPEN,
                          .secret = seal_key_hex(&live->texts, &key)};
        bid_entry_answer(&entry, reply);
        entry.why = WHY_OK;
        entry.seq = 0;
        append(engine, live, &entry, 0);
    }
}

/* The fresh entries as a row. Its fact is the exchange's own, whoever asked for the act that it is
 * written with: the log is for everybody and names nobody (bundle.h). */
static Err write_log(Cx *cx, LiveLot *live)
{
    if (!live->fresh_count)
        return ERR_OK;
    LotLog row = {.lot_id = live->lot_id,
                  .first = live->fresh[0].entry.n,
                  .count = (i64)live->fresh_count,
                  .accepted = live->fresh_accepted,
                  .head = bid_hash_hex(cx->arena, &live->play.hash),
                  .lines = buf_str(&live->lines)};
    Actor asking = cx->actor;
    cx->actor = (Actor){.via = VIA_SYSTEM};
    Err e =
        fact_create(cx, &lot_log_type, &row, (FactNote){"lot.log", row.count, NULL, live->lot_id});
    cx->actor = asking;
    if (e)
        return e;
    live->fresh_count = 0;
    live->fresh_accepted = 0;
    live->lines.len = 0;
    arena_reset(&live->texts);
    return ERR_OK;
}

/* The summary of a lot after its state, with the row of its leader. */
static bool summary(const LiveLot *live, Lot *lot)
{
    const BidState *state = &live->play.state;
    bool other = lot_follow(lot, state);
    lot->leader_id = state->leader ? live->seats[state->leader].bidder_id : 0;
    return other;
}

/* A lot whose time has come is started by the first bid when the clock's own command has not. */
static Err start_row(Cx *cx, Lot *lot, Str stage)
{
    Lot next = *lot;
    next.stage = stage;
    Err e = flow_step(cx, &lot_flow, lot->state, "start", WHO_CLOCK, lot, &next.state);
    if (!e)
        e = fact_change(cx, &lot_type, &next, (FactNote){"lot.opened", 0, NULL, 0});
    if (!e)
        *lot = next;
    return e;
}

static FactNote note_of(const Lot *before, const Lot *after)
{
    if (!str_same(before->stage, after->stage) || before->round != after->round)
        return (FactNote){"lot.stage", after->round, NULL, 0};
    if (after->end_ms > before->end_ms)
        return (FactNote){"lot.extended", after->end_ms, NULL, 0};
    return (FactNote){"lot.led", after->price_fen, NULL, 0};
}

static Err write_summary(Cx *cx, LiveLot *live)
{
    Lot lot;
    Err e = lot_load(cx, live->lot_id, &lot);
    if (!e && lot.state == LOT_SCHEDULED && live->play.state.stage != STAGE_SCHEDULED)
        e = start_row(cx, &lot, str_from(bid_stage_name((BidStage)live->play.state.stage, false)));
    if (e)
        return e;
    Lot before = lot;
    if (!summary(live, &lot))
        return ERR_OK;
    FactNote note = note_of(&before, &lot);
    char stage[16];
    snprintf(stage, sizeof stage, "%.*s", STR_ARG(lot.stage));
    if (strcmp(note.kind, "lot.stage") == 0)
        note.code = stage;
    e = fact_change(cx, &lot_type, &lot, note);
    if (!e && before.state == LOT_SOLD && before.leader_id != lot.leader_id)
        e = lot_win_move(cx, &lot);
    return e;
}

/* WriterBulk.flush */
static Err flush(Cx *cx, void *context)
{
    BidEngine *engine = context;
    Err e = ERR_OK;
    for (LiveLot *live = engine->dirty, *next; live && !e; live = next) {
        next = live->dirty;
        bool fresh = live->fresh_count > 0;
        e = write_log(cx, live);
        if (!e && fresh)
            e = write_summary(cx, live);
        if (!e)
            live->touched = false;
        if (!e)
            engine->dirty = next;
    }
    if (e)
        return ERR_STORE; /* Nothing else can be: all of it was judged before. */
    if (engine->count > BID_LOTS_MAX)
        forget(engine, true);
    return ERR_OK;
}

static void undone(void *context)
{
    forget(context, false);
}

static void dropped(void *context)
{
    forget(context, true);
}

static void engine_close(void *context)
{
    BidEngine *engine = context;
    forget(engine, true);
    bid_hasher_done(engine->hasher);
    OPENSSL_cleanse(&engine->secret, sizeof engine->secret);
    Arena arena = engine->arena;
    arena_done(&arena);
}

static Err engine_of(Cx *cx, BidEngine **ret)
{
    assert(cx->in_write);
    House *house = house_of(cx);
    *ret = house->bids;
    if (*ret)
        return ERR_OK;
    SealKey secret;
    Err e = seal_load(cx, house->data_folder, &secret);
    if (e)
        return e;
    BidHasher *hasher = bid_hasher_new();
    if (!hasher)
        return err_set(cx, ERR_BUG, NULL, "auction.no_sm3");
    Arena arena = {0};
    BidEngine *engine = ARENA_NEW(&arena, BidEngine, 1);
    engine->arena = arena;
    engine->hasher = hasher;
    engine->secret = secret;
    writer_bulk_set(house->writer, &(WriterBulk){.context = engine,
                                                 .flush = flush,
                                                 .undone = undone,
                                                 .dropped = dropped,
                                                 .close = engine_close});
    house->bids = *ret = engine;
    return ERR_OK;
}

/* ---- What bidders ask ---- */

typedef struct Asker {
    i64 no; /* 0: no number. */
    BidStanding standing;
} Asker;

static Err asker_of(Cx *cx, const LiveLot *live, const BidAsk *ask, Asker *ret)
{
    *ret = (Asker){.standing = STANDING_ADMITTED};
    if (ask->floor_no) {
        bool there = ask->floor_no > 0 && ask->floor_no <= live->seat_count &&
                     live->seats[ask->floor_no].floor;
        ret->no = there ? ask->floor_no : 0;
        ret->standing = there ? STANDING_ADMITTED : STANDING_NONE;
        return ERR_OK;
    }
    ret->no = cx->actor.org_id ? table_find(&live->orgs, (u64)cx->actor.org_id) : 0;
    if (ret->no && !live->seats[ret->no].barred)
        return ERR_OK;
    ret->no = 0;
    LotBidder bidder = {0};
    Err e =
        cx->actor.org_id ? lot_bidder_find(cx, live->lot_id, cx->actor.org_id, &bidder) : ERR_OK;
    ret->standing = bidder.id ? STANDING_WAITING : STANDING_NONE;
    if (!cx->actor.org_id)
        ret->standing = STANDING_NOBODY;
    return e;
}

/* The entry as the log has it, from its block. */
static Err read_entry(Cx *cx, const BidEngine *engine, const LiveLot *live, i64 n, Fresh *ret)
{
    Rows rows;
    bool found = false;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT b.lines, COALESCE((SELECT a.head FROM lot_log a WHERE a.lot_id = ?1 "
                     "AND a.first < b.first ORDER BY a.first DESC LIMIT 1), '') FROM lot_log b "
                     "WHERE b.lot_id = ?1 AND b.first <= ?2 ORDER BY b.first DESC LIMIT 1",
                     BIND_INT(live->lot_id), BIND_INT(n));
    if (e)
        return e;
    if (rows_next(&rows)) {
        Str rest = rows_str_copy(&rows, 0), head = rows_str(&rows, 1), line;
        BidHash hash;
        Buf first = buf_new(cx->arena);
        bid_rules_write(&first, &live->play.rules);
        if (!hex_to(head, hash.bytes, BID_HASH_BYTES))
            hash = bid_hash_rules(engine->hasher, buf_str(&first));
        while (!found && str_split(&rest, '\n', &line) && line.len) {
            hash = bid_hash_next(engine->hasher, &hash, line);
            found = bid_entry_read(line, &ret->entry) && ret->entry.n == n;
        }
        ret->hash = hash;
        ret->amount_fen = ret->entry.amount_fen;
    }
    e = rows_end(&rows);
    return e || found ? e : broken(cx, live->lot_id, n);
}

/* The answer of the first time. */
static Err ask_again(Cx *cx, const BidEngine *engine, const LiveLot *live, i64 n, Fresh *ret)
{
    i64 written = live->play.n - (i64)live->fresh_count;
    if (n > written) {
        *ret = live->fresh[n - written - 1];
        return ERR_OK;
    }
    Err e = read_entry(cx, engine, live, n, ret);
    for (i64 opening = 0; !e && ret->entry.sealed.len && opening <= live->openings; opening++) {
        SealKey key = seal_key(&engine->secret, live->lot_id, live->born_ms, opening);
        if (seal_open(&key, &ret->entry, &ret->amount_fen))
            break;
    }
    return e;
}

/* Who may not bid has no number: that he tried is told by a fact, with his name to it. */
static Err tell_refused(Cx *cx, const LiveLot *live, const BidEntry *entry)
{
    return fact_tell(cx, &lot_type, live->lot_id,
                     (FactNote){"lot.bid_refused", 0, bid_why_name(entry->why), 0});
}

static BidPlay play_copy(Arena *arena, const BidPlay *play)
{
    BidPlay copy = *play;
    size_t bytes = (size_t)play->state.seat_count * sizeof(BidSeat);
    copy.state.seats = arena_take_raw(arena, bytes);
    memcpy(copy.state.seats, play->state.seats, bytes);
    return copy;
}

/* A sealed stage whose time is over is ended, and opened, before what comes after it is judged: a
 * quote of the next stage is sealed by another key than the one that is published here. The last
 * stage is left to the clock. */
static void end_sealed(Cx *cx, BidEngine *engine, LiveLot *live)
{
    const BidState *state = &live->play.state;
    if (state->stage != STAGE_SEALED || state->paused || cx->arrived_ms < state->end_ms)
        return;
    BidEntry entry = {.n = live->play.n + 1, .at_ms = cx->arrived_ms, .kind = ACT_TICK};
    BidPlay trial = play_copy(cx->arena, &live->play);
    BidReply reply = bid_play_act(&trial, &entry);
    if (trial.state.stage >= STAGE_SOLD)
        return;
    reply = bid_play_act(&live->play, &entry);
    bid_entry_answer(&entry, &reply);
    append(engine, live, &entry, 0);
    append_openings(engine, live, STAGE_SEALED, &reply, cx->arrived_ms);
}

static Err ask_first(Cx *cx, BidEngine *engine, LiveLot *live, const BidAsk *ask, Asker asker,
                     Str digest, Fresh *ret)
{
    static const BidWhy whys[] = {[STANDING_NOBODY] = WHY_NO_BIDDER,
                                  [STANDING_NONE] = WHY_NOT_A_BIDDER,
                                  [STANDING_WAITING] = WHY_NOT_ADMITTED,
                                  [STANDING_ADMITTED] = WHY_OK};
    end_sealed(cx, engine, live);
    BidEntry entry = {.n = live->play.n + 1,
                      .at_ms = cx->arrived_ms,
                      .kind = (int)ask->kind,
                      .bidder = asker.no,
                      .amount_fen = ask->amount_fen,
                      .key = digest,
                      .floor = ask->floor_no != 0,
                      .why = whys[asker.standing]};
    BidStage before = (BidStage)live->play.state.stage;
    BidReply reply = bid_play_act(&live->play, &entry);
    bid_entry_answer(&entry, &reply);
    if (bid_is_sealed(entry.kind, &reply)) {
        SealKey key = seal_key(&engine->secret, live->lot_id, live->born_ms, live->openings);
        entry.sealed = seal_close(&key, cx->arena, &entry, ask->amount_fen);
        entry.amount_fen = 0;
    }
    Err e = asker.no ? ERR_OK : tell_refused(cx, live, &entry);
    *ret = *append(engine, live, &entry, ask->amount_fen);
    append_openings(engine, live, before, &reply, cx->arrived_ms);
    return e;
}

Err bid_ask(Cx *cx, const BidAsk *ask, BidTold *ret)
{
    assert(ask->kind <= ACT_CANCEL && cx->arrived_ms > 0);
    BidEngine *engine;
    LiveLot *live = NULL;
    Asker asker;
    Err e = engine_of(cx, &engine);
    if (!e)
        e = live_get(cx, engine, ask->lot_id, &live);
    if (!e)
        e = asker_of(cx, live, ask, &asker);
    if (e)
        return e;
    Str key =
        str_format(cx->arena, "%c%.*s", ask->kind == ACT_CONFIRM ? 'c' : 'b', STR_ARG(ask->key));
    i64 who = asker.no ? asker.no : -cx->actor.org_id;
    Str digest = bid_key_digest(engine->hasher, cx->arena, live->lot_id, who, key);
    i64 known = table_find(&live->keys, key_number(digest));
    Fresh answer = {0};
    e = known ? ask_again(cx, engine, live, known, &answer)
              : ask_first(cx, engine, live, ask, asker, digest, &answer);
    if (e)
        return e;
    if (answer.amount_fen != ask->amount_fen || answer.entry.kind != (int)ask->kind)
        return err_set(cx, ERR_CONFLICT, "key", "auction.key_used");
    *ret = (BidTold){.entry = answer.entry,
                     .amount_fen = answer.amount_fen,
                     .next_fen = bid_entry_next_fen(&live->play.rules, &answer.entry),
                     .hash = answer.hash,
                     .cancelled = live->cancelled,
                     .step_fen = live->step_fen,
                     .open_ms = live->open_ms};
    return ERR_OK;
}

/* ---- What the operator and the clock do ---- */

Err bid_operate(Cx *cx, i64 lot_id, BidActKind kind, i64 at_ms, BidActed *ret)
{
    assert(kind >= ACT_PAUSE && kind < ACT_COUNT);
    BidEngine *engine;
    LiveLot *live = NULL;
    Err e = engine_of(cx, &engine);
    if (!e)
        e = live_get(cx, engine, lot_id, &live);
    if (e)
        return e;
    BidEntry entry = {.n = live->play.n + 1, .at_ms = at_ms, .kind = (int)kind};
    BidPlay trial = play_copy(cx->arena, &live->play);
    ret->reply = bid_play_act(&trial, &entry);
    bool counts = !ret->reply.why && (kind != ACT_TICK || ret->reply.event_count > 0);
    if (counts) {
        BidStage before = (BidStage)live->play.state.stage;
        touch(engine, live);
        ret->reply = bid_play_act(&live->play, &entry);
        bid_entry_answer(&entry, &ret->reply);
        append(engine, live, &entry, 0);
        append_openings(engine, live, before, &ret->reply, at_ms);
        live->cancelled = live->cancelled || kind == ACT_STOP;
        e = write_log(cx, live);
    }
    if (!e)
        e = lot_load(cx, lot_id, &ret->lot);
    if (e)
        return e;
    ret->other = summary(live, &ret->lot);
    ret->play = &live->play;
    return ERR_OK;
}

Err bid_bar(Cx *cx, i64 lot_id, i64 org_id, bool barred)
{
    BidEngine *engine = NULL;
    Err e = engine_of(cx, &engine);
    if (e)
        return e;
    LiveLot *live = *place_of(engine, lot_id); /* One that is loaded later reads the rows. */
    i64 no = live ? table_find(&live->orgs, (u64)org_id) : 0;
    if (no)
        live->seats[no].barred = barred;
    return ERR_OK;
}

Err bid_admit(Cx *cx, const LotBidder *bidder)
{
    BidEngine *engine;
    LiveLot *live = NULL;
    Org org;
    u8 salt[LOT_SALT_BYTES];
    Err e = record_load(cx, &org_type, bidder->org_id, &org);
    if (!e)
        e = engine_of(cx, &engine);
    if (!e)
        e = live_get(cx, engine, bidder->lot_id, &live);
    if (e)
        return e;
    if (live->seat_count + 1 != bidder->no || !hex_to(bidder->salt, salt, sizeof salt))
        return broken(cx, bidder->lot_id, live->play.n);
    seat_add(live, (Seat){bidder->org_id, bidder->id, bidder->floor != 0, false});
    Buf bytes = buf_new(cx->arena);
    buf_add(&bytes, (Str){(const char *)salt, sizeof salt});
    buf_add(&bytes, org.code);
    BidHash who = bid_hash_of(engine->hasher, buf_str(&bytes));
    touch(engine, live);
    bid_play_admit(&live->play, bidder->rank);
    const BidState *state = &live->play.state;
    BidEntry entry = {.n = live->play.n + 1,
                      .at_ms = cx->arrived_ms,
                      .kind = ENTRY_ADMIT,
                      .bidder = bidder->no,
                      .who = bid_hash_hex(cx->arena, &who),
                      .rank = bidder->rank,
                      .price_fen = state->price_fen,
                      .end_ms = state->end_ms,
                      .stage = (int)state->stage,
                      .paused = state->paused != 0};
    append(engine, live, &entry, 0);
    return write_log(cx, live);
}
