#!/usr/bin/env bash
# Builds and tests in a fresh Debian tree, as somebody does who has just cloned: nothing is installed
# but what script/lib.sh asks for. Needs root, debootstrap and a Debian mirror. Takes many minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [ "$(id -u)" != 0 ]; then
    echo "Skipped: a fresh tree needs root."
    exit 77
fi
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
tree=$(mktemp -d /var/tmp/fresh.XXXXXX)
chmod 755 "$tree" # The root of a system that others than root live in: the database server does.

done_with_it() {
    umount "$tree/proc" "$tree/dev" 2>/dev/null || umount -l "$tree/proc" "$tree/dev" || true
    rm -rf --one-file-system "$tree"
}
trap done_with_it EXIT

# The mirror that this machine uses, from either form of its list.
mirror=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
    sed -nE 's/^(deb( \[[^]]*\])?|URIs:) +([^ ]+).*/\3/p' | head -n 1)
debootstrap --variant=minbase --include=ca-certificates "$suite" "$tree" ${mirror:+"$mirror"}
cp -r /etc/apt/sources.list* /etc/apt/apt.conf.d "$tree/etc/apt/" 2>/dev/null || true
cp /etc/resolv.conf "$tree/etc/" 2>/dev/null || true
cp -r /usr/local/share/ca-certificates/. "$tree/usr/local/share/ca-certificates/" 2>/dev/null || true
mount -t proc proc "$tree/proc" 2>/dev/null || echo "No /proc in the fresh tree."
mount --bind /dev "$tree/dev" 2>/dev/null || echo "No /dev in the fresh tree."

mkdir "$tree/src-tree"
git ls-files -z --cached --others --exclude-standard |
    xargs -0 cp --parents -t "$tree/src-tree" --
chroot "$tree" update-ca-certificates >/dev/null 2>&1 || true
inside() {
    chroot "$tree" env HOME=/ PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        TECHBOURSE_TEST_DEEP= TECHBOURSE_TEST_DATA= TECHBOURSE_TEST_PG= \
        bash -c "cd /src-tree || exit 1; $1"
}
inside script/build
inside 'test -x build/techbourse'
inside script/test
# Then as a new user: the demo is made and answers, its accounts are printed.
inside 'TECHBOURSE_LISTEN=127.0.0.1:18080 script/serve >serve.txt 2>&1 & server=$!
    for n in $(seq 600); do
        curl -sf -o /dev/null http://127.0.0.1:18080/healthz && break
        sleep 0.5
    done
    curl -sf http://127.0.0.1:18080/ | grep -q "<main" && grep -q operator serve.txt
    status=$?
    kill $server
    wait $server
    exit $status'
