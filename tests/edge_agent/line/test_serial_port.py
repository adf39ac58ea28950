"""A serial port gives what comes, in order, and says when the line is lost."""

from __future__ import annotations

import asyncio
import itertools
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers.contract import LineLost, PortSettings
from edge_agent.line.port_input import INPUT_BOUND_BYTES, Echo
from edge_agent.line.serial_port import SerialPort, open_port
from tests.edge_agent.drivers.scripted_device import ScriptedDevice, device_on_port, eventually


async def _read(port: SerialPort, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = await port.read(5.0)
        assert piece, f"only {data!r} came"
        data += piece
    return data


async def test_every_byte_value_passes_both_ways() -> None:
    everything = bytes(range(256))
    with device_on_port(everything) as (device, port):
        await port.write(everything)
        assert await _read(port, 256) == everything
        assert b"".join(device.heard) == everything


async def test_nothing_comes_back_after_the_timeout() -> None:
    with device_on_port() as (_, port):
        assert await port.read(0.01) == b""


@pytest.mark.parametrize("parity", ["E", "O"])
async def test_a_pseudo_terminal_keeps_no_parity_and_works_all_the_same(parity: str) -> None:
    with device_on_port(b"\x7f\x80", parity=parity) as (_, port):  # type: ignore[arg-type]
        await port.write(b"?")
        assert await _read(port, 2) == b"\x7f\x80"


async def test_an_unplugged_adapter_is_a_lost_line_naming_the_port() -> None:
    with device_on_port() as (device, port):
        waiting = asyncio.create_task(port.read(5.0))
        await asyncio.sleep(0)
        device.unplug()
        with pytest.raises(LineLost, match=device.path) as caught:
            await waiting
        assert caught.value.reason == "line_lost"
        with pytest.raises(LineLost):
            await port.write(b"?")


async def test_what_came_before_the_loss_is_still_read() -> None:
    with device_on_port() as (device, port):
        device.say(b"last")
        assert await _read(port, 4) == b"last"
        device.unplug()
        with pytest.raises(LineLost):
            await port.read(5.0)


async def test_a_closed_port_is_lost_and_may_be_closed_again() -> None:
    with device_on_port() as (_, port):
        port.close()
        port.close()
        with pytest.raises(LineLost, match="closed"):
            await port.read(0.01)


async def test_a_port_that_is_not_there_names_path_and_remedy() -> None:
    with pytest.raises(LineLost, match=r"^/dev/nothing-here: no such port.*/dev/serial/by-id"):
        open_port(PortSettings("/dev/nothing-here"))


async def test_a_port_is_held_by_one_program_only() -> None:
    with device_on_port() as (device, _), pytest.raises(LineLost, match="another program holds it"):
        open_port(PortSettings(device.path))


async def test_a_file_is_no_port(tmp_path: os.PathLike[str]) -> None:
    file = os.path.join(tmp_path, "file")  # noqa: PTH118
    with open(file, "w"):  # noqa: PTH123, ASYNC230
        pass
    with pytest.raises(LineLost, match=file):
        open_port(PortSettings(file))


async def test_input_nobody_reads_is_bounded_the_oldest_goes_and_is_counted() -> None:
    with device_on_port() as (device, port):
        for number in range(INPUT_BOUND_BYTES // 1024 + 2):
            device.say(bytes([number]) * 1024)
            came = (number + 1) * 1024
            await eventually(lambda wanted=came: len(port._input) + port.overflowed_bytes == wanted, "input")  # type: ignore[misc]
        assert port.overflowed_bytes == 2048
        kept = await port.read(1.0)
        assert len(kept) == INPUT_BOUND_BYTES
        assert (kept[0], kept[-1]) == (2, INPUT_BOUND_BYTES // 1024 + 1)


async def test_discarded_input_is_gone() -> None:
    device = ScriptedDevice()
    port = open_port(PortSettings(device.path))
    try:
        device.say(b"old")
        await eventually(lambda: bool(port._input), "input")
        port.discard_input()
        assert await port.read(0.01) == b""
    finally:
        port.close()
        device.close()


async def test_an_adapters_echo_is_taken_out_where_the_port_says_so() -> None:
    with device_on_port([b"ques", b"tion", b"answer"], local_echo=True) as (_, port):
        await port.write(b"question")
        assert await _read(port, 6) == b"answer"


async def test_an_answer_equal_to_its_request_stays_on_an_echoing_port() -> None:
    write_ack = bytes.fromhex("0706100100FA5CEF")
    with device_on_port(write_ack + write_ack, local_echo=True) as (_, port):
        await port.write(write_ack)
        assert await _read(port, 8) == write_ack


async def test_without_the_option_nothing_is_taken_out() -> None:
    with device_on_port(b"question") as (_, port):
        await port.write(b"question")
        assert await _read(port, 8) == b"question"


def _strip(sent: bytes, pieces: list[bytes]) -> bytes:
    echo = Echo()
    echo.expect(sent)
    return b"".join(echo.strip(piece) for piece in pieces)


@given(sent=st.binary(min_size=1), answer=st.binary(), cuts=st.lists(st.integers(0, 64)))
def test_exactly_the_echo_is_taken_however_it_is_cut(sent: bytes, answer: bytes, cuts: list[int]) -> None:
    stream = sent + answer
    places = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    pieces = [stream[one:other] for one, other in itertools.pairwise(places)]
    assert _strip(sent, pieces) == answer


@given(sent=st.binary(min_size=2), stream=st.binary(min_size=1), cut=st.integers(0, 64))
def test_what_is_no_echo_is_input_to_the_last_byte(sent: bytes, stream: bytes, cut: int) -> None:
    if stream.startswith(sent) or sent.startswith(stream):
        return
    assert _strip(sent, [stream[:cut], stream[cut:]]) == stream
