"""A site that does not exist: a plausible day in the real stores, and a server in front of it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import math
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn

from analytics.follower import Follower
from parts.supervisor import Supervisor
from store.log.change import change_entry
from store.log.contract import Entry, Log
from store.log.hint import Hint
from store.log.postgresql import PostgresqlLog
from store.log.sqlite import SqliteLog
from store.records.contract import AgentState, SiteEvent
from store.records.events import READER
from store.records.records import Records
from store.timeseries.contract import Block
from store.timeseries.sqlite import SqliteTimeSeries
from tests.records import open_records
from tests.registered import projects_in
from tests.servers import free_port, wait_until
from tests.web.services import services_over
from web.app import create_app
from web.customer.keeping import Look
from web.customer.project import Project
from web.http.connections import Connections, bounded
from web.live.hub import Hub
from wire.batch import Batch, Event, FaultReason, Frame, encode
from wire.status import DeviceStatus, Dropped, SpoolStatus, Status

ZONE = ZoneInfo("Asia/Shanghai")
SITE = "fenglin-18"
TOKEN = "7Kd2mQx9Rb4LtYw8"
OTHER_TOKEN = "Zq81nVc5Hs0PaE3u"
STREAM = "01KAJ8V0000000000000000000"
MINUTE_MS = 60_000
#: Badges as they leave a site: keyed pseudonyms.
TILER, HELPER, FOREMAN = (f"b:{n:032x}" for n in (0xA11CE, 0xB0B, 0xF0E))

PROJECTS = f"""\
projects:
  - id: fenglin-18
    token: {TOKEN}
    site: {SITE}
    timezone: Asia/Shanghai
    title: {{zh: 枫林路 18 号 3-501, en: "18 Fenglin Road, 3-501"}}
    customer: {{zh: 郑先生家, en: "The Zheng home"}}
    started: 2026-10-20
    rooms:
      - {{id: bath, zh: 主卫, en: Bathroom}}
      - {{id: living, zh: 客厅, en: Living room}}
      - {{id: bedroom, zh: 次卧, en: Bedroom}}
    devices:
      - {{id: meter-main, kind: electricity_meter, interval_s: 1}}
      - {{id: water-main, kind: water_meter, interval_s: 2}}
      - {{id: th-bath, kind: climate_sensor, room: bath, interval_s: 5}}
      - {{id: th-living, kind: climate_sensor, room: living, interval_s: 5}}
      - {{id: th-bedroom, kind: climate_sensor, room: bedroom, interval_s: 5}}
      - {{id: gate-in, kind: badge_reader}}
      - {{id: gate-out, kind: badge_reader}}
  - id: huaihai-7
    token: {OTHER_TOKEN}
    site: huaihai-7
    timezone: Asia/Shanghai
    title: {{zh: 淮海路 7 号, en: 7 Huaihai Road}}
    customer: {{zh: 林女士家, en: The Lin home}}
    started: 2026-11-20
    rooms: [{{id: kitchen, zh: 厨房, en: Kitchen}}]
    devices:
      - {{id: meter-main, kind: electricity_meter, interval_s: 1}}
      - {{id: th-kitchen, kind: climate_sensor, room: kitchen, interval_s: 5}}
      - {{id: gate, kind: badge_reader}}
