/* match_need.c - see match_need.h. */
#include "match/match_need.h"

#include "match/match_embed.h"
#include "match/match_helper.h"
#include "match/match_model.h"

enum { WIDEN_HITS = 10 };

_Static_assert((int)NEED_MATCHES_MAX <= (int)FUSE_DEPTH, "match_fuse gives no more");

/* A manager matches what everybody may read of it. */
Err match_need_read(Cx *cx, i64 id, NeedSeen *ret)
{
    Err e = need_read(cx, id, ret);
    if (!e && !(ret->who & (WHO_OWNER | WHO_OPERATOR | WHO_MANAGER | WHO_LOCAL)))
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(need_type.zh));
    if (!e)
        record_mask(cx->arena, &need_type, &ret->row, ret->see);
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
    i64 patent_ids[WIDEN_HITS] = {0}, achievement_ids[WIDEN_HITS] = {0};
    first.limit = WIDEN_HITS;
    first.model = NULL; /* They are found by text, whatever is in use. */
    first.no_reasons = first.no_total = true;
    Err e = match_search(cx, index, &first, &answer);
    if (e)
        return e;
    for (size_t h = 0; h < answer.count; h++)
        *(answer.hits[h].kind == MATCH_PATENT ? &patent_ids[h] : &achievement_ids[h]) =
            answer.hits[h].id;
    e = record_load_all(cx, &patent_type, patent_ids, answer.count, patents);
    if (!e)
        e = record_load_all(cx, &achievement_type, achievement_ids, answer.count, achievements);
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

Err match_need_ask(Cx *cx, MatchIndex *index, const Need *need, bool listed_only, NeedAsk *ret)
{
    i64 model_id = 0;
    *ret = (NeedAsk){
        .need_id = need->id,
        .fields = {{need->title, 3, false}, {need->problem, 1, false}, {need->params, 1, false}},
        .asker = {need->id, need->amount_fen, need->cooperation},
        .text = str_format(cx->arena, "%.*s\n%.*s\n%.*s", STR_ARG(need->title),
                           STR_ARG(need->problem), STR_ARG(need->params))};
    MatchModel *model = ARENA_NEW(cx->arena, MatchModel, 1);
    Err e = match_model_in_use(cx, model, &model_id);
    if (e)
        return e;
    ret->model = model_id ? model : NULL;
    ret->query = (MatchQuery){.fields = ret->fields,
                              .field_count = COUNT(ret->fields),
                              .kinds = MATCH_OF_PATENTS | MATCH_OF_ACHIEVEMENTS,
                              .model = ret->model,
                              .about = match_about,
                              .about_of = &ret->asker,
                              .asker_field = need->field,
                              .listed_only = listed_only,
                              .not_org_id = need->org_id,
                              .limit = NEED_MATCHES};
    return widen_query(cx, index, &ret->query);
}

/* Own vectors are asked with the need's text itself, for it does not leave the machine; a server's
 * with the vector of its published form. */
Err match_need_answer(Cx *cx, MatchIndex *index, const NeedAsk *ask, MatchAnswer *ret)
{
    House *house = house_of(cx);
    float values[OWN_DIMS];
    if (!house->vectors)
        return match_search(cx, index, &ask->query, ret);
    if (!house->own)
        return match_fuse(cx, index, house->vectors, &ask->query, ask->need_id, ret);
    if (!own_place_vector(house->own, ask->text, values))
        return match_search(cx, index, &ask->query, ret);
    return match_fuse_values(cx, index, house->vectors, &ask->query, values, OWN_DIMS, ret);
}
