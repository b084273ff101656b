/* bid_journal.c - see bid_journal.h. The rules are read as any JSON; an act by a small reader that
 * keeps the text of a number, so that no amount ever is a float. */
#include "auction/bid_journal.h"

#include "auction/bid_log.h"

/* ---- Names ---- */

static size_t name_slot(const BidNames *names, Str text)
{
    u64 hash = 0xcbf29ce484222325u; /* FNV-1a. */
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (u8)text.data[i]) * 0x100000001b3u;
    size_t at = (size_t)(hash ^ hash >> 32) & (names->cap - 1);
    while (names->slots[at].text.len && !str_same(names->slots[at].text, text))
        at = (at + 1) & (names->cap - 1);
    return at;
}

/* 0 when it is not there. */
static i64 name_find(const BidNames *names, Str text)
{
    return names->cap ? names->slots[name_slot(names, text)].number : 0;
}

/* `text` is not there yet, is not empty and stays. */
static void name_add(Arena *arena, BidNames *names, Str text, i64 number)
{
    if (names->count * 2 >= names->cap) {
        BidNames grown = {.cap = names->cap ? names->cap * 2 : 64, .count = names->count};
        grown.slots = ARENA_NEW(arena, BidName, grown.cap);
        for (size_t i = 0; i < names->cap; i++)
            if (names->slots[i].text.len)
                grown.slots[name_slot(&grown, names->slots[i].text)] = names->slots[i];
        *names = grown;
    }
    names->slots[name_slot(names, text)] = (BidName){text, number};
    names->count++;
}

/* ---- Rules ---- */

static Err line_wrong(Cx *cx, i64 line_no, const char *key, Str what)
{
    const Str args[] = {str_format(cx->arena, "%lld", (long long)line_no), what};
    return err_set_args(cx, ERR_INPUT, NULL, key, args, COUNT(args));
}

typedef enum RuleKind { RULE_INT, RULE_BOOL, RULE_OTHER } RuleKind;

#define INT_RULE(name)                                                                             \
    {                                                                                              \
#name, RULE_INT, offsetof(BidRules, name)                                                  \
    }
#define BOOL_RULE(name)                                                                            \
    {                                                                                              \
#name, RULE_BOOL, offsetof(BidRules, name)                                                 \
    }
// clang-format off
static const struct { const char *name; RuleKind kind; size_t at; } rule_rows[] = {
    INT_RULE(start_ms), INT_RULE(free_end_ms), INT_RULE(start_fen), INT_RULE(step_fen),
    INT_RULE(steps_max), BOOL_RULE(strict_step), BOOL_RULE(first_at_start), BOOL_RULE(self_raise),
    INT_RULE(window_ms), INT_RULE(extend_ms), INT_RULE(extensions_max), INT_RULE(hard_stop_ms),
    BOOL_RULE(pause_moves_hard_stop), INT_RULE(guard_times), INT_RULE(drop_fen),
    INT_RULE(drop_every_ms), INT_RULE(floor_fen), INT_RULE(sealed_ms), INT_RULE(best_ms),
    INT_RULE(round_ms), INT_RULE(rounds), INT_RULE(requote_ms), BOOL_RULE(second_price),
    BOOL_RULE(replaceable), INT_RULE(units), INT_RULE(reserve_fen), INT_RULE(min_bidders),
    INT_RULE(post_ms),
    { "mode", RULE_OTHER, 0 }, { "priority_mode", RULE_OTHER, 0 }, { "tiers", RULE_OTHER, 0 },
    { "bidders", RULE_OTHER, 0 }, { "priority", RULE_OTHER, 0 }, { "not_admitted", RULE_OTHER, 0 },
};
// clang-format on

/* One plain member. Null leaves what it is by itself. */
static bool rule_set(BidRules *rules, size_t row, const Val *val)
{
    char *at = (char *)rules + rule_rows[row].at;
    if (val->kind == VAL_NULL || rule_rows[row].kind == RULE_OTHER)
        return true;
    if (rule_rows[row].kind == RULE_BOOL) {
        if (val->kind == VAL_BOOL)
            *(bool *)(void *)at = val->b;
        return val->kind == VAL_BOOL;
    }
    if (val->kind == VAL_INT)
        *(i64 *)(void *)at = val->i;
    return val->kind == VAL_INT;
}

