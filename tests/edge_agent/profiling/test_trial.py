"""Whoever writes a profile is told each mistake in one line, and begins with a file that loads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from checked_yaml.lines import load_with_lines
from edge_agent import language, profile
from edge_agent.cli import main
from edge_agent.drivers import registry
from edge_agent.language import LANGUAGES, Language
from edge_agent.profiling import schema, trial
from edge_agent.profiling.skeleton import POINTS, skeleton

ROOT = Path(__file__).parents[3]
VALIDATOR = jsonschema.Draft202012Validator(schema.schema())

GOOD = """\
schema: 1
profile: own
match: {maker: Acme, model: TH1}
transport: {protocol: modbus_rtu, baud: 9600}
reads:
  - {id: th, register: {type: input, address: 1, count: 2}}
points:
  - {key: temperature, read: th, offset: 0, decode: int16, scale: 0.1}
  - {key: relative_humidity, read: th, offset: 1, decode: uint16, scale: 0.1}
variants:
  x100: {points: {temperature: {scale: 0.01}}}
examples:
  - request: "01 04 00 01 00 02 20 0B"
    reply: "01 04 04 01 31 02 22 2A CE"
    expect: {temperature: 30.5, relative_humidity: 54.6}
    source: my own capture
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.yaml"
    file.write_text(GOOD)
    return file


