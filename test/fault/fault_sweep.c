/* fault_sweep.c - every op that writes, with its Nth store call failing, for N = 0, 1, 2... until
 * it succeeds. Each failure must answer ERR_STORE, keep nothing and hand nothing out; afterwards
 * the same op on the same state must succeed.
 *
 *     fault_sweep            all ops
 *     fault_sweep lot.bid    only this one
 *
 * rows[] says how each op is made ready and what it is given. An op without a row fails the test.
 * The ids in it are those that a fresh exchange gives: 1, 2, 3... in each table.
 */
#include "fault_bidding.h"
#include "house_bench.h"

#include "auction/deposit_rules.h"
#include "exchange/import.h"
#include "flow/who.h"
#include "ident/ident.h"
#include "match/match_feed.h"
#include "match/match_rebuild.h"
#include "notify/notify.h"
#include "push/push.h"
#include "registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum {
    CALLS_MAX = 1000,
    MANY_CALLS = 100,
    MANY_STEP = 11,
    TABLES_MAX = 128,
    TESTS_MAX = 512,
    NAME_LEN_MAX = 80
};

/* ---- Who acts, and how the state is made ---- */

static const struct {
    const char *name;
    Actor actor;
} actors[] = {
    {"public", {.via = VIA_WEB}},
    {"local", {.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL}},
    {"clock", {.roles = WHO_CLOCK, .via = VIA_SYSTEM}},
    {"liaison", {.account_id = 1, .org_id = 1, .roles = WHO_OFFICE | WHO_LIAISON, .via = VIA_WEB}},
    {"expert", {.account_id = 1, .org_id = 1, .roles = WHO_EXPERT, .via = VIA_WEB}},
    {"office", {.account_id = 1, .org_id = 1, .roles = WHO_OFFICE, .via = VIA_WEB}},
    {"machine", {.account_id = 1, .org_id = 1, .roles = WHO_OFFICE, .via = VIA_LOCAL}},
    {"machine2", {.account_id = 2, .org_id = 2, .roles = WHO_FIRM, .via = VIA_LOCAL}},
    {"firm",
     {.account_id = 2, .org_id = 2, .roles = WHO_FIRM, .via = VIA_WEB, .second_ms = BENCH_NOW}},
    {"session", {.account_id = 1, .org_id = 1, .roles = WHO_OFFICE, .session_id = 1}},
    {"proved",
     {.account_id = 1, .org_id = 1, .roles = WHO_OFFICE, .session_id = 1, .second_ms = BENCH_NOW}},
    {"agent", {.account_id = 2, .org_id = 1, .roles = WHO_INVENTOR, .session_id = 1}},
    {"security", {.account_id = 3, .org_id = 3, .roles = WHO_SECURITY, .via = VIA_WEB}},
    {"security2", {.account_id = 2, .org_id = 3, .roles = WHO_SECURITY, .via = VIA_WEB}},
    {"bidder3",
     {.account_id = 4, .org_id = 4, .roles = WHO_FIRM, .via = VIA_WEB, .second_ms = BENCH_NOW}},
    {"operator",
     {.account_id = 3, .org_id = 3, .roles = WHO_OPERATOR, .via = VIA_WEB, .second_ms = BENCH_NOW}},
};

static Actor actor_of(Str name)
{
    for (size_t i = 0; i < COUNT(actors); i++)
        if (str_same_z(name, actors[i].name))
            return actors[i].actor;
    fail_msg("no actor %.*s", STR_ARG(name));
    return (Actor){0};
}

/* A line of a ready state is `actor op json`, or one of `import` (the file is uploaded), `work`,
 * `tick`, `lessons` (outcomes to learn from), `wait SECONDS`, `guess` (a wrong password), `message`
 * (one comes to account 1) and `papers` (the stage's consents are asked for). */
#define ORGS                                                                                       \
    "local org.add {\"code\":\"U\",\"name\":\"东海理工大学\",\"kind\":\"university\"}\n"     \
    "local org.add {\"code\":\"F\",\"name\":\"海川机械公司\",\"kind\":\"firm\"}\n"           \
    "local org.add {\"code\":\"X\",\"name\":\"技术交易市场\",\"kind\":\"exchange\"}\n"
#define ACCOUNT                                                                                    \
    ORGS "local account.add {\"login\":\"east\",\"name\":\"某\",\"org_id\":1,"                    \
         "\"password\":\"Four small words\",\"roles\":\"office\"}\n"
#define SIGN_IN  "{\"login\":\"east\",\"password\":\"Four small words\"}"
#define SESSION  ACCOUNT "public session.open " SIGN_IN "\n"
#define BEGUN_2  SESSION "session second.begin {}\n"
#define CODE     "{\"second_code\":\"CODE\"}"
#define SECOND   BEGUN_2 "session second.confirm " CODE "\nwait 60\n"
#define EMAIL    SESSION "session account.edit {\"name\":\"某\",\"email\":\"a@example.cn\"}\n"
#define ASK      "{\"login\":\"east\",\"email\":\"a@example.cn\"}"
#define ASKED    EMAIL "public account.reset_ask " ASK "\n"
#define TOKEN    SESSION "proved token.make {\"name\":\"sync\",\"scope\":\"read\"}\n"
#define OUTSIDE  "{\"issuer\":\"https://sso.example\",\"subject\":\"s\",\"login\":\"east\"}"
#define LEAVE    "clock oidc.begin {\"back\":\"/\",\"address\":\"10.0.0.1\"}\n"
#define UPLOADED ORGS "import\n"
#define TWO                                                                                        \
    FREE GUARD("guard2")                                                                           \
        GUARD("guard3") "security grant.add_admin {\"account_id\":1,\"role\":\"audit\"}\n"
#define LOCKED ACCOUNT "guess\nguess\nguess\nguess\nguess\n"
#define GUARD(login)                                                                               \
    "local account.add {\"login\":\"" login "\",\"name\":\"某\",\"org_id\":3,"                    \
    "\"password\":\"Four small words\",\"roles\":\"security\"}\n"
#define FREE      ACCOUNT "local grant.end {\"id\":1}\n" /* The account holds no role. */
#define CLOSED    ACCOUNT "local account.close {\"id\":1}\n"
#define RUNNING   UPLOADED "office import.start {\"id\":1}\n"
#define IMPORTED  RUNNING "work\n"
#define FILE_TWO  "{\"patent_ids\":\"1,2\",\"mode\":\"assign\",\"price_fen\":1000}"
#define FILED     IMPORTED "office listing.file " FILE_TWO "\n"
#define DRAFT     FILED "operator listing.return {\"ids\":\"1,2\"}\n"
#define LISTED    FILED "operator listing.accept {\"ids\":\"1,2\"}\n"
#define IN_LOT    LISTED "clock listing.enter_lot {\"ids\":\"1,2\"}\n"
#define BOTH_SOLD IN_LOT "clock listing.sell {\"ids\":\"1,2\"}\n"
// clang-format off
#define NEED \
    "{\"title\":\"一项普通的需求\",\"problem\":\"一个足够长的技术难题描述\",\"amount_fen\":1," \
    "\"cooperation\":\"joint\",\"field\":\"ai\",\"valid_until_date\":\"2027-01-01\"}"
// clang-format on
#define POSTED   ORGS "firm need.post " NEED "\n"
#define RETURNED POSTED "operator need.return {\"ids\":1}\n"
#define WANTED   POSTED "operator need.accept {\"ids\":1}\n"
#define AGREED   ACCOUNT "machine consent.sign {\"text_id\":6}\n"
#define TEXT                                                                                       \
    "{\"kind\":\"nda\",\"title_zh\":\"保密协议\",\"title_en\":\"Secrecy\","                    \
    "\"text_zh\":\"甲方与乙方约定：双方对往来信息一律保密，期限五年。\"," \
    "\"text_en\":\"Both keep what they hear to themselves.\"}"
