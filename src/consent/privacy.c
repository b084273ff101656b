/* What people may ask about data on themselves, and one field about a person in full. */
#include "consent/consent_int.h"

#include "ident/ident.h"

enum { FACTS_SHOWN_MAX = 1000, REASON_MIN = 4 };

/* ---- record.reveal ---- */

typedef struct RevealIn {
    Str type;
    i64 id;
    Str field;
    Str reason;
} RevealIn;

/* Whoever may not know of the record is told no more than that there is none. */
static Err seen_at_all(Cx *cx, const RecordType *type, i64 id)
{
    const Val *record;
    const Op *op = op_find(house_of(cx), str_format(cx->arena, "%s.show", type->name));
    bool by_id = op && fields_find(op->in, op->in_count, S("id"));
    return by_id ? record_seen(cx, str_from(type->name), id, &record) : ERR_OK;
}

/* Whoever speaks for the unit that keeps what the record is part of (the roster of a member) is a
 * party to it: he has to reach the person. Not by way of an account: that is whom it is about. */
static Err kept_by(Cx *cx, const RecordType *type, const void *record, bool *ret)
{
    Err e = ERR_OK;
    *ret = false;
    for (size_t i = 0; !e && !*ret && i < type->count; i++) {
        const Field *field = &type->fields[i];
        i64 org_id = 0, id = field->kind == F_REF ? field_int(field, record) : 0;
        bool whole = id && field->ref && field->ref != &account_type && field->ref != &org_type;
        if (whole)
            e = record_org(cx, str_from(field->ref->name), id, &org_id);
        *ret = !e && org_id && (who_of(cx, org_id, false) & WHO_BINDS);
    }
    return e;
}

static Err reveal_find(Cx *cx, const RevealIn *in, const RecordType **ret_type,
                       const Field **ret_field, void **ret_record)
{
    const RecordType *type = type_find(house_of(cx), in->type);
    const Field *field = type ? record_field(type, str_z(cx->arena, in->field)) : NULL;
    i64 org_id = 0;
    if (!type)
        return err_set_arg(cx, ERR_INPUT, "type", "privacy.no_type", in->type);
    if (!field || !(field->flags & PERSONAL) || !field_is_text(field))
        return err_set_arg(cx, ERR_INPUT, "field", "privacy.not_personal", in->field);
    void *record = arena_take(cx->arena, type->size);
    Err e = seen_at_all(cx, type, in->id);
    if (!e)
        e = record_load(cx, type, in->id, record);
    if (!e)
        e = record_org(cx, in->type, in->id, &org_id);
    bool self = type == &account_type && in->id == cx->actor.account_id, keeps = false;
    if (!e && !self)
        e = kept_by(cx, type, record, &keeps);
    if (e)
        return e;
    if (!self && field->see > see_level(cx, org_id, keeps))
        return err_set_arg(cx, ERR_DENIED, "field", "privacy.not_for_you",
                           str_from(field_label(field, cx->lang)));
    *ret_type = type;
    *ret_field = field;
    *ret_record = record;
    return ERR_OK;
}

/* Kept before it is shown: a line of the access log, and a row with the reason. */
static Err reveal_run(Cx *cx, const void *arg, Val **ret)
{
    const RevealIn *in = arg;
    const RecordType *type = NULL;
    const Field *field = NULL;
    void *record = NULL;
    Reveal row = {.account_id = cx->actor.account_id,
                  .type = in->type,
                  .row_id = in->id,
                  .field = in->field,
                  .reason = in->reason};
    Err e = reveal_find(cx, in, &type, &field, &record);
    if (!e)
        e = row_subject(cx, type, record, &row.subject_id);
    if (!e)
        e = fact_create(cx, &reveal_type, &row,
                        (FactNote){.kind = "person.revealed",
                                   .code = str_z(cx->arena, str_format(cx->arena, "%s.%s",
                                                                       type->name, field->name)),
                                   .other_id = in->id});
    if (e)
        return e;
    Shown shown = {0};
    const HouseHooks *hooks = &house_of(cx)->hooks;
    shown_add(&shown, type, in->id, true);
    if (hooks->shown)
        hooks->shown(cx, op_find(house_of(cx), S("record.reveal")), &shown, ERR_OK);
    *ret = val_map(cx->arena);
    val_set_str(cx->arena, *ret, "value", field_str(field, record));
    val_set_z(cx->arena, *ret, "label", field_label(field, cx->lang));
    val_set_z(cx->arena, *ret, "type", type->name);
    val_set_int(cx->arena, *ret, "row_id", in->id);
    return ERR_OK;
}

/* ---- me.push ---- */

typedef struct PushIn {
    i64 off;
} PushIn;

