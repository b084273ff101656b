/* match_ops_int.h - what the files of ops share: the index, and hits as a reply. */
#ifndef MATCH_MATCH_OPS_INT_H
#define MATCH_MATCH_OPS_INT_H

#include "match/match_feed.h"
#include "registry/registry.h"

/* The exchange's index; made from the rows when nobody has yet (the command line alone). */
NODISCARD Err match_ready(Cx *cx, MatchIndex **ret);

/* The table of suggestions is made anew when documents came or went, unless a thread keeps it. */
NODISCARD Err match_suggest_ready(Cx *cx, MatchIndex *index);
/* What words may have been meant to be, of which some are in no document; else ''. */
NODISCARD Err match_meant(Cx *cx, MatchIndex *index, Str words, Str *ret);

/* Of at most RECORD_IDS_MAX achievements the listing under which each is on offer, or 0. */
NODISCARD Err match_offers_of(Cx *cx, const i64 *ids, size_t count, i64 *offers);

/* A record of any kind as the public sees it; `id` 0 of the structs that it is not. */
typedef struct MatchItem {
    MatchKind kind;
    Patent patent;
    Achievement achievement;
    Need need;
    Listing listing; /* On offer now. */
    Str title;
    i64 org_id;
    Str org;
} MatchItem;

/* ERR_MISSING when there is none that everybody may know of. */
NODISCARD Err match_item_load(Cx *cx, MatchKind kind, i64 id, MatchItem *item);
/* What makes another record like this one: its words, and a patent's classes. How many. */
size_t match_item_texts(const MatchItem *item, MatchField ret[3]);
/* "patent-12". False when it is no such name. */
bool match_name_read(Str name, MatchKind *ret_kind, i64 *ret_id);

/* [{text, marked?}]: the part of a text, at most so many characters, with the words asked for. */
Val *match_snippet_val(Cx *cx, const MatchAsked *asked, Str text, size_t chars_max);

/* What is told of each hit. */
typedef struct Telling {
    const MatchAsked *asked; /* A snippet with the words asked for; NULL: none. */
    bool brief;              /* No record, no listing, no reasons. */
    const MatchModel *model; /* By which hits were placed; NULL: by their text scores. */
} Telling;

/* Hits with their rows, as this reader may see them. */
NODISCARD Err match_hits_val(Cx *cx, const MatchAnswer *answer, const Telling *telling, Val **ret);
/* [{kind: ipc|term|synonym, text, share, synonym}] */
Val *match_reasons_val(Cx *cx, const MatchHit *hit);

/* 0 for no code. */
MatchKind match_kind_of(Str code);
const char *match_kind_code(MatchKind kind);
extern const CodeList match_kinds;
extern const CodeList match_provinces; /* GB/T 2260, the first two digits. */
extern const CodeList match_offers;    /* On offer or sought now, or not. */

/* What counts are given: [{name, label, options: [{code, label, count, chosen}]}]. `chosen` has the
 * codes asked for, in the order of the facets: kind, field, listed, region, maturity, year. */
enum { FACET_KIND, FACET_FIELD, FACET_LISTED, FACET_REGION, FACET_MATURITY, FACET_YEAR, FACETS };
Val *match_facets_val(Cx *cx, const MatchFacets *facets, const Str chosen[FACETS]);

#endif
