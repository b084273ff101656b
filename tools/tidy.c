/* tidy.c - reads the tree and fails on what we have agreed not to write. Run as a test.
 *
 * Usage: tidy [ROOT]. Prints `file:line: what: how to mend it` for each find.
 *
 * Layers come from src/LAYERS. Exceptions stand in tools/tidy.allow, a row each, with a reason:
 *
 *     kind  where  [number]  reason
 *
 * long   file:function lines   a function over the limit; the number may only shrink
 * file   file lines            a file over the limit; the number may only shrink
 * wide   file lines            so many lines over 100 columns; the number may only shrink
 * call   file:name             a banned call
 * path   file                  names a host or a machine's folder
 *
 * A row that is no longer needed is a find, too. The reading is by simple rules, not by a compiler:
 * it relies on the layout that clang-format makes.
 */
#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    FUNCTION_LINES_MAX = 70,
    SOURCE_LINES_MAX = 1000,
    HEADER_LINES_MAX = 250,
    COLUMNS_MAX = 100,
    TABLE_COLUMNS_MAX = 260, /* Of a table between clang-format off and on. */
    ROOMS_MAX = 64,
    WORD_MAX = 128,
};

typedef struct Allow {
    Str kind, where;
    i64 number;
    unsigned line;
    bool used;
} Allow;

typedef struct Room {
    Str name, may; /* `may` with a blank on both ends. */
} Room;

typedef struct Tidy {
    Arena *arena;
    Allow *allows;
    size_t allow_count;
    Room rooms[ROOMS_MAX];
    size_t room_count;
    Str keys; /* All keys of ui/text, each with a line end on both sides. */
    int finds;
    int files;
} Tidy;

/* A file being looked at. */
typedef struct File {
    const char *path;
    Str text;
    Str code; /* As long as the text; comments, strings and directives are blanks. */
    Str room; /* Empty outside src. */
    bool source, header, test;
} File;

static void find_at(Tidy *t, const char *path, unsigned line, const char *format, ...)
    PRINTF_LIKE(4, 5);

static void find_at(Tidy *t, const char *path, unsigned line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s:%u: ", path, line);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    t->finds++;
}

static unsigned line_of(Str text, size_t at)
{
    unsigned line = 1;
    for (size_t i = 0; i < at && i < text.len; i++)
        line += text.data[i] == '\n';
    return line;
}

/* ---- exceptions ---- */

static bool next_word(Str *rest, Str *ret)
{
    *rest = str_trim(*rest);
    size_t len = 0;
    while (len < rest->len && rest->data[len] != ' ' && rest->data[len] != '\t')
        len++;
    *ret = str_slice(*rest, 0, len);
    *rest = str_trim(str_slice(*rest, len, rest->len));
    return len > 0;
}

static void read_allows(Tidy *t, const char *path)
{
    if (access(path, R_OK) != 0)
        return;
    Str rest = tool_read(t->arena, path), line, number = {0};
    t->allows = ARENA_NEW(t->arena, Allow, rest.len / 4 + 1);
    for (unsigned n = 1; str_split(&rest, '\n', &line); n++) {
        Allow row = {.line = n};
        if (!next_word(&line, &row.kind) || row.kind.data[0] == '#')
            continue;
        bool counted = str_same_z(row.kind, "long") || str_same_z(row.kind, "file") ||
                       str_same_z(row.kind, "wide");
        bool whole = next_word(&line, &row.where) &&
                     (!counted || (next_word(&line, &number) && str_to_i64(number, &row.number)));
        if (!whole || !line.len)
            find_at(t, path, n, "a row is `kind where [number] reason`: write all of them");
        else
            t->allows[t->allow_count++] = row;
    }
}

static Allow *find_allow(Tidy *t, const char *kind, Str where)
{
    for (size_t i = 0; i < t->allow_count; i++)
        if (str_same_z(t->allows[i].kind, kind) && str_same(t->allows[i].where, where))
            return &t->allows[i];
    return NULL;
}

