#include "record/record.h"

#include "flow/flow.h"
#include "record/published.h"

#include <stdlib.h>
#include <string.h>

bool field_is_text(const Field *field)
{
    switch (field->kind) {
    case F_TEXT:
    case F_PROSE:
    case F_CODE:
    case F_CODES:
    case F_LIST:
    case F_SECRET:
    case F_REFS:
        return true;
    default:
        return false;
    }
}

Str field_str(const Field *field, const void *record)
{
    assert(field_is_text(field));
    Str s;
    memcpy(&s, (const char *)record + field->offset, sizeof s);
    return s.data ? s : S("");
}

i64 field_int(const Field *field, const void *record)
{
    assert(!field_is_text(field));
    i64 i;
    memcpy(&i, (const char *)record + field->offset, sizeof i);
    return i;
}

void field_set_str(const Field *field, void *record, Str s)
{
    assert(field_is_text(field));
    memcpy((char *)record + field->offset, &s, sizeof s);
}

void field_set_int(const Field *field, void *record, i64 i)
{
    assert(!field_is_text(field));
    memcpy((char *)record + field->offset, &i, sizeof i);
}

bool field_empty(const Field *field, const void *record)
{
    return field_is_text(field) ? field_str(field, record).len == 0 : field_int(field, record) == 0;
}

const Field *fields_find(const Field *fields, size_t count, Str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_same_z(name, fields[i].name))
            return &fields[i];
    return NULL;
}

const Field *record_field(const RecordType *type, const char *name)
{
    return fields_find(type->fields, type->count, str_from(name));
}

const Code *code_find(const CodeList *list, Str code)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (str_same_z(code, list->codes[i].code))
            return &list->codes[i];
    return NULL;
}

const char *field_label(const Field *field, Lang lang)
{
    return lang == LANG_EN ? field->en : field->zh;
}

/* The owner's choice is kept in the record itself, in the field named `hidden`. */
static bool owner_hides(const RecordType *type, const Field *field, const void *record)
{
    const Field *hidden = record_field(type, "hidden");
    if (!hidden)
        return false;
    Str rest = field_str(hidden, record), name;
    while (str_split(&rest, ',', &name))
        if (str_same_z(name, field->name))
            return true;
    return false;
}

See field_see(const RecordType *type, const Field *field, const void *record)
{
    if (field->see != SEE_CHOICE)
        return field->see;
    return owner_hides(type, field, record) ? SEE_PARTY : SEE_PUBLIC;
}

u64 record_mask(Arena *arena, const RecordType *type, void *record, See level)
{
    u64 masked = 0;
    for (size_t i = 0; i < type->count; i++)
        if (field_see(type, &type->fields[i], record) > level)
            masked |= (u64)1 << i;
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        if (!(masked >> i & 1)) {
            if ((field->flags & PASSAGES) && level < SEE_PARTY)
                field_set_str(field, record, passages_hidden(arena, field_str(field, record)));
            continue;
        }
        if (field_is_text(field))
            field_set_str(field, record, S(""));
        else
            field_set_int(field, record, 0);
    }
    return masked;
}

static Val *list_val(Cx *cx, Str text, char separator)
{
    Val *list = val_list(cx->arena);
    Str rest = text, part;
    while (str_split(&rest, separator, &part))
        if (str_trim(part).len)
            val_push(cx->arena, list, val_str(cx->arena, str_trim(part)));
    return list;
}

static Val *field_val(Cx *cx, const Field *field, const void *record)
{
    switch (field->kind) {
    case F_DATE:
        return val_str(cx->arena, date_format(cx->arena, field_int(field, record)));
    case F_BOOL:
        return val_bool(cx->arena, field_int(field, record) != 0);
    case F_STATE:
        return val_z(cx->arena, flow_state_name(field->flow, field_int(field, record)));
    case F_LIST:
        return list_val(cx, field_str(field, record), ';');
    case F_CODES:
    case F_REFS:
        return list_val(cx, field_str(field, record), ',');
    default:
        return field_is_text(field) ? val_str(cx->arena, field_str(field, record))
                                    : val_int(cx->arena, field_int(field, record));
    }
}

/* A masked value, named in "_masked" of the row. */
static Val *masked_val(Cx *cx, const Field *field, const void *record, Val *map)
{
    Val *masked = val_get(map, "_masked");
    if (!masked) {
        masked = val_list(cx->arena);
        val_set(cx->arena, map, "_masked", masked);
    }
    val_push(cx->arena, masked, val_z(cx->arena, field->name));
    return val_str(cx->arena, mask_personal(cx->arena, field_str(field, record)));
}

