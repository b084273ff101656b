/* auction_paper.c - the confirmation of a sale (成交确认书), and what anybody may see of the proofs
 * of a lot: see auction_proof.h. */
#include "auction/auction_proof_int.h"

#include "base/openssl.h"
#include "command/settings.h"
#include "consent/consent.h"
#include "consent/paper.h"
#include "ident/ident.h"
#include "store/files.h"

// clang-format off
static const Field paper_fields[] = {
    RECORD_HEAD_FIELDS(LotPaper),
    { AT(LotPaper, number), F_TEXT, "编号", "Number", FORM_OFF | UNIQUE, SEE_PUBLIC },
    { AT(LotPaper, lot_id), F_REF, "竞价标的", "Lot", FORM_OFF | INDEXED, SEE_PUBLIC, .ref = &lot_type },
    { AT(LotPaper, win_id), F_REF, "竞得记录", "Winner", FORM_OFF | INDEXED, SEE_PUBLIC, .ref = &lot_win_type },
    { AT(LotPaper, org_id), F_REF, "转让方", "Seller", FORM_OFF, SEE_PUBLIC, .ref = &org_type },
    { AT(LotPaper, buyer_id), F_REF, "竞得人", "Buyer", FORM_OFF, SEE_PUBLIC, .ref = &org_type },
    { AT(LotPaper, no), F_INT, "竞买编号", "Number of the bidder", FORM_OFF, SEE_PUBLIC },
    { AT(LotPaper, price_fen), F_MONEY, "成交价", "Price", FORM_OFF, SEE_PUBLIC },
    { AT(LotPaper, log_hash), F_TEXT, "日志散列", "Hash of the log", FORM_OFF, SEE_PUBLIC },
    { AT(LotPaper, file_hash), F_TEXT, "文件散列", "Hash of the file", FORM_OFF, SEE_PUBLIC },
    { AT(LotPaper, pages), F_INT, "页数", "Pages", FORM_OFF, SEE_PUBLIC },
    { AT(LotPaper, signature), F_TEXT, "签名", "Signature", FORM_OFF, SEE_PUBLIC },
};
// clang-format on

const RecordType lot_paper_type = {
    .name = "lot_paper",
    .zh = "成交确认书",
    .en = "Confirmation of sale",
    .size = sizeof(LotPaper),
    .fields = paper_fields,
    .count = COUNT(paper_fields),
};

typedef struct ConfirmIn {
    i64 id; /* lot_win */
    LotPaper row;
    Str pdf; /* Both made by prepare. */
} ConfirmIn;

Str sale_message(Arena *arena, Str number, Str file_hash)
{
    return str_format(arena, "techbourse sale %.*s %.*s", STR_ARG(number), STR_ARG(file_hash));
}

static Str sha256_of(Arena *arena, Str bytes)
{
    u8 hash[SHA256_DIGEST_LENGTH];
    SHA256((const u8 *)bytes.data, bytes.len, hash);
    return hex_from(arena, hash, sizeof hash);
}

/* ---- The paper ---- */

typedef struct Sale {
    Lot lot;
    LotWin win;
    Org seller, buyer;
    i64 entries, bids;
    Str hash; /* Of the last entry. */
    Str number;
    i64 now_ms;
} Sale;

static Err find_end(Cx *cx, i64 lot_id, Sale *sale)
{
    Rows rows;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT head, first + count - 1 FROM lot_log WHERE lot_id = ?1 "
                     "ORDER BY first DESC LIMIT 1",
                     BIND_INT(lot_id));
    if (e)
        return e;
    sale->hash = S("");
    if (rows_next(&rows)) {
        sale->hash = rows_str_copy(&rows, 0);
        sale->entries = rows_int(&rows, 1);
    }
    e = rows_end(&rows);
    return e ? e
             : DB_INT(cx, &sale->bids, 0,
                      "SELECT COALESCE(SUM(accepted), 0) FROM lot_log WHERE lot_id = ?1",
                      BIND_INT(lot_id));
}

static Err no_paper_yet(Cx *cx, i64 win_id)
{
    i64 found = 0;
    Err e =
        DB_INT(cx, &found, 0, "SELECT COUNT(*) FROM lot_paper WHERE win_id = ?1", BIND_INT(win_id));
    return e || !found ? e : err_set(cx, ERR_CONFLICT, NULL, "auction.confirmed_already");
}

