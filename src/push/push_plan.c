/* push_plan.c - who should be told: searches on a reading connection, rows in small commands. */
#include "push/push_int.h"

#include "command/settings.h"
#include "ident/ident.h"
#include "match/match_feed.h"
#include "match/match_model.h"
#include "match/match_need.h"
#include "people/people.h"
#include "registry/registry.h"

#include <string.h>

enum { DEPTH = MATCH_DEPTH_MAX, TERMS_LEN_MAX = 300, FIRMS_ASKED = 200, SUBJECTS = 4 };

/* One run over several subjects. What is asked for each of them is made once. */
typedef struct Planner {
    Cx *cx;
    MatchIndex *index;
    MatchIndex *people; /* Profiles, as MATCH_ACHIEVEMENT; NULL until asked for. */
    MatchIndex *firms;  /* What firms say of themselves, as MATCH_NEED. */
    i64 threshold;
    bool ranks; /* Learnt weights are in use, or vectors: text alone does not order the matches. */
    Arena kept; /* Of what is made once. */
    Profile *profiles;
    size_t profile_count;
} Planner;

/* The rows that one subject asks for. */
typedef struct Plan {
    PushPlan row;
    Push *pushes;
    size_t count, cap;
    size_t from, to; /* Of the command under way. */
    i64 made;
} Plan;

/* ---- saving ---- */

Err push_make(Cx *cx, Push *push, bool *ret_made)
{
    i64 there = 0;
    Err e = DB_INT(cx, &there, 0, "SELECT id FROM push WHERE pair = ?1 AND pair <> ''",
                   BIND_STR(push->pair));
    *ret_made = !e && !there;
    if (e || there) {
        push->id = there;
        return e;
    }
    push->state = PUSH_DUE;
    return fact_create(cx, &push_type, push,
                       (FactNote){.kind = "push.made",
                                  .amount = push->score,
                                  .code = str_z(cx->arena, push->way),
                                  .other_id = push->org_id});
}

static Err save_plan_row(Cx *cx, const PushPlan *row)
{
    PushPlan old = {0};
    FactNote note = {.kind = "push_plan.made",
                     .amount = row->should,
                     .code = str_z(cx->arena, row->about),
                     .other_id = row->about_id};
    Err e = RECORD_FIND(cx, &push_plan_type, &old, "WHERE about = ?1 AND about_id = ?2",
                        BIND_STR(row->about), BIND_INT(row->about_id));
    if (e == ERR_MISSING) {
        PushPlan made = *row;
        err_clear(cx);
        return fact_create(cx, &push_plan_type, &made, note);
    }
    if (e)
        return e;
    old.about_rev = row->about_rev;
    old.field = row->field;
    old.should = row->should;
    old.threshold = row->threshold;
    return fact_change(cx, &push_plan_type, &old, note);
}

/* Some rows of a plan; with the last of them the plan itself, which says that all are there. */
static Err save_some(Cx *cx, void *arg)
{
    Plan *plan = arg;
    Err e = ERR_OK;
    cx->doing = "push.run";
    for (size_t i = plan->from; !e && i < plan->to; i++) {
        Push push = plan->pushes[i];
        bool made = false;
        e = push_make(cx, &push, &made);
        plan->made += made;
    }
    return e || plan->to < plan->count ? e : save_plan_row(cx, &plan->row);
}

static Err save_plan(Cx *cx, Plan *plan, PushDone *done)
{
    Err e = ERR_OK;
    plan->from = 0;
    do {
        ArenaMark mark = arena_mark(cx->arena);
        i64 before = plan->made;
        plan->to = plan->from + PUSH_ROWS_AT_ONCE < plan->count ? plan->from + PUSH_ROWS_AT_ONCE
                                                                : plan->count;
        e = writer_run(house_of(cx)->writer, cx, save_some, plan);
        plan->from = plan->to;
        if (!e)
            done->made += plan->made - before;
        arena_rewind(cx->arena, mark);
    } while (!e && plan->from < plan->count);
    done->planned += !e;
    return e;
}

