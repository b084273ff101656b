/* lot_notice.c - drafting, editing, publishing and withdrawing a notice; when a lot may open. */
#include "auction/lot_notice.h"

#include "auction/auction.h"
#include "auction/day.h"
#include "auction/priority.h"
#include "command/settings.h"
#include "ident/ident.h"
#include "registry/registry.h"

#include <string.h>

typedef struct NoticeIdIn {
    i64 id;
} NoticeIdIn;

typedef struct NoticeReasonIn {
    i64 id;
    Str reason;
} NoticeReasonIn;

typedef struct NoticeReviseIn {
    i64 id;
    Str changes;
} NoticeReviseIn;

typedef struct NoticeListIn {
    Str state;
    i64 season_id;
    i64 lot_id;
    i64 page;
} NoticeListIn;

/* ---- the flow ---- */

/* The disclosure list (网络司法拍卖 art. 13, 14): what the terms of the lot do not say themselves. */
typedef struct Disclosure {
    const char *field;
    size_t offset;
} Disclosure;

static const Disclosure disclosures[] = {
    {"price_basis", offsetof(LotNotice, price_basis)},
    {"rights", offsetof(LotNotice, rights)},
    {"conditions", offsetof(LotNotice, conditions)},
    {"priority", offsetof(LotNotice, priority)},
    {"related", offsetof(LotNotice, related)},
    {"payment", offsetof(LotNotice, payment)},
    {"taxes", offsetof(LotNotice, taxes)},
    {"contact", offsetof(LotNotice, contact)},
    {"phone", offsetof(LotNotice, phone)},
};

static bool is_disclosed(const LotNotice *notice, const Disclosure *item)
{
    Str text;
    memcpy(&text, (const char *)notice + item->offset, sizeof text);
    return str_trim(text).len > 0;
}

static Err guard_publish(Cx *cx, const void *record)
{
    const LotNotice *notice = record;
    for (size_t i = 0; i < COUNT(disclosures); i++)
        if (!is_disclosed(notice, &disclosures[i])) {
            const Field *field = record_field(&lot_notice_type, disclosures[i].field);
            return err_set_arg(cx, ERR_STATE, NULL, "lot_notice.not_disclosed",
                               str_from(field_label(field, cx->lang)));
        }
    if (notice->version > 1 && !str_trim(notice->changes).len)
        return err_set(cx, ERR_STATE, NULL, "lot_notice.no_changes");
    return ERR_OK;
}

// clang-format off
static const FlowState states[] = {
    [NOTICE_DRAFT]     = {"draft",     "草稿",   "Draft",     FLOW_START},
    [NOTICE_PUBLISHED] = {"published", "已发布", "Published", FLOW_MIDDLE},
    [NOTICE_WITHDRAWN] = {"withdrawn", "已撤回", "Withdrawn", FLOW_END},
};

static const FlowEdge edges[] = {
    {NOTICE_DRAFT,     "publish",  NOTICE_PUBLISHED, "发布公告", "Publish",  WHO_OPERATOR, guard_publish},
    {NOTICE_PUBLISHED, "withdraw", NOTICE_WITHDRAWN, "撤回公告", "Withdraw", WHO_OPERATOR, NULL, true},
};
const Flow lot_notice_flow = FLOW_OF("lot_notice", "竞价公告", "Bidding notice", states, edges);

/* What an operator writes; the same in the record and in the ops. */
#define NOTICE_PARTS                                                                               \
    {AT(LotNotice, price_basis), F_PROSE, "价格依据", "Basis of the price", 0, SEE_PUBLIC, NULL, .max = 1000, .help_zh = "评估、市场调查或协议定价的依据。", .help_en = "Appraisal, market survey, or how the price was agreed."}, \
    {AT(LotNotice, rights),      F_PROSE, "权利状况", "Rights", 0, SEE_PUBLIC, NULL, .max = 2000, .help_zh = "法律状态、共有、质押、许可和纠纷。", .help_en = "Legal status, co-owners, pledges, licences and disputes."}, \
    {AT(LotNotice, conditions),  F_PROSE, "竞买人条件", "Who may bid", 0, SEE_PUBLIC, NULL, .max = 2000}, \
    {AT(LotNotice, priority),    F_PROSE, "优先购买权", "Rights of first refusal", 0, SEE_PUBLIC, NULL, .max = 1000}, \
    {AT(LotNotice, related),     F_PROSE, "关联交易披露", "Related parties", 0, SEE_PUBLIC, NULL, .max = 1000}, \
    {AT(LotNotice, payment),     F_PROSE, "付款方式", "Payment", 0, SEE_PUBLIC, NULL, .max = 1000}, \
    {AT(LotNotice, taxes),       F_PROSE, "税费承担", "Taxes", 0, SEE_PUBLIC, NULL, .max = 1000}, \
    {AT(LotNotice, contact),     F_TEXT,  "联系部门", "Contact", 0, SEE_PUBLIC, NULL, .max = 80, .help_zh = "部门，不写个人姓名。", .help_en = "A department, not a person."}, \
    {AT(LotNotice, phone),       F_TEXT,  "联系电话", "Phone", 0, SEE_PUBLIC, NULL, .max = 40}, \
    {AT(LotNotice, extra),       F_PROSE, "其他事项", "Further", 0, SEE_PUBLIC, NULL, .max = 2000}

