#include "web/template.h"
#include "web/asset_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static Str filter_upper(Cx *cx, const Val *value, Str arg)
{
    Str text = value && value->kind == VAL_STR ? value->s : S("none");
    return str_format(cx->arena, "%.*s%.*s", STR_ARG(str_upper(cx->arena, text)), STR_ARG(arg));
}

static const TemplateFilter filters[] = {{"upper", filter_upper}};

/* Sources of one test: "main" and the partials "part" and "deep". */
static Err render(Cx *cx, const TemplateConfig *wish, const char *main_text, const char *part,
                  const char *data, Buf *out)
{
    TemplateSource sources[] = {
        {"main", str_from(main_text)},
        {"part", str_from(part)},
        {"deep", S("{{#next}}<{{name}}{{>deep}}>{{/next}}")},
    };
    TemplateConfig config = *wish;
    config.sources = sources;
    config.source_count = COUNT(sources);
    config.filters = filters;
    config.filter_count = COUNT(filters);
    Str why;
    Val *val = val_read_json(cx->arena, str_from(data), &why);
    assert_non_null(val);
    Templates *set = NULL;
    Err e = templates_init(cx, cx->arena, &config, &set);
    return e ? e : template_render(cx, set, "main", val, out);
}

// clang-format off
typedef struct Case {
    const char *text, *data, *want, *part;
} Case;

