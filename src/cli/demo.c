/* The demo exchange: data/demo played through the same commands that people use, on a moved clock,
 * so that facts, prices and states are those of a real run over the last two weeks. */
#include "cli/cli.h"

#include "auction/auction.h"
#include "registry/ids.h"
#include "registry/registry.h"
#include "ident/ident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEMO_PASSWORD "Techbourse-demo"
#define DEMO_UNSIGNED "firm5"              /* Its unit has not signed the agreement. */
#define DEMO_CENTRE   "12325200YY2000689J" /* An industry centre with a target. */
#define MINUTES(n)    ((i64)(n)*60 * 1000)
#define HOURS(n)      MINUTES((n)*60)
#define DAYS(n)       HOURS((n)*24)

enum { DEMO_ROWS_MAX = 1000, DEMO_BIDS_MAX = 64, DEMO_ACCEPTED = 50, DEMO_NEEDS_LEFT = 4 };

/* A lot of the play: when what happens to it. */
typedef struct DemoLot {
    Val *row;
    Str stage;
    i64 id;
    i64 make_ms, open_ms, end_ms;
    i64 bidder_ids[DEMO_BIDS_MAX];
} DemoLot;

typedef enum ActKind { ACT_MAKE, ACT_BID, ACT_PAUSE, ACT_CANCEL } ActKind;

typedef struct DemoAct {
    i64 at_ms;
    ActKind kind;
    DemoLot *lot;
    size_t bid;
} DemoAct;

typedef struct Demo {
    Cli *cli;
    Cx *cx;
    Open *open;
    Str folder;
    i64 now_ms;
    Val *listing_of; /* appno -> listing id */
    Val *accounts;   /* Rows of accounts.jsonl. */
    Val *signer_of;  /* code of a unit -> login that signs for it */
} Demo;

static Str demo_folder(Cli *cli)
{
    const char *named = getenv("TECHBOURSE_DEMO");
    char exe[4096];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (named)
        return str_from(named);
    for (int up = 1; len > 0 && up <= 4; up++) { /* Beside a build folder of the tree. */
        while (len > 0 && exe[--len] != '/')
            ;
        Str folder = str_format(&cli->arena, "%.*s/data/demo", (int)len, exe);
        if (access(str_z(&cli->arena, folder), R_OK) == 0)
            return folder;
    }
    return S("/usr/share/techbourse/demo");
}

static Err load_rows(Demo *demo, const char *name, Val **ret)
{
    Cli *cli = demo->cli;
    Cx *cx = demo->cx;
    char *path =
        str_z(&cli->arena, str_format(&cli->arena, "%.*s/%s.jsonl", STR_ARG(demo->folder), name));
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set_arg(cx, ERR_MISSING, NULL, "cli.no_demo", demo->folder);
    Val *list = val_list(&cli->arena);
    static char line[64 * 1024];
    Err e = ERR_OK;
    while (!e && fgets(line, sizeof line, file)) {
        Str why;
        Val *row = val_read_json(&cli->arena, str_trim(str_from(line)), &why);
        Str args[] = {str_from(name), str_format(&cli->arena, "%zu", val_count(list) + 1),
                      row ? S("") : why};
        if (!row)
            e = err_set_args(cx, ERR_INPUT, NULL, "cli.demo_line", args, 3);
        else
            val_push(&cli->arena, list, row);
    }
    fclose(file);
    *ret = list;
    return e;
}

static Err call(Demo *demo, i64 org_id, unsigned roles, const char *name, Val *in, Val **ret)
{
    Cx *cx = demo->cx;
    void *read;
    const Op *op = op_find(&demo->open->house, str_from(name));
    cx->actor = (Actor){.org_id = org_id, .roles = roles, .via = VIA_LOCAL};
    cx->arrived_ms = clock_now_ms(cx->clock);
    err_clear(cx);
    Err e = op_read_json(cx, op, in, &read);
    return e ? e : op_call(cx, op, read, ret);
}

/* As a person with a name: what is signed is signed by somebody. */
static Err call_as(Demo *demo, Str login, const char *name, Val *in, Val **ret)
{
    Cx *cx = demo->cx;
    void *read;
    const Op *op = op_find(&demo->open->house, str_from(name));
    cx->arrived_ms = clock_now_ms(cx->clock);
    err_clear(cx);
    Err e = account_actor(cx, login, &cx->actor);
    cx->actor.via = VIA_LOCAL;
    if (!e)
        e = op_read_json(cx, op, in, &read);
    return e ? e : op_call(cx, op, read, ret);
}

static Err org_of(Demo *demo, const Val *row, i64 *ret_id)
{
    Org org = {0};
    Err e = org_by_code(demo->cx, val_get_str(row, "org"), &org);
    *ret_id = org.id;
    return e;
}

/* A map of the named keys of a row, money in yuan turned into fen. */
static Val *pick(Demo *demo, const Val *row, const char *keys)
{
    Arena *arena = &demo->cli->arena;
    Val *map = val_map(arena);
    Str rest = str_from(keys), key;
    while (str_split(&rest, ' ', &key)) {
        char *from = str_z(arena, key), *to = strchr(from, '>');
        if (to)
            *to++ = 0;
        Val *val = val_get(row, from);
        if (!val || val->kind == VAL_NULL)
            continue;
        size_t len = strlen(from);
        if (val->kind == VAL_INT && len > 5 && strcmp(from + len - 5, "_yuan") == 0)
            val = val_int(arena, val->i * 100);
        val_set(arena, map, to ? to : from, val);
    }
    return map;
}