static bool allowed(Tidy *t, const char *kind, Str where)
{
    Allow *row = find_allow(t, kind, where);
    if (row)
        row->used = true;
    return row != NULL;
}

/* Something counted against its limit, or the number that it has been allowed. */
static void check_count(Tidy *t, const char *kind, const char *path, unsigned line, Str where,
                        i64 count, i64 limit, const char *mend)
{
    Allow *row = find_allow(t, kind, where);
    if (count <= limit)
        return;
    if (!row) {
        find_at(t, path, line, "%.*s: %lld, the limit is %lld: %s", STR_ARG(where),
                (long long)count, (long long)limit, mend);
        return;
    }
    row->used = true;
    if (count > row->number)
        find_at(t, path, line, "%.*s: %lld, tools/tidy.allow has %lld: %s", STR_ARG(where),
                (long long)count, (long long)row->number, mend);
    if (count < row->number)
        find_at(t, "tools/tidy.allow", row->line, "%.*s has %lld now: lower the number",
                STR_ARG(where), (long long)count);
}

/* ---- layers ---- */

static void read_layers(Tidy *t, const char *path)
{
    Str rest = tool_read(t->arena, path), line, name;
    while (str_split(&rest, '\n', &line)) {
        line = str_trim(line);
        if (!line.len || line.data[0] == '#')
            continue;
        if (!str_split(&line, ':', &name) || t->room_count == ROOMS_MAX)
            tool_fail("%s: a row is `room : rooms it may include`", path);
        Room *room = &t->rooms[t->room_count++];
        room->name = str_trim(name);
        room->may = str_format(t->arena, " %.*s ", STR_ARG(str_trim(line)));
    }
}

static const Room *find_room(const Tidy *t, Str name)
{
    for (size_t i = 0; i < t->room_count; i++)
        if (str_same(t->rooms[i].name, name))
            return &t->rooms[i];
    return NULL;
}

static void check_include(Tidy *t, const File *file, unsigned line, Str name)
{
    size_t slash = str_find(name, S("/"));
    Str target = str_slice(name, 0, slash);
    if (slash == name.len) {
        find_at(t, file->path, line, "include of \"%.*s\": write it with its room, \"room/file.h\"",
                STR_ARG(name));
        return;
    }
    const Room *own = find_room(t, file->room);
    if (!own || str_same(target, own->name))
        return;
    if (!find_room(t, target))
        find_at(t, file->path, line, "%.*s is no room: add it to src/LAYERS", STR_ARG(target));
    else if (!str_has(own->may, str_format(t->arena, " %.*s ", STR_ARG(target))))
        find_at(t, file->path, line,
                "%.*s may not include %.*s (src/LAYERS): pass a value in, or move on facts",
                STR_ARG(own->name), STR_ARG(name));
    else if (str_ends(name, S("_int.h")))
        find_at(t, file->path, line, "\"%.*s\" is for its own room: include the room's header",
                STR_ARG(name));
}

static void check_includes(Tidy *t, const File *file)
{
    Str rest = file->text, line;
    for (unsigned n = 1; str_split(&rest, '\n', &line); n++) {
        line = str_trim(line);
        if (!str_starts(line, S("#include \"")))
            continue;
        Str name = str_slice(line, strlen("#include \""), line.len);
        check_include(t, file, n, str_slice(name, 0, str_find(name, S("\""))));
    }
}

/* ---- reading code ---- */

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void blank(char *code, size_t at)
{
    if (code[at] != '\n')
        code[at] = ' ';
}

/* Blanks a string or character literal from its first quote; returns the index after it. */
static size_t blank_literal(char *code, size_t len, size_t at)
{
    char quote = code[at];
    size_t end = at + 1;
    while (end < len && code[end] != quote && code[end] != '\n')
        end += code[end] == '\\' ? 2 : 1;
    end = end < len ? end + 1 : len;
    for (size_t i = at + 1; i + 1 < end; i++)
        blank(code, i);
    return end;
}

