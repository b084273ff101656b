#include "web/server_parts.h"

#include <string.h>
#include <strings.h>

typedef enum State { ST_PREAMBLE, ST_AFTER_BOUNDARY, ST_HEAD, ST_DATA, ST_END } State;

enum { BOUNDARY_MAX = 70, HOLD = PARTS_HEAD_MAX + 128 };

struct Parts {
    Request *request;
    const UploadSink *sink;
    State state;
    char mark[BOUNDARY_MAX + 4]; /* CR LF - - boundary */
    size_t mark_len;
    char held[HOLD]; /* Bytes not yet judged: part of a mark, or of a head. */
    size_t held_len;
    int part_count;
    size_t text_bytes;
    Upload *upload; /* Of the part being read; NULL for a text part. */
    Upload **upload_last;
    Str field;
    char *text;
    size_t text_len;
    size_t text_cap;
};

/* A parameter of a header value: name=token or name="quoted". False when absent or broken. */
static bool parameter(Arena *arena, Str value, const char *name, Str *ret)
{
    size_t at = str_find(value, S(";"));
    while (at < value.len) {
        at++;
        while (at < value.len && (value.data[at] == ' ' || value.data[at] == '\t'))
            at++;
        size_t name_at = at;
        while (at < value.len && value.data[at] != '=' && value.data[at] != ';')
            at++;
        if (at >= value.len || value.data[at] != '=')
            continue;
        bool mine = at - name_at == strlen(name) &&
                    strncasecmp(value.data + name_at, name, at - name_at) == 0;
        at++;
        Buf buf = buf_new(arena);
        if (at < value.len && value.data[at] == '"') {
            for (at++; at < value.len && value.data[at] != '"'; at++) {
                if (value.data[at] == '\\' && at + 1 < value.len &&
                    (value.data[at + 1] == '"' || value.data[at + 1] == '\\'))
                    at++;
                buf_char(&buf, value.data[at]);
            }
            if (at >= value.len)
                return false;
            at++;
        } else {
            while (at < value.len && !strchr("; \t", value.data[at]))
                buf_char(&buf, value.data[at++]);
        }
        if (mine) {
            *ret = buf_str(&buf);
            return true;
        }
        at += str_find(str_slice(value, at, value.len), S(";"));
    }
    return false;
}

static bool boundary_valid(Str boundary)
{
    if (boundary.len == 0 || boundary.len > BOUNDARY_MAX || boundary.data[boundary.len - 1] == ' ')
        return false;
    for (size_t i = 0; i < boundary.len; i++) {
        char c = boundary.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || !strchr("'()+_,-./:=? ", c)))
            return false;
    }
    return true;
}

Parts *parts_begin(Request *request, Str content_type, const UploadSink *sink)
{
    Str boundary;
    if (!parameter(request->arena, content_type, "boundary", &boundary) ||
        !boundary_valid(boundary))
        return NULL;
    Parts *parts = ARENA_NEW(request->arena, Parts, 1);
    parts->request = request;
    parts->sink = sink;
    parts->upload_last = &request->uploads;
    memcpy(parts->mark, "\r\n--", 4);
    memcpy(parts->mark + 4, boundary.data, boundary.len);
    parts->mark_len = boundary.len + 4;
    /* The first boundary may stand at the very start: as if a line break came before. */
    memcpy(parts->held, "\r\n", 2);
    parts->held_len = 2;
    return parts;
}

/* ------------------------------------------------------------------------------------- a part */

