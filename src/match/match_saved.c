/* Searches that people keep: their rows and what their owners do with them. */
#include "match/match_saved.h"

#include "ident/ident.h"

// clang-format off
static const Field saved_fields[] = {
    RECORD_HEAD_FIELDS(SavedSearch),
    {AT(SavedSearch, account_id), F_REF,   "账号",       "Account",   INDEXED | FORM_OFF, SEE_OWNER, NULL, .ref = &account_type},
    {AT(SavedSearch, name),       F_TEXT,  "名称",       "Name",      REQUIRED | PERSONAL, SEE_OWNER, NULL, .max = 60},
    {AT(SavedSearch, words),      F_PROSE, "关键词",     "Words",     REQUIRED | PERSONAL, SEE_OWNER, NULL, .max = 5000},
    {AT(SavedSearch, kind),       F_CODE,  "类型",       "Kind",      0, SEE_OWNER, NULL, .codes = &match_kinds},
    {AT(SavedSearch, field),      F_CODE,  "产业领域",   "Field",     0, SEE_OWNER, NULL, .codes = &industry_fields},
    {AT(SavedSearch, offer),      F_CODE,  "是否挂牌",   "Offer",     0, SEE_OWNER, NULL, .codes = &match_offers},
    {AT(SavedSearch, region),     F_CODE,  "地区",       "Region",    0, SEE_OWNER, NULL, .codes = &match_provinces},
    {AT(SavedSearch, maturity),   F_INT,   "技术成熟度", "Maturity (TRL)", 0, SEE_OWNER, NULL, .max = 9},
    {AT(SavedSearch, year),       F_INT,   "申请年份",   "Year filed", 0, SEE_OWNER, NULL, .max = MATCH_YEAR_FIRST + MATCH_YEARS - 1},
    {AT(SavedSearch, alert),      F_BOOL,  "有新结果时提醒", "Tell me of new results", INDEXED, SEE_OWNER, NULL},
    {AT(SavedSearch, looked_ms),  F_TIME,  "上次查看",   "Last looked", FORM_OFF, SEE_OWNER, NULL},
    {AT(SavedSearch, new_count),  F_INT,   "新结果数",   "New results", FORM_OFF, SEE_OWNER, NULL, .max = INT64_MAX},
    {AT(SavedSearch, told_seq),   F_INT,   "已通知至",   "Told up to", FORM_OFF, SEE_NOBODY, NULL, .max = INT64_MAX},
};
const RecordType saved_search_type = {"saved_search", "保存的搜索", "Saved search", sizeof(SavedSearch), saved_fields, COUNT(saved_fields), NULL};

static const Field hit_fields[] = {
    RECORD_HEAD_FIELDS(SavedHit),
    {AT(SavedHit, saved_id), F_REF,  "保存的搜索", "Saved search", INDEXED | FORM_OFF, SEE_OWNER, NULL, .ref = &saved_search_type},
    {AT(SavedHit, kind),     F_CODE, "类型",       "Kind",         FORM_OFF, SEE_OWNER, NULL, .codes = &match_kinds},
    {AT(SavedHit, ref_id),   F_INT,  "编号",       "No.",          FORM_OFF, SEE_OWNER, NULL, .max = INT64_MAX},
};
const RecordType saved_search_hit_type = {"saved_search_hit", "搜索的新结果", "New result", sizeof(SavedHit), hit_fields, COUNT(hit_fields), NULL};

static const Field mark_fields[] = {
    RECORD_HEAD_FIELDS(SearchMark),
    {AT(SearchMark, seq), F_INT, "已通知至", "Told up to", FORM_OFF, SEE_OPERATOR, NULL, .max = INT64_MAX},
};
const RecordType search_mark_type = {"search_mark", "搜索提醒进度", "Progress of alerts", sizeof(SearchMark), mark_fields, COUNT(mark_fields), NULL};
// clang-format on

MatchQuery saved_query(const SavedSearch *saved, MatchKind kind)
{
    i64 region = 0;
    bool placed = saved->region.len && str_to_i64(saved->region, &region);
    return (MatchQuery){.text = saved->words,
                        .kinds = 1u << kind,
                        .listed_only = str_same(saved->offer, S("yes")),
                        .unlisted_only = str_same(saved->offer, S("no")),
                        .field_code = saved->field,
                        .region = placed ? (int)region : 0,
                        .maturity = (int)saved->maturity,
                        .year = (int)saved->year,
                        .no_reasons = true,
                        .no_total = true};
}

