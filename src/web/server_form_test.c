/* The pure halves of the front: targets, queries, cookies, forms, multipart, assets, responses. */
#include "web/server.h"
#include "web/server_parts.h"

#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_paths(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *raw, *path; } rows[] = {
        { "/",                      "/" },
        { "/a%20b",                 "/a b" },
        { "/a+b",                   "/a+b" },
        { "/%E6%8A%80%E6%9C%AF",    "/技术" },
        { "/%2525",                 "/%25" },       /* Once. */
        { "/...",                   "/..." },
        { "",                       NULL },
        { "a",                      NULL },
        { "/%",                     NULL },
        { "/%4",                    NULL },
        { "/%g0",                   NULL },
        { "/%00",                   NULL },
        { "/%0a",                   NULL },
        { "/%7f",                   NULL },
        { "/%ff",                   NULL },
        { "/%c0%af",                NULL },         /* An overlong slash. */
        { "/%ed%a0%80",             NULL },         /* A surrogate. */
        { "/a/../b",                NULL },
        { "/a/%2e%2E/b",            NULL },
        { "/a/.",                   NULL },
        { "/a%2fb",                 NULL },
        { "/a%5Cb",                 NULL },
    };
    // clang-format on
    Arena arena = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        Request request = {.arena = &arena};
        bool good = request_set_path(&request, str_from(rows[i].raw));
        if (good != (rows[i].path != NULL) || (good && !str_same_z(request.path, rows[i].path)))
            fail_msg("%s", rows[i].raw);
    }
    arena_done(&arena);
}

static void test_query(void **state)
{
    (void)state;
    Arena arena = {0};
    Request request;
    assert_true(
        request_make(&arena, METHOD_GET, S("/s?q=%E6%8A%80+x%2B&&empty=&bare&q=2"), &request));
    assert_string_equal(str_z(&arena, request_query(&request, "q")), "技 x+");
    assert_int_equal(request.query.count, 4);
    assert_int_equal(request_query(&request, "empty").len, 0);
    Str value;
    assert_true(web_pairs_find(&request.query, "bare", &value));
    assert_false(web_pairs_find(&request.query, "none", &value));
    assert_false(request_make(&arena, METHOD_GET, S("/s?q=%ff"), &request));
    assert_false(request_make(&arena, METHOD_GET, S("/s?q=%0"), &request));
    arena_done(&arena);
}

static void test_headers(void **state)
{
    (void)state;
    Arena arena = {0};
    Request request;
    assert_true(request_make(&arena, METHOD_POST, S("/"), &request));
    request_add_header(&request, S("Content-Type"), S("Text/HTML; charset=x"));
    request_add_header(&request, S("COOKIE"), S("a=1; session=\"abc\";b; =x ; c=d=e"));
    request_add_header(&request, S("X-Bytes"), S("\xff"));
    assert_true(str_same(request.content_type, S("text/html")));
    assert_true(str_same(request_cookie(&request, "session"), S("abc")));
    assert_true(str_same(request_cookie(&request, "c"), S("d=e")));
    assert_int_equal(request.cookies.count, 3);
    assert_true(utf8_valid(request_header(&request, "x-bytes")));
    arena_done(&arena);
}

/* ------------------------------------------------------------------------------------ multipart */

typedef struct Received {
    char bytes[4096];
    size_t len;
    int dropped;
} Received;

static int sink_open(Request *request, Upload *upload)
{
    if (str_same(upload->content_type, S("application/x-forbidden")))
        return 415;
    upload->kept = ARENA_NEW(request->arena, Received, 1);
    return 0;
}

static int sink_write(Request *request, Upload *upload, const void *bytes, size_t count)
{
    Received *received = upload->kept;
    (void)request;
    if (received->len + count > sizeof received->bytes)
        return 507;
    memcpy(received->bytes + received->len, bytes, count);
    received->len += count;
    return 0;
}

static void sink_drop(Request *request, Upload *upload)
{
    (void)request;
    ((Received *)upload->kept)->dropped++;
}

static const UploadSink sink = {sink_open, sink_write, sink_drop};

/* Feeds the body in pieces of `step` bytes. */
static int feed_all(Request *request, Str body, size_t step, const UploadSink *to)
{
    Parts *parts = parts_begin(request, S("multipart/form-data; boundary=\"b.1\""), to);
    assert_non_null(parts);
    for (size_t at = 0; at < body.len; at += step) {
        int status = parts_feed(parts, str_slice(body, at, at + step));
        if (status != 0)
            return status;
    }
    return parts_end(parts);
}

