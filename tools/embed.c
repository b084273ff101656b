/* embed.c - puts files of the tree into the program while it is built.
 *
 * embed text OUT.c DEPFILE DIR
 *     Lines `key | 中文 | English` of the .txt files of DIR become a table sorted by key. A line
 * without both languages, a key written twice and arguments ({0}..) of one language that the other
 * lacks stop the build, with file and line. embed assets OUT.c OUT.bin DEPFILE PAGES_DIR STATIC_DIR
 * [name=path ...] Templates and static files become one block of bytes that the assembler takes in
 * whole
 *     (.incbin: a compiler would chew on a megabyte of numbers), and tables of what lies where.
 *     Text is kept as gzip and brotli as well, made once with the strongest setting.
 */
#include "tool.h"

#include <brotli/encode.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- text ---- */

typedef struct TextRow {
    Str key, zh, en;
    const char *file;
    int line;
} TextRow;

typedef struct TextRows {
    TextRow *items;
    size_t count;
    size_t cap;
    int wrong; /* Lines that were refused. */
} TextRows;

static void refuse(TextRows *rows, const TextRow *row, const char *why)
{
    fprintf(stderr, "%s:%d: %s\n", row->file, row->line, why);
    rows->wrong++;
}

static bool key_valid(Str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_'))
            return false;
    }
    return key.len > 0;
}

/* Bit n for every {n} in the words. */
static unsigned args_of(Str words)
{
    unsigned bits = 0;
    for (size_t i = 0; i + 2 < words.len; i++)
        if (words.data[i] == '{' && words.data[i + 2] == '}' && words.data[i + 1] >= '0' &&
            words.data[i + 1] < '0' + ERR_ARGS_MAX)
            bits |= 1u << (words.data[i + 1] - '0');
    return bits;
}

static void add_row(Arena *arena, TextRows *rows, TextRow row, Str line)
{
    Str rest = line, part;
    if (str_split(&rest, '|', &part))
        row.key = str_trim(part);
    if (str_split(&rest, '|', &part))
        row.zh = str_trim(part);
    row.en = str_trim(rest);
    if (!utf8_valid(line))
        refuse(rows, &row, "not valid UTF-8");
    else if (!key_valid(row.key))
        refuse(rows, &row, "a line is `key | 中文 | English`; a key has a-z 0-9 . and _ only");
    else if (!row.zh.len || !row.en.len)
        refuse(rows, &row,
               row.zh.len ? "the English half is missing" : "the Chinese half is missing");
    else if (args_of(row.zh) != args_of(row.en))
        refuse(rows, &row, "the {0}.. of one language are not those of the other");
    if (rows->count == rows->cap) {
        size_t cap = rows->cap ? rows->cap * 2 : 256;
        rows->items = arena_grow(arena, rows->items, rows->cap * sizeof row, cap * sizeof row);
        rows->cap = cap;
    }
    rows->items[rows->count++] = row;
}

static void read_text_file(Arena *arena, TextRows *rows, const char *path)
{
    Str rest = tool_read(arena, path), line;
    for (int number = 1; str_split(&rest, '\n', &line); number++) {
        line = str_trim(line);
        if (line.len && line.data[0] != '#')
            add_row(arena, rows, (TextRow){.file = path, .line = number}, line);
    }
}

static int row_order(const void *a, const void *b)
{
    return str_order(((const TextRow *)a)->key, ((const TextRow *)b)->key);
}

static void refuse_duplicates(TextRows *rows)
{
    if (rows->count > 1)
        qsort(rows->items, rows->count, sizeof *rows->items, row_order);
    for (size_t i = 1; i < rows->count; i++) {
        const TextRow *row = &rows->items[i], *before = &rows->items[i - 1];
        if (!str_same(row->key, before->key))
            continue;
        refuse(rows, row, "this key stands twice; the other place is below");
        fprintf(stderr, "%s:%d: the other %.*s\n", before->file, before->line, STR_ARG(row->key));
    }
}

static int embed_text(const char *out_path, const char *dep_path, const char *dir)
{
    Arena arena = {0};
    ToolPaths files = {0}, inputs = {0};
    tool_walk(&arena, dir, ".txt", &files, &inputs);
    TextRows rows = {0};
    for (size_t i = 0; i < files.count; i++) {
        read_text_file(&arena, &rows, files.items[i]);
        tool_paths_add(&arena, &inputs, files.items[i]);
    }
    refuse_duplicates(&rows);
    if (rows.wrong)
        return 1;

    Buf out = buf_new(&arena);
    buf_z(&out, "/* Made by tools/embed from ui/text. */\n#include \"base/text_table.h\"\n\n"
                "const TextLine text_lines[] = {\n");
    for (size_t i = 0; i < rows.count; i++) {
        const TextRow *row = &rows.items[i];
        buf_z(&out, "    {");
        tool_c_string(&out, row->key);
        buf_z(&out, ", {");
        tool_c_string(&out, row->zh);
        buf_z(&out, ", ");
        tool_c_string(&out, row->en);
        buf_z(&out, "}},\n");
    }
    buf_format(&out, "    {0},\n};\n\nconst size_t text_line_count = %zu;\n", rows.count);
    tool_write(out_path, buf_str(&out));
    tool_write_depfile(dep_path, out_path, &inputs);
    arena_done(&arena);
    return 0;
}

