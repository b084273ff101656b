/* push.h - who was told of which need or offer, who was not, and why (应推尽推, seed 001).
 *
 * Owns    the tables push_plan, push, push_target.
 * Emits   push_plan.made, push.made, push.sent, push.deferred, push.barred, push.seen,
 *         push.replied, push.claimed, push.met, push.signed, push_target.set.
 *
 * A published need goes to every unit whose best patent or achievement fits it, and to experts and
 * technology managers by field and profile; an offer goes to firms by their needs and by what they
 * say of themselves. Each of them above the threshold (a setting) is a row before anything is sent,
 * so that what should be reached is known whatever was sent. Caps, quiet hours and digests put a
 * row off; only an opt-out, the own unit, a declared conflict or a need that is gone end it.
 *
 * What a firm keeps to itself shapes only what that firm is shown: `via_id`, the need by which an
 * offer was found, is the receiver's to know.
 *
 *   push_plan.c    who should be told: searches on a reading connection, rows in small commands
 *   push_send.c    what may go out now; the run that does all that is due
 *   push.c         lists, answers, what came of it      push_report.c  the report, targets
 *   push_rules.c   rules without a store
 */
#ifndef PUSH_PUSH_H
#define PUSH_PUSH_H

#include "command/command.h"

typedef struct PushPlan {
    RECORD_HEAD;
    Str about; /* push_subjects */
    i64 about_id;
    i64 about_rev; /* Of the row it was planned by: another one is planned anew. */
    Str field;
    i64 should; /* Receivers at or above the threshold. */
    i64 threshold;
} PushPlan;

typedef struct Push {
    RECORD_HEAD;
    Str pair;       /* "need:3>org:5": told once, however often it is planned. */
    Str way;        /* push_ways */
    i64 org_id;     /* The receiver; of a person his unit. */
    i64 account_id; /* 0: the unit. */
    i64 need_id;    /* What is pushed: a need, or one of the next two. */
    i64 patent_id;  /* Of a need: by what the unit was found. */
    i64 achievement_id;
    i64 via_id; /* Of an offer: the receiver's own need by which it was found; 0: its intro. */
    Str field;
    i64 score; /* Percent. */
    Str terms; /* F_LIST: codes, and words that stand in the public text of what is pushed. */
    i64 state;
    Str cause; /* push_causes: why deferred or barred. */
    i64 until_ms;
    i64 sent_ms;
    i64 seen_ms;
    i64 answered_ms;
    Str answer;       /* push_answers */
    Str answer_cause; /* push_reasons */
    i64 by_id;        /* Who pushed it by hand; 0: the exchange. */
} Push;

/* What a centre is to push in a year: 5,000 (seed 002), as data. */
typedef struct PushTarget {
    RECORD_HEAD;
    i64 org_id;
    i64 year;
    Str field; /* Of an industry centre; '': by the place of the receivers. */
    i64 number;
    Str name; /* "5-2026" */
} PushTarget;

enum {
    PUSH_DUE,
    PUSH_DEFERRED,
    PUSH_SENT,
    PUSH_SEEN,
    PUSH_REPLIED,
    PUSH_CLAIMED,
    PUSH_MET,
    PUSH_SIGNED,
    PUSH_BARRED
};

enum {
    PUSH_TOP = 20,         /* Offers to a firm for one need, one listing's search. */
    PUSH_ROWS_AT_ONCE = 8, /* Made by one command, and sent by one: some five milliseconds. */
    PUSH_SENDS_AT_ONCE = 4,
    PUSH_READERS_MAX = 20, /* Of a unit. */
};

extern const RecordType push_plan_type, push_type, push_target_type;
extern const CodeList push_subjects, push_ways, push_causes, push_answers, push_reasons;
extern const Flow push_flow;
extern const Room push_room;

/* The place behind the last subject, as push.run names it: sends what is due and plans nothing. */
#define PUSH_ALL_PLANNED "1000:0"
/* True for a fact after which something may be to plan. What only waits for its time, or for
 * somebody to read it, is found by every run. */
bool push_concerns(const Fact *fact);

/* What became of pushes, for a learner: each that was seen, answered or led somewhere. */
typedef struct MatchOutcome {
    i64 need_id; /* 0: an offer found by the firm's intro. */
    i64 org_id;  /* Receiver. */
    i64 patent_id;
    i64 achievement_id;
    i64 gain;  /* -1 not for us, 0 seen, 1 asked or interested, 2 claimed, 3 met, 4 signed. */
    Str cause; /* push_reasons, of -1; '' for none. */
    i64 at_ms;
} MatchOutcome;
/* For HouseHooks.outcomes. */
NODISCARD Err push_outcomes_of(Cx *cx, bool patents, const i64 *ids, size_t count, i64 but_need_id,
                               i64 *ret_good, i64 *ret_bad);
/* By rising id after `after_id`, at most `most`; *ret_last_id to go on from. In cx->arena. Holds
 * what firms keep to themselves (which of their needs): for a learner's weights, not to be shown.
 */
NODISCARD Err match_outcomes(Cx *cx, i64 after_id, i64 most, MatchOutcome **ret, size_t *ret_count,
                             i64 *ret_last_id);

#endif
