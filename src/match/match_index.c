/* match_index.c - the shelves of segments, and what comes and goes.
 *
 *     put -> pending -> a small shelf -> (four of a size become one) -> a shelf of 65,536
 *     drop -> a bit is cleared; a shelf that has lost a quarter is written anew
 *
 * What a question reads never changes but for the bits, so a search holds the lock for reading
 * only. Putting costs as much as reading the text; a segment is made when somebody asks, or of
 * PENDING_DOCS documents, and of 65,536 while there are many; joining is left to match_tend.
 */
#include "match/match_expand.h"
#include "match/match_int.h"
#include "match/match_seg_int.h"

#include <string.h>
#include <sys/mman.h>

enum { TIER_FIRST = 1024, TIER_FACTOR = 4, TIER_SHELVES = 4, SHELVES_UNTENDED = SHELVES_MAX / 2 };

MatchIndex *match_open(void)
{
    Arena arena = {0};
    MatchIndex *index = ARENA_NEW(&arena, MatchIndex, 1);
    index->pending_most = PENDING_DOCS;
    index->pending_terms_most = PENDING_TERMS;
    pthread_rwlockattr_t
        attr; /* Who takes something out need not wait for a lull in the searches. */
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&index->lock, &attr);
    pthread_rwlockattr_destroy(&attr);
    pthread_mutex_init(&index->writing, NULL);
    pthread_mutex_init(&index->naming, NULL);
    index->arena = arena;
    index->suggest = suggest_place_new();
    return index;
}

void match_close(MatchIndex *index)
{
    if (index->rebuild.aside) /* Built, and never taken. */
        match_close(index->rebuild.aside);
    for (size_t i = 0; i < index->shelf_count; i++)
        shelf_done(index->shelves[i]);
    suggest_place_done(index->suggest);
    synonyms_install(index, NULL);
    pthread_mutex_destroy(&index->naming);
    pthread_rwlock_destroy(&index->lock);
    pthread_mutex_destroy(&index->writing);
    arena_done(&index->pending_arena);
    Arena arena = index->arena; /* It lies in it. */
    arena_done(&arena);
}

/* ---- Shelves ---- */

Shelf *shelf_new(Arena arena, Str bytes)
{
    Seg seg;
    if (!seg_read(bytes, &seg)) {
        arena_done(&arena);
        return NULL;
    }
    Shelf *shelf = ARENA_NEW(&arena, Shelf, 1);
    shelf->seg = seg;
    shelf->live_count = seg.doc_count;
    for (u32 i = 0; i < seg.doc_count; i++)
        shelf->live[i / 64] |= (u64)1 << i % 64;
    shelf->arena = arena;
    return shelf;
}

void shelf_done(Shelf *shelf)
{
    if (shelf->map_size)
        munmap((void *)(uintptr_t)shelf->seg.bytes, shelf->map_size);
    Arena arena = shelf->arena;
    arena_done(&arena);
}

/* Ends with the builder. NULL when nothing was put into it. */
static Shelf *shelf_built(SegBuild *build)
{
    Shelf *shelf = NULL;
    if (seg_build_count(build)) {
        Arena arena = {0};
        Str bytes = seg_build_bytes(build, &arena);
        shelf = shelf_new(arena, bytes);
        assert(shelf);
    }
    seg_build_done(build);
    return shelf;
}

static void add_shelf(MatchIndex *index, Shelf *shelf)
{
    assert(index->shelf_count < SHELVES_MAX);
    index->shelves[index->shelf_count++] = shelf;
}

static void remove_shelf(MatchIndex *index, size_t at)
{
    shelf_done(index->shelves[at]);
    memmove(&index->shelves[at], &index->shelves[at + 1],
            (index->shelf_count - at - 1) * sizeof *index->shelves);
    index->shelf_count--;
}

/* ---- Joining ---- */

static int tier_of(const Shelf *shelf)
{
    int tier = 0;
    for (u32 size = TIER_FIRST; shelf->live_count >= size && size < SEG_DOCS; size *= TIER_FACTOR)
        tier++;
    return tier;
}

static bool is_worn(const MatchIndex *index, const Shelf *shelf)
{
    double mean = seg_length_mean(&shelf->seg);
    return shelf->live_count < shelf->seg.doc_count - shelf->seg.doc_count / 4 ||
           mean < index->length_mean || mean > index->length_mean;
}

