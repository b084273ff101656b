/* match_index.c - the postings in memory.
 *
 * Everything lives in arenas the index owns. Posting lists only ever grow at their end, so a list
 * is a chain of blocks cut from slabs, each block larger than the one before, and nothing is copied
 * or freed while it grows:
 *
 *   term entry {key, last, head, tail, ...}
 *                          |     |
 *                          v     v
 *        [next| 8 bytes] -> [next| 16 bytes] -> ... -> [next| 252 bytes]    in slabs of 256 KB
 *
 * A posting is a number: the distance to the document before, times two, plus one if the weight
 * differs from the one before and follows; all in 7 bits a byte. Most take one byte or two. The one
 * posting of a rare term needs no block: the entry itself says it.
 *
 * A dropped document is only marked dead. When more are dead than alive, the live ones are copied
 * to a new shelf and the old one goes back to the system at once: that is what the arenas are for.
 */
#include "match/match_int.h"

#include <string.h>

enum {
    SLAB_BITS = 18,
    SLAB_BYTES = 1 << SLAB_BITS,
    SLABS_MAX = 4096,
    SLABS_SPARE = 64, /* Kept free for the document that is being put. */
    CHUNK_BITS = 12,
    CHUNK_ITEMS = 1 << CHUNK_BITS,
    TERM_CHUNKS_MAX = 8192,
    DOC_CHUNKS_MAX = MATCH_DOCS_MAX / CHUNK_ITEMS + 1,
    FIRST_SLOTS = 1024,
    SWEEP_MIN = 1000,
    FIELD_CODES_MAX = 1000,
    BLOCK_CLASS_MAX = 6,
    POSTING_WEIGHT_MAX = UINT16_MAX,
};

static const u32 block_bytes[BLOCK_CLASS_MAX + 1] = {0, 8, 16, 32, 64, 124, 252};

typedef struct TermEntry {
    u64 key;
    u32 last;             /* Last document + 1. */
    u32 head, tail;       /* First and last block; unused while class is 0. */
    uint16_t last_weight; /* Of the last posting. */
    u8 used;              /* Bytes of the last block. */
    u8 class;             /* Size of the last block; 0: one posting, last and last_weight. */
} TermEntry;

/* Open addressing over items that live elsewhere; a slot holds place + 1. In an arena of its own,
 * so that growing gives the old slots back. */
typedef struct Slots {
    Arena arena;
    u32 *at;
    size_t count; /* A power of two. */
} Slots;

typedef struct Shelf {
    Arena arena;
    u8 *slabs[SLABS_MAX];
    u32 slab_count;
    u32 slab_used; /* Bytes of the last slab. */
    TermEntry *terms[TERM_CHUNKS_MAX];
    u32 term_count;
    DocEntry *docs[DOC_CHUNKS_MAX];
    u32 doc_count; /* Dead ones too. */
    u32 dead_count;
    u64 length_total; /* Of the live. */
    Slots term_slots;
    Slots doc_slots;
} Shelf;

struct MatchIndex {
    pthread_rwlock_t lock;
    Arena arena; /* This struct and the field codes. */
    Arena shelf_arena;
    Shelf *shelf;
    Str field_codes[FIELD_CODES_MAX]; /* From 1; 0 is the empty one. */
    uint16_t field_code_count;
};

/* ---- Hash slots ---- */

static size_t slot_start(const Slots *slots, u64 hash)
{
    return (size_t)(hash * 0x9E3779B97F4A7C15u >> 24) & (slots->count - 1);
}

static void slots_alloc(Slots *slots, size_t count)
{
    slots->count = count;
    slots->at = ARENA_NEW(&slots->arena, u32, count);
}

static TermEntry *term_at(const Shelf *shelf, u32 place)
{
    return &shelf->terms[place >> CHUNK_BITS][place & (CHUNK_ITEMS - 1)];
}

static DocEntry *doc_at(const Shelf *shelf, u32 place)
{
    return &shelf->docs[place >> CHUNK_BITS][place & (CHUNK_ITEMS - 1)];
}

