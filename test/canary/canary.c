/* canary.c - plants a word of its own in every field that is not public, in rows of every type,
 * state and owner, and looks for it in everything that anybody can read: replies of every op,
 * pages, search, refusals, the log on stderr.
 *
 * Who may see a word is worked out here again, from the field's level and the row's owner alone,
 * and not with the program's own see_level. New record types, ops and pages are taken in by
 * themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "house_bench.h"
#include "ident/ident.h"
#include "match/match.h"
#include "record/published.h"
#include "web/app_int.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    OWNERS = 2,
    ROWS_MAX = 2000,
    WORDS_MAX = 20 * 1000,
    IDS_MAX = 40,
    TYPES_MAX = 128,
    NUMBER_BASE = 88 * 1000 * 1000, /* Amounts count up from here: eight digits, 88 in front. */
};

/* Where a word was planted. */
typedef struct Word {
    const RecordType *type;
    const Field *field;
    i64 row;
    int owner; /* 0 or 1; -1: the row belongs to no unit. */
    See see;
} Word;

static struct {
    Bench bench;
    App app;
    Word words[WORDS_MAX];
    size_t word_count;
    int leaks;
    i64 org_of[OWNERS];
    i64 account_of[OWNERS];
    i64 highest[TYPES_MAX]; /* Row ids by type, as house_types lists them. */
    const RecordType **types;
    size_t type_count;
    const struct Reader *reading;
    const char *poison; /* A word that stands in originals alone; NULL: none. */
} world;

/* ---- readers ---- */

typedef struct Reader {
    const char *name;
    unsigned roles;
    int owner; /* Of whose unit; -1: of another. */
    bool signed_in;
} Reader;

static const Reader readers[] = {
    {"public", 0, -1, false},
    {"stranger office", WHO_OFFICE, -1, true},
    {"stranger firm", WHO_FIRM, -1, true},
    {"manager", WHO_MANAGER, -1, true},
    {"expert", WHO_EXPERT, -1, true},
    {"finance", WHO_FINANCE, -1, true},
    {"agency", WHO_AGENCY, -1, true},
    {"liaison", WHO_LIAISON, -1, true},
    {"owner office", WHO_OFFICE, 0, true},
    {"owner firm", WHO_FIRM, 1, true},
    {"operator", WHO_OPERATOR, -1, true},
    {"department elsewhere", WHO_DEPARTMENT, -1, true},
    {"system", WHO_SYSTEM, -1, true},
    {"security", WHO_SECURITY, -1, true},
    {"audit", WHO_AUDIT, -1, true},
    {"half signed in", 0, 0, false},
};

static i64 reader_org(const Reader *reader)
{
    return reader->owner >= 0 ? world.org_of[reader->owner] : reader->roles ? 7777 : 0;
}

static Actor actor_of(const Reader *reader)
{
    bool half = strcmp(reader->name, "half signed in") == 0;
    return (Actor){.account_id = half || (reader->signed_in && reader->owner >= 0)
                                     ? world.account_of[reader->owner]
                                 : reader->signed_in ? 7777
                                                     : 0,
                   .org_id = reader_org(reader),
                   .roles = reader->roles,
                   .half = half,
                   .second_ms = BENCH_NOW,
                   .via = VIA_API};
}

/* ---- the rule, told again ---- */

/* Rows of these types are seen by more than their owner and the operator. */
static const struct {
    const char *type;
    unsigned who;
} also[] = {
    {"account", WHO_SECURITY},
    {"role_grant", WHO_SECURITY},
    {"api_token", WHO_SECURITY},
};

static bool may_see(const Reader *reader, const Word *word)
{
    bool admin = (reader->roles & WHO_ADMINS) != 0, business = reader->signed_in && !admin;
    bool own = business && word->owner >= 0 && reader->owner == word->owner;
    bool half_own = strcmp(reader->name, "half signed in") == 0 && word->owner == reader->owner &&
                    strcmp(word->type->name, "account") == 0;
    for (size_t i = 0; i < COUNT(also); i++)
        if (strcmp(also[i].type, word->type->name) == 0 && (reader->roles & also[i].who) &&
            word->see < SEE_NOBODY && !(word->field->flags & PERSONAL))
            return true;
    if (word->field->flags & PERSONAL) /* In full for its own unit alone. */
        return (own || half_own) && word->see <= SEE_OWNER;
    switch (word->see) {
    case SEE_SIGNED:
        return business || half_own;
    case SEE_PARTY:
    case SEE_OWNER:
        return own || half_own || (reader->roles & WHO_OPERATOR);
    case SEE_OPERATOR:
        return (reader->roles & WHO_OPERATOR) != 0;
    default:
        return false;
    }
}