Val *record_val(Cx *cx, const RecordType *type, const void *record, See level)
{
    Val *map = val_map(cx->arena), *hidden = val_list(cx->arena);
    bool guarded = false, personal = false;
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        See see = field_see(type, field, record);
        if (see > level) {
            if (see != SEE_NOBODY)
                val_push(cx->arena, hidden, val_z(cx->arena, field->name));
            continue;
        }
        bool about_person = (field->flags & PERSONAL) && !field_empty(field, record);
        bool mask = about_person && level != SEE_OWNER;
        guarded |= see > SEE_SIGNED && !field_empty(field, record);
        personal |= about_person && !mask;
        bool passages = (field->flags & PASSAGES) && level < SEE_PARTY;
        val_add_key(cx->arena, map, str_from(field->name),
                    mask ? masked_val(cx, field, record, map)
                    : passages
                        ? val_str(cx->arena, passages_hidden(cx->arena, field_str(field, record)))
                        : field_val(cx, field, record));
    }
    val_add_key(cx->arena, map, S("_hidden"), hidden);
    if (cx->shown && (guarded || personal))
        shown_add(cx->shown, type, field_int(&type->fields[0], record), personal);
    return map;
}

void record_listed(Arena *arena, const RecordType *type, RecordType *ret)
{
    enum { HEAD_FIELDS = 4 };
    Field *fields = arena_take_raw(arena, type->count * sizeof *fields);
    RecordType listed = *type;
    listed.fields = fields;
    listed.count = 0;
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        bool hides = strcmp(field->name, "hidden") == 0; /* Without it nothing would be hidden. */
        if (i < HEAD_FIELDS || hides || (field->flags & LISTED))
            fields[listed.count++] = *field;
    }
    *ret = listed;
}

static void canonical_part(Buf *out, Str part)
{
    buf_i64(out, (i64)part.len);
    buf_char(out, ':');
    buf_add(out, part);
}

void record_canonical(const RecordType *type, const void *record, Buf *out)
{
    canonical_part(out, str_from(type->name));
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        if (field_empty(field, record))
            continue;
        canonical_part(out, str_from(field->name));
        if (field_is_text(field)) {
            canonical_part(out, field_str(field, record));
        } else {
            buf_i64(out, field_int(field, record));
            buf_char(out, ';');
        }
    }
}

static void verify_fail(const RecordType *type, const Field *field, const char *why)
{
    log_line(LOG_ERROR_LEVEL, "record_table_wrong", "record", type->name, "field",
             field ? field->name : "", "why", why, NULL);
    abort();
}

static void verify_field(const RecordType *type, size_t at)
{
    const Field *field = &type->fields[at];
    size_t size = field_is_text(field) ? sizeof(Str) : sizeof(i64);
    if (!field->zh || !field->en)
        verify_fail(type, field, "no label");
    if (field->offset + size > type->size)
        verify_fail(type, field, "outside the struct");
    if ((field->kind == F_CODE || field->kind == F_CODES) && !field->codes)
        verify_fail(type, field, "no codes");
    if (field->kind == F_STATE && !field->flow)
        verify_fail(type, field, "no flow");
    if (field->kind == F_SECRET || field->kind == F_REFS)
        verify_fail(type, field, "only for commands");
    if (field->see == SEE_CHOICE && !record_field(type, "hidden"))
        verify_fail(type, field, "no `hidden` field to choose in");
    if ((field->flags & (PERSONAL | PASSAGES)) && !field_is_text(field))
        verify_fail(type, field, "no text to mask");
    for (size_t i = 0; i < at; i++)
        if (strcmp(type->fields[i].name, field->name) == 0)
            verify_fail(type, field, "twice");
}

void record_verify(const RecordType *type)
{
    static const char *const head[] = {"id", "rev", "made_ms", "changed_ms"};
    if (type->count < COUNT(head) || type->count > FIELDS_MAX)
        verify_fail(type, NULL, "number of fields");
    for (size_t i = 0; i < COUNT(head); i++)
        if (strcmp(type->fields[i].name, head[i]) != 0 || type->fields[i].offset != i * sizeof(i64))
            verify_fail(type, &type->fields[i], "not the head");
    for (size_t i = 0; i < type->count; i++)
        verify_field(type, i);
    const Published *published = type->published;
    if (published &&
        (published->type->size != type->size || published->type->fields != type->fields ||
         published->type->count != type->count || published->type->published))
        verify_fail(type, NULL, "published as something else");
}
