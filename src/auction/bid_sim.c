/* bid_sim.c - see bid_sim.h. */
#include "auction/bid_sim.h"

#include "auction/bid_journal.h"

enum { HELD_MAX = 4 };

/* What a bidder does; chance decides the rest. */
typedef enum Strategy {
    STRATEGY_STEADY, /* The least there can be. */
    STRATEGY_JUMPER, /* Several steps, or much more. */
    STRATEGY_SNIPER, /* In the last moments. */
    STRATEGY_SLOPPY, /* Off the step, too low, no amount at all. */
    STRATEGY_COUNT
} Strategy;

typedef struct Sim {
    Arena *arena;
    Chance chance;
    ModelRules rules;
    ModelAct acts[MODEL_ACTS];
    int count;
    Strategy strategies[MODEL_BIDDERS];
    i64 now_ms;
    i64 floor_ms; /* No stamp is older: the end of the pause before the last. */
    ModelAct held[HELD_MAX];
    int held_count;
    int keys;
    Cx cx;
    BidJournal journal;
    Buf text;    /* The journal. */
    Buf answers; /* Of the engine, to compare after a restart. */
    SimRun run;
} Sim;

static bool one_in(Sim *sim, i64 n)
{
    return chance_below(&sim->chance, n) == 0;
}

static i64 between(Sim *sim, i64 least, i64 most)
{
    return least + chance_below(&sim->chance, most - least + 1);
}

/* ---- Time ---- */

static void move_clock(Sim *sim)
{
    i64 end_ms = sim->journal.state.end_ms;
    switch (chance_below(&sim->chance, 12)) {
    case 0: /* Around the end, to the millisecond. */
        if (end_ms + 1 > sim->now_ms && one_in(sim, 5))
            sim->now_ms = end_ms + between(sim, -2, 1);
        break;
    case 1: /* Around the window. */
        if (end_ms - sim->rules.window > sim->now_ms && one_in(sim, 2))
            sim->now_ms = end_ms - sim->rules.window + between(sim, -1, 1);
        break;
    case 2: /* Around a drop of the price. */
        sim->now_ms += sim->rules.every - (sim->now_ms - sim->rules.begin) % sim->rules.every +
                       between(sim, -1, 1);
        break;
    case 3:
        if (one_in(sim, 12)) /* The clock jumps. */
            sim->now_ms += between(sim, 60, 7200) * 1000;
        else if (one_in(sim, 3)) /* And is set back. */
            sim->now_ms -= between(sim, 1, 9000);
        break;
    case 4:
        break; /* The same millisecond. */
    default:
        sim->now_ms += between(sim, 1, 2500);
    }
}

/* ---- Acts ---- */

static Str yuan(Sim *sim, i64 fen)
{
    long long whole = fen / 100, part = fen % 100;
    if (part == 0 && one_in(sim, 6))
        return str_format(sim->arena, "%lld", whole);
    if (part % 10 == 0 && one_in(sim, 6))
        return str_format(sim->arena, "%lld.%lld", whole, part / 10);
    return str_format(sim->arena, "%lld.%02lld", whole, part);
}

static Str bad_amount(Sim *sim)
{
    static const char *const texts[] = {"0",
                                        "-0.0",
                                        "-1",
                                        "-0.99",
                                        "1e-6",
                                        "one",
                                        "",
                                        "1e400",
                                        "NaN",
                                        "12 ",
                                        "１２３",
                                        "3.5万",
                                        "1.234",
                                        "35,000.00",
                                        "+5",
                                        "1000000000000.01",
                                        "99999999999999999999",
                                        ".5",
                                        "5.",
                                        "1.2.3"};
    return str_from(texts[chance_below(&sim->chance, (i64)COUNT(texts))]);
}

