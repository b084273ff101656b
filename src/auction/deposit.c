/* deposit.c - the steps of a deposit: asked, shown, held, ordered to go back, settled. */
#include "auction/deposit_int.h"
#include "auction/entry.h"

#include "command/settings.h"
#include "ident/ident.h"

enum { NUMBER_DIGITS = 100 * 1000 * 1000, ORDERS_AT_ONCE = 50, REFERENCE_LEN_MAX = 80 };

typedef struct SubmitIn {
    i64 id;
    Str way;
    i64 amount_fen;
    Str payer;
    Str reference;
    Str file_hash;
    Str issuer;
    i64 until_date;
} SubmitIn;

typedef struct ConfirmIn {
    i64 id;
    i64 amount_fen;
    Str reference;
} ConfirmIn;

typedef struct ReleaseIn {
    Str ids;
    Str reference;
} ReleaseIn;

typedef struct ForfeitIn {
    i64 id;
    Str ground;
    Str words;
} ForfeitIn;

bool deposit_lot_over(Cx *cx, const Lot *lot)
{
    return lot->state > LOT_PAUSED || (lot->state != LOT_PAUSED && cx->arrived_ms >= lot->end_ms);
}

Val *deposit_reply(Cx *cx, const Deposit *deposit)
{
    Val *map = lot_reply_id(cx, deposit->id);
    val_set_str(cx->arena, map, "deposit_no", deposit->number);
    val_set_z(cx->arena, map, "state", flow_state_name(&deposit_flow, deposit->state));
    val_set_int(cx->arena, map, "held_fen", deposit->held_fen);
    val_set_int(cx->arena, map, "left_fen", deposit_left_fen(deposit_money(deposit)));
    return map;
}

/* The one who applied is told. */
static Err tell(Cx *cx, const Deposit *deposit, const char *kind)
{
    Err (*say)(Cx *, i64, const char *, const char *, i64) = house_of(cx)->hooks.tell;
    return say ? say(cx, deposit->account_id, kind, "lot", deposit->lot_id) : ERR_OK;
}

static Err save(Cx *cx, Deposit *deposit, const char *kind, i64 amount, const char *code)
{
    if (!deposit_money_sound(deposit_money(deposit))) /* More would go out than came. */
        return err_set(cx, ERR_STATE, NULL, "deposit.unsound");
    return fact_change(cx, &deposit_type, deposit, (FactNote){kind, amount, code, deposit->lot_id});
}

static Err step(Cx *cx, Deposit *deposit, const char *action, unsigned who)
{
    return flow_step(cx, &deposit_flow, deposit->state, action, who, deposit, &deposit->state);
}

/* ---- Asked ---- */

/* The day and eight digits by chance: short enough to be copied onto a transfer, not to be guessed
 * from the one before. */
static Err number_new(Cx *cx, Str *ret)
{
    Deposit there = {0};
    Err e = ERR_OK;
    do {
        *ret = str_format(cx->arena, "%08lld%08lld", (long long)time_date(cx->arrived_ms),
                          (long long)chance_below(cx->chance, NUMBER_DIGITS));
        e = deposit_by_number(cx, *ret, &there);
    } while (!e && there.id);
    return e;
}

Err deposit_make(Cx *cx, const Lot *lot, const LotBidder *bidder, Deposit *ret)
{
    Deposit deposit = {.lot_id = lot->id,
                       .bidder_id = bidder->id,
                       .org_id = bidder->org_id,
                       .account_id = bidder->account_id,
                       .amount_fen = lot->deposit_fen,
                       .state = DEPOSIT_DUE};
    Err e = number_new(cx, &deposit.number);
    if (!e)
        e = fact_create(cx, &deposit_type, &deposit,
                        (FactNote){"deposit.made", deposit.amount_fen, NULL, lot->id});
    if (!e)
        *ret = deposit;
    return e;
}

static Err first_or_none(Cx *cx, Rows *rows, Deposit *ret)
{
    Deposit found = {0};
    if (rows_next(rows))
        record_read_row(cx, &deposit_type, rows, &found);
    Err e = rows_end(rows);
    if (!e)
        *ret = found;
    return e;
}

Err deposit_find(Cx *cx, i64 bidder_id, Deposit *ret)
{
    Rows rows;
    Err e = RECORD_QUERY(cx, &deposit_type, &rows, "WHERE t.bidder_id = ?1 LIMIT 1",
                         BIND_INT(bidder_id));
    return e ? e : first_or_none(cx, &rows, ret);
}

