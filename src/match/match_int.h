/* match_int.h - what the files of the room share: terms of a text, and the index's inside. */
#ifndef MATCH_MATCH_INT_H
#define MATCH_MATCH_INT_H

#include "match/match.h"

#include <pthread.h>

/* ---- Analysis (match_text.c) ---- */

typedef enum TermKind { TERM_CHAR = 1, TERM_PAIR, TERM_WORD, TERM_CODE } TermKind;

/* A term is known by 64 bits: kind in the top four, then one or two code points as they are, or 60
 * bits of a hash for words and codes. Equal keys are taken as equal terms. */
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
    size_t stop_count; /* Words and characters left out because they say nothing. */
    bool keeps_stops; /* Set by who only looks terms up: none is left out, which takes less time. */
} TermList;

/* Terms of prose, stop words left out. With `find_codes` class symbols give code terms as well. */
void text_terms(Arena *arena, Str text, bool find_codes, TermList *list);
/* Code terms of a list of class symbols; what is none is skipped. */
void code_terms(Arena *arena, Str text, TermList *list);
/* Width, simplified form and case of one code point, as fold_key does it. */
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
/* Terms of weighted fields, added up. */
void bag_add_fields(Bag *bag, const MatchField *fields, size_t count);

/* ---- The index (match_index.c) ---- */

enum {
    WINDOW_DOCS = 1024, /* A search goes through the documents in windows of so many. */
    DOC_LISTED = 1,     /* Flags. */
};

/* What a reader stands at when it has read everything. */
#define DOC_NONE UINT32_MAX

typedef struct DocIds {
    i64 id;
    i64 org_id;
} DocIds;

/* The rest of a document: what a search asks of each, close together in memory. */
typedef struct DocFacts {
    u32 length; /* Sum of the weights of all its terms. */
    uint16_t field_code;
    u8 kind;
    u8 flags;
} DocFacts;

/* WINDOW_DOCS documents, or as many as there are, from one whose number is a multiple of that. */
typedef struct DocWindow {
    u32 first;
    const DocFacts *facts;
    const DocIds *ids;
    const u64 *live; /* A bit for each. */
} DocWindow;

typedef struct Posting {
    u32 place;  /* Of the document in its window. */
    u32 weight; /* Sum of field weights over the places where the term stands. */
} Posting;

/* Goes through the postings of a term by rising document, dead ones too. It stands at one that is
 * still to be taken; the members below that one are match_index.c's. */
typedef struct PostingReader {
    u32 doc; /* DOC_NONE: all are taken. */
    u32 weight;
    const struct Shelf *shelf;
    const u8 *front, *back; /* What is left of the block. */
    u32 block, tail, class;
} PostingReader;

/* Holds the lock for a search; between the two calls the functions below may be used. */
void index_read_begin(MatchIndex *index);
void index_read_end(MatchIndex *index);

u32 index_doc_slots(const MatchIndex *index); /* Doc numbers run from 0 to here. */
i64 index_live_count(const MatchIndex *index);
double index_length_mean(const MatchIndex *index);
/* The window in which a document lies. */
DocWindow index_window(const MatchIndex *index, u32 doc);
/* Number of a field code, 0 for the empty one, UINT16_MAX for one that no document has. */
uint16_t index_field_code(const MatchIndex *index, Str code);
/* Live documents that have the term. */
i64 index_posting_count(const MatchIndex *index, u64 key);
/* A reader at the first posting of the term. */
PostingReader index_postings(const MatchIndex *index, u64 key);
/* Leaves out all before document `to`. */
void postings_skip(PostingReader *reader, u32 to);
/* Takes all of a window and leaves out those before it. The ones whose bit is set in `only` go to
 * `buffer`, which has room for WINDOW_DOCS; returns how many. */
size_t postings_take(PostingReader *reader, u32 window, const u64 *only, Posting *buffer);

/* ---- Scores (match_rank.c) ---- */

double bm25_rarity(i64 live_count, i64 doc_count);
/* Saturated weight of a term in a document of `length`. */
double bm25_weight(double weight, double length, double length_mean);

#endif
