/* case_play.h - plays a case: a transcript of ops, with what they answer and what they record.
 *
 *     # a comment; a line that ends in \ goes on in the next
 *     play base.steps                       the steps of another file come here
 *     zhu: need.post {"title":"..."}        an op, by an actor: a login (whose second factor
 *                                           was proved just now), public, local, clock, or
 *                                           @$token, who holds the token of a session, or
 *                                           local/zhu, zhu at the machine itself (--as zhu), or
 *                                           for/3/zhu, zhu acting under delegation 3; or bank,
 *                                           bank-6m, forger: deposit.paid, with the input as
 *                                           the signed body of the call
 *       = {"id":"$need"}                    the reply has these keys with these values
 *       ! input field.required title        or it fails: code, key, field; a line for each field
 *       + need.posted amount=0 code=x       the new facts, all of them, in order; `+ nothing`;
 *                                           also for=$zhu, in whose name
 *       ~ text                              the reply's JSON has this text in it
 *       - text                              ... does not have it
 *     clock +2h30m                          moves the clock; `clock` alone shows it
 *     tick                                  what is due is done; takes + lines
 *     work                                  the waiting import is done; takes + lines
 *     flush                                 what was shown goes into the access log; takes + lines
 *     file $name                            keeps a file, $name is its hash
 *       | one line of it
 *     zhu may write: need.post session.open every other op that writes is refused to this actor
 *
 * A step without `!` must succeed. In expected JSON "*" is any value, "-" an absent key, "~text" a
 * text with this in it, a list that ends in "..." may be longer. "$name" takes a value the first
 * time and is that value afterwards; in input it stands for it, also within text. "@+2h" is a time.
 */
#ifndef TEST_CASE_PLAY_H
#define TEST_CASE_PLAY_H

#include "house_bench.h"

enum { PLAY_OPS_MAX = 384 };

/* What has been played of each op, over all cases. */
typedef struct PlayCover {
    const Op *ops[PLAY_OPS_MAX];
    bool done[PLAY_OPS_MAX];    /* It succeeded. */
    bool refused[PLAY_OPS_MAX]; /* It refused an input, on a field. */
    size_t count;
} PlayCover;

/* Lists the ops of all rooms. */
void play_cover_init(PlayCover *cover);

/* Plays the case and verifies the log at its end. False, with what was wrong printed, when it
 * fails.
 */
bool play_case(const char *folder, const char *name, bool is_pg, PlayCover *cover);

#endif