/* Blanks a comment or a directive from `at`; returns the index after it. */
static size_t blank_comment(char *code, size_t len, size_t at)
{
    bool block = code[at + 1] == '*';
    size_t end = at + 2;
    while (end < len && (block ? !(code[end] == '/' && code[end - 1] == '*' && end > at + 2)
                               : !(code[end] == '\n' && code[end - 1] != '\\')))
        end++;
    end = block && end < len ? end + 1 : end;
    for (size_t i = at; i < end; i++)
        blank(code, i);
    return end;
}

/* The text with comments, directives and the inside of literals blanked out. */
static Str code_of(Arena *arena, Str text)
{
    char *code = str_z(arena, text);
    bool line_start = true;
    for (size_t i = 0; i < text.len;) {
        char c = code[i];
        if (c == '/' && (code[i + 1] == '*' || code[i + 1] == '/'))
            i = blank_comment(code, text.len, i);
        else if (c == '#' && line_start)
            i = blank_comment(code, text.len, i);
        else if (c == '"' || c == '\'')
            i = blank_literal(code, text.len, i);
        else
            i++;
        line_start = c == '\n' || (line_start && (c == ' ' || c == '\t'));
    }
    return (Str){code, text.len};
}

/* ---- banned calls ---- */

typedef struct Ban {
    const char *name, *instead;
    const char *rooms; /* Where it may stand, each between blanks; "" nowhere. */
} Ban;

// clang-format off
static const Ban bans[] = {
    {"malloc",        "take memory from the request's arena",            " base "},
    {"calloc",        "take memory from the request's arena",            " base "},
    {"realloc",       "use arena_grow or Buf",                           " base "},
    {"free",          "memory belongs to the arena",                     " base "},
    {"strdup",        "use str_copy or str_z",                           " base "},
    {"strndup",       "use str_copy or str_z",                           " base "},
    {"asprintf",      "use str_format",                                  " base "},
    {"alloca",        "take memory from the request's arena",            ""},
    {"strcpy",        "use Str and Buf",                                 ""},
    {"strncpy",       "use Str and Buf",                                 ""},
    {"strcat",        "use Buf",                                         ""},
    {"strncat",       "use Buf",                                         ""},
    {"sprintf",       "use str_format or buf_format",                    ""},
    {"vsprintf",      "use str_format or buf_format",                    ""},
    {"strtok",        "use str_split",                                   ""},
    {"gets",          "read into a Buf with a limit",                    ""},
    {"atoi",          "use str_to_i64, which can say no",                ""},
    {"atol",          "use str_to_i64, which can say no",                ""},
    {"atoll",         "use str_to_i64, which can say no",                ""},
    {"time",          "use clock_now_ms(cx->clock)",                     " base "},
    {"gettimeofday",  "use clock_now_ms(cx->clock)",                     " base "},
    {"clock_gettime", "use clock_now_ms or clock_steady_ns",             " base "},
    {"localtime",     "use time_format",                                 " base "},
    {"localtime_r",   "use time_format",                                 " base "},
    {"gmtime",        "use time_format_iso",                             " base "},
    {"mktime",        "use time_parse",                                  " base "},
    {"rand",          "use cx->chance",                                  ""},
    {"srand",         "use cx->chance",                                  ""},
    {"random",        "use cx->chance",                                  ""},
    {"printf",        "rooms return, the command line prints",           " cli "},
    {"vprintf",       "rooms return, the command line prints",           " cli "},
    {"puts",          "rooms return, the command line prints",           " cli "},
    {"putchar",       "rooms return, the command line prints",           " cli "},
    {"system",        "call the library",                                ""},
    {"popen",         "call the library",                                ""},
    {"record_insert", "use fact_create: a row goes with its fact",       " record fact "},
    {"record_update", "use fact_change: a row goes with its fact",       " record fact "},
    {"record_delete", "use fact_remove: a row goes with its fact",       " record fact "},
};
// clang-format on

/* tools/ and bench/ are programs: they may print, and the record rules are not about them. Tests
 * are programs too, and the libraries they are written with speak C strings. */