Err deposit_by_number(Cx *cx, Str number, Deposit *ret)
{
    Rows rows;
    Err e = RECORD_QUERY(cx, &deposit_type, &rows, "WHERE t.number = ?1 AND t.number <> '' LIMIT 1",
                         BIND_STR(number));
    return e ? e : first_or_none(cx, &rows, ret);
}

Err deposit_ready(Cx *cx, const Lot *lot, const LotBidder *bidder)
{
    Deposit deposit;
    if (!lot->deposit_fen)
        return ERR_OK;
    Err e = deposit_find(cx, bidder->id, &deposit);
    if (!e && (!deposit.id || deposit.state != DEPOSIT_HELD))
        e = err_set(cx, ERR_STATE, NULL, "deposit.not_held");
    return e;
}

/* ---- Shown ---- */

static Err submit_allowed(Cx *cx, const Deposit *deposit, const Lot *lot, const SubmitIn *in)
{
    const char *field = NULL;
    u8 bytes[32];
    if (deposit_lot_over(cx, lot))
        return err_set(cx, ERR_STATE, NULL, "auction.lot_over");
    if (str_same(in->way, S("payment")))
        return err_set(cx, ERR_INPUT, "way", "deposit.way_of_bank");
    if (!hex_to(in->file_hash, bytes, COUNT(bytes)))
        return err_set(cx, ERR_INPUT, "file_hash", "auction.no_file");
    if (!str_same(in->way, S("letter")))
        return ERR_OK;
    i64 end_ms = lot->hard_end_ms > lot->end_ms ? lot->hard_end_ms : lot->end_ms;
    i64 least = letter_least_date(end_ms, house_of(cx)->settings->deposit_letter_days);
    const char *wrong = letter_wrong(deposit->amount_fen, in->amount_fen, in->issuer,
                                     in->until_date, least, &field);
    return wrong ? err_set_arg(cx, ERR_INPUT, field, wrong,
                               str_same_z(str_from(field), "until_date")
                                   ? date_format(cx->arena, least)
                                   : money_format(cx->arena, deposit->amount_fen))
                 : ERR_OK;
}

static Err submit_run(Cx *cx, const void *input, Val **ret)
{
    const SubmitIn *in = input;
    Deposit deposit;
    Lot lot;
    Err e = deposit_load_seen(cx, in->id, &deposit);
    if (!e)
        e = lot_load(cx, deposit.lot_id, &lot);
    if (!e)
        e = submit_allowed(cx, &deposit, &lot, in);
    if (!e)
        e = step(cx, &deposit, "submit", who_of(cx, deposit.org_id, false) & WHO_OWNER);
    if (e)
        return e;
    deposit.way = in->way;
    deposit.shown_fen = in->amount_fen;
    deposit.payer = in->payer;
    deposit.reference = in->reference;
    deposit.file_hash = in->file_hash;
    deposit.issuer = in->issuer;
    deposit.until_date = in->until_date;
    deposit.reason = S("");
    e = save(cx, &deposit, "deposit.submitted", deposit.shown_fen, str_z(cx->arena, deposit.way));
    if (!e)
        *ret = deposit_reply(cx, &deposit);
    return e;
}

static Err refuse_run(Cx *cx, const void *input, Val **ret)
{
    const LotReasonIn *in = input;
    Deposit deposit;
    Err e = record_load(cx, &deposit_type, in->id, &deposit);
    if (!e && deposit.held_fen)
        e = err_set(cx, ERR_STATE, NULL, "deposit.money_is_here");
    if (!e)
        e = step(cx, &deposit, "refuse", cx->actor.roles);
    if (e)
        return e;
    deposit.reason = in->reason;
    e = save(cx, &deposit, "deposit.refused", 0, NULL);
    if (!e)
        e = tell(cx, &deposit, "deposit_refused");
    if (!e)
        *ret = deposit_reply(cx, &deposit);
    return e;
}

/* ---- Held ---- */

