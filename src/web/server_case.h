/* server_case.h - reads the raw requests of test/guard, for the tests. */
#ifndef WEB_SERVER_CASE_H
#define WEB_SERVER_CASE_H

#include "base/base.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_FOLDER "test/guard"

typedef struct RawCase {
    char name[64];
    int status;
    bool late; /* Passes the guard, is refused after it. */
    Str bytes;
} RawCase;

static inline size_t case_escape(const char *text, char *out)
{
    switch (text[1]) {
    case 'r':
        *out = '\r';
        return 2;
    case 'n':
        *out = '\n';
        return 2;
    case 't':
        *out = '\t';
        return 2;
    case '0':
        *out = 0;
        return 2;
    case 'x':
        *out = (char)strtol((char[]){text[2], text[3], 0}, NULL, 16);
        return 4;
    default:
        *out = text[1];
        return 2;
    }
}

static inline Str case_unescape(Arena *arena, Str text)
{
    Buf buf = buf_new(arena);
    for (size_t i = 0; i < text.len;) {
        if (text.data[i] == '\n') {
            i++;
        } else if (text.data[i] == '\\' && text.data[i + 1] == '{') {
            Str rest = str_slice(text, i + 2, text.len);
            size_t end = str_find(rest, S("}"));
            size_t star = end;
            while (rest.data[star] != '*')
                star--;
            Str piece = case_unescape(arena, str_slice(rest, 0, star));
            for (long n = strtol(rest.data + star + 1, NULL, 10); n > 0; n--)
                buf_add(&buf, piece);
            i += 2 + end + 1;
        } else if (text.data[i] == '\\') {
            char c;
            i += case_escape(text.data + i, &c);
            buf_char(&buf, c);
        } else {
            buf_char(&buf, text.data[i++]);
        }
    }
    return buf_str(&buf);
}

static inline bool case_load(Arena *arena, const char *file_name, RawCase *ret)
{
    char path[512];
    char text[8192];
    snprintf(path, sizeof path, CASE_FOLDER "/%s", file_name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = 0;
    char *end = strchr(text, '\n');
    if (!end)
        return false;
    *ret = (RawCase){.status = (int)strtol(text, NULL, 10),
                     .late = strncmp(file_name, "late_", 5) == 0};
    snprintf(ret->name, sizeof ret->name, "%s", file_name);
    ret->bytes = case_unescape(arena, (Str){end + 1, (size_t)(text + len - end - 1)});
    return true;
}

/* All cases, in the order of the folder. */
static inline size_t cases_load(Arena *arena, RawCase *ret_cases, size_t cap)
{
    size_t count = 0;
    DIR *folder = opendir(CASE_FOLDER);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0 && count < cap &&
            case_load(arena, entry->d_name, &ret_cases[count]))
            count++;
    }
    if (folder)
        closedir(folder);
    return count;
}

#endif
