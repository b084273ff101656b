/* vet.c - all who come to a lot on one screen, many decided on at once, and objections. */
#include "auction/auction_int.h"
#include "auction/deposit.h"
#include "auction/entry.h"

#include "ident/ident.h"

typedef struct VetLotIn {
    i64 lot_id;
} VetLotIn;

typedef struct AdmitAllIn {
    Str ids;
} AdmitAllIn;

typedef struct RefuseAllIn {
    Str ids;
    Str ground;
    i64 condition_no;
    Str reason;
} RefuseAllIn;

typedef struct WordsIn {
    i64 id;
    Str words;
} WordsIn;

/* ---- Many at once: one that cannot be decided on keeps all of them ---- */

static Val *reply_count(Cx *cx, size_t count)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "count", (i64)count);
    return map;
}

static Err admit_all_run(Cx *cx, const void *input, Val **ret)
{
    i64 *ids;
    size_t count;
    LotBidder bidder;
    Err e = refs_read(cx, ((const AdmitAllIn *)input)->ids, "ids", &ids, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = bidder_admit(cx, ids[i], &bidder);
    if (!e)
        *ret = reply_count(cx, count);
    return e;
}

static Err refuse_all_run(Cx *cx, const void *input, Val **ret)
{
    const RefuseAllIn *in = input;
    i64 *ids;
    size_t count;
    LotBidder bidder;
    Err e = refs_read(cx, in->ids, "ids", &ids, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = bidder_refuse(cx, ids[i], in->ground, in->condition_no, in->reason, &bidder);
    if (!e)
        *ret = reply_count(cx, count);
    return e;
}

/* ---- Objections ---- */

static Err missing(Cx *cx)
{
    return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                       str_from(cx->lang == LANG_EN ? lot_bidder_type.en : lot_bidder_type.zh));
}

static Err refused_load(Cx *cx, i64 id, LotBidder *ret)
{
    Err e = lot_bidder_load(cx, id, ret);
    if (!e && !(who_of(cx, ret->org_id, false) & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL)))
        e = missing(cx);
    if (!e && ret->state != BIDDER_REFUSED)
        e = err_set(cx, ERR_STATE, NULL, "auction.not_refused");
    return e;
}

static Err object_run(Cx *cx, const void *input, Val **ret)
{
    const WordsIn *in = input;
    LotBidder bidder;
    Err e = refused_load(cx, in->id, &bidder);
    if (!e && !(who_of(cx, bidder.org_id, false) & WHO_OWNER))
        e = missing(cx);
    if (!e && bidder.objected_ms)
        e = err_set(cx, ERR_CONFLICT, NULL, "auction.objected_once");
    if (e)
        return e;
    bidder.objection = in->words;
    bidder.objected_ms = cx->arrived_ms;
    e = fact_change(cx, &lot_bidder_type, &bidder,
                    (FactNote){"lot.bidder_objected", 0, NULL, bidder.lot_id});
    return e ? e : bidder_reply(cx, &bidder, ret);
}

/* Answered once, in words; an upheld objection puts the application back to be decided on. */
static Err answer_objection(Cx *cx, const WordsIn *in, bool upheld, Val **ret)
{
    LotBidder bidder;
    Err e = refused_load(cx, in->id, &bidder);
    if (!e && (!bidder.objected_ms || bidder.answered_ms))
        e = err_set(cx, ERR_STATE, NULL, "auction.no_objection");
    if (!e && upheld)
        e = flow_step(cx, &lot_bidder_flow, bidder.state, "uphold", cx->actor.roles, &bidder,
                      &bidder.state);
    if (e)
        return e;
    bidder.objection_answer = in->words;
    bidder.answered_ms = cx->arrived_ms;
    e = fact_change(
        cx, &lot_bidder_type, &bidder,
        (FactNote){"lot.bidder_answered", 0, upheld ? "upheld" : "dismissed", bidder.lot_id});
    if (!e && house_of(cx)->hooks.tell)
        e = house_of(cx)->hooks.tell(cx, bidder.account_id, "lot_answered", "lot", bidder.lot_id);
    return e ? e : bidder_reply(cx, &bidder, ret);
}

static Err uphold_run(Cx *cx, const void *input, Val **ret)
{
    return answer_objection(cx, input, true, ret);
}

static Err dismiss_run(Cx *cx, const void *input, Val **ret)
{
    return answer_objection(cx, input, false, ret);
}

/* ---- Looking ---- */

