/* What may be fetched for a provider: the one rule against being sent into the own network. */
#include "ident/oidc.h"

#include <arpa/inet.h>
#include <string.h>

enum { URL_LEN_MAX = 2000 };

typedef struct Url {
    bool https;
    Str host; /* Without the brackets of IPv6. */
} Url;

static bool host_sign(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':';
}

/* The host and port of `authority`. False for user names, empty hosts and odd signs: what curl
 * might read otherwise than we do is not asked for. */
static bool read_host(Str authority, Str *ret_host)
{
    bool six = str_starts(authority, S("["));
    size_t end = six ? str_find(authority, S("]")) : str_find(authority, S(":"));
    Str host = str_slice(authority, six, end),
        port = str_slice(authority, end + six, authority.len);
    i64 number = 0;
    if ((six && end == authority.len) || !host.len)
        return false;
    if (port.len && (port.data[0] != ':' || !str_to_i64(str_slice(port, 1, port.len), &number) ||
                     number < 1 || number > 65535))
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (!host_sign(host.data[i]) || (host.data[i] == ':' && !six))
            return false;
    *ret_host = host;
    return true;
}

static bool read_url(Str text, Url *ret)
{
    ret->https = str_starts(text, S("https://"));
    if (text.len > URL_LEN_MAX || (!ret->https && !str_starts(text, S("http://"))))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((u8)text.data[i] <= 0x20 || (u8)text.data[i] >= 0x7f || strchr("\\#\"<>", text.data[i]))
            return false;
    Str rest = str_slice(text, ret->https ? 8 : 7, text.len);
    size_t end = 0;
    while (end < rest.len && rest.data[end] != '/' && rest.data[end] != '?')
        end++;
    return read_host(str_slice(rest, 0, end), &ret->host);
}

typedef enum Reach { REACH_PUBLIC, REACH_PRIVATE, REACH_LOOPBACK, REACH_NEVER } Reach;

// clang-format off
/* IANA's special-purpose registries (RFC 6890), what is not plainly on the internet. */
static const struct {
    u32 net;
    int bits;
    Reach reach;
} nets4[] = {
    {0x00000000, 8, REACH_NEVER},    {0x0a000000, 8, REACH_PRIVATE},  {0x64400000, 10, REACH_PRIVATE},
    {0x7f000000, 8, REACH_LOOPBACK}, {0xa9fe0000, 16, REACH_NEVER},   {0xac100000, 12, REACH_PRIVATE},
    {0xc0000000, 24, REACH_NEVER},   {0xc0000200, 24, REACH_NEVER},   {0xc0586300, 24, REACH_NEVER},
    {0xc0a80000, 16, REACH_PRIVATE}, {0xc6120000, 15, REACH_PRIVATE}, {0xc6336400, 24, REACH_NEVER},
    {0xcb007100, 24, REACH_NEVER},   {0xe0000000, 3, REACH_NEVER}, /* Multicast, reserved, broadcast. */
};
// clang-format on

static Reach reach4(u32 address)
{
    for (size_t i = 0; i < COUNT(nets4); i++)
        if ((address ^ nets4[i].net) >> (32 - nets4[i].bits) == 0)
            return nets4[i].reach;
    return REACH_PUBLIC;
}

static u32 last_four(const u8 *bytes)
{
    return (u32)bytes[0] << 24 | (u32)bytes[1] << 16 | (u32)bytes[2] << 8 | bytes[3];
}

static Reach reach6(const u8 b[16])
{
    static const u8 zeros[16] = {0}, mapped[12] = {[10] = 0xff, [11] = 0xff},
                    sixty_four[12] = {0, 0x64, 0xff, 0x9b};
    if (memcmp(b, mapped, 12) == 0 || memcmp(b, sixty_four, 12) == 0)
        return reach4(last_four(b + 12));
    if (memcmp(b, zeros, 15) == 0)
        return b[15] == 1 ? REACH_LOOPBACK : REACH_NEVER;
    if ((b[0] & 0xfe) == 0xfc)
        return REACH_PRIVATE;
    if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 carries an IPv4 address. */
        return reach4(last_four(b + 2));
    bool documentation = b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8,
         teredo = b[0] == 0x20 && b[1] == 0x01 && !b[2] && !b[3];
    return (b[0] & 0xe0) == 0x20 && !documentation && !teredo ? REACH_PUBLIC : REACH_NEVER;
}

static Reach reach_of(Str address)
{
    char text[INET6_ADDRSTRLEN] = {0};
    u8 six[16];
    struct in_addr four;
    if (!address.len || address.len >= sizeof text)
        return REACH_NEVER;
    memcpy(text, address.data, address.len);
    if (inet_pton(AF_INET, text, &four) == 1)
        return reach4(ntohl(four.s_addr));
    return inet_pton(AF_INET6, text, six) == 1 ? reach6(six) : REACH_NEVER;
}

static bool same_host(Str a, Str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if ((a.data[i] | 0x20) != (b.data[i] | 0x20))
            return false;
    return true;
}

static bool names_loopback(Str host)
{
    return same_host(host, S("localhost")) || reach_of(host) == REACH_LOOPBACK;
}

bool oidc_may_fetch(Str issuer, Str issuer_address, Str url, Str address)
{
    Url own, asked;
    if (!read_url(issuer, &own) || !read_url(url, &asked))
        return false;
    bool plain = !own.https && names_loopback(own.host); /* A provider on this machine. */
    if ((!own.https && !plain) || (!asked.https && !(plain && names_loopback(asked.host))))
        return false;
    if (!address.len)
        return true;
    Reach reach = reach_of(address);
    if (!asked.https)
        return reach == REACH_LOOPBACK;
    if (reach == REACH_PUBLIC)
        return true;
    if (reach == REACH_NEVER)
        return false;
    if (same_host(asked.host, own.host)) /* The operator named this host. */
        return true;
    Reach issuers = issuer_address.len ? reach_of(issuer_address) : REACH_PUBLIC;
    return issuers != REACH_NEVER && reach <= issuers;
}
