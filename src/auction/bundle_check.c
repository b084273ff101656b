/* bundle_check.c - a bundle checked line by line: see bundle.h. The first thing that is wrong ends
 * it, entries before what stands behind them. */
#include "auction/bundle_int.h"

#include "auction/bid_seal.h"

/* Sealed amounts up to this entry have that key. */
typedef struct Opening {
    i64 n;
    SealKey key;
} Opening;

typedef struct Check {
    Cx *cx;
    const BundleAsk *ask;
    BundleReport *report;
    Arena line_arena; /* Of one line at a time. */
    BidHasher *hasher;
    Str text;
    Str *lines;
    size_t line_count, line; /* The next one. */
    size_t entry_end;        /* Line behind the entries. */
    BidHash *hashes;         /* Of line 0 and the entries. */
    BundleProof *proofs;
    size_t proof_count;
    size_t mark_proof; /* The proof whose marks are next. */
    Opening *openings;
    size_t opening_count;
    BidPlay play;
    i64 *stamps; /* Of the entries. */
} Check;

/* ---- What is wrong ---- */

static bool wrong(Check *check, const char *part, i64 n, const char *why)
{
    BundleReport *report = check->report;
    report->ok = false;
    report->part = part;
    report->n = n;
    report->line = (i64)check->line + 1;
    report->why = why;
    return false;
}

static bool differs(Check *check, const char *part, i64 n, const char *why, Str want, Str got)
{
    check->report->want = str_copy(check->cx->arena, want);
    check->report->got = str_copy(check->cx->arena, got);
    return wrong(check, part, n, why);
}

static Str number(Check *check, i64 n)
{
    return str_format(check->cx->arena, "%lld", (long long)n);
}

static bool lower_hex(Str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr("0123456789abcdef", text.data[i]) || !text.data[i])
            return false;
    return true;
}

/* ---- Lines ---- */

static void split(Check *check)
{
    size_t count = 1;
    for (size_t i = 0; i < check->text.len; i++)
        count += check->text.data[i] == '\n';
    check->lines = ARENA_NEW(check->cx->arena, Str, count);
    Str rest = check->text, line;
    while (str_split(&rest, '\n', &line))
        check->lines[check->line_count++] = line;
    if (check->line_count && !check->lines[check->line_count - 1].len)
        check->line_count--; /* Behind the last line feed. */
}

static bool line_begins(const Check *check, size_t at, Str with)
{
    return at < check->line_count && str_starts(check->lines[at], with);
}

/* Where the rows begin; without any, where an entry does not. */
static size_t entries_end(const Check *check)
{
    for (size_t at = 2; at < check->line_count; at++)
        if (line_begins(check, at, S("{\"row\":")))
            return at;
    size_t at = 2;
    while (line_begins(check, at, S("{\"n\":")))
        at++;
    return at;
}

/* Those that cannot be read are found when their turn comes. */
static void read_proofs(Check *check)
{
    size_t count = 0;
    while (line_begins(check, check->entry_end + count, S("{\"row\":")))
        count++;
    check->proofs = ARENA_NEW(check->cx->arena, BundleProof, count);
    while (check->proof_count < count &&
           bundle_row_read(check->cx->arena, check->lines[check->entry_end + check->proof_count],
                           &check->proofs[check->proof_count]))
        check->proof_count++;
}

/* ---- The head and the rules ---- */

static bool check_head(Check *check)
{
    BundleReport *report = check->report;
    if (check->line_count < 2 ||
        !bundle_head_read(check->cx->arena, check->lines[0], &report->head))
        return wrong(check, "head", 0, "verify.bundle_none");
    check->line++;
    BidRules rules;
    Buf again = buf_new(check->cx->arena);
    Str line = check->lines[1];
    if (line.len > BID_RULES_MAX || bid_rules_read(check->cx, line, &rules)) {
        err_clear(check->cx);
        return wrong(check, "rules", 0, "verify.bundle_rules");
    }
    bid_rules_write(&again, &rules);
    if (!str_same(buf_str(&again), line))
        return wrong(check, "rules", 0, "verify.bundle_rules");
    report->mode = rules.mode;
    bid_play_begin(check->cx->arena, &rules, &check->play);
    check->hashes[0] = bid_hash_rules(check->hasher, line);
    check->line++;
    return true;
}

/* ---- Sealed amounts ---- */