static Err code_id(Demo *demo, Str code, i64 *ret_id)
{
    Org org = {0};
    *ret_id = 0;
    Err e = code.len ? org_by_code(demo->cx, code, &org) : ERR_OK;
    *ret_id = org.id;
    return e;
}

/* A college comes below its university, everything else by itself. */
static Err fill_org(Demo *demo, const Val *row)
{
    Val *in, *reply;
    i64 above = 0;
    bool college = val_get_str(row, "parent").len > 0;
    Err e = code_id(demo, val_get_str(row, college ? "parent" : "supervisor"), &above);
    in = pick(demo, row,
              college ? "name contact phone intro"
                      : "code name kind level line field division city intro contact phone");
    if (above)
        val_set_int(&demo->cli->arena, in, college ? "parent_id" : "supervisor_id", above);
    return e ? e
             : call(demo, 0, WHO_LOCAL | WHO_OPERATOR, college ? "org.add_below" : "org.add", in,
                    &reply);
}

static Err fill_orgs(Demo *demo)
{
    Val *rows, *reply;
    Err e = load_rows(demo, "orgs", &rows);
    for (size_t i = 0; !e && i < val_count(rows); i++)
        e = fill_org(demo, val_at(rows, i));
    if (!e)
        e = load_rows(demo, "marks", &rows);
    for (size_t i = 0; !e && i < val_count(rows); i++) {
        i64 org_id;
        Val *in = pick(demo, val_at(rows, i), "mark source from_date until_date");
        e = org_of(demo, val_at(rows, i), &org_id);
        val_set_int(&demo->cli->arena, in, "org_id", org_id);
        if (!e)
            e = call(demo, 0, WHO_LOCAL | WHO_OPERATOR, "mark.add", in, &reply);
    }
    return e;
}

/* The demonstration's pages say the codes themselves: a settings file of the folder's own. */
static Err write_settings(Demo *demo)
{
    char *path = str_z(&demo->cli->arena, str_format(&demo->cli->arena, "%.*s/settings.yaml",
                                                     STR_ARG(demo->open->house.data_folder)));
    static const char text[] =
        "# A demonstration: pages show the code of the second factor. Never so in earnest.\n"
        "second_factor_demo: yes\n"
        "# Its firms are few: what one of them says is shown to the owner already.\n"
        "evaluation_least: 1\n";
    FILE *file = fopen(path, "wxe");
    bool whole = file && fputs(text, file) >= 0;
    if (file && fclose(file) != 0)
        whole = false;
    demo->open->settings.second_factor_demo = 1;
    demo->open->settings.evaluation_least = 1;
    return whole ? ERR_OK
                 : err_set_arg(demo->cx, ERR_IO, NULL, "fact.cannot_write", str_from(path));
}

/* As its holder would: begin, look at the code, confirm. */
static Err set_up_second(Demo *demo, Str login)
{
    Arena *arena = &demo->cli->arena;
    Val *none = val_map(arena), *in = val_map(arena), *reply;
    Err e = call_as(demo, login, "second.begin", none, &reply);
    if (!e)
        e = call_as(demo, login, "second.show", none, &reply);
    if (e)
        return e;
    val_set_str(arena, in, "second_code", val_get_str(reply, "code_now"));
    return call_as(demo, login, "second.confirm", in, &reply);
}

static Err fill_accounts(Demo *demo)
{
    Arena *arena = &demo->cli->arena;
    Val *rows, *reply;
    Str password[] = {S(DEMO_PASSWORD)};
    Err e = load_rows(demo, "accounts", &rows);
    demo->accounts = rows;
    demo->signer_of = val_map(arena);
    cli_say(demo->cli, "cli.demo", password, 1);
    for (size_t i = 0; !e && i < val_count(rows); i++) {
        i64 org_id;
        Val *row = val_at(rows, i), *in = pick(demo, row, "login name roles");
        e = org_of(demo, row, &org_id);
        val_set_int(arena, in, "org_id", org_id);
        val_set_z(arena, in, "password", DEMO_PASSWORD);
        if (!e)
            e = call(demo, 0, WHO_LOCAL | WHO_SECURITY, "account.add", in, &reply);
        if (!e)
            e = set_up_second(demo, val_get_str(row, "login"));
        Str org = S(""), login = val_get_str(row, "login");
        if (!e)
            e = org_name(demo->cx, org_id, &org);
        const Code *role = code_find(&role_codes, val_at(val_get(row, "roles"), 0)->s);
        fprintf(stderr, "  %-12.*s %s / %s  %.*s\n", STR_ARG(login), role ? role->zh : "",
                role ? role->en : "", STR_ARG(org));
    }
    return e;
}

/* ---- signatures ---- */

