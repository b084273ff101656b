/* The questions people ask of the index. */
#include "match/match_embed.h"
#include "match/match_helper.h"
#include "match/match_model.h"
#include "match/match_ops_int.h"

enum { NEED_MATCHES = 10, NEED_MATCHES_MAX = 50, WIDEN_HITS = 10, SNIPPET_CHARS = 90 };

Err match_ready(Cx *cx, MatchIndex **ret)
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
        match_set_fed(index, seq);
        house->match = index;
    }
    *ret = house->match;
    return ERR_OK;
}

Val *match_reasons_val(Cx *cx, const MatchHit *hit)
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

static Val *snippet_val(Cx *cx, const MatchAsked *asked, Str text)
{
    MatchSnippet snippet = match_snippet(cx->arena, asked, text, SNIPPET_CHARS);
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

/* The rows behind some hits, each at the place of its hit; empty where it is of another kind or has
 * gone since the search. */
typedef struct HitRows {
    Patent patents[RECORD_IDS_MAX];
    Listing listings[RECORD_IDS_MAX]; /* Of the patents. */
    Achievement achievements[RECORD_IDS_MAX];
    i64 offers[RECORD_IDS_MAX]; /* Listings of the achievements. */
    Need needs[RECORD_IDS_MAX]; /* As published, whoever asks. */
} HitRows;

static Err load_offers(Cx *cx, const i64 *ids, size_t count, i64 *offers)
{
    Rows rows;
    Bind binds[RECORD_IDS_MAX];
    if (!record_ids_bind(ids, count, binds))
        return ERR_OK;
    Err e = db_query(cx, &rows,
                     "SELECT achievement_id, MAX(id) FROM listing WHERE achievement_id IN "
                     "(" RECORD_IDS ") AND state IN (2, 3) GROUP BY achievement_id",
                     binds, COUNT(binds));
    if (e)
        return e;
    while (rows_next(&rows)) {
        i64 id = rows_int(&rows, 0), listing_id = rows_int(&rows, 1);
        for (size_t i = 0; i < count; i++)
            if (ids[i] == id)
                offers[i] = listing_id;
    }
    return rows_end(&rows);
}

/* The ids of hits by kind, each at the place of its hit; 0 for another kind. */
typedef struct HitIds {
    i64 of[MATCH_NEED + 1][RECORD_IDS_MAX];
} HitIds;

static HitIds ids_of(const MatchHit *hits, size_t count)
{
    HitIds ids = {0};
    for (size_t i = 0; i < count; i++)
        ids.of[hits[i].kind][i] = hits[i].id;
    return ids;
}

/* One statement for all rows of a table. */
static Err load_rows(Cx *cx, const HitIds *ids, size_t count, HitRows *rows)
{
    Err e = record_load_all(cx, &patent_type, ids->of[MATCH_PATENT], count, rows->patents);
    if (!e)
        e = listings_of_patents(cx, ids->of[MATCH_PATENT], count, rows->listings);
    if (!e)
        e = record_load_all(cx, &achievement_type, ids->of[MATCH_ACHIEVEMENT], count,
                            rows->achievements);
    if (!e)
        e = load_offers(cx, ids->of[MATCH_ACHIEVEMENT], count, rows->offers);
    if (!e)
        e = record_load_all(cx, &need_public_type, ids->of[MATCH_NEED], count, rows->needs);
    return e;
}

/* What a list of results shows of a record. */
typedef struct HitText {
    bool there; /* False: the row has gone since the search. */
    Str title;
    Str text; /* As this reader may see it. */
} HitText;

static HitText need_text(const Need *need)
{
    return (HitText){need->id != 0, need->title, need->problem};
}

static HitText text_of(MatchKind kind, const HitRows *rows, size_t i)
{
    const Patent *patent = &rows->patents[i];
    const Achievement *achievement = &rows->achievements[i];
    if (kind == MATCH_PATENT)
        return (HitText){patent->id != 0, patent->title,
                         patent->abstract.len ? patent->abstract : patent->applicant};
    if (kind == MATCH_ACHIEVEMENT)
        return (HitText){achievement->id != 0, achievement->title, achievement->intro};
    return need_text(&rows->needs[i]);
}

/* `sql` asks for id, title and text. */
static Err load_some_texts(Cx *cx, const char *sql, const i64 *ids, size_t count, HitText *texts)
{
    Rows rows;
    Bind binds[RECORD_IDS_MAX];
    if (!record_ids_bind(ids, count, binds))
        return ERR_OK;
    Err e = db_query(cx, &rows, sql, binds, COUNT(binds));
    if (e)
        return e;
    while (rows_next(&rows)) {
        i64 id = rows_int(&rows, 0);
        for (size_t i = 0; i < count; i++)
            if (ids[i] == id)
                texts[i] = (HitText){true, rows_str_copy(&rows, 1), rows_str_copy(&rows, 2)};
    }
    return rows_end(&rows);
}

/* As text_of of all hits, without the rest of the rows. */
static Err load_texts(Cx *cx, const MatchHit *hits, const HitIds *ids, size_t count, HitText *texts)
{
    Need needs[RECORD_IDS_MAX] = {0};
    Err e = load_some_texts(cx,
                            "SELECT id, title, CASE WHEN abstract <> '' THEN abstract ELSE "
                            "applicant END FROM patent WHERE id IN (" RECORD_IDS ")",
                            ids->of[MATCH_PATENT], count, texts);
    if (!e)
        e = load_some_texts(cx,
                            "SELECT id, title, intro FROM achievement WHERE id IN (" RECORD_IDS ")",
                            ids->of[MATCH_ACHIEVEMENT], count, texts);
    if (!e)
        e = record_load_all(cx, &need_public_type, ids->of[MATCH_NEED], count, needs);
    for (size_t i = 0; !e && i < count; i++)
        if (hits[i].kind == MATCH_NEED)
            texts[i] = need_text(&needs[i]);
    return e;
}

static Val *patent_val(Cx *cx, const Patent *patent, const Listing *listing, Val *row)
{
    Val *val = record_val(cx, &patent_type, patent, see_level(cx, patent->org_id, false));
    val_set(cx->arena, row, "patent", val);
    val_set_str(cx->arena, row, "title", patent->title);
    bool listed = listing->id && listing_public(listing);
    val_set_int(cx->arena, row, "listing_id", listed ? listing->id : 0);
    if (listed)
        val_set(cx->arena, row, "listing",
                record_val(cx, &listing_type, listing, see_level(cx, listing->org_id, false)));
    return val;
}

static Val *achievement_val(Cx *cx, const Achievement *achievement, i64 listing_id, Val *row)
{
    Val *val =
        record_val(cx, &achievement_type, achievement, see_level(cx, achievement->org_id, false));
    val_set(cx->arena, row, "achievement", val);
    val_set_str(cx->arena, row, "title", achievement->title);
    val_set_int(cx->arena, row, "listing_id", listing_id);
    return val;
}

/* The record of a hit and why it is one; records with the name of their unit go to `owned` too. */
static void add_record(Cx *cx, const MatchHit *hit, const HitRows *rows, size_t i, Val *row,
                       Val *owned)
{
    const Need *need = &rows->needs[i];
    val_set(cx->arena, row, "reasons", match_reasons_val(cx, hit));
    if (hit->semantic) {
        Val *semantic = val_map(cx->arena);
        val_set_int(cx->arena, semantic, "rank", hit->semantic);
        val_set(cx->arena, row, "semantic", semantic);
    }
    if (hit->kind == MATCH_PATENT) {
        val_push(cx->arena, owned, patent_val(cx, &rows->patents[i], &rows->listings[i], row));
    } else if (hit->kind == MATCH_ACHIEVEMENT) {
        val_push(cx->arena, owned,
                 achievement_val(cx, &rows->achievements[i], rows->offers[i], row));
    } else {
        val_set(cx->arena, row, "need", record_val(cx, &need_type, need, see_published(cx)));
        val_set_str(cx->arena, row, "title", need->title);
    }
}

/* At most RECORD_IDS_MAX hits, added to `items`. */
static Err some_hits(Cx *cx, const MatchHit *hits, size_t count, const Telling *telling, Val *items)
{
    HitIds ids = ids_of(hits, count);
    HitRows *rows = telling->brief ? NULL : ARENA_NEW(cx->arena, HitRows, 1);
    HitText texts[RECORD_IDS_MAX] = {0};
    Val *owned = val_list(cx->arena);
    Err e = rows ? load_rows(cx, &ids, count, rows) : load_texts(cx, hits, &ids, count, texts);
    if (e)
        return e;
    for (size_t i = 0; i < count; i++) {
        const MatchHit *hit = &hits[i];
        HitText text = rows ? text_of(hit->kind, rows, i) : texts[i];
        if (!text.there)
            continue;
        Val *row = val_map(cx->arena);
        val_set_z(cx->arena, row, "kind", match_kind_code(hit->kind));
        val_set_int(cx->arena, row, "id", hit->id);
        val_set_int(cx->arena, row, "score", hit->percent);
        if (rows)
            add_record(cx, hit, rows, i, row, owned);
        else
            val_set_str(cx->arena, row, "title", text.title);
        if (telling->model && hit->features)
            val_set(cx->arena, row, "features",
                    match_model_shares(cx, telling->model, hit->features));
        if (telling->asked)
            val_set(cx->arena, row, "snippet", snippet_val(cx, telling->asked, text.text));
        val_push(cx->arena, items, row);
    }
    return org_names_add(cx, owned, "org_id", "org");
}

Err match_hits_val(Cx *cx, const MatchAnswer *answer, const Telling *telling, Val **ret)
{
    Err e = ERR_OK;
    Val *items = val_list(cx->arena);
    for (size_t first = 0; !e && first < answer->count; first += RECORD_IDS_MAX) {
        size_t left = answer->count - first;
        e = some_hits(cx, answer->hits + first, left < RECORD_IDS_MAX ? left : RECORD_IDS_MAX,
                      telling, items);
    }
    if (!e)
        *ret = items;
    return e;
}

/* What the first hits of a need are about, to be asked with it again. */
static Err widen_query(Cx *cx, MatchIndex *index, MatchQuery *query)
{
    MatchQuery first = *query;
    MatchAnswer answer;
    MatchTold told[WIDEN_HITS];
    MatchField fields[WIDEN_HITS][2];
    Patent *patents = ARENA_NEW(cx->arena, Patent, WIDEN_HITS);
    Achievement *achievements = ARENA_NEW(cx->arena, Achievement, WIDEN_HITS);
    first.limit = WIDEN_HITS;
    first.no_reasons = first.no_total = true;
    Err e = match_search(cx, index, &first, &answer);
    if (e)
        return e;
    HitIds ids = ids_of(answer.hits, answer.count);
    e = record_load_all(cx, &patent_type, ids.of[MATCH_PATENT], answer.count, patents);
    if (!e)
        e = record_load_all(cx, &achievement_type, ids.of[MATCH_ACHIEVEMENT], answer.count,
                            achievements);
    for (size_t h = 0; h < answer.count; h++) {
        bool patent = answer.hits[h].kind == MATCH_PATENT;
        fields[h][0] = (MatchField){patent ? patents[h].title : achievements[h].title, 3, false};
        fields[h][1] = (MatchField){patent ? patents[h].abstract : achievements[h].intro, 1, false};
        told[h] = (MatchTold){answer.hits[h].score, fields[h], 2};
    }
    if (!e)
        query->widen = match_widen(cx, index, told, answer.count);
    return e;
}

/* By words, with what the helper in use adds. Own vectors are asked with the need's text itself,
 * for it does not leave the machine; a server's with the vector of its published form. */
static Err find_fused(Cx *cx, MatchIndex *index, const MatchQuery *query, const Need *need,
                      MatchAnswer *ret)
{
    House *house = house_of(cx);
    float values[OWN_DIMS];
    if (!house->vectors)
        return match_search(cx, index, query, ret);
    if (!house->own)
        return match_fuse(cx, index, house->vectors, query, need->id, ret);
    Str text = str_format(cx->arena, "%.*s\n%.*s\n%.*s", STR_ARG(need->title),
                          STR_ARG(need->problem), STR_ARG(need->params));
    if (!own_place_vector(house->own, text, values))
        return match_search(cx, index, query, ret);
    return match_fuse_values(cx, index, house->vectors, query, values, OWN_DIMS, ret);
}

static Err matches_run(Cx *cx, const void *arg, Val **ret)
{
    const MatchesIn *in = arg;
    NeedSeen seen;
    MatchIndex *index;
    MatchAnswer answer = {0};
    MatchModel model;
    i64 model_id = 0;
    Val *items;
    Err e = need_read(cx, in->id, &seen); /* A manager matches what everybody may read of it. */
    if (!e && !(seen.who & (WHO_OWNER | WHO_OPERATOR | WHO_MANAGER | WHO_LOCAL)))
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(need_type.zh));
    if (!e)
        e = match_ready(cx, &index);
    if (!e)
        e = match_model_in_use(cx, &model, &model_id);
    if (e)
        return e;
    Need need = seen.row;
    record_mask(cx->arena, &need_type, &need, seen.see);
    const MatchField fields[] = {
        {need.title, 3, false}, {need.problem, 1, false}, {need.params, 1, false}};
    MatchQuery query = {.fields = fields,
                        .field_count = COUNT(fields),
                        .kinds = MATCH_OF_PATENTS | MATCH_OF_ACHIEVEMENTS,
                        .model = model_id ? &model : NULL,
                        .asker_field = need.field,
                        .listed_only = in->listed,
                        .not_org_id = need.org_id,
                        .limit = (size_t)(in->limit ? in->limit : NEED_MATCHES)};
    e = widen_query(cx, index, &query);
    if (!e)
        e = find_fused(cx, index, &query, &need, &answer);
    if (!e)
        e = match_hits_val(cx, &answer, &(Telling){.model = query.model}, &items);
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
    Str offer;    /* match_offers */
    Str region;   /* match_provinces */
    i64 maturity; /* 0: any; so is the year. */
    i64 year;
    i64 facets; /* With counts by all these. */
    i64 brief;  /* Only what a list of results shows. */
    i64 page;
} SearchIn;

