#!/usr/bin/env bash
# Importing 78,013 real patents, against `sqlite3 .import` of the same rows into one plain table with
# the same indexes, WAL and full sync. Three rounds each, turn about; the best of each counts.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ -f "$data/patents_2019.jsonl" ] || skip "no patents_2019.jsonl in TECHBOURSE_TEST_DATA"
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"

# The same rows as CSV, made by the exchange's own columns: jq is not needed.
node -e '
const fs = require("fs");
const q = (v) => "\"" + String(v ?? "").replace(/"/g, "\"\"") + "\"";
let id = 0;
for (const line of fs.readFileSync(process.argv[1], "utf8").split("\n")) {
    if (!line) continue;
    const r = JSON.parse(line);
    console.log([++id, 1, r.appno, r.pubno, r.pubno.replace(/[A-Z]\d?$/, ""), r.title, r.kind, r.appdate,
        r.pubdate, r.applicant, (r.ipc || []).join(";"), r.region, "", 1].map(q).join(","));
}' "$data/patents_2019.jsonl" >"$work/rows.csv"
rows=$(wc -l <"$work/rows.csv")

plain() {
    rm -f "$work"/plain.db*
    sqlite3 "$work/plain.db" <<SQL
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE p (id INTEGER PRIMARY KEY, org INTEGER, appno TEXT, pubno TEXT, pub_key TEXT, title TEXT, kind TEXT,
  filed TEXT, published TEXT, applicant TEXT, ipc TEXT, region TEXT, field TEXT, import INTEGER);
CREATE INDEX p1 ON p (org); CREATE INDEX p2 ON p (appno); CREATE INDEX p3 ON p (pub_key);
CREATE INDEX p4 ON p (kind); CREATE INDEX p5 ON p (field); CREATE INDEX p6 ON p (import);
.mode csv
.import $work/rows.csv p
SQL
}

ours() {
    rm -rf "$work/ours"
    "$program" init --data "$work/ours"
    /usr/bin/env time -f '%M' -o "$work/memory.txt" \
        "$program" import --data "$work/ours" --org BENCH --kind patent "$data/patents_2019.jsonl" --json
}

a=() b=()
for _ in 1 2 3; do
    a+=("$(seconds plain)")
    b+=("$(seconds ours)")
done
awk -v rows="$rows" -v a="$(least "${a[@]}")" -v b="$(least "${b[@]}")" -v kb="$(tail -n 1 "$work/memory.txt" 2>/dev/null || echo 0)" 'BEGIN {
    printf "{\"bench\":\"import\",\"rows\":%d,\"sqlite3_import_s\":%.2f,\"ours_s\":%.2f,\"ratio\":%.2f,\"target_ratio\":6,\"peak_mb\":%.0f,\"target_peak_mb\":150}\n",
        rows, a, b, b / a, kb / 1024 }'