static Err sign(Demo *demo, Str login, const char *kind, const char *about, i64 about_id)
{
    Arena *arena = &demo->cli->arena;
    Val *in = val_map(arena), *reply;
    val_set_z(arena, in, "kind", kind);
    Err e = call(demo, 0, 0, "consent_text.show", in, &reply);
    if (e)
        return e;
    in = val_map(arena);
    val_set_int(arena, in, "text_id", val_get_int(val_get(reply, "text"), "id"));
    if (about_id) {
        val_set_z(arena, in, "about", about);
        val_set_int(arena, in, "about_id", about_id);
    }
    return call_as(demo, login, "consent.sign", in, &reply);
}

/* Whose account may sign for a unit. */
static bool signs(const Val *row)
{
    static const char *const roles[] = {"office", "firm", "liaison"};
    for (size_t i = 0; i < COUNT(roles); i++)
        if (str_same_z(val_at(val_get(row, "roles"), 0)->s, roles[i]))
            return true;
    return false;
}

/* Every unit with accounts has signed, but for one firm: there the gate is seen. */
static Err fill_agreements(Demo *demo)
{
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < val_count(demo->accounts); i++) {
        const Val *row = val_at(demo->accounts, i);
        if (!signs(row))
            continue;
        val_set_key(&demo->cli->arena, demo->signer_of, val_get_str(row, "org"),
                    val_get(row, "login"));
        if (!str_same(val_get_str(row, "login"), S(DEMO_UNSIGNED)))
            e = sign(demo, val_get_str(row, "login"), "agreement", "", 0);
    }
    return e;
}

/* The owner's consent before its listing is put into a lot. */
static Err sign_for_stage(Demo *demo, i64 listing_id)
{
    Listing listing = {0};
    Org org = {0};
    Err e = record_load(demo->cx, &listing_type, listing_id, &listing);
    if (!e)
        e = record_load(demo->cx, &org_type, listing.org_id, &org);
    if (e)
        return e;
    Val *login = val_get_key(demo->signer_of, org.code);
    return login ? sign(demo, login->s, "stage", "listing", listing_id) : ERR_OK;
}

typedef struct PatentBatch {
    Patent *patents;
    size_t count;
} PatentBatch;

static Err save_patents(Cx *cx, void *arg)
{
    PatentBatch *batch = arg;
    Err e = ERR_OK;
    cx->doing = "demo.fill";
    for (size_t i = 0; !e && i < batch->count; i++) {
        PatentSaved saved;
        Patent before;
        i64 id;
        e = patent_save(cx, &batch->patents[i], 0, &saved, &id, &before);
    }
    return e;
}

static Err read_patent(Demo *demo, const Val *row, Patent *ret)
{
    Cx *cx = demo->cx;
    DocNo docno = {0};
    AppNo appno = {0};
    Err e = org_of(demo, row, &ret->org_id);
    for (size_t i = 0; !e && i < val_count(row); i++) {
        const Field *field = record_field(&patent_type, str_z(cx->arena, row->list.items[i].key));
        if (field && (field->flags & IMPORTED))
            e = field_read_val(cx, field, row->list.items[i].val, ret);
    }
    ret->claim_count = val_get_int(row, "claims");
    if (!e && ret->pubno.len)
        e = id_docno_read(cx, "pubno", ret->pubno, &docno);
    if (!e && ret->pubno.len)
        ret->pub_key = str_slice(docno.text, 0, docno.text.len - docno.kind.len);
    if (!e)
        e = id_appno_read(cx, "appno", ret->appno, (int)(time_date(demo->now_ms) / 10000), &appno);
    if (!e)
        ret->expiry_date = id_expiry_date(appno.type, ret->filed_date);
    return e;
}

static Err fill_patents(Demo *demo)
{
    Val *rows;
    PatentBatch batch = {ARENA_NEW(&demo->cli->arena, Patent, DEMO_ROWS_MAX), 0};
    Err e = load_rows(demo, "patents", &rows);
    for (size_t i = 0; !e && i < val_count(rows) && i < DEMO_ROWS_MAX; i++)
        e = read_patent(demo, val_at(rows, i), &batch.patents[batch.count++]);
    demo->cx->actor = (Actor){.roles = WHO_LOCAL, .via = VIA_LOCAL};
    return e ? e : writer_run(demo->open->house.writer, demo->cx, save_patents, &batch);
}

static Err fill_achievements(Demo *demo)
{
    Val *rows, *reply;
    Err e = load_rows(demo, "achievements", &rows);
    for (size_t i = 0; !e && i < val_count(rows); i++) {
        Val *row = val_at(rows, i);
        i64 org_id;
        e = org_of(demo, row, &org_id);
        if (!e)
            e = call(demo, org_id, WHO_OFFICE, "achievement.add",
                     pick(demo, row, "title kind field intro level trl"), &reply);
        if (e || i % 3)
            continue;
        Val *in = pick(demo, row, "mode price_yuan>price_fen");
        val_set_int(&demo->cli->arena, in, "achievement_id", val_get_int(reply, "id"));
        e = call(demo, org_id, WHO_OFFICE, "listing.file", in, &reply);
        Val *ids = val_map(&demo->cli->arena);
        val_set(&demo->cli->arena, ids, "ids", val_get(reply, "ids"));
        if (!e)
            e = call(demo, 0, WHO_OPERATOR, "listing.accept", ids, &reply);
    }
    return e;
}