/* The stage's papers are asked for, and signed. */
#define PAPERS                                                                                     \
    LISTED "local account.add {\"login\":\"east\",\"name\":\"某\",\"org_id\":1,"                  \
           "\"password\":\"Four small words\",\"roles\":\"office\"}\npapers\n"                     \
           "machine consent.sign {\"text_id\":3,\"about\":\"listing\",\"about_id\":1}\n"
/* From 10:00 to 11:00 in Shanghai. */
#define OPEN_LOT                                                                                   \
    "{\"listing_id\":1,\"start_fen\":1000,\"step_fen\":100,"                                       \
    "\"open_ms\":\"2026-07-20 10:00\",\"end_ms\":\"2026-07-20 11:00\"}"
#define OPEN_NOW                                                                                   \
    "{\"listing_id\":1,\"start_fen\":1000,\"step_fen\":100,\"end_ms\":\"2026-07-20 11:00\"}"
#define DUTCH                                                                                      \
    LISTED "operator lot.open {\"listing_id\":1,\"mode\":\"dutch\",\"start_fen\":1000,"            \
           "\"drop_fen\":100,\"drop_every_s\":60,\"open_ms\":\"2026-07-20 10:00\","                \
           "\"end_ms\":\"2026-07-20 11:00\"}\nfirm lot.enter {\"lot_id\":1}\n"                     \
           "operator lot.admit {\"id\":1}\nwait 3600\ntick\n"
#define SEALED                                                                                     \
    LISTED "operator lot.open {\"listing_id\":1,\"mode\":\"sealed\",\"start_fen\":1000,"           \
           "\"open_ms\":\"2026-07-20 10:00\",\"end_ms\":\"2026-07-20 11:00\"}\n"                   \
           "firm lot.enter {\"lot_id\":1}\noperator lot.admit {\"id\":1}\nwait 3600\ntick\n"       \
           "firm lot.bid {\"lot_id\":1,\"amount_fen\":2000,\"key\":\"k\"}\n"
#define LOT         LISTED "operator lot.open " OPEN_LOT "\n"
#define ENTERED     LOT "firm lot.enter {\"lot_id\":1}\n"
#define ADMITTED    ENTERED "operator lot.admit {\"id\":1}\n"
#define BID         "{\"lot_id\":1,\"amount_fen\":1000,\"key\":\"k\"}"
#define BEGUN       ADMITTED "wait 3600\n"
#define OPEN        BEGUN "tick\n"
#define PAUSED      OPEN "operator lot.pause {\"id\":1}\nwait 60\n"
#define LED         OPEN "firm lot.bid " BID "\n"
#define OVER        OPEN "wait 3602\n"
#define LED_OVER    LED "wait 3602\n"
#define SOLD        LED_OVER "local lot.close {\"id\":1}\n"
#define DEAL        SOLD "local deal.make {\"win_id\":1}\n"
#define SIGN        "{\"id\":1,\"signed_date\":\"2026-07-20\",\"contract_no\":\"1\"}"
#define SIGNED      DEAL "firm deal.sign " SIGN "\n"
#define TRANSFERRED SIGNED "firm deal.register {\"id\":1,\"reg_no\":\"1\"}\n"

#define SHOWING                                                                                    \
    "{\"listing_id\":1,\"other_code\":\"F\",\"place\":\"大厅\",\"session_date\":\"2026-07-20\"}"
#define ARRANGED                                                                                   \
    LISTED "local account.add {\"login\":\"east\",\"name\":\"某\",\"org_id\":1,"                  \
           "\"password\":\"Four small words\",\"roles\":\"office\"}\n"                             \
           "local account.add {\"login\":\"sea\",\"name\":\"某\",\"org_id\":2,"                   \
           "\"password\":\"Four small words\",\"roles\":\"firm\"}\n"                               \
           "operator showing.add " SHOWING "\n"
#define ASKED_BOTH ARRANGED "operator showing.ask {\"id\":1}\n"
#define CONSENT(side, text)                                                                        \
    side " consent.sign {\"text_id\":" text ",\"about\":\"showing\",\"about_id\":1}\n"
#define CONSENTED                                                                                  \
    ASKED_BOTH CONSENT("machine", "3") CONSENT("machine", "1") CONSENT("machine2", "3")            \
        CONSENT("machine2", "1")
#define READY CONSENTED "operator showing.ready {\"id\":1}\n"

#include "fault_states.h"

typedef struct Sweep {
    const char *op;
    const char *ready;
    const char *who;
    const char *in;
    Err end; /* What it answers when no call fails. */
} Sweep;

