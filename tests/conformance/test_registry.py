"""What every registry promises: firms apart, references whole, secrets never kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from store.engine import sqlite_url
from store.errors import StoreError
from store.records.records import Records
from store.records.registry import (
    Agent,
    Device,
    Directory,
    Firm,
    Member,
    RegisteredProject,
    Registration,
    Registry,
    Retired,
    Room,
    Scope,
    Site,
)
from store.records.tenancy import site_ref
from store.records.tokens import make_token, token_digest

NOW: Final = 1_764_000_000_123
FIRM: Final = Firm("hongtu", "鸿图装饰")
OTHER: Final = Firm("other", "Other")
LI: Final = Member("hongtu", "li", "李工", frozenset({"owner", "project_manager"}))
SITE: Final = Site("hongtu", site_ref("fenglin-18"), "Asia/Shanghai")
PROJECT: Final = RegisteredProject(
    "hongtu", "p1", "fenglin-18", "枫林路18号", "18 Fenglin Road", "2025-09-01"
)
KITCHEN: Final = Room("hongtu", "fenglin-18", "kitchen", "厨房", "Kitchen")
AGENT: Final = Agent("hongtu", "fenglin-18", "pi-1")
METER: Final = Device("hongtu", "fenglin-18", "meter-main", "electricity_meter", "kitchen", 1.5)
GATE: Final = Device("hongtu", "fenglin-18", "gate", "badge_reader")
ALL: Final = Registration([FIRM], [LI], [SITE], [PROJECT], [KITCHEN], [AGENT], [METER, GATE])
THEIRS: Final = Registration(
    [OTHER], [replace(LI, firm="other")], [Site("other", site_ref("maple-3"), "Europe/Berlin")]
)


@pytest.fixture(params=["sqlite", "postgresql"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path / "records.db") if sqlite else request.getfixturevalue("postgres_dsn")
    records = Records(url)
    yield records.registry
    records.close()


def everything(registry: Registry, firm: str = "hongtu", site: str = "fenglin-18") -> list[object]:
    return [
        registry.members(firm), registry.sites(firm), registry.projects(firm), registry.rooms(firm, site),
        registry.agents(firm, site), registry.devices(firm, site), registry.tokens(firm),
    ]  # fmt: skip


def test_what_was_registered_is_read_back(registry: Registry) -> None:
    registry.register(ALL)
    assert registry.firms() == [FIRM]
    assert everything(registry) == [[LI], [SITE], [PROJECT], [KITCHEN], [AGENT], [GATE, METER], []]
    assert registry.site("hongtu", "fenglin-18") == SITE


def test_registering_again_changes_nothing(registry: Registry) -> None:
    registry.register(ALL)
    before = everything(registry)
    registry.register(ALL)
    assert everything(registry) == before


def test_what_differs_is_changed_and_what_is_not_named_stays(registry: Registry) -> None:
    registry.register(ALL)
    foreman = replace(LI, name="李师傅", roles=frozenset({"installer"}))
    moved = replace(METER, room=None, interval_s=10.0)
    registry.register(Registration(members=[foreman], devices=[moved], firms=[Firm("hongtu", "鸿图")]))
    assert registry.members("hongtu") == [foreman]
    assert registry.devices("hongtu", "fenglin-18") == [GATE, moved]
    assert registry.firms() == [Firm("hongtu", "鸿图")]
    assert registry.rooms("hongtu", "fenglin-18") == [KITCHEN]


def test_of_two_rows_with_one_id_the_later_stands(registry: Registry) -> None:
    registry.register(ALL)
    registry.register(Registration(devices=[METER, replace(METER, kind="water_meter")]))
    assert registry.devices("hongtu", "fenglin-18")[1].kind == "water_meter"


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Registration(members=[replace(LI, firm="nobody")]), "firm nobody is not known"),
        (Registration(sites=[replace(SITE, firm="nobody", id=site_ref("s"))]), "firm nobody is not known"),
        (Registration(rooms=[replace(KITCHEN, site="s")]), "room kitchen: firm hongtu has no site s"),
        (Registration(agents=[replace(AGENT, site="s")]), "agent pi-1: firm hongtu has no site s"),
        (Registration(projects=[replace(PROJECT, site="s")]), "project p1: firm hongtu has no site s"),
        (Registration(devices=[replace(METER, room="attic")]), "device meter-main: .* no room attic"),
        (Registration(devices=[replace(METER, firm="other")]), "firm other has no site fenglin-18"),
        (Registration(sites=[replace(SITE, firm="other")]), "site fenglin-18 belongs to another firm"),
    ],
)
def test_a_row_that_points_nowhere_is_named_and_nothing_of_the_call_is_kept(
    registry: Registry, part: Registration, message: str
) -> None:
    registry.register(ALL)
    registry.register(THEIRS)
    before = everything(registry)
    with pytest.raises(ValueError, match=message):
        registry.register(replace(part, firms=[Firm("new", "New"), Firm("hongtu", "Renamed")]))
    assert everything(registry) == before
    assert registry.firms() == [FIRM, OTHER]


def test_firms_do_not_see_each_other(registry: Registry) -> None:
    registry.register(ALL)
    registry.register(THEIRS)
    registry.add_token("hongtu", "grafana", b"1" * 32, frozenset({"telemetry:read"}), NOW, None)
    assert registry.site("other", "fenglin-18") is None
    assert registry.rooms("other", "fenglin-18") == []
    assert everything(registry, "other")[3:] == [[], [], [], []]
    assert [site.id for site in registry.sites("other")] == ["maple-3"]
    assert not registry.retire_agent("other", "fenglin-18", "pi-1", NOW)
    assert registry.retired("other", "fenglin-18") == Retired()
    assert not registry.erase("other", "fenglin-18")
    assert not registry.revoke_token("other", registry.tokens("hongtu")[0].id, NOW)
    assert everything(registry, "nobody") == [[]] * 7


def test_a_member_may_have_the_same_id_in_two_firms(registry: Registry) -> None:
    registry.register(ALL)
    registry.register(THEIRS)
    registry.register(Registration(members=[replace(LI, firm="other", roles=frozenset())]))
    assert registry.members("hongtu")[0].roles == LI.roles
    assert registry.members("other")[0].roles == frozenset()


def test_the_directory_says_who_may_send_what(registry: Registry) -> None:
    assert registry.directory() == Directory()
    registry.register(ALL)
    registry.register(THEIRS)
    assert registry.directory() == Directory(
        agents={"fenglin-18": frozenset({"pi-1"})},
        devices={"fenglin-18": frozenset({"gate", "meter-main"}), "maple-3": frozenset()},
        begun={
            "fenglin-18": round(
                dt.datetime.fromisoformat(PROJECT.started).replace(tzinfo=dt.UTC).timestamp() * 1000
            )
        },
    )


def test_what_is_not_named_any_longer_is_retired_and_its_past_stays(registry: Registry) -> None:
    registry.register(ALL)
    registry.register(THEIRS)
    fewer = replace(ALL, rooms=[], agents=[], devices=[replace(METER, room=None)])
    gone = Retired(agents=("fenglin-18/pi-1",), devices=("fenglin-18/gate",))
    assert registry.missing(fewer) == gone
    assert registry.agents("hongtu", "fenglin-18") == [AGENT]
    assert registry.reconcile(fewer, NOW) == gone
    assert not registry.reconcile(fewer, NOW + 1)
    assert registry.rooms("hongtu", "fenglin-18") == []
    assert registry.agents("hongtu", "fenglin-18") == []
    assert [device.id for device in registry.devices("hongtu", "fenglin-18")] == ["meter-main"]
    assert registry.retired("hongtu", "fenglin-18") == Retired(agents=("pi-1",), devices=("gate",))
    assert registry.directory().devices == {"fenglin-18": frozenset({"meter-main"}), "maple-3": frozenset()}


def test_a_site_whose_last_agent_was_taken_out_takes_none(registry: Registry) -> None:
    """It is no site of which none were ever listed: that one takes any."""
    registry.register(ALL)
    registry.reconcile(replace(ALL, agents=[]), NOW)
    assert registry.directory().agents == {"fenglin-18": frozenset()}


def test_a_site_that_is_no_more_is_not_listed_and_still_found(registry: Registry) -> None:
    registry.register(ALL)
    gone = registry.reconcile(Registration(firms=[FIRM]), NOW)
    assert gone.sites == ("fenglin-18",)
    assert registry.sites("hongtu") == []
    assert registry.projects("hongtu") == []
    assert registry.sites("hongtu", retired=True) == registry.all_sites() == [SITE]
    assert registry.site("hongtu", "fenglin-18") == SITE
    assert registry.directory() == Directory(agents={"fenglin-18": frozenset()})
    registry.register(ALL)
    assert everything(registry) == [[LI], [SITE], [PROJECT], [KITCHEN], [AGENT], [GATE, METER], []]


def test_an_agent_that_was_provisioned_is_retired_by_its_name_alone(registry: Registry) -> None:
    registry.register(ALL)
    registry.register(Registration(agents=[replace(AGENT, provisioned=True)]))
    registry.register(ALL)
    assert not registry.reconcile(replace(ALL, agents=[]), NOW)
    assert registry.retire_agent("hongtu", "fenglin-18", "pi-1", NOW)
    assert not registry.retire_agent("hongtu", "fenglin-18", "pi-1", NOW)
    assert registry.directory().agents == {"fenglin-18": frozenset()}


def test_a_site_is_erased_with_all_that_is_registered_of_it(registry: Registry) -> None:
    registry.register(ALL)
    registry.register(THEIRS)
    assert registry.erase("hongtu", "fenglin-18")
    assert not registry.erase("hongtu", "fenglin-18")
    assert everything(registry)[1:] == [[], [], [], [], [], []]
    assert [site.id for site in registry.all_sites()] == ["maple-3"]


def test_sites_and_devices_come_in_pages_in_the_order_of_their_letters(registry: Registry) -> None:
    ids = ["Zähler", "a-1", "a.2", "b_1", "厨房"]  # by code point: capitals, small letters, Chinese
    sites = [replace(SITE, id=site_ref(one)) for one in ("a", "a-1", "b")]
    registry.register(replace(ALL, sites=[SITE, *sites], devices=[replace(GATE, id=one) for one in ids]))
    found, after = [], ""
    while page := registry.devices("hongtu", "fenglin-18", limit=2, after=after):
        after = page[-1].id
        found += [device.id for device in page]
    assert found == ids
    assert [site.id for site in registry.sites("hongtu", limit=2, after="a")] == ["a-1", "b"]


def test_thousands_of_devices_are_registered_at_once(registry: Registry) -> None:
    devices = [replace(GATE, id=f"d{number:05}") for number in range(5000)]
    registry.register(replace(ALL, devices=devices))
    assert len(registry.directory().devices["fenglin-18"]) == 5000


def test_a_token_is_found_by_the_digest_of_its_secret_only(registry: Registry) -> None:
    registry.register(ALL)
    secret = make_token()
    scopes: frozenset[Scope] = frozenset({"telemetry:read", "health:read"})
    token = registry.add_token("hongtu", "grafana", token_digest(secret), scopes, NOW, NOW + 1)
    assert (token.firm, token.name, token.scopes) == ("hongtu", "grafana", scopes)
    assert (token.created, token.expires, token.revoked) == (NOW, NOW + 1, None)
    assert registry.token(token_digest(secret)) == token
    assert registry.token(token_digest(make_token())) is None
    assert registry.tokens("hongtu") == [token]


def test_a_token_is_revoked_once_and_still_found(registry: Registry) -> None:
    registry.register(ALL)
    token = registry.add_token("hongtu", "t", b"1" * 32, frozenset({"health:read"}), NOW, None)
    assert registry.revoke_token("hongtu", token.id, NOW + 5)
    assert not registry.revoke_token("hongtu", token.id, NOW + 9)
    assert registry.token(b"1" * 32) == replace(token, revoked=NOW + 5)


def test_a_token_needs_a_firm_and_a_digest_of_its_own(registry: Registry) -> None:
    registry.register(ALL)
    with pytest.raises(ValueError, match="firm nobody is not known"):
        registry.add_token("nobody", "t", b"1" * 32, frozenset(), NOW, None)
    registry.add_token("hongtu", "t", b"1" * 32, frozenset(), NOW, None)
    with pytest.raises(StoreError):
        registry.add_token("hongtu", "twin", b"1" * 32, frozenset(), NOW, None)
