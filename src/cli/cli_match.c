/* cli_match.c - the matcher from outside: how good it is on a set that people bring, and its index
 * made anew. */
#include "cli/cli.h"
#include "match/match_eval.h"
#include "match/match_feed.h"

#include <stdio.h>

static void set_real(Arena *arena, Val *map, const char *name, double real)
{
    Val *val = val_int(arena, 0);
    val->kind = VAL_REAL;
    val->real = real;
    val_set(arena, map, name, val);
}

static Val *figures_val(Arena *arena, const EvalFigures *figures)
{
    Val *val = val_map(arena);
    set_real(arena, val, "ndcg@10", figures->ndcg);
    set_real(arena, val, "mrr@10", figures->mrr);
    set_real(arena, val, "recall@10", figures->recall);
    set_real(arena, val, "ndcg@10_half_width", figures->ndcg_half);
    set_real(arena, val, "mrr@10_half_width", figures->mrr_half);
    set_real(arena, val, "recall@10_half_width", figures->recall_half);
    val_set_int(arena, val, "queries", figures->queries);
    val_set_int(arena, val, "docs", figures->docs);
    val_set_int(arena, val, "unknown", figures->unknown);
    return val;
}

/* From the rows, whatever lies there. A server that is running would save its own over it: it says
 * that somebody else has the lock. */
static int cli_match_rebuild(Cli *cli)
{
    Open open;
    Cx cx;
    i64 seq = 0;
    Err e = house_open(&cli->cx, &cli->settings, OPEN_WRITE, &open);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    MatchIndex *index = match_open();
    e = house_reader(&open, &cli->arena, &cx);
    if (!e)
        e = match_feed_all(&cx, index, &seq);
    match_settle(index);
    while (!e && match_tend(index))
        ;
    if (!e)
        e = match_feed_save(&cx, index, match_feed_folder(&cx), seq);
    MatchStats stats = match_stats(index);
    int code = e ? cli_fail(cli, &cx, e) : EXIT_DONE;
    if (cx.db)
        house_reader_done(&cx);
    match_close(index);
    house_close(&open);
    if (!e) {
        Val *val = val_map(&cli->arena);
        val_set_int(&cli->arena, val, "docs", stats.doc_count);
        val_set_int(&cli->arena, val, "segments", stats.segment_count);
        val_set_int(&cli->arena, val, "bytes", stats.bytes);
        cli_print(cli, val);
    }
    return code;
}

int cli_match(Cli *cli)
{
    if (cli->word_count == 2 && str_same(cli->words[1], S("rebuild")) && !cli->arg_count)
        return cli_match_rebuild(cli);
    Cx *cx = &cli->cx;
    EvalFiles files = {.docs = cli_take(cli, "docs"),
                       .queries = cli_take(cli, "queries"),
                       .qrels = cli_take(cli, "qrels"),
                       .pool = cli_flag(cli, "pool"),
                       .vectors = cli_flag(cli, "vectors")};
    Str folds = cli_take(cli, "folds");
    EvalFigures figures;
    bool known = cli->word_count == 2 && str_same(cli->words[1], S("eval"));
    if (!known || !files.docs.len || !files.queries.len || !files.qrels.len || cli->arg_count ||
        (folds.len &&
         (!str_to_i64(folds, &files.folds) || files.folds < 1 || files.folds > EVAL_FOLDS_MAX))) {
        fprintf(stderr, "techbourse match eval --docs F.jsonl --queries F.jsonl --qrels F.tsv "
                        "[--pool] [--folds K] [--vectors] [--json]\n"
                        "techbourse match rebuild --data DIR\n");
        return EXIT_USAGE;
    }
    Err e = match_eval(cx, &files, &figures);
    if (e)
        return cli_fail(cli, cx, e);
    if (cli->json)
        cli_print(cli, figures_val(&cli->arena, &figures));
    else
        printf("nDCG@10    %.4f +- %.4f\nMRR@10     %.4f +- %.4f\nrecall@10  %.4f +- %.4f\n"
               "%lld questions, %lld documents, %lld judgements of neither\n",
               figures.ndcg, figures.ndcg_half, figures.mrr, figures.mrr_half, figures.recall,
               figures.recall_half, (long long)figures.queries, (long long)figures.docs,
               (long long)figures.unknown);
    return EXIT_DONE;
}
