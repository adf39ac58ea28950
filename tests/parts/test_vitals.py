"""How a process is, with a child of its own."""

from __future__ import annotations

import asyncio

import pytest

from parts.part import Part
from parts.supervisor import Supervisor
from parts.vitals import Vitals, vitals

WELL = Vitals([], {"web": {"state": "ok"}})


def test_what_fails_in_the_child_fails_in_all() -> None:
    together = WELL.with_those_of(Vitals(["broker"], {"broker": {"state": "failing"}}))
    assert (together.status, together.failing) == ("failing", ["broker"])
    assert set(together.parts) == {"web", "broker"}


@pytest.mark.parametrize(
    ("own", "child", "status"),
    [
        (WELL, Vitals(["broker"], {}, starting=True), "starting"),
        (Vitals(["ingest"], {}, starting=True), WELL, "starting"),
        (Vitals(["ingest"], {}), Vitals(["broker"], {}, starting=True), "failing"),
        (WELL, WELL, "ok"),
    ],
    ids=["the child starts", "the parent starts", "a child that was started anew", "well"],
)
def test_it_starts_only_where_whichever_fails_is_starting(own: Vitals, child: Vitals, status: str) -> None:
    assert own.with_those_of(child).status == status


async def test_a_reason_that_holds_all_it_was_at_is_cut() -> None:
    async def fails(_stop: asyncio.Event) -> None:
        raise ValueError("1, " * 100_000)

    async def waits(stop: asyncio.Event) -> None:
        await stop.wait()

    stop = asyncio.Event()
    supervisor = Supervisor([Part("writer", fails), Part("log", waits, well=lambda: "x" * 10_000)])
    running = asyncio.create_task(supervisor.run(stop))
    while not supervisor.states()[0].restarts:  # noqa: ASYNC110
        await asyncio.sleep(0)
    said = vitals(supervisor).parts
    stop.set()
    await running
    assert said["writer"]["last_end"].startswith("ValueError: 1, 1, ")
    assert {len(said["writer"]["last_end"]), len(said["log"]["why"])} == {500}
