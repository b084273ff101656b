/* plant.c - see plant.h. */
#include "plant.h"

#include "fact/fact.h"
#include "flow/flow.h"
#include "ident/ident.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };

static bool named(const Field *field, const char *name)
{
    return strcmp(field->name, name) == 0;
}

static i64 first_of(const Plant *plant, const RecordType *type)
{
    for (size_t t = 0; t < plant->type_count; t++)
        if (plant->types[t] == type)
            return plant->first[t] ? plant->first[t] : 1;
    return 1;
}

static i64 ref_of(Plant *plant, const RecordType *type, const Field *field, i64 state)
{
    i64 given = plant->ref ? plant->ref(plant, type, field) : 0;
    if (given)
        return given;
    if (named(field, "parent_id") || named(field, "supervisor_id"))
        return 0;
    if (field->ref == &org_type || named(field, "org_id"))
        return plant->org_id;
    if ((field->flags & UNIQUE) && field->ref) /* A row is named once, whoever's it is. */
        return state ? first_of(plant, field->ref) * 100 + state : first_of(plant, field->ref);
    if (field->ref == &account_type || named(field, "account_id"))
        return plant->account_id;
    return field->ref ? first_of(plant, field->ref) : 1;
}

/* Texts that the program reads again: a lot's rules, the salt of a bidder's number. */
static const char *read_again(const Field *field)
{
    if (named(field, "rules"))
        return "{\"mode\":\"ascending\",\"start_fen\":100,\"step_fen\":1,"
               "\"free_end_ms\":4000000000000}";
    return named(field, "salt") ? "00112233445566778899aabbccddeeff" : NULL;
}

static void fill(Plant *plant, const RecordType *type, const Field *field, void *row, i64 state)
{
    i64 now_ms = clock_now_ms(plant->bench->cx.clock);
    bool until = named(field, "until_ms") || named(field, "end_ms") || named(field, "ends_ms");
    switch (field->kind) {
    case F_CODE:
        field_set_str(field, row, str_from(field->codes->codes[0].code));
        break;
    case F_CODES: /* Nothing is hidden, else one code. */
        if (!named(field, "hidden"))
            field_set_str(field, row, str_from(field->codes->codes[0].code));
        break;
    case F_REF:
        field_set_int(field, row, ref_of(plant, type, field, state));
        break;
    case F_DATE:
        field_set_int(field, row, named(field, "until_date") ? 20991231 : 20260101);
        break;
    case F_TIME:
        field_set_int(field, row, until ? now_ms + DAY_MS : now_ms - DAY_MS);
        break;
    case F_MONEY:
        field_set_int(field, row, 100);
        break;
    case F_BOOL:
        field_set_int(field, row, named(field, "visible"));
        break;
    case F_INT:
        field_set_int(field, row, field->flags & UNIQUE ? plant->org_id * 100 + state + 1 : 1);
        break;
    case F_TEXT:
    case F_PROSE:
    case F_LIST:
        if (read_again(field))
            field_set_str(field, row, str_from(read_again(field)));
        else if (plant->text)
            field_set_str(field, row, plant->text(plant, type, field, row));
        break;
    default:
        break;
    }
}

/* Members that say a row is over are left empty: then it is one that is shown; and a bidder's
 * number, which the log of his lot would have to know. */
static bool ends_row(const Field *field)
{
    static const char *const names[] = {
        "left_ms",   "gone_ms",    "locked_until_ms", "withdrawn_ms", "withdrawn_by",
        "erased_ms", "blocked_ms", "used_ms",         "totp_on_ms",   "pruned_ms",
        "done_ms",   "no",         "bidder_count"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (named(field, names[i]))
            return true;
    return false;
}

typedef struct Planting {
    Plant *plant;
    size_t type;
    i64 state;
} Planting;

static Err plant_row(Cx *cx, void *arg)
{
    const Planting *p = arg;
    Plant *plant = p->plant;
    const RecordType *type = plant->types[p->type];
    void *row = arena_take(&plant->bench->arena, type->size);
    memset(row, 0, type->size);
    for (size_t i = 4; i < type->count; i++) /* First, for what asks whether the row is public. */
        if (type->fields[i].kind == F_STATE)
            field_set_int(&type->fields[i], row, p->state);
    for (size_t i = 4; i < type->count; i++)
        if (!ends_row(&type->fields[i]))
            fill(plant, type, &type->fields[i], row, p->state);
    Err e = fact_create(cx, type, row, (FactNote){.kind = "plant.planted"});
    i64 id = e ? 0 : field_int(&type->fields[0], row);
    if (!p->state)
        plant->first[p->type] = id;
    plant->last[p->type] = id;
    if (type == &org_type && !plant->org_id)
        plant->org_id = id;
    if (type == &account_type && !plant->account_id)
        plant->account_id = id;
    return e;
}

static bool plant_type(Plant *plant, size_t at)
{
    const RecordType *type = plant->types[at];
    Cx *cx = &plant->bench->cx;
    i64 states = 1;
    if (strcmp(type->name, "lot_log") == 0) /* A log that was never written is a broken one. */
        return true;
    if (plant->wants && !plant->wants(type))
        return true;
    for (size_t i = 0; i < type->count; i++)
        if (type->fields[i].kind == F_STATE)
            states = (i64)type->fields[i].flow->state_count;
    for (i64 state = 0; state < states; state++) {
        Planting planting = {plant, at, state};
        cx->actor = bench_local;
        Err e = writer_run(plant->bench->open.house.writer, cx, plant_row, &planting);
        if (e) {
            printf("planting %s: %s %s\n", type->name, err_name(e), cx->err.key ? cx->err.key : "");
            return false;
        }
    }
    return true;
}

bool plant_rows(Plant *plant)
{
    bool ok = true;
    plant->types = house_types(&plant->bench->arena, &plant->bench->open.house, &plant->type_count);
    assert(plant->type_count <= PLANT_TYPES_MAX);
    /* Units and accounts first: the others name them. */
    for (int turn = 0; turn < 3; turn++)
        for (size_t t = 0; ok && t < plant->type_count; t++) {
            const RecordType *type = plant->types[t];
            int own_turn = type == &org_type ? 0 : type == &account_type ? 1 : 2;
            if (own_turn == turn)
                ok = plant_type(plant, t);
        }
    return ok;
}

bool plant_find(const Plant *plant, const char *type, i64 *ret_first, i64 *ret_last)
{
    for (size_t t = 0; t < plant->type_count; t++)
        if (plant->first[t] && strcmp(plant->types[t]->name, type) == 0) {
            *ret_first = plant->first[t];
            *ret_last = plant->last[t];
            return true;
        }
    return false;
}
