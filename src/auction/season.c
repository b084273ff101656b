/* season.c - seasons, the lots in them, and what is shown of both. */
#include "auction/season_int.h"

#include "auction/auction.h"
#include "auction/lot_notice.h"
#include "command/settings.h"
#include "ident/ident.h"
#include "registry/registry.h"

#include <string.h>

static Err rule_minutes(Cx *cx, const Field *field, const void *member)
{
    i64 minutes;
    Str text;
    memcpy(&text, member, sizeof text);
    if (!text.len || day_minutes_read(text, &minutes))
        return ERR_OK;
    return err_set(cx, ERR_INPUT, field->name, "season.no_hour");
}

static Err rule_number(Cx *cx, const Field *field, const void *member)
{
    Str text;
    memcpy(&text, member, sizeof text);
    if (!text.len || str_has(text, S("{no}")))
        return ERR_OK;
    return err_set(cx, ERR_INPUT, field->name, "season.no_number");
}

// clang-format off
static const Code weekday_rows[] = {
    {"1", "周一", "Monday"}, {"2", "周二", "Tuesday"}, {"3", "周三", "Wednesday"}, {"4", "周四", "Thursday"},
    {"5", "周五", "Friday"}, {"6", "周六", "Saturday"}, {"7", "周日", "Sunday"},
};
const CodeList weekday_codes = CODE_LIST("weekday", weekday_rows);

/* The rows of bid_presets; season_test.c compares them. */
static const Code preset_rows[] = {
    {"exchange",       "平台一般规则",          "Rules of the exchange"},
    {"auction",        "拍卖法",                "Auction Law"},
    {"judicial",       "网络司法拍卖（动产）",  "Judicial online auction (movables)"},
    {"judicial_right", "网络司法拍卖（财产权）", "Judicial online auction (rights)"},
    {"state_10",       "国有资产转让（10 个工作日）", "State assets (10 working days)"},
    {"state_20",       "国有资产转让（20 个工作日）", "State assets (20 working days)"},
};
const CodeList bid_preset_codes = CODE_LIST("bid_preset", preset_rows);

/* The same members in the record and in the ops that make and change it. */
#define SEASON_FIELDS                                                                              \
    {AT(Season, name),        F_TEXT, "专场名称", "Name", REQUIRED | LISTED, SEE_PUBLIC, NULL, .min = 2, .max = 80}, \
    {AT(Season, programme),   F_TEXT, "所属活动", "Programme", LISTED, SEE_PUBLIC, NULL, .max = 80, .help_zh = "竞价公告按所属活动编号。", .help_en = "Notices are numbered by it."}, \
    {AT(Season, intro),       F_PROSE, "说明", "About", 0, SEE_PUBLIC, NULL, .max = 2000}, \
    {AT(Season, from_date),   F_DATE, "开始日期", "From", REQUIRED | LISTED, SEE_PUBLIC, NULL, .group_zh = "时间", .group_en = "Times"}, \
    {AT(Season, until_date),  F_DATE, "结束日期", "Until", REQUIRED | LISTED, SEE_PUBLIC, NULL, .help_zh = "未成交的标的展示到这一天。", .help_en = "What was not sold stays on show until this day."}, \
    {AT(Season, weekdays),    F_CODES, "竞价日", "Bidding days", REQUIRED | LISTED, SEE_PUBLIC, NULL, .codes = &weekday_codes, .help_zh = "遇法定节假日顺延到下一个竞价日。", .help_en = "A holiday is passed over."}, \
    {AT(Season, hours_from),  F_TEXT, "每日开始", "Day from", REQUIRED, SEE_PUBLIC, rule_minutes, .max = 5, .help_zh = "如 09:30", .help_en = "As 09:30"}, \
    {AT(Season, hours_to),    F_TEXT, "每日结束", "Day to", REQUIRED, SEE_PUBLIC, rule_minutes, .max = 5}, \
    {AT(Season, length_min),  F_INT, "每个标的竞价时长（分钟）", "Length of a lot, minutes", REQUIRED, SEE_PUBLIC, NULL, .min = 1, .max = 10 * SEASON_DAY_MIN}, \
    {AT(Season, gap_min),     F_INT, "开始间隔（分钟）", "Between openings, minutes", 0, SEE_PUBLIC, NULL, .max = SEASON_DAY_MIN, .help_zh = "留空则当日各标的同时开始。", .help_en = "All of a day open together when left empty."}, \
    {AT(Season, day_lots),    F_INT, "每日标的上限", "Lots of a day", 0, SEE_PUBLIC, NULL, .max = SEASON_PLAN_MAX}, \
    {AT(Season, preset),      F_CODE, "适用规则", "Rules", REQUIRED, SEE_PUBLIC, NULL, .codes = &bid_preset_codes, .group_zh = "规则", .group_en = "Rules"}, \
    {AT(Season, notice_days), F_INT, "公告期（天）", "Notice, days", 0, SEE_PUBLIC, NULL, .max = DAY_TERM_MAX, .help_zh = "留空则按适用规则；不得短于适用规则。", .help_en = "As the rules ask when left empty; never less."}, \
    {AT(Season, notice_wanted), F_BOOL, "须先发布竞价公告", "Notice before opening", 0, SEE_PUBLIC, NULL}, \
    {AT(Season, notice_number), F_TEXT, "公告编号格式", "Numbers of notices", 0, SEE_PUBLIC, rule_number, .max = 80, .help_zh = "{programme}、{year}、{no} 会被替换；留空则为“…竞价公告〔年〕号”。", .help_en = "{programme}, {year}, {no} are filled in; a common form when empty."}, \
    {AT(Season, step_bp),     F_INT, "加价幅度（起拍价万分比）", "Step, basis points of the start", 0, SEE_PUBLIC, NULL, .max = 10000}, \
    {AT(Season, deposit_bp),  F_INT, "保证金（起拍价万分比）", "Deposit, basis points of the start", 0, SEE_PUBLIC, NULL, .max = 10000}, \
    {AT(Season, fee_bp),      F_INT, "服务费（成交价万分比）", "Fee, basis points of the price", 0, SEE_PUBLIC, NULL, .max = 10000}

