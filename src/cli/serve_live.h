/* serve_live.h - tells those who watch a lot, or the hall, what has changed.
 *
 * Follows the facts with a cursor of its own, beside the index. Of a lot that nobody watches
 * nothing is read. Of one that is watched there is one event for all that happened since the last,
 * made when that one has gone out to everybody, and TELL_GAP_MS after it at the soonest: so a flood
 * of bids costs each watcher a few events a second. A change that the public does not see is no
 * event.
 */
#ifndef CLI_SERVE_LIVE_H
#define CLI_SERVE_LIVE_H

#include "command/command.h"

struct Server;
typedef struct Teller Teller;

enum {
    TELL_GAP_MS = 40,
    TELL_HALL_MS = 500, /* And between two events of the hall, */
    TELL_HALL_LOTS = 40 /* of so many lots at most: above it is said only that there are many. */
};

/* In an arena of its own until teller_done. Whoever saw the facts that there are now has missed
 * nothing. */
NODISCARD Err teller_new(Cx *cx, struct Server *server, Teller **ret);
void teller_done(Teller *teller);

/* Takes in new facts and tells what is due. *ret_wait_ms is when to come again at the latest; 0:
 * with the next fact. */
NODISCARD Err teller_step(Teller *teller, Cx *cx, int *ret_wait_ms);

#endif