/* Which shelves to write as one, their places in `ret`: those of a full tier, or a worn one. */
static size_t choose_joined(const MatchIndex *index, size_t *ret)
{
    for (size_t i = 0; i < index->shelf_count; i++)
        if (is_worn(index, index->shelves[i])) {
            ret[0] = i;
            return 1;
        }
    for (size_t first = 0; first < index->shelf_count; first++) {
        size_t alike = 0, count = 0;
        u32 docs = 0;
        int tier = tier_of(index->shelves[first]);
        for (size_t i = first; i < index->shelf_count; i++) {
            u32 own = index->shelves[i]->live_count;
            if (tier_of(index->shelves[i]) != tier || own >= SEG_DOCS / 4 * 3)
                continue;
            alike++;
            if (docs + own <= SEG_DOCS && count < TIER_SHELVES) {
                ret[count++] = i;
                docs += own;
            }
        }
        if (alike >= TIER_SHELVES && count >= 2)
            return count;
    }
    return 0;
}

static Shelf *join(const MatchIndex *index, const size_t *places, size_t count)
{
    SegBuild *build = seg_build_new(index->length_mean);
    for (size_t i = 0; i < count; i++)
        seg_pour(&index->shelves[places[i]]->seg, index->shelves[places[i]]->live, build);
    return shelf_built(build);
}

/* With `writing` held, so that nobody else changes a shelf; searches go on meanwhile. */
static bool join_some(MatchIndex *index)
{
    size_t places[TIER_SHELVES];
    size_t count = choose_joined(index, places);
    if (!count)
        return false;
    Shelf *shelf = join(index, places, count);
    pthread_rwlock_wrlock(&index->lock);
    for (size_t i = count; i-- > 0;)
        remove_shelf(index, places[i]);
    if (shelf)
        add_shelf(index, shelf);
    pthread_rwlock_unlock(&index->lock);
    return true;
}

/* ---- From pending to a shelf ---- */

static i64 pending_live(const MatchIndex *index, u64 *ret_length)
{
    i64 count = 0;
    *ret_length = 0;
    for (size_t i = 0; i < index->pending_count; i++) {
        count += index->pending[i].live;
        *ret_length += index->pending[i].live ? index->pending[i].doc.length : 0;
    }
    return count;
}

/* Half as long again or two thirds: the old shelves are written anew as match_tend comes by. */
static void choose_mean(MatchIndex *index, i64 count, u64 length)
{
    if (index->mean_fixed || !(count + index->live_count))
        return;
    double mean = (double)(index->length_total + length) / (double)(index->live_count + count);
    if (mean < 1)
        mean = 1;
    if (!(index->length_mean > 0) || mean > index->length_mean * 1.5 ||
        mean < index->length_mean / 1.5)
        index->length_mean = mean;
}

static void build_pending(SegBuild *build, const Pending *one)
{
    double mean = seg_build_mean(build);
    u32 doc = seg_build_doc(build, one->doc, one->field_code);
    for (size_t t = 0; t < one->item_count; t++)
        seg_build_posting(build, one->items[t].key, doc,
                          seg_impact(one->items[t].weight, one->doc.length, mean));
}

static void forget_pending(MatchIndex *index)
{
    index->pending = NULL;
    index->pending_count = index->pending_cap = index->pending_terms = 0;
    index->pending_kind = 0;
    index->pending_last = 0;
    arena_done(&index->pending_arena);
    atomic_store(&index->is_pending, false);
}

/* With `writing` held. */
static void settle(MatchIndex *index)
{
    u64 length;
    i64 count = pending_live(index, &length);
    choose_mean(index, count, length);
    SegBuild *build = count ? seg_build_new(index->length_mean) : NULL;
    for (size_t i = 0; i < index->pending_count && count; i++)
        if (index->pending[i].live)
            build_pending(build, &index->pending[i]);
    Shelf *shelf = build ? shelf_built(build) : NULL;
    pthread_rwlock_wrlock(&index->lock);
    if (shelf)
        add_shelf(index, shelf);
    index->live_count += count;
    index->length_total += length;
    forget_pending(index);
    pthread_rwlock_unlock(&index->lock);
    while (index->shelf_count > SHELVES_UNTENDED && join_some(index))
        ;
}

