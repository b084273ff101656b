/* What the tables say of themselves: the OpenAPI document and the permission matrix. */
#include "command/command.h"

#include <string.h>

static const char *json_kind(FieldKind kind)
{
    switch (kind) {
    case F_INT:
    case F_MONEY:
    case F_TIME:
    case F_REF:
        return "integer";
    case F_BOOL:
        return "boolean";
    case F_CODES:
    case F_LIST:
    case F_REFS:
        return "array";
    default:
        return "string";
    }
}

static Val *field_schema(Cx *cx, const Field *field)
{
    Val *schema = val_map(cx->arena);
    val_set_z(cx->arena, schema, "type", json_kind(field->kind));
    if (strcmp(json_kind(field->kind), "array") == 0) {
        Val *items = val_map(cx->arena);
        val_set_z(cx->arena, items, "type", field->kind == F_REFS ? "integer" : "string");
        val_set(cx->arena, schema, "items", items);
    }
    if (field->kind == F_DATE)
        val_set_z(cx->arena, schema, "format", "date");
    if (field->kind == F_CODE) {
        Val *codes = val_list(cx->arena);
        for (size_t i = 0; i < field->codes->count; i++)
            val_push(cx->arena, codes, val_z(cx->arena, field->codes->codes[i].code));
        val_set(cx->arena, schema, "enum", codes);
    }
    Str unit = field->kind == F_MONEY  ? S(" (fen, or text in yuan)")
               : field->kind == F_TIME ? S(" (ms since 1970 UTC, or text)")
                                       : S("");
    val_set_str(cx->arena, schema, "description",
                str_format(cx->arena, "%s %s%.*s", field->zh, field->en, STR_ARG(unit)));
    return schema;
}

static Val *fields_schema(Cx *cx, const Field *fields, size_t count)
{
    Val *schema = val_map(cx->arena), *props = val_map(cx->arena), *required = val_list(cx->arena);
    for (size_t i = 0; i < count; i++) {
        val_set(cx->arena, props, fields[i].name, field_schema(cx, &fields[i]));
        if (fields[i].flags & REQUIRED)
            val_push(cx->arena, required, val_z(cx->arena, fields[i].name));
    }
    val_set_z(cx->arena, schema, "type", "object");
    val_set(cx->arena, schema, "properties", props);
    if (val_count(required))
        val_set(cx->arena, schema, "required", required);
    val_set_bool(cx->arena, schema, "additionalProperties", false);
    return schema;
}

static Val *wrap(Cx *cx, const char *key, Val *inner)
{
    Val *map = val_map(cx->arena);
    val_set(cx->arena, map, key, inner);
    return map;
}

static Val *described(Cx *cx, const char *words)
{
    return wrap(cx, "description", val_z(cx->arena, words));
}

/* The delegation under which the call is made; only where an op may be done for another. */
static Val *acting_for(Cx *cx)
{
    Val *list = val_list(cx->arena), *header = val_map(cx->arena);
    val_set_z(cx->arena, header, "name", "X-Acting-For");
    val_set_z(cx->arena, header, "in", "header");
    val_set_bool(cx->arena, header, "required", false);
    val_set_z(
        cx->arena, header, "description",
        "Number of a delegation to you that holds now (delegation/list): done for its giver.");
    val_set(cx->arena, header, "schema", wrap(cx, "type", val_z(cx->arena, "integer")));
    val_push(cx->arena, list, header);
    return list;
}

static Val *op_doc(Cx *cx, const Op *op)
{
    Val *doc = val_map(cx->arena), *replies = val_map(cx->arena);
    Buf who = buf_new(cx->arena);
    flow_who_text(&who, op->who);
    val_set_z(cx->arena, doc, "operationId", op->name);
    val_set_str(cx->arena, doc, "summary", str_format(cx->arena, "%s %s", op->zh, op->en));
    val_set_str(cx->arena, doc, "description",
                str_format(cx->arena, "%s%sWho: %.*s.", op->help_en ? op->help_en : "",
                           op->help_en ? " " : "", STR_ARG(buf_str(&who))));
    if (op_for_another(house_of(cx), op))
        val_set(cx->arena, doc, "parameters", acting_for(cx));
    Val *content =
        wrap(cx, "application/json", wrap(cx, "schema", fields_schema(cx, op->in, op->in_count)));
    val_set(cx->arena, doc, "requestBody", wrap(cx, "content", content));
    val_set(cx->arena, replies, "200", described(cx, "The reply."));
    val_set(cx->arena, replies, "400",
            described(cx, "Wrong input; `error.fields` says which and why."));
    val_set(cx->arena, replies, "401", described(cx, "Sign in first."));
    val_set(cx->arena, replies, "403", described(cx, "Not yours to do."));
    val_set(cx->arena, replies, "404", described(cx, "No such thing for you."));
    val_set(cx->arena, replies, "409",
            described(cx, "Not in this state, or changed by somebody else."));
    val_set(cx->arena, doc, "responses", replies);
    return doc;
}

