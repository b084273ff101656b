/* note.h - what technology managers note on a pair of need and item, and when to call again.
 *
 * Owns    the table pair_note.
 * Emits   pair_note.added, pair_note.again, pair_note.removed: never with a word of the note.
 *
 * A note is read by who wrote it and by the managers and operators of his own unit, by nobody else.
 * Of what it is about it shows what everybody may read.
 */
#ifndef PUSH_NOTE_H
#define PUSH_NOTE_H

#include "command/command.h"

enum { NOTE_CHARS = 2000, NOTES_OF_PAIR = 500 };

typedef struct PairNote {
    RECORD_HEAD;
    i64 account_id; /* Who wrote it. */
    i64 org_id;     /* His unit then. */
    i64 need_id;
    i64 patent_id; /* One of the two. */
    i64 achievement_id;
    Str text;
    i64 again_date; /* Call again on that day; 0: no need to. */
} PairNote;

extern const RecordType pair_note_type;
extern const Room note_room;

#endif
