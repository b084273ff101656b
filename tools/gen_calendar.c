/* gen_calendar.c - makes the table of days off and moved working days from a text file.
 *
 * Usage: gen_calendar IN.txt OUT.c. A line is `FROM..TO ; off|work ; name ; English name ; mark`, #
 * for notes. A day that does not exist, a span that begins before the last one ended, and a line
 * without all its parts end the build.
 */
#include "tool.h"

enum { PARTS = 5 };

static i64 last_date;

static i64 date_from(Str text, int line)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    i64 year = 0, month = 0, day = 0;
    bool sound = text.len == 10 && str_to_i64(str_slice(text, 0, 4), &year) &&
                 text.data[4] == '-' && str_to_i64(str_slice(text, 5, 7), &month) &&
                 text.data[7] == '-' && str_to_i64(str_slice(text, 8, 10), &day);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (!sound || year < 2000 || year > 2199 || month < 1 || month > 12 || day < 1 ||
        day > days[month - 1] || (month == 2 && day == 29 && !leap))
        tool_fail("gen_calendar: line %d: %.*s is no day", line, STR_ARG(text));
    return year * 10000 + month * 100 + day;
}

static void take_line(Buf *out, Str text, int line)
{
    Str rest = text, parts[PARTS] = {{0}};
    size_t count = 0;
    while (count < PARTS && str_split(&rest, ';', &parts[count]))
        parts[count] = str_trim(parts[count]), count++;
    if (count < PARTS || rest.len || parts[4].len != 1)
        tool_fail("gen_calendar: line %d has not five parts", line);
    size_t dots = str_find(parts[0], S(".."));
    i64 from_date = date_from(str_slice(parts[0], 0, dots), line);
    i64 to_date = date_from(str_slice(parts[0], dots + 2, parts[0].len), line);
    bool works = str_same(parts[1], S("work"));
    if (!works && !str_same(parts[1], S("off")))
        tool_fail("gen_calendar: line %d: off or work, not %.*s", line, STR_ARG(parts[1]));
    if (from_date <= last_date || to_date < from_date)
        tool_fail("gen_calendar: line %d is out of order", line);
    last_date = to_date;
    buf_format(out, "    {%lld, %lld, %s, ", (long long)from_date, (long long)to_date,
               works ? "true" : "false");
    tool_c_string(out, parts[2]);
    buf_z(out, ", ");
    tool_c_string(out, parts[3]);
    buf_format(out, ", '%c'},\n", parts[4].data[0]);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        tool_fail("usage: gen_calendar IN.txt OUT.c");
    Arena arena = {0};
    Str rest = tool_read(&arena, argv[1]), text;
    Buf out = buf_new(&arena);
    size_t count = 0;
    buf_z(&out, "/* Made by tools/gen_calendar. */\n#include \"auction/day_rules.h\"\n\n"
                "const DaySpan day_spans[] = {\n");
    for (int line = 1; rest.len && str_split(&rest, '\n', &text); line++) {
        text = str_trim(text);
        if (!text.len || text.data[0] == '#')
            continue;
        take_line(&out, text, line);
        count++;
    }
    buf_format(&out, "};\nconst size_t day_span_count = %zu;\n", count);
    tool_write(argv[2], buf_str(&out));
    arena_done(&arena);
    return 0;
}
