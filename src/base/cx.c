#include "base/base.h"

const char *err_name(Err err)
{
    static const char *const names[] = {
        [ERR_OK] = "ok",         [ERR_INPUT] = "input",       [ERR_MISSING] = "missing",
        [ERR_STATE] = "state",   [ERR_DENIED] = "denied",     [ERR_SIGN_IN] = "sign_in",
        [ERR_SECOND] = "second", [ERR_CONFLICT] = "conflict", [ERR_LIMIT] = "limit",
        [ERR_BUSY] = "busy",     [ERR_STORE] = "store",       [ERR_IO] = "io",
        [ERR_BUG] = "bug",
    };
    return (size_t)err < COUNT(names) ? names[err] : "bug";
}

Err err_set_args(Cx *cx, Err code, const char *field, const char *key, const Str *args,
                 size_t count)
{
    assert(code != ERR_OK && key && count <= ERR_ARGS_MAX);
    cx->err = (ErrInfo){.code = code, .key = key, .field = str_from(field)};
    for (size_t i = 0; i < count; i++)
        cx->err.args[i] = str_copy(cx->arena, args[i]);
    return code;
}

Err err_set(Cx *cx, Err code, const char *field, const char *key)
{
    return err_set_args(cx, code, field, key, NULL, 0);
}

Err err_set_arg(Cx *cx, Err code, const char *field, const char *key, Str arg)
{
    return err_set_args(cx, code, field, key, &arg, 1);
}

void err_collect(Cx *cx, Str field, const char *key, Str arg)
{
    ErrInfo info = {.code = ERR_INPUT, .key = key, .field = field, .args = {arg}};
    if (cx->err_count == 0)
        cx->err = info;
    if (!cx->errs)
        cx->errs = ARENA_NEW(cx->arena, ErrInfo, ERR_FIELDS_MAX);
    if (cx->err_count < ERR_FIELDS_MAX)
        cx->errs[cx->err_count++] = info;
}

void err_clear(Cx *cx)
{
    cx->err = (ErrInfo){0};
    cx->errs = NULL;
    cx->err_count = 0;
}