// clang-format off
static const Sweep rows[] = {
    {"session.open",      ACCOUNT,  "public",   SIGN_IN, ERR_OK},
    /* A wrong password is counted, and a refusal told, in the same way. */
    {"session.open",      ACCOUNT,  "public",   "{\"login\":\"east\",\"password\":\"wrong\"}", ERR_INPUT},
    {"session.open",      ACCOUNT,  "public",   "{\"login\":\"nobody\",\"password\":\"wrong\"}", ERR_INPUT},
    {"session.close",     SESSION,  "office",   "{\"session_id\":1}", ERR_OK},
    {"session.seen",      SESSION "wait 600\n", "office", "{\"session_id\":1}", ERR_OK},
    {"session.end",       SESSION,  "office",   "{\"id\":1}", ERR_OK},
    {"session.end_others", SESSION "public session.open " SIGN_IN "\n", "session", "{}", ERR_OK},
    {"second.begin",      SESSION,  "session",  "{}", ERR_OK},
    {"second.confirm",    BEGUN_2,  "session",  CODE, ERR_OK},
    {"second.confirm",    BEGUN_2,  "session",  "{\"second_code\":\"000000\"}", ERR_INPUT},
    {"session.second",    SECOND,   "session",  CODE, ERR_OK},
    {"session.second",    SECOND,   "session",  "{\"second_code\":\"000000\"}", ERR_INPUT},
    {"second.codes",      SECOND,   "session",  CODE, ERR_OK},
    {"second.off",        SECOND,   "session",  CODE, ERR_OK},
    {"second.reset",      SECOND,   "local",    "{\"id\":1}", ERR_OK},
    {"account.edit",      SESSION,  "session",  "{\"name\":\"某\",\"phone\":\"13812345678\"}", ERR_OK},
    {"account.password",  SESSION,  "session",  "{\"password_old\":\"Four small words\",\"password\":\"Five small words\"}", ERR_OK},
    {"account.password",  SESSION,  "session",  "{\"password_old\":\"wrong\",\"password\":\"Five small words\"}", ERR_INPUT},
    {"token.make",        SESSION,  "proved",   "{\"name\":\"sync\",\"scope\":\"read\"}", ERR_OK},
    {"token.make",        SECOND,   "proved",   "{\"name\":\"sync\",\"scope\":\"write,second\",\"second_code\":\"CODE\"}", ERR_OK},
    {"token.make",        SECOND,   "proved",   "{\"name\":\"sync\",\"scope\":\"second\",\"second_code\":\"000000\"}", ERR_INPUT},
    {"token.end",         TOKEN,    "proved",   "{\"id\":1}", ERR_OK},
    {"token.used",        TOKEN,    "clock",    "{\"id\":1,\"address\":\"10.0.0.1\"}", ERR_OK},
    {"account.reset_by_admin", TOKEN, "security", "{\"id\":1}", ERR_OK},
    {"oidc.begin",        ACCOUNT LEAVE, "clock", "{\"back\":\"/\",\"address\":\"10.0.0.1\"}", ERR_OK},
    {"oidc.take",         ACCOUNT,  "clock",    "{\"state\":\"BEGUN\"}", ERR_OK},
    {"oidc.open",         ACCOUNT,  "clock",    OUTSIDE, ERR_OK},
    {"oidc.open",         ORGS,     "clock",    OUTSIDE, ERR_DENIED},
    {"oidc.unlink",       ACCOUNT "clock oidc.open " OUTSIDE "\n", "local", "{\"id\":1}", ERR_OK},
    {"account.reset_ask", EMAIL,    "public",   ASK, ERR_OK},
    {"account.reset_ask", ASKED,    "public",   ASK, ERR_OK},
    {"account.reset_ask", EMAIL,    "public",   "{\"login\":\"nobody\",\"email\":\"a@example.cn\"}", ERR_OK},
    {"account.reset_code", ASKED,   "security", "{\"id\":1}", ERR_OK},
    {"account.reset",     ASKED,    "public",   "{\"code\":\"RESET\",\"password\":\"Five small words\"}", ERR_OK},
    {"account.reset",     ASKED,    "public",   "{\"code\":\"wrong\",\"password\":\"Five small words\"}", ERR_INPUT},
    {"account.reset_by_admin", SESSION, "security", "{\"id\":1}", ERR_OK},
    {"message.read",      ACCOUNT "message\n", "office", "{\"all\":true}", ERR_OK},
    {"message.unread",    ACCOUNT "message\noffice message.read {\"ids\":1}\n", "office", "{\"ids\":1}", ERR_OK},
    {"message.done",      ACCOUNT "message\n", "office", "{\"ids\":1}", ERR_OK},
    {"notice.set",        ACCOUNT, "office", "{\"digest\":\"daily\",\"quiet_from\":\"22:00\",\"quiet_until\":\"07:00\"}", ERR_OK},
    {"push.send",         WAITING,  "clock",    "{\"ids\":\"1\"}", ERR_OK},
    {"push.defer",        WAITING,  "operator", "{\"ids\":\"1\",\"until_ms\":\"2026-08-20 10:30\"}", ERR_OK},
    {"push.bar",          WAITING,  "operator", "{\"ids\":\"1\",\"cause\":\"gone\"}", ERR_OK},
    {"push.see",          PUSHED,   "firm",     "{\"ids\":\"2\"}", ERR_OK},
    {"push.reply",        SEEN,     "firm",     "{\"id\":2,\"answer\":\"not_for_us\",\"cause\":\"price\"}", ERR_OK},
    {"push.claim",        REPLIED,  "firm",     "{\"id\":2}", ERR_OK},
    {"push.meet",         CLAIMED,  "firm",     "{\"id\":2}", ERR_OK},
    {"push.sign",         MET,      "firm",     "{\"id\":2}", ERR_OK},
    {"evaluation.give",   PUSHED,   "firm",     RATING, ERR_OK},
    {"evaluation.give",   RATED "operator evaluation.return {\"ids\":\"1\",\"reason\":\"请补充\"}\n", "firm", RATING, ERR_OK},
    {"evaluation.pass",   RATED,    "operator", "{\"ids\":\"1\"}", ERR_OK},
    {"evaluation.return", RATED,    "operator", "{\"ids\":\"1\",\"reason\":\"请补充\"}", ERR_OK},
    {"push.pair",         OFFERED "firm need.post " NEED "\noperator need.accept {\"ids\":1}\n", "operator", "{\"need_id\":1,\"achievement_id\":1,\"way\":\"item\"}", ERR_OK},
    {"note.add",          WANTED_OFFERED, "operator", NOTE, ERR_OK},
    {"note.again",        NOTED,    "operator", "{\"id\":1}", ERR_OK},
    {"note.remove",       NOTED,    "operator", "{\"id\":1}", ERR_OK},
    {"match.learn",       TAUGHT,   "operator", "{}", ERR_OK},
    {"match.release",     ORGS,     "operator", "{}", ERR_OK},
    {"push.target",       ORGS,     "operator", "{\"org_id\":3,\"year\":2026,\"number\":5000}", ERR_OK},
    {"org.change",        ORGS,     "operator", "{\"id\":2,\"line\":\"industry\",\"level\":\"city\"}", ERR_OK},
    {"org.add",           ORGS,     "operator", "{\"code\":\"N\",\"name\":\"新单位\",\"kind\":\"firm\"}", ERR_OK},
    {"org.ensure",        ORGS,     "local",    "{\"code\":\"N\"}", ERR_OK},
    {"account.close",     ACCOUNT,  "local",    "{\"id\":1}", ERR_OK},
    {"account.reopen",    CLOSED,   "local",    "{\"id\":1,\"reason\":\"返岗\"}", ERR_OK},
    {"account.unlock",    LOCKED,   "local",    "{\"id\":1}", ERR_OK},
    {"grant.add",         ACCOUNT,  "local",    "{\"account_id\":1,\"role\":\"expert\"}", ERR_OK},
    {"grant.end",         ACCOUNT,  "local",    "{\"id\":1}", ERR_OK},
    {"grant.add_admin",   FREE,     "local",    "{\"account_id\":1,\"role\":\"audit\"}", ERR_OK},
    {"grant.add_admin",   ACCOUNT,  "security", "{\"account_id\":1,\"role\":\"audit\"}", ERR_OK}, /* It waits. */
    {"approval.agree",    TWO,      "security2", "{\"id\":1}", ERR_OK},
    {"approval.refuse",   TWO,      "security2", "{\"id\":1,\"reason\":\"不妥\"}", ERR_OK},
    {"approval.withdraw", TWO,      "security", "{\"id\":1}", ERR_OK},
    {"grant.end_admin",   FREE "local grant.add_admin {\"account_id\":1,\"role\":\"audit\"}\n", "local", "{\"id\":2}", ERR_OK},
    {"account.add",       ORGS,     "local",
     "{\"login\":\"new\",\"name\":\"某\",\"org_id\":1,\"password\":\"Four small words\",\"roles\":\"office,inventor\"}", ERR_OK},
    {"achievement.add",   ORGS,     "office",
     "{\"title\":\"海水稻新品种\",\"kind\":\"plant_variety\",\"field\":\"agri\",\"intro\":\"耐盐碱的水稻新品种亩产高\"}", ERR_OK},
    {"listing.file",      IMPORTED, "office",   FILE_TWO, ERR_OK},
    {"listing.submit",    DRAFT,    "office",   "{\"ids\":\"1,2\"}", ERR_OK},
    {"listing.accept",    FILED,    "operator", "{\"ids\":\"1,2\"}", ERR_OK},
    {"listing.return",    FILED,    "operator", "{\"ids\":\"1,2\"}", ERR_OK},
    {"listing.withdraw",  LISTED,   "office",   "{\"ids\":\"1,2\"}", ERR_OK},
    {"listing.withdraw",  LOT,      "office",   "{\"ids\":\"2,1\"}", ERR_STATE},
    {"listing.enter_lot", LISTED,   "clock",    "{\"ids\":\"1,2\"}", ERR_OK},
    {"listing.leave_lot", IN_LOT,   "clock",    "{\"ids\":\"1,2\"}", ERR_OK},
    {"listing.sell",      IN_LOT,   "clock",    "{\"ids\":\"1,2\"}", ERR_OK},
    {"listing.relist",    BOTH_SOLD, "clock",   "{\"ids\":\"1,2\"}", ERR_OK},
    {"need.post",         ORGS,     "firm",     NEED, ERR_OK},
    {"need.accept",       POSTED,   "operator", "{\"ids\":1}", ERR_OK},
    {"need.return",       POSTED,   "operator", "{\"ids\":1}", ERR_OK},
    {"need.submit",       RETURNED, "firm",     "{\"ids\":1}", ERR_OK},
    {"need.withdraw",     WANTED,   "firm",     "{\"ids\":1}", ERR_OK},
    {"need.match",        WANTED,   "firm",     "{\"ids\":1}", ERR_OK},
    {"lot.open",          LISTED,   "operator", OPEN_LOT, ERR_OK},
    {"lot.open",          LISTED,   "operator", OPEN_NOW, ERR_OK},
    {"lot.open",          PAPERS,   "operator", OPEN_LOT, ERR_OK},
    BIDDING_ROWS
    {"showing.add",       ARRANGED, "operator", SHOWING, ERR_OK},
    {"showing.ask",       ARRANGED, "operator", "{\"id\":1}", ERR_OK},
    {"showing.ready",     CONSENTED, "operator", "{\"id\":1}", ERR_OK},
    {"showing.hold",      READY,    "operator", "{\"id\":1}", ERR_OK},
    {"showing.cancel",    READY,    "operator", "{\"id\":1,\"reason\":\"改期\"}", ERR_OK},
    {"showing.reopen",    READY,    "clock",    "{\"id\":1}", ERR_OK},
    {"consent.withdraw",  READY,    "machine",  "{\"id\":1}", ERR_OK}, /* It is asked for again. */
    {"consent_text.publish", ORGS,  "local",    TEXT, ERR_OK},
    {"consent_text.publish", ORGS,  "operator", TEXT, ERR_OK}, /* It waits. */
    {"consent.sign",      ACCOUNT,  "machine",  "{\"text_id\":6}", ERR_OK},
    {"consent.withdraw",  AGREED,   "machine",  "{\"id\":1}", ERR_OK},
    {"record.reveal",     ACCOUNT,  "operator", "{\"type\":\"account\",\"id\":1,\"field\":\"name\",\"reason\":\"核对签署人\"}", ERR_OK},
    {"me.push",           ACCOUNT,  "office",   "{\"off\":1}", ERR_OK},
    {"me.erase_ask",      ACCOUNT,  "office",   "{}", ERR_OK},
    {"person.erase",      AGREED,   "local",    "{\"id\":1}", ERR_OK},
    {"lot.enter",         LOT,      "firm",     "{\"lot_id\":1}", ERR_OK},
    {"lot.admit",         ENTERED,  "operator", "{\"id\":1}", ERR_OK},
    {"lot.refuse",        ENTERED,  "operator", "{\"id\":1,\"reason\":\"缺材料\"}", ERR_OK},
    {"bidder.admit",      ENTERED,  "operator", "{\"id\":1}", ERR_OK},
    {"bidder.refuse",     ENTERED,  "operator", "{\"id\":1,\"reason\":\"缺材料\"}", ERR_OK},
    {"lot_terms.set",     LOT,      "operator", TERMS, ERR_OK},
    {"lot_terms.set",     TERMED,   "operator", TERMS, ERR_OK},
    {"bidder_paper.give", TERMED,   "firm",     GIVE_PAPER, ERR_OK},
    {"bidder_paper.give", PAPERED,  "firm",     GIVE_PAPER, ERR_OK},
    {"bidder.apply",      PAPERED,  "firm",     APPLY, ERR_OK},
    {"bidder.apply",      TURNED,   "firm",     APPLY, ERR_OK},
    {"bidder.admit_all",  COME,     "operator", "{\"ids\":\"1\"}", ERR_OK},
    {"bidder.refuse_all", COME,     "operator", "{\"ids\":\"1\",\"ground\":\"condition\",\"condition_no\":1,\"reason\":\"不符\"}", ERR_OK},
    {"bidder.object",     TURNED,   "firm",     "{\"id\":1,\"words\":\"清楚\"}", ERR_OK},
    {"bidder.uphold",     OBJECTED, "operator", "{\"id\":1,\"words\":\"重看\"}", ERR_OK},
    {"bidder.dismiss",    OBJECTED, "operator", "{\"id\":1,\"words\":\"不成立\"}", ERR_OK},
    {"lot_bar.set",       LOT,      "operator", BAR, ERR_OK},
    {"lot_bar.end",       LOT "operator lot_bar.set " BAR "\n", "operator", "{\"id\":1}", ERR_OK},
    {"lot.enter",         DEPOSIT_LOT, "firm",  "{\"lot_id\":1}", ERR_OK},
    {"deposit.submit",    OWED,     "firm",     SLIP, ERR_OK},
    {"deposit.confirm",   SLIPPED,  "operator", "{\"id\":1}", ERR_OK},
    {"deposit.refuse",    SLIPPED,  "operator", "{\"id\":1,\"reason\":\"看不清\"}", ERR_OK},
    {"deposit.paid",      OWED,     "public",   "PAYMENT 500", ERR_OK},
    {"deposit.paid",      OWED,     "public",   "PAYMENT 400", ERR_OK},
    {"deposit.paid",      HELD,     "public",   "PAYMENT 500", ERR_OK},
    {"deposit.paid",      OWED "operator lot.cancel {\"id\":1,\"reason\":\"有争议\"}\n", "public", "PAYMENT 500", ERR_OK},
    {"deposit.paid",      OWED,     "public",   "PAYMENT 9 FOR 1", ERR_MISSING},
    {"payment.give_back", TO_PAY "operator deposit.release {\"ids\":\"1\",\"reference\":\"B1\"}\npublic deposit.paid PAYMENT 500\n",
     "operator", "{\"id\":1,\"reference\":\"B2\"}", ERR_OK},
    {"deposit.order",     LOST,     "clock",    "{\"id\":1}", ERR_OK},
    {"deposit.release",   TO_PAY,   "operator", "{\"ids\":\"1\",\"reference\":\"B1\"}", ERR_OK},
    {"deposit.offset",    WON,      "clock",    "{\"id\":1}", ERR_OK},
    {"deposit.forfeit",   HELD,     "local",    FORFEIT, ERR_OK},
    {"deposit.forfeit",   FAILED,   "operator", FORFEIT, ERR_OK},
    {"deposit.free",      FAILED,   "operator", "{\"id\":1,\"words\":\"属误会\"}", ERR_OK},
    {"lot.bid",           OPEN,     "firm",     BID, ERR_OK},
    {"lot.bid",           BEGUN,    "firm",     BID, ERR_OK},
    {"lot.bid",           ENTERED,  "firm",     BID, ERR_OK},
    {"lot.take",          DUTCH,    "firm",     BID, ERR_OK},
    {"lot.retract",       SEALED,   "firm",     "{\"lot_id\":1,\"key\":\"r\"}", ERR_OK},
    {"lot.close",         SEALED "wait 3602\n", "clock", "{\"id\":1}", ERR_OK},
    {"lot.pause",         OPEN,     "operator", "{\"id\":1}", ERR_OK},
    {"lot.resume",        PAUSED,   "operator", "{\"id\":1}", ERR_OK},
    {"lot.cancel",        OPEN,     "operator", "{\"id\":1,\"reason\":\"有争议\"}", ERR_OK},
    {"lot.start",         BEGUN,    "clock",    "{\"id\":1}", ERR_OK},
    {"lot.close",         LED_OVER, "clock",    "{\"id\":1}", ERR_OK},
    {"lot.make_up",       OPEN "wait 60\n", "clock", "{\"id\":1,\"from_ms\":\"2026-07-20 10:00\"}", ERR_OK},
    {"lot.sell",          LED_OVER, "clock",    "{\"id\":1}", ERR_OK},
    {"lot.lapse",         OVER,     "clock",    "{\"id\":1}", ERR_OK},
    {"lot.confirm",       SOLD,     "operator", "{\"id\":1}", ERR_OK},
    {"deal.make",         SOLD,     "clock",    "{\"win_id\":1}", ERR_OK},
    {"deal.sign",         DEAL,     "firm",     SIGN, ERR_OK},
    {"deal.register",     SIGNED,   "firm",     "{\"id\":1,\"reg_no\":\"1\"}", ERR_OK},
    {"deal.finish",       TRANSFERRED, "office", "{\"id\":1}", ERR_OK},
    {"deal.cancel",       DEAL,     "operator", "{\"id\":1,\"reason\":\"未付款\"}", ERR_OK},
    {"import.upload",     ORGS "keep\n", "office", "{\"file_hash\":\"HASH\",\"name\":\"a.csv\"}", ERR_OK},
    {"import.map",        UPLOADED, "office",   "{\"id\":1,\"mapping\":\"0=title;1=appno\"}", ERR_OK},
    {"import.start",      UPLOADED, "office",   "{\"id\":1}", ERR_OK},
    {"import.undo",       IMPORTED, "office",   "{\"id\":1}", ERR_OK},
    {"mark.add",          ORGS,     "operator", "{\"org_id\":2,\"mark\":\"high_tech\",\"from_date\":\"2026-01-01\"}", ERR_OK},
    {"mark.end",          ORGS "operator mark.add {\"org_id\":2,\"mark\":\"high_tech\",\"from_date\":\"2026-01-01\"}\n", "operator", "{\"id\":1}", ERR_OK},
    {"joining.apply",     ORGS,     "public",   JOIN, ERR_OK},
    {"joining.resubmit",  ORGS,     "public",   "{\"claim\":\"CLAIM\",\"name\":\"钟某某\"}", ERR_OK},
    {"joining.approve",   APPLIED,  "operator", "{\"ids\":1}", ERR_OK},
    {"joining.approve",   APPLIED "public joining.apply " JOIN "\n", "operator", "{\"ids\":\"1,9,2\"}", ERR_OK},
    {"joining.return",    APPLIED,  "operator", "{\"ids\":1,\"reason\":\"名称不符\"}", ERR_OK},
    {"joining.reject",    APPLIED,  "operator", "{\"ids\":1,\"reason\":\"不是单位\"}", ERR_OK},
    {"people.accounts_add", ACCOUNT, "liaison", "{\"text\":\"甲,jia.one,发明人\\n乙,east,发明人\\n丙,bing,厨师\"}", ERR_OK},
    {"account.add_below", ACCOUNT,  "liaison",  "{\"org_id\":1,\"name\":\"甲\",\"login\":\"jia\",\"roles\":\"liaison\"}", ERR_OK},
    {"account.close_below", STAFF,  "liaison",  "{\"id\":2}", ERR_OK},
    {"account.reopen_below", STAFF "liaison account.close_below {\"id\":2}\n", "liaison", "{\"id\":2,\"reason\":\"返岗\"}", ERR_OK},
    {"account.hand_over", DELEGATED, "liaison", "{\"from_id\":1,\"to_id\":2}", ERR_OK},
    {"org.add_below",     ACCOUNT,  "liaison",  "{\"parent_id\":1,\"name\":\"化学学院\"}", ERR_OK},
    {"org.leave",         STAFF,    "liaison",  "{\"id\":1,\"reason\":\"合并\"}", ERR_OK},
    {"profile.edit",      ACCOUNT,  "expert",   PROFILE, ERR_OK},
    {"profile.edit",      PROFILED, "expert",   PROFILE, ERR_OK},
    {"certificate.add",   PROFILED, "expert",   "{\"name\":\"证\",\"number\":\"1\",\"issued_date\":\"2020-01-01\"}", ERR_OK},
    {"certificate.end",   CERTIFIED, "expert",  "{\"id\":1}", ERR_OK},
    {"roster.add",        ORGS,     "operator", ROSTER, ERR_OK},
    {"member.nominate",   ROSTERED, "liaison",  "{\"roster_id\":1,\"login\":\"east\"," PERSON, ERR_OK},
    {"member.resubmit",   SENT_BACK, "liaison", "{\"id\":1," PERSON, ERR_OK},
    {"member.confirm",    NOMINATED, "operator", "{\"ids\":1}", ERR_OK},
    {"member.return",     NOMINATED, "operator", "{\"ids\":1,\"reason\":\"缺职称\"}", ERR_OK},
    {"member.end",        NOMINATED, "liaison", "{\"ids\":1,\"reason\":\"调离\"}", ERR_OK},
    {"search.save",       ACCOUNT,  "office",   KEEP, ERR_OK},
    {"search.rename",     KEPT,     "office",   "{\"id\":1,\"name\":\"电池\"}", ERR_OK},
    {"search.watch",      KEPT,     "office",   "{\"id\":1,\"alert\":false}", ERR_OK},
    {"search.tell",       KEPT,     "clock",    TOLD, ERR_OK},
    {"search.looked",     KEPT "clock search.tell " TOLD "\n", "office", "{\"id\":1}", ERR_OK},
    {"search.remove",     KEPT "clock search.tell " TOLD "\n", "office", "{\"id\":1}", ERR_OK},
    {"synonym.add",       ORGS,     "operator", "{\"words\":\"锂电池;锂离子电池\"}", ERR_OK},
    {"synonym.change",    ORGS "operator synonym.add {\"words\":\"锂电池;锂离子电池\"}\n", "operator", "{\"id\":1,\"words\":\"锂电池\"}", ERR_OK},
    {"synonym.remove",    ORGS "operator synonym.add {\"words\":\"锂电池;锂离子电池\"}\n", "operator", "{\"id\":1}", ERR_OK},
    {"delegation.give",   STAFF,    "office",   GIVE, ERR_OK},
    {"delegation.end",    DELEGATED, "office",  "{\"id\":1}", ERR_OK},
    {"delegation.start",  GIVEN,    "agent",    "{\"id\":1}", ERR_OK},
    {"delegation.stop",   GIVEN "agent delegation.start {\"id\":1}\n", "agent", "{}", ERR_OK},
    /* Only the import's own work takes these steps. */
    {"import.finish",     RUNNING,  "clock",    "{\"id\":1}", ERR_STATE},
    {"import.fail",       RUNNING,  "clock",    "{\"id\":1}", ERR_STATE},
    {"import.unmade",     RUNNING,  "clock",    "{\"id\":1}", ERR_STATE},
};
// clang-format on