/* An amount near what could be taken. */
static i64 near_fen(Sim *sim, int who)
{
    const BidRules *rules = &sim->journal.rules;
    const BidState *state = &sim->journal.state;
    i64 step_fen = rules->step_fen, next_fen = bid_next_fen(rules, state);
    bool known = state->stage == STAGE_BEST || rules->mode == BID_HYBRID;
    if (known && state->price_fen)
        next_fen = state->price_fen + 1;
    if (state->stage == STAGE_SEALED) /* On a ladder, so that some are equal. */
        return next_fen + between(sim, -1, 6) * 1000 * (one_in(sim, 10) ? 20 : 1);
    if (sim->rules.rank[who] && strchr("io", sim->rules.priority) && one_in(sim, 2))
        return state->price_fen;
    switch (sim->strategies[who]) {
    case STRATEGY_JUMPER:
        if (one_in(sim, 5))
            return next_fen * between(sim, 8, 12);
        return next_fen + between(sim, 0, 6) * step_fen;
    case STRATEGY_SLOPPY:
        return next_fen + between(sim, -2, 3) * step_fen + between(sim, -1, 1);
    default:
        return one_in(sim, 4) && state->price_fen ? state->price_fen : next_fen;
    }
}

/* A price on the falling clock: the one it shows, one that was, one that is not. */
static i64 take_fen(Sim *sim)
{
    const BidRules *rules = &sim->journal.rules;
    i64 price_fen = bid_price_fen(rules, &sim->journal.state, sim->now_ms);
    if (rules->mode == BID_FIXED || price_fen == 0)
        price_fen = one_in(sim, 6) ? rules->start_fen + 100 : rules->start_fen;
    if (sim->journal.state.stage >= STAGE_SOLD && !one_in(sim, 5))
        return sim->journal.state.price_fen;
    if (!one_in(sim, 3))
        return price_fen;
    return price_fen + between(sim, -2, 2) * (rules->drop_fen ? rules->drop_fen : 100);
}

static char bidder_kind(Sim *sim)
{
    const BidState *state = &sim->journal.state;
    if (one_in(sim, 12))
        return "btxc"[chance_below(&sim->chance, 4)];
    if (state->stage == STAGE_DUTCH || sim->rules.mode == 'f')
        return one_in(sim, 4) ? 't' : '.'; /* Else all is over at the first click. */
    if (state->stage == STAGE_SOLD && sim->rules.priority == 'p')
        return one_in(sim, 4) ? 'x' : 't';
    if (state->stage == STAGE_BEST)
        return one_in(sim, 4) ? 'x' : 'b';
    return state->stage == STAGE_SEALED && one_in(sim, 8) ? 'x' : 'b';
}

static ModelAct bidder_act(Sim *sim)
{
    int who = (int)chance_below(&sim->chance, sim->rules.bidders);
    if (sim->journal.state.stage == STAGE_BEST && !one_in(sim, 4)) /* It is his turn. */
        who = (int)sim->journal.state.taker - 1;
    ModelAct act = {.t = sim->now_ms, .who = who, .kind = bidder_kind(sim)};
    bool sniper = sim->strategies[who] == STRATEGY_SNIPER;
    if (act.kind == '.')
        return (ModelAct){.t = sim->now_ms, .who = MODEL_NOBODY, .kind = '.'};
    bool early = sim->journal.state.end_ms - sim->now_ms > sim->rules.window + 5000;
    if (sniper && early && one_in(sim, 25)) /* All others sleep until then. */
        sim->now_ms = act.t = sim->journal.state.end_ms - between(sim, 1, 2000);
    else if (sniper && early && one_in(sim, 2))
        return (ModelAct){.t = sim->now_ms, .who = MODEL_NOBODY, .kind = '.'};
    i64 fen = act.kind == 't' ? take_fen(sim) : near_fen(sim, who);
    bool bad = one_in(sim, sim->strategies[who] == STRATEGY_SLOPPY ? 6 : 40);
    if (act.kind != 'x')
        act.amount = bad || fen <= 0 ? bad_amount(sim) : yuan(sim, fen);
    if (one_in(sim, 40))
        act.who = one_in(sim, 2) ? MODEL_NOBODY : MODEL_STRANGER;
    act.key = one_in(sim, 5) ? 0 : ++sim->keys;
    return act;
}

/* A click that comes twice, or the one that confirms. */
static ModelAct again_act(Sim *sim)
{
    ModelAct act = sim->acts[chance_below(&sim->chance, sim->count)];
    if (strchr("psr.", act.kind))
        return bidder_act(sim);
    if (one_in(sim, 2))
        act.t = sim->now_ms;
    if (act.kind == 'b' && one_in(sim, 3))
        act.kind = 'c';
    return act;
}

