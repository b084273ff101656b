/* deal_int.h - what the files of this room share among themselves. */
#ifndef DEAL_DEAL_INT_H
#define DEAL_DEAL_INT_H

#include "deal/deal.h"
#include "deal/deal_rules.h"

extern const CodeList deal_floor_codes;

typedef struct DealListIn {
    Str state; /* Name of a stage; '' for all. */
    i64 page;
} DealListIn;

typedef struct DealIdIn {
    i64 id;
} DealIdIn;

/* The level at which the actor sees this deal; false when it does not exist for him. */
bool deal_visible(Cx *cx, const Deal *deal, See *ret_level);
/* deal_load for the actor: ERR_MISSING also when he may not know of it. */
NODISCARD Err deal_load_seen(Cx *cx, i64 id, Deal *ret, See *ret_level);

/* Who the actor is to the steps of a deal: a contract is taken on by whoever binds one of the two
 * units, so WHO_PARTY only for those who bind the buyer. */
unsigned deal_who(Cx *cx, const Deal *deal);

NODISCARD Err deal_list_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err deal_show_run(Cx *cx, const void *in, Val **ret);

#endif
