/* auction_event_test.c - what those who watch are told, and what not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auction/auction_event.h"
#include "auction/auction_fixture.h"

static const Room *const rooms[] = {IDENT_ROOMS, &registry_room, AUCTION_ROOMS};

static int setup(void **state)
{
    static Fixture fixture;
    fixture_open(&fixture, rooms, COUNT(rooms), false);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_close(*state);
    return 0;
}

/* The event, after the last bid that was told. */
static Val *event(Fixture *f, i64 lot_id, i64 after_seq, bool no_bids, i64 *ret_seq)
{
    Cx cx = fixture_clock_cx(f, f->clock.now_ms);
    Val *told = NULL;
    assert_int_equal(lot_event(&cx, lot_id, after_seq, no_bids, &told, ret_seq), ERR_OK);
    return told;
}

static i64 number(const Val *told, const char *name)
{
    return val_get_int(val_get(told, "lot"), name);
}

static void test_rising(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, ""), seq = 0;
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    bid(f, lot_id, FIRM_A, SECONDS(10), 3500000);
    bid(f, lot_id, FIRM_B, SECONDS(20), 3600000);
    Val *told = event(f, lot_id, 0, false, &seq);
    assert_int_equal(seq, 2);
    assert_int_equal(val_count(val_get(told, "bids")), 2);
    assert_int_equal(number(told, "price_fen"), 3600000);
    assert_int_equal(number(told, "leader_no"), 2);
    assert_int_equal(val_get_int(val_at(val_get(told, "bids"), 0), "seq"), 2);
    assert_true(json_of(f, told).len < 1000);

    bid(f, lot_id, FIRM_A, SECONDS(30), 3700000);
    told = event(f, lot_id, seq, false, &seq);
    assert_int_equal(val_count(val_get(told, "bids")), 1); /* Only what is new. */
    assert_int_equal(seq, 3);
    told = event(f, lot_id, 0, true, &seq);
    assert_int_equal(val_count(val_get(told, "bids")), 0);
    assert_int_equal(seq, 0);
    assert_null(val_get(told, "winner"));

    for (int i = 0; i < LOT_EVENT_BIDS + 5; i++)
        bid(f, lot_id, i % 2 ? FIRM_A : FIRM_B, SECONDS(40 + i), 3800000 + i * 100000);
    told = event(f, lot_id, 3, false, &seq);
    assert_int_equal(val_count(val_get(told, "bids")), LOT_EVENT_BIDS); /* The newest. */
    assert_int_equal(seq, 3 + LOT_EVENT_BIDS + 5);
}

/* Before the opening nothing tells that anybody has bid; afterwards all is told, and who has it. */
static void test_sealed(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, ",\"mode\":\"sealed\""), seq = 0;
    admit(f, lot_id, FIRM_A);
    admit(f, lot_id, FIRM_B);
    tick(f, SECONDS(5));
    Str before = json_of(f, event(f, lot_id, 0, false, &seq));
    bid(f, lot_id, FIRM_A, SECONDS(10), 3600000);
    bid(f, lot_id, FIRM_B, SECONDS(20), 4200000);
    Str after = json_of(f, event(f, lot_id, 0, false, &seq));
    assert_true(str_same(before, after));
    tick(f, SECONDS(700));
    Val *told = event(f, lot_id, seq, true, &seq); /* Opened, though no bid is new. */
    assert_int_equal(val_count(val_get(told, "bids")), 2);
    assert_int_equal(val_get_int(val_get(told, "winner"), "no"), 2);
    assert_true(str_same_z(val_get_str(val_get(told, "lot"), "state"), "sold"));
}

static void test_brief(void **state)
{
    Fixture *f = *state;
    i64 lot_id = open_lot(f, "");
    Cx cx = fixture_clock_cx(f, f->clock.now_ms);
    Val *brief = NULL;
    assert_int_equal(lot_event_brief(&cx, lot_id, &brief), ERR_OK);
    assert_int_equal(val_get_int(brief, "id"), lot_id);
    assert_int_equal(lot_event_brief(&cx, lot_id + 1, &brief), ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rising, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sealed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_brief, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
