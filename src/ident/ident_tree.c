/* Where a unit stands, and what an actor is to it. */
#include "ident/ident_int.h"

#include <pthread.h>
#include <stdlib.h>

enum { TREE_SLOTS = 4096, STEPS_MAX = 8, REACH_ALL = 1000000 }; /* No real tree is deeper. */

typedef struct OrgPlace {
    i64 id; /* 0: an empty slot. */
    i64 parent_id;
    i64 supervisor_id;
    i64 division; /* Six digits as a number; 0: none. */
    i64 reach;    /* Of a department or centre: by how much its division is divided; 0: not one. */
    i64 natural;  /* 1: a natural person. */
    i64 field;    /* Of a centre of an industry: its row of industry_fields, from 1; 0: not one. */
    i64 rank;     /* Of those: grows with the level; at one level a department's is over a centre's.
                   */
} OrgPlace;

struct OrgTree {
    Arena own;
    pthread_rwlock_t lock;
    OrgPlace slots[TREE_SLOTS];
};

OrgTree *org_tree_new(void)
{
    Arena own = {0};
    OrgTree *tree = ARENA_NEW(&own, OrgTree, 1);
    pthread_rwlock_init(&tree->lock, NULL);
    tree->own = own;
    return tree;
}

void org_tree_done(OrgTree *tree)
{
    pthread_rwlock_destroy(&tree->lock);
    Arena own = tree->own;
    arena_done(&own);
}

void org_tree_forget(OrgTree *tree)
{
    if (!tree)
        return;
    pthread_rwlock_wrlock(&tree->lock);
    for (size_t i = 0; i < TREE_SLOTS; i++)
        tree->slots[i].id = 0;
    pthread_rwlock_unlock(&tree->lock);
}

/* 320000 with level province reaches 32xxxx, 320500 with level city 3205xx: GB/T 2260 codes have
 * two digits each for province, city and county. */
static i64 reach_of(Str kind, Str level, Str line)
{
    static const struct {
        const char *level;
        i64 reach;
    } rows[] = {{"national", REACH_ALL}, {"province", 10000}, {"city", 100}, {"county", 1}};
    bool centre = str_same(kind, S("centre"));
    if (!str_same(kind, S("department")) && !centre)
        return 0;
    if (centre && str_same(line, S("trade"))) /* Over its field, wherever that is. */
        return 0;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_same_z(level, rows[i].level))
            return rows[i].reach;
    return 0;
}

static i64 field_of(Str kind, Str line, Str field)
{
    if (!str_same(kind, S("centre")) || !str_same(line, S("trade")))
        return 0;
    const Code *code = code_find(&industry_fields, field);
    return code ? code - industry_fields.codes + 1 : 0;
}

static Err load_place(Cx *cx, i64 id, OrgPlace *ret)
{
    Rows rows;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT parent_id, supervisor_id, division, kind, level, "
                     "line, field FROM org WHERE id = ?1",
                     BIND_INT(id));
    if (e)
        return e;
    *ret = (OrgPlace){.id = id};
    if (rows_next(&rows)) {
        ret->parent_id = rows_int(&rows, 0);
        ret->supervisor_id = rows_int(&rows, 1);
        if (!str_to_i64(rows_str(&rows, 2), &ret->division))
            ret->division = 0;
        ret->reach = reach_of(rows_str(&rows, 3), rows_str(&rows, 4), rows_str(&rows, 5));
        ret->field = field_of(rows_str(&rows, 3), rows_str(&rows, 5), rows_str(&rows, 6));
        ret->natural = str_same(rows_str(&rows, 3), S("person"));
        ret->rank = ret->reach * 2 + (ret->reach && str_same(rows_str(&rows, 3), S("department")));
    }
    return rows_end(&rows);
}

static Err find_place(Cx *cx, i64 id, OrgPlace *ret)
{
    OrgTree *tree = cx->in_write ? NULL : house_of(cx)->orgs;
    if (!tree)
        return load_place(cx, id, ret);
    OrgPlace *slot = &tree->slots[(u64)id % TREE_SLOTS];
    pthread_rwlock_rdlock(&tree->lock);
    *ret = *slot;
    pthread_rwlock_unlock(&tree->lock);
    if (ret->id == id)
        return ERR_OK;
    Err e = load_place(cx, id, ret);
    if (e)
        return e;
    pthread_rwlock_wrlock(&tree->lock);
    *slot = *ret;
    pthread_rwlock_unlock(&tree->lock);
    return ERR_OK;
}

/* `rank` of what stands there, 0 when it is no department or centre: equals do not stand above each
 * other. */
static bool covers(const OrgPlace *above, i64 division, i64 rank)
{
    if (!above->reach || !division || rank >= above->rank)
        return false;
    return above->reach == REACH_ALL || above->division / above->reach == division / above->reach;
}

