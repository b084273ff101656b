/* What a reader is shown of a value about a person, and the count of what was shown. */
#include "record/published.h"

#include <string.h>

static void add_chars(Buf *out, Str value, size_t from, size_t to)
{
    size_t at = 0;
    for (size_t i = 0; at < value.len; i++) {
        size_t start = at;
        utf8_next(value, &at);
        if (i >= from && i < to)
            buf_add(out, str_slice(value, start, at));
    }
}

static bool mostly_digits(Str value, size_t *ret_digits)
{
    size_t digits = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        bool filler = c == '-' || c == ' ' || c == '+' || c == '(' || c == ')' || c == 'X';
        if (c >= '0' && c <= '9')
            digits++;
        else if (!filler)
            return false;
    }
    *ret_digits = digits;
    return digits >= 6;
}

/* 138****1234, 3201**********1234: what says where it is from stays, what says who goes. */
static Str mask_number(Arena *arena, Str value, size_t digits)
{
    Buf out = buf_new(arena);
    size_t count = value.len, head = digits > 12 ? 4 : 3, tail = digits >= 10 ? 4 : 2;
    add_chars(&out, value, 0, head);
    for (size_t i = head; i + tail < count; i++)
        buf_char(&out, '*');
    add_chars(&out, value, count - tail, count);
    return buf_str(&out);
}

Str mask_personal(Arena *arena, Str value)
{
    size_t count = utf8_count(value), digits, at = 0;
    Buf out = buf_new(arena);
    if (!count)
        return value;
    if (mostly_digits(value, &digits) && value.len == count)
        return mask_number(arena, value, digits);
    while (at < value.len && value.data[at] != '@')
        at++;
    add_chars(&out, value, 0, 1);
    if (at < value.len) { /* z***@example.cn */
        buf_z(&out, "***");
        buf_add(&out, str_slice(value, at, value.len));
        return buf_str(&out);
    }
    for (size_t i = 1; i < count && i < 4; i++) /* 张*, 欧*** */
        buf_char(&out, '*');
    if (count == 1)
        buf_char(&out, '*');
    return buf_str(&out);
}

/* ---- passages ---- */

static size_t find_sign(Str text, size_t from, char sign)
{
    for (size_t i = from; i + 1 < text.len; i++)
        if (text.data[i] == sign && text.data[i + 1] == sign)
            return i;
    return text.len;
}

Str passages_hidden(Arena *arena, Str text)
{
    size_t at = find_sign(text, 0, '['), from = 0;
    if (at == text.len)
        return text;
    Buf out = buf_new(arena);
    while (at < text.len) {
        size_t end = find_sign(text, at + 2, ']');
        buf_add(&out, str_slice(text, from, at));
        buf_z(&out, "■■■"); /* As long for every passage: its length says nothing. */
        from = end < text.len ? end + 2 : text.len;
        at = find_sign(text, from, '[');
    }
    buf_add(&out, str_slice(text, from, text.len));
    return buf_str(&out);
}

void record_published(Arena *arena, const RecordType *type, const void *record, void *ret)
{
    const Field *hidden = record_field(type, "hidden");
    memcpy(ret, record, type->size);
    record_mask(arena, type, ret, SEE_PUBLIC);
    if (hidden)
        field_set_str(hidden, ret, field_str(hidden, record));
}

Err rule_passages(Cx *cx, const Field *field, const void *member)
{
    Str text;
    memcpy(&text, member, sizeof text);
    for (size_t at = find_sign(text, 0, '['); at < text.len;) {
        size_t end = find_sign(text, at + 2, ']');
        if (end == text.len)
            return err_set(cx, ERR_INPUT, field->name, "field.passage_open");
        at = find_sign(text, end + 2, '[');
    }
    return ERR_OK;
}

/* The place of the type's next record; one that is full is told and emptied. */
static ShownRows *shown_room(Shown *shown, const char *type)
{
    ShownRows *room = NULL, *most = &shown->rows[0];
    for (size_t i = 0; i < SHOWN_TYPES_MAX && !room; i++) {
        ShownRows *rows = &shown->rows[i];
        if (!rows->type || strcmp(rows->type, type) == 0)
            room = rows;
        if (rows->count > most->count)
            most = rows;
    }
    if (room && room->count < SHOWN_ROWS_MAX)
        return room;
    if (!shown->full)
        return NULL;
    room = room ? room : most;
    shown->full(shown->context, room);
    *room = (ShownRows){0};
    return room;
}

void shown_add(Shown *shown, const RecordType *type, i64 id, bool personal)
{
    ShownRows *rows = shown_room(shown, type->name);
    shown->count++;
    if (!rows)
        return;
    rows->type = type->name;
    rows->personal += personal;
    rows->ids[rows->count++] = id;
}
