/* app_int.h - inside the room: one request on its way. */
#ifndef WEB_APP_INT_H
#define WEB_APP_INT_H

#include "audit/audit.h"
#include "command/settings.h"
#include "ident/ident.h"
#include "web/app.h"
#include "web/asset_table.h"
#include "web/limit.h"
#include "web/page.h"
#include "web/page_cache.h"
#include "web/template.h"

typedef struct Oidc Oidc; /* app_oidc.c */

struct App {
    House *house;
    Server *server;
    Templates *templates;
    PageCache *cache;
    Limits *limits;
    Oidc *oidc;
    Clock *clock;
    Chance *chance;
    char *socket_path;
    char *host;
    Str csp;
    Db *dbs[APP_WORKERS_MAX]; /* Reading connections, one a worker. */
};

typedef enum Way {
    WAY_PAGE,
    WAY_DO,
    WAY_UPLOAD, /* WAY_DO with a file. */
    WAY_API,
    WAY_FILE,
    WAY_REJECTS,
    WAY_EXPORT,
    WAY_PAPER,
    WAY_PUSHES,
    WAY_SLIP,     /* Of a deposit, or a bidder's paper. */
    WAY_DEPOSITS, /* The list as a spreadsheet. */
    WAY_HOOK,     /* A bank tells of a payment. */
    WAY_BUNDLE,
    WAY_SALE,
    WAY_CHECK, /* WAY_DO with a file that is hashed, not kept. */
    WAY_HEALTH,
    WAY_OIDC,
    WAY_STATIC, /* Answered by the loop. */
    WAY_LIVE,
} Way;

/* ---- app_way.c ---- */

typedef struct WayRow {
    const char *path; /* `*` is one or more signs. */
    Way way;
    unsigned who; /* WHO_*, never 0. */
} WayRow;
extern const WayRow way_rows[];
extern const size_t way_count;
const WayRow *way_find(Str path); /* NULL: a page, or nothing. */
/* End the process when a row has no permission, or leads nowhere. */
void ways_verify(const WayRow *rows, size_t count);
void pages_verify(const Page *rows, size_t count, const Templates *templates);

/* A request between its turns; in the request's arena. */
typedef struct Call {
    Cx cx;
    Way way;
    const WayRow *row; /* NULL: a page. */
    SignedIn me;
    bool signed_in;
    bool by_cookie;
    bool token_stale; /* A token of the API was used: to be noted. */
    bool acting_over; /* The delegation that the session acts under holds no more. */
    const Op *op;
    void *in;
    OpJob job;
    Response *response; /* Of a call that the writer answers by itself. */
    bool waiting;       /* The writer has it. */
    Val *preview;       /* What others would see of a form that is shown again for that. */
} Call;

/* What the templates may name behind a bar. */
const TemplateFilter *app_filters(size_t *ret_count);

NODISCARD Err call_init(App *app, Request *request, Call **ret);

Handled api_handle(App *app, Request *request, Response *response, Call *call);
Handled do_handle(App *app, Request *request, Response *response, Call *call);
void file_handle(App *app, Request *request, Response *response, Call *call);
void rejects_handle(App *app, Request *request, Response *response, Call *call);
Handled hook_handle(App *app, Request *request, Response *response, Call *call);
/* app_bidding.c */
void slip_handle(App *app, Request *request, Response *response, Call *call);
void deposits_handle(App *app, Request *request, Response *response, Call *call);
void pushes_handle(App *app, Request *request, Response *response, Call *call); /* app_pushes.c */
void bundle_handle(App *app, Request *request, Response *response, Call *call); /* app_bundle.c */
void sale_paper_handle(App *app, Request *request, Response *response, Call *call);
void export_handle(App *app, Request *request, Response *response, Call *call);
/* ERR_SIGN_IN or ERR_DENIED unless the address is this caller's. */
NODISCARD Err way_allowed(Call *call);
Handled oidc_handle(App *app, Request *request, Response *response, Call *call);
/* ERR_INPUT, ERR_IO when the settings of the outside provider are wrong. */
NODISCARD Err oidc_init(App *app, Cx *cx);
void oidc_done(App *app);
/* A signed paper: /consent/3/paper.pdf; app_paper.c. */
void paper_handle(App *app, Request *request, Response *response, Call *call);
enum { PAPER_BYTES_MAX = 20 * 1024 * 1024 };
/* Of a paper to be checked: hashed as it comes, nothing is kept. */
extern const UploadSink paper_sink;
/* Hash of the file of this request, hex; '' when there is none. */
Str paper_hash(Request *request);
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

/* ---- app_enter.c ---- */

/* The session's token, and the cookie that holds it; '' takes it away. */
Str session_cookie(const Settings *settings, const Request *request);
void session_cookie_set(App *app, Response *response, Str token);
/* Before an op that is costly or worth guessing: ERR_LIMIT, with Retry-After set, when its address,
 * login or account has asked too often. */
NODISCARD Err call_limit(App *app, const Request *request, Response *response, Call *call);
/* The same for an address of the program that is no op. */
NODISCARD Err address_limit(App *app, const Request *request, Response *response, Cx *cx,
                            LimitKind kind);
/* True when the session lacks something and this page is not where it is given. */
bool page_waits(const Call *call, const Page *page);
/* To the page where the second factor is proved or set up, or the password changed; then `next`. */
void enter_redirect(Response *response, Call *call, Str next);
/* The same after an act that was refused for it: what was typed into a form comes back. */
void do_enter_first(const Request *request, Response *response, Call *call, Str back);
/* True for an op whose reply holds what is shown once; page_once answers with it. */
bool op_shows_once(const Op *op);
void page_once(App *app, Request *request, Response *response, Call *call, const Val *reply);

#endif
