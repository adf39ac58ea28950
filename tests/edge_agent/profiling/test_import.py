"""Meters of evcc and Telegraf become profiles; what cannot be taken over is said at the top of them."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from edge_agent import profile
from edge_agent.cli import main
from edge_agent.profile import Profile
from tests.edge_agent.profiling.importing import Import

EVCC = """\
meters:
  - name: Site Grid
    type: custom
    power: {source: modbus, id: 2, device: /dev/ttyUSB0, baudrate: 19200, comset: 8E1, scale: -1,
            register: {address: 52, type: input, decode: float32}}
    energy: {source: modbus, id: 2, register: {address: 72, type: holding, encoding: uint32s}, scale: 0.01}
    currents:
      - {source: modbus, register: {address: 6, type: input, decode: int16nan}, scale: 0.1}
      - {source: modbus, register: {address: 7, type: input, decode: uint64nan}}
      - {source: calc, add: []}
    powers:
      - {source: modbus, model: sdm, value: PowerL1}
      - {source: modbus, register: {address: 9, type: writeholding, decode: int16}}
      - {source: modbus, register: {address: 9, type: holding, decode: bool16}}
    soc: {source: http, uri: "http://x"}
  - {name: pv, type: template, template: sunspec}
"""

TELEGRAF = """\
[[inputs.cpu]]
[[inputs.modbus]]
  name = "Plant Room"
  controller = "file:///dev/ttyUSB0"
  baud_rate = 4800
  parity = "E"
  stop_bits = 2
  configuration_type = "request"
  [[inputs.modbus.request]]
    slave_id = 3
    byte_order = "DCBA"
    register = "holding"
    fields = [
      { address=0, name="voltage_l1", type="UINT16", scale=0.1 },
      { address=1, name="L2 voltage", type="UINT16", scale=0.1 },
      { address=2, name="spare", type="INT16", omit=true },
      { address=3, name="power", type="FLOAT32" },
      { address=9, name="spin", type="INT16" },
      { address=10, name="frequency", type="INT8L" },
      { address=12, name="active_power", type="INT16" },
    ]
  [[inputs.modbus.request]]
    slave_id = 3
    register = "coil"
    fields = [ { address=4, name="relay" } ]
  [inputs.modbus.workarounds]
    pause_between_requests = "5ms"
"""

REGISTERS = """\
[[inputs.modbus]]
  controller = "tcp://10.0.0.9:502"
  slave_id = 7
  discrete_inputs = [ { name = "leak", address = [3] } ]
  holding_registers = [
    { name = "energy",  byte_order = "CDAB", data_type = "FIXED",  scale=0.001, address = [5,6] },
    { name = "voltage", byte_order = "BA",   data_type = "UFIXED", scale=0.1,   address = [0] },
    { name = "export", byte_order = "GHEFCDAB", data_type = "INT64", scale=1.0, address = [20,21,22,23] },
    { name = "current", byte_order = "ABCD", data_type = "FIXED",  scale=0.001, address = [9,8] },
  ]
"""

METRICS = """\
[[inputs.modbus]]
  name = "hall"
  controller = "tcp://10.0.0.9:4001"
  transmission_mode = "RTUoverTCP"
  configuration_type = "metric"
  [[inputs.modbus.metric]]
    slave_id = 1
    fields = [ { register="input", address=1, name="temperature", type="INT16", scale=0.1 } ]
  [[inputs.modbus.metric]]
    slave_id = 2
    fields = [ { register="input", address=1, name="humidity", type="INT16", scale=0.1 } ]
