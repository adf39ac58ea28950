"""What the devices of a renovation record of it: one table a device, with their steps, errors and faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.arrays import Floats, Whole, rounded
from simulator.renovation.badges import Pass
from simulator.renovation.chance import generator, happens, within
from simulator.renovation.device_faults import Table, with_faults
from simulator.renovation.meters import Register, Restart, stiction
from simulator.renovation.occurrences import METER, SMOKE, WATER
from simulator.renovation.renovation import Renovation
from wire.durations import DAY_MS

#: Steps of a pulse (L) as water meters have them.
_PULSES_L: Final = (1.0, 1.0, 10.0)
_KWH_STEP: Final = 0.01


@dataclass(frozen=True, slots=True)
class Registers:
    """The site's two counters."""

    energy: Register
    water: Register


def registers(site: Renovation) -> Registers:
    """Steps, first figures, resets and exchanges of the meters."""
    rng = generator(site.seed, "registers")
    held = stiction(rng, site.first_ms, site.last_ms, within(rng, (0.0, 1.5)))
    water = Register(
        float(rng.choice(_PULSES_L)), within(rng, (0, 90_000)), _restarts(rng, site, 0.2, (0, 500)), held
    )
    return Registers(Register(_KWH_STEP, within(rng, (0, 9_000)), _restarts(rng, site, 0.15, (0, 50))), water)


def _restarts(
    rng: np.random.Generator, site: Renovation, chance: float, shown: tuple[float, float]
) -> tuple[Restart, ...]:
    if not happens(rng, chance):
        return ()
    at = int(rng.integers(site.first_ms + 5 * DAY_MS, site.last_ms - 5 * DAY_MS))
    return (Restart(at, 0.0 if happens(rng, 0.5) else within(rng, shown)),)


def read(site: Renovation, times: Whole) -> dict[str, Table]:
    """All readings of a site at ascending moments: device -> table."""
    counters = registers(site)
    tables = {
        METER: Table(times, electricity_columns(site, counters.energy, times)),
        WATER: Table(times, {"water_volume": counters.water.shown(site.litres, times)}),
    }
    tables |= {f"th-{room}": Table(times, climate_columns(site, room, times)) for room in site.sensor_rooms}
    tables[SMOKE] = Table(times, {"smoke": _smoke(site, times)})
    return {device: with_faults(device, table, site.effects.faults) for device, table in tables.items()}


def electricity_columns(site: Renovation, energy: Register, times: Whole) -> dict[str, Floats]:
    """A meter of one or three phases: V to 0.1, A to 0.001, W to 1, kWh to 0.01 (cut), mA to 0.1."""
    supply = site.electricity(times)
    total = np.maximum(np.hypot(supply.watts.sum(axis=0), supply.reactive.sum(axis=0)), 1e-6)
    columns: dict[str, Floats] = {
        "active_power": rounded(supply.watts, 0).sum(axis=0),
        "power_factor": rounded(np.minimum(supply.watts.sum(axis=0) / total, 1.0), 3),
        "frequency": rounded(supply.hertz, 2),
        "active_energy_import": energy.shown(
            lambda at: _watt_hours(site, at, times, supply.watt_hours) / 1000, times
        ),
        "residual_current": rounded(supply.residual_ma, 1),
    }
    if site.phases == 1:
        columns |= {"voltage": rounded(supply.volts[0], 1), "current": rounded(supply.amperes[0], 3)}
    for phase in range(site.phases if site.phases > 1 else 0):
        columns[f"voltage_l{phase + 1}"] = rounded(supply.volts[phase], 1)
        columns[f"current_l{phase + 1}"] = rounded(supply.amperes[phase], 3)
        columns[f"active_power_l{phase + 1}"] = rounded(supply.watts[phase], 0)
    return columns


def _watt_hours(site: Renovation, at: Whole, times: Whole, known: Floats) -> Floats:
    """Energy at the moments asked, or known already."""
    return known if at is times else site.electricity(at).watt_hours


def climate_columns(site: Renovation, room: str, times: Whole) -> dict[str, Floats]:
    """A sensor on the wall: each is a little off, and shows 0.1."""
    rng = generator(site.seed, "sensor", room)
    off_k, off_rh = rng.normal(0, 0.25), rng.normal(0, 1.5)
    air = site.room(room, times)
    shown = air.humidity + off_rh + 0.3 * rng.standard_normal(len(times))
    return {
        "temperature": rounded(air.temperature + off_k + 0.05 * rng.standard_normal(len(times)), 1),
        "relative_humidity": rounded(np.clip(shown, 1.0, 100.0), 1),
    }


def _smoke(site: Renovation, times: Whole) -> Floats:
    smoke = np.zeros(len(times))
    for start, end in site.effects.smoke:
        smoke[(times >= start) & (times < end)] = 1.0
    return smoke


def recorded_passes(site: Renovation) -> list[tuple[Pass, str]]:
    """Cards as recorded, each with its reader: none while the agent is silent, at its clock's time."""
    found = [(event, site.gates[0] if event.direction == "in" else site.gates[-1]) for event in site.passes()]
    for fault in site.effects.faults:
        if fault.device is None and fault.kind == "silent":
            found = [(e, gate) for e, gate in found if not fault.start_ms <= e.time_ms < fault.end_ms]
        if fault.device is None and fault.kind == "clock":
            found = [
                (_moved(e, int(fault.size)) if fault.start_ms <= e.time_ms < fault.end_ms else e, gate)
                for e, gate in found
            ]
    return sorted(found)


def _moved(event: Pass, by_ms: int) -> Pass:
    return Pass(event.time_ms + by_ms, event.card, event.trade, event.direction)
