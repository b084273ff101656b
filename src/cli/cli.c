/* What the commands share: options, printing, errors, progress, and the way to the exchange. */
#include "cli/cli.h"

#include "ident/ident.h"
#include "people/people.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Str cli_take(Cli *cli, const char *name)
{
    for (size_t i = 0; i < cli->arg_count; i++) {
        if (!str_same_z(cli->args[i].name, name))
            continue;
        Str text = cli->args[i].text;
        memmove(&cli->args[i], &cli->args[i + 1], (cli->arg_count - i - 1) * sizeof cli->args[0]);
        cli->arg_count--;
        return text;
    }
    return S("");
}

bool cli_flag(Cli *cli, const char *name)
{
    return cli_take(cli, name).len > 0;
}

static int exit_code(Err e)
{
    switch (e) {
    case ERR_OK:
        return EXIT_DONE;
    case ERR_INPUT:
    case ERR_LIMIT:
        return EXIT_INPUT;
    case ERR_MISSING:
        return EXIT_MISSING;
    case ERR_DENIED:
    case ERR_SIGN_IN:
        return EXIT_DENIED;
    case ERR_STATE:
    case ERR_CONFLICT:
    case ERR_BUSY:
        return EXIT_STATE;
    default:
        return EXIT_STORE;
    }
}

int cli_fail(Cli *cli, Cx *cx, Err e)
{
    Lang own = cx->lang;
    cx->lang = cli->cx.lang;
    Val *error = err_val(cx);
    cx->lang = own;
    if (cli->json) {
        Buf out = buf_new(&cli->arena);
        val_write_json(&out, error);
        printf("%.*s\n", STR_ARG(buf_str(&out)));
        return exit_code(e);
    }
    const Val *fields = val_get(val_get(error, "error"), "fields");
    if (!val_count(fields))
        fprintf(stderr, "%.*s\n", STR_ARG(val_get_str(val_get(error, "error"), "message")));
    for (size_t i = 0; i < val_count(fields); i++)
        fprintf(stderr, "--%.*s: %.*s\n", STR_ARG(val_get_str(val_at(fields, i), "field")),
                STR_ARG(val_get_str(val_at(fields, i), "message")));
    return exit_code(e);
}

void cli_say(Cli *cli, const char *key, const Str *args, size_t count)
{
    Str words = text_say(&cli->arena, cli->cx.lang, key, args, count);
    fprintf(stderr, "%.*s\n", STR_ARG(words));
}

/* ---- printing for people ---- */

static Str cell_text(Arena *arena, const Val *val)
{
    Buf out = buf_new(arena);
    if (val && val->kind == VAL_STR)
        return val->s;
    val_write_json(&out, val);
    return buf_str(&out);
}

/* One line an item: the number, then what names it. */
static void print_items(Cli *cli, const Val *items)
{
    static const char *const keys[] = {"id",    "login",      "title",     "name",
                                       "appno", "state",      "price_fen", "score",
                                       "no",    "amount_fen", "kind",      "label"};
    for (size_t i = 0; i < val_count(items); i++) {
        const Val *row = val_at(items, i);
        if (row->kind != VAL_MAP) {
            printf("%.*s\n", STR_ARG(cell_text(&cli->arena, row)));
            continue;
        }
        for (size_t k = 0; k < COUNT(keys); k++) {
            const Val *val = val_get(row, keys[k]);
            if (!val)
                continue;
            Str text = val->kind == VAL_INT && strstr(keys[k], "_fen")
                           ? money_format(&cli->arena, val->i)
                           : cell_text(&cli->arena, val);
            printf("%.*s\t", STR_ARG(text));
        }
        printf("\n");
    }
}

static void print_map(Cli *cli, const Val *map, int depth)
{
    for (size_t i = 0; i < val_count(map); i++) {
        Str key = map->list.items[i].key;
        const Val *val = map->list.items[i].val;
        if (val->kind == VAL_MAP) {
            printf("%*s%.*s:\n", depth, "", STR_ARG(key));
            print_map(cli, val, depth + 2);
        } else if (val->kind == VAL_LIST && val_count(val) && val_at(val, 0)->kind == VAL_MAP) {
            printf("%*s%.*s:\n", depth, "", STR_ARG(key));
            print_items(cli, val);
        } else {
            printf("%*s%.*s: %.*s\n", depth, "", STR_ARG(key),
                   STR_ARG(cell_text(&cli->arena, val)));
        }
    }
}