void match_settle(MatchIndex *index)
{
    pthread_mutex_lock(&index->writing);
    if (index->pending_count)
        settle(index);
    pthread_mutex_unlock(&index->writing);
}

void match_put_many(MatchIndex *index)
{
    pthread_mutex_lock(&index->writing);
    index->pending_most = SEG_DOCS;
    pthread_mutex_unlock(&index->writing);
}

void match_put_many_end(MatchIndex *index)
{
    pthread_mutex_lock(&index->writing);
    index->pending_most = PENDING_DOCS;
    pthread_mutex_unlock(&index->writing);
    match_settle(index);
}

void index_read_begin(MatchIndex *index)
{
    if (atomic_load(&index->is_pending))
        match_settle(index);
    pthread_rwlock_rdlock(&index->lock);
}

void index_read_end(MatchIndex *index)
{
    pthread_rwlock_unlock(&index->lock);
}

void index_fix_mean(MatchIndex *index, double length_mean)
{
    index->length_mean = length_mean;
    index->mean_fixed = true;
}

i64 match_fed(MatchIndex *index)
{
    return atomic_load(&index->fed_seq);
}

void match_set_fed(MatchIndex *index, i64 seq)
{
    atomic_store(&index->fed_seq, seq);
}

i64 match_told(MatchIndex *index)
{
    return atomic_load(&index->told_seq);
}

void match_set_told(MatchIndex *index, i64 seq)
{
    atomic_store(&index->told_seq, seq);
}

bool match_tend(MatchIndex *index)
{
    pthread_mutex_lock(&index->writing);
    bool more = join_some(index);
    pthread_mutex_unlock(&index->writing);
    return more;
}

/* ---- Coming and going ---- */

static bool is_after(MatchKind kind, i64 id, MatchKind last_kind, i64 last)
{
    return kind > last_kind || (kind == last_kind && id > last);
}

static void drop_pending(MatchIndex *index, MatchKind kind, i64 id)
{
    if (is_after(kind, id, index->pending_kind, index->pending_last))
        return;
    for (size_t i = index->pending_count; i-- > 0;) {
        Pending *one = &index->pending[i];
        if (one->live && one->doc.kind == kind && one->doc.id == id) {
            one->live = false;
            return;
        }
    }
}

/* With `writing` held. */
static void drop(MatchIndex *index, MatchKind kind, i64 id)
{
    drop_pending(index, kind, id);
    for (size_t i = 0; i < index->shelf_count; i++) {
        Shelf *shelf = index->shelves[i];
        u32 doc = seg_doc(&shelf->seg, (u8)kind, id);
        if (doc == SEG_DOCS || !(shelf->live[doc / 64] >> doc % 64 & 1))
            continue;
        pthread_rwlock_wrlock(&index->lock);
        shelf->live[doc / 64] &= ~((u64)1 << doc % 64);
        shelf->live_count--;
        index->live_count--;
        index->length_total -= shelf->seg.docs[doc].length;
        pthread_rwlock_unlock(&index->lock);
        return;
    }
}

void match_drop(MatchIndex *index, MatchKind kind, i64 id)
{
    pthread_mutex_lock(&index->writing);
    drop(index, kind, id);
    pthread_mutex_unlock(&index->writing);
    suggest_changed(index->suggest);
}

static SegDoc seg_doc_of(const MatchDoc *doc, const Bag *bag)
{
    u64 length = bag_total(bag);
    bool dated = doc->year > SEG_YEAR_BASE && doc->year <= SEG_YEAR_BASE + UINT8_MAX;
    return (SegDoc){.id = doc->id,
                    .org_id = doc->org_id,
                    .length = (uint16_t)(length < SEG_LENGTH_MAX ? length : SEG_LENGTH_MAX),
                    .year = (u8)(dated ? doc->year - SEG_YEAR_BASE : 0),
                    .region = (u8)doc->region,
                    .maturity = (u8)doc->maturity,
                    .kind = doc->kind & 63u,
                    .flags = doc->listed ? DOC_LISTED : 0};
}

