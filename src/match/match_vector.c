/* match_vector.c - documents and their vectors. See match_vector.h. */
#include "match/match_vector_int.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_AVX2 1
#else
#define HAS_AVX2 0
#endif

enum { MOST = 127 };

/* ---- Numbers ---- */

static bool use_plain;

void vector_use_plain(bool plain)
{
    use_plain = plain;
}

bool vector_plain(void)
{
    return use_plain;
}

size_t vector_stride(size_t dims)
{
    return (dims + VECTOR_STEP - 1) / VECTOR_STEP * VECTOR_STEP;
}

float vector_quantise(const float *values, size_t dims, int8_t *ret)
{
    double sum = 0, most = 0;
    memset(ret, 0, vector_stride(dims));
    for (size_t i = 0; i < dims; i++) {
        sum += (double)values[i] * (double)values[i];
        most = fmax(most, fabs((double)values[i]));
    }
    if (!(most > 0) || !isfinite(sum))
        return 0;
    for (size_t i = 0; i < dims; i++)
        ret[i] = (int8_t)lround((double)values[i] / most * MOST);
    return (float)(most / MOST / sqrt(sum));
}

static i32 dot_plain(const int8_t *a, const int8_t *b, size_t stride)
{
    i32 sum = 0;
    for (size_t i = 0; i < stride; i++)
        sum += a[i] * b[i];
    return sum;
}

#if HAS_AVX2

/* 32 numbers at a time, as two times 16 of two bytes: a sum of two products fits four bytes. */
__attribute__((target("avx2"))) static i32 dot_avx2(const int8_t *a, const int8_t *b, size_t stride)
{
    __m256i sum = _mm256_setzero_si256();
    for (size_t i = 0; i < stride; i += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(a + i));
        __m128i y = _mm_loadu_si128((const __m128i *)(const void *)(b + i));
        sum = _mm256_add_epi32(sum,
                               _mm256_madd_epi16(_mm256_cvtepi8_epi16(x), _mm256_cvtepi8_epi16(y)));
    }
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
    return _mm_cvtsi128_si32(half);
}

#endif

i32 vector_dot(const int8_t *a, const int8_t *b, size_t stride)
{
    assert(stride % VECTOR_STEP == 0 && stride <= VECTOR_DIMS_MAX);
#if HAS_AVX2
    if (!use_plain && __builtin_cpu_supports("avx2"))
        return dot_avx2(a, b, stride);
#endif
    return dot_plain(a, b, stride);
}

/* ---- Documents ---- */

Vectors *vectors_open(Str model, i64 dims)
{
    Arena arena = {0};
    Vectors *vectors = ARENA_NEW(&arena, Vectors, 1);
    assert(dims >= 0 && dims <= VECTOR_DIMS_MAX);
    pthread_rwlock_init(&vectors->lock, NULL);
    pthread_mutex_init(&vectors->feeding, NULL);
    vectors->model = str_copy(&arena, model);
    vectors->dims = (size_t)dims;
    vectors->stride = vector_stride(vectors->dims);
    vectors->slot_count = 4 * VECTOR_BLOCK;
    vectors->slots = ARENA_NEW(&arena, u32, vectors->slot_count);
    vectors->arena = arena;
    return vectors;
}

void vectors_close(Vectors *vectors)
{
    Arena arena = vectors->arena;
    pthread_rwlock_destroy(&vectors->lock);
    pthread_mutex_destroy(&vectors->feeding);
    arena_done(&arena);
}

void vectors_feed_begin(Vectors *vectors)
{
    pthread_mutex_lock(&vectors->feeding);
}

void vectors_feed_end(Vectors *vectors)
{
    pthread_mutex_unlock(&vectors->feeding);
}

VectorEntry *vector_entry(const Vectors *vectors, size_t at)
{
    return &vectors->blocks[at / VECTOR_BLOCK]->entries[at % VECTOR_BLOCK];
}

int8_t *vector_numbers(const Vectors *vectors, size_t at)
{
    int8_t *numbers = vectors->blocks[at / VECTOR_BLOCK]->numbers;
    return numbers ? numbers + at % VECTOR_BLOCK * vectors->stride : NULL;
}

