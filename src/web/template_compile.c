/* template_compile.c - the text of a template to a list of nodes. */
#include "web/template_int.h"

#include <string.h>

typedef struct Parser {
    Cx *cx;
    Arena *arena;
    const TemplateConfig *config;
    const Templates *set;
    const char *file;
    Str text;
    size_t at;     /* Bytes read. */
    unsigned line; /* Of `at`. */
    Node *nodes;
    size_t count;
    size_t cap;
    size_t open[TEMPLATE_DEPTH_MAX]; /* Sections that wait for their end. */
    size_t depth;
} Parser;

/* One tag: {{sigil body}}. */
typedef struct Tag {
    size_t begin; /* Of the braces. */
    size_t end;   /* After the braces. */
    char sigil;   /* # ^ / > ! @, or 0 for a value. */
    Str body;
    bool alone; /* On its line: the line goes with it. */
    unsigned line;
} Tag;

static Err fail(Parser *p, unsigned line, const char *key, Str what)
{
    Str args[] = {str_format(p->arena, "ui/pages/%s.html:%u", p->file, line), what};
    return err_set_args(p->cx, ERR_INPUT, NULL, key, args, COUNT(args));
}

static Node *add_node(Parser *p, NodeKind kind, unsigned line)
{
    if (p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 32;
        p->nodes = arena_grow(p->arena, p->nodes, p->cap * sizeof(Node), cap * sizeof(Node));
        p->cap = cap;
    }
    p->nodes[p->count] = (Node){.kind = kind, .line = line};
    return &p->nodes[p->count++];
}

