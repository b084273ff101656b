#include "web/guard.h"

#include <string.h>
#include <strings.h>

static bool is_token_char(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(Str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_token_char(s.data[i]))
            return false;
    return s.len > 0;
}

static bool same_name(Str name, const char *z)
{
    return name.len == strlen(z) && strncasecmp(name.data, z, name.len) == 0;
}

static Str trim_left(Str s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = str_slice(s, 1, s.len);
    return s;
}

static Str trim_right(Str s)
{
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s.len--;
    return s;
}

bool guard_target(Str target)
{
    if (target.len == 0 || target.data[0] != '/')
        return false;
    for (size_t i = 0; i < target.len; i++)
        if (target.data[i] <= 0x20 || target.data[i] >= 0x7f || target.data[i] == '#')
            return false;
    return true;
}

bool guard_method(Str method)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < COUNT(known); i++)
        if (str_same_z(method, known[i]))
            return true;
    return false;
}

GuardHeaders guard_begin(int minor)
{
    return (GuardHeaders){.minor = minor};
}

static const char *refuse(int status, const char *reason, int *ret_status)
{
    *ret_status = status;
    return reason;
}

/* Digits only: no sign, no white space, no list; at most 18 of them, so that it cannot overflow. */
static bool length_parse(Str value, i64 *ret)
{
    if (value.len == 0 || value.len > 18)
        return false;
    i64 n = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        n = n * 10 + (value.data[i] - '0');
    }
    *ret = n;
    return true;
}

/* A name, an IPv4 address or an IPv6 address in brackets, and perhaps a port. */
static bool host_valid(Str value)
{
    size_t at = 0;
    if (value.len > 0 && value.data[0] == '[') {
        at = 1;
        while (at < value.len && strchr("0123456789abcdefABCDEF:.", value.data[at]) &&
               value.data[at])
            at++;
        if (at >= value.len || value.data[at] != ']')
            return false;
        at++;
    } else {
        while (at < value.len && value.data[at] != ':') {
            char c = value.data[at];
            if (!is_token_char(c) || strchr("#|^`", c))
                return false;
            at++;
        }
        if (at == 0)
            return false;
    }
    if (at < value.len && value.data[at++] != ':')
        return false;
    for (; at < value.len; at++)
        if (value.data[at] < '0' || value.data[at] > '9')
            return false;
    return value.len <= 255;
}

