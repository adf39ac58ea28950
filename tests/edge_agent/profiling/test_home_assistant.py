"""Modbus devices of Home Assistant and ESPHome become profiles, or point to the one that ships."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from edge_agent import profile
from edge_agent.cli import main
from edge_agent.profile import Profile
from tests.edge_agent.profiling.importing import Import

HUB = """\
modbus:
  - name: Site
    type: serial
    port: /dev/ttyUSB0
    baudrate: 19200
    bytesize: 8
    method: rtu
    parity: E
    stopbits: 1
"""
SDM630 = (
    HUB
    + """\
    sensors:
      - {name: SDM630 Voltage L1, slave: 1, address: 0, input_type: input, data_type: float32,
         unit_of_measurement: V, device_class: voltage, precision: 1}
      - {name: SDM630 Voltage L2, slave: 1, address: 2, input_type: input, data_type: float32,
         unit_of_measurement: V, device_class: voltage}
      - {name: SDM630 Total power, slave: 1, address: 52, input_type: input, data_type: float32,
         unit_of_measurement: W, device_class: power}
      - {name: SDM630 Import energy, slave: 1, address: 72, input_type: input, data_type: float32,
         unit_of_measurement: kWh, device_class: energy}
      - {name: SDM630 Maximum demand, slave: 1, address: 86, input_type: input, data_type: float32,
         unit_of_measurement: W, device_class: power}
"""
)
ROOMS = (
    HUB
    + """\
    sensors:
      - {name: Bath, device_address: 9, address: 1, input_type: input, scale: 0.1, unit_of_measurement: "°C",
         device_class: temperature, nan_value: 0x7FFF}
      - {name: Power, device_address: 9, address: 10, data_type: int32, swap: word, scale: 0.1,
         unit_of_measurement: kW}
      - {name: Energy, device_address: 9, address: 12, data_type: custom, structure: ">I", scale: 1,
         unit_of_measurement: Wh, device_class: energy}
      - {name: Fahrenheit, device_address: 9, address: 2, unit_of_measurement: "°F",
         device_class: temperature}
      - {name: Humidity, device_address: 9, address: 3, offset: 5, unit_of_measurement: "%",
         device_class: humidity}
      - {name: Frequency, device_address: 9, address: !secret where}
      - {name: Current, device_address: 9, address: 20, data_type: string}
      - {name: Voltage, device_address: 9, address: 21, virtual_count: 2}
      - {name: State of charge, device_address: 9, address: 22}
    binary_sensors:
      - {name: Leak bath, device_address: 9, address: 3, input_type: discrete_input, device_class: moisture}
      - {name: Door, device_address: 9, address: 4, input_type: holding, device_class: door}
    switches:
      - {name: pump, address: 3}
"""
)
ESPHOME = """\
substitutions: {device: charger, first: "0x3100"}
uart: {id: bus, tx_pin: 1, baud_rate: 2400, parity: EVEN}
modbus_controller: [{id: epever, address: 0x2, modbus_id: m}, {id: other, address: 3}]
sensor:
  - &point {platform: modbus_controller, modbus_controller_id: epever, name: "${device} PV voltage",
      address: $first, unit_of_measurement: V, register_type: read, value_type: U_WORD,
      filters: [{multiply: 0.01}, {throttle: 10s}]}
  - {<<: *point, name: "${device} PV current", address: 0x3101, unit_of_measurement: A}
  - {<<: *point, name: "${device} Power", address: 0x3102, unit_of_measurement: W, value_type: U_DWORD_R}
  - {<<: *point, name: "${device} Energy", address: 0x330A, unit_of_measurement: kWh,
     lambda: !lambda "return x;"}
  - {<<: *point, name: "${device} Frequency", address: 9, value_type: RAW, unit_of_measurement: Hz}
  - {<<: *point, name: "${device} CO2", address: 9, filters: [{calibrate_linear: []}],
     unit_of_measurement: ppm}
  - {<<: *point, name: Humidity, modbus_controller_id: other, address: 1, unit_of_measurement: "%"}
binary_sensor:
  - {platform: modbus_controller, modbus_controller_id: epever, name: relay, register_type: coil, address: 2}
