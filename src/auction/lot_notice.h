/* lot_notice.h - 竞价公告: what is announced of a lot before it opens; numbered, dated, versioned.
 *
 *   draft --publish--> published --withdraw--> withdrawn
 *
 * Owns    the table lot_notice.
 * Emits   lot_notice.drafted, lot_notice.edited, lot_notice.removed, lot_notice.published (code is
 *         the digest's first half), lot_notice.replaced, lot_notice.withdrawn; other_id is the lot.
 *
 * Its text is made of the lot's terms and of what an operator writes under each heading
 * (lot_notice_text.c); every heading of the disclosure list (网络司法拍卖 art. 13 and 14) has to be
 * filled before it is published. Publishing gives it a number by year and programme and freezes the
 * text: its SHA-256 stands in the row and is said on the page. A later version is a row of its own,
 * says what changed, and leaves the earlier ones readable.
 *
 * It has to be out a term before the lot opens: by the season of the lot, else by a setting.
 * Versions after the first come out at any time before the opening: the term runs from the first.
 */
#ifndef AUCTION_LOT_NOTICE_H
#define AUCTION_LOT_NOTICE_H

#include "auction/auction.h"
#include "auction/season.h"

typedef struct LotNotice {
    RECORD_HEAD;
    i64 lot_id;
    i64 season_id; /* 0: none. */
    i64 org_id;    /* The seller. */
    Str title;     /* The lot's. */
    Str number;    /* '' until its first version is published. */
    Str programme;
    i64 year;
    i64 no;
    i64 version;   /* 1.. */
    i64 before_id; /* The version before; 0. */
    i64 after_id;  /* The published version that replaces it; 0. */
    Str changes;   /* What this version changes. */
    /* What an operator writes, a heading each. */
    Str price_basis;
    Str rights;
    Str conditions;
    Str priority;
    Str related;
    Str payment;
    Str taxes;
    Str contact;
    Str phone;
    Str extra;
    Str text;     /* The whole of it; frozen when published. */
    Str hash;     /* SHA-256 of number, version and text. */
    i64 opens_ms; /* As announced. */
    i64 published_ms;
    i64 withdrawn_ms;
    Str reason;
    i64 state;
} LotNotice;

enum { NOTICE_DRAFT, NOTICE_PUBLISHED, NOTICE_WITHDRAWN };

extern const RecordType lot_notice_type;
extern const Flow lot_notice_flow;

/* ERR_OK when a lot may open as far as its notice goes: none is asked for, or one is published that
 * was out in time and announces this opening. Else ERR_STATE with what is wanted. */
NODISCARD Err notice_ready(Cx *cx, const Lot *lot);
/* The first instant at which a lot may open when its notice came out, or comes out, at `ms`. */
NODISCARD Err notice_earliest(Cx *cx, const Season *season, i64 ms, i64 *ret_ms);

/* What a notice says, from the terms of its lot; lot_notice_text.c. In cx->arena. */
typedef struct NoticeTerms {
    const LotNotice *notice;
    const Lot *lot;
    const Season *season; /* id 0: none. */
    Str seller;
    Str mode;   /* trade_modes, of the listing. */
    Str number; /* Of the patent; '' for what is none. */
} NoticeTerms;
Str notice_text(Arena *arena, const NoticeTerms *terms);
/* SHA-256 of what is frozen, in hex. */
Str notice_hash(Arena *arena, const LotNotice *notice);
/* The number by its format: {programme}, {year} and {no} filled in. */
Str notice_number(Arena *arena, Str format, Str programme, i64 year, i64 no);

#endif