#define PART(head) "--b.1\r\nContent-Disposition: form-data; " head "\r\n\r\n"
#define LAST       "--b.1--\r\n"

static void test_multipart(void **state)
{
    (void)state;
    static const char body[] = "preamble\r\n" PART("name=\"title\"") "技术\r\n" PART(
        "name=empty") "\r\n"
                      "--b.1\r\ncontent-type: text/plain\r\ncontent-disposition: form-data; "
                      "name=\"f\"; "
                      "filename=\"C:\\dir\\a \\\"x\\\".txt\"\r\n\r\n"
                      "line\r\n--b.\r\n--b.2\r\r\n-\0\r\n\r\n" PART(
                          "name=\"g\"; filename=\"\"") "\r\n" LAST "epilogue";
    static const char file[] = "line\r\n--b.\r\n--b.2\r\r\n-\0\r\n";
    Str whole = {body, sizeof body - 1};
    for (size_t step = 1; step <= whole.len; step++) {
        Arena arena = {0};
        Request request = {.arena = &arena};
        assert_int_equal(feed_all(&request, whole, step, &sink), 0);
        assert_true(str_same_z(request_field(&request, "title"), "技术"));
        assert_int_equal(request.form.count, 2);
        Upload *upload = request_upload(&request, "f");
        assert_non_null(upload);
        assert_true(str_same_z(upload->file_name, "a \"x\".txt"));
        assert_true(str_same_z(upload->content_type, "text/plain"));
        assert_true(upload->whole);
        assert_int_equal(upload->bytes, sizeof file - 1);
        assert_memory_equal(((Received *)upload->kept)->bytes, file, sizeof file - 1);
        assert_int_equal(request_upload(&request, "g")->bytes, 0);
        arena_done(&arena);
    }
}

static void test_multipart_refused(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *body; bool with_sink; int status; } rows[] = {
        { PART("name=a") "x\r\n" LAST,                                      true,  0   },
        { PART("name=a; filename=x") "x\r\n" LAST,                          true,  0   },
        { PART("name=a; filename=x") "x\r\n" LAST,                          false, 415 },
        { "--b.1\r\nContent-Disposition: form-data; name=a; filename=x\r\n"
          "Content-Type: application/x-forbidden\r\n\r\nx\r\n" LAST,        true,  415 },
        { "",                                                               true,  400 },
        { LAST,                                                             true,  0   },
        { PART("name=a") "x\r\n",                                           true,  400 },
        { PART("name=a") "x\r\n--b.1",                                      true,  400 },
        { PART("name=a") "x\r\n--b.1 \r\n",                                 true,  400 },
        { "--b.1\r\n\r\nx\r\n" LAST,                                        true,  400 },
        { "--b.1\r\nX: y\r\n\r\nx\r\n" LAST,                                true,  400 },
        { PART("filename=x") "x\r\n" LAST,                                  true,  400 },
        { PART("name=\"a") "x\r\n" LAST,                                    true,  400 },
        { PART("name=a") "\xff\r\n" LAST,                                   true,  400 },
        { PART("name=a; filename=\"\xff\"") "x\r\n" LAST,                   true,  400 },
        { "--b.1\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n" LAST, true, 400 },
        { "--b.1\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\nx\r\n" LAST, true, 400 },
        { "--b.1\r\nContent-Disposition: form-data; name=a\r\n"
          "Content-Disposition: form-data; name=b\r\n\r\nx\r\n" LAST,       true,  400 },
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t step = 1; step < 40; step += 6) {
            Arena arena = {0};
            Request request = {.arena = &arena};
            int status =
                feed_all(&request, str_from(rows[i].body), step, rows[i].with_sink ? &sink : NULL);
            if (status != rows[i].status)
                fail_msg("row %zu, step %zu: %d", i, step, status);
            arena_done(&arena);
        }
}

