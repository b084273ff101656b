/* Signing, withdrawing, showing and checking. */
#include "consent/consent_int.h"

#include "command/settings.h"
#include "consent/paper.h"
#include "ident/ident.h"
#include "store/files.h"

#include <string.h>

typedef struct SignIn {
    i64 text_id;
    i64 org_id;
    Str about;
    i64 about_id;
    i64 until_date;
    Str second_code;
    Consent row; /* Made by prepare, with the paper. */
    Str pdf;
} SignIn;

Str consent_message(Arena *arena, Str number, Str file_hash)
{
    return str_format(arena, "techbourse consent %.*s %.*s", STR_ARG(number), STR_ARG(file_hash));
}

Str consent_files_root(Cx *cx)
{
    return str_format(cx->arena, "%.*s/files", STR_ARG(house_of(cx)->data_folder));
}

/* ---- records that a consent is about ---- */

Err record_org(Cx *cx, Str table, i64 id, i64 *ret_org_id)
{
    const RecordType *type = type_find(house_of(cx), table);
    const Field *field = type ? record_field(type, "org_id") : NULL;
    i64 org_id = 0;
    if (field) { /* Whose it is, and nothing else of it. */
        Str sql = str_format(cx->arena, "SELECT org_id FROM %s WHERE id = ?1", type->name);
        Err e = DB_INT(cx, &org_id, -1, db_keep(sql), BIND_INT(id));
        if (e)
            return e;
    }
    if (org_id < 0)
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                           str_from(cx->lang == LANG_EN ? type->en : type->zh));
    *ret_org_id = org_id;
    return ERR_OK;
}

Err record_seen(Cx *cx, Str table, i64 id, const Val **ret)
{
    Val *in = val_map(cx->arena), *reply;
    void *read;
    const Op *op = op_find(house_of(cx), str_format(cx->arena, "%.*s.show", STR_ARG(table)));
    if (!op)
        return err_set(cx, ERR_INPUT, "about", "consent.about_wrong");
    val_set_int(cx->arena, in, "id", id);
    Err e = op_read_json(cx, op, in, &read);
    if (!e)
        e = op_call(cx, op, read, &reply);
    if (!e)
        *ret = val_get_key(reply, table);
    return e;
}

static bool word_in(const char *words, Str word)
{
    Str rest = str_from(words), part;
    while (str_split(&rest, ' ', &part))
        if (str_same(part, word))
            return true;
    return false;
}

static Str type_label(Cx *cx, Str table, Lang lang)
{
    const RecordType *type = type_find(house_of(cx), table);
    return type ? str_from(lang == LANG_EN ? type->en : type->zh) : table;
}

/* The other side of a record, as the signer is shown it: 0 when there is none, or it is hidden from
 * him. The paper names no firm that its need hides. */
static i64 other_side(const Val *record, i64 org_id)
{
    i64 owner_id = val_get_int(record, "org_id");
    return owner_id == org_id ? val_get_int(record, "other_org_id") : owner_id;
}

/* *ret_other_id: who stands on the other side of it. */
static Err check_about(Cx *cx, const ConsentKind *kind, const SignIn *in, Str *ret_title,
                       i64 *ret_other_id)
{
    const Val *record = NULL;
    i64 org_id = 0;
    *ret_title = S("");
    *ret_other_id = 0;
    if (!in->about.len && kind->about_required)
        return err_set_arg(cx, ERR_INPUT, "about", "consent.about_wanted",
                           type_label(cx, str_slice(str_from(kind->about), 0, 7), cx->lang));
    if (!in->about.len && !in->about_id)
        return ERR_OK;
    if (!kind->about[0])
        return err_set(cx, ERR_INPUT, "about", "consent.about_none");
    if (!word_in(kind->about, in->about))
        return err_set(cx, ERR_INPUT, "about", "consent.about_wrong");
    Err e = record_seen(cx, in->about, in->about_id, &record);
    if (!e)
        e = record_org(cx, in->about, in->about_id, &org_id);
    if (e)
        return e;
    *ret_title = val_get_str(record, "title");
    *ret_other_id = other_side(record, in->org_id);
    bool own = org_id == in->org_id || val_get_int(record, "other_org_id") == in->org_id;
    if (kind->whose == 1 && !own)
        return err_set(cx, ERR_DENIED, "about", "consent.about_not_yours");
    if (kind->whose == -1 && own)
        return err_set(cx, ERR_STATE, "about", "consent.about_yours");
    return ERR_OK;
}

/* ---- what stands ---- */

#define STANDS                                                                                     \
    "WHERE kind = ?1 AND org_id = ?2 AND withdrawn_ms = 0 AND (until_date = 0 OR until_date >= "   \
    "?3)"

