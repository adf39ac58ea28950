"""A code by mail, over a real SMTP server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.servers import free_port, wait_until
from tests.web.access.house import House, furnish
from tests.web.site_day import Stand
from web.settings import MailOptions, WebOptions


class Post:
    """Keeps what comes."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str]] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    handler, port = Post(), free_port()
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    yield handler, port
    server.stop()


@pytest.fixture
def house(stand: Stand, post: tuple[Post, int]) -> House:
    mail = MailOptions("127.0.0.1", post[1], "house@example.cn", tls=False)
    house = furnish(stand, settings=WebOptions(mail=mail, base_url="http://testserver"))
    house.services.records.accounts.change("fenglin", "worker", email="worker@example.cn")
    return house


def test_a_code_comes_by_mail_and_opens_once(house: House, post: tuple[Post, int]) -> None:
    with house.browser() as browser:
        answer = browser.send("/door/forgot", login="worker@fenglin")
        assert "If there is such an account" in answer.text
        wait_until(lambda: bool(post[0].mails))
        ((to, text),) = post[0].mails
        assert to == ["worker@example.cn"]
        code = re.search(r"^[A-Za-z0-9_-]{43}\s*$", text, re.M)
        assert code is not None
        assert (
            browser.send("/door/reset", code=code[0].strip(), password="copper pipe 22 mm").status_code == 303
        )


def test_who_has_no_account_is_told_the_same_and_gets_none(house: House, post: tuple[Post, int]) -> None:
    with house.browser() as browser:
        answers = [
            browser.send("/door/forgot", login=login)
            for login in ("nobody", "foreman@fenglin", "worker@fenglin")
        ]
        wait_until(lambda: len(post[0].mails) == 1)
    texts = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert len(texts) == 1


@pytest.mark.parametrize("base_url", [None, "https://plumbline.example"])
def test_no_mail_repeats_the_name_a_client_asked_under(
    stand: Stand, post: tuple[Post, int], base_url: str | None
) -> None:
    """Whoever asks for somebody else's code names any host they like."""
    mail = MailOptions("127.0.0.1", post[1], "house@example.cn", tls=False)
    house = furnish(stand, settings=WebOptions(mail=mail, base_url=base_url))
    house.services.records.accounts.change("fenglin", "worker", email="worker@example.cn")
    poisoned = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    with house.browser(None, **poisoned) as browser:
        origin = base_url or "http://evil.example"
        assert browser.send("/door/forgot", login="worker@fenglin", origin=origin).status_code == 200
        wait_until(lambda: bool(post[0].mails))
    assert "evil.example" not in post[0].mails[0][1]
