/* Searching everything: what was found, how it divides, by year and on a map of squares. */
#include "web/page_int.h"

#include "match/match.h"

enum { LONG_QUESTION = 40 }; /* Characters from which on it is prose: each hit then says why. */

/* ---- what can be chosen ---- */

static const Val *facet_of(const Val *reply, const char *name)
{
    const Val *facets = val_get(reply, "facets");
    for (size_t i = 0; i < val_count(facets); i++)
        if (str_same_z(val_get_str(val_at(facets, i), "name"), name))
            return val_at(facets, i);
    return NULL;
}

static i64 count_of(const Val *facet, Str code)
{
    const Val *options = val_get(facet, "options");
    for (size_t i = 0; i < val_count(options); i++)
        if (str_same(val_get_str(val_at(options, i), "code"), code))
            return val_get_int(val_at(options, i), "count");
    return 0;
}

/* The ways to narrow a search: everything, or one kind. */
static Val *search_kinds(PageCx *page, const Val *reply)
{
    static const struct {
        const char *kind, *key;
    } rows[] = {{"", "page.all"},
                {"patent", "page.patents"},
                {"achievement", "page.achievement"},
                {"need", "page.needs"}};
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    const Val *facet = facet_of(reply, "kind");
    Str kind = request_query(page->request, "kind");
    for (size_t i = 0; i < COUNT(rows); i++) {
        Val *row = val_map(arena);
        val_set_str(arena, row, "href", list_href(page, "kind", str_from(rows[i].kind)));
        val_set_str(arena, row, "label", page_say(page, rows[i].key));
        val_set_int(arena, row, "count", count_of(facet, str_from(rows[i].kind)));
        val_set_bool(arena, row, "here", str_same_z(kind, rows[i].kind));
        val_push(arena, list, row);
    }
    return list;
}

/* Every option becomes a link that chooses it, a chosen one a link that takes it off. */
static void link_options(PageCx *page, const char *name, const Val *facet)
{
    Arena *arena = page->cx->arena;
    const Val *options = val_get(facet, "options");
    for (size_t i = 0; i < val_count(options); i++) {
        Val *option = val_at(options, i);
        bool chosen = val_get_bool(option, "chosen");
        val_set_str(arena, option, "href",
                    list_href(page, name, chosen ? S("") : val_get_str(option, "code")));
    }
}

/* The choices that are made, to be taken off one by one; and the lists of those that may be. */
static void put_facets(PageCx *page, const Val *reply)
{
    static const char *const listed[] = {"field", "offer", "maturity"};
    static const char *const taken[] = {"field", "offer", "region", "maturity", "year"};
    Arena *arena = page->cx->arena;
    Val *lists = val_list(arena), *chosen = val_list(arena);
    for (size_t i = 0; i < COUNT(taken); i++) {
        const Val *facet = facet_of(reply, taken[i]), *options = val_get(facet, "options");
        link_options(page, taken[i], facet);
        for (size_t n = 0; n < val_count(options); n++) {
            Val *option = val_at(options, n);
            if (!val_get_bool(option, "chosen"))
                continue;
            val_set_str(arena, option, "of", val_get_str(facet, "label"));
            val_push(arena, chosen, option);
        }
    }
    for (size_t i = 0; i < COUNT(listed); i++) {
        const Val *facet = facet_of(reply, listed[i]);
        if (val_count(val_get(facet, "options"))) {
            Val *row = val_map(arena);
            val_set_str(arena, row, "label", val_get_str(facet, "label"));
            val_set(arena, row, "options", val_get(facet, "options"));
            val_push(arena, lists, row);
        }
    }
    page_put(page, "choices", lists);
    page_put(page, "chosen", chosen);
}

/* ---- by year ---- */

enum { CHART_WIDTH = 224, CHART_HEIGHT = 64, CHART_YEARS = 32 };

static i64 code_number(const Val *option)
{
    i64 number;
    return str_to_i64(val_get_str(option, "code"), &number) ? number : 0;
}

static void add_bar(PageCx *page, Val *bars, const Val *option, i64 place, i64 wide, i64 most)
{
    Arena *arena = page->cx->arena;
    Val *bar = val_map(arena);
    i64 count = val_get_int(option, "count");
    i64 height = most ? count * (CHART_HEIGHT - 4) / most + (count > 0 ? 3 : 1) : 1;
    val_set_int(arena, bar, "x", place * wide);
    val_set_int(arena, bar, "wide", wide > 3 ? wide - 2 : wide);
    val_set_int(arena, bar, "y", CHART_HEIGHT - height);
    val_set_int(arena, bar, "height", height);
    val_set_str(arena, bar, "href", val_get_str(option, "href"));
    val_set_str(arena, bar, "label", val_get_str(option, "label"));
    val_set_int(arena, bar, "count", count);
    val_set_bool(arena, bar, "chosen", val_get_bool(option, "chosen"));
    val_push(arena, bars, bar);
}

