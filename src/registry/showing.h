/* showing.h - a listing or a need shown on a stage to its other side: a roadshow, a contest.
 *
 *   draft --ask--> asked --ready--> ready --hold--> shown
 *                    ^                |
 *                    +----reopen------+      cancel: from all but the last
 *
 * Owns    the table showing.
 * Emits   showing.added, showing.asked, showing.readied, showing.reopened, showing.held,
 *         showing.cancelled.
 *
 * Both sides consent in writing before, and both sign the 免责声明 (seeds 000 and 001: 组织公开路演
 * 对接，必须事先征得供需双方书面同意，并签订《免责声明》). Whoever binds a side signs 现场展示同意书 and
 * 免责声明 about the showing; a general 免责声明 that stands will do. Every co-owner of a listing's
 * patent has signed 共有人同意书 about the listing. A consent that is withdrawn before the day takes
 * the showing out of `ready`; one that has run out is found when it is held.
 *
 * Known to the operator, and from `ask` on to both sides; to everybody else it does not exist. The
 * other side of a need learns no more of who wants it than the need's published form says.
 */
#ifndef REGISTRY_SHOWING_H
#define REGISTRY_SHOWING_H

#include "command/command.h"

typedef struct Showing {
    RECORD_HEAD;
    i64 listing_id; /* One of the two. */
    i64 need_id;
    i64 org_id;       /* Whose it is. */
    i64 other_org_id; /* Of a listing who may buy, of a need who would solve it. */
    Str title;        /* The listing's, the need's. */
    Str place;
    i64 session_date;
    i64 asked_ms; /* Since when both sides know of it; 0: they do not. */
    Str reason;   /* Why it was cancelled, in words. */
    i64 state;
} Showing;

enum { SHOWING_DRAFT, SHOWING_ASKED, SHOWING_READY, SHOWING_SHOWN, SHOWING_CANCELLED };

extern const RecordType showing_type;
extern const Flow showing_flow;
extern const Room showing_room;

/* For House.hooks: a consent of this unit ended. What was ready and has not all its papers any more
 * is asked for again. Writer only. */
NODISCARD Err showing_consent_ended(Cx *cx, i64 org_id, Str about, i64 about_id);

#endif
