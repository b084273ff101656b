/* bar.c - who may not come to a lot, and why. */
#include "auction/auction_int.h"
#include "auction/bid_engine.h"
#include "auction/entry.h"

#include "ident/ident.h"
#include "registry/registry.h"

typedef struct BarSetIn {
    i64 lot_id;
    Str code;
    Str login;
    Str ground;
    Str words;
} BarSetIn;

typedef struct BarLotIn {
    i64 lot_id;
} BarLotIn;

/* The exchange, and every unit that runs it. */
static Err staff_check(Cx *cx, i64 org_id)
{
    Org org;
    i64 operators = 0;
    Err e = record_load(cx, &org_type, org_id, &org);
    if (!e)
        e = role_count(cx, org_id, "operator", &operators);
    if (e)
        return e;
    bool staff = str_same(org.kind, S("exchange")) || operators;
    return staff ? err_set(cx, ERR_DENIED, NULL, "auction.barred_staff") : ERR_OK;
}

/* Co-owners are known by their names on the patent. */
static Err co_owner_check(Cx *cx, const Lot *lot, i64 org_id)
{
    LotTerms terms;
    Listing listing;
    Str *names = NULL, name = {0};
    size_t count = 0;
    Err e = lot_terms_find(cx, lot->id, &terms);
    if (e || !str_same(terms.co_owners, S("barred")))
        return e;
    e = record_load(cx, &listing_type, lot->listing_id, &listing);
    if (!e && listing.patent_id)
        e = patent_co_owners(cx, listing.patent_id, &names, &count);
    if (!e)
        e = org_name(cx, org_id, &name);
    for (size_t i = 0; !e && i < count; i++)
        if (str_same(names[i], name))
            e = err_set(cx, ERR_DENIED, NULL, "auction.barred_co_owner");
    return e;
}

static Err bar_find(Cx *cx, i64 listing_id, i64 org_id, i64 account_id, LotBar *ret)
{
    Rows rows;
    LotBar found = {0};
    Err e = RECORD_QUERY(cx, &lot_bar_type, &rows,
                         "WHERE t.listing_id = ?1 AND ((t.org_id = ?2 AND t.account_id = 0)"
                         " OR (t.account_id = ?3 AND t.account_id > 0)) ORDER BY t.id LIMIT 1",
                         BIND_INT(listing_id), BIND_INT(org_id), BIND_INT(account_id));
    if (e)
        return e;
    if (rows_next(&rows))
        record_read_row(cx, &lot_bar_type, &rows, &found);
    e = rows_end(&rows);
    if (!e)
        *ret = found;
    return e;
}

Err bar_check(Cx *cx, const Lot *lot, i64 org_id, i64 account_id)
{
    LotBar bar = {0};
    Err e = staff_check(cx, org_id);
    if (!e)
        e = co_owner_check(cx, lot, org_id);
    if (!e)
        e = bar_find(cx, lot->listing_id, org_id, account_id, &bar);
    if (e || !bar.id)
        return e;
    const Code *ground = code_find(&bar_grounds, bar.ground);
    return err_set_arg(cx, ERR_DENIED, NULL, "auction.barred",
                       str_from(cx->lang == LANG_EN ? ground->en : ground->zh));
}

/* Where the unit is admitted already its bids are refused, or taken again when no bar is left. A
 * bar on a person is one on his unit's place when it was he who applied. */
static Err tell_engine(Cx *cx, i64 listing_id, i64 org_id, i64 account_id)
{
    i64 lot_id = 0;
    LotBidder bidder = {0};
    LotBar left = {0};
    Err e = lot_live_of_listing(cx, listing_id, &lot_id);
    if (!e && lot_id)
        e = lot_bidder_find(cx, lot_id, org_id, &bidder);
    if (e || !bidder.no || (account_id && account_id != bidder.account_id))
        return e;
    e = bar_find(cx, listing_id, org_id, bidder.account_id, &left);
    return e ? e : bid_bar(cx, lot_id, org_id, left.id > 0);
}

Err bar_set(Cx *cx, const Lot *lot, i64 org_id, i64 account_id, Str ground, Str words)
{
    LotBar bar = {.lot_id = lot->id,
                  .listing_id = lot->listing_id,
                  .org_id = org_id,
                  .account_id = account_id,
                  .ground = ground,
                  .words = words,
                  .by_org_id = cx->actor.org_id};
    Err e = fact_create(cx, &lot_bar_type, &bar,
                        (FactNote){"bar.set", 0, str_z(cx->arena, ground), lot->id});
    return e ? e : tell_engine(cx, lot->listing_id, org_id, account_id);
}

Err bar_of_bidder(Cx *cx, const Lot *lot, const LotBidder *bidder)
{
    return bar_check(cx, lot, bidder->org_id, bidder->account_id);
}

/* The exchange declares, and the seller of its own lot. */
static Err declare_allowed(Cx *cx, i64 lot_id, Lot *ret)
{
    Err e = lot_load(cx, lot_id, ret);
    if (e)
        return e;
    unsigned who = who_of(cx, ret->org_id, false);
    return who & (WHO_OPERATOR | WHO_BINDS | WHO_LOCAL)
               ? ERR_OK
               : err_set(cx, ERR_DENIED, NULL, "auction.bar_not_yours");
}

