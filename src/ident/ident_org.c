/* Units in their tree, and their marks. */
#include "ident/ident_int.h"

Err org_name(Cx *cx, i64 id, Str *ret)
{
    Rows rows;
    Str name = S("");
    Err e = DB_QUERY(cx, &rows, "SELECT name FROM org WHERE id = ?1", BIND_INT(id));
    if (e)
        return e;
    if (rows_next(&rows))
        name = rows_str_copy(&rows, 0);
    e = rows_end(&rows);
    if (!e)
        *ret = name;
    return e;
}

Err org_by_code(Cx *cx, Str code, Org *ret)
{
    return RECORD_FIND(cx, &org_type, ret, "WHERE code = ?1 AND code <> ''", BIND_STR(code));
}

Err org_ensure(Cx *cx, Str code, Str name, const char *kind, i64 *ret_id, bool *ret_made)
{
    Org org = {0};
    Err e = org_by_code(cx, code, &org);
    bool made = e == ERR_MISSING;
    if (made) {
        err_clear(cx);
        org = (Org){.code = code, .name = name, .kind = str_from(kind)};
        e = fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
    }
    if (e)
        return e;
    *ret_id = org.id;
    *ret_made = made;
    return ERR_OK;
}

/* Of at most RECORD_IDS_MAX units; '' where there is none. */
static Err org_names(Cx *cx, const i64 *ids, size_t count, Str *names)
{
    Rows rows;
    Bind binds[RECORD_IDS_MAX];
    if (!record_ids_bind(ids, count, binds))
        return ERR_OK;
    Err e = db_query(cx, &rows, "SELECT id, name FROM org WHERE id IN (" RECORD_IDS ")", binds,
                     COUNT(binds));
    if (e)
        return e;
    while (rows_next(&rows)) {
        i64 id = rows_int(&rows, 0);
        Str name = rows_str_copy(&rows, 1);
        for (size_t i = 0; i < count; i++)
            if (ids[i] == id)
                names[i] = name;
    }
    return rows_end(&rows);
}

Err org_names_add(Cx *cx, Val *list, const char *id_key, const char *name_key)
{
    for (size_t first = 0; first < val_count(list); first += RECORD_IDS_MAX) {
        i64 ids[RECORD_IDS_MAX];
        Str names[RECORD_IDS_MAX] = {0};
        size_t count = 0;
        while (count < RECORD_IDS_MAX && first + count < val_count(list)) {
            ids[count] = val_get_int(val_at(list, first + count), id_key);
            count++;
        }
        Err e = org_names(cx, ids, count, names);
        if (e)
            return e;
        for (size_t i = 0; i < count; i++)
            val_set_str(cx->arena, val_at(list, first + i), name_key, names[i]);
    }
    return ERR_OK;
}

/* ---- org ---- */

/* An industry is asked for, and taken, of a centre of an industry alone. */
static Err check_field(Cx *cx, const Org *org)
{
    bool trade = str_same(org->kind, S("centre")) && str_same(org->line, S("trade"));
    if (trade && !org->field.len)
        return err_set(cx, ERR_INPUT, "field", "ident.field_wanted");
    if (!trade && org->field.len)
        return err_set(cx, ERR_INPUT, "field", "ident.field_not_asked");
    return ERR_OK;
}

static Err org_add_run(Cx *cx, const void *arg, Val **ret)
{
    Org org = *(const Org *)arg;
    i64 there = 0;
    Err e = check_field(cx, &org);
    if (!e)
        e = DB_INT(cx, &there, 0, "SELECT id FROM org WHERE code = ?1 AND code <> ''",
                   BIND_STR(org.code));
    if (!e && there)
        return err_set_arg(cx, ERR_CONFLICT, "code", "ident.org_there", org.code);
    if (!e)
        e = fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
    org_tree_forget(house_of(cx)->orgs);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", org.id);
    return ERR_OK;
}

/* Where a unit stands: all four are set, an empty one is taken away. */
typedef struct OrgChange {
    i64 id;
    Str level;
    Str line;
    Str field;
    Str division;
} OrgChange;

