/* serve_live.c - see serve_live.h. */
#include "cli/serve_live.h"

#include "auction/auction_event.h"
#include "fact/fact.h"
#include "web/live.h"

#include <stdio.h>
#include <string.h>

enum {
    FACTS_AT_ONCE = 500,
    SLOTS = 16 * 1024,
    SLOTS_USED_MAX = SLOTS / 2,
    BUSY_MS = 3,
    AGAIN_MS = 500
};

/* What was told of a lot. */
typedef struct Told {
    i64 lot_id;   /* 0: an empty slot. */
    i64 fact_seq; /* Of what is to be told; 0: nothing. */
    i64 bid_seq;
    i64 due_ns; /* Not before. */
    u64 hash;   /* Of what was told last. */
    bool bids;  /* There are some to be told. */
} Told;

struct Teller {
    Arena arena;
    struct Server *server;
    i64 seq; /* The last fact taken in. */
    Told *slots;
    size_t used;
    size_t *waiting; /* Slots that have something to be told. */
    size_t waiting_count;
    i64 hall[TELL_HALL_LOTS]; /* Lots that changed since the hall was told. */
    size_t hall_count;        /* TELL_HALL_LOTS + 1: more than fit. */
    i64 hall_seq;
    i64 hall_due_ns;
};

Err teller_new(Cx *cx, struct Server *server, Teller **ret)
{
    i64 seq = 0;
    Err e = fact_last_seq(cx, &seq);
    if (e)
        return e;
    Arena arena = {0};
    Teller *teller = ARENA_NEW(&arena, Teller, 1);
    teller->slots = ARENA_NEW(&arena, Told, SLOTS);
    teller->waiting = ARENA_NEW(&arena, size_t, SLOTS);
    teller->server = server;
    teller->seq = seq;
    teller->arena = arena;
    live_set_floor(server, seq);
    *ret = teller;
    return ERR_OK;
}

void teller_done(Teller *teller)
{
    Arena arena = teller->arena; /* It holds `teller` itself. */
    arena_done(&arena);
}

/* ---- what has changed ---- */

/* Forgets what was told of lots that have nothing to tell. */
static void forget(Teller *teller)
{
    Told *old = teller->slots;
    size_t count = teller->waiting_count;
    Arena arena = {0};
    Told *kept = ARENA_NEW(&arena, Told, count + 1);
    for (size_t i = 0; i < count; i++)
        kept[i] = old[teller->waiting[i]];
    memset(old, 0, SLOTS * sizeof *old);
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)kept[i].lot_id % SLOTS;
        while (old[at].lot_id)
            at = (at + 1) % SLOTS;
        old[at] = kept[i];
        teller->waiting[i] = at;
    }
    teller->used = count;
    arena_done(&arena);
}

static size_t slot_of(Teller *teller, i64 lot_id)
{
    if (teller->used >= SLOTS_USED_MAX)
        forget(teller);
    size_t at = (size_t)lot_id % SLOTS;
    while (teller->slots[at].lot_id && teller->slots[at].lot_id != lot_id)
        at = (at + 1) % SLOTS;
    if (!teller->slots[at].lot_id) {
        teller->slots[at] = (Told){.lot_id = lot_id};
        teller->used++;
    }
    return at;
}

static i64 lot_of_fact(const Fact *fact)
{
    if (str_same(fact->kind, S("lot.bid_refused"))) /* Nobody else's business. */
        return 0;
    if (str_same(fact->table_name, S("lot")))
        return fact->row_id;
    return str_starts(fact->table_name, S("lot_")) ? fact->other_id : 0;
}

static void note_hall(Teller *teller, i64 lot_id, i64 seq)
{
    teller->hall_seq = seq;
    for (size_t i = 0; i < teller->hall_count && i < TELL_HALL_LOTS; i++)
        if (teller->hall[i] == lot_id)
            return;
    if (teller->hall_count < TELL_HALL_LOTS)
        teller->hall[teller->hall_count] = lot_id;
    if (teller->hall_count <= TELL_HALL_LOTS)
        teller->hall_count++;
}

static void note(Teller *teller, i64 lot_id, const Fact *fact)
{
    i64 seq = fact->seq;
    if (teller->waiting_count >= SLOTS_USED_MAX)
        return; /* More lots at once than the house has: they ask when they come back. */
    size_t at = slot_of(teller, lot_id);
    if (!teller->slots[at].fact_seq)
        teller->waiting[teller->waiting_count++] = at;
    teller->slots[at].fact_seq = seq;
    if (str_same(fact->kind, S("lot.log")))
        teller->slots[at].bids = true;
    note_hall(teller, lot_id, seq);
}

static Err take_facts(Teller *teller, Cx *cx)
{
    for (size_t count = FACTS_AT_ONCE; count == FACTS_AT_ONCE;) {
        ArenaMark mark = arena_mark(cx->arena);
        Fact *facts = NULL;
        Err e = fact_after(cx, teller->seq, FACTS_AT_ONCE, &facts, &count);
        if (e)
            return e;
        for (size_t i = 0; i < count; i++) {
            i64 lot_id = lot_of_fact(&facts[i]);
            if (lot_id)
                note(teller, lot_id, &facts[i]);
            teller->seq = facts[i].seq;
        }
        arena_rewind(cx->arena, mark);
    }
    return ERR_OK;
}

