/* Experts and technology managers: profiles and certificates. */
#include "people/people_int.h"

#include "command/settings.h"
#include "consent/consent.h"

#define SPECIALISTS (WHO_EXPERT | WHO_MANAGER)

/* ---- profile.edit ---- */

typedef struct ProfileIn {
    Str kind;
    Str ipc;
    Str industry;
    Str title;
    Str employer;
    Str intro;
    Str conflicts;
    i64 visible;
    i64 named;
} ProfileIn;

// clang-format off
static const Field profile_in_fields[] = {
    {AT(ProfileIn, kind),      F_CODE,  "类别",     "Kind",         REQUIRED, SEE_PUBLIC, NULL, .codes = &profile_kinds},
    {AT(ProfileIn, industry),  F_CODES, "产业领域", "Industries",   REQUIRED, SEE_PUBLIC, NULL, .codes = &industry_fields},
    {AT(ProfileIn, ipc),       F_LIST,  "IPC 分类", "IPC classes",  0, SEE_PUBLIC, NULL, .help_zh = "用分号隔开，如 H01M；C08J 5/18。", .help_en = "With semicolons between, as H01M; C08J 5/18."},
    {AT(ProfileIn, title),     F_TEXT,  "职称",     "Title",        0, SEE_PUBLIC, NULL, .max = 40},
    {AT(ProfileIn, employer),  F_TEXT,  "工作单位", "Employer",     0, SEE_PUBLIC, NULL, .max = 100},
    {AT(ProfileIn, intro),     F_PROSE, "简介",     "About",        0, SEE_PUBLIC, NULL, .max = 2000},
    {AT(ProfileIn, conflicts), F_LIST,  "利害关系单位", "Declared conflicts", 0, SEE_PUBLIC, NULL, .help_zh = "任职、持股、顾问或近亲属任职的单位，用分号隔开；不公开，供安排评审时回避。", .help_en = "Units you or near family work for, own shares of or advise; not public, for recusal."},
    {AT(ProfileIn, visible),   F_BOOL,  "在专家与技术经理人名录中公开展示", "List me in public", 0, SEE_PUBLIC, NULL},
    {AT(ProfileIn, named),     F_BOOL,  "同意公开我的姓名（可随时撤回）", "I agree to be named in public (until I withdraw it)", 0, SEE_PUBLIC, NULL,
     .help_zh = "还须本人签署个人信息单独同意；签署以前和撤回以后只展示领域、职称和简介。", .help_en = "It takes your signed separate consent too; without it only fields, title and text are shown."},
};
// clang-format on

static Err find_own(Cx *cx, Profile *ret)
{
    return RECORD_FIND(cx, &profile_type, ret, "WHERE account_id = ?1 AND account_id <> 0",
                       BIND_INT(cx->actor.account_id));
}

/* A section, class or subclass, perhaps a group: H, H01, H01M, H01M 50/40. */
static bool is_ipc(Str s)
{
    size_t at = 0;
    if (!s.len || s.data[0] < 'A' || s.data[0] > 'H')
        return false;
    if (s.len == 1)
        return true;
    for (at = 1; at < s.len && at < 3; at++)
        if (s.data[at] < '0' || s.data[at] > '9')
            return false;
    if (s.len == 3)
        return true;
    if (s.len < 4 || s.data[3] < 'A' || s.data[3] > 'Z')
        return false;
    for (at = 4; at < s.len; at++)
        if (!(s.data[at] >= '0' && s.data[at] <= '9') && s.data[at] != '/' && s.data[at] != ' ')
            return false;
    return true;
}

static Err check_ipc(Cx *cx, Str list, Str *ret)
{
    Buf out = buf_new(cx->arena);
    Str rest = str_upper(cx->arena, fold_width(cx->arena, list)), part;
    while (str_split(&rest, ';', &part)) {
        part = str_trim(part);
        if (part.len && !is_ipc(part))
            return err_set_arg(cx, ERR_INPUT, "ipc", "people.ipc_form", part);
        if (part.len)
            buf_format(&out, "%s%.*s", out.len ? ";" : "", STR_ARG(part));
    }
    *ret = buf_str(&out);
    return ERR_OK;
}

/* The kind must be one that the account's roles say. */
static bool kind_held(const Cx *cx, Str kind)
{
    unsigned bit = str_same(kind, S("manager")) ? WHO_MANAGER : WHO_EXPERT;
    return (cx->actor.roles & bit) != 0;
}