static u64 doc_hash(u8 kind, i64 id)
{
    return (u64)id * 4 + kind;
}

static size_t term_slot(const Shelf *shelf, u64 key)
{
    const Slots *slots = &shelf->term_slots;
    size_t slot = slot_start(slots, key);
    while (slots->at[slot] && term_at(shelf, slots->at[slot] - 1)->key != key)
        slot = (slot + 1) & (slots->count - 1);
    return slot;
}

static size_t doc_slot(const Shelf *shelf, u8 kind, i64 id)
{
    const Slots *slots = &shelf->doc_slots;
    size_t slot = slot_start(slots, doc_hash(kind, id));
    for (; slots->at[slot]; slot = (slot + 1) & (slots->count - 1)) {
        const DocEntry *doc = doc_at(shelf, slots->at[slot] - 1);
        if (doc->kind == kind && doc->id == id)
            break;
    }
    return slot;
}

/* Doubles the slots when they are three quarters full. */
static void widen_term_slots(Shelf *shelf)
{
    Slots *slots = &shelf->term_slots;
    if (((size_t)shelf->term_count + 1) * 4 < slots->count * 3)
        return;
    Slots old = *slots;
    *slots = (Slots){0};
    slots_alloc(slots, old.count * 2);
    for (u32 i = 0; i < shelf->term_count; i++)
        slots->at[term_slot(shelf, term_at(shelf, i)->key)] = i + 1;
    arena_done(&old.arena);
}

/* As above. A later document of the same kind and id takes the slot of a dead one. */
static void widen_doc_slots(Shelf *shelf)
{
    Slots *slots = &shelf->doc_slots;
    if (((size_t)shelf->doc_count + 1) * 4 < slots->count * 3)
        return;
    Slots old = *slots;
    *slots = (Slots){0};
    slots_alloc(slots, old.count * 2);
    for (u32 i = 0; i < shelf->doc_count; i++)
        slots->at[doc_slot(shelf, doc_at(shelf, i)->kind, doc_at(shelf, i)->id)] = i + 1;
    arena_done(&old.arena);
}

/* ---- Blocks of postings ---- */

static u8 *block_at(const Shelf *shelf, u32 offset)
{
    return shelf->slabs[offset >> SLAB_BITS] + (offset & (SLAB_BYTES - 1));
}

static u32 block_next(const Shelf *shelf, u32 offset)
{
    u32 next;
    memcpy(&next, block_at(shelf, offset), sizeof next);
    return next;
}

static u32 block_new(Shelf *shelf, u32 class)
{
    u32 bytes = (u32)sizeof(u32) + block_bytes[class];
    if (shelf->slab_count == 0 || shelf->slab_used + bytes > SLAB_BYTES) {
        assert(shelf->slab_count < SLABS_MAX);
        shelf->slabs[shelf->slab_count++] = arena_take(&shelf->arena, SLAB_BYTES);
        shelf->slab_used = 0;
    }
    u32 offset = ((shelf->slab_count - 1) << SLAB_BITS) + shelf->slab_used;
    shelf->slab_used += bytes;
    return offset;
}

static void put_byte(Shelf *shelf, TermEntry *term, u8 byte)
{
    if (term->used == block_bytes[term->class]) {
        u32 class = term->class < BLOCK_CLASS_MAX ? term->class + 1u : BLOCK_CLASS_MAX;
        u32 block = block_new(shelf, class);
        memcpy(block_at(shelf, term->tail), &block, sizeof block);
        term->tail = block;
        term->class = (u8) class;
        term->used = 0;
    }
    block_at(shelf, term->tail)[sizeof(u32) + term->used++] = byte;
}

static void put_number(Shelf *shelf, TermEntry *term, u32 number)
{
    for (; number >= 0x80; number >>= 7)
        put_byte(shelf, term, (u8)(number | 0x80));
    put_byte(shelf, term, (u8)number);
}

/* `distance` from the document before; `weight_before` of the posting before, 0 for the first. */
static void put_posting(Shelf *shelf, TermEntry *term, u32 distance, u32 weight, u32 weight_before)
{
    bool differs = weight != weight_before;
    put_number(shelf, term, distance << 1 | differs);
    if (differs)
        put_number(shelf, term, weight);
}

