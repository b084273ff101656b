/* match_index.c - the postings in memory.
 *
 * Everything lives in arenas the index owns. Posting lists only ever grow at their end, so a list
 * is a chain of blocks cut from slabs, each block larger than the one before, and nothing is copied
 * or freed while it grows:
 *
 *   term entry {key, last, count, tail, ...}
 *                                 |
 *        .------------------------+-----------------------.
 *        v                        v                       |
 *        [next| 8 bytes] -> ... -> [next| 252 bytes] -----'    in slabs of 256 KB
 *
 * The last block leads back to the first, so that an entry keeps one place and not two.
 *
 *   [next| number number number ... 0 ... weight weight]
 *
 * A posting has a number from the front of a block: the distance to the document before, times two,
 * plus one if the weight differs from the one before; 7 bits a byte. Then its weight comes from the
 * back: a byte, or 255 and two bytes of it. Apart, the two are read faster than in turn, for where
 * the next number begins does not hang on the weight. The one posting of a rare term needs no
 * block: the entry itself says it.
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
    BLOCK_UNIT = 4,   /* All blocks are multiples of it, their heads too. */
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
    WEIGHT_WIDE = 255, /* In a byte of its own: two bytes of the weight follow. */
};

_Static_assert(CHUNK_ITEMS % WINDOW_DOCS == 0, "a window lies in one chunk of documents");

static const u32 block_bytes[BLOCK_CLASS_MAX + 1] = {0, 8, 16, 32, 64, 124, 252};

typedef struct TermEntry {
    u64 key;
    u32 last;             /* Last document + 1. */
    u32 count;            /* Postings, those of dead documents too. */
    u64 last_weight : 16; /* Of the last posting. */
    u64 tail : 28;        /* Last block, in units of BLOCK_UNIT; unused while class is 0. */
    u64 front_used : 8;   /* Bytes of the last block: numbers, */
    u64 back_used : 8;    /* and weights. */
    u64 class : 4;        /* Size of the last block; 0: one posting, last and last_weight. */
} TermEntry;

_Static_assert(sizeof(TermEntry) == 24, "there are some hundred thousand");

/* Open addressing over items that live elsewhere; a slot holds place + 1. In an arena of its own,
 * so that growing gives the old slots back. */
typedef struct Slots {
    Arena arena;
    u32 *at;
    size_t count; /* A power of two. */
} Slots;

typedef struct DocChunk {
    DocFacts facts[CHUNK_ITEMS];
    DocIds ids[CHUNK_ITEMS];
    u64 live[CHUNK_ITEMS / 64]; /* A bit for each, cleared when it is dropped. */
} DocChunk;

