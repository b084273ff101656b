/* cli_bundle.c - `verify bundle FILE`: a lot checked from its bundle alone. */
#include "cli/cli.h"

#include "auction/bundle.h"

#include <stdio.h>

static const char usage[] =
    "techbourse verify bundle FILE [--receipt N:HASH] [--who SALT:CODE --no N] [--key HEX] "
    "[--json]\n";

/* "17:ab.." */
static bool read_pair(Str text, Str *ret_first, Str *ret_second)
{
    size_t colon = str_find(text, S(":"));
    *ret_first = str_slice(text, 0, colon);
    *ret_second = str_slice(text, colon + 1, text.len);
    return !text.len || (ret_first->len && ret_second->len);
}

static bool read_ask(Cli *cli, BundleAsk *ret)
{
    Str n, receipt = cli_take(cli, "receipt"), who = cli_take(cli, "who");
    Str no = cli_take(cli, "no");
    *ret = (BundleAsk){.key = str_lower(&cli->arena, cli_take(cli, "key"))};
    if (!read_pair(receipt, &n, &ret->receipt_hash) ||
        !read_pair(who, &ret->who_salt, &ret->who_code))
        return false;
    if (receipt.len && !str_to_i64(n, &ret->receipt_n))
        return false;
    if ((who.len > 0) != (no.len > 0) || (no.len && !str_to_i64(no, &ret->who_no)))
        return false;
    return (!who.len || ret->who_no > 0) && cli->word_count == 3 && !cli->arg_count;
}

static Val *winners_val(Cli *cli, const BundleResult *result)
{
    Val *list = val_list(&cli->arena);
    for (size_t i = 0; i < result->winner_count; i++) {
        Val *item = val_map(&cli->arena);
        val_set_int(&cli->arena, item, "no", result->winners[i].no);
        val_set_int(&cli->arena, item, "pays_fen", result->winners[i].pays_fen);
        val_set_str(&cli->arena, item, "name", result->winners[i].name);
        val_push(&cli->arena, list, item);
    }
    return list;
}

static Val *report_val(Cli *cli, const BundleReport *report, const BundleAsk *ask)
{
    const struct {
        const char *name;
        i64 n;
    } counts[] = {
        {"lot", report->head.lot_id},
        {"entries", report->entries},
        {"bids", report->bids},
        {"accepted", report->accepted},
        {"refused", report->refused},
        {"strangers", report->strangers},
        {"bidders", report->bidders},
        {"sealed", report->sealed},
        {"opened", report->opened},
        {"unplayed", report->unplayed},
        {"rows", report->rows},
        {"later", report->later},
        {"slowest_ms", report->slowest_ms},
        {"first_ms", report->first_ms},
        {"last_ms", report->last_ms},
        {"end_ms", report->result.end_ms},
        {"price_fen", report->result.price_fen},
        {"proceeds_fen", report->result.proceeds_fen},
    };
    Arena *arena = &cli->arena;
    Val *map = val_map(arena);
    val_set_bool(arena, map, "ok", true);
    val_set_str(arena, map, "exchange", report->head.exchange);
    val_set_str(arena, map, "title", report->head.title);
    val_set_z(arena, map, "mode", bid_mode_name(report->mode));
    for (size_t i = 0; i < COUNT(counts); i++)
        val_set_int(arena, map, counts[i].name, counts[i].n);
    val_set_str(arena, map, "state", report->result.state);
    val_set_str(arena, map, "result", report->result.result);
    val_set(arena, map, "winners", winners_val(cli, &report->result));
    val_set_str(arena, map, "hash", report->hash);
    val_set_str(arena, map, "key", report->key);
    val_set_bool(arena, map, "key_given", ask->key.len > 0);
    val_set_bool(arena, map, "receipt", ask->receipt_hash.len > 0);
    val_set_bool(arena, map, "who", ask->who_no > 0);
    return map;
}

static Str number(Cli *cli, i64 n)
{
    return str_format(&cli->arena, "%lld", (long long)n);
}

