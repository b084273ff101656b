/* match_model.c - see match_model.h. */
#include "match/match_model.h"

#include "ident/ident.h"

#include <math.h>
#include <stdlib.h>

// clang-format off
static const Field model_fields[] = {
    RECORD_HEAD_FIELDS(MatchModelRow),
    {AT(MatchModelRow, weights),        F_TEXT, "权重",           "Weights",          FORM_OFF | LISTED, SEE_OPERATOR, NULL, .max = 1000},
    {AT(MatchModelRow, questions),      F_INT,  "训练需求数",     "Needs learnt from", FORM_OFF | LISTED, SEE_OPERATOR, NULL, .max = INT64_MAX},
    {AT(MatchModelRow, pairs),          F_INT,  "训练对数",       "Pairs",            FORM_OFF | LISTED, SEE_OPERATOR, NULL, .max = INT64_MAX},
    {AT(MatchModelRow, held_out),       F_INT,  "留出需求数",     "Needs held out",   FORM_OFF | LISTED, SEE_OPERATOR, NULL, .max = INT64_MAX},
    {AT(MatchModelRow, ndcg_before_bp), F_INT,  "此前 nDCG@10（万分比）", "nDCG@10 before (1/10000)", FORM_OFF | LISTED, SEE_OPERATOR, NULL, .max = 10000},
    {AT(MatchModelRow, ndcg_after_bp),  F_INT,  "此后 nDCG@10（万分比）", "nDCG@10 after (1/10000)",  FORM_OFF | LISTED, SEE_OPERATOR, NULL, .max = 10000},
    {AT(MatchModelRow, before_half_bp), F_INT,  "此前半宽（万分比）", "Before, half width (1/10000)", FORM_OFF | LISTED, SEE_OPERATOR, NULL, .max = 10000},
    {AT(MatchModelRow, after_half_bp),  F_INT,  "此后半宽（万分比）", "After, half width (1/10000)",  FORM_OFF | LISTED, SEE_OPERATOR, NULL, .max = 10000},
    {AT(MatchModelRow, gain_half_bp),   F_INT,  "差值半宽（万分比）", "Gain, half width (1/10000)",   FORM_OFF | LISTED, SEE_OPERATOR, NULL, .max = 20000},
    {AT(MatchModelRow, released_ms),    F_TIME, "启用时间",       "Released",         FORM_OFF | LISTED, SEE_OPERATOR, NULL},
};
const RecordType match_model_type = {"match_model", "匹配权重", "Match weights", sizeof(MatchModelRow), model_fields, COUNT(model_fields), "released_ms"};
// clang-format on

Str match_model_text(Cx *cx, const MatchModel *model)
{
    Buf out = buf_new(cx->arena);
    for (int f = 0; f < MATCH_FEATURES; f++)
        if (fabs(model->weights[f]) >= 0.00005)
            buf_add(&out, str_format(cx->arena, "%s%s=%.4f", buf_str(&out).len ? " " : "",
                                     match_feature_name((MatchFeature)f), model->weights[f]));
    return buf_str(&out);
}

MatchModel match_model_read(Str text)
{
    MatchModel model = {.weights = {0}};
    Str part, name;
    while (str_split(&text, ' ', &part)) {
        char number[32] = "";
        if (!str_split(&part, '=', &name) || part.len >= sizeof number)
            continue;
        for (size_t i = 0; i < part.len; i++)
            number[i] = part.data[i];
        for (int f = 0; f < MATCH_FEATURES; f++)
            if (str_same(name, str_from(match_feature_name((MatchFeature)f))))
                model.weights[f] = strtod(number, NULL);
    }
    return model;
}

Err match_model_in_use(Cx *cx, MatchModel *ret, i64 *ret_id)
{
    MatchModelRow row = {0};
    *ret = match_model_plain();
    *ret_id = 0;
    Err e = RECORD_FIND(cx, &match_model_type, &row,
                        "WHERE released_ms > ?1 ORDER BY released_ms DESC, id DESC LIMIT 1",
                        BIND_INT(0));
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    if (e)
        return e;
    *ret = match_model_read(row.weights);
    *ret_id = row.id;
    return ERR_OK;
}

