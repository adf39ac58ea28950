"""What one hostile site costs the others: bombs in messages and half-open HTTP against `plumbline serve`.

The attacks are those of a review (bombs of validation, of nesting, of names, of numbers, of ranges; statuses
that unpack to hundreds of thousands of lines; quarantine and queue filled), in sizes and shapes drawn from a
seed, sent as fast as they are made by processes of their own. Meanwhile an honest agent of another site sends
a batch every 50 ms and waits for its receipt, and its customer's page is opened five times a second. Delays
are compared with those of the same server without attack, in the same run; memory is the peak of what the
resident sets of the server's processes (without its broker) are together.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import socket
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.chaos.process import children
from benchmarks.cloud import cloud
from benchmarks.load import AGENT, SITE
from benchmarks.opened import open_link
from benchmarks.report import Figure
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire.batch import Batch, Frame

ATTACKER: Final = "hostile"
TOKEN: Final = "Zk3v9QmX2tB7hLwR5yNc8DpF"  # noqa: S105 - of a server that lives for a minute
SEED: Final = 8
IDLE_S: Final = 8.0
ATTACK_S: Final = 20.0
#: Figures of the issue: another site's receipt and page, and what memory the attacks may take.
MOST_DELAY_MS: Final = 100
MOST_MORE_MIB: Final = 64
_BEAT_S: Final = 0.05
_PAGE_S: Final = 0.2
_HALF_OPEN: Final = 300
_LOOK_S: Final = 0.05
_STREAM: Final = "01K" + "C" * 23
_PROJECT: Final = f"""projects:
- {{id: bench, token: {TOKEN}, site: {SITE}, timezone: Asia/Shanghai, started: "2025-01-01",
   title: {{zh: 工地, en: Site}}, customer: {{zh: 客户, en: Customer}}, rooms: [],
   devices: [{{id: meter-main, kind: electricity_meter, interval_s: 10}}]}}
"""


def measure() -> list[Figure]:
    """Memory, and delays of another site's receipts and page."""
    with tempfile.TemporaryDirectory(prefix="plumbline-hostile-") as name:
        folder = Path(name)
        with cloud(folder, _PROJECT, agents=((SITE, AGENT), (ATTACKER, AGENT))) as (web_port, broker_port):
            pid = _server(web_port)
            with _memory(pid) as idle:
                quiet = _watched(web_port, broker_port, IDLE_S)
            with _memory(pid) as peak, _attacked(web_port, broker_port):
                loud = _watched(web_port, broker_port, ATTACK_S)
    return [
        Figure("peak memory", peak.mib, "MiB", idle.mib, 2 * idle.mib + MOST_MORE_MIB, sense="at most"),
        *_delays("another site's receipt", quiet.receipts, loud.receipts),
        *_delays("another site's page", quiet.pages, loud.pages),
    ]


def _delays(name: str, quiet: list[float], loud: list[float]) -> list[Figure]:
    """p99 of what came later than the median without attack, in ms."""
    usual = statistics.median(quiet)
    before, attacked = (_p99(times) - usual for times in (quiet, loud))
    return [
        Figure(
            f"{name}, delayed (p99)", attacked * 1000, "ms", before * 1000, MOST_DELAY_MS, sense="at most"
        ),
        Figure(f"{name}, usual", usual * 1000, "ms"),
    ]


def _p99(times: list[float]) -> float:
    return sorted(times)[int(0.99 * (len(times) - 1))]


def _server(port: int) -> int:
    """The process that answers."""
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"serve" in words and f"port: {port}" in Path(words[-2].decode()).read_text():
                return int(folder.name)
    raise SystemExit("the server's process was not found")


@dataclass(slots=True)
class _Peak:
    mib: float = 0.0


@contextlib.contextmanager
def _memory(pid: int) -> Iterator[_Peak]:
    """The most that a process and its descendants, as far as they are Python, have at once meanwhile."""
    peak, over = _Peak(), threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_S):
            peak.mib = max(peak.mib, sum(map(_resident_mib, _family(pid))))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peak
    finally:
        over.set()
        looking.join()


