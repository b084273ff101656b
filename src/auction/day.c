/* day.c - days that an operator sets, and the calendar of a year. */
#include "auction/day.h"

// clang-format off
static const Code kind_rows[] = {
    {"off",  "放假", "Off"},
    {"work", "上班", "Worked"},
};
const CodeList day_kinds = CODE_LIST("day_kind", kind_rows);

static const Field day_fields[] = {
    RECORD_HEAD_FIELDS(CalendarDay),
    {AT(CalendarDay, day_date), F_DATE, "日期", "Day",  REQUIRED | INDEXED, SEE_PUBLIC, NULL},
    {AT(CalendarDay, kind),     F_CODE, "类别", "Kind", REQUIRED, SEE_PUBLIC, NULL, .codes = &day_kinds},
    {AT(CalendarDay, name),     F_TEXT, "名称", "Name", 0, SEE_PUBLIC, NULL, .max = 40},
};
const RecordType calendar_day_type = {"calendar_day", "日历", "Calendar day", sizeof(CalendarDay), day_fields, COUNT(day_fields), NULL};
// clang-format on

static Err load_rows(Cx *cx, CalendarDay **ret, size_t *ret_count)
{
    Rows rows;
    CalendarDay *days = ARENA_NEW(cx->arena, CalendarDay, DAY_ROWS_MAX);
    size_t count = 0;
    Err e = record_query(cx, &calendar_day_type, &rows, "ORDER BY day_date", NULL, 0);
    if (e)
        return e;
    while (count < DAY_ROWS_MAX && rows_next(&rows))
        record_read_row(cx, &calendar_day_type, &rows, &days[count++]);
    *ret = days;
    *ret_count = count;
    return rows_end(&rows);
}

static void calendar_of(Cx *cx, const CalendarDay *days, size_t count, Calendar *ret)
{
    DayOwn *own = ARENA_NEW(cx->arena, DayOwn, count + 1);
    for (size_t i = 0; i < count; i++)
        own[i] = (DayOwn){days[i].day_date, str_same(days[i].kind, S("work"))};
    *ret = (Calendar){day_spans, day_span_count, own, count};
}

Err calendar_load(Cx *cx, Calendar *ret)
{
    CalendarDay *days = NULL;
    size_t count = 0;
    Err e = load_rows(cx, &days, &count);
    if (!e)
        calendar_of(cx, days, count, ret);
    return e;
}

/* ---- day.list, day.after ---- */

typedef struct DayListIn {
    i64 year;
} DayListIn;

typedef struct DayAfterIn {
    i64 date;
    i64 days;
    i64 working;
} DayAfterIn;

static i64 year_now(const Cx *cx)
{
    return time_date(clock_now_ms(cx->clock)) / 10000;
}

/* {date, works, name, mark, id}: `id` of the operator's row, 0 for the program's. */
static Val *day_val(Cx *cx, i64 date, bool works, Str name, char mark, i64 id)
{
    Val *val = val_map(cx->arena);
    val_set_str(cx->arena, val, "date", date_format(cx->arena, date));
    val_set_bool(cx->arena, val, "works", works);
    val_set_str(cx->arena, val, "name", name);
    val_set_str(cx->arena, val, "mark", str_format(cx->arena, "%c", mark));
    val_set_int(cx->arena, val, "id", id);
    return val;
}

static void push_span(Cx *cx, const Calendar *calendar, const DaySpan *span, i64 year, Val *list)
{
    for (i64 date = span->from_date; date <= span->to_date; date = day_add(date, 1))
        if (date / 10000 == year && !day_own(calendar, date))
            val_push(cx->arena, list,
                     day_val(cx, date, span->works,
                             str_from(cx->lang == LANG_EN ? span->en : span->zh), span->mark, 0));
}

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    i64 year = ((const DayListIn *)arg)->year;
    CalendarDay *days = NULL;
    size_t count = 0;
    Calendar calendar;
    Val *table = val_list(cx->arena), *own = val_list(cx->arena);
    if (!year)
        year = year_now(cx);
    Err e = load_rows(cx, &days, &count);
    if (e)
        return e;
    calendar_of(cx, days, count, &calendar);
    for (size_t i = 0; i < calendar.span_count; i++)
        push_span(cx, &calendar, &calendar.spans[i], year, table);
    for (size_t i = 0; i < count; i++)
        if (days[i].day_date / 10000 == year)
            val_push(cx->arena, own,
                     day_val(cx, days[i].day_date, calendar.own[i].works, days[i].name, 'O',
                             days[i].id));
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "year", year);
    val_set_bool(cx->arena, *ret, "known", calendar_knows(&calendar, year));
    val_set(cx->arena, *ret, "items", table);
    val_set(cx->arena, *ret, "own", own);
    return ERR_OK;
}

static Err after_run(Cx *cx, const void *arg, Val **ret)
{
    const DayAfterIn *in = arg;
    Calendar calendar;
    Err e = calendar_load(cx, &calendar);
    if (e)
        return e;
    i64 date = calendar_after(&calendar, in->date, in->days, in->working);
    *ret = val_map(cx->arena);
    val_set_str(cx->arena, *ret, "date", date_format(cx->arena, date));
    val_set_bool(cx->arena, *ret, "works", calendar_works(&calendar, date));
    val_set_int(cx->arena, *ret, "weekday", day_weekday(date));
    val_set_bool(cx->arena, *ret, "known", calendar_knows(&calendar, date / 10000));
    return ERR_OK;
}