static const Field notice_fields[] = {
    RECORD_HEAD_FIELDS(LotNotice),
    {AT(LotNotice, lot_id),    F_REF,  "竞价标的", "Lot",    FORM_OFF | INDEXED | LISTED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(LotNotice, season_id), F_REF,  "竞价专场", "Season", FORM_OFF | LISTED, SEE_PUBLIC, NULL, .ref = &season_type},
    {AT(LotNotice, org_id),    F_REF,  "转让方",   "Seller", FORM_OFF | LISTED, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(LotNotice, title),     F_TEXT, "标的名称", "Title",  FORM_OFF | LISTED, SEE_PUBLIC, NULL},
    {AT(LotNotice, number),    F_TEXT, "公告编号", "Number", FORM_OFF | LISTED, SEE_PUBLIC, NULL},
    {AT(LotNotice, programme), F_TEXT, "所属活动", "Programme", FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotNotice, year),      F_INT,  "年份",     "Year",   FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotNotice, no),        F_INT,  "序号",     "No. of the year", FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotNotice, version),   F_INT,  "版次",     "Version", FORM_OFF | LISTED, SEE_PUBLIC, NULL},
    {AT(LotNotice, before_id), F_INT,  "上一版",   "Version before", FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotNotice, after_id),  F_INT,  "下一版",   "Version after", FORM_OFF | LISTED, SEE_PUBLIC, NULL},
    {AT(LotNotice, changes),   F_PROSE, "变更内容", "Changes", FORM_OFF, SEE_PUBLIC, NULL, .max = 1000},
    NOTICE_PARTS,
    {AT(LotNotice, text),      F_PROSE, "公告正文", "Text",  FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotNotice, hash),      F_TEXT, "正文摘要", "Digest", FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotNotice, opens_ms),  F_TIME, "竞价开始", "Opens",  FORM_OFF | LISTED, SEE_PUBLIC, NULL},
    {AT(LotNotice, published_ms), F_TIME, "发布时间", "Published", FORM_OFF | LISTED, SEE_PUBLIC, NULL},
    {AT(LotNotice, withdrawn_ms), F_TIME, "撤回时间", "Withdrawn", FORM_OFF, SEE_PUBLIC, NULL},
    {AT(LotNotice, reason),    F_TEXT, "撤回原因", "Why withdrawn", FORM_OFF, SEE_PUBLIC, NULL, .max = 200},
    {AT(LotNotice, state),     F_STATE, "状态",    "State",  FORM_OFF | INDEXED | LISTED, SEE_PUBLIC, NULL, .flow = &lot_notice_flow},
};
const RecordType lot_notice_type = {"lot_notice", "竞价公告", "Bidding notice", sizeof(LotNotice), notice_fields, COUNT(notice_fields), NULL};
// clang-format on

/* ---- when ---- */

Err notice_earliest(Cx *cx, const Season *season, i64 ms, i64 *ret_ms)
{
    Calendar calendar;
    Err e = calendar_load(cx, &calendar);
    if (e)
        return e;
    i64 date = notice_opens_date(&calendar, season_preset(cx, season),
                                 season->id ? season->notice_days : 0, time_date(ms));
    *ret_ms = date_days(date) * 24 * 3600000 - SHANGHAI_OFFSET_MS;
    return ERR_OK;
}

