#!/usr/bin/env bash
# On the office's computer, after Raspberry Pi Imager has written the card (with its settings for name, Wi-Fi and SSH):
# puts what a Pi needs into the folder `plumbline` of the card's boot partition.
#
#   firmware_configs/raspberry-pi-os/prepare-card.sh [--wheels PYTHON] /media/me/bootfs [plumbline-SITE-AGENT.tar.gz]
#
# --wheels also fetches the dependencies, for a Pi whose first boot has no internet: PYTHON is 3.11 for Bookworm, 3.13 for
# Trixie, and the system must be the 64-bit one (for 32 bit not all of them come ready-made). A card of Trixie (it has a `user-data`) installs by itself at its first boot; on Bookworm one command does.
set -euo pipefail

fail() { echo "$*" >&2; exit 1; }
usage="usage: prepare-card.sh [--wheels 3.11|3.13] BOOT_PARTITION [BUNDLE.tar.gz]"
version=
if [ "${1:-}" = --wheels ]; then
    version=${2:?$usage}
    shift 2
fi
case $# in 1|2) ;; *) fail "$usage" ;; esac
boot=$1 bundle=${2:-}
here=$(cd "$(dirname "$0")/.." && pwd)
root=$(dirname "$here")

[ -f "$boot/cmdline.txt" ] || fail "$boot has no cmdline.txt: it is not the boot partition of a Raspberry Pi OS card"
[ -z "$bundle" ] || tar -tzf "$bundle" agent.key >/dev/null 2>&1 || fail "$bundle is no bundle of 'plumbline provision agent'"
[ -x "$root/.venv/bin/python" ] || fail "run 'make setup' in $root first"

to=$boot/plumbline
rm -rf "$to"
mkdir "$to"
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
pip=("$root/.venv/bin/python" -m pip --disable-pip-version-check -q)
# Built from a copy: what an earlier build left in the checkout would go into this one.
mkdir "$built/source"
cp "$root/pyproject.toml" "$root/README.md" "$built/source/"
for package in "$root"/*/__init__.py; do cp -r "$(dirname "$package")" "$built/source/"; done
"${pip[@]}" wheel --no-deps --no-build-isolation -w "$built" "$built/source"
cp "$built"/plumbline-*.whl "$root/requirements/edge.txt" "$to/"
cp "$here/raspberry-pi-os/first-boot.sh" "$here"/systemd/* "$here/udev/99-plumbline-serial.rules" "$to/"
[ -z "$bundle" ] || cp "$bundle" "$to/"
if [ -n "$version" ]; then
    "${pip[@]}" download --no-deps --only-binary=:all: --require-hashes -r "$root/requirements/edge.txt" -d "$to/wheels" \
        --python-version "$version" --platform manylinux2014_aarch64 --platform manylinux_2_28_aarch64
fi

# cloud-init runs the commands of user-data at the first boot, once. Its list, if there is one, is lengthened at the front.
command="[bash, /boot/firmware/plumbline/first-boot.sh]"
if [ -f "$boot/user-data" ]; then
    if ! grep -q plumbline/first-boot.sh "$boot/user-data"; then
        awk -v item="- $command" '
            function put() { match($0, /^ */); print substr($0, 1, RLENGTH) item; wanted = 0; found = 1 }
            wanted && /^ *-/ { put() }
            { print }
            /^runcmd: *(#.*)?$/ { wanted = 1 }
            END { if (!found) print "runcmd:\n" item }
        ' "$boot/user-data" > "$built/user-data"
        head -n 1 "$built/user-data" | grep -q '^#cloud-config' || fail "$boot/user-data does not begin with #cloud-config"
        cp "$built/user-data" "$boot/user-data"
    fi
    echo "ready: put the card into the Pi; it installs itself at its first boot (sudo cat /var/log/cloud-init-output.log)"
else
    echo "ready: start the Pi with the card, then: ssh PI sudo bash /boot/firmware/plumbline/first-boot.sh"
fi
