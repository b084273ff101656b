#include "report/report.h"

#include "auction/auction.h"
#include "deal/deal.h"
#include "registry/registry.h"

enum { HOME_ROWS = 6 };

static Err figure(Cx *cx, Val *list, const char *name, const char *sql, const char *href)
{
    i64 count = 0;
    char *key = str_z(cx->arena, str_format(cx->arena, "figure.%s", name));
    Err e = count_rows(cx, sql, NULL, 0, &count);
    if (e)
        return e;
    Val *row = val_map(cx->arena);
    val_set_z(cx->arena, row, "name", name);
    val_set_str(cx->arena, row, "label", text_say(cx->arena, cx->lang, key, NULL, 0));
    val_set_int(cx->arena, row, "value", count);
    val_set_z(cx->arena, row, "href", href);
    val_push(cx->arena, list, row);
    return ERR_OK;
}

static Err figures(Cx *cx, Val **ret)
{
    static const struct {
        const char *name, *sql, *href;
    } rows[] = {
        {"patents", "SELECT COUNT(*) FROM patent", "/patents"},
        {"listings", "SELECT COUNT(*) FROM listing WHERE state IN (2, 3)", "/listings"},
        {"needs", "SELECT COUNT(*) FROM need_public WHERE state = 2", "/needs"},
        {"lots_open", "SELECT COUNT(*) FROM lot WHERE state = 1", "/lots"},
        {"deals", "SELECT COUNT(*) FROM deal", "/lots?state=sold"},
        {"orgs", "SELECT COUNT(*) FROM org", "/orgs"},
    };
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        Err e = figure(cx, list, rows[i].name, rows[i].sql, rows[i].href);
        if (e)
            return e;
    }
    *ret = list;
    return ERR_OK;
}

static Err newest(Cx *cx, const RecordType *type, size_t size, const char *tail, Val **ret)
{
    Rows rows;
    Val *list = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, type, &rows, tail, BIND_INT(HOME_ROWS));
    if (e)
        return e;
    void *record = arena_take(cx->arena, size);
    while (rows_next(&rows)) {
        record_read_row(cx, type, &rows, record);
        val_push(cx->arena, list, record_val(cx, type, record, SEE_PUBLIC));
    }
    e = rows_end(&rows);
    if (!e)
        e = org_names_add(cx, list, "org_id", "org");
    *ret = list;
    return e;
}

static Err add_todo(Cx *cx, Val *list, unsigned who, const char *name, const char *sql,
                    const char *href)
{
    i64 count = 0;
    if (!(cx->actor.roles & who))
        return ERR_OK;
    Err e = DB_INT(cx, &count, 0, sql, BIND_INT(cx->actor.org_id));
    if (e || !count)
        return e;
    char *key = str_z(cx->arena, str_format(cx->arena, "todo.%s", name));
    Val *row = val_map(cx->arena);
    val_set_str(cx->arena, row, "label", text_say(cx->arena, cx->lang, key, NULL, 0));
    val_set_int(cx->arena, row, "count", count);
    val_set_z(cx->arena, row, "href", href);
    val_set_bool(cx->arena, row, "due", false);
    val_push(cx->arena, list, row);
    return ERR_OK;
}

static Err todos(Cx *cx, Val **ret)
{
    static const struct {
        unsigned who;
        const char *name, *sql, *href;
    } rows[] = {
        {WHO_OPERATOR, "listings", "SELECT COUNT(*) FROM listing WHERE state = 1 AND ?1 = ?1",
         "/listings?state=filed"},
        {WHO_OPERATOR, "needs", "SELECT COUNT(*) FROM need WHERE state = 0 AND ?1 = ?1",
         "/needs?state=filed"},
        {WHO_OPERATOR, "bidders",
         "SELECT COUNT(*) FROM lot_bidder b WHERE state = 0 AND ?1 = ?1 AND EXISTS (SELECT 1 FROM "
         "lot l WHERE l.id = b.lot_id AND l.state < 3)",
         "/lots"},
        {WHO_OFFICE | WHO_INVENTOR, "drafts",
         "SELECT COUNT(*) FROM listing WHERE state = 0 AND org_id = ?1",
         "/listings?mine=1&state=draft"},
        {WHO_OFFICE, "imports", "SELECT COUNT(*) FROM import WHERE state = 0 AND org_id = ?1",
         "/import"},
        {WHO_FIRM, "needs_returned", "SELECT COUNT(*) FROM need WHERE state = 1 AND org_id = ?1",
         "/needs?mine=1&state=returned"},
        {WHO_OFFICE | WHO_FIRM, "deals",
         "SELECT COUNT(*) FROM deal WHERE state < 2 AND (seller_id = ?1 OR buyer_id = ?1)",
         "/deals"},
    };
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        Err e = add_todo(cx, list, rows[i].who, rows[i].name, rows[i].sql, rows[i].href);
        if (e)
            return e;
    }
    *ret = list;
    return ERR_OK;
}

