/* Erasing a person: what is about him is emptied by facts, so every hash still fits; what the law
 * keeps stays, blocked, until its time is over. */
#include "consent/consent_int.h"

#include "ident/ident.h"

/* What keeps the name of somebody who acted, and for how long after the last such act. */
typedef struct Retention {
    const char *code;
    const char *facts; /* LIKE pattern of the kinds that count. */
    int years;
} Retention;

// clang-format off
static const Retention retentions[] = {
    {"bids",     "lot.%",     5}, /* Auction Law 54: books and minutes, five years. */
    {"deals",    "deal.%",    3}, /* E-commerce Law 31: transactions, three years after completion. */
    {"consents", "consent.%", 3}, /* The same: what was signed belongs to the transaction. */
};
// clang-format on

static Err find_ask(Cx *cx, i64 account_id, EraseAsk *ret)
{
    Err e = RECORD_FIND(cx, &erase_ask_type, ret, "WHERE account_id = ?1 ORDER BY id DESC LIMIT 1",
                        BIND_INT(account_id));
    if (e != ERR_MISSING)
        return e;
    err_clear(cx);
    *ret = (EraseAsk){0};
    return ERR_OK;
}

Err erase_ask_run(Cx *cx, const void *arg, Val **ret)
{
    EraseAsk there, ask = {.account_id = cx->actor.account_id,
                           .asked_ms = clock_now_ms(cx->clock),
                           .reason = ((const EraseIn *)arg)->reason};
    Err e = cx->actor.account_id ? find_ask(cx, cx->actor.account_id, &there)
                                 : err_set(cx, ERR_SIGN_IN, NULL, "command.sign_in");
    if (!e && there.id && !there.done_ms)
        e = err_set_arg(cx, ERR_CONFLICT, NULL, "privacy.asked_already",
                        time_format(cx->arena, there.asked_ms));
    if (!e)
        e = fact_create(cx, &erase_ask_type, &ask, (FactNote){.kind = "person.erase_asked"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", ask.id);
    return ERR_OK;
}

/* Those to be answered, and those whose blocking is over. */
Err erase_list_run(Cx *cx, const void *arg, Val **ret)
{
    Rows rows;
    Val *items = val_list(cx->arena);
    i64 today = time_date(clock_now_ms(cx->clock));
    (void)arg;
    Err e = RECORD_QUERY(cx, &erase_ask_type, &rows,
                         "WHERE done_ms = 0 OR until_date > 0 ORDER BY id DESC LIMIT ?1",
                         BIND_INT(CONSENT_LIST_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        EraseAsk ask = {0};
        record_read_row(cx, &erase_ask_type, &rows, &ask);
        Val *row = record_val(cx, &erase_ask_type, &ask, SEE_OPERATOR);
        val_set_bool(cx->arena, row, "due",
                     !ask.done_ms || (ask.until_date && ask.until_date < today));
        val_push(cx->arena, items, row);
    }
    e = rows_end(&rows);
    *ret = list_val(cx, items, (i64)val_count(items), 1, CONSENT_LIST_MAX);
    return e;
}

/* ---- what stays ---- */

typedef struct Kept {
    Buf codes;
    i64 until_date;
    Val *list;
} Kept;

static void keep(Cx *cx, Kept *kept, const char *code, i64 until_date)
{
    Val *row = val_map(cx->arena);
    char *key = str_z(cx->arena, str_format(cx->arena, "privacy.kept.%s", code));
    buf_format(&kept->codes, "%s%s", kept->codes.len ? "," : "", code);
    if (until_date > kept->until_date)
        kept->until_date = until_date;
    val_set_z(cx->arena, row, "rule", code);
    val_set_str(cx->arena, row, "why", text_say(cx->arena, cx->lang, key, NULL, 0));
    val_set_str(cx->arena, row, "until", date_format(cx->arena, until_date));
    val_push(cx->arena, kept->list, row);
}

static Err find_kept(Cx *cx, i64 account_id, Kept *kept)
{
    i64 today = time_date(clock_now_ms(cx->clock));
    Err e = ERR_OK;
    *kept = (Kept){.codes = buf_new(cx->arena), .list = val_list(cx->arena)};
    for (size_t i = 0; !e && i < COUNT(retentions); i++) {
        i64 last_ms = 0;
        e = DB_INT(cx, &last_ms, 0,
                   "SELECT COALESCE(MAX(at_ms), 0) FROM fact WHERE actor_id = ?1 AND kind LIKE ?2",
                   BIND_INT(account_id), BIND_STR(str_from(retentions[i].facts)));
        i64 until = last_ms ? date_add_years(time_date(last_ms), retentions[i].years) : 0;
        if (!e && until >= today)
            keep(cx, kept, retentions[i].code, until);
    }
    return e;
}

/* ---- emptying ---- */

/* The name stays while something is kept that says who acted; ways to reach him go at once. */
static bool empties(const RecordType *type, const Field *field, bool keeps_name)
{
    if (!(field->flags & PERSONAL))
        return false;
    return !(keeps_name && type == &account_type && str_same_z(S("name"), field->name));
}

static Err empty_row(Cx *cx, const RecordType *type, void *record, bool keeps_name, Val *erased)
{
    bool changed = false;
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        bool shows = str_same_z(S("visible"), field->name); /* Of a profile in a public list. */
        if (field_empty(field, record) || (!shows && !empties(type, field, keeps_name)))
            continue;
        changed = true;
        if (field_is_text(field))
            field_set_str(field, record, S(""));
        else
            field_set_int(field, record, 0);
        val_push(cx->arena, erased,
                 val_str(cx->arena, str_format(cx->arena, "%s.%s", type->name, field->name)));
    }
    return changed ? fact_change(cx, type, record, (FactNote){.kind = "person.erased"}) : ERR_OK;
}

/* All rows of one type: read first, then changed. */
static Err empty_type(Cx *cx, const RecordType *type, i64 account_id, bool keeps_name, Val *erased)
{
    Rows rows;
    const char *tail = own_rows_tail(cx, type);
    void **records = ARENA_NEW(cx->arena, void *, OWN_ROWS_MAX);
    size_t count = 0;
    if (!tail || (!type_personal(type) && !record_field(type, "visible")))
        return ERR_OK;
    const Bind binds[] = {BIND_INT(account_id), BIND_INT(OWN_ROWS_MAX)};
    Err e = record_query(cx, type, &rows, tail, binds, COUNT(binds));
    if (e)
        return e;
    while (rows_next(&rows)) {
        records[count] = arena_take(cx->arena, type->size);
        record_read_row(cx, type, &rows, records[count++]);
    }
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++)
        e = empty_row(cx, type, records[i], keeps_name, erased);
    return e;
}

static Err empty_account(Cx *cx, i64 id, bool keeps_name, Val *erased)
{
    Account account = {0};
    Err e = record_load(cx, &account_type, id, &account);
    if (!e && !account.closed)
        e = account_shut(cx, &account, "erased");
    if (e)
        return e;
    account.shut_by = S("erased");
    account.login = str_format(cx->arena, "erased-%lld", (long long)id);
    account.password = account.password_old = account.totp_secret = S("");
    account.totp_on_ms = 0;
    if (!keeps_name)
        account.name = S("");
    account.email = account.phone = S("");
    val_push(cx->arena, erased, val_z(cx->arena, "account.login"));
    val_push(cx->arena, erased, val_z(cx->arena, "account.email"));
    val_push(cx->arena, erased, val_z(cx->arena, "account.phone"));
    if (!keeps_name)
        val_push(cx->arena, erased, val_z(cx->arena, "account.name"));
    return fact_change(cx, &account_type, &account, (FactNote){.kind = "person.erased"});
}

static Err empty_all(Cx *cx, i64 account_id, bool keeps_name, Val *erased)
{
    const House *house = house_of(cx);
    Err e = empty_account(cx, account_id, keeps_name, erased);
    for (size_t r = 0; !e && r < house->room_count; r++)
        for (size_t i = 0; !e && i < house->rooms[r]->type_count; i++)
            e = empty_type(cx, house->rooms[r]->types[i], account_id, keeps_name, erased);
    return e;
}

static Err note_done(Cx *cx, const EraseIn *in, const Kept *kept)
{
    EraseAsk ask;
    Err e = find_ask(cx, in->id, &ask);
    if (e)
        return e;
    ask.account_id = in->id;
    ask.done_ms = clock_now_ms(cx->clock);
    ask.until_date = kept->until_date;
    ask.kept = buf_str(&kept->codes);
    FactNote note = {.kind = kept->until_date ? "person.blocked" : "person.erase_done",
                     .amount = kept->until_date,
                     .other_id = in->id};
    return ask.id ? fact_change(cx, &erase_ask_type, &ask, note)
                  : fact_create(cx, &erase_ask_type, &ask, note);
}

Err erase_run(Cx *cx, const void *arg, Val **ret)
{
    const EraseIn *in = arg;
    Kept kept;
    Val *erased = val_list(cx->arena);
    if (in->id == cx->actor.account_id)
        return err_set(cx, ERR_DENIED, "id", "privacy.not_oneself");
    Err e = find_kept(cx, in->id, &kept);
    if (!e)
        e = empty_all(cx, in->id, kept.until_date != 0, erased);
    if (!e)
        e = note_done(cx, in, &kept);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "erased", erased);
    val_set(cx->arena, *ret, "kept", kept.list);
    val_set_int(cx->arena, *ret, "until_date", kept.until_date);
    return ERR_OK;
}
