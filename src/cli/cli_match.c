/* cli_match.c - the matcher from outside: how good it is on a set that people bring, and its index
 * made anew. */
#include "cli/cli.h"
#include "match/match_eval.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_MS = 200 }; /* Between two questions how far a server is. */

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

/* A server that runs builds a new index beside the one that answers, and says how far it is. */
static Err wait_rebuilt(Cli *cli, Link *link, i64 taken_before, Val **ret)
{
    const struct timespec pause = {.tv_nsec = STATUS_MS * 1000000L};
    Progress progress = {.key = "rebuild", .terminal = isatty(STDERR_FILENO), .cli = cli};
    Err e = ERR_OK;
    for (bool busy = true; !e && busy;) {
        nanosleep(&pause, NULL);
        e = link_call(link, "index.status", val_map(&cli->arena), ret);
        busy = !e && val_get_bool(*ret, "rebuilding");
        if (!e)
            progress_show(&progress, val_get_int(*ret, "done"), val_get_int(*ret, "total"));
    }
    progress_end(&progress);
    if (!e && val_get_int(*ret, "taken") == taken_before)
        e = err_set(&link->cx, ERR_IO, NULL, "match.not_rebuilt");
    return e;
}

static int cli_match_rebuild(Cli *cli)
{
    Link link;
    Val *in = val_map(&cli->arena), *status = NULL, *reply = NULL;
    i64 taken = 0;
    Err e = link_open(cli, &link);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    if (link.remote) {
        e = link_call(&link, "index.status", in, &status);
        taken = e ? 0 : val_get_int(status, "taken");
    }
    if (!e)
        e = link_call(&link, "index.rebuild", in, &reply);
    if (!e)
        e = val_get_bool(reply, "started") ? wait_rebuilt(cli, &link, taken, &status)
                                           : link_call(&link, "index.status", in, &status);
    if (!e)
        cli_print(cli, status);
    int code = e ? cli_fail(cli, &link.cx, e) : EXIT_DONE;
    link_close(&link);
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
