/* Self-registration of units, and its vetting. */
#include "people/people_int.h"

#include "command/settings.h"
#include "ident/unit_codes.h"

#include <string.h>

enum { CLAIM_BYTES = 10, CLAIM_GROUP = 4, LOGIN_HEAD = 28, NAMES_TOLD = 3, LIST_SIZE = 100 };

typedef struct JoiningIn {
    Str claim;
    Str name;
    Str code;
    Str kind;
    Str division;
    Str city;
    Str supervisor;
    Str person;
    Str phone;
    Str email;
    Str login;
    Str password;
    Str encoded; /* Made by prepare. */
} JoiningIn;

// clang-format off
#define JOINING_ROWS(must) \
    {AT(JoiningIn, name),       F_TEXT,   "单位名称", "Name of the unit", must, SEE_PUBLIC, NULL, .min = 2, .max = 100, .help_zh = "与证照一致的全称；自然人填写本人姓名。", .help_en = "In full, as on the certificate; a natural person gives his own name."}, \
    {AT(JoiningIn, kind),       F_CODE,   "单位类型", "Kind", must, SEE_PUBLIC, NULL, .codes = &joining_kinds}, \
    {AT(JoiningIn, code),       F_TEXT,   "统一社会信用代码", "Credit code", 0, SEE_PUBLIC, NULL, .max = 40, .help_zh = "18 位，含校验位；自然人和没有代码的非法人组织不填。", .help_en = "18 characters with their check; none for a natural person or a body without one."}, \
    {AT(JoiningIn, division),   F_TEXT,   "行政区划代码", "Division code", 0, SEE_PUBLIC, NULL, .max = 12, \
     .help_zh = "6 位（GB/T 2260），不填则取信用代码第 3 至 8 位；决定由哪一级主管部门受理。", .help_en = "6 digits (GB/T 2260); if empty, characters 3 to 8 of the credit code. It decides which department vets."}, \
    {AT(JoiningIn, city),       F_TEXT,   "所在城市", "City", 0, SEE_PUBLIC, NULL, .max = 40}, \
    {AT(JoiningIn, supervisor), F_TEXT,   "主管部门", "Supervising body", 0, SEE_PUBLIC, NULL, .max = 100, .help_zh = "部属、省属单位填写主管部门全称；没有则不填。", .help_en = "In full, for units under a ministry or province; else leave empty."}, \
    {AT(JoiningIn, person),     F_TEXT,   "联系人姓名", "Contact person", (must) | PERSONAL, SEE_PUBLIC, NULL, .max = 40}, \
    {AT(JoiningIn, phone),      F_TEXT,   "联系电话", "Telephone", (must) | PERSONAL, SEE_PUBLIC, NULL, .max = 20, .help_zh = "手机号，或带区号的座机号。", .help_en = "A mobile number, or one with its area code."}, \
    {AT(JoiningIn, email),      F_TEXT,   "电子邮箱", "E-mail", PERSONAL, SEE_PUBLIC, NULL, .max = 100}, \
    {AT(JoiningIn, login),      F_TEXT,   "登录名", "Login", must, SEE_PUBLIC, NULL, .min = 3, .max = 40, .help_zh = "字母、数字和 . _ - @，3 至 40 个字符；审核通过后用它登录。", .help_en = "Letters, digits and . _ - @, 3 to 40; you sign in with it once approved."}, \
    {AT(JoiningIn, password),   F_SECRET, "密码", "Password", must, SEE_NOBODY, NULL, .max = 200}

static const Field apply_fields[] = {
    JOINING_ROWS(REQUIRED),
};

static const Field resubmit_fields[] = {
    {AT(JoiningIn, claim), F_SECRET, "受理码", "Claim code", REQUIRED, SEE_NOBODY, NULL, .max = 60},
    JOINING_ROWS(0),
};
// clang-format on

/* ---- what is given ---- */

/* Puts the error of a reader beside those already found, so that a form has them all at once. */
static void gather(Cx *cx, const char *field, ErrInfo before)
{
    ErrInfo found = cx->err;
    if (cx->err_count)
        cx->err = before;
    err_collect(cx, str_from(field), found.key, found.args[0]);
}

static bool has_no_code(Str kind)
{
    return str_same(kind, S("person")) || str_same(kind, S("unincorporated"));
}

static void read_codes(Cx *cx, JoiningIn *in)
{
    DivisionLevel level;
    ErrInfo before = cx->err;
    if (in->code.len && id_uscc_read(cx, "code", in->code, &in->code) != ERR_OK)
        gather(cx, "code", before);
    else if (!in->division.len && in->code.len)
        in->division = str_slice(in->code, 2, 8);
    before = cx->err;
    if (in->division.len &&
        id_division_read(cx, "division", in->division, &in->division, &level) != ERR_OK)
        gather(cx, "division", before);
}