static const Field season_fields[] = {
    RECORD_HEAD_FIELDS(Season),
    SEASON_FIELDS,
};
const RecordType season_type = {"season", "竞价专场", "Season", sizeof(Season), season_fields, COUNT(season_fields), NULL};

static const Field link_fields[] = {
    RECORD_HEAD_FIELDS(SeasonLot),
    {AT(SeasonLot, season_id),  F_REF, "竞价专场", "Season",  FORM_OFF | INDEXED, SEE_PUBLIC, NULL, .ref = &season_type},
    {AT(SeasonLot, lot_id),     F_REF, "竞价标的", "Lot",     FORM_OFF | UNIQUE,  SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(SeasonLot, listing_id), F_REF, "挂牌项目", "Listing", FORM_OFF,           SEE_PUBLIC, NULL, .ref = &listing_type},
    {AT(SeasonLot, plan),       F_INT, "排期",     "Plan",    FORM_OFF,           SEE_PUBLIC, NULL},
};
const RecordType season_lot_type = {"season_lot", "专场标的", "Lot of a season", sizeof(SeasonLot), link_fields, COUNT(link_fields), NULL};
// clang-format on

/* ---- what others ask ---- */

static unsigned weekday_bits(Str weekdays)
{
    unsigned bits = 0;
    Str rest = weekdays, part;
    i64 day;
    while (str_split(&rest, ',', &part))
        if (str_to_i64(str_trim(part), &day) && day >= 1 && day <= 7)
            bits |= 1u << day;
    return bits;
}

Err season_hours(Cx *cx, const Season *season, SeasonHours *ret)
{
    SeasonHours hours = {.from_date = season->from_date,
                         .until_date = season->until_date,
                         .weekdays = weekday_bits(season->weekdays),
                         .length_min = season->length_min,
                         .gap_min = season->gap_min,
                         .day_lots = season->day_lots};
    if (!day_minutes_read(season->hours_from, &hours.from_min))
        return err_set(cx, ERR_INPUT, "hours_from", "season.no_hour");
    if (!day_minutes_read(season->hours_to, &hours.to_min))
        return err_set(cx, ERR_INPUT, "hours_to", "season.no_hour");
    if (hours.to_min <= hours.from_min)
        return err_set(cx, ERR_INPUT, "hours_to", "season.hours_end_first");
    *ret = hours;
    return ERR_OK;
}

