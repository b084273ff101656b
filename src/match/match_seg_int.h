/* match_seg_int.h - the bytes of a segment, for those who write, read and check them. */
#ifndef MATCH_MATCH_SEG_INT_H
#define MATCH_MATCH_SEG_INT_H

#include "match/match_seg.h"

enum {
    SEG_BUCKETS = 1 << 16,
    SEG_STEP = 255, /* Largest gap of one pair. */
    /* Of the terms that text gives (match_text.c): counted up when the same text gives others. */
    MATCH_ANALYSER = 3,
};

#define SEG_MAGIC "TB match"
#define SEG_REF_ONE                                                                                \
    0x80000000u /* With the document << 8 and the impact; else the list's place / 2. */
#define SEG_REF_NONE UINT32_MAX /* Of no list: a document and impact have but 24 bits. */

/* All numbers little-endian, all places in bytes from the beginning. */
struct SegHead {
    char magic[8];
    u32 sum; /* CRC-32 of all bytes with 0 in this place. */
    u32 format, analyser;
    u32 doc_count, term_count, code_count;
    double length_mean;
    u64 length_total;
    u64 docs_at, order_at, codes_at, buckets_at, terms_at, lists_at, size;
};

typedef struct SegTerm {
    u32 print;
    u32 ref;
} SegTerm;

/* What a list begins with. Of SEG_PLAIN, the form of nine lists in ten, that is all. */
typedef struct SegListHead {
    uint16_t form_count; /* The form in the top two bits; SEG_PLAIN: its count less one below. */
} SegListHead;

/* What follows it in the other forms. */
typedef struct SegLongHead {
    uint16_t count; /* Less one. */
    uint16_t steps; /* SEG_GAPS: pairs that are steps only. */
    uint16_t most;
} SegLongHead;

enum {
    SEG_FORM_SHIFT = 14,
    SEG_PLAIN_MAX = 1 << SEG_FORM_SHIFT, /* Documents of a plain list. */
    SEG_MARK_PAIRS = 64,                 /* From one mark to the next. */
};

/* Marks of so many pairs: none stands at the end. */
static inline u32 seg_mark_count(u32 pairs)
{
    return (pairs - 1) / SEG_MARK_PAIRS;
}

u32 seg_sum(Str bytes);

/* As seg_read without adding the bytes up, for those that were just written or added up before.
 * `head` is a copy of what they begin with and must stay: none of the bytes themselves is looked
 * at, so of a mapped file nothing is read in before a search. */
bool seg_view(const SegHead *head, Str bytes, Seg *ret);

/* Adding by hand, for a segment that is poured into another: a document, then its postings, those
 * of one term by rising document. */
u32 seg_build_doc(SegBuild *build, SegDoc doc, Str field_code);
void seg_build_posting(SegBuild *build, u64 hash, u32 doc, u8 impact);

#endif
