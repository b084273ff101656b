/* bid_model.c - see bid_model.h. */
#include "auction/bid_model.h"

/* An accepted act. */
typedef struct Row {
    char kind; /* b(id) q(uote) x(quote gone) a(nswer) z(answer gone) t(ake) y(right) n(o right) */
    i64 t, fen;
    int who;
    int stage; /* Stages that time had ended before it. */
    i64 run;   /* Its time on the clock that stands still, as it was judged. */
    i64 stood; /* Pauses that were over by then. */
} Row;

typedef struct Pause {
    i64 from, to;
    bool lasts;
} Pause;

typedef struct Book {
    const ModelRules *rules;
    Row rows[MODEL_ACTS];
    int count;
    Pause pauses[MODEL_ACTS];
    int pause_count;
    int ended; /* Stages that time has ended. */
    bool begun, stopped;
} Book;

/* ---- Time ---- */

static bool standing_still(const Book *book)
{
    return book->pause_count > 0 && book->pauses[book->pause_count - 1].lasts;
}

static i64 stood(const Book *book)
{
    i64 sum = 0;
    for (int i = 0; i < book->pause_count; i++)
        if (!book->pauses[i].lasts)
            sum += book->pauses[i].to - book->pauses[i].from;
    return sum;
}

static bool in_pause(const Book *book, i64 t)
{
    for (int i = 0; i < book->pause_count; i++)
        if (t >= book->pauses[i].from && (book->pauses[i].lasts || t < book->pauses[i].to))
            return true;
    return false;
}

/* The clock that stands still in pauses. */
static i64 running(const Book *book, i64 t)
{
    i64 r = t;
    for (int i = 0; i < book->pause_count; i++) {
        const Pause *pause = &book->pauses[i];
        if (t <= pause->from)
            continue;
        r -= (pause->lasts || t < pause->to ? t : pause->to) - pause->from;
    }
    return r;
}

/* ---- What the list comes to ---- */

static const Row *first_row(const Book *book, char kind)
{
    for (int i = 0; i < book->count; i++)
        if (book->rows[i].kind == kind)
            return &book->rows[i];
    return NULL;
}

static int row_count(const Book *book, const char *kinds)
{
    int count = 0;
    for (int i = 0; i < book->count; i++)
        count += strchr(kinds, book->rows[i].kind) != NULL;
    return count;
}

static i64 seq_at(const Book *book, const Row *row)
{
    i64 seq = 0;
    for (const Row *at = book->rows; at <= row; at++)
        seq += strchr("bqaty", at->kind) != NULL;
    return seq;
}

/* The quote of a bidder that stands: of one round, or with -1 of any. */
static const Row *quote_of(const Book *book, int who, int round)
{
    const Row *quote = NULL;
    for (int i = 0; i < book->count; i++) {
        const Row *row = &book->rows[i];
        bool here = row->who == who && (round < 0 || row->stage == round);
        if (here && row->kind == 'q')
            quote = row;
        if (here && row->kind == 'x')
            quote = NULL;
    }
    return quote;
}

static int right_of(const Book *book, int who)
{
    const ModelRules *rules = book->rules;
    bool now = rules->priority == 'i' || rules->priority == 'o';
    return now && rules->rank[who] ? rules->rank[who] : 1000;
}

static bool comes_before(const Book *book, const Row *a, const Row *b)
{
    if (a->fen > b->fen)
        return true;
    if (a->fen < b->fen)
        return false;
    if (right_of(book, a->who) < right_of(book, b->who))
        return true;
    return right_of(book, a->who) == right_of(book, b->who) && a < b;
}

/* Standing quotes, best first. */
static int quotes_sorted(const Book *book, int round, const Row *ret[MODEL_BIDDERS])
{
    int count = 0;
    for (int who = 0; who < book->rules->bidders; who++) {
        const Row *quote = quote_of(book, who, round);
        int at = count;
        if (!quote)
            continue;
        while (at > 0 && comes_before(book, quote, ret[at - 1])) {
            ret[at] = ret[at - 1];
            at--;
        }
        ret[at] = quote;
        count++;
    }
    return count;
}

/* Quotes that the first opening found, whatever came after. */
static int first_quotes(const Book *book, const Row *ret[MODEL_BIDDERS])
{
    return quotes_sorted(book, 0, ret);
}