/* The unit of a code, or a person by the login and so his unit. */
static Err named(Cx *cx, const BarSetIn *in, i64 *ret_org_id, i64 *ret_account_id)
{
    Org org = {0};
    Account account = {0};
    i64 account_id = 0;
    if (!in->code.len == !in->login.len)
        return err_set(cx, ERR_INPUT, "code", "auction.bar_whom");
    Err e =
        in->code.len ? org_by_code(cx, in->code, &org) : login_taken(cx, in->login, &account_id);
    if (!e && in->login.len && !account_id)
        e = err_set(cx, ERR_INPUT, "login", "auction.bar_no_login");
    if (!e && account_id)
        e = record_load(cx, &account_type, account_id, &account);
    if (e)
        return e;
    *ret_org_id = org.id ? org.id : account.org_id;
    *ret_account_id = account_id;
    return ERR_OK;
}

static Err bar_set_run(Cx *cx, const void *input, Val **ret)
{
    const BarSetIn *in = input;
    Lot lot;
    LotBar there = {0};
    i64 org_id = 0, account_id = 0;
    Err e = declare_allowed(cx, in->lot_id, &lot);
    if (!e)
        e = named(cx, in, &org_id, &account_id);
    if (!e)
        e = bar_find(cx, lot.listing_id, account_id ? 0 : org_id, account_id, &there);
    if (!e && there.id)
        e = err_set(cx, ERR_CONFLICT, NULL, "auction.bar_there");
    if (!e)
        e = bar_set(cx, &lot, org_id, account_id, in->ground, in->words);
    if (e)
        return e;
    *ret = lot_reply_id(cx, lot.id);
    return ERR_OK;
}

static Err bar_end_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    LotBar bar;
    Err e = record_load(cx, &lot_bar_type, in->id, &bar);
    if (!e)
        e = fact_remove(cx, &lot_bar_type, bar.id,
                        (FactNote){"bar.ended", 0, str_z(cx->arena, bar.ground), bar.lot_id});
    if (!e)
        e = tell_engine(cx, bar.listing_id, bar.org_id, bar.account_id);
    if (e)
        return e;
    *ret = lot_reply_id(cx, bar.lot_id);
    return ERR_OK;
}

static Err bar_list_run(Cx *cx, const void *input, Val **ret)
{
    const BarLotIn *in = input;
    Lot lot;
    Rows rows;
    Val *items = val_list(cx->arena), *map = val_map(cx->arena);
    Err e = declare_allowed(cx, in->lot_id, &lot);
    if (!e)
        e = RECORD_QUERY(cx, &lot_bar_type, &rows, "WHERE t.listing_id = ?1 ORDER BY t.id LIMIT ?2",
                         BIND_INT(lot.listing_id), BIND_INT(BIDDERS_AT_ONCE));
    if (e)
        return e;
    while (rows_next(&rows)) {
        LotBar bar = {0};
        record_read_row(cx, &lot_bar_type, &rows, &bar);
        val_push(cx->arena, items,
                 record_val(cx, &lot_bar_type, &bar, see_level(cx, lot.org_id, false)));
    }
    e = rows_end(&rows);
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    if (e)
        return e;
    val_set(cx->arena, map, "items", items);
    *ret = map;
    return ERR_OK;
}

// clang-format off
static const Field set_in[] = {
    { AT(BarSetIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
    { AT(BarSetIn, code), F_TEXT, "单位代码", "Code of the unit", 0, SEE_PUBLIC, .max = 40 },
    { AT(BarSetIn, login), F_TEXT, "或登录名", "Or a login", 0, SEE_PUBLIC, .max = 60 },
    { AT(BarSetIn, ground), F_CODE, "事由", "Ground", REQUIRED, SEE_PUBLIC, .codes = &bar_grounds },
    { AT(BarSetIn, words), F_TEXT, "说明", "In words", 0, SEE_PUBLIC, .max = TERM_LEN_MAX },
};
static const Field id_in[] = {
    { AT(LotIdIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC },
};
static const Field lot_in[] = {
    { AT(BarLotIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, .ref = &lot_type },
};

static const Op ops[] = {
    { "lot_bar.set", "申报不得参加者", "Bar", OP_WRITE, 0, WHO_OPERATOR | WHO_BINDS,
      OP_IN(BarSetIn, set_in), NULL, bar_set_run,
      "该单位或个人不得参加本标的及其再次竞价。", "This unit or person may bid neither now nor when it is auctioned again." },
    { "lot_bar.end", "取消限制", "Bar no more", OP_WRITE, OP_DANGER, WHO_OPERATOR,
      OP_IN(LotIdIn, id_in), NULL, bar_end_run },
    { "lot_bar.list", "不得参加者", "Barred", OP_READ, 0, WHO_OPERATOR | WHO_BINDS,
      OP_IN(BarLotIn, lot_in), NULL, bar_list_run },
};
// clang-format on

static const RecordType *const types[] = {&lot_bar_type};
static const CodeList *const codes[] = {&bar_grounds};

const Room bar_room = {
    .name = "bar",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