/* The papers of a lot, or of one firm at it (org_id > 0), as rows with org_id. */
static Err papers_val(Cx *cx, i64 lot_id, i64 org_id, See level, Val **ret)
{
    Rows rows;
    Val *list = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &bidder_paper_type, &rows,
                         "WHERE t.lot_id = ?1 AND (?2 = 0 OR t.org_id = ?2)"
                         " ORDER BY t.org_id, t.paper_no, t.id LIMIT ?3",
                         BIND_INT(lot_id), BIND_INT(org_id),
                         BIND_INT((i64)BIDDERS_AT_ONCE * TERMS_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        BidderPaper paper = {0};
        record_read_row(cx, &bidder_paper_type, &rows, &paper);
        val_push(cx->arena, list, record_val(cx, &bidder_paper_type, &paper, level));
    }
    *ret = list;
    return rows_end(&rows);
}

static Err deposits_read(Cx *cx, i64 lot_id, Deposit **ret, size_t *ret_count)
{
    Rows rows;
    Deposit *items = ARENA_NEW(cx->arena, Deposit, BIDDERS_AT_ONCE);
    size_t count = 0;
    Err e = RECORD_QUERY(cx, &deposit_type, &rows, "WHERE t.lot_id = ?1 ORDER BY t.id LIMIT ?2",
                         BIND_INT(lot_id), BIND_INT(BIDDERS_AT_ONCE));
    if (e)
        return e;
    while (count < BIDDERS_AT_ONCE && rows_next(&rows))
        record_read_row(cx, &deposit_type, &rows, &items[count++]);
    *ret = items;
    *ret_count = count;
    return rows_end(&rows);
}

static Val *papers_of(Cx *cx, const Val *all, i64 org_id)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < val_count(all); i++)
        if (val_get_int(val_at(all, i), "org_id") == org_id)
            val_push(cx->arena, list, val_at(all, i));
    return list;
}

static Val *statements_val(Cx *cx, const LotTerms *terms, const LotBidder *bidder)
{
    Str asked[TERMS_MAX], said[TERMS_MAX];
    size_t count = term_lines(cx, terms->conditions, asked),
           given = term_lines(cx, bidder->statements, said);
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < count; i++) {
        Val *row = val_map(cx->arena);
        val_set_int(cx->arena, row, "no", (i64)i + 1);
        val_set_str(cx->arena, row, "condition", asked[i]);
        val_set_str(cx->arena, row, "said", i < given ? said[i] : S(""));
        val_set_bool(cx->arena, row, "failed",
                     bidder->state == BIDDER_REFUSED && bidder->condition_no == (i64)i + 1);
        val_push(cx->arena, list, row);
    }
    return list;
}

static Str code_label(const Cx *cx, const CodeList *codes, Str code)
{
    const Code *found = code_find(codes, code);
    return found ? str_from(cx->lang == LANG_EN ? found->en : found->zh) : S("");
}

/* What page and program read of one bidder. */
static Val *bidder_val(Cx *cx, const LotTerms *terms, const LotBidder *bidder,
                       const Deposit *deposit, See level)
{
    Val *row = record_val(cx, &lot_bidder_type, bidder, level), *money = val_null(cx->arena);
    val_set_z(cx->arena, row, "state_label", flow_label(&lot_bidder_flow, bidder->state, cx->lang));
    val_set_str(cx->arena, row, "relation_label",
                code_label(cx, &bidder_relations, bidder->relation));
    val_set_str(cx->arena, row, "ground_label", code_label(cx, &refusal_grounds, bidder->ground));
    val_set(cx->arena, row, "said", statements_val(cx, terms, bidder));
    if (deposit && deposit->id) {
        money = record_val(cx, &deposit_type, deposit, level);
        val_set_z(cx->arena, money, "state_label",
                  flow_label(&deposit_flow, deposit->state, cx->lang));
    }
    val_set(cx->arena, row, "money", money);
    return row;
}

static Err vet_list_run(Cx *cx, const void *input, Val **ret)
{
    const VetLotIn *in = input;
    Lot lot;
    LotTerms terms;
    LotBidder *bidders = NULL;
    Deposit *deposits = NULL;
    size_t count = 0, deposit_count = 0;
    Val *papers = NULL, *items = val_list(cx->arena), *map = val_map(cx->arena);
    Err e = lot_load(cx, in->lot_id, &lot);
    if (!e)
        e = lot_terms_find(cx, lot.id, &terms);
    if (!e)
        e = lot_bidder_list(cx, lot.id, &bidders, &count);
    if (!e)
        e = deposits_read(cx, lot.id, &deposits, &deposit_count);
    if (!e)
        e = papers_val(cx, lot.id, 0, SEE_OPERATOR, &papers);
    if (e)
        return e;
    for (size_t i = 0; i < count && i < BIDDERS_AT_ONCE; i++) {
        const Deposit *deposit = NULL;
        for (size_t d = 0; d < deposit_count; d++)
            deposit = deposits[d].bidder_id == bidders[i].id ? &deposits[d] : deposit;
        Val *row = bidder_val(cx, &terms, &bidders[i], deposit, SEE_OPERATOR);
        val_set(cx->arena, row, "papers", papers_of(cx, papers, bidders[i].org_id));
        val_set(cx->arena, row, "acts",
                flow_acts(cx, &lot_bidder_flow, bidders[i].state, cx->actor.roles));
        val_push(cx->arena, items, row);
    }
    e = org_names_add(cx, items, "org_id", "org");
    if (e)
        return e;
    val_set(cx->arena, map, "lot", record_val(cx, &lot_type, &lot, SEE_PUBLIC));
    val_set(cx->arena, map, "items", items);
    val_set_int(cx->arena, map, "total", (i64)count);
    *ret = map;
    return ERR_OK;
}