/* ---- the texts that are searched for and by ---- */

enum { TEXT_FIELDS = 3 };

typedef struct Asked {
    MatchField fields[TEXT_FIELDS];
    size_t count;
} Asked;

static Asked need_asked(const Need *need)
{
    return (Asked){{{need->title, 3, false}, {need->problem, 1, false}, {need->params, 1, false}},
                   TEXT_FIELDS};
}

/* An item on offer: what of it everybody reads. */
typedef struct Item {
    MatchKind kind;
    i64 id, org_id;
    Str field, title, text, codes;
} Item;

static Asked item_asked(const Item *item)
{
    return (Asked){{{item->title, 3, false}, {item->text, 1, false}, {item->codes, 2, true}},
                   TEXT_FIELDS};
}

static Err load_item(Cx *cx, MatchKind kind, i64 id, Item *ret)
{
    if (kind == MATCH_PATENT) {
        Patent patent = {0};
        Err e = record_load(cx, &patent_type, id, &patent);
        *ret = (Item){kind,      id, patent.org_id, patent.field, patent.title, patent.abstract,
                      patent.ipc};
        return e;
    }
    Achievement row = {0};
    Err e = record_load(cx, &achievement_type, id, &row);
    *ret = (Item){kind, id, row.org_id, row.field, row.title, row.intro, S("")};
    return e;
}

