#include "match/match_feed.h"

#include "ident/unit_codes.h"
#include "match/match_suggest.h"
#include "match/match_synonym.h"
#include "registry/registry.h"

enum { FEED_VERSION = 2 }; /* Counted up when the same rows give other documents. */

enum { TITLE_WEIGHT = 4, SIDE_WEIGHT = 2, TEXT_WEIGHT = 1, CODE_WEIGHT = 2, INVENTORS_WEIGHT = 1 };

/* ---- Where a unit is ---- */

/* The province of a division, or of a credit code, whose third and fourth character are that of the
 * authority which registered the unit (GB 32100). 0: neither says one. */
static int province_of(Str division, Str code)
{
    bool coded = !division.len && code.len == 18;
    Str digits = coded ? str_slice(code, 2, 4) : str_slice(division, 0, 2);
    i64 province;
    bool read = digits.len == 2 && str_to_i64(digits, &province);
    if (!read || province <= 0 || !code_province_known((int)province))
        return 0;
    return province == 83 ? 71 : (int)province; /* Residents' cards have a second code of Taiwan. */
}

static Err province_of_unit(Cx *cx, i64 org_id, int *ret)
{
    Rows rows;
    *ret = 0;
    if (!org_id)
        return ERR_OK;
    Err e = DB_QUERY(cx, &rows, "SELECT division, code FROM org WHERE id = ?1", BIND_INT(org_id));
    if (e)
        return e;
    if (rows_next(&rows))
        *ret = province_of(rows_str_copy(&rows, 0), rows_str_copy(&rows, 1));
    return rows_end(&rows);
}

/* The provinces of all units, by rising id, for reading all patents at once. */
typedef struct Places {
    struct Place {
        i64 org_id;
        int province;
    } * rows;
    size_t count;
} Places;

static Err load_places(Cx *cx, Places *ret)
{
    Rows rows;
    i64 count = 0;
    Err e = db_int(cx, "SELECT COUNT(*) FROM org", NULL, 0, 0, &count);
    if (e)
        return e;
    ret->rows = ARENA_NEW(cx->arena, struct Place, (size_t)count + 1);
    e = db_query(cx, &rows, "SELECT id, division, code FROM org ORDER BY id", NULL, 0);
    if (e)
        return e;
    while (ret->count < (size_t)count && rows_next(&rows)) {
        ArenaMark mark = arena_mark(cx->arena);
        int province = province_of(rows_str_copy(&rows, 1), rows_str_copy(&rows, 2));
        ret->rows[ret->count++] = (struct Place){rows_int(&rows, 0), province};
        arena_rewind(cx->arena, mark);
    }
    return rows_end(&rows);
}

static int place_of(const Places *places, i64 org_id)
{
    size_t low = 0, high = places->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (places->rows[middle].org_id < org_id)
            low = middle + 1;
        else
            high = middle;
    }
    bool there = low < places->count && places->rows[low].org_id == org_id;
    return there ? places->rows[low].province : 0;
}

/* ---- Rows to documents ---- */

static Err put_patent(Cx *cx, MatchIndex *index, const Patent *patent, const Listing *listing,
                      int province)
{
    i64 first_date = patent->filed_date ? patent->filed_date : patent->published_date;
    bool listed = listing->id && listing_public(listing);
    const MatchField fields[] = {
        {patent->title, TITLE_WEIGHT, false},
        {patent->abstract, TEXT_WEIGHT, false, .pairs_only = true},
        {patent->applicant, TEXT_WEIGHT, false},
        {patent->appno, TEXT_WEIGHT, false},
        {patent->pubno, TEXT_WEIGHT, false},
        {patent->ipc, CODE_WEIGHT, true},
        {listed ? listing->intro : S(""), TEXT_WEIGHT, false},
    };
    const MatchDoc doc = {.kind = MATCH_PATENT,
                          .id = patent->id,
                          .fields = fields,
                          .field_count = COUNT(fields),
                          .listed = listed,
                          .org_id = patent->org_id,
                          .field_code = patent->field,
                          .region = province,
                          .maturity = (int)patent->trl,
                          .year = (int)(first_date / 10000)};
    return match_put(cx, index, &doc);
}

