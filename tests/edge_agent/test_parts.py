"""Whichever task of the agent ends, and however: it is told in the status, and readings go on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from edge_agent.tasks import supervisor
from tests.breakable import end, make_tasks_breakable, tasks_named
from tests.edge_agent.cloud import Cloud, cloud, until
from tests.edge_agent.place import Place
from tests.servers import Mosquitto
from wire.status import PartStatus

#: A connection at work: what has no name is aiomqtt's.
PARTS = {"keeper", "uplink", "top"}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
async def place(tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(supervisor, "STEADY_S", 0.0)  # each pause is the first
    one = Place(tmp_path, broker.port)
    one.line.plug()
    yield one
    one.line.unplug()


def told(sky: Cloud, part: str) -> PartStatus | None:
    """What the newest status says of a part."""
    newest = sky.statuses[-1] if sky.statuses else None
    return next((one for one in newest.parts if one.name == part), None) if newest else None


def restarts(sky: Cloud, part: str) -> int:
    found = told(sky, part)
    return 0 if found is None else found.restarts


def part_of(task: str, parts: set[str]) -> str:
    """`uplink: report` belongs to the part `uplink`."""
    return max((part for part in parts if task == part or task.startswith(f"{part}: ")), key=len)


@pytest.mark.parametrize("by_error", [False, True], ids=["cancelled", "raising"])
async def test_each_task_that_ends_is_told_and_made_anew(
    place: Place, broker: Mosquitto, *, by_error: bool
) -> None:
    async with cloud(broker.port) as sky:
        make_tasks_breakable()
        async with place.agent() as agent:
            parts = {part.name for part in agent._parts()}
            assert parts >= PARTS
            await until(lambda: len(sky.batches) > 1, what="first readings")
            names = sorted(tasks_named())
            assert {part_of(name, parts) for name in names} == parts, "each part has a task of its name"
            for name in names:
                await until(lambda: name in tasks_named(), what=f"{name} at work")  # noqa: B023
                part, batches = part_of(name, parts), len(sky.batches)
                before = restarts(sky, part)
                end(tasks_named()[name], by_error=by_error)
                await until(lambda: restarts(sky, part) > before, what=f"{name} is told")  # noqa: B023
                await until(lambda: len(sky.batches) > batches, what=f"readings after {name}")  # noqa: B023
                reason = told(sky, part)
                assert reason is not None
                assert ("Broken" if by_error else "cancelled") in reason.reason