static Err find_standing(Cx *cx, Str kind, i64 org_id, i64 account_id, Str about, i64 about_id,
                         Consent *ret)
{
    Err e =
        RECORD_FIND(cx, &consent_type, ret,
                    STANDS " AND about = ?4 AND about_id = ?5 AND (?6 = 0 OR account_id = ?6) "
                           "ORDER BY id DESC LIMIT 1",
                    BIND_STR(kind), BIND_INT(org_id), BIND_INT(time_date(clock_now_ms(cx->clock))),
                    BIND_STR(about), BIND_INT(about_id), BIND_INT(account_id));
    if (e != ERR_MISSING)
        return e;
    err_clear(cx);
    *ret = (Consent){0};
    return ERR_OK;
}

static Str sign_path(Cx *cx, Str kind, const char *table, i64 id)
{
    return id ? str_format(cx->arena, "/consent/sign/%.*s?about=%s&about_id=%lld", STR_ARG(kind),
                           table, (long long)id)
              : str_format(cx->arena, "/consent/sign/%.*s", STR_ARG(kind));
}

static Str kind_label(Cx *cx, Str kind)
{
    const Code *code = code_find(&consent_kinds, kind);
    return str_from(!code ? "" : cx->lang == LANG_EN ? code->en : code->zh);
}

static Err wanted(Cx *cx, const char *key, Str name, Str kind, const char *table, i64 id)
{
    const Str args[] = {name, kind_label(cx, kind), sign_path(cx, kind, table, id)};
    return err_set_args(cx, ERR_STATE, NULL, key, args, COUNT(args));
}

Err consent_standing(Cx *cx, const char *kind, i64 org_id, const char *table, i64 id)
{
    Consent found;
    Str name = S("");
    Err e = find_standing(cx, str_from(kind), org_id, 0, str_from(table), id, &found);
    if (!e && !found.id)
        e = find_standing(cx, str_from(kind), org_id, 0, S(""), 0, &found);
    if (e || found.id)
        return e;
    e = org_name(cx, org_id, &name);
    return e ? e : wanted(cx, "consent.wanted", name, str_from(kind), table, id);
}

Err consent_of_person(Cx *cx, const char *kind, i64 account_id, bool *ret)
{
    i64 found = 0;
    Err e = DB_INT(cx, &found, 0,
                   "SELECT COUNT(*) FROM consent WHERE kind = ?1 AND account_id = ?2 AND "
                   "account_id <> 0 AND withdrawn_ms = 0 AND (until_date = 0 OR until_date >= ?3)",
                   BIND_STR(str_from(kind)), BIND_INT(account_id),
                   BIND_INT(time_date(clock_now_ms(cx->clock))));
    *ret = !e && found > 0;
    return e;
}

Err consent_standing_by_name(Cx *cx, const char *kind, Str name, const char *table, i64 id)
{
    i64 found = 0;
    Err e = DB_INT(cx, &found, 0,
                   "SELECT COUNT(*) FROM consent c JOIN org o ON o.id = c.org_id WHERE "
                   "c.kind = ?1 AND o.name = ?2 AND c.withdrawn_ms = 0 AND "
                   "(c.until_date = 0 OR c.until_date >= ?3) AND c.about = ?4 AND c.about_id = ?5",
                   BIND_STR(str_from(kind)), BIND_STR(name),
                   BIND_INT(time_date(clock_now_ms(cx->clock))), BIND_STR(str_from(table)),
                   BIND_INT(id));
    if (e || found)
        return e;
    return wanted(cx, "consent.wanted_of", name, str_from(kind), table, id);
}

/* ---- the paper ---- */

typedef struct Facts {
    const ConsentText *text;
    const Consent *row;
    Org org;
    Str signer, about_title, other_side;
} PaperFacts;

static Str say(Cx *cx, const char *key, const Str *args, size_t count)
{
    return text_say(cx->arena, LANG_ZH, key, args, count);
}

static PaperRow row_of(Cx *cx, const char *label, Str value)
{
    return (PaperRow){say(cx, label, NULL, 0), value};
}

static size_t party_rows(Cx *cx, const PaperFacts *f, PaperRow *rows)
{
    size_t count = 0;
    const Str unit[] = {f->org.name, f->org.code};
    rows[count++] = row_of(cx, "paper.unit", say(cx, "paper.unit_value", unit, 2));
    if (f->other_side.len)
        rows[count++] = row_of(cx, "paper.other_side", f->other_side);
    if (f->row->about_id) {
        const Str about[] = {type_label(cx, f->row->about, LANG_ZH),
                             str_format(cx->arena, "%lld", (long long)f->row->about_id),
                             f->about_title};
        rows[count++] = row_of(cx, "paper.about", say(cx, "paper.about_value", about, 3));
    }
    if (f->row->until_date)
        rows[count++] = row_of(cx, "paper.until", date_format(cx->arena, f->row->until_date));
    return count;
}

