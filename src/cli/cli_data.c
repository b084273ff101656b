/* Commands on the whole data folder: init, verify, backup, restore, import. */
#include "cli/cli.h"

#include "audit/audit.h"
#include "exchange/import.h"
#include "ident/ident.h"
#include "store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int cli_init(Cli *cli)
{
    bool demo = cli_flag(cli, "demo");
    Open open;
    Err e = house_open(&cli->cx, &cli->settings, OPEN_MAKE, &open);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    Cx cx;
    e = house_reader(&open, &cli->arena, &cx);
    cx.lang = cli->cx.lang;
    cx.actor = (Actor){.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL};
    if (!e && demo)
        e = demo_fill(cli, &cx, &open);
    if (!e)
        e = house_made(&cx, &open);
    int code = e ? cli_fail(cli, &cx, e) : EXIT_DONE;
    house_reader_done(&cx);
    if (e) {
        house_unmake(&open); /* All of it or nothing. */
        return code;
    }
    cli_say(cli, "cli.made", &cli->settings.data, 1);
    house_close(&open);
    return code;
}

/* ---- verify ---- */

static Str number(Cli *cli, i64 n)
{
    return str_format(&cli->arena, "%lld", (long long)n);
}

static Str read_whole(Arena *arena, const char *path)
{
    Buf out = buf_new(arena);
    char piece[4096];
    FILE *file = fopen(path, "re");
    size_t got;
    while (file && (got = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(&out, (Str){piece, got});
    if (file)
        fclose(file);
    return buf_str(&out);
}

/* A published head, as log.head replies it. */
static Err read_head(Cli *cli, Str path, FactHead *ret)
{
    Str why;
    const Val *val =
        val_read_json(&cli->arena, read_whole(&cli->arena, str_z(&cli->arena, path)), &why);
    if (!val)
        return err_set_arg(&cli->cx, ERR_INPUT, "head", "api.not_an_object", path);
    ret->block = val_get_int(val, "block");
    ret->hash = val_get_str(val, "hash");
    return ERR_OK;
}

static void print_report(Cli *cli, const VerifyReport *report, i64 lines)
{
    Val *map = val_map(&cli->arena);
    val_set_bool(&cli->arena, map, "ok", report->ok);
    val_set_int(&cli->arena, map, "blocks", report->blocks);
    val_set_int(&cli->arena, map, "facts", report->facts);
    val_set_int(&cli->arena, map, "rows", report->rows);
    val_set_int(&cli->arena, map, "access_lines", lines);
    if (!report->ok) {
        val_set_int(&cli->arena, map, "bad_block", report->bad_block);
        val_set_int(&cli->arena, map, "bad_seq", report->bad_seq);
        val_set_str(&cli->arena, map, "why", report->why);
        val_set_str(&cli->arena, map, "what", report->what);
    }
    if (cli->json) {
        cli_print(cli, map);
        return;
    }
    Str good[] = {number(cli, report->blocks), number(cli, report->facts),
                  number(cli, report->rows), number(cli, lines)};
    Str bad[] = {
        number(cli, report->bad_block),
        report->ok ? S("")
                   : text_say(&cli->arena, cli->cx.lang, str_z(&cli->arena, report->why), NULL, 0),
        report->what};
    Str words = text_say(&cli->arena, cli->cx.lang, report->ok ? "cli.verify_ok" : "cli.verify_bad",
                         report->ok ? good : bad, report->ok ? COUNT(good) : COUNT(bad));
    printf("%.*s\n", STR_ARG(words));
}

Str cli_public_key(Cx *cx, Str data)
{
    char *path = str_z(cx->arena, str_format(cx->arena, "%.*s/keys/head.pub", STR_ARG(data)));
    return str_trim(read_whole(cx->arena, path));
}

static Err verify_open(Cli *cli, const FactHead *head, VerifyReport *ret, i64 *ret_lines)
{
    Open open;
    Cx cx;
    Progress progress = {.key = "verify", .terminal = isatty(STDERR_FILENO), .cli = cli};
    Err e = house_open(&cli->cx, &cli->settings, OPEN_READ, &open);
    if (e)
        return e;
    e = house_reader(&open, &cli->arena, &cx);
    size_t count;
    const RecordType **types = house_types(&cli->arena, &open.house, &count);
    if (!e)
        e = db_begin(&cx); /* One steady view while a server goes on writing. */
    if (!e)
        e = fact_verify(&cx, types, count, head, cli_public_key(&cx, cli->settings.data),
                        progress_show, &progress, ret);
    if (!e && ret->ok)
        e = access_verify(&cx, ret, ret_lines);
    progress_end(&progress);
    if (cx.db)
        db_rollback(&cx);
    if (e)
        cli->cx.err = cx.err;
    house_reader_done(&cx);
    house_close(&open);
    return e;
}

int cli_verify(Cli *cli)
{
    FactHead head = {0};
    VerifyReport report;
    i64 lines = 0;
    if (cli->word_count > 1 && str_same(cli->words[1], S("bundle")))
        return cli_verify_bundle(cli);
    Str file = cli_take(cli, "head");
    Err e = file.len ? read_head(cli, file, &head) : ERR_OK;
    if (!e)
        e = verify_open(cli, file.len ? &head : NULL, &report, &lines);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    print_report(cli, &report, lines);
    return report.ok ? EXIT_DONE : EXIT_EDITED;
}

/* ---- backup and restore ---- */

static bool copy_file(const char *from, const char *to)
{
    char piece[64 * 1024];
    int in = open(from, O_RDONLY | O_CLOEXEC),
        out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    ssize_t got = -1;
    while (out >= 0 && (got = read(in, piece, sizeof piece)) > 0)
        if (write(out, piece, (size_t)got) != got)
            break;
    bool ok = got == 0 && out >= 0 && fsync(out) == 0;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return ok;
}

/* Copies a folder and what is in it, two levels deep at the most: keys, and files by their hashes.
 */
static bool copy_folder(Arena *arena, const char *from, const char *to, int depth)
{
    DIR *dir = opendir(from);
    if (!dir)
        return errno == ENOENT;
    bool ok = mkdir(to, 0700) == 0 || errno == EEXIST;
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, "coming-", 7) == 0)
            continue;
        char *source = str_z(arena, str_format(arena, "%s/%s", from, entry->d_name));
        char *target = str_z(arena, str_format(arena, "%s/%s", to, entry->d_name));
        struct stat stat;
        ok = lstat(source, &stat) == 0;
        if (ok && S_ISDIR(stat.st_mode))
            ok = depth > 0 && copy_folder(arena, source, target, depth - 1);
        else if (ok && S_ISREG(stat.st_mode))
            ok = copy_file(source, target);
    }
    closedir(dir);
    return ok;
}

