/* showing.c - see showing.h. */
#include "registry/showing.h"

#include "consent/consent.h"
#include "ident/ident.h"
#include "registry/registry.h"

#include <string.h>

typedef struct ShowingAdd {
    i64 listing_id;
    i64 need_id;
    Str other_code;
    Str place;
    i64 session_date;
} ShowingAdd;

typedef struct ShowingId {
    i64 id;
} ShowingId;

typedef struct ShowingCancel {
    i64 id;
    Str reason;
} ShowingCancel;

typedef struct ShowingQuery {
    Str state;
    i64 page;
} ShowingQuery;

/* ---- what has to be signed ---- */

typedef struct NeededPaper {
    const char *kind;
    const char *about;
    i64 about_id;
    i64 org_id; /* 0: a co-owner, known by name alone. */
    Str name;
    bool is_signed;
} NeededPaper;

enum { PAPERS_MAX = 4 + CO_OWNERS_MAX };

static Err look(Cx *cx, NeededPaper *paper)
{
    Err e =
        paper->org_id
            ? consent_standing(cx, paper->kind, paper->org_id, paper->about, paper->about_id)
            : consent_standing_by_name(cx, paper->kind, paper->name, paper->about, paper->about_id);
    paper->is_signed = !e;
    if (e != ERR_STATE)
        return e;
    err_clear(cx);
    return ERR_OK;
}

/* Those of both sides, then those of the co-owners of a listing's patent. */
static Err papers_of(Cx *cx, const Showing *showing, NeededPaper papers[PAPERS_MAX],
                     size_t *ret_count)
{
    static const char *const kinds[] = {"stage", "disclaimer"};
    const i64 sides[] = {showing->org_id, showing->other_org_id};
    Listing listing = {0};
    Str *names = NULL;
    size_t count = 0, name_count = 0;
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < COUNT(sides) * COUNT(kinds); i++) {
        NeededPaper *paper = &papers[count++];
        *paper = (NeededPaper){kinds[i % 2], "showing", showing->id, sides[i / 2], S(""), false};
        e = org_name(cx, paper->org_id, &paper->name);
    }
    if (!e && showing->listing_id)
        e = record_load(cx, &listing_type, showing->listing_id, &listing);
    if (!e && listing.patent_id)
        e = patent_co_owners(cx, listing.patent_id, &names, &name_count);
    for (size_t i = 0; !e && i < name_count; i++)
        papers[count++] =
            (NeededPaper){"co_owner", "listing", showing->listing_id, 0, names[i], false};
    for (size_t i = 0; !e && i < count; i++)
        e = look(cx, &papers[i]);
    *ret_count = count;
    return e;
}

static Err guard_papers(Cx *cx, const void *record)
{
    NeededPaper papers[PAPERS_MAX];
    size_t count = 0;
    Err e = papers_of(cx, record, papers, &count);
    for (size_t i = 0; !e && i < count; i++) {
        const Code *kind = code_find(&consent_kinds, str_from(papers[i].kind));
        const Str args[] = {papers[i].name, str_from(cx->lang == LANG_EN ? kind->en : kind->zh)};
        if (!papers[i].is_signed)
            return err_set_args(cx, ERR_STATE, NULL, "registry.showing_unsigned", args, 2);
    }
    return e;
}

/* What is shown has to be on offer, or wanted, still. */
static Err guard_item(Cx *cx, const void *record)
{
    const Showing *showing = record;
    Listing listing = {0};
    Need need = {0};
    Err e = showing->need_id ? record_load(cx, &need_type, showing->need_id, &need)
                             : record_load(cx, &listing_type, showing->listing_id, &listing);
    if (!e && !(showing->need_id ? need_public(&need) : listing_public(&listing)))
        e = err_set_arg(cx, ERR_STATE, NULL, "registry.showing_item_gone", showing->title);
    return e;
}

static Err guard_ready(Cx *cx, const void *record)
{
    Err e = guard_item(cx, record);
    return e ? e : guard_papers(cx, record);
}

