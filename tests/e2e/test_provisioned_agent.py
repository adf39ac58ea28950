"""An agent's life by the office's commands alone: provisioned, at work, renewed, revoked, provisioned anew.

The broker is started before the agent has a name, and nothing is ever written into its configuration but the
list of revoked certificates. The agent is a process of its own, so its log is all it ever said.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import shutil
import subprocess
import sys
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from edge_agent.gather.badges import pseudonym
from ingest.receive import BrokerAddress
from plumbline.provision.issuing import Issuing
from plumbline.stores import open_records
from simulator.counting import CountingSite
from simulator.devices.rdm6300 import card_frame
from tests.e2e.broker_with_certificates import HOST, TwoDoors
from tests.ingest.site import Cloud, running, until
from tests.logged import batches
from tests.plumbline.installation import SITE, installation
from tests.plumbline.provision.desk import unpacked
from tests.servers import Mosquitto, clean_environment, mortal
from wire.batch import Batch, decode

CARD_HEX, CARD_PRINTED = "0100BC614E", "0012345678"
PROFILE: Final = """\
schema: 1
profile: counting
no_capture: a simulated device
transport: {protocol: modbus_rtu}
reads: [{id: all, register: {type: holding, address: 0, count: 2}}]
points: [{key: water_volume, read: all, decode: uint32}]
"""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def now_ms() -> int:
    return round(now().timestamp() * 1000)


@dataclass
class Pi:
    """A Pi with the bundle unpacked, a meter that counts its polls and a badge reader."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self._meter = CountingSite(devices=1, counters=1)
        self.line = self._meter.line(self.folder, now_ms)
        self.line.plug()
        self._badges, self._reader = os.openpty()
        tty.setraw(self._reader)
        self._process: subprocess.Popen[bytes] | None = None

    def unpack(self, bundle: Path) -> None:
        """As the README in it says; the bundle is deleted then."""
        unpacked(bundle, self.folder)
        bundle.unlink()

    def edit(self) -> None:
        """What an installer does to the site file: its devices."""
        path = self.folder / "site.yaml"
        text = path.read_text().replace("/var/lib/plumbline/", "")
        (self.folder / "counting.yaml").write_text(PROFILE)
        devices = f"""\
lines:
  - port: counting
    protocol: modbus_rtu
    devices: [{{id: water-main, profile: counting.yaml, address: 1, interval_s: 0.1}}]
  - port: {os.ttyname(self._reader)}
    protocol: rdm6300
    devices: [{{id: gate-in, direction: in}}]
"""
        path.write_text(text[: text.index("lines:\n")] + devices)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                mortal([sys.executable, "-m", "edge_agent", "run", str(self.folder / "site.yaml")]),
                env=clean_environment(), stdout=log, stderr=log, cwd=Path(__file__).parents[2],
            )  # fmt: skip

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            assert self._process.wait(20) == 0, self.log()
        self.line.unplug()
        for handle in (self._badges, self._reader):
            os.close(handle)

    def hold_badge(self) -> None:
        os.write(self._badges, card_frame(CARD_HEX))

    def polled(self) -> int:
        (count,) = self._meter.produced().values()
        return count

    @property
    def _log(self) -> Path:
        return self.folder.with_suffix(".log")

    def log(self) -> str:
        return self._log.read_text()


@dataclass
class Place:
    """Office, broker, cloud and Pi."""

    issuing: Issuing
    broker: Mosquitto
    cloud: Cloud
    pi: Pi
    out: Path

    def batches(self) -> list[Batch]:
        return [decode(record.entry.payload) for record in batches(self.cloud.log)]

    def counted(self) -> list[float]:
        """What is stored of the meter, by time."""
        return [v for v in self.cloud.timeseries.raw(SITE, "water-main", "water_volume", 0, 1 << 52)[1] if v]

    async def more(self) -> None:
        """Until what is read now has arrived."""
        least = self.pi.polled()
        await until(lambda: max(self.counted(), default=0) > least, "new readings")

    def revoke(self, *, older: bool = False) -> None:
        self.issuing.revoke_agent(SITE, "pi-1", older=older)
        shutil.copy(self.issuing.folder / "ca.crl", self.broker.folder / "certs")
        self.broker.stop()
        self.broker.start()


