/* What has to be signed before a listing is shown on a stage and auctioned. */
#include "registry/registry_int.h"

#include "command/settings.h"
#include "consent/consent.h"

static bool is_among(const Str *names, size_t count, Str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_same(names[i], name))
            return true;
    return false;
}

Err patent_co_owners(Cx *cx, i64 patent_id, Str **ret, size_t *ret_count)
{
    Patent patent = {0};
    Str owner = S(""), part;
    Str *names = ARENA_NEW(cx->arena, Str, CO_OWNERS_MAX);
    size_t count = 0;
    Err e = record_load(cx, &patent_type, patent_id, &patent);
    if (!e)
        e = org_name(cx, patent.org_id, &owner);
    if (e)
        return e;
    Str rest = patent.applicant;
    while (str_split(&rest, ';', &part) && count < CO_OWNERS_MAX) {
        Str name = str_trim(part);
        if (name.len && !str_same(name, owner) && !is_among(names, count, name))
            names[count++] = name;
    }
    /* One name that is not the owner's is its former or full name, not another owner. */
    *ret = names;
    *ret_count = str_has(patent.applicant, S(";")) ? count : 0;
    return ERR_OK;
}

Err listing_stage_ready(Cx *cx, const Listing *listing)
{
    Str *names = NULL;
    size_t count = 0;
    if (!house_of(cx)->settings->stage_consent_required)
        return ERR_OK;
    Err e = consent_standing(cx, "stage", listing->org_id, "listing", listing->id);
    if (!e && listing->patent_id)
        e = patent_co_owners(cx, listing->patent_id, &names, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = consent_standing_by_name(cx, "co_owner", names[i], "listing", listing->id);
    return e;
}

/* ---- for the pages of those who have to sign, and of the operator ---- */

/* ERR_OK with *ret false when it is not signed yet. */
static Err is_signed(Cx *cx, Err standing, bool *ret)
{
    *ret = standing == ERR_OK;
    if (standing != ERR_STATE)
        return standing;
    err_clear(cx);
    return ERR_OK;
}

static void add_paper(Cx *cx, Val *list, const char *kind, Str name, i64 listing_id, bool done)
{
    Val *row = val_map(cx->arena);
    val_set_z(cx->arena, row, "kind", kind);
    val_set_str(cx->arena, row, "name", name);
    val_set_bool(cx->arena, row, "signed", done);
    val_set_str(cx->arena, row, "href",
                str_format(cx->arena, "/consent/sign/%s?about=listing&about_id=%lld", kind,
                           (long long)listing_id));
    val_push(cx->arena, list, row);
}

Err listing_papers(Cx *cx, const Listing *listing, Val **ret)
{
    Str *names = NULL, owner;
    size_t count = 0;
    bool done = false;
    *ret = val_list(cx->arena);
    if (!house_of(cx)->settings->stage_consent_required || listing->state != LISTING_LISTED)
        return ERR_OK;
    Err e = org_name(cx, listing->org_id, &owner);
    if (!e)
        e = is_signed(cx, consent_standing(cx, "stage", listing->org_id, "listing", listing->id),
                      &done);
    if (!e)
        add_paper(cx, *ret, "stage", owner, listing->id, done);
    if (!e && listing->patent_id)
        e = patent_co_owners(cx, listing->patent_id, &names, &count);
    for (size_t i = 0; !e && i < count; i++) {
        e = is_signed(
            cx, consent_standing_by_name(cx, "co_owner", names[i], "listing", listing->id), &done);
        if (!e)
            add_paper(cx, *ret, "co_owner", names[i], listing->id, done);
    }
    return e;
}