static Err profile_edit_run(Cx *cx, const void *arg, Val **ret)
{
    const ProfileIn *in = arg;
    Profile profile = {0};
    if (!kind_held(cx, in->kind))
        return err_set(cx, ERR_INPUT, "kind", "people.not_your_kind");
    Err e = find_own(cx, &profile);
    bool made = e == ERR_MISSING;
    if (made) {
        err_clear(cx);
        e = ERR_OK;
    }
    profile.account_id = cx->actor.account_id;
    profile.org_id = cx->actor.org_id;
    profile.kind = in->kind;
    profile.industry = in->industry;
    profile.title = in->title;
    profile.employer = in->employer;
    profile.intro = in->intro;
    profile.conflicts = in->conflicts;
    profile.visible = in->visible;
    i64 agreed_ms = profile.named_ms ? profile.named_ms : clock_now_ms(cx->clock);
    profile.named_ms = in->named ? agreed_ms : 0;
    if (!e)
        e = check_ipc(cx, in->ipc, &profile.ipc);
    if (!e)
        e = made ? fact_create(cx, &profile_type, &profile, (FactNote){.kind = "profile.made"})
                 : fact_change(cx, &profile_type, &profile, (FactNote){.kind = "profile.edited"});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", profile.id);
    return ERR_OK;
}

/* ---- profile.show, profile.list ---- */

/* By name for himself and for the operator; for all others when he wants it and his signed consent
 * stands (PIPL 25), else by number. */
static Err put_name(Cx *cx, const Profile *profile, bool self, Val *map)
{
    Str name = S("");
    bool wants = profile->visible && profile->named_ms, signed_it = false;
    Err e = wants ? consent_of_person(cx, "personal", profile->account_id, &signed_it) : ERR_OK;
    bool named = self || (wants && signed_it);
    if (!e && (named || acts_for_exchange(cx)))
        e = account_name(cx, profile->account_id, &name);
    if (self)
        val_set_bool(cx->arena, map, "consent_wanted", wants && !signed_it);
    if (!e && !named && acts_for_exchange(cx)) {
        name = mask_personal(cx->arena, name);
        val_set_bool(cx->arena, map, "name_masked", true);
    }
    val_set_str(cx->arena, map, "name", name);
    return e;
}

Val *certificate_row(Cx *cx, const Certificate *one, See level)
{
    i64 today = time_date(clock_now_ms(cx->clock));
    i64 days = one->expires_date ? date_days(one->expires_date) - date_days(today) : 0;
    Val *row = record_val(cx, &certificate_type, one, level);
    val_set_bool(cx->arena, row, "expired", one->expires_date && days < 0);
    val_set_bool(cx->arena, row, "soon",
                 one->expires_date && days >= 0 &&
                     days <= house_of(cx)->settings->certificate_soon_days);
    val_set_int(cx->arena, row, "days_left", days > 0 ? days : 0);
    return row;
}

static Err certificates_of(Cx *cx, i64 profile_id, See level, Val **ret)
{
    Rows rows;
    *ret = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &certificate_type, &rows,
                         "WHERE profile_id = ?1 AND ended = 0 ORDER BY issued_date, id",
                         BIND_INT(profile_id));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Certificate one = {0};
        record_read_row(cx, &certificate_type, &rows, &one);
        val_push(cx->arena, *ret, certificate_row(cx, &one, level));
    }
    return rows_end(&rows);
}

static Err profile_show_run(Cx *cx, const void *arg, Val **ret)
{
    Profile profile = {0};
    i64 id = ((const IdIn *)arg)->id;
    Str org = S("");
    Val *certificates = NULL, *work = NULL, *map = val_map(cx->arena);
    Err e = id ? record_load(cx, &profile_type, id, &profile) : find_own(cx, &profile);
    bool self = !e && cx->actor.account_id && profile.account_id == cx->actor.account_id;
    if (!e && !self && !profile.visible && !acts_for_exchange(cx))
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? profile_type.en : profile_type.zh));
    if (e)
        return e;
    See level = self ? SEE_OWNER : acts_for_exchange(cx) ? SEE_OPERATOR : see_level(cx, 0, false);
    Val *val = record_val(cx, &profile_type, &profile, level);
    e = put_name(cx, &profile, self, val);
    if (!e)
        e = org_name(cx, profile.org_id, &org);
    if (!e)
        e = certificates_of(cx, profile.id, level, &certificates);
    if (!e)
        e = work_record(cx, profile.account_id, &work);
    if (e)
        return e;
    val_set_str(cx->arena, val, "org", org);
    val_set(cx->arena, map, "profile", val);
    val_set(cx->arena, map, "certificates", certificates);
    val_set(cx->arena, map, "work", work);
    val_set_bool(cx->arena, map, "mine", self);
    *ret = map;
    return ERR_OK;
}