static void leak(const Reader *reader, const char *where, const Word *word)
{
    if (world.leaks++ < 60)
        print_message("%s sees %s.%s of row %lld (owner %d) in %s\n", reader->name,
                      word->type->name, word->field->name, (long long)word->row, word->owner,
                      where);
}

/* Looks for words "cnry<number>z" and amounts "88<six digits>" that stand alone. */
static void look(const Reader *reader, const char *where, Str text)
{
    if (world.poison && str_has(text, str_from(world.poison)) && world.leaks++ < 60)
        print_message("%s reads an original in %s\n", reader->name, where);
    for (size_t i = 0; i + 8 <= text.len; i++) {
        i64 n;
        size_t end = i + 8;
        bool number = false;
        if (memcmp(text.data + i, "cnry", 4) == 0) {
            end = i + 4;
            while (end < text.len && text.data[end] >= '0' && text.data[end] <= '9')
                end++;
            if (!str_to_i64(str_slice(text, i + 4, end), &n))
                continue;
        } else if (memcmp(text.data + i, "88", 2) == 0 &&
                   (i == 0 || text.data[i - 1] < '0' || text.data[i - 1] > '9') &&
                   (end == text.len || text.data[end] < '0' || text.data[end] > '9')) {
            if (!str_to_i64(str_slice(text, i, end), &n))
                continue;
            n -= NUMBER_BASE;
            number = true;
        } else {
            continue;
        }
        if (n <= 0 || n > (i64)world.word_count)
            continue;
        const Word *word = &world.words[n - 1];
        if (number == (word->field->kind == F_MONEY) && !may_see(reader, word))
            leak(reader, where, word);
    }
}

/* ---- planting ---- */

static bool named(const Field *field, const char *name)
{
    return strcmp(field->name, name) == 0;
}

static void fill_ref(const Field *field, void *row, int owner, i64 state)
{
    i64 id = field->flags & UNIQUE ? state * OWNERS + owner + 1 : owner + 1;
    if (field->ref == &org_type || named(field, "org_id"))
        id = world.org_of[owner];
    else if (field->ref == &account_type || named(field, "account_id"))
        id = world.account_of[owner];
    if (named(field, "parent_id") || named(field, "supervisor_id"))
        id = 0;
    field_set_int(field, row, id);
}

static void fill_hidden(const RecordType *type, const Field *field, void *row)
{
    Buf out = buf_new(&world.bench.arena);
    for (size_t i = 0; i < type->count; i++)
        if (type->fields[i].see == SEE_CHOICE)
            buf_format(&out, "%s%s", out.len ? "," : "", type->fields[i].name);
    field_set_str(field, row, buf_str(&out));
}

static void plant(const RecordType *type, const Field *field, void *row, int owner)
{
    See see = field_see(type, field, row);
    bool text = field->kind == F_TEXT || field->kind == F_PROSE || field->kind == F_LIST;
    bool passage = (field->flags & PASSAGES) && see == SEE_PUBLIC;
    if (passage)
        see = SEE_PARTY;
    if ((!text && field->kind != F_MONEY) || see == SEE_PUBLIC)
        return;
    assert_true(world.word_count < WORDS_MAX);
    world.words[world.word_count++] = (Word){type, field, 0, owner, see};
    if (text)
        field_set_str(field, row,
                      passage ? str_format(&world.bench.arena, "open words [[cnry%zuz]] and more",
                                           world.word_count)
                              : str_format(&world.bench.arena, "cnry%zuz", world.word_count));
    else
        field_set_int(field, row, NUMBER_BASE + (i64)world.word_count);
}

