/* entry.c - a lot's terms, and a firm that comes to it with statements and papers. */
#include "auction/auction_int.h"
#include "auction/deposit.h"
#include "auction/entry.h"

#include "command/settings.h"
#include "ident/ident.h"

typedef struct TermsIn {
    i64 lot_id;
    Str conditions;
    Str papers;
    Str co_owners;
} TermsIn;

typedef struct EntryLotIn {
    i64 lot_id;
} EntryLotIn;

typedef struct PaperIn {
    i64 lot_id;
    i64 paper_no;
    Str name;
    Str file_hash;
} PaperIn;

typedef struct ApplyIn {
    i64 lot_id;
    BidderSays says;
} ApplyIn;

size_t term_lines(Cx *cx, Str text, Str ret_lines[TERMS_MAX])
{
    size_t count = 0;
    Str rest = text, part;
    while (count < TERMS_MAX && str_split(&rest, '\n', &part))
        if (str_trim(part).len)
            ret_lines[count++] = str_copy(cx->arena, str_trim(part));
    return count;
}

Err lot_terms_find(Cx *cx, i64 lot_id, LotTerms *ret)
{
    Rows rows;
    LotTerms found = {0};
    Err e =
        RECORD_QUERY(cx, &lot_terms_type, &rows, "WHERE t.lot_id = ?1 LIMIT 1", BIND_INT(lot_id));
    if (e)
        return e;
    if (rows_next(&rows))
        record_read_row(cx, &lot_terms_type, &rows, &found);
    e = rows_end(&rows);
    if (!e)
        *ret = found;
    return e;
}

/* ---- The terms ---- */

static Err lines_allowed(Cx *cx, const char *field, Str text)
{
    size_t count = 0;
    Str rest = text, part;
    while (str_split(&rest, '\n', &part)) {
        count += str_trim(part).len > 0;
        if (count > TERMS_MAX || utf8_count(part) > TERM_LEN_MAX)
            return err_set_args(cx, ERR_INPUT, field, "auction.terms_many",
                                (Str[]){str_format(cx->arena, "%d", TERMS_MAX),
                                        str_format(cx->arena, "%d", TERM_LEN_MAX)},
                                2);
    }
    return ERR_OK;
}

/* Nobody's application is judged by terms that came after it. */
static Err terms_open(Cx *cx, const Lot *lot)
{
    LotBidder *bidders;
    size_t count = 0;
    if (lot->state != LOT_SCHEDULED || cx->arrived_ms >= lot->open_ms)
        return err_set(cx, ERR_STATE, NULL, "auction.terms_late");
    Err e = lot_bidder_list(cx, lot->id, &bidders, &count);
    return !e && count ? err_set(cx, ERR_STATE, NULL, "auction.terms_applied") : e;
}

static Err terms_set_run(Cx *cx, const void *input, Val **ret)
{
    const TermsIn *in = input;
    Lot lot;
    LotTerms terms;
    Err e = lot_load(cx, in->lot_id, &lot);
    if (!e)
        e = terms_open(cx, &lot);
    if (!e)
        e = lines_allowed(cx, "conditions", in->conditions);
    if (!e)
        e = lines_allowed(cx, "papers", in->papers);
    if (!e)
        e = lot_terms_find(cx, lot.id, &terms);
    if (e)
        return e;
    terms.lot_id = lot.id;
    terms.conditions = in->conditions;
    terms.papers = in->papers;
    terms.co_owners = in->co_owners.len ? in->co_owners : S("allowed");
    FactNote note = {"lot_terms.set", 0, NULL, lot.id};
    e = terms.id ? fact_change(cx, &lot_terms_type, &terms, note)
                 : fact_create(cx, &lot_terms_type, &terms, note);
    if (e)
        return e;
    *ret = lot_reply_id(cx, lot.id);
    return ERR_OK;
}

static Val *lines_val(Cx *cx, Str text)
{
    Str lines[TERMS_MAX];
    size_t count = term_lines(cx, text, lines);
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < count; i++) {
        Val *row = val_map(cx->arena);
        val_set_int(cx->arena, row, "no", (i64)i + 1);
        val_set_str(cx->arena, row, "text", lines[i]);
        val_push(cx->arena, list, row);
    }
    return list;
}

