"""A search of real pseudo-terminals on which simulated devices answer only at their own speed."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from edge_agent.drivers.contract import LineLost
from edge_agent.line.serial_port import open_line
from edge_agent.scan import probes, proposal
from edge_agent.scan.probe import Probe, Setting
from edge_agent.scan.search import Found, Search
from edge_agent.site.installation import load_installation
from simulator.devices import cjt188, dlt645, modbus_rtu
from simulator.devices.bus import Bus, LineFaults, Transmission
from simulator.line import SimulatedLine

TODAY = dt.date(2026, 11, 24)
#: Everybody, and the first units.
FEW = ("", "1", "2", "3", "4", "5")


@dataclass
class Seen:
    """A watcher that writes down."""

    devices: list[Found] = field(default_factory=list)
    noisy: list[Setting] = field(default_factory=list)
    asked: list[tuple[str, Setting, str, float]] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event)

    def asking(self, protocol: str, setting: Setting, who: str, seconds: float) -> None:
        self.asked.append((protocol, setting, who, seconds))

    def found(self, device: Found) -> None:
        self.devices.append(device)
        self.first.set()

    def noise(self, setting: Setting) -> None:
        self.noisy.append(setting)


@asynccontextmanager
async def line(tmp_path: Path, bus: Bus, baud: int, faults: LineFaults | None = None) -> AsyncIterator[str]:
    simulated = SimulatedLine(tmp_path / "bus", bus, lambda: time.time_ns() // 1_000_000, faults, baud)
    simulated.plug()
    try:
        yield str(simulated.link)
    finally:
        simulated.unplug()


def quick(*protocols: str, bauds: tuple[int, ...]) -> list[Probe]:
    """The usual questions at some speeds, waiting less long."""
    return [
        replace(
            probe,
            settings=tuple(setting for setting in probe.settings if setting.baud in bauds),
            questions=tuple(replace(one, wait_s=0.04) for one in probe.questions if one.who in FEW),
        )
        for probe in probes.likely()
        if probe.protocol in protocols
    ]


def climate(*addresses: int) -> modbus_rtu.ModbusBus:
    return modbus_rtu.ModbusBus(
        [
            modbus_rtu.ModbusSlave(one, modbus_rtu.climate_registers(one, lambda _: (21.5, 48.0)))
            for one in addresses
        ]
    )


@dataclass
class MixedBus(Bus):
    """A line on which somebody has put everything."""

    buses: list[Bus]

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:
        return [reply for bus in self.buses for reply in bus.hear(data, now_ms)]

    def spoil(self, frame: bytes) -> bytes:
        return self.buses[0].spoil(frame)


async def test_several_protocols_on_one_line_are_each_found(tmp_path: Path) -> None:
    seen = Seen()
    meter = dlt645.Dlt645Meter("201000000012", lambda _: {0x02010100: dlt645.bcd(2305, 2)})
    water = cjt188.Cjt188Meter("78330011223344", lambda _: 12_345, identifier=b"\x1f\x90")
    mixed = MixedBus([dlt645.Dlt645Bus([meter]), climate(3), cjt188.Cjt188Bus([water])])
    async with line(tmp_path, mixed, baud=9600) as path:
        search = Search(path, open_line, seen)
        await search.run(quick("dlt645", "modbus_rtu", "cjt188", bauds=(4800, 9600)))
    assert [(one.protocol, one.address, one.setting.baud) for one in search.found] == [
        ("dlt645", "201000000012", 9600),
        ("modbus_rtu", "3", 9600),
        ("cjt188", "78330011223344", 9600),
    ]


async def test_modbus_devices_are_found_at_their_speed_with_the_profile_that_fits(tmp_path: Path) -> None:
    seen = Seen()
    async with line(tmp_path, climate(2, 5), baud=4800) as path:
        await Search(path, open_line, seen).run(quick("modbus_rtu", bauds=(9600, 4800)))
    assert [(one.address, one.setting) for one in seen.devices] == [
        ("2", Setting(4800)),
        ("5", Setting(4800)),
    ]
    assert "xy-md02" in [fit.profile for fit in seen.devices[0].fits]
    best = seen.devices[0].fits[0]
    assert (best.good, best.all) == (2, 2)
    assert seen.noisy == []


async def test_what_is_proposed_is_accepted_by_check_and_reads_the_devices(tmp_path: Path) -> None:
    seen = Seen()
    async with line(tmp_path, climate(1, 2), baud=9600) as path:
        search = Search(path, open_line, seen)
        await search.run(quick("modbus_rtu", bauds=(9600,)))
        file = tmp_path / "site.yaml"
        file.write_text(proposal.site_file(path, search.found, TODAY, "Asia/Shanghai"), encoding="utf-8")
        found = load_installation(file)
    assert found.site.devices() == ["climate-1", "climate-2"]
    assert found.plans[0].settings.baud == 9600


async def test_a_meter_is_found_by_asking_everybody(tmp_path: Path) -> None:
    meter = dlt645.Dlt645Meter("201000000012", lambda _: {0x02010100: dlt645.bcd(2305, 2)})
    seen = Seen()
    async with line(tmp_path, dlt645.Dlt645Bus([meter]), baud=9600) as path:
        await Search(path, open_line, seen).run(quick("dlt645", bauds=(2400, 9600)))
    (found,) = seen.devices
    assert (found.protocol, found.address, found.setting) == ("dlt645", "201000000012", Setting(9600, "E"))


async def test_a_water_meter_is_named_by_its_profile(tmp_path: Path) -> None:
    meter = cjt188.Cjt188Meter("78330011223344", lambda _: 12_345, identifier=b"\x1f\x90")
    seen = Seen()
    async with line(tmp_path, cjt188.Cjt188Bus([meter]), baud=2400) as path:
        await Search(path, open_line, seen).run(quick("cjt188", bauds=(2400,)))
    assert [(one.address, [fit.profile for fit in one.fits]) for one in seen.devices] == [
        ("78330011223344", ["cjt188-water"])
    ]
    text = proposal.site_file("/dev/ttyUSB0", seen.devices, TODAY, "Asia/Shanghai")
    assert 'id: water-1, profile: cjt188-water, address: "78330011223344", interval_s: 10' in text


class HeldBadge(Bus):
    """An RDM6300 with a badge before it: tag 010A2B3C4D, exclusive or 51."""

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:  # noqa: ARG002  # it is deaf
        return []

    def next_transmission(self, after_ms: int) -> Transmission:
        return Transmission(after_ms + 50, b"\x02010A2B3C4D51\x03")

    def spoil(self, frame: bytes) -> bytes:
        return frame


async def test_a_reader_that_only_speaks_is_heard_while_nothing_is_asked(tmp_path: Path) -> None:
    seen = Seen()
    listeners = [probe for probe in probes.likely() if not probe.questions[0].request]
    shorter = [replace(one, questions=(replace(one.questions[0], wait_s=0.5),)) for one in listeners]
    async with line(tmp_path, HeldBadge(), baud=9600) as path:
        await Search(path, open_line, seen).run(shorter)
    assert seen.devices == [Found("rdm6300", Setting(9600), "")]
    assert [who for who, *_ in seen.asked] == ["rdm6300, wiegand"]


async def test_damaged_answers_are_told_as_noise_not_as_devices(tmp_path: Path) -> None:
    seen = Seen()
    async with line(tmp_path, climate(1), 9600, LineFaults(bad_checksum_every=1)) as path:
        await Search(path, open_line, seen).run(quick("modbus_rtu", bauds=(9600,)))
    assert seen.devices == []
    assert seen.noisy == [Setting(9600), Setting(9600, "E")]


async def test_a_search_that_is_ended_early_keeps_what_it_has(tmp_path: Path) -> None:
    seen = Seen()
    async with line(tmp_path, climate(1), baud=9600) as path:
        search = Search(path, open_line, seen)
        running = asyncio.create_task(search.run(quick("modbus_rtu", bauds=(9600,))))
        async with asyncio.timeout(10):
            await seen.first.wait()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert [one.address for one in search.found] == ["1"]


async def test_a_port_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LineLost, match="no such port"):
        await Search(str(tmp_path / "none"), open_line, Seen()).run(quick("modbus_rtu", bauds=(9600,)))
