/* push_rules.h - who is told of what, without a store. */
#ifndef PUSH_PUSH_RULES_H
#define PUSH_PUSH_RULES_H

#include "base/base.h"

/* How well a need fits a person, in percent: being of its industry field counts for PUSH_FIELD_PART
 * (seed 001 has needs matched by field), the text of his profile for the rest. */
enum { PUSH_FIELD_PART = 40 };
int push_person_score(int text_percent, bool same_field);

/* True when `codes` (commas between) has the code. */
bool push_has_code(Str codes, Str code);

/* What keeps a receiver from a push for good: NULL when nothing does. */
typedef struct PushTie {
    i64 sender_id; /* Unit of the need or offer, and its house; 0: none. */
    i64 sender_house_id;
    i64 receiver_id;
    i64 receiver_house_id;
    Str sender_name;
    Str conflicts; /* Names of units that the receiver has ties with, ';' between. */
} PushTie;
const char *push_tie_bars(const PushTie *tie);

typedef enum PushFate { PUSH_SEND, PUSH_DEFER, PUSH_BAR } PushFate;

/* What becomes of a push whose readers may have it at these times. */
typedef struct PushReader {
    bool is_off; /* Wants no pushes. */
    i64 at_ms;
    const char *cause; /* Why not now; NULL: now. */
} PushReader;
typedef struct PushDecision {
    PushFate fate;
    const char *cause; /* NULL when it is sent. */
    i64 until_ms;      /* Of PUSH_DEFER. */
} PushDecision;
enum { PUSH_RETRY_MS = 24 * 3600 * 1000 }; /* Nobody reads for the unit yet: asked again. */
PushDecision push_decide(const PushReader *readers, size_t count, i64 now_ms);

#endif