static void fill_field(const RecordType *type, const Field *field, void *row, int owner, i64 state)
{
    i64 day = 24 * 3600 * (i64)1000;
    switch (field->kind) {
    case F_CODE:
        field_set_str(field, row, str_from(field->codes->codes[0].code));
        break;
    case F_CODES:
        if (named(field, "hidden") && state % 3 != 2) /* Some rows hide passages alone. */
            fill_hidden(type, field, row);
        else if (named(field, "hidden"))
            break;
        else
            field_set_str(field, row, str_from(field->codes->codes[0].code));
        break;
    case F_STATE:
        field_set_int(field, row, state);
        break;
    case F_REF:
        fill_ref(field, row, owner, state);
        break;
    case F_DATE:
        field_set_int(field, row, 20260101);
        break;
    case F_TIME:
        field_set_int(field, row,
                      named(field, "until_ms") || named(field, "end_ms") ? BENCH_NOW + day
                                                                         : BENCH_NOW - day);
        break;
    case F_MONEY:
        field_set_int(field, row, 100);
        break;
    case F_INT:
    case F_BOOL:
        field_set_int(field, row,
                      field->flags & UNIQUE ? state * OWNERS + owner + 1 : field->kind == F_INT);
        break;
    default:
        if (field_see(type, field, row) == SEE_PUBLIC)
            field_set_str(field, row,
                          str_format(&world.bench.arena, "%s %s %d %zu", type->name, field->name,
                                     owner, world.word_count));
    }
}

typedef struct Planting {
    const RecordType *type;
    int owner;
    i64 state;
} Planting;

static Err plant_row(Cx *cx, void *arg)
{
    const Planting *p = arg;
    const RecordType *type = p->type;
    void *row = arena_take(&world.bench.arena, type->size);
    size_t first = world.word_count;
    memset(row, 0, type->size);
    for (size_t i = 4; i < type->count; i++)
        fill_field(type, &type->fields[i], row, p->owner, p->state);
    for (size_t i = 4; i < type->count; i++)
        plant(type, &type->fields[i], row, p->owner);
    if (type == &account_type) { /* Accounts that are closed or locked are seen by nobody at all. */
        ((Account *)row)->closed = ((Account *)row)->locked_until_ms = 0;
    }
    Err e = fact_create(cx, type, row, (FactNote){.kind = "canary.planted"});
    i64 id = e ? 0 : field_int(&type->fields[0], row);
    for (size_t i = first; i < world.word_count; i++)
        world.words[i].row = id;
    for (size_t t = 0; t < world.type_count; t++)
        if (world.types[t] == type)
            world.highest[t] = id;
    return e;
}

static void plant_type(const RecordType *type)
{
    i64 states = 1;
    for (size_t i = 0; i < type->count; i++)
        if (type->fields[i].kind == F_STATE)
            states = (i64)type->fields[i].flow->state_count;
    for (i64 state = 0; state < states; state++) {
        for (int owner = 0; owner < OWNERS; owner++) {
            Planting planting = {type, owner, state};
            Cx *cx = &world.bench.cx;
            cx->actor = bench_local;
            Err e = writer_run(world.bench.open.house.writer, cx, plant_row, &planting);
            if (e)
                fail_msg("%s: %s %s", type->name, err_name(e), cx->err.key ? cx->err.key : "");
            if (type == &org_type)
                world.org_of[owner] = world.words[world.word_count - 1].row;
            if (type == &account_type)
                world.account_of[owner] = world.words[world.word_count - 1].row;
        }
    }
}

/* The type of which this one is the published form; NULL: of none. */
static const RecordType *original_of(const RecordType *type)
{
    for (size_t i = 0; i < world.type_count; i++)
        if (world.types[i]->published && world.types[i]->published->type == type)
            return world.types[i];
    return NULL;
}

