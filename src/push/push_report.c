/* push_report.c - reached of those who should be, why the rest were not, and targets of centres. */
#include "push/push_int.h"

#include "ident/ident.h"
#include "registry/registry.h"

#include <stdio.h>
#include <string.h>

enum { CENTRES_MAX = 500, DIVISION_LEN = 6, DAY_MS = 24 * 3600 * 1000, BP_ALL = 10000 };

/* ---- counting ---- */

typedef struct Counts {
    i64 should, reached, waiting, barred;
    i64 causes[16]; /* As push_causes. */
} Counts;

static void add_count(Counts *counts, i64 state, Str cause, i64 count)
{
    counts->should += count;
    bool waits = state == PUSH_DUE || state == PUSH_DEFERRED;
    counts->waiting += waits ? count : 0;
    counts->barred += state == PUSH_BARRED ? count : 0;
    counts->reached += waits || state == PUSH_BARRED ? 0 : count;
    for (size_t i = 0; i < push_causes.count; i++)
        if (str_same_z(cause, push_causes.codes[i].code))
            counts->causes[i] += count;
}

static Err count_need(Cx *cx, i64 need_id, Counts *ret)
{
    Rows rows;
    const Bind bind = BIND_INT(need_id);
    *ret = (Counts){0};
    Err e = need_id ? db_query(cx, &rows,
                               "SELECT state, cause, COUNT(*) FROM push WHERE need_id = ?1 "
                               "GROUP BY state, cause",
                               &bind, 1)
                    : db_query(cx, &rows,
                               "SELECT state, cause, COUNT(*) FROM push WHERE way = 'need' "
                               "GROUP BY state, cause",
                               NULL, 0);
    if (e)
        return e;
    while (rows_next(&rows))
        add_count(ret, rows_int(&rows, 0), rows_str(&rows, 1), rows_int(&rows, 2));
    return rows_end(&rows);
}

static void set_counts(Cx *cx, Val *row, const Counts *counts)
{
    Val *causes = val_list(cx->arena);
    val_set_int(cx->arena, row, "should", counts->should);
    val_set_int(cx->arena, row, "reached", counts->reached);
    val_set_int(cx->arena, row, "waiting", counts->waiting);
    val_set_int(cx->arena, row, "barred", counts->barred);
    val_set_int(cx->arena, row, "percent",
                counts->should ? counts->reached * 100 / counts->should : 100);
    for (size_t i = 0; i < push_causes.count; i++) {
        const Code *code = &push_causes.codes[i];
        if (!counts->causes[i])
            continue;
        Val *cause = val_map(cx->arena);
        val_set_z(cx->arena, cause, "cause", code->code);
        val_set_z(cx->arena, cause, "label", cx->lang == LANG_EN ? code->en : code->zh);
        val_set_int(cx->arena, cause, "count", counts->causes[i]);
        val_push(cx->arena, causes, cause);
    }
    val_set(cx->arena, row, "causes", causes);
}

/* ---- centres ---- */

static i64 year_ms(i64 year)
{
    return date_days(year * 10000 + 101) * DAY_MS - SHANGHAI_OFFSET_MS;
}

/* Of an industry centre by field, of another by the place of the receivers: 320500 is 3205xx. */
static Err count_target(Cx *cx, const PushTarget *target, i64 *ret)
{
    Org org = {0};
    i64 from_ms = year_ms(target->year), until_ms = year_ms(target->year + 1);
    if (target->field.len)
        return DB_INT(cx, ret, 0,
                      "SELECT COUNT(*) FROM push WHERE field = ?1 AND sent_ms >= ?2 AND "
                      "sent_ms < ?3",
                      BIND_STR(target->field), BIND_INT(from_ms), BIND_INT(until_ms));
    *ret = 0;
    Err e = record_load(cx, &org_type, target->org_id, &org);
    size_t len = org.division.len;
    if (e || len != DIVISION_LEN)
        return e;
    while (len > 2 && str_same(str_slice(org.division, len - 2, len), S("00")))
        len -= 2;
    Str place = str_slice(org.division, 0, len);
    return DB_INT(cx, ret, 0,
                  "SELECT COUNT(*) FROM push p JOIN org o ON o.id = p.org_id WHERE o.division >= "
                  "?1 AND o.division < ?2 AND p.sent_ms >= ?3 AND p.sent_ms < ?4",
                  BIND_STR(place), BIND_STR(str_format(cx->arena, "%.*s:", STR_ARG(place))),
                  BIND_INT(from_ms), BIND_INT(until_ms));
}

