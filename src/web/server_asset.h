/* server_asset.h - static files built into the program: found, chosen by encoding, cached by hash.
 */
#ifndef WEB_SERVER_ASSET_H
#define WEB_SERVER_ASSET_H

#include "base/base.h"

typedef struct Asset {
    const char *path; /* "app.css"; below the prefix the caller serves it at. */
    const char *content_type;
    const char *hash; /* Hexadecimal of the content; the ETag and the ?v= of the URL. */
    Str raw;
    Str gzip; /* Empty when not smaller. */
    Str brotli;
} Asset;

/* In a table sorted by path. NULL when there is none. */
const Asset *asset_find(const Asset *assets, size_t count, Str path);

/* prefix + path + "?v=" + hash: the form that browsers may keep for a year. */
Str asset_url(Arena *arena, Str prefix, const Asset *asset);

typedef struct AssetChoice {
    Str bytes;
    const char *encoding; /* NULL: as it is. */
    Str etag;             /* Quoted; each encoding has its own. */
    bool unchanged;       /* Answer 304. */
    const char *cache_control;
} AssetChoice;

/* What to send: accept_encoding and if_none_match are header values, version the URL's v. */
AssetChoice asset_choose(Arena *arena, const Asset *asset, Str accept_encoding, Str if_none_match,
                         Str version);

/* Weight a client gives a coding in Accept-Encoding, in thousandths; 0 when it does not want it. */
int accept_weight(Str accept_encoding, const char *coding);

#endif