static int setup(void **state)
{
    Bench *bench = &world.bench;
    (void)state;
    assert_true(bench_open(bench, false));
    world.types = house_types(&bench->arena, &bench->open.house, &world.type_count);
    assert_true(world.type_count <= TYPES_MAX);
    plant_type(&org_type);
    plant_type(&account_type);
    for (size_t i = 0; i < world.type_count; i++)
        if (world.types[i] != &org_type && world.types[i] != &account_type &&
            !original_of(world.types[i])) /* That comes with the original. */
            plant_type(world.types[i]);
    world.app = (App){.house = &bench->open.house,
                      .clock = &bench->open.clock,
                      .chance = &bench->open.chance,
                      .cache = page_cache_new()};
    TemplateConfig config = {.sources = page_sources, .source_count = page_source_count};
    config.filters = app_filters(&config.filter_count);
    if (templates_init(&bench->cx, &bench->arena, &config, &world.app.templates))
        fail_msg("%.*s %.*s", STR_ARG(bench->cx.err.args[0]), STR_ARG(bench->cx.err.args[1]));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    page_cache_done(world.app.cache);
    bench_done(&world.bench);
    return 0;
}

/* ---- reading ---- */

static i64 highest_row(void)
{
    i64 most = 0;
    for (size_t i = 0; i < world.type_count; i++)
        most = world.highest[i] > most ? world.highest[i] : most;
    return most < IDS_MAX ? most : IDS_MAX;
}

/* One call; whatever comes back, also a refusal, is looked through. */
static void ask(const Reader *reader, const Op *op, Val *in)
{
    Bench *bench = &world.bench;
    ArenaMark mark = arena_mark(&bench->arena);
    Val *reply = NULL;
    Buf out = buf_new(&bench->arena);
    world.reading = reader;
    Err e = bench_call(bench, actor_of(reader), op->name, in, &reply);
    val_write_json(&out, e ? err_val(&bench->cx) : reply);
    look(reader, op->name, buf_str(&out));
    arena_rewind(&bench->arena, mark);
}

static Val *with(const char *name, Val *val)
{
    Val *in = val_map(&world.bench.arena);
    val_set(&world.bench.arena, in, name, val);
    return in;
}

/* Names a row: by a reference, or by a plain number that is called so. */
static bool is_id(const Field *field)
{
    Str name = str_from(field->name);
    bool called = str_same(name, S("id")) || str_ends(name, S("_id"));
    return field->kind == F_REF || field->kind == F_REFS || (field->kind == F_INT && called);
}

/* The op with nothing, with every row, with every flag, state and a planted word. */
static void ask_every_way(const Reader *reader, const Op *op)
{
    Arena *arena = &world.bench.arena;
    ask(reader, op, val_map(arena));
    for (size_t i = 0; i < op->in_count; i++) {
        const Field *field = &op->in[i];
        ArenaMark mark = arena_mark(arena);
        if (is_id(field))
            for (i64 id = 1; id <= highest_row(); id++)
                ask(reader, op, with(field->name, val_int(arena, id)));
        else if (field->kind == F_BOOL)
            ask(reader, op, with(field->name, val_bool(arena, true)));
        else if (field->kind == F_TEXT || field->kind == F_PROSE)
            ask(reader, op, with(field->name, val_z(arena, "need title patent")));
        else if (field->kind == F_CODE)
            for (size_t c = 0; c < field->codes->count; c++)
                ask(reader, op, with(field->name, val_z(arena, field->codes->codes[c].code)));
        arena_rewind(arena, mark);
    }
}

static void each_op(bool writes, void (*each)(const Reader *, const Op *))
{
    for (size_t r = 0; r < all_rooms_count; r++)
        for (size_t i = 0; i < all_rooms[r]->op_count; i++) {
            const Op *op = &all_rooms[r]->ops[i];
            if ((op->kind != OP_READ) != writes || (op->flags & OP_LOCAL_ONLY))
                continue;
            for (size_t n = 0; n < COUNT(readers); n++)
                each(&readers[n], op);
        }
}

static void test_reads(void **state)
{
    (void)state;
    world.leaks = 0;
    each_op(false, ask_every_way);
    assert_int_equal(world.leaks, 0);
}

