#!/usr/bin/env bash
# 10,000 watchers of one lot, quiet (10 bids a second) and while 1,000 bids a second arrive; see
# bench_watch.c for what is measured. The lot is one of the demonstration's.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
bench=${TECHBOURSE_BUILD:-build-bench}/bench/bench_watch
ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" -ge 10600 ] || skip "only $(ulimit -n) files may be open"
TECHBOURSE_DEMO=${TECHBOURSE_DEMO:-data/demo} "$program" init --demo --data "$work/demo" >/dev/null 2>&1
start_server "$work/demo"

ask() { "$program" "$@" --data "$work/demo" --json; }
id_of() { sed 's/.*"id":\([0-9]*\).*/\1/'; }
listings=$(ask listing list --state listed | grep -o '"id":[0-9]*,"rev"' | grep -o '[0-9]*' || true)
lot=
end=$(TZ=Asia/Shanghai date -d '+1 hour' '+%Y-%m-%d %H:%M:%S')
for listing in $listings; do # The first whose owner has agreed to a showing.
    lot=$(ask lot open --as operator --listing_id "$listing" --start_fen 1000 --step_fen 10 --end_ms "$end" 2>/dev/null | id_of) && [ -n "$lot" ] && break
done
[ -n "$lot" ] || skip "no listing can be put into a lot"
for firm in firm firm2 firm3; do
    ask lot admit --as operator --id "$(ask lot enter --as $firm --lot_id "$lot" | id_of)" >/dev/null
done
port=${url##*:}
watch() { # BIDS_PER_S FIRST_FEN
    "$bench" "$port" "$work/demo/techbourse.sock" "$server" "$lot" 10000 10 "$1" "$2" 1000 firm,firm2,firm3
}
watch 10 200000
watch 1000 10000000
