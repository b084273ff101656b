/* evaluation_themes.c - what firms say of an item, without saying who. */
#include "push/evaluation_int.h"

#include "command/settings.h"
#include "push/push.h"
#include "registry/registry.h"

#include <stdlib.h>

enum { ROWS_MAX = 2000, TERMS_MAX = 400, CODES_MAX = 16 };

static i64 least(Cx *cx)
{
    return house_of(cx)->settings->evaluation_least;
}

Err evaluation_enough(Cx *cx, i64 patent_id, i64 achievement_id, bool *ret)
{
    i64 firms = 0;
    Err e = DB_INT(cx, &firms, 0,
                   "SELECT COUNT(DISTINCT org_id) FROM evaluation WHERE state = ?1 AND "
                   "patent_id = ?2 AND achievement_id = ?3",
                   BIND_INT(EVALUATION_PASSED), BIND_INT(patent_id), BIND_INT(achievement_id));
    *ret = firms >= least(cx);
    return e;
}

/* ---- counting ---- */

typedef struct Term {
    Str text;
    i64 firms;
} Term;

typedef struct Theme {
    i64 prospects[CODES_MAX], improve[CODES_MAX], wills[CODES_MAX], causes[CODES_MAX];
    Term terms[TERMS_MAX];
    size_t term_count;
} Theme;

static void count_codes(const CodeList *codes, Str text, i64 *counts)
{
    Str part;
    while (str_split(&text, ',', &part))
        for (size_t i = 0; i < codes->count && i < CODES_MAX; i++)
            counts[i] += str_same_z(part, codes->codes[i].code);
}

static void count_terms(Theme *theme, Str terms)
{
    Str part;
    while (str_split(&terms, ';', &part)) {
        size_t at = 0;
        while (at < theme->term_count && !str_same(theme->terms[at].text, part))
            at++;
        if (at == TERMS_MAX || !part.len)
            continue;
        if (at == theme->term_count)
            theme->terms[theme->term_count++] = (Term){part, 0};
        theme->terms[at].firms++;
    }
}

static int by_firms(const void *a, const void *b)
{
    const Term *x = a, *y = b;
    return x->firms != y->firms ? (x->firms < y->firms) - (x->firms > y->firms)
                                : str_order(x->text, y->text);
}

static Val *counts_val(Cx *cx, const CodeList *codes, const i64 *counts)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < codes->count && i < CODES_MAX; i++) {
        Val *row = val_map(cx->arena);
        if (!counts[i])
            continue;
        val_set_z(cx->arena, row, "code", codes->codes[i].code);
        val_set_z(cx->arena, row, "label",
                  cx->lang == LANG_EN ? codes->codes[i].en : codes->codes[i].zh);
        val_set_int(cx->arena, row, "count", counts[i]);
        val_push(cx->arena, list, row);
    }
    return list;
}

/* Terms that only one firm has in common with the item say which firm it is. */
static Val *terms_val(Cx *cx, Theme *theme)
{
    Val *list = val_list(cx->arena);
    i64 shared = least(cx) > 1 ? 2 : 1;
    qsort(theme->terms, theme->term_count, sizeof *theme->terms, by_firms);
    for (size_t i = 0; i < theme->term_count && i < THEME_TERMS_MAX; i++) {
        Val *row = val_map(cx->arena);
        if (theme->terms[i].firms < shared)
            break;
        val_set_str(cx->arena, row, "text", theme->terms[i].text);
        val_set_int(cx->arena, row, "count", theme->terms[i].firms);
        val_push(cx->arena, list, row);
    }
    return list;
}

