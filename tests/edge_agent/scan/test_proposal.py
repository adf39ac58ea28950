"""The proposed site file: one protocol and speed a line, the rest said in comments, good by `check`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from edge_agent.drivers import osdp
from edge_agent.scan import proposal
from edge_agent.scan.identify import Fit
from edge_agent.scan.probe import Setting
from edge_agent.scan.search import Found
from edge_agent.site.installation import load_installation

TODAY = dt.date(2026, 11, 24)


def fit(name: str, good: int = 2, variant: str | None = None) -> Fit:
    return Fit(name, variant, "maker", "model", good, 2, as_sold=True)


def checked(tmp_path: Path, *found: Found) -> str:
    text = proposal.site_file("/dev/ttyUSB0", found, TODAY, "Asia/Shanghai")
    file = tmp_path / "site.yaml"
    file.write_text(text, encoding="utf-8")
    load_installation(file)
    return text


def test_profiles_that_fit_as_well_are_named_beside_the_chosen_one(tmp_path: Path) -> None:
    both = (fit("xy-md02"), fit("sht20-modbus"), fit("temp-humidity-rs485", good=1))
    text = checked(tmp_path, Found("modbus_rtu", Setting(9600), "1", both))
    assert "id: climate-1, profile: xy-md02, address: 1, interval_s: 5" in text
    assert "# fits as well: sht20-modbus\n" in text


def test_what_speaks_otherwise_is_a_comment(tmp_path: Path) -> None:
    sensors = [Found("modbus_rtu", Setting(9600), str(one), (fit("xy-md02"),)) for one in (1, 2)]
    meter = Found("dlt645", Setting(2400, "E"), "000000000161", (fit("dlt645-2007-single-phase"),))
    stranger = Found("modbus_rtu", Setting(9600), "9")
    text = checked(tmp_path, meter, *sensors, stranger)
    assert "climate-2" in text
    assert "# Also found on this line: dlt645 (2400 8E1), address 000000000161." in text
    assert "# address 9: no shipped profile fits" in text


def test_a_variant_stands_in_the_file(tmp_path: Path) -> None:
    text = checked(tmp_path, Found("modbus_rtu", Setting(9600), "1", (fit("xy-md02", variant="x100"),)))
    assert "profile: xy-md02, variant: x100, address: 1" in text


def test_each_part_of_a_device_is_proposed_as_a_device(tmp_path: Path) -> None:
    text = checked(tmp_path, Found("modbus_rtu", Setting(115_200), "1", (fit("epever-tracer"),)))
    for part in ("panel", "battery", "load"):
        assert f"-{part}, profile: epever-tracer, part: {part}, address: 1" in text


@pytest.mark.parametrize("protocol", ["rdm6300", "wiegand", "uhf_r200", "pn532_uart"])
def test_a_badge_reader_needs_no_profile(tmp_path: Path, protocol: str) -> None:
    assert "{id: gate-1, direction: in}" in checked(tmp_path, Found(protocol, Setting(9600), ""))


def test_an_osdp_reader_stands_with_its_address_where_libosdp_is_there(tmp_path: Path) -> None:
    found = Found("osdp", Setting(9600), "3")
    if osdp.available():
        assert "{id: gate-1, address: 3, direction: in}" in checked(tmp_path, found)
    else:
        assert "lines: []" in proposal.site_file("/dev/ttyUSB0", [found], TODAY, "Asia/Shanghai")
