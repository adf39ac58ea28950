"""The demo's addresses sign in on this machine alone, and no server but the demo's has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from tests.web.access.house import OURS, House
from web.access.room import every_route
from web.access.secret import digest, make_secret
from web.app import create_app
from web.door.local import local_door

PREFIX = "/door/local"
KEY = make_secret()
HERE = "127.0.0.1:8080"
ADDRESS = f"{PREFIX}/{KEY}"


@contextmanager
def browser(house: House, peer: str = "127.0.0.1", host: str = HERE, **headers: str) -> Iterator[TestClient]:
    """Of a machine, at a demo's server."""
    app = create_app(house.services, [local_door(PREFIX, {digest(KEY): f"foreman@{OURS}"}, 8080)])
    given = {"Accept": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}
    with TestClient(app, f"http://{host}", headers=given, follow_redirects=False, client=(peer, 1)) as client:
        yield client


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("host", [HERE, "localhost:8080"])
def test_an_address_signs_its_person_in_as_often_as_it_is_opened(house: House, peer: str, host: str) -> None:
    with browser(house, peer, host) as client:
        for _ in range(2):
            answer = client.get(ADDRESS)
            assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")
        page = client.get(answer.headers["location"], follow_redirects=True)
        assert (page.status_code, "A foreman" in page.text) == (200, True)


@pytest.mark.parametrize(
    "stranger",
    [
        {"peer": "192.168.1.9"},
        {"peer": "testclient"},
        {"host": "demo.example:8080"},
        {"host": "127.0.0.1.nip.example:8080"},
        {"host": "127.0.0.1:9090"},
        {"x_forwarded_for": "127.0.0.1"},
        {"forwarded": "for=203.0.113.9"},
        {"via": "1.1 proxy"},
    ],
)
def test_for_another_machine_or_under_another_name_there_is_nothing(
    house: House, stranger: dict[str, str]
) -> None:
    with browser(house, **stranger) as client:
        answer = client.get(ADDRESS)
        assert (answer.status_code, client.cookies.get("session")) == (404, None)
        assert answer.text == client.get(f"{PREFIX}/nobody").text, "not even that there is a door is told"


@pytest.mark.parametrize(
    "key",
    ["", "nobody", KEY[:-1], KEY + "x", digest(KEY).hex()],
    ids=["empty", "a word", "shorter", "longer", "digest"],
)
def test_no_other_key_opens(house: House, key: str) -> None:
    with browser(house) as client:
        assert client.get(f"{PREFIX}/{key}").status_code == 404


def test_who_has_left_the_firm_does_not_come_in(house: House) -> None:
    house.services.records.accounts.change(OURS, "foreman", ended=1)
    with browser(house) as client:
        assert client.get(ADDRESS).status_code == 404


def test_a_server_that_is_no_demo_has_no_such_door(house: House) -> None:
    assert [path for path, _ in every_route(house.app) if path.startswith(PREFIX)] == []
    with TestClient(house.app, f"http://{HERE}", client=("127.0.0.1", 1), follow_redirects=False) as client:
        assert client.get(ADDRESS).status_code == 404
