/* match_seg_build.c - documents to the bytes of a segment.
 *
 * Each posting becomes a record of ten bytes: the bucket of its term apart, so that the rest fits
 * into one number that sorts by fingerprint and then by document.
 *
 *     fingerprint 32 | document 16 | 0 | impact 8
 *
 * Records are counted by bucket as they come, laid out by bucket, and sorted there, some hundred
 * at a time; what then lies side by side is a list.
 */
#include "match/match_seg_int.h"

#include <stdlib.h>
#include <string.h>

enum { RUN_RECORDS = 1 << 15, RUNS_MAX = 1 << 14, SORT_SMALL = 24 };

typedef struct Run {
    u64 records[RUN_RECORDS];
    uint16_t buckets[RUN_RECORDS];
} Run;

struct SegBuild {
    Arena arena;
    double length_mean;
    u64 length_total;
    SegDoc *docs;
    u32 doc_count;
    Str codes[SEG_CODES_MAX];
    u32 code_count; /* Without the empty one. */
    Run **runs;
    size_t run_count;
    size_t run_used; /* Records of the last run. */
    u32 *counts;     /* Records by bucket. */
};

u64 seg_hash(u64 key)
{
    key ^= key >> 32;
    key *= 0xD6E8FEB86659FD93u;
    key ^= key >> 32;
    key *= 0xD6E8FEB86659FD93u;
    return (key ^ key >> 32) & (((u64)1 << 48) - 1);
}

SegBuild *seg_build_new(double length_mean)
{
    Arena arena = {0};
    SegBuild *build = ARENA_NEW(&arena, SegBuild, 1);
    build->length_mean = length_mean;
    build->docs = arena_take_raw(&arena, SEG_DOCS * sizeof *build->docs);
    build->counts = ARENA_NEW(&arena, u32, SEG_BUCKETS);
    build->runs = ARENA_NEW(&arena, Run *, RUNS_MAX);
    build->run_used = RUN_RECORDS;
    build->arena = arena;
    return build;
}

void seg_build_done(SegBuild *build)
{
    Arena arena = build->arena; /* It lies in it. */
    arena_done(&arena);
}

u32 seg_build_count(const SegBuild *build)
{
    return build->doc_count;
}

double seg_build_mean(const SegBuild *build)
{
    return build->length_mean;
}

u32 seg_build_doc(SegBuild *build, SegDoc doc, Str field_code)
{
    assert(build->doc_count < SEG_DOCS);
    doc.field_code = 0;
    for (u32 i = 0; field_code.len && i < build->code_count && !doc.field_code; i++)
        if (str_same(build->codes[i], field_code))
            doc.field_code = (uint16_t)(i + 1);
    if (field_code.len && !doc.field_code && build->code_count < SEG_CODES_MAX) {
        build->codes[build->code_count++] = str_copy(&build->arena, field_code);
        doc.field_code = (uint16_t)build->code_count;
    }
    build->docs[build->doc_count] = doc;
    build->length_total += doc.length;
    return build->doc_count++;
}

void seg_build_posting(SegBuild *build, u64 hash, u32 doc, u8 impact)
{
    if (build->run_used == RUN_RECORDS) {
        assert(build->run_count < RUNS_MAX);
        build->runs[build->run_count++] = arena_take_raw(&build->arena, sizeof(Run));
        build->run_used = 0;
    }
    Run *run = build->runs[build->run_count - 1];
    run->records[build->run_used] = (hash & UINT32_MAX) << 32 | (u64)doc << 16 | impact;
    run->buckets[build->run_used++] = (uint16_t)(hash >> 32);
    build->counts[hash >> 32]++;
}

void seg_build_add(SegBuild *build, SegDoc doc, Str field_code, const SegPart *parts, size_t count)
{
    u32 number = seg_build_doc(build, doc, field_code);
    for (size_t i = 0; i < count; i++)
        seg_build_posting(build, parts[i].hash, number, parts[i].impact);
}

/* ---- Sorting ---- */

static void sort_small(u64 *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        u64 item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1] > item; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* By one byte of the fingerprint; `spare` is as large. Keeps the order of equals: documents rise.
 * */
