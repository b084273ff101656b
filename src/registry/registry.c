/* Listings and needs, and the table of the room's ops. */
#include "registry/registry_int.h"

#include "record/published.h"

#include <stdlib.h>
#include <string.h>

bool listing_public(const Listing *listing)
{
    return listing->state == LISTING_LISTED || listing->state == LISTING_IN_LOT ||
           listing->state == LISTING_SOLD;
}

bool need_public(const Need *need)
{
    return need->state == NEED_LISTED || need->state == NEED_MATCHED;
}

/* "listing.accept" -> "accept" */
static const char *action_of(const char *op_name)
{
    return strchr(op_name, '.') + 1;
}

static const char *fact_of(const char *noun, const char *action)
{
    static const char *const facts[][3] = {
        {"listing", "submit", "listing.filed"},     {"listing", "accept", "listing.accepted"},
        {"listing", "return", "listing.returned"},  {"listing", "withdraw", "listing.withdrawn"},
        {"listing", "enter_lot", "listing.in_lot"}, {"listing", "leave_lot", "listing.out_of_lot"},
        {"listing", "sell", "listing.sold"},        {"need", "accept", "need.accepted"},
        {"listing", "relist", "listing.relisted"},  {"need", "return", "need.returned"},
        {"need", "submit", "need.filed"},           {"need", "withdraw", "need.withdrawn"},
        {"need", "match", "need.matched"},
    };
    for (size_t i = 0; i < COUNT(facts); i++)
        if (strcmp(noun, facts[i][0]) == 0 && strcmp(action, facts[i][1]) == 0)
            return facts[i][2];
    abort(); /* An edge was added without its fact. */
}

static Err step_listing(Cx *cx, Listing *listing, const char *action, unsigned who)
{
    i64 to;
    Err e = flow_step(cx, &listing_flow, listing->state, action, who, listing, &to);
    if (e)
        return e;
    listing->state = to;
    return fact_change(
        cx, &listing_type, listing,
        (FactNote){.kind = fact_of("listing", action), .other_id = listing->patent_id});
}

Err listing_move(Cx *cx, i64 id, const char *action)
{
    Listing listing = {0};
    Err e = record_load(cx, &listing_type, id, &listing);
    return e ? e : step_listing(cx, &listing, action, WHO_CLOCK);
}

bool trade_mode_is_licence(Str mode)
{
    static const char *const licences[] = {"exclusive", "sole", "ordinary", "pay_later"};
    for (size_t i = 0; i < COUNT(licences); i++)
        if (str_same_z(mode, licences[i]))
            return true;
    return false;
}

/* An exclusive licence shuts everybody out but the licensee, a sole one everybody else (Supreme
 * Court on technology contracts, art. 25). What is paid for with shares or warrants is gone. */
const char *listing_bars(const Listing *listing, i64 today_date)
{
    if (!listing->id)
        return NULL;
    if (listing->state != LISTING_SOLD)
        return "registry.listed_already";
    if (!trade_mode_is_licence(listing->mode))
        return "registry.sold_already";
    bool alone = str_same(listing->mode, S("exclusive")) || str_same(listing->mode, S("sole"));
    bool over = listing->licence_until_date && listing->licence_until_date < today_date;
    return alone && !over ? "registry.licensed_alone" : NULL;
}

Err listing_unsold(Cx *cx, i64 id)
{
    Listing listing = {0}, other = {0};
    Err e = record_load(cx, &listing_type, id, &listing);
    if (!e && listing.patent_id)
        e = listing_of_patent(cx, listing.patent_id, &other);
    if (e)
        return e;
    bool barred = other.id != id && listing_bars(&other, time_date(clock_now_ms(cx->clock)));
    listing.licence_until_date = 0;
    return step_listing(cx, &listing, barred ? "withdraw" : "relist", WHO_CLOCK);
}

Err listing_licensed(Cx *cx, i64 id, i64 until_date)
{
    Listing listing = {0};
    Err e = record_load(cx, &listing_type, id, &listing);
    if (e)
        return e;
    listing.licence_until_date = until_date;
    return fact_change(cx, &listing_type, &listing,
                       (FactNote){.kind = "listing.licensed",
                                  .amount = until_date,
                                  .other_id = listing.patent_id});
}

static Err may_know(Cx *cx, bool is_public, i64 org_id, const RecordType *type)
{
    if (is_public ||
        (who_of(cx, org_id, false) & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL | WHO_CLOCK)))
        return ERR_OK;
    return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                       str_from(cx->lang == LANG_EN ? type->en : type->zh));
}

