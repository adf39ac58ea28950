"""Badge readers and MQTT devices in a site file: what becomes of them, and each mistake as one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.cli import main
from edge_agent.drivers.osdp import Osdp
from edge_agent.gather.passage import Reader
from edge_agent.line.lines import ListeningPlan
from edge_agent.site.installation import Installation, load_installation
from edge_agent.site.site_file import SiteFileError

GOOD = """\
site: fenglin-18
agent: pi-1
timezone: Asia/Shanghai
broker: {host: cloud.example, port: 8883, tls: {}}
spool: {path: spool.db}
badge_pepper_file: secret/badge-pepper
lines:
  - port: /dev/ttyUSB0
    protocol: osdp
    devices:
      - {id: door-in, address: 0, direction: in, key_file: secret/door-in}
      - {id: door-out, address: 1, direction: out}
  - port: /dev/ttyUSB1
    protocol: wiegand
    devices: [{id: shed, byte_order: swapped, debounce_s: 5}]
  - port: /dev/ttyUSB2
    protocol: uhf_r200
    devices: [{id: outer, gate: main, side: outside}]
mqtt:
  broker: {host: 192.168.1.5, username: site}
  devices:
    - {id: inner, gate: main, side: inside, profile: tasmota-pn532, address: gate1}
    - {id: leak-bath, profile: aqara-sjcgq11lm, address: zigbee2mqtt/leak bath, silent_after_s: 9000}
    - {id: th-attic, profile: milesight-em300-th, address: 24E124136B000001}
