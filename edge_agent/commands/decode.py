"""`plumbline-edge decode`: what a frame means, as JSON; or a whole file of known frames."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from checked_yaml.lines import ConfigError
from edge_agent import profile, vectors
from edge_agent.captures import map_check, shipped_model
from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.registry import DECODERS, PROTOCOLS, TABLE, decoded
from edge_agent.language import nearest
from edge_agent.profile import Profile
from wire.printable import printable, printable_lines

ABOUT: Final = "about_decode"

#: Exit codes: the bytes are no good frame (or a vector differs); the command itself is wrong.
REFUSED: Final = 1
WRONG_COMMAND: Final = 2


class CommandError(ValueError):
    """The command cannot be carried out; the message is one line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `decode`."""
    parser.add_argument("protocol", nargs="?", help=f"one of {', '.join(PROTOCOLS)}")
    parser.add_argument(
        "hex", nargs="*", help="the bytes in hex, blanks do not matter; JSON or text as it is"
    )
    parser.add_argument("--request", metavar="HEX", help="the request the bytes answer")
    parser.add_argument("--topic", default="", help="the MQTT topic of the message")
    parser.add_argument("--device", help="the maker and model, as printed on the device")
    parser.add_argument("--profile", metavar="P", help="name the values by this profile's quantities")
    parser.add_argument("--variant", metavar="V", help="a variant of the profile")
    parser.add_argument("--part", metavar="P", help="the part of the device, where it has a quantity twice")
    parser.add_argument("--vectors", metavar="FILE", type=Path, help="check a JSON file of known frames")


def run(args: argparse.Namespace) -> int:
    """Carry out `decode`; returns the exit code."""
    try:
        if args.vectors is not None:
            return _run_vectors(args.vectors)
        return _run_frame(args)
    except (CommandError, ConfigError) as error:
        print(f"plumbline-edge decode: {printable_lines(str(error))}", file=sys.stderr)
        return WRONG_COMMAND


def _run_frame(args: argparse.Namespace) -> int:
    if args.protocol is None or not args.hex:
        raise CommandError("wants PROTOCOL HEX, or --vectors FILE")
    _known(args.protocol)
    used = _profile(args)
    if used is not None and used.transport.protocol != args.protocol:
        raise CommandError(f"profile {used.profile} is for {used.transport.protocol}, not {args.protocol}")
    request = None if args.request is None else _bytes(args.request)
    try:
        points = used.contract_points(args.variant, args.part) if used else ()
        inputs = {"topic": args.topic, "codec": used.transport.codec if used else None}
        asked = Asked(request, points=points, inputs=inputs, device=args.device)
        text = TABLE[args.protocol].text
        data = " ".join(args.hex).encode() if text else _bytes("".join(args.hex))
        fields = decoded(args.protocol, data, asked)
    except FrameError as error:
        fields = {"error": error.kind, "message": str(error), **error.details}
    except ValueError as error:
        raise CommandError(str(error)) from error
    print(printable_lines(json.dumps({"protocol": args.protocol, **fields}, indent=2, ensure_ascii=False)))
    return REFUSED if "error" in fields else 0


def _profile(args: argparse.Namespace) -> Profile | None:
    """The profile that is named, else that of the maker and model. Raises ConfigError."""
    if args.profile:
        return profile.load(args.profile)
    return shipped_model.find(args.device, args.protocol) if args.device else None


def _run_vectors(file: Path) -> int:
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {error}") from error
    if not isinstance(loaded, list) or not all(isinstance(vector, dict) for vector in loaded):
        raise CommandError(f"{file}: must be a JSON list of vectors")
    for vector in loaded:
        if vector.get("protocol") != map_check.PROTOCOL:
            _known(str(vector.get("protocol")))
    failed = 0
    for number, vector in enumerate(loaded):
        name = vector.get("name", f"vector {number}")
        differences = _check(vector)
        failed += bool(differences)
        line = f"failed  {name}: {'; '.join(differences)}" if differences else f"passed  {name}"
        print(printable(line))
    print(f"{len(loaded) - failed} passed, {failed} failed")
    return REFUSED if failed else 0


def _check(vector: dict[str, Any]) -> list[str]:
    try:
        return vectors.check(vector)
    except (TypeError, ValueError) as error:  # the vector itself is malformed: no hex, no mapping
        return [f"cannot be read: {error}"]


def _known(protocol: str) -> None:
    if protocol not in DECODERS:
        raise CommandError(f'"{protocol}" is no protocol known here; {nearest(protocol, PROTOCOLS)}')


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is no hex: {error}") from error