static Err copy_parts(Cx *cx, Str from, Str to)
{
    static const char *const parts[] = {"keys", "files"};
    for (size_t i = 0; i < COUNT(parts); i++) {
        char *source = str_z(cx->arena, str_format(cx->arena, "%.*s/%s", STR_ARG(from), parts[i]));
        char *target = str_z(cx->arena, str_format(cx->arena, "%.*s/%s", STR_ARG(to), parts[i]));
        if (!copy_folder(cx->arena, source, target, 2))
            return err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", str_from(target));
    }
    return ERR_OK;
}

static Err backup(Cli *cli, Str to, i64 *ret_rows)
{
    Open open;
    Cx cx;
    Cx *own = &cli->cx;
    if (mkdir(str_z(&cli->arena, to), 0700) != 0)
        return err_set_arg(own, ERR_CONFLICT, "to",
                           errno == EEXIST ? "cli.not_empty" : "fact.cannot_write", to);
    Err e = house_open(own, &cli->settings, OPEN_READ, &open);
    if (e)
        return e;
    e = house_reader(&open, &cli->arena, &cx);
    size_t count;
    const RecordType **types = house_tables(&cli->arena, &open.house, &count);
    /* Rows first: a file is kept before the row that names it, so every row finds its file. */
    if (!e)
        e = fact_backup(&cx, types, count,
                        str_z(&cli->arena, str_format(&cli->arena, "%.*s/rows.jsonl", STR_ARG(to))),
                        ret_rows);
    if (!e)
        e = copy_parts(&cx, cli->settings.data, to);
    if (e)
        *own = (Cx){.arena = own->arena,
                    .clock = own->clock,
                    .chance = own->chance,
                    .lang = own->lang,
                    .err = cx.err};
    house_reader_done(&cx);
    house_close(&open);
    return e;
}

