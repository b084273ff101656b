/* bundle_journal_fixture.h - journals of the simulator as lots of bundle_fixture.h. */
#ifndef AUCTION_BUNDLE_JOURNAL_FIXTURE_H
#define AUCTION_BUNDLE_JOURNAL_FIXTURE_H

#include "auction/bundle_fixture.h"

static inline i64 maker_rank(const Val *priority, Str name)
{
    for (size_t i = 0; i < val_count(priority); i++) {
        const Val *item = val_at(priority, i);
        bool many = item->kind == VAL_LIST;
        for (size_t k = 0; k < (many ? val_count(item) : 1); k++)
            if (str_same((many ? val_at(item, k) : item)->s, name))
                return (i64)i + 1;
    }
    return 0;
}

static inline bool maker_listed(const Val *names, Str name)
{
    for (size_t i = 0; i < val_count(names); i++)
        if (str_same(val_at(names, i)->s, name))
            return true;
    return false;
}

/* Numbers go to those who are admitted, in the order of the journal's list. */
static inline i64 maker_number(const Val *rules, Str name)
{
    const Val *names = val_get(rules, "bidders");
    i64 number = 0;
    for (size_t i = 0; i < val_count(names); i++) {
        number += !maker_listed(val_get(rules, "not_admitted"), val_at(names, i)->s);
        if (str_same(val_at(names, i)->s, name))
            return maker_listed(val_get(rules, "not_admitted"), name) ? 0 : number;
    }
    return 0;
}

static inline void maker_journal_act(Maker *maker, const Val *rules, const Val *act, Str key)
{
    BidEntry entry = {.at_ms = val_get_int(act, "t_ms")};
    Str name = val_get_str(act, "bidder");
    while (entry.kind < ACT_COUNT &&
           !str_same_z(val_get_str(act, "act"), bid_act_name((BidActKind)entry.kind)))
        entry.kind++;
    if (entry.kind >= ACT_COUNT)
        return;
    entry.bidder = entry.kind <= ACT_CANCEL ? maker_number(rules, name) : 0;
    if (entry.kind <= ACT_CANCEL && !entry.bidder)
        entry.why = !name.len                                            ? WHY_NO_BIDDER
                    : maker_listed(val_get(rules, "not_admitted"), name) ? WHY_NOT_ADMITTED
                                                                         : WHY_NOT_A_BIDDER;
    (void)(bid_amount(val_get_str(act, "amount"), &entry.amount_fen));
    if (entry.kind <= ACT_CANCEL)
        entry.key = bid_key_digest(maker->hasher, &maker->arena, maker->lot_id, entry.bidder, key);
    maker_act(maker, entry);
}

/* The lot of a journal, a row after each `group` lines; then the time in which it ends. */
static inline void maker_lot(Maker *maker, i64 lot_id, Str journal, int group)
{
    Str line, why;
    str_split(&journal, '\n', &line);
    const Val *rules = val_read_json(&maker->arena, line, &why);
    maker_lot_begin(maker, lot_id, line);
    const Val *names = val_get(rules, "bidders");
    for (size_t i = 0; i < val_count(names); i++)
        if (!maker_listed(val_get(rules, "not_admitted"), val_at(names, i)->s))
            maker_admit(maker, val_at(names, i)->s,
                        maker_rank(val_get(rules, "priority"), val_at(names, i)->s), 0);
    for (int at = 1; str_split(&journal, '\n', &line); at++) {
        const Val *act = line.len ? val_read_json(&maker->arena, line, &why) : NULL;
        if (!act)
            continue;
        maker_journal_act(maker, rules, act, line);
        if (at % group == 0)
            maker_commit(maker);
    }
    for (int i = 0; i < 3 && maker->play.state.stage < STAGE_SOLD; i++)
        maker_act(maker, (BidEntry){.kind = i ? ACT_TICK : ACT_RESUME, .at_ms = (i64)1 << 52});
    maker_commit(maker);
}

#endif
