/* match_alert.c - what new documents mean to the watched searches.
 *
 *     facts after the mark -> new documents -> each watched search asks these alone -> search.tell
 *
 * search.tell writes hits and mark in one transaction, so a crash neither loses nor doubles any:
 * what is done again after the mark is known by SavedSearch.told_seq.
 */
#include "match/match_int.h"
#include "match/match_saved.h"
#include "match/match_suggest.h"

#include <stdlib.h>

enum {
    FACTS_AT_ONCE = 500,
    STEPS_MOST = 40,      /* Of one call: who waits is not kept from everything else. */
    MARK_EVERY = 5000,    /* Facts after which the mark is written though nothing was found. */
    NAMES_MAX = 20 * 100, /* Hits told at once. */
    HITS_EACH = 20,       /* Of a search in one step; as many as one statement loads. */
};

/* A document that a fact brought. */
typedef struct Fresh {
    MatchKind kind;
    i64 id;
    i64 seq;
    bool offered; /* It was there before and is on offer now: news for who asks for that. */
} Fresh;

typedef struct FreshList {
    Fresh items[FACTS_AT_ONCE];
    size_t count;
} FreshList;

static Err fresh_listing(Cx *cx, const Fact *fact, FreshList *list)
{
    Listing listing = {0};
    Err e = record_load(cx, &listing_type, fact->row_id, &listing);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    bool patent = listing.patent_id != 0;
    if (!e)
        list->items[list->count++] =
            (Fresh){.kind = patent ? MATCH_PATENT : MATCH_ACHIEVEMENT,
                    .id = patent ? listing.patent_id : listing.achievement_id,
                    .seq = fact->seq,
                    .offered = true};
    return e;
}

/* Facts that bring something to the index; what only changes it is no news. */
static Err find_fresh(Cx *cx, const Fact *facts, size_t count, FreshList *list)
{
    static const struct {
        const char *kind;
        MatchKind of;
    } rows[] = {{"patent.imported", MATCH_PATENT},
                {"achievement.added", MATCH_ACHIEVEMENT},
                {"need.published", MATCH_NEED}};
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < count; i++) {
        for (size_t r = 0; r < COUNT(rows); r++)
            if (str_same_z(facts[i].kind, rows[r].kind))
                list->items[list->count++] =
                    (Fresh){.kind = rows[r].of, .id = facts[i].row_id, .seq = facts[i].seq};
        if (str_same(facts[i].kind, S("listing.accepted")))
            e = fresh_listing(cx, &facts[i], list);
    }
    return e;
}

static int fresh_order(const void *a, const void *b)
{
    const Fresh *left = a, *right = b;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

/* The watched searches of accounts that are open. */
typedef struct Watched {
    SavedSearch *rows;
    size_t count;
    i64 least_seq; /* Nothing up to here is news for any; INT64_MAX when there are none. */
} Watched;

static Err load_watched(Cx *cx, Watched *ret)
{
    Rows found;
    i64 count = 0;
    *ret = (Watched){.least_seq = INT64_MAX};
    Err e = db_int(cx, "SELECT COUNT(*) FROM saved_search WHERE alert = 1", NULL, 0, 0, &count);
    if (e || !count)
        return e;
    ret->rows = ARENA_NEW(cx->arena, SavedSearch, (size_t)count);
    e = record_query(cx, &saved_search_type, &found,
                     "WHERE alert = 1 AND account_id IN (SELECT id FROM account WHERE closed = 0) "
                     "ORDER BY id",
                     NULL, 0);
    if (e)
        return e;
    while (rows_next(&found)) {
        SavedSearch saved = {0};
        record_read_row(cx, &saved_search_type, &found, &saved);
        if (ret->count == (size_t)count)
            continue;
        ret->rows[ret->count++] = saved;
        if (saved.told_seq < ret->least_seq)
            ret->least_seq = saved.told_seq;
    }
    return rows_end(&found);
}

/* What is told: "12-patent-5" for each, commas between. */
typedef struct News {
    Buf names;
    size_t count;
} News;

static bool is_news(const SavedSearch *saved, const FreshList *list, const MatchHit *hit)
{
    for (size_t i = 0; i < list->count; i++) {
        const Fresh *fresh = &list->items[i];
        if (fresh->kind == hit->kind && fresh->id == hit->id && fresh->seq > saved->told_seq &&
            (!fresh->offered || str_same(saved->offer, S("yes"))))
            return hit->percent >= saved_least(saved->words);
    }
    return false;
}

/* One kind of the fresh documents, asked by one search. */
static Err ask(Cx *cx, MatchIndex *index, const SavedSearch *saved, const FreshList *list,
               MatchKind kind, News *news)
{
    i64 ids[FACTS_AT_ONCE];
    size_t count = 0;
    MatchAnswer answer = {0};
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind == kind && (!count || ids[count - 1] != list->items[i].id))
            ids[count++] = list->items[i].id;
    if (!count || (saved->kind.len && match_kind_of(saved->kind) != kind))
        return ERR_OK;
    MatchQuery query = saved_query(saved, kind);
    query.only = ids;
    query.only_count = count;
    query.limit = HITS_EACH;
    Err e = match_search(cx, index, &query, &answer);
    for (size_t i = 0; !e && i < answer.count && news->count < NAMES_MAX; i++) {
        if (!is_news(saved, list, &answer.hits[i]))
            continue;
        buf_format(&news->names, "%s%lld-%s-%lld", news->count++ ? "," : "", (long long)saved->id,
                   match_kind_code(kind), (long long)answer.hits[i].id);
    }
    return e;
}

