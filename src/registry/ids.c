/* ids.c - numbers and codes of patents, units and people, read from what people write. */
#include "registry/ids.h"

#include <string.h>

/* ---- Shared ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Number of ASCII digits at `at`. */
static size_t digit_run(Str s, size_t at)
{
    size_t end = at;
    while (end < s.len && is_digit(s.data[end]))
        end++;
    return end - at;
}

static int digits_value(const char *digits, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (digits[i] - '0');
    return value;
}

static size_t skip_blanks(Str s, size_t at)
{
    while (at < s.len && s.data[at] == ' ')
        at++;
    return at;
}

static Err refuse(Cx *cx, const char *field, const char *key)
{
    return err_set(cx, ERR_INPUT, field, key);
}

static Err refuse_arg(Cx *cx, const char *field, const char *key, Str arg)
{
    return err_set_arg(cx, ERR_INPUT, field, key, utf8_head(arg, 60));
}

const char *id_patent_type_name(PatentType type)
{
    static const char *const names[] = {
        [PATENT_NONE] = "", [PATENT_INV] = "INV", [PATENT_UM] = "UM", [PATENT_DES] = "DES"};
    assert(type < COUNT(names));
    return names[type];
}

/* ---- Application numbers ---- */

char id_appno_check(const char *digits, size_t count)
{
    static const int weights[12] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
    assert(count == 8 || count == 12);

    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        assert(is_digit(digits[i]));
        sum += (digits[i] - '0') * weights[i];
    }
    int rest = sum % 11;
    return rest == 10 ? 'X' : (char)('0' + rest);
}

/* 2.02E+12: what a spreadsheet leaves of a number of 13 digits. */
static bool is_destroyed(Str s)
{
    size_t at = digit_run(s, 0);
    if (at == 0)
        return false;
    if (at < s.len && s.data[at] == '.')
        at += 1 + digit_run(s, at + 1);
    if (at >= s.len || s.data[at] != 'E')
        return false;
    at++;
    if (at < s.len && s.data[at] == '+')
        at++;
    size_t power = digit_run(s, at);
    return power > 0 && power <= 3 && at + power == s.len;
}

/* Digits and then a kind code: a publication number in the wrong column. */
static bool is_docno_shape(Str s)
{
    size_t count = digit_run(s, 0);
    size_t at = skip_blanks(s, count);
    if (count < 7 || count > 9 || at >= s.len || !strchr("ABCUYSD", s.data[at]))
        return false;
    at++;
    return at == s.len || (at + 1 == s.len && is_digit(s.data[at]));
}

/* The pieces of a written number before they are judged. */
typedef struct AppNoScan {
    char digits[16];
    size_t count; /* Digits of the body and, when there is no dot, of the check character. */
    size_t body;  /* Digits before the check character: 8 or 12, or 0 for a wrong length. */
    char check;   /* 0 when there is none. */
    u32 blanks;   /* Bit i: a blank stands after i digits. */
} AppNoScan;

/* Takes the characters apart. False on one that has no place there. */
static bool appno_scan(Str s, AppNoScan *scan)
{
    bool dot = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        bool last = i + 1 == s.len;
        if (c == ' ')
            scan->blanks |= 1u << scan->count;
        else if (c == '.' && !dot) {
            dot = true;
            scan->body = scan->count;
        } else if (last && (c == 'X' || (dot && is_digit(c))))
            scan->check = c;
        else if (is_digit(c) && !dot && scan->count < sizeof scan->digits)
            scan->digits[scan->count++] = c;
        else
            return false;
    }
    return true;
}

/* Splits the body from the check character and sees that lengths and blanks fit one of the schemes.
 */
static bool appno_shape(AppNoScan *scan, bool *ret_length_wrong)
{
    *ret_length_wrong = false;
    if (scan->body == 0) {
        scan->body = scan->count;
        if (!scan->check && (scan->count == 9 || scan->count == 13)) {
            scan->body = scan->count - 1;
            scan->check = scan->digits[scan->body];
        }
    }
    if (scan->body != 8 && scan->body != 12) {
        *ret_length_wrong = true;
        return false;
    }
    size_t year = scan->body == 8 ? 2 : 4;
    u32 allowed = 1u | 1u << year | 1u << (year + 1) | 1u << scan->body;
    return (scan->blanks & ~allowed) == 0;
}

