/* match_seg.c - reading the bytes of a segment. */
#include "match/match_seg_int.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "segments are read as they lie in memory");
_Static_assert(sizeof(SegListHead) == 2 && sizeof(SegLongHead) == 6 && sizeof(SegTerm) == 8,
               "they lie in files");

static const double k1 = 1.2;
static const double b = 0.75;
static const int impact_steps = 255;

double seg_exact(double weight, double length, double length_mean)
{
    return weight * (k1 + 1) / (weight + k1 * (1 - b + b * length / length_mean));
}

u8 seg_impact(double weight, double length, double length_mean)
{
    double value = seg_exact(weight, length, length_mean);
    double steps = value / (k1 + 1) * impact_steps + 0.5;
    return steps < 1 ? 1 : steps > impact_steps ? (u8)impact_steps : (u8)steps;
}

double seg_impact_value(u8 impact)
{
    return (k1 + 1) * impact / impact_steps;
}

/* The weight that gave an impact, as near as its step says. */
static double impact_weight(u8 impact, double length, double length_mean)
{
    double value = seg_impact_value(impact < impact_steps ? impact : (u8)(impact_steps - 1));
    return value * k1 * (1 - b + b * length / length_mean) / (k1 + 1 - value);
}

/* ---- Opening ---- */

u32 seg_sum(Str bytes)
{
    const size_t at = offsetof(SegHead, sum), after = at + sizeof(u32);
    static const u8 zero[sizeof(u32)] = {0};
    const u8 *data = (const u8 *)bytes.data;
    uLong sum = crc32_z(0, data, at);
    sum = crc32_z(sum, zero, sizeof zero);
    return (u32)crc32_z(sum, data + after, bytes.len - after);
}

/* `count` items of `size` bytes at `at` end at or before `end`. */
static bool fits(u64 at, u64 count, u64 size, u64 end)
{
    return at % 8 == 0 && at <= end && count <= (end - at) / size;
}

static bool head_right(const SegHead *head, size_t len)
{
    return memcmp(head->magic, SEG_MAGIC, sizeof head->magic) == 0 && head->size == len &&
           head->format == SEG_FORMAT && head->analyser == MATCH_ANALYSER &&
           head->doc_count <= SEG_DOCS && head->code_count <= SEG_CODES_MAX &&
           head->length_mean > 0 && fits(head->docs_at, head->doc_count, sizeof(SegDoc), len) &&
           head->order_at % 2 == 0 && head->order_at <= len &&
           head->doc_count <= (len - head->order_at) / sizeof(uint16_t) &&
           fits(head->codes_at, head->code_count, 1, len) &&
           fits(head->buckets_at, SEG_BUCKETS + 1, sizeof(u32), len) &&
           fits(head->terms_at, head->term_count, sizeof(SegTerm), len) &&
           head->lists_at % 2 == 0 && head->lists_at <= len;
}

bool seg_read(Str bytes, Seg *ret)
{
    const SegHead *head = (const SegHead *)(const void *)bytes.data;
    return bytes.len >= sizeof *head && seg_view(head, bytes, ret) && seg_sum(bytes) == head->sum;
}

bool seg_view(const SegHead *head, Str bytes, Seg *ret)
{
    const u8 *at = (const u8 *)bytes.data;
    if (!head_right(head, bytes.len))
        return false;
    *ret = (Seg){.bytes = at,
                 .size = bytes.len,
                 .head = head,
                 .docs = (const SegDoc *)(const void *)(at + head->docs_at),
                 .order = (const uint16_t *)(const void *)(at + head->order_at),
                 .buckets = (const u32 *)(const void *)(at + head->buckets_at),
                 .terms = (const SegTerm *)(const void *)(at + head->terms_at),
                 .lists = at + head->lists_at,
                 .lists_size = bytes.len - head->lists_at,
                 .doc_count = head->doc_count,
                 .term_count = head->term_count};
    return true;
}

