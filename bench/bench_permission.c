/* bench_permission.c - what one permission check costs: op_allowed, then who_of on a record, with
 * the tree of units remembered, beside asking the time. Each relation is measured; the slowest
 * counts.
 *
 * Prints one line of JSON, as the others in bench/ do. */
#include "house_bench.h"

#include "flow/who.h"
#include "ident/ident.h"

#include <stdio.h>

enum { ROUNDS = 200 * 1000, TRIES = 9, TARGET_NS = 1000 };

/* A province's department, a ministry, a university of the ministry with a college, a firm. */
enum { PROVINCE = 1, MINISTRY, UNIVERSITY, COLLEGE, FIRM };
static const char *const units[] = {
    "{\"code\":\"P\",\"name\":\"Province\",\"kind\":\"department\",\"level\":\"province\","
    "\"division\":\"320000\"}",
    "{\"code\":\"M\",\"name\":\"Ministry\",\"kind\":\"department\",\"line\":\"education\"}",
    "{\"code\":\"U\",\"name\":\"University\",\"kind\":\"university\",\"division\":\"320500\","
    "\"supervisor_id\":2}",
    "{\"code\":\"C\",\"name\":\"College\",\"kind\":\"college\",\"parent_id\":3}",
    "{\"code\":\"F\",\"name\":\"Firm\",\"kind\":\"firm\",\"division\":\"110000\"}",
};

static const struct {
    const char *name;
    Actor actor;
    i64 org_id;
    unsigned want;
} rows[] = {
    {"own unit", {.account_id = 1, .org_id = COLLEGE, .roles = WHO_OFFICE}, COLLEGE, WHO_OWNER},
    {"unit above",
     {.account_id = 1, .org_id = UNIVERSITY, .roles = WHO_OFFICE},
     COLLEGE,
     WHO_OWNER},
    {"place", {.account_id = 1, .org_id = PROVINCE, .roles = WHO_DEPARTMENT}, COLLEGE, WHO_ABOVE},
    {"supervisor",
     {.account_id = 1, .org_id = MINISTRY, .roles = WHO_DEPARTMENT},
     COLLEGE,
     WHO_ABOVE},
    {"stranger", {.account_id = 1, .org_id = FIRM, .roles = WHO_FIRM}, COLLEGE, 0},
    {"far department", {.account_id = 1, .org_id = MINISTRY, .roles = WHO_DEPARTMENT}, FIRM, 0},
};

/* Least of some tries: the machine has others to serve. */
static double check_ns(Cx *cx, const Op *op, i64 org_id, unsigned *ret_who)
{
    double least = 1e18;
    for (int try = 0; try < TRIES; try++) {
        unsigned all = 0;
        i64 from_ns = clock_steady_ns();
        for (int i = 0; i < ROUNDS; i++)
            all |= op_allowed(cx, op) ? who_of(cx, org_id, false) : 0;
        double ns = (double)(clock_steady_ns() - from_ns) / ROUNDS;
        least = ns < least ? ns : least;
        *ret_who = all;
    }
    return least;
}

static double clock_ns(void)
{
    double least = 1e18;
    for (int try = 0; try < TRIES; try++) {
        volatile i64 last = 0;
        i64 from_ns = clock_steady_ns();
        for (int i = 0; i < ROUNDS; i++)
            last = clock_steady_ns();
        double ns = (double)(last - from_ns) / ROUNDS;
        least = ns < least ? ns : least;
    }
    return least;
}

int main(void)
{
    static Bench bench;
    Val *reply;
    double slowest = 0;
    const char *name = "";
    if (!bench_open(&bench, false))
        return 1;
    for (size_t i = 0; i < COUNT(units); i++)
        if (bench_call_text(&bench, bench_local, "org.add", str_from(units[i]), &reply))
            return 1;
    bench.open.house.orgs = org_tree_new();
    const Op *op = op_find(&bench.open.house, S("listing.withdraw"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned who = 0;
        bench.cx.actor = rows[i].actor;
        double ns = check_ns(&bench.cx, op, rows[i].org_id, &who);
        if ((who & (WHO_OWNER | WHO_ABOVE)) != rows[i].want) {
            fprintf(stderr, "%s: found %x\n", rows[i].name, who);
            return 1;
        }
        if (ns > slowest) {
            slowest = ns;
            name = rows[i].name;
        }
    }
    double clock = clock_ns();
    printf("{\"bench\":\"permission\",\"slowest\":\"%s\",\"ns\":%.0f,\"clock_ns\":%.0f,"
           "\"ratio\":%.1f,\"target_ns\":%d}\n",
           name, slowest, clock, slowest / clock, TARGET_NS);
    bench_done(&bench);
    return 0;
}
