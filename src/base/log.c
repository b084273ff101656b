#include "base/base.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic LogLevel lowest_level = LOG_INFO_LEVEL;

void log_level_set(LogLevel lowest)
{
    atomic_store(&lowest_level, lowest);
}

void log_line(LogLevel level, const char *event, ...)
{
    if (level < atomic_load(&lowest_level))
        return;
    static const char *const names[] = {"debug", "info", "warn", "error"};
    Arena arena = {0};
    Buf buf = buf_new(&arena);
    Clock clock = {0};
    buf_z(&buf, "{\"at\":");
    buf_json(&buf, time_format_iso(&arena, clock_now_ms(&clock)));
    buf_format(&buf, ",\"level\":\"%s\",\"event\":", names[level]);
    buf_json(&buf, str_from(event));
    va_list args;
    va_start(args, event);
    for (const char *name; (name = va_arg(args, const char *)) != NULL;) {
        buf_char(&buf, ',');
        buf_json(&buf, str_from(name));
        buf_char(&buf, ':');
        buf_json(&buf, utf8_repair(&arena, str_from(va_arg(args, const char *))));
    }
    va_end(args);
    buf_z(&buf, "}\n");
    /* One write a line, so that lines of several threads do not mix. */
    ssize_t written = write(STDERR_FILENO, buf.data, buf.len);
    (void)written;
    arena_done(&arena);
}
