/* Throws bytes at the check of bundles (fuzz.h): it ends, says what is wrong with a key that has
 * words, and says the same again. */
#include "base/fuzz.h"

#include "auction/bundle.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    Arena arena = {0};
    Cx cx = {.arena = &arena};
    Str text = {(const char *)data, size};
    const BundleAsk ask = {.receipt_n = 1, .receipt_hash = S("00"), .who_no = 1};
    BundleReport report, again;
    bundle_check(&cx, text, &ask, &report);
    assert(!report.ok && report.why && report.part && report.n >= 0);
    assert(text_find(LANG_EN, report.why));
    bundle_check(&cx, text, &ask, &again);
    if (again.n != report.n || again.why != report.why || again.line != report.line)
        abort();
    assert(!cx.err.code);
    arena_done(&arena);
    return 0;
}

FUZZ_MAIN("test/fuzz/bundle");
