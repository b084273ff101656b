/* match.h - finding patents, achievements and needs that fit a text, with the reasons.
 *
 * Owns    an index of segments, in memory or in mapped files, built from the rows and rebuilt from
 *         them at any time.
 * Uses    base alone.
 *
 * Text is cut into single Chinese characters, pairs of neighbouring ones, and words of Latin
 * letters and digits; class symbols (IPC, Locarno) become code terms for the subclass and the main
 * group. Ranking is BM25 over weighted fields. A hit says which phrases of the question it shares,
 * and how much of its score each one gives.
 *
 * A document must share a pair, a word or a code with the question to be a hit at all; single
 * characters only refine the order, unless the question has nothing else or asks for loose hits.
 *
 * Many threads may search while one puts or drops: a reader-writer lock is held inside each call.
 * A few words among 78,000 patents take some ten microseconds, a page of prose some hundred,
 * putting one document some microseconds. match_seg.h says how an index lies in memory and in
 * files.
 */
#ifndef MATCH_MATCH_H
#define MATCH_MATCH_H

#include "base/base.h"

enum {
    MATCH_DOCS_MAX = 4 * 1000 * 1000, /* Documents held, dropped ones until they are swept out. */
    MATCH_TERMS_MAX = 2000,           /* Different terms of one question; later ones are ignored. */
    MATCH_DEPTH_MAX = 1000,           /* offset + limit of one search. */
    MATCH_RERANK = 100,    /* Hits that a model puts in order; the rest follow by text. */
    MATCH_REASONS_MAX = 6, /* Reasons given for a hit, the strongest first. */
};

typedef enum MatchKind { MATCH_PATENT = 1, MATCH_ACHIEVEMENT, MATCH_NEED } MatchKind;

enum {
    MATCH_OF_PATENTS = 1 << MATCH_PATENT,
    MATCH_OF_ACHIEVEMENTS = 1 << MATCH_ACHIEVEMENT,
    MATCH_OF_NEEDS = 1 << MATCH_NEED,
};

typedef struct MatchField {
    Str text;
    int weight;      /* 1..100: a title 3 to 5, running text 1. */
    bool codes;      /* A list of class symbols, not prose. */
    bool pairs_only; /* No single characters: for running text, where they say little and cost half
                      * the index. */
} MatchField;

typedef struct MatchDoc {
    MatchKind kind;
    i64 id; /* Of the record, within its kind. */
    const MatchField *fields;
    size_t field_count;
    bool listed;    /* May be seen by the public. */
    i64 org_id;     /* Whose it is; 0 for nobody's. */
    Str field_code; /* Technical field; may be empty. */
    /* What hits are counted and chosen by; 0: not known. */
    int region;   /* Province of its unit: the first two digits of GB/T 2260. */
    int maturity; /* Technology readiness, 1 to 9 (GB/T 22900). */
    int year;     /* In which it was filed first. */
} MatchDoc;

/* A document by its name. */
typedef struct MatchKey {
    MatchKind kind;
    i64 id;
} MatchKey;

typedef struct MatchIndex MatchIndex;

/* An empty index. It lives until match_close, which nobody else may be using it then. */
MatchIndex *match_open(void);
void match_close(MatchIndex *index);

/* Adds a document, or replaces the one of the same kind and id. Copies what it needs.
 * ERR_LIMIT when the index is full: "match.full". */
NODISCARD Err match_put(Cx *cx, MatchIndex *index, const MatchDoc *doc);
/* Much is about to be put, so segments are made of 65,536 at once, or of the rest at the end; a
 * search finds nothing of it before. */
void match_put_many(MatchIndex *index);
void match_put_many_end(MatchIndex *index);
/* Takes a document out at once; one that is not there is no error. */
void match_drop(MatchIndex *index, MatchKind kind, i64 id);
/* True when a document of this unit is counted in another region than this one. */
bool match_elsewhere(MatchIndex *index, i64 org_id, int region);
/* Takes all documents out. */
void match_clear(MatchIndex *index);
/* Makes what was put ready to be found. A search does it too, when nobody has. */
void match_settle(MatchIndex *index);
/* One step of keeping it in good order: small segments become one, worn ones are written anew. A
 * second at most, searches go on meanwhile. True when there may be more to do. */
