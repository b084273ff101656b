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

/* Two products of -127..127 fit two bytes, so |d| * (q with the sign of d) is exact. */
#define ADD_HALF(sum, quad, size, half)                                                            \
    sum = _mm256_add_epi32(                                                                        \
        sum, _mm256_madd_epi16(_mm256_maddubs_epi16(size, _mm256_sign_epi8(quad, half)), ones))

__attribute__((target("avx2"))) static void dots_avx2(const int8_t *tile, const int8_t *questions,
                                                      size_t stride, i32 ret[GROUP][TILE])
{
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i low[GROUP], high[GROUP];
    for (size_t q = 0; q < GROUP; q++)
        low[q] = high[q] = _mm256_setzero_si256();
    for (size_t i = 0; i < stride; i += QUAD) {
        const int8_t *at = tile + i * TILE;
        __m256i first = _mm256_loadu_si256((const __m256i *)(const void *)at);
        __m256i second = _mm256_loadu_si256((const __m256i *)(const void *)(at + 32));
        __m256i first_size = _mm256_abs_epi8(first), second_size = _mm256_abs_epi8(second);
#pragma GCC unroll 4
        for (size_t q = 0; q < GROUP; q++) {
            __m256i quad = _mm256_set1_epi32(quad_at(questions + q * stride + i));
            ADD_HALF(low[q], quad, first_size, first);
            ADD_HALF(high[q], quad, second_size, second);
        }
    }
    for (size_t q = 0; q < GROUP; q++) {
        _mm256_storeu_si256((__m256i *)(void *)&ret[q][0], low[q]);
        _mm256_storeu_si256((__m256i *)(void *)&ret[q][TILE / 2], high[q]);
    }
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
    for (size_t i = 0; i < round->vectors->stride; i += QUAD)
        memcpy(round->tile + i * TILE + at * QUAD, numbers + i, QUAD);
}

/* What one question has of the tile goes among its best. */
static void take(Round *round, size_t question, const i32 *dots)
{
    VectorHit *hits = round->hits + question * round->most;
    size_t *count = &round->hit_counts[question];
    float factor = round->factors[question];
    float least = *count == round->most ? hits[round->most - 1].nearness : 0;
    for (size_t d = 0; d < round->entry_count; d++) {
        const VectorEntry *entry = round->entries[d];
        float nearness = (float)dots[d] * factor * entry->factor;
        if (nearness < least || !(nearness > 0))
            continue;
        VectorHit hit = {entry->doc.kind, entry->doc.id, nearness};
        *count = vector_keep_best(hits, *count, round->most, hit);
        least = *count == round->most ? hits[round->most - 1].nearness : 0;
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
