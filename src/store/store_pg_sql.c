#include "store/store_pg_sql.h"

#include <string.h>

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of the piece that begins at `at`: a quoted text or name with its quotes, a word, or one
 * character. A doubled quote inside a text reads as two texts side by side, which is harmless. */
static size_t piece_len(const char *at)
{
    if (*at == '\'' || *at == '"') {
        const char *end = strchr(at + 1, *at);
        return end ? (size_t)(end - at) + 1 : strlen(at);
    }
    size_t len = 0;
    while (is_word_char(at[len]))
        len++;
    return len ? len : 1;
}

char *pg_sql_values(Arena *arena, const char *sql)
{
    Buf out = buf_new(arena);
    for (const char *at = sql; *at;) {
        size_t len = piece_len(at);
        if (*at == '?' && is_digit(at[1]))
            buf_char(&out, '$');
        else
            buf_add(&out, (Str){at, len});
        at += len;
    }
    return str_z(arena, buf_str(&out));
}

static bool word_is(const char *at, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(at, word, len) == 0;
}

/* Types are in capitals, so that a column may be called text. */
static bool type_is(const char *at, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(at, word, len) == 0;
}

/* Where a statement stands while it is read. */
typedef struct DdlState {
    int words;          /* Words read so far. */
    int depth;          /* Of brackets. */
    bool is_ddl;        /* CREATE or ALTER: types are words of their own. */
    bool is_table;      /* CREATE TABLE. */
    bool after_columns; /* Behind its closing bracket. */
} DdlState;

static void ddl_note(DdlState *state, const char *at, size_t len)
{
    if (*at == ';' && state->depth == 0) {
        *state = (DdlState){0};
    } else if (*at == '(') {
        state->depth++;
    } else if (*at == ')') {
        state->depth--;
        state->after_columns = state->is_table && state->depth == 0;
    } else if (is_word_char(*at)) {
        state->words++;
        if (state->words == 1)
            state->is_ddl = word_is(at, len, "CREATE") || word_is(at, len, "ALTER");
        if (state->words == 2 && state->is_ddl)
            state->is_table = word_is(at, len, "TABLE");
    }
}

char *pg_sql_ddl(Arena *arena, const char *sql)
{
    Buf out = buf_new(arena);
    DdlState state = {0};
    for (const char *at = sql; *at;) {
        size_t len = piece_len(at);
        bool drop = state.after_columns && *at != ';';
        ddl_note(&state, at, len);
        if (drop)
            ;
        else if (state.is_table && type_is(at, len, "INTEGER"))
            buf_z(&out, "BIGINT");
        else if (state.is_table && type_is(at, len, "TEXT"))
            buf_z(&out, "TEXT COLLATE \"C\"");
        else
            buf_add(&out, (Str){at, len});
        at += len;
    }
    return str_z(arena, buf_str(&out));
}
