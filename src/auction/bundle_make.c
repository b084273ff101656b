/* bundle_make.c - a bundle made of the rows of a lot's log. The log is played while it is written:
 * one that does not check is not handed out. */
#include "auction/bundle_int.h"

static Err named_winners(Cx *cx, const BundleSource *source, BundleResult *result)
{
    BundleWinner *winners = ARENA_NEW(cx->arena, BundleWinner, result->winner_count);
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < result->winner_count; i++) {
        winners[i] = result->winners[i];
        e = source->name(cx, source->context, winners[i].no, &winners[i].name);
    }
    result->winners = winners;
    return e;
}

static Err add_rows(Cx *cx, const BundleSource *source, const BidHash *hashes, Buf *out)
{
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < source->count; i++) {
        const LotLog *row = &source->rows[i];
        FactProof proof;
        e = fact_prove(cx, lot_log_type.name, row->id, &proof);
        if (!e)
            bundle_row_write(out,
                             &(BundleRow){.id = row->id,
                                          .rev = row->rev,
                                          .made_ms = row->made_ms,
                                          .changed_ms = row->changed_ms,
                                          .first = row->first,
                                          .count = row->count,
                                          .accepted = row->accepted,
                                          .head = row->head},
                             &hashes[row->first], &proof);
    }
    return e;
}

static Err add_end(Cx *cx, const FactLog *log, i64 lot_id, Buf *out)
{
    BidHasher *hasher = bid_hasher_new();
    if (!hasher)
        return err_set(cx, ERR_BUG, NULL, "fact.no_hash");
    BidHash hash = bid_hash_of(hasher, buf_str(out));
    bid_hasher_done(hasher);
    Str sm3 = bid_hash_hex(cx->arena, &hash), signature;
    Err e = fact_sign(cx, log, bundle_message(cx->arena, lot_id, sm3), &signature);
    if (!e)
        bundle_end_write(out, sm3, fact_public_key(log), signature);
    return e;
}

Err bundle_make(Cx *cx, const FactLog *log, const BundleSource *source, Str *ret)
{
    Buf out = buf_new(cx->arena);
    BundleReport report;
    const BidHash *hashes = NULL;
    bundle_head_write(&out, &source->head);
    if (!source->count || source->rows[0].first > 0) {
        buf_add(&out, source->rules);
        buf_char(&out, '\n');
    }
    for (size_t i = 0; i < source->count; i++)
        buf_add(&out, source->rows[i].lines);
    if (!bundle_play(cx, buf_str(&out), &report, &hashes)) {
        const Str args[] = {str_format(cx->arena, "%lld", (long long)source->head.lot_id),
                            str_format(cx->arena, "%lld", (long long)report.n)};
        return err_set_args(cx, ERR_STATE, NULL, "auction.log_broken", args, COUNT(args));
    }
    Err e = add_rows(cx, source, hashes, &out);
    if (!e)
        e = named_winners(cx, source, &report.result);
    if (e)
        return e;
    bundle_result_write(&out, &report.result);
    e = add_end(cx, log, source->head.lot_id, &out);
    if (!e)
        *ret = buf_str(&out);
    return e;
}
