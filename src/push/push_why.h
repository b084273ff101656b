/* push_why.h - match.why: a need and an item that people name. It lies with the ledger, for what
 * became of a pair's pushes is part of the answer (match/match_why.h has the rest). */
#ifndef PUSH_PUSH_WHY_H
#define PUSH_PUSH_WHY_H

#include "command/command.h"

extern const Room push_why_room;

#endif