/* Work made of several writes: it may stop anywhere, and goes on when called again. */
typedef struct Work {
    const char *name;
    const char *ready;
    enum { WORK_IMPORT, WORK_TICK, WORK_PUSH } kind; /* The waiting import, house_tick, push.run. */
    const char *sql;                                 /* What must be so in the end: one number... */
    i64 want;
} Work;

static const Work works[] = {
    {"import.work", RUNNING, WORK_IMPORT,
     "SELECT COUNT(*) * 1000 + MAX(i.rows_read) * 100 + MAX(i.imported) * 10 + MAX(i.state)"
     " FROM patent, import i",
     2000 + 300 + 20 + IMPORT_DONE},
    {"import.undo.work", IMPORTED "office import.undo {\"id\":1}\n", WORK_IMPORT,
     "SELECT (SELECT COUNT(*) FROM patent) * 10 + state FROM import", IMPORT_UNDONE},
    {"tick", LED_OVER, WORK_TICK,
     "SELECT (SELECT COUNT(*) FROM lot_paper) * 1000 + (SELECT COUNT(*) FROM deal) * 100 + "
     "(SELECT SUM(deal_id) FROM lot_win) * 10 + state FROM lot",
     1000 + 100 + 10 + 3},
    {"deposit.tick", LOST, WORK_TICK, "SELECT state FROM deposit", 3},
    /* Both pushes are there and sent, once each, and three subjects are planned. */
    {"push.run.work", WANTED_OFFERED, WORK_PUSH,
     "SELECT (SELECT COUNT(*) FROM push) * 1000 + (SELECT COUNT(*) FROM push WHERE state = 2) * "
     "100 + (SELECT COUNT(*) FROM message) * 10 + (SELECT COUNT(*) FROM push_plan)",
     2000 + 200 + 20 + 3},
};

