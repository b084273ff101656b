/* What people have done, for statements of contribution; certificates that come to their end. */
#include "people/people_int.h"

#include "command/settings.h"

enum { DAY_MS = 24 * 3600 * 1000, DONE_MAX = 2000, EXPIRING_MAX = 500 };

bool acts_for_exchange(const Cx *cx)
{
    return (cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL)) != 0 || cx->actor.via == VIA_LOCAL;
}

/* ---- what somebody has done ---- */

/* How often, by kind; signing in and the like is no work. */
#define WORK_KINDS                                                                                 \
    "kind NOT LIKE 'session.%' AND kind NOT LIKE 'second.%' AND kind NOT LIKE 'account.%' AND "    \
    "kind NOT LIKE 'command.%' AND kind NOT LIKE 'token.%' AND kind NOT LIKE 'profile.%' AND "     \
    "kind NOT LIKE 'certificate.%' AND kind NOT LIKE 'password.%' AND kind NOT LIKE 'consent.%' "  \
    "AND "                                                                                         \
    "kind NOT LIKE 'delegation.%' "

static Val *work_row(Cx *cx, Str kind, i64 count)
{
    Val *row = val_map(cx->arena);
    char *key = str_z(cx->arena, str_format(cx->arena, "fact.%.*s", STR_ARG(kind)));
    const char *label = text_find(cx->lang, key);
    val_set_str(cx->arena, row, "kind", kind);
    val_set_str(cx->arena, row, "label", label ? str_from(label) : kind);
    val_set_int(cx->arena, row, "count", count);
    return row;
}

Err work_record(Cx *cx, i64 account_id, Val **ret)
{
    Rows rows;
    Val *list = val_list(cx->arena);
    Err e = DB_QUERY(cx, &rows,
                     "SELECT kind, COUNT(*) FROM fact WHERE actor_id = ?1 AND " WORK_KINDS
                     "GROUP BY kind ORDER BY COUNT(*) DESC, kind LIMIT 50",
                     BIND_INT(account_id));
    if (e)
        return e;
    while (rows_next(&rows))
        val_push(cx->arena, list, work_row(cx, rows_str_copy(&rows, 0), rows_int(&rows, 1)));
    *ret = list;
    return rows_end(&rows);
}

/* ---- people.contributions ---- */

typedef struct DoneAsk {
    i64 account_id;
    i64 from_date;
    i64 until_date;
} DoneAsk;

static const Field done_fields[] = {
    {AT(DoneAsk, account_id), F_REF, "账号", "Account", 0, SEE_PUBLIC, NULL},
    {AT(DoneAsk, from_date), F_DATE, "起始日期", "From", REQUIRED, SEE_PUBLIC, NULL},
    {AT(DoneAsk, until_date), F_DATE, "截止日期", "Until", REQUIRED, SEE_PUBLIC, NULL},
};

/* One kind of act on rows of one table, and whose row it was. */
typedef struct Done {
    Str kind;
    Str table;
    i64 row_id;
    i64 actor_org; /* In whose name he acted: his unit, or the giver's of a delegation. */
    i64 count;
    i64 owner_id; /* For whom. */
} Done;

static Err load_done(Cx *cx, const DoneAsk *in, Done *done, size_t *ret_count)
{
    Rows rows;
    size_t count = 0;
    i64 from_ms = date_days(in->from_date) * DAY_MS - SHANGHAI_OFFSET_MS;
    i64 until_ms = (date_days(in->until_date) + 1) * DAY_MS - SHANGHAI_OFFSET_MS;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT kind, table_name, row_id, org_id, COUNT(*) FROM fact WHERE "
                     "actor_id = ?1 AND at_ms >= ?2 AND at_ms < ?3 AND " WORK_KINDS
                     "GROUP BY kind, table_name, row_id, org_id ORDER BY kind, table_name, row_id "
                     "LIMIT ?4",
                     BIND_INT(in->account_id), BIND_INT(from_ms), BIND_INT(until_ms),
                     BIND_INT(DONE_MAX));
    if (e)
        return e;
    while (count < DONE_MAX && rows_next(&rows)) {
        done[count] = (Done){.kind = rows_str_copy(&rows, 0),
                             .table = rows_str_copy(&rows, 1),
                             .row_id = rows_int(&rows, 2),
                             .actor_org = rows_int(&rows, 3),
                             .count = rows_int(&rows, 4)};
        count++;
    }
    *ret_count = count;
    return rows_end(&rows);
}

