/* match_eval_own.c - vectors learnt from the documents of a judged set: see eval_own. */
#include "match/match_embed.h"
#include "match/match_eval_int.h"

static Str whole(Arena *arena, const EvalText *text)
{
    return str_format(arena, "%.*s\n%.*s", STR_ARG(text->title), STR_ARG(text->text));
}

static Err put_all(Eval *eval)
{
    Cx *cx = eval->cx;
    Err e = ERR_OK;
    for (size_t d = 0; !e && d < eval->docs.count; d++) {
        ArenaMark mark = arena_mark(cx->arena);
        float values[OWN_DIMS];
        const VectorDoc doc = {.kind = MATCH_PATENT, .id = (i64)d + 1, .listed = true};
        if (own_vector(eval->own, whole(cx->arena, &eval->texts[d]), values)) {
            e = vectors_note(cx, eval->vectors, &doc);
            if (!e)
                e = vectors_put(cx, eval->vectors, &doc, values, OWN_DIMS);
        }
        arena_rewind(cx->arena, mark);
    }
    return e;
}

Err eval_own(Eval *eval)
{
    Cx *cx = eval->cx;
    if (eval->text_bytes > EVAL_TEXTS_MAX)
        return err_set_arg(cx, ERR_LIMIT, NULL, "eval.too_large", eval->files->docs);
    OwnLearn *learn = own_learn_begin();
    for (size_t d = 0; d < eval->docs.count; d++) {
        ArenaMark mark = arena_mark(cx->arena);
        own_learn_add(learn, whole(cx->arena, &eval->texts[d]));
        arena_rewind(cx->arena, mark);
    }
    Err e = own_learn(cx, learn, NULL, NULL, &eval->own);
    own_learn_done(learn);
    if (e == ERR_LIMIT) { /* Too few texts: words alone, as an exchange would answer. */
        err_clear(cx);
        return ERR_OK;
    }
    if (e)
        return e;
    eval->vectors = vectors_open(S("own"), OWN_DIMS);
    return put_all(eval);
}

void eval_own_done(Eval *eval)
{
    if (eval->vectors)
        vectors_close(eval->vectors);
    if (eval->own)
        own_done(eval->own);
    eval->vectors = NULL;
    eval->own = NULL;
}

Err eval_search(Eval *eval, const EvalText *query, const MatchQuery *asked, MatchAnswer *ret)
{
    Cx *cx = eval->cx;
    float values[OWN_DIMS];
    if (!eval->vectors || !own_vector(eval->own, whole(cx->arena, query), values))
        return match_search(cx, eval->index, asked, ret);
    return match_fuse_values(cx, eval->index, eval->vectors, asked, values, OWN_DIMS, ret);
}
