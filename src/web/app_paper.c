/* Signed papers: sending one, and the hash of one that somebody wants checked. */
#include "web/app_int.h"

#include "base/openssl.h"
#include "consent/consent.h"
#include "store/files.h"

#include <string.h>

/* ---- /consent/3/paper.pdf ---- */

static Err find_paper(Call *call, i64 id, Str *ret_path, Str *ret_number)
{
    Cx *cx = &call->cx;
    Val *in = val_map(cx->arena), *reply;
    void *read;
    char *path;
    const Op *op = op_find(house_of(cx), S("consent.show"));
    val_set_int(cx->arena, in, "id", id);
    Err e = op_read_json(cx, op, in, &read);
    if (!e)
        e = op_call(cx, op, read, &reply);
    if (e)
        return e;
    const Val *consent = val_get(reply, "consent");
    e = files_path(cx, consent_files_root(cx), val_get_str(consent, "file_hash"), &path);
    if (e)
        return e;
    *ret_path = str_from(path);
    *ret_number = val_get_str(consent, "number");
    return ERR_OK;
}

void paper_handle(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    Str path = {0}, number = {0};
    Str middle =
        str_slice(request->path, strlen("/consent/"), request->path.len - strlen("/paper.pdf"));
    i64 id = 0;
    Err e = str_to_i64(middle, &id) ? find_paper(call, id, &path, &number)
                                    : err_set(cx, ERR_MISSING, NULL, "web.no_page");
    if (e) {
        page_error(app, request, response, call, e);
        return;
    }
    Shown shown = {0};
    shown_add(&shown, &consent_type, id, true); /* The signer's name stands in it. */
    access_note(cx, "consent.paper", &shown, ERR_OK);
    response->status = 200;
    response->content_type = S("application/pdf");
    response->file_path = path;
    response_header(response, "Cache-Control", S("no-store"));
    response_header(response, "Content-Disposition",
                    str_format(cx->arena, "attachment; filename=\"%.*s.pdf\"", STR_ARG(number)));
}

/* ---- a paper to be checked ---- */

typedef struct Hashed {
    EVP_MD_CTX *digest;
} Hashed;

static int sink_open(Request *request, Upload *upload)
{
    Hashed *hashed = ARENA_NEW(request->arena, Hashed, 1);
    upload->kept = hashed;
    hashed->digest = EVP_MD_CTX_new();
    return hashed->digest && EVP_DigestInit_ex(hashed->digest, EVP_sha256(), NULL) == 1 ? 0 : 507;
}

static int sink_write(Request *request, Upload *upload, const void *bytes, size_t count)
{
    (void)request;
    return EVP_DigestUpdate(((Hashed *)upload->kept)->digest, bytes, count) == 1 ? 0 : 507;
}

/* Also the end of one that was read whole: nothing of it is kept, so nothing is taken. */
static void sink_drop(Request *request, Upload *upload)
{
    Hashed *hashed = upload->kept;
    (void)request;
    EVP_MD_CTX_free(hashed->digest);
    hashed->digest = NULL;
}

const UploadSink paper_sink = {.open = sink_open, .write = sink_write, .drop = sink_drop};

Str paper_hash(Request *request)
{
    const Upload *upload = request->uploads;
    u8 digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!upload || !upload->whole || !upload->bytes)
        return S("");
    const Hashed *hashed = upload->kept;
    if (EVP_DigestFinal_ex(hashed->digest, digest, &len) != 1)
        return S("");
    return hex_from(request->arena, digest, len);
}
