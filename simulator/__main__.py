"""`python -m simulator`: serve a simulated site, or write its past.

    python -m simulator --dir DIR [--seed N] [--timezone Z] [--broker-host H --broker-port P ...]
    python -m simulator --dir DIR --renovation [--day N] [--pace X] [--seed N] ...
    python -m simulator --counting --dir DIR --devices N --counters M
    python -m simulator --history FOLDER --days N [--seed N] [--timezone Z]
    python -m simulator renovation --seed N --out DIR [--sites K] [--wide]

The first three print `ready DIR/site.yaml` once every line can be opened, and serve until SIGTERM or SIGINT.
Counting devices fall silent at SIGUSR1, so that nothing is on the line when the count is taken.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

from simulator.counting import CountingSite
from simulator.line import SimulatedLine
from simulator.model.calendar import working_timezone
from simulator.recording import write_recording
from simulator.site import SITE, SimulatedSite, broker_entry, demo_site
from wire.durations import DAY_MS


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the arguments say: 0 after SIGTERM or SIGINT, 2 for arguments that cannot be."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["renovation"]:
        # Only here: the devices of a line need no numpy.
        from simulator.renovation.command import main as write_renovations

        return write_renovations(given[1:])
    parser = _parser()
    options = parser.parse_args(given)
    options.timezone = options.timezone or working_timezone(_now_ms())
    try:
        if options.history is not None:
            _write_history(options)
        else:
            if options.dir is None:
                parser.error("--dir is needed: the folder for site.yaml and the links to the lines")
            options.dir.mkdir(parents=True, exist_ok=True)
            asyncio.run(_serve_counting(options) if options.counting else _serve_site(options))
    except (ValueError, ZoneInfoNotFoundError) as error:
        parser.error(str(error))
    return 0


def _write_history(options: argparse.Namespace) -> None:
    site = demo_site(options.seed, options.timezone, name=options.site)
    end_ms = options.until_ms or _now_ms()
    write_recording(options.history, site, end_ms - int(options.days * DAY_MS), end_ms, options.step_s)


async def _serve_site(options: argparse.Namespace) -> None:
    stopped = _stop_signal()
    site = (
        _renovation(options)
        if options.renovation
        else demo_site(options.seed, options.timezone, name=options.site)
    )
    with contextlib.ExitStack() as plugged:
        for line in site.lines(options.dir, _now_ms):
            _plug(plugged, line)
        if options.modbus_meter:
            _plug(plugged, site.modbus_meter_line(options.dir, _now_ms))
        path = site.write_site_file(
            options.dir, options.broker_host, options.broker_port, options.username, options.password_file
        )
        print(f"ready {path}", flush=True)
        await stopped.wait()


def _renovation(options: argparse.Namespace) -> SimulatedSite:
    from simulator.renovation.live import LiveRenovation
    from simulator.renovation.renovation import Renovation

    renovation = Renovation(options.seed, timezone=options.timezone)
    live = LiveRenovation(renovation, _now_ms(), options.day, options.pace)
    return SimulatedSite(options.site, "pi-1", options.timezone, live)


async def _serve_counting(options: argparse.Namespace) -> None:
    stopped = _stop_signal()
    produced = options.dir / "produced.json"
    site = CountingSite(options.devices, options.counters)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, site.fall_silent)
    broker = broker_entry(options.broker_host, options.broker_port, options.username, options.password_file)
    with contextlib.ExitStack() as plugged:
        _plug(plugged, site.line(options.dir, _now_ms))
        keeping = asyncio.create_task(site.keep_written(produced))
        path = site.write_files(options.dir, options.timezone, broker, options.interval_s)
        print(f"ready {path}", flush=True)
        await stopped.wait()
    keeping.cancel()
    # Only now, with the line gone, is the last number the last one.
    site.write_produced(produced)


def _stop_signal() -> asyncio.Event:
    """Set at SIGTERM or SIGINT. Made before any file appears: whoever waits for one may stop us at once."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


def _plug(plugged: contextlib.ExitStack, line: SimulatedLine) -> None:
    line.plug()
    plugged.callback(line.unplug)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A site that does not exist.")
    parser.add_argument("--dir", type=Path, help="folder for site.yaml and the links to the lines")
    parser.add_argument("--site", default=SITE, help=f"what it is called (default {SITE})")
    parser.add_argument("--seed", type=int, default=18, help="which site (default 18)")
    parser.add_argument("--timezone", help="the site's zone (default: one where it is a working day now)")
    parser.add_argument(
        "--modbus-meter", action="store_true", help="one meter more, an Eastron SDM630 on DIR/grid"
    )
    renovation = parser.add_argument_group("a whole renovation on the lines")
    renovation.add_argument("--renovation", action="store_true", help="instead of the demo's endless site")
    renovation.add_argument("--day", type=int, default=0, help="on which of its days it begins")
    renovation.add_argument("--pace", type=float, default=1.0, help="times as fast as real time")
    broker = parser.add_argument_group("the broker, as it goes into site.yaml")
    broker.add_argument("--broker-host", default="127.0.0.1")
    broker.add_argument("--broker-port", type=int, default=1883)
    broker.add_argument("--username")
    broker.add_argument("--password-file", help="absolute, or relative to DIR")
    counting = parser.add_argument_group("devices that count, for proofs")
    counting.add_argument("--counting", action="store_true", help="count instead of simulating a site")
    counting.add_argument("--devices", type=int, default=1)
    counting.add_argument("--counters", type=int, default=1, help="counters in each device")
    counting.add_argument("--interval-s", type=float, default=0.1, help="how often the agent shall read them")
    past = parser.add_argument_group("the past, as a recording")
    past.add_argument("--history", type=Path, metavar="FOLDER", help="write a recording there and end")
    past.add_argument("--days", type=float, default=9.0)
    past.add_argument("--until-ms", type=int, help="where it ends, UTC milliseconds (default now)")
    past.add_argument("--step-s", type=int, default=60)
    return parser


if __name__ == "__main__":
    sys.exit(main())
