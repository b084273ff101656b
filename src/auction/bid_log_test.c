/* bid_log_test.c - the log of a lot: lines, their chain, sealed amounts, playing again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/bid_log.h"
#include "auction/bid_seal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const BidEntry accepted = {.n = 2,
                                  .at_ms = 1000,
                                  .kind = ACT_BID,
                                  .bidder = 1,
                                  .amount_fen = 3535000,
                                  .key = {"0123456789abcdef", 16},
                                  .seq = 1,
                                  .price_fen = 3535000,
                                  .end_ms = 600000,
                                  .stage = STAGE_OPEN};

static Str write_entry(Arena *arena, const BidEntry *entry)
{
    Buf out = buf_new(arena);
    bid_entry_write(&out, entry);
    return buf_str(&out);
}

static void test_line(void **state)
{
    (void)state;
    Arena arena = {0};
    Str line = write_entry(&arena, &accepted);
    const char *want =
        "{\"n\":2,\"t_ms\":1000,\"act\":\"bid\",\"bidder\":\"1\",\"amount\":\"35350.00\","
        "\"key\":\"0123456789abcdef\",\"reason\":null,\"seq\":1,\"price\":\"35350.00\","
        "\"end_ms\":600000,\"state\":\"open\"}";
    assert_string_equal(str_z(&arena, line), want);
    BidEntry entry;
    assert_true(bid_entry_read(line, &entry));
    assert_int_equal(entry.n, 2);
    assert_int_equal(entry.amount_fen, 3535000);
    assert_int_equal(entry.bidder, 1);
    assert_true(str_same_z(entry.key, "0123456789abcdef"));
    arena_done(&arena);
}

/* Each kind of entry comes back as it was. */
static void test_kinds(void **state)
{
    (void)state;
    Arena arena = {0};
    Str digits = S("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    for (int kind = 0; kind < ENTRY_COUNT; kind++) {
        for (int variant = 0; variant < 4; variant++) {
            BidEntry entry = accepted;
            entry.kind = kind;
            entry.at_ms = variant ? 1732240000123 : -5;
            entry.floor = variant == 1;
            entry.bidder = variant == 2 ? 0 : 7;
            entry.why = variant == 3 ? WHY_BELOW_MIN : WHY_OK;
            entry.seq = variant == 3 ? 0 : 12;
            entry.paused = variant == 2;
            entry.stage = STAGE_SOLD;
            if (kind == ENTRY_ADMIT)
                entry.who = digits, entry.rank = variant, entry.amount_fen = 0;
            if (kind == ENTRY_OPEN)
                entry.secret = digits, entry.amount_fen = 0;
            if (kind == ACT_BID && variant == 1)
                entry.sealed = digits, entry.amount_fen = 0;
            Str line = write_entry(&arena, &entry);
            BidEntry back;
            if (!bid_entry_read(line, &back))
                fail_msg("%.*s", STR_ARG(line));
            assert_true(str_same(write_entry(&arena, &back), line));
            assert_int_equal(back.kind, kind);
            assert_int_equal(back.at_ms, entry.at_ms);
            assert_int_equal(back.why, entry.why);
            assert_int_equal(back.paused, entry.paused);
        }
    }
    arena_done(&arena);
}