double seg_length_mean(const Seg *seg)
{
    return seg->head->length_mean;
}

u64 seg_length_total(const Seg *seg)
{
    return seg->head->length_total;
}

/* ---- Terms ---- */

static SegList list_at(const Seg *seg, u32 ref)
{
    if (ref & SEG_REF_ONE)
        return (SegList){.count = 1, .form = SEG_ONE, .one = (uint16_t)(ref >> 8), .most = (u8)ref};
    SegListHead head;
    SegLongHead rest;
    const u8 *at = seg->lists + (size_t)ref * 2;
    memcpy(&head, at, sizeof head);
    SegList list = {.at = at + sizeof head,
                    .form = (SegForm)(head.form_count >> SEG_FORM_SHIFT),
                    .count = head.form_count % SEG_PLAIN_MAX + 1u,
                    .most = UINT8_MAX};
    if (list.form == SEG_PLAIN)
        return list;
    memcpy(&rest, list.at, sizeof rest);
    list.at += sizeof rest;
    list.count = (u32)rest.count + 1;
    list.most = (u8)rest.most;
    list.pairs = list.form == SEG_DENSE ? seg->doc_count : list.count + rest.steps;
    if (list.form == SEG_GAPS) {
        list.marks = list.at;
        list.at += 2 * (size_t)seg_mark_count(list.pairs);
    }
    return list;
}

void seg_find_soon(const Seg *seg, u64 hash, int step)
{
    if (step == 0)
        __builtin_prefetch(&seg->buckets[hash >> 32]);
    else
        __builtin_prefetch(&seg->terms[seg->buckets[hash >> 32]]);
}

u32 seg_ref(const Seg *seg, u64 hash)
{
    u32 print = (u32)hash, end = seg->buckets[(hash >> 32) + 1];
    for (u32 i = seg->buckets[hash >> 32]; i < end; i++)
        if (seg->terms[i].print == print) {
            u32 ref = seg->terms[i].ref;
            if (!(ref & SEG_REF_ONE))
                __builtin_prefetch(seg->lists + (size_t)ref * 2);
            return ref;
        }
    return SEG_REF_NONE;
}

SegList seg_list(const Seg *seg, u32 ref)
{
    return ref == SEG_REF_NONE ? (SegList){0} : list_at(seg, ref);
}

SegList seg_find(const Seg *seg, u64 hash)
{
    return seg_list(seg, seg_ref(seg, hash));
}

void seg_list_soon(const SegList *list)
{
    enum { LINE = 64, LINES = 4 };
    for (int i = 0; list->form != SEG_ONE && i < LINES; i++)
        __builtin_prefetch(list->at + (ptrdiff_t)i * LINE);
}

/* ---- Documents ---- */

u32 seg_doc(const Seg *seg, u8 kind, i64 id)
{
    u32 low = 0, high = seg->doc_count;
    const SegDoc *last = high ? &seg->docs[seg->order[high - 1]] : NULL;
    if (!last || kind > last->kind || (kind == last->kind && id > last->id))
        return SEG_DOCS; /* As with all that are put one after the other. */
    while (low < high) {
        u32 middle = (low + high) / 2;
        const SegDoc *doc = &seg->docs[seg->order[middle]];
        if (doc->kind < kind || (doc->kind == kind && doc->id < id))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == seg->doc_count)
        return SEG_DOCS;
    const SegDoc *doc = &seg->docs[seg->order[low]];
    return doc->kind == kind && doc->id == id ? seg->order[low] : (u32)SEG_DOCS;
}

Str seg_field_name(const Seg *seg, uint16_t code)
{
    const u8 *at = seg->bytes + seg->head->codes_at;
    for (u32 i = 1; i < code && i <= seg->head->code_count; i++)
        at += 1 + at[0];
    if (code == 0 || code > seg->head->code_count)
        return (Str){0};
    return (Str){(const char *)at + 1, at[0]};
}

