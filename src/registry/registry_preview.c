/* What others would read of a need or a listing before it is sent: by the same code that publishes
 * it, from what was typed. */
#include "registry/registry_int.h"

Val *listing_published(Cx *cx, const Listing *listing, Str org)
{
    Val *val = record_val(cx, &listing_type, listing, SEE_PUBLIC);
    val_set_str(cx->arena, val, "org", org);
    val_set_bool(cx->arena, val, "is_made", listing_public(listing));
    return val;
}

Err need_preview_run(Cx *cx, const void *arg, Val **ret)
{
    Need need = *(const Need *)arg;
    need.org_id = cx->actor.org_id;
    need.state = NEED_FILED;
    *ret = val_map(cx->arena);
    return need_published_add(cx, &need, *ret);
}

/* Of several patents on the same terms the first stands for all. */
Err listing_preview_run(Cx *cx, const void *arg, Val **ret)
{
    const ListingFile *in = arg;
    Listing listing = {0};
    i64 *ids = NULL;
    size_t count = 1;
    Str org = S("");
    Err e = in->achievement_id ? ERR_OK : refs_read(cx, in->patent_ids, "patent_ids", &ids, &count);
    if (!e)
        e = listing_from(cx, in, ids ? ids[0] : 0, in->achievement_id, &listing);
    if (!e)
        e = org_name(cx, listing.org_id, &org);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "count", (i64)count);
    val_set(cx->arena, *ret, "published", listing_published(cx, &listing, org));
    return ERR_OK;
}
