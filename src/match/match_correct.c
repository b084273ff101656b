/* match_correct.c - what words that no document has may have been meant to be. */
#include "match/match_int.h"
#include "match/match_suggest_int.h"

#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_MAX = 8,      /* Characters that are exchanged at once. */
    WORD_LETTERS = 64,   /* Of a Latin word. */
    WORD_ONE = 4,        /* Letters from which on one may be wrong; from twice as many on, two. */
    LOOK_MAX = 3000,     /* Entries of a range that are looked at. */
    PASSES = 3,          /* Exchanges of one question. */
    TEXT_BYTES_MAX = 72, /* Some 24 characters. Longer ones are prose, and have words enough. */
};

/* ---- What the index knows ---- */

/* With the read lock held: whether a live document may have a term. */
static bool known_key(const MatchIndex *index, u64 key)
{
    u64 hash = seg_hash(key);
    for (size_t s = 0; s < index->shelf_count; s++) {
        const Shelf *shelf = index->shelves[s];
        SegList list = seg_find(&shelf->seg, hash);
        if (list.count && shelf->live_count == shelf->seg.doc_count)
            return true;
        for (SegWalk walk = seg_walk(list); list.count && walk.doc < SEG_DOCS; seg_walk_next(&walk))
            if (shelf->live[walk.doc / 64] >> walk.doc % 64 & 1)
                return true;
    }
    return false;
}

/* The pairs and words that no document has, in their order. */
static TermList find_unknown(MatchIndex *index, Arena *arena, Str text)
{
    TermList list = {0};
    size_t kept = 0;
    text_terms(arena, text, false, &list);
    index_read_begin(index);
    for (size_t i = 0; i < list.count; i++) {
        const Term *term = &list.terms[i];
        bool asked = term->kind == TERM_PAIR || term->kind == TERM_WORD;
        if (asked && !known_key(index, term->key))
            list.terms[kept++] = *term;
    }
    index_read_end(index);
    list.count = kept;
    return list;
}

/* ---- Latin words ---- */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t low = a < b ? a : b;
    return low < c ? low : c;
}

/* Letters to insert, leave out, exchange or swap with their neighbour. */
static size_t distance(Str a, Str b)
{
    size_t rows[3][WORD_LETTERS + 2];
    if (a.len > WORD_LETTERS || b.len > WORD_LETTERS)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3], *before = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            row[j] = least(before[j] + 1, row[j - 1] + 1,
                           before[j - 1] + (a.data[i - 1] != b.data[j - 1]));
            bool swapped =
                i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
            if (swapped && older[j - 2] + 1 < row[j])
                row[j] = older[j - 2] + 1;
        }
    }
    return rows[a.len % 3][b.len];
}

static bool is_latin(Str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (!((key.data[i] >= 'a' && key.data[i] <= 'z') ||
              (key.data[i] >= '0' && key.data[i] <= '9')))
            return false;
    return key.len > 0;
}

/* The commonest of those that come nearest; no text: none does. Latin keys stand before all others
 * in their order: some thousands are looked at. */
static SuggestEntry near_word(const Suggest *suggest, Str word)
{
    SuggestEntry best = {0};
    size_t allowed = word.len >= WORD_ONE * 2 ? 2 : 1, best_distance = allowed + 1;
    i64 number;
    if (word.len < WORD_ONE || str_to_i64(word, &number))
        return best;
    for (u32 i = 0; i < suggest->count; i++) {
        u32 place = suggest->by_key[i];
        const SuggestRow *row = &suggest->rows[place];
        Str key = suggest_key(suggest, place, ORDER_KEY);
        if (key.len && (u8)key.data[0] >= 0x80)
            break;
        if (row->kind != SUGGEST_TERM || row->pinyin_len || key.len + allowed < word.len ||
            key.len > word.len + allowed || !is_latin(key))
            continue;
        size_t far = distance(word, key);
        if (far < best_distance || (far == best_distance && row->weight > best.weight)) {
            best = suggest_row(suggest, place);
            best_distance = far;
        }
    }
    return best_distance <= allowed ? best : (SuggestEntry){0};
}

/* The commonest Chinese term with these letters as its pinyin, or as its initials. */
static SuggestEntry sounded(const Suggest *suggest, Str letters)
{
    SuggestEntry best = {0};
    for (SuggestOrder order = ORDER_PINYIN; order <= ORDER_INITIALS && !best.text.len; order++) {
        SuggestRange range = suggest_range(suggest, order, letters, true);
        for (u32 i = 0; i < range.count && i < LOOK_MAX; i++) {
            SuggestEntry entry = suggest_row(suggest, range.at[i]);
            if (entry.kind == SUGGEST_TERM && entry.weight > best.weight)
                best = entry;
        }
    }
    return best;
}

/* ---- Chinese words ---- */

/* Characters in which two texts of as many differ; SIZE_MAX when they are of different length. */
static size_t differing(Str a, Str b)
{
    size_t at = 0, bt = 0, count = 0;
    while (at < a.len && bt < b.len)
        count += utf8_next(a, &at) != utf8_next(b, &bt);
    return at == a.len && bt == b.len ? count : SIZE_MAX;
}