static size_t mark_rows(Cx *cx, const PaperFacts *f, PaperRow *rows)
{
    size_t count = 0;
    const Str signer[] = {f->signer, str_format(cx->arena, "%lld", (long long)f->row->account_id)};
    const Str time[] = {time_format_full(cx->arena, f->row->signed_ms)};
    char *factor =
        str_z(cx->arena, str_format(cx->arena, "paper.factor.%.*s", STR_ARG(f->row->factor)));
    rows[count++] = row_of(cx, "paper.signer", say(cx, "paper.signer_value", signer, 2));
    rows[count++] = row_of(cx, "paper.signed", say(cx, "paper.beijing", time, 1));
    rows[count++] = row_of(cx, "paper.factor", say(cx, factor, NULL, 0));
    rows[count++] = row_of(cx, "paper.number", f->row->number);
    rows[count++] = row_of(cx, "paper.content", f->row->content_hash);
    return count;
}

/* Where the check is, for a phone: the settings say how this exchange is reached. */
static Str check_link(Cx *cx, Str number)
{
    const Settings *settings = house_of(cx)->settings;
    Str site = settings->site_url.len
                   ? settings->site_url
                   : str_format(cx->arena, "http://%.*s", STR_ARG(settings->listen));
    return str_format(cx->arena, "%.*s/consent/verify?no=%.*s", STR_ARG(site), STR_ARG(number));
}

static Err write_paper(Cx *cx, const PaperFacts *f, Str *ret_pdf, i64 *ret_pages)
{
    PaperRow parties[4], marks[5];
    Str link = check_link(cx, f->row->number);
    const Str name[] = {house_of(cx)->settings->name_zh};
    const Str version[] = {f->text->title_en,
                           str_format(cx->arena, "%lld", (long long)f->text->version),
                           f->text->is_template ? say(cx, "paper.template", NULL, 0) : S("")};
    const Str at[] = {str_slice(link, 0, str_find(link, S("?")))};
    const Paper paper = {
        .head = say(cx, "paper.head", name, 1),
        .title = f->text->title_zh,
        .subtitle = say(cx, "paper.version", version, 3),
        .number = f->row->number,
        .parties = parties,
        .party_count = party_rows(cx, f, parties),
        .text = f->text->text_zh,
        .marks = marks,
        .mark_count = mark_rows(cx, f, marks),
        .link = link,
        .note = say(cx, "paper.note", at, 1),
        .made_ms = f->row->signed_ms,
    };
    return paper_write(cx, &paper, ret_pdf, ret_pages);
}

/* Over everything that the paper says was agreed to, by numbers and codes. */
static Str content_hash(Cx *cx, const Consent *row, Str text_hash)
{
    return sha256_hex(
        cx->arena,
        str_format(cx->arena, "%.*s\n%.*s %lld\n%.*s\n%lld\n%lld\n%.*s %lld\n%lld\n%lld",
                   STR_ARG(row->number), STR_ARG(row->kind), (long long)row->version,
                   STR_ARG(text_hash), (long long)row->org_id, (long long)row->account_id,
                   STR_ARG(row->about), (long long)row->about_id, (long long)row->signed_ms,
                   (long long)row->until_date));
}

/* ---- consent.sign ---- */

static Err check_text(Cx *cx, i64 id, ConsentText *ret)
{
    ConsentText now;
    Err e = record_load(cx, &consent_text_type, id, ret);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set(cx, ERR_MISSING, "text_id", "consent.text_unknown");
    }
    if (!e && ret->from_date > time_date(clock_now_ms(cx->clock)))
        return err_set_arg(cx, ERR_STATE, "text_id", "consent.text_not_yet",
                           date_format(cx->arena, ret->from_date));
    if (!e)
        e = text_in_force(cx, ret->kind, &now);
    if (!e && now.id != id)
        e = err_set(cx, ERR_CONFLICT, "text_id", "consent.text_changed");
    return e;
}

/* A named person, of the unit or of one above it in the same house; what he signs about himself
 * needs no part in it. */
static Err check_signer(Cx *cx, const ConsentKind *kind, i64 org_id)
{
    if (!cx->actor.account_id)
        return err_set(cx, ERR_SIGN_IN, NULL, "consent.no_signer");
    unsigned who = who_of(cx, org_id, false);
    bool own = kind->own && org_id == cx->actor.org_id;
    if (!(who & WHO_OWNER) && !own)
        return err_set(cx, ERR_DENIED, "org_id", "consent.not_your_unit");
    if (!(who & kind->signers))
        return err_set(cx, ERR_DENIED, NULL, "consent.not_your_part");
    return ERR_OK;
}

