/* agreement.c - an agreed deal after a lot that nobody took: in public first, then made. */
#include "deal/after.h"

#include "auction/day_rules.h"
#include "deal/after_rules.h"
#include "deal/deal_int.h"
#include "ident/ident.h"
#include "registry/registry.h"

static Err guard_public(Cx *cx, const void *record)
{
    const Agreement *agreement = record;
    if (time_date(cx->arrived_ms) <= agreement->until_date)
        return err_set_arg(cx, ERR_STATE, NULL, "after.in_public",
                           date_format(cx->arena, agreement->until_date));
    return ERR_OK;
}

// clang-format off
static const Code relation_rows[] = {
    {"none",     "无关联",               "None"},
    {"inventor", "受让方为完成人",       "The buyer is an inventor"},
    {"relative", "受让方为完成人的近亲属", "The buyer is a near relative of one"},
    {"held",     "完成人或转让方持有受让方股份", "An inventor or the seller holds shares of the buyer"},
    {"other",    "其他关联",             "Another relation"},
};
const CodeList agreement_relations = CODE_LIST("agreement_relation", relation_rows);

static const FlowState states[] = {
    [AGREEMENT_PUBLISHED] = {"published", "公示中", "In public", FLOW_START},
    [AGREEMENT_MADE]      = {"made",      "已成交", "Made",      FLOW_END},
    [AGREEMENT_STOPPED]   = {"stopped",   "已终止", "Stopped",   FLOW_END},
};
static const FlowEdge edges[] = {
    {AGREEMENT_PUBLISHED, "make", AGREEMENT_MADE,    "公示期满，生成成交", "Make the deal", WHO_OPERATOR, guard_public},
    {AGREEMENT_PUBLISHED, "stop", AGREEMENT_STOPPED, "终止协议",           "Stop",          WHO_OPERATOR, NULL, true},
};
const Flow agreement_flow = FLOW_OF("agreement", "协议成交公示", "Agreed deal", states, edges);

static const Field agreement_fields[] = {
    RECORD_HEAD_FIELDS(Agreement),
    {AT(Agreement, lot_id),     F_REF,   "竞价标的", "Lot",     FORM_OFF | INDEXED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(Agreement, listing_id), F_REF,   "挂牌项目", "Listing", FORM_OFF, SEE_PUBLIC, NULL, .ref = &listing_type},
    {AT(Agreement, org_id),     F_REF,   "转让方",   "Seller",  FORM_OFF, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(Agreement, buyer_id),   F_REF,   "受让方",   "Buyer",   FORM_OFF, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(Agreement, title),      F_TEXT,  "项目名称", "Title",   FORM_OFF | LISTED, SEE_PUBLIC, NULL},
    {AT(Agreement, price_fen),  F_MONEY, "拟成交价", "Price",   FORM_OFF | LISTED, SEE_PUBLIC, NULL},
    {AT(Agreement, related),    F_CODE,  "关联关系", "Relation", FORM_OFF, SEE_PUBLIC, NULL, .codes = &agreement_relations},
    {AT(Agreement, disclosure), F_TEXT,  "关联说明", "Relation, in words", FORM_OFF, SEE_PUBLIC, NULL, .max = 500},
    {AT(Agreement, until_date), F_DATE,  "公示截止", "In public until", FORM_OFF | LISTED, SEE_PUBLIC, NULL},
    {AT(Agreement, deal_id),    F_INT,   "成交编号", "Deal",    FORM_OFF, SEE_PARTY, NULL},
    {AT(Agreement, reason),     F_TEXT,  "终止原因", "Why stopped", FORM_OFF, SEE_PUBLIC, NULL, .max = 200},
    {AT(Agreement, state),      F_STATE, "状态",     "State",   FORM_OFF | INDEXED | LISTED, SEE_PUBLIC, NULL, .flow = &agreement_flow},
};
const RecordType agreement_type = {"agreement", "协议成交公示", "Agreed deal", sizeof(Agreement), agreement_fields, COUNT(agreement_fields), NULL};
// clang-format on

/* ---- lot.agree ---- */

typedef struct AgreeIn {
    i64 lot_id;
    Str buyer_code;
    i64 price_fen;
    Str related;
    Str disclosure;
} AgreeIn;

typedef struct AgreementIdIn {
    i64 id;
} AgreementIdIn;

typedef struct AgreementStopIn {
    i64 id;
    Str reason;
} AgreementStopIn;

typedef struct AgreementListIn {
    i64 lot_id;
    Str state;
    i64 page;
} AgreementListIn;

