/* Slips of deposits and papers of bidders, and the list of deposits as a spreadsheet. */
#include "web/app_int.h"

#include "auction/deposit.h"
#include "auction/entry.h"
#include "exchange/import.h"
#include "exchange/sheet_out.h"
#include "store/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static Err ask(Cx *cx, const char *name, Val *in, Val **ret)
{
    void *read;
    const Op *op = op_find(house_of(cx), str_from(name));
    Err e = op_read_json(cx, op, in, &read);
    return e ? e : op_call(cx, op, read, ret);
}

/* ---- /deposit/3/slip, /bidder_paper/3/file ---- */

/* What a file is by its first bytes: only such as a browser shows without running anything. */
static const char *kind_of(const char *path, Str *ret_type)
{
    static const struct {
        const char *bytes, *ending;
        Str type;
    } kinds[] = {
        {"%PDF", "pdf", S("application/pdf")},
        {"\x89PNG", "png", S("image/png")},
        {"\xff\xd8\xff", "jpg", S("image/jpeg")},
    };
    char head[8] = {0};
    FILE *file = fopen(path, "rb");
    size_t got = file ? fread(head, 1, sizeof head - 1, file) : 0;
    if (file)
        fclose(file);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (got > 4 && strncmp(head, kinds[i].bytes, strlen(kinds[i].bytes)) == 0)
            return *ret_type = kinds[i].type, kinds[i].ending;
    *ret_type = S("application/octet-stream");
    return "bin";
}

static Err find_slip(Cx *cx, bool slip, i64 id, char **ret_path)
{
    Val *in = val_map(cx->arena), *reply = NULL;
    val_set_int(cx->arena, in, "id", id);
    Err e = ask(cx, slip ? "deposit.show" : "bidder_paper.show", in, &reply);
    if (e)
        return e;
    const Val *record = slip ? val_get(reply, "deposit") : reply;
    return files_path(cx, import_files_root(cx), val_get_str(record, "file_hash"), ret_path);
}

void slip_handle(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    bool slip = str_starts(request->path, S("/deposit/"));
    size_t from = strlen(slip ? "/deposit/" : "/bidder_paper/"), tail = strlen("/file");
    char *path = NULL;
    i64 id = 0;
    Str middle = str_slice(request->path, from, request->path.len - tail);
    Err e = str_to_i64(middle, &id) ? find_slip(cx, slip, id, &path)
                                    : err_set(cx, ERR_MISSING, NULL, "web.no_page");
    if (e) {
        page_error(app, request, response, call, e);
        return;
    }
    Shown shown = {0};
    shown_add(&shown, slip ? &deposit_type : &bidder_paper_type, id, false);
    access_note(cx, slip ? "deposit.slip" : "bidder_paper.file", &shown, ERR_OK);
    const char *ending = kind_of(path, &response->content_type);
    response->status = 200;
    response->file_path = str_from(path);
    response_header(response, "Cache-Control", S("no-store"));
    response_header(response, "Content-Disposition",
                    str_format(cx->arena, "attachment; filename=\"%s-%lld.%s\"",
                               slip ? "slip" : "paper", (long long)id, ending));
}

/* ---- /deposits.xlsx ---- */

static const char *const heads[] = {
    "page.deposit_no",  "page.deposit_firm",  "page.deposit_lot",      "page.state",
    "page.deposit_fen", "page.deposit_came",  "page.deposit_left",     "page.deposit_way",
    "page.payer",       "page.deposit_until", "page.deposit_hours_of", "page.deposit_payout"};

static Err write_row(Cx *cx, SheetOut *out, const Val *row)
{
    i64 due_ms = val_get_int(row, "due_ms");
    const Str cells[COUNT(heads)] = {
        val_get_str(row, "number"),
        val_get_str(row, "org"),
        val_get_str(row, "title"),
        val_get_str(row, "state_label"),
        money_format_plain(cx->arena, val_get_int(row, "amount_fen")),
        money_format_plain(cx->arena, val_get_int(row, "held_fen")),
        money_format_plain(cx->arena, val_get_int(row, "left_fen")),
        val_get_str(row, "way_label"),
        val_get_str(row, "payer"),
        due_ms ? time_format(cx->arena, due_ms) : S(""),
        due_ms ? str_format(cx->arena, "%lld", (long long)val_get_int(row, "hours_left")) : S(""),
        val_get_str(row, "payout")};
    return sheet_out_row(cx, out, cells, COUNT(cells));
}

static Err write_all(Cx *cx, Str state, const char *path)
{
    SheetOutColumn columns[COUNT(heads)] = {0};
    SheetOut *out;
    Val *reply = NULL, *in = val_map(cx->arena);
    for (size_t i = 0; i < COUNT(heads); i++)
        columns[i].title = text_say(cx->arena, cx->lang, heads[i], NULL, 0);
    columns[1].width = columns[2].width = 30;
    val_set_str(cx->arena, in, "state", state);
    Err e = ask(cx, "deposit.list", in, &reply);
    if (!e)
        e = sheet_out_open(cx, path, SHEET_OUT_XLSX,
                           text_say(cx->arena, cx->lang, "page.deposits", NULL, 0), columns,
                           COUNT(heads), &out);
    if (e)
        return e;
    i64 last = val_get_int(reply, "pages");
    for (i64 page = 1; !e; page++) {
        const Val *items = val_get(reply, "items");
        for (size_t i = 0; !e && i < val_count(items); i++)
            e = write_row(cx, out, val_at(items, i));
        if (e || page >= last)
            break;
        val_set_int(cx->arena, in, "page", page + 1);
        e = ask(cx, "deposit.list", in, &reply);
    }
    Err end = sheet_out_done(cx, out, NULL);
    return e ? e : end;
}

void deposits_handle(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    Str folder = str_format(cx->arena, "%.*s/exports", STR_ARG(app->house->data_folder));
    Str path = str_format(cx->arena, "%.*s/deposits-%lld.xlsx", STR_ARG(folder),
                          (long long)cx->actor.account_id);
    /* Written beside its place, then renamed: whoever is sent the former one has it whole. */
    char *coming = str_z(cx->arena, str_format(cx->arena, "%.*s.%.*s", STR_ARG(path),
                                               STR_ARG(chance_token(cx->chance, cx->arena, 8))));
    mkdir(str_z(cx->arena, folder), 0700);
    Err e = write_all(cx, request_query(request, "state"), coming);
    if (!e && rename(coming, str_z(cx->arena, path)) != 0)
        e = err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", path);
    if (e) {
        page_error(app, request, response, call, e);
        return;
    }
    response->status = 200;
    response->content_type = S("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    response->file_path = path;
    response_header(response, "Content-Disposition", S("attachment; filename=\"deposits.xlsx\""));
}
