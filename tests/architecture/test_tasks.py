"""Rules for tasks, found in the source: nothing of a failure outlives its task, and no task ends unseen."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import PACKAGES, ROOT, modules

SOURCES = modules(*(package for package in PACKAGES if package != "simulator"))

#: What must not be used, and what to use.
BANNED: Final = {
    "TaskGroup": "use Together or alone of edge_agent.tasks.together, in the cloud a Part: a TaskGroup "
    "passes over a member that was cancelled, and on Python 3.11.2 asyncio.timeout fails in its task once it "
    "has failed",
    "wait_for": "use `async with asyncio.timeout(...)`: on Python 3.11 wait_for swallows a cancellation that "
    "comes together with its result",
}
#: Who may make a task, and who sees its end.
MAKERS: Final = {
    "edge_agent/tasks/together.py": "run() raises the end of each",
    "edge_agent/tasks/supervisor.py": "starts it anew",
    "edge_agent/line/tcp_port.py": "awaited by whoever writes first",
    "parts/supervisor.py": "starts it anew",
    "plumbline/pages.py": "the web part waits for its server and ends with it",
    "plumbline/ingest_process.py": "the ingest part waits for the first of them to end and ends with it",
    "web/live/hub.py": "a page whose task is gone is cut off",
    "web/live/agents.py": "awaited by whoever asks",
    "web/access/mail.py": "its callback tells how it ended",
    "web/access/resets.py": "its callback tells how it ended",
    "plumbline/embedded_broker.py": "the part waits for its child process and ends with it",
}
#: As the uplink of the first version was written.
AFTER_A_FAILED_GROUP: Final = """
async def run():
    while True:
        try:
            async with asyncio.TaskGroup() as group:
                group.start(one())
        except* OSError:
            pass
        async with asyncio.timeout(1):
            await stopping.wait()
"""
MAKES: Final = ("create_task", "ensure_future")


def called(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Calls by the last part of their name."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute):
                found.append((function.attr, node))
            elif isinstance(function, ast.Name):
                found.append((function.id, node))
    return found


def mistakes(source: str, name: str) -> list[str]:
    """Each with its line and the remedy."""
    found = []
    for function, node in called(ast.parse(source)):
        place = f"{name}:{node.lineno}: {function}"
        if function in BANNED:
            found.append(f"{place}: {BANNED[function]}")
        if function in MAKES and name not in MAKERS:
            found.append(f"{place}: nobody would see it end; make it a Part or a member of a Together")
        if function in MAKES and not any(keyword.arg == "name" for keyword in node.keywords):
            found.append(f"{place}: give it a name, by which its end is told")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_task_is_made_where_its_end_is_seen(path: Path) -> None:
    found = mistakes(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "planted",
    [
        AFTER_A_FAILED_GROUP,
        "from asyncio import TaskGroup\nasync def run():\n    async with TaskGroup():\n        pass\n",
        "async def run():\n    await asyncio.wait_for(one(), 1)\n",
        "async def run():\n    asyncio.create_task(one(), name='unseen')\n",
        "async def run():\n    asyncio.ensure_future(one())\n",
    ],
)
def test_the_rule_sees_a_planted_fault(planted: str) -> None:
    assert mistakes(planted, "edge_agent/planted.py")


def test_every_maker_of_tasks_makes_some() -> None:
    """A line of the table about a module that is gone or mended guards nothing."""
    for name in MAKERS:
        functions = {function for function, _ in called(ast.parse((ROOT / name).read_text("utf-8")))}
        assert functions & set(MAKES), f"{name} makes no task: take it out of MAKERS"