void cli_print(Cli *cli, const Val *val)
{
    if (cli->json) {
        Buf out = buf_new(&cli->arena);
        val_write_json(&out, val);
        printf("%.*s\n", STR_ARG(buf_str(&out)));
        return;
    }
    print_map(cli, val, 0);
}

/* ---- progress ---- */

void progress_show(void *context, i64 done, i64 all)
{
    Progress *progress = context;
    i64 now_ns = clock_steady_ns(), every_ns = progress->terminal ? 100000000 : 2000000000;
    if (now_ns - progress->last_ns < every_ns || progress->cli->json)
        return;
    progress->last_ns = now_ns;
    progress->shown = true;
    if (!progress->terminal) {
        fprintf(stderr, "%s: %lld\n", progress->key, (long long)done);
        return;
    }
    enum { WIDTH = 30 };
    int full = all > 0 ? (int)(done * WIDTH / (all > done ? all : done)) : 0;
    if (all > 0)
        fprintf(stderr, "\r%s [%.*s%*s] %lld", progress->key, full,
                "##############################", WIDTH - full, "", (long long)done);
    else
        fprintf(stderr, "\r%s %lld", progress->key, (long long)done);
}

void progress_end(Progress *progress)
{
    if (progress->shown && progress->terminal)
        fprintf(stderr, "\n");
}

/* ---- the way to the exchange ---- */

static char *socket_path(Cli *cli)
{
    return str_z(&cli->arena,
                 str_format(&cli->arena, "%.*s/techbourse.sock", STR_ARG(cli->settings.data)));
}

/* The operator of the machine: may run the exchange, and stand in for others. */
static Err local_actor(Cli *cli, Cx *cx)
{
    cx->actor = (Actor){.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL};
    if (!cli->as.len)
        return ERR_OK;
    Err e = account_actor(cx, cli->as, &cx->actor);
    cx->actor.via = VIA_LOCAL;
    if (!e && cli->acting_for)
        e = delegation_act(cx, cli->acting_for, &cx->actor);
    return e;
}

Err link_open(Cli *cli, Link *ret)
{
    *ret = (Link){.cli = cli};
    Err e = house_open(&cli->cx, &cli->settings, OPEN_WRITE, &ret->open);
    if (e == ERR_BUSY && access(socket_path(cli), F_OK) == 0) {
        err_clear(&cli->cx);
        ret->remote = true;
        ret->cx = cli->cx;
        return ERR_OK;
    }
    if (e)
        return e;
    e = house_reader(&ret->open, &cli->arena, &ret->cx);
    ret->cx.lang = cli->cx.lang;
    if (!e)
        e = local_actor(cli, &ret->cx);
    if (e) {
        cli->cx.err = ret->cx.err;
        link_close(ret);
    }
    return e;
}

void link_close(Link *link)
{
    if (link->remote)
        return;
    if (link->cx.db)
        house_reader_done(&link->cx);
    house_close(&link->open);
}

typedef struct Reply {
    Buf buf;
} Reply;

static size_t take_reply(char *bytes, size_t size, size_t count, void *context)
{
    Reply *reply = context;
    buf_add(&reply->buf, (Str){bytes, size * count});
    return size * count;
}

static Err err_of_name(Str name)
{
    for (int e = ERR_INPUT; e <= ERR_BUG; e++)
        if (str_same_z(name, err_name((Err)e)))
            return (Err)e;
    return ERR_BUG;
}

/* Takes over an error the server told, words and all. */
static Err remote_error(Cx *cx, const Val *error)
{
    const Val *fields = val_get(error, "fields");
    Err e = err_of_name(val_get_str(error, "code"));
    err_clear(cx);
    for (size_t i = 0; i < val_count(fields); i++) {
        const Val *row = val_at(fields, i);
        err_collect(cx, val_get_str(row, "field"), "cli.remote", val_get_str(row, "message"));
    }
    if (!cx->err_count)
        return err_set_arg(cx, e, NULL, "cli.remote", val_get_str(error, "message"));
    return e;
}