static Err check_until(Cx *cx, i64 until_date)
{
    i64 today = time_date(clock_now_ms(cx->clock));
    if (!until_date ||
        (until_date >= today && date_days(until_date) - date_days(today) <= UNTIL_DAYS_MAX))
        return ERR_OK;
    return err_set(cx, ERR_INPUT, "until_date", "consent.until_past");
}

static Err not_there(Cx *cx, const ConsentKind *kind, const SignIn *in)
{
    Consent found;
    i64 account_id = kind->own ? cx->actor.account_id : 0;
    Err e = find_standing(cx, str_from(kind->code), in->org_id, account_id, in->about, in->about_id,
                          &found);
    if (!e && found.id)
        e = err_set_arg(cx, ERR_CONFLICT, NULL, "consent.there", found.number);
    return e;
}

static Str new_number(Cx *cx, i64 now_ms)
{
    Str chance = chance_token(cx->chance, cx->arena, NUMBER_RANDOM_BYTES);
    return str_format(cx->arena, "C%lld-%.*s", (long long)time_date(now_ms),
                      STR_ARG(str_upper(cx->arena, chance)));
}

static const char *factor_now(const Cx *cx)
{
    if (cx->actor.via == VIA_LOCAL || cx->actor.via == VIA_SYSTEM)
        return "local";
    return house_of((Cx *)cx)->settings->second_factor ? "totp" : "off";
}

/* Fills in->row and makes the paper, on a worker: the queue waits for none of it. */
static Err make_paper(Cx *cx, SignIn *in, const ConsentText *text, Str about_title, i64 other_id)
{
    i64 now_ms = clock_now_ms(cx->clock);
    Consent *row = &in->row;
    *row = (Consent){.number = new_number(cx, now_ms),
                     .kind = text->kind,
                     .text_id = text->id,
                     .version = text->version,
                     .account_id = cx->actor.account_id,
                     .org_id = in->org_id,
                     .about = in->about,
                     .about_id = in->about_id,
                     .signed_ms = now_ms,
                     .until_date = in->until_date,
                     .factor = str_from(factor_now(cx))};
    row->content_hash = content_hash(cx, row, text->hash);
    PaperFacts facts = {.text = text, .row = row, .about_title = about_title};
    Err e = record_load(cx, &org_type, in->org_id, &facts.org);
    if (!e)
        e = account_name(cx, row->account_id, &facts.signer);
    if (!e && other_id)
        e = org_name(cx, other_id, &facts.other_side);
    if (!e)
        e = write_paper(cx, &facts, &in->pdf, &row->pages);
    if (!e)
        row->file_hash = sha256_hex(cx->arena, in->pdf);
    return e;
}

static Err sign_prepare(Cx *cx, void *arg)
{
    SignIn *in = arg;
    ConsentText text;
    Str title = S("");
    i64 other_id = 0;
    if (!in->org_id)
        in->org_id = cx->actor.org_id;
    Err e = check_text(cx, in->text_id, &text);
    const ConsentKind *kind = e ? NULL : consent_kind(text.kind);
    if (!e)
        e = check_signer(cx, kind, in->org_id);
    if (!e)
        e = check_until(cx, in->until_date);
    if (!e)
        e = check_about(cx, kind, in, &title, &other_id);
    if (!e)
        e = not_there(cx, kind, in);
    return e ? e : make_paper(cx, in, &text, title, other_id);
}

/* The bytes are kept before the row is, so a row always finds its paper. */
static Err keep_paper(Cx *cx, Str pdf, Str expected)
{
    FileSink *sink;
    Str hash;
    i64 bytes;
    Err e = files_begin(cx, consent_files_root(cx), &sink);
    if (e)
        return e;
    e = files_add(cx, sink, pdf.data, pdf.len);
    if (e) {
        files_drop(sink);
        return e;
    }
    e = files_keep(cx, sink, &hash, &bytes);
    assert(e || str_same(hash, expected));
    return e;
}

/* The agreement is the unit's, whoever of it signed: the gate of OP_AGREED looks at the unit. */
static Err set_agreed(Cx *cx, i64 org_id, i64 agreed_ms, const char *fact, i64 consent_id)
{
    Org org = {0};
    Err e = record_load(cx, &org_type, org_id, &org);
    if (e || (org.agreed_ms != 0) == (agreed_ms != 0))
        return e;
    org.agreed_ms = agreed_ms;
    return fact_change(cx, &org_type, &org, (FactNote){.kind = fact, .other_id = consent_id});
}

static Val *reply_of(Cx *cx, const Consent *row)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", row->id);
    val_set_str(cx->arena, map, "number", row->number);
    val_set_str(cx->arena, map, "file_hash", row->file_hash);
    return map;
}