static Err push_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    i64 off = ((const PushIn *)arg)->off;
    Err e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (!e && account.push_off != off) {
        account.push_off = off;
        e = fact_change(cx, &account_type, &account,
                        (FactNote){.kind = "person.push_set", .code = off ? "off" : "on"});
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_bool(cx->arena, *ret, "off", off != 0);
    return ERR_OK;
}

/* ---- me.data_export ---- */

static Err own_rows(Cx *cx, const RecordType *type, Val **ret)
{
    Rows rows;
    const char *tail = own_rows_tail(cx, type);
    *ret = NULL;
    if (!tail)
        return ERR_OK;
    const Bind binds[] = {BIND_INT(cx->actor.account_id), BIND_INT(OWN_ROWS_MAX)};
    Val *list = val_list(cx->arena);
    Err e = record_query(cx, type, &rows, tail, binds, COUNT(binds));
    if (e)
        return e;
    while (rows_next(&rows)) {
        void *record = arena_take(cx->arena, type->size);
        record_read_row(cx, type, &rows, record);
        val_push(cx->arena, list, record_val(cx, type, record, SEE_OWNER));
    }
    e = rows_end(&rows);
    if (!e && val_count(list))
        *ret = list;
    return e;
}

static Err add_tables(Cx *cx, Val *map)
{
    const House *house = house_of(cx);
    Val *tables = val_list(cx->arena);
    Err e = ERR_OK;
    for (size_t r = 0; !e && r < house->room_count; r++) {
        for (size_t i = 0; !e && i < house->rooms[r]->type_count; i++) {
            const RecordType *type = house->rooms[r]->types[i];
            Val *rows, *table = val_map(cx->arena);
            e = own_rows(cx, type, &rows);
            if (e || !rows)
                continue;
            val_set_z(cx->arena, table, "name", type->name);
            val_set_z(cx->arena, table, "label", cx->lang == LANG_EN ? type->en : type->zh);
            val_set_int(cx->arena, table, "count", (i64)val_count(rows));
            val_set(cx->arena, table, "rows", rows);
            val_push(cx->arena, tables, table);
        }
    }
    val_set(cx->arena, map, "tables", tables);
    return e;
}

/* Who has been shown what about this person in full, and why; without a name. */
static Err add_reveals(Cx *cx, Val *map)
{
    Rows rows;
    Val *list = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &reveal_type, &rows, "WHERE subject_id = ?1 ORDER BY id DESC LIMIT ?2",
                         BIND_INT(cx->actor.account_id), BIND_INT(OWN_ROWS_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Reveal row = {0};
        record_read_row(cx, &reveal_type, &rows, &row);
        val_push(cx->arena, list, record_val(cx, &reveal_type, &row, SEE_OWNER));
    }
    val_set(cx->arena, map, "reveals", list);
    return rows_end(&rows);
}

/* What the person has done here: the newest facts. */
static Err add_facts(Cx *cx, Val *map)
{
    Rows rows;
    i64 total = 0;
    Val *list = val_list(cx->arena);
    Err e = DB_INT(cx, &total, 0, "SELECT COUNT(*) FROM fact WHERE actor_id = ?1",
                   BIND_INT(cx->actor.account_id));
    if (!e)
        e = DB_QUERY(cx, &rows,
                     "SELECT seq, kind, table_name, row_id, at_ms, via FROM fact WHERE "
                     "actor_id = ?1 ORDER BY seq DESC LIMIT ?2",
                     BIND_INT(cx->actor.account_id), BIND_INT(FACTS_SHOWN_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Val *row = val_map(cx->arena);
        Str kind = rows_str_copy(&rows, 1);
        const char *label =
            text_find_str(cx->lang, str_format(cx->arena, "fact.%.*s", STR_ARG(kind)));
        val_set_int(cx->arena, row, "seq", rows_int(&rows, 0));
        val_set_str(cx->arena, row, "kind", kind);
        val_set_str(cx->arena, row, "label", label ? str_from(label) : kind);
        val_set_str(cx->arena, row, "about", rows_str_copy(&rows, 2));
        val_set_int(cx->arena, row, "about_id", rows_int(&rows, 3));
        val_set_int(cx->arena, row, "at_ms", rows_int(&rows, 4));
        val_set_str(cx->arena, row, "via", rows_str_copy(&rows, 5));
        val_push(cx->arena, list, row);
    }
    val_set_int(cx->arena, map, "fact_count", total);
    val_set(cx->arena, map, "facts", list);
    return rows_end(&rows);
}

static void add_roles(Cx *cx, Val *map, unsigned roles)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < role_codes.count; i++)
        if (roles & role_bit(str_from(role_codes.codes[i].code)))
            val_push(cx->arena, list, val_z(cx->arena, role_codes.codes[i].code));
    val_set(cx->arena, map, "roles", list);
}