static Err in_time(Cx *cx, const Season *season, i64 published_ms, i64 opens_ms)
{
    i64 earliest_ms = 0;
    Err e = notice_earliest(cx, season, published_ms, &earliest_ms);
    if (!e && opens_ms < earliest_ms)
        e = err_set_arg(cx, ERR_STATE, NULL, "lot_notice.too_late",
                        time_format(cx->arena, earliest_ms));
    return e;
}

/* The newest published version of a lot's notice, and when its first came out; id 0: none. */
static Err published_of(Cx *cx, i64 lot_id, LotNotice *ret, i64 *ret_first_ms)
{
    LotNotice notice = {0};
    Err e = RECORD_FIND(cx, &lot_notice_type, &notice,
                        "WHERE lot_id = ?1 AND state = ?2 AND after_id = 0 ORDER BY version DESC "
                        "LIMIT 1",
                        BIND_INT(lot_id), BIND_INT(NOTICE_PUBLISHED));
    if (e == ERR_MISSING) {
        err_clear(cx);
        *ret = (LotNotice){0};
        return ERR_OK;
    }
    if (!e)
        e = DB_INT(cx, ret_first_ms, 0,
                   "SELECT MIN(published_ms) FROM lot_notice WHERE lot_id = ?1 AND state = ?2",
                   BIND_INT(lot_id), BIND_INT(NOTICE_PUBLISHED));
    if (!e)
        *ret = notice;
    return e;
}

Err notice_ready(Cx *cx, const Lot *lot)
{
    Season season = {0};
    LotNotice notice = {0};
    i64 first_ms = 0;
    Err e = season_of_lot(cx, lot->id, &season);
    bool wanted =
        season.id ? season.notice_wanted != 0 : house_of(cx)->settings->notice_preset.len > 0;
    if (e || !wanted)
        return e;
    e = published_of(cx, lot->id, &notice, &first_ms);
    if (!e && !notice.id)
        e = err_set_arg(cx, ERR_STATE, NULL, "lot_notice.wanted", lot->title);
    if (!e && notice.opens_ms != lot->open_ms)
        e = err_set_arg(cx, ERR_STATE, NULL, "lot_notice.other_opening",
                        time_format(cx->arena, notice.opens_ms));
    return e ? e : in_time(cx, &season, first_ms, lot->open_ms);
}

/* ---- the text ---- */

static Err compose(Cx *cx, LotNotice *notice, const Lot *lot, const Season *season)
{
    NoticeTerms terms = {.notice = notice, .lot = lot, .season = season};
    Listing listing = {0};
    Patent patent = {0};
    Err e = record_load(cx, &listing_type, lot->listing_id, &listing);
    if (!e)
        e = org_name(cx, lot->org_id, &terms.seller);
    if (!e && listing.patent_id)
        e = record_load(cx, &patent_type, listing.patent_id, &patent);
    if (e)
        return e;
    terms.mode = listing.mode;
    terms.number = patent.appno.len ? patent.appno : patent.pubno;
    notice->text = notice_text(cx->arena, &terms);
    notice->opens_ms = lot->open_ms;
    notice->hash = notice_hash(cx->arena, notice);
    return ERR_OK;
}

/* The lot and the season a notice is about; ERR_STATE once the lot has begun. */
static Err load_about(Cx *cx, i64 lot_id, Lot *ret_lot, Season *ret_season)
{
    Err e = lot_load(cx, lot_id, ret_lot);
    if (!e && ret_lot->state != LOT_SCHEDULED)
        e = err_set_arg(cx, ERR_STATE, NULL, "lot_notice.lot_begun", ret_lot->title);
    return e ? e : season_of_lot(cx, lot_id, ret_season);
}

/* ---- lot_notice.draft, .edit, .revise, .remove ---- */

static Val *notice_reply(Cx *cx, const LotNotice *notice)
{
    Val *val = val_map(cx->arena);
    val_set_int(cx->arena, val, "id", notice->id);
    val_set_str(cx->arena, val, "number", notice->number);
    val_set_int(cx->arena, val, "version", notice->version);
    val_set_z(cx->arena, val, "state", flow_state_name(&lot_notice_flow, notice->state));
    return val;
}

static void take_parts(LotNotice *notice, const LotNotice *in)
{
    notice->price_basis = in->price_basis;
    notice->rights = in->rights;
    notice->conditions = in->conditions;
    notice->priority = in->priority;
    notice->related = in->related;
    notice->payment = in->payment;
    notice->taxes = in->taxes;
    notice->contact = in->contact;
    notice->phone = in->phone;
    notice->extra = in->extra;
}