int saved_least(Str words)
{
    enum { SHORT_CHARS = 12, SHORT_LEAST = 30, LONG_LEAST = 8 };
    size_t chars = utf8_count(words);
    if (chars <= SHORT_CHARS)
        return SHORT_LEAST;
    int least = (int)(SHORT_LEAST * SHORT_CHARS / chars);
    return least < LONG_LEAST ? LONG_LEAST : least;
}

/* ---- One's own ---- */

/* ERR_MISSING for one of somebody else, as for none. */
static Err load_own(Cx *cx, i64 id, SavedSearch *saved)
{
    Err e = record_load(cx, &saved_search_type, id, saved);
    if (!e && saved->account_id != cx->actor.account_id)
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(saved_search_type.zh));
    return e;
}

typedef struct SaveIn {
    Str name;
    Str q;
    Str kind;
    Str field;
    Str offer;
    Str region;
    i64 maturity;
    i64 year;
    i64 alert;
} SaveIn;

static const Field save_fields[] = {
    {AT(SaveIn, name), F_TEXT, "名称", "Name", 0, SEE_PUBLIC, NULL, .max = 60,
     .help_zh = "不填则用关键词的开头", .help_en = "Empty: how the words begin"},
    {AT(SaveIn, q), F_PROSE, "关键词", "Words", REQUIRED, SEE_PUBLIC, NULL, .max = 5000},
    {AT(SaveIn, kind), F_CODE, "类型", "Kind", 0, SEE_PUBLIC, NULL, .codes = &match_kinds},
    {AT(SaveIn, field), F_CODE, "产业领域", "Field", 0, SEE_PUBLIC, NULL,
     .codes = &industry_fields},
    {AT(SaveIn, offer), F_CODE, "是否挂牌", "Offer", 0, SEE_PUBLIC, NULL, .codes = &match_offers},
    {AT(SaveIn, region), F_CODE, "地区", "Region", 0, SEE_PUBLIC, NULL, .codes = &match_provinces},
    {AT(SaveIn, maturity), F_INT, "技术成熟度", "Maturity (TRL)", 0, SEE_PUBLIC, NULL, .min = 1,
     .max = 9},
    {AT(SaveIn, year), F_INT, "申请年份", "Year filed", 0, SEE_PUBLIC, NULL,
     .min = MATCH_YEAR_FIRST, .max = MATCH_YEAR_FIRST + MATCH_YEARS - 1},
    {AT(SaveIn, alert), F_BOOL, "有新结果时提醒", "Tell me of new results", 0, SEE_PUBLIC, NULL},
};

static Val *id_val(Cx *cx, i64 id)
{
    Val *val = val_map(cx->arena);
    val_set_int(cx->arena, val, "id", id);
    return val;
}

static Err save_run(Cx *cx, const void *arg, Val **ret)
{
    enum { NAME_CHARS = 20 };
    const SaveIn *in = arg;
    i64 count = 0, seq = 0;
    Str head = utf8_head(str_trim(in->q), NAME_CHARS);
    SavedSearch saved = {.account_id = cx->actor.account_id,
                         .name = in->name.len ? in->name : head,
                         .words = in->q,
                         .kind = in->kind,
                         .field = in->field,
                         .offer = in->offer,
                         .region = in->region,
                         .maturity = in->maturity,
                         .year = in->year,
                         .alert = in->alert,
                         .looked_ms = clock_now_ms(cx->clock)};
    Err e = DB_INT(cx, &count, 0, "SELECT COUNT(*) FROM saved_search WHERE account_id = ?1",
                   BIND_INT(cx->actor.account_id));
    if (!e && count >= SAVED_MAX)
        e = err_set_arg(cx, ERR_LIMIT, NULL, "saved.too_many",
                        str_format(cx->arena, "%d", SAVED_MAX));
    if (!e)
        e = fact_last_seq(cx, &seq);
    saved.told_seq = seq;
    if (!e)
        e = fact_create(cx, &saved_search_type, &saved, (FactNote){.kind = "saved.made"});
    if (!e)
        *ret = id_val(cx, saved.id);
    return e;
}

