#include "exchange/sheet_head.h"

#include <string.h>
#include <unicode/uchar.h>

enum {
    TITLE_CODES_MAX = 30, /* A longer cell is prose, no column title. */
    PART_CODES_MIN = 2,   /* One character is contained in too much. */
    SYNONYMS_MAX = 64,    /* To one field. */
    EXACT_WORTH = 4,      /* Parts that weigh as much as one exact match. */
};

/* One spelling of a field, ready to compare. */
typedef struct Word {
    Str key;
    size_t codes;
    size_t field;
} Word;

typedef struct Words {
    Word *items;
    size_t count;
    size_t field_count;
} Words;

/* A column title, ready to compare. */
typedef struct Title {
    Str key;
    Str bare; /* Without what stands in brackets. */
    size_t codes;
} Title;

Str sheet_head_key(Arena *arena, Str text)
{
    Str folded = fold_key(arena, text);
    Buf buf = buf_new(arena);
    for (size_t at = 0; at < folded.len;) {
        u32 code = utf8_next(folded, &at);
        if (u_isalnum((UChar32)code))
            buf_code(&buf, code);
    }
    return buf_str(&buf);
}

static bool opens(u32 code)
{
    return code == '(' || code == '[' || code == 0xff08 || code == 0x3010 || code == 0xff3b;
}

static bool closes(u32 code)
{
    return code == ')' || code == ']' || code == 0xff09 || code == 0x3011 || code == 0xff3d;
}

static Str without_brackets(Arena *arena, Str text)
{
    Buf buf = buf_new(arena);
    int depth = 0;
    for (size_t at = 0; at < text.len;) {
        u32 code = utf8_next(text, &at);
        depth += opens(code);
        if (depth == 0)
            buf_code(&buf, code);
        depth -= closes(code) && depth > 0;
    }
    return buf_str(&buf);
}

static Title title_of(Arena *arena, Str text)
{
    Title title = {.key = sheet_head_key(arena, text)};
    title.bare = sheet_head_key(arena, without_brackets(arena, text));
    title.codes = utf8_count(title.bare.len ? title.bare : title.key);
    if (title.codes > TITLE_CODES_MAX)
        return (Title){0};
    return title;
}

static Words words_of(Arena *arena, const SheetField *fields, size_t field_count)
{
    Words words = {.items = ARENA_NEW(arena, Word, field_count * SYNONYMS_MAX),
                   .field_count = field_count};
    for (size_t f = 0; f < field_count; f++) {
        Str rest = str_from(fields[f].synonyms), part;
        for (size_t i = 0; i < SYNONYMS_MAX && str_split(&rest, '|', &part); i++) {
            Str key = sheet_head_key(arena, part);
            if (key.len)
                words.items[words.count++] = (Word){key, utf8_count(key), f};
        }
    }
    return words;
}

/* How well a word matches a title by containment: the characters they share, 0 for not at all.
 * The end of a Chinese title carries its meaning, so a word there wins over one as long. */
static size_t part_score(Title title, Word word)
{
    Str key = title.bare.len ? title.bare : title.key;
    if (word.codes >= PART_CODES_MIN && str_has(key, word.key))
        return word.codes * 4 + (str_ends(key, word.key) ? 2 : 1);
    if (title.codes >= PART_CODES_MIN && str_has(word.key, key))
        return title.codes * 4;
    return 0;
}

/* The free field that matches a title best by containment, -1 when two do equally well. */
static int best_part(Title title, const Words *words, const bool *taken, size_t *ret_score)
{
    int best = -1;
    bool shared = false;
    *ret_score = 0;
    for (size_t i = 0; i < words->count; i++) {
        const Word *word = &words->items[i];
        size_t score = taken[word->field] ? 0 : part_score(title, *word);
        if (score == 0 || score < *ret_score)
            continue;
        if (score > *ret_score)
            shared = false;
        else
            shared |= best != (int)word->field;
        best = (int)word->field;
        *ret_score = score;
    }
    return shared ? -1 : best;
}

static int exact_field(Str key, const Words *words, const bool *taken)
{
    for (size_t i = 0; key.len && i < words->count; i++)
        if (!taken[words->items[i].field] && str_same(words->items[i].key, key))
            return (int)words->items[i].field;
    return -1;
}

static void give(SheetColumn *column, int field, SheetMatch match, bool *taken)
{
    column->field = field;
    column->match = match;
    taken[field] = true;
}

static void match_exact(const Title *titles, SheetColumn *columns, size_t count, const Words *words,
                        bool bare, bool *taken)
{
    for (size_t c = 0; c < count; c++) {
        if (columns[c].field >= 0)
            continue;
        int field = exact_field(bare ? titles[c].bare : titles[c].key, words, taken);
        if (field >= 0)
            give(&columns[c], field, SHEET_MATCH_EXACT, taken);
    }
}

/* The best pair of all columns first, then the next best of what is left. */
static void match_parts(const Title *titles, SheetColumn *columns, size_t count, const Words *words,
                        bool *taken)
{
    for (;;) {
        size_t best_score = 0, best_column = 0;
        int best_field = -1;
        for (size_t c = 0; c < count; c++) {
            size_t score = 0;
            int field = columns[c].field < 0 && titles[c].key.len
                            ? best_part(titles[c], words, taken, &score)
                            : -1;
            if (field >= 0 && score > best_score) {
                best_score = score;
                best_column = c;
                best_field = field;
            }
        }
        if (best_field < 0)
            return;
        give(&columns[best_column], best_field, SHEET_MATCH_PART, taken);
    }
}

static SheetColumn *match_row(Arena *arena, const SheetRow *row, const Words *words)
{
    SheetColumn *columns = ARENA_NEW(arena, SheetColumn, row->count);
    Title *titles = ARENA_NEW(arena, Title, row->count);
    bool *taken = ARENA_NEW(arena, bool, words->field_count);
    for (size_t c = 0; c < row->count; c++) {
        columns[c] = (SheetColumn){str_copy(arena, str_trim(row->cells[c])), -1, SHEET_MATCH_NONE};
        if (columns[c].title.len <= TITLE_CODES_MAX * 8)
            titles[c] = title_of(arena, columns[c].title);
    }
    match_exact(titles, columns, row->count, words, false, taken);
    match_exact(titles, columns, row->count, words, true, taken);
    match_parts(titles, columns, row->count, words, taken);
    return columns;
}

bool sheet_head_find(Arena *arena, const SheetRow *rows, size_t row_count, const SheetField *fields,
                     size_t field_count, SheetHead *ret_head)
{
    Words words = words_of(arena, fields, field_count);
    size_t best_worth = 0;
    SheetHead best = {0};
    for (size_t r = 0; r < row_count && r < SHEET_HEAD_ROWS_MAX; r++) {
        SheetColumn *columns = match_row(arena, &rows[r], &words);
        size_t worth = 0, matched = 0, filled = 0;
        for (size_t c = 0; c < rows[r].count; c++) {
            matched += columns[c].field >= 0;
            filled += columns[c].title.len > 0;
            worth += columns[c].match == SHEET_MATCH_EXACT  ? EXACT_WORTH
                     : columns[c].match == SHEET_MATCH_PART ? 1
                                                            : 0;
        }
        bool lone = filled == 1 && worth >= EXACT_WORTH;
        if ((matched < 2 && !lone) || worth <= best_worth)
            continue;
        best_worth = worth;
        best = (SheetHead){r, rows[r].line, columns, rows[r].count, matched};
    }
    if (best_worth == 0)
        return false;
    *ret_head = best;
    return true;
}