/* For the system administrator's page: when a backup was last made. Who may only read the folder
 * may back it up all the same. */
static void mark_backup(Cli *cli, i64 rows)
{
    Val *map = val_map(&cli->arena);
    Buf out = buf_new(&cli->arena);
    char *path = str_z(&cli->arena,
                       str_format(&cli->arena, "%.*s/last_backup", STR_ARG(cli->settings.data)));
    val_set_int(&cli->arena, map, "at_ms", clock_now_ms(cli->cx.clock));
    val_set_int(&cli->arena, map, "rows", rows);
    val_write_json(&out, map);
    FILE *file = fopen(path, "we");
    if (!file)
        return;
    fwrite(out.data, 1, out.len, file);
    fclose(file);
}

int cli_backup(Cli *cli)
{
    Str to = cli_take(cli, "to");
    i64 rows = 0;
    Err e = to.len ? backup(cli, to, &rows) : err_set(&cli->cx, ERR_INPUT, "to", "cli.no_to");
    if (e)
        return cli_fail(cli, &cli->cx, e);
    mark_backup(cli, rows);
    Str args[] = {to, number(cli, rows)};
    cli_say(cli, "cli.backup_done", args, 2);
    return EXIT_DONE;
}

/* On a connection of its own, before the exchange is opened for the first time. */
static Err fill_store(Cli *cli, const char *path, i64 *ret_rows)
{
    Cx *cx = &cli->cx;
    House house = {.rooms = all_rooms, .room_count = all_rooms_count};
    size_t count;
    FactLog *log = NULL;
    const RecordType **types = house_types(&cli->arena, &house, &count);
    size_t table_count;
    const RecordType **tables = house_tables(&cli->arena, &house, &table_count);
    Err e = db_open(cx, settings_store(cx, &cli->settings), DB_WRITE, &cx->db);
    if (e)
        return e;
    e = db_begin(cx);
    if (!e)
        e = record_migrate(cx, types, count);
    if (!e)
        e = fact_log_open(cx, cli->settings.data, FACT_SHA256, &log);
    if (!e)
        e = house_start(cx, &house);
    if (!e)
        e = fact_restore(cx, tables, table_count, path, ret_rows);
    if (!e)
        e = db_commit(cx);
    if (e)
        db_rollback(cx);
    if (log)
        fact_log_close(log);
    db_close(cx->db);
    cx->db = NULL;
    return e;
}

static Err restore(Cli *cli, Str from, i64 *ret_rows)
{
    Cx *cx = &cli->cx;
    char *rows = str_z(&cli->arena, str_format(&cli->arena, "%.*s/rows.jsonl", STR_ARG(from)));
    char *mark =
        str_z(&cli->arena, str_format(&cli->arena, "%.*s/exchange", STR_ARG(cli->settings.data)));
    if (access(rows, R_OK) != 0)
        return err_set_arg(cx, ERR_MISSING, "from", "cli.bad_backup", from);
    if (access(mark, F_OK) == 0)
        return err_set_arg(cx, ERR_CONFLICT, NULL, "house.there", cli->settings.data);
    mkdir(str_z(&cli->arena, cli->settings.data), 0700);
    Err e = copy_parts(cx, from, cli->settings.data);
    if (!e)
        e = fill_store(cli, rows, ret_rows);
    int fd = e ? -1 : open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (!e && fd < 0)
        e = err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", str_from(mark));
    if (fd >= 0)
        close(fd);
    return e;
}

int cli_restore(Cli *cli)
{
    Str from = cli_take(cli, "from");
    i64 rows = 0;
    Err e =
        from.len ? restore(cli, from, &rows) : err_set(&cli->cx, ERR_INPUT, "from", "cli.no_from");
    if (e)
        return cli_fail(cli, &cli->cx, e);
    Str args[] = {number(cli, rows)};
    cli_say(cli, "cli.restore_done", args, 1);
    return cli_verify(cli);
}

