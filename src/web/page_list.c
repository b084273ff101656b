/* Lists: what was found, filters, and the way from page to page. */
#include "web/page_int.h"

#include "auction/auction.h"
#include "deal/deal.h"
#include "match/match.h"
#include "registry/registry.h"

enum { PAGES_AROUND = 2 };

/* ---- the query and its links ---- */

void list_query(PageCx *page)
{
    Val *query = val_map(page->cx->arena);
    val_set_str(page->cx->arena, query, "q", request_query(page->request, "q"));
    page_put(page, "query", query);
}

static void add_pair(Buf *href, bool *first, Str name, Str value)
{
    buf_char(href, *first ? '?' : '&');
    *first = false;
    buf_url(href, name);
    buf_char(href, '=');
    buf_url(href, value);
}

Str list_href(PageCx *page, const char *name, Str value)
{
    Buf href = buf_new(page->cx->arena);
    bool first = true;
    buf_add(&href, page->request->path);
    for (size_t i = 0; i < page->request->query.count; i++) {
        const WebPair *pair = &page->request->query.items[i];
        bool taken_out = str_same_z(pair->name, name) || str_same(pair->name, S("page"));
        if (!taken_out && pair->value.len)
            add_pair(&href, &first, pair->name, pair->value);
    }
    if (value.len)
        add_pair(&href, &first, str_from(name), value);
    return buf_str(&href);
}

/* ---- paging ---- */

static Str page_href(PageCx *page, i64 n)
{
    return list_href(page, "page",
                     n > 1 ? str_format(page->cx->arena, "%lld", (long long)n) : S(""));
}

static void add_link(PageCx *page, Val *links, i64 n, i64 here)
{
    Arena *arena = page->cx->arena;
    Val *link = val_map(arena);
    val_set_int(arena, link, "n", n);
    val_set_bool(arena, link, "gap", n == 0);
    val_set_bool(arena, link, "here", n == here);
    val_set_str(arena, link, "href", n ? page_href(page, n) : S(""));
    val_push(arena, links, link);
}

/* 1 … 4 5 [6] 7 8 … 20; NULL when there is one page. */
static Val *paging(PageCx *page, i64 here, i64 last)
{
    if (last <= 1)
        return NULL;
    Arena *arena = page->cx->arena;
    Val *map = val_map(arena), *links = val_list(arena);
    i64 from = here - PAGES_AROUND > 1 ? here - PAGES_AROUND : 1;
    i64 to = here + PAGES_AROUND < last ? here + PAGES_AROUND : last;
    if (from > 1)
        add_link(page, links, 1, here);
    if (from > 2)
        add_link(page, links, 0, here);
    for (i64 n = from; n <= to; n++)
        add_link(page, links, n, here);
    if (to < last - 1)
        add_link(page, links, 0, here);
    if (to < last)
        add_link(page, links, last, here);
    val_set(arena, map, "links", links);
    val_set_str(arena, map, "prev_href", here > 1 ? page_href(page, here - 1) : S(""));
    val_set_str(arena, map, "next_href", here < last ? page_href(page, here + 1) : S(""));
    return map;
}

void list_set(PageCx *page, Val *reply, i64 pages_most, bool searches)
{
    Arena *arena = page->cx->arena;
    i64 last = val_get_int(reply, "pages");
    if (pages_most && last > pages_most)
        last = pages_most;
    page_flash_errors(page);
    page_put(page, "list_path", val_str(arena, page->request->path));
    page_put(page, "items", val_get(reply, "items"));
    page_put(page, "total", val_int(arena, val_get_int(reply, "total")));
    page_put(page, "paging", paging(page, val_get_int(reply, "page"), last));
    page_put(page, "searches", val_bool(arena, searches));
    page_put(page, "sorts", val_list(arena));
    page_put(page, "export_href", val_z(arena, ""));
    page_put(page, "facets", val_list(arena));
    list_query(page);
}

/* ---- facets ---- */

static void add_option(PageCx *page, Val *options, const char *code, Str label, Str chosen)
{
    Arena *arena = page->cx->arena;
    Val *option = val_map(arena);
    val_set_z(arena, option, "code", code);
    val_set_str(arena, option, "label", label);
    val_set_bool(arena, option, "chosen", str_same_z(chosen, code));
    val_set_int(arena, option, "count", 0);
    val_push(arena, options, option);
}