def _family(pid: int) -> list[int]:
    return [pid, *(one for child in children(pid) for one in _family(child))]


def _resident_mib(pid: int) -> float:
    with contextlib.suppress(OSError):
        if "python" in Path(f"/proc/{pid}/exe").resolve().name:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    return 0.0


class _Watch:
    """Seconds that receipts and pages took."""

    def __init__(self) -> None:
        self.receipts: list[float] = []
        self.pages: list[float] = []


def _watched(web_port: int, broker_port: int, duration_s: float) -> _Watch:
    watch = _Watch()
    end_s = time.monotonic() + duration_s
    pages = threading.Thread(target=_open_pages, args=(watch.pages, web_port, end_s))
    pages.start()
    _send_batches(watch.receipts, broker_port, end_s)
    pages.join()
    return watch


def _open_pages(took_s: list[float], port: int, end_s: float) -> None:
    url = f"http://127.0.0.1:{port}"
    opened = open_link(url, TOKEN)
    while time.monotonic() < end_s:
        began_s = time.monotonic()
        asked = urllib.request.Request(f"{url}{opened.path}", headers=opened.headers)  # noqa: S310  # our own
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310  # our own
            answer.read()
        took_s.append(time.monotonic() - began_s)
        time.sleep(_PAGE_S)


def _client(site: str, port: int) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(f"{site}.{AGENT}", "bench")
    client.connect("127.0.0.1", port)
    return client


def _send_batches(took_s: list[float], port: int, end_s: float) -> None:
    """One after the other; the next waits for the receipt of the last."""
    answered, ready = threading.Event(), threading.Event()
    client = _client(SITE, port)
    client.on_message = lambda *_: answered.set()
    client.on_subscribe = lambda *_: ready.set()
    client.subscribe(f"plumbline/v1/{SITE}/{AGENT}/receipt", 1)
    client.loop_start()
    ready.wait(10)
    stream = "01K" + f"{time.time_ns():023d}"[-23:]
    seq = 0
    while time.monotonic() < end_s:
        seq += 1
        now_ms = time.time_ns() // 1_000_000
        frame = Frame(device="meter-main", time=[now_ms], values={"active_power": [float(seq % 800)]})
        payload = wire_batch.encode(Batch(stream=stream, seq=seq, sent=now_ms, frames=[frame]))
        answered.clear()
        began_s = time.monotonic()
        client.publish(f"plumbline/v1/{SITE}/{AGENT}/batch", payload, qos=1)
        answered.wait(30)
        took_s.append(time.monotonic() - began_s)
        time.sleep(_BEAT_S)
    client.disconnect()
    client.loop_stop()


@contextlib.contextmanager
def _attacked(web_port: int, broker_port: int) -> Iterator[None]:
    context = multiprocessing.get_context("spawn")
    attackers = [
        context.Process(target=_flood, args=(broker_port, SEED), daemon=True),
        context.Process(target=_half_open, args=(web_port,), daemon=True),
    ]
    for one in attackers:
        one.start()
    time.sleep(1.0)
    try:
        yield
    finally:
        for one in attackers:
            one.terminate()
            one.join()


def _half_open(port: int) -> None:
    """Requests that are begun and never ended, new ones in the place of those that are cut."""
    held: list[socket.socket] = []
    while True:
        with contextlib.suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", port), timeout=1)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
            held.append(connection)
        if len(held) > _HALF_OPEN:
            held.pop(0).close()
        time.sleep(0.005)


def _flood(port: int, seed: int) -> None:
    client = _client(ATTACKER, port)
    client.loop_start()
    for kind, payload in attacks(seed):
        client.publish(f"plumbline/v1/{ATTACKER}/{AGENT}/{kind}", payload, qos=1, retain=kind == "status")
        while client.want_write():
            time.sleep(0.005)
        time.sleep(0.01)


def attacks(seed: int) -> Iterator[tuple[str, bytes]]:
    """(kind of message, payload), for ever, the same for the same seed."""
    chance = random.Random(seed)
    seq = 0
    while True:
        seq += 1
        kind, text = chance.choice(_ATTACKS)(chance, seq)
        yield kind, wire_payload.pack(text, chance.choice((0, 1 << 30)) if len(text) < 1 << 16 else 0)