static ModelAct next_act(Sim *sim)
{
    ModelAct act = {.t = sim->now_ms, .who = MODEL_NOBODY, .kind = '.'};
    i64 dice = chance_below(&sim->chance, 100);
    bool paused = sim->journal.state.paused;
    if (dice < 8)
        return act;
    if (paused && dice < 40)
        act.kind = 'r';
    else if (dice < 12)
        act.kind = one_in(sim, 5) ? 'r' : 'p';
    else if (dice < 13 && one_in(sim, 3))
        act.kind = 's';
    else if (dice < 22 && sim->count > 0)
        return again_act(sim);
    else
        return bidder_act(sim);
    return act;
}

static void write_act(Sim *sim, Buf *out, const ModelAct *act)
{
    static const struct {
        char kind;
        const char *name;
    } names[] = {{'b', "bid"},   {'c', "confirm"}, {'t', "take"}, {'x', "cancel"},
                 {'p', "pause"}, {'r', "resume"},  {'s', "stop"}, {'.', "tick"}};
    const char *name = "";
    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i].kind == act->kind)
            name = names[i].name;
    buf_format(out, "{\"t_ms\":%lld,\"act\":\"%s\"", (long long)act->t, name);
    if (act->who >= 0)
        buf_format(out, ",\"bidder\":\"%c\"", 'A' + act->who);
    if (act->who == MODEL_STRANGER)
        buf_z(out, ",\"bidder\":\"stranger\"");
    if (act->amount.len) {
        buf_z(out, ",\"amount\":");
        buf_json(out, act->amount);
    }
    if (act->key)
        buf_format(out, ",\"key\":\"k%d\"", act->key);
    buf_z(out, "}\n");
    (void)sim;
}

/* ---- Comparing ---- */

static void differ(Sim *sim, const char *field, Str engine, Str model)
{
    if (!sim->run.same)
        return;
    sim->run.same = false;
    sim->run.line = sim->count + 1;
    sim->run.field = field;
    sim->run.engine = engine;
    sim->run.model = model;
}

static void same_int(Sim *sim, const char *field, i64 engine, i64 model)
{
    if (engine != model)
        differ(sim, field, str_format(sim->arena, "%lld", (long long)engine),
               str_format(sim->arena, "%lld", (long long)model));
}

static void same_text(Sim *sim, const char *field, const char *engine, const char *model)
{
    if (strcmp(engine, model) != 0)
        differ(sim, field, str_from(engine), str_from(model));
}

static void compare(Sim *sim, const BidAnswer *answer)
{
    ModelSay say;
    ModelEnd end;
    const BidReply *reply = &answer->reply;
    const BidState *state = &sim->journal.state;
    model_play(&sim->rules, sim->acts, sim->count, &say, &end);
    same_int(sim, "t_ms", answer->at_ms, say.t);
    same_text(sim, "reason", bid_why_name(reply->why), say.why);
    same_int(sim, "seq", reply->seq, say.seq);
    same_int(sim, "price_fen", reply->price_fen, say.price);
    same_int(sim, "leader", reply->leader - 1, say.leader);
    same_int(sim, "end_ms", reply->end_ms, say.end);
    same_text(sim, "state", bid_stage_name(reply->stage, reply->paused), say.state);
    bool sold = state->stage == STAGE_SOLD;
    same_text(sim, "final.state", bid_stage_name((BidStage)state->stage, state->paused), end.state);
    same_int(sim, "final.winner", sold ? state->leader - 1 : -1, end.winner);
    same_int(sim, "final.price_fen", state->price_fen, end.price);
    same_int(sim, "final.end_ms", state->end_ms, end.end);
    same_int(sim, "accepted", state->seq, end.accepted);
    i64 sum_fen = -state->proceeds_fen; /* What the seller gets comes from the buyers. */
    for (int i = 0; i < sim->rules.bidders; i++) {
        sum_fen += state->seats[i].pays_fen;
        same_int(sim, "pays", state->seats[i].pays_fen, end.pays[i]);
    }
    same_int(sim, "sum", sum_fen, 0);
}

static void tell_answer(void *context, const BidJournal *journal, const BidAnswer *answer)
{
    bid_answer_write(context, journal, answer);
}

/* Down, and up again from what was written. */
static void restart(Sim *sim)
{
    BidJournal again;
    Buf answers = buf_new(sim->arena);
    sim->run.restarts++;
    Err e = bid_journal_play(&sim->cx, buf_str(&sim->text), tell_answer, &answers, &again);
    if (e || !bid_state_same(&sim->journal.state, &again.state))
        differ(sim, "restart", S("another state"), S("the same state"));
    else if (!str_same(buf_str(&answers), buf_str(&sim->answers)))
        differ(sim, "restart", S("other answers"), S("the same answers"));
    else
        sim->journal = again;
}