static Err sign_run(Cx *cx, const void *arg, Val **ret)
{
    const SignIn *in = arg;
    Consent row = in->row;
    ConsentText text;
    Err e = check_text(cx, in->text_id, &text); /* Somebody may have been quicker. */
    if (!e)
        e = not_there(cx, consent_kind(row.kind), in);
    if (!e)
        e = fact_sign(cx, house_of(cx)->facts,
                      consent_message(cx->arena, row.number, row.file_hash), &row.signature);
    if (!e)
        e = keep_paper(cx, in->pdf, row.file_hash);
    if (!e)
        e = fact_create(cx, &consent_type, &row,
                        (FactNote){.kind = "consent.signed",
                                   .amount = row.version,
                                   .code = str_z(cx->arena, row.file_hash),
                                   .other_id = row.about_id});
    if (!e && str_same(row.kind, S("agreement")))
        e = set_agreed(cx, row.org_id, row.signed_ms, "org.agreed", row.id);
    if (e)
        return e;
    *ret = reply_of(cx, &row);
    return ERR_OK;
}

/* ---- consent.withdraw ---- */

typedef struct WithdrawIn {
    i64 id;
    Str reason;
} WithdrawIn;

/* WHO_SELF the signer, WHO_OWNER his unit, WHO_PARTY the unit whose record it is about. */
static Err who_is(Cx *cx, const Consent *row, unsigned *ret)
{
    const ConsentKind *kind = consent_kind(row->kind);
    i64 about_org = 0;
    Err e = row->about_id ? record_org(cx, row->about, row->about_id, &about_org) : ERR_OK;
    if (e == ERR_MISSING) { /* What it was about has been removed since. */
        err_clear(cx);
        e = ERR_OK;
    }
    if (e)
        return e;
    bool party = about_org && (who_of(cx, about_org, false) & WHO_OWNER);
    unsigned who = who_of(cx, row->org_id, party);
    if (row->account_id == cx->actor.account_id)
        who |= WHO_SELF;
    else if (kind && kind->own)
        who &= ~(unsigned)(WHO_OWNER | WHO_BINDS);
    *ret = who;
    return ERR_OK;
}

static Err load_seen(Cx *cx, i64 id, Consent *ret, unsigned *ret_who)
{
    Err e = record_load(cx, &consent_type, id, ret);
    if (!e)
        e = who_is(cx, ret, ret_who);
    if (!e && !(*ret_who & (WHO_SELF | WHO_OWNER | WHO_PARTY | WHO_OPERATOR | WHO_LOCAL)))
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                        str_from(cx->lang == LANG_EN ? consent_type.en : consent_type.zh));
    return e;
}

/* What a withdrawal means for what runs. */
static Str effect_of(Cx *cx, Str kind)
{
    char *key = str_z(cx->arena, str_format(cx->arena, "consent.effect.%.*s", STR_ARG(kind)));
    return text_say(cx->arena, cx->lang, key, NULL, 0);
}

/* Withdrawing asks no more than a click: PIPL 15. */
static Err withdraw_run(Cx *cx, const void *arg, Val **ret)
{
    const WithdrawIn *in = arg;
    Consent row = {0}, other;
    unsigned who = 0;
    Err e = load_seen(cx, in->id, &row, &who);
    if (!e && !(who & (WHO_SELF | WHO_OWNER)))
        e = err_set(cx, ERR_DENIED, NULL, "consent.not_your_unit");
    if (!e && !(who & (WHO_SELF | WHO_BINDS)))
        e = err_set(cx, ERR_DENIED, NULL, "consent.not_your_part");
    if (!e && row.withdrawn_ms)
        e = err_set(cx, ERR_STATE, NULL, "consent.withdrawn_already");
    if (e)
        return e;
    row.withdrawn_ms = clock_now_ms(cx->clock);
    row.withdrawn_by = cx->actor.account_id;
    row.reason = in->reason;
    e = fact_change(cx, &consent_type, &row,
                    (FactNote){.kind = "consent.withdrawn",
                               .code = str_z(cx->arena, row.kind),
                               .other_id = row.about_id});
    bool agreement = str_same(row.kind, S("agreement"));
    if (!e && agreement)
        e = find_standing(cx, row.kind, row.org_id, 0, S(""), 0, &other);
    if (!e && agreement && !other.id)
        e = set_agreed(cx, row.org_id, 0, "org.agreement_ended", row.id);
    if (!e && house_of(cx)->hooks.consent_ended)
        e = house_of(cx)->hooks.consent_ended(cx, row.org_id, row.about, row.about_id);
    if (e)
        return e;
    *ret = reply_of(cx, &row);
    val_set_str(cx->arena, *ret, "message", effect_of(cx, row.kind));
    return ERR_OK;
}

