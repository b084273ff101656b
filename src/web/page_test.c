/* Every page, for every kind of reader, rendered strictly: a name that no presenter has set fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "web/page_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the administrators' side ---- */

/* Account 1 is the one that all readers have; account 2 holds a role in trade. */
static Err save_accounts(Cx *cx, void *arg)
{
    Account first = {.login = S("first"), .name = S("Somebody"), .org_id = EXCHANGE};
    Account second = {.login = S("second"), .name = S("Zhang San"), .org_id = FIRM_A};
    ApiToken token = {.account_id = 1,
                      .name = S("Nightly sync"),
                      .scope = S("read"),
                      .expires_ms = INT64_MAX / 2};
    RoleGrant grant = {.account_id = 2, .org_id = FIRM_A, .role = S("firm")};
    (void)arg;
    Err e = access_start(cx);
    if (!e)
        e = fact_create(cx, &account_type, &first, (FactNote){.kind = "account.added"});
    if (!e)
        e = fact_create(cx, &account_type, &second, (FactNote){.kind = "account.added"});
    if (!e)
        e = fact_create(cx, &api_token_type, &token, (FactNote){.kind = "token.made"});
    return e ? e : fact_create(cx, &role_grant_type, &grant, (FactNote){.kind = "grant.added"});
}

/* Somebody has seen a need, and one act waits for a second person. */
static void play_admin(World *w)
{
    Fixture *f = &w->f;
    Val *reply;
    i64 lost;
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    MUST(writer_run(f->house.writer, &cx, save_accounts, w));
    f->house.accesses = access_log_new();
    f->house.hooks.shown = access_shown;
    MUST(play(f, FIRM_A, SECONDS(1000), "need.show", &reply, "{\"id\":%lld}",
              (long long)w->need_id));
    MUST(access_flush(&cx, &lost));
    f->house.hooks.gate = access_gate;
    cx.actor = (Actor){.account_id = 9, .roles = WHO_SECURITY, .via = VIA_WEB};
    MUST(fixture_call(f, cx, "grant.add_admin", "{\"account_id\":1,\"role\":\"audit\"}", &reply));
    assert_true(val_get_bool(reply, "waiting"));
    f->house.hooks.gate = NULL;
}

/* 1: the buyer's agreement; 2: the seller's consent to be shown. */
static void play_consents(World *w)
{
    Fixture *f = &w->f;
    Val *reply;
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    MUST(consent_texts_load(&cx));
    MUST(play(f, FIRM_A, SECONDS(1100), "consent.sign", &reply, "{\"text_id\":6}"));
    MUST(play(f, SELLER, SECONDS(1100), "consent.sign", &reply,
              "{\"text_id\":3,\"about\":\"listing\",\"about_id\":%lld}", (long long)w->listing_id));
}

/* ---- units and people ---- */

/* An application, an expert who is not named, a roster with somebody nominated. */
static void play_people(World *w)
{
    Fixture *f = &w->f;
    Val *reply;
    Cx expert = fixture_cx(f, FIRM_A, f->clock.now_ms), anybody = expert;
    expert.actor.roles = WHO_EXPERT;
    anybody.actor = (Actor){.via = VIA_WEB};
    MUST(fixture_call(f, anybody, "joining.apply",
                      "{\"name\":\"New <unit>\",\"kind\":\"person\",\"division\":\"320506\","
                      "\"person\":\"Kong\",\"phone\":\"13900000055\",\"login\":\"kong\","
                      "\"password\":\"Correct-Horse-7\"}",
                      &reply));
    MUST(fixture_call(f, expert, "profile.edit",
                      "{\"kind\":\"expert\",\"industry\":[\"ai\"],\"title\":\"Professor\","
                      "\"conflicts\":[\"A rival firm\"],\"visible\":true}",
                      &reply));
    MUST(fixture_call(f, expert, "certificate.add",
                      "{\"name\":\"Valuer\",\"number\":\"A-1\",\"issued_date\":\"2020-01-01\"}",
                      &reply));
    MUST(play(f, EXCHANGE, SECONDS(1200), "roster.add", &reply,
              "{\"kind\":\"advisers\",\"name\":\"Board of advisers\",\"year\":2026}"));
    MUST(play(f, SELLER, SECONDS(1201), "member.nominate", &reply,
              "{\"roster_id\":1,\"person\":\"Kong Er\",\"field\":[\"ai\"],"
              "\"phone\":\"13900000056\"}"));
}

/* The seller's patent for the buyer's need, both ways; account 2 reads for the buyer, 1 for all. */
static void play_pushes(World *w)
{
    Fixture *f = &w->f;
    Val *reply;
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    cx.actor = (Actor){.roles = WHO_CLOCK, .via = VIA_SYSTEM};
    MUST(fixture_call(f, cx, "push.run", "{}", &reply));
    assert_true(val_get_int(reply, "made") > 1);
    MUST(play(f, EXCHANGE, SECONDS(1300), "push.list", &reply,
              "{\"way\":\"item\",\"state\":\"sent\"}"));
    w->push_id = reply_id(val_at(val_get(reply, "items"), 0));
    MUST(play(f, EXCHANGE, SECONDS(1300), "push.target", &reply,
              "{\"org_id\":%d,\"year\":2026,\"field\":\"newenergy\",\"number\":5000}", EXCHANGE));
}

/* A lot to come, of a listing of its own. */
static i64 play_coming_lot(World *w, const char *title)
{
    Fixture *f = &w->f;
    Val *reply;
    MUST(play(f, SELLER, SECONDS(880), "achievement.add", &reply,
              "{\"title\":\"%s\",\"kind\":\"plant_variety\",\"field\":\"agri\","
              "\"intro\":\"It grows on dry and salty ground.\"}",
              title));
    MUST(play(f, SELLER, SECONDS(881), "listing.file", &reply,
              "{\"achievement_id\":%lld,\"mode\":\"assign\",\"price_fen\":2000000}",
              (long long)reply_id(reply)));
    i64 listing_id = val_at(val_get(reply, "ids"), 0)->i;
    MUST(play(f, EXCHANGE, SECONDS(882), "listing.accept", &reply, "{\"ids\":[%lld]}",
              (long long)listing_id));
    MUST(play(f, EXCHANGE, SECONDS(883), "lot.open", &reply,
              "{\"listing_id\":%lld,\"start_fen\":2000000,\"step_fen\":20000,"
              "\"open_ms\":\"2026-08-05 09:30\",\"end_ms\":\"2026-08-05 10:30\"}",
              (long long)listing_id));
    return reply_id(reply);
}