Val *op_openapi(Cx *cx)
{
    const House *house = house_of(cx);
    Val *root = val_map(cx->arena), *info = val_map(cx->arena), *paths = val_map(cx->arena);
    Val *schemas = val_map(cx->arena);
    val_set_z(cx->arena, root, "openapi", "3.1.0");
    val_set_z(cx->arena, info, "title", "Techbourse 技转通");
    val_set_z(cx->arena, info, "version", "1");
    val_set(cx->arena, root, "info", info);
    for (size_t r = 0; r < house->room_count; r++) {
        const Room *room = house->rooms[r];
        for (size_t i = 0; i < room->op_count; i++) {
            if (room->ops[i].flags & OP_LOCAL_ONLY)
                continue;
            char *path = str_z(cx->arena, str_format(cx->arena, "/api/v1/%s", room->ops[i].name));
            *strrchr(path, '.') = '/';
            val_set(cx->arena, paths, path, wrap(cx, "post", op_doc(cx, &room->ops[i])));
        }
        for (size_t i = 0; i < room->type_count; i++)
            val_set(cx->arena, schemas, room->types[i]->name,
                    fields_schema(cx, room->types[i]->fields, room->types[i]->count));
    }
    val_set(cx->arena, root, "paths", paths);
    val_set(cx->arena, root, "components", wrap(cx, "schemas", schemas));
    return root;
}

/* "office|owner" as a list. */
static Val *who_list(Cx *cx, unsigned who)
{
    Val *list = val_list(cx->arena);
    Buf out = buf_new(cx->arena);
    flow_who_text(&out, who);
    Str rest = buf_str(&out), part;
    while (rest.len && str_split(&rest, '|', &part))
        val_push(cx->arena, list, val_str(cx->arena, part));
    return list;
}

void permission_val(Cx *cx, Val *row, unsigned who)
{
    Buf text = buf_new(cx->arena);
    flow_who_text(&text, who);
    val_set_str(cx->arena, row, "who", buf_str(&text));
    val_set(cx->arena, row, "roles", who_list(cx, who & WHO_ROLES));
    val_set(cx->arena, row, "relations", who_list(cx, who & ~WHO_ROLES));
}

static Val *asks_of(Cx *cx, const Op *op)
{
    static const struct {
        unsigned flag;
        const char *name;
    } rows[] = {{OP_SECOND, "second"},
                {OP_SIGN, "sign"},
                {OP_TWO, "two"},
                {OP_AGREED, "agreed"},
                {OP_LOCAL_ONLY, "local"}};
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < COUNT(rows); i++)
        if (op->flags & rows[i].flag)
            val_push(cx->arena, list, val_z(cx->arena, rows[i].name));
    return list;
}

Val *op_permissions(Cx *cx)
{
    const House *house = house_of(cx);
    Val *items = val_list(cx->arena);
    for (size_t r = 0; r < house->room_count; r++) {
        for (size_t i = 0; i < house->rooms[r]->op_count; i++) {
            const Op *op = &house->rooms[r]->ops[i];
            Val *row = val_map(cx->arena);
            val_set_z(cx->arena, row, "op", op->name);
            val_set_z(cx->arena, row, "label", cx->lang == LANG_EN ? op->en : op->zh);
            val_set_z(cx->arena, row, "kind",
                      op->kind == OP_READ    ? "read"
                      : op->kind == OP_WRITE ? "write"
                                             : "steps");
            permission_val(cx, row, op->who);
            val_set(cx->arena, row, "asks", asks_of(cx, op));
            val_push(cx->arena, items, row);
        }
    }
    Val *map = val_map(cx->arena);
    val_set(cx->arena, map, "items", items);
    return map;
}