/* ---- assets ---- */

typedef struct AssetKind {
    const char *suffix;
    const char *type;
    bool text; /* Worth packing. */
} AssetKind;

static const AssetKind asset_kinds[] = {
    {".css", "text/css; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".mjs", "text/javascript; charset=utf-8", true},
    {".json", "application/json", true},
    {".map", "application/json", true},
    {".svg", "image/svg+xml", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".html", "text/html; charset=utf-8", true},
    {".webmanifest", "application/manifest+json", true},
    {".ico", "image/x-icon", false},
    {".png", "image/png", false},
    {".webp", "image/webp", false},
    {".woff2", "font/woff2", false},
    {".pdf", "application/pdf", false},
};

/* The block of bytes, and the two tables that point into it. */
typedef struct Pack {
    Arena *arena;
    Buf bytes;
    Buf assets;
    Buf pages;
    size_t asset_count;
    size_t page_count;
} Pack;

static const AssetKind *kind_of(const char *name)
{
    for (size_t i = 0; i < COUNT(asset_kinds); i++)
        if (str_ends(str_from(name), str_from(asset_kinds[i].suffix)))
            return &asset_kinds[i];
    tool_fail(
        "%s: no content type is known for this ending: add it to asset_kinds in tools/embed.c",
        name);
}

static Str gzip(Arena *arena, Str raw)
{
    enum { LEVEL = 9, WINDOW_WITH_GZIP_HEAD = 15 + 16, MEMORY = 9 };
    z_stream stream = {0};
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW_WITH_GZIP_HEAD, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        tool_fail("gzip: cannot begin");
    size_t cap = deflateBound(&stream, (uLong)raw.len) + 32;
    char *out = arena_take(arena, cap);
    char *in = str_z(arena, raw);
    stream.next_in = (Bytef *)in;
    stream.avail_in = (uInt)raw.len;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)cap;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        tool_fail("gzip: did not end");
    deflateEnd(&stream);
    return (Str){out, stream.total_out};
}

static Str brotli(Arena *arena, Str raw)
{
    size_t len = BrotliEncoderMaxCompressedSize(raw.len) + 64;
    uint8_t *out = arena_take(arena, len);
    if (!BrotliEncoderCompress(BROTLI_MAX_QUALITY, BROTLI_MAX_WINDOW_BITS, BROTLI_MODE_TEXT,
                               raw.len, (const uint8_t *)raw.data, &len, out))
        tool_fail("brotli: did not end");
    return (Str){(char *)out, len};
}

/* Adds bytes to the block and their place to a table, as a Str. */
static void put_bytes(Pack *pack, Buf *row, Str bytes)
{
    if (bytes.len)
        buf_format(row, "{asset_bytes + %zu, %zu}", pack->bytes.len, bytes.len);
    else
        buf_z(row, "{0}");
    buf_add(&pack->bytes, bytes);
    buf_char(&pack->bytes, '\0');
}

static void add_asset(Pack *pack, const char *name, const char *path)
{
    const AssetKind *kind = kind_of(name);
    Str raw = tool_read(pack->arena, path);
    u8 hash[SHA256_DIGEST_LENGTH];
    SHA256((const u8 *)raw.data, raw.len, hash);
    Str gz = kind->text ? gzip(pack->arena, raw) : (Str){0};
    Str br = kind->text ? brotli(pack->arena, raw) : (Str){0};

    Buf *row = &pack->assets;
    buf_z(row, "    {");
    tool_c_string(row, str_from(name));
    buf_format(row, ", \"%s\", \"%.*s\",\n     ", kind->type,
               STR_ARG(hex_from(pack->arena, hash, 8)));
    put_bytes(pack, row, raw);
    buf_z(row, ", ");
    put_bytes(pack, row, gz.len < raw.len ? gz : (Str){0});
    buf_z(row, ", ");
    put_bytes(pack, row, br.len < raw.len ? br : (Str){0});
    buf_z(row, "},\n");
    pack->asset_count++;
}

static void add_page(Pack *pack, const char *path, size_t dir_len)
{
    Str text = tool_read(pack->arena, path);
    if (!utf8_valid(text))
        tool_fail("%s: not valid UTF-8", path);
    Buf *row = &pack->pages;
    Str file = str_from(path + dir_len + 1);
    buf_z(row, "    {");
    tool_c_string(row, str_slice(file, 0, file.len - strlen(".html")));
    buf_z(row, ", ");
    put_bytes(pack, row, text);
    buf_z(row, "},\n");
    pack->page_count++;
}