uint16_t seg_field_code(const Seg *seg, Str code)
{
    for (u32 i = 1; code.len && i <= seg->head->code_count; i++)
        if (str_same(seg_field_name(seg, (uint16_t)i), code))
            return (uint16_t)i;
    return code.len ? UINT16_MAX : 0;
}

/* ---- Lists ---- */

static uint16_t number_at(const SegList *list, u32 i)
{
    uint16_t number;
    memcpy(&number, list->at + 2 * (size_t)i, sizeof number);
    return number;
}

static void walk_gaps(SegWalk *walk)
{
    u32 doc = walk->doc;
    while (walk->at < walk->list.pairs) {
        const u8 *pair = walk->list.at + 2 * (size_t)walk->at++;
        doc += pair[0];
        if (pair[1]) {
            walk->doc = doc;
            walk->impact = pair[1];
            return;
        }
    }
    walk->doc = SEG_DOCS;
}

static void walk_dense(SegWalk *walk)
{
    while (walk->at < walk->list.pairs && !walk->list.at[walk->at])
        walk->at++;
    if (walk->at == walk->list.pairs) {
        walk->doc = SEG_DOCS;
        return;
    }
    walk->doc = walk->at;
    walk->impact = walk->list.at[walk->at++];
}

void seg_walk_next(SegWalk *walk)
{
    const SegList *list = &walk->list;
    if (list->form == SEG_GAPS && walk->doc != SEG_DOCS) {
        walk_gaps(walk);
    } else if (list->form == SEG_DENSE) {
        walk_dense(walk);
    } else if (walk->at >= list->count) {
        walk->doc = SEG_DOCS;
    } else if (list->form == SEG_PLAIN) {
        walk->impact = list->at[2 * (size_t)list->count + walk->at];
        walk->doc = number_at(list, walk->at++);
    } else if (list->form == SEG_ONE) {
        walk->impact = list->most;
        walk->doc = list->one;
        walk->at++;
    }
}

SegWalk seg_walk(SegList list)
{
    SegWalk walk = {.list = list, .doc = UINT32_MAX}; /* A gap of 1 leads to document 0. */
    if (!list.count)
        walk.doc = SEG_DOCS;
    else
        seg_walk_next(&walk);
    return walk;
}

static u32 mark_at(const SegList *list, u32 i)
{
    uint16_t mark;
    memcpy(&mark, list->marks + 2 * (size_t)i, sizeof mark);
    return mark;
}

