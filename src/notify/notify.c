/* notify.c - the commands of the room. All of them are of the caller's own inbox. */
#include "notify/notify.h"

#include "command/settings.h"
#include "ident/ident.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MIN = 24 * 60 };

Err message_send(Cx *cx, Message *message)
{
    if (!message->state.len)
        message->state = S("unread");
    if (!message->at_ms)
        message->at_ms = clock_now_ms(cx->clock);
    return fact_create(cx, &message_type, message,
                       (FactNote){.kind = "message.sent",
                                  .code = str_z(cx->arena, message->kind),
                                  .other_id = message->account_id});
}

Err message_tell(Cx *cx, i64 account_id, const char *kind, const char *about, i64 about_id)
{
    Account account = {0};
    Err e = account_id ? record_load(cx, &account_type, account_id, &account) : ERR_OK;
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    if (e || !account.id || account.closed)
        return e;
    return message_send(cx, &(Message){.account_id = account_id,
                                       .org_id = account.org_id,
                                       .kind = str_from(kind),
                                       .about = str_from(about),
                                       .about_id = about_id});
}

Err message_unread(Cx *cx, i64 account_id, i64 *ret)
{
    return DB_INT(cx, ret, 0,
                  "SELECT COUNT(*) FROM message WHERE account_id = ?1 AND state = 'unread' AND "
                  "at_ms <= ?2",
                  BIND_INT(account_id), BIND_INT(clock_now_ms(cx->clock)));
}

/* The row of an account's wish, or what holds without one. */
static Err wish_of(Cx *cx, i64 account_id, NoticeWish *ret)
{
    NoticeWish wish = {0};
    Err e = RECORD_FIND(cx, &notice_wish_type, &wish, "WHERE account_id = ?1 AND account_id <> 0",
                        BIND_INT(account_id));
    if (e == ERR_MISSING) {
        err_clear(cx);
        wish = (NoticeWish){.account_id = account_id, .digest = S("none")};
        e = ERR_OK;
    }
    if (!e)
        *ret = wish;
    return e;
}

Err notice_when(Cx *cx, i64 account_id, i64 since_ms, NoticeTime *ret)
{
    NoticeWish wish = {0};
    i64 capped_ms = 0;
    Err e = wish_of(cx, account_id, &wish);
    i64 cap = wish.cap_week ? wish.cap_week : house_of(cx)->settings->push_cap_week;
    if (!e && cap)
        e = DB_INT(cx, &capped_ms, 0,
                   "SELECT at_ms FROM message WHERE account_id = ?1 AND kind IN ('need_push', "
                   "'item_push') ORDER BY at_ms DESC LIMIT 1 OFFSET ?2",
                   BIND_INT(account_id), BIND_INT(cap - 1));
    if (e)
        return e;
    const NoticeRules rules = {.quiet_from_min = wish.quiet_from_min,
                               .quiet_until_min = wish.quiet_until_min,
                               .digest = str_same(wish.digest, S("daily"))    ? DIGEST_DAILY
                                         : str_same(wish.digest, S("weekly")) ? DIGEST_WEEKLY
                                                                              : DIGEST_NONE,
                               .cap_week = cap};
    *ret = notice_time(&rules, since_ms, clock_now_ms(cx->clock), capped_ms);
    return ERR_OK;
}

/* ---- message.list, message.count ---- */

typedef struct ListIn {
    Str state;
    i64 page;
} ListIn;

#define MINE "WHERE account_id = ?1 AND at_ms <= ?2 AND (?3 = '' OR state = ?3)"

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListIn *in = arg;
    i64 page = page_number(in->page), total = 0, unread = 0;
    Rows rows;
    Val *items = val_list(cx->arena);
    const Bind binds[] = {BIND_INT(cx->actor.account_id), BIND_INT(clock_now_ms(cx->clock)),
                          BIND_STR(in->state), BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
    Err e = db_int(cx, "SELECT COUNT(*) FROM message " MINE, binds, 3, 0, &total);
    if (!e)
        e = message_unread(cx, cx->actor.account_id, &unread);
    if (!e)
        e = record_query(cx, &message_type, &rows,
                         MINE " ORDER BY at_ms DESC, id DESC LIMIT ?4 OFFSET ?5", binds, 5);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Message message = {0};
        record_read_row(cx, &message_type, &rows, &message);
        Val *row = record_val(cx, &message_type, &message, SEE_OWNER);
        const Code *kind = code_find(&message_kinds, message.kind);
        val_set_z(cx->arena, row, "label", cx->lang == LANG_EN ? kind->en : kind->zh);
        val_push(cx->arena, items, row);
    }
    e = rows_end(&rows);
    if (e)
        return e;
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    val_set_int(cx->arena, *ret, "unread", unread);
    return ERR_OK;
}

static Err count_run(Cx *cx, const void *arg, Val **ret)
{
    i64 unread = 0;
    (void)arg;
    Err e = message_unread(cx, cx->actor.account_id, &unread);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "unread", unread);
    return ERR_OK;
}

