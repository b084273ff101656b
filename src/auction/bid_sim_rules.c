/* bid_sim_rules.c - rules from chance, all modes, mostly such that something happens. */
#include "auction/bid_sim.h"

static bool one_in(Chance *chance, i64 n)
{
    return chance_below(chance, n) == 0;
}

static i64 between(Chance *chance, i64 least, i64 most)
{
    return least + chance_below(chance, most - least + 1);
}

const char *sim_mode_name(char mode)
{
    static const struct {
        char mode;
        const char *name;
    } names[] = {{'a', "ascending"}, {'s', "sealed"}, {'d', "dutch"},
                 {'h', "hybrid"},    {'r', "rounds"}, {'f', "fixed"}};
    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i].mode == mode)
            return names[i].name;
    return "";
}

static void choose_people(Chance *chance, ModelRules *rules)
{
    rules->bidders = one_in(chance, 8) ? 1 : (int)between(chance, 2, 6);
    rules->priority = "nniiop"[chance_below(chance, 6)];
    bool same_ranks = one_in(chance, 4);
    int rank = 0;
    for (int i = 0; i < rules->bidders; i++) {
        rules->barred[i] = one_in(chance, 12);
        if (one_in(chance, 3) && (!same_ranks || rank == 0))
            rules->rank[i] = ++rank;
        else if (one_in(chance, 3) && same_ranks && rank == 1)
            rules->rank[i] = 1;
    }
    rules->post = between(chance, 0, 120) * 1000;
    rules->fewest = one_in(chance, 4) ? (int)between(chance, 0, 3) : 1;
}

static void choose_rise(Chance *chance, ModelRules *rules)
{
    rules->step = between(chance, 1, 50) * 1000;
    if (one_in(chance, 3)) {
        rules->tiers = (int)between(chance, 1, MODEL_TIERS);
        for (int i = 0; i < rules->tiers; i++) {
            rules->tier_from[i] = rules->start + (i + 1) * between(chance, 1, 5) * 100000;
            rules->tier_step[i] = between(chance, 1, 80) * 1000;
            if (i > 0 && rules->tier_from[i] <= rules->tier_from[i - 1])
                rules->tier_from[i] = rules->tier_from[i - 1] + 1;
        }
    }
    rules->steps_most = one_in(chance, 4) ? between(chance, 1, 6) : 0;
    rules->strict = one_in(chance, 2);
    rules->at_start = one_in(chance, 2);
    rules->self_raise = one_in(chance, 4);
    rules->window = between(chance, 0, 20) * 1000;
    rules->extend = between(chance, 0, 20) * 1000;
    rules->extensions = one_in(chance, 4) ? between(chance, 1, 4) : 0;
    if (one_in(chance, 3)) {
        rules->hard = rules->end + between(chance, 0, 60) * 1000;
        rules->hard_moves = one_in(chance, 2);
    }
}

static void choose_fall(Chance *chance, ModelRules *rules)
{
    rules->drop = between(chance, 1, 40) * 1000;
    rules->every = between(chance, 1, 8) * 1000;
    rules->floor = one_in(chance, 3) ? 0 : between(chance, 1, rules->start);
    rules->sealed = between(chance, 5, 120) * 1000;
    rules->best = between(chance, 0, 40) * 1000;
}

ModelRules sim_rules(Chance *chance)
{
    ModelRules rules = {
        .mode = "aaaasssddhhhrrf"[chance_below(chance, 15)], .units = 1, .rounds = 1};
    rules.begin = one_in(chance, 2) ? 0 : between(chance, -5000, 20000);
    rules.end = rules.begin + between(chance, 10, 240) * 1000 + (one_in(chance, 3) ? 250 : 0);
    rules.start = between(chance, 1, 2000) * 1000 + (one_in(chance, 4) ? 7 : 0);
    rules.reserve = one_in(chance, 3) ? rules.start + between(chance, -50, 60) * 5000 : 0;
    rules.reserve = rules.reserve < 0 ? 0 : rules.reserve;
    rules.guard = one_in(chance, 3) ? 10 : 0;
    rules.replace = !one_in(chance, 4);
    choose_people(chance, &rules);
    choose_rise(chance, &rules);
    choose_fall(chance, &rules);
    if (rules.mode == 's') {
        rules.second = one_in(chance, 3);
        if (one_in(chance, 3))
            rules.requote = between(chance, 1, 30) * 1000;
    }
    bool several = (rules.mode == 's' && !rules.requote) || rules.mode == 'f';
    if (several && one_in(chance, 3)) {
        rules.units = (int)between(chance, 2, 4);
        rules.priority = rules.priority == 'p' ? 'n' : rules.priority;
    }
    if (rules.mode == 'r') {
        rules.rounds = (int)between(chance, 1, 4);
        rules.round = between(chance, 1, 40) * 1000;
    }
    return rules;
}

