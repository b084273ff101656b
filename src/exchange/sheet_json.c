/* sheet_json.c - one JSON object a line as rows.
 *
 * jansson would turn numbers into 64-bit integers and doubles. So that 2018305140799123456789 and
 * 12.50 come out as they went in, numbers are quoted and marked before it sees them.
 */
#include "exchange/sheet_int.h"

#include <jansson.h>
#include <string.h>

/* Stands before a number that was quoted. Written \u0001 in the JSON. */
enum { NUMBER_MARK = 1, NEST_MAX = 8 };

struct SheetJson {
    Str piece;
    i64 line; /* Lines taken so far. */
    Str keys[SHEET_COLUMNS_MAX];
    size_t key_count;
    json_t *first; /* The first object, while only its keys were handed out. */
    i64 first_line;
    bool keys_given;
    bool ended;
};

bool sheet_json_open(SheetReader *reader)
{
    reader->json = ARENA_NEW(&reader->own, SheetJson, 1);
    reader->about.kind = SHEET_JSONL;
    reader->about.sheet_count = 1;
    return sheet_text_restart(reader, 0);
}

/* The next line with anything on it, in the arena of the rows; ended is set after the last. */
static bool take_line(SheetReader *reader, Str *ret_line)
{
    SheetJson *json = reader->json;
    Buf buf = buf_new(reader->rows);
    for (bool whole = false; !whole;) {
        if (json->piece.len == 0 && !sheet_text_next(reader, &json->piece))
            return false;
        if (json->piece.len == 0) {
            json->ended = true;
            break;
        }
        size_t len = str_find(json->piece, S("\n"));
        whole = len < json->piece.len;
        buf_add(&buf, str_slice(json->piece, 0, len));
        json->piece = str_slice(json->piece, len + 1, json->piece.len);
        if (buf.len > SHEET_ROW_BYTES_MAX) {
            reader->line = json->line + 1;
            return sheet_fail_limit(reader, "sheet.row_too_long", SHEET_ROW_BYTES_MAX);
        }
    }
    json->line++;
    *ret_line = str_trim(buf_str(&buf));
    return true;
}

/* ---- numbers as written ---- */

static size_t digits(Str s, size_t at)
{
    size_t from = at;
    while (at < s.len && s.data[at] >= '0' && s.data[at] <= '9')
        at++;
    return at - from;
}

/* Length of the JSON number at `at`; 0 when there is none. */
static size_t number_len(Str s, size_t from)
{
    size_t at = from + (s.data[from] == '-');
    size_t whole = digits(s, at);
    if (whole == 0 || (whole > 1 && s.data[at] == '0'))
        return 0;
    at += whole;
    if (at < s.len && s.data[at] == '.') {
        size_t part = digits(s, at + 1);
        if (part == 0)
            return 0;
        at += 1 + part;
    }
    if (at < s.len && (s.data[at] == 'e' || s.data[at] == 'E')) {
        at++;
        at += at < s.len && (s.data[at] == '+' || s.data[at] == '-');
        size_t power = digits(s, at);
        if (power == 0)
            return 0;
        at += power;
    }
    return at - from;
}

static Str quote_numbers(Arena *arena, Str line)
{
    Buf buf = buf_new(arena);
    bool quoted = false;
    for (size_t i = 0; i < line.len; i++) {
        char c = line.data[i];
        size_t len = 0;
        if (!quoted && (c == '-' || (c >= '0' && c <= '9')))
            len = number_len(line, i);
        if (len > 0) {
            buf_z(&buf, "\"\\u0001");
            buf_add(&buf, str_slice(line, i, i + len));
            buf_char(&buf, '"');
            i += len - 1;
            continue;
        }
        buf_char(&buf, c);
        if (quoted && c == '\\' && i + 1 < line.len)
            buf_char(&buf, line.data[++i]);
        else if (c == '"')
            quoted = !quoted;
    }
    return buf_str(&buf);
}

static bool is_number(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) > 0 &&
           json_string_value(value)[0] == NUMBER_MARK;
}

/* ---- values as text ---- */

static Str string_of(const json_t *value)
{
    Str s = {json_string_value(value), json_string_length(value)};
    return is_number(value) ? str_slice(s, 1, s.len) : s;
}