/* ---- telling ---- */

static u64 hash_of(Str text)
{
    u64 hash = 14695981039346656037u;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (u8)text.data[i]) * 1099511628211u;
    return hash;
}

static Str json_of(Cx *cx, const Val *val)
{
    Buf out = buf_new(cx->arena);
    val_write_json(&out, val);
    return buf_str(&out);
}

static Err tell_lot(Teller *teller, Cx *cx, Told *told, const char *channel)
{
    Val *event = NULL;
    i64 bid_seq = 0;
    Err e = lot_event(cx, told->lot_id, told->bid_seq, !told->bids, &event, &bid_seq);
    if (e)
        return e;
    u64 hash = hash_of(json_of(cx, event));
    if (hash == told->hash)
        return ERR_OK;
    val_set_int(cx->arena, event, "now_ms", clock_now_ms(cx->clock));
    live_publish(teller->server, channel, told->fact_seq, "lot", json_of(cx, event));
    told->hash = hash;
    told->bids = false;
    told->bid_seq = bid_seq;
    return ERR_OK;
}

/* True: there is nothing more to tell of this lot now. */
static bool serve_lot(Teller *teller, Cx *cx, Told *told, i64 now_ns, Err *ret_err)
{
    char channel[40];
    snprintf(channel, sizeof channel, "lot/%lld", (long long)told->lot_id);
    LiveNeed need = live_need(teller->server, channel);
    if (need == LIVE_UNWATCHED) {
        live_pass_over(teller->server, told->fact_seq);
        told->bid_seq = 0; /* Whoever comes first asks for all. */
        return true;
    }
    if (need == LIVE_BUSY || now_ns < told->due_ns)
        return false;
    ArenaMark mark = arena_mark(cx->arena);
    Err e = tell_lot(teller, cx, told, channel);
    arena_rewind(cx->arena, mark);
    told->due_ns = now_ns + (i64)(e ? AGAIN_MS : TELL_GAP_MS) * 1000000;
    if (e == ERR_MISSING)
        err_clear(cx);
    else if (e)
        *ret_err = e;
    return !e || e == ERR_MISSING;
}

static Err tell_hall(Teller *teller, Cx *cx, i64 now_ns)
{
    Val *event = val_map(cx->arena), *lots = val_list(cx->arena);
    bool many = teller->hall_count > TELL_HALL_LOTS;
    for (size_t i = 0; !many && i < teller->hall_count; i++) {
        Val *lot = NULL;
        Err e = lot_event_brief(cx, teller->hall[i], &lot);
        if (e && e != ERR_MISSING)
            return e;
        err_clear(cx);
        if (!e)
            val_push(cx->arena, lots, lot);
    }
    val_set(cx->arena, event, "lots", lots);
    val_set_bool(cx->arena, event, "many", many);
    val_set_int(cx->arena, event, "now_ms", clock_now_ms(cx->clock));
    live_publish(teller->server, "lots", teller->hall_seq, "lots", json_of(cx, event));
    teller->hall_count = 0;
    teller->hall_due_ns = now_ns + (i64)TELL_HALL_MS * 1000000;
    return ERR_OK;
}

/* True: there is nothing to tell the hall now. */
static bool serve_hall(Teller *teller, Cx *cx, i64 now_ns, Err *ret_err)
{
    if (!teller->hall_count)
        return true;
    LiveNeed need = live_need(teller->server, "lots");
    if (need == LIVE_UNWATCHED) {
        live_pass_over(teller->server, teller->hall_seq);
        teller->hall_count = 0;
        return true;
    }
    if (need == LIVE_BUSY || now_ns < teller->hall_due_ns)
        return false;
    ArenaMark mark = arena_mark(cx->arena);
    Err e = tell_hall(teller, cx, now_ns);
    arena_rewind(cx->arena, mark);
    if (e) {
        teller->hall_due_ns = now_ns + (i64)AGAIN_MS * 1000000;
        *ret_err = e;
    }
    return !e;
}

Err teller_step(Teller *teller, Cx *cx, int *ret_wait_ms)
{
    *ret_wait_ms = AGAIN_MS;
    Err e = take_facts(teller, cx);
    if (e)
        return e;
    i64 now_ns = clock_steady_ns();
    size_t left = 0;
    for (size_t i = 0; i < teller->waiting_count; i++) {
        size_t at = teller->waiting[i];
        if (serve_lot(teller, cx, &teller->slots[at], now_ns, &e))
            teller->slots[at].fact_seq = 0;
        else
            teller->waiting[left++] = at;
    }
    teller->waiting_count = left;
    bool quiet = serve_hall(teller, cx, now_ns, &e);
    *ret_wait_ms = left ? BUSY_MS : quiet ? 0 : TELL_HALL_MS / 10;
    return e;
}
