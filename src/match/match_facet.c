/* match_facet.c - how many hits there are by kind, field, province and so on, from the board of a
 * shelf and the small numbers that each document carries. */
#include "match/match_int.h"
#include "match/match_score.h"

/* The place of a field's code in the counts; MATCH_FIELDS_MAX when there is no room for it. */
static size_t field_place(Cx *cx, MatchFacets *facets, Str code)
{
    size_t at = 0;
    while (at < facets->field_count && !str_same(facets->fields[at].code, code))
        at++;
    if (at == facets->field_count && at < MATCH_FIELDS_MAX) {
        facets->fields[at].code = str_copy(cx->arena, code);
        facets->field_count++;
    }
    return at;
}

/* Of one shelf: small enough for the first cache, and with a place for whatever a document says. */
typedef struct Counts {
    u32 kinds[UINT8_MAX + 1], listed[2], regions[UINT8_MAX + 1], maturities[UINT8_MAX + 1];
    u32 years[MATCH_YEARS + 1]; /* The last: none, or out of range. */
    u32 fields[SEG_CODES_MAX + 2];
} Counts;

static void add_counts(Cx *cx, MatchFacets *facets, const Seg *seg, const Counts *counts)
{
    for (size_t i = 0; i < COUNT(facets->kinds); i++)
        facets->kinds[i] += counts->kinds[i];
    for (size_t i = 0; i < COUNT(facets->listed); i++)
        facets->listed[i] += counts->listed[i];
    for (size_t i = 0; i < COUNT(facets->regions); i++)
        facets->regions[i] += counts->regions[i];
    for (size_t i = 0; i < COUNT(facets->maturities); i++)
        facets->maturities[i] += counts->maturities[i];
    for (size_t i = 0; i < COUNT(facets->years); i++)
        facets->years[i] += counts->years[i];
    for (u32 code = 1; code <= SEG_CODES_MAX; code++) {
        if (!counts->fields[code])
            continue;
        size_t at = field_place(cx, facets, seg_field_name(seg, (uint16_t)code));
        if (at < MATCH_FIELDS_MAX)
            facets->fields[at].count += counts->fields[code];
    }
}

static unsigned year_place(const SegDoc *doc)
{
    unsigned year = (unsigned)doc_year(doc) - MATCH_YEAR_FIRST; /* None comes out as very large. */
    return year < MATCH_YEARS ? year : MATCH_YEARS;
}

static unsigned field_number(const SegDoc *doc)
{
    return doc->field_code <= SEG_CODES_MAX ? doc->field_code : SEG_CODES_MAX + 1;
}

/* A hit counts everywhere. */
static inline void count_hit(Counts *counts, const SegDoc *doc)
{
    counts->kinds[doc->kind]++;
    counts->listed[doc->flags & DOC_LISTED]++;
    counts->regions[doc->region]++;
    counts->maturities[doc->maturity]++;
    counts->years[year_place(doc)]++;
    counts->fields[field_number(doc)]++;
}

/* What misses one choice would be a hit with another one there. */
static void count_other(Counts *counts, const SegDoc *doc, unsigned miss)
{
    if (miss == MISS_KIND)
        counts->kinds[doc->kind]++;
    else if (miss == MISS_LISTED)
        counts->listed[doc->flags & DOC_LISTED]++;
    else if (miss == MISS_FIELD)
        counts->fields[field_number(doc)]++;
    else if (miss == MISS_REGION)
        counts->regions[doc->region]++;
    else if (miss == MISS_MATURITY)
        counts->maturities[doc->maturity]++;
    else if (miss == MISS_YEAR)
        counts->years[year_place(doc)]++;
}

void facet_count(Cx *cx, const MatchQuery *query, const Shelf *shelf, const uint16_t *board)
{
    ScoreBits found;
    Counts counts = {0};
    const Seg *seg = &shelf->seg;
    uint16_t code = seg_field_code(seg, query->field_code);
    score_at_least(board, seg->doc_count, 1, &found);
    for (u32 word = 0; word < (seg->doc_count + 63) / 64; word++)
        for (u64 left = found.docs[word] & shelf->live[word]; left; left &= left - 1) {
            const SegDoc *doc = &seg->docs[word * 64 + (u32)__builtin_ctzll(left)];
            unsigned misses = facet_misses(query, doc, code);
            if (!misses)
                count_hit(&counts, doc);
            else if (!(misses & (misses - 1)))
                count_other(&counts, doc, misses);
        }
    add_counts(cx, query->facets, seg, &counts);
}

bool match_elsewhere(MatchIndex *index, i64 org_id, int region)
{
    bool found = false;
    index_read_begin(index);
    for (size_t s = 0; s < index->shelf_count && !found; s++) {
        const Shelf *shelf = index->shelves[s];
        for (u32 doc = 0; doc < shelf->seg.doc_count && !found; doc++)
            found = shelf->seg.docs[doc].org_id == org_id &&
                    shelf->seg.docs[doc].region != region &&
                    (shelf->live[doc / 64] >> doc % 64 & 1);
    }
    index_read_end(index);
    return found;
}
