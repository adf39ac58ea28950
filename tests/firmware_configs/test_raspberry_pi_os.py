"""A card is prepared, and its first boot makes an agent: the shipped scripts, run on a copy of this Debian.

The copy is an overlay in a mount namespace of its own (root may make one): real Debian tools, and nothing of
this machine is changed. Left out are systemd as process 1, and the download of the dependencies.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.plumbline.provision.desk import Desk

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "firmware_configs" / "raspberry-pi-os"
SCRIPTS: Final = ("prepare-card.sh", "first-boot.sh")
COMMAND: Final = ["bash", "/boot/firmware/plumbline/first-boot.sh"]


def ran(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def prepare(boot: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    return ran(FOLDER / "prepare-card.sh", boot, *more)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("office"), dt.datetime.now(dt.UTC))


@pytest.fixture(scope="module")
def bundle(desk: Desk) -> Path:
    return desk.agent()


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Path:
    """The boot partition of a Trixie card for which the Imager has set up the Wi-Fi, prepared twice."""
    boot = tmp_path_factory.mktemp("bootfs")
    (boot / "cmdline.txt").write_text("console=serial0,115200\n")
    (boot / "user-data").write_text(
        "#cloud-config\nhostname: pi-1\nruncmd:\n  - [rfkill, unblock, wifi]\ntimezone: Asia/Shanghai\n"
    )
    for _ in range(2):
        done = prepare(boot, bundle)
        assert done.returncode == 0, done.stderr
        assert "at its first boot" in done.stdout
    return boot


@pytest.mark.parametrize("script", SCRIPTS)
def test_bash_and_shellcheck_find_nothing_wrong(script: str) -> None:
    for checker in (("bash", "-n"), ("shellcheck",)):
        done = ran(*checker, FOLDER / script)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_first_boot_command_joins_those_that_are_there(card: Path) -> None:
    assert yaml.safe_load((card / "user-data").read_text()) == {
        "hostname": "pi-1",
        "timezone": "Asia/Shanghai",
        "runcmd": [COMMAND, ["rfkill", "unblock", "wifi"]],
    }


def test_a_card_without_cloud_init_is_told_the_one_command(tmp_path: Path) -> None:
    (tmp_path / "cmdline.txt").touch()
    done = prepare(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "sudo bash /boot/firmware/plumbline/first-boot.sh" in done.stdout
    assert not list(tmp_path.glob("plumbline/*.tar.gz"))


def test_a_folder_that_is_no_card_is_left_alone(tmp_path: Path) -> None:
    done = prepare(tmp_path)
    assert done.returncode == 1
    assert "not the boot partition" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_bundle_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "cmdline.txt").touch()
    (tmp_path / "holiday.tar.gz").write_bytes(b"no archive")
    done = prepare(tmp_path, tmp_path / "holiday.tar.gz")
    assert done.returncode == 1
    assert "no bundle" in done.stderr
    assert not (tmp_path / "plumbline").exists()


def test_the_user_data_has_what_cloud_init_knows_and_no_password() -> None:
    """`cloud-init schema` found it valid (22.4.2); its keys are held here."""
    text = (FOLDER / "user-data").read_text()
    assert text.startswith("#cloud-config\n")
    said = yaml.safe_load(text)
    assert said.keys() <= {
        *("hostname", "manage_etc_hosts", "timezone", "users", "ssh_pwauth", "disable_root"),
        *("package_update", "package_upgrade", "runcmd"),
    }
    (user,) = said["users"]
    assert user["lock_passwd"] is True
    assert said["ssh_pwauth"] is False
    assert said["runcmd"][-1] == COMMAND


def test_the_network_is_that_of_the_countrys_law_and_does_not_hold_up_the_boot() -> None:
    network = yaml.safe_load((FOLDER / "network-config").read_text())["network"]
    assert network["version"] == 2
    (wifi,) = network["wifis"].values()
    assert wifi["regulatory-domain"] == "CN"
    assert wifi["optional"] is True
    assert network["ethernets"]["eth0"]["optional"] is True


#: Runs its arguments in a copy of this system; what is written is gone afterwards.
IN_A_COPY: Final = """
set -eu
space=$1 boot=$2; shift 2
umask 022
mount -t tmpfs -o mode=755 tmpfs "$space"
mkdir "$space/upper" "$space/work" "$space/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$space/upper,workdir=$space/work" "$space/root"
mount --rbind /dev "$space/root/dev"
mount -t proc proc "$space/root/proc"
mkdir -p "$space/root/boot/firmware"
cp -r "$boot/." "$space/root/boot/firmware"
rm -rf "$space/root/run/systemd/system" "$space/root/opt/plumbline" "$space/root/etc/plumbline"
exec chroot "$space/root" "$@"
"""


def in_a_copy(space: Path, boot: Path, script: str) -> subprocess.CompletedProcess[str]:
    space.mkdir(exist_ok=True)
    inside = [
        "env",
        "-i",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG=C.UTF-8",
    ]
    inside += [f"PYTHONPATH={sysconfig.get_path('purelib')}", "bash", "-c", script]
    return ran("unshare", "--mount", "--fork", "--pid", "bash", "-c", IN_A_COPY, "bash", space, boot, *inside)


def can_make_a_copy() -> bool:
    """Also the copy's Python must be able to import what is installed for ours."""
    if os.geteuid() != 0:
        return False
    probe = (
        f"/usr/bin/python3 -c 'import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})' && "
        "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/m && "
        "mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m"
    )
    return ran("unshare", "--mount", "bash", "-c", probe).returncode == 0