/* The newest CHART_YEARS years with hits as bars; NULL when there are fewer than two. The facet
 * has them newest first. */
static Val *timeline(PageCx *page, const Val *facet)
{
    Arena *arena = page->cx->arena;
    const Val *options = val_get(facet, "options");
    size_t count = val_count(options);
    if (count < 2)
        return NULL;
    i64 last = code_number(val_at(options, 0)), first = code_number(val_at(options, count - 1));
    if (last - first >= CHART_YEARS)
        first = last - CHART_YEARS + 1;
    i64 wide = CHART_WIDTH / (last - first + 1), most = 0;
    wide = wide > 24 ? 24 : wide;
    Val *map = val_map(arena), *bars = val_list(arena);
    for (size_t i = 0; i < count; i++)
        if (code_number(val_at(options, i)) >= first &&
            val_get_int(val_at(options, i), "count") > most)
            most = val_get_int(val_at(options, i), "count");
    for (size_t i = count; i-- > 0;) {
        i64 year = code_number(val_at(options, i));
        if (year >= first)
            add_bar(page, bars, val_at(options, i), year - first, wide, most);
    }
    val_set_str(arena, map, "label", val_get_str(facet, "label"));
    val_set_int(arena, map, "from", first);
    val_set_int(arena, map, "to", last);
    val_set_int(arena, map, "end", (last - first + 1) * wide);
    val_set(arena, map, "bars", bars);
    return map;
}

/* ---- by province ---- */

/* A square for each province, about where it lies beside the others: columns 0 to 7, rows 0 to 7.
 * The letters are those of ISO 3166-2:CN. */
static const struct {
    const char *code, *zh, *en;
    int column, row;
} squares[] = {
    {"23", "黑", "HL", 7, 0}, {"65", "新", "XJ", 0, 1}, {"15", "蒙", "NM", 4, 1},
    {"21", "辽", "LN", 6, 1}, {"22", "吉", "JL", 7, 1}, {"62", "甘", "GS", 1, 2},
    {"64", "宁", "NX", 2, 2}, {"61", "陕", "SN", 3, 2}, {"14", "晋", "SX", 4, 2},
    {"13", "冀", "HE", 5, 2}, {"11", "京", "BJ", 6, 2}, {"12", "津", "TJ", 7, 2},
    {"54", "藏", "XZ", 0, 3}, {"63", "青", "QH", 1, 3}, {"51", "川", "SC", 2, 3},
    {"50", "渝", "CQ", 3, 3}, {"41", "豫", "HA", 4, 3}, {"37", "鲁", "SD", 5, 3},
    {"53", "云", "YN", 1, 4}, {"52", "贵", "GZ", 2, 4}, {"42", "鄂", "HB", 3, 4},
    {"34", "皖", "AH", 4, 4}, {"32", "苏", "JS", 5, 4}, {"31", "沪", "SH", 6, 4},
    {"45", "桂", "GX", 2, 5}, {"43", "湘", "HN", 3, 5}, {"36", "赣", "JX", 4, 5},
    {"33", "浙", "ZJ", 5, 5}, {"44", "粤", "GD", 3, 6}, {"35", "闽", "FJ", 4, 6},
    {"71", "台", "TW", 6, 6}, {"46", "琼", "HI", 2, 7}, {"82", "澳", "MO", 3, 7},
    {"81", "港", "HK", 4, 7},
};

enum { SQUARE = 28, SHADES = 4 };

static const Val *option_of(const Val *facet, const char *code)
{
    const Val *options = val_get(facet, "options");
    for (size_t i = 0; i < val_count(options); i++)
        if (str_same_z(val_get_str(val_at(options, i), "code"), code))
            return val_at(options, i);
    return NULL;
}

static i64 most_of(const Val *facet)
{
    const Val *options = val_get(facet, "options");
    i64 most = 0;
    for (size_t i = 0; i < val_count(options); i++)
        if (val_get_int(val_at(options, i), "count") > most)
            most = val_get_int(val_at(options, i), "count");
    return most;
}

