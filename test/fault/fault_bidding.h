/* fault_bidding.h - ready states of days, seasons, notices and what comes after a lot, for rows of
 * fault_sweep.c; the states they begin with are defined there. */
#ifndef TEST_FAULT_BIDDING_H
#define TEST_FAULT_BIDDING_H

#define DAY_OFF "{\"from_date\":\"2026-07-24\",\"kind\":\"off\"}"
#define SEASON_OF(more)                                                                            \
    "{" more "\"name\":\"专场\",\"from_date\":\"2026-07-20\",\"until_date\":\"2026-08-31\","     \
    "\"weekdays\":\"3,5\",\"hours_from\":\"09:30\",\"hours_to\":\"16:30\",\"length_min\":60,"      \
    "\"preset\":\"exchange\"}"
#define LATER                                                                                      \
    "{\"listing_id\":1,\"start_fen\":1000,\"step_fen\":100,"                                       \
    "\"open_ms\":\"2026-07-29 10:00\",\"end_ms\":\"2026-07-29 11:00\"}"
#define COMING    LISTED "operator lot.open " LATER "\n"
#define SEASON    COMING "operator season.add " SEASON_OF("") "\n"
#define IN_SEASON SEASON "operator season.put {\"season_id\":1,\"lot_id\":1}\n"
#define NOTICE(id)                                                                                 \
    "{\"" id "\":1,\"price_basis\":\"评估\",\"rights\":\"有效\",\"conditions\":\"无\","       \
    "\"priority\":\"无\",\"related\":\"无\",\"payment\":\"一次\",\"taxes\":\"各自\","        \
    "\"contact\":\"交易部\",\"phone\":\"1\"}"
#define NOTICE_DRAFTED IN_SEASON "operator lot_notice.draft " NOTICE("lot_id") "\n"
#define NOTICE_OUT     NOTICE_DRAFTED "operator lot_notice.publish {\"id\":1}\n"
#define REVISED        NOTICE_OUT "operator lot_notice.revise {\"id\":1,\"changes\":\"更正\"}\n"
#define LAPSED         OVER "local lot.close {\"id\":1}\n"
#define AGAIN                                                                                      \
    "{\"lot_id\":1,\"start_fen\":900,\"open_ms\":\"2026-07-29 10:00\","                            \
    "\"end_ms\":\"2026-07-29 11:00\",\"reason\":\"无人报价\"}"
#define AGREE     "{\"lot_id\":1,\"buyer_code\":\"F\",\"price_fen\":1000,\"related\":\"none\"}"
#define AGREED_ON LAPSED "operator lot.agree " AGREE "\n"
#define NEXT_ONE                                                                                   \
    OPEN FOURTH "bidder3 lot.enter {\"lot_id\":1}\noperator lot.admit {\"id\":2}\n"                \
                "bidder3 lot.bid {\"lot_id\":1,\"amount_fen\":1000,\"key\":\"x\"}\n"               \
                "firm lot.bid {\"lot_id\":1,\"amount_fen\":1200,\"key\":\"y\"}\nwait 3602\n"       \
                "local lot.close {\"id\":1}\nlocal deal.make {\"win_id\":1}\n"                     \
                "operator deal.cancel {\"id\":1,\"reason\":\"未付款\"}\n"
#define OFFER  NEXT_ONE "operator lot.fallback {\"lot_id\":1}\n"
#define FOURTH "local org.add {\"code\":\"G\",\"name\":\"远山电子公司\",\"kind\":\"firm\"}\n"
#define HALL                                                                                       \
    OPEN FOURTH "operator lot.floor_enter {\"lot_id\":1,\"code\":\"G\"}\n"                         \
                "operator lot.admit {\"id\":2}\n"
#define TOLD_HOLDER "{\"lot_id\":1,\"code\":\"F\",\"ground\":\"inventor\",\"way\":\"letter\"}"
#define HOLDER      COMING "operator priority_notice.send " TOLD_HOLDER "\n"

