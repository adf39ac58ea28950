"""What goes under /etc on a Pi is read by the tool that will read it there, or held against its manual."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2] / "firmware_configs"
UNIT: Final = ROOT / "systemd" / "plumbline-edge.service"


def ran(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "plumbline-edge"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / "plumbline-edge.service"
    copy.write_text(UNIT.read_text().replace("/opt/plumbline/bin/plumbline-edge", str(program)))
    done = ran("systemd-analyze", "verify", "--man=no", str(copy))
    assert not [line for line in done.stderr.splitlines() if "plumbline-edge" in line]


def test_the_unit_gives_the_agent_little_to_misuse() -> None:
    """2.0 of 10: what is left is the network, serial adapters and the system's files to read."""
    done = ran("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(UNIT))
    assert done.returncode == 0, done.stdout


def test_the_agents_question_for_the_clock_is_allowed() -> None:
    """ProtectClock= would refuse adjtimex(2), by which it learns whether the time is right."""
    text = UNIT.read_text()
    assert "ProtectClock=yes" not in text
    filters = re.findall(r"^SystemCallFilter=(.*)$", text, flags=re.M)
    assert "clock_adjtime" in filters[-1].split(), "allowed again behind ~@privileged, which has @clock"


def test_the_agents_user_and_folders_are_made(tmp_path: Path) -> None:
    """By the real tools, into a folder that has what a Debian has before."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/group").write_text("root:x:0:\ndialout:x:20:\n")
    (tmp_path / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    done = ran("systemd-sysusers", f"--root={tmp_path}", str(ROOT / "systemd/sysusers.conf"))
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"^plumbline:x:\d+:\d+:.*:/var/lib/plumbline:/usr/sbin/nologin$",
        (tmp_path / "etc/passwd").read_text(),
        flags=re.M,
    )
    assert "dialout:x:20:plumbline" in (tmp_path / "etc/group").read_text()


def test_folders_of_secrets_are_closed() -> None:
    lines = [line.split() for line in (ROOT / "systemd/tmpfiles.conf").read_text().splitlines()]
    folders = {line[1]: line for line in lines if line and line[0] == "d"}
    assert folders["/etc/plumbline"][2:5] == ["0750", "plumbline", "plumbline"]
    assert folders["/etc/plumbline/secret"][2] == "0700"


#: journald.conf(5) and systemd-system.conf(5).
KEYS: Final = {
    "journald.conf": {
        "Journal": {
            "Storage": r"volatile|persistent|auto|none",
            "SystemMaxUse": r"\d+[KMG]",
            "SystemMaxFileSize": r"\d+[KMG]",
            "MaxRetentionSec": r"\d+(s|min|h|day|week|month|year)",
            "SyncIntervalSec": r"\d+(s|min|h)",
            "ForwardToSyslog": r"yes|no",
        }
    },
    "watchdog.conf": {"Manager": {"RuntimeWatchdogSec": r"1[0-5]s", "RebootWatchdogSec": r"\d+min"}},
}


@pytest.mark.parametrize("name", KEYS)
def test_every_key_of_a_drop_in_is_known(name: str) -> None:
    found = configparser.ConfigParser()
    found.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their capitals
    found.read_string((ROOT / "systemd" / name).read_text())
    assert set(found.sections()) == set(KEYS[name])
    for section, keys in KEYS[name].items():
        for key, value in found[section].items():
            assert re.fullmatch(keys[key], value), f"{key}={value}"


#: udev(7): keys that are asked, and keys that are set, each with its operators.
ASKED: Final = r'(SUBSYSTEM|KERNEL|DRIVER|ENV\{\w+\})(==|!=)"[^"]+"'
SET: Final = r'(GROUP|MODE|ATTR\{\w+\})="[^"]+"|SYMLINK\+="[\w/$%{}-]+"'


def rules() -> list[str]:
    text = (ROOT / "udev/99-plumbline-serial.rules").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_every_udev_rule_asks_and_then_sets() -> None:
    assert rules()
    for rule in rules():
        kinds = ""
        for part in rule.split(", "):
            kinds += "a" if re.fullmatch(ASKED, part) else "s" if re.fullmatch(SET, part) else "?"
        assert re.fullmatch("a+s+", kinds), f"{rule}: {kinds}"


#: For a udev without `verify` (before systemd 254): its parser at work, in a namespace where our file stands
#: beside the system's. It names a line that it does not understand.
PARSED: Final = """
mkdir -p /run/udev && mount -t tmpfs tmpfs /run/udev && mkdir /run/udev/rules.d && cp "$1" /run/udev/rules.d/
udevadm test --action=add "$(ls -d /sys/class/tty/* | head -n 1)" 2>&1
"""


def test_udev_understands_every_rule(tmp_path: Path) -> None:
    shipped = ROOT / "udev/99-plumbline-serial.rules"
    if ran("udevadm", "verify", "--version").returncode == 0:
        done = ran("udevadm", "verify", str(shipped))
        assert done.returncode == 0, done.stderr + done.stdout
        return
    if os.geteuid() != 0:
        pytest.skip("udev before 254 has no verify, and only root can ask its parser instead")
    complaint = re.compile(r"^/run/udev/rules\.d/\S+:\d+ .*$", flags=re.M)
    spoilt = tmp_path / "98-spoilt.rules"
    spoilt.write_text(shipped.read_text().replace("SYMLINK", "SYMLNK"))
    parsed = {
        rules: ran("unshare", "-m", "bash", "-c", PARSED, "bash", str(rules)) for rules in (shipped, spoilt)
    }
    ours = {rules: complaint.findall(done.stdout) for rules, done in parsed.items()}
    assert f"Reading rules file: /run/udev/rules.d/{shipped.name}" in parsed[shipped].stdout
    assert not ours[shipped]
    assert ours[spoilt], "the parser names what is wrong"
