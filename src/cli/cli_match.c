/* cli_match.c - the matcher from outside: how good it is on a set that people bring. */
#include "cli/cli.h"
#include "match/match_eval.h"

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

int cli_match(Cli *cli)
{
    Cx *cx = &cli->cx;
    EvalFiles files = {.docs = cli_take(cli, "docs"),
                       .queries = cli_take(cli, "queries"),
                       .qrels = cli_take(cli, "qrels"),
                       .pool = cli_flag(cli, "pool")};
    Str folds =
        cli_take(cli, "folds"); /* Nothing is learnt from the set: any number is the same. */
    EvalFigures figures;
    bool known = cli->word_count == 2 && str_same(cli->words[1], S("eval"));
    if (!known || !files.docs.len || !files.queries.len || !files.qrels.len || cli->arg_count ||
        (folds.len &&
         (!str_to_i64(folds, &files.folds) || files.folds < 1 || files.folds > EVAL_FOLDS_MAX))) {
        fprintf(stderr, "techbourse match eval --docs F.jsonl --queries F.jsonl --qrels F.tsv "
                        "[--pool] [--folds K] [--json]\n");
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
