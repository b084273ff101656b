# lib.sh - what the commands of script/ share. Sourced by bash, after `set -euo pipefail`.
# shellcheck shell=bash disable=SC2034 # the lists are for those who source this

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# Debian packages: what building needs, and what the tests need on top.
packages_build=(
    gcc libc6-dev pkg-config meson ninja-build
    libmicrohttpd-dev libsqlite3-dev libpq-dev libjansson-dev libicu-dev libuchardet-dev libssl-dev
    libargon2-dev libfyaml-dev libcurl4-openssl-dev libzip-dev libexpat1-dev libxlsxwriter-dev
    libcsv-dev libqrencode-dev zlib1g-dev libbrotli-dev
    libpango1.0-dev libcairo2-dev fonts-noto-cjk
)
packages_test=(
    libcmocka-dev clang clang-format clang-tidy cppcheck shellcheck curl
    patch postgresql chromium-headless-shell
    # What Glewlwyd, the OpenID provider of test/oidc, is linked to; itself it is only unpacked.
    libhoel1.4 libiddawc1.1 liboath0 libconfig9 libcbor0.8 sqlite3
)
packages_deep=(debootstrap)

say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "$*"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "This needs root, and there is no sudo: $*"
    fi
}

# Installs those of the named Debian packages that are missing; instant when none is.
need_packages() {
    command -v dpkg-query >/dev/null || {
        say "No dpkg here: taking it that these are installed: $*"
        return 0
    }
    local missing
    missing=$(comm -23 <(printf '%s\n' "$@" | sort -u) \
        <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
            sed -n 's/^installed //p' | sort -u))
    [ -n "$missing" ] || return 0
    missing=${missing//$'\n'/ }
    say "Installing Debian packages: $missing"
    as_root apt-get update -qq
    # shellcheck disable=SC2086 # one word a package
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >&2
}

# The front's libraries, exactly as the lock file says; instant when they are there. A link leads to
# another tree's, which npm would empty for everybody who uses it: it is left as it is.
need_node_modules() {
    local stamp=node_modules/.package-lock.json
    if [ -L node_modules ] && [ -e "$stamp" ]; then
        return 0
    fi
    if [ -e "$stamp" ] && [ ! package-lock.json -nt "$stamp" ]; then
        return 0
    fi
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        need_packages nodejs npm
    fi
    say "Fetching the front's libraries (npm ci)"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    touch "$stamp"
}

# need_build FOLDER [meson options]: sets the folder up once, then builds it.
need_build() {
    local folder=$1
    shift
    if [ ! -e "$folder/build.ninja" ]; then
        rm -rf "$folder"
        meson setup "$folder" "$@" >"$folder.log" 2>&1 || {
            cat "$folder.log" >&2
            rm -rf "$folder"
            return 1
        }
        mv "$folder.log" "$folder/setup.log"
    fi
    ninja -C "$folder"
}
