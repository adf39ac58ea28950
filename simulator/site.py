"""The demo's site: which devices hang on which line, and the file that tells the edge agent so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import yaml

from simulator.devices.bus import Bus, LineFaults, Silence
from simulator.devices.dlt645 import Dlt645Bus, Dlt645Meter, three_phase_items
from simulator.devices.modbus_rtu import (
    ModbusBus,
    ModbusSlave,
    climate_registers,
    pulse_counter_registers,
    sdm630_registers,
)
from simulator.devices.rdm6300 import BadgeReader
from simulator.line import SimulatedLine
from simulator.model.calendar import SiteCalendar
from simulator.model.electricity import MeterReading
from simulator.model.people import Swipe
from simulator.model.rooms import RoomReading
from simulator.model.site_model import SiteModel

SITE: Final = "fenglin-18"
METER: Final = "meter-main"
METER_PROFILE: Final = "dlt645-2007-three-phase"
METER_ADDRESS: Final = "201000000012"
WATER: Final = "water-main"
WATER_ADDRESS: Final = 10
#: Sensors by their Modbus address.
CLIMATE: Final = {"th-living": 1, "th-bath": 2, "th-bedroom": 3}
GATES: Final = {"gate-in": "in", "gate-out": "out"}
#: All lines of the demo's site; its devices understand no other speed.
_BAUD: Final = 9600
PEPPER_FILE: Final = "secret/badge-pepper"


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing is heard of `device` in [from_ms, until_ms); of no device at all where `device` is None.

    Without an end it is for good. Behind it the site goes on: counters are further when it ends, swipes in
    it are lost.
    """

    from_ms: int
    until_ms: int | None = None
    device: str | None = None

    def covers(self, device: str, time_ms: int) -> bool:
        """Whether `device` is silent at `time_ms`."""
        ends = self.until_ms is None or time_ms < self.until_ms
        return self.from_ms <= time_ms and ends and self.device in (None, device)


class Measured(Protocol):
    """What devices read: the demo's endless site, or a renovation. Moments are UTC milliseconds."""

    @property
    def seed(self) -> int: ...

    @property
    def calendar(self) -> SiteCalendar: ...

    def meter(self, time_ms: int) -> MeterReading: ...

    def water_litres(self, time_ms: int) -> int: ...

    def room(self, device: str, time_ms: int) -> RoomReading: ...

    def swipes(self, start_ms: int, end_ms: int) -> list[Swipe]: ...