static Err fill_listings(Demo *demo)
{
    Arena *arena = &demo->cli->arena;
    Val *rows, *reply;
    Err e = load_rows(demo, "listings", &rows);
    demo->listing_of = val_map(arena);
    for (size_t i = 0; !e && i < val_count(rows); i++) {
        Val *row = val_at(rows, i), *ids = val_map(arena);
        Patent patent = {0};
        if (!val_get(row, "appno"))
            continue;
        e = RECORD_FIND(demo->cx, &patent_type, &patent, "WHERE appno = ?1 AND appno <> ''",
                        BIND_STR(val_get_str(row, "appno")));
        Val *in = pick(demo, row, "mode price_yuan>price_fen intro maturity");
        val_set_str(arena, in, "patent_ids", str_format(arena, "%lld", (long long)patent.id));
        val_set_z(arena, in, "contact", "技术转移办公室");
        if (!e)
            e = call(demo, patent.org_id, WHO_OFFICE, "listing.file", in, &reply);
        if (e)
            return e;
        val_set(arena, ids, "ids", val_get(reply, "ids"));
        val_set(arena, demo->listing_of, str_z(arena, val_get_str(row, "appno")),
                val_at(val_get(reply, "ids"), 0));
        if (i < DEMO_ACCEPTED) /* The rest waits for the operator. */
            e = call(demo, 0, WHO_OPERATOR, "listing.accept", ids, &reply);
        demo->open->clock.now_ms += MINUTES(7);
    }
    return e;
}

static Err fill_needs(Demo *demo)
{
    Arena *arena = &demo->cli->arena;
    Val *rows, *reply;
    Err e = load_rows(demo, "needs", &rows);
    for (size_t i = 0; !e && i < val_count(rows); i++) {
        Val *row = val_at(rows, i), *ids = val_map(arena);
        i64 org_id;
        e = org_of(demo, row, &org_id);
        if (!e)
            e = call(demo, org_id, WHO_FIRM, "need.post",
                     pick(demo, row,
                          "title problem params amount_yuan>amount_fen cooperation field "
                          "valid_until>valid_until_date hidden"),
                     &reply);
        if (e)
            return e;
        val_set_str(arena, ids, "ids",
                    str_format(arena, "%lld", (long long)val_get_int(reply, "id")));
        if (i + DEMO_NEEDS_LEFT < val_count(rows))
            e = call(demo, 0, WHO_OPERATOR, "need.accept", ids, &reply);
        demo->open->clock.now_ms += MINUTES(11);
    }
    return e;
}

/* ---- lots ---- */

static void set_times(Demo *demo, DemoLot *lot, int nth)
{
    i64 now = demo->now_ms;
    if (str_same(lot->stage, S("open")) || str_same(lot->stage, S("paused"))) {
        lot->make_ms = now - DAYS(1) + MINUTES(nth);
        lot->open_ms = now - HOURS(2);
        lot->end_ms = now + HOURS(2) + MINUTES(45) * nth;
    } else if (str_same(lot->stage, S("scheduled"))) {
        lot->make_ms = now - HOURS(20) + MINUTES(nth);
        lot->open_ms = now + DAYS(6 + nth % 9); /* A notice has to be out before. */
        lot->end_ms = lot->open_ms + HOURS(3);
    } else {
        lot->make_ms = now - DAYS(5) + MINUTES(nth);
        lot->open_ms = now - DAYS(4) + HOURS(nth % 12);
        lot->end_ms = lot->open_ms + HOURS(3);
    }
}

static Err set_terms(Demo *demo, const DemoLot *lot)
{
    Val *in = pick(demo, lot->row, "conditions"), *reply;
    val_set_int(&demo->cli->arena, in, "lot_id", lot->id);
    return call(demo, 0, WHO_OPERATOR, "lot_terms.set", in, &reply);
}

/* A firm comes, its deposit, and it is admitted; of a lot with conditions the last waits still. */
static Err enter(Demo *demo, const DemoLot *lot, i64 org_id, bool last)
{
    Arena *arena = &demo->cli->arena;
    bool terms = val_get_str(lot->row, "conditions").len > 0, waits = terms && last;
    Val *in = terms ? pick(demo, lot->row, "statements") : val_map(arena), *reply;
    val_set_int(arena, in, "lot_id", lot->id);
    if (terms)
        val_set_z(arena, in, "relation", waits ? "company" : "none");
    if (waits)
        val_set_z(arena, in, "relation_words", "一名发明人任本公司技术顾问，持股 2 %");
    Err e = call(demo, org_id, WHO_FIRM, terms ? "bidder.apply" : "lot.enter", in, &reply);
    i64 bidder_id = e ? 0 : val_get_int(reply, "id"),
        deposit_id = e ? 0 : val_get_int(reply, "deposit_id");
    in = val_map(arena);
    val_set_int(arena, in, "id", deposit_id);
    val_set_int(arena, in, "amount_fen", val_get_int(lot->row, "deposit_yuan") * 100);
    val_set_z(arena, in, "reference", "演示");
    if (!e && deposit_id && !waits)
        e = call(demo, 0, WHO_OPERATOR, "deposit.confirm", in, &reply);
    in = val_map(arena);
    val_set_int(arena, in, "id", bidder_id);
    return e || waits ? e : call(demo, 0, WHO_OPERATOR, "lot.admit", in, &reply);
}