static Err save_draft(Cx *cx, LotNotice *notice, const char *fact, Val **ret)
{
    Lot lot = {0};
    Season season = {0};
    Err e = load_about(cx, notice->lot_id, &lot, &season);
    if (e)
        return e;
    notice->season_id = season.id;
    notice->programme = season.programme;
    notice->org_id = lot.org_id;
    notice->title = lot.title;
    e = compose(cx, notice, &lot, &season);
    if (e)
        return e;
    FactNote note = {fact, notice->version, NULL, lot.id};
    e = notice->id ? fact_change(cx, &lot_notice_type, notice, note)
                   : fact_create(cx, &lot_notice_type, notice, note);
    if (!e)
        *ret = notice_reply(cx, notice);
    return e;
}

/* One draft at a time, and a first version only while there is no published one. */
static Err none_yet(Cx *cx, i64 lot_id, bool revising)
{
    i64 count = 0;
    Err e = DB_INT(cx, &count, 0,
                   "SELECT COUNT(*) FROM lot_notice WHERE lot_id = ?1 AND (state = ?2 OR (?3 = 0 "
                   "AND state = ?4))",
                   BIND_INT(lot_id), BIND_INT(NOTICE_DRAFT), BIND_INT(revising),
                   BIND_INT(NOTICE_PUBLISHED));
    return e || !count ? e : err_set(cx, ERR_CONFLICT, NULL, "lot_notice.there_is_one");
}

static Err draft_run(Cx *cx, const void *arg, Val **ret)
{
    const LotNotice *in = arg;
    LotNotice notice = {.lot_id = in->lot_id, .version = 1};
    take_parts(&notice, in);
    Err e = none_yet(cx, in->lot_id, false);
    if (!e && !str_trim(notice.priority).len) /* Of holders that were told it says so itself. */
        e = priority_words(cx, in->lot_id, &notice.priority);
    return e ? e : save_draft(cx, &notice, "lot_notice.drafted", ret);
}

static Err load_draft(Cx *cx, i64 id, LotNotice *ret)
{
    Err e = record_load(cx, &lot_notice_type, id, ret);
    if (!e && ret->state != NOTICE_DRAFT)
        e = err_set(cx, ERR_STATE, NULL, "lot_notice.frozen");
    return e;
}

static Err edit_run(Cx *cx, const void *arg, Val **ret)
{
    const LotNotice *in = arg;
    LotNotice notice = {0};
    Err e = load_draft(cx, in->id, &notice);
    if (e)
        return e;
    take_parts(&notice, in);
    if (notice.version > 1)
        notice.changes = in->changes;
    return save_draft(cx, &notice, "lot_notice.edited", ret);
}

static Err revise_run(Cx *cx, const void *arg, Val **ret)
{
    const NoticeReviseIn *in = arg;
    LotNotice before = {0};
    Err e = record_load(cx, &lot_notice_type, in->id, &before);
    if (!e && (before.state != NOTICE_PUBLISHED || before.after_id))
        e = err_set(cx, ERR_STATE, NULL, "lot_notice.not_in_force");
    if (!e)
        e = none_yet(cx, before.lot_id, true);
    if (e)
        return e;
    LotNotice notice = {.lot_id = before.lot_id,
                        .number = before.number,
                        .year = before.year,
                        .no = before.no,
                        .version = before.version + 1,
                        .before_id = before.id,
                        .changes = str_trim(in->changes)};
    take_parts(&notice, &before);
    return save_draft(cx, &notice, "lot_notice.drafted", ret);
}

static Err remove_run(Cx *cx, const void *arg, Val **ret)
{
    LotNotice notice = {0};
    Err e = load_draft(cx, ((const NoticeIdIn *)arg)->id, &notice);
    if (!e)
        e = fact_remove(cx, &lot_notice_type, notice.id,
                        (FactNote){"lot_notice.removed", notice.version, NULL, notice.lot_id});
    if (!e)
        *ret = notice_reply(cx, &notice);
    return e;
}

/* ---- lot_notice.publish, .withdraw ---- */

/* How notices are numbered where their season does not say. */
#define NOTICE_NUMBER "{programme}竞价公告〔{year}〕{no}号"