/* A season with two lots to come: the notice of one is out, that of the other a draft. */
static void play_notices(World *w)
{
    Fixture *f = &w->f;
    Val *reply;
    i64 lots[] = {play_coming_lot(w, "Salty barley"), play_coming_lot(w, "Dry millet")};
    MUST(play(f, EXCHANGE, SECONDS(890), "season.add", &reply,
              "{\"name\":\"Autumn season\",\"programme\":\"Fair\",\"from_date\":\"2026-07-20\","
              "\"until_date\":\"2026-12-31\",\"weekdays\":[\"3\",\"5\"],\"hours_from\":\"09:30\","
              "\"hours_to\":\"16:30\",\"length_min\":60,\"preset\":\"exchange\"}"));
    w->season_id = reply_id(reply);
    w->coming_id = lots[0];
    for (size_t i = 0; i < COUNT(lots); i++) {
        MUST(play(f, EXCHANGE, SECONDS(891), "season.put", &reply,
                  "{\"season_id\":%lld,\"lot_id\":%lld,\"plan\":1}", (long long)w->season_id,
                  (long long)lots[i]));
        MUST(play(f, EXCHANGE, SECONDS(892), "lot_notice.draft", &reply,
                  "{\"lot_id\":%lld,\"price_basis\":\"Appraisal\",\"rights\":\"Plain\","
                  "\"conditions\":\"Anybody\",\"priority\":\"None\",\"related\":\"None\","
                  "\"payment\":\"At once\",\"taxes\":\"Each\",\"contact\":\"Office\","
                  "\"phone\":\"%s\"}",
                  (long long)lots[i], i ? "" : "110"));
        *(i ? &w->draft_id : &w->notice_id) = reply_id(reply);
    }
    MUST(play(f, EXCHANGE, SECONDS(893), "lot_notice.publish", &reply, "{\"id\":%lld}",
              (long long)w->notice_id));
}

#define ANY_FILE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A lot with terms, at which the buyer was refused and objects; a deposit to be released. */
static void play_terms(World *w)
{
    Fixture *f = &w->f;
    Val *reply;
    MUST(play(f, SELLER, SECONDS(1410), "listing.file", &reply,
              "{\"achievement_id\":%lld,\"mode\":\"ordinary\",\"price_fen\":100000}",
              (long long)w->achievement_id));
    i64 listing_id = val_at(val_get(reply, "ids"), 0)->i;
    MUST(play(f, EXCHANGE, SECONDS(1410), "listing.accept", &reply, "{\"ids\":[%lld]}",
              (long long)listing_id));
    const char *const terms = "{\"listing_id\":%lld,\"start_fen\":100000,\"step_fen\":1000,"
                              "\"deposit_fen\":5000,\"open_ms\":%lld,\"end_ms\":%lld}";
    MUST(play(f, EXCHANGE, SECONDS(1411), "lot.open", &reply, terms, (long long)listing_id,
              (long long)(T + SECONDS(9000)), (long long)(T + SECONDS(9900))));
    i64 gone_id = reply_id(reply);
    MUST(play(f, FIRM_A, SECONDS(1412), "lot.enter", &reply, "{\"lot_id\":%lld}",
              (long long)gone_id));
    w->back_id = val_get_int(reply, "deposit_id");
    MUST(play(f, EXCHANGE, SECONDS(1413), "deposit.confirm", &reply,
              "{\"id\":%lld,\"amount_fen\":5000,\"reference\":\"B2\"}", (long long)w->back_id));
    MUST(play(f, EXCHANGE, SECONDS(1414), "lot.cancel", &reply,
              "{\"id\":%lld,\"reason\":\"Later\"}", (long long)gone_id));
    MUST(fixture_call(f, fixture_clock_cx(f, T + SECONDS(1415)), "deposit.tick", "{}", &reply));
    MUST(play(f, EXCHANGE, SECONDS(1416), "lot.open", &reply, terms, (long long)listing_id,
              (long long)(T + SECONDS(9000)), (long long)(T + SECONDS(9900))));
    w->terms_lot_id = reply_id(reply);
    MUST(play(f, EXCHANGE, SECONDS(1417), "lot_terms.set", &reply,
              "{\"lot_id\":%lld,\"conditions\":\"Solvent for three years\",\"papers\":\"Licence\"}",
              (long long)w->terms_lot_id));
    for (i64 firm = FIRM_A; firm <= FIRM_C; firm += FIRM_C - FIRM_A) {
        MUST(play(f, firm, SECONDS(1418), "bidder_paper.give", &reply,
                  "{\"lot_id\":%lld,\"paper_no\":1,\"name\":\"a.pdf\",\"file_hash\":\"" ANY_FILE
                  "\"}",
                  (long long)w->terms_lot_id));
        MUST(play(f, firm, SECONDS(1419), "bidder.apply", &reply,
                  "{\"lot_id\":%lld,\"relation\":\"other\",\"relation_words\":\"A cousin\","
                  "\"statements\":\"Five years\"}",
                  (long long)w->terms_lot_id));
        if (firm == FIRM_C) {
            w->due_id = val_get_int(reply, "deposit_id");
            continue;
        }
        i64 refused_id = reply_id(reply);
        MUST(play(f, EXCHANGE, SECONDS(1420), "bidder.refuse_all", &reply,
                  "{\"ids\":[%lld],\"ground\":\"condition\",\"condition_no\":1,"
                  "\"reason\":\"Too young\"}",
                  (long long)refused_id));
        MUST(play(f, FIRM_A, SECONDS(1421), "bidder.object", &reply,
                  "{\"id\":%lld,\"words\":\"We are old\"}", (long long)refused_id));
    }
}

static int setup(void **state)
{
    static World world;
    World *w = &world;
    Fixture *f = &w->f;
    *state = w;
    fixture_open(f, rooms, COUNT(rooms), false);
    play_registry(w);
    play_lots(w);
    play_notices(w);
    play_imports(w);
    play_consents(w);
    play_admin(w);
    play_people(w);
    play_pushes(w);
    play_terms(w);
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    w->app = (App){
        .house = &f->house, .clock = &f->clock, .chance = &f->chance, .cache = page_cache_new()};
    TemplateConfig config = {
        .sources = page_sources, .source_count = page_source_count, .strict = true};
    config.filters = app_filters(&config.filter_count);
    Err e = templates_init(&cx, &f->arena, &config, &w->app.templates);
    if (e)
        print_message("%.*s %.*s\n", STR_ARG(cx.err.args[0]), STR_ARG(cx.err.args[1]));
    assert_int_equal(e, ERR_OK);
    return 0;
}

static int teardown(void **state)
{
    World *w = *state;
    page_cache_done(w->app.cache);
    match_close(w->f.house.match);
    access_log_done(w->f.house.accesses);
    fixture_close(&w->f);
    return 0;
}

/* ---- reading ---- */

typedef struct Read {
    int status;
    Str body;
    Str location;
} Read;

typedef struct Refused {
    const char *op, *typed;
} Refused;

static Read read_page(World *w, size_t reader, Str target, Lang lang, const Refused *refused)
{
    Fixture *f = &w->f;
    Request *request = ARENA_NEW(&f->arena, Request, 1);
    Response response;
    Call *call = ARENA_NEW(&f->arena, Call, 1);
    bool signed_in = readers[reader].roles != 0;
    assert_true(request_make(&f->arena, METHOD_GET, target, request));
    response_init(&f->arena, &response);
    call->cx = fixture_cx(f, readers[reader].org_id, f->clock.now_ms);
    call->cx.lang = lang;
    call->cx.actor = (Actor){.account_id = signed_in ? 1 : 0,
                             .org_id = readers[reader].org_id,
                             .roles = readers[reader].roles,
                             .via = VIA_WEB};
    call->signed_in = signed_in;
    call->me = (SignedIn){.actor = call->cx.actor,
                          .csrf = S("token"),
                          .name = S("Somebody"),
                          .login = S("login"),
                          .org_name = S("Some unit")};
    const Op *failed = NULL;
    if (refused) {
        failed = op_find(&f->house, str_from(refused->op));
        assert_true(request_add_form(request, str_from(refused->typed)));
        NameText *texts = ARENA_NEW(&f->arena, NameText, request->form.count);
        for (size_t i = 0; i < request->form.count; i++)
            texts[i] = (NameText){request->form.items[i].name, request->form.items[i].value};
        void *in;
        Val *reply;
        Err e = op_read_texts(&call->cx, failed, texts, request->form.count, false, &in);
        e = e ? e : op_call(&call->cx, failed, in, &reply);
        assert_int_not_equal(e, ERR_OK);
    }
    page_answer(&w->app, request, &response, call, failed, refused ? &request->form : NULL,
                refused ? 400 : 200);
    if (response.status == 500)
        print_message("%s %.*s: %s %.*s %.*s\n", readers[reader].name, STR_ARG(target),
                      call->cx.err.key, STR_ARG(call->cx.err.args[0]),
                      STR_ARG(call->cx.err.args[1]));
    Read read = {.status = response.status, .body = response.body};
    web_pairs_find(&response.headers, "Location", &read.location);
    return read;
}

