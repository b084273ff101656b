/* page_fixture.h - an exchange that has been played far enough for every page to have something to
 * show: whose rows are whose, and their ids. For page_test.c.
 */
#ifndef WEB_PAGE_FIXTURE_H
#define WEB_PAGE_FIXTURE_H

#include "auction/auction_fixture.h"
#include "consent/consent.h"
#include "deal/after.h"
#include "deal/deal.h"
#include "exchange/import.h"
#include "ident/token.h"
#include "match/match_feed.h"
#include "notify/notify.h"
#include "push/evaluation.h"
#include "push/note.h"
#include "push/push.h"
#include "push/push_learn.h"
#include "push/push_why.h"
#include "registry/showing.h"
#include "report/report.h"
#include "store/files.h"
#include "web/app_int.h"
#include "web/page_int.h"

static const Room *const rooms[] = {
    IDENT_ROOMS,      &audit_room,    &consent_room,    &privacy_room, PEOPLE_ROOMS,
    &registry_room,   &showing_room,  AUCTION_ROOMS,    DEAL_ROOMS,    MATCH_ROOMS,
    &notify_room,     &push_room,     &evaluation_room, &report_room,  &exchange_room,
    &push_learn_room, &push_why_room, &note_room};

/* Who reads: a bit each, so that a row can name several. */
enum {
    PUBLIC = 1,
    OFFICE = 2,
    BUYER = 4,
    APPLICANT = 8,
    OPERATOR = 16,
    AUDITOR = 32,
    GUARD = 64,
    MACHINE = 128,
    ADMINS = AUDITOR | GUARD | MACHINE,
    ALL = 255
};

static const struct {
    const char *name;
    unsigned who, roles;
    i64 org_id;
} readers[] = {
    {"public", PUBLIC, 0, 0},
    {"office", OFFICE, WHO_OFFICE | WHO_EXPERT, SELLER},
    {"buyer", BUYER, WHO_FIRM, FIRM_A},
    {"applicant", APPLICANT, WHO_FIRM, FIRM_C},
    {"operator", OPERATOR, WHO_OPERATOR, EXCHANGE},
    {"auditor", AUDITOR, WHO_AUDIT, EXCHANGE},
    {"guard", GUARD, WHO_SECURITY, EXCHANGE},
    {"machine", MACHINE, WHO_SYSTEM, EXCHANGE},
};

typedef struct World {
    Fixture f;
    App app;
    i64 patent_id, bare_patent_id, achievement_id, listing_id, waiting_id;
    int wrong; /* Expectations not met, all told before the test fails. */
    i64 need_id, waiting_need_id, showing_id, sold_lot_id, lot_id, deal_id, bidder_id, import_id,
        deposit_id, terms_lot_id, back_id, due_id, done_id, push_id, season_id, notice_id, draft_id,
        coming_id;
} World;

/* ---- the play ---- */

static Err save_patents(Cx *cx, void *arg)
{
    World *w = arg;
    const Patent full = {.org_id = SELLER,
                         .appno = S("201910000001.X"),
                         .pubno = S("CN109999999B"),
                         .pub_key = S("CN109999999"),
                         .title = S("Lithium <battery> separator"),
                         .kind = S("INV"),
                         .filed_date = 20190102,
                         .granted_date = 20210304,
                         .expiry_date = 20390102,
                         .applicant = S("Unit number 1"),
                         .inventors = S("Alpha;Beta"),
                         .ipc = S("H01M 50/40;C08J 5/18"),
                         .field = S("newenergy"),
                         .abstract = S("A battery separator of low stress"),
                         .claim_count = 7,
                         .trl = 6,
                         .region = S("Zhejiang")};
    const Patent bare = {.org_id = SELLER,
                         .pubno = S("CN108888888A"),
                         .pub_key = S("CN108888888"),
                         .title = S("Bare coating")};
    Patent before;
    PatentSaved saved;
    Err e = patent_save(cx, &full, 0, &saved, &w->patent_id, &before);
    return e ? e : patent_save(cx, &bare, 0, &saved, &w->bare_patent_id, &before);
}

static i64 reply_id(const Val *reply)
{
    assert_true(val_get_int(reply, "id") > 0);
    return val_get_int(reply, "id");
}

