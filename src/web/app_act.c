/* Acts: the API, forms, files. */
#include "web/app_int.h"

#include "auction/deposit.h"
#include "exchange/import.h"
#include "store/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int http_status(Err e)
{
    switch (e) {
    case ERR_OK:
        return 200;
    case ERR_INPUT:
        return 400;
    case ERR_SIGN_IN:
        return 401;
    case ERR_DENIED:
    case ERR_SECOND:
        return 403;
    case ERR_MISSING:
        return 404;
    case ERR_STATE:
    case ERR_CONFLICT:
        return 409;
    case ERR_LIMIT:
        return 429;
    case ERR_BUSY:
        return 503;
    default:
        return 500;
    }
}

void json_answer(Response *response, Call *call, Err e, const Val *reply)
{
    Buf out = buf_new(call->cx.arena);
    val_write_json(&out, e ? err_val(&call->cx) : reply);
    buf_char(&out, '\n');
    response_text(response, http_status(e), "application/json; charset=utf-8", buf_str(&out));
    response_header(response, "Cache-Control", S("no-store"));
}

/* A post with a cookie must come from our own pages and carry the session's token. */
static Err check_origin(Call *call, const Request *request, Str csrf)
{
    Str site = request_header(request, "sec-fetch-site"),
        origin = request_header(request, "origin");
    Str host = request_header(request, "host");
    bool foreign = site.len && !str_same(site, S("same-origin")) && !str_same(site, S("none"));
    if (origin.len) { /* "null": a frame without an origin of its own, so none of our pages. */
        size_t at = str_find(origin, S("://"));
        foreign = foreign || !str_same(str_slice(origin, at + 3, origin.len), host);
    }
    if (foreign || (call->by_cookie && !secret_same(csrf, call->me.csrf)))
        return err_set(&call->cx, ERR_DENIED, NULL, "web.csrf");
    return ERR_OK;
}

/* One whose delegation ended in the midst does nothing in his own name before he has seen it. */
static Err check_acting(Call *call)
{
    bool looks = call->op->kind == OP_READ && call->way != WAY_API;
    if (!call->acting_over || looks || (call->op->flags & OP_OWN))
        return ERR_OK;
    return err_set(&call->cx, ERR_STATE, NULL, "people.acting_over");
}

static void done(WriteJob *job)
{
    Cx *cx = job->cx;
    Request *request = cx->request;
    server_again(request);
}

/* Bulk ops of the API are many and their answers short: the writer's thread makes them, and no
 * worker is woken for it. */
static void done_bulk(WriteJob *job)
{
    Cx *cx = job->cx;
    Request *request = cx->request;
    Call *call = request->user;
    Val *reply = NULL;
    Err e = op_answer(cx, &call->job, &reply);
    json_answer(call->response, call, e, reply);
    server_finish(request);
}

/* Runs a checked op: through the writer without waiting, or at once. */
static Handled start(Request *request, Response *response, Call *call, Err *ret_err,
                     Val **ret_reply)
{
    bool bulk = (call->op->flags & OP_BULK) && call->way == WAY_API;
    Cx *cx = &call->cx;
    if (call->op->kind != OP_WRITE) {
        *ret_err = op_call(cx, call->op, call->in, ret_reply);
        return HANDLED_NOW;
    }
    *ret_err = op_check(cx, call->op, call->in);
    if (*ret_err)
        return HANDLED_NOW;
    cx->request = request;
    call->waiting = true;
    call->response = response;
    *ret_err = op_submit(cx, &call->job, call->op, call->in, bulk ? done_bulk : done);
    if (*ret_err)
        call->waiting = false;
    return *ret_err ? HANDLED_NOW : HANDLED_LATER;
}

/* A sign-in or a proof of the second factor has made a new token. */
static void session_renew(App *app, Response *response, const Call *call, const Val *reply)
{
    static const char *const names[] = {"session.open", "session.second", "second.confirm"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(call->op->name, names[i]) == 0 && val_get(reply, "token"))
            session_cookie_set(app, response, val_get_str(reply, "token"));
}

