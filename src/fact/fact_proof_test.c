/* fact_proof_test.c - proofs of rows in blocks of every size, and every byte of them turned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fact/fact_int.h"
#include "fact/fact_proof.h"

typedef struct Pet {
    RECORD_HEAD;
    Str name;
} Pet;

// clang-format off
static const Field pet_fields[] = {
    RECORD_HEAD_FIELDS(Pet),
    {AT(Pet, name), F_TEXT, "名字", "Name", 0, SEE_PUBLIC, NULL},
};
static const RecordType pet_type = {"pet", "宠物", "Pet", sizeof(Pet), pet_fields, COUNT(pet_fields), NULL};
// clang-format on
static const RecordType *const types[] = {&pet_type};

typedef struct Bench {
    Arena arena;
    Clock clock;
    Chance chance;
    Cx cx;
    char folder[64];
    FactLog *log;
    Writer *writer;
} Bench;

static void ok_at(Cx *cx, Err e, int line)
{
    if (e)
        fail_msg("line %d: %s %s", line, err_name(e), cx->err.key ? cx->err.key : "-");
}
#define OK(cx, call) ok_at((cx), (call), __LINE__)

static void begin(Bench *bench, FactHash hash)
{
    *bench = (Bench){.clock = {.fixed = true, .now_ms = 1784682000000}, .chance = {.seeded = true}};
    snprintf(bench->folder, sizeof bench->folder, "/tmp/proof-test-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    Str path = str_format(&bench->arena, "%s/test.db", bench->folder);
    bench->cx = (Cx){.arena = &bench->arena, .clock = &bench->clock, .chance = &bench->chance};
    Cx own = bench->cx;
    OK(&own, db_open(&own, path, DB_WRITE, &own.db));
    OK(&own, db_begin(&own));
    OK(&own, record_migrate(&own, types, 1));
    OK(&own, fact_log_open(&own, str_from(bench->folder), hash, &bench->log));
    OK(&own, db_commit(&own));
    WriterHooks hooks = fact_hooks(bench->log);
    OK(&own, writer_open(&own, own.db, &hooks, false, &bench->writer));
    OK(&bench->cx, db_open(&bench->cx, path, DB_READ, &bench->cx.db));
}

static int unlink_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    return (void)s, (void)kind, (void)at, remove(path);
}

static void end(Bench *bench)
{
    writer_close(bench->writer);
    fact_log_close(bench->log);
    db_close(bench->cx.db);
    assert_int_equal(nftw(bench->folder, unlink_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    arena_done(&bench->arena);
}

static Err make_pets(Cx *cx, void *count)
{
    Err e = ERR_OK;
    for (int i = 0; !e && i < *(const int *)count; i++) {
        Pet pet = {.name = str_format(cx->arena, "Tom %d", i)};
        e = fact_create(cx, &pet_type, &pet, (FactNote){.kind = "pet.made", .amount = i});
    }
    return e;
}

static Str text_of(Arena *arena, const FactProof *proof)
{
    Buf out = buf_new(arena);
    buf_char(&out, '{');
    fact_proof_write(&out, proof);
    buf_char(&out, '}');
    return buf_str(&out);
}

/* Proves the pet from the proof's text, as an outsider has it. */
static bool proven(Arena *arena, Str text, const Pet *pet)
{
    Str why;
    FactProof proof;
    const Val *map = val_read_json(arena, text, &why);
    return map && map->kind == VAL_MAP && fact_proof_read(map, &proof) &&
           str_same(text_of(arena, &proof), text) &&
           fact_proof_check(arena, &proof, &pet_type, pet) == PROVEN_WELL;
}

static void check_pet(Bench *bench, i64 id)
{
    Pet pet;
    FactProof proof;
    OK(&bench->cx, record_load(&bench->cx, &pet_type, id, &pet));
    OK(&bench->cx, fact_prove(&bench->cx, "pet", id, &proof));
    Str text = text_of(&bench->arena, &proof);
    if (!proven(&bench->arena, text, &pet))
        fail_msg("pet %lld is not proven: %.*s", (long long)id, STR_ARG(text));
    pet.name = S("Tim");
    assert_int_equal(fact_proof_check(&bench->arena, &proof, &pet_type, &pet), PROVEN_ROW);
}

/* Blocks of 1 to 20 facts: each shape of the tree. */
static void shapes(FactHash hash)
{
    Bench bench;
    begin(&bench, hash);
    i64 id = 1;
    for (int count = 1; count <= 20; count++) {
        OK(&bench.cx, writer_run(bench.writer, &bench.cx, make_pets, &count));
        for (int i = 0; i < count; i++)
            check_pet(&bench, id++);
    }
    FactProof proof;
    assert_int_equal(fact_prove(&bench.cx, "pet", id, &proof), ERR_MISSING);
    end(&bench);
}

static void every_row_is_proven(void **state)
{
    (void)state;
    shapes(FACT_SHA256);
    shapes(FACT_SM3);
}

/* The last bit, which is no letter case of a hexadecimal digit. */
static void every_turned_byte_is_found(void **state)
{
    (void)state;
    Bench bench;
    begin(&bench, FACT_SM3);
    int count = 11;
    Pet pet;
    FactProof proof;
    OK(&bench.cx, writer_run(bench.writer, &bench.cx, make_pets, &count));
    OK(&bench.cx, record_load(&bench.cx, &pet_type, 6, &pet));
    OK(&bench.cx, fact_prove(&bench.cx, "pet", 6, &proof));
    Str text = text_of(&bench.arena, &proof);
    char *copy = str_z(&bench.arena, text);
    int found = 0;
    for (size_t i = 0; i < text.len; i++) {
        Arena arena = {0};
        copy[i] ^= 1;
        bool well = proven(&arena, (Str){copy, text.len}, &pet);
        copy[i] ^= 1;
        if (well)
            fail_msg("byte %zu turned and still proven", i);
        found++;
        arena_done(&arena);
    }
    assert_int_equal(found, (int)text.len);
    proof.path_count--;
    assert_int_equal(fact_proof_check(&bench.arena, &proof, &pet_type, &pet), PROVEN_PATH);
    proof.path_count++;
    proof.block.last_seq = INT64_MAX;
    assert_int_equal(fact_proof_check(&bench.arena, &proof, &pet_type, &pet), PROVEN_PATH);
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_proven),
        cmocka_unit_test(every_turned_byte_is_found),
    };
    return cmocka_run_group_tests_name("fact_proof", tests, NULL, NULL);
}