static void read_openings(Check *check)
{
    BidMode mode = check->report->mode;
    if (mode != BID_SEALED && mode != BID_HYBRID && mode != BID_ROUNDS)
        return;
    check->openings = ARENA_NEW(check->cx->arena, Opening, BID_ROUNDS_MAX + 1);
    for (size_t at = 2; at < check->entry_end; at++) {
        BidEntry entry;
        if (!str_has(check->lines[at], S("\"act\":\"open\"")) ||
            !bid_entry_read(check->lines[at], &entry) || entry.kind != ENTRY_OPEN ||
            check->opening_count > BID_ROUNDS_MAX)
            continue;
        Opening *opening = &check->openings[check->opening_count];
        opening->n = entry.n;
        check->opening_count += seal_key_read(entry.secret, &opening->key);
    }
}

/* NULL: they were never opened. */
static const Opening *opening_of(const Check *check, i64 n)
{
    for (size_t i = 0; i < check->opening_count; i++)
        if (n < check->openings[i].n)
            return &check->openings[i];
    return NULL;
}

static bool open_amount(Check *check, BidEntry *entry)
{
    BundleReport *report = check->report;
    const Opening *opening = opening_of(check, entry->n);
    report->sealed++;
    if (!opening)
        return true;
    if (!seal_open(&opening->key, entry, &entry->amount_fen))
        return wrong(check, "entry", entry->n, "verify.bundle_sealed");
    report->opened++;
    return true;
}

/* ---- Entries ---- */

/* The first digits of its hash, beside it in the file; '' when no row has them. */
static Str mark_of(Check *check, i64 n)
{
    while (check->mark_proof < check->proof_count) {
        const BundleProof *proof = &check->proofs[check->mark_proof];
        i64 at = n - proof->row.first;
        if (at >= 0 && at < proof->row.count)
            return str_slice(proof->marks, (size_t)at * BUNDLE_MARK,
                             ((size_t)at + 1) * BUNDLE_MARK);
        if (at < 0)
            return S("");
        check->mark_proof++;
    }
    return S("");
}

static bool check_chain(Check *check, const BidEntry *entry, Str line)
{
    BidHash *hash = &check->hashes[entry->n];
    *hash = bid_hash_next(check->hasher, &check->hashes[entry->n - 1], line);
    Str mark = mark_of(check, entry->n);
    Str own = hex_from(&check->line_arena, hash->bytes, BUNDLE_MARK / 2);
    if (mark.len && !str_same(mark, own))
        return differs(check, "entry", entry->n, "verify.bundle_chain", mark, own);
    return true;
}

static bool admit(Check *check, const BidEntry *entry)
{
    if (entry->bidder != check->play.admitted + 1 || entry->bidder > BID_SEATS_MAX ||
        entry->rank < 0)
        return wrong(check, "entry", entry->n, "verify.bundle_admit");
    bid_play_admit(&check->play, entry->rank);
    check->report->bidders++;
    return true;
}

static void count_act(BundleReport *report, const BidEntry *entry)
{
    bool bid = entry->kind <= ACT_CANCEL;
    report->bids += bid;
    report->accepted += bid && entry->why == WHY_OK;
    report->refused += bid && entry->why != WHY_OK;
    report->strangers += bid && entry->why != WHY_OK && entry->bidder == 0;
}

static Str answer_text(Check *check, const BidEntry *entry)
{
    Buf out = buf_new(check->cx->arena);
    buf_z(&out, entry->why ? bid_why_name(entry->why) : "ok");
    buf_format(&out, " seq %lld, price %lld.%02lld, end_ms %lld, %s", (long long)entry->seq,
               (long long)(entry->price_fen / 100), (long long)(entry->price_fen % 100),
               (long long)entry->end_ms, bid_stage_name((BidStage)entry->stage, entry->paused));
    return buf_str(&out);
}

/* By the rules alone. Behind a sealed amount that nobody can read there is nothing to judge by. */
static bool play_act(Check *check, BidEntry *entry)
{
    BundleReport *report = check->report;
    if (entry->bidder > check->play.admitted)
        return wrong(check, "entry", entry->n, "verify.bundle_admit");
    if (entry->sealed.len && !open_amount(check, entry))
        return false;
    count_act(report, entry);
    if (report->unplayed || (entry->sealed.len && report->opened < report->sealed)) {
        report->unplayed++;
        return true;
    }
    BidEntry judged = *entry;
    BidReply reply = bid_play_act(&check->play, entry);
    bid_entry_answer(&judged, &reply);
    if (!bid_entry_agrees(entry, &reply))
        return differs(check, "entry", entry->n, "verify.bundle_answer",
                       answer_text(check, &judged), answer_text(check, entry));
    return true;
}