Err listing_act_run(Cx *cx, const void *arg, Val **ret)
{
    const IdsIn *in = arg;
    const char *action = action_of(cx->doing);
    i64 *ids;
    size_t count;
    Err e = refs_read(cx, in->ids, "ids", &ids, &count);
    for (size_t i = 0; !e && i < count; i++) {
        Listing listing = {0};
        e = record_load(cx, &listing_type, ids[i], &listing);
        if (!e)
            e = may_know(cx, listing_public(&listing), listing.org_id, &listing_type);
        listing.reason = in->reason;
        if (!e)
            e = step_listing(cx, &listing, action, who_of(cx, listing.org_id, false));
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "count", (i64)count);
    return ERR_OK;
}

/* ---- listing.file ---- */

static Err check_patent(Cx *cx, i64 id, Patent *ret)
{
    Listing there;
    Err e = record_load(cx, &patent_type, id, ret);
    if (!e && ret->org_id != cx->actor.org_id)
        return err_set_arg(cx, ERR_DENIED, "patent_ids", "registry.not_your_patent", ret->title);
    if (!e)
        e = listing_of_patent(cx, id, &there);
    if (e)
        return e;
    i64 today_date = time_date(clock_now_ms(cx->clock));
    const char *bar = listing_bars(&there, today_date);
    if (bar)
        return err_set_arg(cx, ERR_CONFLICT, "patent_ids", bar, ret->title);
    if (ret->expiry_date && ret->expiry_date <= today_date)
        return err_set_arg(cx, ERR_STATE, "patent_ids", "registry.expired", ret->title);
    return ERR_OK;
}

Err listing_from(Cx *cx, const ListingFile *in, i64 patent_id, i64 achievement_id, Listing *ret)
{
    Listing listing = {
        .org_id = cx->actor.org_id,
        .patent_id = patent_id,
        .achievement_id = achievement_id,
        .mode = in->mode,
        .price_fen = in->price_fen,
        .floor_fen = in->floor_fen,
        .intro = in->intro,
        .maturity = in->maturity,
        .contact = in->contact,
        .phone = in->phone,
        .state = LISTING_DRAFT,
    };
    Patent patent = {0};
    Achievement achievement = {0};
    if (in->floor_fen > in->price_fen)
        return err_set(cx, ERR_INPUT, "floor_fen", "registry.floor_above_price");
    Err e = patent_id ? check_patent(cx, patent_id, &patent)
                      : record_load(cx, &achievement_type, achievement_id, &achievement);
    if (e)
        return e;
    if (achievement_id && achievement.org_id != cx->actor.org_id)
        return err_set_arg(cx, ERR_DENIED, "achievement_id", "registry.not_your_patent",
                           achievement.title);
    listing.title = patent_id ? patent.title : achievement.title;
    listing.field = patent_id ? patent.field : achievement.field;
    *ret = listing;
    return ERR_OK;
}

static Err file_one(Cx *cx, const ListingFile *in, i64 patent_id, i64 achievement_id, i64 *ret_id)
{
    Listing listing = {0};
    Err e = listing_from(cx, in, patent_id, achievement_id, &listing);
    unsigned who = who_of(cx, listing.org_id, false);
    if (!e)
        e = fact_create(cx, &listing_type, &listing,
                        (FactNote){.kind = "listing.drafted", .amount = in->price_fen});
    if (!e && (who & WHO_BINDS)) /* What an inventor prepares stays a draft: the unit offers it. */
        e = step_listing(cx, &listing, "submit", who);
    *ret_id = listing.id;
    return e;
}

Err listing_file_run(Cx *cx, const void *arg, Val **ret)
{
    const ListingFile *in = arg;
    Val *list = val_list(cx->arena);
    i64 *ids = NULL, one = 0, id;
    size_t count = 0;
    Err e = in->achievement_id ? ERR_OK : refs_read(cx, in->patent_ids, "patent_ids", &ids, &count);
    if (in->achievement_id) {
        ids = &one;
        count = 1;
    }
    for (size_t i = 0; !e && i < count; i++) {
        e = file_one(cx, in, ids[i], in->achievement_id, &id);
        if (!e)
            val_push(cx->arena, list, val_int(cx->arena, id));
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "ids", list);
    if (!(who_of(cx, cx->actor.org_id, false) & WHO_BINDS))
        val_set_str(cx->arena, *ret, "message",
                    text_say(cx->arena, cx->lang, "registry.drafted", NULL, 0));
    return ERR_OK;
}