bool match_tend(MatchIndex *index);

/* Up to which fact it is true, and up to which its news were told (match_saved.h): as noted by who
 * keeps it. */
i64 match_fed(MatchIndex *index);
void match_set_fed(MatchIndex *index, i64 seq);
i64 match_told(MatchIndex *index);
void match_set_told(MatchIndex *index, i64 seq);

/* Writes the index into a folder of its own, which is made when absent, with a mark of up to 400
 * bytes that says how far it is true. What was saved before holds until all is written. From one
 * thread with the puts. ERR_IO "match.no_file". */
NODISCARD Err match_save(Cx *cx, MatchIndex *index, Str folder, Str mark);
/* Fills an empty index from such a folder. False when there is none, or when a byte of it is not
 * as it was written (which a log line says): then the index is empty still. The mark is in
 * cx->arena. */
bool match_load(Cx *cx, MatchIndex *index, Str folder, Str *ret_mark);

/* Terms that a question takes over from what it first found: see match_widen. */
typedef struct MatchWiden MatchWiden;

/* How many hits there are by what they are: all, not those of one page. Each way of counting
 * leaves its own choice aside: it tells how many there would be with another one. */
enum { MATCH_REGIONS = 100, MATCH_MATURITIES = 10, MATCH_FIELDS_MAX = 64 };
enum { MATCH_YEAR_FIRST = 1950, MATCH_YEARS = 150 }; /* 1950 to 2099. */

typedef struct MatchFacets {
    i64 kinds[4]; /* By MatchKind. */
    i64 listed[2];
    i64 regions[MATCH_REGIONS];
    i64 maturities[MATCH_MATURITIES]; /* [0]: not known. */
    i64 years[MATCH_YEARS];
    struct {
        Str code; /* In cx->arena. */
        i64 count;
    } fields[MATCH_FIELDS_MAX];
    size_t field_count;
} MatchFacets;

/* How hits are ordered by more than their text score: see match_learn.h. */
typedef struct MatchModel MatchModel;

/* What is asked: the words typed, or the fields of a record that others shall fit. */
typedef struct MatchQuery {
    Str text;                 /* Weight 1; symbols such as H04L 29/06 in it also count as codes. */
    const MatchField *fields; /* Further text with weights of its own; may be NULL. */
    size_t field_count;
    const MatchWiden *widen; /* May be NULL. */
    const MatchModel *model; /* NULL: the text score decides. */
    bool with_features;      /* The first MATCH_RERANK hits come with theirs; so with a model. */
    /* Fills in the features that only rows know; the index is held meanwhile. May be NULL. */
    Err (*about)(Cx *cx, const void *about_of, const struct MatchKey *items, size_t count,
                 double *rows);
    const void *about_of;
    Str asker_field; /* For features: technical field and province of who asks. */
    int asker_region;
    unsigned kinds;   /* MATCH_OF_ bits; 0 for all. */
    bool listed_only; /* Leave out what the public may not see. */
    i64 org_id;       /* Only this unit's; 0 for all. */
    i64 not_org_id;   /* Not this unit's own; 0 for all. */
    Str field_code;   /* Only this technical field; empty for all. */
    bool unlisted_only;
    int region, maturity, year; /* Only these; 0 for all. */
    MatchFacets *facets; /* Filled with counts, all 0 before; NULL: nobody asks. Not with `only`. */
    const i64 *only;     /* Only these, by rising id, of the one kind in `kinds`; NULL for all. */
    size_t only_count;
    bool loose; /* One shared character makes a hit: for ranking a small set, not for search. */
    bool no_reasons; /* Nobody asks why: hits come without. */
    bool no_total;   /* Nobody asks how many: MatchAnswer.total is the number of hits given. */
    size_t offset;
    size_t limit; /* offset + limit: at most MATCH_DEPTH_MAX. */
} MatchQuery;

