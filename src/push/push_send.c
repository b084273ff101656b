/* push_send.c - what may go out now, and the run that does all that is due. */
#include "push/push_int.h"

#include "ident/ident.h"
#include "notify/notify.h"
#include "people/people.h"
#include "registry/registry.h"

#include <string.h>

enum { IDS_FOUND = 200, PARENTS_MAX = 4, PLANS_AT_ONCE = 50 };

/* ---- may it go, and to whom ---- */

static Err is_gone(Cx *cx, const Push *push, bool *ret)
{
    i64 there = 0;
    Err e = push->need_id ? DB_INT(cx, &there, 0,
                                   "SELECT COUNT(*) FROM need_public WHERE id = ?1 AND state = ?2",
                                   BIND_INT(push->need_id), BIND_INT(NEED_LISTED))
            : push->patent_id
                ? DB_INT(cx, &there, 0,
                         "SELECT COUNT(*) FROM listing WHERE patent_id = ?1 AND state IN (2, 3)",
                         BIND_INT(push->patent_id))
                : DB_INT(cx, &there, 0,
                         "SELECT COUNT(*) FROM listing WHERE achievement_id = ?1 AND state IN "
                         "(2, 3)",
                         BIND_INT(push->achievement_id));
    *ret = !there;
    return e;
}

static Err sender_of(Cx *cx, const Push *push, i64 *ret)
{
    return push->need_id     ? DB_INT(cx, ret, 0, "SELECT org_id FROM need WHERE id = ?1",
                                      BIND_INT(push->need_id))
           : push->patent_id ? DB_INT(cx, ret, 0, "SELECT org_id FROM patent WHERE id = ?1",
                                      BIND_INT(push->patent_id))
                             : DB_INT(cx, ret, 0, "SELECT org_id FROM achievement WHERE id = ?1",
                                      BIND_INT(push->achievement_id));
}

static Err parent_of(Cx *cx, i64 org_id, i64 *ret)
{
    *ret = 0;
    return org_id ? DB_INT(cx, ret, 0, "SELECT parent_id FROM org WHERE id = ?1", BIND_INT(org_id))
                  : ERR_OK;
}

static Err tie_bars(Cx *cx, const Push *push, const char **ret)
{
    PushTie tie = {.receiver_id = push->org_id};
    Profile profile = {0};
    Err e = sender_of(cx, push, &tie.sender_id);
    if (!e)
        e = parent_of(cx, tie.sender_id, &tie.sender_house_id);
    if (!e)
        e = parent_of(cx, push->org_id, &tie.receiver_house_id);
    if (!e)
        e = org_name(cx, tie.sender_id, &tie.sender_name);
    if (!e && push->account_id)
        e = RECORD_FIND(cx, &profile_type, &profile, "WHERE account_id = ?1 AND account_id <> 0",
                        BIND_INT(push->account_id));
    if (e == ERR_MISSING) {
        err_clear(cx);
        e = ERR_OK;
    }
    tie.conflicts = profile.conflicts;
    *ret = e ? NULL : push_tie_bars(&tie);
    return e;
}

typedef struct Readers {
    i64 ids[PUSH_READERS_MAX];
    PushReader rules[PUSH_READERS_MAX];
    size_t count;
} Readers;

static Err read_accounts(Cx *cx, const char *sql, const Bind *binds, size_t count, Readers *ret)
{
    Rows rows;
    Err e = db_query(cx, &rows, sql, binds, count);
    if (e)
        return e;
    while (ret->count < PUSH_READERS_MAX && rows_next(&rows)) {
        ret->rules[ret->count].is_off = rows_int(&rows, 1) != 0;
        ret->ids[ret->count++] = rows_int(&rows, 0);
    }
    return rows_end(&rows);
}

/* The people who read for a unit: its own, else those of the house over it. */
static Err find_readers(Cx *cx, const Push *push, Readers *ret)
{
    i64 org_id = push->org_id;
    Err e = ERR_OK;
    *ret = (Readers){0};
    if (push->account_id) {
        const Bind bind = BIND_INT(push->account_id);
        e = read_accounts(cx, "SELECT id, push_off FROM account WHERE id = ?1 AND closed = 0",
                          &bind, 1, ret);
    }
    for (int up = 0; !e && !push->account_id && !ret->count && org_id && up < PARENTS_MAX; up++) {
        const Bind binds[] = {BIND_INT(org_id), BIND_INT(clock_now_ms(cx->clock)),
                              BIND_INT(PUSH_READERS_MAX)};
        e = read_accounts(
            cx,
            "SELECT a.id, a.push_off FROM account a WHERE a.org_id = ?1 AND a.closed = 0 AND "
            "EXISTS (SELECT 1 FROM role_grant g WHERE g.account_id = a.id AND g.role IN "
            "('office', 'liaison', 'firm', 'agency') AND (g.until_ms = 0 OR g.until_ms > ?2)) "
            "ORDER BY a.id LIMIT ?3",
            binds, COUNT(binds), ret);
        if (!e)
            e = parent_of(cx, org_id, &org_id);
    }
    for (size_t i = 0; !e && i < ret->count; i++) {
        NoticeTime time = {0};
        e = notice_when(cx, ret->ids[i], push->made_ms, &time);
        ret->rules[i].at_ms = time.at_ms;
        ret->rules[i].cause = time.cause;
    }
    return e;
}