static bool ties_with(const Book *book, const Row *quote, const Row *best)
{
    return quote->fen == best->fen && right_of(book, quote->who) == right_of(book, best->who);
}

/* Whether the sealed mode had, or has, its second quoting. */
static bool quotes_again(const Book *book)
{
    const Row *list[MODEL_BIDDERS];
    const ModelRules *rules = book->rules;
    if (rules->mode != 's' || !rules->requote || book->ended == 0)
        return false;
    int count = first_quotes(book, list);
    return count > 1 && list[0]->fen >= rules->reserve && ties_with(book, list[1], list[0]);
}

static int admitted(const Book *book)
{
    int count = 0;
    for (int who = 0; who < book->rules->bidders; who++)
        count += !book->rules->barred[who];
    return count;
}

static const Row *answer_of(const Book *book)
{
    const Row *answer = NULL;
    for (int i = 0; i < book->count; i++) {
        if (book->rows[i].kind == 'a')
            answer = &book->rows[i];
        if (book->rows[i].kind == 'z')
            answer = NULL;
    }
    return answer;
}

/* The last round that had quotes; -1: none that is over. */
static int last_round(const Book *book)
{
    const Row *list[MODEL_BIDDERS];
    for (int round = book->ended - 1; round >= 0; round--)
        if (quotes_sorted(book, round, list) > 0)
            return round;
    return -1;
}

/* Over by time or by being taken. */
static bool run_out(const Book *book)
{
    const Row *list[MODEL_BIDDERS];
    const ModelRules *rules = book->rules;
    bool taken = first_row(book, 't');
    switch (rules->mode) {
    case 'd':
        return taken || book->ended > 0;
    case 'f':
        return book->ended > 0 || row_count(book, "t") == rules->units;
    case 's':
        return book->ended > (quotes_again(book) ? 1 : 0);
    case 'h':
        if (!taken)
            return book->ended > 0;
        return book->ended == 2 || (book->ended == 1 && quotes_sorted(book, -1, list) == 0);
    case 'r':
        return book->ended == rules->rounds ||
               (book->ended > 0 && last_round(book) < book->ended - 1);
    default:
        return book->ended > 0;
    }
}

static bool is_over(const Book *book)
{
    return book->stopped || run_out(book);
}

/* The end of the stage on the clock that stands still. */
static i64 end_running(const Book *book)
{
    const ModelRules *rules = book->rules;
    i64 end = rules->end, moves = 0;
    if (rules->mode == 'h' && first_row(book, 't'))
        return first_row(book, 't')->run + rules->sealed +
               (book->ended == 2 || (book->ended == 1 && !run_out(book)) ? rules->best : 0);
    if (rules->mode == 's')
        return end + (quotes_again(book) ? rules->requote : 0);
    if (rules->mode == 'r') {
        int later = run_out(book) ? book->ended - 1 : book->ended;
        return end + (later > 0 ? later * rules->round : 0);
    }
    for (int i = 0; rules->mode == 'a' && i < book->count; i++) {
        const Row *row = &book->rows[i];
        if (row->kind != 'b')
            continue;
        i64 at = row->run, to = at + rules->extend;
        i64 hard = rules->hard - (rules->hard_moves ? 0 : row->stood);
        if (rules->hard && to > hard)
            to = hard;
        bool asks = end - at <= rules->window && to > end;
        if (asks && (!rules->extensions || moves < rules->extensions)) {
            end = to;
            moves++;
        }
    }
    return end;
}

/* As people see it. */
static i64 end_shown(const Book *book)
{
    const Row *last = book->count ? &book->rows[book->count - 1] : NULL;
    for (; last && last >= book->rows && strchr("yn", last->kind); last--)
        ;
    bool by_take =
        (book->rules->mode == 'd' || book->rules->mode == 'f') && book->ended == 0 && run_out(book);
    return by_take ? last->t : end_running(book) + stood(book);
}

static i64 falling(const Book *book, i64 t)
{
    const ModelRules *rules = book->rules;
    i64 price = rules->start, run = running(book, t) - rules->begin;
    for (i64 at = rules->every; at <= run && price > rules->floor; at += rules->every)
        price = price - rules->drop > rules->floor ? price - rules->drop : rules->floor;
    return price;
}

/* ---- Who leads, at what price ---- */

