/* match_int.h - what the files of the room share: terms of a text, and the index's inside. */
#ifndef MATCH_MATCH_INT_H
#define MATCH_MATCH_INT_H

#include "match/match.h"
#include "match/match_seg.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- Analysis (match_text.c) ---- */

typedef enum TermKind { TERM_CHAR = 1, TERM_PAIR, TERM_WORD, TERM_CODE, TERM_EDGE } TermKind;

enum {
    LEAD_CHARS = 100, /* A text says what it is about in so many characters, */
    EDGE_CHARS = 20,  /* and what it is called in so many. */
};

/* A term is known by 64 bits: kind in the top four, then one or two code points as they are, or 60
 * bits of a hash for words and codes. Equal keys are taken as equal terms.
 *
 * An edge is a pair with which a phrase begins or ends: what stands before or behind it is no
 * Chinese character or one that only joins. By its edges "割草机" alone, or "一种割草机，", is told
 * from "割草机构". Edges are taken where a text begins, for there it says what it is called.
 */
typedef struct Term {
    u64 key;
    TermKind kind;
    u32 from, to; /* Bytes of the text it stands in. */
    Str code;     /* TERM_CODE: how to show it. */
} Term;

typedef struct TermList {
    Term *terms; /* In the order of the text. */
    size_t count;
    size_t cap;
    size_t lead_len;   /* Bytes of the first LEAD_CHARS characters, */
    size_t edge_len;   /* and of the first EDGE_CHARS. */
    size_t stop_count; /* Words and characters left out because they say nothing. */
    bool keeps_stops; /* Set by who only looks terms up: none is left out, which takes less time. */
} TermList;

static inline TermKind key_kind(u64 key)
{
    return (TermKind)(key >> 60);
}

/* Terms of prose, stop words left out. With `find_codes` class symbols give code terms as well. */
void text_terms(Arena *arena, Str text, bool find_codes, TermList *list);
/* Code terms of a list of class symbols; what is none is skipped. */
void code_terms(Arena *arena, Str text, TermList *list);
/* Width, simplified form and case of one code point, as fold_key does it, and the one that a
 * compatibility character stands for. */
u32 fold_code_point(u32 code);
/* Without stop words at both ends; empty when nothing else is left or it is a word too dull to
 * name. */
Str phrase_trim(Arena *arena, Str phrase);

/* ---- Sums of terms by key ---- */

typedef struct BagItem {
    u64 key;
    u32 weight;
} BagItem;

/* Terms added up; keys in the order they first came. */
typedef struct Bag {
    Arena *arena;
    BagItem *items;
    size_t count;
    size_t cap;
    u32 *slots; /* Index + 1 into items; 0 is free. A power of two. */
    size_t slot_count;
} Bag;

Bag bag_new(Arena *arena);
void bag_add(Bag *bag, u64 key, u32 weight);
/* Place of a key, or SIZE_MAX. */
size_t bag_find(const Bag *bag, u64 key);
/* The sum of the weights. */
u64 bag_total(const Bag *bag);
/* Terms of weighted fields, added up. Those in the lead of a longer text count twice. */
void bag_add_fields(Bag *bag, const MatchField *fields, size_t count);

/* ---- What hits are about (match_widen.c) ---- */

typedef struct WidenTerm {
    u64 key;
    double share; /* Of all that the hits are about; together below 1. */
} WidenTerm;

struct MatchWiden {
    WidenTerm *terms;
    size_t count;
};

/* ---- The index (match_index.c) ---- */

enum {
    DOC_LISTED = 1, /* Flags of a SegDoc. */
    SHELVES_MAX = 256,
    PENDING_DOCS = 2048, /* Put and not yet in a segment; one more and they become one. */
    PENDING_TERMS = 16 * 1000 * 1000, /* Of them all: 256 MB. */
};

/* A segment with which of its documents are alive. */
typedef struct Shelf {
    Arena arena; /* This struct, and the bytes when they lie in no file. */
    Seg seg;
    size_t map_size; /* Of the mapped file; 0: in memory. */
    u64 number;      /* Of its file; 0: none yet. */
    u32 live_count;
    u64 live[SEG_DOCS / 64]; /* A bit for each, cleared when it is dropped. */
} Shelf;

/* A document that waits to be part of a segment. */
typedef struct Pending {
    SegDoc doc;
    Str field_code;
    BagItem *items; /* Hashes of terms with their weights. */
    size_t item_count;
    bool live;
} Pending;

