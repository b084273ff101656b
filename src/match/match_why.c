/* match_why.c - see match_why.h. */
#include "match/match_why.h"

#include "ident/ident.h"
#include "match/match_model.h"
#include "match/match_need.h"
#include "match/match_ops_int.h"
#include "registry/ids.h"

#include <math.h>
#include <stdlib.h>

enum { TEXT_CHARS = 2000, EDGE_PLACE = 20, FEATURE_STEPS = 100 };

/* ---- What is asked ---- */

/* "/patent/12" in a path or an address. */
static bool path_read(Str text, Str *ret_noun, i64 *ret_id)
{
    Str part, last = S("");
    if (!str_has(text, S("/")))
        return false;
    for (Str rest = text; str_split(&rest, '/', &part);) {
        Str number = part, cut = part;
        if (str_split(&cut, '?', &number) && str_split(&number, '#', &cut))
            number = cut;
        if (last.len && str_to_i64(number, ret_id) && *ret_id > 0) {
            *ret_noun = last;
            return true;
        }
        last = part;
    }
    return false;
}

/* Of a listing what it offers. */
static Err listing_item(Cx *cx, i64 id, MatchKind *ret_kind, i64 *ret_id)
{
    Listing listing = {0};
    Err e = record_load(cx, &listing_type, id, &listing);
    if (!e && !listing_public(&listing))
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(listing_type.zh));
    *ret_kind = listing.patent_id ? MATCH_PATENT : MATCH_ACHIEVEMENT;
    *ret_id = listing.patent_id ? listing.patent_id : listing.achievement_id;
    return e;
}

static Err number_item(Cx *cx, const char *field, Str text, i64 *ret_id)
{
    AppNo appno;
    DocNo docno;
    int year = (int)(time_date(clock_now_ms(cx->clock)) / 10000);
    *ret_id = 0;
    if (id_appno_read(cx, field, text, year, &appno) == ERR_OK)
        return DB_INT(cx, ret_id, 0, "SELECT id FROM patent WHERE appno = ?1 AND appno <> ''",
                      BIND_STR(appno.text));
    err_clear(cx);
    if (id_docno_read(cx, field, text, &docno) == ERR_OK)
        return DB_INT(cx, ret_id, 0, "SELECT id FROM patent WHERE pubno = ?1 AND pubno <> ''",
                      BIND_STR(docno.text));
    err_clear(cx);
    return err_set_arg(cx, ERR_INPUT, field, "match.why_name", text);
}

static Err read_side(Cx *cx, const char *field, Str text, MatchKind *ret_kind, i64 *ret_id)
{
    Str noun, name = str_trim(text);
    if (match_name_read(name, ret_kind, ret_id))
        return ERR_OK;
    if (path_read(name, &noun, ret_id)) {
        if (str_same(noun, S("listing")))
            return listing_item(cx, *ret_id, ret_kind, ret_id);
        *ret_kind = match_kind_of(noun);
        return *ret_kind ? ERR_OK : err_set_arg(cx, ERR_INPUT, field, "match.why_name", name);
    }
    *ret_kind = MATCH_PATENT;
    Err e = number_item(cx, field, name, ret_id);
    return e || *ret_id
               ? e
               : err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                             str_from(cx->lang == LANG_EN ? patent_type.en : patent_type.zh));
}

/* ---- The two sides ---- */

/* A pair under the loupe: the question, and the item that should answer it. */
typedef struct Pair {
    MatchIndex *index;
    NeedAsk ask;
    MatchItem of; /* The question's record; of a need see MatchWhy.need. */
    MatchItem to;
    MatchHit hit; /* Of the item by itself; score 0: it shares nothing. */
    bool is_own;  /* Of one unit, as far as this reader may know. */
} Pair;

/* The texts of a record by which it is compared, with the words of the other side marked. */
static Val *texts_val(Cx *cx, const MatchAsked *other, const RecordType *type,
                      const char *const *names, const Str *texts, size_t count)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < count; i++) {
        if (!texts[i].len)
            continue;
        Val *row = val_map(cx->arena);
        val_set_z(cx->arena, row, "name", names[i]);
        val_set_z(cx->arena, row, "label", field_label(record_field(type, names[i]), cx->lang));
        val_set(cx->arena, row, "text", match_snippet_val(cx, other, texts[i], TEXT_CHARS));
        val_push(cx->arena, list, row);
    }
    return list;
}

static Str whole_text(Cx *cx, const Str *texts, size_t count)
{
    return str_join(cx->arena, texts, count, S("\n"));
}

enum { SIDE_TEXTS = 3 };

/* Of which type a side is, and what it says. */
typedef struct Side {
    const RecordType *type;
    const char *names[SIDE_TEXTS];
    Str texts[SIDE_TEXTS];
    size_t count;
} Side;

