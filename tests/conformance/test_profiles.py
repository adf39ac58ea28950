"""Every profile that is shipped: what a site file, a driver and an editor rely on, for all of them alike."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from checked_yaml.lines import load_with_lines
from edge_agent import profile
from edge_agent.drivers import modbus_frame, registry
from edge_agent.profile import PROFILES
from edge_agent.profiling import schema, trial
from edge_agent.site.installation import load_installation
from wire.quantities import QUANTITIES

#: Loaded once: reading YAML with the lines of its keys takes a moment.
LOADED = {name: profile.load(name) for name in profile.names()}
NAMES = list(LOADED)
VALIDATOR = jsonschema.Draft202012Validator(schema.schema())
#: A device of each protocol that is asked, alone on its line.
ADDRESSES = {
    "cjt188": "00000805000001",
    "dlt645": "201000000012",
    "dsmr_p1": "any",
    "iec62056_21": "any",
    "modbus_rtu": "1",
    "mbus": "1",
}
HEAD = """\
site: fenglin-18
agent: pi-1
timezone: Asia/Shanghai
broker: {host: 127.0.0.1, port: 1883}
spool: {path: spool.db}
badge_pepper_file: secret/badge-pepper
"""


def test_there_are_at_least_48_models_of_every_protocol_that_has_profiles() -> None:
    assert len(NAMES) >= 48
    protocols = {used.transport.protocol for used in LOADED.values()}
    assert protocols == {*registry.POLLED, *registry.DIALECTS}


@pytest.mark.parametrize("name", NAMES)
def test_it_has_no_mistake_and_its_examples_give_what_they_say(name: str) -> None:
    used, mistakes = trial.load_errors(name)
    assert mistakes == []
    assert used is not None
    assert used.captured or used.no_capture, "say in no_capture why no device has proved it"


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_is_printed_on_the_device_and_where_its_facts_are_from(name: str) -> None:
    used = LOADED[name]
    assert used.match.maker not in ("", "MAKER")
    assert used.match.model not in ("", "MODEL")
    assert used.note
    assert all(example.source for example in used.examples)


@pytest.mark.parametrize("name", NAMES)
def test_an_editor_with_the_schema_finds_nothing_wrong(name: str) -> None:
    data, _ = load_with_lines((PROFILES / f"{name}.yaml").read_text(encoding="utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(data)] == []


def test_a_site_file_can_name_every_one(tmp_path: Path) -> None:
    lines, mqtt = ["lines:"], ["mqtt:", "  broker: {host: 127.0.0.1}", "  devices:"]
    for number, (name, used) in enumerate(LOADED.items()):
        protocol = used.transport.protocol
        part = f", part: {used.parts[0]}" if used.parts else ""
        device = f"id: {name}, profile: {name}{part}"
        if protocol in registry.POLLED:
            device += f', address: "{ADDRESSES[protocol]}", interval_s: 60'
            lines.append(f"  - {{port: /dev/ttyUSB{number}, protocol: {protocol}, devices: [{{{device}}}]}}")
        else:
            address = f"{number:016x}" if protocol == "chirpstack_v4" else f"site/{name}"
            mqtt.append(f'    - {{{device}, address: "{address}"}}')
    (tmp_path / "site.yaml").write_text(HEAD + "\n".join([*lines, *mqtt]) + "\n")
    assert sorted(load_installation(tmp_path / "site.yaml").site.devices()) == NAMES


@pytest.mark.parametrize("name", [name for name in NAMES if LOADED[name].reads])
def test_a_modbus_request_is_one_and_asks_for_nothing_beside_its_points(name: str) -> None:
    used = LOADED[name]
    most = used.transport.max_count or modbus_frame.LARGEST_READ["holding"]
    for read in used.reads:
        register = read.register_
        offsets = [point.offset for point in used.points if point.read == read.id]
        offsets += [
            number.offset
            for point in used.points
            for number in point.beside.values()
            if (number.read or point.read) == read.id
        ]
        assert offsets, f"nothing is read of {read.id}"
        assert register.count <= most, f"{read.id} is longer than the device gives at once"
        assert min(offsets) == 0, f"{read.id} begins before its first point"


def test_a_counter_of_energy_or_water_is_never_scaled_to_nothing() -> None:
    for name, used in LOADED.items():
        for point in used.points:
            counts = QUANTITIES[point.key].kind == "counter"
            assert point.scale > 0 if counts else point.scale != 0, (name, point.key)


def test_a_number_of_several_registers_has_its_order_in_four_letters() -> None:
    for name, used in LOADED.items():
        for point in used.points:
            one = point.read is None or point.decode.endswith("16")
            assert one or point.byte_order in modbus_frame.BYTE_ORDERS, (name, point.key)


def test_what_means_no_value_in_64_bits_is_compared_exactly() -> None:
    energy = next(one for one in LOADED["abb-b23"].points if one.key == "active_energy_import")
    assert energy.invalid_raw == (2**64 - 1,)
    assert modbus_frame.number([0xFFFF] * 4, energy.decode, "ABCD") in energy.invalid_raw


@pytest.mark.parametrize(
    "name", [name for name in NAMES if LOADED[name].transport.protocol in registry.POLLED]
)
def test_a_meters_profile_names_the_list_it_was_held_against_or_says_that_there_is_none(name: str) -> None:
    assert len(LOADED[name].source) > 10