/* NULL when no hit has a place. Darker squares have more: each shade begins at four times less. */
static Val *province_map(PageCx *page, const Val *facet)
{
    Arena *arena = page->cx->arena;
    i64 most = most_of(facet);
    Val *map = val_map(arena), *list = val_list(arena);
    if (!val_count(val_get(facet, "options")))
        return NULL;
    for (size_t i = 0; i < COUNT(squares); i++) {
        const Val *option = option_of(facet, squares[i].code);
        i64 count = val_get_int(option, "count"), shade = count ? SHADES : 0;
        for (i64 least = most; shade > 1 && count * 4 <= least; least /= 4)
            shade--;
        Val *tile = val_map(arena);
        val_set_int(arena, tile, "x", squares[i].column * SQUARE);
        val_set_int(arena, tile, "y", squares[i].row * SQUARE);
        val_set_int(arena, tile, "text_x", squares[i].column * SQUARE + SQUARE / 2 - 1);
        val_set_int(arena, tile, "text_y", squares[i].row * SQUARE + SQUARE / 2 + 4);
        val_set_z(arena, tile, "sign", page->cx->lang == LANG_EN ? squares[i].en : squares[i].zh);
        val_set_str(arena, tile, "label", val_get_str(option, "label"));
        val_set_str(arena, tile, "href", val_get_str(option, "href"));
        val_set_int(arena, tile, "count", count);
        val_set_int(arena, tile, "shade", shade);
        val_set_bool(arena, tile, "chosen", val_get_bool(option, "chosen"));
        val_push(arena, list, tile);
    }
    val_set_str(arena, map, "label", val_get_str(facet, "label"));
    val_set(arena, map, "tiles", list);
    return map;
}

/* ---- what was found ---- */

static Str words_href(PageCx *page, Str words)
{
    Buf href = buf_new(page->cx->arena);
    buf_z(&href, "/search?q=");
    buf_url(&href, words);
    return buf_str(&href);
}

/* The words as they may have been meant. */
static Val *meant_val(PageCx *page, Str words)
{
    Val *map = val_map(page->cx->arena);
    if (!words.len)
        return NULL;
    val_set_str(page->cx->arena, map, "text", words);
    val_set_str(page->cx->arena, map, "href", words_href(page, words));
    return map;
}

static void shape_found(PageCx *page, Val *hit)
{
    static const char *const kinds[] = {"patent", "listing", "need", "achievement"};
    Arena *arena = page->cx->arena;
    Val *is = val_map(arena), *snippet = val_get(hit, "snippet"),
        *reasons = val_get(hit, "reasons");
    for (size_t i = 0; i < COUNT(kinds); i++)
        val_set_bool(arena, is, kinds[i], str_same_z(val_get_str(hit, "kind"), kinds[i]));
    val_set(arena, hit, "is", is);
    val_set(arena, hit, "reasons", reasons ? reasons : val_list(arena));
    for (size_t i = 0; i < val_count(snippet); i++) {
        Val *piece = val_at(snippet, i);
        val_set_bool(arena, piece, "marked", val_get_bool(piece, "marked"));
    }
}

static Err ask_search(PageCx *page, Val **ret)
{
    static const char *const names[] = {"q",      "kind",     "field", "listed", "offer",
                                        "region", "maturity", "year",  "page"};
    NameText texts[COUNT(names) + 2];
    for (size_t i = 0; i < COUNT(names); i++)
        texts[i] = (NameText){str_from(names[i]), request_query(page->request, names[i])};
    bool is_long = utf8_count(request_query(page->request, "q")) >= LONG_QUESTION;
    texts[COUNT(names)] = (NameText){S("brief"), is_long ? S("") : S("1")};
    texts[COUNT(names) + 1] = (NameText){S("facets"), S("1")};
    return page_ask(page, "search.all", texts, COUNT(texts), ret);
}

/* The choices of this search, as the form that keeps it sends them. */
static Val *kept_choices(PageCx *page)
{
    static const char *const names[] = {"kind", "field", "offer", "region", "maturity", "year"};
    Arena *arena = page->cx->arena;
    Val *list = val_list(arena);
    for (size_t i = 0; i < COUNT(names); i++) {
        Str value = request_query(page->request, names[i]);
        if (!value.len)
            continue;
        Val *row = val_map(arena);
        val_set_z(arena, row, "name", names[i]);
        val_set_str(arena, row, "value", value);
        val_push(arena, list, row);
    }
    return list;
}

Err build_search(PageCx *page)
{
    Val *reply;
    Err e = ask_search(page, &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    for (size_t i = 0; i < val_count(items); i++)
        shape_found(page, val_at(items, i));
    list_set(page, reply, MATCH_DEPTH_MAX / PAGE_SIZE, true);
    put_facets(page, reply);
    page_put(page, "kinds", search_kinds(page, reply));
    page_put(page, "timeline", timeline(page, facet_of(reply, "year")));
    page_put(page, "map", province_map(page, facet_of(reply, "region")));
    page_put(page, "kept", kept_choices(page));
    page_put(page, "meant", meant_val(page, val_get_str(reply, "meant")));
    bool chosen = val_count(val_get(page->data, "chosen")) > 0 ||
                  request_query(page->request, "kind").len > 0;
    Str all_href = chosen ? words_href(page, request_query(page->request, "q")) : S("");
    page_put(page, "all_href", val_str(page->cx->arena, all_href));
    page_put(page, "note", val_str(page->cx->arena, val_get_str(reply, "note")));
    page_title(page, "page.find");
    return ERR_OK;
}