static Err guard_hold(Cx *cx, const void *record)
{
    const Showing *showing = record;
    if (showing->session_date > time_date(clock_now_ms(cx->clock)))
        return err_set_arg(cx, ERR_STATE, NULL, "registry.showing_not_yet",
                           date_format(cx->arena, showing->session_date));
    return guard_papers(cx, record);
}

// clang-format off
static const FlowState states[] = {
    [SHOWING_DRAFT]     = {"draft",     "草稿",   "Draft",     FLOW_START},
    [SHOWING_ASKED]     = {"asked",     "征求同意", "Asked",   FLOW_MIDDLE},
    [SHOWING_READY]     = {"ready",     "可以展示", "Ready",   FLOW_MIDDLE},
    [SHOWING_SHOWN]     = {"shown",     "已展示", "Shown",     FLOW_END},
    [SHOWING_CANCELLED] = {"cancelled", "已取消", "Cancelled", FLOW_END},
};

static const FlowEdge edges[] = {
    {SHOWING_DRAFT, "ask",    SHOWING_ASKED,     "征求双方同意", "Ask both sides", WHO_OPERATOR, guard_item},
    {SHOWING_DRAFT, "cancel", SHOWING_CANCELLED, "取消",         "Cancel",         WHO_OPERATOR, NULL, true},
    {SHOWING_ASKED, "ready",  SHOWING_READY,     "文件已齐，确认展示", "Confirm: all is signed", WHO_OPERATOR, guard_ready},
    {SHOWING_ASKED, "cancel", SHOWING_CANCELLED, "取消",         "Cancel",         WHO_OPERATOR, NULL, true},
    {SHOWING_READY, "hold",   SHOWING_SHOWN,     "记为已展示",   "Mark as shown",  WHO_OPERATOR, guard_hold},
    {SHOWING_READY, "reopen", SHOWING_ASKED,     "重新征求同意", "Ask again",      WHO_CLOCK,    NULL},
    {SHOWING_READY, "cancel", SHOWING_CANCELLED, "取消",         "Cancel",         WHO_OPERATOR, NULL, true},
};
const Flow showing_flow = FLOW_OF("showing", "现场展示", "Showing", states, edges);

static const Field showing_fields[] = {
    RECORD_HEAD_FIELDS(Showing),
    {AT(Showing, listing_id),   F_REF,   "挂牌",     "Listing",    FORM_OFF | INDEXED, SEE_PARTY, NULL, .ref = &listing_type},
    {AT(Showing, need_id),      F_REF,   "需求",     "Need",       FORM_OFF | INDEXED, SEE_PARTY, NULL, .ref = &need_type},
    {AT(Showing, org_id),       F_REF,   "展示方",   "Shown by",   FORM_OFF | INDEXED, SEE_PARTY, NULL, .ref = &org_type},
    {AT(Showing, other_org_id), F_REF,   "对接方",   "Other side", FORM_OFF | INDEXED, SEE_PARTY, NULL, .ref = &org_type},
    {AT(Showing, title),        F_TEXT,  "名称",     "Title",      FORM_OFF | LISTED, SEE_PARTY, NULL, .max = 300},
    {AT(Showing, place),        F_TEXT,  "地点",     "Place",      REQUIRED | LISTED, SEE_PARTY, NULL, .max = 100},
    {AT(Showing, session_date), F_DATE,  "展示日期", "Date",       REQUIRED | LISTED, SEE_PARTY, NULL},
    {AT(Showing, asked_ms),     F_TIME,  "征求时间", "Asked",      FORM_OFF, SEE_PARTY, NULL},
    {AT(Showing, reason),       F_TEXT,  "取消原因", "Why cancelled", FORM_OFF, SEE_PARTY, NULL, .max = 200},
    {AT(Showing, state),        F_STATE, "状态",     "State",      FORM_OFF | INDEXED | LISTED, SEE_PARTY, NULL, .flow = &showing_flow},
};
const RecordType showing_type = {"showing", "现场展示", "Showing", sizeof(Showing), showing_fields, COUNT(showing_fields), NULL};
// clang-format on

/* ---- who may know of it ---- */

enum { KNOWS_OWNER = WHO_OWNER | WHO_OPERATOR | WHO_LOCAL | WHO_CLOCK };