static const Field search_fields[] = {
    {AT(SearchIn, q), F_PROSE, "关键词", "Words", 0, SEE_PUBLIC, NULL, .max = 5000},
    {AT(SearchIn, kind), F_CODE, "类型", "Kind", 0, SEE_PUBLIC, NULL, .codes = &match_kinds},
    {AT(SearchIn, field), F_CODE, "产业领域", "Field", 0, SEE_PUBLIC, NULL,
     .codes = &industry_fields},
    {AT(SearchIn, listed), F_BOOL, "仅看挂牌", "On offer only", 0, SEE_PUBLIC, NULL},
    {AT(SearchIn, offer), F_CODE, "是否挂牌", "Offer", 0, SEE_PUBLIC, NULL, .codes = &match_offers},
    {AT(SearchIn, region), F_CODE, "地区", "Region", 0, SEE_PUBLIC, NULL,
     .codes = &match_provinces},
    {AT(SearchIn, maturity), F_INT, "技术成熟度", "Maturity (TRL)", 0, SEE_PUBLIC, NULL, .min = 1,
     .max = 9},
    {AT(SearchIn, year), F_INT, "申请年份", "Year filed", 0, SEE_PUBLIC, NULL,
     .min = MATCH_YEAR_FIRST, .max = MATCH_YEAR_FIRST + MATCH_YEARS - 1},
    {AT(SearchIn, facets), F_BOOL, "分类计数", "Counts", 0, SEE_PUBLIC, NULL},
    {AT(SearchIn, brief), F_BOOL, "只要列表所列", "Listed fields only", 0, SEE_PUBLIC, NULL},
    {AT(SearchIn, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
};

static MatchQuery search_query(const SearchIn *in, i64 page)
{
    MatchKind kind = match_kind_of(in->kind);
    i64 region = 0;
    bool placed = in->region.len && str_to_i64(in->region, &region);
    return (MatchQuery){.text = in->q,
                        .kinds = kind ? 1u << kind : 0,
                        .listed_only = in->listed || str_same(in->offer, S("yes")),
                        .unlisted_only = str_same(in->offer, S("no")),
                        .field_code = in->field,
                        .region = placed ? (int)region : 0,
                        .maturity = (int)in->maturity,
                        .year = (int)in->year,
                        .no_reasons = in->brief,
                        .offset = (size_t)((page - 1) * PAGE_SIZE),
                        .limit = PAGE_SIZE};
}

static Val *search_facets(Cx *cx, const SearchIn *in, const MatchFacets *facets)
{
    Str maturity = str_format(cx->arena, "%lld", (long long)in->maturity),
        year = str_format(cx->arena, "%lld", (long long)in->year);
    const Str chosen[FACETS] = {[FACET_KIND] = in->kind,
                                [FACET_FIELD] = in->field,
                                [FACET_LISTED] = in->listed ? S("yes") : in->offer,
                                [FACET_REGION] = in->region,
                                [FACET_MATURITY] = in->maturity ? maturity : S(""),
                                [FACET_YEAR] = in->year ? year : S("")};
    return match_facets_val(cx, facets, chosen);
}

static Err search_run(Cx *cx, const void *arg, Val **ret)
{
    const SearchIn *in = arg;
    MatchIndex *index;
    MatchAnswer answer = {0};
    Val *items;
    i64 page = page_number(in->page);
    Err e = match_ready(cx, &index);
    if (e)
        return e;
    MatchFacets facets = {0};
    MatchQuery query = search_query(in, page);
    query.facets = in->facets ? &facets : NULL;
    const Telling telling = {match_asked(cx->arena, in->q), in->brief};
    e = match_search(cx, index, &query, &answer);
    if (!e)
        e = match_hits_val(cx, &answer, &telling, &items);
    if (e)
        return e;
    *ret = list_val(cx, items, answer.total, page, PAGE_SIZE);
    if (in->facets)
        val_set(cx->arena, *ret, "facets", search_facets(cx, in, &facets));
    if (!answer.note && page == 1) {
        Str meant = S("");
        e = match_meant(cx, index, in->q, &meant);
        if (e)
            return e;
        if (meant.len)
            val_set_str(cx->arena, *ret, "meant", meant);
    }
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

static const CodeList *const codes[] = {&match_kinds, &match_provinces, &match_offers};

const Room match_room = {
    .name = "match",
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
