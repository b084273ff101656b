/* Reading what people and machines give, and checking it: the kinds' own rules. */
#include "record/record.h"

#include "flow/flow.h"

static Err bad(Cx *cx, const Field *field, const char *key)
{
    return err_set_arg(cx, ERR_INPUT, field->name, key, str_from(field_label(field, cx->lang)));
}

static Err read_date(Cx *cx, const Field *field, Str text, void *record)
{
    Buf digits = buf_new(cx->arena);
    i64 parts[3] = {0};
    int part = 0;
    bool in_number = false;
    for (size_t at = 0; at < text.len;) {
        u32 code = utf8_next(text, &at);
        if (code >= '0' && code <= '9') {
            if (part > 2)
                return bad(cx, field, "field.date");
            parts[part] = parts[part] * 10 + (i64)(code - '0');
            if (parts[part] > 99999999)
                return bad(cx, field, "field.date");
            buf_char(&digits, (char)code);
            in_number = true;
        } else if (code == '-' || code == '/' || code == '.' || code == 0x5e74 || code == 0x6708 ||
                   code == 0x65e5) {
            part += in_number;
            in_number = false;
        } else {
            return bad(cx, field, "field.date");
        }
    }
    i64 date = part == 0 ? parts[0] : parts[0] * 10000 + parts[1] * 100 + parts[2];
    if (!date_valid(date) || (part == 0 && digits.len != 8))
        return bad(cx, field, "field.date");
    field_set_int(field, record, date);
    return ERR_OK;
}

static const Code *code_by_label(const CodeList *list, Str text)
{
    const Code *code = code_find(list, text);
    for (size_t i = 0; !code && i < list->count; i++)
        if (str_same_z(text, list->codes[i].zh) || str_same_z(text, list->codes[i].en))
            code = &list->codes[i];
    return code;
}

static Err read_codes(Cx *cx, const Field *field, Str text, void *record)
{
    Buf out = buf_new(cx->arena);
    Str rest = text, part;
    while (str_split(&rest, ',', &part)) {
        part = str_trim(part);
        if (!part.len)
            continue;
        const Code *code = code_by_label(field->codes, part);
        if (!code)
            return err_set_arg(cx, ERR_INPUT, field->name, "field.code", part);
        if (out.len)
            buf_char(&out, ',');
        buf_z(&out, code->code);
    }
    field_set_str(field, record, buf_str(&out));
    return ERR_OK;
}

static Err read_bool(Cx *cx, const Field *field, Str text, void *record)
{
    static const char *const yes[] = {"1", "true", "on", "yes", "是", "有"};
    static const char *const no[] = {"0", "false", "off", "no", "否", "无"};
    for (size_t i = 0; i < COUNT(yes); i++) {
        if (str_same_z(text, yes[i]) || str_same_z(text, no[i])) {
            field_set_int(field, record, str_same_z(text, yes[i]));
            return ERR_OK;
        }
    }
    return bad(cx, field, "field.bool");
}

static Err read_number(Cx *cx, const Field *field, Str text, void *record)
{
    i64 n;
    Str plain = fold_width(cx->arena, text);
    if (!str_to_i64(plain, &n))
        return bad(cx, field, "field.number");
    field_set_int(field, record, n);
    return ERR_OK;
}

static Err read_refs(Cx *cx, const Field *field, Str text, void *record)
{
    Str rest = text, part;
    i64 n;
    while (str_split(&rest, ',', &part))
        if (!str_to_i64(str_trim(part), &n) || n <= 0)
            return bad(cx, field, "field.number");
    field_set_str(field, record, str_copy(cx->arena, text));
    return ERR_OK;
}

static Err read_list(Cx *cx, const Field *field, Str text, void *record)
{
    Buf out = buf_new(cx->arena);
    for (size_t at = 0, from = 0; at <= text.len;) {
        size_t end = at;
        u32 code = at < text.len ? utf8_next(text, &at) : (at++, (u32)';');
        if (code != ';' && code != 0xff1b && code != '\n')
            continue;
        Str part = str_trim(str_slice(text, from, end));
        from = at;
        if (part.len && out.len)
            buf_char(&out, ';');
        buf_add(&out, part);
    }
    field_set_str(field, record, buf_str(&out));
    return ERR_OK;
}

static Str clean_text(Cx *cx, const Field *field, Str text)
{
    Buf out = buf_new(cx->arena);
    bool gap = false;
    for (size_t at = 0; at < text.len;) {
        u32 code = utf8_next(text, &at);
        bool space = code == ' ' || code == '\t' || code == '\n' || code == '\r';
        if (field->kind == F_PROSE ? code == '\r' : space) {
            gap = space;
            continue;
        }
        if (code < 0x20 && code != '\n' && code != '\t')
            continue; /* Control characters carry nothing and confuse logs and files. */
        if (gap && out.len && field->kind != F_PROSE)
            buf_char(&out, ' ');
        gap = false;
        buf_code(&out, code);
    }
    return buf_str(&out);
}

