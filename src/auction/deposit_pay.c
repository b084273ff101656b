/* deposit_pay.c - what a bank tells of: one op, whose permission is the signature in its input.
 *
 * A call is authentic before it is queued: a forged one, or an old one, never reaches the writer,
 * and leaves a line in the access log. Every authentic call about money is kept as a row with what
 * came of it, also one for no deposit that we know: the money is there all the same. The same call
 * again is answered from its row.
 */
#include "auction/deposit_int.h"

#include "command/settings.h"
#include "ident/ident.h"

enum { PAYMENT_ID_MAX = 64, PAYER_MAX = 200 };

typedef struct PaymentListIn {
    i64 alone; /* Only those that stand by themselves and were not given back. */
    i64 page;
} PaymentListIn;

typedef struct GiveBackIn {
    i64 id;
    Str reference;
} GiveBackIn;

/* ---- A call ---- */

typedef struct Told {
    Str id;
    Str number;
    i64 amount_fen;
    i64 paid_ms;
    Str payer;
} Told;

static Err forged(Cx *cx, const char *key)
{
    const HouseHooks *hooks = &house_of(cx)->hooks;
    if (hooks->shown) /* Who tries this door is told of. */
        hooks->shown(cx, op_find(house_of(cx), S("deposit.paid")), &(Shown){0}, ERR_DENIED);
    return err_set(cx, ERR_DENIED, NULL, key);
}

static Err wrong(Cx *cx, const char *member)
{
    return err_set_arg(cx, ERR_INPUT, "body", "deposit.hook_member", str_from(member));
}

/* The day and time as a bank writes it, or milliseconds. */
static bool paid_at(const Val *val, i64 *ret_ms)
{
    if (val && val->kind == VAL_INT && val->i > 0)
        return *ret_ms = val->i, true;
    return val && val->kind == VAL_STR && time_parse(val->s, ret_ms);
}

static Err told_read(Cx *cx, Str body, Told *ret)
{
    Str why = {0};
    const Val *map = val_read_json(cx->arena, body, &why);
    if (!map || map->kind != VAL_MAP)
        return err_set(cx, ERR_INPUT, "body", "deposit.hook_json");
    const Val *amount = val_get(map, "amount_fen");
    Told told = {.id = str_trim(val_get_str(map, "id")),
                 .number = str_trim(val_get_str(map, "deposit_no")),
                 .payer = val_get_str(map, "payer")};
    if (!told.id.len || utf8_count(told.id) > PAYMENT_ID_MAX)
        return wrong(cx, "id");
    if (!told.number.len || utf8_count(told.number) > PAYMENT_ID_MAX)
        return wrong(cx, "deposit_no");
    if (!amount || amount->kind != VAL_INT || amount->i <= 0 || amount->i > MONEY_MAX_FEN)
        return wrong(cx, "amount_fen");
    told.amount_fen = amount->i;
    if (!paid_at(val_get(map, "paid_at"), &told.paid_ms))
        return wrong(cx, "paid_at");
    if (utf8_count(told.payer) > PAYER_MAX)
        return wrong(cx, "payer");
    *ret = told;
    return ERR_OK;
}

static Err paid_prepare(Cx *cx, void *input)
{
    const DepositPaidIn *in = input;
    Str secret = house_of(cx)->settings->payment_secret;
    Told told;
    if (!secret.len)
        return err_set(cx, ERR_STATE, NULL, "deposit.hook_off");
    if (in->body.len > HOOK_BODY_MAX)
        return err_set(cx, ERR_INPUT, "body", "deposit.hook_large");
    if (!in->signature.len || !in->stamp.len)
        return forged(cx, "deposit.hook_unsigned");
    Str right = hook_signature(cx->arena, secret, in->stamp, in->body);
    if (!right.len || !secret_same(right, str_lower(cx->arena, in->signature)))
        return forged(cx, "deposit.hook_forged");
    if (!hook_stamp_fresh(in->stamp, clock_now_ms(cx->clock)))
        return forged(cx, "deposit.hook_stale");
    return told_read(cx, in->body, &told);
}

/* ---- What comes of it ---- */

static const char *outcome_name(PayOutcome outcome)
{
    static const char *const names[] = {
        [PAY_HELD] = "held", [PAY_DIFFERENCE] = "difference", [PAY_EXTRA] = "extra",
        [PAY_LATE] = "late", [PAY_SETTLED] = "settled",       [PAY_UNKNOWN] = "unknown",
    };
    return names[outcome];
}

static PayOutcome outcome_of(const Deposit *deposit, i64 amount_fen, bool over)
{
    bool waits = deposit->state == DEPOSIT_DUE || deposit->state == DEPOSIT_SHOWN;
    bool money = !str_same(deposit->way, S("letter")) || waits;
    bool held = deposit->state == DEPOSIT_HELD || deposit->state == DEPOSIT_RELEASING;
    return deposit_pay(deposit->amount_fen, deposit->held_fen, amount_fen, waits, held && money,
                       over);
}

