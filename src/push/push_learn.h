/* push_learn.h - the weights of matching learnt from outcomes. */
#ifndef PUSH_PUSH_LEARN_H
#define PUSH_PUSH_LEARN_H

#include "command/command.h"

enum {
    MATCH_LEARN_LEAST = 20
}; /* Needs with a better and a worse outcome, beside those held out. */

extern const Room push_learn_room;

#endif