"""


def load(folder: Path, text: str) -> Installation:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return load_installation(path)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SiteFileError) as error:
        load(folder, text)
    return [line.removeprefix(f"{folder}/") for line in error.value.lines]


def test_readers_stand_on_lines_and_behind_mqtt(tmp_path: Path) -> None:
    found = load(tmp_path, GOOD)
    assert found.readers == (
        Reader("door-in", "0", direction="in"),
        Reader("door-out", "1", direction="out"),
        Reader("shed", debounce_s=5.0),
        Reader("outer", gate="main", side="outside"),
        Reader("inner", gate="main", side="inside"),
        Reader("leak-bath"),
        Reader("th-attic"),
    )
    osdp, wiegand, uhf = found.plans
    assert isinstance(osdp, ListeningPlan)
    assert isinstance(osdp.driver, Osdp)
    assert [reader.device for reader in osdp.readers] == ["door-in", "door-out"]
    assert (wiegand.settings.baud, uhf.settings.baud) == (9_600, 115_200)
    assert found.site.devices()[-3:] == ["inner", "leak-bath", "th-attic"]


def test_mqtt_devices_are_told_by_their_profiles(tmp_path: Path) -> None:
    plan = load(tmp_path, GOOD).mqtt
    assert plan is not None
    assert (plan.broker.host, plan.broker.port, plan.broker.tls) == ("192.168.1.5", 1883, False)
    assert plan.port == "mqtt:192.168.1.5:1883"
    inner, leak, attic = plan.devices
    assert (inner.dialect, inner.badge) == ("tasmota", "PN532/UID")
    assert (leak.dialect, leak.silent_after_s) == ("zigbee2mqtt", 9000.0)
    assert (attic.codec, attic.silent_after_s) == ("milesight/em300-th", 14_400.0)
    assert attic.target.address == "24e124136b000001"


def test_without_a_broker_of_its_own_the_one_for_batches_is_taken(tmp_path: Path) -> None:
    plan = load(tmp_path, GOOD.replace("  broker: {host: 192.168.1.5, username: site}\n", "")).mqtt
    assert plan is not None
    assert (plan.broker.host, plan.broker.port, plan.broker.tls) == ("cloud.example", 8883, True)


def test_a_site_may_have_mqtt_devices_only(tmp_path: Path) -> None:
    head, _, mqtt = GOOD.partition("lines:")
    only = "mqtt:" + mqtt.partition("mqtt:")[2].replace("gate: main, side: inside", "direction: in")
    found = load(tmp_path, head + only)
    assert (found.plans, len(found.site.devices())) == ((), 3)
    assert mistakes(tmp_path, head) == ["site.yaml:1: lines: needs at least one entry, or mqtt devices"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("address: 0, ", "", "11: lines[0].devices[0].address: is missing: osdp readers share their line"),
        ("address: 0,", "address: 127,", "11: lines[0].devices[0].address: 127 is no OSDP address"),
        ("address: 1,", "address: 0,", '12: lines[0].devices[1].address: "0" stands twice'),
        ("direction: out", "profile: xy-md02", "12: lines[0].devices[1].profile: has no place here"),
        ("debounce_s: 5", "debounce_s: -1", "15: lines[1].devices[0].debounce_s: -1 must be greater"),
        (
            "byte_order: swapped",
            "byte_order: swaped",
            '"swaped" is not a byte_order. Did you mean "swapped"?',
        ),
        (
            "byte_order: swapped",
            "key_file: x",
            "15: lines[1].devices[0].key_file: has no place here: wiegand",
        ),
        (
            "gate: main, side: outside",
            "gate: main",
            "18: lines[2].devices[0]: needs gate and side together",
        ),
        (
            "side: inside",
            "side: outside",
            '18: lines[2].devices[0].gate: "main" has a reader on one side only',
        ),
        (
            "side: inside",
            "side: inside, direction: in",
            "22: mqtt.devices[0].direction: has no place here: the gate's two sides say it",
        ),
        ("protocol: wiegand", "protocol: zigbee2mqtt", '"zigbee2mqtt" is not a protocol. (cjt188, dlt645'),
        ("id: leak-bath", "id: shed", '23: mqtt.devices[1].id: "shed" stands twice: lines[1].devices[0]'),
        ("aqara-sjcgq11lm", "aqara-sjcgq11l", 'is not a profile. Did you mean "aqara-sjcgq11lm"?'),
        ("aqara-sjcgq11lm", "xy-md02", '23: mqtt.devices[1].profile: "xy-md02" is a profile for modbus_rtu'),
        ("profile: aqara-sjcgq11lm, ", "", "23: mqtt.devices[1].profile: is missing"),
        ("address: gate1", "address: +/gate1", '22: mqtt.devices[0].address: "+/gate1" is no topic'),
        ("24E124136B000001", "24E12B", '24: mqtt.devices[2].address: "24E12B" is no EUI: 16 hex digits'),
        ("24E124136B000001", "24E1241360000010", "address: inf is a number as it stands: write it in quotes"),
        ("silent_after_s: 9000", "interval_s: 5", "23: mqtt.devices[1].interval_s: is not a key here"),
        ("username: site", "password: hunter2", "20: mqtt.broker.password: must not stand here"),
        ("  devices:\n    - {id: inner", "  device:\n    - {id: inner", "mqtt.device: is not a key here"),
    ],
)
def test_a_mistake_is_told_in_one_line(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert old in GOOD
    found = mistakes(tmp_path, GOOD.replace(old, new, 1))
    assert any(line in one for one in found), found
    assert all(one.startswith("site.yaml:") and "hunter2" not in one for one in found)


def test_check_names_the_files_that_are_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(GOOD.replace("username: site", "username: site, password_file: secret/site"))
    assert main(["check", str(path)]) == 0
    said = capsys.readouterr()
    assert "good: 3 lines, 7 devices" in said.out
    assert "lines[0].devices[0].key_file" in said.err
    assert "mqtt.broker.password_file" in said.err


def test_without_libosdp_an_osdp_line_is_a_mistake_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the agent but this line works without it."""
    from edge_agent.drivers import registry
    from edge_agent.site import installation

    with monkeypatch.context() as absent:
        absent.setattr("sys.path", [])
        absent.delitem(__import__("sys").modules, "osdp_sys", raising=False)
        rules = installation._rules("osdp", registry.TABLE["osdp"])
    monkeypatch.setitem(installation.RULES, "osdp", rules)
    (only,) = mistakes(tmp_path, GOOD)
    assert only.startswith('site.yaml:9: lines[0].protocol: "osdp" cannot be used here: OSDP needs libosdp')
    assert "plumbline[edge,osdp]" in only