@dataclass(frozen=True, slots=True)
class SimulatedSite:
    """A site of the model with devices on serial lines."""

    name: str
    agent: str
    timezone: str
    model: Measured
    gaps: tuple[Gap, ...] = ()

    def is_silent(self, device: str, time_ms: int) -> bool:
        """Whether a gap covers `device` at `time_ms`."""
        return any(gap.covers(device, time_ms) for gap in self.gaps)

    def swipes(self, start_ms: int, end_ms: int) -> list[Swipe]:
        """Cards that the readers saw in [start, end)."""
        found = self.model.swipes(start_ms, end_ms)
        return [swipe for swipe in found if not self.is_silent(swipe.device, swipe.time_ms)]

    def lines(
        self, folder: Path, clock: Callable[[], int], faults: LineFaults | None = None
    ) -> list[SimulatedLine]:
        """The site's serial lines, their links in `folder`, not yet plugged in."""
        return [
            SimulatedLine(folder / name, bus, clock, faults, only_baud=_BAUD)
            for name, bus in self._buses().items()
        ]

    def modbus_meter_line(self, folder: Path, clock: Callable[[], int]) -> SimulatedLine:
        """A second electricity meter, an Eastron SDM630 at address 1, on a line that no site file names."""
        slave = ModbusSlave(1, sdm630_registers(self.model.meter), self._silence(METER))
        return SimulatedLine(folder / "grid", ModbusBus([slave]), clock, only_baud=_BAUD)

    def write_site_file(
        self,
        folder: Path,
        broker_host: str,
        broker_port: int,
        username: str | None = None,
        password_file: str | None = None,
    ) -> Path:
        """Write `site.yaml` for plumbline-edge into `folder`; the agent makes its pepper itself.

        `password_file` stands in the file as given: absolute, or relative to `folder`.
        """
        broker = broker_entry(broker_host, broker_port, username, password_file)
        return write_edge_file(
            folder, self.name, self.agent, self.timezone, broker, self._line_entries(folder)
        )

    def _buses(self) -> dict[str, Bus]:
        model = self.model
        slaves = [
            ModbusSlave(address, climate_registers(address, self._room(device)), self._silence(device))
            for device, address in CLIMATE.items()
        ]
        water = pulse_counter_registers(model.water_litres)
        slaves.append(ModbusSlave(WATER_ADDRESS, water, self._silence(WATER)))
        meter = Dlt645Meter(
            METER_ADDRESS,
            lambda now_ms: three_phase_items(model.meter(now_ms)),
            self._silence(METER),
            preamble=4,
        )
        buses: dict[str, Bus] = {"meters": Dlt645Bus([meter]), "sensors": ModbusBus(slaves)}
        return buses | {gate: BadgeReader(self._gate(gate)) for gate in GATES}

    def _silence(self, device: str) -> Silence:
        return lambda time_ms: self.is_silent(device, time_ms)

    def _room(self, device: str) -> Callable[[int], tuple[float, float]]:
        return lambda time_ms: self.model.room(device, time_ms)

    def _gate(self, gate: str) -> Callable[[int, int], Sequence[Swipe]]:
        return lambda start_ms, end_ms: [p for p in self.swipes(start_ms, end_ms) if p.device == gate]

    def _line_entries(self, folder: Path) -> list[dict[str, Any]]:
        climate = [
            {"id": device, "profile": "xy-md02", "address": address, "interval_s": 5}
            for device, address in CLIMATE.items()
        ]
        water = {"id": WATER, "profile": "pulse-water-meter", "address": WATER_ADDRESS, "interval_s": 2}
        meter = {
            "id": METER,
            "profile": METER_PROFILE,
            "address": METER_ADDRESS,
            "interval_s": 1,
        }
        # Parity none: a pseudo-terminal keeps none, and pyserial then refuses to change a timeout.
        serial = {"baud": _BAUD, "parity": "N"}
        gates = [
            {"port": _port(folder, gate), "protocol": "rdm6300", "devices": [{"id": gate, "direction": way}]}
            for gate, way in GATES.items()
        ]
        return [
            {"port": _port(folder, "meters"), "protocol": "dlt645", **serial, "devices": [meter]},
            {
                "port": _port(folder, "sensors"),
                "protocol": "modbus_rtu",
                **serial,
                "devices": [*climate, water],
            },
            *gates,
        ]


def demo_site(seed: int, timezone: str, gaps: Sequence[Gap] = (), name: str = SITE) -> SimulatedSite:
    """A site of `make demo`: the same for the same seed and zone, whoever asks."""
    return SimulatedSite(name, "pi-1", timezone, SiteModel(seed, timezone), tuple(gaps))


def broker_entry(
    host: str, port: int, username: str | None = None, password_file: str | None = None
) -> dict[str, Any]:
    """The site file's `broker`, without an account where there is none."""
    entry: dict[str, Any] = {"host": host, "port": port}
    if username is not None:
        entry["username"] = username
    if password_file is not None:
        entry["password_file"] = password_file
    return entry


def write_edge_file(
    folder: Path,
    site: str,
    agent: str,
    timezone: str,
    broker: Mapping[str, Any],
    lines: list[dict[str, Any]],
    power_cut_s: float = 1.0,
) -> Path:
    """Write `site.yaml` as plumbline-edge reads it; gives its path."""
    content = {
        "site": site,
        "agent": agent,
        "timezone": timezone,
        "broker": dict(broker),
        "spool": {"path": "spool.db", "bound_mb": 512, "power_cut_s": power_cut_s},
        "badge_pepper_file": PEPPER_FILE,
        "lines": lines,
    }
    path = folder / "site.yaml"
    write_whole(path, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a file so that who looks for it finds all of it or none."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _port(folder: Path, name: str) -> str:
    return str(folder.absolute() / name)
