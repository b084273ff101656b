/* Rows of people: pasted from a sheet, or JSON lines. */
#include "people/people_int.h"

enum { COLUMNS_MAX = 12, LINE_MAX = 2000 };

typedef enum Column {
    COL_NONE,
    COL_NAME,
    COL_LOGIN,
    COL_ROLES,
    COL_PHONE,
    COL_EMAIL,
    COL_UNIT
} Column;

// clang-format off
/* Headers as people write them; the JSON names are the last of each. */
static const struct {
    Column column;
    const char *word;
} headers[] = {
    {COL_NAME, "姓名"}, {COL_NAME, "联系人"}, {COL_NAME, "name"},
    {COL_LOGIN, "登录名"}, {COL_LOGIN, "账号"}, {COL_LOGIN, "用户名"}, {COL_LOGIN, "工号"}, {COL_LOGIN, "login"},
    {COL_ROLES, "角色"}, {COL_ROLES, "身份"}, {COL_ROLES, "role"}, {COL_ROLES, "roles"},
    {COL_PHONE, "手机"}, {COL_PHONE, "手机号"}, {COL_PHONE, "电话"}, {COL_PHONE, "联系电话"}, {COL_PHONE, "mobile"}, {COL_PHONE, "phone"},
    {COL_EMAIL, "邮箱"}, {COL_EMAIL, "电子邮箱"}, {COL_EMAIL, "e-mail"}, {COL_EMAIL, "email"},
    {COL_UNIT, "单位"}, {COL_UNIT, "所属单位"}, {COL_UNIT, "统一社会信用代码"}, {COL_UNIT, "code"}, {COL_UNIT, "unit"},
};
// clang-format on

static Column column_of(Arena *arena, Str word)
{
    Str key = fold_key(arena, word);
    for (size_t i = 0; i < COUNT(headers); i++)
        if (str_same_z(key, headers[i].word))
            return headers[i].column;
    return COL_NONE;
}

/* Roles between 、 ， ; / or commas, by code or by name. */
static void read_roles(Cx *cx, Str text, PersonRow *row)
{
    Buf codes = buf_new(cx->arena), word = buf_new(cx->arena);
    for (size_t at = 0; at <= text.len;) {
        u32 code = at < text.len ? utf8_next(text, &at) : (at++, (u32)',');
        bool mark = code == ',' || code == ';' || code == '/' || code == 0x3001 || code == 0xff0c ||
                    code == 0xff1b || code == '|';
        if (!mark) {
            buf_code(&word, code);
            continue;
        }
        Str name = str_trim(str_copy(cx->arena, buf_str(&word)));
        word.len = 0;
        const Code *role = NULL;
        for (size_t i = 0; name.len && !role && i < role_codes.count; i++) {
            const Code *one = &role_codes.codes[i];
            if (str_same_z(name, one->code) || str_same_z(name, one->zh) ||
                str_same_z(name, one->en))
                role = one;
        }
        if (name.len && !role && !row->why) {
            row->why = "people.role_unknown";
            row->why_arg = name;
        }
        if (role)
            buf_format(&codes, "%s%s", codes.len ? "," : "", role->code);
    }
    row->roles = buf_str(&codes);
}

static void set_cell(Cx *cx, PersonRow *row, Column column, Str cell)
{
    cell = str_copy(cx->arena, str_trim(cell));
    switch (column) {
    case COL_NAME:
        row->name = cell;
        break;
    case COL_LOGIN:
        row->login = cell;
        break;
    case COL_ROLES:
        read_roles(cx, cell, row);
        break;
    case COL_PHONE:
        row->phone = cell;
        break;
    case COL_EMAIL:
        row->email = cell;
        break;
    case COL_UNIT:
        row->unit = cell;
        break;
    case COL_NONE:
        break;
    }
}

static size_t split_cells(Str line, char separator, Str cells[COLUMNS_MAX])
{
    size_t count = 0;
    Str rest = line;
    while (count < COLUMNS_MAX && str_split(&rest, separator, &cells[count]))
        count++;
    return count;
}

