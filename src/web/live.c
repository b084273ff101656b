#include "web/live.h"

#include <pthread.h>
#include <string.h>

enum { BUCKETS = 1024, RING_FIRST = 4 * 1024 };

typedef struct LiveMark {
    i64 id;
    u64 start; /* Where the event begins in the life of the channel. */
} LiveMark;

struct LiveChannel {
    LiveChannel *bucket_next;
    LiveChannel *free_next;
    LiveChannel *dirty_next;
    bool dirty;
    void *user;
    char name[LIVE_NAME_MAX];
    size_t name_len;
    int watcher_count;
    u64 used; /* Tick of the last use, to find the longest unused. */
    i64 last_id;
    i64 gone_id; /* Events up to this id are not kept. */
    LiveMark marks[LIVE_KEPT];
    size_t mark_first;
    size_t mark_count;
    Arena arena; /* Of the ring. */
    char *ring;  /* Bytes [start, end) of the channel's life, at position modulo cap. */
    size_t cap;  /* Power of two; 0 before the first event. */
    u64 start;
    u64 end;
    u64 told; /* Rounds have gone so far. */
};

struct Live {
    Arena arena;
    pthread_mutex_t lock;
    LiveChannel *buckets[BUCKETS];
    LiveChannel *free;
    LiveChannel *dirty;
    LiveChannel **dirty_last;
    int channel_count;
    u64 tick;
    i64 floor_id;
    i64 skipped_id; /* The last event of a channel that was not there. */
};

Live *live_new(void)
{
    Arena arena = {0};
    Live *live = ARENA_NEW(&arena, Live, 1);
    live->arena = arena;
    pthread_mutex_init(&live->lock, NULL);
    live->dirty_last = &live->dirty;
    return live;
}

void live_done(Live *live)
{
    for (size_t b = 0; b < BUCKETS; b++)
        for (LiveChannel *channel = live->buckets[b]; channel; channel = channel->bucket_next)
            arena_done(&channel->arena);
    pthread_mutex_destroy(&live->lock);
    Arena arena = live->arena; /* It holds `live` itself. */
    arena_done(&arena);
}

void **live_channel_user(LiveChannel *channel)
{
    return &channel->user;
}

static LiveChannel **bucket_of(Live *live, Str name)
{
    u64 hash = 14695981039346656037u;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (u8)name.data[i]) * 1099511628211u;
    return &live->buckets[(hash ^ hash >> 32) % BUCKETS];
}

static bool name_is(const LiveChannel *channel, Str name)
{
    return str_same((Str){channel->name, channel->name_len}, name);
}

static void unlink_channel(Live *live, LiveChannel *channel)
{
    LiveChannel **link = bucket_of(live, (Str){channel->name, channel->name_len});
    while (*link != channel)
        link = &(*link)->bucket_next;
    *link = channel->bucket_next;
}

/* Frees the longest unused channel without watchers; what it kept counts as gone for everybody. */
static bool evict_one(Live *live)
{
    LiveChannel *oldest = NULL;
    for (size_t b = 0; b < BUCKETS; b++)
        for (LiveChannel *c = live->buckets[b]; c; c = c->bucket_next)
            if (c->watcher_count == 0 && !c->dirty && (!oldest || c->used < oldest->used))
                oldest = c;
    if (!oldest)
        return false;
    unlink_channel(live, oldest);
    arena_done(&oldest->arena);
    if (oldest->last_id > live->floor_id)
        live->floor_id = oldest->last_id;
    oldest->free_next = live->free;
    live->free = oldest;
    live->channel_count--;
    return true;
}

static LiveChannel *channel_find(Live *live, Str name)
{
    for (LiveChannel *c = *bucket_of(live, name); c; c = c->bucket_next)
        if (name_is(c, name)) {
            c->used = ++live->tick;
            return c;
        }
    return NULL;
}

static LiveChannel *channel_get(Live *live, Str name)
{
    if (name.len == 0 || name.len > LIVE_NAME_MAX)
        return NULL;
    LiveChannel **bucket = bucket_of(live, name);
    LiveChannel *known = channel_find(live, name);
    if (known)
        return known;
    if (live->channel_count >= LIVE_CHANNELS_MAX && !evict_one(live))
        return NULL;
    LiveChannel *channel = live->free;
    if (channel)
        live->free = channel->free_next;
    else
        channel = ARENA_NEW(&live->arena, LiveChannel, 1);
    *channel = (LiveChannel){0};
    memcpy(channel->name, name.data, name.len);
    channel->name_len = name.len;
    channel->gone_id = live->floor_id > live->skipped_id ? live->floor_id : live->skipped_id;
    channel->used = ++live->tick;
    channel->bucket_next = *bucket;
    *bucket = channel;
    live->channel_count++;
    return channel;
}