/* ---- the API ---- */

static Err api_read(Call *call, const Request *request)
{
    Cx *cx = &call->cx;
    Str path = str_slice(request->path, 8, request->path.len);
    char *name = str_z(cx->arena, path), *slash = strchr(name, '/');
    if (slash)
        *slash = '.';
    call->op = op_find(house_of(cx), str_from(name));
    if (!call->op)
        return err_set_arg(cx, ERR_MISSING, NULL, "web.no_op", path);
    Err over = check_acting(call);
    if (over)
        return over;
    if (request->method == METHOD_POST) {
        Str why = {0};
        Val *body =
            request->body.len ? val_read_json(cx->arena, request->body, &why) : val_map(cx->arena);
        if (!body)
            return err_set_arg(cx, ERR_INPUT, NULL, "web.bad_json", why);
        Err e = check_origin(call, request, request_header(request, "x-csrf"));
        if (call->signed_in && strcmp(call->op->name, "session.close") == 0 &&
            !val_get(body, "session_id"))
            val_set_int(cx->arena, body, "session_id", call->me.session_id);
        return e ? e : op_read_json(cx, call->op, body, &call->in);
    }
    if (call->op->kind != OP_READ)
        return err_set(cx, ERR_INPUT, NULL, "web.post_it");
    NameText *texts = ARENA_NEW(cx->arena, NameText, request->query.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < request->query.count; i++)
        if (!str_same(request->query.items[i].name, S("lang")))
            texts[count++] =
                (NameText){request->query.items[i].name, request->query.items[i].value};
    return op_read_texts(cx, call->op, texts, count, true, &call->in);
}

Handled api_handle(App *app, Request *request, Response *response, Call *call)
{
    Val *reply = NULL;
    Err e;
    if (call->waiting) {
        e = op_answer(&call->cx, &call->job, &reply);
    } else {
        e = api_read(call, request);
        if (!e)
            e = call_limit(app, request, response, call);
        if (!e && start(request, response, call, &e, &reply) == HANDLED_LATER)
            return HANDLED_LATER;
    }
    if (!e && call->by_cookie && val_get(reply, "token")) /* The old token is void. */
        session_renew(app, response, call, reply);
    json_answer(response, call, e, reply);
    return HANDLED_NOW;
}

/* ---- /hook/payment: deposit.paid, with the call byte for byte as its input ---- */

Handled hook_handle(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    Val *reply = NULL;
    Err e = ERR_OK;
    (void)app;
    if (call->waiting) {
        e = op_answer(cx, &call->job, &reply);
    } else {
        DepositPaidIn *in = ARENA_NEW(cx->arena, DepositPaidIn, 1);
        *in = (DepositPaidIn){.body = request->body,
                              .stamp = request_header(request, "x-techbourse-timestamp"),
                              .signature = request_header(request, "x-techbourse-signature")};
        call->op = op_find(house_of(cx), S("deposit.paid"));
        call->in = in;
        if (start(request, response, call, &e, &reply) == HANDLED_LATER)
            return HANDLED_LATER;
    }
    json_answer(response, call, e, reply);
    return HANDLED_NOW;
}

/* ---- files ---- */

typedef struct Kept {
    FileSink *sink; /* NULL: what comes is not kept. */
    Cx cx;
} Kept;

/* Whether this address is the caller's, asked before the first byte goes to the disk: a stranger
 * fills nobody's disk. What he sends is read to its end, and then refused in the usual way. */
static bool may_send(App *app, Request *request)
{
    Call *call;
    Err e = call_init(app, request, &call);
    return !e && !way_allowed(call);
}