/* {p} patent, {b} bare patent, {a} achievement, {l} listing, {w} waiting listing, {n} need, {m}
 * waiting need, {s} sold lot, {o} open lot, {d} deal, {r} bidder, {i} import, {j} finished import,
 * {t} lot with terms, {e} deposit to be released, {f} deposit that is due, {u} the push to the
 * buyer, {h} showing of the need to the seller, {y} season, {x} notice, {z} the draft of one, {k} a
 * lot to come. */
static Str fill(World *w, const char *path)
{
    const struct {
        char sign;
        i64 id;
    } ids[] = {{'p', w->patent_id},       {'b', w->bare_patent_id}, {'a', w->achievement_id},
               {'l', w->listing_id},      {'w', w->waiting_id},     {'n', w->need_id},
               {'m', w->waiting_need_id}, {'s', w->sold_lot_id},    {'o', w->lot_id},
               {'d', w->deal_id},         {'r', w->bidder_id},      {'i', w->import_id},
               {'t', w->terms_lot_id},    {'e', w->back_id},        {'f', w->due_id},
               {'j', w->done_id},         {'u', w->push_id},        {'h', w->showing_id},
               {'y', w->season_id},       {'x', w->notice_id},      {'z', w->draft_id},
               {'k', w->coming_id}};
    Buf out = buf_new(&w->f.arena);
    for (; *path; path++) {
        if (*path != '{') {
            buf_char(&out, *path);
            continue;
        }
        for (size_t i = 0; i < COUNT(ids); i++)
            if (ids[i].sign == path[1])
                buf_i64(&out, ids[i].id);
        path += 2;
    }
    return buf_str(&out);
}

static void expect(World *w, const Read *read, Str target, size_t reader, const char *text,
                   bool wanted)
{
    if (!text || str_has(read->body, str_from(text)) == wanted)
        return;
    w->wrong++;
    print_message("%s reads %.*s: \"%s\" is%s there\n", readers[reader].name, STR_ARG(target), text,
                  wanted ? " not" : "");
}