static Err read_plain_rules(Cx *cx, const Val *map, i64 line_no, BidRules *rules)
{
    for (size_t i = 0; i < val_count(map); i++) {
        Str name = map->list.items[i].key;
        size_t row = 0;
        while (row < COUNT(rule_rows) && !str_same_z(name, rule_rows[row].name))
            row++;
        if (row == COUNT(rule_rows))
            return line_wrong(cx, line_no, "auction.journal_unknown", name);
        if (!rule_set(rules, row, map->list.items[i].val))
            return line_wrong(cx, line_no, "auction.journal_rules", name);
    }
    return ERR_OK;
}

static Err read_names(Cx *cx, const Val *map, i64 line_no, BidRules *rules)
{
    Str mode = val_get_str(map, "mode");
    Str priority = str_lower(cx->arena, val_get_str(map, "priority_mode")); /* INLINE as well. */
    int m = 0, p = 0;
    while (m < BID_MODE_COUNT && !str_same_z(mode, bid_mode_name((BidMode)m)))
        m++;
    while (p < PRIORITY_COUNT && !str_same_z(priority, bid_priority_name((BidPriority)p)))
        p++;
    if (m == BID_MODE_COUNT)
        return line_wrong(cx, line_no, "auction.journal_rules", S("mode"));
    if (p == PRIORITY_COUNT && priority.len)
        return line_wrong(cx, line_no, "auction.journal_rules", S("priority_mode"));
    rules->mode = (BidMode)m;
    rules->priority = p == PRIORITY_COUNT ? PRIORITY_NONE : (BidPriority)p;
    return ERR_OK;
}

static Err read_tiers(Cx *cx, const Val *tiers, i64 line_no, BidRules *rules)
{
    size_t count = val_count(tiers);
    bool sound = !tiers || tiers->kind == VAL_NULL || tiers->kind == VAL_LIST;
    if (!sound || count > BID_TIERS_MAX)
        return line_wrong(cx, line_no, "auction.journal_rules", S("tiers"));
    for (size_t i = 0; i < count; i++)
        rules->tiers[i] = (BidTier){val_get_int(val_at(tiers, i), "from_fen"),
                                    val_get_int(val_at(tiers, i), "step_fen")};
    rules->tier_count = (i64)count;
    return ERR_OK;
}

static Err read_bidders(Cx *cx, const Val *list, i64 line_no, BidJournal *journal)
{
    size_t count = val_count(list);
    if (!list || list->kind != VAL_LIST || count > JOURNAL_BIDDERS_MAX)
        return line_wrong(cx, line_no, "auction.journal_rules", S("bidders"));
    journal->bidders = ARENA_NEW(cx->arena, Str, count + 1);
    journal->admitted = ARENA_NEW(cx->arena, bool, count + 1);
    for (size_t i = 1; i <= count; i++) {
        const Val *name = val_at(list, i - 1);
        if (name->kind != VAL_STR || !name->s.len || name_find(&journal->bidder_names, name->s))
            return line_wrong(cx, line_no, "auction.journal_rules", S("bidders"));
        journal->bidders[i] = name->s;
        journal->admitted[i] = true;
        name_add(cx->arena, &journal->bidder_names, name->s, (i64)i);
    }
    return ERR_OK;
}

/* The number behind a name of a list; 0: it is none of the bidders. */
static i64 listed(const BidJournal *journal, const Val *name)
{
    return name->kind == VAL_STR && name->s.len ? name_find(&journal->bidder_names, name->s) : 0;
}

/* Holders of the right, highest rank first; a list within the list has one rank. */
static Err read_ranks(Cx *cx, const Val *list, i64 line_no, BidJournal *journal, BidSeat *seats)
{
    for (size_t i = 0; i < val_count(list); i++) {
        const Val *item = val_at(list, i);
        bool many = item->kind == VAL_LIST;
        for (size_t k = 0; k < (many ? val_count(item) : 1); k++) {
            i64 number = listed(journal, many ? val_at(item, k) : item);
            if (!number || seats[number - 1].rank)
                return line_wrong(cx, line_no, "auction.journal_rules", S("priority"));
            seats[number - 1].rank = (i64)i + 1;
        }
    }
    return ERR_OK;
}