/* ---- consent.list, consent.show ---- */

typedef struct ListIn {
    Str kind;
    Str about;
    i64 about_id;
    i64 org_id;
    i64 page;
} ListIn;

static void add_state(Cx *cx, Val *val, const Consent *row)
{
    ConsentState state = CONSENT_VALID;
    if (row->withdrawn_ms)
        state = CONSENT_WITHDRAWN;
    else if (row->until_date && row->until_date < time_date(clock_now_ms(cx->clock)))
        state = CONSENT_ENDED;
    val_set_z(cx->arena, val, "state", consent_state_name(state));
    val_set_str(cx->arena, val, "title", kind_label(cx, row->kind));
}

/* One's own, those of the unit (not what others of it signed on themselves), and for a record of
 * the unit what others signed about it. The operator sees all. */
#define LIST_WHERE(own)                                                                            \
    "WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR (about = ?2 AND about_id = ?3)) "                \
    "AND (?4 = 0 OR org_id = ?4) AND (?5 = 1 OR account_id = ?6 OR ?8 = 1 OR "                     \
    "(org_id " own " AND kind <> 'personal'))"
#define LIST_ONE   LIST_WHERE("= ?7")
#define LIST_HOUSE LIST_WHERE("IN " ORG_HOUSE("?7"))
#define LIST_PAGE  " ORDER BY id DESC LIMIT ?9 OFFSET ?10"

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListIn *in = arg;
    i64 page = page_number(in->page), total = 0, about_org = 0;
    bool all = (cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL)) != 0;
    Err e = in->about.len ? record_org(cx, in->about, in->about_id, &about_org) : ERR_OK;
    if (e)
        return e;
    bool mine = about_org && (who_of(cx, about_org, false) & WHO_OWNER);
    bool own = who_of(cx, cx->actor.org_id, false) & WHO_OWNER; /* He acts for his unit. */
    const Bind binds[] = {BIND_STR(in->kind),
                          BIND_STR(in->about),
                          BIND_INT(in->about_id),
                          BIND_INT(in->org_id),
                          BIND_INT(all),
                          BIND_INT(cx->actor.account_id),
                          BIND_INT(own ? cx->actor.org_id : -1),
                          BIND_INT(mine),
                          BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
    bool house = false;
    e = org_has_below(cx, own ? cx->actor.org_id : 0, &house);
    if (!e)
        e = count_rows(cx,
                       house ? "SELECT COUNT(*) FROM consent " LIST_HOUSE
                             : "SELECT COUNT(*) FROM consent " LIST_ONE,
                       binds, 8, &total);
    if (e)
        return e;
    Rows rows;
    Val *items = val_list(cx->arena);
    e = record_query(cx, &consent_type, &rows, house ? LIST_HOUSE LIST_PAGE : LIST_ONE LIST_PAGE,
                     binds, 10);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Consent row = {0};
        record_read_row(cx, &consent_type, &rows, &row);
        Val *val = record_val(cx, &consent_type, &row, SEE_PARTY);
        add_state(cx, val, &row);
        val_push(cx->arena, items, val);
    }
    e = rows_end(&rows);
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e ? e : org_names_add(cx, items, "org_id", "org");
}

typedef struct ShowIn {
    i64 id;
} ShowIn;

static Err show_run(Cx *cx, const void *arg, Val **ret)
{
    Consent row = {0};
    ConsentText text = {0};
    unsigned who = 0;
    Str signer = S(""), org = S("");
    Err e = load_seen(cx, ((const ShowIn *)arg)->id, &row, &who);
    if (!e)
        e = record_load(cx, &consent_text_type, row.text_id, &text);
    if (!e)
        e = account_name(cx, row.account_id, &signer);
    if (!e)
        e = org_name(cx, row.org_id, &org);
    if (e)
        return e;
    bool own = (who & (WHO_SELF | WHO_OWNER)) != 0;
    See level = who & (WHO_OPERATOR | WHO_LOCAL) ? SEE_OPERATOR : own ? SEE_OWNER : SEE_PARTY;
    Val *val = record_val(cx, &consent_type, &row, level);
    add_state(cx, val, &row);
    val_set_str(cx->arena, val, "org", org);
    val_set_str(cx->arena, val, "signer", own ? signer : mask_personal(cx->arena, signer));
    Val *map = val_map(cx->arena);
    val_set(cx->arena, map, "consent", val);
    val_set(cx->arena, map, "text", record_val(cx, &consent_text_type, &text, SEE_PUBLIC));
    val_set_str(cx->arena, map, "effect", effect_of(cx, row.kind));
    val_set_bool(cx->arena, map, "can_withdraw",
                 (who & (WHO_SELF | WHO_BINDS)) != 0 && !row.withdrawn_ms);
    *ret = map;
    return ERR_OK;
}