static const struct {
    const char *path;
    unsigned seen;     /* Who sees it; to all others it is refused. */
    const char *there; /* Stands in what they see. */
    unsigned some;     /* These alone also see `more`. */
    const char *more;
} pages_read[] = {
    {"/", ALL, "Lithium &lt;battery&gt; separator", OPERATOR, "/listings?state=filed"},
    {"/signin?next=/lots", ALL, "value=\"/lots\"", 0, NULL},
    {"/signin?next=//evil", ALL, "value=\"/\"", 0, NULL},
    {"/search?q=battery", ALL, "<mark>battery</mark>", 0, NULL},
    {"/search?q=battery&kind=need", ALL, "A better battery separator", 0,
     "The <mark>battery</mark>"}, /* Its problem is hidden: search has what is published. */
    {"/search", ALL, "/search?kind=patent", 0, NULL},
    {"/search?q=battery+coating+zzz&year=2020&region=32", ALL, "class=\"tb-chosen\"", 0, NULL},
    {"/search?q=nothingofthissort", ALL, "/form/need.post", 0, "tb-compare-go"},
    {"/compare?ids=patent-{p}&ids=patent-{b}", ALL, "Bare coating", 0, NULL},
    {"/compare?ids=patent-{p},need-{n}", ALL, "class=\"is-other\"", 0, "tears under stress"},
    {"/compare?ids=patent-{p}", ALL, "tb-empty", 0, "tb-compare\""},
    {"/compare", ALL, "tb-empty", 0, NULL},
    {"/searches", ALL & ~PUBLIC, "tb-empty", 0, NULL},
    {"/search?q=battery&kind=need&s", ALL, "tb-found-end", ALL & ~PUBLIC, "/do/search.save"},
    {"/compare?ids=need-{m}&ids=patent-{p}", 0, NULL, 0, NULL},
    {"/patents", ALL, "/patent/{p}\"", OFFICE, "name=\"patent_ids\""},
    {"/patents?q=battery", ALL, "/patent/{p}\"", 0, "/patent/{b}\""},
    {"/patents?kind=INV&field=newenergy", ALL, "value=\"INV\" id=\"f-kind-INV\" checked", 0,
     "/patent/{b}\""},
    {"/patents?mine=1", ALL, "tb-table", OFFICE,
     "name=\"mine\" value=\"1\" id=\"f-mine-1\" checked"},
    {"/patent/{p}", ALL, "H01M 50/40", 0, NULL},
    {"/patent/{b}", ALL, "Bare coating", OFFICE | OPERATOR, "s-filed"},
    {"/patent/999", 0, NULL, 0, NULL},
    {"/patent/x", 0, NULL, 0, NULL},
    {"/achievements", ALL, "/achievement/{a}\"", OFFICE, "href=\"/form/achievement.add\""},
    {"/achievements?kind=software&field=ict", ALL, "id=\"f-kind-software\" checked", 0, "tb-empty"},
    {"/achievements?kind=secret", ALL, "tb-empty", 0, "/achievement/{a}\""},
    {"/achievements?q=stress", ALL, "/achievement/{a}\"", 0, "f-kind-software"},
    {"/achievements?mine=1", ALL, "tb-table", OFFICE, "id=\"f-mine-1\" checked"},
    {"/achievement/{a}", ALL, "Stress software", OFFICE, "achievement_id={a}"},
    {"/listings", ALL, "/listing/{l}\"", OFFICE | OPERATOR, "/listing/{w}\""},
    {"/listings?q=battery", ALL, "/listing/{l}\"", 0, "/listing/{w}\""},
    {"/listing/{l}", ALL, "Pitch", OFFICE | OPERATOR, "30,000.00"},
    {"/listing/{l}?", ALL, "/lot/{o}\"", ALL & ~(PUBLIC | ADMINS), ">110<"},
    {"/listing/{w}", OFFICE | OPERATOR, "Bare coating", OPERATOR, "/form/listing.return?ids={w}"},
    {"/needs", ALL, "/need/{n}\"", BUYER | OPERATOR, "/need/{m}\""},
    {"/needs?q=battery", ALL, "/need/{n}\"", BUYER | APPLICANT, "href=\"/form/need.post\""},
    {"/need/{n}", ALL, "A better battery", BUYER | OPERATOR, "tears under stress"},
    {"/need/{n}?a", ALL, "A better battery", BUYER | OPERATOR, "class=\"tb-matches\""},
    {"/need/{n}?b", ALL, "2027-01-01", BUYER | OPERATOR, "50,000.00"},
    {"/need/{n}?c", ALL, "2027-01-01", BUYER | OPERATOR, "href=\"/org/2\""},
    {"/need/{n}?d", ALL, "2027-01-01", BUYER | OPERATOR, "id=\"published-h\""},
    {"/need/{m}?a", BUYER | OPERATOR, "What others will see", 0, "What others see"},
    {"/need/{m}", BUYER | OPERATOR, "tears under stress", OPERATOR, "/form/need.return?ids={m}"},
    {"/lots", ALL, "/lot/{o}\"", 0, NULL},
    {"/lots?state=sold", ALL, "/lot/{s}\"", 0, "/lot/{o}\""},
    {"/lots?a", ALL, "data-lot-card=\"{o}\"", 0, NULL},
    {"/lot/{o}?c", ALL, "class=\"tb-rules\"", 0, NULL},
    {"/lot/{o}", ALL, "data-state=\"open\"", BUYER, "/me/second?next=%2Flot%2F{o}"},
    {"/lot/{o}?a", ALL, "data-next=\"1100\"", OPERATOR, "/form/bidder.refuse?id={r}"},
    {"/lot/{o}?b", ALL, "/listing/{l}\"", OPERATOR, "Unit number 4"},
    {"/lot/{s}", ALL, "Unit number 2", 0, "name=\"amount_fen\""},
    {"/notices", ALL, "/notice/{x}\"", OPERATOR, "/notice/{z}\""},
    {"/notices?state=withdrawn", ALL, "tb-empty", 0, "/notice/{x}\""},
    {"/notice/{x}", ALL, "2026-08-05 09:30", OPERATOR, "/form/lot_notice.revise?id={x}"},
    {"/notice/{x}?a", ALL, "20,000.00", OPERATOR, "/form/lot_notice.withdraw?id={x}"},
    {"/notice/{z}", OFFICE | OPERATOR, "Dry millet", OPERATOR, "/form/lot_notice.edit?id={z}"},
    {"/notice/{z}?a", OFFICE | OPERATOR, "tb-tag", OPERATOR, "/do/lot_notice.remove"},
    {"/notice/999", 0, NULL, 0, NULL},
    {"/seasons", ALL, "/season/{y}\"", OPERATOR, "/form/season.add"},
    {"/season/{y}", ALL, "/notice/{x}\"", OPERATOR, "/season/plan?season_id={y}"},
    {"/season/{y}?a", ALL, "Salty barley", OPERATOR, "/form/season.change?id={y}&amp;name=Autumn"},
    {"/season/{y}?b", ALL, "09:30", OPERATOR, "/do/season.undo"},
    {"/season/plan?season_id={y}", OPERATOR, "name=\"listing_ids\"", 0, "/do/season.plan"},
    {"/season/plan?season_id={y}&listing_ids={w}", OPERATOR, "tb-warn", 0, "/do/season.plan"},
    {"/season/plan?season_id={y}&listing_ids=x", OPERATOR, "k-error", 0, "/do/season.plan"},
    {"/lot/{s}?n", ALL, "id=\"after-h\"", 0, "/form/lot.again"},
    {"/lot/{k}", ALL, "/season/{y}\"", OPERATOR, "/form/priority_notice.send?lot_id={k}"},
    {"/lot/{k}?a", ALL, "/notice/{x}\"", 0, "/form/lot_notice.draft"},
    {"/lot/{s}?a", ALL, "href=\"/lot/{s}/bundle\"", 0, NULL},
    {"/lot/{s}/verify", ALL, "data-bundle=\"/lot/{s}/bundle\"", 0, NULL},
    {"/lot/{s}/verify?n=3&hash=0a", ALL, "name=\"hash\" value=\"0a\"", 0, NULL},
    {"/lot/{o}/verify", ALL, "data-bundle=\"\"", 0, NULL},
    {"/lot/999/verify", 0, NULL, 0, NULL},
    {"/lot/{o}/receipt?key=mine", BUYER, "class=\"tb-qr\"", BUYER, "href=\"/lot/{o}/verify?n="},
    {"/lot/{o}/receipt?key=none", 0, NULL, 0, NULL},
    {"/deals", ALL & ~PUBLIC, "tb-table", OFFICE | BUYER | OPERATOR, "/deal/{d}\""},
    {"/deal/{d}", OFFICE | BUYER | OPERATOR, "A thin film", OFFICE | OPERATOR, "50 %"},
    {"/deal/{d}?a", OFFICE | BUYER | OPERATOR, "/form/deal.sign?id={d}", 0, NULL},
    {"/showings", ALL & ~PUBLIC, "tb-table", OFFICE | BUYER | OPERATOR, "/showing/{h}\""},
    {"/showing/{h}", OFFICE | BUYER | OPERATOR, "Hall 1", BUYER | OPERATOR, "Unit number 2"},
    {"/showing/{h}?a", OFFICE | BUYER | OPERATOR, "s-asked", OFFICE | BUYER,
     "/consent/sign/stage?about=showing"},
    {"/showing/{h}?b", OFFICE | BUYER | OPERATOR, "Unit number 1", OPERATOR, "/do/showing.ready"},
    {"/need/{n}?e", ALL, "2027-01-01", OPERATOR, "/form/showing.add?need_id={n}"},
    {"/form/showing.add?need_id={n}", OPERATOR, "A better battery", 0, NULL},
    {"/orgs", ALL, "/org/1\"", 0, NULL},
    {"/orgs?q=number+3", ALL, "/org/3\"", 0, "/org/1\""},
    {"/org/1", ALL, "/listing/{l}\"", OFFICE | OPERATOR, "/listing/{w}\""},
    {"/import", OFFICE, "/import/{i}\"", 0, NULL},
    {"/import/{i}", OFFICE, "value=\"appno\" selected", 0, NULL},
    {"/import/{j}", OFFICE, "2.02E+11", OFFICE, "2.03E+11"},
    {"/import/{j}?a", OFFICE, "/import/{j}/rejects.xlsx", 0, NULL},
    {"/import/{j}?b", OFFICE, "href=\"/patents?import_id={j}\"", 0, NULL},
    {"/patents?import_id={j}", ALL, "value=\"{j}\" id=\"f-import_id-{j}\" checked", OFFICE,
     "name=\"patent_ids\""},
    {"/verify", ALL, "techbourse verify", AUDITOR, "/api/v1/log/facts"},
    {"/verify?a", ALL, "techbourse verify", AUDITOR | OPERATOR, "href=\"/verify?after=0\""},
    {"/verify?after=0", ALL, "techbourse verify", AUDITOR | OPERATOR, "tb-flash k-done\""},
    {"/verify?after=2", ALL, "techbourse verify", AUDITOR | OPERATOR, "tb-flash k-done\""},
    {"/log", AUDITOR, "consent.signed", 0, NULL},
    {"/log?before=3", AUDITOR, ">2</td>", 0, ">3</td>"},
    {"/me", ALL & ~PUBLIC, "action=\"/do/account.edit\"", 0, "tb-demo"},
    {"/inbox", ALL & ~PUBLIC, "tb-empty", 0, "action=\"/do/message.unread\""},
    {"/inbox?undo=3,4", ALL & ~PUBLIC, "name=\"ids\" value=\"3,4\"", 0, NULL},
    {"/pushes", OFFICE | BUYER | APPLICANT | OPERATOR, "tb-table", BUYER | OPERATOR,
     "Lithium &lt;battery&gt; separator"},
    {"/pushes?way=item", OFFICE | BUYER | APPLICANT | OPERATOR, "id=\"f-way-item\" checked",
     BUYER | OPERATOR, "A better battery separator"},
    {"/pushes/report", OPERATOR, "A better battery separator", OPERATOR, "max=\"5000\""},
    {"/push/{u}", BUYER | OPERATOR, "Lithium &lt;battery&gt; separator", BUYER,
     "action=\"/do/push.reply\""},
    {"/push/{u}?a", BUYER | OPERATOR, "A better battery separator", 0, NULL},
    {"/push/999", 0, NULL, 0, NULL},
    {"/evaluate", BUYER | APPLICANT, "<h1>", BUYER, "Lithium &lt;battery&gt; separator"},
    {"/evaluations", BUYER | APPLICANT | OPERATOR, "tb-table", 0, "name=\"prospects\""},
    {"/evaluation/999", 0, NULL, 0, NULL},
    {"/feedback", OFFICE | OPERATOR, "tb-empty", 0, NULL},
    {"/why?of=need-{n}&to=patent-{p}", ALL & ~PUBLIC, "name=\"to\"", BUYER | OPERATOR,
     "aria-labelledby=\"lacks-h\""},
    {"/why?of=need-{n}", ALL & ~PUBLIC, "value=\"need-{n}\"", 0, "lacks-h"},
    {"/why?of=need-{n}&to=nothing", ALL & ~PUBLIC, "id=\"why-wrong\"", 0, "lacks-h"},
    {"/why?of=patent-{p}&to=patent-{b}", ALL & ~PUBLIC, "lacks-h", 0, "why-wrong"},
    {"/admin/models", OPERATOR, "action=\"/do/match.learn\"", OPERATOR, "tb-empty"},
    {"/need/{n}?f", ALL, "2027-01-01", BUYER | OPERATOR, "class=\"tb-why-ask\""},
    {"/workbench?need_id={n}", OPERATOR, "id=\"again-h\"", OPERATOR,
     "/why?of=need-{n}&amp;to=patent-{p}"},
    {"/workbench", OPERATOR, "A better battery separator", OPERATOR, "action=\"/do/push.pair\""},
    {"/me/pushes", ALL & ~PUBLIC, "name=\"quiet_from\"", 0, NULL},
    {"/lot/{o}/bidders", OPERATOR, "name=\"ids\" value=\"{r}\"", OPERATOR, "/do/bidder.refuse_all"},
    {"/lot/{t}?a", ALL, "Solvent for three years", BUYER | APPLICANT, "name=\"statement_1\""},
    {"/lot/{t}?b", ALL, "<h1>", OPERATOR, "/form/lot_terms.set?lot_id={t}"},
    {"/lot/{t}?c", ALL, "<h1>", OFFICE | OPERATOR, "/form/lot_bar.set?lot_id={t}"},
    {"/lot/{t}/bidders", OPERATOR, "/bidder_paper/1/file", OPERATOR, "/form/bidder.uphold?id="},
    {"/lot/{t}?d", ALL, "<h1>", BUYER, "Too young"},
    {"/deposits", OPERATOR, "action=\"/do/deposit.release\"", OPERATOR, "/deposits.xlsx?state="},
    {"/deposits?state=releasing", OPERATOR, "/deposit/{e}\"", 0, "/deposit/{f}\""},
    {"/me/deposits", BUYER | APPLICANT, "tb-sums", APPLICANT, "/deposit/{f}\""},
    {"/deposit/{e}", BUYER | OPERATOR, "tb-facts", OPERATOR, "/form/deposit.release?ids={e}"},
    {"/deposit/{f}", APPLICANT | OPERATOR, "tb-facts", APPLICANT, "name=\"until_date\""},
    {"/deposit/999", 0, NULL, 0, NULL},
    {"/me/second", ALL & ~PUBLIC, "action=\"/do/second.begin\"", 0, "tb-qr"},
    {"/me/second?next=//evil", ALL & ~PUBLIC, "action=\"/do/second.begin\"", 0, "\"//evil\""},
    {"/me/password?next=/lots", ALL & ~PUBLIC, "name=\"next\" value=\"/lots\"", 0, NULL},
    {"/reset", ALL, "action=\"/do/account.reset_ask\"", 0, NULL},
    {"/resets", GUARD, "tb-empty", 0, NULL},
    {"/form/second.off", ALL & ~PUBLIC, "name=\"second_code\"", 0, "tb-demo"},
    {"/me/tokens", ALL & ~PUBLIC, "Nightly sync", ALL & ~PUBLIC, "action=\"/do/token.end\""},
    {"/me/tokens?a", ALL & ~PUBLIC, "name=\"scope\" value=\"second\"", 0, "/do/token.used"},
    {"/audit", AUDITOR, "need.show", AUDITOR, "name=\"account_id\""},
    {"/audit?tab=acts&op=listing", AUDITOR, "listing.accepted", 0, "need.posted"},
    {"/audit?tab=acts&record_type=listing&record_id={l}", AUDITOR, "listing.filed", 0,
     "need.posted"},
    {"/audit?via=local", AUDITOR, "tb-empty", 0, NULL},
    {"/admin/accounts", GUARD, "/admin/account/1\"", 0, NULL},
    {"/admin/accounts?role=audit", GUARD, "tb-empty", 0, "/admin/account/1\""},
    {"/admin/account/1", GUARD, "tb-flash k-warn", 0, "/form/grant.add?"},
    {"/admin/account/2", GUARD, "/form/grant.add_admin?account_id=2", GUARD,
     "/form/grant.end?id=1&amp;"},
    {"/admin/account/999", 0, NULL, 0, NULL},
    {"/form/grant.add?account_id=2&back=/admin/account/2", GUARD, "value=\"liaison\"", 0,
     "value=\"audit\""},
    {"/form/grant.add_admin?account_id=2", GUARD, "value=\"audit\"", 0, "value=\"liaison\""},
    {"/admin/approvals", ALL & ~PUBLIC, "<h1>", GUARD, "tb-asked"},
    {"/admin/approvals?a", ALL & ~PUBLIC, "<h1>", GUARD, "#1 S***"},
    {"/admin/permissions", AUDITOR | GUARD, "lot.bid", AUDITOR | GUARD, "/admin/system"},
    {"/admin/permissions?op=lot&who=binds&kind=write", AUDITOR | GUARD, "lot.cancel", 0, "lot.bid"},
    {"/admin/policy", AUDITOR | GUARD, "password_len_min", 0, "postgresql"},
    {"/admin/system", MACHINE, "sqlite", 0, NULL},
    {"/form/need.post", BUYER | APPLICANT, "name=\"cooperation\" value=\"joint\"", 0, NULL},
    {"/form/listing.file?patent_ids={p}&patent_ids={b}", OFFICE,
     "value=\"{b}\" id=\"p-{b}\" checked", 0, NULL},
    {"/form/listing.file", OFFICE, "name=\"price_fen\"", 0, "name=\"achievement_id\""},
    {"/form/listing.file?achievement_id={a}", OFFICE, "name=\"achievement_id\" value=\"{a}\"", 0,
     NULL},
    {"/form/listing.return?ids={w}&back=/listings", OPERATOR, "name=\"next\" value=\"/listings\"",
     0, NULL},
    {"/form/lot.open?listing_id={l}", OPERATOR, "name=\"listing_id\" value=\"{l}\"", 0, NULL},
    {"/form/lot.open?listing_id={l}&a", OPERATOR, "<legend>Extension</legend>", 0, NULL},
    {"/form/lot.cancel?id={o}", ALL & ~PUBLIC, "btn-danger", 0, NULL},
    {"/form/bidder.refuse?id={r}&back=/lot/{o}", OPERATOR, "href=\"/lot/{o}\"", 0, NULL},
    {"/form/deal.sign?id={d}", OFFICE | BUYER | OPERATOR, "type=\"date\"", 0, NULL},
    {"/form/org.add", OPERATOR, "value=\"university\"", 0, NULL},
    {"/form/account.add", GUARD, "name=\"login\"", 0, NULL},
    {"/form/lot.tick", 0, NULL, 0, NULL},
    {"/form/patent.list", 0, NULL, 0, NULL},
    {"/form/no.such", 0, NULL, 0, NULL},
    {"/me/unit", ALL & ~PUBLIC, "<h1>", ALL & ~(PUBLIC | BUYER), "/consent/sign/agreement"},
    {"/me/consents", ALL & ~PUBLIC, "/consent/sign/nda", BUYER | OPERATOR, "/consent/1\""},
    {"/me/consents?a", ALL & ~PUBLIC, "/consent/2\"", OPERATOR, "/form/consent_text.publish"},
    {"/consent/1", BUYER | OPERATOR, "/consent/1/paper.pdf", BUYER, "/do/consent.withdraw"},
    {"/consent/2", ALL & ~PUBLIC, "/listing/{l}\"", ALL & ~PUBLIC, "/lot/{o}\""},
    {"/consent/999", 0, NULL, 0, NULL},
    {"/consent/verify", ALL, "multipart/form-data", 0, "id=\"result\""},
    {"/consent/verify?no=C20260101-0000000000", ALL, "id=\"result\"", 0, "k-done"},
    {"/consent/verify?hash=12", ALL, "k-error", 0, "id=\"result\""},
    {"/consent/sign/agreement", ALL & ~PUBLIC, "<h1>", ALL & ~(PUBLIC | BUYER),
     "name=\"second_code\""},
    {"/consent/sign/stage?about=listing&about_id={l}", ALL & ~PUBLIC, "/listing/{l}\"",
     ALL & ~(PUBLIC | OFFICE), "name=\"about_id\" value=\"{l}\""},
    {"/consent/sign/stage?about=listing&about_id={w}", OFFICE | OPERATOR, "<h1>", 0, NULL},
    {"/consent/sign/club", 0, NULL, 0, NULL},
    {"/form/consent_text.publish", OPERATOR, "name=\"text_zh\"", 0, NULL},
    {"/privacy", ALL, "href=\"/me/data\"", 0, "api_token"},
    {"/me/data", ALL & ~PUBLIC, "/api/v1/me/data_export", ALL & ~PUBLIC, "Nightly sync"},
    {"/admin/synonyms", OPERATOR, "Ti-6Al-4V", 0, NULL},
    {"/admin/calendar?year=2026", OPERATOR, "2026-05-09", 0, "tb-flash k-warn"},
    {"/admin/calendar?year=2031", OPERATOR, "tb-flash k-warn", 0, "\"k-off "},
    {"/admin/synonyms?q=nobody-says-this", OPERATOR, "nobody-says-this", 0, "TC4"},
    {"/admin/processing", OPERATOR | AUDITOR | GUARD, "<code>account</code>", OPERATOR,
     "id=\"asks-h\""},
    {"/form/person.erase?id=2", OPERATOR, "btn-danger", 0, NULL},
    {"/form/record.reveal?type=account&id=2&field=name", ALL & ~PUBLIC, "name=\"reason\"", 0, NULL},
    {"/join", ALL, "name=\"division\"", 0, NULL},
    {"/join/status", ALL, "name=\"claim\"", 0, NULL},
    {"/joinings", OPERATOR, "New &lt;unit&gt;", 0, NULL},
    {"/joining/1", OPERATOR, "139****0055", 0, NULL},
    {"/joining/1?full=1", OPERATOR, "13900000055", 0, NULL},
    {"/unit", OFFICE, "name=\"from_id\"", 0, NULL},
    {"/unit/add", OFFICE | GUARD, "name=\"text\"", 0, NULL},
    {"/contributions", ALL & ~PUBLIC, "name=\"until\"", OFFICE | OPERATOR, "/unit/contributions\""},
    {"/contributions?from=2020-01-01&until=2019-01-01", ALL & ~PUBLIC, "k-error", 0, NULL},
    {"/contributions?account_id=2", OPERATOR, "<h1>", 0, NULL},
    {"/unit/contributions", OFFICE | OPERATOR, "name=\"from\"", 0, NULL},
    {"/certificates", OFFICE | OPERATOR, "<h1>", 0, NULL},
    {"/form/account.reopen_below?id=2", OFFICE, "name=\"reason\"", 0, NULL},
    {"/form/account.reopen?id=2", GUARD, "name=\"reason\"", 0, NULL},
    {"/people?industry=ai&q=Professor", ALL, "/person/1\"", 0, "Zhang San"},
    {"/person/1", ALL, "Valuer", OPERATOR, "A rival firm"},
    {"/me/profile", OFFICE, "name=\"visible\"", 0, NULL},
    {"/rosters", ALL, "/roster/1\"", OPERATOR, "/form/roster.add"},
    {"/roster/1", ALL, "Board of advisers", OFFICE, "13900000056"},
    {"/nowhere", 0, NULL, 0, NULL},
};

