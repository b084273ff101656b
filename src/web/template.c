#include "web/template_int.h"

#include <string.h>

enum { INDENT_MAX = 256 };

typedef struct Render {
    Cx *cx;
    const Templates *set;
    const Template *page; /* The one being run: the page or one of its partials. */
    Buf *out;
    size_t bytes_end;                     /* out->len may not pass it. */
    const Val *stack[TEMPLATE_DEPTH_MAX]; /* Contexts, the innermost last. */
    size_t stack_count;
    size_t depth;            /* Sections and partials that are open. */
    char indent[INDENT_MAX]; /* Before each line of a partial. */
    size_t indent_len;
} Render;

static Err render_nodes(Render *r, size_t from, size_t to);

static Str place_of(const Render *r, const Node *node)
{
    return str_format(r->cx->arena, "ui/pages/%s.html:%u", r->page->name, node->line);
}

static Err fail(const Render *r, const Node *node, Err code, const char *key, Str what)
{
    Str args[] = {place_of(r, node), what};
    return err_set_args(r->cx, code, NULL, key, args, COUNT(args));
}

/* The value of a name, NULL when it is nowhere (an error in a strict set). */
static Err find_value(const Render *r, const Node *node, const Ref *ref, const Val **ret)
{
    const Val *val = NULL;
    if (ref->part_count == 0)
        val = r->stack[r->stack_count - 1];
    for (size_t i = r->stack_count; ref->part_count && !val && i > 0; i--)
        val = val_get_key(r->stack[i - 1], ref->parts[0]);
    for (size_t i = 1; val && i < ref->part_count; i++)
        val = val_get_key(val, ref->parts[i]);
    if (!val && r->set->strict)
        return fail(r, node, ERR_BUG, "template.unknown_name", ref->whole);
    *ret = val;
    return ERR_OK;
}

static void put_value(Buf *out, const Val *val)
{
    switch (val ? val->kind : VAL_NULL) {
    case VAL_STR:
        buf_html(out, val->s);
        break;
    case VAL_INT:
        buf_i64(out, val->i);
        break;
    case VAL_REAL:
        buf_format(out, "%.15g", val->real);
        break;
    case VAL_BOOL:
        buf_z(out, val->b ? "true" : "false");
        break;
    case VAL_NULL:
    case VAL_LIST:
    case VAL_MAP:
        break;
    }
}

static Err put_ref(const Render *r, const Node *node, const Ref *ref)
{
    const Val *val;
    Err e = find_value(r, node, ref, &val);
    if (e)
        return e;
    if (ref->filter)
        buf_html(r->out, ref->filter(r->cx, val, ref->filter_arg));
    else if (node->kind == NODE_RAW && val && val->kind == VAL_STR)
        buf_add(r->out, val->s);
    else
        put_value(r->out, val);
    return ERR_OK;
}

static void put_indent(const Render *r)
{
    buf_add(r->out, (Str){r->indent, r->indent_len});
}

/* Text of the template: inside a partial, each further line of it is indented too. */
static void put_text(const Render *r, Str text)
{
    while (r->indent_len && text.len) {
        const char *newline = memchr(text.data, '\n', text.len);
        size_t len = newline ? (size_t)(newline - text.data) + 1 : text.len;
        buf_add(r->out, str_slice(text, 0, len));
        text = str_slice(text, len, text.len);
        if (text.len)
            put_indent(r);
    }
    buf_add(r->out, text);
}

static Err put_say(const Render *r, const Node *node)
{
    const char *words = node->words[r->cx->lang == LANG_EN];
    const char *from = words;
    for (const char *at = words; (at = strchr(at, '{')) != NULL;) {
        size_t arg = at[1] >= '0' && at[2] == '}' ? (size_t)(at[1] - '0') : node->ref_count;
        if (arg >= node->ref_count) {
            at++;
            continue;
        }
        buf_html(r->out, (Str){from, (size_t)(at - from)});
        Err e = put_ref(r, node, &node->refs[arg]);
        if (e)
            return e;
        at += 3;
        from = at;
    }
    buf_html(r->out, str_from(from));
    return ERR_OK;
}

static bool is_true(const Val *val)
{
    switch (val ? val->kind : VAL_NULL) {
    case VAL_NULL:
        return false;
    case VAL_BOOL:
        return val->b;
    case VAL_INT:
        return val->i != 0;
    case VAL_REAL:
        return val->real < 0 || val->real > 0;
    case VAL_STR:
        return val->s.len > 0;
    case VAL_LIST:
        return val->list.count > 0;
    case VAL_MAP:
        break;
    }
    return true;
}

