/* match_words.c - where words begin and end, by the dictionary of ICU (decision 0027). */
#include "match/match_words.h"

#include "base/log.h"

#include <pthread.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

enum {
    WORDS_BYTES_MAX = 64 * 1024, /* Of a longer text the rest is not cut into words. */
    IDLE_BITS = 4096,
};

/* Words that say nothing to a reader when they stand at an end of what two texts share; and those
 * that say nothing at its end alone: 不饱和树脂 is something else than 饱和树脂. */
// clang-format off
static const char *const idle_words[] = {
    "的", "了", "和", "与", "及", "在", "是", "等", "对", "为", "于", "之", "其", "或", "而", "也", "都", "就", "这", "那", "个", "有", "以", "由",
    "被", "把", "将", "并", "且", "但", "则", "若", "所", "某", "该", "此", "从", "向", "到", "至", "让", "使", "得", "要", "最", "很", "更", "还",
    "又", "再", "已", "没", "能", "会", "可", "做", "只", "才", "比", "跟", "给", "着", "去", "们", "我", "你", "他", "她", "它", "您", "谁", "哪",
    "几", "太", "吗", "呢", "吧", "啊", "如", "因", "需", "应", "须", "每", "想", "用", "种", "本", "来", "时",
    "一种", "以及", "及其", "进行", "可以", "能够", "需要", "希望", "我们", "公司", "通过", "由于", "目前", "现有", "这个", "那个", "什么", "怎么",
    "如何", "没有", "因为", "所以", "但是", "并且", "或者", "如果", "对于", "关于", "其中", "一个", "一些", "这些", "那些", "最好", "不要", "不能",
    "不会", "不用", "不是", "不好", "不够", "还是", "就是", "只有", "只能", "非常", "比较", "特别", "十分", "相当", "尤其", "大家", "他们", "你们",
    "它们", "自己", "这样", "那样", "这种", "那种", "这里", "那里", "为什么", "怎么样", "怎样", "能不能", "有没有", "是否", "是不是", "可能", "应该",
    "应当", "必须", "一直", "一般", "一定", "一样", "一起", "一下", "一点", "已经", "正在", "现在", "以后", "以前", "之后", "之前", "之间", "时候",
    "同时", "然后", "而且", "不仅", "不但", "虽然", "然而", "因此", "从而", "以便", "为了", "根据", "按照", "基于", "以上", "以下", "左右", "上述",
    "各种", "多种", "有关", "相关", "具体", "有效", "实际", "起来", "出来", "下来", "很多", "许多", "不少", "有些", "有的", "所有", "任何", "每个",
    "几个", "总是", "经常", "容易", "觉得", "知道", "想要", "东西", "情况", "方面", "地方", "办法", "大概", "大约", "至少", "最多", "最少", "不同",
    "之一", "来说", "而言", "使得", "使其", "才能", "另外", "此外", "所述", "其特征", "在于", "包括", "含有", "用于", "用来", "作为", "成为", "属于",
    "达到", "得到", "具有", "采用", "提供", "涉及", "本发明",
};
static const char *const idle_at_end[] = {
    "不", "一", "好", "多", "少", "无", "非", "前", "后", "内", "外", "同", "两", "上", "下", "里", "中", "间", "处", "类", "次", "过", "地", "均", "较", "各", "约",
};
// clang-format on

static pthread_mutex_t iterator_lock = PTHREAD_MUTEX_INITIALIZER;
static UBreakIterator *iterator; /* One for all; made when first needed. */
static bool asked_for, missing;

/* With the lock held. NULL: there is no dictionary, which is said once. */
static UBreakIterator *find_iterator(void)
{
    if (!asked_for && !missing) {
        UErrorCode status = U_ZERO_ERROR;
        iterator = ubrk_open(UBRK_WORD, "zh", NULL, 0, &status);
        if (U_FAILURE(status)) {
            iterator = NULL;
            log_line(LOG_WARN_LEVEL, "match.no_dictionary", "why", u_errorName(status), NULL);
        }
        asked_for = true;
    }
    return missing ? NULL : iterator;
}

void words_leave_out(bool out)
{
    pthread_mutex_lock(&iterator_lock);
    missing = out;
    pthread_mutex_unlock(&iterator_lock);
}

/* Sets a bit for each place where a word begins or ends. With the lock held. */
static void mark_bounds(UBreakIterator *words, Str text, u64 *bits)
{
    UErrorCode status = U_ZERO_ERROR;
    UText *read = utext_openUTF8(NULL, text.data, (int64_t)text.len, &status);
    ubrk_setUText(words, read, &status);
    if (U_SUCCESS(status))
        for (int32_t at = ubrk_first(words); at != UBRK_DONE; at = ubrk_next(words))
            bits[(size_t)at / 64] |= (u64)1 << (size_t)at % 64;
    ubrk_setText(words, u"", 0, &status); /* It must not remember a text that goes away. */
    utext_close(read);
}