Err deposit_hold(Cx *cx, Deposit *deposit, const char *action, unsigned who)
{
    LotBidder bidder;
    Err e = step(cx, deposit, action, who);
    if (e)
        return e;
    deposit->held_ms = cx->arrived_ms;
    deposit->reason = S("");
    e = save(cx, deposit, "deposit.held", deposit->held_fen, str_z(cx->arena, deposit->way));
    if (!e)
        e = lot_bidder_load(cx, deposit->bidder_id, &bidder);
    if (e)
        return e;
    bidder.deposit = S("paid");
    e = fact_change(cx, &lot_bidder_type, &bidder,
                    (FactNote){"lot.bidder_deposit", deposit->held_fen, NULL, deposit->lot_id});
    return e ? e : tell(cx, deposit, "deposit_held");
}

/* Money that the bank has told of is what it is; of the others the operator says what came. */
static i64 confirmed_fen(const Deposit *deposit, const ConfirmIn *in)
{
    if (deposit->held_fen)
        return deposit->held_fen;
    return in->amount_fen || deposit->state == DEPOSIT_DUE ? in->amount_fen : deposit->shown_fen;
}

static Err confirm_run(Cx *cx, const void *input, Val **ret)
{
    const ConfirmIn *in = input;
    Deposit deposit;
    Err e = record_load(cx, &deposit_type, in->id, &deposit);
    if (e)
        return e;
    i64 came_fen = confirmed_fen(&deposit, in);
    if (deposit.state <= DEPOSIT_SHOWN && came_fen < deposit.amount_fen)
        return err_set_args(
            cx, ERR_INPUT, "amount_fen", "deposit.too_little",
            (Str[]){money_format(cx->arena, came_fen), money_format(cx->arena, deposit.amount_fen)},
            2);
    if (deposit.state == DEPOSIT_DUE && !str_trim(in->reference).len)
        return err_set(cx, ERR_INPUT, "reference", "deposit.no_reference");
    deposit.held_fen = came_fen;
    deposit.way = deposit.way.len && deposit.state == DEPOSIT_SHOWN ? deposit.way : S("slip");
    if (in->reference.len)
        deposit.reference = in->reference;
    e = deposit_hold(cx, &deposit, "confirm", cx->actor.roles);
    if (!e)
        *ret = deposit_reply(cx, &deposit);
    return e;
}

/* ---- Back again ---- */

Err deposit_order(Cx *cx, Deposit *deposit, i64 over_ms)
{
    Err e = step(cx, deposit, "order", WHO_CLOCK);
    if (e)
        return e;
    deposit->due_ms = deposit_release_by_ms(over_ms, deposit->held_ms,
                                            house_of(cx)->settings->deposit_release_hours);
    return save(cx, deposit, "deposit.ordered", deposit_left_fen(deposit_money(deposit)), NULL);
}

/* What is no winner's, once the lot is over, and money short of the sum asked. While one with a
 * right of priority may still take the sale, his stays (?1 is now). */
#define DUE_SQL                                                                                    \
    "FROM deposit d JOIN lot l ON l.id = d.lot_id WHERE (d.state = 2 OR (d.state = 1 AND "         \
    "d.held_fen > 0)) AND d.disputed_ms = 0 AND l.state >= 3 AND NOT EXISTS (SELECT 1 FROM "       \
    "lot_win w WHERE w.lot_id = d.lot_id AND (w.bidder_id = d.bidder_id OR (w.from_ms > ?1 AND "   \
    "EXISTS (SELECT 1 FROM lot_bidder b WHERE b.id = d.bidder_id AND b.rank > 0))))"

static Err order_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Deposit deposit;
    Lot lot;
    i64 due = 0;
    Err e = record_load(cx, &deposit_type, in->id, &deposit);
    if (!e)
        e = lot_load(cx, deposit.lot_id, &lot);
    if (!e)
        e = DB_INT(cx, &due, 0, "SELECT COUNT(*) " DUE_SQL " AND d.id = ?2",
                   BIND_INT(cx->arrived_ms), BIND_INT(deposit.id));
    if (!e && !due)
        e = err_set(cx, ERR_STATE, NULL, "deposit.not_to_release");
    if (!e)
        e = deposit_order(cx, &deposit, lot.closed_ms ? lot.closed_ms : lot.changed_ms);
    if (!e)
        *ret = deposit_reply(cx, &deposit);
    return e;
}

