/* Throws bytes at the reader of journals (fuzz.h). What it lets through plays again to the same
 * state, in which the sums are right. */
#include "base/fuzz.h"

#include "auction/bid_journal.h"

static void tell(void *context, const BidJournal *journal, const BidAnswer *answer)
{
    Buf *out = context;
    assert(answer->reply.price_fen >= 0 && answer->reply.price_fen <= MONEY_MAX_FEN);
    assert(answer->reply.why != WHY_BAD_AMOUNT || answer->amount != AMOUNT_FINE);
    out->len = 0;
    bid_answer_write(out, journal, answer);
    assert(utf8_valid(buf_str(out)));
}

static void check_sums(const BidState *state)
{
    i64 sum_fen = 0, winners = 0;
    for (i64 i = 0; i < state->seat_count; i++) {
        sum_fen += state->seats[i].pays_fen;
        winners += state->seats[i].pays_fen > 0;
    }
    assert(sum_fen == state->proceeds_fen);
    assert((winners > 0) == (state->stage == STAGE_SOLD));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    Arena arena = {0};
    Cx cx = {.arena = &arena};
    Str text = {(const char *)data, size};
    Buf out = buf_new(&arena);
    BidJournal journal, again;
    if (bid_journal_play(&cx, text, tell, &out, &journal) == ERR_OK) {
        check_sums(&journal.state);
        if (bid_journal_play(&cx, text, NULL, NULL, &again) != ERR_OK ||
            !bid_state_same(&journal.state, &again.state))
            abort();
        bid_final_write(&out, &journal);
    } else {
        assert(cx.err.code == ERR_INPUT && cx.err.key);
    }
    arena_done(&arena);
    return 0;
}

FUZZ_MAIN("test/fuzz/bid");
