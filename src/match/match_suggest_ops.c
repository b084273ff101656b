/* What people may mean while they type: the table from public rows, and search.suggest. */
#include "match/match_ops_int.h"
#include "match/match_suggest.h"

enum {
    TYPED_MAX = 60,   /* Characters; of more it is prose. */
    SUGGESTED = 8,    /* Answers unless more are asked for. */
    TITLES_FOUND = 4, /* Of them titles that the index finds. */
    HAN_FIRST = 0x3400,
};

/* ---- The table ---- */

static Err add_patents(Cx *cx, SuggestBuild *build)
{
    Rows rows;
    i64 all = 0, at = 0;
    Err e = db_int(cx, "SELECT COUNT(*) FROM patent", NULL, 0, 0, &all);
    if (!e)
        e = db_query(cx, &rows, "SELECT title, ipc FROM patent ORDER BY id", NULL, 0);
    if (e)
        return e;
    while (rows_next(&rows)) {
        ArenaMark mark = arena_mark(cx->arena);
        Str rest = rows_str_copy(&rows, 1), symbol, before = S("");
        suggest_title(build, rows_str_copy(&rows, 0), at++, all);
        while (str_split(&rest, ';', &symbol)) {
            Str subclass = str_slice(str_trim(symbol), 0, 4);
            if (!str_same(subclass, before))
                suggest_symbol(build, subclass);
            suggest_symbol(build, str_trim(symbol));
            before = subclass;
        }
        arena_rewind(cx->arena, mark);
    }
    return rows_end(&rows);
}

/* `sql` asks for id and text. */
static Err add_named(Cx *cx, SuggestBuild *build, const char *sql, SuggestEntry entry, bool titles)
{
    Rows rows;
    Err e = db_query(cx, &rows, sql, NULL, 0);
    if (e)
        return e;
    for (i64 at = 0; rows_next(&rows); at++) {
        ArenaMark mark = arena_mark(cx->arena);
        entry.id = rows_int(&rows, 0);
        entry.text = rows_str_copy(&rows, 1);
        suggest_entry(build, &entry);
        if (titles)
            suggest_title(build, entry.text, 0, 0);
        arena_rewind(cx->arena, mark);
    }
    return rows_end(&rows);
}

/* A need's title is an entry and gives no terms: when the need goes nothing of it stays. Units that
 * are a person are left out: a few letters shall not list people's names. */
Err match_suggest_build(Cx *cx, MatchIndex *index, const char *path, Str mark)
{
    SuggestBuild *build = suggest_new();
    for (size_t i = 0; i < industry_fields.count; i++) {
        const Code *code = &industry_fields.codes[i];
        suggest_entry(build, &(SuggestEntry){.text = str_from(code->zh),
                                             .kind = SUGGEST_FIELD,
                                             .code = str_from(code->code)});
        suggest_entry(build, &(SuggestEntry){.text = str_from(code->en),
                                             .kind = SUGGEST_FIELD,
                                             .code = str_from(code->code)});
    }
    Err e = add_patents(cx, build);
    if (!e)
        e = add_named(cx, build, "SELECT id, title FROM achievement ORDER BY id",
                      (SuggestEntry){.kind = SUGGEST_ITEM, .item = MATCH_ACHIEVEMENT}, true);
    if (!e)
        e = add_named(cx, build, "SELECT id, title FROM need_public ORDER BY id",
                      (SuggestEntry){.kind = SUGGEST_ITEM, .item = MATCH_NEED}, false);
    if (!e)
        e = add_named(cx, build,
                      "SELECT id, name FROM org WHERE left_ms = 0 AND kind <> 'person' ORDER BY id",
                      (SuggestEntry){.kind = SUGGEST_UNIT}, false);
    Suggest *table = suggest_made(build, mark);
    if (e)
        suggest_done(table);
    else
        suggest_install(index, path ? suggest_saved(table, path) : table);
    return e;
}

Err match_suggest_ready(Cx *cx, MatchIndex *index)
{
    if (suggest_kept(index) || !suggest_due(index))
        return ERR_OK;
    return match_suggest_build(cx, index, NULL, S(""));
}

/* ---- search.suggest ---- */

typedef struct SuggestIn {
    Str q;
    i64 limit;
} SuggestIn;

static const Field suggest_fields[] = {
    {AT(SuggestIn, q), F_TEXT, "已输入", "Typed", 0, SEE_PUBLIC, NULL, .max = 500},
    {AT(SuggestIn, limit), F_INT, "条数", "How many", 0, SEE_PUBLIC, NULL, .min = 1,
     .max = SUGGEST_MOST},
};

static const char *kind_of(const SuggestEntry *entry)
{
    static const char *const kinds[] = {"", "term", "code", "field", "unit"};
    return entry->kind == SUGGEST_ITEM ? match_kind_code((MatchKind)entry->item)
                                       : kinds[entry->kind];
}

static void add_item(Cx *cx, Val *items, const char *kind, Str text, i64 id, Str code)
{
    Val *row = val_map(cx->arena);
    for (size_t i = 0; i < val_count(items); i++)
        if (val_get_int(val_at(items, i), "id") == id && id &&
            str_same_z(val_get_str(val_at(items, i), "kind"), kind))
            return;
    val_set_z(cx->arena, row, "kind", kind);
    val_set_str(cx->arena, row, "text", text);
    if (id)
        val_set_int(cx->arena, row, "id", id);
    if (code.len)
        val_set_str(cx->arena, row, "code", code);
    val_push(cx->arena, items, row);
}