static Err put_achievement(Cx *cx, MatchIndex *index, const Achievement *row)
{
    const MatchField fields[] = {{row->title, TITLE_WEIGHT, false},
                                 {row->intro, TEXT_WEIGHT, false}};
    i64 listed = 0;
    int province = 0;
    Err e = DB_INT(cx, &listed, 0,
                   "SELECT COUNT(*) FROM listing WHERE achievement_id = ?1 AND state IN (2, 3)",
                   BIND_INT(row->id));
    if (!e)
        e = province_of_unit(cx, row->org_id, &province);
    const MatchDoc doc = {.kind = MATCH_ACHIEVEMENT,
                          .id = row->id,
                          .fields = fields,
                          .field_count = COUNT(fields),
                          .listed = listed > 0,
                          .org_id = row->org_id,
                          .field_code = row->field,
                          .region = province,
                          .maturity = (int)row->trl};
    return e ? e : match_put(cx, index, &doc);
}

/* The published form, and nothing but it: a unit that hides its name has no place either. */
static Err put_need(Cx *cx, MatchIndex *index, const Need *row)
{
    const MatchField fields[] = {{row->title, TITLE_WEIGHT, false},
                                 {row->problem, TEXT_WEIGHT, false},
                                 {row->params, TEXT_WEIGHT, false}};
    int province;
    Err e = province_of_unit(cx, row->org_id, &province);
    const MatchDoc doc = {.kind = MATCH_NEED,
                          .id = row->id,
                          .fields = fields,
                          .field_count = COUNT(fields),
                          .listed = row->state == NEED_LISTED,
                          .org_id = row->org_id,
                          .field_code = row->field,
                          .region = province};
    return e ? e : match_put(cx, index, &doc);
}

/* Patents that are on offer, by patent: few beside all patents. */
typedef struct Offers {
    Listing *rows;
    size_t count;
} Offers;

static Err load_offers(Cx *cx, Offers *ret)
{
    Rows rows;
    i64 count = 0;
    Err e = db_int(cx, "SELECT COUNT(*) FROM listing", NULL, 0, 0, &count);
    if (e)
        return e;
    ret->rows = ARENA_NEW(cx->arena, Listing, (size_t)count + 1);
    e = record_query(cx, &listing_type, &rows,
                     "WHERE patent_id > 0 AND state IN (2, 3, 4) ORDER BY patent_id, id", NULL, 0);
    if (e)
        return e;
    while (ret->count < (size_t)count && rows_next(&rows))
        record_read_row(cx, &listing_type, &rows, &ret->rows[ret->count++]);
    return rows_end(&rows);
}

static Listing offer_of(const Offers *offers, i64 patent_id)
{
    size_t low = 0, high = offers->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (offers->rows[middle].patent_id < patent_id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < offers->count && offers->rows[low].patent_id == patent_id)
        return offers->rows[low];
    return (Listing){0};
}

/* All rows on their way in. */
typedef struct Feeding {
    MatchFeedGo *go; /* NULL: nobody asks. */
    void *context;
    i64 done;
} Feeding;

static Err feeding_on(Cx *cx, Feeding *feeding)
{
    enum { ASKED_EACH = 256 };
    bool asks = feeding->go && ++feeding->done % ASKED_EACH == 0;
    return !asks || feeding->go(feeding->context, feeding->done)
               ? ERR_OK
               : err_set(cx, ERR_STATE, NULL, "match.stopped");
}

static Err feed_patents(Cx *cx, MatchIndex *index, Feeding *feeding)
{
    Rows rows;
    Offers offers = {0};
    Places places = {0};
    Err e = load_offers(cx, &offers);
    if (!e)
        e = load_places(cx, &places);
    if (!e)
        e = record_query(cx, &patent_type, &rows, "ORDER BY id", NULL, 0);
    if (e)
        return e;
    while (!e && rows_next(&rows)) {
        ArenaMark mark = arena_mark(cx->arena);
        Patent patent = {0};
        record_read_row(cx, &patent_type, &rows, &patent);
        Listing listing = offer_of(&offers, patent.id);
        e = put_patent(cx, index, &patent, &listing, place_of(&places, patent.org_id));
        if (!e)
            e = feeding_on(cx, feeding);
        arena_rewind(cx->arena, mark);
    }
    Err end = rows_end(&rows);
    return e ? e : end;
}