static Err home_run(Cx *cx, const void *arg, Val **ret)
{
    Val *map = val_map(cx->arena), *list = NULL;
    (void)arg;
    Err e = figures(cx, &list);
    if (e)
        return e;
    val_set(cx->arena, map, "figures", list);
    e = newest(cx, &lot_type, sizeof(Lot),
               "WHERE state IN (0, 1, 2) ORDER BY CASE state WHEN 1 THEN 0 WHEN 2 THEN 1 ELSE 2 "
               "END, end_ms LIMIT ?1",
               &list);
    if (e)
        return e;
    val_set(cx->arena, map, "lots", list);
    e = newest(cx, &listing_type, sizeof(Listing),
               "WHERE state = 2 ORDER BY changed_ms DESC, id DESC LIMIT ?1", &list);
    if (e)
        return e;
    val_set(cx->arena, map, "listings", list);
    e = newest(cx, &need_public_type, sizeof(Need),
               "WHERE state = 2 ORDER BY changed_ms DESC, id DESC LIMIT ?1", &list);
    if (e)
        return e;
    val_set(cx->arena, map, "needs", list);
    e = todos(cx, &list);
    if (e)
        return e;
    val_set(cx->arena, map, "todo", list);
    *ret = map;
    return ERR_OK;
}

/* ---- the log ---- */

static Err head_run(Cx *cx, const void *arg, Val **ret)
{
    FactHead head;
    (void)arg;
    Err e = fact_head(cx, &head);
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "block", head.block);
    val_set_int(cx->arena, map, "facts", head.fact_count);
    val_set_str(cx->arena, map, "hash", head.hash);
    val_set_int(cx->arena, map, "at_ms", head.at_ms);
    val_set_str(cx->arena, map, "signature", head.signature);
    val_set_str(cx->arena, map, "public_key", head.public_key);
    val_set_str(cx->arena, map, "algorithm", head.algorithm);
    *ret = map;
    return ERR_OK;
}

Val *fact_val(Cx *cx, const Fact *fact)
{
    Val *row = val_map(cx->arena);
    char *key = str_z(cx->arena, str_format(cx->arena, "fact.%.*s", STR_ARG(fact->kind)));
    const char *label = text_find(cx->lang, key);
    val_set_int(cx->arena, row, "seq", fact->seq);
    val_set_int(cx->arena, row, "block", fact->block);
    val_set_str(cx->arena, row, "kind", fact->kind);
    val_set_str(cx->arena, row, "label", label ? str_from(label) : fact->kind);
    val_set_str(cx->arena, row, "table", fact->table_name);
    val_set_int(cx->arena, row, "row_id", fact->row_id);
    val_set_str(cx->arena, row, "row_digest", fact->row_digest);
    val_set_int(cx->arena, row, "actor_id", fact->actor_id);
    val_set_int(cx->arena, row, "org_id", fact->org_id);
    val_set_str(cx->arena, row, "via", fact->via);
    val_set_int(cx->arena, row, "at_ms", fact->at_ms);
    val_set_int(cx->arena, row, "amount", fact->amount);
    val_set_str(cx->arena, row, "code", fact->code);
    val_set_int(cx->arena, row, "other_id", fact->other_id);
    val_set_int(cx->arena, row, "for_id", fact->for_id);
    return row;
}

typedef struct FactsIn {
    i64 after;
    i64 before; /* The newest ones below this number; `after` is left aside. */
    i64 limit;
} FactsIn;

static const Field facts_fields[] = {
    {AT(FactsIn, after), F_INT, "起始序号", "After", 0, SEE_PUBLIC, NULL},
    {AT(FactsIn, before), F_INT, "终止序号", "Before", 0, SEE_PUBLIC, NULL},
    {AT(FactsIn, limit), F_INT, "条数", "How many", 0, SEE_PUBLIC, NULL, .min = 1,
     .max = LOG_FACTS_MAX},
};