static void ring_put(LiveChannel *channel, const char *bytes, size_t count)
{
    size_t at = channel->end & (channel->cap - 1);
    size_t head = count < channel->cap - at ? count : channel->cap - at;
    memcpy(channel->ring + at, bytes, head);
    memcpy(channel->ring, bytes + head, count - head);
    channel->end += count;
}

static void ring_get(const LiveChannel *channel, u64 from, char *bytes, size_t count)
{
    size_t at = from & (channel->cap - 1);
    size_t head = count < channel->cap - at ? count : channel->cap - at;
    memcpy(bytes, channel->ring + at, head);
    memcpy(bytes + head, channel->ring, count - head);
}

static void ring_resize(LiveChannel *channel, size_t cap)
{
    LiveChannel old = *channel;
    channel->arena = (Arena){0};
    channel->ring = arena_take(&channel->arena, cap);
    channel->cap = cap;
    channel->end = channel->start;
    for (u64 at = old.start; at < old.end;) {
        char piece[1024];
        size_t count = old.end - at < sizeof piece ? (size_t)(old.end - at) : sizeof piece;
        ring_get(&old, at, piece, count);
        ring_put(channel, piece, count);
        at += count;
    }
    arena_done(&old.arena);
}

static void drop_oldest(LiveChannel *channel)
{
    channel->gone_id = channel->marks[channel->mark_first].id;
    channel->mark_first = (channel->mark_first + 1) % LIVE_KEPT;
    channel->mark_count--;
    channel->start = channel->mark_count ? channel->marks[channel->mark_first].start : channel->end;
}

static void make_room(LiveChannel *channel, size_t need)
{
    if (channel->cap == 0)
        ring_resize(channel, RING_FIRST);
    while (channel->cap < LIVE_BYTES && channel->end - channel->start + need > channel->cap)
        ring_resize(channel, channel->cap * 2);
    while (channel->mark_count == LIVE_KEPT || channel->end - channel->start + need > channel->cap)
        drop_oldest(channel);
}

/* The wire form: id, event, one data line for each line of the data, an empty line. */
static Str event_text(Arena *arena, i64 id, Str name, Str data)
{
    Buf buf = buf_new(arena);
    buf_format(&buf, "id: %lld\n", (long long)id);
    if (name.len > 0) {
        buf_z(&buf, "event: ");
        buf_add(&buf, name);
        buf_char(&buf, '\n');
    }
    size_t from = 0;
    for (size_t i = 0; i <= data.len; i++) {
        if (i < data.len && data.data[i] != '\n' && data.data[i] != '\r')
            continue;
        buf_z(&buf, "data: ");
        buf_add(&buf, str_slice(data, from, i));
        buf_char(&buf, '\n');
        if (i + 1 < data.len && data.data[i] == '\r' && data.data[i + 1] == '\n')
            i++;
        from = i + 1;
    }
    buf_char(&buf, '\n');
    return buf_str(&buf);
}

static void skip_locked(Live *live, i64 id)
{
    if (id > live->skipped_id)
        live->skipped_id = id;
}

static bool add_locked(Live *live, Str name, i64 id, Str text)
{
    LiveChannel *channel = channel_find(live, name);
    if (!channel) {
        skip_locked(live, id);
        return true;
    }
    if (id <= channel->last_id)
        return false;
    make_room(channel, text.len);
    size_t slot = (channel->mark_first + channel->mark_count) % LIVE_KEPT;
    channel->marks[slot] = (LiveMark){.id = id, .start = channel->end};
    channel->mark_count++;
    ring_put(channel, text.data, text.len);
    channel->last_id = id;
    if (!channel->dirty && channel->watcher_count > 0) {
        channel->dirty = true;
        channel->dirty_next = NULL;
        *live->dirty_last = channel;
        live->dirty_last = &channel->dirty_next;
    }
    return true;
}

bool live_add(Live *live, Str channel, i64 id, Str name, Str data)
{
    if (id <= 0 || channel.len == 0 || channel.len > LIVE_NAME_MAX || data.len > LIVE_EVENT_MAX ||
        str_find(name, S("\n")) < name.len || str_find(name, S("\r")) < name.len)
        return false;
    Arena arena = {0};
    Str text = event_text(&arena, id, name, data);
    bool added = false;
    if (text.len <= LIVE_EVENT_MAX) {
        pthread_mutex_lock(&live->lock);
        added = add_locked(live, channel, id, text);
        pthread_mutex_unlock(&live->lock);
    }
    arena_done(&arena);
    return added;
}