static Err feed_ids(Cx *cx, MatchIndex *index, const char *sql, const Bind *binds,
                    size_t bind_count, const char *table, Feeding *feeding)
{
    i64 *ids;
    size_t count = 0;
    Err e = db_ids(cx, sql, binds, bind_count, &ids, &count);
    for (size_t i = 0; !e && i < count; i++) {
        ArenaMark mark = arena_mark(cx->arena);
        e = match_feed_fact(cx, index, &(Fact){.table_name = str_from(table), .row_id = ids[i]});
        if (!e)
            e = feeding_on(cx, feeding);
        arena_rewind(cx->arena, mark);
    }
    return e;
}

/* A unit has come to a place, or moved: what is counted by place is counted there. */
static Err feed_unit(Cx *cx, MatchIndex *index, i64 org_id)
{
    int province;
    Err e = province_of_unit(cx, org_id, &province);
    if (e || !match_elsewhere(index, org_id, province))
        return e;
    const Bind binds[] = {BIND_INT(org_id)};
    Feeding feeding = {0};
    e = feed_ids(cx, index, "SELECT id FROM patent WHERE org_id = ?1", binds, 1, "patent",
                 &feeding);
    if (!e)
        e = feed_ids(cx, index, "SELECT id FROM achievement WHERE org_id = ?1", binds, 1,
                     "achievement", &feeding);
    if (!e)
        e = feed_ids(cx, index, "SELECT id FROM need_public WHERE org_id = ?1", binds, 1,
                     "need_public", &feeding);
    return e;
}

Err match_feed_all_while(Cx *cx, MatchIndex *index, MatchFeedGo *go, void *context, i64 *ret_seq)
{
    ArenaMark mark = arena_mark(cx->arena);
    Feeding feeding = {go, context, 0};
    Err e = fact_last_seq(
        cx, ret_seq); /* First: what comes meanwhile is fed again, which does no harm. */
    if (!e)
        e = synonyms_load(cx, index);
    match_put_many(index);
    if (!e)
        e = feed_patents(cx, index, &feeding);
    if (!e)
        e = feed_ids(cx, index, "SELECT id FROM achievement ORDER BY id", NULL, 0, "achievement",
                     &feeding);
    if (!e)
        e = feed_ids(cx, index, "SELECT id FROM need_public ORDER BY id", NULL, 0, "need_public",
                     &feeding);
    match_put_many_end(index);
    arena_rewind(cx->arena, mark);
    return e;
}

Err match_feed_all(Cx *cx, MatchIndex *index, i64 *ret_seq)
{
    return match_feed_all_while(cx, index, NULL, NULL, ret_seq);
}

static Err feed_patent(Cx *cx, MatchIndex *index, i64 id)
{
    Patent patent = {0};
    Listing listing;
    Err e = record_load(cx, &patent_type, id, &patent);
    if (e == ERR_MISSING) {
        err_clear(cx);
        match_drop(index, MATCH_PATENT, id);
        return ERR_OK;
    }
    int province = 0;
    if (!e)
        e = listing_of_patent(cx, id, &listing);
    if (!e)
        e = province_of_unit(cx, patent.org_id, &province);
    return e ? e : put_patent(cx, index, &patent, &listing, province);
}

static Err feed_listing(Cx *cx, MatchIndex *index, i64 id)
{
    Listing listing = {0};
    Err e = record_load(cx, &listing_type, id, &listing);
    if (e)
        return e;
    if (listing.patent_id)
        return feed_patent(cx, index, listing.patent_id);
    Achievement row = {0};
    e = record_load(cx, &achievement_type, listing.achievement_id, &row);
    return e ? e : put_achievement(cx, index, &row);
}

Err match_feed_fact(Cx *cx, MatchIndex *index, const Fact *fact)
{
    Err e = ERR_OK;
    if (str_same(fact->table_name, S("synonym"))) {
        e = synonyms_load(cx, index);
    } else if (str_same(fact->table_name, S("patent"))) {
        e = feed_patent(cx, index, fact->row_id);
    } else if (str_same(fact->table_name, S("listing"))) {
        e = feed_listing(cx, index, fact->row_id);
    } else if (str_same(fact->table_name, S("achievement"))) {
        Achievement row = {0};
        e = record_load(cx, &achievement_type, fact->row_id, &row);
        if (!e)
            e = put_achievement(cx, index, &row);
    } else if (str_same(fact->table_name, S("need_public"))) {
        Need row = {0};
        e = record_load(cx, &need_public_type, fact->row_id, &row);
        if (e == ERR_MISSING)
            match_drop(index, MATCH_NEED, fact->row_id);
        if (!e)
            e = put_need(cx, index, &row);
    } else if (str_same(fact->table_name, S("org")) && !str_same(fact->kind, S("org.added"))) {
        e = feed_unit(cx, index, fact->row_id); /* A new one has nothing in the index yet. */
    }
    if (e == ERR_MISSING) {
        err_clear(cx);
        e = ERR_OK;
    }
    return e;
}

