/* report.h - the board of the home page and the public view of the log.
 *
 * Owns nothing; reads. Ops: home.show, log.head, log.facts, log.verify,
 * api.openapi, api.permissions.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "command/command.h"

enum { LOG_FACTS_MAX = 500 };

extern const Room report_room;

/* A fact as the log page and the API show it. */
Val *fact_val(Cx *cx, const Fact *fact);

#endif