static Err facts_run(Cx *cx, const void *arg, Val **ret)
{
    const FactsIn *in = arg;
    Fact *facts;
    size_t count;
    i64 last;
    int limit = (int)(in->limit ? in->limit : 50);
    Err e = fact_last_seq(cx, &last);
    i64 after = in->after ? in->after : last > limit ? last - limit : 0;
    if (in->before) {
        after = in->before > limit ? in->before - 1 - limit : 0;
        limit = (int)(in->before > limit ? limit : in->before - 1);
    }
    if (!e)
        e = fact_after(cx, after, limit, &facts, &count);
    if (e)
        return e;
    Val *items = val_list(cx->arena);
    for (size_t i = count; i > 0; i--)
        val_push(cx->arena, items, fact_val(cx, &facts[i - 1]));
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "items", items);
    val_set_int(cx->arena, *ret, "total", last);
    return ERR_OK;
}

typedef struct VerifyIn {
    i64 after;
} VerifyIn;

static const Field verify_fields[] = {
    {AT(VerifyIn, after), F_INT, "自此区块之后", "After block", 0, SEE_PUBLIC, NULL,
     .help_zh = "从头核验时留空；一次核验不完时填上次的 next_after。",
     .help_en =
         "Empty: from the first. A long log takes several calls; give next_after of the last."},
};

static Err verify_run(Cx *cx, const void *arg, Val **ret)
{
    const FactLog *log = house_of(cx)->facts;
    LogPart part;
    Err e = fact_verify_log(cx, ((const VerifyIn *)arg)->after, log ? fact_public_key(log) : S(""),
                            &part);
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    val_set_bool(cx->arena, map, "ok", part.ok);
    val_set_int(cx->arena, map, "blocks", part.blocks);
    val_set_int(cx->arena, map, "facts", part.facts);
    val_set_int(cx->arena, map, "from", part.blocks ? part.after + 1 : part.after);
    val_set_int(cx->arena, map, "to", part.to);
    val_set_int(cx->arena, map, "to_ms", part.to_ms);
    val_set_int(cx->arena, map, "head", part.head);
    val_set_int(cx->arena, map, "next_after", part.to < part.head ? part.to : 0);
    val_set_int(cx->arena, map, "bad_block", part.bad_block);
    val_set_int(cx->arena, map, "bad_seq", part.bad_seq);
    val_set_str(cx->arena, map, "why", part.why);
    Str words =
        part.ok ? S("") : text_say(cx->arena, cx->lang, str_z(cx->arena, part.why), NULL, 0);
    val_set_str(cx->arena, map, "message", words);
    *ret = map;
    return ERR_OK;
}

static Err doc_run(Cx *cx, const void *arg, Val **ret)
{
    (void)arg;
    *ret = op_openapi(cx);
    return ERR_OK;
}

static Err permissions_run(Cx *cx, const void *arg, Val **ret)
{
    (void)arg;
    *ret = op_permissions(cx);
    return ERR_OK;
}

// clang-format off
static const Op ops[] = {
    {"home.show",       "首页",     "Home",        OP_READ, 0, WHO_PUBLIC, OP_IN_NONE, NULL, home_run, NULL, NULL},
    {"log.head",        "日志头",   "Signed head", OP_READ, 0, WHO_PUBLIC, OP_IN_NONE, NULL, head_run, NULL, NULL},
    {"log.facts",       "日志",     "Facts",       OP_READ, 0, WHO_AUDIT | WHO_LOCAL, OP_IN(FactsIn, facts_fields), NULL, facts_run, NULL, NULL},
    {"log.verify",      "核验日志", "Verify",      OP_READ, 0, WHO_AUDIT | WHO_OPERATOR | WHO_LOCAL, OP_IN(VerifyIn, verify_fields), NULL, verify_run, "逐块核对日志的散列和签名，不核对各条记录。", "Checks the hashes and signatures of the log, block by block; not the rows."},
    {"api.openapi",     "接口文档", "OpenAPI",     OP_READ, 0, WHO_PUBLIC, OP_IN_NONE, NULL, doc_run, NULL, NULL},
    {"api.permissions", "权限表",   "Permissions", OP_READ, 0, WHO_SECURITY | WHO_AUDIT | WHO_LOCAL, OP_IN_NONE, NULL, permissions_run, NULL, NULL},
};
// clang-format on

const Room report_room = {.name = "report", .ops = ops, .op_count = COUNT(ops)};