typedef struct Lead {
    int who; /* -1: nobody. */
    i64 fen; /* 0: none. */
} Lead;

static Lead lead_of_row(const Row *row)
{
    return row ? (Lead){row->who, row->fen} : (Lead){-1, 0};
}

/* All winners of a sealed sale pay this. 0: nobody reaches the reserve. */
static i64 sealed_price(const Book *book, int *ret_count)
{
    const Row *list[MODEL_BIDDERS];
    const ModelRules *rules = book->rules;
    int count = quotes_sorted(book, -1, list), won = 0;
    while (won < count && won < rules->units && list[won]->fen >= rules->reserve)
        won++;
    *ret_count = won;
    if (!won)
        return 0;
    if (!rules->second)
        return list[won - 1]->fen;
    i64 price = won < count ? list[won]->fen : 0;
    price = price < rules->reserve ? rules->reserve : price;
    return price < rules->start ? rules->start : price;
}

static Lead sealed_lead(const Book *book)
{
    const Row *list[MODEL_BIDDERS];
    int won;
    if (!run_out(book) && !quotes_again(book))
        return (Lead){-1, 0};
    if (!run_out(book)) { /* Between two quotings the tie is known. */
        first_quotes(book, list);
        return (Lead){-1, list[0]->fen};
    }
    int count = quotes_sorted(book, -1, list);
    if (!count)
        return (Lead){-1, 0};
    i64 price = sealed_price(book, &won);
    bool few = admitted(book) < book->rules->fewest;
    return (Lead){list[0]->who, few || !won ? list[0]->fen : price};
}

static Lead lead_before_rights(const Book *book)
{
    const Row *list[MODEL_BIDDERS];
    switch (book->rules->mode) {
    case 's':
        return sealed_lead(book);
    case 'r': {
        int round = last_round(book);
        if (round < 0 || !quotes_sorted(book, round, list))
            return (Lead){-1, 0};
        return lead_of_row(list[0]);
    }
    case 'h':
        if (answer_of(book))
            return lead_of_row(answer_of(book));
        if (book->ended > 0 && quotes_sorted(book, -1, list) > 0)
            return lead_of_row(list[0]);
        return lead_of_row(first_row(book, 't'));
    case 'a':
        for (int i = book->count - 1; i >= 0; i--)
            if (book->rows[i].kind == 'b')
                return lead_of_row(&book->rows[i]);
        return (Lead){-1, 0};
    default:
        return lead_of_row(first_row(book, 't'));
    }
}

static Lead lead(const Book *book)
{
    Lead now = lead_before_rights(book);
    for (int i = 0; i < book->count; i++)
        if (book->rows[i].kind == 'y')
            now.who = book->rows[i].who;
    return now;
}

static bool is_sale(const Book *book)
{
    Lead now = lead(book);
    return now.who >= 0 && admitted(book) >= book->rules->fewest && now.fen >= book->rules->reserve;
}

static const char *state_name(const Book *book)
{
    if (book->stopped)
        return "cancelled";
    if (!book->begun)
        return "scheduled";
    if (is_over(book))
        return is_sale(book) ? "sold" : "not_sold";
    if (standing_still(book))
        return "paused";
    switch (book->rules->mode) {
    case 'a':
    case 'f':
        return "open";
    case 'd':
        return "dutch";
    case 'h':
        if (!first_row(book, 't'))
            return "dutch";
        return book->ended ? "best" : "sealed";
    default:
        return "sealed";
    }
}

/* ---- Judging ---- */

/* The amount in fen; 0 when it is none. */
static i64 fen_of(Str text)
{
    const i64 most = 100000000000000;
    i64 fen = 0;
    int decimals = -1;
    if (!text.len || text.data[0] == '.' || text.data[text.len - 1] == '.')
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (c < '0' || c > '9')
            return 0;
        decimals += decimals >= 0;
        fen = fen * 10 + c - '0';
        if (decimals > 2 || fen > most * 10)
            return 0;
    }
    for (int d = decimals < 0 ? 0 : decimals; d < 2; d++)
        fen *= 10;
    return fen <= most ? fen : 0;
}

static i64 step_at(const ModelRules *rules, i64 price)
{
    for (int i = rules->tiers - 1; i >= 0; i--)
        if (price >= rules->tier_from[i])
            return rules->tier_step[i];
    return rules->step;
}