needs_a_copy = pytest.mark.skipif(
    not can_make_a_copy(),
    reason="needs root, an overlay in a mount namespace, and Debian's Python to be ours",
)


def bare(card: Path, to: Path) -> Path:
    """The card as the Pi finds it, with no dependency to download."""
    shutil.copytree(card, to)
    (to / "plumbline/edge.txt").write_text("# all of them are here already\n")
    return to


#: The first boot; then the installer has changed the site file, and a card with a new bundle is put in.
TWO_BOOTS: Final = """
exec 2>&1
set -e
first_boot() { bash /boot/firmware/plumbline/first-boot.sh; }
first_boot
stat -c '%n %U %a' /etc/plumbline /etc/plumbline/secret /etc/plumbline/agent.key
id -nG plumbline
readlink /etc/systemd/system/multi-user.target.wants/plumbline-edge.service
ls /etc/systemd/journald.conf.d /etc/systemd/system.conf.d /etc/udev/rules.d | grep plumbline
ls /boot/firmware/plumbline/*.tar.gz 2>/dev/null || echo no bundle on the card
cd /tmp && runuser -u plumbline -- plumbline-edge --lang en check /etc/plumbline/site.yaml
echo '--- again'
echo '# mine' >> /etc/plumbline/site.yaml
sha256sum < /etc/plumbline/agent.crt
cp /boot/firmware/new.tar.gz /boot/firmware/plumbline/plumbline-fenglin-18-pi-1.tar.gz
first_boot
sha256sum < /etc/plumbline/agent.crt
tail -n 1 /etc/plumbline/site.yaml
"""


@pytest.fixture(scope="module")
def two_boots(card: Path, desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """What was said and found at the first, and at the second."""
    folder = tmp_path_factory.mktemp("pi")
    boot = bare(card, folder / "boot")
    desk.issuing.revoke_agent("fenglin-18", "pi-1", older=False)
    shutil.copy(desk.agent(out="new"), boot / "new.tar.gz")
    done = in_a_copy(folder / "space", boot, TWO_BOOTS)
    assert done.returncode == 0, done.stdout + done.stderr
    first, _, second = done.stdout.partition("--- again\n")
    return first, second


@needs_a_copy
@pytest.mark.parametrize(
    "found",
    [
        "/etc/plumbline plumbline 750",
        "/etc/plumbline/secret plumbline 700",
        "/etc/plumbline/agent.key plumbline 600",
        "plumbline dialout",
        "/etc/systemd/system/plumbline-edge.service",
        "plumbline.conf",
        "99-plumbline-serial.rules",
        "no bundle on the card",
        "/etc/plumbline/site.yaml: good: 1 lines, 1 devices",
    ],
)
def test_the_first_boot_makes_an_agent(two_boots: tuple[str, str], found: str) -> None:
    first, _ = two_boots
    assert found in first.splitlines(), first


@needs_a_copy
def test_run_again_it_takes_the_new_certificate_and_keeps_the_sites_own_file(
    two_boots: tuple[str, str],
) -> None:
    _, second = two_boots
    before, after = [line for line in second.splitlines() if line.endswith("  -")]
    assert before != after
    assert second.endswith("# mine\n")


@needs_a_copy
@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        ("rm plumbline-*.whl", "expected one plumbline-*.whl in /boot/firmware/plumbline, found 0"),
        ("touch plumbline-one.tar.gz plumbline-two.tar.gz", "more than one bundle"),
    ],
)
def test_a_card_that_is_wrong_is_told_so(tmp_path: Path, card: Path, spoil: str, complaint: str) -> None:
    boot = bare(card, tmp_path / "boot")
    done = in_a_copy(
        tmp_path / "space", boot, f"exec 2>&1; cd /boot/firmware/plumbline; {spoil}; bash first-boot.sh"
    )
    assert done.returncode == 1
    assert complaint in done.stdout
