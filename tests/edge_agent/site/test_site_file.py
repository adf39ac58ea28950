"""A site file: every mistake is one line with its place, its value and the nearest valid choice."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.cli import main
from edge_agent.gather.passage import Reader
from edge_agent.line.lines import ListeningPlan, PolledPlan
from edge_agent.site.installation import load_installation
from edge_agent.site.site_file import SiteFile, SiteFileError

GOOD = """\
site: fenglin-18
agent: pi-1
timezone: Asia/Shanghai
broker: {host: 127.0.0.1, port: 1883, username: pi-1, password_file: secret/mqtt}
spool: {path: spool.db, bound_mb: 512, power_cut_s: 2}
badge_pepper_file: secret/badge-pepper
lines:
  - port: /dev/ttyUSB0
    protocol: dlt645
    devices:
      - {id: meter-main, profile: dlt645-2007-three-phase, address: "201000000012", interval_s: 1}
  - port: /dev/ttyUSB1
    protocol: modbus_rtu
    baud: 4800
    devices:
      - {id: th-living, profile: xy-md02, address: 1, interval_s: 10}
      - {id: th-bath, profile: xy-md02, address: 2, interval_s: 10}
  - port: /dev/ttyAMA0
    protocol: rdm6300
    devices: [{id: gate-in, direction: in}]
