"""The small parts of the gate, each by itself."""

from __future__ import annotations

import pytest

from web.access import passwords, recovery, totp
from web.access.device import device_of
from web.access.form import MOST_FIELDS, FormError, parse
from web.access.invitations import printable_name, slug
from web.access.redirect import ours, with_next
from web.access.secret import digest, make_secret
from web.access.throttle import Throttle

#: RFC 6238, appendix B: the secret of SHA-1, seconds and passwords of eight digits.
RFC_SECRET = b"12345678901234567890"
RFC_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
#: RFC 4226, appendix D: the first ten of six digits.
RFC_4226 = [
    "755224",
    "287082",
    "359152",
    "969429",
    "338314",
    "254676",
    "287922",
    "162583",
    "399871",
    "520489",
]


@pytest.mark.parametrize(("seconds", "code"), RFC_6238)
def test_one_time_passwords_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert totp.code_of(RFC_SECRET, totp.step_at(seconds * 1_000), digits=8) == code


def test_one_time_passwords_are_those_of_rfc_4226() -> None:
    assert [totp.code_of(RFC_SECRET, step) for step in range(10)] == RFC_4226


def test_a_one_time_password_holds_for_a_step_before_and_after() -> None:
    now = 1_790_000_000_000
    near = [totp.code_of(RFC_SECRET, totp.step_at(now) + shift) for shift in (-2, -1, 0, 1, 2)]
    found = [totp.step_of(RFC_SECRET, code, now) is not None for code in near]
    assert found == [False, True, True, True, False]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "1e5555"])
def test_what_cannot_be_a_one_time_password_is_none(code: str) -> None:
    assert totp.step_of(RFC_SECRET, code, 0) is None


def test_the_address_of_an_authenticator_has_nothing_in_it_that_could_be_read_as_more() -> None:
    address = totp.address(RFC_SECRET, "li&issuer=evil@x", "Plumb/line")
    assert address.startswith("otpauth://totp/Plumb%2Fline:li%26issuer%3Devil%40x?secret=")
    assert address.count("issuer=") == 1


def test_a_recovery_code_is_known_however_it_was_typed() -> None:
    code = recovery.make_codes()[0]
    assert len(code) == 19
    assert recovery.code_digest(code) == recovery.code_digest(f" {code.upper().replace('-', ' ')} ")
    assert recovery.code_digest("no code at all") is None


def test_codes_and_secrets_never_come_twice() -> None:
    assert len(set(recovery.make_codes())) == recovery.CODES
    assert len({make_secret() for _ in range(100)}) == 100


def test_what_is_too_long_for_a_secret_opens_nothing() -> None:
    secret = make_secret()
    assert digest(secret + "x" * 100) != digest(secret)
    assert digest("\ud800") != digest(secret)


async def test_a_password_is_known_by_its_hash_alone() -> None:
    encoded = await passwords.encode("brass plumb bob")
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify("brass plumb bob", encoded)
    assert not await passwords.verify("brass plumb bob ", encoded)
    assert not await passwords.verify("brass plumb bob", None)
    assert not passwords.is_old(encoded)


async def test_a_hash_that_would_cost_too_much_is_not_checked() -> None:
    assert not await passwords.verify("x", "$argon2id$v=19$m=4194304,t=9000,p=1$c2FsdHNhbHQ$aGFzaGhhc2g")


@pytest.mark.parametrize(
    ("password", "weak"),
    [
        ("short", "password.short"),
        ("x" * 201, "password.long"),
        ("1111111111", "password.tried_first"),
        ("password12", "password.tried_first"),
        ("wang@fenglin.cn1", "password.tried_first"),
        ("brass plumb bob", None),
        ("枫林路上的老水管师傅姓周", None),
    ],
)
def test_a_password_that_is_tried_first_is_not_taken(password: str, weak: str | None) -> None:
    assert passwords.weakness(password, "wang@fenglin.cn", "Wang") == weak


def tries(throttle: Throttle, account: str, address: str, times: int) -> list[float]:
    return [throttle.take(account, address) for _ in range(times)]


def test_waits_grow_with_each_failure_and_have_a_ceiling() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    waits = []
    for n in range(14):
        assert throttle.take("wang", f"192.0.2.{n}") == 0
        waits.append(throttle._wait_s(("account", "wang"), now[0]))
        now[0] += waits[-1]
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_an_account_nobody_has_waits_as_one_somebody_has() -> None:
    throttle = Throttle(lambda: 0.0)
    assert tries(throttle, "wang", "192.0.2.1", 8) == tries(throttle, "nobody", "192.0.2.2", 8)


def test_one_address_cannot_try_every_account() -> None:
    throttle = Throttle(lambda: 0.0)
    waits = [throttle.take(f"user{n}", "192.0.2.1") for n in range(30)]
    assert sum(wait == 0 for wait in waits) == 21
    assert throttle.take("wang", "192.0.2.9") == 0, "others are not held up"


def test_who_succeeds_begins_anew() -> None:
    throttle = Throttle(lambda: 0.0)
    for _ in range(100):
        assert throttle.take("wang", "192.0.2.1") == 0
        throttle.succeeded("wang", "192.0.2.1")


def test_what_the_throttle_remembers_is_bounded() -> None:
    throttle = Throttle(lambda: 0.0, most=100)
    for n in range(1_000):
        throttle.take(f"user{n}", f"192.0.2.{n}")
    assert len(throttle._tries) == 100


@pytest.mark.parametrize(
    "path",
    [
        *("//evil.example", "/\\evil.example", "https://evil.example", "/a\\b", "javascript:alert(1)"),
        *(
            "/a\nSet-Cookie: x",
            "/\t/evil.example",
            "",
            "evil",
            "/" + "a" * 600,
            "/é",
            "http:/evil",
            "/ /evil",
        ),
    ],
)
def test_an_address_that_could_lead_elsewhere_leads_home(path: str) -> None:
    assert ours(path) == "/"


def test_ones_own_pages_are_where_one_goes_on() -> None:
    assert ours("/sites/a?tab=x&y=1#b") == "/sites/a?tab=x&y=1#b"
    assert with_next("/door/sign-in", "/sites/a?b=c") == "/door/sign-in?next=%2Fsites%2Fa%3Fb%3Dc"


def test_a_form_is_bounded() -> None:
    assert parse(b"a=1&a=2&b=x%0D%0Ay").typed == {"a": ["1", "2"], "b": ["x\ny"]}
    for body in (b"&".join([b"a=1"] * (MOST_FIELDS + 1)), b"\xff\xfe", b"a=%ff"):
        with pytest.raises(FormError):
            parse(body)


def test_a_browser_is_known_by_two_words() -> None:
    wechat = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 MicroMessenger/8.0"
    assert device_of(wechat) == "WeChat · iPhone"
    assert device_of("curl/8\x1b[31m") == "curl/8\\u001b[31m"
    assert device_of(None) == "?"


def test_names_are_one_line_and_ids_are_ids() -> None:
    assert printable_name("  Li\n\tLei\x00\u202e ") == "Li Lei"
    assert slug("Fenglin Décor & Co", "firm") == "fenglin-decor-co"
    assert slug("枫林装饰", "firm") == "firm"
