/* push_why.c - match.why: why an item is not among a need's matches, and what became of its pushes.
 *
 * The pushes of a pair are the operator's to know; whoever pushed it by hand and whoever was told
 * knows of his own, and a technology manager that there are some.
 */
#include "push/push_why.h"

#include "command/settings.h"
#include "match/match_why.h"
#include "push/push_int.h"

typedef struct WhyIn {
    Str of;
    Str to;
} WhyIn;

static Err find_push(Cx *cx, Str pair, Push *ret)
{
    *ret = (Push){0};
    Err e = RECORD_FIND(cx, &push_type, ret, "WHERE pair = ?1 AND pair <> ''", BIND_STR(pair));
    if (e == ERR_MISSING) {
        err_clear(cx);
        e = ERR_OK;
    }
    return e;
}

static Str cause_label(Cx *cx, Str cause)
{
    const Code *code = code_find(&push_causes, cause);
    return !code ? cause : str_from(cx->lang == LANG_EN ? code->en : code->zh);
}

/* One line on a push that there is. */
static void push_bar(Cx *cx, MatchWhy *why, const Push *push, bool to_firm)
{
    bool oversees = why->who & (WHO_OPERATOR | WHO_LOCAL);
    bool is_mine = push->by_id && push->by_id == cx->actor.account_id;
    bool other =
        !to_firm && (push->patent_id != (why->kind == MATCH_PATENT ? why->item_id : 0) ||
                     push->achievement_id != (why->kind == MATCH_ACHIEVEMENT ? why->item_id : 0));
    bool told =
        to_firm && (why->who & WHO_OWNER) && push->state >= PUSH_SENT && push->state != PUSH_BARRED;
    Str way = text_say(cx->arena, cx->lang,
                       to_firm ? "match.why_to_firm"
                       : other ? "match.why_to_unit_other"
                               : "match.why_to_unit",
                       NULL, 0);
    Str state = str_from(flow_label(&push_flow, push->state, cx->lang));
    if (oversees && push->state == PUSH_DEFERRED)
        match_why_bar(
            cx, why, "match.why_deferred",
            (Str[]){way, cause_label(cx, push->cause), time_format(cx->arena, push->until_ms)}, 3);
    else if (oversees && push->state == PUSH_BARRED)
        match_why_bar(cx, why, "match.why_barred", (Str[]){way, cause_label(cx, push->cause)}, 2);
    else if (oversees || is_mine || told)
        match_why_bar(cx, why, "match.why_pushed", (Str[]){way, state}, 2);
    else if (why->who & WHO_MANAGER)
        match_why_bar(cx, why, "match.why_in_ledger", &way, 1);
}

static Err look_at(Cx *cx, MatchWhy *why, const Push *planned, bool to_firm, bool *ret_there)
{
    Push push;
    Err e = find_push(cx, planned->pair, &push);
    *ret_there = !e && push.id;
    if (*ret_there)
        push_bar(cx, why, &push, to_firm);
    return e;
}

/* By the text that everybody reads of the need: only a published one is pushed. */
static Err add_pushes(Cx *cx, MatchWhy *why)
{
    i64 threshold = house_of(cx)->settings->push_threshold;
    i64 patent_id = why->kind == MATCH_PATENT ? why->item_id : 0;
    i64 achievement_id = patent_id ? 0 : why->item_id;
    Push to_unit = {0}, to_firm = {0};
    bool there = false, also = false;
    Err e = push_pair(cx, why->need_id, patent_id, achievement_id, false, &to_unit);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    if (!e)
        e = push_pair(cx, why->need_id, patent_id, achievement_id, true, &to_firm);
    if (e)
        return e;
    val_set_int(cx->arena, why->reply, "push_score", to_unit.score);
    val_set_int(cx->arena, why->reply, "threshold", threshold);
    if (to_unit.score < threshold)
        match_why_bar(cx, why, "match.why_below",
                      (Str[]){str_format(cx->arena, "%lld", (long long)to_unit.score),
                              str_format(cx->arena, "%lld", (long long)threshold)},
                      2);
    e = look_at(cx, why, &to_unit, false, &there);
    if (!e)
        e = look_at(cx, why, &to_firm, true, &also);
    if (!e && !there && !also && to_unit.score >= threshold &&
        (why->who & (WHO_OPERATOR | WHO_LOCAL | WHO_MANAGER)))
        match_why_bar(cx, why, "match.why_not_planned", NULL, 0);
    return e;
}

static Err why_run(Cx *cx, const void *arg, Val **ret)
{
    const WhyIn *in = arg;
    MatchWhy why;
    Err e = match_why(cx, in->of, in->to, &why);
    if (!e && why.need_id && why.kind != MATCH_NEED)
        e = add_pushes(cx, &why);
    if (!e)
        *ret = why.reply;
    return e;
}

// clang-format off
static const Field why_in[] = {
    {AT(WhyIn, of), F_TEXT, "需求或技术", "Of which", REQUIRED, SEE_PUBLIC, NULL, .max = 200, .help_zh = "形如 need-3，或页面地址", .help_en = "Such as need-3, or the address of its page"},
    {AT(WhyIn, to), F_TEXT, "哪一项", "Which item", REQUIRED, SEE_PUBLIC, NULL, .max = 200, .help_zh = "申请号、公布号、页面地址，或 patent-12 这样的编号", .help_en = "Application or publication number, the address of its page, or such as patent-12"},
};
static const Op ops[] = {
    {"match.why", "查看匹配依据", "Why or why not", OP_READ, 0, WHO_OWNER | WHO_OPERATOR | WHO_MANAGER, OP_IN(WhyIn, why_in), NULL, why_run,
     "某一项与需求匹配多少、排在第几、缺少什么、因何未列出或未推送。", "How well an item fits a need, where it stands, what it lacks, and why it is not listed or pushed."},
};
// clang-format on

const Room push_why_room = {.name = "push_why", .ops = ops, .op_count = COUNT(ops)};
