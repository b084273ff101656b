/* season_int.h - what season.c and season_plan.c share. */
#ifndef AUCTION_SEASON_INT_H
#define AUCTION_SEASON_INT_H

#include "auction/season.h"

typedef struct SeasonPlanIn {
    i64 season_id;
    Str listing_ids;
    i64 from_date; /* 0: the first day that the notice leaves time for. */
} SeasonPlanIn;

typedef struct SeasonUndoIn {
    i64 season_id;
    i64 plan;
} SeasonUndoIn;

/* Reading the season's rules; ERR_INPUT where its members cannot be. */
NODISCARD Err season_hours(Cx *cx, const Season *season, SeasonHours *ret);
/* The link of a lot; id 0 when it is in no season. */
NODISCARD Err season_link(Cx *cx, i64 lot_id, SeasonLot *ret);

NODISCARD Err season_preview_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err season_plan_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err season_undo_run(Cx *cx, const void *in, Val **ret);

#endif