/* ---- one push ---- */

static Err tell(Cx *cx, const Push *push, const Readers *readers)
{
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < readers->count; i++) {
        Message message = {.account_id = readers->ids[i],
                           .org_id = push->org_id,
                           .kind = push->need_id ? S("need_push") : S("item_push"),
                           .about = S("push"),
                           .about_id = push->id,
                           .at_ms = readers->rules[i].at_ms};
        if (!readers->rules[i].is_off)
            e = message_send(cx, &message);
    }
    return e;
}

static Err bar(Cx *cx, Push *push, const char *cause, unsigned who)
{
    push->cause = str_from(cause);
    push->until_ms = 0;
    return push_step(cx, push, "bar", who, (FactNote){.kind = "push.barred", .code = cause});
}

static Err defer(Cx *cx, Push *push, const char *cause, i64 until_ms, unsigned who)
{
    push->cause = str_from(cause);
    push->until_ms = until_ms;
    return push_step(cx, push, "defer", who,
                     (FactNote){.kind = "push.deferred", .amount = until_ms, .code = cause});
}

static Err send(Cx *cx, Push *push, const Readers *readers)
{
    push->cause = S("");
    push->until_ms = 0;
    push->sent_ms = clock_now_ms(cx->clock);
    Err e = push_step(cx, push, "send", WHO_CLOCK,
                      (FactNote){.kind = "push.sent", .amount = (i64)readers->count});
    return e ? e : tell(cx, push, readers);
}

static Err send_one(Cx *cx, i64 id, PushDone *done)
{
    Push push = {0};
    Readers readers;
    bool gone = false;
    const char *bars = NULL;
    i64 now_ms = clock_now_ms(cx->clock);
    Err e = record_load(cx, &push_type, id, &push);
    bool waits = push.state == PUSH_DUE || (push.state == PUSH_DEFERRED && push.until_ms <= now_ms);
    if (e || !waits)
        return e;
    e = is_gone(cx, &push, &gone);
    if (!e && !gone)
        e = tie_bars(cx, &push, &bars);
    if (!e && (gone || bars)) {
        done->barred++;
        return bar(cx, &push, gone ? "gone" : bars, WHO_CLOCK);
    }
    if (!e)
        e = find_readers(cx, &push, &readers);
    if (e)
        return e;
    PushDecision decision = push_decide(readers.rules, readers.count, now_ms);
    done->sent += decision.fate == PUSH_SEND;
    done->deferred += decision.fate == PUSH_DEFER;
    done->barred += decision.fate == PUSH_BAR;
    return decision.fate == PUSH_SEND ? send(cx, &push, &readers)
           : decision.fate == PUSH_DEFER
               ? defer(cx, &push, decision.cause, decision.until_ms, WHO_CLOCK)
               : bar(cx, &push, decision.cause, WHO_CLOCK);
}

/* ---- push.send, push.defer, push.bar ---- */

static Val *done_val(Cx *cx, const PushDone *done)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "planned", done->planned);
    val_set_int(cx->arena, map, "made", done->made);
    val_set_int(cx->arena, map, "sent", done->sent);
    val_set_int(cx->arena, map, "deferred", done->deferred);
    val_set_int(cx->arena, map, "barred", done->barred);
    return map;
}

static Err ids_read(Cx *cx, Str text, i64 **ret_ids, size_t *ret_count)
{
    Err e = refs_read(cx, text, "ids", ret_ids, ret_count);
    if (!e && *ret_count > PUSH_ROWS_AT_ONCE)
        e = err_set(cx, ERR_LIMIT, "ids", "push.too_many");
    return e;
}

