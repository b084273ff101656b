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

/* Rows behind some items, each at the place of its own. */
typedef struct AboutRows {
    Patent patents[RECORD_IDS_MAX];
    Listing listings[RECORD_IDS_MAX];
    i64 offers[RECORD_IDS_MAX]; /* Listings of achievements. */
    Listing offered[RECORD_IDS_MAX];
} AboutRows;

static Err load_about(Cx *cx, const MatchKey *items, size_t count, AboutRows *rows)
{
    i64 patents[RECORD_IDS_MAX] = {0}, achievements[RECORD_IDS_MAX] = {0};
    for (size_t i = 0; i < count; i++) {
        patents[i] = items[i].kind == MATCH_PATENT ? items[i].id : 0;
        achievements[i] = items[i].kind == MATCH_ACHIEVEMENT ? items[i].id : 0;
    }
    Err e = record_load_all(cx, &patent_type, patents, count, rows->patents);
    if (!e)
        e = listings_of_patents(cx, patents, count, rows->listings);
    if (!e)
        e = match_offers_of(cx, achievements, count, rows->offers);
    return e ? e : record_load_all(cx, &listing_type, rows->offers, count, rows->offered);
}

/* What became of one item with other needs: 0 for nothing, above for claims and talks. */
static Err outcomes_of(Cx *cx, const MatchAsker *asker, const MatchKey *item, double *ret)
{
    const HouseHooks *hooks = &house_of(cx)->hooks;
    i64 good = 0, bad = 0;
    *ret = NAN;
    if (!hooks->outcomes)
        return ERR_OK;
    Err e = hooks->outcomes(cx, item->kind == MATCH_PATENT, item->id, asker->need_id, &good, &bad);
    *ret = log1p((double)good) - log1p((double)bad);
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
        e = load_about(cx, items + first, some, about);
        for (size_t i = 0; !e && i < some; i++) {
            double *row = rows + (first + i) * MATCH_FEATURES;
            const Listing *listing =
                items[first + i].kind == MATCH_PATENT ? &about->listings[i] : &about->offered[i];
            if (listing->id && listing_public(listing)) {
                row[MATCH_F_PRICE] = match_price_fit(asker->amount_fen, listing->price_fen);
                row[MATCH_F_MODE] = match_mode_fit(asker->cooperation, listing->mode);
            }
            if (about->patents[i].id)
                add_patent(cx, &about->patents[i], row);
            e = outcomes_of(cx, asker, &items[first + i], &row[MATCH_F_OUTCOMES]);
        }
    }
    return e;
}