static const Field org_change_fields[] = {
    {AT(OrgChange, id), F_REF, "单位", "Organisation", REQUIRED, SEE_PUBLIC, NULL,
     .ref = &org_type},
    {AT(OrgChange, level), F_CODE, "层级", "Level", 0, SEE_PUBLIC, NULL, .codes = &org_levels},
    {AT(OrgChange, line), F_CODE, "业务条线", "Line", 0, SEE_PUBLIC, NULL, .codes = &org_lines},
    {AT(OrgChange, field), F_CODE, "所属产业", "Industry", 0, SEE_PUBLIC, NULL,
     .codes = &industry_fields, .help_zh = "只有行业分中心填写",
     .help_en = "Of a centre of an industry alone"},
    {AT(OrgChange, division), F_TEXT, "行政区划代码", "Division", 0, SEE_PUBLIC, NULL, .max = 6},
};

static Err org_change_run(Cx *cx, const void *arg, Val **ret)
{
    const OrgChange *in = arg;
    Org org = {0};
    Err e = record_load(cx, &org_type, in->id, &org);
    org.level = in->level;
    org.line = in->line;
    org.field = in->field;
    org.division = in->division;
    if (!e)
        e = check_field(cx, &org);
    if (!e)
        e = fact_change(cx, &org_type, &org, (FactNote){.kind = "org.changed"});
    org_tree_forget(house_of(cx)->orgs);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", org.id);
    return ERR_OK;
}

typedef struct OrgEnsure {
    Str code;
    Str name;
} OrgEnsure;

static const Field org_ensure_fields[] = {
    {AT(OrgEnsure, code), F_TEXT, "单位代码", "Code", REQUIRED, SEE_PUBLIC, NULL, .max = 40},
    {AT(OrgEnsure, name), F_TEXT, "单位名称", "Name", 0, SEE_PUBLIC, NULL, .max = 100},
};

static Err org_ensure_run(Cx *cx, const void *arg, Val **ret)
{
    const OrgEnsure *in = arg;
    i64 id;
    bool made;
    Err e = org_ensure(cx, in->code, in->name.len ? in->name : in->code, "other", &id, &made);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", id);
    val_set_bool(cx->arena, *ret, "made", made);
    return ERR_OK;
}

typedef struct OrgQuery {
    Str q;
    Str kind;
    i64 parent_id;
    i64 page;
} OrgQuery;

static const Field org_query_fields[] = {
    {AT(OrgQuery, q), F_TEXT, "关键词", "Words", 0, SEE_PUBLIC, NULL, .max = 100},
    {AT(OrgQuery, kind), F_CODE, "单位类型", "Kind", 0, SEE_PUBLIC, NULL, .codes = &org_kinds},
    {AT(OrgQuery, parent_id), F_REF, "上级单位", "Parent", 0, SEE_PUBLIC, NULL},
    {AT(OrgQuery, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
};

Str like_any(Arena *arena, Str q)
{
    Buf out = buf_new(arena);
    buf_char(&out, '%');
    for (size_t i = 0; i < q.len; i++) {
        if (q.data[i] == '%' || q.data[i] == '_' || q.data[i] == '\\')
            buf_char(&out, '\\');
        buf_char(&out, q.data[i]);
    }
    buf_char(&out, '%');
    return buf_str(&out);
}

static Err org_list_run(Cx *cx, const void *arg, Val **ret)
{
    const OrgQuery *in = arg;
    i64 page = page_number(in->page), total;
    Str like = like_any(cx->arena, in->q);
    const Bind binds[] = {BIND_STR(in->kind), BIND_STR(like), BIND_INT(in->parent_id),
                          BIND_INT(PAGE_SIZE), BIND_INT((page - 1) * PAGE_SIZE)};
#define ORG_WHERE                                                                                  \
    "WHERE (?1 = '' OR kind = ?1) AND name LIKE ?2 ESCAPE '\\' AND (?3 = 0 OR parent_id = ?3)"
    Err e = count_rows(cx, "SELECT COUNT(*) FROM org " ORG_WHERE, binds, 3, &total);
    if (e)
        return e;
    Rows rows;
    Val *items = val_list(cx->arena);
    e = record_query(cx, &org_type, &rows, ORG_WHERE " ORDER BY id LIMIT ?4 OFFSET ?5", binds, 5);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Org org = {0};
        record_read_row(cx, &org_type, &rows, &org);
        val_push(cx->arena, items, record_val(cx, &org_type, &org, see_level(cx, org.id, false)));
    }
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return rows_end(&rows);
}

static Err marks_val(Cx *cx, i64 org_id, Val **ret)
{
    Rows rows;
    *ret = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &org_mark_type, &rows, "WHERE org_id = ?1 ORDER BY from_date, id",
                         BIND_INT(org_id));
    if (e)
        return e;
    while (rows_next(&rows)) {
        OrgMark mark = {0};
        record_read_row(cx, &org_mark_type, &rows, &mark);
        val_push(cx->arena, *ret, record_val(cx, &org_mark_type, &mark, SEE_PUBLIC));
    }
    return rows_end(&rows);
}