static void play(Sim *sim, ModelAct act)
{
    BidAnswer answer;
    i64 pause_to_ms = sim->journal.state.pause_to_ms;
    if (sim->count == MODEL_ACTS || !sim->run.same)
        return;
    if (act.kind == 'p' && act.t < pause_to_ms) /* Nor does a pause begin before the last ended. */
        act.t = pause_to_ms;
    if (act.t < sim->floor_ms)
        act.t = sim->floor_ms;
    sim->acts[sim->count++] = act;
    size_t from = sim->text.len;
    write_act(sim, &sim->text, &act);
    Str line = str_slice(buf_str(&sim->text), from, sim->text.len - 1);
    line = str_copy(sim->arena, line); /* The text moves when it grows. */
    if (bid_journal_act(&sim->cx, &sim->journal, line, sim->count + 1, &answer)) {
        differ(sim, "journal", S("refuses the line"), S("an act"));
        return;
    }
    tell_answer(&sim->answers, &sim->journal, &answer);
    if (act.kind == 'p' && !answer.reply.why && pause_to_ms > sim->floor_ms)
        sim->floor_ms = pause_to_ms;
    sim->run.accepted += answer.reply.seq > 0;
    compare(sim, &answer);
    if (one_in(sim, 25))
        restart(sim);
}

/* Held back between stamp and judgement, and let go in any order. */
static void deliver(Sim *sim, const ModelAct *act)
{
    if (sim->held_count < HELD_MAX && one_in(sim, 8)) {
        sim->held[sim->held_count++] = *act;
        return;
    }
    play(sim, *act);
    while (sim->held_count > 0 && one_in(sim, 2)) {
        int at = (int)chance_below(&sim->chance, sim->held_count);
        ModelAct late = sim->held[at];
        sim->held[at] = sim->held[--sim->held_count];
        play(sim, late);
    }
}

static void open_journal(Sim *sim)
{
    sim_rules_write(&sim->text, &sim->rules);
    Str line = str_copy(sim->arena, buf_str(&sim->text));
    if (bid_journal_open(&sim->cx, line, 1, &sim->journal))
        differ(sim, "journal", S("refuses the rules"), S("rules"));
}

SimRun bid_sim(Arena *arena, i64 seed)
{
    Sim *sim = arena_take(arena, sizeof *sim);
    *sim = (Sim){.arena = arena,
                 .chance = {.seeded = true, .state = (u64)seed},
                 .cx = {.arena = arena},
                 .text = buf_new(arena),
                 .answers = buf_new(arena),
                 .run = {.seed = seed, .same = true}};
    sim->rules = sim_rules(&sim->chance);
    sim->run.mode = sim_mode_name(sim->rules.mode);
    for (int i = 0; i < sim->rules.bidders; i++)
        sim->strategies[i] = (Strategy)chance_below(&sim->chance, STRATEGY_COUNT);
    sim->now_ms = sim->floor_ms = sim->rules.begin - between(sim, 0, 2000);
    open_journal(sim);
    i64 acts = between(sim, 20, 160);
    for (i64 i = 0; i < acts && sim->run.same; i++) {
        move_clock(sim);
        if (sim->now_ms < sim->floor_ms)
            sim->now_ms = sim->floor_ms;
        ModelAct act = next_act(sim);
        deliver(sim, &act);
        bool asked = sim->rules.priority == 'p' && sim->journal.state.stage == STAGE_SOLD;
        if (sim->journal.state.stage >= STAGE_SOLD && one_in(sim, asked ? 20 : 4))
            break;
    }
    while (sim->held_count > 0)
        play(sim, sim->held[--sim->held_count]);
    play(sim, (ModelAct){.t = sim->now_ms, .who = MODEL_NOBODY, .kind = 'r'});
    enum { DAY_MS = 24 * 3600 * 1000 };
    play(sim, (ModelAct){.t = sim->now_ms + DAY_MS, .who = MODEL_NOBODY, .kind = '.'});
    if (sim->run.same)
        restart(sim);
    sim->run.acts = sim->count;
    sim->run.journal = buf_str(&sim->text);
    return sim->run;
}
