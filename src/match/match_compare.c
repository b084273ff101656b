/* Similar items, and up to four of them side by side. All of it is what everybody may read. */
#include "match/match_ops_int.h"

enum { SIMILAR = 6, SIMILAR_MAX = 20, COMPARE_LEAST = 2, COMPARE_MOST = 4, COMPARE_IDS_MAX = 200 };

static Err load_offer(Cx *cx, MatchItem *item)
{
    Err e;
    if (item->kind == MATCH_PATENT)
        e = listing_of_patent(cx, item->patent.id, &item->listing);
    else
        e = RECORD_FIND(cx, &listing_type, &item->listing,
                        "WHERE achievement_id = ?1 AND state IN (2, 3) ORDER BY id DESC LIMIT 1",
                        BIND_INT(item->achievement.id));
    if (e == ERR_MISSING) {
        err_clear(cx);
        e = ERR_OK;
    }
    bool offered = item->listing.id &&
                   (item->listing.state == LISTING_LISTED || item->listing.state == LISTING_IN_LOT);
    if (!e && offered)
        record_mask(cx->arena, &listing_type, &item->listing, SEE_PUBLIC);
    else
        item->listing = (Listing){0};
    return e;
}

static Err load_record(Cx *cx, MatchKind kind, i64 id, MatchItem *item)
{
    Err e;
    item->kind = kind;
    if (kind == MATCH_PATENT) {
        e = record_load(cx, &patent_type, id, &item->patent);
        record_mask(cx->arena, &patent_type, &item->patent, SEE_PUBLIC);
        item->title = item->patent.title;
        item->org_id = item->patent.org_id;
    } else if (kind == MATCH_ACHIEVEMENT) {
        e = record_load(cx, &achievement_type, id, &item->achievement);
        record_mask(cx->arena, &achievement_type, &item->achievement, SEE_PUBLIC);
        item->title = item->achievement.title;
        item->org_id = item->achievement.org_id;
    } else { /* The published form, whoever asks. */
        e = record_load(cx, &need_public_type, id, &item->need);
        item->title = item->need.title;
        item->org_id = item->need.org_id;
    }
    return e;
}

Err match_item_load(Cx *cx, MatchKind kind, i64 id, MatchItem *item)
{
    Err e = load_record(cx, kind, id, item);
    if (!e && kind != MATCH_NEED)
        e = load_offer(cx, item);
    return e ? e : org_name(cx, item->org_id, &item->org);
}

/* ---- match.similar ---- */

typedef struct SimilarIn {
    Str kind;
    i64 id;
    Str to;
    i64 limit;
} SimilarIn;

static const Field similar_fields[] = {
    {AT(SimilarIn, kind), F_CODE, "类型", "Kind", REQUIRED, SEE_PUBLIC, NULL,
     .codes = &match_kinds},
    {AT(SimilarIn, id), F_INT, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL, .min = 1,
     .max = INT64_MAX},
    {AT(SimilarIn, to), F_CODE, "找哪一类", "Among", 0, SEE_PUBLIC, NULL, .codes = &match_kinds},
    {AT(SimilarIn, limit), F_INT, "条数", "How many", 0, SEE_PUBLIC, NULL, .min = 1,
     .max = SIMILAR_MAX},
};

size_t match_item_texts(const MatchItem *item, MatchField ret[3])
{
    size_t count = 0;
    ret[count++] = (MatchField){item->title, 3, false};
    if (item->kind == MATCH_PATENT) {
        ret[count++] = (MatchField){item->patent.abstract, 1, false};
        ret[count++] = (MatchField){item->patent.ipc, 2, true};
    } else if (item->kind == MATCH_ACHIEVEMENT) {
        ret[count++] = (MatchField){item->achievement.intro, 1, false};
    } else {
        ret[count++] = (MatchField){item->need.problem, 1, false};
        ret[count++] = (MatchField){item->need.params, 1, false};
    }
    return count;
}

/* The hits without the record itself. */
static void leave_out(MatchAnswer *answer, MatchKind kind, i64 id, size_t limit)
{
    size_t kept = 0;
    for (size_t i = 0; i < answer->count && kept < limit; i++)
        if (answer->hits[i].kind != kind || answer->hits[i].id != id)
            answer->hits[kept++] = answer->hits[i];
    answer->count = kept;
}

