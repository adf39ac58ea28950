"""`python -m simulator`: says when it is ready, answers on its lines, stops cleanly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
import yaml

from simulator.devices.modbus_rtu import crc16
from tests.servers import clean_environment, mortal, wait_until
from wire.quantities import QUANTITIES

ROOT = Path(__file__).parents[2]


@contextmanager
def simulator(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A running simulator that has said it is ready."""
    process = subprocess.Popen(
        mortal([sys.executable, "-m", "simulator", "--dir", str(folder), *arguments]),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == f"ready {folder / 'site.yaml'}"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def ask(link: str, request: bytes, size: int) -> bytes:
    with serial.Serial(link, 9600, timeout=10) as port:
        port.write(request)
        return port.read(size)


def poll(address: int, function: int, first: int, count: int) -> bytes:
    body = bytes([address, function, 0, first, 0, count])
    return body + crc16(body)


def test_it_serves_the_lines_its_site_file_names(tmp_path: Path) -> None:
    account = ("--broker-port", "1999", "--username", "pi-1", "--password-file", "secret/mqtt")
    with simulator(tmp_path / "site", *account, "--timezone", "Asia/Shanghai", "--seed", "3"):
        site = yaml.safe_load((tmp_path / "site/site.yaml").read_text())
        assert site["broker"] == {
            "host": "127.0.0.1",
            "port": 1999,
            "username": "pi-1",
            "password_file": "secret/mqtt",
        }
        lines = {line["protocol"]: line for line in site["lines"]}
        meter = ask(lines["dlt645"]["port"], bytes.fromhex("68AAAAAAAAAAAA681300DF16"), 22)
        assert meter == bytes.fromhex("FEFEFEFE681200000010206893064533333343531F16")
        for device in lines["modbus_rtu"]["devices"]:
            function, first = (4, 1) if device["profile"] == "xy-md02" else (3, 0)
            reply = ask(lines["modbus_rtu"]["port"], poll(device["address"], function, first, 2), 9)
            assert reply[:3] == bytes([device["address"], function, 4])
        assert all(Path(line["port"]).exists() for line in site["lines"])


def test_a_renovation_is_served_on_the_same_lines(tmp_path: Path) -> None:
    with simulator(tmp_path, "--renovation", "--seed", "8", "--day", "20", "--pace", "60"):
        reply = ask(str(tmp_path / "sensors"), poll(2, 4, 1, 2), 9)
        temperature, humidity = (int.from_bytes(reply[at : at + 2], "big") / 10 for at in (3, 5))
        assert -10 < temperature < 45
        assert 10 < humidity <= 100


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_and_takes_its_lines_along(tmp_path: Path, number: signal.Signals) -> None:
    with simulator(tmp_path) as process:
        assert (tmp_path / "meters").is_symlink()
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
        assert not (tmp_path / "meters").is_symlink()


def test_what_the_counting_devices_sent_is_written_down(tmp_path: Path) -> None:
    with simulator(tmp_path, "--counting", "--devices", "3", "--counters", "2") as process:
        link = str(tmp_path / "counting")
        for expected in (1, 2, 3, 4):
            reply = ask(link, poll(2, 3, 0, 4), 13)
            assert reply[3:11] == expected.to_bytes(4, "big") * 2
        ask(link, poll(3, 3, 0, 4), 13)
        produced = tmp_path / "produced.json"
        wanted = {"count-001": 0, "count-002": 4, "count-003": 1}
        wait_until(lambda: json.loads(produced.read_text()) == wanted, what="produced.json up to date")
        ask(link, poll(1, 3, 0, 4), 13)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert json.loads(produced.read_text()) == wanted | {"count-001": 1}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )


def test_it_writes_a_recording_and_ends(tmp_path: Path) -> None:
    folder = tmp_path / "past"
    done = run("--history", str(folder), "--days", "0.25", "--timezone", "Asia/Shanghai")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (folder / "readings").iterdir()) == [
        "meter-main.csv.gz",
        "th-bath.csv.gz",
        "th-bedroom.csv.gz",
        "th-living.csv.gz",
        "water-main.csv.gz",
    ]
    assert (folder / "events.csv.gz").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--dir is needed"),
        (("--timezone", "Mars/Olympus", "--dir", "{folder}"), "Mars/Olympus"),
        (("--counting", "--counters", "99", "--dir", "{folder}"), "counters must be 1 to"),
    ],
)
def test_arguments_that_cannot_be_are_named(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(*(argument.format(folder=tmp_path) for argument in arguments))
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("arguments", "quantities"),
    [((), 15 + 3 * 2 + 1), (("--counting", "--devices", "2", "--counters", "12"), 24)],
)
def test_the_real_agent_takes_the_files_and_reads_every_device(
    tmp_path: Path, arguments: tuple[str, ...], quantities: int
) -> None:
    """What both sides were told separately: profiles, addresses, registers, units."""
    with simulator(tmp_path, *arguments):
        for command in ("check", "read"):
            done = subprocess.run(
                [sys.executable, "-m", "edge_agent", command, str(tmp_path / "site.yaml")],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
                env=clean_environment(),
            )
            assert done.returncode == 0, done.stdout + done.stderr
        values = [line.split() for line in done.stdout.splitlines() if line.startswith("  ")]
        known = [words for words in values if words[0] in QUANTITIES]
        assert len(known) == quantities
        assert all(QUANTITIES[name].low <= float(value) <= QUANTITIES[name].high for name, value, *_ in known)
