/* match_embed.c - from rows to vectors. See match_embed.h. */
#include "match/match_embed.h"

#include "base/openssl.h"
#include "match/match_helper.h"
#include "registry/registry.h"

#include <string.h>

Str vectors_path(Cx *cx)
{
    return str_format(cx->arena, "%.*s/vectors", STR_ARG(house_of(cx)->data_folder));
}

/* ---- Rows to texts ---- */

/* A document with its text; an empty text: nothing of it may be sent. */
typedef struct Sent {
    VectorDoc doc;
    Str text;
} Sent;

static void set_text(Cx *cx, Sent *sent, const Str *parts, size_t count)
{
    u8 digest[SHA256_DIGEST_LENGTH];
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < count; i++) {
        Str part = str_trim(parts[i]);
        if (part.len && out.len)
            buf_char(&out, '\n');
        buf_add(&out, part);
    }
    sent->text = utf8_head(buf_str(&out), EMBED_TEXT_CHARS);
    SHA256((const u8 *)sent->text.data, sent->text.len, digest);
    memcpy(sent->doc.digest, digest, sizeof sent->doc.digest);
}

static Err patent_sent(Cx *cx, i64 id, Sent *ret)
{
    Patent row = {0};
    Listing listing = {0};
    Err e = record_load(cx, &patent_type, id, &row);
    if (!e)
        e = listing_of_patent(cx, id, &listing);
    if (e || !listing.id || !listing_public(&listing))
        return e;
    const Str parts[] = {row.title, row.abstract, listing.intro};
    ret->doc.org_id = row.org_id;
    ret->doc.listed = true;
    set_text(cx, ret, parts, COUNT(parts));
    return ERR_OK;
}

static Err achievement_sent(Cx *cx, i64 id, Sent *ret)
{
    Achievement row = {0};
    i64 listed = 0;
    Err e = record_load(cx, &achievement_type, id, &row);
    if (!e)
        e = DB_INT(cx, &listed, 0,
                   "SELECT COUNT(*) FROM listing WHERE achievement_id = ?1 AND state IN (2, 3)",
                   BIND_INT(id));
    if (e)
        return e;
    const Str parts[] = {row.title, row.intro};
    ret->doc.org_id = row.org_id;
    ret->doc.listed = listed > 0;
    set_text(cx, ret, parts, COUNT(parts));
    return ERR_OK;
}

/* The published form: the original is not read here. */
static Err need_sent(Cx *cx, i64 id, Sent *ret)
{
    Need row = {0};
    Err e = record_load(cx, &need_public_type, id, &row);
    if (e)
        return e;
    const Str parts[] = {row.title, row.problem, row.params};
    ret->doc.org_id = row.org_id;
    ret->doc.listed = row.state == NEED_LISTED;
    set_text(cx, ret, parts, COUNT(parts));
    return ERR_OK;
}

/* A row as it is now; no text when it is gone. */
static Err read_sent(Cx *cx, MatchKind kind, i64 id, Sent *ret)
{
    *ret = (Sent){.doc = {.kind = kind, .id = id}};
    Err e = kind == MATCH_PATENT        ? patent_sent(cx, id, ret)
            : kind == MATCH_ACHIEVEMENT ? achievement_sent(cx, id, ret)
                                        : need_sent(cx, id, ret);
    if (e == ERR_MISSING) {
        err_clear(cx);
        e = ERR_OK;
    }
    return e;
}

/* Reads a row as it is now and notes it. */
static Err note(Cx *cx, Vectors *vectors, MatchKind kind, i64 id, Sent *ret)
{
    Sent sent;
    vectors_feed_begin(vectors);
    Err e = read_sent(cx, kind, id, &sent);
    if (!e && sent.text.len)
        e = vectors_note(cx, vectors, &sent.doc);
    else if (!e)
        vectors_drop(vectors, kind, id);
    vectors_feed_end(vectors);
    if (!e)
        *ret = sent;
    return e;
}

/* ---- All rows, and facts ---- */

/* One of all rows that may be sent. */
typedef struct Visit {
    Vectors *vectors; /* NULL: `each` is told. */
    void (*each)(void *context, Str text);
    void *context;
} Visit;

static Err visit_ids(Cx *cx, const Visit *visit, MatchKind kind, const char *sql)
{
    Sent sent;
    i64 *ids;
    size_t count = 0;
    Err e = db_ids(cx, sql, NULL, 0, &ids, &count);
    for (size_t i = 0; !e && i < count; i++) {
        ArenaMark mark = arena_mark(cx->arena);
        e = visit->vectors ? note(cx, visit->vectors, kind, ids[i], &sent)
                           : read_sent(cx, kind, ids[i], &sent);
        if (!e && !visit->vectors && sent.text.len)
            visit->each(visit->context, sent.text);
        arena_rewind(cx->arena, mark);
    }
    return e;
}