/* Nobody finds anything by a word that is hidden: neither a hit nor a count. */
static void test_search(void **state)
{
    Arena *arena = &world.bench.arena;
    (void)state;
    for (size_t n = 0; n < COUNT(readers); n++) {
        for (size_t w = 0; w < world.word_count; w += 7) {
            ArenaMark mark = arena_mark(arena);
            Val *reply = NULL,
                *in = with("q", val_str(arena, str_format(arena, "cnry%zuz", w + 1)));
            assert_int_equal(
                bench_call(&world.bench, actor_of(&readers[n]), "search.all", in, &reply), ERR_OK);
            if (val_get_int(reply, "total"))
                fail_msg("%s finds cnry%zuz", readers[n].name, w + 1);
            assert_int_equal(
                bench_call(&world.bench, actor_of(&readers[n]), "search.suggest", in, &reply),
                ERR_OK);
            if (val_count(val_get(reply, "items")))
                fail_msg("%s is suggested something for cnry%zuz", readers[n].name, w + 1);
            arena_rewind(arena, mark);
        }
    }
}

/* What is like a record, records side by side, with every id of each kind; suggestions. */
static void test_likeness(void **state)
{
    static const char *const kinds[] = {"patent", "achievement", "need"};
    Arena *arena = &world.bench.arena;
    const Op *similar = op_find(&world.bench.open.house, S("match.similar"));
    const Op *compare = op_find(&world.bench.open.house, S("match.compare"));
    const Op *suggest = op_find(&world.bench.open.house, S("search.suggest"));
    (void)state;
    world.leaks = 0;
    for (size_t n = 0; n < COUNT(readers); n++)
        for (size_t k = 0; k < COUNT(kinds); k++)
            for (i64 id = 1; id <= highest_row(); id++) {
                ArenaMark mark = arena_mark(arena);
                Val *in = with("kind", val_z(arena, kinds[k]));
                val_set_int(arena, in, "id", id);
                ask(&readers[n], similar, in);
                Str names = str_format(arena, "%s-%lld,patent-1", kinds[k], (long long)id);
                ask(&readers[n], compare, with("ids", val_str(arena, names)));
                arena_rewind(arena, mark);
            }
    for (size_t n = 0; n < COUNT(readers); n++)
        for (char c = 'a'; c <= 'z'; c++)
            ask(&readers[n], suggest, with("q", val_str(arena, str_format(arena, "%c", c))));
    assert_int_equal(world.leaks, 0);
}

static void read_page(const Reader *reader, Str target)
{
    Bench *bench = &world.bench;
    ArenaMark mark = arena_mark(&bench->arena);
    Request *request = ARENA_NEW(&bench->arena, Request, 1);
    Response response;
    Call *call = ARENA_NEW(&bench->arena, Call, 1);
    assert_true(request_make(&bench->arena, METHOD_GET, target, request));
    response_init(&bench->arena, &response);
    world.reading = reader;
    err_clear(&bench->cx);
    call->cx = bench->cx;
    call->cx.actor = actor_of(reader);
    call->cx.actor.via = VIA_WEB;
    call->signed_in = reader->signed_in;
    call->me = (SignedIn){.actor = call->cx.actor, .csrf = S("token"), .name = S("N")};
    page_answer(&world.app, request, &response, call, NULL, NULL, 200);
    look(reader, str_z(&bench->arena, target), response.body);
    arena_rewind(&bench->arena, mark);
}

static void read_pages(const Reader *reader)
{
    Arena *arena = &world.bench.arena;
    for (size_t p = 0; p < pages_count; p++) {
        const char *id_at = strstr(pages[p].path, "{id}");
        if (strstr(pages[p].path, "{name}"))
            continue;
        for (i64 id = 1; id <= (id_at ? highest_row() : 1); id++) {
            ArenaMark mark = arena_mark(arena);
            Str target = id_at ? str_format(arena, "%.*s%lld%s", (int)(id_at - pages[p].path),
                                            pages[p].path, (long long)id, id_at + 4)
                               : str_from(pages[p].path);
            read_page(reader, target);
            if (!id_at)
                read_page(reader, str_format(arena, "%.*s?q=need&mine=1", STR_ARG(target)));
            arena_rewind(arena, mark);
        }
    }
}

static void test_pages(void **state)
{
    (void)state;
    world.leaks = 0;
    for (size_t n = 0; n < COUNT(readers); n++)
        read_pages(&readers[n]);
    assert_int_equal(world.leaks, 0);
}

