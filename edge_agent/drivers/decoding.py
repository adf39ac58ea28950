"""What `decode` and the drivers' codecs say to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge_agent.drivers.contract import Point


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
    #: The maker's name of the device, where its register map is known (see `edge_agent.register_maps`).
    device: str | None = None


def spaced(data: bytes) -> str:
    """`b"\\x01\\xab"` as `01 AB`."""
    return data.hex(" ").upper()
