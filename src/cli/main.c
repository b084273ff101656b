#include "cli/cli.h"

#include "web/app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef TECHBOURSE_VERSION
#define TECHBOURSE_VERSION "unknown"
#endif

static int cli_config(Cli *cli)
{
    Buf out = buf_new(&cli->arena);
    settings_write(&cli->cx, &out, &cli->settings);
    fwrite(out.data, 1, out.len, stdout);
    return EXIT_DONE;
}

static int cli_flows(Cli *cli)
{
    bool dot = cli_flag(cli, "dot");
    Buf out = buf_new(&cli->arena);
    for (size_t r = 0; r < all_rooms_count; r++) {
        for (size_t i = 0; i < all_rooms[r]->flow_count; i++) {
            if (dot)
                flow_write_dot(&out, all_rooms[r]->flows[i]);
            else
                flow_write_text(&out, all_rooms[r]->flows[i]);
            buf_char(&out, '\n');
        }
    }
    fwrite(out.data, 1, out.len, stdout);
    return EXIT_DONE;
}

static House plain_house(void)
{
    return (House){.rooms = all_rooms, .room_count = all_rooms_count};
}

static int print_pretty(Cli *cli, const Val *val)
{
    Buf out = buf_new(&cli->arena);
    val_write_json_pretty(&out, val);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    return EXIT_DONE;
}

static int cli_openapi(Cli *cli)
{
    House house = plain_house();
    cli->cx.house = &house;
    return print_pretty(cli, op_openapi(&cli->cx));
}

static int cli_permissions(Cli *cli);

static int cli_help(Cli *cli);

static int cli_version(Cli *cli)
{
    (void)cli;
    printf("techbourse %s\n", TECHBOURSE_VERSION);
    return EXIT_DONE;
}

/* The commands that are no ops. All are the local operator's: who can read the data folder. */
static const struct {
    const char *name;
    int (*run)(Cli *cli);
    unsigned who;
    const char *usage;
    const char *help;
} commands[] = {
    {"init", cli_init, WHO_LOCAL, "[--demo]",
     "make an empty exchange in the data folder, or the demo one"},
    {"serve", cli_serve, WHO_LOCAL, "[--listen HOST:PORT]", "serve pages and the API"},
    {"import", cli_import, WHO_LOCAL, "--org CODE [--kind patent] FILE",
     "import a spreadsheet; an unknown unit is made"},
    {"verify", cli_verify, WHO_LOCAL, "[--head FILE] | bundle FILE",
     "walk the log and compare every row; or check a lot's bundle, without a store; exit 1 when "
     "something was edited"},
    {"consent", cli_consent, WHO_LOCAL, "verify FILE",
     "is this signed paper ours, unchanged and not withdrawn? exit 0, 1 forged, 4 unknown, 6 over"},
    {"processing", cli_processing, WHO_LOCAL, "",
     "print the register of processing of personal data"},
    {"backup", cli_backup, WHO_LOCAL, "--to FOLDER",
     "copy a consistent state of a running exchange"},
    {"restore", cli_restore, WHO_LOCAL, "--from FOLDER",
     "make an exchange from a backup, then verify it"},
    {"match", cli_match, WHO_LOCAL, "rebuild | eval --docs F --queries F --qrels F [--pool]",
     "make the search index anew; or how good the ranking is on a judged set"},
    {"auction", cli_auction, WHO_LOCAL, "replay FILE",
     "play a journal of bids by the rules alone; docs/bidding.md"},
    {"sim", cli_sim, WHO_LOCAL, "--seed N | --seeds A-B [--journal]",
     "bid by chance and compare with the model; exit 1 when they differ"},
    {"config", cli_config, WHO_LOCAL, "", "print all settings as a YAML file"},
    {"flows", cli_flows, WHO_LOCAL, "[--dot]", "print every procedure as text, or for graphviz"},
    {"permissions", cli_permissions, WHO_LOCAL, "", "print who may do what"},
    {"openapi", cli_openapi, WHO_LOCAL, "", "print the API's document"},
    {"help", cli_help, WHO_LOCAL, "[NOUN]", "this, or the fields of a noun's commands"},
    {"version", cli_version, WHO_LOCAL, "", "print the version"},
};

