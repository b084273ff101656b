/* deal.c - the commands of the room: making, signing, registering, finishing and cancelling a deal.
 */
#include "deal/deal_int.h"

#include "auction/auction.h"
#include "auction/deposit.h"
#include "registry/registry.h"

typedef struct DealSignIn {
    i64 id;
    i64 signed_date;
    Str contract_no;
    i64 licence_until_date;
} DealSignIn;

typedef struct DealRegisterIn {
    i64 id;
    Str reg_no;
    i64 reg_date;
    Str evidence;
} DealRegisterIn;

typedef struct DealFinishIn {
    i64 id;
    i64 costs_fen;
    Str split_floor;
    i64 rate_bp;
} DealFinishIn;

typedef struct DealCancelIn {
    i64 id;
    Str reason;
    i64 buyer_default;
} DealCancelIn;

typedef struct DealMakeIn {
    i64 win_id;
} DealMakeIn;

Err deal_load(Cx *cx, i64 id, Deal *ret)
{
    return record_load(cx, &deal_type, id, ret);
}

static bool is_buyer(Cx *cx, const Deal *deal)
{
    return (who_of(cx, deal->buyer_id, false) & WHO_OWNER) != 0;
}

unsigned deal_who(Cx *cx, const Deal *deal)
{
    bool binds_buyer = (who_of(cx, deal->buyer_id, false) & WHO_BINDS) != 0;
    return who_of(cx, deal->seller_id, binds_buyer);
}

/* WHO_ABOVE for the centre of the industry that the thing sold is of. No relation is known while
 * the store fails. */
static unsigned field_who(Cx *cx, const Deal *deal)
{
    Listing listing = {0};
    if (!(cx->actor.roles & WHO_CENTRE))
        return 0;
    if (record_load(cx, &listing_type, deal->listing_id, &listing)) {
        err_clear(cx);
        return 0;
    }
    return field_relation(cx, listing.field);
}

bool deal_visible(Cx *cx, const Deal *deal, See *ret_level)
{
    See level = see_level(cx, deal->seller_id, is_buyer(cx, deal));
    unsigned who = who_of(cx, deal->seller_id, false) | who_of(cx, deal->buyer_id, false);
    who |= field_who(cx, deal);
    if (who & WHO_ABOVE) /* A department sees how the income of those below it was divided. */
        level = SEE_OPERATOR;
    *ret_level = level;
    return level >= SEE_PARTY;
}

Err deal_load_seen(Cx *cx, i64 id, Deal *ret, See *ret_level)
{
    Deal deal;
    Err e = deal_load(cx, id, &deal);
    if (e)
        return e;
    if (!deal_visible(cx, &deal, ret_level))
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? deal_type.en : deal_type.zh));
    *ret = deal;
    return ERR_OK;
}

static Val *reply_deal(Cx *cx, const Deal *deal)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", deal->id);
    val_set_z(cx->arena, map, "state", flow_state_name(&deal_flow, deal->state));
    return map;
}

/* Takes a step of the flow with the members that belong to it set, and answers. */
static Err deal_step(Cx *cx, Deal deal, const char *action, FactNote note, Val **ret)
{
    i64 state = deal.state;
    Err e = flow_step(cx, &deal_flow, state, action, deal_who(cx, &deal), &deal, &deal.state);
    if (e)
        return e;
    note.other_id = deal.lot_id;
    e = fact_change(cx, &deal_type, &deal, note);
    if (e)
        return e;
    *ret = reply_deal(cx, &deal);
    return ERR_OK;
}

/* ---- Making ---- */

Err deal_make(Cx *cx, i64 win_id, Deal *ret)
{
    LotWin win;
    Lot lot;
    Listing listing;
    Err e = record_load(cx, &lot_win_type, win_id, &win);
    if (e)
        return e;
    e = lot_load(cx, win.lot_id, &lot);
    if (e)
        return e;
    e = record_load(cx, &listing_type, lot.listing_id, &listing);
    if (e)
        return e;
    if (win.deal_id)
        return err_set(cx, ERR_CONFLICT, "win_id", "auction.has_deal");
    if (cx->arrived_ms < win.from_ms)
        return err_set_arg(cx, ERR_STATE, "win_id", "auction.not_due",
                           time_format_full(cx->arena, win.from_ms));
    Deal deal = {.lot_id = lot.id,
                 .win_id = win.id,
                 .listing_id = lot.listing_id,
                 .seller_id = lot.org_id,
                 .buyer_id = win.org_id,
                 .title = lot.title,
                 .mode = listing.mode,
                 .price_fen = win.pays_fen,
                 .state = DEAL_MADE};
    e = fact_create(cx, &deal_type, &deal, (FactNote){"deal.made", deal.price_fen, NULL, lot.id});
    if (e)
        return e;
    e = lot_win_deal(cx, win.id, deal.id);
    if (e)
        return e;
    *ret = deal;
    return ERR_OK;
}

