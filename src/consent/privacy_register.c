/* The register of processing, and the list that everybody may read. What is about persons is told
 * by the tables of fields; purposes, grounds, receivers and terms stand here, a row a record. */
#include "consent/consent_int.h"

typedef struct Purpose {
    const char *type;   /* Record type. */
    const char *ground; /* consent, contract, duty: PIPL 13. */
    const char *rule;   /* Key of what is said: privacy.of.<type>.purpose, .receivers, .kept. */
} Purpose;

// clang-format off
static const Purpose purposes[] = {
    {"account",       "contract", "account"},
    {"joining",       "contract", "joining"},
    {"certificate",   "consent",  "profile"},
    {"roster_member", "consent",  "roster"},
    {"saved_search",  "contract", "saved_search"},
    {"pair_note",     "contract", "pair_note"},
};
// clang-format on

static Str say(Cx *cx, const char *rule, const char *part)
{
    char *key = str_z(cx->arena, str_format(cx->arena, "privacy.of.%s.%s", rule, part));
    return text_say(cx->arena, cx->lang, key, NULL, 0);
}

static const Purpose *purpose_of(const char *type)
{
    for (size_t i = 0; i < COUNT(purposes); i++)
        if (str_same_z(str_from(type), purposes[i].type))
            return &purposes[i];
    return NULL;
}

static Val *fields_val(Cx *cx, const RecordType *type)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        if (!(field->flags & PERSONAL))
            continue;
        Val *row = val_map(cx->arena);
        val_set_z(cx->arena, row, "name", field->name);
        val_set_z(cx->arena, row, "label", field_label(field, cx->lang));
        val_push(cx->arena, list, row);
    }
    return list;
}

static Val *row_val(Cx *cx, const RecordType *type)
{
    const Purpose *purpose = purpose_of(type->name);
    Val *row = val_map(cx->arena);
    char *ground = str_z(cx->arena, str_format(cx->arena, "privacy.ground.%s",
                                               purpose ? purpose->ground : "unknown"));
    val_set_z(cx->arena, row, "type", type->name);
    val_set_z(cx->arena, row, "label", cx->lang == LANG_EN ? type->en : type->zh);
    val_set(cx->arena, row, "fields", fields_val(cx, type));
    val_set_bool(cx->arena, row, "stated", purpose != NULL);
    val_set_str(cx->arena, row, "ground", text_say(cx->arena, cx->lang, ground, NULL, 0));
    static const char *const parts[] = {"purpose", "receivers", "kept"};
    for (size_t i = 0; i < COUNT(parts); i++)
        val_set_str(cx->arena, row, parts[i], purpose ? say(cx, purpose->rule, parts[i]) : S(""));
    return row;
}

Val *processing_val(Cx *cx)
{
    const House *house = house_of(cx);
    Val *items = val_list(cx->arena), *map = val_map(cx->arena);
    for (size_t r = 0; r < house->room_count; r++)
        for (size_t i = 0; i < house->rooms[r]->type_count; i++)
            if (type_personal(house->rooms[r]->types[i]))
                val_push(cx->arena, items, row_val(cx, house->rooms[r]->types[i]));
    val_set(cx->arena, map, "items", items);
    val_set_str(cx->arena, map, "measures",
                text_say(cx->arena, cx->lang, "privacy.measures", NULL, 0));
    return map;
}

Err register_run(Cx *cx, const void *arg, Val **ret)
{
    (void)arg;
    *ret = processing_val(cx);
    return ERR_OK;
}

/* The same for everybody: without names of tables, with where to complain and how to leave. */
Err privacy_show_run(Cx *cx, const void *arg, Val **ret)
{
    static const char *const parts[] = {"controller", "complaint", "cancel", "rights"};
    Val *all = processing_val(cx), *items = val_get(all, "items"), *map = val_map(cx->arena);
    (void)arg;
    for (size_t i = 0; i < val_count(items); i++)
        val_set_z(cx->arena, val_at(items, i), "type", "");
    val_set(cx->arena, map, "items", items);
    for (size_t i = 0; i < COUNT(parts); i++) {
        char *key = str_z(cx->arena, str_format(cx->arena, "privacy.%s", parts[i]));
        val_set_str(cx->arena, map, parts[i], text_say(cx->arena, cx->lang, key, NULL, 0));
    }
    *ret = map;
    return ERR_OK;
}
