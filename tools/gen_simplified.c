/* gen_simplified.c - makes the table of traditional to simplified characters, from ICU's Hant-Hans.
 *
 * Usage: gen_simplified OUT.c. Two levels: the high byte of a code point picks a page of 256, its
 * low byte the character there; 0 means that it stays as it is. One look-up, about 40 KB.
 * Characters outside the basic plane stay as they are.
 */
#include "tool.h"

#include <string.h>
#include <unicode/utrans.h>
#include <unicode/ustring.h>

enum { PAGE = 256, PLANE_END = 0x10000, FIRST = 0x2e80, LAST = 0xfaff };

/* The simplified form of one character, 0 when it is the same or not a single character. */
static u32 simplify(UTransliterator *hans, u32 code)
{
    UChar text[8] = {(UChar)code};
    int32_t len = 1, limit = 1;
    UErrorCode status = U_ZERO_ERROR;
    utrans_transUChars(hans, text, &len, (int32_t)COUNT(text), 0, &limit, &status);
    if (U_FAILURE(status))
        tool_fail("gen_simplified: U+%04X: %s", code, u_errorName(status));
    return len == 1 && text[0] != code ? text[0] : 0;
}

static void write_page(Buf *buf, const u32 *page)
{
    buf_z(buf, "    {");
    for (size_t i = 0; i < PAGE; i++)
        buf_format(buf, "%s%u", i ? "," : "", page[i]);
    buf_z(buf, "},\n");
}

int main(int argc, char **argv)
{
    if (argc != 2)
        tool_fail("usage: gen_simplified OUT.c");
    UErrorCode status = U_ZERO_ERROR;
    UChar id[16];
    u_uastrcpy(id, "Hant-Hans");
    UTransliterator *hans = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    if (U_FAILURE(status))
        tool_fail("gen_simplified: ICU has no Hant-Hans: %s", u_errorName(status));

    static u32 simple[PLANE_END];
    size_t count = 0;
    for (u32 code = FIRST; code <= LAST; code++) {
        if (code < 0xd800 || code > 0xdfff)
            simple[code] = simplify(hans, code);
        count += simple[code] != 0;
    }
    utrans_close(hans);
    if (count < 2000)
        tool_fail("gen_simplified: only %zu characters: ICU's data is not whole", count);

    Arena arena = {0};
    Buf pages = buf_new(&arena), index = buf_new(&arena), out = buf_new(&arena);
    size_t used = 0;
    for (u32 high = 0; high < PLANE_END / PAGE; high++) {
        static const u32 none[PAGE];
        bool empty = memcmp(&simple[high * PAGE], none, sizeof none) == 0;
        buf_format(&index, "%s%zu", high ? "," : "", empty ? (size_t)0 : ++used);
        if (!empty)
            write_page(&pages, &simple[high * PAGE]);
    }
    buf_format(&out, "/* Made by tools/gen_simplified: %zu characters. */\n", count);
    buf_z(&out, "#include \"base/base.h\"\n\nstatic const u8 page_of[256] = {");
    buf_add(&out, buf_str(&index));
    buf_format(&out, "};\n\nstatic const uint16_t pages[%zu][256] = {\n", used);
    buf_add(&out, buf_str(&pages));
    buf_z(&out, "};\n\nu32 fold_simplified_char(u32 code)\n{\n"
                "    u32 page = code < 0x10000 ? page_of[code >> 8] : 0;\n"
                "    u32 simple = page ? pages[page - 1][code & 255] : 0;\n"
                "    return simple ? simple : code;\n}\n");
    tool_write(argv[1], buf_str(&out));
    arena_done(&arena);
    return 0;
}
