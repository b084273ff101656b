/* session_memo.c - see session_memo.h. */

#include "ident/ident_int.h"
#include "ident/session_memo.h"

#include <pthread.h>

enum { MEMO_SLOTS = 1024, MEMO_TEXT_MAX = 600, HASH_MAX = 64 };

typedef struct Kept {
    char hash[HASH_MAX];
    u64 changes;
    i64 at_ms;          /* Of a clock that is only moved on: never older than SESSION_KEPT_MS. */
    SessionKnown known; /* Its texts lie in `text`. */
    char text[MEMO_TEXT_MAX];
} Kept;

struct SessionMemo {
    Arena arena; /* Holds this struct as well. */
    pthread_mutex_t mutex;
    Kept *slots[MEMO_SLOTS];
};

SessionMemo *session_memo_new(void)
{
    Arena arena = {0};
    SessionMemo *memo = ARENA_NEW(&arena, SessionMemo, 1);
    memo->arena = arena;
    pthread_mutex_init(&memo->mutex, NULL);
    return memo;
}

void session_memo_done(SessionMemo *memo)
{
    if (!memo)
        return;
    pthread_mutex_destroy(&memo->mutex);
    Arena arena = memo->arena;
    arena_done(&arena);
}

u64 session_changes(Cx *cx)
{
    static const RecordType *const types[] = {&session_type, &account_type, &role_grant_type,
                                              &org_type};
    const House *house = house_of(cx);
    u64 sum = 0;
    for (size_t i = 0; house->sessions && i < COUNT(types); i++)
        sum += fact_changes(house->facts, types[i]);
    return sum;
}

/* Digests are evenly spread. */
static size_t slot_of(Str hash)
{
    size_t at = 0;
    for (size_t i = 0; i < 8 && i < hash.len; i++)
        at = at * 31 + (u8)hash.data[i];
    return at % MEMO_SLOTS;
}

/* The texts that are asked for, in one order. */
static void each_text(SessionKnown *known, Str *texts[4])
{
    texts[0] = &known->session.csrf;
    texts[1] = &known->account.name;
    texts[2] = &known->account.login;
    texts[3] = &known->org;
}

bool session_memo_get(Cx *cx, Str hash, SessionKnown *ret)
{
    SessionMemo *memo = house_of(cx)->sessions;
    if (!memo || hash.len != HASH_MAX)
        return false;
    u64 changes = session_changes(cx);
    i64 now_ms = clock_now_ms(cx->clock);
    pthread_mutex_lock(&memo->mutex);
    const Kept *kept = memo->slots[slot_of(hash)];
    bool there = kept && memcmp(kept->hash, hash.data, HASH_MAX) == 0 && kept->changes == changes &&
                 now_ms >= kept->at_ms && now_ms - kept->at_ms < SESSION_KEPT_MS;
    if (there) {
        Str *texts[4];
        *ret = kept->known;
        each_text(ret, texts);
        for (size_t i = 0; i < COUNT(texts); i++)
            *texts[i] = str_copy(cx->arena, *texts[i]);
    }
    pthread_mutex_unlock(&memo->mutex);
    return there;
}

/* Only what session_find needs: a session's other texts are not kept. */
static bool keep(Kept *kept, const SessionKnown *known)
{
    const Session *s = &known->session;
    const Account *a = &known->account;
    kept->known = (SessionKnown){.session = {.id = s->id,
                                             .csrf = s->csrf,
                                             .account_id = s->account_id,
                                             .seen_ms = s->seen_ms,
                                             .ends_ms = s->ends_ms,
                                             .second_ms = s->second_ms,
                                             .outside = s->outside,
                                             .closed = s->closed,
                                             .delegation_id = s->delegation_id},
                                 .account = {.id = a->id,
                                             .org_id = a->org_id,
                                             .login = a->login,
                                             .name = a->name,
                                             .closed = a->closed,
                                             .must_change = a->must_change,
                                             .password_ms = a->password_ms,
                                             .totp_on_ms = a->totp_on_ms},
                                 .roles = known->roles,
                                 .org = known->org};
    Str *texts[4];
    size_t used = 0;
    each_text(&kept->known, texts);
    for (size_t i = 0; i < COUNT(texts); i++) {
        Str text = *texts[i];
        if (text.len > MEMO_TEXT_MAX - used)
            return false;
        if (text.len)
            memcpy(kept->text + used, text.data, text.len);
        *texts[i] = (Str){kept->text + used, text.len};
        used += text.len;
    }
    return true;
}

void session_memo_put(Cx *cx, Str hash, u64 changes, const SessionKnown *known)
{
    SessionMemo *memo = house_of(cx)->sessions;
    if (!memo || hash.len != HASH_MAX)
        return;
    pthread_mutex_lock(&memo->mutex);
    Kept **slot = &memo->slots[slot_of(hash)];
    if (!*slot)
        *slot = ARENA_NEW(&memo->arena, Kept, 1);
    bool kept = keep(*slot, known);
    memcpy((*slot)->hash, hash.data, HASH_MAX);
    (*slot)->changes = changes;
    (*slot)->at_ms = kept ? clock_now_ms(cx->clock) : -SESSION_KEPT_MS;
    pthread_mutex_unlock(&memo->mutex);
}
