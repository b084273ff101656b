/* The lists of the room: a condition, a page of the rows under it, and how many there are. */
#include "registry/registry_int.h"

#include <string.h>

enum { LIST_BINDS_MAX = 7 }; /* With the two of a page, ?1 to ?9. */

/* How many values a condition takes. */
static size_t highest_bind(Str where)
{
    size_t highest = 0;
    for (size_t i = 0; i + 1 < where.len; i++)
        if (where.data[i] == '?' && (size_t)(where.data[i + 1] - '0') > highest)
            highest = (size_t)(where.data[i + 1] - '0');
    return highest;
}

/* One page of the rows under a condition, as this reader sees them, with the names of their owners.
 * Its ids are found first: that walks an index where there is one, and reads no row of the pages
 * before. */
static Err list_rows(Cx *cx, const RecordType *whole, const ListQuery *in, Str where,
                     const char *order, const Bind *binds, size_t count, Val **ret)
{
    RecordType type = *whole;
    if (in->brief)
        record_listed(cx->arena, whole, &type);
    Bind all[LIST_BINDS_MAX + 2];
    assert(count <= LIST_BINDS_MAX);
    memcpy(all, binds, count * sizeof *binds);
    i64 page = page_number(in->page), total = 0;
    all[count] = BIND_INT(PAGE_SIZE);
    all[count + 1] = BIND_INT((page - 1) * PAGE_SIZE);
    Str total_sql =
        str_format(cx->arena, "SELECT COUNT(*) FROM %s %.*s", type.name, STR_ARG(where));
    Str tail = str_format(cx->arena,
                          "WHERE id IN (SELECT id FROM %s %.*s ORDER BY %s LIMIT ?%zu OFFSET ?%zu) "
                          "ORDER BY %s",
                          type.name, STR_ARG(where), order, count + 1, count + 2, order);
    Err e = count_rows(cx, db_keep(total_sql), binds, highest_bind(where), &total);
    if (e)
        return e;
    Rows rows;
    Val *items = val_list(cx->arena);
    void *row = arena_take(cx->arena, type.size);
    const Field *owner = record_field(&type, "org_id");
    e = db_query(cx, &rows, record_select(cx, &type, tail.data), all, count + 2);
    if (e)
        return e;
    while (rows_next(&rows)) {
        record_read_row(cx, &type, &rows, row);
        bool over = whole == &listing_type && field_relation(cx, ((Listing *)row)->field);
        See level = see_level(cx, field_int(owner, row), over);
        val_push(cx->arena, items, record_val(cx, &type, row, level));
    }
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    e = rows_end(&rows);
    return e ? e : org_names_add(cx, items, "org_id", "org");
}

/* The state asked for by name; -1 for any. */
static i64 state_asked(const Flow *flow, Str name)
{
    return name.len ? flow_state_find(flow, name) : -1;
}

static bool sees_all(const Cx *cx)
{
    return (cx->actor.roles & (WHO_OPERATOR | WHO_CLOCK)) != 0 || cx->actor.via == VIA_LOCAL;
}

/* Whose drafts are this reader's own. Administrators, and accounts without a role, have none. */
static i64 own_org(Cx *cx)
{
    return who_of(cx, cx->actor.org_id, false) & WHO_OWNER ? cx->actor.org_id : 0;
}

#define LISTINGS_SEEN(asked, own)                                                                  \
    "WHERE (?1 = -1 OR state = ?1) AND (?2 = '' OR field = ?2) AND (?3 = '' OR mode = ?3) "        \
    "AND (?4 = 0 OR org_id " asked ") "                                                            \
    "AND (?5 = 1 OR state IN (2, 3, 4) OR (?6 <> 0 AND org_id " own "))"

Err listing_list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListQuery *in = arg;
    bool house = false;
    const Bind binds[] = {BIND_INT(state_asked(&listing_flow, in->state)),
                          BIND_STR(in->field),
                          BIND_STR(in->kind),
                          BIND_INT(in->mine ? own_org(cx) : in->org_id),
                          BIND_INT(sees_all(cx)),
                          BIND_INT(own_org(cx))};
    Err e = org_has_below(cx, own_org(cx), &house);
    Str where = !house     ? S(LISTINGS_SEEN("= ?4", "= ?6"))
                : in->mine ? S(LISTINGS_SEEN("IN " ORG_HOUSE("?4"), "IN " ORG_HOUSE("?6")))
                           : S(LISTINGS_SEEN("= ?4", "IN " ORG_HOUSE("?6")));
    return e ? e
             : list_rows(cx, &listing_type, in, where, "changed_ms DESC, id DESC", binds,
                         COUNT(binds), ret);
}

/* ---- needs ---- */