static Err buyer_of(Cx *cx, Str code, i64 seller_id, Org *ret)
{
    Err e = org_by_code(cx, str_trim(code), ret);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set_arg(cx, ERR_INPUT, "buyer_code", "after.no_unit", code);
    }
    if (!e && (ret->left_ms || ret->id == seller_id))
        e = err_set_arg(cx, ERR_INPUT, "buyer_code", "after.buyer_wrong", ret->name);
    return e;
}

static Err agree_run(Cx *cx, const void *arg, Val **ret)
{
    const AgreeIn *in = arg;
    Lot lot = {0};
    Org buyer = {0};
    i64 failed_id = 0;
    Err e = after_lot(cx, in->lot_id, &lot, &failed_id);
    if (!e && failed_id)
        e = err_set_arg(cx, ERR_STATE, "lot_id", "after.was_sold", lot.title);
    if (!e)
        e = buyer_of(cx, in->buyer_code, lot.org_id, &buyer);
    if (e)
        return e;
    bool related = !str_same(in->related, S("none"));
    if (in->price_fen < lot.start_fen)
        return err_set_arg(cx, ERR_INPUT, "price_fen", "after.price_low",
                           money_format(cx->arena, lot.start_fen));
    if (related && !str_trim(in->disclosure).len)
        return err_set(cx, ERR_INPUT, "disclosure", "after.no_disclosure");
    Agreement agreement = {.lot_id = lot.id,
                           .listing_id = lot.listing_id,
                           .org_id = lot.org_id,
                           .buyer_id = buyer.id,
                           .title = lot.title,
                           .price_fen = in->price_fen,
                           .related = in->related,
                           .disclosure = str_trim(in->disclosure),
                           .until_date = day_add(time_date(cx->arrived_ms), AGREED_PUBLIC_DAYS),
                           .state = AGREEMENT_PUBLISHED};
    e = listing_move(cx, lot.listing_id, "enter_lot");
    if (!e)
        e = fact_create(cx, &agreement_type, &agreement,
                        (FactNote){"agreement.published", in->price_fen,
                                   str_z(cx->arena, in->related), lot.id});
    if (e)
        return e;
    *ret = after_reply(cx, agreement.id, &agreement_flow, agreement.state);
    val_set_str(cx->arena, *ret, "until_date", date_format(cx->arena, agreement.until_date));
    return ERR_OK;
}

/* ---- agreement.make, agreement.stop ---- */

static Err step(Cx *cx, Agreement *agreement, const char *action)
{
    return flow_step(cx, &agreement_flow, agreement->state, action, cx->actor.roles, agreement,
                     &agreement->state);
}

static Err make_run(Cx *cx, const void *arg, Val **ret)
{
    Agreement agreement = {0};
    Lot lot = {0};
    Err e = record_load(cx, &agreement_type, ((const AgreementIdIn *)arg)->id, &agreement);
    if (!e)
        e = step(cx, &agreement, "make");
    if (!e)
        e = lot_load(cx, agreement.lot_id, &lot);
    if (!e)
        e = after_deal(cx, &lot, agreement.buyer_id, agreement.price_fen, &agreement.deal_id);
    if (!e)
        e = fact_change(cx, &agreement_type, &agreement,
                        (FactNote){"agreement.made", agreement.price_fen, NULL, lot.id});
    if (e)
        return e;
    *ret = after_reply(cx, agreement.id, &agreement_flow, agreement.state);
    val_set_int(cx->arena, *ret, "deal_id", agreement.deal_id);
    return ERR_OK;
}

static Err stop_run(Cx *cx, const void *arg, Val **ret)
{
    const AgreementStopIn *in = arg;
    Agreement agreement = {0};
    Err e = record_load(cx, &agreement_type, in->id, &agreement);
    if (!e)
        e = step(cx, &agreement, "stop");
    agreement.reason = str_trim(in->reason);
    if (!e)
        e = listing_move(cx, agreement.listing_id, "leave_lot");
    if (!e)
        e = fact_change(
            cx, &agreement_type, &agreement,
            (FactNote){"agreement.stopped", agreement.price_fen, NULL, agreement.lot_id});
    if (!e)
        *ret = after_reply(cx, agreement.id, &agreement_flow, agreement.state);
    return e;
}

/* ---- agreement.list ---- */

#define AGREEMENTS_ASKED "WHERE (?1 = 0 OR lot_id = ?1) AND (?2 < 0 OR state = ?2)"