/* Also refusals are pages, and rendered strictly. */
static void test_every_page(void **state)
{
    World *w = *state;
    w->wrong = 0;
    for (size_t i = 0; i < COUNT(pages_read); i++) {
        for (size_t r = 0; r < COUNT(readers); r++) {
            Str target = fill(w, pages_read[i].path);
            Read read = read_page(w, r, target, r % 2 ? LANG_ZH : LANG_EN, NULL);
            bool sees = (pages_read[i].seen & readers[r].who) != 0;
            if (sees != (read.status == 200) || read.status == 500) {
                w->wrong++;
                print_message("%s reads %.*s: %d\n", readers[r].name, STR_ARG(target), read.status);
            }
            if (!sees)
                continue;
            const char *there = pages_read[i].there, *more = pages_read[i].more;
            expect(w, &read, target, r, there ? str_z(&w->f.arena, fill(w, there)) : NULL, true);
            expect(w, &read, target, r, more ? str_z(&w->f.arena, fill(w, more)) : NULL,
                   (pages_read[i].some & readers[r].who) != 0);
        }
    }
    assert_int_equal(w->wrong, 0);
}

static void test_sign_in_asked(void **state)
{
    Read read = read_page(*state, 0, S("/form/need.post?a=b"), LANG_ZH, NULL);
    assert_int_equal(read.status, 303);
    assert_true(str_same(read.location, S("/signin?next=%2Fform%2Fneed.post%3Fa%3Db")));
}