/* ---- As a line of a journal ---- */

static void write_int(Buf *out, const char *name, i64 n)
{
    buf_format(out, ",\"%s\":%lld", name, (long long)n);
}

static void write_bool(Buf *out, const char *name, bool b)
{
    buf_format(out, ",\"%s\":%s", name, b ? "true" : "false");
}

static void write_people(Buf *out, const ModelRules *rules)
{
    const char *between_names = "";
    buf_z(out, ",\"bidders\":[");
    for (int i = 0; i < rules->bidders; i++)
        buf_format(out, "%s\"%c\"", i ? "," : "", 'A' + i);
    buf_z(out, "],\"not_admitted\":[");
    for (int i = 0; i < rules->bidders; i++) {
        if (rules->barred[i])
            buf_format(out, "%s\"%c\"", between_names, 'A' + i);
        between_names = rules->barred[i] ? "," : between_names;
    }
    buf_z(out, "],\"priority\":[");
    for (int rank = 1; rank <= rules->bidders; rank++) {
        int count = 0;
        for (int i = 0; i < rules->bidders; i++)
            if (rules->rank[i] == rank)
                buf_format(out, "%s\"%c\"", count++ ? "," : rank > 1 ? ",[" : "[", 'A' + i);
        buf_z(out, count ? "]" : "");
    }
    const char *mode = rules->priority == 'i'   ? "inline"
                       : rules->priority == 'o' ? "once"
                       : rules->priority == 'p' ? "post"
                                                : "none";
    buf_format(out, "],\"priority_mode\":\"%s\"", mode);
}

void sim_rules_write(Buf *out, const ModelRules *rules)
{
    buf_format(out, "{\"mode\":\"%s\"", sim_mode_name(rules->mode));
    write_int(out, "start_ms", rules->begin);
    write_int(out, "free_end_ms", rules->end);
    write_int(out, "start_fen", rules->start);
    write_int(out, "step_fen", rules->step);
    buf_z(out, ",\"tiers\":[");
    for (int i = 0; i < rules->tiers; i++)
        buf_format(out, "%s{\"from_fen\":%lld,\"step_fen\":%lld}", i ? "," : "",
                   (long long)rules->tier_from[i], (long long)rules->tier_step[i]);
    buf_char(out, ']');
    write_int(out, "steps_max", rules->steps_most);
    write_bool(out, "strict_step", rules->strict);
    write_bool(out, "first_at_start", rules->at_start);
    write_bool(out, "self_raise", rules->self_raise);
    write_int(out, "window_ms", rules->window);
    write_int(out, "extend_ms", rules->extend);
    write_int(out, "extensions_max", rules->extensions);
    if (rules->hard)
        write_int(out, "hard_stop_ms", rules->hard);
    write_bool(out, "pause_moves_hard_stop", rules->hard_moves);
    write_int(out, "guard_times", rules->guard);
    write_int(out, "drop_fen", rules->drop);
    write_int(out, "drop_every_ms", rules->every);
    write_int(out, "floor_fen", rules->floor);
    write_int(out, "sealed_ms", rules->sealed);
    write_int(out, "best_ms", rules->best);
    write_int(out, "round_ms", rules->round);
    write_int(out, "rounds", rules->rounds);
    write_int(out, "requote_ms", rules->requote);
    write_bool(out, "second_price", rules->second);
    write_bool(out, "replaceable", rules->replace);
    write_int(out, "units", rules->units);
    write_int(out, "reserve_fen", rules->reserve);
    write_int(out, "min_bidders", rules->fewest);
    write_int(out, "post_ms", rules->post);
    write_people(out, rules);
    buf_z(out, "}\n");
}
