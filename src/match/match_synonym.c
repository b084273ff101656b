/* match_synonym.c - groups that an operator keeps, beside those that the program brings. */
#include "match/match_synonym.h"

#include "ident/ident.h"
#include "match/match_expand.h"
#include "match/match_ops_int.h"

#include <string.h>

// clang-format off
static const Field synonym_fields[] = {
    RECORD_HEAD_FIELDS(Synonym),
    {AT(Synonym, words), F_LIST, "同义词", "Names", REQUIRED, SEE_PUBLIC, NULL, .max = 500,
     .help_zh = "同一事物的名称，用分号隔开；只填一个表示它没有同义词。", .help_en = "Names of the same thing, with ; between; one alone: it has no others."},
    {AT(Synonym, note),  F_TEXT, "说明", "Note", 0, SEE_PUBLIC, NULL, .max = 200},
};
const RecordType synonym_type = {"synonym", "同义词组", "Synonym group", sizeof(Synonym), synonym_fields, COUNT(synonym_fields), NULL};
// clang-format on

/* ---- The groups in use ---- */

static size_t add_start(SynonymGroup *groups)
{
    for (size_t i = 0; i < synonyms_start_count; i++)
        groups[i] = (SynonymGroup){str_from(synonyms_start[i]), .mild = true};
    return synonyms_start_count;
}

void synonyms_use_start(MatchIndex *index, bool use)
{
    Arena arena = {0};
    SynonymGroup *groups = ARENA_NEW(&arena, SynonymGroup, synonyms_start_count);
    synonyms_install(index, use ? synonyms_new(groups, add_start(groups)) : NULL);
    arena_done(&arena);
}

/* All rows, oldest first. */
static Err load_rows(Cx *cx, Synonym **ret, size_t *ret_count)
{
    Rows rows;
    Synonym *found = ARENA_NEW(cx->arena, Synonym, SYNONYM_ROWS_MAX);
    size_t count = 0;
    Err e = record_query(cx, &synonym_type, &rows, "ORDER BY id", NULL, 0);
    if (e)
        return e;
    while (count < SYNONYM_ROWS_MAX && rows_next(&rows))
        record_read_row(cx, &synonym_type, &rows, &found[count++]);
    *ret = found;
    *ret_count = count;
    return rows_end(&rows);
}

Err synonyms_load(Cx *cx, MatchIndex *index)
{
    ArenaMark mark = arena_mark(cx->arena);
    Synonym *rows = NULL;
    size_t count = 0;
    Err e = load_rows(cx, &rows, &count);
    if (e)
        return e;
    SynonymGroup *groups = ARENA_NEW(cx->arena, SynonymGroup, count + synonyms_start_count);
    for (size_t i = 0; i < count; i++)
        groups[i].names = rows[i].words;
    count += add_start(groups + count);
    synonyms_install(index, synonyms_new(groups, count));
    arena_rewind(cx->arena, mark);
    return ERR_OK;
}

/* ---- What may be a group ---- */

static bool has_name(Cx *cx, Str words, Str name)
{
    Str rest = words, other, folded = fold_key(cx->arena, name);
    while (str_split(&rest, ';', &other))
        if (str_same(fold_key(cx->arena, str_trim(other)), folded))
            return true;
    return false;
}

/* Names long enough to be told from others, none twice, none in another row. */
static Err check_words(Cx *cx, i64 id, Str words)
{
    Synonym *rows;
    size_t count, names = 0;
    Err e = load_rows(cx, &rows, &count);
    Str rest = words, name;
    while (!e && str_split(&rest, ';', &name)) {
        name = str_trim(name);
        size_t chars = utf8_count(name);
        if (++names > SYNONYM_WORDS_MAX)
            e = err_set(cx, ERR_LIMIT, "words", "synonym.too_many_words");
        else if (chars < 2 || chars > SYNONYM_CHARS_MAX)
            e = err_set_arg(cx, ERR_INPUT, "words", "synonym.bad_word", name);
        else if (has_name(cx, rest, name))
            e = err_set_arg(cx, ERR_INPUT, "words", "synonym.twice", name);
        for (size_t i = 0; !e && i < count; i++)
            if (rows[i].id != id && has_name(cx, rows[i].words, name))
                e = err_set_arg(cx, ERR_CONFLICT, "words", "synonym.elsewhere", name);
    }
    if (!e && !id && count >= SYNONYM_ROWS_MAX)
        e = err_set(cx, ERR_LIMIT, NULL, "synonym.too_many");
    return e;
}

/* ---- Ops ---- */

typedef struct ListIn {
    Str q;
} ListIn;

static const Field list_fields[] = {
    {AT(ListIn, q), F_TEXT, "查找", "Find", 0, SEE_PUBLIC, NULL, .max = SYNONYM_CHARS_MAX},
};

static Val *group_val(Cx *cx, Str words)
{
    Val *val = val_map(cx->arena), *names = val_list(cx->arena);
    Str rest = words, name;
    while (str_split(&rest, ';', &name))
        val_push(cx->arena, names, val_str(cx->arena, str_trim(name)));
    val_set(cx->arena, val, "names", names);
    return val;
}