/* What others have published, and those of this reader's house as they are. */
#define NEEDS_SEEN(own)                                                                            \
    "FROM (SELECT id, state, field, changed_ms, 0 AS own FROM need_public p WHERE NOT EXISTS "     \
    "(SELECT 1 FROM need n WHERE n.id = p.id AND n.org_id " own ") "                               \
    "UNION ALL SELECT id, state, field, changed_ms, 1 AS own FROM need WHERE org_id " own ") s "   \
    "WHERE (?1 = -1 OR state = ?1) AND (?2 = '' OR field = ?2)"
#define NEEDS_ONE   NEEDS_SEEN("= ?3")
#define NEEDS_HOUSE NEEDS_SEEN("IN " ORG_HOUSE("?3"))
#define NEEDS_PAGE  " ORDER BY changed_ms DESC, id DESC LIMIT ?4 OFFSET ?5"

typedef struct NeedPage {
    i64 ids[2][PAGE_SIZE]; /* Of others, of one's own; each at its place on the page, else 0. */
    size_t count;
} NeedPage;
static_assert((int)PAGE_SIZE <= (int)RECORD_IDS_MAX, "a page is read with one statement");

static Err need_page_find(Cx *cx, bool house, const Bind *binds, size_t count, NeedPage *ret)
{
    Rows rows;
    Err e = db_query(cx, &rows,
                     house ? "SELECT id, own " NEEDS_HOUSE NEEDS_PAGE
                           : "SELECT id, own " NEEDS_ONE NEEDS_PAGE,
                     binds, count);
    if (e)
        return e;
    for (; ret->count < PAGE_SIZE && rows_next(&rows); ret->count++)
        ret->ids[rows_int(&rows, 1)][ret->count] = rows_int(&rows, 0);
    return rows_end(&rows);
}

static Err need_page_read(Cx *cx, const RecordType *whole, bool brief, const i64 *ids, See see,
                          Val **items)
{
    RecordType type = *whole;
    Rows rows;
    Bind binds[RECORD_IDS_MAX];
    if (brief)
        record_listed(cx->arena, whole, &type);
    if (!record_ids_bind(ids, PAGE_SIZE, binds))
        return ERR_OK;
    Err e = db_query(cx, &rows, record_select(cx, &type, "WHERE id IN (" RECORD_IDS ")"), binds,
                     COUNT(binds));
    if (e)
        return e;
    type.name = need_type.name; /* What was shown is told of as a need. */
    while (rows_next(&rows)) {
        Need row = {0};
        record_read_row(cx, &type, &rows, &row);
        for (size_t i = 0; i < PAGE_SIZE; i++)
            if (ids[i] == row.id)
                items[i] = record_val(cx, &type, &row, see);
    }
    return rows_end(&rows);
}

/* For somebody signed in, who may have needs of his own among the others. */
static Err needs_seen(Cx *cx, const ListQuery *in, bool house, Val **ret)
{
    i64 page = page_number(in->page), total = 0;
    NeedPage found = {0};
    Val *vals[PAGE_SIZE] = {0}, *items = val_list(cx->arena);
    const Bind binds[] = {BIND_INT(state_asked(&need_flow, in->state)), BIND_STR(in->field),
                          BIND_INT(own_org(cx) ? own_org(cx) : -1), BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
    Err e = count_rows(cx, house ? "SELECT COUNT(*) " NEEDS_HOUSE : "SELECT COUNT(*) " NEEDS_ONE,
                       binds, 3, &total);
    if (!e)
        e = need_page_find(cx, house, binds, COUNT(binds), &found);
    if (!e)
        e = need_page_read(cx, &need_public_type, in->brief, found.ids[0], see_published(cx), vals);
    if (!e)
        e = need_page_read(cx, &need_type, in->brief, found.ids[1], SEE_OWNER, vals);
    if (e)
        return e;
    for (size_t i = 0; i < found.count; i++)
        if (vals[i]) /* Else withdrawn since it was found. */
            val_push(cx->arena, items, vals[i]);
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return org_names_add(cx, items, "org_id", "org");
}

#define NEEDS_WHOLE(own)                                                                           \
    "WHERE (?1 = -1 OR state = ?1) AND (?2 = '' OR field = ?2) AND (?3 = 0 OR org_id " own ")"

/* The rows themselves are for those who see all of them, and for their own house. */
Err need_list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListQuery *in = arg;
    i64 own = in->mine ? own_org(cx) : 0;
    const Bind binds[] = {BIND_INT(state_asked(&need_flow, in->state)), BIND_STR(in->field),
                          BIND_INT(own)};
    bool house = false;
    Err e = org_has_below(cx, own_org(cx), &house);
    if (e)
        return e;
    Str whole = own && house ? S(NEEDS_WHOLE("IN " ORG_HOUSE("?3"))) : S(NEEDS_WHOLE("= ?3"));
    if (own || sees_all(cx))
        return list_rows(cx, &need_type, in, whole, "changed_ms DESC, id DESC", binds, COUNT(binds),
                         ret);
    if (own_org(cx))
        return needs_seen(cx, in, house, ret);
    return list_rows(cx, &need_public_type, in,
                     S("WHERE (?1 = -1 OR state = ?1) AND (?2 = '' OR field = ?2)"),
                     "changed_ms DESC, id DESC", binds, 2, ret);
}