/* ---- message.read, message.unread, message.done ---- */

typedef struct MarkIn {
    Str ids;
    i64 all; /* Every unread one that has come. */
} MarkIn;

static Err unread_ids(Cx *cx, i64 **ret_ids, size_t *ret_count)
{
    Rows rows;
    i64 *ids = ARENA_NEW(cx->arena, i64, MESSAGES_AT_ONCE);
    size_t count = 0;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT id FROM message WHERE account_id = ?1 AND state = 'unread' AND "
                     "at_ms <= ?2 ORDER BY at_ms DESC, id DESC LIMIT ?3",
                     BIND_INT(cx->actor.account_id), BIND_INT(clock_now_ms(cx->clock)),
                     BIND_INT(MESSAGES_AT_ONCE));
    if (e)
        return e;
    while (count < MESSAGES_AT_ONCE && rows_next(&rows))
        ids[count++] = rows_int(&rows, 0);
    *ret_ids = ids;
    *ret_count = count;
    return rows_end(&rows);
}

static Err mark_one(Cx *cx, i64 id, const char *state, const char *kind, Val *changed)
{
    Message message = {0};
    Err e = record_load(cx, &message_type, id, &message);
    bool mine = !e && message.account_id == cx->actor.account_id &&
                message.at_ms <= clock_now_ms(cx->clock);
    if (!e && !mine)
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? message_type.en : message_type.zh));
    if (e || str_same_z(message.state, state))
        return e;
    message.state = str_from(state);
    e = fact_change(cx, &message_type, &message, (FactNote){.kind = kind});
    val_push(cx->arena, changed, val_int(cx->arena, id));
    return e;
}

/* Replies with what was changed: the same ids take it back. */
static Err mark(Cx *cx, const MarkIn *in, const char *state, const char *kind, Val **ret)
{
    i64 *ids, left = 0;
    size_t count;
    Val *changed = val_list(cx->arena);
    Err e = in->all ? unread_ids(cx, &ids, &count) : refs_read(cx, in->ids, "ids", &ids, &count);
    if (!e && count > MESSAGES_AT_ONCE)
        e = err_set(cx, ERR_LIMIT, "ids", "notify.too_many");
    for (size_t i = 0; !e && i < count; i++)
        e = mark_one(cx, ids[i], state, kind, changed);
    if (!e)
        e = message_unread(cx, cx->actor.account_id, &left);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "ids", changed);
    val_set_int(cx->arena, *ret, "count", (i64)val_count(changed));
    val_set_int(cx->arena, *ret, "unread", left);
    return ERR_OK;
}

static Err read_run(Cx *cx, const void *arg, Val **ret)
{
    return mark(cx, arg, "read", "message.read", ret);
}

static Err unread_run(Cx *cx, const void *arg, Val **ret)
{
    MarkIn in = *(const MarkIn *)arg;
    in.all = 0;
    return mark(cx, &in, "unread", "message.unread", ret);
}

static Err done_run(Cx *cx, const void *arg, Val **ret)
{
    MarkIn in = *(const MarkIn *)arg;
    in.all = 0;
    return mark(cx, &in, "done", "message.done", ret);
}

/* ---- notice.show, notice.set ---- */

typedef struct WishIn {
    Str digest;
    Str quiet_from; /* 22:00 */
    Str quiet_until;
    i64 cap_week;
} WishIn;

static bool minutes_read(Str text, i64 *ret)
{
    i64 hour, minute;
    size_t colon = str_find(text, S(":"));
    bool ok = colon < text.len && text.len <= 5 && str_to_i64(str_slice(text, 0, colon), &hour) &&
              str_to_i64(str_slice(text, colon + 1, text.len), &minute) && hour >= 0 && hour < 24 &&
              minute >= 0 && minute < 60;
    if (ok)
        *ret = hour * 60 + minute;
    return ok;
}

static Err rule_minutes(Cx *cx, const Field *field, const void *member)
{
    Str text;
    i64 minutes;
    memcpy(&text, member, sizeof text);
    return !text.len || minutes_read(text, &minutes)
               ? ERR_OK
               : err_set(cx, ERR_INPUT, field->name, "notify.wrong_time");
}

static Str minutes_text(Arena *arena, i64 minutes)
{
    return str_format(arena, "%02lld:%02lld", (long long)(minutes % DAY_MIN / 60),
                      (long long)(minutes % 60));
}

static Err wish_show_run(Cx *cx, const void *arg, Val **ret)
{
    NoticeWish wish = {0};
    Account account = {0};
    (void)arg;
    Err e = wish_of(cx, cx->actor.account_id, &wish);
    if (!e)
        e = record_load(cx, &account_type, cx->actor.account_id, &account);
    if (e)
        return e;
    bool quiet = wish.quiet_from_min != wish.quiet_until_min;
    Val *map = val_map(cx->arena);
    val_set_str(cx->arena, map, "digest", wish.digest);
    val_set_str(cx->arena, map, "quiet_from",
                quiet ? minutes_text(cx->arena, wish.quiet_from_min) : S(""));
    val_set_str(cx->arena, map, "quiet_until",
                quiet ? minutes_text(cx->arena, wish.quiet_until_min) : S(""));
    val_set_int(cx->arena, map, "cap_week", wish.cap_week);
    val_set_int(cx->arena, map, "cap_of_exchange", house_of(cx)->settings->push_cap_week);
    val_set_bool(cx->arena, map, "off", account.push_off != 0);
    *ret = map;
    return ERR_OK;
}

