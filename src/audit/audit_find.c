/* Looking back: the access log and the facts by the same filters, newest first. */
#include "audit/audit_int.h"

#include "ident/ident.h"

enum { CONDITIONS_MAX = 16 };

/* A statement put together of literals; values are bound. */
typedef struct Query {
    Buf sql;
    Bind binds[CONDITIONS_MAX];
    size_t count;
} Query;

/* `literal` ends before the value's place: "account_id =". */
static void where(Query *query, const char *literal, Bind bind)
{
    assert(query->count < CONDITIONS_MAX);
    query->binds[query->count++] = bind;
    buf_format(&query->sql, "%s %s ?%zu", query->count == 1 ? "WHERE" : " AND", literal,
               query->count);
}

static void where_int(Query *query, const char *literal, i64 value)
{
    if (value)
        where(query, literal, BIND_INT(value));
}

static void where_str(Query *query, const char *literal, Str value)
{
    if (value.len)
        where(query, literal, BIND_STR(value));
}

/* "need" finds need.post and need.list, "need.post" itself alone. */
static void where_op(Cx *cx, Query *query, const char *is, const char *from, const char *below,
                     Str op)
{
    bool whole = !op.len || str_has(op, S(".")) || str_has(op, S("/"));
    if (whole) {
        where_str(query, is, op);
        return;
    }
    where(query, from, BIND_STR(str_format(cx->arena, "%.*s.", STR_ARG(op))));
    where(query, below, BIND_STR(str_format(cx->arena, "%.*s/", STR_ARG(op)))); /* '/' is '.' + 1 */
}

static i64 limit_of(const FindIn *in)
{
    return in->limit ? in->limit : 50;
}

static const char *end_query(Query *query, const char *order, const FindIn *in)
{
    query->binds[query->count++] = BIND_INT(limit_of(in));
    buf_format(&query->sql, " %s LIMIT ?%zu", order, query->count);
    return db_keep(buf_str(&query->sql));
}

Err find_views(Cx *cx, const FindIn *in, AccessLine **ret, size_t *ret_count)
{
    Query query = {.sql = buf_new(cx->arena)};
    AccessLine *lines = ARENA_NEW(cx->arena, AccessLine, (size_t)limit_of(in));
    size_t count = 0;
    Rows rows;
    where_int(&query, "id <", in->before);
    where_int(&query, "account_id =", in->account_id);
    where_int(&query, "org_id =", in->org_id);
    where_op(cx, &query, "op =", "op >=", "op <", in->op);
    where_str(&query, "record_type =", in->record_type);
    if (in->record_id)
        where(&query, "record_ids LIKE",
              BIND_STR(str_format(cx->arena, "%%,%lld,%%", (long long)in->record_id)));
    where_int(&query, "at_ms >=", in->from_ms);
    where_int(&query, "at_ms <=", in->until_ms);
    where_str(&query, "result =", in->result);
    where_str(&query, "via =", in->via);
    where_str(&query, "address =", in->address);
    const char *tail = end_query(&query, "ORDER BY id DESC", in);
    Err e = record_query(cx, &access_line_type, &rows, tail, query.binds, query.count);
    if (e)
        return e;
    while (count < (size_t)limit_of(in) && rows_next(&rows))
        record_read_row(cx, &access_line_type, &rows, &lines[count++]);
    e = rows_end(&rows);
    if (e)
        return e;
    *ret = lines;
    *ret_count = count;
    return ERR_OK;
}

/* A refused act has its error in the code: "lot.bid denied command.denied". */
static void where_result(Cx *cx, Query *query, Str result)
{
    if (!result.len)
        return;
    bool ok = str_same(result, S("ok"));
    where(query, ok ? "kind <>" : "kind =", BIND_STR(S("command.refused")));
    if (!ok)
        where(query, "code LIKE", BIND_STR(str_format(cx->arena, "%% %.*s %%", STR_ARG(result))));
}

