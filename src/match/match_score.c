/* match_score.c - the inner loops of a search. See match_score.h. */
#include "match/match_score.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_WIDE 1 /* SSE2 on each such processor, AVX2 on most. */
#else
#define HAS_WIDE 0
#endif

enum { BLOCK = 64 }; /* Documents of one word of bits. */

static bool use_plain;

void score_use_plain(bool plain)
{
    use_plain = plain;
}

uint16_t *score_board(void)
{
    static _Thread_local uint16_t places[SEG_DOCS + 1]; /* add_gaps begins one before document 0. */
    return places + 1;
}

void score_clear(uint16_t *board, u32 doc_count)
{
    memset(board, 0, doc_count * sizeof *board);
}

static inline uint16_t share(u32 impact, u32 factor)
{
    return (uint16_t)((impact * factor + 255) >> 8);
}

uint16_t score_share(u8 impact, u32 factor)
{
    return share(impact, factor);
}

/* ---- Adding ---- */

/* A gap of 1 leads from the place before the board to document 0; a step adds 0. Four pairs at a
 * time: their places are known before the first is added. */
static void add_gaps_plain(uint16_t *at, const u8 *pair, const u8 *end, u32 factor)
{
    for (; end - pair >= 8; pair += 8) {
        uint16_t *first = at + pair[0], *second = first + pair[2], *third = second + pair[4];
        at = third + pair[6];
        *first = (uint16_t)(*first + share(pair[1], factor));
        *second = (uint16_t)(*second + share(pair[3], factor));
        *third = (uint16_t)(*third + share(pair[5], factor));
        *at = (uint16_t)(*at + share(pair[7], factor));
    }
    for (; pair < end; pair += 2) {
        at += pair[0];
        *at = (uint16_t)(*at + share(pair[1], factor));
    }
}

#if HAS_WIDE

/* Of eight pairs, in lanes of gap and impact << 8, what the impacts add: impact * factor / 256,
 * rounded up. */
static inline void shares_of_8(const u8 *pairs, __m128i factor, uint16_t *shares)
{
    const __m128i gap = _mm_set1_epi16(0xFF), one = _mm_set1_epi16(1);
    __m128i impact = _mm_andnot_si128(gap, _mm_loadu_si128((const __m128i *)(const void *)pairs));
    __m128i whole = _mm_mulhi_epu16(impact, factor), rest = _mm_mullo_epi16(impact, factor);
    __m128i is_whole = _mm_cmpeq_epi16(rest, _mm_setzero_si128()); /* -1 where it is. */
    __m128i sum = _mm_add_epi16(_mm_add_epi16(whole, one), is_whole);
    _mm_storeu_si128((__m128i *)(void *)shares, sum);
}

static void add_gaps_wide(uint16_t *at, const u8 *pair, const u8 *end, u32 factor)
{
    enum { LANES = 8 };
    __m128i wide = _mm_set1_epi16((short)factor);
    for (; end - pair >= 2 * LANES; pair += 2 * LANES) {
        uint16_t shares[LANES];
        shares_of_8(pair, wide, shares);
        for (int i = 0; i < LANES; i++) {
            at += pair[2 * i];
            *at = (uint16_t)(*at + shares[i]);
        }
    }
    add_gaps_plain(at, pair, end, factor);
}

#endif

static void add_gaps(uint16_t *board, const SegList *list, u32 factor)
{
    const u8 *pair = list->at, *end = pair + 2 * (size_t)list->pairs;
#if HAS_WIDE
    if (!use_plain) {
        add_gaps_wide(board - 1, pair, end, factor);
        return;
    }
#endif
    add_gaps_plain(board - 1, pair, end, factor);
}

static void add_plain(uint16_t *board, const SegList *list, u32 factor)
{
    const u8 *impacts = list->at + 2 * (size_t)list->count;
    for (u32 i = 0; i < list->count; i++) {
        uint16_t doc;
        memcpy(&doc, list->at + 2 * (size_t)i, sizeof doc);
        board[doc] = (uint16_t)(board[doc] + share(impacts[i], factor));
    }
}

static inline void dense_body(uint16_t *board, const u8 *impacts, u32 count, u32 factor)
{
    for (u32 i = 0; i < count; i++)
        board[i] = (uint16_t)(board[i] + share(impacts[i], factor));
}

static void add_dense_plain(uint16_t *board, const u8 *impacts, u32 count, u32 factor)
{
    dense_body(board, impacts, count, factor);
}

/* Where something is already. Without a branch, which would be guessed wrong as often as not. */
static inline void add_if_found(uint16_t *at, u32 impact, u32 factor)
{
    *at = (uint16_t)(*at + (share(impact, factor) & (uint16_t) - (*at != 0)));
}

static void add_gaps_found(uint16_t *board, const SegList *list, u32 factor)
{
    const u8 *pair = list->at, *end = pair + 2 * (size_t)list->pairs;
    uint16_t *at = board - 1;
    for (; pair < end; pair += 2) {
        at += pair[0];
        add_if_found(at, pair[1], factor);
    }
}