/* What every record page of a flow shows. */
static Err add_page(Cx *cx, Val *map, const RecordType *type, i64 id, const Flow *flow, i64 state,
                    unsigned who)
{
    Val *history;
    Err e = history_val(cx, type, id, &history);
    if (!e)
        e = org_names_add(cx, history, "org_id", "actor");
    if (e)
        return e;
    val_set(cx->arena, map, "acts", flow_acts(cx, flow, state, who));
    val_set(cx->arena, map, "stepper", flow_stepper(cx, flow, state));
    val_set(cx->arena, map, "history", history);
    return ERR_OK;
}

Err listing_show_run(Cx *cx, const void *arg, Val **ret)
{
    Listing row = {0};
    Str org = S("");
    Err e = record_load(cx, &listing_type, ((const IdIn *)arg)->id, &row);
    if (!e)
        e = may_know(cx, listing_public(&row), row.org_id, &listing_type);
    if (!e)
        e = org_name(cx, row.org_id, &org);
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    bool over = field_relation(cx, row.field) != 0;
    Val *val = record_val(cx, &listing_type, &row, see_level(cx, row.org_id, over));
    val_set_str(cx->arena, val, "org", org);
    val_set(cx->arena, map, "listing", val);
    Patent patent = {0};
    if (row.patent_id) {
        e = record_load(cx, &patent_type, row.patent_id, &patent);
        if (e)
            return e;
        val_set(cx->arena, map, "patent",
                record_val(cx, &patent_type, &patent, see_level(cx, row.org_id, over)));
    }
    Val *papers = val_list(cx->arena);
    bool knows = who_of(cx, row.org_id, false) & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL);
    if (knows)
        e = listing_papers(cx, &row, &papers);
    if (e)
        return e;
    val_set(cx->arena, map, "papers", papers);
    val_set(cx->arena, map, "published",
            knows && row.state != LISTING_WITHDRAWN ? listing_published(cx, &row, org)
                                                    : val_null(cx->arena));
    val_set_bool(cx->arena, map, "can_open_lot",
                 row.state == LISTING_LISTED && (cx->actor.roles & WHO_OPERATOR));
    e = add_page(cx, map, &listing_type, row.id, &listing_flow, row.state,
                 who_of(cx, row.org_id, false));
    if (!e)
        *ret = map;
    return e;
}

/* ---- need ---- */

Err need_post_run(Cx *cx, const void *arg, Val **ret)
{
    Need need = *(const Need *)arg;
    need.org_id = cx->actor.org_id;
    need.state = NEED_FILED;
    if (need.valid_until_date < time_date(clock_now_ms(cx->clock)))
        return err_set(cx, ERR_INPUT, "valid_until_date", "registry.date_past");
    Err e = fact_create(cx, &need_type, &need, (FactNote){.kind = "need.posted"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", need.id);
    return ERR_OK;
}

/* Relations that show the original, published or not. */
enum { NEED_KNOWS = WHO_OWNER | WHO_OPERATOR | WHO_LOCAL | WHO_CLOCK };

/* WHO_ABOVE for the centre of the industry that a published need is of. */
static Err need_field_who(Cx *cx, i64 id, unsigned *ret)
{
    Rows rows;
    Err e = DB_QUERY(cx, &rows, "SELECT field FROM need_public WHERE id = ?1", BIND_INT(id));
    if (e)
        return e;
    Str field = rows_next(&rows) ? rows_str_copy(&rows, 0) : S("");
    e = rows_end(&rows);
    *ret = e ? 0 : field_relation(cx, field);
    return e;
}

/* What this reader is to a need, from whose it is alone. Nobody who is not signed in is anything,
 * so then nothing is read. */
static Err need_who(Cx *cx, i64 id, unsigned *ret)
{
    i64 org_id = 0;
    unsigned over = 0;
    bool signed_in = cx->actor.account_id || cx->actor.via == VIA_LOCAL;
    Err e = signed_in && !(cx->actor.roles & WHO_ADMINS)
                ? DB_INT(cx, &org_id, 0, "SELECT org_id FROM need WHERE id = ?1", BIND_INT(id))
                : ERR_OK;
    if (!e && (cx->actor.roles & WHO_CENTRE))
        e = need_field_who(cx, id, &over);
    if (!e)
        *ret = who_of(cx, org_id, false) | over;
    return e;
}

Err need_read(Cx *cx, i64 id, NeedSeen *ret)
{
    NeedSeen seen = {0};
    Err e = need_who(cx, id, &seen.who);
    bool knows = seen.who & NEED_KNOWS;
    if (!e && !knows)
        e = record_load(cx, &need_public_type, id, &seen.row);
    seen.whole = knows || (seen.who & WHO_ABOVE);
    if (!e && seen.whole)
        e = record_load(cx, &need_type, id, &seen.row);
    if (e == ERR_MISSING)
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? need_type.en : need_type.zh));
    if (e)
        return e;
    bool over = field_relation(cx, seen.row.field) != 0; /* As much as a party sees. */
    seen.see = seen.whole ? see_level(cx, seen.row.org_id, over) : see_published(cx);
    *ret = seen;
    return ERR_OK;
}