static const char *above_guard(const Book *book, const ModelAct *act, i64 fen, i64 base)
{
    return book->rules->guard && act->kind == 'b' && fen >= base * book->rules->guard
               ? "ABOVE_GUARD"
               : "";
}

static const char *judge_rise(const Book *book, i64 fen, bool from_start, bool capped)
{
    const ModelRules *rules = book->rules;
    Lead now = lead(book);
    i64 base = now.who < 0 ? rules->start : now.fen, step = step_at(rules, base);
    bool may_meet = now.who < 0 && from_start;
    if (fen < base || (fen < base + step && !(may_meet)))
        return "BELOW_MIN";
    if (rules->strict && fen % step != base % step)
        return "NOT_MULTIPLE";
    if (capped && rules->steps_most && fen > base + rules->steps_most * step)
        return "TOO_HIGH";
    return "";
}

static bool matches(const Book *book, int who, i64 fen)
{
    Lead now = lead(book);
    if (now.who < 0 || fen != now.fen || right_of(book, who) >= right_of(book, now.who))
        return false;
    for (int i = 1; book->rules->priority == 'o' && i < book->count; i++) {
        const Row *row = &book->rows[i]; /* Used: he bid what had been bid. */
        if (row->kind != 'b' || row->who != who)
            continue;
        for (int k = 0; k < i; k++)
            if (book->rows[k].kind == 'b' && book->rows[k].fen == row->fen)
                return false;
    }
    return true;
}

static const char *judge_open_bid(const Book *book, const ModelAct *act, i64 fen)
{
    const ModelRules *rules = book->rules;
    Lead now = lead(book);
    if (now.who == act->who && !rules->self_raise)
        return "SELF_RAISE";
    if (now.who != act->who && matches(book, act->who, fen))
        return "";
    const char *why = judge_rise(book, fen, rules->at_start, true);
    return why[0] ? why : above_guard(book, act, fen, now.who < 0 ? rules->start : now.fen);
}

static const char *judge_quote(const Book *book, const ModelAct *act, i64 fen)
{
    const ModelRules *rules = book->rules;
    const Row *list[MODEL_BIDDERS];
    Lead now = lead(book);
    bool again = quotes_again(book);
    const Row *here = quote_of(book, act->who, rules->mode == 'h' ? -1 : book->ended);
    if (here && !rules->replace)
        return "NOT_ALLOWED";
    if (rules->mode == 'h') {
        i64 taken = first_row(book, 't')->fen;
        if (first_row(book, 't')->who == act->who)
            return "NOT_ALLOWED";
        return fen > taken ? above_guard(book, act, fen, taken) : "TOO_LOW";
    }
    if (rules->mode == 'r') {
        if (now.who == act->who && !rules->self_raise)
            return "SELF_RAISE";
        const char *why = judge_rise(book, fen, book->ended == 0 || rules->at_start, false);
        return why[0] ? why : above_guard(book, act, fen, now.who < 0 ? rules->start : now.fen);
    }
    if (!again)
        return fen < rules->start ? "BELOW_MIN" : above_guard(book, act, fen, rules->start);
    int count = first_quotes(book, list), at = 0;
    while (at < count && list[at]->who != act->who)
        at++;
    if (at == count || !ties_with(book, list[at], list[0]))
        return "NOT_ALLOWED";
    i64 tie = list[0]->fen;
    return fen < tie ? "BELOW_MIN" : above_guard(book, act, fen, tie);
}

static const char *judge_answer(const Book *book, const ModelAct *act, i64 fen)
{
    const Row *list[MODEL_BIDDERS];
    if (first_row(book, 't')->who != act->who)
        return "NOT_ALLOWED";
    quotes_sorted(book, -1, list);
    return fen > list[0]->fen ? above_guard(book, act, fen, list[0]->fen) : "TOO_LOW";
}

static const char *judge_take(const Book *book, const ModelAct *act, i64 fen)
{
    const ModelRules *rules = book->rules;
    if (rules->mode == 'h' && first_row(book, 't'))
        return "TAKEN";
    if (rules->mode == 'f') {
        for (int i = 0; i < book->count; i++)
            if (book->rows[i].who == act->who)
                return "NOT_ALLOWED";
        return fen == rules->start ? "" : "WRONG_PRICE";
    }
    if (rules->mode != 'd' && rules->mode != 'h')
        return "STAGE_NOT_FOR_BIDDING";
    i64 now = falling(book, act->t);
    if (fen == now)
        return "";
    for (i64 price = rules->start; price > now; price -= rules->drop)
        if (price == fen)
            return "STEP_PASSED";
    return "WRONG_PRICE";
}