/* Any other text of the same entry is none: one entry, one line, one hash. */
static void test_other_lines(void **state)
{
    (void)state;
    Arena arena = {0};
    BidEntry entry;
    Str line = write_entry(&arena, &accepted);
    for (size_t i = 0; i < line.len; i++) {
        assert_false(bid_entry_read(str_slice(line, 0, i), &entry));
        char *copy = str_z(&arena, line);
        for (int bit = 0; bit < 8; bit++) {
            copy[i] = (char)((u8)line.data[i] ^ (1 << bit));
            Str changed = {copy, line.len};
            if (bid_entry_read(changed, &entry)) /* Then it says something else, in its own way. */
                assert_true(str_same(write_entry(&arena, &entry), changed));
        }
    }
    static const char *const others[] = {
        "",
        "{}",
        "{\"n\":02,\"t_ms\":1000,\"act\":\"tick\",\"bidder\":\"\",\"amount\":null,\"reason\":null,"
        "\"seq\":null,\"price\":null,\"end_ms\":1,\"state\":\"open\"}",
        "{\"n\":2,\"t_ms\":1000,\"act\":\"tick\",\"bidder\":\"0\",\"amount\":null,\"reason\":null,"
        "\"seq\":null,\"price\":null,\"end_ms\":1,\"state\":\"open\"}",
        "{\"n\":2,\"t_ms\":1000,\"act\":\"tick\",\"bidder\":\"\",\"amount\":\"0.00\",\"reason\":"
        "null,\"seq\":null,\"price\":null,\"end_ms\":1,\"state\":\"open\"}",
        "{\"n\":2,\"t_ms\":1000,\"act\":\"tick\",\"bidder\":\"\",\"amount\":\"1.5\",\"reason\":"
        "null,\"seq\":null,\"price\":null,\"end_ms\":1,\"state\":\"open\"}",
        "{\"n\":2,\"t_ms\":1000,\"act\":\"tick\",\"bidder\":\"\",\"amount\":null,\"reason\":\"\","
        "\"seq\":null,\"price\":null,\"end_ms\":1,\"state\":\"open\"}",
        "{\"n\":2,\"t_ms\":1000,\"act\":\"tick\",\"bidder\":\"\",\"amount\":null,\"reason\":null,"
        "\"seq\":null,\"price\":null,\"end_ms\":1,\"state\":\"shut\"}",
        "{\"n\":2,\"t_ms\":1000,\"act\":\"tick\",\"bidder\":\"\",\"amount\":null,\"reason\":null,"
        "\"seq\":null,\"price\":null,\"end_ms\":99999999999999999999,\"state\":\"open\"}",
        "{\"n\":2,\"t_ms\":1000,\"act\":\"tick\",\"bidder\":\"\",\"amount\":null,\"reason\":null,"
        "\"seq\":null,\"price\":null,\"end_ms\":1,\"state\":\"open\"} ",
    };
    for (size_t i = 0; i < COUNT(others); i++)
        if (bid_entry_read(str_from(others[i]), &entry))
            fail_msg("read: %s", others[i]);
    arena_done(&arena);
}

static void test_rules_line(void **state)
{
    (void)state;
    Arena arena = {0};
    Cx cx = {.arena = &arena};
    BidRules rules = {.mode = BID_ASCENDING,
                      .start_ms = 5,
                      .free_end_ms = 1000,
                      .start_fen = 3500000,
                      .step_fen = 35000,
                      .tiers = {{5000000, 50000}, {9000000, 90000}},
                      .tier_count = 2,
                      .strict_step = true,
                      .hard_stop_ms = BID_NEVER,
                      .units = 1,
                      .rounds = 1,
                      .min_bidders = 1,
                      .priority = PRIORITY_POST,
                      .post_ms = 7};
    Buf out = buf_new(&arena), again = buf_new(&arena);
    bid_rules_write(&out, &rules);
    BidRules back;
    if (bid_rules_read(&cx, buf_str(&out), &back))
        fail_msg("%s %.*s", cx.err.key, STR_ARG(cx.err.args[1]));
    bid_rules_write(&again, &back);
    assert_true(str_same(buf_str(&out), buf_str(&again)));
    assert_int_equal(back.tiers[1].step_fen, 90000);
    assert_true(back.hard_stop_ms == BID_NEVER);
    assert_int_equal(back.priority, PRIORITY_POST);
    assert_int_equal(bid_rules_read(&cx, S("{\"mode\":\"ascending\"}"), &back), ERR_INPUT);
    arena_done(&arena);
}