static void sort_by_byte(u64 *items, u64 *spare, size_t count, int shift)
{
    u32 starts[256] = {0}, sum = 0;
    for (size_t i = 0; i < count; i++)
        starts[items[i] >> shift & 0xFF]++;
    for (int i = 0; i < 256; i++) {
        u32 own = starts[i];
        starts[i] = sum;
        sum += own;
    }
    for (size_t i = 0; i < count; i++)
        spare[starts[items[i] >> shift & 0xFF]++] = items[i];
    memcpy(items, spare, count * sizeof *items);
}

/* Top byte first; then the parts, most of which are one term's and in order already. */
static void sort_bucket(u64 *items, u64 *spare, size_t count, int shift)
{
    bool sorted = true;
    for (size_t i = 1; i < count && sorted; i++)
        sorted = items[i - 1] <= items[i];
    if (sorted)
        return;
    if (count <= SORT_SMALL || shift < 32) {
        sort_small(items, count);
        return;
    }
    sort_by_byte(items, spare, count, shift);
    for (size_t from = 0, to; from < count; from = to) {
        u64 byte = items[from] >> shift & 0xFF;
        for (to = from + 1; to < count && (items[to] >> shift & 0xFF) == byte;)
            to++;
        sort_bucket(items + from, spare, to - from, shift - 8);
    }
}

/* All records, by bucket, fingerprint and document. `starts` has SEG_BUCKETS + 1 places. */
static u64 *sorted_records(SegBuild *build, Arena *arena, u32 *starts)
{
    u32 sum = 0, most = 0;
    for (u32 b = 0; b < SEG_BUCKETS; b++) {
        starts[b] = sum;
        sum += build->counts[b];
        most = build->counts[b] > most ? build->counts[b] : most;
    }
    starts[SEG_BUCKETS] = sum;
    u64 *all = arena_take_raw(arena, ((size_t)sum + 1) * sizeof *all);
    u64 *spare = arena_take_raw(arena, ((size_t)most + 1) * sizeof *spare);
    u32 *next = arena_take_raw(arena, SEG_BUCKETS * sizeof *next);
    memcpy(next, starts, SEG_BUCKETS * sizeof *next);
    for (size_t r = 0; r < build->run_count; r++) {
        const Run *run = build->runs[r];
        size_t count = r + 1 < build->run_count ? (size_t)RUN_RECORDS : build->run_used;
        for (size_t i = 0; i < count; i++)
            all[next[run->buckets[i]]++] = run->records[i];
    }
    for (u32 b = 0; b < SEG_BUCKETS; b++)
        sort_bucket(all + starts[b], spare, starts[b + 1] - starts[b], 56);
    return all;
}

/* ---- Lists ---- */

static u32 record_doc(u64 record)
{
    return (u32)(record >> 16 & 0xFFFF);
}

/* Records of one term from `from` on; those of one document are one, the first. */
static size_t run_end(const u64 *records, size_t from, size_t end)
{
    size_t to = from + 1;
    while (to < end && records[to] >> 32 == records[from] >> 32)
        to++;
    return to;
}

typedef struct Shape {
    SegForm form;
    u32 count, pairs;
    u8 most;
    size_t bytes; /* With its head. */
} Shape;

static Shape shape_of(const u64 *records, size_t count, u32 doc_count)
{
    Shape shape = {0};
    i64 before = -1;
    for (size_t i = 0; i < count; i++) {
        i64 doc = record_doc(records[i]);
        if (doc == before)
            continue;
        shape.pairs += 1 + (u32)(doc - before - 1) / SEG_STEP;
        before = doc;
        shape.count++;
        shape.most = (u8)records[i] > shape.most ? (u8)records[i] : shape.most;
    }
    size_t plain = 3 * (size_t)shape.count;
    size_t gaps = 2 * ((size_t)shape.pairs + seg_mark_count(shape.pairs)) + sizeof(SegLongHead);
    size_t dense = doc_count + sizeof(SegLongHead);
    shape.form = gaps < plain || shape.count > SEG_PLAIN_MAX ? SEG_GAPS : SEG_PLAIN;
    shape.bytes = shape.form == SEG_GAPS ? gaps : plain;
    if (dense < shape.bytes) {
        shape.form = SEG_DENSE;
        shape.bytes = dense;
    }
    shape.bytes += sizeof(SegListHead);
    shape.bytes += shape.bytes & 1; /* Numbers of two bytes stand at even places. */
    if (shape.count == 1)
        shape = (Shape){.form = SEG_ONE, .count = 1, .most = shape.most};
    return shape;
}