/* ---- import ---- */

static Err keep_file(Cli *cli, const char *path, Str *ret_hash)
{
    Cx *cx = &cli->cx;
    char piece[64 * 1024];
    FileSink *sink;
    i64 bytes;
    Str root = str_format(&cli->arena, "%.*s/files", STR_ARG(cli->settings.data));
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set_arg(cx, ERR_MISSING, "file", "sheet.unreadable", str_from(path));
    Err e = files_begin(cx, root, &sink);
    size_t got;
    while (!e && (got = fread(piece, 1, sizeof piece, file)) > 0) {
        e = files_add(cx, sink, piece, got);
        if (e)
            files_drop(sink);
    }
    fclose(file);
    return e ? e : files_keep(cx, sink, ret_hash, &bytes);
}

static void rows_so_far(void *context, i64 rows)
{
    progress_show(context, rows, 0);
}

/* Here: does the work. In a server: asks until it is done. */
static Err work(Link *link, i64 id, Val **ret)
{
    Cli *cli = link->cli;
    Progress progress = {.key = "import", .terminal = isatty(STDERR_FILENO), .cli = cli};
    Val *in = val_map(&cli->arena);
    val_set_int(&cli->arena, in, "id", id);
    Err e = link->remote ? ERR_OK : import_work(&link->cx, id, rows_so_far, &progress);
    if (!e)
        e = link_call(link, "import.show", in, ret);
    while (!e && link->remote && val_get_bool(*ret, "working")) {
        usleep(200 * 1000);
        ArenaMark mark = arena_mark(&cli->arena);
        e = link_call(link, "import.show", in, ret);
        if (!e && val_get_bool(*ret, "working")) {
            progress_show(&progress, val_get_int(val_get(*ret, "import"), "rows_read"), 0);
            arena_rewind(&cli->arena, mark);
        }
    }
    progress_end(&progress);
    return e;
}

static Err import_all(Link *link, Str org, Str path, Val **ret, i64 *ret_id)
{
    Cli *cli = link->cli;
    Arena *arena = &cli->arena;
    Val *in = val_map(arena), *reply;
    Str hash;
    val_set_str(arena, in, "code", org);
    Err e = link_call(link, "org.ensure", in, &reply);
    if (e)
        return e;
    i64 org_id = val_get_int(reply, "id");
    if (val_get_bool(reply, "made"))
        cli_say(cli, "cli.org_made", &org, 1);
    e = keep_file(cli, str_z(arena, path), &hash);
    if (e) {
        link->cx.err = cli->cx.err;
        return e;
    }
    const char *slash = strrchr(str_z(arena, path), '/');
    in = val_map(arena);
    val_set_str(arena, in, "file_hash", hash);
    val_set_str(arena, in, "name", utf8_head(slash ? str_from(slash + 1) : path, IMPORT_NAME_MAX));
    val_set_int(arena, in, "org_id", org_id);
    e = link_call(link, "import.upload", in, &reply);
    if (e)
        return e;
    *ret_id = val_get_int(reply, "id");
    in = val_map(arena);
    val_set_int(arena, in, "id", *ret_id);
    e = link_call(link, "import.start", in, &reply);
    return e ? e : work(link, *ret_id, ret);
}

/* The rejected rows as a spreadsheet beside the data. Reads the store itself, also beside a server.
 */
static Err write_rejects(Cli *cli, i64 id, bool taken, Str *ret_path)
{
    Open open;
    Cx cx;
    i64 count;
    char *folder =
        str_z(&cli->arena, str_format(&cli->arena, "%.*s/rejects", STR_ARG(cli->settings.data)));
    Str path = str_format(&cli->arena, "%s/import-%lld%s.xlsx", folder, (long long)id,
                          taken ? "-warned" : "");
    mkdir(folder, 0700);
    Err e = house_open(&cli->cx, &cli->settings, OPEN_READ, &open);
    if (e)
        return e;
    e = house_reader(&open, &cli->arena, &cx);
    cx.lang = cli->cx.lang;
    cx.actor = (Actor){.roles = WHO_LOCAL | WHO_OPERATOR, .via = VIA_LOCAL};
    if (!e)
        e = import_rejects_write(&cx, id, taken, str_z(&cli->arena, path), &count);
    if (e)
        cli->cx.err = cx.err;
    house_reader_done(&cx);
    house_close(&open);
    *ret_path = path;
    return e;
}

