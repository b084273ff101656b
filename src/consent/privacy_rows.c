/* Which rows are about a person: told by the tables of fields, so that a new record type is found
 * without a line here. */
#include "consent/consent_int.h"

#include "ident/ident.h"

static bool refers_to(const Field *field, const RecordType *type)
{
    return field->kind == F_REF && field->ref == type;
}

static const Field *account_field(const RecordType *type)
{
    const Field *field = record_field(type, "account_id");
    return field && refers_to(field, &account_type) ? field : NULL;
}

/* A certificate hangs on a profile, which is an account's. */
static const Field *hanging_field(const RecordType *type)
{
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        if (field->kind == F_REF && field->ref && field->ref != type && account_field(field->ref))
            return field;
    }
    return NULL;
}

bool type_personal(const RecordType *type)
{
    for (size_t i = 0; i < type->count; i++)
        if (type->fields[i].flags & PERSONAL)
            return true;
    return false;
}

const char *own_rows_tail(Cx *cx, const RecordType *type)
{
    if (account_field(type))
        return "WHERE account_id = ?1 ORDER BY id LIMIT ?2";
    const Field *field = type_personal(type) ? hanging_field(type) : NULL;
    if (!field)
        return NULL;
    return db_keep(str_format(cx->arena,
                              "WHERE %s IN (SELECT id FROM %s WHERE account_id = ?1) "
                              "ORDER BY id LIMIT ?2",
                              field->name, field->ref->name));
}

Err row_subject(Cx *cx, const RecordType *type, const void *record, i64 *ret_account_id)
{
    const Field *field = account_field(type), *hangs = field ? NULL : hanging_field(type);
    *ret_account_id = field ? field_int(field, record) : 0;
    if (type == &account_type)
        *ret_account_id = field_int(&type->fields[0], record);
    if (type == &account_type || !hangs)
        return ERR_OK;
    void *above = arena_take(cx->arena, hangs->ref->size);
    Err e = record_load(cx, hangs->ref, field_int(hangs, record), above);
    if (!e)
        *ret_account_id = field_int(account_field(hangs->ref), above);
    return e;
}