static Err export_run(Cx *cx, const void *arg, Val **ret)
{
    Account account = {0};
    unsigned roles = 0;
    Str org = S("");
    (void)arg;
    Val *map = val_map(cx->arena);
    Err e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (!e)
        e = account_roles(cx, account.id, &roles);
    if (!e)
        e = org_name(cx, account.org_id, &org);
    if (e)
        return e;
    val_set_int(cx->arena, map, "made_ms", clock_now_ms(cx->clock));
    Val *row = record_val(cx, &account_type, &account, SEE_OWNER);
    val_set_str(cx->arena, row, "org", org);
    val_set(cx->arena, map, "account", row);
    add_roles(cx, map, roles);
    e = add_tables(cx, map);
    if (!e)
        e = add_reveals(cx, map);
    if (!e)
        e = add_facts(cx, map);
    if (!e)
        *ret = map;
    return e;
}

// clang-format off
static const Field reveal_in[] = {
    {AT(RevealIn, type),   F_TEXT, "记录类型", "Record type", REQUIRED, SEE_PUBLIC, NULL, .max = 40},
    {AT(RevealIn, id),     F_REF,  "记录编号", "No.",         REQUIRED, SEE_PUBLIC, NULL},
    {AT(RevealIn, field),  F_TEXT, "字段",     "Field",       REQUIRED, SEE_PUBLIC, NULL, .max = 60},
    {AT(RevealIn, reason), F_TEXT, "查看理由", "Reason",      REQUIRED, SEE_PUBLIC, NULL, .min = REASON_MIN, .max = 200,
     .help_zh = "理由和查看人会留下记录，本人可以看到", .help_en = "Kept with your account; the person can see it"},
};
static const Field push_in[] = {
    {AT(PushIn, off), F_BOOL, "不接收个性化推送", "No personal pushes", 0, SEE_PUBLIC, NULL},
};
static const Field ask_in[] = {
    {AT(EraseIn, reason), F_TEXT, "申请说明", "Reason", 0, SEE_PUBLIC, NULL, .max = 200},
};
static const Field erase_in[] = {
    {AT(EraseIn, id),     F_REF,  "账号",     "Account", REQUIRED, SEE_PUBLIC, NULL},
    {AT(EraseIn, reason), F_TEXT, "处理说明", "Reason",  0, SEE_PUBLIC, NULL, .max = 200},
};

static const Op ops[] = {
    {"record.reveal",   "查看完整信息", "Show in full",     OP_WRITE, 0, WHO_SIGNED, OP_IN(RevealIn, reveal_in), NULL, reveal_run,
     "每次查看都会留下记录。", "One field about a person, unmasked; the view and its reason are on record."},
    {"me.push",         "个性化推送",   "Personal pushes",  OP_WRITE, 0, WHO_SIGNED, OP_IN(PushIn, push_in), NULL, push_run, NULL, "PIPL 24: an easy way out."},
    {"me.data_export",  "导出我的个人信息", "Export my data", OP_READ, OP_PLAIN, WHO_SIGNED, OP_IN_NONE, NULL, export_run, NULL, "All that is kept about the account, as JSON."},
    {"me.erase_ask",    "申请删除个人信息", "Ask to be erased", OP_WRITE, OP_DANGER, WHO_SIGNED, OP_IN(EraseIn, ask_in), NULL, erase_ask_run,
     "交易市场将在十五个工作日内处理；依法须留存的内容会封存至期满。", "The exchange answers; what the law keeps is blocked until its time is over."},
    {"person.asks",     "删除申请",     "Requests to erase", OP_READ, 0, WHO_OPERATOR | WHO_LOCAL, OP_IN_NONE, NULL, erase_list_run, NULL, NULL},
    {"person.erase",    "删除个人信息", "Erase a person",   OP_WRITE, OP_TWO | OP_DANGER, WHO_OPERATOR | WHO_LOCAL, OP_IN(EraseIn, erase_in), NULL, erase_run,
     "账号停用，个人信息字段清空；依法须留存的封存至期满。", "Closes the account and empties what is about the person; says what is kept, why and until when."},
    {"processing.list", "个人信息处理活动记录", "Register of processing", OP_READ, 0, WHO_OPERATOR | WHO_SECURITY | WHO_AUDIT | WHO_LOCAL, OP_IN_NONE, NULL, register_run, NULL, NULL},
    {"privacy.show",    "隐私说明",     "Privacy",          OP_READ, 0, WHO_PUBLIC, OP_IN_NONE, NULL, privacy_show_run, NULL, "Kinds of personal data, purposes, receivers, retention (Network Data Security Regulations)."},
};
// clang-format on

static const RecordType *const types[] = {&erase_ask_type, &reveal_type};

const Room privacy_room = {
    .name = "privacy",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
};