/* The title as it is now; '' when the record has gone since the table was made. */
static Err title_now(Cx *cx, const SuggestEntry *entry, Str *ret)
{
    Rows rows;
    const Bind binds[] = {BIND_INT(entry->id)};
    const char *sql = entry->item == MATCH_NEED ? "SELECT title FROM need_public WHERE id = ?1"
                                                : "SELECT title FROM achievement WHERE id = ?1";
    Err e = db_query(cx, &rows, sql, binds, COUNT(binds));
    *ret = S("");
    if (e)
        return e;
    if (rows_next(&rows))
        *ret = rows_str_copy(&rows, 0);
    return rows_end(&rows);
}

static Err add_entry(Cx *cx, Val *items, const SuggestEntry *entry)
{
    Str text = entry->text;
    Err e = entry->kind == SUGGEST_ITEM ? title_now(cx, entry, &text) : ERR_OK;
    if (!e && text.len)
        add_item(cx, items, kind_of(entry), text, entry->id, entry->code);
    return e;
}

static bool has_han(Str text)
{
    for (size_t at = 0; at < text.len;)
        if (utf8_next(text, &at) >= HAN_FIRST)
            return true;
    return false;
}

/* Titles that fit what was typed, or the likeliest term when only its sound was. */
static Err add_titles(Cx *cx, MatchIndex *index, Str words, size_t most, Val *items)
{
    MatchAnswer answer = {0};
    Val *found;
    const MatchQuery query = {.text = words, .no_reasons = true, .no_total = true, .limit = most};
    Err e = most ? match_search(cx, index, &query, &answer) : ERR_OK;
    if (!e)
        e = match_hits_val(cx, &answer, &(Telling){.brief = true}, &found);
    for (size_t i = 0; !e && i < val_count(found); i++) {
        const Val *hit = val_at(found, i);
        Str kind = val_get_str(hit, "kind");
        add_item(cx, items, match_kind_code(match_kind_of(kind)), val_get_str(hit, "title"),
                 val_get_int(hit, "id"), S(""));
    }
    return e;
}

/* Entries in cx->arena: the table may be another one as soon as it is let go. */
static size_t find_entries(Cx *cx, MatchIndex *index, Str typed, SuggestEntry *ret, size_t most)
{
    const Suggest *table = suggest_begin(index);
    size_t count = table ? suggest_find(table, cx->arena, typed, ret, most) : 0;
    for (size_t i = 0; i < count; i++) {
        ret[i].text = str_copy(cx->arena, ret[i].text);
        ret[i].code = str_copy(cx->arena, ret[i].code);
    }
    suggest_end(index);
    return count;
}

/* The word that is being typed, when others stand before it. */
static Str last_word(Str typed)
{
    size_t at = typed.len;
    while (at > 0 && typed.data[at - 1] != ' ')
        at--;
    return str_slice(typed, at, typed.len);
}

static Err suggest_run(Cx *cx, const void *arg, Val **ret)
{
    const SuggestIn *in = arg;
    MatchIndex *index;
    Val *items = val_list(cx->arena);
    SuggestEntry entries[SUGGEST_MOST];
    Str typed = str_trim(in->q), word = last_word(typed), head = S("");
    size_t most = in->limit ? (size_t)in->limit : SUGGESTED, count = 0;
    Err e = match_ready(cx, &index);
    if (!e)
        e = match_suggest_ready(cx, index);
    if (e)
        return e;
    if (typed.len && utf8_count(typed) <= TYPED_MAX)
        count = find_entries(cx, index, typed, entries, most);
    if (!count && word.len && word.len < typed.len && utf8_count(typed) <= TYPED_MAX) {
        count = find_entries(cx, index, word, entries, most);
        head = str_slice(typed, 0, typed.len - word.len);
    }
    size_t titles = most < TITLES_FOUND * 2 ? most / 2 : TITLES_FOUND;
    for (size_t i = 0; !e && i < count && val_count(items) + titles < most; i++) {
        if (head.len && entries[i].kind != SUGGEST_TERM)
            continue; /* The words before would be lost. */
        if (head.len)
            entries[i].text =
                str_format(cx->arena, "%.*s%.*s", STR_ARG(head), STR_ARG(entries[i].text));
        e = add_entry(cx, items, &entries[i]);
    }
    bool term = count > 0 && entries[0].kind == SUGGEST_TERM && !has_han(typed);
    if (!e && (typed.len > 1 || has_han(typed)))
        e = add_titles(cx, index, term ? entries[0].text : typed, most - val_count(items), items);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "items", items);
    return ERR_OK;
}

/* ---- What was meant ---- */

Err match_meant(Cx *cx, MatchIndex *index, Str words, Str *ret)
{
    Err e = match_suggest_ready(cx, index);
    if (e)
        return e;
    const Suggest *table = suggest_begin(index);
    Str meant = suggest_correct(table, index, cx->arena, words);
    *ret = str_copy(cx->arena, meant);
    suggest_end(index);
    return ERR_OK;
}

// clang-format off
static const Op ops[] = {
    {"search.suggest", "搜索提示", "Search suggestions", OP_READ, OP_PLAIN, WHO_PUBLIC, OP_IN(SuggestIn, suggest_fields), NULL, suggest_run, NULL, NULL},
};
// clang-format on

const Room suggest_room = {.name = "suggest", .ops = ops, .op_count = COUNT(ops)};
