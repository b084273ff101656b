/* attack_plant.c - makes the exchange that test/attack serves: in every text of every record stands
 * what would be markup, script, a header or a statement if it were let out as it is.
 *
 *     attack_plant      prints the data folder; who asked removes the folder above it
 *     attack_plant pg   on PostgreSQL (TECHBOURSE_TEST_PG); the next line is the store's address
 */
#include "plant.h"

#include "ident/ident.h"

#include <stdio.h>
#include <string.h>

/* One begins as markup, the other as an address that runs a script. Each ends in a number. */
static const char *const seeds[] = {
    "\"><xpwn a='1'>'\"xpwn=1 </script></title></textarea><xpwn>{{xpwn}}\r\nX-Pwn: 1; DROP TABLE "
    "org;--",
    "javascript:xpwn()//\"><xpwn a=\"1\">'xpwn='1",
};

static Str seed(Plant *plant, const RecordType *type, const Field *field, const void *row)
{
    static i64 number;
    const char *text = plant->context;
    (void)row;
    if (type == &account_type && strncmp(field->name, "password", 8) == 0)
        return S("");
    return str_format(&plant->bench->arena, "%s %lld", text, (long long)++number);
}

/* What the program alone writes, and takes for its own when it reads it. */
static bool wanted(const RecordType *type)
{
    static const char *const own[] = {"access_batch",  "audit_export", "session",
                                      "recovery_code", "consent_text", "oidc_state"};
    for (size_t i = 0; i < COUNT(own); i++)
        if (strcmp(type->name, own[i]) == 0)
            return false;
    return true;
}

static bool call(Bench *bench, const char *op, Str json)
{
    Val *reply;
    Err e = bench_call_text(bench, bench_local, op, json, &reply);
    if (e)
        printf("%s %.*s: %s %s\n", op, STR_ARG(json), err_name(e),
               bench->cx.err.key ? bench->cx.err.key : "");
    return !e;
}

/* Somebody of each role in a unit of no concern, and in the first of those that were planted. */
static bool people(Bench *bench, i64 owner)
{
    bool ok =
        call(bench, "org.add", S("{\"code\":\"X\",\"name\":\"Plain unit\",\"kind\":\"exchange\"}"));
    Val *reply, *in = val_map(&bench->arena);
    val_set_z(&bench->arena, in, "q", "Plain unit");
    if (!ok || bench_call(bench, bench_local, "org.list", in, &reply))
        return false;
    i64 plain = val_get_int(val_at(val_get(reply, "items"), 0), "id");
    for (size_t i = 0; ok && i < role_codes.count; i++)
        for (int owns = 0; ok && owns < 2; owns++) {
            const char *role = role_codes.codes[i].code;
            ok = call(bench, "account.add",
                      str_format(&bench->arena,
                                 "{\"login\":\"%s-%s\",\"name\":\"P\",\"org_id\":%lld,\"roles\":"
                                 "\"%s\",\"password\":\"Four small words\"}",
                                 owns ? "own" : "far", role, (long long)(owns ? owner : plain),
                                 role));
        }
    return ok;
}

int main(int argc, char **argv)
{
    static Bench bench;
    bool is_pg = argc > 1 && strcmp(argv[1], "pg") == 0, ok = bench_open(&bench, is_pg);
    i64 owner = 0;
    if (!ok)
        return 1;
    Clock now = {0};
    bench.open.clock.now_ms = clock_now_ms(&now); /* It is served by the day's own clock. */
    for (size_t i = 0; ok && i < COUNT(seeds); i++) {
        Plant plant = {
            .bench = &bench, .text = seed, .wants = wanted, .context = (void *)(uintptr_t)seeds[i]};
        ok = plant_rows(&plant);
        owner = owner ? owner : plant.org_id;
    }
    bench.open.settings.password_memory_kb = 19 * 1024;
    ok = ok && people(&bench, owner) && house_made(&bench.cx, &bench.open) == ERR_OK;
    if (ok)
        printf("%s/data\n%.*s\n", bench.folder, STR_ARG(bench.settings.store));
    house_reader_done(&bench.cx);
    house_close(&bench.open);
    arena_done(&bench.arena);
    return ok ? 0 : 1;
}
