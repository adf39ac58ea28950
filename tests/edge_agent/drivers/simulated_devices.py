"""One simulated device for each protocol that is asked, and what its driver must read of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from edge_agent.drivers.cjt188 import Cjt188
from edge_agent.drivers.contract import Point, PolledDriver
from edge_agent.drivers.dlt645 import Dlt645
from edge_agent.drivers.dsmr_p1 import DsmrP1
from edge_agent.drivers.iec62056_21 import Iec62056
from edge_agent.drivers.mbus import MBus
from edge_agent.drivers.modbus_rtu import ModbusRtu
from simulator.devices import cjt188, dlt645, mbus, modbus_rtu
from simulator.devices.bus import Bus, Transmission
from simulator.devices.dsmr_p1 import P1Meter, telegram
from simulator.devices.iec62056_21 import IecMeter, readout

#: What a device does on the line besides answering rightly.
Mood = Literal["good", "spoilt", "silent", "broken_off", "noisy", "after_a_neighbour", "babbling"]

#: Bytes that are on every RS-485 line some time, among them the start bytes of all protocols.
NOISE: Final = b"\x00\xff\x68\x10\x02/\xfe\x01"


class MoodyBus:
    """A bus whose answers can be spoilt; `neighbour` is said before each answer in that mood."""

    def __init__(self, bus: Bus, neighbour: bytes) -> None:
        self.mood: Mood = "good"
        self._bus = bus
        self._neighbour = neighbour

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:
        """What is on the line after a request."""
        return [changed for frame in self._bus.hear(data, now_ms) for changed in self._changed(frame)]

    def next_transmission(self, after_ms: int) -> Transmission | None:
        """What comes unasked."""
        found = self._bus.next_transmission(after_ms)
        if found is None:
            return None
        return Transmission(found.time_ms, b"".join(self._changed(found.frame)))

    def spoil(self, frame: bytes) -> bytes:
        """The frame with a wrong checksum."""
        return self._bus.spoil(frame)

    def _changed(self, frame: bytes) -> list[bytes]:
        changes: dict[Mood, list[bytes]] = {
            "good": [frame],
            "spoilt": [self.spoil(frame)],
            "silent": [],
            # The shortest frames (a bare E5) cannot break off.
            "broken_off": [frame[: len(frame) * 2 // 3] or frame],
            "noisy": [NOISE, frame, NOISE],
            "after_a_neighbour": [self._neighbour, frame],
            "babbling": [NOISE * 400],
        }
        return changes[self.mood]


@dataclass(frozen=True, slots=True)
class Case:
    """A device and its driver. `driver` is made with time-outs fit for a test."""

    driver: Callable[[], PolledDriver]
    bus: Callable[[], Bus]
    address: str
    points: tuple[Point, ...]
    values: dict[str, float]
    #: A whole good frame of another device, or of this one to another question.
    neighbour: bytes
    options: dict[str, Any] = field(default_factory=dict)
    #: Whether anything is written: a P1 port only speaks.
    asks: bool = True

    def moody(self) -> MoodyBus:
        """The device on a bus of its own."""
        return MoodyBus(self.bus(), self.neighbour)


_P1_LINES: Final = {
    "1-3:0.2.8": "(50)",
    "0-0:96.1.1": "(4B38)",
    "1-0:1.8.1": "(000004.426*kWh)",
    "1-0:1.8.2": "(000002.399*kWh)",
    "1-0:1.7.0": "(00.244*kW)",
    "0-1:24.1.0": "(003)",
    "0-1:24.2.1": "(170102161005W)(00000.107*m3)",
}
_IEC_VALUES: Final = {"F.F": "00", "1.8.0": "061561.289*kWh", "32.7": "241*V"}
_M_BUS_TELEGRAMS: Final = (
    mbus.integer_record(b"\x04", b"\x13", 54_321),
    mbus.integer_record(b"\x04", b"\x3b", 1_500),
)
_METER_645: Final = "201000000012"

CASES: Final[dict[str, Case]] = {
    "dlt645": Case(
        driver=Dlt645,
        bus=lambda: dlt645.Dlt645Bus(
            [
                dlt645.Dlt645Meter(
                    _METER_645,
                    lambda _: {
                        0x02010100: dlt645.bcd(2305, 2),
                        0x02030000: dlt645.bcd(-2512, 3, signed=True),
                    },
                    preamble=4,
                )
            ]
        ),
        address=_METER_645,
        points=(Point("voltage", {"di": "02010100"}), Point("active_power", {"di": "02030000"}, 1000)),
        values={"voltage": 230.5, "active_power": -251.2},
        neighbour=dlt645.frame(
            dlt645.wire_address("000000000162"), 0x91, dlt645.identifier(0x02010100) + b"\x99\x99"
        ),
    ),
    "modbus_rtu": Case(
        driver=ModbusRtu,
        bus=lambda: modbus_rtu.ModbusBus(
            [modbus_rtu.ModbusSlave(7, modbus_rtu.climate_registers(7, lambda _: (-10.1, 54.6)))]
        ),
        address="7",
        points=(
            Point("temperature", {"type": "input", "address": 1, "decode": "int16"}, 0.1),
            Point("relative_humidity", {"type": "input", "address": 2}, 0.1),
        ),
        values={"temperature": -10.1, "relative_humidity": 54.6},
        neighbour=modbus_rtu.read_reply(8, 4, [999, 999]),
    ),
    "cjt188": Case(
        driver=Cjt188,
        bus=lambda: cjt188.Cjt188Bus(
            [cjt188.Cjt188Meter("78330011223344", lambda _: 12_345, identifier=b"\x1f\x90")]
        ),
        address="78330011223344",
        points=(Point("water_volume", {"field": "current_total"}, 1000),),
        values={"water_volume": 123_450},
        neighbour=cjt188.frame(
            0x10, bytes(7), 0x81, b"\x1f\x90\x00" + 2 * (b"\x11\x11\x11\x11" + b"\x2c") + bytes(9)
        ),
    ),
    "mbus": Case(
        driver=MBus,
        bus=lambda: mbus.MBusBus([mbus.MBusMeter(5, "11490378", lambda _: _M_BUS_TELEGRAMS)]),
        address="5",
        points=(
            Point("water_volume", {"quantity": "Volume"}, 1000),
            Point("water_flow", {"quantity": "Volume flow"}, 1000),
        ),
        values={"water_volume": 54_321, "water_flow": 1_500},
        neighbour=mbus.long_frame(0x08, 6, 0x72, bytes(12) + mbus.integer_record(b"\x04", b"\x13", 99_999)),
    ),
    "iec62056_21": Case(
        driver=lambda: Iec62056(reaction_s=0.1),
        bus=lambda: IecMeter("12345678", lambda _: _IEC_VALUES),
        address="12345678",
        points=(Point("active_energy_import", {"obis": "1.8.0"}), Point("voltage_l1", {"obis": "32.7"})),
        values={"active_energy_import": 61_561.289, "voltage_l1": 241},
        # There is no neighbour under an optical head, but there is the end of what was said before.
        neighbour=readout({"1.8.0": "999999.999*kWh"})[5:],
        options={"turnaround_s": 0.0},
    ),
    "dsmr_p1": Case(
        driver=lambda: DsmrP1(period_s=0.5),
        bus=lambda: P1Meter(lambda _: _P1_LINES, period_ms=100),
        address="any",
        points=(
            Point("active_energy_import", {"obis": "1-0:1.8.1 + 1-0:1.8.2"}),
            Point("active_power", {"obis": "1-0:1.7.0"}),
            Point("gas_volume", {"sub_meter": "gas"}),
        ),
        values={"active_energy_import": 6.825, "active_power": 244, "gas_volume": 0.107},
        neighbour=telegram("ISk5", {"1-0:1.7.0": "(99.999*kW)"})[20:],
        asks=False,
    ),
}
