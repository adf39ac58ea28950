"""What goes wrong with one project's page costs that page alone, and is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from store.errors import StoreError
from store.log.decoder import Decoder
from store.records.contract import AgentState
from store.records.registry import Agent, Registration
from tests.registered import BY, projects_in, register
from tests.web.site_day import PROJECTS, SITE, Stand, at, now_frames, tell_day
from web.live.channel import Channel
from web.live.hub import Hub
from web.live.stored import StoredSites
from wire.batch import Frame


class OneBreaks(StoredSites):
    """The stores; from the moment `error` is set it stands among one site's agents, or a StoreError is raised
    for all."""

    error: Exception | None = None

    def agents(self, sites: Sequence[str]) -> dict[str, list[AgentState]]:
        if isinstance(self.error, StoreError):
            raise self.error
        said = super().agents(sites)
        return said if self.error is None else said | {SITE: [self.error]}  # type: ignore[return-value]


@asynccontextmanager
async def running(stand: Stand) -> AsyncIterator[tuple[Hub, OneBreaks]]:
    stores = OneBreaks(stand.timeseries, stand.records)
    live = Hub(stand.log, stores, stand.hint, stand.clock, Decoder(stand.records), stand.records.feed)
    task = asyncio.create_task(live.run())
    try:
        yield live, stores
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the condition is over figures, which tell nobody
            await asyncio.sleep(0.02)


async def other_goes_on(stand: Stand, other: Channel) -> None:
    site, watts = other.project.site, 4_321.0
    stand.append(
        [Frame(device="meter-main", time=[stand.clock()], values={"active_power": [watts]})], site=site
    )
    await until(lambda: other.figures("en")["power"].text == "4.32")


async def test_a_fault_in_one_page_ends_its_streams_and_no_others(stand: Stand) -> None:
    tell_day(stand, at(15.2), hours=1)
    async with running(stand) as (live, stores):
        ours, other = [await live.channel(project) for project in stand.projects]
        assert live.counts()["failures"] == 0
        stores.error = ZeroDivisionError("a row that nobody foresaw")
        await until(lambda: ours.closed)
        await other_goes_on(stand, other)
        assert not other.closed
        assert not live.well
        assert live.counts()["failures"] >= 1
        stores.error = None
        again = await live.channel(stand.projects[0])
        assert again.figures("en")["power"].state == "fresh"


async def test_a_store_that_is_away_leaves_the_page_open_and_its_ages_go_on(stand: Stand) -> None:
    tell_day(stand, at(15.2), hours=1)
    async with running(stand) as (live, stores):
        ours, other = [await live.channel(project) for project in stand.projects]
        stores.error = StoreError("records: locked")
        await until(lambda: not live.well)
        stand.clock.forward(150_000)
        await until(lambda: ours.figures("en")["power"].state == "silent")
        await other_goes_on(stand, other)
        assert not ours.closed


async def test_a_batch_that_breaks_one_page_is_not_read_again_and_again(stand: Stand) -> None:
    async with running(stand) as (live, _):
        ours, other = [await live.channel(project) for project in stand.projects]
        ours.state.today = None  # type: ignore[assignment]  # whatever it is that goes wrong in folding it in
        stand.append(
            [Frame(device="meter-main", time=[stand.clock()], values={"active_energy_import": [5.0]})]
        )
        await until(lambda: ours.closed)
        await other_goes_on(stand, other)
        fresh = await live.channel(stand.projects[0])
        stand.append(now_frames(stand, 1_234.0))
        await until(lambda: fresh.figures("en")["power"].text == "1.23")


def test_an_agent_that_was_taken_out_of_the_registry_is_not_missed(stand: Stand) -> None:
    stand.status(online=False)
    stand.records.agent_states.put(replace(stand.records.agent_states.of(SITE)[0], agent="pi-2"))

    def listed() -> list[str]:
        return [one.agent for one in StoredSites(stand.timeseries, stand.records).agents([SITE])[SITE]]

    assert listed() == ["pi-1", "pi-2"]
    projects_in(stand.records, PROJECTS)
    agents = [Agent("firm", SITE, agent) for agent in ("pi-1", "pi-2")]
    register(stand.records, Registration(agents=agents))
    stand.records.agents.retire("firm", SITE, "pi-1", by=BY)
    assert listed() == ["pi-2"]