static void add_posting(Shelf *shelf, u64 key, u32 doc, u32 weight)
{
    if (weight > POSTING_WEIGHT_MAX)
        weight = POSTING_WEIGHT_MAX;
    widen_term_slots(shelf);
    size_t slot = term_slot(shelf, key);
    if (!shelf->term_slots.at[slot]) {
        u32 place = shelf->term_count++;
        if ((place & (CHUNK_ITEMS - 1)) == 0)
            shelf->terms[place >> CHUNK_BITS] = ARENA_NEW(&shelf->arena, TermEntry, CHUNK_ITEMS);
        *term_at(shelf, place) =
            (TermEntry){.key = key, .last = doc + 1, .last_weight = (uint16_t)weight};
        shelf->term_slots.at[slot] = place + 1;
        return;
    }
    TermEntry *term = term_at(shelf, shelf->term_slots.at[slot] - 1);
    assert(doc + 1 > term->last);
    if (term->class == 0) {
        term->head = term->tail = block_new(shelf, 1);
        term->class = 1;
        put_posting(shelf, term, term->last, term->last_weight, 0);
    }
    put_posting(shelf, term, doc + 1 - term->last, weight, term->last_weight);
    term->last = doc + 1;
    term->last_weight = (uint16_t)weight;
}

/* Reads a chain of blocks byte by byte. */
typedef struct Reader {
    const Shelf *shelf;
    const u8 *at, *end;
    u32 block, tail;
    u32 class;
    u32 tail_used;
} Reader;

static void reader_enter(Reader *reader, u32 block)
{
    reader->block = block;
    reader->at = block_at(reader->shelf, block) + sizeof(u32);
    reader->end =
        reader->at + (block == reader->tail ? reader->tail_used : block_bytes[reader->class]);
}

/* The next byte is there: moves into the next block when this one is read. */
static bool reader_more(Reader *reader)
{
    if (reader->at < reader->end)
        return true;
    if (reader->block == reader->tail)
        return false;
    if (reader->class < BLOCK_CLASS_MAX)
        reader->class ++;
    reader_enter(reader, block_next(reader->shelf, reader->block));
    return reader->at < reader->end;
}

static u32 read_number(Reader *reader)
{
    u32 number = 0;
    for (int shift = 0; reader_more(reader); shift += 7) {
        u8 byte = *reader->at++;
        number |= (u32)(byte & 0x7F) << shift;
        if (byte < 0x80)
            break;
    }
    return number;
}

/* All postings of a term, those of dead documents too, into `buffer`. */
static size_t read_postings(const Shelf *shelf, const TermEntry *term, Posting *buffer)
{
    if (term->class == 0) {
        buffer[0] = (Posting){term->last - 1, term->last_weight};
        return 1;
    }
    Reader reader = {.shelf = shelf, .tail = term->tail, .class = 1, .tail_used = term->used};
    reader_enter(&reader, term->head);
    u32 doc = 0, weight = 0;
    size_t count = 0;
    while (reader_more(&reader)) {
        u32 number = read_number(&reader);
        doc += number >> 1;
        if (number & 1)
            weight = read_number(&reader);
        buffer[count++] = (Posting){doc - 1, weight};
    }
    assert(doc == term->last && weight == term->last_weight);
    return count;
}

static size_t keep_live(const Shelf *shelf, Posting *buffer, size_t count)
{
    if (shelf->dead_count == 0)
        return count;
    size_t live = 0;
    for (size_t i = 0; i < count; i++)
        if (!(doc_at(shelf, buffer[i].doc)->flags & DOC_DEAD))
            buffer[live++] = buffer[i];
    return live;
}

/* ---- Documents ---- */

static Shelf *shelf_new(Arena *arena)
{
    Shelf *shelf = ARENA_NEW(arena, Shelf, 1);
    slots_alloc(&shelf->term_slots, FIRST_SLOTS);
    slots_alloc(&shelf->doc_slots, FIRST_SLOTS);
    return shelf;
}

