#!/usr/bin/env bash
# From the start of the server to its first page, and its memory when idle, with 78,013 records. The
# other side is the same server over an empty exchange.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
import_patents >/dev/null
"$program" init --data "$work/empty" 2>/dev/null

idle_mb() {
    awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$server/status"
}

# try FOLDER: sets $first_s and $idle.
try() {
    local from to
    from=$(date +%s%N)
    start_server "$1"
    curl -sf -o /dev/null "$url/patents"
    to=$(date +%s%N)
    first_s=$(awk -v a="$from" -v b="$to" 'BEGIN { printf "%.3f", (b - a) / 1e9 }')
    sleep 6 # The search index is built meanwhile.
    idle=$(idle_mb)
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
}
try "$work/empty"
empty_s=$first_s empty_mb=$idle
try "$work/data"
awk -v a="$empty_s" -v b="$first_s" -v m="$empty_mb" -v n="$idle" 'BEGIN {
    printf "{\"bench\":\"start\",\"first_page_s\":%.3f,\"empty_first_page_s\":%.3f,\"ratio\":%.2f,\"target_s\":0.5,\"idle_mb\":%.1f,\"empty_idle_mb\":%.1f,\"target_idle_mb\":40}\n", b, a, b / a, n, m }'