/* The own firm at a lot: null where it has not applied. */
static Err mine_run(Cx *cx, const void *input, Val **ret)
{
    const VetLotIn *in = input;
    Lot lot;
    LotTerms terms;
    LotBidder bidder = {0};
    Deposit deposit = {0};
    Val *papers = NULL, *map = val_map(cx->arena), *row = val_null(cx->arena);
    Err e = lot_load(cx, in->lot_id, &lot);
    if (!e)
        e = lot_terms_find(cx, lot.id, &terms);
    if (!e)
        e = lot_bidder_find(cx, lot.id, cx->actor.org_id, &bidder);
    if (!e && bidder.id)
        e = deposit_find(cx, bidder.id, &deposit);
    if (!e)
        e = papers_val(cx, lot.id, cx->actor.org_id ? cx->actor.org_id : -1, SEE_OWNER, &papers);
    if (e)
        return e;
    if (bidder.id)
        row = bidder_val(cx, &terms, &bidder, &deposit, SEE_OWNER);
    val_set(cx->arena, map, "bidder", row);
    val_set(cx->arena, map, "papers", papers);
    val_set_bool(cx->arena, map, "may_apply",
                 bidder.state != BIDDER_ADMITTED && lot_entry_is_open(cx, &lot));
    val_set_bool(cx->arena, map, "may_object",
                 bidder.id && bidder.state == BIDDER_REFUSED && !bidder.objected_ms);
    *ret = map;
    return ERR_OK;
}

// clang-format off
static const Field lot_in[] = {
    { AT(VetLotIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
};
static const Field ids_in[] = {
    { AT(AdmitAllIn, ids), F_REFS, "竞买人", "Bidders", REQUIRED, SEE_PUBLIC, .ref = &lot_bidder_type },
};
static const Field refuse_in[] = {
    { AT(RefuseAllIn, ids), F_REFS, "竞买人", "Bidders", REQUIRED, SEE_PUBLIC, .ref = &lot_bidder_type },
    { AT(RefuseAllIn, ground), F_CODE, "未通过类别", "Ground", REQUIRED, SEE_PUBLIC, .codes = &refusal_grounds },
    { AT(RefuseAllIn, condition_no), F_INT, "未满足第几条", "Condition that fails", 0, SEE_PUBLIC, .max = TERMS_MAX },
    { AT(RefuseAllIn, reason), F_TEXT, "说明", "In words", REQUIRED, SEE_PUBLIC },
};
static const Field words_in[] = {
    { AT(WordsIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(WordsIn, words), F_PROSE, "说明", "In words", REQUIRED, SEE_PUBLIC, .max = 1000 },
};

static const Op ops[] = {
    { "bidder.list", "报名审核", "Who applies", OP_READ, 0, WHO_OPERATOR,
      OP_IN(VetLotIn, lot_in), NULL, vet_list_run },
    { "bidder.mine", "本单位报名", "Own application", OP_READ, 0, WHO_FIRM,
      OP_IN(VetLotIn, lot_in), NULL, mine_run },
    { "bidder.admit_all", "批量通过", "Admit them", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(AdmitAllIn, ids_in), NULL, admit_all_run,
      "有一家不能通过的，全部不办理。", "One that cannot be admitted keeps all of them." },
    { "bidder.refuse_all", "批量不通过", "Refuse them", OP_WRITE, OP_DANGER, WHO_OPERATOR,
      OP_IN(RefuseAllIn, refuse_in), NULL, refuse_all_run },
    { "bidder.object", "提出异议", "Object", OP_WRITE, 0, WHO_FIRM,
      OP_IN(WordsIn, words_in), NULL, object_run,
      "对审核结果可提出一次异议。", "A refusal may be objected to once." },
    { "bidder.uphold", "异议成立", "Uphold the objection", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(WordsIn, words_in), NULL, uphold_run,
      "恢复为待审核。", "The application is decided on again." },
    { "bidder.dismiss", "异议不成立", "Dismiss the objection", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(WordsIn, words_in), NULL, dismiss_run },
};
// clang-format on

static const CodeList *const codes[] = {&refusal_grounds};

const Room vet_room = {
    .name = "vet",
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