static void write_assets(Pack *pack, const char *out_path, const char *bin_path)
{
    u8 hash[SHA256_DIGEST_LENGTH];
    SHA256((const u8 *)pack->bytes.data, pack->bytes.len, hash);
    Buf out = buf_new(pack->arena);
    buf_format(&out, "/* Made by tools/embed from ui and the front's libraries: %.*s. */\n",
               STR_ARG(hex_from(pack->arena, hash, sizeof hash)));
    buf_format(&out,
               "#include \"web/asset_table.h\"\n\n"
               "__asm__(\".section .rodata\\n.balign 16\\n.globl asset_bytes\\nasset_bytes:\\n\"\n"
               "        \".incbin \\\"%s\\\"\\n.byte 0\\n.text\\n\");\n"
               "extern const char asset_bytes[];\n\n",
               bin_path);
    buf_z(&out, "/* clang-format off */\nconst Asset asset_table[] = {\n");
    buf_add(&out, buf_str(&pack->assets));
    buf_format(&out, "    {0},\n};\n\nconst size_t asset_table_count = %zu;\n\n",
               pack->asset_count);
    buf_z(&out, "const TemplateSource page_sources[] = {\n");
    buf_add(&out, buf_str(&pack->pages));
    buf_format(&out, "    {0},\n};\n\nconst size_t page_source_count = %zu;\n", pack->page_count);
    tool_write(bin_path, buf_str(&pack->bytes));
    tool_write(out_path, buf_str(&out));
}

typedef struct NamedPath {
    const char *name, *path;
} NamedPath;

static int named_order(const void *a, const void *b)
{
    return strcmp(((const NamedPath *)a)->name, ((const NamedPath *)b)->name);
}

/* The files of `dir` and the extra name=path pairs, sorted by name. */
static NamedPath *list_assets(Arena *arena, const ToolPaths *files, size_t dir_len, char **extra,
                              size_t extra_count)
{
    NamedPath *named = ARENA_NEW(arena, NamedPath, files->count + extra_count + 1);
    for (size_t i = 0; i < files->count; i++)
        named[i] = (NamedPath){files->items[i] + dir_len + 1, files->items[i]};
    for (size_t i = 0; i < extra_count; i++) {
        char *pair = str_z(arena, str_from(extra[i]));
        char *equals = strchr(pair, '=');
        if (equals) {
            *equals = '\0';
            named[files->count + i] = (NamedPath){pair, equals + 1};
        } else {
            tool_fail("embed: %s is not name=path", extra[i]);
        }
    }
    size_t count = files->count + extra_count;
    if (count > 1)
        qsort(named, count, sizeof *named, named_order);
    for (size_t i = 1; i < count; i++)
        if (strcmp(named[i].name, named[i - 1].name) == 0)
            tool_fail("%s: two files of this name: %s", named[i].path, named[i - 1].path);
    return named;
}

/* argv: OUT.c OUT.bin DEPFILE PAGES_DIR STATIC_DIR [name=path ...] */
static int embed_assets(char **argv, size_t argc)
{
    const char *out_path = argv[0], *bin_path = argv[1], *dep_path = argv[2];
    const char *pages_dir = argv[3], *static_dir = argv[4];
    Arena arena = {0};
    ToolPaths pages = {0}, files = {0}, inputs = {0};
    Pack pack = {.arena = &arena,
                 .bytes = buf_new(&arena),
                 .assets = buf_new(&arena),
                 .pages = buf_new(&arena)};

    tool_walk(&arena, pages_dir, ".html", &pages, &inputs);
    for (size_t i = 0; i < pages.count; i++) {
        add_page(&pack, pages.items[i], strlen(pages_dir));
        tool_paths_add(&arena, &inputs, pages.items[i]);
    }
    tool_walk(&arena, static_dir, "", &files, &inputs);
    size_t extra_count = argc - 5;
    NamedPath *named = list_assets(&arena, &files, strlen(static_dir), argv + 5, extra_count);
    for (size_t i = 0; i < files.count + extra_count; i++) {
        add_asset(&pack, named[i].name, named[i].path);
        tool_paths_add(&arena, &inputs, named[i].path);
    }
    write_assets(&pack, out_path, bin_path);
    tool_write_depfile(dep_path, out_path, &inputs);
    arena_done(&arena);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "text") == 0)
        return embed_text(argv[2], argv[3], argv[4]);
    if (argc >= 7 && strcmp(argv[1], "assets") == 0)
        return embed_assets(argv + 2, (size_t)argc - 2);
    tool_fail("usage: embed text OUT.c DEPFILE DIR\n"
              "       embed assets OUT.c OUT.bin DEPFILE PAGES_DIR STATIC_DIR [name=path ...]");
}
