/* matrix_case.c - see matrix_case.h. */
#include "matrix_case.h"

#include "flow/who.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 2000, WITHS_MAX = 200, TEXT_MAX = 200 * 1000 };

const char *const relation_names[RELATIONS] = {"far",   "person",   "owner", "house",
                                               "below", "beside",   "place", "body",
                                               "away",  "industry", "party"};

// clang-format off
const Role roles[] = {
    {"public", 0, false, false}, {"half", 0, true, true}, {"plain", 0, true, false},
    {"office", WHO_OFFICE, true, false}, {"inventor", WHO_INVENTOR, true, false}, {"firm", WHO_FIRM, true, false},
    {"manager", WHO_MANAGER, true, false}, {"expert", WHO_EXPERT, true, false}, {"operator", WHO_OPERATOR, true, false},
    {"department", WHO_DEPARTMENT, true, false}, {"finance", WHO_FINANCE, true, false}, {"liaison", WHO_LIAISON, true, false},
    {"centre", WHO_CENTRE, true, false}, {"agency", WHO_AGENCY, true, false},
    {"system", WHO_SYSTEM, true, false}, {"security", WHO_SECURITY, true, false}, {"audit", WHO_AUDIT, true, false},
};
// clang-format on
const size_t roles_count = COUNT(roles);
_Static_assert(COUNT(roles) <= 32, "a bit for each role");

/* An op's cells that have one outcome. */
typedef struct Rule {
    Str op;
    char outcome[4];
    unsigned roles;     /* A bit for each of roles[]. */
    unsigned relations; /* And of relation_names[]. */
} Rule;

static struct {
    Arena arena;
    Rule rules[RULES_MAX];
    size_t count;
    struct {
        Str op;
        Val *in;
    } withs[WITHS_MAX];
    size_t with_count;
} table;

static bool wrong_line(int number, const char *why, Str what)
{
    printf("matrix.case line %d: %s %.*s\n", number, why, STR_ARG(what));
    return false;
}

/* Names that stand for several. */
static const struct {
    const char *name, *members;
} role_groups[] =
    {
        {"member", "office,inventor,firm,manager,expert,finance,liaison,agency"},
        {"person", "inventor,manager,expert"}, /* Of the members: who does not bind the unit. */
        {"binder", "office,firm,finance,liaison,agency,department,centre"},
        {"over", "department,centre"},
        {"trade", "office,inventor,firm,manager,expert,finance,liaison,agency,department,centre,"
                  "operator"},
        {"admin", "system,security,audit"},
        {"signed",
         "plain,office,inventor,firm,manager,expert,finance,liaison,agency,department,centre,"
         "operator,system,security,audit"},
        {"all", "public,half,plain,office,inventor,firm,manager,expert,finance,liaison,agency,"
                "department,centre,operator,system,security,audit"},
},
  relation_groups[] = {
      {"own", "person,owner,house"},
      {"above", "place,body"},
      {"none", "far,below,beside,away,industry"},
};

static unsigned role_bit(Str name)
{
    for (size_t i = 0; i < roles_count; i++)
        if (str_same_z(name, roles[i].name))
            return 1u << i;
    return 0;
}

static unsigned relation_bit(Str name)
{
    for (unsigned i = 0; i < RELATIONS; i++)
        if (str_same_z(name, relation_names[i]))
            return 1u << i;
    return 0;
}

/* Names with commas between, each one or a group. */
static bool read_roles(Str names, unsigned *ret)
{
    Str part, member;
    *ret = 0;
    while (str_split(&names, ',', &part)) {
        unsigned found = role_bit(part);
        for (size_t i = 0; i < COUNT(role_groups); i++)
            for (Str rest = str_from(role_groups[i].members);
                 str_same_z(part, role_groups[i].name) && str_split(&rest, ',', &member);)
                found |= role_bit(member);
        if (!found)
            return false;
        *ret |= found;
    }
    return *ret != 0;
}

