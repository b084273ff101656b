/* The questions people ask of the index. */
#include "match/match_feed.h"

#include "registry/registry.h"

enum { NEED_MATCHES = 10, NEED_MATCHES_MAX = 50, SNIPPET_CHARS = 90 };

static Err ready(Cx *cx, MatchIndex **ret)
{
    House *house = house_of(cx);
    if (!house->match) { /* The command line without a server: made when first asked for. */
        i64 seq;
        MatchIndex *index = match_open();
        Err e = match_feed_all(cx, index, &seq);
        if (e) {
            match_close(index);
            return e;
        }
        house->match = index;
    }
    *ret = house->match;
    return ERR_OK;
}

static Val *reasons_val(Cx *cx, const MatchHit *hit)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < hit->reason_count; i++) {
        Val *row = val_map(cx->arena);
        val_set_z(cx->arena, row, "kind",
                  hit->reasons[i].kind == MATCH_REASON_CODE ? "ipc" : "term");
        val_set_str(cx->arena, row, "text", hit->reasons[i].text);
        val_set_int(cx->arena, row, "share", hit->reasons[i].percent);
        val_push(cx->arena, list, row);
    }
    return list;
}

static Val *snippet_val(Cx *cx, Str question, Str text)
{
    MatchSnippet snippet = match_snippet(cx->arena, question, text, SNIPPET_CHARS);
    Val *list = val_list(cx->arena);
    size_t at = 0;
    for (size_t i = 0; i <= snippet.mark_count; i++) {
        size_t from = i < snippet.mark_count ? snippet.marks[i].from : snippet.text.len;
        size_t to = i < snippet.mark_count ? snippet.marks[i].to : from;
        if (from > at) {
            Val *plain = val_map(cx->arena);
            val_set_str(cx->arena, plain, "text", str_slice(snippet.text, at, from));
            val_push(cx->arena, list, plain);
        }
        if (to > from) {
            Val *marked = val_map(cx->arena);
            val_set_str(cx->arena, marked, "text", str_slice(snippet.text, from, to));
            val_set_bool(cx->arena, marked, "marked", true);
            val_push(cx->arena, list, marked);
        }
        at = to;
    }
    return list;
}

/* ---- need.matches ---- */

typedef struct MatchesIn {
    i64 id;
    i64 limit;
    i64 listed; /* Only those on offer; else they are marked by their listing_id. */
} MatchesIn;

static const Field matches_fields[] = {
    {AT(MatchesIn, id), F_REF, "需求", "Need", REQUIRED, SEE_PUBLIC, NULL},
    {AT(MatchesIn, limit), F_INT, "条数", "How many", 0, SEE_PUBLIC, NULL, .min = 1,
     .max = NEED_MATCHES_MAX},
    {AT(MatchesIn, listed), F_BOOL, "仅看挂牌", "On offer only", 0, SEE_PUBLIC, NULL},
};

static Err patent_hit(Cx *cx, i64 id, Val *row)
{
    Patent patent = {0};
    Listing listing;
    Str org = S("");
    Err e = record_load(cx, &patent_type, id, &patent);
    if (!e)
        e = listing_of_patent(cx, id, &listing);
    if (!e)
        e = org_name(cx, patent.org_id, &org);
    if (e)
        return e;
    Val *val = record_val(cx, &patent_type, &patent, see_level(cx, patent.org_id, false));
    val_set_str(cx->arena, val, "org", org);
    val_set(cx->arena, row, "patent", val);
    val_set_str(cx->arena, row, "title", patent.title);
    bool listed = listing.id && listing_public(&listing);
    val_set_int(cx->arena, row, "listing_id", listed ? listing.id : 0);
    if (listed)
        val_set(cx->arena, row, "listing",
                record_val(cx, &listing_type, &listing, see_level(cx, listing.org_id, false)));
    return ERR_OK;
}

static Err achievement_hit(Cx *cx, i64 id, Val *row)
{
    Achievement achievement = {0};
    Str org = S("");
    i64 listing_id = 0;
    Err e = record_load(cx, &achievement_type, id, &achievement);
    if (!e)
        e = org_name(cx, achievement.org_id, &org);
    if (!e)
        e = DB_INT(cx, &listing_id, 0,
                   "SELECT MAX(id) FROM listing WHERE achievement_id = ?1 AND state IN (2, 3)",
                   BIND_INT(id));
    if (e)
        return e;
    Val *val =
        record_val(cx, &achievement_type, &achievement, see_level(cx, achievement.org_id, false));
    val_set_str(cx->arena, val, "org", org);
    val_set(cx->arena, row, "achievement", val);
    val_set_str(cx->arena, row, "title", achievement.title);
    val_set_int(cx->arena, row, "listing_id", listing_id);
    return ERR_OK;
}

static Err need_hit(Cx *cx, i64 id, Val *row)
{
    Need need = {0};
    Err e = record_load(cx, &need_type, id, &need);
    if (e)
        return e;
    val_set(cx->arena, row, "need",
            record_val(cx, &need_type, &need, see_level(cx, need.org_id, false)));
    val_set_str(cx->arena, row, "title", need.title);
    return ERR_OK;
}

static const char *kind_name(MatchKind kind)
{
    return kind == MATCH_PATENT ? "patent" : kind == MATCH_ACHIEVEMENT ? "achievement" : "need";
}

static Err hit_val(Cx *cx, const MatchHit *hit, Val **ret)
{
    Val *row = val_map(cx->arena);
    val_set_z(cx->arena, row, "kind", kind_name(hit->kind));
    val_set_int(cx->arena, row, "id", hit->id);
    val_set_int(cx->arena, row, "score", hit->percent);
    val_set(cx->arena, row, "reasons", reasons_val(cx, hit));
    Err e = hit->kind == MATCH_PATENT        ? patent_hit(cx, hit->id, row)
            : hit->kind == MATCH_ACHIEVEMENT ? achievement_hit(cx, hit->id, row)
                                             : need_hit(cx, hit->id, row);
    if (!e)
        *ret = row;
    return e;
}

