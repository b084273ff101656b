/* Importing a spreadsheet: the files so far, matching columns, progress and result. */
#include "web/page_int.h"

#include "exchange/import.h"

#include <string.h>

Err build_imports(PageCx *page)
{
    Val *reply;
    Err e = page_ask_query(page, "import.list", &reply);
    if (e)
        return e;
    shape_rows(page, &import_type, val_get(reply, "items"));
    list_set(page, reply, 0, false);
    page_title(page, "page.import");
    return ERR_OK;
}

/* Which field a column is: as chosen in the refused form, else as the import has it. */
static Str column_field(PageCx *page, const Val *column)
{
    Str typed = S("");
    char *name = str_z(page->cx->arena, str_format(page->cx->arena, "column_%lld",
                                                   (long long)val_get_int(column, "index")));
    bool again = page->failed_op && strcmp(page->failed_op->name, "import.map") == 0;
    if (again && page->typed && web_pairs_find(page->typed, name, &typed))
        return typed;
    return val_get_str(column, "field");
}

/* Each column with the fields it may be, the present one chosen. */
static void shape_columns(PageCx *page, Val *columns, const Val *fields)
{
    Arena *arena = page->cx->arena;
    for (size_t i = 0; i < val_count(columns); i++) {
        Val *column = val_at(columns, i), *options = val_list(arena);
        Str chosen = column_field(page, column);
        for (size_t k = 0; k < val_count(fields); k++) {
            Val *option = val_map(arena);
            Str name = val_get_str(val_at(fields, k), "name");
            val_set_str(arena, option, "name", name);
            val_set_str(arena, option, "label", val_get_str(val_at(fields, k), "label"));
            val_set_bool(arena, option, "chosen", str_same(name, chosen));
            val_push(arena, options, option);
        }
        val_set(arena, column, "options", options);
    }
}

static Val *shape_cells(PageCx *page, const Val *rows)
{
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    for (size_t i = 0; i < val_count(rows); i++) {
        Val *row = val_map(arena);
        val_set(arena, row, "cells", val_at(rows, i));
        val_push(arena, list, row);
    }
    return list;
}

static bool can_undo(const Val *acts)
{
    for (size_t i = 0; i < val_count(acts); i++)
        if (str_same(val_get_str(val_at(acts, i), "action"), S("undo")))
            return true;
    return false;
}

/* Rows that were taken with a remark (`taken`), or not at all. */
static Val *rejects_of(PageCx *page, const Val *rejects, bool taken)
{
    Val *list = val_list(page->cx->arena);
    for (size_t i = 0; i < val_count(rejects); i++)
        if (val_get_bool(val_at(rejects, i), "taken") == taken)
            val_push(page->cx->arena, list, val_at(rejects, i));
    return list;
}

/* Where the patents are that the import has made; null when there are none, any more or yet. */
static Err set_made(PageCx *page)
{
    Arena *arena = page->cx->arena;
    const NameText of_import = {S("import_id"), str_format(arena, "%lld", (long long)page->id)};
    Val *reply;
    Err e = page_ask(page, "patent.list", &of_import, 1, &reply);
    if (e)
        return e;
    Str href = str_format(arena, "/patents?import_id=%lld", (long long)page->id);
    page_put(page, "made_href", val_get_int(reply, "total") ? val_str(arena, href) : NULL);
    return ERR_OK;
}

static void set_result(PageCx *page, const Val *reply, Val *import)
{
    Arena *arena = page->cx->arena;
    Val *can = val_map(arena);
    bool working = val_get_bool(reply, "working");
    Str rejects = str_format(arena, "/import/%lld/rejects.xlsx", (long long)page->id);
    val_set_str(arena, import, "why_text", val_get_str(import, "why_text"));
    val_set_int(arena, import, "kept", val_get_int(import, "kept"));
    val_set_bool(arena, can, "undo", can_undo(val_get(reply, "acts")));
    page_put(page, "running", val_bool(arena, working));
    page_put(page, "done", val_int(arena, val_get_int(import, "rows_read")));
    page_put(page, "total", val_int(arena, val_get_int(reply, "total")));
    page_put(page, "rejects", rejects_of(page, val_get(reply, "rejects"), false));
    page_put(page, "warnings", rejects_of(page, val_get(reply, "rejects"), true));
    page_put(page, "rejects_href",
             val_str(arena, val_get_int(import, "rejected") ? rejects : S("")));
    page_put(page, "can", can);
    page_flash_errors(page);
    page->template_name = "import_run";
}

Err build_import(PageCx *page)
{
    Val *reply;
    Err e = page_ask_id(page, "import.show", &reply);
    if (e)
        return e;
    Val *import = shape_record(page, &import_type, val_get(reply, "import"));
    page_put(page, "import", import);
    page_put(page, "title", val_str(page->cx->arena, val_get_str(import, "name")));
    if (!val_get_bool(reply, "uploaded")) {
        set_result(page, reply, import);
        return set_made(page);
    }
    shape_columns(page, val_get(reply, "columns"), val_get(reply, "fields"));
    page_put(page, "columns", val_get(reply, "columns"));
    page_put(page, "rows", shape_cells(page, val_get(reply, "rows")));
    page->template_name = "import_map";
    return ERR_OK;
}