static const Case cases[] = {
    /* values */
    {"Hello, {{name}}!", "{\"name\":\"World\"}", "Hello, World!", ""},
    {"{{ a.b.c }}", "{\"a\":{\"b\":{\"c\":\"x\"}}}", "x", ""},
    {"{{a.b}}|{{a.x.y}}|{{n}}", "{\"a\":{\"b\":-12}}", "-12||", ""},
    {"{{t}} {{f}} {{null}}|", "{\"t\":true,\"f\":false,\"null\":null}", "true false |", ""},
    {"{{r}}", "{\"r\":1.5}", "1.5", ""},
    {"没有标签", "{}", "没有标签", ""},
    {"a } b { c }} {", "{}", "a } b { c }} {", ""},
    {"", "{}", "", ""},
    /* escaping, in text and in attributes of either quote */
    {"<i>{{x}}</i>", "{\"x\":\"<b>&\\\"'\"}", "<i>&lt;b&gt;&amp;&quot;&#39;</i>", ""},
    {"<a title=\"{{x}}\" lang='{{x}}'>", "{\"x\":\"\\\"' onload=\\\"\"}",
     "<a title=\"&quot;&#39; onload=&quot;\" lang='&quot;&#39; onload=&quot;'>", ""},
    {"{{#raw_html}}x{{/raw_html}}", "{\"x\":\"<b>&\"}", "<b>&", ""},
    {"a {{#raw_html}} a.x {{/raw_html}}\nb", "{\"a\":{\"x\":\"<b>\"}}", "a <b>\nb", ""},
    {"{{#raw_html}}x{{/raw_html}}\nb", "{\"x\":\"<p>\"}", "<p>\nb", ""},
    {"{{x|upper}} {{y|upper:<!}}", "{\"x\":\"<a>\",\"y\":\"b\"}", "&lt;A&gt; B&lt;!", ""},
    {"{{ x | upper : a b }}{{gone|upper}}", "{\"x\":\"a\"}", "Aa bNONE", ""},
    /* sections */
    {"{{#on}}yes{{/on}}{{#off}}no{{/off}}", "{\"on\":true,\"off\":false}", "yes", ""},
    {"{{^on}}no{{/on}}{{^off}}yes{{/off}}{{^gone}}!{{/gone}}", "{\"on\":1,\"off\":0}", "yes!", ""},
    {"{{#list}}[{{.}}]{{/list}}", "{\"list\":[1,\"a\",\"<\"]}", "[1][a][&lt;]", ""},
    {"{{#list}}x{{/list}}{{^list}}none{{/list}}", "{\"list\":[]}", "none", ""},
    {"{{#a}}x{{/a}}{{^a}}none{{/a}}", "{\"a\":\"\"}", "none", ""},
    {"{{#a}}{{.}}{{/a}}", "{\"a\":\"text\"}", "text", ""},
    {"{{#a}}x{{/a}}", "{\"a\":{}}", "x", ""},
    {"{{#p}}{{name}} of {{town}};{{/p}}",
     "{\"town\":\"西安\",\"p\":[{\"name\":\"a\"},{\"name\":\"b\",\"town\":\"c\"}]}",
     "a of 西安;b of c;", ""},
    {"{{#a.b}}{{c}}{{/a.b}}", "{\"a\":{\"b\":{\"c\":\"1\"}}}", "1", ""},
    {"{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"b\":{}},\"b\":{\"c\":\"outer\"}}", "", ""},
    {"{{#l}}{{#.}}{{.}},{{/.}};{{/l}}", "{\"l\":[[1,2],[3]]}", "1,2,;3,;", ""},
    {"{{#a}}{{#b}}{{x}}{{/b}}{{/a}}{{#a}}{{#a}}-{{/a}}{{/a}}",
     "{\"a\":[1,2],\"b\":true,\"x\":\"x\"}", "xx----", ""},
    {"{{#a}}1{{/a}}{{#a}}2{{/a}}", "{\"a\":null}", "", ""},
    /* tags alone on their line */
    {"| a\n{{#on}}\n|\n{{/on}}\n| z\n", "{\"on\":true}", "| a\n|\n| z\n", ""},
    {"| a\n  {{#on}}  \n|\n\t{{/on}}\n| z", "{\"on\":true}", "| a\n|\n| z", ""},
    {"|\r\n{{#on}}\r\n{{/on}}\r\n|", "{\"on\":true}", "|\r\n|", ""},
    {"  {{#on}}\nx\n  {{/on}}", "{\"on\":true}", "x\n", ""},
    {"{{^off}}\nx\n{{/off}}\n", "{}", "x\n", ""},
    {" | {{#on}}\t|\t{{/on}} | \n", "{\"on\":true}", " | \t|\t | \n", ""},
    {" {{#on}}YES{{/on}}\n {{#on}}GOOD{{/on}}\n", "{\"on\":true}", " YES\n GOOD\n", ""},
    {"  {{x}}\n", "{\"x\":1}", "  1\n", ""},
    {"a\n  {{! note }}\nb", "{}", "a\nb", ""},
    {"a\n{{!\nlong\nnote\n}}\nb {{! c }} d", "{}", "a\nb  d", ""},
    /* partials */
    {"[{{>part}}]", "{\"x\":\"1\"}", "[1]", "{{x}}"},
    {"{{#l}}{{> part }}{{/l}}", "{\"l\":[{\"x\":1},{\"x\":2}]}", "(1)(2)", "({{x}})"},
    {"{{>deep}}", "{\"next\":{\"name\":\"a\",\"next\":{\"name\":\"b\",\"next\":false}}}",
     "<a<b>>", ""},
    {"\\\n {{>part}}\n/\n", "{\"x\":\"<\\n->\"}", "\\\n |\n &lt;\n-&gt;\n |\n/\n", "|\n{{x}}\n|\n"},
    {"  {{x}}  {{> part}}\n", "{\"x\":\"|\"}", "  |  >\n>\n", ">\n>"},
    {">\n  {{>part}}\n>", "{\"on\":true}", ">\n  >\n  y\n>", ">\n{{#on}}\ny\n{{/on}}\n"},
    {">\n  {{>part}}", "{\"on\":true}", ">\n  yz\n  >", "{{#on}}y{{/on}}z\n>"},
    /* lines of text */
    {"{{@template.missing x}}", "{\"x\":\"<a>\"}", "没有名为“&lt;a&gt;”的页面模板。", ""},
    {"{{@template.missing x|upper:-}}", "{\"x\":\"a\"}", "没有名为“A-”的页面模板。", ""},
    {"{{@ template.crossed x  x }}", "{\"x\":7}", "7：这里应先结束小节“7”。", ""},
};

/* What init refuses, by key and place. */
typedef struct Refusal {
    const char *text, *key, *place, *what;
} Refusal;