/* ---- what a session lacks, and what is shown once ---- */

static Read read_half(World *w, Str target, SignInWants wants)
{
    Fixture *f = &w->f;
    Request *request = ARENA_NEW(&f->arena, Request, 1);
    Response response;
    Call *call = ARENA_NEW(&f->arena, Call, 1);
    assert_true(request_make(&f->arena, METHOD_GET, target, request));
    response_init(&f->arena, &response);
    call->cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    call->cx.actor = (Actor){.account_id = 1, .org_id = EXCHANGE, .half = true, .via = VIA_WEB};
    call->signed_in = true;
    call->me = (SignedIn){.actor = call->cx.actor,
                          .wants = wants,
                          .csrf = S("token"),
                          .name = S("Somebody"),
                          .org_name = S("Some unit")};
    page_answer(&w->app, request, &response, call, NULL, NULL, 200);
    Read read = {.status = response.status, .body = response.body};
    web_pairs_find(&response.headers, "Location", &read.location);
    return read;
}

static void test_half(void **state)
{
    static const struct {
        SignInWants wants;
        const char *path, *to; /* NULL: shown. */
    } cases[] = {
        {WANTS_SECOND, "/", "/me/second?next=%2F"},
        {WANTS_SECOND, "/lots?state=open", "/me/second?next=%2Flots%3Fstate%3Dopen"},
        {WANTS_SECOND, "/me", "/me/second?next=%2Fme"},
        {WANTS_SECOND, "/me/second?next=/lots", NULL},
        {WANTS_ENROL, "/resets", "/me/second?next=%2Fresets"},
        {WANTS_ENROL, "/me/second", NULL},
        {WANTS_PASSWORD, "/needs", "/me/password?next=%2Fneeds"},
        {WANTS_PASSWORD, "/me/password?next=/needs", NULL},
        {WANTS_SECOND, "/signin", NULL},
        {WANTS_SECOND, "/reset", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Read read = read_half(*state, str_from(cases[i].path), cases[i].wants);
        assert_int_equal(read.status, cases[i].to ? 303 : 200);
        if (cases[i].to)
            assert_true(str_same_z(read.location, cases[i].to));
    }
}

/* Who has proved his second factor, or where none is asked for, bids at once. */
static void test_prove_first(void **state)
{
    World *w = *state;
    Str target = fill(w, "/lot/{o}");
    w->wrong = 0;
    Read read = read_page(w, 2, target, LANG_EN, NULL);
    expect(w, &read, target, 2, "name=\"amount_fen\"", false);
    w->f.settings.second_factor = 0;
    read = read_page(w, 2, target, LANG_EN, NULL);
    w->f.settings.second_factor = 1;
    expect(w, &read, target, 2, "name=\"amount_fen\"", true);
    expect(w, &read, target, 2, "data-prove", false);
    assert_int_equal(w->wrong, 0);
}

/* From nothing to a QR code, to a proof that is asked for, in a demonstration. */
static void test_second_pages(void **state)
{
    World *w = *state;
    Fixture *f = &w->f;
    Val *reply;
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    cx.actor = (Actor){.account_id = 1, .org_id = EXCHANGE, .roles = WHO_AUDIT, .via = VIA_WEB};
    w->wrong = 0;
    f->settings.second_factor_demo = 1;
    MUST(fixture_call(f, cx, "second.begin", "{}", &reply));
    Str secret = val_get_str(reply, "secret"), target = S("/me/second?next=/lots");
    Read read = read_page(w, 5, target, LANG_EN, NULL);
    assert_int_equal(read.status, 200);
    expect(w, &read, target, 5, "class=\"tb-qr\" viewBox=\"0 0 ", true);
    expect(w, &read, target, 5, "d=\"M4 4h7v1h-7z", true); /* The finder in the corner. */
    expect(w, &read, target, 5, str_z(&f->arena, str_slice(secret, 0, 4)), true);
    expect(w, &read, target, 5, "data-demo-code", true);
    MUST(fixture_call(f, cx, "second.show", "{}", &reply));
    char *in = str_z(&f->arena, str_format(&f->arena, "{\"second_code\":\"%.*s\"}",
                                           STR_ARG(val_get_str(reply, "code_now"))));
    MUST(fixture_call(f, cx, "second.confirm", in, &reply));
    read = read_page(w, 5, target, LANG_ZH, NULL);
    assert_int_equal(read.status, 200);
    expect(w, &read, target, 5, "action=\"/do/session.second\"", true);
    expect(w, &read, target, 5, "name=\"next\" value=\"/lots\"", true);
    expect(w, &read, target, 5, "tb-qr", false);
    f->settings.second_factor_demo = 0;
    read = read_page(w, 5, target, LANG_ZH, NULL);
    expect(w, &read, target, 5, "tb-demo", false);
    assert_int_equal(w->wrong, 0);
}

static void test_shown_once(void **state)
{
    static const struct {
        const char *op, *reply, *there;
    } cases[] = {
        {"second.confirm", "{\"codes\":[\"aaaaa-bbbbb\",\"c\"]}", "<code>aaaaa-bbbbb</code>"},
        {"account.reset_code", "{\"login\":\"li\",\"code\":\"abcde-fghjk\",\"until_ms\":1}",
         "data-once>abcde-fghjk<"},
        {"account.reset_by_admin", "{\"login\":\"li\",\"password\":\"k4Tm<\"}",
         "data-once>k4Tm&lt;<"},
        {"joining.apply", "{\"claim\":\"3f2a-91bc\",\"name\":\"N\",\"desk\":\"operator\"}",
         "data-once>3f2a-91bc<"},
        {"joining.status", "{}", "name=\"claim\""},
        {"people.accounts_add",
         "{\"rows\":[{\"line\":1,\"name\":\"=A\",\"login\":\"a\",\"result\":\"made\",\"password\":"
         "\"k4Tm\",\"why\":\"\"}],\"made\":1,\"there\":0,\"refused\":0}",
         "%22%27%3DA%22%2C"},
    };
    World *w = *state;
    Fixture *f = &w->f;
    for (size_t i = 0; i < COUNT(cases); i++) {
        Request *request = ARENA_NEW(&f->arena, Request, 1);
        Response response;
        Call *call = ARENA_NEW(&f->arena, Call, 1);
        Str why;
        assert_true(request_make(&f->arena, METHOD_POST, S("/do/x"), request));
        assert_true(request_add_form(request, S("next=https://evil.example/")));
        response_init(&f->arena, &response);
        call->cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
        call->op = op_find(&f->house, str_from(cases[i].op));
        assert_true(op_shows_once(call->op));
        page_once(&w->app, request, &response, call,
                  val_read_json(&f->arena, str_from(cases[i].reply), &why));
        assert_int_equal(response.status, 200);
        assert_true(str_has(response.body, str_from(cases[i].there)));
        assert_false(str_has(response.body, S("evil.example")));
        Str cache = S("");
        assert_true(web_pairs_find(&response.headers, "Cache-Control", &cache));
        assert_true(str_same(cache, S("no-store")));
    }
}

/* ---- refused acts: what was typed stays, and each field says what is wrong ---- */

static const struct {
    size_t reader;
    const char *path, *op, *typed, *there[4];
} refusals[] = {
    {2,
     "/form/need.post",
     "need.post",
     "next=%2Fneeds&title=ab&problem=Short+words&cooperation=joint&cooperation=equity&amount_fen="
     "much",
     {"value=\"ab\"", "value=\"equity\" id=\"i-cooperation-equity\" checked", "id=\"e-amount_fen\"",
      "name=\"next\" value=\"/needs\""}},
    {1,
     "/form/listing.file?patent_ids={b}",
     "listing.file",
     "patent_ids={p}&patent_ids={b}&mode=sole&price_fen=x",
     {"id=\"p-{p}\" checked", "id=\"p-{b}\" checked", "value=\"sole\" selected", "value=\"x\""}},
    {4,
     "/form/deal.sign?id={d}",
     "deal.sign",
     "id={d}&contract_no=K-7",
     {"value=\"K-7\"", "href=\"#i-signed_date\"", "A thin film", NULL}},
    {2,
     "/lot/{o}",
     "lot.cancel",
     "id={o}&reason=none",
     {"k-error", "data-state=\"open\"", NULL, NULL}},
    {1, "/listings", "listing.accept", "ids={w}", {"k-error", "tb-table", NULL, NULL}},
    {1,
     "/import/{i}",
     "import.map",
     "id={i}&column_0=&column_1=title&mapping=",
     {"tb-errors", "value=\"title\" selected", NULL, NULL}},
    {0,
     "/signin?next=%2Flots",
     "session.open",
     "login=nobody&password=secret-word",
     {"value=\"nobody\"", "value=\"/lots\"", "tb-errors", NULL}},
};

static void test_refusals(void **state)
{
    World *w = *state;
    w->wrong = 0;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        Str target = fill(w, refusals[i].path);
        const Refused refused = {refusals[i].op, str_z(&w->f.arena, fill(w, refusals[i].typed))};
        Read read = read_page(w, refusals[i].reader, target, LANG_ZH, &refused);
        assert_int_equal(read.status, 400);
        for (size_t k = 0; k < 4 && refusals[i].there[k]; k++)
            expect(w, &read, target, refusals[i].reader,
                   str_z(&w->f.arena, fill(w, refusals[i].there[k])), true);
        expect(w, &read, target, refusals[i].reader, "secret-word", false);
    }
    assert_int_equal(w->wrong, 0);
}

