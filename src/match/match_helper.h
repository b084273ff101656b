/* match_helper.h - which semantic helper is in use, and the table of own vectors while a server
 * runs: one thread keeps it, many ask it.
 *
 * Emits nothing: no row is touched. The table lies in <data>/vectors.own.
 */
#ifndef MATCH_MATCH_HELPER_H
#define MATCH_MATCH_HELPER_H

#include "command/command.h"
#include "command/settings.h"
#include "match/match_own.h"
#include "match/match_vector.h"

extern const Room helper_room;

typedef enum Helper { HELPER_NONE, HELPER_OWN, HELPER_SERVER } Helper;
/* As the settings say: a server only while embed_url names one. */
Helper helper_of(const Settings *settings);

typedef struct OwnPlace OwnPlace;

OwnPlace *own_place_new(void);
void own_place_done(OwnPlace *place);
/* Takes the table over; the one before goes when nobody looks at it any more. */
void own_place_set(OwnPlace *place, OwnTable *table);
/* own_vector of the table; false without one. Any thread. */
bool own_place_vector(OwnPlace *place, Str text, float *ret);

typedef struct OwnState {
    bool wanted;   /* Somebody asked for a new table. */
    bool learning; /* Being learnt, so many percent. */
    int percent;
    bool there; /* A table, of these: */
    OwnStats stats;
    char why[40]; /* Key of what came of the last attempt; "" : it went well, or none was made. */
} OwnState;
OwnState own_place_state(OwnPlace *place);
void own_place_want(OwnPlace *place);
/* How far it is; -1: nothing is being learnt any more, for this reason or NULL. */
void own_place_tell(OwnPlace *place, int percent, const char *why);

Str own_path(Cx *cx); /* <data>/vectors.own */
/* Learns from what everybody may read (match_embed.h), and writes the file. On a reading
 * connection. Errors of own_learn and own_save. */
NODISCARD Err own_learn_texts(Cx *cx, OwnTold told, void *context, OwnTable **ret);

#endif