/* ---- Making it ready ---- */

static const char csv[] = "专利名称,申请号,专利类型,申请日\n"
                          "一种低温锂电池快速充电方法,202010123456.2,发明,2020-03-05\n"
                          "一种海水养殖循环水处理装置,202220345678.3,实用新型,2022-04-01\n"
                          "一种校验位错误的专利,202110999111.5,发明,2021-09-01\n";

static void ok_at(const Bench *bench, Err e, Str what)
{
    if (e)
        fail_msg("%.*s: %s %s", STR_ARG(what), err_name(e),
                 bench->cx.err.key ? bench->cx.err.key : "");
}

/* The word in the text replaced by what it stands for. */
static Str put_word(Bench *bench, Str in, Str word, Str value)
{
    size_t at = str_find(in, word);
    if (at == in.len)
        return in;
    return str_format(&bench->arena, "%.*s%.*s%.*s", (int)at, in.data, STR_ARG(value),
                      (int)(in.len - at - word.len), in.data + at + word.len);
}

/* A signed call of the bank: so much for deposit 1, or for a number that there is not. */
static Str payment(Bench *bench, Str what)
{
    Arena *arena = &bench->arena;
    Val *reply, *in = val_map(arena);
    Str fen = {0}, rest = what, number = S("1"), stamp;
    Buf out = buf_new(arena);
    str_split(&rest, ' ', &fen);
    if (!rest.len) {
        ok_at(bench,
              bench_call_text(bench, actor_of(S("operator")), "deposit.show", S("{\"id\":1}"),
                              &reply),
              what);
        number = val_get_str(val_get(reply, "deposit"), "number");
    }
    Str body = str_format(arena,
                          "{\"id\":\"P\",\"deposit_no\":\"%.*s\",\"amount_fen\":%.*s,"
                          "\"paid_at\":1,\"payer\":\"F\"}",
                          STR_ARG(number), STR_ARG(fen));
    stamp = str_format(arena, "%lld", (long long)(bench->open.clock.now_ms / 1000));
    val_set_str(arena, in, "body", body);
    val_set_str(arena, in, "stamp", stamp);
    val_set_str(arena, in, "signature",
                hook_signature(arena, bench->settings.payment_secret, stamp, body));
    val_write_json(&out, in);
    return buf_str(&out);
}

