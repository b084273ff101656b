/* bid_sim.h - a lot bid for by chance, and the engine held against the model (bid_model.h).
 *
 * From a seed come rules of any mode, bidders with strategies, an operator who pauses and stops,
 * and a network: requests come twice, in another order, late, with a stall between their stamp and
 * their judgement, and clocks jump, back as well. The acts are written as a journal and played from
 * its text. After each act the model judges the whole list anew; now and then the state is built
 * again from the journal, as after a restart, and has to be the same to the byte.
 */
#ifndef AUCTION_BID_SIM_H
#define AUCTION_BID_SIM_H

#include "auction/bid_model.h"

/* What a run came to. Texts in the arena it was given. */
typedef struct SimRun {
    i64 seed;
    const char *mode;
    i64 acts, accepted, restarts;
    Str journal; /* As `techbourse auction replay` reads it. */
    bool same;
    /* The first difference. */
    i64 line;          /* Of the journal. */
    const char *field; /* "reason", "price_fen", "restart"... */
    Str engine, model;
} SimRun;

/* Plays the lot of a seed, to the first difference or to its end. */
SimRun bid_sim(Arena *arena, i64 seed);

/* Rules from chance, and their line in a journal. bid_sim_rules.c. */
ModelRules sim_rules(Chance *chance);
void sim_rules_write(Buf *out, const ModelRules *rules);
const char *sim_mode_name(char mode);

#endif