static Err load_sale(Cx *cx, i64 win_id, Sale *ret)
{
    i64 from_ms;
    Err e = record_load(cx, &lot_win_type, win_id, &ret->win);
    if (!e)
        e = lot_load(cx, ret->win.lot_id, &ret->lot);
    if (!e)
        e = bundle_ready(cx, &ret->lot, &from_ms);
    if (!e)
        e = no_paper_yet(cx, win_id);
    if (!e)
        e = record_load(cx, &org_type, ret->lot.org_id, &ret->seller);
    if (!e)
        e = record_load(cx, &org_type, ret->win.org_id, &ret->buyer);
    return e ? e : find_end(cx, ret->lot.id, ret);
}

static Str say(Cx *cx, const char *key, const Str *args, size_t count)
{
    return text_say(cx->arena, LANG_ZH, key, args, count);
}

static Str number_of(Cx *cx, i64 n)
{
    return str_format(cx->arena, "%lld", (long long)n);
}

static Str yuan(Cx *cx, i64 fen)
{
    const Str args[] = {money_format(cx->arena, fen)};
    return say(cx, "paper.sale_yuan", args, 1);
}

static Str time_of(Cx *cx, i64 ms)
{
    const Str args[] = {time_format_full(cx->arena, ms)};
    return say(cx, "paper.beijing", args, 1);
}

static PaperRow row(Cx *cx, const char *label, Str value)
{
    return (PaperRow){say(cx, label, NULL, 0), value};
}

static PaperRow unit_row(Cx *cx, const char *label, const Org *org)
{
    const Str unit[] = {org->name, org->code};
    return row(cx, label, say(cx, "paper.unit_value", unit, 2));
}

static Str basis_of(const Lot *lot)
{
    const Code *code = code_find(&lot_basis_codes, lot->basis);
    return str_from(code ? code->zh : "");
}

static size_t party_rows(Cx *cx, const Sale *sale, PaperRow *rows)
{
    size_t count = 0;
    const Lot *lot = &sale->lot;
    const Str title[] = {number_of(cx, lot->id), lot->title};
    rows[count++] = row(cx, "paper.sale_lot", say(cx, "paper.sale_lot_value", title, 2));
    rows[count++] = unit_row(cx, "paper.sale_seller", &sale->seller);
    rows[count++] = unit_row(cx, "paper.sale_buyer", &sale->buyer);
    rows[count++] = row(cx, "paper.sale_no", number_of(cx, sale->win.no));
    rows[count++] = row(cx, "paper.sale_price", yuan(cx, sale->win.pays_fen));
    rows[count++] =
        row(cx, "paper.sale_capital", money_format_capital(cx->arena, sale->win.pays_fen));
    if (lot->basis.len)
        rows[count++] = row(cx, "paper.sale_basis", basis_of(lot));
    if (lot->deposit_fen)
        rows[count++] = row(cx, "paper.sale_deposit", yuan(cx, lot->deposit_fen));
    return count;
}

/* So that it is broken between its groups, without hyphens. */
static Str in_eights(Cx *cx, Str hash)
{
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < hash.len; i += 8) {
        buf_z(&out, i ? " " : "");
        buf_add(&out, str_slice(hash, i, i + 8));
    }
    return buf_str(&out);
}

static size_t mark_rows(Cx *cx, const Sale *sale, PaperRow *rows)
{
    size_t count = 0;
    const Lot *lot = &sale->lot;
    const Code *mode = code_find(&lot_mode_codes, lot->mode);
    const Str bids[] = {number_of(cx, sale->bids), number_of(cx, lot->bidder_count)};
    const Str log[] = {number_of(cx, sale->entries), in_eights(cx, sale->hash)};
    const Str times[] = {time_format_full(cx->arena, lot->open_ms),
                         time_format_full(cx->arena, lot->closed_ms)};
    rows[count++] = row(cx, "paper.sale_mode", str_from(mode ? mode->zh : ""));
    rows[count++] = row(cx, "paper.sale_times", say(cx, "paper.sale_times_value", times, 2));
    rows[count++] = row(cx, "paper.sale_bids", say(cx, "paper.sale_bids_value", bids, 2));
    rows[count++] = row(cx, "paper.sale_log", say(cx, "paper.sale_log_value", log, 2));
    rows[count++] = row(cx, "paper.sale_made", time_of(cx, sale->now_ms));
    return count;
}

