/* case_play.c - see case_play.h. */
#include "case_play.h"

#include "auction/deposit_rules.h"
#include "flow/who.h"
#include "ident/ident.h"
#include "people/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPECTS_MAX = 64, FILE_MAX = 256 * 1024, DEPTH_MAX = 4 };

/* An indented line below a step: its sign and the rest. */
typedef struct Expect {
    char sign;
    Str text;
    int line;
    bool used;
} Expect;

typedef struct Play {
    Bench bench;
    const char *folder;
    const char *name; /* Of the file that is read. */
    int line;         /* Of the step under way. */
    bool failed;
    Val *names; /* What $name stands for. */
    PlayCover *cover;
    Expect expects[EXPECTS_MAX];
    size_t expect_count;
    i64 session_id; /* Of the last @$token. */
} Play;

void play_cover_init(PlayCover *cover)
{
    *cover = (PlayCover){0};
    for (size_t r = 0; r < all_rooms_count; r++)
        for (size_t i = 0; i < all_rooms[r]->op_count && cover->count < PLAY_OPS_MAX; i++)
            cover->ops[cover->count++] = &all_rooms[r]->ops[i];
}

static void fail(Play *play, int line, const char *what, Str found)
{
    printf("%s:%d: %s: %.*s\n", play->name, line, what, STR_ARG(found));
    play->failed = true;
}

static Str json_of(Play *play, const Val *val)
{
    Buf out = buf_new(&play->bench.arena);
    val_write_json(&out, val);
    return buf_str(&out);
}