Str match_feature_label(Cx *cx, Str name)
{
    static const char *const keys[MATCH_FEATURES] = {
        [MATCH_F_TEXT] = "match.feature_text",
        [MATCH_F_CHARS] = "match.feature_chars",
        [MATCH_F_WORDS] = "match.feature_words",
        [MATCH_F_CODES] = "match.feature_codes",
        [MATCH_F_EDGES] = "match.feature_edges",
        [MATCH_F_TITLE] = "match.feature_title",
        [MATCH_F_WIDENED] = "match.feature_widened",
        [MATCH_F_COVER] = "match.feature_cover",
        [MATCH_F_COVER_TITLE] = "match.feature_cover_title",
        [MATCH_F_COVER_DOC] = "match.feature_cover_doc",
        [MATCH_F_LENGTH] = "match.feature_length",
        [MATCH_F_FIELD] = "match.feature_field",
        [MATCH_F_REGION] = "match.feature_region",
        [MATCH_F_MATURITY] = "match.feature_maturity",
        [MATCH_F_FRESH] = "match.feature_fresh",
        [MATCH_F_PRICE] = "match.feature_price",
        [MATCH_F_MODE] = "match.feature_mode",
        [MATCH_F_GRANTED] = "match.feature_granted",
        [MATCH_F_CLAIMS] = "match.feature_claims",
        [MATCH_F_TERM] = "match.feature_term",
        [MATCH_F_OUTCOMES] = "match.feature_outcomes",
    };
    for (int f = 0; f < MATCH_FEATURES; f++)
        if (str_same_z(name, match_feature_name((MatchFeature)f)) && keys[f])
            return text_say(cx->arena, cx->lang, keys[f], NULL, 0);
    return name;
}

Val *match_model_shares(Cx *cx, const MatchModel *model, const double *features)
{
    Val *list = val_list(cx->arena);
    double whole = 0;
    for (int f = 0; f < MATCH_FEATURES; f++)
        whole += fabs(model->weights[f] * features[f]);
    for (int f = 0; f < MATCH_FEATURES && whole > 0; f++) {
        i64 share = (i64)lround(model->weights[f] * features[f] / whole * 100);
        if (!share)
            continue;
        Val *row = val_map(cx->arena);
        val_set_z(cx->arena, row, "name", match_feature_name((MatchFeature)f));
        val_set_int(cx->arena, row, "share", share);
        val_push(cx->arena, list, row);
    }
    return list;
}

/* ---- match.models ---- */

typedef struct ModelsIn {
    i64 page;
} ModelsIn;

/* [{name, label, weight, share}]: `weight` in 1/10,000, its share of all in percent. */
static Val *parts_val(Cx *cx, Str weights)
{
    MatchModel model = match_model_read(weights);
    Val *list = val_list(cx->arena);
    double whole = 0;
    for (int f = 0; f < MATCH_FEATURES; f++)
        whole += fabs(model.weights[f]);
    for (int f = 0; f < MATCH_FEATURES; f++) {
        double weight = model.weights[f];
        if (!(fabs(weight) > 0))
            continue;
        Val *row = val_map(cx->arena);
        Str name = str_from(match_feature_name((MatchFeature)f));
        val_set_str(cx->arena, row, "name", name);
        val_set_str(cx->arena, row, "label", match_feature_label(cx, name));
        val_set_int(cx->arena, row, "weight", lround(weight * 10000));
        val_set_int(cx->arena, row, "share", lround(weight / whole * 100));
        val_push(cx->arena, list, row);
    }
    return list;
}

