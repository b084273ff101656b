/* registry_int.h - inside the room. */
#ifndef REGISTRY_REGISTRY_INT_H
#define REGISTRY_REGISTRY_INT_H

#include "registry/ids.h"
#include "registry/registry.h"

enum { ACHIEVEMENT_FIELD_COUNT = 11, NEED_FIELD_COUNT = 17 };
extern const Field achievement_fields[ACHIEVEMENT_FIELD_COUNT];
extern const Field need_fields[NEED_FIELD_COUNT];
extern const CodeList hideable_fields;

typedef struct IdIn {
    i64 id;
} IdIn;

typedef struct IdsIn {
    Str ids;
    Str reason;
} IdsIn;

/* Ops of the files of this room; registry.c puts them into one table. */
Err patent_list_run(Cx *cx, const void *in, Val **ret);
Err patent_show_run(Cx *cx, const void *in, Val **ret);
Err achievement_add_run(Cx *cx, const void *in, Val **ret);
Err achievement_list_run(Cx *cx, const void *in, Val **ret);
Err achievement_show_run(Cx *cx, const void *in, Val **ret);
Err listing_file_run(Cx *cx, const void *in, Val **ret);
Err listing_list_run(Cx *cx, const void *in, Val **ret);
Err listing_show_run(Cx *cx, const void *in, Val **ret);
Err listing_act_run(Cx *cx, const void *in, Val **ret);
Err need_post_run(Cx *cx, const void *in, Val **ret);
Err need_list_run(Cx *cx, const void *in, Val **ret);
Err need_show_run(Cx *cx, const void *in, Val **ret);
Err need_act_run(Cx *cx, const void *in, Val **ret);

/* Of several listings of one patent the one that counts comes first: a sale (state 4) is the past
 * where there is another, else the furthest is the present. */
#define LISTING_FIRST "CASE WHEN state = 4 THEN 1 ELSE 0 END, state DESC, id DESC"
static_assert(LISTING_SOLD == 4, "LISTING_FIRST names the state by its number");
/* What has to be signed before a listing is shown and auctioned: a list of {kind, name, signed,
 * href}; empty unless it is listed. */
NODISCARD Err listing_papers(Cx *cx, const Listing *listing, Val **ret);

typedef struct ListQuery {
    Str kind;
    Str field;
    Str state;
    Str number;
    Str ids; /* Of patents: these alone, whatever else is asked. */
    i64 org_id;
    i64 import_id; /* Of patents: those that it has made, for their owner and the operator. */
    i64 mine;
    i64 listed;
    i64 brief; /* Only the fields that lists show. */
    i64 page;
} ListQuery;

typedef struct ListingFile {
    Str patent_ids;
    i64 achievement_id;
    Str mode;
    i64 price_fen;
    i64 floor_fen;
    Str intro;
    Str maturity;
    Str contact;
    Str phone;
} ListingFile;

/* The listing that this input would make of a patent, or of an achievement; nothing is kept.
 * ERR_INPUT, ERR_DENIED, ERR_CONFLICT, ERR_STATE: why it would not be taken. */
NODISCARD Err listing_from(Cx *cx, const ListingFile *in, i64 patent_id, i64 achievement_id,
                           Listing *ret);
/* What everybody reads of a listing, or will: with "is_made" and the owner's name. */
Val *listing_published(Cx *cx, const Listing *listing, Str org);
/* Sets "published": what others see of a need; while it waits, what they will see once it is
 * accepted (`is_made`). */
NODISCARD Err need_published_add(Cx *cx, const Need *need, Val *map);
Err need_preview_run(Cx *cx, const void *in, Val **ret);
Err listing_preview_run(Cx *cx, const void *in, Val **ret);

#endif
