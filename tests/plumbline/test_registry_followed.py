"""A running installation follows its registry: what another process changes there counts within a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import aiomqtt
import httpx2
import pytest

from benchmarks.opened import BROWSER
from plumbline.cli import main
from plumbline.processes import serve
from plumbline.settings import Settings
from plumbline.stores import open_records
from store.records.changes import By
from store.records.links import link_digest
from store.records.records import Records
from tests.plumbline.installation import SITE, installation
from tests.plumbline.running import running, until
from tests.servers import free_port

PASSWORD: Final = "a-password-of-pi-1"
#: What is promised, and room for a machine that has other work.
SOON_S: Final = 10.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "agent-password").write_text(PASSWORD)
    return installation(
        tmp_path,
        web={"port": free_port()},
        embedded_broker_port=free_port(),
        agents=[{"site": SITE, "agent": "pi-1", "password_file": "agent-password"}],
    )


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[Settings]:
    async with running(serve, settings) as process:
        await until(process.all_ok, "everything at work")
        yield settings


@pytest.fixture
def elsewhere(served: Settings) -> Iterator[Records]:
    """The registry as another process has it."""
    opened = open_records(served)
    yield opened
    opened.close()


def by() -> By:
    return By("member:li", time.time_ns() // 1_000_000)


async def status_of(settings: Settings, token: str) -> int:
    headers = {"User-Agent": BROWSER}
    async with httpx2.AsyncClient(headers=headers, follow_redirects=True) as client:
        answer = await client.get(f"http://127.0.0.1:{settings.web.port}/p/{token}")
    return answer.status_code


async def answers(settings: Settings, token: str, wanted: int) -> None:
    async with asyncio.timeout(SOON_S):
        while await status_of(settings, token) != wanted:  # noqa: ASYNC110 - another process rings no event
            await asyncio.sleep(0.05)


async def test_a_link_opens_once_it_is_made_and_nothing_once_it_is_taken_back(
    served: Settings, elsewhere: Records
) -> None:
    link = elsewhere.links.add("firm", SITE, "外婆", link_digest("granny-0815-4711"), None, by())
    await answers(served, "granny-0815-4711", 200)
    elsewhere.links.revoke("firm", link.id, by())
    await answers(served, "granny-0815-4711", 410)


async def test_an_agent_that_is_taken_out_is_cut_off_by_the_broker_and_let_in_no_more(
    served: Settings, elsewhere: Records
) -> None:
    def connection() -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1", served.embedded_broker_port,
            username=f"{SITE}.pi-1", password=PASSWORD, timeout=5,
        )  # fmt: skip

    async with connection() as agent:
        elsewhere.agents.retire("firm", SITE, "pi-1", by=by())
        with pytest.raises(aiomqtt.MqttError):
            async with asyncio.timeout(SOON_S):
                await anext(aiter(agent.messages))
    with pytest.raises(aiomqtt.MqttError):
        await connection().__aenter__()


async def test_what_a_command_imports_shows_without_a_restart(
    served: Settings, elsewhere: Records, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(tmp_path / "plumbline.yaml")]
    other = tmp_path / "other.yaml"
    text = served.projects.read_text("utf-8").replace("0123456789abcdef", "fresh-and-unguessable-0815")
    other.write_text(text.replace("gate-out", "gate-side"), "utf-8")
    assert await asyncio.to_thread(main, ["import", str(other), "--dry-run", "--by", "li", *config]) == 0
    told = capsys.readouterr()
    assert f"added    device {SITE}/gate-side" in told.out
    assert f"retired  device {SITE}/gate-out" in told.out
    assert "nothing was changed" in told.err
    assert elsewhere.devices.get("firm", SITE, "gate-side") is None
    assert await asyncio.to_thread(main, ["import", str(other), "--by", "li", *config]) == 0
    await answers(served, "fresh-and-unguessable-0815", 200)
    (added,) = elsewhere.changes.of("firm", "device", "gate-side", SITE)
    assert (added.author, added.version) == ("operator:li", 1)
    assert await asyncio.to_thread(main, ["export", "projects", *config]) == 0
    exported = capsys.readouterr().out
    assert "gate-side" in exported
    assert "fresh-and-unguessable" not in exported