/* Seven digits at least; the signs that stand in telephone numbers. */
static bool is_phone(Str s)
{
    size_t digits = 0;
    for (size_t i = 0; i < s.len; i++) {
        digits += s.data[i] >= '0' && s.data[i] <= '9';
        if (!strchr("0123456789-+() ", s.data[i]))
            return false;
    }
    return digits >= 7 && digits <= 15;
}

static bool is_login(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && !(c && strchr("._-@", c)))
            return false;
    }
    return true;
}

bool person_reach_check(Cx *cx, Str *phone, Str email, Str login)
{
    size_t before = cx->err_count;
    ErrInfo first = cx->err;
    if (phone->len && id_mobile_read(cx, "phone", *phone, phone) != ERR_OK) {
        cx->err = first;
        *phone = fold_width(cx->arena, *phone);
        if (!is_phone(*phone))
            err_collect(cx, S("phone"), "people.phone_form", S(""));
    }
    size_t at = str_find(email, S("@"));
    if (email.len && (at == 0 || at + 3 > email.len || str_has(email, S(" ")) ||
                      !str_has(str_slice(email, at, email.len), S("."))))
        err_collect(cx, S("email"), "people.email_form", S(""));
    if (login.len && !is_login(login))
        err_collect(cx, S("login"), "people.login_form", S(""));
    return cx->err_count == before;
}

static Err joining_prepare(Cx *cx, void *arg)
{
    JoiningIn *in = arg;
    read_codes(cx, in);
    person_reach_check(cx, &in->phone, in->email, in->login);
    ErrInfo before = cx->err;
    if (in->password.len && !cx->err_count &&
        password_accept(cx, "password", in->login, in->password, &in->encoded) != ERR_OK)
        gather(cx, "password", before);
    return cx->err_count ? ERR_INPUT : ERR_OK;
}

/* ---- who decides ---- */

#define COVERS_PLACE                                                                               \
    "(o.level = 'national' OR (o.level = 'province' AND SUBSTR(o.division, 1, 2) = ?2) OR "        \
    "(o.level = 'city' AND SUBSTR(o.division, 1, 4) = ?3) OR "                                     \
    "(o.level = 'county' AND o.division = ?4))"

/* A department counts that has somebody to decide. */
static Err find_desk(Cx *cx, const Joining *joining, Str *ret)
{
    i64 covering = 0;
    Err e = DB_INT(cx, &covering, 0,
                   "SELECT COUNT(*) FROM org o WHERE o.kind = 'department' AND o.line IN "
                   "('science', 'ip') AND o.left_ms = 0 AND (o.id = ?1 OR " COVERS_PLACE
                   ") AND EXISTS (SELECT 1 FROM account a JOIN role_grant g ON "
                   "g.account_id = a.id WHERE a.org_id = o.id AND a.closed = 0 AND "
                   "g.role = 'department' AND g.from_ms <= ?5 AND "
                   "(g.until_ms = 0 OR g.until_ms > ?5))",
                   BIND_INT(joining->supervisor_id), BIND_STR(str_slice(joining->division, 0, 2)),
                   BIND_STR(str_slice(joining->division, 0, 4)), BIND_STR(joining->division),
                   BIND_INT(clock_now_ms(cx->clock)));
    if (!e)
        *ret = covering ? S("department") : S("operator");
    return e;
}

/* Of a department that vets: where it reaches, as a pattern of divisions; '' for nowhere. */
static Err reach_of_actor(Cx *cx, Str *ret_pattern)
{
    Org org = {0};
    *ret_pattern = S("");
    if (!(cx->actor.roles & WHO_DEPARTMENT) || !cx->actor.org_id)
        return ERR_OK;
    Err e = record_load(cx, &org_type, cx->actor.org_id, &org);
    if (e || (!str_same(org.line, S("science")) && !str_same(org.line, S("ip"))))
        return e;
    static const struct {
        const char *level;
        size_t digits;
    } levels[] = {{"national", 0}, {"province", 2}, {"city", 4}, {"county", 6}};
    for (size_t i = 0; i < COUNT(levels); i++)
        if (str_same_z(org.level, levels[i].level))
            *ret_pattern = str_format(cx->arena, "%.*s%%",
                                      STR_ARG(str_slice(org.division, 0, levels[i].digits)));
    return ERR_OK;
}

/* What the actor is to this application: held roles and WHO_ABOVE; the operator's role counts only
 * where the decision is his. `*ret_knows`: may see it at all. */
