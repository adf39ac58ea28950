"""`plumbline-edge read`: one look at each device, for the person with the screwdriver."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final, TextIO

from edge_agent.drivers.contract import CardRead, DriverError, LineCounters, Port, Reply, Target
from edge_agent.lines import LinePlan, ListeningPlan, Opener, PolledPlan, devices_of
from wire.batch import FaultReason
from wire.quantities import QUANTITIES

#: How long to wait for somebody to hold a badge to the reader, when that reader is asked for by name.
BADGE_WAIT_S: Final = 15.0

IN_WORDS: Final[dict[FaultReason, str]] = {
    "no_reply": "no reply: check address, baud rate, parity, A/B wires and power",
    "bad_checksum": "replies are damaged: check termination, ground and cable length",
    "not_a_number": "the device says it has no value",
    "device_error": "the device refuses: this register does not exist in it",
    "malformed": "what came is no reply of this protocol",
    "line_lost": "the port cannot be opened or is gone",
    "clock_unsynchronised": "the clock is not set yet",
}


async def read_once(plans: Sequence[LinePlan], opener: Opener, out: TextIO, only: str | None = None) -> int:
    """Print a table. 0 when every device answered, 1 when one did not or `only` is no device of the site."""
    known = [device for plan in plans for device in devices_of(plan)]
    if only is not None and only not in known:
        print(f"{only}: no such device. ({', '.join(known)})", file=out)
        return 1
    good = True
    for plan in plans:
        if only is None or only in devices_of(plan):
            good &= await _read_line(plan, opener, out, only)
    return 0 if good else 1


async def _read_line(plan: LinePlan, opener: Opener, out: TextIO, only: str | None) -> bool:
    try:
        port = opener(plan.settings)
    except DriverError as error:
        print(f"{plan.settings.path}\n  {error}", file=out)
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
    print(f"{target.device}  address {target.address} on {plan.settings.path}", file=out)
    try:
        reply = await plan.driver.poll(port, target, LineCounters(), plan.settings.timeout_s)
    except DriverError as error:
        print(f"  {IN_WORDS[error.reason]} ({error})", file=out)
        return False
    for row in _rows(reply):
        print(f"  {row}", file=out)
    return True


def _rows(reply: Reply) -> Iterator[str]:
    width = max((len(quantity) for quantity in reply.values), default=0)
    for quantity, value in reply.values.items():
        if value is None:
            yield f"{quantity:<{width}}  {'–':>12}  {IN_WORDS[reply.faults.get(quantity, 'not_a_number')]}"
        else:
            unit = QUANTITIES[quantity].display_unit if quantity in QUANTITIES else ""
            yield f"{quantity:<{width}}  {value:>12.10g}  {unit}".rstrip()


async def _hear(plan: ListeningPlan, port: Port, out: TextIO, *, patient: bool) -> bool:
    names = ", ".join(devices_of(plan))
    print(f"{names}  badge reader on {plan.settings.path}", file=out)
    if not patient:
        print(f"  speaks of itself; `read SITE.yaml {devices_of(plan)[0]}` waits for a badge", file=out)
        return True
    print(f"  hold a badge to it within {BADGE_WAIT_S:g} s", file=out)
    out.flush()
    try:
        async with asyncio.timeout(BADGE_WAIT_S):
            async for heard in plan.driver.listen(port, LineCounters()):
                if not isinstance(heard, CardRead):
                    continue
                # Not its number: a terminal's history lasts.
                print("  a badge was read", file=out)
                return True
    except TimeoutError:
        print("  nothing came", file=out)
    except DriverError as error:
        print(f"  {error}", file=out)
    return False
