"""How a person corrects what was set aside before it is judged again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Correction:
    """New names for devices and quantities; factors for the values of quantities (by their new names); what
    every time is multiplied by (1000: it was in seconds), and then milliseconds to add to it (negative:
    earlier).

    It works on JSON of the shape of a batch as far as it has that shape: whether what comes out is right is
    judged afterwards.
    """

    devices: Mapping[str, str] = field(default_factory=dict)
    quantities: Mapping[str, str] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    time_factor: int = 1
    shift_ms: int = 0

    def __bool__(self) -> bool:
        return bool(self.devices or self.quantities or self.factors or self.shift_ms or self.time_factor != 1)

    def apply(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """The batch corrected."""
        frames, events = batch.get("frames", []), batch.get("events", [])
        if isinstance(frames, list):
            frames = [part for frame in frames for part in self._frames(frame)]
        if isinstance(events, list):
            events = [self._event(event) for event in events]
        return {**batch, "frames": frames, "events": events}

    def _frames(self, frame: Any) -> list[Any]:  # noqa: ANN401 - JSON
        """One frame, and one more for each column whose new name another column has."""
        if not isinstance(frame, dict) or not isinstance(frame.get("values"), dict):
            return [frame]
        named: list[dict[str, Any]] = [{}]
        for quantity, column in frame["values"].items():
            name = self.quantities.get(quantity, quantity)
            scaled = self._scaled(name, column)
            if name in named[0]:
                named.append({name: scaled})
            else:
                named[0][name] = scaled
        times = frame.get("time")
        time = [self._time(one) for one in times] if isinstance(times, list) else times
        device = self._device(frame.get("device"))
        return [{**frame, "device": device, "time": time, "values": one} for one in named]

    def _event(self, event: Any) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(event, dict):
            return event
        corrected = {
            **event,
            "device": self._device(event.get("device")),
            "time": self._time(event.get("time")),
        }
        quantity = event.get("quantity")
        if isinstance(quantity, str):
            corrected["quantity"] = self.quantities.get(quantity, quantity)
        return corrected

    def _device(self, name: Any) -> Any:  # noqa: ANN401 - JSON
        return self.devices.get(name, name) if isinstance(name, str) else name

    def _time(self, time: Any) -> Any:  # noqa: ANN401 - JSON
        return time * self.time_factor + self.shift_ms if type(time) in (int, float) else time

    def _scaled(self, name: str, column: Any) -> Any:  # noqa: ANN401 - JSON
        factor = self.factors.get(name)
        if factor is None or not isinstance(column, list):
            return column
        return [_times(value, factor) for value in column]


def _times(value: Any, factor: float) -> Any:  # noqa: ANN401 - JSON
    """A number of the wire times `factor`, to the 15 digits that a float holds; all else as it is."""
    if type(value) not in (int, float) or abs(value) > 1 << 100:
        return value
    return float(f"{value * factor:.15g}")
