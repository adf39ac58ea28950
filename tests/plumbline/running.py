"""A process of the cloud in this test's own event loop, and what it says of itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from plumbline.heartbeat import fresh_beats
from plumbline.settings import Settings
from store.records.access import operator
from store.records.records import Records
from store.records.registry import Scope
from store.records.tokens import make_token, token_digest

Process = Callable[[Settings, asyncio.Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Running:
    """`said` is empty until it has said something."""

    settings: Settings
    name: str
    stop: asyncio.Event

    def said(self) -> dict[str, Any]:
        """Of each part what the newest heartbeat says."""
        beats = fresh_beats(self.settings.data / "health", self.name)
        return {name: part for beat in beats.values() for name, part in beat["parts"].items()}

    def failing(self) -> list[str]:
        """The parts that fail, by the newest heartbeat; `no beat` before the first."""
        beats = fresh_beats(self.settings.data / "health", self.name)
        return [name for beat in beats.values() for name in beat["failing"]] if beats else ["no beat"]

    def all_ok(self) -> bool:
        """Whether every part is at work: none fails, none waits for its turn."""
        said = self.said().values()
        return bool(said) and all(part["state"] == "ok" for part in said)

    def restarts(self, part: str) -> int:
        """How often the part was started anew."""
        return int(self.said().get(part, {}).get("restarts", 0))

    async def get(self, path: str, token: str | None = None) -> tuple[int, dict[str, Any]]:
        """What the server answers."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{self.settings.web.port}{path}", headers=headers)
        body: dict[str, Any] = answer.json()
        return answer.status_code, body


@asynccontextmanager
async def running(process: Process, settings: Settings) -> AsyncIterator[Running]:
    """At work for the length of an `async with`; raises what ends it."""
    stop = asyncio.Event()
    task = asyncio.create_task(process(settings, stop))
    try:
        yield Running(settings, process.__name__, stop)
    finally:
        stop.set()
        await task


async def settled(one: Running, offset: int) -> None:
    """Until time series and events have what the log has up to `offset`."""

    def has_all() -> bool:
        counters = one.said().get("time series", {}).get("counters", {})
        reached: list[int] = [counters.get(name, 0) for name in ("time_series_position", "events_position")]
        return min(reached) >= offset

    await until(has_all, f"everything up to offset {offset} in the stores")


async def until(condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    """Wait on the event loop until `condition` holds. Raises TimeoutError naming `what`."""
    end = asyncio.get_running_loop().time() + timeout_s
    while not condition():
        if asyncio.get_running_loop().time() > end:
            raise TimeoutError(f"{what} did not hold within {timeout_s} s")
        await asyncio.sleep(0.01)


def token_for(records: Records, firm: str, *scopes: Scope) -> str:
    """A token of the firm with these scopes."""
    secret = make_token()
    records.tokens.add(operator(firm), "t", token_digest(secret), frozenset(scopes), 1, None)
    return secret