/* ---- the originals of what is published ---- */

static bool names_table(const char *sql, const char *table)
{
    size_t len = strlen(table);
    for (const char *at = strstr(sql, table); at; at = strstr(at + 1, table))
        if (at > sql && at[-1] == ' ' && (at[len] == ' ' || at[len] == 0))
            return true;
    return false;
}

/* Whose a row is may be asked by who is signed in, and for his own unit's rows; nothing else. */
static void see_statement(void *context, const char *sql)
{
    const Reader *reader = world.reading;
    (void)context;
    for (size_t t = 0; t < world.type_count; t++) {
        const char *table = world.types[t]->name;
        if (!world.types[t]->published || !names_table(sql, table))
            continue;
        bool whose = strstr(sql, "SELECT org_id FROM ") == sql, own = strstr(sql, "org_id = ?");
        if ((!reader->signed_in || !(whose || own)) && world.leaks++ < 60)
            print_message("%s: %.200s\n", reader->name, sql);
    }
}

/* Behind the program's back, by a connection of its own. */
static void change_store(const char *sql)
{
    Cx cx = world.bench.cx;
    cx.db = NULL;
    assert_int_equal(db_open(&cx, world.bench.open.house.store_url, DB_WRITE, &cx.db), ERR_OK);
    assert_int_equal(db_exec_plain(&cx, sql), ERR_OK);
    db_close(cx.db);
}

/* Whatever is remembered is read anew. */
static void forget(void)
{
    House *house = &world.bench.open.house;
    page_cache_done(world.app.cache);
    world.app.cache = page_cache_new();
    if (house->match)
        match_close(house->match);
    house->match = NULL;
}

static bool is_stranger(const Reader *reader)
{
    return reader->owner < 0 && !(reader->roles & WHO_OPERATOR);
}

static void ask_stranger(const Reader *reader, const Op *op)
{
    if (is_stranger(reader))
        ask_every_way(reader, op);
}

/* The titles of needs are public, and yet nobody without a right is given them from there. */
static void test_originals(void **state)
{
    (void)state;
    world.leaks = 0;
    world.poison = "arsenic";
    change_store("UPDATE need SET title = 'arsenic ' || title, problem = 'arsenic ' || problem, "
                 "params = 'arsenic ' || params");
    forget();
    db_fault_watch(world.bench.fault_read, see_statement, NULL);
    each_op(false, ask_stranger);
    for (size_t n = 0; n < COUNT(readers); n++)
        if (is_stranger(&readers[n]))
            read_pages(&readers[n]);
    db_fault_watch(world.bench.fault_read, NULL, NULL);
    int leaks = world.leaks;
    ask(&readers[10], op_find(&world.bench.open.house, S("need.list")),
        val_map(&world.bench.arena));
    assert_string_equal(readers[10].name, "operator");
    assert_int_not_equal(world.leaks, leaks); /* He is: so the poison can be seen. */
    world.poison = NULL;
    change_store("UPDATE need SET title = substr(title, 9), problem = substr(problem, 9), "
                 "params = substr(params, 9)");
    forget();
    assert_int_equal(leaks, 0);
}

/* The rows themselves, as they lie in the store: nothing in them that the public may not see. */
static void test_published(void **state)
{
    Cx *cx = &world.bench.cx;
    size_t rows_read = 0;
    (void)state;
    world.leaks = 0;
    for (size_t t = 0; t < world.type_count; t++) {
        const RecordType *type = world.types[t];
        Rows rows;
        if (!original_of(type))
            continue;
        void *row = arena_take(cx->arena, type->size);
        assert_int_equal(record_query(cx, type, &rows, "ORDER BY id", NULL, 0), ERR_OK);
        for (; rows_next(&rows); rows_read++) {
            Buf text = buf_new(cx->arena);
            record_read_row(cx, type, &rows, row);
            record_canonical(type, row, &text);
            look(&readers[0], type->name, buf_str(&text));
        }
        assert_int_equal(rows_end(&rows), ERR_OK);
    }
    assert_int_equal(rows_read, 2 * OWNERS); /* Needs that are open or matched. */
    assert_int_equal(world.leaks, 0);
}