static Err enter(Render *r, const Node *node)
{
    if (r->depth == TEMPLATE_DEPTH_MAX)
        return fail(r, node, ERR_LIMIT, "template.too_deep", str_from(r->page->name));
    r->depth++;
    return ERR_OK;
}

/* What lies between a section's tags, with `val` as the innermost context. */
static Err render_inside(Render *r, size_t section, const Val *val)
{
    const Node *node = &r->page->nodes[section];
    if (r->stack_count == TEMPLATE_DEPTH_MAX)
        return fail(r, node, ERR_LIMIT, "template.too_deep", str_from(r->page->name));
    r->stack[r->stack_count++] = val;
    Err e = render_nodes(r, section + 1, node->end);
    r->stack_count--;
    return e;
}

static Err render_section(Render *r, size_t section)
{
    const Node *node = &r->page->nodes[section];
    const Val *val;
    Err e = find_value(r, node, node->refs, &val);
    if (e || is_true(val) == (node->kind == NODE_INVERTED))
        return e;
    e = enter(r, node);
    if (e)
        return e;
    if (node->kind == NODE_INVERTED) {
        e = render_nodes(r, section + 1, node->end);
    } else if (val->kind == VAL_LIST) {
        for (size_t i = 0; !e && i < val->list.count; i++)
            e = render_inside(r, section, val->list.items[i].val);
    } else {
        e = render_inside(r, section, val);
    }
    r->depth--;
    return e;
}

static Err render_partial(Render *r, const Node *node)
{
    Err e = enter(r, node);
    if (e)
        return e;
    if (r->indent_len + node->text.len > sizeof r->indent)
        return fail(r, node, ERR_LIMIT, "template.too_deep", str_from(r->page->name));
    const Template *page = r->page;
    if (node->text.len)
        memcpy(r->indent + r->indent_len, node->text.data, node->text.len);
    r->indent_len += node->text.len;
    r->page = &r->set->items[node->partial];
    e = render_nodes(r, 0, r->page->node_count);
    r->page = page;
    r->indent_len -= node->text.len;
    r->depth--;
    return e;
}

static Err render_node(Render *r, size_t at)
{
    const Node *node = &r->page->nodes[at];
    switch (node->kind) {
    case NODE_TEXT:
        put_text(r, node->text);
        return ERR_OK;
    case NODE_VALUE:
    case NODE_RAW:
        return put_ref(r, node, node->refs);
    case NODE_SAY:
        return put_say(r, node);
    case NODE_SECTION:
    case NODE_INVERTED:
        return render_section(r, at);
    case NODE_PARTIAL:
        return render_partial(r, node);
    case NODE_END:
        break;
    }
    return ERR_OK;
}

static Err render_nodes(Render *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const Node *node = &r->page->nodes[i];
        if (node->line_start && r->indent_len)
            put_indent(r);
        Err e = render_node(r, i);
        if (e)
            return e;
        if (r->out->len > r->bytes_end)
            return fail(r, node, ERR_LIMIT, "template.too_long", str_from(r->page->name));
        if (node->kind == NODE_SECTION || node->kind == NODE_INVERTED)
            i = node->end;
    }
    return ERR_OK;
}

size_t template_index(const Templates *set, Str name)
{
    size_t i = 0;
    while (i < set->count && !str_same_z(name, set->items[i].name))
        i++;
    return i;
}

bool templates_has(const Templates *set, const char *name)
{
    return template_index(set, str_from(name)) < set->count;
}

Err templates_init(Cx *cx, Arena *arena, const TemplateConfig *config, Templates **ret_set)
{
    Templates *set = ARENA_NEW(arena, Templates, 1);
    set->items = ARENA_NEW(arena, Template, config->source_count);
    set->count = config->source_count;
    set->strict = config->strict;
    set->bytes_max = config->bytes_max ? config->bytes_max : TEMPLATE_BYTES_MAX;
    for (size_t i = 0; i < set->count; i++)
        set->items[i].name = config->sources[i].name;
    for (size_t i = 0; i < set->count; i++) {
        Err e = template_compile(cx, arena, config, set, &config->sources[i], &set->items[i]);
        if (e)
            return e;
    }
    *ret_set = set;
    return ERR_OK;
}

Err template_render(Cx *cx, const Templates *set, const char *name, const Val *data, Buf *out)
{
    size_t index = template_index(set, str_from(name));
    if (index == set->count)
        return err_set_arg(cx, ERR_MISSING, NULL, "template.missing", str_from(name));
    size_t len = out->len;
    Render r = {.cx = cx,
                .set = set,
                .page = &set->items[index],
                .out = out,
                .bytes_end = len + set->bytes_max,
                .stack = {data},
                .stack_count = 1};
    Err e = render_nodes(&r, 0, r.page->node_count);
    if (e)
        out->len = len;
    return e;
}