static void shelf_done(Shelf *shelf)
{
    arena_done(&shelf->term_slots.arena);
    arena_done(&shelf->doc_slots.arena);
    arena_done(&shelf->arena);
}

/* Takes the next document number. */
static u32 shelf_add_doc(Shelf *shelf, DocEntry doc)
{
    widen_doc_slots(shelf);
    u32 place = shelf->doc_count++;
    if ((place & (CHUNK_ITEMS - 1)) == 0)
        shelf->docs[place >> CHUNK_BITS] = ARENA_NEW(&shelf->arena, DocEntry, CHUNK_ITEMS);
    *doc_at(shelf, place) = doc;
    shelf->doc_slots.at[doc_slot(shelf, doc.kind, doc.id)] = place + 1;
    shelf->length_total += doc.length;
    return place;
}

static void shelf_kill_doc(Shelf *shelf, u8 kind, i64 id)
{
    u32 place = shelf->doc_slots.at[doc_slot(shelf, kind, id)];
    DocEntry *doc = place ? doc_at(shelf, place - 1) : NULL;
    if (!doc || (doc->flags & DOC_DEAD))
        return;
    doc->flags |= DOC_DEAD;
    shelf->dead_count++;
    shelf->length_total -= doc->length;
}

/* Copies the live documents to a new shelf once the dead are the greater part. */
static void sweep(MatchIndex *index)
{
    Shelf *old = index->shelf;
    u32 live_count = old->doc_count - old->dead_count;
    if (old->dead_count <= live_count + SWEEP_MIN)
        return;
    Arena arena = {0}, scratch = {0};
    Shelf *fresh = shelf_new(&arena);
    u32 *moved = ARENA_NEW(&scratch, u32, old->doc_count);
    Posting *buffer = ARENA_NEW(&scratch, Posting, old->doc_count);
    for (u32 i = 0; i < old->doc_count; i++)
        if (!(doc_at(old, i)->flags & DOC_DEAD))
            moved[i] = shelf_add_doc(fresh, *doc_at(old, i));
    for (u32 t = 0; t < old->term_count; t++) {
        const TermEntry *term = term_at(old, t);
        size_t count = keep_live(old, buffer, read_postings(old, term, buffer));
        for (size_t i = 0; i < count; i++)
            add_posting(fresh, term->key, moved[buffer[i].doc], buffer[i].weight);
    }
    arena_done(&scratch);
    shelf_done(old);
    arena_done(&index->shelf_arena);
    index->shelf_arena = arena;
    index->shelf = fresh;
}

static bool shelf_full(const Shelf *shelf, size_t term_count)
{
    return shelf->doc_count >= MATCH_DOCS_MAX || shelf->slab_count + SLABS_SPARE >= SLABS_MAX ||
           (u64)shelf->term_count + term_count >= (u64)TERM_CHUNKS_MAX * CHUNK_ITEMS;
}

uint16_t index_field_code(const MatchIndex *index, Str code)
{
    if (code.len == 0)
        return 0;
    for (uint16_t i = 1; i <= index->field_code_count; i++)
        if (str_same(index->field_codes[i], code))
            return i;
    return UINT16_MAX;
}

/* The number of a field code, given one when it is new. UINT16_MAX when there are too many. */
static uint16_t field_code_number(MatchIndex *index, Str code)
{
    uint16_t number = index_field_code(index, code);
    if (number != UINT16_MAX || index->field_code_count == FIELD_CODES_MAX - 1)
        return number;
    index->field_codes[++index->field_code_count] = str_copy(&index->arena, code);
    return index->field_code_count;
}