static int data_add(Parts *parts, Str bytes)
{
    if (parts->state == ST_PREAMBLE || bytes.len == 0)
        return 0;
    if (parts->upload) {
        parts->upload->bytes += (i64)bytes.len;
        return parts->sink->write(parts->request, parts->upload, bytes.data, bytes.len);
    }
    parts->text_bytes += bytes.len;
    if (parts->text_bytes > PARTS_TEXT_MAX)
        return 413;
    if (parts->text_len + bytes.len > parts->text_cap) {
        size_t cap = (parts->text_len + bytes.len) * 2;
        parts->text = arena_grow(parts->request->arena, parts->text, parts->text_cap, cap);
        parts->text_cap = cap;
    }
    memcpy(parts->text + parts->text_len, bytes.data, bytes.len);
    parts->text_len += bytes.len;
    return 0;
}

static int part_end(Parts *parts)
{
    if (parts->state == ST_PREAMBLE)
        return 0;
    if (parts->upload) {
        parts->upload->whole = true;
        parts->upload = NULL;
        return 0;
    }
    Str text = {parts->text, parts->text_len};
    if (!utf8_valid(text) || (text.len > 0 && memchr(text.data, 0, text.len)))
        return 400;
    web_pairs_add(parts->request->arena, &parts->request->form, parts->field, text);
    return 0;
}

static Str last_segment(Str name)
{
    for (size_t i = name.len; i > 0; i--)
        if (name.data[i - 1] == '/' || name.data[i - 1] == '\\')
            return str_slice(name, i, name.len);
    return name;
}

static bool name_clean(Str name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((u8)name.data[i] < 0x20 || name.data[i] == 0x7f)
            return false;
    return utf8_valid(name);
}

static int part_open_file(Parts *parts, Str file_name, Str content_type)
{
    if (!parts->sink)
        return 415;
    Upload *upload = ARENA_NEW(parts->request->arena, Upload, 1);
    upload->field = parts->field;
    upload->file_name = last_segment(file_name);
    upload->content_type = content_type;
    int status = parts->sink->open(parts->request, upload);
    if (status != 0)
        return status;
    *parts->upload_last = upload;
    parts->upload_last = &upload->next;
    parts->upload = upload;
    return 0;
}

static int part_begin(Parts *parts, Str disposition, Str content_type)
{
    Arena *arena = parts->request->arena;
    Str kind = str_trim(str_slice(disposition, 0, str_find(disposition, S(";"))));
    Str file_name;
    parts->upload = NULL;
    parts->text = NULL;
    parts->text_len = parts->text_cap = 0;
    if (++parts->part_count > PARTS_MAX)
        return 413;
    if (kind.len != 9 || strncasecmp(kind.data, "form-data", 9) != 0 ||
        !parameter(arena, disposition, "name", &parts->field) || !name_clean(parts->field))
        return 400;
    if (!parameter(arena, disposition, "filename", &file_name))
        return 0;
    return name_clean(file_name) ? part_open_file(parts, file_name, content_type) : 400;
}

/* `head` is the part's header lines, each with its CRLF. */
static int part_head(Parts *parts, Str head)
{
    Str disposition = {0};
    Str content_type = {0};
    head = str_copy(parts->request->arena, head);
    while (head.len > 0) {
        size_t end = str_find(head, S("\r\n"));
        Str line = str_slice(head, 0, end);
        head = str_slice(head, end + 2, head.len);
        size_t colon = str_find(line, S(":"));
        if (colon == line.len || line.data[0] == ' ' || line.data[0] == '\t')
            return 400;
        Str value = str_trim(str_slice(line, colon + 1, line.len));
        if (colon == 19 && strncasecmp(line.data, "content-disposition", 19) == 0) {
            if (disposition.len > 0)
                return 400;
            disposition = value;
        } else if (colon == 12 && strncasecmp(line.data, "content-type", 12) == 0) {
            if (!name_clean(value))
                return 400;
            content_type = value;
        }
    }
    return part_begin(parts, disposition, content_type);
}

/* ---------------------------------------------------------------------------------- the stream */

