#!/bin/sh
# Runs the tests where nothing leaves the machine: in a network namespace that has loopback only (Linux).
#
#   scripts/test_offline.sh [PYTEST ARGUMENTS]
#
# What `make test` has installed has to be there: .venv, and the clients in .cache/clients. Tests of a client that is
# not there skip, and say so.
set -eu
cd "$(dirname "$0")/.."

say() { echo "test_offline: $*" >&2; exit 1; }

if [ "${1:-}" = --inside ]; then
    shift
    if command -v ip >/dev/null; then
        ip link set lo up
    else # ioctl SIOCSIFFLAGS with IFF_UP, as `ip` does it
        .venv/bin/python -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))'
    fi
    others=$(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | grep -vx lo || true)
    [ -z "$others" ] || say "this namespace has more than loopback: $others"
    # A registry that cannot be reached is not to be waited for long; pip says that it cannot only when it tries again.
    export PIP_RETRIES=1 npm_config_fetch_retries=0
    exec .venv/bin/python -m pytest "$@"
fi

[ "$(uname)" = Linux ] || say "network namespaces are Linux's; there is no such test elsewhere"
[ -x .venv/bin/python ] || say "there is no .venv; run 'make test' once, with a network"
command -v unshare >/dev/null || say "unshare is not installed (Debian, Ubuntu: util-linux)"
# Root needs no user namespace; everyone else becomes root in one of their own.
flags=--net
[ "$(id -u)" = 0 ] || flags="--net --map-root-user"
# shellcheck disable=SC2086 # two words
if ! refusal=$(unshare $flags true 2>&1); then
    say "the kernel refuses a network namespace ($refusal)." \
        "Run this as root, or allow user namespaces: on Debian sysctl kernel.unprivileged_userns_clone=1," \
        "on Ubuntu sysctl kernel.apparmor_restrict_unprivileged_userns=0, in a container --privileged."
fi
# shellcheck disable=SC2086
exec unshare $flags "$0" --inside "$@"