static Str text_of(Cx *cx, const Sale *sale, Str exchange)
{
    const Str first[] = {exchange, number_of(cx, sale->win.no)};
    const Str lines[] = {say(cx, "paper.sale_text_1", first, COUNT(first)),
                         say(cx, "paper.sale_text_2", NULL, 0),
                         say(cx, "paper.sale_text_3", NULL, 0)};
    return str_join(cx->arena, lines, COUNT(lines), S("\n"));
}

static Err write_paper(Cx *cx, const Sale *sale, Str *ret_pdf, i64 *ret_pages)
{
    PaperRow parties[8], marks[5];
    const Str name[] = {house_of(cx)->settings->name_zh};
    Str link = lot_verify_link(cx, sale->lot.id, sale->entries, sale->hash);
    const Str at[] = {str_slice(link, 0, str_find(link, S("?")))};
    const Paper paper = {
        .head = say(cx, "paper.sale_head", name, 1),
        .title = say(cx, "paper.sale_title", NULL, 0),
        .subtitle = say(cx, "paper.sale_subtitle", &sale->number, 1),
        .number = sale->number,
        .parties = parties,
        .party_count = party_rows(cx, sale, parties),
        .text = text_of(cx, sale, name[0]),
        .marks = marks,
        .mark_count = mark_rows(cx, sale, marks),
        .link = link,
        .note = say(cx, "paper.sale_note", at, 1),
        .made_ms = sale->now_ms,
    };
    return paper_write(cx, &paper, ret_pdf, ret_pages);
}

/* ---- lot.confirm ---- */

static Str new_number(Cx *cx, i64 now_ms)
{
    Str chance = chance_token(cx->chance, cx->arena, PAPER_NUMBER_BYTES);
    return str_format(cx->arena, "S%lld-%.*s", (long long)time_date(now_ms),
                      STR_ARG(str_upper(cx->arena, chance)));
}

/* On the caller's thread: the queue waits for no drawing. */
static Err confirm_prepare(Cx *cx, void *input)
{
    ConfirmIn *in = input;
    Sale sale = {.now_ms = clock_now_ms(cx->clock)};
    Err e = load_sale(cx, in->id, &sale);
    if (e)
        return e;
    sale.number = new_number(cx, sale.now_ms);
    i64 pages = 0;
    e = write_paper(cx, &sale, &in->pdf, &pages);
    if (e)
        return e;
    in->row = (LotPaper){.number = sale.number,
                         .lot_id = sale.lot.id,
                         .win_id = sale.win.id,
                         .org_id = sale.lot.org_id,
                         .buyer_id = sale.win.org_id,
                         .no = sale.win.no,
                         .price_fen = sale.win.pays_fen,
                         .log_hash = sale.hash,
                         .file_hash = sha256_of(cx->arena, in->pdf),
                         .pages = pages};
    return ERR_OK;
}

/* The bytes are kept before the row is, so a row always finds its paper. */
static Err keep_paper(Cx *cx, Str pdf)
{
    FileSink *sink;
    Str hash;
    i64 bytes;
    Err e = files_begin(cx, consent_files_root(cx), &sink);
    if (e)
        return e;
    e = files_add(cx, sink, pdf.data, pdf.len);
    if (e) {
        files_drop(sink);
        return e;
    }
    return files_keep(cx, sink, &hash, &bytes);
}

static Err confirm_run(Cx *cx, const void *input, Val **ret)
{
    const ConfirmIn *in = input;
    LotPaper paper = in->row;
    Err e = no_paper_yet(cx, in->id); /* Somebody may have been quicker. */
    if (!e)
        e = fact_sign(cx, house_of(cx)->facts,
                      sale_message(cx->arena, paper.number, paper.file_hash), &paper.signature);
    if (!e)
        e = keep_paper(cx, in->pdf);
    if (!e)
        e = fact_create(cx, &lot_paper_type, &paper,
                        (FactNote){.kind = "lot.confirmed",
                                   .amount = paper.price_fen,
                                   .code = str_z(cx->arena, paper.file_hash),
                                   .other_id = paper.lot_id});
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", paper.id);
    val_set_str(cx->arena, map, "number", paper.number);
    val_set_str(cx->arena, map, "file_hash", paper.file_hash);
    *ret = map;
    return ERR_OK;
}