/* ---- the tree around a unit ---- */

enum { TREE_ROWS_MAX = 60, TREE_STEPS_MAX = 8 };

/* Rows of id, name, kind, level, line; `how` says why they stand there. */
static Err tree_rows(Cx *cx, const char *how, const char *sql, const Bind *binds, size_t count,
                     Val *list)
{
    Rows rows;
    Err e = db_query(cx, &rows, sql, binds, count);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Val *row = val_map(cx->arena);
        bool there = false;
        for (size_t i = 0; i < val_count(list); i++)
            there |= val_get_int(val_at(list, i), "id") == rows_int(&rows, 0);
        if (there) /* By both ways: it stands where it was found first. */
            continue;
        val_set_int(cx->arena, row, "id", rows_int(&rows, 0));
        val_set_str(cx->arena, row, "name", rows_str_copy(&rows, 1));
        val_set_str(cx->arena, row, "kind", rows_str_copy(&rows, 2));
        val_set_str(cx->arena, row, "level", rows_str_copy(&rows, 3));
        val_set_str(cx->arena, row, "line", rows_str_copy(&rows, 4));
        val_set_z(cx->arena, row, "how", how);
        val_push(cx->arena, list, row);
    }
    return rows_end(&rows);
}

#define TREE_SELECT "SELECT id, name, kind, level, line FROM org "
#define TREE_ROWS(cx, how, tail, list, ...)                                                        \
    tree_rows((cx), (how), TREE_SELECT tail, (const Bind[]){__VA_ARGS__},                          \
              COUNT(((const Bind[]){__VA_ARGS__})), (list))

/* A department stands below those of higher levels alone. */
#define LEVEL_RANK                                                                                 \
    "CASE level WHEN 'county' THEN 1 WHEN 'city' THEN 2 WHEN 'province' THEN 3 WHEN 'national' "   \
    "THEN 4 ELSE 0 END"

static i64 level_rank(Str level)
{
    static const char *const levels[] = {"county", "city", "province", "national"};
    for (size_t i = 0; i < COUNT(levels); i++)
        if (str_same_z(level, levels[i]))
            return (i64)i + 1;
    return 0;
}

