/* What a password must be: long enough, of several kinds of characters, not the login, none that
 * everybody tries, none of those before (GB/T 22239-2019 8.1.4.1; OWASP ASVS 4.0.3, V2.1). */
#include "ident/ident_int.h"

#include "command/settings.h"

/* What stands in passwords that everybody tries once the digits and signs around it are gone. */
static const char *const common_words[] = {
    "a",          "aa",         "aaa",       "abc",          "abcd",      "abcde",
    "abcdef",     "abcdefg",    "account",   "admin",        "admins",    "asd",
    "asdf",       "asdfgh",     "asdfghjkl", "baidu",        "changeme",  "china",
    "company",    "default",    "dragon",    "football",     "guest",     "hello",
    "helloworld", "huawei",     "iloveyou",  "letmein",      "login",     "manager",
    "master",     "mima",       "monkey",    "nihao",        "office",    "operator",
    "passwd",     "passwort",   "password",  "passwords",    "patent",    "princess",
    "pwd",        "q",          "qaz",       "qazwsx",       "qazwsxedc", "qq",
    "qwe",        "qweasd",     "qweasdzxc", "qwer",         "qwert",     "qwerty",
    "qwertyuiop", "root",       "secret",    "server",       "sunshine",  "superman",
    "system",     "techbourse", "temp",      "temppassword", "test",      "tester",
    "user",       "welcome",    "welcometo", "woaini",       "wsx",       "xiaomi",
    "zaq",        "zxc",        "zxcv",      "zxcvbn",       "zxcvbnm",   "administrator",
};

enum { LOGIN_LEN_MIN = 3, DISTINCT_MIN = 5 };

/* Of lower, upper, digit, other; whatever is not ASCII is other. */
static i64 classes_of(Str password)
{
    bool lower = false, upper = false, digit = false, other = false;
    for (size_t i = 0; i < password.len; i++) {
        char c = password.data[i];
        if (c >= 'a' && c <= 'z')
            lower = true;
        else if (c >= 'A' && c <= 'Z')
            upper = true;
        else if (c >= '0' && c <= '9')
            digit = true;
        else
            other = true;
    }
    return lower + upper + digit + other;
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* The letters a sign is written for: P@ssw0rd. */
static char letter_of(char c)
{
    static const char signs[] = "@0$13!", letters[] = "aosiei";
    for (size_t i = 0; signs[i]; i++)
        if (signs[i] == c)
            return letters[i];
    return c;
}

static bool is_common_word(Str word)
{
    for (size_t i = 0; i < COUNT(common_words); i++)
        if (str_same_z(word, common_words[i]))
            return true;
    return false;
}

/* A word of the list with digits and signs before, behind or between, or in place of letters. */
static bool is_common(Arena *arena, Str password)
{
    Str lower = str_lower(arena, password);
    size_t from = 0, to = lower.len;
    while (from < to && !is_letter(lower.data[from]))
        from++;
    while (to > from && !is_letter(lower.data[to - 1]))
        to--;
    Buf letters = buf_new(arena), meant = buf_new(arena);
    for (size_t i = from; i < to; i++) {
        if ((u8)lower.data[i] >= 0x80) /* Chinese between them: no such word. */
            return false;
        if (is_letter(lower.data[i]))
            buf_char(&letters, lower.data[i]);
        buf_char(&meant, letter_of(lower.data[i]));
    }
    return letters.len && (is_common_word(buf_str(&letters)) || is_common_word(buf_str(&meant)));
}

/* Aa1!Aa1!Aa1! has as many kinds as one wants. */
static bool too_few_signs(Str password)
{
    u32 seen[DISTINCT_MIN];
    size_t count = 0, at = 0;
    while (at < password.len && count < DISTINCT_MIN) {
        u32 code = utf8_next(password, &at);
        bool known = false;
        for (size_t i = 0; i < count; i++)
            known = known || seen[i] == code;
        if (!known)
            seen[count++] = code;
    }
    return count < DISTINCT_MIN;
}

Err password_allowed(Cx *cx, const char *field, Str login, Str password)
{
    const Settings *settings = house_of(cx)->settings;
    i64 least = settings->password_len_min, classes = settings->password_classes;
    if ((i64)utf8_count(password) < least)
        return err_set_arg(cx, ERR_INPUT, field, "ident.password_short",
                           str_format(cx->arena, "%lld", (long long)least));
    if (classes_of(password) < classes)
        return err_set_arg(cx, ERR_INPUT, field, "ident.password_classes",
                           str_format(cx->arena, "%lld", (long long)classes));
    if (login.len >= LOGIN_LEN_MIN &&
        str_has(str_lower(cx->arena, password), str_lower(cx->arena, login)))
        return err_set(cx, ERR_INPUT, field, "ident.password_login");
    if (too_few_signs(password) || is_common(cx->arena, password))
        return err_set(cx, ERR_INPUT, field, "ident.password_common");
    return ERR_OK;
}

Err password_fresh(Cx *cx, const Account *account, Str password)
{
    i64 kept = house_of(cx)->settings->password_kept;
    Str rest = account->password_old, former;
    bool used = kept && password_right(cx, account->password, password);
    for (i64 i = 0; !used && i < kept && str_split(&rest, ';', &former); i++)
        used = former.len && password_right(cx, former, password);
    if (!used)
        return ERR_OK;
    return err_set_arg(cx, ERR_INPUT, "password", "ident.password_used",
                       str_format(cx->arena, "%lld", (long long)kept));
}

void password_put(Cx *cx, Account *account, Str encoded)
{
    i64 kept = house_of(cx)->settings->password_kept;
    Buf former = buf_new(cx->arena);
    Str rest = account->password_old, one = account->password;
    for (i64 i = 0; i < kept && one.len; i++) {
        if (former.len)
            buf_char(&former, ';');
        buf_add(&former, one);
        if (!rest.len || !str_split(&rest, ';', &one))
            break;
    }
    account->password_old = buf_str(&former);
    account->password = encoded;
    account->password_ms = clock_now_ms(cx->clock);
    account->tries = account->locks = account->locked_until_ms = 0;
}
