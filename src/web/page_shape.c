/* Shaping what ops reply: records, their acts, their history. */
#include "web/page_int.h"

#include <string.h>

Str page_say(PageCx *page, const char *key)
{
    return text_say(page->cx->arena, page->cx->lang, key, NULL, 0);
}

Str page_op_label(PageCx *page, const Op *op)
{
    return str_from(page->cx->lang == LANG_EN ? op->en : op->zh);
}

void page_title(PageCx *page, const char *key)
{
    page_put(page, "title", val_str(page->cx->arena, page_say(page, key)));
}

void page_put(PageCx *page, const char *key, Val *val)
{
    page_set(page, key, val ? val : val_null(page->cx->arena));
}

void page_flash_errors(PageCx *page)
{
    Arena *arena = page->cx->arena;
    size_t count = val_count(page->errors);
    if (!count)
        return;
    Val *flash = val_map(arena);
    Str *messages = ARENA_NEW(arena, Str, count);
    for (size_t i = 0; i < count; i++)
        messages[i] = val_get_str(val_at(page->errors, i), "message");
    val_set_z(arena, flash, "kind", "error");
    val_set_str(arena, flash, "text", str_join(arena, messages, count, S(" ")));
    page_put(page, "flash", flash);
}

bool page_allowed(PageCx *page, const char *name)
{
    const Op *op = op_find(house_of(page->cx), str_from(name));
    assert(op);
    return op_allowed(page->cx, op);
}

/* ---- records ---- */

Val *shape_is(PageCx *page, const Flow *flow, Str state)
{
    Arena *arena = page->cx->arena;
    Val *is = val_map(arena);
    for (size_t i = 0; i < flow->state_count; i++)
        val_set_bool(arena, is, flow->states[i].name, str_same_z(state, flow->states[i].name));
    return is;
}

static void shape_state(PageCx *page, const RecordType *type, Val *row)
{
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        if (field->kind == F_STATE)
            val_set(page->cx->arena, row, "is",
                    shape_is(page, field->flow, val_get_str(row, field->name)));
    }
}

void shape_row(PageCx *page, const RecordType *type, Val *row)
{
    Arena *arena = page->cx->arena;
    const Val *hidden = val_get(row, "_hidden");
    for (size_t i = 0; i < val_count(hidden); i++)
        val_set_key(arena, row, val_at(hidden, i)->s, val_null(arena));
    shape_state(page, type, row);
    if (record_field(type, "org_id"))
        val_set_str(arena, row, "org_name", val_get_str(row, "org"));
}

void shape_rows(PageCx *page, const RecordType *type, Val *rows)
{
    for (size_t i = 0; i < val_count(rows); i++)
        shape_row(page, type, val_at(rows, i));
}

Val *shape_record(PageCx *page, const RecordType *type, Val *record)
{
    Arena *arena = page->cx->arena;
    if (!record || record->kind != VAL_MAP)
        return val_null(arena);
    Val *names = val_get(record, "_hidden"), *hidden = val_map(arena);
    for (size_t i = 0; i < type->count; i++)
        val_set_bool(arena, hidden, type->fields[i].name, false);
    for (size_t i = 0; i < val_count(names); i++)
        val_set_key(arena, hidden, val_at(names, i)->s, val_bool(arena, true));
    shape_row(page, type, record);
    val_set(arena, record, "hidden", hidden);
    return record;
}

/* ---- acts ---- */

static bool is_id(const Field *field)
{
    return strcmp(field->name, "id") == 0 || strcmp(field->name, "ids") == 0;
}

/* An act asks for more than the record it is done to. A reason that may be left out is asked for
 * only where the record goes back to somebody who has to mend it. */
static bool op_asks(const Op *op)
{
    bool goes_back = strcmp(strchr(op->name, '.'), ".return") == 0;
    for (size_t i = 0; i < op->in_count; i++) {
        const Field *field = &op->in[i];
        bool reason = strcmp(field->name, "reason") == 0;
        if (!is_id(field) && (!reason || (field->flags & REQUIRED) || goes_back))
            return true;
    }
    return false;
}

static Str act_form_href(PageCx *page, const Op *op, i64 id, Str back)
{
    Buf href = buf_new(page->cx->arena);
    bool many = fields_find(op->in, op->in_count, S("ids")) != NULL;
    buf_format(&href, "/form/%s?%s=%lld&back=", op->name, many ? "ids" : "id", (long long)id);
    buf_url(&href, back);
    return buf_str(&href);
}

Val *shape_act(PageCx *page, const Op *op, Str form_href)
{
    Arena *arena = page->cx->arena;
    Val *act = val_map(arena);
    val_set_z(arena, act, "op", op->name);
    val_set_str(arena, act, "label", page_op_label(page, op));
    val_set_bool(arena, act, "danger", (op->flags & OP_DANGER) != 0);
    val_set_str(arena, act, "form_href", form_href);
    return act;
}

Val *shape_acts(PageCx *page, const Val *acts, i64 id, Str back)
{
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    for (size_t i = 0; i < val_count(acts); i++) {
        Val *given = val_at(acts, i);
        const Op *op = op_find(house_of(page->cx), val_get_str(given, "op"));
        if (!op || (op->flags & OP_LOCAL_ONLY) || !op_allowed(page->cx, op))
            continue;
        Val *act = shape_act(page, op, op_asks(op) ? act_form_href(page, op, id, back) : S(""));
        val_set_str(arena, act, "label", val_get_str(given, "label"));
        val_push(arena, list, act);
    }
    return list;
}

i64 shape_fact_fen(Str kind, i64 amount)
{
    static const char *const kinds[] = {"lot.made",     "lot.led",   "lot.sold",
                                        "lot.not_sold", "lot.won",   "lot.won_by_right",
                                        "deal.made",    "deal.done", "listing.drafted"};
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_same_z(kind, kinds[i]))
            return amount;
    return 0;
}

Val *shape_history(PageCx *page, Val *history)
{
    Arena *arena = page->cx->arena;
    if (!history || history->kind != VAL_LIST)
        return val_list(arena);
    for (size_t i = 0; i < val_count(history); i++) {
        Val *row = val_at(history, i);
        val_set_str(arena, row, "actor", val_get_str(row, "actor"));
        val_set_bool(arena, row, "delegated", val_get_bool(row, "delegated"));
        val_set_int(arena, row, "amount",
                    shape_fact_fen(val_get_str(row, "kind"), val_get_int(row, "amount")));
    }
    return history;
}

void shape_page(PageCx *page, const Val *reply, Str back)
{
    page_flash_errors(page);
    Val *stepper = val_get(reply, "stepper");
    page_put(page, "acts", shape_acts(page, val_get(reply, "acts"), page->id, back));
    page_put(page, "stepper", stepper ? stepper : val_list(page->cx->arena));
    page_put(page, "history", shape_history(page, val_get(reply, "history")));
    page_put(page, "id", val_int(page->cx->arena, page->id));
}