typedef enum MatchReasonKind {
    MATCH_REASON_PHRASE = 1,
    MATCH_REASON_CODE,
    MATCH_REASON_SYNONYM, /* The hit has another name of it: "锂电池 ≈ 锂离子电池". */
} MatchReasonKind;

typedef struct MatchReason {
    MatchReasonKind kind;
    Str text;    /* As the question writes it; a code in its canonical form. */
    int percent; /* Its share of the hit's score, 1..100. */
} MatchReason;

typedef struct MatchHit {
    MatchKind kind;
    i64 id;
    double score;
    int percent; /* 0..100 of what the question's own text would score as a title. */
    const MatchReason *reasons;
    size_t reason_count; /* 0 when only scattered characters match, or no reasons were asked for. */
    int semantic; /* Its rank among what lies near by meaning (match_embed.h); 0: not of these. */
    const double *features; /* MATCH_FEATURES, in spreads from the mean; NULL: none were asked for,
                             * or it is behind the first MATCH_RERANK. */
} MatchHit;

typedef struct MatchAnswer {
    MatchHit *hits; /* Best first; equal scores by kind and id. A model may have its own order. */
    size_t count;
    i64 total;        /* Of all hits, on this page or not. */
    const char *note; /* Message key when nothing could be searched for; NULL otherwise:
                       * "match.query_empty", "match.query_stop_words". */
} MatchAnswer;

/* Searches. Everything handed out is in cx->arena and stays true to the moment of the search.
 * ERR_LIMIT "match.too_deep" when offset + limit is over MATCH_DEPTH_MAX. */
NODISCARD Err match_search(Cx *cx, MatchIndex *index, const MatchQuery *query, MatchAnswer *ret);

/* The same for many questions at once, which share the reading of the index; `ret` has as many
 * places. */
NODISCARD Err match_search_all(Cx *cx, MatchIndex *index, const MatchQuery *queries, size_t count,
                               MatchAnswer *ret);

/* A hit that a question may learn from: its text, as it was put. */
typedef struct MatchTold {
    double score;
    const MatchField *fields;
    size_t field_count;
} MatchTold;

/* What the best hits of a question are about: the terms that weigh most in them. Asked again with
 * these, a long question ranks those higher that say the same in other words (relevance feedback
 * without a judge, RM3); they bring in no hit and are no reason by themselves. Some ten hits will
 * do. In cx->arena. */
const MatchWiden *match_widen(Cx *cx, MatchIndex *index, const MatchTold *told, size_t count);

typedef struct MatchRange {
    size_t from, to; /* Bytes within the snippet's text. */
} MatchRange;

typedef struct MatchSnippet {
    Str text;        /* A part of the text, cut between characters. */
    bool cut_before; /* Something stands before it. */
    bool cut_after;
    MatchRange *marks; /* In order, apart from each other. */
    size_t mark_count;
} MatchSnippet;

/* The words of a question, read once for the snippets of all its hits. In `arena`. */
typedef struct MatchAsked MatchAsked;
const MatchAsked *match_asked(Arena *arena, Str question);

/* The part of `text`, at most `chars_max` characters, in which most of the question's words stand,
 * with their places. Without any: the beginning, no marks. In `arena`, text a slice of `text`. */
MatchSnippet match_snippet(Arena *arena, const MatchAsked *asked, Str text, size_t chars_max);

typedef struct MatchStats {
    i64 doc_count;  /* Live ones. */
    i64 dead_count; /* Dropped or replaced, not yet swept out. */
    i64 segment_count;
    i64 posting_lists; /* Of all segments; a term counts once in each. */
    i64 bytes;         /* Of all segments, in memory or mapped. */
} MatchStats;

/* How much is in it now. Any thread. */
MatchStats match_stats(MatchIndex *index);

#endif
