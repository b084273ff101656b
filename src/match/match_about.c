/* match_about.c - see match_about.h. */
#include "match/match_about.h"
#include "match/match_ops_int.h"

#include <math.h>

double match_price_fit(i64 budget_fen, i64 price_fen)
{
    if (budget_fen <= 0 || price_fen <= 0)
        return NAN;
    return price_fen <= budget_fen ? 0 : log2((double)budget_fen / (double)price_fen);
}

static bool has_code(Str codes, const char *code)
{
    Str rest = codes, one;
    while (str_split(&rest, ',', &one))
        if (str_same_z(one, code))
            return true;
    return false;
}

double match_mode_fit(Str cooperation, Str mode)
{
    static const struct {
        const char *mode, *sought;
    } fits[] = {
        {"assign", "assign"},    {"exclusive", "license"}, {"sole", "license"},
        {"ordinary", "license"}, {"pay_later", "license"}, {"equity", "equity"},
        {"warrant", "equity"},
    };
    if (!cooperation.len || !mode.len)
        return NAN;
    for (size_t i = 0; i < COUNT(fits); i++)
        if (str_same_z(mode, fits[i].mode))
            return has_code(cooperation, fits[i].sought);
    return 0;
}

/* Of some items, each at the place of its own; 0 for another kind. */
typedef struct AboutIds {
    i64 patents[RECORD_IDS_MAX], achievements[RECORD_IDS_MAX];
} AboutIds;

/* The rows behind them. */
typedef struct AboutRows {
    Patent patents[RECORD_IDS_MAX];
    Listing listings[RECORD_IDS_MAX];
    i64 offers[RECORD_IDS_MAX]; /* Listings of achievements. */
    Listing offered[RECORD_IDS_MAX];
} AboutRows;

static AboutIds about_ids(const MatchKey *items, size_t count)
{
    AboutIds ids = {0};
    for (size_t i = 0; i < count; i++)
        *(items[i].kind == MATCH_PATENT ? &ids.patents[i] : &ids.achievements[i]) = items[i].id;
    return ids;
}

static Err load_about(Cx *cx, const AboutIds *ids, size_t count, AboutRows *rows)
{
    Err e = record_load_all(cx, &patent_type, ids->patents, count, rows->patents);
    if (!e)
        e = listings_of_patents(cx, ids->patents, count, rows->listings);
    if (!e)
        e = match_offers_of(cx, ids->achievements, count, rows->offers);
    return e ? e : record_load_all(cx, &listing_type, rows->offers, count, rows->offered);
}

/* What became of the items with other needs: above 0 for claims and talks, below for refusals. */
static Err add_outcomes(Cx *cx, const MatchAsker *asker, const AboutIds *ids, size_t count,
                        double *rows)
{
    const HouseHooks *hooks = &house_of(cx)->hooks;
    i64 good[RECORD_IDS_MAX] = {0}, bad[RECORD_IDS_MAX] = {0};
    if (!hooks->outcomes)
        return ERR_OK;
    Err e = hooks->outcomes(cx, true, ids->patents, count, asker->need_id, good, bad);
    if (!e)
        e = hooks->outcomes(cx, false, ids->achievements, count, asker->need_id, good, bad);
    for (size_t i = 0; i < count; i++)
        rows[i * MATCH_FEATURES + MATCH_F_OUTCOMES] =
            log1p((double)good[i]) - log1p((double)bad[i]);
    return e;
}

static void add_patent(Cx *cx, const Patent *patent, double *row)
{
    static const double year_days = 365.25;
    i64 today = time_date(clock_now_ms(cx->clock));
    row[MATCH_F_GRANTED] = patent->granted_date != 0;
    row[MATCH_F_CLAIMS] = patent->claim_count ? log1p((double)patent->claim_count) : (double)NAN;
    if (patent->expiry_date)
        row[MATCH_F_TERM] =
            patent->expiry_date > today
                ? (double)(date_days(patent->expiry_date) - date_days(today)) / year_days
                : 0;
}

Err match_about(Cx *cx, const void *about_of, const MatchKey *items, size_t count, double *rows)
{
    const MatchAsker *asker = about_of;
    AboutRows *about = ARENA_NEW(cx->arena, AboutRows, 1);
    Err e = ERR_OK;
    for (size_t first = 0; !e && first < count; first += RECORD_IDS_MAX) {
        size_t some = count - first < RECORD_IDS_MAX ? count - first : (size_t)RECORD_IDS_MAX;
        *about = (AboutRows){0};
        AboutIds ids = about_ids(items + first, some);
        e = load_about(cx, &ids, some, about);
        if (!e)
            e = add_outcomes(cx, asker, &ids, some, rows + first * MATCH_FEATURES);
        for (size_t i = 0; !e && i < some; i++) {
            double *row = rows + (first + i) * MATCH_FEATURES;
            const Listing *listing = ids.patents[i] ? &about->listings[i] : &about->offered[i];
            if (listing->id && listing_public(listing)) {
                row[MATCH_F_PRICE] = match_price_fit(asker->amount_fen, listing->price_fen);
                row[MATCH_F_MODE] = match_mode_fit(asker->cooperation, listing->mode);
            }
            if (about->patents[i].id)
                add_patent(cx, &about->patents[i], row);
        }
    }
    return e;
}
