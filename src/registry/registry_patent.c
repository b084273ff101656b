/* Patents and achievements: saving and showing. */
#include "registry/registry_int.h"

#include <string.h>

Err listing_of_patent(Cx *cx, i64 patent_id, Listing *ret)
{
    Listing found = {0};
    Err e = RECORD_FIND(cx, &listing_type, &found,
                        "WHERE patent_id = ?1 AND state < ?2 ORDER BY " LISTING_FIRST " LIMIT 1",
                        BIND_INT(patent_id), BIND_INT(LISTING_WITHDRAWN));
    if (e && e != ERR_MISSING)
        return e;
    err_clear(cx);
    *ret = e ? (Listing){0} : found;
    return ERR_OK;
}

/* Of at most RECORD_IDS_MAX patents. */
static Err listings_of_some(Cx *cx, const i64 *patent_ids, size_t count, Listing *ret)
{
    Rows rows;
    Bind binds[RECORD_IDS_MAX + 1];
    if (!record_ids_bind(patent_ids, count, binds))
        return ERR_OK;
    binds[RECORD_IDS_MAX] = BIND_INT(LISTING_WITHDRAWN);
    Err e =
        record_query(cx, &listing_type, &rows,
                     "WHERE patent_id IN (" RECORD_IDS ") AND state < ?21 ORDER BY " LISTING_FIRST,
                     binds, COUNT(binds));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Listing listing = {0};
        record_read_row(cx, &listing_type, &rows, &listing);
        for (size_t i = 0; i < count; i++)
            if (patent_ids[i] == listing.patent_id && !ret[i].id)
                ret[i] = listing;
    }
    return rows_end(&rows);
}

Err listings_of_patents(Cx *cx, const i64 *patent_ids, size_t count, Listing *ret)
{
    Err e = ERR_OK;
    Listing *found = ARENA_NEW(cx->arena, Listing, count);
    for (size_t first = 0; !e && first < count; first += RECORD_IDS_MAX) {
        size_t some = count - first < RECORD_IDS_MAX ? count - first : RECORD_IDS_MAX;
        e = listings_of_some(cx, patent_ids + first, some, found + first);
    }
    if (!e)
        memcpy(ret, found, count * sizeof *found);
    return e;
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

/* Takes over what `given` has and `old` lacks or has otherwise, but for the fields in `later`. True
 * when that changes anything. */
static bool merge(const Patent *given, u64 later, Patent *old)
{
    bool changed = false;
    for (size_t i = 0; i < patent_type.count; i++) {
        const Field *field = &patent_type.fields[i];
        bool taken = (field->flags & IMPORTED) || strcmp(field->name, "pub_key") == 0 ||
                     strcmp(field->name, "expiry_date") == 0;
        if (!taken || field_empty(field, given) || (later >> i & 1))
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

Err patent_save(Cx *cx, const Patent *given, u64 later, PatentSaved *ret_saved, i64 *ret_id,
                Patent *before)
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
    if (!merge(given, later, &old)) {
        *ret_saved = PATENT_SAME;
        return ERR_OK;
    }
    e = fact_change(cx, &patent_type, &old,
                    (FactNote){.kind = "patent.updated", .other_id = given->import_id});
    if (!e)
        *ret_saved = PATENT_UPDATED;
    return e;
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
    i64 today_date = time_date(clock_now_ms(cx->clock));
    val_set_bool(cx->arena, map, "can_list", mine && !listing_bars(&listing, today_date));
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
