/* bid_log.c - see bid_log.h. Written and read by hand: a busy lot has hundreds of thousands of
 * lines a second. */
#include "auction/bid_log.h"

#include "base/openssl.h"

#include <stdio.h>
#include <stdlib.h>

const char *bid_entry_name(int kind)
{
    assert(kind >= 0 && kind < ENTRY_COUNT);
    if (kind == ENTRY_ADMIT)
        return "admit";
    return kind == ENTRY_OPEN ? "open" : bid_act_name((BidActKind)kind);
}

/* ---- Writing ---- */

/* A line on its way into a buffer of its own. */
typedef struct Pen {
    char *at, *end;
} Pen;

static void pen_str(Pen *pen, Str text)
{
    size_t room = (size_t)(pen->end - pen->at), count = text.len < room ? text.len : room;
    if (count)
        memcpy(pen->at, text.data, count);
    pen->at += count;
}

#define pen_s(pen, literal) pen_str((pen), S(literal))

static void pen_i64(Pen *pen, i64 n)
{
    char digits[24];
    size_t at = sizeof digits;
    u64 left = n < 0 ? 0 - (u64)n : (u64)n;
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) != 0);
    if (n < 0)
        digits[--at] = '-';
    pen_str(pen, (Str){digits + at, sizeof digits - at});
}

/* "35350.00"; null for 0. */
static void pen_money(Pen *pen, i64 fen)
{
    if (fen <= 0) {
        pen_s(pen, "null");
        return;
    }
    const char cents[] = {'.', (char)('0' + fen / 10 % 10), (char)('0' + fen % 10), '"'};
    pen_s(pen, "\"");
    pen_i64(pen, fen / 100);
    pen_str(pen, (Str){cents, sizeof cents});
}

static void pen_quoted(Pen *pen, Str text)
{
    pen_s(pen, "\"");
    pen_str(pen, text);
    pen_s(pen, "\"");
}

static void pen_what(Pen *pen, const BidEntry *entry)
{
    if (entry->kind == ENTRY_ADMIT) {
        pen_s(pen, ",\"who\":");
        pen_quoted(pen, entry->who);
        pen_s(pen, ",\"rank\":");
        pen_i64(pen, entry->rank);
    } else if (entry->kind == ENTRY_OPEN) {
        pen_s(pen, ",\"secret\":");
        pen_quoted(pen, entry->secret);
    } else if (entry->sealed.len) {
        pen_s(pen, ",\"sealed\":");
        pen_quoted(pen, entry->sealed);
    } else {
        pen_s(pen, ",\"amount\":");
        pen_money(pen, entry->amount_fen);
    }
    if (entry->key.len) {
        pen_s(pen, ",\"key\":");
        pen_quoted(pen, entry->key);
    }
    if (entry->floor)
        pen_s(pen, ",\"via\":\"floor\"");
}

static void pen_entry(Pen *pen, const BidEntry *entry)
{
    pen_s(pen, "{\"n\":");
    pen_i64(pen, entry->n);
    pen_s(pen, ",\"t_ms\":");
    pen_i64(pen, entry->at_ms);
    pen_s(pen, ",\"act\":");
    pen_quoted(pen, str_from(bid_entry_name(entry->kind)));
    pen_s(pen, ",\"bidder\":\"");
    if (entry->bidder)
        pen_i64(pen, entry->bidder);
    pen_s(pen, "\"");
    pen_what(pen, entry);
    pen_s(pen, ",\"reason\":");
    if (entry->why)
        pen_quoted(pen, str_from(bid_why_name(entry->why)));
    else
        pen_s(pen, "null");
    pen_s(pen, ",\"seq\":");
    if (entry->seq)
        pen_i64(pen, entry->seq);
    else
        pen_s(pen, "null");
    pen_s(pen, ",\"price\":");
    pen_money(pen, entry->price_fen);
    pen_s(pen, ",\"end_ms\":");
    pen_i64(pen, entry->end_ms);
    pen_s(pen, ",\"state\":");
    pen_quoted(pen, str_from(bid_stage_name((BidStage)entry->stage, entry->paused)));
    pen_s(pen, "}");
}