/* Up the bodies that supervise, from `id` on. */
static Err supervised_by(Cx *cx, i64 id, i64 by, bool *ret)
{
    Err e = ERR_OK;
    *ret = false;
    for (int steps = 0; !e && id && steps < STEPS_MAX; steps++) {
        OrgPlace place;
        if (id == by) {
            *ret = true;
            return ERR_OK;
        }
        e = find_place(cx, id, &place);
        id = !e && place.supervisor_id ? place.supervisor_id : e ? 0 : place.parent_id;
    }
    return e;
}

/* The relation, or an error; no relation is known while the store fails. */
static Err relation(Cx *cx, i64 org_id, unsigned *ret)
{
    OrgPlace place = {0}, mine;
    i64 division = 0, supervisor_id = 0, rank = 0;
    bool above = false;
    Err e = ERR_OK;
    if (org_id == cx->actor.org_id) {
        e = find_place(cx, org_id, &place);
        *ret = !e && place.natural ? WHO_BINDS : 0;
        return e;
    }
    for (i64 id = org_id, steps = 0; id && steps < STEPS_MAX; id = place.parent_id, steps++) {
        e = find_place(cx, id, &place);
        if (e)
            return e;
        if (place.parent_id && place.parent_id == cx->actor.org_id) {
            *ret = WHO_OWNER;
            return ERR_OK;
        }
        division = division ? division : place.division;
        rank = rank ? rank : place.rank; /* A house of theirs is theirs. */
        supervisor_id = supervisor_id ? supervisor_id : place.supervisor_id;
    }
    if (!(cx->actor.roles & (WHO_DEPARTMENT | WHO_CENTRE)))
        return ERR_OK;
    e = find_place(cx, cx->actor.org_id, &mine);
    if (!e && !covers(&mine, division, rank))
        e = supervised_by(cx, supervisor_id, cx->actor.org_id, &above);
    else
        above = !e;
    if (!e && above)
        *ret = WHO_ABOVE;
    return e;
}

unsigned org_relation(Cx *cx, i64 org_id)
{
    unsigned who = 0;
    if (!cx->actor.org_id || relation(cx, org_id, &who) == ERR_OK)
        return who;
    err_clear(cx); /* The op's own reading fails next, and says so. */
    return 0;
}

Err org_has_below(Cx *cx, i64 org_id, bool *ret)
{
    i64 there = 0;
    Err e = org_id <= 0 ? ERR_OK
                        : DB_INT(cx, &there, 0, "SELECT 1 FROM org WHERE parent_id = ?1 LIMIT 1",
                                 BIND_INT(org_id));
    *ret = there != 0;
    return e;
}

unsigned place_relation(Cx *cx, Str division, i64 supervisor_id)
{
    OrgPlace mine;
    i64 place = 0;
    bool above = false;
    unsigned roles = cx->actor.roles;
    if (!cx->actor.org_id || !(roles & (WHO_DEPARTMENT | WHO_CENTRE)) || (roles & WHO_ADMINS))
        return 0;
    if (!str_to_i64(division, &place))
        place = 0;
    Err e = find_place(cx, cx->actor.org_id, &mine);
    if (!e && covers(&mine, place, 0))
        return WHO_ABOVE;
    if (!e)
        e = supervised_by(cx, supervisor_id, cx->actor.org_id, &above);
    if (e)
        err_clear(cx); /* As in org_relation. */
    return !e && above ? WHO_ABOVE : 0;
}

Err org_reach(Cx *cx, Str *ret_from, Str *ret_to)
{
    OrgPlace mine = {0};
    *ret_from = *ret_to = S("");
    if (!cx->actor.org_id || !(cx->actor.roles & (WHO_DEPARTMENT | WHO_CENTRE)))
        return ERR_OK;
    Err e = find_place(cx, cx->actor.org_id, &mine);
    if (e || !mine.reach)
        return e;
    i64 from = mine.reach == REACH_ALL ? 0 : mine.division / mine.reach * mine.reach;
    *ret_from = str_format(cx->arena, "%06lld", (long long)from);
    *ret_to = str_format(cx->arena, "%06lld", (long long)(from + mine.reach - 1));
    return ERR_OK;
}

Err org_field(Cx *cx, Str *ret)
{
    OrgPlace mine = {0};
    *ret = S("");
    if (!cx->actor.org_id || !(cx->actor.roles & WHO_CENTRE) || (cx->actor.roles & WHO_ADMINS))
        return ERR_OK;
    Err e = find_place(cx, cx->actor.org_id, &mine);
    if (!e && mine.field)
        *ret = str_from(industry_fields.codes[mine.field - 1].code);
    return e;
}

unsigned field_relation(Cx *cx, Str field)
{
    Str mine;
    if (org_field(cx, &mine) == ERR_OK)
        return mine.len && str_same(mine, field) ? WHO_ABOVE : 0;
    err_clear(cx); /* As in org_relation. */
    return 0;
}