switch: [{platform: modbus_controller, name: on}]
"""


def points(used: Profile) -> dict[str, tuple[object, ...]]:
    keys = ("type", "address", "decode", "byte_order")
    return {one.quantity: (*(one.where[key] for key in keys), one.scale) for one in used.contract_points()}


def test_registers_of_a_shipped_profile_are_recognised(imported: Import) -> None:
    used, caveats = imported("home-assistant", SDM630)
    assert caveats[0] == (
        "this is a shipped profile: eastron-sdm630 (4 of 4 registers alike); profile: eastron-sdm630 in the "
        "site file does, this file is not needed"
    )
    assert list(points(used)) == ["voltage_l1", "voltage_l2", "active_power", "active_energy_import"]
    assert (used.transport.baud, used.transport.parity) == (19_200, "E")
    assert any('"SDM630 Maximum demand" is another value ("maximum")' in one for one in caveats)


def test_types_swaps_and_units_are_taken_over(imported: Import) -> None:
    used, caveats = imported("home-assistant", ROOMS)
    assert points(used) == {
        "temperature": ("input", 1, "int16", "ABCD", 0.1),
        "active_power": ("holding", 10, "int32", "CDAB", 100.0),
        "active_energy_import": ("holding", 12, "uint32", "ABCD", 0.001),
        "voltage": ("holding", 21, "int16", "ABCD", 1.0),
        "leak": ("discrete", 3, "uint16", "ABCD", 1.0),
    }
    assert {one.key: one.invalid_raw for one in used.points}["temperature"] == (0x7FFF,)
    assert "address in the site file: 9" in caveats


@pytest.mark.parametrize(
    "told",
    [
        "(Bath): taken for temperature after its device_class or unit: check it",
        "(Fahrenheit): °F cannot be brought to °C of temperature by a factor, not taken over",
        "(Humidity): relative_humidity has 5 added to it, here there is a factor only, not taken over",
        "(Frequency): frequency: type, address or scale of the register are not understood, not taken over",
        "(Current): current: there is no string here, not taken over",
        "(Voltage): virtual_count is not taken over; there is the first value only",
        '"State of charge" is no quantity, not taken over',
        "(Door): door_open is a bit of a register, here whole registers are read, not taken over",
        "modbus[0].switches[0]: is also written to, which is not done here, not taken over",
        "!secret: what it stands for is elsewhere and is not read",
    ],
)
def test_everything_that_is_not_taken_is_told_in_one_line(imported: Import, told: str) -> None:
    _, caveats = imported("home-assistant", ROOMS)
    assert len([one for one in caveats if told in one]) == 1, caveats
    assert all(one.startswith(("theirs.yaml:", "address in")) for one in caveats)


def test_the_list_of_hubs_that_is_included_is_read_alone(imported: Import) -> None:
    hubs = "\n".join(line.removeprefix("  ") for line in SDM630.splitlines()[1:])
    assert list(points(imported("home-assistant", hubs)[0])) == list(
        points(imported("home-assistant", SDM630)[0])
    )


def test_a_hub_behind_the_network_says_how(imported: Import) -> None:
    network = SDM630.replace("type: serial", "type: rtuovertcp\n    host: 192.0.2.9").replace(
        "/dev/ttyUSB0", "4001"
    )
    _, caveats = imported("home-assistant", network)
    assert "behind a serial server, rtuovertcp://192.0.2.9:4001: in the site file, port: tcp://…" in caveats


def test_esphomes_controllers_become_profiles(imported: Import) -> None:
    used, caveats = imported("esphome", ESPHOME, "--only", "epever")
    assert points(used) == {
        "voltage": ("input", 0x3100, "uint16", "ABCD", 0.01),
        "current": ("input", 0x3101, "uint16", "ABCD", 0.01),
        "active_power": ("input", 0x3102, "uint32", "CDAB", 0.01),
        "relay_closed": ("coil", 2, "uint16", "ABCD", 1.0),
    }
    assert (used.transport.baud, used.transport.parity) == (2400, "E")
    assert "address in the site file: 2" in caveats
    for told in (
        "active_energy_import is changed by lambda",
        "frequency: there is no RAW here",
        "carbon_dioxide is changed by calibrate_linear",
        "switch[0]: is also written to",
    ):
        assert len([one for one in caveats if told in one]) == 1, told
    other, _ = imported("esphome", ESPHOME, "--only", "other")
    assert list(points(other)) == ["relative_humidity"]


def test_what_the_user_says_of_a_name_comes_first(imported: Import) -> None:
    used, caveats = imported(
        "home-assistant", ROOMS, "--field", "bath=surface_temperature", "--field", "Power="
    )
    assert "surface_temperature" in points(used)
    assert "active_power" not in points(used)
    assert not any("Power" in one for one in caveats)


@pytest.mark.parametrize(("program", "text"), [("home-assistant", ROOMS), ("esphome", ESPHOME)])
def test_whatever_stands_in_a_file_it_is_a_profile_or_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], program: str, text: str
) -> None:
    strange = [
        "-1",
        ".nan",
        "1e400",
        "!secret x",
        "!include y",
        "*point",
        "&a 5",
        "[1]",
        "{a: 1}",
        "~",
        "9" * 400,
    ]
    file, own = tmp_path / "theirs.yaml", tmp_path / "own.yaml"
    which = ["--only", "epever"] if program == "esphome" else []
    taken = 0
    for seed in range(60):
        random, lines = Random(seed), text.splitlines()
        for _ in range(random.randint(1, 3)):
            place = random.randrange(len(lines))
            words = lines[place].split(" ")
            words[random.randrange(len(words))] = random.choice([*strange, random.choice(words)])
            lines[place] = " ".join(words)
        file.write_text("\n".join(lines))
        code = main(["profile", "import", "--from", program, str(file), *which])
        said = capsys.readouterr()
        if code == 0:
            own.write_text(said.out)
            profile.load(own)
            taken += 1
        else:
            assert (code, said.out, said.err.count("\n")) == (2, "", 1), seed
    assert taken > 0