static Side need_side(const Need *need)
{
    return (Side){&need_type,
                  {"title", "problem", "params"},
                  {need->title, need->problem, need->params},
                  SIDE_TEXTS};
}

static Side item_side(const MatchItem *item)
{
    if (item->kind == MATCH_NEED)
        return need_side(&item->need);
    if (item->kind == MATCH_PATENT)
        return (Side){&patent_type, {"title", "abstract"}, {item->title, item->patent.abstract}, 2};
    return (Side){&achievement_type, {"title", "intro"}, {item->title, item->achievement.intro}, 2};
}

static Val *side_val(Cx *cx, MatchKind kind, i64 id, const Side *side, const Side *other)
{
    Val *val = val_map(cx->arena);
    const MatchAsked *asked = match_asked(cx->arena, whole_text(cx, other->texts, other->count));
    val_set_z(cx->arena, val, "kind", match_kind_code(kind));
    val_set_int(cx->arena, val, "id", id);
    val_set_str(cx->arena, val, "title", side->texts[0]);
    val_set(cx->arena, val, "texts",
            texts_val(cx, asked, side->type, side->names, side->texts, side->count));
    return val;
}

static void set_sides(Cx *cx, const Pair *pair, const MatchWhy *why)
{
    Side of = why->need_id ? need_side(&why->need) : item_side(&pair->of);
    Side to = item_side(&pair->to);
    MatchKind kind = why->need_id ? MATCH_NEED : pair->of.kind;
    i64 of_id = why->need_id ? why->need_id : pair->of.patent.id + pair->of.achievement.id;
    Val *item = side_val(cx, why->kind, why->item_id, &to, &of);
    val_set_str(cx->arena, item, "org", pair->to.org);
    val_set_int(cx->arena, item, "listing_id", pair->to.listing.id);
    val_set(cx->arena, why->reply, "of", side_val(cx, kind, of_id, &of, &to));
    val_set(cx->arena, why->reply, "to", item);
}

/* ---- Its score and its place ---- */

static const MatchHit *hit_of(const MatchAnswer *answer, const MatchWhy *why, size_t *ret_place)
{
    for (size_t i = 0; i < answer->count; i++)
        if (answer->hits[i].kind == why->kind && answer->hits[i].id == why->item_id) {
            *ret_place = i + 1;
            return &answer->hits[i];
        }
    *ret_place = 0;
    return NULL;
}

static int by_number(const void *a, const void *b)
{
    i64 left = *(const i64 *)a, right = *(const i64 *)b;
    return left < right ? -1 : left > right;
}

/* The item by itself. Its features say how it differs from the best of its kind, so it is looked at
 * among these. */
static Err find_hit(Cx *cx, Pair *pair, const MatchWhy *why)
{
    MatchQuery query = pair->ask.query;
    MatchAnswer best = {0}, answer = {0};
    i64 *ids = ARENA_NEW(cx->arena, i64, MATCH_RERANK);
    size_t count = 0, place;
    query.kinds = 1u << why->kind;
    query.offset = 0;
    query.limit = MATCH_RERANK - 1;
    query.model = NULL;
    query.no_reasons = query.no_total = true;
    Err e = match_search(cx, pair->index, &query, &best);
    if (e)
        return e;
    for (size_t i = 0; i < best.count; i++)
        if (best.hits[i].id != why->item_id)
            ids[count++] = best.hits[i].id;
    ids[count++] = why->item_id;
    qsort(ids, count, sizeof *ids, by_number);
    query.only = ids;
    query.only_count = count;
    query.limit = count;
    query.listed_only = false;
    query.not_org_id = 0;
    query.no_reasons = false;
    query.with_features = true;
    e = match_search(cx, pair->index, &query, &answer);
    const MatchHit *hit = e ? NULL : hit_of(&answer, why, &place);
    if (hit)
        pair->hit = *hit;
    return e;
}

/* Where it stands in the list that people see; behind its end where it stands by text. */
static Err set_place(Cx *cx, Pair *pair, const MatchWhy *why)
{
    MatchAnswer answer = {0}, deep = {0};
    MatchQuery *query = &pair->ask.query;
    size_t place, text_place = 0;
    query->limit = NEED_MATCHES_MAX;
    Err e = why->need_id ? match_need_answer(cx, pair->index, &pair->ask, &answer)
                         : match_search(cx, pair->index, query, &answer);
    const MatchHit *hit = e ? NULL : hit_of(&answer, why, &place);
    if (e)
        return e;
    if (!hit) {
        query->limit = MATCH_DEPTH_MAX;
        query->no_reasons = true;
        e = match_search(cx, pair->index, query, &deep);
        if (e)
            return e;
        hit_of(&deep, why, &text_place);
    }
    size_t edge = answer.count < EDGE_PLACE ? answer.count : EDGE_PLACE;
    val_set_int(cx->arena, why->reply, "place", (i64)place);
    val_set_int(cx->arena, why->reply, "text_place", (i64)text_place);
    val_set_int(cx->arena, why->reply, "total", answer.total);
    val_set_int(cx->arena, why->reply, "semantic", hit ? hit->semantic : 0);
    val_set_int(cx->arena, why->reply, "edge_place", (i64)edge);
    val_set_int(cx->arena, why->reply, "edge_score", edge ? answer.hits[edge - 1].percent : 0);
    return ERR_OK;
}