/* ---- writing to what is others' ---- */

/* A value that passes each field's own check; ids are `id`. */
static Val *plausible(const Field *field, i64 id)
{
    Arena *arena = &world.bench.arena;
    return is_id(field) ? val_int(arena, id) : bench_value(arena, field);
}

/* Rows that were planted, by the fact that says one was changed. */
static bool planted(const Fact *fact)
{
    for (size_t t = 0; t < world.type_count; t++)
        if (str_same_z(fact->table_name, world.types[t]->name))
            return fact->row_id > 0 && fact->row_id <= world.highest[t];
    return false;
}

static void try_change(const Reader *reader, const Op *op, i64 id)
{
    Bench *bench = &world.bench;
    ArenaMark mark = arena_mark(&bench->arena);
    Val *in = val_map(&bench->arena), *reply = NULL;
    i64 before = 0;
    size_t count = 0;
    Fact *facts;
    for (size_t i = 0; i < op->in_count; i++)
        val_set(&bench->arena, in, op->in[i].name, plausible(&op->in[i], id));
    assert_int_equal(fact_last_seq(&bench->cx, &before), ERR_OK);
    Err e = bench_call(bench, actor_of(reader), op->name, in, &reply);
    err_clear(&bench->cx);
    assert_int_equal(fact_after(&bench->cx, before, 100, &facts, &count), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        bool told = str_same(facts[i].kind, S("command.refused"));
        if (told || !planted(&facts[i]) || world.leaks++ > 40)
            continue;
        print_message("%s: %s with id %lld gives %s and changes %.*s %lld (%.*s)\n", reader->name,
                      op->name, (long long)id, err_name(e), STR_ARG(facts[i].table_name),
                      (long long)facts[i].row_id, STR_ARG(facts[i].kind));
    }
    arena_rewind(&bench->arena, mark);
}

static void try_ids(const Reader *reader, const Op *op)
{
    bool stranger = reader->owner < 0 && !(reader->roles & (WHO_OPERATOR | WHO_ADMINS));
    bool signs_in = strcmp(op->name, "session.open") == 0;
    for (i64 id = 1; stranger && !signs_in && id <= 12; id++)
        try_change(reader, op, id);
}

/* Whoever has no part in a row changes nothing of it, whatever id he names. */
static void test_strangers(void **state)
{
    (void)state;
    world.leaks = 0;
    each_op(true, try_ids);
    assert_int_equal(world.leaks, 0);
}

/* What an act answers to those who may not, and to those who may. Comes last: it changes rows. */
static void ask_ids(const Reader *reader, const Op *op)
{
    for (size_t i = 0; i < op->in_count; i++)
        if (is_id(&op->in[i]))
            for (i64 id = 1; id <= 4; id++)
                ask(reader, op, with(op->in[i].name, val_int(&world.bench.arena, id)));
}

static void test_refusals(void **state)
{
    (void)state;
    world.leaks = 0;
    each_op(true, ask_ids);
    assert_int_equal(world.leaks, 0);
}

/* All that was printed while everything above was asked. */
static void test_log(void **state)
{
    static char text[1 << 20];
    int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600), own = dup(2);
    (void)state;
    assert_true(fd >= 0 && own >= 0);
    fflush(stderr);
    dup2(fd, 2);
    world.leaks = 1000; /* By now acts have published some of it; only the log is looked at. */
    each_op(false, ask_every_way);
    each_op(true, ask_ids);
    fflush(stderr);
    dup2(own, 2);
    close(own);
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    close(fd);
    assert_true(len >= 0);
    text[len] = 0;
    if (strstr(text, "cnry"))
        fail_msg("the log says: %.200s", strstr(text, "cnry"));
}

int main(void)
{
    log_level_set(LOG_DEBUG_LEVEL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_search),    cmocka_unit_test(test_reads),
        cmocka_unit_test(test_likeness),  cmocka_unit_test(test_pages),
        cmocka_unit_test(test_published), cmocka_unit_test(test_originals),
        cmocka_unit_test(test_strangers), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_log),
    };
    return cmocka_run_group_tests_name("canary", tests, setup, teardown);
}