static Str line_of(const BidEntry *entry, char line[BID_LINE_MAX])
{
    Pen pen = {line, line + BID_LINE_MAX};
    pen_entry(&pen, entry);
    return (Str){line, (size_t)(pen.at - line)};
}

void bid_entry_write(Buf *out, const BidEntry *entry)
{
    char line[BID_LINE_MAX];
    Str text = line_of(entry, line);
    assert(text.len < BID_LINE_MAX);
    buf_add(out, text);
}

/* ---- Reading ---- */

/* What is left of a line; data NULL once something did not fit. */
typedef struct Eye {
    Str rest;
    bool ok;
} Eye;

static bool eye_has(Eye *eye, Str text)
{
    bool has = eye->ok && str_starts(eye->rest, text);
    if (has)
        eye->rest = str_slice(eye->rest, text.len, eye->rest.len);
    return has;
}

static void eye_want(Eye *eye, Str text)
{
    eye->ok = eye_has(eye, text);
}

/* Digits, perhaps behind a minus. What is no canonical number is found when it is written again. */
static i64 eye_i64(Eye *eye)
{
    size_t len = 0;
    while (len < eye->rest.len && (eye->rest.data[len] == '-' ||
                                   (eye->rest.data[len] >= '0' && eye->rest.data[len] <= '9')))
        len++;
    i64 n = 0;
    eye->ok = eye->ok && len && str_to_i64(str_slice(eye->rest, 0, len), &n) && n <= BID_TIME_MAX &&
              n >= -BID_TIME_MAX;
    eye->rest = str_slice(eye->rest, len, eye->rest.len);
    return eye->ok ? n : 0;
}

/* Up to the closing quote; no escapes are ever written. */
static Str eye_text(Eye *eye)
{
    size_t len = 0;
    while (len < eye->rest.len && eye->rest.data[len] != '"')
        len++;
    eye->ok = eye->ok && len < eye->rest.len;
    Str text = str_slice(eye->rest, 0, len);
    eye->rest = str_slice(eye->rest, len + 1, eye->rest.len);
    return eye->ok ? text : S("");
}

static i64 eye_money(Eye *eye)
{
    if (eye_has(eye, S("null")))
        return 0;
    i64 fen = 0;
    eye_want(eye, S("\""));
    eye->ok = eye->ok && bid_amount(eye_text(eye), &fen) == AMOUNT_FINE;
    return fen;
}

static int kind_from(Str name)
{
    int kind = 0;
    while (kind < ENTRY_COUNT && !str_same_z(name, bid_entry_name(kind)))
        kind++;
    return kind;
}

static void eye_what(Eye *eye, BidEntry *entry)
{
    if (entry->kind == ENTRY_ADMIT) {
        eye_want(eye, S(",\"who\":\""));
        entry->who = eye_text(eye);
        eye_want(eye, S(",\"rank\":"));
        entry->rank = eye_i64(eye);
    } else if (entry->kind == ENTRY_OPEN) {
        eye_want(eye, S(",\"secret\":\""));
        entry->secret = eye_text(eye);
    } else if (eye_has(eye, S(",\"sealed\":\""))) {
        entry->sealed = eye_text(eye);
    } else {
        eye_want(eye, S(",\"amount\":"));
        entry->amount_fen = eye_money(eye);
    }
    if (eye_has(eye, S(",\"key\":\"")))
        entry->key = eye_text(eye);
    entry->floor = eye_has(eye, S(",\"via\":\"floor\""));
}

static void eye_stage(Eye *eye, BidEntry *entry)
{
    Str name = eye_text(eye);
    entry->paused = str_same_z(name, "paused");
    int stage = 0;
    while (stage < STAGE_COUNT && !entry->paused &&
           !str_same_z(name, bid_stage_name((BidStage)stage, false)))
        stage++;
    eye->ok = eye->ok && stage < STAGE_COUNT;
    entry->stage = stage;
}