/* Rows of rows[]. */
// clang-format off
#define BIDDING_ROWS \
    {"day.set",           ORGS,     "operator", DAY_OFF, ERR_OK}, \
    {"day.set",           ORGS "operator day.set " DAY_OFF "\n", "operator", "{\"from_date\":\"2026-07-24\",\"to_date\":\"2026-07-25\",\"kind\":\"work\"}", ERR_OK}, \
    {"day.remove",        ORGS "operator day.set " DAY_OFF "\n", "operator", "{\"id\":1}", ERR_OK}, \
    {"season.add",        ORGS,     "operator", SEASON_OF(""), ERR_OK}, \
    {"season.change",     SEASON,   "operator", SEASON_OF("\"id\":1,"), ERR_OK}, \
    {"season.put",        SEASON,   "operator", "{\"season_id\":1,\"lot_id\":1}", ERR_OK}, \
    {"season.take_out",   IN_SEASON, "operator", "{\"lot_id\":1}", ERR_OK}, \
    {"lot_notice.draft",  IN_SEASON, "operator", NOTICE("lot_id"), ERR_OK}, \
    {"lot_notice.edit",   NOTICE_DRAFTED, "operator", NOTICE("id"), ERR_OK}, \
    {"lot_notice.remove", NOTICE_DRAFTED, "operator", "{\"id\":1}", ERR_OK}, \
    {"lot_notice.publish", NOTICE_DRAFTED, "operator", "{\"id\":1}", ERR_OK}, \
    {"lot_notice.publish", REVISED, "operator", "{\"id\":2}", ERR_OK}, \
    {"lot_notice.revise", NOTICE_OUT, "operator", "{\"id\":1,\"changes\":\"更正\"}", ERR_OK}, \
    {"lot_notice.withdraw", NOTICE_OUT, "operator", "{\"id\":1,\"reason\":\"有争议\"}", ERR_OK}, \
    {"lot.floor_enter",   OPEN FOURTH, "operator", "{\"lot_id\":1,\"code\":\"G\"}", ERR_OK}, \
    {"lot.floor_bid",     HALL,     "operator", "{\"lot_id\":1,\"no\":2,\"amount_fen\":1000,\"key\":\"k\"}", ERR_OK}, \
    {"priority_notice.send", COMING, "operator", TOLD_HOLDER, ERR_OK}, \
    {"priority_notice.exercise", HOLDER, "firm", "{\"id\":1}", ERR_OK}, \
    {"priority_notice.waive", HOLDER, "firm", "{\"id\":1}", ERR_OK}, \
    {"priority_notice.withdraw", HOLDER, "operator", "{\"id\":1}", ERR_OK}, \
    {"priority_notice.lapse", HOLDER "wait 1000000\n", "clock", "{\"id\":1}", ERR_OK}, \
    {"lot.fallback",      NEXT_ONE, "operator", "{\"lot_id\":1}", ERR_OK}, \
    {"lot.fallback",      OFFER "wait 500000\n", "operator", "{\"lot_id\":1}", ERR_STATE}, \
    {"lot_offer.accept",  OFFER,    "bidder3",  "{\"id\":1}", ERR_OK}, \
    {"lot_offer.refuse",  OFFER,    "bidder3",  "{\"id\":1,\"reason\":\"资金不足\"}", ERR_OK}, \
    {"lot_offer.lapse",   OFFER "wait 500000\n", "clock", "{\"id\":1}", ERR_OK}, \
    {"lot.again",         LAPSED,   "operator", AGAIN, ERR_OK}, \
    {"lot.agree",         LAPSED,   "operator", AGREE, ERR_OK}, \
    {"agreement.stop",    AGREED_ON, "operator", "{\"id\":1,\"reason\":\"有异议\"}", ERR_OK}, \
    {"agreement.make",    AGREED_ON "wait 1400000\n", "operator", "{\"id\":1}", ERR_OK},
// clang-format on

#endif
