"""The real agent on lines that take their time, the real service behind it: what it uses, what it costs."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.cloud import cloud
from benchmarks.line_wire import BAUD, QUANTITIES
from benchmarks.load import AGENT, SITE
from benchmarks.report import Figure
from benchmarks.waiting import wait_until
from plumbline.children import Children

_WARM_UP_S: Final = 8.0
_FULL_LINE_S: Final = 30.0
_CALM_S: Final = 60.0
METERS: Final = 5
_SENSORS: Final = 8
LINES: Final = 4
#: As fast as a site file may ask: the line is never idle.
_ALWAYS_S: Final = 0.05
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Use:
    """What was seen of agent and lines over `passed_s`."""

    passed_s: float
    cpu_s: float
    peak_bytes: int
    needed_s: float
    answered: int
    early: int
    requests_a_round: int


def measure(folder: Path) -> list[Figure]:
    """A line that is always asked; then twenty devices once a second."""
    full = _watched(folder / "full", 1, METERS, _SENSORS, _ALWAYS_S, _FULL_LINE_S)
    calm = _watched(folder / "calm", LINES, METERS, 0, 1.0, _CALM_S)
    devices = LINES * METERS
    polls = calm.answered / calm.passed_s
    return [
        Figure("9600 baud: line time used, of what bytes and gaps need", full.needed_s, "s", full.passed_s,
               0.92, "ratio"),
        Figure("9600 baud: requests for a round of 13 devices", full.requests_a_round, "", 13, 13,
               sense="at most"),
        Figure("9600 baud: exchanges a second", full.answered / full.passed_s, "/s",
               full.answered / full.needed_s),
        Figure("9600 baud: requests before the line was silent", full.early, "", None, 0, sense="at most"),
        Figure(f"{devices} devices x {len(QUANTITIES)} at 1 Hz: polls a second", polls, "/s", devices, 0.99,
               "ratio"),
        Figure(f"{devices} devices at 1 Hz: CPU of one core", 100 * calm.cpu_s / calm.passed_s, "%", None, 2,
               sense="at most"),
        Figure(f"{devices} devices at 1 Hz: CPU of a poll", 1e6 * calm.cpu_s / calm.answered, "µs"),
        Figure(f"{devices} devices at 1 Hz: peak memory", calm.peak_bytes / _MIB, "MiB", None, 60,
               sense="at most"),
    ]  # fmt: skip


def _watched(folder: Path, lines: int, meters: int, sensors: int, interval_s: float, seconds: float) -> Use:
    with running(folder, lines, meters, sensors, interval_s) as children:
        pid = children.pids()["edge"]
        time.sleep(_WARM_UP_S)
        before, cpu_before_s = _wire(folder), _cpu_s(pid)
        time.sleep(seconds)
        after, cpu_after_s = _wire(folder), _cpu_s(pid)
        children.check()
        return Use(
            after["at_s"] - before["at_s"],
            cpu_after_s - cpu_before_s,
            _peak_bytes(pid),
            after["needed_s"] - before["needed_s"],
            int(after["answered"] - before["answered"]),
            int(after["early"]),
            int(after["requests_a_round"]),
        )


@contextlib.contextmanager
def running(folder: Path, lines: int, meters: int, sensors: int, interval_s: float) -> Iterator[Children]:
    """Lines, service and agent at work, children `wire` and `edge`; all files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with cloud(folder) as (_, broker_port), Children(folder) as children:
        wire = ["benchmarks.line_wire", str(folder), str(lines), str(meters), str(sensors)]
        children.start("wire", wire, (folder / "wire.json").exists)
        site_file = write_site(folder, broker_port, lines, meters, sensors, interval_s)
        children.start("edge", ["edge_agent", "run", str(site_file)], lambda: True)
        wait_until(lambda: _wire(folder)["answered"] > 0, what="a first answer")
        yield children


def write_site(
    folder: Path, broker_port: int, lines: int, meters: int, sensors: int, interval_s: float
) -> Path:
    """The site file of such lines, and the profile of their meters; the path of the first."""
    points = [
        {"key": quantity, "read": "all", "offset": 2 * place, "decode": "float32"}
        for place, quantity in enumerate(QUANTITIES)
    ]
    read = {"id": "all", "register": {"type": "holding", "address": 0, "count": 2 * len(QUANTITIES)}}
    profile = {
        "schema": 1, "profile": "meter", "no_capture": "a simulated device",
        "transport": {"protocol": "modbus_rtu", "baud": BAUD}, "reads": [read], "points": points,
    }  # fmt: skip
    (folder / "meter.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))
    broker = {
        "host": "127.0.0.1", "port": broker_port, "username": f"{SITE}.{AGENT}", "password_file": "password",
    }  # fmt: skip
    site = {
        "site": SITE, "agent": AGENT, "timezone": "Asia/Shanghai", "broker": broker,
        "spool": {"path": "spool.db"}, "badge_pepper_file": "badge-pepper",
        "lines": [_line(number, meters, sensors, interval_s) for number in range(lines)],
    }  # fmt: skip
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(site, sort_keys=False))
    return path


def _line(number: int, meters: int, sensors: int, interval_s: float) -> dict[str, Any]:
    kinds = [("meter", "meter.yaml")] * meters + [("climate", "xy-md02")] * sensors
    devices = [
        {"id": f"{kind}-{number}-{unit}", "profile": profile, "address": unit, "interval_s": interval_s}
        for unit, (kind, profile) in enumerate(kinds, 1)
    ]
    return {"port": f"line-{number}", "protocol": "modbus_rtu", "baud": BAUD, "devices": devices}


def _wire(folder: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads((folder / "wire.json").read_text())
    return found


def _cpu_s(pid: int) -> float:
    """Time on a processor of all its threads, to the nanosecond (Documentation/scheduler/sched-stats.rst)."""
    found = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in found) / 1e9


def _peak_bytes(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(text.split("VmHWM:")[1].split()[0])