WordCuts words_cut(Arena *arena, Str text)
{
    WordCuts cuts = {0};
    Str head = str_slice(text, 0, text.len < WORDS_BYTES_MAX ? text.len : WORDS_BYTES_MAX);
    pthread_mutex_lock(&iterator_lock);
    UBreakIterator *words = find_iterator();
    if (words && head.len) {
        cuts = (WordCuts){ARENA_NEW(arena, u64, head.len / 64 + 1), head.len};
        mark_bounds(words, head, cuts.bits);
    }
    pthread_mutex_unlock(&iterator_lock);
    return cuts;
}

bool words_bound(const WordCuts *cuts, size_t at)
{
    return at >= cuts->len || (cuts->bits[at / 64] >> at % 64 & 1);
}

/* The end of the word that begins at `at`, at most `end`; or with `back` its beginning from its
 * end, at least `end`. */
static size_t word_end(const WordCuts *cuts, size_t at, size_t end, bool back)
{
    do
        back ? at-- : at++;
    while (at != end && !words_bound(cuts, at));
    return at;
}

/* A bit for each first character that such words have: most others are known by that to be none. */
static u64 idle_bits[IDLE_BITS / 64];

static size_t bit_of(Str word)
{
    size_t at = 0;
    return utf8_next(word, &at) % IDLE_BITS;
}

static void set_idle_bits(void)
{
    const size_t count = COUNT(idle_words) + COUNT(idle_at_end);
    for (size_t i = 0; i < count; i++) {
        const char *word =
            i < COUNT(idle_words) ? idle_words[i] : idle_at_end[i - COUNT(idle_words)];
        idle_bits[bit_of(str_from(word)) / 64] |= (u64)1 << bit_of(str_from(word)) % 64;
    }
}

static bool may_be_idle(Str word)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_idle_bits);
    return word.len && (idle_bits[bit_of(word) / 64] >> bit_of(word) % 64 & 1);
}

static bool in_list(Str word, const char *const *list, size_t count)
{
    if (!may_be_idle(word))
        return false;
    for (size_t i = 0; i < count; i++)
        if (str_same_z(word, list[i]))
            return true;
    return false;
}

static bool is_idle(Str word, bool at_end)
{
    return in_list(word, idle_words, COUNT(idle_words)) ||
           (at_end && in_list(word, idle_at_end, COUNT(idle_at_end)));
}

/* Words all through, none of a single character. */
static bool is_wordy(const WordCuts *cuts, Str text)
{
    for (size_t at = 0, end; at < text.len; at = end) {
        end = word_end(cuts, at, text.len, false);
        if (utf8_count(str_slice(text, at, end)) < 2)
            return false;
    }
    return true;
}

size_t words_first(const WordCuts *cuts, size_t from, size_t to)
{
    return word_end(cuts, from, to, false);
}

size_t words_last(const WordCuts *cuts, size_t from, size_t to)
{
    return word_end(cuts, to, from, true);
}

bool words_idle(Str word)
{
    return is_idle(word, true);
}

bool words_alone(Str text, size_t from, size_t to)
{
    return utf8_count(str_slice(text, from, to)) == 1;
}

/* An idle word at the front; of two single characters the first may be a part of a name (有机磷). */
static bool begins_idle(const WordCuts *cuts, Str text, size_t from, size_t end, size_t to)
{
    if (!is_idle(str_slice(text, from, end), false))
        return false;
    return end == to || !words_alone(text, from, end) ||
           !words_alone(text, end, word_end(cuts, end, to, false));
}

/* From the first to the last whole word between two places that says something. */
static MatchRange whole_words(const WordCuts *cuts, Str text, size_t from, size_t to)
{
    while (from < to && !words_bound(cuts, from))
        from++;
    while (to > from && !words_bound(cuts, to))
        to--;
    while (from < to) {
        size_t end = word_end(cuts, from, to, false);
        if (!begins_idle(cuts, text, from, end, to))
            break;
        from = end;
    }
    while (to > from) {
        size_t begin = word_end(cuts, to, from, true);
        if (!is_idle(str_slice(text, begin, to), true))
            break;
        to = begin;
    }
    return (MatchRange){from, to};
}

MatchRange words_within(Arena *arena, const WordCuts *cuts, Str text, size_t from, size_t to)
{
    enum { PART_CHARS = 4 }; /* 离子电池 in 锂离子电池 is made of words too. */
    MatchRange range = whole_words(cuts, text, from, to);
    Str part = str_slice(text, from, to);
    if (range.from < range.to || utf8_count(part) < PART_CHARS ||
        (words_bound(cuts, from) && words_bound(cuts, to)))
        return range;
    WordCuts own = words_cut(arena, part);
    if (!is_wordy(&own, part))
        return range;
    range = whole_words(&own, part, 0, part.len);
    return (MatchRange){from + range.from, from + range.to};
}