Err push_index(Cx *cx, MatchIndex **ret)
{
    House *house = house_of(cx);
    if (!house->match) {
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

/* How well one item answers a question, in percent; 0 when not at all. */
static Err fit(Planner *planner, const Asked *asked, MatchKind kind, i64 id, MatchHit *ret)
{
    MatchAnswer answer = {0};
    const MatchQuery query = {.fields = asked->fields,
                              .field_count = asked->count,
                              .kinds = 1u << kind,
                              .only = &id,
                              .only_count = 1,
                              .limit = 1};
    Err e = match_search(planner->cx, planner->index, &query, &answer);
    *ret = !e && answer.count ? answer.hits[0] : (MatchHit){0};
    return e;
}

/* ---- rows ---- */

static Push *plan_add(Cx *cx, Plan *plan)
{
    if (plan->count == plan->cap) {
        size_t more = plan->cap ? plan->cap * 2 : 16;
        plan->pushes = arena_grow(cx->arena, plan->pushes, plan->cap * sizeof *plan->pushes,
                                  more * sizeof *plan->pushes);
        plan->cap = more;
    }
    Push *push = &plan->pushes[plan->count++];
    *push = (Push){0};
    return push;
}

/* The reasons of a hit that stand in the public text of the item: of a question that is not public
 * nothing else may be kept. `item` NULL: the question is public itself. */
static Str terms_of(Cx *cx, const MatchHit *hit, const Item *item)
{
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < hit->reason_count; i++) {
        const MatchReason *reason = &hit->reasons[i];
        bool shared = !item || reason->kind == MATCH_REASON_CODE ||
                      str_has(item->title, reason->text) || str_has(item->text, reason->text);
        if (!shared || str_has(reason->text, S(";")) || out.len + reason->text.len > TERMS_LEN_MAX)
            continue;
        if (out.len)
            buf_char(&out, ';');
        buf_add(&out, reason->text);
    }
    return buf_str(&out);
}

static const char *kind_word(MatchKind kind)
{
    return kind == MATCH_PATENT ? "patent" : "achievement";
}

static void set_item(Push *push, MatchKind kind, i64 id)
{
    push->patent_id = kind == MATCH_PATENT ? id : 0;
    push->achievement_id = kind == MATCH_ACHIEVEMENT ? id : 0;
}

static void add_need_to_unit(Cx *cx, Plan *plan, const Need *need, const MatchHit *hit, i64 org_id)
{
    Push *push = plan_add(cx, plan);
    push->way = S("need");
    push->pair =
        str_format(cx->arena, "need:%lld>org:%lld", (long long)need->id, (long long)org_id);
    push->org_id = org_id;
    push->need_id = need->id;
    push->field = need->field;
    push->score = hit->percent;
    push->terms = terms_of(cx, hit, NULL);
    set_item(push, hit->kind, hit->id);
}

static void add_item_to_firm(Cx *cx, Plan *plan, const Item *item, const MatchHit *hit, i64 org_id,
                             i64 via_id)
{
    Str pair = str_format(cx->arena, "%s:%lld>org:%lld", kind_word(item->kind), (long long)item->id,
                          (long long)org_id);
    for (size_t i = 0; i < plan->count; i++) /* Two of its needs ask for the same. */
        if (str_same(plan->pushes[i].pair, pair))
            return;
    Push *push = plan_add(cx, plan);
    push->way = S("item");
    push->pair = pair;
    push->org_id = org_id;
    push->via_id = via_id;
    push->field = item->field;
    push->score = hit->percent;
    push->terms = terms_of(cx, hit, item);
    set_item(push, item->kind, item->id);
}

/* ---- units for a need ---- */

/* Whose the hits are, in their order. */
static Err owners_of(Cx *cx, const MatchHit *hits, size_t count, i64 *owners)
{
    static const char *const sql[] = {"SELECT id, org_id FROM patent WHERE id IN (" RECORD_IDS ")",
                                      "SELECT id, org_id FROM achievement WHERE id IN (" RECORD_IDS
                                      ")"};
    Err e = ERR_OK;
    for (size_t first = 0; !e && first < count; first += RECORD_IDS_MAX) {
        size_t some = count - first < RECORD_IDS_MAX ? count - first : RECORD_IDS_MAX;
        for (size_t k = 0; !e && k < COUNT(sql); k++) {
            MatchKind kind = k ? MATCH_ACHIEVEMENT : MATCH_PATENT;
            i64 ids[RECORD_IDS_MAX] = {0};
            Bind binds[RECORD_IDS_MAX];
            Rows rows;
            for (size_t i = 0; i < some; i++)
                ids[i] = hits[first + i].kind == kind ? hits[first + i].id : 0;
            if (!record_ids_bind(ids, some, binds))
                continue;
            e = db_query(cx, &rows, sql[k], binds, RECORD_IDS_MAX);
            if (e)
                return e;
            while (rows_next(&rows))
                for (size_t i = 0; i < some; i++)
                    if (ids[i] && ids[i] == rows_int(&rows, 0))
                        owners[first + i] = rows_int(&rows, 1);
            e = rows_end(&rows);
        }
    }
    return e;
}

/* ---- the order of need.matches ---- */

static const MatchHit *hit_of(const MatchAnswer *answer, const MatchHit *like)
{
    for (size_t i = 0; i < answer->count; i++)
        if (answer->hits[i].kind == like->kind && answer->hits[i].id == like->id)
            return &answer->hits[i];
    return NULL;
}

/* Hits by text in the order in which need.matches has them: what it shows stands first, the others
 * follow by text. The threshold is of the text score whatever the order, so what lies near by
 * meaning alone comes in only when its text reaches it. */
static Err order_as_matches(Planner *planner, const Need *need, const Asked *asked,
                            bool listed_only, MatchAnswer *answer)
{
    Cx *cx = planner->cx;
    MatchAnswer shown = {0};
    NeedAsk *ask = ARENA_NEW(cx->arena, NeedAsk, 1);
    if (!planner->ranks)
        return ERR_OK;
    Err e = match_need_ask(cx, planner->index, need, listed_only, ask);
    ask->query.limit = NEED_MATCHES_MAX;
    ask->query.no_reasons = true;
    if (!e)
        e = match_need_answer(cx, planner->index, ask, &shown);
    if (e)
        return e;
    MatchHit *hits = ARENA_NEW(cx->arena, MatchHit, answer->count + shown.count + 1);
    size_t count = 0;
    for (size_t i = 0; !e && i < shown.count; i++) {
        MatchHit one = {0};
        const MatchHit *hit = hit_of(answer, &shown.hits[i]);
        if (hit)
            one = *hit;
        else
            e = fit(planner, asked, shown.hits[i].kind, shown.hits[i].id, &one);
        if (!e && one.percent >= planner->threshold)
            hits[count++] = one;
    }
    size_t first_count = count;
    for (size_t i = 0; i < answer->count; i++) {
        const MatchAnswer first = {.hits = hits, .count = first_count};
        if (!hit_of(&first, &answer->hits[i]))
            hits[count++] = answer->hits[i];
    }
    answer->hits = hits;
    answer->count = count;
    return e;
}

static bool has_unit(const Plan *plan, i64 org_id)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->pushes[i].org_id == org_id)
            return true;
    return false;
}