static void print_import(Cli *cli, const Val *import, Str rejects, Str warnings)
{
    static const char *const counts[][2] = {{"read", "rows_read"},    {"imported", "imported"},
                                            {"updated", "updated"},   {"unchanged", "unchanged"},
                                            {"rejected", "rejected"}, {"warned", "warned"}};
    Val *map = val_map(&cli->arena);
    for (size_t i = 0; i < COUNT(counts); i++)
        val_set_int(&cli->arena, map, counts[i][0], val_get_int(import, counts[i][1]));
    val_set(&cli->arena, map, "rejects",
            rejects.len ? val_str(&cli->arena, rejects) : val_null(&cli->arena));
    val_set(&cli->arena, map, "warnings",
            warnings.len ? val_str(&cli->arena, warnings) : val_null(&cli->arena));
    val_set_int(&cli->arena, map, "id", val_get_int(import, "id"));
    if (cli->json) {
        cli_print(cli, map);
        return;
    }
    Str line[] = {number(cli, val_get_int(map, "read")), number(cli, val_get_int(map, "imported")),
                  number(cli, val_get_int(map, "updated")),
                  number(cli, val_get_int(map, "unchanged"))};
    Str words = text_say(&cli->arena, cli->cx.lang, "cli.import_line", line, 4);
    printf("%.*s\n", STR_ARG(words));
    Str rejected[] = {number(cli, val_get_int(map, "rejected")), rejects};
    if (rejects.len)
        printf("%.*s\n",
               STR_ARG(text_say(&cli->arena, cli->cx.lang, "cli.reject_line", rejected, 2)));
    Str warned[] = {number(cli, val_get_int(map, "warned")), warnings};
    if (val_get_int(map, "warned"))
        printf("%.*s\n", STR_ARG(text_say(&cli->arena, cli->cx.lang, "cli.warn_line", warned, 2)));
}

static int import_with(Cli *cli, Str org, Str path)
{
    Link link;
    Val *reply = NULL;
    i64 id = 0;
    Err e = link_open(cli, &link);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    e = import_all(&link, org, path, &reply, &id);
    int code = e ? cli_fail(cli, &link.cx, e) : EXIT_DONE;
    link_close(&link);
    if (e)
        return code;
    const Val *import = val_get(reply, "import");
    Str rejects = S(""), warnings = S("");
    if (val_get_int(import, "rejected"))
        e = write_rejects(cli, id, false, &rejects);
    if (!e && val_get_int(import, "warned"))
        e = write_rejects(cli, id, true, &warnings);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    if (str_same(val_get_str(import, "state"), S("failed"))) {
        Str why[] = {val_get_str(import, "why_text")};
        err_clear(&cli->cx);
        return cli_fail(cli, &cli->cx,
                        err_set_args(&cli->cx, ERR_INPUT, "file", "cli.remote", why, 1));
    }
    print_import(cli, import, rejects, warnings);
    return EXIT_DONE;
}

int cli_import(Cli *cli)
{
    Str org = cli_take(cli, "org"), kind = cli_take(cli, "kind");
    Str path = cli->word_count > 1 ? cli->words[1] : S("");
    Err e = ERR_OK;
    if (!path.len)
        e = err_set(&cli->cx, ERR_INPUT, "file", "cli.no_file");
    else if (!org.len)
        e = err_set(&cli->cx, ERR_INPUT, "org", "cli.no_org");
    else if (kind.len && !str_same(kind, S("patent")))
        e = err_set_arg(&cli->cx, ERR_INPUT, "kind", "cli.kind_unknown", kind);
    return e ? cli_fail(cli, &cli->cx, e) : import_with(cli, org, path);
}
