/* The form of any op, from the rows of its input. */
#include "web/page_int.h"

#include "registry/registry.h"

#include <string.h>

typedef struct Form {
    PageCx *page;
    const Op *op;
    const WebPairs *given; /* What was typed, or the query of the link to the form. */
    Val *fields;           /* Of all kinds, in the order of the rows. */
    Val *groups;           /* The same by their headings: {legend fields}. */
} Form;

Str local_path(Str path)
{
    bool own = path.len && path.data[0] == '/';
    bool other_host = path.len > 1 && (path.data[1] == '/' || path.data[1] == '\\');
    return own && !other_host && !str_has(path, S("\\")) ? path : S("");
}

/* ---- one field ---- */

/* Everything given under this name: checkboxes send one pair each. */
static Str given_text(const Form *form, const Field *field)
{
    Buf text = buf_new(form->page->cx->arena);
    for (size_t i = 0; i < form->given->count; i++) {
        const WebPair *pair = &form->given->items[i];
        if (!str_same_z(pair->name, field->name) || !pair->value.len)
            continue;
        if (text.len)
            buf_char(&text, field->kind == F_LIST ? ';' : ',');
        buf_add(&text, pair->value);
    }
    return buf_str(&text);
}

/* Which of the ways field.html has to show it. A reference comes with the link to the form and is
 * hidden; one that has to be typed is shown as a number. */
static const char *kind_name(const Field *field, Str value)
{
    static const char *const names[] = {
        [F_TEXT] = "text", [F_PROSE] = "prose",   [F_CODE] = "code", [F_CODES] = "codes",
        [F_LIST] = "list", [F_SECRET] = "secret", [F_INT] = "int",   [F_MONEY] = "money",
        [F_DATE] = "date", [F_TIME] = "time",     [F_BOOL] = "bool", [F_REF] = "ref",
        [F_REFS] = "refs", [F_STATE] = "state",
    };
    if (strcmp(field->name, "id") == 0)
        return "ref";
    if (field->kind == F_REF && (field->flags & REQUIRED) && !value.len)
        return "int";
    return names[field->kind];
}

static Val *kind_map(Arena *arena, const char *kind)
{
    static const char *const kinds[] = {"text", "prose", "int",   "money", "date",
                                        "time", "code",  "codes", "bool",  "secret",
                                        "refs", "ref",   "list",  "state"};
    Val *is = val_map(arena);
    for (size_t i = 0; i < COUNT(kinds); i++)
        val_set_bool(arena, is, kinds[i], strcmp(kinds[i], kind) == 0);
    return is;
}

static bool is_chosen(Str value, const char *code)
{
    Str part;
    while (str_split(&value, ',', &part))
        if (str_same_z(str_trim(part), code))
            return true;
    return false;
}

static Val *options(Cx *cx, const Field *field, Str value)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; field->codes && i < field->codes->count; i++) {
        const Code *code = &field->codes->codes[i];
        Val *option = val_map(cx->arena);
        val_set_z(cx->arena, option, "code", code->code);
        val_set_z(cx->arena, option, "label", cx->lang == LANG_EN ? code->en : code->zh);
        val_set_bool(cx->arena, option, "chosen", is_chosen(value, code->code));
        val_push(cx->arena, list, option);
    }
    return list;
}

static Str error_of(const Form *form, const Field *field)
{
    const Val *errors = form->page->failed_op == form->op ? form->page->errors : NULL;
    for (size_t i = 0; i < val_count(errors); i++)
        if (str_same_z(val_get_str(val_at(errors, i), "field"), field->name))
            return val_get_str(val_at(errors, i), "message");
    return S("");
}

static Str shown_value(const Field *field, Str value)
{
    if (field->kind == F_SECRET)
        return S("");
    bool no = str_same(value, S("0")) || str_same(value, S("false"));
    return field->kind == F_BOOL && no ? S("") : value;
}

static Val *field_map(const Form *form, const Field *field)
{
    Cx *cx = form->page->cx;
    Val *map = val_map(cx->arena);
    Str value = given_text(form, field);
    const char *help = cx->lang == LANG_EN ? field->help_en : field->help_zh;
    const char *kind = kind_name(field, value);
    val_set_z(cx->arena, map, "name", field->name);
    val_set_z(cx->arena, map, "label", field_label(field, cx->lang));
    val_set_z(cx->arena, map, "kind", kind);
    val_set(cx->arena, map, "is", kind_map(cx->arena, kind));
    val_set_str(cx->arena, map, "value", shown_value(field, value));
    val_set_z(cx->arena, map, "help", help ? help : "");
    val_set_bool(cx->arena, map, "required", (field->flags & REQUIRED) != 0);
    val_set_str(cx->arena, map, "error", error_of(form, field));
    val_set(cx->arena, map, "options", options(cx, field, value));
    return map;
}

