/* fact_int.h - inside the room: hashes, keys and the open block. */
#ifndef FACT_FACT_INT_H
#define FACT_FACT_INT_H

#include "fact/fact.h"

#include "base/openssl.h"

enum { DIGEST_BYTES = 32, SIGNATURE_BYTES = 64, PUBLIC_KEY_BYTES = 32, TYPES_MAX = 64 };

typedef struct Digest {
    u8 bytes[DIGEST_BYTES];
} Digest;

/* One hash function made ready, for one thread. */
typedef struct Hasher {
    EVP_MD *md;
    EVP_MD_CTX *cx;
} Hasher;

bool hasher_init(Hasher *hasher, FactHash hash);
void hasher_done(Hasher *hasher);
Digest hasher_digest(Hasher *hasher, u8 tag, const void *bytes, size_t count);

/* Tags keep a leaf, a node, a row and a block from being taken for one another. */
enum { TAG_LEAF = 0, TAG_NODE = 1, TAG_ROW = 2, TAG_BLOCK = 3 };

const char *hash_name(FactHash hash);
bool hash_find(Str name, FactHash *ret);

/* Merkle root; an odd one out goes up unchanged. `leaves` is overwritten. No leaves: all zero. */
Digest merkle_root(Hasher *hasher, Digest *leaves, size_t count);
Digest fact_leaf(Hasher *hasher, Arena *arena, const Fact *fact);
Digest row_digest(Hasher *hasher, Arena *arena, const RecordType *type, const void *record);

typedef struct Block {
    i64 block, first_seq, last_seq, at_ms;
    Str root, before, hash, algorithm, signer, signature;
} Block;

Digest block_digest(Hasher *hasher, Arena *arena, const Block *block);
Str block_message(Arena *arena, i64 block, Str hash); /* What is signed. */
void block_read(Cx *cx, Rows *rows, Block *ret);
#define BLOCK_COLUMNS                                                                              \
    "block, first_seq, last_seq, at_ms, root, before, hash, algorithm, signer, signature"
#define FACT_COLUMNS_OLD                                                                           \
    "seq, block, kind, table_name, row_id, row_digest, actor_id, org_id, via, at_ms, amount, "     \
    "code, other_id"
#define FACT_COLUMNS FACT_COLUMNS_OLD ", for_id"
void fact_read(Cx *cx, Rows *rows, Fact *ret);
/* Whether the log's table names who somebody acted for: one that an older program made does not,
 * until the log is opened for writing. True where there is no table yet. */
NODISCARD Err fact_has_for(Cx *cx, bool *ret);

/* Ed25519. Keys are raw bytes; the private one is kept as PEM with mode 0600. */
NODISCARD Err key_load_or_make(Cx *cx, Str folder, EVP_PKEY **ret_key,
                               u8 ret_public[PUBLIC_KEY_BYTES]);
bool key_sign(EVP_PKEY *key, Str message, u8 ret_signature[SIGNATURE_BYTES]);
bool key_check(Str public_hex, Str message, Str signature_hex);

typedef struct NextId {
    const RecordType *type;
    i64 next;
} NextId;

/* The facts of the transaction that is open. */
struct Facts {
    FactLog *log;
    Arena arena; /* Leaves; emptied with every transaction. */
    Digest *leaves;
    size_t count, cap;
    u64 touched; /* Buckets of the types that were told of. */
};

enum { CHANGE_BUCKETS = 64 };

struct FactLog {
    FactHash hash;
    Hasher hasher; /* The writer's. */
    EVP_PKEY *key;
    Str public_hex;
    Arena arena;
    i64 last_seq; /* Committed. */
    i64 last_block;
    char last_hash[2 * DIGEST_BYTES + 1];
    char next_hash[2 * DIGEST_BYTES + 1];
    Facts *open;
    NextId ids[TYPES_MAX];
    size_t id_count;
    void (*wake)(void *context);
    void *wake_context;
    i64 epoch;                           /* Of this program's lead. */
    i64 alive_ms;                        /* Last beat before it began. */
    _Atomic u64 changes[CHANGE_BUCKETS]; /* Commits that told of a type of this bucket. */
};

#endif