static Err deal_make_run(Cx *cx, const void *input, Val **ret)
{
    const DealMakeIn *in = input;
    Deal deal;
    Err e = deal_make(cx, in->win_id, &deal);
    if (e)
        return e;
    *ret = reply_deal(cx, &deal);
    return ERR_OK;
}

/* One job for each sold lot: one that fails does not hold up the others. */
static Err deal_make_due_run(Cx *cx, const void *input, Val **ret)
{
    (void)input;
    LotWin *wins;
    size_t count;
    i64 made = 0;
    Val *failed = val_list(cx->arena), *map = val_map(cx->arena);
    Err e = lot_win_list(cx, DEAL_MAKE_MAX, &wins, &count);
    if (e)
        return e;
    for (size_t i = 0; i < count; i++) {
        DealMakeIn in = {.win_id = wins[i].id};
        Val *reply = NULL;
        e = op_call_name(cx, "deal.make", &in, &reply);
        if (e == ERR_STORE || e == ERR_BUSY)
            return e;
        made += e == ERR_OK;
        if (e) {
            Val *item = val_map(cx->arena);
            val_set_int(cx->arena, item, "lot_id", wins[i].lot_id);
            val_set_z(cx->arena, item, "key", cx->err.key);
            val_push(cx->arena, failed, item);
            err_clear(cx);
        }
    }
    val_set_int(cx->arena, map, "made", made);
    val_set(cx->arena, map, "failed", failed);
    *ret = map;
    return ERR_OK;
}

/* ---- The steps ---- */

static Err day_allowed(Cx *cx, const char *field, i64 date, i64 not_before)
{
    if (date > time_date(cx->arrived_ms))
        return err_set(cx, ERR_INPUT, field, "deal.date_in_future");
    if (date < not_before)
        return err_set_arg(cx, ERR_INPUT, field, "deal.date_too_early",
                           date_format(cx->arena, not_before));
    return ERR_OK;
}

/* Only a licence ends on a day, and not before it begins. */
static Err licence_allowed(Cx *cx, const Deal *deal, const DealSignIn *in)
{
    if (!in->licence_until_date)
        return ERR_OK;
    if (!trade_mode_is_licence(deal->mode))
        return err_set(cx, ERR_INPUT, "licence_until_date", "deal.no_licence");
    if (in->licence_until_date < in->signed_date)
        return err_set_arg(cx, ERR_INPUT, "licence_until_date", "deal.date_too_early",
                           date_format(cx->arena, in->signed_date));
    return ERR_OK;
}

static Err deal_sign_run(Cx *cx, const void *input, Val **ret)
{
    const DealSignIn *in = input;
    Deal deal;
    See level;
    Err e = deal_load_seen(cx, in->id, &deal, &level);
    if (e)
        return e;
    e = day_allowed(cx, "signed_date", in->signed_date, time_date(deal.made_ms));
    if (!e)
        e = licence_allowed(cx, &deal, in);
    if (e)
        return e;
    deal.signed_date = in->signed_date;
    deal.contract_no = str_trim(in->contract_no);
    deal.licence_until_date = in->licence_until_date;
    e = deal_step(cx, deal, "sign", (FactNote){"deal.signed", deal.signed_date, NULL, 0}, ret);
    if (!e && deal.licence_until_date)
        e = listing_licensed(cx, deal.listing_id, deal.licence_until_date);
    return e ? e : deposit_settle(cx, deal.lot_id, deal.buyer_id, deal.price_fen, deal.id);
}

static Err evidence_allowed(Cx *cx, Str hash)
{
    u8 bytes[32];
    if (hash.len && !hex_to(hash, bytes, COUNT(bytes)))
        return err_set(cx, ERR_INPUT, "evidence", "deal.evidence_no_file");
    return ERR_OK;
}