static Err similar_run(Cx *cx, const void *arg, Val **ret)
{
    const SimilarIn *in = arg;
    MatchIndex *index;
    MatchAnswer answer = {0};
    MatchField fields[3];
    MatchItem item = {0};
    Val *items;
    MatchKind kind = match_kind_of(in->kind), to = in->to.len ? match_kind_of(in->to) : kind;
    size_t limit = (size_t)(in->limit ? in->limit : SIMILAR);
    Err e = match_item_load(cx, kind, in->id, &item);
    if (!e)
        e = match_ready(cx, &index);
    if (e)
        return e;
    const MatchQuery query = {.fields = fields,
                              .field_count = match_item_texts(&item, fields),
                              .kinds = 1u << to,
                              .no_total = true,
                              .limit = limit + 1};
    e = match_search(cx, index, &query, &answer);
    leave_out(&answer, kind, in->id, limit);
    if (!e)
        e = match_hits_val(cx, &answer, &(Telling){0}, &items);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "items", items);
    return ERR_OK;
}

/* ---- match.compare ---- */

typedef struct CompareIn {
    Str ids;
} CompareIn;

static const Field compare_fields[] = {
    {AT(CompareIn, ids), F_TEXT, "对比哪些", "Which", REQUIRED, SEE_PUBLIC, NULL,
     .max = COMPARE_IDS_MAX, .help_zh = "形如 patent-12,need-3，两到四项",
     .help_en = "Such as patent-12,need-3: two to four"},
};

/* A row of the comparison: the field of each kind that stands in it; NULL: none. */
static const struct {
    const char *name, *label, *patent, *achievement, *listing, *need;
} rows[] = {
    {"kind", "match.row_kind", "kind", "kind", NULL, NULL},
    {"field", "match.by_field", "field", "field", NULL, "field"},
    {"number", "match.row_number", "appno", NULL, NULL, NULL},
    {"classes", "match.row_classes", "ipc", NULL, NULL, NULL},
    {"maturity", "match.by_maturity", "trl", "trl", NULL, NULL},
    {"level", "match.row_level", NULL, "level", NULL, NULL},
    {"filed", "match.row_filed", "filed_date", NULL, NULL, NULL},
    {"granted", "match.row_granted", "granted_date", NULL, NULL, NULL},
    {"expires", "match.row_expires", "expiry_date", NULL, NULL, NULL},
    {"claims", "match.row_claims", "claim_count", NULL, NULL, NULL},
    {"applicant", "match.row_applicant", "applicant", NULL, NULL, NULL},
    {"state", "match.row_state", NULL, NULL, "state", "state"},
    {"mode", "match.row_mode", NULL, NULL, "mode", "cooperation"},
    {"amount", "match.row_amount", NULL, NULL, "price_fen", "amount_fen"},
    {"until", "match.row_until", NULL, NULL, NULL, "valid_until_date"},
    {"text", "match.row_text", "abstract", "intro", NULL, "problem"},
    {"params", "match.row_params", NULL, NULL, NULL, "params"},
    {"pitch", "match.row_pitch", NULL, NULL, "intro", NULL},
};

static Str code_words(Cx *cx, const CodeList *list, Str codes)
{
    Str names[40], code;
    size_t count = 0;
    while (count < COUNT(names) && str_split(&codes, ',', &code)) {
        const Code *row = code_find(list, code);
        names[count++] = !row ? code : str_from(cx->lang == LANG_EN ? row->en : row->zh);
    }
    return str_join(cx->arena, names, count, cx->lang == LANG_EN ? S(", ") : S("、"));
}

/* A value as people read it; '' when there is none. */
static Str value_text(Cx *cx, const RecordType *type, const char *name, const void *record)
{
    const Field *field = record_field(type, name);
    i64 number = field_is_text(field) ? 0 : field_int(field, record);
    switch (field->kind) {
    case F_CODE:
    case F_CODES:
        return code_words(cx, field->codes, field_str(field, record));
    case F_STATE:
        return str_from(flow_label(field->flow, number, cx->lang));
    case F_MONEY:
        return number ? money_format(cx->arena, number) : S("");
    case F_DATE:
        return date_format(cx->arena, number);
    case F_INT:
        return number ? str_format(cx->arena, "%lld", (long long)number) : S("");
    default:
        return field_str(field, record);
    }
}

static Str row_text(Cx *cx, size_t row, const MatchItem *item)
{
    if (item->kind == MATCH_PATENT && rows[row].patent)
        return value_text(cx, &patent_type, rows[row].patent, &item->patent);
    if (item->kind == MATCH_ACHIEVEMENT && rows[row].achievement)
        return value_text(cx, &achievement_type, rows[row].achievement, &item->achievement);
    if (item->kind == MATCH_NEED)
        return rows[row].need ? value_text(cx, &need_type, rows[row].need, &item->need) : S("");
    bool offer = rows[row].listing && item->listing.id;
    return offer ? value_text(cx, &listing_type, rows[row].listing, &item->listing) : S("");
}