/* A new index on its way (match_rebuild.h). */
typedef struct Rebuild {
    atomic_int state; /* Who may touch the next two: who builds, then who takes. */
    struct MatchIndex *aside;
    i64 aside_seq; /* It is true up to this fact. */
    atomic_llong done, total, taken, failed;
    atomic_bool kept;
} Rebuild;

struct MatchIndex {
    pthread_rwlock_t lock;   /* Of everything that a search reads. */
    pthread_mutex_t writing; /* Of who changes it; taken first. */
    Arena arena;             /* This struct. */
    Arena pending_arena;
    Pending *pending;
    size_t pending_count, pending_cap;
    size_t pending_terms, pending_terms_most; /* PENDING_TERMS; less in a test. */
    size_t pending_most;    /* PENDING_DOCS, or a whole segment while there are many. */
    i64 pending_last;       /* The highest id of the kind that is pending, */
    MatchKind pending_kind; /* of the last kind; 0: none. */
    atomic_bool is_pending; /* The next search makes a segment of them. */
    Shelf *shelves[SHELVES_MAX];
    size_t shelf_count;
    double length_mean; /* By which new segments weigh lengths; 0: the first ones tell. */
    bool mean_fixed;
    i64 live_count; /* In shelves. */
    u64 length_total;
    u64 last_number; /* Of files. */
    atomic_llong fed_seq, told_seq;
    struct SuggestPlace *suggest; /* match_suggest.c */
    Rebuild rebuild;
    pthread_mutex_t naming;    /* Of the next one. */
    struct Synonyms *synonyms; /* match_expand.h; NULL: none. */
};

/* Each takes the documents of the other. Nobody else may be using `other`. */
void index_swap(MatchIndex *index, MatchIndex *other);

/* Holds the lock for a search; what was put before is in shelves then. */
void index_read_begin(MatchIndex *index);
void index_read_end(MatchIndex *index);
/* Lengths are weighed by this from now on, whatever the documents say: for tests and trials. */
void index_fix_mean(MatchIndex *index, double length_mean);
/* A shelf around bytes in `arena`, which it takes over, or NULL when they are no segment. */
Shelf *shelf_new(Arena arena, Str bytes);
void shelf_done(Shelf *shelf);

/* ---- Counting hits by what they are (match_facet.c) ---- */

/* What a document lacks of what a question chooses; 0: nothing. */
enum {
    MISS_KIND = 1,
    MISS_LISTED = 2,
    MISS_FIELD = 4,
    MISS_REGION = 8,
    MISS_MATURITY = 16,
    MISS_YEAR = 32,
    MISS_OTHER = 64, /* What nothing is counted by. */
};

/* 0: none. */
static inline int doc_year(const SegDoc *doc)
{
    return doc->year ? doc->year + SEG_YEAR_BASE : 0;
}

/* `code` is the number of the field asked for in the document's segment. */
static inline unsigned facet_misses(const MatchQuery *query, const SegDoc *doc, uint16_t code)
{
    bool listed = doc->flags & DOC_LISTED;
    return (query->kinds && !(query->kinds & 1u << doc->kind) ? MISS_KIND : 0u) |
           ((query->listed_only && !listed) || (query->unlisted_only && listed) ? MISS_LISTED
                                                                                : 0u) |
           (query->field_code.len && doc->field_code != code ? MISS_FIELD : 0u) |
           (query->region && doc->region != query->region ? MISS_REGION : 0u) |
           (query->maturity && doc->maturity != query->maturity ? MISS_MATURITY : 0u) |
           (query->year && doc_year(doc) != query->year ? MISS_YEAR : 0u) |
           ((query->org_id && doc->org_id != query->org_id) ||
                    (query->not_org_id && doc->org_id == query->not_org_id)
                ? MISS_OTHER
                : 0u);
}

/* Adds the hits that a board shows of one shelf. */
void facet_count(Cx *cx, const MatchQuery *query, const Shelf *shelf, const uint16_t *board);

/* ---- Suggestions (match_suggest.c) ---- */

struct SuggestPlace *suggest_place_new(void);
void suggest_place_done(struct SuggestPlace *place);
/* A document has come or gone. */
void suggest_changed(struct SuggestPlace *place);

/* ---- Scores (match_rank.c, match_question.c) ---- */

/* What a term of a question counts for beside its rarity: a word named four times is not four times
 * as important, and an edge says less than a pair. */
double asked_weight(const BagItem *item);

double bm25_rarity(i64 live_count, i64 doc_count);

#endif