static bool of_other_side(Cx *cx, const Showing *showing)
{
    return (who_of(cx, showing->other_org_id, false) & WHO_OWNER) != 0;
}

static unsigned showing_who(Cx *cx, const Showing *showing)
{
    return who_of(cx, showing->org_id, of_other_side(cx, showing));
}

static Err load_seen(Cx *cx, i64 id, Showing *ret, unsigned *ret_who)
{
    Err e = record_load(cx, &showing_type, id, ret);
    if (e)
        return e;
    unsigned who = showing_who(cx, ret);
    bool side = ret->asked_ms && (who & (WHO_OWNER | WHO_PARTY));
    if (!side && !(who & (WHO_OPERATOR | WHO_LOCAL | WHO_CLOCK)))
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? showing_type.en : showing_type.zh));
    *ret_who = who;
    return ERR_OK;
}

/* Whose it is, as this reader may know: of a need's firm that is hidden, 0. */
static Err owner_seen(Cx *cx, const Showing *showing, unsigned who, i64 *ret)
{
    *ret = showing->org_id;
    if (!showing->need_id || (who & KNOWS_OWNER))
        return ERR_OK;
    return DB_INT(cx, ret, 0, "SELECT org_id FROM need_public WHERE id = ?1",
                  BIND_INT(showing->need_id));
}

static Err showing_val(Cx *cx, const Showing *showing, unsigned who, Val **ret)
{
    Showing row = *showing;
    Err e = owner_seen(cx, showing, who, &row.org_id);
    if (!e)
        *ret =
            record_val(cx, &showing_type, &row, see_level(cx, row.org_id, (who & WHO_PARTY) != 0));
    return e;
}

/* ---- showing.add ---- */

static Err item_of(Cx *cx, const ShowingAdd *in, Showing *ret)
{
    Listing listing = {0};
    Need need = {0};
    if (!in->listing_id == !in->need_id)
        return err_set(cx, ERR_INPUT, "listing_id", "registry.showing_one_item");
    ret->listing_id = in->listing_id;
    ret->need_id = in->need_id;
    Err e = in->need_id ? record_load(cx, &need_type, in->need_id, &need)
                        : record_load(cx, &listing_type, in->listing_id, &listing);
    ret->org_id = in->need_id ? need.org_id : listing.org_id;
    ret->title = in->need_id ? need.title : listing.title;
    return e ? e : guard_item(cx, ret);
}

static Err other_of(Cx *cx, const ShowingAdd *in, Showing *ret)
{
    Org other = {0};
    Err e = org_by_code(cx, str_trim(in->other_code), &other);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set_arg(cx, ERR_INPUT, "other_code", "registry.showing_no_unit", in->other_code);
    }
    if (!e && (other.left_ms || other.id == ret->org_id))
        e = err_set_arg(cx, ERR_INPUT, "other_code", "registry.showing_other_wrong", other.name);
    ret->other_org_id = other.id;
    return e;
}

static Err add_run(Cx *cx, const void *arg, Val **ret)
{
    const ShowingAdd *in = arg;
    Showing showing = {.place = in->place, .session_date = in->session_date};
    if (in->session_date < time_date(clock_now_ms(cx->clock)))
        return err_set(cx, ERR_INPUT, "session_date", "registry.date_past");
    Err e = item_of(cx, in, &showing);
    if (!e)
        e = other_of(cx, in, &showing);
    if (!e)
        e = fact_create(cx, &showing_type, &showing,
                        (FactNote){.kind = "showing.added", .other_id = showing.other_org_id});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", showing.id);
    return ERR_OK;
}

/* ---- the steps ---- */

static Err step(Cx *cx, Showing *showing, const char *action, unsigned who)
{
    static const char *const facts[][2] = {{"ask", "showing.asked"},
                                           {"ready", "showing.readied"},
                                           {"reopen", "showing.reopened"},
                                           {"hold", "showing.held"},
                                           {"cancel", "showing.cancelled"}};
    const char *fact = NULL;
    Err e = flow_step(cx, &showing_flow, showing->state, action, who, showing, &showing->state);
    for (size_t i = 0; i < COUNT(facts); i++)
        fact = strcmp(action, facts[i][0]) == 0 ? facts[i][1] : fact;
    assert(e || fact);
    return e ? e : fact_change(cx, &showing_type, showing, (FactNote){.kind = fact});
}

