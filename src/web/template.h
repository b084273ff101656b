/* template.h - pages: a small Mustache that escapes always, compiled and checked once at start.
 *
 *   {{name}} {{a.b}} {{.}}            a value, escaped for HTML text and quoted attributes
 *   {{name|filter}} {{name|filter:arg}}  through a filter of the program, escaped afterwards
 *   {{@key}} {{@key name other|filter}}  a line of ui/text, {0}.. from the context, all escaped
 *   {{#name}}..{{/name}} {{^name}}..{{/name}}   sections over lists, maps and anything true
 *   {{> file}} {{! comment}}
 *   {{#raw_html}}name{{/raw_html}}    the one way to print without escaping; long, so that it shows
 *
 * As in the public Mustache specification, with its rule on tags alone on their line and the
 * indentation of partials. Not taken over: other delimiters, lambdas, {{{name}}} and {{&name}} (an
 * error at start). False are: an absent name, null, false, 0, the empty text and the empty list.
 * Attribute values must be quoted; a URL from users needs a filter of its own.
 *
 * A set never changes once made, and may be used by many threads at once.
 */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "base/base.h"

enum {
    TEMPLATE_BYTES_MAX = 32 * 1024 * 1024, /* Of one page. */
    TEMPLATE_DEPTH_MAX = 64,               /* Sections and partials inside one another. */
    TEMPLATE_NAMES_MAX = 8, /* Names between the dots of one, arguments of one line. */
};

/* The text of one template; name without folder ui/pages and without ".html". */
typedef struct TemplateSource {
    const char *name;
    Str text;
} TemplateSource;

/* Turns a value (NULL when the name is absent) into text, which is then escaped. `arg` is what
 * stood behind the colon. The text must live as long as cx->arena. */
typedef Str TemplateFilterFn(Cx *cx, const Val *value, Str arg);

typedef struct TemplateFilter {
    const char *name;
    TemplateFilterFn *apply;
} TemplateFilter;

typedef struct TemplateConfig {
    const TemplateSource *sources;
    size_t source_count;
    const TemplateFilter *filters;
    size_t filter_count;
    bool strict;      /* For tests: a name found nowhere is an error, not empty. */
    size_t bytes_max; /* Of one page; 0 is TEMPLATE_BYTES_MAX. */
} TemplateConfig;

typedef struct Templates Templates;

/* Compiles and checks all sources into `arena`, which must outlive the set; so must the text.
 * ERR_INPUT, a key of template. with file:line and what is wrong: an unclosed or crossed section,
 * an unknown partial, text key or filter, a tag that we do not have. */
NODISCARD Err templates_init(Cx *cx, Arena *arena, const TemplateConfig *config,
                             Templates **ret_set);

/* Whether there is a template of this name. */
bool templates_has(const Templates *set, const char *name);

/* Adds the page to `out`; takes no memory but that of `out` and of the filters. On an error `out`
 * is as long as before. ERR_MISSING no such template; ERR_LIMIT too long or too deep; ERR_BUG, in a
 * strict set, a name found nowhere: cx->err has file:line and the name. */
NODISCARD Err template_render(Cx *cx, const Templates *set, const char *name, const Val *data,
                              Buf *out);

#endif