def _size(chance: random.Random) -> int:
    """From a few to some millions, each order of magnitude as often."""
    return int(10 ** chance.uniform(2, 6.3))


def _batch(seq: int, **fields: str) -> bytes:
    head = f'"v":1,"stream":"{_STREAM}","seq":{seq},"sent":{time.time_ns() // 1_000_000}'
    return ("{" + ",".join([head, *(f'"{name}":{text}' for name, text in fields.items())]) + "}").encode()


def _nested(chance: random.Random, _seq: int) -> tuple[str, bytes]:
    opening = chance.choice((b"[", b'{"a":', b'[{"":'))
    return chance.choice(("batch", "status")), opening * (_size(chance) // len(opening))


def _elements(chance: random.Random, seq: int) -> tuple[str, bytes]:
    """Lists of what is wrong in each element."""
    one = chance.choice(("null", "[]", "{}", '""', '"x"', "1e9", "true", '{"device":1}', "[[],[]]"))
    text = "[" + ",".join([one] * (_size(chance) // 3)) + "]"
    return "batch", _batch(seq, **{chance.choice(("frames", "events", "colour")): text})


def _values(chance: random.Random, seq: int) -> tuple[str, bytes]:
    """As many values as a batch may have, each of them bad."""
    count = min(_size(chance), 45_000)
    now_ms = time.time_ns() // 1_000_000
    bad = chance.choice(("NaN", "1e300", '"1"', "9" * 400, "-1", "[]"))
    frame = {"device": "meter-main", "time": [now_ms - at for at in range(count)]}
    text = json.dumps(frame)[:-1] + ',"values":{"frequency":[' + ",".join([bad] * count) + "]}}"
    return "batch", _batch(seq, frames=f"[{text}]")


def _names(chance: random.Random, seq: int) -> tuple[str, bytes]:
    """Quantities nobody knows, near to those there are."""
    names = [f"active_powe{chance.randrange(10**6)}_{at}" for at in range(min(_size(chance), 20_000))]
    frame = {"device": "m", "time": [1], "values": {name: [1] for name in names}}
    return "batch", _batch(seq, frames=json.dumps([frame]))


def _numbers(chance: random.Random, seq: int) -> tuple[str, bytes]:
    digits = "9" * _size(chance)
    if chance.random() < 0.5:
        return "status", _status(dropped=f'{{"readings":{digits}}}')
    return "batch", _batch(seq, sent=digits)


def _status(**fields: str) -> bytes:
    head = f'"v":1,"online":true,"sent":{time.time_ns() // 1_000_000},"stream":"{_STREAM}"'
    return ("{" + ",".join([head, *(f'"{name}":{text}' for name, text in fields.items())]) + "}").encode()


def _lists(chance: random.Random, _seq: int) -> tuple[str, bytes]:
    """Statuses of many lines, devices and ranges."""
    count = _size(chance) // 5
    pick: Any = chance.choice(
        (("lines", '{"port":"x"}'), ("devices", '{"device":"d"}'), ("lines", "5"), ("devices", "null"))
    )
    name, one = pick
    if chance.random() < 0.3:
        ranges = ",".join(f"[{at},{at}]" for at in range(1, 2 * min(count, 50_000), 2))
        return "status", _status(dropped=f'{{"batches":[{ranges}]}}')
    return "status", _status(**{name: "[" + ",".join([one] * count) + "]"})


def _bulk(chance: random.Random, seq: int) -> tuple[str, bytes]:
    """Much that cannot be packed, for queue and quarantine."""
    return "batch", _batch(seq, colour=json.dumps(chance.randbytes(min(_size(chance), 200_000)).hex()))


_Attack = Callable[[random.Random, int], tuple[str, bytes]]
_ATTACKS: Final[tuple[_Attack, ...]] = (
    _nested, _elements, _elements, _values, _values, _names, _numbers, _lists, _lists, _bulk,
)  # fmt: skip