/* PAYMENT 500, a call of the bank; HASH of the kept file; CODE of account 1 that is valid now;
 * RESET, a code made for reset 1;
 * BEGUN, the state of a sign-in that has just left for the outside provider; CLAIM of an
 * application that was sent back. */
static Str filled(Bench *bench, Str in, Str hash)
{
    Val *reply;
    if (str_starts(in, S("PAYMENT ")))
        return payment(bench, str_slice(in, strlen("PAYMENT "), in.len));
    if (str_has(in, S("CODE"))) {
        ok_at(bench, bench_call_text(bench, actor_of(S("session")), "second.show", S("{}"), &reply),
              in);
        in = put_word(bench, in, S("CODE"), val_get_str(reply, "code_now"));
    }
    if (str_has(in, S("RESET"))) {
        ok_at(bench,
              bench_call_text(bench, actor_of(S("security")), "account.reset_code", S("{\"id\":1}"),
                              &reply),
              in);
        in = put_word(bench, in, S("RESET"), val_get_str(reply, "code"));
    }
    if (str_has(in, S("BEGUN"))) {
        ok_at(bench,
              bench_call_text(bench, actor_of(S("clock")), "oidc.begin", S("{\"back\":\"/\"}"),
                              &reply),
              in);
        in = put_word(bench, in, S("BEGUN"), val_get_str(reply, "state"));
    }
    if (str_has(in, S("CLAIM"))) {
        ok_at(bench,
              bench_call_text(bench, actor_of(S("public")), "joining.apply", S(JOIN), &reply), in);
        in = put_word(bench, in, S("CLAIM"), val_get_str(reply, "claim"));
        ok_at(bench,
              bench_call_text(bench, actor_of(S("operator")), "joining.return",
                              S("{\"ids\":1,\"reason\":\"名称不符\"}"), &reply),
              in);
    }
    return put_word(bench, in, S("HASH"), hash);
}

static Err send_message(Cx *cx, void *arg)
{
    return message_send(cx, arg);
}

enum { LESSONS = 44 };

/* Needs of firm 2, each with an offer that it signed for and one that it did not want. */
static Err save_lessons(Cx *cx, void *arg)
{
    static const char *const titles[] = {"一项普通的需求之技术难题", "技术难题"};
    Err e = ERR_OK;
    (void)arg;
    for (size_t i = 0; !e && i < COUNT(titles); i++) {
        Achievement row = {.org_id = 1,
                           .title = str_from(titles[i]),
                           .kind = S("secret"),
                           .field = S("ai"),
                           .intro = S("一个足够长的技术难题描述的办法")};
        e = fact_create(cx, &achievement_type, &row, (FactNote){.kind = "achievement.added"});
    }
    for (i64 need_id = 1; !e && need_id <= LESSONS; need_id++) {
        Need need = {.org_id = 2,
                     .title = S("一项普通的需求之技术难题"),
                     .problem = S("一个足够长的技术难题描述"),
                     .cooperation = S("joint"),
                     .field = S("ai"),
                     .valid_until_date = 20270101,
                     .state = NEED_LISTED};
        e = fact_create(cx, &need_type, &need, (FactNote){.kind = "need.posted"});
        for (i64 item_id = 2; !e && item_id <= 3; item_id++) {
            Push push = {.pair = str_format(cx->arena, "lesson:%lld>%lld", (long long)need_id,
                                            (long long)item_id),
                         .way = S("item"),
                         .org_id = 2,
                         .need_id = need_id,
                         .achievement_id = item_id,
                         .state = item_id == 3 ? PUSH_SIGNED : PUSH_REPLIED,
                         .answer = item_id == 3 ? S("interested") : S("not_for_us")};
            e = fact_create(cx, &push_type, &push, (FactNote){.kind = "push.made"});
        }
    }
    return e;
}

static void ready_line(Bench *bench, Str line, Str *hash)
{
    Str rest = line, word, op;
    Val *reply;
    str_split(&rest, ' ', &word);
    if (str_same(word, S("wait"))) {
        i64 seconds = 0;
        assert_true(str_to_i64(rest, &seconds));
        bench->open.clock.now_ms += seconds * 1000;
    } else if (str_same(word, S("papers"))) {
        bench->open.settings.stage_consent_required = 1;
    } else if (str_same(word, S("lessons"))) {
        bench->cx.actor = actor_of(S("clock"));
        ok_at(bench, writer_run(bench->open.house.writer, &bench->cx, save_lessons, NULL), line);
    } else if (str_same(word, S("tick"))) {
        ok_at(bench, house_tick(&bench->cx), line);
    } else if (str_same(word, S("work"))) {
        ok_at(bench, bench_work(bench), line);
    } else if (str_same(word, S("message"))) {
        Message message = {.account_id = 1, .org_id = 1, .kind = S("need_push")};
        bench->cx.actor = actor_of(S("clock"));
        ok_at(bench, writer_run(bench->open.house.writer, &bench->cx, send_message, &message),
              line);
    } else if (str_same(word, S("guess"))) {
        Str in = S("{\"login\":\"east\",\"password\":\"wrong\"}");
        Err e = bench_call_text(bench, actor_of(S("public")), "session.open", in, &reply);
        assert_int_equal(e, ERR_INPUT);
    } else if (str_same(word, S("keep")) || str_same(word, S("import"))) {
        ok_at(bench, bench_file(bench, str_from(csv), hash), line);
        if (str_same(word, S("keep")))
            return;
        Str in = str_format(&bench->arena, "{\"file_hash\":\"%.*s\"}", STR_ARG(*hash));
        ok_at(bench, bench_call_text(bench, actor_of(S("office")), "import.upload", in, &reply),
              line);
    } else {
        str_split(&rest, ' ', &op);
        const char *name = str_z(&bench->arena, op);
        Str in = filled(bench, rest, *hash);
        ok_at(bench, bench_call_text(bench, actor_of(word), name, in, &reply), line);
    }
}

static void ready(Bench *bench, bool is_pg, const char *lines, Str *hash)
{
    Str rest = str_from(lines), line;
    assert_true(bench_open(bench, is_pg));
    /* A paper takes a tenth of a second: it is signed where it matters, not for all the rest. */
    bench->open.settings.stage_consent_required = 0;
    bench->open.settings.agreement_required = 0;
    while (rest.len && str_split(&rest, '\n', &line))
        if (line.len)
            ready_line(bench, line, hash);
}