Err season_link(Cx *cx, i64 lot_id, SeasonLot *ret)
{
    SeasonLot link = {0};
    Err e = RECORD_FIND(cx, &season_lot_type, &link, "WHERE lot_id = ?1 AND lot_id <> 0",
                        BIND_INT(lot_id));
    if (e == ERR_MISSING) {
        err_clear(cx);
        link = (SeasonLot){0};
        e = ERR_OK;
    }
    if (!e)
        *ret = link;
    return e;
}

Err season_of_lot(Cx *cx, i64 lot_id, Season *ret)
{
    SeasonLot link = {0};
    Season season = {0};
    Err e = season_link(cx, lot_id, &link);
    if (!e && link.id)
        e = record_load(cx, &season_type, link.season_id, &season);
    if (!e)
        *ret = season;
    return e;
}

const BidPreset *season_preset(Cx *cx, const Season *season)
{
    return bid_preset(season->id ? season->preset : house_of(cx)->settings->notice_preset);
}

Err season_lot_free(Cx *cx, i64 lot_id)
{
    Lot lot = {0};
    i64 published = 0;
    Err e = lot_load(cx, lot_id, &lot);
    if (!e && lot.state != LOT_SCHEDULED)
        e = err_set_arg(cx, ERR_STATE, "lot_id", "season.lot_started", lot.title);
    if (!e)
        e = DB_INT(cx, &published, 0,
                   "SELECT COUNT(*) FROM lot_notice WHERE lot_id = ?1 AND state = ?2",
                   BIND_INT(lot_id), BIND_INT(NOTICE_PUBLISHED));
    if (!e && published)
        e = err_set_arg(cx, ERR_STATE, "lot_id", "season.notice_is_out", lot.title);
    return e;
}

/* ---- season.add, season.change ---- */

/* What its members must be among themselves. */
static Err check_terms(Cx *cx, const Season *season)
{
    SeasonHours hours;
    const BidPreset *preset = bid_preset(season->preset);
    Str least = str_format(cx->arena, "%lld", (long long)preset->notice_days);
    Str length = str_format(cx->arena, "%lld", (long long)preset->length_min);
    Err e = season_hours(cx, season, &hours);
    if (e)
        return e;
    if (season->until_date < season->from_date)
        return err_set(cx, ERR_INPUT, "until_date", "season.ends_first");
    if (season->notice_days && season->notice_days < preset->notice_days)
        return err_set_arg(cx, ERR_INPUT, "notice_days", "season.notice_short", least);
    if (season->length_min < preset->length_min)
        return err_set_arg(cx, ERR_INPUT, "length_min", "season.length_short", length);
    if (season->deposit_bp && (season->deposit_bp < preset->deposit_least_bp ||
                               season->deposit_bp > preset->deposit_most_bp))
        return err_set(cx, ERR_INPUT, "deposit_bp", "season.deposit_range");
    return ERR_OK;
}

static Val *id_val(Cx *cx, i64 id)
{
    Val *val = val_map(cx->arena);
    val_set_int(cx->arena, val, "id", id);
    return val;
}

static Err add_run(Cx *cx, const void *arg, Val **ret)
{
    Season season = *(const Season *)arg;
    season.id = 0;
    Err e = check_terms(cx, &season);
    if (!e)
        e = fact_create(cx, &season_type, &season, (FactNote){.kind = "season.added"});
    if (!e)
        *ret = id_val(cx, season.id);
    return e;
}

static Err change_run(Cx *cx, const void *arg, Val **ret)
{
    const Season *in = arg;
    Season before = {0}, season = *in;
    Err e = record_load(cx, &season_type, in->id, &before);
    if (e)
        return e;
    season.rev = before.rev;
    season.made_ms = before.made_ms;
    e = check_terms(cx, &season);
    if (!e)
        e = fact_change(cx, &season_type, &season, (FactNote){.kind = "season.changed"});
    if (!e)
        *ret = id_val(cx, season.id);
    return e;
}

/* ---- season.put, season.take_out ---- */

typedef struct SeasonPutIn {
    i64 season_id;
    i64 lot_id;
    i64 plan;
} SeasonPutIn;

