/* Every address that is no page: one table, from which requests are routed and let in. An address
 * without a row is a page or nothing; a row, a page or an op without a permission ends the program
 * at start. */
#include "web/app_int.h"

#include <string.h>

// clang-format off
const WayRow way_rows[] = {
    /* `*` is one or more signs; at the end also slashes. The first row that fits counts. */
    {"/healthz",                WAY_HEALTH,  WHO_PUBLIC},
    {"/static/*",               WAY_STATIC,  WHO_PUBLIC},
    {"/live/lot/*",             WAY_LIVE,    WHO_PUBLIC},
    {"/oidc/start",             WAY_OIDC,    WHO_PUBLIC},
    {"/oidc/back",              WAY_OIDC,    WHO_PUBLIC},
    {"/api/v1/file",            WAY_FILE,    WHO_SIGNED | WHO_LOCAL},
    {"/api/v1/*",               WAY_API,     WHO_PUBLIC | WHO_HALF}, /* The op's own row decides. */
    {"/do/import.upload",       WAY_UPLOAD,  WHO_SIGNED},            /* And here. */
    {"/do/deposit.submit",      WAY_UPLOAD,  WHO_SIGNED},
    {"/do/bidder_paper.give",   WAY_UPLOAD,  WHO_SIGNED},
    {"/hook/payment",           WAY_HOOK,    WHO_PUBLIC | WHO_HALF}, /* Its signature decides. */
    {"/do/consent.check",       WAY_CHECK,   WHO_PUBLIC | WHO_HALF},
    {"/do/*",                   WAY_DO,      WHO_PUBLIC | WHO_HALF}, /* And here. */
    {"/import/*/rejects.xlsx",  WAY_REJECTS, WHO_SIGNED | WHO_LOCAL},
    {"/import/*/warnings.xlsx", WAY_REJECTS, WHO_SIGNED | WHO_LOCAL},
    {"/consent/*/paper.pdf",    WAY_PAPER,   WHO_SIGNED | WHO_LOCAL}, /* consent.show decides. */
    {"/deposit/*/slip",         WAY_SLIP,    WHO_SIGNED | WHO_LOCAL}, /* deposit.show decides. */
    {"/bidder_paper/*/file",    WAY_SLIP,    WHO_SIGNED | WHO_LOCAL}, /* bidder_paper.show decides. */
    {"/deposits.xlsx",          WAY_DEPOSITS, WHO_OPERATOR | WHO_LOCAL},
    {"/lot/*/bundle",           WAY_BUNDLE,  WHO_PUBLIC | WHO_HALF},  /* lot.bundle decides. */
    {"/lot/*/confirmation.pdf", WAY_SALE,    WHO_SIGNED | WHO_LOCAL}, /* lot.paper decides. */
    {"/pushes.xlsx",            WAY_PUSHES,  WHO_OPERATOR | WHO_DEPARTMENT | WHO_CENTRE | WHO_LOCAL},
    {"/audit/export/*",         WAY_EXPORT,  WHO_AUDIT | WHO_LOCAL},
};
// clang-format on
const size_t way_count = COUNT(way_rows);

static bool fits(const char *pattern, Str path)
{
    const char *star = strchr(pattern, '*');
    if (!star)
        return str_same_z(path, pattern);
    Str head = {pattern, (size_t)(star - pattern)}, tail = str_from(star + 1);
    if (path.len <= head.len + tail.len || !str_starts(path, head) || !str_ends(path, tail))
        return false;
    return !tail.len || !str_has(str_slice(path, head.len, path.len - tail.len), S("/"));
}

const WayRow *way_find(Str path)
{
    for (size_t i = 0; i < way_count; i++)
        if (fits(way_rows[i].path, path))
            return &way_rows[i];
    return NULL;
}

