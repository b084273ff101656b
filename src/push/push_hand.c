/* push_hand.c - a technology manager pushes a pair that he has looked at himself. */
#include "push/push_int.h"

#include "registry/registry.h"

static Err on_offer(Cx *cx, const PushPairIn *in)
{
    i64 count = 0;
    Err e = in->patent_id
                ? DB_INT(cx, &count, 0,
                         "SELECT COUNT(*) FROM listing WHERE patent_id = ?1 AND state IN (2, 3)",
                         BIND_INT(in->patent_id))
                : DB_INT(cx, &count, 0,
                         "SELECT COUNT(*) FROM listing WHERE achievement_id = ?1 AND state IN "
                         "(2, 3)",
                         BIND_INT(in->achievement_id));
    return e || count ? e : err_set(cx, ERR_STATE, NULL, "push.not_on_offer");
}

Err push_pair_run(Cx *cx, const void *arg, Val **ret)
{
    const PushPairIn *in = arg;
    Push push = {0};
    bool made = false, to_firm = str_same(in->way, S("item"));
    if (!in->patent_id == !in->achievement_id)
        return err_set(cx, ERR_INPUT, "patent_id", "push.one_item");
    Err e = to_firm ? on_offer(cx, in) : ERR_OK;
    if (!e)
        e = push_pair(cx, in->need_id, in->patent_id, in->achievement_id, to_firm, &push);
    push.by_id = cx->actor.account_id;
    if (!e)
        e = push_make(cx, &push, &made);
    if (!e && !made)
        e = err_set(cx, ERR_CONFLICT, NULL, "push.there");
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", push.id);
    val_set_int(cx->arena, *ret, "score", push.score);
    return ERR_OK;
}