/* Admitted bidders who declared a relation, by number alone: what law asks to be marked. */
static Err related_val(Cx *cx, i64 lot_id, Val **ret)
{
    Rows rows;
    Val *list = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &lot_bidder_type, &rows,
                         "WHERE t.lot_id = ?1 AND t.state = ?2 AND t.relation <> ''"
                         " AND t.relation <> 'none' ORDER BY t.no LIMIT ?3",
                         BIND_INT(lot_id), BIND_INT(BIDDER_ADMITTED), BIND_INT(BIDDERS_AT_ONCE));
    if (e)
        return e;
    while (rows_next(&rows)) {
        LotBidder bidder = {0};
        record_read_row(cx, &lot_bidder_type, &rows, &bidder);
        const Code *code = code_find(&bidder_relations, bidder.relation);
        Val *row = val_map(cx->arena);
        val_set_int(cx->arena, row, "no", bidder.no);
        val_set_str(cx->arena, row, "relation", bidder.relation);
        val_set_z(cx->arena, row, "label", cx->lang == LANG_EN ? code->en : code->zh);
        val_push(cx->arena, list, row);
    }
    *ret = list;
    return rows_end(&rows);
}

static Err terms_show_run(Cx *cx, const void *input, Val **ret)
{
    const EntryLotIn *in = input;
    Lot lot;
    LotTerms terms;
    Val *related = NULL, *map = val_map(cx->arena);
    Err e = lot_load(cx, in->lot_id, &lot);
    if (!e)
        e = lot_terms_find(cx, lot.id, &terms);
    if (!e)
        e = related_val(cx, lot.id, &related);
    if (e)
        return e;
    bool bars = str_same(terms.co_owners, S("barred"));
    val_set_int(cx->arena, map, "lot_id", lot.id);
    val_set(cx->arena, map, "conditions", lines_val(cx, terms.conditions));
    val_set(cx->arena, map, "papers", lines_val(cx, terms.papers));
    val_set_bool(cx->arena, map, "co_owners_barred", bars);
    val_set_bool(cx->arena, map, "related_barred",
                 str_same(house_of(cx)->settings->bidder_related, S("bar")));
    val_set_int(cx->arena, map, "deposit_fen", lot.deposit_fen);
    val_set(cx->arena, map, "related", related);
    *ret = map;
    return ERR_OK;
}

/* ---- Coming to the lot ---- */

bool lot_entry_is_open(Cx *cx, const Lot *lot)
{
    bool live = lot->state == LOT_SCHEDULED || lot->state == LOT_OPEN || lot->state == LOT_PAUSED;
    return live && (lot->state == LOT_PAUSED || cx->arrived_ms < lot->end_ms);
}

static Err enter_allowed(Cx *cx, const Lot *lot)
{
    if (!cx->actor.org_id)
        return err_set(cx, ERR_DENIED, NULL, "auction.no_firm");
    if (who_of(cx, lot->org_id, false) & WHO_OWNER) /* Nor does a university on its college's. */
        return err_set(cx, ERR_DENIED, NULL, "auction.own_lot");
    if (!lot_entry_is_open(cx, lot))
        return err_set(cx, ERR_STATE, NULL, "auction.lot_over");
    return bar_check(cx, lot, cx->actor.org_id, cx->actor.account_id);
}

static Err relation_allowed(Cx *cx, const BidderSays *says)
{
    if (!says->relation.len || str_same(says->relation, S("none")))
        return ERR_OK;
    if (str_same(house_of(cx)->settings->bidder_related, S("bar")))
        return err_set(cx, ERR_DENIED, "relation", "auction.barred_related");
    if (!str_trim(says->relation_words).len)
        return err_set(cx, ERR_INPUT, "relation_words", "auction.relation_words");
    return ERR_OK;
}

static Err papers_there(Cx *cx, i64 lot_id, size_t asked)
{
    i64 count = 0;
    Err e = DB_INT(cx, &count, 0,
                   "SELECT COUNT(*) FROM bidder_paper WHERE lot_id = ?1 AND org_id = ?2"
                   " AND paper_no > 0 AND paper_no <= ?3",
                   BIND_INT(lot_id), BIND_INT(cx->actor.org_id), BIND_INT((i64)asked));
    if (!e && count < (i64)asked)
        e = err_set_arg(cx, ERR_INPUT, NULL, "auction.papers_first",
                        str_format(cx->arena, "%lld", (long long)asked - (long long)count));
    return e;
}

/* A statement on each condition, and each paper that is asked for. */
static Err terms_met(Cx *cx, const Lot *lot, const BidderSays *says)
{
    LotTerms terms;
    Str wanted[TERMS_MAX], said[TERMS_MAX];
    Err e = lot_terms_find(cx, lot->id, &terms);
    if (e)
        return e;
    size_t conditions = term_lines(cx, terms.conditions, wanted);
    if (term_lines(cx, says->statements, said) < conditions)
        return err_set_arg(cx, ERR_INPUT, "statements", "auction.statements_first",
                           str_format(cx->arena, "%zu", conditions));
    return papers_there(cx, lot->id, term_lines(cx, terms.papers, wanted));
}

