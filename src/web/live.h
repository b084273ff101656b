/* live.h - server-sent events: channels named by text ("lot/17"), watched by browsers.
 *
 * A channel keeps its last LIVE_KEPT events, at most LIVE_BYTES of them, as the bytes that go over
 * the wire. A watcher is a position in those bytes, so thousands of watchers share one copy, and
 * one who falls further behind than the channel keeps is dropped: the browser comes back by itself
 * and says the last id it saw. Event ids grow within a channel (fact numbers do), so nothing is
 * sent twice and nothing is left out in silence: when events between that id and the kept tail are
 * gone, the watcher first gets an event named "gap" and the page asks for the state.
 *
 * A channel is there from its first watcher on. What is published where nobody has ever watched is
 * not kept; who comes first with an id from before it gets the gap.
 *
 * The first half is what the program calls; the second is how server_live.c serves watchers.
 */
#ifndef WEB_LIVE_H
#define WEB_LIVE_H

#include "base/base.h"

typedef struct Live Live;
struct Server;

enum {
    LIVE_KEPT = 256,            /* Events kept in a channel. */
    LIVE_BYTES = 64 * 1024,     /* And their bytes; who is further behind is dropped. */
    LIVE_EVENT_MAX = 16 * 1024, /* Bytes of one event. */
    LIVE_CHANNELS_MAX = 8192,   /* The longest unused one without watchers gives way. */
    LIVE_NAME_MAX = 64,
};

/* Sends an event to all who follow the channel. Any thread; never waits for a watcher. `id` must be
 * larger than the channel's last. False, and nothing is sent, when it is not, or a limit is
 * reached. */
bool live_publish(struct Server *server, const char *channel, i64 id, const char *name, Str data);

/* What publishing to the channel would do now, so that an event is made only when somebody gets it,
 * and only as often as it can go out: a newer one says all that an older one does. */
typedef enum LiveNeed {
    LIVE_UNWATCHED, /* Nobody is there or comes back: live_pass_over will do. */
    LIVE_READY,
    LIVE_BUSY, /* The last one has not gone out to all yet. */
} LiveNeed;
/* Any thread. */
LiveNeed live_need(struct Server *server, const char *channel);
/* Something happened in a channel where nobody watches. Any thread. */
void live_pass_over(struct Server *server, i64 id);

/* Events up to this id were published before the program started: whoever saw it misses nothing. */
void live_set_floor(struct Server *server, i64 id);

/* --- for server_live.c and tests ------------------------------------------------------------- */

typedef struct LiveChannel LiveChannel;

/* Where a watcher is. */
typedef struct LiveCursor {
    LiveChannel *channel;
    u64 at;   /* Byte position in the life of the channel. */
    bool gap; /* Events before `at` are gone: say so first. */
} LiveCursor;

/* Lives in an arena of its own, which live_done gives back. */
Live *live_new(void);
void live_done(Live *live);

/* What live_publish, live_need and live_pass_over do, without a server to wake. */
bool live_add(Live *live, Str channel, i64 id, Str name, Str data);
LiveNeed live_needed(Live *live, Str channel);
void live_skip(Live *live, i64 id);
/* See live_set_floor. */
void live_floor(Live *live, i64 id);

/* Follows a channel, after the event `last_id`; below 0: only what comes from now on.
 * False when there are too many channels. */
bool live_follow(Live *live, Str channel, i64 last_id, LiveCursor *ret_cursor);
void live_leave(Live *live, LiveCursor *cursor);

typedef enum LiveRead { LIVE_SOME, LIVE_NOTHING, LIVE_BEHIND } LiveRead;
/* Copies what comes next, up to `cap` bytes. LIVE_BEHIND: it is gone; drop the watcher. */
LiveRead live_read(Live *live, LiveCursor *cursor, char *bytes, size_t cap, size_t *ret_count);

/* What comes next is kept no more. */
bool live_behind(Live *live, const LiveCursor *cursor);

/* A round: what a channel got since the last one goes to all its watchers. Gives a cursor at its
 * begin, which holds the channel until live_round_end; false when there is nothing to send. */
bool live_round(Live *live, LiveCursor *ret_cursor);
/* All watchers have, or will have, what is before the cursor. */
void live_round_end(Live *live, LiveCursor *cursor);

/* A place for the server to hang its watchers on; only for the thread that follows and leaves. */
void **live_channel_user(LiveChannel *channel);

#endif