"""


NOT_UNDERSTOOD = ": type, address or scale of the register are not understood, not taken over"
TWICE = "; of two alike each point gets its part"
NOT_IN_FILE = (
    "the registers of {} are not in the file, not taken over; shipped profiles: plumbline-edge profile list."
)
SHIPPED = (
    "the registers of {0} are not in the file, but its profile is shipped: {1}; "
    "put profile: {1} in the site file"
)


def _points(used: Profile) -> dict[str, tuple[object, ...]]:
    return {
        point.quantity: (
            point.where["type"],
            point.where["address"],
            point.where["decode"],
            point.where["byte_order"],
            point.scale,
        )
        for point in used.contract_points()
    }


def test_a_custom_meter_of_evcc_becomes_a_profile(imported: Import) -> None:
    used, caveats = imported("evcc", EVCC)
    assert used.profile == "site-grid"
    transport = used.transport
    assert (transport.baud, transport.parity, transport.stop_bits) == (19_200, "E", 1)
    assert _points(used) == {
        "active_power": ("input", 52, "float32", "ABCD", -1),
        "active_energy_import": ("holding", 72, "uint32", "CDAB", 0.01),
        "current_l1": ("input", 6, "int16", "ABCD", 0.1),
        "current_l2": ("input", 7, "uint64", "ABCD", 1),
    }
    invalid = {point.key: point.invalid_raw for point in used.points}
    assert invalid["current_l1"] == (-32768, 32767)
    assert invalid["current_l2"] == (2**64 - 1,)
    assert [caveat for caveat in caveats if "theirs.yaml" in caveat] == [
        "theirs.yaml:10: meters[0].currents[2]: current_l3 comes from calc, no register, not taken over",
        "theirs.yaml:12: meters[0].powers[0]: " + SHIPPED.format("sdm", "eastron-sdm630"),
        f"theirs.yaml:13: meters[0].powers[1]: active_power_l2{NOT_UNDERSTOOD}",
        "theirs.yaml:14: meters[0].powers[2]: active_power_l3: there is no bool16 here, not taken over",
        "theirs.yaml:15: meters[0].soc: is no value that is measured, not taken over",
        "theirs.yaml:16: meters[1].type: " + NOT_IN_FILE.format("sunspec"),
    ]
    assert "address in the site file: 2" in caveats


def test_a_meter_of_a_type_that_mbmd_knows_is_pointed_to_the_profile_that_ships(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """tobiforster/config: eight of evcc's collected samples are `type: modbus` with a model."""
    file = tmp_path / "evcc.yaml"
    file.write_text("meters: [{name: grid, type: modbus, model: sdm, uri: '192.0.2.2:502', id: 1}]\n")
    assert main(["profile", "import", "--from", "evcc", str(file)]) == 2
    assert "its profile is shipped: eastron-sdm630" in capsys.readouterr().err


def test_a_meter_of_before_060_is_read_as_it_was_then(imported: Import) -> None:
    """evcc-io/evcc#82: `type: default`, and `type: modbus` for each value."""
    told = "{type: modbus, uri: 'h:502', id: 1, register: {address: 40068, type: holding, decode: int32}}"
    used, _ = imported("evcc", f"meters: [{{name: pv, type: default, power: {told}}}]\n")
    assert _points(used) == {"active_power": ("holding", 40068, "int32", "ABCD", 1)}


def test_a_value_of_another_device_is_not_read_of_the_first_one(imported: Import) -> None:
    register = "register: {{address: {}, type: input, decode: float32}}"
    power = f"power: {{source: modbus, device: /dev/ttyUSB0, id: 1, {register.format(12)}}}"
    energy = f"energy: {{source: modbus, device: /dev/ttyUSB0, id: 2, {register.format(342)}}}"
    used, caveats = imported("evcc", f"meters: [{{name: grid, type: custom, {power}, {energy}}}]\n")
    assert list(_points(used)) == ["active_power"]
    (told,) = [caveat for caveat in caveats if "id 2" in caveat]
    assert "another device, not taken over; put it into a file of its own" in told


_WAGO_FIELDS = {
    "power SUM": (20498, 1000.0),
    "Grid power": (20500, 1.0),
    "energy SUM": (24576, 1.0),
    "energy drawn SUM": (24588, 1.0),
    "energy delivered SUM": (24600, 1.0),
    "power today max": (1, 1.0),
}
WAGO = (
    """\
[[inputs.modbus]]
  name = "wago-879"
  controller = "tcp://192.0.2.5:502"
  slave_id = 1
  holding_registers = [
"""
    + "".join(
        f'    {{ name = "{name}", byte_order = "ABCD", data_type = "FLOAT32-IEEE", scale = {scale}, '
        f"address = [{at}, {at + 1}] }},\n"
        for name, (at, scale) in _WAGO_FIELDS.items()
    )
    + "  ]\n"
)


