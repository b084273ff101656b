/* registry.h - what is on offer and what is wanted: patents, achievements, needs, and the listings
 * that offer the first two for sale or licence.
 *
 * Owns    the tables patent, achievement, listing, need, need_public.
 * Emits   patent.imported, patent.updated, patent.removed, achievement.added, listing.filed,
 *         listing.accepted, listing.returned, listing.withdrawn, listing.in_lot,
 *         listing.out_of_lot, listing.sold, listing.licensed, listing.relisted, need.posted,
 *         need.accepted, need.returned, need.withdrawn, need.matched, need.published,
 *         need.republished, need.unpublished.
 *
 * A Chinese patent is known by its application number, by its publication number while the first is
 * unknown; the two are joined when both appear. Numbers, classes and dates are read by ids.h.
 *
 *   listing  draft --submit--> filed --accept--> listed --enter_lot--> in_lot --sell--> sold
 *                                                   ^                             |
 *                                                   +-----------relist------------+
 *   need     filed --accept--> listed --match--> matched
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "base/base.h"
#include "command/command.h"
#include "ident/ident.h"
#include "people/people.h"

typedef struct Patent {
    RECORD_HEAD;
    i64 org_id;
    Str appno;   /* Canonical, 201710601862.3; '' while unknown. */
    Str pubno;   /* CN110007813A; '' while unknown. */
    Str pub_key; /* pubno without its kind: one invention's A and B are one. */
    Str title;
    Str kind; /* patent_kinds */
    i64 filed_date;
    i64 published_date;
    i64 granted_date;
    i64 expiry_date; /* By type and filing day, when nothing extends it. */
    Str applicant;
    Str inventors; /* F_LIST */
    Str ipc;       /* F_LIST, canonical symbols or Locarno classes. */
    Str field;     /* industry_fields */
    Str abstract;
    i64 claim_count;
    i64 trl; /* 1..9, GB/T 22900-2022; 0 unknown. */
    Str region;
    i64 import_id; /* The import that made the row; 0: typed in. */
} Patent;

typedef struct Achievement {
    RECORD_HEAD;
    i64 org_id;
    Str title;
    Str kind; /* achievement_kinds */
    Str field;
    Str intro;
    Str level;
    i64 trl;
} Achievement;

typedef struct Listing {
    RECORD_HEAD;
    i64 org_id;
    i64 patent_id; /* One of the two. */
    i64 achievement_id;
    Str title;
    Str field;
    Str mode;      /* trade_modes */
    i64 price_fen; /* Asked. */
    i64 floor_fen; /* The owner's lowest; the operator's to know. */
    Str intro;
    Str maturity;
    Str contact; /* A role: 技术转移办公室. */
    Str phone;
    Str reason;             /* Why it was returned or withdrawn, in words, to the owner. */
    i64 licence_until_date; /* Last day of the licence it was sold for; 0: as long as the patent. */
    i64 state;
} Listing;

typedef struct Need {
    RECORD_HEAD;
    i64 org_id;
    Str title;
    Str problem;
    Str params;
    i64 amount_fen;
    Str cooperation; /* cooperation_codes, several. */
    Str field;
    i64 valid_until_date;
    Str contact;
    Str phone;
    Str hidden; /* Names of fields that the owner hides from the public. */
    Str reason; /* Why it was returned or withdrawn, in words, to the owner. */
    i64 state;
} Need;

enum {
    LISTING_DRAFT,
    LISTING_FILED,
    LISTING_LISTED,
    LISTING_IN_LOT,
    LISTING_SOLD,
    LISTING_WITHDRAWN
};
enum { NEED_FILED, NEED_RETURNED, NEED_LISTED, NEED_MATCHED, NEED_WITHDRAWN };

extern const RecordType patent_type, achievement_type, listing_type, need_type;
extern const RecordType need_public_type; /* Of Need, under the ids of needs; see need_read. */
extern const CodeList patent_kinds, achievement_kinds, trade_modes, cooperation_codes;
extern const Flow listing_flow, need_flow;
extern const Room registry_room;

/* Moves a listing by one of its flow's steps, as the exchange itself. Writer only. */
NODISCARD Err listing_move(Cx *cx, i64 id, const char *action);
/* ERR_OK when a listing may be shown on a stage and auctioned: its owner has signed 现场展示同意书
 * for it, and every other applicant of its patent 共有人同意书 (Patent Law 14). Else ERR_STATE with
 * who has to sign what, and where. A setting turns it off. */
NODISCARD Err listing_stage_ready(Cx *cx, const Listing *listing);
/* The applicants of a patent besides its owner, by name; at most CO_OWNERS_MAX. In cx->arena. */
enum { CO_OWNERS_MAX = 20 };
NODISCARD Err patent_co_owners(Cx *cx, i64 patent_id, Str **ret, size_t *ret_count);
/* True when everybody may see it. */
bool listing_public(const Listing *listing);
bool need_public(const Need *need);
/* A need as this reader may have it: the row itself for its owner, the operator, and those above
 * its owner once it is published; for everybody else its published form, and only that is read.
 * ERR_MISSING: none, or not his to know of. */
typedef struct NeedSeen {
    Need row;
    unsigned who; /* This reader to the need. */
    See see;
    bool whole; /* `row` is the original. */
} NeedSeen;
NODISCARD Err need_read(Cx *cx, i64 id, NeedSeen *ret);
/* The listing through which a patent is on offer now, else the last that was sold; id 0 when there
 * is none. */
NODISCARD Err listing_of_patent(Cx *cx, i64 patent_id, Listing *ret);
/* The same of several patents, in their order; patent_id 0 has none. */
NODISCARD Err listings_of_patents(Cx *cx, const i64 *patent_ids, size_t count, Listing *ret);
/* Why that listing keeps its owner from listing the patent, as a message key with the title as {0};
 * NULL when it does not. An ordinary licence shuts nobody out, and one that has run out no more. */
const char *listing_bars(const Listing *listing, i64 today_date);
/* The deal of a sold listing came to nothing: it is on offer again, or withdrawn when the patent is
 * offered or gone through another listing by now. ERR_STATE it is not sold. Writer only. */
NODISCARD Err listing_unsold(Cx *cx, i64 id);
/* The licence that a listing was sold for ends with this day. Writer only. */
NODISCARD Err listing_licensed(Cx *cx, i64 id, i64 until_date);
/* Whether what is sold in this trade mode is the use of it, not the thing itself. */
bool trade_mode_is_licence(Str mode);

/* ---- Import ---- */

typedef enum PatentSaved { PATENT_MADE = 1, PATENT_UPDATED, PATENT_SAME } PatentSaved;
/* Makes, updates or leaves a patent of this unit. Members that are empty in `given` do not empty
 * those of a row that is there; nor do those in `later` change one that is there: bit i is row i of
 * patent_type, for what a later line of the same file says. ERR_CONFLICT when the number belongs to
 * another unit. Writer only. `before` receives the row as it was when PATENT_UPDATED. */
NODISCARD Err patent_save(Cx *cx, const Patent *given, u64 later, PatentSaved *ret_saved,
                          i64 *ret_id, Patent *before);
/* True when something else stands on the row: a listing. */
NODISCARD Err patent_used(Cx *cx, i64 id, bool *ret_used);

#endif
