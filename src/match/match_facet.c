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

static void add_fields(Cx *cx, MatchFacets *facets, const Seg *seg, const u32 *fields)
{
    for (uint16_t code = 1; code <= SEG_CODES_MAX; code++) {
        if (!fields[code])
            continue;
        size_t at = field_place(cx, facets, seg_field_name(seg, code));
        if (at < MATCH_FIELDS_MAX)
            facets->fields[at].count += fields[code];
    }
}

static void count_doc(MatchFacets *facets, u32 *fields, const SegDoc *doc, unsigned misses)
{
    unsigned year = (unsigned)doc->year - MATCH_YEAR_FIRST; /* None comes out as very large. */
    if (!(misses & ~(unsigned)MISS_KIND) && doc->kind < COUNT(facets->kinds))
        facets->kinds[doc->kind]++;
    if (!(misses & ~(unsigned)MISS_LISTED))
        facets->listed[doc->flags & DOC_LISTED]++;
    if (!(misses & ~(unsigned)MISS_FIELD) && doc->field_code <= SEG_CODES_MAX)
        fields[doc->field_code]++;
    if (!(misses & ~(unsigned)MISS_REGION) && doc->region < MATCH_REGIONS)
        facets->regions[doc->region]++;
    if (!(misses & ~(unsigned)MISS_MATURITY) && doc->maturity < MATCH_MATURITIES)
        facets->maturities[doc->maturity]++;
    if (!(misses & ~(unsigned)MISS_YEAR) && year < MATCH_YEARS)
        facets->years[year]++;
}

void facet_count(Cx *cx, const MatchQuery *query, const Shelf *shelf, const uint16_t *board)
{
    u64 bits[SEG_DOCS / 64];
    u32 fields[SEG_CODES_MAX + 1] = {0};
    const Seg *seg = &shelf->seg;
    uint16_t code = seg_field_code(seg, query->field_code);
    score_at_least(board, seg->doc_count, 1, bits);
    for (u32 word = 0; word < (seg->doc_count + 63) / 64; word++)
        for (u64 left = bits[word] & shelf->live[word]; left; left &= left - 1) {
            const SegDoc *doc = &seg->docs[word * 64 + (u32)__builtin_ctzll(left)];
            unsigned misses = facet_misses(query, doc, code);
            if (!(misses & (misses - 1))) /* With two it is counted nowhere. */
                count_doc(query->facets, fields, doc, misses);
        }
    add_fields(cx, query->facets, seg, fields);
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