static const char *judge_late(const Book *book, const ModelAct *act, i64 fen, i64 closed)
{
    const ModelRules *rules = book->rules;
    bool sold = !book->stopped && is_sale(book), take = act->kind == 't';
    if (!sold || (!take && act->kind != 'x'))
        return "CLOSED";
    if (rules->priority != 'p' || !rules->rank[act->who] || act->t >= closed + rules->post)
        return take && strchr("df", rules->mode) ? "TAKEN" : "CLOSED";
    Lead now = lead(book);
    if (now.who == act->who)
        return "NOT_ALLOWED";
    for (int i = 0; i < book->count; i++)
        if (strchr("yn", book->rows[i].kind) && book->rows[i].who == act->who)
            return "NOT_ALLOWED";
    if (!take)
        return "";
    if (rules->rank[now.who] && rules->rank[now.who] <= rules->rank[act->who])
        return "NOT_ALLOWED";
    return fen == now.fen ? "" : "WRONG_PRICE";
}

static void add_row(Book *book, char kind, const ModelAct *act, i64 fen)
{
    book->rows[book->count++] = (Row){.kind = kind,
                                      .t = act->t,
                                      .fen = fen,
                                      .who = act->who,
                                      .stage = book->ended,
                                      .run = running(book, act->t),
                                      .stood = stood(book)};
}

static const char *play_cancel(Book *book, const ModelAct *act, const char *state)
{
    bool best = strcmp(state, "best") == 0;
    bool sealed = strcmp(state, "sealed") == 0;
    if (best && answer_of(book) && answer_of(book)->who == act->who) {
        add_row(book, 'z', act, 0);
        return "";
    }
    const Row *mine = quote_of(book, act->who, book->rules->mode == 'h' ? -1 : book->ended);
    if (!sealed || !book->rules->replace || quotes_again(book) || !mine)
        return "NOT_ALLOWED";
    add_row(book, 'x', act, 0);
    return "";
}

/* The stage as if no pause stood over it. */
static const char *stage_name(const Book *book)
{
    Book copy = *book;
    if (standing_still(book))
        copy.pauses[copy.pause_count - 1].lasts = false;
    return state_name(&copy);
}

static const char *play_offer(Book *book, const ModelAct *act)
{
    const ModelRules *rules = book->rules;
    i64 fen = fen_of(act->amount);
    if (act->kind != 'x' && !fen)
        return "BAD_AMOUNT";
    if (act->who == MODEL_NOBODY)
        return "NO_BIDDER";
    if (act->who == MODEL_STRANGER)
        return "NOT_A_BIDDER";
    if (rules->barred[act->who])
        return "NOT_ADMITTED";
    if (is_over(book)) {
        const char *why = judge_late(book, act, fen, end_shown(book));
        if (!why[0])
            add_row(book, act->kind == 't' ? 'y' : 'n', act, 0);
        return why;
    }
    if (act->t < rules->begin)
        return "NOT_STARTED";
    if (in_pause(book, act->t))
        return "PAUSED";
    if (running(book, act->t) >= end_running(book))
        return "CLOSED";
    const char *stage = stage_name(book), *why;
    char kind = 't';
    if (act->kind == 'x')
        return play_cancel(book, act, stage);
    if (act->kind == 't') {
        why = judge_take(book, act, fen);
    } else if (strcmp(stage, "sealed") == 0) {
        why = judge_quote(book, act, fen);
        kind = 'q';
    } else if (strcmp(stage, "best") == 0) {
        why = judge_answer(book, act, fen);
        kind = 'a';
    } else {
        why = rules->mode == 'a' ? judge_open_bid(book, act, fen) : "STAGE_NOT_FOR_BIDDING";
        kind = 'b';
    }
    if (!why[0])
        add_row(book, kind, act, fen);
    return why;
}

static const char *play_pause(Book *book, const ModelAct *act)
{
    if (is_over(book))
        return "CLOSED";
    if (act->t < book->rules->begin)
        return "NOT_STARTED";
    if (standing_still(book))
        return "PAUSED";
    i64 from = act->t;
    if (book->pause_count && from < book->pauses[book->pause_count - 1].to)
        from = book->pauses[book->pause_count - 1].to;
    book->pauses[book->pause_count++] = (Pause){from, from, true};
    return "";
}