static bool starts_line(const Parser *p, size_t at)
{
    return at == 0 || p->text.data[at - 1] == '\n';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Where the line of `at` begins, if only blanks stand between; else `at` itself with *ret_only
 * false. */
static size_t line_begin(const Parser *p, size_t at, bool *ret_only)
{
    size_t begin = at;
    while (begin > 0 && is_blank(p->text.data[begin - 1]))
        begin--;
    *ret_only = starts_line(p, begin);
    return *ret_only ? begin : at;
}

/* After the line end that follows `at` with only blanks between; else `at` and *ret_only false. */
static size_t line_end(const Parser *p, size_t at, bool *ret_only)
{
    size_t end = at;
    while (end < p->text.len && is_blank(p->text.data[end]))
        end++;
    *ret_only = true;
    if (end == p->text.len)
        return end;
    if (p->text.data[end] == '\r' && end + 1 < p->text.len)
        end++;
    if (p->text.data[end] == '\n')
        return end + 1;
    *ret_only = false;
    return at;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || (u8)c >= 0x80;
}

static bool part_valid(Str part)
{
    for (size_t i = 0; i < part.len; i++)
        if (!name_char(part.data[i]))
            return false;
    return part.len > 0;
}

/* "a.b" or ".". */
static Err parse_name(Parser *p, unsigned line, Str name, Ref *ret)
{
    *ret = (Ref){.whole = name};
    if (str_same_z(name, "."))
        return ERR_OK;
    Str parts[TEMPLATE_NAMES_MAX], rest = name, part;
    size_t count = 0;
    while (str_split(&rest, '.', &part)) {
        if (count == COUNT(parts) || !part_valid(part))
            return fail(p, line, "template.bad_name", name);
        parts[count++] = part;
    }
    if (count == 0 || str_ends(name, S(".")))
        return fail(p, line, "template.bad_name", name);
    ret->parts = ARENA_NEW(p->arena, Str, count);
    memcpy(ret->parts, parts, count * sizeof *parts);
    ret->part_count = count;
    return ERR_OK;
}

/* "name", "name|filter" or "name|filter:arg". */
static Err parse_ref(Parser *p, unsigned line, Str body, Ref *ret)
{
    size_t bar = str_find(body, S("|"));
    Err e = parse_name(p, line, str_trim(str_slice(body, 0, bar)), ret);
    if (e || bar == body.len)
        return e;
    Str filter = str_trim(str_slice(body, bar + 1, body.len));
    size_t colon = str_find(filter, S(":"));
    Str name = str_trim(str_slice(filter, 0, colon));
    for (size_t i = 0; i < p->config->filter_count; i++)
        if (str_same_z(name, p->config->filters[i].name))
            ret->filter = p->config->filters[i].apply;
    if (!ret->filter)
        return fail(p, line, "template.unknown_filter", name);
    if (colon < filter.len)
        ret->filter_arg = str_trim(str_slice(filter, colon + 1, filter.len));
    return ERR_OK;
}

static Err add_value(Parser *p, const Tag *tag, NodeKind kind, Str body)
{
    Ref *ref = ARENA_NEW(p->arena, Ref, 1);
    Err e = parse_ref(p, tag->line, body, ref);
    if (e)
        return e;
    Node *node = add_node(p, kind, tag->line);
    node->line_start = starts_line(p, tag->begin);
    node->refs = ref;
    node->ref_count = 1;
    return ERR_OK;
}

/* One more than the highest {n} of the words. */
static size_t count_args(const char *words)
{
    size_t count = 0;
    for (const char *at = words; (at = strchr(at, '{')) != NULL; at++)
        if (at[1] >= '0' && at[1] < '0' + ERR_ARGS_MAX && at[2] == '}' &&
            (size_t)(at[1] - '0') >= count)
            count = (size_t)(at[1] - '0') + 1;
    return count;
}

/* {{@key name other|filter}} */
static Err add_say(Parser *p, const Tag *tag)
{
    Str rest = tag->body, word, key = {0};
    Ref refs[ERR_ARGS_MAX];
    size_t count = 0;
    while (str_split(&rest, ' ', &word)) {
        word = str_trim(word);
        if (!word.len)
            continue;
        if (!key.len) {
            key = word;
            continue;
        }
        if (count == COUNT(refs))
            return fail(p, tag->line, "template.say_args", key);
        Err e = parse_ref(p, tag->line, word, &refs[count++]);
        if (e)
            return e;
    }
    const char *zh = text_find_str(LANG_ZH, key);
    if (!zh)
        return fail(p, tag->line, "template.unknown_text", key);
    if (count_args(zh) != count)
        return fail(p, tag->line, "template.say_args", key);

    Node *node = add_node(p, NODE_SAY, tag->line);
    node->line_start = starts_line(p, tag->begin);
    node->words[LANG_ZH] = zh;
    node->words[LANG_EN] = text_find_str(LANG_EN, key);
    node->refs = ARENA_NEW(p->arena, Ref, count);
    if (count)
        memcpy(node->refs, refs, count * sizeof *refs);
    node->ref_count = count;
    return ERR_OK;
}

static Err open_section(Parser *p, const Tag *tag)
{
    if (p->depth == COUNT(p->open))
        return fail(p, tag->line, "template.too_deep", tag->body);
    Ref *ref = ARENA_NEW(p->arena, Ref, 1);
    Err e = parse_name(p, tag->line, tag->body, ref);
    if (e)
        return e;
    p->open[p->depth++] = p->count;
    Node *node = add_node(p, tag->sigil == '#' ? NODE_SECTION : NODE_INVERTED, tag->line);
    node->line_start = !tag->alone && starts_line(p, tag->begin);
    node->refs = ref;
    node->ref_count = 1;
    return ERR_OK;
}

static Err close_section(Parser *p, const Tag *tag)
{
    if (p->depth == 0)
        return fail(p, tag->line, "template.not_open", tag->body);
    Node *node = &p->nodes[p->open[--p->depth]];
    if (!str_same(node->refs->whole, tag->body))
        return fail(p, tag->line, "template.crossed", node->refs->whole);
    node->end = p->count;
    add_node(p, NODE_END, tag->line);
    return ERR_OK;
}

static Err add_partial(Parser *p, const Tag *tag)
{
    size_t index = template_index(p->set, tag->body);
    if (index == p->set->count)
        return fail(p, tag->line, "template.unknown_partial", tag->body);
    bool only;
    size_t begin = line_begin(p, tag->begin, &only);
    Node *node = add_node(p, NODE_PARTIAL, tag->line);
    node->partial = index;
    node->line_start = !tag->alone && starts_line(p, tag->begin);
    if (tag->alone)
        node->text = str_slice(p->text, begin, tag->begin);
    return ERR_OK;
}

/* {{#raw_html}}name{{/raw_html}}: all of it is one tag. */
static Err add_raw(Parser *p, Tag *tag)
{
    Str close = S("{{/raw_html}}");
    Str rest = str_slice(p->text, tag->end, p->text.len);
    size_t len = str_find(rest, close);
    if (len == rest.len)
        return fail(p, tag->line, "template.unclosed", tag->body);
    tag->end += len + close.len;
    return add_value(p, tag, NODE_RAW, str_trim(str_slice(rest, 0, len)));
}

static bool is_raw(const Tag *tag)
{
    return tag->sigil == '#' && str_same_z(tag->body, "raw_html");
}

/* The next tag from p->at on; false when there is none. */
static Err find_tag(Parser *p, Tag *ret, bool *ret_found)
{
    Str rest = str_slice(p->text, p->at, p->text.len);
    size_t skip = str_find(rest, S("{{"));
    *ret_found = skip < rest.len;
    if (!*ret_found)
        return ERR_OK;
    Tag tag = {.begin = p->at + skip, .line = p->line};
    for (size_t i = p->at; i < tag.begin; i++)
        tag.line += p->text.data[i] == '\n';
    rest = str_slice(p->text, tag.begin + 2, p->text.len);
    size_t len = str_find(rest, S("}}"));
    if (len == rest.len)
        return fail(p, tag.line, "template.tag_open", utf8_head(rest, 20));
    tag.end = tag.begin + 2 + len + 2;
    tag.body = str_trim(str_slice(rest, 0, len));
    if (tag.body.len && strchr("#^/>!@{&=", tag.body.data[0])) {
        tag.sigil = tag.body.data[0];
        tag.body = str_trim(str_slice(tag.body, 1, tag.body.len));
    }
    *ret = tag;
    return ERR_OK;
}

/* Adds the text before a tag, and takes the whole line when the tag stands alone on it. */
static void add_text_before(Parser *p, Tag *tag)
{
    size_t end = tag->begin;
    if (tag->sigil && strchr("#^/>!", tag->sigil) && !is_raw(tag)) {
        bool blank_before, blank_after;
        size_t begin = line_begin(p, tag->begin, &blank_before);
        size_t after = line_end(p, tag->end, &blank_after);
        tag->alone = blank_before && blank_after;
        if (tag->alone) {
            end = begin;
            tag->end = after;
        }
    }
    if (end > p->at) {
        Node *node = add_node(p, NODE_TEXT, p->line);
        node->text = str_slice(p->text, p->at, end);
        node->line_start = starts_line(p, p->at);
    }
}

static Err add_tag(Parser *p, Tag *tag)
{
    switch (tag->sigil) {
    case '!':
        return ERR_OK;
    case '#':
        return is_raw(tag) ? add_raw(p, tag) : open_section(p, tag);
    case '^':
        return open_section(p, tag);
    case '/':
        return close_section(p, tag);
    case '>':
        return add_partial(p, tag);
    case '@':
        return add_say(p, tag);
    case '{':
    case '&':
        return fail(p, tag->line, "template.raw_short", tag->body);
    case '=':
        return fail(p, tag->line, "template.delimiter", tag->body);
    default:
        return add_value(p, tag, NODE_VALUE, tag->body);
    }
}

Err template_compile(Cx *cx, Arena *arena, const TemplateConfig *config, const Templates *set,
                     const TemplateSource *source, Template *ret)
{
    Parser p = {.cx = cx,
                .arena = arena,
                .config = config,
                .set = set,
                .file = source->name,
                .text = source->text,
                .line = 1};
    for (;;) {
        Tag tag;
        bool found;
        Err e = find_tag(&p, &tag, &found);
        if (e)
            return e;
        if (!found)
            break;
        add_text_before(&p, &tag);
        e = add_tag(&p, &tag);
        if (e)
            return e;
        for (; p.at < tag.end; p.at++)
            p.line += p.text.data[p.at] == '\n';
    }
    if (p.depth) {
        const Node *open = &p.nodes[p.open[p.depth - 1]];
        return fail(&p, open->line, "template.unclosed", open->refs->whole);
    }
    if (p.at < p.text.len) {
        Node *node = add_node(&p, NODE_TEXT, p.line);
        node->text = str_slice(p.text, p.at, p.text.len);
        node->line_start = starts_line(&p, p.at);
    }
    *ret = (Template){source->name, p.nodes, p.count};
    return ERR_OK;
}