typedef struct ProfileQuery {
    Str q;
    Str kind;
    Str industry;
    Str ipc;
    i64 page;
} ProfileQuery;

static const Field profile_query_fields[] = {
    {AT(ProfileQuery, q), F_TEXT, "关键词", "Words", 0, SEE_PUBLIC, NULL, .max = 100},
    {AT(ProfileQuery, kind), F_CODE, "类别", "Kind", 0, SEE_PUBLIC, NULL, .codes = &profile_kinds},
    {AT(ProfileQuery, industry), F_CODE, "产业领域", "Industry", 0, SEE_PUBLIC, NULL,
     .codes = &industry_fields},
    {AT(ProfileQuery, ipc), F_TEXT, "IPC 分类", "IPC class", 0, SEE_PUBLIC, NULL, .max = 20},
    {AT(ProfileQuery, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
};

/* The list is the public's: hidden people are in nobody's, and words are looked for in what all may
 * read, so that no answer tells a name. */
#define PROFILE_WHERE                                                                              \
    "WHERE visible = 1 AND (?1 = '' OR kind = ?1) AND (?2 = '' OR ',' || industry || ',' LIKE ?3)" \
    " AND (?4 = '' OR ipc LIKE ?5 ESCAPE '\\') AND (title LIKE ?6 ESCAPE '\\' OR "                 \
    "employer LIKE ?6 ESCAPE '\\' OR intro LIKE ?6 ESCAPE '\\' OR (named_ms <> 0 AND "             \
    "account_id IN (SELECT a.id FROM account a JOIN consent c ON c.account_id = a.id WHERE "       \
    "a.name LIKE ?6 ESCAPE '\\' AND c.kind = 'personal' AND c.withdrawn_ms = 0 AND "               \
    "(c.until_date = 0 OR c.until_date >= ?7))))"

static Err list_rows(Cx *cx, const Bind *binds, Val **ret)
{
    Rows rows;
    Profile *found = ARENA_NEW(cx->arena, Profile, PAGE_SIZE);
    size_t count = 0;
    *ret = val_list(cx->arena);
    Err e = record_query(cx, &profile_type, &rows, PROFILE_WHERE " ORDER BY id LIMIT ?8 OFFSET ?9",
                         binds, 9);
    if (e)
        return e;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &profile_type, &rows, &found[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        Val *row = record_val(cx, &profile_type, &found[i], see_level(cx, 0, false));
        e = put_name(cx, &found[i], false, row);
        val_push(cx->arena, *ret, row);
    }
    return e ? e : org_names_add(cx, *ret, "org_id", "org");
}

static Err profile_list_run(Cx *cx, const void *arg, Val **ret)
{
    const ProfileQuery *in = arg;
    i64 page = page_number(in->page), total = 0;
    Val *items = NULL;
    Str ipc = str_upper(cx->arena, fold_width(cx->arena, in->ipc));
    const Bind binds[] = {
        BIND_STR(in->kind),
        BIND_STR(in->industry),
        BIND_STR(str_format(cx->arena, "%%,%.*s,%%", STR_ARG(in->industry))),
        BIND_STR(ipc),
        BIND_STR(like_words(cx->arena, ipc)),
        BIND_STR(like_words(cx->arena, in->q)),
        BIND_INT(time_date(clock_now_ms(cx->clock))),
        BIND_INT(PAGE_SIZE),
        BIND_INT((page - 1) * PAGE_SIZE),
    };
    Err e = count_rows(cx, "SELECT COUNT(*) FROM profile " PROFILE_WHERE, binds, 7, &total);
    if (!e)
        e = list_rows(cx, binds, &items);
    if (!e)
        *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

/* ---- certificates ---- */

typedef struct CertificateIn {
    Str name;
    Str number;
    i64 issued_date;
    i64 expires_date;
} CertificateIn;

static const Field certificate_in_fields[] = {
    {AT(CertificateIn, name), F_TEXT, "证书名称", "Certificate", REQUIRED, SEE_PUBLIC, NULL,
     .max = 100},
    {AT(CertificateIn, number), F_TEXT, "证书编号", "Number", REQUIRED | PERSONAL, SEE_PUBLIC, NULL,
     .max = 60},
    {AT(CertificateIn, issued_date), F_DATE, "发证日期", "Issued", REQUIRED, SEE_PUBLIC, NULL},
    {AT(CertificateIn, expires_date), F_DATE, "有效期至", "Expires", 0, SEE_PUBLIC, NULL,
     .help_zh = "长期有效的不填。", .help_en = "Leave empty when it never does."},
};

static Err certificate_add_run(Cx *cx, const void *arg, Val **ret)
{
    const CertificateIn *in = arg;
    Profile profile = {0};
    if (in->issued_date > time_date(clock_now_ms(cx->clock)))
        return err_set(cx, ERR_INPUT, "issued_date", "people.issued_later");
    if (in->expires_date && in->expires_date < in->issued_date)
        return err_set(cx, ERR_INPUT, "expires_date", "ident.ends_before_start");
    Err e = find_own(cx, &profile);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set(cx, ERR_STATE, NULL, "people.profile_first");
    }
    Certificate one = {.profile_id = profile.id,
                       .name = in->name,
                       .number = in->number,
                       .issued_date = in->issued_date,
                       .expires_date = in->expires_date};
    if (!e)
        e = fact_create(cx, &certificate_type, &one,
                        (FactNote){.kind = "certificate.added", .other_id = profile.id});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", one.id);
    return ERR_OK;
}

static Err certificate_end_run(Cx *cx, const void *arg, Val **ret)
{
    Certificate one = {0};
    Profile profile = {0};
    (void)ret;
    Err e = record_load(cx, &certificate_type, ((const IdIn *)arg)->id, &one);
    if (!e)
        e = record_load(cx, &profile_type, one.profile_id, &profile);
    if (!e && profile.account_id != cx->actor.account_id && !acts_for_exchange(cx))
        return err_set_arg(
            cx, ERR_MISSING, NULL, "record.missing",
            str_from(cx->lang == LANG_EN ? certificate_type.en : certificate_type.zh));
    if (!e && one.ended)
        return err_set(cx, ERR_STATE, NULL, "people.certificate_over");
    one.ended = 1;
    return e ? e
             : fact_change(cx, &certificate_type, &one,
                           (FactNote){.kind = "certificate.ended", .other_id = profile.id});
}

static const Field show_own_fields[] = {
    {AT(IdIn, id), F_REF, "编号", "No.", 0, SEE_PUBLIC, NULL},
};

// clang-format off
static const Op ops[] = {
    {"profile.edit",    "编辑个人名片", "Edit profile",  OP_WRITE, 0, SPECIALISTS, OP_IN(ProfileIn, profile_in_fields), NULL, profile_edit_run, "专家和技术经理人的名片；公开展示与公开姓名由本人决定。", "Of an expert or technology manager; being listed and being named are his own choice."},
    {"profile.show",    "专家与技术经理人", "Expert or manager", OP_READ, 0, WHO_PUBLIC, OP_IN(IdIn, show_own_fields), NULL, profile_show_run, NULL, "Without an id: one's own."},
    {"profile.list",    "专家与技术经理人", "Experts and managers", OP_READ, 0, WHO_PUBLIC, OP_IN(ProfileQuery, profile_query_fields), NULL, profile_list_run, NULL, NULL},
    {"certificate.add", "添加证书",     "Add certificate", OP_WRITE, 0, SPECIALISTS, OP_IN(CertificateIn, certificate_in_fields), NULL, certificate_add_run, NULL, NULL},
    {"certificate.end", "注销证书",     "End certificate", OP_WRITE, OP_DANGER, SPECIALISTS | WHO_OPERATOR | WHO_LOCAL, OP_IN(IdIn, people_id_fields), NULL, certificate_end_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&profile_type, &certificate_type};
static const CodeList *const codes[] = {&profile_kinds};

const Room profile_room = {
    .name = "people",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