/* Behind the deepest hit there may be units that have not come up: each is asked for its own. */
static Err units_one_by_one(Planner *planner, const Need *need, const Asked *asked, Plan *plan)
{
    Cx *cx = planner->cx;
    Rows rows;
    i64 *ids = NULL;
    size_t count = 0, cap = 0;
    Err e = db_query(cx, &rows,
                     "SELECT org_id FROM patent WHERE org_id > 0 UNION "
                     "SELECT org_id FROM achievement WHERE org_id > 0",
                     NULL, 0);
    if (e)
        return e;
    while (rows_next(&rows)) {
        if (count == cap) {
            size_t more = cap ? cap * 2 : 64;
            ids = arena_grow(cx->arena, ids, cap * sizeof *ids, more * sizeof *ids);
            cap = more;
        }
        ids[count++] = rows_int(&rows, 0);
    }
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        MatchAnswer answer = {0};
        const MatchQuery query = {.fields = asked->fields,
                                  .field_count = asked->count,
                                  .kinds = MATCH_OF_PATENTS | MATCH_OF_ACHIEVEMENTS,
                                  .org_id = ids[i],
                                  .no_total = true,
                                  .limit = 1};
        if (has_unit(plan, ids[i]))
            continue;
        e = match_search(cx, planner->index, &query, &answer);
        if (!e && answer.count && answer.hits[0].percent >= planner->threshold)
            add_need_to_unit(cx, plan, need, &answer.hits[0], ids[i]);
    }
    return e;
}

static Err plan_units(Planner *planner, const Need *need, Plan *plan)
{
    Cx *cx = planner->cx;
    const Asked asked = need_asked(need);
    MatchAnswer answer = {0};
    const MatchQuery query = {.fields = asked.fields,
                              .field_count = asked.count,
                              .kinds = MATCH_OF_PATENTS | MATCH_OF_ACHIEVEMENTS,
                              .no_total = true,
                              .limit = DEPTH};
    Err e = match_search(cx, planner->index, &query, &answer);
    bool deeper =
        !e && answer.count == DEPTH && answer.hits[DEPTH - 1].percent >= planner->threshold;
    if (!e)
        e = order_as_matches(planner, need, &asked, false, &answer);
    if (e || !answer.count)
        return e;
    i64 *owners = ARENA_NEW(cx->arena, i64, answer.count);
    e = owners_of(cx, answer.hits, answer.count, owners);
    for (size_t i = 0; !e && i < answer.count; i++)
        if (owners[i] && answer.hits[i].percent >= planner->threshold && !has_unit(plan, owners[i]))
            add_need_to_unit(cx, plan, need, &answer.hits[i], owners[i]);
    if (!e && deeper)
        e = units_one_by_one(planner, need, &asked, plan);
    return e;
}

/* ---- people for a need ---- */

