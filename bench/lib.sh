# What the benchmarks share. Each prints one line of JSON with a ratio; both sides run in the same
# minute on the same data, because an absolute time says little on a machine that others use too.

program=${TECHBOURSE:-build/techbourse}
data=${TECHBOURSE_TEST_DATA:-}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

skip() {
    echo "not run: $*" >&2
    exit 77
}

# seconds COMMAND...: wall time, with the command's output thrown away.
seconds() {
    local from to
    from=$(date +%s%N)
    "$@" >/dev/null 2>&1
    to=$(date +%s%N)
    awk -v a="$from" -v b="$to" 'BEGIN { printf "%.3f", (b - a) / 1e9 }'
}

# The smaller of several figures.
least() {
    printf '%s\n' "$@" | sort -g | head -n 1
}

# start_server FOLDER: serves it on a free port; sets $server and $url.
start_server() {
    : >"$work/serve.txt"
    "$program" serve --data "$1" --listen 127.0.0.1:0 --lang en 2>"$work/serve.txt" &
    server=$!
    for _ in $(seq 200); do
        url=$(sed -n 's|.*\(http://127.0.0.1:[0-9]*\)/.*|\1|p' "$work/serve.txt" | head -n 1)
        [ -z "$url" ] || ! curl -sf -o /dev/null "$url/healthz" || return 0
        sleep 0.02
    done
    echo "the server did not start" >&2
    exit 1
}

# The real patents, imported into $work/data once.
import_patents() {
    [ -f "$data/patents_2019.jsonl" ] || skip "no patents_2019.jsonl in TECHBOURSE_TEST_DATA"
    "$program" init --data "$work/data" 2>/dev/null
    "$program" import --data "$work/data" --org BENCH --kind patent "$data/patents_2019.jsonl" --json 2>/dev/null
}