static void add_pending(MatchIndex *index, const MatchDoc *doc, const Bag *bag)
{
    Arena *arena = &index->pending_arena;
    if (index->pending_count == index->pending_cap) {
        size_t cap = index->pending_cap ? index->pending_cap * 2 : 64;
        index->pending = arena_grow(arena, index->pending, index->pending_cap * sizeof(Pending),
                                    cap * sizeof(Pending));
        index->pending_cap = cap;
    }
    Pending *one = &index->pending[index->pending_count++];
    *one = (Pending){.doc = seg_doc_of(doc, bag),
                     .field_code = str_copy(arena, doc->field_code),
                     .items = arena_take_raw(arena, (bag->count + 1) * sizeof *one->items),
                     .item_count = bag->count,
                     .live = true};
    index->pending_terms += bag->count;
    for (size_t i = 0; i < bag->count; i++)
        one->items[i] = (BagItem){seg_hash(bag->items[i].key), bag->items[i].weight};
    if (is_after(doc->kind, doc->id, index->pending_kind, index->pending_last)) {
        index->pending_kind = doc->kind;
        index->pending_last = doc->id;
    }
    if (index->pending_most == PENDING_DOCS)
        atomic_store(&index->is_pending, true);
}

Err match_put(Cx *cx, MatchIndex *index, const MatchDoc *doc)
{
    Arena scratch = {0};
    Bag bag = bag_new(&scratch);
    bag_add_fields(&bag, doc->fields, doc->field_count);
    pthread_mutex_lock(&index->writing);
    drop(index, doc->kind, doc->id);
    if (index->live_count + (i64)index->pending_count >= MATCH_DOCS_MAX) {
        pthread_mutex_unlock(&index->writing);
        arena_done(&scratch);
        return err_set(cx, ERR_LIMIT, NULL, "match.full");
    }
    if (index->pending_count >= index->pending_most ||
        index->pending_terms >= index->pending_terms_most)
        settle(index);
    add_pending(index, doc, &bag);
    pthread_mutex_unlock(&index->writing);
    suggest_changed(index->suggest);
    arena_done(&scratch);
    return ERR_OK;
}

void match_clear(MatchIndex *index)
{
    pthread_mutex_lock(&index->writing);
    pthread_rwlock_wrlock(&index->lock);
    while (index->shelf_count)
        shelf_done(index->shelves[--index->shelf_count]);
    forget_pending(index);
    index->live_count = 0;
    index->length_total = 0;
    if (!index->mean_fixed)
        index->length_mean = 0;
    pthread_rwlock_unlock(&index->lock);
    pthread_mutex_unlock(&index->writing);
}

static void swap_shelves(MatchIndex *a, MatchIndex *b)
{
    size_t most = a->shelf_count > b->shelf_count ? a->shelf_count : b->shelf_count;
    for (size_t i = 0; i < most; i++) {
        Shelf *shelf = a->shelves[i];
        a->shelves[i] = b->shelves[i];
        b->shelves[i] = shelf;
    }
    size_t count = a->shelf_count;
    i64 live_count = a->live_count;
    u64 length_total = a->length_total;
    double length_mean = a->length_mean;
    a->shelf_count = b->shelf_count;
    a->live_count = b->live_count;
    a->length_total = b->length_total;
    a->length_mean = b->length_mean;
    b->shelf_count = count;
    b->live_count = live_count;
    b->length_total = length_total;
    b->length_mean = length_mean;
}

/* Numbers of files go on where they were: those of the old shelves are not given again. */
void index_swap(MatchIndex *index, MatchIndex *other)
{
    pthread_mutex_lock(&index->writing);
    if (index->pending_count)
        settle(index);
    if (other->pending_count)
        settle(other);
    pthread_rwlock_wrlock(&index->lock);
    swap_shelves(index, other);
    pthread_rwlock_unlock(&index->lock);
    pthread_mutex_unlock(&index->writing);
    suggest_changed(index->suggest);
}

MatchStats match_stats(MatchIndex *index)
{
    MatchStats stats = {0};
    index_read_begin(index);
    stats.doc_count = index->live_count;
    for (size_t i = 0; i < index->shelf_count; i++) {
        const Shelf *shelf = index->shelves[i];
        stats.dead_count += shelf->seg.doc_count - shelf->live_count;
        stats.posting_lists += shelf->seg.term_count;
        stats.bytes += (i64)shelf->seg.size;
    }
    stats.segment_count = (i64)index->shelf_count;
    index_read_end(index);
    return stats;
}
