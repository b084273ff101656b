/* gen_synonyms.c - makes the table of synonym groups that the program brings, from a text file.
 *
 * Usage: gen_synonyms IN.txt OUT.c. A group a line, names with ; between, lines with # are notes. A
 * line with fewer than two names, and a name that stands twice, end the build.
 */
#include "tool.h"

enum { NAMES_MAX = 4000 };

static Str names[NAMES_MAX];
static size_t name_count;

static void take_name(Str name, int line)
{
    if (!name.len)
        tool_fail("gen_synonyms: line %d: an empty name", line);
    for (size_t i = 0; i < name_count; i++)
        if (str_same(names[i], name))
            tool_fail("gen_synonyms: line %d: %.*s stands twice", line, STR_ARG(name));
    if (name_count == NAMES_MAX)
        tool_fail("gen_synonyms: more than %d names", NAMES_MAX);
    names[name_count++] = name;
}

static void take_group(Buf *out, Str group, int line)
{
    Str rest = group, name;
    size_t first = name_count;
    while (rest.len && str_split(&rest, ';', &name))
        take_name(str_trim(name), line);
    if (name_count < first + 2)
        tool_fail("gen_synonyms: line %d: one name is no group", line);
    Buf joined = buf_new(out->arena);
    for (size_t i = first; i < name_count; i++) {
        buf_z(&joined, i > first ? ";" : "");
        buf_add(&joined, names[i]);
    }
    buf_z(out, "    ");
    tool_c_string(out, buf_str(&joined));
    buf_z(out, ",\n");
}

int main(int argc, char **argv)
{
    if (argc != 3)
        tool_fail("usage: gen_synonyms IN.txt OUT.c");
    Arena arena = {0};
    Str rest = tool_read(&arena, argv[1]), text;
    Buf out = buf_new(&arena);
    size_t count = 0;
    buf_z(&out, "/* Made by tools/gen_synonyms. */\n#include \"match/match_synonym.h\"\n\n"
                "const char *const synonyms_start[] = {\n");
    for (int line = 1; rest.len && str_split(&rest, '\n', &text); line++) {
        text = str_trim(text);
        if (!text.len || text.data[0] == '#')
            continue;
        take_group(&out, text, line);
        count++;
    }
    buf_format(&out, "};\nconst size_t synonyms_start_count = %zu;\n", count);
    tool_write(argv[2], buf_str(&out));
    arena_done(&arena);
    return 0;
}