static Err deal_register_run(Cx *cx, const void *input, Val **ret)
{
    const DealRegisterIn *in = input;
    Deal deal;
    See level;
    Err e = deal_load_seen(cx, in->id, &deal, &level);
    if (e)
        return e;
    e = evidence_allowed(cx, in->evidence);
    if (e)
        return e;
    i64 reg_date = in->reg_date ? in->reg_date : time_date(cx->arrived_ms);
    e = day_allowed(cx, "reg_date", reg_date, deal.signed_date);
    if (e)
        return e;
    deal.reg_no = str_trim(in->reg_no);
    deal.reg_date = reg_date;
    deal.evidence = in->evidence;
    return deal_step(cx, deal, "register", (FactNote){"deal.transferred", deal.reg_date, NULL, 0},
                     ret);
}

static Err deal_finish_run(Cx *cx, const void *input, Val **ret)
{
    const DealFinishIn *in = input;
    Deal deal;
    See level;
    Err e = deal_load_seen(cx, in->id, &deal, &level);
    if (e)
        return e;
    const SplitFloor *floor =
        split_floor_find(in->split_floor.len ? in->split_floor : S("national"));
    if (!floor)
        return err_set(cx, ERR_INPUT, "split_floor", "deal.no_such_floor");
    Split split;
    const char *field = NULL;
    i64 rate_bp = in->rate_bp ? in->rate_bp : floor->pot_bp;
    const char *wrong = deal_split(floor, deal.price_fen, in->costs_fen, rate_bp, &split, &field);
    if (wrong)
        return err_set_arg(cx, ERR_INPUT, field, wrong,
                           str_format(cx->arena, "%lld", (long long)floor->pot_bp));
    deal.costs_fen = in->costs_fen;
    deal.split_floor = str_from(floor->code);
    deal.rate_bp = rate_bp;
    deal.net_fen = split.net_fen;
    deal.pot_fen = split.pot_fen;
    deal.done_ms = cx->arrived_ms;
    return deal_step(cx, deal, "finish", (FactNote){"deal.done", deal.price_fen, floor->code, 0},
                     ret);
}

static Err deal_cancel_run(Cx *cx, const void *input, Val **ret)
{
    const DealCancelIn *in = input;
    Deal deal;
    See level;
    Err e = deal_load_seen(cx, in->id, &deal, &level);
    if (e)
        return e;
    deal.reason = in->reason;
    e = deal_step(cx, deal, "cancel", (FactNote){"deal.cancelled", deal.price_fen, NULL, 0}, ret);
    if (!e)
        e = listing_unsold(cx, deal.listing_id);
    return e ? e : deposit_deal_ended(cx, deal.lot_id, deal.buyer_id, in->buyer_default);
}

/* ---- Rows ---- */