/* A value within a value, as JSON again. */
static void add_json(Buf *buf, json_t *value, int depth)
{
    size_t i, count = 0;
    json_t *item;
    const char *key;
    if (depth > NEST_MAX) {
        buf_z(buf, "null");
    } else if (json_is_object(value)) {
        buf_char(buf, '{');
        json_object_foreach(value, key, item)
        {
            buf_z(buf, count++ ? "," : "");
            buf_json(buf, str_from(key));
            buf_char(buf, ':');
            add_json(buf, item, depth + 1);
        }
        buf_char(buf, '}');
    } else if (json_is_array(value)) {
        buf_char(buf, '[');
        json_array_foreach(value, i, item)
        {
            buf_z(buf, i ? "," : "");
            add_json(buf, item, depth + 1);
        }
        buf_char(buf, ']');
    } else if (is_number(value)) {
        buf_add(buf, string_of(value));
    } else if (json_is_string(value)) {
        buf_json(buf, string_of(value));
    } else {
        buf_z(buf, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
    }
}

static void add_value(Buf *buf, json_t *value, int depth)
{
    size_t i;
    json_t *item;
    if (json_is_string(value)) {
        buf_add(buf, string_of(value));
    } else if (json_is_boolean(value)) {
        buf_z(buf, json_is_true(value) ? "true" : "false");
    } else if (json_is_array(value) && depth == 0) {
        json_array_foreach(value, i, item)
        {
            buf_z(buf, i ? ";" : "");
            add_value(buf, item, depth + 1);
        }
    } else if (!json_is_null(value)) {
        add_json(buf, value, depth);
    }
}

/* ---- rows ---- */

static bool has_number_key(json_t *object)
{
    const char *key;
    json_t *item;
    json_object_foreach(object, key, item) if (key[0] == NUMBER_MARK) return true;
    return false;
}

/* NULL when the line is no object; the reader has then failed. */
static json_t *parse(SheetReader *reader, Str line)
{
    json_error_t error;
    Str quoted = quote_numbers(reader->rows, line);
    json_t *object = json_loadb(quoted.data, quoted.len, JSON_REJECT_DUPLICATES, &error);
    if (object && json_is_object(object) && !has_number_key(object))
        return object;
    reader->line = reader->json->line;
    sheet_fail(reader, ERR_INPUT, "sheet.json_line", object ? S("{...}") : str_from(error.text));
    json_decref(object);
    return NULL;
}

static bool give_keys(SheetReader *reader, json_t *object)
{
    SheetJson *json = reader->json;
    const char *key;
    json_t *item;
    sheet_row_start(reader, json->line);
    json_object_foreach(object, key, item)
    {
        if (json->key_count == SHEET_COLUMNS_MAX)
            return sheet_fail_limit(reader, "sheet.too_many_columns", SHEET_COLUMNS_MAX);
        if (!sheet_put(reader, json->key_count, str_from(key), 0))
            return false;
        json->keys[json->key_count++] = str_copy(&reader->own, str_from(key));
    }
    reader->is_keys = true;
    json->keys_given = true;
    json->first_line = json->line;
    return true;
}

/* The column of a key, looked for from where the last one was; key_count when unknown. */
static size_t key_column(const SheetJson *json, Str key, size_t from)
{
    for (size_t i = 0; i < json->key_count; i++) {
        size_t at = (from + i) % json->key_count;
        if (str_same(json->keys[at], key))
            return at;
    }
    return json->key_count;
}

static bool give_object(SheetReader *reader, json_t *object, i64 line)
{
    SheetJson *json = reader->json;
    Buf unknown = buf_new(reader->rows);
    Buf text = buf_new(reader->rows);
    size_t column = 0;
    const char *key;
    json_t *item;
    sheet_row_start(reader, line);
    json_object_foreach(object, key, item)
    {
        size_t at = key_column(json, str_from(key), column);
        if (at == json->key_count) {
            buf_z(&unknown, unknown.len ? ", " : "");
            buf_z(&unknown, key);
            continue;
        }
        column = at + 1;
        text.len = 0;
        add_value(&text, item, 0);
        if (!sheet_put(reader, at, buf_str(&text), 0))
            return false;
    }
    reader->unknown_keys = buf_str(&unknown);
    return true;
}

static bool is_row(const SheetReader *reader)
{
    return reader->count > 0 || reader->unknown_keys.len > 0;
}

/* The row of the object whose keys were the row before. */
static bool give_first(SheetReader *reader)
{
    SheetJson *json = reader->json;
    json_t *first = json->first;
    json->first = NULL;
    bool fine = give_object(reader, first, json->first_line);
    json_decref(first);
    return fine;
}

static bool give_line(SheetReader *reader, Str line)
{
    SheetJson *json = reader->json;
    json_t *object = parse(reader, line);
    if (!object)
        return false;
    if (!json->keys_given && json_object_size(object) > 0) {
        json->first = object;
        return give_keys(reader, object);
    }
    bool fine = give_object(reader, object, json->line);
    json_decref(object);
    return fine;
}

bool sheet_json_next(SheetReader *reader, bool *ret_got)
{
    SheetJson *json = reader->json;
    if (json->first) {
        if (!give_first(reader))
            return false;
        if (is_row(reader)) {
            *ret_got = true;
            return true;
        }
    }
    while (!json->ended) {
        Str line;
        arena_rewind(reader->rows, reader->mark);
        sheet_row_start(reader, json->line);
        if (!take_line(reader, &line))
            return false;
        if (line.len == 0)
            continue;
        if (!give_line(reader, line))
            return false;
        if (is_row(reader)) {
            *ret_got = true;
            return true;
        }
    }
    *ret_got = false;
    return true;
}

void sheet_json_close(SheetJson *json)
{
    json_decref(json->first);
    json->first = NULL;
}
