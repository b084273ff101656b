#!/usr/bin/env bash
# List and search pages over 78,013 records, against a static file of about the same size from the same
# server, 64 connections. `kept` asks one address again and again; `fresh` asks another page each time,
# so that nothing was rendered before.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command -v wrk >/dev/null || skip "wrk is not installed"
import_patents >/dev/null
start_server "$work/data"
sleep 4 # The search index is built behind the first pages.

cat >"$work/pages.lua" <<'LUA'
local n = 0
local kinds = {"", "INV", "UM", "DES"}
request = function()
  n = n + 1
  return wrk.format("GET", "/patents?kind=" .. kinds[n % 4 + 1] .. "&page=" .. (math.floor(n / 4) % 100 + 1))
end
LUA
cat >"$work/search.lua" <<'LUA'
local words = {"%E7%94%B5%E6%B1%A0", "%E6%9C%BA%E5%99%A8%E4%BA%BA", "%E6%B1%A1%E6%B0%B4%E5%A4%84%E7%90%86", "%E6%98%BE%E7%A4%BA%E9%9D%A2%E6%9D%BF", "%E8%BD%B4%E6%89%BF", "%E8%8D%AF%E7%89%A9%E7%BB%84%E5%90%88", "%E5%9B%BE%E5%83%8F%E8%AF%86%E5%88%AB", "%E7%84%8A%E6%8E%A5"}
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/search?q=" .. words[n % #words + 1] .. "&page=" .. (math.floor(n / #words) % 40 + 1))
end
LUA
round() { wrk -t1 -c64 -d3s --latency "$@" 2>/dev/null | awk '/Requests\/sec/ {r=$2} $1=="99%" {l=$2} END {print r, l}'; }
read -r static static_99 <<<"$(round "$url/static/app.js")"
show() {
    awk -v name="$1" -v r="$2" -v l="$3" -v s="$static" 'BEGIN { printf "{\"bench\":\"pages\",\"page\":\"%s\",\"requests_per_s\":%.0f,\"p99\":\"%s\",\"static_per_s\":%.0f,\"ratio\":%.3f,\"target_ratio\":0.1,\"target_p99\":\"20ms\"}\n", name, r, l, s, r / s }'
}
for try in "patents kept|$url/patents" "patents fresh|-s $work/pages.lua $url" "search kept|$url/search?q=%E7%94%B5%E6%B1%A0" "search fresh|-s $work/search.lua $url"; do
    # shellcheck disable=SC2086
    read -r rate p99 <<<"$(round ${try#*|})"
    show "${try%%|*}" "$rate" "$p99"
done
