/* Patents and achievements: saving, listing, showing. */
#include "registry/registry_int.h"

#include <string.h>

Err listing_of_patent(Cx *cx, i64 patent_id, Listing *ret)
{
    Listing found = {0};
    Err e = RECORD_FIND(cx, &listing_type, &found,
                        "WHERE patent_id = ?1 AND state < ?2 ORDER BY state DESC, id DESC LIMIT 1",
                        BIND_INT(patent_id), BIND_INT(LISTING_WITHDRAWN));
    if (e && e != ERR_MISSING)
        return e;
    err_clear(cx);
    *ret = e ? (Listing){0} : found;
    return ERR_OK;
}

Err patent_used(Cx *cx, i64 id, bool *ret_used)
{
    i64 count = 0;
    Err e =
        DB_INT(cx, &count, 0, "SELECT COUNT(*) FROM listing WHERE patent_id = ?1", BIND_INT(id));
    *ret_used = count > 0;
    return e;
}

static Err find_patent(Cx *cx, const Patent *given, Patent *ret, bool *ret_found)
{
    Err e = ERR_MISSING;
    if (given->appno.len)
        e = RECORD_FIND(cx, &patent_type, ret, "WHERE appno = ?1 AND appno <> ''",
                        BIND_STR(given->appno));
    if (e == ERR_MISSING && given->pub_key.len)
        e = RECORD_FIND(cx, &patent_type, ret, "WHERE pub_key = ?1 AND pub_key <> ''",
                        BIND_STR(given->pub_key));
    if (e == ERR_MISSING) {
        err_clear(cx);
        *ret_found = false;
        return ERR_OK;
    }
    *ret_found = e == ERR_OK;
    return e;
}

/* Takes over what `given` has and `old` lacks or has otherwise. True when that changes anything. */
static bool merge(const Patent *given, Patent *old)
{
    bool changed = false;
    for (size_t i = 0; i < patent_type.count; i++) {
        const Field *field = &patent_type.fields[i];
        bool taken = (field->flags & IMPORTED) || strcmp(field->name, "pub_key") == 0 ||
                     strcmp(field->name, "expiry_date") == 0;
        if (!taken || field_empty(field, given))
            continue;
        if (field_is_text(field)) {
            if (str_same(field_str(field, given), field_str(field, old)))
                continue;
            field_set_str(field, old, field_str(field, given));
        } else {
            if (field_int(field, given) == field_int(field, old))
                continue;
            field_set_int(field, old, field_int(field, given));
        }
        changed = true;
    }
    return changed;
}

/* The row takes over a publication number only if no other row has it. */
static Err check_pub_key(Cx *cx, const Patent *given, const Patent *old)
{
    Patent other = {0};
    if (!given->pub_key.len || str_same(given->pub_key, old->pub_key))
        return ERR_OK;
    Err e = RECORD_FIND(cx, &patent_type, &other, "WHERE pub_key = ?1 AND pub_key <> ''",
                        BIND_STR(given->pub_key));
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    if (e)
        return e;
    if (other.org_id != given->org_id)
        return err_set_arg(cx, ERR_CONFLICT, "pubno", "registry.other_owner", given->pubno);
    if (other.appno.len)
        return err_set_arg(cx, ERR_CONFLICT, "pubno", "registry.pubno_of_other", other.appno);
    return err_set_arg(cx, ERR_CONFLICT, "pubno", "registry.two_rows", given->pubno);
}

Err patent_save(Cx *cx, const Patent *given, PatentSaved *ret_saved, i64 *ret_id, Patent *before)
{
    Patent old = {0};
    bool found = false;
    Err e = find_patent(cx, given, &old, &found);
    if (e)
        return e;
    if (!found) {
        Patent made = *given;
        e = fact_create(cx, &patent_type, &made,
                        (FactNote){.kind = "patent.imported", .other_id = given->import_id});
        if (e)
            return e;
        *ret_saved = PATENT_MADE;
        *ret_id = made.id;
        return ERR_OK;
    }
    if (old.org_id != given->org_id)
        return err_set_arg(cx, ERR_CONFLICT, "appno", "registry.other_owner",
                           old.appno.len ? old.appno : old.pubno);
    if (old.appno.len && given->appno.len && !str_same(old.appno, given->appno))
        return err_set_arg(cx, ERR_CONFLICT, "pubno", "registry.pubno_of_other", old.appno);
    e = check_pub_key(cx, given, &old);
    if (e)
        return e;
    *ret_id = old.id;
    *before = old;
    if (!merge(given, &old)) {
        *ret_saved = PATENT_SAME;
        return ERR_OK;
    }
    e = fact_change(cx, &patent_type, &old,
                    (FactNote){.kind = "patent.updated", .other_id = given->import_id});
    if (!e)
        *ret_saved = PATENT_UPDATED;
    return e;
}

