/* Consents: one's own, one paper, signing, checking; one's unit. */
#include "web/page_int.h"

#include "command/settings.h"
#include "consent/consent.h"

#include <string.h>

static Str code_label(PageCx *page, const CodeList *list, Str value)
{
    const Code *code = code_find(list, value);
    return str_from(!code ? "" : page->cx->lang == LANG_EN ? code->en : code->zh);
}

/* Where the record is that a consent is about; '' for none. */
static Str about_href(Arena *arena, Str about, i64 id)
{
    return id ? str_format(arena, "/%.*s/%lld", STR_ARG(about), (long long)id) : S("");
}

static void shape_consent(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    Str state = val_get_str(row, "state");
    char *key = str_z(arena, str_format(arena, "consent.state.%.*s", STR_ARG(state)));
    val_set_str(arena, row, "state_label", page_say(page, key));
    val_set_str(arena, row, "about_href",
                about_href(arena, val_get_str(row, "about"), val_get_int(row, "about_id")));
    val_set_str(arena, row, "org_name", val_get_str(row, "org"));
}

static void shape_consents(PageCx *page, Val *rows)
{
    for (size_t i = 0; i < val_count(rows); i++)
        shape_consent(page, val_at(rows, i));
}

Err build_consents(PageCx *page)
{
    Val *reply, *texts;
    Err e = page_ask_query(page, "consent.list", &reply);
    if (!e)
        e = page_ask(page, "consent_text.list", NULL, 0, &texts);
    if (e)
        return e;
    shape_consents(page, val_get(reply, "items"));
    list_set(page, reply, 0, false);
    page_put(page, "texts", val_get(texts, "items"));
    page_put(page, "can_publish",
             val_bool(page->cx->arena, page_allowed(page, "consent_text.publish")));
    page_title(page, "page.consents");
    return ERR_OK;
}

/* Lots of the listing that run: what a withdrawal would meet. */
static Err find_running(PageCx *page, const Val *consent, Val **ret)
{
    Arena *arena = page->cx->arena;
    Val *running = val_list(arena), *lots;
    *ret = running;
    if (!str_same(val_get_str(consent, "about"), S("listing")))
        return ERR_OK;
    Str id = str_format(arena, "%lld", (long long)val_get_int(consent, "about_id"));
    Err e = page_ask(page, "lot.list", (NameText[]){{S("listing_id"), id}}, 1, &lots);
    if (e)
        return e;
    for (size_t i = 0; i < val_count(val_get(lots, "items")); i++) {
        Val *lot = val_at(val_get(lots, "items"), i);
        Str state = val_get_str(lot, "state");
        if (str_same(state, S("open")) || str_same(state, S("scheduled")) ||
            str_same(state, S("paused")))
            val_push(arena, running, lot);
    }
    return ERR_OK;
}

Err build_consent(PageCx *page)
{
    Val *reply, *running;
    Err e = page_ask_id(page, "consent.show", &reply);
    if (!e)
        e = find_running(page, val_get(reply, "consent"), &running);
    if (e)
        return e;
    Arena *arena = page->cx->arena;
    Val *consent = val_get(reply, "consent"), *text = val_get(reply, "text");
    shape_consent(page, consent);
    val_set_str(arena, consent, "reason", val_get_str(consent, "reason"));
    val_set_str(arena, consent, "factor_label",
                code_label(page, &consent_factors, val_get_str(consent, "factor")));
    page_put(page, "consent", consent);
    page_put(page, "text", text);
    page_put(page, "effect", val_str(arena, val_get_str(reply, "effect")));
    page_put(page, "running", running);
    page_put(page, "can_withdraw", val_bool(arena, val_get_bool(reply, "can_withdraw")));
    page_put(page, "id", val_int(arena, page->id));
    page_flash_errors(page);
    page_put(page, "title", val_str(arena, val_get_str(consent, "title")));
    return ERR_OK;
}

/* ---- signing ---- */

static Val *paragraphs(Arena *arena, Str text)
{
    Val *list = val_list(arena);
    Str line;
    while (str_split(&text, '\n', &line))
        if (str_trim(line).len)
            val_push(arena, list, val_str(arena, str_trim(line)));
    return list;
}

/* Of the query, or of the form that was refused. */
static Str asked(PageCx *page, const char *name)
{
    Str value = request_query(page->request, name);
    if (page->typed)
        web_pairs_find(page->typed, name, &value);
    return value;
}

/* {title, href, label} of what is to be signed about; NULL when there is none. */
static Err find_about(PageCx *page, Val **ret)
{
    Arena *arena = page->cx->arena;
    Str about = asked(page, "about"), id_text = asked(page, "about_id"), id;
    i64 n = 0;
    *ret = NULL;
    const RecordType *type = type_find(house_of(page->cx), about);
    Str show = str_format(arena, "%.*s.show", STR_ARG(about));
    if (!type || !str_to_i64(id_text, &n) || !op_find(house_of(page->cx), show))
        return ERR_OK;
    id = str_format(arena, "%lld", (long long)n);
    Val *reply, *map = val_map(arena);
    Err e = page_ask(page, str_z(arena, show), (NameText[]){{S("id"), id}}, 1, &reply);
    if (e)
        return e;
    val_set_str(arena, map, "title", val_get_str(val_get_key(reply, about), "title"));
    val_set_str(arena, map, "href", about_href(arena, about, n));
    val_set_z(arena, map, "label", page->cx->lang == LANG_EN ? type->en : type->zh);
    val_set_str(arena, map, "type", about);
    val_set_int(arena, map, "id", n);
    *ret = map;
    return ERR_OK;
}