static Err agreement_val(Cx *cx, const Agreement *agreement, Val **ret)
{
    bool party = (who_of(cx, agreement->buyer_id, false) & WHO_OWNER) != 0;
    Str seller = S(""), buyer = S("");
    Err e = org_name(cx, agreement->org_id, &seller);
    if (!e)
        e = org_name(cx, agreement->buyer_id, &buyer);
    if (e)
        return e;
    Val *val = record_val(cx, &agreement_type, agreement, see_level(cx, agreement->org_id, party));
    val_set_str(cx->arena, val, "org", seller);
    val_set_str(cx->arena, val, "buyer", buyer);
    val_set(cx->arena, val, "acts",
            flow_acts(cx, &agreement_flow, agreement->state, cx->actor.roles));
    *ret = val;
    return ERR_OK;
}

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    const AgreementListIn *in = arg;
    i64 page = page_number(in->page), total = 0, state = -1;
    if (in->state.len)
        state = flow_state_find(&agreement_flow, in->state);
    if (in->state.len && state < 0)
        return err_set_arg(cx, ERR_INPUT, "state", "after.no_such_state", in->state);
    const Bind binds[] = {BIND_INT(in->lot_id), BIND_INT(state), BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
    Rows rows;
    Agreement *found = ARENA_NEW(cx->arena, Agreement, PAGE_SIZE);
    size_t count = 0;
    Val *items = val_list(cx->arena);
    Err e = count_rows(cx, "SELECT COUNT(*) FROM agreement " AGREEMENTS_ASKED, binds, 2, &total);
    if (!e)
        e = record_query(cx, &agreement_type, &rows,
                         AGREEMENTS_ASKED " ORDER BY id DESC LIMIT ?3 OFFSET ?4", binds,
                         COUNT(binds));
    if (e)
        return e;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &agreement_type, &rows, &found[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        Val *val = NULL;
        e = agreement_val(cx, &found[i], &val);
        if (!e)
            val_push(cx->arena, items, val);
    }
    if (!e)
        *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

/* ---- the table ---- */

// clang-format off
static const Field agree_in[] = {
    {AT(AgreeIn, lot_id),     F_REF,   "竞价标的", "Lot",   REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(AgreeIn, buyer_code), F_TEXT,  "受让方信用代码", "Credit code of the buyer", REQUIRED, SEE_PUBLIC, NULL, .max = 40},
    {AT(AgreeIn, price_fen),  F_MONEY, "拟成交价", "Price", REQUIRED, SEE_PUBLIC, NULL, .help_zh = "不低于最近一次竞价的起拍价。", .help_en = "Not below the start price of the last lot."},
    {AT(AgreeIn, related),    F_CODE,  "关联关系", "Relation", REQUIRED, SEE_PUBLIC, NULL, .codes = &agreement_relations},
    {AT(AgreeIn, disclosure), F_TEXT,  "关联说明", "Relation, in words", 0, SEE_PUBLIC, NULL, .max = 500},
};
static const Field id_in[] = {
    {AT(AgreementIdIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};
static const Field stop_in[] = {
    {AT(AgreementStopIn, id),     F_REF,  "编号", "No.",    REQUIRED, SEE_PUBLIC, NULL},
    {AT(AgreementStopIn, reason), F_TEXT, "原因", "Reason", REQUIRED, SEE_PUBLIC, NULL, .max = 200},
};
static const Field list_in[] = {
    {AT(AgreementListIn, lot_id), F_REF,  "竞价标的", "Lot",   0, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(AgreementListIn, state),  F_TEXT, "状态",     "State", 0, SEE_PUBLIC, NULL, .max = 20},
    {AT(AgreementListIn, page),   F_INT,  "页",       "Page",  0, SEE_PUBLIC, NULL, .max = PAGE_MAX},
};

static const Op ops[] = {
    {"lot.agree",      "协议成交",     "Agreed deal",   OP_WRITE, 0, WHO_OPERATOR, OP_IN(AgreeIn, agree_in), NULL, agree_run, "公示 15 天后方可成交。", "In public for 15 days before it is made."},
    {"agreement.make", "公示期满，生成成交", "Make the deal", OP_WRITE, 0, WHO_OPERATOR, OP_IN(AgreementIdIn, id_in), NULL, make_run, NULL, NULL},
    {"agreement.stop", "终止协议",     "Stop",          OP_WRITE, OP_DANGER, WHO_OPERATOR, OP_IN(AgreementStopIn, stop_in), NULL, stop_run, "有异议且成立，或双方不再成交。", "An objection holds, or the two have parted."},
    {"agreement.list", "协议成交公示", "Agreed deals",  OP_READ,  0, WHO_PUBLIC, OP_IN(AgreementListIn, list_in), NULL, list_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&agreement_type};
static const Flow *const flows[] = {&agreement_flow};
static const CodeList *const codes[] = {&agreement_relations};

const Room agreement_room = {.name = "agreement",
                             .types = types,
                             .type_count = COUNT(types),
                             .flows = flows,
                             .flow_count = COUNT(flows),
                             .ops = ops,
                             .op_count = COUNT(ops),
                             .codes = codes,
                             .code_count = COUNT(codes)};