static Err centres_val(Cx *cx, i64 year, Val **ret)
{
    Rows rows;
    Val *list = val_list(cx->arena);
    PushTarget *targets = ARENA_NEW(cx->arena, PushTarget, CENTRES_MAX);
    size_t count = 0;
    Err e = RECORD_QUERY(cx, &push_target_type, &rows, "WHERE year = ?1 ORDER BY org_id LIMIT ?2",
                         BIND_INT(year), BIND_INT(CENTRES_MAX));
    if (e)
        return e;
    while (count < CENTRES_MAX && rows_next(&rows))
        record_read_row(cx, &push_target_type, &rows, &targets[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        i64 done = 0;
        Val *row = record_val(cx, &push_target_type, &targets[i], see_level(cx, 0, false));
        e = count_target(cx, &targets[i], &done);
        val_set_int(cx->arena, row, "done", done);
        i64 percent = done * BP_ALL / targets[i].number / 100;
        val_set_int(cx->arena, row, "percent", percent < 100 ? percent : 100);
        val_push(cx->arena, list, row);
    }
    if (!e)
        e = org_names_add(cx, list, "org_id", "org");
    *ret = list;
    return e;
}

/* ---- push.report ---- */

static Err needs_val(Cx *cx, i64 page, Val **ret, i64 *ret_total)
{
    Rows rows;
    Val *items = val_list(cx->arena);
    Err e =
        db_int(cx, "SELECT COUNT(*) FROM push_plan WHERE about = 'need'", NULL, 0, 0, ret_total);
    if (!e)
        e = DB_QUERY(cx, &rows,
                     "SELECT p.about_id, p.field, COALESCE(n.title, '') FROM push_plan p LEFT "
                     "JOIN need_public n ON n.id = p.about_id WHERE p.about = 'need' ORDER BY "
                     "p.about_id DESC LIMIT ?1 OFFSET ?2",
                     BIND_INT(PAGE_SIZE), BIND_INT((page - 1) * PAGE_SIZE));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Val *row = val_map(cx->arena);
        val_set_int(cx->arena, row, "id", rows_int(&rows, 0));
        val_set_str(cx->arena, row, "field", rows_str_copy(&rows, 1));
        val_set_str(cx->arena, row, "title", rows_str_copy(&rows, 2));
        val_push(cx->arena, items, row);
    }
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < val_count(items); i++) {
        Counts counts;
        e = count_need(cx, val_get_int(val_at(items, i), "id"), &counts);
        if (!e)
            set_counts(cx, val_at(items, i), &counts);
    }
    *ret = items;
    return e;
}

Err push_report_run(Cx *cx, const void *arg, Val **ret)
{
    const PushReportIn *in = arg;
    i64 page = page_number(in->page), total = 0;
    i64 year = in->year ? in->year : time_date(clock_now_ms(cx->clock)) / 10000;
    Counts all;
    Val *items = NULL, *centres = NULL, *sum = val_map(cx->arena);
    if (!date_valid(year * 10000 + 101))
        return err_set(cx, ERR_INPUT, "year", "push.no_such_year");
    Err e = needs_val(cx, page, &items, &total);
    if (!e)
        e = count_need(cx, 0, &all);
    if (!e)
        e = centres_val(cx, year, &centres);
    if (e)
        return e;
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    set_counts(cx, sum, &all);
    val_set(cx->arena, *ret, "sum", sum);
    val_set(cx->arena, *ret, "centres", centres);
    val_set_int(cx->arena, *ret, "year", year);
    return ERR_OK;
}

/* ---- push.target ---- */

Err push_target_run(Cx *cx, const void *arg, Val **ret)
{
    const PushTargetIn *in = arg;
    Org org = {0};
    PushTarget target = {0};
    Str name = str_format(cx->arena, "%lld-%lld", (long long)in->org_id, (long long)in->year);
    Err e = record_load(cx, &org_type, in->org_id, &org);
    if (!e)
        e = RECORD_FIND(cx, &push_target_type, &target, "WHERE name = ?1 AND name <> ''",
                        BIND_STR(name));
    if (e == ERR_MISSING && org.id) {
        err_clear(cx);
        e = ERR_OK;
    }
    if (e)
        return e;
    target.org_id = in->org_id;
    target.year = in->year;
    target.field = in->field;
    target.number = in->number;
    target.name = name;
    FactNote note = {.kind = "push_target.set", .amount = in->number, .other_id = in->org_id};
    e = target.id ? fact_change(cx, &push_target_type, &target, note)
                  : fact_create(cx, &push_target_type, &target, note);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", target.id);
    return ERR_OK;
}