/* ---- day.set, day.remove ---- */

typedef struct DaySetIn {
    i64 from_date;
    i64 to_date; /* 0: that one day. */
    Str kind;
    Str name;
} DaySetIn;

typedef struct DayIdIn {
    i64 id;
} DayIdIn;

static Err set_one(Cx *cx, i64 date, const DaySetIn *in)
{
    CalendarDay day = {0};
    Err e = RECORD_FIND(cx, &calendar_day_type, &day, "WHERE day_date = ?1", BIND_INT(date));
    if (e && e != ERR_MISSING)
        return e;
    err_clear(cx);
    day.day_date = date;
    day.kind = in->kind;
    day.name = str_trim(in->name);
    FactNote note = {.kind = "day.set", .amount = date, .code = str_z(cx->arena, in->kind)};
    return day.id ? fact_change(cx, &calendar_day_type, &day, note)
                  : fact_create(cx, &calendar_day_type, &day, note);
}

static Err set_run(Cx *cx, const void *arg, Val **ret)
{
    const DaySetIn *in = arg;
    i64 to_date = in->to_date ? in->to_date : in->from_date, count = 0;
    Err e = DB_INT(cx, &count, 0, "SELECT COUNT(*) FROM calendar_day WHERE id > ?1", BIND_INT(0));
    if (e)
        return e;
    if (to_date < in->from_date)
        return err_set(cx, ERR_INPUT, "to_date", "day.ends_before");
    i64 days = date_days(to_date) - date_days(in->from_date) + 1;
    if (days > DAY_SET_MAX || count + days > DAY_ROWS_MAX)
        return err_set_arg(cx, ERR_LIMIT, "to_date", "day.too_many",
                           str_format(cx->arena, "%d", DAY_SET_MAX));
    for (i64 i = 0; !e && i < days; i++)
        e = set_one(cx, day_add(in->from_date, i), in);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "count", days);
    return ERR_OK;
}

static Err remove_run(Cx *cx, const void *arg, Val **ret)
{
    CalendarDay day = {0};
    Err e = record_load(cx, &calendar_day_type, ((const DayIdIn *)arg)->id, &day);
    if (!e)
        e = fact_remove(cx, &calendar_day_type, day.id,
                        (FactNote){.kind = "day.removed", .amount = day.day_date});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", day.id);
    return ERR_OK;
}

/* ---- the table ---- */

// clang-format off
static const Field list_in[] = {
    {AT(DayListIn, year), F_INT, "年份", "Year", 0, SEE_PUBLIC, NULL, .min = 2000, .max = 2199},
};
static const Field after_in[] = {
    {AT(DayAfterIn, date),    F_DATE, "日期",       "Day",               REQUIRED, SEE_PUBLIC, NULL},
    {AT(DayAfterIn, days),    F_INT,  "天数",       "Days",              0, SEE_PUBLIC, NULL, .max = DAY_TERM_MAX},
    {AT(DayAfterIn, working), F_BOOL, "按工作日计", "Working days",      0, SEE_PUBLIC, NULL},
};
static const Field set_in[] = {
    {AT(DaySetIn, from_date), F_DATE, "日期",   "Day",      REQUIRED, SEE_PUBLIC, NULL},
    {AT(DaySetIn, to_date),   F_DATE, "至",     "To",       0, SEE_PUBLIC, NULL, .help_zh = "留空则只改一天。", .help_en = "That one day when left empty."},
    {AT(DaySetIn, kind),      F_CODE, "类别",   "Kind",     REQUIRED, SEE_PUBLIC, NULL, .codes = &day_kinds},
    {AT(DaySetIn, name),      F_TEXT, "名称",   "Name",     0, SEE_PUBLIC, NULL, .max = 40},
};
static const Field id_in[] = {
    {AT(DayIdIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};

static const Op ops[] = {
    {"day.list",   "日历",         "Calendar",      OP_READ,  OP_PLAIN, WHO_PUBLIC,   OP_IN(DayListIn, list_in), NULL, list_run, NULL, "Days of a year that differ from Monday to Friday."},
    {"day.after",  "推算日期",     "Count days",    OP_READ,  OP_PLAIN, WHO_PUBLIC,   OP_IN(DayAfterIn, after_in), NULL, after_run, NULL, "The n-th day, or working day, after a day."},
    {"day.set",    "设置放假或上班", "Set days",    OP_WRITE, 0,        WHO_OPERATOR, OP_IN(DaySetIn, set_in), NULL, set_run, "优先于自带的日历；已发布的公告不变。", "Holds over the calendar that the program brings; published notices stay as they are."},
    {"day.remove", "恢复自带日历", "Take back",     OP_WRITE, 0,        WHO_OPERATOR, OP_IN(DayIdIn, id_in), NULL, remove_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&calendar_day_type};
static const CodeList *const codes[] = {&day_kinds};

const Room day_room = {.name = "day",
                       .types = types,
                       .type_count = COUNT(types),
                       .ops = ops,
                       .op_count = COUNT(ops),
                       .codes = codes,
                       .code_count = COUNT(codes)};
