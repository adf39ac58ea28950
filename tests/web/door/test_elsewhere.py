"""Signing in at another provider, over real HTTP with a real signature."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from tests.web.access.house import OURS, PASSWORD, Browser, House, furnish
from tests.web.access.provider import CLIENT, SECRET, Provider, serving
from tests.web.site_day import Stand
from web.services import DEPARTURES
from web.settings import Provider as Settled
from web.settings import WebOptions


@pytest.fixture
def provider(stand: Stand) -> Iterator[Provider]:
    with serving(Provider(stand.clock)) as provider:
        yield provider


@pytest.fixture
def house(stand: Stand, provider: Provider) -> House:
    """Whose roles come from the claim `groups`."""
    roles = {"leads": "foreman", "books": "finance"}
    settled = Settled("company", "Company", provider.issuer, CLIENT, SECRET, OURS, "groups", roles)
    return furnish(stand, settings=WebOptions(providers=(settled,)))


def walk(
    house: House, provider: Provider, start: str = "/door/with/company?next=%2Faccount"
) -> tuple[int, str]:
    """There and back in one browser: (status, what came)."""
    with house.browser() as browser:
        sent = browser.get("/door/with/company?next=%2Faccount")
        assert sent.status_code == 303
        back = browser.get(provider.authorize(sent.headers["location"]))
        if back.status_code != 303:
            return back.status_code, back.text
        return 303, browser.get("/account").text


def test_whoever_has_a_role_there_has_it_here(house: House, provider: Provider) -> None:
    provider.person["groups"] = ["leads", "choir"]
    status, page = walk(house, provider)
    assert status == 303
    assert "Li Lei" in page
    account = house.services.records.accounts.by_identity(provider.issuer, "42")
    assert account is not None
    assert account.roles == {"foreman"}


def test_roles_are_what_the_claim_says_now(house: House, provider: Provider) -> None:
    provider.person["groups"] = ["leads"]
    walk(house, provider)
    provider.person["groups"] = "books"
    walk(house, provider)
    account = house.services.records.accounts.by_identity(provider.issuer, "42")
    assert account is not None
    assert account.roles == {"finance"}
    provider.person["groups"] = []
    assert walk(house, provider)[0] == 400


def test_a_stranger_needs_an_invitation(house: House, provider: Provider) -> None:
    status, page = walk(house, provider)
    assert status == 400
    assert "Ask your firm for an invitation" in page


def test_pkce_state_and_nonce_go_along(house: House) -> None:
    with house.browser() as browser:
        address = browser.get("/door/with/company").headers["location"]
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize(
    "harm",
    [
        *({"nonce": "another"}, {"nonce": None}, {"aud": "another"}, {"iss": "https://evil.example"}),
        *({"exp": 1}, {"iat": 99_999_999_999}, {"aud": [CLIENT, "other"], "azp": "other"}),
    ],
)
def test_what_is_not_right_in_the_token_is_not_believed(
    house: House, provider: Provider, harm: dict[str, object]
) -> None:
    provider.person["groups"] = ["leads"]
    provider.harm = harm
    assert walk(house, provider)[0] == 400
    assert house.services.records.accounts.by_identity(provider.issuer, "42") is None


def test_a_signature_of_another_key_is_not_believed(house: House, provider: Provider) -> None:
    provider.person["groups"] = ["leads"]
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert walk(house, provider)[0] == 400


def test_only_the_browser_that_began_comes_back_and_once(house: House, provider: Provider) -> None:
    """Forged sign-in: an attacker's way back, opened by somebody else."""
    provider.person["groups"] = ["leads"]
    with house.browser() as attacker, house.browser() as victim:
        back = provider.authorize(attacker.get("/door/with/company").headers["location"])
        assert victim.get(back).status_code == 400
        assert attacker.get(back).status_code == 400, "the state was used up"


def test_a_provider_that_is_away_is_told(house: House, provider: Provider) -> None:
    provider.discovery = lambda: {"issuer": "https://evil.example"}  # type: ignore[method-assign]
    with house.browser() as browser:
        assert browser.get("/door/with/company").status_code == 400
        assert browser.get("/door/with/nobody").status_code == 404


