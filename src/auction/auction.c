/* auction.c - making a lot, and the rows of the room's commands. */
#include "auction/auction_int.h"

#include "auction/auction_rules.h"
#include "ident/ident.h"
#include "registry/registry.h"

typedef struct LotOpenIn {
    i64 listing_id;
    Str mode, basis;
    i64 start_fen, step_fen, reserve_fen, deposit_fen;
    i64 open_ms, end_ms, hard_end_ms;
    i64 window_s, extend_s, extension_max;
    Str tiers;
    i64 steps_max;
    i64 strict_step, self_raise, first_above;
    i64 drop_fen, drop_every_s, floor_fen;
    i64 sealed_s, best_s;
    i64 rounds, round_s, requote_s;
    i64 second_price, quote_once;
    i64 units;
    i64 bidder_min;
    Str priority;
    i64 post_s;
} LotOpenIn;

Val *lot_reply_id(Cx *cx, i64 id)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", id);
    return map;
}

Val *lot_reply(Cx *cx, const Lot *lot)
{
    Val *map = lot_reply_id(cx, lot->id);
    val_set_z(cx->arena, map, "state", flow_state_name(&lot_flow, lot->state));
    val_set_int(cx->arena, map, "end_ms", lot->end_ms);
    if (lot->result.len)
        val_set_str(cx->arena, map, "result", lot->result);
    return map;
}

/* ---- Making a lot ---- */

static i64 ms_or(i64 given_s, i64 otherwise_s)
{
    return (given_s ? given_s : otherwise_s) * 1000;
}

static Str or_else(Str given, Str otherwise)
{
    return given.len ? given : otherwise;
}

static Lot lot_from_terms(const Cx *cx, const LotOpenIn *in)
{
    bool once = str_same_z(in->mode, bid_mode_name(BID_DUTCH)) ||
                str_same_z(in->mode, bid_mode_name(BID_FIXED));
    return (Lot){.listing_id = in->listing_id,
                 .mode = or_else(in->mode, str_from(bid_mode_name(BID_ASCENDING))),
                 .basis = in->basis,
                 .start_fen = in->start_fen,
                 .step_fen = in->step_fen,
                 .steps_max = in->steps_max,
                 .reserve_fen = in->reserve_fen,
                 .deposit_fen = in->deposit_fen,
                 .open_ms = in->open_ms ? in->open_ms : cx->arrived_ms,
                 .planned_end_ms = in->end_ms,
                 .hard_end_ms = in->hard_end_ms,
                 .window_ms = once ? 0 : ms_or(in->window_s, LOT_WINDOW_S),
                 .extend_ms = once ? 0 : ms_or(in->extend_s, LOT_EXTEND_S),
                 .extension_max = in->extension_max,
                 .strict_step = in->strict_step,
                 .self_raise = in->self_raise,
                 .first_above = in->first_above,
                 .drop_fen = in->drop_fen,
                 .drop_every_ms = in->drop_every_s * 1000,
                 .floor_fen = in->floor_fen,
                 .sealed_ms = in->sealed_s * 1000,
                 .best_ms = in->best_s * 1000,
                 .rounds = in->rounds ? in->rounds : 1,
                 .round_ms = in->round_s * 1000,
                 .requote_ms = in->requote_s * 1000,
                 .second_price = in->second_price,
                 .quote_once = in->quote_once,
                 .units = in->units ? in->units : 1,
                 .bidder_min = in->bidder_min ? in->bidder_min : 1,
                 .priority = or_else(in->priority, str_from(bid_priority_name(PRIORITY_NONE))),
                 .post_ms = ms_or(in->post_s, LOT_POST_S),
                 .end_ms = in->end_ms,
                 .stage = str_from(bid_stage_name(STAGE_SCHEDULED, false)),
                 .state = LOT_SCHEDULED};
}

static Str rules_line(Arena *arena, const Lot *lot)
{
    BidRules rules = lot_rules(lot);
    Buf out = buf_new(arena);
    bid_rules_write(&out, &rules);
    return buf_str(&out);
}

/* The listing, ready to be auctioned. */
static Err listing_for_lot(Cx *cx, i64 listing_id, Listing *ret)
{
    Err e = record_load(cx, &listing_type, listing_id, ret);
    if (e)
        return e;
    i64 live_id = 0;
    e = lot_live_of_listing(cx, listing_id, &live_id);
    if (e)
        return e;
    if (live_id)
        return err_set(cx, ERR_CONFLICT, "listing_id", "auction.listing_has_lot");
    if (ret->state != LISTING_LISTED)
        return err_set(cx, ERR_STATE, "listing_id", "auction.listing_not_listed");
    return listing_stage_ready(cx, ret);
}