static Err fill_theme(Cx *cx, Val *row)
{
    Rows rows;
    Theme *theme = ARENA_NEW(cx->arena, Theme, 1);
    Err e = DB_QUERY(cx, &rows,
                     "SELECT e.prospects, e.improve, e.will, e.cause, p.terms FROM evaluation e "
                     "JOIN push p ON p.id = e.push_id WHERE e.state = ?1 AND e.patent_id = ?2 AND "
                     "e.achievement_id = ?3 ORDER BY e.id LIMIT ?4",
                     BIND_INT(EVALUATION_PASSED), BIND_INT(val_get_int(row, "patent_id")),
                     BIND_INT(val_get_int(row, "achievement_id")), BIND_INT(ROWS_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        count_codes(&evaluation_prospects, rows_str(&rows, 0), theme->prospects);
        count_codes(&evaluation_improvements, rows_str(&rows, 1), theme->improve);
        count_codes(&evaluation_wills, rows_str(&rows, 2), theme->wills);
        count_codes(&push_reasons, rows_str(&rows, 3), theme->causes);
        count_terms(theme, rows_str_copy(&rows, 4));
    }
    val_set(cx->arena, row, "prospects", counts_val(cx, &evaluation_prospects, theme->prospects));
    val_set(cx->arena, row, "improve", counts_val(cx, &evaluation_improvements, theme->improve));
    val_set(cx->arena, row, "wills", counts_val(cx, &evaluation_wills, theme->wills));
    val_set(cx->arena, row, "causes", counts_val(cx, &push_reasons, theme->causes));
    val_set(cx->arena, row, "terms", terms_val(cx, theme));
    return rows_end(&rows);
}

/* ---- evaluation.themes ---- */

#define UNITS "(SELECT id FROM org WHERE id = ?1 OR parent_id = ?1)"
#define OWN                                                                                        \
    "FROM evaluation WHERE state = 2 AND (?1 = 0 OR patent_id IN (SELECT id FROM patent WHERE "    \
    "org_id IN " UNITS ") OR achievement_id IN (SELECT id FROM achievement WHERE org_id "          \
    "IN " UNITS ")) GROUP BY patent_id, achievement_id HAVING COUNT(DISTINCT org_id) >= ?2"

static Err titles_add(Cx *cx, Val *row)
{
    Rows rows;
    i64 patent_id = val_get_int(row, "patent_id");
    const Bind id = BIND_INT(patent_id ? patent_id : val_get_int(row, "achievement_id"));
    Err e = db_query(cx, &rows,
                     patent_id ? "SELECT title FROM patent WHERE id = ?1"
                               : "SELECT title FROM achievement WHERE id = ?1",
                     &id, 1);
    if (e)
        return e;
    val_set_str(cx->arena, row, "title", rows_next(&rows) ? rows_str_copy(&rows, 0) : S(""));
    return rows_end(&rows);
}

Err evaluation_themes_run(Cx *cx, const void *arg, Val **ret)
{
    i64 page = page_number(((const ThemesIn *)arg)->page), total = 0;
    bool all = (cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL)) != 0;
    Rows rows;
    Val *items = val_list(cx->arena);
    const Bind binds[] = {BIND_INT(all                ? 0
                                   : cx->actor.org_id ? cx->actor.org_id
                                                      : -1),
                          BIND_INT(least(cx)), BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
    Err e =
        db_int(cx, "SELECT COUNT(*) FROM (SELECT 1 AS one " OWN ") counted", binds, 2, 0, &total);
    if (!e)
        e = db_query(cx, &rows,
                     "SELECT patent_id, achievement_id, COUNT(DISTINCT org_id) AS firms " OWN
                     " ORDER BY firms DESC, patent_id, achievement_id LIMIT ?3 OFFSET ?4",
                     binds, COUNT(binds));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Val *row = val_map(cx->arena);
        val_set_int(cx->arena, row, "patent_id", rows_int(&rows, 0));
        val_set_int(cx->arena, row, "achievement_id", rows_int(&rows, 1));
        val_set_int(cx->arena, row, "firms", rows_int(&rows, 2));
        val_push(cx->arena, items, row);
    }
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < val_count(items); i++) {
        e = titles_add(cx, val_at(items, i));
        if (!e)
            e = fill_theme(cx, val_at(items, i));
    }
    if (e)
        return e;
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    val_set_int(cx->arena, *ret, "least", least(cx));
    return ERR_OK;
}