"""


def at(hour: float, day: int = 23) -> int:
    """UTC ms of a local hour in November 2026."""
    midnight = dt.datetime(2026, 11, day, tzinfo=ZONE)
    return round(midnight.timestamp() * 1000 + hour * 3_600_000)


class Clock:
    """UTC ms that run on from a moment of the story, and can be set forward."""

    def __init__(self, start_ms: int) -> None:
        self._offset_ms = start_ms - time.monotonic_ns() / 1e6

    def __call__(self) -> int:
        return round(self._offset_ms + time.monotonic_ns() / 1e6)

    def forward(self, ms: int) -> None:
        """Let time pass."""
        self._offset_ms += ms


@dataclass
class Stand:
    """Real stores in a folder (log and records in PostgreSQL where there is a `dsn`), and batches appended as
    ingest and writer would."""

    folder: Path
    clock: Clock
    hint: Hint = field(default_factory=Hint)
    seq: int = 0
    dsn: str | None = None
    #: What the projects file says, registered for the firm of the default settings.
    said: str = PROJECTS

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log: Log = SqliteLog(self.folder / "log.db") if self.dsn is None else PostgresqlLog(self.dsn)
        self.timeseries = SqliteTimeSeries(self.folder / "timeseries.db")
        self.records = open_records(self.folder) if self.dsn is None else Records(self.dsn)
        (self.folder / "projects.yaml").write_text(self.said, "utf-8")
        self.projects: list[Project] = projects_in(self.records, self.said)
        self.follower = Follower(self.log, self.records, self.hint)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.live: Hub | None = None

    def append(
        self,
        frames: list[Frame],
        events: Sequence[Event] = (),
        site: str = SITE,
        project: bool = True,
    ) -> int:
        """One batch into the log; into time series and records too unless `project` is False."""
        self.seq += 1
        batch = Batch(stream=STREAM, seq=self.seq, sent=self.clock(), frames=frames, events=list(events))
        entry = Entry(site, "pi-1", STREAM, self.seq, encode(batch))
        (offset,) = self.log.append([entry], self.clock())
        assert offset is not None
        if project:
            self.catch_up(batch, offset, site)
        self.nudge()
        return offset

    def nudge(self) -> None:
        """As ingest does after it has appended."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.hint.notify)

    def catch_up(self, batch: Batch, offset: int, site: str = SITE) -> None:
        """What the writer does with a batch."""
        self.timeseries.write([Block(site, f.device, f.time, f.values) for f in batch.frames], offset)
        with self.records.begin() as done:
            done.events.add([SiteEvent(site, "pi-1", event) for event in batch.events])
            done.readers.move(READER, offset)

    def follow(self) -> None:
        """What the reader of the log for what it means does, once the writer has caught up."""
        self.records.readers.move(READER, self.log.last_offset())
        while self.follower.step().batches:
            pass

    def status(
        self,
        online: bool = True,
        site: str = SITE,
        devices: Sequence[str] = (),
        faults: Mapping[str, FaultReason] = {},
        **parts: SpoolStatus | Dropped,
    ) -> None:
        """What the agent says of itself, received now; `devices` are those it reads, `faults` what is wrong
        with others."""
        said = [DeviceStatus(device=device, fault=faults.get(device)) for device in (*devices, *faults)]
        status = Status(online=online, sent=self.clock(), stream=STREAM, devices=said, **parts)  # type: ignore[arg-type]
        state = AgentState(site, "pi-1", self.clock(), status)
        self.log.append([change_entry(state)], self.clock())
        self.records.agent_states.put(state)
        self.nudge()

    def close(self) -> None:
        self.log.close()
        self.timeseries.close()
        self.records.close()


def watts(time_ms: int, chance: random.Random) -> float:
    """Night load; from half past seven tools in bursts, a break at noon, until six."""
    hour = (time_ms / 3_600_000 + 8) % 24
    base = 46 + 14 * math.sin(hour * 1.7) + chance.uniform(-3, 3)
    if not (7.6 <= hour < 11.9 or 13.1 <= hour < 17.8):
        return base
    slot = math.floor(time_ms / 240_000)
    burst = random.Random(slot).random()
    tool = 0.0 if burst < 0.34 else 620 + 1_450 * random.Random(slot * 7).random()
    flicker = 0.72 + 0.28 * random.Random(math.floor(time_ms / 20_000)).random()
    return base + 130 + tool * flicker + chance.uniform(-12, 12)


