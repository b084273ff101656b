/* /admin/calendar: a year of working days and days off, with what an operator set. */
#include "web/page_int.h"

#include "auction/day_rules.h"

enum { WEEK_DAYS = 7, MONTHS = 12 };

static const Val *item_of(const Val *list, Str date)
{
    for (size_t i = 0; i < val_count(list); i++)
        if (str_same(val_get_str(val_at(list, i), "date"), date))
            return val_at(list, i);
    return NULL;
}

/* {date, day, name, is_off, is_work, is_own, is_end}; `day` 0: a cell outside the month. */
static Val *cell_of(PageCx *page, const Val *reply, i64 date)
{
    Arena *arena = page->cx->arena;
    Val *cell = val_map(arena);
    Str text = date_format(arena, date);
    const Val *own = date ? item_of(val_get(reply, "own"), text) : NULL;
    const Val *item = own || !date ? own : item_of(val_get(reply, "items"), text);
    val_set_str(arena, cell, "date", text);
    val_set_int(arena, cell, "day", date % 100);
    val_set_str(arena, cell, "name", val_get_str(item, "name"));
    val_set_bool(arena, cell, "is_off", item && !val_get_bool(item, "works"));
    val_set_bool(arena, cell, "is_work", val_get_bool(item, "works"));
    val_set_bool(arena, cell, "is_own", own != NULL);
    val_set_bool(arena, cell, "is_end", date && !item && day_weekday(date) > 5);
    return cell;
}

/* {title, weeks[{days[cell]}]} */
static Val *month_of(PageCx *page, const Val *reply, i64 year, i64 month)
{
    Arena *arena = page->cx->arena;
    i64 date = year * 10000 + month * 100 + 1;
    Val *map = val_map(arena), *weeks = val_list(arena);
    for (int blank = day_weekday(date) - 1; date / 100 % 100 == month;) {
        Val *week = val_map(arena), *days = val_list(arena);
        for (int i = 0; i < WEEK_DAYS; i++) {
            bool inside = i >= blank && date / 100 % 100 == month;
            val_push(arena, days, cell_of(page, reply, inside ? date : 0));
            date = inside ? day_add(date, 1) : date;
        }
        blank = 0;
        val_set(arena, week, "days", days);
        val_push(arena, weeks, week);
    }
    val_set_str(arena, map, "title",
                str_format(arena, "%lld-%02lld", (long long)year, (long long)month));
    val_set(arena, map, "weeks", weeks);
    return map;
}

/* Lines that are sure only by the law are told of. */
static bool is_unsure(const Val *reply)
{
    const Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++)
        if (str_same(val_get_str(val_at(items, i), "mark"), S("L")))
            return true;
    return false;
}

Err build_calendar(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply, *months = val_list(arena);
    Err e = page_ask_query(page, "day.list", &reply);
    if (e)
        return e;
    i64 year = val_get_int(reply, "year");
    for (i64 month = 1; month <= MONTHS; month++)
        val_push(arena, months, month_of(page, reply, year, month));
    page_put(page, "year", val_int(arena, year));
    page_put(page, "before", val_int(arena, year > 2000 ? year - 1 : 0));
    page_put(page, "after", val_int(arena, year < 2199 ? year + 1 : 0));
    page_put(page, "known", val_bool(arena, val_get_bool(reply, "known")));
    page_put(page, "unsure", val_bool(arena, is_unsure(reply)));
    page_put(page, "months", months);
    page_put(page, "own", val_get(reply, "own"));
    page_flash_errors(page);
    page_title(page, "page.calendar");
    return ERR_OK;
}