/* One job for each: one that fails does not hold up the others. */
static Err tick_run(Cx *cx, const void *input, Val **ret)
{
    Rows rows;
    i64 ids[ORDERS_AT_ONCE], ordered = 0;
    size_t count = 0;
    (void)input;
    Err e = DB_QUERY(cx, &rows, "SELECT d.id " DUE_SQL " ORDER BY d.id LIMIT ?2",
                     BIND_INT(cx->arrived_ms), BIND_INT(ORDERS_AT_ONCE));
    if (e)
        return e;
    while (count < ORDERS_AT_ONCE && rows_next(&rows))
        ids[count++] = rows_int(&rows, 0);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        LotIdIn in = {.id = ids[i]};
        Val *reply = NULL;
        e = op_call_name(cx, "deposit.order", &in, &reply);
        ordered += e == ERR_OK;
        if (e && e != ERR_STORE && e != ERR_BUSY) {
            err_clear(cx);
            e = ERR_OK;
        }
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "ordered", ordered);
    return ERR_OK;
}

static Err release_one(Cx *cx, i64 id, Str reference)
{
    Deposit deposit;
    Err e = record_load(cx, &deposit_type, id, &deposit);
    if (!e)
        e = step(cx, &deposit, "release", cx->actor.roles);
    if (e)
        return e;
    i64 left_fen = deposit_left_fen(deposit_money(&deposit));
    deposit.released_fen += left_fen;
    deposit.payout = reference;
    deposit.ended_ms = cx->arrived_ms;
    e = save(cx, &deposit, "deposit.released", left_fen, NULL);
    return e ? e : tell(cx, &deposit, "deposit_released");
}

static Err release_run(Cx *cx, const void *input, Val **ret)
{
    const ReleaseIn *in = input;
    i64 *ids;
    size_t count;
    Err e = refs_read(cx, in->ids, "ids", &ids, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = release_one(cx, ids[i], str_trim(in->reference));
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "count", (i64)count);
    return ERR_OK;
}

/* ---- The winner's ---- */

static Err deposit_of(Cx *cx, i64 lot_id, i64 org_id, Deposit *ret)
{
    LotBidder bidder;
    *ret = (Deposit){0};
    Err e = lot_bidder_find(cx, lot_id, org_id, &bidder);
    return e || !bidder.id ? e : deposit_find(cx, bidder.id, ret);
}

static Err offset_one(Cx *cx, Deposit *deposit, i64 price_fen, i64 deal_id)
{
    i64 left_fen = deposit_left_fen(deposit_money(deposit));
    i64 offset_fen = deposit_offset_of(left_fen, price_fen);
    bool money = !str_same(deposit->way, S("letter"));
    if (!money || !offset_fen)
        return deposit_order(cx, deposit, cx->arrived_ms);
    bool all = offset_fen == left_fen;
    Err e = all ? step(cx, deposit, "offset", WHO_CLOCK) : ERR_OK;
    if (e)
        return e;
    deposit->offset_fen += offset_fen;
    deposit->ended_ms = all ? cx->arrived_ms : 0;
    e = fact_change(cx, &deposit_type, deposit,
                    (FactNote){"deposit.offset", offset_fen, NULL, deal_id});
    return e || all ? e : deposit_order(cx, deposit, cx->arrived_ms);
}

Err deposit_settle(Cx *cx, i64 lot_id, i64 org_id, i64 price_fen, i64 deal_id)
{
    Deposit deposit;
    Err e = deposit_of(cx, lot_id, org_id, &deposit);
    if (e || !deposit.id || deposit.state != DEPOSIT_HELD || deposit.disputed_ms)
        return e;
    return offset_one(cx, &deposit, price_fen, deal_id);
}

Err deposit_deal_ended(Cx *cx, i64 lot_id, i64 org_id, bool by_buyer)
{
    Deposit deposit;
    Err e = deposit_of(cx, lot_id, org_id, &deposit);
    if (e || !deposit.id || deposit.state != DEPOSIT_HELD)
        return e;
    if (!by_buyer)
        return deposit_order(cx, &deposit, cx->arrived_ms);
    deposit.disputed_ms = cx->arrived_ms;
    return save(cx, &deposit, "deposit.disputed", deposit_left_fen(deposit_money(&deposit)), NULL);
}

