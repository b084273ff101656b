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
void val_set(Arena *arena, Val *map, const char *key, Val *item); /* Replaces one already there. */
void val_set_key(Arena *arena, Val *map, Str key, Val *item);
void val_set_int(Arena *arena, Val *map, const char *key, i64 i);
void val_set_str(Arena *arena, Val *map, const char *key, Str s);
void val_set_z(Arena *arena, Val *map, const char *key, const char *z);
void val_set_bool(Arena *arena, Val *map, const char *key, bool b);

/* Look-ups never fail: an absent key, a NULL or a value of another kind gives NULL, 0 or empty. */
Val *val_get(const Val *map, const char *key);
Val *val_get_key(const Val *map, Str key);
Val *val_at(const Val *list, size_t index);
size_t val_count(const Val *list);
i64 val_get_int(const Val *map, const char *key);
Str val_get_str(const Val *map, const char *key);
bool val_get_bool(const Val *map, const char *key);

/* JSON text of a value, no white space; `pretty` adds line breaks and two-space indents. */
void val_write_json(Buf *buf, const Val *val);
void val_write_json_pretty(Buf *buf, const Val *val);

/* Reads one JSON value (strict: valid UTF-8, no duplicate keys, no trailing text, depth to 64).
 * NULL when it is not; *ret_why then says what and where, in English, for a log or an API reply. */
NODISCARD Val *val_read_json(Arena *arena, Str json, Str *ret_why);

#endif