static const char *play_resume(Book *book, const ModelAct *act)
{
    if (is_over(book))
        return "CLOSED";
    if (!standing_still(book))
        return book->begun ? "NOT_ALLOWED" : "NOT_STARTED";
    Pause *pause = &book->pauses[book->pause_count - 1];
    pause->lasts = false;
    pause->to = act->t > pause->from ? act->t : pause->from;
    return "";
}

static const char *play_act(Book *book, const ModelAct *act)
{
    switch (act->kind) {
    case 'p':
        return play_pause(book, act);
    case 'r':
        return play_resume(book, act);
    case 's':
        if (is_over(book))
            return "CLOSED";
        if (standing_still(book)) { /* What was left of it no longer matters. */
            Pause *pause = &book->pauses[book->pause_count - 1];
            pause->lasts = false;
            pause->to = pause->from;
        }
        book->stopped = true;
        return "";
    case '.':
        return "";
    default:
        return play_offer(book, act);
    }
}

static void pass(Book *book, i64 t)
{
    book->begun = book->begun || t >= book->rules->begin;
    while (book->begun && !is_over(book) && !standing_still(book) &&
           t >= end_running(book) + stood(book))
        book->ended++;
}

static ModelSay say_of(const Book *book, const ModelAct *act, const char *why, int rows_before)
{
    Lead now = lead(book);
    bool clock = strcmp(stage_name(book), "dutch") == 0;
    const Row *newest = book->count > rows_before ? &book->rows[book->count - 1] : NULL;
    bool counts = newest && strchr("bqaty", newest->kind);
    return (ModelSay){.t = act->t,
                      .why = why,
                      .seq = counts ? seq_at(book, newest) : 0,
                      .price = clock ? falling(book, act->t) : now.fen,
                      .leader = now.who,
                      .end = end_shown(book),
                      .state = state_name(book)};
}

static void end_of(const Book *book, ModelEnd *ret)
{
    const ModelRules *rules = book->rules;
    const Row *list[MODEL_BIDDERS];
    const char *state = state_name(book);
    bool sold = strcmp(state, "sold") == 0;
    Lead now = lead(book);
    *ret = (ModelEnd){.state = state,
                      .winner = sold ? now.who : -1,
                      .price = now.fen,
                      .end = end_shown(book),
                      .accepted = row_count(book, "bqaty")};
    if (!sold)
        return;
    if (rules->mode == 's' && rules->units > 1) {
        int won = 0;
        quotes_sorted(book, -1, list);
        i64 price = sealed_price(book, &won);
        for (int i = 0; i < won; i++)
            ret->pays[list[i]->who] = price;
    } else if (rules->mode == 'f' && rules->units > 1) {
        for (int i = 0; i < book->count; i++)
            ret->pays[book->rows[i].who] = book->rows[i].fen;
    } else {
        ret->pays[now.who] = now.fen;
    }
    for (int who = 0; who < rules->bidders; who++)
        ret->proceeds += ret->pays[who];
}

/* The same request as before: by the same, under the same key. */
static int known(const ModelAct *acts, int n)
{
    for (int i = 0; acts[n].key && acts[n].kind != '.' && i < n; i++)
        if (acts[i].key == acts[n].key && acts[i].who == acts[n].who && acts[i].kind != '.' &&
            (acts[i].kind == 'c') == (acts[n].kind == 'c'))
            return i;
    return -1;
}

void model_play(const ModelRules *rules, const ModelAct *acts, int count, ModelSay *ret_last,
                ModelEnd *ret_end)
{
    assert(count > 0 && count <= MODEL_ACTS);
    Book book = {.rules = rules};
    ModelSay says[MODEL_ACTS] = {{0}};
    for (int i = 0; i < count; i++) {
        int rows = book.count, first = known(acts, i);
        pass(&book, acts[i].t);
        if (first >= 0) {
            says[i] = says[first];
            continue;
        }
        const char *why = play_act(&book, &acts[i]);
        says[i] = say_of(&book, &acts[i], why, rows);
    }
    *ret_last = says[count - 1];
    end_of(&book, ret_end);
}