/* ---- What it is made of ---- */

/* [{name, label, value, share}]: `value` in hundredths of a spread above the mean of the best. */
static Val *features_val(Cx *cx, const MatchModel *model, const double *features)
{
    Val *list = val_list(cx->arena);
    double whole = 0;
    for (int f = 0; f < MATCH_FEATURES; f++)
        whole += fabs(model->weights[f] * features[f]);
    for (int f = 0; f < MATCH_FEATURES; f++) {
        const char *name = match_feature_name((MatchFeature)f);
        double moved = model->weights[f] * features[f];
        i64 value = lround(features[f] * FEATURE_STEPS);
        if (!value && !(fabs(moved) > 0))
            continue;
        Val *row = val_map(cx->arena);
        val_set_z(cx->arena, row, "name", name);
        val_set_str(cx->arena, row, "label", match_feature_label(cx, str_from(name)));
        val_set_int(cx->arena, row, "value", value);
        val_set_int(cx->arena, row, "share", whole > 0 ? lround(moved / whole * 100) : 0);
        val_push(cx->arena, list, row);
    }
    return list;
}

/* What the index has of an item, as far as words go (match_feed.c). */
static size_t doc_fields(const MatchItem *item, MatchField ret[LACK_FIELDS_MAX])
{
    size_t count = match_item_texts(item, ret);
    if (item->kind == MATCH_PATENT) {
        ret[count++] = (MatchField){item->patent.applicant, 1, false};
        ret[count++] = (MatchField){item->listing.intro, 1, false};
    }
    return count;
}

static void set_parts(Cx *cx, Pair *pair, const MatchWhy *why)
{
    MatchModel plain = match_model_plain();
    MatchField doc[LACK_FIELDS_MAX];
    MatchLack lacks[LACKS_SHOWN];
    Val *list = val_list(cx->arena);
    size_t doc_count = doc_fields(&pair->to, doc);
    size_t count = match_lacks(cx, pair->index, pair->ask.query.fields, pair->ask.query.field_count,
                               doc, doc_count, lacks, LACKS_SHOWN);
    for (size_t i = 0; i < count; i++) {
        Val *row = val_map(cx->arena);
        val_set_str(cx->arena, row, "text", lacks[i].text);
        val_set_int(cx->arena, row, "share", lacks[i].percent);
        val_push(cx->arena, list, row);
    }
    val_set_int(cx->arena, why->reply, "score", pair->hit.percent);
    val_set(cx->arena, why->reply, "reasons", match_reasons_val(cx, &pair->hit));
    val_set(cx->arena, why->reply, "lacks", list);
    val_set_bool(cx->arena, why->reply, "by_model", pair->ask.model != NULL);
    val_set(cx->arena, why->reply, "features",
            pair->hit.features
                ? features_val(cx, pair->ask.model ? pair->ask.model : &plain, pair->hit.features)
                : val_list(cx->arena));
}

/* ---- What keeps it out ---- */

void match_why_bar(Cx *cx, MatchWhy *why, const char *key, const Str *args, size_t count)
{
    Val *row = val_map(cx->arena);
    Str code = str_from(key), room;
    str_split(&code, '.', &room);
    val_set_str(cx->arena, row, "code", code);
    val_set_str(cx->arena, row, "text", text_say(cx->arena, cx->lang, key, args, count));
    val_push(cx->arena, why->bars, row);
}

static Err withdrawn(Cx *cx, const MatchWhy *why, bool *ret)
{
    i64 count = 0;
    Err e = why->kind == MATCH_PATENT
                ? DB_INT(cx, &count, 0,
                         "SELECT COUNT(*) FROM listing WHERE patent_id = ?1 AND state = 5",
                         BIND_INT(why->item_id))
                : DB_INT(cx, &count, 0,
                         "SELECT COUNT(*) FROM listing WHERE achievement_id = ?1 AND state = 5",
                         BIND_INT(why->item_id));
    *ret = count > 0;
    return e;
}