Err field_read(Cx *cx, const Field *field, Str text, void *record)
{
    i64 n;
    if (!utf8_valid(text))
        return bad(cx, field, "field.not_text");
    if (field->kind == F_SECRET) {
        field_set_str(field, record, str_copy(cx->arena, text));
        return ERR_OK;
    }
    text = str_trim(text);
    if (!text.len) {
        if (field_is_text(field))
            field_set_str(field, record, S(""));
        else
            field_set_int(field, record, 0);
        return ERR_OK;
    }
    switch (field->kind) {
    case F_MONEY:
        if (!money_parse(text, &n))
            return bad(cx, field, "field.money");
        field_set_int(field, record, n);
        return ERR_OK;
    case F_DATE:
        return read_date(cx, field, fold_width(cx->arena, text), record);
    case F_TIME:
        if (!time_parse(fold_width(cx->arena, text), &n) && !str_to_i64(text, &n))
            return bad(cx, field, "field.time");
        field_set_int(field, record, n);
        return ERR_OK;
    case F_BOOL:
        return read_bool(cx, field, text, record);
    case F_CODE:
    case F_CODES:
        return read_codes(cx, field, text, record);
    case F_LIST:
        return read_list(cx, field, text, record);
    case F_REFS:
        return read_refs(cx, field, text, record);
    case F_INT:
    case F_REF:
        return read_number(cx, field, text, record);
    case F_STATE: {
        i64 state = flow_state_find(field->flow, text);
        if (state < 0)
            return bad(cx, field, "field.state");
        field_set_int(field, record, state);
        return ERR_OK;
    }
    default:
        field_set_str(field, record, clean_text(cx, field, text));
        return ERR_OK;
    }
}

/* A list of texts and whole numbers; any other item is refused, not left out. */
static Err read_items(Cx *cx, const Field *field, const Val *list, char separator, void *record)
{
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < val_count(list); i++) {
        const Val *item = val_at(list, i);
        if (i)
            buf_char(&out, separator);
        if (item->kind == VAL_STR)
            buf_add(&out, item->s);
        else if (item->kind == VAL_INT)
            buf_i64(&out, item->i);
        else
            return bad(cx, field, "field.kind");
    }
    return field_read(cx, field, buf_str(&out), record);
}

Err field_read_val(Cx *cx, const Field *field, const Val *val, void *record)
{
    switch (val->kind) {
    case VAL_NULL:
        return field_read(cx, field, S(""), record);
    case VAL_STR:
        return field_read(cx, field, val->s, record);
    case VAL_BOOL:
        if (field->kind != F_BOOL)
            return bad(cx, field, "field.kind");
        field_set_int(field, record, val->b);
        return ERR_OK;
    case VAL_INT:
        if (field->kind == F_REFS)
            return field_read(cx, field, str_format(cx->arena, "%lld", (long long)val->i), record);
        if (field_is_text(field) || field->kind == F_DATE || field->kind == F_STATE)
            return bad(cx, field, "field.kind");
        if (field->kind == F_BOOL && val->i != 0 && val->i != 1)
            return bad(cx, field, "field.bool");
        field_set_int(field, record, val->i); /* Money: fen. */
        return ERR_OK;
    case VAL_LIST:
        if (field->kind == F_LIST)
            return read_items(cx, field, val, ';', record);
        if (field->kind == F_CODES || field->kind == F_REFS)
            return read_items(cx, field, val, ',', record);
        return bad(cx, field, "field.kind");
    default:
        return bad(cx, field, "field.kind");
    }
}

Str field_text(Cx *cx, const Field *field, const void *record)
{
    if (field->kind == F_SECRET || field_empty(field, record))
        return field->kind == F_STATE ? str_from(flow_state_name(field->flow, 0)) : S("");
    switch (field->kind) {
    case F_MONEY:
        return money_format_plain(cx->arena, field_int(field, record));
    case F_DATE:
        return date_format(cx->arena, field_int(field, record));
    case F_TIME:
        return time_format(cx->arena, field_int(field, record));
    case F_STATE:
        return str_from(flow_state_name(field->flow, field_int(field, record)));
    default:
        if (field_is_text(field))
            return field_str(field, record);
        return str_format(cx->arena, "%lld", (long long)field_int(field, record));
    }
}

/* Limits of the kind: length of text in code points, size of numbers. */
static void check_limits(Cx *cx, const Field *field, const void *record)
{
    Str name = str_from(field->name);
    if (!field_is_text(field)) {
        i64 n = field_int(field, record);
        if (n < 0 || (field->kind == F_MONEY && n > MONEY_MAX_FEN))
            err_collect(cx, name, "field.negative", str_from(field_label(field, cx->lang)));
        else if ((field->min || field->max) && n && (n < field->min || n > field->max))
            err_collect(
                cx, name, "field.range",
                str_format(cx->arena, "%lld - %lld", (long long)field->min, (long long)field->max));
        return;
    }
    i64 len = (i64)utf8_count(field_str(field, record));
    i64 most = field->max ? field->max : field->kind == F_PROSE ? PROSE_LEN_MAX : TEXT_LEN_MAX;
    if (field->kind == F_LIST || field->kind == F_REFS)
        most = PROSE_LEN_MAX;
    if (len > most)
        err_collect(cx, name, "field.long", str_format(cx->arena, "%lld", (long long)most));
    else if (len && len < field->min)
        err_collect(cx, name, "field.short", str_format(cx->arena, "%lld", (long long)field->min));
}

Err fields_check(Cx *cx, const Field *fields, size_t count, const void *record, CheckTime when)
{
    size_t before = cx->err_count;
    for (size_t i = 0; i < count; i++) {
        const Field *field = &fields[i];
        if (field_empty(field, record)) {
            if (when == CHECK_SUBMIT && (field->flags & REQUIRED))
                err_collect(cx, str_from(field->name), "field.required",
                            str_from(field_label(field, cx->lang)));
            continue;
        }
        size_t errors = cx->err_count;
        check_limits(cx, field, record);
        if (cx->err_count != errors || !field->rule)
            continue;
        ErrInfo first = cx->err;
        if (field->rule(cx, field, (const char *)record + field->offset) != ERR_OK) {
            ErrInfo found = cx->err;
            if (cx->err_count)
                cx->err = first;
            err_collect(cx, str_from(field->name), found.key, found.args[0]);
        }
    }
    return cx->err_count > before ? ERR_INPUT : ERR_OK;
}
