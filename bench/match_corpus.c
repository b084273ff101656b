/* match_corpus.c - see match_corpus.h. */
#include "match_corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLAUSES_MAX = 400 * 1000,
    NEEDS_MAX = 1000,
    CLAUSE_CHARS_MIN = 6,
    CLAUSE_CHARS_MAX = 60,
    DOC_CHARS_MIN = 150,
    DOC_CHARS_SPREAD = 101,
    LONG_CHARS = 110, /* Some ninety different pairs. */
};

static bool is_mark(Str s, size_t at, size_t *ret_len)
{
    static const char *const marks[] = {"，", "。", "；", "：", ",", ";", "\n"};
    for (size_t i = 0; i < COUNT(marks); i++) {
        size_t len = strlen(marks[i]);
        if (at + len <= s.len && memcmp(s.data + at, marks[i], len) == 0) {
            *ret_len = len;
            return true;
        }
    }
    return false;
}

static void add_clauses(Corpus *corpus, Str text)
{
    size_t from = 0, len = 0;
    for (size_t at = 0; at <= text.len; at++) {
        if (at < text.len && !is_mark(text, at, &len))
            continue;
        Str clause = str_trim(str_slice(text, from, at));
        size_t chars = utf8_count(clause);
        if (chars >= CLAUSE_CHARS_MIN && chars <= CLAUSE_CHARS_MAX &&
            corpus->clause_count < CLAUSES_MAX)
            corpus->clauses[corpus->clause_count++] = str_copy(&corpus->arena, clause);
        from = at + (at < text.len ? len : 0);
        at += at < text.len ? len - 1 : 0;
    }
}

static bool read_rows(Corpus *corpus, const char *name, const char *field, bool needs)
{
    char path[4096], *line = NULL;
    size_t cap = 0;
    Arena arena = {0};
    const char *folder = getenv("TECHBOURSE_TEST_DATA");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "", name);
    FILE *file = folder ? fopen(path, "rb") : NULL;
    if (!file)
        return false;
    for (ssize_t len; (len = getline(&line, &cap, file)) > 0; arena_reset(&arena)) {
        Str why;
        const Val *row = val_read_json(&arena, str_trim((Str){line, (size_t)len}), &why);
        Str text = row ? val_get_str(row, field) : (Str){0};
        if (needs && corpus->need_count < NEEDS_MAX && utf8_count(text) >= LONG_CHARS)
            corpus->needs[corpus->need_count++] = str_copy(&corpus->arena, text);
        else if (!needs)
            add_clauses(corpus, text);
    }
    free(line);
    fclose(file);
    arena_done(&arena);
    return true;
}

bool corpus_open(Corpus *corpus)
{
    *corpus = (Corpus){0};
    corpus->clauses = ARENA_NEW(&corpus->arena, Str, CLAUSES_MAX);
    corpus->needs = ARENA_NEW(&corpus->arena, Str, NEEDS_MAX);
    return read_rows(corpus, "patents_a01.jsonl", "abstract", false) &&
           read_rows(corpus, "sci_docs.jsonl", "abstract", false) &&
           read_rows(corpus, "needs.jsonl", "content", true) && corpus->clause_count > 1000 &&
           corpus->need_count > 10;
}

static Chance chance_for(u64 seed, u64 number)
{
    return (Chance){.seeded = true, .state = seed * 0x9E3779B97F4A7C15u + number * 2654435761u + 1};
}

static Str some_clause(const Corpus *corpus, Chance *chance)
{
    return corpus->clauses[chance_below(chance, (i64)corpus->clause_count)];
}

Str corpus_doc(const Corpus *corpus, Arena *arena, u64 seed, u64 number)
{
    Chance chance = chance_for(seed, number);
    i64 want = DOC_CHARS_MIN + chance_below(&chance, DOC_CHARS_SPREAD);
    Buf out = buf_new(arena);
    for (i64 have = 0; have < want;) {
        Str clause = some_clause(corpus, &chance);
        clause = utf8_head(clause, (size_t)(want - have));
        have += (i64)utf8_count(clause);
        buf_add(&out, clause);
        buf_z(&out, have < want ? "，" : "。");
    }
    return buf_str(&out);
}

Str corpus_long(const Corpus *corpus, Arena *arena, u64 number)
{
    Str need = corpus->needs[number % corpus->need_count];
    size_t chars = utf8_count(need);
    Chance chance = chance_for(2, number);
    size_t skip = (size_t)chance_below(&chance, (i64)(chars - LONG_CHARS) + 1);
    size_t from = utf8_head(need, skip).len;
    return str_copy(arena, utf8_head(str_slice(need, from, need.len), LONG_CHARS));
}

Str corpus_short(const Corpus *corpus, Arena *arena, u64 number)
{
    Chance chance = chance_for(3, number);
    Buf out = buf_new(arena);
    for (i64 left = 2 + chance_below(&chance, 3); left > 0; left--) {
        Str clause = some_clause(corpus, &chance);
        size_t chars = utf8_count(clause), word = 2 + (size_t)chance_below(&chance, 2);
        size_t skip = (size_t)chance_below(&chance, (i64)(chars - word));
        size_t from = utf8_head(clause, skip).len;
        buf_add(&out, utf8_head(str_slice(clause, from, clause.len), word));
        buf_char(&out, ' ');
    }
    return str_trim(buf_str(&out));
}

i64 option(int argc, char **argv, const char *name, i64 plain)
{
    i64 value = plain;
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0 && !str_to_i64(str_from(argv[i + 1]), &value))
            exit(2);
    return value;
}

void must(Err e)
{
    if (e) {
        fprintf(stderr, "%s\n", err_name(e));
        exit(1);
    }
}
