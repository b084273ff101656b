/* val.h - a value as JSON knows it, in an arena: replies, template data, arguments of errors.
 *
 * A map keeps the order in which keys were set. Maps are small (a record, a page), so a key is
 * found by looking at each; lists may be long.
 */
#ifndef BASE_VAL_H
#define BASE_VAL_H

#include "base/base.h"

typedef enum ValKind { VAL_NULL, VAL_BOOL, VAL_INT, VAL_REAL, VAL_STR, VAL_LIST, VAL_MAP } ValKind;

typedef struct Val Val;

typedef struct ValItem {
    Str key; /* Empty in a list. */
    Val *val;
} ValItem;

struct Val {
    ValKind kind;
    union {
        bool b;
        i64 i;
        double real; /* Only as read from or written to JSON; never money. */
        Str s;
        struct {
            ValItem *items;
            size_t count;
            size_t cap;
        } list; /* VAL_LIST and VAL_MAP. */
    };
};

Val *val_null(Arena *arena);
Val *val_bool(Arena *arena, bool b);
Val *val_int(Arena *arena, i64 i);
Val *val_str(Arena *arena, Str s); /* Keeps the slice, does not copy. */
Val *val_z(Arena *arena, const char *z);
Val *val_list(Arena *arena);
Val *val_map(Arena *arena);

void val_push(Arena *arena, Val *list, Val *item);
void val_add_key(Arena *arena, Val *map, Str key, Val *item); /* A key that is not there yet. */
void val_set_key(Arena *arena, Val *map, Str key, Val *item); /* Replaces one already there. */

/* Look-ups never fail: an absent key, a NULL or a value of another kind gives NULL, 0 or empty. */
Val *val_get_key(const Val *map, Str key);
Val *val_at(const Val *list, size_t index);
size_t val_count(const Val *list);

/* The same by a literal, whose length the compiler counts. */
static inline void val_set(Arena *arena, Val *map, const char *key, Val *item)
{
    val_set_key(arena, map, str_from(key), item);
}

static inline void val_set_int(Arena *arena, Val *map, const char *key, i64 i)
{
    val_set(arena, map, key, val_int(arena, i));
}

static inline void val_set_str(Arena *arena, Val *map, const char *key, Str s)
{
    val_set(arena, map, key, val_str(arena, s));
}

static inline void val_set_z(Arena *arena, Val *map, const char *key, const char *z)
{
    val_set_str(arena, map, key, str_from(z));
}

static inline void val_set_bool(Arena *arena, Val *map, const char *key, bool b)
{
    val_set(arena, map, key, val_bool(arena, b));
}

static inline Val *val_get(const Val *map, const char *key)
{
    return val_get_key(map, str_from(key));
}

static inline i64 val_get_int(const Val *map, const char *key)
{
    const Val *val = val_get(map, key);
    return val && val->kind == VAL_INT ? val->i : 0;
}

static inline Str val_get_str(const Val *map, const char *key)
{
    const Val *val = val_get(map, key);
    return val && val->kind == VAL_STR ? val->s : S("");
}

static inline bool val_get_bool(const Val *map, const char *key)
{
    const Val *val = val_get(map, key);
    return val && val->kind == VAL_BOOL && val->b;
}

/* JSON text of a value, no white space; `pretty` adds line breaks and two-space indents. */
void val_write_json(Buf *buf, const Val *val);
void val_write_json_pretty(Buf *buf, const Val *val);

/* Reads one JSON value (strict: valid UTF-8, no duplicate keys, no trailing text, depth to 64).
 * NULL when it is not; *ret_why then says what and where, in English, for a log or an API reply. */
NODISCARD Val *val_read_json(Arena *arena, Str json, Str *ret_why);

#endif