/* The slot of a document, or the free one where it belongs. */
static size_t slot_of(const Vectors *vectors, MatchKind kind, i64 id)
{
    u64 hash = ((u64)id * 4 + (u64)kind) * 0x9E3779B97F4A7C15u;
    size_t mask = vectors->slot_count - 1, slot = (size_t)(hash >> 32) & mask;
    while (vectors->slots[slot]) {
        const VectorDoc *doc = &vector_entry(vectors, vectors->slots[slot] - 1)->doc;
        if (doc->kind == kind && doc->id == id)
            break;
        slot = (slot + 1) & mask;
    }
    return slot;
}

/* Its place; SIZE_MAX when it has none. */
static size_t place_of(const Vectors *vectors, MatchKind kind, i64 id)
{
    u32 found = vectors->slots[slot_of(vectors, kind, id)];
    return found ? found - 1 : SIZE_MAX;
}

static void grow_slots(Vectors *vectors)
{
    vectors->slot_count *= 2;
    vectors->slots = ARENA_NEW(&vectors->arena, u32, vectors->slot_count);
    for (size_t i = 0; i < vectors->count; i++) {
        const VectorDoc *doc = &vector_entry(vectors, i)->doc;
        vectors->slots[slot_of(vectors, doc->kind, doc->id)] = (u32)(i + 1);
    }
}

/* Its place, made when it has none. SIZE_MAX when full. */
static size_t make_place(Vectors *vectors, MatchKind kind, i64 id)
{
    size_t at = place_of(vectors, kind, id);
    if (at != SIZE_MAX || vectors->count == VECTOR_DOCS_MAX)
        return at;
    if (vectors->count * 2 >= vectors->slot_count)
        grow_slots(vectors);
    at = vectors->count;
    if (at % VECTOR_BLOCK == 0)
        vectors->blocks[at / VECTOR_BLOCK] = ARENA_NEW(&vectors->arena, VectorBlock, 1);
    vector_entry(vectors, at)->doc = (VectorDoc){.kind = kind, .id = id};
    vectors->slots[slot_of(vectors, kind, id)] = (u32)(at + 1);
    vectors->count++;
    return at;
}

static void set_state(Vectors *vectors, VectorEntry *entry, VectorState state)
{
    vectors->waiting += (state == VECTOR_WAITING) - (entry->state == VECTOR_WAITING);
    vectors->changes += (state == VECTOR_READY) != (entry->state == VECTOR_READY);
    entry->state = state;
}

static bool same_text(const VectorDoc *a, const VectorDoc *b)
{
    return memcmp(a->digest, b->digest, VECTOR_DIGEST) == 0;
}

Err vectors_note(Cx *cx, Vectors *vectors, const VectorDoc *doc)
{
    pthread_rwlock_wrlock(&vectors->lock);
    size_t at = make_place(vectors, doc->kind, doc->id);
    if (at != SIZE_MAX) {
        VectorEntry *entry = vector_entry(vectors, at);
        bool same = entry->state != VECTOR_GONE && same_text(&entry->doc, doc);
        VectorState now = !same                         ? VECTOR_WAITING
                          : entry->state == VECTOR_KEPT ? VECTOR_READY
                                                        : entry->state;
        entry->doc = *doc;
        set_state(vectors, entry, now);
    }
    pthread_rwlock_unlock(&vectors->lock);
    return at == SIZE_MAX ? err_set(cx, ERR_LIMIT, NULL, "match.full") : ERR_OK;
}

void vectors_renew(Vectors *vectors, Str model)
{
    pthread_rwlock_wrlock(&vectors->lock);
    vectors->model = str_copy(&vectors->arena, model);
    for (size_t i = 0; i < vectors->count; i++) {
        VectorEntry *entry = vector_entry(vectors, i);
        if (entry->state != VECTOR_GONE)
            set_state(vectors, entry, entry->state == VECTOR_KEPT ? VECTOR_GONE : VECTOR_WAITING);
    }
    pthread_rwlock_unlock(&vectors->lock);
}

