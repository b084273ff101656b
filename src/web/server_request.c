#include "web/server.h"

#include <string.h>
#include <strings.h>

enum { PAIRS_MAX = 2000 }; /* Of a query or a form. */

// clang-format off
static const struct { Method method; const char *name; } methods[] = {
    { METHOD_GET,     "GET"     },
    { METHOD_HEAD,    "HEAD"    },
    { METHOD_POST,    "POST"    },
    { METHOD_PUT,     "PUT"     },
    { METHOD_PATCH,   "PATCH"   },
    { METHOD_DELETE,  "DELETE"  },
    { METHOD_OPTIONS, "OPTIONS" },
};
// clang-format on

const char *method_name(Method method)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (methods[i].method == method)
            return methods[i].name;
    return "";
}

bool method_parse(Str name, Method *ret)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (str_same_z(name, methods[i].name)) {
            *ret = methods[i].method;
            return true;
        }
    return false;
}

void web_pairs_add(Arena *arena, WebPairs *pairs, Str name, Str value)
{
    if (pairs->count == pairs->cap) {
        size_t cap = pairs->cap ? pairs->cap * 2 : 8;
        pairs->items = arena_grow(arena, pairs->items, pairs->cap * sizeof *pairs->items,
                                  cap * sizeof *pairs->items);
        pairs->cap = cap;
    }
    pairs->items[pairs->count++] = (WebPair){name, value};
}

bool web_pairs_find(const WebPairs *pairs, const char *name, Str *ret_value)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (str_same_z(pairs->items[i].name, name)) {
            *ret_value = pairs->items[i].value;
            return true;
        }
    return false;
}

static Str find_or_empty(const WebPairs *pairs, const char *name)
{
    Str value = {0};
    return web_pairs_find(pairs, name, &value) ? value : (Str){0};
}

Str request_header(const Request *request, const char *name)
{
    return find_or_empty(&request->headers, name);
}

Str request_cookie(const Request *request, const char *name)
{
    return find_or_empty(&request->cookies, name);
}

Str request_query(const Request *request, const char *name)
{
    return find_or_empty(&request->query, name);
}

Str request_field(const Request *request, const char *name)
{
    return find_or_empty(&request->form, name);
}

Upload *request_upload(const Request *request, const char *field)
{
    for (Upload *upload = request->uploads; upload; upload = upload->next)
        if (str_same_z(upload->field, field))
            return upload;
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Each %XX becomes its byte, once. False: a broken escape, a NUL, or no UTF-8. */
static bool decode(Arena *arena, Str raw, bool plus_is_space, Str *ret)
{
    char *out = arena_take(arena, raw.len);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.data[i];
        if (c == '%') {
            int high = i + 2 < raw.len ? hex_digit(raw.data[i + 1]) : -1;
            int low = i + 2 < raw.len ? hex_digit(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == 0)
            return false;
        out[len++] = c;
    }
    *ret = (Str){out, len};
    return utf8_valid(*ret);
}

static bool has_dot_segment(Str path)
{
    Str part;
    while (str_split(&path, '/', &part))
        if (str_same(part, S(".")) || str_same(part, S("..")))
            return true;
    return false;
}

bool request_set_path(Request *request, Str raw_path)
{
    Str path;
    if (raw_path.len == 0 || raw_path.data[0] != '/')
        return false;
    for (size_t i = 0; i + 2 < raw_path.len; i++) /* A coded separator has two readings. */
        if (raw_path.data[i] == '%' && (strncasecmp(raw_path.data + i, "%2f", 3) == 0 ||
                                        strncasecmp(raw_path.data + i, "%5c", 3) == 0))
            return false;
    if (!decode(request->arena, raw_path, false, &path) || has_dot_segment(path))
        return false;
    for (size_t i = 0; i < path.len; i++)
        if ((u8)path.data[i] < 0x20 || path.data[i] == 0x7f)
            return false;
    request->path = path;
    return true;
}

static bool add_urlencoded(Arena *arena, WebPairs *pairs, Str text)
{
    Str part;
    while (str_split(&text, '&', &part)) {
        if (part.len == 0)
            continue;
        size_t equal = str_find(part, S("="));
        Str name;
        Str value;
        if (pairs->count >= PAIRS_MAX || !decode(arena, str_slice(part, 0, equal), true, &name) ||
            !decode(arena, str_slice(part, equal + 1, part.len), true, &value))
            return false;
        web_pairs_add(arena, pairs, name, value);
    }
    return true;
}

bool request_add_query(Request *request, Str raw_query)
{
    request->raw_query = raw_query;
    return add_urlencoded(request->arena, &request->query, raw_query);
}

bool request_add_form(Request *request, Str urlencoded)
{
    return add_urlencoded(request->arena, &request->form, urlencoded);
}

void request_add_cookies(Request *request, Str value)
{
    Str part;
    while (str_split(&value, ';', &part)) {
        part = str_trim(part);
        size_t equal = str_find(part, S("="));
        if (equal == 0 || equal == part.len)
            continue;
        Str text = str_slice(part, equal + 1, part.len);
        if (text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"')
            text = str_slice(text, 1, text.len - 1);
        web_pairs_add(request->arena, &request->cookies, str_slice(part, 0, equal), text);
    }
}

/* Header values are bytes on the wire; inside the program all text is UTF-8. */
void request_add_header(Request *request, Str name, Str value)
{
    Str lower = str_lower(request->arena, str_copy(request->arena, name));
    Str text = utf8_repair(request->arena, str_copy(request->arena, value));
    web_pairs_add(request->arena, &request->headers, lower, text);
    if (str_same(lower, S("cookie")))
        request_add_cookies(request, text);
    if (str_same(lower, S("content-type"))) {
        Str media = str_trim(str_slice(text, 0, str_find(text, S(";"))));
        request->content_type = str_lower(request->arena, media);
    }
}

bool request_make(Arena *arena, Method method, Str target, Request *ret_request)
{
    Request request = {.method = method, .arena = arena, .peer = S("local"), .is_local = true};
    Str own = str_copy(arena, target);
    size_t mark = str_find(own, S("?"));
    if (!request_set_path(&request, str_slice(own, 0, mark)) ||
        !request_add_query(&request, str_slice(own, mark + 1, own.len)))
        return false;
    *ret_request = request;
    return true;
}