/* The unit a row belongs to: its org_id, or the row itself when it is a unit. */
static Err find_owner(Cx *cx, Done *done)
{
    const RecordType *type = type_find(house_of(cx), done->table);
    done->owner_id = done->actor_org;
    if (type == &org_type)
        done->owner_id = done->row_id;
    if (!type || type == &org_type || !record_field(type, "org_id"))
        return ERR_OK;
    Str sql = str_format(cx->arena, "SELECT org_id FROM %s WHERE id = ?1", type->name);
    return DB_INT(cx, &done->owner_id, done->actor_org, db_keep(sql), BIND_INT(done->row_id));
}

/* Rows of the same kind, for the same unit, in the same name, become one. */
static Val *sum_done(Cx *cx, const Done *done, size_t count)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < count; i++) {
        Val *row = NULL;
        for (size_t k = val_count(list); !row && k-- > 0;) {
            Val *one = val_at(list, k);
            if (str_same(val_get_str(one, "kind"), done[i].kind) &&
                val_get_int(one, "org_id") == done[i].owner_id &&
                val_get_int(one, "by_org_id") == done[i].actor_org)
                row = one;
        }
        if (row) {
            val_set_int(cx->arena, row, "count", val_get_int(row, "count") + done[i].count);
            continue;
        }
        row = work_row(cx, done[i].kind, done[i].count);
        val_set_int(cx->arena, row, "org_id", done[i].owner_id);
        val_set_int(cx->arena, row, "by_org_id", done[i].actor_org);
        val_push(cx->arena, list, row);
    }
    return list;
}

/* Himself, his unit's office or liaison, the operator; the name masked for the last. */
static Err may_ask(Cx *cx, i64 account_id, Str *ret_name, i64 *ret_org_id)
{
    Account account = {0};
    Err e = record_load(cx, &account_type, account_id, &account);
    bool own = account_id == cx->actor.account_id;
    bool unit = !e && (cx->actor.roles & (WHO_OFFICE | WHO_LIAISON)) &&
                (who_of(cx, account.org_id, false) & WHO_OWNER);
    if (!e && !own && !unit && !acts_for_exchange(cx))
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? account_type.en : account_type.zh));
    *ret_name = own || unit ? account.name : mask_personal(cx->arena, account.name);
    *ret_org_id = account.org_id;
    return e;
}

static Err contributions_run(Cx *cx, const void *arg, Val **ret)
{
    DoneAsk in = *(const DoneAsk *)arg;
    Done *done = ARENA_NEW(cx->arena, Done, DONE_MAX);
    size_t count = 0;
    i64 org_id = 0;
    Str name = S(""), org = S("");
    if (!in.account_id)
        in.account_id = cx->actor.account_id;
    if (in.until_date < in.from_date)
        return err_set(cx, ERR_INPUT, "until_date", "ident.ends_before_start");
    Err e = may_ask(cx, in.account_id, &name, &org_id);
    if (!e)
        e = org_name(cx, org_id, &org);
    if (!e)
        e = load_done(cx, &in, done, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = find_owner(cx, &done[i]);
    Val *items = e ? NULL : sum_done(cx, done, count);
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    if (!e)
        e = org_names_add(cx, items, "by_org_id", "by_org");
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "items", items);
    val_set_int(cx->arena, *ret, "account_id", in.account_id);
    val_set_str(cx->arena, *ret, "name", name);
    val_set_str(cx->arena, *ret, "org", org);
    val_set_bool(cx->arena, *ret, "cut", count == DONE_MAX);
    return ERR_OK;
}

/* ---- people.unit_contributions ---- */

typedef struct UnitAsk {
    i64 org_id;
    i64 from_date;
    i64 until_date;
} UnitAsk;

static const Field unit_fields[] = {
    {AT(UnitAsk, org_id), F_REF, "单位", "Organisation", 0, SEE_PUBLIC, NULL, .ref = &org_type},
    {AT(UnitAsk, from_date), F_DATE, "起始日期", "From", REQUIRED, SEE_PUBLIC, NULL},
    {AT(UnitAsk, until_date), F_DATE, "截止日期", "Until", REQUIRED, SEE_PUBLIC, NULL},
};