/* The marks stand before the pairs, and the next is due at `mark_due`. */
typedef struct GapsOut {
    u8 *marks, *pairs, *mark_due;
} GapsOut;

static void write_pair(GapsOut *out, i64 doc, i64 gap, u8 impact, const u8 *end)
{
    *out->pairs++ = (u8)gap;
    *out->pairs++ = impact;
    if (out->pairs == out->mark_due && out->pairs < end) {
        uint16_t mark = (uint16_t)doc;
        memcpy(out->marks, &mark, sizeof mark);
        out->marks += sizeof mark;
        out->mark_due += 2 * (size_t)SEG_MARK_PAIRS;
    }
}

static void write_gaps(u8 *at, u32 pairs, const u64 *records, size_t count)
{
    u8 *first = at + 2 * (size_t)seg_mark_count(pairs);
    GapsOut out = {at, first, first + 2 * (size_t)SEG_MARK_PAIRS};
    const u8 *end = first + 2 * (size_t)pairs;
    i64 before = -1;
    for (size_t i = 0; i < count; i++) {
        i64 doc = record_doc(records[i]);
        if (doc == before)
            continue;
        for (; doc - before > SEG_STEP; before += SEG_STEP)
            write_pair(&out, before + SEG_STEP, SEG_STEP, 0, end);
        write_pair(&out, doc, doc - before, (u8)records[i], end);
        before = doc;
    }
}

static void write_plain(u8 *out, const u64 *records, size_t count, u32 doc_count)
{
    u8 *impacts = out + 2 * (size_t)doc_count;
    i64 before = -1;
    for (size_t i = 0; i < count; i++) {
        uint16_t doc = (uint16_t)record_doc(records[i]);
        if (doc == before)
            continue;
        memcpy(out, &doc, sizeof doc);
        out += sizeof doc;
        *impacts++ = (u8)records[i];
        before = doc;
    }
}

static void write_list(u8 *out, const Shape *shape, const u64 *records, size_t count)
{
    unsigned form = (unsigned)shape->form << SEG_FORM_SHIFT;
    SegListHead head = {(uint16_t)(shape->form == SEG_PLAIN ? form | (shape->count - 1) : form)};
    memcpy(out, &head, sizeof head);
    out += sizeof head;
    if (shape->form == SEG_PLAIN) {
        write_plain(out, records, count, shape->count);
        return;
    }
    bool gaps = shape->form == SEG_GAPS;
    SegLongHead rest = {.count = (uint16_t)(shape->count - 1),
                        .steps = gaps ? (uint16_t)(shape->pairs - shape->count) : 0,
                        .most = shape->most};
    memcpy(out, &rest, sizeof rest);
    out += sizeof rest;
    if (gaps)
        write_gaps(out, shape->pairs, records, count);
    else
        for (size_t i = count; i-- > 0;)
            out[record_doc(records[i])] = (u8)records[i];
}

/* ---- Everything ---- */

typedef struct Plan {
    const u64 *records;
    u32 *starts; /* Of buckets among the records. */
    u32 term_count;
    size_t lists_size;
} Plan;

static Plan plan_of(SegBuild *build, Arena *arena)
{
    Plan plan = {.starts = arena_take_raw(arena, (SEG_BUCKETS + 1) * sizeof(u32))};
    plan.records = sorted_records(build, arena, plan.starts);
    for (u32 b = 0; b < SEG_BUCKETS; b++) {
        for (size_t from = plan.starts[b], to; from < plan.starts[b + 1]; from = to) {
            to = run_end(plan.records, from, plan.starts[b + 1]);
            plan.lists_size += shape_of(plan.records + from, to - from, build->doc_count).bytes;
            plan.term_count++;
        }
    }
    return plan;
}

