"""How a process is, with a child of its own."""

from __future__ import annotations

import pytest

from parts.vitals import Vitals

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
