/* The page that checks a lot, and a bidder's receipt. */
#include "web/page_int.h"

/* What the script says, by the names it has for it. */
static const char *const script_words[] = {
    "bad",      "cancelled",  "doing",    "done",       "entries",   "entry",     "fetching",
    "first",    "from_to",    "hash",     "key",        "later",     "left",      "no_bundle",
    "no_file",  "no_receipt", "not_sold", "of",         "other_lot", "own_key",   "played",
    "receipt",  "rows",       "sealed",   "signatures", "sold",      "strangers", "took",
    "unplayed", "unsigned",   "well",     "winner",     "wrong",
};

/* What can be wrong, by its key. */
static const char *const script_whys[] = {
    "verify.bad_signature", "verify.block_edited",   "verify.bundle_admit",
    "verify.bundle_answer", "verify.bundle_chain",   "verify.bundle_cut",
    "verify.bundle_ended",  "verify.bundle_gap",     "verify.bundle_head",
    "verify.bundle_line",   "verify.bundle_more",    "verify.bundle_no_entry",
    "verify.bundle_none",   "verify.bundle_open",    "verify.bundle_order",
    "verify.bundle_path",   "verify.bundle_receipt", "verify.bundle_result",
    "verify.bundle_row",    "verify.bundle_rules",   "verify.bundle_sum",
    "verify.other_key",
};

static Val *words_val(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *map = val_map(arena);
    for (size_t i = 0; i < COUNT(script_words); i++) {
        char *key = str_z(arena, str_format(arena, "page.bundle_w_%s", script_words[i]));
        val_set_str(arena, map, script_words[i], page_say(page, key));
    }
    for (size_t i = 0; i < COUNT(script_whys); i++)
        val_set_str(arena, map, script_whys[i], page_say(page, script_whys[i]));
    Buf json = buf_new(arena);
    val_write_json(&json, map);
    return val_str(arena, buf_str(&json));
}

static Str own_path(PageCx *page, const char *tail)
{
    return str_format(page->cx->arena, "/lot/%lld/%s", (long long)page->id, tail);
}

static Val *asked_val(PageCx *page)
{
    static const char *const names[] = {"n", "hash", "key"};
    Val *map = val_map(page->cx->arena);
    for (size_t i = 0; i < COUNT(names); i++)
        val_set_str(page->cx->arena, map, names[i], request_query(page->request, names[i]));
    return map;
}

static void put_lot(PageCx *page, const Val *reply, const char *title)
{
    Val *map = val_map(page->cx->arena);
    val_set_int(page->cx->arena, map, "id", page->id);
    val_set_str(page->cx->arena, map, "title", val_get_str(reply, "title"));
    page_put(page, "lot", map);
    page_put(page, "id", val_int(page->cx->arena, page->id));
    page_title(page, title);
}

Err build_lot_verify(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *proof;
    Err e = page_ask_id(page, "lot.proof", &proof);
    if (e)
        return e;
    bool ready = val_get_bool(proof, "ready");
    put_lot(page, proof, "page.bundle_verify");
    page_put(page, "over", val_bool(arena, ready));
    page_put(page, "why_not",
             val_str(arena, ready ? S("") : page_say(page, "page.bundle_not_yet")));
    page_put(page, "bundle_href", val_str(arena, ready ? own_path(page, "bundle") : S("")));
    page_put(page, "words", words_val(page));
    page_put(page, "ask", asked_val(page));
    page_put(page, "key", val_str(arena, val_get_str(proof, "public_key")));
    return ERR_OK;
}

Err page_proof(PageCx *page, bool over)
{
    Arena *arena = page->cx->arena;
    Val *proof = NULL;
    Err e = over ? page_ask_id(page, "lot.proof", &proof) : ERR_OK;
    if (e)
        return e;
    Val *papers = val_get(proof, "papers");
    for (size_t i = 0; i < val_count(papers); i++) {
        Val *paper = val_at(papers, i);
        val_set_str(arena, paper, "href",
                    str_format(arena, "%.*s?no=%lld", STR_ARG(own_path(page, "confirmation.pdf")),
                               (long long)val_get_int(paper, "no")));
    }
    page_put(page, "proof", proof);
    return ERR_OK;
}

/* ---- the receipt ---- */

/* What she asked: "出价 35,350.00"; a sealed amount is hers to know, not this page's to show. */
static void shape_receipt(PageCx *page, Val *receipt)
{
    Arena *arena = page->cx->arena;
    char *act =
        str_z(arena, str_format(arena, "page.receipt_%.*s", STR_ARG(val_get_str(receipt, "act"))));
    bool refused = !val_get_bool(receipt, "ok");
    i64 fen = val_get_int(receipt, "amount_fen");
    bool sealed = val_get_bool(receipt, "sealed");
    Str amount = fen > 0 ? money_format(arena, fen) : S("");
    val_set_str(arena, receipt, "act_label", page_say(page, act));
    val_set_str(arena, receipt, "amount_text",
                sealed ? page_say(page, "page.receipt_sealed") : amount);
    val_set_str(arena, receipt, "outcome",
                page_say(page, refused ? "page.receipt_refused" : "page.receipt_accepted"));
    val_set_str(arena, receipt, "key", val_get_str(receipt, "public_key"));
}

Err build_lot_receipt(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *receipt;
    Err e = page_ask_query(page, "lot.receipt", &receipt);
    if (e)
        return e;
    shape_receipt(page, receipt);
    put_lot(page, receipt, "page.receipt");
    page_put(page, "receipt", receipt);
    page_put(page, "verify_href",
             val_str(arena, str_format(arena, "/lot/%lld/verify?n=%lld&hash=%.*s",
                                       (long long)page->id, (long long)val_get_int(receipt, "n"),
                                       STR_ARG(val_get_str(receipt, "hash")))));
    page_put(page, "qr", qr_val(arena, val_get_str(receipt, "link")));
    return ERR_OK;
}
