/* Signed papers and the register of processing, checked and printed without a server. */
#include "cli/cli.h"

#include "base/openssl.h"
#include "consent/consent.h"
#include "store/files.h"

#include <stdio.h>
#include <string.h>

static Err hash_file(Cli *cli, Str path, Str *ret)
{
    u8 piece[64 * 1024], digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    size_t got;
    FILE *file = fopen(str_z(&cli->arena, path), "re");
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = file && md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
    while (ok && (got = fread(piece, 1, sizeof piece, file)) > 0)
        ok = EVP_DigestUpdate(md, piece, got) == 1;
    ok = ok && !ferror(file) && EVP_DigestFinal_ex(md, digest, &len) == 1;
    EVP_MD_CTX_free(md);
    if (file)
        fclose(file);
    if (!ok)
        return err_set_arg(&cli->cx, ERR_MISSING, "file", "sheet.unreadable", path);
    *ret = hex_from(&cli->arena, digest, len);
    return ERR_OK;
}

typedef struct Found {
    ConsentState state;
    Consent row;
    Str hash;
} Found;

/* Against the data folder alone: rows, and the public key beside them. */
static Err find(Cli *cli, Found *found)
{
    Open open;
    Cx cx;
    Err e = house_open(&cli->cx, &cli->settings, OPEN_READ, &open);
    if (e)
        return e;
    e = house_reader(&open, &cli->arena, &cx);
    if (!e)
        e = consent_check(&cx, S(""), found->hash, cli_public_key(&cx, cli->settings.data),
                          &found->state, &found->row);
    if (e)
        cli->cx.err = cx.err;
    house_reader_done(&cx);
    house_close(&open);
    return e;
}

static void print_found(Cli *cli, const Found *found)
{
    Arena *arena = &cli->arena;
    char *label =
        str_z(arena, str_format(arena, "consent.state.%s", consent_state_name(found->state)));
    Val *map = val_map(arena);
    val_set_z(arena, map, "state", consent_state_name(found->state));
    val_set_str(arena, map, "hash", found->hash);
    if (found->row.id) {
        val_set_str(arena, map, "number", found->row.number);
        val_set_str(arena, map, "kind", found->row.kind);
        val_set_int(arena, map, "signed_ms", found->row.signed_ms);
        val_set_int(arena, map, "withdrawn_ms", found->row.withdrawn_ms);
    }
    if (cli->json) {
        cli_print(cli, map);
        return;
    }
    Str words = text_say(arena, cli->cx.lang, label, NULL, 0);
    printf("%.*s  %.*s\n", STR_ARG(words), STR_ARG(found->row.number));
    printf("SHA-256 %.*s\n", STR_ARG(found->hash));
    if (found->row.signed_ms)
        printf("%.*s %.*s\n", STR_ARG(text_say(arena, cli->cx.lang, "cli.consent_signed", NULL, 0)),
               STR_ARG(time_format(arena, found->row.signed_ms)));
    if (found->row.withdrawn_ms)
        printf("%.*s %.*s\n",
               STR_ARG(text_say(arena, cli->cx.lang, "cli.consent_withdrawn", NULL, 0)),
               STR_ARG(time_format(arena, found->row.withdrawn_ms)));
}

int cli_consent(Cli *cli)
{
    static const int codes[] = {
        [CONSENT_VALID] = EXIT_DONE,      [CONSENT_UNKNOWN] = EXIT_MISSING,
        [CONSENT_WITHDRAWN] = EXIT_STATE, [CONSENT_ENDED] = EXIT_STATE,
        [CONSENT_FORGED] = EXIT_EDITED,
    };
    Found found = {0};
    bool asked = cli->word_count == 3 && str_same(cli->words[1], S("verify"));
    Err e = asked ? hash_file(cli, cli->words[2], &found.hash)
                  : err_set(&cli->cx, ERR_INPUT, "file", "cli.consent_usage");
    if (!e)
        e = find(cli, &found);
    if (e)
        return cli_fail(cli, &cli->cx, e);
    print_found(cli, &found);
    return codes[found.state];
}

/* ---- the register ---- */

static void print_row(const Val *row)
{
    static const char *const parts[] = {"purpose", "ground", "receivers", "kept"};
    const Val *fields = val_get(row, "fields");
    printf("%.*s (%.*s):", STR_ARG(val_get_str(row, "label")), STR_ARG(val_get_str(row, "type")));
    for (size_t i = 0; i < val_count(fields); i++)
        printf(" %.*s", STR_ARG(val_get_str(val_at(fields, i), "label")));
    printf("\n");
    for (size_t i = 0; i < COUNT(parts); i++)
        printf("  %-10s %.*s\n", parts[i], STR_ARG(val_get_str(row, parts[i])));
}

int cli_processing(Cli *cli)
{
    House house = {.rooms = all_rooms, .room_count = all_rooms_count};
    cli->cx.house = &house;
    const Val *map = processing_val(&cli->cx), *items = val_get(map, "items");
    if (cli->json) {
        cli_print(cli, map);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < val_count(items); i++)
        print_row(val_at(items, i));
    printf("%.*s\n", STR_ARG(val_get_str(map, "measures")));
    return EXIT_DONE;
}
