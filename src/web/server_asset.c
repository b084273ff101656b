#include "web/server_asset.h"

#include <string.h>
#include <strings.h>

const Asset *asset_find(const Asset *assets, size_t count, Str path)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_order(path, str_from(assets[middle].path));
        if (order == 0)
            return &assets[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

Str asset_url(Arena *arena, Str prefix, const Asset *asset)
{
    return str_format(arena, "%.*s%s?v=%s", STR_ARG(prefix), asset->path, asset->hash);
}

/* The q of one list item, in thousandths: "gzip;q=0.5" gives 500, no q gives 1000. */
static int item_weight(Str parameters)
{
    Str part;
    while (str_split(&parameters, ';', &part)) {
        part = str_trim(part);
        if (part.len < 3 || (part.data[0] != 'q' && part.data[0] != 'Q') || part.data[1] != '=')
            continue;
        int weight = part.data[2] == '1' ? 1000 : 0;
        int unit = 100;
        for (size_t i = 4; i < part.len && unit > 0; i++, unit /= 10) {
            if (part.data[i] < '0' || part.data[i] > '9')
                return 0;
            weight += (part.data[i] - '0') * unit;
        }
        return weight < 1000 ? weight : 1000;
    }
    return 1000;
}

int accept_weight(Str accept_encoding, const char *coding)
{
    int any = 0;
    Str item;
    while (str_split(&accept_encoding, ',', &item)) {
        size_t end = str_find(item, S(";"));
        Str name = str_trim(str_slice(item, 0, end));
        Str parameters = str_slice(item, end + 1, item.len);
        if (name.len == strlen(coding) && strncasecmp(name.data, coding, name.len) == 0)
            return item_weight(parameters);
        if (str_same(name, S("*")))
            any = item_weight(parameters);
    }
    return any;
}

/* If-None-Match: a list of tags or "*"; weak ones count as the same here (RFC 9110, 13.1.2). */
static bool none_match_has(Str list, Str etag)
{
    Str item;
    while (str_split(&list, ',', &item)) {
        item = str_trim(item);
        if (str_starts(item, S("W/")))
            item = str_slice(item, 2, item.len);
        if (str_same(item, etag) || str_same(item, S("*")))
            return true;
    }
    return false;
}

AssetChoice asset_choose(Arena *arena, const Asset *asset, Str accept_encoding, Str if_none_match,
                         Str version)
{
    int brotli = asset->brotli.len > 0 ? accept_weight(accept_encoding, "br") : 0;
    int gzip = asset->gzip.len > 0 ? accept_weight(accept_encoding, "gzip") : 0;
    AssetChoice choice = {.bytes = asset->raw};
    if (brotli > 0 && brotli >= gzip) {
        choice.bytes = asset->brotli;
        choice.encoding = "br";
    } else if (gzip > 0) {
        choice.bytes = asset->gzip;
        choice.encoding = "gzip";
    }
    choice.etag = choice.encoding ? str_format(arena, "\"%s-%s\"", asset->hash, choice.encoding)
                                  : str_format(arena, "\"%s\"", asset->hash);
    choice.unchanged = none_match_has(if_none_match, choice.etag);
    choice.cache_control = str_same_z(version, asset->hash) ? "public, max-age=31536000, immutable"
                                                            : "public, no-cache";
    return choice;
}