typedef struct SeasonLotIn {
    i64 lot_id;
} SeasonLotIn;

static Err put_run(Cx *cx, const void *arg, Val **ret)
{
    const SeasonPutIn *in = arg;
    Season season = {0};
    SeasonLot link = {0};
    Lot lot = {0};
    Err e = record_load(cx, &season_type, in->season_id, &season);
    if (!e)
        e = lot_load(cx, in->lot_id, &lot);
    if (!e)
        e = season_link(cx, in->lot_id, &link);
    if (!e && link.id)
        e = err_set(cx, ERR_CONFLICT, "lot_id", "season.lot_in_season");
    if (!e && lot.state > LOT_PAUSED)
        e = err_set_arg(cx, ERR_STATE, "lot_id", "season.lot_over", lot.title);
    if (e)
        return e;
    link = (SeasonLot){
        .season_id = season.id, .lot_id = lot.id, .listing_id = lot.listing_id, .plan = in->plan};
    e = fact_create(cx, &season_lot_type, &link,
                    (FactNote){"season.lot_put", link.plan, NULL, lot.id});
    if (!e)
        *ret = id_val(cx, link.id);
    return e;
}

static Err take_out_run(Cx *cx, const void *arg, Val **ret)
{
    i64 lot_id = ((const SeasonLotIn *)arg)->lot_id;
    SeasonLot link = {0};
    Lot lot = {0};
    Err e = season_link(cx, lot_id, &link);
    if (!e && !link.id)
        e = err_set(cx, ERR_MISSING, "lot_id", "season.lot_in_none");
    if (!e)
        e = lot_load(cx, lot_id, &lot);
    if (!e && lot.state != LOT_CANCELLED) /* What a season asks of its lots is not got round. */
        e = season_lot_free(cx, lot_id);
    if (!e)
        e = fact_remove(cx, &season_lot_type, link.id,
                        (FactNote){"season.lot_taken_out", link.plan, NULL, lot_id});
    if (!e)
        *ret = id_val(cx, lot_id);
    return e;
}

/* ---- season.list, season.show ---- */

typedef struct SeasonListIn {
    i64 page;
} SeasonListIn;

typedef struct SeasonShowIn {
    i64 id;
    i64 page;
} SeasonShowIn;

enum { SHOWN_MAX = 500 };

/* "coming", "live", "over", by today. */
static const char *stage_of(Cx *cx, const Season *season)
{
    i64 today = time_date(clock_now_ms(cx->clock));
    return today < season->from_date ? "coming" : today > season->until_date ? "over" : "live";
}

static Val *season_val(Cx *cx, const Season *season)
{
    Val *val = record_val(cx, &season_type, season, SEE_PUBLIC);
    const BidPreset *preset = bid_preset(season->preset);
    val_set_z(cx->arena, val, "stage", stage_of(cx, season));
    val_set_z(cx->arena, val, "preset_label", cx->lang == LANG_EN ? preset->en : preset->zh);
    val_set_int(cx->arena, val, "notice_least",
                season->notice_days ? season->notice_days : preset->notice_days);
    val_set_bool(cx->arena, val, "notice_working", preset->working);
    return val;
}

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    i64 page = page_number(((const SeasonListIn *)arg)->page), total = 0;
    Rows rows;
    Val *items = val_list(cx->arena);
    Season *found = ARENA_NEW(cx->arena, Season, PAGE_SIZE);
    size_t count = 0;
    Err e = DB_INT(cx, &total, 0, "SELECT COUNT(*) FROM season WHERE id > ?1", BIND_INT(0));
    if (!e)
        e = RECORD_QUERY(cx, &season_type, &rows,
                         "ORDER BY until_date DESC, id DESC LIMIT ?1 OFFSET ?2",
                         BIND_INT(PAGE_SIZE), BIND_INT((page - 1) * PAGE_SIZE));
    if (e)
        return e;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &season_type, &rows, &found[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        i64 lots = 0;
        Val *val = season_val(cx, &found[i]);
        e = DB_INT(cx, &lots, 0, "SELECT COUNT(*) FROM season_lot WHERE season_id = ?1",
                   BIND_INT(found[i].id));
        val_set_int(cx->arena, val, "lots", lots);
        val_push(cx->arena, items, val);
    }
    if (!e)
        *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