/* The next number of its programme in this year. */
static Err give_number(Cx *cx, LotNotice *notice, const Season *season)
{
    if (notice->number.len)
        return ERR_OK;
    notice->year = time_date(cx->arrived_ms) / 10000;
    Err e = DB_INT(cx, &notice->no, 0,
                   "SELECT COALESCE(MAX(no), 0) + 1 FROM lot_notice WHERE year = ?1 AND programme "
                   "= ?2",
                   BIND_INT(notice->year), BIND_STR(notice->programme));
    Str format = season->notice_number.len ? season->notice_number : S(NOTICE_NUMBER);
    notice->number = notice_number(cx->arena, format, notice->programme, notice->year, notice->no);
    return e;
}

/* The version before says which one holds now. */
static Err replace_before(Cx *cx, const LotNotice *notice)
{
    LotNotice before = {0};
    if (!notice->before_id)
        return ERR_OK;
    Err e = record_load(cx, &lot_notice_type, notice->before_id, &before);
    before.after_id = notice->id;
    return e ? e
             : fact_change(
                   cx, &lot_notice_type, &before,
                   (FactNote){"lot_notice.replaced", notice->version, NULL, notice->lot_id});
}

static Err publish_run(Cx *cx, const void *arg, Val **ret)
{
    LotNotice notice = {0};
    Lot lot = {0};
    Season season = {0};
    i64 state = 0;
    Err e = record_load(cx, &lot_notice_type, ((const NoticeIdIn *)arg)->id, &notice);
    if (!e)
        e = flow_step(cx, &lot_notice_flow, notice.state, "publish", cx->actor.roles, &notice,
                      &state);
    if (!e)
        e = load_about(cx, notice.lot_id, &lot, &season);
    if (!e && notice.version == 1)
        e = in_time(cx, &season, cx->arrived_ms, lot.open_ms);
    if (!e && notice.version == 1)
        e = priority_told(cx, lot.id, cx->arrived_ms);
    if (!e)
        e = give_number(cx, &notice, &season);
    if (e)
        return e;
    notice.state = state;
    notice.published_ms = cx->arrived_ms;
    e = compose(cx, &notice, &lot, &season);
    if (e)
        return e;
    const char *digest = str_z(cx->arena, str_slice(notice.hash, 0, 32));
    e = fact_change(cx, &lot_notice_type, &notice,
                    (FactNote){"lot_notice.published", notice.version, digest, lot.id});
    if (!e)
        e = replace_before(cx, &notice);
    if (!e)
        *ret = notice_reply(cx, &notice);
    return e;
}

static Err withdraw_run(Cx *cx, const void *arg, Val **ret)
{
    const NoticeReasonIn *in = arg;
    LotNotice notice = {0};
    Lot lot = {0};
    Err e = record_load(cx, &lot_notice_type, in->id, &notice);
    if (!e)
        e = flow_step(cx, &lot_notice_flow, notice.state, "withdraw", cx->actor.roles, &notice,
                      &notice.state);
    if (!e)
        e = lot_load(cx, notice.lot_id, &lot);
    if (!e && lot.state != LOT_SCHEDULED && lot.state != LOT_CANCELLED)
        e = err_set_arg(cx, ERR_STATE, NULL, "lot_notice.lot_begun", lot.title);
    if (e)
        return e;
    notice.withdrawn_ms = cx->arrived_ms;
    notice.reason = str_trim(in->reason);
    e = fact_change(cx, &lot_notice_type, &notice,
                    (FactNote){"lot_notice.withdrawn", notice.version, NULL, lot.id});
    if (!e)
        *ret = notice_reply(cx, &notice);
    return e;
}

/* ---- lot_notice.list, .show ---- */

static bool sees_drafts(Cx *cx)
{
    return (cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL)) != 0;
}

/* A draft is known to the operator and the seller. */
static bool may_see(Cx *cx, const LotNotice *notice)
{
    return notice->state != NOTICE_DRAFT || sees_drafts(cx) ||
           (who_of(cx, notice->org_id, false) & WHO_OWNER);
}