static bool value_clean(Str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* The two that frame the body must be bare of trailing blanks as well: the library does not trim
 * them. */
static const char *framing(GuardHeaders *headers, Str name, Str value, int *ret_status)
{
    if (same_name(name, "content-length")) {
        headers->length_count++;
        if (!length_parse(value, &headers->body_len))
            return refuse(400, "bad Content-Length", ret_status);
        if (headers->length_count > 1)
            return refuse(400, "two Content-Length", ret_status);
    } else if (same_name(name, "transfer-encoding")) {
        headers->coding_count++;
        if (headers->coding_count > 1 || !same_name(value, "chunked"))
            return refuse(400, "unknown Transfer-Encoding", ret_status);
    } else if (same_name(name, "host")) {
        headers->host_count++;
        if (headers->host_count > 1)
            return refuse(400, "two Host", ret_status);
        if (!host_valid(trim_right(value)))
            return refuse(400, "bad Host", ret_status);
    } else if (same_name(name, "expect") && !same_name(trim_right(value), "100-continue")) {
        return refuse(417, "unknown Expect", ret_status);
    }
    return NULL;
}

const char *guard_header(GuardHeaders *headers, Str name, Str value, int *ret_status)
{
    if (++headers->count > GUARD_HEADERS_MAX)
        return refuse(431, "too many headers", ret_status);
    headers->bytes += name.len + value.len;
    if (headers->bytes > GUARD_HEAD_MAX)
        return refuse(431, "head too long", ret_status);
    if (name.len > 0 && (name.data[name.len - 1] == ' ' || name.data[name.len - 1] == '\t'))
        return refuse(400, "space before the colon of a header", ret_status);
    if (!is_token(name))
        return refuse(400, "bad header name", ret_status);
    if (!value_clean(value))
        return refuse(400, "control character in a header value", ret_status);
    return framing(headers, name, value, ret_status);
}

const char *guard_end(const GuardHeaders *headers, int *ret_status)
{
    if (headers->coding_count > 0 && headers->length_count > 0)
        return refuse(400, "Content-Length together with Transfer-Encoding", ret_status);
    if (headers->coding_count > 0 && headers->minor == 0)
        return refuse(400, "Transfer-Encoding in HTTP/1.0", ret_status);
    if (headers->host_count == 0 && headers->minor > 0)
        return refuse(400, "missing Host", ret_status);
    return NULL;
}

static Guard refusal(int status, const char *reason)
{
    return (Guard){.verdict = GUARD_REFUSE, .status = status, .reason = reason};
}

/* "HTTP/1.0" or "HTTP/1.1"; -1 another version, -2 no version at all. */
static int version_minor(Str version)
{
    if (version.len < 8 || memcmp(version.data, "HTTP/", 5) != 0)
        return -2;
    bool shaped = version.len == 8 && version.data[6] == '.';
    if (!shaped || version.data[5] < '0' || version.data[5] > '9' || version.data[7] < '0' ||
        version.data[7] > '9')
        return -2;
    if (version.data[5] != '1' || version.data[7] > '1')
        return -1;
    return version.data[7] - '0';
}

/* method SP target SP version, one space each. */
static Guard request_line(Str line)
{
    size_t first = str_find(line, S(" "));
    Str method = str_slice(line, 0, first);
    if (first == line.len || !is_token(method))
        return refusal(400, "bad request line");
    Str rest = str_slice(line, first + 1, line.len);
    size_t second = str_find(rest, S(" "));
    if (second == rest.len)
        return refusal(400, "bad request line");
    Str target = str_slice(rest, 0, second);
    int minor = version_minor(str_slice(rest, second + 1, rest.len));
    if (minor == -2)
        return refusal(400, "bad request line");
    if (minor == -1)
        return refusal(505, "unknown HTTP version");
    if (!guard_method(method))
        return refusal(405, "unknown method");
    if (target.len > GUARD_TARGET_MAX)
        return refusal(414, "target too long");
    bool star = str_same(target, S("*")) && str_same(method, S("OPTIONS"));
    if (!star && !guard_target(target))
        return refusal(400, "bad request target");
    return (Guard){.verdict = GUARD_OK, .method = method, .target = target, .minor = minor};
}

/* The next line, without its CRLF. GUARD_MORE: it has not ended. Lines end in CRLF and in nothing
 * else. */
static Guard next_line(Str bytes, size_t *at, Str *ret_line)
{
    for (size_t i = *at; i < bytes.len; i++) {
        char c = bytes.data[i];
        if (c == 0)
            return refusal(400, "NUL in the head");
        if (c == '\n')
            return refusal(400, "bare LF");
        if (c != '\r')
            continue;
        if (i + 1 == bytes.len)
            return (Guard){.verdict = GUARD_MORE};
        if (bytes.data[i + 1] != '\n')
            return refusal(400, "bare CR");
        *ret_line = str_slice(bytes, *at, i);
        *at = i + 2;
        return (Guard){.verdict = GUARD_OK};
    }
    return (Guard){.verdict = GUARD_MORE};
}

/* A head that has not ended and cannot any more. */
static Guard unfinished(Str bytes, bool in_first_line)
{
    if (in_first_line && bytes.len > GUARD_TARGET_MAX + 32)
        return refusal(414, "target too long");
    if (bytes.len >= GUARD_HEAD_MAX)
        return refusal(431, "head too long");
    /* No method begins like this: TLS sent to a plain port, a line break, a control byte. */
    if (in_first_line && bytes.len > 0 && !is_token_char(bytes.data[0]))
        return refusal(400, "bad request line");
    return (Guard){.verdict = GUARD_MORE};
}

static Guard header_line(GuardHeaders *headers, Str line)
{
    int status = 0;
    if (line.data[0] == ' ' || line.data[0] == '\t')
        return refusal(400, "folded header");
    size_t colon = str_find(line, S(":"));
    if (colon == line.len)
        return refusal(400, "header without a colon");
    Str value = trim_left(str_slice(line, colon + 1, line.len));
    const char *reason = guard_header(headers, str_slice(line, 0, colon), value, &status);
    return reason ? refusal(status, reason) : (Guard){.verdict = GUARD_OK};
}

Guard guard_head(Str bytes)
{
    size_t at = 0;
    Str line;
    Guard step = next_line(bytes, &at, &line);
    if (step.verdict == GUARD_MORE)
        return unfinished(bytes, true);
    Guard head = step.verdict == GUARD_OK ? request_line(line) : step;
    if (head.verdict != GUARD_OK)
        return head;

    GuardHeaders headers = guard_begin(head.minor);
    for (;;) {
        step = next_line(bytes, &at, &line);
        if (step.verdict == GUARD_MORE)
            return unfinished(bytes, false);
        if (step.verdict == GUARD_REFUSE)
            return step;
        if (line.len == 0)
            break;
        step = header_line(&headers, line);
        if (step.verdict == GUARD_REFUSE)
            return step;
    }
    if (at > GUARD_HEAD_MAX)
        return refusal(431, "head too long");
    int status = 0;
    const char *reason = guard_end(&headers, &status);
    if (reason)
        return refusal(status, reason);
    head.head_len = at;
    head.body_len = headers.coding_count > 0 ? -1 : headers.body_len;
    return head;
}
