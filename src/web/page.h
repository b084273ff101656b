/* page.h - pages: a path, a template, and a function that gathers what the template needs.
 *
 * A page asks the same read ops as the API, as the same actor, and shapes their replies for the
 * template (its first comment lists what it needs). It decides nothing about permission: the ops
 * do. Acts are posted to /do/<op>; when one is refused the page it came from is built again with
 * the errors and the values as typed.
 */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "command/command.h"
#include "ident/ident.h"
#include "web/server.h"

typedef struct Page Page;

/* One request for a page. */
typedef struct PageCx {
    Cx *cx;
    const Request *request;
    const Page *page;
    const SignedIn *me;        /* NULL: nobody is signed in. */
    Val *data;                 /* The context: layout keys are set before, the page adds its own. */
    i64 id;                    /* Of {id} in the path; 0 when there is none. */
    Str name;                  /* Of {name} in the path: an op's. */
    const char *template_name; /* Another template than the row's; NULL: the row's. */
    /* After a refused act: what was typed and what was wrong with it. */
    const Op *failed_op;
    const WebPairs *typed;
    Val *errors; /* [{field, message}], NULL when there are none. */
    /* After an act whose reply is shown once (build_once), or a preview. */
    const Op *done_op;
    const Val *reply;
} PageCx;

struct Page {
    const char *path; /* "/patent/{id}", "/form/{name}" */
    const char *template_name;
    unsigned who;    /* WHO_*: who may ask for it at all; never 0. */
    const char *nav; /* The line of the menu it belongs to; NULL for none. */
    Err (*build)(PageCx *page);
    bool kept; /* All strangers see it alike and it holds no clock: kept until the next fact. */
};

extern const Page pages[];
extern const size_t pages_count;

/* Calls a read op by name with inputs from name-value pairs; unknown names are ignored. */
NODISCARD Err page_ask(PageCx *page, const char *op, const NameText *texts, size_t count,
                       Val **ret);
/* The same with the query of the request (and {id} as `id`). */
NODISCARD Err page_ask_query(PageCx *page, const char *op, Val **ret);
NODISCARD Err page_ask_id(PageCx *page, const char *op, Val **ret);
/* Sets a key of the context. */
void page_set(PageCx *page, const char *key, Val *val);

#endif
