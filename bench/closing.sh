#!/usr/bin/env bash
# 5,000 lots that end at the same instant, each with a bid and a watcher: the times from the end until
# each watcher was told, and a count of what the store says.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
bench=${TECHBOURSE_BUILD:-build-bench}/bench/bench_closing
lots=${LOTS:-5000}
ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" -ge $((lots + 600)) ] || skip "only $(ulimit -n) files may be open"
end=$("$bench" make "$work/data" "$lots" "${SECONDS_TO_END:-120}") || skip "the lots were not ready in time"
start_server "$work/data"
"$bench" follow "${url##*:}" "$lots" "$end"
sold=$("$program" lot list --state sold --data "$work/data" --json | sed 's/.*"total":\([0-9]*\).*/\1/')
[ "$sold" = "$lots" ] || { echo "only $sold lots are sold" >&2; exit 1; }