def test_a_good_profile_is_said_to_be_good(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "test", str(own)]) == 0
    assert capsys.readouterr().out == f"{own}: good: points: 2, examples: 1, captured\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("30.5,", "30.6,", "15: examples[0].expect.temperature: 30.6: the bytes give 30.5"),
        ("{temperature: 30.5", "{temprature: 30.5", "15: examples[0].expect.temprature: is no point of this"),
        ("relative_humidity: 54.6", "error: busy", "15: examples[0].expect.error: busy: the bytes do not"),
        ("22 2A CE", "22 2A CF", "14: examples[0].reply: crc_mismatch: "),
        ("01 04 00 01 00 02 20 0B", "01 04 00 01 00 02 20 0C", "14: examples[0].reply: bad_request: "),
        ('20 0B"', '20 0B"\n    variant: x10', '14: examples[0].variant: "x10" is no variant of own'),
        ("scale: 0.1}\nvariants", "scale: 1}\nvariants", "15: examples[0].expect.relative_humidity: 546"),
        ("profile: own", "profile: Own", '2: profile: "Own": must be a-z, 0-9 and -'),
        ("profile: own", "profile: other", '2: profile: "other": must be the name of the file, own'),
        ("my own capture", '" "', "16: examples[0].source: must say where the example is from"),
        ("capture\n", "capture\nno_capture: none\n", "17: no_capture: must not stand beside a captured"),
        (
            "capture\n",
            "capture\n    constructed: true\n",
            "1: no_capture: is missing: no example",
        ),
        (
            "decode: int16",
            "decode: int61",
            '8: points[0].decode: "int61": is none of the choices; did you mean "int64"?',
        ),
        ("schema: 1", "schema: 1\n1.5: x", "1: 1.5: is no key; (badge, examples, match"),
        ("address: 1", "adress: 1", '6: reads[0].register.adress: is no key; did you mean "address"?'),
    ],
)
def test_a_mistake_is_one_line_with_its_place(
    own: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    assert GOOD.count(old) == 1
    own.write_text(GOOD.replace(old, new))
    assert main(["profile", "test", str(own)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"{own}:")
    assert f"{own}:{message}" in said.err


def test_all_mistakes_of_all_files_are_told_at_once(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own.write_text(GOOD.replace("30.5", "30").replace("54.6", "54"))
    gone = own.parent / "gone.yaml"
    assert main(["profile", "test", str(own), str(gone), "xy-md02"]) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 3
    assert "gone.yaml:1: cannot be read" in said.err
    assert said.out.startswith("xy-md02: good")


def test_a_value_the_cloud_would_refuse_is_found_before_it_is_sent(own: Path) -> None:
    own.write_text(GOOD.replace("scale: 0.1}\nvariants", "scale: 1}\nvariants").replace("54.6", "546"))
    (mistake,) = trial.load_errors(str(own))[1]
    assert mistake == (
        f"{own}:15: examples[0].expect.relative_humidity: 546: is not within 0 to 100 % and would be "
        "refused; check scale"
    )


@pytest.mark.parametrize("protocol", [*registry.POLLED, *registry.DIALECTS])
@pytest.mark.parametrize("spoken", LANGUAGES)
def test_every_protocol_with_profiles_has_a_skeleton_that_is_good_as_it_stands(
    tmp_path: Path, protocol: str, spoken: Language
) -> None:
    file = tmp_path / "my-model.yaml"
    language.choose(spoken)
    file.write_text(skeleton("my-model", protocol), encoding="utf-8")
    used, mistakes = trial.load_errors(str(file))
    assert mistakes == []
    assert used is not None
    assert used.transport.protocol == protocol
    assert used.transport.baud == (registry.TABLE[protocol].baud if protocol in registry.POLLED else 9600)
    data, _ = load_with_lines(file.read_text(encoding="utf-8"))
    VALIDATOR.validate(data)


def test_the_skeletons_are_those_of_all_protocols_with_profiles() -> None:
    assert set(POINTS) == {*registry.POLLED, *registry.DIALECTS}


def test_a_new_profile_never_overwrites_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["profile", "new", "my-meter", "--protocol", "dlt645"]) == 0
    written = (tmp_path / "my-meter.yaml").read_text()
    assert main(["profile", "test", "my-meter.yaml"]) == 0
    assert main(["profile", "new", "my-meter", "--protocol", "mbus"]) == 1
    assert (tmp_path / "my-meter.yaml").read_text() == written
    assert main(["profile", "new", "../x", "--protocol", "mbus"]) == 2
    said = capsys.readouterr()
    assert "my-meter.yaml is written" in said.out
    assert "my-meter.yaml cannot be written: File exists" in said.err
    assert '"../x": must be a-z, 0-9 and -' in said.err


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"].startswith("https://json-schema.org/")


def _changed(**changes: Any) -> dict[str, Any]:
    data, _ = load_with_lines(GOOD)
    return {**data, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"surplus": 1},
        {"schema": 2},
        {"transport": {"protocol": "modbos"}},
        {"transport": {"protocol": "dlt645"}},
        {"points": [{"key": "temprature", "read": "th"}]},
        {"points": [{"key": "temperature", "read": "th", "byte_order": "ABDC"}]},
        {"points": [{"key": "temperature", "di": "02010100"}]},
        {"examples": [{"expect": {"temperature": 1}, "source": "x"}]},
        {"examples": [{"reply": "00", "expect": {"temprature": 1}, "source": "x"}]},
        {"variants": {"x10": {"points": {"temprature": {"scale": 1}}}}},
    ],
    ids=str,
)
def test_an_editor_with_the_schema_underlines_a_mistake(changes: dict[str, Any]) -> None:
    VALIDATOR.validate(_changed())
    assert not VALIDATOR.is_valid(_changed(**changes))


@pytest.mark.parametrize(
    ("spoken", "columns", "captured", "made_up"),
    [
        ("en", "profile maker model protocol example", "captured", "not captured"),
        ("zh", "名称 厂家 型号 协议 例子", "有实测例子", "无实测例子"),
    ],
)
def test_the_list_has_a_line_for_every_shipped_profile(
    capsys: pytest.CaptureFixture[str], spoken: str, columns: str, captured: str, made_up: str
) -> None:
    assert main(["--lang", spoken, "profile", "list"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == columns.split()
    assert [row.split()[0] for row in rows] == profile.names()
    for row, name in zip(rows, profile.names(), strict=True):
        used = profile.load(name)
        assert used.match.model in row
        assert row.endswith(f"  {captured if used.captured else made_up}")


def test_a_list_cut_short_by_its_reader_is_no_failure() -> None:
    command = f"set -o pipefail; {sys.executable} -m edge_agent profile list | head -n 1"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