/* ---- What there is ---- */

static Val *saved_val(Cx *cx, const SavedSearch *saved)
{
    Val *val = val_map(cx->arena);
    val_set_int(cx->arena, val, "id", saved->id);
    val_set_str(cx->arena, val, "name", saved->name);
    val_set_str(cx->arena, val, "q", saved->words);
    val_set_str(cx->arena, val, "kind", saved->kind);
    val_set_str(cx->arena, val, "field", saved->field);
    val_set_str(cx->arena, val, "offer", saved->offer);
    val_set_str(cx->arena, val, "region", saved->region);
    val_set_int(cx->arena, val, "maturity", saved->maturity);
    val_set_int(cx->arena, val, "year", saved->year);
    val_set_bool(cx->arena, val, "alert", saved->alert != 0);
    val_set_int(cx->arena, val, "new_count", saved->new_count);
    val_set_int(cx->arena, val, "looked_ms", saved->looked_ms);
    return val;
}

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    (void)arg;
    Rows found;
    i64 new_total = 0;
    Val *items = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &saved_search_type, &found,
                         "WHERE account_id = ?1 ORDER BY new_count DESC, id DESC",
                         BIND_INT(cx->actor.account_id));
    if (e)
        return e;
    while (rows_next(&found)) {
        SavedSearch saved = {0};
        record_read_row(cx, &saved_search_type, &found, &saved);
        new_total += saved.new_count;
        val_push(cx->arena, items, saved_val(cx, &saved));
    }
    e = rows_end(&found);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "items", items);
    val_set_int(cx->arena, *ret, "new_total", new_total);
    return ERR_OK;
}

typedef struct SavedIn {
    i64 id;
} SavedIn;