typedef struct Shelf {
    Arena arena;
    u8 *slabs[SLABS_MAX];
    u32 slab_count;
    u32 slab_used; /* Bytes of the last slab. */
    TermEntry *terms[TERM_CHUNKS_MAX];
    u32 term_count;
    DocChunk *docs[DOC_CHUNKS_MAX];
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

static DocFacts *facts_at(const Shelf *shelf, u32 place)
{
    return &shelf->docs[place >> CHUNK_BITS]->facts[place & (CHUNK_ITEMS - 1)];
}

static DocIds *ids_at(const Shelf *shelf, u32 place)
{
    return &shelf->docs[place >> CHUNK_BITS]->ids[place & (CHUNK_ITEMS - 1)];
}

static u64 *live_word(const Shelf *shelf, u32 place)
{
    return &shelf->docs[place >> CHUNK_BITS]->live[(place & (CHUNK_ITEMS - 1)) / 64];
}

static bool is_live(const Shelf *shelf, u32 place)
{
    return *live_word(shelf, place) >> place % 64 & 1;
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
        u32 place = slots->at[slot] - 1;
        if (ids_at(shelf, place)->id == id && facts_at(shelf, place)->kind == kind)
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
        slots->at[doc_slot(shelf, facts_at(shelf, i)->kind, ids_at(shelf, i)->id)] = i + 1;
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

static void block_lead(const Shelf *shelf, u32 offset, u32 next)
{
    memcpy(block_at(shelf, offset), &next, sizeof next);
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

static u32 tail_of(const TermEntry *term)
{
    return (u32)term->tail * BLOCK_UNIT;
}

/* Hangs a larger block behind the last one, or the first. */
static void grow_chain(Shelf *shelf, TermEntry *term)
{
    u32 class = term->class < BLOCK_CLASS_MAX ? term->class + 1u : BLOCK_CLASS_MAX;
    u32 block = block_new(shelf, class);
    block_lead(shelf, block, term->class ? block_next(shelf, tail_of(term)) : block);
    if (term->class)
        block_lead(shelf, tail_of(term), block);
    term->tail = block / BLOCK_UNIT & 0xFFFFFFF;
    term->class = class & 0xF;
    term->front_used = 0;
    term->back_used = 0;
}

/* `distance` from the document before; `weight_before` of the posting before, 0 for the first. */
static void put_posting(Shelf *shelf, TermEntry *term, u32 distance, u32 weight, u32 weight_before)
{
    u8 front[5], back[3] = {(u8)weight};
    u32 number = distance << 1 | (weight != weight_before);
    u32 front_len = 0, back_len = weight == weight_before ? 0 : weight < WEIGHT_WIDE ? 1 : 3;
    for (; number >= 0x80; number >>= 7)
        front[front_len++] = (u8)(number | 0x80);
    front[front_len++] = (u8)number;
    if (back_len == 3) {
        back[0] = WEIGHT_WIDE;
        back[1] = (u8)(weight >> 8);
        back[2] = (u8)weight;
    }
    if (term->front_used + term->back_used + front_len + back_len > block_bytes[term->class])
        grow_chain(shelf, term);
    u8 *bytes = block_at(shelf, tail_of(term)) + sizeof(u32);
    for (u32 i = 0; i < front_len; i++)
        bytes[term->front_used++] = front[i];
    for (u32 i = 0; i < back_len; i++)
        bytes[block_bytes[term->class] - ++term->back_used] = back[i];
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
            (TermEntry){.key = key, .last = doc + 1, .count = 1, .last_weight = (uint16_t)weight};
        shelf->term_slots.at[slot] = place + 1;
        return;
    }
    TermEntry *term = term_at(shelf, shelf->term_slots.at[slot] - 1);
    assert(doc + 1 > term->last);
    if (term->class == 0) /* No room in no block. */
        put_posting(shelf, term, term->last, (u32)term->last_weight, 0);
    put_posting(shelf, term, doc + 1 - term->last, weight, (u32)term->last_weight);
    term->last = doc + 1;
    term->count++;
    term->last_weight = (uint16_t)weight;
}

/* ---- Reading postings ---- */

static inline void reader_enter(PostingReader *reader, u32 block)
{
    reader->block = block;
    reader->front = block_at(reader->shelf, block) + sizeof(u32);
    reader->back = reader->front + block_bytes[reader->class];
    __builtin_prefetch(block_at(reader->shelf, block_next(reader->shelf, block)));
}

/* Keeps what comes seldom out of the way of what comes often. */
#define RARE(condition) __builtin_expect((condition), 0)

/* The rest of a number after its first byte. */
static inline u32 long_number(const u8 **at, u32 number)
{
    number &= 0x7F;
    for (int shift = 7;; shift += 7) {
        u8 byte = *(*at)++;
        number |= (u32)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return number;
    }
}

/* To the next posting. Nearly all time of a search goes here, so what the data says in no pattern,
 * whether the weight differs, is no branch. */
static inline void reader_step(PostingReader *reader)
{
    if (RARE(reader->front == reader->back || !*reader->front)) { /* This block is read. */
        if (reader->block == reader->tail) {
            reader->doc = DOC_NONE;
            return;
        }
        reader->class += reader->class < BLOCK_CLASS_MAX;
        reader_enter(reader, block_next(reader->shelf, reader->block));
    }
    u32 number = *reader->front++;
    if (RARE(number >= 0x80))
        number = long_number(&reader->front, number);
    u32 differs = number & 1, weight = reader->back[-1];
    reader->doc += number >> 1;
    reader->back -= differs;
    if (RARE(differs & (weight == WEIGHT_WIDE))) {
        weight = (u32)reader->back[-1] << 8 | reader->back[-2];
        reader->back -= 2;
    }
    reader->weight = differs ? weight : reader->weight;
}

static PostingReader reader_open(const Shelf *shelf, const TermEntry *term)
{
    PostingReader reader = {
        .shelf = shelf, .doc = term->last - 1, .weight = (u32)term->last_weight};
    if (term->class == 0)
        return reader; /* As at the end of a block that is the last. */
    reader.tail = tail_of(term);
    reader.class = 1;
    reader.doc = UINT32_MAX; /* The first distance is one more than the document: it comes round. */
    reader.weight = 0;
    reader_enter(&reader, block_next(shelf, reader.tail));
    reader_step(&reader);
    return reader;
}

void postings_skip(PostingReader *reader, u32 to)
{
    PostingReader at = *reader;
    while (at.doc < to)
        reader_step(&at);
    *reader = at;
}

size_t postings_take(PostingReader *reader, u32 window, const u64 *only, Posting *buffer)
{
    postings_skip(reader, window);
    size_t count = 0;
    PostingReader at = *reader;
    for (u32 place; (place = at.doc - window) < WINDOW_DOCS; reader_step(&at)) {
        buffer[count] = (Posting){place, at.weight};
        count += only[place / 64] >> place % 64 & 1;
    }
    *reader = at;
    return count;
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
static u32 shelf_add_doc(Shelf *shelf, DocIds ids, DocFacts facts)
{
    widen_doc_slots(shelf);
    u32 place = shelf->doc_count++;
    if ((place & (CHUNK_ITEMS - 1)) == 0)
        shelf->docs[place >> CHUNK_BITS] = ARENA_NEW(&shelf->arena, DocChunk, 1);
    *ids_at(shelf, place) = ids;
    *facts_at(shelf, place) = facts;
    *live_word(shelf, place) |= (u64)1 << place % 64;
    shelf->doc_slots.at[doc_slot(shelf, facts.kind, ids.id)] = place + 1;
    shelf->length_total += facts.length;
    return place;
}

static void shelf_kill_doc(Shelf *shelf, u8 kind, i64 id)
{
    u32 place = shelf->doc_slots.at[doc_slot(shelf, kind, id)];
    if (!place || !is_live(shelf, place - 1))
        return;
    *live_word(shelf, place - 1) &= ~((u64)1 << (place - 1) % 64);
    shelf->dead_count++;
    shelf->length_total -= facts_at(shelf, place - 1)->length;
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
    for (u32 i = 0; i < old->doc_count; i++)
        if (is_live(old, i))
            moved[i] = shelf_add_doc(fresh, *ids_at(old, i), *facts_at(old, i));
    for (u32 t = 0; t < old->term_count; t++) {
        const TermEntry *term = term_at(old, t);
        PostingReader reader = reader_open(old, term);
        for (; reader.doc != DOC_NONE; reader_step(&reader))
            if (is_live(old, reader.doc))
                add_posting(fresh, term->key, moved[reader.doc], reader.weight);
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
    u32 place = shelf_add_doc(index->shelf, (DocIds){.id = doc->id, .org_id = doc->org_id},
                              (DocFacts){.length = length < UINT32_MAX ? (u32)length : UINT32_MAX,
                                         .field_code = field_code,
                                         .kind = (u8)doc->kind,
                                         .flags = doc->listed ? DOC_LISTED : 0});
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

DocWindow index_window(const MatchIndex *index, u32 doc)
{
    assert(doc < index->shelf->doc_count);
    u32 first = doc - doc % WINDOW_DOCS;
    return (DocWindow){.first = first,
                       .facts = facts_at(index->shelf, first),
                       .ids = ids_at(index->shelf, first),
                       .live = live_word(index->shelf, first)};
}

static const TermEntry *find_term(const Shelf *shelf, u64 key)
{
    u32 place = shelf->term_slots.at[term_slot(shelf, key)];
    return place ? term_at(shelf, place - 1) : NULL;
}

PostingReader index_postings(const MatchIndex *index, u64 key)
{
    const TermEntry *term = find_term(index->shelf, key);
    return term ? reader_open(index->shelf, term) : (PostingReader){.doc = DOC_NONE};
}

i64 index_posting_count(const MatchIndex *index, u64 key)
{
    const Shelf *shelf = index->shelf;
    const TermEntry *term = find_term(shelf, key);
    if (!term || shelf->dead_count == 0)
        return term ? term->count : 0;
    i64 live_count = 0;
    PostingReader reader = reader_open(shelf, term);
    for (; reader.doc != DOC_NONE; reader_step(&reader))
        live_count += is_live(shelf, reader.doc);
    return live_count;
}