/* A first line of headers says which column is which; at least name and login must be there. */
static bool read_header(Cx *cx, const Str *cells, size_t count, Column columns[COLUMNS_MAX])
{
    bool has_name = false, has_login = false;
    Column found[COLUMNS_MAX] = {COL_NONE};
    for (size_t i = 0; i < count; i++) {
        found[i] = column_of(cx->arena, cells[i]);
        has_name |= found[i] == COL_NAME;
        has_login |= found[i] == COL_LOGIN;
    }
    for (size_t i = 0; has_name && has_login && i < COLUMNS_MAX; i++)
        columns[i] = i < count ? found[i] : COL_NONE;
    return has_name && has_login;
}

static void read_json_row(Cx *cx, Str line, PersonRow *row)
{
    Str why;
    const Val *map = val_read_json(cx->arena, line, &why);
    if (!map || map->kind != VAL_MAP) {
        row->why = "people.row_no_json";
        return;
    }
    for (size_t i = 0; i < val_count(map); i++) {
        const ValItem *item = &map->list.items[i];
        Column column = column_of(cx->arena, item->key);
        Str cell = S("");
        if (item->val->kind == VAL_STR)
            cell = item->val->s;
        for (size_t k = 0; item->val->kind == VAL_LIST && k < val_count(item->val); k++)
            if (val_at(item->val, k)->kind == VAL_STR)
                cell = str_format(cx->arena, "%.*s%s%.*s", STR_ARG(cell), k ? "," : "",
                                  STR_ARG(val_at(item->val, k)->s));
        set_cell(cx, row, column, cell);
    }
}

static void read_sheet_row(Cx *cx, const Str *cells, size_t count, const Column *columns,
                           PersonRow *row)
{
    for (size_t i = 0; i < count; i++)
        set_cell(cx, row, columns[i], cells[i]);
}

/* What every row needs. */
static void check_row(Cx *cx, PersonRow *row)
{
    if (row->why)
        return;
    if (!row->name.len || !row->login.len) {
        row->why = "people.row_empty";
        return;
    }
    if (utf8_count(row->name) > 40 || utf8_count(row->login) > 40 || utf8_count(row->login) < 3) {
        row->why = "people.row_length";
        return;
    }
    ErrInfo first = cx->err;
    size_t before = cx->err_count;
    if (!person_reach_check(cx, &row->phone, row->email, row->login)) {
        row->why = cx->errs[before].key;
        row->why_arg = cx->errs[before].args[0];
        cx->err_count = before;
        cx->err = first;
    }
}

Err person_rows_read(Cx *cx, Str text, PersonRow **ret, size_t *ret_count)
{
    PersonRow *rows = ARENA_NEW(cx->arena, PersonRow, PERSON_ROWS_MAX);
    Column columns[COLUMNS_MAX] = {COL_NAME, COL_LOGIN, COL_ROLES, COL_PHONE, COL_EMAIL, COL_UNIT};
    size_t count = 0;
    i64 line_no = 0;
    bool first = true;
    Str rest = text, line, cells[COLUMNS_MAX];
    while (str_split(&rest, '\n', &line)) {
        line_no++;
        if (!str_trim(line).len)
            continue;
        bool json = str_trim(line).data[0] == '{';
        char separator = str_has(line, S("\t")) ? '\t' : ',';
        size_t cell_count = json ? 0 : split_cells(line, separator, cells);
        bool header = first && !json && read_header(cx, cells, cell_count, columns);
        first = false;
        if (header)
            continue;
        if (count == PERSON_ROWS_MAX)
            return err_set_arg(cx, ERR_LIMIT, "text", "people.too_many_rows",
                               str_format(cx->arena, "%d", PERSON_ROWS_MAX));
        PersonRow *row = &rows[count++];
        row->line = line_no;
        if (line.len > LINE_MAX)
            row->why = "people.row_length";
        else if (json)
            read_json_row(cx, str_trim(line), row);
        else
            read_sheet_row(cx, cells, cell_count, columns, row);
        check_row(cx, row);
    }
    if (!count)
        return err_set(cx, ERR_INPUT, "text", "people.no_rows");
    *ret = rows;
    *ret_count = count;
    return ERR_OK;
}
