/* cli_auction.c - bidding without a store: a journal played again, and the simulator. */
#include "cli/cli.h"

#include "auction/bid_journal.h"
#include "auction/bid_sim.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- auction replay ---- */

Err cli_read_file(Cli *cli, Str path, Str *ret)
{
    enum { PIECE = 1 << 16 };
    Buf out = buf_new(&cli->arena);
    char *piece = arena_take_raw(&cli->arena, PIECE);
    size_t got;
    FILE *file = fopen(str_z(&cli->arena, path), "re");
    while (file && (got = fread(piece, 1, PIECE, file)) > 0)
        buf_add(&out, (Str){piece, got});
    bool ok = file && !ferror(file);
    if (file)
        fclose(file);
    if (!ok)
        return err_set_arg(&cli->cx, ERR_MISSING, "file", "auction.journal_file", path);
    *ret = buf_str(&out);
    return ERR_OK;
}

typedef struct Replay {
    Cli *cli;
    Buf line;
} Replay;

static void print_buf(Buf *buf)
{
    fwrite(buf->data, 1, buf->len, stdout);
    buf->len = 0;
}

static void print_reply(const BidJournal *journal, const BidAnswer *answer)
{
    const BidReply *reply = &answer->reply;
    Arena arena = {0};
    Str price = reply->price_fen ? money_format(&arena, reply->price_fen) : S("-");
    Str leader = reply->leader ? journal->bidders[reply->leader] : S("-");
    printf("%12lld  %-9s  %16.*s  %-12.*s  %12lld  ", (long long)answer->at_ms,
           bid_stage_name(reply->stage, reply->paused), STR_ARG(price), STR_ARG(leader),
           (long long)reply->end_ms);
    if (reply->seq)
        printf("#%lld\n", (long long)reply->seq);
    else
        printf("%s%s%s\n", reply->why ? bid_why_name(reply->why) : "ok", answer->amount ? ": " : "",
               bid_amount_name(answer->amount));
    arena_done(&arena);
}

static void tell_reply(void *context, const BidJournal *journal, const BidAnswer *answer)
{
    Replay *replay = context;
    if (!replay->cli->json) {
        print_reply(journal, answer);
        return;
    }
    bid_answer_write(&replay->line, journal, answer);
    print_buf(&replay->line);
}

int cli_auction(Cli *cli)
{
    if (cli->word_count != 3 || !str_same(cli->words[1], S("replay")) || cli->arg_count) {
        fprintf(stderr, "techbourse auction replay FILE [--json]\n");
        return EXIT_USAGE;
    }
    Str text = S("");
    BidJournal journal;
    Replay replay = {.cli = cli, .line = buf_new(&cli->arena)};
    Err e = cli_read_file(cli, cli->words[2], &text);
    if (!e)
        e = bid_journal_play(&cli->cx, text, tell_reply, &replay, &journal);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    bid_final_write(&replay.line, &journal);
    print_buf(&replay.line);
    return EXIT_DONE;
}

/* ---- sim ---- */

/* "3" or "1-50". */
static bool read_seeds(Str seed, Str seeds, i64 *ret_first, i64 *ret_last)
{
    size_t dash = str_find(seeds, S("-"));
    if (seed.len)
        return !seeds.len && str_to_i64(seed, ret_first) && str_to_i64(seed, ret_last);
    return dash < seeds.len && str_to_i64(str_slice(seeds, 0, dash), ret_first) &&
           str_to_i64(str_slice(seeds, dash + 1, seeds.len), ret_last) && *ret_first <= *ret_last;
}

static int tell_difference(Cli *cli, const SimRun *run)
{
    Arena *arena = &cli->arena;
    if (!cli->json) {
        fprintf(stderr,
                "seed %lld, %s, line %lld: %s is %.*s, the model says %.*s\n"
                "techbourse sim --seed %lld --journal prints its journal\n",
                (long long)run->seed, run->mode, (long long)run->line, run->field,
                STR_ARG(run->engine), STR_ARG(run->model), (long long)run->seed);
        return EXIT_EDITED;
    }
    Val *map = val_map(arena);
    val_set_bool(arena, map, "ok", false);
    val_set_int(arena, map, "seed", run->seed);
    val_set_z(arena, map, "mode", run->mode);
    val_set_int(arena, map, "line", run->line);
    val_set_z(arena, map, "field", run->field);
    val_set_str(arena, map, "engine", run->engine);
    val_set_str(arena, map, "model", run->model);
    cli_print(cli, map);
    return EXIT_EDITED;
}

/* What all the runs came to: of the modes, how many. */
typedef struct SimSum {
    i64 seeds, acts, accepted, restarts;
    Val *modes;
} SimSum;

static void sum_run(Cli *cli, SimSum *sum, const SimRun *run)
{
    sum->seeds++;
    sum->acts += run->acts;
    sum->accepted += run->accepted;
    sum->restarts += run->restarts;
    val_set_int(&cli->arena, sum->modes, run->mode, val_get_int(sum->modes, run->mode) + 1);
}

static void print_sum(Cli *cli, const SimSum *sum)
{
    Val *map = val_map(&cli->arena);
    val_set_bool(&cli->arena, map, "ok", true);
    val_set_int(&cli->arena, map, "seeds", sum->seeds);
    val_set_int(&cli->arena, map, "acts", sum->acts);
    val_set_int(&cli->arena, map, "accepted", sum->accepted);
    val_set_int(&cli->arena, map, "restarts", sum->restarts);
    val_set(&cli->arena, map, "modes", sum->modes);
    cli_print(cli, map);
}

int cli_sim(Cli *cli)
{
    i64 first = 0, last = 0;
    Str seed = cli_take(cli, "seed"), seeds = cli_take(cli, "seeds");
    bool journal = cli_flag(cli, "journal");
    if (cli->word_count != 1 || cli->arg_count || !read_seeds(seed, seeds, &first, &last)) {
        fprintf(stderr, "techbourse sim --seed N | --seeds A-B [--journal] [--json]\n");
        return EXIT_USAGE;
    }
    SimSum sum = {.modes = val_map(&cli->arena)};
    Arena arena = {0};
    int code = EXIT_DONE;
    for (i64 at = first; at <= last && code == EXIT_DONE; at++) {
        arena_reset(&arena);
        SimRun run = bid_sim(&arena, at);
        if (journal)
            fwrite(run.journal.data, 1, run.journal.len, stdout);
        sum_run(cli, &sum, &run);
        code = run.same ? EXIT_DONE : tell_difference(cli, &run);
    }
    if (code == EXIT_DONE && !journal)
        print_sum(cli, &sum);
    arena_done(&arena);
    return code;
}