#define NOTICES_ASKED                                                                              \
    "WHERE (?1 < 0 OR state = ?1) AND (?2 = 0 OR season_id = ?2) AND (?3 = 0 OR lot_id = ?3) AND " \
    "(state <> 0 OR ?4 = 1)"

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    const NoticeListIn *in = arg;
    i64 page = page_number(in->page), total = 0, state = -1;
    if (in->state.len)
        state = flow_state_find(&lot_notice_flow, in->state);
    if (in->state.len && state < 0)
        return err_set_arg(cx, ERR_INPUT, "state", "lot_notice.no_such_state", in->state);
    const Bind binds[] = {BIND_INT(state),      BIND_INT(in->season_id),
                          BIND_INT(in->lot_id), BIND_INT(sees_drafts(cx)),
                          BIND_INT(PAGE_SIZE),  BIND_INT((page - 1) * PAGE_SIZE)};
    Rows rows;
    LotNotice *found = ARENA_NEW(cx->arena, LotNotice, PAGE_SIZE);
    size_t count = 0;
    Val *items = val_list(cx->arena);
    Err e = count_rows(cx, "SELECT COUNT(*) FROM lot_notice " NOTICES_ASKED, binds, 4, &total);
    if (!e)
        e = record_query(cx, &lot_notice_type, &rows,
                         NOTICES_ASKED " ORDER BY id DESC LIMIT ?5 OFFSET ?6", binds, COUNT(binds));
    if (e)
        return e;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &lot_notice_type, &rows, &found[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        found[i].text = S(""); /* A list is no place for whole documents. */
        val_push(cx->arena, items, record_val(cx, &lot_notice_type, &found[i], SEE_PUBLIC));
    }
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    if (!e)
        *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

/* All versions of this number that the reader may know of, newest first. */
static Err versions_val(Cx *cx, const LotNotice *notice, Val **ret)
{
    Rows rows;
    LotNotice *found = ARENA_NEW(cx->arena, LotNotice, PAGE_SIZE);
    size_t count = 0;
    *ret = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &lot_notice_type, &rows,
                         "WHERE lot_id = ?1 ORDER BY version DESC, id DESC LIMIT ?2",
                         BIND_INT(notice->lot_id), BIND_INT(PAGE_SIZE));
    if (e)
        return e;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &lot_notice_type, &rows, &found[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        if (!may_see(cx, &found[i]))
            continue;
        Val *row = notice_reply(cx, &found[i]);
        val_set_str(cx->arena, row, "hash", found[i].hash);
        val_set_str(cx->arena, row, "changes", found[i].changes);
        val_set_int(cx->arena, row, "published_ms", found[i].published_ms);
        val_set_bool(cx->arena, row, "here", found[i].id == notice->id);
        val_push(cx->arena, *ret, row);
    }
    return e;
}

/* What a draft still lacks: for those who may publish it. */
static Val *missing_val(Cx *cx, const LotNotice *notice)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; notice->state == NOTICE_DRAFT && i < COUNT(disclosures); i++)
        if (!is_disclosed(notice, &disclosures[i])) {
            const Field *field = record_field(&lot_notice_type, disclosures[i].field);
            val_push(cx->arena, list, val_z(cx->arena, field_label(field, cx->lang)));
        }
    return list;
}

static Err show_run(Cx *cx, const void *arg, Val **ret)
{
    LotNotice notice = {0};
    Season season = {0};
    Str seller = S("");
    i64 earliest_ms = 0;
    Val *versions = NULL, *history = NULL, *map = val_map(cx->arena);
    Err e = record_load(cx, &lot_notice_type, ((const NoticeIdIn *)arg)->id, &notice);
    if (!e && !may_see(cx, &notice))
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                        str_from(cx->lang == LANG_EN ? lot_notice_type.en : lot_notice_type.zh));
    if (!e)
        e = org_name(cx, notice.org_id, &seller);
    if (!e)
        e = season_of_lot(cx, notice.lot_id, &season);
    if (!e)
        e = notice_earliest(cx, &season, clock_now_ms(cx->clock), &earliest_ms);
    if (!e)
        e = versions_val(cx, &notice, &versions);
    if (!e)
        e = history_val(cx, &lot_notice_type, notice.id, &history);
    if (!e)
        e = org_names_add(cx, history, "org_id", "actor");
    if (e)
        return e;
    Val *val = record_val(cx, &lot_notice_type, &notice, SEE_PUBLIC);
    val_set_str(cx->arena, val, "org", seller);
    val_set_str(cx->arena, val, "season", season.name);
    val_set(cx->arena, map, "lot_notice", val);
    val_set(cx->arena, map, "versions", versions);
    val_set(cx->arena, map, "missing", missing_val(cx, &notice));
    val_set_int(cx->arena, map, "earliest_ms", notice.state == NOTICE_DRAFT ? earliest_ms : 0);
    val_set(cx->arena, map, "acts", flow_acts(cx, &lot_notice_flow, notice.state, cx->actor.roles));
    val_set(cx->arena, map, "stepper", flow_stepper(cx, &lot_notice_flow, notice.state));
    val_set(cx->arena, map, "history", history);
    *ret = map;
    return ERR_OK;
}