/* Whether a group of the program gives way to a row. */
static bool is_taken_over(Cx *cx, const Synonym *rows, size_t count, Str group)
{
    Str rest = group, name;
    while (str_split(&rest, ';', &name))
        for (size_t i = 0; i < count; i++)
            if (has_name(cx, rows[i].words, name))
                return true;
    return false;
}

static bool is_found(Cx *cx, Str words, Str asked)
{
    return !asked.len || str_has(fold_key(cx->arena, words), asked);
}

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListIn *in = arg;
    Synonym *rows;
    size_t count;
    Val *own = val_list(cx->arena), *start = val_list(cx->arena);
    Str asked = fold_key(cx->arena, str_trim(in->q));
    Err e = load_rows(cx, &rows, &count);
    for (size_t i = 0; !e && i < count; i++) {
        if (!is_found(cx, rows[i].words, asked))
            continue;
        Val *val = group_val(cx, rows[i].words);
        val_set_int(cx->arena, val, "id", rows[i].id);
        val_set_str(cx->arena, val, "note", rows[i].note);
        val_push(cx->arena, own, val);
    }
    for (size_t i = 0; !e && i < synonyms_start_count; i++) {
        Str group = str_from(synonyms_start[i]);
        if (!is_found(cx, group, asked))
            continue;
        Val *val = group_val(cx, group);
        val_set_bool(cx->arena, val, "taken_over", is_taken_over(cx, rows, count, group));
        val_push(cx->arena, start, val);
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "items", own);
    val_set(cx->arena, *ret, "start", start);
    return ERR_OK;
}

typedef struct SynonymIn {
    i64 id;
    Str words;
    Str note;
} SynonymIn;

// clang-format off
#define WORDS_FIELDS \
    {AT(SynonymIn, words), F_LIST, "同义词", "Names", REQUIRED, SEE_PUBLIC, NULL, .max = 500, \
     .help_zh = "同一事物的名称，用分号隔开；只填一个表示它没有同义词。", .help_en = "Names of the same thing, with ; between; one alone: it has no others."}, \
    {AT(SynonymIn, note), F_TEXT, "说明", "Note", 0, SEE_PUBLIC, NULL, .max = 200}
static const Field add_fields[] = {WORDS_FIELDS};
static const Field change_fields[] = {
    {AT(SynonymIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
    WORDS_FIELDS,
};
static const Field remove_fields[] = {{AT(SynonymIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL}};
// clang-format on

static Val *id_val(Cx *cx, i64 id)
{
    Val *val = val_map(cx->arena);
    val_set_int(cx->arena, val, "id", id);
    return val;
}

static Err add_run(Cx *cx, const void *arg, Val **ret)
{
    const SynonymIn *in = arg;
    Synonym row = {.words = in->words, .note = in->note};
    Err e = check_words(cx, 0, row.words);
    if (!e)
        e = fact_create(cx, &synonym_type, &row, (FactNote){.kind = "synonym.added"});
    if (!e)
        *ret = id_val(cx, row.id);
    return e;
}

static Err change_run(Cx *cx, const void *arg, Val **ret)
{
    const SynonymIn *in = arg;
    Synonym row = {0};
    Err e = record_load(cx, &synonym_type, in->id, &row);
    row.words = in->words;
    row.note = in->note;
    if (!e)
        e = check_words(cx, row.id, row.words);
    if (!e)
        e = fact_change(cx, &synonym_type, &row, (FactNote){.kind = "synonym.changed"});
    if (!e)
        *ret = id_val(cx, row.id);
    return e;
}

static Err remove_run(Cx *cx, const void *arg, Val **ret)
{
    const SynonymIn *in = arg;
    Synonym row = {0};
    Err e = record_load(cx, &synonym_type, in->id, &row); /* One that is not there is said. */
    if (!e)
        e = fact_remove(cx, &synonym_type, in->id, (FactNote){.kind = "synonym.removed"});
    if (!e)
        *ret = id_val(cx, in->id);
    return e;
}

// clang-format off
static const Op ops[] = {
    {"synonym.list",   "同义词",     "Synonyms",       OP_READ,  OP_PLAIN, WHO_OPERATOR, OP_IN(ListIn, list_fields), NULL, list_run, NULL, NULL},
    {"synonym.add",    "新增同义词组", "Add a group",    OP_WRITE, 0, WHO_OPERATOR, OP_IN(SynonymIn, add_fields), NULL, add_run, "检索时按较低权重一并查找；与自带词组有相同名称时取代自带词组。", "Searched for with less weight; takes over groups of the program with a name of it."},
    {"synonym.change", "修改同义词组", "Change a group", OP_WRITE, 0, WHO_OPERATOR, OP_IN(SynonymIn, change_fields), NULL, change_run, NULL, NULL},
    {"synonym.remove", "删除同义词组", "Remove a group", OP_WRITE, 0, WHO_OPERATOR, OP_IN(SynonymIn, remove_fields), NULL, remove_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&synonym_type};

const Room synonym_room = {.name = "synonym",
                           .types = types,
                           .type_count = COUNT(types),
                           .ops = ops,
                           .op_count = COUNT(ops)};