static Err read_waiting(Cx *cx, const Val *list, i64 line_no, BidJournal *journal)
{
    for (size_t i = 0; i < val_count(list); i++) {
        i64 number = listed(journal, val_at(list, i));
        if (!number || !journal->admitted[number])
            return line_wrong(cx, line_no, "auction.journal_rules", S("not_admitted"));
        journal->admitted[number] = false;
        journal->state.bidder_count--;
    }
    return ERR_OK;
}

static Err read_seats(Cx *cx, const Val *map, i64 line_no, BidJournal *journal)
{
    Err e = read_bidders(cx, val_get(map, "bidders"), line_no, journal);
    if (e)
        return e;
    const char *wrong = bid_rules_wrong(&journal->rules);
    if (wrong)
        return line_wrong(cx, line_no, "auction.journal_rules", str_from(wrong));
    size_t count = val_count(val_get(map, "bidders")); /* One seat more: there may be no bidder. */
    BidSeat *seats = ARENA_NEW(cx->arena, BidSeat, count + 1);
    journal->state = bid_state_new(&journal->rules, seats, (i64)count + 1);
    journal->state.bidder_count = (i64)count;
    e = read_ranks(cx, val_get(map, "priority"), line_no, journal, seats);
    return e ? e : read_waiting(cx, val_get(map, "not_admitted"), line_no, journal);
}

static Err read_rules(Cx *cx, Str line, i64 line_no, BidRules *rules, const Val **ret_map)
{
    enum { THREE_DAYS_MS = 3 * 24 * 3600 * 1000 };
    *rules = (BidRules){.hard_stop_ms = BID_NEVER,
                        .units = 1,
                        .rounds = 1,
                        .min_bidders = 1,
                        .replaceable = true,
                        .post_ms = THREE_DAYS_MS};
    Str why = S("");
    const Val *map = val_read_json(cx->arena, line, &why);
    if (!map)
        return line_wrong(cx, line_no, "auction.journal_line", why);
    if (map->kind != VAL_MAP)
        return line_wrong(cx, line_no, "auction.journal_line", S("{...}"));
    *ret_map = map;
    Err e = read_plain_rules(cx, map, line_no, rules);
    if (!e)
        e = read_names(cx, map, line_no, rules);
    return e ? e : read_tiers(cx, val_get(map, "tiers"), line_no, rules);
}

Err bid_journal_open(Cx *cx, Str line, i64 line_no, BidJournal *ret)
{
    BidJournal journal = {.arena = cx->arena};
    const Val *map = NULL;
    Err e = read_rules(cx, line, line_no, &journal.rules, &map);
    if (!e)
        e = read_seats(cx, map, line_no, &journal);
    if (e)
        return e;
    *ret = journal;
    return ERR_OK;
}

Err bid_rules_read(Cx *cx, Str line, BidRules *ret)
{
    BidRules rules;
    const Val *map = NULL;
    Err e = read_rules(cx, line, 1, &rules, &map);
    if (e)
        return e;
    const char *wrong = bid_rules_wrong(&rules);
    if (wrong)
        return line_wrong(cx, 1, "auction.journal_rules", str_from(wrong));
    *ret = rules;
    return ERR_OK;
}

/* ---- An act ---- */

typedef enum TokenKind { TOKEN_NONE, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_NULL, TOKEN_BOOL } TokenKind;

typedef struct Token {
    TokenKind kind; /* TOKEN_NONE: the member is not there. */
    Str text;       /* Of a number as it stands. */
} Token;

typedef struct Scan {
    Arena *arena;
    Str text;
    size_t at;
} Scan;

static char scan_peek(Scan *scan)
{
    while (scan->at < scan->text.len && strchr(" \t\r", scan->text.data[scan->at]) &&
           scan->text.data[scan->at])
        scan->at++;
    return scan->at < scan->text.len ? scan->text.data[scan->at] : '\0';
}

static bool scan_sign(Scan *scan, char sign)
{
    bool there = scan_peek(scan) == sign;
    scan->at += there;
    return there;
}