static int sink_open(Request *request, Upload *upload)
{
    App *app = server_app(request->server);
    Kept *kept = ARENA_NEW(request->arena, Kept, 1);
    kept->cx = (Cx){
        .arena = request->arena, .clock = app->clock, .chance = app->chance, .house = app->house};
    upload->kept = kept;
    if (!may_send(app, request))
        return 0;
    return files_begin(&kept->cx, import_files_root(&kept->cx), &kept->sink) ? 507 : 0;
}

static int sink_write(Request *request, Upload *upload, const void *bytes, size_t count)
{
    Kept *kept = upload->kept;
    (void)request;
    if (!kept->sink)
        return 0;
    Err e = files_add(&kept->cx, kept->sink, bytes, count);
    return e == ERR_LIMIT ? 413 : e ? 507 : 0;
}

static void sink_drop(Request *request, Upload *upload)
{
    FileSink *sink = ((Kept *)upload->kept)->sink;
    (void)request;
    if (sink)
        files_drop(sink);
}

const UploadSink app_sink = {.open = sink_open, .write = sink_write, .drop = sink_drop};

Err upload_keep(App *app, Request *request, Call *call, Str *ret_hash, Str *ret_name,
                i64 *ret_bytes)
{
    Upload *upload = request->uploads;
    (void)app;
    if (!upload || !upload->whole || upload->bytes == 0)
        return err_set(&call->cx, ERR_INPUT, "file", "web.no_file");
    Kept *kept = upload->kept;
    if (!kept->sink) /* Signed out while it came. */
        return err_set(&call->cx, ERR_SIGN_IN, NULL, "command.sign_in");
    Err e = files_keep(&call->cx, kept->sink, ret_hash, ret_bytes);
    upload->taken = true;
    *ret_name = utf8_head(upload->file_name, IMPORT_NAME_MAX);
    return e;
}

void file_handle(App *app, Request *request, Response *response, Call *call)
{
    Str hash = {0}, name = {0};
    i64 bytes;
    Cx *cx = &call->cx;
    Val *reply = NULL;
    Err e = check_origin(call, request, request_header(request, "x-csrf"));
    if (!e && !call->signed_in && !request->is_local)
        e = err_set(cx, ERR_SIGN_IN, NULL, "command.sign_in");
    if (!e && cx->actor.token_id && !(cx->actor.scope & SCOPE_WRITE))
        e = err_set(cx, ERR_DENIED, NULL, "command.not_this_token");
    if (!e)
        e = upload_keep(app, request, call, &hash, &name, &bytes);
    if (!e) {
        reply = val_map(cx->arena);
        val_set_str(cx->arena, reply, "hash", hash);
        val_set_int(cx->arena, reply, "bytes", bytes);
    }
    json_answer(response, call, e, reply);
}