/* ---- consent.check: for everybody, without a name ---- */

const char *consent_state_name(ConsentState state)
{
    static const char *const names[] = {
        [CONSENT_UNKNOWN] = "unknown",     [CONSENT_VALID] = "valid",
        [CONSENT_WITHDRAWN] = "withdrawn", [CONSENT_ENDED] = "ended",
        [CONSENT_FORGED] = "forged",
    };
    return names[state];
}

Err consent_check(Cx *cx, Str number, Str hash, Str public_key, ConsentState *ret_state,
                  Consent *ret)
{
    *ret = (Consent){0};
    *ret_state = CONSENT_UNKNOWN;
    Err e = RECORD_FIND(cx, &consent_type, ret,
                        "WHERE (number = ?1 AND number <> '' AND (?2 = '' OR file_hash = ?2)) OR "
                        "(?1 = '' AND file_hash = ?2 AND file_hash <> '')",
                        BIND_STR(number), BIND_STR(hash));
    if (e == ERR_MISSING) {
        err_clear(cx);
        *ret = (Consent){0};
        return ERR_OK;
    }
    if (e)
        return e;
    Str message = consent_message(cx->arena, ret->number, ret->file_hash);
    if (!fact_signature_right(public_key, message, ret->signature))
        *ret_state = CONSENT_FORGED;
    else if (ret->withdrawn_ms)
        *ret_state = CONSENT_WITHDRAWN;
    else if (ret->until_date && ret->until_date < time_date(clock_now_ms(cx->clock)))
        *ret_state = CONSENT_ENDED;
    else
        *ret_state = CONSENT_VALID;
    return ERR_OK;
}

typedef struct CheckIn {
    Str number;
    Str hash;
} CheckIn;

static Err check_run(Cx *cx, const void *arg, Val **ret)
{
    const CheckIn *in = arg;
    ConsentState state;
    Consent row;
    u8 bytes[FILE_HASH_HEX / 2];
    Str hash = str_lower(cx->arena, str_trim(in->hash));
    Str number = str_upper(cx->arena, str_trim(in->number));
    if (!hash.len && !number.len)
        return err_set(cx, ERR_INPUT, "number", "consent.ask_number_or_hash");
    if (hash.len && !hex_to(hash, bytes, sizeof bytes))
        return err_set(cx, ERR_INPUT, "hash", "consent.bad_hash");
    Str key = fact_public_key(house_of(cx)->facts);
    Err e = consent_check(cx, number, hash, key, &state, &row);
    if (e)
        return e;
    char *label =
        str_z(cx->arena, str_format(cx->arena, "consent.state.%s", consent_state_name(state)));
    Val *map = val_map(cx->arena);
    val_set_z(cx->arena, map, "state", consent_state_name(state));
    val_set_str(cx->arena, map, "label", text_say(cx->arena, cx->lang, label, NULL, 0));
    val_set_bool(cx->arena, map, "by_file", hash.len > 0);
    val_set_str(cx->arena, map, "asked", hash);
    if (state != CONSENT_UNKNOWN) {
        val_set_str(cx->arena, map, "number", row.number);
        val_set_str(cx->arena, map, "kind", row.kind);
        val_set_str(cx->arena, map, "title", kind_label(cx, row.kind));
        val_set_int(cx->arena, map, "version", row.version);
        val_set_int(cx->arena, map, "signed_ms", row.signed_ms);
        val_set_int(cx->arena, map, "until_date", row.until_date);
        val_set_int(cx->arena, map, "withdrawn_ms", row.withdrawn_ms);
        val_set_str(cx->arena, map, "file_hash", row.file_hash);
        val_set_str(cx->arena, map, "signature", row.signature);
        val_set_str(cx->arena, map, "key", key);
    }
    *ret = map;
    return ERR_OK;
}

// clang-format off
static const Code about_rows[] = {
    {"listing", "挂牌", "Listing"}, {"need", "需求", "Need"}, {"lot", "竞价标的", "Lot"}, {"patent", "专利", "Patent"}, {"showing", "现场展示", "Showing"},
};
static const CodeList about_codes = CODE_LIST("consent_about", about_rows);

