#include "cli/house.h"

#include "audit/audit.h"
#include "auction/auction.h"
#include "consent/consent.h"
#include "deal/after.h"
#include "exchange/import.h"
#include "ident/ident.h"
#include "ident/session_memo.h"
#include "match/match_feed.h"
#include "notify/notify.h"
#include "people/people.h"
#include "registry/registry.h"
#include "push/evaluation.h"
#include "push/note.h"
#include "push/push.h"
#include "push/push_learn.h"
#include "push/push_why.h"
#include "registry/showing.h"
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_PAUSE_MS = 50, LOCK_WAIT_MS = 2000 };

const Room *const all_rooms[] = {
    IDENT_ROOMS,      &audit_room,    &consent_room, &privacy_room,    PEOPLE_ROOMS, &registry_room,
    &showing_room,    AUCTION_ROOMS,  DEAL_ROOMS,    MATCH_ROOMS,      &notify_room, &push_room,
    &push_learn_room, &push_why_room, &note_room,    &evaluation_room, &report_room, &exchange_room,
};
const size_t all_rooms_count = COUNT(all_rooms);

const RecordType **house_types(Arena *arena, const House *house, size_t *ret_count)
{
    const RecordType **types = ARENA_NEW(arena, const RecordType *, 256);
    size_t count = 0;
    for (size_t r = 0; r < house->room_count; r++)
        for (size_t i = 0; i < house->rooms[r]->type_count; i++)
            types[count++] = house->rooms[r]->types[i];
    *ret_count = count;
    return types;
}

const RecordType **house_tables(Arena *arena, const House *house, size_t *ret_count)
{
    const RecordType **tables = house_types(arena, house, ret_count);
    tables[(*ret_count)++] = &access_line_type;
    return tables;
}

static Err make_folder(Cx *cx, const char *path, bool *ret_made)
{
    *ret_made = mkdir(path, 0700) == 0;
    if (*ret_made || errno == EEXIST)
        return ERR_OK;
    return err_set_arg(cx, ERR_IO, NULL, "house.no_folder", str_from(path));
}

static Err take_lock(Cx *cx, Str data, int *ret_fd)
{
    char *path = str_z(cx->arena, str_format(cx->arena, "%.*s/lock", STR_ARG(data)));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_arg(cx, ERR_IO, NULL, "house.no_folder", data);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return err_set(cx, ERR_BUSY, NULL, "house.locked");
    }
    *ret_fd = fd;
    return ERR_OK;
}

/* What making an exchange puts into the data folder, in the order in which it can be removed. */
static const char *const made_files[] = {
    "exchange",      "techbourse.db-wal", "techbourse.db-shm", "techbourse.db", "keys/head.pem",
    "keys/head.pub", "keys/secrets.key",  "keys/seal.key",     "keys",          "settings.yaml",
    "files"};

static char *in_folder(Arena *arena, Str data, const char *name)
{
    return str_z(arena, str_format(arena, "%.*s/%s", STR_ARG(data), name));
}

static u64 files_there(Arena *arena, Str data)
{
    u64 there = 0;
    for (size_t i = 0; i < COUNT(made_files); i++)
        if (access(in_folder(arena, data, made_files[i]), F_OK) == 0)
            there |= (u64)1 << i;
    return there;
}

/* A marker file says that init has been through; a store in PostgreSQL leaves no file of its own.
 */
static bool is_made(Cx *cx, Str data)
{
    return access(in_folder(cx->arena, data, "exchange"), F_OK) == 0;
}