void rejects_handle(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    i64 id = 0, count;
    bool taken = str_ends(request->path, S("/warnings.xlsx"));
    Str middle = str_slice(request->path, 8,
                           request->path.len - strlen(taken ? "/warnings.xlsx" : "/rejects.xlsx"));
    Str folder = str_format(cx->arena, "%.*s/rejects", STR_ARG(app->house->data_folder));
    /* Written beside its place, then renamed: one file an import, whoever else asks for it now. */
    Str path = str_format(cx->arena, "%.*s/import-%.*s%s.xlsx", STR_ARG(folder), STR_ARG(middle),
                          taken ? "-warned" : "");
    char *coming = str_z(cx->arena, str_format(cx->arena, "%.*s.%.*s", STR_ARG(path),
                                               STR_ARG(chance_token(cx->chance, cx->arena, 8))));
    Err e = str_to_i64(middle, &id) ? ERR_OK
                                    : err_set_arg(cx, ERR_MISSING, NULL, "record.missing", middle);
    mkdir(str_z(cx->arena, folder), 0700);
    if (!e)
        e = import_rejects_write(cx, id, taken, coming, &count);
    if (!e && rename(coming, str_z(cx->arena, path)) != 0)
        e = err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", path);
    if (e) {
        page_error(app, request, response, call, e);
        return;
    }
    Shown shown = {0};
    shown_add(&shown, &import_type, id, false);
    access_note(cx, "import.rejects", &shown, ERR_OK);
    response->status = 200;
    response->content_type = S("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    response->file_path = path;
    response_header(response, "Content-Disposition",
                    str_format(cx->arena, "attachment; filename=\"import-%lld-%s.xlsx\"",
                               (long long)id, taken ? "warned" : "rejected"));
}

/* ---- forms ---- */

/* The mapping form has a select for each column; the op takes "3=title;4=appno". */
static void add_columns(Call *call, const Request *request, NameText *texts, size_t *count)
{
    Buf out = buf_new(call->cx.arena);
    for (size_t i = 0; i < request->form.count; i++) {
        WebPair pair = request->form.items[i];
        if (!str_starts(pair.name, S("column_")) || !pair.value.len)
            continue;
        buf_format(&out, "%s%.*s=%.*s", out.len ? ";" : "",
                   STR_ARG(str_slice(pair.name, 7, pair.name.len)), STR_ARG(pair.value));
    }
    if (out.len)
        texts[(*count)++] = (NameText){S("mapping"), buf_str(&out)};
}

/* The application has a box for each condition; the op takes a line of each. */
static void add_statements(Call *call, const Request *request, NameText *texts, size_t *count)
{
    Buf out = buf_new(call->cx.arena);
    for (size_t i = 0; i < request->form.count; i++) {
        Str rest = request->form.items[i].value, part;
        if (!str_starts(request->form.items[i].name, S("statement_")))
            continue;
        while (str_split(&rest, '\n', &part)) {
            buf_add(&out, str_trim(part));
            buf_char(&out, ' ');
        }
        buf_char(&out, '\n');
    }
    if (out.len)
        texts[(*count)++] = (NameText){S("statements"), buf_str(&out)};
}

static Err do_read(App *app, Request *request, Call *call)
{
    Cx *cx = &call->cx;
    call->op = op_find(house_of(cx), str_slice(request->path, 4, request->path.len));
    if (!call->op || (call->op->flags & OP_LOCAL_ONLY))
        return err_set_arg(cx, ERR_MISSING, NULL, "web.no_op", request->path);
    Err e = check_origin(call, request, request_field(request, "csrf"));
    if (!e)
        e = check_acting(call);
    if (e)
        return e;
    NameText *texts = ARENA_NEW(cx->arena, NameText, request->form.count + 4);
    size_t count = 0;
    for (size_t i = 0; i < request->form.count; i++)
        texts[count++] = (NameText){request->form.items[i].name, request->form.items[i].value};
    add_columns(call, request, texts, &count);
    add_statements(call, request, texts, &count);
    if (call->way == WAY_UPLOAD) {
        Str hash, name;
        i64 bytes;
        e = upload_keep(app, request, call, &hash, &name, &bytes);
        if (e)
            return e;
        texts[count++] = (NameText){S("file_hash"), hash};
        texts[count++] = (NameText){S("name"), name};
    }
    if (call->way == WAY_CHECK)
        texts[count++] = (NameText){S("hash"), paper_hash(request)};
    if (str_same_z(request->path, "/do/session.close"))
        texts[count++] = (NameText){S("session_id"),
                                    str_format(cx->arena, "%lld", (long long)call->me.session_id)};
    return op_read_texts(cx, call->op, texts, count, false, &call->in);
}

Str safe_path(Str path)
{
    bool ok = path.len && path.data[0] == '/' && !str_starts(path, S("//")) &&
              !str_starts(path, S("/\\"));
    for (size_t i = 0; ok && i < path.len; i++)
        ok = (u8)path.data[i] > 0x20 && path.data[i] != 0x7f && path.data[i] != '\\';
    return ok ? path : S("/");
}

/* The inbox with what was marked, so that a click takes it back. */
static Str undo_path(Arena *arena, const Val *ids)
{
    Buf out = buf_new(arena);
    buf_z(&out, "/inbox?undo=");
    for (size_t i = 0; i < val_count(ids); i++)
        buf_format(&out, "%s%lld", i ? "," : "", (long long)val_at(ids, i)->i);
    return buf_str(&out);
}

/* Where a made thing is shown: "need.post" replied id 7 -> /need/7. */
static Str page_of_reply(Call *call, const Request *request, const Val *reply, Str back)
{
    static const char *const made[][2] = {
        {"need.post", "/need/"},
        {"lot.open", "/lot/"},
        {"import.upload", "/import/"},
        {"import.map", "/import/"},
        {"import.start", "/import/"},
        {"achievement.add", "/achievement/"},
        {"audit.export", "/audit/export/"},
        {"consent.sign", "/consent/"},
        {"consent.withdraw", "/consent/"},
    };
    i64 id = val_get_int(reply, "id");
    for (size_t i = 0; i < COUNT(made); i++)
        if (id && strcmp(call->op->name, made[i][0]) == 0)
            return str_format(call->cx.arena, "%s%lld", made[i][1], (long long)id);
    if (strcmp(call->op->name, "listing.file") == 0)
        return S("/listings?mine=1");
    if (strcmp(call->op->name, "consent.check") == 0)
        return str_format(call->cx.arena, "/consent/verify?hash=%.*s",
                          STR_ARG(val_get_str(reply, "asked")));
    bool marked =
        strcmp(call->op->name, "message.read") == 0 || strcmp(call->op->name, "message.done") == 0;
    if (marked && !request_field(request, "next").len && val_count(val_get(reply, "ids")))
        return undo_path(call->cx.arena, val_get(reply, "ids"));
    if (request_field(request, "next").len) /* Of a form page: where it was opened from. */
        return safe_path(request_field(request, "next"));
    if (str_starts(back, S("/form/")) || str_starts(back, S("/signin")))
        return S("/");
    return back;
}

void flash_set(App *app, Response *response, Str text)
{
    Buf out = buf_new(response->arena);
    buf_url(&out, text);
    response_cookie(response, "flash", buf_str(&out), 60, app->house->settings->secure_cookie != 0);
}

/* What is said above the next page. */
static void tell_done(App *app, Response *response, Call *call, const Val *reply)
{
    static const char *const quiet[] = {"session.open", "session.close", "session.second",
                                        "second.begin", "consent.check", "message.read",
                                        "message.done", "message.unread"};
    Cx *cx = &call->cx;
    Str label = str_from(cx->lang == LANG_EN ? call->op->en : call->op->zh);
    Str message = val_get_str(reply, "message");
    const Val *ok = val_get(reply, "ok");
    for (size_t i = 0; i < COUNT(quiet); i++)
        if (strcmp(call->op->name, quiet[i]) == 0)
            return;
    if (ok && ok->kind == VAL_BOOL && !ok->b)
        flash_set(app, response, str_format(cx->arena, "!%.*s", STR_ARG(message)));
    else if (message.len)
        flash_set(app, response, message);
    else if (!str_starts(str_from(call->op->name), S("import.")))
        flash_set(app, response, text_say(cx->arena, cx->lang, "web.done", &label, 1));
}

/* A message that leads to a push was opened: the push is seen. One that cannot be is no matter. */
static void see_push(Call *call, const Request *request)
{
    Cx *cx = &call->cx;
    Str next = request_field(request, "next");
    const Op *op = op_find(house_of(cx), S("push.see"));
    Val *in = val_map(cx->arena), *seen;
    void *read;
    if (strcmp(call->op->name, "message.read") != 0 || !str_starts(next, S("/push/")))
        return;
    val_set_str(cx->arena, in, "ids", str_slice(next, strlen("/push/"), next.len));
    Err e = op_read_json(cx, op, in, &read);
    if (!e)
        e = op_call(cx, op, read, &seen);
    if (e)
        err_clear(cx);
}

/* After the mapping is confirmed the import starts at once: one button, one act for the user. */
static Err go_on(Call *call, const Request *request, const Val *reply)
{
    see_push(call, request);
    Cx *cx = &call->cx;
    Val *in = val_map(cx->arena), *started;
    void *read;
    if (strcmp(call->op->name, "import.map") != 0)
        return ERR_OK;
    const Op *op = op_find(house_of(cx), S("import.start"));
    val_set_int(cx->arena, in, "id", val_get_int(reply, "id"));
    Err e = op_read_json(cx, op, in, &read);
    return e ? e : op_call(cx, op, read, &started);
}

static void do_succeed(App *app, Request *request, Response *response, Call *call, const Val *reply)
{
    Str back = safe_path(request_field(request, "back"));
    session_renew(app, response, call, reply);
    if (strcmp(call->op->name, "session.close") == 0)
        session_cookie_set(app, response, S(""));
    if (op_shows_once(call->op) && !val_get(reply, "waiting")) {
        page_once(app, request, response, call, reply);
        return;
    }
    tell_done(app, response, call, reply);
    response_redirect(response, 303, page_of_reply(call, request, reply, back));
}

/* The page that the form was on, with what was typed, and with what was wrong with it. */
static void show_again(App *app, Request *request, Response *response, Call *call, Str back, Err e)
{
    Request again;
    if (!call->op || !request_make(request->arena, METHOD_GET, back, &again)) {
        page_error(app, request, response, call, e);
        return;
    }
    again.cookies = request->cookies;
    again.headers = request->headers;
    again.worker = request->worker;
    again.server = request->server;
    page_answer(app, &again, response, call, call->op, &request->form, http_status(e));
}

static void do_fail(App *app, Request *request, Response *response, Call *call, Err e)
{
    Cx *cx = &call->cx;
    Str back = safe_path(request_field(request, "back"));
    bool sign_in = call->op && strcmp(call->op->name, "session.open") == 0;
    if (e == ERR_SIGN_IN) {
        Buf to = buf_new(cx->arena);
        buf_z(&to, "/signin?next=");
        buf_url(&to, back);
        response_redirect(response, 303, buf_str(&to));
        return;
    }
    if (e == ERR_SECOND) {
        do_enter_first(request, response, call, back);
        return;
    }
    if (sign_in) {
        Buf to = buf_new(cx->arena);
        buf_z(&to, "/signin?next=");
        buf_url(&to, back);
        back = buf_str(&to);
    }
    show_again(app, request, response, call, back, e);
}

/* The op that says what others would see of what this one is given; NULL: it has none, or it was
 * not asked for. Both take the same input. */
static const Op *preview_of(const Request *request, Call *call)
{
    static const char *const ops[][2] = {{"need.post", "need.preview"},
                                         {"listing.file", "listing.preview"}};
    for (size_t i = 0; i < COUNT(ops); i++)
        if (strcmp(call->op->name, ops[i][0]) == 0 && request_field(request, "preview").len)
            return op_find(house_of(&call->cx), str_from(ops[i][1]));
    return NULL;
}

Handled do_handle(App *app, Request *request, Response *response, Call *call)
{
    Val *reply = NULL;
    Err e;
    if (call->waiting) {
        e = op_answer(&call->cx, &call->job, &reply);
    } else {
        e = do_read(app, request, call);
        if (!e)
            e = call_limit(app, request, response, call);
        const Op *preview = e ? NULL : preview_of(request, call);
        if (preview)
            e = op_call(&call->cx, preview, call->in, &call->preview);
        if (preview && !e) {
            show_again(app, request, response, call, safe_path(request_field(request, "back")), e);
            return HANDLED_NOW;
        }
        if (!e && start(request, response, call, &e, &reply) == HANDLED_LATER)
            return HANDLED_LATER;
    }
    if (!e)
        e = go_on(call, request, reply);
    if (e)
        do_fail(app, request, response, call, e);
    else
        do_succeed(app, request, response, call, reply);
    return HANDLED_NOW;
}