/* Nothing but digits in what the log writes as such. */
static bool texts_sound(const BidEntry *entry)
{
    size_t who_len = entry->kind == ENTRY_ADMIT ? 2 * (size_t)BID_HASH_BYTES : 0;
    return lower_hex(entry->who) && entry->who.len == who_len && lower_hex(entry->key) &&
           (!entry->key.len || entry->key.len == BID_KEY_HEX) && lower_hex(entry->sealed) &&
           lower_hex(entry->secret);
}

static bool check_entry(Check *check, Str line)
{
    BundleReport *report = check->report;
    BidEntry entry;
    i64 n = report->entries + 1;
    if (!bid_entry_read(line, &entry) || !texts_sound(&entry))
        return wrong(check, "entry", n, "verify.bundle_line");
    if (entry.n != n)
        return differs(check, "entry", n, "verify.bundle_order", number(check, n),
                       number(check, entry.n));
    check->stamps[n] = entry.at_ms;
    bool well = check_chain(check, &entry, line);
    if (well && entry.kind == ENTRY_ADMIT)
        well = admit(check, &entry);
    else if (well && entry.kind < ACT_COUNT)
        well = play_act(check, &entry);
    report->first_ms = n == 1 ? entry.at_ms : report->first_ms;
    report->last_ms = entry.at_ms;
    report->entries += well;
    return well;
}

static bool check_entries(Check *check)
{
    for (; check->line < check->entry_end; check->line++) {
        arena_reset(&check->line_arena);
        if (!check_entry(check, check->lines[check->line]))
            return false;
    }
    i64 n = check->report->entries;
    check->report->hash = bid_hash_hex(check->cx->arena, &check->hashes[n]);
    return true;
}

/* ---- Rows and their proofs ---- */

/* The row as it stood in the store. */
static LotLog row_record(Check *check, const BundleRow *row)
{
    Buf lines = buf_new(&check->line_arena);
    for (i64 n = row->first; n < row->first + row->count; n++) {
        buf_add(&lines, check->lines[1 + n]);
        buf_char(&lines, '\n');
    }
    return (LotLog){.id = row->id,
                    .rev = row->rev,
                    .made_ms = row->made_ms,
                    .changed_ms = row->changed_ms,
                    .lot_id = check->report->head.lot_id,
                    .first = row->first,
                    .count = row->count,
                    .accepted = row->accepted,
                    .head = row->head,
                    .lines = buf_str(&lines)};
}

static const char *proven_key(FactProven proven)
{
    static const char *const keys[] = {
        [PROVEN_ROW] = "verify.bundle_row",
        [PROVEN_PATH] = "verify.bundle_path",
        [PROVEN_BLOCK] = "verify.block_edited",
        [PROVEN_SIGNATURE] = "verify.bad_signature",
    };
    return keys[proven];
}

static void note_times(Check *check, const BundleProof *proof)
{
    BundleReport *report = check->report;
    i64 first = proof->row.first, behind = first + proof->row.count;
    for (i64 n = first ? first : 1; n < behind; n++) { /* Line 0 has no time. */
        i64 took_ms = proof->proof.block.at_ms - check->stamps[n];
        report->later += took_ms < 0;
        if (took_ms > report->slowest_ms)
            report->slowest_ms = took_ms;
    }
}

static bool check_row(Check *check, const BundleProof *proof, i64 expected)
{
    BundleReport *report = check->report;
    const BundleRow *row = &proof->row;
    i64 last = row->first + row->count - 1;
    if (row->first != expected || row->count < 1)
        return differs(check, "row", expected, "verify.bundle_gap", number(check, expected),
                       number(check, row->first));
    if (last > report->entries)
        return differs(check, "entry", report->entries + 1, "verify.bundle_cut",
                       number(check, last), number(check, report->entries));
    Str head = bid_hash_hex(&check->line_arena, &check->hashes[last]);
    if (!str_same(head, row->head))
        return differs(check, "row", row->first, "verify.bundle_head", row->head, head);
    LotLog record = row_record(check, row);
    FactProven proven = fact_proof_check(&check->line_arena, &proof->proof, &lot_log_type, &record);
    if (proven != PROVEN_WELL)
        return wrong(check, "row", row->first, proven_key(proven));
    if (check->ask->key.len && !str_same(proof->proof.block.signer, check->ask->key))
        return differs(check, "row", row->first, "verify.other_key", check->ask->key,
                       proof->proof.block.signer);
    note_times(check, proof);
    return true;
}