static int appno_year(const AppNoScan *scan)
{
    if (scan->body == 12)
        return digits_value(scan->digits, 4);
    int year = digits_value(scan->digits, 2);
    return year >= APPNO_YEAR_MIN % 100 ? 1900 + year : 2000 + year;
}

static PatentType appno_type(char digit)
{
    switch (digit) {
    case '1':
    case '8':
        return PATENT_INV;
    case '2':
    case '9':
        return PATENT_UM;
    case '3':
        return PATENT_DES;
    default:
        return PATENT_NONE;
    }
}

/* Sees that year, scheme, type and check character make sense; fills *number but for its text. */
static Err appno_judge(Cx *cx, const char *field, const AppNoScan *scan, int year_max,
                       AppNo *number)
{
    Str body = {scan->digits, scan->body};
    number->year = appno_year(scan);
    if (number->year < APPNO_YEAR_MIN || number->year > year_max) {
        Str args[] = {str_copy(cx->arena, str_slice(body, 0, scan->body == 8 ? 2 : 4)),
                      str_format(cx->arena, "%d", year_max)};
        return err_set_args(cx, ERR_INPUT, field, "registry.appno_year", args, COUNT(args));
    }
    /* The new scheme began in October 2003, in the midst of a year; the old one ended then. */
    bool scheme_fits =
        scan->body == 12 ? number->year >= APPNO_NEW_YEAR_MIN : number->year <= APPNO_NEW_YEAR_MIN;
    if (!scheme_fits)
        return refuse_arg(cx, field, "registry.appno_scheme", str_copy(cx->arena, body));

    char type = scan->digits[scan->body == 8 ? 2 : 4];
    number->type = appno_type(type);
    number->pct = type == '8' || type == '9';
    if (number->type == PATENT_NONE)
        return refuse_arg(cx, field, "registry.appno_type", str_copy(cx->arena, (Str){&type, 1}));

    char check = id_appno_check(scan->digits, scan->body);
    number->check_added = !scan->check;
    if (scan->check && scan->check != check) {
        Str args[] = {str_copy(cx->arena, (Str){&scan->check, 1}),
                      str_copy(cx->arena, (Str){&check, 1})};
        return err_set_args(cx, ERR_INPUT, field, "registry.appno_check", args, COUNT(args));
    }
    return ERR_OK;
}

Err id_appno_read(Cx *cx, const char *field, Str text, int year_max, AppNo *ret)
{
    Str s = code_clean(cx->arena, text);
    AppNo number = {0};
    if (s.len == 0)
        return refuse(cx, field, "registry.appno_empty");
    if (is_destroyed(s))
        return refuse_arg(cx, field, "registry.appno_destroyed", s);
    if (str_starts(s, S("CN")) || str_starts(s, S("ZL"))) {
        number.granted = s.data[0] == 'Z';
        s = str_trim(str_slice(s, 2, s.len));
    }
    if (is_docno_shape(s))
        return refuse_arg(cx, field, "registry.appno_docno", s);

    AppNoScan scan = {0};
    if (!appno_scan(s, &scan))
        return refuse_arg(cx, field, "registry.appno_form", s);
    bool length_wrong = false;
    if (!appno_shape(&scan, &length_wrong)) {
        if (length_wrong)
            return refuse_arg(cx, field, "registry.appno_length",
                              str_format(cx->arena, "%zu", scan.count));
        return refuse_arg(cx, field, "registry.appno_form", s);
    }
    Err e = appno_judge(cx, field, &scan, year_max, &number);
    if (e)
        return e;
    number.text = str_format(cx->arena, "%.*s.%c", (int)scan.body, scan.digits,
                             id_appno_check(scan.digits, scan.body));
    *ret = number;
    return ERR_OK;
}