/* A facet that holds "all" as yet; returns its options. */
static Val *add_facet(PageCx *page, const char *name, const char *label_key)
{
    Arena *arena = page->cx->arena;
    Val *facet = val_map(arena), *options = val_list(arena);
    val_set_z(arena, facet, "name", name);
    val_set_str(arena, facet, "label", page_say(page, label_key));
    val_set_bool(arena, facet, "several", false);
    val_set(arena, facet, "options", options);
    val_push(arena, val_get(page->data, "facets"), facet);
    add_option(page, options, "", page_say(page, "page.all"), request_query(page->request, name));
    return options;
}

void list_facet_codes(PageCx *page, const char *name, const char *label_key, const CodeList *codes)
{
    Val *options = add_facet(page, name, label_key);
    Str chosen = request_query(page->request, name);
    for (size_t i = 0; i < codes->count; i++) {
        const Code *code = &codes->codes[i];
        add_option(page, options, code->code,
                   str_from(page->cx->lang == LANG_EN ? code->en : code->zh), chosen);
    }
}

/* The states whose bit is set. */
void facet_states(PageCx *page, const Flow *flow, unsigned states)
{
    Val *options = add_facet(page, "state", "page.state");
    Str chosen = request_query(page->request, "state");
    for (size_t i = 0; i < flow->state_count; i++)
        if (states & 1u << i)
            add_option(page, options, flow->states[i].name,
                       str_from(flow_label(flow, (i64)i, page->cx->lang)), chosen);
}

static void facet_flag(PageCx *page, const char *name, const char *label_key, const char *yes_key)
{
    Val *options = add_facet(page, name, label_key);
    add_option(page, options, "1", page_say(page, yes_key), request_query(page->request, name));
}

/* Who belongs to a unit of these roles may ask for its own rows alone. */
static void facet_mine(PageCx *page, unsigned roles)
{
    if (page->me && page->me->actor.org_id && (page->me->actor.roles & roles))
        facet_flag(page, "mine", "page.whose", "page.mine");
}

/* Shown where the list was opened from an import: its rows, or all. */
static void facet_import(PageCx *page)
{
    Str id = request_query(page->request, "import_id");
    i64 number;
    if (!str_to_i64(id, &number))
        return;
    Val *options = add_facet(page, "import_id", "page.import_batch");
    add_option(page, options, str_z(page->cx->arena, id),
               text_say(page->cx->arena, page->cx->lang, "page.import_nth", &id, 1), id);
}

static void set_can(PageCx *page, const char *const *names, const bool *can, size_t count)
{
    Val *map = val_map(page->cx->arena);
    for (size_t i = 0; i < count; i++)
        val_set_bool(page->cx->arena, map, names[i], can[i]);
    page_put(page, "can", map);
}

#define SET_CAN(page, names, ...)                                                                  \
    set_can((page), (names), (const bool[]){__VA_ARGS__}, COUNT((names)))

/* ---- lists that are searched too ---- */

/* What tells such a list from the others. */
typedef struct SearchList {
    const RecordType *type;
    const char *op;    /* Lists; with words search.all is asked instead. */
    const char *title; /* Key of ui/text. */
    const char *kind;  /* Searched among these, */
    bool offers;       /* those on offer alone; */
    const char *row;   /* the record of a hit that becomes the row. */
    /* Facets, but for the field, which all have. A search knows the last and the field alone. */
    unsigned mine;         /* Roles whose unit has rows of its own. */
    const Flow *flow;      /* NULL: no states. */
    unsigned states;       /* Bits: those that everybody sees. */
    const CodeList *kinds; /* NULL: none. */
    const char *kinds_label;
    bool listed; /* Whether each is on offer. */
} SearchList;

#define SELLERS       (WHO_OFFICE | WHO_INVENTOR)
#define OPEN_LISTINGS (1u << LISTING_LISTED | 1u << LISTING_IN_LOT | 1u << LISTING_SOLD)
#define OPEN_NEEDS    (1u << NEED_LISTED | 1u << NEED_MATCHED)

// clang-format off
static const SearchList patents      = {&patent_type,      "patent.list",      "page.patents",      "patent",      false, "patent",      SELLERS,  NULL,          0,             &patent_kinds,      "page.kind", true};
static const SearchList achievements = {&achievement_type, "achievement.list", "page.achievements", "achievement", false, "achievement", SELLERS,  NULL,          0,             &achievement_kinds, "page.kind", false};
static const SearchList listings     = {&listing_type,     "listing.list",     "page.listings",     "patent",      true,  "listing",     SELLERS,  &listing_flow, OPEN_LISTINGS, &trade_modes,       "page.mode", false};
static const SearchList needs        = {&need_type,        "need.list",        "page.needs",        "need",        false, "need",        WHO_FIRM, &need_flow,    OPEN_NEEDS,    NULL,               NULL,        false};
// clang-format on

