/* Texts: the templates of a new exchange, further versions, and the one in force. */
#include "consent/consent_int.h"

#include "base/openssl.h"

enum { PARAGRAPHS_MAX = 20 };

Str sha256_hex(Arena *arena, Str bytes)
{
    u8 digest[SHA256_DIGEST_LENGTH];
    SHA256((const u8 *)bytes.data, bytes.len, digest);
    return hex_from(arena, digest, sizeof digest);
}

Str text_title(const ConsentText *text, Lang lang)
{
    return lang == LANG_EN ? text->title_en : text->title_zh;
}

static void hash_part(Buf *out, Str part)
{
    buf_format(out, "%zu:", part.len);
    buf_add(out, part);
}

static Str text_hash(Arena *arena, const ConsentText *text)
{
    Buf out = buf_new(arena);
    hash_part(&out, text->kind);
    hash_part(&out, text->title_zh);
    hash_part(&out, text->title_en);
    hash_part(&out, text->text_zh);
    hash_part(&out, text->text_en);
    return sha256_hex(arena, buf_str(&out));
}

static Err newest(Cx *cx, Str kind, ConsentText *ret)
{
    return RECORD_FIND(cx, &consent_text_type, ret, "WHERE kind = ?1 ORDER BY version DESC LIMIT 1",
                       BIND_STR(kind));
}

Err text_in_force(Cx *cx, Str kind, ConsentText *ret)
{
    Err e = RECORD_FIND(cx, &consent_text_type, ret,
                        "WHERE kind = ?1 AND from_date <= ?2 ORDER BY version DESC LIMIT 1",
                        BIND_STR(kind), BIND_INT(time_date(clock_now_ms(cx->clock))));
    if (e == ERR_MISSING) {
        err_clear(cx);
        return err_set(cx, ERR_MISSING, "kind", "consent.text_unknown");
    }
    return e;
}

/* ---- templates ---- */

static Str words_of(Arena *arena, const char *kind, const char *part, Lang lang)
{
    Str key = str_format(arena, "consent.text.%s.%s", kind, part);
    return str_from(text_find_str(lang, key));
}

/* Paragraphs .1, .2, ... a line each. */
static Str paragraphs(Arena *arena, const char *kind, Lang lang)
{
    Buf out = buf_new(arena);
    char part[16];
    for (int i = 1; i <= PARAGRAPHS_MAX; i++) {
        snprintf(part, sizeof part, "%d", i);
        Str words = words_of(arena, kind, part, lang);
        if (!words.len)
            break;
        buf_format(&out, "%s%.*s", i > 1 ? "\n" : "", STR_ARG(words));
    }
    return buf_str(&out);
}

static Err load_one(Cx *cx, const char *kind)
{
    ConsentText text = {0};
    Err e = newest(cx, str_from(kind), &text);
    if (e != ERR_MISSING)
        return e;
    err_clear(cx);
    text = (ConsentText){.kind = str_from(kind),
                         .version = 1,
                         .title_zh = words_of(cx->arena, kind, "title", LANG_ZH),
                         .title_en = words_of(cx->arena, kind, "title", LANG_EN),
                         .text_zh = paragraphs(cx->arena, kind, LANG_ZH),
                         .text_en = paragraphs(cx->arena, kind, LANG_EN),
                         .is_template = 1};
    text.hash = text_hash(cx->arena, &text);
    return fact_create(cx, &consent_text_type, &text,
                       (FactNote){.kind = "consent_text.loaded", .amount = 1, .code = kind});
}

static Err load_all(Cx *cx, void *arg)
{
    Err e = ERR_OK;
    (void)arg;
    for (size_t i = 0; !e && i < consent_kinds.count; i++)
        e = load_one(cx, consent_kinds.codes[i].code);
    return e;
}

Err consent_texts_load(Cx *cx)
{
    cx->doing = "consent_text.load";
    return writer_run(house_of(cx)->writer, cx, load_all, NULL);
}

/* ---- ops ---- */

Err text_publish_run(Cx *cx, const void *arg, Val **ret)
{
    ConsentText text = *(const ConsentText *)arg, before = {0};
    Err e = newest(cx, text.kind, &before);
    if (e == ERR_MISSING) {
        err_clear(cx);
        e = ERR_OK;
    }
    if (e)
        return e;
    text.version = before.version + 1;
    text.is_template = 0;
    text.hash = text_hash(cx->arena, &text);
    if (str_same(text.hash, before.hash) && text.from_date == before.from_date)
        return err_set(cx, ERR_CONFLICT, "text_zh", "consent.text_same");
    e = fact_create(cx, &consent_text_type, &text,
                    (FactNote){.kind = "consent_text.published",
                               .amount = text.version,
                               .code = str_z(cx->arena, text.kind)});
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", text.id);
    val_set_int(cx->arena, *ret, "version", text.version);
    return ERR_OK;
}

/* Every version, the newest of each kind first. */
Err text_list_run(Cx *cx, const void *arg, Val **ret)
{
    const TextIn *in = arg;
    Rows rows;
    Val *items = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &consent_text_type, &rows,
                         "WHERE ?1 = '' OR kind = ?1 ORDER BY kind, version DESC LIMIT ?2",
                         BIND_STR(in->kind), BIND_INT(CONSENT_LIST_MAX));
    if (e)
        return e;
    while (rows_next(&rows)) {
        ConsentText text = {0};
        record_read_row(cx, &consent_text_type, &rows, &text);
        Val *val = record_val(cx, &consent_text_type, &text, SEE_PUBLIC);
        val_set_str(cx->arena, val, "title", text_title(&text, cx->lang));
        val_push(cx->arena, items, val);
    }
    e = rows_end(&rows);
    *ret = list_val(cx, items, (i64)val_count(items), 1, CONSENT_LIST_MAX);
    return e;
}

/* By id, or the one in force of a kind. */
Err text_show_run(Cx *cx, const void *arg, Val **ret)
{
    const TextIn *in = arg;
    ConsentText text = {0}, now = {0};
    Err e = in->id ? record_load(cx, &consent_text_type, in->id, &text)
                   : text_in_force(cx, in->kind, &text);
    if (!e)
        e = text_in_force(cx, text.kind, &now);
    if (e == ERR_MISSING && text.id) { /* Its first version is still to come. */
        err_clear(cx);
        e = ERR_OK;
    }
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set(cx->arena, *ret, "text", record_val(cx, &consent_text_type, &text, SEE_PUBLIC));
    val_set_bool(cx->arena, *ret, "in_force", text.id == now.id);
    return ERR_OK;
}
