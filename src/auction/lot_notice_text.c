/* lot_notice_text.c - the text of a notice: the lot's terms in words under fixed headings. It is a
 * document in Chinese, whatever the reader's language. */
#include "auction/lot_notice.h"

#include "base/openssl.h"
#include "registry/registry.h"

typedef struct Writer {
    Arena *arena;
    Buf out;
    int section;
} Writer;

static Str say(Writer *w, const char *key, const Str *args, size_t count)
{
    return text_say(w->arena, LANG_ZH, key, args, count);
}

/* "三、竞价规则" on a line of its own. */
static void head(Writer *w, const char *key)
{
    static const char *const numbers[] = {"一", "二", "三",   "四",   "五",   "六",   "七",  "八",
                                          "九", "十", "十一", "十二", "十三", "十四", "十五"};
    assert(w->section < (int)COUNT(numbers));
    buf_format(&w->out, "%s%s、", w->section ? "\n" : "", numbers[w->section]);
    w->section++;
    buf_add(&w->out, say(w, key, NULL, 0));
}

static void line(Writer *w, Str text)
{
    buf_char(&w->out, '\n');
    buf_add(&w->out, text);
}

static void line_with(Writer *w, const char *key, const Str *args, size_t count)
{
    line(w, say(w, key, args, count));
}

/* What an operator wrote; a heading without words is left out. */
static void part(Writer *w, const char *key, Str text)
{
    if (!str_trim(text).len)
        return;
    head(w, key);
    line(w, str_trim(text));
}

static Str number_of(Arena *arena, i64 n)
{
    return str_format(arena, "%lld", (long long)n);
}

/* "1.5%" of basis points. */
static Str percent_of(Arena *arena, i64 bp)
{
    return bp % 100
               ? str_format(arena, "%lld.%02lld%%", (long long)(bp / 100), (long long)(bp % 100))
               : str_format(arena, "%lld%%", (long long)(bp / 100));
}