static bool ban_applies(const Ban *ban, const File *file)
{
    if (file->test)
        return false;
    if (!file->room.len)
        return ban->rooms[0] == '\0';
    Arena arena = {0};
    bool inside = str_has(str_from(ban->rooms), str_format(&arena, " %.*s ", STR_ARG(file->room)));
    arena_done(&arena);
    return !inside;
}

static bool calls(Str code, size_t at, size_t len)
{
    size_t before = at, after = at + len;
    while (before > 0 && code.data[before - 1] == ' ')
        before--;
    bool member = before > 0 && (code.data[before - 1] == '.' || code.data[before - 1] == '>');
    while (after < code.len && code.data[after] == ' ')
        after++;
    return !member && after < code.len && code.data[after] == '(';
}

static void check_word(Tidy *t, const File *file, size_t at, Str word)
{
    if (str_same_z(word, "goto") && file->room.len && !str_same_z(file->room, "base") &&
        !str_same_z(file->room, "store")) {
        find_at(t, file->path, line_of(file->code, at), "goto: return early; the arena cleans up");
        return;
    }
    if (str_same_z(word, "stdout") && file->room.len && !file->test &&
        !str_same_z(file->room, "cli")) {
        find_at(t, file->path, line_of(file->code, at),
                "stdout: rooms return, the command line prints");
        return;
    }
    for (size_t i = 0; i < COUNT(bans); i++) {
        if (!str_same_z(word, bans[i].name) || !calls(file->code, at, word.len) ||
            !ban_applies(&bans[i], file))
            continue;
        Str where = str_format(t->arena, "%s:%s", file->path, bans[i].name);
        if (!allowed(t, "call", where))
            find_at(t, file->path, line_of(file->code, at), "call of %s: %s", bans[i].name,
                    bans[i].instead);
    }
}

static void check_words(Tidy *t, const File *file)
{
    Str code = file->code;
    for (size_t i = 0; i < code.len;) {
        if (!word_char(code.data[i])) {
            i++;
            continue;
        }
        size_t end = i;
        while (end < code.len && word_char(code.data[end]))
            end++;
        check_word(t, file, i, str_slice(code, i, end));
        i = end;
    }
}

/* ---- functions and declarations ---- */

/* The identifier before the first parenthesis of a declaration that has no attribute before it. */
static Str function_name(Str head)
{
    size_t paren = str_find(head, S("("));
    Str before = str_trim(str_slice(head, 0, paren));
    size_t from = before.len;
    while (from > 0 && word_char(before.data[from - 1]))
        from--;
    return str_slice(before, from, before.len);
}

static void check_function(Tidy *t, const File *file, size_t head, size_t open, size_t close)
{
    Str text = str_slice(file->code, head, open);
    if (str_has(text, S("=")) || !str_ends(str_trim(text), S(")")))
        return;
    Str name = function_name(text);
    size_t begin = (size_t)(name.data - file->code.data);
    unsigned from = line_of(file->code, begin);
    i64 lines = (i64)line_of(file->code, close) - from + 1;
    Str where = str_format(t->arena, "%s:%.*s", file->path, STR_ARG(name));
    check_count(t, "long", file->path, from, where, lines, FUNCTION_LINES_MAX,
                "cut it into steps with names");
}

/* A comment in the group of the declaration: the lines around it up to an empty one. */
static bool has_comment(const File *file, size_t begin, size_t end)
{
    Str text = file->text;
    size_t from = begin;
    while (from > 1 && !(text.data[from - 1] == '\n' && text.data[from - 2] == '\n'))
        from--;
    size_t to = end + str_find(str_slice(text, end, text.len), S("\n\n"));
    Str group = str_slice(text, from, to);
    return str_has(group, S("/*")) || str_has(group, S("*/")) || str_has(group, S("//"));
}

static void check_declaration(Tidy *t, const File *file, size_t begin, size_t end)
{
    while (begin < end && (file->code.data[begin] == ' ' || file->code.data[begin] == '\n'))
        begin++;
    Str text = str_slice(file->code, begin, end);
    if (!str_has(text, S("(")) || str_starts(text, S("typedef")) || str_starts(text, S("static")) ||
        str_starts(text, S("_Static_assert")))
        return;
    if (!has_comment(file, begin, end))
        find_at(t, file->path, line_of(file->code, begin),
                "%.*s has no comment: say units, ownership and errors above it or its group",
                STR_ARG(function_name(text)));
}