/* Its own office and liaison, and the operator. Others are told that there is no such unit. */
static Err may_ask_unit(Cx *cx, i64 org_id)
{
    bool unit =
        (cx->actor.roles & (WHO_OFFICE | WHO_LIAISON)) && (who_of(cx, org_id, false) & WHO_OWNER);
    if (org_id && (unit || acts_for_exchange(cx)))
        return ERR_OK;
    return err_set_arg(cx, ERR_MISSING, "org_id", "record.missing",
                       str_from(cx->lang == LANG_EN ? org_type.en : org_type.zh));
}

/* A row a person: {account_id, name, total, work[]}. */
static Val *person_of(Cx *cx, Val *people, i64 account_id, Str name, bool full)
{
    size_t count = val_count(people);
    Val *last = count ? val_at(people, count - 1) : NULL;
    if (last && val_get_int(last, "account_id") == account_id)
        return last;
    Val *person = val_map(cx->arena);
    val_set_int(cx->arena, person, "account_id", account_id);
    val_set_str(cx->arena, person, "name",
                full ? str_copy(cx->arena, name) : mask_personal(cx->arena, name));
    val_set_int(cx->arena, person, "total", 0);
    val_set(cx->arena, person, "work", val_list(cx->arena));
    val_push(cx->arena, people, person);
    return person;
}

/* By people of the unit and of the colleges right below it, in whosever name. */
static Err unit_work(Cx *cx, const UnitAsk *in, Val *people, i64 *ret_total, bool *ret_cut)
{
    Rows rows;
    bool full = !acts_for_exchange(cx);
    i64 from_ms = date_days(in->from_date) * DAY_MS - SHANGHAI_OFFSET_MS, read = 0;
    i64 until_ms = (date_days(in->until_date) + 1) * DAY_MS - SHANGHAI_OFFSET_MS;
    Err e =
        DB_QUERY(cx, &rows,
                 "SELECT f.actor_id, a.name, f.kind, COUNT(*) FROM fact f JOIN account a ON "
                 "a.id = f.actor_id WHERE (a.org_id = ?1 OR a.org_id IN (SELECT id FROM org "
                 "WHERE parent_id = ?1)) AND f.at_ms >= ?2 AND f.at_ms < ?3 AND " WORK_KINDS
                 "GROUP BY f.actor_id, a.name, f.kind ORDER BY f.actor_id, f.kind LIMIT ?4",
                 BIND_INT(in->org_id), BIND_INT(from_ms), BIND_INT(until_ms), BIND_INT(DONE_MAX));
    if (e)
        return e;
    for (; rows_next(&rows); read++) {
        i64 count = rows_int(&rows, 3);
        Val *person = person_of(cx, people, rows_int(&rows, 0), rows_str(&rows, 1), full);
        val_push(cx->arena, val_get(person, "work"), work_row(cx, rows_str_copy(&rows, 2), count));
        val_set_int(cx->arena, person, "total", val_get_int(person, "total") + count);
        *ret_total += count;
    }
    *ret_cut = read == DONE_MAX;
    return rows_end(&rows);
}

static Err unit_contributions_run(Cx *cx, const void *arg, Val **ret)
{
    UnitAsk in = *(const UnitAsk *)arg;
    Val *people = val_list(cx->arena);
    i64 total = 0;
    bool cut = false;
    Str org = S("");
    if (!in.org_id)
        in.org_id = cx->actor.org_id;
    if (in.until_date < in.from_date)
        return err_set(cx, ERR_INPUT, "until_date", "ident.ends_before_start");
    Err e = may_ask_unit(cx, in.org_id);
    if (!e)
        e = org_name(cx, in.org_id, &org);
    if (!e)
        e = unit_work(cx, &in, people, &total, &cut);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "items", people);
    val_set_int(cx->arena, *ret, "total", total);
    val_set_int(cx->arena, *ret, "org_id", in.org_id);
    val_set_str(cx->arena, *ret, "org", org);
    val_set_bool(cx->arena, *ret, "cut", cut);
    return ERR_OK;
}

/* ---- certificate.expiring ---- */

typedef struct ExpiringAsk {
    i64 days;
} ExpiringAsk;

