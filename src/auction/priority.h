/* priority.h - who has a right of first refusal (优先购买权) on a lot, and what became of it.
 *
 *   sent --exercise--> exercised   --waive--> waived   --lapse--> lapsed (deemed waived)
 *        --withdraw--> withdrawn
 *
 * Owns    the table priority_notice.
 * Emits   priority_notice.sent (amount is the rank, code the ground), .exercised, .waived, .lapsed,
 *         .withdrawn; other_id is the lot.
 *
 * Grounds: the inventors of a service invention when their unit assigns it (Civil Code 847), the
 * client of a commissioned development (859), the other developers of a joint one (860), co-owners
 * by agreement. A holder is told 3 days before the notice of the lot is published; who cannot be
 * reached is told by a public notice of 5 days. Who does not answer in time has waived (网络司法拍卖
 * art. 16). A holder that exercises it has still to apply and to be admitted; its rank is then what
 * admission gives to the engine.
 */
#ifndef AUCTION_PRIORITY_H
#define AUCTION_PRIORITY_H

#include "auction/auction.h"

typedef struct PriorityNotice {
    RECORD_HEAD;
    i64 lot_id;
    i64 org_id; /* The holder, or the unit that the person takes part by. */
    Str ground; /* priority_grounds */
    i64 rank;   /* 1 before 2. */
    Str way;    /* priority_ways: how it was told. */
    i64 sent_ms;
    i64 until_ms; /* Not answered by then: waived. */
    Str proof;    /* Hash of a kept file; '' for none. */
    i64 answered_ms;
    Str reason; /* The holder's words. */
    i64 state;
} PriorityNotice;

enum { PRIORITY_SENT, PRIORITY_EXERCISED, PRIORITY_WAIVED, PRIORITY_LAPSED, PRIORITY_WITHDRAWN };

enum {
    PRIORITY_TOLD_DAYS = 3,   /* Before the notice of the lot. */
    PRIORITY_PUBLIC_DAYS = 5, /* Who was told in public alone. */
    PRIORITY_RANK_MAX = 9,
};

extern const RecordType priority_notice_type;
extern const CodeList priority_grounds, priority_ways;
extern const Flow priority_notice_flow;

/* The rank of the right that this unit exercises on the lot; 0: none. */
NODISCARD Err lot_priority_rank(Cx *cx, i64 lot_id, i64 org_id, i64 *ret_rank);
/* ERR_STATE when a holder was told too short a time ago for the notice to be published at `ms`. */
NODISCARD Err priority_told(Cx *cx, i64 lot_id, i64 ms);
/* What a notice says of the holders of a lot, in Chinese; '' when there are none. In cx->arena. */
NODISCARD Err priority_words(Cx *cx, i64 lot_id, Str *ret);

#endif