Str id_appno_plain(Arena *arena, Str appno)
{
    assert(appno.len == 10 || appno.len == 14);
    return str_format(arena, "%.*s%c", (int)appno.len - 2, appno.data, appno.data[appno.len - 1]);
}

Str id_patent_no(Arena *arena, Str appno)
{
    assert(appno.len == 10 || appno.len == 14);
    return str_format(arena, "ZL%.*s", STR_ARG(appno));
}

/* ---- Publication and grant numbers ---- */

typedef struct DocRule {
    size_t digits;
    char kind;
    PatentType type;
    int year_from, year_to;
    DocMeaning meaning;
} DocRule;

// clang-format off
static const DocRule doc_rules[] = {
    /* digits  kind  type        from  to    meaning */
    { 8,       'A',  PATENT_INV, 1985, 1988, DOC_PUBLISHED },
    { 8,       'B',  PATENT_INV, 1985, 1988, DOC_EXAMINED  },
    { 8,       'U',  PATENT_UM,  1985, 1988, DOC_ANNOUNCED },
    { 8,       'S',  PATENT_DES, 1985, 1988, DOC_ANNOUNCED },
    { 7,       'A',  PATENT_INV, 1989, 2007, DOC_PUBLISHED },
    { 7,       'B',  PATENT_INV, 1989, 1992, DOC_EXAMINED  },
    { 7,       'U',  PATENT_UM,  1989, 1992, DOC_ANNOUNCED },
    { 7,       'S',  PATENT_DES, 1989, 1992, DOC_ANNOUNCED },
    { 7,       'C',  PATENT_INV, 1993, 2007, DOC_GRANTED   },
    { 7,       'Y',  PATENT_UM,  1993, 2007, DOC_GRANTED   },
    { 7,       'D',  PATENT_DES, 1993, 2007, DOC_GRANTED   },
    { 9,       'A',  PATENT_INV, 2007, 0,    DOC_PUBLISHED },
    { 9,       'C',  PATENT_INV, 2007, 2010, DOC_GRANTED   },
    { 9,       'Y',  PATENT_UM,  2007, 2010, DOC_GRANTED   },
    { 9,       'D',  PATENT_DES, 2007, 2010, DOC_GRANTED   },
    { 9,       'B',  PATENT_INV, 2010, 0,    DOC_GRANTED   },
    { 9,       'U',  PATENT_UM,  2010, 0,    DOC_GRANTED   },
    { 9,       'S',  PATENT_DES, 2010, 0,    DOC_GRANTED   },
};
// clang-format on

const char *id_doc_meaning_key(DocMeaning meaning)
{
    static const char *const keys[] = {
        [DOC_PUBLISHED] = "registry.doc_published",
        [DOC_EXAMINED] = "registry.doc_examined",
        [DOC_ANNOUNCED] = "registry.doc_announced",
        [DOC_GRANTED] = "registry.doc_granted",
        [DOC_FRONT_CORRECTED] = "registry.doc_front_corrected",
        [DOC_TEXT_CORRECTED] = "registry.doc_text_corrected",
        [DOC_PART_INVALID] = "registry.doc_part_invalid",
        [DOC_OTHER] = "registry.doc_other",
    };
    assert(meaning >= DOC_PUBLISHED && meaning < COUNT(keys));
    return keys[meaning];
}

static const DocRule *doc_rule(size_t digits, char kind)
{
    for (size_t i = 0; i < COUNT(doc_rules); i++)
        if (doc_rules[i].digits == digits && doc_rules[i].kind == kind)
            return &doc_rules[i];
    return NULL;
}

/* What the digit behind a kind letter changes. `digit` 0: there is none. */
static DocMeaning doc_meaning(const DocRule *rule, char digit)
{
    if (!digit)
        return rule->meaning;
    if (digit == '8')
        return DOC_FRONT_CORRECTED;
    if (digit == '9')
        return DOC_TEXT_CORRECTED;
    bool can_be_invalid = strchr("BCUY", rule->kind) || (rule->kind == 'S' && digit <= '6');
    return can_be_invalid ? DOC_PART_INVALID : DOC_OTHER;
}