static Err org_add(Cx *cx, Val *need, const Need *row)
{
    Str org = S("");
    if (!val_get(need, "org_id") || !row->org_id)
        return ERR_OK;
    Err e = org_name(cx, row->org_id, &org);
    if (!e)
        val_set_str(cx->arena, need, "org", org);
    return e;
}

/* What others see of it; while it waits, what they will see once it is accepted (`is_made`). */
Err need_published_add(Cx *cx, const Need *need, Val *map)
{
    Need form = {0};
    Err e = ERR_OK;
    if (need_public(need))
        e = record_load(cx, &need_public_type, need->id, &form);
    else
        record_published(cx->arena, &need_type, need, &form);
    if (e)
        return e;
    Val *val = record_val(cx, &need_type, &form, SEE_PUBLIC);
    val_set_bool(cx->arena, val, "is_made", need_public(need));
    val_set(cx->arena, map, "published", val);
    return org_add(cx, val, &form);
}

Err need_show_run(Cx *cx, const void *arg, Val **ret)
{
    NeedSeen seen;
    Err e = need_read(cx, ((const IdIn *)arg)->id, &seen);
    if (e)
        return e;
    const Need *row = &seen.row;
    bool knows = seen.who & NEED_KNOWS;
    Val *map = val_map(cx->arena);
    Val *val = record_val(cx, &need_type, row, seen.see);
    e = org_add(cx, val, row);
    if (e)
        return e;
    val_set(cx->arena, map, "need", val);
    val_set_bool(cx->arena, map, "mine", (seen.who & WHO_OWNER) != 0);
    val_set(cx->arena, map, "published", val_null(cx->arena));
    if (knows && row->state != NEED_WITHDRAWN)
        e = need_published_add(cx, row, map);
    if (!e)
        e = add_page(cx, map, &need_type, row->id, &need_flow, row->state, seen.who);
    if (!e && !knows) /* The actor would name the hidden firm. */
        val_set(cx->arena, map, "history", val_list(cx->arena));
    if (!e)
        *ret = map;
    return e;
}

Err need_act_run(Cx *cx, const void *arg, Val **ret)
{
    const IdsIn *in = arg;
    const char *action = action_of(cx->doing);
    i64 *ids, to;
    size_t count;
    Err e = refs_read(cx, in->ids, "ids", &ids, &count);
    for (size_t i = 0; !e && i < count; i++) {
        NeedSeen seen;
        Need *need = &seen.row;
        e = need_read(cx, ids[i], &seen);
        if (!e)
            e = flow_step(cx, &need_flow, need->state, action, seen.who, need, &to);
        if (!e) {
            assert(seen.whole); /* No edge is for those who are shown the published form. */
            need->state = to;
            need->reason = in->reason;
            e = fact_change(cx, &need_type, need, (FactNote){.kind = fact_of("need", action)});
        }
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "count", (i64)count);
    return ERR_OK;
}

/* ---- the table ---- */