static Val *add_group(Form *form, const char *legend)
{
    Arena *arena = form->page->cx->arena;
    Val *group = val_map(arena), *fields = val_list(arena);
    val_set_z(arena, group, "legend", legend);
    val_set(arena, group, "fields", fields);
    val_push(arena, form->groups, group);
    return fields;
}

/* Each field in the part of the form that it or one before it begins. */
static void read_fields(Form *form)
{
    Cx *cx = form->page->cx;
    form->fields = val_list(cx->arena);
    form->groups = val_list(cx->arena);
    Val *group = add_group(form, "");
    for (size_t i = 0; i < form->op->in_count; i++) {
        const Field *field = &form->op->in[i];
        if (field->group_zh)
            group = add_group(form, cx->lang == LANG_EN ? field->group_en : field->group_zh);
        if (field->flags & FORM_OFF)
            continue;
        Val *map = field_map(form, field);
        val_push(cx->arena, form->fields, map);
        val_push(cx->arena, group, map);
    }
}

Val *form_fields(PageCx *page, const char *name, const WebPairs *given)
{
    const Op *op = op_find(house_of(page->cx), str_from(name));
    assert(op);
    Form form = {.page = page,
                 .op = op,
                 .given = page->failed_op == op && page->typed ? page->typed : given};
    read_fields(&form);
    return form.fields;
}

Val *page_fields(PageCx *page, const char *name)
{
    const Op *op = op_find(house_of(page->cx), str_from(name));
    bool again = page->failed_op == op && page->typed;
    Form form = {.page = page, .op = op, .given = again ? page->typed : &page->request->query};
    read_fields(&form);
    return form.fields;
}

/* ---- what the act is done to, and where to go back ---- */

static const char *const nouns[] = {"patent", "achievement", "listing", "need",
                                    "lot",    "deal",        "org",     "showing"};

/* The noun that a reference of this name points to, when it has pages; "id" is of the op's own. */
static const char *noun_of(const Op *op, const Field *field)
{
    bool own = strcmp(field->name, "id") == 0 || strcmp(field->name, "ids") == 0;
    Str name = str_from(own ? op->name : field->name);
    for (size_t i = 0; i < COUNT(nouns); i++) {
        Str rest = str_slice(name, strlen(nouns[i]), name.len);
        if (str_starts(name, str_from(nouns[i])) &&
            (own ? str_starts(rest, S(".")) : str_same(rest, S("_id"))))
            return nouns[i];
    }
    return NULL;
}

/* Asks for the one record the act is about: {title, href}; NULL when there is none or several. */
static Err find_record(const Form *form, Val **ret)
{
    PageCx *page = form->page;
    Arena *arena = page->cx->arena;
    *ret = NULL;
    for (size_t i = 0; i < form->op->in_count; i++) {
        const char *noun = noun_of(form->op, &form->op->in[i]);
        Str id = given_text(form, &form->op->in[i]);
        i64 n;
        if (!noun || !str_to_i64(id, &n))
            continue;
        char *show = str_z(arena, str_format(arena, "%s.show", noun));
        Val *reply, *record = val_map(arena);
        Err e = page_ask(page, show, (NameText[]){{S("id"), id}}, 1, &reply);
        if (e)
            return e;
        const Val *found = val_get(reply, noun);
        Str title = val_get_str(found, strcmp(noun, "org") == 0 ? "name" : "title");
        val_set_str(arena, record, "title", title);
        val_set_str(arena, record, "href", str_format(arena, "/%s/%lld", noun, (long long)n));
        *ret = record;
        return ERR_OK;
    }
    return ERR_OK;
}

/* The list that the op's noun is in. */
static Str list_path(const Form *form)
{
    for (size_t i = 0; i < COUNT(nouns); i++) {
        Str noun = str_from(nouns[i]);
        if (str_starts(str_from(form->op->name), noun) && form->op->name[noun.len] == '.' &&
            strcmp(nouns[i], "achievement") != 0)
            return str_format(form->page->cx->arena, "/%ss", nouns[i]);
    }
    return S("/");
}

static void set_back(const Form *form, const Val *record)
{
    PageCx *page = form->page;
    Str back = S("");
    web_pairs_find(form->given, page->typed == form->given ? "next" : "back", &back);
    back = local_path(back);
    if (!back.len)
        back = record ? val_get_str(record, "href") : list_path(form);
    page_put(page, "back_path", val_str(page->cx->arena, back));
    page_put(page, "back_href", val_str(page->cx->arena, back));
}

/* ---- forms with a layout of their own ---- */

