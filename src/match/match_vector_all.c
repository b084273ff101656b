/* match_vector_all.c - many questions against all documents at once: see vectors_near_all.
 *
 * Sixteen documents make a tile, interleaved by four numbers, so that a register holds the same
 * four of each and no sum runs across one:
 *
 *     d0[0..3] d1[0..3] ... d15[0..3]   d0[4..7] d1[4..7] ...
 *
 * A tile (4 KB of 256 numbers) stays in the first cache while all questions pass it by.
 */
#include "match/match_vector_int.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_WIDE 1
#else
#define HAS_WIDE 0
#endif

enum { TILE = 16, QUAD = 4, GROUP = 4 };

/* Sums of GROUP questions with a tile: ret[question][document]. */
typedef void (*TileDots)(const int8_t *tile, const int8_t *questions, size_t stride,
                         i32 ret[GROUP][TILE]);

static void dots_plain(const int8_t *tile, const int8_t *questions, size_t stride,
                       i32 ret[GROUP][TILE])
{
    for (size_t q = 0; q < GROUP; q++)
        for (size_t d = 0; d < TILE; d++) {
            i32 sum = 0;
            for (size_t i = 0; i < stride; i += QUAD)
                for (size_t k = 0; k < QUAD; k++)
                    sum += tile[i * TILE + d * QUAD + k] * questions[q * stride + i + k];
            ret[q][d] = sum;
        }
}

#if HAS_WIDE

static inline i32 quad_at(const int8_t *numbers)
{
    i32 quad;
    memcpy(&quad, numbers, sizeof quad);
    return quad;
}

/* Half a tile: more sums than these would not stay in registers. Two products of -127..127 fit two
 * bytes, so |d| * (q with the sign of d) is exact. */
__attribute__((target("avx2"))) static void half_avx2(const int8_t *tile, const int8_t *questions,
                                                      size_t stride, i32 *ret)
{
    const __m256i ones = _mm256_set1_epi16(1);
    const int8_t *q0 = questions, *q1 = q0 + stride, *q2 = q1 + stride, *q3 = q2 + stride;
    __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t i = 0; i < stride; i += QUAD) {
        __m256i docs = _mm256_loadu_si256((const __m256i *)(const void *)(tile + i * TILE));
        __m256i size = _mm256_abs_epi8(docs);
        __m256i p0 = _mm256_sign_epi8(_mm256_set1_epi32(quad_at(q0 + i)), docs),
                p1 = _mm256_sign_epi8(_mm256_set1_epi32(quad_at(q1 + i)), docs),
                p2 = _mm256_sign_epi8(_mm256_set1_epi32(quad_at(q2 + i)), docs),
                p3 = _mm256_sign_epi8(_mm256_set1_epi32(quad_at(q3 + i)), docs);
        s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(_mm256_maddubs_epi16(size, p0), ones));
        s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(_mm256_maddubs_epi16(size, p1), ones));
        s2 = _mm256_add_epi32(s2, _mm256_madd_epi16(_mm256_maddubs_epi16(size, p2), ones));
        s3 = _mm256_add_epi32(s3, _mm256_madd_epi16(_mm256_maddubs_epi16(size, p3), ones));
    }
    _mm256_storeu_si256((__m256i *)(void *)ret, s0);
    _mm256_storeu_si256((__m256i *)(void *)(ret + TILE), s1);
    _mm256_storeu_si256((__m256i *)(void *)(ret + 2 * TILE), s2);
    _mm256_storeu_si256((__m256i *)(void *)(ret + 3 * TILE), s3);
}

static void dots_avx2(const int8_t *tile, const int8_t *questions, size_t stride,
                      i32 ret[GROUP][TILE])
{
    half_avx2(tile, questions, stride, ret[0]);
    half_avx2(tile + TILE / 2 * QUAD, questions, stride, ret[0] + TILE / 2);
}

/* Documents moved up by 128 to be unsigned; 128 times the question's sum comes off again. */
__attribute__((target("avx512f,avx512bw,avx512vnni"))) static void
dots_vnni(const int8_t *tile, const int8_t *questions, size_t stride, i32 ret[GROUP][TILE])
{
    const __m512i up = _mm512_set1_epi8((char)-128);
    __m512i sums[GROUP], extra[GROUP];
    for (size_t q = 0; q < GROUP; q++)
        sums[q] = extra[q] = _mm512_setzero_si512();
    for (size_t i = 0; i < stride; i += QUAD) {
        __m512i docs = _mm512_xor_si512(_mm512_loadu_si512(tile + i * TILE), up);
#pragma GCC unroll 4
        for (size_t q = 0; q < GROUP; q++) {
            __m512i quad = _mm512_set1_epi32(quad_at(questions + q * stride + i));
            sums[q] = _mm512_dpbusd_epi32(sums[q], docs, quad);
            extra[q] = _mm512_dpbusd_epi32(extra[q], up, quad);
        }
    }
    for (size_t q = 0; q < GROUP; q++)
        _mm512_storeu_si512(&ret[q][0], _mm512_sub_epi32(sums[q], extra[q]));
}