static const Field text_in_fields[] = {
    {AT(TextIn, id),   F_REF,  "文本",     "Text", 0, SEE_PUBLIC, NULL},
    {AT(TextIn, kind), F_CODE, "文本类型", "Kind", 0, SEE_PUBLIC, NULL, .codes = &consent_kinds},
};
static const Field sign_fields[] = {
    {AT(SignIn, text_id),     F_REF,    "文本",     "Text",          REQUIRED, SEE_PUBLIC, NULL,
     .help_zh = "已阅读的文本", .help_en = "The text as read; a newer one refuses the signature"},
    {AT(SignIn, org_id),      F_REF,    "签署单位", "For the unit",  0, SEE_PUBLIC, NULL},
    {AT(SignIn, about),       F_CODE,   "项目类型", "About",         0, SEE_PUBLIC, NULL, .codes = &about_codes},
    {AT(SignIn, about_id),    F_INT,    "项目编号", "About, no.",    0, SEE_PUBLIC, NULL},
    {AT(SignIn, until_date),  F_DATE,   "有效期至", "Until",         0, SEE_PUBLIC, NULL,
     .help_zh = "不填则至撤回为止", .help_en = "Left out: until withdrawn"},
    {AT(SignIn, second_code), F_SECRET, "动态码",   "One-time code", 0, SEE_NOBODY, NULL, .max = 20},
};
static const Field withdraw_fields[] = {
    {AT(WithdrawIn, id),     F_REF,  "编号",     "No.",    REQUIRED, SEE_PUBLIC, NULL},
    {AT(WithdrawIn, reason), F_TEXT, "撤回原因", "Reason", 0, SEE_PUBLIC, NULL, .max = 200},
};
static const Field list_fields[] = {
    {AT(ListIn, kind),     F_CODE, "文本类型", "Kind",         0, SEE_PUBLIC, NULL, .codes = &consent_kinds},
    {AT(ListIn, about),    F_CODE, "项目类型", "About",        0, SEE_PUBLIC, NULL, .codes = &about_codes},
    {AT(ListIn, about_id), F_INT,  "项目编号", "About, no.",   0, SEE_PUBLIC, NULL},
    {AT(ListIn, org_id),   F_REF,  "单位",     "Organisation", 0, SEE_PUBLIC, NULL},
    {AT(ListIn, page),     F_INT,  "页",       "Page",         0, SEE_PUBLIC, NULL},
};
static const Field show_fields[] = {
    {AT(ShowIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};
static const Field check_fields[] = {
    {AT(CheckIn, number), F_TEXT, "编号",     "Number",    0, SEE_PUBLIC, NULL, .max = 40},
    {AT(CheckIn, hash),   F_TEXT, "文件散列", "File hash", 0, SEE_PUBLIC, NULL, .max = 80},
};

static const Op ops[] = {
    {"consent_text.list",    "签署文本",   "Texts to sign",  OP_READ,  0, WHO_PUBLIC, OP_IN(TextIn, text_in_fields), NULL, text_list_run, NULL, "Every version of the texts, the newest first."},
    {"consent_text.show",    "文本详情",   "Text to sign",   OP_READ,  0, WHO_PUBLIC, OP_IN(TextIn, text_in_fields), NULL, text_show_run, NULL, "By id, or the one in force of a kind."},
    {"consent_text.publish", "发布新版文本", "Publish a text", OP_WRITE, OP_TWO, WHO_OPERATOR | WHO_LOCAL, sizeof(ConsentText), consent_text_fields + TEXT_FORM_FROM, TEXT_FORM_FIELDS, NULL, text_publish_run,
     "旧版本保留，已签署的文件不受影响。", "Old versions stay, and so does what was signed."},
    {"consent.sign",         "签署",       "Sign",           OP_WRITE, OP_SIGN, WHO_SIGNED, OP_IN(SignIn, sign_fields), sign_prepare, sign_run, NULL, "Signs the text in force for one's unit; replies number and hash of the PDF."},
    {"consent.withdraw",     "撤回签署",   "Withdraw",       OP_WRITE, 0, WHO_SIGNED, OP_IN(WithdrawIn, withdraw_fields), NULL, withdraw_run, "撤回与签署同样方便，原文件和撤回记录都会保留。", "As easy as signing; the paper and the withdrawal stay on record."},
    {"consent.list",         "签署文件",   "Consents",       OP_READ,  0, WHO_SIGNED, OP_IN(ListIn, list_fields), NULL, list_run, NULL, NULL},
    {"consent.show",         "签署详情",   "Consent",        OP_READ,  0, WHO_SIGNED, OP_IN(ShowIn, show_fields), NULL, show_run, NULL, NULL},
    {"consent.check",        "核验签署文件", "Check a paper", OP_READ, 0, WHO_PUBLIC, OP_IN(CheckIn, check_fields), NULL, check_run, NULL, "Valid, withdrawn or unknown, by number, hash or both; no names."},
};
// clang-format on

static const RecordType *const types[] = {&consent_text_type, &consent_type};
static const CodeList *const codes[] = {&consent_kinds, &consent_factors, &about_codes};

const Room consent_room = {
    .name = "consent",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
};