/* ---- paging ---- */

static Err add_orgs(Cx *cx, void *arg)
{
    Err e = ERR_OK;
    for (int i = 0; !e && i < *(int *)arg; i++) {
        Org org = {.code = str_format(cx->arena, "MORE%d", i),
                   .name = S("One more unit"),
                   .kind = S("firm")};
        e = fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
    }
    return e;
}

static void test_pager(void **state)
{
    World *w = *state;
    Fixture *f = &w->f;
    int count = 180;
    w->wrong = 0;
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    MUST(writer_run(f->house.writer, &cx, add_orgs, &count));
    Str target = S("/orgs?kind=firm&q=More+%26&page=5");
    Read read = read_page(w, 0, target, LANG_EN, NULL);
    assert_int_equal(read.status, 200);
    expect(w, &read, target, 0, "rel=\"next\"", false);
    target = S("/orgs?kind=firm&q=more&page=5");
    read = read_page(w, 0, target, LANG_EN, NULL);
    expect(w, &read, target, 0, "/orgs?kind=firm&amp;q=more&amp;page=4\" rel=\"prev\"", true);
    expect(w, &read, target, 0, "/orgs?kind=firm&amp;q=more&amp;page=6\" rel=\"next\"", true);
    expect(w, &read, target, 0, "/orgs?kind=firm&amp;q=more\">1</a>", true);
    expect(w, &read, target, 0, "aria-current=\"page\">5</a>", true);
    expect(w, &read, target, 0, "page=9\">9</a>", true);
    expect(w, &read, target, 0, "page=8\">8</a>", false);
    assert_int_equal(w->wrong, 0);
}

