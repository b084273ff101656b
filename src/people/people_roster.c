/* Rosters, and the people that units nominate for them. */
#include "people/people_int.h"

#include "consent/consent.h"

#include <string.h>

enum { MEMBERS_MAX = 500 };

#define NOMINATORS (WHO_LIAISON | WHO_OFFICE | WHO_LOCAL)
#define ROSTERERS  (WHO_OPERATOR | WHO_DEPARTMENT | WHO_LOCAL)

/* ---- roster ---- */

typedef struct RosterIn {
    Str kind;
    Str name;
    i64 year;
    Str intro;
    i64 until_date;
} RosterIn;

static const Field roster_in_fields[] = {
    {AT(RosterIn, kind), F_CODE, "名册类别", "Kind", REQUIRED, SEE_PUBLIC, NULL,
     .codes = &roster_kinds},
    {AT(RosterIn, name), F_TEXT, "名称", "Name", REQUIRED, SEE_PUBLIC, NULL, .min = 2, .max = 100},
    {AT(RosterIn, year), F_INT, "年度", "Year", REQUIRED, SEE_PUBLIC, NULL, .min = 2000,
     .max = 2199},
    {AT(RosterIn, intro), F_PROSE, "说明", "About", 0, SEE_PUBLIC, NULL, .max = 2000},
    {AT(RosterIn, until_date), F_DATE, "推荐截止", "Nominations until", 0, SEE_PUBLIC, NULL},
};

