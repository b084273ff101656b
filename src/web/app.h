/* app.h - the web front of the exchange: pages, forms, API and live pages over one op table.
 *
 *   GET  /patent/3            a page (page.h)
 *   POST /do/need.post        a form; back to a page when done, the same page with errors when not
 *   POST /api/v1/need/post    JSON in, JSON out; GET with a query for read ops
 *   POST /api/v1/file         raw bytes kept by their hash; replies {"hash","bytes"}
 *   GET  /live/lot/3          server-sent events, for everybody
 *   GET  /static/app.css      built in
 *   GET  /oidc/start, /back   signing in by an outside provider (ident/oidc.h)
 *   GET  /healthz             200 when ready
 *
 * Who asks: the session cookie in a browser, `Authorization: Bearer TOKEN` in the API (a session's
 * token, or one of ident/token.h), the unix socket for the machine's operator. A post with a cookie
 * must carry the session's csrf token and come from our own pages. A write op is handed to the
 * writer and answered when it is durable; no worker waits for it.
 */
#ifndef WEB_APP_H
#define WEB_APP_H

#include "command/command.h"
#include "web/server.h"

typedef struct App App;

enum {
    APP_WORKERS_MAX = 64,
    APP_JSON_BYTES_MAX = 1024 * 1024, /* Body of an API call or a form. */
    APP_FORM_BYTES_MAX = 1024 * 1024,
};

/* `house` must outlive the app; its settings say where to listen. The app lives in cx->arena.
 * ERR_INPUT cli.bad_listen; ERR_IO when the address is taken; template errors. */
NODISCARD Err app_init(Cx *cx, House *house, App **ret);
/* Serves until app_stop. */
void app_run(App *app);
void app_stop(App *app); /* Any thread, signal handlers. */
void app_done(App *app);
Server *app_server(App *app);
/* Adds who may ask for each page and each other address, as op_permissions does for the ops. */
void app_permissions(Cx *cx, Val *items);
/* New facts have been taken in: pages kept for the public are old. Any thread. */
void app_facts_followed(App *app);

#endif