/* Open accounts' profiles, and an index of what they say. */
static Err make_people(Planner *planner)
{
    Cx own = *planner->cx;
    Rows rows;
    i64 count = 0;
    own.arena = &planner->kept;
    Err e = db_int(&own, "SELECT COUNT(*) FROM profile", NULL, 0, 0, &count);
    if (!e)
        e = record_query(&own, &profile_type, &rows,
                         "WHERE account_id IN (SELECT id FROM account WHERE closed = 0) "
                         "ORDER BY id",
                         NULL, 0);
    if (e)
        return e;
    planner->people = match_open();
    planner->profiles = ARENA_NEW(&planner->kept, Profile, (size_t)count + 1);
    while (planner->profile_count < (size_t)count && rows_next(&rows))
        record_read_row(&own, &profile_type, &rows, &planner->profiles[planner->profile_count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < planner->profile_count; i++) {
        const Profile *profile = &planner->profiles[i];
        const MatchField fields[] = {{profile->intro, 3, false}, {profile->ipc, 2, true}};
        const MatchDoc doc = {.kind = MATCH_ACHIEVEMENT,
                              .id = profile->id,
                              .fields = fields,
                              .field_count = COUNT(fields),
                              .listed = true,
                              .field_code = S("")};
        e = match_put(&own, planner->people, &doc);
    }
    return e;
}

static void add_person(Planner *planner, const Need *need, const Profile *profile,
                       const MatchHit *hit, Plan *plan)
{
    Cx *cx = planner->cx;
    bool same_field = push_has_code(profile->industry, need->field);
    int score = push_person_score(hit ? hit->percent : 0, same_field);
    if (score < planner->threshold)
        return;
    Push *push = plan_add(cx, plan);
    push->way = S("need");
    push->pair = str_format(cx->arena, "need:%lld>account:%lld", (long long)need->id,
                            (long long)profile->account_id);
    push->org_id = profile->org_id;
    push->account_id = profile->account_id;
    push->need_id = need->id;
    push->field = need->field;
    push->score = score;
    push->terms = hit ? terms_of(cx, hit, NULL) : S("");
}

static Err plan_people(Planner *planner, const Need *need, Plan *plan)
{
    const Asked asked = need_asked(need);
    MatchAnswer answer = {0};
    const MatchQuery query = {
        .fields = asked.fields, .field_count = asked.count, .no_total = true, .limit = DEPTH};
    Err e = planner->people ? ERR_OK : make_people(planner);
    if (!e)
        e = match_search(planner->cx, planner->people, &query, &answer);
    for (size_t i = 0; !e && i < planner->profile_count; i++) {
        const MatchHit *hit = NULL;
        for (size_t h = 0; !hit && h < answer.count; h++)
            if (answer.hits[h].id == planner->profiles[i].id)
                hit = &answer.hits[h];
        add_person(planner, need, &planner->profiles[i], hit, plan);
    }
    return e;
}

static Err plan_need(Planner *planner, i64 id, Plan *plan)
{
    Need need = {0};
    Err e = record_load(planner->cx, &need_public_type, id, &need);
    if (!e)
        e = plan_units(planner, &need, plan);
    if (!e)
        e = plan_people(planner, &need, plan);
    plan->row.field = need.field;
    return e;
}

/* ---- offers for a firm ---- */

/* `need`: the one that asks; NULL: the firm's intro. */
static Err plan_offers(Planner *planner, const Asked *asked, i64 org_id, const Need *need,
                       Plan *plan)
{
    Cx *cx = planner->cx;
    MatchAnswer answer = {0};
    const MatchQuery query = {.fields = asked->fields,
                              .field_count = asked->count,
                              .kinds = MATCH_OF_PATENTS | MATCH_OF_ACHIEVEMENTS,
                              .listed_only = true,
                              .not_org_id = org_id,
                              .no_total = true,
                              .limit = planner->ranks ? NEED_MATCHES_MAX : PUSH_TOP};
    Err e = match_search(cx, planner->index, &query, &answer);
    if (!e && need)
        e = order_as_matches(planner, need, asked, true, &answer);
    for (size_t i = 0; !e && i < answer.count && i < PUSH_TOP; i++) {
        Item item = {0};
        if (answer.hits[i].percent < planner->threshold)
            continue;
        e = load_item(cx, answer.hits[i].kind, answer.hits[i].id, &item);
        if (!e)
            add_item_to_firm(cx, plan, &item, &answer.hits[i], org_id, need ? need->id : 0);
    }
    return e;
}

/* By all that the firm wrote, published or not: it is shown to nobody else. */
static Err plan_own(Planner *planner, i64 id, Plan *plan)
{
    Need need = {0};
    Err e = record_load(planner->cx, &need_type, id, &need);
    if (e)
        return e;
    const Asked asked = need_asked(&need);
    plan->row.field = need.field;
    return plan_offers(planner, &asked, need.org_id, &need, plan);
}

static Err plan_org(Planner *planner, i64 id, Plan *plan)
{
    Org org = {0};
    Err e = record_load(planner->cx, &org_type, id, &org);
    if (e)
        return e;
    const Asked asked = {{{org.intro, 1, false}}, 1};
    return plan_offers(planner, &asked, org.id, NULL, plan);
}

/* ---- a new offer: whose needs it answers ---- */

static Err offer_to_need(Planner *planner, const Item *item, i64 need_id, Plan *plan)
{
    Cx *cx = planner->cx;
    Need need = {0};
    MatchHit hit = {0};
    Err e = record_load(cx, &need_type, need_id, &need);
    const Asked whole = need_asked(&need);
    if (!e)
        e = fit(planner, &whole, item->kind, item->id, &hit);
    if (!e && hit.percent >= planner->threshold && need.org_id != item->org_id)
        add_item_to_firm(cx, plan, item, &hit, need.org_id, need.id);
    if (e || need.state != NEED_LISTED)
        return e;
    Need shown = {0};
    e = record_load(cx, &need_public_type, need_id, &shown);
    const Asked published = need_asked(&shown);
    if (!e)
        e = fit(planner, &published, item->kind, item->id, &hit);
    if (!e && hit.percent >= planner->threshold)
        add_need_to_unit(cx, plan, &shown, &hit, item->org_id);
    return e;
}

static Err offer_to_needs(Planner *planner, const Item *item, Plan *plan)
{
    Cx *cx = planner->cx;
    const Asked asked = item_asked(item);
    MatchAnswer answer = {0};
    Rows rows;
    i64 *ids = ARENA_NEW(cx->arena, i64, DEPTH);
    size_t count = 0;
    const MatchQuery query = {.fields = asked.fields,
                              .field_count = asked.count,
                              .kinds = MATCH_OF_NEEDS,
                              .listed_only = true,
                              .no_reasons = true,
                              .no_total = true,
                              .limit = DEPTH};
    Err e = match_search(cx, planner->index, &query, &answer);
    for (size_t i = 0; !e && i < answer.count; i++)
        e = offer_to_need(planner, item, answer.hits[i].id, plan);
    if (!e) /* No index knows these: of one field there are few. */
        e = DB_QUERY(cx, &rows,
                     "SELECT id FROM need WHERE state IN (0, 1) AND field = ?1 ORDER BY id DESC "
                     "LIMIT ?2",
                     BIND_STR(item->field), BIND_INT(DEPTH));
    if (e)
        return e;
    while (count < DEPTH && rows_next(&rows))
        ids[count++] = rows_int(&rows, 0);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++)
        e = offer_to_need(planner, item, ids[i], plan);
    return e;
}