LiveNeed live_needed(Live *live, Str name)
{
    pthread_mutex_lock(&live->lock);
    const LiveChannel *channel = channel_find(live, name);
    LiveNeed need = LIVE_READY;
    if (!channel)
        need = LIVE_UNWATCHED;
    else if (channel->watcher_count > 0 && channel->told < channel->end)
        need = LIVE_BUSY;
    pthread_mutex_unlock(&live->lock);
    return need;
}

void live_skip(Live *live, i64 id)
{
    pthread_mutex_lock(&live->lock);
    skip_locked(live, id);
    pthread_mutex_unlock(&live->lock);
}

void live_floor(Live *live, i64 id)
{
    pthread_mutex_lock(&live->lock);
    if (id > live->floor_id)
        live->floor_id = id;
    pthread_mutex_unlock(&live->lock);
}

static void place_cursor(const LiveChannel *channel, i64 last_id, LiveCursor *cursor)
{
    cursor->at = channel->end;
    cursor->gap = last_id >= 0 && last_id < channel->gone_id;
    if (last_id < 0)
        return;
    for (size_t i = 0; i < channel->mark_count; i++) {
        const LiveMark *mark = &channel->marks[(channel->mark_first + i) % LIVE_KEPT];
        if (mark->id > last_id) {
            cursor->at = mark->start;
            return;
        }
    }
}

bool live_follow(Live *live, Str channel, i64 last_id, LiveCursor *ret_cursor)
{
    LiveCursor cursor = {0};
    pthread_mutex_lock(&live->lock);
    cursor.channel = channel_get(live, channel);
    if (cursor.channel) {
        cursor.channel->watcher_count++;
        place_cursor(cursor.channel, last_id, &cursor);
    }
    pthread_mutex_unlock(&live->lock);
    if (!cursor.channel)
        return false;
    *ret_cursor = cursor;
    return true;
}

void live_leave(Live *live, LiveCursor *cursor)
{
    pthread_mutex_lock(&live->lock);
    assert(cursor->channel->watcher_count > 0);
    cursor->channel->watcher_count--;
    pthread_mutex_unlock(&live->lock);
    cursor->channel = NULL;
}

LiveRead live_read(Live *live, LiveCursor *cursor, char *bytes, size_t cap, size_t *ret_count)
{
    static const char gap[] = "event: gap\ndata: reload\n\n";
    if (cursor->gap && cap >= sizeof gap) {
        memcpy(bytes, gap, sizeof gap - 1);
        cursor->gap = false;
        *ret_count = sizeof gap - 1;
        return LIVE_SOME;
    }
    LiveRead read = LIVE_NOTHING;
    size_t count = 0;
    pthread_mutex_lock(&live->lock);
    const LiveChannel *channel = cursor->channel;
    if (cursor->at < channel->start) {
        read = LIVE_BEHIND;
    } else if (cursor->at < channel->end) {
        u64 left = channel->end - cursor->at;
        count = left < cap ? (size_t)left : cap;
        ring_get(channel, cursor->at, bytes, count);
        read = LIVE_SOME;
    }
    pthread_mutex_unlock(&live->lock);
    cursor->at += count;
    *ret_count = count;
    return read;
}

bool live_behind(Live *live, const LiveCursor *cursor)
{
    pthread_mutex_lock(&live->lock);
    bool behind = cursor->at < cursor->channel->start;
    pthread_mutex_unlock(&live->lock);
    return behind;
}

/* A channel with watchers cannot be evicted, and the round counts as one. */
bool live_round(Live *live, LiveCursor *ret_cursor)
{
    pthread_mutex_lock(&live->lock);
    LiveChannel *channel = NULL;
    while (live->dirty && !channel) {
        LiveChannel *next = live->dirty;
        live->dirty = next->dirty_next;
        if (!live->dirty)
            live->dirty_last = &live->dirty;
        next->dirty = false;
        channel = next->watcher_count > 0 ? next : NULL;
    }
    if (channel) {
        channel->watcher_count++;
        *ret_cursor = (LiveCursor){
            .channel = channel,
            .at = channel->told > channel->start ? channel->told : channel->start,
        };
    }
    pthread_mutex_unlock(&live->lock);
    return channel != NULL;
}

void live_round_end(Live *live, LiveCursor *cursor)
{
    pthread_mutex_lock(&live->lock);
    cursor->channel->told = cursor->at;
    pthread_mutex_unlock(&live->lock);
    live_leave(live, cursor);
}