/* GB/T 32905-2016, annex A: SM3 of "abc". */
static void test_hashes(void **state)
{
    (void)state;
    Arena arena = {0};
    BidHasher *hasher = bid_hasher_new();
    assert_non_null(hasher);
    BidHash hash = bid_hash_of(hasher, S("abc"));
    assert_string_equal(str_z(&arena, bid_hash_hex(&arena, &hash)),
                        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    BidHash first = bid_hash_rules(hasher, S("{}")), next = bid_hash_next(hasher, &first, S("x"));
    Str whole = S("techbourse lot log 1\n{}");
    hash = bid_hash_of(hasher, whole);
    assert_memory_equal(&hash, &first, sizeof hash);
    assert_memory_not_equal(&next, &first, sizeof next);
    Str a = bid_key_digest(hasher, &arena, 1, 2, S("k")),
        b = bid_key_digest(hasher, &arena, 1, 3, S("k"));
    assert_int_equal(a.len, BID_KEY_HEX);
    assert_false(str_same(a, b));
    bid_hasher_done(hasher);
    arena_done(&arena);
}

static void test_seal(void **state)
{
    (void)state;
    Arena arena = {0};
    const SealKey secret = {{7}};
    SealKey key = seal_key(&secret, 5, 1000, 0), other = seal_key(&secret, 5, 1000, 1), back;
    BidEntry entry = accepted;
    i64 fen = 0;
    entry.sealed = seal_close(&key, &arena, &entry, 123456789);
    assert_true(seal_open(&key, &entry, &fen));
    assert_int_equal(fen, 123456789);
    assert_false(seal_open(&other, &entry, &fen));
    assert_true(seal_key_read(seal_key_hex(&arena, &key), &back));
    assert_memory_equal(&back, &key, sizeof key);

    BidEntry moved = entry; /* At another place it is nobody's. */
    moved.n++;
    assert_false(seal_open(&key, &moved, &fen));
    moved = entry;
    moved.bidder = 2;
    assert_false(seal_open(&key, &moved, &fen));
    moved = entry;
    moved.at_ms++;
    assert_false(seal_open(&key, &moved, &fen));
    for (size_t i = 0; i < entry.sealed.len; i++) {
        char *copy = str_z(&arena, entry.sealed);
        copy[i] = copy[i] == '0' ? '1' : '0';
        moved = entry;
        moved.sealed = (Str){copy, entry.sealed.len};
        assert_false(seal_open(&key, &moved, &fen));
    }
    /* Neither equal amounts nor near ones look alike. */
    entry.n = 3;
    Str near = seal_close(&key, &arena, &entry, 123456789);
    assert_false(str_same(str_slice(near, 0, 24), str_slice(moved.sealed, 0, 24)));
    arena_done(&arena);
}

static void test_secret_file(void **state)
{
    (void)state;
    Arena arena = {0};
    Chance chance = {0};
    Cx cx = {.arena = &arena, .chance = &chance};
    char folder[] = "/tmp/seal-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    SealKey made, found;
    assert_int_equal(seal_load(&cx, str_from(folder), &made), ERR_OK);
    assert_int_equal(seal_load(&cx, str_from(folder), &found), ERR_OK);
    assert_memory_equal(&made, &found, sizeof made);
    char *path = str_z(&arena, str_format(&arena, "%s/keys/seal.key", folder));
    struct stat kept;
    assert_int_equal(stat(path, &kept), 0);
    assert_int_equal(kept.st_mode & 0777, 0600);
    assert_int_equal(truncate(path, 10), 0); /* A cut one is said, never made anew. */
    assert_int_equal(seal_load(&cx, str_from(folder), &found), ERR_IO);
    unlink(path);
    rmdir(str_z(&arena, str_format(&arena, "%s/keys", folder)));
    rmdir(folder);
    arena_done(&arena);
}

/* A lot written down while it is played, and played again from what was written. */
static void test_play(void **state)
{
    (void)state;
    Arena arena = {0};
    const BidRules rules = {.mode = BID_SEALED,
                            .free_end_ms = 1000,
                            .start_fen = 100,
                            .hard_stop_ms = BID_NEVER,
                            .units = 1,
                            .rounds = 1,
                            .replaceable = true,
                            .min_bidders = 1};
    BidPlay play;
    bid_play_begin(&arena, &rules, &play);
    for (int i = 0; i < 40; i++)
        bid_play_admit(&play, 0);
    assert_int_equal(play.state.bidder_count, 40);
    for (i64 n = 1; n <= 40; n++) {
        BidEntry entry = {.n = n, .at_ms = n, .kind = ACT_BID, .bidder = n, .amount_fen = 100 + n};
        BidReply reply = bid_play_act(&play, &entry);
        assert_int_equal(reply.why, WHY_OK);
        assert_true(bid_is_sealed(entry.kind, &reply));
        bid_entry_answer(&entry, &reply);
        assert_true(bid_entry_agrees(&entry, &reply));
        entry.end_ms++;
        assert_false(bid_entry_agrees(&entry, &reply));
    }
    BidEntry out = {.at_ms = 50, .kind = ACT_BID, .why = WHY_NOT_A_BIDDER, .amount_fen = 100};
    assert_int_equal(bid_play_act(&play, &out).why, WHY_NOT_A_BIDDER);
    BidEntry end = {.at_ms = 1000, .kind = ACT_TICK};
    BidReply reply = bid_play_act(&play, &end);
    assert_int_equal(reply.stage, STAGE_SOLD);
    assert_int_equal(reply.leader, 40);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_other_lines), cmocka_unit_test(test_rules_line),
        cmocka_unit_test(test_hashes),      cmocka_unit_test(test_seal),
        cmocka_unit_test(test_secret_file), cmocka_unit_test(test_play),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