/* Each entry in one row, the rows in order, each in the published log. */
static bool check_rows(Check *check)
{
    BundleReport *report = check->report;
    i64 next = check->proof_count && check->proofs[0].row.first == 0 ? 0 : 1;
    for (size_t i = 0; line_begins(check, check->line, S("{\"row\":")); i++, check->line++) {
        arena_reset(&check->line_arena);
        if (i >= check->proof_count)
            return wrong(check, "row", next, "verify.bundle_line");
        if (!check_row(check, &check->proofs[i], next))
            return false;
        next = check->proofs[i].row.first + check->proofs[i].row.count;
        report->rows++;
    }
    if (next != report->entries + 1)
        return wrong(check, "row", next, "verify.bundle_gap");
    return true;
}

/* ---- The result ---- */

static bool same_winners(const Check *check, const BundleResult *result)
{
    const BidState *state = &check->play.state;
    size_t at = 0;
    for (i64 no = 1; no <= check->play.admitted; no++) {
        const BidSeat *seat = &state->seats[no - 1];
        if (!seat->won)
            continue;
        if (at == result->winner_count || result->winners[at].no != no ||
            result->winners[at].pays_fen != seat->pays_fen)
            return false;
        at++;
    }
    return at == result->winner_count;
}

static bool same_result(const Check *check, const BundleResult *result)
{
    const BidState *state = &check->play.state;
    bool sold = state->stage == STAGE_SOLD;
    return str_same_z(result->state, bid_stage_name((BidStage)state->stage, state->paused)) &&
           str_same_z(result->result, bid_result_name((BidResult)state->result)) &&
           result->price_fen == (sold ? state->price_fen : 0) &&
           result->proceeds_fen == state->proceeds_fen && result->end_ms == state->end_ms &&
           same_winners(check, result);
}

static bool check_result(Check *check)
{
    BundleReport *report = check->report;
    i64 n = report->entries;
    if (check->line >= check->line_count)
        return wrong(check, "result", n, "verify.bundle_ended");
    if (!bundle_result_read(check->cx->arena, check->lines[check->line], &report->result))
        return wrong(check, "result", n, "verify.bundle_line");
    if (!report->unplayed && check->play.state.stage < STAGE_SOLD)
        return wrong(check, "result", n, "verify.bundle_open");
    const BundleResult *result = &report->result;
    bool same = report->unplayed ? str_same_z(result->state, bid_stage_name(STAGE_CANCELLED, false))
                                 : same_result(check, result);
    if (!same || result->entries != n || !str_same(result->head, report->hash))
        return wrong(check, "result", n, "verify.bundle_result");
    check->line++;
    return true;
}

/* ---- The end ---- */

static bool check_end(Check *check)
{
    BundleReport *report = check->report;
    BundleEnd end;
    i64 n = report->entries;
    if (check->line >= check->line_count)
        return wrong(check, "end", n, "verify.bundle_ended");
    Str line = check->lines[check->line];
    if (!bundle_end_read(check->cx->arena, line, &end) || !lower_hex(end.key) ||
        !lower_hex(end.signature))
        return wrong(check, "end", n, "verify.bundle_line");
    BidHash hash = bid_hash_of(check->hasher,
                               str_slice(check->text, 0, (size_t)(line.data - check->text.data)));
    Str sm3 = bid_hash_hex(check->cx->arena, &hash);
    if (!str_same(sm3, end.sm3))
        return differs(check, "end", n, "verify.bundle_sum", end.sm3, sm3);
    Str message = bundle_message(check->cx->arena, report->head.lot_id, sm3);
    if (!fact_signature_right(end.key, message, end.signature))
        return wrong(check, "end", n, "verify.bundle_signature");
    if (check->ask->key.len && !str_same(end.key, check->ask->key))
        return differs(check, "end", n, "verify.other_key", check->ask->key, end.key);
    report->key = end.key;
    check->line++;
    bool ended = check->line == check->line_count && str_ends(check->text, S("\n")) &&
                 !str_ends(check->text, S("\n\n"));
    return ended ? true : wrong(check, "end", n, "verify.bundle_more");
}