/* A row may have gone between the search and now: it is left out. */
static Err hits_val(Cx *cx, const MatchAnswer *answer, Val **ret)
{
    Val *items = val_list(cx->arena);
    for (size_t i = 0; i < answer->count; i++) {
        Val *row = NULL;
        Err e = hit_val(cx, &answer->hits[i], &row);
        if (e && e != ERR_MISSING)
            return e;
        err_clear(cx);
        if (!e)
            val_push(cx->arena, items, row);
    }
    *ret = items;
    return ERR_OK;
}

static Err matches_run(Cx *cx, const void *arg, Val **ret)
{
    const MatchesIn *in = arg;
    Need need = {0};
    MatchIndex *index;
    MatchAnswer answer = {0};
    Val *items;
    Err e = record_load(cx, &need_type, in->id, &need);
    if (!e &&
        !(who_of(cx, need.org_id, false) & (WHO_OWNER | WHO_OPERATOR | WHO_MANAGER | WHO_LOCAL)))
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(need_type.zh));
    if (!e)
        e = ready(cx, &index);
    if (e)
        return e;
    See level = see_level(cx, need.org_id, false);
    record_mask(&need_type, &need, level); /* A manager matches what the public sees of it. */
    const MatchField fields[] = {
        {need.title, 3, false}, {need.problem, 1, false}, {need.params, 1, false}};
    const MatchQuery query = {.fields = fields,
                              .field_count = COUNT(fields),
                              .kinds = MATCH_OF_PATENTS | MATCH_OF_ACHIEVEMENTS,
                              .listed_only = in->listed,
                              .not_org_id = need.org_id,
                              .limit = (size_t)(in->limit ? in->limit : NEED_MATCHES)};
    e = match_search(cx, index, &query, &answer);
    if (!e)
        e = hits_val(cx, &answer, &items);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "items", items);
    val_set_int(cx->arena, *ret, "total", answer.total);
    return ERR_OK;
}

/* ---- search.all ---- */

typedef struct SearchIn {
    Str q;
    Str kind;
    Str field;
    i64 listed;
    i64 page;
} SearchIn;

static const Code kind_rows[] = {
    {"patent", "专利", "Patents"},
    {"achievement", "成果", "Achievements"},
    {"need", "需求", "Needs"},
};
static const CodeList search_kinds = CODE_LIST("search_kind", kind_rows);

static const Field search_fields[] = {
    {AT(SearchIn, q), F_PROSE, "关键词", "Words", 0, SEE_PUBLIC, NULL, .max = 5000},
    {AT(SearchIn, kind), F_CODE, "类型", "Kind", 0, SEE_PUBLIC, NULL, .codes = &search_kinds},
    {AT(SearchIn, field), F_CODE, "产业领域", "Field", 0, SEE_PUBLIC, NULL,
     .codes = &industry_fields},
    {AT(SearchIn, listed), F_BOOL, "仅看挂牌", "On offer only", 0, SEE_PUBLIC, NULL},
    {AT(SearchIn, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
};

static unsigned kinds_asked(Str kind)
{
    return str_same(kind, S("patent"))        ? MATCH_OF_PATENTS
           : str_same(kind, S("achievement")) ? MATCH_OF_ACHIEVEMENTS
           : str_same(kind, S("need"))        ? MATCH_OF_NEEDS
                                              : 0;
}

static Str text_of_hit(const Val *row)
{
    Str kind = val_get_str(row, "kind");
    const Val *record = val_get_key(row, kind);
    if (str_same(kind, S("patent")))
        return val_get_str(record, "abstract").len ? val_get_str(record, "abstract")
                                                   : val_get_str(record, "applicant");
    return val_get_str(record, str_same(kind, S("need")) ? "problem" : "intro");
}

static Err search_run(Cx *cx, const void *arg, Val **ret)
{
    const SearchIn *in = arg;
    MatchIndex *index;
    MatchAnswer answer = {0};
    Val *items;
    i64 page = page_number(in->page);
    Err e = ready(cx, &index);
    if (e)
        return e;
    const MatchQuery query = {.text = in->q,
                              .kinds = kinds_asked(in->kind),
                              .listed_only = in->listed,
                              .field_code = in->field,
                              .offset = (size_t)((page - 1) * PAGE_SIZE),
                              .limit = PAGE_SIZE};
    e = match_search(cx, index, &query, &answer);
    if (!e)
        e = hits_val(cx, &answer, &items);
    if (e)
        return e;
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        val_set(cx->arena, row, "snippet", snippet_val(cx, in->q, text_of_hit(row)));
    }
    *ret = list_val(cx, items, answer.total, page, PAGE_SIZE);
    if (answer.note)
        val_set_str(cx->arena, *ret, "note", text_say(cx->arena, cx->lang, answer.note, NULL, 0));
    return ERR_OK;
}

// clang-format off
static const Op ops[] = {
    {"search.all",   "搜索",     "Search",  OP_READ, 0, WHO_PUBLIC, OP_IN(SearchIn, search_fields), NULL, search_run, NULL, NULL},
    {"need.matches", "匹配专利", "Matches", OP_READ, 0, WHO_OWNER | WHO_OPERATOR | WHO_MANAGER, OP_IN(MatchesIn, matches_fields), NULL, matches_run, NULL, NULL},
};
// clang-format on

static const CodeList *const codes[] = {&search_kinds};

const Room match_room = {
    .name = "match",
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