void vectors_drop(Vectors *vectors, MatchKind kind, i64 id)
{
    pthread_rwlock_wrlock(&vectors->lock);
    size_t at = place_of(vectors, kind, id);
    if (at != SIZE_MAX)
        set_state(vectors, vector_entry(vectors, at), VECTOR_GONE);
    pthread_rwlock_unlock(&vectors->lock);
}

void vectors_noted_all(Vectors *vectors)
{
    pthread_rwlock_wrlock(&vectors->lock);
    for (size_t i = 0; i < vectors->count; i++)
        if (vector_entry(vectors, i)->state == VECTOR_KEPT)
            set_state(vectors, vector_entry(vectors, i), VECTOR_GONE);
    pthread_rwlock_unlock(&vectors->lock);
}

size_t vectors_waiting(Vectors *vectors, VectorDoc *ret, size_t most)
{
    size_t found = 0;
    pthread_rwlock_wrlock(&vectors->lock);
    for (size_t i = 0; vectors->waiting && i < vectors->count && found < most; i++) {
        size_t at = (vectors->look_from + i) % vectors->count;
        if (vector_entry(vectors, at)->state == VECTOR_WAITING)
            ret[found++] = vector_entry(vectors, at)->doc;
        if (found == most)
            vectors->look_from = at; /* The next looks from here, past what is done by then. */
    }
    pthread_rwlock_unlock(&vectors->lock);
    return found;
}

/* The document's place while it waits for a vector of this very text; else SIZE_MAX. */
static size_t place_waiting(const Vectors *vectors, const VectorDoc *doc)
{
    size_t at = place_of(vectors, doc->kind, doc->id);
    const VectorEntry *entry = at == SIZE_MAX ? NULL : vector_entry(vectors, at);
    bool waits = entry && entry->state == VECTOR_WAITING && same_text(&entry->doc, doc);
    return waits ? at : SIZE_MAX;
}

static int8_t *make_numbers(Vectors *vectors, size_t at)
{
    VectorBlock *block = vectors->blocks[at / VECTOR_BLOCK];
    if (!block->numbers)
        block->numbers = arena_take(&vectors->arena, VECTOR_BLOCK * vectors->stride);
    return vector_numbers(vectors, at);
}

Err vectors_put(Cx *cx, Vectors *vectors, const VectorDoc *doc, const float *values, size_t dims)
{
    Err e = ERR_OK;
    pthread_rwlock_wrlock(&vectors->lock);
    if (!vectors->dims && dims <= VECTOR_DIMS_MAX) {
        vectors->dims = dims;
        vectors->stride = vector_stride(dims);
    }
    size_t at = place_waiting(vectors, doc);
    if (dims != vectors->dims) {
        e = err_set(cx, ERR_IO, NULL, "embed.wrong_dimension");
    } else if (at != SIZE_MAX) {
        VectorEntry *entry = vector_entry(vectors, at);
        entry->factor = vector_quantise(values, dims, make_numbers(vectors, at));
        set_state(vectors, entry, VECTOR_READY);
    }
    pthread_rwlock_unlock(&vectors->lock);
    return e;
}

void vectors_refuse(Vectors *vectors, const VectorDoc *doc)
{
    pthread_rwlock_wrlock(&vectors->lock);
    size_t at = place_waiting(vectors, doc);
    if (at != SIZE_MAX)
        set_state(vectors, vector_entry(vectors, at), VECTOR_REFUSED);
    pthread_rwlock_unlock(&vectors->lock);
}

/* What was noted meanwhile is newer: its vector is taken when it is of the same text. */
bool vector_take(Vectors *vectors, const VectorDoc *doc, float factor, const int8_t *numbers)
{
    size_t at = make_place(vectors, doc->kind, doc->id);
    if (at == SIZE_MAX)
        return false;
    VectorEntry *entry = vector_entry(vectors, at);
    bool fresh = entry->state == VECTOR_GONE,
         wanted = entry->state == VECTOR_WAITING && same_text(&entry->doc, doc);
    if (!fresh && !wanted)
        return true;
    memcpy(make_numbers(vectors, at), numbers, vectors->dims);
    entry->factor = factor;
    if (fresh)
        entry->doc = *doc;
    set_state(vectors, entry, fresh ? VECTOR_KEPT : VECTOR_READY);
    return true;
}