static void write_terms(const SegBuild *build, const Plan *plan, u8 *bytes, const SegHead *head)
{
    u32 *buckets = (u32 *)(void *)(bytes + head->buckets_at);
    SegTerm *terms = (SegTerm *)(void *)(bytes + head->terms_at);
    u8 *lists = bytes + head->lists_at;
    u32 term = 0, used = 0;
    for (u32 b = 0; b < SEG_BUCKETS; b++) {
        buckets[b] = term;
        for (size_t from = plan->starts[b], to; from < plan->starts[b + 1]; from = to) {
            const u64 *records = plan->records + from;
            to = run_end(plan->records, from, plan->starts[b + 1]);
            Shape shape = shape_of(records, to - from, build->doc_count);
            terms[term].print = (u32)(records[0] >> 32);
            terms[term].ref = shape.form == SEG_ONE
                                  ? SEG_REF_ONE | record_doc(records[0]) << 8 | shape.most
                                  : used / 2;
            if (shape.form != SEG_ONE)
                write_list(lists + used, &shape, records, to - from);
            used += (u32)shape.bytes;
            term++;
        }
    }
    buckets[SEG_BUCKETS] = term;
}

typedef struct DocKey {
    i64 id;
    u32 doc;
    u8 kind;
} DocKey;

static int key_order(const void *a, const void *b)
{
    const DocKey *left = a, *right = b;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return left->doc < right->doc ? -1 : left->doc > right->doc;
}

static void write_order(const SegBuild *build, Arena *arena, uint16_t *order)
{
    DocKey *keys = ARENA_NEW(arena, DocKey, build->doc_count);
    for (u32 i = 0; i < build->doc_count; i++)
        keys[i] = (DocKey){build->docs[i].id, i, build->docs[i].kind};
    qsort(keys, build->doc_count, sizeof *keys, key_order);
    for (u32 i = 0; i < build->doc_count; i++)
        order[i] = (uint16_t)keys[i].doc;
}

/* Each with its length before it. */
static Str codes_of(const SegBuild *build, Arena *arena)
{
    Buf out = buf_new(arena);
    for (u32 i = 0; i < build->code_count; i++) {
        size_t len = build->codes[i].len < UINT8_MAX ? build->codes[i].len : UINT8_MAX;
        buf_char(&out, (char)len);
        buf_add(&out, str_slice(build->codes[i], 0, len));
    }
    return buf_str(&out);
}

static u64 aligned(u64 at)
{
    return (at + 7) / 8 * 8;
}

Str seg_build_bytes(SegBuild *build, Arena *arena)
{
    Arena scratch = {0};
    Plan plan = plan_of(build, &scratch);
    Str codes = codes_of(build, &scratch);
    SegHead head = {.magic = SEG_MAGIC,
                    .format = SEG_FORMAT,
                    .analyser = MATCH_ANALYSER,
                    .doc_count = build->doc_count,
                    .term_count = plan.term_count,
                    .code_count = build->code_count,
                    .length_mean = build->length_mean,
                    .length_total = build->length_total};
    head.docs_at = aligned(sizeof head);
    head.order_at = head.docs_at + build->doc_count * sizeof(SegDoc);
    head.codes_at = aligned(head.order_at + build->doc_count * sizeof(uint16_t));
    head.buckets_at = aligned(head.codes_at + codes.len);
    head.terms_at = aligned(head.buckets_at + (SEG_BUCKETS + 1) * sizeof(u32));
    head.lists_at = head.terms_at + plan.term_count * sizeof(SegTerm);
    head.size = aligned(head.lists_at + plan.lists_size);

    u8 *bytes = arena_take(arena, head.size);
    memcpy(bytes + head.docs_at, build->docs, build->doc_count * sizeof(SegDoc));
    write_order(build, &scratch, (uint16_t *)(void *)(bytes + head.order_at));
    if (codes.len)
        memcpy(bytes + head.codes_at, codes.data, codes.len);
    write_terms(build, &plan, bytes, &head);
    memcpy(bytes, &head, sizeof head);
    head.sum = seg_sum((Str){(char *)bytes, head.size});
    memcpy(bytes, &head, sizeof head);
    arena_done(&scratch);
    return (Str){(char *)bytes, head.size};
}
