/* match_helper.c - see match_helper.h. */
#include "match/match_helper.h"

#include "match/match_embed.h"

#include <pthread.h>
#include <stdio.h>

Helper helper_of(const Settings *settings)
{
    if (str_same(settings->vectors, S("own")))
        return HELPER_OWN;
    bool server = str_same(settings->vectors, S("server")) && settings->embed_url.len;
    return server ? HELPER_SERVER : HELPER_NONE;
}

/* ---- The table in use ---- */

struct OwnPlace {
    Arena arena;           /* This struct. */
    pthread_rwlock_t lock; /* Of table. */
    pthread_mutex_t mutex; /* Of state. */
    OwnTable *table;
    OwnState state;
};

OwnPlace *own_place_new(void)
{
    Arena arena = {0};
    OwnPlace *place = ARENA_NEW(&arena, OwnPlace, 1);
    pthread_rwlock_init(&place->lock, NULL);
    pthread_mutex_init(&place->mutex, NULL);
    place->arena = arena;
    return place;
}

void own_place_done(OwnPlace *place)
{
    Arena arena = place->arena;
    if (place->table)
        own_done(place->table);
    pthread_rwlock_destroy(&place->lock);
    pthread_mutex_destroy(&place->mutex);
    arena_done(&arena);
}

void own_place_set(OwnPlace *place, OwnTable *table)
{
    pthread_rwlock_wrlock(&place->lock);
    OwnTable *old = place->table;
    place->table = table;
    pthread_rwlock_unlock(&place->lock);
    if (old)
        own_done(old);
    pthread_mutex_lock(&place->mutex);
    place->state.there = true;
    place->state.stats = own_stats(table);
    pthread_mutex_unlock(&place->mutex);
}

bool own_place_vector(OwnPlace *place, Str text, float *ret)
{
    pthread_rwlock_rdlock(&place->lock);
    bool known = place->table && own_vector(place->table, text, ret);
    pthread_rwlock_unlock(&place->lock);
    return known;
}

OwnState own_place_state(OwnPlace *place)
{
    pthread_mutex_lock(&place->mutex);
    OwnState state = place->state;
    pthread_mutex_unlock(&place->mutex);
    return state;
}

void own_place_want(OwnPlace *place)
{
    pthread_mutex_lock(&place->mutex);
    place->state.wanted = true;
    pthread_mutex_unlock(&place->mutex);
}

void own_place_tell(OwnPlace *place, int percent, const char *why)
{
    pthread_mutex_lock(&place->mutex);
    place->state.wanted = place->state.wanted && place->state.learning;
    place->state.learning = percent >= 0;
    place->state.percent = percent > 0 ? percent : 0;
    snprintf(place->state.why, sizeof place->state.why, "%s", why ? why : "");
    pthread_mutex_unlock(&place->mutex);
}

/* ---- Learning ---- */

Str own_path(Cx *cx)
{
    return str_format(cx->arena, "%.*s/vectors.own", STR_ARG(house_of(cx)->data_folder));
}

static void add_text(void *context, Str text)
{
    own_learn_add(context, text);
}

Err own_learn_texts(Cx *cx, OwnTold told, void *context, OwnTable **ret)
{
    OwnTable *table = NULL;
    OwnLearn *learn = own_learn_begin();
    Err e = match_embed_texts(cx, add_text, learn);
    if (!e)
        e = own_learn(cx, learn, told, context, &table);
    own_learn_done(learn);
    if (!e)
        e = own_save(cx, table, own_path(cx));
    if (!e)
        *ret = table;
    else if (table)
        own_done(table);
    return e;
}

/* ---- vectors.show, vectors.learn ---- */

static const char *helper_code(Helper helper)
{
    return helper == HELPER_OWN ? "own" : helper == HELPER_SERVER ? "server" : "none";
}

static void add_stats(Cx *cx, Val *val, const OwnStats *stats)
{
    val_set_int(cx->arena, val, "terms", stats->terms);
    val_set_int(cx->arena, val, "texts", stats->docs);
    val_set_int(cx->arena, val, "learnt_ms", stats->learnt_ms);
}

static Err show_run(Cx *cx, const void *arg, Val **ret)
{
    House *house = house_of(cx);
    (void)arg;
    *ret = val_map(cx->arena);
    val_set_z(cx->arena, *ret, "helper", helper_code(helper_of(house->settings)));
    val_set_bool(cx->arena, *ret, "running", house->vectors != NULL);
    if (house->vectors) {
        VectorStats stats = vectors_stats(house->vectors);
        val_set_int(cx->arena, *ret, "ready", stats.ready);
        val_set_int(cx->arena, *ret, "waiting", stats.waiting);
        val_set_int(cx->arena, *ret, "refused", stats.refused);
        val_set_int(cx->arena, *ret, "dims", stats.dims);
    }
    if (!house->own)
        return ERR_OK;
    OwnState state = own_place_state(house->own);
    Val *own = val_map(cx->arena);
    val_set(cx->arena, *ret, "own", own);
    val_set_bool(cx->arena, own, "learnt", state.there);
    val_set_bool(cx->arena, own, "wanted", state.wanted);
    val_set_bool(cx->arena, own, "learning", state.learning);
    val_set_int(cx->arena, own, "percent", state.percent);
    if (state.there)
        add_stats(cx, own, &state.stats);
    if (state.why[0])
        val_set_str(cx->arena, own, "note",
                    text_say(cx->arena, cx->lang, str_z(cx->arena, str_from(state.why)), NULL, 0));
    return ERR_OK;
}

/* While a server runs its embedder learns, at low priority; without one it is done here. */
static Err learn_run(Cx *cx, const void *arg, Val **ret)
{
    House *house = house_of(cx);
    OwnTable *table;
    (void)arg;
    if (helper_of(house->settings) != HELPER_OWN)
        return err_set(cx, ERR_STATE, NULL, "own.off");
    *ret = val_map(cx->arena);
    if (house->own) {
        own_place_want(house->own);
        val_set_bool(cx->arena, *ret, "wanted", true);
        return ERR_OK;
    }
    Err e = own_learn_texts(cx, NULL, NULL, &table);
    if (e)
        return e;
    OwnStats stats = own_stats(table);
    val_set_bool(cx->arena, *ret, "learnt", true);
    add_stats(cx, *ret, &stats);
    own_done(table);
    return ERR_OK;
}

// clang-format off
static const Op ops[] = {
    {"vectors.show",  "语义向量", "Vectors", OP_READ, 0, WHO_OPERATOR | WHO_LOCAL, OP_IN_NONE, NULL, show_run, NULL, NULL},
    {"vectors.learn", "重新学习", "Learn vectors", OP_STEPS, 0, WHO_OPERATOR | WHO_LOCAL, OP_IN_NONE, NULL, learn_run,
     "从本平台公开的文本学习词语向量（设置 vectors: own），不连接任何网络；学完后各项目的向量随之重算。", "Learns vectors of words from what this exchange has published (setting vectors: own), without any network; the vectors of all items follow."},
};
// clang-format on

const Room helper_room = {.name = "helper", .ops = ops, .op_count = COUNT(ops)};