// clang-format off
static const Field id_fields[] = {
    {AT(IdIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};

static const Field ids_fields[] = {
    {AT(IdsIn, ids),    F_REFS, "所选项目", "Chosen", REQUIRED, SEE_PUBLIC, NULL},
    {AT(IdsIn, reason), F_TEXT, "理由",     "Reason", 0, SEE_PUBLIC, NULL, .max = 200},
};

static const Field query_fields[] = {
    {AT(ListQuery, kind),   F_TEXT, "类型",     "Kind",   0, SEE_PUBLIC, NULL, .max = 20},
    {AT(ListQuery, field),  F_CODE, "产业领域", "Field",  0, SEE_PUBLIC, NULL, .codes = &industry_fields},
    {AT(ListQuery, state),  F_TEXT, "状态",     "State",  0, SEE_PUBLIC, NULL, .max = 20},
    {AT(ListQuery, number), F_TEXT, "号码",     "Number", 0, SEE_PUBLIC, NULL, .max = 40},
    {AT(ListQuery, ids),    F_REFS, "所选专利", "Chosen patents", 0, SEE_PUBLIC, NULL},
    {AT(ListQuery, org_id), F_REF,  "单位",     "Organisation", 0, SEE_PUBLIC, NULL},
    {AT(ListQuery, import_id), F_REF, "导入批次", "Import", 0, SEE_PUBLIC, NULL},
    {AT(ListQuery, mine),   F_BOOL, "本单位",   "Mine",   0, SEE_PUBLIC, NULL},
    {AT(ListQuery, listed), F_BOOL, "仅看挂牌", "Listed", 0, SEE_PUBLIC, NULL},
    {AT(ListQuery, brief),  F_BOOL, "只要列表所列", "Listed fields only", 0, SEE_PUBLIC, NULL},
    {AT(ListQuery, page),   F_INT,  "页",       "Page",   0, SEE_PUBLIC, NULL},
};

static const Field file_fields[] = {
    {AT(ListingFile, patent_ids),     F_REFS,  "专利",     "Patents",     0, SEE_PUBLIC, NULL},
    {AT(ListingFile, achievement_id), F_REF,   "成果",     "Achievement", 0, SEE_PUBLIC, NULL},
    {AT(ListingFile, mode),           F_CODE,  "交易方式", "Mode",        REQUIRED, SEE_PUBLIC, NULL, .codes = &trade_modes},
    {AT(ListingFile, price_fen),      F_MONEY, "意向价",   "Asking price", REQUIRED, SEE_PUBLIC, NULL,
     .help_zh = "每项的价格，可写 35万", .help_en = "For each item"},
    {AT(ListingFile, floor_fen),      F_MONEY, "底价",     "Lowest price", 0, SEE_PUBLIC, NULL,
     .help_zh = "只有本单位和交易市场可见", .help_en = "Seen by you and the exchange alone"},
    {AT(ListingFile, intro),          F_PROSE, "推介说明", "Pitch",       0, SEE_PUBLIC, NULL, .max = 4000},
    {AT(ListingFile, maturity),       F_TEXT,  "成熟程度", "Maturity",    0, SEE_PUBLIC, NULL, .max = 60},
    {AT(ListingFile, contact),        F_TEXT,  "联系部门", "Contact",     0, SEE_PUBLIC, NULL, .max = 60},
    {AT(ListingFile, phone),          F_TEXT,  "联系电话", "Phone",       0, SEE_PUBLIC, NULL, .max = 40},
};

#define SELLERS (WHO_OFFICE | WHO_INVENTOR)

static const Op ops[] = {
    {"patent.list",       "专利",       "Patents",       OP_READ,  0, WHO_PUBLIC, OP_IN(ListQuery, query_fields), NULL, patent_list_run, NULL, NULL},
    {"patent.show",       "专利详情",   "Patent",        OP_READ,  0, WHO_PUBLIC, OP_IN(IdIn, id_fields), NULL, patent_show_run, NULL, NULL},
    {"achievement.add",   "登记成果",   "Add achievement", OP_WRITE, 0, SELLERS, sizeof(Achievement), achievement_fields + 5, ACHIEVEMENT_FIELD_COUNT - 5, NULL, achievement_add_run, NULL, NULL},
    {"achievement.list",  "成果",       "Achievements",  OP_READ,  0, WHO_PUBLIC, OP_IN(ListQuery, query_fields), NULL, achievement_list_run, NULL, NULL},
    {"achievement.show",  "成果详情",   "Achievement",   OP_READ,  0, WHO_PUBLIC, OP_IN(IdIn, id_fields), NULL, achievement_show_run, NULL, NULL},
    {"listing.file",      "提交挂牌",   "File listing",  OP_WRITE, OP_AGREED, SELLERS, OP_IN(ListingFile, file_fields), NULL, listing_file_run, NULL, "Lists one achievement or several patents on the same terms."},
    {"listing.preview",   "预览挂牌",   "Preview listing", OP_READ, OP_PLAIN, SELLERS, OP_IN(ListingFile, file_fields), NULL, listing_preview_run, NULL, "What everybody would read of it; nothing is kept."},
    {"listing.list",      "挂牌",       "Listings",      OP_READ,  0, WHO_PUBLIC, OP_IN(ListQuery, query_fields), NULL, listing_list_run, NULL, NULL},
    {"listing.show",      "挂牌详情",   "Listing",       OP_READ,  0, WHO_PUBLIC, OP_IN(IdIn, id_fields), NULL, listing_show_run, NULL, NULL},
    {"listing.submit",    "提交挂牌",   "Submit",        OP_WRITE, 0, WHO_BINDS, OP_IN(IdsIn, ids_fields), NULL, listing_act_run, NULL, NULL},
    {"listing.accept",    "受理并公布", "Accept",        OP_WRITE, 0, WHO_OPERATOR, OP_IN(IdsIn, ids_fields), NULL, listing_act_run, NULL, NULL},
    {"listing.return",    "退回修改",   "Return",        OP_WRITE, 0, WHO_OPERATOR, OP_IN(IdsIn, ids_fields), NULL, listing_act_run, NULL, NULL},
    {"listing.withdraw",  "撤回挂牌",   "Withdraw",      OP_WRITE, OP_DANGER, WHO_BINDS | WHO_OPERATOR, OP_IN(IdsIn, ids_fields), NULL, listing_act_run, NULL, NULL},
    {"listing.enter_lot", "进入竞价",   "Put in a lot",  OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(IdsIn, ids_fields), NULL, listing_act_run, NULL, NULL},
    {"listing.leave_lot", "退出竞价",   "Take out of the lot", OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(IdsIn, ids_fields), NULL, listing_act_run, NULL, NULL},
    {"listing.relist",    "恢复挂牌",   "List again",    OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(IdsIn, ids_fields), NULL, listing_act_run, NULL, NULL},
    {"listing.sell",      "成交",       "Sell",          OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(IdsIn, ids_fields), NULL, listing_act_run, NULL, NULL},
    {"need.post",         "发布需求",   "Post need",     OP_WRITE, OP_AGREED, WHO_FIRM, sizeof(Need), need_fields + 5, NEED_FIELD_COUNT - 7, NULL, need_post_run, NULL, NULL},
    {"need.preview",      "预览需求",   "Preview need",  OP_READ,  OP_PLAIN, WHO_FIRM, sizeof(Need), need_fields + 5, NEED_FIELD_COUNT - 7, NULL, need_preview_run, NULL, "What everybody would read of it; nothing is kept."},
    {"need.list",         "技术需求",   "Needs",         OP_READ,  0, WHO_PUBLIC, OP_IN(ListQuery, query_fields), NULL, need_list_run, NULL, NULL},
    {"need.show",         "需求详情",   "Need",          OP_READ,  0, WHO_PUBLIC, OP_IN(IdIn, id_fields), NULL, need_show_run, NULL, NULL},
    {"need.accept",       "受理并公布", "Accept",        OP_WRITE, 0, WHO_OPERATOR, OP_IN(IdsIn, ids_fields), NULL, need_act_run, NULL, NULL},
    {"need.return",       "退回修改",   "Return",        OP_WRITE, 0, WHO_OPERATOR, OP_IN(IdsIn, ids_fields), NULL, need_act_run, NULL, NULL},
    {"need.submit",       "重新提交",   "Submit",        OP_WRITE, 0, WHO_BINDS, OP_IN(IdsIn, ids_fields), NULL, need_act_run, NULL, NULL},
    {"need.withdraw",     "撤回需求",   "Withdraw",      OP_WRITE, OP_DANGER, WHO_BINDS | WHO_OPERATOR, OP_IN(IdsIn, ids_fields), NULL, need_act_run, NULL, NULL},
    {"need.match",        "标为已对接", "Mark as matched", OP_WRITE, 0, WHO_BINDS | WHO_OPERATOR, OP_IN(IdsIn, ids_fields), NULL, need_act_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&patent_type, &achievement_type, &listing_type,
                                          &need_type, &need_public_type};
static const Flow *const flows[] = {&listing_flow, &need_flow};
static const CodeList *const codes[] = {&patent_kinds, &achievement_kinds, &trade_modes,
                                        &cooperation_codes, &hideable_fields};

const Room registry_room = {
    .name = "registry",
    .types = types,
    .type_count = COUNT(types),
    .flows = flows,
    .flow_count = COUNT(flows),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