static Err visit_all(Cx *cx, const Visit *visit)
{
    ArenaMark mark = arena_mark(cx->arena);
    Err e = visit_ids(cx, visit, MATCH_PATENT,
                      "SELECT DISTINCT patent_id FROM listing WHERE patent_id > 0 AND state IN "
                      "(2, 3, 4) ORDER BY patent_id");
    if (!e)
        e = visit_ids(cx, visit, MATCH_ACHIEVEMENT, "SELECT id FROM achievement ORDER BY id");
    if (!e)
        e = visit_ids(cx, visit, MATCH_NEED, "SELECT id FROM need_public ORDER BY id");
    arena_rewind(cx->arena, mark);
    return e;
}

Err match_embed_all(Cx *cx, Vectors *vectors)
{
    Err e = visit_all(cx, &(Visit){.vectors = vectors});
    if (!e)
        vectors_noted_all(vectors);
    return e;
}

Err match_embed_texts(Cx *cx, void (*each)(void *context, Str text), void *context)
{
    return visit_all(cx, &(Visit){.each = each, .context = context});
}

static Err listing_fact(Cx *cx, Vectors *vectors, i64 id)
{
    Listing listing = {0};
    Sent sent;
    Err e = record_load(cx, &listing_type, id, &listing);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    if (e)
        return e;
    bool patent = listing.patent_id != 0;
    return note(cx, vectors, patent ? MATCH_PATENT : MATCH_ACHIEVEMENT,
                patent ? listing.patent_id : listing.achievement_id, &sent);
}

Err match_embed_fact(Cx *cx, Vectors *vectors, const Fact *fact)
{
    Sent sent;
    if (str_same(fact->table_name, S("listing")))
        return listing_fact(cx, vectors, fact->row_id);
    if (str_same(fact->table_name, S("patent")))
        return note(cx, vectors, MATCH_PATENT, fact->row_id, &sent);
    if (str_same(fact->table_name, S("achievement")))
        return note(cx, vectors, MATCH_ACHIEVEMENT, fact->row_id, &sent);
    if (str_same(fact->table_name, S("need_public")))
        return note(cx, vectors, MATCH_NEED, fact->row_id, &sent);
    return ERR_OK;
}

/* ---- Asking ---- */

static Err put_all(Cx *cx, Vectors *vectors, const VectorDoc *docs, const EmbedAnswer *answer)
{
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < answer->count; i++)
        e = vectors_put(cx, vectors, &docs[i], answer->values + i * answer->dims, answer->dims);
    return e;
}

/* Each by itself, to find those that the server does not take. */
static Err ask_singly(Cx *cx, Vectors *vectors, const EmbedServer *server, const VectorDoc *docs,
                      const Str *texts, size_t count)
{
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < count; i++) {
        EmbedAnswer answer;
        ArenaMark mark = arena_mark(cx->arena);
        e = embed_ask(cx, server, &texts[i], 1, &answer);
        if (!e)
            e = put_all(cx, vectors, &docs[i], &answer);
        arena_rewind(cx->arena, mark);
        if (e == ERR_INPUT) {
            err_clear(cx);
            vectors_refuse(vectors, &docs[i]);
            e = ERR_OK;
        }
    }
    return e;
}

/* Some that wait, with texts as they are now: *ret_waiting looked at, *ret_count with a text. */
static Err take_waiting(Cx *cx, Vectors *vectors, i64 batch, VectorDoc *docs, Str *texts,
                        size_t *ret_waiting, size_t *ret_count)
{
    size_t count = 0, waiting = vectors_waiting(vectors, docs, (size_t)batch);
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < waiting; i++) {
        Sent sent = {0};
        e = note(cx, vectors, docs[i].kind, docs[i].id, &sent); /* As it is now, not as it was. */
        if (!e && sent.text.len) {
            docs[count] = sent.doc;
            texts[count++] = sent.text;
        }
    }
    *ret_waiting = waiting;
    *ret_count = count;
    return e;
}

Err match_embed_some(Cx *cx, Vectors *vectors, const EmbedServer *server, i64 batch,
                     size_t *ret_count)
{
    VectorDoc docs[EMBED_BATCH_MAX];
    Str texts[EMBED_BATCH_MAX];
    EmbedAnswer answer;
    size_t count, waiting;
    Err e = take_waiting(cx, vectors, batch, docs, texts, &waiting, &count);
    if (!e && count) {
        e = embed_ask(cx, server, texts, count, &answer);
        if (!e) {
            e = put_all(cx, vectors, docs, &answer);
        } else if (e == ERR_INPUT) {
            err_clear(cx);
            e = ask_singly(cx, vectors, server, docs, texts, count);
        }
    }
    if (!e)
        *ret_count = waiting;
    return e;
}

Err match_embed_own(Cx *cx, Vectors *vectors, OwnPlace *own, i64 batch, size_t *ret_count)
{
    VectorDoc docs[EMBED_BATCH_MAX];
    Str texts[EMBED_BATCH_MAX];
    float values[OWN_DIMS];
    size_t count, waiting;
    Err e = take_waiting(cx, vectors, batch, docs, texts, &waiting, &count);
    for (size_t i = 0; !e && i < count; i++) {
        if (own_place_vector(own, texts[i], values))
            e = vectors_put(cx, vectors, &docs[i], values, OWN_DIMS);
        else
            vectors_refuse(vectors, &docs[i]);
    }
    if (!e)
        *ret_count = waiting;
    return e;
}