static void eye_came_to(Eye *eye, BidEntry *entry)
{
    eye_want(eye, S(",\"reason\":"));
    if (!eye_has(eye, S("null"))) {
        eye_want(eye, S("\""));
        entry->why = bid_why_from(eye_text(eye));
    }
    eye_want(eye, S(",\"seq\":"));
    if (!eye_has(eye, S("null")))
        entry->seq = eye_i64(eye);
    eye_want(eye, S(",\"price\":"));
    entry->price_fen = eye_money(eye);
    eye_want(eye, S(",\"end_ms\":"));
    entry->end_ms = eye_i64(eye);
    eye_want(eye, S(",\"state\":\""));
    eye_stage(eye, entry);
    eye_want(eye, S("}"));
}

bool bid_entry_read(Str line, BidEntry *ret)
{
    BidEntry entry = {0};
    Eye eye = {line, line.len < BID_LINE_MAX};
    eye_want(&eye, S("{\"n\":"));
    entry.n = eye_i64(&eye);
    eye_want(&eye, S(",\"t_ms\":"));
    entry.at_ms = eye_i64(&eye);
    eye_want(&eye, S(",\"act\":\""));
    entry.kind = kind_from(eye_text(&eye));
    eye_want(&eye, S(",\"bidder\":\""));
    if (!eye_has(&eye, S("\""))) {
        entry.bidder = eye_i64(&eye);
        eye_want(&eye, S("\""));
    }
    if (!eye.ok || entry.kind == ENTRY_COUNT || entry.bidder < 0 || entry.bidder > BID_SEATS_MAX)
        return false;
    eye_what(&eye, &entry);
    eye_came_to(&eye, &entry);
    if (!eye.ok || eye.rest.len)
        return false;
    char again[BID_LINE_MAX];
    if (!str_same(line_of(&entry, again), line))
        return false;
    *ret = entry;
    return true;
}

/* ---- Hashes ---- */

struct BidHasher {
    EVP_MD *md;
    EVP_MD_CTX *cx;
};

BidHasher *bid_hasher_new(void)
{
    BidHasher *hasher = OPENSSL_zalloc(sizeof *hasher);
    if (!hasher)
        return NULL;
    hasher->md = EVP_MD_fetch(NULL, "SM3", NULL);
    hasher->cx = EVP_MD_CTX_new();
    if (hasher->md && hasher->cx)
        return hasher;
    bid_hasher_done(hasher);
    return NULL;
}

void bid_hasher_done(BidHasher *hasher)
{
    if (!hasher)
        return;
    EVP_MD_CTX_free(hasher->cx);
    EVP_MD_free(hasher->md);
    OPENSSL_free(hasher);
}

/* Nothing in it can fail but for want of memory, and then nothing can go on. */
static BidHash hash_two(BidHasher *hasher, Str first, Str second)
{
    BidHash hash;
    unsigned len = 0;
    int ok = EVP_DigestInit_ex2(hasher->cx, hasher->md, NULL) &&
             EVP_DigestUpdate(hasher->cx, first.data, first.len) &&
             EVP_DigestUpdate(hasher->cx, second.data, second.len) &&
             EVP_DigestFinal_ex(hasher->cx, hash.bytes, &len);
    if (!ok || len != BID_HASH_BYTES)
        abort();
    return hash;
}

BidHash bid_hash_rules(BidHasher *hasher, Str line)
{
    return hash_two(hasher, S("techbourse lot log 1\n"), line);
}

BidHash bid_hash_next(BidHasher *hasher, const BidHash *before, Str line)
{
    return hash_two(hasher, (Str){(const char *)before->bytes, BID_HASH_BYTES}, line);
}

BidHash bid_hash_of(BidHasher *hasher, Str bytes)
{
    return hash_two(hasher, S(""), bytes);
}

Str bid_hash_hex(Arena *arena, const BidHash *hash)
{
    return hex_from(arena, hash->bytes, BID_HASH_BYTES);
}

Str bid_key_digest(BidHasher *hasher, Arena *arena, i64 lot_id, i64 bidder, Str key)
{
    char head[64];
    int len = snprintf(head, sizeof head, "key %lld %lld ", (long long)lot_id, (long long)bidder);
    BidHash hash = hash_two(hasher, (Str){head, (size_t)len}, key);
    return hex_from(arena, hash.bytes, BID_KEY_HEX / 2);
}