/* Each step judges what it can of `bytes` and says how much it used; 0 used: it needs more. */
static int step_data(Parts *parts, Str bytes, size_t *ret_used)
{
    size_t found = str_find(bytes, (Str){parts->mark, parts->mark_len});
    if (found < bytes.len) {
        int status = data_add(parts, str_slice(bytes, 0, found));
        if (status == 0)
            status = part_end(parts);
        parts->state = ST_AFTER_BOUNDARY;
        *ret_used = found + parts->mark_len;
        return status;
    }
    /* The tail could be the beginning of a mark: from its last CR on, if that is near enough. */
    size_t keep = bytes.len < parts->mark_len - 1 ? bytes.len : parts->mark_len - 1;
    const char *cr = keep ? memchr(bytes.data + bytes.len - keep, '\r', keep) : NULL;
    size_t used = cr ? (size_t)(cr - bytes.data) : bytes.len;
    *ret_used = used;
    return data_add(parts, str_slice(bytes, 0, used));
}

static int step_after_boundary(Parts *parts, Str bytes, size_t *ret_used)
{
    *ret_used = 0;
    if (bytes.len < 2)
        return 0;
    *ret_used = 2;
    if (memcmp(bytes.data, "--", 2) == 0)
        parts->state = ST_END;
    else if (memcmp(bytes.data, "\r\n", 2) == 0)
        parts->state = ST_HEAD;
    else
        return 400;
    return 0;
}

static int step_head(Parts *parts, Str bytes, size_t *ret_used)
{
    *ret_used = 0;
    if (bytes.len >= 2 && memcmp(bytes.data, "\r\n", 2) == 0)
        return 400; /* No header at all: the part has no name. */
    size_t end = str_find(bytes, S("\r\n\r\n"));
    if (end == bytes.len)
        return bytes.len > PARTS_HEAD_MAX ? 400 : 0;
    if (end > PARTS_HEAD_MAX)
        return 400;
    parts->state = ST_DATA;
    *ret_used = end + 4;
    return part_head(parts, str_slice(bytes, 0, end + 2));
}

static int step(Parts *parts, Str bytes, size_t *ret_used)
{
    switch (parts->state) {
    case ST_PREAMBLE:
    case ST_DATA:
        return step_data(parts, bytes, ret_used);
    case ST_AFTER_BOUNDARY:
        return step_after_boundary(parts, bytes, ret_used);
    case ST_HEAD:
        return step_head(parts, bytes, ret_used);
    case ST_END:
        break;
    }
    *ret_used = bytes.len;
    return 0;
}

/* Steps through `bytes` until a step needs more; says how much is left over. */
static int run(Parts *parts, Str bytes, size_t *ret_used)
{
    size_t at = 0;
    for (;;) {
        size_t used = 0;
        State before = parts->state;
        int status = step(parts, str_slice(bytes, at, bytes.len), &used);
        if (status != 0)
            return status;
        at += used;
        if ((used == 0 && parts->state == before) || at == bytes.len)
            break;
    }
    *ret_used = at;
    return 0;
}

int parts_feed(Parts *parts, Str bytes)
{
    while (bytes.len > 0) {
        size_t used = 0;
        if (parts->held_len == 0) {
            int status = run(parts, bytes, &used);
            if (status != 0)
                return status;
            bytes = str_slice(bytes, used, bytes.len);
        }
        /* What is left, or was held, is short: join it with as much of the new as there is room
         * for. */
        size_t room = HOLD - parts->held_len;
        size_t take = bytes.len < room ? bytes.len : room;
        if (take == 0 && bytes.len > 0)
            return 400;
        if (take > 0)
            memcpy(parts->held + parts->held_len, bytes.data, take);
        bytes = str_slice(bytes, take, bytes.len);
        parts->held_len += take;
        int status = run(parts, (Str){parts->held, parts->held_len}, &used);
        if (status != 0)
            return status;
        memmove(parts->held, parts->held + used, parts->held_len - used);
        parts->held_len -= used;
    }
    return 0;
}

int parts_end(Parts *parts)
{
    return parts->state == ST_END ? 0 : 400;
}