/* A new application, one that waits still and is mended, or one that was refused. */
static Err application_save(Cx *cx, const Lot *lot, LotBidder *bidder)
{
    Err e = ERR_OK;
    bidder->tries++;
    if (bidder->id && bidder->state == BIDDER_ADMITTED)
        return err_set(cx, ERR_CONFLICT, NULL, "auction.entered_already");
    if (bidder->id && bidder->state == BIDDER_REFUSED)
        e = flow_step(cx, &lot_bidder_flow, bidder->state, "apply",
                      who_of(cx, bidder->org_id, false), bidder, &bidder->state);
    if (e)
        return e;
    if (bidder->id)
        return fact_change(cx, &lot_bidder_type, bidder,
                           (FactNote){"lot.bidder_changed", bidder->tries, NULL, lot->id});
    bidder->lot_id = lot->id;
    bidder->org_id = cx->actor.org_id;
    bidder->state = BIDDER_APPLIED;
    bidder->salt = chance_token(cx->chance, cx->arena, LOT_SALT_BYTES);
    bidder->deposit = lot->deposit_fen ? S("due") : S("none");
    e = fact_create(cx, &lot_bidder_type, bidder,
                    (FactNote){"lot.bidder_applied", 0, NULL, lot->id});
    Deposit deposit;
    return !e && lot->deposit_fen ? deposit_make(cx, lot, bidder, &deposit) : e;
}

Err bidder_apply(Cx *cx, i64 lot_id, const BidderSays *says, LotBidder *ret)
{
    Lot lot;
    LotBidder bidder;
    Err e = lot_load(cx, lot_id, &lot);
    if (!e)
        e = enter_allowed(cx, &lot);
    if (!e)
        e = lot_bidder_find(cx, lot.id, cx->actor.org_id, &bidder);
    if (!e)
        e = relation_allowed(cx, says);
    if (!e)
        e = terms_met(cx, &lot, says);
    if (e)
        return e;
    bidder.account_id = cx->actor.account_id;
    bidder.relation = says->relation.len ? says->relation : S("none");
    bidder.relation_words = str_trim(says->relation_words);
    bidder.statements = says->statements;
    e = application_save(cx, &lot, &bidder);
    if (!e)
        *ret = bidder;
    return e;
}

Err bidder_reply(Cx *cx, const LotBidder *bidder, Val **ret)
{
    Deposit deposit;
    Err e = deposit_find(cx, bidder->id, &deposit);
    if (e)
        return e;
    Val *map = lot_reply_id(cx, bidder->id);
    val_set_int(cx->arena, map, "lot_id", bidder->lot_id);
    val_set_int(cx->arena, map, "no", bidder->no);
    val_set_z(cx->arena, map, "state", flow_state_name(&lot_bidder_flow, bidder->state));
    if (deposit.id) {
        val_set_int(cx->arena, map, "deposit_id", deposit.id);
        val_set_str(cx->arena, map, "deposit_no", deposit.number);
    }
    *ret = map;
    return ERR_OK;
}

static Err apply_run(Cx *cx, const void *input, Val **ret)
{
    const ApplyIn *in = input;
    LotBidder bidder;
    Err e = bidder_apply(cx, in->lot_id, &in->says, &bidder);
    return e ? e : bidder_reply(cx, &bidder, ret);
}

/* ---- Papers ---- */

static Err paper_find(Cx *cx, const PaperIn *in, BidderPaper *ret)
{
    Rows rows;
    BidderPaper found = {0};
    Err e = RECORD_QUERY(cx, &bidder_paper_type, &rows,
                         "WHERE t.lot_id = ?1 AND t.org_id = ?2 AND t.paper_no = ?3 LIMIT 1",
                         BIND_INT(in->lot_id), BIND_INT(cx->actor.org_id), BIND_INT(in->paper_no));
    if (e)
        return e;
    if (rows_next(&rows))
        record_read_row(cx, &bidder_paper_type, &rows, &found);
    e = rows_end(&rows);
    if (!e)
        *ret = found;
    return e;
}

/* A paper that comes again takes the former one's place. */
static Err paper_give_run(Cx *cx, const void *input, Val **ret)
{
    const PaperIn *in = input;
    Lot lot;
    LotTerms terms;
    BidderPaper paper;
    Str asked[TERMS_MAX];
    u8 bytes[32];
    if (!hex_to(in->file_hash, bytes, COUNT(bytes)))
        return err_set(cx, ERR_INPUT, "file_hash", "auction.no_file");
    Err e = lot_load(cx, in->lot_id, &lot);
    if (!e)
        e = enter_allowed(cx, &lot);
    if (!e)
        e = lot_terms_find(cx, lot.id, &terms);
    if (!e && in->paper_no > (i64)term_lines(cx, terms.papers, asked))
        e = err_set(cx, ERR_INPUT, "paper_no", "auction.no_such_paper");
    if (!e)
        e = paper_find(cx, in, &paper);
    if (e)
        return e;
    paper.lot_id = lot.id;
    paper.org_id = cx->actor.org_id;
    paper.paper_no = in->paper_no;
    paper.name = in->name;
    paper.file_hash = in->file_hash;
    FactNote note = {"paper.given", in->paper_no, NULL, lot.id};
    e = paper.id ? fact_change(cx, &bidder_paper_type, &paper, note)
                 : fact_create(cx, &bidder_paper_type, &paper, note);
    if (e)
        return e;
    *ret = lot_reply_id(cx, paper.id);
    return ERR_OK;
}