/* The money joins its deposit. */
static Err take(Cx *cx, Deposit *deposit, const Lot *lot, const Told *told, PayOutcome outcome)
{
    bool waits = deposit->state == DEPOSIT_DUE || deposit->state == DEPOSIT_SHOWN;
    deposit->held_fen += told->amount_fen;
    if (waits) {
        deposit->way = S("payment");
        deposit->payer = told->payer;
        deposit->reference = told->id;
    }
    if (waits && outcome != PAY_DIFFERENCE) {
        Err e = deposit_hold(cx, deposit, "paid", WHO_CLOCK);
        bool goes_back = outcome == PAY_LATE && lot->state > LOT_PAUSED;
        return e || !goes_back ? e : deposit_order(cx, deposit, cx->arrived_ms);
    }
    Err e = ERR_OK;
    if (deposit->state == DEPOSIT_DUE)
        e = flow_step(cx, &deposit_flow, deposit->state, "submit", WHO_CLOCK, deposit,
                      &deposit->state);
    const char *kind = outcome == PAY_DIFFERENCE ? "deposit.differs" : "deposit.extra";
    return e ? e
             : fact_change(cx, &deposit_type, deposit,
                           (FactNote){kind, told->amount_fen, NULL, deposit->lot_id});
}

/* Made of the kept row alone, so that a call that comes again gets the same bytes. */
static Err reply_payment(Cx *cx, const DepositPayment *row, Val **ret)
{
    bool ok = str_same(row->outcome, S("held"));
    char *key = str_z(cx->arena, str_format(cx->arena, "deposit.pay_%.*s", STR_ARG(row->outcome)));
    const Str arg = money_format(cx->arena, row->difference_fen);
    if (str_same(row->outcome, S("unknown")))
        return op_refuse(cx, ret, ERR_MISSING, "body", "deposit.pay_unknown");
    Val *map = val_map(cx->arena);
    val_set_bool(cx->arena, map, "ok", ok);
    val_set_str(cx->arena, map, "id", row->payment_id);
    val_set_str(cx->arena, map, "deposit_no", row->number);
    val_set_int(cx->arena, map, "amount_fen", row->amount_fen);
    val_set_str(cx->arena, map, "outcome", row->outcome);
    val_set_int(cx->arena, map, "difference_fen", row->difference_fen);
    val_set_str(cx->arena, map, "message", text_say(cx->arena, cx->lang, key, &arg, 1));
    *ret = map;
    return ERR_OK;
}

static Err payment_find(Cx *cx, Str payment_id, DepositPayment *ret)
{
    Rows rows;
    DepositPayment found = {0};
    Err e = RECORD_QUERY(cx, &deposit_payment_type, &rows,
                         "WHERE t.payment_id = ?1 AND t.payment_id <> '' LIMIT 1",
                         BIND_STR(payment_id));
    if (e)
        return e;
    if (rows_next(&rows))
        record_read_row(cx, &deposit_payment_type, &rows, &found);
    e = rows_end(&rows);
    if (!e)
        *ret = found;
    return e;
}

static Err keep(Cx *cx, const Told *told, Str body_hash, DepositPayment *ret)
{
    Deposit deposit;
    Lot lot = {0};
    PayOutcome outcome = PAY_UNKNOWN;
    Err e = deposit_by_number(cx, told->number, &deposit);
    if (!e && deposit.id)
        e = lot_load(cx, deposit.lot_id, &lot);
    if (e)
        return e;
    if (deposit.id)
        outcome = outcome_of(&deposit, told->amount_fen, deposit_lot_over(cx, &lot));
    DepositPayment row = {.payment_id = told->id,
                          .body_hash = body_hash,
                          .number = told->number,
                          .deposit_id = deposit.id,
                          .amount_fen = told->amount_fen,
                          .paid_ms = told->paid_ms,
                          .payer = told->payer,
                          .outcome = str_from(outcome_name(outcome))};
    if (outcome == PAY_DIFFERENCE)
        row.difference_fen = deposit.held_fen + told->amount_fen - deposit.amount_fen;
    if (outcome != PAY_UNKNOWN && outcome != PAY_SETTLED)
        e = take(cx, &deposit, &lot, told, outcome);
    if (!e)
        e = fact_create(
            cx, &deposit_payment_type, &row,
            (FactNote){"payment.came", row.amount_fen, outcome_name(outcome), deposit.id});
    if (!e)
        *ret = row;
    return e;
}