/* A string; one with escapes is decoded by the reader of JSON. */
static bool scan_text(Scan *scan, Str *ret)
{
    if (!scan_sign(scan, '"'))
        return false;
    size_t from = scan->at, at = from;
    bool escaped = false;
    while (at < scan->text.len && scan->text.data[at] != '"') {
        if ((u8)scan->text.data[at] < ' ')
            return false;
        bool escape = scan->text.data[at] == '\\';
        escaped = escaped || escape;
        at += escape ? 2 : 1;
    }
    if (at >= scan->text.len)
        return false;
    scan->at = at + 1;
    *ret = str_slice(scan->text, from, at);
    if (!escaped)
        return true;
    Str why;
    const Val *val = val_read_json(scan->arena, str_slice(scan->text, from - 1, at + 1), &why);
    if (val && val->kind == VAL_STR)
        *ret = val->s;
    return val && val->kind == VAL_STR;
}

static size_t digits_from(Str text, size_t at)
{
    while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at;
}

/* A number as JSON writes it, or one that JSON has no way to write but programs do. */
static bool is_number(Str text)
{
    if (str_same_z(text, "NaN") || str_same_z(text, "Infinity") || str_same_z(text, "-Infinity"))
        return true;
    size_t from = text.len && text.data[0] == '-', at = digits_from(text, from);
    if (at == from || (at - from > 1 && text.data[from] == '0'))
        return false;
    if (at < text.len && text.data[at] == '.') {
        from = at + 1;
        at = digits_from(text, from);
        if (at == from)
            return false;
    }
    if (at < text.len && (text.data[at] == 'e' || text.data[at] == 'E')) {
        at++;
        at += at < text.len && (text.data[at] == '+' || text.data[at] == '-');
        from = at;
        at = digits_from(text, from);
        if (at == from)
            return false;
    }
    return at == text.len;
}

static bool scan_value(Scan *scan, Token *ret)
{
    if (scan_peek(scan) == '"') {
        ret->kind = TOKEN_TEXT;
        return scan_text(scan, &ret->text);
    }
    size_t from = scan->at;
    while (scan->at < scan->text.len && scan->text.data[scan->at] &&
           !strchr(" \t\r,}]\"", scan->text.data[scan->at]))
        scan->at++;
    Str word = ret->text = str_slice(scan->text, from, scan->at);
    bool truth = str_same_z(word, "true") || str_same_z(word, "false");
    ret->kind = str_same_z(word, "null") ? TOKEN_NULL : truth ? TOKEN_BOOL : TOKEN_NUMBER;
    return ret->kind != TOKEN_NUMBER || is_number(word);
}

typedef struct ActLine {
    Token t_ms, bidder, act, amount, key;
} ActLine;

/* Other members are left aside. False when it is no object of plain members, each there once. */
static bool scan_act(Arena *arena, Str line, ActLine *ret)
{
    const struct {
        const char *name;
        Token *token;
    } members[] = {{"t_ms", &ret->t_ms},
                   {"bidder", &ret->bidder},
                   {"act", &ret->act},
                   {"amount", &ret->amount},
                   {"key", &ret->key}};
    Scan scan = {arena, line, 0};
    if (!utf8_valid(line) || !scan_sign(&scan, '{'))
        return false;
    bool more = !scan_sign(&scan, '}');
    while (more) {
        Str name;
        Token other = {0}, *token = &other;
        if (!scan_text(&scan, &name) || !scan_sign(&scan, ':'))
            return false;
        for (size_t i = 0; i < COUNT(members); i++)
            if (str_same_z(name, members[i].name))
                token = members[i].token;
        if (token->kind != TOKEN_NONE || !scan_value(&scan, token))
            return false;
        more = scan_sign(&scan, ',');
        if (!more && !scan_sign(&scan, '}'))
            return false;
    }
    return scan_peek(&scan) == '\0' && scan.at == line.len;
}

static bool plain_text(const Token *token)
{
    return token->kind == TOKEN_NONE || token->kind == TOKEN_NULL || token->kind == TOKEN_TEXT;
}

static Str token_text(const Token *token)
{
    return token->kind == TOKEN_TEXT ? token->text : S("");
}