static const Field saved_id_fields[] = {
    {AT(SavedIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};

/* The newest first. */
static Err load_hits(Cx *cx, i64 saved_id, MatchHit *hits, size_t *ret_count)
{
    Rows found;
    size_t count = 0;
    Err e = RECORD_QUERY(cx, &saved_search_hit_type, &found, "WHERE saved_id = ?1 ORDER BY id DESC",
                         BIND_INT(saved_id));
    if (e)
        return e;
    while (rows_next(&found)) {
        SavedHit hit = {0};
        record_read_row(cx, &saved_search_hit_type, &found, &hit);
        if (count < SAVED_HITS_MAX)
            hits[count++] = (MatchHit){.kind = match_kind_of(hit.kind), .id = hit.ref_id};
    }
    *ret_count = count;
    return rows_end(&found);
}

static Err news_run(Cx *cx, const void *arg, Val **ret)
{
    const SavedIn *in = arg;
    SavedSearch saved = {0};
    MatchAnswer answer = {.hits = ARENA_NEW(cx->arena, MatchHit, SAVED_HITS_MAX)};
    Val *items;
    Err e = load_own(cx, in->id, &saved);
    if (!e)
        e = load_hits(cx, saved.id, answer.hits, &answer.count);
    const Telling telling = {match_asked(cx->arena, saved.words), true};
    if (!e)
        e = match_hits_val(cx, &answer, &telling, &items);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "saved", saved_val(cx, &saved));
    val_set(cx->arena, *ret, "items", items);
    return ERR_OK;
}

/* ---- Changes ---- */

typedef struct RenameIn {
    i64 id;
    Str name;
} RenameIn;

static const Field rename_fields[] = {
    {AT(RenameIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
    {AT(RenameIn, name), F_TEXT, "名称", "Name", REQUIRED, SEE_PUBLIC, NULL, .max = 60},
};

static Err rename_run(Cx *cx, const void *arg, Val **ret)
{
    const RenameIn *in = arg;
    SavedSearch saved = {0};
    Err e = load_own(cx, in->id, &saved);
    saved.name = in->name;
    if (!e)
        e = fact_change(cx, &saved_search_type, &saved, (FactNote){.kind = "saved.renamed"});
    if (!e)
        *ret = id_val(cx, saved.id);
    return e;
}

typedef struct WatchIn {
    i64 id;
    i64 alert;
} WatchIn;

static const Field watch_fields[] = {
    {AT(WatchIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
    {AT(WatchIn, alert), F_BOOL, "有新结果时提醒", "Tell me of new results", 0, SEE_PUBLIC, NULL},
};

/* What came while nobody watched is no news. */
static Err watch_run(Cx *cx, const void *arg, Val **ret)
{
    const WatchIn *in = arg;
    SavedSearch saved = {0};
    i64 seq = 0;
    Err e = load_own(cx, in->id, &saved);
    if (!e)
        e = fact_last_seq(cx, &seq);
    if (!saved.alert && in->alert)
        saved.told_seq = seq;
    saved.alert = in->alert;
    if (!e)
        e = fact_change(cx, &saved_search_type, &saved,
                        (FactNote){.kind = "saved.watched", .amount = in->alert});
    if (!e)
        *ret = id_val(cx, saved.id);
    return e;
}

static Err remove_hits(Cx *cx, i64 saved_id)
{
    Rows found;
    i64 ids[SAVED_HITS_MAX];
    size_t count = 0;
    Err e = DB_QUERY(cx, &found, "SELECT id FROM saved_search_hit WHERE saved_id = ?1 ORDER BY id",
                     BIND_INT(saved_id));
    if (e)
        return e;
    while (rows_next(&found))
        if (count < COUNT(ids))
            ids[count++] = rows_int(&found, 0);
    e = rows_end(&found);
    for (size_t i = 0; !e && i < count; i++)
        e = fact_remove(cx, &saved_search_hit_type, ids[i], (FactNote){.kind = "saved.hit_gone"});
    return e;
}

static Err looked_run(Cx *cx, const void *arg, Val **ret)
{
    const SavedIn *in = arg;
    SavedSearch saved = {0};
    Err e = load_own(cx, in->id, &saved);
    if (!e)
        e = remove_hits(cx, saved.id);
    saved.new_count = 0;
    saved.looked_ms = clock_now_ms(cx->clock);
    if (!e)
        e = fact_change(cx, &saved_search_type, &saved, (FactNote){.kind = "saved.looked"});
    if (!e)
        *ret = id_val(cx, saved.id);
    return e;
}

static Err remove_run(Cx *cx, const void *arg, Val **ret)
{
    const SavedIn *in = arg;
    SavedSearch saved = {0};
    Err e = load_own(cx, in->id, &saved);
    if (!e)
        e = remove_hits(cx, saved.id);
    if (!e)
        e = fact_remove(cx, &saved_search_type, saved.id, (FactNote){.kind = "saved.removed"});
    if (!e)
        *ret = id_val(cx, in->id);
    return e;
}

// clang-format off
static const Op ops[] = {
    {"search.save",   "保存搜索",   "Save search",     OP_WRITE, OP_OWN, WHO_SIGNED, OP_IN(SaveIn, save_fields), NULL, save_run, "只有您自己看得到；开启提醒后，新来的内容符合时记在这里。", "For you alone; when it is watched, what is new and fits is noted here."},
    {"search.saved",  "保存的搜索", "Saved searches",  OP_READ,  OP_PLAIN | OP_OWN, WHO_SIGNED, OP_IN_NONE, NULL, list_run, NULL, NULL},
    {"search.news",   "新结果",     "New results",     OP_READ,  OP_PLAIN | OP_OWN, WHO_SIGNED, OP_IN(SavedIn, saved_id_fields), NULL, news_run, NULL, NULL},
    {"search.looked", "知道了",     "Seen",            OP_WRITE, OP_OWN, WHO_SIGNED, OP_IN(SavedIn, saved_id_fields), NULL, looked_run, NULL, NULL},
    {"search.rename", "改名",       "Rename",          OP_WRITE, OP_OWN, WHO_SIGNED, OP_IN(RenameIn, rename_fields), NULL, rename_run, NULL, NULL},
    {"search.watch",  "设置提醒",   "Watch",           OP_WRITE, OP_OWN, WHO_SIGNED, OP_IN(WatchIn, watch_fields), NULL, watch_run, NULL, NULL},
    {"search.remove", "删除",       "Remove",          OP_WRITE, OP_OWN, WHO_SIGNED, OP_IN(SavedIn, saved_id_fields), NULL, remove_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&saved_search_type, &saved_search_hit_type,
                                          &search_mark_type};

const Room saved_room = {.name = "saved",
                         .types = types,
                         .type_count = COUNT(types),
                         .ops = ops,
                         .op_count = COUNT(ops)};
