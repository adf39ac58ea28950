"""Trying a profile: every mistake one line, `file:line: key: rule`, and its examples read as the agent would.

A profile is good where it loads, is named as its file, each example gives what it says, and either a device
has proved it (an example that is not `constructed`) or `no_capture` says why none has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from checked_yaml.lines import ConfigError, KeyPath, dotted, load_with_lines
from edge_agent import profile, vectors
from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.registry import DECODERS, TABLE
from edge_agent.language import nearest, said
from edge_agent.profile import PROFILES, Example, Profile
from wire.quantities import QUANTITIES

#: What the name of a profile looks like: also that of its file.
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A rule that is broken at a place in the file."""

    place: KeyPath
    rule: str


def try_profile(name: str) -> tuple[Profile, list[str]]:
    """A profile by file, or a shipped one by name, and its mistakes, one line each. Raises ConfigError."""
    path = Path(name) if name.endswith(".yaml") else PROFILES / f"{name}.yaml"
    used = profile.load(name)
    _, line_of = load_with_lines(path.read_text(encoding="utf-8"), str(path))
    lines = [f"{path}:{line_of(one.place)}: {dotted(one.place)}: {one.rule}" for one in _mistakes(used, path)]
    return used, lines


def meaning(used: Profile, example: Example) -> dict[str, Any]:
    """What the example's bytes say: values by quantity, `badge`, `error`. Raises FrameError, ValueError."""
    request = None if example.request is None else bytes.fromhex(example.request)
    inputs = {
        "topic": example.topic,
        "part": example.part,
        "fport": example.fport,
        "codec": used.transport.codec,
        "badge": used.badge,
    }
    asked = Asked(request=request, points=used.contract_points(example.variant), inputs=inputs)
    # An uplink's own bytes, without the network server's message around them.
    bare = example.payload is None and used.transport.codec is not None
    fields = DECODERS["lorawan_codecs" if bare else used.transport.protocol](_data(used, example), asked)
    found = dict(fields.get("values_by_quantity", {}))
    if "exception" in fields or "error_word" in fields:
        found["error"] = str(fields.get("meaning") or fields.get("error_meaning")).replace(" ", "_")
    return found


def _data(used: Profile, example: Example) -> bytes:
    if example.reply is not None:
        return bytes.fromhex(example.reply)
    text = str(example.payload).encode()
    # On a serial line each line of a text ends so.
    return text.replace(b"\n", b"\r\n") if TABLE[used.transport.protocol].polled else text


def _mistakes(used: Profile, path: Path) -> Iterator[Mistake]:
    if NAME.fullmatch(used.profile) is None:
        yield Mistake(("profile",), said("profile_name_letters", name=used.profile))
    elif used.profile != path.stem:
        yield Mistake(("profile",), said("profile_name_file", name=used.profile, file=path.stem))
    if used.captured and used.no_capture:
        yield Mistake(("no_capture",), said("profile_is_captured"))
    if not used.captured and not used.no_capture:
        yield Mistake(("no_capture",), said("profile_no_capture"))
    for number, example in enumerate(used.examples):
        for one in _example_mistakes(used, example):
            yield Mistake(("examples", number, *one.place), one.rule)


def _example_mistakes(used: Profile, example: Example) -> Iterator[Mistake]:
    if not example.source.strip():
        yield Mistake(("source",), said("profile_no_source"))
    known = [*used.names(), "error", *(["badge"] if used.badge else [])]
    unknown = [key for key in example.expect if key not in known]
    for key in unknown:
        yield Mistake(("expect", key), said("profile_no_point", nearest=nearest(key, known)))
    try:
        found = meaning(used, example)
    except FrameError as error:
        yield Mistake(("reply" if example.reply is not None else "payload",), f"{error.kind}: {error}")
        return
    except ValueError as error:  # a variant that is none
        yield Mistake(("variant",), str(error))
        return
    for key, wanted in example.expect.items():
        if key not in unknown:
            yield from _value_mistakes(key, wanted, found)


def _value_mistakes(key: str, wanted: float | str | None, found: dict[str, Any]) -> Iterator[Mistake]:
    if key not in found:
        yield Mistake(("expect", key), said("profile_not_in_bytes", wanted=wanted))
        return
    got = found[key]
    if not vectors.same(wanted, got, vectors.FLOAT32_STEP):
        yield Mistake(("expect", key), said("profile_bytes_give", wanted=wanted, got=got))
    row = QUANTITIES.get(key)
    if row is not None and isinstance(got, int | float) and not row.low <= got <= row.high:
        rule = said("profile_implausible", got=f"{got:g}", low=row.low, high=row.high, unit=row.display_unit)
        yield Mistake(("expect", key), rule)


def load_errors(name: str) -> tuple[Profile | None, list[str]]:
    """As `try_profile`, with a file that cannot be loaded as its one mistake."""
    try:
        return try_profile(name)
    except ConfigError as error:
        return None, [str(error)]