/* ---- What is kept ---- */

typedef struct Kept {
    i64 counts[TABLES_MAX];
    i64 last_ids[TABLES_MAX];
    size_t table_count;
    i64 last_seq;
    FactHead head;
} Kept;

static Kept kept_now(Bench *bench)
{
    Cx *cx = &bench->cx;
    Kept kept = {0};
    size_t count;
    const RecordType **types = house_types(&bench->arena, &bench->open.house, &count);
    Buf sql = buf_new(&bench->arena);
    Rows found;
    assert_true(count <= TABLES_MAX);
    for (size_t i = 0; i < count; i++)
        buf_format(&sql, "%sSELECT %zu AS n, COUNT(*), COALESCE(MAX(id), 0) FROM %s",
                   i ? " UNION ALL " : "", i, types[i]->name);
    buf_z(&sql, " ORDER BY n");
    assert_int_equal(db_query(cx, &found, db_keep(buf_str(&sql)), NULL, 0), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        assert_true(rows_next(&found));
        kept.counts[i] = rows_int(&found, 1);
        kept.last_ids[i] = rows_int(&found, 2);
    }
    assert_int_equal(rows_end(&found), ERR_OK);
    kept.table_count = count;
    assert_int_equal(fact_last_seq(cx, &kept.last_seq), ERR_OK);
    assert_int_equal(fact_head(cx, &kept.head), ERR_OK);
    return kept;
}

static void check_kept(Bench *bench, const Kept *before, int calls)
{
    Kept after = kept_now(bench);
    assert_int_equal(after.table_count, before->table_count);
    for (size_t i = 0; i < before->table_count; i++)
        if (after.counts[i] != before->counts[i])
            fail_msg("call %d failed, and table %zu has %lld rows, not %lld", calls, i,
                     (long long)after.counts[i], (long long)before->counts[i]);
    assert_int_equal(after.last_seq, before->last_seq);
    assert_int_equal(after.head.block, before->head.block);
    assert_true(str_same(after.head.hash, before->head.hash));
}

static void check_log(Bench *bench, int calls)
{
    VerifyReport report = {0};
    Err e = bench_verify(bench, &report);
    if (e || !report.ok)
        fail_msg("call %d failed, and the log is not sound: %s %.*s %.*s", calls, err_name(e),
                 STR_ARG(report.why), STR_ARG(report.what));
}

/* ---- The sweep ----
 *
 * Every third call of every op fails on SQLite; on PostgreSQL, where a call takes a round trip,
 * every PG_STEP-th of every PG_ROWS-th op; beginning at another one for each op. --deep takes them
 * all, as does an op that is named. */

enum { SQLITE_STEP = 3, PG_STEP = 7, PG_ROWS = 4, LOG_EVERY = 6 };

static bool is_deep(void)
{
    return getenv("TECHBOURSE_TEST_DEEP") != NULL;
}

typedef struct Case {
    char name[NAME_LEN_MAX];
    const Sweep *sweep; /* One of these two. */
    const Work *work;
    bool is_pg;
} Case;

/* Fails the call number `calls` of one connection. True when it came to that call. */
static bool fail_once(Bench *bench, const Sweep *sweep, Str in, const Kept *before, bool of_reader,
                      int calls)
{
    Val sentinel = {0}, *reply = &sentinel;
    /* The op may not get through while the reader's calls are counted: the writer fails at once. */
    db_fault_arm(bench->fault_read, of_reader ? calls : -1);
    db_fault_arm(bench->fault_write, of_reader ? 0 : calls);
    Err e = bench_call_text(bench, actor_of(str_from(sweep->who)), sweep->op, in, &reply);
    bool fired = db_fault_fired(of_reader ? bench->fault_read : bench->fault_write);
    bool any = fired || db_fault_fired(bench->fault_write);
    db_fault_arm(bench->fault_read, -1);
    db_fault_arm(bench->fault_write, -1);
    if (!any) {
        if (e != sweep->end)
            fail_msg("answers %s (%s), not %s", err_name(e), bench->cx.err.key,
                     err_name(sweep->end));
        return false;
    }
    if (e != ERR_STORE)
        fail_msg("call %d of the %s failed, and it answers %s", calls,
                 of_reader ? "reader" : "writer", err_name(e));
    assert_int_equal(bench->cx.err.code, ERR_STORE);
    assert_ptr_equal(reply, &sentinel);
    check_kept(bench, before, calls);
    if (is_deep() || calls % LOG_EVERY == 0)
        check_log(bench, calls);
    return fired;
}

/* To the next call that fails: of those beyond the first forty each seventh. */
static int step_at(bool is_pg, int call)
{
    int step = is_pg ? PG_STEP : SQLITE_STEP;
    return is_deep() ? 1 : call < MANY_CALLS ? step : MANY_STEP;
}

static void op_fails_cleanly(void **state)
{
    const Case *one = *state;
    const Sweep *sweep = one->sweep;
    Bench bench;
    Str hash = {0};
    if (one->is_pg && !bench_has_pg())
        skip();
    ready(&bench, one->is_pg, sweep->ready, &hash);
    Str in = filled(&bench, str_from(sweep->in), hash);
    Kept before = kept_now(&bench);
    int first = (int)(sweep - rows) % step_at(one->is_pg, 0);
    int read = first, write = first;
    while (fail_once(&bench, sweep, in, &before, true, read))
        assert_true((read += step_at(one->is_pg, read)) < CALLS_MAX);
    while (fail_once(&bench, sweep, in, &before, false, write))
        assert_true((write += step_at(one->is_pg, write)) < CALLS_MAX);
    assert_true(write > 2); /* BEGIN, something, COMMIT. */
    check_log(&bench, write);
    Kept after = kept_now(&bench);
    assert_true(after.last_seq > before.last_seq);
    for (size_t i = 0; i < before.table_count; i++) /* No number was lost to a failed try. */
        assert_int_equal(after.last_ids[i] - before.last_ids[i],
                         after.counts[i] - before.counts[i]);
    bench_done(&bench);
}

static Err work_on(Bench *bench, const Work *work)
{
    Val *reply;
    if (work->kind == WORK_PUSH)
        return bench_call_text(bench, bench_clock, "push.run", S("{}"), &reply);
    return work->kind == WORK_TICK ? house_tick(&bench->cx) : bench_work(bench);
}

/* A fresh exchange for each N: what stopped at one call must come to the same end afterwards. */
static bool work_goes_on(const Case *one, bool of_reader, int calls)
{
    const Work *work = one->work;
    Bench bench;
    Str hash;
    i64 found = -1;
    ready(&bench, one->is_pg, work->ready, &hash);
    Db *fault = of_reader ? bench.fault_read : bench.fault_write;
    err_clear(&bench.cx);
    db_fault_arm(fault, calls);
    Err e = work_on(&bench, work);
    bool fired = db_fault_fired(fault);
    db_fault_arm(fault, -1);
    if (e != (fired ? ERR_STORE : ERR_OK))
        fail_msg("call %d of the %s: answers %s", calls, of_reader ? "reader" : "writer",
                 err_name(e));
    check_log(&bench, calls);
    if (fired) {
        bench.open.clock.now_ms += 1000;
        e = work_on(&bench, work);
        if (e == ERR_MISSING) /* It was through: the failure came after the last write. */
            e = ERR_OK;
        ok_at(&bench, e, str_from(work->name));
        check_log(&bench, calls);
    }
    assert_int_equal(db_int(&bench.cx, work->sql, NULL, 0, -1, &found), ERR_OK);
    if (found != work->want)
        fail_msg("call %d of the %s: the end is %lld, not %lld", calls,
                 of_reader ? "reader" : "writer", (long long)found, (long long)work->want);
    bench_done(&bench);
    return fired;
}