/* The flow's own edge by name: what deal.sign does, for a winner of a lot that is sold. */
static Err offset_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Deposit deposit;
    i64 price_fen = 0;
    Err e = record_load(cx, &deposit_type, in->id, &deposit);
    if (!e)
        e = DB_INT(cx, &price_fen, 0,
                   "SELECT pays_fen FROM lot_win WHERE lot_id = ?1 AND bidder_id = ?2",
                   BIND_INT(deposit.lot_id), BIND_INT(deposit.bidder_id));
    if (!e && (!price_fen || deposit.disputed_ms || deposit.state != DEPOSIT_HELD))
        e = err_set(cx, ERR_STATE, NULL, "deposit.not_winner");
    if (!e)
        e = offset_one(cx, &deposit, price_fen, 0);
    if (!e)
        *ret = deposit_reply(cx, &deposit);
    return e;
}

/* Who forfeits does not come to the same thing again (SPC rules 2016, article 24). */
static Err forfeit_run(Cx *cx, const void *input, Val **ret)
{
    const ForfeitIn *in = input;
    Deposit deposit;
    Lot lot;
    Err e = record_load(cx, &deposit_type, in->id, &deposit);
    if (!e)
        e = step(cx, &deposit, "forfeit", cx->actor.roles);
    if (!e)
        e = lot_load(cx, deposit.lot_id, &lot);
    if (e)
        return e;
    i64 left_fen = deposit_left_fen(deposit_money(&deposit));
    deposit.forfeited_fen += left_fen;
    deposit.ground = in->ground;
    deposit.words = in->words;
    deposit.ended_ms = cx->arrived_ms;
    e = save(cx, &deposit, "deposit.forfeited", left_fen, str_z(cx->arena, in->ground));
    if (!e && !str_same(in->ground, S("other")))
        e = bar_set(cx, &lot, deposit.org_id, 0,
                    str_same(in->ground, S("collusion")) ? S("collusion") : S("default"),
                    in->words);
    if (!e)
        e = tell(cx, &deposit, "deposit_forfeited");
    if (!e)
        *ret = deposit_reply(cx, &deposit);
    return e;
}

/* A deposit that stood for a default goes back after all. */
static Err free_run(Cx *cx, const void *input, Val **ret)
{
    const ForfeitIn *in = input;
    Deposit deposit;
    Err e = record_load(cx, &deposit_type, in->id, &deposit);
    if (!e && (!deposit.disputed_ms || deposit.state != DEPOSIT_HELD))
        e = err_set(cx, ERR_STATE, NULL, "deposit.no_dispute");
    if (e)
        return e;
    deposit.disputed_ms = 0;
    deposit.words = in->words;
    e = deposit_order(cx, &deposit, cx->arrived_ms);
    if (!e)
        *ret = deposit_reply(cx, &deposit);
    return e;
}

/* ---- Rows ---- */