/* The 8-digit form re-used application numbers of 1985 to 1988; the others begin with the type. */
static bool doc_digits_fit(Str digits, const DocRule *rule)
{
    if (digits.len == 8) {
        int year = digits_value(digits.data, 2);
        return year >= 85 && year <= 88 && appno_type(digits.data[2]) == rule->type;
    }
    return digits.data[0] != '8' && digits.data[0] != '9' &&
           appno_type(digits.data[0]) == rule->type;
}

Err id_docno_read(Cx *cx, const char *field, Str text, DocNo *ret)
{
    Str written = code_clean(cx->arena, text);
    Str s = code_compact(cx->arena, written);
    if (s.len == 0)
        return refuse(cx, field, "registry.docno_empty");
    if (is_destroyed(s))
        return refuse_arg(cx, field, "registry.docno_destroyed", written);
    if (str_starts(s, S("CN")))
        s = str_slice(s, 2, s.len);

    Str digits = str_slice(s, 0, digit_run(s, 0));
    Str kind = str_slice(s, digits.len, s.len);
    if (digits.len < 7 || digits.len > 9)
        return refuse_arg(cx, field, "registry.docno_form", written);
    if (kind.len == 0)
        return refuse_arg(cx, field, "registry.docno_kind_missing", written);
    bool kind_form = kind.len == 1 || (kind.len == 2 && kind.data[1] >= '1' && kind.data[1] <= '9');
    if (!kind_form || !strchr("ABCUYSD", kind.data[0]))
        return refuse_arg(cx, field, "registry.docno_kind", kind);

    const DocRule *rule = doc_rule(digits.len, kind.data[0]);
    if (!rule || !doc_digits_fit(digits, rule))
        return refuse_arg(cx, field, "registry.docno_mismatch", written);
    *ret = (DocNo){
        .text = str_format(cx->arena, "CN%.*s%.*s", STR_ARG(digits), STR_ARG(kind)),
        .kind = str_copy(cx->arena, kind),
        .type = rule->type,
        .meaning = doc_meaning(rule, kind.len == 2 ? kind.data[1] : 0),
        .year_from = rule->year_from,
        .year_to = rule->year_to,
    };
    return ERR_OK;
}

Err id_pct_read(Cx *cx, const char *field, Str text, Str *ret)
{
    Str s = code_compact(cx->arena, code_clean(cx->arena, text));
    bool start =
        s.len > 6 && str_starts(s, S("PCT/")) && is_letter(s.data[4]) && is_letter(s.data[5]);
    size_t year = start ? digit_run(s, 6) : 0;
    size_t serial = start && 7 + year < s.len ? digit_run(s, 7 + year) : 0;
    bool whole = start && 6 + year < s.len && s.data[6 + year] == '/' && 7 + year + serial == s.len;
    if (!whole || !((year == 4 && serial == 6) || (year == 2 && serial == 5)))
        return refuse_arg(cx, field, "registry.pct_form", s);
    *ret = s;
    return ERR_OK;
}

/* ---- Classes ---- */

/* Drops `(2006.01)`, and a value letter such as I or N that no digit follows. */
static size_t skip_class_tail(Str s, size_t at)
{
    size_t next = skip_blanks(s, at);
    if (next < s.len && s.data[next] == '(') {
        size_t end = next + 1;
        while (end < s.len && (is_digit(s.data[end]) || s.data[end] == '.' || s.data[end] == ' '))
            end++;
        if (end < s.len && s.data[end] == ')')
            at = end + 1;
    }
    next = skip_blanks(s, at);
    bool letter = next < s.len && (s.data[next] == 'I' || s.data[next] == 'N');
    bool alone = next + 1 >= s.len || !(is_digit(s.data[next + 1]) || is_letter(s.data[next + 1]));
    return letter && alone ? next + 1 : at;
}

