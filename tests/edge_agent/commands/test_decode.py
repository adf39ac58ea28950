"""`plumbline-edge decode` reads every known frame, and notices every field that is not as it says.

The frames in `frames/` are captures with their source beside them.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent import vectors
from edge_agent.commands import decode
from edge_agent.drivers import dlt645_frame, modbus_frame
from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.registry import DECODERS

FRAMES = Path(__file__).parents[1] / "frames"
VECTORS: list[dict[str, Any]] = [
    vector for file in sorted(FRAMES.glob("*.json")) for vector in json.loads(file.read_text())
]
#: Frames that a mutation is made of: whole ones, whose checksum says whether they are right.
WHOLE = [
    vector for vector in VECTORS if vector["valid"] and vector["kind"] in ("frame", "response", "request")
]


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    decode.add_arguments(parser)
    return decode.run(parser.parse_args(arguments))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_every_known_frame_means_what_its_source_says(vector: dict[str, Any]) -> None:
    assert vectors.check(vector) == []


def _changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, dict):
        return {key: _changed(inner) for key, inner in value.items()} or {"x": 1}
    if value is None:
        return "x"
    return [_changed(value[0]), *value[1:]] if value else ["x"]


def _single_fields() -> list[tuple[dict[str, Any], str]]:
    # `signed` is a word of the manual that changes nothing where the number's top bit is clear.
    free = {*vectors.PROSE, "signed"}
    # Of a register map these stand in a sentence: tests/edge_agent/captures/test_map_check.py changes them.
    prose = {("modbus_register_maps", "serial_defaults"), ("modbus_register_maps", "function")}
    return [
        (vector, key)
        for vector in VECTORS
        for key in vector["expect"]
        if key not in free | vectors.PROSE_OF.get(vector["protocol"], {}).keys()
        and (vector["protocol"], key) not in prose
    ]


@pytest.mark.parametrize(
    ("vector", "key"), _single_fields(), ids=lambda part: part if isinstance(part, str) else ""
)
def test_every_field_of_every_vector_is_compared(vector: dict[str, Any], key: str) -> None:
    wrong = copy.deepcopy(vector)
    wrong["expect"][key] = _changed(wrong["expect"][key])
    assert vectors.check(wrong), f"{vector['name']}: {key} is not looked at"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_an_expectation_nobody_knows_is_a_failure(vector: dict[str, Any]) -> None:
    wrong = copy.deepcopy(vector)
    wrong["expect"]["surprise"] = 1
    assert vectors.check(wrong) == ["surprise: expected 1, the decoder says nothing of it"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_a_wrong_verdict_is_a_failure(vector: dict[str, Any]) -> None:
    wrong = copy.deepcopy(vector)
    wrong["valid"] = not wrong["valid"]
    assert vectors.check(wrong)


@pytest.mark.parametrize(
    ("vector", "difference"),
    [
        ({}, "the vector has no protocol, valid, expect, hex"),
        ({"protocol": "rdm6300", "hex": "", "valid": True, "expect": {}}, "was refused: no_frame"),
        ({"protocol": "rdm6300", "hex": "00", "valid": False, "expect": {}}, "expects nothing of the value"),
        ({"protocol": "knx", "hex": "", "valid": True, "expect": {}}, "no decoder for knx"),
    ],
)
def test_a_vector_that_says_too_little_is_a_failure(vector: dict[str, Any], difference: str) -> None:
    assert vectors.check(vector)[0].startswith(difference)


@given(vector=st.sampled_from(WHOLE), data=st.data())
def test_one_wrong_byte_is_refused_or_changes_nothing(vector: dict[str, Any], data: st.DataObject) -> None:
    """Every checksum here notices a single wrong byte; only in a wake-up preamble it does not matter."""
    sent = bytearray(bytes.fromhex(vector["hex"]))
    at = data.draw(st.integers(0, len(sent) - 1))
    sent[at] ^= data.draw(st.integers(1, 255))
    right = DECODERS[vector["protocol"]](bytes.fromhex(vector["hex"]), Asked())
    # A PN532's acknowledgement is a frame of its own before the one that is read.
    acknowledged = {"ack_first"}
    try:
        found = DECODERS[vector["protocol"]](bytes(sent), Asked())
        assert {key: found.get(key) for key in {*found, *right} - acknowledged} == {
            key: right[key] for key in right.keys() - acknowledged
        }
    except FrameError:
        return


@given(noise=st.binary(max_size=80), protocol=st.sampled_from(sorted(DECODERS)))
def test_noise_is_refused_never_a_crash(noise: bytes, protocol: str) -> None:
    with contextlib.suppress(FrameError):
        assert DECODERS[protocol](noise, Asked())


@given(
    vector=st.sampled_from(WHOLE),
    before=st.binary(max_size=12),
    behind=st.binary(max_size=12),
    request=st.one_of(st.none(), st.binary(max_size=12)),
)
def test_anything_around_a_frame_is_no_crash(
    vector: dict[str, Any], before: bytes, behind: bytes, request: bytes | None
) -> None:
    heard = before + bytes.fromhex(vector["hex"]) + behind
    with contextlib.suppress(FrameError):
        assert DECODERS[vector["protocol"]](heard, Asked(request=request))


@given(
    before=st.binary(max_size=30).filter(lambda noise: b"\x68" not in noise),
    address=st.integers(0, 10**12 - 1),
    control=st.sampled_from([0x91, 0xB1, 0x92, 0xD1, 0x81, 0x11]),
    data=st.binary(max_size=dlt645_frame.LONGEST_DATA),
)
def test_what_is_encoded_is_found_again_behind_noise(
    before: bytes, address: int, control: int, data: bytes
) -> None:
    text = dlt645_frame.normal_address(address)
    found = dlt645_frame.scan(before + dlt645_frame.encode(text, control, data)).frames
    assert (found[0].address, found[0].control, found[0].data) == (text, control, data)


def test_a_frame_inside_a_q_gdw_376_1_packet_is_found() -> None:
    inner = dlt645_frame.encode("000000000161", 0x91, bytes.fromhex("00010102 0523"))
    body = bytes.fromhex("88 2301 0100 02 10 6001 01 0B 2000") + inner
    length = (len(body) << 2 | 2).to_bytes(2, "little")
    packet = b"\x68" + length * 2 + b"\x68" + body + bytes([sum(body) & 0xFF, 0x16])
    found = dlt645_frame.scan(packet).frames
    assert [frame.address for frame in found] == ["000000000161"]


@pytest.mark.parametrize("length", range(1, 20))
def test_a_frame_that_breaks_off_is_incomplete_and_says_where(length: int) -> None:
    whole = bytes.fromhex("6861010000000068910833333433593333338A16")
    with pytest.raises(FrameError) as caught:
        DECODERS["dlt645"](whole[:length], Asked())
    assert caught.value.kind == "incomplete_frame"


def test_a_reply_to_another_question_is_refused() -> None:
    request = modbus_frame.read_request(1, "input", 0, 2)
    for reply, kind in (
        (modbus_frame.wrap(2, bytes.fromhex("0404 43663334")), "wrong_unit"),
        (modbus_frame.wrap(1, bytes.fromhex("0304 43663334")), "wrong_function"),
        (modbus_frame.wrap(1, bytes.fromhex("0402 4366")), "byte_count_mismatch"),
    ):
        with pytest.raises(FrameError) as caught:
            DECODERS["modbus_rtu"](reply, Asked(request=request))
        assert caught.value.kind == kind


def test_the_command_prints_what_a_frame_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("dlt645", "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16") == 0
    fields = json.loads(capsys.readouterr().out)
    assert (fields["address"], fields["di"], fields["value"], fields["unit"]) == (
        "000000000161", "02010100", 100.1, "V",
    )  # fmt: skip


def test_the_command_names_values_by_a_profiles_quantities(capsys: pytest.CaptureFixture[str]) -> None:
    reply, request = "01 04 04 01 31 02 22 2A CE", "01 04 00 01 00 02 20 0B"
    assert _run("modbus_rtu", *reply.split(), "--request", request, "--profile", "xy-md02") == 0
    fields = json.loads(capsys.readouterr().out)
    assert fields["values_by_quantity"] == {"temperature": 30.5, "relative_humidity": 54.6}


def test_a_refused_frame_is_told_as_json_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("rdm6300", "0236383030334235314336434203") == 1
    fields = json.loads(capsys.readouterr().out)
    assert (fields["error"], fields["checksum_calculated"]) == ("checksum_mismatch", "C4")


@pytest.mark.parametrize("protocol", sorted(path.stem for path in FRAMES.glob("*.json")))
def test_a_file_of_frames_ends_with_the_totals(protocol: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--vectors", str(FRAMES / f"{protocol}.json")) == 0
    count = sum(vector["protocol"] == protocol for vector in VECTORS)
    assert capsys.readouterr().out.splitlines()[-1] == f"{count} passed, 0 failed"


def test_a_failed_vector_says_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right = next(vector for vector in VECTORS if vector["name"] == "resp_energy_0_26_kwh")
    wrong = copy.deepcopy(right)
    wrong["expect"]["value"] = 0.27
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps([wrong, right, {**right, "hex": "no hex"}]))
    assert _run("--vectors", str(file)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"failed  {wrong['name']}: value: expected 0.27, got 0.26"
    assert lines[-1] == "1 passed, 2 failed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["knx", "68"], '"knx" is no protocol known here; ('),
        (["modbus_tru", "68"], '"modbus_tru" is no protocol known here; did you mean "modbus_rtu"?'),
        (["dlt645", "6"], "'6' is no hex"),
        (["dlt645"], "wants PROTOCOL HEX"),
        (["dlt645", "68", "--profile", "xy-md2"], '"xy-md2" is no profile; did you mean "xy-md02"?'),
        (["dlt645", "68", "--profile", "xy-md02"], "profile xy-md02 is for modbus_rtu, not dlt645"),
        (["modbus_rtu", "68", "--profile", "xy-md02", "--variant", "x10"], 'did you mean "x100"?'),
        (["--vectors", "/nowhere.json"], "/nowhere.json: "),
    ],
)
def test_a_wrong_command_is_one_line_with_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err
    assert said.err.count("\n") == 1


def test_a_file_of_another_protocol_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "knx.json"
    file.write_text(json.dumps([{"protocol": "knx", "hex": "68"}]))
    assert _run("--vectors", str(file)) == 2
    assert '"knx" is no protocol known here; (' in capsys.readouterr().err
