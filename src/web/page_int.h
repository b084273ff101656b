/* page_int.h - what the presenters (page_*.c) share: shaping replies for the templates.
 *
 * A reply of an op is changed in place: it belongs to this request. Whatever a template names is
 * always set, to null, false or '' when there is nothing, so that strict templates find it.
 */
#ifndef WEB_PAGE_INT_H
#define WEB_PAGE_INT_H

#include "web/page.h"

/* ---- page_shape.c: words, records, acts ---- */

/* Words of ui/text in the reader's language. */
Str page_say(PageCx *page, const char *key);
/* The label of an op, in the reader's language. */
Str page_op_label(PageCx *page, const Op *op);
void page_title(PageCx *page, const char *key);
/* page_set, with null for NULL. */
void page_put(PageCx *page, const char *key, Val *val);
/* After a refused act on a page without a form, the reasons stand where notices do. */
void page_flash_errors(PageCx *page);
/* True when the reader may ask for this op at all. */
bool page_allowed(PageCx *page, const char *op);

/* One row of a list: hidden members become null, `is` holds the state, `org` becomes org_name. */
void shape_row(PageCx *page, const RecordType *type, Val *row);
void shape_rows(PageCx *page, const RecordType *type, Val *rows);
/* A record with a page of its own: the same, and `hidden` holds every member's name. NULL: null. */
Val *shape_record(PageCx *page, const RecordType *type, Val *record);
/* {<name>: true} among all states of the flow. */
Val *shape_is(PageCx *page, const Flow *flow, Str state);

/* The acts of a record page: each with form_href, '' when it is posted at once. Those that this
 * reader cannot ask for are left out. `back` is the record's own page. */
Val *shape_acts(PageCx *page, const Val *acts, i64 id, Str back);
Val *shape_act(PageCx *page, const Op *op, Str form_href);
/* The amount of a fact of this kind when it is money, else 0: others count or tell a time. */
i64 shape_fact_fen(Str kind, i64 amount);
/* Rows of a history with what the template names. NULL: an empty list. */
Val *shape_history(PageCx *page, Val *history);
/* Sets acts, stepper and history from a reply. */
void shape_page(PageCx *page, const Val *reply, Str back);

/* ---- page_list.c: lists ---- */

/* Sets items, total, paging, list_path, query and what the bar above the rows needs; filters, can
 * and title are the list's own. `pages_most`: no page behind this one can be asked for; 0: any. */
void list_set(PageCx *page, Val *reply, i64 pages_most, bool searches);
/* Sets `query`: {q}, the words looked for. */
void list_query(PageCx *page);
/* The path with the query as it is, but `name` set to `value` and no page; '' takes it out. */
Str list_href(PageCx *page, const char *name, Str value);

/* A filter by those states of a flow that have their bit in `states`; after list_set. */
void facet_states(PageCx *page, const Flow *flow, unsigned states);
/* A filter by the codes of a list; after list_set. */
void list_facet_codes(PageCx *page, const char *name, const char *label_key, const CodeList *codes);

/* ---- page_form.c ---- */

/* A path within this site, from a query or form; '' for anything else. */
Str local_path(Str path);
/* The fields of an op for a form with a page of its own, as field.html needs them: as typed when it
 * was refused, else from the query. */
Val *page_fields(PageCx *page, const char *op);
/* The fields of an op, as field.html shows them, with these values; after a refusal of that op with
 * what was typed and the errors. `name` is that of an op there is. */
Val *form_fields(PageCx *page, const char *name, const WebPairs *given);

/* ---- page_lot.c ---- */

/* A lot as lot_card shows it. */
void shape_lot_card(PageCx *page, Val *lot);

/* ---- page_me.c ---- */

/* {size, path} of a QR code; NULL when the text does not fit, as no address of ours does. */
Val *qr_val(Arena *arena, Str text);
/* Sets `demo`: {code} in a demonstration, where pages say the code themselves; else null. */
NODISCARD Err page_demo(PageCx *page);
/* True when the session still has to prove its second factor before an act that asks for it. */
bool page_prove_first(PageCx *page);
/* What the template `once` needs, from page->done_op and page->reply. */
void build_once(PageCx *page);

/* ---- page_compare.c ---- */

/* Sets `similar`: what is like the record whose page this is; null when there is nothing. */
NODISCARD Err page_similar(PageCx *page, const char *kind);

/* ---- page_bidding.c ---- */

/* Sets `apply` of a lot's page, after `lot` and `can`: what lot_apply.html shows. */
NODISCARD Err page_lot_apply(PageCx *page);

