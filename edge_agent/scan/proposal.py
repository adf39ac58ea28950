"""The site file a search ends with: what was found, ready for `check`, with the rest said in comments."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from checked_yaml.lines import ConfigError, load_with_lines
from edge_agent import profile
from edge_agent.drivers.registry import LISTENING
from edge_agent.language import said
from edge_agent.scan.probe import Setting
from edge_agent.scan.search import Found
from edge_agent.site.installation import RULES

_BY_ID: Final = Path("/dev/serial/by-id")
#: What a device is called, by the first of these that its profile reads.
_CALLED: Final = (
    ("active_energy_import", "meter"),
    ("active_power", "meter"),
    ("water_volume", "water"),
    ("material_moisture", "moisture"),
    ("relative_humidity", "climate"),
    ("temperature", "climate"),
    ("sound_level", "noise"),
)
#: A slow line is not asked every few seconds.
_SLOW_BAUD: Final = 2400

_LINES: Final = "lines:\n"
_HEAD: Final = """\
site: my-site
agent: my-site-pi
timezone: {timezone}
broker: {{host: broker.my-firm.example}}
spool: {{path: spool/spool.db}}
badge_pepper_file: secret/badge-pepper
"""


def site_file(port: str, found: Sequence[Found], today: dt.date, timezone: str) -> str:
    """The whole file."""
    head = _HEAD.format(timezone=timezone)
    return f"{said('propose_head', date=today.isoformat())}\n{head}{lines_section(port, found)}"


def lines_section(port: str, found: Sequence[Found], taken: Iterable[str] = ()) -> str:
    """The part `lines` of a site file: one line, with the protocol and speed most devices have.

    `taken` are ids that other devices of the site have.
    """
    usable = [one for one in found if _usable(one)]
    text = [_LINES]
    if usable:
        protocol, setting = _main(usable)
        ours = [one for one in usable if (one.protocol, one.setting.baud) == (protocol, setting.baud)]
        text += _line(port, ours, set(taken))
        rest = [one for one in found if one not in ours]
    else:
        rest = list(found)
    text += [f"  {comment}\n" for comment in _comments(rest)]
    return "".join(text) if usable else "".join(["lines: []\n", *text[1:]])


def added(text: str, port: str, found: Sequence[Found]) -> str | None:
    """`text`, a site file, with the line added to its `lines`; None where that cannot be done at its end."""
    before, _ = load_with_lines(text)
    if not isinstance(before, dict) or not isinstance(before.get("lines"), list):
        return None
    taken = [str(device.get("id")) for line in before["lines"] for device in line.get("devices", [])]
    section = lines_section(port, found, taken)
    if not section.startswith(_LINES):
        return None
    longer = f"{text.rstrip()}\n{section.removeprefix(_LINES)}"
    with contextlib.suppress(ConfigError):
        after, _ = load_with_lines(longer)
        wanted, _ = load_with_lines(section)
        if after == before | {"lines": [*before["lines"], *wanted["lines"]]}:
            return longer
    return None


def stable_name(port: str) -> str:
    """The port by the name of its adapter, which stays when it is plugged in elsewhere; else as it is."""
    real = Path(port).resolve()
    names = sorted(_BY_ID.iterdir()) if _BY_ID.is_dir() else []
    return next((str(name) for name in names if name.resolve() == real), port)


def _usable(one: Found) -> bool:
    return RULES[one.protocol].missing is None and (one.protocol in LISTENING or bool(one.fits))


def _main(found: Iterable[Found]) -> tuple[str, Setting]:
    counts = Counter((one.protocol, one.setting) for one in found)
    return counts.most_common(1)[0][0]


def _line(port: str, found: Sequence[Found], taken: set[str]) -> Iterator[str]:
    setting = found[0].setting
    path = port if "://" in port else str(Path(port).absolute())
    yield f"  - port: {json.dumps(path)}\n    protocol: {found[0].protocol}\n"
    yield f"    baud: {setting.baud}\n    parity: {setting.parity}\n"
    yield f"    data_bits: {setting.data_bits}\n" if setting.data_bits != 8 else ""
    yield "    devices:\n"
    for one in found:
        stem = _called(one)
        name = next(name for number in itertools.count(1) if (name := f"{stem}-{number}") not in taken)
        taken.add(name)
        yield from _device(one, name)


def _device(one: Found, name: str) -> Iterator[str]:
    if one.protocol in LISTENING:
        # The address is a number for OSDP; the others have none.
        address = f", address: {one.address}" if one.address else ""
        yield f"      - {{id: {name}{address}, direction: in}}\n"
        return
    best, *others = one.fits
    variant = f", variant: {best.variant}" if best.variant else ""
    interval_s = 10 if one.setting.baud <= _SLOW_BAUD else 5
    address = one.address if _is_small_number(one.address) else json.dumps(one.address)
    for part in profile.load(best.profile).parts or (None,):
        own, said_part = (name, "") if part is None else (f"{name}-{part}", f", part: {part}")
        entry = f"profile: {best.profile}{variant}{said_part}, address: {address}, interval_s: {interval_s}"
        yield f"      - {{id: {own}, {entry}}}\n"
    as_good = [other.name for other in others if (other.good, other.all) == (best.good, best.all)]
    if as_good:
        yield f"        {said('propose_several', profiles=', '.join(as_good))}\n"


def _called(one: Found) -> str:
    if one.protocol in LISTENING:
        return "gate"
    reads = profile.load(one.fits[0].profile).names()
    return next((called for quantity, called in _CALLED if quantity in reads), "device")


def _comments(rest: Sequence[Found]) -> Iterator[str]:
    others: dict[tuple[str, Setting], list[str]] = {}
    for one in rest:
        if one.fits or one.protocol in LISTENING:
            others.setdefault((one.protocol, one.setting), []).append(one.address)
        else:
            yield said("propose_unknown", address=one.address)
    for (protocol, setting), addresses in others.items():
        named = ", ".join(filter(None, addresses)) or "–"
        yield said("propose_other", protocol=protocol, setting=setting, addresses=named)


def _is_small_number(address: str) -> bool:
    return address.isdecimal() and str(int(address)) == address and len(address) <= 3