static Err paper_show_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    BidderPaper paper;
    Err e = record_load(cx, &bidder_paper_type, in->id, &paper);
    if (!e && !(who_of(cx, paper.org_id, false) & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL)))
        e = err_set_arg(
            cx, ERR_MISSING, NULL, "record.missing",
            str_from(cx->lang == LANG_EN ? bidder_paper_type.en : bidder_paper_type.zh));
    if (e)
        return e;
    *ret = record_val(cx, &bidder_paper_type, &paper, see_level(cx, paper.org_id, false));
    return ERR_OK;
}

/* ---- Rows ---- */

// clang-format off
static const Field lot_in[] = {
    { AT(EntryLotIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
};
static const Field id_in[] = {
    { AT(LotIdIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
};
static const Field terms_in[] = {
    { AT(TermsIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
    { AT(TermsIn, conditions), F_PROSE, "竞买条件", "Conditions", 0, SEE_PUBLIC,
      .help_zh = "每行一条，最多 20 条。", .help_en = "One a line, 20 at most." },
    { AT(TermsIn, papers), F_PROSE, "应交材料", "Papers asked for", 0, SEE_PUBLIC,
      .help_zh = "每行一份，如营业执照。", .help_en = "One a line, such as the business licence." },
    { AT(TermsIn, co_owners), F_CODE, "共有人", "Co-owners", 0, SEE_PUBLIC, .codes = &co_owner_wishes },
};
static const Field apply_in[] = {
    { AT(ApplyIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
    { "relation", offsetof(ApplyIn, says.relation), F_CODE, "与发明人、转让方的关联关系", "Relation to inventor or seller", REQUIRED, SEE_PUBLIC,
      .codes = &bidder_relations },
    { "relation_words", offsetof(ApplyIn, says.relation_words), F_PROSE, "关联说明", "Relation, in words", 0, SEE_PUBLIC, .max = 500 },
    { "statements", offsetof(ApplyIn, says.statements), F_PROSE, "条件说明", "On the conditions", 0, SEE_PUBLIC, .max = 5000,
      .help_zh = "按竞买条件的顺序，每行说明一条。", .help_en = "A line on each condition, in their order." },
};
static const Field paper_in[] = {
    { AT(PaperIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
    { AT(PaperIn, paper_no), F_INT, "材料序号", "Paper", 0, SEE_PUBLIC, .max = TERMS_MAX },
    { AT(PaperIn, name), F_TEXT, "文件名", "File", 0, SEE_PUBLIC, .max = 200 },
    { AT(PaperIn, file_hash), F_TEXT, "文件摘要", "File's hash", REQUIRED, SEE_PUBLIC },
};

static const Op ops[] = {
    { "lot_terms.set", "设定竞买条件", "Set the terms", OP_WRITE, 0, WHO_OPERATOR,
      OP_IN(TermsIn, terms_in), NULL, terms_set_run,
      "须在有人报名之前设定。", "Before anybody has applied." },
    { "lot_terms.show", "竞买条件", "Terms of a lot", OP_READ, 0, WHO_PUBLIC,
      OP_IN(EntryLotIn, lot_in), NULL, terms_show_run },
    { "bidder.apply", "提交报名", "Apply", OP_WRITE, OP_AGREED, WHO_FIRM,
      OP_IN(ApplyIn, apply_in), NULL, apply_run,
      "未通过的，补正后可在竞价结束前再次报名。", "Who was refused may mend it and apply again until the end." },
    { "bidder_paper.give", "提交材料", "Give a paper", OP_WRITE, 0, WHO_FIRM,
      OP_IN(PaperIn, paper_in), NULL, paper_give_run },
    { "bidder_paper.show", "竞买材料", "Bidder's paper", OP_READ, 0, WHO_SIGNED,
      OP_IN(LotIdIn, id_in), NULL, paper_show_run },
};
// clang-format on

static const RecordType *const types[] = {&lot_terms_type, &bidder_paper_type};
static const CodeList *const codes[] = {&bidder_relations, &co_owner_wishes};

const Room entry_room = {
    .name = "entry",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