static Err make_firms(Planner *planner)
{
    Cx *cx = planner->cx;
    Rows rows;
    Err e = db_query(cx, &rows,
                     "SELECT id, intro FROM org WHERE kind = 'firm' AND left_ms = 0 AND "
                     "intro <> '' ORDER BY id",
                     NULL, 0);
    if (e)
        return e;
    planner->firms = match_open();
    while (!e && rows_next(&rows)) {
        const MatchField field = {rows_str(&rows, 1), 1, false};
        const MatchDoc doc = {.kind = MATCH_NEED,
                              .id = rows_int(&rows, 0),
                              .fields = &field,
                              .field_count = 1,
                              .listed = true,
                              .org_id = rows_int(&rows, 0),
                              .field_code = S("")};
        e = match_put(cx, planner->firms, &doc);
    }
    Err end = rows_end(&rows);
    return e ? e : end;
}

static Err offer_to_firms(Planner *planner, const Item *item, Plan *plan)
{
    Cx *cx = planner->cx;
    const Asked asked = item_asked(item);
    MatchAnswer answer = {0};
    const MatchQuery query = {.fields = asked.fields,
                              .field_count = asked.count,
                              .not_org_id = item->org_id,
                              .no_reasons = true,
                              .no_total = true,
                              .limit = FIRMS_ASKED};
    Err e = planner->firms ? ERR_OK : make_firms(planner);
    if (!e)
        e = match_search(cx, planner->firms, &query, &answer);
    for (size_t i = 0; !e && i < answer.count; i++) {
        Org org = {0};
        MatchHit hit = {0};
        e = record_load(cx, &org_type, answer.hits[i].id, &org);
        const Asked intro = {{{org.intro, 1, false}}, 1};
        if (!e)
            e = fit(planner, &intro, item->kind, item->id, &hit);
        if (!e && hit.percent >= planner->threshold)
            add_item_to_firm(cx, plan, item, &hit, org.id, 0);
    }
    return e;
}