/* A row in which nobody has anything is left out. */
static void add_row(Cx *cx, Val *list, const char *name, const char *label, const Str *texts,
                    size_t count)
{
    Val *row = val_map(cx->arena), *values = val_list(cx->arena);
    bool any = false, differs = false;
    for (size_t i = 0; i < count; i++) {
        any |= texts[i].len > 0;
        differs |= !str_same(texts[i], texts[0]);
        val_push(cx->arena, values, val_str(cx->arena, texts[i]));
    }
    if (!any)
        return;
    val_set_z(cx->arena, row, "name", name);
    val_set_str(cx->arena, row, "label", text_say(cx->arena, cx->lang, label, NULL, 0));
    val_set(cx->arena, row, "values", values);
    val_set_bool(cx->arena, row, "differs", differs);
    val_push(cx->arena, list, row);
}

static Val *compare_rows(Cx *cx, const MatchItem *items, size_t count)
{
    Val *list = val_list(cx->arena);
    Str texts[COMPARE_MOST];
    for (size_t i = 0; i < count; i++)
        texts[i] = items[i].org;
    add_row(cx, list, "unit", "match.row_unit", texts, count);
    for (size_t row = 0; row < COUNT(rows); row++) {
        for (size_t i = 0; i < count; i++)
            texts[i] = row_text(cx, row, &items[i]);
        add_row(cx, list, rows[row].name, rows[row].label, texts, count);
    }
    return list;
}

bool match_name_read(Str name, MatchKind *ret_kind, i64 *ret_id)
{
    Str rest = str_trim(name), code;
    bool split = str_split(&rest, '-', &code);
    *ret_kind = match_kind_of(code);
    return split && *ret_kind && str_to_i64(rest, ret_id) && *ret_id > 0;
}

/* Items of names with commas between, each once. */
static Err read_items(Cx *cx, Str names, MatchItem *items, size_t *ret_count)
{
    struct {
        MatchKind kind;
        i64 id;
    } seen[COMPARE_MOST];
    size_t count = 0;
    Str name;
    while (str_split(&names, ',', &name)) {
        MatchKind kind;
        i64 id;
        bool again = false;
        if (!match_name_read(name, &kind, &id))
            return err_set_arg(cx, ERR_INPUT, "ids", "match.compare_name", name);
        for (size_t i = 0; i < count; i++)
            again |= seen[i].kind == kind && seen[i].id == id;
        if (again)
            continue;
        if (count == COMPARE_MOST)
            return err_set(cx, ERR_INPUT, "ids", "match.compare_count");
        Err e = match_item_load(cx, kind, id, &items[count]);
        if (e)
            return e;
        seen[count].kind = kind;
        seen[count++].id = id;
    }
    *ret_count = count;
    return count >= COMPARE_LEAST ? ERR_OK : err_set(cx, ERR_INPUT, "ids", "match.compare_count");
}

static Val *head_val(Cx *cx, const MatchItem *item)
{
    Val *val = val_map(cx->arena);
    i64 id = item->patent.id + item->achievement.id + item->need.id; /* Two of them are 0. */
    val_set_z(cx->arena, val, "kind", match_kind_code(item->kind));
    val_set_int(cx->arena, val, "id", id);
    val_set_str(cx->arena, val, "title", item->title);
    val_set_int(cx->arena, val, "listing_id", item->listing.id);
    return val;
}

static Err compare_run(Cx *cx, const void *arg, Val **ret)
{
    const CompareIn *in = arg;
    MatchItem *items = ARENA_NEW(cx->arena, MatchItem, COMPARE_MOST);
    Val *heads = val_list(cx->arena);
    size_t count = 0;
    Err e = read_items(cx, in->ids, items, &count);
    if (e)
        return e;
    for (size_t i = 0; i < count; i++)
        val_push(cx->arena, heads, head_val(cx, &items[i]));
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "items", heads);
    val_set(cx->arena, *ret, "rows", compare_rows(cx, items, count));
    return ERR_OK;
}

// clang-format off
static const Op ops[] = {
    {"match.similar", "相似内容", "Similar", OP_READ, OP_PLAIN, WHO_PUBLIC, OP_IN(SimilarIn, similar_fields), NULL, similar_run, NULL, NULL},
    {"match.compare", "对比",     "Compare", OP_READ, OP_PLAIN, WHO_PUBLIC, OP_IN(CompareIn, compare_fields), NULL, compare_run, NULL, NULL},
};
// clang-format on

const Room compare_room = {.name = "compare", .ops = ops, .op_count = COUNT(ops)};