/* ---- search.tell ---- */

typedef struct TellIn {
    Str hits;
    i64 seq;
} TellIn;

static const Field tell_fields[] = {
    {AT(TellIn, hits), F_PROSE, "新结果", "New results", 0, SEE_PUBLIC, NULL, .max = 100 * 1000},
    {AT(TellIn, seq), F_INT, "已通知至", "Told up to", REQUIRED, SEE_PUBLIC, NULL, .min = 1,
     .max = INT64_MAX},
};

static Err read_hit(Cx *cx, Str name, SavedHit *ret)
{
    Str rest = name, number, kind;
    *ret = (SavedHit){0};
    if (str_split(&rest, '-', &number) && str_split(&rest, '-', &kind) && match_kind_of(kind) &&
        str_to_i64(number, &ret->saved_id) && str_to_i64(rest, &ret->ref_id)) {
        ret->kind = kind;
        return ERR_OK;
    }
    return err_set_arg(cx, ERR_INPUT, "hits", "match.compare_name", name);
}

/* Whether the hit is there already, and how many its search has. */
static Err count_hits(Cx *cx, const SavedHit *hit, i64 *ret_same, i64 *ret_all)
{
    Err e = DB_INT(cx, ret_same, 0,
                   "SELECT COUNT(*) FROM saved_search_hit WHERE saved_id = ?1 AND kind = ?2 AND "
                   "ref_id = ?3",
                   BIND_INT(hit->saved_id), BIND_STR(hit->kind), BIND_INT(hit->ref_id));
    if (!e)
        e = DB_INT(cx, ret_all, 0, "SELECT COUNT(*) FROM saved_search_hit WHERE saved_id = ?1",
                   BIND_INT(hit->saved_id));
    return e;
}

/* One more for a search; none when it has gone meanwhile, has it, or has its fill. */
static Err tell_one(Cx *cx, SavedHit *hit, i64 seq)
{
    SavedSearch saved = {0};
    i64 same = 0, all = 0;
    Err e = record_load(cx, &saved_search_type, hit->saved_id, &saved);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    if (!e)
        e = count_hits(cx, hit, &same, &all);
    if (e || same || all >= SAVED_HITS_MAX)
        return e;
    e = fact_create(cx, &saved_search_hit_type, hit,
                    (FactNote){.kind = "saved.hit", .other_id = hit->saved_id});
    saved.new_count = all + 1;
    saved.told_seq = seq > saved.told_seq ? seq : saved.told_seq;
    if (!e)
        e = fact_change(cx, &saved_search_type, &saved,
                        (FactNote){.kind = "saved.told", .amount = saved.new_count});
    return e;
}

static Err set_mark(Cx *cx, i64 seq)
{
    SearchMark mark = {0};
    Err e = record_load(cx, &search_mark_type, 1, &mark);
    bool made = e == ERR_MISSING;
    if (made)
        err_clear(cx);
    else if (e)
        return e;
    mark.seq = seq;
    const FactNote note = {.kind = "saved.marked", .amount = seq};
    return made ? fact_create(cx, &search_mark_type, &mark, note)
                : fact_change(cx, &search_mark_type, &mark, note);
}