static void add_commands(Cli *cli, Val *items)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        Val *row = val_map(&cli->arena);
        val_set_z(&cli->arena, row, "op", commands[i].name);
        val_set_z(&cli->arena, row, "kind", "command");
        permission_val(&cli->cx, row, commands[i].who);
        val_push(&cli->arena, items, row);
    }
}

/* Acts, pages, other addresses, commands: who may use which, by role and by relation. */
static int cli_permissions(Cli *cli)
{
    House house = plain_house();
    cli->cx.house = &house;
    Val *val = op_permissions(&cli->cx), *items = val_get(val, "items");
    app_permissions(&cli->cx, items);
    add_commands(cli, items);
    if (cli->json)
        return print_pretty(cli, val);
    for (size_t i = 0; i < val_count(items); i++) {
        const Val *row = val_at(items, i), *asks = val_get(row, "asks");
        printf("%-26.*s %-8.*s %.*s", STR_ARG(val_get_str(row, "op")),
               STR_ARG(val_get_str(row, "kind")), STR_ARG(val_get_str(row, "who")));
        for (size_t k = 0; k < val_count(asks); k++)
            printf("%s%.*s", k ? "," : "  + ", STR_ARG(val_at(asks, k)->s));
        printf("\n");
    }
    return EXIT_DONE;
}

static void help_op(const Op *op)
{
    const char *dot = strchr(op->name, '.');
    printf("  %.*s %s\n      %s. %s\n", (int)(dot - op->name), op->name, dot + 1, op->en,
           op->help_en ? op->help_en : "");
    for (size_t i = 0; i < op->in_count; i++)
        printf("      --%-18s %s%s\n", op->in[i].name, op->in[i].en,
               op->in[i].flags & REQUIRED ? " (required)" : "");
}

static int help_noun(Str noun)
{
    int found = 0;
    for (size_t r = 0; r < all_rooms_count; r++) {
        for (size_t i = 0; i < all_rooms[r]->op_count; i++) {
            const Op *op = &all_rooms[r]->ops[i];
            if (!str_starts(str_from(op->name), noun) || op->name[noun.len] != '.')
                continue;
            help_op(op);
            found++;
        }
    }
    if (!found)
        fprintf(stderr, "there are no commands on '%.*s'; `techbourse help` lists all\n",
                STR_ARG(noun));
    return found ? EXIT_DONE : EXIT_USAGE;
}

static bool is_command(Str word)
{
    for (size_t i = 0; i < COUNT(commands); i++)
        if (str_same_z(word, commands[i].name) && strcmp(commands[i].name, "import") != 0 &&
            strcmp(commands[i].name, "consent") != 0)
            return true;
    return false;
}

static int cli_help(Cli *cli)
{
    bool asked = cli->word_count > 0 && str_same(cli->words[0], S("help"));
    if (cli->word_count > (asked ? 1u : 0u) && !is_command(cli->words[asked]))
        return help_noun(cli->words[asked]);
    printf("techbourse - a technology exchange\n\n"
           "  techbourse COMMAND [--data DIR] [--config FILE] [--json] [--lang zh|en]\n"
           "  techbourse NOUN VERB [--field VALUE ...] [--as LOGIN [--acting-for NUMBER]]\n\n");
    for (size_t i = 0; i < COUNT(commands); i++)
        printf("  %-12s %-32s %s\n", commands[i].name, commands[i].usage, commands[i].help);
    printf("\nNOUN VERB, the same as in the browser and the API (`techbourse help NOUN` shows "
           "fields):\n");
    for (size_t r = 0; r < all_rooms_count; r++) {
        printf("  %-10s", all_rooms[r]->name);
        for (size_t i = 0; i < all_rooms[r]->op_count; i++)
            printf(" %s", all_rooms[r]->ops[i].name);
        printf("\n");
    }
    printf("\nExit: 0 done, 1 edited record found, 2 usage, 3 input, 4 missing, 5 denied, 6 state "
           "or lock, 7 store.\n");
    return EXIT_DONE;
}