/* An IPC symbol at *at. False, and *at stands, when there is none. */
static bool scan_ipc(Arena *arena, Str s, size_t *at, Str *ret)
{
    size_t from = *at;
    if (from + 6 > s.len || s.data[from] < 'A' || s.data[from] > 'H' ||
        digit_run(s, from + 1) != 2 || !is_letter(s.data[from + 3]))
        return false;
    if (digits_value(s.data + from + 1, 2) == 0)
        return false;
    size_t main = skip_blanks(s, from + 4);
    size_t main_len = digit_run(s, main);
    size_t sub = main + main_len + 1;
    if (main_len < 1 || main_len > 4 || sub > s.len || s.data[sub - 1] != '/')
        return false;
    size_t sub_len = digit_run(s, sub);
    int group = digits_value(s.data + main, main_len);
    if (sub_len < 2 || sub_len > 6 || group == 0)
        return false;
    *ret = str_format(arena, "%.4s %d/%.*s", s.data + from, group, (int)sub_len, s.data + sub);
    *at = skip_class_tail(s, sub + sub_len);
    return true;
}

/* `LOC (14) CL.` at *at, all of it optional; the edition goes to *edition. */
static size_t skip_locarno_head(Str s, size_t at, Str *edition)
{
    if (!str_starts(str_slice(s, at, s.len), S("LOC")))
        return at;
    at = skip_blanks(s, at + 3);
    if (at < s.len && s.data[at] == '(') {
        size_t count = digit_run(s, at + 1);
        *edition = str_slice(s, at + 1, at + 1 + count);
        at += 1 + count;
        if (at < s.len && s.data[at] == ')')
            at++;
    }
    at = skip_blanks(s, at);
    if (str_starts(str_slice(s, at, s.len), S("CL")))
        at += 2;
    while (at < s.len && (s.data[at] == '.' || s.data[at] == ' '))
        at++;
    return at;
}

/* A Locarno class at *at: two digits, a hyphen, two digits, perhaps the edition in brackets. */
static bool scan_locarno(Arena *arena, Str s, size_t *at, Str *ret)
{
    Str edition = {0};
    size_t from = skip_locarno_head(s, *at, &edition);
    if (digit_run(s, from) != 2 || from + 3 > s.len || s.data[from + 2] != '-' ||
        digit_run(s, from + 3) != 2)
        return false;
    int class = digits_value(s.data + from, 2);
    if (class < 1 || class > 32)
        return false;
    size_t end = from + 5;
    size_t open = skip_blanks(s, end);
    if (open < s.len && s.data[open] == '(') {
        size_t count = digit_run(s, open + 1);
        if (count < 1 || count > 2 || open + 1 + count >= s.len || s.data[open + 1 + count] != ')')
            return false;
        edition = str_slice(s, open + 1, open + 1 + count);
        end = open + count + 2;
    }
    Str code = str_slice(s, from, from + 5);
    *ret = edition.len ? str_format(arena, "LOC(%.*s) Cl. %.*s", STR_ARG(edition), STR_ARG(code))
                       : str_format(arena, "LOC Cl. %.*s", STR_ARG(code));
    *at = end;
    return true;
}

static bool is_list_mark(u32 code)
{
    return code == ';' || code == ',' || code == '|' || code == '?' || code == '\n' ||
           code == '\r' || code == 0x3001 || code == 0xFF1B || code == 0xFF0C || code == 0xFF5C ||
           code == 0xFF1F;
}

static size_t skip_list_marks(Str s, size_t at)
{
    while (at < s.len) {
        size_t next = at;
        u32 code = utf8_next(s, &next);
        if (code != ' ' && !is_list_mark(code))
            break;
        at = next;
    }
    return at;
}

/* The entry at `at`, to the next mark: for an error. */
static Str list_entry(Str s, size_t at)
{
    size_t end = at;
    while (end < s.len) {
        size_t next = end;
        if (is_list_mark(utf8_next(s, &next)))
            break;
        end = next;
    }
    return str_slice(s, at, end);
}

/* Whether only what may follow a single class is left. */
static bool class_ends(Str s, size_t at)
{
    return skip_list_marks(s, at) == s.len;
}

