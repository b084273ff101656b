/* match_seg.h - a segment: at most SEG_DOCS documents and the postings of their terms, never
 * changed once it is made. It is one block of bytes, the same in memory and in a file that is
 * mapped.
 *
 *     head | documents | order by kind and id | field codes | buckets | terms | lists
 *
 * A term is known by 48 bits of a hash of its key: the top 16 are its bucket, and in the bucket
 * stand the entries by rising fingerprint, the 32 bits below. An entry leads to a list, or is
 * itself the one posting of a rare term. A list has the form that is shortest:
 *
 *     SEG_PLAIN   count numbers of two bytes, then count impacts
 *     SEG_GAPS    pairs of bytes, gap to the document before and impact; gap 255 with impact 0 is
 *                 a step only. Before them stand marks: the document reached after each 64 pairs
 *     SEG_DENSE   an impact for every document, 0 where the term is not
 *
 * An impact is what the term's weight in the document comes to under BM25 (saturated, by length),
 * in 255 steps: all that is left to do for a question is to add impact times the term's rarity.
 *
 * So a search reads two bytes a posting and adds into a board of two bytes a document, 128 KB for a
 * whole segment, which stays in the processor's second cache (match_score.c).
 */
#ifndef MATCH_MATCH_SEG_H
#define MATCH_MATCH_SEG_H

#include "base/base.h"

enum {
    SEG_DOCS = 65536, /* Documents of one segment at most: their numbers have two bytes. */
    SEG_FORMAT = 3,   /* Of the bytes. Another one's files are not read but made anew. */
    SEG_LENGTH_MAX = UINT16_MAX,
    SEG_YEAR_BASE = 1900,
    SEG_CODES_MAX = 1000, /* Field codes of one segment; documents of further ones have none. */
};

typedef struct SegDoc {
    i64 id; /* Of the record, within its kind. */
    i64 org_id;
    uint16_t length;     /* Sum of the weights of all its terms, at most SEG_LENGTH_MAX. */
    uint16_t field_code; /* Of its segment's; 0: none. */
    u8 year;             /* Of its first filing, since SEG_YEAR_BASE; 0: none. */
    u8 region;           /* First two digits of its unit's division (GB/T 2260); 0: none. */
    u8 maturity;         /* 1 to 9; 0: none. */
    u8 kind : 6;
    u8 flags : 2; /* DOC_LISTED. */
} SegDoc;

_Static_assert(sizeof(SegDoc) == 24, "it lies in files");

typedef struct SegHead SegHead;

/* A segment that can be read. All pointers lead into its bytes. */
typedef struct Seg {
    const u8 *bytes;
    size_t size;
    const SegHead *head;
    const SegDoc *docs;
    const uint16_t *order; /* Documents by kind and id. */
    const u32 *buckets;
    const struct SegTerm *terms;
    const u8 *lists;
    size_t lists_size;
    u32 doc_count, term_count;
} Seg;

typedef enum SegForm { SEG_ONE, SEG_PLAIN, SEG_GAPS, SEG_DENSE } SegForm;

/* The postings of one term in one segment. */
typedef struct SegList {
    const u8 *at;    /* Numbers, pairs or impacts by form. */
    const u8 *marks; /* SEG_GAPS: numbers of two bytes. */
    u32 count;       /* Documents that have the term, dropped ones too; 0: none. */
    u32 pairs;       /* SEG_GAPS: pairs, steps too. SEG_DENSE: documents. */
    SegForm form;
    uint16_t one; /* SEG_ONE: the document. */
    u8 most;      /* No impact is larger; SEG_ONE: the impact. */
} SegList;

/* The 48 bits by which a term's key is known in segments. */
u64 seg_hash(u64 key);

/* ---- Making one ---- */

typedef struct SegBuild SegBuild;

typedef struct SegPart {
    u64 hash;  /* seg_hash of the term's key. */
    u8 impact; /* 1 to 255. */
} SegPart;

/* Takes documents in; `length_mean` is written down beside them. Lives until seg_build_done. */
SegBuild *seg_build_new(double length_mean);
/* At most SEG_DOCS times. The doc's own field_code is not looked at. */
void seg_build_add(SegBuild *build, SegDoc doc, Str field_code, const SegPart *parts, size_t count);
u32 seg_build_count(const SegBuild *build);
double seg_build_mean(const SegBuild *build);
/* The bytes, in `arena`. */
Str seg_build_bytes(SegBuild *build, Arena *arena);
void seg_build_done(SegBuild *build);

/* ---- Reading one ---- */

/* False when these are not the bytes of a segment as this program makes them: cut, flipped, of
 * another format or another analyser. `bytes` must stay and be aligned for any type. */
bool seg_read(Str bytes, Seg *ret);
/* The same, and walks every list: what it lets through may be searched whoever wrote it. */
bool seg_check(const Seg *seg);

double seg_length_mean(const Seg *seg);
u64 seg_length_total(const Seg *seg); /* Of all its documents. */
SegList seg_find(const Seg *seg, u64 hash);
/* The same for many terms at once, each step for all of them before the next, so that the processor
 * fetches what lies far apart at the same time: seg_find_soon with 0 and with 1, seg_ref, seg_list
 * of what that says, and seg_list_soon some lists before one is read. */
void seg_find_soon(const Seg *seg, u64 hash, int step);
u32 seg_ref(const Seg *seg, u64 hash);
SegList seg_list(const Seg *seg, u32 ref);
void seg_list_soon(const SegList *list);
/* Document of this kind and id, or SEG_DOCS. */
u32 seg_doc(const Seg *seg, u8 kind, i64 id);
/* Number of a field code: 0 for the empty one, UINT16_MAX for one that no document has. */
uint16_t seg_field_code(const Seg *seg, Str code);
Str seg_field_name(const Seg *seg, uint16_t code);

/* Goes through a list. */
typedef struct SegWalk {
    SegList list;
    u32 at;  /* Next of the list. */
    u32 doc; /* Where it stands, SEG_DOCS after the last. */
    u8 impact;
} SegWalk;

SegWalk seg_walk(SegList list);
void seg_walk_next(SegWalk *walk);
/* To the first at or after `doc`. */
void seg_walk_to(SegWalk *walk, u32 doc);

/* Every posting but those of documents whose bit in `live` is clear goes into `build`, with
 * impacts for its own length mean; documents are added in their order. */
void seg_pour(const Seg *seg, const u64 *live, SegBuild *build);

/* ---- Impacts ---- */

/* BM25's saturated weight, 0 to 2; then in 255 steps, and back. */
double seg_exact(double weight, double length, double length_mean);
u8 seg_impact(double weight, double length, double length_mean);
double seg_impact_value(u8 impact);

#endif