static Err make_lot(Demo *demo, DemoLot *lot)
{
    Arena *arena = &demo->cli->arena;
    Val *in = pick(demo, lot->row,
                   "start_yuan>start_fen step_yuan>step_fen reserve_yuan>reserve_fen "
                   "deposit_yuan>deposit_fen"),
        *reply;
    Val *listing = val_get_key(demo->listing_of, val_get_str(lot->row, "listing").len
                                                     ? val_get_str(lot->row, "listing")
                                                     : val_get_str(lot->row, "appno"));
    val_set(arena, in, "listing_id", listing ? listing : val_int(arena, 0));
    Err e = sign_for_stage(demo, val_get_int(in, "listing_id"));
    val_set_int(arena, in, "open_ms", lot->open_ms);
    val_set_int(arena, in, "end_ms", lot->end_ms);
    if (!e)
        e = call(demo, 0, WHO_OPERATOR, "lot.open", in, &reply);
    if (e)
        return e;
    lot->id = val_get_int(reply, "id");
    const Val *bidders = val_get(lot->row, "bidders");
    if (val_get_str(lot->row, "conditions").len)
        e = set_terms(demo, lot);
    for (size_t i = 0; !e && i < val_count(bidders) && i < DEMO_BIDS_MAX; i++) {
        Org org = {0};
        e = org_by_code(demo->cx, val_at(bidders, i)->s, &org);
        if (!e)
            e = enter(demo, lot, org.id, i + 1 == val_count(bidders));
        lot->bidder_ids[i] = org.id;
    }
    return e;
}

static Err place_bid(Demo *demo, const DemoAct *act)
{
    Arena *arena = &demo->cli->arena;
    const Val *bid = val_at(val_get(act->lot->row, "bids"), act->bid);
    Val *in = val_map(arena), *reply;
    val_set_int(arena, in, "lot_id", act->lot->id);
    val_set_int(arena, in, "amount_fen", val_at(bid, 1)->i * 100);
    val_set_str(arena, in, "key",
                str_format(arena, "demo-%lld-%zu", (long long)act->lot->id, act->bid));
    return call(demo, act->lot->bidder_ids[val_at(bid, 0)->i % DEMO_BIDS_MAX], WHO_FIRM, "lot.bid",
                in, &reply);
}

static Err do_act(Demo *demo, DemoAct *act)
{
    Arena *arena = &demo->cli->arena;
    Val *in = val_map(arena), *reply;
    val_set_int(arena, in, "id", act->lot->id);
    switch (act->kind) {
    case ACT_MAKE:
        return make_lot(demo, act->lot);
    case ACT_BID:
        return place_bid(demo, act);
    case ACT_PAUSE:
        return call(demo, 0, WHO_OPERATOR, "lot.pause", in, &reply);
    default:
        val_set_z(arena, in, "reason", "委托方补充权属材料，另行公告");
        return call(demo, 0, WHO_OPERATOR, "lot.cancel", in, &reply);
    }
}

static int by_time(const void *a, const void *b)
{
    const DemoAct *x = a, *y = b;
    return x->at_ms != y->at_ms ? (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms)
                                : (x->kind > y->kind) - (x->kind < y->kind);
}

static size_t plan(Demo *demo, Val *rows, DemoLot *lots, DemoAct *acts)
{
    size_t count = 0;
    for (size_t i = 0; i < val_count(rows); i++) {
        DemoLot *lot = &lots[i];
        lot->row = val_at(rows, i);
        lot->stage = val_get_str(lot->row, "stage");
        set_times(demo, lot, (int)i);
        acts[count++] = (DemoAct){lot->make_ms, ACT_MAKE, lot, 0};
        const Val *bids = val_get(lot->row, "bids");
        for (size_t b = 0; b < val_count(bids); b++)
            acts[count++] =
                (DemoAct){lot->open_ms + MINUTES(3) + MINUTES(6) * (i64)b, ACT_BID, lot, b};
        if (str_same(lot->stage, S("paused")))
            acts[count++] = (DemoAct){demo->now_ms - MINUTES(20), ACT_PAUSE, lot, 0};
        if (str_same(lot->stage, S("cancelled")))
            acts[count++] = (DemoAct){lot->make_ms + HOURS(6), ACT_CANCEL, lot, 0};
    }
    qsort(acts, count, sizeof *acts, by_time);
    return count;
}

/* What is due until then is done at its own minute. */
static Err move_clock(Demo *demo, i64 to_ms)
{
    Err e = ERR_OK;
    Clock *clock = &demo->open->clock;
    while (!e && clock->now_ms < to_ms) {
        clock->now_ms = to_ms - clock->now_ms > MINUTES(15) ? clock->now_ms + MINUTES(15) : to_ms;
        ArenaMark mark = arena_mark(demo->cx->arena);
        e = house_tick(demo->cx);
        arena_rewind(demo->cx->arena, mark);
    }
    return e;
}