/* What an amount means when nobody says: the listing's way of trade does. */
static Str basis_of(const Listing *listing)
{
    static const char *const means[][2] = {
        {"assign", "assignment"}, {"equity", "shares"}, {"pay_later", "use_first"}};
    for (size_t i = 0; i < COUNT(means); i++)
        if (str_same_z(listing->mode, means[i][0]))
            return str_from(means[i][1]);
    return S("licence");
}

static Err lot_open_run(Cx *cx, const void *input, Val **ret)
{
    const LotOpenIn *in = input;
    Lot lot = lot_from_terms(cx, in);
    if (!lot_tiers_read(cx->arena, in->tiers, &lot.tiers))
        return err_set(cx, ERR_INPUT, "tiers", "auction.tiers_wrong");
    const char *field = NULL, *wrong = lot_terms_wrong(&lot, cx->arrived_ms, &field);
    if (wrong)
        return err_set(cx, ERR_INPUT, field, wrong);
    Listing listing;
    Err e = listing_for_lot(cx, in->listing_id, &listing);
    if (e)
        return e;
    lot.org_id = listing.org_id;
    lot.title = listing.title;
    lot.basis = or_else(lot.basis, basis_of(&listing));
    lot.rules = rules_line(cx->arena, &lot);
    e = listing_move(cx, listing.id, "enter_lot");
    if (e)
        return e;
    e = fact_create(cx, &lot_type, &lot, (FactNote){"lot.made", lot.start_fen, NULL, listing.id});
    if (!e && cx->arrived_ms >= lot.open_ms) /* At once: nobody waits for the clock. */
        e = lot_start(cx, lot.id, &lot);
    if (e)
        return e;
    *ret = lot_reply(cx, &lot);
    return ERR_OK;
}

/* ---- Rows ---- */

