/* What people take home of a lot: /lot/3/bundle, and /lot/3/confirmation.pdf. */
#include "web/app_int.h"

#include "auction/auction_proof.h"
#include "consent/consent.h"
#include "store/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static Err ask(Cx *cx, const char *name, const Val *in, Val **ret)
{
    void *read;
    const Op *op = op_find(house_of(cx), str_from(name));
    Err e = op_read_json(cx, op, in, &read);
    return e ? e : op_call(cx, op, read, ret);
}

/* The number in "/lot/3/bundle"; 0 when it is none. */
static i64 lot_of(Str path, Str tail)
{
    i64 id = 0;
    Str middle = str_slice(path, strlen("/lot/"), path.len - tail.len);
    return str_to_i64(middle, &id) && id > 0 ? id : 0;
}

static Val *id_val(Cx *cx, i64 id)
{
    Val *in = val_map(cx->arena);
    val_set_int(cx->arena, in, "id", id);
    return in;
}

static bool is_there(Cx *cx, Str path)
{
    return access(str_z(cx->arena, path), R_OK) == 0;
}

/* Written beside its place, then renamed: whoever is sent one has it whole. */
static Err keep(Cx *cx, Str path, Str text)
{
    char *coming = str_z(cx->arena, str_format(cx->arena, "%.*s.%.*s", STR_ARG(path),
                                               STR_ARG(chance_token(cx->chance, cx->arena, 8))));
    FILE *file = fopen(coming, "we");
    bool ok = file && fwrite(text.data, 1, text.len, file) == text.len;
    if (file)
        ok = fclose(file) == 0 && ok;
    ok = ok && rename(coming, str_z(cx->arena, path)) == 0;
    if (!ok)
        unlink(coming);
    return ok ? ERR_OK : err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", path);
}

/* A lot that is over has one bundle for ever: it is made once, by the hash of its log. */
static Err bundle_path(App *app, Cx *cx, i64 id, Str *ret)
{
    Val *proof, *reply;
    Err e = ask(cx, "lot.proof", id_val(cx, id), &proof);
    if (e)
        return e;
    Str hash = val_get_str(proof, "log_hash");
    Str folder = str_format(cx->arena, "%.*s/exports", STR_ARG(app->house->data_folder));
    *ret = str_format(cx->arena, "%.*s/lot-%lld-%.*s.jsonl", STR_ARG(folder), (long long)id,
                      STR_ARG(str_slice(hash, 0, 16)));
    if (val_get_bool(proof, "ready") && is_there(cx, *ret))
        return ERR_OK;
    e = ask(cx, "lot.bundle", id_val(cx, id), &reply);
    if (e)
        return e;
    mkdir(str_z(cx->arena, folder), 0700);
    return keep(cx, *ret, val_get_str(reply, "text"));
}

void bundle_handle(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    Str path = {0};
    i64 id = lot_of(request->path, S("/bundle"));
    Err e = id ? bundle_path(app, cx, id, &path) : err_set(cx, ERR_MISSING, NULL, "web.no_page");
    if (e) {
        page_error(app, request, response, call, e);
        return;
    }
    response->status = 200;
    response->content_type = S("application/x-ndjson");
    response->file_path = path;
    response_header(
        response, "Content-Disposition",
        str_format(cx->arena, "attachment; filename=\"lot-%lld.jsonl\"", (long long)id));
}

static Err find_paper(Cx *cx, i64 id, Str no, Str *ret_path, Val **ret)
{
    i64 number = 0;
    char *path;
    Val *in = id_val(cx, id);
    if (str_to_i64(no, &number))
        val_set_int(cx->arena, in, "no", number);
    Err e = ask(cx, "lot.paper", in, ret);
    if (!e)
        e = files_path(cx, consent_files_root(cx), val_get_str(*ret, "file_hash"), &path);
    if (!e)
        *ret_path = str_from(path);
    return e;
}

void sale_paper_handle(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    Str path = {0};
    Val *paper = NULL;
    i64 id = lot_of(request->path, S("/confirmation.pdf"));
    Err e = id ? find_paper(cx, id, request_query(request, "no"), &path, &paper)
               : err_set(cx, ERR_MISSING, NULL, "web.no_page");
    if (e) {
        page_error(app, request, response, call, e);
        return;
    }
    Shown shown = {0};
    shown_add(&shown, &lot_paper_type, val_get_int(paper, "id"), false);
    access_note(cx, "lot.paper", &shown, ERR_OK);
    response->status = 200;
    response->content_type = S("application/pdf");
    response->file_path = path;
    response_header(response, "Cache-Control", S("no-store"));
    response_header(response, "Content-Disposition",
                    str_format(cx->arena, "attachment; filename=\"%.*s.pdf\"",
                               STR_ARG(val_get_str(paper, "number"))));
}