typedef struct Choice {
    Str words; /* '': none. */
    u64 score;
    size_t from, to; /* What it stands for: bytes of the text. */
} Choice;

static void weigh(const Suggest *suggest, SuggestRange range, Str key, u64 factor, size_t from,
                  Choice *choice)
{
    for (u32 i = 0; i < range.count && i < LOOK_MAX; i++) {
        SuggestEntry entry = suggest_row(suggest, range.at[i]);
        size_t far = entry.kind == SUGGEST_TERM ? differing(key, entry.key) : SIZE_MAX;
        if (far == 0 || far == SIZE_MAX || (far > 1 && factor < 1000))
            continue;
        u64 score = (u64)entry.weight * factor * utf8_count(key) / far;
        if (score > choice->score)
            *choice = (Choice){entry.text, score, from, from + key.len};
    }
}

/* One stretch of the folded text that may be another term: of the same sound, or of one other
 * character. Of two characters one alone says too little: only the sound counts. */
static void weigh_window(const Suggest *suggest, Arena *arena, Str text, size_t from, size_t to,
                         Choice *choice)
{
    Str key = str_slice(text, from, to), pinyin, initials;
    size_t count = utf8_count(key);
    suggest_sound(arena, key, &pinyin, &initials);
    weigh(suggest, suggest_range(suggest, ORDER_PINYIN, pinyin, true), key, 1000, from, choice);
    if (count < 3)
        return;
    Str head = utf8_head(key, count / 2 + (count > 3));
    weigh(suggest, suggest_range(suggest, ORDER_KEY, head, false), key, 10, from, choice);
    weigh(suggest, suggest_range(suggest, ORDER_INITIALS, initials, true), key, 30, from, choice);
}

/* The best exchange around an unknown pair at these bytes. */
static Choice choose_han(const Suggest *suggest, Arena *arena, Str text, size_t from, size_t to)
{
    u32 starts[TEXT_BYTES_MAX + 1];
    size_t count = 0, first = 0;
    Choice choice = {0};
    for (size_t at = 0; at < text.len && count < TEXT_BYTES_MAX;) {
        if (at == from)
            first = count;
        starts[count++] = (u32)at;
        utf8_next(text, &at);
    }
    starts[count] = (u32)text.len;
    for (size_t size = WINDOW_MAX; size >= 2; size--)
        for (size_t at = first + 2 > size ? first + 2 - size : 0; at <= first && at + size <= count;
             at++)
            if (starts[at] <= from && starts[at + size] >= to)
                weigh_window(suggest, arena, text, starts[at], starts[at + size], &choice);
    return choice;
}

static bool is_entry(const Suggest *suggest, Str key)
{
    return suggest_range(suggest, ORDER_KEY, key, true).count > 0;
}

/* A known term ends with the first character of a pair, and another begins with the second: two
 * words that nobody has put beside each other yet. */
static bool between_words(const Suggest *suggest, Str text, size_t from, size_t to)
{
    size_t middle = from, at = to, chars = 1;
    bool left = false, right = false;
    utf8_next(text, &middle);
    for (size_t begin = from; begin > 0 && !left && chars < WINDOW_MAX; chars++) {
        do
            begin--;
        while (begin > 0 && ((u8)text.data[begin] & 0xC0) == 0x80);
        left = is_entry(suggest, str_slice(text, begin, middle));
    }
    for (chars = 1; at < text.len && !right && chars < WINDOW_MAX; chars++) {
        utf8_next(text, &at);
        right = is_entry(suggest, str_slice(text, middle, at));
    }
    return left && right;
}

/* ---- The question ---- */

/* The same with the words of a choice in their place; as it is when there is none. */
static Str exchanged(Arena *arena, Str text, Choice choice)
{
    if (!choice.words.len)
        return text;
    return str_format(arena, "%.*s%.*s%.*s", STR_ARG(str_slice(text, 0, choice.from)),
                      STR_ARG(choice.words), STR_ARG(str_slice(text, choice.to, text.len)));
}

/* What an unknown term may be instead; no words when nothing comes near. */
static Choice choose(const Suggest *suggest, Arena *arena, Str text, const Term *term)
{
    Choice choice = {.from = term->from, .to = term->to};
    Str key = str_slice(text, term->from, term->to);
    if (term->kind == TERM_PAIR && between_words(suggest, text, term->from, term->to))
        return choice;
    if (term->kind == TERM_PAIR)
        return choose_han(suggest, arena, text, term->from, term->to);
    choice.words = sounded(suggest, key).text;
    if (!choice.words.len)
        choice.words = near_word(suggest, key).text;
    return choice;
}

Str suggest_correct(const Suggest *suggest, MatchIndex *index, Arena *arena, Str words)
{
    Str text = fold_key(arena, words), before = text;
    if (!suggest || !text.len || text.len > TEXT_BYTES_MAX)
        return S("");
    bool more = true;
    for (int pass = 0; pass < PASSES && more; pass++) {
        TermList unknown = find_unknown(index, arena, text);
        more = false;
        for (size_t i = 0; i < unknown.count && !more; i++) {
            Choice choice = choose(suggest, arena, text, &unknown.terms[i]);
            more = choice.words.len > 0;
            text = exchanged(arena, text, choice);
        }
    }
    return str_same(text, before) ? S("") : text;
}