/* What an amount is paid for: as the lot says, else as an assignment. */
static const char *meaning_of(Str basis)
{
    static const struct {
        const char *basis;
        const char *key;
    } rows[] = {
        {"assignment", "lot_notice.means_assign"}, {"licence", "lot_notice.means_licence"},
        {"entry", "lot_notice.means_entry"},       {"shares", "lot_notice.means_equity"},
        {"use_first", "lot_notice.means_later"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_same_z(basis, rows[i].basis))
            return rows[i].key;
    return "lot_notice.means_assign";
}

/* How is bid, in words. */
static const char *mode_of(Str mode)
{
    static const struct {
        const char *mode;
        const char *key;
    } rows[] = {
        {"ascending", "lot_notice.mode_ascending"}, {"sealed", "lot_notice.mode_sealed"},
        {"dutch", "lot_notice.mode_dutch"},         {"hybrid", "lot_notice.mode_hybrid"},
        {"rounds", "lot_notice.mode_rounds"},       {"fixed", "lot_notice.mode_fixed"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_same_z(mode, rows[i].mode))
            return rows[i].key;
    return "lot_notice.mode_ascending";
}

static bool is_ascending(const Lot *lot)
{
    return !lot->mode.len || str_same(lot->mode, S("ascending"));
}

static void about_thing(Writer *w, const NoticeTerms *terms)
{
    const Code *mode = code_find(&trade_modes, terms->mode);
    Str args[] = {terms->lot->title, terms->seller, mode ? str_from(mode->zh) : terms->mode,
                  terms->number};
    head(w, "lot_notice.head_thing");
    line_with(w, "lot_notice.thing", args, 3);
    if (terms->number.len)
        line_with(w, "lot_notice.thing_number", &terms->number, 1);
    head(w, "lot_notice.head_means");
    line_with(w, meaning_of(terms->lot->basis), NULL, 0);
    if (terms->lot->units > 1) {
        Str units = number_of(w->arena, terms->lot->units);
        line_with(w, "lot_notice.units", &units, 1);
    }
}

static void about_prices(Writer *w, const NoticeTerms *terms)
{
    const Lot *lot = terms->lot;
    Str start = money_format(w->arena, lot->start_fen),
        step = money_format(w->arena, lot->step_fen);
    Str deposit = money_format(w->arena, lot->deposit_fen);
    head(w, "lot_notice.head_price");
    line_with(w, "lot_notice.price_start", &start, 1);
    if (lot->step_fen)
        line_with(w, lot->strict_step ? "lot_notice.price_step_strict" : "lot_notice.price_step",
                  &step, 1);
    line_with(w, lot->reserve_fen ? "lot_notice.reserve" : "lot_notice.reserve_none", NULL, 0);
    if (lot->drop_fen) {
        Str drop[] = {money_format(w->arena, lot->drop_fen),
                      number_of(w->arena, lot->drop_every_ms / 1000),
                      money_format(w->arena, lot->floor_fen)};
        line_with(w, "lot_notice.drop", drop, COUNT(drop));
    }
    if (lot->deposit_fen)
        line_with(w, "lot_notice.deposit", &deposit, 1);
    else
        line_with(w, "lot_notice.deposit_none", NULL, 0);
    if (terms->season->id && terms->season->fee_bp) {
        Str fee = percent_of(w->arena, terms->season->fee_bp);
        line_with(w, "lot_notice.fee", &fee, 1);
    }
}

static void about_times(Writer *w, const NoticeTerms *terms)
{
    const Lot *lot = terms->lot;
    Str times[] = {time_format(w->arena, lot->open_ms), time_format(w->arena, lot->planned_end_ms)};
    Str late[] = {number_of(w->arena, lot->window_ms / 1000),
                  number_of(w->arena, lot->extend_ms / 1000)};
    head(w, "lot_notice.head_time");
    line_with(w, "lot_notice.times", times, COUNT(times));
    if (lot->extend_ms && is_ascending(lot))
        line_with(w, "lot_notice.extends", late, COUNT(late));
    if (lot->extension_max && is_ascending(lot)) {
        Str most = number_of(w->arena, lot->extension_max);
        line_with(w, "lot_notice.extends_most", &most, 1);
    }
    if (lot->hard_end_ms) {
        Str hard = time_format(w->arena, lot->hard_end_ms);
        line_with(w, "lot_notice.hard_end", &hard, 1);
    }
}

static void about_rules(Writer *w, const NoticeTerms *terms)
{
    const Lot *lot = terms->lot;
    head(w, "lot_notice.head_rules");
    line_with(w, mode_of(lot->mode), NULL, 0);
    if (is_ascending(lot))
        line_with(w, lot->first_above ? "lot_notice.first_above" : "lot_notice.first_at", NULL, 0);
    if (is_ascending(lot))
        line_with(w, lot->self_raise ? "lot_notice.self_raise" : "lot_notice.self_raise_not", NULL,
                  0);
    line_with(w, "lot_notice.arrival", NULL, 0);
    if (lot->second_price)
        line_with(w, "lot_notice.second_price", NULL, 0);
    if (lot->bidder_min > 1) {
        Str least = number_of(w->arena, lot->bidder_min);
        line_with(w, "lot_notice.bidders_least", &least, 1);
    }
    line_with(w, "lot_notice.identity", NULL, 0);
}

Str notice_text(Arena *arena, const NoticeTerms *terms)
{
    const LotNotice *notice = terms->notice;
    Writer w = {.arena = arena, .out = buf_new(arena)};
    about_thing(&w, terms);
    about_prices(&w, terms);
    about_times(&w, terms);
    about_rules(&w, terms);
    part(&w, "lot_notice.head_basis", notice->price_basis);
    part(&w, "lot_notice.head_rights", notice->rights);
    part(&w, "lot_notice.head_conditions", notice->conditions);
    part(&w, "lot_notice.head_priority", notice->priority);
    part(&w, "lot_notice.head_related", notice->related);
    part(&w, "lot_notice.head_payment", notice->payment);
    part(&w, "lot_notice.head_taxes", notice->taxes);
    if (notice->contact.len || notice->phone.len) {
        Str args[] = {str_trim(notice->contact), str_trim(notice->phone)};
        head(&w, "lot_notice.head_contact");
        line_with(&w, "lot_notice.contact", args, COUNT(args));
    }
    part(&w, "lot_notice.head_extra", notice->extra);
    return buf_str(&w.out);
}

Str notice_hash(Arena *arena, const LotNotice *notice)
{
    u8 digest[SHA256_DIGEST_LENGTH];
    Buf out = buf_new(arena);
    const Str parts[] = {notice->number, number_of(arena, notice->version), notice->changes,
                         notice->text};
    for (size_t i = 0; i < COUNT(parts); i++) {
        buf_format(&out, "%zu:", parts[i].len);
        buf_add(&out, parts[i]);
    }
    SHA256((const u8 *)out.data, out.len, digest);
    return hex_from(arena, digest, sizeof digest);
}

Str notice_number(Arena *arena, Str format, Str programme, i64 year, i64 no)
{
    Buf out = buf_new(arena);
    Str rest = format;
    while (rest.len) {
        if (str_starts(rest, S("{programme}"))) {
            buf_add(&out, programme);
            rest = str_slice(rest, S("{programme}").len, rest.len);
        } else if (str_starts(rest, S("{year}"))) {
            buf_i64(&out, year);
            rest = str_slice(rest, S("{year}").len, rest.len);
        } else if (str_starts(rest, S("{no}"))) {
            buf_i64(&out, no);
            rest = str_slice(rest, S("{no}").len, rest.len);
        } else {
            buf_char(&out, rest.data[0]);
            rest = str_slice(rest, 1, rest.len);
        }
    }
    return buf_str(&out);
}