/* A statement for each choice of filters, so that each can use its index; values are bound, never
 * written into the text. */
static Str patent_where(Cx *cx, const ListQuery *in, i64 org_id, Str number)
{
    const struct {
        bool asked;
        const char *part;
    } parts[] = {
        {org_id != 0, "org_id = ?1"},
        {in->kind.len > 0, "kind = ?2"},
        {in->field.len > 0, "field = ?3"},
        {number.len > 0, "((appno = ?4 AND appno <> '') OR pubno = ?4)"},
        {in->listed != 0, "id IN (SELECT patent_id FROM listing WHERE state IN (2, 3))"},
    };
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].asked)
            buf_format(&out, "%s%s", out.len ? " AND " : "WHERE ", parts[i].part);
    return buf_str(&out);
}

/* How many values a statement with this condition takes. */
static size_t highest_bind(Str where)
{
    size_t highest = 0;
    for (size_t i = 0; i + 1 < where.len; i++)
        if (where.data[i] == '?' && (size_t)(where.data[i + 1] - '0') > highest)
            highest = (size_t)(where.data[i + 1] - '0');
    return highest;
}

static Str number_asked(Cx *cx, Str number)
{
    AppNo appno;
    number = str_trim(number);
    if (number.len && id_appno_read(cx, NULL, number, 9999, &appno) == ERR_OK)
        return appno.text;
    err_clear(cx);
    return number;
}

/* The state of the listing through which each is on offer, '' when this reader sees none. */
static Err listing_states_add(Cx *cx, Val *items)
{
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        Listing listing;
        Err e = listing_of_patent(cx, val_get_int(row, "id"), &listing);
        if (e)
            return e;
        bool mine = who_of(cx, listing.org_id, false) & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL);
        bool seen = listing.id && (listing_public(&listing) || mine);
        val_set_z(cx->arena, row, "listing_state",
                  seen ? flow_state_name(&listing_flow, listing.state) : "");
    }
    return ERR_OK;
}

static Err finish_list(Cx *cx, Val *items)
{
    Err e = listing_states_add(cx, items);
    return e ? e : org_names_add(cx, items, "org_id", "org");
}

/* Those of the ids that are there, in the order given. */
static Err patents_by_id(Cx *cx, Str refs, Val **ret)
{
    i64 *ids;
    size_t count;
    Val *items = val_list(cx->arena);
    Err e = refs_read(cx, refs, "ids", &ids, &count);
    for (size_t i = 0; !e && i < count; i++) {
        Patent patent = {0};
        e = record_load(cx, &patent_type, ids[i], &patent);
        if (e == ERR_MISSING) { /* Gone since it was chosen. */
            err_clear(cx);
            e = ERR_OK;
            continue;
        }
        val_push(cx->arena, items,
                 record_val(cx, &patent_type, &patent, see_level(cx, patent.org_id, false)));
    }
    if (e)
        return e;
    *ret = list_val(cx, items, (i64)val_count(items), 1, REFS_MAX);
    return finish_list(cx, items);
}

Err patent_list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListQuery *in = arg;
    i64 page = page_number(in->page), total = 0;
    if (in->ids.len)
        return patents_by_id(cx, in->ids, ret);
    i64 org_id = in->mine ? cx->actor.org_id : in->org_id;
    Str number = number_asked(cx, in->number), where = patent_where(cx, in, org_id, number);
    const Bind binds[] = {BIND_INT(org_id), BIND_STR(in->kind),  BIND_STR(in->field),
                          BIND_STR(number), BIND_INT(PAGE_SIZE), BIND_INT((page - 1) * PAGE_SIZE)};
    Str count = str_format(cx->arena, "SELECT COUNT(*) FROM patent %.*s", STR_ARG(where));
    Str tail = str_format(cx->arena, "%.*s ORDER BY id DESC LIMIT ?5 OFFSET ?6", STR_ARG(where));
    Err e = count_rows(cx, db_keep(count), binds, highest_bind(where), &total);
    if (e)
        return e;
    Rows rows;
    Val *items = val_list(cx->arena);
    e = record_query(cx, &patent_type, &rows, db_keep(tail), binds, COUNT(binds));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Patent patent = {0};
        record_read_row(cx, &patent_type, &rows, &patent);
        val_push(cx->arena, items,
                 record_val(cx, &patent_type, &patent, see_level(cx, patent.org_id, false)));
    }
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    e = rows_end(&rows);
    return e ? e : finish_list(cx, items);
}