static Err plan_listing(Planner *planner, i64 id, Plan *plan)
{
    Listing listing = {0};
    Item item = {0};
    Err e = record_load(planner->cx, &listing_type, id, &listing);
    if (!e)
        e = listing.patent_id
                ? load_item(planner->cx, MATCH_PATENT, listing.patent_id, &item)
                : load_item(planner->cx, MATCH_ACHIEVEMENT, listing.achievement_id, &item);
    if (!e)
        e = offer_to_needs(planner, &item, plan);
    if (!e)
        e = offer_to_firms(planner, &item, plan);
    plan->row.field = listing.field;
    return e;
}

/* ---- by hand ---- */

Err push_pair(Cx *cx, i64 need_id, i64 patent_id, i64 achievement_id, bool to_firm, Push *ret)
{
    Planner planner = {.cx = cx};
    Plan plan = {0};
    Need need = {0};
    Item item = {0};
    MatchHit hit = {0};
    i64 firm = 0;
    Err e = record_load(cx, &need_public_type, need_id, &need);
    if (!e)
        e = load_item(cx, patent_id ? MATCH_PATENT : MATCH_ACHIEVEMENT,
                      patent_id ? patent_id : achievement_id, &item);
    if (!e)
        e = push_index(cx, &planner.index);
    const Asked asked = need_asked(&need);
    if (!e)
        e = fit(&planner, &asked, item.kind, item.id, &hit);
    if (!e)
        e = DB_INT(cx, &firm, 0, "SELECT org_id FROM need WHERE id = ?1", BIND_INT(need_id));
    if (e)
        return e;
    hit.kind = item.kind; /* Also of one that shares nothing: a person may know better. */
    hit.id = item.id;
    if (to_firm)
        add_item_to_firm(cx, &plan, &item, &hit, firm, need_id);
    else
        add_need_to_unit(cx, &plan, &need, &hit, item.org_id);
    *ret = plan.pushes[0];
    return ERR_OK;
}

/* ---- what is due ---- */

#define DUE(about, from)                                                                           \
    "SELECT n.id, n.rev FROM " from " AND n.id > ?1 AND NOT EXISTS (SELECT 1 FROM push_plan p "    \
    "WHERE p.about = '" about "' AND p.about_id = n.id AND p.about_rev = n.rev) ORDER BY n.id "    \
    "LIMIT 1"