def tied(house: House, provider: Provider) -> str | None:
    account = house.services.records.accounts.by_identity(provider.issuer, "42")
    return None if account is None else account.member


def ties(browser: Browser, provider: Provider) -> None:
    """The account of who is signed in, from its own page."""
    shown = re.search(r'href="(/door/with/company\?[^"]*tie=[^"]+)"', browser.get("/account").text)
    assert shown is not None
    begun = browser.get(html.unescape(shown[1])).headers["location"]
    assert browser.get(provider.authorize(begun)).headers["location"] == "/account"


def test_an_account_is_tied_from_its_own_page_and_the_log_says_so(house: House, provider: Provider) -> None:
    with house.browser("worker") as worker:
        ties(worker, provider)
    assert tied(house, provider) == "worker"
    log = house.services.records.access_log.read(house.access("owner"))
    assert "signs in with company" in {entry.deed.detail for entry in log}


def test_an_account_is_untied_with_its_password_and_who_came_so_is_out(
    house: House, provider: Provider
) -> None:
    path, page = "/account/untie/company", "/account"
    provider.person["groups"] = ["leads"]
    with house.browser("foreman") as foreman, house.browser() as other:
        ties(foreman, provider)
        begun = other.get("/door/with/company?next=%2Faccount").headers["location"]
        assert other.get(provider.authorize(begun)).headers["location"] == "/account"
        shown = foreman.get(page).text
        assert "You sign in with Company as well" in shown
        assert "tie=" not in shown, "it is tied already"
        assert foreman.send(path, page, now="not this one").status_code == 422
        assert tied(house, provider) == "foreman"
        assert foreman.send(path, page, now=PASSWORD).headers["location"] == "/account?said=untied"
        assert tied(house, provider) is None
        assert other.get(page).status_code == 303
        assert "tie=" in foreman.get(page).text
        assert foreman.send("/account/untie/nobody", page, now=PASSWORD).status_code == 404


def test_whoever_has_no_password_does_not_lock_themselves_out(house: House, provider: Provider) -> None:
    provider.person["groups"] = ["leads"]
    with house.browser() as browser:
        begun = browser.get("/door/with/company?next=%2Faccount").headers["location"]
        browser.get(provider.authorize(begun))
        shown = browser.get("/account").text
        assert "You sign in with Company as well" in shown
        assert "/account/untie/" not in shown
        assert browser.send("/account/untie/company", "/account", now="").status_code == 422
        assert browser.send("/account/untie/company", "/account", now="x").status_code == 422
    assert tied(house, provider) is not None


@pytest.mark.parametrize("token", ["", "true", "1", "0" * 48])
def test_a_page_elsewhere_ties_nobodys_account(house: House, provider: Provider, token: str) -> None:
    """It leads a browser there, where the provider knows the attacker."""
    with house.browser("worker") as worker:
        assert worker.get(f"/door/with/company?tie={token}").headers["location"] == "/account"


def test_nobody_ties_an_account_they_were_signed_out_of(house: House, provider: Provider) -> None:
    with house.browser("worker") as worker:
        shown = re.search(r'href="(/door/with/company\?[^"]*tie=[^"]+)"', worker.get("/account").text)
        assert shown is not None
        begun = worker.get(html.unescape(shown[1])).headers["location"]
        house.services.records.sessions.end_all(OURS, "worker")
        assert worker.get(provider.authorize(begun)).status_code == 400
    assert tied(house, provider) is None


def test_who_goes_off_to_a_provider_again_and_again_waits(house: House) -> None:
    """Each time is a row and a question to the provider."""
    with house.browser() as browser:
        answers = [browser.get("/door/with/company") for _ in range(DEPARTURES.burst + 1)]
        assert [answer.status_code for answer in answers] == [303] * DEPARTURES.burst + [429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert "Too many tries" in answers[-1].text
        assert browser.get("/door/sign-in").status_code == 200
