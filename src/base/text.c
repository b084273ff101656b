#include "base/text_table.h"

const char *text_find_str(Lang lang, Str key)
{
    size_t low = 0, high = text_line_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = str_order(key, str_from(text_lines[mid].key));
        if (order == 0)
            return text_lines[mid].words[lang == LANG_EN];
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

const char *text_find(Lang lang, const char *key)
{
    return text_find_str(lang, str_from(key));
}

/* The number of an argument when `words` goes on with {n}, else -1. */
static int arg_at(const char *words)
{
    bool is =
        words[0] == '{' && words[1] >= '0' && words[1] < '0' + ERR_ARGS_MAX && words[2] == '}';
    return is ? words[1] - '0' : -1;
}

Str text_say(Arena *arena, Lang lang, const char *key, const Str *args, size_t count)
{
    const char *words = text_find(lang, key);
    if (!words)
        return str_from(key);
    Buf buf = buf_new(arena);
    const char *from = words;
    for (const char *at = words; *at;) {
        int arg = arg_at(at);
        if (arg < 0) {
            at++;
            continue;
        }
        buf_add(&buf, (Str){from, (size_t)(at - from)});
        if ((size_t)arg < count)
            buf_add(&buf, args[arg]);
        at += 3;
        from = at;
    }
    buf_z(&buf, from);
    return buf_str(&buf);
}
