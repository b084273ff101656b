/* Personal data: what everybody may read, what is kept about oneself, the register. */
#include "web/page_int.h"

#include <string.h>

Err build_privacy(PageCx *page)
{
    static const char *const parts[] = {"controller", "complaint", "cancel", "rights"};
    Val *reply;
    Err e = page_ask(page, "privacy.show", NULL, 0, &reply);
    if (e)
        return e;
    page_put(page, "items", val_get(reply, "items"));
    for (size_t i = 0; i < COUNT(parts); i++)
        page_put(page, parts[i], val_get(reply, parts[i]));
    page_title(page, "page.privacy");
    return ERR_OK;
}

Err build_processing(PageCx *page)
{
    Val *reply, *asks = NULL;
    bool decides = page_allowed(page, "person.asks");
    Err e = page_ask(page, "processing.list", NULL, 0, &reply);
    if (!e && decides)
        e = page_ask(page, "person.asks", NULL, 0, &asks);
    if (e)
        return e;
    page_put(page, "items", val_get(reply, "items"));
    page_put(page, "measures", val_get(reply, "measures"));
    page_put(page, "asks", asks ? val_get(asks, "items") : val_list(page->cx->arena));
    page_put(page, "decides", val_bool(page->cx->arena, decides));
    page_title(page, "page.processing");
    return ERR_OK;
}

/* As people read it: times, codes and yes or no in words. */
static Val *readable_value(PageCx *page, const Field *field, Val *value)
{
    Arena *arena = page->cx->arena;
    const Code *code = NULL;
    if (field->kind == F_BOOL)
        return val_str(arena, page_say(page, value->kind == VAL_BOOL && value->b ? "page.bool_yes"
                                                                                 : "page.bool_no"));
    if (field->kind == F_TIME && value->kind == VAL_INT)
        return val_str(arena, time_format(arena, value->i));
    if (field->kind == F_CODE && value->kind == VAL_STR)
        code = code_find(field->codes, value->s);
    return code ? val_z(arena, page->cx->lang == LANG_EN ? code->en : code->zh) : value;
}

static bool is_empty(const Val *value)
{
    switch (value->kind) {
    case VAL_NULL:
        return true;
    case VAL_INT:
        return !value->i;
    case VAL_STR:
        return !value->s.len;
    default:
        return false;
    }
}

/* One row of a table as pairs of label and text, for reading. */
static Val *readable(PageCx *page, const RecordType *type, const Val *row)
{
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    for (size_t i = 0; i < val_count(row); i++) {
        const ValItem *item = &row->list.items[i];
        const Field *field = record_field(type, str_z(arena, item->key));
        if (!field || is_empty(item->val) || strcmp(field->name, "rev") == 0)
            continue;
        Val *pair = val_map(arena);
        val_set_z(arena, pair, "label", field_label(field, page->cx->lang));
        val_set(arena, pair, "value", readable_value(page, field, item->val));
        val_push(arena, list, pair);
    }
    return list;
}

static void shape_table(PageCx *page, Val *table)
{
    Arena *arena = page->cx->arena;
    const RecordType *type = type_find(house_of(page->cx), val_get_str(table, "name"));
    const Val *rows = val_get(table, "rows");
    Val *shaped = val_list(arena);
    for (size_t i = 0; type && i < val_count(rows); i++) {
        Val *row = val_map(arena);
        val_set(arena, row, "pairs", readable(page, type, val_at(rows, i)));
        val_push(arena, shaped, row);
    }
    val_set(arena, table, "rows", shaped);
}

/* Open requests to be erased are among the tables. */
static bool has_asked(const Val *tables)
{
    for (size_t i = 0; i < val_count(tables); i++) {
        const Val *table = val_at(tables, i), *rows = val_get(table, "rows");
        if (!str_same(val_get_str(table, "name"), S("erase_ask")))
            continue;
        for (size_t k = 0; k < val_count(rows); k++)
            if (!val_get_int(val_at(rows, k), "done_ms"))
                return true;
    }
    return false;
}

Err build_me_data(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask(page, "me.data_export", NULL, 0, &reply);
    if (e)
        return e;
    Val *account = val_get(reply, "account"), *tables = val_get(reply, "tables");
    page_put(page, "asked", val_bool(arena, has_asked(tables)));
    page_put(page, "push_off", val_bool(arena, val_get_bool(account, "push_off")));
    page_put(page, "account", readable(page, &account_type, account));
    for (size_t i = 0; i < val_count(tables); i++)
        shape_table(page, val_at(tables, i));
    page_put(page, "tables", tables);
    page_put(page, "reveals", val_get(reply, "reveals"));
    page_put(page, "facts", val_get(reply, "facts"));
    page_put(page, "fact_count", val_int(arena, val_get_int(reply, "fact_count")));
    page_flash_errors(page);
    page_title(page, "page.my_data");
    return ERR_OK;
}

bool privacy_once(PageCx *page)
{
    static const char *const parts[] = {"label", "value", "type"};
    if (strcmp(page->done_op->name, "record.reveal") != 0)
        return false;
    Arena *arena = page->cx->arena;
    Str next = S("");
    web_pairs_find(&page->request->form, "next", &next);
    next = local_path(next);
    for (size_t i = 0; i < COUNT(parts); i++)
        page_put(page, parts[i], val_str(arena, val_get_str(page->reply, parts[i])));
    page_put(page, "row_id", val_int(arena, val_get_int(page->reply, "row_id")));
    page_put(page, "next", val_str(arena, next.len ? next : S("/")));
    page->template_name = "revealed";
    page_title(page, "page.revealed");
    return true;
}