static const Refusal refusals[] = {
    {"a\n{{#x}}\n", "template.unclosed", "ui/pages/main.html:2", "x"},
    {"{{#x}}{{/y}}", "template.crossed", "ui/pages/main.html:1", "x"},
    {"{{#x}}\n{{#y}}{{/x}}{{/y}}", "template.crossed", "ui/pages/main.html:2", "y"},
    {"\n\n{{/y}}", "template.not_open", "ui/pages/main.html:3", "y"},
    {"{{!a\n}}\n{{>nowhere}}", "template.unknown_partial", "ui/pages/main.html:3", "nowhere"},
    {"{{@no.such}}", "template.unknown_text", "ui/pages/main.html:1", "no.such"},
    {"{{@template.missing}}", "template.say_args", "ui/pages/main.html:1", "template.missing"},
    {"{{@template.missing a b}}", "template.say_args", "ui/pages/main.html:1", "template.missing"},
    {"{{@template.missing a b c d e}}", "template.say_args", "ui/pages/main.html:1",
     "template.missing"},
    {"\r\n{{x|lower}}", "template.unknown_filter", "ui/pages/main.html:2", "lower"},
    {"{{{x}}}", "template.raw_short", "ui/pages/main.html:1", "x"},
    {"{{&x}}", "template.raw_short", "ui/pages/main.html:1", "x"},
    {"{{=<% %>=}}", "template.delimiter", "ui/pages/main.html:1", "<% %>="},
    {"{{x", "template.tag_open", "ui/pages/main.html:1", "x"},
    {"{{}}", "template.bad_name", "ui/pages/main.html:1", ""},
    {"{{a b}}", "template.bad_name", "ui/pages/main.html:1", "a b"},
    {"{{a.}}", "template.bad_name", "ui/pages/main.html:1", "a."},
    {"{{a..b}}", "template.bad_name", "ui/pages/main.html:1", "a..b"},
    {"{{#a|upper}}{{/a|upper}}", "template.bad_name", "ui/pages/main.html:1", "a|upper"},
    {"{{#raw_html}}x", "template.unclosed", "ui/pages/main.html:1", "raw_html"},
    {"{{#raw_html}}{{x}}{{/raw_html}}", "template.bad_name", "ui/pages/main.html:1", "{{x}}"},
    {"{{a.b.c.d.e.f.g.h.i}}", "template.bad_name", "ui/pages/main.html:1", "a.b.c.d.e.f.g.h.i"},
};

/* What a strict set refuses while rendering; "" where it does not. */
static const Refusal strict_refusals[] = {
    {"\n{{gone}}", "template.unknown_name", "ui/pages/main.html:2", "gone"},
    {"{{x.gone}}", "template.unknown_name", "ui/pages/main.html:1", "x.gone"},
    {"{{#gone}}{{/gone}}", "template.unknown_name", "ui/pages/main.html:1", "gone"},
    {"{{^gone}}{{/gone}}", "template.unknown_name", "ui/pages/main.html:1", "gone"},
    {"{{@template.missing gone}}", "template.unknown_name", "ui/pages/main.html:1", "gone"},
    {"{{>part}}", "template.unknown_name", "ui/pages/part.html:3", "gone"},
    {"{{x}}{{#x}}{{.}}{{/x}}{{none}}{{^none}}a{{/none}}", "", "", ""},
};
// clang-format on

static void assert_text(Str got, const char *want)
{
    if (!str_same_z(got, want))
        fail_msg("got:  %.*s\nwant: %s", STR_ARG(got), want);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        Arena arena = {0};
        Cx cx = {.arena = &arena};
        Buf out = buf_new(&arena);
        const Case *c = &cases[i];
        Err e = render(&cx, &(TemplateConfig){0}, c->text, c->part, c->data, &out);
        if (e)
            fail_msg("%s: %s %.*s", c->text, cx.err.key, STR_ARG(cx.err.args[0]));
        assert_text(buf_str(&out), c->want);
        arena_done(&arena);
    }
}

static void check_refusal(const TemplateConfig *config, const Refusal *r, const char *part)
{
    Arena arena = {0};
    Cx cx = {.arena = &arena};
    Buf out = buf_new(&arena);
    buf_z(&out, "before");
    Err e = render(&cx, config, r->text, part, "{\"x\":\"1\",\"none\":null}", &out);
    if (r->key[0]) {
        assert_int_not_equal(e, ERR_OK);
        assert_string_equal(cx.err.key, r->key);
        assert_text(cx.err.args[0], r->place);
        assert_text(cx.err.args[1], r->what);
        assert_text(buf_str(&out), "before");
        assert_non_null(text_find(LANG_ZH, r->key));
    } else {
        assert_int_equal(e, ERR_OK);
        assert_true(out.len > strlen("before"));
    }
    arena_done(&arena);
}

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++)
        check_refusal(&(TemplateConfig){0}, &refusals[i], "");
}

static void test_strict(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(strict_refusals); i++)
        check_refusal(&(TemplateConfig){.strict = true}, &strict_refusals[i], "\n\n{{gone}}");
}