static Err tell_run(Cx *cx, const void *arg, Val **ret)
{
    const TellIn *in = arg;
    Str rest = in->hits, name;
    Err e = ERR_OK;
    while (!e && str_split(&rest, ',', &name)) {
        SavedHit hit;
        e = read_hit(cx, name, &hit);
        if (!e)
            e = tell_one(cx, &hit, in->seq);
    }
    if (!e)
        e = set_mark(cx, in->seq);
    if (!e)
        *ret = val_map(cx->arena);
    return e;
}

/* ---- search.alert ---- */

static Err tell(Cx *cx, Str hits, i64 seq)
{
    TellIn *in = ARENA_NEW(cx->arena, TellIn, 1);
    Val *reply;
    *in = (TellIn){hits, seq};
    return op_call_name(cx, "search.tell", in, &reply);
}

static Err read_mark(Cx *cx, i64 *ret)
{
    SearchMark mark = {0};
    Err e = record_load(cx, &search_mark_type, 1, &mark);
    if (e == ERR_MISSING) {
        err_clear(cx);
        e = ERR_OK;
    }
    *ret = mark.seq;
    return e;
}

/* Without a thread that follows the facts the index is brought up to them here. */
static Err catch_up(Cx *cx, MatchIndex *index, i64 *ret_seq)
{
    Fact *facts;
    size_t count = FACTS_AT_ONCE;
    i64 seq = match_fed(index);
    Err e = ERR_OK;
    while (!e && !suggest_kept(index) && count == FACTS_AT_ONCE) {
        e = fact_after(cx, seq, FACTS_AT_ONCE, &facts, &count);
        for (size_t i = 0; !e && i < count; i++)
            e = match_feed_fact(cx, index, &facts[i]);
        if (!e && count)
            seq = facts[count - 1].seq;
    }
    match_set_fed(index, seq);
    *ret_seq = seq;
    return e;
}

/* A batch of facts; moves *seq on. */
static Err step(Cx *cx, MatchIndex *index, const Watched *watched, i64 fed, i64 *seq, i64 *ret_told)
{
    Fact *facts;
    size_t count = 0;
    FreshList *list = ARENA_NEW(cx->arena, FreshList, 1);
    News news = {.names = buf_new(cx->arena)};
    Err e = fact_after(cx, *seq, FACTS_AT_ONCE, &facts, &count);
    while (count && facts[count - 1].seq > fed)
        count--;
    if (!e)
        e = find_fresh(cx, facts, count, list);
    qsort(list->items, list->count, sizeof *list->items, fresh_order);
    for (size_t i = 0; !e && list->count && i < watched->count; i++)
        for (MatchKind kind = MATCH_PATENT; !e && kind <= MATCH_NEED; kind++)
            e = ask(cx, index, &watched->rows[i], list, kind, &news);
    i64 last = count ? facts[count - 1].seq : fed;
    if (!e && news.count)
        e = tell(cx, buf_str(&news.names), last);
    if (!e) {
        *seq = last;
        *ret_told += (i64)news.count;
    }
    return e;
}

static Err alert_run(Cx *cx, const void *arg, Val **ret)
{
    (void)arg;
    MatchIndex *index;
    Watched watched;
    i64 fed = 0, mark = 0, told = 0;
    Err e = match_ready(cx, &index);
    if (!e)
        e = catch_up(cx, index, &fed);
    if (!e)
        e = load_watched(cx, &watched);
    if (!e)
        e = read_mark(cx, &mark);
    if (e)
        return e;
    i64 seq = match_told(index) > mark ? match_told(index) : mark;
    if (seq < watched.least_seq)
        seq = watched.least_seq;
    for (int i = 0; !e && watched.count && seq < fed && i < STEPS_MOST; i++)
        e = step(cx, index, &watched, fed, &seq, &told);
    if (!e && !told && watched.count && seq - mark >= MARK_EVERY)
        e = tell(cx, S(""), seq);
    if (e)
        return e;
    match_set_told(index, watched.count ? seq : fed);
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "told", told);
    return ERR_OK;
}

// clang-format off
static const Op ops[] = {
    {"search.alert", "新结果提醒", "Alerts", OP_STEPS, OP_LOCAL_ONLY, WHO_CLOCK | WHO_LOCAL, OP_IN_NONE, NULL, alert_run, NULL, NULL},
    {"search.tell",  "记下新结果", "Note new results", OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(TellIn, tell_fields), NULL, tell_run, NULL, NULL},
};
// clang-format on

const Room alert_room = {.name = "alert", .ops = ops, .op_count = COUNT(ops)};
