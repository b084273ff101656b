/* embed.h - asking a server what texts mean: POST /v1/embeddings, as OpenAI defined it and as
 * text-embeddings-inference, Ollama, vLLM and llama.cpp speak it.
 *
 * Off unless the setting embed_url names a server. What is sent is for the caller to answer for:
 * match_embed.h sends what everybody may read and nothing else. A call waits for the server, so it
 * belongs on a thread of its own, never on a worker's or the writer's.
 *
 * Redirects are not followed, proxies of the environment not used, and an answer may be as long as
 * the vectors asked for can be, no longer.
 */
#ifndef MATCH_EMBED_H
#define MATCH_EMBED_H

#include "base/base.h"
#include "command/settings.h"

enum {
    EMBED_DIMS_MAX = 4096,
    EMBED_BATCH_MAX = 256,
    EMBED_TRIES = 4,      /* Of one question, when the server is busy or cannot be reached. */
    EMBED_PAUSE_MS = 500, /* Before the second; each further pause is twice as long. */
};

typedef struct EmbedServer {
    Str url; /* Of the endpoint. */
    Str model;
    Str key;  /* '' : none is sent. */
    i64 dims; /* Numbers of one vector; 0: as many as come, the same in each. */
    i64 timeout_ms;
    /* Waits so many milliseconds; false when it is time to stop, which is also asked for with 0
     * while an answer is awaited. NULL: does not wait, never stops. */
    bool (*rest)(void *context, i64 ms);
    void *context;
} EmbedServer;

/* `count` vectors of `dims` numbers one after another, in the order of the texts. */
typedef struct EmbedAnswer {
    const float *values;
    size_t count;
    size_t dims;
} EmbedAnswer;

/* The server that the settings name; an empty url when they name none. In cx->arena; rest is left
 * to the caller. ERR_INPUT with the setting: "embed.bad_url", "embed.no_model", "embed.bad_key". */
NODISCARD Err embed_begin(Cx *cx, const Settings *settings, EmbedServer *ret);

/* The endpoint of what an operator wrote: /v1/embeddings is added where it is missing. False unless
 * it is http(s) with a plain host. */
bool embed_endpoint(Arena *arena, Str written, Str *ret);

/* Asks for the vectors of 1..EMBED_BATCH_MAX texts; tries again when that may help.
 *   ERR_BUSY    "embed.unreachable", "embed.timeout", "embed.busy": after EMBED_TRIES
 *   ERR_DENIED  "embed.refused": another status, a redirect too
 *   ERR_INPUT   "embed.text_refused": it takes no such text (400, 413, 422)
 *   ERR_LIMIT   "embed.too_long": the answer
 *   ERR_STATE   "embed.stopped": rest said so
 *   ERR_IO      what embed_read finds */
NODISCARD Err embed_ask(Cx *cx, const EmbedServer *server, const Str *texts, size_t count,
                        EmbedAnswer *ret);

/* Reads an answer to `count` texts. Always ERR_IO: "embed.garbage", "embed.wrong_count",
 * "embed.wrong_order" (`index` is missing, double or beyond), "embed.wrong_dimension",
 * "embed.bad_numbers" (none, not finite, or all 0). */
NODISCARD Err embed_read(Cx *cx, Str json, size_t count, i64 dims, EmbedAnswer *ret);

#endif