/* The house above, then the supervising bodies, then the departments and centres of the place. */
static Err tree_up(Cx *cx, const Org *org, Val *list)
{
    Err e = ERR_OK;
    Org at = *org;
    Str division = org->division;
    i64 supervisor_id = org->supervisor_id;
    for (int i = 0; !e && at.parent_id && i < TREE_STEPS_MAX; i++) {
        e = TREE_ROWS(cx, "parent", "WHERE id = ?1", list, BIND_INT(at.parent_id));
        if (!e)
            e = record_load(cx, &org_type, at.parent_id, &at);
        division = division.len ? division : at.division;
        supervisor_id = supervisor_id ? supervisor_id : at.supervisor_id;
    }
    for (int i = 0; !e && supervisor_id && i < TREE_STEPS_MAX; i++) {
        e = TREE_ROWS(cx, "supervisor", "WHERE id = ?1", list, BIND_INT(supervisor_id));
        if (!e)
            e = record_load(cx, &org_type, supervisor_id, &at);
        supervisor_id = at.supervisor_id;
    }
    if (e || !division.len)
        return e;
    i64 rank = level_rank(org->level);
    return TREE_ROWS(cx, "place",
                     "WHERE kind IN ('department', 'centre') AND left_ms = 0 AND id <> ?1 AND "
                     "NOT (kind = 'centre' AND line = 'trade') AND "
                     "(level = 'national' OR (level = 'province' AND SUBSTR(division, 1, 2) = ?2) "
                     "OR (level = 'city' AND SUBSTR(division, 1, 4) = ?3) OR "
                     "(level = 'county' AND division = ?4)) AND " LEVEL_RANK
                     " > ?6 ORDER BY CASE level WHEN 'county' THEN "
                     "0 WHEN 'city' THEN 1 WHEN 'province' THEN 2 ELSE 3 END, kind DESC, id "
                     "LIMIT ?5",
                     list, BIND_INT(org->id), BIND_STR(str_slice(division, 0, 2)),
                     BIND_STR(str_slice(division, 0, 4)), BIND_STR(division),
                     BIND_INT(TREE_ROWS_MAX), BIND_INT(rank));
}

static Err tree_down(Cx *cx, const Org *org, Val *list)
{
    Err e = TREE_ROWS(cx, "parent", "WHERE parent_id = ?1 AND left_ms = 0 ORDER BY id LIMIT ?2",
                      list, BIND_INT(org->id), BIND_INT(TREE_ROWS_MAX));
    if (e)
        return e;
    return TREE_ROWS(cx, "supervisor",
                     "WHERE supervisor_id = ?1 AND left_ms = 0 ORDER BY kind, id LIMIT ?2", list,
                     BIND_INT(org->id), BIND_INT(TREE_ROWS_MAX));
}

static Err org_show_run(Cx *cx, const void *arg, Val **ret)
{
    Org org = {0};
    Err e = record_load(cx, &org_type, ((const IdIn *)arg)->id, &org);
    if (e)
        return e;
    Val *map = val_map(cx->arena), *up = val_list(cx->arena), *down = val_list(cx->arena), *marks;
    e = marks_val(cx, org.id, &marks);
    if (!e)
        e = tree_up(cx, &org, up);
    if (!e)
        e = tree_down(cx, &org, down);
    if (e)
        return e;
    val_set(cx->arena, map, "org", record_val(cx, &org_type, &org, see_level(cx, org.id, false)));
    val_set(cx->arena, map, "marks", marks);
    val_set(cx->arena, map, "up", up);
    val_set(cx->arena, map, "down", down);
    *ret = map;
    return ERR_OK;
}

/* ---- marks ---- */

static const Field mark_fields[] = {
    {AT(OrgMark, org_id), F_REF, "单位", "Organisation", REQUIRED, SEE_PUBLIC, NULL,
     .ref = &org_type},
    {AT(OrgMark, mark), F_CODE, "资质标识", "Mark", REQUIRED, SEE_PUBLIC, NULL,
     .codes = &org_marks},
    {AT(OrgMark, source), F_TEXT, "认定依据", "Source", 0, SEE_PUBLIC, NULL, .max = 100},
    {AT(OrgMark, from_date), F_DATE, "认定日期", "From", REQUIRED, SEE_PUBLIC, NULL},
    {AT(OrgMark, until_date), F_DATE, "有效期至", "Until", 0, SEE_PUBLIC, NULL},
};

/* A department marks only units below it. */
static Err may_mark(Cx *cx, i64 org_id)
{
    Org org = {0};
    Err e = record_load(cx, &org_type, org_id, &org);
    unsigned who = e ? 0 : who_of(cx, org_id, false);
    if (!e && !(who & (WHO_OPERATOR | WHO_LOCAL | WHO_ABOVE)))
        e = err_set(cx, ERR_DENIED, "org_id", "ident.not_below_you");
    return e;
}