static Err wish_set_run(Cx *cx, const void *arg, Val **ret)
{
    const WishIn *in = arg;
    NoticeWish wish = {0};
    i64 from = 0, until = 0;
    Err e = wish_of(cx, cx->actor.account_id, &wish);
    if (e)
        return e;
    if (minutes_read(in->quiet_from, &from) != minutes_read(in->quiet_until, &until))
        return err_set(cx, ERR_INPUT, in->quiet_from.len ? "quiet_until" : "quiet_from",
                       "notify.both_times");
    wish.account_id = cx->actor.account_id;
    wish.org_id = cx->actor.org_id;
    wish.quiet_from_min = from;
    wish.quiet_until_min = until;
    wish.digest = in->digest;
    wish.cap_week = in->cap_week;
    FactNote note = {.kind = "notice.set", .code = str_z(cx->arena, in->digest)};
    e = wish.id ? fact_change(cx, &notice_wish_type, &wish, note)
                : fact_create(cx, &notice_wish_type, &wish, note);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", wish.id);
    return ERR_OK;
}

// clang-format off
static const Field list_in[] = {
    {AT(ListIn, state), F_CODE, "状态", "State", 0, SEE_PUBLIC, NULL, .codes = &message_states},
    {AT(ListIn, page),  F_INT,  "页",   "Page",  0, SEE_PUBLIC, NULL},
};
static const Field read_in[] = {
    {AT(MarkIn, ids), F_REFS, "消息", "Messages", 0, SEE_PUBLIC, NULL, .ref = &message_type},
    {AT(MarkIn, all), F_BOOL, "全部", "All",      0, SEE_PUBLIC, NULL},
};
static const Field mark_in[] = {
    {AT(MarkIn, ids), F_REFS, "消息", "Messages", REQUIRED, SEE_PUBLIC, NULL, .ref = &message_type},
};
static const Field wish_in[] = {
    {AT(WishIn, digest),      F_CODE, "推送方式",   "How pushes come", REQUIRED, SEE_PUBLIC, NULL, .codes = &notice_digests},
    {AT(WishIn, quiet_from),  F_TEXT, "免打扰开始", "Quiet from",      0, SEE_PUBLIC, rule_minutes, .max = 5, .help_zh = "如 22:00；留空则不设", .help_en = "For example 22:00; empty for none"},
    {AT(WishIn, quiet_until), F_TEXT, "免打扰结束", "Quiet until",     0, SEE_PUBLIC, rule_minutes, .max = 5, .help_zh = "如 07:00", .help_en = "For example 07:00"},
    {AT(WishIn, cap_week),    F_INT,  "每周推送上限", "Pushes a week, at most", 0, SEE_PUBLIC, NULL, .max = 1000, .help_zh = "超出的推送顺延，不会丢失；留空按平台规定", .help_en = "Further ones wait, none is lost; empty: as the exchange has it"},
};

#define OWN (OP_OWN | OP_QUIET)

static const Op ops[] = {
    {"message.list",   "消息",     "Inbox",          OP_READ,  OP_OWN | OP_PLAIN, WHO_SIGNED, OP_IN(ListIn, list_in), NULL, list_run, NULL, NULL},
    {"message.count",  "未读数",   "Unread",         OP_READ,  OP_OWN | OP_PLAIN, WHO_SIGNED, OP_IN_NONE, NULL, count_run, NULL, NULL},
    {"message.read",   "标为已读", "Mark as read",   OP_WRITE, OWN, WHO_SIGNED, OP_IN(MarkIn, read_in), NULL, read_run, NULL, NULL},
    {"message.unread", "标为未读", "Mark as unread", OP_WRITE, OWN, WHO_SIGNED, OP_IN(MarkIn, mark_in), NULL, unread_run, NULL, NULL},
    {"message.done",   "办结",     "Done",           OP_WRITE, OWN, WHO_SIGNED, OP_IN(MarkIn, mark_in), NULL, done_run, NULL, NULL},
    {"notice.show",    "推送设置", "How pushes come", OP_READ, OP_OWN | OP_PLAIN, WHO_SIGNED, OP_IN_NONE, NULL, wish_show_run, NULL, NULL},
    {"notice.set",     "保存推送设置", "Save",       OP_WRITE, OWN, WHO_SIGNED, OP_IN(WishIn, wish_in), NULL, wish_set_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&message_type, &notice_wish_type};
static const CodeList *const codes[] = {&message_kinds, &message_states, &notice_digests};

const Room notify_room = {
    .name = "notify",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