static Err fill_lots(Demo *demo)
{
    Val *rows;
    Err e = load_rows(demo, "lots", &rows);
    if (e)
        return e;
    DemoLot *lots = ARENA_NEW(&demo->cli->arena, DemoLot, val_count(rows) + 1);
    DemoAct *acts = ARENA_NEW(&demo->cli->arena, DemoAct, DEMO_ROWS_MAX + val_count(rows) * 3);
    size_t count = plan(demo, rows, lots, acts);
    for (size_t i = 0; !e && i < count; i++) {
        e = move_clock(demo, acts[i].at_ms);
        if (!e)
            e = do_act(demo, &acts[i]);
    }
    return e ? e : move_clock(demo, demo->now_ms);
}

/* ---- seasons and notices ---- */

/* The notice of a lot to come; one that there is no time for any more stays a draft. */
static Err fill_notice(Demo *demo, i64 lot_id)
{
    static const char *const parts[][2] = {
        {"price_basis", "以资产评估报告为依据，经单位集体决策确定。"},
        {"rights", "专利权有效，无质押、许可和权属纠纷。"},
        {"conditions", "依法设立的企业、科研机构，或者具有完全民事行为能力的自然人。"},
        {"priority", "完成人已书面放弃优先购买权。"},
        {"related", "无。"},
        {"payment", "合同签订后十个工作日内一次付清。"},
        {"taxes", "依法由双方各自承担。"},
        {"contact", "交易服务部"},
        {"phone", "025-00000000"}};
    Arena *arena = &demo->cli->arena;
    Val *in = val_map(arena), *id = val_map(arena), *reply;
    val_set_int(arena, in, "lot_id", lot_id);
    for (size_t i = 0; i < COUNT(parts); i++)
        val_set_z(arena, in, parts[i][0], parts[i][1]);
    Err e = call(demo, 0, WHO_OPERATOR, "lot_notice.draft", in, &reply);
    if (e)
        return e;
    val_set_int(arena, id, "id", val_get_int(reply, "id"));
    e = call(demo, 0, WHO_OPERATOR, "lot_notice.publish", id, &reply);
    if (e == ERR_STATE) {
        err_clear(demo->cx);
        e = ERR_OK;
    }
    return e;
}

/* A season with every lot that is not over. */
static Err fill_seasons(Demo *demo)
{
    static const char *const stages[] = {"scheduled", "open", "paused"};
    Arena *arena = &demo->cli->arena;
    Val *in = val_map(arena), *days = val_list(arena), *reply;
    i64 today = demo->now_ms;
    val_push(arena, days, val_z(arena, "3"));
    val_push(arena, days, val_z(arena, "5"));
    val_set_z(arena, in, "name", "新材料与高端装备产业专场");
    val_set_str(
        arena, in, "programme",
        str_format(arena, "%lld年成果（专利）拍卖季", (long long)(time_date(today) / 10000)));
    val_set_z(arena, in, "intro", "面向先进材料和高端装备企业，网络竞价与协议成交相结合。");
    val_set_str(arena, in, "from_date", date_format(arena, time_date(today - DAYS(10))));
    val_set_str(arena, in, "until_date", date_format(arena, time_date(today + DAYS(45))));
    val_set(arena, in, "weekdays", days);
    val_set_z(arena, in, "hours_from", "09:30");
    val_set_z(arena, in, "hours_to", "16:30");
    val_set_int(arena, in, "length_min", 180);
    val_set_int(arena, in, "gap_min", 30);
    val_set_z(arena, in, "preset", "exchange");
    Err e = call(demo, 0, WHO_OPERATOR, "season.add", in, &reply);
    i64 season_id = e ? 0 : val_get_int(reply, "id");
    for (size_t s = 0; !e && s < COUNT(stages); s++) {
        Val *ask = val_map(arena), *lots;
        val_set_z(arena, ask, "state", stages[s]);
        e = call(demo, 0, WHO_OPERATOR, "lot.list", ask, &lots);
        for (size_t i = 0; !e && i < val_count(val_get(lots, "items")); i++) {
            Val *link = val_map(arena);
            i64 lot_id = val_get_int(val_at(val_get(lots, "items"), i), "id");
            val_set_int(arena, link, "season_id", season_id);
            val_set_int(arena, link, "lot_id", lot_id);
            e = call(demo, 0, WHO_OPERATOR, "season.put", link, &reply);
            if (!e && s == 0)
                e = fill_notice(demo, lot_id);
        }
    }
    return e;
}

/* ---- people ---- */

static Err fill_profiles(Demo *demo)
{
    Arena *arena = &demo->cli->arena;
    Val *rows, *reply;
    Err e = load_rows(demo, "profiles", &rows);
    for (size_t i = 0; !e && i < val_count(rows); i++) {
        const Val *row = val_at(rows, i), *list = val_get(row, "certificates");
        Str login = val_get_str(row, "login");
        e = call_as(
            demo, login, "profile.edit",
            pick(demo, row, "kind industry ipc title employer intro conflicts visible named"),
            &reply);
        if (!e && val_get_bool(row, "named"))
            e = sign(demo, login, "personal", "", 0);
        for (size_t k = 0; !e && k < val_count(list); k++) {
            Val *in = pick(demo, val_at(list, k), "name number issued_date");
            i64 days = val_get_int(val_at(list, k), "expires_days");
            if (days)
                val_set_str(arena, in, "expires_date",
                            date_format(arena, time_date(demo->now_ms + DAYS(days))));
            e = call_as(demo, login, "certificate.add", in, &reply);
        }
    }
    return e;
}

