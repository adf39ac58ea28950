"""What every registry promises: firms apart, references whole, every change with its author, secrets never
kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from store.engine import sqlite_url
from store.errors import StoreError
from store.records.access import operator
from store.records.changes import By, Change
from store.records.links import Link, link_digest
from store.records.openings import Opening
from store.records.records import Records
from store.records.registration import FILE_LINK, erase
from store.records.registry import (
    Agent,
    Customer,
    Device,
    Directory,
    FileLink,
    Firm,
    RegisteredProject,
    Registration,
    Room,
    Scope,
    Site,
)
from store.records.tenancy import site_ref
from store.records.tokens import make_token, token_digest
from store.records.watch import NOUNS, OF_DIRECTORY, followed
from tests.registered import BY, register, replace_by

NOW: Final = 1_764_000_000_123
LI: Final = By("member:li", NOW)
FIRM: Final = Firm("hongtu", "鸿图装饰")
OTHER: Final = Firm("other", "Other")
ZHENG: Final = Customer("hongtu", "p1", "郑先生家", "The Zheng home")
SITE: Final = Site("hongtu", site_ref("fenglin-18"), "Asia/Shanghai")
PROJECT: Final = RegisteredProject(
    "hongtu", "p1", "fenglin-18", "枫林路18号", "18 Fenglin Road", "2025-09-01", "p1"
)
KITCHEN: Final = Room("hongtu", "fenglin-18", "kitchen", "厨房", "Kitchen")
AGENT: Final = Agent("hongtu", "fenglin-18", "pi-1")
METER: Final = Device("hongtu", "fenglin-18", "meter-main", "electricity_meter", "kitchen", 1.5)
GATE: Final = Device("hongtu", "fenglin-18", "gate", "badge_reader")
ALL: Final = Registration([FIRM], [ZHENG], [SITE], [PROJECT], [KITCHEN], [AGENT], [METER, GATE])
THEIRS: Final = Registration([OTHER], [], [Site("other", site_ref("maple-3"), "Europe/Berlin")])


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path / "records.db") if sqlite else request.getfixturevalue("postgres_dsn")
    opened = Records(url)
    yield opened
    opened.close()


def everything(records: Records, firm: str = "hongtu", site: str = "fenglin-18") -> list[object]:
    return [
        records.customers.of(firm), records.sites.of(firm), records.projects.of(firm),
        records.rooms.of(firm, site), records.agents.of(firm, site), records.devices.of(firm, site),
        records.tokens.all(operator(firm)), records.links.of(firm),
    ]  # fmt: skip


WHOLE: Final = [[ZHENG], [SITE], [PROJECT], [KITCHEN], [AGENT], [GATE, METER], [], []]


def names(changes: list[Change]) -> list[tuple[str, str]]:
    return [(one.what, one.name) for one in changes]


def test_what_was_registered_is_read_back(records: Records) -> None:
    register(records, ALL)
    assert records.firms.all() == [FIRM]
    assert everything(records) == WHOLE
    assert records.sites.get("hongtu", "fenglin-18") == SITE


def test_registering_again_changes_nothing_and_tells_nobody(records: Records) -> None:
    assert len(register(records, ALL)) == 8
    told = records.feed.last()
    assert register(records, ALL) == []
    assert everything(records) == WHOLE
    assert records.feed.last() == told


def test_what_differs_is_changed_and_what_is_not_named_stays(records: Records) -> None:
    register(records, ALL)
    moved = replace(METER, room=None, interval_s=10.0)
    done = register(records, Registration(devices=[moved], firms=[Firm("hongtu", "鸿图")]))
    assert names(done) == [("changed", "firm hongtu"), ("changed", "device fenglin-18/meter-main")]
    assert records.devices.of("hongtu", "fenglin-18") == [GATE, moved]
    assert records.firms.all() == [Firm("hongtu", "鸿图")]
    assert records.rooms.of("hongtu", "fenglin-18") == [KITCHEN]


def test_of_two_rows_with_one_id_the_later_stands(records: Records) -> None:
    register(records, ALL)
    register(records, Registration(devices=[METER, replace(METER, kind="water_meter")]))
    assert records.devices.of("hongtu", "fenglin-18")[1].kind == "water_meter"


def test_every_change_is_kept_with_version_author_and_moment(records: Records) -> None:
    register(records, ALL)
    records.devices.put([replace(METER, interval_s=10.0)], LI)
    records.devices.retire("hongtu", "fenglin-18", "meter-main", by=By("member:wang", NOW + 1))
    past = records.changes.of("hongtu", "device", "meter-main", "fenglin-18")
    assert [(one.version, one.what, one.author, one.at) for one in past] == [
        (1, "added", BY.author, BY.at), (2, "changed", "member:li", NOW),
        (3, "retired", "member:wang", NOW + 1),
    ]  # fmt: skip
    assert [one.body["interval_s"] for one in past] == [1.5, 10.0, 10.0]
    held = records.devices.get("hongtu", "fenglin-18", "meter-main")
    assert held is not None
    assert held.version == 3
    newest = records.changes.newest("hongtu", 2)
    assert [one.version for one in newest] == [3, 2]
    assert records.changes.newest("hongtu", 1, newest[0].id) == newest[1:]
    assert records.changes.of("other", "device", "meter-main", "fenglin-18") == []


def test_a_change_is_told_by_the_feed_as_what_it_is_and_whose(records: Records) -> None:
    register(records, ALL)
    told = {(one.firm, one.topic, one.key) for one in records.feed.read(0, 100)}
    assert told == {
        ("hongtu", "firm:hongtu", "firm:hongtu"), ("hongtu", "firm:hongtu", "customer:p1"),
        ("hongtu", "site:fenglin-18", "site:fenglin-18"), ("hongtu", "project:p1", "project:p1"),
        ("hongtu", "site:fenglin-18", "room:kitchen"), ("hongtu", "site:fenglin-18", "agent:pi-1"),
        ("hongtu", "site:fenglin-18", "device:meter-main"), ("hongtu", "site:fenglin-18", "device:gate"),
    }  # fmt: skip


def test_who_follows_the_registry_reads_it_after_a_change_and_only_then(records: Records) -> None:
    newest = followed(records.feed, OF_DIRECTORY, records.directory)
    assert newest() == Directory()
    assert newest() is None
    register(records, ALL)
    assert newest() == records.directory()
    records.firms.put([Firm("hongtu", "鸿图")], LI)
    assert newest() is None
    records.agents.retire("hongtu", "fenglin-18", "pi-1", by=LI)
    retired = newest()
    assert retired == records.directory()
    assert retired.agents == {"fenglin-18": frozenset()}


def test_who_could_not_read_it_after_a_change_is_told_again(records: Records) -> None:
    failing = [True]

    def read() -> int:
        if failing[0]:
            raise StoreError("away")
        return 1

    newest = followed(records.feed, NOUNS, read)
    with pytest.raises(StoreError):
        newest()
    failing[0] = False
    assert newest() == 1


def test_a_trial_says_what_would_change_and_changes_nothing(records: Records) -> None:
    register(records, ALL)
    last = records.changes.last("hongtu")
    with records.trial() as trial:
        assert names(trial.devices.put([replace(GATE, kind="other")], LI)) == [
            ("changed", "device fenglin-18/gate")
        ]
    assert everything(records) == WHOLE
    assert records.changes.last("hongtu") == last


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Registration(customers=[replace(ZHENG, firm="nobody")]), "firm nobody is not known"),
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
    records: Records, part: Registration, message: str
) -> None:
    register(records, ALL)
    register(records, THEIRS)
    before = everything(records)
    with pytest.raises(ValueError, match=message):
        register(records, replace(part, firms=[Firm("new", "New"), Firm("hongtu", "Renamed")]))
    assert everything(records) == before
    assert records.firms.all() == [FIRM, OTHER]


def test_firms_do_not_see_each_other(records: Records) -> None:
    register(records, ALL)
    register(records, THEIRS)
    records.tokens.add(operator("hongtu"), "grafana", b"1" * 32, frozenset({"telemetry:read"}), NOW, None)
    link = records.links.add("hongtu", "p1", "郑先生", b"2" * 32, None, LI)
    assert records.sites.get("other", "fenglin-18") is None
    assert records.rooms.of("other", "fenglin-18") == []
    assert everything(records, "other")[3:] == [[], [], [], [], []]
    assert [site.id for site in records.sites.of("other")] == ["maple-3"]
    assert records.agents.retire("other", "fenglin-18", "pi-1", by=LI) is None
    assert records.devices.retired("other", "fenglin-18") == ()
    assert records.links.revoke("other", link.id, LI) is None
    assert records.links.end("other", link.id, NOW, LI) is None
    assert records.changes.newest("nobody", 9) == []
    with records.begin() as done:
        assert not erase(done, "other", "fenglin-18", NOW)
    assert not records.tokens.revoke(operator("other"), records.tokens.all(operator("hongtu"))[0].id, NOW)
    assert everything(records, "nobody") == [[]] * 8


def test_the_directory_says_who_may_send_what(records: Records) -> None:
    assert records.directory() == Directory()
    register(records, ALL)
    register(records, THEIRS)
    assert records.directory() == Directory(
        agents={"fenglin-18": frozenset({"pi-1"})},
        devices={"fenglin-18": frozenset({"gate", "meter-main"}), "maple-3": frozenset()},
        begun={
            "fenglin-18": round(
                dt.datetime.fromisoformat(PROJECT.started).replace(tzinfo=dt.UTC).timestamp() * 1000
            )
        },
    )


def test_the_directory_says_since_when_a_device_is_retired_until_it_is_back(records: Records) -> None:
    register(records, ALL)
    assert records.directory().retired == {}
    records.devices.retire("hongtu", "fenglin-18", "gate", by=LI)
    assert records.directory().retired == {"fenglin-18": {"gate": LI.at}}
    records.devices.put([GATE], LI)
    assert records.directory().retired == {}


def test_what_is_not_named_any_longer_is_retired_and_its_past_stays(records: Records) -> None:
    register(records, ALL)
    register(records, THEIRS)
    fewer = replace(ALL, rooms=[], agents=[], devices=[replace(METER, room=None)])
    assert names(replace_by(records, fewer)) == [
        ("changed", "device fenglin-18/meter-main"), ("retired", "device fenglin-18/gate"),
        ("retired", "agent fenglin-18/pi-1"), ("retired", "room fenglin-18/kitchen"),
    ]  # fmt: skip
    assert replace_by(records, fewer) == []
    assert records.rooms.of("hongtu", "fenglin-18") == []
    assert records.agents.of("hongtu", "fenglin-18") == []
    assert [device.id for device in records.devices.of("hongtu", "fenglin-18")] == ["meter-main"]
    assert records.agents.retired("hongtu", "fenglin-18") == ("pi-1",)
    assert records.devices.retired("hongtu", "fenglin-18") == ("gate",)
    assert records.devices.get("hongtu", "fenglin-18", "gate") == GATE
    assert records.directory().devices == {"fenglin-18": frozenset({"meter-main"}), "maple-3": frozenset()}


def test_a_site_whose_last_agent_was_taken_out_takes_none(records: Records) -> None:
    """It is no site of which none were ever listed: that one takes any."""
    register(records, ALL)
    replace_by(records, replace(ALL, agents=[]))
    assert records.directory().agents == {"fenglin-18": frozenset()}


def test_a_site_that_is_no_more_is_not_listed_and_still_found(records: Records) -> None:
    register(records, ALL)
    assert ("retired", "site fenglin-18") in names(replace_by(records, Registration(firms=[FIRM])))
    assert records.sites.of("hongtu") == []
    assert records.projects.of("hongtu") == []
    assert records.sites.of("hongtu", retired=True) == records.sites.all_sites() == [SITE]
    assert records.sites.get("hongtu", "fenglin-18") == SITE
    assert (records.directory().agents, records.directory().devices) == ({"fenglin-18": frozenset()}, {})
    assert {one.what for one in register(records, ALL)} == {"added"}
    assert everything(records) == WHOLE


def test_an_agent_that_was_provisioned_is_retired_by_its_name_alone(records: Records) -> None:
    register(records, ALL)
    register(records, Registration(agents=[replace(AGENT, provisioned=True)]))
    assert register(records, ALL) == []
    assert replace_by(records, replace(ALL, agents=[])) == []
    assert records.agents.retire("hongtu", "fenglin-18", "pi-1", by=LI) is not None
    assert records.agents.retire("hongtu", "fenglin-18", "pi-1", by=LI) is None
    assert records.directory().agents == {"fenglin-18": frozenset()}


def test_a_site_is_erased_with_all_that_is_registered_of_it_and_its_past(records: Records) -> None:
    register(records, ALL)
    register(records, THEIRS)
    records.links.add("hongtu", "p1", "郑先生", b"2" * 32, None, LI)
    with records.begin() as done:
        assert erase(done, "hongtu", "fenglin-18", NOW)
    with records.begin() as done:
        assert not erase(done, "hongtu", "fenglin-18", NOW)
    assert everything(records) == [[]] * 8
    assert [site.id for site in records.sites.all_sites()] == ["maple-3"]
    assert [one.noun for one in records.changes.newest("hongtu", 99)] == ["firm"]


def test_sites_and_devices_come_in_pages_in_the_order_of_their_letters(records: Records) -> None:
    ids = ["Zähler", "a-1", "a.2", "b_1", "厨房"]  # by code point: capitals, small letters, Chinese
    sites = [replace(SITE, id=site_ref(one)) for one in ("a", "a-1", "b")]
    register(records, replace(ALL, sites=[SITE, *sites], devices=[replace(GATE, id=one) for one in ids]))
    found, after = [], ""
    while page := records.devices.of("hongtu", "fenglin-18", limit=2, after=after):
        after = page[-1].id
        found += [device.id for device in page]
    assert found == ids
    assert [site.id for site in records.sites.of("hongtu", limit=2, after="a")] == ["a-1", "b"]


def test_another_place_in_the_list_is_kept_without_a_change_of_the_row(records: Records) -> None:
    bath = replace(KITCHEN, id="bath", listed=1)
    register(records, replace(ALL, rooms=[KITCHEN, bath]))
    assert [room.id for room in records.rooms.of("hongtu", "fenglin-18")] == ["kitchen", "bath"]
    swapped = [replace(bath, listed=0), replace(KITCHEN, listed=1)]
    assert register(records, Registration(rooms=swapped)) == []
    assert [room.id for room in records.rooms.of("hongtu", "fenglin-18")] == ["bath", "kitchen"]


def test_thousands_of_devices_are_registered_at_once(records: Records) -> None:
    devices = [replace(GATE, id=f"d{number:05}") for number in range(5000)]
    register(records, replace(ALL, devices=devices))
    assert len(records.directory().devices["fenglin-18"]) == 5000


def with_token(token: str, expires: int | None = None) -> Registration:
    return replace(ALL, links={"p1": FileLink(link_digest(token), expires)})


def test_the_link_of_a_file_ends_when_the_file_names_another(records: Records) -> None:
    replace_by(records, with_token("first-token"))
    by_page = records.links.add("hongtu", "p1", "外婆", link_digest("granny"), None, LI)
    assert names(replace_by(records, with_token("second-token"))) == [
        ("added", "link 3"),
        ("retired", "link 1"),
    ]
    first, second = (records.links.by_digest(link_digest(f"{one}-token")) for one in ("first", "second"))
    assert first is not None
    assert second is not None
    assert (first.revoked, second.revoked, second.whom) == (BY.at, None, FILE_LINK)
    assert records.links.of("hongtu", "p1") == [first, by_page, second]
    assert records.links.everywhere() == [by_page, second]


def test_the_end_of_a_files_link_moves_with_the_file(records: Records) -> None:
    replace_by(records, with_token("a-token"))
    assert names(replace_by(records, with_token("a-token", NOW))) == [("changed", "link 1")]
    assert replace_by(records, with_token("a-token", NOW)) == []
    (link,) = records.links.of("hongtu")
    assert link.opens(NOW - 1)
    assert not link.opens(NOW)


def test_a_link_that_was_taken_back_is_not_given_again_by_the_file(records: Records) -> None:
    replace_by(records, with_token("a-token"))
    records.links.revoke("hongtu", records.links.of("hongtu")[0].id, LI)
    assert replace_by(records, with_token("a-token")) == []
    assert records.links.everywhere() == []


def test_one_token_opens_one_project(records: Records) -> None:
    second = replace(PROJECT, id="p2")
    replace_by(records, replace(with_token("a-token"), projects=[PROJECT, second]))
    links = {"p2": FileLink(link_digest("a-token"), None)}
    both = replace(ALL, projects=[PROJECT, second], links=links)
    with pytest.raises(ValueError, match="project p2: its token opens another project"):
        replace_by(records, both)
    with pytest.raises(ValueError, match="token already"):
        records.links.add("hongtu", "p2", "", link_digest("a-token"), None, LI)


def test_openings_of_a_link_are_counted_and_its_token_is_not_shown(records: Records) -> None:
    register(records, ALL)
    link = records.links.add("hongtu", "p1", "郑先生", link_digest("a-token"), NOW + 9, LI)
    records.openings.add(Opening(b"1" * 32, "hongtu", link.id, "WeChat · iPhone", "203.0.113.0/24", NOW, NOW))
    (held,) = records.links.of("hongtu")
    assert (held.openings, held.author, held.created) == (1, "member:li", NOW)
    assert "digest" not in repr(held)
    assert isinstance(held, Link)
    (told,) = records.changes.of("hongtu", "link", str(link.id))
    assert (told.what, dict(told.body)) == (
        "added", {"project": "p1", "whom": "郑先生", "expires": NOW + 9},
    )  # fmt: skip


def test_a_token_is_found_by_the_digest_of_its_secret_only(records: Records) -> None:
    register(records, ALL)
    secret = make_token()
    scopes: frozenset[Scope] = frozenset({"telemetry:read", "health:read"})
    token = records.tokens.add(operator("hongtu"), "grafana", token_digest(secret), scopes, NOW, NOW + 1)
    assert (token.firm, token.name, token.scopes) == ("hongtu", "grafana", scopes)
    assert (token.created, token.expires, token.revoked) == (NOW, NOW + 1, None)
    assert records.tokens.by_digest(token_digest(secret)) == token
    assert records.tokens.by_digest(token_digest(make_token())) is None
    assert records.tokens.all(operator("hongtu")) == [token]


def test_a_token_is_revoked_once_and_still_found(records: Records) -> None:
    register(records, ALL)
    token = records.tokens.add(operator("hongtu"), "t", b"1" * 32, frozenset({"health:read"}), NOW, None)
    assert records.tokens.revoke(operator("hongtu"), token.id, NOW + 5)
    assert not records.tokens.revoke(operator("hongtu"), token.id, NOW + 9)
    assert records.tokens.by_digest(b"1" * 32) == replace(token, revoked=NOW + 5)


def test_a_token_needs_a_firm_and_a_digest_of_its_own(records: Records) -> None:
    register(records, ALL)
    with pytest.raises(ValueError, match="firm nobody is not known"):
        records.tokens.add(operator("nobody"), "t", b"1" * 32, frozenset(), NOW, None)
    records.tokens.add(operator("hongtu"), "t", b"1" * 32, frozenset(), NOW, None)
    with pytest.raises(StoreError):
        records.tokens.add(operator("hongtu"), "twin", b"1" * 32, frozenset(), NOW, None)