Err push_send_run(Cx *cx, const void *arg, Val **ret)
{
    i64 *ids;
    size_t count;
    PushDone done = {0};
    Err e = ids_read(cx, ((const PushIdsIn *)arg)->ids, &ids, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = send_one(cx, ids[i], &done);
    if (!e)
        *ret = done_val(cx, &done);
    return e;
}

Err push_defer_run(Cx *cx, const void *arg, Val **ret)
{
    const PushDeferIn *in = arg;
    i64 *ids;
    size_t count;
    PushDone done = {0};
    Err e = ids_read(cx, in->ids, &ids, &count);
    if (!e && in->until_ms <= clock_now_ms(cx->clock))
        e = err_set(cx, ERR_INPUT, "until_ms", "push.until_over");
    for (size_t i = 0; !e && i < count; i++) {
        Push push = {0};
        e = record_load(cx, &push_type, ids[i], &push);
        if (!e)
            e = defer(cx, &push, "by_hand", in->until_ms, who_of(cx, 0, false));
        done.deferred += !e;
    }
    if (!e)
        *ret = done_val(cx, &done);
    return e;
}

Err push_bar_run(Cx *cx, const void *arg, Val **ret)
{
    const PushBarIn *in = arg;
    i64 *ids;
    size_t count;
    PushDone done = {0};
    Err e = ids_read(cx, in->ids, &ids, &count);
    for (size_t i = 0; !e && i < count; i++) {
        Push push = {0};
        e = record_load(cx, &push_type, ids[i], &push);
        if (!e)
            e = bar(cx, &push, str_z(cx->arena, in->cause), who_of(cx, 0, false));
        done.barred += !e;
    }
    if (!e)
        *ret = done_val(cx, &done);
    return e;
}

/* ---- push.run ---- */

typedef struct Sending {
    const i64 *ids;
    size_t count;
    PushDone done;
} Sending;

static Err send_some(Cx *cx, void *arg)
{
    Sending *sending = arg;
    Err e = ERR_OK;
    cx->doing = "push.run";
    for (size_t i = 0; !e && i < sending->count; i++)
        e = send_one(cx, sending->ids[i], &sending->done);
    return e;
}

static Err send_ids(Cx *cx, const i64 *ids, size_t count, PushDone *done)
{
    Err e = ERR_OK;
    for (size_t at = 0; !e && at < count; at += PUSH_SENDS_AT_ONCE) {
        ArenaMark mark = arena_mark(cx->arena);
        size_t some = count - at < PUSH_SENDS_AT_ONCE ? count - at : PUSH_SENDS_AT_ONCE;
        Sending sending = {.ids = ids + at, .count = some};
        e = writer_run(house_of(cx)->writer, cx, send_some, &sending);
        done->sent += e ? 0 : sending.done.sent;
        done->deferred += e ? 0 : sending.done.deferred;
        done->barred += e ? 0 : sending.done.barred;
        arena_rewind(cx->arena, mark);
    }
    return e;
}

/* The best first, so that a weekly cap is not used up by others. At most IDS_FOUND; *ret_more: that
 * many there were. Each that is tried either ends or waits until later: none comes up twice. */
static Err send_due(Cx *cx, PushDone *done, bool *ret_more)
{
    Rows rows;
    i64 ids[IDS_FOUND];
    size_t count = 0;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT id FROM push WHERE state = 0 OR (state = 1 AND until_ms <= ?1) "
                     "ORDER BY score DESC, id LIMIT ?2",
                     BIND_INT(clock_now_ms(cx->clock)), BIND_INT(IDS_FOUND));
    if (e)
        return e;
    while (count < IDS_FOUND && rows_next(&rows))
        ids[count++] = rows_int(&rows, 0);
    e = rows_end(&rows);
    if (!e)
        e = send_ids(cx, ids, count, done);
    *ret_more = count == IDS_FOUND;
    return e;
}

static void at_read(Str text, PlanAt *ret)
{
    Str part;
    i64 subject = 0;
    if (str_split(&text, ':', &part) && str_to_i64(part, &subject) && subject >= 0)
        ret->subject = (int)(subject < 1000 ? subject : 1000);
    if (!str_to_i64(text, &ret->id))
        ret->id = 0;
}

Err push_run_run(Cx *cx, const void *arg, Val **ret)
{
    const PushRunIn *in = arg;
    PlanAt at = {.anew = in->anew != 0};
    PushDone done = {0};
    bool plans = true, sends = true;
    i64 left = in->most ? in->most : INT64_MAX;
    Err e = ERR_OK;
    at_read(in->at, &at);
    while (!e && plans && left > 0) {
        int some = left < PLANS_AT_ONCE ? (int)left : PLANS_AT_ONCE;
        e = push_plan_some(cx, &at, some, &done, &plans);
        left -= some;
    }
    do {
        if (!e)
            e = send_due(cx, &done, &sends);
    } while (!e && sends && !in->most);
    if (e)
        return e;
    *ret = done_val(cx, &done);
    val_set_bool(cx->arena, *ret, "more", plans || sends);
    val_set_str(cx->arena, *ret, "at",
                str_format(cx->arena, "%d:%lld", at.subject, (long long)at.id));
    return ERR_OK;
}