static Err remote_call(Link *link, const char *op, const Val *in, Val **ret)
{
    Cli *cli = link->cli;
    Arena *arena = &cli->arena;
    Buf body = buf_new(arena);
    Reply reply = {buf_new(arena)};
    char *url = str_z(arena, str_format(arena, "http://localhost/api/v1/%s", op));
    *strrchr(url, '.') = '/';
    val_write_json(&body, in);
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(
        headers, str_z(arena, str_format(arena, "X-Techbourse-As: %.*s", STR_ARG(cli->as))));
    if (cli->acting_for)
        headers = curl_slist_append(headers, str_z(arena, str_format(arena, "X-Acting-For: %lld",
                                                                     (long long)cli->acting_for)));
    headers = curl_slist_append(headers, cli->cx.lang == LANG_EN ? "Accept-Language: en"
                                                                 : "Accept-Language: zh");
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path(cli));
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, str_z(arena, buf_str(&body)));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_reply);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 120L);
    CURLcode rc = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (rc != CURLE_OK)
        return err_set_arg(&link->cx, ERR_IO, NULL, "cli.no_server",
                           str_from(curl_easy_strerror(rc)));
    Str why;
    Val *val = val_read_json(arena, buf_str(&reply.buf), &why);
    if (!val)
        return err_set_arg(&link->cx, ERR_IO, NULL, "cli.no_server", why);
    if (val_get(val, "error"))
        return remote_error(&link->cx, val_get(val, "error"));
    *ret = val;
    return ERR_OK;
}

Err link_call(Link *link, const char *name, const Val *in, Val **ret)
{
    void *read;
    if (link->remote)
        return remote_call(link, name, in, ret);
    const Op *op = op_find(&link->open.house, str_from(name));
    assert(op);
    err_clear(&link->cx);
    link->cx.arrived_ms = clock_now_ms(link->cx.clock);
    Err e = op_read_json(&link->cx, op, in, &read);
    return e ? e : op_call(&link->cx, op, read, ret);
}

/* Everyone's pushes take a while: in calls of PUSH_PLANS each, told as they go and added up. */
static Err push_in_steps(Cli *cli, Link *link, Val *in, Val **ret)
{
    static const char *const counts[] = {"planned", "made", "sent", "deferred", "barred"};
    enum { PUSH_PLANS = 50 };
    Progress progress = {.key = "push", .terminal = isatty(STDERR_FILENO), .cli = cli};
    Val *sum = val_map(&cli->arena), *reply = NULL;
    Err e = ERR_OK;
    do {
        val_set_int(&cli->arena, in, "most", PUSH_PLANS);
        e = link_call(link, "push.run", in, &reply);
        for (size_t i = 0; !e && i < COUNT(counts); i++)
            val_set_int(&cli->arena, sum, counts[i],
                        val_get_int(sum, counts[i]) + val_get_int(reply, counts[i]));
        if (!e)
            val_set_str(&cli->arena, in, "at", val_get_str(reply, "at"));
        progress_show(&progress, val_get_int(sum, "planned"), 0);
    } while (!e && val_get_bool(reply, "more"));
    progress_end(&progress);
    *ret = sum;
    return e;
}

int cli_op(Cli *cli, const Op *op)
{
    Link link;
    Val *in = val_map(&cli->arena), *reply;
    if (cli->word_count > 2 && op->in_count)
        val_set_str(&cli->arena, in, op->in[0].name, cli->words[2]);
    for (size_t i = 0; i < cli->arg_count; i++) {
        Str name = cli->args[i].name;
        char *z = str_z(&cli->arena, name);
        for (char *at = z; *at; at++)
            *at = *at == '-' ? '_' : *at;
        val_set_str(&cli->arena, in, z, cli->args[i].text);
    }
    Err e = link_open(cli, &link);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    bool in_steps = strcmp(op->name, "push.run") == 0 && !val_get(in, "most");
    e = in_steps ? push_in_steps(cli, &link, in, &reply) : link_call(&link, op->name, in, &reply);
    int code = e ? cli_fail(cli, &link.cx, e) : EXIT_DONE;
    if (!e)
        cli_print(cli, reply);
    link_close(&link);
    return code;
}
