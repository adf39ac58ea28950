"""What `decode` and the drivers' codecs say to one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from edge_agent.drivers.contract import Point

F = TypeVar("F")
#: The field with a profile's quantities, each with its value.
VALUES: Final = "values_by_quantity"


class FrameError(ValueError):
    """The bytes hold no good frame. `kind` is one word for it, `details` the fields that prove it."""

    def __init__(self, kind: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.kind = kind
        self.details = details


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person knows besides the bytes.

    `kind` is "frame" for anything that came over a line, else the protocol's word for a piece of one (a bare
    number, a checksum). `inputs` are the words of a manual: `type`, `byte_order`, `scale`, `decimals`, …
    `points` come from a profile.
    """

    request: bytes | None = None
    kind: str = "frame"
    points: tuple[Point, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    #: The maker's name of the device, where its register map is known (see `register_maps`).
    device: str | None = None


def together(frames: Sequence[dict[str, Any]], faults: Sequence[FrameError] = ()) -> dict[str, Any]:
    """Fields of a capture: those of its first frame, how many `frames` there are, and each in `items` where
    there are several; in `refused` what came whole but broken. What a profile names is that of all frames.
    """
    fields = {**frames[0], "frames": len(frames)}
    if len(frames) > 1:
        fields["items"] = list(frames)
        named = [frame[VALUES] for frame in frames if VALUES in frame]
        if named:
            fields[VALUES] = {key: value for values in named for key, value in values.items()}
    if faults:
        fields["refused"] = [refused(fault) for fault in faults]
    return fields


def each(frames: Sequence[F], fields_of: Callable[[F], dict[str, Any]]) -> list[dict[str, Any]]:
    """The fields of every frame; of several one that says nothing good costs itself alone: it is a refusal.

    Raises FrameError where it is the only one.
    """
    if len(frames) == 1:
        return [fields_of(frames[0])]
    found = []
    for frame in frames:
        try:
            found.append(fields_of(frame))
        except FrameError as fault:
            found.append(refused(fault))
    return found


def refused(fault: FrameError) -> dict[str, Any]:
    """A refusal as fields."""
    return {"error": fault.kind, "message": str(fault), **fault.details}


def spaced(data: bytes) -> str:
    """`b"\\x01\\xab"` as `01 AB`."""
    return data.hex(" ").upper()
