"""`plumbline-edge read SITE.yaml [DEVICE]`: one look at each device, for the person with the screwdriver."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TextIO

from edge_agent.clock.clock import utc_ms
from edge_agent.drivers.contract import CardRead, DriverError, LineCounters, Port, Reply, Target
from edge_agent.drivers.mqtt.subscriber import MqttDevices, MqttPlan
from edge_agent.language import said
from edge_agent.line.lines import LinePlan, ListeningPlan, Opener, PolledPlan, devices_of
from edge_agent.line.serial_port import open_line
from edge_agent.site.installation import load_installation
from edge_agent.tasks.together import Together
from wire.batch import FaultReason
from wire.printable import printable_lines
from wire.quantities import QUANTITIES

ABOUT: Final = "about_read"
#: How long to wait for somebody to hold a badge to the reader, when that reader is asked for by name.
BADGE_WAIT_S: Final = 15.0
#: Battery sensors speak every few minutes: a push of their button makes them speak now.
MESSAGE_WAIT_S: Final = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `read`."""
    parser.add_argument("site_file", metavar="SITE.yaml", type=Path)
    parser.add_argument("device", nargs="?", metavar="DEVICE")


def run(arguments: argparse.Namespace) -> int:
    """0 when every device answered. Raises SiteFileError."""
    found = load_installation(arguments.site_file)
    return asyncio.run(read_once(found.plans, open_line, sys.stdout, arguments.device, found.mqtt))


async def read_once(
    plans: Sequence[LinePlan],
    opener: Opener,
    out: TextIO,
    only: str | None = None,
    mqtt: MqttPlan | None = None,
) -> int:
    """Print a table. 0 when every device answered, 1 when one did not or `only` is no device of the site."""
    heard = () if mqtt is None else mqtt.devices
    known = [device for plan in plans for device in devices_of(plan)]
    known += [device.target.device for device in heard]
    if only is not None and only not in known:
        _say(said("no_such_device", device=only, known=", ".join(known)), out)
        return 1
    good = True
    for plan in plans:
        if only is None or only in devices_of(plan):
            good &= await _read_line(plan, opener, out, only)
    wanted = tuple(device for device in heard if only in (None, device.target.device))
    if mqtt is not None and wanted:
        good &= await _await_messages(replace(mqtt, devices=wanted), out)
    return 0 if good else 1


def _say(text: str, out: TextIO) -> None:
    """A line; names and errors in it may hold what a device or a stranger wrote."""
    print(printable_lines(text), file=out)


async def _read_line(plan: LinePlan, opener: Opener, out: TextIO, only: str | None) -> bool:
    try:
        port = opener(plan.settings)
    except DriverError as error:
        _say(f"{plan.settings.path}\n  {error}", out)
        return False
    try:
        if isinstance(plan, ListeningPlan):
            return await _hear(plan, port, out, patient=only is not None)
        targets = [asked.target for asked in plan.devices if only in (None, asked.target.device)]
        answered = [await _ask(plan, port, target, out) for target in targets]
        return all(answered)
    finally:
        port.close()


async def _ask(plan: PolledPlan, port: Port, target: Target, out: TextIO) -> bool:
    _say(said("asked_on", device=target.device, address=target.address, port=plan.settings.path), out)
    try:
        reply = await plan.driver.poll(port, target, LineCounters(), plan.settings.timeout_s)
    except DriverError as error:
        _say(f"  {said(error.reason)} ({error})", out)
        return False
    for row in _rows(reply):
        _say(f"  {row}", out)
    return True


def _rows(reply: Reply) -> Iterator[str]:
    width = max((len(quantity) for quantity in reply.values), default=0)
    for quantity, value in reply.values.items():
        if value is None:
            yield f"{quantity:<{width}}  {'–':>12}  {said(reply.faults.get(quantity, 'not_a_number'))}"
        else:
            unit = QUANTITIES[quantity].display_unit if quantity in QUANTITIES else ""
            yield f"{quantity:<{width}}  {value:>12.10g}  {unit}".rstrip()


async def _hear(plan: ListeningPlan, port: Port, out: TextIO, *, patient: bool) -> bool:
    names = ", ".join(devices_of(plan))
    _say(said("reader_on", device=names, port=plan.settings.path), out)
    if not patient:
        _say(f"  {said('speaks_itself', device=devices_of(plan)[0])}", out)
        return True
    _say(f"  {said('hold_a_badge', seconds=BADGE_WAIT_S)}", out)
    out.flush()
    try:
        async with asyncio.timeout(BADGE_WAIT_S):
            async for heard in plan.driver.listen(port, LineCounters()):
                if not isinstance(heard, CardRead):
                    continue
                # Not its number: a terminal's history lasts.
                _say(f"  {said('badge_read')}", out)
                return True
    except TimeoutError:
        _say(f"  {said('nothing_came')}", out)
    except DriverError as error:
        _say(f"  {error}", out)
    return False


class _FirstWords:
    """Prints what each device says first (see `drivers.mqtt.arrival.Collecting`)."""

    def __init__(self, plan: MqttPlan, out: TextIO) -> None:
        self._plan = plan
        self._out = out
        self._waiting = {device.target.device: device.target.address for device in plan.devices}
        self.all_heard = asyncio.Event()

    @property
    def missing(self) -> list[str]:
        """Who has said nothing."""
        return list(self._waiting)

    def reply(self, device: str, time_ms: int, reply: Reply) -> None:  # noqa: ARG002  # when is now
        """A device has spoken."""
        self._heard(device, list(_rows(reply)))

    def card(self, device: str, time_ms: int, card: str) -> None:  # noqa: ARG002  # not its number
        """A badge was held to it."""
        self._heard(device, [said("badge_read")])

    def failure(self, device: str, time_ms: int, reason: FaultReason) -> None:
        """Said again at the end, where it still holds."""

    def restored(self, device: str) -> None:
        """Nothing to print."""

    def _heard(self, device: str, rows: Iterable[str]) -> None:
        if device not in self._waiting:
            return
        address = self._waiting.pop(device)
        _say(said("mqtt_on", device=device, address=address, port=self._plan.port), self._out)
        for row in rows:
            _say(f"  {row}", self._out)
        if not self._waiting:
            self.all_heard.set()


async def _await_messages(plan: MqttPlan, out: TextIO) -> bool:
    """Print what each device says first, for as long as one waits for a person at a reader."""
    _say(said("mqtt_wait", port=plan.port, seconds=MESSAGE_WAIT_S), out)
    out.flush()
    words = _FirstWords(plan, out)
    together = Together()
    together.start(plan.port, MqttDevices(plan, words, utc_ms).run())
    together.start("words", words.all_heard.wait())
    try:
        async with asyncio.timeout(MESSAGE_WAIT_S):
            await together.run()
    except TimeoutError:
        pass
    except BaseExceptionGroup:
        if words.missing:
            raise
    for device in words.missing:
        _say(f"{device}  {said('nothing_came')}", out)
    return not words.missing