@asynccontextmanager
async def placed(folder: Path) -> AsyncIterator[Place]:
    settings = installation(folder / "office")
    issuing, out = Issuing(settings, now), folder / "out"
    issuing.server([HOST], folder / "mosquitto/certs")
    issuing.cloud(out)
    shutil.copy(out / "plumbline-cloud.passwd", folder / "mosquitto")
    broker = TwoDoors("plumbline-tls.conf", folder / "mosquitto")
    broker.start()
    records = open_records(settings)
    pi = Pi(folder / "pi")
    (bundle,) = issuing.agent(SITE, "pi-1", out, (HOST, broker.port), qr=False).files
    pi.unpack(bundle)
    pi.edit()
    address = BrokerAddress(
        HOST,
        broker.cloud_port,
        username="cloud",
        password=(out / "cloud-password").read_text(),
        ca_file=out / "ca.crt",
        certificate_file=out / "cloud.crt",
        key_file=out / "cloud.key",
    )
    (folder / "cloud").mkdir()
    cloud = Cloud(folder / "cloud", address, records.directory)
    cloud.now_ms = now_ms()
    try:
        async with running(cloud):
            yield Place(issuing, broker, cloud, pi, out)
    finally:
        pi.stop()
        broker.stop()
        records.close()


@pytest.mark.processes
async def test_an_agent_works_from_its_bundle_alone_and_ends_by_revocation_alone(tmp_path: Path) -> None:
    async with placed(tmp_path) as place:
        here, issuing = (HOST, place.broker.port), place.issuing
        place.pi.start()
        await place.more()
        place.pi.hold_badge()
        await until(lambda: any(b.events for b in place.batches()), "the badge")

        (bundle,) = issuing.rotate(SITE, "pi-1", place.out, here, qr=False).files
        place.pi.unpack(bundle)
        await until(lambda: "was renewed: connecting anew" in place.pi.log(), "the new certificate in use")
        place.revoke(older=True)
        await place.more()

        place.revoke()
        asked = place.pi.polled()
        await until(lambda: "revoked" in place.pi.log(), "refused")
        await until(lambda: place.pi.polled() > asked + 5, "it reads on")
        assert max(place.counted()) <= asked

        (bundle,) = issuing.agent(SITE, "pi-1", place.out, here, qr=False).files
        kept = (place.pi.folder / "site.yaml").read_text()
        place.pi.unpack(bundle)
        (place.pi.folder / "site.yaml").write_text(kept)
        await place.more()
        await until(lambda: complete(place.counted()), "what was read while it was shut out")
        states = place.cloud.records.agent_states.of(SITE)
        assert [state.status.uplink.certificate_expires for state in states] != [None]
        _nothing_secret_got_out(place, tmp_path)


def complete(numbers: list[float]) -> bool:
    """Whether every poll is there, once and in its order."""
    return numbers == list(range(1, len(numbers) + 1))


def _nothing_secret_got_out(place: Place, folder: Path) -> None:
    """Of the Pi's secrets in any form in which they might be written, outside the files that hold them."""
    pi = place.pi.folder
    pepper = (pi / "badge-pepper").read_bytes()
    passages = [event.badge for batch in place.batches() for event in batch.events if event.kind == "badge"]
    assert passages == [pseudonym(pepper, CARD_PRINTED)]
    key = (pi / "agent.key").read_bytes().splitlines()[1]
    traces = {
        "pepper": pepper,
        "pepper in hex": pepper.hex().encode(),
        "pepper in base 64": base64.b64encode(pepper).rstrip(b"="),
        "key": key,
        "card": CARD_PRINTED.encode(),
        "card in hex": CARD_HEX.encode(),
    }
    unpacked_wire = [record.entry.payload for record in place.cloud.log.read(0, 100_000)]
    said = [batch.model_dump_json().encode() for batch in place.batches()]
    said += [state.status.model_dump_json().encode() for state in place.cloud.records.agent_states.of(SITE)]
    files = [
        path
        for path in folder.rglob("*")
        if path.is_file() and path not in (pi / "badge-pepper", pi / "agent.key")
    ]
    assert any(path.name.startswith("spool.db") for path in files)
    for content in [*unpacked_wire, *said, *(path.read_bytes() for path in files)]:
        for what, trace in traces.items():
            assert trace not in content, what