/* Facts hold no address: the session they came by does, and it began with a fact of its own. */
static void where_address(Query *query, Str address)
{
    if (!address.len)
        return;
    where(query,
          "actor_id <> 0 AND EXISTS (SELECT 1 FROM session s WHERE s.account_id = fact.actor_id "
          "AND s.made_ms <= fact.at_ms AND s.ends_ms >= fact.at_ms AND s.address =",
          BIND_STR(address));
    buf_char(&query->sql, ')');
}

static Fact fact_of(Rows *rows)
{
    return (Fact){
        .seq = rows_int(rows, 0),
        .block = rows_int(rows, 1),
        .kind = rows_str_copy(rows, 2),
        .table_name = rows_str_copy(rows, 3),
        .row_id = rows_int(rows, 4),
        .actor_id = rows_int(rows, 5),
        .org_id = rows_int(rows, 6),
        .via = rows_str_copy(rows, 7),
        .at_ms = rows_int(rows, 8),
        .amount = rows_int(rows, 9),
        .code = rows_str_copy(rows, 10),
        .other_id = rows_int(rows, 11),
        .for_id = rows_int(rows, 12),
    };
}

Err find_acts(Cx *cx, const FindIn *in, Fact **ret, size_t *ret_count)
{
    Query query = {.sql = buf_new(cx->arena)};
    Fact *facts = ARENA_NEW(cx->arena, Fact, (size_t)limit_of(in));
    size_t count = 0;
    Rows rows;
    buf_z(&query.sql, "SELECT seq, block, kind, table_name, row_id, actor_id, org_id, via, at_ms, "
                      "amount, code, other_id, for_id FROM fact ");
    where_int(&query, "seq <", in->before);
    where_int(&query, "actor_id =", in->account_id);
    where_int(&query, "org_id =", in->org_id);
    where_op(cx, &query, "kind =", "kind >=", "kind <", in->op);
    where_str(&query, "table_name =", in->record_type);
    where_int(&query, "row_id =", in->record_id);
    where_int(&query, "at_ms >=", in->from_ms);
    where_int(&query, "at_ms <=", in->until_ms);
    where_result(cx, &query, in->result);
    where_str(&query, "via =", in->via);
    where_address(&query, in->address);
    const char *sql = end_query(&query, "ORDER BY seq DESC", in);
    Err e = db_query(cx, &rows, sql, query.binds, query.count);
    if (e)
        return e;
    while (count < (size_t)limit_of(in) && rows_next(&rows))
        facts[count++] = fact_of(&rows);
    e = rows_end(&rows);
    if (e)
        return e;
    *ret = facts;
    *ret_count = count;
    return ERR_OK;
}

/* ---- audit.search ---- */

/* By number, and by a masked name: an auditor needs to tell people apart, not to know them. */
static Err add_actor(Cx *cx, Val *row, i64 account_id)
{
    Str name = S("");
    Err e = account_id ? account_name(cx, account_id, &name) : ERR_OK;
    val_set_int(cx->arena, row, "account_id", account_id);
    val_set_str(cx->arena, row, "name", mask_personal(cx->arena, name));
    return e;
}

static Str op_label(Cx *cx, Str name)
{
    const Op *op = op_find(house_of(cx), name);
    return op ? str_from(cx->lang == LANG_EN ? op->en : op->zh) : name;
}

static Str type_label(Cx *cx, Str name)
{
    const RecordType *type = type_find(house_of(cx), name);
    if (str_same_z(name, access_line_type.name))
        type = &access_line_type; /* No room has it: it is no record. */
    return type ? str_from(cx->lang == LANG_EN ? type->en : type->zh) : name;
}

static Val *ids_val(Cx *cx, Str ids)
{
    Val *list = val_list(cx->arena);
    Str rest = ids, part;
    i64 id;
    while (str_split(&rest, ',', &part))
        if (str_to_i64(part, &id))
            val_push(cx->arena, list, val_int(cx->arena, id));
    return list;
}