/* The decision on what has just been made, when the row names one. */
static Err decide(Demo *demo, Str login, const char *noun, const Val *row, i64 id)
{
    Arena *arena = &demo->cli->arena;
    Str act = val_get_str(row, "act");
    Val *in = pick(demo, row, "reason"), *reply;
    if (!act.len)
        return ERR_OK;
    val_set_str(arena, in, "ids", str_format(arena, "%lld", (long long)id));
    return call_as(demo, login, str_z(arena, str_format(arena, "%s.%.*s", noun, STR_ARG(act))), in,
                   &reply);
}

static Err fill_rosters(Demo *demo)
{
    Val *rows, *reply;
    Err e = load_rows(demo, "rosters", &rows);
    for (size_t i = 0; !e && i < val_count(rows); i++) {
        const Val *row = val_at(rows, i), *members = val_get(row, "members");
        Str keeper = val_get_str(row, "login");
        e = call_as(demo, keeper, "roster.add", pick(demo, row, "kind name year intro"), &reply);
        i64 roster_id = e ? 0 : val_get_int(reply, "id");
        for (size_t k = 0; !e && k < val_count(members); k++) {
            const Val *one = val_at(members, k);
            Val *in = pick(demo, one, "person department post title field service phone");
            val_set_int(&demo->cli->arena, in, "roster_id", roster_id);
            e = call_as(demo, val_get_str(one, "by"), "member.nominate", in, &reply);
            if (!e)
                e = decide(demo, keeper, "member", one, val_get_int(reply, "id"));
        }
    }
    return e;
}

static Err fill_joinings(Demo *demo)
{
    Val *rows, *reply;
    Err e = load_rows(demo, "joinings", &rows);
    for (size_t i = 0; !e && i < val_count(rows); i++) {
        const Val *row = val_at(rows, i);
        Val *in =
            pick(demo, row, "name kind code division city supervisor person phone email login");
        val_set_z(&demo->cli->arena, in, "password", DEMO_PASSWORD);
        e = call(demo, 0, 0, "joining.apply", in, &reply);
        if (!e)
            e = decide(demo, S("department"), "joining", row, val_get_int(reply, "id"));
    }
    return e;
}

/* ---- pushes ---- */

/* What the clock would have done meanwhile, and what firms and a manager made of it. */
static Err fill_pushes(Demo *demo)
{
    static const struct {
        const char *login, *answer, *cause;
    } rows[] = {{"firm", "interested", NULL},         {"firm", "ask_more", NULL},
                {"firm2", "not_for_us", "too_early"}, {"firm3", "interested", NULL},
                {"firm4", "not_for_us", "price"},     {"expert2", "interested", NULL}};
    Arena *arena = &demo->cli->arena;
    Val *in = val_map(arena), *reply;
    Org centre = {0};
    Err e = call(demo, 0, WHO_CLOCK, "push.run", in, &reply);
    for (size_t i = 0; !e && i < COUNT(rows); i++) {
        Val *seek = val_map(arena), *say = val_map(arena);
        val_set_z(arena, seek, "state", "sent");
        e = call_as(demo, str_from(rows[i].login), "push.list", seek, &reply);
        i64 id = e ? 0 : val_get_int(val_at(val_get(reply, "items"), 0), "id");
        val_set_int(arena, say, "id", id);
        val_set_z(arena, say, "answer", rows[i].answer);
        if (rows[i].cause)
            val_set_z(arena, say, "cause", rows[i].cause);
        if (!e && id)
            e = call_as(demo, str_from(rows[i].login), "push.reply", say, &reply);
    }
    if (!e)
        e = org_by_code(demo->cx, S(DEMO_CENTRE), &centre);
    in = val_map(arena);
    val_set_int(arena, in, "org_id", centre.id);
    val_set_int(arena, in, "year", time_date(demo->now_ms) / 10000);
    val_set_z(arena, in, "field", "newenergy");
    val_set_int(arena, in, "number", 5000);
    return e ? e : call(demo, 0, WHO_OPERATOR, "push.target", in, &reply);
}