static Err read_act(Cx *cx, const BidJournal *journal, const ActLine *line, i64 line_no,
                    BidAct *ret, BidAmount *ret_amount)
{
    int kind = 0;
    while (kind < ACT_COUNT && !str_same_z(token_text(&line->act), bid_act_name((BidActKind)kind)))
        kind++;
    if (kind == ACT_COUNT)
        return line_wrong(cx, line_no, "auction.journal_act", token_text(&line->act));
    BidAct act = {.kind = (BidActKind)kind};
    if (line->t_ms.kind != TOKEN_NUMBER || !str_to_i64(line->t_ms.text, &act.at_ms) ||
        act.at_ms > BID_TIME_MAX || act.at_ms < -BID_TIME_MAX)
        return line_wrong(cx, line_no, "auction.journal_time", S(""));
    if (!plain_text(&line->bidder) || !plain_text(&line->key))
        return line_wrong(cx, line_no, "auction.journal_line", S("bidder, key"));
    bool written = line->amount.kind == TOKEN_TEXT || line->amount.kind == TOKEN_NUMBER;
    *ret_amount = bid_amount(written ? line->amount.text : S(""), &act.amount_fen);
    Str bidder = token_text(&line->bidder);
    act.bidder = bidder.len ? name_find(&journal->bidder_names, bidder) : 0;
    if (act.bidder)
        act.standing = journal->admitted[act.bidder] ? STANDING_ADMITTED : STANDING_WAITING;
    else
        act.standing = bidder.len ? STANDING_NONE : STANDING_NOBODY;
    *ret = act;
    return ERR_OK;
}

/* Who asked, and under which key: what makes two requests one. Empty without a key. */
static Str request_name(Arena *arena, const BidAct *act, const ActLine *line)
{
    Str key = token_text(&line->key), bidder = token_text(&line->bidder);
    if (!key.len || act->kind == ACT_TICK)
        return S("");
    bool organiser = act->kind >= ACT_PAUSE;
    char who = organiser ? 'o' : act->kind == ACT_CONFIRM ? 'c' : 'b';
    return str_format(arena, "%c%zu %.*s %.*s", who, organiser ? 0 : bidder.len,
                      organiser ? 0 : (int)bidder.len, bidder.data ? bidder.data : "",
                      STR_ARG(key));
}

static void keep_answer(BidJournal *journal, Str name, const BidAnswer *answer)
{
    if (journal->answer_count == journal->answer_cap) {
        size_t cap = journal->answer_cap ? journal->answer_cap * 2 : 64;
        journal->answers = arena_grow(journal->arena, journal->answers,
                                      journal->answer_cap * sizeof *answer, cap * sizeof *answer);
        journal->answer_cap = cap;
    }
    journal->answers[journal->answer_count++] = *answer;
    name_add(journal->arena, &journal->keys, name, (i64)journal->answer_count);
}

Err bid_journal_act(Cx *cx, BidJournal *journal, Str line, i64 line_no, BidAnswer *ret)
{
    ActLine members = {0};
    BidAct act;
    BidAnswer answer = {0};
    if (!scan_act(cx->arena, line, &members))
        return line_wrong(cx, line_no, "auction.journal_line",
                          S("{\"t_ms\":1000,\"act\":\"bid\",...}"));
    Err e = read_act(cx, journal, &members, line_no, &act, &answer.amount);
    if (e)
        return e;
    Str name = request_name(cx->arena, &act, &members);
    i64 known = name.len ? name_find(&journal->keys, name) : 0;
    if (known) {
        act.kind = ACT_TICK;
        bid_step(&journal->rules, &journal->state, &act);
        *ret = journal->answers[known - 1];
        return ERR_OK;
    }
    answer.at_ms = act.at_ms;
    answer.reply = bid_step(&journal->rules, &journal->state, &act);
    if (answer.reply.why != WHY_BAD_AMOUNT)
        answer.amount = AMOUNT_FINE;
    if (name.len)
        keep_answer(journal, name, &answer);
    *ret = answer;
    return ERR_OK;
}

