/* Counts of hits as a reply: what there is, in words, with the most or the newest first. */
#include "match/match_ops_int.h"

#include <stdlib.h>

// clang-format off
static const Code kind_rows[] = {
    {"patent", "专利", "Patents"}, {"achievement", "成果", "Achievements"}, {"need", "需求", "Needs"},
};
static const Code province_rows[] = {
    {"11", "北京", "Beijing"},   {"12", "天津", "Tianjin"},        {"13", "河北", "Hebei"},    {"14", "山西", "Shanxi"},   {"15", "内蒙古", "Inner Mongolia"},
    {"21", "辽宁", "Liaoning"},  {"22", "吉林", "Jilin"},          {"23", "黑龙江", "Heilongjiang"},
    {"31", "上海", "Shanghai"},  {"32", "江苏", "Jiangsu"},        {"33", "浙江", "Zhejiang"}, {"34", "安徽", "Anhui"},    {"35", "福建", "Fujian"}, {"36", "江西", "Jiangxi"}, {"37", "山东", "Shandong"},
    {"41", "河南", "Henan"},     {"42", "湖北", "Hubei"},          {"43", "湖南", "Hunan"},    {"44", "广东", "Guangdong"}, {"45", "广西", "Guangxi"}, {"46", "海南", "Hainan"},
    {"50", "重庆", "Chongqing"}, {"51", "四川", "Sichuan"},        {"52", "贵州", "Guizhou"},  {"53", "云南", "Yunnan"},   {"54", "西藏", "Tibet"},
    {"61", "陕西", "Shaanxi"},   {"62", "甘肃", "Gansu"},          {"63", "青海", "Qinghai"},  {"64", "宁夏", "Ningxia"},  {"65", "新疆", "Xinjiang"},
    {"71", "台湾", "Taiwan"},    {"81", "香港", "Hong Kong"},      {"82", "澳门", "Macao"},
};
static const Code listed_rows[] = {
    {"yes", "在挂牌、征集", "On offer or sought"}, {"no", "未挂牌", "Not on offer"},
};
// clang-format on
const CodeList match_kinds = CODE_LIST("search_kind", kind_rows);
const CodeList match_provinces = CODE_LIST("province", province_rows);
const CodeList match_offers = CODE_LIST("search_offer", listed_rows);

MatchKind match_kind_of(Str code)
{
    for (size_t i = 0; i < COUNT(kind_rows); i++)
        if (str_same_z(code, kind_rows[i].code))
            return (MatchKind)(MATCH_PATENT + i);
    return 0;
}

const char *match_kind_code(MatchKind kind)
{
    return kind_rows[kind - MATCH_PATENT].code;
}

/* One way of counting under way. */
typedef struct Counted {
    Cx *cx;
    Val *options;
    Str chosen;
} Counted;

static void add_option(Counted *counted, Str code, Str label, i64 count)
{
    Arena *arena = counted->cx->arena;
    bool chosen = str_same(code, counted->chosen);
    if (!count && !chosen)
        return;
    Val *option = val_map(arena);
    val_set_str(arena, option, "code", code);
    val_set_str(arena, option, "label", label);
    val_set_int(arena, option, "count", count);
    val_set_bool(arena, option, "chosen", chosen);
    val_push(arena, counted->options, option);
}

static void add_code(Counted *counted, const CodeList *list, Str code, i64 count)
{
    const Code *row = code_find(list, code);
    Str label = !row ? code : str_from(counted->cx->lang == LANG_EN ? row->en : row->zh);
    add_option(counted, code, label, count);
}

static void add_number(Counted *counted, const char *key, i64 number, i64 count)
{
    Str text = str_format(counted->cx->arena, "%lld", (long long)number);
    Str label = key ? text_say(counted->cx->arena, counted->cx->lang, key, &text, 1) : text;
    add_option(counted, text, label, count);
}

static int most_first(const void *a, const void *b)
{
    const ValItem *left = a, *right = b;
    i64 x = val_get_int(left->val, "count"), y = val_get_int(right->val, "count");
    if (x != y)
        return x > y ? -1 : 1;
    return str_order(val_get_str(left->val, "code"), val_get_str(right->val, "code"));
}

static void sort_options(Val *options)
{
    if (options->list.count)
        qsort(options->list.items, options->list.count, sizeof *options->list.items, most_first);
}

static void add_fields(Counted *counted, const MatchFacets *facets)
{
    bool there = !counted->chosen.len;
    for (size_t i = 0; i < facets->field_count; i++) {
        add_code(counted, &industry_fields, facets->fields[i].code, facets->fields[i].count);
        there |= str_same(facets->fields[i].code, counted->chosen);
    }
    if (!there)
        add_code(counted, &industry_fields, counted->chosen, 0);
    sort_options(counted->options);
}

static void fill(Counted *counted, int facet, const MatchFacets *facets)
{
    switch (facet) {
    case FACET_KIND:
        for (size_t i = 0; i < COUNT(kind_rows); i++)
            add_code(counted, &match_kinds, str_from(kind_rows[i].code),
                     facets->kinds[MATCH_PATENT + i]);
        break;
    case FACET_FIELD:
        add_fields(counted, facets);
        break;
    case FACET_LISTED:
        add_code(counted, &match_offers, S("yes"), facets->listed[1]);
        add_code(counted, &match_offers, S("no"), facets->listed[0]);
        break;
    case FACET_REGION:
        for (size_t i = 0; i < COUNT(province_rows); i++) {
            i64 code;
            if (str_to_i64(str_from(province_rows[i].code), &code))
                add_code(counted, &match_provinces, str_from(province_rows[i].code),
                         facets->regions[code]);
        }
        sort_options(counted->options);
        break;
    case FACET_MATURITY:
        for (int i = MATCH_MATURITIES - 1; i > 0; i--)
            add_number(counted, "match.trl", i, facets->maturities[i]);
        break;
    default:
        for (int i = MATCH_YEARS - 1; i >= 0; i--)
            add_number(counted, NULL, MATCH_YEAR_FIRST + i, facets->years[i]);
        break;
    }
}

Val *match_facets_val(Cx *cx, const MatchFacets *facets, const Str chosen[FACETS])
{
    static const struct {
        const char *name, *label;
    } rows[FACETS] = {{"kind", "match.by_kind"},         {"field", "match.by_field"},
                      {"offer", "match.by_offer"},       {"region", "match.by_region"},
                      {"maturity", "match.by_maturity"}, {"year", "match.by_year"}};
    Val *list = val_list(cx->arena);
    for (int i = 0; i < FACETS; i++) {
        Val *facet = val_map(cx->arena);
        Counted counted = {cx, val_list(cx->arena), chosen[i]};
        fill(&counted, i, facets);
        val_set_z(cx->arena, facet, "name", rows[i].name);
        val_set_str(cx->arena, facet, "label",
                    text_say(cx->arena, cx->lang, rows[i].label, NULL, 0));
        val_set(cx->arena, facet, "options", counted.options);
        val_push(cx->arena, list, facet);
    }
    return list;
}