// clang-format off
static const Field id_in[] = {
    { AT(LotIdIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
};
static const Field list_in[] = {
    { AT(DepositListIn, state), F_TEXT, "状态", "State", 0, SEE_PUBLIC },
    { AT(DepositListIn, lot_id), F_REF, "竞价标的", "Lot", 0, SEE_PUBLIC, .ref = &lot_type },
    { AT(DepositListIn, page), F_INT, "页", "Page", 0, SEE_PUBLIC, .max = PAGE_MAX },
};
static const Field submit_in[] = {
    { AT(SubmitIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(SubmitIn, way), F_CODE, "缴纳方式", "Way", REQUIRED, SEE_PUBLIC, .codes = &deposit_ways },
    { AT(SubmitIn, amount_fen), F_MONEY, "金额", "Amount", REQUIRED, SEE_PUBLIC },
    { AT(SubmitIn, payer), F_TEXT, "付款人", "Payer", REQUIRED, SEE_PUBLIC, .max = 100,
      .help_zh = "须与报名单位一致。", .help_en = "The firm that applies." },
    { AT(SubmitIn, reference), F_TEXT, "银行流水号或保函编号", "Bank's reference, or number of the letter", REQUIRED, SEE_PUBLIC, .max = REFERENCE_LEN_MAX },
    { AT(SubmitIn, file_hash), F_TEXT, "凭证文件摘要", "Hash of the slip or letter", REQUIRED, SEE_PUBLIC },
    { AT(SubmitIn, issuer), F_TEXT, "保函开立人", "Issuer of the letter", 0, SEE_PUBLIC, .max = 100 },
    { AT(SubmitIn, until_date), F_DATE, "保函有效期至", "Letter holds until", 0, SEE_PUBLIC },
};
static const Field confirm_in[] = {
    { AT(ConfirmIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(ConfirmIn, amount_fen), F_MONEY, "到账金额", "That came", 0, SEE_PUBLIC,
      .help_zh = "留空为凭证金额。", .help_en = "As shown when left empty." },
    { AT(ConfirmIn, reference), F_TEXT, "银行流水号", "Bank's reference", 0, SEE_PUBLIC, .max = REFERENCE_LEN_MAX },
};
static const Field reason_in[] = {
    { AT(LotReasonIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(LotReasonIn, reason), F_TEXT, "原因", "Reason", REQUIRED, SEE_PUBLIC },
};
static const Field release_in[] = {
    { AT(ReleaseIn, ids), F_REFS, "保证金", "Deposits", REQUIRED, SEE_PUBLIC, .ref = &deposit_type },
    { AT(ReleaseIn, reference), F_TEXT, "退款流水号", "Bank's reference", REQUIRED, SEE_PUBLIC, .max = REFERENCE_LEN_MAX },
};
static const Field forfeit_in[] = {
    { AT(ForfeitIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(ForfeitIn, ground), F_CODE, "罚没事由", "Ground", REQUIRED, SEE_PUBLIC, .codes = &deposit_grounds },
    { AT(ForfeitIn, words), F_TEXT, "说明", "In words", REQUIRED, SEE_PUBLIC },
};
static const Field free_in[] = {
    { AT(ForfeitIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(ForfeitIn, words), F_TEXT, "说明", "In words", REQUIRED, SEE_PUBLIC },
};

#define DEPOSIT_CLOCK (WHO_CLOCK | WHO_LOCAL)

static const Op ops[] = {
    { "deposit.list", "保证金", "Deposits", OP_READ, 0, WHO_FIRM | WHO_OPERATOR,
      OP_IN(DepositListIn, list_in), NULL, deposit_list_run },
    { "deposit.show", "保证金详情", "Deposit", OP_READ, 0, WHO_FIRM | WHO_OPERATOR,
      OP_IN(LotIdIn, id_in), NULL, deposit_show_run },
    { "deposit.submit", "提交缴纳凭证", "Show the deposit", OP_WRITE, 0, WHO_FIRM,
      OP_IN(SubmitIn, submit_in), NULL, submit_run,
      "银行回单，或保函：金额、开立人和有效期须符合要求。",
      "A bank slip; or a guarantee letter with its amount, issuer and last day." },
    { "deposit.confirm", "确认到账", "Confirm the deposit", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(ConfirmIn, confirm_in), NULL, confirm_run },
    { "deposit.refuse", "退回凭证", "Refuse the slip", OP_WRITE, OP_DANGER, WHO_OPERATOR,
      OP_IN(LotReasonIn, reason_in), NULL, refuse_run },
    { "deposit.order", "安排退还", "Order the release", OP_WRITE, OP_LOCAL_ONLY, DEPOSIT_CLOCK,
      OP_IN(LotIdIn, id_in), NULL, order_run },
    { "deposit.tick", "到点退还保证金", "Releases that are due", OP_STEPS, OP_LOCAL_ONLY, DEPOSIT_CLOCK,
      OP_IN_NONE, NULL, tick_run },
    { "deposit.release", "登记退还", "Paid back", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(ReleaseIn, release_in), NULL, release_run,
      "有一笔不能登记的，全部不登记。", "One that cannot be released keeps all of them." },
    { "deposit.offset", "抵作价款", "Offset", OP_WRITE, OP_LOCAL_ONLY, DEPOSIT_CLOCK,
      OP_IN(LotIdIn, id_in), NULL, offset_run },
    { "deposit.forfeit", "罚没保证金", "Forfeit the deposit", OP_WRITE, OP_DANGER | OP_TWO, WHO_OPERATOR,
      OP_IN(ForfeitIn, forfeit_in), NULL, forfeit_run,
      "须两人办理；该单位不得参加本标的的再次竞价。", "By two persons; the firm may not bid when it is auctioned again." },
    { "deposit.free", "解除违约处理", "Free the deposit", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(ForfeitIn, free_in), NULL, free_run },
};
// clang-format on

static const RecordType *const types[] = {&deposit_type};
static const Flow *const flows[] = {&deposit_flow};
static const CodeList *const codes[] = {&deposit_ways, &deposit_grounds};

const Room deposit_room = {
    .name = "deposit",
    .types = types,
    .type_count = COUNT(types),
    .flows = flows,
    .flow_count = COUNT(flows),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