Err id_ipc_read(Cx *cx, const char *field, Str text, Str *ret)
{
    Str s = code_clean(cx->arena, text);
    Str symbol = {0};
    size_t at = 0;
    if (!scan_ipc(cx->arena, s, &at, &symbol) || !class_ends(s, at))
        return refuse_arg(cx, field, "registry.ipc_form", s);
    *ret = symbol;
    return ERR_OK;
}

Err id_locarno_read(Cx *cx, const char *field, Str text, Str *ret)
{
    Str s = code_clean(cx->arena, text);
    Str class = {0};
    size_t at = 0;
    if (!scan_locarno(cx->arena, s, &at, &class) || !class_ends(s, at))
        return refuse_arg(cx, field, "registry.locarno_form", s);
    *ret = class;
    return ERR_OK;
}

static bool list_holds(const Str *list, size_t count, Str s)
{
    for (size_t i = 0; i < count; i++)
        if (str_same(list[i], s))
            return true;
    return false;
}

Err id_class_list_read(Cx *cx, const char *field, Str text, Str **ret, size_t *ret_count)
{
    Str s = code_clean(cx->arena, text);
    Str *list = ARENA_NEW(cx->arena, Str, IPC_LIST_MAX);
    size_t count = 0;
    for (size_t at = skip_list_marks(s, 0); at < s.len; at = skip_list_marks(s, at)) {
        Str class = {0};
        if (!scan_ipc(cx->arena, s, &at, &class) && !scan_locarno(cx->arena, s, &at, &class))
            return refuse_arg(cx, field, "registry.class_form", list_entry(s, at));
        if (list_holds(list, count, class))
            continue;
        if (count == IPC_LIST_MAX)
            return refuse(cx, field, "registry.class_many");
        list[count++] = class;
    }
    *ret = list;
    *ret_count = count;
    return ERR_OK;
}

Str id_ipc_key(Arena *arena, Str ipc)
{
    size_t slash = str_find(ipc, S("/"));
    assert(ipc.len > 6 && slash < ipc.len);
    int group = digits_value(ipc.data + 5, slash - 5);
    return str_format(arena, "%.4s%04d%.*s", ipc.data, group, (int)(ipc.len - slash),
                      ipc.data + slash);
}

/* ---- People ---- */

enum { RESIDENT_LEN = 18 };

Err id_resident_read(Cx *cx, const char *field, Str text, i64 today_date, Str *ret)
{
    static const int weights[RESIDENT_LEN - 1] = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                  3, 7, 9,  10, 5, 8, 4, 2};
    Str s = code_compact(cx->arena, code_clean(cx->arena, text));
    if (s.len != RESIDENT_LEN || digit_run(s, 0) < RESIDENT_LEN - 1 ||
        !(is_digit(s.data[17]) || s.data[17] == 'X'))
        return refuse(cx, field, "registry.resident_form");
    if (!code_province_known(digits_value(s.data, 2)))
        return refuse(cx, field, "registry.resident_division");
    i64 born_date = digits_value(s.data + 6, 8);
    if (!date_valid(born_date) || (today_date && born_date > today_date))
        return refuse(cx, field, "registry.resident_birthday");
    int sum = 0;
    for (size_t i = 0; i < RESIDENT_LEN - 1; i++)
        sum += (s.data[i] - '0') * weights[i];
    if (s.data[17] != "10X98765432"[sum % 11])
        return refuse(cx, field, "registry.resident_check");
    *ret = s;
    return ERR_OK;
}

Err id_orcid_read(Cx *cx, const char *field, Str text, Str *ret)
{
    Str s = code_clean(cx->arena, text);
    size_t host = str_find(s, S("ORCID.ORG/"));
    if (host < s.len)
        s = str_slice(s, host + 10, s.len);
    s = code_compact(cx->arena, s);
    if (s.len != 16 || digit_run(s, 0) < 15 || !(is_digit(s.data[15]) || s.data[15] == 'X'))
        return refuse_arg(cx, field, "registry.orcid_form", s);
    int total = 0;
    for (size_t i = 0; i < 15; i++)
        total = (total + (s.data[i] - '0')) * 2 % 11;
    int rest = (12 - total) % 11;
    if (s.data[15] != (rest == 10 ? 'X' : (char)('0' + rest)))
        return refuse_arg(cx, field, "registry.orcid_check", s);
    *ret =
        str_format(cx->arena, "%.4s-%.4s-%.4s-%.4s", s.data, s.data + 4, s.data + 8, s.data + 12);
    return ERR_OK;
}