/* Files of imports, while one acts for another: the matter is the import's. */
static bool in_matters(Call *call)
{
    Cx *cx = &call->cx;
    if (!cx->actor.for_id || (call->way != WAY_REJECTS && call->way != WAY_FILE))
        return true;
    return op_in_matters(cx->actor.matters, op_find(house_of(cx), S("import.show")));
}

Err way_allowed(Call *call)
{
    Cx *cx = &call->cx;
    const WayRow *row = call->row;
    unsigned held = cx->actor.roles | WHO_PUBLIC;
    if (call->signed_in)
        held |= cx->actor.half ? WHO_HALF : WHO_SIGNED;
    if (!row || ((row->who & held) && in_matters(call)))
        return ERR_OK;
    if (!call->signed_in)
        return err_set(cx, ERR_SIGN_IN, NULL, "command.sign_in");
    access_note(cx, row->path, &(Shown){0}, ERR_DENIED);
    return err_set(cx, ERR_DENIED, NULL, "web.not_your_page");
}

/* ---- /audit/export/3: a file made by audit.export ---- */

void export_handle(App *app, Request *request, Response *response, Call *call)
{
    Cx *cx = &call->cx;
    AuditExport row = {0};
    Shown shown = {0};
    i64 id = 0;
    bool number =
        str_to_i64(str_slice(request->path, strlen("/audit/export/"), request->path.len), &id);
    Err e = record_load(cx, &audit_export_type, number ? id : 0, &row);
    if (!e && row.gone_ms)
        e = err_set(cx, ERR_MISSING, NULL, "audit.file_gone");
    if (e) {
        page_error(app, request, response, call, e);
        return;
    }
    bool csv = str_same(row.format, S("csv"));
    shown_add(&shown, &audit_export_type, id, false);
    access_note(cx, "audit.export", &shown, ERR_OK);
    response->status = 200;
    response->content_type = csv ? S("text/csv; charset=utf-8") : S("application/x-ndjson");
    response->file_path = str_format(cx->arena, "%.*s/exports/%.*s",
                                     STR_ARG(app->house->data_folder), STR_ARG(row.name));
    response_header(response, "Content-Disposition",
                    str_format(cx->arena, "attachment; filename=\"%.*s\"", STR_ARG(row.name)));
    response_header(response, "Cache-Control", S("no-store"));
}

/* ---- at start ---- */

void ways_verify(const WayRow *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        permit_verify("address", rows[i].path, rows[i].who);
        if (rows[i].path[0] != '/' || rows[i].way == WAY_PAGE)
            permit_verify("address that leads nowhere", rows[i].path, 0);
    }
}

void pages_verify(const Page *rows, size_t count, const Templates *templates)
{
    for (size_t i = 0; i < count; i++) {
        permit_verify("page", rows[i].path, rows[i].who);
        if (rows[i].path[0] != '/' || !rows[i].build ||
            !templates_has(templates, rows[i].template_name))
            permit_verify("page without a builder or template", rows[i].path, 0);
        for (size_t j = 0; j < i; j++)
            if (strcmp(rows[i].path, rows[j].path) == 0)
                permit_verify("page named twice", rows[i].path, 0);
        for (size_t w = 0; w < way_count; w++)
            if (strcmp(rows[i].path, way_rows[w].path) == 0)
                permit_verify("page that is an address of its own", rows[i].path, 0);
    }
}

static void add_row(Cx *cx, Val *items, const char *kind, const char *path, unsigned who)
{
    Val *row = val_map(cx->arena);
    val_set_z(cx->arena, row, "op", path);
    val_set_z(cx->arena, row, "kind", kind);
    permission_val(cx, row, who);
    val_push(cx->arena, items, row);
}

void app_permissions(Cx *cx, Val *items)
{
    for (size_t i = 0; i < pages_count; i++)
        add_row(cx, items, "page", pages[i].path, pages[i].who);
    for (size_t i = 0; i < way_count; i++)
        add_row(cx, items, "address", way_rows[i].path, way_rows[i].who);
}
