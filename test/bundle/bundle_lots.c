/* bundle_lots.c - writes bundles of the simulator's lots: bundle_lots FOLDER FIRST LAST. */
#include "auction/bundle_journal_fixture.h"

static int write_lot(Maker *maker, const char *folder, i64 seed)
{
    Str text = {0};
    maker_begin(maker, seed % 2 ? FACT_SM3 : FACT_SHA256);
    maker->no_ticks = seed % 3 == 0;
    SimRun run = bid_sim(&maker->arena, seed);
    maker_lot(maker, seed, run.journal, 1 + (int)(seed % 9));
    if (maker_bundle(maker, &text)) {
        fprintf(stderr, "seed %lld: %s\n", (long long)seed, maker->cx.err.key);
        return 1;
    }
    Str path = str_format(&maker->arena, "%s/%s-%lld.jsonl", folder,
                          bid_mode_name(maker->play.rules.mode), (long long)seed);
    FILE *file = fopen(str_z(&maker->arena, path), "we");
    bool ok = file && fwrite(text.data, 1, text.len, file) == text.len;
    if (!file || fclose(file) != 0 || !ok)
        return perror(folder), 1;
    maker_end(maker);
    return 0;
}

int main(int argc, char **argv)
{
    i64 first = 0, last = 0;
    if (argc != 4 || !str_to_i64(str_from(argv[2]), &first) ||
        !str_to_i64(str_from(argv[3]), &last))
        return fprintf(stderr, "bundle_lots FOLDER FIRST LAST\n"), 2;
    static Maker maker;
    int code = 0;
    for (i64 seed = first; !code && seed <= last; seed++)
        code = write_lot(&maker, argv[1], seed);
    return code;
}
