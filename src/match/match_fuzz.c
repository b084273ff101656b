/* Throws bytes at the analyser, at a search, and at the reader of segments (fuzz.h).
 *
 * The first byte says what for. Even: the rest is text, which with bit 2 is searched for as well
 * (that takes long). Odd: the rest are changes of a sound segment, five bytes each: place and new
 * byte. */
#include "base/fuzz.h"
#include "match/match_int.h"
#include "match/match_score.h"
#include "match/match_seg_int.h"

#include <stdlib.h>
#include <string.h>

enum { CHANGE_BYTES = 5, SEG_FUZZ_DOCS = 40, SNIPPET_CHARS = 40 };

/* A document of the text is found by the text, if anything in it can be looked for. */
static void search_text(Cx *cx, Str text)
{
    MatchIndex *index = match_open();
    MatchField field = {text, 1, false};
    MatchDoc doc = {MATCH_NEED, 7, &field, 1, .listed = true};
    MatchQuery query = {.text = text, .limit = 3};
    MatchAnswer answer;
    if (match_put(cx, index, &doc) != ERR_OK || match_search(cx, index, &query, &answer) != ERR_OK)
        abort();
    assert(answer.count <= 1 && (answer.note || answer.count == 1));
    for (size_t i = 0; answer.count && i < answer.hits[0].reason_count; i++)
        assert(answer.hits[0].reasons[i].percent >= 1 && answer.hits[0].reasons[i].percent <= 100);
    match_close(index);
}

static void read_text(Cx *cx, Str text, bool search)
{
    TermList list = {0}, codes = {0};
    text_terms(cx->arena, text, true, &list);
    code_terms(cx->arena, text, &codes);
    for (size_t i = 0; i < codes.count; i++)
        assert(codes.terms[i].kind == TERM_CODE && utf8_valid(codes.terms[i].code));
    for (size_t i = 0; i < list.count; i++)
        assert(list.terms[i].from <= list.terms[i].to && list.terms[i].to <= text.len);
    Str whole = utf8_repair(cx->arena, text);
    const MatchAsked *asked = match_asked(cx->arena, utf8_head(whole, 12));
    MatchSnippet snippet = match_snippet(cx->arena, asked, whole, SNIPPET_CHARS);
    assert(utf8_valid(snippet.text) && utf8_count(snippet.text) <= SNIPPET_CHARS);
    size_t last = 0;
    for (size_t i = 0; i < snippet.mark_count; i++) {
        assert(snippet.marks[i].from >= last && snippet.marks[i].from < snippet.marks[i].to);
        last = snippet.marks[i].to;
    }
    assert(last <= snippet.text.len);
    if (search)
        search_text(cx, whole);
}

static Str sound_segment(Arena *arena)
{
    SegBuild *build = seg_build_new(20);
    for (u32 doc = 0; doc < SEG_FUZZ_DOCS; doc++) {
        SegPart parts[4];
        for (u32 t = 0; t < COUNT(parts); t++)
            parts[t] = (SegPart){seg_hash(t * (1 + doc % (t + 2))), (u8)(1 + doc * 5 % 250)};
        seg_build_add(build, (SegDoc){.id = doc + 1, .length = 4, .kind = 1}, S("new"), parts,
                      COUNT(parts));
    }
    Str bytes = seg_build_bytes(build, arena);
    seg_build_done(build);
    return bytes;
}

/* What seg_check lets through can be walked, looked into and scored. */
static void use_segment(const Seg *seg)
{
    u64 live[SEG_DOCS / 64];
    memset(live, 0xFF, sizeof live);
    SegBuild *build = seg_build_new(30);
    for (u64 key = 0; key < 100; key++) {
        SegList list = seg_find(seg, seg_hash(key));
        if (list.count)
            score_add(score_board(), &list, 200);
    }
    score_clear(score_board(), SEG_DOCS);
    for (u32 doc = 0; doc < seg->doc_count; doc++)
        seg_field_name(seg, seg->docs[doc].field_code);
    seg_doc(seg, 1, 5);
    seg_pour(seg, live, build);
    seg_build_done(build);
}

static void read_segment(Arena *arena, const u8 *changes, size_t size)
{
    Str bytes = sound_segment(arena);
    Seg seg;
    for (; size >= CHANGE_BYTES; changes += CHANGE_BYTES, size -= CHANGE_BYTES) {
        u32 at;
        memcpy(&at, changes, sizeof at);
        ((char *)(uintptr_t)bytes.data)[at % bytes.len] = (char)changes[CHANGE_BYTES - 1];
    }
    u32 sum = seg_sum(bytes);
    memcpy((char *)(uintptr_t)bytes.data + offsetof(SegHead, sum), &sum, sizeof sum);
    if (seg_read(bytes, &seg) && seg_check(&seg))
        use_segment(&seg);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    Arena arena = {0};
    Cx cx = {.arena = &arena};
    if (size && data[0] % 2)
        read_segment(&arena, data + 1, size - 1);
    else if (size)
        read_text(&cx, (Str){(const char *)data + 1, size - 1}, data[0] & 2);
    arena_done(&arena);
    return 0;
}

FUZZ_MAIN("test/fuzz/match");
