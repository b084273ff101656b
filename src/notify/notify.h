/* notify.h - an inbox for each account: what happened that its holder should know or do.
 *
 * Owns    the tables message, notice_wish.
 * Emits   message.sent, message.read, message.unread, message.done, notice.set.
 *
 * A message names a kind and a record, never a text: its words are lines of ui/text, and what it is
 * about is read as the reader, so that nobody learns by a message what he may not see. It may be
 * given a time to come: until then it is in nobody's inbox. Other rooms ask notice_when and write
 * message_send; nothing here knows of them. Messages are their reader's alone.
 */
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include "command/command.h"
#include "notify/notify_rules.h"

typedef struct Message {
    RECORD_HEAD;
    i64 account_id; /* Whose inbox. */
    i64 org_id;     /* His unit when it was sent. */
    Str kind;       /* message_kinds */
    Str about;      /* Record type; '' for none. */
    i64 about_id;
    Str state;  /* message_states */
    i64 due_ms; /* By when something is to be done; 0: nothing is. */
    i64 at_ms;  /* When it comes, or came. */
} Message;

/* What the holder of an account wishes; without a row the exchange's cap alone holds. */
typedef struct NoticeWish {
    RECORD_HEAD;
    i64 account_id;
    i64 org_id;
    i64 quiet_from_min; /* Minutes of the day in Shanghai; equal ones: no quiet hours. */
    i64 quiet_until_min;
    Str digest;   /* notice_digests */
    i64 cap_week; /* Of pushes; 0: as the exchange has it. */
} NoticeWish;

enum { MESSAGES_AT_ONCE = 50 }; /* Of one command: about five milliseconds. */

extern const RecordType message_type, notice_wish_type;
extern const CodeList message_kinds, message_states, notice_digests;
extern const Room notify_room;

/* When this account may be sent what there is since then. */
NODISCARD Err notice_when(Cx *cx, i64 account_id, i64 since_ms, NoticeTime *ret);
/* Writer only. state and at_ms (now) are set when they are empty. */
NODISCARD Err message_send(Cx *cx, Message *message);
/* For House.hooks: message_send now, to the holder of an open account; others are told nothing. */
NODISCARD Err message_tell(Cx *cx, i64 account_id, const char *kind, const char *about,
                           i64 about_id);
/* The unread ones that have come, of whoever asks. */
NODISCARD Err message_unread(Cx *cx, i64 account_id, i64 *ret);

#endif