// clang-format off
static const Field list_in[] = {
    { AT(LotListIn, state), F_TEXT, "状态", "State", 0, SEE_PUBLIC, NULL },
    { AT(LotListIn, listing_id), F_REF, "挂牌项目", "Listing", 0, SEE_PUBLIC, .ref = &listing_type },
    { AT(LotListIn, page),  F_INT,  "页",   "Page",  0, SEE_PUBLIC, NULL, .max = PAGE_MAX },
};
static const Field id_in[] = {
    { AT(LotIdIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL },
};
static const Field open_in[] = {
    { AT(LotOpenIn, listing_id), F_REF, "挂牌项目", "Listing", REQUIRED, SEE_PUBLIC,
      .ref = &listing_type },
    { AT(LotOpenIn, mode), F_CODE, "竞价方式", "Mode", 0, SEE_PUBLIC, .codes = &lot_mode_codes,
      .help_zh = "留空为加价竞价。", .help_en = "Ascending when left empty." },
    { AT(LotOpenIn, basis), F_CODE, "报价含义", "What a bid is", 0, SEE_PUBLIC,
      .codes = &lot_basis_codes,
      .help_zh = "留空则按挂牌的交易方式。", .help_en = "By the listing's way of trade when left empty." },
    { AT(LotOpenIn, start_fen), F_MONEY, "起拍价", "Start price", REQUIRED, SEE_PUBLIC,
      .group_zh = "价格", .group_en = "Prices",
      .help_zh = "降价竞价为最高价，一口价为成交价。", .help_en = "The first price of a falling one; the price of a fixed one." },
    { AT(LotOpenIn, step_fen), F_MONEY, "加价幅度", "Step", 0, SEE_PUBLIC,
      .help_zh = "加价竞价和多轮报价必填。", .help_en = "Needed for ascending lots and rounds." },
    { AT(LotOpenIn, reserve_fen), F_MONEY, "保留价", "Reserve", 0, SEE_PUBLIC,
      .help_zh = "不公开；最高报价低于保留价时不成交。", .help_en = "Sealed; a best bid below it is no sale." },
    { AT(LotOpenIn, deposit_fen), F_MONEY, "保证金", "Deposit", 0, SEE_PUBLIC },
    { AT(LotOpenIn, open_ms), F_TIME, "开始时间", "Opens", 0, SEE_PUBLIC,
      .group_zh = "时间", .group_en = "Times",
      .help_zh = "留空则立即开始。", .help_en = "At once when left empty." },
    { AT(LotOpenIn, end_ms), F_TIME, "结束时间", "Ends", REQUIRED, SEE_PUBLIC },
    { AT(LotOpenIn, hard_end_ms), F_TIME, "最晚结束时间", "Latest end", 0, SEE_PUBLIC,
      .group_zh = "延时", .group_en = "Extension",
      .help_zh = "延时不超过此时；留空则不限。", .help_en = "Extensions stop here; none when left empty." },
    { AT(LotOpenIn, window_s), F_INT, "延时触发时长（秒）", "Window, s", 0, SEE_PUBLIC,
      .max = LOT_EXTEND_S_MAX,
      .help_zh = "结束前这段时间内有报价即延时；留空为 300 秒。",
      .help_en = "A bid this close to the end extends the lot; 300 s when left empty." },
    { AT(LotOpenIn, extend_s), F_INT, "延时时长（秒）", "Extension, s", 0, SEE_PUBLIC,
      .max = LOT_EXTEND_S_MAX,
      .help_zh = "从该报价起至少再留这么久；留空为 300 秒。",
      .help_en = "This much is left after such a bid; 300 s when left empty." },
    { AT(LotOpenIn, extension_max), F_INT, "最多延时次数", "Most extensions", 0, SEE_PUBLIC,
      .max = LOT_EXTENSIONS_MAX,
      .help_zh = "延时满此次数后不再延时；留空则不限。",
      .help_en = "After so many the end stays; any number when left empty." },
    { AT(LotOpenIn, strict_step), F_BOOL, "须为加价幅度整数倍", "Whole steps only", 0, SEE_PUBLIC,
      .group_zh = "规则", .group_en = "Rules" },
    { AT(LotOpenIn, self_raise), F_BOOL, "领先者可自行加价", "Leader may raise", 0, SEE_PUBLIC },
    { AT(LotOpenIn, first_above), F_BOOL, "首次报价须加价", "First bid adds a step", 0, SEE_PUBLIC },
    { AT(LotOpenIn, tiers), F_TEXT, "分段加价幅度", "Steps by price", 0, SEE_PUBLIC, .max = 600,
      .help_zh = "价格达到后改用的加价幅度，如 50万=1万; 100万=2万。",
      .help_en = "From a price on another step, such as 500000=10000; 1000000=20000." },
    { AT(LotOpenIn, steps_max), F_INT, "单次最多加价档数", "Most steps in a bid", 0, SEE_PUBLIC,
      .max = LOT_STEPS_MAX, .help_zh = "留空则不限。", .help_en = "Any number when left empty." },
    { AT(LotOpenIn, drop_fen), F_MONEY, "降价幅度", "Drop", 0, SEE_PUBLIC,
      .group_zh = "降价", .group_en = "Falling price" },
    { AT(LotOpenIn, drop_every_s), F_INT, "降价间隔（秒）", "Every, s", 0, SEE_PUBLIC,
      .max = LOT_EXTEND_S_MAX },
    { AT(LotOpenIn, floor_fen), F_MONEY, "最低价", "Floor", 0, SEE_PUBLIC },
    { AT(LotOpenIn, sealed_s), F_INT, "密封报价时长（秒）", "Sealed stage, s", 0, SEE_PUBLIC,
      .max = LOT_STAGE_S_MAX, .group_zh = "密封报价", .group_en = "Sealed bids",
      .help_zh = "用于“降价—密封—应答”。", .help_en = "Of Dutch, sealed, best." },
    { AT(LotOpenIn, best_s), F_INT, "应答时长（秒）", "Answering stage, s", 0, SEE_PUBLIC,
      .max = LOT_STAGE_S_MAX },
    { AT(LotOpenIn, rounds), F_INT, "报价轮数", "Rounds", 0, SEE_PUBLIC, .max = BID_ROUNDS_MAX },
    { AT(LotOpenIn, round_s), F_INT, "以后每轮时长（秒）", "Each later round, s", 0, SEE_PUBLIC,
      .max = LOT_STAGE_S_MAX },
    { AT(LotOpenIn, requote_s), F_INT, "同价重报时长（秒）", "Second quotes, s", 0, SEE_PUBLIC,
      .max = LOT_STAGE_S_MAX,
      .help_zh = "最高报价相同时再报一次；留空则先报者得。",
      .help_en = "Equal highest quote once more; the earlier has it when left empty." },
    { AT(LotOpenIn, second_price), F_BOOL, "按次高价成交", "Second price", 0, SEE_PUBLIC },
    { AT(LotOpenIn, quote_once), F_BOOL, "密封报价不可更改", "A quote cannot be changed", 0, SEE_PUBLIC },
    { AT(LotOpenIn, units), F_INT, "许可份数", "Licences", 0, SEE_PUBLIC, .max = BID_UNITS_MAX,
      .group_zh = "参加", .group_en = "Who takes part",
      .help_zh = "密封报价和一口价可售多份，留空为一份。",
      .help_en = "Sealed and fixed lots may sell several; one when left empty." },
    { AT(LotOpenIn, bidder_min), F_INT, "最少竞买人数", "Fewest bidders", 0, SEE_PUBLIC,
      .max = LOT_BIDDERS_MAX },
    { AT(LotOpenIn, priority), F_CODE, "优先购买权", "Priority right", 0, SEE_PUBLIC,
      .codes = &lot_priority_codes },
    { AT(LotOpenIn, post_s), F_INT, "成交后行权期（秒）", "Time to use it after the sale, s", 0,
      SEE_PUBLIC, .max = LOT_STAGE_S_MAX,
      .help_zh = "留空为三天。", .help_en = "Three days when left empty." },
};
static const Field enter_in[] = {
    { AT(LotEnterIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type },
};
static const Field bid_in[] = {
    { AT(LotBidIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
    { AT(LotBidIn, amount_fen), F_MONEY, "报价",     "Amount",       REQUIRED, SEE_PUBLIC, NULL },
    { AT(LotBidIn, key), F_TEXT, "请求标识", "Request key", REQUIRED, SEE_PUBLIC,
      .min = 1, .max = LOT_KEY_LEN_MAX },
    { AT(LotBidIn, confirmed),  F_BOOL,  "确认高价", "Amount is meant", 0,     SEE_PUBLIC, NULL },
};
static const Field take_in[] = {
    { AT(LotBidIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
    { AT(LotBidIn, amount_fen), F_MONEY, "应价",     "Price",        REQUIRED, SEE_PUBLIC, NULL },
    { AT(LotBidIn, key), F_TEXT, "请求标识", "Request key", REQUIRED, SEE_PUBLIC,
      .min = 1, .max = LOT_KEY_LEN_MAX },
};
static const Field key_in[] = {
    { AT(LotKeyIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
    { AT(LotKeyIn, key), F_TEXT, "请求标识", "Request key", REQUIRED, SEE_PUBLIC,
      .min = 1, .max = LOT_KEY_LEN_MAX },
};
static const Field reason_in[] = {
    { AT(LotReasonIn, id),     F_INT,  "编号", "No.",    REQUIRED, SEE_PUBLIC, NULL },
    { AT(LotReasonIn, reason), F_TEXT, "原因", "Reason", REQUIRED, SEE_PUBLIC, NULL },
};
static const Field close_in[] = {
    { AT(LotCloseIn, id),         F_INT,  "编号",       "No.",     REQUIRED, SEE_PUBLIC, NULL },
    { AT(LotCloseIn, settled_ms), F_TIME, "已处理至",   "Settled", 0,        SEE_PUBLIC, NULL },
};
static const Field make_up_in[] = {
    { AT(LotMakeUpIn, id),      F_INT,  "编号",       "No.",          REQUIRED, SEE_PUBLIC, NULL },
    { AT(LotMakeUpIn, from_ms), F_TIME, "停机开始时间", "Served until", REQUIRED, SEE_PUBLIC, NULL },
};
static const Field tick_in[] = {
    { AT(LotTickIn, settled_ms), F_TIME, "已处理至", "Settled", 0, SEE_PUBLIC, NULL },
};

#define LOT_CLOCK (WHO_CLOCK | WHO_LOCAL)

static const Op ops[] = {
    { "lot.list", "竞价大厅", "Lots", OP_READ, 0, WHO_PUBLIC,
      OP_IN(LotListIn, list_in), NULL, lot_list_run },
    { "lot.show", "标的详情", "Lot", OP_READ, 0, WHO_PUBLIC,
      OP_IN(LotIdIn, id_in), NULL, lot_show_run },
    { "lot.open", "发布竞价", "New lot", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(LotOpenIn, open_in), NULL, lot_open_run,
      "为已挂牌项目设定竞价条件。", "Sets the terms on which a listed item is auctioned." },
    { "lot.enter", "报名", "Enter", OP_WRITE, OP_AGREED, WHO_FIRM,
      OP_IN(LotEnterIn, enter_in), NULL, lot_enter_run,
      "报名参加竞价，审核通过后获得竞买编号。", "Applies to bid; admission gives a number." },
    { "lot.admit", "通过报名", "Admit", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(LotIdIn, id_in), NULL, lot_admit_run,
      "确认资格和保证金。", "Confirms qualification and deposit." },
    { "lot.refuse", "退回报名", "Refuse", OP_WRITE, OP_DANGER, WHO_OPERATOR,
      OP_IN(LotReasonIn, reason_in), NULL, lot_refuse_run },
    /* The same two under the names that the flow of a bidder gives them. */
    { "bidder.admit", "通过报名", "Admit", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(LotIdIn, id_in), NULL, lot_admit_run },
    { "bidder.refuse", "退回报名", "Refuse", OP_WRITE, OP_DANGER, WHO_OPERATOR,
      OP_IN(LotReasonIn, reason_in), NULL, lot_refuse_run },
    { "lot.take", "应价", "Take", OP_WRITE, OP_SECOND | OP_BULK, WHO_FIRM,
      OP_IN(LotBidIn, take_in), NULL, lot_take_run,
      "按当前价格成交。价格已变动时不会按新价成交。",
      "Takes the price as it stands; never another one, when it has moved." },
    { "lot.retract", "撤回报价", "Take back", OP_WRITE, OP_SECOND | OP_BULK, WHO_FIRM,
      OP_IN(LotKeyIn, key_in), NULL, lot_retract_run,
      "撤回未开启的密封报价，或放弃成交后的优先购买权。",
      "Takes a sealed bid back before it is opened, or waives a priority right after the sale." },
    { "lot.bid", "报价", "Bid", OP_WRITE, OP_SECOND | OP_BULK, WHO_FIRM, OP_IN(LotBidIn, bid_in), NULL, lot_bid_run,
      "报价不可撤回。以到达服务器的时间为准。", "A bid cannot be withdrawn. Its time is that of its arrival." },
    { "lot.pause", "暂停", "Pause", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(LotIdIn, id_in), NULL, lot_pause_run },
    { "lot.resume", "恢复", "Resume", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(LotIdIn, id_in), NULL, lot_resume_run },
    { "lot.cancel", "撤销竞价", "Cancel", OP_WRITE, OP_DANGER, WHO_OPERATOR | WHO_BINDS,
      OP_IN(LotReasonIn, reason_in), NULL, lot_cancel_run },
    { "lot.start", "开始", "Start", OP_WRITE, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotIdIn, id_in), NULL, lot_start_run },
    { "lot.close", "结束竞价", "Close", OP_WRITE, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotCloseIn, close_in), NULL, lot_close_run },
    { "lot.sell", "成交", "Sell", OP_WRITE, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotCloseIn, close_in), NULL, lot_sell_run },
    { "lot.lapse", "不成交", "Lapse", OP_WRITE, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotCloseIn, close_in), NULL, lot_lapse_run },
    { "lot.make_up", "停机补时", "Make up", OP_WRITE, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotMakeUpIn, make_up_in), NULL, lot_make_up_run,
      "停机期间标的视为暂停，剩余时间不变。", "While nobody served the lot stood still: it goes on with the same remainder." },
    { "lot.make_up_due", "停机补时（全部）", "Make up all", OP_STEPS, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN_NONE, NULL, lot_make_up_due_run },
    { "lot.tick", "到点处理", "What is due", OP_STEPS, OP_LOCAL_ONLY, LOT_CLOCK,
      OP_IN(LotTickIn, tick_in), NULL, lot_tick_run },
};
// clang-format on

static const RecordType *const types[] = {&lot_type, &lot_bidder_type, &lot_log_type,
                                          &lot_win_type};
static const Flow *const flows[] = {&lot_flow, &lot_bidder_flow};
static const CodeList *const codes[] = {&lot_result_codes, &lot_deposit_codes,  &lot_mode_codes,
                                        &lot_stage_codes,  &lot_priority_codes, &lot_basis_codes};

const Room auction_room = {
    .name = "auction",
    .types = types,
    .type_count = COUNT(types),
    .flows = flows,
    .flow_count = COUNT(flows),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