/* ---- permissions ---- */

/* Whether these rows stop a program that starts with them. */
static bool ends_process(World *w, const Page *page_rows, const WayRow *rows)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(0);
        signal(SIGABRT, SIG_DFL);
        if (rows)
            ways_verify(rows, 2);
        else
            pages_verify(page_rows, 2, w->app.templates);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* A page or an address without a permission, or that leads nowhere, is found before it serves. */
static void test_permissions(void **state)
{
    static const struct {
        Page page;
        bool ends;
    } page_rows[] = {
        {{"/new", "home", WHO_PUBLIC, NULL, build_home}, false},
        {{"/new", "home", 0, NULL, build_home}, true},
        {{"/new", "no_such", WHO_PUBLIC, NULL, build_home}, true},
        {{"/new", "home", WHO_PUBLIC, NULL, NULL}, true},
        {{"new", "home", WHO_PUBLIC, NULL, build_home}, true},
        {{"/", "home", WHO_PUBLIC, NULL, build_home}, true},
        {{"/healthz", "home", WHO_PUBLIC, NULL, build_home}, true},
    };
    static const struct {
        WayRow row;
        bool ends;
    } ways[] = {
        {{"/new/*", WAY_FILE, WHO_SIGNED}, false},
        {{"/new/*", WAY_FILE, 0}, true},
        {{"/new/*", WAY_PAGE, WHO_SIGNED}, true},
        {{"new", WAY_FILE, WHO_SIGNED}, true},
    };
    for (size_t i = 0; i < COUNT(page_rows); i++) {
        const Page two[] = {pages[0], page_rows[i].page};
        if (ends_process(*state, two, NULL) != page_rows[i].ends)
            fail_msg("page row %zu", i);
    }
    for (size_t i = 0; i < COUNT(ways); i++) {
        const WayRow two[] = {way_rows[0], ways[i].row};
        if (ends_process(*state, NULL, two) != ways[i].ends)
            fail_msg("address row %zu", i);
    }
}

static void test_ways(void **state)
{
    static const struct {
        const char *path;
        int way; /* -1: no row, a page. */
    } rows[] = {
        {"/healthz", WAY_HEALTH},
        {"/healthz/", -1},
        {"/static/app.css", WAY_STATIC},
        {"/static/lib/a.js", WAY_STATIC},
        {"/static/", -1},
        {"/api/v1/file", WAY_FILE},
        {"/api/v1/files", WAY_API},
        {"/api/v1/need/post", WAY_API},
        {"/do/import.upload", WAY_UPLOAD},
        {"/do/need.post", WAY_DO},
        {"/import/3/rejects.xlsx", WAY_REJECTS},
        {"/import/3/warnings.xlsx", WAY_REJECTS},
        {"/import/3/4/rejects.xlsx", -1},
        {"/do/deposit.submit", WAY_UPLOAD},
        {"/deposit/3/slip", WAY_SLIP},
        {"/bidder_paper/3/file", WAY_SLIP},
        {"/deposits.xlsx", WAY_DEPOSITS},
        {"/hook/payment", WAY_HOOK},
        {"/hook/payment/3", -1},
        {"/import//rejects.xlsx", -1},
        {"/import/3", -1},
        {"/audit/export/3", WAY_EXPORT},
        {"/live/lot/3", WAY_LIVE},
        {"/live/lots", WAY_LIVE},
        {"/", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const WayRow *row = way_find(str_from(rows[i].path));
        if ((row ? (int)row->way : -1) != rows[i].way)
            fail_msg("%s", rows[i].path);
    }
}

/* A page that is not the reader's leaves a line: who tried, and which. */
static void test_refused_page_told(void **state)
{
    World *w = *state;
    struct AccessLog *log = w->f.house.accesses;
    i64 before = access_state(log).waiting;
    Read read = read_page(w, 2, S("/admin/system"), LANG_ZH, NULL);
    assert_int_equal(read.status, 403);
    assert_int_equal(access_state(log).waiting, before + 1);
    read = read_page(w, 0, S("/admin/system"), LANG_ZH, NULL); /* Nobody: asked to sign in. */
    assert_int_equal(read.status, 303);
    assert_int_equal(access_state(log).waiting, before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_page),
        cmocka_unit_test(test_sign_in_asked),
        cmocka_unit_test(test_half),
        cmocka_unit_test(test_prove_first),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_second_pages),
        cmocka_unit_test(test_shown_once),
        cmocka_unit_test(test_pager),
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_refused_page_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