VectorStats vectors_stats(Vectors *vectors)
{
    VectorStats stats = {0};
    pthread_rwlock_rdlock(&vectors->lock);
    for (size_t i = 0; i < vectors->count; i++) {
        VectorState state = vector_entry(vectors, i)->state;
        stats.ready += state == VECTOR_READY;
        stats.refused += state == VECTOR_REFUSED;
    }
    stats.waiting = vectors->waiting;
    stats.changes = vectors->changes;
    stats.dims = (i64)vectors->dims;
    pthread_rwlock_unlock(&vectors->lock);
    return stats;
}

/* ---- Looking ---- */

static bool before(const VectorHit *a, const VectorHit *b)
{
    if (a->nearness != b->nearness)
        return a->nearness > b->nearness;
    return a->kind != b->kind ? a->kind < b->kind : a->id < b->id;
}

size_t vector_keep_best(VectorHit *hits, size_t count, size_t most, VectorHit hit)
{
    if (count == most && !before(&hit, &hits[count - 1]))
        return count;
    size_t at = count == most ? count - 1 : count;
    while (at && before(&hit, &hits[at - 1])) {
        hits[at] = hits[at - 1];
        at--;
    }
    hits[at] = hit;
    return count == most ? count : count + 1;
}

static bool is_among(const i64 *ids, size_t count, i64 id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ids[low] == id;
}

bool vector_is_looked_for(const VectorEntry *entry, const VectorQuery *query)
{
    const VectorDoc *doc = &entry->doc;
    return entry->state == VECTOR_READY && (query->kinds >> doc->kind & 1) &&
           (doc->listed || !query->listed_only) &&
           (!query->not_org_id || doc->org_id != query->not_org_id) &&
           (query->values || doc->kind != query->kind || doc->id != query->id) &&
           (!query->only || is_among(query->only, query->only_count, doc->id));
}

static size_t look(const Vectors *vectors, const int8_t *numbers, float factor,
                   const VectorQuery *query, VectorHit *ret, size_t most)
{
    double sum = 0, squares = 0;
    size_t compared = 0, count = 0;
    for (size_t i = 0; i < vectors->count; i++) {
        const VectorEntry *entry = vector_entry(vectors, i);
        if (!vector_is_looked_for(entry, query))
            continue;
        i32 dot = vector_dot(numbers, vector_numbers(vectors, i), vectors->stride);
        float nearness = (float)dot * factor * entry->factor;
        sum += (double)nearness;
        squares += (double)nearness * (double)nearness;
        compared++;
        count = vector_keep_best(ret, count, most,
                                 (VectorHit){entry->doc.kind, entry->doc.id, nearness});
    }
    double mean = compared ? sum / (double)compared : 0,
           spread = compared ? sqrt(fmax(0, squares / (double)compared - mean * mean)) : 0,
           least = query->all ? 1e-9 : fmax(0, mean + spread - 1e-6);
    while (count && (double)ret[count - 1].nearness < least)
        count--;
    return count;
}

size_t vectors_near(Vectors *vectors, const VectorQuery *query, VectorHit *ret, size_t most)
{
    size_t count = 0;
    int8_t asked[VECTOR_DIMS_MAX];
    assert(most >= 1 && most <= VECTOR_NEAR_MAX);
    pthread_rwlock_rdlock(&vectors->lock);
    if (query->values && query->dims == vectors->dims) {
        float factor = vector_quantise(query->values, query->dims, asked);
        if (factor > 0)
            count = look(vectors, asked, factor, query, ret, most);
    } else if (!query->values) {
        size_t own = place_of(vectors, query->kind, query->id);
        if (own != SIZE_MAX && vector_entry(vectors, own)->state == VECTOR_READY)
            count = look(vectors, vector_numbers(vectors, own), vector_entry(vectors, own)->factor,
                         query, ret, most);
    }
    pthread_rwlock_unlock(&vectors->lock);
    return count;
}