static Err act(Cx *cx, i64 id, Str reason, Val **ret)
{
    Showing showing = {0};
    unsigned who = 0;
    const char *action = strchr(cx->doing, '.') + 1;
    Err e = load_seen(cx, id, &showing, &who);
    if (e)
        return e;
    if (strcmp(action, "ask") == 0)
        showing.asked_ms = clock_now_ms(cx->clock);
    if (strcmp(action, "cancel") == 0)
        showing.reason = reason;
    e = step(cx, &showing, action, who);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", showing.id);
    val_set_z(cx->arena, *ret, "state", flow_state_name(&showing_flow, showing.state));
    return ERR_OK;
}

static Err act_run(Cx *cx, const void *arg, Val **ret)
{
    return act(cx, ((const ShowingId *)arg)->id, S(""), ret);
}

static Err cancel_run(Cx *cx, const void *arg, Val **ret)
{
    const ShowingCancel *in = arg;
    return act(cx, in->id, in->reason, ret);
}

static Err reopen_one(Cx *cx, i64 id)
{
    Showing showing = {0};
    NeededPaper papers[PAPERS_MAX];
    size_t count = 0;
    bool all = true;
    Err e = record_load(cx, &showing_type, id, &showing);
    if (!e)
        e = papers_of(cx, &showing, papers, &count);
    for (size_t i = 0; !e && i < count; i++)
        all = all && papers[i].is_signed;
    return e || all ? e : step(cx, &showing, "reopen", WHO_CLOCK);
}

enum { REOPEN_MAX = 500 };

Err showing_consent_ended(Cx *cx, i64 org_id, Str about, i64 about_id)
{
    i64 *ids = ARENA_NEW(cx->arena, i64, REOPEN_MAX);
    size_t count = 0;
    Rows rows;
    i64 listing_id = str_same(about, S("listing")) ? about_id : -1;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT id FROM showing WHERE state = ?1 AND (org_id = ?2 OR other_org_id = "
                     "?2 OR listing_id = ?3) ORDER BY id LIMIT ?4",
                     BIND_INT(SHOWING_READY), BIND_INT(org_id), BIND_INT(listing_id),
                     BIND_INT(REOPEN_MAX));
    if (e)
        return e;
    while (count < REOPEN_MAX && rows_next(&rows))
        ids[count++] = rows_int(&rows, 0);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++)
        e = reopen_one(cx, ids[i]);
    return e;
}

/* ---- showing.list, showing.show ---- */

#define SHOWINGS_SEEN(own)                                                                         \
    "WHERE (?1 = 1 OR (asked_ms > 0 AND (org_id " own " OR other_org_id " own "))) AND "           \
    "(?3 < 0 OR state = ?3)"
#define SHOWINGS_ONE   SHOWINGS_SEEN("= ?2")
#define SHOWINGS_HOUSE SHOWINGS_SEEN("IN " ORG_HOUSE("?2"))
#define SHOWINGS_PAGE  " ORDER BY session_date DESC, id DESC LIMIT ?4 OFFSET ?5"

