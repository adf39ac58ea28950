"""What physics says of a quantity: how quickly a counter can grow, for how long a reading may stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wire.durations import HOUR_MS, MINUTE_MS
from wire.quantities import QUANTITIES


@dataclass(frozen=True, slots=True)
class Growth:
    """How a counter can grow, in its unit.

    `most_per_hour`: what the largest connection carries. `grain`: the coarsest step of a register of this
    kind, which may come however soon after the one before; no less than what can flow in a minute. `small`:
    up to so much a fall is jitter, and a step up needs no second look.
    """

    most_per_hour: float
    grain: float
    small: float

    def allows(self, step: float, span_ms: int) -> bool:
        """Whether a step of `step` (not negative) within `span_ms` can be real."""
        return step <= max(self.grain, self.most_per_hour * span_ms / HOUR_MS)


#: Three phases of 230 V and 145 A: more than any connection of a building site's distribution board without
#: current transformers (IEC 61439-4 boards for fitting-out: up to 125 A). Registers show whole kWh or finer.
ELECTRICITY: Final = Growth(100.0, grain=2.0, small=0.2)
#: Q4 of a DN 25 meter (ISO 4064-1: Q3 = 6.3 m3/h, Q4 = 1.25 Q3), in litres. Registers show whole m3 or finer.
WATER: Final = Growth(8_000.0, grain=1_000.0, small=20.0)
#: Qmax of a G16 meter (EN 1359), in m3. A P1 port tells of its gas once an hour ("last hourly value", P1
#: companion standard 4.2) and repeats that every second: an hour comes in one step, of a G6 meter 10 m3.
GAS: Final = Growth(25.0, grain=10.0, small=0.1)
#: A heat meter of a house or a floor, qp 10 m3/h at a spread of 20 K (EN 1434), in kWh. Registers show whole
#: kWh, large ones tens.
HEAT: Final = Growth(230.0, grain=10.0, small=1.0)
#: Two people a second through one gate; a counter may be told once a minute.
PASSAGES: Final = Growth(7_200.0, grain=120.0, small=5.0)

COUNTERS: Final[dict[str, Growth]] = {
    "active_energy_import": ELECTRICITY,
    "active_energy_export": ELECTRICITY,
    "reactive_energy_import": ELECTRICITY,
    "heat_energy": HEAT,
    "water_volume": WATER,
    "gas_volume": GAS,
    "gate_in_count": PASSAGES,
    "gate_out_count": PASSAGES,
}

#: For so long at most a reading holds until the next one. What flows changes in a moment; what is slow, and
#: states, are often told only when something has changed.
QUICK_HOLD_MS: Final = MINUTE_MS
SLOW_HOLD_MS: Final = HOUR_MS


def hold_ms(quantity: str) -> int:
    """For how long (ms) a reading of a quantity holds at most."""
    row = QUANTITIES.get(quantity)
    return SLOW_HOLD_MS if row is not None and (row.slow or row.kind == "state") else QUICK_HOLD_MS


def must_be_counter(quantity: str) -> None:
    """Raises ValueError for a quantity that is no counter."""
    if quantity not in COUNTERS:
        raise ValueError(f"{quantity} is no counter: {', '.join(COUNTERS)}")
