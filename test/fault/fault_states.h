/* fault_states.h - more of the states that fault_sweep.c makes ready: deposits and applications,
 * persons and rosters, pushes. Each is made of those that fault_sweep.c names. */
#ifndef TEST_FAULT_STATES_H
#define TEST_FAULT_STATES_H

/* Of deposits: shown, held; the lot over; the buyer in default. */
#define ANY_FILE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
// clang-format off
#define DEPOSIT_LOT \
    LISTED "operator lot.open {\"listing_id\":1,\"start_fen\":1000,\"step_fen\":100,\"deposit_fen\":500," \
    "\"open_ms\":\"2026-07-20 10:00\",\"end_ms\":\"2026-07-20 11:00\"}\n"
#define TERMS     "{\"lot_id\":1,\"conditions\":\"一条\",\"papers\":\"执照\",\"co_owners\":\"barred\"}"
#define TERMED    LOT "operator lot_terms.set " TERMS "\n"
#define GIVE_PAPER "{\"lot_id\":1,\"paper_no\":1,\"name\":\"a.pdf\",\"file_hash\":\"" ANY_FILE "\"}"
#define PAPERED   TERMED "firm bidder_paper.give " GIVE_PAPER "\n"
#define APPLY     "{\"lot_id\":1,\"relation\":\"none\",\"statements\":\"是\"}"
#define COME      PAPERED "firm bidder.apply " APPLY "\n"
#define TURNED    COME "operator bidder.refuse_all {\"ids\":\"1\",\"ground\":\"paper\",\"reason\":\"不清\"}\n"
#define OBJECTED  TURNED "firm bidder.object {\"id\":1,\"words\":\"清楚\"}\n"
#define BAR       "{\"lot_id\":1,\"code\":\"F\",\"ground\":\"staff\"}"
#define OWED      DEPOSIT_LOT "firm lot.enter {\"lot_id\":1}\n"
#define SLIP      "{\"id\":1,\"way\":\"slip\",\"amount_fen\":500,\"payer\":\"某\",\"reference\":\"1\",\"file_hash\":\"" ANY_FILE "\"}"
#define SLIPPED   OWED "firm deposit.submit " SLIP "\n"
#define HELD      SLIPPED "operator deposit.confirm {\"id\":1}\n"
#define LOST      HELD "operator lot.cancel {\"id\":1,\"reason\":\"有争议\"}\n"
#define TO_PAY    LOST "clock deposit.order {\"id\":1}\n"
#define WON       HELD "operator lot.admit {\"id\":1}\nwait 3600\ntick\nfirm lot.bid " BID "\nwait 3602\nlocal lot.close {\"id\":1}\n"
#define FAILED    WON "local deal.make {\"win_id\":1}\noperator deal.cancel {\"id\":1,\"reason\":\"未付款\",\"buyer_default\":true}\n"
#define FORFEIT   "{\"id\":1,\"ground\":\"default\",\"words\":\"不签约\"}"
// clang-format on

// clang-format off
#define JOIN \
    "{\"name\":\"钟某\",\"kind\":\"person\",\"division\":\"320506\",\"person\":\"钟某\"," \
    "\"phone\":\"13800001234\",\"login\":\"zhong\",\"password\":\"Four small words\"}"
#define PROFILE "{\"kind\":\"expert\",\"industry\":\"ai\",\"visible\":true}"
#define ROSTER  "{\"kind\":\"town\",\"name\":\"镇长团\",\"year\":2026}"
#define PERSON  "\"person\":\"钟某\",\"field\":\"ai\",\"phone\":\"13800001234\"}"
#define GIVE    "{\"to_login\":\"west\",\"to_name\":\"某\",\"nouns\":\"listing\",\"until_date\":\"2026-08-01\"}"
// clang-format on
#define APPLIED ORGS "public joining.apply " JOIN "\n"
#define STAFF                                                                                      \
    ACCOUNT "local account.add {\"login\":\"west\",\"name\":\"某\",\"org_id\":1,"                 \
            "\"password\":\"Four small words\",\"roles\":\"inventor\"}\n"
#define PROFILED ACCOUNT "expert profile.edit " PROFILE "\n"
#define CERTIFIED                                                                                  \
    PROFILED "expert certificate.add {\"name\":\"证\",\"number\":\"1\",\"issued_date\":"          \
             "\"2020-01-01\"}\n"
#define ROSTERED  ACCOUNT "operator roster.add " ROSTER "\n"
#define NOMINATED ROSTERED "liaison member.nominate {\"roster_id\":1," PERSON "\n"
#define SENT_BACK NOMINATED "operator member.return {\"ids\":1,\"reason\":\"缺职称\"}\n"
#define KEEP      "{\"q\":\"锂电池\",\"alert\":true}"
#define KEPT      ACCOUNT "office search.save " KEEP "\n"
#define TOLD      "{\"hits\":\"1-patent-5,1-need-2\",\"seq\":3}"
#define DELEGATED STAFF "office delegation.give " GIVE "\n"
#define GIVEN                                                                                      \
    DELEGATED "public session.open {\"login\":\"west\",\"password\":\"Four small words\"}\n"

// clang-format off
#define OFFERED \
    ORGS "local account.add {\"login\":\"east\",\"name\":\"某\",\"org_id\":1,\"password\":\"Four small words\",\"roles\":\"office\"}\n" \
    "local account.add {\"login\":\"firm\",\"name\":\"某\",\"org_id\":2,\"password\":\"Four small words\",\"roles\":\"firm\"}\n" \
    "office achievement.add {\"title\":\"一项普通的需求之技术难题\",\"kind\":\"secret\",\"field\":\"ai\",\"intro\":\"一个足够长的技术难题描述的办法\"}\n" \
    "office listing.file {\"achievement_id\":1,\"mode\":\"assign\",\"price_fen\":100}\n" \
    "operator listing.accept {\"ids\":\"1\"}\n"
#define WANTED_OFFERED OFFERED "firm need.post " NEED "\noperator need.accept {\"ids\":1}\n"
#define TAUGHT  OFFERED "lessons\n"
#define NOTE    "{\"need_id\":1,\"achievement_id\":1,\"text\":\"已电话联系，等回复\",\"again_date\":\"2026-12-01\"}"
#define NOTED   WANTED_OFFERED "operator note.add " NOTE "\n"
#define PUSHED  OFFERED "firm need.post " NEED "\noperator need.accept {\"ids\":1}\nlocal push.run {}\n" /* 1: the need to unit 1; 2: the offer to unit 2. */
#define WAITING OFFERED "office notice.set {\"digest\":\"weekly\"}\nfirm need.post " NEED "\noperator need.accept {\"ids\":1}\nwait 7200\nlocal push.run {}\nwait 604800\n"
#define SEEN    PUSHED "firm push.see {\"ids\":\"2\"}\n"
#define REPLIED PUSHED "firm push.reply {\"id\":2,\"answer\":\"interested\"}\n"
#define CLAIMED REPLIED "firm push.claim {\"id\":2}\n"
#define MET     CLAIMED "firm push.meet {\"id\":2}\n"
#define RATING  "{\"push_id\":2,\"prospects\":\"high\",\"improve\":\"cost\",\"will\":\"joint\"}"
#define RATED   PUSHED "firm evaluation.give " RATING "\n"
// clang-format on

#endif