Err bid_journal_play(Cx *cx, Str text, BidTell tell, void *context, BidJournal *ret)
{
    BidJournal journal = {0};
    Str line;
    i64 line_no = 0;
    while (str_split(&text, '\n', &line)) {
        line_no++;
        if (!str_trim(line).len)
            continue;
        BidAnswer answer;
        bool rules = !journal.bidders;
        Err e = rules ? bid_journal_open(cx, line, line_no, &journal)
                      : bid_journal_act(cx, &journal, line, line_no, &answer);
        if (e)
            return e;
        if (!rules && tell)
            tell(context, &journal, &answer);
    }
    if (!journal.bidders)
        return err_set(cx, ERR_INPUT, NULL, "auction.journal_empty");
    *ret = journal;
    return ERR_OK;
}

/* ---- Writing ---- */

static void write_int(Buf *out, const char *name, i64 n, bool none)
{
    buf_format(out, ",\"%s\":", name);
    if (none)
        buf_z(out, "null");
    else
        buf_i64(out, n);
}

static void write_bidder(Buf *out, const char *name, const BidJournal *journal, i64 bidder)
{
    buf_format(out, ",\"%s\":", name);
    if (bidder)
        buf_json(out, journal->bidders[bidder]);
    else
        buf_z(out, "null");
}

void bid_answer_write(Buf *out, const BidJournal *journal, const BidAnswer *answer)
{
    const BidReply *reply = &answer->reply;
    buf_z(out, "{\"t_ms\":");
    buf_i64(out, answer->at_ms);
    if (reply->why)
        buf_format(out, ",\"ok\":false,\"reason\":\"%s\"", bid_why_name(reply->why));
    else
        buf_z(out, ",\"ok\":true,\"reason\":null");
    write_int(out, "seq", reply->seq, reply->seq == 0);
    write_int(out, "price_fen", reply->price_fen, reply->price_fen == 0);
    write_bidder(out, "leader", journal, reply->leader);
    write_int(out, "end_ms", reply->end_ms, false);
    buf_format(out, ",\"state\":\"%s\"}\n", bid_stage_name(reply->stage, reply->paused));
}

void bid_final_write(Buf *out, const BidJournal *journal)
{
    const BidState *state = &journal->state;
    bool sold = state->stage == STAGE_SOLD, over = state->stage >= STAGE_SOLD;
    buf_format(out, "{\"final\":{\"state\":\"%s\"",
               bid_stage_name((BidStage)state->stage, state->paused));
    write_bidder(out, "winner", journal, sold ? state->leader : 0);
    write_int(out, "price_fen", state->price_fen, state->price_fen == 0 || (over && !sold));
    write_int(out, "end_ms", state->end_ms, false);
    if (journal->rules.units > 1) {
        buf_z(out, ",\"winners\":[");
        const char *between = "";
        for (i64 n = 1; n < state->seat_count; n++) {
            if (!state->seats[n - 1].won)
                continue;
            buf_z(out, between);
            buf_json(out, journal->bidders[n]);
            between = ",";
        }
        buf_char(out, ']');
    }
    buf_z(out, "}}\n");
}

static void write_rule(Buf *out, const BidRules *rules, size_t row)
{
    const char *at = (const char *)rules + rule_rows[row].at;
    buf_format(out, ",\"%s\":", rule_rows[row].name);
    if (rule_rows[row].kind == RULE_BOOL)
        buf_z(out, *(const bool *)(const void *)at ? "true" : "false");
    else if (*(const i64 *)(const void *)at == BID_NEVER)
        buf_z(out, "null");
    else
        buf_i64(out, *(const i64 *)(const void *)at);
}

void bid_rules_write(Buf *out, const BidRules *rules)
{
    buf_format(out, "{\"mode\":\"%s\"", bid_mode_name(rules->mode));
    for (size_t row = 0; row < COUNT(rule_rows); row++)
        if (rule_rows[row].kind != RULE_OTHER)
            write_rule(out, rules, row);
    buf_z(out, ",\"tiers\":[");
    for (i64 i = 0; i < rules->tier_count; i++)
        buf_format(out, "%s{\"from_fen\":%lld,\"step_fen\":%lld}", i ? "," : "",
                   (long long)rules->tiers[i].from_fen, (long long)rules->tiers[i].step_fen);
    buf_format(out, "],\"priority_mode\":\"%s\"}", bid_priority_name(rules->priority));
}