/* ---- Values: $name and @+2h ---- */

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Reads "+2h30m" in milliseconds. */
static bool span_read(Str text, i64 *ret_ms)
{
    static const struct {
        char unit;
        i64 ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    i64 sum = 0, number = 0;
    bool minus = text.len && text.data[0] == '-';
    for (size_t i = 1; i < text.len; i++) {
        char c = text.data[i];
        if (c >= '0' && c <= '9') {
            number = number * 10 + (c - '0');
            continue;
        }
        size_t u = 0;
        while (u < COUNT(units) && units[u].unit != c)
            u++;
        if (u == COUNT(units))
            return false;
        sum += number * units[u].ms;
        number = 0;
    }
    *ret_ms = minus ? -sum : sum;
    return number == 0;
}

static bool is_time(Str s)
{
    return s.len && s.data[0] == '@' && (s.len == 1 || s.data[1] == '+' || s.data[1] == '-');
}

static i64 time_of(Play *play, Str s)
{
    i64 span = 0;
    if (s.len > 1 && !span_read(str_slice(s, 1, s.len), &span))
        fail(play, play->line, "no time", s);
    return play->bench.open.clock.now_ms + span;
}

/* Text with each $name in it replaced by its value. */
static Str text_filled(Play *play, Str s)
{
    Buf out = buf_new(&play->bench.arena);
    for (size_t i = 0; i < s.len;) {
        size_t end = i + 1;
        if (s.data[i] != '$') {
            buf_char(&out, s.data[i++]);
            continue;
        }
        while (end < s.len && name_char(s.data[end]))
            end++;
        const Val *val = val_get_key(play->names, str_slice(s, i + 1, end));
        if (!val)
            fail(play, play->line, "a name without a value", str_slice(s, i, end));
        else if (val->kind == VAL_STR)
            buf_add(&out, val->s);
        else
            val_write_json(&out, val);
        i = end;
    }
    return buf_str(&out);
}

/* A copy of an input with names and times filled in. */
static Val *filled(Play *play, Val *val)
{
    Arena *arena = &play->bench.arena;
    if (val->kind == VAL_STR && is_time(val->s))
        return val_int(arena, time_of(play, val->s));
    if (val->kind == VAL_STR && val->s.len && val->s.data[0] == '$') {
        Val *named = val_get_key(play->names, str_slice(val->s, 1, val->s.len));
        if (named)
            return named;
    }
    if (val->kind == VAL_STR)
        return val_str(arena, text_filled(play, val->s));
    if (val->kind != VAL_LIST && val->kind != VAL_MAP)
        return val;
    Val *copy = val->kind == VAL_LIST ? val_list(arena) : val_map(arena);
    for (size_t i = 0; i < val_count(val); i++) {
        Val *item = filled(play, val->list.items[i].val);
        if (val->kind == VAL_LIST)
            val_push(arena, copy, item);
        else
            val_set_key(arena, copy, val->list.items[i].key, item);
    }
    return copy;
}

static Val *json_read(Play *play, Str text, int line)
{
    Str why;
    Val *val = val_read_json(&play->bench.arena, text.len ? text : S("{}"), &why);
    if (!val)
        fail(play, line, "no JSON", why);
    return val;
}

/* ---- Comparing ---- */

static bool same_plain(const Val *want, const Val *got)
{
    if (want->kind != got->kind)
        return false;
    switch (want->kind) {
    case VAL_BOOL:
        return want->b == got->b;
    case VAL_INT:
        return want->i == got->i;
    case VAL_STR:
        return str_same(want->s, got->s);
    default:
        return want->kind == VAL_NULL;
    }
}

static bool match(Play *play, const Val *want, Val *got, Str where, int line);

static bool mismatch(Play *play, const Val *want, const Val *got, Str where, int line)
{
    Str at = where.len ? where : S("the reply");
    Str found = got ? json_of(play, got) : S("nothing");
    Str text = str_format(&play->bench.arena, "%.*s should be %.*s, is %.*s", STR_ARG(at),
                          STR_ARG(json_of(play, want)), STR_ARG(found));
    fail(play, line, "not as expected", text);
    return false;
}

static bool match_text(Play *play, const Val *want, Val *got, Str where, int line)
{
    Str s = want->s;
    if (str_same(s, S("*")))
        return true;
    if (s.len > 1 && s.data[0] == '$') {
        Str name = str_slice(s, 1, s.len);
        const Val *named = val_get_key(play->names, name);
        if (!named)
            val_set_key(&play->bench.arena, play->names, name, got);
        return !named || same_plain(named, got) || mismatch(play, named, got, where, line);
    }
    if (s.len > 1 && s.data[0] == '~')
        return (got->kind == VAL_STR && str_has(got->s, str_slice(s, 1, s.len))) ||
               mismatch(play, want, got, where, line);
    if (is_time(s))
        return (got->kind == VAL_INT && got->i == time_of(play, s)) ||
               mismatch(play, want, got, where, line);
    return same_plain(want, got) || mismatch(play, want, got, where, line);
}

static bool match_list(Play *play, const Val *want, const Val *got, Str where, int line)
{
    size_t count = val_count(want);
    bool more = count && val_at(want, count - 1)->kind == VAL_STR &&
                str_same(val_at(want, count - 1)->s, S("..."));
    count -= more;
    if (got->kind != VAL_LIST || (more ? val_count(got) < count : val_count(got) != count))
        return mismatch(play, want, got, where, line);
    for (size_t i = 0; i < count; i++) {
        Str at = str_format(&play->bench.arena, "%.*s[%zu]", STR_ARG(where), i);
        if (!match(play, val_at(want, i), val_at(got, i), at, line))
            return false;
    }
    return true;
}

/* Whether `got` has all that `want` names. Names without a value take theirs. */
static bool match(Play *play, const Val *want, Val *got, Str where, int line)
{
    if (!got)
        return mismatch(play, want, got, where, line);
    if (want->kind == VAL_STR)
        return match_text(play, want, got, where, line);
    if (want->kind == VAL_LIST)
        return match_list(play, want, got, where, line);
    if (want->kind != VAL_MAP)
        return same_plain(want, got) || mismatch(play, want, got, where, line);
    if (got->kind != VAL_MAP)
        return mismatch(play, want, got, where, line);
    for (size_t i = 0; i < val_count(want); i++) {
        const ValItem *item = &want->list.items[i];
        Str at = str_format(&play->bench.arena, "%.*s.%.*s", STR_ARG(where), STR_ARG(item->key));
        Val *there = val_get_key(got, item->key);
        bool absent = item->val->kind == VAL_STR && str_same(item->val->s, S("-"));
        if (absent && there)
            return mismatch(play, item->val, there, at, line);
        if (!absent && !match(play, item->val, there, at, line))
            return false;
    }
    return true;
}

/* ---- What a step is expected to do ---- */

static Expect *expect_next(Play *play, char sign)
{
    for (size_t i = 0; i < play->expect_count; i++) {
        Expect *expect = &play->expects[i];
        if (expect->sign != sign || expect->used)
            continue;
        expect->used = true;
        return expect;
    }
    return NULL;
}

static bool expects(const Play *play, char sign)
{
    for (size_t i = 0; i < play->expect_count; i++)
        if (play->expects[i].sign == sign)
            return true;
    return false;
}

static Str word_take(Str *rest)
{
    Str word = {0};
    *rest = str_trim(*rest);
    if (rest->len)
        str_split(rest, ' ', &word);
    return word;
}

static bool same_error(const ErrInfo *info, Err e, Str code, Str key, Str field)
{
    return str_same_z(code, err_name(e)) && str_same_z(key, info->key ? info->key : "") &&
           str_same(field, info->field);
}

static Str error_text(Play *play, Err e)
{
    Cx *cx = &play->bench.cx;
    Buf out = buf_new(&play->bench.arena);
    buf_format(&out, "%s", err_name(e));
    for (size_t i = 0; i < cx->err_count; i++)
        buf_format(&out, " %s %.*s;", cx->errs[i].key, STR_ARG(cx->errs[i].field));
    if (e && !cx->err_count)
        buf_format(&out, " %s %.*s", cx->err.key ? cx->err.key : "", STR_ARG(cx->err.field));
    return buf_str(&out);
}

/* Every error line names an error that was given, and as many were given as there are lines. */
static void check_error(Play *play, Err e)
{
    Cx *cx = &play->bench.cx;
    size_t lines = 0, given = cx->err_count ? cx->err_count : (size_t)(e != ERR_OK);
    for (Expect *expect; (expect = expect_next(play, '!')) != NULL; lines++) {
        Str rest = expect->text, code = word_take(&rest), key = word_take(&rest);
        Str field = word_take(&rest);
        bool found = e && !cx->err_count && same_error(&cx->err, e, code, key, field);
        for (size_t i = 0; i < cx->err_count; i++)
            found = found || same_error(&cx->errs[i], e, code, key, field);
        if (!found)
            fail(play, expect->line, "another error", error_text(play, e));
    }
    if (!play->failed && lines != given)
        fail(play, play->line, "not the errors that are named", error_text(play, e));
}

static void check_reply(Play *play, Val *reply)
{
    Str json = reply ? json_of(play, reply) : S("");
    for (Expect *expect; (expect = expect_next(play, '=')) != NULL;) {
        const Val *want = json_read(play, expect->text, expect->line);
        if (want)
            match(play, want, reply, S(""), expect->line);
    }
    for (Expect *expect; (expect = expect_next(play, '~')) != NULL;)
        if (!str_has(json, text_filled(play, expect->text)))
            fail(play, expect->line, "not in the reply", json);
    for (Expect *expect; (expect = expect_next(play, '-')) != NULL;)
        if (str_has(json, text_filled(play, expect->text)))
            fail(play, expect->line, "is in the reply", json);
}

static bool same_fact(Play *play, const Fact *fact, Str text)
{
    Str kind = word_take(&text);
    bool same = str_same(kind, fact->kind);
    for (Str word = word_take(&text); word.len; word = word_take(&text)) {
        i64 amount;
        if (str_starts(word, S("amount="))) {
            Str number = text_filled(play, str_slice(word, 7, word.len));
            same = same && str_to_i64(number, &amount) && amount == fact->amount;
        } else if (str_starts(word, S("code="))) {
            Str code = str_slice(word, 5, word.len);
            same = same && str_starts(fact->code, code);
        } else if (str_starts(word, S("for="))) {
            Str number = text_filled(play, str_slice(word, 4, word.len));
            same = same && str_to_i64(number, &amount) && amount == fact->for_id;
        } else {
            fail(play, play->line, "a fact has a kind, amount=, code= and for=", word);
        }
    }
    return same;
}

static Str facts_text(Play *play, const Fact *facts, size_t count)
{
    Buf out = buf_new(&play->bench.arena);
    for (size_t i = 0; i < count; i++)
        buf_format(&out, "\n    + %.*s amount=%lld code=%.*s for=%lld", STR_ARG(facts[i].kind),
                   (long long)facts[i].amount, STR_ARG(facts[i].code), (long long)facts[i].for_id);
    return count ? buf_str(&out) : S("nothing");
}

static void check_facts(Play *play, i64 seq)
{
    Fact *facts = NULL;
    size_t count = 0, at = 0;
    bool same = true;
    if (!expects(play, '+'))
        return;
    if (fact_after(&play->bench.cx, seq, 1000, &facts, &count)) {
        fail(play, play->line, "the facts cannot be read", S(""));
        return;
    }
    for (Expect *expect; (expect = expect_next(play, '+')) != NULL;) {
        if (str_same(expect->text, S("nothing")))
            continue;
        same = same && at < count && same_fact(play, &facts[at], expect->text);
        at++;
    }
    if (!same || at != count)
        fail(play, play->line, "other facts", facts_text(play, facts, count));
}

/* ---- Steps ---- */

/* Who `name` is: sets the session for @$token. */
static Err actor_find(Play *play, Str name, Actor *ret)
{
    Cx *cx = &play->bench.cx;
    SignedIn found = {0};
    *ret = (Actor){.via = VIA_API};
    err_clear(cx);
    if (str_same(name, S("public")))
        return ERR_OK;
    if (str_same(name, S("local"))) {
        *ret = bench_local;
        return ERR_OK;
    }
    if (str_same(name, S("clock"))) {
        *ret = bench_clock;
        return ERR_OK;
    }
    Err e = ERR_OK;
    if (str_starts(name, S("local/"))) {
        e = account_actor(cx, str_slice(name, 6, name.len), ret);
        ret->via = VIA_LOCAL;
        return e;
    }
    if (str_starts(name, S("for/"))) {
        Str rest = str_slice(name, 4, name.len), number;
        i64 id = 0;
        str_split(&rest, '/', &number);
        e = account_actor(cx, rest, ret);
        if (!e && str_to_i64(text_filled(play, number), &id))
            e = delegation_act(cx, id, ret);
    } else if (str_starts(name, S("@"))) {
        e = session_find(cx, text_filled(play, str_slice(name, 1, name.len)), &found);
        *ret = found.actor;
        if (!e && found.delegation_id)
            e = delegation_act(cx, found.delegation_id, ret);
        val_set_int(&play->bench.arena, play->names, "session", found.session_id);
    } else {
        e = account_actor(cx, name, ret);
        ret->second_ms = play->bench.open.clock.now_ms;
    }
    ret->via = VIA_API;
    return e;
}

static void note_cover(Play *play, const Op *op, Err e)
{
    for (size_t i = 0; i < play->cover->count; i++) {
        if (play->cover->ops[i] != op)
            continue;
        play->cover->done[i] |= e == ERR_OK;
        play->cover->refused[i] |= e == ERR_INPUT && play->bench.cx.err.field.len > 0;
    }
}

/* A call of the bank, signed: by `bank`, by `bank-6m` whose clock is wrong, or by a `forger`. The
 * input is the call's body; {"raw":"..."} is a body that is no JSON. */
static Val *bank_signed(Play *play, Str who, Val *body)
{
    Arena *arena = &play->bench.arena;
    bool forged = str_same(who, S("forger"));
    i64 span_ms = 0;
    if (!forged && who.len > 4 && !span_read(str_slice(who, 4, who.len), &span_ms))
        fail(play, play->line, "no time", who);
    Val *raw = val_get(body, "raw"), *in = val_map(arena);
    Str text = raw ? raw->s : json_of(play, body);
    Str stamp =
        str_format(arena, "%lld", (long long)((play->bench.open.clock.now_ms + span_ms) / 1000));
    Str secret = forged ? S("guessed") : play->bench.settings.payment_secret;
    val_set_str(arena, in, "body", text);
    val_set_str(arena, in, "stamp", stamp);
    val_set_str(arena, in, "signature", hook_signature(arena, secret, stamp, text));
    return in;
}

static void step_call(Play *play, Str who, Str rest)
{
    Bench *bench = &play->bench;
    Str name = word_take(&rest);
    const Op *op = op_find(&bench->open.house, name);
    Val *reply = NULL, *in = json_read(play, str_trim(rest), play->line);
    Actor actor;
    i64 seq = 0;
    if (!op)
        fail(play, play->line, "no such op", name);
    if (!op || !in)
        return;
    in = filled(play, in);
    if (str_starts(who, S("bank")) || str_same(who, S("forger"))) {
        in = bank_signed(play, who, in);
        who = S("public");
    }
    Err e = fact_last_seq(&bench->cx, &seq);
    if (!e)
        e = actor_find(play, who, &actor);
    if (!e) {
        e = bench_call(bench, actor, op->name, in, &reply);
        note_cover(play, op, e);
    }
    check_error(play, e);
    check_reply(play, e ? NULL : reply);
    check_facts(play, seq);
}

/* tick, work, flush: no reply. */
static void step_self(Play *play, Str what)
{
    Bench *bench = &play->bench;
    i64 seq = 0;
    Err e = fact_last_seq(&bench->cx, &seq);
    err_clear(&bench->cx);
    if (!e)
        e = str_same(what, S("tick"))    ? house_tick(&bench->cx)
            : str_same(what, S("flush")) ? house_flush(&bench->cx)
                                         : bench_work(bench);
    check_error(play, e);
    check_facts(play, seq);
}

static void step_file(Play *play, Str name)
{
    Bench *bench = &play->bench;
    Buf out = buf_new(&bench->arena);
    Str hash;
    for (Expect *expect; (expect = expect_next(play, '|')) != NULL;) {
        buf_add(&out, expect->text);
        buf_char(&out, '\n');
    }
    if (bench_file(bench, buf_str(&out), &hash))
        fail(play, play->line, "the file cannot be kept", name);
    else
        val_set_key(&bench->arena, play->names, str_slice(name, 1, name.len),
                    val_str(&bench->arena, hash));
}

static bool listed(Str names, const char *name)
{
    for (Str word = word_take(&names); word.len; word = word_take(&names))
        if (str_same_z(word, name))
            return true;
    return false;
}

/* Every op of the kind is called without input: those named get as far as the input's check, the
 * others are refused before it. */
static void step_may(Play *play, Str who, Str rest)
{
    Bench *bench = &play->bench;
    Str word = word_take(&rest);
    OpKind kind = str_same(word, S("write:")) ? OP_WRITE : OP_READ;
    Actor actor;
    if (!str_same(word, S("write:")) && !str_same(word, S("read:")))
        fail(play, play->line, "`may` goes with write: or read:", word);
    for (size_t i = 0; i < play->cover->count; i++) {
        const Op *op = play->cover->ops[i];
        Val *reply;
        i64 before = 0, after = 0;
        if (op->kind != kind)
            continue;
        Err e = actor_find(play, who, &actor);
        if (!e)
            e = fact_last_seq(&bench->cx, &before);
        if (!e)
            e = bench_call(bench, actor, op->name, NULL, &reply);
        bool refused = e == ERR_DENIED || e == ERR_SIGN_IN;
        if (refused == listed(rest, op->name))
            fail(play, play->line, refused ? "is refused" : "is not refused", str_from(op->name));
        err_clear(&bench->cx);
        if (refused && (fact_last_seq(&bench->cx, &after) || before != after))
            fail(play, play->line, "a refusal left a fact", str_from(op->name));
    }
    Str words = rest;
    for (Str name = word_take(&words); name.len; name = word_take(&words))
        if (!op_find(&bench->open.house, name))
            fail(play, play->line, "no such op", name);
}

static void play_file(Play *play, const char *name, int depth);

static void step_clock(Play *play, Str span)
{
    i64 ms = 0;
    if (!span_read(span, &ms))
        fail(play, play->line, "no span of time", span);
    play->bench.open.clock.now_ms += ms;
}

static void step_play(Play *play, Str text, int depth)
{
    Str rest = text, word = word_take(&rest);
    if (str_same(word, S("clock"))) {
        step_clock(play, rest);
    } else if (str_same(word, S("tick")) || str_same(word, S("work")) ||
               str_same(word, S("flush"))) {
        step_self(play, word);
    } else if (str_same(word, S("file"))) {
        step_file(play, str_trim(rest));
    } else if (str_same(word, S("play")) && depth < DEPTH_MAX) {
        play_file(play, str_z(&play->bench.arena, str_trim(rest)), depth + 1);
    } else if (str_ends(word, S(":"))) {
        step_call(play, str_slice(word, 0, word.len - 1), rest);
    } else if (str_starts(str_trim(rest), S("may "))) {
        word_take(&rest);
        step_may(play, word, rest);
    } else {
        fail(play, play->line, "no such step", text);
    }
    for (size_t i = 0; i < play->expect_count; i++)
        if (!play->expects[i].used && !play->failed)
            fail(play, play->expects[i].line, "this step takes no such line",
                 play->expects[i].text);
    play->expect_count = 0;
    if (bench_feed(&play->bench))
        fail(play, play->line, "the index cannot follow", S(""));
}

/* ---- Reading a file ---- */

static Str file_read(Play *play, const char *name)
{
    Arena *arena = &play->bench.arena;
    char *path = str_z(arena, str_format(arena, "%s/%s", play->folder, name));
    char *text = arena_take(arena, FILE_MAX);
    FILE *file = fopen(path, "re");
    if (!file) {
        fail(play, play->line, "no such file", str_from(path));
        return S("");
    }
    size_t len = fread(text, 1, FILE_MAX, file);
    fclose(file);
    assert(len < FILE_MAX);
    return (Str){text, len};
}

/* The next line with those it goes on in; *line counts them all. */
static bool line_next(Arena *arena, Str *rest, int *line, Str *ret)
{
    Str part;
    Buf out = buf_new(arena);
    if (!rest->len || !str_split(rest, '\n', &part))
        return false;
    ++*line;
    while (str_ends(part, S("\\"))) {
        buf_add(&out, str_slice(part, 0, part.len - 1));
        if (!str_split(rest, '\n', &part))
            part = S("");
        part = str_trim(part);
        ++*line;
    }
    buf_add(&out, part);
    *ret = buf_str(&out);
    return true;
}

static void expect_add(Play *play, Str text, int line)
{
    text = str_trim(text);
    assert(play->expect_count < EXPECTS_MAX);
    Str rest = str_slice(text, 1, text.len);
    if (text.data[0] == '|')
        rest = str_starts(rest, S(" ")) ? str_slice(rest, 1, rest.len) : rest;
    else
        rest = str_trim(rest);
    play->expects[play->expect_count++] =
        (Expect){.sign = text.data[0], .text = rest, .line = line};
}

/* A step is played when the next one begins: its expectations stand below it. */
static void play_file(Play *play, const char *name, int depth)
{
    const char *outer_name = play->name;
    int outer_line = play->line, line = 0, step_line = 0;
    Str rest = file_read(play, name), text, step = {0};
    play->name = name;
    play->expect_count = 0;
    for (bool more = true; more && !play->failed;) {
        more = line_next(&play->bench.arena, &rest, &line, &text);
        if (more && (!str_trim(text).len || text.data[0] == '#'))
            continue;
        if (more && text.data[0] == ' ') {
            expect_add(play, text, line);
            continue;
        }
        play->line = step_line;
        if (step.len)
            step_play(play, step, depth);
        step = text;
        step_line = line;
    }
    if (play->failed)
        return;
    play->name = outer_name;
    play->line = outer_line;
}

bool play_case(const char *folder, const char *name, bool is_pg, PlayCover *cover)
{
    Play *play = calloc(1, sizeof *play);
    assert(play);
    if (!bench_open(&play->bench, is_pg)) {
        free(play);
        return false;
    }
    play->folder = folder;
    play->name = name;
    play->cover = cover;
    play->names = val_map(&play->bench.arena);
    play_file(play, name, 0);
    VerifyReport report = {0};
    Err e = bench_verify(&play->bench, &report);
    if (e || !report.ok)
        fail(play, play->line, "the log is not sound", e ? str_from(err_name(e)) : report.why);
    bool passed = !play->failed;
    bench_done(&play->bench);
    free(play);
    return passed;
}
