"""Every profile reads the bytes of its own examples, and every mistake in one is a single line."""

from __future__ import annotations

from pathlib import Path

import pytest

from checked_yaml.lines import ConfigError
from edge_agent import profile
from edge_agent.drivers.contract import Point
from edge_agent.drivers.dlt645_items import item
from edge_agent.profile import Example, Profile
from wire.quantities import QUANTITIES

NAMES = profile.names()
#: A DL/T 645 unit times this is the table's unit.
TABLE_UNITS = {
    ("V", "V"): 1, ("A", "A"): 1, ("Hz", "Hz"): 1, ("", "1"): 1, ("kWh", "kW.h"): 1, ("kvarh", "kvar.h"): 1,
    ("kW", "W"): 1000, ("kvar", "var"): 1000, ("kVA", "V.A"): 1000, ("°C", "Cel"): 1,
}  # fmt: skip

GOOD = """\
schema: 1
profile: own
transport: {protocol: modbus_rtu, baud: 9600}
reads:
  - {id: th, register: {type: input, address: 1, count: 2}}
points:
  - {key: temperature, read: th, offset: 0, decode: int16, scale: 0.1}
"""

#: Addresses where a number is none.
ADDRESSES = {"chirpstack_v4": "24e124136b000001", "sparkplug_b": "site/gateway"}


def _examples() -> list[tuple[str, Example]]:
    return [(name, example) for name in NAMES for example in profile.load(name).examples]


def test_a_made_up_example_is_no_capture() -> None:
    assert not profile.load("esphome-door").captured
    assert all(example.constructed == ("constructed" in example.source) for _name, example in _examples()), (
        "say constructed: true beside a source that says so"
    )


def test_three_of_four_models_have_a_capture() -> None:
    captured = [name for name in NAMES if profile.load(name).captured]
    assert len(captured) * 4 >= len(NAMES) * 3


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("dlt645")])
def test_a_scale_brings_a_meters_unit_into_the_tables(name: str) -> None:
    for point in profile.load(name).points:
        found = item(str(point.di))
        assert found is not None
        assert TABLE_UNITS[found.unit, QUANTITIES[point.key].unit] == point.scale, point.key


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_makes_a_target_of_its_points(name: str) -> None:
    loaded = profile.load(name)
    address = ADDRESSES.get(loaded.transport.protocol, 1)
    for part in loaded.parts or (None,):
        target = loaded.target("device", address, options={"blocks": False}, part=part)
        own = [point.key for point in loaded.points if point.part in (None, part)]
        assert [point.quantity for point in target.points] == own
    assert target.options["blocks"] is False
    own_gap_ms = loaded.transport.gap_ms
    assert target.options.get("gap_s") == (None if own_gap_ms is None else own_gap_ms / 1000)


def test_a_three_phase_meter_is_read_in_ten_quantities_or_more() -> None:
    assert len(profile.load("dlt645-2007-three-phase").points) >= 10


def test_a_variant_changes_the_scale_and_nothing_else() -> None:
    usual, hundredths = (profile.load("xy-md02").contract_points(variant) for variant in (None, "x100"))
    assert [point.scale for point in usual] == [0.1, 0.1]
    assert [point.scale for point in hundredths] == [0.01, 0.01]
    assert [point.where for point in usual] == [point.where for point in hundredths]


def test_a_variant_may_have_its_registers_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(GOOD + "variants:\n  late: {points: {temperature: {offset: 1, decode: uint16}}}\n")
    place = profile.load(file).contract_points("late")[0].where
    assert (place["address"], place["decode"]) == (2, "uint16")
    file.write_text(GOOD + "variants:\n  late: {points: {temperature: {offset: 2}}}\n")
    with pytest.raises(ConfigError, match=r"variants\.late\.points\.temperature\.offset: int16 goes beyond"):
        profile.load(file)


PARTS = """\
schema: 1
profile: own
transport: {protocol: modbus_rtu}
reads:
  - {id: all, register: {type: input, address: 0, count: 5}}
  - {id: ratios, register: {type: holding, address: 9, count: 2}}
points:
  - {part: panel, key: voltage, read: all, offset: 0}
  - {part: battery, key: voltage, read: all, offset: 1, exponent: {offset: 4, decode: int16}}
  - {key: temperature, read: all, offset: 2, factors: [{read: ratios, scale: 0.1}, {read: ratios, offset: 1}]}
"""


