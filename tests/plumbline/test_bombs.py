"""What one agent says costs nobody's page, health or doctor: a review's bombs against a running server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiomqtt
import httpx2
import pytest

from plumbline import heartbeat, processes
from plumbline.doctor import examine
from plumbline.settings import Settings
from plumbline.stores import open_records
from store.records.registry import SCOPES
from tests.plumbline.installation import SITE, installation
from tests.plumbline.running import Running, running, token_for, until
from tests.servers import Mosquitto, free_port
from wire import payload as wire_payload

STREAM: Final = "01K" + "A" * 23
#: What the attacks once cost was from 5 to 50 s a request; a loaded machine takes a part of one.
_SOON_S: Final = 3.0
_PATHS: Final = (
    "/health",
    "/p/0123456789abcdef",
    *(
        f"/api/v1{path}"
        for path in ("/health", f"/sites/{SITE}/agents", f"/sites/{SITE}/gaps", "/quarantine")
    ),
    *(f"/api/v1/sites/{SITE}/{path}" for path in ("latest", "devices", "events")),
)


def status(fields: str) -> bytes:
    head = f'"v":1,"online":true,"sent":{time.time_ns() // 1_000_000},"stream":"{STREAM}"'
    return wire_payload.pack(f"{{{head},{fields}}}".encode())


def batch(seq: str, fields: str = '"frames":[]') -> bytes:
    now_ms = time.time_ns() // 1_000_000
    return f'{{"v":1,"stream":"{STREAM}","seq":{seq},"sent":{now_ms},{fields}}}'.encode()


def ranges(count: int) -> str:
    return ",".join(f"[{at},{at}]" for at in range(1, 2 * count, 2))


BOMBS: Final = {
    "a number of 401 digits": ("status", status(f'"dropped":{{"readings":{10**400}}}')),
    "a number beyond a double": ("status", status('"dropped":{"readings":1e400}')),
    "a number beyond 64 bits": ("status", status(f'"spool":{{"last_seq":{1 << 70}}}')),
    "a range that runs backwards": ("status", status('"dropped":{"batches":[[5,3]]}')),
    "ranges without end": ("status", status(f'"dropped":{{"batches":[{ranges(50_000)}]}}')),
    "as many ranges as may be": ("status", status(f'"dropped":{{"batches":[{ranges(1_000)}]}}')),
    "300,000 lines": ("status", status('"lines":[' + ",".join(['{"port":"x"}'] * 300_000) + "]")),
    "300,000 devices": ("status", status('"devices":[' + ",".join(['{"device":"d"}'] * 300_000) + "]")),
    "a last number of 1.8e12": ("status", status('"spool":{"last_seq":1800000000000}')),
    "a seq of 1.8e12": ("batch", batch("1800000000000")),
    "a seq beyond 53 bits": ("batch", batch(str(1 << 60))),
    "a time of 401 digits": (
        "batch",
        batch("2", f'"frames":[{{"device":"meter-main","time":[{10**400}],"values":{{"frequency":[50]}}}}]'),
    ),
    "a value of 401 digits": (
        "batch",
        batch("3", f'"frames":[{{"device":"meter-main","time":[1],"values":{{"frequency":[{10**400}]}}}}]'),
    ),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_S", 0.05)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "mosquitto") as broker:
        yield broker


async def taken(one: Running, count: int) -> None:
    def all_judged() -> bool:
        counted = one.said().get("receipts", {}).get("counters", {})
        return int(counted.get("batches", 0)) + int(counted.get("statuses", 0)) >= count

    await until(all_judged, "all are judged")


async def answers(settings: Settings, token: str) -> dict[str, tuple[int, float]]:
    """Of each path the status and the seconds it took."""
    found = {}
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for path in _PATHS:
            began_s = time.monotonic()
            answer = await client.get(f"http://127.0.0.1:{settings.web.port}{path}")
            found[path] = (answer.status_code, time.monotonic() - began_s)
    return found


async def test_no_bomb_of_an_agent_fails_or_delays_a_page_an_answer_or_the_doctor(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    place = {"host": "127.0.0.1", "port": mosquitto.port}
    settings = installation(tmp_path, web={"port": free_port()}, broker=place)
    async with running(processes.serve, settings) as one:
        await until(one.all_ok, "well")
        records = open_records(settings)
        token = token_for(records, settings.firm.id, *SCOPES)
        records.close()
        for sent, (name, (kind, payload)) in enumerate(BOMBS.items(), 1):
            async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
                topic = f"plumbline/v1/{SITE}/pi-1/{kind}"
                await client.publish(topic, payload, qos=1, retain=kind == "status")
            await taken(one, sent)
            for path, (code, took_s) in (await answers(settings, token)).items():
                assert code == 200, (name, path)
                assert took_s < _SOON_S, (name, path)
        assert all(state == 0 for state in (one.restarts(part) for part in one.said()))
        began_s = time.monotonic()
        lines = await asyncio.to_thread(lambda: list(examine(settings, fix=False)))
        assert time.monotonic() - began_s < 10 * _SOON_S
        assert not [str(line) for line in lines if line.level == "fail"]
