"""A customer's link: strong, with an end, changed or taken back at once, and not to be guessed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from plumbline.projects_yaml import ProjectsError, load_projects
from tests.registered import projects_in
from tests.servers import wait_until
from tests.web.services import services_over
from tests.web.site_day import OTHER_TOKEN, PROJECTS, TOKEN, Stand, at, serving, tell_day
from tests.web.viewer import Viewer
from web.app import create_app
from web.customer.project import Project
from web.http.guesses import Guesses
from web.http.rate import Rate
from web.links import GOOD_BITS, bits, make_link_token, weakness

ZONE = ZoneInfo("Asia/Shanghai")


def test_a_made_token_is_strong() -> None:
    made = {make_link_token() for _ in range(100)}
    assert len(made) == 100
    assert all(weakness(token) is None and bits(token) >= GOOD_BITS for token in made)


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("short1234567890", "has 15 characters"),
        ("x" * 20, "again and again: 1 different"),
        ("abc1" * 8, "again and again: 4 different"),
        ("aaaabbbbccccddddaeac", "5 different characters"),
        ("customer-Password-1", 'holds the word "password"'),
    ],
)
def test_a_weak_token_is_refused_with_its_reason(tmp_path: Path, token: str, why: str) -> None:
    assert why in (weakness(token) or "")
    if len(token) >= 16:
        path = tmp_path / "projects.yaml"
        path.write_text(PROJECTS.replace(TOKEN, token), "utf-8")
        with pytest.raises(ProjectsError, match="plumbline link new") as caught:
            load_projects(path)
        assert token not in str(caught.value)
        assert "projects.yaml:3" in str(caught.value)


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8), st.integers(2, 12))
def test_repetition_adds_no_strength(part: str, times: int) -> None:
    assert bits(part * times) == bits(part * 2)


def until(stand: Stand, last: dt.date) -> list[Project]:
    """The first project, whose link ends with this day."""
    return projects_in(stand.records, PROJECTS.replace(TOKEN, f"{TOKEN}\n    token_expires: {last}"))[:1]


@pytest.mark.parametrize(
    ("dates", "ends"),
    [
        ({}, None),
        ({"token_expires": dt.date(2026, 11, 23)}, dt.datetime(2026, 11, 24, tzinfo=ZONE)),
        ({"handover": dt.date(2026, 11, 1)}, dt.datetime(2026, 12, 2, tzinfo=ZONE)),
        (
            {"handover": dt.date(2026, 11, 1), "token_expires": dt.date(2027, 1, 31)},
            dt.datetime(2027, 2, 1, tzinfo=ZONE),
        ),
    ],
)
def test_a_link_ends_with_its_last_day_at_the_site(
    stand: Stand, dates: dict[str, dt.date], ends: dt.datetime | None
) -> None:
    lines = "".join(f"\n    {name}: {day}" for name, day in dates.items())
    project, _ = projects_in(stand.records, PROJECTS.replace(TOKEN, TOKEN + lines))
    (link,) = project.links
    assert link.expires == (None if ends is None else round(ends.timestamp() * 1000))
    if link.expires is not None:
        assert not project.link_is_over(link.expires - 1)
        assert project.link_is_over(link.expires)


@pytest.fixture
def client_over(stand: Stand) -> Iterator[Callable[[], TestClient]]:
    clients: list[TestClient] = []

    def made() -> TestClient:
        app = create_app(services_over(stand))
        clients.append(TestClient(app, raise_server_exceptions=False).__enter__())
        return clients[-1]

    yield made
    for client in clients:
        client.__exit__(None, None, None)


def test_a_link_that_is_over_opens_nothing(stand: Stand, client_over: Callable[[], TestClient]) -> None:
    stand.projects = until(stand, dt.date(2026, 11, 22))
    client = client_over()
    for path in ("", "/", "/live", "/chart"):
        assert client.get(f"/p/{TOKEN}{path}").status_code == 404


def test_an_open_stream_ends_when_its_link_is_taken_back_and_the_old_link_opens_nothing(stand: Stand) -> None:
    tell_day(stand, at(15.2), hours=1)
    fresh = "fresh-and-unguessable-0815"
    answers = [projects_in(stand.records, PROJECTS.replace(TOKEN, fresh))]
    with serving(stand, look=lambda: answers.pop() if answers else None) as url:
        with Viewer(url) as viewer, Viewer(url, token=OTHER_TOKEN) as untouched:
            viewer.snapshot()
            wait_until(lambda: viewer.ended, what="the end of the stream")
            assert not untouched.ended
        with Viewer(url) as again:
            wait_until(lambda: again.status != 0, what="an answer")
            assert again.status == 404
        with Viewer(url, token=fresh) as new:
            new.snapshot()


def test_a_stream_ends_with_the_last_day_of_its_link(stand: Stand) -> None:
    stand.projects = until(stand, dt.date(2026, 11, 23))
    with serving(stand) as url, Viewer(url) as viewer:
        viewer.snapshot()
        stand.clock.forward(9 * 3_600_000)
        wait_until(lambda: viewer.ended, what="the end of the stream")


def test_who_guesses_is_refused_unheard_and_may_try_again_later() -> None:
    now = [0.0]
    guesses = Guesses(Rate(per_s=0.5, burst=3), lambda: now[0])
    for _ in range(3):
        assert guesses.refuse_for_s("a") == 0
        guesses.missed("a")
    assert guesses.refuse_for_s("a") == pytest.approx(2.0)
    assert guesses.refuse_for_s("b") == 0
    now[0] = 2.0
    assert guesses.refuse_for_s("a") == 0
    assert guesses.refused == 1


def test_guessing_is_throttled_and_says_until_when(client_over: Callable[[], TestClient]) -> None:
    client = client_over()
    answers = [client.get(f"/p/{make_link_token()}") for _ in range(40)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:30] == [404] * 30
    assert statuses[-1] == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert client.get(f"/p/{TOKEN}").status_code == 429, "a right guess among wrong ones tells nothing"


def test_right_links_are_never_throttled(client_over: Callable[[], TestClient]) -> None:
    client = client_over()
    assert {client.get(f"/p/{TOKEN}/chart").status_code for _ in range(60)} == {200}


def test_no_answer_leads_to_the_host_that_the_client_named(client_over: Callable[[], TestClient]) -> None:
    client = client_over()
    for path in (f"/p/{TOKEN}/", f"/p/{TOKEN}/live/", "/static/", "/health/", f"/p/{TOKEN}/chart/", "/api"):
        answer = client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
        assert "location" not in answer.headers
        assert "evil.example" not in answer.text
    assert client.get(f"/p/{TOKEN}/").status_code == 200