Err patent_show_run(Cx *cx, const void *arg, Val **ret)
{
    Patent patent = {0};
    Listing listing;
    Val *history;
    Err e = record_load(cx, &patent_type, ((const IdIn *)arg)->id, &patent);
    if (!e)
        e = listing_of_patent(cx, patent.id, &listing);
    if (!e)
        e = history_val(cx, &patent_type, patent.id, &history);
    Str org = S("");
    if (!e)
        e = org_name(cx, patent.org_id, &org);
    if (e)
        return e;
    bool mine = (who_of(cx, patent.org_id, false) & WHO_OWNER) != 0;
    Val *map = val_map(cx->arena);
    Val *row = record_val(cx, &patent_type, &patent, see_level(cx, patent.org_id, false));
    val_set_str(cx->arena, row, "org", org);
    val_set(cx->arena, map, "patent", row);
    if (listing.id && (listing_public(&listing) || mine || (cx->actor.roles & WHO_OPERATOR)))
        val_set(cx->arena, map, "listing",
                record_val(cx, &listing_type, &listing, see_level(cx, listing.org_id, false)));
    val_set_bool(cx->arena, map, "mine", mine);
    val_set_bool(cx->arena, map, "can_list", mine && !listing.id);
    val_set(cx->arena, map, "history", history);
    *ret = map;
    return ERR_OK;
}

Err achievement_add_run(Cx *cx, const void *arg, Val **ret)
{
    Achievement made = *(const Achievement *)arg;
    made.org_id = cx->actor.org_id;
    Err e = fact_create(cx, &achievement_type, &made, (FactNote){.kind = "achievement.added"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", made.id);
    return ERR_OK;
}

#define ACHIEVEMENT_WHERE                                                                          \
    "WHERE (?1 = 0 OR org_id = ?1) AND (?2 = '' OR kind = ?2) AND (?3 = '' OR field = ?3)"

Err achievement_list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListQuery *in = arg;
    i64 page = page_number(in->page), total = 0;
    const Bind binds[] = {BIND_INT(in->mine ? cx->actor.org_id : in->org_id), BIND_STR(in->kind),
                          BIND_STR(in->field), BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
    Err e = count_rows(cx, "SELECT COUNT(*) FROM achievement " ACHIEVEMENT_WHERE, binds, 3, &total);
    if (e)
        return e;
    Rows rows;
    Val *items = val_list(cx->arena);
    e = record_query(cx, &achievement_type, &rows,
                     ACHIEVEMENT_WHERE " ORDER BY id DESC LIMIT ?4 OFFSET ?5", binds, 5);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Achievement row = {0};
        record_read_row(cx, &achievement_type, &rows, &row);
        val_push(cx->arena, items,
                 record_val(cx, &achievement_type, &row, see_level(cx, row.org_id, false)));
    }
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    e = rows_end(&rows);
    return e ? e : org_names_add(cx, items, "org_id", "org");
}

Err achievement_show_run(Cx *cx, const void *arg, Val **ret)
{
    Achievement row = {0};
    Val *history;
    Str org = S("");
    Err e = record_load(cx, &achievement_type, ((const IdIn *)arg)->id, &row);
    if (!e)
        e = history_val(cx, &achievement_type, row.id, &history);
    if (!e)
        e = org_name(cx, row.org_id, &org);
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    Val *val = record_val(cx, &achievement_type, &row, see_level(cx, row.org_id, false));
    val_set_str(cx->arena, val, "org", org);
    val_set(cx->arena, map, "achievement", val);
    val_set_bool(cx->arena, map, "mine", (who_of(cx, row.org_id, false) & WHO_OWNER) != 0);
    val_set(cx->arena, map, "history", history);
    *ret = map;
    return ERR_OK;
}
