"""Script, markup and header text in every field that a page shows: it is shown as it was typed, and does
nothing."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from store.records.access_log import Deed
from store.records.changes import By
from store.records.registry import Customer, Device, RegisteredProject, Room
from tests.web.access.house import OURS, SITE, House
from web.access.mail import send
from web.settings import MailOptions

BY = By("operator:test", 1)
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
#: Where somebody of the firm looks.
PAGES = ("/firm", f"/sites/{SITE}", "/people", "/people/members/worker", "/people/log", "/tokens", "/links")


@pytest.fixture
def poisoned(house: House) -> House:
    """Names of sites' work, rooms, devices, customers, members, invitations, tokens, entries of the log."""
    records, now = house.services.records, house.services.clock()
    with records.begin() as done:
        done.customers.put([Customer(OURS, "c", EVIL, EVIL)], BY)
        done.projects.put([RegisteredProject(OURS, "p", SITE, EVIL, EVIL, "2026-01-01", "c")], BY)
        done.rooms.put([Room(OURS, SITE, "bath", EVIL, EVIL)], BY)
        done.devices.put([Device(OURS, SITE, "th", "climate_sensor", "bath", 10.0)], BY)
        done.links.add(OURS, "p", EVIL, b"l" * 32, None, BY)
        done.access_log.add([Deed(OURS, now, EVIL, EVIL, "changed", EVIL, EVIL)])
    owner = house.access("owner")
    records.members.rename(owner, "worker", EVIL)
    records.tokens.add(owner, EVIL, b"t" * 32, frozenset({EVIL}), now, now * 2)
    return house


def test_it_is_escaped_on_every_page_that_shows_it(poisoned: House) -> None:
    shown = 0
    with poisoned.browser("owner") as owner:
        typed: dict[str, Any] = {"name": EVIL, "roles": ["worker"], "everywhere": "on", "language": "en"}
        pages = [owner.send("/people/invite", **typed).text, *(owner.get(path).text for path in PAGES)]
        for page in pages:
            assert "<script>alert" not in page
            assert not re.search(r"<img[^>]*onerror", page)
            shown += html.escape(EVIL)[:20] in page or "&#34;&gt;&lt;script" in page
    assert shown >= 5, "otherwise nothing was tried"


@pytest.mark.parametrize("text", ["a\r\nSet-Cookie: session=x", "a\nLocation: //evil.example", "a\0b"])
def test_no_header_is_made_of_what_is_typed(house: House, text: str) -> None:
    with house.browser("owner") as owner:
        typed: dict[str, Any] = {"name": text, "roles": ["worker"], "everywhere": "on", "language": "en"}
        answer = owner.send("/people/invite", **typed)
        assert answer.status_code == 200
        for path, name in (("/people", "said"), ("/people/log", "what"), ("/people/log/entries.csv", "what")):
            headers = owner.get(path, params={name: text}).headers
            assert "set-cookie" not in headers
            assert "location" not in headers


def test_an_address_that_is_more_than_one_line_gets_no_mail() -> None:
    mail = MailOptions("127.0.0.1", 1, "plumbline@x.example")
    with pytest.raises(ValueError, match=r"linefeed|newline|characters"):
        send(mail, "a@x.example\r\nBcc: b@x.example", "s", "t")


def test_marks_that_turn_the_order_of_reading_are_shown_nowhere(house: House) -> None:
    name = "\u202egnp.exe\u2066 木工\u200f"
    house.services.records.members.rename(house.access("owner"), "worker", name)
    with house.browser("owner") as owner:
        typed: dict[str, Any] = {"name": name, "roles": ["worker"], "everywhere": "on", "language": "en"}
        pages = owner.send("/people/invite", **typed).text, *(owner.get(path).text for path in PAGES)
    assert sum("gnp.exe 木工" in page for page in pages) >= 3, "otherwise nothing was tried"
    for page in pages:
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200f]", page)


@pytest.mark.parametrize("letter", ["长", "🏗"])
@pytest.mark.parametrize("path", ["/people/invite", "/tokens"])
def test_ten_thousand_letters_are_refused_at_their_field(house: House, path: str, letter: str) -> None:
    with house.browser("owner") as owner:
        answer = owner.send(path, name=letter * 10_000)
    assert answer.status_code == 422
    assert re.search(r'id="[^"]*-name"[^>]* aria-invalid="true"', answer.text)
