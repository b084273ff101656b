#!/bin/sh
# Runs a command beside a private PostgreSQL server that ends with it:
#
#     test/pg.sh meson test -C build
#
# The command finds the server's address in TECHBOURSE_TEST_PG. The server lives in a temporary
# folder, listens on a Unix socket there and on a free port of 127.0.0.1, and does not sync its files,
# unless PG_SYNC=1 asks for it (benchmarks).
# Without PostgreSQL the command runs without the variable, and says which tests it leaves out.
set -eu

[ $# -gt 0 ] || { echo "usage: $0 command [argument...]" >&2; exit 2; }

sync="-c fsync=off -c full_page_writes=off"
[ "${PG_SYNC:-0}" = 0 ] || sync="-c fsync=on"
bin=${PG_BIN:-/usr/lib/postgresql/15/bin}
for part in initdb postgres pg_ctl pg_isready; do
    if [ ! -x "$bin/$part" ]; then
        echo "not run: PostgreSQL is not installed"
        unset TECHBOURSE_TEST_PG
        exec "$@"
    fi
done

# PostgreSQL refuses to run as root.
as_server=""
if [ "$(id -u)" = 0 ]; then
    if ! id postgres >/dev/null 2>&1; then
        echo "not run: PostgreSQL is not installed (no user postgres)"
        unset TECHBOURSE_TEST_PG
        exec "$@"
    fi
    if command -v setpriv >/dev/null 2>&1; then
        as_server="setpriv --reuid=postgres --regid=postgres --clear-groups"
    else
        as_server="runuser -u postgres --"
    fi
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/pg.XXXXXX")
command_pid=""
stop() {
    status=$?
    trap - EXIT INT TERM HUP
    [ -z "$command_pid" ] || kill "$command_pid" 2>/dev/null || true
    (cd "$folder" && $as_server "$bin/pg_ctl" stop -D "$folder/data" -m immediate -w -s) \
        >/dev/null 2>&1 || true
    rm -rf "$folder"
    exit "$status"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

[ -z "$as_server" ] || chown postgres "$folder"
back=$(pwd)
cd "$folder"
$as_server "$bin/initdb" -D "$folder/data" -U techbourse -A trust -E UTF8 --locale=C.UTF-8 -N \
    >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }

# The kernel is not asked for a free port: a taken one only means another try.
port=0
for try in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 40000))
    if $as_server "$bin/pg_ctl" start -D "$folder/data" -w -s -l "$folder/server.log" -o \
        "-p $port -k $folder -c listen_addresses=127.0.0.1 $sync \
         -c shared_buffers=32MB -c max_connections=100 -c autovacuum=off" >/dev/null 2>&1; then
        break
    fi
    port=0
done
if [ "$port" = 0 ]; then
    echo "PostgreSQL did not start:" >&2
    cat "$folder/server.log" >&2
    exit 1
fi

TECHBOURSE_TEST_PG="postgresql://techbourse@127.0.0.1:$port/postgres"
export TECHBOURSE_TEST_PG
echo "$TECHBOURSE_TEST_PG"
cd "$back"

# In the background, so that a signal stops the server at once and not after the command.
"$@" <&0 &
command_pid=$!
status=0
wait "$command_pid" || status=$?
command_pid=""
exit "$status"
