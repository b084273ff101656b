/* match_shelf.c - a question over one shelf: postings to scores, scores to the best.
 *
 * Every posting is added, also those of terms that alone could lift nothing among the best. To
 * leave them out and look the few near documents up (MaxScore) was tried: a question of 100 terms
 * gains a third fewer postings and loses it to the lookups, which wait for memory.
 */
#include "match/match_search.h"

enum { AHEAD = 4 }; /* Lists lie far apart: so many before one is added its beginning is fetched. */

static bool wanted(const Search *search, size_t shelf, const SegDoc *doc)
{
    return !facet_misses(search->query, doc, search->codes[shelf]);
}

static void score_shelf(const Search *search, size_t shelf, uint16_t *board)
{
    const Question *question = search->question;
    const SegList *lists = lists_of(search, shelf);
    for (size_t i = 0; i < question->bag.count; i++) {
        size_t t = question->order[i];
        if (i + AHEAD < question->bag.count)
            seg_list_soon(&lists[question->order[i + AHEAD]]);
        if (!lists[t].count)
            continue;
        if (search->strict && i >= question->strong_count)
            score_add_found(board, &lists[t], search->weighs[t].factor);
        else
            score_add(board, &lists[t], search->weighs[t].factor);
    }
}

/* ---- All documents with a score ---- */

static i64 count_bits(const u64 *bits, const u64 *live, u32 doc_count)
{
    i64 count = 0;
    for (u32 i = 0; i < (doc_count + 63) / 64; i++)
        count += __builtin_popcountll(bits[i] & live[i]);
    return count;
}

/* The documents of a short list, each looked up. */
static void collect_only(const Search *search, size_t at, const uint16_t *board, Best *best)
{
    const MatchQuery *query = search->query;
    const Shelf *shelf = search->index->shelves[at];
    u8 kind = (u8)__builtin_ctz(query->kinds);
    for (size_t i = 0; i < query->only_count; i++) {
        u32 doc = seg_doc(&shelf->seg, kind, query->only[i]);
        if (doc == SEG_DOCS || !board[doc] || !(shelf->live[doc / 64] >> doc % 64 & 1) ||
            !wanted(search, at, &shelf->seg.docs[doc]))
            continue;
        best->total++;
        if (board[doc] >= best->score_min)
            best_add(best, (Candidate){board[doc], (u32)at * SEG_DOCS + doc});
    }
}

/* Those of one strip. */
static void collect_strip(const Search *search, size_t at, const uint16_t *board,
                          const ScoreBits *found, u32 strip, Best *best)
{
    const Shelf *shelf = search->index->shelves[at];
    for (u32 word = strip * SCORE_STRIP / 64; word < (strip + 1) * SCORE_STRIP / 64; word++)
        for (u64 left = found->docs[word] & shelf->live[word]; left; left &= left - 1) {
            u32 doc = word * 64 + (u32)__builtin_ctzll(left);
            if (search->filtered && !wanted(search, at, &shelf->seg.docs[doc]))
                continue;
            best->total += search->filtered && !search->query->no_total;
            if (board[doc] >= best->score_min)
                best_add(best, (Candidate){board[doc], (u32)at * SEG_DOCS + doc});
        }
}

/* From the board to the best. How many there are in all is told by the bits alone where every
 * document may be a hit. */
static void collect_shelf(const Search *search, size_t at, const uint16_t *board, Best *best)
{
    ScoreBits found;
    const Shelf *shelf = search->index->shelves[at];
    u32 doc_count = shelf->seg.doc_count;
    bool count_all = !search->query->no_total;
    if (count_all && !search->filtered) {
        score_at_least(board, doc_count, 1, &found);
        best->total += count_bits(found.docs, shelf->live, doc_count);
        count_all = false;
    }
    score_at_least(board, doc_count, count_all ? 1 : best->score_min, &found);
    for (u32 i = 0; i < COUNT(found.strips); i++)
        for (u64 left = found.strips[i]; left; left &= left - 1)
            collect_strip(search, at, board, &found, i * 64 + (u32)__builtin_ctzll(left), best);
}

/* Of a short list: whether a shelf has any, so that the others need not be scored. */
static bool holds_some(const MatchQuery *query, const Shelf *shelf)
{
    if (!query->only)
        return true;
    u8 kind = (u8)__builtin_ctz(query->kinds);
    for (size_t i = 0; i < query->only_count; i++)
        if (seg_doc(&shelf->seg, kind, query->only[i]) != SEG_DOCS)
            return true;
    return false;
}

void shelf_search(Cx *cx, Search *search, size_t shelf)
{
    if (!holds_some(search->query, search->index->shelves[shelf]))
        return;
    uint16_t *board = score_board();
    score_shelf(search, shelf, board);
    if (search->query->only)
        collect_only(search, shelf, board, &search->best);
    else
        collect_shelf(search, shelf, board, &search->best);
    if (search->query->facets)
        facet_count(cx, search->query, search->index->shelves[shelf], board);
    score_clear(board, search->index->shelves[shelf]->seg.doc_count);
}