static void play_registry(World *w)
{
    Fixture *f = &w->f;
    Val *reply;
    Cx cx = fixture_cx(f, SELLER, T);
    MUST(writer_run(f->house.writer, &cx, save_patents, w));
    MUST(play(f, SELLER, 0, "achievement.add", &reply,
              "{\"title\":\"Stress software\",\"kind\":\"software\",\"field\":\"ict\","
              "\"intro\":\"It computes the stress of films.\"}"));
    w->achievement_id = reply_id(reply);
    MUST(play(f, SELLER, 0, "listing.file", &reply,
              "{\"patent_ids\":[%lld],\"mode\":\"assign\",\"price_fen\":3500000,"
              "\"floor_fen\":3000000,\"intro\":\"Pitch\",\"contact\":\"Office\",\"phone\":\"110\"}",
              (long long)w->patent_id));
    w->listing_id = val_at(val_get(reply, "ids"), 0)->i;
    MUST(play(f, EXCHANGE, 0, "listing.accept", &reply, "{\"ids\":[%lld]}",
              (long long)w->listing_id));
    MUST(play(f, SELLER, 0, "listing.file", &reply,
              "{\"patent_ids\":[%lld],\"mode\":\"ordinary\",\"price_fen\":100}",
              (long long)w->bare_patent_id));
    w->waiting_id = val_at(val_get(reply, "ids"), 0)->i;
    const char *need = "{\"title\":\"A better battery separator\",\"problem\":\"The battery "
                       "separator tears under stress\",\"params\":\"2 kN\",\"amount_fen\":5000000,"
                       "\"cooperation\":[\"joint\",\"assign\"],\"field\":\"newenergy\","
                       "\"valid_until_date\":\"2027-01-01\",\"contact\":\"Lab\",\"hidden\":%s}";
    MUST(play(f, FIRM_A, 0, "need.post", &reply, need,
              "[\"org_id\",\"problem\",\"params\",\"amount_fen\"]"));
    w->need_id = reply_id(reply);
    MUST(play(f, EXCHANGE, 0, "need.accept", &reply, "{\"ids\":[%lld]}", (long long)w->need_id));
    MUST(play(f, FIRM_A, 0, "need.post", &reply, need, "[]"));
    w->waiting_need_id = reply_id(reply);
    MUST(play(f, EXCHANGE, 0, "showing.add", &reply,
              "{\"need_id\":%lld,\"other_code\":\"ORG1\",\"place\":\"Hall 1\","
              "\"session_date\":\"2027-01-01\"}",
              (long long)w->need_id));
    w->showing_id = reply_id(reply);
    MUST(play(f, EXCHANGE, 0, "showing.ask", &reply, "{\"id\":%lld}", (long long)w->showing_id));
}

static void play_lots(World *w)
{
    Fixture *f = &w->f;
    Val *reply;
    w->sold_lot_id = open_lot(f, "");
    tick(f, 0);
    admit(f, w->sold_lot_id, FIRM_A);
    bid(f, w->sold_lot_id, FIRM_A, SECONDS(10), 3500000);
    tick(f, SECONDS(700));
    MUST(fixture_call(f, fixture_clock_cx(f, T + SECONDS(701)), "deal.make_due", "{}", &reply));
    Cx cx = fixture_cx(f, EXCHANGE, f->clock.now_ms);
    MUST(DB_INT(&cx, &w->deal_id, 0, "SELECT deal_id FROM lot_win WHERE lot_id = ?1",
                BIND_INT(w->sold_lot_id)));
    assert_true(w->deal_id > 0);
    MUST(play(f, EXCHANGE, SECONDS(800), "lot.open", &reply,
              "{\"listing_id\":%lld,\"start_fen\":1000,\"step_fen\":100,\"reserve_fen\":9000,"
              "\"deposit_fen\":200,\"end_ms\":%lld}",
              (long long)w->listing_id, (long long)(T + SECONDS(9000))));
    w->lot_id = reply_id(reply);
    tick(f, SECONDS(801));
    MUST(play(f, FIRM_C, SECONDS(802), "lot.enter", &reply, "{\"lot_id\":%lld}",
              (long long)w->lot_id));
    w->bidder_id = reply_id(reply);
    MUST(play(f, FIRM_A, SECONDS(803), "lot.enter", &reply, "{\"lot_id\":%lld}",
              (long long)w->lot_id));
    w->deposit_id = val_get_int(reply, "deposit_id");
    i64 bidder_id = reply_id(reply);
    MUST(play(f, EXCHANGE, SECONDS(803), "deposit.confirm", &reply,
              "{\"id\":%lld,\"amount_fen\":200,\"reference\":\"B1\"}", (long long)w->deposit_id));
    MUST(play(f, EXCHANGE, SECONDS(804), "lot.admit", &reply, "{\"id\":%lld}",
              (long long)bidder_id));
    MUST(play(f, FIRM_A, SECONDS(805), "lot.bid", &reply,
              "{\"lot_id\":%lld,\"amount_fen\":1000,\"key\":\"mine\"}", (long long)w->lot_id));
}

static i64 upload(World *w, const char *csv)
{
    Fixture *f = &w->f;
    Cx cx = fixture_cx(f, SELLER, T);
    FileSink *sink;
    Str hash;
    i64 bytes;
    Val *reply;
    MUST(files_begin(&cx, import_files_root(&cx), &sink));
    MUST(files_add(&cx, sink, csv, strlen(csv)));
    MUST(files_keep(&cx, sink, &hash, &bytes));
    MUST(play(f, SELLER, SECONDS(900), "import.upload", &reply,
              "{\"file_hash\":\"%.*s\",\"name\":\"ledger.csv\"}", STR_ARG(hash)));
    return reply_id(reply);
}

static void play_imports(World *w)
{
    static const char *const csv = "专利名称,申请号,公开号,状态\n"
                                   "A membrane,202010000002.8,,有效\n"
                                   "Broken,2.02E+11,,有效\n"
                                   "Warned,2.03E+11,CN107777777B,有效\n";
    Fixture *f = &w->f;
    Val *reply;
    w->import_id = upload(w, csv);
    w->done_id = upload(w, csv);
    MUST(play(f, SELLER, SECONDS(901), "import.map", &reply,
              "{\"id\":%lld,\"mapping\":[\"0=title\",\"1=appno\",\"2=pubno\"]}",
              (long long)w->done_id));
    MUST(play(f, SELLER, SECONDS(902), "import.start", &reply, "{\"id\":%lld}",
              (long long)w->done_id));
    Cx cx = fixture_cx(f, SELLER, T + SECONDS(903));
    cx.actor = (Actor){.roles = WHO_CLOCK, .via = VIA_SYSTEM};
    MUST(import_work(&cx, w->done_id, NULL, NULL));
}

#endif
