#!/usr/bin/env bash
# Makes a Raspberry Pi OS (Bookworm or Trixie, 32 or 64 bit) an edge agent. Run as root from the folder that prepare-card.sh
# made: by cloud-init at the first boot, or by hand. May be run again: to bring a new version, or after it failed.
#
#   sudo bash /boot/firmware/plumbline/first-boot.sh
#
# Needs the internet once, unless the folder has `wheels/` (prepare-card.sh --wheels).
set -euo pipefail
umask 022

card=$(dirname "$(readlink -f "$0")")
venv=/opt/plumbline
say() { echo "plumbline: $*"; }
fail() { echo "plumbline: $*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || fail "must be root: sudo bash $0"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "needs Python 3.11: Raspberry Pi OS Bookworm or newer"
shopt -s nullglob
packages=("$card"/plumbline-*.whl)
[ ${#packages[@]} -eq 1 ] || fail "expected one plumbline-*.whl in $card, found ${#packages[@]}: run prepare-card.sh again"
bundles=("$card"/plumbline-*.tar.gz)
[ ${#bundles[@]} -le 1 ] || fail "more than one bundle: ${bundles[*]}. Remove what is not of this Pi"

install_debian() {
    say "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -q && apt-get install -q -y --no-install-recommends "$@"; } </dev/null >/dev/null \
        || fail "could not install $*: is there a network? Run this again when there is"
}

install_agent() {
    python3 -c 'import ensurepip, venv' 2>/dev/null || install_debian python3-venv
    # On 32 bit, what has no ready-made package (pyyaml 6.0.3, for one) is compiled.
    if [ "$(dpkg --print-architecture)" = armhf ]; then
        install_debian gcc libc6-dev python3-dev
    fi
    say "installing the agent into $venv"
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    local pip=("$venv/bin/python" -m pip install -q --disable-pip-version-check --no-cache-dir)
    local from=()
    [ ! -d "$card/wheels" ] || from=(--no-index --find-links "$card/wheels")
    "${pip[@]}" "${from[@]}" --require-hashes -r "$card/edge.txt"
    "${pip[@]}" --no-index --no-deps --force-reinstall "${packages[0]}"
    ln -sf "$venv/bin/plumbline-edge" /usr/local/bin/plumbline-edge
}

install_system() {
    install -D -m 0644 "$card/sysusers.conf" /etc/sysusers.d/plumbline.conf
    install -D -m 0644 "$card/tmpfiles.conf" /etc/tmpfiles.d/plumbline.conf
    install -D -m 0644 "$card/journald.conf" /etc/systemd/journald.conf.d/plumbline.conf
    install -D -m 0644 "$card/watchdog.conf" /etc/systemd/system.conf.d/plumbline.conf
    install -D -m 0644 "$card/99-plumbline-serial.rules" /etc/udev/rules.d/99-plumbline-serial.rules
    install -D -m 0644 "$card/plumbline-edge.service" /etc/systemd/system/plumbline-edge.service
    systemd-sysusers /etc/sysusers.d/plumbline.conf
    systemd-tmpfiles --create /etc/tmpfiles.d/plumbline.conf
}

# The bundle of `plumbline provision agent`. It holds a private key, so it does not stay on the card. Where there is a site
# file already, that one stays: it names the site's devices by now.
unpack_bundle() {
    local keep=()
    [ ${#bundles[@]} -eq 1 ] || return 0
    [ ! -e /etc/plumbline/site.yaml ] || keep=(--exclude=site.yaml)
    runuser -u plumbline -- tar -xz -C /etc/plumbline "${keep[@]}" < "${bundles[0]}"
    rm -f "${bundles[0]}"
    say "unpacked $(basename "${bundles[0]}") and removed it from the card"
}

start() {
    systemctl enable -q plumbline-edge
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        systemctl restart systemd-journald
    fi
    if systemctl is-active -q systemd-udevd; then
        udevadm control --reload
        udevadm trigger --subsystem-match=tty --subsystem-match=usb-serial
    fi
    if [ ! -e /etc/plumbline/site.yaml ]; then
        say "no site file yet: unpack the bundle into /etc/plumbline, then systemctl start plumbline-edge"
    elif ! runuser -u plumbline -- "$venv/bin/plumbline-edge" check /etc/plumbline/site.yaml; then
        fail "mend the site file, then systemctl start plumbline-edge"
    elif [ -d /run/systemd/system ]; then
        systemctl restart plumbline-edge
        say "runs. sudo -u plumbline plumbline-edge top /etc/plumbline/site.yaml shows what it reads"
    fi
}

install_agent
install_system
unpack_bundle
start
say "done"
