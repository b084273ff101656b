/* Statements of contribution, and certificates that come to their end. */
#include "web/page_int.h"

#include "people/people.h"

/* The period asked for, by default this year until today, as the op and the form want it. */
static void put_period(PageCx *page, Str *ret_from, Str *ret_until)
{
    Arena *arena = page->cx->arena;
    i64 today = time_date(clock_now_ms(page->cx->clock));
    Str from = request_query(page->request, "from"), until = request_query(page->request, "until");
    *ret_from = from.len ? from : date_format(arena, today / 10000 * 10000 + 101);
    *ret_until = until.len ? until : date_format(arena, today);
    page_put(page, "from", val_str(arena, *ret_from));
    page_put(page, "until", val_str(arena, *ret_until));
    page_put(page, "made_ms", val_int(arena, clock_now_ms(page->cx->clock)));
}

/* A wrong period is told above the form, not in place of the page. */
static Err ask_period(PageCx *page, const char *op, const char *whose, Val **ret)
{
    Str from, until;
    put_period(page, &from, &until);
    const NameText texts[] = {{str_from(whose), request_query(page->request, whose)},
                              {S("from_date"), from},
                              {S("until_date"), until}};
    Err e = page_ask(page, op, texts, COUNT(texts), ret);
    if (e != ERR_INPUT)
        return e;
    page->errors = val_get(val_get(err_val(page->cx), "error"), "fields");
    err_clear(page->cx);
    *ret = NULL;
    return ERR_OK;
}

/* Rows in another's name say so. */
static Val *contribution_rows(PageCx *page, const Val *reply)
{
    Val *rows = val_get(reply, "items");
    for (size_t i = 0; i < val_count(rows); i++) {
        Val *row = val_at(rows, i);
        bool other = !str_same(val_get_str(row, "by_org"), val_get_str(reply, "org"));
        val_set_str(page->cx->arena, row, "in_name_of", other ? val_get_str(row, "by_org") : S(""));
    }
    return rows ? rows : val_list(page->cx->arena);
}

Err build_contributions(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = ask_period(page, "people.contributions", "account_id", &reply);
    if (e)
        return e;
    page_put(page, "items", contribution_rows(page, reply));
    page_put(page, "person", val_str(arena, val_get_str(reply, "name")));
    page_put(page, "org", val_str(arena, val_get_str(reply, "org")));
    page_put(page, "account_id", val_int(arena, val_get_int(reply, "account_id")));
    page_put(page, "cut", val_bool(arena, val_get_bool(reply, "cut")));
    page_put(page, "unit_too", val_bool(arena, page_allowed(page, "people.unit_contributions")));
    page_flash_errors(page);
    page_title(page, "page.contributions");
    return ERR_OK;
}

Err build_unit_contributions(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = ask_period(page, "people.unit_contributions", "org_id", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    page_put(page, "items", items ? items : val_list(arena));
    page_put(page, "org", val_str(arena, val_get_str(reply, "org")));
    page_put(page, "org_id", val_int(arena, val_get_int(reply, "org_id")));
    page_put(page, "total", val_int(arena, val_get_int(reply, "total")));
    page_put(page, "cut", val_bool(arena, val_get_bool(reply, "cut")));
    page_flash_errors(page);
    page_title(page, "page.unit_contributions");
    return ERR_OK;
}

Err build_certificates(PageCx *page)
{
    Val *reply;
    Err e = page_ask(page, "certificate.expiring", NULL, 0, &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    shape_rows(page, &certificate_type, items);
    page_put(page, "items", items);
    page_put(page, "days", val_int(page->cx->arena, val_get_int(reply, "days")));
    page_title(page, "page.certificates_ending");
    return ERR_OK;
}