/* Over the pairs that lead to documents before `doc` alone. */
static void jump_gaps(SegWalk *walk, u32 doc)
{
    u32 low = walk->at / SEG_MARK_PAIRS, high = seg_mark_count(walk->list.pairs), first = low;
    while (low < high) { /* Marks before `low` stand before `doc`. */
        u32 middle = (low + high) / 2;
        if (mark_at(&walk->list, middle) < doc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > first) {
        walk->at = low * SEG_MARK_PAIRS;
        walk->doc = mark_at(&walk->list, low - 1);
    }
}

void seg_walk_to(SegWalk *walk, u32 doc)
{
    if (walk->doc >= doc)
        return;
    if (walk->list.form == SEG_DENSE && doc < walk->list.pairs)
        walk->at = doc;
    else if (walk->list.form == SEG_GAPS)
        jump_gaps(walk, doc);
    while (walk->doc < doc)
        seg_walk_next(walk);
}

void seg_pour(const Seg *seg, const u64 *live, SegBuild *build)
{
    uint16_t *moved = NULL;
    Arena scratch = {0};
    double own_mean = seg_length_mean(seg), length_mean = seg_build_mean(build);
    moved = ARENA_NEW(&scratch, uint16_t, seg->doc_count + 1);
    for (u32 i = 0; i < seg->doc_count; i++)
        if (live[i / 64] >> i % 64 & 1)
            moved[i] = (uint16_t)seg_build_doc(build, seg->docs[i],
                                               seg_field_name(seg, seg->docs[i].field_code));
    for (u32 bucket = 0; bucket < SEG_BUCKETS; bucket++) {
        for (u32 t = seg->buckets[bucket]; t < seg->buckets[bucket + 1]; t++) {
            u64 hash = (u64)bucket << 32 | seg->terms[t].print;
            for (SegWalk walk = seg_walk(list_at(seg, seg->terms[t].ref)); walk.doc < SEG_DOCS;
                 seg_walk_next(&walk)) {
                u8 impact = walk.impact;
                if (!(live[walk.doc / 64] >> walk.doc % 64 & 1))
                    continue;
                if (own_mean < length_mean || own_mean > length_mean) {
                    double length = seg->docs[walk.doc].length;
                    impact =
                        seg_impact(impact_weight(impact, length, own_mean), length, length_mean);
                }
                seg_build_posting(build, hash, moved[walk.doc], impact);
            }
        }
    }
    arena_done(&scratch);
}

/* ---- Checking ---- */

/* Bytes of a list from its numbers, marks, pairs or impacts on. */
static size_t body_size(const SegList *list)
{
    if (list->form == SEG_PLAIN)
        return 3 * (size_t)list->count;
    if (list->form == SEG_DENSE)
        return list->pairs;
    return 2 * ((size_t)list->pairs + seg_mark_count(list->pairs));
}

static bool marks_right(const SegList *list)
{
    u32 doc = UINT32_MAX, marks = list->form == SEG_GAPS ? seg_mark_count(list->pairs) : 0;
    for (u32 m = 0; m < marks; m++) {
        for (u32 i = m * SEG_MARK_PAIRS; i < (m + 1) * SEG_MARK_PAIRS; i++)
            doc += list->at[2 * (size_t)i];
        if (mark_at(list, m) != doc)
            return false;
    }
    return true;
}

static bool list_right(const Seg *seg, u32 ref)
{
    if (ref & SEG_REF_ONE)
        return (ref >> 8 & 0xFFFF) < seg->doc_count && (u8)ref && ref != SEG_REF_NONE;
    SegListHead head;
    size_t at = (size_t)ref * 2, head_size = sizeof head;
    if (seg->lists_size < sizeof head || at > seg->lists_size - sizeof head)
        return false;
    memcpy(&head, seg->lists + at, sizeof head);
    SegForm form = (SegForm)(head.form_count >> SEG_FORM_SHIFT);
    if (form != SEG_PLAIN)
        head_size += sizeof(SegLongHead);
    if (form < SEG_PLAIN || seg->lists_size - at < head_size)
        return false;
    SegList list = list_at(seg, ref);
    if (body_size(&list) > seg->lists_size - at - head_size || !marks_right(&list))
        return false;
    u32 count = 0;
    i64 before = -1;
    for (SegWalk walk = seg_walk(list); walk.doc != SEG_DOCS; seg_walk_next(&walk)) {
        if (walk.doc >= seg->doc_count || walk.doc <= before || walk.impact > list.most ||
            !walk.impact)
            return false;
        before = walk.doc;
        count++;
    }
    return count == list.count;
}

static bool codes_right(const Seg *seg)
{
    size_t at = seg->head->codes_at;
    for (u32 i = 0; i < seg->head->code_count; i++) {
        if (at >= seg->size)
            return false;
        at += 1 + (size_t)seg->bytes[at];
    }
    return at <= seg->size;
}

bool seg_check(const Seg *seg)
{
    bool right =
        codes_right(seg) && seg->buckets[0] == 0 && seg->buckets[SEG_BUCKETS] == seg->term_count;
    for (u32 i = 0; right && i < SEG_BUCKETS; i++)
        right = seg->buckets[i] <= seg->buckets[i + 1];
    for (u32 i = 0; right && i < seg->doc_count; i++)
        right = seg->order[i] < seg->doc_count && seg->docs[i].field_code <= seg->head->code_count;
    for (u32 i = 0; right && i < seg->term_count; i++)
        right = list_right(seg, seg->terms[i].ref);
    return right;
}
