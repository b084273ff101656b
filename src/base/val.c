#include "base/base.h"

#include <jansson.h>
#include <string.h>

static Val *new_val(Arena *arena, ValKind kind)
{
    Val *val = arena_take_raw(arena, sizeof *val);
    *val = (Val){.kind = kind};
    return val;
}

Val *val_null(Arena *arena)
{
    return new_val(arena, VAL_NULL);
}

Val *val_bool(Arena *arena, bool b)
{
    Val *val = new_val(arena, VAL_BOOL);
    val->b = b;
    return val;
}

Val *val_int(Arena *arena, i64 i)
{
    Val *val = new_val(arena, VAL_INT);
    val->i = i;
    return val;
}

Val *val_str(Arena *arena, Str s)
{
    Val *val = new_val(arena, VAL_STR);
    val->s = s;
    return val;
}

Val *val_z(Arena *arena, const char *z)
{
    return val_str(arena, str_from(z));
}

Val *val_list(Arena *arena)
{
    return new_val(arena, VAL_LIST);
}

Val *val_map(Arena *arena)
{
    return new_val(arena, VAL_MAP);
}

static ValItem *add_item(Arena *arena, Val *list)
{
    if (list->list.count == list->list.cap) {
        size_t cap = list->list.cap ? list->list.cap * 2 : 8;
        list->list.items = arena_grow_raw(arena, list->list.items, list->list.cap * sizeof(ValItem),
                                          cap * sizeof(ValItem));
        list->list.cap = cap;
    }
    return &list->list.items[list->list.count++];
}

void val_push(Arena *arena, Val *list, Val *item)
{
    assert(list->kind == VAL_LIST);
    *add_item(arena, list) = (ValItem){.val = item};
}

static ValItem *find_item(const Val *map, Str key)
{
    if (!map || map->kind != VAL_MAP)
        return NULL;
    for (size_t i = 0; i < map->list.count; i++)
        if (str_same(map->list.items[i].key, key))
            return &map->list.items[i];
    return NULL;
}

void val_add_key(Arena *arena, Val *map, Str key, Val *item)
{
    assert(map->kind == VAL_MAP);
    *add_item(arena, map) = (ValItem){.key = key, .val = item};
}

void val_set_key(Arena *arena, Val *map, Str key, Val *item)
{
    assert(map->kind == VAL_MAP);
    ValItem *old = find_item(map, key);
    if (old)
        old->val = item;
    else
        *add_item(arena, map) = (ValItem){.key = key, .val = item};
}

Val *val_get_key(const Val *map, Str key)
{
    ValItem *item = find_item(map, key);
    return item ? item->val : NULL;
}

size_t val_count(const Val *list)
{
    return list && (list->kind == VAL_LIST || list->kind == VAL_MAP) ? list->list.count : 0;
}

Val *val_at(const Val *list, size_t index)
{
    return index < val_count(list) ? list->list.items[index].val : NULL;
}

static void new_line(Buf *buf, int depth)
{
    if (depth < 0)
        return;
    buf_char(buf, '\n');
    for (int i = 0; i < depth; i++)
        buf_z(buf, "  ");
}

static void write_val(Buf *buf, const Val *val, int depth);

static void write_items(Buf *buf, const Val *val, int depth)
{
    bool is_map = val->kind == VAL_MAP;
    int inner = depth < 0 ? -1 : depth + 1;
    buf_char(buf, is_map ? '{' : '[');
    for (size_t i = 0; i < val->list.count; i++) {
        if (i)
            buf_char(buf, ',');
        new_line(buf, inner);
        if (is_map) {
            buf_json(buf, val->list.items[i].key);
            buf_z(buf, depth < 0 ? ":" : ": ");
        }
        write_val(buf, val->list.items[i].val, inner);
    }
    if (val->list.count)
        new_line(buf, depth);
    buf_char(buf, is_map ? '}' : ']');
}

static void write_val(Buf *buf, const Val *val, int depth)
{
    switch (val ? val->kind : VAL_NULL) {
    case VAL_NULL:
        buf_z(buf, "null");
        break;
    case VAL_BOOL:
        buf_z(buf, val->b ? "true" : "false");
        break;
    case VAL_INT:
        buf_i64(buf, val->i);
        break;
    case VAL_REAL:
        buf_format(buf, "%.17g", val->real);
        break;
    case VAL_STR:
        buf_json(buf, val->s);
        break;
    case VAL_LIST:
    case VAL_MAP:
        write_items(buf, val, depth);
        break;
    }
}

void val_write_json(Buf *buf, const Val *val)
{
    write_val(buf, val, -1);
}

void val_write_json_pretty(Buf *buf, const Val *val)
{
    write_val(buf, val, 0);
}

static Val *from_jansson(Arena *arena, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_TRUE:
    case JSON_FALSE:
        return val_bool(arena, json_is_true(json));
    case JSON_INTEGER:
        return val_int(arena, json_integer_value(json));
    case JSON_REAL: {
        Val *val = new_val(arena, VAL_REAL);
        val->real = json_real_value(json);
        return val;
    }
    case JSON_STRING:
        return val_str(arena,
                       str_copy(arena, (Str){json_string_value(json), json_string_length(json)}));
    case JSON_ARRAY: {
        Val *list = val_list(arena);
        for (size_t i = 0; i < json_array_size(json); i++)
            val_push(arena, list, from_jansson(arena, json_array_get(json, i)));
        return list;
    }
    case JSON_OBJECT: {
        Val *map = val_map(arena);
        const char *key;
        json_t *item;
        json_object_foreach((json_t *)json, key, item) * add_item(arena, map) =
            (ValItem){str_copy(arena, str_from(key)), from_jansson(arena, item)};
        return map;
    }
    default:
        return val_null(arena);
    }
}

static int depth_of(Str json)
{
    int depth = 0, deepest = 0;
    bool in_text = false;
    for (size_t i = 0; i < json.len; i++) {
        char c = json.data[i];
        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '[' || c == '{'))
            deepest = ++depth > deepest ? depth : deepest;
        else if (!in_text && (c == ']' || c == '}'))
            depth--;
    }
    return deepest;
}

enum { JSON_DEPTH_MAX = 64 };

Val *val_read_json(Arena *arena, Str json, Str *ret_why)
{
    if (depth_of(json) > JSON_DEPTH_MAX) {
        *ret_why = S("nested too deeply");
        return NULL;
    }
    json_error_t error;
    json_t *tree = json_loadb(json.data ? json.data : "", json.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!tree) {
        *ret_why =
            str_format(arena, "line %d, column %d: %s", error.line, error.column, error.text);
        return NULL;
    }
    Val *val = from_jansson(arena, tree);
    json_decref(tree);
    return val;
}
