/* app_int.h - inside the room: one request on its way. */
#ifndef WEB_APP_INT_H
#define WEB_APP_INT_H

#include "command/settings.h"
#include "ident/ident.h"
#include "web/app.h"
#include "web/asset_table.h"
#include "web/page.h"
#include "web/page_cache.h"
#include "web/template.h"

struct App {
    House *house;
    Server *server;
    Templates *templates;
    PageCache *cache;
    Clock *clock;
    Chance *chance;
    char *socket_path;
    char *host;
    Str csp;
    Db *dbs[APP_WORKERS_MAX]; /* Reading connections, one a worker. */
};

typedef enum Way { WAY_PAGE, WAY_DO, WAY_API, WAY_FILE, WAY_REJECTS, WAY_HEALTH } Way;

/* A request between its turns; in the request's arena. */
typedef struct Call {
    Cx cx;
    Way way;
    SignedIn me;
    bool signed_in;
    bool by_cookie;
    const Op *op;
    void *in;
    OpJob job;
    bool waiting; /* The writer has it. */
} Call;

/* What the templates may name behind a bar. */
const TemplateFilter *app_filters(size_t *ret_count);

NODISCARD Err call_init(App *app, Request *request, Call **ret);

Handled api_handle(App *app, Request *request, Response *response, Call *call);
Handled do_handle(App *app, Request *request, Response *response, Call *call);
void file_handle(App *app, Request *request, Response *response, Call *call);
void rejects_handle(App *app, Request *request, Response *response, Call *call);
extern const UploadSink app_sink;
/* The kept file of an upload of this request. ERR_INPUT when there is none. */
NODISCARD Err upload_keep(App *app, Request *request, Call *call, Str *ret_hash, Str *ret_name,
                          i64 *ret_bytes);

/* Answers with a page. `failed` may be NULL. */
void page_answer(App *app, Request *request, Response *response, Call *call, const Op *failed,
                 const WebPairs *typed, int status);
void page_error(App *app, Request *request, Response *response, Call *call, Err e);
void json_answer(Response *response, Call *call, Err e, const Val *reply);
int http_status(Err e);
/* A path of our own to go to: no other host, no control characters; else "/". */
Str safe_path(Str path);
void flash_set(App *app, Response *response, Str text);

#endif