/* One lot as a season shows it; `part` says where: live, coming, sold, unsold. */
static Val *lot_of_season(Cx *cx, const Lot *lot, i64 plan, i64 notice_id)
{
    static const char *const parts[] = {
        [LOT_SCHEDULED] = "coming", [LOT_OPEN] = "live",       [LOT_PAUSED] = "live",
        [LOT_SOLD] = "sold",        [LOT_NOT_SOLD] = "unsold", [LOT_CANCELLED] = "cancelled"};
    Val *val = val_map(cx->arena);
    val_set_int(cx->arena, val, "id", lot->id);
    val_set_int(cx->arena, val, "listing_id", lot->listing_id);
    val_set_int(cx->arena, val, "org_id", lot->org_id);
    val_set_str(cx->arena, val, "title", lot->title);
    val_set_z(cx->arena, val, "state", flow_state_name(&lot_flow, lot->state));
    val_set_z(cx->arena, val, "part", parts[lot->state]);
    val_set_int(cx->arena, val, "start_fen", lot->start_fen);
    val_set_int(cx->arena, val, "price_fen", lot->price_fen);
    val_set_int(cx->arena, val, "bid_count", lot->bid_count);
    val_set_int(cx->arena, val, "open_ms", lot->open_ms);
    val_set_int(cx->arena, val, "end_ms", lot->end_ms);
    val_set_int(cx->arena, val, "plan", plan);
    val_set_int(cx->arena, val, "notice_id", notice_id);
    return val;
}

static Err newest_notice(Cx *cx, i64 lot_id, i64 *ret)
{
    return DB_INT(
        cx, ret, 0,
        "SELECT id FROM lot_notice WHERE lot_id = ?1 AND state = ?2 ORDER BY version DESC "
        "LIMIT 1",
        BIND_INT(lot_id), BIND_INT(NOTICE_PUBLISHED));
}

static Err lots_val(Cx *cx, i64 season_id, Val **ret)
{
    Rows rows;
    SeasonLot *links = ARENA_NEW(cx->arena, SeasonLot, SHOWN_MAX);
    size_t count = 0;
    *ret = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &season_lot_type, &rows,
                         "WHERE season_id = ?1 ORDER BY (SELECT open_ms FROM lot WHERE lot.id = "
                         "lot_id), lot_id LIMIT ?2",
                         BIND_INT(season_id), BIND_INT(SHOWN_MAX));
    if (e)
        return e;
    while (count < SHOWN_MAX && rows_next(&rows))
        record_read_row(cx, &season_lot_type, &rows, &links[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        Lot lot = {0};
        i64 notice_id = 0;
        e = lot_load(cx, links[i].lot_id, &lot);
        if (!e)
            e = newest_notice(cx, lot.id, &notice_id);
        if (!e)
            val_push(cx->arena, *ret, lot_of_season(cx, &lot, links[i].plan, notice_id));
    }
    return e ? e : org_names_add(cx, *ret, "org_id", "org");
}

static Err show_run(Cx *cx, const void *arg, Val **ret)
{
    Season season = {0};
    Val *lots = NULL, *history = NULL, *map = val_map(cx->arena);
    Err e = record_load(cx, &season_type, ((const SeasonShowIn *)arg)->id, &season);
    if (!e)
        e = lots_val(cx, season.id, &lots);
    if (!e)
        e = history_val(cx, &season_type, season.id, &history);
    if (!e)
        e = org_names_add(cx, history, "org_id", "actor");
    if (e)
        return e;
    val_set(cx->arena, map, "season", season_val(cx, &season));
    val_set(cx->arena, map, "lots", lots);
    val_set(cx->arena, map, "history", history);
    *ret = map;
    return ERR_OK;
}

/* ---- the table ---- */

