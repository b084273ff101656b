/* gen_pinyin.c - makes the table of Chinese characters to syllables, from ICU's Han-Latin.
 *
 * Usage: gen_pinyin OUT.c. A syllable has no tone, and u for ü. A character with several readings
 * has the one that ICU takes first. The number of a syllable for each character of the main block,
 * and the syllables.
 */
#include "tool.h"

#include <string.h>
#include <unicode/utrans.h>
#include <unicode/ustring.h>

enum { FIRST = 0x4e00, LAST = 0x9fff, SYLLABLES_MAX = 1000, SYLLABLE_BYTES = 8 };

typedef char Syllable[SYLLABLE_BYTES];

/* The syllable of one character; '' when it has none. */
static void read_syllable(UTransliterator *latin, u32 code, Syllable ret)
{
    UChar text[32] = {(UChar)code};
    int32_t len = 1, limit = 1;
    UErrorCode status = U_ZERO_ERROR;
    utrans_transUChars(latin, text, &len, (int32_t)COUNT(text), 0, &limit, &status);
    if (U_FAILURE(status))
        tool_fail("gen_pinyin: U+%04X: %s", code, u_errorName(status));
    memset(ret, 0, SYLLABLE_BYTES);
    for (int32_t i = 0; i < len; i++) {
        if (text[i] < 'a' || text[i] > 'z' || i >= SYLLABLE_BYTES - 1) {
            memset(ret, 0, SYLLABLE_BYTES);
            return;
        }
        ret[i] = (char)text[i];
    }
}

static size_t number_of(Syllable *all, size_t *count, const Syllable one)
{
    size_t at = 0;
    while (at < *count && strcmp(all[at], one) != 0)
        at++;
    if (at == *count) {
        if (at == SYLLABLES_MAX)
            tool_fail("gen_pinyin: more than %d syllables", (int)SYLLABLES_MAX);
        memcpy(all[(*count)++], one, SYLLABLE_BYTES);
    }
    return at;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        tool_fail("usage: gen_pinyin OUT.c");
    UErrorCode status = U_ZERO_ERROR;
    UChar id[64];
    u_uastrcpy(id, "Han-Latin; Latin-ASCII; Lower");
    UTransliterator *latin = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    if (U_FAILURE(status))
        tool_fail("gen_pinyin: ICU has no Han-Latin: %s", u_errorName(status));

    Arena arena = {0};
    Buf out = buf_new(&arena), numbers = buf_new(&arena);
    static Syllable all[SYLLABLES_MAX]; /* The first is none. */
    size_t count = 1, known = 0;
    for (u32 code = FIRST; code <= LAST; code++) {
        Syllable one;
        read_syllable(latin, code, one);
        size_t number = number_of(all, &count, one);
        known += number != 0;
        buf_format(&numbers, "%zu,%s", number, code % 16 == 15 ? "\n" : "");
    }
    utrans_close(latin);
    if (known < 20000 || count < 350)
        tool_fail("gen_pinyin: %zu characters, %zu syllables: ICU's data is not whole", known,
                  count);
    buf_format(&out, "/* Made by tools/gen_pinyin: %zu characters, %zu syllables. */\n", known,
               count - 1);
    buf_z(&out, "#include \"match/match_pinyin.h\"\n\nstatic const char *const syllables[] = {");
    for (size_t i = 0; i < count; i++)
        buf_format(&out, "\"%s\",", all[i]);
    buf_z(&out, "};\n\nstatic const uint16_t numbers[] = {\n");
    buf_add(&out, buf_str(&numbers));
    buf_format(&out,
               "};\n\nconst char *pinyin_syllable(u32 code)\n{\n"
               "    return code >= %d && code <= %d ? syllables[numbers[code - %d]] : \"\";\n}\n",
               FIRST, LAST, FIRST);
    tool_write(argv[1], buf_str(&out));
    arena_done(&arena);
    return 0;
}