/* The same, signed before and still good. */
static Err find_signed(PageCx *page, const Val *about, Val **ret)
{
    Arena *arena = page->cx->arena;
    Str id = str_format(arena, "%lld", (long long)val_get_int(about, "id"));
    Str org = str_format(arena, "%lld", (long long)page->cx->actor.org_id);
    const NameText texts[] = {{S("kind"), page->name},
                              {S("org_id"), org},
                              {S("about"), val_get_str(about, "type")},
                              {S("about_id"), id}};
    Val *reply;
    *ret = NULL;
    Err e = page_ask(page, "consent.list", texts, about ? 4 : 2, &reply);
    if (e)
        return e;
    for (size_t i = 0; i < val_count(val_get(reply, "items")); i++) {
        Val *row = val_at(val_get(reply, "items"), i);
        if (!*ret && str_same(val_get_str(row, "state"), S("valid")) &&
            val_get_int(row, "about_id") == val_get_int(about, "id"))
            *ret = row;
    }
    return ERR_OK;
}

/* Of the form's fields, the day until when. The code has an input of its own. */
static Val *until_field(PageCx *page)
{
    Val *all = page_fields(page, "consent.sign"), *list = val_list(page->cx->arena);
    for (size_t i = 0; i < val_count(all); i++)
        if (str_same(val_get_str(val_at(all, i), "name"), S("until_date")))
            val_push(page->cx->arena, list, val_at(all, i));
    return list;
}

Err build_consent_sign(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply, *about = NULL, *there = NULL, *second = NULL;
    Err e = page_ask(page, "consent_text.show", (NameText[]){{S("kind"), page->name}}, 1, &reply);
    if (!e)
        e = find_about(page, &about);
    if (!e)
        e = find_signed(page, about, &there);
    if (!e)
        e = page_ask(page, "second.show", NULL, 0, &second);
    if (!e)
        e = page_demo(page);
    if (e)
        return e;
    bool zh = page->cx->lang == LANG_ZH;
    Val *text = val_get(reply, "text");
    page_put(page, "text", text);
    page_put(page, "paragraphs", paragraphs(arena, val_get_str(text, zh ? "text_zh" : "text_en")));
    page_put(page, "others", paragraphs(arena, val_get_str(text, zh ? "text_en" : "text_zh")));
    page_put(page, "about", about);
    page_put(page, "there", there);
    page_put(page, "second", second);
    page_put(page, "signer", val_str(arena, page->me ? page->me->name : S("")));
    page_put(page, "unit", val_str(arena, page->me ? page->me->org_name : S("")));
    page_put(page, "fields", until_field(page));
    page_put(page, "wants_code", val_bool(arena, house_of(page->cx)->settings->second_factor != 0));
    page_put(page, "title", val_str(arena, val_get_str(text, zh ? "title_zh" : "title_en")));
    return ERR_OK;
}

/* ---- checking ---- */

Err build_consent_verify(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Str number = asked(page, "no"), hash = asked(page, "hash");
    Val *reply = NULL;
    if (page->typed)
        web_pairs_find(page->typed, "number", &number);
    if (!page->failed_op && (number.len || hash.len)) {
        const NameText texts[] = {{S("number"), number}, {S("hash"), hash}};
        Err e = page_ask(page, "consent.check", texts, 2, &reply);
        if (e && e != ERR_INPUT)
            return e;
        if (e) {
            page->errors = val_get(val_get(err_val(page->cx), "error"), "fields");
            err_clear(page->cx);
            reply = NULL;
            page_flash_errors(page);
        }
    }
    if (reply) {
        static const char *const states[] = {"valid", "withdrawn", "ended", "unknown", "forged"};
        Val *is = val_map(arena);
        for (size_t i = 0; i < COUNT(states); i++)
            val_set_bool(arena, is, states[i], str_same_z(val_get_str(reply, "state"), states[i]));
        val_set(arena, reply, "is", is);
    }
    page_put(page, "result", reply);
    page_put(page, "number", val_str(arena, number));
    page_put(page, "hash", val_str(arena, hash));
    page_title(page, "page.consent_verify");
    return ERR_OK;
}

/* ---- one's unit ---- */

Err build_my_unit(PageCx *page)
{
    Arena *arena = page->cx->arena;
    i64 org_id = page->cx->actor.org_id;
    Str id = str_format(arena, "%lld", (long long)org_id);
    Val *reply, *consents, *colleges;
    Err e = page_ask(page, "org.show", (NameText[]){{S("id"), id}}, 1, &reply);
    if (!e)
        e = page_ask(page, "consent.list", (NameText[]){{S("org_id"), id}}, 1, &consents);
    if (!e) /* Colleges and groups of the house. */
        e = page_ask(page, "org.list", (NameText[]){{S("parent_id"), id}}, 1, &colleges);
    if (e)
        return e;
    Val *org = shape_record(page, &org_type, val_get(reply, "org"));
    shape_consents(page, val_get(consents, "items"));
    page_put(page, "org", org);
    page_put(page, "marks", val_get(reply, "marks"));
    page_put(page, "consents", val_get(consents, "items"));
    page_put(page, "colleges", org_id ? val_get(colleges, "items") : val_list(arena));
    page_put(page, "agreement_wanted",
             val_bool(arena, house_of(page->cx)->settings->agreement_required &&
                                 !val_get_int(org, "agreed_ms")));
    page_put(page, "id", val_int(arena, org_id));
    page_title(page, "page.my_unit");
    return ERR_OK;
}