static Err who_vets(Cx *cx, const Joining *joining, unsigned *ret, bool *ret_knows)
{
    Str pattern, desk;
    unsigned who = who_of(cx, 0, false);
    Err e = reach_of_actor(cx, &pattern);
    if (!e)
        e = find_desk(cx, joining, &desk);
    if (e)
        return e;
    if (pattern.len && (cx->actor.roles & WHO_DEPARTMENT))
        who |= place_relation(cx, joining->division, joining->supervisor_id);
    *ret_knows = (who & (WHO_ABOVE | WHO_OPERATOR | WHO_LOCAL)) != 0;
    if (!str_same(desk, S("operator")) && !str_same(joining->desk, S("operator")))
        who &= ~(unsigned)WHO_OPERATOR;
    *ret = who;
    return ERR_OK;
}

static Err load_known(Cx *cx, i64 id, Joining *ret, unsigned *ret_who)
{
    bool knows = false;
    Err e = record_load(cx, &joining_type, id, ret);
    if (!e)
        e = who_vets(cx, ret, ret_who, &knows);
    if (!e && !knows)
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                        str_from(cx->lang == LANG_EN ? joining_type.en : joining_type.zh));
    return e;
}

/* ---- joining.apply, joining.resubmit, joining.status ---- */

/* 3f2a-91bc-...: told once; the store keeps its hash. */
static Str claim_make(Cx *cx)
{
    Str hex = chance_token(cx->chance, cx->arena, CLAIM_BYTES);
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < hex.len; i++) {
        if (i && i % CLAIM_GROUP == 0)
            buf_char(&out, '-');
        buf_char(&out, hex.data[i]);
    }
    return buf_str(&out);
}

static Str claim_hash(Cx *cx, Str claim)
{
    Str plain = code_compact(cx->arena, code_clean(cx->arena, claim));
    return secret_hash(cx->arena, str_lower(cx->arena, plain));
}

/* The unit of this code when it takes part: it has not left, and somebody can sign in for it. */
static Err member_of_code(Cx *cx, Str code, Org *ret, bool *ret_member)
{
    i64 accounts = 0;
    *ret = (Org){0};
    *ret_member = false;
    if (!code.len)
        return ERR_OK;
    Err e = org_by_code(cx, code, ret);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    if (!e)
        e = DB_INT(cx, &accounts, 0,
                   "SELECT COUNT(*) FROM account WHERE org_id = ?1 AND closed = 0",
                   BIND_INT(ret->id));
    *ret_member = !e && accounts && !ret->left_ms;
    return e;
}

/* A code once, as member and as applicant. Nothing is said of who has it. */
static Err code_free(Cx *cx, const Joining *joining)
{
    Org org;
    bool member;
    i64 waiting = 0;
    Err e = member_of_code(cx, joining->code, &org, &member);
    if (!e && member)
        return err_set(cx, ERR_CONFLICT, "code", "people.code_member");
    if (!e)
        e = DB_INT(cx, &waiting, 0,
                   "SELECT COUNT(*) FROM joining WHERE code = ?1 AND code <> '' AND id <> ?2 AND "
                   "state IN (0, 1)",
                   BIND_STR(joining->code), BIND_INT(joining->id));
    if (!e && waiting)
        return err_set(cx, ERR_CONFLICT, "code", "people.code_applied");
    return e;
}

static Err find_supervisor(Cx *cx, Joining *joining)
{
    joining->supervisor_id = 0;
    if (!joining->supervisor.len)
        return ERR_OK;
    return DB_INT(cx, &joining->supervisor_id, 0,
                  "SELECT id FROM org WHERE name = ?1 AND kind = 'department' AND left_ms = 0 "
                  "ORDER BY id LIMIT 1",
                  BIND_STR(joining->supervisor));
}

/* What is so by rule of a whole application. */
static Err complete(Cx *cx, Joining *joining)
{
    if (!joining->code.len && !has_no_code(joining->kind))
        return err_set(cx, ERR_INPUT, "code", "people.code_missing");
    if (!joining->division.len)
        return err_set(cx, ERR_INPUT, "division", "people.division_missing");
    Err e = code_free(cx, joining);
    if (!e)
        e = find_supervisor(cx, joining);
    return e ? e : find_desk(cx, joining, &joining->desk);
}

static Err joining_apply_run(Cx *cx, const void *arg, Val **ret)
{
    const JoiningIn *in = arg;
    Str claim = claim_make(cx);
    Joining joining = {
        .code = in->code,
        .name = in->name,
        .kind = in->kind,
        .division = in->division,
        .city = in->city,
        .supervisor = in->supervisor,
        .person = in->person,
        .phone = in->phone,
        .email = in->email,
        .login = in->login,
        .password = in->encoded,
        .claim_hash = claim_hash(cx, claim),
    };
    Err e = complete(cx, &joining);
    if (!e)
        e = fact_create(
            cx, &joining_type, &joining,
            (FactNote){.kind = "joining.applied", .code = str_z(cx->arena, joining.kind)});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", joining.id);
    val_set_str(cx->arena, *ret, "claim", claim);
    val_set_str(cx->arena, *ret, "name", joining.name);
    val_set_str(cx->arena, *ret, "desk", joining.desk);
    return ERR_OK;
}

