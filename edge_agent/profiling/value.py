"""One value that another program reads: what it is and where it stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeGuard

from edge_agent.drivers import modbus_frame
from edge_agent.drivers.modbus_frame import ByteOrder, Table
from edge_agent.profile import NumberType


@dataclass(frozen=True, slots=True)
class Value:
    """One value: where it stands and what it is in."""

    quantity: str
    table: Table
    address: int
    kind: NumberType = "uint16"
    order: ByteOrder = "ABCD"
    scale: float = 1.0
    invalid: tuple[int | float, ...] = ()
    #: Whether the other file says this quantity; else something was taken for granted.
    certain: bool = True

    @property
    def width(self) -> int:
        """Registers or bits it takes."""
        return modbus_frame.width(self.kind) if self.table in ("holding", "input") else 1

    @property
    def plain_order(self) -> ByteOrder:
        """The byte order; in a single register there are no words to swap."""
        if self.width > 1:
            return self.order
        return "BADC" if self.order in ("BADC", "DCBA") else "ABCD"


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is an integer: in YAML and TOML `true` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number that a scale can be."""
    return is_whole(value) or (isinstance(value, float) and math.isfinite(value))