#define ACHIEVEMENTS_SEEN(asked)                                                                   \
    "WHERE (?1 = 0 OR org_id " asked ") AND (?2 = '' OR kind = ?2) AND (?3 = '' OR field = ?3)"

Err achievement_list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListQuery *in = arg;
    const Bind binds[] = {BIND_INT(in->mine ? own_org(cx) : in->org_id), BIND_STR(in->kind),
                          BIND_STR(in->field)};
    bool house = false;
    Err e = in->mine ? org_has_below(cx, own_org(cx), &house) : ERR_OK;
    Str where = house ? S(ACHIEVEMENTS_SEEN("IN " ORG_HOUSE("?1"))) : S(ACHIEVEMENTS_SEEN("= ?1"));
    return e ? e : list_rows(cx, &achievement_type, in, where, "id DESC", binds, COUNT(binds), ret);
}

/* ---- patents ---- */

/* The state of the listing through which each is on offer, '' when this reader sees none. */
static Err listing_states_add(Cx *cx, Val *items)
{
    size_t count = val_count(items);
    i64 *ids = ARENA_NEW(cx->arena, i64, count);
    Listing *listings = ARENA_NEW(cx->arena, Listing, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = val_get_int(val_at(items, i), "id");
    Err e = listings_of_patents(cx, ids, count, listings);
    for (size_t i = 0; !e && i < count; i++) {
        const Listing *listing = &listings[i];
        bool mine = who_of(cx, listing->org_id, false) & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL);
        bool seen = listing->id && (listing_public(listing) || mine);
        val_set_z(cx->arena, val_at(items, i), "listing_state",
                  seen ? flow_state_name(&listing_flow, listing->state) : "");
    }
    return e;
}

/* Those of the ids that are there, in the order given. */
static Err patents_by_id(Cx *cx, Str refs, Val **ret)
{
    i64 *ids;
    size_t count;
    Val *items = val_list(cx->arena);
    Err e = refs_read(cx, refs, "ids", &ids, &count);
    if (e)
        return e;
    Patent *patents = ARENA_NEW(cx->arena, Patent, count);
    e = record_load_all(cx, &patent_type, ids, count, patents);
    if (e)
        return e;
    for (size_t i = 0; i < count; i++) {
        See level = see_level(cx, patents[i].org_id, false);
        if (patents[i].id) /* Else gone since it was chosen. */
            val_push(cx->arena, items, record_val(cx, &patent_type, &patents[i], level));
    }
    *ret = list_val(cx, items, (i64)val_count(items), 1, REFS_MAX);
    return org_names_add(cx, items, "org_id", "org");
}

/* A statement for each choice of filters, so that each can use its index; values are bound, never
 * written into the text. */
static Str patent_where(Cx *cx, const ListQuery *in, i64 org_id, bool house, Str number)
{
    const struct {
        bool asked;
        const char *part;
    } parts[] = {
        {org_id != 0, house ? "org_id IN " ORG_HOUSE("?1") : "org_id = ?1"},
        {in->kind.len > 0, "kind = ?2"},
        {in->field.len > 0, "field = ?3"},
        {number.len > 0, "((appno = ?4 AND appno <> '') OR pubno = ?4)"},
        {in->import_id != 0, "import_id = ?5"},
        {in->listed != 0, "id IN (SELECT patent_id FROM listing WHERE state IN (2, 3))"},
    };
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].asked)
            buf_format(&out, "%s%s", out.len ? " AND " : "WHERE ", parts[i].part);
    return buf_str(&out);
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

Err patent_list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListQuery *in = arg;
    i64 org_id = in->mine ? own_org(cx) : in->org_id;
    if (in->import_id && !sees_all(cx)) /* What was imported together is the owner's to know. */
        org_id = own_org(cx) ? own_org(cx) : -1;
    bool house = false;
    Err e =
        org_id == own_org(cx) && org_id != in->org_id ? org_has_below(cx, org_id, &house) : ERR_OK;
    if (e)
        return e;
    Str number = number_asked(cx, in->number);
    const Bind binds[] = {BIND_INT(org_id), BIND_STR(in->kind), BIND_STR(in->field),
                          BIND_STR(number), BIND_INT(in->import_id)};
    Str where = patent_where(cx, in, org_id, house, number);
    e = in->ids.len ? patents_by_id(cx, in->ids, ret)
                    : list_rows(cx, &patent_type, in, where, "id DESC", binds, COUNT(binds), ret);
    return e ? e : listing_states_add(cx, val_get(*ret, "items"));
}
