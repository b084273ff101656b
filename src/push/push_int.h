/* push_int.h - what the files of the room share. */
#ifndef PUSH_PUSH_INT_H
#define PUSH_PUSH_INT_H

#include "push/push.h"
#include "push/push_rules.h"

struct MatchIndex;

/* ---- push_plan.c ---- */

/* What a run has done so far. */
typedef struct PushDone {
    i64 planned, made, sent, deferred, barred, seen;
} PushDone;

/* Plans what is due behind *at, at most `most` subjects; *ret_more: there is more. `anew`: also
 * what is planned already. */
typedef struct PlanAt {
    bool anew;
    int subject; /* Row of the subjects. */
    i64 id;
} PlanAt;
NODISCARD Err push_plan_some(Cx *cx, PlanAt *at, int most, PushDone *done, bool *ret_more);
/* The exchange's index; made when it is not there yet. */
NODISCARD Err push_index(Cx *cx, struct MatchIndex **ret);
/* Writer only: makes the row unless there is one of its pair. */
NODISCARD Err push_make(Cx *cx, Push *push, bool *ret_made);

/* The pair's row with its score and terms by the published text; not saved. ERR_MISSING: the need
 * is not published, or there is no such item. */
NODISCARD Err push_pair(Cx *cx, i64 need_id, i64 patent_id, i64 achievement_id, bool to_firm,
                        Push *ret);

/* ---- push_hand.c ---- */

typedef struct PushPairIn {
    i64 need_id;
    i64 patent_id; /* One of the two. */
    i64 achievement_id;
    Str way; /* push_ways: the need to the item's unit, or the item to the need's firm. */
} PushPairIn;
NODISCARD Err push_pair_run(Cx *cx, const void *in, Val **ret);

/* ---- push_send.c ---- */

NODISCARD Err push_send_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err push_defer_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err push_bar_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err push_run_run(Cx *cx, const void *in, Val **ret);

typedef struct PushIdsIn {
    Str ids;
} PushIdsIn;
typedef struct PushBarIn {
    Str ids;
    Str cause;
} PushBarIn;
typedef struct PushDeferIn {
    Str ids;
    i64 until_ms;
} PushDeferIn;
typedef struct PushRunIn {
    i64 anew;
    i64 most;
    Str at; /* "subject:id" of the last reply. */
} PushRunIn;

/* ---- push.c ---- */

/* The reply of a show: the row under `name`, what may be done with it, where it stands. */
NODISCARD Err push_shown(Cx *cx, const char *name, Val *row, const Flow *flow, i64 state,
                         Val **ret);
/* Takes a step of the flow, with the row as it shall be. */
NODISCARD Err push_step(Cx *cx, Push *push, const char *action, unsigned who, FactNote note);

/* ---- push_report.c ---- */

typedef struct PushReportIn {
    i64 year;
    i64 page;
} PushReportIn;
typedef struct PushTargetIn {
    i64 org_id;
    i64 year;
    Str field;
    i64 number;
} PushTargetIn;
NODISCARD Err push_report_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err push_target_run(Cx *cx, const void *in, Val **ret);

#endif