static void test_limits(void **state)
{
    (void)state;
    /* A partial that takes itself in for ever, and a page that is longer than it may be. */
    static const Refusal deep = {"{{>main}}", "template.too_deep", "ui/pages/main.html:1", "main"};
    static const Refusal indented = {"a\n {{>main}}\n", "template.too_deep", "ui/pages/main.html:2",
                                     "main"};
    static const Refusal within = {"{{#x}}{{>main}}{{/x}}", "template.too_deep",
                                   "ui/pages/main.html:1", "main"};
    static const Refusal lengthy = {"12345678\n{{x}}", "template.too_long", "ui/pages/main.html:2",
                                    "main"};
    check_refusal(&(TemplateConfig){0}, &deep, "");
    check_refusal(&(TemplateConfig){0}, &indented, "");
    check_refusal(&(TemplateConfig){0}, &within, "");
    check_refusal(&(TemplateConfig){.bytes_max = 9}, &lengthy, "");

    Buf text = {0};
    Arena arena = {0};
    text = buf_new(&arena);
    for (int i = 0; i < TEMPLATE_DEPTH_MAX + 1; i++)
        buf_z(&text, "{{#x}}");
    Refusal many = {str_z(&arena, buf_str(&text)), "template.too_deep", "ui/pages/main.html:1",
                    "x"};
    check_refusal(&(TemplateConfig){0}, &many, "");
    arena_done(&arena);
}

static void test_english(void **state)
{
    (void)state;
    Arena arena = {0};
    Cx cx = {.arena = &arena, .lang = LANG_EN};
    Buf out = buf_new(&arena);
    Err e = render(&cx, &(TemplateConfig){0}, "{{@template.missing x}}", "", "{\"x\":\"a\"}", &out);
    assert_int_equal(e, ERR_OK);
    assert_text(buf_str(&out), "There is no page template named &quot;a&quot;.");
    arena_done(&arena);
}

/* A page of many rows takes memory for its text alone. */
static void test_memory(void **state)
{
    (void)state;
    Arena arena = {0}, page_arena = {0};
    Cx cx = {.arena = &arena};
    static const TemplateSource sources[] = {
        {"rows", {"{{#rows}}<tr><td>{{a}}</td></tr>\n{{/rows}}", 42}}};
    Templates *set = NULL;
    Err e =
        templates_init(&cx, &arena, &(TemplateConfig){.sources = sources, .source_count = 1}, &set);
    assert_int_equal(e, ERR_OK);
    assert_true(templates_has(set, "rows"));
    assert_false(templates_has(set, "row"));
    Val *data = val_map(&arena), *rows = val_list(&arena);
    for (int i = 0; i < 1000; i++) {
        Val *row = val_map(&arena);
        val_set_int(&arena, row, "a", i);
        val_push(&arena, rows, row);
    }
    val_set(&arena, data, "rows", rows);
    size_t total = arena.total, used = arena.used;
    Buf out = buf_new(&page_arena);
    e = template_render(&cx, set, "rows", data, &out);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(out.len, 1000 * strlen("<tr><td></td></tr>\n") + 10 + 90 * 2 + 900 * 3);
    assert_int_equal(arena.total, total);
    assert_int_equal(arena.used, used);
    assert_int_equal(template_render(&cx, set, "nothing", data, &out), ERR_MISSING);
    arena_done(&arena);
    arena_done(&page_arena);
}

/* The pages and files that the program carries. */
static void test_carried(void **state)
{
    (void)state;
    assert_true(asset_table_count >= 4);
    for (size_t i = 0; i < asset_table_count; i++) {
        const Asset *asset = &asset_table[i];
        assert_true(i == 0 || strcmp(asset[-1].path, asset->path) < 0);
        assert_int_equal(strlen(asset->hash), 16);
        assert_true(asset->gzip.len < asset->raw.len && asset->brotli.len < asset->raw.len);
        if (asset->gzip.len)
            assert_memory_equal(asset->gzip.data, "\x1f\x8b", 2);
    }
    assert_null(asset_table[asset_table_count].path);
    for (size_t i = 0; i < page_source_count; i++)
        assert_true(utf8_valid(page_sources[i].text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),   cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_strict),  cmocka_unit_test(test_limits),
        cmocka_unit_test(test_english), cmocka_unit_test(test_memory),
        cmocka_unit_test(test_carried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
