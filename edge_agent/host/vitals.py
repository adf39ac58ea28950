"""How the machine is that the agent runs on: what wears out, what overheats, what browns out.

Each is left out where the machine does not say it. Files of the kernel are read, no program is started.
"""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import Final

from wire.status import HostStatus

_ROOT: Final = Path("/")
#: MMC life time estimate (JEDEC JESD84-B50, 7.4.96): 1 is 0-10 % used, … 10 is 90-100 %, 11 is beyond.
_WEAR_STEP: Final = 10
_MOST_WEAR: Final = 11
#: Bits of the Raspberry Pi firmware's get_throttled: under-voltage now; throttled now.
_UNDER_VOLTAGE: Final = 0x1
_THROTTLED: Final = 0x4


def vitals(spool: Path, root: Path = _ROOT) -> HostStatus:
    """What the machine under `root` says; free space is of the disk `spool` is on."""
    throttled = _number(root / "sys/devices/platform/soc/soc:firmware/get_throttled", 16)
    return HostStatus(
        os=_os_name(root),
        kernel=platform.release(),
        python=platform.python_version(),
        uptime_s=_uptime_s(root),
        cpu_temperature=_temperature(root),
        disk_free_bytes=_free_bytes(spool.parent),
        disk_wear_percent=_wear_percent(root),
        under_voltage=_under_voltage(root, throttled),
        throttled=None if throttled is None else bool(throttled & _THROTTLED),
    )


def _os_name(root: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        for line in (root / "etc/os-release").read_text(encoding="utf-8").splitlines():
            if line.startswith("PRETTY_NAME="):
                return line.partition("=")[2].strip().strip('"')
    return platform.system()


def _uptime_s(root: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int(float((root / "proc/uptime").read_text(encoding="ascii").split()[0]))
    return None


def _temperature(root: Path) -> float | None:
    """°C of the hottest zone."""
    zones = (root / "sys/class/thermal").glob("thermal_zone*/temp")
    found = [value for zone in zones if (value := _number(zone)) is not None]
    return max(found) / 1000 if found else None


def _free_bytes(folder: Path) -> int | None:
    with suppress(OSError):
        disk = os.statvfs(folder)
        return disk.f_bavail * disk.f_frsize
    return None


def _wear_percent(root: Path) -> int | None:
    """The worse of the two areas of the most worn card or eMMC. SD cards mostly do not say."""
    steps: list[int] = []
    for file in (root / "sys/block").glob("mmcblk*/device/life_time"):
        with suppress(OSError, ValueError):
            steps += [int(word, 16) for word in file.read_text(encoding="ascii").split()]
    known = [step for step in steps if 1 <= step <= _MOST_WEAR]
    return max(known) * _WEAR_STEP if known else None


def _under_voltage(root: Path, throttled: int | None) -> bool | None:
    """By the firmware's bits, or by the hardware monitor that replaced them (hwmon rpi_volt)."""
    for name in (root / "sys/class/hwmon").glob("hwmon*/name"):
        with suppress(OSError):
            if name.read_text(encoding="ascii").strip() == "rpi_volt":
                alarm = _number(name.with_name("in0_lcrit_alarm"))
                return None if alarm is None else bool(alarm)
    return None if throttled is None else bool(throttled & _UNDER_VOLTAGE)


def _number(file: Path, base: int = 10) -> int | None:
    with suppress(OSError, ValueError):
        return int(file.read_text(encoding="ascii").strip(), base)
    return None