// clang-format off
static const Field add_in[] = { SEASON_FIELDS };
static const Field change_in[] = {
    {AT(Season, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
    SEASON_FIELDS,
};
static const Field put_in[] = {
    {AT(SeasonPutIn, season_id), F_REF, "竞价专场", "Season", REQUIRED, SEE_PUBLIC, NULL, .ref = &season_type},
    {AT(SeasonPutIn, lot_id),    F_REF, "竞价标的", "Lot",    REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
    {AT(SeasonPutIn, plan),      F_INT, "排期",     "Plan",   0, SEE_PUBLIC, NULL},
};
static const Field lot_in[] = {
    {AT(SeasonLotIn, lot_id), F_REF, "竞价标的", "Lot", REQUIRED, SEE_PUBLIC, NULL, .ref = &lot_type},
};
static const Field list_in[] = {
    {AT(SeasonListIn, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL, .max = PAGE_MAX},
};
static const Field show_in[] = {
    {AT(SeasonShowIn, id),   F_REF, "编号", "No.",  REQUIRED, SEE_PUBLIC, NULL},
};
static const Field plan_in[] = {
    {AT(SeasonPlanIn, season_id),   F_REF,  "竞价专场", "Season",   REQUIRED, SEE_PUBLIC, NULL, .ref = &season_type},
    {AT(SeasonPlanIn, listing_ids), F_REFS, "挂牌项目", "Listings", REQUIRED, SEE_PUBLIC, NULL, .ref = &listing_type},
    {AT(SeasonPlanIn, from_date),   F_DATE, "从哪天起", "From",     0, SEE_PUBLIC, NULL, .help_zh = "留空则从公告期允许的第一天起。", .help_en = "From the first day that the notice leaves time for when left empty."},
};
static const Field undo_in[] = {
    {AT(SeasonUndoIn, season_id), F_REF, "竞价专场", "Season", REQUIRED, SEE_PUBLIC, NULL, .ref = &season_type},
    {AT(SeasonUndoIn, plan),      F_INT, "排期",     "Plan",   REQUIRED, SEE_PUBLIC, NULL},
};

static const Op ops[] = {
    {"season.list",     "竞价专场",     "Seasons",        OP_READ,  0, WHO_PUBLIC,   OP_IN(SeasonListIn, list_in), NULL, list_run, NULL, NULL},
    {"season.show",     "专场详情",     "Season",         OP_READ,  0, WHO_PUBLIC,   OP_IN(SeasonShowIn, show_in), NULL, show_run, NULL, NULL},
    {"season.add",      "新建竞价专场", "New season",     OP_WRITE, 0, WHO_OPERATOR, OP_IN(Season, add_in), NULL, add_run, NULL, NULL},
    {"season.change",   "修改竞价专场", "Change",         OP_WRITE, 0, WHO_OPERATOR, OP_IN(Season, change_in), NULL, change_run, "已发布的标的和公告不变。", "Lots that there are, and published notices, stay as they are."},
    {"season.put",      "加入专场",     "Put in a season", OP_WRITE, 0, WHO_OPERATOR, OP_IN(SeasonPutIn, put_in), NULL, put_run, NULL, NULL},
    {"season.take_out", "移出专场",     "Take out",       OP_WRITE, OP_DANGER, WHO_OPERATOR, OP_IN(SeasonLotIn, lot_in), NULL, take_out_run, NULL, NULL},
    {"season.preview",  "排期预览",     "Preview a plan", OP_READ,  0, WHO_OPERATOR, OP_IN(SeasonPlanIn, plan_in), NULL, season_preview_run, "按专场规则排出每个标的的日期和时间，不作改动。", "Day and hour of each listing by the season's rule; nothing is changed."},
    {"season.plan",     "排期并发布竞价", "Plan lots",    OP_STEPS, 0, WHO_OPERATOR, OP_IN(SeasonPlanIn, plan_in), NULL, season_plan_run, "逐个发布竞价；个别不能发布的会说明原因。", "Makes a lot of each; what cannot become one is told of."},
    {"season.undo",     "撤回排期",     "Take a plan back", OP_STEPS, OP_DANGER, WHO_OPERATOR, OP_IN(SeasonUndoIn, undo_in), NULL, season_undo_run, "只撤回尚未开始、也未发布公告的标的。", "Lots that have begun, or whose notice is out, stay."},
};
// clang-format on

static const RecordType *const types[] = {&season_type, &season_lot_type};
static const CodeList *const codes[] = {&weekday_codes, &bid_preset_codes};

const Room season_room = {.name = "season",
                          .types = types,
                          .type_count = COUNT(types),
                          .ops = ops,
                          .op_count = COUNT(ops),
                          .codes = codes,
                          .code_count = COUNT(codes)};