static Err roster_add_run(Cx *cx, const void *arg, Val **ret)
{
    const RosterIn *in = arg;
    i64 there = 0;
    Roster roster = {.org_id = cx->actor.org_id,
                     .kind = in->kind,
                     .name = in->name,
                     .year = in->year,
                     .intro = in->intro,
                     .until_date = in->until_date};
    Err e = DB_INT(cx, &there, 0,
                   "SELECT id FROM roster WHERE org_id = ?1 AND kind = ?2 AND year = ?3 AND "
                   "name = ?4",
                   BIND_INT(roster.org_id), BIND_STR(roster.kind), BIND_INT(roster.year),
                   BIND_STR(roster.name));
    if (!e && there)
        return err_set(cx, ERR_CONFLICT, "name", "people.roster_there");
    if (!e)
        e = fact_create(cx, &roster_type, &roster, (FactNote){.kind = "roster.added"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", roster.id);
    return ERR_OK;
}

typedef struct RosterQuery {
    Str kind;
    i64 year;
    i64 page;
} RosterQuery;

static const Field roster_query_fields[] = {
    {AT(RosterQuery, kind), F_CODE, "名册类别", "Kind", 0, SEE_PUBLIC, NULL,
     .codes = &roster_kinds},
    {AT(RosterQuery, year), F_INT, "年度", "Year", 0, SEE_PUBLIC, NULL},
    {AT(RosterQuery, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
};

static Err count_members(Cx *cx, Val *row)
{
    i64 confirmed = 0, waiting = 0, id = val_get_int(row, "id");
    Err e = DB_INT(cx, &confirmed, 0,
                   "SELECT COUNT(*) FROM roster_member WHERE roster_id = ?1 AND state = ?2",
                   BIND_INT(id), BIND_INT(MEMBER_CONFIRMED));
    if (!e)
        e = DB_INT(cx, &waiting, 0,
                   "SELECT COUNT(*) FROM roster_member WHERE roster_id = ?1 AND state = ?2",
                   BIND_INT(id), BIND_INT(MEMBER_NOMINATED));
    val_set_int(cx->arena, row, "confirmed", confirmed);
    val_set_int(cx->arena, row, "waiting", waiting);
    return e;
}

#define ROSTER_WHERE "WHERE (?1 = '' OR kind = ?1) AND (?2 = 0 OR year = ?2)"

static Err roster_list_run(Cx *cx, const void *arg, Val **ret)
{
    const RosterQuery *in = arg;
    i64 page = page_number(in->page), total = 0;
    Rows rows;
    Val *items = val_list(cx->arena);
    const Bind binds[] = {BIND_STR(in->kind), BIND_INT(in->year), BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
    Err e = count_rows(cx, "SELECT COUNT(*) FROM roster " ROSTER_WHERE, binds, 2, &total);
    if (!e)
        e = record_query(cx, &roster_type, &rows,
                         ROSTER_WHERE " ORDER BY year DESC, id DESC LIMIT ?3 OFFSET ?4", binds, 4);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Roster roster = {0};
        record_read_row(cx, &roster_type, &rows, &roster);
        val_push(cx->arena, items, record_val(cx, &roster_type, &roster, SEE_PUBLIC));
    }
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < val_count(items); i++)
        e = count_members(cx, val_at(items, i));
    if (!e)
        e = org_names_add(cx, items, "org_id", "org");
    if (!e)
        *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

/* ---- who is what to a member ---- */

/* WHO_OWNER: keeps the roster. WHO_PARTY: speaks for the unit that nominated. */
static Err who_member(Cx *cx, const RosterMember *member, const Roster *roster, unsigned *ret)
{
    unsigned who = who_of(cx, 0, false), keeper = who_of(cx, roster->org_id, false);
    bool staff = (cx->actor.roles & (WHO_LIAISON | WHO_OFFICE)) || cx->actor.via == VIA_LOCAL;
    if ((keeper & WHO_OWNER) && (cx->actor.roles & WHO_DEPARTMENT))
        who |= WHO_OWNER;
    if (staff && (who_of(cx, member->org_id, false) & WHO_OWNER))
        who |= WHO_PARTY;
    *ret = who;
    return ERR_OK;
}

/* Those who nominate see their own in full, those who keep the roster as parties. */
static See member_level(Cx *cx, const RosterMember *member, unsigned who)
{
    if (who & WHO_PARTY)
        return SEE_OWNER;
    if (member->account_id && member->account_id == cx->actor.account_id)
        return SEE_OWNER;
    if (who & (WHO_OPERATOR | WHO_LOCAL))
        return SEE_OPERATOR;
    if (who & WHO_OWNER)
        return SEE_PARTY;
    return see_level(cx, 0, false);
}

/* Who is not in the roster yet is between the two sides. */
static bool sees_member(const RosterMember *member, unsigned who)
{
    return member->state == MEMBER_CONFIRMED ||
           (who & (WHO_OWNER | WHO_PARTY | WHO_OPERATOR | WHO_LOCAL));
}

/* A list of the row's fields without this one. */
static void unlist(Cx *cx, Val *row, const char *key, const char *name)
{
    const Val *had = val_get(row, key);
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < val_count(had); i++)
        if (!str_same_z(val_at(had, i)->s, name))
            val_push(cx->arena, list, val_at(had, i));
    if (had)
        val_set(cx->arena, row, key, list);
}

/* A member of the roster is named to all while his own signed consent stands (PIPL 25). */
static Err put_named(Cx *cx, const RosterMember *member, Val *row)
{
    bool named = false;
    Err e = member->state == MEMBER_CONFIRMED && member->account_id
                ? consent_of_person(cx, "personal", member->account_id, &named)
                : ERR_OK;
    val_set_bool(cx->arena, row, "named", named);
    if (!named)
        return e;
    val_set_str(cx->arena, row, "person", member->person);
    unlist(cx, row, "_hidden", "person");
    unlist(cx, row, "_masked", "person");
    return ERR_OK;
}

static Err add_member(Cx *cx, const RosterMember *member, const Roster *roster, Val *list)
{
    unsigned who = 0;
    Err e = who_member(cx, member, roster, &who);
    if (e || !sees_member(member, who))
        return e;
    Val *row = record_val(cx, &roster_member_type, member, member_level(cx, member, who));
    e = put_named(cx, member, row);
    if (e)
        return e;
    val_set_bool(cx->arena, row, "can_reveal", /* record.reveal */
                 (who & (WHO_OWNER | WHO_OPERATOR)) && !(who & WHO_PARTY) && member->phone.len);
    val_set(cx->arena, row, "acts", flow_acts(cx, &member_flow, member->state, who));
    val_push(cx->arena, list, row);
    return ERR_OK;
}

static Err roster_show_run(Cx *cx, const void *arg, Val **ret)
{
    Roster roster = {0};
    Rows rows;
    Str org = S("");
    Val *map = val_map(cx->arena), *list = val_list(cx->arena);
    RosterMember *members = ARENA_NEW(cx->arena, RosterMember, MEMBERS_MAX);
    size_t count = 0;
    Err e = record_load(cx, &roster_type, ((const IdIn *)arg)->id, &roster);
    if (!e)
        e = org_name(cx, roster.org_id, &org);
    if (!e)
        e = RECORD_QUERY(cx, &roster_member_type, &rows,
                         "WHERE roster_id = ?1 AND state <> ?2 ORDER BY state, org_id, id "
                         "LIMIT ?3",
                         BIND_INT(roster.id), BIND_INT(MEMBER_ENDED), BIND_INT(MEMBERS_MAX));
    if (e)
        return e;
    while (count < MEMBERS_MAX && rows_next(&rows))
        record_read_row(cx, &roster_member_type, &rows, &members[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++)
        e = add_member(cx, &members[i], &roster, list);
    if (!e)
        e = org_names_add(cx, list, "org_id", "org");
    if (e)
        return e;
    Val *val = record_val(cx, &roster_type, &roster, SEE_PUBLIC);
    i64 today = time_date(clock_now_ms(cx->clock));
    bool open = !roster.until_date || roster.until_date >= today;
    val_set_str(cx->arena, val, "org", org);
    val_set_bool(cx->arena, val, "open", open);
    val_set(cx->arena, map, "roster", val);
    val_set(cx->arena, map, "members", list);
    val_set_bool(cx->arena, map, "can_nominate", open && (cx->actor.roles & NOMINATORS));
    *ret = map;
    return ERR_OK;
}

/* ---- member.* ---- */

typedef struct MemberIn {
    i64 id; /* Of a member sent back. */
    i64 roster_id;
    Str login; /* Of the person's account; '' for none. */
    Str person;
    Str post;
    Str title;
    Str department;
    Str field;
    Str service;
    Str phone;
    Str email;
} MemberIn;

// clang-format off
/* 《活动联络员及技术专家信息表》 */
#define MEMBER_ROWS \
    {AT(MemberIn, person),     F_TEXT,  "姓名", "Name", REQUIRED | PERSONAL, SEE_PUBLIC, NULL, .max = 40}, \
    {AT(MemberIn, department), F_TEXT,  "部门（院系）", "Department", 0, SEE_PUBLIC, NULL, .max = 100}, \
    {AT(MemberIn, post),       F_TEXT,  "职务", "Post", 0, SEE_PUBLIC, NULL, .max = 60}, \
    {AT(MemberIn, title),      F_TEXT,  "职称", "Title or degree", 0, SEE_PUBLIC, NULL, .max = 60, .help_zh = "在校研究生填写学历和年级。", .help_en = "Of a graduate student: degree and year."}, \
    {AT(MemberIn, field),      F_CODES, "专业领域", "Fields", REQUIRED, SEE_PUBLIC, NULL, .codes = &industry_fields}, \
    {AT(MemberIn, service),    F_TEXT,  "可提供的服务", "Services offered", 0, SEE_PUBLIC, NULL, .max = 300}, \
    {AT(MemberIn, phone),      F_TEXT,  "手机", "Mobile", REQUIRED | PERSONAL, SEE_PUBLIC, NULL, .max = 20}, \
    {AT(MemberIn, email),      F_TEXT,  "电子邮箱", "E-mail", PERSONAL, SEE_PUBLIC, NULL, .max = 100}, \
    {AT(MemberIn, login),      F_TEXT,  "平台登录名", "Login here", 0, SEE_PUBLIC, NULL, .max = 40, .help_zh = "有账号的填写，其办理的事项才能归到本人名下。", .help_en = "If there is one: what he does is then counted as his."}

static const Field nominate_fields[] = {
    {AT(MemberIn, roster_id), F_REF, "名册", "Roster", REQUIRED, SEE_PUBLIC, NULL, .ref = &roster_type},
    MEMBER_ROWS,
};
static const Field resubmit_fields[] = {
    {AT(MemberIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
    MEMBER_ROWS,
};
// clang-format on

static Err member_prepare(Cx *cx, void *arg)
{
    MemberIn *in = arg;
    return person_reach_check(cx, &in->phone, in->email, S("")) ? ERR_OK : ERR_INPUT;
}

/* An account of the unit that nominates, or below it. */
static Err find_account(Cx *cx, Str login, i64 org_id, i64 *ret_id)
{
    Account account = {0};
    *ret_id = 0;
    if (!login.len)
        return ERR_OK;
    Err e = RECORD_FIND(cx, &account_type, &account,
                        "WHERE login = ?1 AND login <> '' AND closed = 0", BIND_STR(login));
    bool own = !e && (account.org_id == org_id || (who_of(cx, account.org_id, false) & WHO_OWNER));
    if (e == ERR_MISSING || (!e && !own)) {
        err_clear(cx);
        return err_set(cx, ERR_INPUT, "login", "people.login_not_yours");
    }
    *ret_id = account.id;
    return e;
}

static void fill_member(RosterMember *member, const MemberIn *in, i64 account_id)
{
    member->account_id = account_id;
    member->person = in->person;
    member->post = in->post;
    member->title = in->title;
    member->department = in->department;
    member->field = in->field;
    member->service = in->service;
    member->phone = in->phone;
    member->email = in->email;
}

static Err nominate_run(Cx *cx, const void *arg, Val **ret)
{
    const MemberIn *in = arg;
    Roster roster = {0};
    i64 account_id = 0, there = 0;
    RosterMember member = {.roster_id = in->roster_id, .org_id = cx->actor.org_id};
    Err e = record_load(cx, &roster_type, in->roster_id, &roster);
    if (!e && roster.until_date && roster.until_date < time_date(clock_now_ms(cx->clock)))
        return err_set_arg(cx, ERR_STATE, NULL, "people.nominations_over",
                           date_format(cx->arena, roster.until_date));
    if (!e)
        e = find_account(cx, in->login, member.org_id, &account_id);
    if (!e)
        e = DB_INT(cx, &there, 0,
                   "SELECT COUNT(*) FROM roster_member WHERE roster_id = ?1 AND org_id = ?2 AND "
                   "phone = ?3 AND person = ?4 AND state <> ?5",
                   BIND_INT(roster.id), BIND_INT(member.org_id), BIND_STR(in->phone),
                   BIND_STR(in->person), BIND_INT(MEMBER_ENDED));
    if (!e && there)
        return err_set(cx, ERR_CONFLICT, "person", "people.member_there");
    fill_member(&member, in, account_id);
    if (!e)
        e = fact_create(cx, &roster_member_type, &member,
                        (FactNote){.kind = "member.nominated", .other_id = roster.id});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", member.id);
    return ERR_OK;
}

static const char *member_fact(const char *action)
{
    static const char *const facts[][2] = {{"confirm", "member.confirmed"},
                                           {"return", "member.returned"},
                                           {"resubmit", "member.resubmitted"},
                                           {"end", "member.ended"}};
    size_t i = 0;
    while (strcmp(facts[i][0], action) != 0)
        i++;
    return facts[i][1];
}

static Err step_member(Cx *cx, i64 id, const char *action, RosterMember *ret)
{
    Roster roster = {0};
    unsigned who = 0;
    i64 to;
    Err e = record_load(cx, &roster_member_type, id, ret);
    if (!e)
        e = record_load(cx, &roster_type, ret->roster_id, &roster);
    if (!e)
        e = who_member(cx, ret, &roster, &who);
    if (!e && !sees_member(ret, who))
        return err_set_arg(
            cx, ERR_MISSING, NULL, "record.missing",
            str_from(cx->lang == LANG_EN ? roster_member_type.en : roster_member_type.zh));
    if (!e)
        e = flow_step(cx, &member_flow, ret->state, action, who, ret, &to);
    if (!e)
        ret->state = to;
    return e;
}

static Err resubmit_run(Cx *cx, const void *arg, Val **ret)
{
    const MemberIn *in = arg;
    RosterMember member = {0};
    i64 account_id = 0;
    (void)ret;
    Err e = step_member(cx, in->id, "resubmit", &member);
    if (!e)
        e = find_account(cx, in->login, member.org_id, &account_id);
    fill_member(&member, in, account_id);
    return e ? e
             : fact_change(
                   cx, &roster_member_type, &member,
                   (FactNote){.kind = member_fact("resubmit"), .other_id = member.roster_id});
}

static Err member_act_run(Cx *cx, const void *arg, Val **ret)
{
    const IdsReason *in = arg;
    const char *action = strchr(cx->doing, '.') + 1;
    i64 *ids;
    size_t count;
    Err e = refs_read(cx, in->ids, "ids", &ids, &count);
    for (size_t i = 0; !e && i < count; i++) {
        RosterMember member = {0};
        e = step_member(cx, ids[i], action, &member);
        member.reason = in->reason;
        if (!e)
            e = fact_change(cx, &roster_member_type, &member,
                            (FactNote){.kind = member_fact(action), .other_id = member.roster_id});
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "count", (i64)count);
    return ERR_OK;
}

// clang-format off
static const Field ids_fields[] = {
    {AT(IdsReason, ids), F_REFS, "成员", "Members", REQUIRED, SEE_PUBLIC, NULL},
};
static const Field why_fields[] = {
    {AT(IdsReason, ids),    F_REFS, "成员", "Members", REQUIRED, SEE_PUBLIC, NULL},
    {AT(IdsReason, reason), F_TEXT, "理由", "Reason",  REQUIRED, SEE_PUBLIC, NULL, .min = 2, .max = 200},
};

static const Op ops[] = {
    {"roster.add",      "新建名册", "Add roster", OP_WRITE, 0, ROSTERERS, OP_IN(RosterIn, roster_in_fields), NULL, roster_add_run, NULL, NULL},
    {"roster.list",     "名册",     "Rosters",    OP_READ, 0, WHO_PUBLIC, OP_IN(RosterQuery, roster_query_fields), NULL, roster_list_run, NULL, NULL},
    {"roster.show",     "名册",     "Roster",     OP_READ, 0, WHO_PUBLIC, OP_IN(IdIn, people_id_fields), NULL, roster_show_run, NULL, NULL},
    {"member.nominate", "推荐人员", "Nominate",   OP_WRITE, 0, NOMINATORS, OP_IN(MemberIn, nominate_fields), member_prepare, nominate_run, "按《活动联络员及技术专家信息表》填写。", "The columns of the liaison and expert form."},
    {"member.resubmit", "重新推荐", "Nominate again", OP_WRITE, 0, NOMINATORS, OP_IN(MemberIn, resubmit_fields), member_prepare, resubmit_run, NULL, NULL},
    {"member.confirm",  "确认入册", "Confirm",    OP_WRITE, 0, ROSTERERS, OP_IN(IdsReason, ids_fields), NULL, member_act_run, NULL, NULL},
    {"member.return",   "退回修改", "Return",     OP_WRITE, 0, ROSTERERS, OP_IN(IdsReason, why_fields), NULL, member_act_run, NULL, NULL},
    {"member.end",      "退出名册", "Take off",   OP_WRITE, OP_DANGER, ROSTERERS | NOMINATORS, OP_IN(IdsReason, why_fields), NULL, member_act_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&roster_type, &roster_member_type};
static const Flow *const flows[] = {&member_flow};
static const CodeList *const codes[] = {&roster_kinds};

const Room roster_room = {
    .name = "people",
    .types = types,
    .type_count = COUNT(types),
    .flows = flows,
    .flow_count = COUNT(flows),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
