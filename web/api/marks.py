"""What is to be known of a value before it is believed to the last digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from web.api.models import Answer, Column, QuantityName
from wire.quantities import QUANTITIES, Mark

Marks = Annotated[
    list[Mark],
    Field(
        description="above_limit, below_limit: the sensor says a little more than there can be (100.4 % "
        "humidity) and means the limit; `value` is as it came. Empty for a value with nothing to be said of.",
        examples=[["above_limit"]],
    ),
]


class MarkedReading(Answer):
    """A reading with a mark."""

    quantity: QuantityName
    time: Annotated[int, Field(description="UTC ms, one of `time`.")]
    marks: Marks


def marks_of(quantity: str, value: float) -> list[Mark]:
    """None for a quantity that the table does not have."""
    known = QUANTITIES.get(quantity)
    mark = known.mark(value) if known is not None else None
    return [] if mark is None else [mark]


def marked(times: Sequence[int], columns: Mapping[str, Column]) -> list[MarkedReading]:
    """Of columns as long as `times` (UTC ms) the readings that have a mark, by quantity and time."""
    return [
        MarkedReading(quantity=quantity, time=time, marks=marks)
        for quantity, column in columns.items()
        for time, value in zip(times, column, strict=True)
        if value is not None and (marks := marks_of(quantity, value))
    ]
