/* match_about.h - what rows say of hits against a need: price, mode, rights, what became of them.
 *
 * For the learnt weights alone (match_learn.h): the text score does not ask for it.
 */
#ifndef MATCH_MATCH_ABOUT_H
#define MATCH_MATCH_ABOUT_H

#include "match/match_learn.h"
#include "registry/registry.h"

/* What a need asks for, as its reader may know it; 0 and '' for what is hidden from him. */
typedef struct MatchAsker {
    i64 need_id;
    i64 amount_fen;  /* Its budget. */
    Str cooperation; /* cooperation_codes */
} MatchAsker;

/* For MatchQuery.about; `asker` is a MatchAsker. Outcomes with this need itself are left out: they
 * are what is learnt from. */
NODISCARD Err match_about(Cx *cx, const void *asker, const MatchKey *items, size_t count,
                          double *rows);

/* How a price stands to a budget: 0 within it, else below 0, in doublings. NAN when either is not
 * known. */
double match_price_fit(i64 budget_fen, i64 price_fen);
/* 1 when a way of trading (trade_modes) is among those of cooperation that are sought, 0 when not,
 * NAN when either is not said. Commissioned and joint development and consulting are no trade. */
double match_mode_fit(Str cooperation, Str mode);

#endif