static void say(Cli *cli, const char *key, const Str *args, size_t count)
{
    Str words = text_say(&cli->arena, cli->cx.lang, key, args, count);
    printf("%.*s\n", STR_ARG(words));
}

static void say_winners(Cli *cli, const BundleResult *result)
{
    for (size_t i = 0; i < result->winner_count; i++) {
        const BundleWinner *winner = &result->winners[i];
        const Str args[] = {number(cli, winner->no), winner->name,
                            money_format(&cli->arena, winner->pays_fen)};
        say(cli, "bundle.winner", args, COUNT(args));
    }
}

static void say_well(Cli *cli, const BundleReport *report, const BundleAsk *ask)
{
    Arena *arena = &cli->arena;
    const Str head[] = {number(cli, report->head.lot_id), report->head.title,
                        report->head.exchange};
    const Str counts[] = {number(cli, report->entries), number(cli, report->bids),
                          number(cli, report->accepted), number(cli, report->refused)};
    const Str bidders = number(cli, report->bidders);
    const Str rows[] = {number(cli, report->rows), number(cli, report->slowest_ms)};
    const Str sealed[] = {number(cli, report->opened), number(cli, report->sealed)};
    const Str one[] = {number(cli, report->strangers), number(cli, report->unplayed),
                       number(cli, report->later)};
    char *state = str_z(arena, str_format(arena, "bundle.%.*s", STR_ARG(report->result.state)));
    say(cli, "bundle.well", head, COUNT(head));
    say(cli, "bundle.counts", counts, COUNT(counts));
    say(cli, "bundle.bidders", &bidders, 1);
    say(cli, "bundle.rows", rows, COUNT(rows));
    if (report->sealed)
        say(cli, "bundle.sealed", sealed, COUNT(sealed));
    say(cli, state, NULL, 0);
    say_winners(cli, &report->result);
    say(cli, "bundle.hash", &report->hash, 1);
    if (ask->receipt_hash.len)
        say(cli, "bundle.receipt", NULL, 0);
    if (ask->who_no)
        say(cli, "bundle.who", NULL, 0);
    say(cli, ask->key.len ? "bundle.key_given" : "bundle.key_own", &report->key, 1);
    if (report->strangers)
        say(cli, "bundle.strangers", &one[0], 1);
    if (report->unplayed)
        say(cli, "bundle.unplayed", &one[1], 1);
    if (report->later)
        say(cli, "bundle.later", &one[2], 1);
}

static void tell_wrong(Cli *cli, const BundleReport *report)
{
    Arena *arena = &cli->arena;
    Str words = text_say(arena, cli->cx.lang, report->why, NULL, 0);
    if (!cli->json) {
        const Str args[] = {number(cli, report->n), number(cli, report->line), words};
        const Str both[] = {report->want, report->got};
        say(cli, "bundle.wrong", args, COUNT(args));
        if (report->want.len || report->got.len)
            say(cli, "bundle.differs", both, COUNT(both));
        return;
    }
    Val *map = val_map(arena);
    val_set_bool(arena, map, "ok", false);
    val_set_int(arena, map, "n", report->n);
    val_set_z(arena, map, "why", report->why);
    val_set_str(arena, map, "message", words);
    val_set_z(arena, map, "part", report->part);
    val_set_int(arena, map, "line", report->line);
    val_set_str(arena, map, "want", report->want);
    val_set_str(arena, map, "got", report->got);
    cli_print(cli, map);
}

int cli_verify_bundle(Cli *cli)
{
    BundleAsk ask;
    BundleReport report;
    Str text = S("");
    if (!read_ask(cli, &ask)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    Err e = cli_read_file(cli, cli->words[2], &text);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    bundle_check(&cli->cx, text, &ask, &report);
    if (!report.ok)
        tell_wrong(cli, &report);
    else if (cli->json)
        cli_print(cli, report_val(cli, &report, &ask));
    else
        say_well(cli, &report, &ask);
    return report.ok ? EXIT_DONE : EXIT_EDITED;
}