static void check_outline(Tidy *t, const File *file)
{
    bool public_header =
        file->header && file->room.len && !str_ends(str_from(file->path), S("_int.h"));
    size_t depth = 0, head = 0, open = 0;
    for (size_t i = 0; i < file->code.len; i++) {
        char c = file->code.data[i];
        if (c == '{' && depth++ == 0)
            open = i;
        if (c == '}' && depth > 0 && --depth == 0) {
            check_function(t, file, head, open, i);
            head = i + 1;
        }
        if (c == ';' && depth == 0) {
            if (public_header)
                check_declaration(t, file, head, i);
            head = i + 1;
        }
    }
    if (depth)
        find_at(t, file->path, line_of(file->code, open), "braces do not match: cannot be read");
}

/* ---- message keys ---- */

/* Argument `index` of the call whose parenthesis is at `open`, as written. */
static Str argument(const File *file, size_t open, size_t index)
{
    size_t depth = 0, from = open + 1;
    for (size_t i = open; i < file->code.len; i++) {
        char c = file->code.data[i];
        depth += c == '(' || c == '{' || c == '[';
        bool end = depth == 1 && (c == ',' || c == ')');
        if (end && index == 0)
            return str_trim(str_slice(file->text, from, i));
        if (end && c == ',') {
            index--;
            from = i + 1;
        }
        if (c == ')' || c == '}' || c == ']')
            depth--;
        if (depth == 0)
            break;
    }
    return (Str){0};
}

static void check_key(Tidy *t, const File *file, size_t open, size_t index)
{
    Str key = argument(file, open, index);
    if (key.len < 3 || key.data[0] != '"' || key.data[key.len - 1] != '"')
        return;
    key = str_slice(key, 1, key.len - 1);
    if (!str_has(t->keys, str_format(t->arena, "\n%.*s\n", STR_ARG(key))))
        find_at(t, file->path, line_of(file->code, open),
                "no text for the key %.*s: add it to ui/text in both languages", STR_ARG(key));
}

static void check_keys(Tidy *t, const File *file)
{
    static const struct {
        const char *call;
        size_t index;
    } setters[] = {{"err_set(", 3}, {"err_set_arg(", 3}, {"err_set_args(", 3}, {"err_collect(", 2}};
    for (size_t s = 0; s < COUNT(setters); s++) {
        Str call = str_from(setters[s].call);
        for (size_t at = 0; at < file->code.len; at++) {
            at += str_find(str_slice(file->code, at, file->code.len), call);
            if (at < file->code.len)
                check_key(t, file, at + call.len - 1, setters[s].index);
        }
    }
}

static void read_keys(Tidy *t, const char *dir)
{
    ToolPaths files = {0};
    tool_walk(t->arena, dir, ".txt", &files, NULL);
    Buf keys = buf_new(t->arena);
    buf_char(&keys, '\n');
    for (size_t i = 0; i < files.count; i++) {
        Str rest = tool_read(t->arena, files.items[i]), line, key;
        while (str_split(&rest, '\n', &line))
            if (str_split(&line, '|', &key)) {
                buf_add(&keys, str_trim(key));
                buf_z(&keys, "\n");
            }
    }
    t->keys = buf_str(&keys);
}

/* ---- lines of any text ---- */

/* Hosts that packages come from, and folders of one machine. Cut in two, so as not to find itself.
 */
static const char *const bad_places[] = {
    "registry."
    "npmjs",
    "npm"
    "mirror",
    "/wo"
    "rk/",
    "/ho"
    "me/",
    "/ro"
    "ot/",
};

static void check_places(Tidy *t, const char *path, Str text)
{
    for (size_t i = 0; i < COUNT(bad_places); i++) {
        size_t at = str_find(text, str_from(bad_places[i]));
        if (at < text.len && !allowed(t, "path", str_from(path)))
            find_at(t, path, line_of(text, at), "names %s: write what works on any machine",
                    bad_places[i]);
    }
}