static Err list_rows(Cx *cx, bool house, const Bind *binds, size_t count, Val *items)
{
    Rows rows;
    Showing *found = ARENA_NEW(cx->arena, Showing, PAGE_SIZE);
    size_t found_count = 0;
    Err e = record_query(cx, &showing_type, &rows,
                         house ? SHOWINGS_HOUSE SHOWINGS_PAGE : SHOWINGS_ONE SHOWINGS_PAGE, binds,
                         count);
    if (e)
        return e;
    while (found_count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &showing_type, &rows, &found[found_count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < found_count; i++) {
        Val *val = NULL;
        e = showing_val(cx, &found[i], showing_who(cx, &found[i]), &val);
        if (!e)
            val_push(cx->arena, items, val);
    }
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    return e ? e : org_names_add(cx, items, "other_org_id", "other_org");
}

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    const ShowingQuery *in = arg;
    i64 page = page_number(in->page), total = 0, state = -1;
    bool house = false, own = who_of(cx, cx->actor.org_id, false) & WHO_OWNER;
    bool all = (cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL | WHO_CLOCK)) != 0;
    i64 org_id = own ? cx->actor.org_id : -1;
    Val *items = val_list(cx->arena);
    if (in->state.len)
        state = flow_state_find(&showing_flow, in->state);
    if (in->state.len && state < 0)
        return err_set_arg(cx, ERR_INPUT, "state", "registry.no_such_state", in->state);
    const Bind binds[] = {BIND_INT(all), BIND_INT(org_id), BIND_INT(state), BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
    Err e = org_has_below(cx, org_id, &house);
    if (!e)
        e = count_rows(cx,
                       house ? "SELECT COUNT(*) FROM showing " SHOWINGS_HOUSE
                             : "SELECT COUNT(*) FROM showing " SHOWINGS_ONE,
                       binds, 3, &total);
    if (!e)
        e = list_rows(cx, house, binds, COUNT(binds), items);
    if (!e)
        *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

/* {kind, name, signed, href}: a way to sign for whoever binds that side; a hidden firm by no name.
 */
static Err papers_val(Cx *cx, const Showing *showing, i64 owner_id, Val **ret)
{
    NeededPaper papers[PAPERS_MAX];
    size_t count = 0;
    *ret = val_list(cx->arena);
    if (showing->state != SHOWING_ASKED && showing->state != SHOWING_READY)
        return ERR_OK;
    Err e = papers_of(cx, showing, papers, &count);
    for (size_t i = 0; !e && i < count; i++) {
        const NeededPaper *paper = &papers[i];
        Val *row = val_map(cx->arena);
        bool hidden = paper->org_id == showing->org_id && !owner_id;
        bool mine =
            paper->org_id == cx->actor.org_id && (who_of(cx, paper->org_id, false) & WHO_BINDS);
        Str href = str_format(cx->arena, "/consent/sign/%s?about=%s&about_id=%lld", paper->kind,
                              paper->about, (long long)paper->about_id);
        val_set_z(cx->arena, row, "kind", paper->kind);
        val_set_str(cx->arena, row, "name",
                    hidden ? text_say(cx->arena, cx->lang, "registry.showing_hidden", NULL, 0)
                           : paper->name);
        val_set_bool(cx->arena, row, "signed", paper->is_signed);
        val_set_str(cx->arena, row, "href", mine && !paper->is_signed ? href : S(""));
        val_push(cx->arena, *ret, row);
    }
    return e;
}

static Err names_add(Cx *cx, Val *val, i64 owner_id, i64 other_id)
{
    Str owner = S(""), other = S("");
    Err e = owner_id ? org_name(cx, owner_id, &owner) : ERR_OK;
    if (!e)
        e = org_name(cx, other_id, &other);
    val_set_str(cx->arena, val, "org", owner);
    val_set_str(cx->arena, val, "other_org", other);
    return e;
}

static Err show_run(Cx *cx, const void *arg, Val **ret)
{
    Showing showing = {0};
    unsigned who = 0;
    i64 owner_id = 0;
    Val *val = NULL, *papers = NULL, *history = val_list(cx->arena), *map = val_map(cx->arena);
    Err e = load_seen(cx, ((const ShowingId *)arg)->id, &showing, &who);
    if (!e)
        e = owner_seen(cx, &showing, who, &owner_id);
    if (!e)
        e = showing_val(cx, &showing, who, &val);
    if (!e)
        e = names_add(cx, val, owner_id, showing.other_org_id);
    if (!e)
        e = papers_val(cx, &showing, owner_id, &papers);
    if (!e && owner_id) { /* Else an actor would name the hidden firm. */
        e = history_val(cx, &showing_type, showing.id, &history);
        if (!e)
            e = org_names_add(cx, history, "org_id", "actor");
    }
    if (e)
        return e;
    val_set(cx->arena, map, "showing", val);
    val_set(cx->arena, map, "papers", papers);
    val_set(cx->arena, map, "acts", flow_acts(cx, &showing_flow, showing.state, who));
    val_set(cx->arena, map, "stepper", flow_stepper(cx, &showing_flow, showing.state));
    val_set(cx->arena, map, "history", history);
    *ret = map;
    return ERR_OK;
}

/* ---- the table ---- */

// clang-format off
static const Field add_fields[] = {
    {AT(ShowingAdd, listing_id),   F_REF,  "挂牌",     "Listing", 0, SEE_PUBLIC, NULL, .ref = &listing_type},
    {AT(ShowingAdd, need_id),      F_REF,  "需求",     "Need",    0, SEE_PUBLIC, NULL, .ref = &need_type},
    {AT(ShowingAdd, other_code),   F_TEXT, "对接方信用代码", "Credit code of the other side", REQUIRED, SEE_PUBLIC, NULL, .max = 40,
     .help_zh = "挂牌的意向受让方，或者需求的应征方；见其单位页面", .help_en = "Who may take it, or would solve it; on the page of that unit"},
    {AT(ShowingAdd, place),        F_TEXT, "地点",     "Place",   REQUIRED, SEE_PUBLIC, NULL, .max = 100},
    {AT(ShowingAdd, session_date), F_DATE, "展示日期", "Date",    REQUIRED, SEE_PUBLIC, NULL},
};

static const Field id_fields[] = {
    {AT(ShowingId, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};

static const Field cancel_fields[] = {
    {AT(ShowingCancel, id),     F_REF,  "编号",     "No.",    REQUIRED, SEE_PUBLIC, NULL},
    {AT(ShowingCancel, reason), F_TEXT, "取消原因", "Reason", REQUIRED, SEE_PUBLIC, NULL, .max = 200},
};

static const Field query_fields[] = {
    {AT(ShowingQuery, state), F_TEXT, "状态", "State", 0, SEE_PUBLIC, NULL, .max = 20},
    {AT(ShowingQuery, page),  F_INT,  "页",   "Page",  0, SEE_PUBLIC, NULL},
};

static const Op ops[] = {
    {"showing.add",    "安排现场展示", "Arrange a showing", OP_WRITE, 0, WHO_OPERATOR, OP_IN(ShowingAdd, add_fields), NULL, add_run, NULL, "A listing or a need on a stage, with its other side."},
    {"showing.ask",    "征求双方同意", "Ask both sides",    OP_WRITE, 0, WHO_OPERATOR, OP_IN(ShowingId, id_fields), NULL, act_run, NULL, NULL},
    {"showing.ready",  "文件已齐，确认展示", "Confirm: all is signed", OP_WRITE, 0, WHO_OPERATOR, OP_IN(ShowingId, id_fields), NULL, act_run, NULL, "Refused while one side has not signed consent and disclaimer."},
    {"showing.hold",   "记为已展示",   "Mark as shown",     OP_WRITE, 0, WHO_OPERATOR, OP_IN(ShowingId, id_fields), NULL, act_run, NULL, NULL},
    {"showing.reopen", "重新征求同意", "Ask again",         OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(ShowingId, id_fields), NULL, act_run, NULL, NULL},
    {"showing.cancel", "取消",         "Cancel",            OP_WRITE, OP_DANGER, WHO_OPERATOR, OP_IN(ShowingCancel, cancel_fields), NULL, cancel_run, NULL, NULL},
    {"showing.list",   "现场展示",     "Showings",          OP_READ,  0, WHO_SIGNED, OP_IN(ShowingQuery, query_fields), NULL, list_run, NULL, NULL},
    {"showing.show",   "展示详情",     "Showing",           OP_READ,  0, WHO_SIGNED, OP_IN(ShowingId, id_fields), NULL, show_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&showing_type};
static const Flow *const flows[] = {&showing_flow};

const Room showing_room = {
    .name = "showing",
    .types = types,
    .type_count = COUNT(types),
    .flows = flows,
    .flow_count = COUNT(flows),
    .ops = ops,
    .op_count = COUNT(ops),
};