def test_of_two_energies_the_one_counts_whose_direction_is_told(imported: Import) -> None:
    """A public file for a WAGO 879-30x0: drawn is import, delivered export; the sum of both is neither."""
    used, caveats = imported("telegraf", WAGO)
    assert {name: where[1] for name, where in _points(used).items()} == {
        "active_power": 20498,
        "active_energy_import": 24588,
        "active_energy_export": 24600,
    }
    assert "holding 24576: active_energy_import is there already, not taken over" + TWICE in caveats
    assert any('"Grid power" is no quantity' in one and '--field "Grid power=' in one for one in caveats)
    assert any('another value ("today"), not taken over' in one for one in caveats)


def test_the_user_says_what_a_name_means(imported: Import, tmp_path: Path) -> None:
    more = ("--field", "Grid power=active_power_l1 * 1000", "--field", "power today max=")
    used, caveats = imported("telegraf", WAGO, *more)
    assert _points(used)["active_power_l1"] == ("holding", 20500, "float32", "ABCD", 1000)
    assert not any("today" in caveat or "Grid" in caveat for caveat in caveats)
    names = tmp_path / "names.yaml"
    names.write_text("GRID_POWER: active_power_l2\nenergy SUM:\n")
    used, caveats = imported("telegraf", WAGO, "--map", str(names))
    assert _points(used)["active_power_l2"][1] == 20500
    assert not any("24576" in caveat for caveat in caveats)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("Grid power", '--field Grid power: write NAME=QUANTITY, as "Grid power=active_power"'),
        ("Grid power=activ_power", '"activ_power" is no quantity; did you mean "active_power"?'),
        ("Grid power=active_power * x", '"x" is no factor; write it as active_power * 1000'),
        ("Grid power=active_power * 0", '"0" is no factor'),
        ("Grid power=active_power * nan", '"nan" is no factor'),
    ],
)
def test_a_word_of_the_user_that_means_nothing_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], told: str, message: str
) -> None:
    file = tmp_path / "t.conf"
    file.write_text(WAGO)
    assert main(["profile", "import", "--from", "telegraf", str(file), "--field", told]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert message in said.err
    names = tmp_path / "names.yaml"
    for text in ("[1]\n", "a: b\n", "a: [\n"):
        names.write_text(text)
        assert main(["profile", "import", "--from", "telegraf", str(file), "--map", str(names)]) == 2
        assert capsys.readouterr().err.startswith(f"{names}:")


def test_telegrafs_requests_become_a_profile(imported: Import) -> None:
    used, caveats = imported("telegraf", TELEGRAF)
    assert used.profile == "plant-room"
    assert (used.transport.baud, used.transport.parity, used.transport.stop_bits) == (4_800, "E", 2)
    assert _points(used) == {
        "voltage_l1": ("holding", 0, "uint16", "BADC", 0.1),
        "voltage_l2": ("holding", 1, "uint16", "BADC", 0.1),
        "active_power": ("holding", 3, "float32", "DCBA", 1),
        "relay_closed": ("coil", 4, "uint16", "ABCD", 1),
    }
    fields = "inputs.modbus[0].request[0].fields"
    units = "active_power W, relay_closed, voltage_l1 V, voltage_l2 V"
    assert caveats == [
        "workarounds are not taken over (pause_between_requests): for a pause there is gap_ms",
        "address in the site file: 3",
        f'{fields}[4] (spin): "spin" is no quantity, not taken over; names are in docs/profiles.md',
        f"{fields}[5] (frequency): frequency: there is no INT8L DCBA here, not taken over",
        f"{fields}[6] (active_power): active_power is there already, not taken over" + TWICE,
        f"Telegraf has no units: check that each scale gives {units}",
    ]


def test_registers_side_by_side_are_one_request(imported: Import) -> None:
    used, _ = imported("telegraf", TELEGRAF)
    reads = [(read.register_.type, read.register_.address, read.register_.count) for read in used.reads]
    assert reads == [("coil", 4, 1), ("holding", 0, 2), ("holding", 3, 2)]


def test_telegrafs_older_style_has_fixed_point_and_eight_letters(imported: Import) -> None:
    used, caveats = imported("telegraf", REGISTERS)
    assert _points(used) == {
        "leak": ("discrete", 3, "uint16", "ABCD", 1),
        "active_energy_import": ("holding", 5, "int32", "CDAB", 0.001),
        "voltage": ("holding", 0, "uint16", "BADC", 0.1),
        "active_energy_export": ("holding", 20, "int64", "CDAB", 1),
    }
    assert caveats[0] == "tcp://10.0.0.9:502 speaks Modbus TCP; here it is RTU, with the same registers"
    assert any("(current): current: type, address or scale" in caveat for caveat in caveats)


def test_of_several_devices_one_is_named(
    imported: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "two.conf"
    file.write_text(METRICS)
    assert main(["profile", "import", "--from", "telegraf", str(file)]) == 2
    assert f"{file}:1: several devices (hall-1, hall-2): say which one with --only" in capsys.readouterr().err
    assert main(["profile", "import", "--from", "telegraf", str(file), "--only", "hall-3"]) == 2
    assert '"hall-3" is no device in it; did you mean "hall-' in capsys.readouterr().err
    used, caveats = imported("telegraf", METRICS, "--only", "hall-2")
    assert _points(used) == {"relative_humidity": ("input", 1, "int16", "ABCD", 0.1)}
    assert caveats[0] == "behind a serial server, tcp://10.0.0.9:4001: in the site file, port: tcp://…"


@pytest.mark.parametrize(
    ("program", "text", "message"),
    [
        ("evcc", "power:\n  {{ include }}\n", "2: is a template of evcc"),
        ("evcc", "power: {source: http}\n", "1: no Modbus register in it could be taken over"),
        ("evcc", "meters: 5\n", "1: no Modbus register in it could be taken over"),
        ("evcc", "power: [\n", "no YAML"),
        ("telegraf", "[inputs\n", "1: no TOML"),
        ("telegraf", "a = 1\nb\n", "2: no TOML"),
        ("telegraf", "[inputs]\nmodbus = 3\n", "1: no Modbus register in it could be taken over"),
        ("telegraf", "a = " + "[" * 50_000, "1: no TOML"),
        ("telegraf", "a = " + "9" * 10_000, "1: no TOML"),
        ("telegraf", "#" * 600_000, "1: is too large, at most 512 KiB"),
        ("evcc", "#" * 600_000, "1: is too large, at most 512 KiB"),
        ("home-assistant", "modbus: !include modbus.yaml\n", "stands in another file (!include modbus.yaml)"),
        ("home-assistant", "sensor: [{platform: modbus}]\n", "is of before 2021.4, not taken over"),
        ("home-assistant", "modbus: 5\n", "1: no Modbus register in it could be taken over"),
        ("esphome", "sensor: {platform: pzemac}\n", "its profile is shipped: pzem-016"),
        ("esphome", "[1, 2]\n", "1: no Modbus register in it could be taken over"),
    ],
)
def test_a_file_that_gives_nothing_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], program: str, text: str, message: str
) -> None:
    file = tmp_path / "theirs.yaml"
    file.write_text(text)
    assert main(["profile", "import", "--from", program, str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert message in said.err
    assert main(["profile", "import", "--from", program, str(tmp_path / "gone")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def _mangled(text: str, random: Random) -> str:
    """The text with some of its words replaced by others that do not belong there."""
    strange = ["-1", "1.5", "true", '"x"', "[]", "{}", "[1, 2]", "99999999999", "1e400", "{a: 1}", "null", ""]
    words = re.split(r"([\w.\"]+)", text)
    for place in random.sample(range(len(words)), k=random.randint(1, 4)):
        words[place] = random.choice([*strange, random.choice(words)])
    return "".join(words)


@pytest.mark.parametrize(
    ("program", "text"),
    [("evcc", EVCC), ("telegraf", TELEGRAF), ("telegraf", REGISTERS), ("telegraf", METRICS)],
)
def test_whatever_stands_in_a_file_it_is_a_profile_or_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], program: str, text: str
) -> None:
    file, own = tmp_path / "theirs.yaml", tmp_path / "own.yaml"
    taken = 0
    for seed in range(60):
        file.write_text(_mangled(text, Random(seed)))
        code = main(["profile", "import", "--from", program, str(file)])
        said = capsys.readouterr()
        if code == 0:
            own.write_text(said.out)
            profile.load(own)
            taken += 1
        else:
            assert (code, said.out, said.err.count("\n")) == (2, "", 1), seed
    assert 0 < taken < 60, "some are still good, some are not"


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_a_file_in_another_encoding_is_told_with_line_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    file = tmp_path / "theirs.yaml"
    file.write_bytes("meters:\n  # 电表\n".encode(encoding))
    assert main(["profile", "import", "--from", "evcc", str(file)]) == 2
    assert re.search(r"theirs.yaml:[12]: is not UTF-8: save it as UTF-8", capsys.readouterr().err)