static Err models_run(Cx *cx, const void *arg, Val **ret)
{
    const ModelsIn *in = arg;
    Rows rows;
    MatchModel model;
    i64 page = page_number(in->page), total = 0, in_use = 0, in_use_pairs = 0;
    Val *items = val_list(cx->arena);
    Err e = match_model_in_use(cx, &model, &in_use);
    if (!e) /* A row of text alone has none. */
        e = DB_INT(cx, &in_use_pairs, 0, "SELECT pairs FROM match_model WHERE id = ?1",
                   BIND_INT(in_use));
    if (!e)
        e = db_int(cx, "SELECT COUNT(*) FROM match_model", NULL, 0, 0, &total);
    if (!e)
        e = RECORD_QUERY(cx, &match_model_type, &rows, "ORDER BY id DESC LIMIT ?1 OFFSET ?2",
                         BIND_INT(PAGE_SIZE), BIND_INT((page - 1) * PAGE_SIZE));
    if (e)
        return e;
    while (rows_next(&rows)) {
        MatchModelRow row = {0};
        record_read_row(cx, &match_model_type, &rows, &row);
        Val *val = record_val(cx, &match_model_type, &row, SEE_OPERATOR);
        val_set_bool(cx->arena, val, "in_use", row.id == in_use);
        val_set(cx->arena, val, "parts", parts_val(cx, row.weights));
        val_push(cx->arena, items, val);
    }
    e = rows_end(&rows);
    if (e)
        return e;
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    val_set_int(cx->arena, *ret, "in_use_id", in_use);
    val_set_bool(cx->arena, *ret, "is_plain", !in_use_pairs);
    return ERR_OK;
}

/* ---- match.release ---- */

typedef struct ReleaseIn {
    i64 id; /* 0: the plain one. */
} ReleaseIn;

/* The row of text alone, made when it is first wanted. */
static Err load_plain(Cx *cx, MatchModelRow *ret)
{
    MatchModel plain = match_model_plain();
    Err e = RECORD_FIND(cx, &match_model_type, ret, "WHERE pairs = ?1 ORDER BY id LIMIT 1",
                        BIND_INT(0));
    if (e == ERR_MISSING) {
        err_clear(cx);
        *ret = (MatchModelRow){.weights = match_model_text(cx, &plain)};
        e = fact_create(cx, &match_model_type, ret, (FactNote){.kind = "match_model.learnt"});
    }
    return e;
}

static Err release_run(Cx *cx, const void *arg, Val **ret)
{
    const ReleaseIn *in = arg;
    MatchModelRow row = {0};
    MatchModel model;
    i64 in_use = 0;
    Err e = in->id ? record_load(cx, &match_model_type, in->id, &row) : load_plain(cx, &row);
    if (!e)
        e = match_model_in_use(cx, &model, &in_use);
    if (!e && in_use == row.id)
        e = err_set(cx, ERR_STATE, "id", "match.in_use");
    if (e)
        return e;
    row.released_ms = clock_now_ms(cx->clock);
    e = fact_change(cx, &match_model_type, &row,
                    (FactNote){.kind = "match_model.released", .other_id = in_use});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", row.id);
    val_set_int(cx->arena, *ret, "before_id", in_use);
    return ERR_OK;
}

// clang-format off
static const Field models_in[] = {
    {AT(ModelsIn, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
};
static const Field release_in[] = {
    {AT(ReleaseIn, id), F_REF, "匹配权重", "Match weights", 0, SEE_PUBLIC, NULL, .ref = &match_model_type, .help_zh = "留空则恢复为仅按文本排序", .help_en = "Empty: back to text alone"},
};
static const Op ops[] = {
    {"match.models",  "匹配权重", "Match weights",     OP_READ,  0, WHO_OPERATOR | WHO_LOCAL, OP_IN(ModelsIn, models_in), NULL, models_run, NULL, NULL},
    {"match.release", "启用",     "Release",           OP_WRITE, OP_DANGER, WHO_OPERATOR | WHO_LOCAL, OP_IN(ReleaseIn, release_in), NULL, release_run,
     "需求匹配从此按这一组权重排序；以前的各组保留，可再次启用。", "Matches of needs are ordered by these weights from now on; the others stay and can be released again."},
};
// clang-format on

static const RecordType *const types[] = {&match_model_type};

const Room model_room = {.name = "model",
                         .types = types,
                         .type_count = COUNT(types),
                         .ops = ops,
                         .op_count = COUNT(ops)};
