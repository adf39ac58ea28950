"""How a person corrects what was set aside before it is judged again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wire import batch as wire_batch
from wire.batch import Batch, Event, Frame


@dataclass(frozen=True, slots=True)
class Correction:
    """New names for devices and quantities, and milliseconds to add to every time (negative: earlier)."""

    devices: Mapping[str, str] = field(default_factory=dict)
    quantities: Mapping[str, str] = field(default_factory=dict)
    shift_ms: int = 0

    def __bool__(self) -> bool:
        return bool(self.devices or self.quantities or self.shift_ms)

    def apply(self, batch: Batch) -> Batch:
        """The batch corrected. Raises WireError where a new name or time is none of the wire's."""
        corrected = batch.model_copy(
            update={
                "frames": [part for frame in batch.frames for part in self._frames(frame)],
                "events": [self._event(event) for event in batch.events],
            }
        )
        return wire_batch.decode(wire_batch.encode(corrected))

    def _frames(self, frame: Frame) -> list[Frame]:
        """One frame, and one more for each column whose new name another column has."""
        named: list[dict[str, list[float | None]]] = [{}]
        for quantity, column in frame.values.items():
            name = self.quantities.get(quantity, quantity)
            if name in named[0]:
                named.append({name: column})
            else:
                named[0][name] = column
        device = self.devices.get(frame.device, frame.device)
        time = [one + self.shift_ms for one in frame.time]
        return [frame.model_copy(update={"device": device, "time": time, "values": one}) for one in named]

    def _event(self, event: Event) -> Event:
        quantity = None if event.quantity is None else self.quantities.get(event.quantity, event.quantity)
        return event.model_copy(
            update={
                "device": self.devices.get(event.device, event.device),
                "time": event.time + self.shift_ms,
                "quantity": quantity,
            }
        )