/* +1 for an opening bracket, -1 for a closing one, 0 for anything else. */
static int bracket_step(u32 code)
{
    switch (code) {
    case '(':
    case '[':
    case 0xFF08: /* （ */
    case 0x3010: /* 【 */
    case 0x300A: /* 《 */
    case 0x3014: /* 〔 */
        return 1;
    case ')':
    case ']':
    case 0xFF09:
    case 0x3011:
    case 0x300B:
    case 0x3015:
        return -1;
    default:
        return 0;
    }
}

/* Brackets that do not close in order are ordinary characters: the list is cut through them. */
static bool brackets_balanced(Str s)
{
    int depth = 0;
    for (size_t at = 0; at < s.len && depth >= 0;)
        depth += bracket_step(utf8_next(s, &at));
    return depth == 0;
}

/* Whether a company's ending, not another name, follows a comma: `Acme Co., Ltd.` */
static bool company_ending(Str rest)
{
    static const char *const endings[] = {"LTD", "LIMITED", "INC", "LLC", "CORP", "CO", "GMBH",
                                          "LP",  "L.P",     "S.A", "PLC", "PTE",  "KG"};
    char word[10] = {0};
    size_t count = 0;
    rest = str_trim(rest);
    while (count < rest.len && count < sizeof word - 1) {
        char c = rest.data[count];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (!is_letter(c) && !(c == '.' && count == 1))
            break;
        word[count++] = c;
    }
    for (size_t i = 0; i < COUNT(endings); i++)
        if (strcmp(word, endings[i]) == 0)
            return true;
    return false;
}

/* End of the name that starts at `from`; *ret_next is where the one after it starts. */
static size_t name_end(Str s, size_t from, bool use_brackets, size_t *ret_next)
{
    int depth = 0;
    for (size_t at = from; at < s.len;) {
        size_t next = at;
        u32 code = utf8_next(s, &next);
        if (use_brackets)
            depth += bracket_step(code);
        bool comma = code == ',' || code == 0xFF0C;
        bool single_question = code == '?' && !(next < s.len && s.data[next] == '?') &&
                               !(at > 0 && s.data[at - 1] == '?');
        if (depth == 0 && is_list_mark(code) && !single_question &&
            !(comma && company_ending(str_slice(s, next, s.len)))) {
            *ret_next = next;
            return at;
        }
        at = next;
    }
    *ret_next = s.len;
    return s.len;
}

Err id_names_read(Cx *cx, const char *field, Str text, Str **ret, size_t *ret_count)
{
    bool use_brackets = brackets_balanced(text);
    Str *list = NULL;
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        size_t next = 0;
        size_t end = name_end(text, at, use_brackets, &next);
        Str name = str_trim(str_slice(text, at, end));
        at = next;
        if (name.len == 0)
            continue;
        if (count == NAME_LIST_MAX)
            return refuse(cx, field, "registry.names_many");
        list = arena_grow(cx->arena, list, count * sizeof *list, (count + 1) * sizeof *list);
        list[count++] = name;
    }
    *ret = list;
    *ret_count = count;
    return ERR_OK;
}

/* ---- Days ---- */

enum { SERIAL_EPOCH_DAYS = 25569, SERIAL_MIN = 61, SERIAL_MAX = 109574 };

/* The sign between the parts of a day: one of . - / or 年, 月; 0 when it is none of them. */
static u32 date_sign(Str s, size_t *at)
{
    size_t next = skip_blanks(s, *at);
    if (next >= s.len)
        return 0;
    u32 code = utf8_next(s, &next);
    if (code != '.' && code != '-' && code != '/' && code != 0x5E74 && code != 0x6708)
        return 0;
    *at = skip_blanks(s, next);
    return code;
}