/* Those fields that stand in `names`, a list ended by NULL. */
static Val *pick(const Form *form, const char *const *names)
{
    Val *list = val_list(form->page->cx->arena);
    for (; *names; names++)
        for (size_t i = 0; i < val_count(form->fields); i++)
            if (str_same_z(val_get_str(val_at(form->fields, i), "name"), *names))
                val_push(form->page->cx->arena, list, val_at(form->fields, i));
    return list;
}

/* Sets `published`: what others would see of what was typed, when that was asked for. */
static void put_preview(Form *form, const RecordType *type)
{
    PageCx *page = form->page;
    bool asked = form->given == page->typed && page->reply;
    page_put(page, "published",
             asked ? shape_record(page, type, val_get(page->reply, "published")) : NULL);
}

static Err lay_out_need(Form *form)
{
    static const char *const about[] = {"title", "problem", "params", NULL};
    static const char *const terms[] = {"amount_fen", "cooperation", "field", "valid_until_date",
                                        NULL};
    static const char *const reach[] = {"contact", "phone", "hidden", NULL};
    page_put(form->page, "about", pick(form, about));
    page_put(form->page, "terms", pick(form, terms));
    page_put(form->page, "reach", pick(form, reach));
    form->page->template_name = "form_need_post";
    put_preview(form, &need_type);
    return ERR_OK;
}

/* Several patents on the same terms. An achievement is listed by the plain form. */
static Err lay_out_listing(Form *form)
{
    static const char *const terms[] = {"mode",     "price_fen", "floor_fen", "intro",
                                        "maturity", "contact",   "phone",     NULL};
    PageCx *page = form->page;
    Str achievement = S(""), ids = given_text(form, &form->op->in[0]);
    assert(strcmp(form->op->in[0].name, "patent_ids") == 0);
    web_pairs_find(form->given, "achievement_id", &achievement);
    if (achievement.len)
        return ERR_OK;
    Val *reply = NULL;
    Err e =
        ids.len ? page_ask(page, "patent.list", (NameText[]){{S("ids"), ids}}, 1, &reply) : ERR_OK;
    if (e)
        return e;
    Val *patents = reply ? val_get(reply, "items") : val_list(page->cx->arena);
    page_put(page, "patents", patents);
    page_put(page, "patent_count", val_int(page->cx->arena, (i64)val_count(patents)));
    page_put(page, "ids", val_str(page->cx->arena, ids));
    page_put(page, "fields", pick(form, terms));
    page->template_name = "form_listing_file";
    put_preview(form, &listing_type);
    return ERR_OK;
}

static Err lay_out(Form *form)
{
    if (strcmp(form->op->name, "listing.file") == 0)
        return lay_out_listing(form);
    return strcmp(form->op->name, "need.post") == 0 ? lay_out_need(form) : ERR_OK;
}

/* ---- the page ---- */

static void set_op(const Form *form)
{
    Cx *cx = form->page->cx;
    const char *help = cx->lang == LANG_EN ? form->op->help_en : form->op->help_zh;
    bool keep = false;
    for (size_t i = 0; i < form->op->in_count; i++)
        keep = keep || form->op->in[i].kind == F_PROSE;
    Val *map = val_map(cx->arena), *label = val_str(cx->arena, page_op_label(form->page, form->op));
    val_set_z(cx->arena, map, "name", form->op->name);
    val_set(cx->arena, map, "label", label);
    val_set_z(cx->arena, map, "help", help ? help : "");
    val_set_bool(cx->arena, map, "danger", (form->op->flags & OP_DANGER) != 0);
    page_put(form->page, "op", map);
    page_put(form->page, "title", label);
    page_put(form->page, "keep", val_bool(cx->arena, keep));
}

static Err check_op(PageCx *page, const Op *op)
{
    if (!op || op->kind == OP_READ || (op->flags & OP_LOCAL_ONLY))
        return err_set(page->cx, ERR_MISSING, NULL, "page.no_form");
    if (!op_allowed(page->cx, op))
        return err_set_arg(page->cx, ERR_DENIED, NULL, "command.denied", page_op_label(page, op));
    return ERR_OK;
}

Err build_form(PageCx *page)
{
    const Op *op = op_find(house_of(page->cx), page->name);
    Err e = check_op(page, op);
    if (e)
        return e;
    bool again = page->failed_op == op && page->typed;
    Form form = {.page = page, .op = op, .given = again ? page->typed : &page->request->query};
    Val *record;
    read_fields(&form);
    e = find_record(&form, &record);
    if (e)
        return e;
    page_put(page, "groups", form.groups);
    page_put(page, "record", record);
    set_op(&form);
    set_back(&form, record);
    bool signs = fields_find(op->in, op->in_count, S("second_code")) != NULL;
    e = signs ? page_demo(page) : ERR_OK;
    if (!signs)
        page_put(page, "demo", NULL);
    return e ? e : lay_out(&form);
}