void score_add_found(uint16_t *board, const SegList *list, u32 factor)
{
    if (list->form == SEG_GAPS) {
        add_gaps_found(board, list, factor);
        return;
    }
    for (SegWalk walk = seg_walk(*list); walk.doc < SEG_DOCS; seg_walk_next(&walk))
        if (board[walk.doc])
            board[walk.doc] = (uint16_t)(board[walk.doc] + share(walk.impact, factor));
}

/* ---- Looking for the best ---- */

static void at_least_plain(const uint16_t *board, u32 count, u32 least, ScoreBits *ret)
{
    for (u32 from = 0; from < count; from += BLOCK) {
        u32 to = count - from < BLOCK ? count - from : (u32)BLOCK;
        u64 found = 0;
        for (u32 i = 0; i < to; i++)
            found |= (u64)(board[from + i] >= least) << i;
        ret->docs[from / BLOCK] = found;
        ret->strips[from / SCORE_STRIP / BLOCK] |= (u64)(found != 0) << from / SCORE_STRIP % BLOCK;
    }
}

#if HAS_WIDE

__attribute__((target("avx2"))) static void add_dense_avx2(uint16_t *board, const u8 *impacts,
                                                           u32 count, u32 factor)
{
    const __m256i wide = _mm256_set1_epi16((short)factor), one = _mm256_set1_epi16(1);
    u32 i = 0;
    for (; count - i >= 16; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(impacts + i));
        __m256i impact = _mm256_slli_epi16(_mm256_cvtepu8_epi16(bytes), 8);
        __m256i whole = _mm256_mulhi_epu16(impact, wide);
        __m256i is_whole =
            _mm256_cmpeq_epi16(_mm256_mullo_epi16(impact, wide), _mm256_setzero_si256());
        __m256i *at = (__m256i *)(void *)(board + i);
        __m256i sum = _mm256_add_epi16(_mm256_add_epi16(whole, one), is_whole);
        _mm256_storeu_si256(at, _mm256_add_epi16(_mm256_loadu_si256(at), sum));
    }
    dense_body(board + i, impacts + i, count - i, factor);
}

/* 32 documents at `at` that have at least `least`. */
__attribute__((target("avx2"))) static u32 least_of_32(const uint16_t *at, __m256i least)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)at);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(at + 16));
    low = _mm256_cmpeq_epi16(_mm256_max_epu16(low, least), low);
    high = _mm256_cmpeq_epi16(_mm256_max_epu16(high, least), high);
    __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xD8);
    return (u32)_mm256_movemask_epi8(both);
}

/* Whether any of SCORE_STRIP documents has. */
__attribute__((target("avx2"))) static bool least_of_strip(const uint16_t *at, __m256i least)
{
    enum { LANES = 16 };
    __m256i most = _mm256_loadu_si256((const __m256i *)(const void *)at);
    for (u32 i = LANES; i < SCORE_STRIP; i += LANES)
        most = _mm256_max_epu16(most, _mm256_loadu_si256((const __m256i *)(const void *)(at + i)));
    return _mm256_movemask_epi8(_mm256_cmpeq_epi16(_mm256_max_epu16(most, least), most)) != 0;
}

/* The last, unfilled strip is read too: the board is as long as the largest segment. */
__attribute__((target("avx2"))) static void at_least_avx2(const uint16_t *board, u32 count,
                                                          u32 least, ScoreBits *ret)
{
    __m256i wide = _mm256_set1_epi16((short)least);
    for (u32 from = 0; from < count; from += SCORE_STRIP) {
        u64 *docs = &ret->docs[from / BLOCK];
        if (!least_of_strip(board + from, wide)) {
            memset(docs, 0, SCORE_STRIP / BLOCK * sizeof *docs);
            continue;
        }
        for (u32 i = 0; i < SCORE_STRIP; i += BLOCK)
            docs[i / BLOCK] = least_of_32(board + from + i, wide) |
                              (u64)least_of_32(board + from + i + BLOCK / 2, wide) << 32;
        ret->strips[from / SCORE_STRIP / BLOCK] |= (u64)1 << from / SCORE_STRIP % BLOCK;
    }
}

static bool has_avx2(void)
{
    return !use_plain && __builtin_cpu_supports("avx2");
}

#endif

void score_add(uint16_t *board, const SegList *list, u32 factor)
{
    if (list->form == SEG_GAPS) {
        add_gaps(board, list, factor);
    } else if (list->form == SEG_PLAIN) {
        add_plain(board, list, factor);
    } else if (list->form == SEG_ONE) {
        board[list->one] = (uint16_t)(board[list->one] + share(list->most, factor));
    } else {
#if HAS_WIDE
        if (has_avx2()) {
            add_dense_avx2(board, list->at, list->pairs, factor);
            return;
        }
#endif
        add_dense_plain(board, list->at, list->pairs, factor);
    }
}

void score_at_least(const uint16_t *board, u32 doc_count, u32 least, ScoreBits *ret)
{
    memset(ret->strips, 0, sizeof ret->strips);
    if (least > SCORE_MOST) {
        memset(ret->docs, 0, (doc_count + BLOCK - 1) / BLOCK * sizeof *ret->docs);
        return;
    }
#if HAS_WIDE
    if (has_avx2()) {
        at_least_avx2(board, doc_count, least, ret);
        return;
    }
#endif
    at_least_plain(board, doc_count, least, ret);
}