static const Field expiring_fields[] = {
    {AT(ExpiringAsk, days), F_INT, "天数", "Days", 0, SEE_PUBLIC, NULL, .min = 1, .max = 366,
     .help_zh = "留空为系统设置的天数。", .help_en = "As set for the exchange when left empty."},
};

/* ?1 the last day, ?2 an account, ?3 a unit with those right below it, ?4 1 for all. What has
 * expired and was not ended comes first. */
#define EXPIRING                                                                                   \
    "WHERE ended = 0 AND expires_date <> 0 AND expires_date <= ?1 AND profile_id IN (SELECT p.id " \
    "FROM profile p WHERE ?4 = 1 OR p.account_id = ?2 OR (?3 <> 0 AND (p.org_id = ?3 OR "          \
    "p.org_id IN (SELECT o.id FROM org o WHERE o.parent_id = ?3)))) "                              \
    "ORDER BY expires_date, id LIMIT ?5"

/* The holder's name: whole for himself and his unit. */
static Err put_holder(Cx *cx, i64 profile_id, Val *row)
{
    Profile profile = {0};
    Str name = S(""), org = S("");
    Err e = record_load(cx, &profile_type, profile_id, &profile);
    if (!e)
        e = account_name(cx, profile.account_id, &name);
    if (!e)
        e = org_name(cx, profile.org_id, &org);
    bool mine = profile.account_id == cx->actor.account_id;
    val_set_str(cx->arena, row, "holder",
                acts_for_exchange(cx) && !mine ? mask_personal(cx->arena, name) : name);
    val_set_str(cx->arena, row, "org", org);
    val_set_bool(cx->arena, row, "mine", mine);
    return e;
}

static Err expiring_run(Cx *cx, const void *arg, Val **ret)
{
    Rows rows;
    i64 days = ((const ExpiringAsk *)arg)->days;
    Val *items = val_list(cx->arena);
    bool unit = (cx->actor.roles & (WHO_OFFICE | WHO_LIAISON)) != 0;
    days = days ? days : house_of(cx)->settings->certificate_soon_days;
    i64 last = date_from_days(date_days(time_date(clock_now_ms(cx->clock))) + days);
    Err e = RECORD_QUERY(cx, &certificate_type, &rows, EXPIRING, BIND_INT(last),
                         BIND_INT(cx->actor.account_id), BIND_INT(unit ? cx->actor.org_id : 0),
                         BIND_INT(acts_for_exchange(cx)), BIND_INT(EXPIRING_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Certificate one = {0};
        record_read_row(cx, &certificate_type, &rows, &one);
        val_push(cx->arena, items, certificate_row(cx, &one, SEE_SIGNED));
    }
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < val_count(items); i++)
        e = put_holder(cx, val_get_int(val_at(items, i), "profile_id"), val_at(items, i));
    if (e)
        return e;
    *ret = list_val(cx, items, (i64)val_count(items), 1, EXPIRING_MAX);
    val_set_int(cx->arena, *ret, "days", days);
    return ERR_OK;
}

#define UNIT_SIDE (WHO_OFFICE | WHO_LIAISON | WHO_OPERATOR | WHO_LOCAL)
// clang-format off
static const Op ops[] = {
    {"people.contributions", "贡献清单", "Contributions", OP_READ, 0, WHO_SIGNED, OP_IN(DoneAsk, done_fields), NULL, contributions_run, NULL, "What an account has done in a period, by kind and by the unit it was done for."},
    {"people.unit_contributions", "单位贡献清单", "Contributions of a unit", OP_READ, 0, UNIT_SIDE, OP_IN(UnitAsk, unit_fields), NULL, unit_contributions_run, NULL,
     "What the people of a unit and of its colleges have done in a period; the operator asks for any unit."},
    {"certificate.expiring", "到期证书", "Certificates that expire", OP_READ, 0, WHO_EXPERT | WHO_MANAGER | UNIT_SIDE, OP_IN(ExpiringAsk, expiring_fields), NULL, expiring_run, NULL,
     "One's own, the unit's, or all for the operator: those that have expired, and those that will within certificate_soon_days."},
};
// clang-format on

const Room work_room = {
    .name = "people",
    .ops = ops,
    .op_count = COUNT(ops),
};