/* ---- lot.confirm_due: one job each, so that one that fails holds up no other ---- */

static Err confirm_due_run(Cx *cx, const void *input, Val **ret)
{
    (void)input;
    i64 *ids, made = 0;
    size_t count;
    Val *failed = val_list(cx->arena), *map = val_map(cx->arena);
    const Bind binds[] = {BIND_INT(clock_now_ms(cx->clock)), BIND_INT(CONFIRM_AT_ONCE)};
    Err e = db_ids(cx,
                   "SELECT w.id FROM lot_win w WHERE w.from_ms <= ?1 AND NOT EXISTS "
                   "(SELECT 1 FROM lot_paper p WHERE p.win_id = w.id) ORDER BY w.from_ms, w.id "
                   "LIMIT ?2",
                   binds, COUNT(binds), &ids, &count);
    for (size_t i = 0; !e && i < count; i++) {
        ConfirmIn in = {.id = ids[i]};
        Val *reply = NULL;
        e = op_call_name(cx, "lot.confirm", &in, &reply);
        if (e == ERR_STORE || e == ERR_BUSY)
            return e;
        made += e == ERR_OK;
        if (e) {
            Val *item = val_map(cx->arena);
            val_set_int(cx->arena, item, "win_id", ids[i]);
            val_set_z(cx->arena, item, "key", cx->err.key);
            val_push(cx->arena, failed, item);
            err_clear(cx);
        }
        e = ERR_OK;
    }
    if (e)
        return e;
    val_set_int(cx->arena, map, "made", made);
    val_set(cx->arena, map, "failed", failed);
    *ret = map;
    return ERR_OK;
}

/* ---- lot.paper: who may have one ---- */

/* The seller, the winner, the operator. */
static bool may_have(Cx *cx, const LotPaper *paper)
{
    unsigned who = who_of(cx, paper->org_id, false) | who_of(cx, paper->buyer_id, false);
    return (who & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL)) != 0;
}

static Err load_papers(Cx *cx, i64 lot_id, LotPaper **ret, size_t *ret_count)
{
    Rows rows;
    size_t count = 0;
    LotPaper *papers = ARENA_NEW(cx->arena, LotPaper, BID_UNITS_MAX);
    Err e = RECORD_QUERY(cx, &lot_paper_type, &rows, "WHERE t.lot_id = ?1 ORDER BY t.no LIMIT ?2",
                         BIND_INT(lot_id), BIND_INT(BID_UNITS_MAX));
    if (e)
        return e;
    while (count < BID_UNITS_MAX && rows_next(&rows))
        record_read_row(cx, &lot_paper_type, &rows, &papers[count++]);
    *ret = papers;
    *ret_count = count;
    return rows_end(&rows);
}

static Err paper_run(Cx *cx, const void *input, Val **ret)
{
    const LotPaperIn *in = input;
    LotPaper *papers;
    size_t count;
    bool there = false;
    Err e = load_papers(cx, in->id, &papers, &count);
    for (size_t i = 0; !e && i < count; i++) {
        if (in->no && papers[i].no != in->no)
            continue;
        there = true;
        if (!may_have(cx, &papers[i]))
            continue;
        *ret = record_val(cx, &lot_paper_type, &papers[i], SEE_PUBLIC);
        return ERR_OK;
    }
    if (e)
        return e;
    return there ? err_set(cx, ERR_DENIED, NULL, "auction.paper_not_yours")
                 : err_set(cx, ERR_MISSING, NULL, "auction.no_paper");
}

/* ---- lot.proof: what anybody may see ---- */

static Err papers_val(Cx *cx, i64 lot_id, Val **ret)
{
    LotPaper *papers;
    size_t count;
    Val *list = val_list(cx->arena);
    Err e = load_papers(cx, lot_id, &papers, &count);
    for (size_t i = 0; !e && i < count; i++) {
        Str buyer = {0};
        e = org_name(cx, papers[i].buyer_id, &buyer);
        Val *item = record_val(cx, &lot_paper_type, &papers[i], SEE_PUBLIC);
        val_set_str(cx->arena, item, "buyer", buyer);
        val_set_bool(cx->arena, item, "may_have", may_have(cx, &papers[i]));
        val_push(cx->arena, list, item);
    }
    *ret = list;
    return e;
}

