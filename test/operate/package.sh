#!/usr/bin/env bash
# package.sh DEB: install, upgrade, remove and purge in a fresh Debian 12. Needs root and a Debian mirror; what
# debootstrap makes is kept in build/package. One line for each step.
set -euo pipefail

deb=$(readlink -f "$1")
folder=$(dirname "$deb")
base=$folder/bookworm.tar
root=$folder/root
mirror=${MIRROR:-http://deb.debian.org/debian}

say() { echo "package: $*"; }
die() { say "FAILED: $*" >&2; exit 1; }

# Everything below runs in a mount and a process namespace of its own, which take all of it along when they end.
if [ "${INSIDE:-}" != yes ]; then
    [ "$(id -u)" = 0 ] || die "this needs root"
    if [ ! -e "$base" ]; then
        say "debootstrap, once"
        rm -rf "$root"
        debootstrap --variant=minbase --include=adduser,init-system-helpers bookworm "$root" "$mirror" >"$folder/debootstrap.log" 2>&1 ||
            die "see $folder/debootstrap.log"
        tar -C "$root" -cf "$base.part" .
        mv "$base.part" "$base"
    fi
    rm -rf "$root"
    mkdir "$root"
    tar -C "$root" -xf "$base"
    INSIDE=yes exec unshare --mount --pid --fork --kill-child "$0" "$deb"
fi

mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount --bind /dev "$root/dev"
cp /etc/resolv.conf "$root/etc/resolv.conf"
for file in /etc/apt/apt.conf.d/99*; do [ ! -e "$file" ] || cp "$file" "$root/etc/apt/apt.conf.d/"; done
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
apt() { inside apt-get -q -y --no-install-recommends -o DPkg::Use-Pty=0 "$@" >>"$folder/apt.log" 2>&1 || { tail -20 "$folder/apt.log"; die "apt-get $*"; }; }
has() { [ -e "$root$1" ] || [ -L "$root$1" ] || die "there is no $1"; }
hasnt() { if [ -e "$root$1" ] || [ -L "$root$1" ]; then die "$1 is still there"; fi; }
mode() { [ "$(inside stat -c '%U:%G %a' "$1")" = "$2" ] || die "$1 is $(inside stat -c '%U:%G %a' "$1") and not $2"; }
# shellcheck disable=SC2016  # dpkg fills it in
version() { inside dpkg-query -W -f '${Version}' tutti; }

# The daemon as its unit would run it, without systemd.
try_daemon() {
    inside install -d -o _tutti -g _tutti -m 0750 /run/tutti
    (exec chroot "$root" setpriv --reuid _tutti --regid _tutti --clear-groups --no-new-privs --inh-caps=-all \
        tutti serve --config /etc/tutti/tutti.toml 2>"$folder/daemon.log") &
    local daemon=$!
    for _ in $(seq 100); do
        if inside tutti zone list >/dev/null 2>&1; then break; fi
        sleep 0.1
    done
    inside tutti zone list >/dev/null || { cat "$folder/daemon.log"; die "the daemon does not answer"; }
    inside tutti metrics | grep -q '^tutti_halted 0$' || die "the daemon does nothing"
    inside tutti backup "/srv/copy-$1" >/dev/null || die "no backup"
    kill "$daemon"
    wait "$daemon" || die "the daemon did not end well"
    inside tutti restore "/srv/copy-$1" --force >/dev/null || die "not restored"
    mode /var/lib/tutti/tutti.db '_tutti:_tutti 600'
    mode /var/lib/tutti/tutti.db.lock '_tutti:_tutti 600'
}

: >"$folder/apt.log"
apt update
cp "$deb" "$root/srv/one.deb"
# The same once more, as a newer version.
dpkg-deb -R "$deb" "$folder/next"
sed -i 's/^Version: .*/Version: 99-1/' "$folder/next/DEBIAN/control"
dpkg-deb --root-owner-group -b "$folder/next" "$root/srv/two.deb" >/dev/null
rm -rf "$folder/next"

apt install /srv/one.deb
mode /etc/tutti 'root:_tutti 750'
mode /etc/tutti/tutti.toml 'root:_tutti 640'
mode /var/lib/tutti '_tutti:_tutti 700'
has /lib/systemd/system/tutti.service
has /etc/systemd/system/multi-user.target.wants/tutti.service
hasnt /etc/systemd/system/multi-user.target.wants/tutti-parent.service
inside bash -n /usr/share/bash-completion/completions/tutti || die "completion"
inside tutti serve --check-config || die "the configuration of the package is wrong"
try_daemon one
mode /var/lib/tutti/tutti.db '_tutti:_tutti 600'
say "installed $(version): the daemon runs as _tutti and is backed up"

echo '# changed here' >>"$root/etc/tutti/tutti.toml"
apt -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install /srv/two.deb
[ "$(version)" = 99-1 ] || die "not upgraded"
grep -q '# changed here' "$root/etc/tutti/tutti.toml" || die "the configuration was replaced"
mode /etc/tutti/tutti.toml 'root:_tutti 640'
has /var/lib/tutti/tutti.db
try_daemon two
say "upgraded to $(version): configuration and database are as they were"

apt remove tutti
hasnt /usr/bin/tutti
has /etc/tutti/tutti.toml
has /var/lib/tutti/tutti.db
say "removed: configuration and database stay"

apt purge tutti
hasnt /etc/tutti
hasnt /var/lib/tutti
hasnt /etc/systemd/system/multi-user.target.wants/tutti.service
inside getent passwd _tutti >/dev/null || die "the user went: its number could be given to somebody else"
say "purged: nothing is left but the user"