static void test_multipart_limits(void **state)
{
    (void)state;
    Arena arena = {0};
    Request request = {.arena = &arena};
    Parts *parts = parts_begin(&request, S("multipart/form-data; boundary=b.1"), NULL);
    static char text[64 * 1024];
    memset(text, '\r', sizeof text);
    assert_int_equal(parts_feed(parts, S(PART("name=a"))), 0);
    for (int i = 0; i < PARTS_TEXT_MAX / (int)sizeof text; i++)
        assert_int_equal(parts_feed(parts, (Str){text, sizeof text}), 0);
    assert_int_equal(parts_feed(parts, (Str){text, sizeof text}), 413);

    parts = parts_begin(&request, S("multipart/form-data; boundary=b.1"), NULL);
    assert_int_equal(parts_feed(parts, S("--b.1\r\nX: ")), 0);
    memset(text, 'x', sizeof text);
    assert_int_equal(parts_feed(parts, (Str){text, PARTS_HEAD_MAX + 1}), 400);

    static const char *const bad[] = {
        "multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"x",
        "multipart/form-data; xboundary=x", "multipart/form-data; boundary=\"a\tb\""};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_null(parts_begin(&request, str_from(bad[i]), NULL));
    arena_done(&arena);
}

/* -------------------------------------------------------------------------------------- assets */

static const Asset assets[] = {
    {"a.css", "text/css", "11aa", {"raw", 3}, {"gz", 2}, {"b", 1}},
    {"b.png", "image/png", "22bb", {"png", 3}, {NULL, 0}, {NULL, 0}},
    {"lib/c.js", "text/javascript", "33cc", {"js", 2}, {"g", 1}, {NULL, 0}},
};

static void test_asset_find(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(assets); i++)
        assert_ptr_equal(asset_find(assets, COUNT(assets), str_from(assets[i].path)), &assets[i]);
    assert_null(asset_find(assets, COUNT(assets), S("a")));
    assert_null(asset_find(assets, COUNT(assets), S("zz")));
    assert_null(asset_find(assets, COUNT(assets), S("")));
    Arena arena = {0};
    assert_true(str_same(asset_url(&arena, S("/static/"), &assets[0]), S("/static/a.css?v=11aa")));
    arena_done(&arena);
}

static void test_asset_choose(void **state)
{
    (void)state;
    // clang-format off
    static const struct { int asset; const char *accept, *encoding; } rows[] = {
        { 0, "",                            NULL   },
        { 0, "gzip, deflate, br",           "br"   },
        { 0, "gzip, deflate, br;q=0.5",     "gzip" },
        { 0, "GZIP",                        "gzip" },
        { 0, "br;q=0, gzip;q=0",            NULL   },
        { 0, "*",                           "br"   },
        { 0, "*;q=0.1, br;q=0",             "gzip" },
        { 0, "identity",                    NULL   },
        { 0, "gzip;q=0.001",                "gzip" },
        { 1, "gzip, br",                    NULL   },
        { 2, "gzip, br",                    "gzip" },
    };
    // clang-format on
    Arena arena = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        AssetChoice choice =
            asset_choose(&arena, &assets[rows[i].asset], str_from(rows[i].accept), S(""), S(""));
        bool same = rows[i].encoding
                        ? choice.encoding && strcmp(choice.encoding, rows[i].encoding) == 0
                        : !choice.encoding;
        if (!same)
            fail_msg("%s", rows[i].accept);
    }
    AssetChoice choice =
        asset_choose(&arena, &assets[0], S("gzip"), S("\"x\", W/\"11aa-gzip\""), S("11aa"));
    assert_true(choice.unchanged);
    assert_non_null(strstr(choice.cache_control, "immutable"));
    choice = asset_choose(&arena, &assets[0], S(""), S("\"11aa-gzip\""), S("old"));
    assert_false(choice.unchanged);
    assert_null(strstr(choice.cache_control, "immutable"));
    arena_done(&arena);
}

static void test_response(void **state)
{
    (void)state;
    Arena arena = {0};
    Response response;
    response_init(&arena, &response);
    log_level_set(LOG_ERROR_LEVEL + 1);
    response_header(&response, "X-A", S("b\r\nSet-Cookie: forged=1"));
    assert_int_equal(response.headers.count, 0);
    response_redirect(&response, 303, S("/next"));
    response_cookie(&response, "sid", S("abc"), 60, true);
    Str value;
    assert_int_equal(response.status, 303);
    assert_true(web_pairs_find(&response.headers, "Location", &value) &&
                str_same(value, S("/next")));
    assert_true(web_pairs_find(&response.headers, "Set-Cookie", &value));
    assert_true(str_same(value, S("sid=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure")));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_multipart),
        cmocka_unit_test(test_multipart_refused),
        cmocka_unit_test(test_multipart_limits),
        cmocka_unit_test(test_asset_find),
        cmocka_unit_test(test_asset_choose),
        cmocka_unit_test(test_response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