// clang-format off
static const Field list_in[] = {
    { AT(DealListIn, state), F_TEXT, "状态", "State", 0, SEE_PUBLIC, NULL },
    { AT(DealListIn, page),  F_INT,  "页",   "Page",  0, SEE_PUBLIC, NULL, .max = PAGE_MAX },
};
static const Field id_in[] = {
    { AT(DealIdIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL },
};
static const Field sign_in[] = {
    { AT(DealSignIn, id),          F_INT,  "编号",     "No.",          REQUIRED, SEE_PUBLIC, NULL },
    { AT(DealSignIn, signed_date), F_DATE, "签订日期", "Date of signing", REQUIRED, SEE_PUBLIC, NULL },
    { AT(DealSignIn, contract_no), F_TEXT, "合同编号", "Contract number", REQUIRED, SEE_PUBLIC,
      .min = 1, .max = DEAL_NUMBER_LEN_MAX },
    { AT(DealSignIn, licence_until_date), F_DATE, "许可届满日", "Licensed until", 0, SEE_PUBLIC,
      .help_zh = "仅许可合同填写；留空则至专利权届满。", .help_en = "For a licence; as long as the patent when left empty." },
};
static const Field register_in[] = {
    { AT(DealRegisterIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(DealRegisterIn, reg_no), F_TEXT, "登记（备案）号", "Recordal no.", REQUIRED, SEE_PUBLIC,
      .min = 1, .max = DEAL_NUMBER_LEN_MAX,
      .help_zh = "手续合格通知书或备案通知书的编号。", .help_en = "Number of the office's notice of the recordal." },
    { AT(DealRegisterIn, reg_date), F_DATE, "登记（备案）日期", "Recorded on", 0, SEE_PUBLIC },
    { AT(DealRegisterIn, evidence), F_TEXT, "登记证明文件", "Evidence", 0, SEE_PUBLIC },
};
static const Field finish_in[] = {
    { AT(DealFinishIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(DealFinishIn, costs_fen), F_MONEY, "转化成本", "Costs", 0, SEE_PUBLIC,
      .help_zh = "评估、中介、税费和登记费用。", .help_en = "Appraisal, agency, tax and filing." },
    { AT(DealFinishIn, split_floor), F_CODE, "收益分配依据", "Split rule", 0, SEE_PUBLIC,
      .codes = &deal_floor_codes },
    { AT(DealFinishIn, rate_bp), F_INT, "分配比例（万分比）", "Rate, basis points", 0, SEE_PUBLIC,
      .max = BP_ALL,
      .help_zh = "留空则按依据的最低比例。", .help_en = "The least the rule allows when left empty." },
};
static const Field cancel_in[] = {
    { AT(DealCancelIn, id),     F_INT,  "编号", "No.",    REQUIRED, SEE_PUBLIC, NULL },
    { AT(DealCancelIn, reason), F_TEXT, "原因", "Reason", REQUIRED, SEE_PUBLIC, NULL },
    { AT(DealCancelIn, buyer_default), F_BOOL, "因受让方违约（悔拍）", "By the buyer's default", 0, SEE_PUBLIC,
      .help_zh = "保证金不予退还，由两人办理罚没。", .help_en = "The deposit stays; two persons forfeit it." },
};
static const Field make_in[] = {
    { AT(DealMakeIn, win_id), F_REF, "竞得人", "Winner", REQUIRED, SEE_PUBLIC, .ref = &lot_win_type },
};

#define DEAL_CLOCK (WHO_CLOCK | WHO_LOCAL)
#define DEAL_ANY   (WHO_OPERATOR | WHO_BINDS | WHO_PARTY)

static const Op ops[] = {
    { "deal.list", "成交项目", "Deals", OP_READ, 0, WHO_SIGNED,
      OP_IN(DealListIn, list_in), NULL, deal_list_run },
    { "deal.show", "成交详情", "Deal", OP_READ, 0, WHO_SIGNED,
      OP_IN(DealIdIn, id_in), NULL, deal_show_run },
    { "deal.sign", "登记合同", "Record the contract", OP_WRITE, 0, DEAL_ANY,
      OP_IN(DealSignIn, sign_in), NULL, deal_sign_run,
      "双方签订合同后，登记合同编号和签订日期。",
      "Once both sides have signed the contract, give its number and its date." },
    { "deal.register", "登记（备案）", "Register", OP_WRITE, 0, DEAL_ANY,
      OP_IN(DealRegisterIn, register_in), NULL, deal_register_run,
      "专利权转让自登记之日起生效。", "An assignment takes effect when it is registered." },
    { "deal.finish", "办结", "Finish", OP_WRITE, 0, WHO_OPERATOR | WHO_BINDS,
      OP_IN(DealFinishIn, finish_in), NULL, deal_finish_run,
      "按规则计算收益分配并办结。", "Divides the income by the rule and closes the deal." },
    { "deal.cancel", "终止", "Cancel", OP_WRITE, OP_DANGER, WHO_OPERATOR,
      OP_IN(DealCancelIn, cancel_in), NULL, deal_cancel_run },
    { "deal.make", "生成成交", "Make", OP_WRITE, OP_LOCAL_ONLY, DEAL_CLOCK,
      OP_IN(DealMakeIn, make_in), NULL, deal_make_run },
    { "deal.make_due", "到点生成成交", "Make what is due", OP_STEPS, OP_LOCAL_ONLY, DEAL_CLOCK,
      OP_IN_NONE, NULL, deal_make_due_run },
};
// clang-format on

/* A lot had one deal at most before there were further bidders to step up. */
static Err deal_start(Cx *cx)
{
    return db_exec_plain(cx, "DROP INDEX IF EXISTS ix_deal_lot_id");
}

static const RecordType *const types[] = {&deal_type};
static const Flow *const flows[] = {&deal_flow};
static const CodeList *const codes[] = {&deal_floor_codes};

const Room deal_room = {
    .name = "deal",
    .types = types,
    .type_count = COUNT(types),
    .flows = flows,
    .flow_count = COUNT(flows),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
    .start = deal_start,
};