/* ---- What was asked ---- */

static bool check_receipt(Check *check)
{
    const BundleAsk *ask = check->ask;
    if (!ask->receipt_hash.len)
        return true;
    if (ask->receipt_n < 1 || ask->receipt_n > check->report->entries)
        return wrong(check, "receipt", ask->receipt_n, "verify.bundle_no_entry");
    Str hash = bid_hash_hex(check->cx->arena, &check->hashes[ask->receipt_n]);
    if (str_same(hash, str_lower(check->cx->arena, ask->receipt_hash)))
        return true;
    return differs(check, "receipt", ask->receipt_n, "verify.bundle_receipt", ask->receipt_hash,
                   hash);
}

static bool check_who(Check *check)
{
    const BundleAsk *ask = check->ask;
    Str who;
    if (!ask->who_no)
        return true;
    if (!bundle_who(check->cx->arena, check->hasher, ask->who_salt, ask->who_code, &who))
        return wrong(check, "who", 0, "verify.bundle_salt");
    for (size_t at = 2; at < check->entry_end; at++) {
        BidEntry entry;
        if (bid_entry_read(check->lines[at], &entry) && entry.kind == ENTRY_ADMIT &&
            entry.bidder == ask->who_no)
            return str_same(entry.who, who)
                       ? true
                       : differs(check, "who", entry.n, "verify.bundle_who", entry.who, who);
    }
    return wrong(check, "who", 0, "verify.bundle_no_bidder");
}

/* ---- All of it ---- */

static bool check_begin(Check *check, Cx *cx, Str text, const BundleAsk *ask, BundleReport *ret)
{
    *ret = (BundleReport){.ok = true};
    *check = (Check){.cx = cx, .ask = ask, .report = ret, .text = text};
    check->hasher = bid_hasher_new();
    assert(check->hasher);
    split(check);
    check->entry_end = entries_end(check);
    check->hashes = ARENA_NEW(cx->arena, BidHash, check->line_count + 2);
    check->stamps = ARENA_NEW(cx->arena, i64, check->line_count + 2);
    if (!check_head(check))
        return false;
    read_proofs(check);
    read_openings(check);
    return check_entries(check);
}

static void check_done(Check *check)
{
    bid_hasher_done(check->hasher);
    arena_done(&check->line_arena);
}

void bundle_check(Cx *cx, Str text, const BundleAsk *ask, BundleReport *ret)
{
    Check check;
    bool well = check_begin(&check, cx, text, ask, ret) && check_rows(&check) &&
                check_result(&check) && check_end(&check);
    check.line = 0;
    if (well && check_receipt(&check))
        check_who(&check);
    check_done(&check);
}

static void winners_of(Check *check, BundleWinner *winners, BundleResult *result)
{
    const BidState *state = &check->play.state;
    result->winners = winners;
    for (i64 no = 1; no <= check->play.admitted; no++)
        if (state->seats[no - 1].won)
            winners[result->winner_count++] =
                (BundleWinner){.no = no, .pays_fen = state->seats[no - 1].pays_fen};
}

bool bundle_play(Cx *cx, Str text, BundleReport *ret, const BidHash **ret_hashes)
{
    Check check;
    const BundleAsk ask = {0};
    bool well = check_begin(&check, cx, text, &ask, ret);
    const BidState *state = &check.play.state;
    if (well) {
        bool sold = state->stage == STAGE_SOLD;
        int stage = ret->unplayed ? STAGE_CANCELLED : (int)state->stage;
        ret->result =
            (BundleResult){.state = str_from(bid_stage_name((BidStage)stage, false)),
                           .result = str_from(bid_result_name(
                               ret->unplayed ? RESULT_CANCELLED : (BidResult)state->result)),
                           .price_fen = sold ? state->price_fen : 0,
                           .proceeds_fen = state->proceeds_fen,
                           .end_ms = state->end_ms,
                           .entries = ret->entries,
                           .head = ret->hash};
        winners_of(&check, ARENA_NEW(cx->arena, BundleWinner, (size_t)check.play.admitted + 1),
                   &ret->result);
        *ret_hashes = check.hashes;
    }
    check_done(&check);
    return well;
}
