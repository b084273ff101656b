#!/usr/bin/env bash
# The fuzz targets with libFuzzer, a minute each (FUZZ_SECONDS), from the files of test/fuzz. What is found
# stays in build-fuzz/found: put it into test/fuzz/NAME, where every run replays it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../script/lib.sh"
seconds=${FUZZ_SECONDS:-60}
flags=(-g -O1 '-fsanitize=address,undefined' -fno-omit-frame-pointer -D_GNU_SOURCE -std=gnu11 -Isrc)

if [ ! -e build-fuzz/build.ninja ]; then
    CC=clang CFLAGS=-fsanitize=fuzzer-no-link meson setup build-fuzz -Db_sanitize=address,undefined \
        -Db_lundef=false -Doptimization=1 -Dtests=false
fi
mapfile -t rooms < <(ninja -C build-fuzz -t targets all | sed -nE 's/^(src\/libtb_[a-z]+\.a):.*/\1/p')
ninja -C build-fuzz "${rooms[@]}"
mkdir -p build-fuzz/found
read -ra libs <<<"$(pkg-config --libs libpq sqlite3 jansson libmicrohttpd libcurl libfyaml uchardet icu-uc \
    icu-i18n libzip xlsxwriter expat libargon2 libcrypto libqrencode pangocairo zlib) -lcsv -lpthread -lm"
passed=0
failed=0
for target in exchange/sheet_fuzz.c:sheet match/match_fuzz.c:match auction/bid_fuzz.c:bid \
    auction/bundle_fuzz.c:bundle; do
    source=src/${target%%:*} name=${target##*:}
    clang "${flags[@]}" -fsanitize=fuzzer -DFUZZ_LIBFUZZER "$source" -o "build-fuzz/$name" \
        -Wl,--start-group build-fuzz/src/libtb_*.a -Wl,--end-group "${libs[@]}"
    mkdir -p "build-fuzz/corpus/$name"
    if "build-fuzz/$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
        "-artifact_prefix=build-fuzz/found/$name-" "build-fuzz/corpus/$name" "test/fuzz/$name"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