"""


def load(folder: Path, text: str) -> SiteFile:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return load_installation(path).site


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SiteFileError) as error:
        load(folder, text)
    return [line.removeprefix(f"{folder}/") for line in error.value.lines]


def test_a_good_file_becomes_a_plan_with_paths_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(GOOD)
    found = load_installation(tmp_path / "site.yaml")
    assert found.site.spool.path == tmp_path / "spool.db"
    assert found.site.badge_pepper_file == tmp_path / "secret/badge-pepper"
    assert found.site.devices() == ["meter-main", "th-living", "th-bath", "gate-in"]
    meters, sensors, gate = found.plans
    assert isinstance(meters, PolledPlan)
    assert (meters.settings.baud, meters.settings.parity) == (2400, "E"), "as the profile says"
    assert isinstance(sensors, PolledPlan)
    assert (sensors.settings.baud, len(sensors.devices)) == (4800, 2), "as the file says"
    assert isinstance(gate, ListeningPlan)
    assert gate.readers == found.readers == (Reader("gate-in", direction="in"),)
    assert list(tmp_path.iterdir()) == [tmp_path / "site.yaml"], "checking makes nothing"


CHARGER = "- {id: th-living, profile: epever-tracer, part: panel, address: 1, interval_s: 10}"


def test_each_part_of_a_device_is_a_device_of_the_site(tmp_path: Path) -> None:
    panel = GOOD.replace("- {id: th-living, profile: xy-md02, address: 1, interval_s: 10}", CHARGER)
    both = panel.replace(
        "id: th-bath, profile: xy-md02, address: 2",
        "id: bat, profile: epever-tracer, part: battery, address: 1",
    )
    (tmp_path / "site.yaml").write_text(both)
    plan = load_installation(tmp_path / "site.yaml").plans[1]
    assert isinstance(plan, PolledPlan)
    assert [len(one.target.points) for one in plan.devices] == [3, 5]
    assert {one.target.address for one in plan.devices} == {"1"}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "part: panel, ",
            "",
            "devices[0].part: is missing: epever-tracer has several parts, name one (panel, battery, load)",
        ),
        ("part: panel", "part: panels", '"panels" is not a part of epever-tracer. Did you mean "panel"?'),
        ("profile: epever-tracer", "profile: xy-md02", '"panel" is not a part of xy-md02'),
    ],
)
def test_a_part_is_one_of_the_profiles(tmp_path: Path, old: str, new: str, line: str) -> None:
    text = GOOD.replace("- {id: th-living, profile: xy-md02, address: 1, interval_s: 10}", CHARGER)
    (found,) = mistakes(tmp_path, text.replace(old, new))
    assert line in found


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("site: fenglin-18", "site: Fenglin 18", '1: site: "Fenglin 18" must be a-z, 0-9 and -, at most 32'),
        ("agent: pi-1\n", "", "1: agent: is missing"),
        (
            "Asia/Shanghai",
            "Asia/Shanghia",
            '"Asia/Shanghia" is not a time zone. Did you mean "Asia/Shanghai"?',
        ),
        ("port: 1883", "port: 188300", "4: broker.port: 188300 must be less than or equal to 65535"),
        ("port: 1883", "prot: 1883", '4: broker.prot: is not a key here. Did you mean "port"?'),
        ("password_file: secret/mqtt", "password: hunter2", "4: broker.password: must not stand here"),
        ("bound_mb: 512", "bound_mb: 0", "5: spool.bound_mb: 0 must be greater than or equal to 1"),
        (
            "power_cut_s: 2",
            "powr_cut_s: 2",
            '5: spool.powr_cut_s: is not a key here. Did you mean "power_cut_s"?',
        ),
        (
            "protocol: dlt645",
            "protocol: dlt654",
            '9: lines[0].protocol: "dlt654" is not a protocol. Did you mean',
        ),
        ("baud: 4800", "baud: fast", '14: lines[1].baud: "fast" must be a valid integer'),
        ("baud: 4800", "parity: X", '14: lines[1].parity: "X" is not a parity. (E, N, O)'),
        (
            "id: th-living, profile: xy-md02",
            "id: th-living, profile: xy-md2",
            '16: lines[1].devices[0].profile: "xy-md2" is not a profile. Did you mean "xy-md02"?',
        ),
        (
            "id: th-living, profile: xy-md02",
            "id: th-living, profile: dlt645-2007-three-phase",
            "is a profile for dlt645, this line speaks modbus_rtu. (",
        ),
        (
            "id: th-living, profile: xy-md02",
            "id: th-living, profile: ./gone.yaml",
            '16: lines[1].devices[0].profile: "./gone.yaml" cannot be used:',
        ),
        (
            "id: th-bath",
            "id: th-living",
            '17: lines[1].devices[1].id: "th-living" stands twice: lines[1].devices[0]',
        ),
        ("id: th-bath", "id: th/bath", '17: lines[1].devices[1].id: "th/bath" must be letters, digits'),
        (
            "address: 2,",
            "address: 1,",
            '17: lines[1].devices[1].address: "1" stands twice: lines[1].devices[0]',
        ),
        ("address: 2,", "address: 300,", "17: lines[1].devices[1].address: 300 is no Modbus unit id"),
        ('"201000000012"', "20x", '11: lines[0].devices[0].address: "20x" is no meter address'),
        (", interval_s: 1}", "}", "11: lines[0].devices[0].interval_s: is missing"),
        (
            "/dev/ttyUSB1",
            "/dev/ttyUSB0",
            '12: lines[1].port: "/dev/ttyUSB0" stands twice: lines[0].port has it',
        ),
        (
            "direction: in",
            "direction: inn",
            '20: lines[2].devices[0].direction: "inn" is not a direction. Did you',
        ),
        (
            "direction: in",
            "address: 4",
            "20: lines[2].devices[0].address: has no place here: rdm6300 readers",
        ),
        ("[{id: gate-in,", "[{id: a}, {id: gate-in,", "20: lines[2].devices[1]: is one too many"),
        ("[{id: gate-in, direction: in}]", "[]", "20: lines[2].devices: [] needs at least one entry"),
        ("lines:", "lines: [", "no YAML"),
        ("agent: pi-1", "agent: pi-1\nagent: pi-2", "3: agent: stands twice, first on line 2"),
    ],
)
def test_one_mistake_is_one_line(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert old in GOOD
    (only,) = mistakes(tmp_path, GOOD.replace(old, new, 1))
    assert only.startswith("site.yaml:")
    assert line in only


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("fenglin-18", "Fenglin").replace("host:", "hots:").replace("xy-md02", "xy")
    found = mistakes(tmp_path, text.replace("interval_s: 1}", "interval_s: 0}"))
    assert [line.split(":")[1] for line in found] == ["1", "4", "4", "11", "16", "17"]


def test_a_secret_in_the_file_is_not_repeated_in_the_message(tmp_path: Path) -> None:
    text = GOOD.replace("password_file: secret/mqtt", "password: hunter2")
    assert "hunter2" not in "\n".join(mistakes(tmp_path, text))


def test_check_says_what_is_wrong_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(GOOD.replace("agent: pi-1", "agent: PI"))
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"{path}:2: agent: ")
    path.write_text(GOOD)
    assert main(["check", str(path)]) == 0
    assert main(["check", str(tmp_path / "none.yaml")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_run_wants_the_files_it_names_before_it_opens_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.yaml").write_text(GOOD)
    assert main(["run", str(tmp_path / "site.yaml")]) == 2
    assert "broker.password_file" in capsys.readouterr().err
    assert not (tmp_path / "secret").exists()
