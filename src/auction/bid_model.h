/* bid_model.h - the rules of bidding once more, to check the engine by: nothing is shared with it.
 *
 * Where the engine moves a small state along, the model keeps the list of accepted acts and
 * nothing else, and works out every price, end and winner from the whole list each time it is
 * asked. Its times are of a clock that stands still in pauses, so that pauses move nothing. Slow,
 * for tests and `techbourse sim`.
 */
#ifndef AUCTION_BID_MODEL_H
#define AUCTION_BID_MODEL_H

#include "base/base.h"

enum {
    MODEL_BIDDERS = 8,
    MODEL_ACTS = 400,
    MODEL_TIERS = 3,
    MODEL_NOBODY = -1,   /* An act without a bidder. */
    MODEL_STRANGER = -2, /* By one who is no bidder. */
};

typedef struct ModelRules {
    char mode;     /* a(scending) s(ealed) d(utch) h(ybrid) r(ounds) f(ixed) */
    char priority; /* n(one) i(nline) o(nce) p(ost) */
    int bidders;
    int rank[MODEL_BIDDERS]; /* 0: no right. */
    bool barred[MODEL_BIDDERS];
    i64 begin, end, start, step, tier_from[MODEL_TIERS], tier_step[MODEL_TIERS];
    int tiers;
    i64 steps_most, window, extend, extensions, hard; /* hard 0: none */
    bool hard_moves, strict, at_start, self_raise, second, replace;
    i64 guard, drop, every, floor, sealed, best, round, requote, reserve, post;
    int rounds, units, fewest;
} ModelRules;

typedef struct ModelAct {
    i64 t;
    int who;    /* From 0, or MODEL_NOBODY, MODEL_STRANGER. */
    char kind;  /* b(id) c(onfirm) t(ake) x(cancel) p(ause) r(esume) s(top) .(tick) */
    Str amount; /* As it was typed; "" for none. */
    int key;    /* 0: none. */
} ModelAct;

/* What the model says to an act. */
typedef struct ModelSay {
    i64 t;
    const char *why; /* "" when accepted. */
    i64 seq, price;  /* 0: none. */
    int leader;      /* -1: none. */
    i64 end;
    const char *state;
} ModelSay;

/* How it stands. */
typedef struct ModelEnd {
    const char *state;
    int winner; /* -1: none. */
    i64 price, end, proceeds, pays[MODEL_BIDDERS];
    i64 accepted; /* Bids and takes. */
} ModelEnd;

/* Plays the acts from the first, and tells of the last. `count` > 0. */
void model_play(const ModelRules *rules, const ModelAct *acts, int count, ModelSay *ret_last,
                ModelEnd *ret_end);

#endif