/* Each firm rates the best that it was pushed; the offices have passed most of it on. */
static Err fill_evaluations(Demo *demo)
{
    static const struct {
        const char *login, *json, *act;
    } rows[] = {
        {"firm", "{\"prospects\":\"high\",\"improve\":[\"maturity\"],\"will\":\"joint\"}", "pass"},
        {"firm", "{\"prospects\":\"medium\",\"improve\":[\"cost\",\"scale\"],\"will\":\"license\"}",
         "pass"},
        {"firm", "{\"prospects\":\"low\",\"will\":\"no\",\"cause\":\"have_own\"}", NULL},
        {"firm2", "{\"prospects\":\"high\",\"improve\":[\"data\"],\"will\":\"buy\"}", "pass"},
        {"firm2",
         "{\"prospects\":\"low\",\"improve\":[\"maturity\"],\"will\":\"no\",\"cause\":\"too_"
         "early\"}",
         "pass"},
        {"firm3", "{\"prospects\":\"medium\",\"improve\":[\"adapt\"],\"will\":\"joint\"}",
         "return"},
        {"firm4", "{\"prospects\":\"medium\",\"improve\":[\"standard\"],\"will\":\"watch\"}",
         "pass"},
    };
    Arena *arena = &demo->cli->arena;
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < COUNT(rows); i++) {
        Str why, login = str_from(rows[i].login);
        Val *in = val_read_json(arena, str_from(rows[i].json), &why), *reply, *act = val_map(arena);
        e = call_as(demo, login, "evaluation.next", val_map(arena), &reply);
        i64 push_id = e ? 0 : val_get_int(val_get(reply, "push"), "id");
        val_set_int(arena, in, "push_id", push_id);
        if (e || !push_id)
            continue;
        e = call_as(demo, login, "evaluation.give", in, &reply);
        if (e || !rows[i].act)
            continue;
        val_set_str(arena, act, "ids",
                    str_format(arena, "%lld", (long long)val_get_int(reply, "id")));
        bool pass = strcmp(rows[i].act, "pass") == 0;
        if (!pass)
            val_set_z(arena, act, "reason", "请补充说明改进需求");
        e = call(demo, 0, WHO_OPERATOR, pass ? "evaluation.pass" : "evaluation.return", act,
                 &reply);
    }
    return e;
}

/* ---- showings ---- */

/* A listing by its number, or a need by its title, to its other side; signed by its own side when
 * the row says so. */
static Err fill_showing(Demo *demo, const Val *row)
{
    Arena *arena = &demo->cli->arena;
    Val *in = pick(demo, row, "other>other_code place"), *reply, *id = val_map(arena);
    Str own = val_get_str(row, "own");
    i64 need_id = 0;
    Err e = DB_INT(demo->cx, &need_id, 0, "SELECT id FROM need WHERE title = ?1",
                   BIND_STR(val_get_str(row, "need")));
    if (need_id)
        val_set_int(arena, in, "need_id", need_id);
    else
        val_set_int(arena, in, "listing_id",
                    val_get_key(demo->listing_of, val_get_str(row, "appno"))->i);
    val_set_str(arena, in, "session_date",
                date_format(arena, time_date(demo->now_ms + DAYS(val_get_int(row, "in_days")))));
    if (!e)
        e = call(demo, 0, WHO_OPERATOR, "showing.add", in, &reply);
    if (e)
        return e;
    i64 showing_id = val_get_int(reply, "id");
    val_set_int(arena, id, "id", showing_id);
    e = call(demo, 0, WHO_OPERATOR, "showing.ask", id, &reply);
    const Val *login = own.len ? val_get_key(demo->signer_of, own) : NULL;
    if (!e && login)
        e = sign(demo, login->s, "stage", "showing", showing_id);
    return e || !login ? e : sign(demo, login->s, "disclaimer", "showing", showing_id);
}

static Err fill_showings(Demo *demo)
{
    Val *rows;
    Err e = load_rows(demo, "showings", &rows);
    for (size_t i = 0; !e && i < val_count(rows); i++)
        e = fill_showing(demo, val_at(rows, i));
    return e;
}

/* What was to be released before today has been. */
static Err fill_releases(Demo *demo)
{
    Arena *arena = &demo->cli->arena;
    Val *in = val_map(arena), *reply = NULL, *ids = val_list(arena);
    Err e = ERR_OK;
    do
        e = call(demo, 0, WHO_CLOCK, "deposit.tick", in, &reply);
    while (!e && val_get_int(reply, "ordered"));
    val_set_z(arena, in, "state", "releasing");
    if (!e)
        e = call(demo, 0, WHO_OPERATOR, "deposit.list", in, &reply);
    const Val *items = val_get(reply, "items");
    for (size_t i = 0; !e && i < val_count(items); i++)
        if (val_get_bool(val_at(items, i), "overdue"))
            val_push(arena, ids, val_get(val_at(items, i), "id"));
    if (e || !val_count(ids))
        return e;
    in = val_map(arena);
    val_set(arena, in, "ids", ids);
    val_set_z(arena, in, "reference", "演示");
    return call(demo, 0, WHO_OPERATOR, "deposit.release", in, &reply);
}

Err demo_fill(Cli *cli, Cx *cx, Open *open)
{
    Demo demo = {.cli = cli,
                 .cx = cx,
                 .open = open,
                 .folder = demo_folder(cli),
                 .now_ms = clock_now_ms(&open->clock)};
    open->clock = (Clock){.fixed = true, .now_ms = demo.now_ms - DAYS(14)};
    static Err (*const parts[])(Demo *) = {
        write_settings,    fill_orgs,     fill_accounts, fill_agreements,  fill_patents,
        fill_achievements, fill_listings, fill_needs,    fill_lots,        fill_profiles,
        fill_rosters,      fill_joinings, fill_pushes,   fill_evaluations, fill_showings,
        fill_releases,     fill_seasons};
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < COUNT(parts); i++)
        e = parts[i](&demo);
    open->clock = (Clock){0};
    return e;
}
