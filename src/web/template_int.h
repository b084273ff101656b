/* template_int.h - a compiled template, as template_compile.c makes it and template.c runs it.
 *
 * A template is a list of nodes in order of the text. A section knows the index of its end, so that
 * it can be run again for each item or stepped over.
 *
 *   Hello {{#who}}{{name}}{{/who}}!      TEXT SECTION(end 3) VALUE END TEXT
 */
#ifndef WEB_TEMPLATE_INT_H
#define WEB_TEMPLATE_INT_H

#include "web/template.h"

/* A name in a tag: where a value comes from. */
typedef struct Ref {
    Str whole;                /* As written, for messages. */
    Str *parts;               /* Between the dots. */
    size_t part_count;        /* 0 for {{.}}. */
    TemplateFilterFn *filter; /* NULL for none. */
    Str filter_arg;
} Ref;

typedef enum NodeKind {
    NODE_TEXT,
    NODE_VALUE,
    NODE_RAW,
    NODE_SAY,
    NODE_SECTION,
    NODE_INVERTED,
    NODE_END,
    NODE_PARTIAL,
} NodeKind;

typedef struct Node {
    NodeKind kind;
    bool line_start; /* First on its line: the indentation of a partial goes before it. */
    unsigned line;   /* From 1. */
    Str text;        /* TEXT: itself. PARTIAL: what indents it. */
    Ref *refs;       /* One; for SAY as many as the line has arguments. */
    size_t ref_count;
    size_t end;           /* SECTION, INVERTED: index of the END. */
    size_t partial;       /* PARTIAL: index in the set. */
    const char *words[2]; /* SAY: by Lang. */
} Node;

typedef struct Template {
    const char *name;
    Node *nodes;
    size_t node_count;
} Template;

struct Templates {
    Template *items; /* In the order of the sources. */
    size_t count;
    bool strict;
    size_t bytes_max;
};

/* The index of a template; set->count when there is none. */
size_t template_index(const Templates *set, Str name);

/* Compiles one source. Errors as templates_init. */
NODISCARD Err template_compile(Cx *cx, Arena *arena, const TemplateConfig *config,
                               const Templates *set, const TemplateSource *source, Template *ret);

#endif