#define AFTER(from) "SELECT n.id, n.rev FROM " from " AND n.id > ?1 ORDER BY n.id LIMIT 1"
#define NEEDS       "need_public n WHERE n.state = 2"
#define OWN         "need n WHERE n.state IN (0, 1, 2)"
#define LISTINGS    "listing n WHERE n.state IN (2, 3)"
#define FIRMS       "org n WHERE n.kind = 'firm' AND n.left_ms = 0 AND n.intro <> ''"

static const struct {
    const char *about, *due, *after;
    Err (*plan)(Planner *planner, i64 id, Plan *plan);
} subjects[SUBJECTS] = {
    {"need", DUE("need", NEEDS), AFTER(NEEDS), plan_need},
    {"own", DUE("own", OWN), AFTER(OWN), plan_own},
    {"listing", DUE("listing", LISTINGS), AFTER(LISTINGS), plan_listing},
    {"org", DUE("org", FIRMS), AFTER(FIRMS), plan_org},
};

bool push_concerns(const Fact *fact)
{
    static const char *const tables[] = {"need_public", "need", "listing", "org"};
    for (size_t i = 0; i < COUNT(tables); i++)
        if (str_same_z(fact->table_name, tables[i]))
            return true;
    return false;
}

/* The next subject to plan, by rising id: one that changes behind it is found by the next run.
 * *ret_id 0 when there is none. */
static Err next_subject(Cx *cx, PlanAt *at, i64 *ret_id, i64 *ret_rev)
{
    Err e = ERR_OK;
    *ret_id = 0;
    for (; !e && !*ret_id && at->subject < SUBJECTS; at->subject++) {
        Rows rows;
        Bind bind = BIND_INT(at->id);
        e = db_query(cx, &rows, at->anew ? subjects[at->subject].after : subjects[at->subject].due,
                     &bind, 1);
        if (e)
            return e;
        if (rows_next(&rows)) {
            *ret_id = rows_int(&rows, 0);
            *ret_rev = rows_int(&rows, 1);
        }
        e = rows_end(&rows);
        at->id = *ret_id;
        if (*ret_id)
            return e;
    }
    return e;
}

/* A subject that went while it was looked at has nothing to plan. */
static Err plan_one(Planner *planner, const PlanAt *at, i64 id, i64 rev, PushDone *done)
{
    Cx *cx = planner->cx;
    ArenaMark mark = arena_mark(cx->arena);
    Plan plan = {.row = {.about = str_from(subjects[at->subject].about),
                         .about_id = id,
                         .about_rev = rev,
                         .field = S(""),
                         .threshold = planner->threshold}};
    Err e = subjects[at->subject].plan(planner, id, &plan);
    if (e == ERR_MISSING) {
        err_clear(cx);
        plan.count = 0;
        e = ERR_OK;
    }
    plan.row.should = (i64)plan.count;
    if (!e)
        e = save_plan(cx, &plan, done);
    arena_rewind(cx->arena, mark);
    return e;
}

Err push_plan_some(Cx *cx, PlanAt *at, int most, PushDone *done, bool *ret_more)
{
    Planner planner = {.cx = cx, .threshold = house_of(cx)->settings->push_threshold};
    MatchModel model;
    i64 id = 0, rev = 0, model_id = 0;
    Err e = push_index(cx, &planner.index);
    if (!e)
        e = match_model_in_use(cx, &model, &model_id);
    planner.ranks = model_id || house_of(cx)->vectors;
    *ret_more = false;
    for (int n = 0; !e; n++) {
        e = next_subject(cx, at, &id, &rev);
        *ret_more = !e && id;
        if (e || !id || n == most)
            break;
        e = plan_one(&planner, at, id, rev, done);
    }
    if (*ret_more) /* The one that was found is the next to do. */
        at->id--;
    if (planner.people)
        match_close(planner.people);
    if (planner.firms)
        match_close(planner.firms);
    arena_done(&planner.kept);
    return e;
}