static void work_fails_cleanly(void **state)
{
    const Case *one = *state;
    if (one->is_pg && !bench_has_pg())
        skip();
    int step = is_deep() ? 1 : one->is_pg ? 2 * PG_STEP : 2; /* Each is an exchange of its own. */
    for (int of_reader = 0; of_reader < 2; of_reader++) {
        int calls = 0;
        while (work_goes_on(one, of_reader, calls)) {
            calls += step;
            assert_true(calls < CALLS_MAX);
        }
        assert_true(calls > 2);
    }
}

static void every_write_has_a_row(void **state)
{
    (void)state;
    int missing = 0;
    for (size_t r = 0; r < all_rooms_count; r++) {
        for (size_t i = 0; i < all_rooms[r]->op_count; i++) {
            const Op *op = &all_rooms[r]->ops[i];
            size_t at = 0;
            while (at < COUNT(rows) && strcmp(rows[at].op, op->name) != 0)
                at++;
            if (op->kind != OP_WRITE || at < COUNT(rows))
                continue;
            printf("no row for %s: say in rows[] of %s how it is made ready\n", op->name, __FILE__);
            missing++;
        }
    }
    assert_int_equal(missing, 0);
}

/* ---- The index ---- */

enum {
    DOCS = 4, /* Two patents, an achievement and a need. */
    FACTS_LOOKED = 20,
};

/* One try at an index, from files or rows, with a call that fails. True when it came to that call.
 * What was not read to the end is not there, and no file of it. */
static bool open_fails_cleanly(Bench *bench, Str folder, int calls)
{
    Cx *cx = &bench->cx;
    MatchIndex *index = match_open();
    i64 seq = 0;
    bool kept = true;
    err_clear(cx);
    db_fault_arm(bench->fault_read, calls);
    Err e = match_feed_open(cx, index, folder, &seq, &kept);
    bool fired = db_fault_fired(bench->fault_read);
    db_fault_arm(bench->fault_read, -1);
    i64 docs = match_stats(index).doc_count;
    if (e != (fired ? ERR_STORE : ERR_OK) || kept || docs != (fired ? 0 : DOCS))
        fail_msg("call %d: answers %s, %lld documents", calls, err_name(e), (long long)docs);
    if (!fired) {
        ok_at(bench, match_feed_save(cx, index, folder, seq), S("save"));
        MatchIndex *again = match_open();
        assert_true(match_feed_load(cx, again, folder, &seq));
        assert_int_equal(match_stats(again).doc_count, DOCS);
        match_close(again);
    }
    match_close(index);
    return fired;
}

/* One try at a new index beside the old one: it takes its place whole, or the old one stays. */
static bool rebuild_fails_cleanly(Bench *bench, MatchIndex *index, i64 seq, int calls)
{
    Cx *cx = &bench->cx;
    bool taken = false;
    MatchRebuildStats before = match_rebuild_stats(index);
    assert_true(match_rebuild_ask(index));
    assert_false(match_rebuild_ask(index)); /* One at a time. */
    err_clear(cx);
    db_fault_arm(bench->fault_read, calls);
    Err e = match_rebuild_work(cx, index, NULL, NULL);
    if (!e)
        e = match_rebuild_take(cx, index, seq, &taken);
    bool fired = db_fault_fired(bench->fault_read);
    db_fault_arm(bench->fault_read, -1);
    MatchRebuildStats after = match_rebuild_stats(index);
    assert_int_equal(e, fired ? ERR_STORE : ERR_OK);
    assert_true(taken == !fired && !after.is_busy);
    assert_int_equal(after.taken - before.taken, !fired);
    assert_int_equal(after.failed - before.failed, fired);
    assert_int_equal(match_stats(index).doc_count, DOCS);
    return fired;
}

/* What is withdrawn while a new index is built is not in it. */
static void check_withdrawn(Bench *bench, MatchIndex *index)
{
    Cx *cx = &bench->cx;
    Val *reply;
    Fact *facts;
    size_t count;
    i64 before = 0, seq = 0;
    bool taken = false;
    assert_true(match_rebuild_ask(index));
    ok_at(bench, match_rebuild_work(cx, index, NULL, NULL), S("work"));
    ok_at(bench, fact_last_seq(cx, &before), S("seq"));
    ok_at(bench,
          bench_call_text(bench, actor_of(S("firm")), "need.withdraw", S("{\"ids\":1}"), &reply),
          S("need.withdraw"));
    ok_at(bench, fact_after(cx, before, FACTS_LOOKED, &facts, &count), S("facts"));
    assert_in_range(count, 1, FACTS_LOOKED - 1);
    for (size_t i = 0; i < count; i++)
        ok_at(bench, match_feed_fact(cx, index, &facts[i]), S("feed"));
    seq = facts[count - 1].seq;
    assert_int_equal(match_stats(index).doc_count, DOCS - 1);
    ok_at(bench, match_rebuild_take(cx, index, seq, &taken), S("take"));
    assert_true(taken);
    assert_int_equal(match_stats(index).doc_count, DOCS - 1);
}

static void no_half_index(void **state)
{
    Bench bench;
    Str hash = {0};
    i64 seq = 0;
    (void)state;
    ready(&bench, false, WANTED_OFFERED "import\noffice import.start {\"id\":1}\nwork\n", &hash);
    Str folder = str_format(&bench.arena, "%s/half", bench.folder);
    int calls = 0;
    while (open_fails_cleanly(&bench, folder, calls))
        calls++;
    assert_true(calls > 4);
    MatchIndex *index = match_open();
    assert_true(match_feed_load(&bench.cx, index, folder, &seq));
    ok_at(&bench, fact_last_seq(&bench.cx, &seq), S("seq"));
    for (calls = 0; rebuild_fails_cleanly(&bench, index, seq, calls);)
        calls++;
    assert_true(calls > 4);
    check_withdrawn(&bench, index);
    assert_true(match_rebuild_ask(index)); /* Built and never taken: it goes with the old one. */
    ok_at(&bench, match_rebuild_work(&bench.cx, index, NULL, NULL), S("work"));
    assert_true(match_rebuild_stats(index).is_busy);
    match_close(index);
    bench_done(&bench);
}

/* ---- All of them ---- */

static size_t add_tests(struct CMUnitTest *tests, Case *cases, bool is_pg, const char *only)
{
    size_t count = 0;
    const char *store = is_pg ? "postgresql" : "sqlite";
    for (size_t i = 0; i < COUNT(rows) + COUNT(works); i++) {
        const Work *work = i < COUNT(rows) ? NULL : &works[i - COUNT(rows)];
        const char *name = work ? work->name : rows[i].op;
        bool left_out = is_pg && !is_deep() && i % PG_ROWS != 0;
        if (only ? strcmp(only, name) != 0 : left_out)
            continue;
        Case *one = &cases[count];
        *one = (Case){.sweep = work ? NULL : &rows[i], .work = work, .is_pg = is_pg};
        snprintf(one->name, sizeof one->name, "%s, %s", name, store);
        tests[count++] =
            (struct CMUnitTest){.name = one->name,
                                .test_func = work ? work_fails_cleanly : op_fails_cleanly,
                                .initial_state = one};
    }
    return count;
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[TESTS_MAX] = {
        {.name = "every write has a row", .test_func = every_write_has_a_row},
        {.name = "no half index", .test_func = no_half_index}};
    static Case cases[TESTS_MAX];
    const char *only = argc > 1 ? argv[1] : NULL;
    size_t count = 2;
    assert(2 + 2 * (COUNT(rows) + COUNT(works)) <= TESTS_MAX);
    if (!bench_has_pg())
        printf("not run: the PostgreSQL side (TECHBOURSE_TEST_PG is not set; see test/pg.sh)\n");
    count += add_tests(tests + count, cases + count, false, only);
    count += add_tests(tests + count, cases + count, true, only);
    return _cmocka_run_group_tests("fault sweep", tests, count, NULL, NULL);
}
