/* /pushes.xlsx: the report on who was reached, a row for each need. */
#include "web/app_int.h"

#include "exchange/sheet_out.h"
#include "people/people.h"
#include "push/push.h"

#include <stdio.h>
#include <sys/stat.h>

enum { FIXED_COLUMNS = 7, COLUMNS_MAX = 32 };

static Err ask_page(Cx *cx, i64 page, Val **ret)
{
    Val *in = val_map(cx->arena);
    void *read;
    const Op *op = op_find(house_of(cx), S("push.report"));
    val_set_int(cx->arena, in, "page", page);
    Err e = op_read_json(cx, op, in, &read);
    return e ? e : op_call(cx, op, read, ret);
}

static Str number(Cx *cx, i64 n)
{
    return str_format(cx->arena, "%lld", (long long)n);
}

static Str label(Cx *cx, const CodeList *codes, Str text)
{
    const Code *code = code_find(codes, text);
    return code ? str_from(cx->lang == LANG_EN ? code->en : code->zh) : text;
}

static Err write_row(Cx *cx, SheetOut *out, const Val *row)
{
    static const char *const counts[] = {"should", "reached", "waiting", "barred"};
    Str cells[COLUMNS_MAX];
    size_t count = 0;
    const Val *causes = val_get(row, "causes");
    cells[count++] = number(cx, val_get_int(row, "id"));
    cells[count++] = val_get_str(row, "title");
    cells[count++] = label(cx, &industry_fields, val_get_str(row, "field"));
    for (size_t i = 0; i < COUNT(counts); i++)
        cells[count++] = number(cx, val_get_int(row, counts[i]));
    for (size_t i = 0; i < push_causes.count; i++) {
        i64 n = 0;
        for (size_t k = 0; k < val_count(causes); k++)
            if (str_same_z(val_get_str(val_at(causes, k), "cause"), push_causes.codes[i].code))
                n = val_get_int(val_at(causes, k), "count");
        cells[count++] = number(cx, n);
    }
    return sheet_out_row(cx, out, cells, count);
}

static Err write_all(Cx *cx, const char *path)
{
    static const char *const heads[FIXED_COLUMNS] = {
        "page.push_no",      "page.push_what",    "page.field",      "page.push_should",
        "page.push_reached", "page.push_waiting", "page.push_barred"};
    SheetOutColumn columns[COLUMNS_MAX] = {0};
    SheetOut *out;
    size_t count = 0;
    Val *reply = NULL;
    for (; count < FIXED_COLUMNS; count++)
        columns[count].title = text_say(cx->arena, cx->lang, heads[count], NULL, 0);
    columns[1].width = 40;
    for (size_t i = 0; i < push_causes.count; i++)
        columns[count++].title = label(cx, &push_causes, str_from(push_causes.codes[i].code));
    Err e = ask_page(cx, 1, &reply);
    if (!e)
        e = sheet_out_open(cx, path, SHEET_OUT_XLSX,
                           text_say(cx->arena, cx->lang, "page.push_report", NULL, 0), columns,
                           count, &out);
    if (e)
        return e;
    i64 last = val_get_int(reply, "pages");
    for (i64 page = 1; !e; page++) {
        const Val *items = val_get(reply, "items");
        for (size_t i = 0; !e && i < val_count(items); i++)
            e = write_row(cx, out, val_at(items, i));
        if (e || page >= last)
            break;
        e = ask_page(cx, page + 1, &reply);
    }
    Err end = sheet_out_done(cx, out, NULL);
    return e ? e : end;
}

void pushes_handle(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    Str folder = str_format(cx->arena, "%.*s/exports", STR_ARG(app->house->data_folder));
    Str path = str_format(cx->arena, "%.*s/pushes-%lld.xlsx", STR_ARG(folder),
                          (long long)cx->actor.account_id);
    /* Written beside its place, then renamed: whoever is sent the former one has it whole. */
    char *coming = str_z(cx->arena, str_format(cx->arena, "%.*s.%.*s", STR_ARG(path),
                                               STR_ARG(chance_token(cx->chance, cx->arena, 8))));
    mkdir(str_z(cx->arena, folder), 0700);
    Err e = write_all(cx, coming);
    if (!e && rename(coming, str_z(cx->arena, path)) != 0)
        e = err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", path);
    if (e) {
        page_error(app, request, response, call, e);
        return;
    }
    response->status = 200;
    response->content_type = S("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    response->file_path = path;
    response_header(response, "Content-Disposition", S("attachment; filename=\"pushes.xlsx\""));
}