/* ---- the table ---- */

// clang-format off
static const Field draft_in[] = {
    {AT(LotNotice, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
    NOTICE_PARTS,
};
static const Field edit_in[] = {
    {AT(LotNotice, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
    {AT(LotNotice, changes), F_PROSE, "变更内容", "Changes", 0, SEE_PUBLIC, NULL, .max = 1000, .help_zh = "第二版起填写。", .help_en = "From the second version on."},
    NOTICE_PARTS,
};
static const Field revise_in[] = {
    {AT(NoticeReviseIn, id),      F_REF,   "编号",     "No.",     REQUIRED, SEE_PUBLIC, NULL},
    {AT(NoticeReviseIn, changes), F_PROSE, "变更内容", "Changes", REQUIRED, SEE_PUBLIC, NULL, .max = 1000},
};
static const Field id_in[] = {
    {AT(NoticeIdIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};
static const Field reason_in[] = {
    {AT(NoticeReasonIn, id),     F_REF,  "编号", "No.",    REQUIRED, SEE_PUBLIC, NULL},
    {AT(NoticeReasonIn, reason), F_TEXT, "原因", "Reason", REQUIRED, SEE_PUBLIC, NULL, .max = 200},
};
static const Field list_in[] = {
    {AT(NoticeListIn, state),     F_TEXT, "状态",     "State",  0, SEE_PUBLIC, NULL, .max = 20},
    {AT(NoticeListIn, season_id), F_REF,  "竞价专场", "Season", 0, SEE_PUBLIC, NULL, .ref = &season_type},
    {AT(NoticeListIn, lot_id),    F_REF,  "竞价标的", "Lot",    0, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(NoticeListIn, page),      F_INT,  "页",       "Page",   0, SEE_PUBLIC, NULL, .max = PAGE_MAX},
};

static const Op ops[] = {
    {"lot_notice.list",     "竞价公告", "Bidding notices", OP_READ,  0, WHO_PUBLIC,   OP_IN(NoticeListIn, list_in), NULL, list_run, NULL, NULL},
    {"lot_notice.show",     "公告详情", "Bidding notice",  OP_READ,  0, WHO_PUBLIC,   OP_IN(NoticeIdIn, id_in), NULL, show_run, NULL, NULL},
    {"lot_notice.draft",    "起草竞价公告", "Draft a notice", OP_WRITE, 0, WHO_OPERATOR, OP_IN(LotNotice, draft_in), NULL, draft_run, "价格、时间和规则由标的生成，其余按披露清单填写，发布前填齐。", "Prices, times and rules come from the lot; the rest is the disclosure list."},
    {"lot_notice.edit",     "修改公告", "Edit",            OP_WRITE, 0, WHO_OPERATOR, OP_IN(LotNotice, edit_in), NULL, edit_run, NULL, NULL},
    {"lot_notice.publish",  "发布公告", "Publish",         OP_WRITE, 0, WHO_OPERATOR, OP_IN(NoticeIdIn, id_in), NULL, publish_run, "发布后正文不能再改，变更须发布新版。", "Its text is frozen then; a change is a new version."},
    {"lot_notice.withdraw", "撤回公告", "Withdraw",        OP_WRITE, OP_DANGER, WHO_OPERATOR, OP_IN(NoticeReasonIn, reason_in), NULL, withdraw_run, NULL, NULL},
    {"lot_notice.revise",   "变更公告", "New version",     OP_WRITE, 0, WHO_OPERATOR, OP_IN(NoticeReviseIn, revise_in), NULL, revise_run, "起草新的一版；原版仍可查阅。", "Drafts the next version; this one stays readable."},
    {"lot_notice.remove",   "删除草稿", "Remove the draft", OP_WRITE, OP_DANGER, WHO_OPERATOR, OP_IN(NoticeIdIn, id_in), NULL, remove_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&lot_notice_type};
static const Flow *const flows[] = {&lot_notice_flow};

const Room lot_notice_room = {.name = "lot_notice",
                              .types = types,
                              .type_count = COUNT(types),
                              .flows = flows,
                              .flow_count = COUNT(flows),
                              .ops = ops,
                              .op_count = COUNT(ops)};
