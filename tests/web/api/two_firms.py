"""Two firms with real stores: Hengtong with a site in Shanghai and one in Berlin, Lvjia with its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from ingest.replay import Replay
from parts.vitals import Vitals
from store.log.hint import Hint
from store.records.access import operator
from store.records.contract import AgentState, Quarantined
from store.records.registry import (
    SCOPES,
    Agent,
    Device,
    Firm,
    RegisteredProject,
    Registration,
    Room,
    Scope,
    Site,
)
from store.records.tenancy import site_ref
from store.records.tokens import make_token, token_digest
from store.timeseries.contract import Block
from tests.registered import register
from tests.web.services import services_over
from tests.web.site_day import SITE, STREAM, Clock, Stand, at, tell_day
from web.app import create_app
from web.http.rate import Rate
from web.settings import WebOptions
from wire.batch import Batch, Event, encode
from wire.status import Dropped, SpoolStatus, Status

OURS, THEIRS = "hengtong", "lvjia"
BERLIN, THEIR_SITE = "berlin-4", "huaihai-7"
NOW = at(15.2)
#: The night of 25 October 2026 has 25 h in Berlin (clocks go back at 01:00 UTC).
BERLIN_MIDNIGHTS = (1_792_792_800_000, 1_792_879_200_000, 1_792_969_200_000, 1_793_055_600_000)
NEVER_REFUSED = Rate(per_s=1e6, burst=1_000_000)

_REGISTRATION = Registration(
    firms=[Firm(OURS, "恒通装饰"), Firm(THEIRS, "绿家装饰")],
    sites=[
        Site(OURS, site_ref(SITE), "Asia/Shanghai"),
        Site(OURS, site_ref(BERLIN), "Europe/Berlin"),
        Site(THEIRS, site_ref(THEIR_SITE), "Asia/Shanghai"),
    ],
    projects=[RegisteredProject(OURS, SITE, SITE, "枫林路 18 号", "18 Fenglin Road", "2026-10-20")],
    rooms=[Room(OURS, SITE, "bath", "主卫", "Bathroom")],
    agents=[Agent(OURS, SITE, "pi-1"), Agent(THEIRS, THEIR_SITE, "pi-9")],
    devices=[
        Device(OURS, SITE, "meter-main", "electricity_meter", None, 1.0),
        Device(OURS, SITE, "th-bath", "climate_sensor", "bath", 5.0),
        Device(OURS, SITE, "gate-in", "badge_reader"),
        Device(OURS, BERLIN, "meter", "electricity_meter", None, 1.0),
        Device(THEIRS, THEIR_SITE, "meter-secret", "electricity_meter", None, 1.0),
    ],
)


@dataclass
class TwoFirms:
    """The stores, the app over them and a client that is in nobody's name."""

    stand: Stand
    client: TestClient
    token: str

    def issue(self, *scopes: Scope, firm: str = OURS, expires: int | None = None) -> str:
        """A new token of a firm, with all scopes where none are named."""
        token = make_token()
        chosen = frozenset(scopes or SCOPES)
        self.stand.records.tokens.add(operator(firm), "test", token_digest(token), chosen, 0, expires)
        return token

    def get(self, path: str, token: str | None = None, **options: Any) -> Response:
        """GET below /api/v1 with `token`, else the one of our firm that may everything."""
        headers = {"Authorization": f"Bearer {token or self.token}"} | options.pop("headers", {})
        return self.client.get(f"/api/v1{path}", headers=headers, **options)

    def post(self, path: str, token: str | None = None) -> Response:
        """POST below /api/v1, without a body."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return self.client.post(f"/api/v1{path}", headers=headers)

    def pages(self, path: str, **params: Any) -> list[Any]:
        """All items, page by page by the Link header."""
        answer = self.get(path, params=params)
        items = list(answer.json()["items"])
        while answer.links:
            assert answer.json()["next"] is not None
            answer = self.get(answer.links["next"]["url"].removeprefix("/api/v1"))
            items += answer.json()["items"]
        assert answer.json()["next"] is None
        return items


def app_over(stand: Stand, rate: Rate = NEVER_REFUSED) -> FastAPI:
    """The web server with its API, at the moment of the story. Its event loop is its own: so is its hint."""
    services = services_over(
        stand,
        hint=Hint(),
        clock=lambda: NOW,
        settings=WebOptions(api_rate=rate),
        vitals=lambda: Vitals([], {"receipts": {"state": "ok", "counters": {"batches": 7}}}),
        replay=lambda item: Replay(stand.log, stand.records, stand.records.directory(), lambda: NOW).item(
            item
        ),
    )
    return create_app(services)


@contextmanager
def two_firms(folder: Path, rate: Rate = NEVER_REFUSED) -> Iterator[TwoFirms]:
    """The firms at 15:12 on 23 November 2026, Shanghai time."""
    stand = Stand(folder, Clock(NOW), said="projects: []\n")
    register(stand.records, _REGISTRATION)
    tell_day(stand, NOW, hours=1)
    _berlin(stand)
    _their_secrets(stand)
    _troubles(stand)
    with TestClient(app_over(stand, rate), raise_server_exceptions=False) as client:
        firms = TwoFirms(stand, client, "")
        firms.token = firms.issue()
        yield firms
    stand.close()


def _berlin(stand: Stand) -> None:
    """One reading an hour over three local days: the counter grows by one each."""
    hours = list(range(BERLIN_MIDNIGHTS[0], BERLIN_MIDNIGHTS[-1], 3_600_000))
    values: dict[str, list[float | None]] = {
        "active_energy_import": [float(n) for n in range(len(hours))],
        "active_power": [1_000.0] * len(hours),
    }
    stand.timeseries.write([Block(BERLIN, "meter", hours, values)], 2)


def _their_secrets(stand: Stand) -> None:
    block = Block(THEIR_SITE, "meter-secret", [NOW - 1_000], {"active_power": [4_711.0]})
    stand.timeseries.write([block], 3)
    status = Status(online=True, sent=NOW, stream=STREAM, version="secret-version")
    stand.records.agent_states.put(AgentState(THEIR_SITE, "pi-9", NOW, status))
    stand.records.quarantine.add([quarantined(1, site=THEIR_SITE, agent="pi-9", detail="their secret")])


def _troubles(stand: Stand) -> None:
    """Batches 2 and 3 were dropped, 4 is in quarantine; what nobody can be told of is there too."""
    stand.seq = 4
    stand.append([], [Event(device="th-bath", time=NOW - 60_000, kind="fault", reason="no_reply")])
    stand.status(dropped=Dropped(batches=[(2, 3)]), spool=SpoolStatus(last_seq=5))
    stand.records.quarantine.add(
        [
            quarantined(4),
            quarantined(9, reason="clock_skew"),
            quarantined(1, site=BERLIN),
            Quarantined(NOW, "plumbline/v1/x/y/z", b"\xff", "unreadable", "nobody's secret"),
        ]
    )


def quarantined(
    seq: int, site: str = SITE, agent: str = "pi-1", reason: str = "implausible", detail: str = "too hot"
) -> Quarantined:
    """A message of that site, refused."""
    payload = encode(Batch(stream=STREAM, seq=seq, sent=NOW))
    topic = f"plumbline/v1/{site}/{agent}/batch"
    return Quarantined(NOW - 1_000, topic, payload, reason, detail, site, agent, STREAM, seq)