Err house_made(Cx *cx, Open *open_house)
{
    Str data = open_house->house.data_folder;
    int fd = open(in_folder(cx->arena, data, "exchange"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_arg(cx, ERR_IO, NULL, "house.no_folder", data);
    close(fd);
    return ERR_OK;
}

static Err try_lock(Cx *cx, i64 *ret_mine)
{
    *ret_mine = 1;
    if (strcmp(db_kind(cx->db), "postgresql") != 0)
        return ERR_OK;
    return db_int(cx,
                  "SELECT CASE WHEN pg_try_advisory_lock(7301, hashtext(current_schema())) "
                  "THEN 1 ELSE 0 END",
                  NULL, 0, 0, ret_mine);
}

/* Two data folders may name one PostgreSQL: its own lock, held as long as the writer's connection
 * lives, lets only one of them write. The file lock has settled that for SQLite. A connection that
 * has just been closed may hold it for a moment still: the server ends it in its own time. */
static Err lock_store(Cx *cx, i64 wait_ms)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
    i64 mine = 0;
    Err e = try_lock(cx, &mine);
    if (!e && !mine && wait_ms > LOCK_WAIT_MS)
        log_line(LOG_INFO_LEVEL, "house.standing_by", NULL);
    for (i64 waited = 0; !e && !mine && waited < wait_ms; waited += LOCK_PAUSE_MS) {
        nanosleep(&pause, NULL);
        e = try_lock(cx, &mine);
    }
    if (!e && !mine)
        e = err_set(cx, ERR_BUSY, NULL, "house.store_locked");
    return e;
}

/* The writer's connection broke, and the lock with it. When nobody else has led meanwhile this
 * program goes on; else all that it remembers is old, and it never writes again. */
static Err lead_again(Cx *cx, void *context)
{
    Open *open = context;
    i64 mine = 0;
    Err e = try_lock(cx, &mine);
    if (!e && !mine)
        e = err_set(cx, ERR_STORE, NULL, "house.store_locked");
    if (!e && open->house.facts)
        e = fact_lead_holds(cx, open->house.facts);
    if (e) {
        log_line(LOG_ERROR_LEVEL, "house.lead_lost", "why", cx->err.key, NULL);
        atomic_store(&open->lead_lost, true);
    }
    return e;
}

/* An exchange is made in an empty store alone: nothing that is there may be taken for its own. */
static Err check_empty(Cx *cx, Str data)
{
    Str *names;
    size_t count;
    i64 facts = 0;
    Err e = db_columns(cx, "fact", &names, &count);
    if (!e && count)
        e = fact_last_seq(cx, &facts);
    if (!e && facts)
        e = err_set_arg(cx, ERR_CONFLICT, NULL, "house.unfinished", data);
    return e;
}

Err house_start(Cx *cx, const House *house)
{
    Err e = ERR_OK;
    for (size_t r = 0; !e && r < house->room_count; r++)
        if (house->rooms[r]->start)
            e = house->rooms[r]->start(cx);
    return e;
}

/* Tables, then the log, then the writer, all on the one writing connection. */
static Err open_writer(Cx *cx, Open *open, OpenMode mode, DbWrap wrap, void *context)
{
    House *house = &open->house;
    size_t count;
    const RecordType **types = house_types(cx->arena, house, &count);
    FactHash hash = str_same(open->settings.hash, S("sm3")) ? FACT_SM3 : FACT_SHA256;
    Db *db = NULL;
    Err e = db_open(cx, house->store_url, DB_WRITE, &db);
    if (e)
        return e;
    cx->db = db;
    db_on_renew(db, lead_again, open);
    bool waits = mode == OPEN_SERVE && open->settings.standby;
    e = lock_store(cx, waits ? INT64_MAX : LOCK_WAIT_MS);
    if (!e && mode == OPEN_MAKE)
        e = check_empty(cx, house->data_folder);
    open->made_store = !e && mode == OPEN_MAKE;
    if (!e)
        e = db_begin(cx);
    if (!e)
        e = record_migrate(cx, types, count);
    if (!e)
        e = fact_log_open(cx, house->data_folder, hash, &house->facts);
    if (!e)
        e = fact_lead_take(cx, house->facts);
    if (!e)
        e = house_start(cx, house);
    if (!e)
        e = db_commit(cx);
    if (e)
        db_rollback(cx);
    cx->db = NULL;
    if (!e && wrap)
        db = wrap(db, context);
    if (!e) {
        WriterHooks hooks = fact_hooks(house->facts);
        Cx own = {
            .arena = &open->arena, .clock = &open->clock, .chance = &open->chance, .house = house};
        e = writer_open(&own, db, &hooks, mode == OPEN_SERVE, &house->writer);
        if (e)
            cx->err = own.err;
    }
    if (e)
        db_close(db);
    return e;
}

static Err publish_old(Cx *cx, void *arg)
{
    size_t count;
    const RecordType **types = house_types(cx->arena, arg, &count);
    return fact_publish_old(cx, types, count);
}

/* What a new exchange begins with, and what an older one lacks, by the writer: with facts like
 * everything after it. */
static Err first_rows(Cx *cx, Open *open)
{
    Cx own = {.arena = &open->arena,
              .clock = &open->clock,
              .chance = &open->chance,
              .house = &open->house,
              .actor = {.via = VIA_SYSTEM}};
    Err e = consent_texts_load(&own);
    if (!e)
        e = writer_run(open->house.writer, &own, publish_old, &open->house);
    if (e)
        cx->err = own.err;
    return e;
}

static void fill_house(Cx *cx, const Settings *settings, Open *open)
{
    (void)cx;
    Cx own = {.arena = &open->arena};
    open->settings = *settings;
    open->house = (House){
        .rooms = all_rooms,
        .room_count = all_rooms_count,
        .data_folder = str_copy(&open->arena, settings->data),
        .store_url = settings_store(&own, settings),
        .settings = &open->settings,
        .hooks = {.relation = org_relation,
                  .gate = access_gate,
                  .shown = access_shown,
                  .open_work = deal_open_work,
                  .consent_ended = showing_consent_ended,
                  .shut = delegations_shut,
                  .acting = delegation_acting,
                  .hand_over = import_hand_over,
                  .outcomes = push_outcomes_of,
                  .tell = message_tell},
    };
}

Err house_open(Cx *cx, const Settings *settings, OpenMode mode, Open *ret)
{
    return house_open_with(cx, settings, mode, NULL, NULL, ret);
}

Err house_open_with(Cx *cx, const Settings *settings, OpenMode mode, DbWrap wrap, void *context,
                    Open *ret)
{
    *ret = (Open){.lock_fd = -1, .writes = mode != OPEN_READ};
    Err e = ERR_OK;
    if (mode == OPEN_MAKE && is_made(cx, settings->data))
        return err_set_arg(cx, ERR_CONFLICT, NULL, "house.there", settings->data);
    if (mode == OPEN_MAKE)
        e = make_folder(cx, str_z(cx->arena, settings->data), &ret->made_folder);
    else if (!is_made(cx, settings->data))
        return err_set_arg(cx, ERR_MISSING, NULL, "house.none", settings->data);
    fill_house(cx, settings, ret);
    house_verify(&ret->house);
    if (!e && ret->writes)
        e = take_lock(cx, settings->data, &ret->lock_fd);
    ret->there = files_there(cx->arena, settings->data);
    if (!e && ret->writes)
        e = open_writer(cx, ret, mode, wrap, context);
    if (!e && ret->writes)
        e = first_rows(cx, ret);
    if (!e && ret->writes)
        ret->house.accesses = access_log_new();
    if (!e && mode == OPEN_SERVE) {
        ret->house.counts = count_memo_new();
        ret->house.orgs = org_tree_new();
        ret->house.sessions = session_memo_new();
    }
    if (e && mode == OPEN_MAKE)
        house_unmake(ret);
    else if (e)
        house_close(ret);
    return e;
}

Err house_flush(Cx *cx)
{
    i64 lost = 0;
    char count[24];
    Err e = access_flush(cx, &lost);
    snprintf(count, sizeof count, "%lld", (long long)lost);
    if (lost)
        log_line(LOG_WARN_LEVEL, "access.lost", "count", count, NULL);
    if (e)
        log_line(LOG_ERROR_LEVEL, "access.not_written", "why", cx->err.key, NULL);
    return e;
}

/* What was shown since the last flush, before the writer goes. */
static void close_accesses(Open *open)
{
    Arena arena = {0};
    Cx cx = {
        .arena = &arena, .clock = &open->clock, .chance = &open->chance, .house = &open->house};
    Err e = open->house.writer ? house_flush(&cx) : ERR_OK;
    (void)e; /* It is in the program's log. */
    arena_done(&arena);
}

static void close_rooms(Open *open)
{
    if (open->house.accesses)
        close_accesses(open);
    if (open->house.writer)
        writer_close(open->house.writer);
    access_log_done(open->house.accesses);
    if (open->house.facts)
        fact_log_close(open->house.facts);
    if (open->house.match)
        match_close(open->house.match);
    if (open->house.counts)
        count_memo_done(open->house.counts);
    if (open->house.orgs)
        org_tree_done(open->house.orgs);
    session_memo_done(open->house.sessions);
}

void house_close(Open *open)
{
    close_rooms(open);
    if (open->lock_fd >= 0)
        close(open->lock_fd);
    arena_done(&open->arena);
}

/* The file of SQLite goes with the others. */
static Err drop_tables(Cx *cx, void *arg)
{
    size_t count;
    const RecordType **types = house_tables(cx->arena, arg, &count);
    Err e = db_exec_plain(cx, "DROP TABLE IF EXISTS fact; DROP TABLE IF EXISTS fact_block;"
                              "DROP TABLE IF EXISTS fact_lead");
    for (size_t i = 0; !e && i < count; i++)
        e = db_exec_plain(
            cx, db_keep(str_format(cx->arena, "DROP TABLE IF EXISTS %s", types[i]->name)));
    return e;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
    return (void)stat, (void)kind, (void)at, remove(path);
}

/* All under the lock: whoever makes an exchange here next finds the folder as this one did. */
void house_unmake(Open *open)
{
    Arena arena = {0};
    Str data = open->house.data_folder;
    bool has_store = open->house.writer && open->made_store;
    if (has_store && str_starts(open->house.store_url, S("postgres"))) {
        Cx cx = {.arena = &arena, .clock = &open->clock, .house = &open->house};
        if (writer_run(open->house.writer, &cx, drop_tables, &open->house) != ERR_OK)
            log_line(LOG_ERROR_LEVEL, "unmake.tables_left", "why", cx.err.key, NULL);
    }
    access_log_done(open->house.accesses); /* Nobody has been shown anything. */
    open->house.accesses = NULL;
    close_rooms(open);
    for (size_t i = 0; open->lock_fd >= 0 && i < COUNT(made_files); i++)
        if (!(open->there >> i & 1)) /* Of these only `files` has anything in it. */
            nftw(in_folder(&arena, data, made_files[i]), remove_one, 8, FTW_DEPTH | FTW_PHYS);
    if (open->lock_fd >= 0) {
        unlink(in_folder(&arena, data, "lock"));
        close(open->lock_fd);
    }
    if (open->made_folder)
        rmdir(str_z(&arena, data));
    arena_done(&arena);
    arena_done(&open->arena);
}

Err house_reader(Open *open, Arena *arena, Cx *ret)
{
    Cx cx = {.arena = arena, .clock = &open->clock, .chance = &open->chance, .house = &open->house};
    Err e = db_open(&cx, open->house.store_url, DB_READ, &cx.db);
    *ret = cx;
    return e;
}

void house_reader_done(Cx *cx)
{
    db_close(cx->db);
    cx->db = NULL;
}

Err house_tick(Cx *cx)
{
    static const char *const due[] = {"lot.tick",     "deal.make_due", "lot.confirm_due",
                                      "deposit.tick", "audit.prune",   "joining.forget"};
    Actor own = cx->actor;
    cx->actor = (Actor){.roles = WHO_CLOCK, .via = VIA_SYSTEM};
    cx->arrived_ms = clock_now_ms(cx->clock);
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < COUNT(due); i++) {
        const Op *op = op_find(house_of(cx), str_from(due[i]));
        void *in = arena_take(cx->arena, op->in_size ? op->in_size : 1);
        Val *reply;
        e = op_call(cx, op, in, &reply);
    }
    cx->actor = own;
    return e;
}