static Err proof_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Lot lot;
    i64 from_ms = 0;
    Val *papers = NULL, *map = val_map(cx->arena);
    const FactLog *log = house_of(cx)->facts;
    Err e = lot_load(cx, in->id, &lot);
    if (!e)
        e = papers_val(cx, in->id, &papers);
    if (e)
        return e;
    Sale end = {0};
    bool ready = bundle_ready(cx, &lot, &from_ms) == ERR_OK;
    err_clear(cx);
    e = find_end(cx, lot.id, &end);
    if (e)
        return e;
    ready = ready && end.entries > 0;
    val_set_int(cx->arena, map, "lot_id", lot.id);
    val_set_str(cx->arena, map, "title", lot.title);
    val_set_bool(cx->arena, map, "ready", ready);
    val_set_str(cx->arena, map, "log_hash", ready ? end.hash : S(""));
    val_set_int(cx->arena, map, "from_ms", from_ms);
    val_set_str(cx->arena, map, "public_key", log ? fact_public_key(log) : S(""));
    val_set_str(cx->arena, map, "link", lot_verify_link(cx, lot.id, 0, S("")));
    val_set(cx->arena, map, "papers", papers);
    *ret = map;
    return ERR_OK;
}

// clang-format off
static const Field id_in[] = {
    { AT(LotIdIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
};
static const Field receipt_in[] = {
    { AT(LotReceiptIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(LotReceiptIn, key), F_TEXT, "请求标识", "Request key", 0, SEE_PUBLIC,
      .max = LOT_KEY_LEN_MAX, .help_zh = "或填写记录序号。", .help_en = "Or the number of the entry." },
    { AT(LotReceiptIn, n), F_INT, "记录序号", "Number of the entry", 0, SEE_PUBLIC },
};
static const Field paper_in[] = {
    { AT(LotPaperIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
    { AT(LotPaperIn, no), F_INT, "竞买编号", "Number of the bidder", 0, SEE_PUBLIC },
};
static const Field confirm_in[] = {
    { AT(ConfirmIn, id), F_INT, "竞得记录编号", "No. of the winner's record", REQUIRED, SEE_PUBLIC },
};

#define CONFIRM_CLOCK (WHO_CLOCK | WHO_LOCAL)

static const Op ops[] = {
    { "lot.proof", "核验信息", "Proofs of a lot", OP_READ, OP_PLAIN, WHO_PUBLIC,
      OP_IN(LotIdIn, id_in), NULL, proof_run,
      "核验包是否可取，以及成交确认书的公开部分。", "Whether there is a bundle, and the public part of confirmations." },
    { "lot.bundle", "核验包", "Bundle", OP_READ, OP_PLAIN, WHO_PUBLIC,
      OP_IN(LotIdIn, id_in), NULL, lot_bundle_run,
      "竞价结束后，任何人都可取得并离线核验的全部记录。", "Once a lot is over: all of its record, for anybody to check offline." },
    { "lot.receipt", "报价回执", "Receipt", OP_READ, 0, WHO_FIRM,
      OP_IN(LotReceiptIn, receipt_in), NULL, lot_receipt_run,
      "证明本单位的这次报价已写入日志。", "That this bid of the own unit stands in the log." },
    { "lot.confirm", "出具成交确认书", "Confirm the sale", OP_WRITE, 0, WHO_OPERATOR | CONFIRM_CLOCK,
      OP_IN(ConfirmIn, confirm_in), confirm_prepare, confirm_run,
      "成交后自动出具；也可由交易机构补办。", "Drawn by itself after a sale; the operator may do it by hand." },
    { "lot.confirm_due", "到点出具成交确认书", "Confirm what is due", OP_STEPS, OP_LOCAL_ONLY, CONFIRM_CLOCK,
      OP_IN_NONE, NULL, confirm_due_run },
    { "lot.paper", "成交确认书", "Confirmation of sale", OP_READ, 0, WHO_SIGNED | WHO_LOCAL,
      OP_IN(LotPaperIn, paper_in), NULL, paper_run,
      "转让方、竞得人和交易机构可取得文件。", "The seller, the winner and the operator may have the paper." },
};
// clang-format on

static const RecordType *const types[] = {&lot_paper_type};

const Room proof_room = {
    .name = "proof",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
};