static Err mark_add_run(Cx *cx, const void *arg, Val **ret)
{
    OrgMark mark = *(const OrgMark *)arg;
    i64 there = 0;
    Err e = may_mark(cx, mark.org_id);
    if (!e && mark.until_date && mark.until_date < mark.from_date)
        e = err_set(cx, ERR_INPUT, "until_date", "ident.ends_before_start");
    if (!e)
        e = DB_INT(cx, &there, 0,
                   "SELECT COUNT(*) FROM org_mark WHERE org_id = ?1 AND mark = ?2 AND "
                   "(until_date = 0 OR until_date >= ?3)",
                   BIND_INT(mark.org_id), BIND_STR(mark.mark), BIND_INT(mark.from_date));
    if (!e && there)
        e = err_set(cx, ERR_CONFLICT, "mark", "ident.mark_there");
    if (!e)
        e = fact_create(cx, &org_mark_type, &mark,
                        (FactNote){.kind = "mark.added",
                                   .code = str_z(cx->arena, mark.mark),
                                   .other_id = mark.org_id});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", mark.id);
    return ERR_OK;
}

static Err mark_end_run(Cx *cx, const void *arg, Val **ret)
{
    OrgMark mark = {0};
    i64 today = time_date(clock_now_ms(cx->clock));
    (void)ret;
    Err e = record_load(cx, &org_mark_type, ((const IdIn *)arg)->id, &mark);
    if (!e)
        e = may_mark(cx, mark.org_id);
    if (!e && mark.until_date && mark.until_date <= today)
        e = err_set(cx, ERR_STATE, NULL, "ident.mark_over");
    if (e)
        return e;
    mark.until_date = today;
    return fact_change(cx, &org_mark_type, &mark,
                       (FactNote){.kind = "mark.ended", .other_id = mark.org_id});
}

// clang-format off
static const Op ops[] = {
    {"org.add",    "新增单位", "Add organisation", OP_WRITE, 0, WHO_OPERATOR | WHO_LOCAL, sizeof(Org), org_fields + 4, ORG_FORM_FIELDS + 1, NULL, org_add_run, NULL, NULL},
    {"org.change", "变更单位定位", "Change where it stands", OP_WRITE, 0, WHO_OPERATOR | WHO_LOCAL, OP_IN(OrgChange, org_change_fields), NULL, org_change_run, NULL, "Level, line, industry and place of a unit: whom it stands over."},
    {"org.ensure", "登记单位", "Ensure organisation", OP_WRITE, OP_LOCAL_ONLY, WHO_LOCAL, OP_IN(OrgEnsure, org_ensure_fields), NULL, org_ensure_run, NULL, NULL},
    {"org.list",   "单位",     "Organisations",    OP_READ,  0, WHO_PUBLIC, OP_IN(OrgQuery, org_query_fields), NULL, org_list_run, NULL, NULL},
    {"org.show",   "单位详情", "Organisation",     OP_READ,  0, WHO_PUBLIC, OP_IN(IdIn, id_fields), NULL, org_show_run, NULL, NULL},
    {"mark.add",   "登记资质", "Add mark",         OP_WRITE, 0, WHO_OPERATOR | WHO_DEPARTMENT | WHO_LOCAL, sizeof(OrgMark), mark_fields, COUNT(mark_fields), NULL, mark_add_run, NULL, "A dated mark of a unit: high-tech enterprise and the like."},
    {"mark.end",   "终止资质", "End mark",         OP_WRITE, OP_DANGER, WHO_OPERATOR | WHO_DEPARTMENT | WHO_LOCAL, OP_IN(IdIn, id_fields), NULL, mark_end_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&org_type, &org_mark_type};
static const CodeList *const codes[] = {&org_kinds, &org_levels, &org_lines, &org_marks,
                                        &industry_fields};

const Room org_room = {
    .name = "ident",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