#endif

static TileDots choose_dots(void)
{
#if HAS_WIDE
    if (!vector_plain() && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vnni"))
        return dots_vnni;
    if (!vector_plain() && __builtin_cpu_supports("avx2"))
        return dots_avx2;
#endif
    return dots_plain;
}

/* ---- One round ---- */

typedef struct Round {
    const Vectors *vectors;
    TileDots dots;
    int8_t *questions; /* Filled up to whole groups. */
    float *factors;
    size_t count;
    const VectorEntry *entries[TILE];
    float doc_factors[TILE]; /* 0 past entry_count. */
    size_t entry_count;
    int8_t *tile;
    VectorHit *hits;
    size_t *hit_counts;
    size_t most;
} Round;

static void add_to_tile(Round *round, const VectorEntry *entry, const int8_t *numbers)
{
    size_t at = round->entry_count++;
    round->entries[at] = entry;
    round->doc_factors[at] = entry->factor;
    for (size_t i = 0; i < round->vectors->stride; i += QUAD)
        memcpy(round->tile + i * TILE + at * QUAD, numbers + i, QUAD);
}

/* What one question has of the tile goes among its best. */
static void take(Round *round, size_t question, const i32 *dots)
{
    VectorHit *hits = round->hits + question * round->most;
    size_t *count = &round->hit_counts[question];
    float factor = round->factors[question], near[TILE], best = 0;
    for (size_t d = 0; d < TILE; d++) {
        near[d] = (float)dots[d] * factor * round->doc_factors[d];
        best = best > near[d] ? best : near[d];
    }
    float least = *count == round->most ? hits[round->most - 1].nearness : 0;
    if (!(best > 0) || best < least)
        return;
    for (size_t d = 0; d < round->entry_count; d++) {
        const VectorDoc *doc = &round->entries[d]->doc;
        if (near[d] > 0 && near[d] >= least)
            *count = vector_keep_best(hits, *count, round->most,
                                      (VectorHit){doc->kind, doc->id, near[d]});
    }
}

static void pass_by(Round *round)
{
    i32 dots[GROUP][TILE];
    size_t stride = round->vectors->stride;
    for (size_t q = 0; q < round->count; q += GROUP) {
        round->dots(round->tile, round->questions + q * stride, stride, dots);
        for (size_t i = 0; i < GROUP && q + i < round->count; i++)
            if (round->factors[q + i] > 0)
                take(round, q + i, dots[i]);
    }
    round->entry_count = 0;
    memset(round->doc_factors, 0, sizeof round->doc_factors);
}

void vectors_near_all(Vectors *vectors, const float *values, size_t dims, size_t count,
                      const VectorQuery *filter, VectorHit *ret, size_t *ret_counts, size_t most)
{
    Arena arena = {0};
    assert(most >= 1 && most <= VECTOR_NEAR_MAX);
    memset(ret_counts, 0, count * sizeof *ret_counts);
    pthread_rwlock_rdlock(&vectors->lock);
    size_t stride = vectors->stride;
    Round round = {.vectors = vectors, .dots = choose_dots(), .count = count, .most = most};
    if (count && dims == vectors->dims) {
        round.questions = ARENA_NEW(&arena, int8_t, (count + GROUP) * stride);
        round.factors = ARENA_NEW(&arena, float, count);
        round.tile = ARENA_NEW(&arena, int8_t, TILE * stride);
        round.hits = ret;
        round.hit_counts = ret_counts;
        for (size_t q = 0; q < count; q++)
            round.factors[q] =
                vector_quantise(values + q * dims, dims, round.questions + q * stride);
        for (size_t i = 0; i < vectors->count; i++) {
            if (!vector_is_looked_for(vector_entry(vectors, i), filter))
                continue;
            add_to_tile(&round, vector_entry(vectors, i), vector_numbers(vectors, i));
            if (round.entry_count == TILE)
                pass_by(&round);
        }
        if (round.entry_count)
            pass_by(&round);
    }
    pthread_rwlock_unlock(&vectors->lock);
    arena_done(&arena);
}