static void place_bar(Cx *cx, MatchWhy *why)
{
    i64 place = val_get_int(why->reply, "place"), by_text = val_get_int(why->reply, "text_place");
    Str args[] = {str_format(cx->arena, "%lld", (long long)(place ? place : by_text)),
                  str_format(cx->arena, "%d", place ? NEED_MATCHES : NEED_MATCHES_MAX)};
    if (place > NEED_MATCHES || (!place && by_text))
        match_why_bar(cx, why, "match.why_behind", args, 2);
    else if (!place)
        match_why_bar(cx, why, "match.why_far_behind",
                      (Str[]){str_format(cx->arena, "%d", MATCH_DEPTH_MAX)}, 1);
}

/* In the order in which they would have to be mended. */
static Err set_bars(Cx *cx, const Pair *pair, MatchWhy *why)
{
    bool gone = false;
    Err e = why->is_listed || why->kind == MATCH_NEED ? ERR_OK : withdrawn(cx, why, &gone);
    if (e)
        return e;
    if (why->need_id && why->need.state != NEED_LISTED)
        match_why_bar(cx, why,
                      why->need.state < NEED_LISTED ? "match.why_need_unpublished"
                                                    : "match.why_need_over",
                      NULL, 0);
    if (pair->is_own)
        match_why_bar(cx, why, "match.why_own_unit", NULL, 0);
    if (why->kind != MATCH_NEED && !why->is_listed)
        match_why_bar(cx, why, gone ? "match.why_withdrawn" : "match.why_not_offered", NULL, 0);
    if (!(pair->hit.score > 0))
        match_why_bar(cx, why, "match.why_nothing_shared", NULL, 0);
    else if (why->need_id)
        place_bar(cx, why);
    return ERR_OK;
}

/* ---- The whole ---- */

/* The question. Own items of the unit are looked at as if they were another's: what keeps them out
 * is told beside. */
static Err make_question(Cx *cx, Pair *pair, MatchWhy *why)
{
    if (why->need_id) {
        Need need = why->need;
        pair->is_own = need.org_id && need.org_id == pair->to.org_id;
        if (pair->is_own)
            need.org_id = 0;
        Err e = match_need_ask(cx, pair->index, &need, false, &pair->ask);
        if (why->kind == MATCH_NEED) /* How like another need it is. */
            pair->ask.query.kinds = MATCH_OF_NEEDS;
        return e;
    }
    pair->ask.query = (MatchQuery){.fields = pair->ask.fields,
                                   .field_count = match_item_texts(&pair->of, pair->ask.fields),
                                   .kinds = 1u << why->kind};
    return ERR_OK;
}

static Err load_sides(Cx *cx, MatchKind of_kind, i64 of_id, Pair *pair, MatchWhy *why)
{
    NeedSeen seen;
    Err e = ERR_OK;
    if (of_kind == MATCH_NEED) {
        e = match_need_read(cx, of_id, &seen);
        if (e)
            return e;
        if (seen.whole && cx->shown) /* Its texts are handed out as they were written. */
            shown_add(cx->shown, &need_type, of_id, false);
        why->need_id = of_id;
        why->need = seen.row;
        why->who = seen.who;
    } else {
        e = match_item_load(cx, of_kind, of_id, &pair->of);
    }
    if (!e)
        e = match_item_load(cx, why->kind, why->item_id, &pair->to);
    why->item_org_id = pair->to.org_id;
    why->is_listed = pair->to.listing.id != 0;
    return e;
}

Err match_why(Cx *cx, Str of, Str to, MatchWhy *ret)
{
    MatchKind of_kind;
    i64 of_id;
    MatchWhy why = {.reply = val_map(cx->arena), .bars = val_list(cx->arena)};
    Pair *pair = ARENA_NEW(cx->arena, Pair, 1);
    Err e = read_side(cx, "of", of, &of_kind, &of_id);
    if (!e)
        e = read_side(cx, "to", to, &why.kind, &why.item_id);
    if (!e && of_kind == why.kind && of_id == why.item_id)
        e = err_set(cx, ERR_INPUT, "to", "match.why_same");
    if (e)
        return e;
    if (why.kind == MATCH_NEED && of_kind != MATCH_NEED) { /* A need asks, whichever comes first. */
        MatchKind kind = of_kind;
        i64 id = of_id;
        of_kind = why.kind;
        of_id = why.item_id;
        why.kind = kind;
        why.item_id = id;
    }
    e = load_sides(cx, of_kind, of_id, pair, &why);
    if (!e)
        e = match_ready(cx, &pair->index);
    if (!e)
        e = make_question(cx, pair, &why);
    if (!e)
        e = find_hit(cx, pair, &why);
    if (e)
        return e;
    set_sides(cx, pair, &why);
    set_parts(cx, pair, &why);
    e = set_place(cx, pair, &why);
    if (!e)
        e = set_bars(cx, pair, &why);
    val_set(cx->arena, why.reply, "bars", why.bars);
    if (!e)
        *ret = why;
    return e;
}