/* Whether what is left behind a day is nothing, or a time of day. */
static bool date_rest(Str rest)
{
    if (rest.len == 0)
        return true;
    if (rest.data[0] != ' ' && rest.data[0] != 'T')
        return false;
    rest = str_trim(str_slice(rest, 1, rest.len));
    size_t hour = digit_run(rest, 0);
    if (hour < 1 || hour > 2 || hour >= rest.len || rest.data[hour] != ':')
        return false;
    for (size_t i = hour; i < rest.len; i++)
        if (!is_digit(rest.data[i]) && rest.data[i] != ':' && rest.data[i] != '.' &&
            !(rest.data[i] == 'Z' && i + 1 == rest.len))
            return false;
    return true;
}

/* yyyymmdd of a day in parts, not yet proven to exist; 0 when the text has another form. */
static i64 date_in_parts(Str s)
{
    size_t at = 4;
    u32 first = date_sign(s, &at);
    size_t month_at = at, month_len = digit_run(s, at);
    at += month_len;
    u32 second = date_sign(s, &at);
    size_t day_at = at, day_len = digit_run(s, at);
    at += day_len;
    bool signs = first == 0x5E74 ? second == 0x6708 : first && first != 0x6708 && first == second;
    if (!signs || month_len < 1 || month_len > 2 || day_len < 1 || day_len > 2)
        return 0;

    Str rest = str_slice(s, at, s.len);
    Str behind = str_slice(s, skip_blanks(s, at), s.len);
    if (first == 0x5E74 && str_starts(behind, S("日")))
        rest = str_slice(behind, sizeof "日" - 1, behind.len);
    else if (str_same(rest, S(".")))
        rest = (Str){0};
    if (!date_rest(rest))
        return 0;
    return (i64)digits_value(s.data, 4) * 10000 + digits_value(s.data + month_at, month_len) * 100 +
           digits_value(s.data + day_at, day_len);
}

/* The day of a spreadsheet's day number, its time of day dropped; 0 when it is none. */
static i64 date_from_serial(Str s)
{
    size_t count = digit_run(s, 0);
    if (count < 2 || count > 6)
        return 0;
    bool fraction =
        count < s.len && s.data[count] == '.' && count + 1 + digit_run(s, count + 1) == s.len;
    int serial = digits_value(s.data, count);
    if ((count < s.len && !fraction) || serial < SERIAL_MIN || serial > SERIAL_MAX)
        return 0;
    return date_from_days(serial - SERIAL_EPOCH_DAYS);
}

Err id_date_read(Cx *cx, const char *field, Str text, DateForm form, i64 *ret_date)
{
    Str s = code_clean(cx->arena, text);
    if (s.len == 0)
        return refuse(cx, field, "registry.date_empty");
    size_t count = digit_run(s, 0);
    i64 date = 0;
    if (count == 8 && date_rest(str_slice(s, 8, s.len)))
        date = digits_value(s.data, 8);
    else if (count == 4)
        date = date_in_parts(s);
    if (!date) {
        i64 serial_date = date_from_serial(s);
        if (!serial_date)
            return refuse_arg(cx, field, "registry.date_form", s);
        if (form != DATE_OR_SERIAL)
            return refuse_arg(cx, field, "registry.date_serial", s);
        date = serial_date;
    }
    if (!date_valid(date))
        return refuse_arg(cx, field, "registry.date_impossible", s);
    *ret_date = date;
    return ERR_OK;
}

i64 id_expiry_date(PatentType type, i64 filing_date)
{
    enum { DESIGN_15_FROM_DATE = 20210601 };
    static const int term_years[] = {
        [PATENT_NONE] = 0, [PATENT_INV] = 20, [PATENT_UM] = 10, [PATENT_DES] = 15};
    if (type == PATENT_NONE || filing_date == 0)
        return 0;
    int years = term_years[type];
    if (type == PATENT_DES && filing_date < DESIGN_15_FROM_DATE)
        years = 10;
    return date_add_years(filing_date, years);
}