/* ---- builders ---- */

Err build_compare(PageCx *page);
Err build_searches(PageCx *page);
Err build_home(PageCx *page);
Err build_signin(PageCx *page);
Err build_me(PageCx *page);
Err build_second(PageCx *page);
Err build_password(PageCx *page);
Err build_reset(PageCx *page);
Err build_resets(PageCx *page);
Err build_search(PageCx *page);
Err build_verify(PageCx *page);
Err build_audit(PageCx *page);
Err build_accounts(PageCx *page);
Err build_account(PageCx *page);
Err build_approvals(PageCx *page);
Err build_permissions(PageCx *page);
Err build_policy(PageCx *page);
Err build_system(PageCx *page);
Err build_patents(PageCx *page);
Err build_listings(PageCx *page);
Err build_needs(PageCx *page);
Err build_lots(PageCx *page);
Err build_deals(PageCx *page);
Err build_showings(PageCx *page);
Err build_showing(PageCx *page);
Err build_orgs(PageCx *page);
Err build_patent(PageCx *page);
Err build_achievements(PageCx *page);
Err build_achievement(PageCx *page);
Err build_listing(PageCx *page);
Err build_need(PageCx *page);
Err build_lot(PageCx *page);
Err build_bidders(PageCx *page);
Err build_deposits(PageCx *page);
Err build_deposit(PageCx *page);
Err build_my_deposits(PageCx *page);
Err build_deal(PageCx *page);
Err build_org(PageCx *page);
Err build_imports(PageCx *page);
Err build_import(PageCx *page);
Err build_form(PageCx *page);

/* ---- page_consent.c, page_privacy.c ---- */

Err build_consents(PageCx *page);
Err build_consent(PageCx *page);
Err build_consent_sign(PageCx *page);
Err build_consent_verify(PageCx *page);
Err build_my_unit(PageCx *page);
Err build_privacy(PageCx *page);
Err build_me_data(PageCx *page);
Err build_processing(PageCx *page);
Err build_synonyms(PageCx *page);

/* ---- page_calendar.c, page_notice.c ---- */

Err build_calendar(PageCx *page);
Err build_notices(PageCx *page);
Err build_notice(PageCx *page);
Err build_seasons(PageCx *page);
Err build_season(PageCx *page);
Err build_season_plan(PageCx *page);
/* Sets `after` for the page of a lot: season, notice, holders of a right, what came after it. */
NODISCARD Err page_after_lot(PageCx *page);

/* ---- page_privacy.c, page_tokens.c ---- */

/* As people_once. */
bool privacy_once(PageCx *page);
Err build_tokens(PageCx *page);
/* Of build_once: the page of a token that was made. False when another act was done. */
bool tokens_once(PageCx *page);

/* ---- page_people.c ---- */

/* After an act whose reply is shown once: fills the page and names its template. False for the ops
 * of other rooms. */
bool people_once(PageCx *page);
Err build_join(PageCx *page);
Err build_join_status(PageCx *page);
Err build_joinings(PageCx *page);
Err build_joining(PageCx *page);
Err build_unit(PageCx *page);
Err build_unit_add(PageCx *page);
Err build_people(PageCx *page);
Err build_person(PageCx *page);
Err build_profile(PageCx *page);
Err build_rosters(PageCx *page);
Err build_roster(PageCx *page);

/* ---- page_bundle.c ---- */

/* Sets `proof`, what a lot's page says of its bundle and confirmations; null before the end. */
NODISCARD Err page_proof(PageCx *page, bool over);
Err build_lot_verify(PageCx *page);
Err build_lot_receipt(PageCx *page);

/* ---- page_inbox.c ---- */

Err build_inbox(PageCx *page);
Err build_me_pushes(PageCx *page);

/* ---- page_push.c ---- */

Err build_pushes(PageCx *page);
Err build_push(PageCx *page);
Err build_push_report(PageCx *page);
Err build_workbench(PageCx *page);

/* ---- page_why.c, page_models.c ---- */

Err build_why(PageCx *page);
Err build_models(PageCx *page);

/* ---- page_evaluation.c ---- */

Err build_evaluate(PageCx *page);
Err build_evaluations(PageCx *page);
Err build_evaluation(PageCx *page);
Err build_feedback(PageCx *page);

/* ---- page_work.c ---- */

Err build_contributions(PageCx *page);
Err build_unit_contributions(PageCx *page);
Err build_certificates(PageCx *page);

#endif