/* ---- Playing ---- */

void bid_play_begin(Arena *arena, const BidRules *rules, BidPlay *ret)
{
    enum { SEATS_FIRST = 16 };
    BidSeat *seats = ARENA_NEW(arena, BidSeat, SEATS_FIRST);
    *ret = (BidPlay){.arena = arena, .rules = *rules, .seat_cap = SEATS_FIRST};
    ret->state = bid_state_new(rules, seats, 1); /* One seat more: there may be no bidder. */
    ret->state.bidder_count = 0;
}

void bid_play_admit(BidPlay *play, i64 rank)
{
    BidState *state = &play->state;
    play->admitted++;
    state->bidder_count++;
    state->seat_count = play->admitted + 1;
    if (state->seat_count > play->seat_cap) {
        size_t old = (size_t)play->seat_cap * sizeof(BidSeat);
        state->seats = arena_grow(play->arena, state->seats, old, old * 2);
        play->seat_cap *= 2;
    }
    state->seats[play->admitted - 1].rank = rank;
}

/* What stood before the judge, as far as the log tells it: a number is of one who was admitted. */
static BidStanding standing_of(const BidEntry *entry)
{
    if (entry->bidder)
        return STANDING_ADMITTED;
    if (entry->why == WHY_NOT_ADMITTED)
        return STANDING_WAITING;
    return entry->why == WHY_NOT_A_BIDDER ? STANDING_NONE : STANDING_NOBODY;
}

/* Tries the act on a copy of the state. True when it comes too late and is refused: bidding is over
 * by its stamp, though nobody has closed it. *ret is then its answer. */
static bool is_late(BidPlay *play, const BidAct *act, BidReply *ret)
{
    const BidState *now = &play->state;
    if (now->stage >= STAGE_SOLD || now->paused || act->at_ms < now->end_ms)
        return false;
    ArenaMark mark = arena_mark(play->arena);
    BidState trial = *now;
    size_t bytes = (size_t)now->seat_count * sizeof(BidSeat);
    trial.seats = arena_take_raw(play->arena, bytes);
    memcpy(trial.seats, now->seats, bytes);
    BidReply reply = bid_step(&play->rules, &trial, act);
    arena_rewind(play->arena, mark);
    *ret = (BidReply){.why = reply.why,
                      .price_fen = bid_price_fen(&play->rules, now, act->at_ms),
                      .leader = now->leader,
                      .end_ms = now->end_ms,
                      .stage = (BidStage)now->stage};
    return trial.stage >= STAGE_SOLD && reply.why != WHY_OK;
}

BidReply bid_play_act(BidPlay *play, const BidEntry *entry)
{
    assert(entry->kind < ACT_COUNT && entry->bidder <= play->admitted);
    const BidAct act = {.kind = (BidActKind)entry->kind,
                        .standing = standing_of(entry),
                        .bidder = entry->bidder,
                        .amount_fen = entry->amount_fen,
                        .at_ms = entry->at_ms};
    BidReply reply;
    if (act.kind <= ACT_CANCEL && is_late(play, &act, &reply))
        return reply;
    return bid_step(&play->rules, &play->state, &act);
}

void bid_entry_answer(BidEntry *entry, const BidReply *reply)
{
    entry->why = reply->why;
    entry->seq = reply->seq;
    entry->price_fen = reply->price_fen;
    entry->end_ms = reply->end_ms;
    entry->stage = (int)reply->stage;
    entry->paused = reply->paused;
}

bool bid_entry_agrees(const BidEntry *entry, const BidReply *reply)
{
    bool same_stage =
        entry->paused == reply->paused && (entry->paused || entry->stage == (int)reply->stage);
    return same_stage && entry->why == reply->why && entry->seq == reply->seq &&
           entry->price_fen == reply->price_fen && entry->end_ms == reply->end_ms;
}

bool bid_is_sealed(int kind, const BidReply *reply)
{
    return (kind == ACT_BID || kind == ACT_CONFIRM) && reply->stage == STAGE_SEALED;
}