static Err search(PageCx *page, const SearchList *list, Val **ret)
{
    Arena *arena = page->cx->arena;
    const NameText texts[] = {
        {S("q"), request_query(page->request, "q")},
        {S("kind"), str_from(list->kind)},
        {S("field"), request_query(page->request, "field")},
        {S("listed"), list->offers ? S("1") : request_query(page->request, "listed")},
        {S("page"), request_query(page->request, "page")},
    };
    Val *reply, *items = val_list(arena);
    Err e = page_ask(page, "search.all", texts, COUNT(texts), &reply);
    if (e)
        return e;
    for (size_t i = 0; i < val_count(val_get(reply, "items")); i++) {
        Val *hit = val_at(val_get(reply, "items"), i), *row = val_get(hit, list->row);
        if (!row || row->kind != VAL_MAP)
            continue;
        val_set_str(arena, row, "listing_state", val_get_str(val_get(hit, "listing"), "state"));
        val_push(arena, items, row);
    }
    val_set(arena, reply, "items", items);
    *ret = reply;
    bool named = val_get(val_at(items, 0), "org") != NULL; /* Patents and achievements are. */
    return named ? ERR_OK : org_names_add(page->cx, items, "org_id", "org");
}

static Err build_searched(PageCx *page, const SearchList *list)
{
    bool words = str_trim(request_query(page->request, "q")).len > 0;
    Val *reply;
    Err e = words ? search(page, list, &reply) : page_ask_query(page, list->op, &reply);
    if (e)
        return e;
    shape_rows(page, list->type, val_get(reply, "items"));
    list_set(page, reply, words ? MATCH_DEPTH_MAX / PAGE_SIZE : 0, true);
    if (!words) {
        facet_import(page);
        facet_mine(page, list->mine);
        if (list->flow) /* Other states are seen by the owner and the operator alone. */
            facet_states(page, list->flow, page->me ? ~0u : list->states);
        if (list->kinds)
            list_facet_codes(page, "kind", list->kinds_label, list->kinds);
    }
    list_facet_codes(page, "field", "page.field", &industry_fields);
    if (list->listed)
        facet_flag(page, "listed", "page.listing_state", "page.on_offer");
    page_title(page, list->title);
    return ERR_OK;
}

Err build_patents(PageCx *page)
{
    static const char *const names[] = {"file", "import", "export"};
    SET_CAN(page, names, page_allowed(page, "listing.file"), page_allowed(page, "import.upload"),
            false);
    return build_searched(page, &patents);
}

Err build_achievements(PageCx *page)
{
    static const char *const names[] = {"add"};
    SET_CAN(page, names, page_allowed(page, "achievement.add"));
    return build_searched(page, &achievements);
}

Err build_listings(PageCx *page)
{
    static const char *const names[] = {"accept", "withdraw", "pick"};
    bool accepts = page_allowed(page, "listing.accept");
    bool withdraws = (page->cx->actor.roles & (SELLERS | WHO_OPERATOR)) != 0;
    SET_CAN(page, names, accepts, withdraws, accepts || withdraws);
    return build_searched(page, &listings);
}

Err build_needs(PageCx *page)
{
    static const char *const names[] = {"post"};
    SET_CAN(page, names, page_allowed(page, "need.post"));
    return build_searched(page, &needs);
}

/* ---- other lists ---- */

Err build_deals(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_query(page, "deal.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    shape_rows(page, &deal_type, items);
    for (size_t i = 0; i < val_count(items); i++) {
        Val *row = val_at(items, i);
        val_set_str(arena, row, "seller_name", val_get_str(row, "seller"));
        val_set_str(arena, row, "buyer_name", val_get_str(row, "buyer"));
    }
    list_set(page, reply, 0, false);
    facet_states(page, &deal_flow, ~0u);
    page_title(page, "page.deals");
    return ERR_OK;
}

Err build_orgs(PageCx *page)
{
    Val *reply;
    Err e = page_ask_query(page, "org.list", &reply);
    if (e)
        return e;
    shape_rows(page, &org_type, val_get(reply, "items"));
    list_set(page, reply, 0, true);
    list_facet_codes(page, "kind", "page.kind", &org_kinds);
    page_title(page, "page.orgs");
    return ERR_OK;
}