static bool is_flag(Str name)
{
    static const char *const flags[] = {"json",  "demo", "dot",     "help",
                                        "quiet", "pool", "journal", "vectors"};
    for (size_t i = 0; i < COUNT(flags); i++)
        if (str_same_z(name, flags[i]))
            return true;
    return false;
}

/* --name value, --name=value, --flag, or a plain word. False when an option lacks its value. */
static bool read_args(Cli *cli, int argc, char **argv)
{
    for (int i = 1; i < argc && i < ARGS_MAX; i++) {
        Str word = utf8_repair(&cli->arena, str_from(argv[i]));
        if (!str_starts(word, S("--"))) {
            cli->words[cli->word_count++] = word;
            continue;
        }
        Str name = str_slice(word, 2, word.len);
        size_t equals = str_find(name, S("="));
        NameText arg = {.name = str_slice(name, 0, equals)};
        if (equals < name.len)
            arg.text = str_slice(name, equals + 1, name.len);
        else if (is_flag(name))
            arg.text = S("1");
        else if (i + 1 < argc)
            arg.text = utf8_repair(&cli->arena, str_from(argv[++i]));
        else
            return false;
        cli->args[cli->arg_count++] = arg;
    }
    return true;
}

/* The general options, over the settings of the file. */
static Err read_settings(Cli *cli)
{
    Str config = cli_take(cli, "config"), data = cli_take(cli, "data"),
        listen = cli_take(cli, "listen");
    Str store = cli_take(cli, "store"), lang = cli_take(cli, "lang");
    settings_default(&cli->settings);
    cli->json = cli_flag(cli, "json");
    cli->as = cli_take(cli, "as");
    Str acting_for = cli_take(cli, "acting-for");
    cli->cx.lang = str_same(lang, S("en")) ? LANG_EN : LANG_ZH;
    if (acting_for.len && !str_to_i64(acting_for, &cli->acting_for))
        return err_set(&cli->cx, ERR_INPUT, "acting_for", "web.acting_for_what");
    Err e = config.len ? settings_load(&cli->cx, config, &cli->settings) : ERR_OK;
    Str own = str_format(&cli->arena, "%.*s/settings.yaml",
                         STR_ARG(data.len ? data : cli->settings.data));
    if (!config.len && access(str_z(&cli->arena, own), R_OK) == 0)
        e = settings_load(&cli->cx, own, &cli->settings);
    if (data.len)
        cli->settings.data = data;
    if (listen.len)
        cli->settings.listen = listen;
    if (store.len)
        cli->settings.store = store;
    log_level_set((LogLevel)cli->settings.log_level);
    return e;
}

static int run(Cli *cli)
{
    Err e = read_settings(cli);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    if (cli->word_count == 0 || cli_flag(cli, "help"))
        return cli_help(cli);
    House house = plain_house(); /* `import show 3` is an op, `import FILE` is not. */
    Str verb = cli->word_count > 1 ? cli->words[1] : S("");
    Str name = str_format(&cli->arena, "%.*s.%.*s", STR_ARG(cli->words[0]), STR_ARG(verb));
    char *z = str_z(&cli->arena, name);
    for (char *at = z; *at; at++) /* `grant add-admin`, as with the flags. */
        *at = *at == '-' ? '_' : *at;
    const Op *op = op_find(&house, str_from(z));
    for (size_t i = 0; i < COUNT(commands); i++)
        permit_verify("command", commands[i].name, commands[i].who);
    for (size_t i = 0; i < COUNT(commands); i++)
        if (!op && str_same_z(cli->words[0], commands[i].name))
            return commands[i].run(cli);
    if (op)
        return cli_op(cli, op);
    fprintf(stderr, "no such command: %.*s %.*s\n`techbourse help` lists all\n",
            STR_ARG(cli->words[0]), STR_ARG(verb));
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static Cli cli;
    signal(SIGPIPE, SIG_IGN);
    cli.cx = (Cx){.arena = &cli.arena, .clock = &cli.clock, .chance = &cli.chance};
    int code = EXIT_USAGE;
    if (read_args(&cli, argc, argv))
        code = run(&cli);
    else
        fprintf(stderr, "an option needs a value; `techbourse help` shows how\n");
    arena_done(&cli.arena);
    return code;
}