static Err view_val(Cx *cx, const AccessLine *line, Val *row)
{
    val_set_int(cx->arena, row, "id", line->id);
    val_set_int(cx->arena, row, "at_ms", line->at_ms);
    val_set_int(cx->arena, row, "for_id", line->for_id);
    val_set_int(cx->arena, row, "org_id", line->org_id);
    val_set_int(cx->arena, row, "session_id", line->session_id);
    val_set_int(cx->arena, row, "token_id", line->token_id);
    val_set_str(cx->arena, row, "via", line->via);
    val_set_str(cx->arena, row, "address", line->address);
    val_set_str(cx->arena, row, "op", line->op);
    val_set_str(cx->arena, row, "label", op_label(cx, line->op));
    val_set_str(cx->arena, row, "record_type", line->record_type);
    val_set_str(cx->arena, row, "record_label", type_label(cx, line->record_type));
    val_set(cx->arena, row, "record_ids", ids_val(cx, line->record_ids));
    val_set_int(cx->arena, row, "shown", line->shown);
    val_set_int(cx->arena, row, "personal", line->personal);
    val_set_str(cx->arena, row, "result", line->result);
    if (cx->shown)
        shown_add(cx->shown, &access_line_type, line->id, false);
    return add_actor(cx, row, line->account_id);
}

static Err act_val(Cx *cx, const Fact *fact, Val *row)
{
    static const RecordType fact_type = {.name = "fact", .zh = "日志", .en = "Fact"};
    char *key = str_z(cx->arena, str_format(cx->arena, "fact.%.*s", STR_ARG(fact->kind)));
    const char *label = text_find(cx->lang, key);
    val_set_int(cx->arena, row, "id", fact->seq);
    val_set_int(cx->arena, row, "block", fact->block);
    val_set_int(cx->arena, row, "at_ms", fact->at_ms);
    val_set_int(cx->arena, row, "for_id", fact->for_id);
    val_set_int(cx->arena, row, "org_id", fact->org_id);
    val_set_str(cx->arena, row, "via", fact->via);
    val_set_str(cx->arena, row, "op", fact->kind);
    val_set_str(cx->arena, row, "label", label ? str_from(label) : fact->kind);
    val_set_str(cx->arena, row, "record_type", fact->table_name);
    val_set_str(cx->arena, row, "record_label", type_label(cx, fact->table_name));
    val_set_int(cx->arena, row, "record_id", fact->row_id);
    val_set_int(cx->arena, row, "amount", fact->amount);
    val_set_str(cx->arena, row, "code", fact->code);
    val_set_int(cx->arena, row, "other_id", fact->other_id);
    if (cx->shown)
        shown_add(cx->shown, &fact_type, fact->seq, false);
    return add_actor(cx, row, fact->actor_id);
}

static Err search_views(Cx *cx, const FindIn *in, Val *items)
{
    AccessLine *lines;
    size_t count;
    Err e = find_views(cx, in, &lines, &count);
    for (size_t i = 0; !e && i < count; i++) {
        Val *row = val_map(cx->arena);
        e = view_val(cx, &lines[i], row);
        val_push(cx->arena, items, row);
    }
    return e;
}

static Err search_acts(Cx *cx, const FindIn *in, Val *items)
{
    Fact *facts;
    size_t count;
    Err e = find_acts(cx, in, &facts, &count);
    for (size_t i = 0; !e && i < count; i++) {
        Val *row = val_map(cx->arena);
        e = act_val(cx, &facts[i], row);
        val_push(cx->arena, items, row);
    }
    return e;
}

/* `next`: what `before` has to be for the lines after these; 0 at the end. */
Err audit_search_run(Cx *cx, const void *arg, Val **ret)
{
    const FindIn *in = arg;
    Val *items = val_list(cx->arena);
    bool acts = str_same(in->tab, S("acts"));
    Err e = acts ? search_acts(cx, in, items) : search_views(cx, in, items);
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    if (e)
        return e;
    size_t count = val_count(items);
    bool more = count == (size_t)limit_of(in);
    *ret = val_map(cx->arena);
    val_set_str(cx->arena, *ret, "tab", acts ? S("acts") : S("views"));
    val_set(cx->arena, *ret, "items", items);
    val_set_int(cx->arena, *ret, "next", more ? val_get_int(val_at(items, count - 1), "id") : 0);
    return ERR_OK;
}