static bool read_relations(Str names, unsigned *ret)
{
    Str part, member;
    *ret = 0;
    while (str_split(&names, ',', &part)) {
        unsigned found = relation_bit(part);
        for (size_t i = 0; i < COUNT(relation_groups); i++)
            for (Str rest = str_from(relation_groups[i].members);
                 str_same_z(part, relation_groups[i].name) && str_split(&rest, ',', &member);)
                found |= relation_bit(member);
        if (!found)
            return false;
        *ret |= found;
    }
    return *ret != 0;
}

/* "operator@far,owner": roles in these relations; without the sign in any. */
static bool read_who(Str word, Rule *rule)
{
    size_t at = str_find(word, S("@"));
    rule->relations = (1u << RELATIONS) - 1;
    return read_roles(str_slice(word, 0, at), &rule->roles) &&
           (at == word.len || read_relations(str_slice(word, at + 1, word.len), &rule->relations));
}

/* "deal.show  y department@place,body  o trade@owner,house": an outcome, then whose it is. */
static bool read_rules(Str line, int number)
{
    Str op = {0}, word, outcome = {0};
    while (str_split(&line, ' ', &word)) {
        if (!word.len)
            continue;
        if (!op.len) {
            op = str_copy(&table.arena, word);
            table.rules[table.count++] = (Rule){.op = op};
            continue;
        }
        if (word.len <= 3 && strchr("~?+0psyox", word.data[0])) {
            outcome = word;
            continue;
        }
        Rule rule = {.op = op};
        if (!outcome.len || !read_who(word, &rule) || table.count == RULES_MAX)
            return wrong_line(number, "what is", word);
        memcpy(rule.outcome, outcome.data, outcome.len);
        table.rules[table.count++] = rule;
    }
    return true;
}

static bool read_with(Str line, int number)
{
    Str why = {0};
    size_t at = str_find(line, S(" "));
    Str json = str_slice(line, at, line.len);
    Val *in = val_read_json(&table.arena, str_trim(str_copy(&table.arena, json)), &why);
    if (!in || table.with_count == WITHS_MAX)
        return wrong_line(number, "no JSON:", why);
    table.withs[table.with_count].op = str_copy(&table.arena, str_slice(line, 0, at));
    table.withs[table.with_count++].in = in;
    return true;
}

bool case_load(const char *path)
{
    static char text[TEXT_MAX];
    FILE *file = fopen(path, "re");
    size_t len = file ? fread(text, 1, sizeof text, file) : 0;
    int number = 0;
    bool ok = file != NULL && len < sizeof text;
    Str rest = {text, len}, line, last = {0};
    if (file)
        fclose(file);
    while (ok && str_split(&rest, '\n', &line)) {
        number++;
        Str trimmed = str_trim(line);
        if (!trimmed.len || trimmed.data[0] == '#')
            continue;
        if (line.data[0] == ' ') { /* Goes on with the op of the line before. */
            ok = last.len &&
                 read_rules(str_format(&table.arena, "%.*s %.*s", STR_ARG(last), STR_ARG(trimmed)),
                            number);
            continue;
        }
        if (str_starts(trimmed, S("with "))) {
            ok = read_with(str_slice(trimmed, 5, trimmed.len), number);
            continue;
        }
        last = str_slice(trimmed, 0, str_find(trimmed, S(" ")));
        ok = read_rules(trimmed, number);
    }
    return ok;
}

bool case_has(const char *op)
{
    for (size_t i = 0; i < table.count; i++)
        if (str_same_z(table.rules[i].op, op))
            return true;
    return false;
}

const char *case_expects(const char *op, const Role *role, Relation relation)
{
    unsigned bit = 1u << (role - roles);
    for (size_t i = 0; i < table.count; i++)
        if ((table.rules[i].roles & bit) && (table.rules[i].relations & (1u << relation)) &&
            str_same_z(table.rules[i].op, op))
            return table.rules[i].outcome;
    return "-";
}

const Val *case_input(const char *op)
{
    for (size_t i = 0; i < table.with_count; i++)
        if (str_same_z(table.withs[i].op, op))
            return table.withs[i].in;
    return NULL;
}