/* ---- Kept on disk ---- */

/* What an index that is true up to a fact is of: the fact itself, for a log that was put back to an
 * older state and went on from there has another one in its place. */
static Err mark_of(Cx *cx, i64 seq, Str *ret)
{
    Fact *facts;
    size_t count = 0;
    Err e = seq ? fact_after(cx, seq - 1, 1, &facts, &count) : ERR_OK;
    if (e)
        return e;
    if (!count || facts[0].seq != seq)
        *ret = str_format(cx->arena, "%d 0", FEED_VERSION);
    else
        *ret = str_format(cx->arena, "%d %lld %lld %.*s %lld %.*s", FEED_VERSION, (long long)seq,
                          (long long)facts[0].at_ms, STR_ARG(facts[0].table_name),
                          (long long)facts[0].row_id, STR_ARG(facts[0].row_digest));
    return ERR_OK;
}

Str match_feed_folder(Cx *cx)
{
    return str_format(cx->arena, "%.*s/index", STR_ARG(house_of(cx)->data_folder));
}

Err match_feed_save(Cx *cx, MatchIndex *index, Str folder, i64 seq)
{
    Str mark;
    Err e = mark_of(cx, seq, &mark);
    return e ? e : match_save(cx, index, folder, mark);
}

bool match_feed_load(Cx *cx, MatchIndex *index, Str folder, i64 *ret_seq)
{
    Str mark, rest, version, number, expect;
    if (!match_load(cx, index, folder, &mark))
        return false;
    rest = mark;
    bool ok = str_split(&rest, ' ', &version) && str_split(&rest, ' ', &number) &&
              str_to_i64(number, ret_seq) && mark_of(cx, *ret_seq, &expect) == ERR_OK &&
              str_same(mark, expect) && synonyms_load(cx, index) == ERR_OK;
    err_clear(cx);
    if (!ok)
        match_clear(index);
    return ok;
}

Err match_feed_open(Cx *cx, MatchIndex *index, Str folder, i64 *ret_seq, bool *ret_kept)
{
    *ret_kept = match_feed_load(cx, index, folder, ret_seq);
    Err e = *ret_kept ? ERR_OK : match_feed_all(cx, index, ret_seq);
    if (e)
        match_clear(index);
    else if (!*ret_kept)
        match_settle(index);
    return e;
}

/* ---- Suggestions ---- */

static const char *suggest_path(Cx *cx)
{
    return str_z(cx->arena,
                 str_format(cx->arena, "%.*s/suggestions", STR_ARG(house_of(cx)->data_folder)));
}

/* A mark is of a fact: of this log it has the same in its place. */
bool match_suggest_load(Cx *cx, MatchIndex *index)
{
    Str rest, version, number, expect = S("");
    i64 seq = 0;
    Suggest *table = suggest_load(suggest_path(cx));
    if (!table)
        return false;
    rest = suggest_mark(table);
    bool ok = str_split(&rest, ' ', &version) && str_split(&rest, ' ', &number) &&
              str_to_i64(number, &seq) && mark_of(cx, seq, &expect) == ERR_OK &&
              str_same(suggest_mark(table), expect);
    err_clear(cx);
    if (!ok) {
        suggest_done(table);
        return false;
    }
    suggest_install(index, table);
    suggest_due(index); /* Not before something comes or goes. */
    return true;
}

Err match_suggest_make(Cx *cx, MatchIndex *index)
{
    i64 seq;
    Str mark = S("");
    Err e = fact_last_seq(cx, &seq);
    if (!e)
        e = mark_of(cx, seq, &mark);
    return e ? e : match_suggest_build(cx, index, suggest_path(cx), mark);
}
