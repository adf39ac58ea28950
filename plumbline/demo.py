"""`make demo`: the whole path on one machine, without hardware.

The same commands a firm would run, as child processes: the simulated site (pseudo-terminals that speak real
protocols), `plumbline-edge backfill` (its past days become a spooled backlog), `plumbline serve` and
`plumbline-edge run`. This module starts them in order, shows how far they are, and stops them.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

import yaml

from plumbline.children import ChildError, Children
from plumbline.heartbeat import fresh_beats
from plumbline.ports import free_port

SITE: Final = "fenglin-18"
AGENT: Final = "pi-1"
HISTORY_DAYS: Final = 9
_SEED: Final = "18"
_PREFERRED_PORT: Final = 8080
_BACKLOG_WITHIN_S: Final = 180.0
#: So many batches on their way are no backlog but the present.
_LIVE_BATCHES: Final = 4


class _Stopped(Exception):  # noqa: N818  # not an error: the person has seen enough
    """Ctrl-C or SIGTERM."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the demo lives: its folder, its ports and the customer's secret."""

    folder: Path
    port: int
    broker_port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def site_file(self) -> Path:
        return self.folder / "site.yaml"


def demo() -> int:
    """Run as the environment says (PORT, DEMO_SECONDS, DEMO_DIR). Exit code: 0, or 1 when a part failed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise_stopped)
    try:
        with contextlib.ExitStack() as stack:
            place = _place(stack)
            children = stack.enter_context(Children(place.folder))
            _begin(place, children)
            _stay(children, _number("DEMO_SECONDS"))
    except _Stopped:
        print()
    except ChildError as error:
        print(f"\nThe demo cannot go on: {error}", file=sys.stderr)
        return 1
    print("  stopped; nothing is left running.")
    return 0


def _begin(place: _Place, children: Children) -> None:
    started = time.monotonic()
    print("\n  Plumbline 准绳 · a renovation site on this machine\n")
    _write_settings(place)
    _step("the simulated site opens its serial lines")
    children.start("site", ["simulator", *_site_arguments(place)], place.site_file.exists)
    _step(
        f"its past {HISTORY_DAYS} days go into the agent's spool, as after {HISTORY_DAYS} days without a link"
    )
    history = str(place.folder / "history")
    model = ["--days", str(HISTORY_DAYS), "--seed", _SEED, "--timezone", _timezone(place)]
    children.run("history", ["simulator", "--history", history, *model])
    said = children.run("backfill", ["edge_agent", "backfill", str(place.site_file), history])
    total = int(said.split(" readings", 1)[0].replace(",", ""))
    _step("broker, ingest, stores and pages start")
    _write_project(place)
    serve = ["plumbline", "serve", "--config", str(place.folder / "plumbline.yaml")]
    children.start("serve", serve, lambda: _is_well(place))
    _step("the edge agent reads the site; live values go first, the backlog behind them")
    children.start("edge", ["edge_agent", "run", str(place.site_file)], lambda: _online(place))
    _watch_backlog(place, children, total)
    _say_ready(place, time.monotonic() - started)


def _site_arguments(place: _Place) -> list[str]:
    broker = ["--broker-host", "127.0.0.1", "--broker-port", str(place.broker_port)]
    account = ["--username", f"{SITE}.{AGENT}", "--password-file", str(place.folder / "agent-password")]
    return ["--dir", str(place.folder), "--seed", _SEED, *broker, *account]


def _watch_backlog(place: _Place, children: Children, total: int) -> None:
    """Until `total` readings have come through the real path into the store."""
    deadline = time.monotonic() + _BACKLOG_WITHIN_S
    while time.monotonic() < deadline:
        children.check()
        counters = _counters(place)
        if "readings" in counters and "spooled_batches" in counters:
            stored = min(counters["readings"], total)
            _bar(stored / total, f"{stored:>9,} of {total:,} readings are in the store")
            if stored == total and counters["spooled_batches"] <= _LIVE_BATCHES:
                print()
                return
        time.sleep(0.1)
    raise ChildError(
        f"the backlog did not arrive within {_BACKLOG_WITHIN_S:g} s; the logs are in {place.folder}"
    )


def _say_ready(place: _Place, seconds: float) -> None:
    zone = _timezone(place)
    page = f"{place.url}/p/{place.token}"
    shifted = "" if zone == "Asia/Shanghai" else "  (a zone where it is a working day now)"
    limit = _number("DEMO_SECONDS")
    print(f"\n  ready after {seconds:.0f} s\n")
    print(f"  the customer's page   {page}")
    print(f"  in English            {page}?lang=en")
    print(f"  the site's clock      {zone}{shifted}")
    print(f"  logs and data         {place.folder}")
    print(f"\n  {f'stops by itself after {limit:g} s' if limit else 'Ctrl-C stops it'}", flush=True)


def _timezone(place: _Place) -> str:
    zone: str = yaml.safe_load(place.site_file.read_text(encoding="utf-8"))["timezone"]
    return zone


def _stay(children: Children, seconds: float | None) -> None:
    end = time.monotonic() + seconds if seconds else float("inf")
    while (left := end - time.monotonic()) > 0:
        children.check()
        time.sleep(min(0.2, left))


# What is written before anything starts.


def _place(stack: contextlib.ExitStack) -> _Place:
    kept = os.environ.get("DEMO_DIR")
    if kept:
        folder = Path(kept).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ChildError(f"DEMO_DIR {folder} is not empty; name a new folder")
    else:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plumbline-demo-")))
    port = _number("PORT")
    return _Place(
        folder=folder,
        port=int(port) if port else free_port(_PREFERRED_PORT),
        broker_port=free_port(),
        token=secrets.token_urlsafe(12),
    )


def _write_settings(place: _Place) -> None:
    password = place.folder / "agent-password"
    password.write_text(secrets.token_hex(16))
    password.chmod(0o600)
    settings = {
        "data": "data",
        "projects": "projects.yaml",
        "web": {"port": place.port},
        "embedded_broker_port": place.broker_port,
        "agents": [{"site": SITE, "agent": AGENT, "password_file": password.name}],
    }
    _dump(place.folder / "plumbline.yaml", settings)


def _write_project(place: _Place) -> None:
    started = datetime.now(UTC).date() - timedelta(days=HISTORY_DAYS)
    devices = [
        {"id": "meter-main", "kind": "electricity_meter", "interval_s": 1},
        {"id": "water-main", "kind": "water_meter", "interval_s": 2},
        {"id": "th-living", "kind": "climate_sensor", "room": "living", "interval_s": 5},
        {"id": "th-bath", "kind": "climate_sensor", "room": "bath", "interval_s": 5},
        {"id": "th-bedroom", "kind": "climate_sensor", "room": "bedroom", "interval_s": 5},
        {"id": "gate-in", "kind": "badge_reader"},
        {"id": "gate-out", "kind": "badge_reader"},
    ]
    project = {
        "id": SITE,
        "token": place.token,
        "site": SITE,
        "timezone": _timezone(place),
        "title": {"zh": "枫林路 18 号 3-501", "en": "18 Fenglin Road, 3-501"},
        "customer": {"zh": "郑先生家", "en": "The Zheng home"},
        "started": started,
        "rooms": [
            {"id": "living", "zh": "客厅", "en": "Living room"},
            {"id": "bath", "zh": "主卫", "en": "Bathroom"},
            {"id": "bedroom", "zh": "次卧", "en": "Bedroom"},
        ],
        "devices": devices,
    }
    _dump(place.folder / "projects.yaml", {"projects": [project]})


def _dump(path: Path, data: object) -> None:
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")


# Asking and showing.


def _is_well(place: _Place) -> bool:
    try:
        with urllib.request.urlopen(f"{place.url}/health", timeout=2) as answer:  # noqa: S310  # our own child
            return bool(json.load(answer)["status"] == "ok")
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _counters(place: _Place) -> dict[str, Any]:
    """Of the writer and of the stores, as `serve` last said in its folder."""
    beats = fresh_beats(place.folder / "data" / "health", "serve").values()
    parts = [beat["parts"][name] for beat in beats for name in ("time series", "stores")]
    return {name: count for part in parts for name, count in part["counters"].items()}


def _online(place: _Place) -> bool:
    return bool(_counters(place).get("agents_online"))


def _step(text: str) -> None:
    print(f"  · {text}", flush=True)


def _bar(share: float, text: str) -> None:
    width = 32
    full = round(share * width)
    line = f"    {'━' * full}{'╌' * (width - full)}  {text}"
    if sys.stdout.isatty():
        print(f"\r{line}\033[K", end="", flush=True)
    elif share >= 1:
        print(line.rstrip(), flush=True)


def _number(name: str) -> float | None:
    text = os.environ.get(name, "").strip()
    try:
        return float(text) if text else None
    except ValueError as error:
        raise ChildError(f"{name}={text!r} is not a number") from error


def _raise_stopped(_: int, __: FrameType | None) -> NoReturn:
    raise _Stopped