def tell_day(
    stand: Stand,
    end: int,
    hours: float = 26.0,
    step_ms: int = 10_000,
    outage: tuple[int, int] | None = None,
    silent: str | None = None,
    silent_since: int = 0,
) -> None:
    """Write a day that ends at `end`: an outage is a hole in everything, `silent` one device that stopped."""
    chance = random.Random(18)
    start = end - round(hours * 3_600_000)
    times = [t for t in range(start, end + 1, step_ms) if outage is None or not outage[0] <= t < outage[1]]
    energy, water = 1_284.2, 48_210.0
    columns: dict[str, list[float | None]] = {"p": [], "e": [], "w": []}
    for t in times:
        power = watts(t, chance)
        energy += power * step_ms / 3.6e9
        hour = (t / 3_600_000 + 8) % 24
        water += 0.9 if 8 < hour < 17.5 and math.floor(t / 420_000) % 4 == 0 else 0.0
        columns["p"].append(round(power, 1))
        columns["e"].append(round(energy, 3))
        columns["w"].append(round(water, 1))
    frames = [
        Frame(
            device="meter-main",
            time=times,
            values={"active_power": columns["p"], "active_energy_import": columns["e"]},
        ),
        Frame(device="water-main", time=times, values={"water_volume": columns["w"]}),
    ]
    for device, warm, damp in (
        ("th-bath", 18.9, 82.0),
        ("th-living", 21.4, 63.0),
        ("th-bedroom", 20.2, 58.0),
    ):
        seen = [t for t in times if device != silent or t < silent_since][::6]
        values: dict[str, list[float | None]] = {
            "temperature": [round(warm + math.sin(t / 9e6), 1) for t in seen],
            "relative_humidity": [round(damp + 2 * math.cos(t / 1.1e7), 1) for t in seen],
        }
        frames.append(Frame(device=device, time=seen, values=values))
    stand.append(frames, badges(end - 86_400_000) + badges(end))
    stand.status()


def badges(end: int) -> list[Event]:
    """The passages of the local day of `end`, up to `end`. The foreman forgets to badge out."""
    day = dt.datetime.fromtimestamp(end / 1000, ZONE).day
    story = [
        (7.52, "gate-in", TILER, "in"), (7.55, "gate-in", HELPER, "in"), (9.2, "gate-in", FOREMAN, "in"),
        (10.1, "gate-out", FOREMAN, "out"), (11.93, "gate-out", TILER, "out"),
        (11.95, "gate-out", HELPER, "out"),
        (13.05, "gate-in", TILER, "in"), (13.07, "gate-in", HELPER, "in"), (17.9, "gate-out", TILER, "out"),
        (17.92, "gate-out", HELPER, "out"),
    ]  # fmt: skip
    return [
        Event(device=gate, time=at(hour, day), kind="badge", badge=badge, direction=way)  # type: ignore[arg-type]
        for hour, gate, badge, way in story
        if at(hour, day) <= end
    ]


def now_frames(stand: Stand, power: float = 1_420.0) -> list[Frame]:
    """What the devices would say this moment."""
    now = stand.clock()
    return [Frame(device="meter-main", time=[now], values={"active_power": [power]})]


class _Server(uvicorn.Server):
    """No signal handlers: it runs in a thread."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def serving(stand: Stand, look: Look | None = None, connections: Connections | None = None) -> Iterator[str]:
    """The page's address without a slash at its end, over a real uvicorn on a free port."""
    services = services_over(stand)
    app = create_app(services)
    stand.live = services.live
    port = free_port()
    connections = Connections() if connections is None else connections
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_level="error",
        timeout_graceful_shutdown=1,
        loop="asyncio",
        http=bounded(connections),
        forwarded_allow_ips=list(connections.proxies.trusted),
    )
    server = _Server(config)

    async def serve() -> None:
        stand.loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        feeding = asyncio.create_task(Supervisor(services.parts(look)).run(stop))
        await server.serve()
        stop.set()
        await feeding

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="web")
    thread.start()
    try:
        wait_until(lambda: server.started, what="uvicorn started")
        yield f"http://127.0.0.1:{port}"
    finally:
        assert stand.loop is not None
        stand.loop.call_soon_threadsafe(services.live.close)
        server.should_exit = True
        thread.join(timeout=10)
        stand.loop = None