static Err paid_run(Cx *cx, const void *input, Val **ret)
{
    const DepositPaidIn *in = input;
    Told told = {0};
    DepositPayment row = {0};
    Str hash = secret_hash(cx->arena, in->body);
    Err e = told_read(cx, in->body, &told);
    if (!e)
        e = payment_find(cx, told.id, &row);
    if (!e && row.id && !str_same(row.body_hash, hash))
        e = err_set(cx, ERR_CONFLICT, "body", "deposit.hook_reused");
    if (!e && !row.id)
        e = keep(cx, &told, hash, &row);
    return e ? e : reply_payment(cx, &row, ret);
}

/* ---- Looking, giving back ---- */

#define ALONE "(?1 = 0 OR (t.outcome IN ('unknown', 'settled') AND t.given_back_ms = 0))"

static Err payment_list_run(Cx *cx, const void *input, Val **ret)
{
    const PaymentListIn *in = input;
    Rows rows;
    i64 total = 0, page = page_number(in->page);
    Val *items = val_list(cx->arena);
    Err e = DB_INT(cx, &total, 0, "SELECT COUNT(*) FROM deposit_payment t WHERE " ALONE,
                   BIND_INT(in->alone));
    if (!e)
        e = RECORD_QUERY(cx, &deposit_payment_type, &rows,
                         "WHERE " ALONE " ORDER BY t.id DESC LIMIT ?2 OFFSET ?3",
                         BIND_INT(in->alone), BIND_INT(PAGE_SIZE),
                         BIND_INT((page - 1) * PAGE_SIZE));
    if (e)
        return e;
    while (rows_next(&rows)) {
        DepositPayment row = {0};
        record_read_row(cx, &deposit_payment_type, &rows, &row);
        Val *item = record_val(cx, &deposit_payment_type, &row, SEE_OPERATOR);
        const Code *code = code_find(&payment_outcomes, row.outcome);
        val_set_z(cx->arena, item, "outcome_label", cx->lang == LANG_EN ? code->en : code->zh);
        val_push(cx->arena, items, item);
    }
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return rows_end(&rows);
}

static Err give_back_run(Cx *cx, const void *input, Val **ret)
{
    const GiveBackIn *in = input;
    DepositPayment row;
    Err e = record_load(cx, &deposit_payment_type, in->id, &row);
    if (e)
        return e;
    bool alone = str_same(row.outcome, S("unknown")) || str_same(row.outcome, S("settled"));
    if (!alone || row.given_back_ms)
        return err_set(cx, ERR_STATE, NULL, "deposit.not_alone");
    row.reference = in->reference;
    row.given_back_ms = cx->arrived_ms;
    e = fact_change(cx, &deposit_payment_type, &row,
                    (FactNote){"payment.given_back", row.amount_fen, NULL, row.deposit_id});
    if (!e)
        *ret = lot_reply_id(cx, row.id);
    return e;
}

// clang-format off
static const Field paid_in[] = {
    { AT(DepositPaidIn, body), F_PROSE, "通知正文（JSON）", "Body (JSON)", REQUIRED, SEE_PUBLIC, .max = 2 * HOOK_BODY_MAX },
    { AT(DepositPaidIn, stamp), F_TEXT, "时间戳（秒）", "Stamp, seconds", 0, SEE_PUBLIC, .max = 20 },
    { AT(DepositPaidIn, signature), F_TEXT, "签名", "Signature", 0, SEE_PUBLIC, .max = 128 },
};
static const Field list_in[] = {
    { AT(PaymentListIn, alone), F_BOOL, "仅待退款", "Only what is to be given back", 0, SEE_PUBLIC },
    { AT(PaymentListIn, page), F_INT, "页", "Page", 0, SEE_PUBLIC, .max = PAGE_MAX },
};
static const Field back_in[] = {
    { AT(GiveBackIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(GiveBackIn, reference), F_TEXT, "退款流水号", "Bank's reference", REQUIRED, SEE_PUBLIC, .max = 80 },
};

static const Op ops[] = {
    { "deposit.paid", "银行到账通知", "Payment told by the bank", OP_WRITE, 0, WHO_PUBLIC,
      OP_IN(DepositPaidIn, paid_in), paid_prepare, paid_run,
      "由银行调用 POST /hook/payment；以签名为凭。", "Called by the bank as POST /hook/payment; the signature is its permission." },
    { "payment.list", "到账通知", "Payments", OP_READ, 0, WHO_OPERATOR,
      OP_IN(PaymentListIn, list_in), NULL, payment_list_run },
    { "payment.give_back", "登记退款", "Given back", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(GiveBackIn, back_in), NULL, give_back_run },
};
// clang-format on

static const RecordType *const types[] = {&deposit_payment_type};
static const CodeList *const codes[] = {&payment_outcomes};

const Room deposit_pay_room = {
    .name = "deposit_pay",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