static void check_lines(Tidy *t, const File *file)
{
    Str rest = file->text, line;
    i64 wide = 0;
    unsigned n = 0, first_wide = 0;
    bool table = false; /* One row a line, aligned by hand: wider than prose and code. */
    while (str_split(&rest, '\n', &line)) {
        n++;
        if (str_same(str_trim(line), S("// clang-format off")))
            table = true;
        else if (str_same(str_trim(line), S("// clang-format on")))
            table = false;
        if (memchr(line.data, '\t', line.len))
            find_at(t, file->path, n, "a tab: indent with blanks");
        if (line.len && strchr(" \r", line.data[line.len - 1]))
            find_at(t, file->path, n, "blanks at the end of the line: take them off");
        if (utf8_count(line) > (table ? TABLE_COLUMNS_MAX : COLUMNS_MAX) && wide++ == 0)
            first_wide = n;
    }
    check_count(t, "wide", file->path, first_wide, str_from(file->path), wide, 0,
                "lines over 100 columns: break them");
    check_count(t, "file", file->path, 1, str_from(file->path), n,
                file->header ? HEADER_LINES_MAX : SOURCE_LINES_MAX, "cut the file by its subjects");
    if (file->text.len && !str_ends(file->text, S("\n")))
        find_at(t, file->path, n, "no line end after the last line: add one");
}

/* ---- the tree ---- */

static void check_file(Tidy *t, const char *path)
{
    Str name = str_from(path);
    File file = {.path = path, .text = tool_read(t->arena, path)};
    file.header = str_ends(name, S(".h"));
    file.source = str_ends(name, S(".c"));
    file.test = str_ends(name, S("_test.c")) || str_starts(name, S("test/"));
    t->files++;
    if (memchr(file.text.data, '\0', file.text.len))
        return;
    check_places(t, path, file.text);
    if (!file.header && !file.source)
        return;
    check_lines(t, &file);
    file.code = code_of(t->arena, file.text);
    if (str_starts(name, S("src/"))) {
        Str below = str_slice(name, strlen("src/"), name.len);
        file.room = str_slice(below, 0, str_find(below, S("/")));
        check_includes(t, &file);
        if (!file.test)
            check_keys(t, &file);
    }
    check_words(t, &file);
    check_outline(t, &file);
}

static void check_tree(Tidy *t)
{
    static const char *const folders[] = {"src",  "tools",  "bench", "test", "ui",
                                          "docs", "script", ".ci",   "data"};
    static const char *const singles[] = {"meson.build",       "meson_options.txt", "package.json",
                                          "package-lock.json", "README.md",         ".npmrc",
                                          ".gitignore"};
    ToolPaths files = {0};
    for (size_t i = 0; i < COUNT(folders); i++)
        tool_walk(t->arena, folders[i], "", &files, NULL);
    for (size_t i = 0; i < COUNT(singles); i++)
        if (access(singles[i], R_OK) == 0)
            tool_paths_add(t->arena, &files, singles[i]);
    tool_paths_sort(&files);
    for (size_t i = 0; i < files.count; i++)
        check_file(t, files.items[i]);
    for (size_t i = 0; i < t->allow_count; i++)
        if (!t->allows[i].used)
            find_at(t, "tools/tidy.allow", t->allows[i].line, "%.*s %.*s is not needed: remove it",
                    STR_ARG(t->allows[i].kind), STR_ARG(t->allows[i].where));
}

int main(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && chdir(argv[1]) != 0))
        tool_fail("usage: tidy [ROOT]");
    Arena arena = {0};
    Tidy t = {.arena = &arena};
    read_layers(&t, "src/LAYERS");
    read_allows(&t, "tools/tidy.allow");
    read_keys(&t, "ui/text");
    check_tree(&t);
    printf("tidy: %d files, %d finds\n", t.files, t.finds);
    arena_done(&arena);
    return t.finds != 0;
}