/* With the write lock held. */
static bool put_locked(MatchIndex *index, const MatchDoc *doc, const Bag *bag)
{
    u64 length = bag_total(bag);
    uint16_t field_code = field_code_number(index, doc->field_code);
    if (shelf_full(index->shelf, bag->count) || field_code == UINT16_MAX)
        return false;
    shelf_kill_doc(index->shelf, (u8)doc->kind, doc->id);
    u32 place =
        shelf_add_doc(index->shelf, (DocEntry){
                                        .id = doc->id,
                                        .org_id = doc->org_id,
                                        .length = length < UINT32_MAX ? (u32)length : UINT32_MAX,
                                        .field_code = field_code,
                                        .kind = (u8)doc->kind,
                                        .flags = doc->listed ? DOC_LISTED : 0,
                                    });
    for (size_t i = 0; i < bag->count; i++)
        add_posting(index->shelf, bag->items[i].key, place, bag->items[i].weight);
    sweep(index);
    return true;
}

/* ---- What neighbours call ---- */

MatchIndex *match_open(void)
{
    Arena arena = {0};
    MatchIndex *index = ARENA_NEW(&arena, MatchIndex, 1);
    index->arena = arena;
    index->shelf = shelf_new(&index->shelf_arena);
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
#ifdef __GLIBC__ /* Else a stream of readers keeps the writer out. */
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
    int failed = pthread_rwlock_init(&index->lock, &attr);
    assert(!failed);
    (void)failed;
    pthread_rwlockattr_destroy(&attr);
    return index;
}

void match_close(MatchIndex *index)
{
    pthread_rwlock_destroy(&index->lock);
    shelf_done(index->shelf);
    arena_done(&index->shelf_arena);
    Arena arena = index->arena; /* The index lies in it. */
    arena_done(&arena);
}

Err match_put(Cx *cx, MatchIndex *index, const MatchDoc *doc)
{
    assert(doc->kind >= MATCH_PATENT && doc->kind <= MATCH_NEED);
    ArenaMark mark = arena_mark(cx->arena);
    Bag bag = bag_new(cx->arena);
    bag_add_fields(&bag, doc->fields, doc->field_count);

    pthread_rwlock_wrlock(&index->lock);
    bool put = put_locked(index, doc, &bag);
    pthread_rwlock_unlock(&index->lock);
    arena_rewind(cx->arena, mark);
    return put ? ERR_OK : err_set(cx, ERR_LIMIT, NULL, "match.full");
}

void match_drop(MatchIndex *index, MatchKind kind, i64 id)
{
    pthread_rwlock_wrlock(&index->lock);
    shelf_kill_doc(index->shelf, (u8)kind, id);
    sweep(index);
    pthread_rwlock_unlock(&index->lock);
}

MatchStats match_stats(MatchIndex *index)
{
    index_read_begin(index);
    const Shelf *shelf = index->shelf;
    MatchStats stats = {
        .doc_count = index_live_count(index),
        .dead_count = shelf->dead_count,
        .term_count = shelf->term_count,
        .bytes = (i64)(index->arena.total + index->shelf_arena.total + shelf->arena.total +
                       shelf->term_slots.arena.total + shelf->doc_slots.arena.total),
    };
    index_read_end(index);
    return stats;
}

/* ---- What match_rank.c reads ---- */

void index_read_begin(MatchIndex *index)
{
    pthread_rwlock_rdlock(&index->lock);
}

void index_read_end(MatchIndex *index)
{
    pthread_rwlock_unlock(&index->lock);
}

u32 index_doc_slots(const MatchIndex *index)
{
    return index->shelf->doc_count;
}

i64 index_live_count(const MatchIndex *index)
{
    return (i64)index->shelf->doc_count - index->shelf->dead_count;
}

double index_length_mean(const MatchIndex *index)
{
    i64 live_count = index_live_count(index);
    return live_count ? (double)index->shelf->length_total / (double)live_count : 1;
}

const DocEntry *index_doc(const MatchIndex *index, u32 doc)
{
    assert(doc < index->shelf->doc_count);
    return doc_at(index->shelf, doc);
}

size_t index_postings(const MatchIndex *index, u64 key, Posting *buffer)
{
    const Shelf *shelf = index->shelf;
    u32 place = shelf->term_slots.at[term_slot(shelf, key)];
    if (!place)
        return 0;
    return keep_live(shelf, buffer, read_postings(shelf, term_at(shelf, place - 1), buffer));
}