def test_a_device_that_has_a_quantity_twice_is_read_by_its_parts(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(PARTS)
    used = profile.load(file)
    assert used.parts == ("panel", "battery")
    for part, address in ((None, 0), ("panel", 0), ("battery", 1)):
        voltage, temperature = used.contract_points(part=part)
        assert (voltage.where["address"], temperature.quantity) == (address, "temperature")
    with pytest.raises(ValueError, match='"batery" is no part of own; did you mean "battery"'):
        used.contract_points(part="batery")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("part: battery", "part: panel", "points[1].key: voltage stands twice: give each its part"),
        ("part: battery", "part: Battery", "points[1].part"),
        ("offset: 4, decode: int16", "offset: 5", "points[1].exponent.offset: uint16 goes beyond the 5"),
        (
            "{read: ratios, offset: 1}",
            "{read: ratio}",
            'points[2].factors[1].read: "ratio": is no read of this profile; did',
        ),
        ("exponent: {", "otherwise: {read: rations, ", 'points[1].otherwise.read: "rations": is no read'),
        ("modbus_rtu", "mbus", "points[1].exponent: exponent is for modbus_rtu"),
    ],
)
def test_a_mistake_in_a_part_or_beside_a_number_names_its_place(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    file = tmp_path / "own.yaml"
    text = PARTS.replace(old, new)
    if "mbus" in text:
        text = text.replace("read: all, offset: 0", "at: {quantity: Voltage}")
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        profile.load(file)
    assert message in str(caught.value)


def test_a_file_of_the_sites_own_is_loaded_by_path(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(GOOD)
    point: Point = profile.load(file).contract_points()[0]
    assert (point.quantity, point.where["address"], point.scale) == ("temperature", 1, 0.1)
    assert profile.load(str(file)).transport.port_defaults() == {
        "baud": 9600,
        "parity": "N",
        "stop_bits": 1,
        "data_bits": 8,
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "modbus_rtu",
            "modbos_rtu",
            '3: transport.protocol: "modbos_rtu": is no protocol with profiles; did',
        ),
        ("baud", "bauds", '3: transport.bauds: is no key; did you mean "baud"?'),
        ("baud: 9600", "baud: fast", '3: transport.baud: "fast": Input should be a valid integer'),
        ("temperature", "temprature", '7: points[0].key: "temprature": is no quantity; did you mean "temp'),
        ("int16", "int61", '7: points[0].decode: "int61": is none of the choices; did you mean "int64"?'),
        ("read: th", "read: ht", '7: points[0].read: "ht": is no read of this profile; did you mean "th"?'),
        ("offset: 0", "offset: 2", "7: points[0].offset: int16 goes beyond the 2 registers of read th"),
        ("offset: 0", "di: '02010100'", "7: points[0].di: di is for dlt645"),
        (
            "type: input",
            "type: imput",
            '5: reads[0].register.type: "imput": is none of the choices; did you mean "in',
        ),
        ("address: 1,", "", "5: reads[0].register.address: is missing"),
        ("schema: 1", "schema: 2", "1: schema: 2: Input should be 1"),
        ("profile: own", "profile: own\nprofile: own", "3: profile: stands twice, first on line 2"),
        ("scale: 0.1", "scale: .nan", "7: points[0].scale"),
        ("points:", "points: [", "no YAML"),
        ("modbus_rtu", "dlt645", "7: points[0]: a dlt645 point has a di and no read"),
    ],
)
def test_a_mistake_is_one_line_with_place_and_remedy(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        profile.load(file)
    said = str(caught.value)
    assert said.startswith(f"{file}:")
    assert message in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("di", "rule"),
    [
        ("0201FF00", "no single number"),
        ("04000101", "no single number"),
        ("00010001", "past"),
        ("0029000C", "past"),
        ("9410", "past"),
        ("9920", "past"),
        ("A010", "past"),
        ("0299ZZ00", "match pattern"),
    ],
)
def test_an_item_the_driver_does_not_know_is_refused(tmp_path: Path, di: str, rule: str) -> None:
    file = tmp_path / "own.yaml"
    head = "schema: 1\nprofile: own\ntransport: {protocol: dlt645}\npoints:\n"
    file.write_text(f'{head}  - {{key: voltage, di: "{di}"}}\n')
    with pytest.raises(ConfigError, match=rf"own\.yaml:5: points\[0\]\.di: .*{rule}"):
        profile.load(file)


def test_a_profile_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match='"eastron-sdm12" is no profile; did you mean "eastron-sdm120"'):
        profile.load("eastron-sdm12")


@pytest.mark.parametrize(
    ("name", "address", "variant"),
    [("xy-md02", "x", None), ("xy-md02", 1, "x1000"), ("dlt645-2007-single-phase", "1234567890123", None)],
)
def test_a_wrong_address_or_variant_is_one_line(name: str, address: str, variant: str | None) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        profile.load(name).target("device", address, variant)


def test_a_meter_number_keeps_its_leading_zeros(tmp_path: Path) -> None:
    loaded: Profile = profile.load("dlt645-2007-single-phase")
    assert loaded.target("meter", "000000000161").address == "000000000161"
    assert loaded.target("meter", 161).address == "000000000161"