static Err by_claim(Cx *cx, Str claim, Joining *ret)
{
    Err e = RECORD_FIND(cx, &joining_type, ret, "WHERE claim_hash = ?1 AND claim_hash <> ''",
                        BIND_STR(claim_hash(cx, claim)));
    if (e != ERR_MISSING)
        return e;
    err_clear(cx);
    return err_set(cx, ERR_INPUT, "claim", "people.no_such_claim");
}

static void take(Str *member, Str given)
{
    if (given.len)
        *member = given;
}

static Err joining_resubmit_run(Cx *cx, const void *arg, Val **ret)
{
    const JoiningIn *in = arg;
    Joining joining = {0};
    i64 to;
    Err e = by_claim(cx, in->claim, &joining);
    if (!e)
        e = flow_step(cx, &joining_flow, joining.state, "resubmit", WHO_SELF, &joining, &to);
    if (e)
        return e;
    take(&joining.name, in->name);
    take(&joining.kind, in->kind);
    take(&joining.code, in->code);
    take(&joining.division, in->division);
    take(&joining.city, in->city);
    take(&joining.supervisor, in->supervisor);
    take(&joining.person, in->person);
    take(&joining.phone, in->phone);
    take(&joining.email, in->email);
    take(&joining.login, in->login);
    take(&joining.password, in->encoded);
    e = complete(cx, &joining);
    joining.state = to;
    if (!e)
        e = fact_change(cx, &joining_type, &joining, (FactNote){.kind = "joining.resubmitted"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", joining.id);
    val_set_str(cx->arena, *ret, "desk", joining.desk);
    return ERR_OK;
}

typedef struct ClaimIn {
    Str claim;
} ClaimIn;

static const Field claim_fields[] = {
    {AT(ClaimIn, claim), F_SECRET, "受理码", "Claim code", REQUIRED, SEE_NOBODY, NULL, .max = 60},
};

/* The code is the key to it; what is about the person stays masked. */
static Err joining_status_run(Cx *cx, const void *arg, Val **ret)
{
    Joining joining = {0};
    Account account = {0};
    Err e = by_claim(cx, ((const ClaimIn *)arg)->claim, &joining);
    if (!e && joining.account_id)
        e = record_load(cx, &account_type, joining.account_id, &account);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "joining", record_val(cx, &joining_type, &joining, SEE_PARTY));
    val_set_str(cx->arena, *ret, "login", account.login);
    val_set_bool(cx->arena, *ret, "can_resubmit", joining.state == JOINING_RETURNED);
    val_set(cx->arena, *ret, "stepper", flow_stepper(cx, &joining_flow, joining.state));
    return ERR_OK;
}

/* ---- vetting ---- */

/* The unit, made or taken up again. */
static Err make_org(Cx *cx, const Joining *joining, i64 *ret_id)
{
    Org org;
    bool member;
    Err e = member_of_code(cx, joining->code, &org, &member);
    if (!e && member)
        return err_set_arg(cx, ERR_CONFLICT, NULL, "people.member_meanwhile", joining->name);
    if (e)
        return e;
    bool there = org.id != 0; /* An import has named it, or it comes back. */
    org.code = joining->code;
    org.name = joining->name;
    org.kind = joining->kind;
    org.division = joining->division;
    take(&org.city, joining->city);
    org.supervisor_id = joining->supervisor_id;
    org.left_ms = 0;
    e = there ? fact_change(cx, &org_type, &org, (FactNote){.kind = "org.joined"})
              : fact_create(cx, &org_type, &org, (FactNote){.kind = "org.added"});
    org_tree_forget(house_of(cx)->orgs);
    *ret_id = org.id;
    return e;
}

/* The login asked for; with the application's number behind it when somebody has it: an applicant
 * is not told which logins exist. */
static Err free_login(Cx *cx, Str asked, i64 joining_id, Str *ret)
{
    i64 taken = 0;
    Str login = asked;
    Err e = login_taken(cx, login, &taken);
    if (!e && taken) {
        login = str_format(cx->arena, "%.*s-%lld", STR_ARG(utf8_head(asked, LOGIN_HEAD)),
                           (long long)joining_id);
        e = login_taken(cx, login, &taken);
    }
    if (!e && taken)
        return err_set_arg(cx, ERR_CONFLICT, "login", "ident.login_there", login);
    if (!e)
        *ret = login;
    return e;
}

static Err approve(Cx *cx, Joining *joining)
{
    AccountNew new = {.name = joining->person,
                      .email = joining->email,
                      .phone = joining->phone,
                      .roles = roles_of_kind(joining->kind),
                      .encoded = joining->password};
    Err e = free_login(cx, joining->login, joining->id, &new.login);
    if (!e)
        e = make_org(cx, joining, &new.org_id);
    if (!e)
        e = account_make(cx, &new, &joining->account_id);
    joining->org_id = new.org_id;
    joining->person = joining->phone = joining->email = S(""); /* They live on in the account. */
    return e;
}

static const struct {
    const char *action, *fact;
} vet_facts[] = {{"approve", "joining.approved"},
                 {"return", "joining.returned"},
                 {"reject", "joining.rejected"}};

static const char *vet_fact(const char *action)
{
    size_t i = 0;
    while (strcmp(vet_facts[i].action, action) != 0)
        i++;
    return vet_facts[i].fact;
}

static Err vet_one(Cx *cx, i64 id, const char *action, Str reason, Str *ret_name)
{
    Joining joining = {0};
    unsigned who = 0;
    i64 to;
    Err e = load_known(cx, id, &joining, &who);
    *ret_name = joining.name;
    if (!e)
        e = flow_step(cx, &joining_flow, joining.state, action, who, &joining, &to);
    if (!e && to == JOINING_APPROVED)
        e = approve(cx, &joining);
    if (e)
        return e;
    joining.state = to;
    joining.reason = reason;
    joining.decided_by = cx->actor.account_id;
    joining.decided_ms = clock_now_ms(cx->clock);
    if (to != JOINING_RETURNED) /* The password has its account, or is wanted no more. */
        joining.password = S("");
    return fact_change(cx, &joining_type, &joining,
                       (FactNote){.kind = vet_fact(action), .other_id = joining.org_id});
}

/* Rows that cannot be done now, told one by one while the others are done. */
typedef struct Refused {
    Val *list;
    Str names[NAMES_TOLD];
    size_t count;
} Refused;

static void add_refused(Cx *cx, Refused *refused, i64 id, Str name)
{
    Val *row = val_map(cx->arena);
    Str why = text_say(cx->arena, cx->lang, cx->err.key, cx->err.args, ERR_ARGS_MAX);
    val_set_int(cx->arena, row, "id", id);
    val_set_str(cx->arena, row, "name", name);
    val_set_z(cx->arena, row, "key", cx->err.key);
    val_set_str(cx->arena, row, "why", why);
    val_push(cx->arena, refused->list, row);
    if (refused->count < NAMES_TOLD)
        refused->names[refused->count] =
            str_format(cx->arena, "%.*s（%.*s）", STR_ARG(name), STR_ARG(why));
    refused->count++;
}

static Val *vet_reply(Cx *cx, const Refused *refused, size_t done)
{
    Val *map = val_map(cx->arena);
    size_t told = refused->count < NAMES_TOLD ? refused->count : NAMES_TOLD;
    Str args[] = {str_format(cx->arena, "%zu", done), str_format(cx->arena, "%zu", refused->count),
                  str_join(cx->arena, refused->names, told, S("；"))};
    val_set_int(cx->arena, map, "count", (i64)done);
    val_set(cx->arena, map, "refused", refused->list);
    val_set_bool(cx->arena, map, "ok", refused->count == 0);
    val_set_str(cx->arena, map, "message",
                refused->count ? text_say(cx->arena, cx->lang, "people.some_refused", args, 3)
                               : S(""));
    return map;
}

/* Whether the others may still be done: nothing was written for this one. */
static bool only_this_row(Err e)
{
    return e == ERR_STATE || e == ERR_CONFLICT || e == ERR_DENIED || e == ERR_MISSING;
}

static Err joining_vet_run(Cx *cx, const void *arg, Val **ret)
{
    const IdsReason *in = arg;
    const char *action = strchr(cx->doing, '.') + 1;
    Refused refused = {.list = val_list(cx->arena)};
    i64 *ids;
    size_t count, done = 0;
    Err e = refs_read(cx, in->ids, "ids", &ids, &count);
    for (size_t i = 0; !e && i < count; i++) {
        Str name = S("");
        e = vet_one(cx, ids[i], action, in->reason, &name);
        done += !e;
        if (count > 1 && only_this_row(e)) {
            add_refused(cx, &refused, ids[i], name);
            err_clear(cx);
            e = ERR_OK;
        }
    }
    if (!e)
        *ret = vet_reply(cx, &refused, done);
    return e;
}

// clang-format off
static const Field approve_fields[] = {
    {AT(IdsReason, ids), F_REFS, "申请", "Applications", REQUIRED, SEE_PUBLIC, NULL},
};

static const Field refuse_fields[] = {
    {AT(IdsReason, ids),    F_REFS, "申请", "Applications", REQUIRED, SEE_PUBLIC, NULL},
    {AT(IdsReason, reason), F_TEXT, "理由", "Reason",       REQUIRED, SEE_PUBLIC, NULL, .min = 2, .max = 200, .help_zh = "申请人会看到这段话：写明哪一项要改、怎样改。", .help_en = "The applicant reads this: say what to mend, and how."},
};
// clang-format on

/* ---- joining.list, joining.show ---- */

typedef struct JoiningQuery {
    Str state;
    Str kind;
    Str desk;
    Str q;
    i64 page;
    i64 size;
} JoiningQuery;

static const Field query_fields[] = {
    {AT(JoiningQuery, state), F_TEXT, "状态", "State", 0, SEE_PUBLIC, NULL, .max = 20},
    {AT(JoiningQuery, kind), F_CODE, "单位类型", "Kind", 0, SEE_PUBLIC, NULL,
     .codes = &joining_kinds},
    {AT(JoiningQuery, desk), F_CODE, "受理方", "Decided by", 0, SEE_PUBLIC, NULL,
     .codes = &joining_desks},
    {AT(JoiningQuery, q), F_TEXT, "关键词", "Words", 0, SEE_PUBLIC, NULL, .max = 100},
    {AT(JoiningQuery, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
    {AT(JoiningQuery, size), F_INT, "每页", "Rows a page", 0, SEE_PUBLIC, NULL, .max = 200},
};

#define SCOPE                                                                                      \
    "WHERE (?1 = 1 OR (?2 <> '' AND (division LIKE ?2 OR supervisor_id = ?3))) AND "               \
    "(?4 = '' OR desk = ?4) "
#define CHOSEN                                                                                     \
    SCOPE                                                                                          \
    "AND (?5 = -1 OR state = ?5) AND (name LIKE ?6 ESCAPE '\\' OR code LIKE ?6 ESCAPE '\\') "      \
    "AND (?7 = '' OR kind = ?7) "

enum { SCOPE_BINDS = 4, CHOSEN_BINDS = 7, QUERY_BINDS = 9 };

static Err fill_binds(Cx *cx, const JoiningQuery *in, PageAsk ask, Bind binds[QUERY_BINDS])
{
    Str pattern;
    bool all = (cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL)) != 0;
    i64 state = in->state.len ? flow_state_find(&joining_flow, in->state) : -1;
    Err e = reach_of_actor(cx, &pattern);
    const Bind made[QUERY_BINDS] = {BIND_INT(all),
                                    BIND_STR(pattern),
                                    BIND_INT(cx->actor.org_id),
                                    BIND_STR(in->desk),
                                    BIND_INT(in->state.len && state < 0 ? -2 : state),
                                    BIND_STR(like_words(cx->arena, in->q)),
                                    BIND_STR(in->kind),
                                    BIND_INT(ask.size),
                                    BIND_INT((ask.page - 1) * ask.size)};
    memcpy(binds, made, sizeof made);
    return e;
}

static Err count_states(Cx *cx, const Bind *binds, Val **ret)
{
    Rows rows;
    Val *counts = val_map(cx->arena);
    for (size_t i = 0; i < joining_flow.state_count; i++)
        val_set_int(cx->arena, counts, joining_flow.states[i].name, 0);
    Err e = db_query(cx, &rows, "SELECT state, COUNT(*) FROM joining " SCOPE "GROUP BY state",
                     binds, SCOPE_BINDS);
    if (e)
        return e;
    while (rows_next(&rows))
        val_set_int(cx->arena, counts, flow_state_name(&joining_flow, rows_int(&rows, 0)),
                    rows_int(&rows, 1));
    *ret = counts;
    return rows_end(&rows);
}

static Err joining_list_run(Cx *cx, const void *arg, Val **ret)
{
    const JoiningQuery *in = arg;
    PageAsk ask = page_ask_of(in->page, in->size ? in->size : LIST_SIZE);
    Bind binds[QUERY_BINDS];
    i64 total = 0, now_ms = clock_now_ms(cx->clock);
    Val *counts = NULL, *items = val_list(cx->arena);
    Rows rows;
    Err e = fill_binds(cx, in, ask, binds);
    if (!e)
        e = count_rows(cx, "SELECT COUNT(*) FROM joining " CHOSEN, binds, CHOSEN_BINDS, &total);
    if (!e)
        e = count_states(cx, binds, &counts);
    if (!e) /* Who has waited longest comes first. */
        e = record_query(cx, &joining_type, &rows,
                         CHOSEN "ORDER BY state, changed_ms, id LIMIT ?8 OFFSET ?9", binds,
                         QUERY_BINDS);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Joining joining = {0};
        record_read_row(cx, &joining_type, &rows, &joining);
        Val *row = record_val(cx, &joining_type, &joining, SEE_PARTY);
        val_set_int(cx->arena, row, "days", (now_ms - joining.changed_ms) / (24 * 3600 * 1000));
        val_push(cx->arena, items, row);
    }
    e = rows_end(&rows);
    if (e)
        return e;
    *ret = list_val(cx, items, total, ask.page, ask.size);
    val_set(cx->arena, *ret, "counts", counts);
    return ERR_OK;
}

typedef struct ShowIn {
    i64 id;
    i64 full;
} ShowIn;

static const Field show_fields[] = {
    {AT(ShowIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
    {AT(ShowIn, full), F_BOOL, "显示联系方式", "Show contacts in full", 0, SEE_PUBLIC, NULL},
};

/* What deserves a look before the decision. */
static Err add_hints(Cx *cx, const Joining *joining, Val *map)
{
    Org org;
    bool member;
    i64 same_name = 0;
    Val *hints = val_map(cx->arena);
    bool moved = joining->code.len && !str_same(str_slice(joining->code, 2, 8), joining->division);
    Err e = member_of_code(cx, joining->code, &org, &member);
    if (!e)
        e = DB_INT(cx, &same_name, 0, "SELECT id FROM org WHERE name = ?1 AND id <> ?2",
                   BIND_STR(joining->name), BIND_INT(joining->org_id));
    val_set_bool(cx->arena, hints, "code_there", org.id && org.id != joining->org_id && !member);
    val_set_bool(cx->arena, hints, "member", member && org.id != joining->org_id);
    val_set_int(cx->arena, hints, "same_name", same_name);
    val_set_bool(cx->arena, hints, "other_place", moved);
    val_set_bool(cx->arena, hints, "no_code", !joining->code.len);
    val_set_bool(cx->arena, hints, "supervisor_unknown",
                 joining->supervisor.len && !joining->supervisor_id);
    val_set(cx->arena, map, "hints", hints);
    return e;
}

/* The next one that waits, so that a desk goes from one to the other. */
static Err add_next(Cx *cx, i64 id, Val *map)
{
    const JoiningQuery any = {0};
    Bind binds[QUERY_BINDS];
    i64 next = 0;
    Err e = fill_binds(cx, &any, (PageAsk){1, 1}, binds);
    binds[4] = BIND_INT(id);
    if (!e)
        e = db_int(cx,
                   "SELECT id FROM joining " SCOPE "AND state = 0 AND id <> ?5 "
                   "ORDER BY changed_ms, id LIMIT 1",
                   binds, 5, 0, &next);
    val_set_int(cx->arena, map, "next_id", next);
    return e;
}

static Err joining_show_run(Cx *cx, const void *arg, Val **ret)
{
    const ShowIn *in = arg;
    Joining joining = {0};
    unsigned who = 0;
    Val *history = NULL, *map = val_map(cx->arena);
    Err e = load_known(cx, in->id, &joining, &who);
    if (!e)
        e = history_val(cx, &joining_type, in->id, &history);
    if (!e)
        e = org_names_add(cx, history, "org_id", "actor");
    if (!e)
        e = add_hints(cx, &joining, map);
    if (!e)
        e = add_next(cx, in->id, map);
    if (e)
        return e;
    bool vets = (who & (WHO_ABOVE | WHO_OPERATOR | WHO_LOCAL)) != 0;
    val_set(cx->arena, map, "joining",
            record_val(cx, &joining_type, &joining, in->full && vets ? SEE_OWNER : SEE_PARTY));
    val_set_bool(cx->arena, map, "full", in->full && vets);
    val_set_bool(cx->arena, map, "can_full", vets);
    val_set(cx->arena, map, "acts", flow_acts(cx, &joining_flow, joining.state, who));
    val_set(cx->arena, map, "stepper", flow_stepper(cx, &joining_flow, joining.state));
    val_set(cx->arena, map, "history", history);
    *ret = map;
    return ERR_OK;
}

/* ---- joining.forget ---- */

enum { FORGET_AT_ONCE = 100, DAY_MS = 24 * 3600 * 1000 };

#define FORGOTTEN                                                                                  \
    "WHERE (state = ?1 AND decided_ms <> 0 AND decided_ms <= ?2 AND "                              \
    "(person <> '' OR phone <> '' OR email <> '' OR login <> '')) OR "                             \
    "(state = ?3 AND decided_ms <= ?4) "

/* Up to when it was decided, in ms: of those rejected, and of those returned. */
typedef struct Forget {
    i64 rejected_ms;
    i64 returned_ms;
} Forget;

/* What is about the applicant; of a natural person also the name of the unit, which is his. One
 * that was returned and has not come back in its time is closed as rejected in the same step. */
static Err forget_one(Cx *cx, Joining *joining)
{
    bool lapses = joining->state == JOINING_RETURNED;
    Err e = lapses ? flow_step(cx, &joining_flow, joining->state, "reject", WHO_CLOCK, joining,
                               &joining->state)
                   : ERR_OK;
    if (lapses) {
        joining->decided_by = 0;
        joining->decided_ms = clock_now_ms(cx->clock);
        joining->password = S("");
    }
    joining->person = joining->phone = joining->email = joining->login = S("");
    if (str_same(joining->kind, S("person")))
        joining->name = S("");
    return e ? e
             : fact_change(cx, &joining_type, joining,
                           (FactNote){.kind = lapses ? "joining.lapsed" : "joining.erased"});
}

static Err forget_job(Cx *cx, void *arg)
{
    const Forget *before = arg;
    Err e = ERR_OK;
    for (int i = 0; !e && i < FORGET_AT_ONCE; i++) {
        Joining joining = {0};
        e = RECORD_FIND(cx, &joining_type, &joining, FORGOTTEN "ORDER BY id LIMIT 1",
                        BIND_INT(JOINING_REJECTED), BIND_INT(before->rejected_ms),
                        BIND_INT(JOINING_RETURNED), BIND_INT(before->returned_ms));
        if (!e)
            e = forget_one(cx, &joining);
    }
    if (e != ERR_MISSING)
        return e;
    err_clear(cx);
    return ERR_OK;
}

/* The writer is asked only when there is something to do: this is looked for at every tick. */
static Err joining_forget_run(Cx *cx, const void *in, Val **ret)
{
    const Settings *settings = house_of(cx)->settings;
    i64 due = 0, now_ms = clock_now_ms(cx->clock);
    Forget before = {.rejected_ms = now_ms - settings->joining_keep_days * DAY_MS,
                     .returned_ms = now_ms - settings->joining_return_days * DAY_MS};
    (void)in;
    Err e = DB_INT(cx, &due, 0, "SELECT COUNT(*) FROM joining " FORGOTTEN,
                   BIND_INT(JOINING_REJECTED), BIND_INT(before.rejected_ms),
                   BIND_INT(JOINING_RETURNED), BIND_INT(before.returned_ms));
    if (!e && due)
        e = writer_run(house_of(cx)->writer, cx, forget_job, &before);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "count", due < FORGET_AT_ONCE ? due : FORGET_AT_ONCE);
    return ERR_OK;
}

#define DESKS (WHO_DEPARTMENT | WHO_OPERATOR | WHO_LOCAL)
// clang-format off
static const Op ops[] = {
    {"joining.apply",    "提交入驻申请", "Apply to join", OP_WRITE, 0, WHO_PUBLIC, OP_IN(JoiningIn, apply_fields), joining_prepare, joining_apply_run, NULL, "A unit applies for itself; the reply has its claim code, told once."},
    {"joining.resubmit", "重新提交",     "Submit again",  OP_WRITE, 0, WHO_PUBLIC, OP_IN(JoiningIn, resubmit_fields), joining_prepare, joining_resubmit_run, NULL, "After a return; what is left empty stays as it was."},
    {"joining.status",   "查询进度",     "Status",        OP_READ, OP_PLAIN, WHO_PUBLIC, OP_IN(ClaimIn, claim_fields), NULL, joining_status_run, NULL, NULL},
    {"joining.approve",  "同意入驻",     "Approve",       OP_WRITE, 0, DESKS, OP_IN(IdsReason, approve_fields), NULL, joining_vet_run, NULL, "Makes the unit and its first account. Of several, those that cannot be done are named and the others done."},
    {"joining.return",   "退回修改",     "Return",        OP_WRITE, 0, DESKS, OP_IN(IdsReason, refuse_fields), NULL, joining_vet_run, NULL, NULL},
    {"joining.reject",   "不予入驻",     "Reject",        OP_WRITE, OP_DANGER, DESKS, OP_IN(IdsReason, refuse_fields), NULL, joining_vet_run, NULL, NULL},
    {"joining.forget",   "清除申请人信息", "Forget applicants", OP_STEPS, OP_LOCAL_ONLY, WHO_CLOCK | WHO_LOCAL, OP_IN_NONE, NULL, joining_forget_run, NULL,
     "Erases the contact data of those rejected more than joining_keep_days ago; closes and erases those returned joining_return_days ago."},
    {"joining.list",     "入驻申请",     "Applications to join", OP_READ, 0, DESKS, OP_IN(JoiningQuery, query_fields), NULL, joining_list_run, NULL, NULL},
    {"joining.show",     "入驻申请",     "Application",   OP_READ, 0, DESKS, OP_IN(ShowIn, show_fields), NULL, joining_show_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&joining_type};
static const Flow *const flows[] = {&joining_flow};
static const CodeList *const codes[] = {&joining_kinds, &joining_desks};

const Room joining_room = {
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
